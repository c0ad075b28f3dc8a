/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A block of memory that a storage and its snapshots share. Only the storage
 * writes to it, and never below what it has handed out.
 */
typedef struct _SpoolMemoryBlock SpoolMemoryBlock;

struct _SpoolMemoryBlock
{
  gatomicrefcount ref_count;
  guint8         *data;
  gsize           capacity; /* bytes */
  gsize           dirty;    /* bytes from here on are zero */
  GBytes         *owner;    /* the data is this, and cannot be changed */
  gboolean        mapped;   /* the data is a mapping of its own */
};

SpoolMemoryBlock *spool_memory_block_new           (gsize             capacity,
                                                    gsize             limit);
SpoolMemoryBlock *spool_memory_block_new_for_bytes (GBytes           *bytes);
SpoolMemoryBlock *spool_memory_block_ref           (SpoolMemoryBlock *self);
void              spool_memory_block_unref         (SpoolMemoryBlock *self);
gboolean          spool_memory_block_is_shared     (SpoolMemoryBlock *self);
gboolean          spool_memory_block_grow          (SpoolMemoryBlock **self,
                                                    gsize              capacity,
                                                    gsize              limit,
                                                    gboolean           may_move);
void              spool_memory_block_shrink        (SpoolMemoryBlock **self,
                                                    gsize              capacity);

G_END_DECLS
