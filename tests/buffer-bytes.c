/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-utils.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SIZE 10000

static GBytes *
snapshot (SpoolBuffer *buffer)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytes = spool_buffer_get_bytes (buffer, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (bytes);

  return bytes;
}

static void
assert_filled (GBytes  *bytes,
               goffset  size)
{
  g_assert_cmpint (g_bytes_get_size (bytes), ==, size);
  test_check (g_bytes_get_data (bytes, NULL), 0, size);
}

/* Everything that could change the bytes below a snapshot. */
static gboolean
disturb (SpoolBuffer *buffer,
         guint        how)
{
  g_autofree guint8 *data = g_malloc (3 * SIZE);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success = TRUE;

  memset (data, 0xa5, 3 * SIZE);
  bytes = g_bytes_new (data, 3 * SIZE);
  switch (how)
    {
    case 0:
      success = spool_buffer_write (buffer, 0, data, SIZE, NULL, &error);
      break;
    case 1:
      success = spool_buffer_write (buffer, SIZE - 1, data, 1, NULL, &error);
      break;
    case 2:
      success = spool_buffer_write_bytes (buffer, 5, bytes, NULL, &error);
      break;
    case 3:
      success = spool_buffer_append (buffer, data, 2 * SIZE, NULL, &error);
      break;
    case 4:
      success = spool_buffer_truncate (buffer, 0, NULL, &error) &&
                spool_buffer_append (buffer, data, SIZE, NULL, &error);
      break;
    case 5:
      success = spool_buffer_truncate (buffer, SIZE / 2, NULL, &error) &&
                spool_buffer_truncate (buffer, SIZE, NULL, &error);
      break;
    case 6:
      success = spool_buffer_truncate (buffer, 20 * SIZE, NULL, &error);
      break;
    case 7:
      success = spool_buffer_reset (buffer, NULL, &error) &&
                spool_buffer_append (buffer, data, SIZE, NULL, &error);
      break;
    case 8:
      success = spool_buffer_roll_over (buffer, NULL, &error) &&
                spool_buffer_write (buffer, 0, data, SIZE, NULL, &error);
      break;
    case 9:
      success = spool_buffer_close (buffer, NULL, &error);
      break;
    case 10:
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      success = g_output_stream_write_all (stream, data, SIZE, NULL, NULL,
                                           &error);
      break;
    case 11:
      /* In steps that a window would gather. */
      for (goffset offset = 0; offset < SIZE && success; offset += 7)
        success = spool_buffer_write (buffer, offset, data, 7, NULL, &error);
      success = success && spool_buffer_flush (buffer, NULL, &error);
      break;
    case 12:
      if (!spool_buffer_write_nonblocking (buffer, 0, data, 100, NULL))
        success = spool_buffer_write (buffer, 0, data, 100, NULL, &error);
      break;
    default:
      return FALSE;
    }
  g_assert_no_error (error);
  g_assert_true (success);

  return TRUE;
}

static void
test_buffer_bytes_stay (gconstpointer data)
{
  gboolean more = TRUE;

  g_test_summary ("A snapshot stays what it was, whatever the buffer does");

  for (guint how = 0; more; how++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GBytes) again = NULL;

      g_test_message ("Disturbance %u", how);
      buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
      bytes = snapshot (buffer);
      again = snapshot (buffer);
      assert_filled (bytes, SIZE);
      more = disturb (buffer, how);
      assert_filled (bytes, SIZE);
      assert_filled (again, SIZE);
      g_clear_object (&buffer);
      assert_filled (bytes, SIZE);
      assert_filled (again, SIZE);
    }
}

static void
test_buffer_bytes_buffer_is_right (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GBytes) other = NULL;
  g_autofree guint8 *expected = g_malloc (SIZE + 5);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Nor does the buffer lose what is written beside a snapshot");

  buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
  test_fill (expected, 0, SIZE);
  bytes = snapshot (buffer);

  g_assert_true (spool_buffer_write (buffer, 100, "overwritten", 11, NULL,
                                     &error));
  memcpy (expected + 100, "overwritten", 11);
  test_assert_content (buffer, expected, SIZE);
  other = snapshot (buffer);
  g_assert_true (spool_buffer_append (buffer, "added", 5, NULL, &error));
  memcpy (expected + SIZE, "added", 5);
  test_assert_content (buffer, expected, SIZE + 5);
  g_assert_true (spool_buffer_truncate (buffer, 50, NULL, &error));
  test_assert_content (buffer, expected, 50);
  g_assert_no_error (error);

  assert_filled (bytes, SIZE);
  test_assert_bytes (other, expected, SIZE);
}

static void
test_buffer_bytes_shared (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (-1, SIZE);
  g_autoptr(GBytes) first = snapshot (buffer);
  g_autoptr(GBytes) second = snapshot (buffer);

  g_test_summary ("In memory snapshots share one block");

  g_assert_true (g_bytes_get_data (first, NULL) ==
                 g_bytes_get_data (second, NULL));
}

static void
test_buffer_bytes_empty (gconstpointer data)
{
  gboolean rolled_over = GPOINTER_TO_INT (data);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GBytes) bytes = NULL;

  if (rolled_over)
    g_assert_true (spool_buffer_roll_over (buffer, NULL, NULL));
  bytes = snapshot (buffer);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 0);
  test_append (buffer, 0, 10);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 0);
}

static void
test_buffer_bytes_state (gconstpointer data)
{
  goffset threshold = test_threshold (data, SIZE);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (threshold, SIZE);
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autoptr(GBytes) bytes = snapshot (buffer);

  g_test_summary ("A snapshot changes nothing about the buffer");

  test_state_assert (state, buffer);
  g_clear_pointer (&bytes, g_bytes_unref);
  test_state_assert (state, buffer);
}

static void
test_buffer_bytes_sizes (gconstpointer data)
{
  static const goffset sizes[] = { 1, 4095, 4096, 4097, 65536, 65537, 300000 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GBytes) bytes = NULL;

      buffer = test_buffer_new_filled (test_threshold (data, sizes[i]),
                                       sizes[i]);
      bytes = snapshot (buffer);
      assert_filled (bytes, sizes[i]);
    }
}

static void
test_buffer_bytes_foreign_writer (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, SIZE);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  int fd;

  g_test_summary ("A file that others can write is never mapped");

  fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
  g_assert_no_error (error);
  bytes = snapshot (buffer);
  assert_filled (bytes, SIZE);

  g_assert_cmpint (pwrite (fd, "foreign", 7, 0), ==, 7);
  assert_filled (bytes, SIZE);
  /* Of a mapping nothing would be left to read. */
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  assert_filled (bytes, SIZE);
  g_assert_true (g_close (fd, NULL));
}

static void
test_buffer_bytes_foreign_writer_later (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, SIZE);
  g_autoptr(GBytes) bytes = snapshot (buffer);
  g_autoptr(GError) error = NULL;
  int fd;

  g_test_summary ("Not even where the snapshot was there first");

  fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pwrite (fd, "foreign", 7, 0), ==, 7);
  assert_filled (bytes, SIZE);
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  assert_filled (bytes, SIZE);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 0);
  g_assert_true (g_close (fd, NULL));
}

static void
test_buffer_bytes_named (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autofree char *path = NULL;
  FILE *file;

  g_test_summary ("A file with a name is one that others can write");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", folder->file,
                         "named", TRUE,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, SIZE);
  bytes = snapshot (buffer);
  path = test_folder_get_only (folder);
  file = g_fopen (path, "r+e");
  g_assert_nonnull (file);
  g_assert_cmpint (fwrite ("foreign", 1, 7, file), ==, 7);
  fclose (file);
  assert_filled (bytes, SIZE);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  assert_filled (bytes, SIZE);
}

static void
test_buffer_bytes_remote (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) remote = test_file_new (folder->file);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;

  g_test_summary ("Where there is no local file it is memory");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", remote,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, SIZE);
  bytes = snapshot (buffer);
  assert_filled (bytes, SIZE);
  g_assert_true (spool_buffer_write (buffer, 0, "changed", 7, NULL, NULL));
  assert_filled (bytes, SIZE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/buffer-bytes/stay", test_buffer_bytes_stay);
  test_add_thresholds ("/buffer-bytes/buffer-is-right",
                       test_buffer_bytes_buffer_is_right);
  g_test_add_func ("/buffer-bytes/shared", test_buffer_bytes_shared);
  g_test_add_data_func ("/buffer-bytes/empty/memory", GINT_TO_POINTER (FALSE),
                        test_buffer_bytes_empty);
  g_test_add_data_func ("/buffer-bytes/empty/disk", GINT_TO_POINTER (TRUE),
                        test_buffer_bytes_empty);
  test_add_thresholds ("/buffer-bytes/state", test_buffer_bytes_state);
  test_add_thresholds ("/buffer-bytes/sizes", test_buffer_bytes_sizes);
  g_test_add_func ("/buffer-bytes/foreign-writer",
                   test_buffer_bytes_foreign_writer);
  g_test_add_func ("/buffer-bytes/foreign-writer-later",
                   test_buffer_bytes_foreign_writer_later);
  g_test_add_func ("/buffer-bytes/named", test_buffer_bytes_named);
  g_test_add_func ("/buffer-bytes/remote", test_buffer_bytes_remote);

  return test_run ();
}
