/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A directory without a local path. Its files are in memory, and every call on
 * them passes through the faults as a system call does.
 */
#define FAULT_TYPE_REMOTE (fault_remote_get_type ())

G_DECLARE_FINAL_TYPE (FaultRemote, fault_remote, FAULT, REMOTE, GObject)

GFile *remote_new         (gboolean can_truncate);
guint  remote_get_n_files (FaultRemote  *self);
GBytes *remote_dup_bytes  (FaultRemote  *self);

G_END_DECLS
