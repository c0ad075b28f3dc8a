/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-seekable-input-stream.h"

#include "spool-base-read-private.h"
#include "spool-buffer-private.h"
#include "spool-error-private.h"
#include "spool-i18n-private.h"
#include "spool-memory-input-stream.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/**
 * SpoolSeekableInputStream:
 *
 * Makes any input stream seekable.
 *
 * What was read from the base stream is kept in a [class@Spool.Buffer], so
 * that one can go back to it. This is for readers of formats that want to jump
 * about, such as zip archives and pictures, over a source that only goes
 * forward, such as a download or a pipe.
 *
 * It is lazy. A read where the buffer has bytes takes those. One at the end of
 * the buffer reads on from the base stream, no further than it was asked to.
 * Seeking does nothing but set the position; if that is beyond what was read,
 * the next read reads on up to there. Only the end has to be found: with
 * `G_SEEK_END` everything is read, which may block for as long as the base
 * stream does. In a main loop do that beforehand, with
 * [method@Spool.SeekableInputStream.fill_async]. Seeking past the end is no
 * error, and nothing is read there. The stream can't be truncated. More of
 * this is in [Seekable streams from any stream](seekable.html).
 *
 * Once the base stream has said that it ends it is not asked again.
 *
 * ## Errors and cancellation
 *
 * An error of the base stream comes out where it happened: all that came before
 * can be read, also later, and a read that needs more tries the base stream
 * again. The same holds where the buffer has no room for what was read: no byte
 * is lost, and a later read tries again to store it. A cancelled call leaves
 * position and content true, and the next one goes on.
 *
 * ## The buffer
 *
 * At the buffer's threshold the bytes move to a temporary file, which a reader
 * does not notice. Set the threshold, the folder of the file and the largest
 * size with a buffer of your own. Other streams may read the buffer meanwhile,
 * but nothing else may write to it. If it has bytes to begin with then those
 * are the beginning of the stream, and the base stream is taken to go on after
 * them.
 *
 * The buffer is completed when the base stream has ended, and completed with
 * `G_IO_ERROR_BROKEN_PIPE` if this stream is closed before.
 *
 * ## Threads
 *
 * Asynchronous calls read the base stream by its own. As with other streams of
 * GIO, this one is used by one thread at a time.
 *
 * ## Example
 *
 * ```c
 * // A gzip file has the size of its content in its last four bytes.
 * static gboolean
 * get_content_size (GInputStream *download,
 *                   guint32      *size,
 *                   GError      **error)
 * {
 *   g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (1000000);
 *   g_autoptr(GInputStream) stream = NULL;
 *
 *   stream = spool_seekable_input_stream_new_for_buffer (download, buffer);
 *
 *   if (!g_seekable_seek (G_SEEKABLE (stream), -4, G_SEEK_END, NULL, error) ||
 *       !g_input_stream_read_all (stream, size, 4, NULL, NULL, error))
 *     return FALSE;
 *
 *   *size = GUINT32_FROM_LE (*size);
 *
 *   return TRUE;
 * }
 * ```
 *
 * Since: 1.0
 */

/* So many bytes at most are read from the base at a time. */
#define STEP_SIZE (256 * 1024)

struct _SpoolSeekableInputStream
{
  GFilterInputStream parent_instance;

  /* What the base gave, from its first byte on. */
  SpoolBuffer *buffer;
  /* Reads the buffer for us. Its position follows ours when it has to. */
  GInputStream *reader;
  /* Bytes that the base gave and the buffer did not take yet, or NULL. */
  GBytes *stray;
  /* The base has no more. */
  gboolean ended;
  /* What the base said to a call that had something to return. */
  GError *held_error;

  goffset position;
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SpoolSeekableInputStream,
                               spool_seekable_input_stream,
                               G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

enum
{
  PROP_BUFFER = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef enum
{
  STEP_FAIL,
  STEP_STOP,
  /* Read what the buffer has. */
  STEP_SERVE,
  /* Put the stray bytes into the buffer. */
  STEP_STORE,
  /* Read on from the base. */
  STEP_PULL,
} Step;

/* A read, a skip or a filling from its beginning to its end. */
typedef struct
{
  /* Where a read puts its bytes; NULL in a skip and a filling. */
  guint8 *target;
  gsize count;
  gsize done;
  /* The buffer has to reach up to here. */
  goffset need;

  /* What the base reads into; then the stray bytes. */
  guint8 *block;
  /* What the base reads is what @target is to have. */
  gboolean wanted;
  /* So many of the stray bytes, which are all of them or none. */
  gsize n_wanted;

  /* What an asynchronous call waits for. */
  Step awaited;
} Op;

static void
op_clear (Op *op)
{
  g_clear_pointer (&op->block, g_free);
}

static void
op_free (Op *op)
{
  op_clear (op);
  g_free (op);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Op, op_clear)

static GInputStream *
get_base (SpoolSeekableInputStream *self)
{
  return g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self));
}

/* How much of the base was kept. */
static goffset
get_kept_size (SpoolSeekableInputStream *self)
{
  return spool_content_peek_size (spool_buffer_get_content (self->buffer));
}

/* How much to ask the base for if @wanted bytes are. Where the buffer is
 * limited it gets no more than it can take, and one byte more only to see
 * whether there is any.
 */
static gsize
limit_pull (SpoolSeekableInputStream *self,
            goffset                   size,
            guint64                   wanted)
{
  goffset limit = spool_buffer_get_size_limit (self->buffer);

  wanted = MIN (wanted, STEP_SIZE);

  if (limit >= 0)
    wanted = MIN (wanted, (guint64) MAX (limit - size, 1));

  return wanted;
}

/* Says what a call has to do next, and with how many bytes. */
static Step
plan_step (SpoolSeekableInputStream  *self,
           Op                        *op,
           gsize                     *amount,
           GError                   **error)
{
  goffset size = get_kept_size (self);

  if (op->target != NULL)
    {
      /* What is there is served, whatever the base and the disk do. */
      if (self->position < size)
        {
          if (g_seekable_tell (G_SEEKABLE (self->reader)) != self->position &&
              !g_seekable_seek (G_SEEKABLE (self->reader), self->position,
                                G_SEEK_SET, NULL, error))
            return STEP_FAIL;

          *amount = op->count;
          return STEP_SERVE;
        }

      op->wanted = size == self->position;
    }
  else if (size >= op->need)
    {
      return STEP_STOP;
    }

  if (self->stray != NULL)
    return STEP_STORE;

  if (self->ended)
    return STEP_STOP;

  if (self->held_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->held_error));
      return STEP_FAIL;
    }

  *amount = limit_pull (self, size,
                        op->wanted ? op->count : (guint64) (op->need - size));

  /* The bytes need a place of their own: where the buffer can't take them they
   * must not be lost for want of memory.
   */
  g_assert (op->block == NULL);
  op->block = spool_sys.try_realloc (NULL, *amount);
  if (op->block == NULL)
    {
      spool_set_error_no_memory (error);
      return STEP_FAIL;
    }

  return STEP_PULL;
}

static void
account_served (SpoolSeekableInputStream *self,
                Op                       *op,
                gsize                     n_bytes)
{
  self->position += n_bytes;
  op->done += n_bytes;
}

static void
account_pulled (SpoolSeekableInputStream *self,
                Op                       *op,
                gsize                     n_bytes)
{
  if (n_bytes == 0)
    {
      self->ended = TRUE;
      spool_buffer_complete (self->buffer, NULL);
      return;
    }

  self->stray = g_bytes_new_take (g_steal_pointer (&op->block), n_bytes);
  op->n_wanted = op->wanted ? n_bytes : 0;
}

/* Returns: whether this was what a read waited for */
static gboolean
account_stored (SpoolSeekableInputStream *self,
                Op                       *op)
{
  g_autoptr(GBytes) bytes = g_steal_pointer (&self->stray);

  if (op->n_wanted == 0)
    return FALSE;

  memcpy (op->target, g_bytes_get_data (bytes, NULL), op->n_wanted);
  account_served (self, op, op->n_wanted);

  return TRUE;
}

/* Returns: whether @error, which stopped a skip, is kept for a later call
 * because the skip has come some way
 */
static gboolean
hold_error (SpoolSeekableInputStream *self,
            GError                   *error,
            Step                      failed,
            GCancellable             *cancellable)
{
  if (get_kept_size (self) <= self->position)
    return FALSE;

  /* A cancellation was for this call alone, and what keeps bytes out of the
   * buffer is found out anew.
   */
  if (failed == STEP_STORE ||
      (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
       g_cancellable_is_cancelled (cancellable)))
    g_error_free (error);
  else
    self->held_error = error;

  return TRUE;
}

static gsize
pass_over (SpoolSeekableInputStream *self,
           gsize                     count)
{
  goffset there = get_kept_size (self) - self->position;
  gsize n_bytes = MIN ((guint64) MAX (there, 0), count);

  self->position += n_bytes;

  return n_bytes;
}

static gboolean
run_sync (SpoolSeekableInputStream  *self,
          Op                        *op,
          Step                      *failed,
          GCancellable              *cancellable,
          GError                   **error)
{
  while (TRUE)
    {
      gsize amount = 0;
      gssize n_bytes;

      *failed = plan_step (self, op, &amount, error);

      switch (*failed)
        {
        case STEP_FAIL:
          return FALSE;

        case STEP_STOP:
          return TRUE;

        case STEP_SERVE:
          n_bytes = g_input_stream_read (self->reader, op->target, amount,
                                         cancellable, error);
          if (n_bytes < 0)
            return FALSE;

          account_served (self, op, n_bytes);
          return TRUE;

        case STEP_STORE:
          if (!spool_buffer_append_bytes (self->buffer, self->stray,
                                          cancellable, error))
            return FALSE;

          if (account_stored (self, op))
            return TRUE;
          break;

        case STEP_PULL:
          n_bytes = g_input_stream_read (get_base (self), op->block, amount,
                                         cancellable, error);
          if (n_bytes < 0)
            return FALSE;

          account_pulled (self, op, n_bytes);
          break;

        default:
          g_assert_not_reached ();
        }
    }
}

static goffset
fill (SpoolSeekableInputStream  *self,
      goffset                    need,
      GCancellable              *cancellable,
      GError                   **error)
{
  g_auto(Op) op = { .need = need };
  Step failed;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  if (!run_sync (self, &op, &failed, cancellable, error))
    return -1;

  return get_kept_size (self);
}

/* Takes in what an asynchronous call waited for.
 *
 * Returns: whether the call goes on; it does not either if @error is set
 */
static gboolean
finish_step (SpoolSeekableInputStream  *self,
             Op                        *op,
             GAsyncResult              *result,
             GError                   **error)
{
  gssize n_bytes;

  switch (op->awaited)
    {
    case STEP_SERVE:
      n_bytes = g_input_stream_read_finish (self->reader, result, error);
      if (n_bytes > 0)
        account_served (self, op, n_bytes);
      return FALSE;

    case STEP_STORE:
      return spool_buffer_append_bytes_finish (self->buffer, result, error) &&
             !account_stored (self, op);

    case STEP_PULL:
      n_bytes = spool_base_read_finish (get_base (self), result, error);
      if (n_bytes >= 0)
        account_pulled (self, op, n_bytes);
      return n_bytes >= 0;

    default:
      g_assert_not_reached ();
    }
}

/* The other calls leave this to GInputStream. */
static void
end_fill (GTask *task)
{
  if (g_task_get_source_tag (task) == spool_seekable_input_stream_fill_async)
    g_input_stream_clear_pending (g_task_get_source_object (task));
}

static void
return_result (GTask  *task,
               GError *error)
{
  SpoolSeekableInputStream *self = g_task_get_source_object (task);
  Op *op = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  end_fill (task);

  /* A filling has no count: that it passes over nothing is of no consequence,
   * but its error must come out.
   */
  if (op->target == NULL && op->count > 0 && error != NULL &&
      hold_error (self, error, op->awaited, cancellable))
    error = NULL;

  if (error != NULL)
    g_task_return_error (task, error);
  else if (op->target != NULL)
    g_task_return_int (task, op->done);
  else
    g_task_return_int (task, pass_over (self, op->count));
}

/* Called with no object and no result to begin with, then by the buffer or the
 * base when they have done what was waited for.
 */
static void
run_async_cb (GObject      *object,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  SpoolSeekableInputStream *self = g_task_get_source_object (task);
  Op *op = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  int io_priority = g_task_get_priority (task);
  GError *error = NULL;
  gsize amount = 0;

  if (result != NULL && !finish_step (self, op, result, &error))
    {
      return_result (task, error);
      return;
    }

  op->awaited = plan_step (self, op, &amount, &error);

  switch (op->awaited)
    {
    case STEP_FAIL:
    case STEP_STOP:
      return_result (task, error);
      break;

    case STEP_SERVE:
      g_input_stream_read_async (self->reader, op->target, amount, io_priority,
                                 cancellable, run_async_cb,
                                 g_steal_pointer (&task));
      break;

    case STEP_STORE:
      spool_buffer_append_bytes_async (self->buffer, self->stray, io_priority,
                                       cancellable, run_async_cb,
                                       g_steal_pointer (&task));
      break;

    case STEP_PULL:
      spool_base_read_async (get_base (self), op->block, amount, io_priority,
                             cancellable, run_async_cb,
                             g_steal_pointer (&task));
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
run_async (SpoolSeekableInputStream *self,
           gpointer                  source_tag,
           void                     *target,
           gsize                     count,
           goffset                   need,
           int                       io_priority,
           GCancellable             *cancellable,
           GAsyncReadyCallback       callback,
           gpointer                  user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  Op *op = g_new0 (Op, 1);

  op->target = target;
  op->count = count;
  op->need = need;

  /* What was read is returned, even if it was cancelled meanwhile. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_priority (task, io_priority);
  g_task_set_source_tag (task, source_tag);
  g_task_set_task_data (task, op, (GDestroyNotify) op_free);

  if (g_cancellable_is_cancelled (cancellable))
    {
      end_fill (task);
      g_task_return_error_if_cancelled (task);
    }
  else
    {
      run_async_cb (NULL, NULL, g_steal_pointer (&task));
    }
}

static goffset
add_saturated (goffset offset,
               gsize   count)
{
  return count > (guint64) (G_MAXINT64 - offset) ? G_MAXINT64
                                                 : offset + (goffset) count;
}

static gssize
spool_seekable_input_stream_read (GInputStream  *stream,
                                  void          *buffer,
                                  gsize          count,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (stream);
  g_auto(Op) op = { .target = buffer, .count = count, .need = self->position };
  Step failed;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  if (!run_sync (self, &op, &failed, cancellable, error))
    return -1;

  return op.done;
}

static gssize
spool_seekable_input_stream_skip (GInputStream  *stream,
                                  gsize          count,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (stream);
  g_auto(Op) op = { .need = add_saturated (self->position, count) };
  GError *local_error = NULL;
  Step failed;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  if (!run_sync (self, &op, &failed, cancellable, &local_error) &&
      !hold_error (self, local_error, failed, cancellable))
    {
      g_propagate_error (error, local_error);
      return -1;
    }

  return pass_over (self, count);
}

static void
complete_unfinished (SpoolSeekableInputStream *self)
{
  g_autoptr(GError) error = NULL;

  if (self->ended)
    return;

  error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                               _("The stream was closed before it was read to its end"));
  spool_buffer_complete (self->buffer, error);
}

static gboolean
spool_seekable_input_stream_close (GInputStream  *stream,
                                   GCancellable  *cancellable,
                                   GError       **error)
{
  GInputStreamClass *parent_class =
    G_INPUT_STREAM_CLASS (spool_seekable_input_stream_parent_class);

  complete_unfinished (SPOOL_SEEKABLE_INPUT_STREAM (stream));

  return parent_class->close_fn (stream, cancellable, error);
}

static void
spool_seekable_input_stream_read_async (GInputStream        *stream,
                                        void                *buffer,
                                        gsize                count,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (stream);

  run_async (self, spool_seekable_input_stream_read_async, buffer, count,
             self->position, io_priority, cancellable, callback, user_data);
}

static gssize
spool_seekable_input_stream_read_finish (GInputStream  *stream,
                                         GAsyncResult  *result,
                                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static void
spool_seekable_input_stream_skip_async (GInputStream        *stream,
                                        gsize                count,
                                        int                  io_priority,
                                        GCancellable        *cancellable,
                                        GAsyncReadyCallback  callback,
                                        gpointer             user_data)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (stream);

  run_async (self, spool_seekable_input_stream_skip_async, NULL, count,
             add_saturated (self->position, count), io_priority, cancellable,
             callback, user_data);
}

static gssize
spool_seekable_input_stream_skip_finish (GInputStream  *stream,
                                         GAsyncResult  *result,
                                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static void
base_closed_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;

  if (g_input_stream_close_finish (G_INPUT_STREAM (object), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
spool_seekable_input_stream_close_async (GInputStream        *stream,
                                         int                  io_priority,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             user_data)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (stream);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_check_cancellable (task, FALSE);
  g_task_set_priority (task, io_priority);
  g_task_set_source_tag (task, spool_seekable_input_stream_close_async);

  complete_unfinished (self);

  if (g_filter_input_stream_get_close_base_stream (G_FILTER_INPUT_STREAM (self)))
    g_input_stream_close_async (get_base (self), io_priority, cancellable,
                                base_closed_cb, g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
spool_seekable_input_stream_close_finish (GInputStream  *stream,
                                          GAsyncResult  *result,
                                          GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static goffset
spool_seekable_input_stream_tell (GSeekable *seekable)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (seekable);

  return self->position;
}

static gboolean
spool_seekable_input_stream_can_seek (GSeekable *seekable)
{
  return TRUE;
}

static gboolean
seek (SpoolSeekableInputStream  *self,
      goffset                    offset,
      GSeekType                  type,
      GCancellable              *cancellable,
      GError                   **error)
{
  goffset from = 0;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  switch (type)
    {
    case G_SEEK_SET:
      break;

    case G_SEEK_CUR:
      from = self->position;
      break;

    case G_SEEK_END:
      from = fill (self, G_MAXINT64, cancellable, error);
      if (from < 0)
        return FALSE;
      break;

    default:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid GSeekType supplied"));
      return FALSE;
    }

  /* @from is not negative, so that only a sum that is too large overflows. */
  if (offset > G_MAXINT64 - from || from + offset < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid seek request"));
      return FALSE;
    }

  self->position = from + offset;

  return TRUE;
}

static gboolean
spool_seekable_input_stream_seek (GSeekable     *seekable,
                                  goffset        offset,
                                  GSeekType      type,
                                  GCancellable  *cancellable,
                                  GError       **error)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (seekable);
  GInputStream *stream = G_INPUT_STREAM (self);
  gboolean success;

  if (!g_input_stream_set_pending (stream, error))
    return FALSE;

  success = seek (self, offset, type, cancellable, error);
  g_input_stream_clear_pending (stream);

  return success;
}

static gboolean
spool_seekable_input_stream_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

static gboolean
spool_seekable_input_stream_truncate (GSeekable     *seekable,
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
  iface->tell = spool_seekable_input_stream_tell;
  iface->can_seek = spool_seekable_input_stream_can_seek;
  iface->seek = spool_seekable_input_stream_seek;
  iface->can_truncate = spool_seekable_input_stream_can_truncate;
  iface->truncate_fn = spool_seekable_input_stream_truncate;
}

static void
spool_seekable_input_stream_constructed (GObject *object)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (object);
  GFilterInputStream *filter = G_FILTER_INPUT_STREAM (object);

  G_OBJECT_CLASS (spool_seekable_input_stream_parent_class)->constructed (object);

  /* A program in another language easily forgets the base, which the parent
   * class does not survive.
   */
  if (filter->base_stream == NULL)
    filter->base_stream = g_memory_input_stream_new ();

  if (self->buffer == NULL)
    self->buffer = spool_buffer_new ();

  self->reader = spool_memory_input_stream_new_for_buffer (self->buffer);
}

static void
spool_seekable_input_stream_finalize (GObject *object)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (object);

  g_clear_object (&self->reader);
  g_clear_object (&self->buffer);
  g_clear_pointer (&self->stray, g_bytes_unref);
  g_clear_error (&self->held_error);

  G_OBJECT_CLASS (spool_seekable_input_stream_parent_class)->finalize (object);
}

static void
spool_seekable_input_stream_get_property (GObject    *object,
                                          guint       prop_id,
                                          GValue     *value,
                                          GParamSpec *pspec)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (object);

  switch (prop_id)
    {
    case PROP_BUFFER:
      g_value_set_object (value, self->buffer);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
spool_seekable_input_stream_set_property (GObject      *object,
                                          guint         prop_id,
                                          const GValue *value,
                                          GParamSpec   *pspec)
{
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (object);

  switch (prop_id)
    {
    case PROP_BUFFER:
      self->buffer = g_value_dup_object (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
spool_seekable_input_stream_class_init (SpoolSeekableInputStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  spool_i18n_init ();

  object_class->constructed = spool_seekable_input_stream_constructed;
  object_class->finalize = spool_seekable_input_stream_finalize;
  object_class->get_property = spool_seekable_input_stream_get_property;
  object_class->set_property = spool_seekable_input_stream_set_property;

  stream_class->read_fn = spool_seekable_input_stream_read;
  stream_class->skip = spool_seekable_input_stream_skip;
  stream_class->close_fn = spool_seekable_input_stream_close;
  stream_class->read_async = spool_seekable_input_stream_read_async;
  stream_class->read_finish = spool_seekable_input_stream_read_finish;
  stream_class->skip_async = spool_seekable_input_stream_skip_async;
  stream_class->skip_finish = spool_seekable_input_stream_skip_finish;
  stream_class->close_async = spool_seekable_input_stream_close_async;
  stream_class->close_finish = spool_seekable_input_stream_close_finish;

  /**
   * SpoolSeekableInputStream:buffer:
   *
   * Where the bytes are kept. `NULL` stands for a new buffer.
   *
   * Since: 1.0
   */
  props[PROP_BUFFER] =
    g_param_spec_object ("buffer", NULL, NULL,
                         SPOOL_TYPE_BUFFER,
                         G_PARAM_READWRITE |
                         G_PARAM_CONSTRUCT_ONLY |
                         G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
spool_seekable_input_stream_init (SpoolSeekableInputStream *self)
{
}

/**
 * spool_seekable_input_stream_new:
 * @base_stream: the stream to read
 *
 * Makes a seekable stream of @base_stream, from where that stands now, with a
 * buffer of its own.
 *
 * Returns: (transfer full) (type SpoolSeekableInputStream): the new stream
 *
 * Since: 1.0
 */
GInputStream *
spool_seekable_input_stream_new (GInputStream *base_stream)
{
  g_return_val_if_fail (G_IS_INPUT_STREAM (base_stream), NULL);

  return g_object_new (SPOOL_TYPE_SEEKABLE_INPUT_STREAM,
                       "base-stream", base_stream,
                       NULL);
}

/**
 * spool_seekable_input_stream_new_for_buffer:
 * @base_stream: the stream to read
 * @buffer: where to keep what is read
 *
 * Makes a seekable stream of what @buffer has, and of what @base_stream gives
 * from where it stands now.
 *
 * @buffer is empty as a rule. If it is not, it has the bytes that come before
 * those of @base_stream, as after an interrupted download that goes on.
 *
 * Returns: (transfer full) (type SpoolSeekableInputStream): the new stream
 *
 * Since: 1.0
 */
GInputStream *
spool_seekable_input_stream_new_for_buffer (GInputStream *base_stream,
                                            SpoolBuffer  *buffer)
{
  g_return_val_if_fail (G_IS_INPUT_STREAM (base_stream), NULL);
  g_return_val_if_fail (SPOOL_IS_BUFFER (buffer), NULL);

  return g_object_new (SPOOL_TYPE_SEEKABLE_INPUT_STREAM,
                       "base-stream", base_stream,
                       "buffer", buffer,
                       NULL);
}

/**
 * spool_seekable_input_stream_get_buffer:
 * @self: a seekable stream
 *
 * Gets the buffer that keeps what was read.
 *
 * Returns: (transfer none): the buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_seekable_input_stream_get_buffer (SpoolSeekableInputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_SEEKABLE_INPUT_STREAM (self), NULL);

  return self->buffer;
}

static gboolean
get_need (goffset   count,
          goffset  *need,
          GError  **error)
{
  if (count < -1)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid number of bytes to read"));
      return FALSE;
    }

  *need = count < 0 ? G_MAXINT64 : count;

  return TRUE;
}

/**
 * spool_seekable_input_stream_fill:
 * @self: a seekable stream
 * @count: how many bytes the buffer is to have, counted from the beginning of
 *   the stream; -1 for all there are
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Reads on from the base stream until the first @count bytes are there, so that
 * reads and seeks up to there need not wait.
 *
 * The position stays as it is. What came before an error or a cancellation is
 * kept, and the same call made again goes on.
 *
 * Returns: how many bytes are there now, fewer than @count only if the base
 *   stream has no more; -1 on error
 *
 * Since: 1.0
 */
goffset
spool_seekable_input_stream_fill (SpoolSeekableInputStream  *self,
                                  goffset                    count,
                                  GCancellable              *cancellable,
                                  GError                   **error)
{
  goffset need;
  goffset size;

  g_return_val_if_fail (SPOOL_IS_SEEKABLE_INPUT_STREAM (self), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  if (!get_need (count, &need, error) ||
      !g_input_stream_set_pending (G_INPUT_STREAM (self), error))
    return -1;

  size = fill (self, need, cancellable, error);
  g_input_stream_clear_pending (G_INPUT_STREAM (self));

  return size;
}

/**
 * spool_seekable_input_stream_fill_async:
 * @self: a seekable stream
 * @count: how many bytes the buffer is to have, counted from the beginning of
 *   the stream; -1 for all there are
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Reads on from the base stream until the first @count bytes are there, without
 * blocking.
 *
 * This is an operation of the stream, like a read: no other can begin before
 * it is done. Another stream on the same buffer can read meanwhile.
 *
 * See [method@Spool.SeekableInputStream.fill].
 *
 * Since: 1.0
 */
void
spool_seekable_input_stream_fill_async (SpoolSeekableInputStream *self,
                                        goffset                   count,
                                        int                       io_priority,
                                        GCancellable             *cancellable,
                                        GAsyncReadyCallback       callback,
                                        gpointer                  user_data)
{
  GError *error = NULL;
  goffset need;

  g_return_if_fail (SPOOL_IS_SEEKABLE_INPUT_STREAM (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (get_need (count, &need, &error) &&
      g_input_stream_set_pending (G_INPUT_STREAM (self), &error))
    run_async (self, spool_seekable_input_stream_fill_async, NULL, 0, need,
               io_priority, cancellable, callback, user_data);
  else
    g_task_report_error (self, callback, user_data,
                         spool_seekable_input_stream_fill_async, error);
}

/**
 * spool_seekable_input_stream_fill_finish:
 * @self: a seekable stream
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.SeekableInputStream.fill_async] began.
 *
 * Returns: how many bytes are there now, fewer than asked for only if the base
 *   stream has no more; -1 on error
 *
 * Since: 1.0
 */
goffset
spool_seekable_input_stream_fill_finish (SpoolSeekableInputStream  *self,
                                         GAsyncResult              *result,
                                         GError                   **error)
{
  g_return_val_if_fail (SPOOL_IS_SEEKABLE_INPUT_STREAM (self), -1);
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  if (g_task_propagate_int (G_TASK (result), error) < 0)
    return -1;

  return get_kept_size (self);
}
