/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-storage-private.h"
#include "spool-target-private.h"

G_BEGIN_DECLS

typedef struct _SpoolPin SpoolPin;

SpoolStorage *spool_fd_storage_new               (const char   *directory,
                                                  gboolean      named,
                                                  GError      **error);
gboolean      spool_storage_is_fd                (SpoolStorage *storage);
gboolean      spool_fd_storage_is_shared         (SpoolStorage *storage);
gboolean      spool_fd_storage_can_read_unlocked (SpoolStorage *storage,
                                                  goffset       offset,
                                                  gsize         count);
gssize        spool_fd_storage_read_unlocked     (SpoolStorage *storage,
                                                  goffset       offset,
                                                  void         *data,
                                                  gsize         count);
gboolean      spool_fd_storage_can_keep          (SpoolStorage *storage,
                                                  goffset       offset,
                                                  gsize         count);
int           spool_fd_storage_dup_fd            (SpoolStorage *storage,
                                                  gboolean      writable,
                                                  GError      **error);
SpoolPlacing  spool_fd_storage_move              (SpoolStorage *storage,
                                                  SpoolTarget  *target,
                                                  GError      **error);
gboolean      spool_fd_storage_can_share         (SpoolStorage *storage);
int           spool_fd_storage_peek_fd           (SpoolStorage *storage);
SpoolPin     *spool_fd_storage_pin               (SpoolStorage *storage);
void          spool_pin_unref                    (SpoolPin     *pin);
const char   *spool_fd_storage_get_path          (SpoolStorage *storage);
const char   *spool_fd_storage_get_directory     (SpoolStorage *storage);

G_END_DECLS
