/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-copy-private.h"
#include "spool-error-private.h"
#include "spool-fd-storage-private.h"
#include "spool-sys-private.h"
#include "spool-tmpfile-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Writes of up to this many bytes are worth a stay in the window. */
#define SMALL_WRITE (SPOOL_WINDOW_SIZE / 4)

/* The most that is reserved at once for small writes, in bytes. Many small
 * reservations take a file system long to make, and longer to take back.
 */
#define MAX_RESERVE (4 * 1024 * 1024)

/* Counts who needs the bytes of a file to stay as they are, as the snapshots
 * that map it do. The storage holds one reference, each of them another, so
 * that either may go first.
 */
struct _SpoolPin
{
  gatomicrefcount ref_count;
};

typedef struct
{
  SpoolPin *pin;
  gpointer  data;
  gsize     size;
} Mapping;

/* A native file, written behind through a window: small writes that go on
 * where the last one ended are gathered in memory and written as one. The
 * bytes in the window count as written; what the kernel refuses to take stays
 * there, can be read, and is refused again at the next flush.
 */
typedef struct
{
  SpoolStorage  parent;

  SpoolTmpfile  file;
  goffset       size;          /* of the content, the window included */
  goffset       file_size;     /* of the file; bytes behind size are stale */
  goffset       write_end;     /* where the last write ended */
  gboolean      shared;        /* others may write: believe only the file */
  gboolean      exposed;       /* others have the file: do not map it */
  gboolean      given_away;    /* it is not ours: do not write to it */
  gboolean      stays;         /* it cannot be given away */
  gboolean      doubtful;      /* the disk may lack what the kernel shows */

  guint8       *window;        /* SPOOL_WINDOW_SIZE bytes, or NULL */
  goffset       window_offset;
  gsize         window_length; /* 0: nothing is kept back */
  gsize         window_room;   /* so many bytes have room on the disk */

  goffset       reserved_start; /* what lies between these has room on the */
  goffset       reserved_end;   /* disk, whether it was written or not */
  goffset       promised_end;   /* up to here the user has asked for it */

  SpoolPin     *pin;           /* NULL: was never pinned */
  goffset       pinned_size;   /* what the largest living pin covers */
} SpoolFdStorage;

static const SpoolStorageClass spool_fd_storage_class;

void
spool_pin_unref (SpoolPin *pin)
{
  if (g_atomic_ref_count_dec (&pin->ref_count))
    g_free (pin);
}

static void
mapping_free (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->data, mapping->size);
  spool_pin_unref (mapping->pin);
  g_free (mapping);
}

static gboolean
set_write_error (GError **error,
                 int      errsv)
{
  return spool_set_error_from_errno (error, errsv,
                                     _("Failed to write to the temporary file"));
}

static gboolean
set_read_error (GError **error,
                int      errsv)
{
  return spool_set_error_from_errno (error, errsv,
                                     _("Failed to read from the temporary file"));
}

static goffset
get_window_end (SpoolFdStorage *self)
{
  return self->window_offset + (goffset) self->window_length;
}

/* Asks the file for its size where others may have changed it. What a failed
 * write left behind the end is not content while nobody has added to it.
 */
static gboolean
refresh_size (SpoolFdStorage *self,
              GError        **error)
{
  struct stat buf;

  if (!self->shared)
    return TRUE;

  if (spool_sys.fstat (self->file.fd, &buf) < 0)
    return set_read_error (error, errno);

  if (buf.st_size != self->file_size)
    {
      self->size = self->file_size = buf.st_size;
      if (self->window_length > 0)
        self->size = MAX (self->size, get_window_end (self));
    }

  return TRUE;
}

static gboolean
truncate_file (SpoolFdStorage *self,
               goffset         size,
               GError        **error)
{
  if (spool_sys_truncate (self->file.fd, size) < 0)
    return set_write_error (error, errno);

  /* Cutting the file takes the room behind its end too. */
  if (size <= self->file_size)
    {
      if (size - self->window_offset < (goffset) self->window_room)
        self->window_room = (gsize) MAX (0, size - self->window_offset);
      self->promised_end = MIN (self->promised_end, size);
    }
  self->reserved_start = self->reserved_end = size;
  self->file_size = size;

  return TRUE;
}

/* Cuts off what a failed write or a shrink left behind the end, before the
 * end moves past it and it would show up again.
 */
static gboolean
drop_stale_bytes (SpoolFdStorage *self,
                  GError        **error)
{
  return self->file_size <= self->size || truncate_file (self, self->size, error);
}

static gboolean
flush_window (SpoolFdStorage *self,
              GError        **error)
{
  gsize done;

  if (self->window_length == 0)
    return TRUE;

  done = (gsize) spool_sys_pwrite_full (self->file.fd, self->window,
                                        self->window_length, self->window_offset);
  if (done > 0)
    {
      int errsv = errno;

      self->file_size = MAX (self->file_size, self->window_offset + (goffset) done);
      self->window_length -= done;
      self->window_room -= done;
      self->window_offset += (goffset) done;
      memmove (self->window, self->window + done, self->window_length);
      errno = errsv;
    }

  return self->window_length == 0 || set_write_error (error, errno);
}

static gboolean
ensure_window (SpoolFdStorage *self)
{
  if (self->window == NULL)
    self->window = spool_sys.try_realloc (NULL, SPOOL_WINDOW_SIZE);

  return self->window != NULL;
}

/* Whether the bytes can be added to the window as it stands. */
static gboolean
fits_window (SpoolFdStorage *self,
             goffset         offset,
             gsize           count)
{
  return self->window_length > 0 &&
         offset >= self->window_offset &&
         offset <= get_window_end (self) &&
         count <= self->window_room &&
         offset - self->window_offset <= (goffset) (self->window_room - count);
}

static gboolean
overlaps_window (SpoolFdStorage *self,
                 goffset         offset,
                 gsize           count)
{
  return self->window_length > 0 &&
         offset < get_window_end (self) &&
         self->window_offset < offset + (goffset) count;
}

/* Has the disk promise room for a window at @offset: as much again as there is,
 * while the writes go on where the room ends.
 */
static gboolean
reserve_window (SpoolFdStorage *self,
                goffset         offset)
{
  goffset end = offset + SPOOL_WINDOW_SIZE;
  goffset length;

  if (offset < self->reserved_start || offset > self->reserved_end)
    self->reserved_start = self->reserved_end = offset;

  if (end <= self->reserved_end)
    return TRUE;

  length = MIN (self->reserved_end - self->reserved_start, MAX_RESERVE);
  if (length > SPOOL_WINDOW_SIZE && offset >= self->promised_end &&
      end <= G_MAXINT64 - MAX_RESERVE &&
      !spool_sys_size_limited (self->reserved_end + length) &&
      !spool_tmpfile_is_in_memory (&self->file))
    {
      if (spool_sys_allocate (self->file.fd, self->reserved_end, length) == 0)
        {
          self->reserved_end += length;
          return TRUE;
        }

      /* Others may need what is left of the disk: keep no part of it. */
      if (!truncate_file (self, self->file_size, NULL))
        return FALSE;
      self->reserved_start = self->reserved_end = offset;
    }

  if (spool_sys_allocate (self->file.fd, offset, SPOOL_WINDOW_SIZE) < 0)
    return FALSE;

  self->reserved_end = end;

  return TRUE;
}

/* Opens the window at @offset if the write looks like one of many and the
 * disk has room for them, so that no byte is accepted that cannot be written.
 */
static gboolean
open_window (SpoolFdStorage *self,
             goffset         offset,
             gsize           count)
{
  if (self->shared || count > SMALL_WRITE || self->window_length > 0)
    return FALSE;

  /* The first write to a file may be the only one, and space that was promised
   * takes long to give back.
   */
  if (self->size == 0 || (offset != self->size && offset != self->write_end))
    return FALSE;

  if (offset > G_MAXINT64 - SPOOL_WINDOW_SIZE ||
      spool_sys_size_limited (offset + SPOOL_WINDOW_SIZE) ||
      !ensure_window (self))
    return FALSE;

  if (!reserve_window (self, offset))
    return FALSE;

  self->window_offset = offset;
  self->window_room = SPOOL_WINDOW_SIZE;

  return TRUE;
}

static void
put_into_window (SpoolFdStorage *self,
                 goffset         offset,
                 const void     *data,
                 gsize           count)
{
  gsize start = (gsize) (offset - self->window_offset);

  memcpy (self->window + start, data, count);
  self->window_length = MAX (self->window_length, start + count);
}

static void
spool_fd_storage_finalize (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  /* Those who have the file by its name or a descriptor see all of it. */
  if (self->exposed)
    spool_storage_flush (storage, NULL);

  spool_tmpfile_clear (&self->file);
  g_clear_pointer (&self->window, g_free);
  g_clear_pointer (&self->pin, spool_pin_unref);
  g_free (self);
}

static gssize
spool_fd_storage_read (SpoolStorage *storage,
                       goffset       offset,
                       void         *data,
                       gsize         count,
                       GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  guint8 *bytes = data;
  gssize n;

  if (!refresh_size (self, error))
    return -1;

  if (offset >= self->size)
    return 0;
  if ((guint64) count > (guint64) (self->size - offset))
    count = (gsize) (self->size - offset);

  /* The window alone has it, as when a small write is read back. */
  if (self->window_length > 0 && offset >= self->window_offset &&
      offset + (goffset) count <= get_window_end (self))
    {
      memcpy (bytes, self->window + (offset - self->window_offset), count);
      return (gssize) count;
    }

  n = spool_sys_pread_full (self->file.fd, bytes, count, offset);
  if (n < 0)
    {
      set_read_error (error, errno);
      return -1;
    }

  /* The content goes on behind the end of the file: with a gap, or the window. */
  if ((gsize) n < count && (!self->shared || self->window_length > 0))
    memset (bytes + n, 0, count - (gsize) n);
  else
    count = (gsize) n;

  if (overlaps_window (self, offset, count))
    {
      goffset from = MAX (offset, self->window_offset);
      goffset to = MIN (offset + (goffset) count, get_window_end (self));

      memcpy (bytes + (from - offset), self->window + (from - self->window_offset),
              (gsize) (to - from));
    }

  return (gssize) count;
}

/* Returns how much the kernel took; where that is not all errno says why. */
static gsize
write_to_file (SpoolFdStorage *self,
               goffset         offset,
               const void     *data,
               gsize           count)
{
  gsize done = (gsize) spool_sys_pwrite_full (self->file.fd, data, count, offset);

  if (done > 0)
    self->file_size = MAX (self->file_size, offset + (goffset) done);

  return done;
}

static gboolean
fail_to_write (SpoolFdStorage *self,
               GError        **error)
{
  int errsv = errno;

  /* Others who have the file must not see a failed write in it. */
  if (self->shared)
    drop_stale_bytes (self, NULL);

  return set_write_error (error, errsv);
}

static void
end_write (SpoolFdStorage *self,
           goffset         end)
{
  self->size = MAX (self->size, end);
  self->write_end = end;
}

/* Writes all or nothing over bytes that are there. What goes past the end is
 * written first, while nothing has changed that could not be taken back. If the
 * kernel then stops half-way the rest goes into the window, since the bytes that
 * it replaces are gone in part.
 */
static gboolean
overwrite (SpoolFdStorage *self,
           goffset         offset,
           const void     *data,
           gsize           count,
           GError        **error)
{
  const guint8 *bytes = data;
  gsize old = (gsize) MIN ((goffset) count, self->size - offset);
  gsize done;

  if (!flush_window (self, error))
    return FALSE;
  if (!ensure_window (self))
    return spool_set_error_no_memory (error);

  if (old < count &&
      write_to_file (self, offset + (goffset) old, bytes + old, count - old) < count - old)
    return fail_to_write (self, error);

  done = write_to_file (self, offset, bytes, old);
  if (done == 0)
    return fail_to_write (self, error);

  if (done < old)
    {
      self->window_offset = offset + (goffset) done;
      self->window_room = old - done;
      put_into_window (self, self->window_offset, bytes + done, old - done);
    }

  end_write (self, offset + (goffset) count);

  return TRUE;
}

/* Writes past the window. */
static gboolean
write_through (SpoolFdStorage *self,
               goffset         offset,
               const void     *data,
               gsize           count,
               gsize          *written,
               GError        **error)
{
  gsize done;

  if (offset < self->size && count <= SPOOL_WINDOW_SIZE && written == NULL)
    return overwrite (self, offset, data, count, error);

  if (overlaps_window (self, offset, count) && !flush_window (self, error))
    return FALSE;

  done = write_to_file (self, offset, data, count);
  if (done < count && (done == 0 || written == NULL))
    return fail_to_write (self, error);

  end_write (self, offset + (goffset) done);
  if (written != NULL)
    *written = done;

  return TRUE;
}

static gboolean
spool_fd_storage_write (SpoolStorage *storage,
                        goffset       offset,
                        const void   *data,
                        gsize         count,
                        gsize        *written,
                        GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  if (!refresh_size (self, error))
    return FALSE;

  /* Where others look into the file nothing stays behind once it can go. */
  if (self->shared && !flush_window (self, error))
    return FALSE;

  if ((self->shared || offset > self->size) && !drop_stale_bytes (self, error))
    return FALSE;

  if (!fits_window (self, offset, count))
    {
      /* The next small write goes on where the full window ends. */
      if (count <= SMALL_WRITE && offset == self->write_end &&
          !flush_window (self, error))
        return FALSE;

      if (!open_window (self, offset, count))
        return write_through (self, offset, data, count, written, error);
    }

  put_into_window (self, offset, data, count);

  end_write (self, offset + (goffset) count);
  if (written != NULL)
    *written = count;

  return TRUE;
}

static gboolean
spool_fd_storage_truncate (SpoolStorage *storage,
                           goffset       size,
                           GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  if (!refresh_size (self, error))
    return FALSE;

  if (size > self->size && !drop_stale_bytes (self, error))
    return FALSE;

  if (size != self->file_size &&
      (size > self->size || size < self->file_size) &&
      !truncate_file (self, size, error))
    return FALSE;

  if (self->window_length > 0 && get_window_end (self) > size)
    self->window_length = (gsize) MAX (0, size - self->window_offset);

  self->size = size;

  return TRUE;
}

static goffset
spool_fd_storage_get_size (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  /* Where the file cannot be asked, what it last said is the best answer. */
  refresh_size (self, NULL);

  return self->size;
}

static gboolean
spool_fd_storage_reserve (SpoolStorage *storage,
                          goffset       size,
                          GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  int errsv;

  if (!refresh_size (self, error))
    return FALSE;

  if (size <= self->size)
    return TRUE;

  if (spool_sys_size_limited (size))
    return set_write_error (error, EFBIG);

  /* The window's own room must not be what is given back below. */
  if (!flush_window (self, error))
    return FALSE;

  if (self->size >= self->reserved_start && size <= self->reserved_end)
    {
      self->promised_end = MAX (self->promised_end, size);
      return TRUE;
    }

  if (spool_sys_allocate (self->file.fd, self->size, size - self->size) == 0)
    {
      self->reserved_start = self->size;
      self->reserved_end = size;
      self->promised_end = MAX (self->promised_end, size);
      return TRUE;
    }

  /* Not every file system can promise space. */
  errsv = errno;
  if (errsv == EOPNOTSUPP || errsv == ENOSYS)
    return TRUE;

  /* Give back the part that there was room for, unless that might cut off what
   * somebody else writes at this moment.
   */
  if (!self->shared)
    truncate_file (self, self->file_size, NULL);

  return set_write_error (error, errsv);
}

/* Gives back what was reserved in large steps, where no more writes may follow.
 * To fail in that is no loss.
 */
static void
give_back_room (SpoolFdStorage *self)
{
  if (!self->shared && self->promised_end <= self->file_size &&
      self->reserved_end > self->file_size &&
      self->reserved_end - self->file_size > SPOOL_WINDOW_SIZE)
    truncate_file (self, self->file_size, NULL);
}

/* Afterwards the file is the content, to the byte. */
static gboolean
spool_fd_storage_flush (SpoolStorage *storage,
                        GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  /* A fork's child that drops what it has got leaves the parent's file alone. */
  if (!spool_tmpfile_is_ours (&self->file))
    return TRUE;

  if (!refresh_size (self, error) || !flush_window (self, error))
    return FALSE;

  if (self->file_size != self->size)
    return truncate_file (self, self->size, error);

  give_back_room (self);

  return TRUE;
}

static gboolean
spool_fd_storage_is_pinned (SpoolStorage *storage,
                            goffset       offset)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  if (self->given_away)
    return TRUE;

  if (self->pin == NULL || offset >= self->pinned_size)
    return FALSE;

  if (!g_atomic_ref_count_compare (&self->pin->ref_count, 1))
    return TRUE;

  self->pinned_size = 0;

  return FALSE;
}

static SpoolStorage *
spool_fd_storage_clone (SpoolStorage *storage,
                        goffset       size,
                        GCancellable *cancellable,
                        GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  g_autoptr(SpoolStorage) clone = NULL;
  SpoolFdStorage *other;

  if (!refresh_size (self, error) || !flush_window (self, error))
    return NULL;

  clone = spool_fd_storage_new (self->file.directory, FALSE, error);
  if (clone == NULL)
    return NULL;

  size = MIN (size, self->size);
  other = (SpoolFdStorage *) clone;

  if (!spool_copy_fd (self->file.fd, other->file.fd, MIN (size, self->file_size),
                      !self->doubtful,
                      _("Failed to write to the temporary file"),
                      NULL, NULL, cancellable, error) ||
      !truncate_file (other, size, error))
    return NULL;

  other->size = size;

  return g_steal_pointer (&clone);
}

/* Whoever changes the bytes that are there now moves to a clone first. */
static SpoolPin *
pin (SpoolFdStorage *self)
{
  if (self->pin == NULL)
    {
      self->pin = g_new (SpoolPin, 1);
      g_atomic_ref_count_init (&self->pin->ref_count);
    }
  else if (g_atomic_ref_count_compare (&self->pin->ref_count, 1))
    self->pinned_size = 0;

  g_atomic_ref_count_inc (&self->pin->ref_count);
  self->pinned_size = MAX (self->pinned_size, self->size);

  return self->pin;
}

/* In a file system that is memory, to read a hole takes room, and where there
 * is none reading a mapping is a crash: there, takes the room beforehand.
 */
static gboolean
fill_holes (SpoolFdStorage *self,
            GError        **error)
{
  return !spool_tmpfile_is_in_memory (&self->file) ||
         spool_sys_allocate (self->file.fd, 0, self->size) == 0 ||
         errno == EOPNOTSUPP ||
         set_write_error (error, errno);
}

/* Maps the file, which keeps its bytes where they are. One that others have
 * could be cut under the mapping, and a cut mapping is a crash: there a
 * private copy is mapped.
 */
static GBytes *
spool_fd_storage_get_bytes (SpoolStorage  *storage,
                            GCancellable  *cancellable,
                            GError       **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  Mapping *mapping;
  gpointer data;

  if (!refresh_size (self, error))
    return NULL;

  if (self->size == 0)
    return g_bytes_new (NULL, 0);

  if ((guint64) self->size > G_MAXSSIZE)
    {
      spool_set_error_no_memory (error);
      return NULL;
    }

  if (self->exposed)
    {
      g_autoptr(SpoolStorage) clone = spool_storage_clone (storage, self->size,
                                                           cancellable, error);

      return clone != NULL ? spool_storage_get_bytes (clone, cancellable, error) : NULL;
    }

  if (!spool_storage_flush (storage, error) || !fill_holes (self, error))
    return NULL;

  data = spool_sys.map_file (self->file.fd, (gsize) self->size);
  if (data == NULL)
    {
      spool_set_error_from_errno (error, errno, _("Failed to map the temporary file"));
      return NULL;
    }

  mapping = g_new (Mapping, 1);
  mapping->pin = pin (self);
  mapping->data = data;
  mapping->size = (gsize) self->size;

  return g_bytes_new_with_free_func (data, mapping->size, mapping_free, mapping);
}

static const SpoolStorageClass spool_fd_storage_class = {
  .on_disk = TRUE,
  .finalize = spool_fd_storage_finalize,
  .read = spool_fd_storage_read,
  .write = spool_fd_storage_write,
  .truncate = spool_fd_storage_truncate,
  .get_size = spool_fd_storage_get_size,
  .reserve = spool_fd_storage_reserve,
  .flush = spool_fd_storage_flush,
  .get_bytes = spool_fd_storage_get_bytes,
  .is_pinned = spool_fd_storage_is_pinned,
  .clone = spool_fd_storage_clone,
};

/* An empty file in @directory; %NULL: in the best of the usual places. */
SpoolStorage *
spool_fd_storage_new (const char *directory,
                      gboolean    named,
                      GError    **error)
{
  g_auto(SpoolTmpfile) file = SPOOL_TMPFILE_INIT;
  SpoolFdStorage *self;

  if (!spool_tmpfile_open (&file, directory, named, error))
    return NULL;

  self = g_new0 (SpoolFdStorage, 1);
  spool_storage_init (&self->parent, &spool_fd_storage_class);
  self->file = file;
  self->exposed = self->shared = named;
  file = (SpoolTmpfile) SPOOL_TMPFILE_INIT;

  return &self->parent;
}

gboolean
spool_storage_is_fd (SpoolStorage *storage)
{
  return storage->klass == &spool_fd_storage_class;
}

/* Whether others may write to the file, so that nothing may be remembered. */
gboolean
spool_fd_storage_is_shared (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return self->shared;
}

/* Whether the file alone has all of these bytes. */
gboolean
spool_fd_storage_can_read_unlocked (SpoolStorage *storage,
                                    goffset       offset,
                                    gsize         count)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  goffset end = MIN (self->size, self->file_size);

  return !self->shared && offset < end && (guint64) count <= (guint64) (end - offset) &&
         !overlaps_window (self, offset, count);
}

/* Reads beside other calls: it uses only the descriptor, which never changes.
 * Where it fails the read under the lock says why.
 */
gssize
spool_fd_storage_read_unlocked (SpoolStorage *storage,
                                goffset       offset,
                                void         *data,
                                gsize         count)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return spool_sys_pread_full (self->file.fd, data, count, offset);
}

/* Whether a write goes no further than the window, and so needs no system call. */
gboolean
spool_fd_storage_can_keep (SpoolStorage *storage,
                           goffset       offset,
                           gsize         count)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return !self->shared && fits_window (self, offset, count) &&
         !spool_fd_storage_is_pinned (storage, offset);
}

/* A new open file description, so that no two descriptors move each other. */
static int
reopen (SpoolFdStorage *self,
        gboolean        writable)
{
  char path[32];
  int fd;

  g_snprintf (path, sizeof path, "/proc/self/fd/%d", self->file.fd);

  fd = spool_sys_open (path, writable ? O_RDWR : O_RDONLY, 0);
  if (fd >= 0 || (errno != ENOENT && errno != ENOTDIR))
    return fd;

  /* Without /proc the position is shared; nobody else here uses it. */
  fd = spool_sys.dup (self->file.fd);
  if (fd >= 0)
    lseek (fd, 0, SEEK_SET);

  return fd;
}

/* Hands out a descriptor. From then on the file is no longer ours alone. */
int
spool_fd_storage_dup_fd (SpoolStorage *storage,
                         gboolean      writable,
                         GError      **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  int fd;

  if (!spool_storage_flush (storage, error))
    return -1;

  fd = reopen (self, writable);
  if (fd < 0)
    {
      spool_set_error_from_errno (error, errno,
                                  _("Failed to duplicate the temporary file's descriptor"));
      return -1;
    }

  self->exposed = TRUE;
  if (writable)
    self->shared = TRUE;

  return fd;
}

/* Puts the file itself at @target, if it can be given a name there, and no
 * snapshot would break when others change it. Where it was placed it belongs
 * to whoever finds it: the storage can still be read, but not be written to.
 */
SpoolPlacing
spool_fd_storage_move (SpoolStorage  *storage,
                       SpoolTarget   *target,
                       GError       **error)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;
  SpoolPlacing placing;
  struct stat buf;

  if (self->stays || (!self->file.linkable && self->file.path == NULL) ||
      spool_fd_storage_is_pinned (storage, 0))
    return SPOOL_CANNOT_LINK;

  /* Bytes that the disk did not take can still be copied. */
  if (!spool_storage_flush (storage, NULL) ||
      spool_sys.fstat (self->file.fd, &buf) < 0 ||
      spool_target_is_file (target, &buf))
    return SPOOL_CANNOT_LINK;

  /* Gives back the room that was made behind the end. */
  if (!self->shared)
    truncate_file (self, self->size, NULL);

  placing = spool_target_place (target, self->file.fd, error);
  if (placing == SPOOL_PLACED)
    {
      spool_tmpfile_give_away (&self->file);
      self->exposed = self->shared = self->given_away = self->stays = TRUE;
    }
  else
    {
      spool_sys.fchmod (self->file.fd, buf.st_mode & 0777);

      /* It may be one that could not be synced. The kernel says so once, and
       * then takes the bytes for written.
       */
      self->stays = self->doubtful = placing == SPOOL_NOT_PLACED_CUT;
    }

  return placing;
}

/* Whether a copy may share what is on the disk, or has to be written anew. */
gboolean
spool_fd_storage_can_share (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return !self->doubtful;
}

/* The descriptor that the storage itself uses. */
int
spool_fd_storage_peek_fd (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return self->file.fd;
}

/* Keeps the bytes that are there now as they are, in the file as peek_fd()
 * has it, until it is unreffed: who changes them moves to a clone first. %NULL
 * where others have the file and can change it all the same.
 */
SpoolPin *
spool_fd_storage_pin (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return self->exposed ? NULL : pin (self);
}

/* The path of a file that has a name, else %NULL. */
const char *
spool_fd_storage_get_path (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return self->file.path;
}

const char *
spool_fd_storage_get_directory (SpoolStorage *storage)
{
  SpoolFdStorage *self = (SpoolFdStorage *) storage;

  return self->file.directory;
}
