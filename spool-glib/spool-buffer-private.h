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

SpoolBuffer *spool_buffer_new_hidden (goffset              threshold);
SpoolBuffer *spool_buffer_show       (SpoolBuffer         *self);

void     spool_buffer_announce     (SpoolBuffer         *self,
                                    SpoolNews           *news);
gssize   spool_buffer_read_quickly (SpoolBuffer         *self,
                                    goffset              offset,
                                    void                *data,
                                    gsize                count);
goffset  spool_buffer_append_quickly (SpoolBuffer       *self,
                                    goffset              offset,
                                    const void          *data,
                                    gsize                count);
void     spool_buffer_announce_growth (SpoolBuffer      *self);
gssize   spool_buffer_read_at      (SpoolBuffer         *self,
                                    goffset              offset,
                                    void                *data,
                                    gsize                count,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);
gboolean spool_buffer_is_cacheable (SpoolBuffer         *self,
                                    guint               *overwrites);
gssize   spool_buffer_write_at     (SpoolBuffer         *self,
                                    goffset             *offset,
                                    const GOutputVector *vectors,
                                    gsize                n_vectors,
                                    SpoolNews           *news,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);
gboolean spool_buffer_truncate_to  (SpoolBuffer         *self,
                                    goffset              size,
                                    SpoolNews           *news,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);
gboolean spool_buffer_flush_window (SpoolBuffer         *self,
                                    SpoolBlocking        blocking,
                                    GError             **error);
goffset  spool_buffer_peek_size    (SpoolBuffer         *self);
gboolean spool_buffer_query_size   (SpoolBuffer         *self,
                                    SpoolBlocking        blocking,
                                    goffset             *size,
                                    GError             **error);
gboolean spool_buffer_reserve_room (SpoolBuffer         *self,
                                    goffset              size,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);
gboolean spool_buffer_append_whole (SpoolBuffer         *self,
                                    GBytes              *bytes,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);
guint8  *spool_buffer_read_alloc   (SpoolBuffer         *self,
                                    goffset              offset,
                                    gsize                count,
                                    gsize               *length,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);
GBytes  *spool_buffer_snapshot     (SpoolBuffer         *self,
                                    SpoolBlocking        blocking,
                                    GCancellable        *cancellable,
                                    GError             **error);

gboolean        spool_buffer_lock                  (SpoolBuffer    *self,
                                                    gboolean        for_change,
                                                    SpoolBlocking   blocking,
                                                    GCancellable   *cancellable,
                                                    GError        **error);
void            spool_buffer_unlock                (SpoolBuffer    *self);
goffset         spool_buffer_get_size_locked       (SpoolBuffer    *self);
gboolean        spool_buffer_is_shared_locked      (SpoolBuffer    *self);
guint           spool_buffer_get_overwrites_locked (SpoolBuffer    *self);
SpoolTextIndex *spool_buffer_get_text_index_locked (SpoolBuffer    *self);
const guint8   *spool_buffer_peek_locked           (SpoolBuffer    *self);
gssize          spool_buffer_read_locked           (SpoolBuffer    *self,
                                                    goffset         offset,
                                                    void           *data,
                                                    gsize           count,
                                                    GError        **error);
gboolean        spool_buffer_truncate_locked       (SpoolBuffer    *self,
                                                    goffset         size,
                                                    SpoolBlocking   blocking,
                                                    GCancellable   *cancellable,
                                                    GError        **error);
gboolean        spool_buffer_replace_locked        (SpoolBuffer    *self,
                                                    goffset         offset,
                                                    goffset         old_length,
                                                    const void     *data,
                                                    gsize           new_length,
                                                    SpoolBlocking   blocking,
                                                    GCancellable   *cancellable,
                                                    GError        **error);

gboolean     spool_buffer_hold       (SpoolBuffer  *self,
                                      gboolean      exclusive,
                                      SpoolSource  *source,
                                      GCancellable *cancellable,
                                      GError      **error);
void         spool_buffer_release    (SpoolBuffer  *self,
                                      SpoolSource  *source,
                                      gboolean      moved);
SpoolPlacing spool_buffer_place_file (SpoolBuffer  *self,
                                      SpoolTarget  *target,
                                      GCancellable *cancellable,
                                      GError      **error);

gboolean spool_buffer_add_waiter    (SpoolBuffer        *self,
                                     SpoolWaiter        *waiter,
                                     SpoolBlocking       blocking,
                                     gboolean           *queued,
                                     GError            **error);
gboolean spool_buffer_remove_waiter (SpoolBuffer        *self,
                                     SpoolWaiter        *waiter);
gboolean spool_buffer_wait          (SpoolBuffer        *self,
                                     goffset             position,
                                     GCancellable       *cancellable,
                                     GError            **error);
void     spool_buffer_wait_async    (SpoolBuffer        *self,
                                     goffset             position,
                                     int                 io_priority,
                                     GCancellable       *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer            user_data);
gboolean spool_buffer_wait_change   (SpoolBuffer        *self,
                                     goffset             size,
                                     guint               overwrites,
                                     GCancellable       *cancellable,
                                     GError            **error);
void     spool_buffer_wait_change_async (SpoolBuffer         *self,
                                         goffset              size,
                                         guint                overwrites,
                                         int                  io_priority,
                                         GCancellable        *cancellable,
                                         GAsyncReadyCallback  callback,
                                         gpointer             user_data);
gboolean spool_buffer_wait_finish   (SpoolBuffer        *self,
                                     GAsyncResult       *result,
                                     GError            **error);

void     spool_buffer_add_writer   (SpoolBuffer         *self);
void     spool_buffer_remove_writer (SpoolBuffer        *self,
                                     const GError       *error);

G_END_DECLS
