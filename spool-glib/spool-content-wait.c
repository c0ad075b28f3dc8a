/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-cancel-source-private.h"
#include "spool-completion-private.h"
#include "spool-content-private.h"
#include "spool-error-private.h"

#include <glib/gi18n-lib.h>

/* Waiting for the content to grow or to be completed, for those that follow it. */

typedef struct
{
  SpoolWaiter waiter;
  GMutex      lock;
  GCond       cond;
  gboolean    woken;
  gboolean    cancelled;
} SyncWaiter;

static void
sync_waiter_wake (SpoolWaiter *waiter)
{
  SyncWaiter *self = (SyncWaiter *) waiter;

  g_mutex_lock (&self->lock);
  self->woken = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
sync_waiter_cancelled_cb (GCancellable *cancellable,
                          gpointer      user_data)
{
  SyncWaiter *self = user_data;

  g_mutex_lock (&self->lock);
  self->cancelled = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Sleeps until @waiter, which is queued, was woken or is taken out again. */
static void
sleep_queued (SpoolContent *self,
              SyncWaiter   *waiter,
              GCancellable *cancellable)
{
  gulong id = 0;

  if (cancellable != NULL)
    id = g_cancellable_connect (cancellable, G_CALLBACK (sync_waiter_cancelled_cb),
                                waiter, NULL);

  g_mutex_lock (&waiter->lock);
  while (!waiter->woken && !waiter->cancelled)
    g_cond_wait (&waiter->cond, &waiter->lock);
  g_mutex_unlock (&waiter->lock);

  g_cancellable_disconnect (cancellable, id);

  /* Somebody has taken it out of the queue and is about to wake it. */
  if (!spool_content_remove_waiter (self, &waiter->waiter))
    {
      g_mutex_lock (&waiter->lock);
      while (!waiter->woken)
        g_cond_wait (&waiter->cond, &waiter->lock);
      g_mutex_unlock (&waiter->lock);
    }
}

static gboolean
wait_blocking (SpoolContent  *self,
               SyncWaiter    *waiter,
               GCancellable  *cancellable,
               GError       **error)
{
  gboolean queued = FALSE;
  gboolean ok;

  /* Before it is queued: from then on it can be woken at any time. */
  g_mutex_init (&waiter->lock);
  g_cond_init (&waiter->cond);

  ok = spool_content_add_waiter (self, &waiter->waiter, SPOOL_MAY_BLOCK, &queued, error);
  if (queued)
    {
      sleep_queued (self, waiter, cancellable);
      ok = !g_cancellable_set_error_if_cancelled (cancellable, error);
    }

  g_cond_clear (&waiter->cond);
  g_mutex_clear (&waiter->lock);

  return ok;
}

/* Blocks until there are bytes behind @position or the content is completed. */
gboolean
spool_content_wait (SpoolContent  *self,
                    goffset        position,
                    GCancellable  *cancellable,
                    GError       **error)
{
  SyncWaiter waiter = { .waiter = { .position = position, .wake = sync_waiter_wake } };

  return wait_blocking (self, &waiter, cancellable, error);
}

/* Blocks until the content is no longer what it was when it had this size and
 * this count of overwrites, or the content is completed.
 */
gboolean
spool_content_wait_change (SpoolContent  *self,
                           goffset        size,
                           guint          overwrites,
                           GCancellable  *cancellable,
                           GError       **error)
{
  SyncWaiter waiter = {
    .waiter = {
      .position = size,
      .any_change = TRUE,
      .overwrites = overwrites,
      .wake = sync_waiter_wake,
    },
  };

  return wait_blocking (self, &waiter, cancellable, error);
}

typedef struct
{
  SpoolWaiter   waiter;
  SpoolContent *content;       /* the source object keeps it */
  GTask        *task;          /* owned while it is queued */
  GSource      *cancel_source; /* or NULL */
} AsyncWaiter;

static void
async_waiter_free (gpointer data)
{
  AsyncWaiter *self = data;

  g_clear_pointer (&self->cancel_source, spool_cancel_source_free);
  g_free (self);
}

/* Takes the task out of the waiter; the winner of a race gets here. */
static GTask *
async_waiter_end (AsyncWaiter *self)
{
  g_clear_pointer (&self->cancel_source, spool_cancel_source_free);

  return g_steal_pointer (&self->task);
}

static void
async_waiter_wake (SpoolWaiter *waiter)
{
  g_autoptr(GTask) task = async_waiter_end ((AsyncWaiter *) waiter);

  g_task_return_boolean (task, TRUE);
}

static void
cancel_waiter (GTask *task)
{
  AsyncWaiter *waiter = g_task_get_task_data (task);

  if (spool_content_remove_waiter (waiter->content, &waiter->waiter))
    {
      g_autoptr(GTask) queued = async_waiter_end (waiter);

      g_task_return_new_error (queued, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                               "%s", _("Operation was cancelled"));
    }
}

static gboolean
async_waiter_cancelled_cb (gpointer user_data)
{
  cancel_waiter (user_data);

  return G_SOURCE_REMOVE;
}

/* Returns whether the question is settled: queued, or answered. */
static gboolean
queue_waiter (GTask         *task,
              SpoolBlocking  blocking)
{
  AsyncWaiter *waiter = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean queued;

  /* From here on another thread may answer at any time. */
  waiter->task = g_object_ref (task);
  if (spool_content_add_waiter (waiter->content, &waiter->waiter, blocking, &queued,
                                &error) &&
      queued)
    {
      /* One that came before the waiter was queued found nothing to cancel. */
      if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
        cancel_waiter (task);
      return TRUE;
    }

  g_clear_object (&waiter->task);
  if (spool_is_would_block (error))
    {
      g_error_free (error);
      return FALSE;
    }

  g_clear_pointer (&waiter->cancel_source, spool_cancel_source_free);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);

  return TRUE;
}

static void
queue_in_thread (GTask        *task,
                 gpointer      source_object,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  queue_waiter (task_data, SPOOL_MAY_BLOCK);
  g_task_return_boolean (task, TRUE);
}

static AsyncWaiter *
async_waiter_new (SpoolContent *content,
                  goffset       position)
{
  AsyncWaiter *self = g_new0 (AsyncWaiter, 1);

  self->waiter.position = position;
  self->waiter.wake = async_waiter_wake;
  self->content = content;

  return self;
}

/* Waits without blocking. No thread waits; one is used for a moment where
 * somebody else is busy with the content. Takes @waiter.
 */
static void
wait_async (gpointer             source_object,
            AsyncWaiter         *waiter,
            int                  io_priority,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (source_object, cancellable, callback, user_data);

  g_task_set_source_tag (task, wait_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, waiter, async_waiter_free);

  if (cancellable != NULL)
    {
      waiter->cancel_source = spool_cancel_source_new (cancellable);
      g_task_attach_source (task, waiter->cancel_source, async_waiter_cancelled_cb);
    }

  if (!queue_waiter (task, SPOOL_NO_BLOCK))
    {
      g_autoptr(GTask) helper = g_task_new (source_object, NULL, NULL, NULL);

      g_task_set_source_tag (helper, queue_in_thread);
      g_task_set_task_data (helper, g_object_ref (task), g_object_unref);
      g_task_run_in_thread (helper, queue_in_thread);
    }
}

void
spool_content_wait_async (SpoolContent        *self,
                          gpointer             source_object,
                          goffset              position,
                          int                  io_priority,
                          GCancellable        *cancellable,
                          GAsyncReadyCallback  callback,
                          gpointer             user_data)
{
  wait_async (source_object, async_waiter_new (self, position), io_priority,
              cancellable, callback, user_data);
}

void
spool_content_wait_change_async (SpoolContent        *self,
                                 gpointer             source_object,
                                 goffset              size,
                                 guint                overwrites,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  AsyncWaiter *waiter = async_waiter_new (self, size);

  waiter->waiter.any_change = TRUE;
  waiter->waiter.overwrites = overwrites;
  wait_async (source_object, waiter, io_priority, cancellable, callback, user_data);
}

/* Finishes either of them. */
gboolean
spool_content_wait_finish (GAsyncResult  *result,
                           GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
