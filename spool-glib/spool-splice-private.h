/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-content-private.h"

G_BEGIN_DECLS

/* Takes some of the bytes and returns how many, or -1 with an error. */
typedef gssize (*SpoolSpliceSink) (gpointer        sink,
                                   const void     *data,
                                   gsize           count,
                                   SpoolBlocking   blocking,
                                   GError        **error);

goffset spool_splice        (GInputStream            *source,
                             GOutputStreamSpliceFlags flags,
                             SpoolSpliceSink          sink_func,
                             gpointer                 sink,
                             GCancellable            *cancellable,
                             GError                 **error);
void    spool_splice_async  (GInputStream            *source,
                             GOutputStreamSpliceFlags flags,
                             SpoolSpliceSink          sink_func,
                             GObject                 *sink,
                             int                      io_priority,
                             GCancellable            *cancellable,
                             GAsyncReadyCallback      callback,
                             gpointer                 user_data);
goffset spool_splice_finish (GAsyncResult            *result,
                             GError                 **error);

G_END_DECLS
