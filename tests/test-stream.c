/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"

#include "test-utils.h"

struct _TestStream
{
  GInputStream parent_instance;

  goffset offset;               /* of the next byte */
  goffset end;
  gsize step;                   /* bytes a read gives at most, or 0 */

  guint fail_at;                /* call, or 0 */
  GIOErrorEnum fail_code;
  gboolean ignores_cancellable;
  gboolean fail_on_close;
  GIOErrorEnum close_code;

  TestStreamHook hook;
  gpointer hook_data;

  guint n_calls;
  guint n_async;
  guint n_closes;
  gsize max_count;              /* the largest count that was asked for */
};

G_DEFINE_FINAL_TYPE (TestStream, test_stream, G_TYPE_INPUT_STREAM)

static gssize
test_stream_read (GInputStream  *stream,
                  void          *buffer,
                  gsize          count,
                  GCancellable  *cancellable,
                  GError       **error)
{
  TestStream *self = TEST_STREAM (stream);

  self->n_calls++;
  self->max_count = MAX (self->max_count, count);

  if (self->hook != NULL)
    self->hook (self, self->n_calls, self->hook_data);

  if (!self->ignores_cancellable &&
      g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  if (self->n_calls == self->fail_at)
    {
      g_set_error (error, G_IO_ERROR, self->fail_code,
                   "Call %u failed as it was told to", self->n_calls);
      return -1;
    }

  if (self->step != 0)
    count = MIN (count, self->step);
  count = MIN ((goffset) count, self->end - self->offset);

  test_fill (buffer, self->offset, count);
  self->offset += count;

  return count;
}

static void
test_stream_read_async (GInputStream        *stream,
                        void                *buffer,
                        gsize                count,
                        int                  io_priority,
                        GCancellable        *cancellable,
                        GAsyncReadyCallback  callback,
                        gpointer             user_data)
{
  TestStream *self = TEST_STREAM (stream);
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  gssize n_read;

  g_task_set_source_tag (task, test_stream_read_async);
  g_task_set_priority (task, io_priority);
  g_task_set_check_cancellable (task, FALSE);

  self->n_async++;
  n_read = test_stream_read (stream, buffer, count, cancellable, &error);
  if (n_read < 0)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n_read);
}

static gssize
test_stream_read_finish (GInputStream  *stream,
                         GAsyncResult  *result,
                         GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, stream), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

static gboolean
test_stream_close (GInputStream  *stream,
                   GCancellable  *cancellable,
                   GError       **error)
{
  TestStream *self = TEST_STREAM (stream);

  self->n_closes++;

  if (self->fail_on_close)
    {
      g_set_error_literal (error, G_IO_ERROR, self->close_code,
                           "Closing failed as it was told to");
      return FALSE;
    }

  return TRUE;
}

static void
test_stream_class_init (TestStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  stream_class->read_fn = test_stream_read;
  stream_class->read_async = test_stream_read_async;
  stream_class->read_finish = test_stream_read_finish;
  stream_class->close_fn = test_stream_close;
}

static void
test_stream_init (TestStream *self)
{
}

GInputStream *
test_stream_new (goffset size)
{
  TestStream *self = g_object_new (TEST_TYPE_STREAM, NULL);

  self->end = size;

  return G_INPUT_STREAM (self);
}

/* Serves the same number of bytes, but those that start at the offset. */
void
test_stream_set_offset (TestStream *self,
                        goffset     offset)
{
  self->end += offset - self->offset;
  self->offset = offset;
}

void
test_stream_set_step (TestStream *self,
                      gsize       step)
{
  self->step = step;
}

void
test_stream_set_hook (TestStream     *self,
                      TestStreamHook  hook,
                      gpointer        user_data)
{
  self->hook = hook;
  self->hook_data = user_data;
}

void
test_stream_fail_at (TestStream   *self,
                     guint         call,
                     GIOErrorEnum  code)
{
  self->fail_at = call;
  self->fail_code = code;
}

/* As sources do that have the bytes already. */
void
test_stream_ignore_cancellable (TestStream *self)
{
  self->ignores_cancellable = TRUE;
}

void
test_stream_fail_on_close (TestStream   *self,
                           GIOErrorEnum  code)
{
  self->fail_on_close = TRUE;
  self->close_code = code;
}

guint
test_stream_get_n_calls (TestStream *self)
{
  return self->n_calls;
}

guint
test_stream_get_n_async (TestStream *self)
{
  return self->n_async;
}

guint
test_stream_get_n_closes (TestStream *self)
{
  return self->n_closes;
}

gsize
test_stream_get_max_count (TestStream *self)
{
  return self->max_count;
}
