/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(SPOOL_INSIDE) && !defined(SPOOL_COMPILATION)
#error "Only <spool-glib/spool-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <spool-glib/spool-enums.h>
#include <spool-glib/spool-pool.h>
#include <spool-glib/spool-version-macros.h>

G_BEGIN_DECLS

/**
 * SPOOL_DEFAULT_THRESHOLD:
 *
 * The threshold, in bytes, of a buffer for which none was chosen: 5 MB.
 *
 * Since: 1.0
 */
#define SPOOL_DEFAULT_THRESHOLD 5000000

/**
 * SPOOL_THRESHOLD_NEVER:
 *
 * The threshold of a buffer that never rolls over by its size.
 *
 * Since: 1.0
 */
#define SPOOL_THRESHOLD_NEVER (-1)

#define SPOOL_TYPE_BUFFER (spool_buffer_get_type ())

SPOOL_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (SpoolBuffer, spool_buffer, SPOOL, BUFFER, GObject)

SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_buffer_new                (void);
SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_buffer_new_with_threshold (goffset threshold);
SPOOL_AVAILABLE_IN_1_0
SpoolBuffer *spool_buffer_new_for_bytes      (GBytes *bytes);

SPOOL_AVAILABLE_IN_1_0
goffset    spool_buffer_get_threshold   (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
void       spool_buffer_set_threshold   (SpoolBuffer *self,
                                         goffset      threshold);
SPOOL_AVAILABLE_IN_1_0
goffset    spool_buffer_get_size_limit  (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
void       spool_buffer_set_size_limit  (SpoolBuffer *self,
                                         goffset      size_limit);
SPOOL_AVAILABLE_IN_1_0
GFile     *spool_buffer_get_directory   (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
void       spool_buffer_set_directory   (SpoolBuffer *self,
                                         GFile       *directory);
SPOOL_AVAILABLE_IN_1_0
gboolean   spool_buffer_get_named       (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
SpoolPool *spool_buffer_get_pool        (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
goffset    spool_buffer_get_size        (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
gboolean   spool_buffer_get_rolled_over (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
gboolean   spool_buffer_get_completed   (SpoolBuffer *self);

SPOOL_AVAILABLE_IN_1_0
gssize  spool_buffer_read              (SpoolBuffer  *self,
                                        goffset       offset,
                                        void         *data,
                                        gsize         count,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
guint8 *spool_buffer_read_array        (SpoolBuffer  *self,
                                        goffset       offset,
                                        gsize         count,
                                        gsize        *length,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
GBytes *spool_buffer_read_bytes        (SpoolBuffer  *self,
                                        goffset       offset,
                                        gsize         count,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
void    spool_buffer_read_bytes_async  (SpoolBuffer        *self,
                                        goffset             offset,
                                        gsize               count,
                                        int                 io_priority,
                                        GCancellable       *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
GBytes *spool_buffer_read_bytes_finish (SpoolBuffer  *self,
                                        GAsyncResult *result,
                                        GError      **error);

SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_write               (SpoolBuffer  *self,
                                           goffset       offset,
                                           const void   *data,
                                           gsize         count,
                                           GCancellable *cancellable,
                                           GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_write_bytes         (SpoolBuffer  *self,
                                           goffset       offset,
                                           GBytes       *bytes,
                                           GCancellable *cancellable,
                                           GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_write_nonblocking   (SpoolBuffer *self,
                                           goffset      offset,
                                           const void  *data,
                                           gsize        count,
                                           GError     **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_append              (SpoolBuffer  *self,
                                           const void   *data,
                                           gsize         count,
                                           GCancellable *cancellable,
                                           GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_append_bytes        (SpoolBuffer  *self,
                                           GBytes       *bytes,
                                           GCancellable *cancellable,
                                           GError      **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_append_bytes_async  (SpoolBuffer        *self,
                                           GBytes             *bytes,
                                           int                 io_priority,
                                           GCancellable       *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_append_bytes_finish (SpoolBuffer  *self,
                                           GAsyncResult *result,
                                           GError      **error);
SPOOL_AVAILABLE_IN_1_0
goffset  spool_buffer_splice_from         (SpoolBuffer             *self,
                                           GInputStream            *source,
                                           GOutputStreamSpliceFlags flags,
                                           GCancellable            *cancellable,
                                           GError                 **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_splice_from_async   (SpoolBuffer             *self,
                                           GInputStream            *source,
                                           GOutputStreamSpliceFlags flags,
                                           int                      io_priority,
                                           GCancellable            *cancellable,
                                           GAsyncReadyCallback      callback,
                                           gpointer                 user_data);
SPOOL_AVAILABLE_IN_1_0
goffset  spool_buffer_splice_from_finish  (SpoolBuffer  *self,
                                           GAsyncResult *result,
                                           GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_truncate            (SpoolBuffer  *self,
                                           goffset       size,
                                           GCancellable *cancellable,
                                           GError      **error);

SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_reserve          (SpoolBuffer  *self,
                                        goffset       size,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_reserve_async    (SpoolBuffer        *self,
                                        goffset             size,
                                        int                 io_priority,
                                        GCancellable       *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_reserve_finish   (SpoolBuffer  *self,
                                        GAsyncResult *result,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_roll_over        (SpoolBuffer  *self,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_roll_over_async  (SpoolBuffer        *self,
                                        int                 io_priority,
                                        GCancellable       *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_roll_over_finish (SpoolBuffer  *self,
                                        GAsyncResult *result,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_reset            (SpoolBuffer  *self,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_flush            (SpoolBuffer  *self,
                                        GCancellable *cancellable,
                                        GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_close            (SpoolBuffer  *self,
                                        GCancellable *cancellable,
                                        GError      **error);

SPOOL_AVAILABLE_IN_1_0
GBytes *spool_buffer_get_bytes        (SpoolBuffer  *self,
                                       GCancellable *cancellable,
                                       GError      **error);
SPOOL_AVAILABLE_IN_1_0
void    spool_buffer_get_bytes_async  (SpoolBuffer        *self,
                                       int                 io_priority,
                                       GCancellable       *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
GBytes *spool_buffer_get_bytes_finish (SpoolBuffer  *self,
                                       GAsyncResult *result,
                                       GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_save        (SpoolBuffer          *self,
                                   GFile                *destination,
                                   SpoolSaveFlags        flags,
                                   GCancellable         *cancellable,
                                   GFileProgressCallback progress_callback,
                                   gpointer              progress_data,
                                   GError              **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_save_async  (SpoolBuffer          *self,
                                   GFile                *destination,
                                   SpoolSaveFlags        flags,
                                   int                   io_priority,
                                   GCancellable         *cancellable,
                                   GFileProgressCallback progress_callback,
                                   gpointer              progress_data,
                                   GDestroyNotify        progress_data_destroy,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_save_finish (SpoolBuffer  *self,
                                   GAsyncResult *result,
                                   GError      **error);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_move        (SpoolBuffer          *self,
                                   GFile                *destination,
                                   SpoolSaveFlags        flags,
                                   GCancellable         *cancellable,
                                   GFileProgressCallback progress_callback,
                                   gpointer              progress_data,
                                   GError              **error);
SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_move_async  (SpoolBuffer          *self,
                                   GFile                *destination,
                                   SpoolSaveFlags        flags,
                                   int                   io_priority,
                                   GCancellable         *cancellable,
                                   GFileProgressCallback progress_callback,
                                   gpointer              progress_data,
                                   GDestroyNotify        progress_data_destroy,
                                   GAsyncReadyCallback   callback,
                                   gpointer              user_data);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_move_finish (SpoolBuffer  *self,
                                   GAsyncResult *result,
                                   GError      **error);

SPOOL_AVAILABLE_IN_1_0
int     spool_buffer_create_sealed_fd        (SpoolBuffer        *self,
                                              GCancellable       *cancellable,
                                              GError            **error);
SPOOL_AVAILABLE_IN_1_0
void    spool_buffer_create_sealed_fd_async  (SpoolBuffer        *self,
                                              int                 io_priority,
                                              GCancellable       *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer            user_data);
SPOOL_AVAILABLE_IN_1_0
int     spool_buffer_create_sealed_fd_finish (SpoolBuffer        *self,
                                              GAsyncResult       *result,
                                              GError            **error);
SPOOL_AVAILABLE_IN_1_0
int     spool_buffer_dup_fd           (SpoolBuffer  *self,
                                       gboolean      writable,
                                       GCancellable *cancellable,
                                       GError      **error);
SPOOL_AVAILABLE_IN_1_0
GFile  *spool_buffer_get_file         (SpoolBuffer *self);

SPOOL_AVAILABLE_IN_1_0
void     spool_buffer_complete  (SpoolBuffer  *self,
                                 const GError *error);
SPOOL_AVAILABLE_IN_1_0
GError  *spool_buffer_dup_error (SpoolBuffer *self);
SPOOL_AVAILABLE_IN_1_0
gboolean spool_buffer_equal     (SpoolBuffer  *self,
                                 SpoolBuffer  *other,
                                 GCancellable *cancellable,
                                 GError      **error);

G_END_DECLS
