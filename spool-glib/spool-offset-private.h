/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An offset that others read without a lock. Within a struct, 32-bit processors
 * may put 64 bits on a multiple of four only, where they can be torn.
 */
typedef goffset SpoolOffset __attribute__ ((aligned (8)));

static inline goffset
spool_offset_get (const SpoolOffset *field)
{
  return __atomic_load_n (field, __ATOMIC_ACQUIRE);
}

static inline void
spool_offset_set (SpoolOffset *field,
                  goffset      value)
{
  __atomic_store_n (field, value, __ATOMIC_RELEASE);
}

G_END_DECLS
