/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-sys-private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int
real_open (const char *path,
           int         flags,
           mode_t      mode)
{
  return open (path, flags, mode);
}

static int
real_open_at (int         directory,
              const char *name,
              int         flags,
              mode_t      mode)
{
  return openat (directory, name, flags, mode);
}

static gssize
real_pread (int     fd,
            void   *data,
            gsize   count,
            goffset offset)
{
  return pread (fd, data, count, offset);
}

static gssize
real_pwrite (int         fd,
             const void *data,
             gsize       count,
             goffset     offset)
{
  return pwrite (fd, data, count, offset);
}

static int
real_ftruncate (int     fd,
                goffset size)
{
  return ftruncate (fd, size);
}

static int
real_fallocate (int     fd,
                int     mode,
                goffset offset,
                goffset length)
{
  return fallocate (fd, mode, offset, length);
}

/* Does not follow a symbolic link. */
static int
real_stat_at (int          directory,
              const char  *name,
              struct stat *buf)
{
  return fstatat (directory, name, buf, AT_SYMLINK_NOFOLLOW);
}

static int
real_dup (int fd)
{
  return fcntl (fd, F_DUPFD_CLOEXEC, 3);
}

static int
real_link_fd (int         fd,
              int         directory,
              const char *name)
{
  return linkat (fd, "", directory, name, AT_EMPTY_PATH);
}

/* Needs a mounted /proc, but no capability on kernels before 6.10. */
static int
real_link_proc (int         fd,
                int         directory,
                const char *name)
{
  char path[32];

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", fd);

  return linkat (AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
}

static int
real_rename (int          directory,
             const char  *from,
             const char  *to,
             unsigned int flags)
{
  return renameat2 (directory, from, directory, to, flags);
}

static int
real_unlink (int         directory,
             const char *name)
{
  return unlinkat (directory, name, 0);
}

static goffset
real_seek (int     fd,
           goffset offset,
           int     whence)
{
  return lseek (fd, offset, whence);
}

static int
real_clone_file (int to,
                 int from)
{
  return ioctl (to, FICLONE, from);
}

static gssize
real_copy_file_range (int      from,
                      goffset *from_offset,
                      int      to,
                      goffset *to_offset,
                      gsize    count)
{
  return copy_file_range (from, from_offset, to, to_offset, count, 0);
}

static int
real_add_seals (int fd,
                int seals)
{
  return fcntl (fd, F_ADD_SEALS, seals);
}

static gpointer
real_map_anonymous (gsize size)
{
  gpointer data = mmap (NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return data == MAP_FAILED ? NULL : data;
}

static gpointer
real_map_file (int   fd,
               gsize size)
{
  gpointer data = mmap (NULL, size, PROT_READ, MAP_SHARED, fd, 0);

  return data == MAP_FAILED ? NULL : data;
}

static gpointer
real_remap (gpointer data,
            gsize    old_size,
            gsize    new_size,
            gboolean may_move)
{
  gpointer moved = mremap (data, old_size, new_size,
                           may_move ? MREMAP_MAYMOVE : 0);

  return moved == MAP_FAILED ? NULL : moved;
}

/* Takes the place of the mapping that is there. */
static gpointer
real_remap_to (gpointer data,
               gsize    old_size,
               gsize    new_size,
               gpointer place)
{
  gpointer moved = mremap (data, old_size, new_size,
                           MREMAP_MAYMOVE | MREMAP_FIXED, place);

  return moved == MAP_FAILED ? NULL : moved;
}

SpoolSys spool_sys = {
  .open = real_open,
  .open_at = real_open_at,
  .close = close,
  .pread = real_pread,
  .pwrite = real_pwrite,
  .ftruncate = real_ftruncate,
  .fallocate = real_fallocate,
  .fstat = fstat,
  .stat_at = real_stat_at,
  .statfs = statfs,
  .fsync = fsync,
  .dup = real_dup,
  .link_fd = real_link_fd,
  .link_proc = real_link_proc,
  .rename = real_rename,
  .unlink = real_unlink,
  .fchmod = fchmod,
  .fchown = fchown,
  .seek = real_seek,
  .clone_file = real_clone_file,
  .copy_file_range = real_copy_file_range,
  .memfd_create = memfd_create,
  .add_seals = real_add_seals,
  .try_realloc = g_try_realloc,
  .map_anonymous = real_map_anonymous,
  .map_file = real_map_file,
  .remap = real_remap,
  .remap_to = real_remap_to,
};

/* Whether RLIMIT_FSIZE forbids a file to reach @end bytes. */
gboolean
spool_sys_size_limited (goffset end)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_FSIZE, &limit) == 0 &&
         limit.rlim_cur != RLIM_INFINITY &&
         (guint64) end > (guint64) limit.rlim_cur;
}

/* Past RLIMIT_FSIZE the kernel does not only fail the call, it also sends
 * SIGXFSZ, which kills the process by default. The signal goes to the calling
 * thread: block it there for the call and take it out of the queue after.
 */
typedef struct
{
  gboolean active;
  sigset_t old_mask;
} SizeGuard;

static void
size_guard_enter (SizeGuard *guard,
                  goffset    end)
{
  sigset_t set;

  guard->active = spool_sys_size_limited (end);
  if (!guard->active)
    return;

  sigemptyset (&set);
  sigaddset (&set, SIGXFSZ);
  pthread_sigmask (SIG_BLOCK, &set, &guard->old_mask);
}

static void
size_guard_leave (SizeGuard *guard)
{
  int errsv = errno;

  if (!guard->active)
    return;

  /* One that was blocked before belongs to whoever blocked it. */
  if (!sigismember (&guard->old_mask, SIGXFSZ))
    {
      struct timespec none = { 0, 0 };
      sigset_t set;

      sigemptyset (&set);
      sigaddset (&set, SIGXFSZ);
      while (sigtimedwait (&set, NULL, &none) < 0 && errno == EINTR)
        ;
    }

  pthread_sigmask (SIG_SETMASK, &guard->old_mask, NULL);
  errno = errsv;
}

/* Writes until all is written or the kernel refuses. Returns how much was
 * written; where that is less than @count, errno says why.
 */
gssize
spool_sys_pwrite_full (int         fd,
                       const void *data,
                       gsize       count,
                       goffset     offset)
{
  const guint8 *bytes = data;
  gsize done = 0;
  SizeGuard guard;

  size_guard_enter (&guard, offset + (goffset) count);

  while (done < count)
    {
      gssize n = spool_sys.pwrite (fd, bytes + done, count - done,
                                   offset + (goffset) done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n == 0)
        errno = ENOSPC;
      if (n <= 0)
        break;

      done += (gsize) n;
    }

  size_guard_leave (&guard);

  return (gssize) done;
}

/* Reads until @count bytes are there or the file ends. Returns how many, or
 * -1 with errno set.
 */
gssize
spool_sys_pread_full (int     fd,
                      void   *data,
                      gsize   count,
                      goffset offset)
{
  guint8 *bytes = data;
  gsize done = 0;

  while (done < count)
    {
      gssize n = spool_sys.pread (fd, bytes + done, count - done,
                                  offset + (goffset) done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;

      done += (gsize) n;
    }

  return (gssize) done;
}

int
spool_sys_truncate (int     fd,
                    goffset size)
{
  SizeGuard guard;
  int ret;

  size_guard_enter (&guard, size);
  do
    ret = spool_sys.ftruncate (fd, size);
  while (ret < 0 && errno == EINTR);
  size_guard_leave (&guard);

  return ret;
}

/* Allocates disk space; the size of the file stays as it is. */
int
spool_sys_allocate (int     fd,
                    goffset offset,
                    goffset length)
{
  int ret;

  do
    ret = spool_sys.fallocate (fd, FALLOC_FL_KEEP_SIZE, offset, length);
  while (ret < 0 && errno == EINTR);

  return ret;
}

int
spool_sys_open (const char *path,
                int         flags,
                mode_t      mode)
{
  int fd;

  do
    fd = spool_sys.open (path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);

  return fd;
}

int
spool_sys_open_at (int         directory,
                   const char *name,
                   int         flags,
                   mode_t      mode)
{
  int fd;

  do
    fd = spool_sys.open_at (directory, name, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);

  return fd;
}

/* Must not be called again on a file for which it failed once: the kernel
 * reports a loss only once, and would now say that all is well.
 */
int
spool_sys_fsync (int fd)
{
  int ret;

  do
    ret = spool_sys.fsync (fd);
  while (ret < 0 && errno == EINTR);

  return ret;
}

/* Makes @to share all blocks of @from, which has at least @size bytes. */
int
spool_sys_clone_file (int     to,
                      int     from,
                      goffset size)
{
  SizeGuard guard;
  int ret;

  size_guard_enter (&guard, size);
  do
    ret = spool_sys.clone_file (to, from);
  while (ret < 0 && errno == EINTR);
  size_guard_leave (&guard);

  return ret;
}

/* Copies up to @count bytes to the same place in @to, and returns how many, or
 * -1 with errno set.
 */
gssize
spool_sys_copy_range (int     from,
                      int     to,
                      goffset offset,
                      gsize   count)
{
  SizeGuard guard;
  gssize n;

  size_guard_enter (&guard, offset + (goffset) count);
  do
    {
      goffset in = offset;
      goffset out = offset;

      n = spool_sys.copy_file_range (from, &in, to, &out, count);
    }
  while (n < 0 && errno == EINTR);
  size_guard_leave (&guard);

  return n;
}
