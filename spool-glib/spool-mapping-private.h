/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Memory of its own from the kernel, for blocks that are large or grow large. */
typedef struct
{
  guint8 *data;
  gsize   capacity; /* bytes from data on */
  gsize   dirty;    /* bytes from here on are zero */
} SpoolMapping;

gboolean spool_mapping_init   (SpoolMapping *self,
                               gsize         capacity,
                               gsize         limit);
void     spool_mapping_clear  (SpoolMapping *self);
gboolean spool_mapping_grow   (SpoolMapping *self,
                               gsize         capacity,
                               gsize         limit,
                               gboolean      may_move);
void     spool_mapping_shrink (SpoolMapping *self,
                               gsize         capacity);
void     spool_mapping_trim   (void);

G_END_DECLS
