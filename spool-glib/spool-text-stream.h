/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(SPOOL_INSIDE) && !defined(SPOOL_COMPILATION)
#error "Only <spool-glib/spool-glib.h> can be included directly."
#endif

#include <spool-glib/spool-buffer.h>

G_BEGIN_DECLS

#define SPOOL_TYPE_TEXT_STREAM (spool_text_stream_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolTextStream, spool_text_stream, SPOOL, TEXT_STREAM, GObject)

SPOOL_AVAILABLE_IN_1_0
SpoolTextStream *spool_text_stream_new                (void);
SPOOL_AVAILABLE_IN_1_0
SpoolTextStream *spool_text_stream_new_with_threshold (goffset      threshold);
SPOOL_AVAILABLE_IN_1_0
SpoolTextStream *spool_text_stream_new_for_buffer     (SpoolBuffer *buffer);

SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_text_stream_get_buffer (SpoolTextStream *self);
SPOOL_AVAILABLE_IN_1_0
gboolean     spool_text_stream_get_follow (SpoolTextStream *self);
SPOOL_AVAILABLE_IN_1_0
void         spool_text_stream_set_follow (SpoolTextStream *self,
                                           gboolean         follow);

SPOOL_AVAILABLE_IN_1_0
gint64   spool_text_stream_tell       (SpoolTextStream *self);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_seek       (SpoolTextStream *self,
                                       gint64           offset,
                                       GSeekType        type,
                                       GCancellable    *cancellable,
                                       GError         **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_truncate   (SpoolTextStream *self,
                                       gint64           length,
                                       GCancellable    *cancellable,
                                       GError         **error);
SPOOL_AVAILABLE_IN_1_0
gint64   spool_text_stream_get_length (SpoolTextStream *self,
                                       GCancellable    *cancellable,
                                       GError         **error);

SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_write               (SpoolTextStream     *self,
                                                const char          *text,
                                                gssize               length,
                                                GCancellable        *cancellable,
                                                GError             **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_write_string        (SpoolTextStream     *self,
                                                const char          *text,
                                                GCancellable        *cancellable,
                                                GError             **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_write_bytes         (SpoolTextStream     *self,
                                                GBytes              *text,
                                                GCancellable        *cancellable,
                                                GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_write_async         (SpoolTextStream     *self,
                                                const char          *text,
                                                gssize               length,
                                                int                  io_priority,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_write_finish        (SpoolTextStream     *self,
                                                GAsyncResult        *result,
                                                GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_write_string_async  (SpoolTextStream     *self,
                                                const char          *text,
                                                int                  io_priority,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_write_string_finish (SpoolTextStream     *self,
                                                GAsyncResult        *result,
                                                GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_write_bytes_async   (SpoolTextStream     *self,
                                                GBytes              *text,
                                                int                  io_priority,
                                                GCancellable        *cancellable,
                                                GAsyncReadyCallback  callback,
                                                gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_text_stream_write_bytes_finish  (SpoolTextStream     *self,
                                                GAsyncResult        *result,
                                                GError             **error);

SPOOL_AVAILABLE_IN_1_0
char    *spool_text_stream_read              (SpoolTextStream     *self,
                                              gint64               n_chars,
                                              gsize               *length,
                                              GCancellable        *cancellable,
                                              GError             **error);
SPOOL_AVAILABLE_IN_1_0
GBytes  *spool_text_stream_read_bytes        (SpoolTextStream     *self,
                                              gint64               n_chars,
                                              GCancellable        *cancellable,
                                              GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_read_async        (SpoolTextStream     *self,
                                              gint64               n_chars,
                                              int                  io_priority,
                                              GCancellable        *cancellable,
                                              GAsyncReadyCallback  callback,
                                              gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
char    *spool_text_stream_read_finish       (SpoolTextStream     *self,
                                              GAsyncResult        *result,
                                              gsize               *length,
                                              GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_read_bytes_async  (SpoolTextStream     *self,
                                              gint64               n_chars,
                                              int                  io_priority,
                                              GCancellable        *cancellable,
                                              GAsyncReadyCallback  callback,
                                              gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
GBytes  *spool_text_stream_read_bytes_finish (SpoolTextStream     *self,
                                              GAsyncResult        *result,
                                              GError             **error);

SPOOL_AVAILABLE_IN_1_0
char    *spool_text_stream_read_line              (SpoolTextStream     *self,
                                                   gsize               *length,
                                                   GCancellable        *cancellable,
                                                   GError             **error);
SPOOL_AVAILABLE_IN_1_0
GBytes  *spool_text_stream_read_line_bytes        (SpoolTextStream     *self,
                                                   GCancellable        *cancellable,
                                                   GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_read_line_async        (SpoolTextStream     *self,
                                                   int                  io_priority,
                                                   GCancellable        *cancellable,
                                                   GAsyncReadyCallback  callback,
                                                   gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
char    *spool_text_stream_read_line_finish       (SpoolTextStream     *self,
                                                   GAsyncResult        *result,
                                                   gsize               *length,
                                                   GError             **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_text_stream_read_line_bytes_async  (SpoolTextStream     *self,
                                                   int                  io_priority,
                                                   GCancellable        *cancellable,
                                                   GAsyncReadyCallback  callback,
                                                   gpointer             user_data);
SPOOL_AVAILABLE_IN_1_0
GBytes  *spool_text_stream_read_line_bytes_finish (SpoolTextStream     *self,
                                                   GAsyncResult        *result,
                                                   GError             **error);

SPOOL_AVAILABLE_IN_1_0
char    *spool_text_stream_dup_text       (SpoolTextStream *self,
                                           gsize           *length,
                                           GCancellable    *cancellable,
                                           GError         **error);
SPOOL_AVAILABLE_IN_1_0
GBytes  *spool_text_stream_dup_text_bytes (SpoolTextStream *self,
                                           GCancellable    *cancellable,
                                           GError         **error);

G_END_DECLS
