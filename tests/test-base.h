/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A stream to read others from, as bad as a test wants it.
 *
 * Its bytes are those of test_byte() from @first on. Three kinds: one that
 * can't seek, one that can, and one that can be polled. A test sets the fields
 * directly, while no call is on its way.
 */

/* How read_async() and skip_async() are answered. */
typedef enum
{
  /* By a thread, as GInputStream does it. */
  TEST_ASYNC_THREAD,
  /* At once, through a GTask that looks at its cancellable again when the
   * result is fetched.
   */
  TEST_ASYNC_AT_ONCE,
  /* When test_base_answer() is called, or the call is cancelled. */
  TEST_ASYNC_HELD,
  /* As held, but a cancellation is answered within its own signal. */
  TEST_ASYNC_IN_SIGNAL,
} TestAsync;

typedef struct _TestBase TestBase;

typedef void (*TestBaseHook) (TestBase *base,
                              gpointer  user_data);

struct _TestBase
{
  GInputStream parent_instance;

  goffset first;
  goffset size;
  goffset position;
  /* The most that a read gives; 0: what is asked for. */
  gsize step;

  /* No read gets past @fail_at, and one that starts there fails, @n_failures
   * times.
   */
  goffset fail_at;
  guint n_failures;
  GIOErrorEnum fail_code;
  /* Ends where it failed. */
  gboolean ends_after_failure;
  gboolean fail_seek;
  /* The n-th seek fails, counted from 1. */
  guint fail_seek_at;
  gboolean fail_close;
  /* Stops can_seek() where there is one. */
  gboolean frozen;
  /* A pollable one has so many bytes right now. */
  goffset available;

  TestAsync async;
  /* Called at the begin of each read, in the thread that does it. */
  TestBaseHook hook;
  /* Called when the stream is closed. */
  TestBaseHook close_hook;
  gpointer hook_data;

  guint n_reads;
  guint n_async;
  guint n_closes;
  guint n_seeks;
  guint n_end_seeks;
  gsize max_count;
  /* Reads and closings in other threads than the one that made it. */
  guint n_elsewhere;

  /*< private >*/
  GThread *thread;
  GTask *task;
  gulong cancelled_id;
};

GType     test_base_get_type          (void);
GType     test_seekable_base_get_type (void);
GType     test_pollable_base_get_type (void);

TestBase *test_base_new          (goffset      first,
                                  goffset      size);
TestBase *test_base_new_seekable (goffset      first,
                                  goffset      size);
TestBase *test_base_new_pollable (goffset      first,
                                  goffset      size);

gboolean  test_base_is_held      (TestBase    *base);
void      test_base_answer       (TestBase    *base);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestBase, g_object_unref)

G_END_DECLS
