/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-base-read-private.h"
#include "spool-error-private.h"
#include "spool-splice-private.h"
#include "spool-sys-private.h"

/* Large enough that the calls do not count, small enough to stay cached. */
#define SPLICE_STEP (256 * 1024)

typedef struct
{
  GInputStream            *source;
  GOutputStreamSpliceFlags flags;
  SpoolSpliceSink          sink_func;

  guint8                  *block;  /* SPLICE_STEP bytes */
  gsize                    filled; /* bytes in the block */
  gsize                    taken;  /* of which the sink has taken these */
  goffset                  total;  /* bytes taken over all */
  GError                  *error;
} Splice;

static Splice *
splice_new (GInputStream            *source,
            GOutputStreamSpliceFlags flags,
            SpoolSpliceSink          sink_func)
{
  Splice *splice = g_new0 (Splice, 1);

  splice->source = g_object_ref (source);
  splice->flags = flags;
  splice->sink_func = sink_func;
  splice->block = spool_sys.try_realloc (NULL, SPLICE_STEP);
  if (splice->block == NULL)
    spool_set_error_no_memory (&splice->error);

  return splice;
}

static void
splice_free (Splice *splice)
{
  g_clear_object (&splice->source);
  g_clear_pointer (&splice->block, g_free);
  g_clear_error (&splice->error);
  g_free (splice);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Splice, splice_free)

static void
add_to_total (Splice *splice,
              gsize   n)
{
  splice->total = splice->total > G_MAXINT64 - (goffset) n ? G_MAXINT64
                                                           : splice->total + (goffset) n;
}

/* Hands what is in the block to the sink. The source no longer has it, so that
 * a cancellation waits until the sink does.
 */
static gboolean
drain_block (Splice        *splice,
             gpointer       sink,
             SpoolBlocking  blocking,
             GError       **error)
{
  while (splice->taken < splice->filled)
    {
      gssize n = splice->sink_func (sink, splice->block + splice->taken,
                                    splice->filled - splice->taken, blocking, error);

      if (n < 0)
        return FALSE;

      splice->taken += (gsize) n;
      add_to_total (splice, (gsize) n);
    }

  return TRUE;
}

static gboolean
fill_block (Splice *splice,
            gssize  n)
{
  splice->taken = 0;
  splice->filled = n > 0 ? (gsize) n : 0;

  return n > 0;
}

/* Moves everything, and leaves in the splice how it went. */
static void
run_splice (Splice       *splice,
            gpointer      sink,
            GCancellable *cancellable)
{
  while (splice->error == NULL &&
         !g_cancellable_set_error_if_cancelled (cancellable, &splice->error) &&
         fill_block (splice, g_input_stream_read (splice->source, splice->block,
                                                  SPLICE_STEP, cancellable,
                                                  &splice->error)))
    {
      if (!drain_block (splice, sink, SPOOL_MAY_BLOCK, &splice->error))
        break;
    }

  if (splice->flags & G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE)
    g_input_stream_close (splice->source, cancellable, NULL);
}

/* Moves everything from @source to the sink. What arrived before an error
 * stays there. The lock of the sink is not held while the source is read.
 */
goffset
spool_splice (GInputStream            *source,
              GOutputStreamSpliceFlags flags,
              SpoolSpliceSink          sink_func,
              gpointer                 sink,
              GCancellable            *cancellable,
              GError                 **error)
{
  g_autoptr(Splice) splice = splice_new (source, flags, sink_func);

  run_splice (splice, sink, cancellable);

  if (splice->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&splice->error));
      return -1;
    }

  return splice->total;
}

static void
return_result (GTask *task)
{
  Splice *splice = g_task_get_task_data (task);

  if (splice->error != NULL)
    g_task_return_error (task, g_steal_pointer (&splice->error));
  else
    g_task_return_boolean (task, TRUE);

  g_object_unref (task);
}

static void
source_closed_cb (GObject      *source,
                  GAsyncResult *result,
                  gpointer      user_data)
{
  /* As in GIO, how the source closes is no matter of the splice. */
  g_input_stream_close_finish (G_INPUT_STREAM (source), result, NULL);
  return_result (user_data);
}

static void
finish_splice (GTask *task)
{
  Splice *splice = g_task_get_task_data (task);

  if (splice->flags & G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE)
    g_input_stream_close_async (splice->source, g_task_get_priority (task),
                                g_task_get_cancellable (task),
                                source_closed_cb, task);
  else
    return_result (task);
}

static void read_next (GTask *task);

static void
drained_cb (GObject      *sink,
            GAsyncResult *result,
            gpointer      user_data)
{
  GTask *task = user_data;
  Splice *splice = g_task_get_task_data (task);

  if (g_task_propagate_boolean (G_TASK (result), &splice->error))
    read_next (task);
  else
    finish_splice (task);
}

static void
drain_in_thread (GTask        *drain,
                 gpointer      sink,
                 gpointer      task_data,
                 GCancellable *cancellable)
{
  g_autoptr(GError) error = NULL;

  if (drain_block (task_data, sink, SPOOL_MAY_BLOCK, &error))
    g_task_return_boolean (drain, TRUE);
  else
    g_task_return_error (drain, g_steal_pointer (&error));
}

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  GTask *task = user_data;
  Splice *splice = g_task_get_task_data (task);
  gpointer sink = g_task_get_source_object (task);

  if (!fill_block (splice, spool_base_read_finish (G_INPUT_STREAM (source), result,
                                                   &splice->error)))
    finish_splice (task);
  else if (drain_block (splice, sink, SPOOL_NO_BLOCK, &splice->error))
    read_next (task);
  else if (spool_is_would_block (splice->error))
    {
      g_autoptr(GTask) drain = g_task_new (sink, NULL, drained_cb, task);

      g_clear_error (&splice->error);
      g_task_set_source_tag (drain, read_cb);
      g_task_set_task_data (drain, splice, NULL);
      g_task_run_in_thread (drain, drain_in_thread);
    }
  else
    finish_splice (task);
}

static void
read_next (GTask *task)
{
  Splice *splice = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (g_cancellable_set_error_if_cancelled (cancellable, &splice->error))
    finish_splice (task);
  else
    spool_base_read_async (splice->source, splice->block, SPLICE_STEP,
                           g_task_get_priority (task), cancellable, read_cb, task);
}

static void
splice_in_thread (GTask        *task,
                  gpointer      sink,
                  gpointer      task_data,
                  GCancellable *cancellable)
{
  run_splice (task_data, sink, cancellable);
  return_result (g_object_ref (task));
}

/* Whether the source has no read_async of its own, as files have none: each
 * one would be a read in a worker.
 */
static gboolean
reads_in_thread (GInputStream *source)
{
  GInputStreamClass *base = g_type_class_peek (G_TYPE_INPUT_STREAM);

  return G_INPUT_STREAM_GET_CLASS (source)->read_async == base->read_async &&
         !(G_IS_POLLABLE_INPUT_STREAM (source) &&
           g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (source)));
}

/* The same in the main loop: the source is read by its own read_async, the
 * sink takes what it can at once and the rest in a worker. A source that is
 * read in a worker is spliced in one, from start to end, as by GIO.
 */
void
spool_splice_async (GInputStream            *source,
                    GOutputStreamSpliceFlags flags,
                    SpoolSpliceSink          sink_func,
                    GObject                 *sink,
                    int                      io_priority,
                    GCancellable            *cancellable,
                    GAsyncReadyCallback      callback,
                    gpointer                 user_data)
{
  GTask *task = g_task_new (sink, cancellable, callback, user_data);
  Splice *splice = splice_new (source, flags, sink_func);

  g_task_set_source_tag (task, spool_splice_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, splice, (GDestroyNotify) splice_free);

  if (splice->error != NULL)
    finish_splice (task);
  else if (!reads_in_thread (source))
    read_next (task);
  else
    {
      g_task_run_in_thread (task, splice_in_thread);
      g_object_unref (task);
    }
}

goffset
spool_splice_finish (GAsyncResult *result,
                     GError      **error)
{
  Splice *splice = g_task_get_task_data (G_TASK (result));

  return g_task_propagate_boolean (G_TASK (result), error) ? splice->total : -1;
}
