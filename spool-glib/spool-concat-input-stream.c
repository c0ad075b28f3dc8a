/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-concat-input-stream.h"

#include "spool-base-read-private.h"
#include "spool-error-private.h"
#include "spool-i18n-private.h"
#include "spool-sys-private.h"

#include <glib/gi18n-lib.h>

/**
 * SpoolConcatInputStream:
 *
 * Several input streams, read as one.
 *
 * The parts are [class@Gio.InputStream]s of any kind, and can be
 * concatenations themselves. Each counts from where it stands when it is
 * appended up to its end. From then on it belongs to the concatenation, which
 * is the only one to read it and to move in it. Parts can be appended at any
 * time, also after the end was reached: a later read goes on with them.
 *
 * One read crosses from part to part and fills as much as it can, so that a
 * short count usually means the end. It does not wait, however, for a part
 * that can tell that it has nothing right now (a
 * [iface@Gio.PollableInputStream]) while it has something to return.
 *
 * An error of a part is an error of the read and never taken for the part's
 * end. If the read has bytes already it returns those, and the next one gives
 * the error; the one after that tries the part again.
 *
 * ## Seeking
 *
 * The concatenation can seek exactly when each of its parts can. Then it can
 * seek anywhere, also back into earlier parts, and past the end, where nothing
 * is read. The length of a part is asked for once, when a seek needs it, and
 * is remembered; a part that grows later does so unseen. What this costs is up
 * to the part. It can't be truncated. How to take in a part that can't seek is
 * shown in [Seekable streams from any stream](seekable.html).
 *
 * ## Closing
 *
 * A part is closed as soon as it was read to its end and left behind, and all
 * that are still open are when the concatenation is, in their order. While the
 * concatenation can seek all parts stay open until then, since they may be
 * needed again. With [property@Spool.ConcatInputStream:close-parts] set to
 * `FALSE` none is closed. An error of closing a part that was left behind
 * does not disturb the reading; closing the concatenation reports it.
 *
 * ## At the threshold
 *
 * A concatenation keeps no bytes and so has none. Parts may be streams on
 * buffers, which roll over as they do elsewhere.
 *
 * ## Threads
 *
 * Asynchronous calls use those of the parts and no thread of their own, but for
 * one that comes to parts which were appended after a seek past the end: those
 * are asked for their lengths in a thread. As with other streams of GIO, a
 * concatenation is used by one thread at a time.
 *
 * ## Example
 *
 * ```c
 * static char *
 * checksum_of_parts (GFile  **parts,
 *                    gsize    n_parts,
 *                    GError **error)
 * {
 *   g_autoptr(GInputStream) all = spool_concat_input_stream_new ();
 *   g_autoptr(GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
 *   guint8 block[8192];
 *   gssize n_read;
 *
 *   for (gsize i = 0; i < n_parts; i++)
 *     {
 *       g_autoptr(GFileInputStream) part = g_file_read (parts[i], NULL, error);
 *
 *       if (part == NULL)
 *         return NULL;
 *
 *       spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (all),
 *                                         G_INPUT_STREAM (part));
 *     }
 *
 *   while ((n_read = g_input_stream_read (all, block, sizeof block,
 *                                         NULL, error)) > 0)
 *     g_checksum_update (checksum, block, n_read);
 *
 *   return n_read < 0 ? NULL : g_strdup (g_checksum_get_string (checksum));
 * }
 * ```
 *
 * Since: 1.0
 */

/* As much of a part that can't seek is skipped at a time. */
#define SKIP_BLOCK_SIZE 16384

typedef struct
{
  /* NULL from when a part is left behind for good. */
  GInputStream *stream;
  /* Where it stood when it was appended. */
  goffset start;
  /* From there to its end; -1 until that is known. */
  goffset length;
  gboolean seekable;
} Part;

struct _SpoolConcatInputStream
{
  GInputStream parent_instance;

  /* Of Part. */
  GPtrArray *parts;
  gboolean close_parts;

  /* One of the parts can't seek. That is for ever: those before it may be
   * closed already.
   */
  gboolean unseekable;
  /* So many, from the first on, are closed and dropped. */
  guint n_left;

  goffset position;
  /* The part that the position is in and where in it, counted from its start.
   * At the end @current is the number of parts, and @offset says how far past
   * the end.
   */
  guint current;
  goffset offset;
  /* The position was past the end when it was set. It may be in one of the
   * parts that were appended since.
   */
  gboolean past_end;

  /* What stopped a read that had something to return. */
  GError *held_error;
  /* The first error of closing a part that was left behind. */
  GError *close_error;
};

static void seekable_iface_init (GSeekableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SpoolConcatInputStream,
                               spool_concat_input_stream,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE, seekable_iface_init))

enum
{
  PROP_CLOSE_PARTS = 1,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef enum
{
  STEP_FAIL,
  STEP_STOP,
  STEP_ASK_LENGTH,
  STEP_DROP_PART,
  STEP_READ_PART,
  STEP_SKIP_PART,
} Step;

/* A read or skip from its beginning to its end. */
typedef struct
{
  /* NULL: skipping. */
  guint8 *buffer;
  gsize count;
  gsize done;

  /* Where bytes go that are skipped by reading. */
  guint8 *scratch;

  /* The part whose length is asked for. */
  Part *asked;

  /* What an asynchronous transfer waits for. */
  Step awaited;
} Transfer;

static void
part_free (gpointer data)
{
  Part *part = data;

  g_clear_object (&part->stream);
  g_free (part);
}

static void
transfer_clear (Transfer *transfer)
{
  g_clear_pointer (&transfer->scratch, g_free);
}

static void
transfer_free (Transfer *transfer)
{
  transfer_clear (transfer);
  g_free (transfer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Transfer, transfer_clear)

static Part *
get_part (SpoolConcatInputStream *self,
          guint                   index)
{
  return g_ptr_array_index (self->parts, index);
}

static gboolean
stream_can_seek (GInputStream *stream)
{
  return G_IS_SEEKABLE (stream) && g_seekable_can_seek (G_SEEKABLE (stream));
}

/* A part may lose the gift while it is ours, as a concatenation does. */
static gboolean
can_seek (SpoolConcatInputStream *self)
{
  for (guint i = 0; !self->unseekable && i < self->parts->len; i++)
    {
      Part *part = get_part (self, i);

      self->unseekable = !part->seekable || !stream_can_seek (part->stream);
    }

  return !self->unseekable;
}

static gboolean
check_can_seek (SpoolConcatInputStream  *self,
                GError                 **error)
{
  if (can_seek (self))
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       _("Not every part of the stream can seek"));

  return FALSE;
}

static gboolean
ask_length (Part          *part,
            GCancellable  *cancellable,
            GError       **error)
{
  GSeekable *seekable;
  goffset there;
  goffset end;

  if (part->length >= 0)
    return TRUE;

  seekable = G_SEEKABLE (part->stream);
  there = g_seekable_tell (seekable);

  if (!g_seekable_seek (seekable, 0, G_SEEK_END, cancellable, error))
    return FALSE;

  end = g_seekable_tell (seekable);

  if (!g_seekable_seek (seekable, there, G_SEEK_SET, cancellable, error))
    return FALSE;

  part->length = MAX (end - part->start, 0);

  return TRUE;
}

/* Finds the part that @position is in. Asks for no more lengths than it has
 * to: some parts must read all they have to know theirs.
 */
static gboolean
locate (SpoolConcatInputStream  *self,
        goffset                  position,
        guint                   *index,
        goffset                 *offset,
        GCancellable            *cancellable,
        GError                 **error)
{
  goffset rest = position;
  guint i;

  for (i = 0; i < self->parts->len; i++)
    {
      if (i == self->current && rest <= self->offset && !self->past_end)
        break;

      if (!ask_length (get_part (self, i), cancellable, error))
        return FALSE;

      if (rest < get_part (self, i)->length)
        break;

      rest -= get_part (self, i)->length;
    }

  *index = i;
  *offset = rest;

  return TRUE;
}

/* Returns: (nullable): the first part that has to be asked for its length for
 * the position to be found
 */
static Part *
find_unasked (SpoolConcatInputStream *self)
{
  goffset rest = self->position;

  for (guint i = 0; i < self->parts->len; i++)
    {
      Part *part = get_part (self, i);

      if (part->length < 0)
        return part;
      if (rest < part->length)
        break;

      rest -= part->length;
    }

  return NULL;
}

static gboolean
move_to (SpoolConcatInputStream  *self,
         goffset                  position,
         GCancellable            *cancellable,
         GError                 **error)
{
  guint index;
  goffset offset;

  if (!check_can_seek (self, error) ||
      !locate (self, position, &index, &offset, cancellable, error))
    return FALSE;

  self->position = position;
  self->current = index;
  self->offset = offset;
  self->past_end = index == self->parts->len && offset > 0;

  return TRUE;
}

static gboolean
total_length (SpoolConcatInputStream  *self,
              goffset                 *length,
              GCancellable            *cancellable,
              GError                 **error)
{
  goffset total = 0;

  for (guint i = 0; i < self->parts->len; i++)
    {
      goffset part_length;

      if (!ask_length (get_part (self, i), cancellable, error))
        return FALSE;

      part_length = get_part (self, i)->length;
      if (part_length > G_MAXINT64 - total)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                               _("The parts are too long together"));
          return FALSE;
        }

      total += part_length;
    }

  *length = total;

  return TRUE;
}

/* Where the current part is not where we are in it, since it is another part
 * too, we have sought, or an error left it anywhere, it is brought there.
 */
static gboolean
place_part (SpoolConcatInputStream  *self,
            GCancellable            *cancellable,
            GError                 **error)
{
  Part *part = get_part (self, self->current);
  GSeekable *seekable;
  goffset there;

  if (!part->seekable)
    return TRUE;

  seekable = G_SEEKABLE (part->stream);
  there = part->start + self->offset;

  return g_seekable_tell (seekable) == there ||
         g_seekable_seek (seekable, there, G_SEEK_SET, cancellable, error);
}

static void
leave_part (SpoolConcatInputStream *self)
{
  Part *part = get_part (self, self->current);

  /* A part that became shorter since its length was asked for ends here. */
  part->length = self->offset;

  self->current++;
  self->offset = 0;
}

/* Returns: (transfer full): the first of the parts that were left behind and
 * are not needed any more
 */
static GInputStream *
steal_left_part (SpoolConcatInputStream *self)
{
  g_assert (self->n_left < self->current);

  return g_steal_pointer (&get_part (self, self->n_left++)->stream);
}

static void
keep_close_error (SpoolConcatInputStream *self,
                  GError                 *error)
{
  /* That the call was cancelled is nothing for a later one to report. */
  if (self->close_error == NULL &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->close_error = error;
  else
    g_error_free (error);
}

static gboolean
would_wait (GInputStream *stream)
{
  GPollableInputStream *pollable;

  if (!G_IS_POLLABLE_INPUT_STREAM (stream))
    return FALSE;

  pollable = G_POLLABLE_INPUT_STREAM (stream);

  return g_pollable_input_stream_can_poll (pollable) &&
         !g_pollable_input_stream_is_readable (pollable);
}

/* Says what a transfer has to do next, and makes everything ready for it.
 * @amount is for how many bytes to ask the current part.
 */
static Step
plan_step (SpoolConcatInputStream  *self,
           Transfer                *transfer,
           gsize                   *amount,
           GCancellable            *cancellable,
           GError                 **error)
{
  while (transfer->done < transfer->count)
    {
      goffset most = G_MAXINT64 - self->position;
      Part *part;

      if (self->unseekable && self->n_left < self->current)
        return STEP_DROP_PART;

      if (self->held_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&self->held_error));
          return STEP_FAIL;
        }

      if (self->past_end && self->current < self->parts->len)
        {
          if (!check_can_seek (self, error))
            return STEP_FAIL;

          transfer->asked = find_unasked (self);
          if (transfer->asked != NULL)
            return STEP_ASK_LENGTH;

          if (!move_to (self, self->position, cancellable, error))
            return STEP_FAIL;
        }

      if (self->current == self->parts->len || most == 0)
        return STEP_STOP;

      part = get_part (self, self->current);

      if (part->length >= 0)
        most = MIN (most, part->length - self->offset);

      if (most == 0)
        {
          leave_part (self);
          continue;
        }

      if (!place_part (self, cancellable, error))
        return STEP_FAIL;

      if (transfer->done > 0 && would_wait (part->stream))
        return STEP_STOP;

      *amount = MIN ((guint64) most, transfer->count - transfer->done);

      if (transfer->buffer != NULL)
        return STEP_READ_PART;

      /* A skip that fails half-way does not say how far it came. Where the
       * part can't be brought back it is read instead.
       */
      if (part->seekable)
        return STEP_SKIP_PART;

      if (transfer->scratch == NULL)
        transfer->scratch = spool_sys.try_realloc (NULL, SKIP_BLOCK_SIZE);
      if (transfer->scratch == NULL)
        {
          spool_set_error_no_memory (error);
          return STEP_FAIL;
        }

      *amount = MIN (*amount, SKIP_BLOCK_SIZE);
      return STEP_READ_PART;
    }

  return STEP_STOP;
}

static guint8 *
transfer_target (Transfer *transfer)
{
  if (transfer->buffer != NULL)
    return transfer->buffer + transfer->done;

  return transfer->scratch;
}

static void
account (SpoolConcatInputStream *self,
         Transfer               *transfer,
         gssize                  n_bytes)
{
  /* Some streams that stand past their end skip a negative number. */
  if (n_bytes <= 0)
    {
      leave_part (self);
      return;
    }

  self->offset += n_bytes;
  self->position += n_bytes;
  transfer->done += n_bytes;
}

/* Ends a transfer that @local_error stopped, which may be %NULL. */
static gssize
conclude (SpoolConcatInputStream  *self,
          Transfer                *transfer,
          GError                  *local_error,
          GCancellable            *cancellable,
          GError                 **error)
{
  if (local_error == NULL)
    return transfer->done;

  if (transfer->done == 0)
    {
      g_propagate_error (error, local_error);
      return -1;
    }

  if (g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
      g_cancellable_is_cancelled (cancellable))
    g_error_free (local_error);
  else
    self->held_error = local_error;

  return transfer->done;
}

static gssize
transfer_sync (SpoolConcatInputStream  *self,
               void                    *buffer,
               gsize                    count,
               GCancellable            *cancellable,
               GError                 **error)
{
  g_auto(Transfer) transfer = { .buffer = buffer, .count = count };
  GError *local_error = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  while (local_error == NULL)
    {
      gsize amount = 0;
      gssize n_bytes;

      switch (plan_step (self, &transfer, &amount, cancellable, &local_error))
        {
        case STEP_FAIL:
          break;

        case STEP_STOP:
          return transfer.done;

        case STEP_ASK_LENGTH:
          ask_length (transfer.asked, cancellable, &local_error);
          break;

        case STEP_DROP_PART:
          {
            g_autoptr(GInputStream) left = steal_left_part (self);
            GError *close_error = NULL;

            if (self->close_parts &&
                !g_input_stream_close (left, cancellable, &close_error))
              keep_close_error (self, close_error);
          }
          break;

        case STEP_READ_PART:
          n_bytes = g_input_stream_read (get_part (self, self->current)->stream,
                                         transfer_target (&transfer), amount,
                                         cancellable, &local_error);
          if (local_error == NULL)
            account (self, &transfer, n_bytes);
          break;

        case STEP_SKIP_PART:
          n_bytes = g_input_stream_skip (get_part (self, self->current)->stream,
                                         amount, cancellable, &local_error);
          if (local_error == NULL)
            account (self, &transfer, n_bytes);
          break;

        default:
          g_assert_not_reached ();
        }
    }

  return conclude (self, &transfer, local_error, cancellable, error);
}

/* There is no other way to ask a part for its length than one that may block,
 * and some have to read all they have.
 */
static void
ask_in_thread (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
  GError *error = NULL;

  if (ask_length (task_data, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
ask_length_async (SpoolConcatInputStream *self,
                  Part                   *part,
                  int                     io_priority,
                  GCancellable           *cancellable,
                  GAsyncReadyCallback     callback,
                  gpointer                user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, ask_length_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, part, NULL);
  g_task_run_in_thread (task, ask_in_thread);
}

/* Takes in what an asynchronous transfer waited for.
 *
 * Returns: (transfer full) (nullable): what stops the transfer
 */
static GError *
finish_step (SpoolConcatInputStream *self,
             Transfer               *transfer,
             GInputStream           *part,
             GAsyncResult           *result)
{
  GError *local_error = NULL;
  gssize n_bytes;

  switch (transfer->awaited)
    {
    case STEP_ASK_LENGTH:
      g_task_propagate_boolean (G_TASK (result), &local_error);
      return local_error;

    case STEP_DROP_PART:
      if (!g_input_stream_close_finish (part, result, &local_error))
        keep_close_error (self, local_error);
      return NULL;

    case STEP_READ_PART:
      n_bytes = spool_base_read_finish (part, result, &local_error);
      break;

    case STEP_SKIP_PART:
      n_bytes = spool_base_skip_finish (part, result, &local_error);
      break;

    default:
      g_assert_not_reached ();
    }

  if (local_error == NULL)
    account (self, transfer, n_bytes);

  return local_error;
}

/* Called with no part and no result to begin with, then by each part, or by the
 * concatenation itself, that was waited for.
 */
static void
transfer_async_cb (GObject      *part,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  SpoolConcatInputStream *self = g_task_get_source_object (task);
  Transfer *transfer = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  int io_priority = g_task_get_priority (task);
  GError *local_error = NULL;
  GError *error = NULL;
  gssize n_bytes;

  if (result != NULL)
    local_error = finish_step (self, transfer, G_INPUT_STREAM (part), result);

  while (local_error == NULL)
    {
      gsize amount = 0;

      transfer->awaited = plan_step (self, transfer, &amount, cancellable,
                                     &local_error);

      if (transfer->awaited == STEP_FAIL || transfer->awaited == STEP_STOP)
        break;

      if (transfer->awaited == STEP_ASK_LENGTH)
        {
          ask_length_async (self, transfer->asked, io_priority, cancellable,
                            transfer_async_cb, g_steal_pointer (&task));
          return;
        }

      if (transfer->awaited == STEP_DROP_PART)
        {
          g_autoptr(GInputStream) left = steal_left_part (self);

          if (!self->close_parts)
            continue;

          g_input_stream_close_async (left, io_priority, cancellable,
                                      transfer_async_cb,
                                      g_steal_pointer (&task));
          return;
        }

      if (transfer->awaited == STEP_READ_PART)
        spool_base_read_async (get_part (self, self->current)->stream,
                               transfer_target (transfer), amount,
                               io_priority, cancellable,
                               transfer_async_cb, g_steal_pointer (&task));
      else
        spool_base_skip_async (get_part (self, self->current)->stream,
                               amount, io_priority, cancellable,
                               transfer_async_cb, g_steal_pointer (&task));
      return;
    }

  n_bytes = conclude (self, transfer, local_error, cancellable, &error);

  if (n_bytes < 0)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n_bytes);
}

static void
transfer_async (SpoolConcatInputStream *self,
                gpointer                source_tag,
                void                   *buffer,
                gsize                   count,
                int                     io_priority,
                GCancellable           *cancellable,
                GAsyncReadyCallback     callback,
                gpointer                user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  Transfer *transfer;

  /* What was read is returned, even if it was cancelled meanwhile. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_priority (task, io_priority);
  g_task_set_source_tag (task, source_tag);

  if (g_task_return_error_if_cancelled (task))
    return;

  transfer = g_new0 (Transfer, 1);
  transfer->buffer = buffer;
  transfer->count = count;
  g_task_set_task_data (task, transfer, (GDestroyNotify) transfer_free);

  transfer_async_cb (NULL, NULL, g_steal_pointer (&task));
}

static gssize
spool_concat_input_stream_read (GInputStream  *stream,
                                void          *buffer,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);

  return transfer_sync (self, buffer, count, cancellable, error);
}

static gssize
spool_concat_input_stream_skip (GInputStream  *stream,
                                gsize          count,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);

  return transfer_sync (self, NULL, count, cancellable, error);
}

static gboolean
spool_concat_input_stream_close (GInputStream  *stream,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);
  GError *first_error = g_steal_pointer (&self->close_error);

  for (guint i = self->n_left; self->close_parts && i < self->parts->len; i++)
    g_input_stream_close (get_part (self, i)->stream, cancellable,
                          first_error == NULL ? &first_error : NULL);

  if (first_error != NULL)
    {
      g_propagate_error (error, first_error);
      return FALSE;
    }

  return TRUE;
}

static void
spool_concat_input_stream_read_async (GInputStream        *stream,
                                      void                *buffer,
                                      gsize                count,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);

  transfer_async (self, spool_concat_input_stream_read_async, buffer, count,
                  io_priority, cancellable, callback, user_data);
}

static gssize
spool_concat_input_stream_read_finish (GInputStream  *stream,
                                       GAsyncResult  *result,
                                       GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static void
spool_concat_input_stream_skip_async (GInputStream        *stream,
                                      gsize                count,
                                      int                  io_priority,
                                      GCancellable        *cancellable,
                                      GAsyncReadyCallback  callback,
                                      gpointer             user_data)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);

  transfer_async (self, spool_concat_input_stream_skip_async, NULL, count,
                  io_priority, cancellable, callback, user_data);
}

static gssize
spool_concat_input_stream_skip_finish (GInputStream  *stream,
                                       GAsyncResult  *result,
                                       GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

/* Called with no part and no result to begin with, then by each part that was
 * closed. The task's data is the number of the part that is next.
 */
static void
close_async_cb (GObject      *part,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr(GTask) task = user_data;
  SpoolConcatInputStream *self = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  int io_priority = g_task_get_priority (task);
  guint i = GPOINTER_TO_UINT (g_task_get_task_data (task));

  GError **first_error = self->close_error == NULL ? &self->close_error : NULL;

  if (result != NULL)
    g_input_stream_close_finish (G_INPUT_STREAM (part), result, first_error);

  if (self->close_parts && i < self->parts->len)
    {
      g_task_set_task_data (task, GUINT_TO_POINTER (i + 1), NULL);
      g_input_stream_close_async (get_part (self, i)->stream,
                                  io_priority, cancellable,
                                  close_async_cb, g_steal_pointer (&task));
      return;
    }

  if (self->close_error != NULL)
    g_task_return_error (task, g_steal_pointer (&self->close_error));
  else
    g_task_return_boolean (task, TRUE);
}

static void
spool_concat_input_stream_close_async (GInputStream        *stream,
                                       int                  io_priority,
                                       GCancellable        *cancellable,
                                       GAsyncReadyCallback  callback,
                                       gpointer             user_data)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_check_cancellable (task, FALSE);
  g_task_set_priority (task, io_priority);
  g_task_set_source_tag (task, spool_concat_input_stream_close_async);
  g_task_set_task_data (task, GUINT_TO_POINTER (self->n_left), NULL);

  close_async_cb (NULL, NULL, g_steal_pointer (&task));
}

static gboolean
spool_concat_input_stream_close_finish (GInputStream  *stream,
                                        GAsyncResult  *result,
                                        GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static goffset
spool_concat_input_stream_tell (GSeekable *seekable)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (seekable);

  return self->position;
}

static gboolean
spool_concat_input_stream_can_seek (GSeekable *seekable)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (seekable);

  return can_seek (self);
}

static gboolean
seek (SpoolConcatInputStream  *self,
      goffset                  offset,
      GSeekType                type,
      GCancellable            *cancellable,
      GError                 **error)
{
  goffset base = 0;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (!check_can_seek (self, error))
    return FALSE;

  switch (type)
    {
    case G_SEEK_SET:
      break;

    case G_SEEK_CUR:
      base = self->position;
      break;

    case G_SEEK_END:
      if (!total_length (self, &base, cancellable, error))
        return FALSE;
      break;

    default:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid GSeekType supplied"));
      return FALSE;
    }

  /* The base is not negative, so that only a sum that is too large can
   * overflow.
   */
  if (offset > G_MAXINT64 - base || base + offset < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Invalid seek request"));
      return FALSE;
    }

  if (base + offset == self->position)
    return TRUE;

  if (!move_to (self, base + offset, cancellable, error))
    return FALSE;

  g_clear_error (&self->held_error);

  return TRUE;
}

static gboolean
spool_concat_input_stream_seek (GSeekable     *seekable,
                                goffset        offset,
                                GSeekType      type,
                                GCancellable  *cancellable,
                                GError       **error)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (seekable);
  GInputStream *stream = G_INPUT_STREAM (self);
  gboolean success;

  if (!g_input_stream_set_pending (stream, error))
    return FALSE;

  success = seek (self, offset, type, cancellable, error);
  g_input_stream_clear_pending (stream);

  return success;
}

static gboolean
spool_concat_input_stream_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

static gboolean
spool_concat_input_stream_truncate (GSeekable     *seekable,
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
  iface->tell = spool_concat_input_stream_tell;
  iface->can_seek = spool_concat_input_stream_can_seek;
  iface->seek = spool_concat_input_stream_seek;
  iface->can_truncate = spool_concat_input_stream_can_truncate;
  iface->truncate_fn = spool_concat_input_stream_truncate;
}

static void
spool_concat_input_stream_finalize (GObject *object)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (object);

  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_error (&self->held_error);
  g_clear_error (&self->close_error);

  G_OBJECT_CLASS (spool_concat_input_stream_parent_class)->finalize (object);
}

static void
spool_concat_input_stream_get_property (GObject    *object,
                                        guint       prop_id,
                                        GValue     *value,
                                        GParamSpec *pspec)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (object);

  switch (prop_id)
    {
    case PROP_CLOSE_PARTS:
      g_value_set_boolean (value, self->close_parts);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
spool_concat_input_stream_set_property (GObject      *object,
                                        guint         prop_id,
                                        const GValue *value,
                                        GParamSpec   *pspec)
{
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (object);

  switch (prop_id)
    {
    case PROP_CLOSE_PARTS:
      spool_concat_input_stream_set_close_parts (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
spool_concat_input_stream_class_init (SpoolConcatInputStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  spool_i18n_init ();

  object_class->finalize = spool_concat_input_stream_finalize;
  object_class->get_property = spool_concat_input_stream_get_property;
  object_class->set_property = spool_concat_input_stream_set_property;

  stream_class->read_fn = spool_concat_input_stream_read;
  stream_class->skip = spool_concat_input_stream_skip;
  stream_class->close_fn = spool_concat_input_stream_close;
  stream_class->read_async = spool_concat_input_stream_read_async;
  stream_class->read_finish = spool_concat_input_stream_read_finish;
  stream_class->skip_async = spool_concat_input_stream_skip_async;
  stream_class->skip_finish = spool_concat_input_stream_skip_finish;
  stream_class->close_async = spool_concat_input_stream_close_async;
  stream_class->close_finish = spool_concat_input_stream_close_finish;

  /**
   * SpoolConcatInputStream:close-parts:
   *
   * Whether the parts are closed: each when it is left behind, and the rest
   * when the concatenation is closed.
   *
   * Since: 1.0
   */
  props[PROP_CLOSE_PARTS] =
    g_param_spec_boolean ("close-parts", NULL, NULL,
                          TRUE,
                          G_PARAM_READWRITE |
                          G_PARAM_EXPLICIT_NOTIFY |
                          G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
spool_concat_input_stream_init (SpoolConcatInputStream *self)
{
  self->parts = g_ptr_array_new_with_free_func (part_free);
  self->close_parts = TRUE;
}

/**
 * spool_concat_input_stream_new:
 *
 * Makes a concatenation of nothing yet.
 *
 * Returns: (transfer full) (type SpoolConcatInputStream): the new stream
 *
 * Since: 1.0
 */
GInputStream *
spool_concat_input_stream_new (void)
{
  return g_object_new (SPOOL_TYPE_CONCAT_INPUT_STREAM, NULL);
}

/**
 * spool_concat_input_stream_get_close_parts:
 * @self: a concatenation
 *
 * Returns whether the parts are closed by @self.
 *
 * Returns: `TRUE` if they are
 *
 * Since: 1.0
 */
gboolean
spool_concat_input_stream_get_close_parts (SpoolConcatInputStream *self)
{
  g_return_val_if_fail (SPOOL_IS_CONCAT_INPUT_STREAM (self), FALSE);

  return self->close_parts;
}

/**
 * spool_concat_input_stream_set_close_parts:
 * @self: a concatenation
 * @close_parts: whether to close the parts
 *
 * Sets whether the parts are closed by @self: each when it is left behind, and
 * the rest when @self is closed.
 *
 * Since: 1.0
 */
void
spool_concat_input_stream_set_close_parts (SpoolConcatInputStream *self,
                                           gboolean                close_parts)
{
  g_return_if_fail (SPOOL_IS_CONCAT_INPUT_STREAM (self));

  close_parts = !!close_parts;

  if (self->close_parts == close_parts)
    return;

  self->close_parts = close_parts;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_CLOSE_PARTS]);
}

/**
 * spool_concat_input_stream_append:
 * @self: a concatenation that is not closed
 * @part: (transfer none): what to read after all that was appended before
 *
 * Appends a part, from where it stands now up to its end.
 *
 * If @part can't seek then @self can't from now on.
 *
 * Since: 1.0
 */
void
spool_concat_input_stream_append (SpoolConcatInputStream *self,
                                  GInputStream           *part)
{
  Part *entry;

  g_return_if_fail (SPOOL_IS_CONCAT_INPUT_STREAM (self));
  g_return_if_fail (G_IS_INPUT_STREAM (part));
  g_return_if_fail (part != G_INPUT_STREAM (self));
  g_return_if_fail (!g_input_stream_is_closed (G_INPUT_STREAM (self)));

  entry = g_new0 (Part, 1);
  entry->stream = g_object_ref (part);
  entry->length = -1;
  entry->seekable = stream_can_seek (part);

  if (entry->seekable)
    entry->start = g_seekable_tell (G_SEEKABLE (part));
  else
    self->unseekable = TRUE;

  g_ptr_array_add (self->parts, entry);
}
