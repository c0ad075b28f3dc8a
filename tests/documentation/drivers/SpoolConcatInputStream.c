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
  g_autofree char *expected = NULL;
  g_autofree char *checksum = NULL;

  set_up ();
  g_file_replace_contents (file, CONTENT, 20, NULL, FALSE,
                           G_FILE_CREATE_NONE, NULL, NULL, &error);
  g_assert_no_error (error);
  g_file_replace_contents (destination, CONTENT + 20, length - 20, NULL, FALSE,
                           G_FILE_CREATE_NONE, NULL, NULL, &error);
  g_assert_no_error (error);

  checksum = checksum_of_parts ((GFile *[]) { file, destination }, 2, &error);
  g_assert_no_error (error);
  expected = g_compute_checksum_for_string (G_CHECKSUM_SHA256, CONTENT, -1);
  g_assert_cmpstr (checksum, ==, expected);

  g_assert_true (g_file_delete (destination, NULL, NULL));
  g_assert_null (checksum_of_parts ((GFile *[]) { file, destination }, 2, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  tear_down ();

  return 0;
}
