/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prelude.h"

#include EXAMPLE

int
main (void)
{
  g_autoptr(GError) error = NULL;
  char block[100];
  gsize n_read;

  g_assert_true (write_and_read (CONTENT, block, sizeof block, &n_read, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (block, n_read, CONTENT, length);

  return 0;
}
