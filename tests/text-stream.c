/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include <string.h>
#include <unistd.h>

/* One, two, three and four bytes: ten bytes in all. */
#define MIXED "aé€😀"
#define MIXED_SIZE 10
#define MIXED_LENGTH 4

static SpoolTextStream *
stream_new (gconstpointer  data,
            const char    *text)
{
  goffset threshold = test_threshold (data, (goffset) strlen (text));
  SpoolTextStream *stream = spool_text_stream_new_with_threshold (threshold);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_text_stream_write (stream, text, -1, NULL, &error));
  g_assert_no_error (error);

  return stream;
}

static void
seek_to (SpoolTextStream *stream,
         gint64           position)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_text_stream_seek (stream, position, G_SEEK_SET, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, position);
}

static void
write_at (SpoolTextStream *stream,
          gint64           position,
          const char      *text)
{
  g_autoptr(GError) error = NULL;
  gboolean success;

  seek_to (stream, position);
  success = spool_text_stream_write_string (stream, text, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (success);
  g_assert_cmpint (spool_text_stream_tell (stream), ==,
                   position + g_utf8_strlen (text, -1));
}

static void
assert_read (SpoolTextStream *stream,
             gint64           n_chars,
             const char      *expected)
{
  g_autoptr(GError) error = NULL;
  gint64 position = spool_text_stream_tell (stream);
  gsize length = 4711;
  g_autofree char *text = spool_text_stream_read (stream, n_chars, &length, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpuint (length, ==, strlen (expected));
  g_assert_cmpint (spool_text_stream_tell (stream), ==,
                   position + g_utf8_strlen (expected, -1));
}

static void
assert_line (SpoolTextStream *stream,
             const char      *expected)
{
  g_autoptr(GError) error = NULL;
  gsize length = 4711;
  g_autofree char *line = spool_text_stream_read_line (stream, &length, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, expected);
  g_assert_cmpuint (length, ==, expected != NULL ? strlen (expected) : 0);
}

/* The content as bytes, in characters, and as text. */
static void
assert_content (SpoolTextStream *stream,
                const char      *data,
                gsize            size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) text = NULL;
  gint64 length = 0;

  test_assert_content (spool_text_stream_get_buffer (stream), data, size);

  for (gsize i = 0; i < size; i++)
    length += (data[i] & 0xc0) != 0x80;
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, length);
  g_assert_no_error (error);

  text = spool_text_stream_dup_text_bytes (stream, NULL, &error);
  g_assert_no_error (error);
  test_assert_bytes (text, data, size);
}

static void
assert_text (SpoolTextStream *stream,
             const char      *text)
{
  assert_content (stream, text, strlen (text));
}

static void
test_text_stream_constructors (void)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new ();
  g_autoptr(SpoolTextStream) small = spool_text_stream_new_with_threshold (7);
  g_autoptr(SpoolTextStream) other = NULL;
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  SpoolBuffer *same = NULL;

  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, SPOOL_DEFAULT_THRESHOLD);
  g_assert_cmpint (spool_buffer_get_threshold (spool_text_stream_get_buffer (small)), ==, 7);

  other = spool_text_stream_new_for_buffer (buffer);
  g_assert_true (spool_text_stream_get_buffer (other) == buffer);
  g_object_get (other, "buffer", &same, NULL);
  g_assert_true (same == buffer);
  g_object_unref (same);

  g_assert_cmpint (spool_text_stream_tell (stream), ==, 0);
  assert_text (stream, "");
  assert_read (stream, -1, "");
  assert_line (stream, NULL);
}

static void
test_text_stream_write (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);

  g_assert_cmpint (spool_text_stream_tell (stream), ==, MIXED_LENGTH);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, MIXED_SIZE);
  g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                   test_rolls (spool_buffer_get_threshold (buffer), MIXED_SIZE));
  assert_text (stream, MIXED);
}

/* An empty write changes nothing, and fills no gap either. */
static void
test_text_stream_write_nothing (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "abc");
  g_autoptr(GBytes) empty = g_bytes_new (NULL, 0);
  g_autoptr(GError) error = NULL;

  seek_to (stream, 100);
  g_assert_true (spool_text_stream_write (stream, "abc", 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_text_stream_write (stream, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_text_stream_write_string (stream, "", NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_text_stream_write_bytes (stream, empty, NULL, &error));
  g_assert_no_error (error);

  g_assert_cmpint (spool_text_stream_tell (stream), ==, 100);
  assert_text (stream, "abc");
}

static void
test_text_stream_write_length (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_text_stream_write (stream, "äöü", 4, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 2);
  assert_text (stream, "äö");
}

/* As many characters as are written go, whatever their lengths. */
static void
test_text_stream_overwrite (gconstpointer data)
{
  static const struct
  {
    const char *before;
    gint64      position;
    const char *text;
    const char *after;
  } cases[] = {
    { "abcdef", 2, "xy", "abxyef" },
    { "abcdef", 2, "éé", "abééef" },
    { "abcdef", 0, "€", "€bcdef" },
    { "abcdef", 5, "😀", "abcde😀" },
    { "abcdef", 0, "ééééééé", "ééééééé" },
    { "abcdef", 5, "éé", "abcdeéé" },
    { "abcdef", 6, "é", "abcdefé" },
    { "ééé", 1, "x", "éxé" },
    { "ééé", 1, "xy", "éxy" },
    { "ééé", 1, "xyz", "éxyz" },
    { "ééé", 1, "xyzw", "éxyzw" },
    { "ééé", 2, "xyz", "ééxyz" },
    { "aé€😀aé€😀", 0, "wxyz", "wxyzaé€😀" },
    { "aé€😀aé€😀", 3, "a", "aé€aaé€😀" },
    { "aé€😀aé€😀", 3, "€é", "aé€€éé€😀" },
    { "aé€😀", 1, "€é", "a€é😀" },
    { "😀😀😀", 0, "a", "a😀😀" },
    { "😀😀😀", 2, "a", "😀😀a" },
    { "😀😀😀", 0, "abc", "abc" },
    { "a\nb", 1, "€", "a€b" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(SpoolTextStream) stream = stream_new (data, cases[i].before);
      SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
      goffset size = (goffset) strlen (cases[i].before);
      goffset new_size = (goffset) strlen (cases[i].after);
      goffset threshold = spool_buffer_get_threshold (buffer);

      write_at (stream, cases[i].position, cases[i].text);
      assert_text (stream, cases[i].after);

      /* It rolls over as any other write does: where it makes it larger. */
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                       test_rolls (threshold, size) ||
                       (new_size > size && test_rolls (threshold, new_size)));

      /* The rest keeps its place, and the place is found. */
      seek_to (stream, cases[i].position);
      assert_read (stream, -1, g_utf8_offset_to_pointer (cases[i].after,
                                                         cases[i].position));
    }
}

static void
test_text_stream_write_past_end (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "é€");

  write_at (stream, 5, "😀b");
  assert_content (stream, "é€\0\0\0😀b", 5 + 3 + 5);

  seek_to (stream, 5);
  assert_read (stream, 1, "😀");

  write_at (stream, 3, "€");
  assert_content (stream, "é€\0€\0😀b", 5 + 1 + 3 + 1 + 5);
}

static void
test_text_stream_far_gap (void)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_with_threshold (0);
  g_autoptr(GError) error = NULL;
  gint64 far = G_GINT64_CONSTANT (1) << 36;

  write_at (stream, far, "€");
  write_at (stream, far + 10, "😀");
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, far + 11);
  g_assert_no_error (error);

  seek_to (stream, far);
  assert_read (stream, 1, "€");
  g_assert_cmpint (spool_buffer_get_size (spool_text_stream_get_buffer (stream)), ==,
                   far + 3 + 9 + 4);
}

static void
test_text_stream_position_overflow (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "é");
  g_autoptr(GError) error = NULL;

  seek_to (stream, G_MAXINT64);
  assert_read (stream, -1, "");
  g_assert_false (spool_text_stream_write_string (stream, "a", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, G_MAXINT64);
  assert_text (stream, "é");
}

static void
test_text_stream_seek (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED MIXED);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_text_stream_seek (stream, -3, G_SEEK_END, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 5);
  assert_read (stream, 1, "é");

  g_assert_true (spool_text_stream_seek (stream, -2, G_SEEK_CUR, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 4);
  assert_read (stream, 1, "a");

  g_assert_true (spool_text_stream_seek (stream, 1, G_SEEK_CUR, NULL, &error));
  g_assert_no_error (error);
  assert_read (stream, 2, "€😀");

  g_assert_true (spool_text_stream_seek (stream, 7, G_SEEK_END, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 15);
  assert_read (stream, 1, "");
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 15);

  for (gint64 i = 0; i <= 8; i++)
    {
      seek_to (stream, 8 - i);
      assert_read (stream, -1, g_utf8_offset_to_pointer (MIXED MIXED, 8 - i));
    }
}

static void
test_text_stream_seek_errors (gconstpointer data)
{
  static const struct
  {
    gint64       offset;
    GSeekType    type;
  } cases[] = {
    { -1, G_SEEK_SET },
    { -3, G_SEEK_CUR },
    { -5, G_SEEK_END },
    { G_MININT64, G_SEEK_SET },
    { G_MININT64, G_SEEK_CUR },
    { G_MAXINT64, G_SEEK_CUR },
    { G_MAXINT64, G_SEEK_END },
    { 0, (GSeekType) 3 },
  };
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  seek_to (stream, 2);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_false (spool_text_stream_seek (stream, cases[i].offset, cases[i].type, NULL,
                                              &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
      g_assert_cmpint (spool_text_stream_tell (stream), ==, 2);
    }

  g_assert_false (spool_text_stream_seek (stream, 0, G_SEEK_SET, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 2);
}

static void
test_text_stream_truncate (gconstpointer data)
{
  for (gint64 length = 0; length <= 10; length++)
    {
      g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED MIXED);
      g_autoptr(GError) error = NULL;
      char expected[32] = MIXED MIXED;
      gsize size = 2 * MIXED_SIZE + (gsize) MAX (length - 8, 0);

      if (length < 8)
        size = (gsize) (g_utf8_offset_to_pointer (expected, length) - expected);

      seek_to (stream, 3);
      g_assert_true (spool_text_stream_truncate (stream, length, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (spool_text_stream_tell (stream), ==, 3);
      assert_content (stream, expected, size);

      /* What was cut off does not come back. */
      g_assert_true (spool_text_stream_truncate (stream, 12, NULL, &error));
      g_assert_no_error (error);
      memset (expected + size, 0, sizeof expected - size);
      assert_content (stream, expected, size + (gsize) (12 - length));

      write_at (stream, 11, "€");
    }
}

static void
test_text_stream_truncate_errors (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_assert_false (spool_text_stream_truncate (stream, -1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);

  g_assert_false (spool_text_stream_truncate (stream, 1, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_false (spool_text_stream_truncate (stream, G_MAXINT64, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);

  assert_text (stream, MIXED);
}

static void
test_text_stream_read (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED MIXED);

  seek_to (stream, 0);
  assert_read (stream, 0, "");
  assert_read (stream, 1, "a");
  assert_read (stream, 2, "é€");
  assert_read (stream, 3, "😀aé");
  assert_read (stream, G_MAXINT64, "€😀");
  assert_read (stream, 1, "");

  seek_to (stream, 7);
  assert_read (stream, -1, "😀");
  assert_read (stream, -1, "");
}

/* Only one character ends a line. */
static void
test_text_stream_lines (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "é\n\nb\r\nc\rd\v\f\xc2\x85\u2028\u2029e\n€");

  seek_to (stream, 0);
  assert_line (stream, "é\n");
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 2);
  assert_line (stream, "\n");
  assert_line (stream, "b\r\n");
  assert_line (stream, "c\rd\v\f\xc2\x85\u2028\u2029e\n");
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 16);
  assert_line (stream, "€");
  assert_line (stream, NULL);
  assert_line (stream, NULL);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 17);

  seek_to (stream, 15);
  assert_line (stream, "\n");
  seek_to (stream, 100);
  assert_line (stream, NULL);
}

static void
test_text_stream_nuls (gconstpointer data)
{
  static const char text[] = "a\0é\0\n\0b";
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GBytes) bytes = g_bytes_new_static (text, sizeof text - 1);
  g_autoptr(GBytes) first = NULL;
  g_autoptr(GBytes) second = NULL;
  g_autoptr(GBytes) rest = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *line = NULL;
  gsize length = 0;

  g_assert_true (spool_text_stream_write_bytes (stream, bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 7);
  g_assert_true (spool_text_stream_write (stream, text, sizeof text - 1, NULL, &error));
  g_assert_no_error (error);
  assert_content (stream, "a\0é\0\n\0ba\0é\0\n\0b", 2 * (sizeof text - 1));

  seek_to (stream, 0);
  first = spool_text_stream_read_line_bytes (stream, NULL, &error);
  test_assert_bytes (first, "a\0é\0\n", 6);
  second = spool_text_stream_read_bytes (stream, 3, NULL, &error);
  test_assert_bytes (second, "\0ba", 3);
  line = spool_text_stream_read_line (stream, &length, NULL, &error);
  g_assert_cmpmem (line, length + 1, "\0é\0\n", 6);
  rest = spool_text_stream_read_line_bytes (stream, NULL, &error);
  test_assert_bytes (rest, "\0b", 2);
  g_assert_null (spool_text_stream_read_line_bytes (stream, NULL, &error));
  g_assert_no_error (error);

  whole = spool_text_stream_dup_text (stream, &length, NULL, &error);
  g_assert_cmpmem (whole, length, "a\0é\0\n\0ba\0é\0\n\0b", 2 * (sizeof text - 1));
}

static const char *const invalid[] = {
  "\x80",
  "\xbf",
  "\xc0\x80",
  "\xc1\xbf",
  "\xc3(",
  "\xc3\xc3\xa9",
  "\xe0\x9f\xbf",
  "\xe2\x82(",
  "\xe2(\xac",
  "\xed\xa0\x80",
  "\xed\xbf\xbf",
  "\xf0\x8f\xbf\xbf",
  "\xf0\x9f\x98(",
  "\xf4\x90\x80\x80",
  "\xf5\x80\x80\x80",
  "\xff",
};

static void
test_text_stream_write_invalid (gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
      g_autofree char *text = g_strconcat ("xy", invalid[i], "z", NULL);
      g_autoptr(GBytes) bytes = g_bytes_new (text, strlen (text));
      g_autoptr(TestState) state = NULL;
      g_autoptr(GError) error = NULL;

      seek_to (stream, 1);
      state = test_state_new (spool_text_stream_get_buffer (stream));

      g_assert_false (spool_text_stream_write (stream, text, -1, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_clear_error (&error);
      g_assert_false (spool_text_stream_write_bytes (stream, bytes, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_clear_error (&error);

      test_state_assert (state, spool_text_stream_get_buffer (stream));
      g_assert_cmpint (spool_text_stream_tell (stream), ==, 1);
    }
}

/* Half a character is refused too, wherever it is cut. */
static void
test_text_stream_write_incomplete (gconstpointer data)
{
  static const char *const characters[] = { "é", "€", "😀" };
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);

  for (gsize i = 0; i < G_N_ELEMENTS (characters); i++)
    {
      for (gsize n = 1; n < strlen (characters[i]); n++)
        {
          g_autofree char *text = g_strdup_printf ("ab%.*s", (int) n, characters[i]);
          g_autoptr(GError) error = NULL;

          g_assert_false (spool_text_stream_write (stream, text, -1, NULL, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
          assert_text (stream, MIXED);
        }
    }
}

/* Every function that would have to pass the bytes from @offset on fails, and
 * says where.
 */
static void
assert_impassable (SpoolBuffer *buffer,
                   gint64       n_chars,
                   goffset      offset)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autofree char *number = g_strdup_printf (" %" G_GOFFSET_FORMAT, offset);

  for (int i = 0; i < 10; i++)
    {
      g_autoptr(GError) error = NULL;
      gint64 position = i % 2 == 0 ? 0 : n_chars;

      seek_to (stream, position);

      switch (i)
        {
        case 0:
        case 1:
          g_assert_null (spool_text_stream_read (stream, -1, NULL, NULL, &error));
          break;
        case 2:
          g_assert_null (spool_text_stream_read (stream, n_chars + 1, NULL, NULL, &error));
          break;
        case 3:
          g_assert_null (spool_text_stream_read_line (stream, NULL, NULL, &error));
          break;
        case 4:
          g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, -1);
          break;
        case 5:
          g_assert_null (spool_text_stream_dup_text (stream, NULL, NULL, &error));
          break;
        case 6:
          g_assert_false (spool_text_stream_truncate (stream, n_chars + 1, NULL, &error));
          break;
        case 7:
          g_assert_false (spool_text_stream_write_string (stream, "x", NULL, &error));
          break;
        case 8:
          g_assert_false (spool_text_stream_seek (stream, 0, G_SEEK_END, NULL, &error));
          break;
        case 9:
          position = n_chars + 1;
          seek_to (stream, position);
          g_assert_null (spool_text_stream_read (stream, 1, NULL, NULL, &error));
          break;
        default:
          g_assert_not_reached ();
        }

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      g_assert_true (g_str_has_suffix (error->message, number));
      g_assert_cmpint (spool_text_stream_tell (stream), ==, position);
      test_state_assert (state, buffer);
    }

  /* What lies before them is there all the same. */
  seek_to (stream, 0);
  if (n_chars > 0)
    {
      g_autofree char *text = spool_text_stream_read (stream, n_chars, NULL, NULL, NULL);

      g_assert_nonnull (text);
      g_assert_cmpint (g_utf8_strlen (text, -1), ==, n_chars);
    }
}

static void
test_text_stream_invalid_content (gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_autofree char *text = g_strconcat (MIXED, invalid[i], "\nz", NULL);
      g_autofree char *first = g_strconcat (invalid[i], MIXED, NULL);
      goffset size = (goffset) strlen (text);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, size));
      g_autoptr(SpoolBuffer) other = test_buffer_new (test_threshold (data, size));

      spool_buffer_append (buffer, text, strlen (text), NULL, NULL);
      assert_impassable (buffer, MIXED_LENGTH, MIXED_SIZE);
      spool_buffer_append (other, first, strlen (first), NULL, NULL);
      assert_impassable (other, 0, 0);
    }
}

static void
test_text_stream_incomplete_content (gconstpointer data)
{
  static const char *const characters[] = { "é", "€", "😀" };

  for (gsize i = 0; i < G_N_ELEMENTS (characters); i++)
    {
      for (gsize n = 1; n < strlen (characters[i]); n++)
        {
          g_autofree char *text = g_strdup_printf (MIXED "%.*s", (int) n, characters[i]);
          goffset size = (goffset) strlen (text);
          g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, size));
          g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
          g_autofree char *whole = g_strconcat (MIXED, characters[i], NULL);

          spool_buffer_append (buffer, text, strlen (text), NULL, NULL);
          assert_impassable (buffer, MIXED_LENGTH, MIXED_SIZE);

          /* Once the rest has come it is a character. */
          spool_buffer_append (buffer, characters[i] + n, strlen (characters[i]) - n,
                               NULL, NULL);
          assert_text (stream, whole);
          seek_to (stream, 4);
          assert_read (stream, -1, characters[i]);
        }
    }
}

/* Characters that are cut by the blocks in which files are read, by the window
 * in which they are written, by the threshold, and by the entries of the index.
 */
static void
test_text_stream_splits (gconstpointer data)
{
  static const gsize boundaries[] = { 4096, 8192, 32768, 65536, 65536 + 4096, 131072 };
  static const char tail[] = MIXED MIXED "\n" MIXED;

  for (gsize i = 0; i < G_N_ELEMENTS (boundaries); i++)
    {
      for (gsize pad = boundaries[i] - 12; pad <= boundaries[i] + 1; pad++)
        {
          gsize size = pad + sizeof tail - 1;
          g_autofree char *text = g_malloc (size + 1);
          goffset threshold = GPOINTER_TO_INT (data) == TEST_THRESHOLD_EXACT
                              ? (goffset) boundaries[i]
                              : test_threshold (data, (goffset) size);
          g_autoptr(SpoolTextStream) stream = spool_text_stream_new_with_threshold (threshold);
          SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
          g_autofree char *line = NULL;
          gsize length = 0;
          gint64 left = (gint64) pad + 13;

          memset (text, 'x', pad);
          memcpy (text + pad, tail, sizeof tail);

          /* In two pieces, of which the first may be kept back. */
          g_assert_true (spool_buffer_append (buffer, text, pad + 2, NULL, NULL));
          g_assert_true (spool_buffer_append (buffer, text + pad + 2, size - pad - 2,
                                              NULL, NULL));

          line = spool_text_stream_read_line (stream, &length, NULL, NULL);
          g_assert_cmpmem (line, length, text, pad + 2 * MIXED_SIZE + 1);
          assert_read (stream, -1, MIXED);
          g_assert_cmpint (spool_text_stream_tell (stream), ==, left);

          for (gint64 n = 1; n <= 3; n++)
            {
              const char *next = text + pad - 6;

              seek_to (stream, (gint64) pad - 6);
              while (*next != '\0')
                {
                  gint64 count = MIN (n, g_utf8_strlen (next, -1));
                  const char *end = g_utf8_offset_to_pointer (next, count);
                  g_autofree char *piece = g_strndup (next, (gsize) (end - next));

                  assert_read (stream, n, piece);
                  next = end;
                }
            }

          seek_to (stream, (gint64) pad + 2);
          assert_read (stream, 1, "€");
          write_at (stream, (gint64) pad + 1, "€é");
          seek_to (stream, (gint64) pad);
          assert_read (stream, 5, "a€é😀a");
          g_assert_cmpint (spool_text_stream_get_length (stream, NULL, NULL), ==, left);
        }
    }
}

/* Other streams see the bytes, and may change them. */
static void
test_text_stream_bytes_below (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "ééééé");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(SpoolTextStream) other = spool_text_stream_new_for_buffer (buffer);
  g_autoptr(GOutputStream) output = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GError) error = NULL;

  seek_to (stream, 2);
  assert_read (stream, 1, "é");

  /* The position counts characters, so that its byte is another one now. */
  g_assert_true (g_output_stream_write_all (output, "aaaa", 4, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_read (stream, 2, "aé");
  assert_text (stream, "aaaaééé");

  g_assert_true (g_seekable_truncate (G_SEEKABLE (output), 6, NULL, &error));
  assert_read (stream, -1, "");
  seek_to (stream, 4);
  assert_read (stream, -1, "é");
  g_assert_true (spool_buffer_append (buffer, "€", 3, NULL, &error));
  assert_read (stream, -1, "€");

  seek_to (other, 4);
  assert_read (other, 1, "é");
  write_at (stream, 0, "€€");
  assert_read (other, 1, "€");
  assert_text (other, "€€aaé€");

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  assert_read (other, -1, "");
  assert_text (stream, "");
  write_at (stream, 0, "é");
  seek_to (other, 0);
  assert_read (other, -1, "é");

  g_output_stream_close (output, NULL, NULL);
}

static void
test_text_stream_size_limit (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "abcdef");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autoptr(GError) error = NULL;

  spool_buffer_set_size_limit (buffer, 7);
  seek_to (stream, 2);
  g_assert_false (spool_text_stream_write_string (stream, "€", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 2);
  test_state_assert (state, buffer);
  assert_text (stream, "abcdef");

  write_at (stream, 2, "é");
  assert_text (stream, "abédef");
  write_at (stream, 1, "éc");
  assert_text (stream, "aécdef");
}

static void
test_text_stream_cancelled (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();

  seek_to (stream, 1);

  for (int i = 0; i < 7; i++)
    {
      g_autoptr(GError) error = NULL;

      switch (i)
        {
        case 0:
          g_assert_false (spool_text_stream_write_string (stream, "x", cancelled, &error));
          break;
        case 1:
          g_assert_null (spool_text_stream_read (stream, 1, NULL, cancelled, &error));
          break;
        case 2:
          g_assert_null (spool_text_stream_read_line (stream, NULL, cancelled, &error));
          break;
        case 3:
          g_assert_cmpint (spool_text_stream_get_length (stream, cancelled, &error), ==, -1);
          break;
        case 4:
          g_assert_null (spool_text_stream_dup_text (stream, NULL, cancelled, &error));
          break;
        case 5:
          g_assert_false (spool_text_stream_seek (stream, 0, G_SEEK_END, cancelled, &error));
          break;
        case 6:
          g_assert_false (spool_text_stream_write (stream, "", 0, cancelled, &error));
          break;
        default:
          g_assert_not_reached ();
        }

      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (spool_text_stream_tell (stream), ==, 1);
      test_state_assert (state, buffer);
    }
}

static void
test_text_stream_closed (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_close (spool_text_stream_get_buffer (stream), NULL, &error));
  g_assert_no_error (error);

  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (spool_text_stream_read (stream, 1, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (spool_text_stream_write_string (stream, "a", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, MIXED_LENGTH);
}

/* Where others can write to the file, bytes cannot move to another one. */
static void
assert_fixed_file (SpoolTextStream *stream)
{
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autoptr(GError) error = NULL;

  seek_to (stream, 2);
  g_assert_false (spool_text_stream_write_string (stream, "é", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 2);
  test_state_assert (state, buffer);

  /* What moves nothing is done, and so is what moves the end only. */
  write_at (stream, 2, "x");
  assert_text (stream, "abxdef");
  write_at (stream, 5, "€g");
  assert_text (stream, "abxde€g");
  write_at (stream, 8, "é");
  assert_content (stream, "abxde€g\0é", 12);
  g_assert_true (spool_text_stream_truncate (stream, 6, NULL, &error));
  assert_text (stream, "abxde€");
}

static void
test_text_stream_writable_descriptor (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "abcdef");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(GError) error = NULL;
  int fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);

  g_assert_no_error (error);
  assert_fixed_file (stream);

  /* What they write is seen, and nothing that was known before is believed. */
  g_assert_cmpint (pwrite (fd, "é\nb\nc€", 9, 0), ==, 9);
  seek_to (stream, 0);
  assert_line (stream, "é\n");
  assert_line (stream, "b\n");
  assert_line (stream, "c€");
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 6);
  g_assert_cmpint (pwrite (fd, "\nd\n", 3, 9), ==, 3);
  assert_line (stream, "\n");
  assert_line (stream, "d\n");
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, 9);
  g_assert_cmpint (ftruncate (fd, 2), ==, 0);
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, 1);
  assert_line (stream, NULL);
  g_assert_cmpint (pwrite (fd, "\xff", 1, 1), ==, 1);
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);

  close (fd);

  /* A new beginning has a file of its own again. */
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  write_at (stream, 0, "abc");
  write_at (stream, 1, "€");
  assert_text (stream, "a€c");
}

static void
test_text_stream_named (void)
{
  g_autoptr(SpoolBuffer) buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                                "threshold", (gint64) 0,
                                                "named", TRUE,
                                                NULL);
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);

  write_at (stream, 0, "abcdef");
  assert_fixed_file (stream);
}

/* A buffer in memory whose file will have a name rolls over by replacing. */
static void
test_text_stream_named_roll_over (void)
{
  g_autoptr(SpoolBuffer) buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                                "threshold", (gint64) 6,
                                                "named", TRUE,
                                                NULL);
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
  g_autoptr(GFile) file = NULL;
  g_autofree char *content = NULL;

  write_at (stream, 0, "abcdef");
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  write_at (stream, 1, "€");
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  assert_text (stream, "a€cdef");

  spool_buffer_flush (buffer, NULL, NULL);
  file = spool_buffer_get_file (buffer);
  g_assert_true (g_file_load_contents (file, NULL, &content, NULL, NULL, NULL));
  g_assert_cmpstr (content, ==, "a€cdef");
}

static void
test_text_stream_readable_descriptor (void)
{
  g_autoptr(SpoolTextStream) stream = stream_new (GINT_TO_POINTER (TEST_THRESHOLD_ZERO),
                                                  "abcdef");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(GError) error = NULL;
  char content[16];
  int fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);

  g_assert_no_error (error);
  write_at (stream, 2, "€");
  assert_text (stream, "ab€def");
  g_assert_cmpint (pread (fd, content, sizeof content, 0), ==, 6);
  g_assert_cmpmem (content, 6, "abcdef", 6);
  close (fd);
}

/* A snapshot does not change with the text. */
static void
test_text_stream_snapshot (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED MIXED);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(GBytes) snapshot = spool_buffer_get_bytes (buffer, NULL, NULL);
  g_autoptr(GBytes) second = NULL;

  write_at (stream, 2, "a");
  second = spool_buffer_get_bytes (buffer, NULL, NULL);
  write_at (stream, 0, "😀");
  assert_text (stream, "😀éa😀" MIXED);
  test_assert_bytes (snapshot, MIXED MIXED, 2 * MIXED_SIZE);
  test_assert_bytes (second, "aéa😀" MIXED, 2 * MIXED_SIZE - 2);
}

/* The new file is made where the old one was, and no name is left behind. */
static void
test_text_stream_directory (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  guint n_fds = test_count_fds ();

  {
    g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 0);
    g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);

    write_at (stream, 0, "abcdef");
    write_at (stream, 1, "€");
    g_assert_cmpint (test_find_fd (folder->path), !=, -1);
    g_assert_cmpuint (test_folder_count (folder), ==, 0);
    g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  }

  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

static void
size_changed_cb (SpoolBuffer     *buffer,
                 GParamSpec      *pspec,
                 SpoolTextStream *stream)
{
  g_autoptr(GError) error = NULL;

  /* No lock is held here, but the write is not over. */
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, 6);
  g_assert_no_error (error);
  g_object_set_data (G_OBJECT (buffer), "size", GINT_TO_POINTER ((int) spool_buffer_get_size (buffer)));
}

static void
test_text_stream_notify (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "abcdef");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);

  g_signal_connect (buffer, "notify::size", G_CALLBACK (size_changed_cb), stream);
  write_at (stream, 2, "€");
  g_assert_cmpint (GPOINTER_TO_INT (g_object_get_data (G_OBJECT (buffer), "size")), ==, 8);
}

static char *
finish_read (SpoolTextStream *stream,
             GAsyncResult   **result)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GAsyncResult) ready = NULL;
  gsize length = 4711;
  char *text;

  test_wait (result);
  ready = g_steal_pointer (result);
  text = spool_text_stream_read_finish (stream, ready, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, strlen (text));

  return text;
}

static void
test_text_stream_async (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = g_bytes_new_static ("€\0\n", 5);
  g_autoptr(GBytes) read_bytes = NULL;
  g_autoptr(GBytes) line_bytes = NULL;
  g_autofree char *first = NULL;
  g_autofree char *end = NULL;
  g_autofree char *line = NULL;
  char *text = g_strdup ("é\nb");
  gsize length = 0;

  spool_text_stream_write_async (stream, text, 3, 0, NULL, test_ready, &result);
  memset (text, 'x', strlen (text));
  g_free (text);
  test_wait (&result);
  g_assert_true (spool_text_stream_write_finish (stream, result, &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 6);

  spool_text_stream_write_string_async (stream, "c", 0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_true (spool_text_stream_write_string_finish (stream, result, &error));
  g_clear_object (&result);

  spool_text_stream_write_bytes_async (stream, bytes, 0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_true (spool_text_stream_write_bytes_finish (stream, result, &error));
  g_clear_object (&result);
  assert_content (stream, MIXED "é\nc€\0\n", MIXED_SIZE + 9);

  seek_to (stream, 2);
  spool_text_stream_read_async (stream, 3, 0, NULL, test_ready, &result);
  first = finish_read (stream, &result);
  g_assert_cmpstr (first, ==, "€😀é");

  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  test_wait (&result);
  line = spool_text_stream_read_line_finish (stream, result, &length, &error);
  g_assert_cmpstr (line, ==, "\n");
  g_assert_cmpuint (length, ==, 1);
  g_clear_object (&result);

  spool_text_stream_read_bytes_async (stream, 2, 0, NULL, test_ready, &result);
  test_wait (&result);
  read_bytes = spool_text_stream_read_bytes_finish (stream, result, &error);
  test_assert_bytes (read_bytes, "c€", 4);
  g_clear_object (&result);

  spool_text_stream_read_line_bytes_async (stream, 0, NULL, test_ready, &result);
  test_wait (&result);
  line_bytes = spool_text_stream_read_line_bytes_finish (stream, result, &error);
  test_assert_bytes (line_bytes, "\0\n", 2);
  g_clear_object (&result);

  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_null (spool_text_stream_read_line_finish (stream, result, NULL, &error));
  g_assert_no_error (error);
  g_clear_object (&result);

  spool_text_stream_read_async (stream, -1, 0, NULL, test_ready, &result);
  end = finish_read (stream, &result);
  g_assert_cmpstr (end, ==, "");
}

static void
test_text_stream_async_errors (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED "\xc3\xa9");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gsize length = 4711;

  seek_to (stream, 0);
  spool_text_stream_write_async (stream, "\xff", 1, 0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_false (spool_text_stream_write_finish (stream, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_clear_error (&error);
  g_clear_object (&result);

  spool_text_stream_write_string_async (stream, "x", 0, cancelled, test_ready, &result);
  test_wait (&result);
  g_assert_false (spool_text_stream_write_finish (stream, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_clear_object (&result);

  spool_text_stream_read_async (stream, 1, 0, cancelled, test_ready, &result);
  test_wait (&result);
  g_assert_null (spool_text_stream_read_finish (stream, result, &length, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (length, ==, 4711);
  g_clear_error (&error);
  g_clear_object (&result);

  spool_buffer_truncate (buffer, MIXED_SIZE + 1, NULL, NULL);
  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_null (spool_text_stream_read_line_finish (stream, result, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 0);
}

/* The callback may start the next call, and is not called before the first has
 * returned.
 */
static void
next_line_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (source);
  GString *lines = user_data;
  g_autoptr(GError) error = NULL;
  g_autofree char *line = NULL;

  g_assert_true (g_async_result_get_user_data (result) == user_data);
  line = spool_text_stream_read_line_finish (stream, result, NULL, &error);
  g_assert_no_error (error);

  if (line != NULL)
    {
      g_string_append_printf (lines, "%s|", line);
      spool_text_stream_read_line_async (stream, 0, NULL, next_line_cb, lines);
    }
  else
    g_string_append (lines, "end");
}

static void
test_text_stream_async_chain (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "é\n\n€");
  g_autoptr(GString) lines = g_string_new (NULL);

  seek_to (stream, 0);
  spool_text_stream_read_line_async (stream, 0, NULL, next_line_cb, lines);
  g_assert_cmpuint (lines->len, ==, 0);
  while (!g_str_has_suffix (lines->str, "end"))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpstr (lines->str, ==, "é\n|\n|€|end");
}

/* In memory a call is done at once, but it is over when its callback is called,
 * as on disk.
 */
static void
test_text_stream_pending (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, MIXED);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;

  seek_to (stream, 0);
  spool_text_stream_read_async (stream, 1, 0, NULL, test_ready, &result);

  g_assert_null (spool_text_stream_read (stream, 1, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_null (spool_text_stream_read_line (stream, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (spool_text_stream_write_string (stream, "a", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (spool_text_stream_seek (stream, 0, G_SEEK_SET, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (spool_text_stream_truncate (stream, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  spool_text_stream_write_string_async (stream, "a", 0, NULL, test_ready, &second);
  test_wait (&second);
  g_assert_false (spool_text_stream_write_finish (stream, second, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  /* These need no position. */
  assert_text (stream, MIXED);

  text = finish_read (stream, &result);
  g_assert_cmpstr (text, ==, "a");
  assert_read (stream, 1, "é");
}

static void
test_text_stream_async_no_thread (void)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new ();
  g_autoptr(GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  gint64 n_threads;

  /* The first task of a process makes GIO's thread pool. */
  g_task_return_boolean (task, TRUE);
  n_threads = test_status_figure ("Threads");

  for (int i = 0; i < 10; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autofree char *line = NULL;

      spool_text_stream_write_string_async (stream, "é\n", 0, NULL, test_ready, &result);
      test_wait (&result);
      g_clear_object (&result);

      seek_to (stream, 2 * i);
      spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
      test_wait (&result);
      line = spool_text_stream_read_line_finish (stream, result, NULL, NULL);
      g_assert_cmpstr (line, ==, "é\n");
    }

  g_assert_cmpint (test_status_figure ("Threads"), ==, n_threads);
}

static void
test_text_stream_async_last_reference (gconstpointer data)
{
  SpoolTextStream *stream = stream_new (data, MIXED);
  g_autoptr(SpoolBuffer) buffer = g_object_ref (spool_text_stream_get_buffer (stream));
  g_autoptr(GAsyncResult) result = NULL;

  spool_text_stream_write_string_async (stream, MIXED, 0, NULL, test_ready, &result);
  g_object_unref (stream);
  test_wait (&result);
  g_clear_object (&result);
  test_assert_text (buffer, MIXED MIXED);
}

static void
append (SpoolTextStream *stream,
        const char      *data,
        gsize            size)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_append (spool_text_stream_get_buffer (stream), data, size,
                                      NULL, &error));
  g_assert_no_error (error);
}

/* A line is there when its end is, with its characters in any pieces. */
static void
test_text_stream_follow_lines (gconstpointer data)
{
  static const char text[] = "aé€😀\n\nx€";
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  spool_text_stream_set_follow (stream, TRUE);
  g_assert_true (spool_text_stream_get_follow (stream));

  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  for (gsize i = 0; i < 10; i++)
    {
      append (stream, text + i, 1);
      test_is_idle ();
      g_assert_null (result);
      g_assert_cmpint (spool_text_stream_tell (stream), ==, 0);
    }

  append (stream, text + 10, 2);
  test_wait (&result);
  first = spool_text_stream_read_line_finish (stream, result, NULL, &error);
  g_assert_cmpstr (first, ==, "aé€😀\n");
  g_clear_object (&result);
  assert_line (stream, "\n");

  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  append (stream, text + 12, 4);
  test_is_idle ();
  g_assert_null (result);

  spool_buffer_complete (spool_text_stream_get_buffer (stream), NULL);
  test_wait (&result);
  second = spool_text_stream_read_line_finish (stream, result, NULL, &error);
  g_assert_cmpstr (second, ==, "x€");
  g_clear_object (&result);

  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  test_wait (&result);
  third = spool_text_stream_read_line_finish (stream, result, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (third);
}

/* Characters are there as soon as one is whole. */
static void
test_text_stream_follow_characters (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *first = NULL;
  g_autofree char *rest = NULL;
  g_autofree char *all = NULL;

  g_object_set (stream, "follow", TRUE, NULL);
  assert_read (stream, 0, "");

  spool_text_stream_read_async (stream, 10, 0, NULL, test_ready, &result);
  for (int i = 0; i < 3; i++)
    {
      append (stream, &"😀"[i], 1);
      test_is_idle ();
      g_assert_null (result);
    }

  /* Those that are not whole wait, in every function. */
  append (stream, "\x80" "b\xe2\x82", 4);
  first = finish_read (stream, &result);
  g_assert_cmpstr (first, ==, "😀b");
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, 2);
  all = spool_text_stream_dup_text (stream, NULL, NULL, &error);
  g_assert_cmpstr (all, ==, "😀b");

  /* All there is, is known when the writer is done. */
  spool_text_stream_read_async (stream, -1, 0, NULL, test_ready, &result);
  append (stream, "\xac" "c", 2);
  test_is_idle ();
  g_assert_null (result);
  append (stream, "d", 1);
  spool_buffer_complete (spool_text_stream_get_buffer (stream), NULL);
  rest = finish_read (stream, &result);
  g_assert_cmpstr (rest, ==, "€cd");
  assert_read (stream, -1, "");
  assert_read (stream, 1, "");
}

static void
test_text_stream_follow_error (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GError) why = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "late");
  g_autoptr(GError) error = NULL;

  append (stream, "é\na\xe2\x82", 6);
  spool_text_stream_set_follow (stream, TRUE);
  assert_line (stream, "é\n");
  spool_buffer_complete (spool_text_stream_get_buffer (stream), why);

  /* What came is there, but for half a character; then comes the reason. */
  assert_line (stream, "a");
  g_assert_null (spool_text_stream_read_line (stream, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (spool_text_stream_read (stream, 1, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (spool_text_stream_read (stream, -1, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 3);
  assert_read (stream, 0, "");

  /* To one that does not follow, half a character is an error. */
  spool_text_stream_set_follow (stream, FALSE);
  g_assert_null (spool_text_stream_read (stream, 1, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* Where the writer is done, half a character stays half a character. */
static void
test_text_stream_follow_incomplete (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  spool_text_stream_set_follow (stream, TRUE);
  append (stream, "\xf0\x9f\x98", 3);
  spool_text_stream_read_async (stream, 1, 0, NULL, test_ready, &result);
  test_is_idle ();
  spool_buffer_complete (spool_text_stream_get_buffer (stream), NULL);
  test_wait (&result);
  g_assert_null (spool_text_stream_read_finish (stream, result, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

/* A position that the text no longer reaches waits until it does again. */
static void
test_text_stream_follow_truncate (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "ééé");
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(GAsyncResult) result = NULL;
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  spool_text_stream_set_follow (stream, TRUE);
  spool_text_stream_read_async (stream, 1, 0, NULL, test_ready, &result);
  test_is_idle ();
  spool_buffer_truncate (buffer, 2, NULL, NULL);
  append (stream, "ab", 2);
  test_is_idle ();
  g_assert_null (result);

  /* The fourth character, though there are fewer bytes than before. */
  append (stream, "c", 1);
  text = finish_read (stream, &result);
  g_assert_cmpstr (text, ==, "c");
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 5);

  /* What was searched for the end of the line is not what is there now. */
  append (stream, "dd", 2);
  spool_text_stream_read_line_async (stream, 0, NULL, test_ready, &result);
  test_is_idle ();
  spool_buffer_truncate (buffer, 5, NULL, NULL);
  test_is_idle ();
  append (stream, "\ne", 2);
  test_wait (&result);
  line = spool_text_stream_read_line_finish (stream, result, NULL, NULL);
  g_assert_cmpstr (line, ==, "\n");
}

static void
test_text_stream_follow_cancel (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "ab");
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  seek_to (stream, 0);
  spool_text_stream_set_follow (stream, TRUE);
  spool_text_stream_read_line_async (stream, 0, cancellable, test_ready, &result);
  test_is_idle ();
  g_assert_null (result);
  g_cancellable_cancel (cancellable);
  test_wait (&result);
  g_assert_null (spool_text_stream_read_line_finish (stream, result, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&result);

  /* Nothing was taken, and the next call goes on. */
  g_assert_cmpint (spool_text_stream_tell (stream), ==, 0);
  append (stream, "\n", 1);
  assert_line (stream, "ab\n");
}

static gpointer
cancel_thread (gpointer data)
{
  /* When the other thread holds the stream, it is waiting or about to. */
  SpoolTextStream *stream = g_object_get_data (data, "stream");
  g_autoptr(GError) error = NULL;

  while (spool_text_stream_seek (stream, 0, G_SEEK_CUR, NULL, &error))
    g_thread_yield ();
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_text_stream_follow_cancel_blocking (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "ab");
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  char *line;
  GThread *thread;

  spool_text_stream_set_follow (stream, TRUE);
  g_object_set_data (G_OBJECT (cancellable), "stream", stream);
  thread = g_thread_new ("cancel", cancel_thread, cancellable);

  /* The other thread's seek may come first. */
  do
    {
      g_clear_error (&error);
      line = spool_text_stream_read_line (stream, NULL, cancellable, &error);
      g_assert_null (line);
    }
  while (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING));

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_thread_join (thread);
}

static gpointer
write_lines_thread (gpointer data)
{
  SpoolBuffer *buffer = data;
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);

  for (int i = 0; i < 2000; i++)
    {
      g_autofree char *line = g_strdup_printf ("%d é€😀 %.*s\n", i, i % 50,
                                               "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");

      g_assert_true (spool_text_stream_write_string (stream, line, NULL, NULL));
    }

  spool_buffer_complete (buffer, NULL);

  return NULL;
}

static gpointer
read_lines_thread (gpointer data)
{
  SpoolBuffer *buffer = data;
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
  g_autoptr(GError) error = NULL;
  char *line;
  int i = 0;

  spool_text_stream_set_follow (stream, TRUE);
  while ((line = spool_text_stream_read_line (stream, NULL, NULL, &error)) != NULL)
    {
      g_autofree char *expected = g_strdup_printf ("%d é€😀 %.*s\n", i, i % 50,
                                                   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");

      g_assert_cmpstr (line, ==, expected);
      g_free (line);
      i++;
    }

  g_assert_no_error (error);
  g_assert_cmpint (i, ==, 2000);

  return NULL;
}

/* Readers follow a writer, through the roll-over. */
static void
test_text_stream_follow_threads (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 60000));
  GThread *threads[4];

  for (gsize i = 0; i < 3; i++)
    threads[i] = g_thread_new ("reader", read_lines_thread, buffer);
  threads[3] = g_thread_new ("writer", write_lines_thread, buffer);

  for (gsize i = 0; i < 4; i++)
    g_thread_join (threads[i]);
}

static gpointer
replace_thread (gpointer data)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (data);

  for (int i = 0; i < 60; i++)
    write_at (stream, 20 + (i * 37) % 1000, i % 2 == 0 ? "ééééé" : "eeeee");

  return NULL;
}

static gpointer
check_thread (gpointer data)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (data);

  for (int i = 0; i < 60; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *text = NULL;

      /* The characters behind the writer's stay where they are. */
      seek_to (stream, 1990);
      assert_read (stream, 20, "eeeeeeeeee€€€€€€€€€€");

      seek_to (stream, (i * 53) % 1000);
      text = spool_text_stream_read (stream, 100, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_true (g_utf8_validate (text, -1, NULL));
      g_assert_cmpint (g_utf8_strlen (text, -1), ==, 100);
      g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==, 4000);
      g_assert_no_error (error);
    }

  return NULL;
}

/* Nobody sees half of a replacement. */
static void
test_text_stream_replace_threads (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = NULL;
  g_autoptr(GString) text = g_string_new (NULL);
  GThread *threads[4];

  for (int i = 0; i < 4000; i++)
    g_string_append (text, i < 2000 ? "e" : "€");
  stream = stream_new (data, text->str);

  for (gsize i = 0; i < 4; i++)
    threads[i] = g_thread_new ("text", i < 2 ? replace_thread : check_thread,
                               spool_text_stream_get_buffer (stream));
  for (gsize i = 0; i < 4; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, NULL), ==, 4000);
}

/* The end is where the writer stops. */
static void
test_text_stream_follow_seek_end (gconstpointer data)
{
  g_autoptr(SpoolTextStream) stream = stream_new (data, "");
  g_autoptr(GError) error = NULL;
  GThread *thread;

  spool_text_stream_set_follow (stream, TRUE);
  thread = g_thread_new ("writer", write_lines_thread, spool_text_stream_get_buffer (stream));
  g_assert_true (spool_text_stream_seek (stream, -10, G_SEEK_END, NULL, &error));
  g_assert_no_error (error);
  assert_read (stream, -1, "xxxxxxxxx\n");
  g_thread_join (thread);
}

/* The model: what a text is to those who count in characters. */
typedef struct
{
  GArray *chars; /* gunichar */
  gint64  position;
} Model;

static char *
model_to_text (Model *model,
               gint64 start,
               gint64 n_chars,
               gsize *length)
{
  GString *text = g_string_new (NULL);

  for (gint64 i = start; i < MIN (start + n_chars, (gint64) model->chars->len); i++)
    {
      gunichar c = g_array_index (model->chars, gunichar, i);

      if (c == 0)
        g_string_append_c (text, '\0');
      else
        g_string_append_unichar (text, c);
    }

  *length = text->len;

  return g_string_free (text, FALSE);
}

static void
model_write (Model          *model,
             const gunichar *text,
             guint           n_chars)
{
  if (n_chars == 0)
    return;

  if (model->position + n_chars > model->chars->len)
    g_array_set_size (model->chars, (guint) model->position + n_chars);

  memcpy (&g_array_index (model->chars, gunichar, model->position), text,
          n_chars * sizeof *text);
  model->position += n_chars;
}

static GArray *
random_text (GRand *rand,
             guint  max)
{
  static const gunichar alphabet[] = {
    'a', 'b', '\n', 0, 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x20ac, 0xd7ff, 0xe000,
    0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff,
  };
  GArray *text = g_array_new (FALSE, TRUE, sizeof (gunichar));
  guint n_chars = (guint) g_rand_int_range (rand, 0, (gint32) max + 1);
  gint32 kinds = g_rand_int_range (rand, 1, G_N_ELEMENTS (alphabet) + 1);

  for (guint i = 0; i < n_chars; i++)
    g_array_append_val (text, alphabet[g_rand_int_range (rand, 0, kinds)]);

  return text;
}

static gint64
random_position (GRand *rand,
                 Model *model)
{
  switch (g_rand_int_range (rand, 0, 8))
    {
    case 0:
      return model->chars->len;
    case 1:
      return model->chars->len + g_rand_int_range (rand, 0, 20);
    case 2:
      return 0;
    default:
      return g_rand_int_range (rand, 0, (gint32) model->chars->len + 1);
    }
}

static void
assert_model (SpoolTextStream *stream,
              Model           *model)
{
  gsize length;
  g_autofree char *text = model_to_text (model, 0, G_MAXINT32, &length);
  g_autoptr(GBytes) all = NULL;
  g_autoptr(GError) error = NULL;

  test_assert_content (spool_text_stream_get_buffer (stream), text, length);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, model->position);
  g_assert_cmpint (spool_text_stream_get_length (stream, NULL, &error), ==,
                   model->chars->len);
  g_assert_no_error (error);
  all = spool_text_stream_dup_text_bytes (stream, NULL, &error);
  g_assert_no_error (error);
  test_assert_bytes (all, text, length);
}

/* What another stream does to the bytes: an overwrite, a cut, an append. */
static void
change_below (SpoolBuffer *buffer,
              Model       *model,
              GRand       *rand,
              guint        max)
{
  g_autoptr(GArray) text = random_text (rand, max);
  gint64 position = g_rand_int_range (rand, 0, (gint32) model->chars->len + 1);
  g_autofree char *before = NULL;
  g_autofree char *data = NULL;
  Model piece = { text, 0 };
  gsize before_size, size;

  data = model_to_text (&piece, 0, text->len, &size);
  before = model_to_text (model, 0, position, &before_size);

  switch (g_rand_int_range (rand, 0, 3))
    {
    case 0:
      g_assert_true (spool_buffer_truncate (buffer, (goffset) before_size, NULL, NULL));
      g_array_set_size (model->chars, (guint) position);
      break;

    case 1:
      g_assert_true (spool_buffer_append (buffer, data, size, NULL, NULL));
      g_array_append_vals (model->chars, text->data, text->len);
      break;

    case 2:
      {
        /* Of the same size in bytes, but of other characters. */
        guint n_chars = MIN (text->len, model->chars->len - (guint) position);
        g_autofree char *old = model_to_text (model, position, n_chars, &size);

        memset (old, 'y', size);
        g_assert_true (spool_buffer_write (buffer, (goffset) before_size, old, size, NULL, NULL));
        g_array_remove_range (model->chars, (guint) position, n_chars);
        for (gsize i = 0; i < size; i++)
          {
            gunichar c = 'y';

            g_array_insert_val (model->chars, (guint) position, c);
          }
      }
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
run_model (goffset threshold,
           guint32 seed,
           guint   n_steps,
           guint   max)
{
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr(GArray) chars = g_array_new (FALSE, TRUE, sizeof (gunichar));
  g_autoptr(SpoolTextStream) first = spool_text_stream_new_with_threshold (threshold);
  SpoolBuffer *buffer = spool_text_stream_get_buffer (first);
  g_autoptr(SpoolTextStream) second = spool_text_stream_new_for_buffer (buffer);
  SpoolTextStream *streams[2] = { first, second };
  Model models[2] = { { chars, 0 }, { chars, 0 } };

  for (guint i = 0; i < n_steps; i++)
    {
      int which = g_rand_int_range (rand, 0, 2);
      SpoolTextStream *stream = streams[which];
      Model *model = &models[which];
      g_autoptr(GError) error = NULL;
      g_autofree char *expected = NULL;
      gsize length, n_bytes = 0;

      switch (g_rand_int_range (rand, 0, 10))
        {
        case 0:
        case 1:
        case 2:
          {
            g_autoptr(GArray) text = random_text (rand, max);
            Model piece = { text, 0 };
            g_autofree char *data = model_to_text (&piece, 0, text->len, &length);

            g_assert_true (spool_text_stream_write (stream, data, (gssize) length, NULL, &error));
            model_write (model, (gunichar *) (void *) text->data, text->len);
          }
          break;

        case 3:
        case 4:
        case 5:
          {
            gint64 position = random_position (rand, model);

            g_assert_true (spool_text_stream_seek (stream, position, G_SEEK_SET, NULL, &error));
            model->position = position;
          }
          break;

        case 6:
          {
            gint64 n_chars = g_rand_int_range (rand, 0, (gint32) max + 1);
            g_autofree char *text = spool_text_stream_read (stream, n_chars, &n_bytes, NULL, &error);

            expected = model_to_text (model, model->position, n_chars, &length);
            g_assert_no_error (error);
            g_assert_cmpmem (text, n_bytes, expected, length);
            if (model->position < (gint64) chars->len)
              model->position += MIN (n_chars, (gint64) chars->len - model->position);
          }
          break;

        case 7:
          {
            g_autofree char *line = spool_text_stream_read_line (stream, &n_bytes, NULL, &error);
            gint64 end = model->position;

            while (end < (gint64) chars->len && g_array_index (chars, gunichar, end) != '\n')
              end++;
            end = MIN (end + 1, (gint64) chars->len);

            g_assert_no_error (error);
            if (model->position < (gint64) chars->len)
              {
                expected = model_to_text (model, model->position, end - model->position, &length);
                g_assert_cmpmem (line, n_bytes, expected, length);
                model->position = end;
              }
            else
              g_assert_null (line);
          }
          break;

        case 8:
          {
            gint64 size = random_position (rand, model);

            g_assert_true (spool_text_stream_truncate (stream, size, NULL, &error));
            g_array_set_size (chars, (guint) size);
          }
          break;

        case 9:
          change_below (buffer, model, rand, max);
          break;

        default:
          g_assert_not_reached ();
        }

      g_assert_no_error (error);

      /* A check walks over everything, which would hide what is not known. */
      if (g_rand_boolean (rand) || i + 1 == n_steps)
        assert_model (stream, model);
      else
        g_assert_cmpint (spool_text_stream_tell (stream), ==, model->position);
    }
}

static void
test_text_stream_model (gconstpointer data)
{
  guint32 seed = (guint32) g_test_rand_int ();

  for (guint32 i = 0; i < 8; i++)
    run_model (test_threshold (data, 200), seed + i, 100, 20);
  for (guint32 i = 0; i < 2; i++)
    run_model (test_threshold (data, 30000), seed + i, 60, 6000);
  run_model (test_threshold (data, 100000), seed, 30, 60000);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/text-stream/constructors", test_text_stream_constructors);
  test_add_thresholds ("/text-stream/write", test_text_stream_write);
  test_add_thresholds ("/text-stream/write-nothing", test_text_stream_write_nothing);
  g_test_add_data_func ("/text-stream/write-length", GINT_TO_POINTER (TEST_THRESHOLD_NEVER),
                        test_text_stream_write_length);
  test_add_thresholds ("/text-stream/overwrite", test_text_stream_overwrite);
  test_add_thresholds ("/text-stream/write-past-end", test_text_stream_write_past_end);
  g_test_add_func ("/text-stream/far-gap", test_text_stream_far_gap);
  test_add_thresholds ("/text-stream/position-overflow", test_text_stream_position_overflow);
  test_add_thresholds ("/text-stream/seek", test_text_stream_seek);
  test_add_thresholds ("/text-stream/seek-errors", test_text_stream_seek_errors);
  test_add_thresholds ("/text-stream/truncate", test_text_stream_truncate);
  test_add_thresholds ("/text-stream/truncate-errors", test_text_stream_truncate_errors);
  test_add_thresholds ("/text-stream/read", test_text_stream_read);
  test_add_thresholds ("/text-stream/lines", test_text_stream_lines);
  test_add_thresholds ("/text-stream/nuls", test_text_stream_nuls);
  test_add_thresholds ("/text-stream/write-invalid", test_text_stream_write_invalid);
  test_add_thresholds ("/text-stream/write-incomplete", test_text_stream_write_incomplete);
  test_add_thresholds ("/text-stream/invalid-content", test_text_stream_invalid_content);
  test_add_thresholds ("/text-stream/incomplete-content", test_text_stream_incomplete_content);
  test_add_thresholds ("/text-stream/splits", test_text_stream_splits);
  test_add_thresholds ("/text-stream/bytes-below", test_text_stream_bytes_below);
  test_add_thresholds ("/text-stream/size-limit", test_text_stream_size_limit);
  test_add_thresholds ("/text-stream/cancelled", test_text_stream_cancelled);
  test_add_thresholds ("/text-stream/closed", test_text_stream_closed);
  test_add_thresholds ("/text-stream/writable-descriptor", test_text_stream_writable_descriptor);
  g_test_add_func ("/text-stream/named", test_text_stream_named);
  g_test_add_func ("/text-stream/named-roll-over", test_text_stream_named_roll_over);
  g_test_add_func ("/text-stream/readable-descriptor", test_text_stream_readable_descriptor);
  test_add_thresholds ("/text-stream/snapshot", test_text_stream_snapshot);
  g_test_add_func ("/text-stream/directory", test_text_stream_directory);
  test_add_thresholds ("/text-stream/notify", test_text_stream_notify);
  g_test_add_func ("/text-stream/async-no-thread", test_text_stream_async_no_thread);
  test_add_thresholds ("/text-stream/async", test_text_stream_async);
  test_add_thresholds ("/text-stream/async-errors", test_text_stream_async_errors);
  test_add_thresholds ("/text-stream/async-chain", test_text_stream_async_chain);
  test_add_thresholds ("/text-stream/async-last-reference", test_text_stream_async_last_reference);
  test_add_thresholds ("/text-stream/pending", test_text_stream_pending);
  test_add_thresholds ("/text-stream/follow-lines", test_text_stream_follow_lines);
  test_add_thresholds ("/text-stream/follow-characters", test_text_stream_follow_characters);
  test_add_thresholds ("/text-stream/follow-error", test_text_stream_follow_error);
  test_add_thresholds ("/text-stream/follow-incomplete", test_text_stream_follow_incomplete);
  test_add_thresholds ("/text-stream/follow-truncate", test_text_stream_follow_truncate);
  test_add_thresholds ("/text-stream/follow-cancel", test_text_stream_follow_cancel);
  test_add_thresholds ("/text-stream/follow-cancel-blocking",
                       test_text_stream_follow_cancel_blocking);
  test_add_thresholds ("/text-stream/follow-seek-end", test_text_stream_follow_seek_end);
  test_add_thresholds ("/text-stream/follow-threads", test_text_stream_follow_threads);
  test_add_thresholds ("/text-stream/replace-threads", test_text_stream_replace_threads);
  test_add_thresholds ("/text-stream/model", test_text_stream_model);

  return test_run ();
}
