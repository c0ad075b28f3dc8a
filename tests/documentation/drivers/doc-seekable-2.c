/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prelude.h"

static GMainLoop *loop;

static void
open_document (GInputStream *document)
{
  g_autoptr(GError) error = NULL;
  char block[100];
  gsize n_read;

  /* The base is at its end: nothing is left for it to do. */
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (document)), ==, 0);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (download)), ==, size);
  g_assert_true (g_input_stream_read_all (document, block, sizeof block, &n_read, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (block, n_read, CONTENT, length);

  g_main_loop_quit (loop);
}

#include EXAMPLE

int
main (void)
{
  set_up ();
  loop = g_main_loop_new (NULL, FALSE);
  open_download (download, cancellable);
  g_main_loop_run (loop);
  g_main_loop_unref (loop);
  tear_down ();

  return 0;
}
