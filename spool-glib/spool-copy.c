/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-copy-private.h"
#include "spool-error-private.h"
#include "spool-sys-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

typedef struct
{
  int                    from;
  int                    to;
  goffset                size;          /* bytes to copy */
  const char            *write_message;
  GFileProgressCallback  progress;
  gpointer               progress_data;
  GCancellable          *cancellable;

  guint8                *block;         /* SPOOL_COPY_BLOCK bytes, or NULL */
  gboolean               in_kernel;     /* copy_file_range() may be tried */
  gboolean               ended;         /* @from is shorter than @size */
} Copy;

static void
report (Copy    *self,
        goffset  offset)
{
  if (self->progress != NULL)
    self->progress (offset, self->size, self->progress_data);
}

static gssize
copy_through_block (Copy     *self,
                    goffset   offset,
                    gsize     count,
                    GError  **error)
{
  gssize n;

  if (self->block == NULL)
    self->block = spool_sys.try_realloc (NULL, SPOOL_COPY_BLOCK);
  if (self->block == NULL)
    {
      spool_set_error_no_memory (error);
      return -1;
    }

  n = spool_sys_pread_full (self->from, self->block, MIN (count, SPOOL_COPY_BLOCK), offset);
  if (n < 0)
    {
      spool_set_error_from_errno (error, errno,
                                  _("Failed to read from the temporary file"));
      return -1;
    }

  if (spool_sys_pwrite_full (self->to, self->block, (gsize) n, offset) < n)
    {
      spool_set_error_from_errno (error, errno, self->write_message);
      return -1;
    }

  return n;
}

static gssize
copy_step (Copy     *self,
           goffset   offset,
           gsize     count,
           GError  **error)
{
  if (self->in_kernel)
    {
      gssize n = spool_sys_copy_range (self->from, self->to, offset,
                                       MIN (count, SPOOL_COPY_STEP));

      if (n > 0)
        return n;

      /* Whatever the reason, the other way will meet it or go past it. */
      self->in_kernel = FALSE;
    }

  return copy_through_block (self, offset, count, error);
}

static gboolean
copy_segment (Copy     *self,
              goffset   offset,
              goffset   end,
              GError  **error)
{
  while (offset < end && !self->ended)
    {
      gssize n;

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;

      n = copy_step (self, offset, (gsize) MIN (end - offset, SPOOL_COPY_STEP), error);
      if (n < 0)
        return FALSE;

      self->ended = n == 0;
      offset += n;
      report (self, offset);
    }

  return TRUE;
}

/* Whether to look for holes. A file that has all its blocks is not asked: not
 * every file system gives true answers about bytes that were just written.
 */
static gboolean
is_sparse (Copy *self)
{
  struct stat buf;

  return spool_sys.fstat (self->from, &buf) == 0 &&
         (goffset) buf.st_blocks < self->size / 512;
}

/* Finds the next bytes from @offset on that are not a hole. */
static gboolean
find_segment (Copy    *self,
              goffset *offset,
              goffset *end)
{
  goffset start = spool_sys.seek (self->from, *offset, SEEK_DATA);
  goffset stop;

  if (start < 0)
    return errno != ENXIO;

  stop = spool_sys.seek (self->from, start, SEEK_HOLE);
  *offset = MIN (start, self->size);
  if (stop > start)
    *end = MIN (stop, self->size);

  return TRUE;
}

static gboolean
copy_all (Copy    *self,
          GError **error)
{
  /* What may not be shared may show as a hole where the disk has lost it. */
  gboolean sparse = self->in_kernel && is_sparse (self);

  for (goffset offset = 0; offset < self->size && !self->ended;)
    {
      goffset end = self->size;

      if (sparse && !find_segment (self, &offset, &end))
        break;

      if (!copy_segment (self, offset, end, error))
        return FALSE;

      offset = end;
    }

  return TRUE;
}

/* Makes the empty file @to a copy of the first @size bytes of @from: by
 * reference where the file system can, else in the kernel, else through a
 * block of memory. Holes stay holes. Without @share each byte is read and
 * written. Neither file's position is used.
 */
gboolean
spool_copy_fd (int                     from,
               int                     to,
               goffset                 size,
               gboolean                share,
               const char             *write_message,
               GFileProgressCallback   progress,
               gpointer                progress_data,
               GCancellable           *cancellable,
               GError                **error)
{
  Copy copy = { from, to, size, write_message, progress, progress_data,
                cancellable, NULL, share, FALSE };
  gboolean ok;

  ok = size == 0 || (share && spool_sys_clone_file (to, from, size) == 0) ||
       copy_all (&copy, error);
  g_free (copy.block);

  if (ok && spool_sys_truncate (to, size) < 0)
    ok = spool_set_error_from_errno (error, errno, write_message);

  return ok;
}
