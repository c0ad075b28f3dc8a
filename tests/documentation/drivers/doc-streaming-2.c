/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prelude.h"

#include EXAMPLE

int
main (void)
{
  g_autoptr(GInputStream) reader = NULL;
  g_autoptr(GInputStream) forward = NULL;
  g_autoptr(GError) error = NULL;
  char block[100];
  gsize n_read;

  set_up ();
  reader = spool_memory_input_stream_new_for_buffer (buffer);
  forward = forward_stream_new (reader);
  g_assert_false (G_IS_SEEKABLE (forward));
  g_assert_true (g_input_stream_read_all (forward, block, sizeof block, &n_read, NULL, &error));
  g_assert_cmpmem (block, n_read, CONTENT, length);
  tear_down ();

  return 0;
}
