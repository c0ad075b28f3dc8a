/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-i18n-private.h"
#include "spool-memory-input-stream-private.h"
#include "spool-task-private.h"

#include <glib/gi18n-lib.h>

/**
 * SpoolMemoryInputStream:
 *
 * Reads from a [class@Spool.Buffer].
 *
 * Any number of these can read one buffer, each at its own position and in its
 * own thread, while it is written and before and after it rolls over. The
 * stream keeps the buffer alive.
 *
 * As in a file, one can seek past the end, and reads nothing there. At the end
 * a read returns 0, and bytes that are written later can still be read.
 *
 * Asynchronous reads take no thread while the bytes are in memory, and never
 * wait for the disk in the main loop once they are not.
 *
 * ```c
 * g_autoptr(GInputStream) stream = spool_memory_input_stream_new_for_buffer (buffer);
 * g_autoptr(GError) error = NULL;
 * char block[4096];
 * gssize n;
 *
 * while ((n = g_input_stream_read (stream, block, sizeof block, NULL, &error)) > 0)
 *   consume (block, n);
 * ```
 *
 * Since: 1.0
 */

struct _SpoolMemoryInputStream
{
  GInputStream  parent_instance;

  SpoolCursor  *cursor;
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SpoolMemoryInputStream, spool_memory_input_stream, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

enum
{
  PROP_BUFFER = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef struct
{
  void  *data;
  gsize  count;
} Request;

static Request *
request_new (void  *data,
             gsize  count)
{
  Request *request = g_new (Request, 1);

  request->data = data;
  request->count = count;

  return request;
}

static gssize
spool_memory_input_stream_read (GInputStream  *stream,
                                void          *buffer,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (stream);

  return spool_cursor_read (self->cursor, buffer, count, SPOOL_MAY_BLOCK, cancellable,
                            error);
}

static gssize
spool_memory_input_stream_skip (GInputStream  *stream,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (stream);

  return spool_cursor_skip (self->cursor, count, SPOOL_MAY_BLOCK, cancellable, error);
}

static gboolean
spool_memory_input_stream_close (GInputStream  *stream,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  return TRUE;
}

static gboolean
read_task (GTask         *task,
           SpoolBlocking  blocking)
{
  SpoolMemoryInputStream *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n;

  n = spool_cursor_read (self->cursor, request->data, request->count, blocking,
                         g_task_get_cancellable (task), &error);

  return spool_task_return_int (task, n, error);
}

static void
spool_memory_input_stream_read_async (GInputStream        *stream,
                                      void                *buffer,
                                      gsize                count,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  spool_task_run (stream, read_task, request_new (buffer, count), g_free,
                  io_priority, cancellable, callback, user_data);
}

static gssize
finish_int (GInputStream  *stream,
            GAsyncResult  *result,
            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static gboolean
skip_task (GTask         *task,
           SpoolBlocking  blocking)
{
  SpoolMemoryInputStream *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n;

  n = spool_cursor_skip (self->cursor, request->count, blocking,
                         g_task_get_cancellable (task), &error);

  return spool_task_return_int (task, n, error);
}

static void
spool_memory_input_stream_skip_async (GInputStream        *stream,
                                      gsize                count,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  spool_task_run (stream, skip_task, request_new (NULL, count), g_free,
                  io_priority, cancellable, callback, user_data);
}

/* Closing does nothing that could block. */
static gboolean
close_task (GTask         *task,
            SpoolBlocking  blocking)
{
  return spool_task_return_boolean (task, TRUE, NULL);
}

static void
spool_memory_input_stream_close_async (GInputStream        *stream,
                                       int                  io_priority,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data)
{
  spool_task_run (stream, close_task, NULL, NULL,
                  io_priority, cancellable, callback, user_data);
}

static gboolean
spool_memory_input_stream_close_finish (GInputStream  *stream,
                                        GAsyncResult  *result,
                                        GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static goffset
spool_memory_input_stream_tell (GSeekable *seekable)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (seekable);

  return spool_cursor_tell (self->cursor);
}

static gboolean
spool_memory_input_stream_can_seek (GSeekable *seekable)
{
  return TRUE;
}

static gboolean
spool_memory_input_stream_seek (GSeekable     *seekable,
                                goffset        offset,
                                GSeekType      type,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (seekable);
  gboolean ok;

  if (!g_input_stream_set_pending (G_INPUT_STREAM (self), error))
    return FALSE;

  ok = spool_cursor_seek (self->cursor, offset, type, cancellable, error);
  g_input_stream_clear_pending (G_INPUT_STREAM (self));

  return ok;
}

static gboolean
spool_memory_input_stream_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

static gboolean
spool_memory_input_stream_truncate (GSeekable     *seekable,
                                    goffset        offset,
                                    GCancellable  *cancellable,
                                    GError       **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _("Cannot truncate an input stream"));

  return FALSE;
}

static void
seekable_iface_init (GSeekableIface *iface)
{
  iface->tell = spool_memory_input_stream_tell;
  iface->can_seek = spool_memory_input_stream_can_seek;
  iface->seek = spool_memory_input_stream_seek;
  iface->can_truncate = spool_memory_input_stream_can_truncate;
  iface->truncate_fn = spool_memory_input_stream_truncate;
}

static void
spool_memory_input_stream_constructed (GObject *object)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (object);

  G_OBJECT_CLASS (spool_memory_input_stream_parent_class)->constructed (object);

  if (self->cursor == NULL)
    {
      g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();

      self->cursor = spool_cursor_new (buffer);
    }
}

static void
spool_memory_input_stream_finalize (GObject *object)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (object);

  g_clear_pointer (&self->cursor, spool_cursor_unref);

  G_OBJECT_CLASS (spool_memory_input_stream_parent_class)->finalize (object);
}

static void
spool_memory_input_stream_get_property (GObject    *object,
                                        guint       property_id,
                                        GValue     *value,
                                        GParamSpec *pspec)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (object);

  switch (property_id)
    {
    case PROP_BUFFER:
      g_value_set_object (value, spool_memory_input_stream_get_buffer (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_memory_input_stream_set_property (GObject      *object,
                                        guint         property_id,
                                        const GValue *value,
                                        GParamSpec   *pspec)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (object);

  switch (property_id)
    {
    case PROP_BUFFER:
      if (g_value_get_object (value) != NULL)
        self->cursor = spool_cursor_new (g_value_get_object (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_memory_input_stream_class_init (SpoolMemoryInputStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  spool_i18n_init ();

  object_class->constructed = spool_memory_input_stream_constructed;
  object_class->finalize = spool_memory_input_stream_finalize;
  object_class->get_property = spool_memory_input_stream_get_property;
  object_class->set_property = spool_memory_input_stream_set_property;

  stream_class->read_fn = spool_memory_input_stream_read;
  stream_class->skip = spool_memory_input_stream_skip;
  stream_class->close_fn = spool_memory_input_stream_close;
  stream_class->read_async = spool_memory_input_stream_read_async;
  stream_class->read_finish = finish_int;
  stream_class->skip_async = spool_memory_input_stream_skip_async;
  stream_class->skip_finish = finish_int;
  stream_class->close_async = spool_memory_input_stream_close_async;
  stream_class->close_finish = spool_memory_input_stream_close_finish;

  /**
   * SpoolMemoryInputStream:buffer:
   *
   * The bytes that are read. `NULL` stands for a new, empty buffer.
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
spool_memory_input_stream_init (SpoolMemoryInputStream *self)
{
}

/* The reading side of a pair that shares a position. */
GInputStream *
spool_memory_input_stream_new_for_cursor (SpoolCursor *cursor)
{
  GInputStream *stream =
    spool_memory_input_stream_new_for_buffer (spool_cursor_get_buffer (cursor));
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (stream);

  spool_cursor_unref (self->cursor);
  self->cursor = spool_cursor_ref (cursor);

  return stream;
}

/**
 * spool_memory_input_stream_new_for_bytes:
 * @bytes: the bytes to read
 *
 * Creates a stream that reads @bytes.
 *
 * They are shared with a new buffer, as by
 * [ctor@Spool.Buffer.new_for_bytes].
 *
 * Returns: (transfer full) (type SpoolMemoryInputStream): the new stream
 *
 * Since: 1.0
 */
GInputStream *
spool_memory_input_stream_new_for_bytes (GBytes *bytes)
{
  g_autoptr(SpoolBuffer) buffer = NULL;

  g_return_val_if_fail (bytes != NULL, NULL);

  buffer = spool_buffer_new_for_bytes (bytes);

  return spool_memory_input_stream_new_for_buffer (buffer);
}

/**
 * spool_memory_input_stream_new_for_buffer:
 * @buffer: the bytes to read
 *
 * Creates a stream that reads @buffer from its beginning.
 *
 * Returns: (transfer full) (type SpoolMemoryInputStream): the new stream
 *
 * Since: 1.0
 */
GInputStream *
spool_memory_input_stream_new_for_buffer (SpoolBuffer *buffer)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (buffer), NULL);

  return g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM, "buffer", buffer, NULL);
}

/**
 * spool_memory_input_stream_get_buffer:
 * @self: a stream
 *
 * Gets the bytes that are read.
 *
 * Returns: (transfer none): the buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_memory_input_stream_get_buffer (SpoolMemoryInputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_MEMORY_INPUT_STREAM (self), NULL);

  return spool_cursor_get_buffer (self->cursor);
}
