/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIB (G_GINT64_CONSTANT (1) << 30)

static void
write_at (SpoolBuffer *buffer,
          goffset      offset,
          const char  *text)
{
  g_autoptr(GError) error = NULL;
  gboolean success;

  success = spool_buffer_write (buffer, offset, text, strlen (text), NULL,
                                &error);
  g_assert_no_error (error);
  g_assert_true (success);
}

static void
assert_at (SpoolBuffer *buffer,
           goffset      offset,
           const void  *text,
           gsize        length)
{
  g_autofree guint8 *data = g_malloc (length);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (spool_buffer_read (buffer, offset, data, length, NULL,
                                      &error), ==, length);
  g_assert_no_error (error);
  g_assert_cmpmem (data, length, text, length);
}

/* Whether bytes of more than 4 GiB have addresses. */
static gboolean
has_addresses (void)
{
  return sizeof (gsize) > 4;
}

/* What the file really takes on the disk. */
static goffset
disk_usage (SpoolBuffer *buffer)
{
  g_autoptr(GError) error = NULL;
  struct stat info;
  int fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_cmpint (info.st_size, ==, spool_buffer_get_size (buffer));

  return (goffset) info.st_blocks * 512;
}

static void
test_buffer_large_sparse (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Beyond 4 GiB it reads what was written, and zeros between");

  write_at (buffer, 0, "start");
  write_at (buffer, 4 * GIB - 2, "four");
  write_at (buffer, 5 * GIB, "end");
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 5 * GIB + 3);
  g_assert_cmpint (disk_usage (buffer), <, 1 << 20);

  assert_at (buffer, 0, "start\0\0", 7);
  assert_at (buffer, 4 * GIB - 4, "\0\0four\0\0", 8);
  assert_at (buffer, 5 * GIB - 2, "\0\0end", 5);
  assert_at (buffer, 3 * GIB, "\0\0\0\0", 4);

  bytes = spool_buffer_read_bytes (buffer, 5 * GIB - 1, G_MAXSIZE, NULL,
                                   &error);
  g_assert_no_error (error);
  test_assert_bytes (bytes, "\0end", 4);

  g_assert_true (spool_buffer_append (buffer, "more", 4, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 5 * GIB + 7);
  assert_at (buffer, 5 * GIB, "endmore", 7);
}

static void
test_buffer_large_from_memory (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A far write rolls over, and takes no memory for the gap");

  test_append (buffer, 0, 100);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  write_at (buffer, 6 * GIB, "far");
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (disk_usage (buffer), <, 1 << 20);
  g_assert_cmpint (test_status_figure ("VmRSS"), <, 256 << 10);

  g_assert_true (spool_buffer_truncate (buffer, 100, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 100);
}

static void
test_buffer_large_truncate (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_truncate (buffer, 8 * GIB, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 8 * GIB);
  assert_at (buffer, 8 * GIB - 2, "\0\0", 2);
  write_at (buffer, 4 * GIB, "0123456789");

  g_assert_true (spool_buffer_truncate (buffer, 4 * GIB + 5, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 4 * GIB + 5);

  g_assert_true (spool_buffer_truncate (buffer, 6 * GIB, NULL, &error));
  g_assert_no_error (error);
  assert_at (buffer, 4 * GIB, "01234\0\0\0", 8);

  g_assert_true (spool_buffer_truncate (buffer, 4 * GIB, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 4 * GIB);
  g_assert_cmpint (disk_usage (buffer), <, 1 << 20);
}

static void
seek (gpointer  stream,
      goffset   offset,
      GSeekType type,
      goffset   expected)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_seekable_seek (stream, offset, type, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (stream), ==, expected);
}

static void
test_buffer_large_streams (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GIOStream) io = NULL;
  g_autoptr(GError) error = NULL;
  char data[16];
  gsize most;

  output = spool_memory_output_stream_new_for_buffer (buffer);
  seek (output, 5 * GIB, G_SEEK_SET, 5 * GIB);
  g_assert_cmpint (g_output_stream_write (output, "five", 4, NULL, &error), ==,
                   4);
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (output)), ==, 5 * GIB + 4);
  seek (output, -5 * GIB, G_SEEK_CUR, 4);
  seek (output, -4, G_SEEK_END, 5 * GIB);
  seek (output, 3 * GIB, G_SEEK_CUR, 8 * GIB);
  g_assert_cmpint (spool_memory_output_stream_get_data_size
                     (SPOOL_MEMORY_OUTPUT_STREAM (output)), ==, 5 * GIB + 4);

  input = spool_memory_input_stream_new_for_buffer (buffer);
  seek (input, -4, G_SEEK_END, 5 * GIB);
  g_assert_cmpint (g_input_stream_read (input, data, 16, NULL, &error), ==, 4);
  g_assert_no_error (error);
  g_assert_cmpmem (data, 4, "five", 4);

  /* One skip moves as far as a gssize can count. */
  most = (gsize) MIN (5 * GIB, G_MAXSSIZE);
  seek (input, 5 * GIB - (goffset) most, G_SEEK_SET, 5 * GIB - (goffset) most);
  g_assert_cmpint (g_input_stream_skip (input, most, NULL, &error), ==, most);
  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read (input, data, 16, NULL, &error), ==, 4);
  g_assert_cmpmem (data, 4, "five", 4);

  io = spool_io_stream_new_for_buffer (buffer);
  seek (io, 5 * GIB + 2, G_SEEK_SET, 5 * GIB + 2);
  g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (io),
                                        data, 16, NULL, &error), ==, 2);
  g_assert_cmpmem (data, 2, "ve", 2);
  g_assert_true (g_seekable_truncate (G_SEEKABLE (io), 4 * GIB, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 4 * GIB);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (io)), ==, 5 * GIB + 4);

  /* As far as a goffset can count. */
  seek (input, G_MAXINT64, G_SEEK_SET, G_MAXINT64);
  g_assert_cmpint (g_input_stream_read (input, data, 16, NULL, &error), ==, 0);
  g_assert_no_error (error);
  g_assert_false (g_seekable_seek (G_SEEKABLE (input), 1, G_SEEK_CUR, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (input)), ==, G_MAXINT64);

  g_assert_true (g_output_stream_close (output, NULL, NULL));
}

static void
test_buffer_large_equal (void)
{
  g_autoptr(SpoolBuffer) one = test_buffer_new (10);
  g_autoptr(SpoolBuffer) other = test_buffer_new (10);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Contents that differ only behind 4 GiB do differ");

  write_at (one, 4 * GIB + 100, "the last");
  write_at (other, 4 * GIB + 100, "the last");
  g_assert_true (spool_buffer_equal (one, other, NULL, &error));
  g_assert_no_error (error);

  write_at (other, 4 * GIB + 107, "T");
  g_assert_false (spool_buffer_equal (one, other, NULL, &error));
  g_assert_no_error (error);

  write_at (other, 4 * GIB + 107, "t+");
  g_assert_false (spool_buffer_equal (one, other, NULL, &error));
  g_assert_no_error (error);
}

/* The buffer is as it was: it took no room to find out either. */
static void
assert_refused (SpoolBuffer  *buffer,
                GBytes       *bytes,
                GError      **error)
{
  g_assert_error (*error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_null (bytes);
  g_clear_error (error);
  assert_at (buffer, 5 * GIB - 1, "\0end", 4);
  g_assert_cmpint (disk_usage (buffer), <, 1 << 20);
}

static void
test_buffer_large_snapshot (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  const guint8 *data;
  gsize size;

  write_at (buffer, 5 * GIB, "end");
  bytes = spool_buffer_get_bytes (buffer, NULL, &error);
  if (!has_addresses ())
    {
      assert_refused (buffer, bytes, &error);
      return;
    }
  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, &size);
  g_assert_cmpint (size, ==, 5 * GIB + 3);
  g_assert_cmpmem (data + size - 3, 3, "end", 3);
  g_assert_cmphex (data[0], ==, 0);
}

static void
test_buffer_large_no_addresses (void)
{
  g_autoptr(GFile) directory = g_file_new_for_path ("/dev/shm");
  g_autoptr(GError) error = NULL;

  g_test_summary ("What has more bytes than there are addresses is refused at once");

  /* A disk in memory, where a snapshot has no holes, and a file that others
   * can write to, of which a snapshot is a copy.
   */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
      g_autoptr(GBytes) bytes = NULL;

      if (i == 0)
        spool_buffer_set_directory (buffer, directory);
      write_at (buffer, 5 * GIB, "end");
      if (i == 1)
        g_assert_true (g_close (spool_buffer_dup_fd (buffer, TRUE, NULL, NULL), NULL));

      bytes = spool_buffer_get_bytes (buffer, NULL, &error);
      assert_refused (buffer, bytes, &error);
      bytes = spool_buffer_read_bytes (buffer, 0, G_MAXSIZE, NULL, &error);
      assert_refused (buffer, bytes, &error);
    }
}

static void
test_buffer_large_size_limit (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GError) error = NULL;

  spool_buffer_set_size_limit (buffer, 5 * GIB);
  write_at (buffer, 5 * GIB - 1, "x");
  g_assert_false (spool_buffer_append (buffer, "y", 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 5 * GIB);
}

static void
test_buffer_large_threshold (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (5 * GIB);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A threshold of more than 32 bits is not cut");

  test_append (buffer, 0, 100);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_true (spool_buffer_truncate (buffer, 5 * GIB + 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/buffer-large/sparse", test_buffer_large_sparse);
  g_test_add_func ("/buffer-large/from-memory", test_buffer_large_from_memory);
  g_test_add_func ("/buffer-large/truncate", test_buffer_large_truncate);
  g_test_add_func ("/buffer-large/streams", test_buffer_large_streams);
  g_test_add_func ("/buffer-large/equal", test_buffer_large_equal);
  g_test_add_func ("/buffer-large/snapshot", test_buffer_large_snapshot);
  if (!has_addresses ())
    g_test_add_func ("/buffer-large/no-addresses", test_buffer_large_no_addresses);
  g_test_add_func ("/buffer-large/size-limit", test_buffer_large_size_limit);
  g_test_add_func ("/buffer-large/threshold", test_buffer_large_threshold);

  return test_run ();
}
