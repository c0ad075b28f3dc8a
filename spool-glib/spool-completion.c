/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-completion-private.h"

void
spool_completion_init (SpoolCompletion *self)
{
  g_mutex_init (&self->lock);
}

void
spool_completion_clear (SpoolCompletion *self)
{
  g_clear_error (&self->error);
  g_mutex_clear (&self->lock);
}

static gboolean
complete_locked (SpoolCompletion *self,
                 const GError    *error)
{
  if (self->completed)
    return FALSE;

  self->completed = TRUE;
  if (error != NULL)
    self->error = g_error_copy (error);

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
  self->completed = FALSE;
  g_clear_error (&self->error);
  g_mutex_unlock (&self->lock);

  return changed;
}

gboolean
spool_completion_is_completed (SpoolCompletion *self)
{
  gboolean completed;

  g_mutex_lock (&self->lock);
  completed = self->completed;
  g_mutex_unlock (&self->lock);

  return completed;
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
