/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-memory-storage-private.h"

#include <string.h>

static gsize
get_capacity (SpoolMemoryStorage *self)
{
  return self->block != NULL ? self->block->capacity : 0;
}

static gsize
get_limit (SpoolMemoryStorage *self)
{
  return self->growth_limit >= 0 ? (gsize) MIN ((guint64) self->growth_limit, G_MAXSSIZE / 2)
                                 : G_MAXSSIZE / 2;
}

/* Growing in powers of two keeps the number of growths small, the limit keeps
 * the spare room within what the owner of the memory has allowed.
 */
static gsize
next_capacity (SpoolMemoryStorage *self,
               gsize               needed)
{
  gsize capacity = get_capacity (self);
  gsize doubled = capacity > G_MAXSIZE / 2 ? G_MAXSIZE : 2 * capacity;

  if (self->growth_limit >= 0 && (guint64) doubled > (guint64) self->growth_limit)
    doubled = (gsize) self->growth_limit;

  return MAX (needed, doubled);
}

static gboolean
copy_block (SpoolMemoryStorage *self,
            gsize               capacity)
{
  SpoolMemoryBlock *block = spool_memory_block_new (MAX (capacity, 1), get_limit (self));

  if (block == NULL)
    return FALSE;

  if (self->size > 0)
    memcpy (block->data, self->block->data, self->size);
  block->dirty = MAX (block->dirty, self->size);

  g_clear_pointer (&self->block, spool_memory_block_unref);
  self->block = block;
  self->shared_size = 0;

  return TRUE;
}

/* Makes a block of which the bytes from @offset to @end can be written. */
static gboolean
prepare_block (SpoolMemoryStorage *self,
               gsize               offset,
               gsize               end)
{
  gsize needed = MAX (end, self->size);
  gsize capacity = next_capacity (self, needed);
  gboolean shared;

  if (self->block == NULL)
    {
      self->block = spool_memory_block_new (needed, get_limit (self));
      self->shared_size = 0;
      return self->block != NULL;
    }

  shared = self->shared_size > 0 && spool_memory_block_is_shared (self->block);
  if (!shared)
    self->shared_size = 0;

  if (shared && (offset < self->shared_size || self->block->owner != NULL))
    return copy_block (self, end > get_capacity (self) ? capacity : needed) ||
           copy_block (self, needed);

  if (needed <= get_capacity (self))
    return TRUE;

  if (shared)
    return spool_memory_block_grow (&self->block, needed, 0, FALSE) ||
           copy_block (self, needed);

  return spool_memory_block_grow (&self->block, capacity, get_limit (self), TRUE) ||
         (capacity > needed && spool_memory_block_grow (&self->block, needed, 0, TRUE));
}

/* Memory that was never written is zero already and is left untouched. */
static void
clear_range (SpoolMemoryStorage *self,
             gsize               from,
             gsize               to)
{
  to = MIN (to, self->block->dirty);
  if (from < to)
    memset (self->block->data + from, 0, to - from);
}

static void
spool_memory_storage_finalize (SpoolStorage *storage)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  g_clear_pointer (&self->block, spool_memory_block_unref);
  if (self->allocated)
    g_free (self);
}

static gssize
spool_memory_storage_read (SpoolStorage *storage,
                           goffset       offset,
                           void         *data,
                           gsize         count,
                           GError      **error)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  if ((guint64) offset >= self->size)
    return 0;

  count = MIN (count, self->size - (gsize) offset);
  memcpy (data, self->block->data + offset, count);

  return (gssize) count;
}

static gboolean
spool_memory_storage_write (SpoolStorage *storage,
                            goffset       offset,
                            const void   *data,
                            gsize         count,
                            gsize        *written,
                            GError      **error)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;
  guint64 end = (guint64) offset + count;

  if (end > G_MAXSSIZE ||
      !prepare_block (self, MIN ((gsize) offset, self->size), (gsize) end))
    return spool_set_error_no_memory (error);

  clear_range (self, self->size, (gsize) offset);
  memcpy (self->block->data + offset, data, count);

  self->block->dirty = MAX (self->block->dirty, (gsize) end);
  self->size = MAX (self->size, (gsize) end);
  if (written != NULL)
    *written = count;

  return TRUE;
}

/* Gives back what the owner of the memory no longer allows to be spare. What a
 * snapshot holds stays.
 */
static void
give_back_spare (SpoolMemoryStorage *self)
{
  gsize allowed = MAX (get_limit (self), self->size);

  if (get_capacity (self) > allowed && !spool_memory_block_is_shared (self->block))
    spool_memory_block_shrink (&self->block, allowed);
}

static gboolean
spool_memory_storage_truncate (SpoolStorage *storage,
                               goffset       size,
                               GError      **error)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  if ((guint64) size > self->size)
    {
      if ((guint64) size > G_MAXSSIZE ||
          !prepare_block (self, self->size, (gsize) size))
        return spool_set_error_no_memory (error);

      clear_range (self, self->size, (gsize) size);
    }

  self->size = (gsize) size;
  if (size == 0)
    {
      g_clear_pointer (&self->block, spool_memory_block_unref);
      self->shared_size = 0;
    }
  else
    give_back_spare (self);

  return TRUE;
}

static goffset
spool_memory_storage_get_size (SpoolStorage *storage)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  return (goffset) self->size;
}

static gboolean
spool_memory_storage_reserve (SpoolStorage *storage,
                              goffset       size,
                              GError      **error)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  if ((guint64) size <= get_capacity (self))
    return TRUE;

  if ((guint64) size > G_MAXSSIZE ||
      !prepare_block (self, self->size, (gsize) size))
    return spool_set_error_no_memory (error);

  return TRUE;
}

static gboolean
spool_memory_storage_flush (SpoolStorage *storage,
                            GError      **error)
{
  return TRUE;
}

static GBytes *
spool_memory_storage_get_bytes (SpoolStorage  *storage,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  if (self->size == 0)
    return g_bytes_new (NULL, 0);

  if (self->block->owner != NULL)
    return g_bytes_new_from_bytes (self->block->owner, 0, self->size);

  if (!spool_memory_block_is_shared (self->block))
    self->shared_size = 0;
  self->shared_size = MAX (self->shared_size, self->size);

  return g_bytes_new_with_free_func (self->block->data, self->size,
                                     (GDestroyNotify) spool_memory_block_unref,
                                     spool_memory_block_ref (self->block));
}

static const SpoolStorageClass spool_memory_storage_class = {
  .finalize = spool_memory_storage_finalize,
  .read = spool_memory_storage_read,
  .write = spool_memory_storage_write,
  .truncate = spool_memory_storage_truncate,
  .get_size = spool_memory_storage_get_size,
  .reserve = spool_memory_storage_reserve,
  .flush = spool_memory_storage_flush,
  .get_bytes = spool_memory_storage_get_bytes,
};

/* Makes an empty storage of @self, which is zero and part of what owns it. */
SpoolStorage *
spool_memory_storage_init (SpoolMemoryStorage *self)
{
  spool_storage_init (&self->parent, &spool_memory_storage_class);
  self->growth_limit = -1;

  return &self->parent;
}

SpoolStorage *
spool_memory_storage_new (void)
{
  SpoolMemoryStorage *self = g_new0 (SpoolMemoryStorage, 1);

  self->allocated = TRUE;

  return spool_memory_storage_init (self);
}

SpoolStorage *
spool_memory_storage_new_for_bytes (GBytes *bytes)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) spool_memory_storage_new ();

  if (g_bytes_get_size (bytes) > 0)
    {
      self->block = spool_memory_block_new_for_bytes (bytes);
      self->size = self->shared_size = self->block->capacity;
    }

  return &self->parent;
}

/* Whether the bytes are still those of spool_memory_storage_new_for_bytes(). */
gboolean
spool_memory_storage_has_owner (SpoolStorage *storage)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  return self->block != NULL && self->block->owner != NULL;
}

/* Up to which size spool_memory_storage_append() can be called, until another
 * function changes the content.
 */
gsize
spool_memory_storage_get_room (SpoolStorage *storage)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  if (self->block == NULL || self->block->owner != NULL ||
      self->size < self->shared_size)
    return 0;

  return self->block->capacity;
}

void
spool_memory_storage_set_growth_limit (SpoolStorage *storage,
                                       goffset       limit)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  self->growth_limit = limit;
}

/* Puts other bytes in the place of some that are there, and moves those behind
 * them. All or nothing, and without a second copy of the content.
 */
gboolean
spool_memory_storage_replace (SpoolStorage *storage,
                              goffset       offset,
                              goffset       old_length,
                              const void   *data,
                              gsize         new_length,
                              GError      **error)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;
  gsize old_end = (gsize) (offset + old_length);
  guint64 new_end = (guint64) offset + new_length;
  gsize tail = self->size - old_end;

  if (new_end + tail > G_MAXSSIZE ||
      !prepare_block (self, (gsize) offset, (gsize) new_end + tail))
    return spool_set_error_no_memory (error);

  if (tail > 0)
    memmove (self->block->data + new_end, self->block->data + old_end, tail);
  if (new_length > 0)
    memcpy (self->block->data + offset, data, new_length);

  self->size = (gsize) new_end + tail;
  self->block->dirty = MAX (self->block->dirty, self->size);

  return TRUE;
}

/* The bytes themselves, valid until the next write or truncate. */
const guint8 *
spool_memory_storage_peek (SpoolStorage *storage)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;

  return self->block != NULL ? self->block->data : NULL;
}
