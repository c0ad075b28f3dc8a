/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#define THRESHOLD 100

/* The ways in which a buffer can become one of a given size. */
typedef enum
{
  GROW_WRITE,
  GROW_WRITE_GAP,
  GROW_WRITE_BYTES,
  GROW_APPEND,
  GROW_APPEND_BYTES,
  GROW_APPEND_ASYNC,
  GROW_TRUNCATE,
  GROW_SPLICE,
  GROW_SPLICE_ASYNC,
  GROW_STREAM_WRITE,
  GROW_STREAM_WRITE_ASYNC,
  GROW_STREAM_WRITEV,
  GROW_STREAM_SPLICE,
  GROW_STREAM_SPLICE_ASYNC,
  GROW_STREAM_TRUNCATE,
  GROW_IO_STREAM_WRITE,
  N_GROWS,
} Grow;

static const char *const grow_names[N_GROWS] = {
  "write", "write-gap", "write-bytes", "append", "append-bytes",
  "append-async", "truncate", "splice", "splice-async", "stream-write",
  "stream-write-async", "stream-writev", "stream-splice",
  "stream-splice-async", "stream-truncate", "io-stream-write",
};

static void
grow_by_stream (GOutputStream *stream,
                Grow           grow,
                goffset        size,
                gsize          count)
{
  g_autofree guint8 *data = g_malloc0 (count);
  g_autoptr(GInputStream) source = test_stream_new (count);
  GOutputVector vectors[3] = {
    { data, count / 3 },
    { data + count / 3, count - count / 3 - 1 },
    { data + count - 1, 1 },
  };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gsize written = 0;
  gboolean success = TRUE;

  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, NULL,
                                  &error));
  switch (grow)
    {
    case GROW_STREAM_WRITE:
      written = g_output_stream_write (stream, data, count, NULL, &error);
      break;
    case GROW_STREAM_WRITE_ASYNC:
      g_output_stream_write_async (stream, data, count, 0, NULL, test_ready,
                                   &result);
      test_wait (&result);
      written = g_output_stream_write_finish (stream, result, &error);
      break;
    case GROW_STREAM_WRITEV:
      success = g_output_stream_writev (stream, vectors, 3, &written, NULL,
                                        &error);
      break;
    case GROW_STREAM_SPLICE:
      written = g_output_stream_splice (stream, source,
                                        G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                        &error);
      break;
    case GROW_STREAM_SPLICE_ASYNC:
      g_output_stream_splice_async (stream, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                    0, NULL, test_ready, &result);
      test_wait (&result);
      written = g_output_stream_splice_finish (stream, result, &error);
      break;
    case GROW_STREAM_TRUNCATE:
      success = g_seekable_truncate (G_SEEKABLE (stream), size, NULL, &error);
      written = count;
      break;
    default:
      g_assert_not_reached ();
    }
  g_assert_no_error (error);
  g_assert_true (success);
  g_assert_cmpint (written, ==, count);
}

/* Makes the buffer count bytes larger. */
static void
grow_by (SpoolBuffer *buffer,
         Grow         grow,
         gsize        count)
{
  goffset old = spool_buffer_get_size (buffer);
  goffset size = old + count;
  g_autoptr(GBytes) bytes = test_bytes (0, count);
  gconstpointer data = g_bytes_get_data (bytes, NULL);
  g_autoptr(GInputStream) source = test_stream_new (count);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success = TRUE;

  switch (grow)
    {
    case GROW_WRITE:
      success = spool_buffer_write (buffer, old, data, count, NULL, &error);
      break;
    case GROW_WRITE_GAP:
      success = spool_buffer_write (buffer, size - 1, data, 1, NULL, &error);
      break;
    case GROW_WRITE_BYTES:
      success = spool_buffer_write_bytes (buffer, old, bytes, NULL, &error);
      break;
    case GROW_APPEND:
      success = spool_buffer_append (buffer, data, count, NULL, &error);
      break;
    case GROW_APPEND_BYTES:
      success = spool_buffer_append_bytes (buffer, bytes, NULL, &error);
      break;
    case GROW_APPEND_ASYNC:
      spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                       &result);
      test_wait (&result);
      success = spool_buffer_append_bytes_finish (buffer, result, &error);
      break;
    case GROW_TRUNCATE:
      success = spool_buffer_truncate (buffer, size, NULL, &error);
      break;
    case GROW_SPLICE:
      g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                                 G_OUTPUT_STREAM_SPLICE_NONE,
                                                 NULL, &error), ==, count);
      break;
    case GROW_SPLICE_ASYNC:
      spool_buffer_splice_from_async (buffer, source,
                                      G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                      test_ready, &result);
      test_wait (&result);
      g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result, &error),
                       ==, count);
      break;
    case GROW_IO_STREAM_WRITE:
      {
        g_autoptr(GIOStream) io = spool_io_stream_new_for_buffer (buffer);

        grow_by_stream (g_io_stream_get_output_stream (io), GROW_STREAM_WRITE,
                        size, count);
        g_assert_true (g_io_stream_close (io, NULL, &error));
      }
      break;
    default:
      {
        g_autoptr(GOutputStream) stream = NULL;

        stream = spool_memory_output_stream_new_for_buffer (buffer);
        grow_by_stream (stream, grow, size, count);
        g_assert_true (g_output_stream_close (stream, NULL, &error));
      }
      break;
    }

  g_assert_no_error (error);
  g_assert_true (success);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
}

static void
test_buffer_threshold_exact (gconstpointer data)
{
  Grow grow = GPOINTER_TO_INT (data);

  g_test_summary ("Exactly the threshold stays in memory, one more does not");

  /* In one step, and in two of which the second reaches the threshold. */
  for (gsize first = 0; first <= THRESHOLD; first += THRESHOLD / 2)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
      g_autoptr(SpoolBuffer) above = test_buffer_new (THRESHOLD);

      if (first > 0)
        grow_by (buffer, grow, first);
      if (first < THRESHOLD)
        grow_by (buffer, grow, THRESHOLD - first);
      g_assert_false (spool_buffer_get_rolled_over (buffer));

      if (first > 0)
        grow_by (above, grow, first);
      g_assert_false (spool_buffer_get_rolled_over (above));
      grow_by (above, grow, THRESHOLD - first + 1);
      g_assert_true (spool_buffer_get_rolled_over (above));

      grow_by (buffer, grow, 1);
      g_assert_true (spool_buffer_get_rolled_over (buffer));
    }
}

static void
test_buffer_threshold_zero (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);

  g_test_summary ("A threshold of 0 rolls over with the first byte");

  g_assert_false (spool_buffer_get_rolled_over (buffer));
  grow_by (buffer, GPOINTER_TO_INT (data), 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_never (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);

  grow_by (buffer, GPOINTER_TO_INT (data), SPOOL_DEFAULT_THRESHOLD + 1);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_lowered (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Lowered below the size, only the next growth rolls over");

  grow_by (buffer, GROW_APPEND, 80);
  spool_buffer_set_threshold (buffer, 10);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  g_assert_true (spool_buffer_write (buffer, 0, "0123456789", 10, NULL,
                                     &error));
  g_assert_true (spool_buffer_write (buffer, 79, "z", 1, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 80, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 50, NULL, &error));
  g_assert_true (spool_buffer_write (buffer, 0, "a", 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  grow_by (buffer, GPOINTER_TO_INT (data), 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_lowered_unmet (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Growth up to the lowered threshold stays in memory");

  grow_by (buffer, GROW_APPEND, 80);
  spool_buffer_set_threshold (buffer, 20);
  g_assert_true (spool_buffer_truncate (buffer, 5, NULL, &error));
  grow_by (buffer, GPOINTER_TO_INT (data), 15);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  grow_by (buffer, GPOINTER_TO_INT (data), 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_raised (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Raised after a roll-over, the buffer stays on disk");

  test_append (buffer, 0, THRESHOLD + 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));

  spool_buffer_set_threshold (buffer, 10000);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  spool_buffer_set_threshold (buffer, SPOOL_THRESHOLD_NEVER);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, THRESHOLD + 1);

  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));

  test_append (buffer, 0, 10);
  g_assert_true (spool_buffer_get_rolled_over (buffer));

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  test_append (buffer, 0, 10000);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_raised_before (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);

  g_test_summary ("Raised in time, it counts at once");

  grow_by (buffer, GROW_APPEND, THRESHOLD);
  spool_buffer_set_threshold (buffer, THRESHOLD * 2);
  grow_by (buffer, GPOINTER_TO_INT (data), THRESHOLD);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  grow_by (buffer, GPOINTER_TO_INT (data), 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_zero_when_empty (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GError) error = NULL;

  g_test_summary ("0 set on an empty buffer waits for the first byte");

  spool_buffer_set_threshold (buffer, 0);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
  g_assert_true (spool_buffer_append (buffer, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  test_append (buffer, 0, 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_overwrite (gconstpointer data)
{
  goffset threshold = test_threshold (data, 100);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Overwriting and shrinking never roll over");

  test_append (buffer, 0, 100);
  spool_buffer_set_threshold (buffer, threshold);
  for (goffset offset = 0; offset < 100; offset += 10)
    {
      g_assert_true (spool_buffer_write (buffer, offset, "0123456789", 10,
                                         NULL, &error));
      g_assert_no_error (error);
    }
  for (goffset size = 100; size >= 0; size -= 25)
    {
      g_assert_true (spool_buffer_truncate (buffer, size, NULL, &error));
      g_assert_no_error (error);
    }
  g_assert_false (spool_buffer_get_rolled_over (buffer));
}

static void
test_buffer_threshold_overlapping_end (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GError) error = NULL;
  guint8 data[THRESHOLD + 1] = { 0 };

  g_test_summary ("What counts is where a write ends and not its length");

  test_append (buffer, 0, 60);
  g_assert_true (spool_buffer_write (buffer, 20, data, 80, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, THRESHOLD);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  g_assert_true (spool_buffer_write (buffer, THRESHOLD - 1, data, 2, NULL,
                                     &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

/* A step of a splice that passes the threshold rolls over before it. */
static void
note_rolled (TestStream *stream,
             guint       call,
             gpointer    user_data)
{
  SpoolBuffer *buffer = g_object_get_data (G_OBJECT (stream), "buffer");
  GArray *rolled = user_data;
  gboolean value = spool_buffer_get_rolled_over (buffer);

  g_assert_cmpint (spool_buffer_get_size (buffer), ==, (call - 1) * 40);
  g_array_append_val (rolled, value);
}

static void
test_buffer_threshold_splice_steps (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GInputStream) source = test_stream_new (160);
  g_autoptr(GArray) rolled = g_array_new (FALSE, FALSE, sizeof (gboolean));
  g_autoptr(GError) error = NULL;

  g_test_summary ("Each step of a splice is held against the threshold");

  g_object_set_data (G_OBJECT (source), "buffer", buffer);
  test_stream_set_step (TEST_STREAM (source), 40);
  test_stream_set_hook (TEST_STREAM (source), note_rolled, rolled);

  g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                             G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                             &error), ==, 160);
  g_assert_no_error (error);

  /* Before the 1st, 2nd, 3rd and 4th step, and the one that finds the end. */
  g_assert_cmpint (rolled->len, ==, 5);
  g_assert_false (g_array_index (rolled, gboolean, 2));
  g_assert_true (g_array_index (rolled, gboolean, 3));
  g_assert_true (g_array_index (rolled, gboolean, 4));
  test_assert_filled (buffer, 160);
}

static void
test_buffer_threshold_reset (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (THRESHOLD);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Only a reset goes back to memory");

  test_append (buffer, 0, THRESHOLD + 1);
  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
  g_assert_true (spool_buffer_flush (buffer, NULL, &error));
  spool_buffer_complete (buffer, NULL);
  g_assert_true (spool_buffer_get_rolled_over (buffer));

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_no_error (error);
  test_append (buffer, 0, THRESHOLD);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  test_append (buffer, THRESHOLD, 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

static void
add_grows (const char    *path,
           GTestDataFunc  func)
{
  for (int i = 0; i < N_GROWS; i++)
    {
      g_autofree char *full = g_strconcat (path, "/", grow_names[i], NULL);

      g_test_add_data_func (full, GINT_TO_POINTER (i), func);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  add_grows ("/buffer-threshold/exact", test_buffer_threshold_exact);
  add_grows ("/buffer-threshold/zero", test_buffer_threshold_zero);
  add_grows ("/buffer-threshold/never", test_buffer_threshold_never);
  add_grows ("/buffer-threshold/lowered", test_buffer_threshold_lowered);
  add_grows ("/buffer-threshold/lowered-unmet",
             test_buffer_threshold_lowered_unmet);
  add_grows ("/buffer-threshold/raised-before",
             test_buffer_threshold_raised_before);
  g_test_add_func ("/buffer-threshold/raised", test_buffer_threshold_raised);
  g_test_add_func ("/buffer-threshold/zero-when-empty",
                   test_buffer_threshold_zero_when_empty);
  test_add_thresholds ("/buffer-threshold/overwrite",
                       test_buffer_threshold_overwrite);
  g_test_add_func ("/buffer-threshold/overlapping-end",
                   test_buffer_threshold_overlapping_end);
  g_test_add_func ("/buffer-threshold/splice-steps",
                   test_buffer_threshold_splice_steps);
  g_test_add_func ("/buffer-threshold/reset", test_buffer_threshold_reset);

  return test_run ();
}
