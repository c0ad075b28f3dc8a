/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"
#include "spool-sys-private.h"
#include "spool-task-private.h"
#include "spool-text-stream-private.h"

#include <string.h>

/* The asynchronous forms of the text stream's operations. */

typedef struct
{
  SpoolTextRead        read;
  GBytes              *bytes;    /* to write; NULL: there was no memory for them */
  GAsyncReadyCallback  callback;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_free (request->read.text);
  g_clear_pointer (&request->bytes, g_bytes_unref);
  g_free (request);
}

/* The call is over when its result is delivered and not before, in memory and
 * on disk alike.
 */
static void
finished_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  Request *request = g_task_get_task_data (G_TASK (result));

  spool_text_cursor_release (spool_text_stream_get_cursor (SPOOL_TEXT_STREAM (object)));

  if (request->callback != NULL)
    request->callback (object, result, user_data);
}

/* Returns whether the call may go on; otherwise its error is on the way. */
static gboolean
begin (SpoolTextStream     *self,
       gpointer             source_tag,
       GAsyncReadyCallback  callback,
       gpointer             user_data)
{
  GError *error = NULL;

  if (spool_text_cursor_hold (spool_text_stream_get_cursor (self), &error))
    return TRUE;

  g_task_report_error (self, callback, user_data, source_tag, error);

  return FALSE;
}

static gboolean
attempt_task (GTask         *task,
              SpoolBlocking  blocking)
{
  SpoolTextStream *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ok;

  spool_text_stream_prepare (self, &request->read);
  ok = spool_text_cursor_read (spool_text_stream_get_cursor (self), &request->read,
                               blocking, g_task_get_cancellable (task), &error);

  return spool_task_return_boolean (task, ok, error);
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

/* Takes the reference to @task, and @error. */
static void
return_read (GTask  *task,
             GError *error)
{
  Request *request = g_task_get_task_data (task);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, g_steal_pointer (&request->read.text), g_free);

  g_object_unref (task);
}

static void
waited_cb (GObject      *object,
           GAsyncResult *result,
           gpointer      user_data)
{
  GError *error = NULL;

  if (spool_content_wait_finish (result, &error))
    attempt_async (user_data);
  else
    return_read (user_data, error);
}

static void
attempted_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  SpoolTextStream *self = SPOOL_TEXT_STREAM (object);
  SpoolTextCursor *cursor = spool_text_stream_get_cursor (self);
  SpoolContent *content = spool_text_cursor_get_content (cursor);
  GTask *task = user_data;
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    {
      if (spool_text_stream_must_wait (&request->read))
        {
          if (request->read.unit == SPOOL_TEXT_CHARS && request->read.n_chars < 0)
            spool_content_wait_async (content, self, G_MAXINT64,
                                      g_task_get_priority (task),
                                      g_task_get_cancellable (task), waited_cb, task);
          else
            spool_content_wait_change_async (content, self, request->read.seen_size,
                                             request->read.seen_overwrites,
                                             g_task_get_priority (task),
                                             g_task_get_cancellable (task), waited_cb,
                                             task);
          return;
        }

      spool_text_stream_conclude (self, &request->read, &error);
    }

  return_read (task, error);
}

static void
read_async (SpoolTextStream     *self,
            SpoolTextUnit        unit,
            gint64               n_chars,
            int                  io_priority,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  Request *request;
  GTask *task;

  if (!begin (self, read_async, callback, user_data))
    return;

  request = g_new0 (Request, 1);
  request->read.unit = unit;
  request->read.n_chars = n_chars;
  request->callback = callback;

  task = g_task_new (self, cancellable, finished_cb, user_data);
  g_task_set_source_tag (task, read_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, request, request_free);
  attempt_async (task);
}

/* The text and its length, or %NULL with an error or where there was none. */
static char *
read_finish (SpoolTextStream  *self,
             GAsyncResult     *result,
             gsize            *length,
             gboolean         *failed,
             GError          **error)
{
  Request *request = g_task_get_task_data (G_TASK (result));
  GError *local_error = NULL;
  char *text = g_task_propagate_pointer (G_TASK (result), &local_error);

  *failed = local_error != NULL;
  if (local_error != NULL)
    {
      g_propagate_error (error, local_error);
      return NULL;
    }

  if (length != NULL)
    *length = request->read.length;

  return text;
}

static gboolean
write_task (GTask         *task,
            SpoolBlocking  blocking)
{
  SpoolTextStream *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ok;

  if (request->bytes != NULL)
    {
      gsize length;
      const void *text = g_bytes_get_data (request->bytes, &length);

      ok = spool_text_cursor_write (spool_text_stream_get_cursor (self), text, length,
                                    blocking, g_task_get_cancellable (task), &error);
    }
  else
    ok = spool_set_error_no_memory (&error);

  return spool_task_return_boolean (task, ok, error);
}

/* Takes @bytes. */
static void
write_async (SpoolTextStream     *self,
             GBytes              *bytes,
             int                  io_priority,
             GCancellable        *cancellable,
             GAsyncReadyCallback  callback,
             gpointer             user_data)
{
  Request *request = g_new0 (Request, 1);

  request->bytes = bytes;
  request->callback = callback;

  if (begin (self, write_async, callback, user_data))
    spool_task_run (self, write_task, request, request_free, io_priority, cancellable,
                    finished_cb, user_data);
  else
    request_free (request);
}

/**
 * spool_text_stream_write_async:
 * @self: a stream
 * @text: the text, which is copied; it may have NULs where @length is given
 * @length: how many bytes it has, or -1 if it ends at a NUL
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Writes text at the position, without blocking.
 *
 * See [method@Spool.TextStream.write].
 *
 * Since: 1.0
 */
void
spool_text_stream_write_async (SpoolTextStream     *self,
                               const char          *text,
                               gssize               length,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  gsize n_bytes;
  char *copy;

  g_return_if_fail (SPOOL_IS_TEXT_STREAM (self));
  g_return_if_fail (text != NULL || length == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  n_bytes = length < 0 ? strlen (text) : (gsize) length;
  copy = spool_sys.try_realloc (NULL, MAX (n_bytes, 1));
  if (copy != NULL && n_bytes > 0)
    memcpy (copy, text, n_bytes);

  write_async (self, copy != NULL ? g_bytes_new_take (copy, n_bytes) : NULL,
               io_priority, cancellable, callback, user_data);
}

/**
 * spool_text_stream_write_finish:
 * @self: a stream
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.write_async] began.
 *
 * Returns: whether the text was written
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_write_finish (SpoolTextStream  *self,
                                GAsyncResult     *result,
                                GError          **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * spool_text_stream_write_string_async: (rename-to spool_text_stream_write_async)
 * @self: a stream
 * @text: the text
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Writes text at the position, without blocking.
 *
 * See [method@Spool.TextStream.write].
 *
 * Since: 1.0
 */
void
spool_text_stream_write_string_async (SpoolTextStream     *self,
                                      const char          *text,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  g_return_if_fail (text != NULL);

  spool_text_stream_write_async (self, text, -1, io_priority, cancellable, callback,
                                 user_data);
}

/**
 * spool_text_stream_write_string_finish: (rename-to spool_text_stream_write_finish)
 * @self: a stream
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.write_async] began.
 *
 * Returns: whether the text was written
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_write_string_finish (SpoolTextStream  *self,
                                       GAsyncResult     *result,
                                       GError          **error)
{
  return spool_text_stream_write_finish (self, result, error);
}

/**
 * spool_text_stream_write_bytes_async:
 * @self: a stream
 * @text: the text, which may have NULs
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Writes text at the position, without blocking.
 *
 * See [method@Spool.TextStream.write].
 *
 * Since: 1.0
 */
void
spool_text_stream_write_bytes_async (SpoolTextStream     *self,
                                     GBytes              *text,
                                     int                  io_priority,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_TEXT_STREAM (self));
  g_return_if_fail (text != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  write_async (self, g_bytes_ref (text), io_priority, cancellable, callback, user_data);
}

/**
 * spool_text_stream_write_bytes_finish:
 * @self: a stream
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.write_bytes_async] began.
 *
 * Returns: whether the text was written
 *
 * Since: 1.0
 */
gboolean
spool_text_stream_write_bytes_finish (SpoolTextStream  *self,
                                      GAsyncResult     *result,
                                      GError          **error)
{
  return spool_text_stream_write_finish (self, result, error);
}

/**
 * spool_text_stream_read_async:
 * @self: a stream
 * @n_chars: how many characters to read at most, or -1 for all
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Reads text from the position on, without blocking.
 *
 * See [method@Spool.TextStream.read].
 *
 * Since: 1.0
 */
void
spool_text_stream_read_async (SpoolTextStream     *self,
                              gint64               n_chars,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_TEXT_STREAM (self));
  g_return_if_fail (n_chars >= -1);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  read_async (self, SPOOL_TEXT_CHARS, n_chars, io_priority, cancellable, callback,
              user_data);
}

/**
 * spool_text_stream_read_finish:
 * @self: a stream
 * @result: the result
 * @length: (out) (optional): how many bytes the text has
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.read_async] began.
 *
 * Returns: (transfer full): the text, which is empty at the end, or `NULL` on
 *   error
 *
 * Since: 1.0
 */
char *
spool_text_stream_read_finish (SpoolTextStream  *self,
                               GAsyncResult     *result,
                               gsize            *length,
                               GError          **error)
{
  gboolean failed;
  char *text;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  text = read_finish (self, result, length, &failed, error);

  return text == NULL && !failed ? g_strdup ("") : text;
}

/**
 * spool_text_stream_read_bytes_async:
 * @self: a stream
 * @n_chars: how many characters to read at most, or -1 for all
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Reads text from the position on, without blocking.
 *
 * See [method@Spool.TextStream.read_bytes].
 *
 * Since: 1.0
 */
void
spool_text_stream_read_bytes_async (SpoolTextStream     *self,
                                    gint64               n_chars,
                                    int                  io_priority,
                                    GCancellable        *cancellable,
                                    GAsyncReadyCallback  callback,
                                    gpointer             user_data)
{
  spool_text_stream_read_async (self, n_chars, io_priority, cancellable, callback,
                                user_data);
}

/**
 * spool_text_stream_read_bytes_finish:
 * @self: a stream
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.read_bytes_async] began.
 *
 * Returns: (transfer full): the text, which is empty at the end, or `NULL` on
 *   error
 *
 * Since: 1.0
 */
GBytes *
spool_text_stream_read_bytes_finish (SpoolTextStream  *self,
                                     GAsyncResult     *result,
                                     GError          **error)
{
  gsize length = 0;
  char *text = spool_text_stream_read_finish (self, result, &length, error);

  return text != NULL ? g_bytes_new_take (text, length) : NULL;
}

/**
 * spool_text_stream_read_line_async:
 * @self: a stream
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Reads a line from the position on, without blocking.
 *
 * See [method@Spool.TextStream.read_line].
 *
 * Since: 1.0
 */
void
spool_text_stream_read_line_async (SpoolTextStream     *self,
                                   int                  io_priority,
                                   GCancellable        *cancellable,
                                   GAsyncReadyCallback  callback,
                                   gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_TEXT_STREAM (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  read_async (self, SPOOL_TEXT_LINE, -1, io_priority, cancellable, callback, user_data);
}

/**
 * spool_text_stream_read_line_finish:
 * @self: a stream
 * @result: the result
 * @length: (out) (optional): how many bytes the line has
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.read_line_async] began.
 *
 * Returns: (transfer full) (nullable): the line, or `NULL` without an error at
 *   the end
 *
 * Since: 1.0
 */
char *
spool_text_stream_read_line_finish (SpoolTextStream  *self,
                                    GAsyncResult     *result,
                                    gsize            *length,
                                    GError          **error)
{
  gboolean failed;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return read_finish (self, result, length, &failed, error);
}

/**
 * spool_text_stream_read_line_bytes_async:
 * @self: a stream
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Reads a line from the position on, without blocking.
 *
 * See [method@Spool.TextStream.read_line_bytes].
 *
 * Since: 1.0
 */
void
spool_text_stream_read_line_bytes_async (SpoolTextStream     *self,
                                         int                  io_priority,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             user_data)
{
  spool_text_stream_read_line_async (self, io_priority, cancellable, callback, user_data);
}

/**
 * spool_text_stream_read_line_bytes_finish:
 * @self: a stream
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.TextStream.read_line_bytes_async] began.
 *
 * Returns: (transfer full) (nullable): the line, or `NULL` without an error at
 *   the end
 *
 * Since: 1.0
 */
GBytes *
spool_text_stream_read_line_bytes_finish (SpoolTextStream  *self,
                                          GAsyncResult     *result,
                                          GError          **error)
{
  gsize length = 0;
  char *line = spool_text_stream_read_line_finish (self, result, &length, error);

  return line != NULL ? g_bytes_new_take (line, length) : NULL;
}
