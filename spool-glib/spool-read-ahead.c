/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-read-ahead-private.h"
#include "spool-sys-private.h"

#include <string.h>

/* What is read at once, and up to where it is worth to. */
#define BLOCK_SIZE (32 * 1024)
#define SMALL_READ (BLOCK_SIZE / 4)

void
spool_read_ahead_clear (SpoolReadAhead *self)
{
  g_clear_pointer (&self->block, g_free);
}

static gboolean
has_range (SpoolReadAhead *self,
           goffset         offset,
           gsize           count,
           guint           overwrites)
{
  return self->length > 0 && self->overwrites == overwrites &&
         offset >= self->offset && count <= self->length &&
         offset - self->offset <= (goffset) (self->length - count);
}

/* Fills the block from @offset on. Returns whether it can be used. */
static gboolean
fill (SpoolReadAhead *self,
      SpoolContent   *content,
      goffset         offset,
      guint           overwrites,
      SpoolBlocking   blocking,
      GCancellable   *cancellable)
{
  gssize n;
  guint now;

  if (self->block == NULL)
    self->block = spool_sys.try_realloc (NULL, BLOCK_SIZE);
  if (self->block == NULL)
    return FALSE;

  self->length = 0;
  n = spool_content_read_at (content, offset, self->block, BLOCK_SIZE, blocking,
                             cancellable, NULL);
  if (n <= 0 || !spool_content_is_cacheable (content, &now) || now != overwrites)
    return FALSE;

  self->offset = offset;
  self->length = (gsize) n;
  self->overwrites = overwrites;

  return TRUE;
}

/* Reads as spool_content_read_at() does. */
gssize
spool_read_ahead_read (SpoolReadAhead *self,
                       SpoolContent   *content,
                       goffset         offset,
                       void           *data,
                       gsize           count,
                       SpoolBlocking   blocking,
                       GCancellable   *cancellable,
                       GError        **error)
{
  gboolean sequential = offset == self->next;
  guint overwrites;
  gssize n;

  if (count > 0 && count <= SMALL_READ &&
      spool_content_is_cacheable (content, &overwrites) &&
      (has_range (self, offset, count, overwrites) ||
       (sequential && blocking == SPOOL_MAY_BLOCK &&
        fill (self, content, offset, overwrites, blocking, cancellable) &&
        has_range (self, offset, count, overwrites))))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return -1;

      memcpy (data, self->block + (offset - self->offset), count);
      n = (gssize) count;
    }
  else
    n = spool_content_read_at (content, offset, data, count, blocking, cancellable, error);

  if (n > 0)
    self->next = offset + n;

  return n;
}
