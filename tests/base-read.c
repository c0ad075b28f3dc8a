/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <spool-glib/spool-glib.h>

#include "test-base.h"
#include "test-utils.h"

/* What an asynchronous splice does with bytes that its source had given when
 * the splice was cancelled.
 */

#define SIZE 40

static void
check_splice (SpoolBuffer   *buffer,
              GOutputStream *target,
              TestAsync      kind,
              gboolean       answered)
{
  g_autoptr(TestBase) base = test_base_new (0, SIZE);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  goffset n_spliced;

  base->step = 10;
  base->async = kind;

  if (target != NULL)
    g_output_stream_splice_async (target, G_INPUT_STREAM (base),
                                  G_OUTPUT_STREAM_SPLICE_NONE, 0, cancellable,
                                  test_ready, &result);
  else
    spool_buffer_splice_from_async (buffer, G_INPUT_STREAM (base),
                                    G_OUTPUT_STREAM_SPLICE_NONE, 0, cancellable,
                                    test_ready, &result);

  if (answered)
    test_base_answer (base);

  g_cancellable_cancel (cancellable);
  test_wait (&result);

  if (target != NULL)
    n_spliced = g_output_stream_splice_finish (target, result, &error);
  else
    n_spliced = spool_buffer_splice_from_finish (buffer, result, &error);

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (n_spliced, ==, -1);
  g_assert_cmpint (base->position, ==, answered ? 10 : 0);
  test_assert_filled (buffer, base->position);

  /* The rest of the same source goes where it belongs. */
  g_clear_error (&error);
  n_spliced = spool_buffer_splice_from (buffer, G_INPUT_STREAM (base),
                                        G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n_spliced, ==, answered ? SIZE - 10 : SIZE);
  test_assert_filled (buffer, SIZE);
}

static void
check_splices (TestAsync kind,
               gboolean  answered)
{
  static const goffset thresholds[] = { 0, 15, SPOOL_THRESHOLD_NEVER };

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (thresholds[i]);
      g_autoptr(GOutputStream) target = spool_memory_output_stream_new_with_threshold (thresholds[i]);

      check_splice (buffer, NULL, kind, answered);
      check_splice (spool_memory_output_stream_get_buffer (SPOOL_MEMORY_OUTPUT_STREAM (target)),
                    target, kind, answered);
    }
}

static void
test_base_read_cancelled_after (void)
{
  g_test_summary ("Bytes that the source has given are kept, even if the splice is "
                  "cancelled before the source can say so");

  check_splices (TEST_ASYNC_HELD, TRUE);
}

static void
test_base_read_cancelled_before (void)
{
  g_test_summary ("A source that waits is woken by a cancellation and gives nothing");

  check_splices (TEST_ASYNC_HELD, FALSE);
  check_splices (TEST_ASYNC_IN_SIGNAL, FALSE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/base-read/cancelled-after", test_base_read_cancelled_after);
  g_test_add_func ("/base-read/cancelled-before", test_base_read_cancelled_before);

  return test_run ();
}
