/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include "spool-glib/spool-cancel-source-private.h"

static gboolean
count_cb (gpointer user_data)
{
  guint *n_calls = user_data;

  ++*n_calls;

  return G_SOURCE_REMOVE;
}

static GSource *
attach (GCancellable *cancellable,
        guint        *n_calls)
{
  GSource *source = spool_cancel_source_new (cancellable);

  g_source_set_callback (source, count_cb, n_calls, NULL);
  g_source_attach (source, NULL);

  return source;
}

static void
run_pending (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Only the test's own reference is left of it. */
static void
assert_last_reference (GSource *source)
{
  g_assert_cmpuint (source->ref_count, ==, 1);
  g_source_unref (source);
}

static void
test_cancel_source_cancelled (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  guint n_calls = 0;
  GSource *source = g_source_ref (attach (cancellable, &n_calls));

  run_pending ();
  g_assert_cmpuint (n_calls, ==, 0);

  g_cancellable_cancel (cancellable);
  g_assert_cmpuint (n_calls, ==, 0);
  run_pending ();
  g_assert_cmpuint (n_calls, ==, 1);

  spool_cancel_source_free (source);
  assert_last_reference (source);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
test_cancel_source_before (void)
{
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  guint n_calls = 0;
  GSource *source = g_source_ref (attach (cancellable, &n_calls));

  run_pending ();
  g_assert_cmpuint (n_calls, ==, 1);
  spool_cancel_source_free (source);
  assert_last_reference (source);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
test_cancel_source_given_up (void)
{
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  guint n_calls = 0;
  GSource *source = g_source_ref (attach (cancellable, &n_calls));

  spool_cancel_source_free (source);
  assert_last_reference (source);
  g_cancellable_cancel (cancellable);
  run_pending ();
  g_assert_cmpuint (n_calls, ==, 0);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

static void
free_cb (GCancellable *cancellable,
         gpointer      user_data)
{
  GSource **source = user_data;

  spool_cancel_source_free (*source);
}

static void
test_cancel_source_within_signal (gconstpointer data)
{
  gboolean before = GPOINTER_TO_INT (data);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  guint n_calls = 0;
  GSource *source;

  g_test_summary ("Given up while the cancellable is being cancelled, it leaves nothing behind");

  /* The source's own handler has been called by then, or never will be. */
  if (before)
    g_signal_connect (cancellable, "cancelled", G_CALLBACK (free_cb), &source);
  source = g_source_ref (attach (cancellable, &n_calls));
  if (!before)
    g_signal_connect (cancellable, "cancelled", G_CALLBACK (free_cb), &source);

  g_cancellable_cancel (cancellable);
  run_pending ();
  g_assert_cmpuint (n_calls, ==, 0);
  assert_last_reference (source);
  g_assert_finalize_object (g_steal_pointer (&cancellable));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/cancel-source/cancelled", test_cancel_source_cancelled);
  g_test_add_func ("/cancel-source/before", test_cancel_source_before);
  g_test_add_func ("/cancel-source/given-up", test_cancel_source_given_up);
  g_test_add_data_func ("/cancel-source/within-signal/before", GINT_TO_POINTER (TRUE),
                        test_cancel_source_within_signal);
  g_test_add_data_func ("/cancel-source/within-signal/after", GINT_TO_POINTER (FALSE),
                        test_cancel_source_within_signal);

  return test_run ();
}
