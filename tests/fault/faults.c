/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"

#include "spool-glib/spool-sys-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE 4096

/* What a call needs, and so which plans it belongs to. */
typedef enum
{
  NEEDS_MEMORY = 1 << 0, /* fails where memory is short */
  NEEDS_ROOM   = 1 << 1, /* fails on a full disk */
  CAN_WAIT     = 1 << 2, /* can be interrupted by a signal */
} Needs;

/* The calls come from workers too, but one at a time: an operation ends before
 * the next one starts. The lock is for the sanitizers and for the counting.
 */
static struct
{
  GMutex      lock;
  gboolean    installed;
  SpoolSys    real;
  SystemFlags flags;

  FaultPlan   plan;
  gboolean    active;
  gboolean    paused;
  gboolean    interrupted; /* the last call was, so this one is not */
  guint       n_calls;
  guint       n_fired;
  guint       n_transfers;
  guint       n_kept;      /* names that the plan kept from being removed */

  gint64      room;        /* free blocks on the disk; -1: any number */
  GHashTable *disk;        /* descriptor: a GHashTable of its blocks */

  int         n_open;      /* descriptors that are open */
  GPtrArray  *names;       /* paths that were made and not removed */
} state;

static gboolean
is_planned (guint call)
{
  const FaultPlan *plan = &state.plan;

  if (plan->first == 0)
    return (plan->mask >> (call % 64)) & 1;

  if (plan->persistent)
    return call >= plan->first;

  return call == plan->first ||
         (plan->second > 0 && call == plan->first + plan->second);
}

static gboolean
is_in_scope (Needs needs)
{
  if (state.plan.errsv == EINTR)
    return (needs & CAN_WAIT) != 0;
  if (needs & NEEDS_MEMORY)
    return state.plan.errsv == ENOMEM;

  return !state.plan.writes_only || (needs & NEEDS_ROOM) != 0;
}

/* Whether a call may go on; else errno says why not. */
static gboolean
pass (Needs needs)
{
  gboolean fails = FALSE;

  g_mutex_lock (&state.lock);
  if (state.active && !state.paused && is_in_scope (needs))
    {
      fails = is_planned (++state.n_calls);

      /* A call that is interrupted for ever is no fault but a hang. */
      if (state.plan.errsv == EINTR && state.interrupted)
        fails = FALSE;
      state.interrupted = fails;

      if (fails)
        state.n_fired++;
    }
  g_mutex_unlock (&state.lock);

  if (fails)
    errno = state.plan.errsv;

  return !fails;
}

/* The same for a call that is not in the table. */
gboolean
faults_pass (void)
{
  return pass (NEEDS_ROOM);
}

/* How much of @count a transfer does: all, or with short transfers between a
 * byte and nearly all.
 */
gsize
faults_shorten (gsize count)
{
  gsize n = count;

  g_mutex_lock (&state.lock);
  if (state.active && !state.paused && state.plan.short_transfers && count > 1)
    {
      switch (state.n_transfers++ % 4)
        {
        case 0:
          n = 1;
          break;

        case 1:
          n = count - 1;
          break;

        default:
          n = (count + 1) / 2;
          break;
        }
    }
  g_mutex_unlock (&state.lock);

  return n;
}

static void
add_open (int n)
{
  g_mutex_lock (&state.lock);
  if (state.installed)
    state.n_open += n;
  g_mutex_unlock (&state.lock);
}

/* A disk with little room. Each block that a file has is taken from it, and
 * goes back when the file is cut or closed.
 */

static GHashTable *
get_blocks (int fd)
{
  GHashTable *blocks = g_hash_table_lookup (state.disk, GINT_TO_POINTER (fd));

  if (blocks == NULL)
    {
      blocks = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (state.disk, GINT_TO_POINTER (fd), blocks);
    }

  return blocks;
}

/* Takes the blocks from @offset on and returns how many of @count bytes have
 * one.
 */
static gsize
take_blocks (int     fd,
             goffset offset,
             gsize   count)
{
  goffset end = offset + (goffset) count;
  GHashTable *blocks;

  if (state.room < 0)
    return count;

  g_mutex_lock (&state.lock);
  blocks = get_blocks (fd);
  for (goffset i = offset / BLOCK_SIZE; i * BLOCK_SIZE < end; i++)
    {
      if (g_hash_table_contains (blocks, GSIZE_TO_POINTER (i)))
        continue;

      if (state.room == 0)
        {
          count = (gsize) MAX (i * BLOCK_SIZE - offset, 0);
          state.n_fired++;
          break;
        }

      g_hash_table_add (blocks, GSIZE_TO_POINTER (i));
      state.room--;
    }
  g_mutex_unlock (&state.lock);

  return count;
}

static void
give_back_blocks (int     fd,
                  goffset size)
{
  GHashTableIter iter;
  gpointer block;

  if (state.room < 0)
    return;

  g_mutex_lock (&state.lock);
  g_hash_table_iter_init (&iter, get_blocks (fd));
  while (g_hash_table_iter_next (&iter, &block, NULL))
    {
      if ((goffset) GPOINTER_TO_SIZE (block) * BLOCK_SIZE >= size)
        {
          g_hash_table_iter_remove (&iter);
          state.room++;
        }
    }
  g_mutex_unlock (&state.lock);
}

/* Leaves so many bytes free on the disk; -1: any number. A disk is either
 * small from the start or never.
 */
void
faults_set_room (goffset room)
{
  state.room = room < 0 ? -1 : room / BLOCK_SIZE;
}

static char *
make_path (int         directory,
           const char *name)
{
  g_autofree char *link = NULL;
  g_autofree char *parent = NULL;

  if (directory == AT_FDCWD || g_path_is_absolute (name))
    return g_strdup (name);

  link = g_strdup_printf ("/proc/self/fd/%d", directory);
  parent = g_file_read_link (link, NULL);

  return g_build_filename (parent, name, NULL);
}

static void
add_name (int         directory,
          const char *name)
{
  g_mutex_lock (&state.lock);
  g_ptr_array_add (state.names, make_path (directory, name));
  g_mutex_unlock (&state.lock);
}

/* Somebody else is answerable for it now. */
void
faults_forget_name (const char *path)
{
  guint i;

  if (!state.installed)
    return;

  g_mutex_lock (&state.lock);
  if (g_ptr_array_find_with_equal_func (state.names, path, g_str_equal, &i))
    g_ptr_array_remove_index_fast (state.names, i);
  g_mutex_unlock (&state.lock);
}

static void
remove_name (int         directory,
             const char *name)
{
  g_autofree char *path = make_path (directory, name);

  faults_forget_name (path);
}

static int
test_open (const char *path,
           int         flags,
           mode_t      mode)
{
  Needs needs = CAN_WAIT | ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE
                            ? NEEDS_ROOM : 0);
  int fd;

  if (!pass (needs))
    return -1;

  if ((state.flags & SYSTEM_NO_TMPFILE) && (flags & O_TMPFILE) == O_TMPFILE)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  if ((state.flags & SYSTEM_NO_PROC) && g_str_has_prefix (path, "/proc/"))
    {
      errno = ENOENT;
      return -1;
    }

  fd = state.real.open (path, flags, mode);
  if (fd >= 0)
    {
      add_open (1);
      if (flags & O_CREAT)
        add_name (AT_FDCWD, path);
    }

  return fd;
}

static int
test_open_at (int         directory,
              const char *name,
              int         flags,
              mode_t      mode)
{
  gboolean nameless = (flags & O_TMPFILE) == O_TMPFILE;
  int fd;

  if (!pass (CAN_WAIT | ((flags & O_CREAT) || nameless ? NEEDS_ROOM : 0)))
    return -1;

  if ((state.flags & SYSTEM_NO_TMPFILE) && nameless)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  fd = state.real.open_at (directory, name, flags, mode);
  if (fd >= 0)
    {
      add_open (1);
      if (flags & O_CREAT)
        add_name (directory, name);
    }

  return fd;
}

/* On Linux a descriptor is closed whatever close() says. */
static int
test_close (int fd)
{
  gboolean ok = pass (0);
  int errsv = errno;

  add_open (-1);
  give_back_blocks (fd, 0);
  if (state.real.close (fd) < 0)
    return -1;

  errno = errsv;

  return ok ? 0 : -1;
}

static gssize
test_pread (int      fd,
            void    *data,
            gsize    count,
            goffset  offset)
{
  if (!pass (CAN_WAIT))
    return -1;

  return state.real.pread (fd, data, faults_shorten (count), offset);
}

static gssize
test_pwrite (int         fd,
             const void *data,
             gsize       count,
             goffset     offset)
{
  if (!pass (CAN_WAIT | NEEDS_ROOM))
    return -1;

  count = take_blocks (fd, offset, faults_shorten (count));
  if (count == 0)
    {
      errno = ENOSPC;
      return -1;
    }

  return state.real.pwrite (fd, data, count, offset);
}

static int
test_ftruncate (int     fd,
                goffset size)
{
  if (!pass (CAN_WAIT))
    return -1;

  /* Growing keeps what is allocated behind the end. */
  if (state.room >= 0 && lseek (fd, 0, SEEK_END) >= size)
    give_back_blocks (fd, size);

  return state.real.ftruncate (fd, size);
}

static int
test_fallocate (int     fd,
                int     mode,
                goffset offset,
                goffset length)
{
  if (!pass (CAN_WAIT | NEEDS_ROOM))
    return -1;

  if (state.flags & SYSTEM_NO_FALLOCATE)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  if (take_blocks (fd, offset, (gsize) length) < (gsize) length)
    {
      errno = ENOSPC;
      return -1;
    }

  return state.real.fallocate (fd, mode, offset, length);
}

static int
test_fstat (int          fd,
            struct stat *buf)
{
  return pass (0) ? state.real.fstat (fd, buf) : -1;
}

static int
test_stat_at (int          directory,
              const char  *name,
              struct stat *buf)
{
  return pass (0) ? state.real.stat_at (directory, name, buf) : -1;
}

static int
test_statfs (const char    *path,
             struct statfs *buf)
{
  if (!pass (0) || state.real.statfs (path, buf) < 0)
    return -1;

  buf->f_type = state.flags & SYSTEM_MEMORY ? TMPFS_MAGIC : EXT4_SUPER_MAGIC;

  return 0;
}

static int
test_fsync (int fd)
{
  return pass (CAN_WAIT | NEEDS_ROOM) ? state.real.fsync (fd) : -1;
}

static int
test_dup (int fd)
{
  int copy;

  if (!pass (0))
    return -1;

  copy = state.real.dup (fd);
  if (copy >= 0)
    add_open (1);

  return copy;
}

static int
test_link_fd (int         fd,
              int         directory,
              const char *name)
{
  int ret;

  if (!pass (NEEDS_ROOM))
    return -1;

  if (state.flags & SYSTEM_NO_LINKS)
    {
      errno = EPERM;
      return -1;
    }

  ret = state.real.link_fd (fd, directory, name);
  if (ret == 0)
    add_name (directory, name);

  return ret;
}

static int
test_link_proc (int         fd,
                int         directory,
                const char *name)
{
  int ret;

  if (!pass (NEEDS_ROOM))
    return -1;

  if (state.flags & SYSTEM_NO_LINKS)
    {
      errno = EPERM;
      return -1;
    }

  ret = state.real.link_proc (fd, directory, name);
  if (ret == 0)
    add_name (directory, name);

  return ret;
}

static int
test_rename (int          directory,
             const char  *from,
             const char  *to,
             unsigned int flags)
{
  int ret;

  if (!pass (NEEDS_ROOM))
    return -1;

  ret = state.real.rename (directory, from, to, flags);
  if (ret == 0)
    remove_name (directory, from);

  return ret;
}

static int
test_unlink (int         directory,
             const char *name)
{
  int ret;

  if (!pass (0))
    {
      g_atomic_int_inc (&state.n_kept);
      return -1;
    }

  ret = state.real.unlink (directory, name);
  if (ret == 0)
    remove_name (directory, name);

  return ret;
}

static int
test_fchmod (int    fd,
             mode_t mode)
{
  return pass (0) ? state.real.fchmod (fd, mode) : -1;
}

static int
test_fchown (int   fd,
             uid_t user,
             gid_t group)
{
  return pass (0) ? state.real.fchown (fd, user, group) : -1;
}

static goffset
test_seek (int     fd,
           goffset offset,
           int     whence)
{
  return pass (0) ? state.real.seek (fd, offset, whence) : -1;
}

static gboolean
copy_all (int to,
          int from)
{
  char block[4096];
  goffset offset = 0;
  gssize n;

  while ((n = pread (from, block, sizeof block, offset)) > 0)
    {
      if (pwrite (to, block, (gsize) n, offset) != n)
        return FALSE;
      offset += n;
    }

  return n == 0;
}

static int
test_clone_file (int to,
                 int from)
{
  if (!pass (CAN_WAIT | NEEDS_ROOM))
    return -1;

  if (state.room >= 0)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  if (state.flags & SYSTEM_REFLINK)
    return copy_all (to, from) ? 0 : -1;

  return state.real.clone_file (to, from);
}

static gssize
test_copy_file_range (int      from,
                      goffset *from_offset,
                      int      to,
                      goffset *to_offset,
                      gsize    count)
{
  if (!pass (CAN_WAIT | NEEDS_ROOM))
    return -1;

  if (state.room >= 0)
    {
      errno = EOPNOTSUPP;
      return -1;
    }

  return state.real.copy_file_range (from, from_offset, to, to_offset,
                                     faults_shorten (count));
}

static int
test_memfd_create (const char   *name,
                   unsigned int  flags)
{
  int fd;

  if (!pass (NEEDS_ROOM))
    return -1;

  fd = state.real.memfd_create (name, flags);
  if (fd >= 0)
    add_open (1);

  return fd;
}

static int
test_add_seals (int fd,
                int seals)
{
  return pass (0) ? state.real.add_seals (fd, seals) : -1;
}

static gpointer
test_try_realloc (gpointer data,
                  gsize    size)
{
  return pass (NEEDS_MEMORY) ? state.real.try_realloc (data, size) : NULL;
}

static gpointer
test_map_anonymous (gsize size)
{
  return pass (NEEDS_MEMORY) ? state.real.map_anonymous (size) : NULL;
}

static gpointer
test_map_file (int   fd,
               gsize size)
{
  return pass (0) ? state.real.map_file (fd, size) : NULL;
}

static gpointer
test_remap (gpointer data,
            gsize    old_size,
            gsize    new_size,
            gboolean may_move)
{
  return pass (NEEDS_MEMORY) ? state.real.remap (data, old_size, new_size, may_move)
                             : NULL;
}

static gpointer
test_remap_to (gpointer data,
               gsize    old_size,
               gsize    new_size,
               gpointer place)
{
  return pass (NEEDS_MEMORY) ? state.real.remap_to (data, old_size, new_size, place)
                             : NULL;
}

/* Takes the place of the library's system calls, without a fault for now. */
void
faults_install (SystemFlags flags)
{
  g_assert (!state.installed);

  state.installed = TRUE;
  state.flags = flags;
  state.real = spool_sys;
  state.active = state.paused = FALSE;
  state.n_calls = state.n_fired = 0;
  state.n_open = 0;
  state.room = -1;
  state.disk = g_hash_table_new_full (NULL, NULL, NULL,
                                      (GDestroyNotify) g_hash_table_unref);
  state.names = g_ptr_array_new_with_free_func (g_free);

  spool_sys.open = test_open;
  spool_sys.open_at = test_open_at;
  spool_sys.close = test_close;
  spool_sys.pread = test_pread;
  spool_sys.pwrite = test_pwrite;
  spool_sys.ftruncate = test_ftruncate;
  spool_sys.fallocate = test_fallocate;
  spool_sys.fstat = test_fstat;
  spool_sys.stat_at = test_stat_at;
  spool_sys.statfs = test_statfs;
  spool_sys.fsync = test_fsync;
  spool_sys.dup = test_dup;
  spool_sys.link_fd = test_link_fd;
  spool_sys.link_proc = test_link_proc;
  spool_sys.rename = test_rename;
  spool_sys.unlink = test_unlink;
  spool_sys.fchmod = test_fchmod;
  spool_sys.fchown = test_fchown;
  spool_sys.seek = test_seek;
  spool_sys.clone_file = test_clone_file;
  spool_sys.copy_file_range = test_copy_file_range;
  spool_sys.memfd_create = test_memfd_create;
  spool_sys.add_seals = test_add_seals;
  spool_sys.try_realloc = test_try_realloc;
  spool_sys.map_anonymous = test_map_anonymous;
  spool_sys.map_file = test_map_file;
  spool_sys.remap = test_remap;
  spool_sys.remap_to = test_remap_to;

  /* A call that is added to the table has to be able to fail too. */
  for (gsize i = 0; i < sizeof spool_sys / sizeof (gpointer); i++)
    g_assert (((gpointer *) &spool_sys)[i] != ((gpointer *) &state.real)[i]);
}

void
faults_uninstall (void)
{
  g_assert (state.installed);

  spool_sys = state.real;
  state.installed = FALSE;
  g_clear_pointer (&state.names, g_ptr_array_unref);
  g_clear_pointer (&state.disk, g_hash_table_unref);
}

/* From here on calls are counted and fail as planned. */
void
faults_start (const FaultPlan *plan)
{
  g_mutex_lock (&state.lock);
  state.plan = *plan;
  state.active = TRUE;
  state.paused = state.interrupted = FALSE;
  state.n_calls = state.n_fired = state.n_transfers = state.n_kept = 0;
  g_mutex_unlock (&state.lock);
}

/* The fault is lifted; the counts stay. */
void
faults_stop (void)
{
  g_mutex_lock (&state.lock);
  state.active = FALSE;
  memset (&state.plan, 0, sizeof state.plan);
  g_mutex_unlock (&state.lock);
}

/* What the test itself does between two operations is not part of the plan. */
void
faults_pause (void)
{
  g_mutex_lock (&state.lock);
  state.paused = TRUE;
  g_mutex_unlock (&state.lock);
}

void
faults_resume (void)
{
  g_mutex_lock (&state.lock);
  state.paused = FALSE;
  g_mutex_unlock (&state.lock);
}

guint
faults_get_n_calls (void)
{
  return state.n_calls;
}

guint
faults_get_n_fired (void)
{
  return state.n_fired;
}

int
faults_get_errno (void)
{
  return state.plan.errsv;
}

/* How many descriptors the library has opened and neither closed nor given
 * away.
 */
int
faults_get_n_open (void)
{
  return state.n_open;
}

void
faults_give_away (int fd)
{
  if (fd >= 0)
    add_open (-1);
}

/* Removes the names that are left, and says whether the library left only such
 * as it was kept from removing.
 */
gboolean
faults_remove_names (void)
{
  guint n = state.names != NULL ? state.names->len : 0;

  if (n == 0)
    return TRUE;

  for (guint i = 0; i < n; i++)
    unlink (g_ptr_array_index (state.names, i));
  g_ptr_array_set_size (state.names, 0);

  return n <= state.n_kept;
}
