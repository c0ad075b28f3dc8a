/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Runs one script on any stream and writes down what every step gave, so that
 * two streams can be held against each other. */
typedef struct
{
  GSeekable     *seekable;
  GInputStream  *input;         /* nullable */
  GOutputStream *output;        /* nullable */
  GIOStream     *io;            /* nullable */
} TestActor;

/* A script is a list of steps with a semicolon between them:
 *
 *   write N, write-all N, write-bytes N     bytes that go on where the last
 *   writev N M, writev-all N M              step's ended
 *   read N, read-all N, read-bytes N, skip N
 *   seek set|cur|end N
 *   truncate N
 *   flush, close, close-input, close-output
 *   splice N        a source of N bytes
 *   splice-close N  the same, closing source and target
 *   splice-fail N   the source fails with its second read
 *   splice-fail-close N
 *   splice-self     the source is the other side of the stream
 *   pending, no-pending
 *   state
 *
 * With "cancelled" before it a step gets a cancelled GCancellable. After each
 * step the position is noted, as long as the stream is open. */
char *test_script_run      (const TestActor *actor,
                            const char      *script,
                            gboolean         async);
char *test_script_random   (guint            n_steps,
                            gboolean         reads,
                            gboolean         writes);
char *test_script_escape   (const void      *data,
                            gsize            size);

G_END_DECLS
