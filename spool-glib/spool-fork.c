/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-fork-private.h"

#include <pthread.h>

/* Written where there is one thread alone. */
static guint generation = 0;

static void
in_child (void)
{
  generation++;
}

/* What was made in another generation was made by a parent of this process,
 * whose other threads are gone, and with them whoever would give back a lock.
 */
guint
spool_fork_get_generation (void)
{
  static gsize initialized = 0;

  if (g_once_init_enter (&initialized))
    {
      pthread_atfork (NULL, NULL, in_child);
      g_once_init_leave (&initialized, 1);
    }

  return generation;
}
