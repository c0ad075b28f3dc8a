/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Brings the progress of what a thread does to the main context in which it
 * was started. What comes faster than it is taken there is drawn together.
 */
typedef struct _SpoolProgress SpoolProgress;

SpoolProgress *spool_progress_new    (GFileProgressCallback callback,
                                      gpointer              data,
                                      GDestroyNotify        data_destroy,
                                      int                   io_priority);
SpoolProgress *spool_progress_ref    (SpoolProgress        *self);
void           spool_progress_unref  (SpoolProgress        *self);
void           spool_progress_report (goffset               current,
                                      goffset               total,
                                      gpointer              progress);
void           spool_progress_finish (SpoolProgress        *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpoolProgress, spool_progress_unref)

G_END_DECLS
