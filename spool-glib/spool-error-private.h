/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean spool_set_error_from_errno  (GError    **error,
                                      int         errsv,
                                      const char *message);
gboolean spool_set_error_no_memory   (GError    **error);
gboolean spool_set_error_closed      (GError    **error);
gboolean spool_set_error_negative    (GError    **error);
gboolean spool_set_error_too_large   (GError    **error);
gboolean spool_set_error_would_block (GError    **error);
gboolean spool_is_would_block        (const GError *error);

G_END_DECLS
