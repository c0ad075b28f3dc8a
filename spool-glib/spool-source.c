/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-copy-private.h"
#include "spool-error-private.h"
#include "spool-rank-private.h"
#include "spool-source-private.h"
#include "spool-sys-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* Takes the state that @storage is in, with @lock held. In memory and in a
 * file of our own nobody can change it afterwards; elsewhere the caller has to
 * see to that.
 */
void
spool_source_open (SpoolSource  *self,
                   SpoolStorage *storage,
                   GMutex       *lock)
{
  self->storage = spool_storage_ref (storage);
  self->lock = lock;
  self->size = spool_storage_get_size (storage);

  if (!spool_storage_is_on_disk (storage))
    self->bytes = spool_storage_get_bytes (storage, NULL, NULL);
  else if (spool_storage_is_fd (storage) && spool_storage_flush (storage, NULL))
    {
      self->pin = spool_fd_storage_pin (storage);
      self->fd = spool_fd_storage_peek_fd (storage);
      self->share = spool_fd_storage_can_share (storage);
    }

  self->pinned = self->bytes != NULL || self->pin != NULL;
}

/* Finds the bytes from @offset on: some of those in memory or, with @block,
 * as many as go in there. Returns how many, 0 where the file was cut by
 * others, or -1 on error.
 */
static gssize
next_bytes (SpoolSource   *self,
            goffset        offset,
            guint8        *block,
            const guint8 **data,
            GError       **error)
{
  gsize count = (gsize) MIN (self->size - offset, SPOOL_COPY_BLOCK);
  gssize n;

  if (self->bytes != NULL)
    {
      *data = (const guint8 *) g_bytes_get_data (self->bytes, NULL) + offset;
      return (gssize) count;
    }

  *data = block;

  if (self->fd >= 0)
    {
      n = spool_sys_pread_full (self->fd, block, count, offset);
      if (n < 0)
        spool_set_error_from_errno (error, errno,
                                    _("Failed to read from the temporary file"));
      return n;
    }

  spool_ranked_lock (self->lock, SPOOL_RANK_BUFFER);
  n = spool_storage_read (self->storage, offset, block, count, error);
  spool_ranked_unlock (self->lock, SPOOL_RANK_BUFFER);

  return n;
}

/* Writes to @stream or, where there is none, to @fd. */
static gboolean
write_bytes (GOutputStream  *stream,
             int             fd,
             const char     *write_message,
             goffset         offset,
             const guint8   *data,
             gsize           count,
             GCancellable   *cancellable,
             GError        **error)
{
  if (stream != NULL)
    return g_output_stream_write_all (stream, data, count, NULL, cancellable, error);

  return (gsize) spool_sys_pwrite_full (fd, data, count, offset) == count ||
         spool_set_error_from_errno (error, errno, write_message);
}

static gboolean
copy_blocks (SpoolSource            *self,
             GOutputStream          *stream,
             int                     fd,
             const char             *write_message,
             GFileProgressCallback   progress,
             gpointer                progress_data,
             GCancellable           *cancellable,
             GError                **error)
{
  g_autofree guint8 *block = NULL;
  gssize n;

  if (self->bytes == NULL)
    {
      block = spool_sys.try_realloc (NULL, SPOOL_COPY_BLOCK);
      if (block == NULL)
        return spool_set_error_no_memory (error);
    }

  for (goffset offset = 0; offset < self->size; offset += n)
    {
      const guint8 *data;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      n = next_bytes (self, offset, block, &data, error);
      if (n == 0)
        break;

      if (n < 0 || !write_bytes (stream, fd, write_message, offset, data, (gsize) n,
                                 cancellable, error))
        return FALSE;

      if (progress != NULL)
        progress (offset + n, self->size, progress_data);
    }

  return TRUE;
}

/* Copies everything to the empty file @fd. */
gboolean
spool_source_copy_to_fd (SpoolSource            *self,
                         int                     fd,
                         const char             *write_message,
                         GFileProgressCallback   progress,
                         gpointer                progress_data,
                         GCancellable           *cancellable,
                         GError                **error)
{
  if (self->fd >= 0)
    return spool_copy_fd (self->fd, fd, self->size, self->share, write_message,
                          progress, progress_data, cancellable, error);

  return copy_blocks (self, NULL, fd, write_message, progress, progress_data,
                      cancellable, error);
}

/* Copies everything to @stream, which stays open. */
gboolean
spool_source_copy_to_stream (SpoolSource            *self,
                             GOutputStream          *stream,
                             GFileProgressCallback   progress,
                             gpointer                progress_data,
                             GCancellable           *cancellable,
                             GError                **error)
{
  return copy_blocks (self, stream, -1, NULL, progress, progress_data,
                      cancellable, error);
}

void
spool_source_clear (SpoolSource *self)
{
  g_clear_pointer (&self->pin, spool_pin_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_pointer (&self->storage, spool_storage_unref);
}
