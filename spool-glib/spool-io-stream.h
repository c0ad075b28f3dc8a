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

#define SPOOL_TYPE_IO_STREAM (spool_io_stream_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolIOStream, spool_io_stream, SPOOL, IO_STREAM, GIOStream)

SPOOL_AVAILABLE_IN_1_0
GIOStream *spool_io_stream_new                (void);
SPOOL_AVAILABLE_IN_1_0
GIOStream *spool_io_stream_new_with_threshold (goffset threshold);
SPOOL_AVAILABLE_IN_1_0
GIOStream *spool_io_stream_new_for_buffer     (SpoolBuffer *buffer);

SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_io_stream_get_buffer (SpoolIOStream *self);

G_END_DECLS
