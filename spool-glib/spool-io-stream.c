/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-i18n-private.h"
#include "spool-io-stream.h"
#include "spool-memory-input-stream-private.h"
#include "spool-memory-output-stream-private.h"

#include <glib/gi18n-lib.h>

/**
 * SpoolIOStream:
 *
 * Reads and writes a [class@Spool.Buffer] at one position, as a file is read
 * and written.
 *
 * Use it in the place of the stream that [func@Gio.File.new_tmp] gives, where
 * one part of a program writes and reads again what it wrote. For readers with
 * positions of their own there are [class@Spool.MemoryInputStream]s.
 *
 * Its two sides are a [class@Spool.MemoryInputStream] and a
 * [class@Spool.MemoryOutputStream] that share the position: what is written is
 * read only after seeking back. An operation on one side waits for one that
 * runs on the other; seeking and truncating meanwhile fail with
 * `G_IO_ERROR_PENDING`.
 *
 * Closing one side closes that direction only. As with every
 * [class@Gio.IOStream], dropping the whole closes both: for a reader that lives
 * on use [ctor@Spool.MemoryInputStream.new_for_buffer].
 *
 * ## At the threshold
 *
 * A write that would take the buffer past its threshold rolls it over first,
 * which can't be seen here but in the time that it takes; see
 * [class@Spool.Buffer].
 *
 * ## Threads
 *
 * Asynchronous calls take no thread while the bytes are in memory, and never
 * wait for the disk in the main loop once they are not. Two threads may use the
 * two sides; as they share the position, one waits for the other.
 *
 * ## Example
 *
 * ```c
 * // Writes, goes back, and reads.
 * static gboolean
 * write_and_read (const char  *text,
 *                 char        *block,
 *                 gsize        block_size,
 *                 gsize       *n_read,
 *                 GError     **error)
 * {
 *   g_autoptr(GIOStream) stream = spool_io_stream_new ();
 *   GOutputStream *output = g_io_stream_get_output_stream (stream);
 *   GInputStream *input = g_io_stream_get_input_stream (stream);
 *
 *   return g_output_stream_write_all (output, text, strlen (text), NULL,
 *                                     NULL, error) &&
 *          g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, error) &&
 *          g_input_stream_read_all (input, block, block_size, n_read,
 *                                   NULL, error);
 * }
 * ```
 *
 * Since: 1.0
 */

struct _SpoolIOStream
{
  GIOStream      parent_instance;

  SpoolCursor   *cursor;
  GInputStream  *input;
  GOutputStream *output;
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SpoolIOStream, spool_io_stream, G_TYPE_IO_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

enum
{
  PROP_BUFFER = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static GInputStream *
spool_io_stream_get_input_stream (GIOStream *stream)
{
  return SPOOL_IO_STREAM (stream)->input;
}

static GOutputStream *
spool_io_stream_get_output_stream (GIOStream *stream)
{
  return SPOOL_IO_STREAM (stream)->output;
}

/* Takes the reference to @task. */
static void
return_close (GTask *task)
{
  GError *error = g_steal_pointer ((GError **) g_task_get_task_data (task));

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);

  g_object_unref (task);
}

static void
input_closed_cb (GObject      *object,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  GTask *task = user_data;
  GError **error = g_task_get_task_data (task);

  g_input_stream_close_finish (G_INPUT_STREAM (object), result,
                               *error == NULL ? error : NULL);
  return_close (task);
}

/* In GIO it is an error to close a closed side asynchronously. */
static void
close_input (GTask *task)
{
  SpoolIOStream *self = g_task_get_source_object (task);

  if (g_input_stream_is_closed (self->input))
    return_close (task);
  else
    g_input_stream_close_async (self->input, g_task_get_priority (task),
                                g_task_get_cancellable (task), input_closed_cb, task);
}

static void
output_closed_cb (GObject      *object,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  GTask *task = user_data;

  g_output_stream_close_finish (G_OUTPUT_STREAM (object), result,
                                g_task_get_task_data (task));
  close_input (task);
}

/* The parent closes both sides in a worker; each does without one where it can.
 */
static void
spool_io_stream_close_async (GIOStream           *stream,
                             int                  io_priority,
                             GCancellable        *cancellable,
                             GAsyncReadyCallback  callback,
                             gpointer             user_data)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (stream);
  GTask *task = g_task_new (stream, cancellable, callback, user_data);

  g_task_set_source_tag (task, spool_io_stream_close_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_new0 (GError *, 1), g_free);

  if (g_output_stream_is_closed (self->output))
    close_input (task);
  else
    g_output_stream_close_async (self->output, io_priority, cancellable,
                                 output_closed_cb, task);
}

static gboolean
spool_io_stream_close_finish (GIOStream     *stream,
                              GAsyncResult  *result,
                              GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static goffset
spool_io_stream_tell (GSeekable *seekable)
{
  return spool_cursor_tell (SPOOL_IO_STREAM (seekable)->cursor);
}

static gboolean
spool_io_stream_can_seek (GSeekable *seekable)
{
  return TRUE;
}

/* A side that is closed is not pending, but cannot be set so either. */
static gboolean
begin_seek (SpoolIOStream  *self,
            GError        **error)
{
  if (!g_io_stream_set_pending (G_IO_STREAM (self), error))
    return FALSE;

  if (g_input_stream_has_pending (self->input) ||
      g_output_stream_has_pending (self->output))
    {
      g_io_stream_clear_pending (G_IO_STREAM (self));
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                           _("Stream has outstanding operation"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
spool_io_stream_seek (GSeekable     *seekable,
                      goffset        offset,
                      GSeekType      type,
                      GCancellable  *cancellable,
                      GError       **error)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (seekable);
  gboolean ok;

  if (!begin_seek (self, error))
    return FALSE;

  ok = spool_cursor_seek (self->cursor, offset, type, cancellable, error);
  g_io_stream_clear_pending (G_IO_STREAM (self));

  return ok;
}

static gboolean
spool_io_stream_can_truncate (GSeekable *seekable)
{
  return TRUE;
}

static gboolean
spool_io_stream_truncate (GSeekable     *seekable,
                          goffset        offset,
                          GCancellable  *cancellable,
                          GError       **error)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (seekable);
  gboolean ok;

  /* Truncating is a way of writing. */
  if (g_output_stream_is_closed (self->output))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                           _("Stream is already closed"));
      return FALSE;
    }

  if (!begin_seek (self, error))
    return FALSE;

  ok = spool_cursor_truncate (self->cursor, offset, cancellable, error);
  g_io_stream_clear_pending (G_IO_STREAM (self));

  return ok;
}

static void
seekable_iface_init (GSeekableIface *iface)
{
  iface->tell = spool_io_stream_tell;
  iface->can_seek = spool_io_stream_can_seek;
  iface->seek = spool_io_stream_seek;
  iface->can_truncate = spool_io_stream_can_truncate;
  iface->truncate_fn = spool_io_stream_truncate;
}

static void
spool_io_stream_constructed (GObject *object)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (object);

  G_OBJECT_CLASS (spool_io_stream_parent_class)->constructed (object);

  if (self->cursor == NULL)
    self->cursor = spool_cursor_new (spool_content_new_attached (SPOOL_DEFAULT_THRESHOLD));

  self->input = spool_memory_input_stream_new_for_cursor (self->cursor);
  self->output = spool_memory_output_stream_new_for_cursor (self->cursor);
}

static void
spool_io_stream_dispose (GObject *object)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (object);

  /* The parent closes the output side, which does not know why. */
  if (!g_io_stream_is_closed (G_IO_STREAM (self)))
    spool_memory_output_stream_abandon (SPOOL_MEMORY_OUTPUT_STREAM (self->output));

  G_OBJECT_CLASS (spool_io_stream_parent_class)->dispose (object);
}

static void
spool_io_stream_finalize (GObject *object)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_pointer (&self->cursor, spool_cursor_unref);

  G_OBJECT_CLASS (spool_io_stream_parent_class)->finalize (object);
}

static void
spool_io_stream_get_property (GObject    *object,
                              guint       property_id,
                              GValue     *value,
                              GParamSpec *pspec)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (object);

  switch (property_id)
    {
    case PROP_BUFFER:
      g_value_set_object (value, spool_io_stream_get_buffer (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_io_stream_set_property (GObject      *object,
                              guint         property_id,
                              const GValue *value,
                              GParamSpec   *pspec)
{
  SpoolIOStream *self = SPOOL_IO_STREAM (object);
  SpoolBuffer *buffer;

  switch (property_id)
    {
    case PROP_BUFFER:
      buffer = g_value_get_object (value);
      if (buffer != NULL)
        self->cursor =
          spool_cursor_new (spool_content_attach (spool_buffer_get_content (buffer)));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_io_stream_class_init (SpoolIOStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  spool_i18n_init ();

  object_class->constructed = spool_io_stream_constructed;
  object_class->dispose = spool_io_stream_dispose;
  object_class->finalize = spool_io_stream_finalize;
  object_class->get_property = spool_io_stream_get_property;
  object_class->set_property = spool_io_stream_set_property;

  stream_class->get_input_stream = spool_io_stream_get_input_stream;
  stream_class->get_output_stream = spool_io_stream_get_output_stream;
  stream_class->close_async = spool_io_stream_close_async;
  stream_class->close_finish = spool_io_stream_close_finish;

  /**
   * SpoolIOStream:buffer:
   *
   * The bytes that are read and written. `NULL` stands for a new, empty buffer.
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
spool_io_stream_init (SpoolIOStream *self)
{
}

/**
 * spool_io_stream_new:
 *
 * Creates a stream over a new buffer with a threshold of
 * [const@Spool.DEFAULT_THRESHOLD] bytes.
 *
 * Returns: (transfer full) (type SpoolIOStream): the new stream
 *
 * Since: 1.0
 */
GIOStream *
spool_io_stream_new (void)
{
  return g_object_new (SPOOL_TYPE_IO_STREAM, NULL);
}

/**
 * spool_io_stream_new_with_threshold:
 * @threshold: how many bytes may stay in memory; 0 for none, -1 for any number
 *
 * Creates a stream over a new buffer.
 *
 * Returns: (transfer full) (type SpoolIOStream): the new stream
 *
 * Since: 1.0
 */
GIOStream *
spool_io_stream_new_with_threshold (goffset threshold)
{
  SpoolIOStream *self;

  g_return_val_if_fail (threshold >= SPOOL_THRESHOLD_NEVER, NULL);

  self = g_object_new (SPOOL_TYPE_IO_STREAM, NULL);
  spool_content_set_threshold (spool_cursor_get_content (self->cursor), threshold);

  return G_IO_STREAM (self);
}

/**
 * spool_io_stream_new_for_buffer:
 * @buffer: the bytes to read and write
 *
 * Creates a stream that reads and writes @buffer, from its beginning.
 *
 * Returns: (transfer full) (type SpoolIOStream): the new stream
 *
 * Since: 1.0
 */
GIOStream *
spool_io_stream_new_for_buffer (SpoolBuffer *buffer)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (buffer), NULL);

  return g_object_new (SPOOL_TYPE_IO_STREAM, "buffer", buffer, NULL);
}

/**
 * spool_io_stream_get_buffer:
 * @self: a stream
 *
 * Gets the bytes that are read and written.
 *
 * Returns: (transfer none): the buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_io_stream_get_buffer (SpoolIOStream *self)
{
  g_return_val_if_fail (SPOOL_IS_IO_STREAM (self), NULL);

  return spool_buffer_get_for_content (spool_cursor_get_content (self->cursor));
}
