/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The write-behind window of a file, in bytes; also the largest overwrite that
 * is all or nothing on disk.
 */
#define SPOOL_WINDOW_SIZE (64 * 1024)

/* The seam: where the bytes are. A storage knows no lock, no threshold and no
 * position; the buffer that owns it calls it with the content lock held, one
 * call at a time. Ranges are checked by the buffer: offsets and counts are
 * never negative and never overflow.
 *
 * A call that fails changes nothing, but for what is said at write.
 */
typedef struct _SpoolStorage SpoolStorage;
typedef struct _SpoolStorageClass SpoolStorageClass;

struct _SpoolStorage
{
  const SpoolStorageClass *klass;
  gatomicrefcount          ref_count;
};

struct _SpoolStorageClass
{
  gboolean on_disk;

  void          (*finalize)  (SpoolStorage *self);

  /* Returns -1 with an error, or how many bytes were read: less than @count
   * at the end only.
   */
  gssize        (*read)      (SpoolStorage *self,
                              goffset       offset,
                              void         *data,
                              gsize         count,
                              GError      **error);

  /* Where @written is %NULL all is written, or the call fails and the size is
   * as before; an overwrite of more than SPOOL_WINDOW_SIZE bytes that the
   * kernel stopped may have left a prefix. Where @written is given, fewer
   * bytes than @count are a success if there was room for some.
   */
  gboolean      (*write)     (SpoolStorage *self,
                              goffset       offset,
                              const void   *data,
                              gsize         count,
                              gsize        *written,
                              GError      **error);

  gboolean      (*truncate)  (SpoolStorage *self,
                              goffset       size,
                              GError      **error);
  goffset       (*get_size)  (SpoolStorage *self);

  /* Makes room for @size bytes; the size stays as it is. */
  gboolean      (*reserve)   (SpoolStorage *self,
                              goffset       size,
                              GError      **error);

  /* Hands to the kernel what was kept back. */
  gboolean      (*flush)     (SpoolStorage *self,
                              GError      **error);

  /* An immutable snapshot of everything. */
  GBytes       *(*get_bytes) (SpoolStorage *self,
                              GCancellable *cancellable,
                              GError      **error);

  /* Whether changing a byte from @offset on would change a snapshot, so that
   * the buffer has to move to a clone first. Optional.
   */
  gboolean      (*is_pinned) (SpoolStorage *self,
                              goffset       offset);

  /* A storage of the same kind with the first @size bytes. Optional, with
   * is_pinned.
   */
  SpoolStorage *(*clone)     (SpoolStorage *self,
                              goffset       size,
                              GCancellable *cancellable,
                              GError      **error);
};

void          spool_storage_init      (SpoolStorage            *self,
                                       const SpoolStorageClass *klass);
SpoolStorage *spool_storage_ref       (SpoolStorage            *self);
void          spool_storage_unref     (SpoolStorage            *self);

gboolean      spool_storage_copy_shifted (SpoolStorage *from,
                                          SpoolStorage *to,
                                          goffset       offset,
                                          goffset       size,
                                          goffset       shift,
                                          GCancellable *cancellable,
                                          GError      **error);
gboolean      spool_storage_copy_range (SpoolStorage *from,
                                        SpoolStorage *to,
                                        goffset       offset,
                                        goffset       size,
                                        GCancellable *cancellable,
                                        GError      **error);

static inline gboolean
spool_storage_is_on_disk (SpoolStorage *self)
{
  return self->klass->on_disk;
}

static inline gssize
spool_storage_read (SpoolStorage *self,
                    goffset       offset,
                    void         *data,
                    gsize         count,
                    GError      **error)
{
  /* Who asks for nothing may have no place for it. */
  if (count == 0)
    return 0;

  return self->klass->read (self, offset, data, count, error);
}

static inline gboolean
spool_storage_write (SpoolStorage *self,
                     goffset       offset,
                     const void   *data,
                     gsize         count,
                     gsize        *written,
                     GError      **error)
{
  return self->klass->write (self, offset, data, count, written, error);
}

static inline gboolean
spool_storage_truncate (SpoolStorage *self,
                        goffset       size,
                        GError      **error)
{
  return self->klass->truncate (self, size, error);
}

static inline goffset
spool_storage_get_size (SpoolStorage *self)
{
  return self->klass->get_size (self);
}

static inline gboolean
spool_storage_reserve (SpoolStorage *self,
                       goffset       size,
                       GError      **error)
{
  return self->klass->reserve (self, size, error);
}

static inline gboolean
spool_storage_flush (SpoolStorage *self,
                     GError      **error)
{
  return self->klass->flush (self, error);
}

static inline GBytes *
spool_storage_get_bytes (SpoolStorage *self,
                         GCancellable *cancellable,
                         GError      **error)
{
  return self->klass->get_bytes (self, cancellable, error);
}

static inline gboolean
spool_storage_is_pinned (SpoolStorage *self,
                         goffset       offset)
{
  return self->klass->is_pinned != NULL && self->klass->is_pinned (self, offset);
}

static inline SpoolStorage *
spool_storage_clone (SpoolStorage *self,
                     goffset       size,
                     GCancellable *cancellable,
                     GError      **error)
{
  return self->klass->clone (self, size, cancellable, error);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpoolStorage, spool_storage_unref)

G_END_DECLS
