/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-fd-storage-private.h"

G_BEGIN_DECLS

/* One state of a storage, to be copied from without holding the lock over the
 * whole of it.
 */
typedef struct
{
  SpoolStorage *storage;
  GMutex       *lock;     /* of the storage */
  goffset       size;     /* bytes to copy */
  GBytes       *bytes;    /* the bytes are in memory: these */
  SpoolPin     *pin;
  int           fd;       /* the bytes are in this file; -1: ask the storage */
  gboolean      share;    /* of this file: a copy may share them */
  gboolean      pinned;   /* what is written to the storage does not show */

  /* Used by the buffer alone. */
  gboolean      holding;
  guint         epoch;
} SpoolSource;

#define SPOOL_SOURCE_INIT { NULL, NULL, 0, NULL, NULL, -1, FALSE, FALSE, FALSE, 0 }

void     spool_source_open           (SpoolSource          *self,
                                      SpoolStorage         *storage,
                                      GMutex               *lock);
gboolean spool_source_copy_to_fd     (SpoolSource          *self,
                                      int                   fd,
                                      const char           *write_message,
                                      GFileProgressCallback progress,
                                      gpointer              progress_data,
                                      GCancellable         *cancellable,
                                      GError              **error);
gboolean spool_source_copy_to_stream (SpoolSource          *self,
                                      GOutputStream        *stream,
                                      GFileProgressCallback progress,
                                      gpointer              progress_data,
                                      GCancellable         *cancellable,
                                      GError              **error);
void     spool_source_clear          (SpoolSource          *self);

G_END_DECLS
