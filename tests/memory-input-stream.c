/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-script.h"
#include "test-utils.h"

#include <glib/gstdio.h>
#include <string.h>

#define TEXT "0123456789abcdefghijABCDEFGHIJ"
#define LENGTH 30

/* A GMemoryInputStream and a file agree on these. */
static const char *const scripts[] = {
  "state; read 10; read 5; skip 3; read 100; read 1; state",
  "read 0; read-all 0; skip 0; read 30; read 0; read-bytes 3",
  "read-all 10; read-all 100; read-all 5; read-bytes 5",
  "read-bytes 10; read-bytes 100; read-bytes 1",
  "seek set 5; read 3; seek cur -4; read 2; seek cur 3; read 2; seek end -3; "
  "read 10",
  "seek end 0; read 1; seek set 0; read 1; seek end -30; read 1",
  "seek set -1; seek cur -1; seek end -31; read 2; seek cur -3; read 1",
  "skip 10; skip 100; skip 1; seek set 29; skip 5; read 1",
  "read 3; close; close; read 1; read-all 1; read-bytes 1; skip 1; state",
  "read 3; pending; read 1; skip 1; close; state; no-pending; read 2; close",
  "seek set 30; read 1; seek cur -30; read-all 30",
};

/* In these a GMemoryInputStream is lax, or more strict. Of GIO's file streams
 * none can skip past the end: g_input_stream_skip() aborts there. */
static const char *const file_scripts[] = {
  "seek set 31; read 1; seek set 1000; read 5; seek cur -975; read 3; skip 9",
  "seek end 5; read 1; read-all 3; read-bytes 3; seek set 0; read 1; skip 2",
  "read 3; pending; seek set 0; no-pending; seek set 0; read 1",
  "read 3; close; seek set 0; seek end 0",
  "read 3; cancelled read 3; cancelled read-all 3; read 2",
  "read 3; cancelled read-bytes 3; read 2",
};

static char *
run (GInputStream *stream,
     const char   *script,
     gboolean      async)
{
  TestActor actor = { G_SEEKABLE (stream), stream, NULL, NULL };

  return test_script_run (&actor, script, async);
}

static GInputStream *
stream_new (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;

  buffer = test_buffer_new (test_threshold (data, LENGTH));
  g_assert_true (spool_buffer_append (buffer, TEXT, LENGTH, NULL, NULL));

  return spool_memory_input_stream_new_for_buffer (buffer);
}

static void
check_script (gconstpointer  data,
              const char    *script,
              gboolean       async,
              const char    *expected)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  g_autofree char *log = run (stream, script, async);

  g_assert_cmpstr (log, ==, expected);
}

static GInputStream *
memory_reference_new (void)
{
  return g_memory_input_stream_new_from_data (TEXT, LENGTH, NULL);
}

static GInputStream *
file_reference_new (TestFolder *folder)
{
  g_autoptr(GFile) file = g_file_get_child (folder->file, "reference");
  GFileInputStream *stream;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (g_file_peek_path (file), TEXT, LENGTH,
                                      &error));
  stream = g_file_read (file, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_remove (g_file_peek_path (file)), ==, 0);

  return G_INPUT_STREAM (stream);
}

static void
test_memory_input_stream_as_memory (gconstpointer data)
{
  g_test_summary ("Step by step it does what a GMemoryInputStream does");

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (scripts); i++)
    {
      g_autoptr(GInputStream) reference = memory_reference_new ();
      g_autofree char *log = run (reference, scripts[i / 2], i % 2);

      check_script (data, scripts[i / 2], i % 2, log);
    }
}

static void
test_memory_input_stream_as_file (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_test_summary ("Past the end, busy and closed it does what a file does");

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (file_scripts); i++)
    {
      g_autoptr(GInputStream) reference = file_reference_new (folder);
      g_autofree char *log = run (reference, file_scripts[i / 2], i % 2);

      check_script (data, file_scripts[i / 2], i % 2, log);
    }
}

static void
test_memory_input_stream_random (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_test_summary ("Random scripts give the same beside a file");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *script = test_script_random (40, TRUE, FALSE);
      g_autoptr(GInputStream) reference = file_reference_new (folder);
      g_autofree char *log = run (reference, script, i % 2);

      check_script (data, script, i % 2, log);
    }
}

static void
test_memory_input_stream_cancelled (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A cancellable that is accepted is honoured, unlike in GIO");

  g_assert_cmpint (g_input_stream_skip (stream, 5, cancellable, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 7, G_SEEK_SET,
                                   cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 0);
}

static void
test_memory_input_stream_new_for_bytes (void)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static (TEXT, LENGTH);
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GBytes) found = NULL;
  SpoolBuffer *buffer;

  stream = spool_memory_input_stream_new_for_bytes (bytes);
  buffer = spool_memory_input_stream_get_buffer
             (SPOOL_MEMORY_INPUT_STREAM (stream));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, LENGTH);
  g_assert_true (G_IS_SEEKABLE (stream));
  g_assert_false (G_IS_POLLABLE_INPUT_STREAM (stream));
  found = g_input_stream_read_bytes (stream, 100, NULL, NULL);
  g_assert_true (g_bytes_equal (found, bytes));
  g_assert_finalize_object (g_steal_pointer (&stream));
}

static void
test_memory_input_stream_properties (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(SpoolBuffer) found = NULL;
  g_autoptr(SpoolMemoryInputStream) stream = NULL;
  g_autoptr(SpoolMemoryInputStream) without = NULL;
  char data[4];

  stream = g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM,
                         "buffer", buffer,
                         NULL);
  g_object_get (stream, "buffer", &found, NULL);
  g_assert_true (found == buffer);
  g_assert_true (spool_memory_input_stream_get_buffer (stream) == buffer);

  without = g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM, NULL);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (without), data, 4, NULL,
                                        NULL), ==, 0);
}

static void
test_memory_input_stream_truncate (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  g_autoptr(GError) error = NULL;

  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (stream)));
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_text (spool_memory_input_stream_get_buffer
                      (SPOOL_MEMORY_INPUT_STREAM (stream)), TEXT);
}

static gssize
read_some (GInputStream *stream,
           char         *data,
           gsize         count)
{
  g_autoptr(GError) error = NULL;
  gssize n_read = g_input_stream_read (stream, data, count, NULL, &error);

  g_assert_no_error (error);

  return n_read;
}

static void
test_memory_input_stream_beside_writer (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 10));
  g_autoptr(GInputStream) one = NULL;
  g_autoptr(GInputStream) other = NULL;
  char bytes[64];

  g_test_summary ("What is written after the end was read can be read");

  one = spool_memory_input_stream_new_for_buffer (buffer);
  other = spool_memory_input_stream_new_for_buffer (buffer);
  g_assert_cmpint (read_some (one, bytes, 64), ==, 0);
  g_assert_true (spool_buffer_append (buffer, "01234", 5, NULL, NULL));
  g_assert_cmpint (read_some (one, bytes, 3), ==, 3);
  g_assert_cmpmem (bytes, 3, "012", 3);
  g_assert_true (spool_buffer_append (buffer, "56789", 5, NULL, NULL));
  g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, NULL));
  g_assert_cmpint (read_some (one, bytes, 64), ==, 10);
  g_assert_cmpmem (bytes, 10, "3456789abc", 10);
  g_assert_cmpint (read_some (other, bytes, 64), ==, 13);
  g_assert_cmpint (read_some (one, bytes, 64), ==, 0);

  /* Cut below its position, it is past the end. */
  g_assert_true (spool_buffer_truncate (buffer, 4, NULL, NULL));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (one)), ==, 13);
  g_assert_cmpint (read_some (one, bytes, 64), ==, 0);
  g_assert_true (spool_buffer_write (buffer, 13, "new", 3, NULL, NULL));
  g_assert_cmpint (read_some (one, bytes, 64), ==, 3);
  g_assert_cmpmem (bytes, 3, "new", 3);
}

static void
test_memory_input_stream_across_reset (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  SpoolBuffer *buffer;
  char bytes[64];

  buffer = spool_memory_input_stream_get_buffer
             (SPOOL_MEMORY_INPUT_STREAM (stream));
  g_assert_cmpint (read_some (stream, bytes, 5), ==, 5);
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  g_assert_cmpint (read_some (stream, bytes, 5), ==, 0);
  g_assert_true (spool_buffer_append (buffer, "fresh start", 11, NULL, NULL));
  g_assert_cmpint (read_some (stream, bytes, 64), ==, 6);
  g_assert_cmpmem (bytes, 6, " start", 6);
}

static void
test_memory_input_stream_keeps_buffer (gconstpointer data)
{
  g_autoptr(GIOStream) io = NULL;
  g_autoptr(GInputStream) stream = NULL;
  char bytes[64];

  g_test_summary ("A reader of its own outlives the stream that wrote");

  io = spool_io_stream_new_with_threshold (test_threshold (data, LENGTH));
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (io),
                                          TEXT, LENGTH, NULL, NULL), ==,
                   LENGTH);
  stream = spool_memory_input_stream_new_for_buffer
             (spool_io_stream_get_buffer (SPOOL_IO_STREAM (io)));
  g_assert_finalize_object (g_steal_pointer (&io));
  g_assert_cmpint (read_some (stream, bytes, 64), ==, LENGTH);
  g_assert_cmpmem (bytes, LENGTH, TEXT, LENGTH);
}

static void
test_memory_input_stream_busy (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  char bytes[10];

  g_input_stream_read_async (stream, bytes, 10, 0, NULL, test_ready, &result);
  g_assert_true (g_input_stream_has_pending (stream));
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 10);
  g_assert_no_error (error);
  g_assert_cmpmem (bytes, 10, TEXT, 10);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 10);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                  &error));
}

static void
test_memory_input_stream_cancel_busy (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);

  g_test_summary ("Cancelled on its way, a read lost nothing");

  for (guint i = 0; i < 60; i++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      goffset old = g_seekable_tell (G_SEEKABLE (stream));
      gssize n_read;
      char byte = 0;

      g_input_stream_read_async (stream, &byte, 1, 0, cancellable, test_ready,
                                 &result);
      g_cancellable_cancel (cancellable);
      test_wait (&result);
      n_read = g_input_stream_read_finish (stream, result, &error);
      if (n_read < 0)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, old);
          continue;
        }

      g_assert_no_error (error);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, old + n_read);
      if (n_read == 1)
        g_assert_cmpint (byte, ==, TEXT[old]);
      else
        g_assert_cmpint (old, ==, LENGTH);
    }
}

static void
test_memory_input_stream_dropped_busy (gconstpointer data)
{
  GInputStream *stream = stream_new (data);
  g_autoptr(GAsyncResult) result = NULL;
  char bytes[10];

  g_input_stream_read_async (stream, bytes, 10, 0, NULL, test_ready, &result);
  g_object_run_dispose (G_OBJECT (stream));
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, NULL), ==, 10);
  g_assert_cmpmem (bytes, 10, TEXT, 10);
  g_clear_object (&result);
  test_drop (stream);
}

static void
test_memory_input_stream_large_count (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A skip of any length stops at the end");

  g_assert_cmpint (g_input_stream_skip (stream, G_MAXSSIZE, NULL, &error), ==,
                   LENGTH);
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, LENGTH);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), G_MAXINT64 - 1,
                                  G_SEEK_SET, NULL, &error));
  g_assert_cmpint (g_input_stream_skip (stream, 100, NULL, &error), ==, 0);
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, G_MAXINT64 - 1);
}

static void
test_memory_input_stream_as_source (gconstpointer data)
{
  g_autoptr(GInputStream) stream = stream_new (data);
  g_autoptr(GOutputStream) target = g_memory_output_stream_new_resizable ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("It is a source for any splice of GIO");

  g_assert_cmpint (g_output_stream_splice (target, stream,
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                           NULL, &error), ==, LENGTH);
  g_assert_no_error (error);
  g_assert_cmpmem (g_memory_output_stream_get_data
                     (G_MEMORY_OUTPUT_STREAM (target)),
                   g_memory_output_stream_get_data_size
                     (G_MEMORY_OUTPUT_STREAM (target)), TEXT, LENGTH);
  g_assert_true (g_input_stream_is_closed (stream));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/memory-input-stream/as-memory",
                       test_memory_input_stream_as_memory);
  test_add_thresholds ("/memory-input-stream/as-file",
                       test_memory_input_stream_as_file);
  test_add_thresholds ("/memory-input-stream/random",
                       test_memory_input_stream_random);
  test_add_thresholds ("/memory-input-stream/cancelled",
                       test_memory_input_stream_cancelled);
  g_test_add_func ("/memory-input-stream/new-for-bytes",
                   test_memory_input_stream_new_for_bytes);
  g_test_add_func ("/memory-input-stream/properties",
                   test_memory_input_stream_properties);
  test_add_thresholds ("/memory-input-stream/truncate",
                       test_memory_input_stream_truncate);
  test_add_thresholds ("/memory-input-stream/beside-writer",
                       test_memory_input_stream_beside_writer);
  test_add_thresholds ("/memory-input-stream/across-reset",
                       test_memory_input_stream_across_reset);
  test_add_thresholds ("/memory-input-stream/keeps-buffer",
                       test_memory_input_stream_keeps_buffer);
  test_add_thresholds ("/memory-input-stream/busy",
                       test_memory_input_stream_busy);
  test_add_thresholds ("/memory-input-stream/cancel-busy",
                       test_memory_input_stream_cancel_busy);
  test_add_thresholds ("/memory-input-stream/dropped-busy",
                       test_memory_input_stream_dropped_busy);
  test_add_thresholds ("/memory-input-stream/large-count",
                       test_memory_input_stream_large_count);
  test_add_thresholds ("/memory-input-stream/as-source",
                       test_memory_input_stream_as_source);

  return test_run ();
}
