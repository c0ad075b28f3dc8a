/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Measures one of the C peers: spool-glib, GIO or the bare system calls.
 *
 *   bench PEER
 *     reads requests from the standard input, one a line, and answers each
 *     with the nanoseconds that one chunk took in the middle one of
 *     several runs, or with "-" where the peer
 *     does not have the verb:
 *       VERB SIZE CHUNK THRESHOLD MILLISECONDS
 *   bench PEER VERB SIZE CHUNK THRESHOLD RUNS
 *     runs a workload so many times and prints nothing, for profilers.
 *   bench memory CASE
 *     prints by how many bytes the anonymous memory grew at its peak.
 *
 * The driver, performance.py, starts one process for each peer and asks them
 * in turn.
 */

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const Bench *const tables[] = {
  bench_floor_table,
  bench_buffer_table,
  bench_sync_table,
  bench_async_table,
  bench_thread_table,
  bench_file_table,
};

guint8 *bench_source;
guint8 *bench_sink;

/* Where in a page memory begins is worth more than most that differs between the
 * peers: reading a file into memory 16 bytes behind a page takes the kernel half
 * as long again as into a page. So all have it at the same place, the Rust peer
 * too: where malloc() puts large blocks.
 */
guint8 *
bench_alloc (gsize size)
{
  guint8 *memory = g_aligned_alloc (1, BENCH_PLACE + size, BENCH_PAGE);

  return memory + BENCH_PLACE;
}

void
bench_free (guint8 *block)
{
  if (block != NULL)
    g_aligned_free (block - BENCH_PLACE);
}

void
bench_fail (const char *location,
            const char *condition)
{
  fprintf (stderr, "%s: failed: %s (%s)\n", location, condition, g_strerror (errno));
  exit (EXIT_FAILURE);
}

gboolean
bench_in_memory (const BenchSpec *spec)
{
  return spec->threshold >= spec->size;
}

int
bench_open_tmpfile (void)
{
  int fd;

  fd = open (g_get_tmp_dir (), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  BENCH_CHECK (fd >= 0);

  return fd;
}

/* How much is written at once where that is not what is measured. */
gsize
bench_get_step (const BenchSpec *spec)
{
  return MIN (spec->chunk, BENCH_BLOCK_SIZE);
}

void
bench_make_file (const char      *path,
                 const BenchSpec *spec)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

  BENCH_CHECK (fd >= 0);
  for (goffset done = 0; done < spec->size; done += bench_get_step (spec))
    BENCH_CHECK (write (fd, bench_source, bench_get_step (spec)) == (gssize) bench_get_step (spec));
  BENCH_CHECK (close (fd) == 0);
}

/* Looks at each page. */
void
bench_touch (GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size; i += 4096)
    BENCH_CHECK (data[i] == bench_source[0]);
}

/* The same sequence in every peer, whatever its language. */
goffset
bench_next_offset (const BenchSpec *spec,
                   guint32         *seed)
{
  *seed = (*seed * 1103515245u + 12345u) & 0x7fffffffu;

  return (goffset) (*seed % (guint32) (spec->size / spec->chunk)) * spec->chunk;
}

static const Bench *
find_bench (const char *peer,
            const char *verb)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      for (const Bench *bench = tables[i]; bench->peer != NULL; bench++)
        {
          if (g_str_equal (bench->peer, peer) && g_str_equal (bench->verb, verb))
            return bench;
        }
    }

  return NULL;
}

static gint64
get_nanoseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static int
compare_times (gconstpointer a,
               gconstpointer b)
{
  gint64 difference = *(const gint64 *) a - *(const gint64 *) b;

  return (difference > 0) - (difference < 0);
}

/* Runs until both limits are reached, and returns the nanoseconds per chunk of
 * the middle run, so that those in which the machine did something else do not
 * count. Where it takes long to set up, the time is over earlier.
 */
static double
measure (const Bench *bench,
         BenchSpec   *spec,
         gint64       min_nanoseconds,
         guint        min_runs)
{
  g_autoptr(GArray) times = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean fresh = (bench->flags & BENCH_FRESH) != 0;
  gpointer state = NULL;
  gint64 begun = get_nanoseconds ();
  gint64 elapsed = 0;

  spec->data = bench->data;

  while (times->len < min_runs ||
         (elapsed < min_nanoseconds && get_nanoseconds () - begun < 4 * min_nanoseconds))
    {
      gint64 start, time;

      if (bench->setup != NULL && (times->len == 0 || fresh))
        state = bench->setup (spec);

      start = get_nanoseconds ();
      bench->run (state, spec);
      time = get_nanoseconds () - start;
      elapsed += time;
      g_array_append_val (times, time);

      if (bench->teardown != NULL && fresh)
        bench->teardown (state);
    }

  if (bench->teardown != NULL && !fresh)
    bench->teardown (state);

  g_array_sort (times, compare_times);

  return g_array_index (times, gint64, times->len / 2) / (double) (spec->size / spec->chunk);
}

static void
serve (const char *peer)
{
  char line[256];

  while (fgets (line, sizeof line, stdin) != NULL)
    {
      char verb[64];
      BenchSpec spec;
      gint64 milliseconds;
      const Bench *bench;

      BENCH_CHECK (sscanf (line,
                           "%63s %" G_GINT64_FORMAT " %" G_GSIZE_FORMAT
                           " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT,
                           verb,
                           &spec.size,
                           &spec.chunk,
                           &spec.threshold,
                           &milliseconds) == 5);

      bench = find_bench (peer, verb);
      if (bench == NULL || ((bench->flags & BENCH_ROLLED_ONLY) && bench_in_memory (&spec)))
        puts ("-");
      else
        printf ("%.3f\n", measure (bench, &spec, milliseconds * 1000000, 1));
      fflush (stdout);
    }
}

int
main (int   argc,
      char *argv[])
{
  bench_source = bench_alloc (BENCH_BLOCK_SIZE);
  bench_sink = bench_alloc (BENCH_BLOCK_SIZE);
  memset (bench_source, 'a', BENCH_BLOCK_SIZE);
  memset (bench_sink, 1, BENCH_BLOCK_SIZE);

  if (argc == 3 && g_str_equal (argv[1], "memory"))
    return bench_memory_main (argv[2]);

  if (argc == 2)
    {
      serve (argv[1]);
      return EXIT_SUCCESS;
    }

  if (argc == 7)
    {
      const Bench *bench = find_bench (argv[1], argv[2]);
      BenchSpec spec = { atoll (argv[3]), atoll (argv[4]), atoll (argv[5]), NULL };

      if (bench != NULL)
        {
          measure (bench, &spec, 0, (guint) atoi (argv[6]));
          return EXIT_SUCCESS;
        }
    }

  fprintf (stderr,
           "Usage: %s PEER [VERB SIZE CHUNK THRESHOLD RUNS]\n"
           "       %s memory CASE\n",
           argv[0],
           argv[0]);

  return EXIT_FAILURE;
}
