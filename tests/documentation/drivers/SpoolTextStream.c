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
  g_autofree char *line = read_second_line (&error);

  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "aus Köln\n");

  return 0;
}
