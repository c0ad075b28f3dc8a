/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Waits for bytes behind a position, or for any change of the content since it
 * had a size and a count of overwrites; or for the writers to be done.
 */
typedef struct _SpoolWaiter SpoolWaiter;

struct _SpoolWaiter
{
  goffset      position; /* or size; G_MAXINT64: only for the writers to be done */
  gboolean     any_change;
  guint        overwrites;
  void       (*wake) (SpoolWaiter *waiter);
  SpoolWaiter *next;     /* among those that wait, and then those to be woken */
};

/* Whether a buffer's writers are done, how it ended, and who waits for them.
 * Has a lock of its own, which is never held across the disk, so that it can
 * be asked in a main loop.
 */
typedef struct
{
  GMutex       lock;
  guint        n_writers; /* streams that can still write */
  gboolean     completed; /* atomic: read without the lock */
  GError      *error;     /* how the writing ended, or NULL: well */
  SpoolWaiter *waiters;   /* who came last first; atomic: whether there are any is
                           * asked without the lock */
} SpoolCompletion;

void         spool_completion_init          (SpoolCompletion *self);
void         spool_completion_clear         (SpoolCompletion *self);
void         spool_completion_abandon       (SpoolCompletion *self);
void         spool_completion_add_writer    (SpoolCompletion *self);
gboolean     spool_completion_remove_writer (SpoolCompletion *self,
                                             const GError    *error);
gboolean     spool_completion_complete      (SpoolCompletion *self,
                                             const GError    *error);
gboolean     spool_completion_reset         (SpoolCompletion *self);
GError      *spool_completion_dup_error     (SpoolCompletion *self);

gboolean     spool_completion_add_waiter    (SpoolCompletion *self,
                                             SpoolWaiter     *waiter);
gboolean     spool_completion_remove_waiter (SpoolCompletion *self,
                                             SpoolWaiter     *waiter);
SpoolWaiter *spool_completion_take_waiters  (SpoolCompletion *self,
                                             goffset          size,
                                             guint            overwrites);
gboolean     spool_waiter_has_to_wait       (SpoolWaiter     *waiter,
                                             goffset          size,
                                             guint            overwrites);
void         spool_waiters_wake             (SpoolWaiter     *waiters);

static inline gboolean
spool_completion_is_completed (SpoolCompletion *self)
{
  return g_atomic_int_get (&self->completed);
}

static inline gboolean
spool_completion_has_waiters (SpoolCompletion *self)
{
  return g_atomic_pointer_get (&self->waiters) != NULL;
}

G_END_DECLS
