/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-cursor-private.h"
#include "spool-error-private.h"
#include "spool-rank-private.h"
#include "spool-ref-count-private.h"

#include <glib/gi18n-lib.h>

/* To wait for a cursor to be free, which is rare: all cursors share them. */
static GMutex release_lock;
static GCond released;

/* Makes a cursor of @self, which is zero and part of a stream. Takes over what
 * @content is attached by. Returns @self, of which there is one reference.
 */
SpoolCursor *
spool_cursor_init (SpoolCursor  *self,
                   SpoolContent *content)
{
  g_atomic_ref_count_init (&self->ref_count);
  self->content = content;

  return self;
}

/* As spool_cursor_init(), for streams that share a position. */
SpoolCursor *
spool_cursor_new (SpoolContent *content)
{
  SpoolCursor *self = spool_cursor_init (g_new0 (SpoolCursor, 1), content);

  self->allocated = TRUE;

  return self;
}

SpoolCursor *
spool_cursor_ref (SpoolCursor *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
spool_cursor_unref (SpoolCursor *self)
{
  if (!spool_ref_count_dec (&self->ref_count))
    return;

  spool_read_ahead_clear (&self->ahead);
  g_clear_pointer (&self->content, spool_content_detach);
  if (self->allocated)
    g_free (self);
}

SpoolContent *
spool_cursor_get_content (SpoolCursor *self)
{
  return self->content;
}

/* An operation holds the cursor from start to end, so that the position moves
 * once for each; a second one waits. Each step of a splice is an operation:
 * its source is not read from here, since that may need this very cursor. A
 * thread that is alone has nobody to keep away, and no need to hold it.
 */
static gboolean
hold (SpoolCursor    *self,
      SpoolBlocking   blocking,
      GError        **error)
{
  if (spool_is_alone () || spool_cursor_try_hold (self))
    return TRUE;

  if (blocking == SPOOL_NO_BLOCK)
    return spool_set_error_would_block (error);

  g_mutex_lock (&release_lock);
  while (__atomic_exchange_n (&self->state, SPOOL_CURSOR_AWAITED, __ATOMIC_ACQ_REL) !=
         SPOOL_CURSOR_FREE)
    g_cond_wait (&released, &release_lock);
  g_mutex_unlock (&release_lock);

  return TRUE;
}

/* Those who wait look whether it is their cursor that is free. */
void
spool_cursor_wake_waiters (void)
{
  g_mutex_lock (&release_lock);
  g_cond_broadcast (&released);
  g_mutex_unlock (&release_lock);
}

static gboolean
begin (SpoolCursor    *self,
       SpoolBlocking   blocking,
       GError        **error)
{
  if (!hold (self, blocking, error))
    return FALSE;

  spool_rank_enter (SPOOL_RANK_CURSOR);

  return TRUE;
}

static void
end (SpoolCursor *self)
{
  spool_rank_leave (SPOOL_RANK_CURSOR);
  spool_cursor_release (self);
}

/* Seeking beside an operation would make its place a matter of chance. */
static gboolean
begin_or_pending (SpoolCursor  *self,
                  GError      **error)
{
  if (begin (self, SPOOL_NO_BLOCK, NULL))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                       _("Stream has outstanding operation"));

  return FALSE;
}

static void
set_position (SpoolCursor *self,
              goffset      position)
{
  spool_offset_set (&self->position, position);
}

goffset
spool_cursor_tell (SpoolCursor *self)
{
  return spool_offset_get (&self->position);
}

static gboolean
find_position (SpoolCursor  *self,
               goffset       offset,
               GSeekType     type,
               goffset      *position,
               GError      **error)
{
  goffset size = 0;
  goffset base = 0;

  if (!spool_content_query_size (self->content, SPOOL_MAY_BLOCK,
                                 type == G_SEEK_END ? &size : NULL, error))
    return FALSE;

  switch (type)
    {
    case G_SEEK_SET:
      break;

    case G_SEEK_CUR:
      base = self->position;
      break;

    case G_SEEK_END:
      base = size;
      break;

    default:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid GSeekType supplied"));
      return FALSE;
    }

  if (__builtin_add_overflow (base, offset, position) || *position < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid seek request"));
      return FALSE;
    }

  return TRUE;
}

gboolean
spool_cursor_seek (SpoolCursor   *self,
                   goffset        offset,
                   GSeekType      type,
                   GCancellable  *cancellable,
                   GError       **error)
{
  goffset position;
  gboolean ok;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !begin_or_pending (self, error))
    return FALSE;

  ok = find_position (self, offset, type, &position, error);
  if (ok)
    set_position (self, position);
  end (self);

  return ok;
}

/* The position stays where it is, as in a file. */
gboolean
spool_cursor_truncate (SpoolCursor   *self,
                       goffset        size,
                       GCancellable  *cancellable,
                       GError       **error)
{
  SpoolNews news;
  gboolean ok;

  if (!begin_or_pending (self, error))
    return FALSE;

  ok = spool_content_truncate_to (self->content, size, &news, SPOOL_MAY_BLOCK, cancellable,
                                  error);
  end (self);
  spool_content_announce (self->content, &news);

  return ok;
}

/* Those that quick ways have not served come here. */
gssize
spool_cursor_read (SpoolCursor    *self,
                   void           *data,
                   gsize           count,
                   SpoolBlocking   blocking,
                   GCancellable   *cancellable,
                   GError        **error)
{
  gssize n;

  if (!begin (self, blocking, error))
    return -1;

  n = spool_read_ahead_read (&self->ahead, self->content, self->position, data, count,
                             blocking, cancellable, error);
  if (n > 0)
    set_position (self, self->position + n);
  end (self);

  return n;
}

gssize
spool_cursor_skip (SpoolCursor    *self,
                   gsize           count,
                   SpoolBlocking   blocking,
                   GCancellable   *cancellable,
                   GError        **error)
{
  gssize n = -1;
  goffset size;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !begin (self, blocking, error))
    return -1;

  if (spool_content_query_size (self->content, blocking, &size, error))
    {
      goffset left = MAX (size - self->position, 0);

      n = (gssize) MIN ((guint64) left, MIN (count, G_MAXSSIZE));
      set_position (self, self->position + n);
    }

  end (self);

  return n;
}

gssize
spool_cursor_write (SpoolCursor          *self,
                    gboolean              append,
                    const GOutputVector  *vectors,
                    gsize                 n_vectors,
                    SpoolBlocking         blocking,
                    GCancellable         *cancellable,
                    GError              **error)
{
  SpoolNews news;
  goffset offset;
  gssize n;

  if (!begin (self, blocking, error))
    return -1;

  offset = append ? SPOOL_OFFSET_END : self->position;
  n = spool_content_write_at (self->content, &offset, vectors, n_vectors, &news,
                              blocking, cancellable, error);
  if (n > 0)
    set_position (self, offset + n);
  end (self);
  spool_content_announce (self->content, &news);

  return n;
}
