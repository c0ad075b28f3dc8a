/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(SPOOL_INSIDE) && !defined(SPOOL_COMPILATION)
#error "Only <spool-glib/spool-glib.h> can be included directly."
#endif

#include <glib-object.h>

#include <spool-glib/spool-version-macros.h>

G_BEGIN_DECLS

/**
 * SpoolSaveFlags:
 * @SPOOL_SAVE_NONE: replace what is there, atomically
 * @SPOOL_SAVE_NO_OVERWRITE: fail with `G_IO_ERROR_EXISTS` where something is
 *   there
 * @SPOOL_SAVE_PRIVATE: only the user may read and write the file; otherwise it
 *   gets the permissions of the file that it replaces or, where there is none,
 *   those of any new file
 * @SPOOL_SAVE_DURABLE: the file and its name are on the disk before the call
 *   returns, so that not even a power cut takes them away
 *
 * How [method@Spool.Buffer.save] and [method@Spool.Buffer.move] make a file.
 *
 * Since: 1.0
 */
typedef enum
{
  SPOOL_SAVE_NONE         = 0,
  SPOOL_SAVE_NO_OVERWRITE = 1 << 0,
  SPOOL_SAVE_PRIVATE      = 1 << 1,
  SPOOL_SAVE_DURABLE      = 1 << 2,
} SpoolSaveFlags;

#define SPOOL_TYPE_SAVE_FLAGS (spool_save_flags_get_type ())

SPOOL_AVAILABLE_IN_1_0
GType spool_save_flags_get_type (void);

G_END_DECLS
