/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-file-storage-private.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ATTEMPTS 16

/* A file that is reached through GIO alone, as on a remote mount. It has a
 * name, since GIO knows no other, and is deleted with the storage.
 *
 * What the file did not take of a small overwrite stays here, since the bytes
 * that it replaces are gone in part.
 */
typedef struct
{
  SpoolStorage   parent;

  GFile         *file;
  GFileIOStream *stream;
  goffset        size;      /* of the content */
  goffset        file_size; /* of the file; bytes behind size are stale */

  guint8        *rest;      /* SPOOL_WINDOW_SIZE bytes, or NULL */
  goffset        rest_offset;
  gsize          rest_length;

  pid_t          owner;     /* only this process changes the file */
} SpoolFileStorage;

static gboolean
seek_to (SpoolFileStorage *self,
         goffset           offset,
         GError          **error)
{
  return g_seekable_seek (G_SEEKABLE (self->stream), offset, G_SEEK_SET, NULL, error);
}

/* Returns how many bytes were written, with an error where it is not all. */
static gsize
write_at (SpoolFileStorage *self,
          goffset           offset,
          const void       *data,
          gsize             count,
          GError          **error)
{
  gsize done = 0;

  if (!seek_to (self, offset, error))
    return 0;

  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (self->stream)),
                             data, count, &done, NULL, error);
  if (done > 0)
    self->file_size = MAX (self->file_size, offset + (goffset) done);

  return done;
}

static gboolean
flush_rest (SpoolFileStorage *self,
            GError          **error)
{
  gsize done;

  if (self->rest_length == 0)
    return TRUE;

  done = write_at (self, self->rest_offset, self->rest, self->rest_length, error);
  self->rest_length -= done;
  self->rest_offset += (goffset) done;
  memmove (self->rest, self->rest + done, self->rest_length);

  return self->rest_length == 0;
}

static gboolean
ensure_rest (SpoolFileStorage *self,
             GError          **error)
{
  if (self->rest == NULL)
    self->rest = spool_sys.try_realloc (NULL, SPOOL_WINDOW_SIZE);

  return self->rest != NULL || spool_set_error_no_memory (error);
}

static void
keep_rest (SpoolFileStorage *self,
           goffset           offset,
           const void       *data,
           gsize             count)
{
  memcpy (self->rest, data, count);
  self->rest_offset = offset;
  self->rest_length = count;
}

/* Overwrites with zeros from the content's end up to @size. Not every backend
 * can seek past the end of a file, and what is stale there has to go.
 */
static gboolean
fill_gap (SpoolFileStorage *self,
          goffset           size,
          GError          **error)
{
  static const guint8 zeros[16 * 1024] = { 0 };

  for (goffset offset = self->size; offset < size;)
    {
      gsize count = (gsize) MIN (size - offset, (goffset) sizeof zeros);

      if (write_at (self, offset, zeros, count, error) < count)
        return FALSE;

      offset += (goffset) count;
    }

  return TRUE;
}

static void
spool_file_storage_finalize (SpoolStorage *storage)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;

  g_io_stream_close (G_IO_STREAM (self->stream), NULL, NULL);
  if (self->owner == getpid ())
    g_file_delete (self->file, NULL, NULL);
  g_clear_object (&self->stream);
  g_clear_object (&self->file);
  g_clear_pointer (&self->rest, g_free);
  g_free (self);
}

static gssize
spool_file_storage_read (SpoolStorage *storage,
                         goffset       offset,
                         void         *data,
                         gsize         count,
                         GError      **error)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;
  goffset rest_end = self->rest_offset + (goffset) self->rest_length;
  goffset from, to;
  gsize done = 0;

  if (offset >= self->size)
    return 0;
  if ((guint64) count > (guint64) (self->size - offset))
    count = (gsize) (self->size - offset);

  if (offset < self->file_size &&
      (!seek_to (self, offset, error) ||
       !g_input_stream_read_all (g_io_stream_get_input_stream (G_IO_STREAM (self->stream)),
                                 data, count, &done, NULL, error)))
    return -1;

  from = MAX (offset, self->rest_offset);
  to = MIN (offset + (goffset) count, rest_end);
  if (from < to)
    {
      memcpy ((guint8 *) data + (from - offset), self->rest + (from - self->rest_offset),
              (gsize) (to - from));
      done = MAX (done, (gsize) (to - offset));
    }

  return (gssize) done;
}

static gboolean
spool_file_storage_write (SpoolStorage *storage,
                          goffset       offset,
                          const void   *data,
                          gsize         count,
                          gsize        *written,
                          GError      **error)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;
  gboolean is_whole = offset < self->size && count <= SPOOL_WINDOW_SIZE && written == NULL;
  g_autoptr(GError) local_error = NULL;
  gsize done;

  if (!flush_rest (self, error) ||
      !fill_gap (self, offset, error) ||
      (is_whole && !ensure_rest (self, error)))
    return FALSE;

  done = write_at (self, offset, data, count, &local_error);
  if (done > 0 && done < count && is_whole)
    {
      keep_rest (self, offset + (goffset) done, (const guint8 *) data + done, count - done);
      done = count;
    }

  if (done < count && (done == 0 || written == NULL))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  self->size = MAX (self->size, offset + (goffset) done);
  if (written != NULL)
    *written = done;

  return TRUE;
}

static gboolean
spool_file_storage_truncate (SpoolStorage *storage,
                             goffset       size,
                             GError      **error)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;

  if (size > self->size)
    {
      if (!flush_rest (self, error) || !fill_gap (self, size, error))
        return FALSE;
    }
  else if (size < self->file_size && g_seekable_can_truncate (G_SEEKABLE (self->stream)))
    {
      if (!g_seekable_truncate (G_SEEKABLE (self->stream), size, NULL, error))
        return FALSE;
      self->file_size = size;
    }

  if (self->rest_offset + (goffset) self->rest_length > size)
    self->rest_length = (gsize) MAX (0, size - self->rest_offset);

  self->size = size;

  return TRUE;
}

static goffset
spool_file_storage_get_size (SpoolStorage *storage)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;

  return self->size;
}

/* GIO has no means to ask for space. */
static gboolean
spool_file_storage_reserve (SpoolStorage *storage,
                            goffset       size,
                            GError      **error)
{
  return TRUE;
}

static gboolean
spool_file_storage_flush (SpoolStorage *storage,
                          GError      **error)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;

  if (self->owner != getpid ())
    return TRUE;

  return flush_rest (self, error) &&
         g_output_stream_flush (g_io_stream_get_output_stream (G_IO_STREAM (self->stream)),
                                NULL, error);
}

/* There is nothing that could be mapped: the bytes are read. */
static GBytes *
spool_file_storage_get_bytes (SpoolStorage  *storage,
                              GCancellable  *cancellable,
                              GError       **error)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;
  guint8 *data;
  gssize n;

  if (self->size == 0)
    return g_bytes_new (NULL, 0);

  data = (guint64) self->size > G_MAXSSIZE
         ? NULL : spool_sys.try_realloc (NULL, (gsize) self->size);
  if (data == NULL)
    {
      spool_set_error_no_memory (error);
      return NULL;
    }

  n = spool_file_storage_read (storage, 0, data, (gsize) self->size, error);
  if (n < 0)
    {
      g_free (data);
      return NULL;
    }

  return g_bytes_new_take (data, (gsize) n);
}

static const SpoolStorageClass spool_file_storage_class = {
  .on_disk = TRUE,
  .finalize = spool_file_storage_finalize,
  .read = spool_file_storage_read,
  .write = spool_file_storage_write,
  .truncate = spool_file_storage_truncate,
  .get_size = spool_file_storage_get_size,
  .reserve = spool_file_storage_reserve,
  .flush = spool_file_storage_flush,
  .get_bytes = spool_file_storage_get_bytes,
};

SpoolStorage *
spool_file_storage_new (GFile        *directory,
                        GCancellable *cancellable,
                        GError      **error)
{
  for (unsigned int i = 0; i < MAX_ATTEMPTS; i++)
    {
      g_autofree char *uuid = g_uuid_string_random ();
      g_autofree char *name = g_strconcat (".spool-", uuid, NULL);
      g_autoptr(GFile) file = g_file_get_child (directory, name);
      g_autoptr(GError) local_error = NULL;
      GFileIOStream *stream;
      SpoolFileStorage *self;

      stream = g_file_create_readwrite (file, G_FILE_CREATE_PRIVATE, cancellable,
                                        &local_error);
      if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_EXISTS))
        continue;

      if (stream != NULL && !g_seekable_can_seek (G_SEEKABLE (stream)))
        {
          g_set_error_literal (&local_error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                               _("Files there cannot be read from any position"));
          g_object_unref (stream);
          g_file_delete (file, NULL, NULL);
          stream = NULL;
        }

      if (stream == NULL)
        {
          g_autofree char *display = g_file_get_parse_name (directory);

          g_propagate_prefixed_error (error, g_steal_pointer (&local_error),
                                      _("Failed to create a temporary file in “%s”: "),
                                      display);
          return NULL;
        }

      self = g_new0 (SpoolFileStorage, 1);
      spool_storage_init (&self->parent, &spool_file_storage_class);
      self->file = g_steal_pointer (&file);
      self->stream = stream;
      self->owner = getpid ();

      return &self->parent;
    }

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                       _("No free name was found for a temporary file"));

  return NULL;
}

GFile *
spool_file_storage_get_file (SpoolStorage *storage)
{
  SpoolFileStorage *self = (SpoolFileStorage *) storage;

  return self->file;
}
