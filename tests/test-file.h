/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A GFile without a local path, over one that has one, as a mount of another
 * kind would be. All files that come from one root share its faults. */
#define TEST_TYPE_FILE (test_file_get_type ())

G_DECLARE_FINAL_TYPE (TestFile, test_file, TEST, FILE, GObject)

/* Calls of all of them together, counted from 1; 0 is never. */
typedef struct
{
  gatomicrefcount ref_count;

  gboolean        no_readwrite;      /* NOT_SUPPORTED */
  gboolean        no_seek;           /* files that are read from the beginning */
  gboolean        no_truncate;       /* NOT_SUPPORTED */
  guint           fail_create_at;
  guint           fail_write_at;
  guint           fail_read_at;
  guint           fail_truncate_at;
  guint           fail_seek_at;
  GIOErrorEnum    code;
  gsize           write_step;        /* bytes a write takes at most, or 0 */
  gsize           read_step;         /* bytes a read gives at most, or 0 */

  guint           n_creates;
  guint           n_writes;
  guint           n_reads;
  guint           n_truncates;
  guint           n_seeks;
  guint           n_deletes;
  int             n_open;            /* streams that are not closed */

  GThread        *thread;            /* one that must not touch the disk */
  guint           n_in_thread;       /* calls in it */
} TestFileFaults;

GFile          *test_file_new        (GFile          *inner);
TestFileFaults *test_file_get_faults (TestFile       *self);

G_END_DECLS
