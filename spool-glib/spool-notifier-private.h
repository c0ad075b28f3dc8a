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
  GObject      *object;  /* has this within */
  GParamSpec  **props;   /* each bit stands for the property at that place */
  GThread      *thread;
  GMainContext *context;
  guint         pending; /* atomic: bits that a queued source will tell of */
} SpoolNotifier;

void spool_notifier_init   (SpoolNotifier  *self,
                            GObject        *object,
                            GParamSpec    **props);
void spool_notifier_clear  (SpoolNotifier  *self);
void spool_notifier_notify (SpoolNotifier  *self,
                            guint           changes);

G_END_DECLS
