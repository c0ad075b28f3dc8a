/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

GSource *spool_cancel_source_new  (GCancellable *cancellable);
void     spool_cancel_source_free (GSource      *source);

G_END_DECLS
