/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Asynchronous reads and writes, one after the other in a main loop, and the
 * splices, in both forms.
 */

#include "bench-streams.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPLICE_FLAGS (G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)

typedef struct
{
  BenchStreams streams;
  const BenchSpec *spec;
  goffset done;
  gboolean finished;
} Transfer;

static void
wait_until (const gboolean *finished)
{
  while (!*finished)
    g_main_context_iteration (NULL, TRUE);
}

static void
written (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Transfer *transfer = user_data;
  GOutputStream *out = G_OUTPUT_STREAM (object);
  gsize chunk = transfer->spec->chunk;

  if (result != NULL)
    {
      BENCH_CHECK (g_output_stream_write_finish (out, result, NULL) == (gssize) chunk);
      transfer->done += chunk;
    }

  if (transfer->done < transfer->spec->size)
    g_output_stream_write_async (out, bench_source, chunk, G_PRIORITY_DEFAULT, NULL, written, transfer);
  else
    transfer->finished = TRUE;
}

static void
run_write_async (gpointer         state,
                 const BenchSpec *spec)
{
  Transfer transfer = { .spec = spec };

  bench_streams_open (&transfer.streams, spec);
  written (G_OBJECT (transfer.streams.out), NULL, &transfer);
  wait_until (&transfer.finished);
  bench_streams_close (&transfer.streams);
}

static void
have_read (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  Transfer *transfer = user_data;
  GInputStream *in = G_INPUT_STREAM (object);
  gsize chunk = transfer->spec->chunk;

  if (result != NULL)
    {
      BENCH_CHECK (g_input_stream_read_finish (in, result, NULL) == (gssize) chunk);
      transfer->done += chunk;
    }

  if (transfer->done < transfer->spec->size)
    g_input_stream_read_async (in, bench_sink, chunk, G_PRIORITY_DEFAULT, NULL, have_read, transfer);
  else
    transfer->finished = TRUE;
}

static void
run_read_async (gpointer         state,
                const BenchSpec *spec)
{
  BenchStreams *streams = state;
  Transfer transfer = { .spec = spec };

  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (streams->in), 0, G_SEEK_SET, NULL, NULL));
  have_read (G_OBJECT (streams->in), NULL, &transfer);
  wait_until (&transfer.finished);
}

/* What a splice reads from: the same bytes in memory and in a file. */
typedef struct
{
  GBytes *bytes;
  GFile *file;
} Source;

static gpointer
setup_source (const BenchSpec *spec)
{
  Source *source = g_new0 (Source, 1);
  guint8 *data = g_malloc (spec->size);
  GFileIOStream *io;

  for (goffset done = 0; done < spec->size; done += BENCH_BLOCK_SIZE)
    memcpy (data + done, bench_source, MIN (BENCH_BLOCK_SIZE, spec->size - done));
  source->bytes = g_bytes_new_take (data, spec->size);

  source->file = g_file_new_tmp (NULL, &io, NULL);
  BENCH_CHECK (source->file != NULL);
  BENCH_CHECK (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (io)),
                                          data,
                                          spec->size,
                                          NULL,
                                          NULL,
                                          NULL));
  g_object_unref (io);

  return source;
}

static void
teardown_source (gpointer state)
{
  Source *source = state;

  BENCH_CHECK (g_file_delete (source->file, NULL, NULL));
  g_object_unref (source->file);
  g_bytes_unref (source->bytes);
  g_free (source);
}

static GInputStream *
open_memory (Source *source)
{
  return g_memory_input_stream_new_from_bytes (source->bytes);
}

static GInputStream *
open_file (Source *source)
{
  return G_INPUT_STREAM (g_file_read (source->file, NULL, NULL));
}

typedef struct
{
  int fd;
  GBytes *bytes;
} Feeder;

static gpointer
feed (gpointer data)
{
  g_autofree Feeder *feeder = data;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (feeder->bytes, &size);

  while (size > 0)
    {
      gssize n_written = send (feeder->fd, bytes, MIN (size, 256 * 1024), MSG_NOSIGNAL);

      BENCH_CHECK (n_written > 0);
      bytes += n_written;
      size -= n_written;
    }
  close (feeder->fd);

  return NULL;
}

/* The bytes come from a thread at the other end. */
static GInputStream *
open_socket (Source *source)
{
  g_autoptr(GSocket) socket = NULL;
  g_autoptr(GSocketConnection) connection = NULL;
  GInputStream *in;
  Feeder *feeder = g_new (Feeder, 1);
  int fds[2];

  BENCH_CHECK (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  feeder->fd = fds[0];
  feeder->bytes = source->bytes;
  g_thread_unref (g_thread_new ("feeder", feed, feeder));

  socket = g_socket_new_from_fd (fds[1], NULL);
  connection = g_socket_connection_factory_create_connection (socket);
  in = g_object_ref (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  /* The stream lives on only with its connection. */
  g_object_set_data_full (G_OBJECT (in), "connection", g_steal_pointer (&connection), g_object_unref);

  return in;
}

static void
splice (const BenchSpec *spec,
        GInputStream    *in)
{
  BenchStreams streams;

  bench_streams_open (&streams, spec);
  BENCH_CHECK (g_output_stream_splice (streams.out, in, SPLICE_FLAGS, NULL, NULL) == spec->size);
  bench_streams_close (&streams);
  g_object_unref (in);
}

static void
spliced (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Transfer *transfer = user_data;

  BENCH_CHECK (g_output_stream_splice_finish (G_OUTPUT_STREAM (object), result, NULL) == transfer->spec->size);
  transfer->finished = TRUE;
}

static void
splice_async (const BenchSpec *spec,
              GInputStream    *in)
{
  Transfer transfer = { .spec = spec };

  bench_streams_open (&transfer.streams, spec);
  g_output_stream_splice_async (transfer.streams.out,
                                in,
                                SPLICE_FLAGS,
                                G_PRIORITY_DEFAULT,
                                NULL,
                                spliced,
                                &transfer);
  wait_until (&transfer.finished);
  bench_streams_close (&transfer.streams);
  g_object_unref (in);
}

static void
run_splice_memory (gpointer         state,
                   const BenchSpec *spec)
{
  splice (spec, open_memory (state));
}

static void
run_splice_file (gpointer         state,
                 const BenchSpec *spec)
{
  splice (spec, open_file (state));
}

static void
run_splice_socket (gpointer         state,
                   const BenchSpec *spec)
{
  splice (spec, open_socket (state));
}

static void
run_splice_memory_async (gpointer         state,
                         const BenchSpec *spec)
{
  splice_async (spec, open_memory (state));
}

static void
run_splice_file_async (gpointer         state,
                       const BenchSpec *spec)
{
  splice_async (spec, open_file (state));
}

static void
run_splice_socket_async (gpointer         state,
                         const BenchSpec *spec)
{
  splice_async (spec, open_socket (state));
}

#define ASYNC_VERBS(name, peer) \
  { name, "write-async", NULL, run_write_async, NULL, BENCH_DEFAULT, peer }, \
  { name, "read-async", bench_streams_setup_reading, run_read_async, bench_streams_teardown, BENCH_DEFAULT, peer }, \
  { name, "splice-memory", setup_source, run_splice_memory, teardown_source, BENCH_DEFAULT, peer }, \
  { name, "splice-file", setup_source, run_splice_file, teardown_source, BENCH_DEFAULT, peer }, \
  { name, "splice-socket", setup_source, run_splice_socket, teardown_source, BENCH_DEFAULT, peer }, \
  { name, "splice-memory-async", setup_source, run_splice_memory_async, teardown_source, BENCH_DEFAULT, peer }, \
  { name, "splice-file-async", setup_source, run_splice_file_async, teardown_source, BENCH_DEFAULT, peer }, \
  { name, "splice-socket-async", setup_source, run_splice_socket_async, teardown_source, BENCH_DEFAULT, peer }

const Bench bench_async_table[] = {
  ASYNC_VERBS ("gio", &bench_peer_gio),
  ASYNC_VERBS ("spool", &bench_peer_spool),
  { NULL, NULL, NULL, NULL, NULL, BENCH_DEFAULT, NULL },
};
