/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-content-private.h"
#include "spool-fd-storage-private.h"
#include "spool-memory-storage-private.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>

/* What is done to the content, in memory and on disk, with its lock held. */

/* What a small buffer of a pool may hold in memory beyond its size, in bytes. */
#define POOL_SPARE (4 * 1024)

/* How much memory may be taken for @size bytes, in bytes, or -1. What is spare
 * does not count in a pool, so there is little of it there.
 */
static goffset
get_growth_limit (SpoolBuffer *self,
                  goffset      size)
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
limit_growth (SpoolBuffer *self,
              goffset      size)
{
  if (!spool_storage_is_on_disk (self->storage))
    spool_memory_storage_set_growth_limit (self->storage, get_growth_limit (self, size));
}

static gboolean
check_size_limit (SpoolBuffer  *self,
                  goffset       size,
                  GError      **error)
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
spool_buffer_note_overwrite (SpoolBuffer *self,
                             goffset      offset)
{
  g_atomic_int_inc (&self->overwrites);

  if (self->text_index != NULL)
    spool_text_index_cut (self->text_index, offset);
}

/* Moves to a clone where changing the bytes from @offset on would change a
 * snapshot. The first @size bytes are taken along.
 */
gboolean
spool_buffer_unpin (SpoolBuffer   *self,
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

  spool_buffer_set_storage (self, clone);

  return TRUE;
}

static gsize
count_vectors (const GOutputVector *vectors,
               gsize                n_vectors)
{
  gsize count = 0;

  for (gsize i = 0; i < n_vectors; i++)
    {
      if (vectors[i].size > G_MAXSSIZE - count)
        return G_MAXSIZE;
      count += vectors[i].size;
    }

  return count;
}

/* Writes one vector after the other. Where @written is given, it stops without
 * an error once something was written; else all is written or it fails.
 */
static gboolean
write_vectors (SpoolStorage        *storage,
               goffset              offset,
               const GOutputVector *vectors,
               gsize                n_vectors,
               gsize               *written,
               GError             **error)
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
roll_over_and_write (SpoolBuffer         *self,
                     goffset              offset,
                     const GOutputVector *vectors,
                     gsize                n_vectors,
                     GCancellable        *cancellable,
                     GError             **error)
{
  gint64 start_time = g_get_monotonic_time ();
  g_autoptr(SpoolStorage) storage = NULL;

  storage = spool_buffer_copy_to_file (self, cancellable, error);
  if (storage == NULL ||
      !write_vectors (storage, offset, vectors, n_vectors, NULL, error))
    return FALSE;

  spool_buffer_finish_roll_over (self, g_steal_pointer (&storage), "write", start_time);

  return TRUE;
}

static inline gssize
read_in_memory (SpoolBuffer *self,
                goffset      offset,
                void        *data,
                gsize        count)
{
  if (self->rolled_over || self->storage == NULL || offset >= self->size)
    return -1;

  count = (gsize) MIN ((guint64) count, (guint64) (self->size - offset));
  memcpy (data, spool_memory_storage_peek (self->storage) + offset, count);

  return (gssize) count;
}

/* Reads what is there in memory: for many small reads, nothing is done here
 * that can be done without. Returns -1, and no error, where there is anything
 * to decide.
 */
gssize
spool_buffer_read_quickly (SpoolBuffer *self,
                           goffset      offset,
                           void        *data,
                           gsize        count)
{
  gssize n;

  if (g_atomic_int_get (&self->rolled_over) || self->pool != NULL)
    return -1;

  if (spool_is_alone ())
    return read_in_memory (self, offset, data, count);

  if (!spool_ranked_trylock (&self->lock, SPOOL_RANK_BUFFER))
    return -1;

  n = read_in_memory (self, offset, data, count);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return n;
}

static inline goffset
append_in_room (SpoolBuffer *self,
                goffset      offset,
                const void  *data,
                gsize        count)
{
  goffset start = self->size;
  goffset stop;

  if (self->room < start || count > (gsize) (self->room - start) || count == 0 ||
      (offset != start && offset != SPOOL_OFFSET_END) ||
      spool_completion_has_waiters (&self->completion))
    return -1;

  /* As unsigned numbers, those that stand for no limit are the largest. */
  stop = start + (goffset) count;
  if ((guint64) stop > (guint64) spool_offset_get (&self->threshold) ||
      (guint64) stop > (guint64) spool_offset_get (&self->size_limit))
    return -1;

  spool_memory_storage_append (self->storage, data, count);
  spool_offset_set (&self->size, stop);

  return stop;
}

/* Not inlined: it would make the way past it longer. */
G_NO_INLINE static goffset
append_with_lock (SpoolBuffer *self,
                  goffset      offset,
                  const void  *data,
                  gsize        count)
{
  goffset stop;

  if (!spool_ranked_trylock (&self->lock, SPOOL_RANK_BUFFER))
    return -1;

  stop = append_in_room (self, offset, data, count);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return stop;
}

/* Most writes are small ones at the end for which there is memory. Returns where
 * the end is now, to be announced, or -1 where there is anything to decide;
 * then nothing has happened.
 */
goffset
spool_buffer_append_quickly (SpoolBuffer *self,
                             goffset      offset,
                             const void  *data,
                             gsize        count)
{
  return spool_is_alone () ? append_in_room (self, offset, data, count)
                           : append_with_lock (self, offset, data, count);
}

/* All other writes end here. With @written they may be cut short where the disk is
 * full; @offset may be SPOOL_OFFSET_END and is set to where the bytes went.
 */
static gboolean
write_locked (SpoolBuffer         *self,
              goffset             *offset,
              const GOutputVector *vectors,
              gsize                n_vectors,
              gsize               *written,
              SpoolBlocking        blocking,
              GCancellable        *cancellable,
              GError             **error)
{
  gsize count = count_vectors (vectors, n_vectors);
  goffset start = *offset;
  goffset stop;

  if (self->shared)
    spool_buffer_update_state (self);

  if (start == SPOOL_OFFSET_END)
    start = self->size;

  if ((guint64) count > (guint64) (G_MAXINT64 - start))
    return spool_set_error_too_large (error);

  stop = start + (goffset) count;
  *offset = start;
  if (written != NULL)
    *written = count;

  if (count == 0)
    return TRUE;

  if (!check_size_limit (self, stop, error))
    return FALSE;

  /* Even one that fails may change bytes. */
  if (start < self->size)
    spool_buffer_note_overwrite (self, start);

  if (spool_buffer_must_roll_over (self, stop))
    {
      if (blocking == SPOOL_NO_BLOCK)
        return spool_set_error_would_block (error);
      if (!roll_over_and_write (self, start, vectors, n_vectors, cancellable, error))
        return FALSE;
    }
  else
    {
      if (!spool_buffer_unpin (self, start, self->size, cancellable, error))
        return FALSE;

      limit_growth (self, stop);

      if (!write_vectors (self->storage, start, vectors, n_vectors, written, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
truncate_locked (SpoolBuffer    *self,
                 goffset         size,
                 SpoolBlocking   blocking,
                 GCancellable   *cancellable,
                 GError        **error)
{
  if (self->shared)
    spool_buffer_update_state (self);

  if (!check_size_limit (self, size, error))
    return FALSE;

  if (spool_buffer_must_roll_over (self, size))
    {
      gint64 start_time = g_get_monotonic_time ();
      g_autoptr(SpoolStorage) storage = NULL;

      if (blocking == SPOOL_NO_BLOCK)
        return spool_set_error_would_block (error);

      storage = spool_buffer_copy_to_file (self, cancellable, error);
      if (storage == NULL || !spool_storage_truncate (storage, size, error))
        return FALSE;

      spool_buffer_finish_roll_over (self, g_steal_pointer (&storage), "truncate",
                                     start_time);
      return TRUE;
    }

  if (!spool_buffer_unpin (self, size, size, cancellable, error))
    return FALSE;

  limit_growth (self, size);

  if (!spool_storage_truncate (self->storage, size, error))
    return FALSE;

  if (size < self->size)
    spool_buffer_note_overwrite (self, size);

  return TRUE;
}

/* The beginning of the content on disk again, to build other content on. */
static SpoolStorage *
copy_head (SpoolBuffer   *self,
           goffset        size,
           GCancellable  *cancellable,
           GError       **error)
{
  g_autoptr(SpoolStorage) storage = NULL;

  if (spool_storage_is_fd (self->storage))
    return spool_storage_clone (self->storage, size, cancellable, error);

  storage = spool_buffer_new_file_storage (self, cancellable, error);
  if (storage == NULL ||
      !spool_storage_copy_range (self->storage, storage, 0, size, cancellable, error))
    return NULL;

  return g_steal_pointer (&storage);
}

static gboolean
replace_in_file (SpoolBuffer   *self,
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
    spool_buffer_set_storage (self, g_steal_pointer (&storage));
  else
    spool_buffer_finish_roll_over (self, g_steal_pointer (&storage), "replacement",
                                   start_time);

  return TRUE;
}

/* Reads from a file without the lock where it can, so that many may read at
 * once and a slow disk keeps nobody else waiting.
 */
gssize
spool_buffer_read_at (SpoolBuffer   *self,
                      goffset        offset,
                      void          *data,
                      gsize          count,
                      SpoolBlocking  blocking,
                      GCancellable  *cancellable,
                      GError       **error)
{
  gssize n;

  if (!spool_buffer_begin (self, blocking, cancellable, error))
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

  n = spool_storage_read (self->storage, offset, data, MIN (count, G_MAXSSIZE), error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return n;
}

/* Whether what was read may be kept and read again while the count that is
 * returned stays the same. In memory that would gain nothing, and where others
 * can write to the file it would be wrong.
 */
gboolean
spool_buffer_is_cacheable (SpoolBuffer *self,
                           guint       *overwrites)
{
  *overwrites = (guint) g_atomic_int_get (&self->overwrites);

  return g_atomic_int_get (&self->rolled_over) && !g_atomic_int_get (&self->shared);
}

guint8 *
spool_buffer_read_alloc (SpoolBuffer   *self,
                         goffset        offset,
                         gsize          count,
                         gsize         *length,
                         SpoolBlocking  blocking,
                         GCancellable  *cancellable,
                         GError       **error)
{
  guint8 *data;
  gssize n = -1;

  if (offset < 0)
    {
      spool_set_error_negative (error);
      return NULL;
    }

  if (!spool_buffer_begin (self, blocking, cancellable, error))
    return NULL;

  if (self->shared)
    spool_buffer_update_state (self);

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
spool_buffer_snapshot (SpoolBuffer    *self,
                       SpoolBlocking   blocking,
                       GCancellable   *cancellable,
                       GError        **error)
{
  GBytes *bytes;

  if (!spool_buffer_begin (self, blocking, cancellable, error))
    return NULL;

  bytes = spool_storage_get_bytes (self->storage, cancellable, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return bytes;
}

/* The size as the last operation has left it, for who knows that nobody writes
 * to the file beside the buffer. Never waits.
 */
goffset
spool_buffer_peek_size (SpoolBuffer *self)
{
  return spool_offset_get (&self->size);
}

/* The size for a stream, which cannot go on where the buffer is closed. With
 * %NULL only that is asked, which never waits.
 */
gboolean
spool_buffer_query_size (SpoolBuffer    *self,
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
  if (!spool_buffer_begin (self, blocking, NULL, error))
    return FALSE;

  *size = spool_storage_get_size (self->storage);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return TRUE;
}

/* What a stream writes: where the disk is full half-way, that half counts.
 * @offset may be SPOOL_OFFSET_END and is set to where the bytes went. The
 * caller announces @news when it holds no lock any more.
 */
gssize
spool_buffer_write_at (SpoolBuffer         *self,
                       goffset             *offset,
                       const GOutputVector *vectors,
                       gsize                n_vectors,
                       SpoolNews           *news,
                       SpoolBlocking        blocking,
                       GCancellable        *cancellable,
                       GError             **error)
{
  gsize written = 0;
  gboolean ok;

  *news = (SpoolNews) SPOOL_NEWS_INIT;

  if (!spool_buffer_begin_change (self, blocking, cancellable, error))
    return -1;

  ok = write_locked (self, offset, vectors, n_vectors, &written, blocking,
                     cancellable, error);
  spool_buffer_end_quietly (self, news);

  return ok ? (gssize) written : -1;
}

gboolean
spool_buffer_write_whole (SpoolBuffer   *self,
                          goffset        offset,
                          const void    *data,
                          gsize          count,
                          SpoolBlocking  blocking,
                          GCancellable  *cancellable,
                          GError       **error)
{
  GOutputVector vector = { data, count };
  SpoolNews news = SPOOL_NEWS_INIT;
  gboolean ok;

  if (cancellable == NULL &&
      spool_buffer_append_quickly (self, offset, data, count) >= 0)
    {
      spool_buffer_announce_growth (self);
      return TRUE;
    }

  if (!spool_buffer_begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = write_locked (self, &offset, &vector, 1, NULL, blocking, cancellable, error);
  spool_buffer_end_quietly (self, &news);
  spool_buffer_announce (self, &news);

  return ok;
}

gboolean
spool_buffer_append_whole (SpoolBuffer    *self,
                           GBytes         *bytes,
                           SpoolBlocking   blocking,
                           GCancellable   *cancellable,
                           GError        **error)
{
  gsize count;
  const void *data = g_bytes_get_data (bytes, &count);

  return spool_buffer_write_whole (self, SPOOL_OFFSET_END, data, count, blocking,
                                   cancellable, error);
}

gboolean
spool_buffer_truncate_to (SpoolBuffer    *self,
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

  if (!spool_buffer_begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = truncate_locked (self, size, blocking, cancellable, error);
  spool_buffer_end_quietly (self, news);

  return ok;
}

gboolean
spool_buffer_reserve_room (SpoolBuffer    *self,
                           goffset         size,
                           SpoolBlocking   blocking,
                           GCancellable   *cancellable,
                           GError        **error)
{
  gint64 start_time = g_get_monotonic_time ();
  gboolean ok;

  if (size < 0)
    return spool_set_error_negative (error);

  if (!spool_buffer_begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = check_size_limit (self, size, error);
  if (ok && !spool_buffer_must_roll_over (self, size))
    {
      limit_growth (self, size);
      ok = spool_storage_reserve (self->storage, size, error);
    }
  else if (ok && blocking == SPOOL_NO_BLOCK)
    ok = spool_set_error_would_block (error);
  else if (ok)
    {
      g_autoptr(SpoolStorage) storage = NULL;

      storage = spool_buffer_copy_to_file (self, cancellable, error);
      ok = storage != NULL && spool_storage_reserve (storage, size, error);
      if (ok)
        spool_buffer_finish_roll_over (self, g_steal_pointer (&storage), "reserve",
                                       start_time);
    }

  spool_buffer_end (self);

  return ok;
}

gboolean
spool_buffer_flush_window (SpoolBuffer    *self,
                           SpoolBlocking   blocking,
                           GError        **error)
{
  gboolean ok;

  if (!spool_buffer_begin (self, blocking, NULL, error))
    return FALSE;

  ok = spool_storage_flush (self->storage, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return ok;
}

/* Puts the temporary file itself at @target, if there is one and it can go
 * there. Where only the folder could not be synced, the file is there too, but
 * the buffer can be written to as before, and leaves the file alone.
 */
SpoolPlacing
spool_buffer_place_file (SpoolBuffer   *self,
                         SpoolTarget   *target,
                         GCancellable  *cancellable,
                         GError       **error)
{
  SpoolPlacing placing = SPOOL_CANNOT_LINK;

  if (!spool_buffer_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return SPOOL_NOT_PLACED;

  if (spool_storage_is_fd (self->storage))
    placing = spool_fd_storage_move (self->storage, target, error);

  if (placing == SPOOL_PLACED)
    {
      g_atomic_int_set (&self->shared, TRUE);
      spool_buffer_note_file (self);
      if (spool_target_sync_folder (target, error))
        self->read_only = TRUE;
      else
        placing = SPOOL_NOT_PLACED_CUT;
    }

  spool_buffer_end (self);

  return placing;
}

goffset
spool_buffer_get_size_locked (SpoolBuffer *self)
{
  return spool_storage_get_size (self->storage);
}

/* Whether others may write to the file, beside all locks. */
gboolean
spool_buffer_is_shared_locked (SpoolBuffer *self)
{
  return self->shared;
}

/* How many times bytes have changed or gone, by those who go through here. */
guint
spool_buffer_get_overwrites_locked (SpoolBuffer *self)
{
  return g_atomic_int_get (&self->overwrites);
}

/* It is not told what others write to a shared file. */
SpoolTextIndex *
spool_buffer_get_text_index_locked (SpoolBuffer *self)
{
  if (self->text_index == NULL)
    self->text_index = spool_text_index_new ();

  return self->text_index;
}

/* The content, where it is in memory; %NULL where it is on disk or empty. */
const guint8 *
spool_buffer_peek_locked (SpoolBuffer *self)
{
  if (spool_storage_is_on_disk (self->storage))
    return NULL;

  return spool_memory_storage_peek (self->storage);
}

gssize
spool_buffer_read_locked (SpoolBuffer  *self,
                          goffset       offset,
                          void         *data,
                          gsize         count,
                          GError      **error)
{
  return spool_storage_read (self->storage, offset, data, count, error);
}

gboolean
spool_buffer_truncate_locked (SpoolBuffer    *self,
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
spool_buffer_replace_locked (SpoolBuffer    *self,
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

  if (on_disk || spool_buffer_must_roll_over (self, left + (goffset) new_length))
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

  spool_buffer_note_overwrite (self, offset);

  return TRUE;
}
