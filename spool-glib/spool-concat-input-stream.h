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

#define SPOOL_TYPE_CONCAT_INPUT_STREAM (spool_concat_input_stream_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolConcatInputStream, spool_concat_input_stream, SPOOL, CONCAT_INPUT_STREAM, GInputStream)

SPOOL_AVAILABLE_IN_1_0
GInputStream *spool_concat_input_stream_new (void);

SPOOL_AVAILABLE_IN_1_0
gboolean spool_concat_input_stream_get_close_parts (SpoolConcatInputStream *self);
SPOOL_AVAILABLE_IN_1_0
void     spool_concat_input_stream_set_close_parts (SpoolConcatInputStream *self,
                                                    gboolean                close_parts);

SPOOL_AVAILABLE_IN_1_0
void spool_concat_input_stream_append (SpoolConcatInputStream *self,
                                       GInputStream           *part);

G_END_DECLS
