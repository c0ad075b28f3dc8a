/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#include <glib/gstdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Every function that can fail, called in the same way. */
typedef gboolean (*Call) (SpoolBuffer   *buffer,
                          goffset        offset,
                          gsize          count,
                          GCancellable  *cancellable,
                          GError       **error);

/* Long enough for every count of a call that may look at the data. */
static guint8 data_bytes[4096];

static gboolean
call_read (SpoolBuffer   *buffer,
           goffset        offset,
           gsize          count,
           GCancellable  *cancellable,
           GError       **error)
{
  return spool_buffer_read (buffer, offset, data_bytes, count, cancellable,
                            error) >= 0;
}

static gboolean
call_read_array (SpoolBuffer   *buffer,
                 goffset        offset,
                 gsize          count,
                 GCancellable  *cancellable,
                 GError       **error)
{
  gsize length = 12345;
  g_autofree guint8 *array = NULL;
  g_autoptr(GError) local = NULL;

  array = spool_buffer_read_array (buffer, offset, count, &length, cancellable,
                                   &local);
  if (local == NULL)
    return TRUE;

  g_assert_null (array);
  g_assert_cmpint (length, ==, 12345);
  g_propagate_error (error, g_steal_pointer (&local));

  return FALSE;
}

static gboolean
call_read_bytes (SpoolBuffer   *buffer,
                 goffset        offset,
                 gsize          count,
                 GCancellable  *cancellable,
                 GError       **error)
{
  g_autoptr(GBytes) bytes = NULL;

  bytes = spool_buffer_read_bytes (buffer, offset, count, cancellable, error);

  return bytes != NULL;
}

static gboolean
call_read_bytes_async (SpoolBuffer   *buffer,
                       goffset        offset,
                       gsize          count,
                       GCancellable  *cancellable,
                       GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = NULL;

  spool_buffer_read_bytes_async (buffer, offset, count, 0, cancellable,
                                 test_ready, &result);
  test_wait (&result);
  bytes = spool_buffer_read_bytes_finish (buffer, result, error);

  return bytes != NULL;
}

static gboolean
call_write (SpoolBuffer   *buffer,
            goffset        offset,
            gsize          count,
            GCancellable  *cancellable,
            GError       **error)
{
  return spool_buffer_write (buffer, offset, data_bytes, count, cancellable,
                             error);
}

static gboolean
call_write_bytes (SpoolBuffer   *buffer,
                  goffset        offset,
                  gsize          count,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static (data_bytes, count);

  return spool_buffer_write_bytes (buffer, offset, bytes, cancellable, error);
}

static gboolean
call_write_nonblocking (SpoolBuffer   *buffer,
                        goffset        offset,
                        gsize          count,
                        GCancellable  *cancellable,
                        GError       **error)
{
  return spool_buffer_write_nonblocking (buffer, offset, data_bytes, count,
                                         error);
}

static gboolean
call_append (SpoolBuffer   *buffer,
             goffset        offset,
             gsize          count,
             GCancellable  *cancellable,
             GError       **error)
{
  return spool_buffer_append (buffer, data_bytes, count, cancellable, error);
}

static gboolean
call_append_bytes (SpoolBuffer   *buffer,
                   goffset        offset,
                   gsize          count,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static (data_bytes, count);

  return spool_buffer_append_bytes (buffer, bytes, cancellable, error);
}

static gboolean
call_append_bytes_async (SpoolBuffer   *buffer,
                         goffset        offset,
                         gsize          count,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_autoptr(GBytes) bytes = g_bytes_new_static (data_bytes, count);
  g_autoptr(GAsyncResult) result = NULL;

  spool_buffer_append_bytes_async (buffer, bytes, 0, cancellable, test_ready,
                                   &result);
  test_wait (&result);

  return spool_buffer_append_bytes_finish (buffer, result, error);
}

static gboolean
call_splice (SpoolBuffer   *buffer,
             goffset        offset,
             gsize          count,
             GCancellable  *cancellable,
             GError       **error)
{
  g_autoptr(GInputStream) source = test_stream_new (count);

  return spool_buffer_splice_from (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                   cancellable, error) >= 0;
}

static gboolean
call_splice_async (SpoolBuffer   *buffer,
                   goffset        offset,
                   gsize          count,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_autoptr(GInputStream) source = test_stream_new (count);
  g_autoptr(GAsyncResult) result = NULL;

  spool_buffer_splice_from_async (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                  0, cancellable, test_ready, &result);
  test_wait (&result);

  return spool_buffer_splice_from_finish (buffer, result, error) >= 0;
}

static gboolean
call_truncate (SpoolBuffer   *buffer,
               goffset        offset,
               gsize          count,
               GCancellable  *cancellable,
               GError       **error)
{
  return spool_buffer_truncate (buffer, offset, cancellable, error);
}

static gboolean
call_reserve (SpoolBuffer   *buffer,
              goffset        offset,
              gsize          count,
              GCancellable  *cancellable,
              GError       **error)
{
  return spool_buffer_reserve (buffer, offset, cancellable, error);
}

static gboolean
call_reserve_async (SpoolBuffer   *buffer,
                    goffset        offset,
                    gsize          count,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  spool_buffer_reserve_async (buffer, offset, 0, cancellable, test_ready,
                              &result);
  test_wait (&result);

  return spool_buffer_reserve_finish (buffer, result, error);
}

static gboolean
call_roll_over (SpoolBuffer   *buffer,
                goffset        offset,
                gsize          count,
                GCancellable  *cancellable,
                GError       **error)
{
  return spool_buffer_roll_over (buffer, cancellable, error);
}

static gboolean
call_roll_over_async (SpoolBuffer   *buffer,
                      goffset        offset,
                      gsize          count,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  spool_buffer_roll_over_async (buffer, 0, cancellable, test_ready, &result);
  test_wait (&result);

  return spool_buffer_roll_over_finish (buffer, result, error);
}

static gboolean
call_reset (SpoolBuffer   *buffer,
            goffset        offset,
            gsize          count,
            GCancellable  *cancellable,
            GError       **error)
{
  return spool_buffer_reset (buffer, cancellable, error);
}

static gboolean
call_flush (SpoolBuffer   *buffer,
            goffset        offset,
            gsize          count,
            GCancellable  *cancellable,
            GError       **error)
{
  return spool_buffer_flush (buffer, cancellable, error);
}

static gboolean
call_get_bytes (SpoolBuffer   *buffer,
                goffset        offset,
                gsize          count,
                GCancellable  *cancellable,
                GError       **error)
{
  g_autoptr(GBytes) bytes = spool_buffer_get_bytes (buffer, cancellable, error);

  return bytes != NULL;
}

static gboolean
call_get_bytes_async (SpoolBuffer   *buffer,
                      goffset        offset,
                      gsize          count,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = NULL;

  spool_buffer_get_bytes_async (buffer, 0, cancellable, test_ready, &result);
  test_wait (&result);
  bytes = spool_buffer_get_bytes_finish (buffer, result, error);

  return bytes != NULL;
}

static gboolean
call_dup_fd (SpoolBuffer   *buffer,
             goffset        offset,
             gsize          count,
             GCancellable  *cancellable,
             GError       **error)
{
  int fd = spool_buffer_dup_fd (buffer, offset != 0, cancellable, error);

  if (fd < 0)
    {
      g_assert_cmpint (fd, ==, -1);
      return FALSE;
    }

  g_assert_true (g_close (fd, NULL));

  return TRUE;
}

static gboolean
call_equal (SpoolBuffer   *buffer,
            goffset        offset,
            gsize          count,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr(SpoolBuffer) other = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  g_autoptr(GError) local = NULL;
  gboolean equal;

  test_append (other, 0, 50);
  if (offset == 0)
    equal = spool_buffer_equal (buffer, other, cancellable, &local);
  else
    equal = spool_buffer_equal (other, buffer, cancellable, &local);
  if (local == NULL)
    return TRUE;

  g_assert_false (equal);
  g_propagate_error (error, g_steal_pointer (&local));

  return FALSE;
}

static const struct
{
  const char *name;
  Call call;
  gboolean grows;               /* by count, or to offset */
  gboolean rolls;               /* where it grows past the threshold */
} calls[] = {
  { "read", call_read, FALSE, FALSE },
  { "read-array", call_read_array, FALSE, FALSE },
  { "read-bytes", call_read_bytes, FALSE, FALSE },
  { "read-bytes-async", call_read_bytes_async, FALSE, FALSE },
  { "write", call_write, TRUE, TRUE },
  { "write-bytes", call_write_bytes, TRUE, TRUE },
  { "append", call_append, TRUE, TRUE },
  { "append-bytes", call_append_bytes, TRUE, TRUE },
  { "append-bytes-async", call_append_bytes_async, TRUE, TRUE },
  { "splice", call_splice, TRUE, TRUE },
  { "splice-async", call_splice_async, TRUE, TRUE },
  { "truncate", call_truncate, TRUE, TRUE },
  { "reserve", call_reserve, FALSE, TRUE },
  { "reserve-async", call_reserve_async, FALSE, TRUE },
  { "roll-over", call_roll_over, FALSE, TRUE },
  { "roll-over-async", call_roll_over_async, FALSE, TRUE },
  { "reset", call_reset, FALSE, FALSE },
  { "flush", call_flush, FALSE, FALSE },
  { "get-bytes", call_get_bytes, FALSE, FALSE },
  { "get-bytes-async", call_get_bytes_async, FALSE, FALSE },
  { "dup-fd", call_dup_fd, FALSE, TRUE },
  { "equal", call_equal, FALSE, FALSE },
};

#define SIZE 50

static void
assert_fails (SpoolBuffer  *buffer,
              Call          call,
              goffset       offset,
              gsize         count,
              GCancellable *cancellable,
              int           code)
{
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autoptr(GError) error = NULL;
  gboolean success = call (buffer, offset, count, cancellable, &error);

  g_assert_error (error, G_IO_ERROR, code);
  g_assert_false (success);
  g_assert_cmpstr (error->message, !=, "");
  test_state_assert (state, buffer);

  /* Without a place for the error, too. */
  g_assert_false (call (buffer, offset, count, cancellable, NULL));
  test_state_assert (state, buffer);
}

/* Whether the file system has sparse files of such a size. */
static gboolean
disk_takes (goffset size)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  int fd = spool_buffer_dup_fd (buffer, TRUE, NULL, NULL);
  gboolean takes = ftruncate (fd, size) == 0;

  g_assert_true (g_close (fd, NULL));

  return takes;
}

static void
test_buffer_errors_arguments (gconstpointer data)
{
  static const struct
  {
    Call call;
    goffset offset;
    gsize count;
    int code;
  } table[] = {
    { call_read, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_read, G_MININT64, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_read_array, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_read_bytes, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_read_bytes, G_MININT64, G_MAXSIZE, G_IO_ERROR_INVALID_ARGUMENT },
    { call_read_bytes_async, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_write, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_write, G_MININT64, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_write_bytes, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_write_nonblocking, -1, 1, G_IO_ERROR_INVALID_ARGUMENT },
    { call_truncate, -1, 0, G_IO_ERROR_INVALID_ARGUMENT },
    { call_truncate, G_MININT64, 0, G_IO_ERROR_INVALID_ARGUMENT },
    { call_reserve, -1, 0, G_IO_ERROR_INVALID_ARGUMENT },
    { call_reserve_async, G_MININT64, 0, G_IO_ERROR_INVALID_ARGUMENT },

    /* Beyond what a goffset can count. */
    { call_write, G_MAXINT64, 1, G_IO_ERROR_NO_SPACE },
    { call_write, G_MAXINT64 - 1, 2, G_IO_ERROR_NO_SPACE },
    { call_write, G_MAXINT64 - 4095, 4096, G_IO_ERROR_NO_SPACE },
    { call_write_bytes, G_MAXINT64, 1, G_IO_ERROR_NO_SPACE },

    /* Beyond what there is. */
    { call_write, G_MAXINT64 - 1, 1, G_IO_ERROR_NO_SPACE },
    { call_write, G_GINT64_CONSTANT (1) << 60, 1, G_IO_ERROR_NO_SPACE },
    { call_write_bytes, G_GINT64_CONSTANT (1) << 60, 9, G_IO_ERROR_NO_SPACE },
    { call_truncate, G_MAXINT64, 0, G_IO_ERROR_NO_SPACE },
    { call_truncate, G_GINT64_CONSTANT (1) << 60, 0, G_IO_ERROR_NO_SPACE },
    { call_reserve, G_MAXINT64, 0, G_IO_ERROR_NO_SPACE },
    { call_reserve, G_GINT64_CONSTANT (1) << 60, 0, G_IO_ERROR_NO_SPACE },
    { call_reserve_async, G_GINT64_CONSTANT (1) << 60, 0, G_IO_ERROR_NO_SPACE },
  };
  goffset threshold = test_threshold (data, SIZE);

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (threshold, SIZE);

      g_test_message ("Row %" G_GSIZE_FORMAT, i);

      /* Nothing needs memory without an end in order to be reserved there. */
      if (threshold == SPOOL_THRESHOLD_NEVER &&
          table[i].code == G_IO_ERROR_NO_SPACE &&
          (table[i].call == call_reserve ||
           table[i].call == call_reserve_async))
        continue;

      /* What is written far behind the end needs no space before it. */
      if (threshold != SPOOL_THRESHOLD_NEVER &&
          table[i].code == G_IO_ERROR_NO_SPACE &&
          table[i].call != call_reserve && table[i].call != call_reserve_async &&
          table[i].offset <= G_MAXINT64 - (goffset) table[i].count &&
          disk_takes (table[i].offset + (goffset) table[i].count))
        continue;

      assert_fails (buffer, table[i].call, table[i].offset, table[i].count,
                    NULL, table[i].code);
      test_assert_usable (buffer);
    }
}

static void
test_buffer_errors_cancelled (gconstpointer data)
{
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  goffset threshold = test_threshold (data, SIZE);

  g_test_summary ("Cancelled beforehand, no call does anything");

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (threshold, SIZE);

      g_test_message ("%s", calls[i].name);
      assert_fails (buffer, calls[i].call, 0, 10, cancellable,
                    G_IO_ERROR_CANCELLED);
      test_assert_usable (buffer);
    }
}

static void
test_buffer_errors_closed (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;

  buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_no_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_test_message ("%s", calls[i].name);

      /* An equal() once as its first and once as its second buffer. */
      for (goffset offset = 0; offset < 2; offset++)
        {
          g_assert_false (calls[i].call (buffer, offset, 10, NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
          g_clear_error (&error);
        }
    }
  g_assert_false (spool_buffer_write_nonblocking (buffer, 0, "a", 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  /* What cannot fail does not crash. */
  spool_buffer_get_size (buffer);
  spool_buffer_get_rolled_over (buffer);
  spool_buffer_set_threshold (buffer, 0);
  g_assert_null (spool_buffer_get_file (buffer));
  spool_buffer_complete (buffer, NULL);
  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  test_drop (g_steal_pointer (&buffer));
}

static void
test_buffer_errors_closed_streams (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GIOStream) io = NULL;
  g_autoptr(GError) error = NULL;
  char bytes[4];

  g_test_summary ("Streams on a closed buffer say so, and can be closed");

  buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
  output = spool_memory_output_stream_new_for_buffer (buffer);
  input = spool_memory_input_stream_new_for_buffer (buffer);
  io = spool_io_stream_new_for_buffer (buffer);
  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_no_error (error);

  g_assert_cmpint (g_output_stream_write (output, "a", 1, NULL, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_input_stream_read (input, bytes, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (io),
                                        bytes, 1, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (output), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);

  g_assert_true (g_output_stream_close (output, NULL, &error));
  g_assert_true (g_input_stream_close (input, NULL, &error));
  g_assert_true (g_io_stream_close (io, NULL, &error));
  g_assert_no_error (error);
}

static void
test_buffer_errors_size_limit (gconstpointer data)
{
  static const struct
  {
    Call call;
    goffset offset;
    gsize count;
  } table[] = {
    { call_write, 100, 1 },
    { call_write, 90, 11 },
    { call_write, 0, 101 },
    { call_write, G_MAXINT64, 1 },
    { call_write_bytes, 60, 41 },
    { call_append, 0, 51 },
    { call_append_bytes, 0, 51 },
    { call_append_bytes_async, 0, 51 },
    { call_truncate, 101, 0 },
    { call_truncate, G_MAXINT64, 0 },
  };
  goffset threshold = test_threshold (data, SIZE);

  g_test_summary ("What would pass the limit is refused whole");

  for (gsize i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (threshold, SIZE);
      g_autoptr(GError) error = NULL;

      g_test_message ("Row %" G_GSIZE_FORMAT, i);
      spool_buffer_set_size_limit (buffer, 100);
      assert_fails (buffer, table[i].call, table[i].offset, table[i].count,
                    NULL, G_IO_ERROR_NO_SPACE);

      /* Up to the limit there is room. */
      test_append (buffer, SIZE, SIZE);
      test_assert_filled (buffer, 2 * SIZE);
      g_assert_false (spool_buffer_append (buffer, "x", 1, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);
      g_assert_true (spool_buffer_write (buffer, 99, "x", 1, NULL, &error));
      g_assert_true (spool_buffer_truncate (buffer, 100, NULL, &error));

      /* And beyond it, once it is gone. */
      spool_buffer_set_size_limit (buffer, -1);
      g_assert_true (spool_buffer_append (buffer, "x", 1, NULL, &error));
      g_assert_no_error (error);
    }
}

static void
test_buffer_errors_size_limit_splice (gconstpointer data)
{
  goffset threshold = test_threshold (data, SIZE);

  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (threshold, SIZE);
      g_autoptr(GError) error = NULL;
      Call call = async ? call_splice_async : call_splice;
      goffset size;

      spool_buffer_set_size_limit (buffer, 100);
      g_assert_false (call (buffer, 0, 51, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);
      size = spool_buffer_get_size (buffer);
      g_assert_cmpint (size, >=, SIZE);
      g_assert_cmpint (size, <=, 100);

      g_assert_true (spool_buffer_truncate (buffer, SIZE, NULL, &error));
      g_assert_true (call (buffer, 0, 50, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, 100);
    }
}

static void
test_buffer_errors_size_limit_streams (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
  spool_buffer_set_size_limit (buffer, 100);
  output = spool_memory_output_stream_new_for_buffer (buffer);
  state = test_state_new (buffer);

  g_assert_true (g_seekable_seek (G_SEEKABLE (output), 90, G_SEEK_SET, NULL,
                                  &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_output_stream_write (output, data_bytes, 11, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (output)), ==, 90);
  test_state_assert (state, buffer);

  g_assert_cmpint (g_output_stream_write (output, data_bytes, 10, NULL, &error),
                   ==, 10);
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 100);
}

/* A directory in which no file can be made. */
static void
check_directory (const char *path,
                 int         code)
{
  g_autoptr(GFile) bad = g_file_new_for_path (path);

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GError) error = NULL;
      guint n_fds;

      if (!calls[i].rolls)
        continue;

      g_test_message ("%s", calls[i].name);
      buffer = test_buffer_new_filled (SIZE, SIZE);
      spool_buffer_set_directory (buffer, bad);

      /* Twice: a later call tries again. The first may start a thread, which
       * has a descriptor. */
      assert_fails (buffer, calls[i].call, SIZE + 1, SIZE, NULL, code);
      n_fds = test_count_fds ();
      assert_fails (buffer, calls[i].call, SIZE + 1, SIZE, NULL, code);
      g_assert_cmpint (test_count_fds (), ==, n_fds);

      /* In memory it goes on. */
      g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, &error));
      g_assert_true (spool_buffer_truncate (buffer, 5, NULL, &error));
      test_append (buffer, 5, SIZE - 5);
      g_assert_no_error (error);
      g_assert_false (spool_buffer_get_rolled_over (buffer));

      spool_buffer_set_directory (buffer, NULL);
      g_assert_true (calls[i].call (buffer, SIZE + 1, SIZE, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (spool_buffer_get_rolled_over (buffer));
      test_assert_usable (buffer);
      test_drop (g_steal_pointer (&buffer));
    }
}

static void
test_buffer_errors_directory_missing (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder->path, "missing", NULL);

  check_directory (path, G_IO_ERROR_NOT_FOUND);
}

static void
test_buffer_errors_directory_file (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder->path, "file", NULL);

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  check_directory (path, G_IO_ERROR_NOT_DIRECTORY);
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
child_unwritable (const char *argument)
{
  /* Root may write anywhere, so that it has to be somebody else. */
  if (geteuid () == 0)
    {
      g_assert_cmpint (seteuid (65534), ==, 0);
      /* So that /proc/self stays readable. */
      g_assert_cmpint (prctl (PR_SET_DUMPABLE, 1), ==, 0);
    }

  check_directory (argument, G_IO_ERROR_PERMISSION_DENIED);
}

static void
test_buffer_errors_directory_unwritable (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_assert_cmpint (g_chmod (folder->path, 0555), ==, 0);
  test_assert_exited (test_spawn ("unwritable", folder->path, NULL, NULL));
}

static void
test_buffer_errors_directory_streams (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) missing = g_file_get_child (folder->file, "missing");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (SIZE, SIZE);
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GIOStream) io = NULL;
  g_autoptr(GError) error = NULL;
  GOutputVector vectors[2] = { { data_bytes, 30 }, { data_bytes, 30 } };
  gsize written = 0;

  g_test_summary ("A stream that cannot roll over keeps its position");

  spool_buffer_set_directory (buffer, missing);
  output = spool_memory_output_stream_new_for_buffer (buffer);
  io = spool_io_stream_new_for_buffer (buffer);

  g_assert_cmpint (g_output_stream_write (output, data_bytes, 51, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (output)), ==, 0);

  g_assert_false (g_output_stream_writev (output, vectors, 2, &written, NULL,
                                          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (output)), ==, 0);

  g_assert_false (g_seekable_truncate (G_SEEKABLE (io), 51, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (g_output_stream_write (g_io_stream_get_output_stream (io),
                                          data_bytes, 51, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (io)), ==, 0);
  test_assert_filled (buffer, SIZE);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  spool_buffer_set_directory (buffer, NULL);
  g_assert_true (g_output_stream_writev (output, vectors, 2, &written, NULL,
                                         &error));
  g_assert_no_error (error);
  g_assert_cmpint (written, ==, 60);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("unwritable", child_unwritable);

  test_add_thresholds ("/buffer-errors/arguments",
                       test_buffer_errors_arguments);
  test_add_thresholds ("/buffer-errors/cancelled",
                       test_buffer_errors_cancelled);
  test_add_thresholds ("/buffer-errors/closed", test_buffer_errors_closed);
  test_add_thresholds ("/buffer-errors/closed-streams",
                       test_buffer_errors_closed_streams);
  test_add_thresholds ("/buffer-errors/size-limit",
                       test_buffer_errors_size_limit);
  test_add_thresholds ("/buffer-errors/size-limit-splice",
                       test_buffer_errors_size_limit_splice);
  test_add_thresholds ("/buffer-errors/size-limit-streams",
                       test_buffer_errors_size_limit_streams);
  g_test_add_func ("/buffer-errors/directory-missing",
                   test_buffer_errors_directory_missing);
  g_test_add_func ("/buffer-errors/directory-file",
                   test_buffer_errors_directory_file);
  g_test_add_func ("/buffer-errors/directory-unwritable",
                   test_buffer_errors_directory_unwritable);
  g_test_add_func ("/buffer-errors/directory-streams",
                   test_buffer_errors_directory_streams);

  return test_run ();
}
