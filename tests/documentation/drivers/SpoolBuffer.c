/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prelude.h"

#include EXAMPLE

int
main (void)
{
  g_autoptr(SpoolBuffer) received = NULL;
  g_autoptr(GBytes) beginning = NULL;
  g_autoptr(GError) error = NULL;

  set_up ();
  received = receive (source, &beginning, &error);
  g_assert_no_error (error);
  g_assert_true (spool_buffer_equal (received, buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (beginning, NULL), g_bytes_get_size (beginning),
                   CONTENT, 16);
  tear_down ();

  return 0;
}
