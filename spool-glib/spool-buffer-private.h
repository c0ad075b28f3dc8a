/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-buffer.h"
#include "spool-content-private.h"
#include "spool-notifier-private.h"

G_BEGIN_DECLS

struct _SpoolBuffer
{
  GObject        parent_instance;

  SpoolContent  *content;  /* atomic: NULL until it is needed */
  SpoolNotifier  notifier;
};

SpoolBuffer  *spool_buffer_get_for_content (SpoolContent *content);
SpoolContent *spool_buffer_make_content    (SpoolBuffer  *self);

/* A buffer gets its content when it is first needed, so that one that is made
 * for the content of a stream can be given that.
 */
static inline SpoolContent *
spool_buffer_get_content (SpoolBuffer *self)
{
  SpoolContent *content = g_atomic_pointer_get (&self->content);

  return G_LIKELY (content != NULL) ? content : spool_buffer_make_content (self);
}

G_END_DECLS
