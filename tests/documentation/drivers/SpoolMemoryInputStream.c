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
  guint64 sum = 0, expected = 0;

  set_up ();
  g_assert_true (add_up (buffer, &sum, &error));
  g_assert_no_error (error);
  for (gsize i = length / 2; i < length; i++)
    expected += (guint8) CONTENT[i];
  g_assert_cmpuint (sum, ==, expected);
  tear_down ();

  return 0;
}
