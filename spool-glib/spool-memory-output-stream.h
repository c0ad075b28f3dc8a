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

#define SPOOL_TYPE_MEMORY_OUTPUT_STREAM (spool_memory_output_stream_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolMemoryOutputStream, spool_memory_output_stream, SPOOL, MEMORY_OUTPUT_STREAM, GOutputStream)

SPOOL_AVAILABLE_IN_1_0
GOutputStream *spool_memory_output_stream_new                (void);
SPOOL_AVAILABLE_IN_1_0
GOutputStream *spool_memory_output_stream_new_with_threshold (goffset threshold);
SPOOL_AVAILABLE_IN_1_0
GOutputStream *spool_memory_output_stream_new_for_buffer     (SpoolBuffer *buffer);

SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_memory_output_stream_get_buffer (SpoolMemoryOutputStream *self);
SPOOL_AVAILABLE_IN_1_0
gboolean     spool_memory_output_stream_get_append (SpoolMemoryOutputStream *self);
SPOOL_AVAILABLE_IN_1_0
void         spool_memory_output_stream_set_append (SpoolMemoryOutputStream *self,
                                                    gboolean                 append);

SPOOL_AVAILABLE_IN_1_0
GInputStream *spool_memory_output_stream_open_reader (SpoolMemoryOutputStream *self);

SPOOL_AVAILABLE_IN_1_0
goffset spool_memory_output_stream_get_data_size  (SpoolMemoryOutputStream *self);
SPOOL_AVAILABLE_IN_1_0
GBytes *spool_memory_output_stream_steal_as_bytes (SpoolMemoryOutputStream *self,
                                                   GError                 **error);

G_END_DECLS
