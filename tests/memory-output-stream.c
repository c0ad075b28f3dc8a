/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-script.h"
#include "test-stream.h"
#include "test-utils.h"

#include <glib/gstdio.h>
#include <string.h>

/* What a resizable GMemoryOutputStream does, this stream does. */
static const char *const memory_scripts[] = {
  "state; write 10; write 5; state; flush; close; state",
  "write 0; write-all 0; write 3; write 0",
  "write 5; write-all 30; write-bytes 7; writev 5 6; writev-all 20 4",

  /* Seeking. */
  "seek set 0; write 10; seek set 3; write 4; seek cur 2; write 3",
  "write 10; seek end 0; write 2; seek end -4; write 2; seek end -12; write 1",
  "write 10; seek cur -10; seek cur -1; seek set -1; seek end -11; write 3",
  "write 10; seek end 5; write 3; seek cur 4; write 1; seek set 40; write 2",
  "seek set 7; seek end 0; seek set 7; write 1",
  "seek end 3; write 2",

  /* Truncating. */
  "write 20; truncate 5; write 3; truncate 40; seek end 0; write 1",
  "write 20; truncate 0; seek end 0; write 4; truncate 0; seek set 0; write 2",
  "truncate 10; write 3; seek end -2; write 1; truncate 30; truncate 12",
  "write 20; seek set 15; truncate 10; truncate 18; write 2",
  "write 10; truncate 3; seek set 8; write 2; truncate 20; seek end -1; write 1",

  /* Around 100 bytes, where thresholds are. */
  "write 99; write 1; write 1; seek set 50; write 100; truncate 99",
  "writev 50 50; writev 1 1; seek set 99; writev 1 1; truncate 100",
  "seek set 100; write 1; seek set 0; write 101",
  "truncate 100; truncate 101; truncate 50; seek end 60; write 1",

  /* Splicing. */
  "splice 50; splice 60; seek set 10; splice 5; seek end 7; splice 3; state",
  "write 4; splice 0; splice-close 120; state",
  "splice-close 0; state; splice 5",
  "splice-fail 40; state; write 3",
  "splice-fail-close 40; state; write 3",
  "splice 20000; seek set 9000; splice 8193; truncate 100",

  /* Closed, or busy. */
  "write 5; close; close; write 1; write-all 2; writev 1 1; flush; splice 3",
  "write 5; close; write-bytes 4; splice-close 3; state",
  "write 5; pending; write 1; flush; splice 1; close; state; no-pending; "
  "write 2; close; state",
};

/* On these a GMemoryOutputStream is lax, and a file is the measure. */
static const char *const file_scripts[] = {
  "write 5; pending; seek set 1; truncate 2; state; no-pending; seek set 1; "
  "truncate 2; state",
  "write 5; close; seek set 1; seek end -1; truncate 2; truncate 20",
  "write 5; truncate -1; seek set 2; truncate -100; write 1",
  "write 5; cancelled write 3; write 1; cancelled flush; write 2",
  "write 5; cancelled write-all 3; cancelled writev 2 2; "
  "cancelled writev-all 2 2; cancelled splice 10; write 1",
  "write 5; cancelled splice-close 10; state",
};

static GOutputStream *
memory_reference_new (void)
{
  return g_memory_output_stream_new_resizable ();
}

static char *
memory_reference_content (GOutputStream *stream)
{
  GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (stream);

  return test_script_escape (g_memory_output_stream_get_data (memory),
                             g_memory_output_stream_get_data_size (memory));
}

static char *
content (SpoolBuffer *buffer)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;

  bytes = spool_buffer_read_bytes (buffer, 0, G_MAXSIZE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==,
                   spool_buffer_get_size (buffer));

  return test_script_escape (g_bytes_get_data (bytes, NULL),
                             g_bytes_get_size (bytes));
}

static char *
run (GOutputStream *stream,
     const char    *script,
     gboolean       async)
{
  TestActor actor = { G_SEEKABLE (stream), NULL, stream, NULL };

  return test_script_run (&actor, script, async);
}

static void
check_script (gconstpointer  data,
              const char    *script,
              gboolean       async,
              const char    *expected_log,
              const char    *expected_content)
{
  g_autoptr(GOutputStream) stream = NULL;
  g_autofree char *log = NULL;
  g_autofree char *found = NULL;
  SpoolMemoryOutputStream *self;
  SpoolBuffer *buffer;

  stream = spool_memory_output_stream_new_with_threshold
             (test_threshold (data, 100));
  self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  buffer = spool_memory_output_stream_get_buffer (self);
  log = run (stream, script, async);
  g_assert_cmpstr (log, ==, expected_log);
  found = content (buffer);
  g_assert_cmpstr (found, ==, expected_content);
  g_assert_cmpint (spool_memory_output_stream_get_data_size (self), ==,
                   spool_buffer_get_size (buffer));
}

static void
check_beside_memory (gconstpointer  data,
                     const char    *script)
{
  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(GOutputStream) reference = memory_reference_new ();
      g_autofree char *log = run (reference, script, async);
      g_autofree char *text = memory_reference_content (reference);

      check_script (data, script, async, log, text);
    }
}

static void
test_memory_output_stream_as_memory (gconstpointer data)
{
  g_test_summary ("Step by step it does what a GMemoryOutputStream does");

  for (gsize i = 0; i < G_N_ELEMENTS (memory_scripts); i++)
    check_beside_memory (data, memory_scripts[i]);
}

static void
test_memory_output_stream_as_file (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = g_file_get_child (folder->file, "reference");

  g_test_summary ("Where that is lax, it does what a file stream does");

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (file_scripts); i++)
    {
      const char *script = file_scripts[i / 2];
      g_autoptr(GFileOutputStream) reference = NULL;
      g_autofree char *log = NULL;
      g_autofree char *text = NULL;
      g_autofree char *contents = NULL;
      g_autoptr(GError) error = NULL;
      gsize length;

      reference = g_file_create (file, G_FILE_CREATE_NONE, NULL, &error);
      g_assert_no_error (error);
      log = run (G_OUTPUT_STREAM (reference), script, i % 2);
      g_assert_true (g_file_load_contents (file, NULL, &contents, &length, NULL,
                                           &error));
      g_assert_no_error (error);
      text = test_script_escape (contents, length);
      g_assert_true (g_file_delete (file, NULL, &error));

      check_script (data, script, i % 2, log, text);
    }
}

static void
test_memory_output_stream_random (gconstpointer data)
{
  g_test_summary ("Random scripts give the same beside a GMemoryOutputStream");

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *script = test_script_random (40, FALSE, TRUE);

      check_beside_memory (data, script);
    }
}

static void
test_memory_output_stream_cancelled (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 10));
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A cancellable that is accepted is honoured, unlike in GIO");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_cmpint (g_output_stream_write (stream, "01234", 5, NULL, NULL), ==,
                   5);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), 20, cancellable,
                                       &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET,
                                   cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 5);
  test_assert_text (buffer, "01234");
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
}

static void
test_memory_output_stream_new (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  SpoolBuffer *buffer = spool_memory_output_stream_get_buffer (self);

  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==,
                   SPOOL_DEFAULT_THRESHOLD);
  g_assert_false (spool_memory_output_stream_get_append (self));
  g_assert_cmpint (spool_memory_output_stream_get_data_size (self), ==, 0);
  g_assert_true (G_IS_SEEKABLE (stream));
  /* A regular file can block, which a poll would not know of. */
  g_assert_false (G_IS_POLLABLE_OUTPUT_STREAM (stream));
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
  g_assert_finalize_object (g_steal_pointer (&stream));
}

static void
test_memory_output_stream_properties (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(SpoolBuffer) found = NULL;
  g_autoptr(SpoolMemoryOutputStream) stream = NULL;
  g_autoptr(SpoolMemoryOutputStream) without = NULL;
  gboolean append;

  stream = g_object_new (SPOOL_TYPE_MEMORY_OUTPUT_STREAM,
                         "buffer", buffer,
                         "append", TRUE,
                         NULL);
  g_object_get (stream, "buffer", &found, "append", &append, NULL);
  g_assert_true (found == buffer);
  g_assert_true (append);
  g_assert_true (spool_memory_output_stream_get_buffer (stream) == buffer);
  g_assert_true (spool_memory_output_stream_get_append (stream));
  spool_memory_output_stream_set_append (stream, FALSE);
  g_assert_false (spool_memory_output_stream_get_append (stream));

  /* As bindings make it, without anything. */
  without = g_object_new (SPOOL_TYPE_MEMORY_OUTPUT_STREAM, NULL);
  g_assert_nonnull (spool_memory_output_stream_get_buffer (without));
  g_assert_cmpint (g_output_stream_write (G_OUTPUT_STREAM (without), "a", 1,
                                          NULL, NULL), ==, 1);
  g_assert_true (g_output_stream_close (G_OUTPUT_STREAM (without), NULL, NULL));
  g_assert_true (g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, NULL));
}

static void
test_memory_output_stream_reader (gconstpointer data)
{
  goffset threshold = test_threshold (data, 10);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GInputStream) early = NULL;
  g_autoptr(GInputStream) late = NULL;
  g_autoptr(GBytes) bytes = NULL;
  SpoolMemoryOutputStream *self;
  SpoolBuffer *buffer;
  g_autoptr(GError) error = NULL;
  char text[11] = "";

  g_test_summary ("A reader sees what is written before and after it was opened");

  stream = spool_memory_output_stream_new_with_threshold (threshold);
  self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  early = spool_memory_output_stream_open_reader (self);
  g_assert_true (SPOOL_IS_MEMORY_INPUT_STREAM (early));
  g_assert_cmpint (g_input_stream_read (early, text, 10, NULL, &error), ==, 0);
  g_assert_no_error (error);

  g_assert_true (g_output_stream_write_all (stream, "01234", 5, NULL, NULL, &error));
  g_assert_cmpint (g_input_stream_read (early, text, 10, NULL, &error), ==, 5);
  late = spool_memory_output_stream_open_reader (self);
  g_assert_true (g_output_stream_write_all (stream, "56789", 5, NULL, NULL, &error));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_cmpint (g_input_stream_read (early, text + 5, 5, NULL, &error), ==, 5);
  g_assert_cmpstr (text, ==, "0123456789");
  memset (text, 0, sizeof text);
  g_assert_cmpint (g_input_stream_read (late, text, 10, NULL, &error), ==, 10);
  g_assert_cmpstr (text, ==, "0123456789");

  /* All of them have one buffer, whoever is asked for it first. */
  buffer = spool_memory_input_stream_get_buffer (SPOOL_MEMORY_INPUT_STREAM (late));
  g_assert_true (spool_memory_output_stream_get_buffer (self) == buffer);
  g_assert_true (spool_memory_input_stream_get_buffer
                   (SPOOL_MEMORY_INPUT_STREAM (early)) == buffer);
  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, threshold);
  g_assert_true (spool_buffer_get_completed (buffer));
  test_assert_text (buffer, "0123456789");

  bytes = spool_memory_output_stream_steal_as_bytes (self, &error);
  g_assert_nonnull (bytes);
  g_assert_null (spool_memory_output_stream_open_reader (self));
  g_assert_null (spool_memory_output_stream_get_buffer (self));
  g_assert_true (spool_memory_input_stream_get_buffer
                   (SPOOL_MEMORY_INPUT_STREAM (early)) == buffer);
}

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  guint *n = user_data;

  (*n)++;
}

static void
test_memory_output_stream_buffer_stays (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  g_autoptr(GOutputStream) other = NULL;
  g_autoptr(GInputStream) reader = NULL;
  SpoolBuffer *buffer;
  gpointer weak;
  guint n_changes = 0;

  g_test_summary ("The buffer stays what it is as long as one of its streams does");

  g_assert_cmpint (g_output_stream_write (stream, "ab", 2, NULL, NULL), ==, 2);
  reader = spool_memory_output_stream_open_reader (SPOOL_MEMORY_OUTPUT_STREAM (stream));
  weak = buffer =
    spool_memory_output_stream_get_buffer (SPOOL_MEMORY_OUTPUT_STREAM (stream));
  g_object_add_weak_pointer (G_OBJECT (buffer), &weak);
  g_signal_connect (buffer, "notify::size", G_CALLBACK (count_cb), &n_changes);
  g_assert_cmpint (g_output_stream_write (stream, "cd", 2, NULL, NULL), ==, 2);
  g_assert_cmpuint (n_changes, ==, 1);

  g_assert_finalize_object (g_steal_pointer (&stream));
  g_assert_nonnull (weak);
  g_assert_true (spool_memory_input_stream_get_buffer
                   (SPOOL_MEMORY_INPUT_STREAM (reader)) == buffer);
  other = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_finalize_object (g_steal_pointer (&reader));
  g_assert_cmpint (g_output_stream_write (other, "ABCDE", 5, NULL, NULL), ==, 5);
  g_assert_cmpuint (n_changes, ==, 2);
  test_assert_text (buffer, "ABCDE");

  /* The last stream gone, and then back by the buffer itself. */
  g_object_ref (buffer);
  g_assert_finalize_object (g_steal_pointer (&other));
  g_assert_nonnull (weak);
  other = spool_memory_output_stream_new_for_buffer (buffer);
  g_object_unref (buffer);
  g_assert_nonnull (weak);
  g_assert_finalize_object (g_steal_pointer (&other));
  g_assert_null (weak);
}

static void
test_memory_output_stream_append (gconstpointer data)
{
  goffset threshold = test_threshold (data, 20);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GInputStream) source = NULL;
  GOutputVector vectors[2] = { { "ef", 2 }, { "gh", 2 } };
  g_autoptr(GError) error = NULL;

  g_test_summary ("In append mode each write goes to the end");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  spool_memory_output_stream_set_append (SPOOL_MEMORY_OUTPUT_STREAM (stream),
                                         TRUE);
  g_assert_true (spool_buffer_append (buffer, "01", 2, NULL, &error));

  g_assert_cmpint (g_output_stream_write (stream, "ab", 2, NULL, &error), ==,
                   2);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 4);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                  &error));
  g_assert_true (spool_buffer_append (buffer, "23", 2, NULL, &error));
  g_assert_cmpint (g_output_stream_write (stream, "cd", 2, NULL, &error), ==,
                   2);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 8);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 100, G_SEEK_SET, NULL,
                                  &error));
  g_assert_true (g_output_stream_writev_all (stream, vectors, 2, NULL, NULL,
                                             &error));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 12);
  g_assert_no_error (error);
  test_assert_text (buffer, "01ab23cdefgh");

  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 1, G_SEEK_SET, NULL,
                                  &error));
  source = g_memory_input_stream_new_from_data ("0123456789", 10, NULL);
  g_assert_cmpint (g_output_stream_splice (stream, source,
                                           G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                           &error), ==, 10);
  g_assert_no_error (error);
  test_assert_text (buffer, "01ab23cdefgh0123456789");

  spool_memory_output_stream_set_append (SPOOL_MEMORY_OUTPUT_STREAM (stream),
                                         FALSE);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                  &error));
  g_assert_cmpint (g_output_stream_write (stream, "AB", 2, NULL, &error), ==,
                   2);
  g_assert_no_error (error);
  test_assert_text (buffer, "ABab23cdefgh0123456789");
  g_assert_true (g_output_stream_close (stream, NULL, &error));
}

static void
test_memory_output_stream_many (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 8));
  g_autoptr(GOutputStream) one = NULL;
  g_autoptr(GOutputStream) other = NULL;

  g_test_summary ("Two streams on one buffer have a position each");

  one = spool_memory_output_stream_new_for_buffer (buffer);
  other = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_cmpint (g_output_stream_write (one, "aaaa", 4, NULL, NULL), ==, 4);
  g_assert_cmpint (g_output_stream_write (other, "b", 1, NULL, NULL), ==, 1);
  g_assert_cmpint (g_output_stream_write (one, "cccc", 4, NULL, NULL), ==, 4);
  g_assert_cmpint (g_output_stream_write (other, "d", 1, NULL, NULL), ==, 1);
  test_assert_text (buffer, "bdaacccc");
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (one)), ==, 8);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (other)), ==, 2);
  g_assert_true (g_output_stream_close (one, NULL, NULL));
  g_assert_cmpint (g_output_stream_write (other, "e", 1, NULL, NULL), ==, 1);
  test_assert_text (buffer, "bdeacccc");
  g_assert_true (g_output_stream_close (other, NULL, NULL));
}

static void
test_memory_output_stream_steal (gconstpointer data)
{
  goffset threshold = test_threshold (data, 10);
  g_autoptr(GOutputStream) stream = NULL;
  SpoolMemoryOutputStream *self;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  guint n_fds;

  g_test_summary ("Once closed everything can be taken, and the buffer is let "
                  "go");

  stream = spool_memory_output_stream_new_with_threshold (threshold);
  self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  n_fds = test_count_fds ();
  g_assert_true (g_output_stream_write_all (stream, "0123456789", 10, NULL,
                                            NULL, &error));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_no_error (error);

  bytes = spool_memory_output_stream_steal_as_bytes (self, &error);
  g_assert_no_error (error);
  test_assert_bytes (bytes, "0123456789", 10);
  g_assert_cmpint (test_count_fds (), ==, n_fds);
  g_assert_null (spool_memory_output_stream_get_buffer (self));
  g_assert_cmpint (spool_memory_output_stream_get_data_size (self), ==, 10);

  /* And nothing breaks for that. */
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_output_stream_write (stream, "a", 1, NULL, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 10);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_finalize_object (g_steal_pointer (&stream));
  test_assert_bytes (bytes, "0123456789", 10);
}

static void
test_memory_output_stream_steal_once (gconstpointer data)
{
  g_autoptr(GOutputStream) stream = NULL;
  SpoolMemoryOutputStream *self;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("The bytes are there once the stream is closed, and once only");

  stream = spool_memory_output_stream_new_with_threshold (test_threshold (data, 3));
  self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  g_assert_cmpint (g_output_stream_write (stream, "abc", 3, NULL, NULL), ==, 3);

  g_assert_null (spool_memory_output_stream_steal_as_bytes (self, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  test_assert_text (spool_memory_output_stream_get_buffer (self), "abc");

  g_assert_true (g_output_stream_close (stream, NULL, &error));
  bytes = spool_memory_output_stream_steal_as_bytes (self, &error);
  g_assert_no_error (error);
  test_assert_bytes (bytes, "abc", 3);

  g_assert_null (spool_memory_output_stream_steal_as_bytes (self, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_memory_output_stream_steal_empty (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_true (g_output_stream_close (stream, NULL, &error));
  bytes = spool_memory_output_stream_steal_as_bytes
            (SPOOL_MEMORY_OUTPUT_STREAM (stream), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_memory_output_stream_steal_shared (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 10));
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("What others hold the buffer for stays with them");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_true (g_output_stream_write_all (stream, "0123456789", 10, NULL,
                                            NULL, &error));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  bytes = spool_memory_output_stream_steal_as_bytes
            (SPOOL_MEMORY_OUTPUT_STREAM (stream), &error);
  g_assert_no_error (error);
  g_assert_true (spool_buffer_write (buffer, 0, "####", 4, NULL, &error));
  test_assert_text (buffer, "####456789");
  test_assert_bytes (bytes, "0123456789", 10);
}

static void
test_memory_output_stream_far_seek (gconstpointer data)
{
  static const goffset offsets[] = {
    G_GINT64_CONSTANT (1) << 45, G_MAXINT64 - 1, G_MAXINT64,
  };
  goffset threshold = test_threshold (data, 10);

  g_test_summary ("A far seek is none of an abort, as it is in GIO");

  for (gsize i = 0; i < G_N_ELEMENTS (offsets); i++)
    {
      g_autoptr(GOutputStream) stream = NULL;
      g_autoptr(GError) error = NULL;
      SpoolBuffer *buffer;

      stream = spool_memory_output_stream_new_with_threshold (threshold);
      buffer = spool_memory_output_stream_get_buffer
                 (SPOOL_MEMORY_OUTPUT_STREAM (stream));
      g_assert_true (g_output_stream_write_all (stream, "0123456789", 10, NULL,
                                                NULL, &error));
      g_assert_true (g_seekable_seek (G_SEEKABLE (stream), offsets[i],
                                      G_SEEK_SET, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==,
                       -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, offsets[i]);
      test_assert_text (buffer, "0123456789");

      g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, NULL,
                                      &error));
      g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==,
                       1);
      g_assert_no_error (error);
      g_assert_true (g_output_stream_close (stream, NULL, &error));
    }
}

static void
test_memory_output_stream_seek_overflow (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  static const struct
  {
    goffset offset;
    GSeekType type;
  } bad[] = {
    { 1, G_SEEK_CUR }, { G_MAXINT64, G_SEEK_CUR }, { G_MAXINT64, G_SEEK_END },
    { G_MININT64, G_SEEK_END }, { G_MININT64, G_SEEK_SET }, { -1, G_SEEK_SET },
    { -4, G_SEEK_END }, { 0, 42 },
  };

  g_assert_cmpint (g_output_stream_write (stream, "abc", 3, NULL, NULL), ==, 3);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), G_MAXINT64, G_SEEK_SET,
                                  NULL, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_false (g_seekable_seek (G_SEEKABLE (stream), bad[i].offset,
                                       bad[i].type, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, G_MAXINT64);
    }
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
}

static void
test_memory_output_stream_truncate_far (gconstpointer data)
{
  goffset threshold = test_threshold (data, 10);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;

  stream = spool_memory_output_stream_new_with_threshold (threshold);
  g_assert_true (g_output_stream_write_all (stream, "0123456789", 10, NULL,
                                            NULL, &error));
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), G_MAXINT64, NULL,
                                       &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  test_assert_text (spool_memory_output_stream_get_buffer
                      (SPOOL_MEMORY_OUTPUT_STREAM (stream)), "0123456789");
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
}

static void
test_memory_output_stream_busy (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 4));
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) refused = NULL;
  GOutputVector vector = { "x", 1 };
  g_autoptr(GError) error = NULL;

  g_test_summary ("While a write is on its way the position is not touched");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_output_stream_write_async (stream, "abcd", 4, 0, NULL, test_ready, &result);
  g_assert_true (g_output_stream_has_pending (stream));
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (g_output_stream_close (stream, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  /* Of all calls GIO leaves this one to the class. */
  g_output_stream_writev_async (stream, &vector, 1, 0, NULL, test_ready,
                                &refused);
  test_wait (&refused);
  g_assert_false (g_output_stream_writev_finish (stream, refused, NULL,
                                                 &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  test_wait (&result);
  g_assert_cmpint (g_output_stream_write_finish (stream, result, &error), ==,
                   4);
  g_assert_no_error (error);
  g_assert_false (g_output_stream_has_pending (stream));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 4);
  test_assert_text (buffer, "abcd");
  g_assert_true (g_output_stream_close (stream, NULL, &error));
}

static void
test_memory_output_stream_dropped_busy (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 4));
  GOutputStream *stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GAsyncResult) result = NULL;

  g_test_summary ("Disposed of with a write on its way, nothing is lost");

  g_output_stream_write_async (stream, "abcd", 4, 0, NULL, test_ready, &result);
  g_object_run_dispose (G_OBJECT (stream));
  test_wait (&result);
  g_assert_cmpint (g_output_stream_write_finish (stream, result, NULL), ==, 4);
  test_assert_text (buffer, "abcd");
  g_clear_object (&result);
  test_drop (stream);
  g_assert_true (spool_buffer_get_completed (buffer));
}

static void
test_memory_output_stream_cancel_busy (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 50));
  g_autoptr(GOutputStream) stream = NULL;

  g_test_summary ("After a cancellation the position is the truth");

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      goffset old = g_seekable_tell (G_SEEKABLE (stream));
      goffset now;
      guint8 bytes[4];

      test_fill (bytes, old, 4);
      g_output_stream_write_async (stream, bytes, 4, 0, cancellable, test_ready,
                                   &result);
      g_cancellable_cancel (cancellable);
      test_wait (&result);
      if (g_output_stream_write_finish (stream, result, &error) < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      now = g_seekable_tell (G_SEEKABLE (stream));
      g_assert_true (now == old || now == old + 4);
      test_assert_filled (buffer, now);
    }
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
}

static void
note_count (TestStream *stream,
            guint       call,
            gpointer    user_data)
{
  SpoolBuffer *buffer = user_data;

  /* All that was read before is there. */
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, (call - 1) * 1000);
}

static void
test_memory_output_stream_splice (gconstpointer data)
{
  g_test_summary ("A splice takes large steps, and keeps none of them back");

  for (guint async = 0; async < 2; async++)
    {
      goffset threshold = test_threshold (data, 3000);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
      g_autoptr(GInputStream) source = test_stream_new (5000);
      g_autoptr(GOutputStream) stream = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gssize size;

      test_stream_set_step (TEST_STREAM (source), 1000);
      test_stream_set_hook (TEST_STREAM (source), note_count, buffer);
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      if (async)
        {
          g_output_stream_splice_async (stream, source,
                                        G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                        test_ready, &result);
          g_assert_null (result);
          test_wait (&result);
          size = g_output_stream_splice_finish (stream, result, &error);
        }
      else
        size = g_output_stream_splice (stream, source,
                                       G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                       &error);
      g_assert_no_error (error);
      g_assert_cmpint (size, ==, 5000);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 5000);
      test_assert_filled (buffer, 5000);
      g_assert_cmpint (test_stream_get_max_count (TEST_STREAM (source)), >,
                       8192);
      g_assert_cmpint (test_stream_get_max_count (TEST_STREAM (source)), <=,
                       256 * 1024);
      g_assert_cmpint (test_stream_get_n_async (TEST_STREAM (source)), ==,
                       async ? 6 : 0);
      g_assert_true (g_output_stream_close (stream, NULL, NULL));
    }
}

static void
cancel_at_fourth (TestStream *stream,
                  guint       call,
                  gpointer    user_data)
{
  if (call == 4)
    g_cancellable_cancel (user_data);
}

static void
test_memory_output_stream_splice_cancelled (gconstpointer data)
{
  g_test_summary ("Cancelled, a splice has written what its position says");

  for (guint async = 0; async < 2; async++)
    {
      goffset threshold = test_threshold (data, 2000);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
      g_autoptr(GInputStream) source = test_stream_new (10000);
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GOutputStream) stream = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gssize size;

      test_stream_set_step (TEST_STREAM (source), 1000);
      test_stream_set_hook (TEST_STREAM (source), cancel_at_fourth,
                            cancellable);
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      if (async)
        {
          g_output_stream_splice_async (stream, source,
                                        G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, 0,
                                        cancellable, test_ready, &result);
          test_wait (&result);
          size = g_output_stream_splice_finish (stream, result, &error);
        }
      else
        size = g_output_stream_splice (stream, source,
                                       G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE,
                                       cancellable, &error);
      g_assert_cmpint (size, ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_true (g_input_stream_is_closed (source));
      /* An asynchronous source learns of it from the main loop, after it has
       * given what it was asked for. */
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==,
                       async ? 4000 : 3000);
      test_assert_filled (buffer, async ? 4000 : 3000);
      g_assert_false (g_output_stream_has_pending (stream));
      g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==,
                       1);
      g_assert_no_error (error);
      g_assert_true (g_output_stream_close (stream, NULL, NULL));
    }
}

static void
test_memory_output_stream_splice_source_closes_badly (void)
{
  g_test_summary ("As in GIO an error in closing the source is nobody's");

  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
      g_autoptr(GInputStream) source = test_stream_new (100);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gssize size;

      test_stream_fail_on_close (TEST_STREAM (source), G_IO_ERROR_FAILED);
      if (async)
        {
          g_output_stream_splice_async (stream, source,
                                        G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                        G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, 0,
                                        NULL, test_ready, &result);
          test_wait (&result);
          size = g_output_stream_splice_finish (stream, result, &error);
        }
      else
        size = g_output_stream_splice (stream, source,
                                       G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                       G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                       NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (size, ==, 100);
      g_assert_true (g_output_stream_is_closed (stream));
    }
}

static void
test_memory_output_stream_splice_busy_source (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  g_autoptr(GInputStream) source = test_stream_new (100);
  g_autoptr(GInputStream) closed = test_stream_new (100);
  g_autoptr(GError) error = NULL;

  g_assert_true (g_input_stream_set_pending (source, &error));
  g_assert_cmpint (g_output_stream_splice (stream, source,
                                           G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                           &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_input_stream_clear_pending (source);

  g_assert_true (g_input_stream_close (closed, NULL, NULL));
  g_assert_cmpint (g_output_stream_splice (stream, closed,
                                           G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                           &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);

  g_assert_cmpint (g_output_stream_splice (stream, source,
                                           G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                           &error), ==, 100);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_close (stream, NULL, NULL));
}

/* Every stream of GIO that writes through another one. */
static void
test_memory_output_stream_filters (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 100));
  g_autoptr(GOutputStream) base = NULL;
  g_autoptr(GOutputStream) buffered = NULL;
  g_autoptr(GDataOutputStream) numbers = NULL;
  g_autoptr(GConverter) compressor = NULL;
  g_autoptr(GConverter) decompressor = NULL;
  g_autoptr(GOutputStream) zip = NULL;
  g_autoptr(GInputStream) raw = NULL;
  g_autoptr(GInputStream) unzip = NULL;
  g_autoptr(GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  g_autoptr(GError) error = NULL;

  base = spool_memory_output_stream_new_for_buffer (buffer);
  compressor = G_CONVERTER (g_zlib_compressor_new
                              (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  zip = g_converter_output_stream_new (base, compressor);
  buffered = g_buffered_output_stream_new (zip);
  numbers = g_data_output_stream_new (buffered);
  for (guint i = 0; i < 1000; i++)
    {
      g_assert_true (g_output_stream_printf (G_OUTPUT_STREAM (numbers), NULL,
                                             NULL, &error, "%u ", i * i));
      g_assert_no_error (error);
    }
  g_assert_true (g_data_output_stream_put_string (numbers, "end\n", NULL,
                                                  &error));
  g_assert_true (g_output_stream_close (G_OUTPUT_STREAM (numbers), NULL,
                                        &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_completed (buffer));

  raw = spool_memory_input_stream_new_for_buffer (buffer);
  decompressor = G_CONVERTER (g_zlib_decompressor_new
                                (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  unzip = g_converter_input_stream_new (raw, decompressor);
  lines = g_data_input_stream_new (unzip);
  line = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_prefix (line, "0 1 4 9 16 25 "));
  g_assert_true (g_str_has_suffix (line, " 998001 end"));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/memory-output-stream/as-memory",
                       test_memory_output_stream_as_memory);
  test_add_thresholds ("/memory-output-stream/as-file",
                       test_memory_output_stream_as_file);
  test_add_thresholds ("/memory-output-stream/random",
                       test_memory_output_stream_random);
  test_add_thresholds ("/memory-output-stream/cancelled",
                       test_memory_output_stream_cancelled);
  g_test_add_func ("/memory-output-stream/new", test_memory_output_stream_new);
  g_test_add_func ("/memory-output-stream/properties",
                   test_memory_output_stream_properties);
  test_add_thresholds ("/memory-output-stream/reader",
                       test_memory_output_stream_reader);
  g_test_add_func ("/memory-output-stream/buffer-stays",
                   test_memory_output_stream_buffer_stays);
  test_add_thresholds ("/memory-output-stream/append",
                       test_memory_output_stream_append);
  test_add_thresholds ("/memory-output-stream/many",
                       test_memory_output_stream_many);
  test_add_thresholds ("/memory-output-stream/steal",
                       test_memory_output_stream_steal);
  test_add_thresholds ("/memory-output-stream/steal-once",
                       test_memory_output_stream_steal_once);
  g_test_add_func ("/memory-output-stream/steal-empty",
                   test_memory_output_stream_steal_empty);
  test_add_thresholds ("/memory-output-stream/steal-shared",
                       test_memory_output_stream_steal_shared);
  test_add_thresholds ("/memory-output-stream/far-seek",
                       test_memory_output_stream_far_seek);
  g_test_add_func ("/memory-output-stream/seek-overflow",
                   test_memory_output_stream_seek_overflow);
  test_add_thresholds ("/memory-output-stream/truncate-far",
                       test_memory_output_stream_truncate_far);
  test_add_thresholds ("/memory-output-stream/busy",
                       test_memory_output_stream_busy);
  test_add_thresholds ("/memory-output-stream/dropped-busy",
                       test_memory_output_stream_dropped_busy);
  test_add_thresholds ("/memory-output-stream/cancel-busy",
                       test_memory_output_stream_cancel_busy);
  test_add_thresholds ("/memory-output-stream/splice",
                       test_memory_output_stream_splice);
  test_add_thresholds ("/memory-output-stream/splice-cancelled",
                       test_memory_output_stream_splice_cancelled);
  g_test_add_func ("/memory-output-stream/splice-source-closes-badly",
                   test_memory_output_stream_splice_source_closes_badly);
  g_test_add_func ("/memory-output-stream/splice-busy-source",
                   test_memory_output_stream_splice_busy_source);
  test_add_thresholds ("/memory-output-stream/filters",
                       test_memory_output_stream_filters);

  return test_run ();
}
