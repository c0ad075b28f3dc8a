/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-glib/spool-sys-private.h"
#include "spool-glib/spool-text-index-private.h"
#include "spool-glib/spool-utf8-private.h"

#include <string.h>

/* What a table of all characters says about up to three bytes. */
typedef struct
{
  guint8 *begins; /* a bit for each that begins a longer character */
  guint8 *whole;  /* a bit for each that is one */
} Table;

static guint
get_key (const guint8 *data,
         gsize         size)
{
  guint key = 0;

  for (gsize i = 0; i < 3; i++)
    key = key << 8 | (i < size ? data[i] : 0);

  return key + ((guint) size << 24);
}

static gboolean
get_bit (const guint8 *bits,
         guint         key)
{
  return bits[key / 8] >> (key % 8) & 1;
}

static void
set_bit (guint8 *bits,
         guint   key)
{
  bits[key / 8] |= (guint8) (1 << (key % 8));
}

/* The table is made by GLib's encoder. */
static void
table_init (Table *table)
{
  table->begins = g_malloc0 (1 << 23);
  table->whole = g_malloc0 (1 << 23);

  for (gunichar c = 0; c < 0x110000; c++)
    {
      char text[6];
      gsize length;

      if (c >= 0xd800 && c < 0xe000)
        continue;

      length = (gsize) g_unichar_to_utf8 (c, text);
      for (gsize n = 1; n < length; n++)
        set_bit (table->begins, get_key ((guint8 *) text, n));
      if (length <= 3)
        set_bit (table->whole, get_key ((guint8 *) text, length));
    }
}

static void
table_clear (Table *table)
{
  g_free (table->begins);
  g_free (table->whole);
}

static void
assert_walk (Table        *table,
             const guint8 *data,
             gsize         size)
{
  gsize n_bytes, expected_bytes = 0;
  gint64 n_chars, expected_chars = 0;
  SpoolUtf8Status status = spool_utf8_walk (data, size, G_MAXINT64, &n_bytes, &n_chars);
  SpoolUtf8Status expected = SPOOL_UTF8_DONE;

  while (expected_bytes < size)
    {
      gsize n;

      for (n = 1; expected_bytes + n <= size; n++)
        {
          if (get_bit (table->whole, get_key (data + expected_bytes, n)))
            break;
        }

      if (expected_bytes + n > size)
        {
          gsize left = size - expected_bytes;

          expected = get_bit (table->begins, get_key (data + expected_bytes, left))
                     ? SPOOL_UTF8_INCOMPLETE : SPOOL_UTF8_INVALID;
          break;
        }

      expected_bytes += n;
      expected_chars++;
    }

  if (status != expected || n_bytes != expected_bytes || n_chars != expected_chars)
    g_error ("%02x %02x %02x: %d after %d bytes, not %d after %d", data[0],
             size > 1 ? data[1] : 0, size > 2 ? data[2] : 0, (int) status, (int) n_bytes,
             (int) expected, (int) expected_bytes);
}

/* Everything that is up to three bytes long. */
static void
test_text_index_walk_short (void)
{
  Table table;
  guint8 data[3];

  table_init (&table);
  for (guint key = 0; key < 1 << 24; key++)
    {
      data[0] = (guint8) (key >> 16);
      data[1] = (guint8) (key >> 8);
      data[2] = (guint8) key;

      if ((key & 0xffff) == 0)
        assert_walk (&table, data, 1);
      if ((key & 0xff) == 0)
        assert_walk (&table, data, 2);
      assert_walk (&table, data, 3);
    }
  table_clear (&table);
}

/* Four bytes are a character where they are one to GLib. */
static void
test_text_index_walk_long (void)
{
  for (guint first = 0xe0; first <= 0xff; first++)
    {
      for (guint second = 0; second <= 0xff; second++)
        {
          static const guint8 others[] = { 0x00, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };

          for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
            {
              for (gsize j = 0; j < G_N_ELEMENTS (others); j++)
                {
                  guint8 data[4] = { (guint8) first, (guint8) second, others[i], others[j] };
                  gboolean valid = second != 0 && others[i] != 0 && others[j] != 0 &&
                                   g_utf8_validate ((char *) data, 4, NULL);
                  gsize n_bytes;
                  gint64 n_chars;
                  SpoolUtf8Status status = spool_utf8_walk (data, 4, 1, &n_bytes, &n_chars);

                  if (valid && first >= 0xf0)
                    {
                      g_assert_cmpint (status, ==, SPOOL_UTF8_DONE);
                      g_assert_cmpuint (n_bytes, ==, 4);
                    }
                  else if (first >= 0xf0)
                    {
                      g_assert_cmpint (status, ==, SPOOL_UTF8_INVALID);
                      g_assert_cmpuint (n_bytes, ==, 0);
                    }
                }
            }
        }
    }
}

/* A walk stops after so many characters, wherever in a word that is. */
static void
test_text_index_walk_count (void)
{
  static const char text[] = "aaaaaaaaaaaaaaaaaéaaaaaaaaa€aaaa😀😀aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  gint64 length = g_utf8_strlen (text, -1);

  for (gint64 start = 0; start <= length; start++)
    {
      const char *from = g_utf8_offset_to_pointer (text, start);

      for (gint64 n = 0; n <= length - start; n++)
        {
          gsize n_bytes;
          gint64 n_chars;

          g_assert_cmpint (spool_utf8_walk ((const guint8 *) from, strlen (from), n, &n_bytes, &n_chars),
                           ==, SPOOL_UTF8_DONE);
          g_assert_cmpint (n_chars, ==, n);
          g_assert_true (from + n_bytes == g_utf8_offset_to_pointer (from, n));
        }
    }
}

/* A text that is there only in the head of the test: of so many characters, of
 * which the one with a number that seven divides has three bytes.
 */
static SpoolTextMark
mark_at (gint64 chars)
{
  return (SpoolTextMark) { chars + 2 * ((chars + 6) / 7), chars };
}

static void
walk_to (SpoolTextIndex *index,
         gint64          chars)
{
  SpoolTextMark end = spool_text_index_get_end (index);
  SpoolTextMark mark = spool_text_index_find (index, chars);

  while (mark.chars < chars)
    {
      mark = mark_at (MIN (chars, mark.chars + spool_text_index_get_stride (index) / 3));
      spool_text_index_note (index, &mark);
    }

  end = mark_at (MAX (end.chars, chars));
  g_assert_cmpint (spool_text_index_get_end (index).chars, ==, end.chars);
  g_assert_cmpint (spool_text_index_get_end (index).bytes, ==, end.bytes);
}

/* What is found is true and near. */
static void
assert_found (SpoolTextIndex *index,
              gint64          chars,
              goffset         distance)
{
  SpoolTextMark mark = spool_text_index_find (index, chars);

  g_assert_cmpint (mark.chars, <=, chars);
  g_assert_cmpint (mark.bytes, ==, mark_at (mark.chars).bytes);
  g_assert_cmpint (mark_at (chars).bytes - mark.bytes, <=, distance);
}

static gsize max_allocated;
static guint n_denied;

static gpointer
counting_realloc (gpointer data,
                  gsize    size)
{
  max_allocated = MAX (max_allocated, size);

  return g_try_realloc (data, size);
}

static gpointer
denying_realloc (gpointer data,
                 gsize    size)
{
  n_denied++;

  return NULL;
}

static void
test_text_index_find (void)
{
  SpoolTextIndex *index = spool_text_index_new ();
  goffset stride = spool_text_index_get_stride (index);

  g_assert_cmpint (spool_text_index_find (index, 1000).bytes, ==, 0);
  walk_to (index, 1000000);
  for (gint64 chars = 0; chars <= 1000000; chars += 997)
    assert_found (index, chars, 2 * stride);
  assert_found (index, 1000000, 0);
  g_assert_cmpint (spool_text_index_find (index, 2000000).chars, ==, 1000000);

  spool_text_index_free (index);
}

/* The larger the text, the farther apart the entries; the memory stays. */
static void
test_text_index_bounded (void)
{
  SpoolTextIndex *index = spool_text_index_new ();
  goffset first_stride = spool_text_index_get_stride (index);
  gint64 length = G_GINT64_CONSTANT (1) << 40;
  SpoolTextMark end;

  max_allocated = 0;
  spool_sys.try_realloc = counting_realloc;
  walk_to (index, length / 3);
  spool_text_index_note_nuls (index, length);
  spool_sys.try_realloc = g_try_realloc;

  g_assert_cmpuint (max_allocated, >, 0);
  g_assert_cmpuint (max_allocated, <=, 256 * 1024);
  g_assert_cmpint (spool_text_index_get_stride (index), >, first_stride);
  g_assert_cmpint (spool_text_index_get_stride (index), <, length / 4096);

  end = mark_at (length / 3);
  for (gint64 i = 1; i < 1000; i++)
    {
      SpoolTextMark mark;

      assert_found (index, length / 3 / 1000 * i, length / 1000);

      /* Behind it each character is one byte. */
      mark = spool_text_index_find (index, length / 3 + length / 1000 * i);
      if (mark.chars >= end.chars)
        g_assert_cmpint (mark.bytes - end.bytes, ==, mark.chars - end.chars);
      g_assert_cmpint (length / 3 + length / 1000 * i - mark.chars, <, length / 1000);
    }

  spool_text_index_free (index);
}

/* The longest text there can be. */
static void
test_text_index_longest (void)
{
  SpoolTextIndex *index = spool_text_index_new ();

  spool_text_index_note_nuls (index, G_MAXINT64);
  g_assert_cmpint (spool_text_index_get_end (index).chars, ==, G_MAXINT64);
  g_assert_cmpint (spool_text_index_find (index, G_MAXINT64 / 2).bytes, >, G_MAXINT64 / 4);
  spool_text_index_free (index);
}

static void
test_text_index_no_memory (void)
{
  SpoolTextIndex *index = spool_text_index_new ();

  n_denied = 0;
  spool_sys.try_realloc = denying_realloc;
  walk_to (index, 1000000);
  assert_found (index, 500000, G_MAXINT64);
  spool_sys.try_realloc = g_try_realloc;
  g_assert_cmpuint (n_denied, >, 0);

  /* Once there is some, the hole is filled by those who walk through it. */
  walk_to (index, 500000);
  assert_found (index, 400000, 3 * spool_text_index_get_stride (index));

  spool_text_index_free (index);
}

static void
test_text_index_cut (void)
{
  SpoolTextIndex *index = spool_text_index_new ();
  goffset stride = spool_text_index_get_stride (index);
  guint64 generation;
  SpoolTextMark end;

  walk_to (index, 1000000);
  generation = spool_text_index_get_generation (index);

  /* What lies behind everything that is known changes nothing. */
  end = spool_text_index_get_end (index);
  spool_text_index_cut (index, end.bytes);
  g_assert_cmpuint (spool_text_index_get_generation (index), ==, generation);
  g_assert_cmpint (spool_text_index_get_end (index).bytes, ==, end.bytes);

  spool_text_index_cut (index, 900000);
  spool_text_index_cut (index, 500000);
  spool_text_index_cut (index, 700000);
  g_assert_cmpuint (spool_text_index_get_generation (index), !=, generation);
  end = spool_text_index_get_end (index);
  g_assert_cmpint (end.bytes, <=, 500000);
  g_assert_cmpint (end.bytes, >=, 500000 - 2 * stride);
  assert_found (index, end.chars, 0);
  assert_found (index, end.chars / 2, 2 * stride);

  /* An entry where the change begins holds. */
  generation = spool_text_index_get_generation (index);
  spool_text_index_cut (index, end.bytes);
  g_assert_cmpuint (spool_text_index_get_generation (index), ==, generation);

  spool_text_index_cut (index, 0);
  g_assert_cmpint (spool_text_index_get_end (index).bytes, ==, 0);
  g_assert_cmpint (spool_text_index_find (index, 1000).bytes, ==, 0);
  walk_to (index, 1000);

  spool_text_index_free (index);
}

/* A text that is overwritten over and over, in pieces that are each shorter
 * than the entries are apart, beside one that is known character by character.
 */
static void
test_text_index_replace (void)
{
  static const char *const characters[] = { "a", "é", "€", "😀" };
  gint64 length = 200000;
  g_autoptr(GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_autofree guint8 *sizes = g_malloc (length + 5000);
  SpoolTextIndex *index = spool_text_index_new ();
  goffset stride = spool_text_index_get_stride (index);

  memset (sizes, 1, length);
  spool_text_index_note_nuls (index, length);

  for (int i = 0; i < 2000; i++)
    {
      g_autoptr(GString) text = g_string_new (NULL);
      SpoolTextMark start = { 0, g_rand_int_range (rand, 0, (gint32) length + 1) };
      SpoolTextMark stop;
      gint64 n_chars = g_rand_int_range (rand, 1, i % 20 == 0 ? 20000 : 3000);

      if (i % 3 == 0)
        start.chars = i * 97 % length;
      if (start.chars + n_chars > length + 5000 || (start.chars + n_chars > length && i % 50 != 0))
        n_chars = MAX (length - start.chars, 0);
      if (n_chars == 0)
        continue;

      for (gint64 c = 0; c < start.chars; c++)
        start.bytes += sizes[c];
      stop = start;
      for (gint64 c = start.chars; c < start.chars + n_chars; c++)
        {
          const char *character = characters[g_rand_int_range (rand, 0, 4)];

          if (c < length)
            {
              stop.bytes += sizes[c];
              stop.chars++;
            }
          sizes[c] = (guint8) strlen (character);
          g_string_append (text, character);
        }
      if (start.chars + n_chars > length)
        {
          length = start.chars + n_chars;
          sizes = g_realloc (sizes, (gsize) length + 5000);
        }

      spool_text_index_cut (index, start.bytes);
      spool_text_index_note_text (index, &start, &stop, (guint8 *) text->str, text->len);
      g_assert_cmpint (spool_text_index_get_end (index).chars, ==, length);

      if (i % 20 == 0)
        {
          SpoolTextMark mark = { 0, 0 };

          for (gint64 c = 0; c <= length; c++)
            {
              if (c % 501 == 0 || c == length)
                {
                  SpoolTextMark found = spool_text_index_find (index, c);

                  /* As far as a stride may be when all its bytes became four,
                   * and twice that where an entry is missing.
                   */
                  g_assert_cmpint (found.chars, <=, c);
                  g_assert_cmpint (mark.bytes - found.bytes, <=, 16 * stride);
                  g_assert_cmpint (mark.bytes - found.bytes, >=, c - found.chars);
                  if (found.chars == c)
                    g_assert_cmpint (found.bytes, ==, mark.bytes);
                }
              if (c < length)
                mark.bytes += sizes[c];
            }
          g_assert_cmpint (spool_text_index_get_end (index).bytes, ==, mark.bytes);
        }
    }

  /* Every entry is true. */
  {
    SpoolTextMark mark = { 0, 0 };
    gint64 n_entries = 0;

    for (gint64 c = 0; c < length; c++)
      {
        if (spool_text_index_find (index, c).chars == c)
          {
            g_assert_cmpint (spool_text_index_find (index, c).bytes, ==, mark.bytes);
            n_entries++;
          }
        mark.bytes += sizes[c];
      }
    g_assert_cmpint (n_entries, >, mark.bytes / (16 * stride));
    g_assert_cmpint (n_entries, <=, 2 * mark.bytes / stride);
  }

  spool_text_index_free (index);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/text-index/walk-short", test_text_index_walk_short);
  g_test_add_func ("/text-index/walk-long", test_text_index_walk_long);
  g_test_add_func ("/text-index/walk-count", test_text_index_walk_count);
  g_test_add_func ("/text-index/find", test_text_index_find);
  g_test_add_func ("/text-index/bounded", test_text_index_bounded);
  g_test_add_func ("/text-index/longest", test_text_index_longest);
  g_test_add_func ("/text-index/no-memory", test_text_index_no_memory);
  g_test_add_func ("/text-index/cut", test_text_index_cut);
  g_test_add_func ("/text-index/replace", test_text_index_replace);

  return g_test_run ();
}
