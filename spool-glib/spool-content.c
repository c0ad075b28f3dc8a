/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-content-parts-private.h"
#include "spool-memory-storage-private.h"
#include "spool-ref-count-private.h"

/* How the content begins and ends, who has it, and who is told of it. */

SpoolContent *
spool_content_new (goffset threshold)
{
  SpoolContent *self = g_slice_new0 (SpoolContent);

  g_atomic_ref_count_init (&self->ref_count);
  self->generation = spool_fork_get_generation ();
  g_mutex_init (&self->lock);
  g_mutex_init (&self->directory_lock);
  self->storage = spool_memory_storage_init (&self->first_storage);
  self->threshold = threshold;
  self->size_limit = -1;
  spool_completion_init (&self->completion);

  return self;
}

SpoolContent *
spool_content_new_for_bytes (GBytes *bytes)
{
  SpoolContent *self = spool_content_new (SPOOL_DEFAULT_THRESHOLD);

  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  self->given = g_bytes_ref (bytes);
  spool_content_set_storage (self, spool_memory_storage_new_for_bytes (bytes));
  spool_content_end (self);

  return self;
}

SpoolContent *
spool_content_ref (SpoolContent *self)
{
  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

static void
free_content (SpoolContent *self)
{
  g_clear_pointer (&self->storage, spool_storage_unref);
  g_clear_pointer (&self->given, g_bytes_unref);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->text_index, spool_text_index_free);
  g_clear_object (&self->directory);
  g_clear_object (&self->file);
  g_clear_pointer (&self->path, g_free);
  g_slice_free (SpoolContent, self);
}

void
spool_content_unref (SpoolContent *self)
{
  if (!spool_ref_count_dec (&self->ref_count))
    return;

  if (spool_content_is_inherited (self))
    {
      /* What another thread was changing is left as it is, and so are its pool
       * and whoever waited.
       */
      spool_completion_abandon (&self->completion);
      if (g_mutex_trylock (&self->lock))
        free_content (self);
      return;
    }

  if (self->pool != NULL)
    spool_pool_leave (self->pool, self->member);
  g_clear_object (&self->pool);

  spool_completion_clear (&self->completion);
  g_mutex_clear (&self->directory_lock);
  g_mutex_clear (&self->lock);
  free_content (self);
}

/* Content that one stream is attached to, and nobody else has. */
SpoolContent *
spool_content_new_attached (goffset threshold)
{
  SpoolContent *self = spool_content_new (threshold);

  self->n_attached = 1;

  return self;
}

/* The same for a stream that writes, and counts as a writer. */
SpoolContent *
spool_content_new_for_writer (goffset threshold)
{
  SpoolContent *self = spool_content_new_attached (threshold);

  self->completion.n_writers = 1;

  return self;
}

/* What a stream has instead of a reference. As long as there is one of them the
 * buffer object stays too, once somebody has asked for it, with all that was
 * connected to it. Who attaches has a reference to the buffer, or to the content
 * where there is no buffer yet.
 */
SpoolContent *
spool_content_attach (SpoolContent *self)
{
  if (g_atomic_int_add (&self->n_attached, 1) == 0)
    {
      SpoolNotifier *notifier = g_atomic_pointer_get (&self->notifier);

      spool_content_ref (self);
      if (notifier != NULL)
        g_object_ref (notifier->object);
    }

  return self;
}

void
spool_content_detach (SpoolContent *self)
{
  if (g_atomic_int_dec_and_test (&self->n_attached))
    {
      SpoolNotifier *notifier = g_atomic_pointer_get (&self->notifier);

      if (notifier != NULL)
        g_object_unref (notifier->object);
      spool_content_unref (self);
    }
}

void
spool_content_set_threshold (SpoolContent *self,
                             goffset       threshold)
{
  spool_offset_set (&self->threshold, threshold);
}

/* Tells everybody of what an operation has changed. This calls foreign code. */
void
spool_content_announce (SpoolContent *self,
                        SpoolNews    *news)
{
  if (news->message != NULL)
    g_debug ("%s", news->message);
  g_clear_pointer (&news->message, g_free);

  if (news->replaced != NULL)
    g_slist_free_full (g_steal_pointer (&news->replaced),
                       (GDestroyNotify) spool_storage_unref);
  g_clear_pointer (&news->given, g_bytes_unref);

  if (news->waiters != NULL)
    spool_waiters_wake (news->waiters);
  if (news->changes != 0)
    spool_content_notify (self, news->changes);
  if (self->pool != NULL)
    spool_pool_notify (self->pool);
}

gboolean
spool_content_reset (SpoolContent  *self,
                     GCancellable  *cancellable,
                     GError       **error)
{
  SpoolNews news;

  if (!spool_content_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  spool_content_set_storage (self, spool_memory_storage_new ());
  spool_content_drop_holders (self);
  spool_content_note_overwrite (self, 0);

  spool_content_end_quietly (self, &news);
  if (spool_completion_reset (&self->completion))
    news.changes |= SPOOL_CHANGED_COMPLETED;
  spool_content_announce (self, &news);

  return TRUE;
}

void
spool_content_close (SpoolContent *self)
{
  g_autoptr(GError) closed_error = NULL;

  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  spool_content_set_storage (self, NULL);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->text_index, spool_text_index_free);
  spool_content_drop_holders (self);
  g_atomic_int_set (&self->closed, TRUE);
  g_atomic_int_inc (&self->overwrites);
  spool_content_end (self);

  spool_set_error_closed (&closed_error);
  spool_content_complete (self, closed_error);
}

static void
announce_completion (SpoolContent *self)
{
  goffset size = spool_offset_get (&self->size);
  guint overwrites = g_atomic_int_get (&self->overwrites);

  spool_waiters_wake (spool_completion_take_waiters (&self->completion, size, overwrites));
  spool_content_notify (self, SPOOL_CHANGED_COMPLETED);
}

/* Counts a stream that can write. */
void
spool_content_add_writer (SpoolContent *self)
{
  spool_completion_add_writer (&self->completion);
}

/* One of them is done; @error says how it ended badly, if it did. */
void
spool_content_remove_writer (SpoolContent *self,
                             const GError *error)
{
  if (!spool_content_is_inherited (self) &&
      spool_completion_remove_writer (&self->completion, error))
    announce_completion (self);
}

/* The first call wins. */
void
spool_content_complete (SpoolContent *self,
                        const GError *error)
{
  if (spool_completion_complete (&self->completion, error))
    announce_completion (self);
}

gboolean
spool_content_get_completed (SpoolContent *self)
{
  return spool_completion_is_completed (&self->completion);
}

GError *
spool_content_dup_error (SpoolContent *self)
{
  return spool_completion_dup_error (&self->completion);
}

/* Queues @waiter until there are bytes behind its position or the content is
 * completed, or says that it need not wait.
 */
gboolean
spool_content_add_waiter (SpoolContent   *self,
                          SpoolWaiter    *waiter,
                          SpoolBlocking   blocking,
                          gboolean       *queued,
                          GError        **error)
{
  if (!spool_content_lock_open (self, blocking, error))
    return FALSE;

  *queued = spool_waiter_has_to_wait (waiter, self->size, self->overwrites) &&
            spool_completion_add_waiter (&self->completion, waiter);
  if (*queued)
    self->room = 0;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return TRUE;
}

/* Returns whether it was still queued, and so will never be woken. */
gboolean
spool_content_remove_waiter (SpoolContent *self,
                             SpoolWaiter  *waiter)
{
  return spool_completion_remove_waiter (&self->completion, waiter);
}
