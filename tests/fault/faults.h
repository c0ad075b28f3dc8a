/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the system lacks for as long as it is installed. */
typedef enum
{
  SYSTEM_NO_TMPFILE   = 1 << 0, /* no O_TMPFILE */
  SYSTEM_NO_FALLOCATE = 1 << 1,
  SYSTEM_NO_PROC      = 1 << 2, /* no /proc/self/fd */
  SYSTEM_NO_LINKS     = 1 << 3,
  SYSTEM_REFLINK      = 1 << 4, /* has FICLONE, which the test's disk may lack */
  SYSTEM_MEMORY       = 1 << 5, /* says that it is memory, which it most often is */
} SystemFlags;

/* Which calls fail. Calls are counted from 1. */
typedef struct
{
  int      errsv;           /* what they fail with */
  guint    first;           /* the first that fails; 0: none */
  guint    second;          /* so many calls later another one fails; 0: none */
  gboolean persistent;      /* all from the first on */
  gboolean writes_only;     /* only those that need room on the disk */
  gboolean short_transfers; /* reads and writes do a part of what was asked */
  guint64  mask;            /* of 64 calls, over and over; with first = 0 */
} FaultPlan;

void     faults_install      (SystemFlags      flags);
void     faults_uninstall    (void);
void     faults_start        (const FaultPlan *plan);
void     faults_stop         (void);
void     faults_pause        (void);
void     faults_resume       (void);
void     faults_set_room     (goffset          room);

guint    faults_get_n_calls  (void);
guint    faults_get_n_fired  (void);
int      faults_get_errno    (void);
int      faults_get_n_open   (void);
void     faults_give_away    (int              fd);
void     faults_forget_name  (const char      *path);
gboolean faults_remove_names (void);

gboolean faults_pass         (void);
gsize    faults_shorten      (gsize            count);

G_END_DECLS
