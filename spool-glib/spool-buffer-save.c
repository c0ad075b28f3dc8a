/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-progress-private.h"
#include "spool-task-private.h"

#include <glib/gi18n-lib.h>

/* Saving and moving: the ways in which the content becomes a file. */

typedef struct
{
  GFile                 *destination;
  SpoolSaveFlags         flags;
  gboolean               move;
  GFileProgressCallback  progress;      /* NULL: none */
  gpointer               progress_data;
} Request;

/* Copies to a new file and puts that at @target. Where a file without a name
 * turns out to be one that can get none, one with a name does it.
 */
static gboolean
copy_to_target (const Request  *request,
                SpoolSource    *source,
                SpoolTarget    *target,
                GCancellable   *cancellable,
                GError        **error)
{
  g_autofree char *message =
    g_strdup_printf (_("Failed to write to “%s”"), target->display);
  SpoolPlacing placing = SPOOL_CANNOT_LINK;

  for (gboolean named = FALSE; placing == SPOOL_CANNOT_LINK; named = TRUE)
    {
      if (!spool_target_create (target, named, error) ||
          !spool_source_copy_to_fd (source, target->fd, message, request->progress,
                                    request->progress_data, cancellable, error) ||
          g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      placing = spool_target_place (target, target->fd, error);
    }

  return placing == SPOOL_PLACED && spool_target_sync_folder (target, error);
}

/* A stream of g_file_replace() keeps what was there only if it is closed with
 * a cancelled cancellable; what g_file_create() has made is ours to remove.
 */
static void
abandon (const Request *request,
         GOutputStream *stream)
{
  g_autoptr(GCancellable) cancelled = g_cancellable_new ();

  g_cancellable_cancel (cancelled);
  g_output_stream_close (stream, cancelled, NULL);

  if (request->flags & SPOOL_SAVE_NO_OVERWRITE)
    g_file_delete (request->destination, NULL, NULL);
}

/* Copies to a file that is reached through GIO alone. */
static gboolean
copy_to_foreign (const Request  *request,
                 SpoolSource    *source,
                 GCancellable   *cancellable,
                 GError        **error)
{
  g_autoptr(GFileOutputStream) stream = NULL;
  GFileCreateFlags flags = G_FILE_CREATE_NONE;

  /* GIO has no means to ask for that, and only to hope for it is no promise. */
  if (request->flags & SPOOL_SAVE_DURABLE)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           _("Only local files can be saved durably"));
      return FALSE;
    }

  /* A file that is replaced keeps its permissions unless it is a new one. */
  if (request->flags & SPOOL_SAVE_PRIVATE)
    flags = G_FILE_CREATE_PRIVATE | G_FILE_CREATE_REPLACE_DESTINATION;

  if (request->flags & SPOOL_SAVE_NO_OVERWRITE)
    stream = g_file_create (request->destination, flags, cancellable, error);
  else
    stream = g_file_replace (request->destination, NULL, FALSE, flags, cancellable, error);

  if (stream == NULL)
    return FALSE;

  if (spool_source_copy_to_stream (source, G_OUTPUT_STREAM (stream), request->progress,
                                   request->progress_data, cancellable, error) &&
      g_output_stream_close (G_OUTPUT_STREAM (stream), cancellable, error))
    return TRUE;

  abandon (request, G_OUTPUT_STREAM (stream));

  return FALSE;
}

static gboolean
run (SpoolContent   *content,
     const Request  *request,
     GCancellable   *cancellable,
     GError        **error)
{
  const char *path = g_file_is_native (request->destination)
                     ? g_file_peek_path (request->destination) : NULL;
  g_auto(SpoolTarget) target = SPOOL_TARGET_INIT;
  SpoolSource source = SPOOL_SOURCE_INIT;
  SpoolPlacing placing = SPOOL_CANNOT_LINK;
  goffset size;
  gboolean ok;

  if (g_cancellable_set_error_if_cancelled (cancellable, error) ||
      !spool_content_query_size (content, SPOOL_MAY_BLOCK, &size, error))
    return FALSE;

  if (path != NULL && !spool_target_open (&target, path, request->flags, error))
    return FALSE;

  if (path != NULL && request->move)
    placing = spool_content_place_file (content, &target, cancellable, error);

  ok = placing == SPOOL_PLACED;
  if (placing == SPOOL_CANNOT_LINK)
    {
      if (!spool_content_hold (content, request->move, &source, cancellable, error))
        return FALSE;

      size = source.size;
      ok = path != NULL ? copy_to_target (request, &source, &target, cancellable, error)
                        : copy_to_foreign (request, &source, cancellable, error);
      spool_content_release (content, &source, ok && request->move);
    }

  if (ok && request->progress != NULL)
    request->progress (size, size, request->progress_data);

  return ok;
}

/**
 * spool_buffer_save:
 * @self: a buffer
 * @destination: where to save
 * @flags: how to save
 * @cancellable: (nullable): a cancellable
 * @progress_callback: (scope call) (nullable) (closure progress_data): what to
 *   call with the progress
 * @progress_data: data for @progress_callback
 * @error: return location for an error
 *
 * Writes a copy of the content to a file, as it is at one moment.
 *
 * The file is replaced at once and as a whole: whatever happens, even if the
 * process is killed, what is there is the old file or the new one. Until then
 * the bytes are in a file without a name, or with a temporary one, in the same
 * folder. Where the file system can share them, or copy them by itself, that is
 * left to it.
 *
 * A symbolic link is replaced and not followed. Where @destination is not a
 * local file, [method@Gio.File.replace] does what is described here as far as
 * it can, and `SPOOL_SAVE_DURABLE` fails with `G_IO_ERROR_NOT_SUPPORTED`.
 *
 * The buffer can be read and written to meanwhile; what is written does not
 * show in the copy. Where others can write to the temporary file, because of
 * [method@Spool.Buffer.dup_fd] or [property@Spool.Buffer:named], or where it is
 * not local, writes wait until the copy is made. @progress_callback must not
 * write to the buffer: where that would have to wait it fails with
 * `G_IO_ERROR_PENDING`.
 *
 * On failure there is nothing new, with one exception: where only the folder
 * could not be synced for `SPOOL_SAVE_DURABLE`, the new file is in its place.
 *
 * Returns: whether the file was saved
 *
 * Since: 1.0
 */
gboolean
spool_buffer_save (SpoolBuffer            *self,
                   GFile                  *destination,
                   SpoolSaveFlags          flags,
                   GCancellable           *cancellable,
                   GFileProgressCallback   progress_callback,
                   gpointer                progress_data,
                   GError                **error)
{
  Request request = { destination, flags, FALSE, progress_callback, progress_data };

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (destination), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return run (spool_buffer_get_content (self), &request, cancellable, error);
}

static void
request_free (gpointer data)
{
  Request *request = data;

  g_object_unref (request->destination);
  spool_progress_unref (request->progress_data);
  g_free (request);
}

static gboolean
run_task (GTask         *task,
          SpoolBlocking  blocking)
{
  GError *error = NULL;
  gboolean ok;

  if (blocking == SPOOL_NO_BLOCK)
    return FALSE;

  ok = run (spool_buffer_get_content (g_task_get_source_object (task)),
            g_task_get_task_data (task), g_task_get_cancellable (task), &error);

  return spool_task_return_boolean (task, ok, error);
}

static void
done_cb (GObject      *object,
         GAsyncResult *result,
         gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  gboolean ok = g_task_propagate_boolean (G_TASK (result), &error);

  spool_progress_finish (g_task_get_task_data (task));

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, ok);
}

/* Takes @task, and with it where and when progress is reported: in its context
 * and before it returns.
 */
static void
run_async (GTask                 *task,
           GFile                 *destination,
           SpoolSaveFlags         flags,
           gboolean               move,
           int                    io_priority,
           GFileProgressCallback  progress_callback,
           gpointer               progress_data,
           GDestroyNotify         progress_data_destroy)
{
  Request *request = g_new0 (Request, 1);
  SpoolProgress *progress = spool_progress_new (progress_callback, progress_data,
                                                progress_data_destroy, io_priority);

  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, progress, (GDestroyNotify) spool_progress_unref);

  request->destination = g_object_ref (destination);
  request->flags = flags;
  request->move = move;
  request->progress = progress_callback != NULL ? spool_progress_report : NULL;
  request->progress_data = spool_progress_ref (progress);

  spool_task_run (g_task_get_source_object (task), run_task, request, request_free,
                  io_priority, g_task_get_cancellable (task), done_cb, task);
}

/**
 * spool_buffer_save_async:
 * @self: a buffer
 * @destination: where to save
 * @flags: how to save
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @progress_callback: (scope notified) (nullable) (closure progress_data)
 *   (destroy progress_data_destroy): what to call with the progress
 * @progress_data: data for @progress_callback
 * @progress_data_destroy: (nullable): what to free @progress_data with
 * @callback: (scope async) (closure user_data): what to call when it is done
 * @user_data: data for @callback
 *
 * Writes a copy of the content to a file, without blocking.
 *
 * @progress_callback is called in the main context that was the thread's
 * default when this was called, never after @callback.
 *
 * See [method@Spool.Buffer.save].
 *
 * Since: 1.0
 */
void
spool_buffer_save_async (SpoolBuffer           *self,
                         GFile                 *destination,
                         SpoolSaveFlags         flags,
                         int                    io_priority,
                         GCancellable          *cancellable,
                         GFileProgressCallback  progress_callback,
                         gpointer               progress_data,
                         GDestroyNotify         progress_data_destroy,
                         GAsyncReadyCallback    callback,
                         gpointer               user_data)
{
  GTask *task;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, spool_buffer_save_async);
  run_async (task, destination, flags, FALSE, io_priority,
             progress_callback, progress_data, progress_data_destroy);
}

/**
 * spool_buffer_save_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.save_async] began.
 *
 * Returns: whether the file was saved
 *
 * Since: 1.0
 */
gboolean
spool_buffer_save_finish (SpoolBuffer   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * spool_buffer_move:
 * @self: a buffer
 * @destination: where to move
 * @flags: how to save
 * @cancellable: (nullable): a cancellable
 * @progress_callback: (scope call) (nullable) (closure progress_data): what to
 *   call with the progress
 * @progress_data: data for @progress_callback
 * @error: return location for an error
 *
 * Makes the temporary file itself the file at @destination, without copying a
 * byte, where the content is in a file on the same file system.
 *
 * So that it is, set [property@Spool.Buffer:directory] to the folder where the
 * file is wanted. In all other cases, as where the content is in memory, and
 * where a snapshot needs the temporary file to stay as it is, the content is
 * copied as by [method@Spool.Buffer.save].
 *
 * Afterwards the buffer can be read as before, but is read-only: what would
 * change it fails with `G_IO_ERROR_READ_ONLY` until
 * [method@Spool.Buffer.reset]. Readers see what others do to the file where it
 * is the temporary one; snapshots do not.
 *
 * Writes to the buffer wait while the content is copied. On failure the buffer
 * is untouched, and moving it can be tried again. In all else this is as
 * [method@Spool.Buffer.save].
 *
 * Returns: whether the content was moved
 *
 * Since: 1.0
 */
gboolean
spool_buffer_move (SpoolBuffer            *self,
                   GFile                  *destination,
                   SpoolSaveFlags          flags,
                   GCancellable           *cancellable,
                   GFileProgressCallback   progress_callback,
                   gpointer                progress_data,
                   GError                **error)
{
  Request request = { destination, flags, TRUE, progress_callback, progress_data };

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (G_IS_FILE (destination), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return run (spool_buffer_get_content (self), &request, cancellable, error);
}

/**
 * spool_buffer_move_async:
 * @self: a buffer
 * @destination: where to move
 * @flags: how to save
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @progress_callback: (scope notified) (nullable) (closure progress_data)
 *   (destroy progress_data_destroy): what to call with the progress
 * @progress_data: data for @progress_callback
 * @progress_data_destroy: (nullable): what to free @progress_data with
 * @callback: (scope async) (closure user_data): what to call when it is done
 * @user_data: data for @callback
 *
 * Makes the temporary file itself the file at @destination, without blocking.
 *
 * @progress_callback is called as by [method@Spool.Buffer.save_async].
 *
 * See [method@Spool.Buffer.move].
 *
 * Since: 1.0
 */
void
spool_buffer_move_async (SpoolBuffer           *self,
                         GFile                 *destination,
                         SpoolSaveFlags         flags,
                         int                    io_priority,
                         GCancellable          *cancellable,
                         GFileProgressCallback  progress_callback,
                         gpointer               progress_data,
                         GDestroyNotify         progress_data_destroy,
                         GAsyncReadyCallback    callback,
                         gpointer               user_data)
{
  GTask *task;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (G_IS_FILE (destination));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, spool_buffer_move_async);
  run_async (task, destination, flags, TRUE, io_priority,
             progress_callback, progress_data, progress_data_destroy);
}

/**
 * spool_buffer_move_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.move_async] began.
 *
 * Returns: whether the content was moved
 *
 * Since: 1.0
 */
gboolean
spool_buffer_move_finish (SpoolBuffer   *self,
                          GAsyncResult  *result,
                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
