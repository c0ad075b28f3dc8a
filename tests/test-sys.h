/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The private table of system calls with a hook in it, for tests that link the
 * library's objects. */
typedef enum
{
  TEST_SYS_OPEN,
  TEST_SYS_OPEN_AT,
  TEST_SYS_CLOSE,
  TEST_SYS_PREAD,
  TEST_SYS_PWRITE,
  TEST_SYS_FTRUNCATE,
  TEST_SYS_FALLOCATE,
  TEST_SYS_FSTAT,
  TEST_SYS_STAT_AT,
  TEST_SYS_STATFS,
  TEST_SYS_FSYNC,
  TEST_SYS_DUP,
  TEST_SYS_LINK_FD,
  TEST_SYS_LINK_PROC,
  TEST_SYS_RENAME,
  TEST_SYS_UNLINK,
  TEST_SYS_FCHMOD,
  TEST_SYS_FCHOWN,
  TEST_SYS_SEEK,
  TEST_SYS_CLONE_FILE,
  TEST_SYS_COPY_FILE_RANGE,
  TEST_SYS_MEMFD_CREATE,
  TEST_SYS_ADD_SEALS,
  TEST_SYS_MAP_FILE,
  /* From here on the calls need memory only. */
  TEST_SYS_TRY_REALLOC,
  TEST_SYS_MAP_ANONYMOUS,
  TEST_SYS_REMAP,
  TEST_SYS_REMAP_TO,
  TEST_SYS_N_CALLS,
} TestSysCall;

/* What the hook can see of a call; what a call does not have is 0. */
typedef struct
{
  TestSysCall  call;
  const char  *path;
  int          flags;
  guint        mode;
  int          fd;
  const void  *data;
  gsize        count;
  gint64       offset;
} TestSysInfo;

/* Is called before each call, in its thread. Returns the errno that the call
 * fails with, or 0: it goes on. */
typedef int (*TestSysHook) (const TestSysInfo *info,
                            gpointer           user_data);

void        test_sys_install   (void);
void        test_sys_set_hook  (TestSysHook hook,
                                gpointer    user_data);
gboolean    test_sys_is_disk   (TestSysCall call);
const char *test_sys_get_name  (TestSysCall call);

/* A hook that keeps every call of a kind waiting from test_sys_gate_close() on
 * until test_sys_gate_open(), to hold a worker where it is. */
void        test_sys_gate_close (TestSysCall call);
void        test_sys_gate_wait  (void);
void        test_sys_gate_open  (void);

G_END_DECLS
