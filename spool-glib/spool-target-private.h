/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-enums.h"

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/* A name in a folder that a finished file is to be put at, all at once. */
typedef struct
{
  SpoolSaveFlags flags;
  int            folder;      /* stands for the folder, whatever its path is by then */
  int            sync_folder; /* the same, open for fsync(); -1: no need */
  char          *name;        /* in the folder */
  char          *display;     /* the path as messages show it */
  gboolean       exists;      /* something was there at first: */
  dev_t          device;
  ino_t          inode;
  mode_t         mode;        /* of the finished file */
  gid_t          group;       /* whom the mode's group bits are for */
  gboolean       has_group;   /* there is such a group */

  int            fd;          /* the file in the making; -1: none */
  char          *temporary;   /* its name in the folder, if it has one */
} SpoolTarget;

#define SPOOL_TARGET_INIT { 0, -1, -1, NULL, NULL, FALSE, 0, 0, 0, 0, FALSE, -1, NULL }

typedef enum
{
  SPOOL_PLACED,
  SPOOL_NOT_PLACED,     /* with an error; the file's link count is as before */
  SPOOL_NOT_PLACED_CUT, /* with an error; the file cannot be linked again, or
                         * may have lost bytes */
  SPOOL_CANNOT_LINK,    /* without an error: a copy has to do */
} SpoolPlacing;

gboolean     spool_target_open        (SpoolTarget       *self,
                                       const char        *path,
                                       SpoolSaveFlags     flags,
                                       GError           **error);
gboolean     spool_target_is_file     (SpoolTarget       *self,
                                       const struct stat *buf);
gboolean     spool_target_create      (SpoolTarget       *self,
                                       gboolean           named,
                                       GError           **error);
SpoolPlacing spool_target_place       (SpoolTarget       *self,
                                       int                fd,
                                       GError           **error);
gboolean     spool_target_sync_folder (SpoolTarget       *self,
                                       GError           **error);
void         spool_target_clear       (SpoolTarget       *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SpoolTarget, spool_target_clear)

G_END_DECLS
