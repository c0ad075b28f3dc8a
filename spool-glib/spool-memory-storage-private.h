/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-storage-private.h"

G_BEGIN_DECLS

SpoolStorage *spool_memory_storage_new              (void);
SpoolStorage *spool_memory_storage_new_for_bytes    (GBytes       *bytes);
gboolean      spool_memory_storage_append           (SpoolStorage *storage,
                                                     const void   *data,
                                                     gsize         count);
void          spool_memory_storage_set_growth_limit (SpoolStorage *storage,
                                                     goffset       limit);
gboolean      spool_memory_storage_replace          (SpoolStorage *storage,
                                                     goffset       offset,
                                                     goffset       old_length,
                                                     const void   *data,
                                                     gsize         new_length,
                                                     GError      **error);
gsize         spool_memory_storage_get_capacity     (SpoolStorage *storage);
const guint8 *spool_memory_storage_peek             (SpoolStorage *storage);

G_END_DECLS
