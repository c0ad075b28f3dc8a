/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prelude.h"

#include EXAMPLE

int
main (void)
{
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GError) error = NULL;
  char block[100];
  gsize n_read;

  set_up ();
  input = spool_download (download, cancellable, &error);
  g_assert_no_error (error);
  g_assert_true (g_seekable_can_seek (G_SEEKABLE (input)));
  g_assert_true (g_input_stream_read_all (input, block, sizeof block, &n_read, NULL, &error));
  g_assert_cmpmem (block, n_read, CONTENT, length);

  g_cancellable_cancel (cancellable);
  g_assert_null (spool_download (source, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  tear_down ();

  return 0;
}
