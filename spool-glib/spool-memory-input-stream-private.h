/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-cursor-private.h"
#include "spool-memory-input-stream.h"

G_BEGIN_DECLS

GInputStream *spool_memory_input_stream_new_for_cursor  (SpoolCursor  *cursor);
GInputStream *spool_memory_input_stream_new_for_content (SpoolContent *content);

G_END_DECLS
