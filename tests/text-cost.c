/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-glib/spool-glib.h"
#include "spool-glib/spool-sys-private.h"

#include <string.h>

/* What operations on text cost, in bytes that are read from the disk and in
 * memory that is asked for, and not in time.
 */

#define SIZE (4 * 1024 * 1024)

/* More than an entry of the index is away, twice over for where one is cut by
 * a character, and less than any walk through the text.
 */
#define NEAR (16 * 1024)

static SpoolSys real_sys;
static goffset n_read;
static goffset n_written;
static gsize max_allocated;

static gssize
counting_pread (int      fd,
                void    *data,
                gsize    count,
                goffset  offset)
{
  gssize n = real_sys.pread (fd, data, count, offset);

  if (n > 0)
    n_read += n;

  return n;
}

static gssize
counting_pwrite (int         fd,
                 const void *data,
                 gsize       count,
                 goffset     offset)
{
  gssize n = real_sys.pwrite (fd, data, count, offset);

  if (n > 0)
    n_written += n;

  return n;
}

static gpointer
counting_realloc (gpointer data,
                  gsize    size)
{
  max_allocated = MAX (max_allocated, size);

  return real_sys.try_realloc (data, size);
}

static gpointer
counting_map (gsize size)
{
  max_allocated = MAX (max_allocated, size);

  return real_sys.map_anonymous (size);
}

static gpointer
counting_remap (gpointer data,
                gsize    old_size,
                gsize    new_size,
                gboolean may_move)
{
  max_allocated = MAX (max_allocated, new_size);

  return real_sys.remap (data, old_size, new_size, may_move);
}

static void
start_counting (void)
{
  n_read = 0;
  n_written = 0;
  max_allocated = 0;
}

static void
seek_to (SpoolTextStream *stream,
         gint64           position)
{
  g_assert_true (spool_text_stream_seek (stream, position, G_SEEK_SET, NULL, NULL));
}

static void
write_text (SpoolTextStream *stream,
            const char      *text)
{
  g_autoptr(GError) error = NULL;
  gboolean success = spool_text_stream_write (stream, text, -1, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (success);
}

static gsize
read_text (SpoolTextStream *stream,
           gint64           n_chars)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;

  text = spool_text_stream_read (stream, n_chars, &length, NULL, &error);
  g_assert_no_error (error);

  return length;
}

static gint64
get_length (SpoolTextStream *stream)
{
  g_autoptr(GError) error = NULL;
  gint64 length = spool_text_stream_get_length (stream, NULL, &error);

  g_assert_no_error (error);

  return length;
}

#define LINE "mixed: é€😀 русский\n"

static gint64
line_length (void)
{
  return g_utf8_strlen (LINE, -1);
}

static gint64
n_lines (void)
{
  return SIZE / (gint64) strlen (LINE);
}

/* On disk, written through a text stream or beside it. */
static SpoolTextStream *
stream_new (gboolean beside)
{
  SpoolTextStream *stream = spool_text_stream_new_with_threshold (0);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);

  for (gint64 i = 0; i < n_lines (); i++)
    {
      if (beside)
        g_assert_true (spool_buffer_append (buffer, LINE, strlen (LINE), NULL, NULL));
      else
        write_text (stream, LINE);
    }

  seek_to (stream, 0);

  return stream;
}

static void
assert_seeks_are_near (SpoolTextStream *stream)
{
  gint64 length = get_length (stream);

  for (gint64 i = 0; i < 100; i++)
    {
      start_counting ();
      seek_to (stream, (i * 7919 + 13) * length / 800000);
      g_assert_cmpuint (read_text (stream, 1), >, 0);
      g_assert_cmpint (n_read, <=, NEAR);
    }
}

static void
test_text_cost_append (void)
{
  g_autoptr(SpoolTextStream) stream = NULL;

  start_counting ();
  stream = stream_new (FALSE);
  g_assert_cmpint (n_read, ==, 0);

  g_assert_cmpint (get_length (stream), ==, n_lines () * line_length ());
  g_assert_true (spool_text_stream_seek (stream, 0, G_SEEK_END, NULL, NULL));
  write_text (stream, LINE);
  g_assert_cmpint (n_read, ==, 0);

  g_assert_true (spool_text_stream_truncate (stream, get_length (stream) + 10, NULL, NULL));
  g_assert_cmpint (n_read, ==, 0);
  write_text (stream, "0123456789");
  g_assert_cmpint (n_read, <=, NEAR);
}

static void
test_text_cost_read_on (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (FALSE);
  gint64 i = 0;
  gsize n;

  start_counting ();
  while ((n = read_text (stream, 5)) > 0)
    i += (gint64) n;
  g_assert_cmpint (i, ==, n_lines () * (gint64) strlen (LINE));
  g_assert_cmpint (n_read, <=, SIZE + SIZE / 50);

  seek_to (stream, 0);
  start_counting ();
  for (i = 0; i < n_lines (); i++)
    {
      g_autofree char *line = spool_text_stream_read_line (stream, NULL, NULL, NULL);

      g_assert_cmpstr (line, ==, LINE);
    }
  g_assert_cmpint (n_read, <=, SIZE + SIZE / 50);
  g_assert_cmpuint (max_allocated, <=, 64 * 1024);
}

static void
test_text_cost_seek (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (FALSE);

  start_counting ();
  g_assert_cmpint (get_length (stream), >, 0);
  g_assert_cmpint (n_read, ==, 0);
  assert_seeks_are_near (stream);
}

/* What others wrote is walked over once. */
static void
test_text_cost_beside (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (TRUE);
  g_autoptr(SpoolTextStream) other =
    spool_text_stream_new_for_buffer (spool_text_stream_get_buffer (stream));

  start_counting ();
  g_assert_cmpint (get_length (stream), ==, n_lines () * line_length ());
  g_assert_cmpint (n_read, <=, SIZE + SIZE / 50);

  start_counting ();
  g_assert_cmpint (get_length (other), ==, n_lines () * line_length ());
  g_assert_cmpint (n_read, ==, 0);
  assert_seeks_are_near (other);

  /* The new bytes only. */
  g_assert_true (spool_buffer_append (spool_text_stream_get_buffer (stream), LINE,
                                      strlen (LINE), NULL, NULL));
  start_counting ();
  g_assert_cmpint (get_length (other), ==, (n_lines () + 1) * line_length ());
  g_assert_cmpint (n_read, <=, NEAR);
}

/* What lies before the bytes that others change is known still. */
static void
test_text_cost_changed_beside (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (FALSE);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  gint64 length = get_length (stream);

  seek_to (stream, length / 4);
  g_assert_cmpuint (read_text (stream, 1), >, 0);
  g_assert_true (spool_buffer_write (buffer, SIZE / 4 * 3, "a", 1, NULL, NULL));
  start_counting ();
  g_assert_cmpuint (read_text (stream, 1), >, 0);
  seek_to (stream, length / 2);
  g_assert_cmpuint (read_text (stream, 1), >, 0);
  g_assert_cmpint (n_read, <=, 2 * NEAR);
}

/* Text that is replaced in the middle leaves all that is known as it is, but
 * for what it moves.
 */
static void
test_text_cost_replace (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (FALSE);
  gint64 length = get_length (stream);

  for (int i = 0; i < 5; i++)
    {
      seek_to (stream, length / 5 * i + 10);
      start_counting ();
      write_text (stream, i % 2 == 0 ? "éé" : LINE LINE);
      g_assert_cmpuint (max_allocated, <=, 256 * 1024);
    }

  start_counting ();
  g_assert_cmpint (get_length (stream), ==, length);
  g_assert_cmpint (n_read, ==, 0);
  assert_seeks_are_near (stream);
}

/* Where nothing moves, nothing but the text is written. */
static void
test_text_cost_overwrite (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (FALSE);
  g_autoptr(GError) error = NULL;

  seek_to (stream, n_lines () / 2 * line_length ());
  g_assert_true (spool_buffer_flush (spool_text_stream_get_buffer (stream), NULL, &error));
  start_counting ();
  write_text (stream, LINE);
  g_assert_true (spool_buffer_flush (spool_text_stream_get_buffer (stream), NULL, &error));
  g_assert_cmpint (n_written, ==, strlen (LINE));
  g_assert_cmpint (n_read, <=, NEAR);
}

/* In memory bytes are moved within their block: there is no second one. */
static void
test_text_cost_memory (void)
{
  g_autoptr(SpoolTextStream) stream =
    spool_text_stream_new_with_threshold (SIZE + 1024);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autofree char *text = g_strnfill (SIZE, 'x');

  start_counting ();
  write_text (stream, text);
  seek_to (stream, 10);
  write_text (stream, "€€");
  write_text (stream, "éé");
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, SIZE + 6);
  g_assert_cmpuint (max_allocated, <=, SIZE + 3 * 1024 * 1024);
  g_assert_cmpint (get_length (stream), ==, SIZE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  real_sys = spool_sys;
  spool_sys.pread = counting_pread;
  spool_sys.pwrite = counting_pwrite;
  spool_sys.try_realloc = counting_realloc;
  spool_sys.map_anonymous = counting_map;
  spool_sys.remap = counting_remap;

  g_test_add_func ("/text-cost/append", test_text_cost_append);
  g_test_add_func ("/text-cost/read-on", test_text_cost_read_on);
  g_test_add_func ("/text-cost/seek", test_text_cost_seek);
  g_test_add_func ("/text-cost/beside", test_text_cost_beside);
  g_test_add_func ("/text-cost/changed-beside", test_text_cost_changed_beside);
  g_test_add_func ("/text-cost/replace", test_text_cost_replace);
  g_test_add_func ("/text-cost/overwrite", test_text_cost_overwrite);
  g_test_add_func ("/text-cost/memory", test_text_cost_memory);

  return g_test_run ();
}
