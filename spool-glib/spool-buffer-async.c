/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-task-private.h"

/* The asynchronous forms of the buffer's operations. */

typedef struct
{
  goffset offset; /* or the size to reserve */
  gsize   count;
  GBytes *bytes;
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_clear_pointer (&request->bytes, g_bytes_unref);
  g_free (request);
}

static Request *
request_new (goffset  offset,
             gsize    count,
             GBytes  *bytes)
{
  Request *request = g_new (Request, 1);

  request->offset = offset;
  request->count = count;
  request->bytes = bytes != NULL ? g_bytes_ref (bytes) : NULL;

  return request;
}

static SpoolContent *
get_content (GTask *task)
{
  return spool_buffer_get_content (g_task_get_source_object (task));
}

static gboolean
read_bytes_task (GTask         *task,
                 SpoolBlocking  blocking)
{
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gsize length = 0;
  guint8 *data;

  data = spool_content_read_alloc (get_content (task), request->offset, request->count,
                                   &length, blocking, g_task_get_cancellable (task),
                                   &error);

  return spool_task_return_bytes (task, data != NULL ? g_bytes_new_take (data, length)
                                                     : NULL, error);
}

/**
 * spool_buffer_read_bytes_async:
 * @self: a buffer
 * @offset: where to start, in bytes
 * @count: how many to read at most
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Reads all that is there, up to @count bytes, without blocking.
 *
 * See [method@Spool.Buffer.read_bytes].
 *
 * Since: 1.0
 */
void
spool_buffer_read_bytes_async (SpoolBuffer         *self,
                               goffset              offset,
                               gsize                count,
                               int                  io_priority,
                               GCancellable        *cancellable,
                               GAsyncReadyCallback  callback,
                               gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, read_bytes_task, request_new (offset, count, NULL), request_free,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_buffer_read_bytes_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.read_bytes_async] began.
 *
 * Returns: (transfer full): the bytes, none at the end, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_buffer_read_bytes_finish (SpoolBuffer   *self,
                                GAsyncResult  *result,
                                GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
append_bytes_task (GTask         *task,
                   SpoolBlocking  blocking)
{
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ok;

  ok = spool_content_append_whole (get_content (task), request->bytes, blocking,
                                   g_task_get_cancellable (task), &error);

  return spool_task_return_boolean (task, ok, error);
}

/**
 * spool_buffer_append_bytes_async:
 * @self: a buffer
 * @bytes: the bytes
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Writes bytes at the end, without blocking.
 *
 * See [method@Spool.Buffer.append_bytes].
 *
 * Since: 1.0
 */
void
spool_buffer_append_bytes_async (SpoolBuffer         *self,
                                 GBytes              *bytes,
                                 int                  io_priority,
                                 GCancellable        *cancellable,
                                 GAsyncReadyCallback  callback,
                                 gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, append_bytes_task, request_new (SPOOL_OFFSET_END, 0, bytes), request_free,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_buffer_append_bytes_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.append_bytes_async] began.
 *
 * Returns: whether the bytes were written
 *
 * Since: 1.0
 */
gboolean
spool_buffer_append_bytes_finish (SpoolBuffer   *self,
                                  GAsyncResult  *result,
                                  GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
reserve_task (GTask         *task,
              SpoolBlocking  blocking)
{
  Request *request = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ok;

  ok = spool_content_reserve_room (get_content (task), request->offset, blocking,
                                   g_task_get_cancellable (task), &error);

  return spool_task_return_boolean (task, ok, error);
}

/**
 * spool_buffer_reserve_async:
 * @self: a buffer
 * @size: the expected size in bytes
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Makes room for @size bytes, without blocking.
 *
 * See [method@Spool.Buffer.reserve].
 *
 * Since: 1.0
 */
void
spool_buffer_reserve_async (SpoolBuffer         *self,
                            goffset              size,
                            int                  io_priority,
                            GCancellable        *cancellable,
                            GAsyncReadyCallback  callback,
                            gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, reserve_task, request_new (size, 0, NULL), request_free,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_buffer_reserve_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.reserve_async] began.
 *
 * Returns: whether there is room
 *
 * Since: 1.0
 */
gboolean
spool_buffer_reserve_finish (SpoolBuffer   *self,
                             GAsyncResult  *result,
                             GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
roll_over_task (GTask         *task,
                SpoolBlocking  blocking)
{
  GError *error = NULL;
  gboolean ok;

  if (blocking == SPOOL_NO_BLOCK)
    return FALSE;

  ok = spool_buffer_roll_over (g_task_get_source_object (task),
                               g_task_get_cancellable (task), &error);

  return spool_task_return_boolean (task, ok, error);
}

/**
 * spool_buffer_roll_over_async:
 * @self: a buffer
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Moves the content to a temporary file now, without blocking.
 *
 * See [method@Spool.Buffer.roll_over].
 *
 * Since: 1.0
 */
void
spool_buffer_roll_over_async (SpoolBuffer         *self,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, roll_over_task, NULL, NULL,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_buffer_roll_over_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.roll_over_async] began.
 *
 * Returns: whether the content is in a file
 *
 * Since: 1.0
 */
gboolean
spool_buffer_roll_over_finish (SpoolBuffer   *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
get_bytes_task (GTask         *task,
                SpoolBlocking  blocking)
{
  GError *error = NULL;
  GBytes *bytes;

  bytes = spool_content_snapshot (get_content (task), blocking, g_task_get_cancellable (task),
                                  &error);

  return spool_task_return_bytes (task, bytes, error);
}

/**
 * spool_buffer_get_bytes_async:
 * @self: a buffer
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Takes an immutable snapshot of everything, without blocking.
 *
 * See [method@Spool.Buffer.get_bytes].
 *
 * Since: 1.0
 */
void
spool_buffer_get_bytes_async (SpoolBuffer         *self,
                              int                  io_priority,
                              GCancellable        *cancellable,
                              GAsyncReadyCallback  callback,
                              gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, get_bytes_task, NULL, NULL,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_buffer_get_bytes_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.get_bytes_async] began.
 *
 * Returns: (transfer full): the snapshot, or `NULL` on error
 *
 * Since: 1.0
 */
GBytes *
spool_buffer_get_bytes_finish (SpoolBuffer   *self,
                               GAsyncResult  *result,
                               GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
