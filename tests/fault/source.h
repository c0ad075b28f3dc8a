/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a brittle source says instead of its end. */
#define SOURCE_ERROR G_IO_ERROR_TIMED_OUT

#define FAULT_TYPE_SOURCE (fault_source_get_type ())

G_DECLARE_FINAL_TYPE (FaultSource, fault_source, FAULT, SOURCE, GInputStream)

GInputStream *source_new        (const void   *data,
                                 gsize         size,
                                 gsize         step,
                                 gboolean      brittle);
gboolean      source_is_brittle (GInputStream *stream);
void          source_set_hiccup (GInputStream *stream,
                                 guint         period);

G_END_DECLS
