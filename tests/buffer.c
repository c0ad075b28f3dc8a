/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include <string.h>
#include <unistd.h>

static void
test_buffer_new_defaults (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();

  g_test_summary ("A new buffer is empty, in memory, and has the defaults");

  g_assert_cmpint (SPOOL_DEFAULT_THRESHOLD, ==, 5000000);
  g_assert_cmpint (SPOOL_THRESHOLD_NEVER, ==, -1);
  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==,
                   SPOOL_DEFAULT_THRESHOLD);
  g_assert_cmpint (spool_buffer_get_size_limit (buffer), ==, -1);
  g_assert_null (spool_buffer_get_directory (buffer));
  g_assert_false (spool_buffer_get_named (buffer));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 0);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_false (spool_buffer_get_completed (buffer));
  g_assert_null (spool_buffer_dup_error (buffer));
  g_assert_null (spool_buffer_get_file (buffer));
  test_assert_text (buffer, "");

  g_assert_finalize_object (g_steal_pointer (&buffer));
}

static void
test_buffer_new_with_threshold (void)
{
  static const goffset thresholds[] = {
    0, 1, 4096, SPOOL_THRESHOLD_NEVER, G_MAXINT64,
  };

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;

      buffer = spool_buffer_new_with_threshold (thresholds[i]);
      g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, thresholds[i]);
      g_assert_false (spool_buffer_get_rolled_over (buffer));
    }
}

static void
test_buffer_new_for_bytes (void)
{
  g_autoptr(GBytes) bytes = test_bytes (0, 1000);
  g_autoptr(GBytes) snapshot = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new_for_bytes (bytes);

  g_test_summary ("The bytes are shared until the first write");

  test_assert_filled (buffer, 1000);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  snapshot = spool_buffer_get_bytes (buffer, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_get_data (snapshot, NULL) ==
                 g_bytes_get_data (bytes, NULL));

  /* The bytes of others are never written to. */
  g_assert_true (spool_buffer_write (buffer, 10, "XYZ", 3, NULL, &error));
  g_assert_no_error (error);
  test_check (g_bytes_get_data (bytes, NULL), 0, 1000);
  test_check (g_bytes_get_data (snapshot, NULL), 0, 1000);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 1000);
}

static void
test_buffer_new_for_bytes_growing (void)
{
  g_autoptr(GBytes) bytes = test_bytes (0, 100);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr(SpoolBuffer) buffer = spool_buffer_new_for_bytes (bytes);
      gboolean success = FALSE;

      switch (i)
        {
        case 0:
          test_append (buffer, 100, 50);
          test_assert_filled (buffer, 150);
          success = TRUE;
          break;
        case 1:
          success = spool_buffer_truncate (buffer, 40, NULL, &error);
          test_assert_filled (buffer, 40);
          test_append (buffer, 40, 60);
          test_assert_filled (buffer, 100);
          break;
        case 2:
          success = spool_buffer_roll_over (buffer, NULL, &error);
          test_assert_filled (buffer, 100);
          break;
        case 3:
          success = spool_buffer_reset (buffer, NULL, &error);
          test_assert_text (buffer, "");
          break;
        default:
          g_assert_not_reached ();
        }
      g_assert_no_error (error);
      g_assert_true (success);
      test_check (g_bytes_get_data (bytes, NULL), 0, 100);
    }
}

typedef struct
{
  SpoolBuffer *buffer;
  guint        n_freed;
  gboolean     was_locked;
} GivenBytes;

/* Whoever gave the bytes may use the buffer when he gets them back. */
static void
given_bytes_freed (gpointer data)
{
  GivenBytes *given = data;
  g_autoptr(GError) error = NULL;

  given->n_freed++;
  spool_buffer_write_nonblocking (given->buffer, 0, "x", 0, &error);
  given->was_locked = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) &&
                      !spool_buffer_get_rolled_over (given->buffer);
}

static gboolean
let_go (SpoolBuffer  *buffer,
        guint         how,
        GError      **error)
{
  switch (how)
    {
    case 0:
      return spool_buffer_write (buffer, 1, "E", 1, NULL, error);
    case 1:
      return spool_buffer_append (buffer, "!", 1, NULL, error);
    case 2:
      return spool_buffer_truncate (buffer, 0, NULL, error);
    case 3:
      return spool_buffer_roll_over (buffer, NULL, error);
    case 4:
      return spool_buffer_reset (buffer, NULL, error);
    case 5:
      return spool_buffer_close (buffer, NULL, error);
    default:
      g_assert_not_reached ();
    }
}

static void
test_buffer_new_for_bytes_freed (void)
{
  g_test_summary ("The bytes are given back at once, and with no lock held");

  for (guint how = 0; how < 6; how++)
    {
      GivenBytes given = { NULL, 0, FALSE };
      g_autoptr(GBytes) bytes = g_bytes_new_with_free_func ("hello", 5, given_bytes_freed,
                                                            &given);
      g_autoptr(SpoolBuffer) buffer = spool_buffer_new_for_bytes (bytes);
      g_autoptr(GError) error = NULL;

      given.buffer = buffer;
      g_clear_pointer (&bytes, g_bytes_unref);
      g_assert_cmpuint (given.n_freed, ==, 0);

      g_assert_true (let_go (buffer, how, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (given.n_freed, ==, 1);
      g_assert_false (given.was_locked);
    }
}

static void
test_buffer_new_for_bytes_empty (void)
{
  g_autoptr(GBytes) bytes = g_bytes_new (NULL, 0);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new_for_bytes (bytes);

  test_assert_text (buffer, "");
  test_append (buffer, 0, 10);
  test_assert_filled (buffer, 10);
}

static void
test_buffer_new_for_bytes_large (void)
{
  g_autoptr(GBytes) bytes = test_bytes (0, SPOOL_DEFAULT_THRESHOLD + 1000);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new_for_bytes (bytes);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Bytes above the threshold stay in memory until they grow");

  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_true (spool_buffer_write (buffer, 5, "a", 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  g_assert_true (spool_buffer_append (buffer, "b", 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==,
                   SPOOL_DEFAULT_THRESHOLD + 1001);
}

static void
test_buffer_properties (void)
{
  g_autoptr(GFile) directory = g_file_new_for_path ("/var/tmp");
  g_autoptr(GFile) found = NULL;
  g_autoptr(SpoolBuffer) buffer = NULL;
  gint64 threshold, size_limit, size;
  gboolean named, rolled_over, completed;

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "threshold", G_GINT64_CONSTANT (12),
                         "size-limit", G_GINT64_CONSTANT (34),
                         "directory", directory,
                         "named", TRUE,
                         NULL);
  g_object_get (buffer,
                "threshold", &threshold,
                "size-limit", &size_limit,
                "directory", &found,
                "named", &named,
                "size", &size,
                "rolled-over", &rolled_over,
                "completed", &completed,
                NULL);
  g_assert_cmpint (threshold, ==, 12);
  g_assert_cmpint (size_limit, ==, 34);
  g_assert_true (g_file_equal (found, directory));
  g_assert_true (named);
  g_assert_cmpint (size, ==, 0);
  g_assert_false (rolled_over);
  g_assert_false (completed);
  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, 12);
  g_assert_cmpint (spool_buffer_get_size_limit (buffer), ==, 34);
  g_assert_true (spool_buffer_get_directory (buffer) == directory);
  g_assert_true (spool_buffer_get_named (buffer));

  g_object_set (buffer,
                "threshold", G_GINT64_CONSTANT (-1),
                "size-limit", G_GINT64_CONSTANT (-1),
                "directory", NULL,
                NULL);
  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, -1);
  g_assert_cmpint (spool_buffer_get_size_limit (buffer), ==, -1);
  g_assert_null (spool_buffer_get_directory (buffer));

  spool_buffer_set_threshold (buffer, G_MAXINT64);
  spool_buffer_set_size_limit (buffer, 0);
  spool_buffer_set_directory (buffer, directory);
  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, G_MAXINT64);
  g_assert_cmpint (spool_buffer_get_size_limit (buffer), ==, 0);
  g_assert_true (spool_buffer_get_directory (buffer) == directory);

  g_assert_finalize_object (g_steal_pointer (&buffer));
}

/* Every property is an int64, a boolean or an object, and says what it is. */
static void
test_buffer_property_types (void)
{
  static const struct
  {
    const char *name;
    const char *type;
    GParamFlags flags;
  } properties[] = {
    { "threshold", "gint64", G_PARAM_READWRITE },
    { "size-limit", "gint64", G_PARAM_READWRITE },
    { "directory", "GFile", G_PARAM_READWRITE },
    { "named", "gboolean", G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY },
    { "size", "gint64", G_PARAM_READABLE },
    { "rolled-over", "gboolean", G_PARAM_READABLE },
    { "completed", "gboolean", G_PARAM_READABLE },
  };
  GObjectClass *klass = g_type_class_ref (SPOOL_TYPE_BUFFER);
  GParamFlags mask = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY;

  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      GParamSpec *pspec = g_object_class_find_property (klass,
                                                        properties[i].name);

      g_assert_nonnull (pspec);
      g_assert_cmpstr (g_type_name (pspec->value_type), ==, properties[i].type);
      g_assert_cmphex (pspec->flags & mask, ==, properties[i].flags);
    }

  g_type_class_unref (klass);
}

static void
test_buffer_read (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  guint8 bytes[64];
  static const struct
  {
    goffset offset;
    gsize count;
    gssize expected;
  } reads[] = {
    { 0, 40, 40 },
    { 0, 64, 40 },
    { 0, 0, 0 },
    { 10, 5, 5 },
    { 39, 1, 1 },
    { 39, 64, 1 },
    { 40, 1, 0 },
    { 41, 1, 0 },
    { G_MAXINT64 - 1, 64, 0 },
    { G_MAXINT64, 64, 0 },
  };

  buffer = test_buffer_new_filled (test_threshold (data, 40), 40);
  for (gsize i = 0; i < G_N_ELEMENTS (reads); i++)
    {
      gssize n_read;

      memset (bytes, 0xaa, sizeof (bytes));
      n_read = spool_buffer_read (buffer, reads[i].offset, bytes,
                                  reads[i].count, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (n_read, ==, reads[i].expected);
      test_check (bytes, reads[i].offset, n_read);

      /* Nothing behind what was there is touched. */
      for (gsize j = n_read; j < sizeof (bytes); j++)
        g_assert_cmphex (bytes[j], ==, 0xaa);
    }

  g_assert_cmpint (spool_buffer_read (buffer, 0, NULL, 0, NULL, &error), ==, 0);
  g_assert_no_error (error);
}

static void
test_buffer_read_array (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;

  buffer = test_buffer_new_filled (test_threshold (data, 40), 40);
  for (goffset offset = 0; offset <= 41; offset++)
    {
      static const gsize counts[] = { 0, 1, 40, 41, G_MAXSIZE };

      for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
        {
          gsize expected = MIN (counts[i], (gsize) MAX (0, 40 - offset));
          gsize length = 12345;
          g_autoptr(GError) error = NULL;
          g_autoptr(GBytes) bytes = NULL;
          g_autofree guint8 *array = NULL;

          array = spool_buffer_read_array (buffer, offset, counts[i], &length,
                                           NULL, &error);
          g_assert_no_error (error);
          g_assert_cmpint (length, ==, expected);
          if (length > 0)
            test_check (array, offset, length);

          bytes = spool_buffer_read_bytes (buffer, offset, counts[i], NULL,
                                           &error);
          g_assert_no_error (error);
          g_assert_nonnull (bytes);
          g_assert_cmpint (g_bytes_get_size (bytes), ==, expected);
          if (expected > 0)
            test_check (g_bytes_get_data (bytes, NULL), offset, expected);
        }
    }
}

static void
test_buffer_read_bytes_stay (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Bytes that were read do not change with the buffer");

  buffer = test_buffer_new_filled (test_threshold (data, 40), 40);
  bytes = spool_buffer_read_bytes (buffer, 10, 20, NULL, &error);
  g_assert_no_error (error);

  g_assert_true (spool_buffer_write (buffer, 12, "####", 4, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 20);
  test_check (g_bytes_get_data (bytes, NULL), 10, 20);
}

static void
test_buffer_write (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 10));
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_write (buffer, 0, "hello", 5, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "hello");

  g_assert_true (spool_buffer_write (buffer, 5, "world", 5, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "helloworld");

  g_assert_true (spool_buffer_write (buffer, 3, "LOW", 3, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "helLOWorld");

  g_assert_true (spool_buffer_write (buffer, 8, "xyz", 3, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "helLOWorxyz");
}

static void
test_buffer_write_gap (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 10));
  g_autoptr(GError) error = NULL;

  g_test_summary ("A gap before what is written reads as zeros");

  g_assert_true (spool_buffer_write (buffer, 2, "ab", 2, NULL, &error));
  g_assert_no_error (error);
  test_assert_content (buffer, "\0\0ab", 4);

  g_assert_true (spool_buffer_write (buffer, 8, "cd", 2, NULL, &error));
  g_assert_no_error (error);
  test_assert_content (buffer, "\0\0ab\0\0\0\0cd", 10);

  g_assert_true (spool_buffer_write (buffer, 13, "e", 1, NULL, &error));
  g_assert_no_error (error);
  test_assert_content (buffer, "\0\0ab\0\0\0\0cd\0\0\0e", 14);
}

static void
test_buffer_write_nothing (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 5));
  g_autoptr(GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Writing nothing does nothing, wherever it is written");

  g_assert_true (spool_buffer_write (buffer, 0, NULL, 0, NULL, &error));
  g_assert_true (spool_buffer_write (buffer, 100, NULL, 0, NULL, &error));
  g_assert_true (spool_buffer_write (buffer, 100, "x", 0, NULL, &error));
  g_assert_true (spool_buffer_append (buffer, NULL, 0, NULL, &error));
  g_assert_true (spool_buffer_append_bytes (buffer, nothing, NULL, &error));
  g_assert_true (spool_buffer_write_bytes (buffer, 7, nothing, NULL, &error));
  g_assert_true (spool_buffer_write_nonblocking (buffer, 7, NULL, 0, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "");
  g_assert_false (spool_buffer_get_rolled_over (buffer));

  test_append (buffer, 0, 5);
  g_assert_true (spool_buffer_write (buffer, 100, NULL, 0, NULL, &error));
  g_assert_true (spool_buffer_write (buffer, 2, NULL, 0, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 5);
}

static void
test_buffer_write_bytes (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 100));
  g_autoptr(GBytes) first = test_bytes (0, 60);
  g_autoptr(GBytes) second = test_bytes (60, 40);
  g_autoptr(GBytes) middle = test_bytes (20, 50);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_append_bytes (buffer, first, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_append_bytes (buffer, second, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 100);
  g_assert_true (spool_buffer_write_bytes (buffer, 20, middle, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 100);
  g_assert_true (spool_buffer_write_bytes (buffer, 60, second, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 100);

  /* What others hold stays what it was. */
  g_assert_true (spool_buffer_write (buffer, 0, "#", 1, NULL, &error));
  g_assert_true (spool_buffer_write (buffer, 60, "#", 1, NULL, &error));
  test_check (g_bytes_get_data (first, NULL), 0, 60);
  test_check (g_bytes_get_data (second, NULL), 60, 40);
}

static void
test_buffer_write_large (gconstpointer data)
{
  const gsize size = 300000;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, size));
  g_autoptr(GBytes) bytes = test_bytes (0, size);
  const guint8 *source = g_bytes_get_data (bytes, NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Writes of every length next to and over each other agree");

  for (gsize offset = 0, step = 1; offset < size; offset += step, step += 977)
    {
      gsize count = MIN (step, size - offset);

      g_assert_true (spool_buffer_append (buffer, source + offset, count, NULL,
                                          &error));
      g_assert_no_error (error);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, offset + count);
    }
  test_assert_filled (buffer, size);

  /* Once more over itself, back to front, across any window. */
  for (gsize end = size, step = 3; end > 0; end -= MIN (end, step), step += 1009)
    {
      gsize count = MIN (step, end);

      g_assert_true (spool_buffer_write (buffer, end - count,
                                         source + end - count, count, NULL,
                                         &error));
      g_assert_no_error (error);
    }
  test_assert_filled (buffer, size);
}

static void
test_buffer_write_nonblocking (gconstpointer data)
{
  goffset threshold = test_threshold (data, 10);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  g_test_summary ("It writes to memory, and is refused where it needs the disk");

  success = spool_buffer_write_nonblocking (buffer, 0, "0123456789", 10,
                                            &error);
  if (test_rolls (threshold, 10))
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
      g_assert_false (success);
      g_assert_false (spool_buffer_get_rolled_over (buffer));
      test_assert_text (buffer, "");
      g_clear_error (&error);

      g_assert_true (spool_buffer_append (buffer, "0123456789", 10, NULL,
                                          &error));
      g_assert_no_error (error);
      g_assert_true (spool_buffer_get_rolled_over (buffer));
    }
  else
    {
      g_assert_no_error (error);
      g_assert_true (success);
      g_assert_false (spool_buffer_get_rolled_over (buffer));
    }
  test_assert_text (buffer, "0123456789");

  state = test_state_new (buffer);
  success = spool_buffer_write_nonblocking (buffer, 9, "AB\0CD", 5, &error);
  if (test_rolls (threshold, 14))
    {
      /* A rolled over buffer may take it into its window. */
      if (!success)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
          test_state_assert (state, buffer);
        }
      else
        {
          g_assert_true (spool_buffer_get_rolled_over (buffer));
          test_assert_content (buffer, "012345678AB\0CD", 14);
        }
    }
  else
    {
      g_assert_no_error (error);
      g_assert_true (success);
      test_assert_content (buffer, "012345678AB\0CD", 14);
    }
}

static gboolean
is_kept (SpoolBuffer *buffer,
         goffset      offset,
         gsize        count)
{
  g_autofree char *bytes = g_malloc0 (count);
  g_autoptr(TestState) state = test_state_new (buffer);
  g_autoptr(GError) error = NULL;

  if (spool_buffer_write_nonblocking (buffer, offset, bytes, count, &error))
    return TRUE;

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  test_state_assert (state, buffer);

  return FALSE;
}

static void
test_buffer_write_nonblocking_window (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  int fd;

  g_test_summary ("On disk it takes what is kept back anyway, and no more");

  test_append (buffer, 0, 100);
  g_assert_false (is_kept (buffer, 100, 10));

  test_append (buffer, 100, 100);
  g_assert_true (is_kept (buffer, 200, 10));
  g_assert_true (is_kept (buffer, 150, 10));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 210);
  g_assert_false (is_kept (buffer, 0, 10));
  g_assert_false (is_kept (buffer, 1000, 10));
  g_assert_false (is_kept (buffer, 210, 64 * 1024));

  bytes = spool_buffer_get_bytes (buffer, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (is_kept (buffer, 150, 10));
  g_clear_pointer (&bytes, g_bytes_unref);

  test_append (buffer, 210, 100);
  g_assert_true (is_kept (buffer, 310, 10));
  fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
  g_assert_no_error (error);
  g_assert_false (is_kept (buffer, 320, 10));
  close (fd);
}

static void
test_buffer_truncate (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Bytes cut off never come back; new ones are zeros");

  buffer = test_buffer_new (test_threshold (data, 10));
  g_assert_true (spool_buffer_append (buffer, "0123456789", 10, NULL, &error));

  g_assert_true (spool_buffer_truncate (buffer, 10, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "0123456789");

  g_assert_true (spool_buffer_truncate (buffer, 4, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "0123");

  g_assert_true (spool_buffer_truncate (buffer, 10, NULL, &error));
  g_assert_no_error (error);
  test_assert_content (buffer, "0123\0\0\0\0\0\0", 10);

  g_assert_true (spool_buffer_truncate (buffer, 2, NULL, &error));
  g_assert_true (spool_buffer_write (buffer, 6, "x", 1, NULL, &error));
  g_assert_no_error (error);
  test_assert_content (buffer, "01\0\0\0\0x", 7);

  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "");

  g_assert_true (spool_buffer_truncate (buffer, 12, NULL, &error));
  g_assert_no_error (error);
  test_assert_content (buffer, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
}

static void
test_buffer_reserve (gconstpointer data)
{
  goffset threshold = test_threshold (data, 100);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Reserving rolls over where it must, and changes no byte");

  g_assert_true (spool_buffer_append (buffer, "a", 1, NULL, &error));
  g_assert_true (spool_buffer_reserve (buffer, 100, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                   test_rolls (threshold, 100));
  test_assert_text (buffer, "a");

  /* Less than is there already. */
  g_assert_true (spool_buffer_reserve (buffer, 0, NULL, &error));
  g_assert_no_error (error);
  test_assert_text (buffer, "a");

  g_assert_true (spool_buffer_write (buffer, 99, "z", 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 100);

  /* Nor is reserved space seen when the buffer grows into it by a gap. */
  g_assert_true (spool_buffer_reserve (buffer, 5000, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 4000, NULL, &error));
  g_assert_no_error (error);
  for (goffset i = 100; i < 4000; i++)
    {
      guint8 byte = 0xff;

      g_assert_cmpint (spool_buffer_read (buffer, i, &byte, 1, NULL, &error),
                       ==, 1);
      g_assert_cmphex (byte, ==, 0);
    }
}

static void
test_buffer_roll_over (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 100));
  g_autoptr(GError) error = NULL;

  test_append (buffer, 0, 100);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
      g_assert_no_error (error);
      g_assert_true (spool_buffer_get_rolled_over (buffer));
      test_assert_filled (buffer, 100);
    }
  test_append (buffer, 100, 100);
  test_assert_filled (buffer, 200);
}

static void
test_buffer_roll_over_empty (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_text (buffer, "");
  test_assert_usable (buffer);
}

static void
test_buffer_reset (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  guint n_fds = test_count_fds ();
  goffset threshold = test_threshold (data, 50);

  g_test_summary ("After a reset the buffer is as new, and used again");

  buffer = test_buffer_new_in (folder, threshold);
  for (guint i = 0; i < 3; i++)
    {
      test_append (buffer, 0, 50);
      spool_buffer_complete (buffer, NULL);
      g_assert_true (spool_buffer_get_completed (buffer));
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                       test_rolls (threshold, 50));

      g_assert_true (spool_buffer_reset (buffer, NULL, &error));
      g_assert_no_error (error);
      g_assert_false (spool_buffer_get_rolled_over (buffer));
      g_assert_false (spool_buffer_get_completed (buffer));
      g_assert_null (spool_buffer_dup_error (buffer));
      g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, threshold);
      g_assert_cmpint (test_find_fd (folder->path), ==, -1);
      g_assert_cmpint (test_count_fds (), ==, n_fds);
      test_assert_text (buffer, "");
    }
}

static void
test_buffer_flush (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  goffset threshold = test_threshold (data, 1000);

  g_test_summary ("After a flush the kernel has every byte");

  buffer = test_buffer_new_in (folder, threshold);
  for (goffset offset = 0; offset < 1000; offset += 8)
    test_append (buffer, offset, 8);
  g_assert_true (spool_buffer_flush (buffer, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 1000);

  if (test_rolls (threshold, 1000))
    {
      int fd = test_find_fd (folder->path);
      g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
      g_autofree char *contents = NULL;
      gsize length;

      g_assert_cmpint (fd, >=, 0);
      g_assert_true (g_file_get_contents (path, &contents, &length, &error));
      g_assert_no_error (error);
      g_assert_cmpint (length, ==, 1000);
      test_check ((guint8 *) contents, 0, 1000);
    }
}

static void
test_buffer_equal (gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    {
      g_autoptr(SpoolBuffer) one = NULL;
      g_autoptr(SpoolBuffer) other = NULL;

      one = test_buffer_new (test_threshold (data, 100));
      other = test_buffer_new (test_threshold (GINT_TO_POINTER (i), 100));

      g_assert_true (spool_buffer_equal (one, other, NULL, &error));
      test_append (one, 0, 100);
      g_assert_false (spool_buffer_equal (one, other, NULL, &error));
      g_assert_false (spool_buffer_equal (other, one, NULL, &error));
      test_append (other, 0, 99);
      g_assert_false (spool_buffer_equal (one, other, NULL, &error));
      test_append (other, 99, 1);
      g_assert_true (spool_buffer_equal (one, other, NULL, &error));
      g_assert_true (spool_buffer_equal (other, one, NULL, &error));
      g_assert_true (spool_buffer_equal (one, one, NULL, &error));
      g_assert_no_error (error);

      for (goffset offset = 0; offset < 100; offset += 33)
        {
          guint8 byte = test_byte (offset);
          guint8 wrong = byte ^ 1;

          g_assert_true (spool_buffer_write (one, offset, &wrong, 1, NULL,
                                             &error));
          g_assert_false (spool_buffer_equal (one, other, NULL, &error));
          g_assert_no_error (error);
          g_assert_true (spool_buffer_write (one, offset, &byte, 1, NULL,
                                             &error));
          g_assert_true (spool_buffer_equal (one, other, NULL, &error));
          g_assert_no_error (error);
        }
    }
}

static void
test_buffer_close (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  guint n_fds = test_count_fds ();

  g_test_summary ("Closing gives the file back at once");

  buffer = test_buffer_new_in (folder, test_threshold (data, 100));
  test_append (buffer, 0, 100);
  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_count_fds (), ==, n_fds);
  g_assert_cmpint (test_find_fd (folder->path), ==, -1);
}

typedef struct
{
  guint n_freed;
} Freed;

static void
count_free (gpointer data)
{
  ((Freed *) data)->n_freed++;
}

static void
test_buffer_close_memory (void)
{
  Freed freed = { 0 };
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  GBytes *bytes;

  g_test_summary ("Closing gives the memory back at once");

  bytes = g_bytes_new_with_free_func ("static", 6, count_free, &freed);
  buffer = spool_buffer_new_for_bytes (bytes);
  g_bytes_unref (bytes);
  g_assert_cmpint (freed.n_freed, ==, 0);

  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (freed.n_freed, ==, 1);
}

static void
test_buffer_one_after_another (void)
{
  static const gsize sizes[] = {
    140000, 300000, 131072, 3000000, 100, 9000000, 2097152, 20000000, 200000,
    4000000,
  };

  g_test_summary ("The memory of one buffer serves the next, whatever its size");

  for (guint i = 0; i < 3 * G_N_ELEMENTS (sizes); i++)
    {
      gsize size = sizes[(i * 7) % G_N_ELEMENTS (sizes)];
      g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
      g_autoptr(GError) error = NULL;
      guint8 byte = 0xff;

      /* What was there before is not seen in a gap. */
      g_assert_true (spool_buffer_truncate (buffer, size / 2, NULL, &error));
      g_assert_no_error (error);
      for (gsize offset = 0; offset < size / 2; offset += 997)
        {
          g_assert_cmpint (spool_buffer_read (buffer, offset, &byte, 1, NULL,
                                              &error), ==, 1);
          g_assert_cmphex (byte, ==, 0);
        }
      g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
      test_append (buffer, 0, size);
      test_assert_filled (buffer, size);
    }
}

/* What a buffer must be, done on an array of bytes. */
static void
model_write (GByteArray *model,
             gsize       offset,
             gsize       pattern,
             gsize       count)
{
  gsize old = model->len;

  if (offset + count > old)
    {
      g_byte_array_set_size (model, offset + count);
      memset (model->data + old, 0, offset + count - old);
    }
  test_fill (model->data + offset, pattern, count);
}

static void
test_buffer_model (gconstpointer data)
{
  const gsize around = 3000;
  goffset threshold = test_threshold (data, around);
  g_autoptr(GByteArray) model = g_byte_array_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
  gboolean rolled_over = FALSE;

  g_test_summary ("Random calls agree with an array of bytes after each step");

  for (guint i = 0; i < 400; i++)
    {
      gsize old = model->len;
      gsize offset = g_test_rand_int_range (0, 4000);
      gsize count = g_test_rand_int_range (1, 800);
      g_autoptr(GBytes) bytes = test_bytes (i, count);
      gconstpointer source = g_bytes_get_data (bytes, NULL);
      g_autoptr(GError) error = NULL;
      gboolean success = FALSE;

      switch (g_test_rand_int_range (0, 8))
        {
        case 0:
          success = spool_buffer_append (buffer, source, count, NULL, &error);
          model_write (model, old, i, count);
          break;
        case 1:
          success = spool_buffer_append_bytes (buffer, bytes, NULL, &error);
          model_write (model, old, i, count);
          break;
        case 2:
          success = spool_buffer_write (buffer, offset, source, count, NULL,
                                        &error);
          model_write (model, offset, i, count);
          break;
        case 3:
          success = spool_buffer_write_bytes (buffer, offset, bytes, NULL,
                                              &error);
          model_write (model, offset, i, count);
          break;
        case 4:
          success = spool_buffer_truncate (buffer, offset, NULL, &error);
          g_byte_array_set_size (model, offset);
          if (offset > old)
            memset (model->data + old, 0, offset - old);
          break;
        case 5:
          {
            g_autoptr(GBytes) snapshot = NULL;

            snapshot = spool_buffer_get_bytes (buffer, NULL, &error);
            g_assert_no_error (error);
            test_assert_bytes (snapshot, model->data, model->len);
            success = TRUE;
          }
          break;
        case 6:
          success = spool_buffer_flush (buffer, NULL, &error);
          break;
        case 7:
          if (offset < 400)
            {
              success = spool_buffer_reset (buffer, NULL, &error);
              g_byte_array_set_size (model, 0);
              rolled_over = FALSE;
              old = G_MAXSIZE;
            }
          else
            success = spool_buffer_write (buffer, MIN (offset, old), source, 1,
                                          NULL, &error);
          if (offset >= 400)
            model_write (model, MIN (offset, old), i, 1);
          break;
        default:
          g_assert_not_reached ();
        }

      g_assert_no_error (error);
      g_assert_true (success);
      test_assert_content (buffer, model->data, model->len);

      rolled_over = rolled_over ||
                    (model->len > old && test_rolls (threshold, model->len));
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==, rolled_over);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/buffer/new/defaults", test_buffer_new_defaults);
  g_test_add_func ("/buffer/new/with-threshold", test_buffer_new_with_threshold);
  g_test_add_func ("/buffer/new/for-bytes", test_buffer_new_for_bytes);
  g_test_add_func ("/buffer/new/for-bytes-growing",
                   test_buffer_new_for_bytes_growing);
  g_test_add_func ("/buffer/new/for-bytes-freed",
                   test_buffer_new_for_bytes_freed);
  g_test_add_func ("/buffer/new/for-bytes-empty",
                   test_buffer_new_for_bytes_empty);
  g_test_add_func ("/buffer/new/for-bytes-large",
                   test_buffer_new_for_bytes_large);
  g_test_add_func ("/buffer/properties", test_buffer_properties);
  g_test_add_func ("/buffer/property-types", test_buffer_property_types);
  test_add_thresholds ("/buffer/read", test_buffer_read);
  test_add_thresholds ("/buffer/read-array", test_buffer_read_array);
  test_add_thresholds ("/buffer/read-bytes-stay", test_buffer_read_bytes_stay);
  test_add_thresholds ("/buffer/write", test_buffer_write);
  test_add_thresholds ("/buffer/write-gap", test_buffer_write_gap);
  test_add_thresholds ("/buffer/write-nothing", test_buffer_write_nothing);
  test_add_thresholds ("/buffer/write-bytes", test_buffer_write_bytes);
  test_add_thresholds ("/buffer/write-large", test_buffer_write_large);
  test_add_thresholds ("/buffer/write-nonblocking",
                       test_buffer_write_nonblocking);
  g_test_add_func ("/buffer/write-nonblocking/window",
                   test_buffer_write_nonblocking_window);
  test_add_thresholds ("/buffer/truncate", test_buffer_truncate);
  test_add_thresholds ("/buffer/reserve", test_buffer_reserve);
  test_add_thresholds ("/buffer/roll-over", test_buffer_roll_over);
  g_test_add_func ("/buffer/roll-over-empty", test_buffer_roll_over_empty);
  test_add_thresholds ("/buffer/reset", test_buffer_reset);
  test_add_thresholds ("/buffer/flush", test_buffer_flush);
  test_add_thresholds ("/buffer/equal", test_buffer_equal);
  test_add_thresholds ("/buffer/close", test_buffer_close);
  g_test_add_func ("/buffer/close-memory", test_buffer_close_memory);
  g_test_add_func ("/buffer/one-after-another", test_buffer_one_after_another);
  test_add_thresholds ("/buffer/model", test_buffer_model);

  return test_run ();
}
