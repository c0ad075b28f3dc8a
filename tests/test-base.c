/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-base.h"

#include "test-utils.h"

typedef struct
{
  void *buffer;
  gsize count;
} TestCall;

typedef struct
{
  GInputStreamClass parent_class;
} TestBaseClass;

typedef TestBase TestSeekableBase;
typedef TestBaseClass TestSeekableBaseClass;
typedef TestBase TestPollableBase;
typedef TestBaseClass TestPollableBaseClass;

static void test_base_seekable_iface_init (GSeekableIface *iface);
static void test_base_pollable_iface_init (GPollableInputStreamInterface *iface);

G_DEFINE_TYPE (TestBase, test_base, G_TYPE_INPUT_STREAM)

G_DEFINE_TYPE_WITH_CODE (TestSeekableBase, test_seekable_base,
                         test_base_get_type (),
                         G_IMPLEMENT_INTERFACE (G_TYPE_SEEKABLE,
                                                test_base_seekable_iface_init))

G_DEFINE_TYPE_WITH_CODE (TestPollableBase, test_pollable_base,
                         test_base_get_type (),
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                test_base_pollable_iface_init))

static gssize
base_read (GInputStream  *stream,
           void          *buffer,
           gsize          count,
           GCancellable  *cancellable,
           GError       **error)
{
  TestBase *self = (TestBase *) stream;
  goffset end = self->size;

  self->n_reads++;
  self->max_count = MAX (self->max_count, count);
  if (g_thread_self () != self->thread)
    self->n_elsewhere++;

  if (self->hook != NULL)
    self->hook (self, self->hook_data);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;

  if (self->n_failures > 0)
    {
      if (self->position == self->fail_at)
        {
          self->n_failures--;
          if (self->ends_after_failure)
            self->size = self->position;

          g_set_error_literal (error, G_IO_ERROR, self->fail_code,
                               "Failed as it was told to");
          return -1;
        }

      if (self->position < self->fail_at)
        end = MIN (end, self->fail_at);
    }

  if (self->position >= end)
    return 0;

  if (self->step > 0)
    count = MIN (count, self->step);
  count = MIN ((guint64) (end - self->position), count);

  for (gsize i = 0; buffer != NULL && i < count; i++)
    ((guint8 *) buffer)[i] = test_byte (self->first + self->position + i);

  self->position += count;

  return count;
}

static void
base_call_thread (GTask        *task,
                  gpointer      object,
                  gpointer      data,
                  GCancellable *cancellable)
{
  TestCall *call = data;
  GError *error = NULL;
  gssize n_bytes;

  n_bytes = base_read (object, call->buffer, call->count, cancellable, &error);

  if (n_bytes < 0)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n_bytes);
}

gboolean
test_base_is_held (TestBase *self)
{
  return self->task != NULL;
}

/* Lets the call that is held go on. */
void
test_base_answer (TestBase *self)
{
  g_autoptr(GTask) task = g_steal_pointer (&self->task);

  g_assert_nonnull (task);
  g_clear_signal_handler (&self->cancelled_id, g_task_get_cancellable (task));
  base_call_thread (task, self, g_task_get_task_data (task),
                    g_task_get_cancellable (task));
}

static gboolean
answer_idle (gpointer data)
{
  TestBase *self = data;

  if (self->task != NULL)
    test_base_answer (self);

  return G_SOURCE_REMOVE;
}

static void
cancelled_cb (GCancellable *cancellable,
              TestBase     *self)
{
  if (self->task == NULL)
    return;

  if (self->async == TEST_ASYNC_IN_SIGNAL)
    {
      test_base_answer (self);
    }
  else
    {
      g_autoptr(GSource) idle = g_idle_source_new ();

      g_source_set_callback (idle, answer_idle, g_object_ref (self),
                             g_object_unref);
      g_source_attach (idle, g_task_get_context (self->task));
    }
}

static void
base_call_async (GInputStream        *stream,
                 void                *buffer,
                 gsize                count,
                 int                  io_priority,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  TestBase *self = (TestBase *) stream;
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  TestCall *call = g_new0 (TestCall, 1);

  call->buffer = buffer;
  call->count = count;
  g_task_set_task_data (task, call, g_free);
  g_task_set_priority (task, io_priority);
  g_task_set_source_tag (task, base_call_async);
  self->n_async++;

  switch (self->async)
    {
    case TEST_ASYNC_THREAD:
      g_task_run_in_thread (task, base_call_thread);
      break;

    case TEST_ASYNC_AT_ONCE:
      base_call_thread (task, self, call, cancellable);
      break;

    case TEST_ASYNC_HELD:
    case TEST_ASYNC_IN_SIGNAL:
      g_assert_null (self->task);
      self->task = g_steal_pointer (&task);
      if (cancellable != NULL)
        self->cancelled_id = g_signal_connect (cancellable, "cancelled",
                                               G_CALLBACK (cancelled_cb), self);
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
base_skip_async (GInputStream        *stream,
                 gsize                count,
                 int                  io_priority,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  base_call_async (stream, NULL, count, io_priority, cancellable, callback,
                   user_data);
}

static gssize
base_call_finish (GInputStream  *stream,
                  GAsyncResult  *result,
                  GError       **error)
{
  g_assert_true (g_task_is_valid (result, stream));

  return g_task_propagate_int (G_TASK (result), error);
}

static gboolean
base_close (GInputStream  *stream,
            GCancellable  *cancellable,
            GError       **error)
{
  TestBase *self = (TestBase *) stream;

  self->n_closes++;
  if (g_thread_self () != self->thread)
    self->n_elsewhere++;

  if (self->close_hook != NULL)
    self->close_hook (self, self->hook_data);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (self->fail_close)
    {
      g_set_error (error, G_IO_ERROR, self->fail_code,
                   "Closing failed at %" G_GOFFSET_FORMAT, self->first);
      return FALSE;
    }

  return TRUE;
}

static void
base_close_async (GInputStream        *stream,
                  int                  io_priority,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (stream, cancellable, callback, user_data);
  GError *error = NULL;

  if (base_close (stream, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static gboolean
base_close_finish (GInputStream  *stream,
                   GAsyncResult  *result,
                   GError       **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static goffset
base_tell (GSeekable *seekable)
{
  return ((TestBase *) seekable)->position;
}

static gboolean
base_can_seek (GSeekable *seekable)
{
  return !((TestBase *) seekable)->frozen;
}

static gboolean
base_seek (GSeekable     *seekable,
           goffset        offset,
           GSeekType      type,
           GCancellable  *cancellable,
           GError       **error)
{
  TestBase *self = (TestBase *) seekable;

  self->n_seeks++;
  if (type == G_SEEK_END)
    self->n_end_seeks++;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (self->fail_seek || self->n_seeks == self->fail_seek_at)
    {
      g_set_error_literal (error, G_IO_ERROR, self->fail_code,
                           "Seeking failed as it was told to");
      return FALSE;
    }

  if (type == G_SEEK_CUR)
    offset += self->position;
  else if (type == G_SEEK_END)
    offset += self->size;

  g_assert_cmpint (offset, >=, 0);
  self->position = offset;

  return TRUE;
}

static gboolean
base_can_truncate (GSeekable *seekable)
{
  return FALSE;
}

static void
test_base_seekable_iface_init (GSeekableIface *iface)
{
  iface->tell = base_tell;
  iface->can_seek = base_can_seek;
  iface->seek = base_seek;
  iface->can_truncate = base_can_truncate;
}

static gboolean
base_can_poll (GPollableInputStream *stream)
{
  return TRUE;
}

static gboolean
base_is_readable (GPollableInputStream *stream)
{
  TestBase *self = (TestBase *) stream;

  /* The end can be read at once, too. */
  return self->position < self->available || self->position >= self->size;
}

static void
test_base_pollable_iface_init (GPollableInputStreamInterface *iface)
{
  iface->can_poll = base_can_poll;
  iface->is_readable = base_is_readable;
}

static void
test_base_finalize (GObject *object)
{
  TestBase *self = (TestBase *) object;

  g_assert_null (self->task);

  G_OBJECT_CLASS (test_base_parent_class)->finalize (object);
}

static void
test_base_class_init (TestBaseClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_base_finalize;

  stream_class->read_fn = base_read;
  stream_class->close_fn = base_close;
  stream_class->read_async = base_call_async;
  stream_class->read_finish = base_call_finish;
  stream_class->skip_async = base_skip_async;
  stream_class->skip_finish = base_call_finish;
  stream_class->close_async = base_close_async;
  stream_class->close_finish = base_close_finish;
}

static void
test_base_init (TestBase *self)
{
  self->fail_code = G_IO_ERROR_TIMED_OUT;
  self->fail_at = -1;
  self->thread = g_thread_self ();
}

static void
test_seekable_base_class_init (TestBaseClass *klass)
{
}

static void
test_seekable_base_init (TestBase *self)
{
}

static void
test_pollable_base_class_init (TestBaseClass *klass)
{
}

static void
test_pollable_base_init (TestBase *self)
{
}

static TestBase *
new_of_type (GType   type,
             goffset first,
             goffset size)
{
  TestBase *self = g_object_new (type, NULL);

  self->first = first;
  self->size = size;
  self->available = size;

  return self;
}

TestBase *
test_base_new (goffset first,
               goffset size)
{
  return new_of_type (test_base_get_type (), first, size);
}

TestBase *
test_base_new_seekable (goffset first,
                        goffset size)
{
  return new_of_type (test_seekable_base_get_type (), first, size);
}

TestBase *
test_base_new_pollable (goffset first,
                        goffset size)
{
  return new_of_type (test_pollable_base_get_type (), first, size);
}
