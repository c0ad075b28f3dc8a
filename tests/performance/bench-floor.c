/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The floor: what memcpy(), pwrite() and pread() cost alone. In memory, the
 * block is already there and warm, which no growing stream can have.
 */

#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  guint8 *block;
  int fd;
} Floor;

static void
fill_fd (int              fd,
         const BenchSpec *spec)
{
  for (goffset offset = 0; offset < spec->size; offset += spec->chunk)
    BENCH_CHECK (pwrite (fd, bench_source, spec->chunk, offset) == (gssize) spec->chunk);
}

static gpointer
setup_write (const BenchSpec *spec)
{
  Floor *self = g_new0 (Floor, 1);

  if (bench_in_memory (spec))
    {
      self->block = bench_alloc (spec->size);
      memset (self->block, 1, spec->size);
    }

  return self;
}

static gpointer
setup_filled (const BenchSpec *spec)
{
  Floor *self = setup_write (spec);

  if (self->block == NULL)
    {
      self->fd = bench_open_tmpfile ();
      fill_fd (self->fd, spec);
    }

  return self;
}

static void
teardown (gpointer state)
{
  Floor *self = state;

  if (self->block == NULL && self->fd > 0)
    close (self->fd);
  bench_free (self->block);
  g_free (self);
}

static void
run_write (gpointer         state,
           const BenchSpec *spec)
{
  Floor *self = state;

  if (self->block != NULL)
    {
      for (goffset offset = 0; offset < spec->size; offset += spec->chunk)
        {
          memcpy (self->block + offset, bench_source, spec->chunk);
          /* Keeps the compiler from making one copy of many. */
          __asm__ volatile ("" ::: "memory");
        }
    }
  else
    {
      int fd = bench_open_tmpfile ();

      fill_fd (fd, spec);
      close (fd);
    }
}

static void
run_read (gpointer         state,
          const BenchSpec *spec)
{
  Floor *self = state;

  for (goffset offset = 0; offset < spec->size; offset += spec->chunk)
    {
      if (self->block != NULL)
        {
          memcpy (bench_sink, self->block + offset, spec->chunk);
          __asm__ volatile ("" ::: "memory");
        }
      else
        {
          BENCH_CHECK (pread (self->fd, bench_sink, spec->chunk, offset) == (gssize) spec->chunk);
        }
    }
}

static void
run_random_read (gpointer         state,
                 const BenchSpec *spec)
{
  Floor *self = state;
  guint32 seed = 1;

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    BENCH_CHECK (pread (self->fd, bench_sink, spec->chunk, bench_next_offset (spec, &seed)) == (gssize) spec->chunk);
}

static void
run_random_write (gpointer         state,
                  const BenchSpec *spec)
{
  Floor *self = state;
  guint32 seed = 1;

  for (goffset done = 0; done < spec->size; done += spec->chunk)
    BENCH_CHECK (pwrite (self->fd, bench_source, spec->chunk, bench_next_offset (spec, &seed)) == (gssize) spec->chunk);
}

static gpointer
setup_roll_over (const BenchSpec *spec)
{
  Floor *self = setup_write (spec);

  self->fd = bench_open_tmpfile ();

  return self;
}

static void
run_roll_over (gpointer         state,
               const BenchSpec *spec)
{
  Floor *self = state;

  BENCH_CHECK (write (self->fd, self->block, spec->size) == spec->size);
}

static void
teardown_roll_over (gpointer state)
{
  Floor *self = state;

  close (self->fd);
  bench_free (self->block);
  g_free (self);
}

/* A snapshot is a mapped file there. */
static gpointer
setup_mapping (const BenchSpec *spec)
{
  char *path = g_build_filename (g_get_tmp_dir (), "mapped", NULL);

  bench_make_file (path, spec);

  return path;
}

static GBytes *
map_file (const char *path)
{
  g_autoptr(GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);

  BENCH_CHECK (file != NULL);

  return g_mapped_file_get_bytes (file);
}

static void
run_snapshot (gpointer         state,
              const BenchSpec *spec)
{
  g_bytes_unref (map_file (state));
}

static void
run_snapshot_read (gpointer         state,
                   const BenchSpec *spec)
{
  g_autoptr(GBytes) bytes = map_file (state);

  bench_touch (bytes);
}

static void
teardown_mapping (gpointer state)
{
  BENCH_CHECK (unlink (state) == 0);
  g_free (state);
}

const Bench bench_floor_table[] = {
  { "floor", "write", setup_write, run_write, teardown, BENCH_DEFAULT, NULL },
  { "floor", "read", setup_filled, run_read, teardown, BENCH_DEFAULT, NULL },
  { "floor", "random-write", setup_filled, run_random_write, teardown, BENCH_ROLLED_ONLY, NULL },
  { "floor", "random-read", setup_filled, run_random_read, teardown, BENCH_ROLLED_ONLY, NULL },
  { "floor", "roll-over", setup_roll_over, run_roll_over, teardown_roll_over, BENCH_FRESH, NULL },
  { "floor", "snapshot", setup_mapping, run_snapshot, teardown_mapping, BENCH_DEFAULT, NULL },
  { "floor", "snapshot-read", setup_mapping, run_snapshot_read, teardown_mapping, BENCH_DEFAULT, NULL },
  { NULL, NULL, NULL, NULL, NULL, BENCH_DEFAULT, NULL },
};
