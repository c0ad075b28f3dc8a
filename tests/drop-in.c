/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#define PROGRAM program_of_gio
#define STREAM(name) g_memory_output_stream_##name
#define STREAM_CAST(stream) G_MEMORY_OUTPUT_STREAM (stream)
#define STREAM_NEW g_memory_output_stream_new_resizable ()
#define STREAM_STEAL(stream) g_memory_output_stream_steal_as_bytes (stream)
#include "drop-in-program.h"
#undef PROGRAM
#undef STREAM
#undef STREAM_CAST
#undef STREAM_NEW
#undef STREAM_STEAL

#define PROGRAM program_of_spool
#define STREAM(name) spool_memory_output_stream_##name
#define STREAM_CAST(stream) SPOOL_MEMORY_OUTPUT_STREAM (stream)
#define STREAM_NEW spool_memory_output_stream_new ()
#define STREAM_STEAL(stream) \
  spool_memory_output_stream_steal_as_bytes (stream, &error)
#include "drop-in-program.h"
#undef PROGRAM
#undef STREAM_NEW

#define PROGRAM program_of_spool_with_threshold
#define STREAM_NEW spool_memory_output_stream_new_with_threshold (threshold)
#include "drop-in-program.h"

static void
test_drop_in_default (void)
{
  g_autofree char *expected = program_of_gio (0);
  g_autofree char *found = program_of_spool (0);

  g_test_summary ("A program for GMemoryOutputStream runs with ours");

  g_assert_true (g_str_has_prefix (expected, "19 30 20 34 20 @4 20 "));
  g_assert_cmpstr (found, ==, expected);
}

static void
test_drop_in_thresholds (gconstpointer data)
{
  g_autofree char *expected = program_of_gio (0);

  /* About each size that the program's stream has on its way. */
  for (goffset size = 1; size <= 40; size++)
    {
      goffset threshold = test_threshold (data, size);
      g_autofree char *found = program_of_spool_with_threshold (threshold);

      g_assert_cmpstr (found, ==, expected);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/drop-in/default", test_drop_in_default);
  test_add_thresholds ("/drop-in/thresholds", test_drop_in_thresholds);

  return test_run ();
}
