/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-worker-private.h"

/* One thread for what pools do on their own, with a main context of its own. */

typedef struct
{
  SpoolWorkerFunc func;
  GWeakRef        object;
} Job;

static gpointer
worker_main (gpointer data)
{
  GMainContext *context = data;

  g_main_context_push_thread_default (context);
  for (;;)
    g_main_context_iteration (context, TRUE);

  return NULL;
}

static GMainContext *
get_context (void)
{
  static GMainContext *context = NULL;

  if (g_once_init_enter (&context))
    {
      GMainContext *new_context = g_main_context_new ();

      g_thread_unref (g_thread_new ("spool-worker", worker_main, new_context));
      g_once_init_leave (&context, new_context);
    }

  return context;
}

static gboolean
job_cb (gpointer data)
{
  Job *job = data;
  g_autoptr(GObject) object = g_weak_ref_get (&job->object);

  if (object != NULL)
    job->func (object);

  return G_SOURCE_REMOVE;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_weak_ref_clear (&job->object);
  g_free (job);
}

/* Calls @func in the worker, if @object is alive by then. */
void
spool_worker_run (SpoolWorkerFunc  func,
                  GObject         *object)
{
  g_autoptr(GSource) source = g_idle_source_new ();
  Job *job = g_new0 (Job, 1);

  job->func = func;
  g_weak_ref_init (&job->object, object);

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[spool-glib] worker");
  g_source_set_callback (source, job_cb, job, job_free);
  g_source_attach (source, get_context ());
}
