/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A source that serves test_byte() and does as it is told. It is not seekable,
 * keeps nothing in memory, and its read_async() starts no thread. */
#define TEST_TYPE_STREAM (test_stream_get_type ())

G_DECLARE_FINAL_TYPE (TestStream, test_stream, TEST, STREAM, GInputStream)

/* Calls are counted from 1. */
typedef void (*TestStreamHook) (TestStream *stream,
                                guint       call,
                                gpointer    user_data);

GInputStream *test_stream_new            (goffset         size);
void          test_stream_set_offset     (TestStream     *self,
                                          goffset         offset);
void          test_stream_set_step       (TestStream     *self,
                                          gsize           step);
void          test_stream_set_hook       (TestStream     *self,
                                          TestStreamHook  hook,
                                          gpointer        user_data);
void          test_stream_fail_at        (TestStream     *self,
                                          guint           call,
                                          GIOErrorEnum    code);
void          test_stream_ignore_cancellable (TestStream *self);
void          test_stream_fail_on_close  (TestStream     *self,
                                          GIOErrorEnum    code);
guint         test_stream_get_n_calls    (TestStream     *self);
guint         test_stream_get_n_async    (TestStream     *self);
guint         test_stream_get_n_closes   (TestStream     *self);
gsize         test_stream_get_max_count  (TestStream     *self);

G_END_DECLS
