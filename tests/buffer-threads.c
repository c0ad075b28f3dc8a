/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#include <string.h>

#define N_READERS 8
#define SIZE 600000

typedef struct
{
  SpoolBuffer *buffer;
  guint number;
  gint64 sum;
} Reader;

/* Reads behind the writer and checks that every byte that is said to be there
 * is there, and is right. */
static gpointer
read_by_buffer (gpointer data)
{
  Reader *reader = data;
  g_autofree guint8 *bytes = g_malloc (20000);
  goffset seen = 0;
  guint seed = reader->number;

  while (seen < SIZE)
    {
      goffset size = spool_buffer_get_size (reader->buffer);
      goffset offset;
      g_autoptr(GError) error = NULL;
      gssize n_read;

      g_assert_cmpint (size, >=, seen);
      g_assert_cmpint (size, <=, SIZE);
      seen = size;
      if (size == 0)
        continue;

      seed = seed * 1103515245 + 12345;
      offset = seed % size;
      n_read = spool_buffer_read (reader->buffer, offset, bytes, 20000, NULL,
                                  &error);
      g_assert_no_error (error);
      g_assert_cmpint (n_read, >=, MIN (20000, size - offset));
      test_check (bytes, offset, n_read);
      reader->sum += n_read;
    }

  return NULL;
}

static gpointer
read_by_stream (gpointer data)
{
  Reader *reader = data;
  g_autoptr(GInputStream) stream = NULL;
  g_autofree guint8 *bytes = g_malloc (20000);
  goffset offset = 0;

  stream = spool_memory_input_stream_new_for_buffer (reader->buffer);
  while (offset < SIZE)
    {
      g_autoptr(GError) error = NULL;
      gssize n_read;

      n_read = g_input_stream_read (stream, bytes, 1 + offset % 20000, NULL,
                                    &error);
      g_assert_no_error (error);
      test_check (bytes, offset, n_read);
      offset += n_read;
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, offset);
    }

  return NULL;
}

static gpointer
read_by_snapshot (gpointer data)
{
  Reader *reader = data;
  gsize size = 0;

  while (size < SIZE)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GBytes) bytes = NULL;
      gsize old = size;

      bytes = spool_buffer_get_bytes (reader->buffer, NULL, &error);
      g_assert_no_error (error);
      size = g_bytes_get_size (bytes);
      g_assert_cmpint (size, >=, old);
      test_check (g_bytes_get_data (bytes, NULL), 0, size);
    }

  return NULL;
}

static void
test_buffer_threads_readers (gconstpointer data)
{
  static const GThreadFunc funcs[] = {
    read_by_buffer, read_by_stream, read_by_buffer, read_by_snapshot,
  };

  g_test_summary ("Eight readers beside a writer see a true prefix always");

  /* The threshold is half of the data, and all of the others. */
  for (int i = -1; i < TEST_N_THRESHOLDS; i++)
    {
      goffset threshold = i < 0 ? SIZE / 2
                                : test_threshold (GINT_TO_POINTER (i), SIZE);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
      g_autoptr(GOutputStream) output = NULL;
      g_autoptr(GBytes) bytes = test_bytes (0, SIZE);
      const guint8 *source = g_bytes_get_data (bytes, NULL);
      GThread *threads[N_READERS];
      Reader readers[N_READERS];

      for (guint j = 0; j < N_READERS; j++)
        {
          readers[j] = (Reader) { buffer, j, 0 };
          threads[j] = g_thread_new ("reader", funcs[j % G_N_ELEMENTS (funcs)],
                                     &readers[j]);
        }

      output = spool_memory_output_stream_new_for_buffer (buffer);
      for (goffset offset = 0; offset < SIZE; )
        {
          gsize count = MIN (1 + offset % 3001, SIZE - offset);
          g_autoptr(GError) error = NULL;

          g_assert_true (g_output_stream_write_all (output, source + offset,
                                                    count, NULL, NULL,
                                                    &error));
          g_assert_no_error (error);
          offset += count;
        }
      g_assert_true (g_output_stream_close (output, NULL, NULL));

      for (guint j = 0; j < N_READERS; j++)
        g_thread_join (threads[j]);
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                       test_rolls (threshold, SIZE));
    }
}

/* A record holds the number of its writer and its own, eight bytes. */
#define N_WRITERS 8
#define N_RECORDS 2000

typedef struct
{
  SpoolBuffer *buffer;
  guint32 number;
} Writer;

static gpointer
append_records (gpointer data)
{
  Writer *writer = data;
  g_autoptr(GOutputStream) stream = NULL;

  stream = spool_memory_output_stream_new_for_buffer (writer->buffer);
  spool_memory_output_stream_set_append (SPOOL_MEMORY_OUTPUT_STREAM (stream),
                                         TRUE);

  for (guint32 i = 0; i < N_RECORDS; i++)
    {
      guint32 record[4] = { writer->number, i, ~writer->number, ~i };
      g_autoptr(GBytes) bytes = g_bytes_new (record, sizeof (record));
      GOutputVector vectors[2] = { { record, 8 }, { record + 2, 8 } };
      g_autoptr(GError) error = NULL;

      switch (i % 4)
        {
        case 0:
          spool_buffer_append (writer->buffer, record, 16, NULL, &error);
          break;
        case 1:
          spool_buffer_append_bytes (writer->buffer, bytes, NULL, &error);
          break;
        case 2:
          g_output_stream_write_all (stream, record, 16, NULL, NULL, &error);
          break;
        case 3:
          g_output_stream_writev_all (stream, vectors, 2, NULL, NULL, &error);
          break;
        default:
          g_assert_not_reached ();
        }
      g_assert_no_error (error);
    }
  g_assert_true (g_output_stream_close (stream, NULL, NULL));

  return NULL;
}

static void
test_buffer_threads_append (gconstpointer data)
{
  const goffset size = N_WRITERS * N_RECORDS * 16;
  g_autoptr(SpoolBuffer) buffer = NULL;
  GThread *threads[N_WRITERS];
  Writer writers[N_WRITERS];
  guint32 next[N_WRITERS] = { 0 };

  g_test_summary ("What is appended at the same time is mixed by no byte");

  buffer = test_buffer_new (test_threshold (data, size));
  for (guint32 i = 0; i < N_WRITERS; i++)
    {
      writers[i] = (Writer) { buffer, i };
      threads[i] = g_thread_new ("writer", append_records, &writers[i]);
    }
  for (guint i = 0; i < N_WRITERS; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
  for (goffset offset = 0; offset < size; offset += 16)
    {
      guint32 record[4];

      g_assert_cmpint (spool_buffer_read (buffer, offset, record, 16, NULL,
                                          NULL), ==, 16);
      g_assert_cmpint (record[0], <, N_WRITERS);
      g_assert_cmpint (record[1], ==, next[record[0]]);
      g_assert_cmphex (record[2], ==, ~record[0]);
      g_assert_cmphex (record[3], ==, ~record[1]);
      next[record[0]]++;
    }
  g_assert_true (spool_buffer_get_completed (buffer));
}

typedef struct
{
  SpoolBuffer *one;
  SpoolBuffer *other;
} Pair;

static gpointer
compare (gpointer data)
{
  Pair *pair = data;

  for (guint i = 0; i < 3000; i++)
    {
      g_autoptr(GError) error = NULL;

      spool_buffer_equal (pair->one, pair->other, NULL, &error);
      g_assert_no_error (error);
    }

  return NULL;
}

static gpointer
touch_both (gpointer data)
{
  Pair *pair = data;

  for (guint i = 0; i < 3000; i++)
    {
      g_assert_true (spool_buffer_write (pair->one, i % 1000, "x", 1, NULL,
                                         NULL));
      g_assert_true (spool_buffer_write (pair->other, i % 1000, "x", 1, NULL,
                                         NULL));
    }

  return NULL;
}

static void
test_buffer_threads_equal (gconstpointer data)
{
  g_autoptr(SpoolBuffer) one = NULL;
  g_autoptr(SpoolBuffer) other = NULL;
  Pair there, back;
  GThread *threads[5];

  g_test_summary ("Comparing two buffers both ways at once does not deadlock");

  one = test_buffer_new_filled (test_threshold (data, 1000), 1000);
  other = test_buffer_new_filled (500, 1000);
  there = (Pair) { one, other };
  back = (Pair) { other, one };
  threads[0] = g_thread_new ("there", compare, &there);
  threads[1] = g_thread_new ("back", compare, &back);
  threads[2] = g_thread_new ("there", compare, &there);
  threads[3] = g_thread_new ("back", compare, &back);
  threads[4] = g_thread_new ("touch", touch_both, &there);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_true (spool_buffer_equal (one, other, NULL, NULL));
}

/* Splices from one into the other, both ways at once. */
static gpointer
splice (gpointer data)
{
  Pair *pair = data;

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr(GBytes) bytes = test_bytes (0, 1000);
      g_autoptr(GInputStream) input = NULL;
      g_autoptr(GError) error = NULL;

      /* Of its own, so that the one does not run after the other for ever. */
      input = spool_memory_input_stream_new_for_bytes (bytes);
      spool_buffer_splice_from (pair->one, input, G_OUTPUT_STREAM_SPLICE_NONE,
                                NULL, &error);
      g_assert_no_error (error);
      spool_buffer_splice_from (pair->other, input, G_OUTPUT_STREAM_SPLICE_NONE,
                                NULL, &error);
      g_assert_no_error (error);
    }

  return NULL;
}

static void
test_buffer_threads_splice (gconstpointer data)
{
  g_autoptr(SpoolBuffer) one = NULL;
  g_autoptr(SpoolBuffer) other = test_buffer_new (500);
  Pair there, back;
  GThread *threads[2];

  one = test_buffer_new (test_threshold (data, 50000));
  there = (Pair) { one, other };
  back = (Pair) { other, one };
  threads[0] = g_thread_new ("there", splice, &there);
  threads[1] = g_thread_new ("back", splice, &back);
  g_thread_join (threads[0]);
  g_thread_join (threads[1]);
  g_assert_cmpint (spool_buffer_get_size (one), ==, 50000);
  g_assert_cmpint (spool_buffer_get_size (other), ==, 50000);
}

/* A state is one byte over and over: a mixture of two is one torn. */
#define BLOCK 4096

typedef struct
{
  SpoolBuffer *buffer;
  int stop;
} Torn;

static gpointer
read_blocks (gpointer data)
{
  Torn *torn = data;
  guint8 bytes[BLOCK];

  while (!g_atomic_int_get (&torn->stop))
    {
      g_autoptr(GError) error = NULL;
      gssize n_read;

      n_read = spool_buffer_read (torn->buffer, 0, bytes, BLOCK, NULL, &error);
      g_assert_no_error (error);
      for (gssize i = 1; i < n_read; i++)
        g_assert_cmphex (bytes[i], ==, bytes[0]);
    }

  return NULL;
}

static void
test_buffer_threads_torn (gconstpointer data)
{
  Torn torn = { NULL, FALSE };
  GThread *threads[4];
  guint8 bytes[BLOCK];

  g_test_summary ("A read is of one state, while all of it is overwritten");

  torn.buffer = test_buffer_new (test_threshold (data, BLOCK));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", read_blocks, &torn);

  for (guint i = 0; i < 4000; i++)
    {
      memset (bytes, i, BLOCK);
      g_assert_true (spool_buffer_write (torn.buffer, 0, bytes, BLOCK, NULL,
                                         NULL));
      if (i % 100 == 0)
        g_assert_true (spool_buffer_truncate (torn.buffer, i % BLOCK, NULL,
                                              NULL));
      if (i % 251 == 0)
        g_assert_true (spool_buffer_reset (torn.buffer, NULL, NULL));
    }
  g_atomic_int_set (&torn.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_object_unref (torn.buffer);
}

static gpointer
read_until_closed (gpointer data)
{
  guint8 bytes[100];

  for (;;)
    {
      g_autoptr(GError) error = NULL;
      gssize n_read;

      n_read = spool_buffer_read (data, 0, bytes, 100, NULL, &error);
      if (n_read < 0)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
          return NULL;
        }
      g_assert_cmpint (n_read, ==, 100);
      test_check (bytes, 0, 100);
    }
}

static void
test_buffer_threads_close (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  GThread *threads[4];

  g_test_summary ("Closed while others read, they get all of it or an error");

  buffer = test_buffer_new_filled (test_threshold (data, 100), 100);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("reader", read_until_closed, buffer);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (spool_buffer_write (buffer, 50, "x", 0, NULL, NULL));
  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gpointer
toggle_threshold (gpointer data)
{
  Torn *torn = data;

  while (!g_atomic_int_get (&torn->stop))
    {
      spool_buffer_set_threshold (torn->buffer, 10);
      spool_buffer_set_threshold (torn->buffer, SPOOL_THRESHOLD_NEVER);
      spool_buffer_get_rolled_over (torn->buffer);
    }

  return NULL;
}

static void
test_buffer_threads_threshold (void)
{
  Torn torn = { NULL, FALSE };
  GThread *thread;

  g_test_summary ("The threshold may change at any time");

  torn.buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  thread = g_thread_new ("toggle", toggle_threshold, &torn);
  for (guint i = 0; i < 200; i++)
    {
      for (goffset offset = 0; offset < 200; offset += 10)
        test_append (torn.buffer, offset, 10);
      test_assert_filled (torn.buffer, 200);
      g_assert_true (spool_buffer_reset (torn.buffer, NULL, NULL));
    }
  g_atomic_int_set (&torn.stop, TRUE);
  g_thread_join (thread);
  g_object_unref (torn.buffer);
}

#define N_ROUNDS 2000

static gpointer
ask_first (gpointer data)
{
  GInputStream *stream = data;
  SpoolBuffer *buffer =
    spool_memory_input_stream_get_buffer (SPOOL_MEMORY_INPUT_STREAM (stream));

  return g_object_ref (buffer);
}

static gpointer
attach_and_leave (gpointer data)
{
  SpoolBuffer *buffer = data;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr(GInputStream) stream = spool_memory_input_stream_new_for_buffer (buffer);

      g_assert_true (spool_memory_input_stream_get_buffer
                       (SPOOL_MEMORY_INPUT_STREAM (stream)) == buffer);
    }

  return NULL;
}

static void
test_buffer_threads_first (void)
{
  g_test_summary ("Threads that ask for the buffer at once get the same one");

  for (guint i = 0; i < N_ROUNDS / 4; i++)
    {
      g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
      GInputStream *readers[2];
      g_autoptr(SpoolBuffer) found = NULL;
      g_autoptr(SpoolBuffer) found_too = NULL;
      GThread *threads[2];

      for (guint j = 0; j < 2; j++)
        readers[j] =
          spool_memory_output_stream_open_reader (SPOOL_MEMORY_OUTPUT_STREAM (stream));
      for (guint j = 0; j < 2; j++)
        threads[j] = g_thread_new ("first", ask_first, readers[j]);
      found = g_thread_join (threads[0]);
      found_too = g_thread_join (threads[1]);
      g_assert_true (found == found_too);
      g_assert_true (found == spool_memory_output_stream_get_buffer
                                (SPOOL_MEMORY_OUTPUT_STREAM (stream)));
      for (guint j = 0; j < 2; j++)
        g_object_unref (readers[j]);
    }
}

typedef struct
{
  GOutputStream *output;
  GInputStream  *input;
  int            begun; /* atomic */
} Unused;

static void
begin_splice (TestStream *source,
              guint       call,
              gpointer    user_data)
{
  Unused *unused = user_data;

  if (call == 1)
    g_atomic_int_set (&unused->begun, TRUE);
}

static gpointer
splice_first (gpointer data)
{
  Unused *unused = data;
  g_autoptr(GInputStream) source = test_stream_new (100);

  test_stream_set_hook (TEST_STREAM (source), begin_splice, unused);
  g_assert_cmpint (g_output_stream_splice (unused->output, source,
                                           G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL),
                   ==, 100);

  return NULL;
}

static gpointer
read_first (gpointer data)
{
  Unused *unused = data;
  char byte;

  g_atomic_int_set (&unused->begun, TRUE);
  g_assert_cmpint (g_input_stream_read (unused->input, &byte, 1, NULL, NULL), ==, 0);

  return NULL;
}

static void
await_begin (Unused *unused)
{
  while (!g_atomic_int_get (&unused->begun))
    g_thread_yield ();
  g_atomic_int_set (&unused->begun, FALSE);
}

static void
test_buffer_threads_unused (void)
{
  g_test_summary ("A stream that two threads use at first has one buffer");

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr(GOutputStream) output = NULL;
      g_autoptr(GInputStream) input = NULL;
      Unused unused;
      SpoolBuffer *buffer;
      GThread *thread;

      /* As bindings make them: those of C have their bytes at once. */
      output = g_object_new (SPOOL_TYPE_MEMORY_OUTPUT_STREAM, NULL);
      input = g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM, NULL);
      unused = (Unused) { output, input, FALSE };

      thread = g_thread_new ("splice", splice_first, &unused);
      await_begin (&unused);
      buffer = spool_memory_output_stream_get_buffer (SPOOL_MEMORY_OUTPUT_STREAM (output));
      g_thread_join (thread);
      g_assert_true (spool_memory_output_stream_get_buffer
                       (SPOOL_MEMORY_OUTPUT_STREAM (output)) == buffer);
      test_assert_filled (buffer, 100);
      g_assert_true (g_output_stream_close (output, NULL, NULL));
      g_assert_true (spool_buffer_get_completed (buffer));

      thread = g_thread_new ("read", read_first, &unused);
      await_begin (&unused);
      buffer = spool_memory_input_stream_get_buffer (SPOOL_MEMORY_INPUT_STREAM (input));
      g_thread_join (thread);
      g_assert_true (spool_memory_input_stream_get_buffer
                       (SPOOL_MEMORY_INPUT_STREAM (input)) == buffer);
    }
}

static void
test_buffer_threads_attach (void)
{
  SpoolBuffer *buffer = spool_buffer_new ();
  GThread *threads[4];

  g_test_summary ("Streams may come and go in several threads, the last one too");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("attach", attach_and_leave, buffer);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_finalize_object (buffer);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_data_func ("/buffer-threads/readers", NULL,
                        test_buffer_threads_readers);
  test_add_thresholds ("/buffer-threads/append", test_buffer_threads_append);
  test_add_thresholds ("/buffer-threads/equal", test_buffer_threads_equal);
  test_add_thresholds ("/buffer-threads/splice", test_buffer_threads_splice);
  test_add_thresholds ("/buffer-threads/torn", test_buffer_threads_torn);
  test_add_thresholds ("/buffer-threads/close", test_buffer_threads_close);
  g_test_add_func ("/buffer-threads/threshold", test_buffer_threads_threshold);
  g_test_add_func ("/buffer-threads/first", test_buffer_threads_first);
  g_test_add_func ("/buffer-threads/unused", test_buffer_threads_unused);
  g_test_add_func ("/buffer-threads/attach", test_buffer_threads_attach);

  return test_run ();
}
