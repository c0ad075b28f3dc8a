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
  g_autoptr(GConverter) converter = NULL;
  g_autoptr(GInputStream) compressed = NULL;
  guint32 content_size = 0;

  set_up ();
  converter = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  compressed = g_converter_input_stream_new (download, converter);

  g_assert_true (get_content_size (compressed, &content_size, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (content_size, ==, length);
  tear_down ();

  return 0;
}
