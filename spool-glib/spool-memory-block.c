/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-memory-block-private.h"
#include "spool-sys-private.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* From this size on a block is a mapping, which grows by moving pages instead
 * of copying bytes, and whose fresh pages are zero already.
 */
#define MAP_SIZE (128 * 1024)

static gsize
round_to_pages (gsize size)
{
  gsize page = (gsize) sysconf (_SC_PAGESIZE);

  return (size + page - 1) & ~(page - 1);
}

static void
clear_data (SpoolMemoryBlock *self)
{
  if (self->owner != NULL)
    g_clear_pointer (&self->owner, g_bytes_unref);
  else if (self->mapped)
    munmap (self->data, self->capacity);
  else
    g_free (self->data);
}

/* Returns %NULL where there is no memory. */
SpoolMemoryBlock *
spool_memory_block_new (gsize capacity)
{
  SpoolMemoryBlock *self = g_new0 (SpoolMemoryBlock, 1);

  g_atomic_ref_count_init (&self->ref_count);

  if (capacity > 0 && !spool_memory_block_grow (self, capacity, TRUE))
    g_clear_pointer (&self, spool_memory_block_unref);

  return self;
}

SpoolMemoryBlock *
spool_memory_block_new_for_bytes (GBytes *bytes)
{
  SpoolMemoryBlock *self = spool_memory_block_new (0);

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
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  clear_data (self);
  g_free (self);
}

gboolean
spool_memory_block_is_shared (SpoolMemoryBlock *self)
{
  return self->owner != NULL || !g_atomic_ref_count_compare (&self->ref_count, 1);
}

static gboolean
grow_to_mapping (SpoolMemoryBlock *self,
                 gsize             capacity)
{
  guint8 *data = spool_sys.map_anonymous (capacity);

  if (data == NULL)
    return FALSE;

  if (self->data != NULL)
    memcpy (data, self->data, self->capacity);
  clear_data (self);

  self->data = data;
  self->dirty = self->capacity;
  self->capacity = capacity;
  self->mapped = TRUE;

  return TRUE;
}

/* Makes the block at least @capacity bytes large. On failure nothing changes.
 * Where it may not move, only a mapping can grow, if there is room behind it.
 */
gboolean
spool_memory_block_grow (SpoolMemoryBlock *self,
                         gsize             capacity,
                         gboolean          may_move)
{
  guint8 *data;

  g_assert (self->owner == NULL && capacity > self->capacity);

  if (capacity > G_MAXSSIZE)
    return FALSE;

  if (!self->mapped && !may_move)
    return FALSE;

  if (self->mapped)
    {
      capacity = round_to_pages (capacity);
      data = spool_sys.remap (self->data, self->capacity, capacity, may_move);
      if (data == NULL)
        return FALSE;
    }
  else if (capacity >= MAP_SIZE)
    return grow_to_mapping (self, round_to_pages (capacity));
  else
    {
      data = spool_sys.try_realloc (self->data, capacity);
      if (data == NULL)
        return FALSE;
      self->dirty = capacity;
    }

  self->data = data;
  self->capacity = capacity;

  return TRUE;
}
