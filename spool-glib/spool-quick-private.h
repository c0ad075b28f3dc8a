/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-content-parts-private.h"
#include "spool-cursor-private.h"
#include "spool-memory-storage-private.h"
#include "spool-rank-private.h"

G_BEGIN_DECLS

/* The short way. Most reads and writes are small ones in memory; next to them a
 * call of a function takes long, so all that they need is in here. Nothing is
 * done that can be done without: where there is anything to decide, nothing has
 * happened, and the long way is taken. A thread that is alone in its process
 * needs no locks.
 */

static inline gssize
spool_quick_read_locked (SpoolContent *self,
                         goffset       offset,
                         void         *data,
                         gsize         count)
{
  if (self->rolled_over || self->storage == NULL || offset >= self->size ||
      self->size - offset > G_MAXSSIZE)
    return -1;

  count = MIN (count, (gsize) (self->size - offset));
  memcpy (data, spool_memory_storage_peek (self->storage) + offset, count);

  return (gssize) count;
}

/* Reads what is there, and moves on. Returns -1 where there is anything to
 * decide; there is no error.
 */
static inline gssize
spool_quick_read (SpoolCursor  *cursor,
                  void         *data,
                  gsize         count,
                  GCancellable *cancellable)
{
  SpoolContent *content = cursor->content;
  gboolean alone = spool_is_alone ();
  gssize n = -1;

  if (g_atomic_int_get (&content->rolled_over) || content->pool != NULL ||
      (cancellable != NULL && g_cancellable_is_cancelled (cancellable)) ||
      (!alone && !spool_cursor_try_hold (cursor)))
    return -1;

  if (alone)
    n = spool_quick_read_locked (content, cursor->position, data, count);
  else if (spool_ranked_trylock (&content->lock, SPOOL_RANK_BUFFER))
    {
      n = spool_quick_read_locked (content, cursor->position, data, count);
      spool_ranked_unlock (&content->lock, SPOOL_RANK_BUFFER);
    }

  if (n > 0)
    spool_offset_set (&cursor->position, cursor->position + n);
  if (!alone)
    spool_cursor_release (cursor);

  return n;
}

static inline goffset
spool_quick_append_locked (SpoolContent *self,
                           goffset       offset,
                           const void   *data,
                           gsize         count)
{
  goffset start = self->size;
  goffset stop;

  /* As an unsigned number, one less than none is the largest. */
  if (self->room < start || count - 1 >= (gsize) (self->room - start) ||
      (offset != start && offset != SPOOL_OFFSET_END))
    return -1;

  /* As unsigned numbers, those that stand for no limit are the largest. */
  stop = start + (goffset) count;
  if ((guint64) stop > (guint64) spool_offset_get (&self->threshold) ||
      (guint64) stop > (guint64) spool_offset_get (&self->size_limit))
    return -1;

  spool_offset_set (&self->size, stop);
  spool_memory_storage_append (self->storage, data, count);

  return stop;
}

/* Writes at the end, where there is memory for it. Returns where the end is now,
 * to be announced, or -1.
 */
static inline goffset
spool_quick_append (SpoolContent *self,
                    gboolean      alone,
                    goffset       offset,
                    const void   *data,
                    gsize         count)
{
  goffset stop = -1;

  if (alone)
    stop = spool_quick_append_locked (self, offset, data, count);
  else if (spool_ranked_trylock (&self->lock, SPOOL_RANK_BUFFER))
    {
      stop = spool_quick_append_locked (self, offset, data, count);
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
    }

  return stop;
}

/* The same for a stream, which moves on. Returns whether the bytes were written. */
static inline gboolean
spool_quick_write (SpoolCursor  *cursor,
                   gboolean      append,
                   const void   *data,
                   gsize         count,
                   GCancellable *cancellable)
{
  gboolean alone = spool_is_alone ();
  goffset stop;

  if ((cancellable != NULL && g_cancellable_is_cancelled (cancellable)) ||
      (!alone && !spool_cursor_try_hold (cursor)))
    return FALSE;

  stop = spool_quick_append (cursor->content, alone,
                             append ? SPOOL_OFFSET_END : cursor->position, data, count);
  if (stop >= 0)
    spool_offset_set (&cursor->position, stop);
  if (!alone)
    spool_cursor_release (cursor);

  if (stop < 0)
    return FALSE;

  spool_content_notify (cursor->content, SPOOL_CHANGED_SIZE);

  return TRUE;
}

G_END_DECLS
