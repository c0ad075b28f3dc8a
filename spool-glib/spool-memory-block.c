/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-mapping-private.h"
#include "spool-memory-block-private.h"
#include "spool-ref-count-private.h"
#include "spool-sys-private.h"

#include <string.h>

/* From this size on a block is a mapping, which grows by moving pages instead
 * of copying bytes, and whose fresh pages are zero already.
 */
#define MAP_SIZE (128 * 1024)

static SpoolMapping
get_mapping (SpoolMemoryBlock *self)
{
  return (SpoolMapping) { self->data, self->capacity, self->dirty };
}

static void
set_mapping (SpoolMemoryBlock *self,
             SpoolMapping      mapping)
{
  self->data = mapping.data;
  self->capacity = mapping.capacity;
  self->dirty = mapping.dirty;
  self->mapped = TRUE;
}

/* In the heap the bytes follow the structure, in the same allocation. */
static guint8 *
get_heap_data (SpoolMemoryBlock *self)
{
  return (guint8 *) (self + 1);
}

/* A block of which the structure alone is in the heap. */
static SpoolMemoryBlock *
new_without_heap_data (void)
{
  SpoolMemoryBlock *self = g_new0 (SpoolMemoryBlock, 1);

  g_atomic_ref_count_init (&self->ref_count);

  return self;
}

static SpoolMemoryBlock *
new_in_heap (gsize capacity)
{
  SpoolMemoryBlock *self = spool_sys.try_realloc (NULL, sizeof *self + capacity);

  if (self == NULL)
    return NULL;

  *self = (SpoolMemoryBlock) { .data = get_heap_data (self) };
  g_atomic_ref_count_init (&self->ref_count);
  self->dirty = self->capacity = capacity;

  return self;
}

static SpoolMemoryBlock *
new_mapped (gsize capacity,
            gsize limit)
{
  SpoolMemoryBlock *self;
  SpoolMapping mapping;

  if (!spool_mapping_init (&mapping, capacity, limit))
    return NULL;

  self = new_without_heap_data ();
  set_mapping (self, mapping);

  return self;
}

/* Makes a block of at least @capacity bytes, and no more than @limit if that is
 * more. Returns %NULL where there is no memory.
 */
SpoolMemoryBlock *
spool_memory_block_new (gsize capacity,
                        gsize limit)
{
  g_assert (capacity > 0);

  if (capacity > G_MAXSSIZE / 2)
    return NULL;

  return capacity < MAP_SIZE ? new_in_heap (capacity) : new_mapped (capacity, limit);
}

SpoolMemoryBlock *
spool_memory_block_new_for_bytes (GBytes *bytes)
{
  SpoolMemoryBlock *self = new_without_heap_data ();

  self->owner = g_bytes_ref (bytes);
  self->data = (guint8 *) g_bytes_get_data (bytes, &self->capacity);
  self->dirty = self->capacity;

  return self;
}

SpoolMemoryBlock *
spool_memory_block_ref (SpoolMemoryBlock *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
spool_memory_block_unref (SpoolMemoryBlock *self)
{
  if (!spool_ref_count_dec (&self->ref_count))
    return;

  g_clear_pointer (&self->owner, g_bytes_unref);
  if (self->mapped)
    {
      SpoolMapping mapping = get_mapping (self);

      spool_mapping_clear (&mapping);
    }
  g_free (self);
}

gboolean
spool_memory_block_is_shared (SpoolMemoryBlock *self)
{
  return self->owner != NULL || !g_atomic_ref_count_compare (&self->ref_count, 1);
}

/* On failure nothing changes. */
static gboolean
resize_in_heap (SpoolMemoryBlock **self,
                gsize              capacity)
{
  SpoolMemoryBlock *block = spool_sys.try_realloc (*self, sizeof *block + capacity);

  if (block == NULL)
    return FALSE;

  block->data = get_heap_data (block);
  block->dirty = block->capacity = capacity;
  *self = block;

  return TRUE;
}

static gboolean
move_to_mapping (SpoolMemoryBlock **self,
                 gsize              capacity,
                 gsize              limit)
{
  SpoolMemoryBlock *block = new_mapped (capacity, limit);

  if (block == NULL)
    return FALSE;

  memcpy (block->data, (*self)->data, (*self)->capacity);
  block->dirty = MAX (block->dirty, (*self)->capacity);

  spool_memory_block_unref (*self);
  *self = block;

  return TRUE;
}

static gboolean
grow_mapping (SpoolMemoryBlock *self,
              gsize             capacity,
              gsize             limit,
              gboolean          may_move)
{
  SpoolMapping mapping = get_mapping (self);

  if (!spool_mapping_grow (&mapping, capacity, limit, may_move))
    return FALSE;

  set_mapping (self, mapping);

  return TRUE;
}

/* Makes the block at least @capacity bytes large, and no larger than @limit if
 * that is more. On failure nothing changes. Where it may not move, which a shared
 * one may not, only a mapping can grow, if there is room behind it.
 */
gboolean
spool_memory_block_grow (SpoolMemoryBlock **self,
                         gsize              capacity,
                         gsize              limit,
                         gboolean           may_move)
{
  SpoolMemoryBlock *block = *self;

  g_assert (block->owner == NULL && capacity > block->capacity);

  if (capacity > G_MAXSSIZE / 2)
    return FALSE;

  if (block->mapped)
    return grow_mapping (block, capacity, limit, may_move);

  if (!may_move)
    return FALSE;

  return capacity < MAP_SIZE ? resize_in_heap (self, capacity)
                             : move_to_mapping (self, capacity, limit);
}

/* Gives back what the block has beyond @capacity bytes, as far as it can. */
void
spool_memory_block_shrink (SpoolMemoryBlock **self,
                           gsize              capacity)
{
  SpoolMemoryBlock *block = *self;

  g_assert (block->owner == NULL && capacity > 0 && capacity < block->capacity);

  if (block->mapped)
    {
      SpoolMapping mapping = get_mapping (block);

      spool_mapping_shrink (&mapping, capacity);
      set_mapping (block, mapping);
    }
  else
    resize_in_heap (self, capacity);
}
