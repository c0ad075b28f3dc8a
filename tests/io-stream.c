/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-script.h"
#include "test-utils.h"

#include <string.h>

/* What a GFileIOStream does, this stream does. */
static const char *const scripts[] = {
  "state; write 10; read 5; seek set 0; read 4; write 3; read 10; state",
  "write 20; seek cur -5; read 2; write 2; read 2; seek end -20; read 1",
  "write 10; seek set 20; read 5; write 2; seek set 8; read 30",
  "write 10; seek end 5; write 1; seek set -1; seek cur -100; seek end -17; "
  "read 1",
  "write 30; truncate 10; read 5; write 2; seek set 5; read 100; truncate 50; "
  "seek end -1; read 5; truncate 0; read 1; seek set 0; read 1; write 1",
  "write 20; seek set 3; read-all 5; write-all 5; read-bytes 3; "
  "write-bytes 3; skip 2; writev 2 3; seek set 0; read-all 100",
  "write 20; seek set 5; splice 10; read 100; seek set 0; splice 30; read 5",
  "write 20; seek set 5; splice-self; seek set 0; read 100; splice-self",
  "write 5; truncate -1; seek set 1; read 2",

  /* Each direction is closed by itself. */
  "write 10; seek set 0; close-input; state; read 1; write 2; seek set 1; "
  "write 1; truncate 4; close-input; close; state",
  "write 10; seek set 2; close-output; state; write 1; read 3; truncate 2; "
  "flush; close-output; close; state",
  "write 10; seek set 0; close-input; close-output; state; read 1; write 1; "
  "close; state",
  "write 10; close; state; close; read 1; write 1; seek set 0; truncate 0; "
  "flush; close-input; close-output",

  /* Closed by a splice. */
  "splice-close 20; state; write 1; read 3; close; state",
  "splice-fail-close 20; state; write 1; read 3; close",
  "splice-fail 20; state; write 1; seek set 0; read 3; close",

  /* Busy. */
  "write 10; pending; seek set 0; truncate 3; state; close; no-pending; "
  "seek set 0; read 3; close",

  /* Cancelled. */
  "write 10; seek set 2; cancelled read 3; cancelled write 3; "
  "cancelled splice 4; read 2; write 2",
};

static char *
run (GIOStream  *stream,
     const char *script,
     gboolean    async)
{
  TestActor actor = {
    G_SEEKABLE (stream),
    g_io_stream_get_input_stream (stream),
    g_io_stream_get_output_stream (stream),
    stream,
  };

  return test_script_run (&actor, script, async);
}

/* Gives the content of the file behind. */
static char *
run_reference (TestFolder  *folder,
               const char  *script,
               gboolean     async,
               char       **content)
{
  g_autoptr(GFile) file = g_file_get_child (folder->file, "reference");
  g_autoptr(GFileIOStream) stream = NULL;
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;
  char *log;

  stream = g_file_create_readwrite (file, G_FILE_CREATE_NONE, NULL, &error);
  g_assert_no_error (error);
  log = run (G_IO_STREAM (stream), script, async);
  g_assert_true (g_file_load_contents (file, NULL, &contents, &length, NULL,
                                       &error));
  g_assert_no_error (error);
  *content = test_script_escape (contents, length);
  g_assert_true (g_file_delete (file, NULL, &error));

  return log;
}

static void
check_script (gconstpointer  data,
              TestFolder    *folder,
              const char    *script,
              gboolean       async)
{
  goffset threshold = test_threshold (data, 25);
  g_autoptr(GIOStream) stream = NULL;
  g_autofree char *expected_log = NULL;
  g_autofree char *expected_content = NULL;
  g_autofree char *log = NULL;
  g_autofree char *content = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  expected_log = run_reference (folder, script, async, &expected_content);
  stream = spool_io_stream_new_with_threshold (threshold);
  log = run (stream, script, async);
  g_assert_cmpstr (log, ==, expected_log);
  bytes = spool_buffer_read_bytes (spool_io_stream_get_buffer
                                     (SPOOL_IO_STREAM (stream)),
                                   0, G_MAXSIZE, NULL, &error);
  g_assert_no_error (error);
  content = test_script_escape (g_bytes_get_data (bytes, NULL),
                                g_bytes_get_size (bytes));
  g_assert_cmpstr (content, ==, expected_content);
}

static void
test_io_stream_as_file (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_test_summary ("Step by step it does what a GFileIOStream does");

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (scripts); i++)
    check_script (data, folder, scripts[i / 2], i % 2);
}

static void
test_io_stream_random (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *script = test_script_random (40, TRUE, TRUE);

      check_script (data, folder, script, i % 2);
    }
}

static void
test_io_stream_half_closed (gconstpointer data)
{
  g_autoptr(GIOStream) stream = NULL;
  GInputStream *input;
  GOutputStream *output;
  g_autoptr(GError) error = NULL;
  char bytes[8];

  g_test_summary ("With one side closed the other can seek, unlike in GIO");

  for (guint i = 0; i < 2; i++)
    {
      g_clear_object (&stream);
      stream = spool_io_stream_new_with_threshold (test_threshold (data, 8));
      input = g_io_stream_get_input_stream (stream);
      output = g_io_stream_get_output_stream (stream);
      g_assert_cmpint (g_output_stream_write (output, "01234567", 8, NULL,
                                              &error), ==, 8);
      if (i == 0)
        g_assert_true (g_output_stream_close (output, NULL, &error));
      else
        g_assert_true (g_input_stream_close (input, NULL, &error));

      g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 2, G_SEEK_SET, NULL,
                                      &error));
      g_assert_no_error (error);
      if (i == 0)
        {
          g_assert_cmpint (g_input_stream_read (input, bytes, 8, NULL, &error),
                           ==, 6);
          g_assert_true (g_seekable_seek (G_SEEKABLE (input), 0, G_SEEK_SET,
                                          NULL, &error));
          g_assert_false (g_seekable_seek (G_SEEKABLE (output), 0, G_SEEK_SET,
                                           NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
          g_clear_error (&error);
        }
      else
        {
          g_assert_cmpint (g_output_stream_write (output, "ab", 2, NULL,
                                                  &error), ==, 2);
          g_assert_true (g_seekable_truncate (G_SEEKABLE (stream), 3, NULL,
                                              &error));
          g_assert_false (g_seekable_seek (G_SEEKABLE (input), 0, G_SEEK_SET,
                                           NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
          g_clear_error (&error);
        }
      g_assert_no_error (error);
    }
}

static void
test_io_stream_new (void)
{
  g_autoptr(GIOStream) stream = spool_io_stream_new ();
  SpoolBuffer *buffer = spool_io_stream_get_buffer (SPOOL_IO_STREAM (stream));
  GInputStream *input = g_io_stream_get_input_stream (stream);
  GOutputStream *output = g_io_stream_get_output_stream (stream);

  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==,
                   SPOOL_DEFAULT_THRESHOLD);
  g_assert_true (SPOOL_IS_MEMORY_INPUT_STREAM (input));
  g_assert_true (SPOOL_IS_MEMORY_OUTPUT_STREAM (output));
  g_assert_true (g_io_stream_get_input_stream (stream) == input);
  g_assert_true (g_io_stream_get_output_stream (stream) == output);
  g_assert_true (spool_memory_input_stream_get_buffer
                   (SPOOL_MEMORY_INPUT_STREAM (input)) == buffer);
  g_assert_true (spool_memory_output_stream_get_buffer
                   (SPOOL_MEMORY_OUTPUT_STREAM (output)) == buffer);
  g_assert_true (g_seekable_can_seek (G_SEEKABLE (stream)));
  g_assert_true (g_seekable_can_truncate (G_SEEKABLE (stream)));
  g_assert_finalize_object (g_steal_pointer (&stream));
}

static void
test_io_stream_properties (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(SpoolBuffer) found = NULL;
  g_autoptr(GIOStream) stream = NULL;
  g_autoptr(GIOStream) without = NULL;

  stream = g_object_new (SPOOL_TYPE_IO_STREAM, "buffer", buffer, NULL);
  g_object_get (stream, "buffer", &found, NULL);
  g_assert_true (found == buffer);
  g_assert_true (spool_io_stream_get_buffer (SPOOL_IO_STREAM (stream)) ==
                 buffer);

  without = g_object_new (SPOOL_TYPE_IO_STREAM, NULL);
  g_assert_cmpint (g_output_stream_write
                     (g_io_stream_get_output_stream (without), "a", 1, NULL,
                      NULL), ==, 1);
}

static void
test_io_stream_substreams_seek (gconstpointer data)
{
  g_autoptr(GIOStream) stream = NULL;
  GInputStream *input;
  GOutputStream *output;
  char bytes[8];

  g_test_summary ("Seeking a side moves the one position there is");

  stream = spool_io_stream_new_with_threshold (test_threshold (data, 10));
  input = g_io_stream_get_input_stream (stream);
  output = g_io_stream_get_output_stream (stream);
  g_assert_cmpint (g_output_stream_write (output, "0123456789", 10, NULL, NULL),
                   ==, 10);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (input)), ==, 10);
  g_assert_true (g_seekable_seek (G_SEEKABLE (input), 3, G_SEEK_SET, NULL,
                                  NULL));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (output)), ==, 3);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 3);
  g_assert_cmpint (g_output_stream_write (output, "ab", 2, NULL, NULL), ==, 2);
  g_assert_cmpint (g_input_stream_read (input, bytes, 2, NULL, NULL), ==, 2);
  g_assert_cmpmem (bytes, 2, "56", 2);
  g_assert_true (g_seekable_seek (G_SEEKABLE (output), -2, G_SEEK_END, NULL,
                                  NULL));
  g_assert_cmpint (g_input_stream_read (input, bytes, 8, NULL, NULL), ==, 2);
  g_assert_cmpmem (bytes, 2, "89", 2);
  test_assert_text (spool_io_stream_get_buffer (SPOOL_IO_STREAM (stream)),
                    "012ab56789");
}

static void
test_io_stream_busy (gconstpointer data)
{
  g_autoptr(GIOStream) stream = NULL;
  GInputStream *input;
  GOutputStream *output;
  g_autoptr(GAsyncResult) written = NULL;
  g_autoptr(GAsyncResult) read = NULL;
  g_autoptr(GError) error = NULL;
  char bytes[8];

  g_test_summary ("A seek while a side is busy gives PENDING");

  stream = spool_io_stream_new_with_threshold (test_threshold (data, 4));
  input = g_io_stream_get_input_stream (stream);
  output = g_io_stream_get_output_stream (stream);

  g_output_stream_write_async (output, "0123", 4, 0, NULL, test_ready,
                               &written);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  test_wait (&written);
  g_assert_cmpint (g_output_stream_write_finish (output, written, &error), ==,
                   4);
  g_assert_no_error (error);

  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 1, G_SEEK_SET, NULL,
                                  &error));
  g_input_stream_read_async (input, bytes, 8, 0, NULL, test_ready, &read);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  test_wait (&read);
  g_assert_cmpint (g_input_stream_read_finish (input, read, &error), ==, 3);
  g_assert_no_error (error);
  g_assert_cmpmem (bytes, 3, "123", 3);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                  &error));
}

static void
test_io_stream_both_async (gconstpointer data)
{
  g_autoptr(GIOStream) stream = NULL;
  GInputStream *input;
  GOutputStream *output;

  g_test_summary ("Started at once on both sides, one waits for the other");

  stream = spool_io_stream_new_with_threshold (test_threshold (data, 200));
  input = g_io_stream_get_input_stream (stream);
  output = g_io_stream_get_output_stream (stream);
  g_assert_true (g_seekable_truncate (G_SEEKABLE (stream), 2000, NULL, NULL));

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr(GAsyncResult) written = NULL;
      g_autoptr(GAsyncResult) read = NULL;
      g_autoptr(GError) error = NULL;
      goffset old = g_seekable_tell (G_SEEKABLE (stream));
      char bytes[8];

      g_output_stream_write_async (output, "0123", 4, 0, NULL, test_ready,
                                   &written);
      g_input_stream_read_async (input, bytes, 6, 0, NULL, test_ready, &read);
      test_wait (&written);
      test_wait (&read);
      g_assert_cmpint (g_output_stream_write_finish (output, written, &error),
                       ==, 4);
      g_assert_no_error (error);
      g_assert_cmpint (g_input_stream_read_finish (input, read, &error), ==, 6);
      g_assert_no_error (error);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, old + 10);
    }
}

typedef struct
{
  GIOStream *stream;
  goffset sum;
} Side;

static gpointer
write_side (gpointer data)
{
  Side *side = data;
  GOutputStream *output = g_io_stream_get_output_stream (side->stream);

  for (guint i = 0; i < 5000; i++)
    {
      g_autoptr(GError) error = NULL;
      gssize n = g_output_stream_write (output, "abcdefg", 7, NULL, &error);

      g_assert_no_error (error);
      side->sum += n;
    }

  return NULL;
}

static gpointer
read_side (gpointer data)
{
  Side *side = data;
  GInputStream *input = g_io_stream_get_input_stream (side->stream);
  char bytes[5];

  for (guint i = 0; i < 5000; i++)
    {
      g_autoptr(GError) error = NULL;
      gssize n = g_input_stream_read (input, bytes, 5, NULL, &error);

      g_assert_no_error (error);
      side->sum += n;
    }

  return NULL;
}

static void
test_io_stream_both_threads (gconstpointer data)
{
  g_autoptr(GIOStream) stream = NULL;
  Side written = { NULL, 0 }, read = { NULL, 0 };
  GThread *writer, *reader;

  g_test_summary ("Used from two threads, the position misses no step");

  stream = spool_io_stream_new_with_threshold (test_threshold (data, 30000));
  g_assert_true (g_seekable_truncate (G_SEEKABLE (stream), 60000, NULL, NULL));
  written.stream = read.stream = stream;
  writer = g_thread_new ("writer", write_side, &written);
  reader = g_thread_new ("reader", read_side, &read);
  g_thread_join (writer);
  g_thread_join (reader);
  g_assert_cmpint (written.sum, ==, 35000);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==,
                   written.sum + read.sum);
}

static void
test_io_stream_dropped (gconstpointer data)
{
  goffset threshold = test_threshold (data, 4);
  GIOStream *stream = spool_io_stream_new_with_threshold (threshold);
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GError) error = NULL;
  char byte;

  g_test_summary ("Dropped, it closes both of its sides, as every GIOStream");

  input = g_object_ref (g_io_stream_get_input_stream (stream));
  output = g_object_ref (g_io_stream_get_output_stream (stream));
  g_assert_cmpint (g_output_stream_write (output, "0123", 4, NULL, NULL), ==,
                   4);
  g_assert_finalize_object (stream);
  g_assert_true (g_input_stream_is_closed (input));
  g_assert_true (g_output_stream_is_closed (output));
  g_assert_cmpint (g_input_stream_read (input, &byte, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_io_stream_position (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 8));
  g_autoptr(GIOStream) one = spool_io_stream_new_for_buffer (buffer);
  g_autoptr(GIOStream) other = spool_io_stream_new_for_buffer (buffer);
  char bytes[16];

  g_test_summary ("Two on one buffer have a position each");

  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (one),
                                          "01234567", 8, NULL, NULL), ==, 8);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (other)), ==, 0);
  g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (other),
                                        bytes, 16, NULL, NULL), ==, 8);
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (other),
                                          "89", 2, NULL, NULL), ==, 2);
  g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (one),
                                        bytes, 16, NULL, NULL), ==, 2);
  g_assert_cmpmem (bytes, 2, "89", 2);
}

static void
test_io_stream_splice (gconstpointer data)
{
  g_autoptr(GIOStream) one = NULL;
  g_autoptr(GIOStream) other = spool_io_stream_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  SpoolBuffer *buffer;

  g_test_summary ("g_io_stream_splice_async() moves both ways at once");

  one = spool_io_stream_new_with_threshold (test_threshold (data, 4));
  buffer = spool_io_stream_get_buffer (SPOOL_IO_STREAM (one));
  g_assert_true (spool_buffer_append (buffer, "0123", 4, NULL, NULL));
  g_io_stream_splice_async (one, other,
                            G_IO_STREAM_SPLICE_CLOSE_STREAM1 |
                            G_IO_STREAM_SPLICE_CLOSE_STREAM2 |
                            G_IO_STREAM_SPLICE_WAIT_FOR_BOTH,
                            0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_true (g_io_stream_splice_finish (result, &error));
  g_assert_no_error (error);
  test_assert_text (spool_io_stream_get_buffer (SPOOL_IO_STREAM (other)),
                    "0123");
  g_assert_true (g_io_stream_is_closed (one));
  g_assert_true (g_io_stream_is_closed (other));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/io-stream/as-file", test_io_stream_as_file);
  test_add_thresholds ("/io-stream/random", test_io_stream_random);
  test_add_thresholds ("/io-stream/half-closed", test_io_stream_half_closed);
  g_test_add_func ("/io-stream/new", test_io_stream_new);
  g_test_add_func ("/io-stream/properties", test_io_stream_properties);
  test_add_thresholds ("/io-stream/substreams-seek",
                       test_io_stream_substreams_seek);
  test_add_thresholds ("/io-stream/busy", test_io_stream_busy);
  test_add_thresholds ("/io-stream/both-async", test_io_stream_both_async);
  test_add_thresholds ("/io-stream/both-threads", test_io_stream_both_threads);
  test_add_thresholds ("/io-stream/dropped", test_io_stream_dropped);
  test_add_thresholds ("/io-stream/position", test_io_stream_position);
  test_add_thresholds ("/io-stream/splice", test_io_stream_splice);

  return test_run ();
}
