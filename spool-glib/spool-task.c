/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-task-private.h"

static void
run_in_thread (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
  SpoolTaskFunc func = (SpoolTaskFunc) g_task_get_source_tag (task);
  GError *error = NULL;

  /* There is no later: a file that says so has failed. */
  if (!func (task, SPOOL_MAY_BLOCK))
    {
      spool_set_error_would_block (&error);
      g_task_return_error (task, error);
    }
}

static GTask *
task_new (gpointer             source_object,
          SpoolTaskFunc        func,
          int                  io_priority,
          GCancellable        *cancellable,
          GAsyncReadyCallback  callback,
          gpointer             user_data)
{
  GTask *task = g_task_new (source_object, cancellable, callback, user_data);

  /* The macro of that name would name each task “func”, which costs three
   * copies of strings.
   */
  (g_task_set_source_tag) (task, func);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

/* Runs an asynchronous call: at once where it needs memory only, and else in a
 * worker. @func is the task's source tag too. The result is what happened, so
 * a cancellation that came too late does not replace it.
 */
void
spool_task_run (gpointer             source_object,
                SpoolTaskFunc        func,
                gpointer             data,
                GDestroyNotify       data_destroy,
                int                  io_priority,
                GCancellable        *cancellable,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  g_autoptr(GTask) task = task_new (source_object, func, io_priority, cancellable,
                                    callback, user_data);

  g_task_set_task_data (task, data, data_destroy);

  if (!func (task, SPOOL_NO_BLOCK))
    g_task_run_in_thread (task, run_in_thread);
}

/* The same for data of the caller's, of which only a worker needs a copy. */
void
spool_task_run_copied (gpointer             source_object,
                       SpoolTaskFunc        func,
                       gconstpointer        data,
                       gsize                size,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr(GTask) task = task_new (source_object, func, io_priority, cancellable,
                                    callback, user_data);

  g_task_set_task_data (task, (gpointer) data, NULL);

  if (func (task, SPOOL_NO_BLOCK))
    return;

  g_task_set_task_data (task, g_memdup2 (data, size), g_free);
  g_task_run_in_thread (task, run_in_thread);
}

/* Returns whether @error is one to return; a WOULD_BLOCK is not. Takes it. */
static gboolean
return_error (GTask  *task,
              GError *error)
{
  if (spool_is_would_block (error))
    {
      g_error_free (error);
      return FALSE;
    }

  g_task_return_error (task, error);

  return TRUE;
}

gboolean
spool_task_return_int (GTask  *task,
                       gssize  result,
                       GError *error)
{
  if (error != NULL)
    return return_error (task, error);

  g_task_return_int (task, result);

  return TRUE;
}

gboolean
spool_task_return_boolean (GTask    *task,
                           gboolean  result,
                           GError   *error)
{
  if (error != NULL)
    return return_error (task, error);

  g_task_return_boolean (task, result);

  return TRUE;
}

gboolean
spool_task_return_bytes (GTask  *task,
                         GBytes *result,
                         GError *error)
{
  if (error != NULL)
    return return_error (task, error);

  g_task_return_pointer (task, result, (GDestroyNotify) g_bytes_unref);

  return TRUE;
}
