/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A temporary file that is open for reading and writing. */
typedef struct
{
  int    fd;        /* -1: none */
  char  *path;      /* of a file with a name; it is removed on clear */
  char  *directory; /* where it is */
  pid_t  owner;     /* only this process changes the file and its name */
  gboolean linkable; /* was made without a name, and can be given one */
} SpoolTmpfile;

#define SPOOL_TMPFILE_INIT { -1, NULL, NULL, 0, FALSE }

gboolean spool_tmpfile_open         (SpoolTmpfile *self,
                                     const char   *directory,
                                     gboolean      named,
                                     GError      **error);
gboolean spool_tmpfile_is_in_memory (SpoolTmpfile *self);
gboolean spool_tmpfile_is_ours      (SpoolTmpfile *self);
void     spool_tmpfile_give_away    (SpoolTmpfile *self);
void     spool_tmpfile_clear        (SpoolTmpfile *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SpoolTmpfile, spool_tmpfile_clear)

G_END_DECLS
