/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-utils.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
dup_fd (SpoolBuffer *buffer,
        gboolean     writable)
{
  g_autoptr(GError) error = NULL;
  int fd = spool_buffer_dup_fd (buffer, writable, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);

  return fd;
}

static void
close_fd (int fd)
{
  g_assert_true (g_close (fd, NULL));
}

static void
test_buffer_fd_read_only (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  guint8 bytes[200];
  int fd;

  g_test_summary ("It is at 0, holds everything, and cannot write");

  buffer = test_buffer_new_filled (test_threshold (data, 100), 100);
  fd = dup_fd (buffer, FALSE);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 0);
  g_assert_cmpint (read (fd, bytes, 200), ==, 100);
  test_check (bytes, 0, 100);

  g_assert_cmpint (fcntl (fd, F_GETFL) & O_ACCMODE, ==, O_RDONLY);
  g_assert_cmpint (write (fd, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EBADF);
  g_assert_cmpint (ftruncate (fd, 0), ==, -1);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  test_assert_filled (buffer, 100);
  close_fd (fd);
  test_assert_filled (buffer, 100);
}

static void
test_buffer_fd_own_offset (gconstpointer data)
{
  gboolean writable = GPOINTER_TO_INT (data);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
  guint8 bytes[100];
  int one = dup_fd (buffer, writable);
  int other = dup_fd (buffer, writable);

  g_test_summary ("Each has an offset of its own");

  g_assert_cmpint (read (one, bytes, 30), ==, 30);
  g_assert_cmpint (lseek (other, 0, SEEK_CUR), ==, 0);
  g_assert_cmpint (read (other, bytes, 100), ==, 100);
  test_check (bytes, 0, 100);
  g_assert_cmpint (lseek (one, 0, SEEK_CUR), ==, 30);
  test_assert_filled (buffer, 100);
  g_assert_cmpint (lseek (one, 0, SEEK_CUR), ==, 30);
  close_fd (one);
  close_fd (other);
}

static void
test_buffer_fd_follows (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
  guint8 bytes[300];
  int fd = dup_fd (buffer, FALSE);

  g_test_summary ("What is written later is seen after a flush");

  test_append (buffer, 100, 100);
  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));
  g_assert_cmpint (pread (fd, bytes, 300, 0), ==, 200);
  test_check (bytes, 0, 200);
  close_fd (fd);
}

static void
test_buffer_fd_outlives (gconstpointer data)
{
  guint how = GPOINTER_TO_UINT (data);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
  guint8 bytes[200];
  int fd = dup_fd (buffer, FALSE);

  g_test_summary ("It outlives the buffer's own file");

  if (how == 0)
    g_clear_object (&buffer);
  else if (how == 1)
    g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  else
    g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  g_assert_cmpint (read (fd, bytes, 200), ==, 100);
  test_check (bytes, 0, 100);
  close_fd (fd);
}

static void
test_buffer_fd_writable (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (1000, 100);
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GError) error = NULL;
  char data[16];
  int fd = dup_fd (buffer, TRUE);

  g_test_summary ("What others write is there at once, as is its size");

  g_assert_cmpint (fcntl (fd, F_GETFL) & O_ACCMODE, !=, O_RDONLY);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 0);

  g_assert_cmpint (write (fd, "foreign", 7), ==, 7);
  g_assert_cmpint (spool_buffer_read (buffer, 0, data, 7, NULL, &error), ==, 7);
  g_assert_cmpmem (data, 7, "foreign", 7);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 100);

  g_assert_cmpint (pwrite (fd, "tail", 4, 200), ==, 4);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 204);
  g_assert_cmpint (spool_buffer_read (buffer, 200, data, 16, NULL, &error), ==,
                   4);
  g_assert_cmpmem (data, 4, "tail", 4);
  g_assert_cmpint (spool_buffer_read (buffer, 100, data, 4, NULL, &error), ==,
                   4);
  g_assert_cmpmem (data, 4, "\0\0\0", 4);

  /* An append goes behind what they wrote, and a seek knows of it. */
  g_assert_true (spool_buffer_append (buffer, "mine", 4, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (pread (fd, data, 16, 200), ==, 8);
  g_assert_cmpmem (data, 8, "tailmine", 8);

  g_assert_cmpint (ftruncate (fd, 50), ==, 0);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 50);
  g_assert_cmpint (spool_buffer_read (buffer, 50, data, 16, NULL, &error), ==,
                   0);

  g_assert_cmpint (pwrite (fd, "ends", 4, 60), ==, 4);
  input = spool_memory_input_stream_new_for_buffer (buffer);
  g_assert_true (g_seekable_seek (G_SEEKABLE (input), -4, G_SEEK_END, NULL,
                                  &error));
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (input)), ==, 60);
  g_assert_cmpint (g_input_stream_read (input, data, 16, NULL, &error), ==, 4);
  g_assert_cmpmem (data, 4, "ends", 4);

  output = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_cmpint (spool_memory_output_stream_get_data_size
                     (SPOOL_MEMORY_OUTPUT_STREAM (output)), ==, 64);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_close (output, NULL, NULL));

  /* Nor is anything of ours held back from them. */
  g_assert_true (spool_buffer_write (buffer, 0, "a", 1, NULL, &error));
  g_assert_cmpint (pread (fd, data, 1, 0), ==, 1);
  g_assert_cmpint (data[0], ==, 'a');
  g_assert_true (spool_buffer_truncate (buffer, 10, NULL, &error));
  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==, 10);
  g_assert_no_error (error);
  close_fd (fd);
}

static void
test_buffer_fd_writable_property (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
  int fd = dup_fd (buffer, TRUE);
  gint64 size;

  g_assert_cmpint (ftruncate (fd, 321), ==, 0);
  g_object_get (buffer, "size", &size, NULL);
  g_assert_cmpint (size, ==, 321);
  close_fd (fd);

  /* They may have handed it on: it stays so. */
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 321);
}

static void
test_buffer_fd_writable_copy (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
  g_autoptr(SpoolBuffer) other = test_buffer_new_filled (10, 100);
  int fd = dup_fd (buffer, TRUE);

  g_assert_true (spool_buffer_equal (buffer, other, NULL, NULL));
  g_assert_cmpint (pwrite (fd, "x", 1, 99), ==, 1);
  g_assert_false (spool_buffer_equal (buffer, other, NULL, NULL));
  g_assert_cmpint (ftruncate (fd, 50), ==, 0);
  g_assert_true (spool_buffer_truncate (other, 50, NULL, NULL));
  g_assert_true (spool_buffer_equal (buffer, other, NULL, NULL));
  close_fd (fd);
}

static void
test_buffer_fd_writable_reset (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
  int fd = dup_fd (buffer, TRUE);

  g_test_summary ("After a reset others have their file, and we have ours");

  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  test_append (buffer, 0, 50);
  g_assert_cmpint (pwrite (fd, "foreign", 7, 0), ==, 7);
  test_assert_filled (buffer, 50);
  close_fd (fd);
}

static void
test_buffer_fd_child (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;
  char data[64] = { 0 };

  g_test_summary ("A child's output arrives, and is its next child's input");

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_take_stdout_fd (launcher, dup_fd (buffer, TRUE));
  process = g_subprocess_launcher_spawn (launcher, &error, "echo", "from a child",
                                         NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "from a child\n");

  g_clear_object (&process);
  g_clear_object (&launcher);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_subprocess_launcher_take_stdin_fd (launcher, dup_fd (buffer, FALSE));
  process = g_subprocess_launcher_spawn (launcher, &error, "wc", "-c", NULL);
  g_assert_no_error (error);
  g_assert_cmpint (g_input_stream_read
                     (g_subprocess_get_stdout_pipe (process), data, 63, NULL,
                      &error), >, 0);
  g_assert_true (g_str_has_prefix (g_strstrip (data), "13"));
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

static void
test_buffer_fd_remote (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) remote = test_file_new (folder->file);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Where there is no local file there is no descriptor");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", remote,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, 100);
  for (guint writable = 0; writable < 2; writable++)
    {
      g_assert_cmpint (spool_buffer_dup_fd (buffer, writable, NULL, &error), ==,
                       -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      g_clear_error (&error);
    }
  test_assert_filled (buffer, 100);
}

static void
test_buffer_fd_count (void)
{
  guint n_fds = test_count_fds ();

  for (guint i = 0; i < 20; i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 100);
      g_autoptr(GBytes) bytes = NULL;
      int one = dup_fd (buffer, FALSE);
      int other = dup_fd (buffer, TRUE);

      bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
      g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, NULL));
      close_fd (one);
      close_fd (other);
    }
  g_assert_cmpint (test_count_fds (), ==, n_fds);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/buffer-fd/read-only", test_buffer_fd_read_only);
  g_test_add_data_func ("/buffer-fd/own-offset/read-only",
                        GINT_TO_POINTER (FALSE), test_buffer_fd_own_offset);
  g_test_add_data_func ("/buffer-fd/own-offset/writable",
                        GINT_TO_POINTER (TRUE), test_buffer_fd_own_offset);
  g_test_add_func ("/buffer-fd/follows", test_buffer_fd_follows);
  g_test_add_data_func ("/buffer-fd/outlives/unref", GUINT_TO_POINTER (0),
                        test_buffer_fd_outlives);
  g_test_add_data_func ("/buffer-fd/outlives/close", GUINT_TO_POINTER (1),
                        test_buffer_fd_outlives);
  g_test_add_data_func ("/buffer-fd/outlives/reset", GUINT_TO_POINTER (2),
                        test_buffer_fd_outlives);
  g_test_add_func ("/buffer-fd/writable", test_buffer_fd_writable);
  g_test_add_func ("/buffer-fd/writable-property",
                   test_buffer_fd_writable_property);
  g_test_add_func ("/buffer-fd/writable-copy", test_buffer_fd_writable_copy);
  g_test_add_func ("/buffer-fd/writable-reset", test_buffer_fd_writable_reset);
  g_test_add_func ("/buffer-fd/child", test_buffer_fd_child);
  g_test_add_func ("/buffer-fd/remote", test_buffer_fd_remote);
  g_test_add_func ("/buffer-fd/count", test_buffer_fd_count);

  return test_run ();
}
