/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Many readers on one and the same content: sixteen threads that read the
 * whole of it once each, or a single one that reads it sixteen times.
 */

#include "bench.h"

#include <unistd.h>

#include <spool-glib/spool-glib.h>

#define N_READERS 16

typedef struct
{
  SpoolBuffer *buffer;  /* one of the three */
  GFile *file;
  int fd;
  BenchSpec spec;
} Content;

static void
read_stream (GInputStream    *in,
             const BenchSpec *spec)
{
  guint8 *block = bench_alloc (spec->chunk);

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    BENCH_CHECK (g_input_stream_read (in, block, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
  g_object_unref (in);
  bench_free (block);
}

static gpointer
spool_reader (gpointer data)
{
  Content *content = data;

  read_stream (spool_memory_input_stream_new_for_buffer (content->buffer), &content->spec);

  return NULL;
}

static gpointer
buffer_reader (gpointer data)
{
  Content *content = data;
  BenchSpec *spec = &content->spec;
  guint8 *block = bench_alloc (spec->chunk);

  for (goffset offset = 0; offset < spec->size; offset += spec->chunk)
    BENCH_CHECK (spool_buffer_read (content->buffer, offset, block, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
  bench_free (block);

  return NULL;
}

static gpointer
gio_reader (gpointer data)
{
  Content *content = data;

  read_stream (G_INPUT_STREAM (g_file_read (content->file, NULL, NULL)), &content->spec);

  return NULL;
}

static gpointer
floor_reader (gpointer data)
{
  Content *content = data;
  BenchSpec *spec = &content->spec;
  guint8 *block = bench_alloc (spec->chunk);

  for (goffset offset = 0; offset < spec->size; offset += spec->chunk)
    BENCH_CHECK (pread (content->fd, block, spec->chunk, offset) == (gssize) spec->chunk);
  bench_free (block);

  return NULL;
}

static Content *
make_content (const BenchSpec *spec)
{
  Content *content = g_new0 (Content, 1);

  content->spec = *spec;
  content->spec.size = spec->size / N_READERS;

  return content;
}

static gpointer
setup_buffer (const BenchSpec *spec)
{
  Content *content = make_content (spec);

  content->buffer = spool_buffer_new_with_threshold (spec->threshold);
  for (goffset done = 0; done < content->spec.size; done += spec->chunk)
    BENCH_CHECK (spool_buffer_append (content->buffer, bench_source, spec->chunk, NULL, NULL));

  return content;
}

static gpointer
setup_gio (const BenchSpec *spec)
{
  Content *content = make_content (spec);
  GFileIOStream *io;
  GOutputStream *out;

  content->file = g_file_new_tmp (NULL, &io, NULL);
  BENCH_CHECK (content->file != NULL);
  out = g_io_stream_get_output_stream (G_IO_STREAM (io));
  for (goffset done = 0; done < content->spec.size; done += spec->chunk)
    BENCH_CHECK (g_output_stream_write (out, bench_source, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
  g_object_unref (io);

  return content;
}

static gpointer
setup_floor (const BenchSpec *spec)
{
  Content *content = make_content (spec);

  content->fd = bench_open_tmpfile ();
  for (goffset done = 0; done < content->spec.size; done += spec->chunk)
    BENCH_CHECK (write (content->fd, bench_source, spec->chunk) == (gssize) spec->chunk);

  return content;
}

static void
teardown (gpointer state)
{
  Content *content = state;

  if (content->file != NULL)
    BENCH_CHECK (g_file_delete (content->file, NULL, NULL));
  if (content->fd > 0)
    close (content->fd);
  g_clear_object (&content->file);
  g_clear_object (&content->buffer);
  g_free (content);
}

static void
run_threads (gpointer         state,
             const BenchSpec *spec)
{
  GThreadFunc reader = (GThreadFunc) spec->data;
  GThread *threads[N_READERS];

  for (gsize i = 0; i < N_READERS; i++)
    threads[i] = g_thread_new ("reader", reader, state);
  for (gsize i = 0; i < N_READERS; i++)
    g_thread_join (threads[i]);
}

/* In a thread too, since in a process that never had one locks are left out. */
static void
run_alone (gpointer         state,
           const BenchSpec *spec)
{
  GThreadFunc reader = (GThreadFunc) spec->data;

  for (gsize i = 0; i < N_READERS; i++)
    g_thread_join (g_thread_new ("reader", reader, state));
}

#define READER_VERBS(name, setup, reader) \
  { name, "readers", setup, run_threads, teardown, BENCH_DEFAULT, reader }, \
  { name, "one-reader", setup, run_alone, teardown, BENCH_DEFAULT, reader }

const Bench bench_thread_table[] = {
  READER_VERBS ("spool", setup_buffer, spool_reader),
  READER_VERBS ("buffer", setup_buffer, buffer_reader),
  READER_VERBS ("gio", setup_gio, gio_reader),
  READER_VERBS ("floor", setup_floor, floor_reader),
  { NULL, NULL, NULL, NULL, NULL, BENCH_DEFAULT, NULL },
};
