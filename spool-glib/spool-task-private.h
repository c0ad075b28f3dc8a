/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-content-private.h"

G_BEGIN_DECLS

/* Does the work of @task and returns its result, or returns %FALSE where that
 * would block; then nothing has happened.
 */
typedef gboolean (*SpoolTaskFunc) (GTask         *task,
                                   SpoolBlocking  blocking);

void     spool_task_run            (gpointer            source_object,
                                    SpoolTaskFunc       func,
                                    gpointer            data,
                                    GDestroyNotify      data_destroy,
                                    int                 io_priority,
                                    GCancellable       *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer            user_data);
void     spool_task_run_copied     (gpointer            source_object,
                                    SpoolTaskFunc       func,
                                    gconstpointer       data,
                                    gsize               size,
                                    int                 io_priority,
                                    GCancellable       *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer            user_data);
gboolean spool_task_return_int     (GTask              *task,
                                    gssize              result,
                                    GError             *error);
gboolean spool_task_return_boolean (GTask              *task,
                                    gboolean            result,
                                    GError             *error);
gboolean spool_task_return_bytes   (GTask              *task,
                                    GBytes             *result,
                                    GError             *error);

G_END_DECLS
