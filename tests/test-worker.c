/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-worker.h"

#include "spool-glib/spool-worker-private.h"

typedef struct
{
  GMutex   lock;
  GCond    cond;
  gboolean passed;
} Barrier;

static void
barrier_cb (gpointer data)
{
  Barrier *barrier = g_object_get_data (data, "barrier");

  g_mutex_lock (&barrier->lock);
  barrier->passed = TRUE;
  g_cond_signal (&barrier->cond);
  g_mutex_unlock (&barrier->lock);
}

void
test_worker_wait (void)
{
  for (int i = 0; i < 2; i++)
    {
      g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
      Barrier barrier = { .passed = FALSE };

      g_mutex_init (&barrier.lock);
      g_cond_init (&barrier.cond);
      g_object_set_data (object, "barrier", &barrier);

      spool_worker_run (barrier_cb, object);
      g_mutex_lock (&barrier.lock);
      while (!barrier.passed)
        g_cond_wait (&barrier.cond, &barrier.lock);
      g_mutex_unlock (&barrier.lock);

      g_mutex_clear (&barrier.lock);
      g_cond_clear (&barrier.cond);
    }
}
