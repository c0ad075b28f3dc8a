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

static void
clear_data (SpoolMemoryBlock *self)
{
  if (self->owner != NULL)
    g_clear_pointer (&self->owner, g_bytes_unref);
  else if (self->mapped)
    {
      SpoolMapping mapping = get_mapping (self);

      spool_mapping_clear (&mapping);
    }
  else
    g_free (self->data);
}

/* Returns %NULL where there is no memory. */
SpoolMemoryBlock *
spool_memory_block_new (gsize capacity,
                        gsize limit)
{
  SpoolMemoryBlock *self = g_slice_new0 (SpoolMemoryBlock);

  g_atomic_ref_count_init (&self->ref_count);

  if (capacity > 0 && !spool_memory_block_grow (self, capacity, limit, TRUE))
    g_clear_pointer (&self, spool_memory_block_unref);

  return self;
}

SpoolMemoryBlock *
spool_memory_block_new_for_bytes (GBytes *bytes)
{
  SpoolMemoryBlock *self = spool_memory_block_new (0, 0);

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

  clear_data (self);
  g_slice_free (SpoolMemoryBlock, self);
}

gboolean
spool_memory_block_is_shared (SpoolMemoryBlock *self)
{
  return self->owner != NULL || !g_atomic_ref_count_compare (&self->ref_count, 1);
}

static gboolean
move_to_mapping (SpoolMemoryBlock *self,
                 gsize             capacity,
                 gsize             limit)
{
  SpoolMapping mapping;

  if (!spool_mapping_init (&mapping, capacity, limit))
    return FALSE;

  if (self->data != NULL)
    memcpy (mapping.data, self->data, self->capacity);
  mapping.dirty = MAX (mapping.dirty, self->capacity);

  clear_data (self);
  set_mapping (self, mapping);

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
 * that is more. On failure nothing changes. Where it may not move, only a
 * mapping can grow, if there is room behind it.
 */
gboolean
spool_memory_block_grow (SpoolMemoryBlock *self,
                         gsize             capacity,
                         gsize             limit,
                         gboolean          may_move)
{
  guint8 *data;

  g_assert (self->owner == NULL && capacity > self->capacity);

  if (capacity > G_MAXSSIZE / 2)
    return FALSE;

  if (self->mapped)
    return grow_mapping (self, capacity, limit, may_move);

  if (!may_move)
    return FALSE;

  if (capacity >= MAP_SIZE)
    return move_to_mapping (self, capacity, limit);

  data = spool_sys.try_realloc (self->data, capacity);
  if (data == NULL)
    return FALSE;

  self->data = data;
  self->dirty = self->capacity = capacity;

  return TRUE;
}

/* Gives back what the block has beyond @capacity bytes, as far as it can. */
void
spool_memory_block_shrink (SpoolMemoryBlock *self,
                           gsize             capacity)
{
  guint8 *data;

  g_assert (self->owner == NULL && capacity > 0 && capacity < self->capacity);

  if (self->mapped)
    {
      SpoolMapping mapping = get_mapping (self);

      spool_mapping_shrink (&mapping, capacity);
      set_mapping (self, mapping);
      return;
    }

  data = spool_sys.try_realloc (self->data, capacity);
  if (data == NULL)
    return;

  self->data = data;
  self->dirty = self->capacity = capacity;
}
