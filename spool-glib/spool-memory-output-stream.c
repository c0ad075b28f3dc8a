/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-i18n-private.h"
#include "spool-memory-input-stream-private.h"
#include "spool-memory-output-stream-private.h"
#include "spool-quick-private.h"
#include "spool-splice-private.h"
#include "spool-task-private.h"

#include <glib/gi18n-lib.h>

/**
 * SpoolMemoryOutputStream:
 *
 * Writes to a [class@Spool.Buffer]: to memory while it is small, to a temporary
 * file when it grows.
 *
 * It takes the place of a resizable [class@Gio.MemoryOutputStream] where the
 * amount of data is not known, as in a download, and does what that does: one
 * can seek anywhere, write past the end, and truncate both ways.
 *
 * ## At the threshold
 *
 * A write that would take the buffer past its threshold rolls it over first;
 * where that fails nothing was written and nothing is lost. Once on disk, a
 * write may be short where the disk fills half-way, as writes of any stream
 * may; the error comes with the next call.
 *
 * ## Closing
 *
 * When the last stream that writes to a buffer is closed, the buffer is
 * completed. One that is dropped without being closed, or closed with a
 * cancelled cancellable, completes it with an error. See
 * [method@Spool.Buffer.complete].
 *
 * ## Threads
 *
 * Asynchronous writes take no thread while the bytes go to memory, which on
 * disk most small ones do too, and never wait for the disk in the main loop
 * where they do not. One stream is used by one thread at a time, as those of GIO
 * are; any number of streams may write to one buffer.
 *
 * ## Example
 *
 * ```c
 * // A download of any size, as a stream that can seek.
 * static GInputStream *
 * spool_download (GInputStream  *download,
 *                 GCancellable  *cancellable,
 *                 GError       **error)
 * {
 *   g_autoptr(GOutputStream) output = spool_memory_output_stream_new ();
 *
 *   if (g_output_stream_splice (output, download,
 *                               G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
 *                               G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
 *                               cancellable, error) < 0)
 *     return NULL;
 *
 *   return spool_memory_output_stream_open_reader (
 *     SPOOL_MEMORY_OUTPUT_STREAM (output));
 * }
 * ```
 *
 * Since: 1.0
 */

struct _SpoolMemoryOutputStream
{
  GOutputStream  parent_instance;

  SpoolCursor   *cursor;      /* atomic: NULL until it is needed, and when all is
                               * stolen */
  SpoolCursor    own_cursor;  /* unless it is shared with another stream */
  gboolean       stolen;
  goffset        stolen_size; /* what was stolen, in bytes */
  gboolean       append;

  gboolean       done;        /* no longer counts as a writer */
  gboolean       abandoned;   /* is disposed of without being closed */
  GError        *error;       /* of a splice that closes the stream */
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SpoolMemoryOutputStream, spool_memory_output_stream, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

enum
{
  PROP_APPEND = 1,
  PROP_BUFFER,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef struct
{
  const void          *data;
  gsize                count;   /* bytes, or vectors */
  const GOutputVector *vectors; /* NULL: one, of data */
} WriteRequest;

typedef struct
{
  GOutputStreamSpliceFlags  flags;
  gssize                    total;
  GError                   *error;
} SpliceRequest;

static SpoolContent *
attach_as_writer (SpoolBuffer *buffer)
{
  SpoolContent *content = spool_content_attach (spool_buffer_get_content (buffer));

  spool_content_add_writer (content);

  return content;
}

/* Takes over what @content is attached by, and what counts it as a writer. */
static void
take_content (SpoolMemoryOutputStream *self,
              SpoolContent            *content)
{
  g_assert (self->cursor == NULL);

  self->cursor = spool_cursor_init (&self->own_cursor, content);
}

/* A stream that was not given a buffer has none before it needs one. Two threads
 * may come here at once: one splices, the other asks how far it has come.
 */
static inline SpoolCursor *
get_cursor (SpoolMemoryOutputStream *self)
{
  if (g_once_init_enter (&self->cursor))
    {
      SpoolContent *content = spool_content_new_for_writer (SPOOL_DEFAULT_THRESHOLD);

      g_once_init_leave (&self->cursor, spool_cursor_init (&self->own_cursor, content));
    }

  return self->cursor;
}

static SpoolContent *
get_content (SpoolMemoryOutputStream *self)
{
  return spool_cursor_get_content (get_cursor (self));
}

/* Says to the buffer that this writer is done, once. */
static void
finish_writing (SpoolMemoryOutputStream *self,
                GCancellable            *cancellable)
{
  g_autoptr(GError) error = g_steal_pointer (&self->error);

  if (self->done)
    return;

  self->done = TRUE;

  if (error == NULL && self->abandoned)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                         _("The stream was dropped without being closed"));
  if (error == NULL)
    g_cancellable_set_error_if_cancelled (cancellable, &error);

  spool_content_remove_writer (get_content (self), error);
}

/* Not inlined: it would make the short way longer. */
G_NO_INLINE static gssize
write_slowly (SpoolMemoryOutputStream  *self,
              const void               *data,
              gsize                     count,
              SpoolBlocking             blocking,
              GCancellable             *cancellable,
              GError                  **error)
{
  GOutputVector vector = { data, count };

  return spool_cursor_write (get_cursor (self), self->append, &vector, 1, blocking,
                             cancellable, error);
}

static inline gssize
write_one (SpoolMemoryOutputStream  *self,
           const void               *data,
           gsize                     count,
           SpoolBlocking             blocking,
           GCancellable             *cancellable,
           GError                  **error)
{
  SpoolCursor *cursor = g_atomic_pointer_get (&self->cursor);

  if (cursor != NULL &&
      spool_quick_write (cursor, self->append, data, count, cancellable))
    return (gssize) count;

  return write_slowly (self, data, count, blocking, cancellable, error);
}

static gssize
spool_memory_output_stream_write (GOutputStream  *stream,
                                  const void     *buffer,
                                  gsize           count,
                                  GCancellable   *cancellable,
                                  GError        **error)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (stream);

  return write_one (self, buffer, count, SPOOL_MAY_BLOCK, cancellable, error);
}

static gssize
splice_sink (gpointer        sink,
             const void     *data,
             gsize           count,
             SpoolBlocking   blocking,
             GError        **error)
{
  SpoolMemoryOutputStream *self = sink;

  return write_one (self, data, count, blocking, NULL, error);
}

/* GIO cannot say of a long splice how long it was. */
static gssize
clamp_total (goffset total)
{
  return (gssize) MIN (total, G_MAXSSIZE);
}

static gssize
spool_memory_output_stream_splice (GOutputStream             *stream,
                                   GInputStream              *source,
                                   GOutputStreamSpliceFlags   flags,
                                   GCancellable              *cancellable,
                                   GError                   **error)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  g_autoptr(GError) local_error = NULL;
  gssize total;

  total = clamp_total (spool_splice (source, flags, splice_sink, self, cancellable,
                                     &local_error));

  if (flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    {
      if (local_error != NULL)
        self->error = g_error_copy (local_error);

      g_output_stream_clear_pending (stream);
      if (!g_output_stream_close (stream, cancellable,
                                  local_error == NULL ? &local_error : NULL))
        total = -1;
    }

  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));

  return total;
}

/* A buffer that was closed beneath the stream has nothing left to flush, and
 * does not keep the stream from being closed.
 */
static gboolean
flush_buffer (SpoolMemoryOutputStream  *self,
              SpoolBlocking             blocking,
              GError                  **error)
{
  g_autoptr(GError) local_error = NULL;

  if (spool_content_flush_window (get_content (self), blocking, &local_error))
    return TRUE;

  if (g_output_stream_is_closing (G_OUTPUT_STREAM (self)) &&
      g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&local_error));

  return FALSE;
}

static gboolean
spool_memory_output_stream_flush (GOutputStream  *stream,
                                  GCancellable   *cancellable,
                                  GError        **error)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (stream);

  return flush_buffer (self, SPOOL_MAY_BLOCK, error);
}

static gboolean
spool_memory_output_stream_close (GOutputStream  *stream,
                                  GCancellable   *cancellable,
                                  GError        **error)
{
  finish_writing (SPOOL_MEMORY_OUTPUT_STREAM (stream), cancellable);

  return TRUE;
}

static gboolean
write_task (GTask         *task,
            SpoolBlocking  blocking)
{
  SpoolMemoryOutputStream *self = g_task_get_source_object (task);
  WriteRequest *request = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;
  gssize n;

  if (request->vectors != NULL)
    n = spool_cursor_write (get_cursor (self), self->append, request->vectors,
                            request->count, blocking, cancellable, &error);
  else
    n = write_one (self, request->data, request->count, blocking, cancellable, &error);

  return spool_task_return_int (task, n, error);
}

static void
spool_memory_output_stream_write_async (GOutputStream       *stream,
                                        const void          *buffer,
                                        gsize                count,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  WriteRequest request = { .data = buffer, .count = count };

  spool_task_run_copied (stream, write_task, &request, sizeof request,
                         io_priority, cancellable, callback, user_data);
}

static gssize
spool_memory_output_stream_write_finish (GOutputStream  *stream,
                                         GAsyncResult   *result,
                                         GError        **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static void
splice_request_free (gpointer data)
{
  SpliceRequest *request = data;

  g_clear_error (&request->error);
  g_free (request);
}

/* Takes the reference to @task. */
static void
return_splice (GTask *task)
{
  SpliceRequest *request = g_task_get_task_data (task);

  if (request->error != NULL)
    g_task_return_error (task, g_steal_pointer (&request->error));
  else
    g_task_return_int (task, request->total);

  g_object_unref (task);
}

static void
splice_closed_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  GTask *task = user_data;
  SpliceRequest *request = g_task_get_task_data (task);

  g_output_stream_close_finish (G_OUTPUT_STREAM (object), result,
                                request->error == NULL ? &request->error : NULL);
  return_splice (task);
}

static void
spliced_cb (GObject      *object,
            GAsyncResult *result,
            gpointer      user_data)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (object);
  GTask *task = user_data;
  SpliceRequest *request = g_task_get_task_data (task);

  request->total = clamp_total (spool_splice_finish (result, &request->error));

  if (request->flags & G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)
    {
      if (request->error != NULL)
        self->error = g_error_copy (request->error);

      g_output_stream_clear_pending (G_OUTPUT_STREAM (self));
      g_output_stream_close_async (G_OUTPUT_STREAM (self), g_task_get_priority (task),
                                   g_task_get_cancellable (task), splice_closed_cb, task);
    }
  else
    return_splice (task);
}

static void
spool_memory_output_stream_splice_async (GOutputStream            *stream,
                                         GInputStream             *source,
                                         GOutputStreamSpliceFlags  flags,
                                         int                       io_priority,
                                         GCancellable             *cancellable,
                                         GAsyncReadyCallback       callback,
                                         gpointer                  user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);
  SpliceRequest *request = g_new0 (SpliceRequest, 1);

  request->flags = flags;

  g_task_set_source_tag (task, spool_memory_output_stream_splice_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, request, splice_request_free);

  spool_splice_async (source, flags, splice_sink, G_OBJECT (stream), io_priority,
                      cancellable, spliced_cb, task);
}

static gssize
spool_memory_output_stream_splice_finish (GOutputStream  *stream,
                                          GAsyncResult   *result,
                                          GError        **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static gboolean
flush_task (GTask         *task,
            SpoolBlocking  blocking)
{
  SpoolMemoryOutputStream *self = g_task_get_source_object (task);
  GError *error = NULL;
  gboolean ok;

  ok = flush_buffer (self, blocking, &error);

  return spool_task_return_boolean (task, ok, error);
}

static void
spool_memory_output_stream_flush_async (GOutputStream       *stream,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  spool_task_run (stream, flush_task, NULL, NULL,
                  io_priority, cancellable, callback, user_data);
}

static gboolean
finish_boolean (GOutputStream  *stream,
                GAsyncResult   *result,
                GError        **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* The bytes were flushed before: nothing is left that could block. */
static gboolean
close_task (GTask         *task,
            SpoolBlocking  blocking)
{
  finish_writing (g_task_get_source_object (task), g_task_get_cancellable (task));

  return spool_task_return_boolean (task, TRUE, NULL);
}

static void
spool_memory_output_stream_close_async (GOutputStream       *stream,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  spool_task_run (stream, close_task, NULL, NULL,
                  io_priority, cancellable, callback, user_data);
}

static gboolean
spool_memory_output_stream_writev (GOutputStream        *stream,
                                   const GOutputVector  *vectors,
                                   gsize                 n_vectors,
                                   gsize                *bytes_written,
                                   GCancellable         *cancellable,
                                   GError              **error)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  gssize n;

  n = spool_cursor_write (get_cursor (self), self->append, vectors, n_vectors,
                          SPOOL_MAY_BLOCK, cancellable, error);
  if (bytes_written != NULL)
    *bytes_written = n > 0 ? (gsize) n : 0;

  return n >= 0;
}

static void
spool_memory_output_stream_writev_async (GOutputStream        *stream,
                                         const GOutputVector  *vectors,
                                         gsize                 n_vectors,
                                         int                   io_priority,
                                         GCancellable         *cancellable,
                                         GAsyncReadyCallback   callback,
                                         gpointer              user_data)
{
  WriteRequest request = { .count = n_vectors, .vectors = vectors };
  GError *error = NULL;

  /* For this call alone GIO leaves it to the class to refuse a stream that is
   * closed or busy.
   */
  if (!g_output_stream_set_pending (stream, &error))
    {
      g_task_report_error (stream, callback, user_data,
                           spool_memory_output_stream_writev_async, error);
      return;
    }

  spool_task_run_copied (stream, write_task, &request, sizeof request,
                         io_priority, cancellable, callback, user_data);
}

static gboolean
spool_memory_output_stream_writev_finish (GOutputStream  *stream,
                                          GAsyncResult   *result,
                                          gsize          *bytes_written,
                                          GError        **error)
{
  gssize n;

  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);

  /* One that was refused has nothing to clear. */
  if (g_async_result_is_tagged (result, write_task))
    g_output_stream_clear_pending (stream);

  n = g_task_propagate_int (G_TASK (result), error);
  if (bytes_written != NULL)
    *bytes_written = n > 0 ? (gsize) n : 0;

  return n >= 0;
}

static goffset
spool_memory_output_stream_tell (GSeekable *seekable)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (seekable);

  return self->stolen ? self->stolen_size : spool_cursor_tell (get_cursor (self));
}

static gboolean
spool_memory_output_stream_can_seek (GSeekable *seekable)
{
  return TRUE;
}

static gboolean
spool_memory_output_stream_seek (GSeekable     *seekable,
                                 goffset        offset,
                                 GSeekType      type,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (seekable);
  gboolean ok;

  if (!g_output_stream_set_pending (G_OUTPUT_STREAM (self), error))
    return FALSE;

  ok = spool_cursor_seek (get_cursor (self), offset, type, cancellable, error);
  g_output_stream_clear_pending (G_OUTPUT_STREAM (self));

  return ok;
}

static gboolean
spool_memory_output_stream_can_truncate (GSeekable *seekable)
{
  return TRUE;
}

static gboolean
spool_memory_output_stream_truncate (GSeekable     *seekable,
                                     goffset        offset,
                                     GCancellable  *cancellable,
                                     GError       **error)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (seekable);
  gboolean ok;

  if (!g_output_stream_set_pending (G_OUTPUT_STREAM (self), error))
    return FALSE;

  ok = spool_cursor_truncate (get_cursor (self), offset, cancellable, error);
  g_output_stream_clear_pending (G_OUTPUT_STREAM (self));

  return ok;
}

static void
seekable_iface_init (GSeekableIface *iface)
{
  iface->tell = spool_memory_output_stream_tell;
  iface->can_seek = spool_memory_output_stream_can_seek;
  iface->seek = spool_memory_output_stream_seek;
  iface->can_truncate = spool_memory_output_stream_can_truncate;
  iface->truncate_fn = spool_memory_output_stream_truncate;
}

static void
spool_memory_output_stream_dispose (GObject *object)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (object);

  spool_memory_output_stream_abandon (self);

  G_OBJECT_CLASS (spool_memory_output_stream_parent_class)->dispose (object);
}

static void
spool_memory_output_stream_finalize (GObject *object)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (object);

  /* A stream that is disposed of beside an operation of its own is not closed
   * by its parent.
   */
  if (self->cursor != NULL)
    finish_writing (self, NULL);

  g_clear_pointer (&self->cursor, spool_cursor_unref);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (spool_memory_output_stream_parent_class)->finalize (object);
}

static void
spool_memory_output_stream_get_property (GObject    *object,
                                         guint       property_id,
                                         GValue     *value,
                                         GParamSpec *pspec)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (object);

  switch (property_id)
    {
    case PROP_APPEND:
      g_value_set_boolean (value, spool_memory_output_stream_get_append (self));
      break;

    case PROP_BUFFER:
      g_value_set_object (value, spool_memory_output_stream_get_buffer (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_memory_output_stream_set_property (GObject      *object,
                                         guint         property_id,
                                         const GValue *value,
                                         GParamSpec   *pspec)
{
  SpoolMemoryOutputStream *self = SPOOL_MEMORY_OUTPUT_STREAM (object);
  SpoolBuffer *buffer;

  switch (property_id)
    {
    case PROP_APPEND:
      spool_memory_output_stream_set_append (self, g_value_get_boolean (value));
      break;

    case PROP_BUFFER:
      buffer = g_value_get_object (value);
      if (buffer != NULL)
        take_content (self, attach_as_writer (buffer));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_memory_output_stream_class_init (SpoolMemoryOutputStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GOutputStreamClass *stream_class = G_OUTPUT_STREAM_CLASS (klass);

  spool_i18n_init ();

  object_class->dispose = spool_memory_output_stream_dispose;
  object_class->finalize = spool_memory_output_stream_finalize;
  object_class->get_property = spool_memory_output_stream_get_property;
  object_class->set_property = spool_memory_output_stream_set_property;

  stream_class->write_fn = spool_memory_output_stream_write;
  stream_class->splice = spool_memory_output_stream_splice;
  stream_class->flush = spool_memory_output_stream_flush;
  stream_class->close_fn = spool_memory_output_stream_close;
  stream_class->write_async = spool_memory_output_stream_write_async;
  stream_class->write_finish = spool_memory_output_stream_write_finish;
  stream_class->splice_async = spool_memory_output_stream_splice_async;
  stream_class->splice_finish = spool_memory_output_stream_splice_finish;
  stream_class->flush_async = spool_memory_output_stream_flush_async;
  stream_class->flush_finish = finish_boolean;
  stream_class->close_async = spool_memory_output_stream_close_async;
  stream_class->close_finish = finish_boolean;
  stream_class->writev_fn = spool_memory_output_stream_writev;
  stream_class->writev_async = spool_memory_output_stream_writev_async;
  stream_class->writev_finish = spool_memory_output_stream_writev_finish;

  /**
   * SpoolMemoryOutputStream:append:
   *
   * Whether each write goes to the end of the buffer, wherever that is by
   * then, as with `O_APPEND`. The position is behind the bytes afterwards.
   *
   * Since: 1.0
   */
  props[PROP_APPEND] =
    g_param_spec_boolean ("append", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
                          G_PARAM_STATIC_STRINGS);

  /**
   * SpoolMemoryOutputStream:buffer:
   *
   * The bytes that are written. `NULL` stands for a new, empty buffer.
   *
   * Since: 1.0
   */
  props[PROP_BUFFER] =
    g_param_spec_object ("buffer", NULL, NULL,
                         SPOOL_TYPE_BUFFER,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                         G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
spool_memory_output_stream_init (SpoolMemoryOutputStream *self)
{
}

/* Takes over what @content is attached by, and what counts it as a writer. */
static GOutputStream *
new_for_content (SpoolContent *content)
{
  SpoolMemoryOutputStream *self = g_object_new (SPOOL_TYPE_MEMORY_OUTPUT_STREAM, NULL);

  take_content (self, content);

  return G_OUTPUT_STREAM (self);
}

/* The writing side of a pair that shares a position. */
GOutputStream *
spool_memory_output_stream_new_for_cursor (SpoolCursor *cursor)
{
  SpoolMemoryOutputStream *self = g_object_new (SPOOL_TYPE_MEMORY_OUTPUT_STREAM, NULL);

  self->cursor = spool_cursor_ref (cursor);
  spool_content_add_writer (spool_cursor_get_content (cursor));

  return G_OUTPUT_STREAM (self);
}

/* What closes the stream from now on is its end, not its user. */
void
spool_memory_output_stream_abandon (SpoolMemoryOutputStream *self)
{
  self->abandoned = TRUE;
}

/**
 * spool_memory_output_stream_new:
 *
 * Creates a stream that writes to a new buffer with a threshold of
 * [const@Spool.DEFAULT_THRESHOLD] bytes.
 *
 * Returns: (transfer full) (type SpoolMemoryOutputStream): the new stream
 *
 * Since: 1.0
 */
GOutputStream *
spool_memory_output_stream_new (void)
{
  return new_for_content (spool_content_new_for_writer (SPOOL_DEFAULT_THRESHOLD));
}

/**
 * spool_memory_output_stream_new_with_threshold:
 * @threshold: how many bytes may stay in memory; 0 for none, -1 for any number
 *
 * Creates a stream that writes to a new buffer.
 *
 * Returns: (transfer full) (type SpoolMemoryOutputStream): the new stream
 *
 * Since: 1.0
 */
GOutputStream *
spool_memory_output_stream_new_with_threshold (goffset threshold)
{
  g_return_val_if_fail (threshold >= SPOOL_THRESHOLD_NEVER, NULL);

  return new_for_content (spool_content_new_for_writer (threshold));
}

/**
 * spool_memory_output_stream_new_for_buffer:
 * @buffer: the bytes to write
 *
 * Creates a stream that writes to @buffer, from its beginning.
 *
 * Returns: (transfer full) (type SpoolMemoryOutputStream): the new stream
 *
 * Since: 1.0
 */
GOutputStream *
spool_memory_output_stream_new_for_buffer (SpoolBuffer *buffer)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (buffer), NULL);

  return new_for_content (attach_as_writer (buffer));
}

/**
 * spool_memory_output_stream_get_append:
 * @self: a stream
 *
 * Gets whether each write goes to the end.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
spool_memory_output_stream_get_append (SpoolMemoryOutputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_MEMORY_OUTPUT_STREAM (self), FALSE);

  return self->append;
}

/**
 * spool_memory_output_stream_set_append:
 * @self: a stream
 * @append: whether each write goes to the end
 *
 * Sets whether each write goes to the end of the buffer, rather than to the
 * stream's position.
 *
 * Since: 1.0
 */
void
spool_memory_output_stream_set_append (SpoolMemoryOutputStream *self,
                                       gboolean                 append)
{
  g_return_if_fail (SPOOL_IS_MEMORY_OUTPUT_STREAM (self));

  append = !!append;
  if (self->append == append)
    return;

  self->append = append;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_APPEND]);
}

/**
 * spool_memory_output_stream_get_buffer:
 * @self: a stream
 *
 * Gets the bytes that are written.
 *
 * Returns: (transfer none) (nullable): the buffer; `NULL` once they were stolen
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_memory_output_stream_get_buffer (SpoolMemoryOutputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_MEMORY_OUTPUT_STREAM (self), NULL);

  return self->stolen ? NULL : spool_buffer_get_for_content (get_content (self));
}

/**
 * spool_memory_output_stream_open_reader:
 * @self: a stream
 *
 * Opens a stream that reads what is written, from its beginning.
 *
 * It has a position of its own, and may be opened before the bytes are written
 * or after, also when this stream is closed already. This is the same as
 * [ctor@Spool.MemoryInputStream.new_for_buffer] with the stream's buffer, and
 * takes less time while nobody has asked for that.
 *
 * Returns: (transfer full) (nullable) (type SpoolMemoryInputStream): the new
 *   stream; `NULL` once the bytes were stolen
 *
 * Since: 1.0
 */
GInputStream *
spool_memory_output_stream_open_reader (SpoolMemoryOutputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_MEMORY_OUTPUT_STREAM (self), NULL);

  if (self->stolen)
    return NULL;

  return spool_memory_input_stream_new_for_content (get_content (self));
}

/**
 * spool_memory_output_stream_get_data_size:
 * @self: a stream
 *
 * Gets how many bytes the buffer has, or had when they were stolen.
 *
 * Returns: the size in bytes
 *
 * Since: 1.0
 */
goffset
spool_memory_output_stream_get_data_size (SpoolMemoryOutputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_MEMORY_OUTPUT_STREAM (self), 0);

  return self->stolen ? self->stolen_size : spool_content_get_size (get_content (self));
}

/**
 * spool_memory_output_stream_steal_as_bytes:
 * @self: a stream that is closed
 * @error: return location for an error
 *
 * Takes everything that was written, and lets go of the buffer.
 *
 * This is a snapshot as by [method@Spool.Buffer.get_bytes]: on disk the file
 * is mapped, which takes no memory. It can be called once, and only after
 * [method@Gio.OutputStream.close]; else it fails with
 * `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: (transfer full): the bytes, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_memory_output_stream_steal_as_bytes (SpoolMemoryOutputStream  *self,
                                           GError                  **error)
{
  GBytes *bytes;

  g_return_val_if_fail (SPOOL_IS_MEMORY_OUTPUT_STREAM (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!g_output_stream_is_closed (G_OUTPUT_STREAM (self)))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("The stream has to be closed before its bytes are taken"));
      return NULL;
    }

  if (self->stolen)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                           _("The bytes of the stream were taken already"));
      return NULL;
    }

  bytes = spool_content_snapshot (get_content (self), SPOOL_MAY_BLOCK, NULL, error);
  if (bytes != NULL)
    {
      self->stolen = TRUE;
      self->stolen_size = (goffset) g_bytes_get_size (bytes);
      g_clear_pointer (&self->cursor, spool_cursor_unref);
    }

  return bytes;
}
