/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-content-parts-private.h"
#include "spool-fd-storage-private.h"
#include "spool-memory-storage-private.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>

/* What is asked of the content, in memory and on disk. */

/* Reads from a file without the lock where it can, so that many may read at
 * once and a slow disk keeps nobody else waiting.
 */
gssize
spool_content_read_at (SpoolContent   *self,
                       goffset         offset,
                       void           *data,
                       gsize           count,
                       SpoolBlocking   blocking,
                       GCancellable   *cancellable,
                       GError        **error)
{
  gssize n;

  count = MIN (count, G_MAXSSIZE);

  if (!spool_content_begin (self, blocking, cancellable, error))
    return -1;

  if (self->rolled_over && spool_storage_is_fd (self->storage) &&
      spool_fd_storage_can_read_unlocked (self->storage, offset, count))
    {
      g_autoptr(SpoolStorage) storage = spool_storage_ref (self->storage);
      guint overwrites = self->overwrites;

      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      n = spool_fd_storage_read_unlocked (storage, offset, data, count);
      spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);

      if (n == (gssize) count && self->overwrites == overwrites)
        {
          spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
          return n;
        }

      /* The bytes changed meanwhile: some may be old and some new. */
      if (self->storage == NULL)
        {
          spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
          spool_set_error_closed (error);
          return -1;
        }
    }

  n = spool_storage_read (self->storage, offset, data, count, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return n;
}

/* Whether what was read may be kept and read again while the count that is
 * returned stays the same. In memory that would gain nothing, and where others
 * can write to the file it would be wrong.
 */
gboolean
spool_content_is_cacheable (SpoolContent *self,
                            guint        *overwrites)
{
  *overwrites = (guint) g_atomic_int_get (&self->overwrites);

  return g_atomic_int_get (&self->rolled_over) && !g_atomic_int_get (&self->shared);
}

guint8 *
spool_content_read_alloc (SpoolContent   *self,
                          goffset         offset,
                          gsize           count,
                          gsize          *length,
                          SpoolBlocking   blocking,
                          GCancellable   *cancellable,
                          GError        **error)
{
  guint8 *data;
  gssize n = -1;

  if (offset < 0)
    {
      spool_set_error_negative (error);
      return NULL;
    }

  if (!spool_content_begin (self, blocking, cancellable, error))
    return NULL;

  if (self->shared)
    spool_content_update_state (self);

  if (offset >= self->size)
    count = 0;
  else if ((guint64) count > (guint64) (self->size - offset))
    count = (gsize) (self->size - offset);

  data = count > G_MAXSSIZE ? NULL : spool_sys.try_realloc (NULL, MAX (count, 1));
  if (data == NULL)
    spool_set_error_no_memory (error);
  else
    n = spool_storage_read (self->storage, offset, data, count, error);

  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  if (n < 0)
    {
      g_free (data);
      return NULL;
    }

  *length = (gsize) n;

  return data;
}

GBytes *
spool_content_snapshot (SpoolContent   *self,
                        SpoolBlocking   blocking,
                        GCancellable   *cancellable,
                        GError        **error)
{
  GBytes *bytes;

  if (!spool_content_begin (self, blocking, cancellable, error))
    return NULL;

  bytes = spool_storage_get_bytes (self->storage, cancellable, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return bytes;
}

/* The size as the last operation has left it, for who knows that nobody writes
 * to the file beside the library. Never waits.
 */
goffset
spool_content_peek_size (SpoolContent *self)
{
  return spool_offset_get (&self->size);
}

/* The size for the program. Where others may write to the file that is asked,
 * unless somebody is busy with it.
 */
goffset
spool_content_get_size (SpoolContent *self)
{
  if (g_atomic_int_get (&self->shared) &&
      spool_ranked_trylock (&self->lock, SPOOL_RANK_BUFFER))
    spool_content_end (self);

  return spool_offset_get (&self->size);
}

/* The size for a stream, which cannot go on where the content is closed. With
 * %NULL only that is asked, which never waits.
 */
gboolean
spool_content_query_size (SpoolContent   *self,
                          SpoolBlocking   blocking,
                          goffset        *size,
                          GError        **error)
{
  if (g_atomic_int_get (&self->closed))
    return spool_set_error_closed (error);

  if (size == NULL)
    return TRUE;

  *size = spool_offset_get (&self->size);
  if (!g_atomic_int_get (&self->shared))
    return TRUE;

  /* What the file says is news to the next operation, which can tell it. */
  if (!spool_content_begin (self, blocking, NULL, error))
    return FALSE;

  *size = spool_storage_get_size (self->storage);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return TRUE;
}

gboolean
spool_content_flush_window (SpoolContent   *self,
                            SpoolBlocking   blocking,
                            GError        **error)
{
  gboolean ok;

  /* In memory there is nothing to flush, and what is on disk is the parent's. */
  if (!g_atomic_int_get (&self->closed) &&
      (!g_atomic_int_get (&self->rolled_over) || spool_content_is_inherited (self)))
    return TRUE;

  if (!spool_content_begin (self, blocking, NULL, error))
    return FALSE;

  ok = spool_storage_flush (self->storage, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return ok;
}

/* The file as a descriptor, for which the content rolls over. */
int
spool_content_dup_fd (SpoolContent  *self,
                      gboolean       writable,
                      GCancellable  *cancellable,
                      GError       **error)
{
  int fd = -1;

  if (writable ? !spool_content_begin_change (self, SPOOL_MAY_BLOCK, cancellable, error)
               : !spool_content_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return -1;

  if (spool_content_roll_over_locked (self, "descriptor", cancellable, error))
    {
      if (!spool_storage_is_fd (self->storage))
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                             _("The temporary file is not a local one"));
      else if (self->read_only ||
               spool_content_unpin (self, 0, self->size, cancellable, error))
        fd = spool_fd_storage_dup_fd (self->storage, writable, error);

      if (fd >= 0 && writable)
        g_atomic_int_set (&self->shared, TRUE);
    }

  spool_content_end (self);

  return fd;
}

/* Puts the temporary file itself at @target, if there is one and it can go
 * there. Where only the folder could not be synced, the file is there too, but
 * the content can be written to as before, and leaves the file alone.
 */
SpoolPlacing
spool_content_place_file (SpoolContent  *self,
                          SpoolTarget   *target,
                          GCancellable  *cancellable,
                          GError       **error)
{
  SpoolPlacing placing = SPOOL_CANNOT_LINK;

  if (!spool_content_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return SPOOL_NOT_PLACED;

  if (spool_storage_is_fd (self->storage))
    placing = spool_fd_storage_move (self->storage, target, error);

  if (placing == SPOOL_PLACED)
    {
      g_atomic_int_set (&self->shared, TRUE);
      spool_content_note_file (self);
      if (spool_target_sync_folder (target, error))
        self->read_only = TRUE;
      else
        placing = SPOOL_NOT_PLACED_CUT;
    }

  spool_content_end (self);

  return placing;
}

goffset
spool_content_get_size_locked (SpoolContent *self)
{
  return spool_storage_get_size (self->storage);
}

/* Whether others may write to the file, beside all locks. */
gboolean
spool_content_is_shared_locked (SpoolContent *self)
{
  return self->shared;
}

/* How many times bytes have changed or gone, by those who go through here. */
guint
spool_content_get_overwrites_locked (SpoolContent *self)
{
  return g_atomic_int_get (&self->overwrites);
}

/* It is not told what others write to a shared file. */
SpoolTextIndex *
spool_content_get_text_index_locked (SpoolContent *self)
{
  if (self->text_index == NULL)
    self->text_index = spool_text_index_new ();

  return self->text_index;
}

/* The content, where it is in memory; %NULL where it is on disk or empty. */
const guint8 *
spool_content_peek_locked (SpoolContent *self)
{
  if (spool_storage_is_on_disk (self->storage))
    return NULL;

  return spool_memory_storage_peek (self->storage);
}

gssize
spool_content_read_locked (SpoolContent  *self,
                           goffset        offset,
                           void          *data,
                           gsize          count,
                           GError       **error)
{
  return spool_storage_read (self->storage, offset, data, count, error);
}
