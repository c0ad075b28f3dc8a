/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-cursor-private.h"
#include "spool-memory-output-stream.h"

G_BEGIN_DECLS

GOutputStream *spool_memory_output_stream_new_for_cursor (SpoolCursor             *cursor);
void           spool_memory_output_stream_abandon        (SpoolMemoryOutputStream *self);

G_END_DECLS
