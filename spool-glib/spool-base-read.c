/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-base-read-private.h"
#include "spool-cancel-source-private.h"

/* Asynchronous reads of a stream that is not ours, such that a cancellation
 * never loses a byte.
 *
 * A GTask that was cancelled after its work was done, and before its result
 * was fetched, reports %G_IO_ERROR_CANCELLED: the bytes have left the stream
 * and have gone nowhere. Most input streams make their read_async() of a
 * GTask, those that leave it to GInputStream among them, so that someone who
 * has to know where the stream stands can't hand them the cancellable of the
 * caller. They get one of ours instead. It passes a cancellation on while the
 * read runs, and is reset between the end of the read and the fetching of its
 * result, which then is what truly happened.
 *
 * The cancellation is passed on from a source and not from a signal handler:
 * a stream may well complete its read while it is being cancelled, and
 * disconnecting from the cancellable within its own signal would deadlock.
 */

typedef struct
{
  /* Both NULL where the caller does not cancel. */
  GCancellable *inner;
  GSource *watch;
} BaseOp;

static void
base_op_stop_watching (BaseOp *op)
{
  g_clear_pointer (&op->watch, spool_cancel_source_free);
}

static void
base_op_free (BaseOp *op)
{
  base_op_stop_watching (op);
  g_clear_object (&op->inner);
  g_free (op);
}

static gboolean
outer_cancelled_cb (gpointer user_data)
{
  g_cancellable_cancel (user_data);

  return G_SOURCE_REMOVE;
}

/* Returns: (transfer none) (nullable): what to give to the stream */
static GCancellable *
base_op_begin (GTask *task)
{
  GCancellable *outer = g_task_get_cancellable (task);
  BaseOp *op = g_new0 (BaseOp, 1);

  g_task_set_task_data (task, op, (GDestroyNotify) base_op_free);

  if (outer == NULL)
    return NULL;

  op->inner = g_cancellable_new ();
  op->watch = spool_cancel_source_new (outer);
  g_source_set_callback (op->watch, outer_cancelled_cb,
                         g_object_ref (op->inner), g_object_unref);
  g_source_set_priority (op->watch, g_task_get_priority (task));
  g_source_attach (op->watch, g_task_get_context (task));

  return op->inner;
}

static void
base_op_end (GTask *task)
{
  BaseOp *op = g_task_get_task_data (task);

  base_op_stop_watching (op);

  if (op->inner != NULL)
    g_cancellable_reset (op->inner);
}

static GTask *
base_task_new (GInputStream        *base,
               gpointer             source_tag,
               int                  io_priority,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  GTask *task = g_task_new (base, cancellable, callback, user_data);

  g_task_set_source_tag (task, source_tag);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);

  return task;
}

static void
return_count (GTask  *task,
              gssize  count,
              GError *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, count);
}

static void
read_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  gssize n_read;

  base_op_end (task);
  n_read = g_input_stream_read_finish (G_INPUT_STREAM (object), result, &error);
  return_count (task, n_read, error);
}

static void
skip_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  gssize n_skipped;

  base_op_end (task);
  n_skipped = g_input_stream_skip_finish (G_INPUT_STREAM (object), result,
                                          &error);
  return_count (task, n_skipped, error);
}

/* As g_input_stream_read_async(), but %G_IO_ERROR_CANCELLED says that nothing
 * was read.
 */
void
spool_base_read_async (GInputStream        *base,
                       void                *buffer,
                       gsize                count,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GCancellable *inner;

  task = base_task_new (base, spool_base_read_async, io_priority, cancellable,
                        callback, user_data);

  if (g_task_return_error_if_cancelled (task))
    return;

  inner = base_op_begin (task);
  g_input_stream_read_async (base, buffer, count, io_priority, inner,
                             read_cb, g_steal_pointer (&task));
}

gssize
spool_base_read_finish (GInputStream  *base,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_assert (g_task_is_valid (result, base));

  return g_task_propagate_int (G_TASK (result), error);
}

/* As g_input_stream_skip_async(), but %G_IO_ERROR_CANCELLED says that nothing
 * was skipped, as far as the stream itself tells the truth.
 */
void
spool_base_skip_async (GInputStream        *base,
                       gsize                count,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_autoptr(GTask) task = NULL;
  GCancellable *inner;

  task = base_task_new (base, spool_base_skip_async, io_priority, cancellable,
                        callback, user_data);

  if (g_task_return_error_if_cancelled (task))
    return;

  inner = base_op_begin (task);
  g_input_stream_skip_async (base, count, io_priority, inner,
                             skip_cb, g_steal_pointer (&task));
}

gssize
spool_base_skip_finish (GInputStream  *base,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_assert (g_task_is_valid (result, base));

  return g_task_propagate_int (G_TASK (result), error);
}
