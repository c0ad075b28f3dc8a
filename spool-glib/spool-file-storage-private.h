/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-storage-private.h"

G_BEGIN_DECLS

SpoolStorage *spool_file_storage_new      (GFile        *directory,
                                           GCancellable *cancellable,
                                           GError      **error);
GFile        *spool_file_storage_get_file (SpoolStorage *storage);

G_END_DECLS
