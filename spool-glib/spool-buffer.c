/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-error-private.h"
#include "spool-fd-storage-private.h"
#include "spool-file-storage-private.h"
#include "spool-i18n-private.h"
#include "spool-memory-storage-private.h"
#include "spool-notifier-private.h"
#include "spool-pool-private.h"
#include "spool-rank-private.h"
#include "spool-splice-private.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * SpoolBuffer:
 *
 * Bytes that stay in memory while they are few and move to a temporary file
 * when they grow.
 *
 * A buffer is the bytes; the streams of this library are cursors over one.
 * Most programs only meet it through them, say by
 * [ctor@Spool.MemoryOutputStream.new]. Use a buffer where several streams
 * share the same bytes, where bytes are read and written at given offsets, or
 * to choose where the temporary file is.
 *
 * ## At the threshold
 *
 * A write that makes the buffer larger than both its old size and
 * [property@Spool.Buffer:threshold] first moves all bytes to a temporary file:
 * the buffer *rolls over*. Exactly as many bytes as the threshold stay in
 * memory. Overwriting, shrinking and setting the property never roll over, and
 * only [method@Spool.Buffer.reset] goes back to memory. Nothing else changes:
 * every call gives the same result in memory and on disk.
 *
 * Where rolling over fails, as on a full disk, the buffer stays in memory just
 * as it was, the call that asked for more returns the error, and a later call
 * tries again.
 *
 * The file has no name, unless [property@Spool.Buffer:named] asks for one, and
 * is gone when the buffer is, or when the process ends in whatever way.
 *
 * ## Threads
 *
 * All functions may be called from any thread at any time. A buffer must not
 * be used on both sides of a `fork()`: the child may only drop it.
 *
 * ## Example
 *
 * ```c
 * g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (1000000);
 * g_autoptr(GError) error = NULL;
 *
 * if (!spool_buffer_append (buffer, data, length, NULL, &error))
 *   g_printerr ("%s\n", error->message);
 *
 * if (spool_buffer_get_rolled_over (buffer))
 *   g_print ("more than a megabyte\n");
 * ```
 *
 * Since: 1.0
 */

/* A roll-over looks at the cancellable every so many bytes. */
#define ROLL_OVER_STEP (4 * 1024 * 1024)

/* What a small buffer of a pool may hold in memory beyond its size. */
#define POOL_SPARE (64 * 1024)

/* Two buffers are compared in blocks of this size. */
#define COMPARE_STEP (64 * 1024)

struct _SpoolBuffer
{
  GObject         parent_instance;

  /* Held across the disk. */
  GMutex          lock;
  SpoolStorage   *storage;     /* NULL: closed */

  /* Atomic: read without the lock. */
  goffset         size;
  goffset         threshold;
  goffset         size_limit;
  gboolean        rolled_over;
  gboolean        shared;      /* others may write to the file */
  gboolean        closed;
  guint           overwrites;  /* times that bytes changed or went away */

  /* With the lock held. */
  gboolean        read_only;   /* the content was moved away */
  GSList         *holders;     /* threads that copy it: it must not change */
  GCond           released;    /* the last of them is done */
  guint           epoch;       /* holders of another one hold nothing */

  SpoolTextIndex *text_index;  /* under the lock; NULL: nobody counts characters */

  GMutex          directory_lock;
  GFile          *directory;
  gboolean        named;

  SpoolPool       *pool;       /* NULL: none, and no member */
  SpoolPoolMember *member;

  SpoolCompletion completion;
  SpoolNotifier   notifier;
  gboolean        hidden;      /* atomic: only a stream of ours has it */
};

G_DEFINE_FINAL_TYPE (SpoolBuffer, spool_buffer, G_TYPE_OBJECT)

enum
{
  PROP_THRESHOLD = 1,
  PROP_SIZE_LIMIT,
  PROP_DIRECTORY,
  PROP_NAMED,
  PROP_POOL,
  PROP_SIZE,
  PROP_ROLLED_OVER,
  PROP_COMPLETED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

#define CHANGED(prop) (1u << (prop))

static goffset
get_offset (const goffset *field)
{
  return __atomic_load_n (field, __ATOMIC_ACQUIRE);
}

static void
set_offset (goffset *field,
            goffset  value)
{
  __atomic_store_n (field, value, __ATOMIC_RELEASE);
}

static gboolean
set_closed_error (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       _("The buffer is closed"));

  return FALSE;
}

static gboolean
set_negative_error (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("Offsets and sizes cannot be negative"));

  return FALSE;
}

static gboolean
set_too_large_error (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                       _("The content would be larger than any file can be"));

  return FALSE;
}

static gboolean
set_would_block_error (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                       _("The operation would block"));

  return FALSE;
}

static gboolean
lock_content (SpoolBuffer    *self,
              SpoolBlocking   blocking,
              GError        **error)
{
  if (blocking == SPOOL_MAY_BLOCK)
    spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  else if (!spool_ranked_trylock (&self->lock, SPOOL_RANK_BUFFER))
    return set_would_block_error (error);

  if (self->storage == NULL)
    {
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      return set_closed_error (error);
    }

  return TRUE;
}

/* Every operation on the content stands between begin() and end(). */
static gboolean
begin (SpoolBuffer   *self,
       SpoolBlocking  blocking,
       GCancellable  *cancellable,
       GError       **error)
{
  if ((cancellable != NULL && g_cancellable_set_error_if_cancelled (cancellable, error)) ||
      !lock_content (self, blocking, error))
    return FALSE;

  if (self->pool != NULL)
    spool_pool_touch (self->pool, self->member);

  if (blocking == SPOOL_NO_BLOCK && spool_storage_is_on_disk (self->storage))
    {
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      return set_would_block_error (error);
    }

  return TRUE;
}

/* Waits for those who copy the content, with the lock held. Those who do so in
 * this very thread wait for us.
 */
static gboolean
wait_for_holders (SpoolBuffer    *self,
                  SpoolBlocking   blocking,
                  GError        **error)
{
  while (self->holders != NULL)
    {
      if (blocking == SPOOL_NO_BLOCK)
        return set_would_block_error (error);

      if (g_slist_find (self->holders, g_thread_self ()) != NULL)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                               _("The buffer is being saved"));
          return FALSE;
        }

      g_cond_wait (&self->released, &self->lock);
    }

  if (self->storage == NULL)
    return set_closed_error (error);

  if (!self->read_only)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY,
                       _("The content was moved away and can only be read"));

  return FALSE;
}

/* As begin(), for an operation that changes the content. */
static gboolean
begin_change (SpoolBuffer    *self,
              SpoolBlocking   blocking,
              GCancellable   *cancellable,
              GError        **error)
{
  if (!begin (self, blocking, cancellable, error))
    return FALSE;

  if (G_LIKELY (self->holders == NULL && !self->read_only) ||
      wait_for_holders (self, blocking, error))
    return TRUE;

  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return FALSE;
}

/* Those who hold what was the content hold nothing of what is it now. */
static void
drop_holders (SpoolBuffer *self)
{
  g_clear_pointer (&self->holders, g_slist_free);
  self->read_only = FALSE;
  self->epoch++;
  g_cond_broadcast (&self->released);
}

/* Makes what the getters say true again, with the lock held. */
static guint
update_state (SpoolBuffer *self)
{
  goffset size = 0;
  gboolean rolled_over = FALSE;
  guint changes = 0;

  if (self->storage != NULL)
    {
      size = spool_storage_get_size (self->storage);
      rolled_over = spool_storage_is_on_disk (self->storage);
    }

  if (size != self->size)
    {
      set_offset (&self->size, size);
      changes |= CHANGED (PROP_SIZE);
    }

  if (rolled_over != self->rolled_over)
    {
      g_atomic_int_set (&self->rolled_over, rolled_over);
      changes |= CHANGED (PROP_ROLLED_OVER);
    }

  if (self->pool != NULL)
    spool_pool_set_used (self->pool, self->member, rolled_over ? 0 : size,
                         get_offset (&self->threshold) != SPOOL_THRESHOLD_NEVER);

  return changes;
}

static void
end_quietly (SpoolBuffer *self,
             SpoolNews   *news)
{
  news->waiters = NULL;
  news->changes = update_state (self);
  if (spool_completion_has_waiters (&self->completion))
    news->waiters = spool_completion_take_waiters (&self->completion, self->size,
                                                   self->overwrites);

  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
}

/* Tells everybody of what an operation has changed. This calls foreign code. */
void
spool_buffer_announce (SpoolBuffer     *self,
                       const SpoolNews *news)
{
  if (news->waiters != NULL)
    spool_waiters_wake (news->waiters);
  if (news->changes != 0 && !g_atomic_int_get (&self->hidden))
    spool_notifier_notify (&self->notifier, (GObject *) self, props, news->changes);
  if (self->pool != NULL)
    spool_pool_notify (self->pool);
}

static void
end (SpoolBuffer *self)
{
  SpoolNews news;

  end_quietly (self, &news);
  spool_buffer_announce (self, &news);
}

/* The content takes place in @storage from now on. Takes @storage. */
static void
replace_storage (SpoolBuffer  *self,
                 SpoolStorage *storage)
{
  g_clear_pointer (&self->storage, spool_storage_unref);
  self->storage = storage;
  g_atomic_int_set (&self->shared, storage != NULL && spool_storage_is_fd (storage) &&
                                   spool_fd_storage_is_shared (storage));
}

static GFile *
dup_directory (SpoolBuffer *self)
{
  GFile *directory = NULL;

  g_mutex_lock (&self->directory_lock);
  g_set_object (&directory, self->directory);
  g_mutex_unlock (&self->directory_lock);

  return directory;
}

static SpoolStorage *
new_file_storage (SpoolBuffer   *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  g_autoptr(GFile) directory = dup_directory (self);
  const char *path = directory != NULL ? g_file_peek_path (directory) : NULL;

  if (directory != NULL && path == NULL)
    return spool_file_storage_new (directory, cancellable, error);

  return spool_fd_storage_new (path, self->named, error);
}

/* The first half of rolling over: a file with all the bytes, while the buffer
 * stays as it is. The second half is replace_storage(), which cannot fail.
 */
static SpoolStorage *
copy_to_file (SpoolBuffer   *self,
              GCancellable  *cancellable,
              GError       **error)
{
  g_autoptr(SpoolStorage) storage = new_file_storage (self, cancellable, error);
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
static void
finish_roll_over (SpoolBuffer  *self,
                  SpoolStorage *storage,
                  const char   *reason,
                  gint64        start_time)
{
  g_debug ("Rolled over %" G_GOFFSET_FORMAT " bytes (%s) to %s in %.3f ms",
           self->size, reason,
           spool_storage_is_fd (storage) ? spool_fd_storage_get_directory (storage)
                                         : "a GFile",
           (double) (g_get_monotonic_time () - start_time) / 1000);

  replace_storage (self, storage);
}

static gboolean
roll_over_locked (SpoolBuffer   *self,
                  const char    *reason,
                  GCancellable  *cancellable,
                  GError       **error)
{
  gint64 start_time = g_get_monotonic_time ();
  SpoolStorage *storage;

  if (spool_storage_is_on_disk (self->storage))
    return TRUE;

  storage = copy_to_file (self, cancellable, error);
  if (storage == NULL)
    return FALSE;

  finish_roll_over (self, storage, reason, start_time);

  return TRUE;
}

/* Whether the content has to be on disk before it grows to @size: by its own
 * threshold, or because the pool has no memory left for it.
 */
static gboolean
must_roll_over (SpoolBuffer *self,
                goffset      size)
{
  goffset threshold = get_offset (&self->threshold);

  if (threshold == SPOOL_THRESHOLD_NEVER || size <= self->size ||
      spool_storage_is_on_disk (self->storage))
    return FALSE;

  return size > threshold ||
         (self->pool != NULL && !spool_pool_request (self->pool, self->member, size));
}

/* How much memory may be taken for @size bytes, in bytes, or -1. What is spare
 * does not count in a pool, so there is little of it there.
 */
static goffset
get_growth_limit (SpoolBuffer *self,
                  goffset      size)
{
  goffset threshold = get_offset (&self->threshold);
  goffset spare = MAX (size / 8, POOL_SPARE);
  goffset limit;

  if (self->pool == NULL || __builtin_add_overflow (size, spare, &limit))
    return threshold;

  return threshold == SPOOL_THRESHOLD_NEVER ? limit : MIN (threshold, limit);
}

static gboolean
check_size_limit (SpoolBuffer  *self,
                  goffset       size,
                  GError      **error)
{
  g_autofree char *limit_text = NULL;
  goffset limit = get_offset (&self->size_limit);

  if (limit < 0 || size <= limit || size <= self->size)
    return TRUE;

  limit_text = g_strdup_printf ("%" G_GOFFSET_FORMAT, limit);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
               _("The size limit of %s bytes would be passed"), limit_text);

  return FALSE;
}

/* The bytes from @offset on have changed or gone. */
static void
note_overwrite (SpoolBuffer *self,
                goffset      offset)
{
  g_atomic_int_inc (&self->overwrites);

  if (self->text_index != NULL)
    spool_text_index_cut (self->text_index, offset);
}

/* Moves to a clone where changing the bytes from @offset on would change a
 * snapshot. The first @size bytes are taken along.
 */
static gboolean
unpin (SpoolBuffer   *self,
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

  replace_storage (self, clone);

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
  g_autoptr(SpoolStorage) storage = copy_to_file (self, cancellable, error);

  if (storage == NULL ||
      !write_vectors (storage, offset, vectors, n_vectors, NULL, error))
    return FALSE;

  finish_roll_over (self, g_steal_pointer (&storage), "write", start_time);

  return TRUE;
}

/* Most writes are small ones at the end for which there is memory. Where there
 * is anything to decide it returns %FALSE, and nothing has happened.
 */
static inline gboolean
append_in_place (SpoolBuffer         *self,
                 goffset             *offset,
                 const GOutputVector *vector,
                 SpoolNews           *news)
{
  goffset threshold = get_offset (&self->threshold);
  goffset start = self->size;
  goffset limit = get_offset (&self->size_limit);
  goffset stop;

  if (self->rolled_over || self->pool != NULL || vector->size == 0 ||
      (*offset != start && *offset != SPOOL_OFFSET_END) ||
      __builtin_add_overflow (start, vector->size, &stop) ||
      (stop > threshold && threshold != SPOOL_THRESHOLD_NEVER) ||
      (stop > limit && limit >= 0) ||
      !spool_memory_storage_append (self->storage, vector->buffer, vector->size))
    return FALSE;

  *offset = start;
  set_offset (&self->size, stop);
  news->changes = CHANGED (PROP_SIZE);
  if (spool_completion_has_waiters (&self->completion))
    news->waiters = spool_completion_take_waiters (&self->completion, stop,
                                                   self->overwrites);

  return TRUE;
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
    update_state (self);

  if (start == SPOOL_OFFSET_END)
    start = self->size;

  if ((guint64) count > (guint64) (G_MAXINT64 - start))
    return set_too_large_error (error);

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
    note_overwrite (self, start);

  if (must_roll_over (self, stop))
    {
      if (blocking == SPOOL_NO_BLOCK)
        return set_would_block_error (error);
      if (!roll_over_and_write (self, start, vectors, n_vectors, cancellable, error))
        return FALSE;
    }
  else
    {
      if (!unpin (self, start, self->size, cancellable, error))
        return FALSE;

      if (!spool_storage_is_on_disk (self->storage))
        spool_memory_storage_set_growth_limit (self->storage,
                                               get_growth_limit (self, stop));

      if (!write_vectors (self->storage, start, vectors, n_vectors, written, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
write_all (SpoolBuffer   *self,
           goffset        offset,
           const void    *data,
           gsize          count,
           SpoolBlocking  blocking,
           GCancellable  *cancellable,
           GError       **error)
{
  GOutputVector vector = { data, count };
  gboolean ok;

  SpoolNews news = SPOOL_NEWS_INIT;

  if (!begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = append_in_place (self, &offset, &vector, &news);
  if (ok)
    spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
  else
    {
      ok = write_locked (self, &offset, &vector, 1, NULL, blocking, cancellable, error);
      end_quietly (self, &news);
    }

  spool_buffer_announce (self, &news);

  return ok;
}

/* What the pool calls for room. */
static gboolean
move_to_disk (GObject       *object,
              GCancellable  *cancellable,
              GError       **error)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);
  gboolean ok;

  /* One that was closed holds no memory any more. */
  if (!lock_content (self, SPOOL_MAY_BLOCK, NULL))
    return TRUE;

  ok = get_offset (&self->threshold) == SPOOL_THRESHOLD_NEVER ||
       roll_over_locked (self, "pool", cancellable, error);
  end (self);

  return ok;
}

/* Takes the state that the content is in, to copy it without the lock. With
 * @exclusive, or where the state cannot be kept apart from what is written,
 * writers have to wait until it is released, by the same thread.
 */
gboolean
spool_buffer_hold (SpoolBuffer   *self,
                   gboolean       exclusive,
                   SpoolSource   *source,
                   GCancellable  *cancellable,
                   GError       **error)
{
  if (!begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  spool_source_open (source, self->storage, &self->lock);

  source->holding = exclusive || !source->pinned;
  source->epoch = self->epoch;
  if (source->holding)
    self->holders = g_slist_prepend (self->holders, g_thread_self ());

  end (self);

  return TRUE;
}

/* Where the content was @moved it can only be read from now on. */
void
spool_buffer_release (SpoolBuffer *self,
                      SpoolSource *source,
                      gboolean     moved)
{
  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  if (source->holding && source->epoch == self->epoch)
    {
      self->holders = g_slist_remove (self->holders, g_thread_self ());
      self->read_only |= moved;
      g_cond_broadcast (&self->released);
    }
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  spool_source_clear (source);
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

  if (!begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return SPOOL_NOT_PLACED;

  if (spool_storage_is_fd (self->storage))
    placing = spool_fd_storage_move (self->storage, target, error);

  if (placing == SPOOL_PLACED)
    {
      g_atomic_int_set (&self->shared, TRUE);
      if (spool_target_sync_folder (target, error))
        self->read_only = TRUE;
      else
        placing = SPOOL_NOT_PLACED_CUT;
    }

  end (self);

  return placing;
}

static void
spool_buffer_finalize (GObject *object)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  if (self->pool != NULL)
    spool_pool_leave (self->pool, self->member);
  g_clear_object (&self->pool);

  g_clear_pointer (&self->storage, spool_storage_unref);
  g_clear_pointer (&self->text_index, spool_text_index_free);
  g_clear_object (&self->directory);
  g_cond_clear (&self->released);
  spool_completion_clear (&self->completion);
  spool_notifier_clear (&self->notifier);
  g_mutex_clear (&self->directory_lock);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (spool_buffer_parent_class)->finalize (object);
}

static void
spool_buffer_get_property (GObject    *object,
                           guint       property_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  switch (property_id)
    {
    case PROP_THRESHOLD:
      g_value_set_int64 (value, spool_buffer_get_threshold (self));
      break;

    case PROP_SIZE_LIMIT:
      g_value_set_int64 (value, spool_buffer_get_size_limit (self));
      break;

    case PROP_DIRECTORY:
      g_value_take_object (value, dup_directory (self));
      break;

    case PROP_NAMED:
      g_value_set_boolean (value, spool_buffer_get_named (self));
      break;

    case PROP_POOL:
      g_value_set_object (value, spool_buffer_get_pool (self));
      break;

    case PROP_SIZE:
      g_value_set_int64 (value, spool_buffer_get_size (self));
      break;

    case PROP_ROLLED_OVER:
      g_value_set_boolean (value, spool_buffer_get_rolled_over (self));
      break;

    case PROP_COMPLETED:
      g_value_set_boolean (value, spool_buffer_get_completed (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_buffer_set_property (GObject      *object,
                           guint         property_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  switch (property_id)
    {
    case PROP_THRESHOLD:
      spool_buffer_set_threshold (self, g_value_get_int64 (value));
      break;

    case PROP_SIZE_LIMIT:
      spool_buffer_set_size_limit (self, g_value_get_int64 (value));
      break;

    case PROP_DIRECTORY:
      spool_buffer_set_directory (self, g_value_get_object (value));
      break;

    case PROP_NAMED:
      self->named = g_value_get_boolean (value);
      break;

    case PROP_POOL:
      self->pool = g_value_dup_object (value);
      if (self->pool != NULL)
        self->member = spool_pool_join (self->pool, object, move_to_disk);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_buffer_class_init (SpoolBufferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  spool_i18n_init ();

  object_class->finalize = spool_buffer_finalize;
  object_class->get_property = spool_buffer_get_property;
  object_class->set_property = spool_buffer_set_property;

  /**
   * SpoolBuffer:threshold:
   *
   * How many bytes may stay in memory; `0`: none, `-1`: any number.
   *
   * It is looked at when the buffer grows, and never moves bytes by itself.
   *
   * Since: 1.0
   */
  props[PROP_THRESHOLD] =
    g_param_spec_int64 ("threshold", NULL, NULL,
                        SPOOL_THRESHOLD_NEVER, G_MAXINT64, SPOOL_DEFAULT_THRESHOLD,
                        G_PARAM_READWRITE |
                        G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:size-limit:
   *
   * How many bytes the buffer may have, in memory or on disk; `-1`: any number.
   *
   * What would make it larger is refused whole with `G_IO_ERROR_NO_SPACE`.
   *
   * Since: 1.0
   */
  props[PROP_SIZE_LIMIT] =
    g_param_spec_int64 ("size-limit", NULL, NULL,
                        -1, G_MAXINT64, -1,
                        G_PARAM_READWRITE |
                        G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:directory:
   *
   * Where the temporary file is made when the buffer rolls over.
   *
   * `NULL` stands for `$TMPDIR` or, where that is not set, the first of
   * `/var/tmp`, the user's cache directory and the system's temporary
   * directory that is on a disk and can be written to.
   *
   * A directory that is not local is used through GIO; where it cannot create
   * files that are open for reading and writing, rolling over fails with
   * `G_IO_ERROR_NOT_SUPPORTED`.
   *
   * Since: 1.0
   */
  props[PROP_DIRECTORY] =
    g_param_spec_object ("directory", NULL, NULL,
                         G_TYPE_FILE,
                         G_PARAM_READWRITE |
                         G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:named:
   *
   * Whether the temporary file has a name, for programs that want a path.
   *
   * It is removed with the buffer, but stays if the process is killed. See
   * [method@Spool.Buffer.get_file].
   *
   * Since: 1.0
   */
  props[PROP_NAMED] =
    g_param_spec_boolean ("named", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                          G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:pool:
   *
   * The pool whose budget the bytes in memory count against, or `NULL` for
   * none.
   *
   * Since: 1.0
   */
  props[PROP_POOL] =
    g_param_spec_object ("pool", NULL, NULL,
                         SPOOL_TYPE_POOL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                         G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:size:
   *
   * How many bytes there are.
   *
   * Notification happens before the call that changed it returns where that
   * is made in the thread that made the buffer, and else, with several
   * changes drawn together, in that thread's default main context.
   *
   * Since: 1.0
   */
  props[PROP_SIZE] =
    g_param_spec_int64 ("size", NULL, NULL,
                        0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:rolled-over:
   *
   * Whether the bytes are in a file.
   *
   * Notified as [property@Spool.Buffer:size] is.
   *
   * Since: 1.0
   */
  props[PROP_ROLLED_OVER] =
    g_param_spec_boolean ("rolled-over", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:completed:
   *
   * Whether the writers are done. See [method@Spool.Buffer.complete].
   *
   * Notified as [property@Spool.Buffer:size] is.
   *
   * Since: 1.0
   */
  props[PROP_COMPLETED] =
    g_param_spec_boolean ("completed", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
spool_buffer_init (SpoolBuffer *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->directory_lock);
  g_cond_init (&self->released);
  self->storage = spool_memory_storage_new ();
  self->threshold = SPOOL_DEFAULT_THRESHOLD;
  self->size_limit = -1;
  spool_completion_init (&self->completion);
  spool_notifier_init (&self->notifier);
}

/**
 * spool_buffer_new:
 *
 * Creates an empty buffer with a threshold of
 * [const@Spool.DEFAULT_THRESHOLD] bytes.
 *
 * Returns: (transfer full): the new buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_buffer_new (void)
{
  return g_object_new (SPOOL_TYPE_BUFFER, NULL);
}

/* A buffer that only the caller knows. Nobody can listen to it, so it tells of
 * nothing: that takes longer than a small write. Before anybody else gets it,
 * it has to be shown.
 */
SpoolBuffer *
spool_buffer_new_hidden (goffset threshold)
{
  SpoolBuffer *self = spool_buffer_new ();

  self->threshold = threshold;
  self->hidden = TRUE;

  return self;
}

/* Returns @self. */
SpoolBuffer *
spool_buffer_show (SpoolBuffer *self)
{
  g_atomic_int_set (&self->hidden, FALSE);

  return self;
}

/**
 * spool_buffer_new_with_threshold:
 * @threshold: how many bytes may stay in memory; 0 for none, -1 for any number
 *
 * Creates an empty buffer.
 *
 * Returns: (transfer full): the new buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_buffer_new_with_threshold (goffset threshold)
{
  SpoolBuffer *self;

  g_return_val_if_fail (threshold >= SPOOL_THRESHOLD_NEVER, NULL);

  self = spool_buffer_new ();
  self->threshold = threshold;

  return self;
}

/**
 * spool_buffer_new_for_bytes:
 * @bytes: the content
 *
 * Creates a buffer with the content @bytes, which it shares until the first
 * write.
 *
 * The content is in memory however large it is, until the buffer grows.
 *
 * Returns: (transfer full): the new buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_buffer_new_for_bytes (GBytes *bytes)
{
  SpoolBuffer *self;

  g_return_val_if_fail (bytes != NULL, NULL);

  self = spool_buffer_new ();
  replace_storage (self, spool_memory_storage_new_for_bytes (bytes));
  update_state (self);

  return self;
}

/**
 * spool_buffer_get_threshold:
 * @self: a buffer
 *
 * Gets how many bytes may stay in memory.
 *
 * Returns: the threshold in bytes; -1 for any number
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_threshold (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  return get_offset (&self->threshold);
}

/**
 * spool_buffer_set_threshold:
 * @self: a buffer
 * @threshold: the threshold in bytes; 0 for none, -1 for any number
 *
 * Sets how many bytes may stay in memory.
 *
 * No bytes are moved by this: a lower threshold is looked at when the buffer
 * grows next, and a higher one does not bring bytes back from the disk.
 *
 * Since: 1.0
 */
void
spool_buffer_set_threshold (SpoolBuffer *self,
                            goffset      threshold)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (threshold >= SPOOL_THRESHOLD_NEVER);

  if (get_offset (&self->threshold) == threshold)
    return;

  set_offset (&self->threshold, threshold);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_THRESHOLD]);
}

/**
 * spool_buffer_get_size_limit:
 * @self: a buffer
 *
 * Gets how many bytes the buffer may have.
 *
 * Returns: the limit in bytes; -1 for none
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_size_limit (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  return get_offset (&self->size_limit);
}

/**
 * spool_buffer_set_size_limit:
 * @self: a buffer
 * @size_limit: the limit in bytes; -1 for none
 *
 * Sets how many bytes the buffer may have. One that has more already keeps
 * them, but cannot grow.
 *
 * Since: 1.0
 */
void
spool_buffer_set_size_limit (SpoolBuffer *self,
                             goffset      size_limit)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (size_limit >= -1);

  if (get_offset (&self->size_limit) == size_limit)
    return;

  set_offset (&self->size_limit, size_limit);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SIZE_LIMIT]);
}

/**
 * spool_buffer_get_directory:
 * @self: a buffer
 *
 * Gets where the temporary file is made.
 *
 * Returns: (transfer none) (nullable): the directory that was set; `NULL` for
 *   the best of the usual ones. It is valid until another one is set
 *
 * Since: 1.0
 */
GFile *
spool_buffer_get_directory (SpoolBuffer *self)
{
  GFile *directory;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  g_mutex_lock (&self->directory_lock);
  directory = self->directory;
  g_mutex_unlock (&self->directory_lock);

  return directory;
}

/**
 * spool_buffer_set_directory:
 * @self: a buffer
 * @directory: (nullable): a directory, or `NULL` for the best of the usual ones
 *
 * Sets where the temporary file is made when the buffer rolls over. Bytes that
 * are in a file already stay there.
 *
 * Since: 1.0
 */
void
spool_buffer_set_directory (SpoolBuffer *self,
                            GFile       *directory)
{
  gboolean changed;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (directory == NULL || G_IS_FILE (directory));

  g_mutex_lock (&self->directory_lock);
  changed = g_set_object (&self->directory, directory);
  g_mutex_unlock (&self->directory_lock);

  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DIRECTORY]);
}

/**
 * spool_buffer_get_named:
 * @self: a buffer
 *
 * Gets whether the temporary file has a name.
 *
 * Returns: whether it has one
 *
 * Since: 1.0
 */
gboolean
spool_buffer_get_named (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);

  return self->named;
}

/**
 * spool_buffer_get_pool:
 * @self: a buffer
 *
 * Gets the pool whose budget the bytes in memory count against.
 *
 * Returns: (transfer none) (nullable): the pool, or `NULL` for none
 *
 * Since: 1.0
 */
SpoolPool *
spool_buffer_get_pool (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  return self->pool;
}

/**
 * spool_buffer_get_size:
 * @self: a buffer
 *
 * Gets how many bytes there are. Never waits, unless a writable descriptor was
 * handed out: then the file itself is asked.
 *
 * Returns: the size in bytes
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_size (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  if (g_atomic_int_get (&self->shared))
    {
      spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
      end (self);
    }

  return get_offset (&self->size);
}

/**
 * spool_buffer_get_rolled_over:
 * @self: a buffer
 *
 * Gets whether the bytes are in a file.
 *
 * Returns: `TRUE` on disk, `FALSE` in memory
 *
 * Since: 1.0
 */
gboolean
spool_buffer_get_rolled_over (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);

  return g_atomic_int_get (&self->rolled_over);
}

/**
 * spool_buffer_get_completed:
 * @self: a buffer
 *
 * Gets whether the writers are done.
 *
 * Returns: whether the buffer is completed
 *
 * Since: 1.0
 */
gboolean
spool_buffer_get_completed (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);

  return spool_completion_is_completed (&self->completion);
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

  if (!begin (self, blocking, cancellable, error))
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
          set_closed_error (error);
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

/**
 * spool_buffer_read: (skip)
 * @self: a buffer
 * @offset: where to start, in bytes
 * @data: (out caller-allocates) (array length=count) (element-type guint8):
 *   where the bytes go
 * @count: how many to read at most
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads all that is there, up to @count bytes.
 *
 * Returns: how many bytes were read; 0 at the end, -1 on error
 *
 * Since: 1.0
 */
gssize
spool_buffer_read (SpoolBuffer   *self,
                   goffset        offset,
                   void          *data,
                   gsize          count,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (data != NULL || count == 0, -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (offset < 0)
    {
      set_negative_error (error);
      return -1;
    }

  return spool_buffer_read_at (self, offset, data, count, SPOOL_MAY_BLOCK,
                               cancellable, error);
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
      set_negative_error (error);
      return NULL;
    }

  if (!begin (self, blocking, cancellable, error))
    return NULL;

  if (self->shared)
    update_state (self);

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

/**
 * spool_buffer_read_array: (rename-to spool_buffer_read)
 * @self: a buffer
 * @offset: where to start, in bytes
 * @count: how many to read at most
 * @length: (out): how many were read; 0 at the end
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads all that is there, up to @count bytes.
 *
 * Returns: (array length=length) (transfer full): the bytes, or `NULL` on
 *   error
 *
 * Since: 1.0
 */
guint8 *
spool_buffer_read_array (SpoolBuffer   *self,
                         goffset        offset,
                         gsize          count,
                         gsize         *length,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return spool_buffer_read_alloc (self, offset, count, length, SPOOL_MAY_BLOCK,
                                  cancellable, error);
}

/**
 * spool_buffer_read_bytes:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @count: how many to read at most
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads all that is there, up to @count bytes.
 *
 * Returns: (transfer full): the bytes, none at the end, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_buffer_read_bytes (SpoolBuffer   *self,
                         goffset        offset,
                         gsize          count,
                         GCancellable  *cancellable,
                         GError       **error)
{
  gsize length = 0;
  guint8 *data;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  data = spool_buffer_read_alloc (self, offset, count, &length, SPOOL_MAY_BLOCK,
                                  cancellable, error);

  return data != NULL ? g_bytes_new_take (data, length) : NULL;
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

  if (!begin_change (self, blocking, cancellable, error))
    return -1;

  if (n_vectors == 1 && append_in_place (self, offset, vectors, news))
    {
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      return (gssize) vectors->size;
    }

  ok = write_locked (self, offset, vectors, n_vectors, &written, blocking,
                     cancellable, error);
  end_quietly (self, news);

  return ok ? (gssize) written : -1;
}

/**
 * spool_buffer_write:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @data: (array length=count) (element-type guint8): the bytes
 * @count: how many bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes over those that are there, and past the end if they reach it.
 *
 * A gap between the end and @offset reads as zeros, and takes no room on disk.
 * Rolls over first where the buffer would become larger than the threshold.
 *
 * On failure the size is as before and no byte has changed, with one
 * exception: where the kernel stops an overwrite of more than 64 KiB on disk
 * half-way, its beginning is new.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_write (SpoolBuffer   *self,
                    goffset        offset,
                    const void    *data,
                    gsize          count,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (data != NULL || count == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (offset < 0)
    return set_negative_error (error);

  return write_all (self, offset, data, count, SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_write_bytes:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @bytes: the bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes as [method@Spool.Buffer.write] does.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_write_bytes (SpoolBuffer   *self,
                          goffset        offset,
                          GBytes        *bytes,
                          GCancellable  *cancellable,
                          GError       **error)
{
  gsize count;
  const void *data;

  g_return_val_if_fail (bytes != NULL, FALSE);

  data = g_bytes_get_data (bytes, &count);

  return spool_buffer_write (self, offset, data, count, cancellable, error);
}

/**
 * spool_buffer_write_nonblocking:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @data: (array length=count) (element-type guint8): the bytes
 * @count: how many bytes
 * @error: return location for an error
 *
 * Writes bytes as [method@Spool.Buffer.write] does, but only if that needs
 * memory alone.
 *
 * Where it would need the disk or wait for another thread it fails with
 * `G_IO_ERROR_WOULD_BLOCK`, and nothing has changed. This is for small writes
 * in a main loop; what is refused is for
 * [method@Spool.Buffer.append_bytes_async] or a stream's asynchronous write.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_write_nonblocking (SpoolBuffer  *self,
                                goffset       offset,
                                const void   *data,
                                gsize         count,
                                GError      **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (data != NULL || count == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (offset < 0)
    return set_negative_error (error);

  return write_all (self, offset, data, count, SPOOL_NO_BLOCK, NULL, error);
}

/**
 * spool_buffer_append:
 * @self: a buffer
 * @data: (array length=count) (element-type guint8): the bytes
 * @count: how many bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes at the end, wherever that is by then: of several threads that
 * append, none overwrites another's bytes.
 *
 * Rolls over first where the buffer would become larger than the threshold.
 * On failure nothing has changed.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_append (SpoolBuffer   *self,
                     const void    *data,
                     gsize          count,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (data != NULL || count == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return write_all (self, SPOOL_OFFSET_END, data, count, SPOOL_MAY_BLOCK, cancellable,
                    error);
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

  return write_all (self, SPOOL_OFFSET_END, data, count, blocking, cancellable, error);
}

/**
 * spool_buffer_append_bytes:
 * @self: a buffer
 * @bytes: the bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes at the end as [method@Spool.Buffer.append] does.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_append_bytes (SpoolBuffer   *self,
                           GBytes        *bytes,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_buffer_append_whole (self, bytes, SPOOL_MAY_BLOCK, cancellable, error);
}

static gssize
append_sink (gpointer        sink,
             const void     *data,
             gsize           count,
             SpoolBlocking   blocking,
             GError        **error)
{
  GOutputVector vector = { data, count };
  goffset offset = SPOOL_OFFSET_END;
  SpoolNews news;
  gssize n;

  n = spool_buffer_write_at (sink, &offset, &vector, 1, &news, blocking, NULL, error);
  spool_buffer_announce (sink, &news);

  return n;
}

/**
 * spool_buffer_splice_from:
 * @self: a buffer
 * @source: the stream to read
 * @flags: what to close; `CLOSE_TARGET` completes the buffer, with the error
 *   if there was one
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Appends everything that @source has.
 *
 * The buffer can be used meanwhile; [property@Spool.Buffer:size] shows the
 * progress. What arrived before an error stays.
 *
 * Returns: how many bytes were appended, or -1 on error
 *
 * Since: 1.0
 */
goffset
spool_buffer_splice_from (SpoolBuffer              *self,
                          GInputStream             *source,
                          GOutputStreamSpliceFlags  flags,
                          GCancellable             *cancellable,
                          GError                  **error)
{
  g_autoptr(GError) local_error = NULL;
  gssize total;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (G_IS_INPUT_STREAM (source), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  total = spool_splice (source, flags, append_sink, self, cancellable, &local_error);

  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    spool_buffer_complete (self, local_error);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return total;
}

static void
spliced_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  gssize total = spool_splice_finish (result, &error);

  if (GPOINTER_TO_UINT (g_task_get_task_data (task)) & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    spool_buffer_complete (SPOOL_BUFFER (object), error);

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_int (task, total);
}

/**
 * spool_buffer_splice_from_async:
 * @self: a buffer
 * @source: the stream to read
 * @flags: what to close; `CLOSE_TARGET` completes the buffer, with the error
 *   if there was one
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when all is appended
 * @user_data: data for @callback
 *
 * Appends everything that @source has, without blocking.
 *
 * See [method@Spool.Buffer.splice_from].
 *
 * Since: 1.0
 */
void
spool_buffer_splice_from_async (SpoolBuffer              *self,
                                GInputStream             *source,
                                GOutputStreamSpliceFlags  flags,
                                int                       io_priority,
                                GCancellable             *cancellable,
                                GAsyncReadyCallback       callback,
                                gpointer                  user_data)
{
  GTask *task;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (G_IS_INPUT_STREAM (source));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, spool_buffer_splice_from_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, GUINT_TO_POINTER (flags), NULL);

  spool_splice_async (source, flags, append_sink, G_OBJECT (self), io_priority,
                      cancellable, spliced_cb, task);
}

/**
 * spool_buffer_splice_from_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.splice_from_async] began.
 *
 * Returns: how many bytes were appended, or -1 on error
 *
 * Since: 1.0
 */
goffset
spool_buffer_splice_from_finish (SpoolBuffer   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static gboolean
truncate_locked (SpoolBuffer    *self,
                 goffset         size,
                 SpoolBlocking   blocking,
                 GCancellable   *cancellable,
                 GError        **error)
{
  if (self->shared)
    update_state (self);

  if (!check_size_limit (self, size, error))
    return FALSE;

  if (must_roll_over (self, size))
    {
      gint64 start_time = g_get_monotonic_time ();
      g_autoptr(SpoolStorage) storage = NULL;

      if (blocking == SPOOL_NO_BLOCK)
        return set_would_block_error (error);

      storage = copy_to_file (self, cancellable, error);
      if (storage == NULL || !spool_storage_truncate (storage, size, error))
        return FALSE;

      finish_roll_over (self, g_steal_pointer (&storage), "truncate", start_time);
      return TRUE;
    }

  if (!unpin (self, size, size, cancellable, error))
    return FALSE;

  if (!spool_storage_is_on_disk (self->storage))
    spool_memory_storage_set_growth_limit (self->storage,
                                           get_growth_limit (self, size));

  if (!spool_storage_truncate (self->storage, size, error))
    return FALSE;

  if (size < self->size)
    note_overwrite (self, size);

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

  storage = new_file_storage (self, cancellable, error);
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
    replace_storage (self, g_steal_pointer (&storage));
  else
    finish_roll_over (self, g_steal_pointer (&storage), "replacement", start_time);

  return TRUE;
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
    return set_negative_error (error);

  if (!begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = truncate_locked (self, size, blocking, cancellable, error);
  end_quietly (self, news);

  return ok;
}

/**
 * spool_buffer_truncate:
 * @self: a buffer
 * @size: the new size in bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Cuts the content off at @size bytes, or extends it to that with zeros.
 *
 * Rolls over first where the buffer would become larger than the threshold. On
 * failure nothing has changed.
 *
 * Returns: whether the content has that size now
 *
 * Since: 1.0
 */
gboolean
spool_buffer_truncate (SpoolBuffer   *self,
                       goffset        size,
                       GCancellable  *cancellable,
                       GError       **error)
{
  SpoolNews news;
  gboolean ok;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  ok = spool_buffer_truncate_to (self, size, &news, SPOOL_MAY_BLOCK, cancellable, error);
  spool_buffer_announce (self, &news);

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
    return set_negative_error (error);

  if (!begin_change (self, blocking, cancellable, error))
    return FALSE;

  ok = check_size_limit (self, size, error);
  if (ok && !must_roll_over (self, size))
    ok = spool_storage_reserve (self->storage, size, error);
  else if (ok && blocking == SPOOL_NO_BLOCK)
    ok = set_would_block_error (error);
  else if (ok)
    {
      g_autoptr(SpoolStorage) storage = copy_to_file (self, cancellable, error);

      ok = storage != NULL && spool_storage_reserve (storage, size, error);
      if (ok)
        finish_roll_over (self, g_steal_pointer (&storage), "reserve", start_time);
    }

  end (self);

  return ok;
}

/**
 * spool_buffer_reserve:
 * @self: a buffer
 * @size: the expected size in bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes room for @size bytes, so that a full disk shows before a download
 * rather than in its middle.
 *
 * Where @size is above the threshold the buffer rolls over. Its size does not
 * change. Not every file system can promise space; on those that cannot the
 * call succeeds and a later write may fail.
 *
 * Returns: whether there is room
 *
 * Since: 1.0
 */
gboolean
spool_buffer_reserve (SpoolBuffer   *self,
                      goffset        size,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_buffer_reserve_room (self, size, SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_roll_over:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Moves the content to a temporary file now, whatever its size.
 *
 * On failure nothing has changed.
 *
 * Returns: whether the content is in a file
 *
 * Since: 1.0
 */
gboolean
spool_buffer_roll_over (SpoolBuffer   *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  gboolean ok;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  ok = roll_over_locked (self, "asked for", cancellable, error);
  end (self);

  return ok;
}

/**
 * spool_buffer_reset:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes the buffer as good as new: empty, in memory, not completed. The
 * temporary file is closed.
 *
 * Returns: whether the buffer was reset
 *
 * Since: 1.0
 */
gboolean
spool_buffer_reset (SpoolBuffer   *self,
                    GCancellable  *cancellable,
                    GError       **error)
{
  SpoolNews news;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  replace_storage (self, spool_memory_storage_new ());
  drop_holders (self);
  note_overwrite (self, 0);

  end_quietly (self, &news);
  if (spool_completion_reset (&self->completion))
    news.changes |= CHANGED (PROP_COMPLETED);
  spool_buffer_announce (self, &news);

  return TRUE;
}

gboolean
spool_buffer_flush_window (SpoolBuffer    *self,
                           SpoolBlocking   blocking,
                           GError        **error)
{
  gboolean ok;

  if (!begin (self, blocking, NULL, error))
    return FALSE;

  ok = spool_storage_flush (self->storage, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return ok;
}

/**
 * spool_buffer_flush:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Hands to the kernel what small writes have left in memory after a roll-over,
 * at most 64 KiB. Readers see those bytes with or without it.
 *
 * This does not wait for the disk as `fsync()` does.
 *
 * Returns: whether the file has all bytes; on failure they stay readable, and
 *   the next call tries again
 *
 * Since: 1.0
 */
gboolean
spool_buffer_flush (SpoolBuffer   *self,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  return spool_buffer_flush_window (self, SPOOL_MAY_BLOCK, error);
}

/**
 * spool_buffer_close:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Gives memory and file back now, for languages whose garbage collectors come
 * late.
 *
 * Later calls that need the content fail with `G_IO_ERROR_CLOSED`, through
 * whichever stream they come, but closing again succeeds. A buffer that was
 * not completed is completed with that error.
 *
 * Returns: whether the buffer is closed
 *
 * Since: 1.0
 */
gboolean
spool_buffer_close (SpoolBuffer   *self,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autoptr(GError) closed_error = NULL;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  replace_storage (self, NULL);
  g_clear_pointer (&self->text_index, spool_text_index_free);
  drop_holders (self);
  g_atomic_int_set (&self->closed, TRUE);
  g_atomic_int_inc (&self->overwrites);
  end (self);

  set_closed_error (&closed_error);
  spool_buffer_complete (self, closed_error);

  return TRUE;
}

GBytes *
spool_buffer_snapshot (SpoolBuffer    *self,
                       SpoolBlocking   blocking,
                       GCancellable   *cancellable,
                       GError        **error)
{
  GBytes *bytes;

  if (!begin (self, blocking, cancellable, error))
    return NULL;

  bytes = spool_storage_get_bytes (self->storage, cancellable, error);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return bytes;
}

/**
 * spool_buffer_get_bytes:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Takes an immutable snapshot of everything.
 *
 * In memory it shares the bytes with the buffer; the next write into them, or
 * growth that would move them, copies them once. On disk the file is mapped,
 * whatever its size; before mapped bytes change, the buffer moves to a clone
 * of the file. A file that others have too, by its name or a descriptor, is
 * copied first, so that nothing they do can reach the snapshot.
 *
 * Returns: (transfer full): the snapshot, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_buffer_get_bytes (SpoolBuffer   *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return spool_buffer_snapshot (self, SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_dup_fd:
 * @self: a buffer
 * @writable: whether the descriptor can be written to
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Rolls over, whatever the size, and hands out a descriptor of the temporary
 * file.
 *
 * Each is an open file description of its own: it starts at offset 0, moves no
 * other, and is closed in programs that are executed. A read-only one is for
 * D-Bus, a child's standard input or `mmap()`; what is written to the buffer
 * later can be read from it after [method@Spool.Buffer.flush]. Once a writable
 * one was handed out, as for a child's standard output, the buffer keeps
 * nothing back and believes the file's own size.
 *
 * Fails with `G_IO_ERROR_NOT_SUPPORTED` where the temporary file is not a
 * local one.
 *
 * Returns: a descriptor that the caller closes, or -1 on error
 *
 * Since: 1.0
 */
int
spool_buffer_dup_fd (SpoolBuffer   *self,
                     gboolean       writable,
                     GCancellable  *cancellable,
                     GError       **error)
{
  int fd = -1;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (writable ? !begin_change (self, SPOOL_MAY_BLOCK, cancellable, error)
               : !begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return -1;

  if (roll_over_locked (self, "descriptor", cancellable, error))
    {
      if (!spool_storage_is_fd (self->storage))
        g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                             _("The temporary file is not a local one"));
      else if (self->read_only || unpin (self, 0, self->size, cancellable, error))
        fd = spool_fd_storage_dup_fd (self->storage, writable, error);

      if (fd >= 0 && writable)
        g_atomic_int_set (&self->shared, TRUE);
    }

  end (self);

  return fd;
}

/**
 * spool_buffer_get_file:
 * @self: a buffer
 *
 * Gets the temporary file of a [property@Spool.Buffer:named] buffer that has
 * rolled over.
 *
 * Returns: (transfer full) (nullable): the file, or `NULL` where there is none
 *   with a name
 *
 * Since: 1.0
 */
GFile *
spool_buffer_get_file (SpoolBuffer *self)
{
  GFile *file = NULL;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  if (!self->named)
    return NULL;

  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  if (self->storage != NULL && spool_storage_is_on_disk (self->storage))
    {
      if (!spool_storage_is_fd (self->storage))
        file = g_object_ref (spool_file_storage_get_file (self->storage));
      else if (spool_fd_storage_get_path (self->storage) != NULL)
        file = g_file_new_for_path (spool_fd_storage_get_path (self->storage));
    }
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return file;
}

/* The size for a stream, which cannot go on where the buffer is closed. */
gboolean
spool_buffer_query_size (SpoolBuffer    *self,
                         SpoolBlocking   blocking,
                         goffset        *size,
                         GError        **error)
{
  if (g_atomic_int_get (&self->closed))
    return set_closed_error (error);

  *size = get_offset (&self->size);
  if (!g_atomic_int_get (&self->shared))
    return TRUE;

  /* What the file says is news to the next operation, which can tell it. */
  if (!begin (self, blocking, NULL, error))
    return FALSE;

  *size = spool_storage_get_size (self->storage);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return TRUE;
}

static void
announce_completion (SpoolBuffer *self)
{
  spool_waiters_wake (spool_completion_take_waiters (&self->completion,
                                                     get_offset (&self->size),
                                                     g_atomic_int_get (&self->overwrites)));
  spool_notifier_notify (&self->notifier, G_OBJECT (self), props,
                         CHANGED (PROP_COMPLETED));
}

/* Counts a stream that can write. */
void
spool_buffer_add_writer (SpoolBuffer *self)
{
  spool_completion_add_writer (&self->completion);
}

/* One of them is done; @error says how it ended badly, if it did. */
void
spool_buffer_remove_writer (SpoolBuffer  *self,
                            const GError *error)
{
  if (spool_completion_remove_writer (&self->completion, error))
    announce_completion (self);
}

/* Queues @waiter until there are bytes behind its position or the buffer is
 * completed, or says that it need not wait.
 */
gboolean
spool_buffer_add_waiter (SpoolBuffer    *self,
                         SpoolWaiter    *waiter,
                         SpoolBlocking   blocking,
                         gboolean       *queued,
                         GError        **error)
{
  if (!lock_content (self, blocking, error))
    return FALSE;

  *queued = spool_waiter_has_to_wait (waiter, self->size, self->overwrites) &&
            spool_completion_add_waiter (&self->completion, waiter);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return TRUE;
}

/* Returns whether it was still queued, and so will never be woken. */
gboolean
spool_buffer_remove_waiter (SpoolBuffer *self,
                            SpoolWaiter *waiter)
{
  return spool_completion_remove_waiter (&self->completion, waiter);
}

/**
 * spool_buffer_complete:
 * @self: a buffer
 * @error: (nullable): why the content is not whole, or `NULL` if it is
 *
 * Says that nothing more will be written, so that followers stop waiting.
 *
 * The first call wins. The buffer is completed by itself when the last stream
 * that writes to it is closed, and completed with an error when one of them
 * ends badly. Writes after that succeed, but no follower waits for them.
 *
 * Since: 1.0
 */
void
spool_buffer_complete (SpoolBuffer  *self,
                       const GError *error)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));

  if (spool_completion_complete (&self->completion, error))
    announce_completion (self);
}

/**
 * spool_buffer_dup_error:
 * @self: a buffer
 *
 * Gets the error that the buffer was completed with.
 *
 * Returns: (transfer full) (nullable): the error; `NULL` where there was none
 *   or the buffer is not completed
 *
 * Since: 1.0
 */
GError *
spool_buffer_dup_error (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  return spool_completion_dup_error (&self->completion);
}

/**
 * spool_buffer_equal:
 * @self: a buffer
 * @other: another buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Compares by content, in bounded memory.
 *
 * Neither buffer is locked over the whole comparison: where one is written to
 * meanwhile, the result is about bytes that may never have been there at once.
 *
 * Returns: whether the contents are the same; `FALSE` without an error says
 *   that they differ
 *
 * Since: 1.0
 */
gboolean
spool_buffer_equal (SpoolBuffer   *self,
                    SpoolBuffer   *other,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autofree guint8 *block = NULL;
  goffset size, other_size;
  gssize n = 0;
  gboolean equal = TRUE;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (SPOOL_IS_BUFFER (other), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !spool_buffer_query_size (self, SPOOL_MAY_BLOCK, &size, error) ||
      !spool_buffer_query_size (other, SPOOL_MAY_BLOCK, &other_size, error))
    return FALSE;

  if (self == other || size != other_size)
    return self == other;

  block = spool_sys.try_realloc (NULL, 2 * COMPARE_STEP);
  if (block == NULL)
    return spool_set_error_no_memory (error);

  for (goffset offset = 0; equal; offset += n)
    {
      gssize m;

      n = spool_buffer_read (self, offset, block, COMPARE_STEP, cancellable, error);
      if (n < 0)
        return FALSE;

      m = spool_buffer_read (other, offset, block + COMPARE_STEP, COMPARE_STEP,
                             cancellable, error);
      if (m < 0)
        return FALSE;

      equal = n == m && memcmp (block, block + COMPARE_STEP, (gsize) n) == 0;
      if (n == 0)
        break;
    }

  return equal;
}

/* Between lock and unlock nobody else touches the content, and the functions
 * whose names end in _locked may be called. Nothing foreign may be.
 */
gboolean
spool_buffer_lock (SpoolBuffer    *self,
                   gboolean        for_change,
                   SpoolBlocking   blocking,
                   GCancellable   *cancellable,
                   GError        **error)
{
  return for_change ? begin_change (self, blocking, cancellable, error)
                    : begin (self, blocking, cancellable, error);
}

void
spool_buffer_unlock (SpoolBuffer *self)
{
  end (self);
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
    return set_too_large_error (error);

  if (!check_size_limit (self, left + (goffset) new_length, error))
    return FALSE;

  if (on_disk || must_roll_over (self, left + (goffset) new_length))
    {
      if (blocking == SPOOL_NO_BLOCK)
        return set_would_block_error (error);
      if (!replace_in_file (self, offset, old_length, data, new_length, cancellable,
                            error))
        return FALSE;
    }
  else
    {
      spool_memory_storage_set_growth_limit (self->storage,
                                             get_offset (&self->threshold));
      if (!spool_memory_storage_replace (self->storage, offset, old_length, data,
                                         new_length, error))
        return FALSE;
    }

  note_overwrite (self, offset);

  return TRUE;
}
