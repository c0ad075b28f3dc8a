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

#define SPOOL_TYPE_MEMORY_INPUT_STREAM (spool_memory_input_stream_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolMemoryInputStream, spool_memory_input_stream, SPOOL, MEMORY_INPUT_STREAM, GInputStream)

SPOOL_AVAILABLE_IN_1_0
GInputStream *spool_memory_input_stream_new_for_bytes  (GBytes *bytes);
SPOOL_AVAILABLE_IN_1_0
GInputStream *spool_memory_input_stream_new_for_buffer (SpoolBuffer *buffer);

SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_memory_input_stream_get_buffer (SpoolMemoryInputStream *self);
SPOOL_AVAILABLE_IN_1_0
gboolean     spool_memory_input_stream_get_follow (SpoolMemoryInputStream *self);
SPOOL_AVAILABLE_IN_1_0
void         spool_memory_input_stream_set_follow (SpoolMemoryInputStream *self,
                                                   gboolean                follow);

G_END_DECLS
