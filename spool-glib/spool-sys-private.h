/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

G_BEGIN_DECLS

/* Every system call on files and every allocation of payload goes through
 * this table, so that a test that links the objects statically can make the
 * n-th call fail. The library itself never writes to it.
 */
typedef struct
{
  int      (*open)            (const char    *path,
                               int            flags,
                               mode_t         mode);
  int      (*open_at)         (int            directory,
                               const char    *name,
                               int            flags,
                               mode_t         mode);
  int      (*close)           (int            fd);
  gssize   (*pread)           (int            fd,
                               void          *data,
                               gsize          count,
                               goffset        offset);
  gssize   (*pwrite)          (int            fd,
                               const void    *data,
                               gsize          count,
                               goffset        offset);
  int      (*ftruncate)       (int            fd,
                               goffset        size);
  int      (*fallocate)       (int            fd,
                               int            mode,
                               goffset        offset,
                               goffset        length);
  int      (*fstat)           (int            fd,
                               struct stat   *buf);
  int      (*stat_at)         (int            directory,
                               const char    *name,
                               struct stat   *buf);
  int      (*statfs)          (const char    *path,
                               struct statfs *buf);
  int      (*fsync)           (int            fd);
  int      (*dup)             (int            fd);
  int      (*link_fd)         (int            fd,
                               int            directory,
                               const char    *name);
  int      (*link_proc)       (int            fd,
                               int            directory,
                               const char    *name);
  int      (*rename)          (int            directory,
                               const char    *from,
                               const char    *to,
                               unsigned int   flags);
  int      (*unlink)          (int            directory,
                               const char    *name);
  int      (*fchmod)          (int            fd,
                               mode_t         mode);
  int      (*fchown)          (int            fd,
                               uid_t          user,
                               gid_t          group);
  goffset  (*seek)            (int            fd,
                               goffset        offset,
                               int            whence);
  int      (*clone_file)      (int            to,
                               int            from);
  gssize   (*copy_file_range) (int            from,
                               goffset       *from_offset,
                               int            to,
                               goffset       *to_offset,
                               gsize          count);
  int      (*memfd_create)    (const char    *name,
                               unsigned int   flags);
  int      (*add_seals)       (int            fd,
                               int            seals);
  gpointer (*try_realloc)     (gpointer       data,
                               gsize          size);
  gpointer (*map_anonymous)   (gsize          size);
  gpointer (*map_file)        (int            fd,
                               gsize          size);
  gpointer (*remap)           (gpointer       data,
                               gsize          old_size,
                               gsize          new_size,
                               gboolean       may_move);
  gpointer (*remap_to)        (gpointer       data,
                               gsize          old_size,
                               gsize          new_size,
                               gpointer       place);
} SpoolSys;

extern SpoolSys spool_sys;

gboolean spool_sys_size_limited   (goffset       end);
gssize   spool_sys_pwrite_full    (int           fd,
                                   const void   *data,
                                   gsize         count,
                                   goffset       offset);
gssize   spool_sys_pread_full     (int           fd,
                                   void         *data,
                                   gsize         count,
                                   goffset       offset);
int      spool_sys_truncate       (int           fd,
                                   goffset       size);
int      spool_sys_allocate       (int           fd,
                                   goffset       offset,
                                   goffset       length);
int      spool_sys_open           (const char   *path,
                                   int           flags,
                                   mode_t        mode);
int      spool_sys_open_at        (int           directory,
                                   const char   *name,
                                   int           flags,
                                   mode_t        mode);
int      spool_sys_fsync          (int           fd);
int      spool_sys_clone_file     (int           to,
                                   int           from,
                                   goffset       size);
gssize   spool_sys_copy_range     (int           from,
                                   int           to,
                                   goffset       offset,
                                   gsize         count);

G_END_DECLS
