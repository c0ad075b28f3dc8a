/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "prelude.h"

#include EXAMPLE

int
main (void)
{
  g_autoptr(GPtrArray) uploads = open_uploads (3);
  SpoolBuffer *first = spool_memory_output_stream_get_buffer (g_ptr_array_index (uploads, 0));
  g_autoptr(SpoolPool) pool = g_object_ref (spool_buffer_get_pool (first));
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (spool_pool_get_limit (pool), ==, 64 * 1000 * 1000);
  g_assert_cmpuint (spool_pool_get_n_buffers (pool), ==, 3);

  for (guint i = 0; i < uploads->len; i++)
    {
      g_assert_true (g_output_stream_write_all (g_ptr_array_index (uploads, i),
                                                CONTENT, length, NULL, NULL, &error));
      g_assert_no_error (error);
    }
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 3 * length);

  return 0;
}
