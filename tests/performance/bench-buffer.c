/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* SpoolBuffer, called directly and without a stream. */

#include "bench.h"

#include <string.h>

#include <spool-glib/spool-glib.h>

static SpoolBuffer *
make_filled (const BenchSpec *spec)
{
  SpoolBuffer *buffer = spool_buffer_new_with_threshold (spec->threshold);

  for (goffset offset = 0; offset < spec->size; offset += bench_get_step (spec))
    BENCH_CHECK (spool_buffer_append (buffer, bench_source, bench_get_step (spec), NULL, NULL));

  return buffer;
}

static gpointer
setup_filled (const BenchSpec *spec)
{
  return make_filled (spec);
}

static void
run_write (gpointer         state,
           const BenchSpec *spec)
{
  g_object_unref (make_filled (spec));
}

static void
run_read (gpointer         state,
          const BenchSpec *spec)
{
  SpoolBuffer *buffer = state;

  for (goffset offset = 0; offset < spec->size; offset += spec->chunk)
    BENCH_CHECK (spool_buffer_read (buffer, offset, bench_sink, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
}

static void
run_random_read (gpointer         state,
                 const BenchSpec *spec)
{
  SpoolBuffer *buffer = state;
  guint32 seed = 1;

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    BENCH_CHECK (spool_buffer_read (buffer,
                                    bench_next_offset (spec, &seed),
                                    bench_sink,
                                    spec->chunk,
                                    NULL,
                                    NULL) == (gssize) spec->chunk);
}

static void
run_random_write (gpointer         state,
                  const BenchSpec *spec)
{
  SpoolBuffer *buffer = state;
  guint32 seed = 1;

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    BENCH_CHECK (spool_buffer_write (buffer,
                                     bench_next_offset (spec, &seed),
                                     bench_source,
                                     spec->chunk,
                                     NULL,
                                     NULL));
}

static void
run_roll_over (gpointer         state,
               const BenchSpec *spec)
{
  BENCH_CHECK (spool_buffer_roll_over (state, NULL, NULL));
}

static void
run_snapshot (gpointer         state,
              const BenchSpec *spec)
{
  g_bytes_unref (spool_buffer_get_bytes (state, NULL, NULL));
}

static void
run_snapshot_read (gpointer         state,
                   const BenchSpec *spec)
{
  g_autoptr(GBytes) bytes = spool_buffer_get_bytes (state, NULL, NULL);

  bench_touch (bytes);
}

static void
run_write_snapshot (gpointer         state,
                    const BenchSpec *spec)
{
  SpoolBuffer *buffer = make_filled (spec);
  GBytes *bytes = spool_buffer_get_bytes (buffer, NULL, NULL);

  g_object_unref (buffer);
  BENCH_CHECK ((goffset) g_bytes_get_size (bytes) == spec->size);
  g_bytes_unref (bytes);
}

static void
run_small (gpointer         state,
           const BenchSpec *spec)
{
  for (goffset done = 0; done < spec->size; done += spec->chunk)
    {
      SpoolBuffer *buffer = spool_buffer_new_with_threshold (spec->threshold);

      BENCH_CHECK (spool_buffer_append (buffer, bench_source, spec->chunk, NULL, NULL));
      BENCH_CHECK (spool_buffer_read (buffer, 0, bench_sink, spec->chunk, NULL, NULL) == (gssize) spec->chunk);
      g_object_unref (buffer);
    }
}

static void
run_many (gpointer         state,
          const BenchSpec *spec)
{
  gsize n_buffers = spec->size / spec->chunk;
  SpoolBuffer **buffers = g_new (SpoolBuffer *, n_buffers);

  for (gsize i = 0; i < n_buffers; i++)
    {
      buffers[i] = spool_buffer_new_with_threshold (spec->threshold);
      BENCH_CHECK (spool_buffer_append (buffers[i], bench_source, spec->chunk, NULL, NULL));
    }
  for (gsize i = 0; i < n_buffers; i++)
    g_object_unref (buffers[i]);

  g_free (buffers);
}

const Bench bench_buffer_table[] = {
  { "buffer", "write", NULL, run_write, NULL, BENCH_DEFAULT, NULL },
  { "buffer", "read", setup_filled, run_read, g_object_unref, BENCH_DEFAULT, NULL },
  { "buffer", "random-write", setup_filled, run_random_write, g_object_unref, BENCH_DEFAULT, NULL },
  { "buffer", "random-read", setup_filled, run_random_read, g_object_unref, BENCH_DEFAULT, NULL },
  { "buffer", "roll-over", setup_filled, run_roll_over, g_object_unref, BENCH_FRESH, NULL },
  { "buffer", "snapshot", setup_filled, run_snapshot, g_object_unref, BENCH_DEFAULT, NULL },
  { "buffer", "snapshot-read", setup_filled, run_snapshot_read, g_object_unref, BENCH_DEFAULT, NULL },
  { "buffer", "write-snapshot", NULL, run_write_snapshot, NULL, BENCH_DEFAULT, NULL },
  { "buffer", "small", NULL, run_small, NULL, BENCH_DEFAULT, NULL },
  { "buffer", "many", NULL, run_many, NULL, BENCH_DEFAULT, NULL },
  { NULL, NULL, NULL, NULL, NULL, BENCH_DEFAULT, NULL },
};
