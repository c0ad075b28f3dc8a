/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-progress-private.h"

struct _SpoolProgress
{
  gatomicrefcount        ref_count;
  GMainContext          *context;
  int                    io_priority;

  /* Used in the context only. */
  GFileProgressCallback  callback;
  gpointer               data;
  GDestroyNotify         data_destroy;

  GMutex                 lock;
  goffset                current;
  goffset                total;
  gboolean               queued;      /* there is news to be called back with */
};

SpoolProgress *
spool_progress_new (GFileProgressCallback callback,
                    gpointer              data,
                    GDestroyNotify        data_destroy,
                    int                   io_priority)
{
  SpoolProgress *self = g_new0 (SpoolProgress, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->io_priority = io_priority;
  self->callback = callback;
  self->data = data;
  self->data_destroy = data_destroy;

  return self;
}

SpoolProgress *
spool_progress_ref (SpoolProgress *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
destroy_data (SpoolProgress *self)
{
  GDestroyNotify data_destroy = g_steal_pointer (&self->data_destroy);

  self->callback = NULL;
  if (data_destroy != NULL)
    data_destroy (g_steal_pointer (&self->data));
}

void
spool_progress_unref (SpoolProgress *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  /* Not finished: the context has gone away before. */
  destroy_data (self);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Calls back if there is news. */
static gboolean
deliver (SpoolProgress *self)
{
  goffset current, total;
  gboolean queued;

  g_mutex_lock (&self->lock);
  queued = self->queued;
  current = self->current;
  total = self->total;
  self->queued = FALSE;
  g_mutex_unlock (&self->lock);

  if (queued && self->callback != NULL)
    self->callback (current, total, self->data);

  return G_SOURCE_REMOVE;
}

/* A GFileProgressCallback for the thread. */
void
spool_progress_report (goffset  current,
                       goffset  total,
                       gpointer progress)
{
  SpoolProgress *self = progress;
  g_autoptr(GSource) source = NULL;
  gboolean was_queued;

  g_mutex_lock (&self->lock);
  was_queued = self->queued;
  self->queued = TRUE;
  self->current = current;
  self->total = total;
  g_mutex_unlock (&self->lock);

  if (was_queued)
    return;

  source = g_idle_source_new ();
  g_source_set_priority (source, self->io_priority);
  g_source_set_static_name (source, "[spool-glib] progress");
  g_source_set_callback (source, G_SOURCE_FUNC (deliver), spool_progress_ref (self),
                         (GDestroyNotify) spool_progress_unref);
  g_source_attach (source, self->context);
}

/* Calls back with the last news and never again. In the context. */
void
spool_progress_finish (SpoolProgress *self)
{
  deliver (self);
  destroy_data (self);
}
