/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-memory-block-private.h"
#include "spool-storage-private.h"

#include <string.h>

G_BEGIN_DECLS

/* One contiguous block, shared with the snapshots that were taken of it. Only
 * spool_memory_storage_append() looks in here beside the storage itself.
 */
typedef struct
{
  SpoolStorage      parent;

  SpoolMemoryBlock *block;        /* NULL while there are no bytes */
  gsize             size;         /* bytes */
  gsize             shared_size;  /* snapshots hold this many bytes of block */
  goffset           growth_limit; /* doubling goes up to here; -1: no limit */
  gboolean          allocated;    /* by itself, not within something else */
} SpoolMemoryStorage;

SpoolStorage *spool_memory_storage_init             (SpoolMemoryStorage *self);
SpoolStorage *spool_memory_storage_new              (void);
SpoolStorage *spool_memory_storage_new_for_bytes    (GBytes       *bytes);
gboolean      spool_memory_storage_has_owner        (SpoolStorage *storage);
gsize         spool_memory_storage_get_room         (SpoolStorage *storage);
void          spool_memory_storage_set_growth_limit (SpoolStorage *storage,
                                                     goffset       limit);
gboolean      spool_memory_storage_replace          (SpoolStorage *storage,
                                                     goffset       offset,
                                                     goffset       old_length,
                                                     const void   *data,
                                                     gsize         new_length,
                                                     GError      **error);
const guint8 *spool_memory_storage_peek             (SpoolStorage *storage);

/* Writes at the end, where there is room. */
static inline void
spool_memory_storage_append (SpoolStorage *storage,
                             const void   *data,
                             gsize         count)
{
  SpoolMemoryStorage *self = (SpoolMemoryStorage *) storage;
  SpoolMemoryBlock *block = self->block;
  guint8 *end = block->data + self->size;

  self->size += count;
  if (block->dirty < self->size)
    block->dirty = self->size;
  memcpy (end, data, count);
}

G_END_DECLS
