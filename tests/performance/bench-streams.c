/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How each peer that has GIO streams opens them. */

#include "bench-streams.h"

#include <spool-glib/spool-glib.h>

static GIOStream *
open_gio_file (void)
{
  GFileIOStream *stream;
  g_autoptr(GFile) file = g_file_new_tmp (NULL, &stream, NULL);

  BENCH_CHECK (file != NULL);
  BENCH_CHECK (g_file_delete (file, NULL, NULL));

  return G_IO_STREAM (stream);
}

static void
gio_open (BenchStreams    *streams,
          const BenchSpec *spec)
{
  if (bench_in_memory (spec))
    {
      streams->out = g_memory_output_stream_new_resizable ();
    }
  else
    {
      streams->io = open_gio_file ();
      streams->out = g_object_ref (g_io_stream_get_output_stream (streams->io));
    }
}

static GBytes *
gio_take_snapshot (BenchStreams *streams)
{
  BENCH_CHECK (g_output_stream_close (streams->out, NULL, NULL));

  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (streams->out));
}

static void
gio_begin_reading (BenchStreams *streams)
{
  if (streams->io == NULL)
    {
      g_autoptr(GBytes) bytes = gio_take_snapshot (streams);

      streams->in = g_memory_input_stream_new_from_bytes (bytes);
    }
  else
    {
      BENCH_CHECK (g_seekable_seek (G_SEEKABLE (streams->io), 0, G_SEEK_SET, NULL, NULL));
      streams->in = g_object_ref (g_io_stream_get_input_stream (streams->io));
    }
}

const BenchPeer bench_peer_gio = { gio_open, gio_begin_reading, gio_take_snapshot };

static void
gio_buffered_open (BenchStreams    *streams,
                   const BenchSpec *spec)
{
  streams->io = open_gio_file ();
  streams->out = g_buffered_output_stream_new (g_io_stream_get_output_stream (streams->io));
  g_filter_output_stream_set_close_base_stream (G_FILTER_OUTPUT_STREAM (streams->out), FALSE);
}

static void
gio_buffered_begin_reading (BenchStreams *streams)
{
  BENCH_CHECK (g_output_stream_flush (streams->out, NULL, NULL));
  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (streams->io), 0, G_SEEK_SET, NULL, NULL));
  streams->in = g_buffered_input_stream_new (g_io_stream_get_input_stream (streams->io));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (streams->in), FALSE);
}

const BenchPeer bench_peer_gio_buffered = { gio_buffered_open, gio_buffered_begin_reading, NULL };

static void
spool_open (BenchStreams    *streams,
            const BenchSpec *spec)
{
  streams->out = spool_memory_output_stream_new_with_threshold (spec->threshold);
}

static void
spool_begin_reading (BenchStreams *streams)
{
  SpoolMemoryOutputStream *out = SPOOL_MEMORY_OUTPUT_STREAM (streams->out);

  BENCH_CHECK (g_output_stream_close (streams->out, NULL, NULL));
  streams->in = spool_memory_output_stream_open_reader (out);
}

static GBytes *
spool_take_snapshot (BenchStreams *streams)
{
  BENCH_CHECK (g_output_stream_close (streams->out, NULL, NULL));

  return spool_memory_output_stream_steal_as_bytes (SPOOL_MEMORY_OUTPUT_STREAM (streams->out), NULL);
}

const BenchPeer bench_peer_spool = { spool_open, spool_begin_reading, spool_take_snapshot };

static void
spool_io_open (BenchStreams    *streams,
               const BenchSpec *spec)
{
  streams->io = spool_io_stream_new_with_threshold (spec->threshold);
  streams->out = g_object_ref (g_io_stream_get_output_stream (streams->io));
}

static void
spool_io_begin_reading (BenchStreams *streams)
{
  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (streams->io), 0, G_SEEK_SET, NULL, NULL));
  streams->in = g_object_ref (g_io_stream_get_input_stream (streams->io));
}

const BenchPeer bench_peer_spool_io = { spool_io_open, spool_io_begin_reading, NULL };

void
bench_streams_open (BenchStreams    *streams,
                    const BenchSpec *spec)
{
  const BenchPeer *peer = spec->data;

  streams->io = NULL;
  streams->in = NULL;
  peer->open (streams, spec);
}

void
bench_streams_fill (BenchStreams    *streams,
                    const BenchSpec *spec)
{
  GOutputStream *out = streams->out;
  gssize n_written;

  /* GBufferedOutputStream writes less where there is much. */
  for (goffset done = 0; done < spec->size; done += n_written)
    {
      gsize count = MIN ((gsize) (spec->size - done), bench_get_step (spec));

      n_written = g_output_stream_write (out, bench_source, count, NULL, NULL);
      BENCH_CHECK (n_written > 0);
    }
}

void
bench_streams_begin_reading (BenchStreams    *streams,
                             const BenchSpec *spec)
{
  const BenchPeer *peer = spec->data;

  peer->begin_reading (streams);
}

void
bench_streams_close (BenchStreams *streams)
{
  if (streams->in != NULL)
    BENCH_CHECK (g_input_stream_close (streams->in, NULL, NULL));
  BENCH_CHECK (g_output_stream_close (streams->out, NULL, NULL));
  if (streams->io != NULL)
    BENCH_CHECK (g_io_stream_close (streams->io, NULL, NULL));

  g_clear_object (&streams->in);
  g_clear_object (&streams->out);
  g_clear_object (&streams->io);
}

gpointer
bench_streams_setup_writing (const BenchSpec *spec)
{
  BenchStreams *streams = g_new0 (BenchStreams, 1);

  bench_streams_open (streams, spec);
  bench_streams_fill (streams, spec);

  return streams;
}

gpointer
bench_streams_setup_reading (const BenchSpec *spec)
{
  BenchStreams *streams = bench_streams_setup_writing (spec);

  bench_streams_begin_reading (streams, spec);

  return streams;
}

void
bench_streams_teardown (gpointer state)
{
  bench_streams_close (state);
  g_free (state);
}
