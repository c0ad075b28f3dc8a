/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-utf8-private.h"

#include <string.h>

#define HIGH_BITS G_GUINT64_CONSTANT (0x8080808080808080)

/* The length of the character that begins a non-empty block, with these two
 * for what is none. g_utf8_get_char_validated() would do but for its NUL and
 * its speed.
 */
#define INCOMPLETE 0
#define INVALID (-1)

static inline int
check_character (const guint8 *data,
                 gsize         size)
{
  guint8 first = data[0];
  guint8 low = 0x80;
  guint8 high = 0xbf;
  gsize length;

  if (first < 0x80)
    return 1;

  if (first >= 0xc2 && first <= 0xdf)
    length = 2;
  else if (first >= 0xe0 && first <= 0xef)
    {
      length = 3;
      if (first == 0xe0)
        low = 0xa0; /* else it would fit into two bytes */
      else if (first == 0xed)
        high = 0x9f; /* else it would be a surrogate */
    }
  else if (first >= 0xf0 && first <= 0xf4)
    {
      length = 4;
      if (first == 0xf0)
        low = 0x90; /* else it would fit into three bytes */
      else if (first == 0xf4)
        high = 0x8f; /* else it would be behind U+10FFFF */
    }
  else
    return INVALID;

  for (gsize i = 1; i < length; i++)
    {
      if (i == size)
        return INCOMPLETE;
      if (data[i] < low || data[i] > high)
        return INVALID;

      low = 0x80;
      high = 0xbf;
    }

  return (int) length;
}

/* The same for the common ones without a loop. */
static inline int
check_quickly (const guint8 *data,
               gsize         size)
{
  if (G_LIKELY (size >= 3))
    {
      if (data[0] < 0x80)
        return 1;

      if (data[0] < 0xe0)
        return data[0] >= 0xc2 && (data[1] & 0xc0) == 0x80 ? 2 : INVALID;

      if (data[0] < 0xf0 && data[0] != 0xe0 && data[0] != 0xed &&
          (data[1] & 0xc0) == 0x80 && (data[2] & 0xc0) == 0x80)
        return 3;
    }

  return check_character (data, size);
}

/* How many bytes at the beginning are ASCII, looking at words. */
static inline gsize
count_ascii (const guint8 *data,
             gsize         size)
{
  gsize n = 0;

  for (; size - n >= sizeof (guint64); n += sizeof (guint64))
    {
      guint64 word;

      memcpy (&word, data + n, sizeof word);
      word &= HIGH_BITS;
      if (word != 0)
        return n + (gsize) __builtin_ctzll (GUINT64_TO_LE (word)) / 8;
    }

  return n;
}

/* Walks over whole characters, @max_chars at most, and says how far it came.
 * NUL is a character as any other.
 */
SpoolUtf8Status
spool_utf8_walk (const guint8 *data,
                 gsize         size,
                 gint64        max_chars,
                 gsize        *n_bytes,
                 gint64       *n_chars)
{
  SpoolUtf8Status status = SPOOL_UTF8_DONE;
  gsize offset = 0;
  gint64 chars = 0;

  while (offset < size && chars < max_chars)
    {
      int length = check_quickly (data + offset, size - offset);

      if (length <= 0)
        {
          status = length == INCOMPLETE ? SPOOL_UTF8_INCOMPLETE : SPOOL_UTF8_INVALID;
          break;
        }

      offset += (gsize) length;
      chars++;

      if (length == 1)
        {
          gsize left = (gsize) MIN ((guint64) (size - offset),
                                    (guint64) (max_chars - chars));
          gsize n = count_ascii (data + offset, left);

          offset += n;
          chars += (gint64) n;
        }
    }

  *n_bytes = offset;
  *n_chars = chars;

  return status;
}
