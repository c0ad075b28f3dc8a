/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How much anonymous memory the library takes. Each case runs in a process of
 * its own, and prints by how many bytes RssAnon grew at its peak. Peak RSS
 * would not do: it counts the pages of mapped files too.
 */

#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <spool-glib/spool-glib.h>

#define THRESHOLD (1024 * 1024)
#define LARGE (G_GINT64_CONSTANT (1) << 30)
#define STEP (64 * 1024)

#define N_IDLE 100000
#define IDLE_SIZE 100
#define N_STREAMS 1000000
#define N_ROLLED 20000

typedef struct
{
  const char *name;
  void (*run) (void);
} MemoryCase;

static int peak;        /* atomic, in KiB */
static int watching;    /* atomic */

static int
get_anonymous_kib (void)
{
  char text[4096];
  const char *line;
  gssize length;
  int fd;

  fd = open ("/proc/self/status", O_RDONLY | O_CLOEXEC);
  BENCH_CHECK (fd >= 0);
  length = read (fd, text, sizeof text - 1);
  BENCH_CHECK (length > 0);
  close (fd);
  text[length] = '\0';

  line = strstr (text, "RssAnon:");
  BENCH_CHECK (line != NULL);

  return atoi (line + strlen ("RssAnon:"));
}

static void
note_memory (void)
{
  int now = get_anonymous_kib ();

  if (now > g_atomic_int_get (&peak))
    g_atomic_int_set (&peak, now);
}

/* Only this thread samples, so that the peak has one writer. */
static gpointer
watch (gpointer data)
{
  while (g_atomic_int_get (&watching))
    {
      note_memory ();
      g_usleep (500);
    }

  return NULL;
}

static SpoolBuffer *
make_large (void)
{
  SpoolBuffer *buffer = spool_buffer_new_with_threshold (THRESHOLD);

  for (goffset done = 0; done < LARGE; done += STEP)
    BENCH_CHECK (spool_buffer_append (buffer, bench_source, STEP, NULL, NULL));

  return buffer;
}

static void
test_write (void)
{
  GOutputStream *out = spool_memory_output_stream_new_with_threshold (THRESHOLD);

  for (goffset done = 0; done < LARGE; done += STEP)
    BENCH_CHECK (g_output_stream_write_all (out, bench_source, STEP, NULL, NULL, NULL));
  BENCH_CHECK (g_output_stream_close (out, NULL, NULL));
  g_object_unref (out);
}

static void
test_writev (void)
{
  GOutputStream *out = spool_memory_output_stream_new_with_threshold (THRESHOLD);
  GOutputVector vectors[4];

  for (goffset done = 0; done < LARGE; done += 4 * STEP)
    {
      for (gsize i = 0; i < G_N_ELEMENTS (vectors); i++)
        {
          vectors[i].buffer = bench_source;
          vectors[i].size = STEP;
        }
      BENCH_CHECK (g_output_stream_writev_all (out, vectors, G_N_ELEMENTS (vectors), NULL, NULL, NULL));
    }
  g_object_unref (out);
}

static void
test_small_writes (void)
{
  SpoolBuffer *buffer = spool_buffer_new_with_threshold (THRESHOLD);

  for (goffset done = 0; done < LARGE; done += 1024)
    BENCH_CHECK (spool_buffer_append (buffer, bench_source, 1024, NULL, NULL));
  g_object_unref (buffer);
}

static void
test_truncate (void)
{
  SpoolBuffer *buffer = spool_buffer_new_with_threshold (THRESHOLD);

  BENCH_CHECK (spool_buffer_truncate (buffer, LARGE, NULL, NULL));
  BENCH_CHECK (spool_buffer_truncate (buffer, 1, NULL, NULL));
  g_object_unref (buffer);
}

static void
test_reserve (void)
{
  SpoolBuffer *buffer = spool_buffer_new_with_threshold (THRESHOLD);

  BENCH_CHECK (spool_buffer_reserve (buffer, LARGE, NULL, NULL));
  g_object_unref (buffer);
}

static void
test_read (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  GInputStream *in = spool_memory_input_stream_new_for_buffer (buffer);

  for (goffset done = 0; done < LARGE; done += STEP)
    BENCH_CHECK (g_input_stream_read (in, bench_sink, STEP, NULL, NULL) == STEP);
  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (in), 0, G_SEEK_SET, NULL, NULL));
  for (goffset done = 0; done < LARGE; done += STEP)
    g_bytes_unref (g_input_stream_read_bytes (in, STEP, NULL, NULL));
  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (in), 0, G_SEEK_SET, NULL, NULL));
  BENCH_CHECK (g_input_stream_skip (in, LARGE, NULL, NULL) == LARGE);
  g_object_unref (in);
}

static void
test_io_stream (void)
{
  g_autoptr(GIOStream) stream = spool_io_stream_new_with_threshold (THRESHOLD);
  GOutputStream *out = g_io_stream_get_output_stream (stream);
  GInputStream *in = g_io_stream_get_input_stream (stream);

  for (goffset done = 0; done < LARGE; done += STEP)
    BENCH_CHECK (g_output_stream_write (out, bench_source, STEP, NULL, NULL) == STEP);
  BENCH_CHECK (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, NULL));
  for (goffset done = 0; done < LARGE; done += STEP)
    BENCH_CHECK (g_input_stream_read (in, bench_sink, STEP, NULL, NULL) == STEP);
}

static void
test_splice (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  GInputStream *in = spool_memory_input_stream_new_for_buffer (buffer);
  GOutputStream *out = spool_memory_output_stream_new_with_threshold (THRESHOLD);

  BENCH_CHECK (g_output_stream_splice (out, in, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL) == LARGE);
  g_object_unref (out);
  g_object_unref (in);
}

static void
spliced (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  gboolean *finished = user_data;

  BENCH_CHECK (g_output_stream_splice_finish (G_OUTPUT_STREAM (object), result, NULL) == LARGE);
  *finished = TRUE;
}

static void
test_splice_async (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  GInputStream *in = spool_memory_input_stream_new_for_buffer (buffer);
  GOutputStream *out = spool_memory_output_stream_new_with_threshold (THRESHOLD);
  gboolean finished = FALSE;

  g_output_stream_splice_async (out,
                                in,
                                G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                G_PRIORITY_DEFAULT,
                                NULL,
                                spliced,
                                &finished);
  while (!finished)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (out);
  g_object_unref (in);
}

static void
test_splice_from (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  g_autoptr(SpoolBuffer) copy = spool_buffer_new_with_threshold (THRESHOLD);
  GInputStream *in = spool_memory_input_stream_new_for_buffer (buffer);

  BENCH_CHECK (spool_buffer_splice_from (copy, in, G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL) == LARGE);
  g_object_unref (in);
}

static void
test_equal (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  g_autoptr(SpoolBuffer) other = make_large ();

  BENCH_CHECK (spool_buffer_equal (buffer, other, NULL, NULL));
}

static void
test_snapshot (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  g_autoptr(GBytes) bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size; i += 4096)
    BENCH_CHECK (data[i] == bench_source[i % STEP]);
  /* The mapped file has to stay as it is: the buffer moves to a clone. */
  BENCH_CHECK (spool_buffer_write (buffer, 0, "changed", 7, NULL, NULL));
  BENCH_CHECK (data[0] == bench_source[0]);
}

static void
test_dup_fd (void)
{
  g_autoptr(SpoolBuffer) buffer = make_large ();
  int fd = spool_buffer_dup_fd (buffer, FALSE, NULL, NULL);

  for (goffset done = 0; done < LARGE; done += STEP)
    BENCH_CHECK (read (fd, bench_sink, STEP) == STEP);
  close (fd);
}

static void
test_idle_buffers (void)
{
  for (gsize i = 0; i < N_IDLE; i++)
    BENCH_CHECK (spool_buffer_append (spool_buffer_new (), bench_source, IDLE_SIZE, NULL, NULL));
}

static void
test_idle_streams (void)
{
  for (gsize i = 0; i < N_IDLE; i++)
    BENCH_CHECK (g_output_stream_write (spool_memory_output_stream_new (), bench_source, IDLE_SIZE, NULL, NULL) == IDLE_SIZE);
}

static void
test_idle_gio (void)
{
  for (gsize i = 0; i < N_IDLE; i++)
    BENCH_CHECK (g_output_stream_write (g_memory_output_stream_new_resizable (), bench_source, IDLE_SIZE, NULL, NULL) == IDLE_SIZE);
}

static void
use_streams (goffset threshold,
             gsize   n_streams)
{
  for (gsize i = 0; i < n_streams; i++)
    {
      GOutputStream *out = spool_memory_output_stream_new_with_threshold (threshold);
      SpoolBuffer *buffer = spool_memory_output_stream_get_buffer (SPOOL_MEMORY_OUTPUT_STREAM (out));
      GInputStream *in = spool_memory_input_stream_new_for_buffer (buffer);

      BENCH_CHECK (g_output_stream_write (out, bench_source, IDLE_SIZE, NULL, NULL) == IDLE_SIZE);
      BENCH_CHECK (g_output_stream_close (out, NULL, NULL));
      BENCH_CHECK (g_input_stream_read (in, bench_sink, IDLE_SIZE, NULL, NULL) == IDLE_SIZE);
      g_object_unref (in);
      g_object_unref (out);
    }
}

static void
test_streams (void)
{
  use_streams (THRESHOLD, N_STREAMS);
}

static void
test_rolled_streams (void)
{
  use_streams (0, N_ROLLED);
}

static const MemoryCase cases[] = {
  { "write", test_write },
  { "writev", test_writev },
  { "small-writes", test_small_writes },
  { "truncate", test_truncate },
  { "reserve", test_reserve },
  { "read", test_read },
  { "io-stream", test_io_stream },
  { "splice", test_splice },
  { "splice-async", test_splice_async },
  { "splice-from", test_splice_from },
  { "equal", test_equal },
  { "snapshot", test_snapshot },
  { "dup-fd", test_dup_fd },
  { "idle-buffers", test_idle_buffers },
  { "idle-streams", test_idle_streams },
  { "idle-gio", test_idle_gio },
  { "streams", test_streams },
  { "rolled-streams", test_rolled_streams },
};

int
bench_memory_main (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GThread *watcher;
      int start;

      if (!g_str_equal (cases[i].name, name))
        continue;

      /* Whatever is made once is made before the count begins. */
      use_streams (THRESHOLD, 100);
      use_streams (0, 100);
      g_atomic_int_set (&watching, 1);
      watcher = g_thread_new ("watcher", watch, NULL);
      start = get_anonymous_kib ();

      cases[i].run ();

      g_atomic_int_set (&watching, 0);
      g_thread_join (watcher);
      note_memory ();
      printf ("%" G_GINT64_FORMAT "\n", (g_atomic_int_get (&peak) - start) * G_GINT64_CONSTANT (1024));

      return EXIT_SUCCESS;
    }

  fprintf (stderr, "No such case: %s\n", name);

  return EXIT_FAILURE;
}
