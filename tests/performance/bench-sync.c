/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The synchronous calls of GIO's streams, ours and GIO's own. */

#include "bench-streams.h"

static void
run_write (gpointer         state,
           const BenchSpec *spec)
{
  BenchStreams streams;

  bench_streams_open (&streams, spec);
  bench_streams_fill (&streams, spec);
  bench_streams_close (&streams);
}

static gpointer
wait_forever (gpointer data)
{
  return g_async_queue_pop (data);
}

/* Once a process has had a second thread, no lock can be left out. */
static gpointer
setup_thread (const BenchSpec *spec)
{
  static GThread *thread = NULL;

  if (thread == NULL)
    thread = g_thread_new ("idle", wait_forever, g_async_queue_new ());

  return NULL;
}

static void
run_read (gpointer         state,
          const BenchSpec *spec)
{
  BenchStreams *streams = state;
  GInputStream *in = streams->in;
  gssize n_read;

  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (in), 0, G_SEEK_SET, NULL, NULL));
  for (goffset done = 0; done < spec->size; done += n_read)
    {
      n_read = g_input_stream_read (in, bench_sink, spec->chunk, NULL, NULL);
      BENCH_CHECK (n_read > 0);
    }
}

static void
run_random_write (gpointer         state,
                  const BenchSpec *spec)
{
  BenchStreams *streams = state;
  GOutputStream *out = streams->out;
  guint32 seed = 1;

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    {
      BENCH_CHECK (g_seekable_seek (G_SEEKABLE (out), bench_next_offset (spec, &seed), G_SEEK_SET, NULL, NULL));
      BENCH_CHECK (g_output_stream_write (out, bench_source, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
    }
}

static void
run_random_read (gpointer         state,
                 const BenchSpec *spec)
{
  BenchStreams *streams = state;
  GInputStream *in = streams->in;
  guint32 seed = 1;

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    {
      BENCH_CHECK (g_seekable_seek (G_SEEKABLE (in), bench_next_offset (spec, &seed), G_SEEK_SET, NULL, NULL));
      BENCH_CHECK (g_input_stream_read (in, bench_sink, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
    }
}

static void
run_small (gpointer         state,
           const BenchSpec *spec)
{
  BenchSpec one = *spec;

  one.size = spec->chunk;
  for (goffset done = 0; done < spec->size; done += spec->chunk)
    {
      BenchStreams streams;

      bench_streams_open (&streams, &one);
      bench_streams_fill (&streams, &one);
      bench_streams_begin_reading (&streams, &one);
      BENCH_CHECK (g_input_stream_read (streams.in, bench_sink, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
      bench_streams_close (&streams);
    }
}

static void
run_many (gpointer         state,
          const BenchSpec *spec)
{
  gsize n_streams = spec->size / spec->chunk;
  g_autofree BenchStreams *streams = g_new (BenchStreams, n_streams);
  BenchSpec one = *spec;

  one.size = spec->chunk;
  for (gsize i = 0; i < n_streams; i++)
    {
      bench_streams_open (&streams[i], &one);
      bench_streams_fill (&streams[i], &one);
    }
  for (gsize i = 0; i < n_streams; i++)
    bench_streams_close (&streams[i]);
}

static void
run_snapshot (gpointer         state,
              const BenchSpec *spec)
{
  const BenchPeer *peer = spec->data;

  g_bytes_unref (peer->take_snapshot (state));
}

static void
run_snapshot_read (gpointer         state,
                   const BenchSpec *spec)
{
  const BenchPeer *peer = spec->data;
  g_autoptr(GBytes) bytes = peer->take_snapshot (state);

  bench_touch (bytes);
}

/* GIO takes a snapshot of what is in memory only. */
static gpointer
setup_snapshot_in_memory (const BenchSpec *spec)
{
  BenchSpec in_memory = *spec;

  in_memory.threshold = spec->size;

  return bench_streams_setup_writing (&in_memory);
}

static void
run_write_snapshot (gpointer         state,
                    const BenchSpec *spec)
{
  const BenchPeer *peer = spec->data;
  BenchStreams streams;
  GBytes *bytes;

  bench_streams_open (&streams, spec);
  bench_streams_fill (&streams, spec);
  bytes = peer->take_snapshot (&streams);
  bench_streams_close (&streams);
  BENCH_CHECK ((goffset) g_bytes_get_size (bytes) == spec->size);
  g_bytes_unref (bytes);
}

#define STREAM_VERBS(name, peer, flags) \
  { name, "write", NULL, run_write, NULL, flags, peer }, \
  { name, "write-beside-thread", setup_thread, run_write, NULL, flags, peer }, \
  { name, "read", bench_streams_setup_reading, run_read, bench_streams_teardown, flags, peer }, \
  { name, "random-write", bench_streams_setup_writing, run_random_write, bench_streams_teardown, flags, peer }, \
  { name, "random-read", bench_streams_setup_reading, run_random_read, bench_streams_teardown, flags, peer }, \
  { name, "small", NULL, run_small, NULL, flags, peer }, \
  { name, "many", NULL, run_many, NULL, flags, peer }

#define SNAPSHOT_VERBS(name, peer, setup) \
  { name, "snapshot", setup, run_snapshot, bench_streams_teardown, BENCH_FRESH, peer }, \
  { name, "snapshot-read", setup, run_snapshot_read, bench_streams_teardown, BENCH_FRESH, peer }, \
  { name, "write-snapshot", NULL, run_write_snapshot, NULL, BENCH_DEFAULT, peer }

const Bench bench_sync_table[] = {
  STREAM_VERBS ("gio", &bench_peer_gio, BENCH_DEFAULT),
  SNAPSHOT_VERBS ("gio", &bench_peer_gio, setup_snapshot_in_memory),
  STREAM_VERBS ("gio-buffered", &bench_peer_gio_buffered, BENCH_ROLLED_ONLY),
  STREAM_VERBS ("spool", &bench_peer_spool, BENCH_DEFAULT),
  SNAPSHOT_VERBS ("spool", &bench_peer_spool, bench_streams_setup_writing),
  STREAM_VERBS ("spool-io", &bench_peer_spool_io, BENCH_DEFAULT),
  { NULL, NULL, NULL, NULL, NULL, BENCH_DEFAULT, NULL },
};
