/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#include <string.h>

#define SIZE 20000

static GInputStream *
follower_new (SpoolBuffer *buffer)
{
  return g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM,
                       "buffer", buffer,
                       "follow", TRUE,
                       NULL);
}

static goffset
tell (gpointer stream)
{
  return g_seekable_tell (G_SEEKABLE (stream));
}

/* Reads to the end in steps of its own size and checks every byte. */
static goffset
read_to_end (GInputStream  *stream,
             gsize          step,
             GError       **error)
{
  g_autofree guint8 *data = g_malloc (step);
  gssize n;

  while ((n = g_input_stream_read (stream, data, step, NULL, error)) > 0)
    test_check (data, tell (stream) - n, n);

  return n < 0 ? -1 : tell (stream);
}

typedef struct
{
  GInputStream *stream;
  gsize         step;
  GError       *error;
  goffset       end;
} Reader;

static gpointer
reader_thread (gpointer data)
{
  Reader *reader = data;

  reader->end = read_to_end (reader->stream, reader->step, &reader->error);

  return NULL;
}

static void
test_follow_joins (gconstpointer data)
{
  static const gsize steps[] = { 1, 7, 1000, 4096, 65536, SIZE };
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, SIZE));
  Reader readers[G_N_ELEMENTS (steps) * 3] = { 0 };
  GThread *threads[G_N_ELEMENTS (readers)];
  gsize n = 0;

  g_test_summary ("Followers that join before, during and after get all, each at its pace");

  for (int stage = 0; stage < 3; stage++)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (steps); i++, n++)
        {
          readers[n].stream = follower_new (buffer);
          readers[n].step = steps[i];
          threads[n] = g_thread_new ("follower", reader_thread, &readers[n]);
        }

      if (stage < 2)
        {
          for (gsize i = 0; i < 20; i++)
            test_append (buffer, spool_buffer_get_size (buffer), SIZE / 40);
        }
      if (stage == 1)
        spool_buffer_complete (buffer, NULL);
    }

  for (gsize i = 0; i < n; i++)
    {
      g_thread_join (threads[i]);
      g_assert_no_error (readers[i].error);
      g_assert_cmpint (readers[i].end, ==, SIZE);
      g_assert_finalize_object (readers[i].stream);
    }
}

typedef struct
{
  GInputStream *stream;
  GMutex        lock;
  GCond         cond;
  guint         n_read;
} PingPong;

static gpointer
ping_pong_thread (gpointer data)
{
  PingPong *self = data;
  g_autoptr(GError) error = NULL;
  guint8 byte;
  gssize n;

  while ((n = g_input_stream_read (self->stream, &byte, 1, NULL, &error)) == 1)
    {
      test_check (&byte, self->n_read, 1);
      g_mutex_lock (&self->lock);
      self->n_read++;
      g_cond_signal (&self->cond);
      g_mutex_unlock (&self->lock);
    }

  g_assert_no_error (error);
  g_assert_cmpint (n, ==, 0);

  return NULL;
}

static void
test_follow_blocks (gconstpointer data)
{
  const guint rounds = 2000;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, rounds));
  PingPong self = { .stream = follower_new (buffer) };
  GThread *thread;

  g_test_summary ("A read at the end waits for the next byte, byte after byte");

  g_mutex_init (&self.lock);
  g_cond_init (&self.cond);
  thread = g_thread_new ("follower", ping_pong_thread, &self);

  for (guint i = 0; i < rounds; i++)
    {
      test_append (buffer, i, 1);
      g_mutex_lock (&self.lock);
      while (self.n_read <= i)
        g_cond_wait (&self.cond, &self.lock);
      g_mutex_unlock (&self.lock);
    }

  spool_buffer_complete (buffer, NULL);
  g_thread_join (thread);
  g_assert_cmpuint (self.n_read, ==, rounds);

  g_mutex_clear (&self.lock);
  g_cond_clear (&self.cond);
  g_assert_finalize_object (self.stream);
}

static void
test_follow_async_waits (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, SIZE));
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autofree guint8 *block = g_malloc (SIZE);
  g_autoptr(GError) error = NULL;
  goffset offset = 0;

  g_test_summary ("An asynchronous read at the end waits, and gets what comes");

  while (offset < SIZE)
    {
      g_autoptr(GAsyncResult) result = NULL;
      gsize count = (gsize) MIN (1 + offset, SIZE - offset);

      g_input_stream_read_async (stream, block, SIZE, 0, NULL, test_ready, &result);

      /* Once nothing is left to do but to wait it has not answered. On disk a
       * worker may still be at it. */
      test_is_idle ();
      g_assert_null (result);

      test_append (buffer, offset, count);
      test_wait (&result);
      g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, count);
      g_assert_no_error (error);
      test_check (block, offset, count);
      offset += (goffset) count;
      g_assert_cmpint (tell (stream), ==, offset);
    }

  {
    g_autoptr(GAsyncResult) result = NULL;

    g_input_stream_read_async (stream, block, SIZE, 0, NULL, test_ready, &result);
    test_is_idle ();
    g_assert_null (result);
    spool_buffer_complete (buffer, NULL);
    test_wait (&result);
    g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 0);
    g_assert_no_error (error);
  }
}

static void
child_no_thread (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  GInputStream *streams[16];
  GAsyncResult *results[G_N_ELEMENTS (streams)] = { NULL };
  guint8 bytes[G_N_ELEMENTS (streams)];
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  gint64 n_threads;

  /* The first task of a process makes GIO's thread pool. */
  g_task_return_boolean (task, TRUE);
  n_threads = test_status_figure ("Threads");

  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      streams[i] = follower_new (buffer);
      g_input_stream_read_async (streams[i], &bytes[i], 1, 0, NULL, test_ready,
                                 &results[i]);
    }

  test_is_idle ();
  g_assert_cmpint (test_status_figure ("Threads"), ==, n_threads);

  test_append (buffer, 0, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      test_wait (&results[i]);
      g_assert_cmpint (g_input_stream_read_finish (streams[i], results[i], NULL), ==, 1);
      test_check (&bytes[i], 0, 1);
      g_object_unref (results[i]);
      g_object_unref (streams[i]);
    }
  g_assert_cmpint (test_status_figure ("Threads"), ==, n_threads);
}

static void
test_follow_no_thread (void)
{
  g_test_summary ("Sixteen followers wait in a main loop without a thread");

  if (TEST_SANITIZED)
    {
      g_test_skip ("A sanitizer may have threads of its own");
      return;
    }

  test_assert_exited (test_spawn ("no-thread", NULL, NULL, NULL));
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_follow_cancel (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer =
    test_buffer_new_filled (test_threshold (data, 10), 10);
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GError) error = NULL;
  guint8 block[16];

  g_test_summary ("A follower that waits is cancelled at once and has lost nothing");

  g_assert_cmpint (g_input_stream_read (stream, block, 16, NULL, &error), ==, 10);
  g_assert_no_error (error);

  /* However the cancellation falls beside the start of the wait. */
  for (guint i = 0; i < 500; i++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      GThread *thread = g_thread_new ("cancel", cancel_thread, cancellable);

      switch (i % 3)
        {
        case 0:
          g_assert_cmpint (g_input_stream_read (stream, block, 16, cancellable, &error),
                           ==, -1);
          break;

        case 1:
          g_assert_cmpint (g_input_stream_skip (stream, 16, cancellable, &error), ==, -1);
          break;

        default:
          g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END,
                                           cancellable, &error));
          break;
        }

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_cmpint (tell (stream), ==, 10);
      g_assert_false (g_input_stream_has_pending (stream));
      g_thread_join (thread);
    }

  test_append (buffer, 10, 5);
  g_assert_cmpint (g_input_stream_read (stream, block, 16, NULL, &error), ==, 5);
  g_assert_no_error (error);
  test_check (block, 10, 5);
}

static void
test_follow_cancel_async (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer =
    test_buffer_new_filled (test_threshold (data, 10), 10);
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GError) error = NULL;
  guint8 block[16];

  g_test_summary ("So is one that waits asynchronously, from any thread");

  g_assert_cmpint (g_input_stream_read (stream, block, 16, NULL, &error), ==, 10);
  g_assert_no_error (error);

  for (guint i = 0; i < 300; i++)
    {
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      GThread *thread = NULL;

      if (i % 3 == 0)
        thread = g_thread_new ("cancel", cancel_thread, cancellable);

      if (i % 2 == 0)
        g_input_stream_read_async (stream, block, 16, 0, cancellable, test_ready, &result);
      else
        g_input_stream_skip_async (stream, 16, 0, cancellable, test_ready, &result);

      if (i % 3 == 1)
        test_is_idle ();
      if (thread == NULL)
        g_cancellable_cancel (cancellable);

      test_wait (&result);
      if (i % 2 == 0)
        g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, -1);
      else
        g_assert_cmpint (g_input_stream_skip_finish (stream, result, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_cmpint (tell (stream), ==, 10);
      g_clear_pointer (&thread, g_thread_join);
    }

  test_append (buffer, 10, 5);
  g_assert_cmpint (g_input_stream_read (stream, block, 16, NULL, &error), ==, 5);
  g_assert_no_error (error);
}

/* The ways in which a writer ends. */
typedef enum
{
  END_WELL,
  END_WITH_ERROR,
  END_DROPPED,
  END_CANCELLED,
  END_SOURCE_FAILED,
  END_BUFFER_CLOSED,
} End;

static void
end_writer (SpoolBuffer   *buffer,
            GOutputStream *output,
            End            end)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GInputStream) source = test_stream_new (1000);

  switch (end)
    {
    case END_WELL:
      g_assert_true (g_output_stream_close (output, NULL, &error));
      break;

    case END_WITH_ERROR:
      g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "too slow");
      spool_buffer_complete (buffer, error);
      g_clear_error (&error);
      break;

    case END_DROPPED:
      break;

    case END_CANCELLED:
      g_output_stream_close (output, cancelled, NULL);
      break;

    case END_SOURCE_FAILED:
      test_stream_fail_at (TEST_STREAM (source), 1, G_IO_ERROR_HOST_UNREACHABLE);
      g_assert_cmpint (g_output_stream_splice (output, source,
                                               G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                               NULL, &error),
                       ==, -1);
      g_clear_error (&error);
      break;

    case END_BUFFER_CLOSED:
      g_assert_true (spool_buffer_close (buffer, NULL, &error));
      break;

    default:
      g_assert_not_reached ();
    }

  g_assert_no_error (error);
}

static void
append_cb (GCancellable *cancellable,
           gpointer      user_data)
{
  test_append (user_data, 0, 1);
}

static void
test_follow_cancel_while_woken (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 1));
  GInputStream *stream = follower_new (buffer);
  GCancellable *cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 byte;
  gssize n;

  g_test_summary ("Cancelled and woken at once it answers once, and the byte is not lost");

  g_signal_connect (cancellable, "cancelled", G_CALLBACK (append_cb), buffer);
  g_input_stream_read_async (stream, &byte, 1, 0, cancellable, test_ready, &result);

  /* It waits, or will when a worker has looked. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_cancellable_cancel (cancellable);
  test_wait (&result);

  n = g_input_stream_read_finish (stream, result, &error);
  if (n < 0)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (tell (stream), ==, 0);
      n = g_input_stream_read (stream, &byte, 1, NULL, NULL);
    }
  g_assert_cmpint (n, ==, 1);
  test_check (&byte, 0, 1);

  /* Nothing of it is left. */
  g_clear_object (&result);
  test_drop (stream);
  test_drop (cancellable);
}

static void
test_follow_ends (gconstpointer data)
{
  static const int codes[] = {
    -1, G_IO_ERROR_TIMED_OUT, G_IO_ERROR_BROKEN_PIPE, G_IO_ERROR_CANCELLED,
    G_IO_ERROR_HOST_UNREACHABLE, G_IO_ERROR_CLOSED,
  };

  g_test_summary ("How the writer ends reaches every follower, after the last byte, always");

  for (int end = END_WELL; end <= END_BUFFER_CLOSED; end++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, SIZE));
      GOutputStream *output = spool_memory_output_stream_new_for_buffer (buffer);
      g_autoptr(GInputStream) plain = spool_memory_input_stream_new_for_buffer (buffer);
      g_autoptr(GInputStream) ahead = follower_new (buffer);
      g_autoptr(GInputStream) behind = follower_new (buffer);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GBytes) bytes = test_bytes (0, SIZE);
      g_autoptr(GError) error = NULL;
      g_autofree guint8 *block = g_malloc (SIZE);
      Reader reader = { .stream = ahead, .step = 512 };
      GThread *thread = g_thread_new ("follower", reader_thread, &reader);
      int code = codes[end];

      g_input_stream_read_async (behind, block, SIZE, 0, NULL, test_ready, &result);
      g_assert_true (g_output_stream_write_all (output, g_bytes_get_data (bytes, NULL),
                                                SIZE, NULL, NULL, &error));
      g_assert_no_error (error);

      /* It has the bytes before the end comes. */
      while (result == NULL || tell (ahead) < SIZE)
        g_main_context_iteration (NULL, FALSE);
      g_assert_cmpint (g_input_stream_read_finish (behind, result, &error), ==, SIZE);
      g_assert_no_error (error);
      g_clear_object (&result);
      g_input_stream_read_async (behind, block, SIZE, 0, NULL, test_ready, &result);

      end_writer (buffer, output, end);
      g_object_unref (output);

      g_thread_join (thread);
      test_wait (&result);
      g_input_stream_read_finish (behind, result, &error);

      if (code < 0)
        {
          g_assert_no_error (error);
          g_assert_no_error (reader.error);
          g_assert_cmpint (reader.end, ==, SIZE);
          g_assert_cmpint (read_to_end (plain, 100, &error), ==, SIZE);
          continue;
        }

      g_assert_error (error, G_IO_ERROR, code);
      g_clear_error (&error);
      g_assert_error (reader.error, G_IO_ERROR, code);
      g_clear_error (&reader.error);

      for (guint i = 0; i < 3; i++)
        {
          g_assert_cmpint (g_input_stream_read (behind, block, 1, NULL, &error), ==, -1);
          g_assert_error (error, G_IO_ERROR, code);
          g_clear_error (&error);
          g_assert_cmpint (g_input_stream_skip (behind, 1, NULL, &error), ==, -1);
          g_assert_error (error, G_IO_ERROR, code);
          g_clear_error (&error);
        }

      if (end == END_BUFFER_CLOSED)
        continue;

      /* One that comes late gets the bytes before the error too. */
      g_assert_true (g_seekable_seek (G_SEEKABLE (behind), 0, G_SEEK_SET, NULL, &error));
      g_assert_cmpint (g_input_stream_read (behind, block, SIZE, NULL, &error), ==, SIZE);
      g_assert_no_error (error);
      test_check (block, 0, SIZE);
      g_assert_cmpint (g_input_stream_read (behind, block, SIZE, NULL, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, code);
      g_clear_error (&error);

      /* And nobody else sees it. */
      g_assert_cmpint (read_to_end (plain, 100, &error), ==, SIZE);
      g_assert_no_error (error);
    }
}

static void
test_follow_two_writers (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) first = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GIOStream) second = spool_io_stream_new_for_buffer (buffer);
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 byte;

  g_test_summary ("The last of several writers ends the wait");

  g_input_stream_read_async (stream, &byte, 1, 0, NULL, test_ready, &result);
  g_assert_true (g_output_stream_close (first, NULL, &error));
  test_is_idle ();
  g_assert_null (result);

  g_assert_true (g_io_stream_close (second, NULL, &error));
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 0);
  g_assert_no_error (error);
}

static void
test_follow_truncate (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer =
    test_buffer_new_filled (test_threshold (data, 100), 100);
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 block[200];

  g_test_summary ("After a truncate below its position a follower waits until the size passes it");

  g_assert_cmpint (g_input_stream_read (stream, block, 80, NULL, &error), ==, 80);
  g_assert_true (spool_buffer_truncate (buffer, 30, NULL, &error));
  g_assert_no_error (error);

  g_input_stream_read_async (stream, block, 200, 0, NULL, test_ready, &result);
  for (goffset size = 30; size < 80; size += 10)
    {
      test_is_idle ();
      g_assert_null (result);
      test_append (buffer, size, 10);
    }
  test_is_idle ();
  g_assert_null (result);

  test_append (buffer, 80, 1);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 1);
  g_assert_no_error (error);
  test_check (block, 80, 1);
}

static void
test_follow_reset (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer =
    test_buffer_new_filled (test_threshold (data, 100), 100);
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GInputStream) rewound = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) other = NULL;
  g_autoptr(GError) error = NULL;
  guint8 block[200];

  g_test_summary ("A reset makes followers wait again");

  g_assert_cmpint (g_input_stream_read (stream, block, 200, NULL, &error), ==, 100);
  spool_buffer_complete (buffer, NULL);
  g_assert_cmpint (g_input_stream_read (stream, block, 200, NULL, &error), ==, 0);
  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_no_error (error);

  g_input_stream_read_async (stream, block, 200, 0, NULL, test_ready, &result);
  g_input_stream_read_async (rewound, block, 200, 0, NULL, test_ready, &other);
  test_is_idle ();
  g_assert_null (result);
  g_assert_null (other);

  test_append (buffer, 0, 100);
  test_wait (&other);
  test_is_idle ();
  g_assert_null (result);
  g_assert_cmpint (g_input_stream_read_finish (rewound, other, &error), ==, 100);

  test_append (buffer, 100, 7);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 7);
  g_assert_no_error (error);
}

static gpointer
seek_end_thread (gpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_seekable_seek (data, -5, G_SEEK_END, NULL, &error));
  g_assert_no_error (error);

  return NULL;
}

static void
test_follow_seek_end (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer =
    test_buffer_new_filled (test_threshold (data, 100), 50);
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GInputStream) plain = spool_memory_input_stream_new_for_buffer (buffer);
  g_autoptr(GError) error = NULL;
  GThread *thread;

  g_test_summary ("The end of a follower is where the writer stops");

  g_assert_true (g_seekable_seek (G_SEEKABLE (plain), -5, G_SEEK_END, NULL, &error));
  g_assert_cmpint (tell (plain), ==, 45);

  thread = g_thread_new ("seek", seek_end_thread, stream);
  for (goffset size = 50; size < 100; size++)
    {
      test_append (buffer, size, 1);
      g_assert_cmpint (tell (stream), ==, 0);
    }
  spool_buffer_complete (buffer, NULL);
  g_thread_join (thread);
  g_assert_cmpint (tell (stream), ==, 95);

  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (tell (stream), ==, 100);
}

static void
test_follow_pending (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 byte;

  g_test_summary ("Other calls on a follower that waits are refused, and harm nothing");

  g_input_stream_read_async (stream, &byte, 1, 0, NULL, test_ready, &result);
  test_is_idle ();

  g_assert_false (g_input_stream_close (stream, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_cmpint (g_input_stream_read (stream, &byte, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_cmpint (tell (stream), ==, 0);

  test_append (buffer, 0, 1);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 1);
  g_assert_true (g_input_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
}

static void
test_follow_dropped (void)
{
  SpoolBuffer *buffer = spool_buffer_new ();
  GInputStream *stream = follower_new (buffer);
  gpointer weak_stream = stream;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 byte;

  g_test_summary ("A follower that waits outlives its last user, and is gone when it has answered");

  g_object_add_weak_pointer (G_OBJECT (stream), &weak_stream);
  g_input_stream_read_async (stream, &byte, 1, 0, NULL, test_ready, &result);
  g_object_unref (stream);
  test_is_idle ();
  g_assert_nonnull (weak_stream);

  test_append (buffer, 0, 1);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (weak_stream, result, &error), ==, 1);
  g_assert_no_error (error);
  g_clear_object (&result);
  test_is_idle ();
  g_assert_null (weak_stream);
  g_assert_finalize_object (buffer);
}

static void
test_follow_disposed (void)
{
  SpoolBuffer *buffer = spool_buffer_new ();
  GInputStream *stream = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 byte;

  g_test_summary ("A follower that is disposed of while it waits is still answered");

  g_input_stream_read_async (stream, &byte, 1, 0, NULL, test_ready, &result);
  g_object_run_dispose (G_OBJECT (stream));
  test_is_idle ();
  g_assert_null (result);

  test_append (buffer, 0, 1);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 1);
  g_assert_no_error (error);
  test_check (&byte, 0, 1);
  g_clear_object (&result);
  test_is_idle ();
  g_assert_finalize_object (stream);
  g_assert_finalize_object (buffer);
}

static void
count_cb (GObject    *object,
          GParamSpec *pspec,
          gpointer    user_data)
{
  (*(guint *) user_data)++;
}

static void
test_follow_property (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (100, 10);
  g_autoptr(GInputStream) stream = spool_memory_input_stream_new_for_buffer (buffer);
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (stream);
  g_autoptr(GError) error = NULL;
  gboolean follow = TRUE;
  guint n_notified = 0;
  guint8 block[20];

  g_test_summary ("Whether to follow can change at any time");

  g_signal_connect (stream, "notify::follow", G_CALLBACK (count_cb), &n_notified);
  g_assert_false (spool_memory_input_stream_get_follow (self));
  g_assert_cmpint (g_input_stream_read (stream, block, 20, NULL, &error), ==, 10);
  g_assert_cmpint (g_input_stream_read (stream, block, 20, NULL, &error), ==, 0);

  spool_memory_input_stream_set_follow (self, FALSE);
  g_assert_cmpuint (n_notified, ==, 0);
  spool_memory_input_stream_set_follow (self, TRUE);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_true (spool_memory_input_stream_get_follow (self));

  /* Nothing is to be waited for where nothing was asked for. */
  g_assert_cmpint (g_input_stream_read (stream, block, 0, NULL, &error), ==, 0);

  g_object_set (stream, "follow", FALSE, NULL);
  g_object_get (stream, "follow", &follow, NULL);
  g_assert_false (follow);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_cmpint (g_input_stream_read (stream, block, 20, NULL, &error), ==, 0);
  g_assert_no_error (error);
}

static gpointer
context_thread (gpointer data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GInputStream) stream = follower_new (data);
  g_autoptr(GError) error = NULL;
  guint8 block[64];
  gssize n = 1;

  g_main_context_push_thread_default (context);
  while (n > 0)
    {
      g_autoptr(GAsyncResult) result = NULL;

      g_input_stream_read_async (stream, block, 64, 0, NULL, test_ready, &result);
      test_wait (&result);
      n = g_input_stream_read_finish (stream, result, &error);
      g_assert_no_error (error);
      test_check (block, tell (stream) - n, n);
    }
  g_main_context_pop_thread_default (context);

  g_assert_cmpint (tell (stream), ==, SIZE);

  return NULL;
}

static void
test_follow_contexts (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, SIZE));
  GThread *threads[4];

  g_test_summary ("Each follower is called back in the main context it reads in");

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("context", context_thread, buffer);

  for (goffset size = 0; size < SIZE; size += 50)
    test_append (buffer, size, 50);
  spool_buffer_complete (buffer, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
note_turn (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr(GError) error = NULL;

  if (g_input_stream_read_finish (G_INPUT_STREAM (object), result, &error) < 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_ptr_array_add (user_data, object);
}

static void
test_follow_turns (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GPtrArray) turns = g_ptr_array_new ();
  GInputStream *streams[6];
  guint8 bytes[6];
  gsize n_awaited = 0;

  g_test_summary ("Who waits is answered in turn, whoever else goes or stays");

  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    {
      streams[i] = follower_new (buffer);
      g_assert_true (g_seekable_seek (G_SEEKABLE (streams[i]), i == 3 ? 1 : 0, G_SEEK_SET,
                                      NULL, NULL));
      g_input_stream_read_async (streams[i], &bytes[i], 1, 0, i == 1 ? cancellable : NULL,
                                 note_turn, turns);
    }
  test_is_idle ();
  g_assert_cmpuint (turns->len, ==, 0);

  g_cancellable_cancel (cancellable);
  while (turns->len < 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (turns->pdata[n_awaited++] == streams[1]);

  test_append (buffer, 0, 1);
  while (turns->len < 5)
    g_main_context_iteration (NULL, TRUE);
  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    if (i != 1 && i != 3)
      g_assert_true (turns->pdata[n_awaited++] == streams[i]);

  test_append (buffer, 1, 1);
  while (turns->len < 6)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (turns->pdata[n_awaited] == streams[3]);

  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    g_assert_finalize_object (streams[i]);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("no-thread", child_no_thread);

  test_add_thresholds ("/follow/joins", test_follow_joins);
  test_add_thresholds ("/follow/blocks", test_follow_blocks);
  test_add_thresholds ("/follow/async-waits", test_follow_async_waits);
  g_test_add_func ("/follow/no-thread", test_follow_no_thread);
  test_add_thresholds ("/follow/cancel", test_follow_cancel);
  test_add_thresholds ("/follow/cancel-async", test_follow_cancel_async);
  test_add_thresholds ("/follow/cancel-while-woken", test_follow_cancel_while_woken);
  test_add_thresholds ("/follow/ends", test_follow_ends);
  g_test_add_func ("/follow/two-writers", test_follow_two_writers);
  test_add_thresholds ("/follow/truncate", test_follow_truncate);
  test_add_thresholds ("/follow/reset", test_follow_reset);
  test_add_thresholds ("/follow/seek-end", test_follow_seek_end);
  g_test_add_func ("/follow/pending", test_follow_pending);
  g_test_add_func ("/follow/dropped", test_follow_dropped);
  g_test_add_func ("/follow/disposed", test_follow_disposed);
  g_test_add_func ("/follow/property", test_follow_property);
  test_add_thresholds ("/follow/contexts", test_follow_contexts);
  g_test_add_func ("/follow/turns", test_follow_turns);

  return test_run ();
}
