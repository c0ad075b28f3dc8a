/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-notifier-private.h"
#include "spool-rank-private.h"

typedef struct
{
  GWeakRef       object;
  SpoolNotifier *notifier; /* lives in the object */
} Notification;

static void
notification_free (gpointer data)
{
  Notification *notification = data;

  g_weak_ref_clear (&notification->object);
  g_free (notification);
}

static void
emit (SpoolNotifier *self,
      guint          changes)
{
  for (; changes != 0; changes &= changes - 1)
    g_object_notify_by_pspec (self->object, self->props[__builtin_ctz (changes)]);
}

static gboolean
notification_cb (gpointer data)
{
  Notification *notification = data;
  g_autoptr(GObject) object = g_weak_ref_get (&notification->object);

  if (object != NULL)
    emit (notification->notifier, g_atomic_int_and (&notification->notifier->pending, 0));

  return G_SOURCE_REMOVE;
}

static gboolean
has_handler (GObject *object)
{
  static gsize notify_id = 0;

  if (g_once_init_enter (&notify_id))
    g_once_init_leave (&notify_id, g_signal_lookup ("notify", G_TYPE_OBJECT));

  return g_signal_handler_find (object, G_SIGNAL_MATCH_ID, (guint) notify_id, 0,
                                NULL, NULL, NULL) != 0;
}

static void
queue (SpoolNotifier *self,
       guint          changes)
{
  g_autoptr(GSource) source = NULL;
  Notification *notification;

  if (g_atomic_int_or (&self->pending, changes) != 0)
    return;

  notification = g_new0 (Notification, 1);
  g_weak_ref_init (&notification->object, self->object);
  notification->notifier = self;

  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "[spool-glib] notify");
  g_source_set_callback (source, notification_cb, notification, notification_free);
  g_source_attach (source, self->context);
}

/* As g_thread_self(), which takes longer than a small write. */
static GThread *
get_thread (void)
{
  static __thread GThread *thread = NULL;

  if (G_UNLIKELY (thread == NULL))
    thread = g_thread_self ();

  return thread;
}

void
spool_notifier_init (SpoolNotifier  *self,
                     GObject        *object,
                     GParamSpec    **props)
{
  self->object = object;
  self->props = props;
  self->thread = g_thread_ref (g_thread_self ());
  self->context = g_main_context_ref_thread_default ();
  self->pending = 0;
}

void
spool_notifier_clear (SpoolNotifier *self)
{
  g_clear_pointer (&self->thread, g_thread_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/* Must be called without a lock. In another thread than the object's nothing is
 * queued while nobody listens, so that a program without a main loop does not
 * pile up sources.
 */
void
spool_notifier_notify (SpoolNotifier *self,
                       guint          changes)
{
  spool_rank_assert_none ();

  if (changes == 0)
    return;

  if (spool_is_alone () || get_thread () == self->thread)
    emit (self, changes);
  else if (has_handler (self->object))
    queue (self, changes);
}
