/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-offset-private.h"
#include "spool-sys-private.h"
#include "spool-text-cursor-private.h"
#include "spool-utf8-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* How much of a file is read at once: little where somebody has just come, and
 * much where he goes on. Both are in bytes.
 */
#define FIRST_BLOCK_SIZE (4 * 1024)
#define BLOCK_SIZE (64 * 1024)

/* A long walk lets others have the content every so many bytes. */
#define WALK_STEP (1024 * 1024)

/* What was read last from the disk. It holds while nobody has changed bytes. */
typedef struct
{
  guint8  *data;
  gsize    allocated;
  goffset  offset;
  gsize    length;
  guint    overwrites;
} Block;

struct _SpoolTextCursor
{
  SpoolContent  *content;
  SpoolOffset    position; /* characters; atomic: read without holding */
  int            held;     /* atomic */

  /* Where the last read or write ended. It is there still in the same
   * generation of the content; 0: it was nowhere.
   */
  SpoolTextMark  mark;
  guint64        generation;
  gboolean       goes_on;  /* the position was not moved since */

  Block          block;
};

/* A walk over the content, with its lock held. */
typedef struct
{
  SpoolContent   *content;
  gboolean        for_change;   /* the content is to be changed at its end */
  SpoolTextIndex *index;
  goffset         size;
  gboolean        shared;       /* others write to the file without the lock */
  const guint8   *memory;       /* NULL on disk */
  Block          *block;        /* of the cursor that is held, or its own */
  Block           own_block;
} Walk;

typedef enum
{
  WALK_DONE,
  WALK_AT_END,
  WALK_INCOMPLETE, /* at the end, but for half a character */
  WALK_PAUSED,
  WALK_FAILED,
} WalkResult;

static void
walk_clear (Walk *walk)
{
  g_free (walk->own_block.data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Walk, walk_clear)

SpoolTextCursor *
spool_text_cursor_new (SpoolContent *content)
{
  SpoolTextCursor *self = g_new0 (SpoolTextCursor, 1);

  self->content = spool_content_attach (content);

  return self;
}

void
spool_text_cursor_free (SpoolTextCursor *self)
{
  g_clear_pointer (&self->content, spool_content_detach);
  g_free (self->block.data);
  g_free (self);
}

SpoolContent *
spool_text_cursor_get_content (SpoolTextCursor *self)
{
  return self->content;
}

/* As with GIO's streams there is one operation at a time, from its call to its
 * callback.
 */
gboolean
spool_text_cursor_hold (SpoolTextCursor  *self,
                        GError          **error)
{
  if (g_atomic_int_compare_and_exchange (&self->held, FALSE, TRUE))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                       _("Stream has outstanding operation"));

  return FALSE;
}

void
spool_text_cursor_release (SpoolTextCursor *self)
{
  g_atomic_int_set (&self->held, FALSE);
}

gint64
spool_text_cursor_tell (SpoolTextCursor *self)
{
  return spool_offset_get (&self->position);
}

static void
set_position (SpoolTextCursor *self,
              gint64           position)
{
  spool_offset_set (&self->position, position);
}

static gint64
add_saturated (gint64 a,
               gint64 b)
{
  gint64 sum;

  return __builtin_add_overflow (a, b, &sum) ? G_MAXINT64 : sum;
}

static gboolean
set_invalid_error (GError  **error,
                   goffset   offset)
{
  char number[24];

  g_snprintf (number, sizeof number, "%" G_GOFFSET_FORMAT, offset);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               _("Invalid UTF-8 at byte %s"), number);

  return FALSE;
}

static gboolean
set_incomplete_error (GError  **error,
                      goffset   offset)
{
  char number[24];

  g_snprintf (number, sizeof number, "%" G_GOFFSET_FORMAT, offset);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               _("Incomplete UTF-8 at byte %s"), number);

  return FALSE;
}

/* Marks hold as long as this is the same. What others write to a shared file
 * does not show in it.
 */
static guint64
walk_get_generation (Walk *walk)
{
  if (walk->shared)
    return ~(guint64) spool_content_get_overwrites_locked (walk->content);

  return spool_text_index_get_generation (walk->index);
}

static gboolean
walk_begin (Walk           *walk,
            SpoolBlocking   blocking,
            GCancellable   *cancellable,
            GError        **error)
{
  if (!spool_content_lock (walk->content, walk->for_change, blocking, cancellable, error))
    return FALSE;

  walk->index = spool_content_get_text_index_locked (walk->content);
  walk->size = spool_content_get_size_locked (walk->content);
  walk->shared = spool_content_is_shared_locked (walk->content);
  walk->memory = spool_content_peek_locked (walk->content);

  if (walk->block == NULL)
    walk->block = &walk->own_block;
  if (walk->shared ||
      walk->block->overwrites != spool_content_get_overwrites_locked (walk->content))
    walk->block->length = 0;

  return TRUE;
}

static void
walk_end (Walk *walk)
{
  spool_content_unlock (walk->content);
}

/* Reads the block from @offset on. */
static gboolean
walk_fill_block (Walk     *walk,
                 goffset   offset,
                 GError  **error)
{
  Block *block = walk->block;
  gboolean goes_on = block->length > 0 &&
                     offset - block->offset <= (goffset) block->length &&
                     offset > block->offset;
  gsize size = goes_on ? BLOCK_SIZE : FIRST_BLOCK_SIZE;
  gssize n;

  if (block->allocated < size)
    {
      guint8 *data = spool_sys.try_realloc (block->data, size);

      if (data == NULL && block->data == NULL)
        return spool_set_error_no_memory (error);
      if (data != NULL)
        {
          block->data = data;
          block->allocated = size;
        }
    }

  size = MIN (size, block->allocated);
  block->length = 0;
  n = spool_content_read_locked (walk->content, offset, block->data, size, error);
  if (n < 0)
    return FALSE;

  block->offset = offset;
  block->length = (gsize) n;
  block->overwrites = spool_content_get_overwrites_locked (walk->content);

  /* Others may have cut the file, where they can. */
  if ((goffset) n < MIN ((goffset) size, walk->size - offset))
    walk->size = offset + n;

  return TRUE;
}

/* The bytes at @offset, valid until the next call: some of the @count that are
 * asked for, but as many as a character may have unless the end comes first.
 */
static const guint8 *
walk_peek (Walk     *walk,
           goffset   offset,
           gsize    *count,
           GError  **error)
{
  Block *block = walk->block;
  goffset block_end = block->offset + (goffset) block->length;

  *count = (gsize) MIN ((goffset) *count, walk->size - offset);
  if (*count == 0)
    return (const guint8 *) "";

  if (walk->memory != NULL)
    return walk->memory + offset;

  if (offset < block->offset || offset >= block_end ||
      (block_end - offset < SPOOL_UTF8_MAX && block_end < walk->size))
    {
      if (!walk_fill_block (walk, offset, error))
        return NULL;
      block_end = block->offset + (goffset) block->length;
    }

  *count = (gsize) MIN ((goffset) *count, block_end - offset);

  return block->data + (offset - block->offset);
}

/* Goes on from @mark, to the character @chars or behind the end of the line,
 * and pauses at the byte @limit.
 */
static WalkResult
walk_on (Walk           *walk,
         SpoolTextMark  *mark,
         gint64          chars,
         SpoolTextUnit   unit,
         goffset         limit,
         GCancellable   *cancellable,
         GError        **error)
{
  while (mark->chars < chars)
    {
      gsize count = (gsize) spool_text_index_get_stride (walk->index);
      const guint8 *data, *newline;
      SpoolUtf8Status status;
      gsize n_bytes;
      gint64 n_chars;

      if (mark->bytes >= limit)
        return WALK_PAUSED;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return WALK_FAILED;

      data = walk_peek (walk, mark->bytes, &count, error);
      if (data == NULL)
        return WALK_FAILED;
      if (count == 0)
        return WALK_AT_END;

      newline = unit == SPOOL_TEXT_LINE ? memchr (data, '\n', count) : NULL;
      if (newline != NULL)
        count = (gsize) (newline - data) + 1;

      status = spool_utf8_walk (data, count, chars - mark->chars, &n_bytes, &n_chars);
      mark->bytes += (goffset) n_bytes;
      mark->chars += n_chars;
      if (!walk->shared)
        spool_text_index_note (walk->index, mark);

      if (status == SPOOL_UTF8_INVALID)
        {
          set_invalid_error (error, mark->bytes);
          return WALK_FAILED;
        }

      if (n_bytes == 0)
        return WALK_INCOMPLETE;

      if (newline != NULL && n_bytes == count)
        return WALK_DONE;
    }

  return WALK_DONE;
}

/* Half a character at the end is an error to those who do not wait for the
 * other half.
 */
static WalkResult
check_incomplete (WalkResult            result,
                  SpoolTextEnd          end,
                  const SpoolTextMark  *mark,
                  GError              **error)
{
  if (result != WALK_INCOMPLETE)
    return result;

  if (end != SPOOL_TEXT_END_FINAL)
    return WALK_AT_END;

  set_incomplete_error (error, mark->bytes);

  return WALK_FAILED;
}

/* A place from which the way to the character @chars is short. In a shared file
 * that is the end of the last read or write, or else the beginning: a child
 * may write a long text that is read here line by line.
 */
static SpoolTextMark
walk_find (Walk                  *walk,
           const SpoolTextCursor *from,
           gint64                 chars)
{
  SpoolTextMark mark = { 0, 0 };

  if (from != NULL && from->generation == walk_get_generation (walk) &&
      from->mark.chars <= chars && from->mark.bytes <= walk->size &&
      (!walk->shared || (from->goes_on && from->mark.chars == chars)))
    mark = from->mark;

  if (mark.chars < chars && !walk->shared)
    {
      SpoolTextMark found = spool_text_index_find (walk->index, chars);

      if (found.chars > mark.chars)
        mark = found;
    }

  return mark;
}

/* Begins a walk, and sets @mark to the character @chars, or to the end where
 * there are fewer. On failure the lock is not held.
 *
 * Other threads have their turn during a long way, and the index keeps what
 * was gained. Where they undo that, the next round goes all the way.
 */
static WalkResult
walk_begin_at (Walk                   *walk,
               const SpoolTextCursor  *from,
               gint64                  chars,
               SpoolTextEnd            end,
               SpoolTextMark          *mark,
               SpoolBlocking           blocking,
               GCancellable           *cancellable,
               GError                **error)
{
  goffset reached = 0;

  for (;;)
    {
      WalkResult result;
      goffset limit;

      if (!walk_begin (walk, blocking, cancellable, error))
        return WALK_FAILED;

      *mark = walk_find (walk, from, chars);
      limit = mark->bytes < reached ? G_MAXINT64
                                    : add_saturated (mark->bytes, WALK_STEP);
      result = walk_on (walk, mark, chars, SPOOL_TEXT_CHARS, limit, cancellable, error);
      result = check_incomplete (result, end, mark, error);
      if (result != WALK_PAUSED && result != WALK_FAILED)
        return result;

      reached = mark->bytes;
      walk_end (walk);
      if (result == WALK_FAILED)
        return WALK_FAILED;
    }
}

/* The text between two marks. Where others can write to the file without the
 * lock, it may no longer be what was walked over.
 */
static char *
walk_copy (Walk                *walk,
           const SpoolTextMark *start,
           const SpoolTextMark *stop,
           GError             **error)
{
  gsize length = (gsize) MIN (stop->bytes - start->bytes, G_MAXSSIZE);
  const Block *block = walk->block;
  goffset skip = start->bytes - block->offset;
  char *text = length < G_MAXSSIZE ? spool_sys.try_realloc (NULL, length + 1) : NULL;
  gssize n = -1;

  if (text == NULL)
    {
      spool_set_error_no_memory (error);
      return NULL;
    }

  if (length == 0)
    n = 0;
  else if (walk->memory == NULL && skip >= 0 &&
           skip + (goffset) length <= (goffset) block->length)
    {
      memcpy (text, block->data + skip, length);
      n = (gssize) length;
    }
  else
    n = spool_content_read_locked (walk->content, start->bytes, text, length, error);

  if (n >= 0 && walk->shared)
    {
      gint64 n_chars;
      gsize n_bytes;

      if (spool_utf8_walk ((const guint8 *) text, (gsize) n, G_MAXINT64,
                           &n_bytes, &n_chars) != SPOOL_UTF8_DONE ||
          n_chars != stop->chars - start->chars)
        {
          set_invalid_error (error, start->bytes + (goffset) n_bytes);
          n = -1;
        }
    }

  if (n < 0)
    {
      g_free (text);
      return NULL;
    }

  text[length] = '\0';

  return text;
}

/* The position is at @mark from now on. */
static void
move_to (SpoolTextCursor     *self,
         Walk                *walk,
         const SpoolTextMark *mark)
{
  self->mark = *mark;
  self->generation = walk_get_generation (walk);
  self->goes_on = TRUE;
  set_position (self, mark->chars);
}

gboolean
spool_text_cursor_seek (SpoolTextCursor  *self,
                        gint64            offset,
                        GSeekType         type,
                        SpoolTextEnd      end,
                        GCancellable     *cancellable,
                        GError          **error)
{
  gint64 base = 0;
  gint64 position;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  switch (type)
    {
    case G_SEEK_SET:
      break;

    case G_SEEK_CUR:
      base = self->position;
      break;

    case G_SEEK_END:
      base = spool_text_cursor_get_length (self, end, cancellable, error);
      if (base < 0)
        return FALSE;
      break;

    default:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid GSeekType supplied"));
      return FALSE;
    }

  if (__builtin_add_overflow (base, offset, &position) || position < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid seek request"));
      return FALSE;
    }

  self->goes_on = FALSE;
  set_position (self, position);

  return TRUE;
}

/* The position stays where it is, as in a file. */
gboolean
spool_text_cursor_truncate (SpoolTextCursor  *self,
                            gint64            length,
                            GCancellable     *cancellable,
                            GError          **error)
{
  g_auto(Walk) walk = { .content = self->content, .for_change = TRUE, .block = &self->block };
  SpoolTextMark mark;
  gint64 n_nuls;
  gboolean ok;

  if (walk_begin_at (&walk, self, length, SPOOL_TEXT_END_FINAL, &mark, SPOOL_MAY_BLOCK,
                     cancellable, error) == WALK_FAILED)
    return FALSE;

  n_nuls = length - mark.chars;
  ok = spool_content_truncate_locked (self->content, add_saturated (mark.bytes, n_nuls),
                                      SPOOL_MAY_BLOCK, cancellable, error);
  if (ok && !walk.shared)
    spool_text_index_note_nuls (walk.index, n_nuls);

  walk_end (&walk);

  return ok;
}

/* What is there at the position, with the walk at @start. */
static gboolean
read_at (SpoolTextCursor      *self,
         Walk                 *walk,
         const SpoolTextMark  *start,
         SpoolTextRead        *request,
         GCancellable         *cancellable,
         GError              **error)
{
  SpoolTextMark stop = *start;
  gint64 chars = request->n_chars < 0
                 ? G_MAXINT64 : add_saturated (start->chars, request->n_chars);
  guint64 generation = walk_get_generation (walk);
  WalkResult result;

  if (request->generation == generation && request->searched.bytes <= walk->size)
    stop = request->searched;

  result = walk_on (walk, &stop, chars, request->unit, G_MAXINT64, cancellable, error);
  result = check_incomplete (result, request->end, &stop, error);
  if (result == WALK_FAILED)
    return FALSE;

  /* Half a line, or half of all: the rest may follow. */
  if (result == WALK_AT_END && request->end == SPOOL_TEXT_END_OPEN && request->n_chars < 0)
    {
      request->searched = stop;
      request->generation = generation;
      return TRUE;
    }

  if (stop.bytes == start->bytes)
    return TRUE;

  request->text = walk_copy (walk, start, &stop, error);
  if (request->text == NULL)
    return FALSE;

  request->length = (gsize) (stop.bytes - start->bytes);
  move_to (self, walk, &stop);

  return TRUE;
}

gboolean
spool_text_cursor_read (SpoolTextCursor  *self,
                        SpoolTextRead    *request,
                        SpoolBlocking     blocking,
                        GCancellable     *cancellable,
                        GError          **error)
{
  g_auto(Walk) walk = { .content = self->content, .block = &self->block };
  SpoolTextMark start;
  gboolean ok = TRUE;

  if (walk_begin_at (&walk, self, self->position, request->end, &start, blocking,
                     cancellable, error) == WALK_FAILED)
    return FALSE;

  request->seen_size = walk.size;
  request->seen_overwrites = spool_content_get_overwrites_locked (self->content);
  if (start.chars == self->position)
    ok = read_at (self, &walk, &start, request, cancellable, error);

  walk_end (&walk);

  return ok;
}

/* Writes the text over as many characters as it has, with the walk at @start,
 * which lies before the position where that is behind the end.
 */
static gboolean
write_at (SpoolTextCursor      *self,
          Walk                 *walk,
          const SpoolTextMark  *start,
          const void           *text,
          gsize                 length,
          gint64                n_chars,
          SpoolBlocking         blocking,
          GCancellable         *cancellable,
          GError              **error)
{
  gint64 n_nuls = self->position - start->chars;
  SpoolTextMark from = { add_saturated (start->bytes, n_nuls), self->position };
  SpoolTextMark to = from;
  WalkResult result;

  if (n_nuls == 0)
    {
      result = walk_on (walk, &to, add_saturated (from.chars, n_chars), SPOOL_TEXT_CHARS,
                        G_MAXINT64, cancellable, error);
      if (check_incomplete (result, SPOOL_TEXT_END_FINAL, &to, error) == WALK_FAILED)
        return FALSE;
    }

  if (!spool_content_replace_locked (self->content, from.bytes, to.bytes - from.bytes,
                                     text, length, blocking, cancellable, error))
    return FALSE;

  if (!walk->shared)
    {
      spool_text_index_note_nuls (walk->index, n_nuls);
      spool_text_index_note_text (walk->index, &from, &to, text, length);
    }

  from.bytes += (goffset) length;
  from.chars += n_chars;
  move_to (self, walk, &from);

  return TRUE;
}

gboolean
spool_text_cursor_write (SpoolTextCursor  *self,
                         const void       *text,
                         gsize             length,
                         SpoolBlocking     blocking,
                         GCancellable     *cancellable,
                         GError          **error)
{
  g_auto(Walk) walk = { .content = self->content, .for_change = TRUE, .block = &self->block };
  SpoolTextMark start;
  gsize n_bytes;
  gint64 n_chars;
  gboolean ok;

  if (spool_utf8_walk (text, length, G_MAXINT64, &n_bytes, &n_chars) != SPOOL_UTF8_DONE)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _("The text to write is not valid UTF-8"));
      return FALSE;
    }

  if (length == 0)
    return !g_cancellable_set_error_if_cancelled (cancellable, error);

  if (walk_begin_at (&walk, self, self->position, SPOOL_TEXT_END_FINAL, &start, blocking,
                     cancellable, error) == WALK_FAILED)
    return FALSE;

  ok = write_at (self, &walk, &start, text, length, n_chars, blocking, cancellable, error);
  walk_end (&walk);

  return ok;
}

gint64
spool_text_cursor_get_length (SpoolTextCursor  *self,
                              SpoolTextEnd      end,
                              GCancellable     *cancellable,
                              GError          **error)
{
  g_auto(Walk) walk = { .content = self->content };
  SpoolTextMark mark;

  if (walk_begin_at (&walk, NULL, G_MAXINT64, end, &mark, SPOOL_MAY_BLOCK, cancellable,
                     error) == WALK_FAILED)
    return -1;

  walk_end (&walk);

  return mark.chars;
}

char *
spool_text_cursor_dup_text (SpoolTextCursor  *self,
                            SpoolTextEnd      end,
                            gsize            *length,
                            GCancellable     *cancellable,
                            GError          **error)
{
  g_auto(Walk) walk = { .content = self->content };
  SpoolTextMark start = { 0, 0 };
  SpoolTextMark stop;
  char *text;

  if (walk_begin_at (&walk, NULL, G_MAXINT64, end, &stop, SPOOL_MAY_BLOCK, cancellable,
                     error) == WALK_FAILED)
    return NULL;

  text = walk_copy (&walk, &start, &stop, error);
  walk_end (&walk);

  if (text != NULL)
    *length = (gsize) stop.bytes;

  return text;
}
