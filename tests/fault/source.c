/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "source.h"

#include <string.h>

/* A stream of static bytes, which come in pieces and end well or badly. Its
 * asynchronous form needs no thread.
 */
struct _FaultSource
{
  GInputStream  parent_instance;

  const guint8 *data;
  gsize         size;
  gsize         position;
  gsize         step;
  gboolean      brittle;
  guint         n_reads;
  guint         hiccup;   /* each so-manieth read fails; 0: none */
};

G_DEFINE_FINAL_TYPE (FaultSource, fault_source, G_TYPE_INPUT_STREAM)

static gssize
source_read (GInputStream  *stream,
             void          *buffer,
             gsize          count,
             GCancellable  *cancellable,
             GError       **error)
{
  FaultSource *self = FAULT_SOURCE (stream);

  if (self->hiccup > 0 && ++self->n_reads % self->hiccup == 0)
    {
      g_set_error_literal (error, G_IO_ERROR, SOURCE_ERROR, "The source was not ready");
      return -1;
    }

  if (self->brittle && self->position == self->size)
    {
      g_set_error_literal (error, G_IO_ERROR, SOURCE_ERROR, "The source has ended badly");
      return -1;
    }

  count = MIN (count, MIN (self->step, self->size - self->position));
  memcpy (buffer, self->data + self->position, count);
  self->position += count;

  return (gssize) count;
}

static void
source_read_async (GInputStream        *stream,
                   void                *buffer,
                   gsize                count,
                   int                  io_priority,
                   GCancellable        *cancellable,
                   GAsyncReadyCallback  callback,
                   gpointer             user_data)
{
  g_autoptr(GTask) task = g_task_new (stream, cancellable, callback, user_data);
  GError *error = NULL;
  gssize n = source_read (stream, buffer, count, cancellable, &error);

  g_task_set_source_tag (task, source_read_async);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, n);
}

static gssize
source_read_finish (GInputStream  *stream,
                    GAsyncResult  *result,
                    GError       **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static void
fault_source_class_init (FaultSourceClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  stream_class->read_fn = source_read;
  stream_class->read_async = source_read_async;
  stream_class->read_finish = source_read_finish;
}

static void
fault_source_init (FaultSource *self)
{
}

GInputStream *
source_new (const void *data,
            gsize       size,
            gsize       step,
            gboolean    brittle)
{
  FaultSource *self = g_object_new (FAULT_TYPE_SOURCE, NULL);

  self->data = data;
  self->size = size;
  self->step = step;
  self->brittle = brittle;

  return G_INPUT_STREAM (self);
}

gboolean
source_is_brittle (GInputStream *stream)
{
  return FAULT_SOURCE (stream)->brittle;
}

/* Each read of so many fails, and takes nothing. */
void
source_set_hiccup (GInputStream *stream,
                   guint         period)
{
  FAULT_SOURCE (stream)->hiccup = period;
}
