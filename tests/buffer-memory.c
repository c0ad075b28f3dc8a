/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-stream.h"
#include "test-utils.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (1 << 20)
#define GIB (1 << 30)

/* As much growth, in KiB, as the allocator of the C library needs for itself;
 * a leak of a few bytes a call would be many times that. */
#define SLACK 1536

static void
limit_data (gpointer user_data)
{
  const struct rlimit limit = { 64 * MIB, 64 * MIB };

  setrlimit (RLIMIT_DATA, &limit);
}

/* Cheaper to check than test_byte() would be for a GiB. */
static void
fill_chunk (guint64 *chunk,
            gsize    n_words,
            goffset  offset)
{
  for (gsize i = 0; i < n_words; i++)
    chunk[i] = ((guint64) offset + i * 8) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
}

static void
check_chunks (SpoolBuffer *buffer,
              goffset      size)
{
  static guint64 found[MIB / 8];
  static guint64 wanted[MIB / 8];
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
  for (goffset offset = 0; offset < size; offset += MIB)
    {
      g_assert_cmpint (spool_buffer_read (buffer, offset, found, MIB, NULL,
                                          &error), ==, MIB);
      g_assert_no_error (error);
      fill_chunk (wanted, MIB / 8, offset);
      g_assert_true (memcmp (found, wanted, MIB) == 0);
    }
}

static void
child_gigabyte (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (MIB);
  g_autofree guint64 *chunk = g_malloc (MIB);
  g_autoptr(GError) error = NULL;

  for (goffset offset = 0; offset < GIB; offset += MIB)
    {
      fill_chunk (chunk, MIB / 8, offset);
      g_assert_true (spool_buffer_append (buffer, chunk, MIB, NULL, &error));
      g_assert_no_error (error);
    }
  check_chunks (buffer, GIB);
}

static void
child_gigabyte_stream (const char *argument)
{
  g_autoptr(GOutputStream) stream = NULL;
  g_autofree guint64 *chunk = g_malloc (MIB);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  stream = spool_memory_output_stream_new_with_threshold (MIB);
  for (goffset offset = 0; offset < GIB; offset += MIB)
    {
      fill_chunk (chunk, MIB / 8, offset);
      g_assert_true (g_output_stream_write_all (stream, chunk, MIB, NULL, NULL,
                                                &error));
      g_assert_no_error (error);
    }
  g_assert_true (g_output_stream_close (stream, NULL, &error));

  /* All of it as one block, which is the file's own pages. */
  bytes = spool_memory_output_stream_steal_as_bytes
            (SPOOL_MEMORY_OUTPUT_STREAM (stream), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, GIB);
  for (goffset offset = 0; offset < GIB; offset += 64 * MIB)
    {
      fill_chunk (chunk, MIB / 8, offset);
      g_assert_true (memcmp ((const guint8 *) g_bytes_get_data (bytes, NULL) +
                             offset, chunk, MIB) == 0);
    }
}

static void
child_splice (const char *argument)
{
  g_autoptr(SpoolBuffer) source = test_buffer_new (MIB);
  g_autofree guint64 *chunk = g_malloc (MIB);

  for (goffset offset = 0; offset < GIB / 4; offset += MIB)
    {
      fill_chunk (chunk, MIB / 8, offset);
      g_assert_true (spool_buffer_append (source, chunk, MIB, NULL, NULL));
    }

  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (MIB);
      g_autoptr(GInputStream) input = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      goffset size;

      input = spool_memory_input_stream_new_for_buffer (source);
      if (async)
        {
          spool_buffer_splice_from_async (buffer, input,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                          test_ready, &result);
          test_wait (&result);
          size = spool_buffer_splice_from_finish (buffer, result, &error);
        }
      else
        size = spool_buffer_splice_from (buffer, input,
                                         G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                         &error);
      g_assert_no_error (error);
      g_assert_cmpint (size, ==, GIB / 4);
      check_chunks (buffer, GIB / 4);

      g_assert_true (spool_buffer_equal (buffer, source, NULL, &error));
      g_assert_no_error (error);
    }
}

/* Saved and moved, in the file system and out of it, to what is a local file
 * and to what only GIO knows as a file.
 */
static void
child_save (const char *folder)
{
  g_autoptr(GFile) directory = g_file_new_for_path (folder);
  g_autoptr(GFile) local = g_file_get_child (directory, "local");
  g_autoptr(GFile) behind = g_file_get_child (directory, "remote");
  g_autoptr(GFile) remote = test_file_new (behind);
  g_autofree guint64 *chunk = g_malloc (MIB);
  GFile *const files[] = { local, remote };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (files); i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (MIB);
      g_autoptr(SpoolBuffer) copy = test_buffer_new (MIB);
      g_autoptr(GFileInputStream) stream = NULL;
      g_autoptr(GError) error = NULL;
      GFile *file = files[i / 2];

      for (goffset offset = 0; offset < GIB / 4; offset += MIB)
        {
          fill_chunk (chunk, MIB / 8, offset);
          g_assert_true (spool_buffer_append (buffer, chunk, MIB, NULL, NULL));
        }

      if (i & 1)
        spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, &error);
      else
        spool_buffer_save (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, &error);
      g_assert_no_error (error);

      stream = g_file_read (file, NULL, &error);
      g_assert_no_error (error);
      spool_buffer_splice_from (copy, G_INPUT_STREAM (stream), G_OUTPUT_STREAM_SPLICE_NONE,
                                NULL, &error);
      g_assert_no_error (error);
      check_chunks (copy, GIB / 4);
      g_assert_true (g_file_delete (file, NULL, &error));
    }
}

static void
test_buffer_memory_reserve_warm (void)
{
  g_autofree guint8 *data = g_malloc (8 * MIB);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  gint64 before;

  g_test_summary ("To reserve takes no more memory than the threshold allows");

  /* The memory of one that goes is kept for the next. */
  memset (data, 1, 8 * MIB);
  buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  g_assert_true (spool_buffer_append (buffer, data, 8 * MIB, NULL, &error));
  g_clear_object (&buffer);
  before = test_status_figure ("VmRSS");

  buffer = test_buffer_new (MIB / 4);
  g_assert_true (spool_buffer_reserve (buffer, MIB / 5, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (test_status_figure ("VmRSS"), <, before - 6 * 1024);
}

/* Bytes that are not memory, since they are a file's. */
static GBytes *
map_file (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "mapped-XXXXXX", NULL);
  g_autoptr(GMappedFile) mapped = NULL;
  int fd = g_mkstemp (path);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (ftruncate (fd, GIB / 4), ==, 0);
  g_assert_cmpint (pwrite (fd, "last", 4, GIB / 4 - 4), ==, 4);
  mapped = g_mapped_file_new_from_fd (fd, FALSE, NULL);
  g_assert_nonnull (mapped);
  g_assert_true (g_close (fd, NULL));

  return g_mapped_file_get_bytes (mapped);
}

static void
child_one_write (const char *folder)
{
  g_autoptr(GBytes) bytes = map_file (folder);
  g_autoptr(SpoolBuffer) written = test_buffer_new (MIB);
  g_autoptr(SpoolBuffer) wrapped = spool_buffer_new_for_bytes (bytes);
  g_autoptr(GBytes) snapshot = NULL;
  g_autoptr(GError) error = NULL;

  /* Larger than all the memory there is: nothing may copy it there. */
  g_assert_true (spool_buffer_append_bytes (written, bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_write_bytes (written, 0, bytes, NULL, &error));
  g_assert_no_error (error);

  spool_buffer_set_threshold (wrapped, MIB);
  g_assert_true (spool_buffer_equal (written, wrapped, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_append (wrapped, "!", 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_truncate (wrapped, GIB / 4, NULL, &error));
  g_assert_true (spool_buffer_equal (written, wrapped, NULL, &error));
  g_assert_no_error (error);

  /* Nor may the clone that a snapshot makes necessary. */
  snapshot = spool_buffer_get_bytes (written, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (spool_buffer_write (written, 0, "first", 5, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_equal (written, wrapped, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (snapshot, bytes));
}

static void
child_extend (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (MIB);
  g_autoptr(GError) error = NULL;

  test_append (buffer, 0, 100);
  g_assert_true (spool_buffer_truncate (buffer, GIB, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_reserve (buffer, GIB + 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, GIB);
}

/* Where memory is all there may be, its end is an error. */
static void
child_no_memory (const char *argument)
{
  static guint64 chunk[MIB / 8];
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  g_autoptr(GError) error = NULL;
  goffset size = 0;

  for (;;)
    {
      fill_chunk (chunk, MIB / 8, size);
      if (!spool_buffer_append (buffer, chunk, MIB, NULL, &error))
        break;
      size += MIB;
      g_assert_cmpint (size, <, 128 * MIB);
    }
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpint (size, >=, 16 * MIB);
  check_chunks (buffer, size);

  g_assert_false (spool_buffer_truncate (buffer, GIB, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  /* On disk there is room. */
  spool_buffer_set_threshold (buffer, MIB);
  fill_chunk (chunk, MIB / 8, size);
  g_assert_true (spool_buffer_append (buffer, chunk, MIB, NULL, &error));
  g_assert_no_error (error);
  check_chunks (buffer, size + MIB);
}

static void
child_writes (const char *argument)
{
  static const goffset thresholds[] = { 0, 4 * MIB, SPOOL_THRESHOLD_NEVER };

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      g_autoptr(GOutputStream) stream = NULL;
      gint64 before = 0;

      stream = spool_memory_output_stream_new_with_threshold (thresholds[i]);

      /* All over 2 MiB, again and again. */
      for (guint j = 0; j < 1010000; j++)
        {
          if (j == 10000)
            {
              /* The pages that the buffer may use are in use from here on. */
              g_assert_true (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL,
                                                  NULL));
              for (guint k = 0; k < 2; k++)
                {
                  g_autofree guint8 *data = g_malloc (MIB);

                  memset (data, k + 1, MIB);
                  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), k * MIB,
                                                  G_SEEK_SET, NULL, NULL));
                  g_assert_true (g_output_stream_write_all (stream, data, MIB,
                                                            NULL, NULL, NULL));
                }
              before = test_status_figure ("VmRSS");
            }
          if (j % 131072 == 10000 % 131072)
            g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET,
                                            NULL, NULL));
          g_assert_cmpint (g_output_stream_write (stream, "0123456789abcdef",
                                                  16, NULL, NULL), ==, 16);
        }
      g_assert_cmpint (test_status_figure ("VmRSS") - before, <, SLACK);
      g_assert_true (g_output_stream_close (stream, NULL, NULL));
    }
}

static void
child_buffers (const char *argument)
{
  guint n_fds = test_count_fds ();
  gint64 before = 0;

  for (guint i = 0; i < 10500; i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (i % 2 == 0 ? 50 : 500);
      g_autoptr(GOutputStream) output = NULL;
      g_autoptr(GInputStream) input = NULL;
      g_autoptr(GIOStream) io = NULL;
      g_autoptr(GBytes) snapshot = NULL;
      char data[100];

      if (i == 500)
        before = test_status_figure ("VmRSS");

      output = spool_memory_output_stream_new_for_buffer (buffer);
      input = spool_memory_input_stream_new_for_buffer (buffer);
      io = spool_io_stream_new_for_buffer (buffer);
      memset (data, i, sizeof (data));
      g_assert_cmpint (g_output_stream_write (output, data, 100, NULL, NULL),
                       ==, 100);
      g_assert_cmpint (g_input_stream_read (input, data, 100, NULL, NULL), ==,
                       100);
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==, i % 2 == 0);
      if (i % 3 == 0)
        snapshot = spool_buffer_get_bytes (buffer, NULL, NULL);
      if (i % 5 == 0)
        g_assert_true (g_output_stream_close (output, NULL, NULL));
    }

  g_assert_cmpint (test_status_figure ("VmRSS") - before, <, SLACK);
  g_assert_cmpint (test_count_fds (), ==, n_fds);
}

static void
never_called (GObject    *object,
              GParamSpec *pspec,
              gpointer    user_data)
{
  g_assert_not_reached ();
}

static gpointer
append_many (gpointer data)
{
  gint64 before = 0;

  for (guint i = 0; i < 1010000; i++)
    {
      if (i == 10000)
        before = test_status_figure ("VmRSS");
      g_assert_true (spool_buffer_append (data, "x", 1, NULL, NULL));
      if (i % 1000 == 0)
        g_assert_true (spool_buffer_truncate (data, 0, NULL, NULL));
    }
  g_assert_cmpint (test_status_figure ("VmRSS") - before, <, SLACK);

  return NULL;
}

/* A program with a handler, and a main loop that never comes to run. */
static void
child_connected (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (500);

  g_signal_connect (buffer, "notify", G_CALLBACK (never_called), NULL);
  g_thread_join (g_thread_new ("test", append_many, buffer));
}

static void
child_snapshots (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (argument[0] == 'd' ? 10
                                                                       : 5000);
  gint64 before = 0;
  guint n_fds = 0;

  test_append (buffer, 0, 4000);
  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr(GBytes) snapshot = spool_buffer_get_bytes (buffer, NULL, NULL);

      if (i == 1000)
        {
          before = test_status_figure ("VmRSS");
          n_fds = test_count_fds ();
        }
      g_assert_cmpint (g_bytes_get_size (snapshot), ==, 4000);
      g_assert_true (spool_buffer_write (buffer, i % 4000, "x", 1, NULL, NULL));
    }
  g_assert_cmpint (test_status_figure ("VmRSS") - before, <, SLACK);
  g_assert_cmpint (test_count_fds (), ==, n_fds);
}

static const struct
{
  const char *name;
  TestChild child;
  gboolean limited;
  const char *argument;
} tests[] = {
  { "gigabyte", child_gigabyte, TRUE, NULL },
  { "gigabyte-stream", child_gigabyte_stream, TRUE, NULL },
  { "splice", child_splice, TRUE, NULL },
  { "save", child_save, TRUE, NULL },
  { "one-write", child_one_write, TRUE, NULL },
  { "extend", child_extend, TRUE, NULL },
  { "no-memory", child_no_memory, TRUE, NULL },
  { "writes", child_writes, FALSE, NULL },
  { "buffers", child_buffers, FALSE, NULL },
  { "connected", child_connected, FALSE, NULL },
  { "snapshots/memory", child_snapshots, FALSE, "memory" },
  { "snapshots/disk", child_snapshots, FALSE, "disk" },
};

static void
test_buffer_memory (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  const char *argument = tests[i].argument;

  if (TEST_SANITIZED)
    {
      g_test_skip ("The memory would be that of the sanitizer");
      return;
    }

  test_assert_exited (test_spawn (tests[i].name,
                                  argument != NULL ? argument : folder->path,
                                  tests[i].limited ? limit_data : NULL, NULL));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/buffer-memory/", tests[i].name,
                                           NULL);

      test_add_child (tests[i].name, tests[i].child);
      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_buffer_memory);
    }
  g_test_add_func ("/buffer-memory/reserve-warm", test_buffer_memory_reserve_warm);

  return test_run ();
}
