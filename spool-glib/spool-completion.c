/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-completion-private.h"
#include "spool-rank-private.h"

void
spool_completion_init (SpoolCompletion *self)
{
  g_mutex_init (&self->lock);
}

void
spool_completion_clear (SpoolCompletion *self)
{
  /* A waiter keeps the content alive. */
  g_assert (self->waiters == NULL);

  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
}

/* The same where those who wait, and who had the lock, are gone. */
void
spool_completion_abandon (SpoolCompletion *self)
{
  if (g_mutex_trylock (&self->lock))
    g_clear_error (&self->error);
}

static gboolean
complete_locked (SpoolCompletion *self,
                 const GError    *error)
{
  if (self->completed)
    return FALSE;

  if (error != NULL)
    self->error = g_error_copy (error);
  g_atomic_int_set (&self->completed, TRUE);

  return TRUE;
}

void
spool_completion_add_writer (SpoolCompletion *self)
{
  g_mutex_lock (&self->lock);
  self->n_writers++;
  g_mutex_unlock (&self->lock);
}

/* The last writer that goes completes, one that ends badly does so at once.
 * Returns whether the state changed.
 */
gboolean
spool_completion_remove_writer (SpoolCompletion *self,
                                const GError    *error)
{
  gboolean changed = FALSE;

  g_mutex_lock (&self->lock);
  g_assert (self->n_writers > 0);
  self->n_writers--;
  if (self->n_writers == 0 || error != NULL)
    changed = complete_locked (self, error);
  g_mutex_unlock (&self->lock);

  return changed;
}

/* The first call wins. Returns whether this was the first. */
gboolean
spool_completion_complete (SpoolCompletion *self,
                           const GError    *error)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = complete_locked (self, error);
  g_mutex_unlock (&self->lock);

  return changed;
}

/* Returns whether the state changed. Writers stay counted. */
gboolean
spool_completion_reset (SpoolCompletion *self)
{
  gboolean changed;

  g_mutex_lock (&self->lock);
  changed = self->completed;
  g_atomic_int_set (&self->completed, FALSE);
  g_clear_error (&self->error);
  g_mutex_unlock (&self->lock);

  return changed;
}

GError *
spool_completion_dup_error (SpoolCompletion *self)
{
  GError *error = NULL;

  g_mutex_lock (&self->lock);
  if (self->error != NULL)
    error = g_error_copy (self->error);
  g_mutex_unlock (&self->lock);

  return error;
}

/* Queues a waiter, unless the writers are done: then it returns %FALSE. The
 * caller holds the content lock, under which the size does not change, and has
 * found that there are no bytes behind the position yet.
 */
gboolean
spool_completion_add_waiter (SpoolCompletion *self,
                             SpoolWaiter     *waiter)
{
  gboolean queued;

  g_mutex_lock (&self->lock);
  queued = !self->completed;
  if (queued)
    {
      waiter->next = self->waiters;
      g_atomic_pointer_set (&self->waiters, waiter);
    }
  g_mutex_unlock (&self->lock);

  return queued;
}

/* Returns whether it was still queued, and so will never be woken. */
gboolean
spool_completion_remove_waiter (SpoolCompletion *self,
                                SpoolWaiter     *waiter)
{
  SpoolWaiter **place = &self->waiters;
  gboolean removed;

  g_mutex_lock (&self->lock);
  while (*place != NULL && *place != waiter)
    place = &(*place)->next;
  removed = *place != NULL;
  if (removed)
    g_atomic_pointer_set (place, waiter->next);
  g_mutex_unlock (&self->lock);

  return removed;
}

/* Whether what @waiter waits for has not come yet. */
gboolean
spool_waiter_has_to_wait (SpoolWaiter *waiter,
                          goffset      size,
                          guint        overwrites)
{
  if (waiter->any_change)
    return waiter->position == size && waiter->overwrites == overwrites;

  return waiter->position >= size;
}

/* Takes those out that need not wait any more, who came first before the others.
 * They are woken by spool_waiters_wake(), when no lock is held.
 */
SpoolWaiter *
spool_completion_take_waiters (SpoolCompletion *self,
                               goffset          size,
                               guint            overwrites)
{
  SpoolWaiter *taken = NULL;
  SpoolWaiter **place;

  if (!spool_completion_has_waiters (self))
    return NULL;

  g_mutex_lock (&self->lock);
  for (place = &self->waiters; *place != NULL;)
    {
      SpoolWaiter *waiter = *place;

      if (self->completed || !spool_waiter_has_to_wait (waiter, size, overwrites))
        {
          g_atomic_pointer_set (place, waiter->next);
          waiter->next = taken;
          taken = waiter;
        }
      else
        place = &waiter->next;
    }
  g_mutex_unlock (&self->lock);

  return taken;
}

void
spool_waiters_wake (SpoolWaiter *waiters)
{
  while (waiters != NULL)
    {
      SpoolWaiter *next = waiters->next;

      spool_rank_assert_none ();
      waiters->wake (waiters);
      waiters = next;
    }
}
