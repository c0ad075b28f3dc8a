/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(SPOOL_INSIDE) && !defined(SPOOL_COMPILATION)
#error "Only <spool-glib/spool-glib.h> can be included directly."
#endif

#include <spool-glib/spool-buffer.h>

G_BEGIN_DECLS

#define SPOOL_TYPE_SEEKABLE_INPUT_STREAM (spool_seekable_input_stream_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolSeekableInputStream, spool_seekable_input_stream, SPOOL, SEEKABLE_INPUT_STREAM, GFilterInputStream)

SPOOL_AVAILABLE_IN_1_0
GInputStream *spool_seekable_input_stream_new            (GInputStream *base_stream);
SPOOL_AVAILABLE_IN_1_0
GInputStream *spool_seekable_input_stream_new_for_buffer (GInputStream *base_stream,
                                                          SpoolBuffer  *buffer);

SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_seekable_input_stream_get_buffer (SpoolSeekableInputStream *self);

SPOOL_AVAILABLE_IN_1_0
goffset spool_seekable_input_stream_fill        (SpoolSeekableInputStream  *self,
                                                 goffset                    count,
                                                 GCancellable              *cancellable,
                                                 GError                   **error);
SPOOL_AVAILABLE_IN_1_0
void    spool_seekable_input_stream_fill_async  (SpoolSeekableInputStream *self,
                                                 goffset                   count,
                                                 int                       io_priority,
                                                 GCancellable             *cancellable,
                                                 GAsyncReadyCallback       callback,
                                                 gpointer                  user_data);
SPOOL_AVAILABLE_IN_1_0
goffset spool_seekable_input_stream_fill_finish (SpoolSeekableInputStream  *self,
                                                 GAsyncResult              *result,
                                                 GError                   **error);

G_END_DECLS
