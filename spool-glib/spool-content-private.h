/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-buffer.h"
#include "spool-completion-private.h"
#include "spool-source-private.h"
#include "spool-text-index-private.h"

G_BEGIN_DECLS

/* The bytes, and all that is to know of them. A SpoolBuffer is their face to
 * the program: a stream has the content alone until somebody asks it for its
 * buffer, since making an object takes longer than writing a few bytes.
 */
typedef struct _SpoolContent SpoolContent;

/* Whether a call may wait for the disk or for a lock. One that may not fails
 * with WOULD_BLOCK instead, and nothing has changed.
 */
typedef enum
{
  SPOOL_MAY_BLOCK,
  SPOOL_NO_BLOCK,
} SpoolBlocking;

/* Stands for the end of the content as an offset. */
#define SPOOL_OFFSET_END (-1)

/* What an operation has changed, to be told when no lock is held. */
typedef struct
{
  guint        changes; /* a bit for each property */
  SpoolWaiter *waiters; /* those that need not wait any more */
  char        *message; /* for the log, or NULL */
  GSList      *replaced; /* storages that are no longer used */
  GBytes      *given;   /* what the content no longer shares, or NULL */
} SpoolNews;

#define SPOOL_NEWS_INIT { 0, NULL, NULL, NULL, NULL }

SpoolContent *spool_content_new            (goffset       threshold);
SpoolContent *spool_content_new_for_bytes  (GBytes       *bytes);
SpoolContent *spool_content_new_attached   (goffset       threshold);
SpoolContent *spool_content_new_for_writer (goffset       threshold);
SpoolContent *spool_content_ref            (SpoolContent *self);
void          spool_content_unref          (SpoolContent *self);
SpoolContent *spool_content_attach         (SpoolContent *self);
void          spool_content_detach         (SpoolContent *self);
void          spool_content_set_threshold  (SpoolContent *self,
                                            goffset       threshold);

void spool_content_announce (SpoolContent *self,
                             SpoolNews    *news);

gssize   spool_content_read_at      (SpoolContent        *self,
                                     goffset              offset,
                                     void                *data,
                                     gsize                count,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_is_cacheable (SpoolContent        *self,
                                     guint               *overwrites);
guint8  *spool_content_read_alloc   (SpoolContent        *self,
                                     goffset              offset,
                                     gsize                count,
                                     gsize               *length,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gssize   spool_content_write_at     (SpoolContent        *self,
                                     goffset             *offset,
                                     const GOutputVector *vectors,
                                     gsize                n_vectors,
                                     SpoolNews           *news,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_write_whole  (SpoolContent        *self,
                                     goffset              offset,
                                     const void          *data,
                                     gsize                count,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_append_whole (SpoolContent        *self,
                                     GBytes              *bytes,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_truncate_to  (SpoolContent        *self,
                                     goffset              size,
                                     SpoolNews           *news,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_reserve_room (SpoolContent        *self,
                                     goffset              size,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_flush_window (SpoolContent        *self,
                                     SpoolBlocking        blocking,
                                     GError             **error);
goffset  spool_content_peek_size    (SpoolContent        *self);
goffset  spool_content_get_size     (SpoolContent        *self);
gboolean spool_content_query_size   (SpoolContent        *self,
                                     SpoolBlocking        blocking,
                                     goffset             *size,
                                     GError             **error);
GBytes  *spool_content_snapshot     (SpoolContent        *self,
                                     SpoolBlocking        blocking,
                                     GCancellable        *cancellable,
                                     GError             **error);
int      spool_content_dup_fd       (SpoolContent        *self,
                                     gboolean             writable,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_roll_over    (SpoolContent        *self,
                                     GCancellable        *cancellable,
                                     GError             **error);
gboolean spool_content_reset        (SpoolContent        *self,
                                     GCancellable        *cancellable,
                                     GError             **error);
void     spool_content_close        (SpoolContent        *self);

gboolean        spool_content_lock                  (SpoolContent *self,
                                                     gboolean      for_change,
                                                     SpoolBlocking blocking,
                                                     GCancellable *cancellable,
                                                     GError      **error);
void            spool_content_unlock                (SpoolContent *self);
goffset         spool_content_get_size_locked       (SpoolContent *self);
gboolean        spool_content_is_shared_locked      (SpoolContent *self);
guint           spool_content_get_overwrites_locked (SpoolContent *self);
SpoolTextIndex *spool_content_get_text_index_locked (SpoolContent *self);
const guint8   *spool_content_peek_locked           (SpoolContent *self);
gssize          spool_content_read_locked           (SpoolContent *self,
                                                     goffset       offset,
                                                     void         *data,
                                                     gsize         count,
                                                     GError      **error);
gboolean        spool_content_truncate_locked       (SpoolContent *self,
                                                     goffset       size,
                                                     SpoolBlocking blocking,
                                                     GCancellable *cancellable,
                                                     GError      **error);
gboolean        spool_content_replace_locked        (SpoolContent *self,
                                                     goffset       offset,
                                                     goffset       old_length,
                                                     const void   *data,
                                                     gsize         new_length,
                                                     SpoolBlocking blocking,
                                                     GCancellable *cancellable,
                                                     GError      **error);

gboolean     spool_content_hold       (SpoolContent *self,
                                       gboolean      exclusive,
                                       SpoolSource  *source,
                                       GCancellable *cancellable,
                                       GError      **error);
void         spool_content_release    (SpoolContent *self,
                                       SpoolSource  *source,
                                       gboolean      moved);
SpoolPlacing spool_content_place_file (SpoolContent *self,
                                       SpoolTarget  *target,
                                       GCancellable *cancellable,
                                       GError      **error);

gboolean spool_content_add_waiter        (SpoolContent       *self,
                                          SpoolWaiter        *waiter,
                                          SpoolBlocking       blocking,
                                          gboolean           *queued,
                                          GError            **error);
gboolean spool_content_remove_waiter     (SpoolContent       *self,
                                          SpoolWaiter        *waiter);
gboolean spool_content_wait              (SpoolContent       *self,
                                          goffset             position,
                                          GCancellable       *cancellable,
                                          GError            **error);
void     spool_content_wait_async        (SpoolContent       *self,
                                          gpointer            source_object,
                                          goffset             position,
                                          int                 io_priority,
                                          GCancellable       *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer            user_data);
gboolean spool_content_wait_change       (SpoolContent       *self,
                                          goffset             size,
                                          guint               overwrites,
                                          GCancellable       *cancellable,
                                          GError            **error);
void     spool_content_wait_change_async (SpoolContent       *self,
                                          gpointer            source_object,
                                          goffset             size,
                                          guint               overwrites,
                                          int                 io_priority,
                                          GCancellable       *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer            user_data);
gboolean spool_content_wait_finish       (GAsyncResult       *result,
                                          GError            **error);

void     spool_content_add_writer    (SpoolContent *self);
void     spool_content_remove_writer (SpoolContent *self,
                                      const GError *error);
void     spool_content_complete      (SpoolContent *self,
                                      const GError *error);
gboolean spool_content_get_completed (SpoolContent *self);
GError  *spool_content_dup_error     (SpoolContent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpoolContent, spool_content_unref)

G_END_DECLS
