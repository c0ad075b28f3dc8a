/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-content-parts-private.h"
#include "spool-fd-storage-private.h"
#include "spool-file-storage-private.h"
#include "spool-memory-storage-private.h"

/* From memory to disk: a new file, all bytes written, then the swap. */

/* A roll-over looks at the cancellable every so many bytes. */
#define ROLL_OVER_STEP (4 * 1024 * 1024)

GFile *
spool_content_dup_directory (SpoolContent *self)
{
  GFile *directory = NULL;

  g_mutex_lock (&self->directory_lock);
  g_set_object (&directory, self->directory);
  g_mutex_unlock (&self->directory_lock);

  return directory;
}

SpoolStorage *
spool_content_new_file_storage (SpoolContent  *self,
                                GCancellable  *cancellable,
                                GError       **error)
{
  g_autoptr(GFile) directory = spool_content_dup_directory (self);
  const char *path = directory != NULL ? g_file_peek_path (directory) : NULL;

  if (directory != NULL && path == NULL)
    return spool_file_storage_new (directory, cancellable, error);

  return spool_fd_storage_new (path, self->named, error);
}

/* The first half of rolling over: a file with all the bytes, while the content
 * stays as it is. The second half is spool_content_set_storage(), which cannot fail.
 */
SpoolStorage *
spool_content_copy_to_file (SpoolContent  *self,
                            GCancellable  *cancellable,
                            GError       **error)
{
  g_autoptr(SpoolStorage) storage = spool_content_new_file_storage (self, cancellable, error);
  const guint8 *data = spool_memory_storage_peek (self->storage);

  if (storage == NULL)
    return NULL;

  for (goffset offset = 0; offset < self->size;)
    {
      gsize count = (gsize) MIN (self->size - offset, ROLL_OVER_STEP);

      if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
          !spool_storage_write (storage, offset, data + offset, count, NULL, error))
        return NULL;

      offset += (goffset) count;
    }

  return g_steal_pointer (&storage);
}

/* Takes @storage, which has all the bytes and whatever the call that rolls
 * over has added to them.
 */
void
spool_content_finish_roll_over (SpoolContent *self,
                                SpoolStorage *storage,
                                const char   *reason,
                                gint64        start_time)
{
  g_free (self->message);
  self->message =
    g_strdup_printf ("Rolled over %" G_GOFFSET_FORMAT " bytes (%s) to %s in %.3f ms",
                     self->size, reason,
                     spool_storage_is_fd (storage) ? spool_fd_storage_get_directory (storage)
                                                   : "a GFile",
                     (double) (g_get_monotonic_time () - start_time) / 1000);

  spool_content_set_storage (self, storage);
}

gboolean
spool_content_roll_over_locked (SpoolContent  *self,
                                const char    *reason,
                                GCancellable  *cancellable,
                                GError       **error)
{
  gint64 start_time = g_get_monotonic_time ();
  SpoolStorage *storage;

  if (spool_storage_is_on_disk (self->storage))
    return TRUE;

  storage = spool_content_copy_to_file (self, cancellable, error);
  if (storage == NULL)
    return FALSE;

  spool_content_finish_roll_over (self, storage, reason, start_time);

  return TRUE;
}

/* Whether the content has to be on disk before it grows to @size: by its own
 * threshold, or because the pool has no memory left for it.
 */
gboolean
spool_content_must_roll_over (SpoolContent *self,
                              goffset       size)
{
  goffset threshold = spool_offset_get (&self->threshold);

  if (threshold == SPOOL_THRESHOLD_NEVER || size <= self->size ||
      spool_storage_is_on_disk (self->storage))
    return FALSE;

  return size > threshold ||
         (self->pool != NULL && !spool_pool_request (self->pool, self->member, size));
}

gboolean
spool_content_roll_over (SpoolContent  *self,
                         GCancellable  *cancellable,
                         GError       **error)
{
  gboolean ok;

  if (!spool_content_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  ok = spool_content_roll_over_locked (self, "asked for", cancellable, error);
  spool_content_end (self);

  return ok;
}

/* What the pool calls for room. */
gboolean
spool_content_move_to_disk (SpoolContent  *self,
                            GCancellable  *cancellable,
                            GError       **error)
{
  gboolean ok;

  /* One that was closed holds no memory any more. */
  if (!spool_content_lock_open (self, SPOOL_MAY_BLOCK, NULL))
    return TRUE;

  ok = spool_offset_get (&self->threshold) == SPOOL_THRESHOLD_NEVER ||
       spool_content_roll_over_locked (self, "pool", cancellable, error);
  spool_content_end (self);

  return ok;
}
