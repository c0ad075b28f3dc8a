/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-ref-count-private.h"
#include "spool-storage-private.h"
#include "spool-sys-private.h"

/* How much is copied between two looks at the cancellable. */
#define COPY_STEP (256 * 1024)

void
spool_storage_init (SpoolStorage            *self,
                    const SpoolStorageClass *klass)
{
  self->klass = klass;
  g_atomic_ref_count_init (&self->ref_count);
}

SpoolStorage *
spool_storage_ref (SpoolStorage *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

void
spool_storage_unref (SpoolStorage *self)
{
  if (spool_ref_count_dec (&self->ref_count))
    self->klass->finalize (self);
}

/* Copies the bytes from @offset up to @size to @to, @shift bytes further on. */
gboolean
spool_storage_copy_shifted (SpoolStorage *from,
                            SpoolStorage *to,
                            goffset       offset,
                            goffset       size,
                            goffset       shift,
                            GCancellable *cancellable,
                            GError      **error)
{
  guint8 *block;
  gboolean ok = TRUE;

  if (offset >= size)
    return TRUE;

  block = spool_sys.try_realloc (NULL, COPY_STEP);
  if (block == NULL)
    return spool_set_error_no_memory (error);

  while (ok && offset < size)
    {
      gsize count = (gsize) MIN (size - offset, COPY_STEP);
      gssize n = -1;

      if (!g_cancellable_set_error_if_cancelled (cancellable, error))
        n = spool_storage_read (from, offset, block, count, error);

      ok = n >= 0 &&
           spool_storage_write (to, offset + shift, block, (gsize) n, NULL, error);
      if (n == 0)
        break;

      offset += n;
    }

  g_free (block);

  return ok;
}

/* Copies the bytes from @offset up to @size to the same place in @to. */
gboolean
spool_storage_copy_range (SpoolStorage *from,
                          SpoolStorage *to,
                          goffset       offset,
                          goffset       size,
                          GCancellable *cancellable,
                          GError      **error)
{
  return spool_storage_copy_shifted (from, to, offset, size, 0, cancellable, error);
}
