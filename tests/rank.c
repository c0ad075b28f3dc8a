/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whether a build for debugging asserts the order of the locks. */

#include "config.h"

#include "test-utils.h"

#include "spool-glib/spool-rank-private.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

static GMutex cursor_lock;
static GMutex buffer_lock;
static GMutex other_buffer_lock;
static GMutex pool_lock;

static void
no_core (gpointer data)
{
  setrlimit (RLIMIT_CORE, &(struct rlimit) { 0, 0 });
}

static void
child_in_order (const char *argument)
{
  for (guint i = 0; i < 2; i++)
    {
      spool_ranked_lock (&cursor_lock, SPOOL_RANK_CURSOR);
      spool_ranked_lock (&buffer_lock, SPOOL_RANK_BUFFER);
      spool_ranked_lock (&pool_lock, SPOOL_RANK_POOL);
      spool_ranked_unlock (&buffer_lock, SPOOL_RANK_BUFFER);
      spool_ranked_unlock (&pool_lock, SPOOL_RANK_POOL);
      spool_ranked_unlock (&cursor_lock, SPOOL_RANK_CURSOR);
      spool_rank_assert_none ();
    }
}

static void
child_inversion (const char *argument)
{
  spool_ranked_lock (&pool_lock, SPOOL_RANK_POOL);
  spool_ranked_lock (&buffer_lock, SPOOL_RANK_BUFFER);
}

static void
child_trylock (const char *argument)
{
  spool_ranked_lock (&buffer_lock, SPOOL_RANK_BUFFER);
  if (!spool_ranked_trylock (&cursor_lock, SPOOL_RANK_CURSOR))
    exit (0);
}

static void
child_two_of_a_kind (const char *argument)
{
  spool_ranked_lock (&buffer_lock, SPOOL_RANK_BUFFER);
  spool_ranked_lock (&other_buffer_lock, SPOOL_RANK_BUFFER);
}

static void
child_unheld (const char *argument)
{
  g_mutex_lock (&buffer_lock);
  spool_ranked_unlock (&buffer_lock, SPOOL_RANK_BUFFER);
}

/* A pool's lock that somebody holds who uses a buffer of that pool. */
static void
child_call_out (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (100);

  spool_ranked_lock (&pool_lock, SPOOL_RANK_POOL);
  test_append (buffer, 0, 10);
}

static void
child_foreign (const char *argument)
{
  spool_ranked_lock (&cursor_lock, SPOOL_RANK_CURSOR);
  spool_rank_assert_none ();
}

static const struct
{
  const char *name;
  const char *summary;
  TestChild   child;
  gboolean    is_caught;
} cases[] = {
  { "in-order", "From the cursor down to the pool, again and again", child_in_order, FALSE },
  { "inversion", "A buffer's lock below a pool's", child_inversion, TRUE },
  { "trylock", "A lock that was only tried", child_trylock, TRUE },
  { "two-of-a-kind", "The locks of two buffers", child_two_of_a_kind, TRUE },
  { "unheld", "A lock given back that was not taken so", child_unheld, TRUE },
  { "call-out", "A whole operation below a pool's lock", child_call_out, TRUE },
  { "foreign", "Foreign code with a lock held", child_foreign, TRUE },
};

static void
test_rank (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  int wait_status;

  g_test_summary (cases[i].summary);

  if (!SPOOL_ENABLE_DEBUG)
    {
      g_test_skip ("Not a build for debugging");
      return;
    }

  wait_status = test_spawn (cases[i].name, NULL, no_core, NULL);
  if (cases[i].is_caught)
    test_assert_signaled (wait_status, SIGABRT);
  else
    test_assert_exited (wait_status);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/rank/", cases[i].name, NULL);

      test_add_child (cases[i].name, cases[i].child);
      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_rank);
    }

  return test_run ();
}
