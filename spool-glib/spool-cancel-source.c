/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-cancel-source-private.h"

/* A source that is ready when its cancellable is cancelled, and that may be
 * given up at any time, also within the signal and beside another thread that
 * is in it. g_cancellable_source_new() would do but for a leak: GLib 2.74 keeps
 * a source that goes while its cancellable is being cancelled for a handler
 * that it has just disconnected, and that is never called then.
 */

typedef struct
{
  GSource       source;
  GCancellable *cancellable;
  gulong        id;
  gboolean      given_up; /* atomic */
} CancelSource;

static gboolean
cancel_source_dispatch (GSource     *source,
                        GSourceFunc  callback,
                        gpointer     user_data)
{
  return callback (user_data);
}

/* May run in another thread than spool_cancel_source_free(). GLib's count of
 * references puts it after that; looking at the flag shows so to thread checkers.
 */
static void
cancel_source_finalize (GSource *source)
{
  CancelSource *self = (CancelSource *) source;

  g_assert (g_atomic_int_get (&self->given_up));
}

static GSourceFuncs cancel_source_funcs = {
  .dispatch = cancel_source_dispatch,
  .finalize = cancel_source_finalize,
};

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_source_set_ready_time (user_data, 0);
}

static void
unref_source (gpointer  data,
              GClosure *closure)
{
  g_source_unref (data);
}

/* Returns: a source whose callback is a plain #GSourceFunc. It lives until
 * spool_cancel_source_free().
 */
GSource *
spool_cancel_source_new (GCancellable *cancellable)
{
  GSource *source = g_source_new (&cancel_source_funcs, sizeof (CancelSource));
  CancelSource *self = (CancelSource *) source;

  g_source_set_static_name (source, "[spool-glib] cancel");

  /* Not g_cancellable_connect(), whose counterpart waits for the signal to end.
   * The handler has a reference of its own, for when it is called late.
   */
  self->cancellable = g_object_ref (cancellable);
  self->id = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (cancelled_cb),
                                    g_source_ref (source), unref_source, 0);
  if (g_cancellable_is_cancelled (cancellable))
    g_source_set_ready_time (source, 0);

  return source;
}

/* Destroys the source. */
void
spool_cancel_source_free (GSource *source)
{
  CancelSource *self = (CancelSource *) source;

  g_signal_handler_disconnect (self->cancellable, self->id);
  g_clear_object (&self->cancellable);
  g_atomic_int_set (&self->given_up, TRUE);

  g_source_destroy (source);
  g_source_unref (source);
}
