/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-sys-private.h"
#include "spool-tmpfile-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define MAX_ATTEMPTS 16

typedef struct
{
  const char *path;
  gboolean    chosen;  /* by the user: taken as it is */
} Candidate;

static gboolean
is_in_memory (const char *directory)
{
  struct statfs buf;

  if (spool_sys.statfs (directory, &buf) < 0)
    return FALSE;

  /* The field has another type, signed or not, on each processor. */
  return (guint32) buf.f_type == TMPFS_MAGIC || (guint32) buf.f_type == RAMFS_MAGIC;
}

/* A name that nobody can guess, with 120 random bits. */
static char *
make_name (const char *directory)
{
  g_autofree char *uuid = g_uuid_string_random ();
  g_autofree char *name = g_strconcat (".spool-", uuid, NULL);

  return g_build_filename (directory, name, NULL);
}

/* Returns 0 or an errno. */
static int
open_with_name (SpoolTmpfile *self,
                const char   *directory)
{
  for (unsigned int i = 0; i < MAX_ATTEMPTS; i++)
    {
      g_autofree char *path = make_name (directory);

      self->fd = spool_sys_open (path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
      if (self->fd >= 0)
        {
          self->path = g_steal_pointer (&path);
          self->owner = getpid ();
          return 0;
        }
      if (errno != EEXIST)
        return errno;
    }

  return EEXIST;
}

/* Returns 0 or an errno. */
static int
open_without_name (SpoolTmpfile *self,
                   const char   *directory)
{
  int errsv;

  self->fd = spool_sys_open (directory, O_RDWR | O_TMPFILE, 0600);
  if (self->fd >= 0)
    {
      self->linkable = TRUE;
      self->owner = getpid ();
      return 0;
    }

  /* The first is said by file systems that have no such files, the others by
   * kernels and emulations that do not know the flag.
   */
  errsv = errno;
  if (errsv != EOPNOTSUPP && errsv != EISDIR && errsv != EINVAL)
    return errsv;

  errsv = open_with_name (self, directory);
  if (errsv != 0)
    return errsv;

  if (spool_sys.unlink (AT_FDCWD, self->path) < 0)
    {
      errsv = errno;
      spool_tmpfile_clear (self);
      return errsv;
    }

  g_clear_pointer (&self->path, g_free);

  return 0;
}

/* Returns 0 or an errno. */
static int
open_in (SpoolTmpfile *self,
         const char   *directory,
         gboolean      named)
{
  int errsv = named ? open_with_name (self, directory)
                    : open_without_name (self, directory);

  if (errsv == 0)
    self->directory = g_strdup (directory);

  return errsv;
}

static gboolean
set_error (GError    **error,
           int         errsv,
           const char *directory)
{
  g_autofree char *display = g_filename_display_name (directory);
  g_autofree char *message =
    g_strdup_printf (_("Failed to create a temporary file in “%s”"), display);

  return spool_set_error_from_errno (error, errsv, message);
}

/* Another directory may have what this one lacks; a process without
 * descriptors or memory fails everywhere.
 */
static gboolean
is_fault_of_directory (int errsv)
{
  return errsv != EMFILE && errsv != ENFILE && errsv != ENOMEM;
}

/* Opens a temporary file in @directory or, where that is %NULL, in the best of
 * the usual directories: one that is on a disk and can be written to.
 */
gboolean
spool_tmpfile_open (SpoolTmpfile *self,
                    const char   *directory,
                    gboolean      named,
                    GError      **error)
{
  Candidate candidates[4];
  gsize n = 0;
  int first_errsv = 0;
  const char *first_failed = NULL;

  if (directory == NULL && getauxval (AT_SECURE) == 0)
    directory = g_getenv ("TMPDIR");

  if (directory != NULL && *directory != '\0')
    candidates[n++] = (Candidate) { directory, TRUE };
  else
    {
      candidates[n++] = (Candidate) { "/var/tmp", FALSE };
      candidates[n++] = (Candidate) { g_get_user_cache_dir (), FALSE };
      candidates[n++] = (Candidate) { g_get_tmp_dir (), FALSE };
    }

  /* First those on a disk, then those in memory that were passed over. */
  for (unsigned int in_memory = 0; in_memory < 2; in_memory++)
    {
      for (gsize i = 0; i < n; i++)
        {
          int errsv;

          if ((!candidates[i].chosen && is_in_memory (candidates[i].path)) != in_memory)
            continue;

          errsv = open_in (self, candidates[i].path, named);
          if (errsv == 0)
            return TRUE;

          if (first_failed == NULL || !is_fault_of_directory (errsv))
            {
              first_failed = candidates[i].path;
              first_errsv = errsv;
            }
          if (!is_fault_of_directory (errsv))
            return set_error (error, first_errsv, first_failed);
        }
    }

  return set_error (error, first_errsv, first_failed);
}

/* Whether this process made the file, and is no fork's child. */
gboolean
spool_tmpfile_is_ours (SpoolTmpfile *self)
{
  return self->owner == getpid ();
}

/* Removes the file's name, if it has one and if the name is still that of this
 * file: a fork's child or a program that put its own file there keeps it.
 */
static void
remove_name (SpoolTmpfile *self)
{
  struct stat named, opened;

  if (self->path != NULL && spool_tmpfile_is_ours (self) &&
      fstat (self->fd, &opened) == 0 &&
      lstat (self->path, &named) == 0 &&
      named.st_dev == opened.st_dev && named.st_ino == opened.st_ino)
    spool_sys.unlink (AT_FDCWD, self->path);

  g_clear_pointer (&self->path, g_free);
}

/* Whether the file is in a file system that is memory. */
gboolean
spool_tmpfile_is_in_memory (SpoolTmpfile *self)
{
  return is_in_memory (self->directory);
}

/* The file has a name elsewhere now: it keeps that one only. */
void
spool_tmpfile_give_away (SpoolTmpfile *self)
{
  remove_name (self);
  self->linkable = FALSE;
}

/* Closes the file and removes its name. */
void
spool_tmpfile_clear (SpoolTmpfile *self)
{
  remove_name (self);

  if (self->fd >= 0)
    spool_sys.close (self->fd);

  self->fd = -1;
  self->linkable = FALSE;
  g_clear_pointer (&self->directory, g_free);
}
