/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As g_atomic_ref_count_dec(), without a locked instruction for the only
 * reference, which most structures of ours never have more of.
 */
static inline gboolean
spool_ref_count_dec (gatomicrefcount *ref_count)
{
  return g_atomic_ref_count_compare (ref_count, 1) || g_atomic_ref_count_dec (ref_count);
}

G_END_DECLS
