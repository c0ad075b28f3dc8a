/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-content-private.h"
#include "spool-error-private.h"
#include "spool-fork-private.h"
#include "spool-memory-storage-private.h"
#include "spool-notifier-private.h"
#include "spool-offset-private.h"
#include "spool-pool-private.h"
#include "spool-rank-private.h"
#include "spool-storage-private.h"

G_BEGIN_DECLS

/* What the files of the content and its buffer share, and nobody else sees. */

struct _SpoolContent
{
  gatomicrefcount ref_count;   /* of the memory alone */
  int             n_attached;  /* atomic: streams; they share one reference to the
                                * content, and one to its buffer */
  SpoolNotifier  *notifier;    /* of the buffer; atomic: NULL until somebody asks for
                                * that */
  guint           generation;  /* of the process that made it */

  /* Held across the disk. */
  GMutex          lock;
  SpoolStorage   *storage;     /* NULL: closed */

  /* Atomic: read without the lock. */
  SpoolOffset     size;
  SpoolOffset     threshold;
  SpoolOffset     size_limit;
  gboolean        rolled_over;
  gboolean        shared;      /* others may write to the file */
  gboolean        closed;
  guint           overwrites;  /* times that bytes changed or went away */

  /* With the lock held. */
  goffset         room;        /* appending up to here needs no decision but
                                * about the two limits above */
  gboolean        read_only;   /* the content was moved away */
  GSList         *holders;     /* threads that copy it: it must not change */
  guint           n_releases;  /* under a lock of its own */
  guint           epoch;       /* holders of another one hold nothing */

  guint           changes;     /* to be told when the lock is given back */
  char           *message;     /* to be logged when the lock is given back */
  GSList         *replaced;    /* storages to be freed by then */
  GBytes         *given;       /* what the content shares, or did until now */
  SpoolTextIndex *text_index;  /* under the lock; NULL: nobody counts characters */

  GMutex          directory_lock;   /* for the next three; never held across the disk */
  GFile          *directory;
  char           *path;        /* of a named file; NULL: it is not a local one */
  GFile          *file;        /* a named file that is not local, or NULL */
  gboolean        named;

  SpoolPool       *pool;       /* NULL: none, and no member */
  SpoolPoolMember *member;

  SpoolCompletion completion;

  SpoolMemoryStorage first_storage; /* most content never has another one */
};

/* The read-only properties, as bits of what an operation has changed. */
typedef enum
{
  SPOOL_CHANGED_SIZE        = 1 << 0,
  SPOOL_CHANGED_ROLLED_OVER = 1 << 1,
  SPOOL_CHANGED_COMPLETED   = 1 << 2,
} SpoolChanges;

/* spool-content-lock.c */
gboolean spool_content_wait_for_holders (SpoolContent   *self,
                                         SpoolBlocking   blocking,
                                         GCancellable   *cancellable,
                                         GError        **error);
void     spool_content_drop_holders     (SpoolContent   *self);
void     spool_content_note_file        (SpoolContent   *self);
void     spool_content_set_storage      (SpoolContent   *self,
                                         SpoolStorage   *storage);
void     spool_content_update_state     (SpoolContent   *self);
void     spool_content_end_quietly      (SpoolContent   *self,
                                         SpoolNews      *news);
void     spool_content_end              (SpoolContent   *self);

/* spool-content-roll-over.c */
GFile        *spool_content_dup_directory    (SpoolContent  *self);
gboolean      spool_content_must_roll_over   (SpoolContent  *self,
                                              goffset        size);
SpoolStorage *spool_content_new_file_storage (SpoolContent  *self,
                                              GCancellable  *cancellable,
                                              GError       **error);
SpoolStorage *spool_content_copy_to_file     (SpoolContent  *self,
                                              GCancellable  *cancellable,
                                              GError       **error);
void          spool_content_finish_roll_over (SpoolContent  *self,
                                              SpoolStorage  *storage,
                                              const char    *reason,
                                              gint64         start_time);
gboolean      spool_content_roll_over_locked (SpoolContent  *self,
                                              const char    *reason,
                                              GCancellable  *cancellable,
                                              GError       **error);
gboolean      spool_content_move_to_disk     (SpoolContent  *self,
                                              GCancellable  *cancellable,
                                              GError       **error);

/* spool-content-write.c */
void     spool_content_note_overwrite (SpoolContent  *self,
                                       goffset        offset);
gboolean spool_content_unpin          (SpoolContent  *self,
                                       goffset        offset,
                                       goffset        size,
                                       GCancellable  *cancellable,
                                       GError       **error);

/* Has the buffer notify, where there is one. This calls foreign code. */
static inline void
spool_content_notify (SpoolContent *self,
                      guint         changes)
{
  SpoolNotifier *notifier = g_atomic_pointer_get (&self->notifier);

  if (notifier != NULL)
    spool_notifier_notify (notifier, changes);
}

/* Whether this is a fork's child, which may only drop what its parent made. It
 * must not wait for a lock: who had that may be gone.
 */
static inline gboolean
spool_content_is_inherited (SpoolContent *self)
{
  return G_UNLIKELY (self->generation != spool_fork_get_generation ());
}

static inline gboolean
spool_content_lock_open (SpoolContent   *self,
                         SpoolBlocking   blocking,
                         GError        **error)
{
  if (blocking == SPOOL_MAY_BLOCK)
    spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  else if (!spool_ranked_trylock (&self->lock, SPOOL_RANK_BUFFER))
    return spool_set_error_would_block (error);

  if (self->storage == NULL)
    {
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      return spool_set_error_closed (error);
    }

  return TRUE;
}

/* Every operation on the content stands between begin and end, or unlocks the
 * content itself where it has changed nothing. This begins it wherever the
 * content is; who must not block then looks whether that needs the disk.
 */
static inline gboolean
spool_content_begin_anywhere (SpoolContent   *self,
                              SpoolBlocking   blocking,
                              GCancellable   *cancellable,
                              GError        **error)
{
  if ((cancellable != NULL &&
       g_cancellable_set_error_if_cancelled (cancellable, error)) ||
      !spool_content_lock_open (self, blocking, error))
    return FALSE;

  if (self->pool != NULL)
    spool_pool_touch (self->pool, self->member);

  return TRUE;
}

static inline gboolean
spool_content_begin (SpoolContent   *self,
                     SpoolBlocking   blocking,
                     GCancellable   *cancellable,
                     GError        **error)
{
  if (!spool_content_begin_anywhere (self, blocking, cancellable, error))
    return FALSE;

  if (blocking == SPOOL_NO_BLOCK && spool_storage_is_on_disk (self->storage))
    {
      spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);
      return spool_set_error_would_block (error);
    }

  return TRUE;
}

/* Waits, once begun, until the content may be changed. */
static inline gboolean
spool_content_await_change (SpoolContent   *self,
                            SpoolBlocking   blocking,
                            GCancellable   *cancellable,
                            GError        **error)
{
  if (G_LIKELY (self->holders == NULL && !self->read_only) ||
      spool_content_wait_for_holders (self, blocking, cancellable, error))
    return TRUE;

  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return FALSE;
}

/* As spool_content_begin(), for an operation that changes the content. */
static inline gboolean
spool_content_begin_change (SpoolContent   *self,
                            SpoolBlocking   blocking,
                            GCancellable   *cancellable,
                            GError        **error)
{
  return spool_content_begin (self, blocking, cancellable, error) &&
         spool_content_await_change (self, blocking, cancellable, error);
}

G_END_DECLS
