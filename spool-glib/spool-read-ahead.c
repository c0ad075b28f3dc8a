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

/* The data is first, as malloc() aligns it: the kernel copies more slowly to
 * anywhere else.
 */
struct _SpoolReadAheadBlock
{
  guint8  data[BLOCK_SIZE];
  goffset offset;
  gsize   length;
  guint   overwrites; /* what the content had counted */
};

void
spool_read_ahead_clear (SpoolReadAhead *self)
{
  g_clear_pointer (&self->block, g_free);
}

static gboolean
has_range (SpoolReadAheadBlock *block,
           goffset              offset,
           gsize                count,
           guint                overwrites)
{
  return block != NULL && block->length > 0 && block->overwrites == overwrites &&
         offset >= block->offset && count <= block->length &&
         offset - block->offset <= (goffset) (block->length - count);
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
  SpoolReadAheadBlock *block = self->block;
  gssize n;
  guint now;

  if (block == NULL)
    block = self->block = spool_sys.try_realloc (NULL, sizeof *block);
  if (block == NULL)
    return FALSE;

  block->length = 0;
  n = spool_content_read_at (content, offset, block->data, BLOCK_SIZE, blocking,
                             cancellable, NULL);
  if (n <= 0 || !spool_content_is_cacheable (content, &now) || now != overwrites)
    return FALSE;

  block->offset = offset;
  block->length = (gsize) n;
  block->overwrites = overwrites;

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
      (has_range (self->block, offset, count, overwrites) ||
       (sequential && blocking == SPOOL_MAY_BLOCK &&
        fill (self, content, offset, overwrites, blocking, cancellable) &&
        has_range (self->block, offset, count, overwrites))))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return -1;

      memcpy (data, self->block->data + (offset - self->block->offset), count);
      n = (gssize) count;
    }
  else
    n = spool_content_read_at (content, offset, data, count, blocking, cancellable, error);

  if (n > 0)
    self->next = offset + n;

  return n;
}
