/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-i18n-private.h"
#include "spool-memory-input-stream-private.h"
#include "spool-quick-private.h"
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
 * a read returns 0, and bytes that are written later can still be read; with
 * [property@Spool.MemoryInputStream:follow] it waits for them instead.
 *
 * ## At the threshold
 *
 * Nothing happens that a reader could see: its position stays, and the next
 * read goes on in the file.
 *
 * ## Threads
 *
 * Asynchronous reads take no thread while the bytes are in memory, and never
 * wait for the disk in the main loop once they are not. One stream is used by
 * one thread at a time; each thread takes a stream of its own.
 *
 * ## Example
 *
 * ```c
 * // The sum of the bytes in the second half of a buffer.
 * static gboolean
 * add_up (SpoolBuffer  *buffer,
 *         guint64      *sum,
 *         GError      **error)
 * {
 *   g_autoptr(GInputStream) stream = NULL;
 *   guint8 block[4096];
 *   gssize n_read;
 *
 *   stream = spool_memory_input_stream_new_for_buffer (buffer);
 *   if (!g_seekable_seek (G_SEEKABLE (stream),
 *                         spool_buffer_get_size (buffer) / 2, G_SEEK_SET,
 *                         NULL, error))
 *     return FALSE;
 *
 *   while ((n_read = g_input_stream_read (stream, block, sizeof block,
 *                                         NULL, error)) > 0)
 *     for (gssize i = 0; i < n_read; i++)
 *       *sum += block[i];
 *
 *   return n_read == 0;
 * }
 * ```
 *
 * Since: 1.0
 */

struct _SpoolMemoryInputStream
{
  GInputStream  parent_instance;

  SpoolCursor  *cursor;     /* atomic: NULL until it is needed */
  SpoolCursor   own_cursor; /* unless it is shared with another stream */
  gboolean      follow;     /* atomic */
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SpoolMemoryInputStream, spool_memory_input_stream, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

enum
{
  PROP_BUFFER = 1,
  PROP_FOLLOW,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* A read, or without data a skip. */
typedef struct
{
  void     *data;
  gsize     count;
  gboolean  completed; /* what the buffer was before the last attempt */
} Request;

/* Takes over what @content is attached by. */
static void
take_content (SpoolMemoryInputStream *self,
              SpoolContent           *content)
{
  self->cursor = spool_cursor_init (&self->own_cursor, content);
}

/* A stream that was not given a buffer has none before it needs one. Two threads
 * may come here at once: one reads, the other asks for the buffer.
 */
static inline SpoolCursor *
get_cursor (SpoolMemoryInputStream *self)
{
  if (g_once_init_enter (&self->cursor))
    {
      SpoolContent *content = spool_content_new_attached (SPOOL_DEFAULT_THRESHOLD);

      g_once_init_leave (&self->cursor, spool_cursor_init (&self->own_cursor, content));
    }

  return self->cursor;
}

static SpoolContent *
get_content (SpoolMemoryInputStream *self)
{
  return spool_cursor_get_content (get_cursor (self));
}

static inline gssize
read_once (SpoolMemoryInputStream  *self,
           void                    *data,
           gsize                    count,
           SpoolBlocking            blocking,
           GCancellable            *cancellable,
           GError                 **error)
{
  SpoolCursor *cursor = get_cursor (self);
  gssize n = spool_quick_read (cursor, data, count, cancellable);

  return n >= 0 ? n : spool_cursor_read (cursor, data, count, blocking, cancellable, error);
}

/* Whether the buffer is completed is asked first: bytes that come between the
 * two questions are then found by the second, or by the next attempt.
 */
static gssize
attempt (SpoolMemoryInputStream *self,
         Request                *request,
         SpoolBlocking           blocking,
         GCancellable           *cancellable,
         GError                **error)
{
  request->completed = spool_content_get_completed (get_content (self));

  if (request->data != NULL)
    return read_once (self, request->data, request->count, blocking, cancellable, error);

  return spool_cursor_skip (get_cursor (self), request->count, blocking, cancellable,
                            error);
}

/* Whether a follower that got @n bytes has to wait for more. */
static gboolean
must_wait (SpoolMemoryInputStream *self,
           Request                *request,
           gssize                  n)
{
  return n == 0 && request->count > 0 && !request->completed &&
         g_atomic_int_get (&self->follow);
}

/* What a read returns that got @n bytes: at the end of a buffer that was
 * completed with an error, a follower gets that error.
 */
static gssize
conclude (SpoolMemoryInputStream  *self,
          Request                 *request,
          gssize                   n,
          GError                 **error)
{
  GError *completion_error;

  if (n != 0 || request->count == 0 || !g_atomic_int_get (&self->follow))
    return n;

  completion_error = spool_content_dup_error (get_content (self));
  if (completion_error == NULL)
    return 0;

  g_propagate_error (error, completion_error);

  return -1;
}

/* What a read does of a stream that may have to wait. */
static gssize
read_or_skip (SpoolMemoryInputStream  *self,
              Request                 *request,
              GCancellable            *cancellable,
              GError                 **error)
{
  for (;;)
    {
      gssize n = attempt (self, request, SPOOL_MAY_BLOCK, cancellable, error);

      if (!must_wait (self, request, n))
        return conclude (self, request, n, error);

      if (!spool_content_wait (get_content (self),
                               spool_cursor_tell (get_cursor (self)), cancellable, error))
        return -1;
    }
}

static gssize
spool_memory_input_stream_read (GInputStream  *stream,
                                void          *buffer,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (stream);
  Request request = { buffer, count, FALSE };

  if (!g_atomic_int_get (&self->follow))
    return read_once (self, buffer, count, SPOOL_MAY_BLOCK, cancellable, error);

  return read_or_skip (self, &request, cancellable, error);
}

static gssize
spool_memory_input_stream_skip (GInputStream  *stream,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  Request request = { NULL, count, FALSE };

  return read_or_skip (SPOOL_MEMORY_INPUT_STREAM (stream), &request, cancellable, error);
}

static gboolean
spool_memory_input_stream_close (GInputStream  *stream,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  return TRUE;
}

static gboolean
attempt_task (GTask         *task,
              SpoolBlocking  blocking)
{
  SpoolMemoryInputStream *self = g_task_get_source_object (task);
  GError *error = NULL;
  gssize n;

  n = attempt (self, g_task_get_task_data (task), blocking,
               g_task_get_cancellable (task), &error);

  return spool_task_return_int (task, n, error);
}

static void attempted_cb (GObject      *object,
                          GAsyncResult *result,
                          gpointer      user_data);

/* Takes the reference to @task. */
static void
attempt_async (GTask *task)
{
  spool_task_run (g_task_get_source_object (task), attempt_task,
                  g_task_get_task_data (task), NULL, g_task_get_priority (task),
                  g_task_get_cancellable (task), attempted_cb, task);
}

static void
waited_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (spool_content_wait_finish (result, &error))
    attempt_async (task);
  else
    {
      g_task_return_error (task, error);
      g_object_unref (task);
    }
}

static void
attempted_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  SpoolMemoryInputStream *self = SPOOL_MEMORY_INPUT_STREAM (object);
  GTask *task = user_data;
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = g_task_propagate_int (G_TASK (result), &error);

  if (must_wait (self, request, n))
    {
      spool_content_wait_async (get_content (self), self,
                                spool_cursor_tell (get_cursor (self)),
                                g_task_get_priority (task),
                                g_task_get_cancellable (task), waited_cb, task);
      return;
    }

  /* There is no later: a writer may have ended with WOULD_BLOCK too. */
  n = conclude (self, request, n, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n);
  g_object_unref (task);
}

static void
read_or_skip_async (GInputStream        *stream,
                    void                *data,
                    gsize                count,
                    int                  io_priority,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  Request request = { .data = data, .count = count };
  GTask *task;

  if (!g_atomic_int_get (&SPOOL_MEMORY_INPUT_STREAM (stream)->follow))
    {
      spool_task_run_copied (stream, attempt_task, &request, sizeof request,
                             io_priority, cancellable, callback, user_data);
      return;
    }

  task = g_task_new (stream, cancellable, callback, user_data);
  g_task_set_source_tag (task, read_or_skip_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_memdup2 (&request, sizeof request), g_free);
  attempt_async (task);
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
  read_or_skip_async (stream, buffer, count, io_priority, cancellable, callback, user_data);
}

static gssize
finish_int (GInputStream  *stream,
            GAsyncResult  *result,
            GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static void
spool_memory_input_stream_skip_async (GInputStream        *stream,
                                      gsize                count,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  read_or_skip_async (stream, NULL, count, io_priority, cancellable, callback, user_data);
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

  return spool_cursor_tell (get_cursor (self));
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
  gboolean ok = TRUE;

  if (!g_input_stream_set_pending (G_INPUT_STREAM (self), error))
    return FALSE;

  /* A follower's end is where the writer stops. */
  if (type == G_SEEK_END && g_atomic_int_get (&self->follow))
    ok = spool_content_wait (get_content (self), G_MAXINT64,
                             cancellable, error);

  ok = ok && spool_cursor_seek (get_cursor (self), offset, type, cancellable, error);
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

    case PROP_FOLLOW:
      g_value_set_boolean (value, spool_memory_input_stream_get_follow (self));
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
  SpoolBuffer *buffer;

  switch (property_id)
    {
    case PROP_BUFFER:
      buffer = g_value_get_object (value);
      if (buffer != NULL)
        take_content (self, spool_content_attach (spool_buffer_get_content (buffer)));
      break;

    case PROP_FOLLOW:
      spool_memory_input_stream_set_follow (self, g_value_get_boolean (value));
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

  /**
   * SpoolMemoryInputStream:follow:
   *
   * Whether to wait at the end for what the writer has not written yet.
   *
   * A follower reads until the buffer is completed, see
   * [method@Spool.Buffer.complete]; where it was completed with an error, every
   * read at the end returns that error. A read blocks, and can be cancelled; an
   * asynchronous one waits without a thread. `G_SEEK_END` waits until the
   * buffer is completed. Where the buffer is truncated below the position, the
   * follower waits until it has grown past it again.
   *
   * A thread that is the only writer must not wait for itself: there a blocking
   * read at the end never returns.
   *
   * Since: 1.0
   */
  props[PROP_FOLLOW] =
    g_param_spec_boolean ("follow", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY |
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
  SpoolMemoryInputStream *self = g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM, NULL);

  self->cursor = spool_cursor_ref (cursor);

  return G_INPUT_STREAM (self);
}

/* What reads the content of another stream. */
GInputStream *
spool_memory_input_stream_new_for_content (SpoolContent *content)
{
  SpoolMemoryInputStream *self = g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM, NULL);

  take_content (self, spool_content_attach (content));

  return G_INPUT_STREAM (self);
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
  g_autoptr(SpoolContent) content = NULL;

  g_return_val_if_fail (bytes != NULL, NULL);

  content = spool_content_new_for_bytes (bytes);

  return spool_memory_input_stream_new_for_content (content);
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

  return spool_memory_input_stream_new_for_content (spool_buffer_get_content (buffer));
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

  return spool_buffer_get_for_content (get_content (self));
}

/**
 * spool_memory_input_stream_get_follow:
 * @self: a stream
 *
 * Gets whether reads at the end wait for the writer.
 *
 * Returns: whether they do
 *
 * Since: 1.0
 */
gboolean
spool_memory_input_stream_get_follow (SpoolMemoryInputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_MEMORY_INPUT_STREAM (self), FALSE);

  return g_atomic_int_get (&self->follow);
}

/**
 * spool_memory_input_stream_set_follow:
 * @self: a stream
 * @follow: whether to wait for the writer
 *
 * Sets whether reads at the end wait for the writer.
 *
 * A read that waits already goes on waiting.
 *
 * Since: 1.0
 */
void
spool_memory_input_stream_set_follow (SpoolMemoryInputStream *self,
                                      gboolean                follow)
{
  g_return_if_fail (SPOOL_IS_MEMORY_INPUT_STREAM (self));

  follow = !!follow;
  if (spool_memory_input_stream_get_follow (self) == follow)
    return;

  g_atomic_int_set (&self->follow, follow);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FOLLOW]);
}
