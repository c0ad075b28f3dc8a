/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#define CLOSE_BOTH (G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | \
                    G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)

static void
assert_completed (SpoolBuffer *buffer,
                  int          code)
{
  g_autoptr(GError) error = spool_buffer_dup_error (buffer);

  g_assert_true (spool_buffer_get_completed (buffer));
  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, G_IO_ERROR, code);
}

static void
assert_open (SpoolBuffer *buffer)
{
  g_assert_false (spool_buffer_get_completed (buffer));
  g_assert_null (spool_buffer_dup_error (buffer));
}

static void
close_output (GOutputStream *stream)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
}

static void
test_buffer_completion_call (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A completed buffer is neither closed nor frozen");

  buffer = test_buffer_new_filled (test_threshold (data, 10), 10);
  assert_open (buffer);
  spool_buffer_complete (buffer, NULL);
  assert_completed (buffer, -1);

  test_assert_filled (buffer, 10);
  test_append (buffer, 10, 10);
  g_assert_true (spool_buffer_write (buffer, 0, "a", 1, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 5, NULL, &error));
  g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
  g_assert_no_error (error);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_first_wins (void)
{
  g_autoptr(SpoolBuffer) good = spool_buffer_new ();
  g_autoptr(SpoolBuffer) bad = spool_buffer_new ();
  g_autoptr(GError) first = NULL;
  g_autoptr(GError) second = NULL;
  g_autoptr(GError) found = NULL;
  g_autoptr(GError) again = NULL;

  g_set_error_literal (&first, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The first");
  g_set_error_literal (&second, G_IO_ERROR, G_IO_ERROR_FAILED, "The second");

  spool_buffer_complete (good, NULL);
  spool_buffer_complete (good, first);
  assert_completed (good, -1);

  spool_buffer_complete (bad, first);
  spool_buffer_complete (bad, second);
  spool_buffer_complete (bad, NULL);
  g_clear_error (&first);

  found = spool_buffer_dup_error (bad);
  again = spool_buffer_dup_error (bad);
  g_assert_error (found, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (found->message, ==, "The first");
  g_assert_true (found != again);
  g_assert_cmpstr (again->message, ==, "The first");
}

static void
test_buffer_completion_foreign_error (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) found = NULL;

  g_test_summary ("An error of any domain is handed on as it is");

  g_set_error_literal (&error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "Bad");
  spool_buffer_complete (buffer, error);
  found = spool_buffer_dup_error (buffer);
  g_assert_error (found, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE);
}

static void
test_buffer_completion_one_writer (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 10));
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  assert_open (buffer);
  g_assert_true (g_output_stream_write_all (stream, "0123456789", 10, NULL,
                                            NULL, &error));
  g_assert_no_error (error);
  assert_open (buffer);
  close_output (stream);
  assert_completed (buffer, -1);

  /* Once the stream is gone it is the same still. */
  g_assert_finalize_object (g_steal_pointer (&stream));
  assert_completed (buffer, -1);
  test_assert_text (buffer, "0123456789");
  test_assert_usable (buffer);
}

static void
test_buffer_completion_two_writers (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) first = NULL;
  g_autoptr(GOutputStream) second = NULL;

  g_test_summary ("The last of the writers completes the buffer");

  first = spool_memory_output_stream_new_for_buffer (buffer);
  second = spool_memory_output_stream_new_for_buffer (buffer);
  close_output (first);
  close_output (first);
  assert_open (buffer);
  g_clear_object (&first);
  assert_open (buffer);
  close_output (second);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_io_stream (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GIOStream) io = spool_io_stream_new_for_buffer (buffer);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("The output of an I/O stream is one of the writers");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  close_output (stream);
  assert_open (buffer);

  g_assert_true (g_input_stream_close (g_io_stream_get_input_stream (io), NULL,
                                       &error));
  g_assert_no_error (error);
  assert_open (buffer);

  g_assert_true (g_io_stream_close (io, NULL, &error));
  g_assert_no_error (error);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_io_stream_output (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GIOStream) io = spool_io_stream_new_for_buffer (buffer);

  g_test_summary ("Closing the output of an I/O stream is enough");

  close_output (g_io_stream_get_output_stream (io));
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_io_stream_dropped (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  GIOStream *io = spool_io_stream_new_for_buffer (buffer);

  g_assert_nonnull (g_io_stream_get_output_stream (io));
  assert_open (buffer);
  g_assert_finalize_object (io);
  g_assert_true (spool_buffer_get_completed (buffer));
}

static void
test_buffer_completion_readers (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) writer = NULL;
  GInputStream *reader;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Readers complete nothing");

  reader = spool_memory_input_stream_new_for_buffer (buffer);
  g_assert_true (g_input_stream_close (reader, NULL, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (reader);
  assert_open (buffer);

  writer = spool_memory_output_stream_new_for_buffer (buffer);
  reader = spool_memory_input_stream_new_for_buffer (buffer);
  g_assert_finalize_object (reader);
  assert_open (buffer);
  close_output (writer);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_dropped (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 4));
  GOutputStream *stream;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A writer dropped without a close is a broken pipe");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_true (g_output_stream_write_all (stream, "data", 4, NULL, NULL,
                                            &error));
  g_assert_no_error (error);
  g_assert_finalize_object (stream);
  assert_completed (buffer, G_IO_ERROR_BROKEN_PIPE);
  test_assert_text (buffer, "data");
  test_assert_usable (buffer);
}

static void
test_buffer_completion_one_dropped (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) first = NULL;
  GOutputStream *second;

  g_test_summary ("One that breaks off is not forgotten by another's close");

  first = spool_memory_output_stream_new_for_buffer (buffer);
  second = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_finalize_object (second);
  assert_completed (buffer, G_IO_ERROR_BROKEN_PIPE);
  close_output (first);
  assert_completed (buffer, G_IO_ERROR_BROKEN_PIPE);
}

static void
test_buffer_completion_run_dispose (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  GOutputStream *stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GError) error = NULL;

  g_object_run_dispose (G_OBJECT (stream));
  assert_completed (buffer, G_IO_ERROR_BROKEN_PIPE);
  g_object_run_dispose (G_OBJECT (stream));

  g_assert_cmpint (g_output_stream_write (stream, "a", 1, NULL, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_finalize_object (stream);
  test_assert_text (buffer, "");
}

static void
test_buffer_completion_cancelled_close (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  g_autoptr(GAsyncResult) result = NULL;

  g_test_summary ("A cancelled close completes with that, as GIO's drop a file");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_cmpint (g_output_stream_write (stream, "data", 4, NULL, NULL), ==, 4);

  if (async)
    {
      g_output_stream_close_async (stream, 0, cancellable, test_ready, &result);
      test_wait (&result);
      g_output_stream_close_finish (stream, result, NULL);
    }
  else
    g_output_stream_close (stream, cancellable, NULL);

  g_assert_true (g_output_stream_is_closed (stream));
  assert_completed (buffer, G_IO_ERROR_CANCELLED);
  test_assert_text (buffer, "data");

  g_clear_object (&result);
  g_assert_finalize_object (g_steal_pointer (&stream));
  assert_completed (buffer, G_IO_ERROR_CANCELLED);
}

static void
test_buffer_completion_late_cancel (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();

  g_test_summary ("Cancelling after the close is too late");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_true (g_output_stream_close (stream, cancellable, NULL));
  g_cancellable_cancel (cancellable);
  assert_completed (buffer, -1);
}

/* By the stream or by the buffer, in step or not. */
static gssize
splice (SpoolBuffer               *buffer,
        guint                      kind,
        GInputStream              *source,
        GOutputStreamSpliceFlags   flags,
        GCancellable              *cancellable,
        GError                   **error)
{
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  gssize size;

  switch (kind)
    {
    case 0:
      return spool_buffer_splice_from (buffer, source, flags, cancellable,
                                       error);
    case 1:
      spool_buffer_splice_from_async (buffer, source, flags, 0, cancellable,
                                      test_ready, &result);
      test_wait (&result);
      return spool_buffer_splice_from_finish (buffer, result, error);
    case 2:
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      size = g_output_stream_splice (stream, source, flags, cancellable, error);
      break;
    case 3:
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      g_output_stream_splice_async (stream, source, flags, 0, cancellable,
                                    test_ready, &result);
      test_wait (&result);
      size = g_output_stream_splice_finish (stream, result, error);
      break;
    default:
      g_assert_not_reached ();
    }

  g_assert_cmpint (g_output_stream_is_closed (stream), ==,
                   (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET) != 0);
  if (!g_output_stream_is_closed (stream))
    {
      g_assert_false (spool_buffer_get_completed (buffer));
      close_output (stream);
      assert_completed (buffer, -1);
    }

  return size;
}

static void
test_buffer_completion_splice (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);

  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    {
      goffset threshold = test_threshold (GINT_TO_POINTER (i), 100);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
      g_autoptr(GInputStream) source = test_stream_new (100);
      g_autoptr(GError) error = NULL;

      test_stream_set_step (TEST_STREAM (source), 30);
      g_assert_cmpint (splice (buffer, kind, source, CLOSE_BOTH, NULL, &error),
                       ==, 100);
      g_assert_no_error (error);
      g_assert_true (g_input_stream_is_closed (source));
      assert_completed (buffer, -1);
      test_assert_filled (buffer, 100);
    }
}

static void
test_buffer_completion_splice_open (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GInputStream) source = test_stream_new (100);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Without the flags both ends stay open");

  g_assert_cmpint (splice (buffer, kind, source, G_OUTPUT_STREAM_SPLICE_NONE,
                           NULL, &error), ==, 100);
  g_assert_no_error (error);
  g_assert_false (g_input_stream_is_closed (source));
  if (kind < 2)
    assert_open (buffer);
}

static void
test_buffer_completion_splice_fails (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);

  g_test_summary ("A closing splice hands the error of its source on");

  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    {
      goffset threshold = test_threshold (GINT_TO_POINTER (i), 60);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
      g_autoptr(GInputStream) source = test_stream_new (100);
      g_autoptr(GError) error = NULL;

      test_stream_set_step (TEST_STREAM (source), 30);
      test_stream_fail_at (TEST_STREAM (source), 3, G_IO_ERROR_TIMED_OUT);
      g_assert_cmpint (splice (buffer, kind, source, CLOSE_BOTH, NULL, &error),
                       ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_assert_true (g_input_stream_is_closed (source));
      g_assert_cmpint (test_stream_get_n_closes (TEST_STREAM (source)), ==, 1);
      assert_completed (buffer, G_IO_ERROR_TIMED_OUT);

      /* What arrived stays. */
      test_assert_filled (buffer, 60);
      test_assert_usable (buffer);
    }
}

static void
test_buffer_completion_splice_cancelled (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GInputStream) source = test_stream_new (100);
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (splice (buffer, kind, source, CLOSE_BOTH, cancellable,
                           &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_input_stream_is_closed (source));
  assert_completed (buffer, G_IO_ERROR_CANCELLED);
  test_assert_text (buffer, "");
}

static void
test_buffer_completion_splice_no_space (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GInputStream) source = test_stream_new (100);
  g_autoptr(GError) error = NULL;

  g_test_summary ("So it does with an error of the buffer's own");

  spool_buffer_set_size_limit (buffer, 70);
  test_stream_set_step (TEST_STREAM (source), 30);
  g_assert_cmpint (splice (buffer, kind, source, CLOSE_BOTH, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_true (g_input_stream_is_closed (source));
  assert_completed (buffer, G_IO_ERROR_NO_SPACE);

  g_assert_cmpint (spool_buffer_get_size (buffer), >=, 60);
  g_assert_cmpint (spool_buffer_get_size (buffer), <=, 70);
  test_assert_filled (buffer, spool_buffer_get_size (buffer));
}

static void
test_buffer_completion_reset (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) reason = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A reset clears the completion and its error");

  g_set_error_literal (&reason, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "Too slow");
  spool_buffer_complete (buffer, reason);
  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_no_error (error);
  assert_open (buffer);

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  close_output (stream);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_reset_writer (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A writer that is open across a reset counts on");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  spool_buffer_complete (buffer, NULL);
  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_no_error (error);
  assert_open (buffer);
  close_output (stream);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_later_writer (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) first = NULL;
  GOutputStream *second;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A writer that comes later changes nothing about it");

  first = spool_memory_output_stream_new_for_buffer (buffer);
  close_output (first);
  assert_completed (buffer, -1);

  second = spool_memory_output_stream_new_for_buffer (buffer);
  assert_completed (buffer, -1);
  g_assert_true (g_output_stream_write_all (second, "late", 4, NULL, NULL,
                                            &error));
  g_assert_no_error (error);
  g_assert_finalize_object (second);
  assert_completed (buffer, -1);
  test_assert_text (buffer, "late");
}

static void
test_buffer_completion_close_async (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_output_stream_close_async (stream, 0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_true (g_output_stream_close_finish (stream, result, &error));
  g_assert_no_error (error);
  assert_completed (buffer, -1);
}

static void
test_buffer_completion_keeps_buffer (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  GOutputStream *stream;

  g_test_summary ("Counting writers keeps neither the stream nor the buffer");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  close_output (stream);
  g_assert_finalize_object (stream);
  g_assert_finalize_object (g_steal_pointer (&buffer));
}

static void
add_splices (const char    *path,
             GTestDataFunc  func)
{
  static const char *const names[] = {
    "buffer", "buffer-async", "stream", "stream-async",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *full = g_strconcat (path, "/", names[i], NULL);

      g_test_add_data_func (full, GUINT_TO_POINTER (i), func);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/buffer-completion/call", test_buffer_completion_call);
  g_test_add_func ("/buffer-completion/first-wins",
                   test_buffer_completion_first_wins);
  g_test_add_func ("/buffer-completion/foreign-error",
                   test_buffer_completion_foreign_error);
  test_add_thresholds ("/buffer-completion/one-writer",
                       test_buffer_completion_one_writer);
  g_test_add_func ("/buffer-completion/two-writers",
                   test_buffer_completion_two_writers);
  g_test_add_func ("/buffer-completion/io-stream",
                   test_buffer_completion_io_stream);
  g_test_add_func ("/buffer-completion/io-stream-output",
                   test_buffer_completion_io_stream_output);
  g_test_add_func ("/buffer-completion/io-stream-dropped",
                   test_buffer_completion_io_stream_dropped);
  g_test_add_func ("/buffer-completion/readers",
                   test_buffer_completion_readers);
  test_add_thresholds ("/buffer-completion/dropped",
                       test_buffer_completion_dropped);
  g_test_add_func ("/buffer-completion/one-dropped",
                   test_buffer_completion_one_dropped);
  g_test_add_func ("/buffer-completion/run-dispose",
                   test_buffer_completion_run_dispose);
  g_test_add_data_func ("/buffer-completion/cancelled-close/sync",
                        GINT_TO_POINTER (FALSE),
                        test_buffer_completion_cancelled_close);
  g_test_add_data_func ("/buffer-completion/cancelled-close/async",
                        GINT_TO_POINTER (TRUE),
                        test_buffer_completion_cancelled_close);
  g_test_add_func ("/buffer-completion/late-cancel",
                   test_buffer_completion_late_cancel);
  add_splices ("/buffer-completion/splice", test_buffer_completion_splice);
  add_splices ("/buffer-completion/splice-open",
               test_buffer_completion_splice_open);
  add_splices ("/buffer-completion/splice-fails",
               test_buffer_completion_splice_fails);
  add_splices ("/buffer-completion/splice-cancelled",
               test_buffer_completion_splice_cancelled);
  add_splices ("/buffer-completion/splice-no-space",
               test_buffer_completion_splice_no_space);
  g_test_add_func ("/buffer-completion/reset", test_buffer_completion_reset);
  g_test_add_func ("/buffer-completion/reset-writer",
                   test_buffer_completion_reset_writer);
  g_test_add_func ("/buffer-completion/later-writer",
                   test_buffer_completion_later_writer);
  g_test_add_func ("/buffer-completion/close-async",
                   test_buffer_completion_close_async);
  g_test_add_func ("/buffer-completion/keeps-buffer",
                   test_buffer_completion_keeps_buffer);

  return test_run ();
}
