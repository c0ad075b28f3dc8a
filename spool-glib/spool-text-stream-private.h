/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-text-cursor-private.h"
#include "spool-text-stream.h"

G_BEGIN_DECLS

SpoolTextCursor *spool_text_stream_get_cursor (SpoolTextStream     *self);

/* A read is prepared, tried with spool_text_cursor_read(), and tried again
 * after a wait where it must wait; then it is concluded.
 */
void             spool_text_stream_prepare    (SpoolTextStream     *self,
                                               SpoolTextRead       *request);
gboolean         spool_text_stream_must_wait  (const SpoolTextRead *request);
gboolean         spool_text_stream_conclude   (SpoolTextStream     *self,
                                               const SpoolTextRead *request,
                                               GError             **error);

G_END_DECLS
