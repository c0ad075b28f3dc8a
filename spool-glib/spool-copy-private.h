/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How much is copied between two looks at the cancellable: bytes that pass
 * through memory of ours, and bytes that do not.
 */
#define SPOOL_COPY_BLOCK (256 * 1024)
#define SPOOL_COPY_STEP  (4 * 1024 * 1024)

gboolean spool_copy_fd    (int                   from,
                           int                   to,
                           goffset               size,
                           gboolean              share,
                           const char           *write_message,
                           GFileProgressCallback progress,
                           gpointer              progress_data,
                           GCancellable         *cancellable,
                           GError              **error);

G_END_DECLS
