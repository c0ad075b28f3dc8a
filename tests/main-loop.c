/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-sys.h"
#include "test-utils.h"

#include <string.h>

/* The thread of the main loop must not wait for the disk in an asynchronous
 * call. Here every call of the disk goes through a hook, which knows its
 * thread: what is counted is no matter of time or chance. */
typedef struct
{
  GThread *main_thread;
  gulong   delay;   /* microseconds that a call of the disk takes */
  int      n_main;  /* atomic: calls in the main loop's thread */
  int      n_other; /* atomic */
  int      last;    /* atomic: the last one in the main loop's thread */
} SlowDisk;

static int
slow_disk_hook (const TestSysInfo *info,
                gpointer           user_data)
{
  SlowDisk *disk = user_data;

  if (!test_sys_is_disk (info->call))
    return 0;

  if (g_thread_self () == disk->main_thread)
    {
      g_atomic_int_inc (&disk->n_main);
      g_atomic_int_set (&disk->last, (int) info->call);
    }
  else
    g_atomic_int_inc (&disk->n_other);

  if (disk->delay > 0)
    g_usleep (disk->delay);

  return 0;
}

static void
assert_not_in_main_thread (SlowDisk *disk)
{
  if (g_atomic_int_get (&disk->n_main) > 0)
    g_error ("%d calls of the disk in the main loop's thread, the last was %s",
             disk->n_main, test_sys_get_name ((TestSysCall) disk->last));
}

/* How long the main loop was away at most. The figure is shown and nothing
 * more: on a busy machine it says nothing about the library. */
typedef struct
{
  gint64 last;
  gint64 longest;
  guint  n_beats;
} Heartbeat;

static gboolean
heartbeat_cb (gpointer user_data)
{
  Heartbeat *self = user_data;
  gint64 now = g_get_monotonic_time ();

  self->longest = MAX (self->longest, now - self->last);
  self->last = now;
  self->n_beats++;

  return G_SOURCE_CONTINUE;
}

#define N_OPERATIONS 10000
#define N_ACTORS 24
#define THRESHOLD 1000

typedef struct _Loop Loop;

/* A buffer with its streams, on which one operation follows the other. */
typedef struct
{
  Loop          *loop;
  goffset        size;   /* what is written in all */
  guint          step;
  SpoolBuffer   *buffer;
  GOutputStream *output;
  GInputStream  *input;
  GIOStream     *io;
  GInputStream  *source;
  GBytes        *bytes;
  guint8         block[4096];
} Actor;

struct _Loop
{
  SlowDisk   disk;
  Heartbeat  heartbeat;
  Actor      actors[N_ACTORS];
  GPtrArray *finished; /* buffers that were used up */
  guint      n_started;
  guint      n_running;
};

static void next_operation (Actor *self);

static void
actor_begin (Actor *self,
             guint  number)
{
  static const goffset sizes[] = {
    THRESHOLD / 2, THRESHOLD - 1, THRESHOLD, THRESHOLD + 1, 4 * THRESHOLD, 200 * THRESHOLD,
  };

  self->size = sizes[number % G_N_ELEMENTS (sizes)];
  self->step = 0;
  self->buffer = test_buffer_new (THRESHOLD);
  self->output = spool_memory_output_stream_new_for_buffer (self->buffer);
  self->input = spool_memory_input_stream_new_for_buffer (self->buffer);
  self->io = spool_io_stream_new_for_buffer (self->buffer);
  self->bytes = test_bytes (0, self->size);
}

/* The buffer is kept until all is counted: the last reference closes its file,
 * which is not an asynchronous call. */
static void
actor_end (Actor *self)
{
  g_ptr_array_add (self->loop->finished, g_steal_pointer (&self->buffer));
  g_clear_object (&self->output);
  g_clear_object (&self->input);
  g_clear_object (&self->io);
  g_clear_object (&self->source);
  g_clear_pointer (&self->bytes, g_bytes_unref);
}

#define N_STEPS 15

/* Finishes the operation of the last step. */
static void
finish_operation (Actor        *self,
                  GAsyncResult *result)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  gsize written;
  gssize n;

  switch (self->step)
    {
    case 0:
      n = g_output_stream_write_finish (self->output, result, &error);
      g_assert_cmpint (n, ==, self->size / 2);
      break;

    case 1:
      g_assert_true (g_output_stream_writev_finish (self->output, result, &written, &error));
      g_assert_cmpuint (written, ==, self->size - self->size / 2);
      break;

    case 2:
      n = g_input_stream_read_finish (self->input, result, &error);
      g_assert_cmpint (n, ==, MIN (self->size, (goffset) sizeof self->block));
      test_check (self->block, 0, n);
      break;

    case 3:
      n = g_input_stream_skip_finish (self->input, result, &error);
      g_assert_cmpint (n, >=, 0);
      break;

    case 4:
      n = g_input_stream_read_finish (self->input, result, &error);
      g_assert_cmpint (n, >=, 0);
      test_check (self->block, g_seekable_tell (G_SEEKABLE (self->input)) - n, n);
      break;

    case 5:
      n = g_output_stream_splice_finish (self->output, result, &error);
      g_assert_cmpint (n, ==, self->size);
      break;

    case 6:
      g_assert_true (g_output_stream_flush_finish (self->output, result, &error));
      break;

    case 7:
      n = spool_buffer_splice_from_finish (self->buffer, result, &error);
      g_assert_cmpint (n, ==, self->size);
      break;

    case 8:
      g_assert_true (spool_buffer_append_bytes_finish (self->buffer, result, &error));
      break;

    case 9:
      bytes = spool_buffer_read_bytes_finish (self->buffer, result, &error);
      g_assert_no_error (error);
      test_check (g_bytes_get_data (bytes, NULL), 0, self->size);
      break;

    case 10:
      bytes = spool_buffer_get_bytes_finish (self->buffer, result, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 4 * self->size);
      test_check (g_bytes_get_data (bytes, NULL), 0, self->size);
      break;

    case 11:
      g_assert_true (spool_buffer_reserve_finish (self->buffer, result, &error));
      break;

    case 12:
      g_assert_true (g_output_stream_close_finish (self->output, result, &error));
      break;

    case 13:
      g_assert_true (g_input_stream_close_finish (self->input, result, &error));
      break;

    case 14:
      g_assert_true (g_io_stream_close_finish (self->io, result, &error));
      break;

    default:
      g_assert_not_reached ();
    }

  g_assert_no_error (error);
}

static void
operation_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  Actor *self = user_data;

  finish_operation (self, result);
  self->loop->n_running--;

  if (++self->step == N_STEPS)
    {
      guint number = self->loop->finished->len;

      actor_end (self);
      actor_begin (self, number);
    }

  next_operation (self);
}

static void
next_operation (Actor *self)
{
  const guint8 *data = g_bytes_get_data (self->bytes, NULL);
  gsize half = (gsize) self->size / 2;
  GOutputVector vectors[2] = {
    { data + half, 1 },
    { data + half + 1, (gsize) self->size - half - 1 },
  };

  if (self->loop->n_started == N_OPERATIONS)
    return;

  self->loop->n_started++;
  self->loop->n_running++;

  switch (self->step)
    {
    case 0:
      g_output_stream_write_async (self->output, data, half, 0, NULL, operation_cb, self);
      break;

    case 1:
      /* GIO keeps the array, and does not copy it. */
      {
        static GOutputVector kept[N_ACTORS][2];
        gsize i = (gsize) (self - self->loop->actors);

        memcpy (kept[i], vectors, sizeof vectors);
        g_output_stream_writev_async (self->output, kept[i], 2, 0, NULL, operation_cb, self);
      }
      break;

    case 2:
    case 4:
      g_input_stream_read_async (self->input, self->block, sizeof self->block, 0, NULL,
                                 operation_cb, self);
      break;

    case 3:
      g_input_stream_skip_async (self->input, 300, 0, NULL, operation_cb, self);
      break;

    case 5:
      self->source = test_stream_new (self->size);
      g_output_stream_splice_async (self->output, self->source,
                                    G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, 0, NULL,
                                    operation_cb, self);
      break;

    case 6:
      g_output_stream_flush_async (self->output, 0, NULL, operation_cb, self);
      break;

    case 7:
      g_clear_object (&self->source);
      self->source = test_stream_new (self->size);
      spool_buffer_splice_from_async (self->buffer, self->source,
                                      G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE, 0, NULL,
                                      operation_cb, self);
      break;

    case 8:
      spool_buffer_append_bytes_async (self->buffer, self->bytes, 0, NULL, operation_cb, self);
      break;

    case 9:
      spool_buffer_read_bytes_async (self->buffer, 0, (gsize) self->size, 0, NULL,
                                     operation_cb, self);
      break;

    case 10:
      spool_buffer_get_bytes_async (self->buffer, 0, NULL, operation_cb, self);
      break;

    case 11:
      spool_buffer_reserve_async (self->buffer, 5 * self->size, 0, NULL, operation_cb, self);
      break;

    case 12:
      g_output_stream_close_async (self->output, 0, NULL, operation_cb, self);
      break;

    case 13:
      g_input_stream_close_async (self->input, 0, NULL, operation_cb, self);
      break;

    case 14:
      g_io_stream_close_async (self->io, 0, NULL, operation_cb, self);
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
test_main_loop_heartbeat (void)
{
  g_autoptr(GSource) source = g_timeout_source_new (1);
  Loop loop = { .disk = { .main_thread = g_thread_self (), .delay = 500 } };

  g_test_summary ("Ten thousand operations on a slow disk, none of which the main loop waits for");

  loop.finished = g_ptr_array_new_with_free_func (g_object_unref);
  loop.heartbeat.last = g_get_monotonic_time ();
  g_source_set_callback (source, heartbeat_cb, &loop.heartbeat, NULL);
  g_source_attach (source, NULL);
  test_sys_set_hook (slow_disk_hook, &loop.disk);

  for (guint i = 0; i < N_ACTORS; i++)
    {
      loop.actors[i].loop = &loop;
      actor_begin (&loop.actors[i], i);
      next_operation (&loop.actors[i]);
    }

  while (loop.n_running > 0)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (loop.n_started, ==, N_OPERATIONS);
  g_assert_cmpint (loop.disk.n_other, >, 0);
  assert_not_in_main_thread (&loop.disk);
  g_test_message ("%u operations, %d calls of the disk of 0.5 ms or more, none in the main "
                  "loop's thread; %u heartbeats, the longest gap was %.1f ms",
                  loop.n_started, loop.disk.n_other, loop.heartbeat.n_beats,
                  (double) loop.heartbeat.longest / 1000);

  test_sys_set_hook (NULL, NULL);
  g_source_destroy (source);
  for (guint i = 0; i < N_ACTORS; i++)
    actor_end (&loop.actors[i]);
  g_ptr_array_unref (loop.finished);
}

/* The same for the streams that go beyond a cursor: one with text, one over
 * another stream, and one over both buffers.
 */
typedef struct _Readers Readers;

typedef struct
{
  Readers         *readers;
  goffset          size;
  guint            step;
  SpoolTextStream *text;
  SpoolBuffer     *spooled;
  GInputStream    *seekable;
  GInputStream    *concat;
  char            *string;
  gsize            n_bytes; /* of the text, after all was written */
  guint8           block[4096];
} Reader;

struct _Readers
{
  SlowDisk   disk;
  Heartbeat  heartbeat;
  Reader     readers[N_ACTORS];
  GPtrArray *finished;
  guint      n_started;
  guint      n_running;
};

/* Half of its bytes are in characters of two. */
#define LINE "ab\u00e9\n"

static void
reader_begin (Reader *self,
              guint   number)
{
  static const guint sizes[] = { 10, 199, 200, 201, 1000, 20000 };
  GString *string = g_string_new (NULL);

  for (guint i = 0; i < sizes[number % G_N_ELEMENTS (sizes)]; i++)
    g_string_append (string, LINE);

  self->step = 0;
  self->size = (goffset) string->len;
  self->string = g_string_free (string, FALSE);
  self->text = spool_text_stream_new_with_threshold (THRESHOLD);
  self->spooled = test_buffer_new (THRESHOLD);

  {
    g_autoptr(GInputStream) base = test_stream_new (self->size);

    self->seekable = spool_seekable_input_stream_new_for_buffer (base, self->spooled);
  }
}

static void
reader_end (Reader *self)
{
  if (self->text != NULL)
    g_ptr_array_add (self->readers->finished, self->text);
  if (self->spooled != NULL)
    g_ptr_array_add (self->readers->finished, self->spooled);
  self->text = NULL;
  self->spooled = NULL;
  g_clear_object (&self->seekable);
  g_clear_object (&self->concat);
  g_clear_pointer (&self->string, g_free);
}

static void
reader_make_concat (Reader *self)
{
  SpoolBuffer *buffers[] = { spool_text_stream_get_buffer (self->text), self->spooled };

  self->concat = spool_concat_input_stream_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      g_autoptr(GInputStream) part = spool_memory_input_stream_new_for_buffer (buffers[i]);

      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (self->concat), part);
    }
}

static void
seek_text (Reader *self,
           gint64  position)
{
  g_assert_true (spool_text_stream_seek (self->text, position, G_SEEK_SET, NULL, NULL));
}

static void
seek_bytes (GInputStream *stream,
            goffset       position)
{
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), position, G_SEEK_SET, NULL, NULL));
}

#define N_READER_STEPS 18

static void
finish_reading (Reader       *self,
                GAsyncResult *result)
{
  SpoolSeekableInputStream *seekable = SPOOL_SEEKABLE_INPUT_STREAM (self->seekable);
  gsize half = (gsize) self->size / 2;
  g_autofree char *string = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;
  gssize n;

  switch (self->step)
    {
    case 0:
    case 4:
      g_assert_true (spool_text_stream_write_finish (self->text, result, &error));
      break;

    case 1:
      g_assert_true (spool_text_stream_write_bytes_finish (self->text, result, &error));
      self->n_bytes = (gsize) self->size;
      break;

    case 2:
      string = spool_text_stream_read_finish (self->text, result, &length, &error);
      g_assert_cmpstr (string, ==, "b\u00e9\nab");
      g_assert_cmpuint (length, ==, 6);
      break;

    case 3:
      string = spool_text_stream_read_line_finish (self->text, result, NULL, &error);
      g_assert_cmpstr (string, ==, "\u00e9\n");
      break;

    case 5:
      bytes = spool_text_stream_read_bytes_finish (self->text, result, &error);
      g_assert_no_error (error);
      /* One letter has become longer by two bytes. */
      self->n_bytes += 2;
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, self->n_bytes - 3);
      break;

    case 6:
      bytes = spool_text_stream_read_line_bytes_finish (self->text, result, &error);
      g_assert_null (bytes);
      break;

    case 7:
    case 8:
    case 11:
      n = g_input_stream_read_finish (self->seekable, result, &error);
      g_assert_cmpint (n, >, 0);
      test_check (self->block, g_seekable_tell (G_SEEKABLE (self->seekable)) - n, n);
      break;

    case 9:
      n = g_input_stream_skip_finish (self->seekable, result, &error);
      g_assert_cmpint (n, >=, 0);
      break;

    case 10:
      g_assert_cmpint (spool_seekable_input_stream_fill_finish (seekable, result, &error),
                       ==, self->size);
      break;

    case 12:
      g_assert_true (g_input_stream_close_finish (self->seekable, result, &error));
      break;

    case 13:
      n = g_input_stream_read_finish (self->concat, result, &error);
      g_assert_cmpint (n, ==, MIN (self->n_bytes + (gsize) self->size, sizeof self->block));
      break;

    case 14:
      n = g_input_stream_skip_finish (self->concat, result, &error);
      g_assert_cmpint (n, >=, 0);
      break;

    case 15:
      /* Half of it from each side of the seam. */
      n = g_input_stream_read_finish (self->concat, result, &error);
      g_assert_cmpint (n, ==, 20);
      test_check (self->block + 10, 0, 10);
      break;

    case 16:
      g_assert_true (g_input_stream_close_finish (self->concat, result, &error));
      break;

    case 17:
      bytes = spool_buffer_read_bytes_finish (self->spooled, result, &error);
      g_assert_no_error (error);
      test_check (g_bytes_get_data (bytes, NULL), (goffset) half, g_bytes_get_size (bytes));
      break;

    default:
      g_assert_not_reached ();
    }

  g_assert_no_error (error);
}

static void next_reading (Reader *self);

static void
reading_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  Reader *self = user_data;

  finish_reading (self, result);
  self->readers->n_running--;

  if (++self->step == N_READER_STEPS)
    {
      guint number = self->readers->finished->len / 2;

      reader_end (self);
      reader_begin (self, number);
    }

  next_reading (self);
}

static void
next_reading (Reader *self)
{
  SpoolSeekableInputStream *seekable = SPOOL_SEEKABLE_INPUT_STREAM (self->seekable);
  /* Lines are whole in each half. */
  gsize half = (gsize) self->size / strlen (LINE) / 2 * strlen (LINE);

  if (self->readers->n_started == N_OPERATIONS)
    return;

  self->readers->n_started++;
  self->readers->n_running++;

  switch (self->step)
    {
    case 0:
      spool_text_stream_write_async (self->text, self->string, (gssize) half, 0, NULL,
                                     reading_cb, self);
      break;

    case 1:
      {
        g_autoptr(GBytes) bytes = g_bytes_new (self->string + half, (gsize) self->size - half);

        spool_text_stream_write_bytes_async (self->text, bytes, 0, NULL, reading_cb, self);
      }
      break;

    case 2:
      seek_text (self, 1);
      spool_text_stream_read_async (self->text, 5, 0, NULL, reading_cb, self);
      break;

    case 3:
      spool_text_stream_read_line_async (self->text, 0, NULL, reading_cb, self);
      break;

    case 4:
      /* All that follows moves. */
      seek_text (self, 0);
      spool_text_stream_write_async (self->text, "\u20ac", -1, 0, NULL, reading_cb, self);
      break;

    case 5:
      spool_text_stream_read_bytes_async (self->text, -1, 0, NULL, reading_cb, self);
      break;

    case 6:
      spool_text_stream_read_line_bytes_async (self->text, 0, NULL, reading_cb, self);
      break;

    case 7:
      g_input_stream_read_async (self->seekable, self->block, 30, 0, NULL, reading_cb, self);
      break;

    case 8:
      seek_bytes (self->seekable, self->size / 2);
      g_input_stream_read_async (self->seekable, self->block, sizeof self->block, 0, NULL,
                                 reading_cb, self);
      break;

    case 9:
      g_input_stream_skip_async (self->seekable, 300, 0, NULL, reading_cb, self);
      break;

    case 10:
      spool_seekable_input_stream_fill_async (seekable, -1, 0, NULL, reading_cb, self);
      break;

    case 11:
      seek_bytes (self->seekable, 3);
      g_input_stream_read_async (self->seekable, self->block, sizeof self->block, 0, NULL,
                                 reading_cb, self);
      break;

    case 12:
      g_input_stream_close_async (self->seekable, 0, NULL, reading_cb, self);
      break;

    case 13:
      reader_make_concat (self);
      g_input_stream_read_async (self->concat, self->block, sizeof self->block, 0, NULL,
                                 reading_cb, self);
      break;

    case 14:
      g_input_stream_skip_async (self->concat, 700, 0, NULL, reading_cb, self);
      break;

    case 15:
      seek_bytes (self->concat, (goffset) self->n_bytes - 10);
      g_input_stream_read_async (self->concat, self->block, 20, 0, NULL, reading_cb, self);
      break;

    case 16:
      g_input_stream_close_async (self->concat, 0, NULL, reading_cb, self);
      break;

    case 17:
      spool_buffer_read_bytes_async (self->spooled, self->size / 2, 100, 0, NULL,
                                     reading_cb, self);
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
test_main_loop_readers (void)
{
  g_autoptr(GSource) source = g_timeout_source_new (1);
  Readers readers = { .disk = { .main_thread = g_thread_self (), .delay = 500 } };

  g_test_summary ("Ten thousand operations of the streams of text, over streams and of parts");

  readers.finished = g_ptr_array_new_with_free_func (g_object_unref);
  readers.heartbeat.last = g_get_monotonic_time ();
  g_source_set_callback (source, heartbeat_cb, &readers.heartbeat, NULL);
  g_source_attach (source, NULL);
  test_sys_set_hook (slow_disk_hook, &readers.disk);

  for (guint i = 0; i < N_ACTORS; i++)
    {
      readers.readers[i].readers = &readers;
      reader_begin (&readers.readers[i], i);
      next_reading (&readers.readers[i]);
    }

  while (readers.n_running > 0)
    g_main_context_iteration (NULL, TRUE);

  g_assert_cmpuint (readers.n_started, ==, N_OPERATIONS);
  g_assert_cmpint (readers.disk.n_other, >, 0);
  assert_not_in_main_thread (&readers.disk);
  g_test_message ("%u operations, %d calls of the disk of 0.5 ms or more, none in the main "
                  "loop's thread; %u heartbeats, the longest gap was %.1f ms",
                  readers.n_started, readers.disk.n_other, readers.heartbeat.n_beats,
                  (double) readers.heartbeat.longest / 1000);

  test_sys_set_hook (NULL, NULL);
  g_source_destroy (source);
  for (guint i = 0; i < N_ACTORS; i++)
    reader_end (&readers.readers[i]);
  g_ptr_array_unref (readers.finished);
}

static void
test_main_loop_sees (void)
{
  SlowDisk disk = { .main_thread = g_thread_self () };
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);

  g_test_summary ("A call of the disk in the main loop's thread would have been seen");

  test_sys_set_hook (slow_disk_hook, &disk);
  test_append (buffer, 0, 11);
  g_assert_cmpint (disk.n_main, >, 0);
  test_sys_set_hook (NULL, NULL);
}

/* Asynchronous calls of every kind on one buffer. */
typedef struct
{
  SpoolBuffer     *buffer;
  GOutputStream   *output;
  GInputStream    *input;
  GInputStream    *skipped;
  GIOStream       *io;
  GInputStream    *source;
  GInputStream    *other_source;
  SpoolTextStream *reading;
  SpoolTextStream *writing;
  GInputStream    *seekable;
  GInputStream    *concat;
  GAsyncResult    *results[13];
  guint8           block[100];
  guint8           other_blocks[2][100];
} Batch;

static void
batch_begin (Batch       *self,
             SpoolBuffer *buffer,
             GBytes      *bytes)
{
  self->buffer = buffer;
  self->output = spool_memory_output_stream_new_for_buffer (buffer);
  spool_memory_output_stream_set_append (SPOOL_MEMORY_OUTPUT_STREAM (self->output), TRUE);
  self->input = spool_memory_input_stream_new_for_buffer (buffer);
  self->skipped = spool_memory_input_stream_new_for_buffer (buffer);
  self->io = spool_io_stream_new_for_buffer (buffer);
  self->source = test_stream_new (100);
  self->other_source = test_stream_new (100);

  spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready, &self->results[0]);
  spool_buffer_read_bytes_async (buffer, 0, 100, 0, NULL, test_ready, &self->results[1]);
  spool_buffer_get_bytes_async (buffer, 0, NULL, test_ready, &self->results[2]);
  spool_buffer_splice_from_async (buffer, self->source, G_OUTPUT_STREAM_SPLICE_NONE, 0,
                                  NULL, test_ready, &self->results[3]);
  g_output_stream_write_async (self->output, g_bytes_get_data (bytes, NULL), 100, 0, NULL,
                               test_ready, &self->results[4]);
  g_input_stream_read_async (self->input, self->block, 100, 0, NULL, test_ready,
                             &self->results[5]);
  g_input_stream_skip_async (self->skipped, 100, 0, NULL, test_ready, &self->results[6]);
  g_output_stream_splice_async (g_io_stream_get_output_stream (self->io), self->other_source,
                                G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL, test_ready,
                                &self->results[7]);
  spool_buffer_reserve_async (buffer, 100, 0, NULL, test_ready, &self->results[8]);

  self->reading = spool_text_stream_new_for_buffer (buffer);
  spool_text_stream_read_async (self->reading, 1, 0, NULL, test_ready, &self->results[9]);
  self->writing = spool_text_stream_new_for_buffer (buffer);
  spool_text_stream_write_async (self->writing, "\0", 1, 0, NULL, test_ready,
                                 &self->results[10]);
  self->seekable = spool_seekable_input_stream_new_for_buffer (self->source, buffer);
  g_input_stream_read_async (self->seekable, self->other_blocks[0], 100, 0, NULL, test_ready,
                             &self->results[11]);
  self->concat = spool_concat_input_stream_new ();
  {
    g_autoptr(GInputStream) part = spool_memory_input_stream_new_for_buffer (buffer);

    spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (self->concat), part);
  }
  g_input_stream_read_async (self->concat, self->other_blocks[1], 100, 0, NULL, test_ready,
                             &self->results[12]);
}

/* The bytes of the test are no text, which is found out where they are. */
static void
forgive_invalid (GError **error)
{
  if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    g_clear_error (error);
}

/* Skipping needs nothing but the size. */
#define IS_SKIP(i) ((i) == 6)

static void
batch_finish (Batch *self)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) read = NULL;
  g_autoptr(GBytes) all = NULL;
  g_autofree char *text = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (self->results); i++)
    test_wait (&self->results[i]);

  g_assert_true (spool_buffer_append_bytes_finish (self->buffer, self->results[0], &error));
  read = spool_buffer_read_bytes_finish (self->buffer, self->results[1], &error);
  g_assert_cmpuint (g_bytes_get_size (read), ==, 100);
  all = spool_buffer_get_bytes_finish (self->buffer, self->results[2], &error);
  g_assert_cmpuint (g_bytes_get_size (all), >=, 100);
  g_assert_cmpint (spool_buffer_splice_from_finish (self->buffer, self->results[3], &error),
                   ==, 100);
  g_assert_cmpint (g_output_stream_write_finish (self->output, self->results[4], &error),
                   ==, 100);
  g_assert_cmpint (g_input_stream_read_finish (self->input, self->results[5], &error),
                   ==, 100);
  g_assert_cmpint (g_input_stream_skip_finish (self->skipped, self->results[6], &error),
                   ==, 100);
  g_assert_cmpint (g_output_stream_splice_finish (g_io_stream_get_output_stream (self->io),
                                                  self->results[7], &error),
                   ==, 100);
  g_assert_true (spool_buffer_reserve_finish (self->buffer, self->results[8], &error));
  text = spool_text_stream_read_finish (self->reading, self->results[9], NULL, &error);
  forgive_invalid (&error);
  spool_text_stream_write_finish (self->writing, self->results[10], &error);
  forgive_invalid (&error);
  g_assert_cmpint (g_input_stream_read_finish (self->seekable, self->results[11], &error),
                   ==, 100);
  g_assert_cmpint (g_input_stream_read_finish (self->concat, self->results[12], &error),
                   ==, 100);
  g_assert_no_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (self->results); i++)
    g_clear_object (&self->results[i]);
  g_clear_object (&self->output);
  g_clear_object (&self->input);
  g_clear_object (&self->skipped);
  g_clear_object (&self->io);
  g_clear_object (&self->source);
  g_clear_object (&self->other_source);
  g_clear_object (&self->reading);
  g_clear_object (&self->writing);
  g_clear_object (&self->seekable);
  g_clear_object (&self->concat);
}

static gpointer
roll_over_thread (gpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_roll_over (data, NULL, &error));
  g_assert_no_error (error);

  return NULL;
}

static gpointer
append_thread (gpointer data)
{
  test_append (data, spool_buffer_get_size (data), 100000);

  return NULL;
}

/* Who has the disk while the main loop goes on. */
typedef enum
{
  HOLDER_POOL,
  HOLDER_ROLL_OVER,
  HOLDER_WRITE,
} Holder;

static void
test_main_loop_held (gconstpointer data)
{
  Holder holder = (Holder) GPOINTER_TO_INT (data);
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) held = g_object_new (SPOOL_TYPE_BUFFER, "pool", pool, NULL);
  g_autoptr(SpoolBuffer) free = g_object_new (SPOOL_TYPE_BUFFER, "pool", pool, NULL);
  g_autoptr(GBytes) bytes = test_bytes (0, 100);
  g_autoptr(GError) error = NULL;
  GThread *thread = NULL;
  Batch held_batch = { 0 };
  Batch free_batch = { 0 };
  goffset size;

  g_test_summary ("While another thread has the disk no asynchronous call waits, on that buffer or another");

  test_append (held, 0, 100000);
  test_append (free, 0, 1000);
  if (holder == HOLDER_WRITE)
    g_assert_true (spool_buffer_roll_over (held, NULL, &error));
  size = spool_buffer_get_size (held);

  test_sys_gate_close (TEST_SYS_PWRITE);
  if (holder == HOLDER_POOL)
    spool_pool_set_limit (pool, 2000);
  else
    thread = g_thread_new ("holder", holder == HOLDER_ROLL_OVER ? roll_over_thread
                                                                : append_thread, held);
  test_sys_gate_wait ();
  spool_pool_set_limit (pool, -1);

  /* What has memory only comes to its end without that thread. */
  batch_begin (&free_batch, free, bytes);
  batch_begin (&held_batch, held, bytes);
  test_is_idle ();
  for (gsize i = 0; i < G_N_ELEMENTS (held_batch.results); i++)
    {
      g_assert_nonnull (free_batch.results[i]);
      g_assert_cmpint (held_batch.results[i] != NULL, ==, IS_SKIP (i));
    }
  batch_finish (&free_batch);

  /* Nor do the calls that a main loop makes besides. */
  g_assert_cmpint (spool_buffer_get_size (held), ==, size);
  g_assert_cmpint (spool_buffer_get_rolled_over (held), ==, holder == HOLDER_WRITE);
  g_assert_false (spool_buffer_get_completed (held));
  spool_buffer_set_threshold (held, 1000000);
  g_assert_cmpint (spool_pool_get_memory_used (pool), >=, 1000);
  g_assert_cmpuint (spool_pool_get_n_buffers (pool), ==, 2);

  g_assert_false (spool_buffer_write_nonblocking (held, 0, "x", 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);
  g_assert_true (spool_buffer_write_nonblocking (free, 0, "\0", 1, &error));
  g_assert_no_error (error);

  test_sys_gate_open ();
  g_clear_pointer (&thread, g_thread_join);
  batch_finish (&held_batch);
  g_assert_true (spool_buffer_get_rolled_over (held));
}

static void
assert_refused (SpoolBuffer *buffer,
                goffset      offset)
{
  SlowDisk disk = { .main_thread = g_thread_self () };
  g_autoptr(GError) error = NULL;

  test_sys_set_hook (slow_disk_hook, &disk);
  g_assert_false (spool_buffer_write_nonblocking (buffer, offset, "xyz", 3, &error));
  assert_not_in_main_thread (&disk);
  test_sys_set_hook (NULL, NULL);

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

static void
assert_would_block (SpoolBuffer *buffer,
                    goffset      offset)
{
  g_autoptr(TestState) state = test_state_new (buffer);

  assert_refused (buffer, offset);
  test_state_assert (state, buffer);
}

static void
test_main_loop_nonblocking (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (100);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(SpoolBuffer) pooled = g_object_new (SPOOL_TYPE_BUFFER, "pool", pool, NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A write that must not block does without the disk, or is refused whole");

  g_assert_true (spool_buffer_write_nonblocking (buffer, 0, "0123456789", 10, &error));
  g_assert_no_error (error);
  assert_would_block (buffer, 10);
  assert_would_block (buffer, 8);
  assert_would_block (buffer, G_GINT64_CONSTANT (1) << 40);

  /* Three bytes over others need no more memory than there is. */
  g_assert_true (spool_buffer_write_nonblocking (buffer, 7, "xyz", 3, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "0123456xyz");

  g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
  assert_would_block (buffer, 0);
  assert_would_block (buffer, 10);

  test_append (pooled, 0, 100);
  g_assert_true (spool_buffer_write_nonblocking (pooled, 97, "xyz", 3, &error));
  g_assert_no_error (error);

  /* The pool makes room for the next try, by moving this very buffer. */
  assert_refused (pooled, 100);
  g_assert_cmpint (spool_buffer_get_size (pooled), ==, 100);

  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_false (spool_buffer_write_nonblocking (buffer, 0, "x", 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static gpointer
busy_thread (gpointer data)
{
  test_append (data, spool_buffer_get_size (data), 100000);

  return NULL;
}

static void
test_main_loop_nonblocking_busy (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (1000);
  g_autoptr(GError) error = NULL;
  GThread *thread;
  goffset size = GPOINTER_TO_INT (data);

  g_test_summary ("Nor does it wait for a thread that holds the disk");

  test_append (buffer, 0, size);
  test_sys_gate_close (TEST_SYS_PWRITE);
  thread = g_thread_new ("busy", busy_thread, buffer);
  test_sys_gate_wait ();

  /* The thread has the buffer's lock; that this returns at all is the test. */
  for (int i = 0; i < 1000; i++)
    {
      g_assert_false (spool_buffer_write_nonblocking (buffer, 0, "x", 1, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      g_clear_error (&error);
    }
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);

  test_sys_gate_open ();
  g_thread_join (thread);
  test_assert_filled (buffer, size + 100000);
}

static void
test_main_loop_named_busy (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) directory = g_file_new_for_path (folder->path);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GFile) file = NULL;
  g_autofree char *parent = NULL;
  g_autoptr(GError) error = NULL;
  GThread *thread;

  g_test_summary ("Where a file is, its size, and seeking in it, is no matter of the disk");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", directory,
                         "named", TRUE,
                         "threshold", (gint64) 10,
                         NULL);
  test_append (buffer, 0, 1000);
  stream = spool_memory_input_stream_new_for_buffer (buffer);

  test_sys_gate_close (TEST_SYS_PWRITE);
  thread = g_thread_new ("busy", busy_thread, buffer);
  test_sys_gate_wait ();

  /* The thread has the buffer's lock; that this comes to an end is the test. */
  file = spool_buffer_get_file (buffer);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 1000);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 100, G_SEEK_SET, NULL, &error));
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 20, G_SEEK_CUR, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 120);

  test_sys_gate_open ();
  g_thread_join (thread);

  parent = g_path_get_dirname (g_file_peek_path (file));
  g_assert_cmpstr (parent, ==, folder->path);

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (spool_buffer_get_file (buffer));
}

static gpointer
save_thread (gpointer data)
{
  g_autoptr(GFile) file = spool_buffer_get_file (data);
  g_autofree char *path = g_strconcat (g_file_peek_path (file), "-saved", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_save (data, target, SPOOL_SAVE_NONE, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_delete (target, NULL, &error));

  return NULL;
}

typedef struct
{
  SpoolBuffer  *buffer;
  GCancellable *cancellable;
} Writer;

static gpointer
write_thread (gpointer data)
{
  Writer *writer = data;
  g_autoptr(GError) error = NULL;

  g_assert_false (spool_buffer_write (writer->buffer, 0, "x", 1, writer->cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  return NULL;
}

static void
test_main_loop_saving_cancel (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Writer writer;
  GThread *saver, *thread;

  g_test_summary ("A write that waits for a saving to end can be cancelled");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", folder->file,
                         "named", TRUE,
                         "threshold", (gint64) 10,
                         NULL);
  test_append (buffer, 0, 1000);

  test_sys_gate_close (TEST_SYS_CLONE_FILE);
  saver = g_thread_new ("saver", save_thread, buffer);
  test_sys_gate_wait ();

  writer = (Writer) { buffer, cancellable };
  thread = g_thread_new ("writer", write_thread, &writer);
  while (g_signal_handler_find (cancellable, G_SIGNAL_MATCH_ID,
                                g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE),
                                0, NULL, NULL, NULL) == 0)
    g_thread_yield ();

  g_cancellable_cancel (cancellable);
  g_thread_join (thread);

  test_sys_gate_open ();
  g_thread_join (saver);
  test_assert_filled (buffer, 1000);
  test_append (buffer, 1000, 1000);
  test_assert_filled (buffer, 2000);
}

static gpointer
read_thread (gpointer data)
{
  g_autoptr(GError) error = NULL;
  guint8 block[10];

  g_assert_cmpint (spool_buffer_read (data, 0, block, 10, NULL, &error), ==, 10);
  g_assert_no_error (error);

  return NULL;
}

static void
test_main_loop_seekable_busy (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GInputStream) base = g_memory_input_stream_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GThread *thread;
  guint8 block[100];

  g_test_summary ("Nor does a stream made seekable, over a file with a name");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", folder->file,
                         "named", TRUE,
                         "threshold", (gint64) 10,
                         NULL);
  test_append (buffer, 0, 1000);
  stream = spool_seekable_input_stream_new_for_buffer (base, buffer);

  test_sys_gate_close (TEST_SYS_PREAD);
  thread = g_thread_new ("reader", read_thread, buffer);
  test_sys_gate_wait ();

  /* The thread has the buffer's lock; that this returns is the test. */
  g_input_stream_read_async (stream, block, 100, G_PRIORITY_DEFAULT, NULL,
                             test_ready, &result);

  test_sys_gate_open ();
  g_thread_join (thread);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 100);
  g_assert_no_error (error);
  test_check (block, 0, 100);

  /* The worker may have the stream for a moment yet. */
  g_assert_true (spool_buffer_close (buffer, NULL, &error));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_sys_install ();

  g_test_add_func ("/main-loop/sees", test_main_loop_sees);
  g_test_add_func ("/main-loop/heartbeat", test_main_loop_heartbeat);
  g_test_add_func ("/main-loop/readers", test_main_loop_readers);
  g_test_add_data_func ("/main-loop/held/pool", GINT_TO_POINTER (HOLDER_POOL),
                        test_main_loop_held);
  g_test_add_data_func ("/main-loop/held/roll-over", GINT_TO_POINTER (HOLDER_ROLL_OVER),
                        test_main_loop_held);
  g_test_add_data_func ("/main-loop/held/write", GINT_TO_POINTER (HOLDER_WRITE),
                        test_main_loop_held);
  g_test_add_func ("/main-loop/nonblocking", test_main_loop_nonblocking);
  g_test_add_data_func ("/main-loop/nonblocking-busy/roll-over", GINT_TO_POINTER (1000),
                        test_main_loop_nonblocking_busy);
  g_test_add_func ("/main-loop/saving-cancel", test_main_loop_saving_cancel);
  g_test_add_func ("/main-loop/seekable-busy", test_main_loop_seekable_busy);
  g_test_add_func ("/main-loop/named-busy", test_main_loop_named_busy);
  g_test_add_data_func ("/main-loop/nonblocking-busy/write", GINT_TO_POINTER (1001),
                        test_main_loop_nonblocking_busy);

  return test_run ();
}
