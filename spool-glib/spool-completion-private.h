/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether a buffer's writers are done, and how it ended. Has a lock of its own,
 * which is never held across the disk, so that it can be asked in a main loop.
 */
typedef struct
{
  GMutex    lock;
  guint     n_writers; /* streams that can still write */
  gboolean  completed;
  GError   *error;     /* how the writing ended, or NULL: well */
} SpoolCompletion;

void     spool_completion_init          (SpoolCompletion *self);
void     spool_completion_clear         (SpoolCompletion *self);
void     spool_completion_add_writer    (SpoolCompletion *self);
gboolean spool_completion_remove_writer (SpoolCompletion *self,
                                         const GError    *error);
gboolean spool_completion_complete      (SpoolCompletion *self,
                                         const GError    *error);
gboolean spool_completion_reset         (SpoolCompletion *self);
gboolean spool_completion_is_completed  (SpoolCompletion *self);
GError  *spool_completion_dup_error     (SpoolCompletion *self);

G_END_DECLS
