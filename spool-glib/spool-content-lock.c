/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-content-parts-private.h"
#include "spool-fd-storage-private.h"
#include "spool-file-storage-private.h"
#include "spool-memory-storage-private.h"

#include <glib/gi18n-lib.h>

/* Who may touch the content when, and what is told of it afterwards. */

/* To wait for those who hold content, or for being cancelled, which is rare: all
 * content shares them. The lock is held for a moment only.
 */
static GMutex release_lock;
static GCond released;

static void
note_release (SpoolContent *self)
{
  g_mutex_lock (&release_lock);
  self->n_releases++;
  g_cond_broadcast (&released);
  g_mutex_unlock (&release_lock);
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  g_mutex_lock (&release_lock);
  g_cond_broadcast (&released);
  g_mutex_unlock (&release_lock);
}

/* Gives the lock back until somebody is done, or it is cancelled: who cancels
 * must not have to wait for the lock. Nor do we wait for him, which
 * g_cancellable_disconnect() would, since a cursor may be held.
 */
static gboolean
wait_for_release (SpoolContent  *self,
                  GCancellable  *cancellable,
                  GError       **error)
{
  guint n_releases = self->n_releases;
  gulong id = 0;

  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  if (cancellable != NULL)
    id = g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), NULL);

  g_mutex_lock (&release_lock);
  while (self->n_releases == n_releases && !g_cancellable_is_cancelled (cancellable))
    g_cond_wait (&released, &release_lock);
  g_mutex_unlock (&release_lock);

  if (cancellable != NULL)
    g_signal_handler_disconnect (cancellable, id);
  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);

  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

/* Waits for those who copy the content, with the lock held. Those who do so in
 * this very thread wait for us.
 */
gboolean
spool_content_wait_for_holders (SpoolContent   *self,
                                SpoolBlocking   blocking,
                                GCancellable   *cancellable,
                                GError        **error)
{
  while (self->holders != NULL)
    {
      if (blocking == SPOOL_NO_BLOCK)
        return spool_set_error_would_block (error);

      if (g_slist_find (self->holders, g_thread_self ()) != NULL)
        {
          g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                               _("The buffer is being saved"));
          return FALSE;
        }

      if (!wait_for_release (self, cancellable, error))
        return FALSE;
    }

  if (self->storage == NULL)
    return spool_set_error_closed (error);

  if (!self->read_only)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY,
                       _("The content was moved away and can only be read"));

  return FALSE;
}

/* Those who hold what was the content hold nothing of what it is now. */
void
spool_content_drop_holders (SpoolContent *self)
{
  g_clear_pointer (&self->holders, g_slist_free);
  self->read_only = FALSE;
  self->epoch++;
  note_release (self);
}

static void
update_room (SpoolContent *self)
{
  self->room = 0;

  if (self->storage != NULL && !spool_storage_is_on_disk (self->storage) &&
      self->pool == NULL && self->holders == NULL && !self->read_only &&
      !spool_completion_has_waiters (&self->completion))
    self->room = (goffset) spool_memory_storage_get_room (self->storage);
}

/* Makes what the getters say true again, with the lock held. Who does not end
 * with spool_content_end() leaves it to the next to tell of it.
 */
void
spool_content_update_state (SpoolContent *self)
{
  goffset size = 0;
  gboolean rolled_over = FALSE;

  if (self->storage != NULL)
    {
      size = spool_storage_get_size (self->storage);
      rolled_over = spool_storage_is_on_disk (self->storage);
    }

  if (size != self->size)
    {
      spool_offset_set (&self->size, size);
      self->changes |= SPOOL_CHANGED_SIZE;
    }

  if (rolled_over != self->rolled_over)
    {
      g_atomic_int_set (&self->rolled_over, rolled_over);
      self->changes |= SPOOL_CHANGED_ROLLED_OVER;
    }

  if (self->pool != NULL)
    spool_pool_set_used (self->pool, self->member, rolled_over ? 0 : size,
                         spool_offset_get (&self->threshold) != SPOOL_THRESHOLD_NEVER);

  update_room (self);
}

static gboolean
shares_given_bytes (SpoolContent *self)
{
  return self->storage != NULL && !spool_storage_is_on_disk (self->storage) &&
         spool_memory_storage_has_owner (self->storage);
}

void
spool_content_end_quietly (SpoolContent *self,
                           SpoolNews    *news)
{
  spool_content_update_state (self);

  news->waiters = NULL;
  news->changes = self->changes;
  self->changes = 0;
  news->message = g_steal_pointer (&self->message);
  news->replaced = g_steal_pointer (&self->replaced);
  news->given = self->given != NULL && !shares_given_bytes (self)
                ? g_steal_pointer (&self->given) : NULL;
  if (spool_completion_has_waiters (&self->completion))
    news->waiters = spool_completion_take_waiters (&self->completion, self->size,
                                                   self->overwrites);

  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
}

void
spool_content_end (SpoolContent *self)
{
  SpoolNews news;

  spool_content_end_quietly (self, &news);
  spool_content_announce (self, &news);
}

/* Keeps for spool_buffer_get_file(), which must not wait for the disk, where the
 * file of a named buffer is.
 */
void
spool_content_note_file (SpoolContent *self)
{
  g_autofree char *path = NULL;
  GFile *file = NULL;

  if (!self->named)
    return;

  if (self->storage != NULL && spool_storage_is_on_disk (self->storage))
    {
      if (spool_storage_is_fd (self->storage))
        path = g_strdup (spool_fd_storage_get_path (self->storage));
      else
        file = spool_file_storage_get_file (self->storage);
    }

  /* The storage that the old one belongs to still has a reference. */
  g_mutex_lock (&self->directory_lock);
  g_free (self->path);
  self->path = g_steal_pointer (&path);
  g_set_object (&self->file, file);
  g_mutex_unlock (&self->directory_lock);
}

/* The content takes place in @storage from now on. Takes @storage. The one
 * before is freed without the lock: that may close a file, or call whoever gave
 * the bytes.
 */
void
spool_content_set_storage (SpoolContent *self,
                           SpoolStorage *storage)
{
  if (self->storage != NULL)
    self->replaced = g_slist_prepend (self->replaced, self->storage);
  self->storage = storage;
  g_atomic_int_set (&self->shared, storage != NULL && spool_storage_is_fd (storage) &&
                                   spool_fd_storage_is_shared (storage));
  spool_content_note_file (self);
}

/* Takes the state that the content is in, to copy it without the lock. With
 * @exclusive, or where the state cannot be kept apart from what is written,
 * writers have to wait until it is released, by the same thread.
 */
gboolean
spool_content_hold (SpoolContent  *self,
                    gboolean       exclusive,
                    SpoolSource   *source,
                    GCancellable  *cancellable,
                    GError       **error)
{
  if (!spool_content_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  spool_source_open (source, self->storage, &self->lock);

  source->holding = exclusive || !source->pinned;
  source->epoch = self->epoch;
  if (source->holding)
    self->holders = g_slist_prepend (self->holders, g_thread_self ());

  spool_content_end (self);

  return TRUE;
}

/* Where the content was @moved it can only be read from now on. */
void
spool_content_release (SpoolContent *self,
                       SpoolSource  *source,
                       gboolean      moved)
{
  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  if (source->holding && source->epoch == self->epoch)
    {
      self->holders = g_slist_remove (self->holders, g_thread_self ());
      self->read_only |= moved;
      note_release (self);
      update_room (self);
    }
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  spool_source_clear (source);
}

/* Between lock and unlock nobody else touches the content, and the functions
 * whose names end in _locked may be called. Nothing foreign may be.
 */
gboolean
spool_content_lock (SpoolContent   *self,
                    gboolean        for_change,
                    SpoolBlocking   blocking,
                    GCancellable   *cancellable,
                    GError        **error)
{
  return for_change ? spool_content_begin_change (self, blocking, cancellable, error)
                    : spool_content_begin (self, blocking, cancellable, error);
}

void
spool_content_unlock (SpoolContent *self)
{
  spool_content_end (self);
}
