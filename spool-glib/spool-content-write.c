/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-content-parts-private.h"
#include "spool-fd-storage-private.h"
#include "spool-memory-storage-private.h"
#include "spool-quick-private.h"

#include <glib/gi18n-lib.h>

/* What changes the content, in memory and on disk. */

/* What a small buffer of a pool may hold in memory beyond its size, in bytes. */
#define POOL_SPARE (4 * 1024)

/* How much memory may be taken for @size bytes, in bytes, or -1. What is spare
 * does not count in a pool, so there is little of it there.
 */
static goffset
get_growth_limit (SpoolContent *self,
                  goffset       size)
{
  goffset threshold = spool_offset_get (&self->threshold);
  goffset spare = MAX (size / 8, POOL_SPARE);
  goffset limit;

  if (self->pool == NULL || __builtin_add_overflow (size, spare, &limit))
    return threshold;

  return threshold == SPOOL_THRESHOLD_NEVER ? limit : MIN (threshold, limit);
}

/* To be called before the content changes its size in memory. */
static void
limit_growth (SpoolContent *self,
              goffset       size)
{
  if (!spool_storage_is_on_disk (self->storage))
    spool_memory_storage_set_growth_limit (self->storage, get_growth_limit (self, size));
}

static gboolean
check_size_limit (SpoolContent  *self,
                  goffset        size,
                  GError       **error)
{
  g_autofree char *limit_text = NULL;
  goffset limit = spool_offset_get (&self->size_limit);

  if (limit < 0 || size <= limit || size <= self->size)
    return TRUE;

  limit_text = g_strdup_printf ("%" G_GOFFSET_FORMAT, limit);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
               _("The size limit of %s bytes would be passed"), limit_text);

  return FALSE;
}

/* The bytes from @offset on have changed or gone. */
void
spool_content_note_overwrite (SpoolContent *self,
                              goffset       offset)
{
  g_atomic_int_inc (&self->overwrites);

  if (self->text_index != NULL)
    spool_text_index_cut (self->text_index, offset);
}

/* Moves to a clone where changing the bytes from @offset on would change a
 * snapshot. The first @size bytes are taken along.
 */
gboolean
spool_content_unpin (SpoolContent  *self,
                     goffset        offset,
                     goffset        size,
                     GCancellable  *cancellable,
                     GError       **error)
{
  SpoolStorage *clone;

  if (!spool_storage_is_pinned (self->storage, offset))
    return TRUE;

  clone = spool_storage_clone (self->storage, size, cancellable, error);
  if (clone == NULL)
    return FALSE;

  spool_content_set_storage (self, clone);

  return TRUE;
}

/* Returns G_MAXUINT64 for more bytes than a write can say that it has written. */
static guint64
count_vectors (const GOutputVector *vectors,
               gsize                n_vectors)
{
  gsize count = 0;

  for (gsize i = 0; i < n_vectors; i++)
    {
      if (vectors[i].size > G_MAXSSIZE - count)
        return G_MAXUINT64;
      count += vectors[i].size;
    }

  return count;
}

/* Writes one vector after the other. Where @written is given, it stops without
 * an error once something was written; else all is written or it fails.
 */
static gboolean
write_vectors (SpoolStorage         *storage,
               goffset               offset,
               const GOutputVector  *vectors,
               gsize                 n_vectors,
               gsize                *written,
               GError              **error)
{
  gsize done = 0;

  for (gsize i = 0; i < n_vectors; i++)
    {
      gsize n = 0;

      if (vectors[i].size == 0)
        continue;

      if (!spool_storage_write (storage, offset + (goffset) done, vectors[i].buffer,
                                vectors[i].size, written != NULL ? &n : NULL,
                                written != NULL && done > 0 ? NULL : error))
        {
          if (written == NULL || done == 0)
            return FALSE;
          break;
        }

      if (written == NULL)
        n = vectors[i].size;
      done += n;
      if (n < vectors[i].size)
        break;
    }

  if (written != NULL)
    *written = done;

  return TRUE;
}

static gboolean
roll_over_and_write (SpoolContent         *self,
                     goffset               offset,
                     const GOutputVector  *vectors,
                     gsize                 n_vectors,
                     GCancellable         *cancellable,
                     GError              **error)
{
  gint64 start_time = g_get_monotonic_time ();
  g_autoptr(SpoolStorage) storage = NULL;

  storage = spool_content_copy_to_file (self, cancellable, error);
  if (storage == NULL ||
      !write_vectors (storage, offset, vectors, n_vectors, NULL, error))
    return FALSE;

  spool_content_finish_roll_over (self, g_steal_pointer (&storage), "write", start_time);

  return TRUE;
}

/* All but quick writes end here. With @written they may be cut short where the disk is
 * full; @offset may be SPOOL_OFFSET_END and is set to where the bytes went.
 */
static gboolean
write_locked (SpoolContent         *self,
              goffset              *offset,
              const GOutputVector  *vectors,
              gsize                 n_vectors,
              gsize                *written,
              SpoolBlocking         blocking,
              GCancellable         *cancellable,
              GError              **error)
{
  guint64 count = count_vectors (vectors, n_vectors);
  goffset start = *offset;
  goffset stop;

  if (self->shared)
    spool_content_update_state (self);

  if (start == SPOOL_OFFSET_END)
    start = self->size;

  if (count > (guint64) (G_MAXINT64 - start))
    return spool_set_error_too_large (error);

  stop = start + (goffset) count;
  *offset = start;
  if (written != NULL)
    *written = (gsize) count;

  if (count == 0)
    return TRUE;

  if (!check_size_limit (self, stop, error))
    return FALSE;

  /* Even one that fails may change bytes. */
  if (start < self->size)
    spool_content_note_overwrite (self, start);

  if (spool_content_must_roll_over (self, stop))
    {
      if (blocking == SPOOL_NO_BLOCK)
        return spool_set_error_would_block (error);
      if (!roll_over_and_write (self, start, vectors, n_vectors, cancellable, error))
        return FALSE;
    }
  else
    {
      if (!spool_content_unpin (self, start, self->size, cancellable, error))
        return FALSE;

      limit_growth (self, stop);

      if (!write_vectors (self->storage, start, vectors, n_vectors, written, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
truncate_locked (SpoolContent   *self,
                 goffset         size,
                 SpoolBlocking   blocking,
                 GCancellable   *cancellable,
                 GError        **error)
{
  if (self->shared)
    spool_content_update_state (self);

  if (!check_size_limit (self, size, error))
    return FALSE;

  if (spool_content_must_roll_over (self, size))
    {
      gint64 start_time = g_get_monotonic_time ();
      g_autoptr(SpoolStorage) storage = NULL;

      if (blocking == SPOOL_NO_BLOCK)
        return spool_set_error_would_block (error);

      storage = spool_content_copy_to_file (self, cancellable, error);
      if (storage == NULL || !spool_storage_truncate (storage, size, error))
        return FALSE;

      spool_content_finish_roll_over (self, g_steal_pointer (&storage), "truncate",
                                      start_time);
      return TRUE;
    }

  if (!spool_content_unpin (self, size, size, cancellable, error))
    return FALSE;

  limit_growth (self, size);

  if (!spool_storage_truncate (self->storage, size, error))
    return FALSE;

  if (size < self->size)
    spool_content_note_overwrite (self, size);

  return TRUE;
}

/* The beginning of the content on disk again, to build other content on. */
static SpoolStorage *
copy_head (SpoolContent  *self,
           goffset        size,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr(SpoolStorage) storage = NULL;

  if (spool_storage_is_fd (self->storage))
    return spool_storage_clone (self->storage, size, cancellable, error);

  storage = spool_content_new_file_storage (self, cancellable, error);
  if (storage == NULL ||
      !spool_storage_copy_range (self->storage, storage, 0, size, cancellable, error))
    return NULL;

  return g_steal_pointer (&storage);
}

static gboolean
replace_in_file (SpoolContent  *self,
                 goffset        offset,
                 goffset        old_length,
                 const void    *data,
                 gsize          new_length,
                 GCancellable  *cancellable,
                 GError       **error)
{
  gint64 start_time = g_get_monotonic_time ();
  g_autoptr(SpoolStorage) storage = copy_head (self, offset, cancellable, error);

  if (storage == NULL)
    return FALSE;

  if (new_length > 0 &&
      !spool_storage_write (storage, offset, data, new_length, NULL, error))
    return FALSE;

  if (!spool_storage_copy_shifted (self->storage, storage, offset + old_length,
                                   spool_storage_get_size (self->storage),
                                   (goffset) new_length - old_length,
                                   cancellable, error))
    return FALSE;

  if (spool_storage_is_on_disk (self->storage))
    spool_content_set_storage (self, g_steal_pointer (&storage));
  else
    spool_content_finish_roll_over (self, g_steal_pointer (&storage), "replacement",
                                    start_time);

  return TRUE;
}

/* As spool_content_begin_change(), for a write: on disk too, one that the window
 * takes needs memory only.
 */
static gboolean
begin_write (SpoolContent   *self,
             goffset         offset,
             gsize           count,
             SpoolBlocking   blocking,
             GCancellable   *cancellable,
             GError        **error)
{
  if (!spool_content_begin_anywhere (self, blocking, cancellable, error))
    return FALSE;

  if (blocking == SPOOL_NO_BLOCK && spool_storage_is_on_disk (self->storage) &&
      !(spool_storage_is_fd (self->storage) &&
        spool_fd_storage_can_keep (self->storage,
                                   offset == SPOOL_OFFSET_END ? self->size : offset,
                                   count)))
    {
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      return spool_set_error_would_block (error);
    }

  return spool_content_await_change (self, blocking, cancellable, error);
}

/* What a stream writes: where the disk is full half-way, that half counts.
 * @offset may be SPOOL_OFFSET_END and is set to where the bytes went. The
 * caller announces @news when it holds no lock any more.
 */
gssize
spool_content_write_at (SpoolContent         *self,
                        goffset              *offset,
                        const GOutputVector  *vectors,
                        gsize                 n_vectors,
                        SpoolNews            *news,
                        SpoolBlocking         blocking,
                        GCancellable         *cancellable,
                        GError              **error)
{
  gsize written = 0;
  gboolean ok;

  *news = (SpoolNews) SPOOL_NEWS_INIT;

  if (!begin_write (self, *offset, count_vectors (vectors, n_vectors), blocking,
                    cancellable, error))
    return -1;

  ok = write_locked (self, offset, vectors, n_vectors, &written, blocking,
                     cancellable, error);
  spool_content_end_quietly (self, news);

  return ok ? (gssize) written : -1;
}

gboolean
spool_content_write_whole (SpoolContent   *self,
                           goffset         offset,
                           const void     *data,
                           gsize           count,
                           SpoolBlocking   blocking,
                           GCancellable   *cancellable,
                           GError        **error)
{
  GOutputVector vector = { data, count };
  SpoolNews news = SPOOL_NEWS_INIT;
  gboolean ok;

  if (cancellable == NULL &&
      spool_quick_append (self, spool_is_alone (), offset, data, count) >= 0)
    {
      spool_content_notify (self, SPOOL_CHANGED_SIZE);
      return TRUE;
    }

  if (!begin_write (self, offset, count, blocking, cancellable, error))
    return FALSE;

  ok = write_locked (self, &offset, &vector, 1, NULL, blocking, cancellable, error);
  spool_content_end_quietly (self, &news);
  spool_content_announce (self, &news);

  return ok;
}

gboolean
spool_content_append_whole (SpoolContent   *self,
                            GBytes         *bytes,
                            SpoolBlocking   blocking,
                            GCancellable   *cancellable,
                            GError        **error)
{
  gsize count;
  const void *data = g_bytes_get_data (bytes, &count);

  return spool_content_write_whole (self, SPOOL_OFFSET_END, data, count, blocking,
                                    cancellable, error);
}

gboolean
spool_content_truncate_to (SpoolContent   *self,
                           goffset         size,
                           SpoolNews      *news,
                           SpoolBlocking   blocking,
                           GCancellable   *cancellable,
                           GError        **error)
{
  gboolean ok;

  *news = (SpoolNews) SPOOL_NEWS_INIT;

  if (size < 0)
    return spool_set_error_negative (error);

  if (!spool_content_begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = truncate_locked (self, size, blocking, cancellable, error);
  spool_content_end_quietly (self, news);

  return ok;
}

gboolean
spool_content_reserve_room (SpoolContent   *self,
                            goffset         size,
                            SpoolBlocking   blocking,
                            GCancellable   *cancellable,
                            GError        **error)
{
  gint64 start_time = g_get_monotonic_time ();
  gboolean ok;

  if (size < 0)
    return spool_set_error_negative (error);

  if (!spool_content_begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = check_size_limit (self, size, error);
  if (ok && !spool_content_must_roll_over (self, size))
    {
      limit_growth (self, size);
      ok = spool_storage_reserve (self->storage, size, error);
    }
  else if (ok && blocking == SPOOL_NO_BLOCK)
    ok = spool_set_error_would_block (error);
  else if (ok)
    {
      g_autoptr(SpoolStorage) storage = NULL;

      storage = spool_content_copy_to_file (self, cancellable, error);
      ok = storage != NULL && spool_storage_reserve (storage, size, error);
      if (ok)
        spool_content_finish_roll_over (self, g_steal_pointer (&storage), "reserve",
                                        start_time);
    }

  spool_content_end (self);

  return ok;
}

gboolean
spool_content_truncate_locked (SpoolContent   *self,
                               goffset         size,
                               SpoolBlocking   blocking,
                               GCancellable   *cancellable,
                               GError        **error)
{
  return truncate_locked (self, size, blocking, cancellable, error);
}

/* Puts other bytes in the place of @old_length that are there. What is behind
 * them keeps its bytes and moves; @offset may lie behind the end where there
 * are none to replace.
 *
 * Where only the end moves, or nothing, this is a write, with a write's one
 * exception to all or nothing. Otherwise the new content is made beside the
 * old one, on disk as another file and in memory within the same block, and a
 * failure leaves everything as it was.
 */
gboolean
spool_content_replace_locked (SpoolContent   *self,
                              goffset         offset,
                              goffset         old_length,
                              const void     *data,
                              gsize           new_length,
                              SpoolBlocking   blocking,
                              GCancellable   *cancellable,
                              GError        **error)
{
  GOutputVector vector = { data, new_length };
  gboolean on_disk = spool_storage_is_on_disk (self->storage);
  goffset left = spool_storage_get_size (self->storage) - old_length;

  if ((goffset) new_length == old_length)
    return write_locked (self, &offset, &vector, 1, NULL, blocking, cancellable, error);

  /* A write of more than the window may be stopped half-way on disk. */
  if (offset >= left && (goffset) new_length > old_length &&
      (old_length == 0 || new_length <= SPOOL_WINDOW_SIZE || !on_disk || self->shared))
    return write_locked (self, &offset, &vector, 1, NULL, blocking, cancellable, error);

  if (self->shared)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           _("A file that others can write to cannot be replaced"));
      return FALSE;
    }

  if ((guint64) new_length > (guint64) (G_MAXINT64 - left))
    return spool_set_error_too_large (error);

  if (!check_size_limit (self, left + (goffset) new_length, error))
    return FALSE;

  if (on_disk || spool_content_must_roll_over (self, left + (goffset) new_length))
    {
      if (blocking == SPOOL_NO_BLOCK)
        return spool_set_error_would_block (error);
      if (!replace_in_file (self, offset, old_length, data, new_length, cancellable,
                            error))
        return FALSE;
    }
  else
    {
      limit_growth (self, left + (goffset) new_length);
      if (!spool_memory_storage_replace (self->storage, offset, old_length, data,
                                         new_length, error))
        return FALSE;
    }

  spool_content_note_overwrite (self, offset);

  return TRUE;
}
