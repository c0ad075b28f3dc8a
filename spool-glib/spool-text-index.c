/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-sys-private.h"
#include "spool-text-index-private.h"
#include "spool-utf8-private.h"

#include <string.h>

/* Entries are about this far apart while they are few, in bytes. */
#define FIRST_STRIDE (4 * 1024)

/* Where they would be more than this, every second one goes and they lie twice
 * as far apart: 256 KiB of memory, however large the text is.
 */
#define MAX_ENTRIES (16 * 1024)

struct _SpoolTextIndex
{
  SpoolTextMark *entries;     /* ascending, none at the beginning */
  gsize          n_entries;
  gsize          n_allocated;
  goffset        stride;      /* bytes */

  SpoolTextMark  end;         /* all before it is known to be text */
  goffset        cut;         /* bytes behind this have changed since */
  guint64        generation;  /* never 0 */
};

SpoolTextIndex *
spool_text_index_new (void)
{
  SpoolTextIndex *self = g_new0 (SpoolTextIndex, 1);

  self->stride = FIRST_STRIDE;
  self->cut = G_MAXINT64;
  self->generation = 1;

  return self;
}

void
spool_text_index_free (SpoolTextIndex *self)
{
  g_free (self->entries);
  g_free (self);
}

/* How many entries lie before @bytes. */
static gsize
count_before (SpoolTextIndex *self,
              goffset         bytes)
{
  gsize low = 0;
  gsize high = self->n_entries;

  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (self->entries[middle].bytes < bytes)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

/* Makes room for one more entry, by making every second one go if need be. An
 * entry for which there is no memory is only missed by those who search.
 */
static gboolean
make_room (SpoolTextIndex *self)
{
  gsize n_allocated;
  SpoolTextMark *entries;

  if (self->n_entries < self->n_allocated)
    return TRUE;

  if (self->n_entries == MAX_ENTRIES)
    {
      for (gsize i = 0; i < MAX_ENTRIES / 2; i++)
        self->entries[i] = self->entries[2 * i + 1];
      self->n_entries = MAX_ENTRIES / 2;
      self->stride *= 2;
      return FALSE;
    }

  n_allocated = MAX (16, 2 * self->n_allocated);
  entries = spool_sys.try_realloc (self->entries, n_allocated * sizeof *entries);
  if (entries == NULL)
    return FALSE;

  self->entries = entries;
  self->n_allocated = n_allocated;

  return TRUE;
}

/* Forgets what lies behind the first byte that has changed. This is put off to
 * the next use, so that who changes bytes has next to nothing to do.
 */
static void
apply_cut (SpoolTextIndex *self)
{
  goffset cut = self->cut;

  self->cut = G_MAXINT64;
  if (cut >= self->end.bytes)
    return;

  self->n_entries = count_before (self, cut + 1);
  self->end = self->n_entries > 0 ? self->entries[self->n_entries - 1]
                                  : (SpoolTextMark) { 0, 0 };
  self->generation++;

  if (self->n_entries == 0)
    {
      g_clear_pointer (&self->entries, g_free);
      self->n_allocated = 0;
      self->stride = FIRST_STRIDE;
    }
}

/* The bytes from @offset on have changed or gone. */
void
spool_text_index_cut (SpoolTextIndex *self,
                      goffset         offset)
{
  self->cut = MIN (self->cut, offset);
}

/* A mark that was found in the same generation still holds. */
guint64
spool_text_index_get_generation (SpoolTextIndex *self)
{
  apply_cut (self);

  return self->generation;
}

/* How far to walk at most from one mark to the next. */
goffset
spool_text_index_get_stride (SpoolTextIndex *self)
{
  return self->stride;
}

/* How far the text was walked without a gap. */
SpoolTextMark
spool_text_index_get_end (SpoolTextIndex *self)
{
  apply_cut (self);

  return self->end;
}

/* The last known place that does not lie behind the character @chars. */
SpoolTextMark
spool_text_index_find (SpoolTextIndex *self,
                       gint64          chars)
{
  gsize low = 0;
  gsize high;

  apply_cut (self);
  if (chars >= self->end.chars)
    return self->end;

  high = self->n_entries;
  while (low < high)
    {
      gsize middle = low + (high - low) / 2;

      if (self->entries[middle].chars <= chars)
        low = middle + 1;
      else
        high = middle;
    }

  return low > 0 ? self->entries[low - 1] : (SpoolTextMark) { 0, 0 };
}

/* Learns a place to which the text was walked from a known one. */
void
spool_text_index_note (SpoolTextIndex      *self,
                       const SpoolTextMark *mark)
{
  gsize n = self->n_entries;
  goffset last, next;

  if (n > 0 && mark->bytes <= self->entries[n - 1].bytes)
    n = count_before (self, mark->bytes);

  last = n > 0 ? self->entries[n - 1].bytes : 0;
  next = n < self->n_entries ? self->entries[n].bytes : self->end.bytes;

  if (mark->bytes > self->end.bytes)
    self->end = *mark;
  else if (mark->bytes == next || next - last < 2 * self->stride)
    return;

  if (mark->bytes - last < self->stride || !make_room (self))
    return;

  memmove (self->entries + n + 1, self->entries + n,
           (self->n_entries - n) * sizeof *self->entries);
  self->entries[n] = *mark;
  self->n_entries++;
}

/* So many NULs were written at the end. */
void
spool_text_index_note_nuls (SpoolTextIndex *self,
                            gint64          count)
{
  while (count > 0)
    {
      gint64 step = MIN (count, self->stride);
      SpoolTextMark mark = { self->end.bytes + step, self->end.chars + step };

      spool_text_index_note (self, &mark);
      count -= step;
    }
}

/* @text, which is valid, has taken the place of what was between the two
 * marks. As many characters as it has are gone, or all up to the end.
 */
void
spool_text_index_note_text (SpoolTextIndex      *self,
                            const SpoolTextMark *start,
                            const SpoolTextMark *stop,
                            const guint8        *text,
                            gsize                length)
{
  gsize first = count_before (self, start->bytes + 1);
  SpoolTextMark mark = *start;

  /* What was cut off is what this call tells about. */
  self->cut = G_MAXINT64;

  if (start->bytes < self->end.bytes)
    self->generation++;

  if (stop->bytes < self->end.bytes)
    {
      gsize next = count_before (self, stop->bytes);
      goffset shift = (goffset) length - (stop->bytes - start->bytes);

      if (next > first)
        {
          memmove (self->entries + first, self->entries + next,
                   (self->n_entries - next) * sizeof *self->entries);
          self->n_entries -= next - first;
        }
      for (gsize i = first; i < self->n_entries; i++)
        self->entries[i].bytes += shift;
      self->end.bytes += shift;
    }
  else
    {
      self->n_entries = first;
      self->end = *start;
    }

  while (length > 0)
    {
      gsize n_bytes = 0;
      gint64 n_chars;

      spool_utf8_walk (text, (gsize) MIN ((goffset) length, self->stride), G_MAXINT64,
                       &n_bytes, &n_chars);
      mark.bytes += (goffset) n_bytes;
      mark.chars += n_chars;
      spool_text_index_note (self, &mark);

      text += n_bytes;
      length -= n_bytes;
    }
}
