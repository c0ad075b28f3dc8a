/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-sys-private.h"
#include "spool-target-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>

#define MAX_ATTEMPTS 16

/* A name that nobody can guess, with 120 random bits. */
static char *
make_name (void)
{
  g_autofree char *uuid = g_uuid_string_random ();

  return g_strconcat (".spool-", uuid, NULL);
}

static gboolean
set_target_error (SpoolTarget  *self,
                  int           errsv,
                  GError      **error)
{
  g_autofree char *message =
    g_strdup_printf (_("Failed to save to “%s”"), self->display);

  return spool_set_error_from_errno (error, errsv, message);
}

/* Opens a new file without a name or, with @temporary, one with a name that
 * nobody has. Returns 0 or an errno.
 */
static int
open_new (SpoolTarget  *self,
          mode_t        mode,
          int          *fd,
          char        **temporary)
{
  if (temporary == NULL)
    {
      *fd = spool_sys_open_at (self->folder, ".", O_RDWR | O_TMPFILE, mode);
      return *fd >= 0 ? 0 : errno;
    }

  for (unsigned int i = 0; i < MAX_ATTEMPTS; i++)
    {
      g_autofree char *name = make_name ();

      *fd = spool_sys_open_at (self->folder, name,
                               O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
      if (*fd >= 0)
        {
          *temporary = g_steal_pointer (&name);
          return 0;
        }
      if (errno != EEXIST)
        return errno;
    }

  return EEXIST;
}

/* Whether a file system that has no files without a name says @errsv, or a
 * kernel or an emulation that does not know them.
 */
static gboolean
needs_name (int errsv)
{
  return errsv == EOPNOTSUPP || errsv == EISDIR || errsv == EINVAL;
}

/* Finds out which permissions new files get: only the kernel knows the umask,
 * and the folder may have rules of its own. Returns 0 or an errno.
 */
static int
probe_mode (SpoolTarget *self)
{
  g_autofree char *temporary = NULL;
  struct stat buf;
  int fd;
  int errsv = open_new (self, 0666, &fd, NULL);

  if (needs_name (errsv))
    errsv = open_new (self, 0666, &fd, &temporary);
  if (errsv != 0)
    return errsv;

  if (spool_sys.fstat (fd, &buf) < 0)
    errsv = errno;
  else
    self->mode = buf.st_mode & 0777;

  spool_sys.close (fd);
  if (temporary != NULL)
    spool_sys.unlink (self->folder, temporary);

  return errsv;
}

/* Looks at what is there and finds out the permissions of what will be. */
static gboolean
examine (SpoolTarget  *self,
         GError      **error)
{
  struct stat buf;
  int errsv = 0;

  self->exists = spool_sys.stat_at (self->folder, self->name, &buf) == 0;
  self->device = self->exists ? buf.st_dev : 0;
  self->inode = self->exists ? buf.st_ino : 0;
  if (!self->exists && errno != ENOENT)
    return set_target_error (self, errno, error);

  if (self->exists && (self->flags & SPOOL_SAVE_NO_OVERWRITE))
    return set_target_error (self, EEXIST, error);

  if (self->exists && S_ISDIR (buf.st_mode))
    return set_target_error (self, EISDIR, error);

  if (self->exists && !S_ISREG (buf.st_mode) && !S_ISLNK (buf.st_mode))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                   _("Failed to save to “%s”: It is not a regular file"),
                   self->display);
      return FALSE;
    }

  if (self->flags & SPOOL_SAVE_PRIVATE)
    self->mode = 0600;
  else if (self->exists && S_ISREG (buf.st_mode))
    {
      self->mode = buf.st_mode & 0777;
      self->group = buf.st_gid;
      self->has_group = TRUE;
    }
  else
    errsv = probe_mode (self);

  return errsv == 0 || set_target_error (self, errsv, error);
}

/* @path is absolute. Nothing is changed yet, but most of what can go wrong
 * shows here, before anything is copied.
 */
gboolean
spool_target_open (SpoolTarget     *self,
                   const char      *path,
                   SpoolSaveFlags   flags,
                   GError         **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  self->flags = flags;
  self->name = g_path_get_basename (path);
  self->display = g_filename_display_name (path);

  if (*self->name == G_DIR_SEPARATOR)
    return set_target_error (self, EISDIR, error);

  /* A folder that can be written to need not be one that can be read. */
  self->folder = spool_sys_open (folder, O_PATH | O_DIRECTORY, 0);
  if (self->folder < 0)
    return set_target_error (self, errno, error);

  if (flags & SPOOL_SAVE_DURABLE)
    {
      self->sync_folder = spool_sys_open_at (self->folder, ".", O_RDONLY | O_DIRECTORY, 0);
      if (self->sync_folder < 0)
        return set_target_error (self, errno, error);
    }

  return examine (self, error);
}

/* Whether what is there is the file that @buf tells of, under the same or
 * another name. Renaming one to the other would do nothing.
 */
gboolean
spool_target_is_file (SpoolTarget       *self,
                      const struct stat *buf)
{
  return self->exists && self->device == buf->st_dev && self->inode == buf->st_ino;
}

static void
discard (SpoolTarget *self)
{
  if (self->temporary != NULL)
    spool_sys.unlink (self->folder, self->temporary);
  g_clear_pointer (&self->temporary, g_free);

  if (self->fd >= 0)
    spool_sys.close (self->fd);
  self->fd = -1;
}

/* Makes the file to write to, in place of one made before. Nobody else can
 * read it until it is placed.
 */
gboolean
spool_target_create (SpoolTarget  *self,
                     gboolean      named,
                     GError      **error)
{
  int errsv;

  discard (self);

  errsv = open_new (self, 0600, &self->fd, named ? &self->temporary : NULL);
  if (!named && needs_name (errsv))
    errsv = open_new (self, 0600, &self->fd, &self->temporary);

  return errsv == 0 || set_target_error (self, errsv, error);
}

/* Network file systems tell only when a descriptor is closed that the bytes
 * could not be stored; any descriptor will do. Returns 0 or an errno.
 */
static int
flush_by_closing (int fd)
{
  int copy = spool_sys.dup (fd);

  if (copy < 0)
    return errno;

  return spool_sys.close (copy) == 0 || errno == EINTR ? 0 : errno;
}

/* Returns 0 or an errno. Each way needs what the other does not. */
static int
link_fd (SpoolTarget *self,
         int          fd,
         const char  *name)
{
  int errsv;

  if (spool_sys.link_fd (fd, self->folder, name) == 0)
    return 0;

  errsv = errno;
  if (errsv == EEXIST || errsv == EXDEV)
    return errsv;

  return spool_sys.link_proc (fd, self->folder, name) == 0 ? 0 : errno;
}

/* Returns 0 or an errno. */
static int
link_to_temporary (SpoolTarget *self,
                   int          fd)
{
  for (unsigned int i = 0; i < MAX_ATTEMPTS; i++)
    {
      g_autofree char *name = make_name ();
      int errsv = link_fd (self, fd, name);

      if (errsv == 0)
        self->temporary = g_steal_pointer (&name);
      if (errsv != EEXIST)
        return errsv;
    }

  return EEXIST;
}

/* Gives the file with a temporary name its own. Returns 0 or an errno. */
static int
rename_temporary (SpoolTarget *self,
                  int          fd)
{
  gboolean no_overwrite = (self->flags & SPOOL_SAVE_NO_OVERWRITE) != 0;
  int errsv;

  if (spool_sys.rename (self->folder, self->temporary, self->name,
                        no_overwrite ? RENAME_NOREPLACE : 0) == 0)
    {
      g_clear_pointer (&self->temporary, g_free);
      return 0;
    }

  /* Not every file system can rename that way, but a link never replaces. */
  errsv = errno;
  if (no_overwrite && (errsv == EINVAL || errsv == ENOSYS || errsv == EOPNOTSUPP))
    {
      errsv = link_fd (self, fd, self->name);
      if (errsv == 0)
        {
          spool_sys.unlink (self->folder, self->temporary);
          g_clear_pointer (&self->temporary, g_free);
        }
    }

  return errsv;
}

/* What linking came to. A copy may go where the file itself cannot, but it
 * needs room all the more.
 */
static SpoolPlacing
placing_from_errno (SpoolTarget  *self,
                    int           errsv,
                    GError      **error)
{
  switch (errsv)
    {
    case 0:
      return SPOOL_PLACED;

    case EDQUOT:
    case EEXIST:
    case EIO:
    case ENAMETOOLONG:
    case ENOMEM:
    case ENOSPC:
    case EROFS:
      set_target_error (self, errsv, error);
      return SPOOL_NOT_PLACED;

    default:
      return SPOOL_CANNOT_LINK;
    }
}

static SpoolPlacing
link_or_rename (SpoolTarget  *self,
                int           fd,
                GError      **error)
{
  int errsv;

  /* Where nothing is there, no other name is ever needed. */
  if (self->temporary == NULL && !self->exists)
    {
      errsv = link_fd (self, fd, self->name);
      if (errsv != EEXIST || (self->flags & SPOOL_SAVE_NO_OVERWRITE))
        return placing_from_errno (self, errsv, error);
    }

  if (self->temporary == NULL)
    {
      errsv = link_to_temporary (self, fd);
      if (errsv != 0)
        return placing_from_errno (self, errsv, error);
    }

  errsv = rename_temporary (self, fd);
  if (errsv == 0)
    return SPOOL_PLACED;

  set_target_error (self, errsv, error);
  discard (self);

  return SPOOL_NOT_PLACED_CUT;
}

/* Gives the file the permissions that it is to have. Those of a group are
 * meant for that group, and for no other that the file may belong to. Returns
 * 0 or an errno.
 */
static int
set_mode (SpoolTarget *self,
          int          fd)
{
  mode_t mode = self->mode;
  struct stat buf;

  if (spool_sys.fstat (fd, &buf) < 0)
    return errno;

  if (self->has_group && buf.st_gid != self->group &&
      spool_sys.fchown (fd, (uid_t) -1, self->group) < 0)
    mode &= 0707 | ((mode & 07) << 3);

  /* A file system that has one mode for all files may refuse to set even that. */
  return (buf.st_mode & 07777) == mode || spool_sys.fchmod (fd, mode) == 0 ? 0 : errno;
}

/* Puts the file @fd at its place, with all that is to be true of it by then:
 * whoever finds it there finds it whole. @fd may be the target's own file, or
 * one without a name, or with a name elsewhere on the same file system.
 */
SpoolPlacing
spool_target_place (SpoolTarget  *self,
                    int           fd,
                    GError      **error)
{
  int errsv = set_mode (self, fd);

  if (errsv == 0)
    errsv = flush_by_closing (fd);

  if (errsv == 0 && (self->flags & SPOOL_SAVE_DURABLE) && spool_sys_fsync (fd) < 0)
    errsv = errno;

  if (errsv != 0)
    {
      set_target_error (self, errsv, error);
      return SPOOL_NOT_PLACED_CUT;
    }

  return link_or_rename (self, fd, error);
}

/* Makes sure that the name is on the disk, where that was asked for. */
gboolean
spool_target_sync_folder (SpoolTarget  *self,
                          GError      **error)
{
  return self->sync_folder < 0 || spool_sys_fsync (self->sync_folder) == 0 ||
         set_target_error (self, errno, error);
}

void
spool_target_clear (SpoolTarget *self)
{
  discard (self);

  if (self->sync_folder >= 0)
    spool_sys.close (self->sync_folder);
  if (self->folder >= 0)
    spool_sys.close (self->folder);

  self->folder = self->sync_folder = -1;
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->display, g_free);
}
