/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-calls.h"

#include "test-utils.h"

/* Reads, by a synchronous or an asynchronous call, and checks each byte. */
gssize
test_read (GInputStream  *stream,
           gsize          count,
           gboolean       async,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autofree guint8 *data = g_malloc0 (count + 1);
  goffset before = g_seekable_tell (G_SEEKABLE (stream));
  gssize n_read;

  data[count] = 0xa5;

  if (async)
    {
      g_autoptr(GAsyncResult) result = NULL;

      g_input_stream_read_async (stream, data, count, G_PRIORITY_DEFAULT,
                                 cancellable, test_ready, &result);
      test_wait (&result);
      n_read = g_input_stream_read_finish (stream, result, error);
    }
  else
    {
      n_read = g_input_stream_read (stream, data, count, cancellable, error);
    }

  g_assert_cmpint (data[count], ==, 0xa5);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==,
                   before + MAX (n_read, 0));
  test_check (data, before, MAX (n_read, 0));

  return n_read;
}

gssize
test_skip (GInputStream  *stream,
           gsize          count,
           gboolean       async,
           GCancellable  *cancellable,
           GError       **error)
{
  goffset before = g_seekable_tell (G_SEEKABLE (stream));
  gssize n_skipped;

  if (async)
    {
      g_autoptr(GAsyncResult) result = NULL;

      g_input_stream_skip_async (stream, count, G_PRIORITY_DEFAULT,
                                 cancellable, test_ready, &result);
      test_wait (&result);
      n_skipped = g_input_stream_skip_finish (stream, result, error);
    }
  else
    {
      n_skipped = g_input_stream_skip (stream, count, cancellable, error);
    }

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==,
                   before + MAX (n_skipped, 0));

  return n_skipped;
}

gboolean
test_close (GInputStream  *stream,
            gboolean       async,
            GCancellable  *cancellable,
            GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!async)
    return g_input_stream_close (stream, cancellable, error);

  g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, cancellable,
                              test_ready, &result);
  test_wait (&result);

  return g_input_stream_close_finish (stream, result, error);
}

void
test_assert_reads (GInputStream *stream,
                   gsize         count,
                   gboolean      async,
                   gssize        expected)
{
  g_autoptr(GError) error = NULL;
  gssize n_read = test_read (stream, count, async, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (n_read, ==, expected);
}

void
test_assert_skips (GInputStream *stream,
                   gsize         count,
                   gboolean      async,
                   gssize        expected)
{
  g_autoptr(GError) error = NULL;
  gssize n_skipped = test_skip (stream, count, async, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (n_skipped, ==, expected);
}

void
test_assert_read_fails (GInputStream *stream,
                        gsize         count,
                        gboolean      async,
                        GIOErrorEnum  code)
{
  g_autoptr(GError) error = NULL;
  gssize n_read = test_read (stream, count, async, NULL, &error);

  g_assert_error (error, G_IO_ERROR, (int) code);
  g_assert_cmpint (n_read, ==, -1);
}

void
test_assert_seeks (GInputStream *stream,
                   goffset       offset,
                   GSeekType     type,
                   goffset       expected)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), offset, type, NULL,
                                  &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, expected);
}

void
test_assert_seek_fails (GInputStream *stream,
                        goffset       offset,
                        GSeekType     type,
                        GIOErrorEnum  code)
{
  g_autoptr(GError) error = NULL;
  goffset before = g_seekable_tell (G_SEEKABLE (stream));

  g_assert_false (g_seekable_seek (G_SEEKABLE (stream), offset, type, NULL,
                                   &error));
  g_assert_error (error, G_IO_ERROR, (int) code);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, before);
}

/* Each test that reads runs with synchronous and with asynchronous calls. */
void
test_add_both (const char    *path,
               GTestDataFunc  func)
{
  g_autofree char *sync = g_strconcat (path, "/sync", NULL);
  g_autofree char *async = g_strconcat (path, "/async", NULL);

  g_test_add_data_func (sync, GINT_TO_POINTER (FALSE), func);
  g_test_add_data_func (async, GINT_TO_POINTER (TRUE), func);
}
