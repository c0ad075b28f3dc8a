/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-sys.h"

#include "spool-glib/spool-sys-private.h"

#include <errno.h>

typedef struct
{
  TestSysHook hook;
  gpointer    user_data;
} Hook;

static SpoolSys real;

/* Replaced as a whole and never freed, since a thread may be in the old one. */
static Hook *current; /* atomic */

static struct
{
  GMutex      lock;
  GCond       cond;
  TestSysCall call;
  gboolean    closed;
  guint       n_waiting;
} gate;

static gboolean
goes_on (TestSysInfo info)
{
  const Hook *hook = g_atomic_pointer_get (&current);
  int errsv = hook != NULL ? hook->hook (&info, hook->user_data) : 0;

  if (errsv != 0)
    errno = errsv;

  return errsv == 0;
}

#define GOES_ON(...) goes_on ((TestSysInfo) { __VA_ARGS__ })

static int
hooked_open (const char *path,
             int         flags,
             mode_t      mode)
{
  return GOES_ON (TEST_SYS_OPEN, .path = path, .flags = flags, .mode = mode)
         ? real.open (path, flags, mode) : -1;
}

static int
hooked_open_at (int         directory,
                const char *name,
                int         flags,
                mode_t      mode)
{
  return GOES_ON (TEST_SYS_OPEN_AT, .path = name, .flags = flags, .mode = mode)
         ? real.open_at (directory, name, flags, mode) : -1;
}

/* As on Linux, a descriptor is gone even where closing it fails. */
static int
hooked_close (int fd)
{
  gboolean ok = GOES_ON (TEST_SYS_CLOSE, .fd = fd);
  int errsv = errno;
  int ret = real.close (fd);

  if (ok)
    return ret;

  errno = errsv;

  return -1;
}

static gssize
hooked_pread (int      fd,
              void    *data,
              gsize    count,
              goffset  offset)
{
  return GOES_ON (TEST_SYS_PREAD, .fd = fd, .count = count, .offset = offset)
         ? real.pread (fd, data, count, offset) : -1;
}

static gssize
hooked_pwrite (int         fd,
               const void *data,
               gsize       count,
               goffset     offset)
{
  return GOES_ON (TEST_SYS_PWRITE, .fd = fd, .data = data, .count = count,
                  .offset = offset)
         ? real.pwrite (fd, data, count, offset) : -1;
}

static int
hooked_ftruncate (int     fd,
                  goffset size)
{
  return GOES_ON (TEST_SYS_FTRUNCATE, .fd = fd, .offset = size)
         ? real.ftruncate (fd, size) : -1;
}

static int
hooked_fallocate (int     fd,
                  int     mode,
                  goffset offset,
                  goffset length)
{
  return GOES_ON (TEST_SYS_FALLOCATE, .fd = fd, .flags = mode,
                  .count = (gsize) length, .offset = offset)
         ? real.fallocate (fd, mode, offset, length) : -1;
}

static int
hooked_fstat (int          fd,
              struct stat *buf)
{
  return GOES_ON (TEST_SYS_FSTAT, .fd = fd) ? real.fstat (fd, buf) : -1;
}

static int
hooked_stat_at (int          directory,
                const char  *name,
                struct stat *buf)
{
  return GOES_ON (TEST_SYS_STAT_AT, .path = name)
         ? real.stat_at (directory, name, buf) : -1;
}

static int
hooked_statfs (const char    *path,
               struct statfs *buf)
{
  return GOES_ON (TEST_SYS_STATFS, .path = path) ? real.statfs (path, buf) : -1;
}

static int
hooked_fsync (int fd)
{
  return GOES_ON (TEST_SYS_FSYNC, .fd = fd) ? real.fsync (fd) : -1;
}

static int
hooked_dup (int fd)
{
  return GOES_ON (TEST_SYS_DUP, .fd = fd) ? real.dup (fd) : -1;
}

static int
hooked_link_fd (int         fd,
                int         directory,
                const char *name)
{
  return GOES_ON (TEST_SYS_LINK_FD, .fd = fd, .path = name)
         ? real.link_fd (fd, directory, name) : -1;
}

static int
hooked_link_proc (int         fd,
                  int         directory,
                  const char *name)
{
  return GOES_ON (TEST_SYS_LINK_PROC, .fd = fd, .path = name)
         ? real.link_proc (fd, directory, name) : -1;
}

static int
hooked_rename (int          directory,
               const char  *from,
               const char  *to,
               unsigned int flags)
{
  return GOES_ON (TEST_SYS_RENAME, .path = to, .flags = (int) flags)
         ? real.rename (directory, from, to, flags) : -1;
}

static int
hooked_unlink (int         directory,
               const char *name)
{
  return GOES_ON (TEST_SYS_UNLINK, .path = name)
         ? real.unlink (directory, name) : -1;
}

static int
hooked_fchmod (int    fd,
               mode_t mode)
{
  return GOES_ON (TEST_SYS_FCHMOD, .fd = fd, .mode = mode)
         ? real.fchmod (fd, mode) : -1;
}

static int
hooked_fchown (int   fd,
               uid_t user,
               gid_t group)
{
  return GOES_ON (TEST_SYS_FCHOWN, .fd = fd) ? real.fchown (fd, user, group) : -1;
}

static goffset
hooked_seek (int     fd,
             goffset offset,
             int     whence)
{
  return GOES_ON (TEST_SYS_SEEK, .fd = fd, .offset = offset)
         ? real.seek (fd, offset, whence) : -1;
}

static int
hooked_clone_file (int to,
                   int from)
{
  return GOES_ON (TEST_SYS_CLONE_FILE, .fd = to)
         ? real.clone_file (to, from) : -1;
}

static gssize
hooked_copy_file_range (int      from,
                        goffset *from_offset,
                        int      to,
                        goffset *to_offset,
                        gsize    count)
{
  return GOES_ON (TEST_SYS_COPY_FILE_RANGE, .fd = to, .count = count,
                  .offset = *to_offset)
         ? real.copy_file_range (from, from_offset, to, to_offset, count) : -1;
}

static int
hooked_memfd_create (const char  *name,
                     unsigned int flags)
{
  return GOES_ON (TEST_SYS_MEMFD_CREATE, .path = name, .flags = (int) flags)
         ? real.memfd_create (name, flags) : -1;
}

static int
hooked_add_seals (int fd,
                  int seals)
{
  return GOES_ON (TEST_SYS_ADD_SEALS, .fd = fd, .flags = seals)
         ? real.add_seals (fd, seals) : -1;
}

static gpointer
hooked_map_file (int   fd,
                 gsize size)
{
  return GOES_ON (TEST_SYS_MAP_FILE, .fd = fd, .count = size)
         ? real.map_file (fd, size) : NULL;
}

static gpointer
hooked_try_realloc (gpointer data,
                    gsize    size)
{
  return GOES_ON (TEST_SYS_TRY_REALLOC, .count = size)
         ? real.try_realloc (data, size) : NULL;
}

static gpointer
hooked_map_anonymous (gsize size)
{
  return GOES_ON (TEST_SYS_MAP_ANONYMOUS, .count = size)
         ? real.map_anonymous (size) : NULL;
}

static gpointer
hooked_remap (gpointer data,
              gsize    old_size,
              gsize    new_size,
              gboolean may_move)
{
  return GOES_ON (TEST_SYS_REMAP, .count = new_size)
         ? real.remap (data, old_size, new_size, may_move) : NULL;
}

static gpointer
hooked_remap_to (gpointer data,
                 gsize    old_size,
                 gsize    new_size,
                 gpointer place)
{
  return GOES_ON (TEST_SYS_REMAP_TO, .count = new_size)
         ? real.remap_to (data, old_size, new_size, place) : NULL;
}

/* Once, before the first thread starts. */
void
test_sys_install (void)
{
  real = spool_sys;

  spool_sys = (SpoolSys) {
    .open = hooked_open,
    .open_at = hooked_open_at,
    .close = hooked_close,
    .pread = hooked_pread,
    .pwrite = hooked_pwrite,
    .ftruncate = hooked_ftruncate,
    .fallocate = hooked_fallocate,
    .fstat = hooked_fstat,
    .stat_at = hooked_stat_at,
    .statfs = hooked_statfs,
    .fsync = hooked_fsync,
    .dup = hooked_dup,
    .link_fd = hooked_link_fd,
    .link_proc = hooked_link_proc,
    .rename = hooked_rename,
    .unlink = hooked_unlink,
    .fchmod = hooked_fchmod,
    .fchown = hooked_fchown,
    .seek = hooked_seek,
    .clone_file = hooked_clone_file,
    .copy_file_range = hooked_copy_file_range,
    .memfd_create = hooked_memfd_create,
    .add_seals = hooked_add_seals,
    .try_realloc = hooked_try_realloc,
    .map_anonymous = hooked_map_anonymous,
    .map_file = hooked_map_file,
    .remap = hooked_remap,
    .remap_to = hooked_remap_to,
  };

  /* A call that is added to the table has to be added here too: else the tests
   * would not see it, or this would crash. */
  for (gsize i = 0; i < sizeof spool_sys / sizeof (gpointer); i++)
    g_assert_nonnull (((gpointer *) &spool_sys)[i]);
}

/* NULL: none. */
void
test_sys_set_hook (TestSysHook hook,
                   gpointer    user_data)
{
  Hook *new_hook = NULL;

  if (hook != NULL)
    {
      /* Not freed while a thread may still be in it. */
      static GPtrArray *hooks = NULL;

      if (hooks == NULL)
        hooks = g_ptr_array_new ();

      new_hook = g_new (Hook, 1);
      new_hook->hook = hook;
      new_hook->user_data = user_data;
      g_ptr_array_add (hooks, new_hook);
    }

  g_atomic_pointer_set (&current, new_hook);
}

gboolean
test_sys_is_disk (TestSysCall call)
{
  return call < TEST_SYS_TRY_REALLOC;
}

const char *
test_sys_get_name (TestSysCall call)
{
  static const char *const names[] = {
    "open", "open_at", "close", "pread", "pwrite", "ftruncate", "fallocate", "fstat",
    "stat_at", "statfs", "fsync", "dup", "link_fd", "link_proc", "rename", "unlink",
    "fchmod", "fchown", "seek", "clone_file", "copy_file_range", "memfd_create", "add_seals",
    "map_file", "try_realloc", "map_anonymous", "remap", "remap_to",
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == TEST_SYS_N_CALLS);

  return names[call];
}

static int
gate_hook (const TestSysInfo *info,
           gpointer           user_data)
{
  g_mutex_lock (&gate.lock);
  if (gate.closed && info->call == gate.call)
    {
      gate.n_waiting++;
      g_cond_broadcast (&gate.cond);
      while (gate.closed)
        g_cond_wait (&gate.cond, &gate.lock);
      gate.n_waiting--;
    }
  g_mutex_unlock (&gate.lock);

  return 0;
}

void
test_sys_gate_close (TestSysCall call)
{
  g_mutex_lock (&gate.lock);
  g_assert_cmpuint (gate.n_waiting, ==, 0);
  gate.call = call;
  gate.closed = TRUE;
  g_mutex_unlock (&gate.lock);

  test_sys_set_hook (gate_hook, NULL);
}

/* Until a thread stands before the gate. */
void
test_sys_gate_wait (void)
{
  g_mutex_lock (&gate.lock);
  while (gate.n_waiting == 0)
    g_cond_wait (&gate.cond, &gate.lock);
  g_mutex_unlock (&gate.lock);
}

void
test_sys_gate_open (void)
{
  g_mutex_lock (&gate.lock);
  gate.closed = FALSE;
  g_cond_broadcast (&gate.cond);
  g_mutex_unlock (&gate.lock);

  test_sys_set_hook (NULL, NULL);
}
