/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A program as it is written for GMemoryOutputStream. It is included once for
 * that and once for ours, with what a search and replace would change:
 *
 *   PROGRAM           the name of the function
 *   STREAM (name)     a function of the stream's class
 *   STREAM_CAST (s)   the stream as that class
 *   STREAM_NEW        the constructor
 *   STREAM_STEAL (s)  steal_as_bytes, of which ours has an error
 */

static char *
PROGRAM (goffset threshold)
{
  g_autoptr(GOutputStream) stream = STREAM_NEW;
  GSeekable *seekable = G_SEEKABLE (stream);
  GString *log = g_string_new (NULL);
  g_autoptr(GInputStream) source = NULL;
  g_autoptr(GDataOutputStream) data = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  const guint8 *content;
  gsize size;
  gsize written;

  g_assert_true (g_output_stream_write_all (stream, "0123456789", 10, &written,
                                            NULL, &error));
  g_assert_true (g_output_stream_printf (stream, NULL, NULL, &error, "%d-%s",
                                         42, "answer"));
  g_string_append_printf (log, "%d ",
                          (int) STREAM (get_data_size) (STREAM_CAST (stream)));

  /* From the end, past it, and back. */
  g_assert_true (g_seekable_seek (seekable, -6, G_SEEK_END, NULL, &error));
  g_assert_cmpint (g_output_stream_write (stream, "ANSWER!", 7, NULL, &error),
                   ==, 7);
  g_assert_true (g_seekable_seek (seekable, 10, G_SEEK_END, NULL, &error));
  g_string_append_printf (log, "%d ", (int) g_seekable_tell (seekable));
  g_string_append_printf (log, "%d ",
                          (int) STREAM (get_data_size) (STREAM_CAST (stream)));
  g_assert_cmpint (g_output_stream_write (stream, "past", 4, NULL, &error), ==,
                   4);
  g_string_append_printf (log, "%d ",
                          (int) STREAM (get_data_size) (STREAM_CAST (stream)));
  g_assert_true (g_seekable_seek (seekable, 2, G_SEEK_SET, NULL, &error));
  g_assert_cmpint (g_output_stream_write (stream, "xy", 2, NULL, &error), ==,
                   2);

  /* Truncated both ways. */
  g_assert_true (g_seekable_truncate (seekable, 12, NULL, &error));
  g_assert_true (g_seekable_truncate (seekable, 20, NULL, &error));
  g_string_append_printf (log, "%d @%d ",
                          (int) STREAM (get_data_size) (STREAM_CAST (stream)),
                          (int) g_seekable_tell (seekable));
  g_assert_false (g_seekable_seek (seekable, -21, G_SEEK_END, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  /* As a part of what GIO has. */
  source = g_memory_input_stream_new_from_data ("spliced", 7, NULL);
  g_assert_cmpint (g_output_stream_splice (stream, source,
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE,
                                           NULL, &error), ==, 7);
  data = g_data_output_stream_new (stream);
  g_filter_output_stream_set_close_base_stream (G_FILTER_OUTPUT_STREAM (data),
                                                FALSE);
  g_assert_true (g_data_output_stream_put_uint32 (data, 0x61626364, NULL,
                                                  &error));
  g_assert_true (g_output_stream_close (G_OUTPUT_STREAM (data), NULL, &error));

  g_assert_true (g_output_stream_flush (stream, NULL, &error));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
  g_string_append_printf (log, "%d ",
                          (int) STREAM (get_data_size) (STREAM_CAST (stream)));

  bytes = STREAM_STEAL (STREAM_CAST (stream));
  content = g_bytes_get_data (bytes, &size);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (log, "%02x", content[i]);

  return g_string_free (log, FALSE);
}
