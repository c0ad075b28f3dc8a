/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void   spool_base_read_async  (GInputStream        *base,
                               void                *buffer,
                               gsize                count,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);
gssize spool_base_read_finish (GInputStream  *base,
                               GAsyncResult  *result,
                               GError       **error);

void   spool_base_skip_async  (GInputStream        *base,
                               gsize                count,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data);
gssize spool_base_skip_finish (GInputStream  *base,
                               GAsyncResult  *result,
                               GError       **error);

G_END_DECLS
