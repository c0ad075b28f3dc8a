/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(SPOOL_INSIDE) && !defined(SPOOL_COMPILATION)
#error "Only <spool-glib/spool-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <spool-glib/spool-version-macros.h>

G_BEGIN_DECLS

#define SPOOL_TYPE_POOL (spool_pool_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolPool, spool_pool, SPOOL, POOL, GObject)

SPOOL_AVAILABLE_IN_1_0
SpoolPool *spool_pool_get_default (void);
SPOOL_AVAILABLE_IN_1_0
SpoolPool *spool_pool_new         (goffset limit);

SPOOL_AVAILABLE_IN_1_0
goffset spool_pool_get_limit       (SpoolPool *self);
SPOOL_AVAILABLE_IN_1_0
void    spool_pool_set_limit       (SpoolPool *self,
                                    goffset    limit);
SPOOL_AVAILABLE_IN_1_0
goffset spool_pool_get_memory_used (SpoolPool *self);
SPOOL_AVAILABLE_IN_1_0
guint   spool_pool_get_n_buffers   (SpoolPool *self);

SPOOL_AVAILABLE_IN_1_0
gboolean spool_pool_trim        (SpoolPool          *self,
                                 goffset             target,
                                 GCancellable       *cancellable,
                                 GError            **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_pool_trim_async  (SpoolPool          *self,
                                 goffset             target,
                                 int                 io_priority,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_pool_trim_finish (SpoolPool          *self,
                                 GAsyncResult       *result,
                                 GError            **error);

G_END_DECLS
