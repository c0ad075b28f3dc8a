/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-stream.h"
#include "test-utils.h"

#include <string.h>

static void
test_buffer_async_append (gconstpointer data)
{
  goffset threshold = test_threshold (data, 100);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);

  for (goffset offset = 0; offset < 200; offset += 20)
    {
      g_autoptr(GBytes) bytes = test_bytes (offset, 20);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;

      spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                       &result);
      /* Never before the call has returned. */
      g_assert_null (result);
      test_wait (&result);
      g_assert_true (spool_buffer_append_bytes_finish (buffer, result, &error));
      g_assert_no_error (error);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, offset + 20);
    }
  test_assert_filled (buffer, 200);
  g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                   test_rolls (threshold, 200));
}

static void
test_buffer_async_read (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  static const struct
  {
    goffset offset;
    gsize count;
    gsize expected;
  } reads[] = {
    { 0, 100, 100 }, { 0, G_MAXSIZE, 100 }, { 40, 10, 10 }, { 90, 20, 10 },
    { 100, 5, 0 }, { G_MAXINT64, G_MAXSIZE, 0 }, { 3, 0, 0 },
  };

  buffer = test_buffer_new_filled (test_threshold (data, 100), 100);
  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;

      spool_buffer_read_bytes_async (buffer, reads[i].offset, reads[i].count, 0,
                                     NULL, test_ready, &result);
      g_assert_null (result);
      test_wait (&result);
      bytes = spool_buffer_read_bytes_finish (buffer, result, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_bytes_get_size (bytes), ==, reads[i].expected);
      test_check (g_bytes_get_data (bytes, NULL), reads[i].offset,
                  reads[i].expected);
    }
}

static void
test_buffer_async_splice (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GInputStream) source = test_stream_new (1000000);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("It reads by the source's own read_async(), in large steps");

  buffer = test_buffer_new (test_threshold (data, 1000000));
  spool_buffer_splice_from_async (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                  0, NULL, test_ready, &result);
  g_assert_null (result);
  test_wait (&result);
  g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result, &error),
                   ==, 1000000);
  g_assert_no_error (error);
  test_assert_filled (buffer, 1000000);

  g_assert_cmpint (test_stream_get_n_async (TEST_STREAM (source)), ==,
                   test_stream_get_n_calls (TEST_STREAM (source)));
  g_assert_cmpint (test_stream_get_n_calls (TEST_STREAM (source)), <, 100);
  g_assert_cmpint (test_stream_get_max_count (TEST_STREAM (source)), <=,
                   1 << 20);
}

static void
test_buffer_async_splice_file (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = g_file_get_child (folder->file, "source");
  g_autoptr(GBytes) bytes = test_bytes (0, 1000000);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 1000000));
  g_autoptr(GCancellable) cancelled = g_cancellable_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A source that is read in workers is spliced in one");

  g_file_replace_contents (file, g_bytes_get_data (bytes, NULL), 1000000, NULL, FALSE,
                           G_FILE_CREATE_NONE, NULL, NULL, &error);
  g_assert_no_error (error);
  g_cancellable_cancel (cancelled);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GFileInputStream) source = g_file_read (file, NULL, &error);
      g_autoptr(GAsyncResult) result = NULL;
      gssize total;

      g_assert_no_error (error);
      spool_buffer_splice_from_async (buffer, G_INPUT_STREAM (source),
                                      G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, 0,
                                      i == 0 ? cancelled : NULL, test_ready, &result);
      g_assert_null (result);
      test_wait (&result);
      total = spool_buffer_splice_from_finish (buffer, result, &error);
      g_assert_true (g_input_stream_is_closed (G_INPUT_STREAM (source)));

      if (i == 0)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_clear_error (&error);
        }
      g_assert_no_error (error);
      g_assert_cmpint (total, ==, i == 0 ? -1 : 1000000);
      test_assert_filled (buffer, i == 0 ? 0 : 1000000);
    }

  g_assert_true (g_file_delete (file, NULL, NULL));
}

static void
test_buffer_async_others (gconstpointer data)
{
  goffset threshold = test_threshold (data, 100);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (threshold, 100);
  g_autoptr(GAsyncResult) reserved = NULL;
  g_autoptr(GAsyncResult) got = NULL;
  g_autoptr(GAsyncResult) rolled = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  spool_buffer_get_bytes_async (buffer, 0, NULL, test_ready, &got);
  test_wait (&got);
  bytes = spool_buffer_get_bytes_finish (buffer, got, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 100);
  test_check (g_bytes_get_data (bytes, NULL), 0, 100);

  spool_buffer_reserve_async (buffer, 101, 0, NULL, test_ready, &reserved);
  test_wait (&reserved);
  g_assert_true (spool_buffer_reserve_finish (buffer, reserved, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                   test_rolls (threshold, 101));

  spool_buffer_roll_over_async (buffer, 0, NULL, test_ready, &rolled);
  test_wait (&rolled);
  g_assert_true (spool_buffer_roll_over_finish (buffer, rolled, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, 100);
}

static void
child_no_thread (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (100000);
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GIOStream) io = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  gint64 n_threads;

  /* The first task of a process makes GIO's thread pool. */
  g_task_return_boolean (task, TRUE);
  n_threads = test_status_figure ("Threads");

  output = spool_memory_output_stream_new_for_buffer (buffer);
  input = spool_memory_input_stream_new_for_buffer (buffer);
  io = spool_io_stream_new_for_buffer (buffer);
  for (goffset offset = 0; offset < 10000; offset += 100)
    {
      g_autoptr(GInputStream) source = test_stream_new (20);
      g_autoptr(GBytes) bytes = test_bytes (0, 20);
      g_autoptr(GBytes) read = NULL;
      g_autoptr(GBytes) all = NULL;
      GAsyncResult *results[12] = { NULL };
      GOutputVector vectors[2] = { { "ab", 2 }, { "cd", 2 } };
      char data[20];

      spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                       &results[0]);
      test_wait (&results[0]);
      spool_buffer_append_bytes_finish (buffer, results[0], &error);
      spool_buffer_read_bytes_async (buffer, 0, 20, 0, NULL, test_ready,
                                     &results[1]);
      test_wait (&results[1]);
      read = spool_buffer_read_bytes_finish (buffer, results[1], &error);
      spool_buffer_get_bytes_async (buffer, 0, NULL, test_ready, &results[2]);
      test_wait (&results[2]);
      all = spool_buffer_get_bytes_finish (buffer, results[2], &error);
      spool_buffer_splice_from_async (buffer, source,
                                      G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                      test_ready, &results[3]);
      test_wait (&results[3]);
      spool_buffer_splice_from_finish (buffer, results[3], &error);
      spool_buffer_reserve_async (buffer, 1000, 0, NULL, test_ready,
                                  &results[4]);
      test_wait (&results[4]);
      spool_buffer_reserve_finish (buffer, results[4], &error);

      g_output_stream_write_async (output, "0123", 4, 0, NULL, test_ready,
                                   &results[5]);
      test_wait (&results[5]);
      g_assert_cmpint (g_output_stream_write_finish (output, results[5],
                                                     &error), ==, 4);
      g_output_stream_writev_async (output, vectors, 2, 0, NULL, test_ready,
                                    &results[6]);
      test_wait (&results[6]);
      g_assert_true (g_output_stream_writev_finish (output, results[6], NULL,
                                                    &error));
      g_output_stream_flush_async (output, 0, NULL, test_ready, &results[7]);
      test_wait (&results[7]);
      g_assert_true (g_output_stream_flush_finish (output, results[7], &error));

      g_input_stream_read_async (input, data, 3, 0, NULL, test_ready,
                                 &results[8]);
      test_wait (&results[8]);
      g_assert_cmpint (g_input_stream_read_finish (input, results[8], &error),
                       ==, 3);
      g_input_stream_skip_async (input, 2, 0, NULL, test_ready, &results[9]);
      test_wait (&results[9]);
      g_assert_cmpint (g_input_stream_skip_finish (input, results[9], &error),
                       ==, 2);

      g_output_stream_write_async (g_io_stream_get_output_stream (io), "0", 1,
                                   0, NULL, test_ready, &results[10]);
      test_wait (&results[10]);
      g_assert_cmpint (g_output_stream_write_finish
                         (g_io_stream_get_output_stream (io), results[10],
                          &error), ==, 1);
      g_input_stream_read_async (g_io_stream_get_input_stream (io), data, 2, 0,
                                 NULL, test_ready, &results[11]);
      test_wait (&results[11]);
      g_assert_cmpint (g_input_stream_read_finish
                         (g_io_stream_get_input_stream (io), results[11],
                          &error), ==, 2);

      g_assert_no_error (error);
      for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
        g_object_unref (results[i]);
    }

  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (test_status_figure ("Threads"), ==, n_threads);

  /* Closing, too. */
  {
    g_autoptr(GAsyncResult) one = NULL;
    g_autoptr(GAsyncResult) two = NULL;
    g_autoptr(GAsyncResult) three = NULL;

    g_output_stream_close_async (output, 0, NULL, test_ready, &one);
    test_wait (&one);
    g_assert_true (g_output_stream_close_finish (output, one, &error));
    g_input_stream_close_async (input, 0, NULL, test_ready, &two);
    test_wait (&two);
    g_assert_true (g_input_stream_close_finish (input, two, &error));
    g_assert_no_error (error);
    g_assert_cmpint (test_status_figure ("Threads"), ==, n_threads);

    g_io_stream_close_async (io, 0, NULL, test_ready, &three);
    test_wait (&three);
    g_assert_true (g_io_stream_close_finish (io, three, &error));
    g_assert_no_error (error);
  }
}

static void
test_buffer_async_no_thread (void)
{
  g_test_summary ("An async call that needs memory only starts no thread");

  if (TEST_SANITIZED)
    {
      g_test_skip ("A sanitizer may have threads of its own");
      return;
    }

  test_assert_exited (test_spawn ("no-thread", NULL, NULL, NULL));
}

/* A file that tells in which thread it is used. */
static void
test_buffer_async_main_thread (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) remote = test_file_new (folder->file);
  TestFileFaults *faults = test_file_get_faults (TEST_FILE (remote));
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = test_bytes (0, 100000);
  g_autoptr(GInputStream) source = test_stream_new (400000);
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GIOStream) io = NULL;
  g_autoptr(GBytes) read = NULL;
  g_autoptr(GBytes) all = NULL;
  g_autoptr(GError) error = NULL;
  GAsyncResult *results[12] = { NULL };
  GOutputVector vectors[2];
  char data[100];

  g_test_summary ("No async call touches the disk in the main loop's thread");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", remote,
                         "threshold", G_GINT64_CONSTANT (1000),
                         NULL);
  output = spool_memory_output_stream_new_for_buffer (buffer);
  input = spool_memory_input_stream_new_for_buffer (buffer);
  io = spool_io_stream_new_for_buffer (buffer);
  faults->thread = g_thread_self ();

  spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                   &results[0]);
  test_wait (&results[0]);
  g_assert_true (spool_buffer_append_bytes_finish (buffer, results[0], &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (faults->n_writes, >, 0);
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  spool_buffer_read_bytes_async (buffer, 50000, 1000, 0, NULL, test_ready,
                                 &results[1]);
  test_wait (&results[1]);
  read = spool_buffer_read_bytes_finish (buffer, results[1], &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (read), ==, 1000);
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  spool_buffer_splice_from_async (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                  0, NULL, test_ready, &results[2]);
  test_wait (&results[2]);
  g_assert_cmpint (spool_buffer_splice_from_finish (buffer, results[2], &error),
                   ==, 400000);
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  spool_buffer_get_bytes_async (buffer, 0, NULL, test_ready, &results[3]);
  test_wait (&results[3]);
  all = spool_buffer_get_bytes_finish (buffer, results[3], &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (all), ==, 500000);
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  g_output_stream_write_async (output, g_bytes_get_data (bytes, NULL), 90000, 0,
                               NULL, test_ready, &results[4]);
  test_wait (&results[4]);
  g_assert_cmpint (g_output_stream_write_finish (output, results[4], &error),
                   >, 0);
  vectors[0].buffer = g_bytes_get_data (bytes, NULL);
  vectors[0].size = 50000;
  vectors[1] = vectors[0];
  g_output_stream_writev_async (output, vectors, 2, 0, NULL, test_ready,
                                &results[5]);
  test_wait (&results[5]);
  g_assert_true (g_output_stream_writev_finish (output, results[5], NULL,
                                                &error));
  g_output_stream_flush_async (output, 0, NULL, test_ready, &results[6]);
  test_wait (&results[6]);
  g_assert_true (g_output_stream_flush_finish (output, results[6], &error));
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  g_input_stream_read_async (input, data, 100, 0, NULL, test_ready,
                             &results[7]);
  test_wait (&results[7]);
  g_assert_cmpint (g_input_stream_read_finish (input, results[7], &error), ==,
                   100);
  g_input_stream_skip_async (input, 100, 0, NULL, test_ready, &results[8]);
  test_wait (&results[8]);
  g_assert_cmpint (g_input_stream_skip_finish (input, results[8], &error), ==,
                   100);
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  g_input_stream_read_async (g_io_stream_get_input_stream (io), data, 100, 0,
                             NULL, test_ready, &results[9]);
  test_wait (&results[9]);
  g_assert_cmpint (g_input_stream_read_finish
                     (g_io_stream_get_input_stream (io), results[9], &error),
                   ==, 100);
  g_output_stream_write_async (g_io_stream_get_output_stream (io), data, 100, 0,
                               NULL, test_ready, &results[10]);
  test_wait (&results[10]);
  g_assert_cmpint (g_output_stream_write_finish
                     (g_io_stream_get_output_stream (io), results[10], &error),
                   ==, 100);
  g_output_stream_close_async (output, 0, NULL, test_ready, &results[11]);
  test_wait (&results[11]);
  g_assert_true (g_output_stream_close_finish (output, results[11], &error));
  g_assert_no_error (error);
  g_assert_cmpint (faults->n_in_thread, ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    g_object_unref (results[i]);
  g_assert_true (g_io_stream_close (io, NULL, &error));
  faults->thread = NULL;

  g_clear_object (&output);
  g_clear_object (&input);
  g_clear_object (&io);
  test_drop (g_steal_pointer (&buffer));
}

static void
test_buffer_async_many (gconstpointer data)
{
  goffset threshold = test_threshold (data, 20000);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
  GAsyncResult *results[200] = { NULL };
  guint seen[G_N_ELEMENTS (results)] = { 0 };

  g_test_summary ("Calls started at once all land, whole and once");

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr(GBytes) bytes = NULL;
      guint8 record[100];

      memset (record, i, sizeof (record));
      bytes = g_bytes_new (record, sizeof (record));
      spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                       &results[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr(GError) error = NULL;

      test_wait (&results[i]);
      g_assert_true (spool_buffer_append_bytes_finish (buffer, results[i],
                                                       &error));
      g_assert_no_error (error);
      g_object_unref (results[i]);
    }

  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 20000);
  for (goffset offset = 0; offset < 20000; offset += 100)
    {
      guint8 record[100];

      spool_buffer_read (buffer, offset, record, 100, NULL, NULL);
      for (guint i = 1; i < 100; i++)
        g_assert_cmpint (record[i], ==, record[0]);
      seen[record[0]]++;
    }
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    g_assert_cmpint (seen[i], ==, 1);
}

static void
test_buffer_async_cancelled_late (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 500));

  g_test_summary ("Cancelled on its way, it is done or not, and says which");

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      goffset old = spool_buffer_get_size (buffer);
      gboolean success;

      bytes = test_bytes (old, 10);
      spool_buffer_append_bytes_async (buffer, bytes, 0, cancellable,
                                       test_ready, &result);
      g_cancellable_cancel (cancellable);
      test_wait (&result);
      success = spool_buffer_append_bytes_finish (buffer, result, &error);
      if (success)
        {
          g_assert_no_error (error);
          g_assert_cmpint (spool_buffer_get_size (buffer), ==, old + 10);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_assert_cmpint (spool_buffer_get_size (buffer), ==, old);
        }
      test_assert_filled (buffer, spool_buffer_get_size (buffer));
    }
}

/* In memory it was done when the call returned. */
static void
test_buffer_async_cancelled_done (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = test_bytes (0, 10);
  g_autoptr(GError) error = NULL;

  spool_buffer_append_bytes_async (buffer, bytes, 0, cancellable, test_ready,
                                   &result);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 10);
  g_cancellable_cancel (cancellable);
  test_wait (&result);
  g_assert_true (spool_buffer_append_bytes_finish (buffer, result, &error));
  g_assert_no_error (error);
}

static void
cancel_at_third (TestStream *stream,
                 guint       call,
                 gpointer    user_data)
{
  if (call == 3)
    g_cancellable_cancel (user_data);
}

static void
test_buffer_async_cancelled_splice (gconstpointer data)
{
  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GInputStream) source = test_stream_new (100);
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;

      buffer = test_buffer_new (test_threshold (data, 30));
      test_stream_set_step (TEST_STREAM (source), 15);
      test_stream_set_hook (TEST_STREAM (source), cancel_at_third, cancellable);
      if (async)
        {
          spool_buffer_splice_from_async (buffer, source,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0,
                                          cancellable, test_ready, &result);
          test_wait (&result);
          g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result,
                                                            &error), ==, -1);
        }
      else
        g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                                   G_OUTPUT_STREAM_SPLICE_NONE,
                                                   cancellable, &error),
                         ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      /* An asynchronous source learns of it from the main loop, after it has
       * given what it was asked for. */
      test_assert_filled (buffer, async ? 45 : 30);
      test_assert_usable (buffer);
    }
}

/* Bytes that came with the cancellation are no longer in the source. */
static void
test_buffer_async_cancelled_arrived (gconstpointer data)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GInputStream) source = test_stream_new (100);
      g_autoptr(GOutputStream) stream = NULL;
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      gssize size = 0;

      buffer = test_buffer_new (test_threshold (data, 45));
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      test_stream_set_step (TEST_STREAM (source), 15);
      test_stream_ignore_cancellable (TEST_STREAM (source));
      test_stream_set_hook (TEST_STREAM (source), cancel_at_third, cancellable);
      switch (i)
        {
        case 0:
          size = spool_buffer_splice_from (buffer, source,
                                           G_OUTPUT_STREAM_SPLICE_NONE,
                                           cancellable, &error);
          break;
        case 1:
          spool_buffer_splice_from_async (buffer, source,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0,
                                          cancellable, test_ready, &result);
          test_wait (&result);
          size = spool_buffer_splice_from_finish (buffer, result, &error);
          break;
        case 2:
          size = g_output_stream_splice (stream, source,
                                         G_OUTPUT_STREAM_SPLICE_NONE,
                                         cancellable, &error);
          break;
        case 3:
          g_output_stream_splice_async (stream, source,
                                        G_OUTPUT_STREAM_SPLICE_NONE, 0,
                                        cancellable, test_ready, &result);
          test_wait (&result);
          size = g_output_stream_splice_finish (stream, result, &error);
          break;
        default:
          g_assert_not_reached ();
        }
      g_assert_cmpint (size, ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);

      /* Gone on with, nothing is missing. */
      test_assert_filled (buffer, 45);
      g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                                 G_OUTPUT_STREAM_SPLICE_NONE,
                                                 NULL, &error), ==, 55);
      g_assert_no_error (error);
      test_assert_filled (buffer, 100);
      g_assert_true (g_output_stream_close (stream, NULL, NULL));
    }
}

/* Cancelled while the first step is being appended on the disk: it is bytes
 * that the source no longer has, and must not be lost. */
static void
cancel_after_first (GObject    *object,
                    GParamSpec *pspec,
                    gpointer    user_data)
{
  g_cancellable_cancel (user_data);
}

static void
test_buffer_async_cancelled_between (gconstpointer data)
{
  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GInputStream) source = test_stream_new (100);
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      goffset size;

      buffer = test_buffer_new (test_threshold (data, 30));
      test_stream_set_step (TEST_STREAM (source), 15);
      g_signal_connect (buffer, "notify::size",
                        G_CALLBACK (cancel_after_first), cancellable);
      if (async)
        {
          spool_buffer_splice_from_async (buffer, source,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0,
                                          cancellable, test_ready, &result);
          test_wait (&result);
          size = spool_buffer_splice_from_finish (buffer, result, &error);
        }
      else
        size = spool_buffer_splice_from (buffer, source,
                                         G_OUTPUT_STREAM_SPLICE_NONE,
                                         cancellable, &error);
      if (size < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_no_error (error);

      /* The size says where the source goes on. */
      size = spool_buffer_get_size (buffer);
      g_assert_cmpint (size, >=, 15);
      test_assert_filled (buffer, size);
      g_cancellable_reset (cancellable);
      g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                                 G_OUTPUT_STREAM_SPLICE_NONE,
                                                 NULL, NULL), ==, 100 - size);
      test_assert_filled (buffer, 100);
    }
}

static void
test_buffer_async_dropped (gconstpointer data)
{
  SpoolBuffer *buffer = test_buffer_new (test_threshold (data, 100));
  g_autoptr(GBytes) bytes = test_bytes (0, 100);
  g_autoptr(GInputStream) source = test_stream_new (100);
  GAsyncResult *results[4] = { NULL };
  g_autoptr(SpoolBuffer) kept = NULL;

  g_test_summary ("A call on its way keeps the buffer");

  spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                   &results[0]);
  spool_buffer_splice_from_async (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                  0, NULL, test_ready, &results[1]);
  spool_buffer_roll_over_async (buffer, 0, NULL, test_ready, &results[2]);
  spool_buffer_get_bytes_async (buffer, 0, NULL, test_ready, &results[3]);
  g_object_unref (buffer);

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_clear_object (&kept);
      test_wait (&results[i]);
      kept = SPOOL_BUFFER (g_async_result_get_source_object (results[i]));
      g_assert_true (kept == buffer);
      g_object_unref (results[i]);
    }
  g_assert_cmpint (spool_buffer_get_size (kept), ==, 200);
  test_drop (g_steal_pointer (&kept));
}

static void
test_buffer_async_no_callback (gconstpointer data)
{
  SpoolBuffer *buffer = test_buffer_new (test_threshold (data, 100));
  g_autoptr(GBytes) bytes = test_bytes (0, 100);
  g_autoptr(GAsyncResult) result = NULL;

  g_test_summary ("Nobody has to wait for the end");

  spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, NULL, NULL);
  /* Not before the one above, since both need the lock. */
  while (spool_buffer_get_size (buffer) < 100)
    g_main_context_iteration (NULL, FALSE);
  spool_buffer_read_bytes_async (buffer, 0, 100, 0, NULL, test_ready, &result);
  test_wait (&result);
  test_assert_filled (buffer, 100);
  g_object_unref (buffer);
}

static gpointer
use_own_context (gpointer data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  SpoolBuffer *buffer = data;

  g_main_context_push_thread_default (context);
  for (goffset offset = 0; offset < 500; offset += 100)
    {
      g_autoptr(GBytes) bytes = test_bytes (offset, 100);
      g_autoptr(GAsyncResult) result = NULL;

      spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready,
                                       &result);
      test_wait (&result);
      g_assert_true (spool_buffer_append_bytes_finish (buffer, result, NULL));
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_buffer_async_context (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 250));

  g_test_summary ("The callback comes in the caller's own main context");

  g_thread_join (g_thread_new ("test", use_own_context, buffer));
  test_assert_filled (buffer, 500);
}

static void
test_buffer_async_busy (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 100));
  g_autoptr(GInputStream) source = test_stream_new (200000);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 bytes[10];

  g_test_summary ("While a splice is on its way everything else goes on");

  test_stream_set_step (TEST_STREAM (source), 1000);
  spool_buffer_splice_from_async (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                  0, NULL, test_ready, &result);
  while (result == NULL)
    {
      goffset size = spool_buffer_get_size (buffer);

      g_assert_cmpint (spool_buffer_read (buffer, 0, bytes, 10, NULL, &error),
                       >=, MIN (10, size));
      g_assert_no_error (error);
      g_assert_true (spool_buffer_flush (buffer, NULL, &error));
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result, &error),
                   ==, 200000);
  g_assert_no_error (error);
  test_assert_filled (buffer, 200000);
}

/* A source that uses the very buffer it is spliced into. */
static void
use_target (TestStream *stream,
            guint       call,
            gpointer    user_data)
{
  SpoolBuffer *buffer = user_data;
  guint8 byte = 0;

  spool_buffer_get_size (buffer);
  spool_buffer_read (buffer, 0, &byte, 1, NULL, NULL);
  if (call == 2)
    {
      g_assert_true (spool_buffer_append (buffer, "#", 1, NULL, NULL));
      g_assert_true (spool_buffer_flush (buffer, NULL, NULL));
    }
}

static void
test_buffer_async_foreign_code (gconstpointer data)
{
  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GInputStream) source = test_stream_new (90);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      guint8 byte = 0;

      buffer = test_buffer_new (test_threshold (data, 50));
      test_stream_set_step (TEST_STREAM (source), 30);
      test_stream_set_hook (TEST_STREAM (source), use_target, buffer);
      if (async)
        {
          spool_buffer_splice_from_async (buffer, source,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                          test_ready, &result);
          test_wait (&result);
          g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result,
                                                            &error), ==, 90);
        }
      else
        g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                                   G_OUTPUT_STREAM_SPLICE_NONE,
                                                   NULL, &error), ==, 90);
      g_assert_no_error (error);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, 91);
      g_assert_cmpint (spool_buffer_read (buffer, 30, &byte, 1, NULL, NULL), ==,
                       1);
      g_assert_cmpint (byte, ==, '#');
    }
}

static void
test_buffer_async_splice_itself (gconstpointer data)
{
  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GInputStream) input = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;

      /* It runs after itself until it may grow no more. */
      buffer = test_buffer_new_filled (test_threshold (data, 100), 10);
      spool_buffer_set_size_limit (buffer, 200);
      input = spool_memory_input_stream_new_for_buffer (buffer);
      if (async)
        {
          spool_buffer_splice_from_async (buffer, input,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                          test_ready, &result);
          test_wait (&result);
          g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result,
                                                            &error), ==, -1);
        }
      else
        g_assert_cmpint (spool_buffer_splice_from (buffer, input,
                                                   G_OUTPUT_STREAM_SPLICE_NONE,
                                                   NULL, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_assert_cmpint (spool_buffer_get_size (buffer), >, 100);
      g_assert_cmpint (spool_buffer_get_size (buffer), <=, 200);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("no-thread", child_no_thread);

  test_add_thresholds ("/buffer-async/append", test_buffer_async_append);
  test_add_thresholds ("/buffer-async/read", test_buffer_async_read);
  test_add_thresholds ("/buffer-async/splice", test_buffer_async_splice);
  test_add_thresholds ("/buffer-async/splice-file", test_buffer_async_splice_file);
  test_add_thresholds ("/buffer-async/others", test_buffer_async_others);
  g_test_add_func ("/buffer-async/no-thread", test_buffer_async_no_thread);
  g_test_add_func ("/buffer-async/main-thread", test_buffer_async_main_thread);
  test_add_thresholds ("/buffer-async/many", test_buffer_async_many);
  test_add_thresholds ("/buffer-async/cancelled-late",
                       test_buffer_async_cancelled_late);
  g_test_add_func ("/buffer-async/cancelled-done",
                   test_buffer_async_cancelled_done);
  test_add_thresholds ("/buffer-async/cancelled-splice",
                       test_buffer_async_cancelled_splice);
  test_add_thresholds ("/buffer-async/cancelled-arrived",
                       test_buffer_async_cancelled_arrived);
  test_add_thresholds ("/buffer-async/cancelled-between",
                       test_buffer_async_cancelled_between);
  test_add_thresholds ("/buffer-async/dropped", test_buffer_async_dropped);
  test_add_thresholds ("/buffer-async/no-callback",
                       test_buffer_async_no_callback);
  test_add_thresholds ("/buffer-async/context", test_buffer_async_context);
  test_add_thresholds ("/buffer-async/busy", test_buffer_async_busy);
  test_add_thresholds ("/buffer-async/foreign-code",
                       test_buffer_async_foreign_code);
  test_add_thresholds ("/buffer-async/splice-itself",
                       test_buffer_async_splice_itself);

  return test_run ();
}
