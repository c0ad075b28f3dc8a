/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-error-private.h"
#include "spool-i18n-private.h"
#include "spool-text-stream-private.h"

#include <string.h>

/**
 * SpoolTextStream:
 *
 * Reads and writes the text in a [class@Spool.Buffer] at a position that counts
 * characters.
 *
 * A character is a Unicode code point, as in `GtkTextIter`. Positions,
 * lengths and counts are all in characters. The buffer has the text in UTF-8,
 * and other streams on it see the bytes; they may also change them, at any
 * time. A NUL is a character as any other, but C strings and most languages
 * end at it: where there may be some, use the functions that take or return
 * [struct@GLib.Bytes].
 *
 * Use this for text that is edited, or read from many places. To only read
 * lines from the beginning to the end, a [class@Gio.DataInputStream] does too.
 *
 * ## Overwriting
 *
 * Writing before the end replaces as many characters as are written, whatever
 * their lengths in bytes, and what follows keeps its place. Where the lengths
 * in bytes differ everything behind has to move: in memory that is done within
 * the block, on disk by writing a new file beside the old one, which takes room
 * for both. Either way it is done whole or not at all. It fails with
 * `G_IO_ERROR_NOT_SUPPORTED` where others can write to the file: after a
 * writable descriptor was handed out by [method@Spool.Buffer.dup_fd], or where
 * the file has a name. A read-only descriptor goes on showing the old content.
 *
 * As in a file, one can seek past the end, and reads nothing there; a write
 * there fills the gap with NULs.
 *
 * ## Bytes that are no text
 *
 * What is to be written is checked first, and refused with
 * `G_IO_ERROR_INVALID_DATA` if it is not UTF-8. Bytes that are not, which only
 * get into the buffer in other ways, give that error to every function that
 * has to pass them, with their offset in the message; the position stays.
 *
 * ## Costs
 *
 * The buffer remembers where some of the characters are, as far as the text
 * was written through text streams or walked over. A read or write that goes
 * on where the last one ended, and the length of such text, need no search; one
 * after a seek searches a few kilobytes. Where other streams change bytes, what
 * lies behind them has to be walked over again. Nothing is remembered of files
 * that others can write to.
 *
 * ## At the threshold
 *
 * Text that takes the buffer past its threshold, which counts bytes, rolls it
 * over first; where that fails nothing was written.
 *
 * ## Threads
 *
 * A stream does one thing at a time, as those of GIO do: while one call runs,
 * from whichever thread, others that use the position fail with
 * `G_IO_ERROR_PENDING`. Any number of streams may share a buffer, each in its
 * own thread.
 *
 * A text stream is not closed and is not one of the writers that complete a
 * buffer. One that writes for followers calls [method@Spool.Buffer.complete].
 *
 * ## Example
 *
 * ```c
 * // Writes two lines, and reads the second: "Grüße" and its newline are six
 * // characters, and eight bytes.
 * static char *
 * read_second_line (GError **error)
 * {
 *   g_autoptr(SpoolTextStream) stream = spool_text_stream_new ();
 *
 *   if (!spool_text_stream_write_string (stream, "Grüße\naus Köln\n", NULL, error) ||
 *       !spool_text_stream_seek (stream, 6, G_SEEK_SET, NULL, error))
 *     return NULL;
 *
 *   return spool_text_stream_read_line (stream, NULL, NULL, error);
 * }
 * ```
 *
 * Since: 1.0
 */

struct _SpoolTextStream
{
  GObject          parent_instance;

  SpoolTextCursor *cursor;
  gboolean         follow; /* atomic */
};

G_DEFINE_FINAL_TYPE (SpoolTextStream, spool_text_stream, G_TYPE_OBJECT)

enum
{
  PROP_BUFFER = 1,
  PROP_FOLLOW,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

SpoolTextCursor *
spool_text_stream_get_cursor (SpoolTextStream *self)
{
  return self->cursor;
}

/* What the end of the content is now. Whether the buffer is completed has to
 * be asked before the content is: what comes between the two questions is then
 * found by the second one.
 */
static SpoolTextEnd
get_end (SpoolTextStream *self)
{
  SpoolContent *content = spool_text_cursor_get_content (self->cursor);
  g_autoptr(GError) error = NULL;

  if (!g_atomic_int_get (&self->follow))
    return SPOOL_TEXT_END_FINAL;

  if (!spool_content_get_completed (content))
    return SPOOL_TEXT_END_OPEN;

  error = spool_content_dup_error (content);

  return error != NULL ? SPOOL_TEXT_END_BROKEN : SPOOL_TEXT_END_FINAL;
}

void
spool_text_stream_prepare (SpoolTextStream *self,
                           SpoolTextRead   *request)
{
  request->end = get_end (self);
}

/* Whether a read that got nothing may get something later. */
gboolean
spool_text_stream_must_wait (const SpoolTextRead *request)
{
  return request->text == NULL && request->n_chars != 0 &&
         request->end == SPOOL_TEXT_END_OPEN;
}

/* A follower that is at the end of what a failed writer left gets its error. */
gboolean
spool_text_stream_conclude (SpoolTextStream      *self,
                            const SpoolTextRead  *request,
                            GError              **error)
{
  GError *completion_error;

  if (request->text != NULL || request->n_chars == 0 ||
      request->end != SPOOL_TEXT_END_BROKEN)
    return TRUE;

  completion_error = spool_content_dup_error (spool_text_cursor_get_content (self->cursor));
  if (completion_error == NULL)
    return TRUE;

  g_propagate_error (error, completion_error);

  return FALSE;
}

static gboolean
wait_for_more (SpoolTextStream      *self,
               const SpoolTextRead  *request,
               GCancellable         *cancellable,
               GError              **error)
{
  SpoolContent *content = spool_text_cursor_get_content (self->cursor);

  if (request->unit == SPOOL_TEXT_CHARS && request->n_chars < 0)
    return spool_content_wait (content, G_MAXINT64, cancellable, error);

  return spool_content_wait_change (content, request->seen_size, request->seen_overwrites,
                                    cancellable, error);
}

static gboolean
read_text (SpoolTextStream  *self,
           SpoolTextRead    *request,
           GCancellable     *cancellable,
           GError          **error)
{
  gboolean ok;

  if (!spool_text_cursor_hold (self->cursor, error))
    return FALSE;

  do
    {
      spool_text_stream_prepare (self, request);
      ok = spool_text_cursor_read (self->cursor, request, SPOOL_MAY_BLOCK, cancellable,
                                   error);
      if (!ok || !spool_text_stream_must_wait (request))
        break;

      ok = wait_for_more (self, request, cancellable, error);
    }
  while (ok);

  ok = ok && spool_text_stream_conclude (self, request, error);
  spool_text_cursor_release (self->cursor);

  return ok;
}

static gboolean
write_text (SpoolTextStream  *self,
            const void       *text,
            gsize             length,
            GCancellable     *cancellable,
            GError          **error)
{
  gboolean ok;

  if (!spool_text_cursor_hold (self->cursor, error))
    return FALSE;

  ok = spool_text_cursor_write (self->cursor, text, length, SPOOL_MAY_BLOCK, cancellable,
                                error);
  spool_text_cursor_release (self->cursor);

  return ok;
}

static void
spool_text_stream_constructed (GObject *object)
{
  SpoolTextStream *self = SPOOL_TEXT_STREAM (object);

  G_OBJECT_CLASS (spool_text_stream_parent_class)->constructed (object);

  if (self->cursor == NULL)
    {
      g_autoptr(SpoolContent) content = spool_content_new (SPOOL_DEFAULT_THRESHOLD);

      self->cursor = spool_text_cursor_new (content);
    }
}

static void
spool_text_stream_finalize (GObject *object)
{
  SpoolTextStream *self = SPOOL_TEXT_STREAM (object);

  g_clear_pointer (&self->cursor, spool_text_cursor_free);

  G_OBJECT_CLASS (spool_text_stream_parent_class)->finalize (object);
}

static void
spool_text_stream_get_property (GObject    *object,
                                guint       property_id,
                                GValue     *value,
                                GParamSpec *pspec)
{
  SpoolTextStream *self = SPOOL_TEXT_STREAM (object);

  switch (property_id)
    {
    case PROP_BUFFER:
      g_value_set_object (value, spool_text_stream_get_buffer (self));
      break;

    case PROP_FOLLOW:
      g_value_set_boolean (value, spool_text_stream_get_follow (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_text_stream_set_property (GObject      *object,
                                guint         property_id,
                                const GValue *value,
                                GParamSpec   *pspec)
{
  SpoolTextStream *self = SPOOL_TEXT_STREAM (object);
  SpoolBuffer *buffer;

  switch (property_id)
    {
    case PROP_BUFFER:
      buffer = g_value_get_object (value);
      if (buffer != NULL)
        self->cursor = spool_text_cursor_new (spool_buffer_get_content (buffer));
      break;

    case PROP_FOLLOW:
      spool_text_stream_set_follow (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_text_stream_class_init (SpoolTextStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  spool_i18n_init ();

  object_class->constructed = spool_text_stream_constructed;
  object_class->finalize = spool_text_stream_finalize;
  object_class->get_property = spool_text_stream_get_property;
  object_class->set_property = spool_text_stream_set_property;

  /**
   * SpoolTextStream:buffer:
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

  /**
   * SpoolTextStream:follow:
   *
   * Whether to wait at the end for what the writer has not written yet.
   *
   * Reading a line then waits for the end of the line, reading up to a number
   * of characters for the first one, and reading all for the end, which is
   * where the buffer is completed; so does `G_SEEK_END`. Until then half a
   * character at the end is not an error but not there yet. Where the buffer
   * was completed with an error, reads at the end return that error.
   *
   * A call that blocks can be cancelled; an asynchronous one waits without a
   * thread. A thread that is the only writer must not wait for itself.
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
spool_text_stream_init (SpoolTextStream *self)
{
}

/**
 * spool_text_stream_new:
 *
 * Creates a stream over a new buffer with a threshold of
 * [const@Spool.DEFAULT_THRESHOLD] bytes.
 *
 * Returns: (transfer full): the new stream
 *
 * Since: 1.0
 */
SpoolTextStream *
spool_text_stream_new (void)
{
  return g_object_new (SPOOL_TYPE_TEXT_STREAM, NULL);
}

/**
 * spool_text_stream_new_with_threshold:
 * @threshold: how many bytes may stay in memory; 0 for none, -1 for any number
 *
 * Creates a stream over a new buffer.
 *
 * Returns: (transfer full): the new stream
 *
 * Since: 1.0
 */
SpoolTextStream *
spool_text_stream_new_with_threshold (goffset threshold)
{
  SpoolTextStream *self;

  g_return_val_if_fail (threshold >= SPOOL_THRESHOLD_NEVER, NULL);

  self = g_object_new (SPOOL_TYPE_TEXT_STREAM, NULL);
  spool_content_set_threshold (spool_text_cursor_get_content (self->cursor), threshold);

  return self;
}

/**
 * spool_text_stream_new_for_buffer:
 * @buffer: the bytes to read and write
 *
 * Creates a stream that reads and writes @buffer, from its beginning.
 *
 * Returns: (transfer full): the new stream
 *
 * Since: 1.0
 */
SpoolTextStream *
spool_text_stream_new_for_buffer (SpoolBuffer *buffer)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (buffer), NULL);

  return g_object_new (SPOOL_TYPE_TEXT_STREAM, "buffer", buffer, NULL);
}

/**
 * spool_text_stream_get_buffer:
 * @self: a stream
 *
 * Gets the bytes that are read and written.
 *
 * Returns: (transfer none): the buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_text_stream_get_buffer (SpoolTextStream *self)
{
  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), NULL);

  return spool_buffer_get_for_content (spool_text_cursor_get_content (self->cursor));
}

/**
 * spool_text_stream_get_follow:
 * @self: a stream
 *
 * Gets whether reads at the end wait for the writer.
 *
 * Returns: whether they do
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_get_follow (SpoolTextStream *self)
{
  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), FALSE);

  return g_atomic_int_get (&self->follow);
}

/**
 * spool_text_stream_set_follow:
 * @self: a stream
 * @follow: whether to wait for the writer
 *
 * Sets whether reads at the end wait for the writer.
 *
 * A read that waits already goes on waiting for what comes next.
 *
 * Since: 1.0
 */
void
spool_text_stream_set_follow (SpoolTextStream *self,
                              gboolean         follow)
{
  g_return_if_fail (SPOOL_IS_TEXT_STREAM (self));

  follow = !!follow;
  if (spool_text_stream_get_follow (self) == follow)
    return;

  g_atomic_int_set (&self->follow, follow);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_FOLLOW]);
}

/**
 * spool_text_stream_tell:
 * @self: a stream
 *
 * Gets the position. Never fails and never waits.
 *
 * Returns: how many characters lie before the position
 *
 * Since: 1.0
 */
gint64
spool_text_stream_tell (SpoolTextStream *self)
{
  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), 0);

  return spool_text_cursor_tell (self->cursor);
}

/**
 * spool_text_stream_seek:
 * @self: a stream
 * @offset: how many characters to go
 * @type: from where
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Moves the position, which may lie past the end.
 *
 * Only `G_SEEK_END` looks at the content, to count its characters; otherwise
 * the next read or write finds the place. A position before the beginning is
 * refused with `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: whether the position was moved
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_seek (SpoolTextStream  *self,
                        gint64            offset,
                        GSeekType         type,
                        GCancellable     *cancellable,
                        GError          **error)
{
  gboolean ok = TRUE;

  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!spool_text_cursor_hold (self->cursor, error))
    return FALSE;

  /* A follower's end is where the writer stops. */
  if (type == G_SEEK_END && g_atomic_int_get (&self->follow))
    ok = spool_content_wait (spool_text_cursor_get_content (self->cursor), G_MAXINT64,
                             cancellable, error);

  ok = ok && spool_text_cursor_seek (self->cursor, offset, type, get_end (self),
                                     cancellable, error);
  spool_text_cursor_release (self->cursor);

  return ok;
}

/**
 * spool_text_stream_truncate:
 * @self: a stream
 * @length: how many characters to leave
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Cuts the text off after @length characters, or extends it to that with NULs.
 *
 * The position stays where it is. On failure nothing has changed.
 *
 * Returns: whether the text has that length now
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_truncate (SpoolTextStream  *self,
                            gint64            length,
                            GCancellable     *cancellable,
                            GError          **error)
{
  gboolean ok;

  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (length < 0)
    return spool_set_error_negative (error);

  if (!spool_text_cursor_hold (self->cursor, error))
    return FALSE;

  ok = spool_text_cursor_truncate (self->cursor, length, cancellable, error);
  spool_text_cursor_release (self->cursor);

  return ok;
}

/**
 * spool_text_stream_get_length:
 * @self: a stream
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Counts the characters of the text.
 *
 * What was written through text streams, or walked over before, is not walked
 * over again. This may be called while another call runs.
 *
 * Returns: how many characters there are, or -1 on error
 *
 * Since: 1.0
 */
gint64
spool_text_stream_get_length (SpoolTextStream  *self,
                              GCancellable     *cancellable,
                              GError          **error)
{
  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  return spool_text_cursor_get_length (self->cursor, get_end (self), cancellable, error);
}

/**
 * spool_text_stream_write: (skip)
 * @self: a stream
 * @text: the text; it may have NULs where @length is given
 * @length: how many bytes it has, or -1 if it ends at a NUL
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes text at the position, over as many characters as it has, and moves the
 * position behind it.
 *
 * On failure nothing has changed, with the one exception of
 * [method@Spool.Buffer.write].
 *
 * Returns: whether the text was written
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_write (SpoolTextStream  *self,
                         const char       *text,
                         gssize            length,
                         GCancellable     *cancellable,
                         GError          **error)
{
  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), FALSE);
  g_return_val_if_fail (text != NULL || length == 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return write_text (self, text, length < 0 ? strlen (text) : (gsize) length,
                     cancellable, error);
}

/**
 * spool_text_stream_write_string: (rename-to spool_text_stream_write)
 * @self: a stream
 * @text: the text
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes text at the position, over as many characters as it has, and moves the
 * position behind it.
 *
 * On failure nothing has changed, with the one exception of
 * [method@Spool.Buffer.write].
 *
 * Returns: whether the text was written
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_write_string (SpoolTextStream  *self,
                                const char       *text,
                                GCancellable     *cancellable,
                                GError          **error)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return spool_text_stream_write (self, text, -1, cancellable, error);
}

/**
 * spool_text_stream_write_bytes:
 * @self: a stream
 * @text: the text, which may have NULs
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Writes text as [method@Spool.TextStream.write] does.
 *
 * Returns: whether the text was written
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_write_bytes (SpoolTextStream  *self,
                               GBytes           *text,
                               GCancellable     *cancellable,
                               GError          **error)
{
  const void *data;
  gsize length;

  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  data = g_bytes_get_data (text, &length);

  return write_text (self, data, length, cancellable, error);
}

/**
 * spool_text_stream_read:
 * @self: a stream
 * @n_chars: how many characters to read at most, or -1 for all
 * @length: (out) (optional): how many bytes the text has
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads text from the position on, and moves the position behind it.
 *
 * Returns: (transfer full): the text, which is empty at the end, or `NULL` on
 *   error
 *
 * Since: 1.0
 */
char *
spool_text_stream_read (SpoolTextStream  *self,
                        gint64            n_chars,
                        gsize            *length,
                        GCancellable     *cancellable,
                        GError          **error)
{
  SpoolTextRead request = { .unit = SPOOL_TEXT_CHARS, .n_chars = n_chars };

  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), NULL);
  g_return_val_if_fail (n_chars >= -1, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!read_text (self, &request, cancellable, error))
    return NULL;

  if (length != NULL)
    *length = request.length;

  return request.text != NULL ? request.text : g_strdup ("");
}

/**
 * spool_text_stream_read_bytes:
 * @self: a stream
 * @n_chars: how many characters to read at most, or -1 for all
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads text as [method@Spool.TextStream.read] does.
 *
 * Returns: (transfer full): the text, which is empty at the end, or `NULL` on
 *   error
 *
 * Since: 1.0
 */
GBytes *
spool_text_stream_read_bytes (SpoolTextStream  *self,
                              gint64            n_chars,
                              GCancellable     *cancellable,
                              GError          **error)
{
  gsize length = 0;
  char *text = spool_text_stream_read (self, n_chars, &length, cancellable, error);

  return text != NULL ? g_bytes_new_take (text, length) : NULL;
}

/**
 * spool_text_stream_read_line:
 * @self: a stream
 * @length: (out) (optional): how many bytes the line has
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a line from the position on, and moves the position behind it.
 *
 * Only `\n` ends a line, and the line keeps it; the last one may have none.
 *
 * Returns: (transfer full) (nullable): the line, or `NULL` without an error at
 *   the end
 *
 * Since: 1.0
 */
char *
spool_text_stream_read_line (SpoolTextStream  *self,
                             gsize            *length,
                             GCancellable     *cancellable,
                             GError          **error)
{
  SpoolTextRead request = { .unit = SPOOL_TEXT_LINE, .n_chars = -1 };

  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!read_text (self, &request, cancellable, error))
    return NULL;

  if (length != NULL)
    *length = request.length;

  return request.text;
}

/**
 * spool_text_stream_read_line_bytes:
 * @self: a stream
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads a line as [method@Spool.TextStream.read_line] does.
 *
 * Returns: (transfer full) (nullable): the line, or `NULL` without an error at
 *   the end
 *
 * Since: 1.0
 */
GBytes *
spool_text_stream_read_line_bytes (SpoolTextStream  *self,
                                   GCancellable     *cancellable,
                                   GError          **error)
{
  gsize length = 0;
  char *line = spool_text_stream_read_line (self, &length, cancellable, error);

  return line != NULL ? g_bytes_new_take (line, length) : NULL;
}

/**
 * spool_text_stream_dup_text:
 * @self: a stream
 * @length: (out) (optional): how many bytes the text has
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Copies the whole text. The position stays where it is.
 *
 * This may be called while another call runs.
 *
 * Returns: (transfer full): the text, or `NULL` on error
 *
 * Since: 1.0
 */
char *
spool_text_stream_dup_text (SpoolTextStream  *self,
                            gsize            *length,
                            GCancellable     *cancellable,
                            GError          **error)
{
  gsize n_bytes = 0;
  char *text;

  g_return_val_if_fail (SPOOL_IS_TEXT_STREAM (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  text = spool_text_cursor_dup_text (self->cursor, get_end (self), &n_bytes, cancellable,
                                     error);
  if (text != NULL && length != NULL)
    *length = n_bytes;

  return text;
}

/**
 * spool_text_stream_dup_text_bytes:
 * @self: a stream
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Copies the whole text as [method@Spool.TextStream.dup_text] does.
 *
 * Returns: (transfer full): the text, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_text_stream_dup_text_bytes (SpoolTextStream  *self,
                                  GCancellable     *cancellable,
                                  GError          **error)
{
  gsize length = 0;
  char *text = spool_text_stream_dup_text (self, &length, cancellable, error);

  return text != NULL ? g_bytes_new_take (text, length) : NULL;
}
