/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-offset-private.h"
#include "spool-read-ahead-private.h"

G_BEGIN_DECLS

/* Whether an operation is at it. */
enum
{
  SPOOL_CURSOR_FREE,
  SPOOL_CURSOR_HELD,
  SPOOL_CURSOR_AWAITED, /* held, and somebody waits for it */
};

/* A position in the content. Every cursor stream is this plus GIO's form; the two
 * sides of a SpoolIOStream share one.
 */
typedef struct
{
  gatomicrefcount  ref_count;
  gboolean         allocated; /* by itself, not within a stream */
  SpoolContent    *content;
  SpoolOffset      position;  /* atomic: read without holding the cursor */
  SpoolReadAhead   ahead;

  int              state;     /* atomic: one of those above */
} SpoolCursor;

SpoolCursor  *spool_cursor_init        (SpoolCursor  *self,
                                        SpoolContent *content);
SpoolCursor  *spool_cursor_new         (SpoolContent *content);
SpoolCursor  *spool_cursor_ref         (SpoolCursor  *self);
void          spool_cursor_unref       (SpoolCursor  *self);
SpoolContent *spool_cursor_get_content (SpoolCursor  *self);

goffset      spool_cursor_tell       (SpoolCursor         *self);
gboolean     spool_cursor_seek       (SpoolCursor         *self,
                                      goffset              offset,
                                      GSeekType            type,
                                      GCancellable        *cancellable,
                                      GError             **error);
gboolean     spool_cursor_truncate   (SpoolCursor         *self,
                                      goffset              size,
                                      GCancellable        *cancellable,
                                      GError             **error);
gssize       spool_cursor_read       (SpoolCursor         *self,
                                      void                *data,
                                      gsize                count,
                                      SpoolBlocking        blocking,
                                      GCancellable        *cancellable,
                                      GError             **error);
gssize       spool_cursor_skip       (SpoolCursor         *self,
                                      gsize                count,
                                      SpoolBlocking        blocking,
                                      GCancellable        *cancellable,
                                      GError             **error);
gssize       spool_cursor_write      (SpoolCursor         *self,
                                      gboolean             append,
                                      const GOutputVector *vectors,
                                      gsize                n_vectors,
                                      SpoolBlocking        blocking,
                                      GCancellable        *cancellable,
                                      GError             **error);

void         spool_cursor_wake_waiters (void);

static inline gboolean
spool_cursor_try_hold (SpoolCursor *self)
{
  return g_atomic_int_compare_and_exchange (&self->state, SPOOL_CURSOR_FREE,
                                            SPOOL_CURSOR_HELD);
}

/* Also where the cursor was not held, since there was nobody to keep away. */
static inline void
spool_cursor_release (SpoolCursor *self)
{
  if (g_atomic_int_get (&self->state) != SPOOL_CURSOR_FREE &&
      __atomic_exchange_n (&self->state, SPOOL_CURSOR_FREE, __ATOMIC_ACQ_REL) ==
        SPOOL_CURSOR_AWAITED)
    spool_cursor_wake_waiters ();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpoolCursor, spool_cursor_unref)

G_END_DECLS
