/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Tells of changed properties in the thread that made an object, whichever
 * thread changed them.
 */
typedef struct
{
  GThread      *thread;
  GMainContext *context;
  guint         pending; /* atomic: bits that a queued source will tell of */
} SpoolNotifier;

void spool_notifier_init   (SpoolNotifier  *self);
void spool_notifier_clear  (SpoolNotifier  *self);
void spool_notifier_notify (SpoolNotifier  *self,
                            GObject        *object,
                            GParamSpec    **props,
                            guint           changes);

G_END_DECLS
