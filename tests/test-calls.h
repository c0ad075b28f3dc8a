/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Calls of seekable input streams of which each byte is test_byte() of its
 * place, made synchronously or asynchronously. They check the bytes, and the
 * position that is left behind.
 */

gssize test_read (GInputStream  *stream,
                  gsize          count,
                  gboolean       async,
                  GCancellable  *cancellable,
                  GError       **error);

gssize test_skip (GInputStream  *stream,
                  gsize          count,
                  gboolean       async,
                  GCancellable  *cancellable,
                  GError       **error);

gboolean test_close (GInputStream  *stream,
                     gboolean       async,
                     GCancellable  *cancellable,
                     GError       **error);

void test_assert_reads (GInputStream *stream,
                        gsize         count,
                        gboolean      async,
                        gssize        expected);

void test_assert_skips (GInputStream *stream,
                        gsize         count,
                        gboolean      async,
                        gssize        expected);

void test_assert_read_fails (GInputStream *stream,
                             gsize         count,
                             gboolean      async,
                             GIOErrorEnum  code);

void test_assert_seeks (GInputStream *stream,
                        goffset       offset,
                        GSeekType     type,
                        goffset       expected);

void test_assert_seek_fails (GInputStream *stream,
                             goffset       offset,
                             GSeekType     type,
                             GIOErrorEnum  code);

void test_add_both (const char    *path,
                    GTestDataFunc  func);

G_END_DECLS
