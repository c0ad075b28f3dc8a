/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-error-private.h"
#include "spool-splice-private.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The public functions that read and write the content. */

/* Two buffers are compared in blocks of this size. */
#define COMPARE_STEP (64 * 1024)

/**
 * spool_buffer_read: (skip)
 * @self: a buffer
 * @offset: where to start, in bytes
 * @data: (out caller-allocates) (array length=count) (element-type guint8):
 *   where the bytes go
 * @count: how many to read at most
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads all that is there, up to @count bytes.
 *
 * Returns: how many bytes were read; 0 at the end, -1 on error
 *
 * Since: 1.0
 */
gssize
spool_buffer_read (SpoolBuffer   *self,
                   goffset        offset,
                   void          *data,
                   gsize          count,
                   GCancellable  *cancellable,
                   GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (data != NULL || count == 0, -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (offset < 0)
    {
      spool_set_error_negative (error);
      return -1;
    }

  return spool_content_read_at (spool_buffer_get_content (self), offset, data, count,
                                SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_read_array: (rename-to spool_buffer_read)
 * @self: a buffer
 * @offset: where to start, in bytes
 * @count: how many to read at most
 * @length: (out): how many were read; 0 at the end
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads all that is there, up to @count bytes.
 *
 * Returns: (array length=length) (transfer full): the bytes, or `NULL` on
 *   error
 *
 * Since: 1.0
 */
guint8 *
spool_buffer_read_array (SpoolBuffer   *self,
                         goffset        offset,
                         gsize          count,
                         gsize         *length,
                         GCancellable  *cancellable,
                         GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);
  g_return_val_if_fail (length != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return spool_content_read_alloc (spool_buffer_get_content (self), offset, count, length,
                                   SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_read_bytes:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @count: how many to read at most
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads all that is there, up to @count bytes.
 *
 * Returns: (transfer full): the bytes, none at the end, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_buffer_read_bytes (SpoolBuffer   *self,
                         goffset        offset,
                         gsize          count,
                         GCancellable  *cancellable,
                         GError       **error)
{
  gsize length = 0;
  guint8 *data;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  data = spool_content_read_alloc (spool_buffer_get_content (self), offset, count,
                                   &length, SPOOL_MAY_BLOCK, cancellable, error);

  return data != NULL ? g_bytes_new_take (data, length) : NULL;
}

/**
 * spool_buffer_write:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @data: (array length=count) (element-type guint8): the bytes
 * @count: how many bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes over those that are there, and past the end if they reach it.
 *
 * A gap between the end and @offset reads as zeros, and takes no room on disk.
 * Rolls over first where the buffer would become larger than the threshold.
 *
 * On failure the size is as before and no byte has changed, with one
 * exception: where the kernel stops an overwrite of more than 64 KiB on disk
 * half-way, its beginning is new.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_write (SpoolBuffer   *self,
                    goffset        offset,
                    const void    *data,
                    gsize          count,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (data != NULL || count == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (offset < 0)
    return spool_set_error_negative (error);

  return spool_content_write_whole (spool_buffer_get_content (self), offset, data, count,
                                    SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_write_bytes:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @bytes: the bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes as [method@Spool.Buffer.write] does.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_write_bytes (SpoolBuffer   *self,
                          goffset        offset,
                          GBytes        *bytes,
                          GCancellable  *cancellable,
                          GError       **error)
{
  gsize count;
  const void *data;

  g_return_val_if_fail (bytes != NULL, FALSE);

  data = g_bytes_get_data (bytes, &count);

  return spool_buffer_write (self, offset, data, count, cancellable, error);
}

/**
 * spool_buffer_write_nonblocking:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @data: (array length=count) (element-type guint8): the bytes
 * @count: how many bytes
 * @error: return location for an error
 *
 * Writes bytes as [method@Spool.Buffer.write] does, but only if that needs
 * memory alone. On disk this is so for small writes that go on where the last
 * one ended, until they are handed to the kernel together.
 *
 * Where it would need the disk or wait for another thread it fails with
 * `G_IO_ERROR_WOULD_BLOCK`, and nothing has changed. This is for small writes
 * in a main loop; what is refused is for
 * [method@Spool.Buffer.append_bytes_async] or a stream's asynchronous write.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_write_nonblocking (SpoolBuffer  *self,
                                goffset       offset,
                                const void   *data,
                                gsize         count,
                                GError      **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (data != NULL || count == 0, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (offset < 0)
    return spool_set_error_negative (error);

  return spool_content_write_whole (spool_buffer_get_content (self), offset, data, count,
                                    SPOOL_NO_BLOCK, NULL, error);
}

/**
 * spool_buffer_append:
 * @self: a buffer
 * @data: (array length=count) (element-type guint8): the bytes
 * @count: how many bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes at the end, wherever that is by then: of several threads that
 * append, none overwrites another's bytes.
 *
 * Rolls over first where the buffer would become larger than the threshold.
 * On failure nothing has changed.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_append (SpoolBuffer   *self,
                     const void    *data,
                     gsize          count,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (data != NULL || count == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_content_write_whole (spool_buffer_get_content (self), SPOOL_OFFSET_END,
                                    data, count, SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_append_bytes:
 * @self: a buffer
 * @bytes: the bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes bytes at the end as [method@Spool.Buffer.append] does.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_append_bytes (SpoolBuffer   *self,
                           GBytes        *bytes,
                           GCancellable  *cancellable,
                           GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_content_append_whole (spool_buffer_get_content (self), bytes,
                                     SPOOL_MAY_BLOCK, cancellable, error);
}

static gssize
append_sink (gpointer        sink,
             const void     *data,
             gsize           count,
             SpoolBlocking   blocking,
             GError        **error)
{
  SpoolContent *content = spool_buffer_get_content (sink);
  GOutputVector vector = { data, count };
  goffset offset = SPOOL_OFFSET_END;
  SpoolNews news;
  gssize n;

  n = spool_content_write_at (content, &offset, &vector, 1, &news, blocking, NULL, error);
  spool_content_announce (content, &news);

  return n;
}

/**
 * spool_buffer_splice_from:
 * @self: a buffer
 * @source: the stream to read
 * @flags: what to close; `CLOSE_TARGET` completes the buffer, with the error
 *   if there was one
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Appends everything that @source has.
 *
 * The buffer can be used meanwhile; [property@Spool.Buffer:size] shows the
 * progress. What arrived before an error stays.
 *
 * Returns: how many bytes were appended, or -1 on error
 *
 * Since: 1.0
 */
goffset
spool_buffer_splice_from (SpoolBuffer              *self,
                          GInputStream             *source,
                          GOutputStreamSpliceFlags  flags,
                          GCancellable             *cancellable,
                          GError                  **error)
{
  g_autoptr(GError) local_error = NULL;
  goffset total;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (G_IS_INPUT_STREAM (source), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  total = spool_splice (source, flags, append_sink, self, cancellable, &local_error);

  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    spool_buffer_complete (self, local_error);

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return total;
}

static void
spliced_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  goffset total = spool_splice_finish (result, &error);

  if (GPOINTER_TO_UINT (g_task_get_task_data (task)) & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    spool_buffer_complete (SPOOL_BUFFER (object), error);

  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    g_task_return_pointer (task, g_memdup2 (&total, sizeof total), g_free);
}

/**
 * spool_buffer_splice_from_async:
 * @self: a buffer
 * @source: the stream to read
 * @flags: what to close; `CLOSE_TARGET` completes the buffer, with the error
 *   if there was one
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when all is appended
 * @user_data: data for @callback
 *
 * Appends everything that @source has, without blocking.
 *
 * See [method@Spool.Buffer.splice_from].
 *
 * Since: 1.0
 */
void
spool_buffer_splice_from_async (SpoolBuffer              *self,
                                GInputStream             *source,
                                GOutputStreamSpliceFlags  flags,
                                int                       io_priority,
                                GCancellable             *cancellable,
                                GAsyncReadyCallback       callback,
                                gpointer                  user_data)
{
  GTask *task;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (G_IS_INPUT_STREAM (source));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, spool_buffer_splice_from_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, GUINT_TO_POINTER (flags), NULL);

  spool_splice_async (source, flags, append_sink, G_OBJECT (self), io_priority,
                      cancellable, spliced_cb, task);
}

/**
 * spool_buffer_splice_from_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.splice_from_async] began.
 *
 * Returns: how many bytes were appended, or -1 on error
 *
 * Since: 1.0
 */
goffset
spool_buffer_splice_from_finish (SpoolBuffer   *self,
                                 GAsyncResult  *result,
                                 GError       **error)
{
  g_autofree goffset *total = NULL;

  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  total = g_task_propagate_pointer (G_TASK (result), error);

  return total != NULL ? *total : -1;
}

/**
 * spool_buffer_truncate:
 * @self: a buffer
 * @size: the new size in bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Cuts the content off at @size bytes, or extends it to that with zeros.
 *
 * Rolls over first where the buffer would become larger than the threshold. On
 * failure nothing has changed.
 *
 * Returns: whether the content has that size now
 *
 * Since: 1.0
 */
gboolean
spool_buffer_truncate (SpoolBuffer   *self,
                       goffset        size,
                       GCancellable  *cancellable,
                       GError       **error)
{
  SpoolContent *content;
  SpoolNews news;
  gboolean ok;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  content = spool_buffer_get_content (self);
  ok = spool_content_truncate_to (content, size, &news, SPOOL_MAY_BLOCK, cancellable, error);
  spool_content_announce (content, &news);

  return ok;
}

/**
 * spool_buffer_reserve:
 * @self: a buffer
 * @size: the expected size in bytes
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes room for @size bytes, so that a full disk shows before a download
 * rather than in its middle.
 *
 * Where @size is above the threshold the buffer rolls over. Its size does not
 * change. Not every file system can promise space; on those that cannot the
 * call succeeds and a later write may fail.
 *
 * Returns: whether there is room
 *
 * Since: 1.0
 */
gboolean
spool_buffer_reserve (SpoolBuffer   *self,
                      goffset        size,
                      GCancellable  *cancellable,
                      GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_content_reserve_room (spool_buffer_get_content (self), size,
                                     SPOOL_MAY_BLOCK, cancellable, error);
}

/**
 * spool_buffer_flush:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Hands to the kernel what small writes have left in memory after a roll-over,
 * at most 64 KiB. Readers see those bytes with or without it.
 *
 * This does not wait for the disk as `fsync()` does.
 *
 * Returns: whether the file has all bytes; on failure they stay readable, and
 *   the next call tries again
 *
 * Since: 1.0
 */
gboolean
spool_buffer_flush (SpoolBuffer   *self,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  return spool_content_flush_window (spool_buffer_get_content (self), SPOOL_MAY_BLOCK,
                                     error);
}

/**
 * spool_buffer_get_bytes:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Takes an immutable snapshot of everything.
 *
 * In memory it shares the bytes with the buffer; the next write into them, or
 * growth that would move them, copies them once. On disk the file is mapped,
 * whatever its size; before mapped bytes change, the buffer moves to a clone
 * of the file. A file that others have too, by its name or a descriptor, is
 * copied first, so that nothing they do can reach the snapshot.
 *
 * Returns: (transfer full): the snapshot, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_buffer_get_bytes (SpoolBuffer   *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return spool_content_snapshot (spool_buffer_get_content (self), SPOOL_MAY_BLOCK,
                                 cancellable, error);
}

/**
 * spool_buffer_dup_fd:
 * @self: a buffer
 * @writable: whether the descriptor can be written to
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Rolls over, whatever the size, and hands out a descriptor of the temporary
 * file.
 *
 * Each is an open file description of its own: it starts at offset 0, moves no
 * other, and is closed in programs that are executed. A read-only one is for
 * D-Bus, a child's standard input or `mmap()`; what is written to the buffer
 * later can be read from it after [method@Spool.Buffer.flush]. Once a writable
 * one was handed out, as for a child's standard output, the buffer keeps
 * nothing back and believes the file's own size.
 *
 * Where `/proc` is not mounted it is a duplicate of the buffer's own descriptor
 * in any case: it can be written to, and shares its position with the others.
 *
 * Fails with `G_IO_ERROR_NOT_SUPPORTED` where the temporary file is not a
 * local one.
 *
 * Returns: a descriptor that the caller closes, or -1 on error
 *
 * Since: 1.0
 */
int
spool_buffer_dup_fd (SpoolBuffer   *self,
                     gboolean       writable,
                     GCancellable  *cancellable,
                     GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  return spool_content_dup_fd (spool_buffer_get_content (self), writable, cancellable,
                               error);
}

/**
 * spool_buffer_equal:
 * @self: a buffer
 * @other: another buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Compares by content, in bounded memory.
 *
 * Neither buffer is locked over the whole comparison: where one is written to
 * meanwhile, the result is about bytes that may never have been there at once.
 *
 * Returns: whether the contents are the same; `FALSE` without an error says
 *   that they differ
 *
 * Since: 1.0
 */
gboolean
spool_buffer_equal (SpoolBuffer   *self,
                    SpoolBuffer   *other,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autofree guint8 *block = NULL;
  goffset size, other_size;
  gssize n = 0;
  gboolean equal = TRUE;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (SPOOL_IS_BUFFER (other), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !spool_content_query_size (spool_buffer_get_content (self), SPOOL_MAY_BLOCK, &size,
                                 error) ||
      !spool_content_query_size (spool_buffer_get_content (other), SPOOL_MAY_BLOCK,
                                 &other_size, error))
    return FALSE;

  if (self == other || size != other_size)
    return self == other;

  block = spool_sys.try_realloc (NULL, 2 * COMPARE_STEP);
  if (block == NULL)
    return spool_set_error_no_memory (error);

  for (goffset offset = 0; equal; offset += n)
    {
      gssize m;

      n = spool_buffer_read (self, offset, block, COMPARE_STEP, cancellable, error);
      if (n < 0)
        return FALSE;

      m = spool_buffer_read (other, offset, block + COMPARE_STEP, COMPARE_STEP,
                             cancellable, error);
      if (m < 0)
        return FALSE;

      equal = n == m && memcmp (block, block + COMPARE_STEP, (gsize) n) == 0;
      if (n == 0)
        break;
    }

  return equal;
}
