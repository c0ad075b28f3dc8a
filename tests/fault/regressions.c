/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"
#include "remote.h"
#include "script.h"

#include "spool-glib/spool-mapping-private.h"

#include <spool-glib/spool-glib.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What the fault loop has found once, each as the shortest program that shows
 * it.
 */

static char *directory;

static SpoolBuffer *
new_buffer (gboolean named,
            GFile   *folder)
{
  g_autoptr(GFile) local = g_file_new_for_path (directory);
  SpoolBuffer *buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                      "threshold", (gint64) 0,
                                      "directory", folder != NULL ? folder : local,
                                      "named", named,
                                      NULL);

  return buffer;
}

static void
assert_content (SpoolBuffer *buffer,
                const char  *expected)
{
  gsize length;
  g_autofree guint8 *data = NULL;
  g_autoptr(GError) error = NULL;

  data = spool_buffer_read_array (buffer, 0, G_MAXSSIZE, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (data, length, expected, strlen (expected));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, strlen (expected));
}

static void
assert_fd_content (int         fd,
                   const char *expected)
{
  char data[64];
  gssize n = pread (fd, data, sizeof data, 0);

  g_assert_cmpmem (data, n, expected, strlen (expected));
}

/* Nothing can be read into no place. */
static void
test_regressions_read_nothing (void)
{
  g_autoptr(GFile) remote = remote_new (TRUE);
  GFile *folders[] = { NULL, remote };

  faults_install (0);
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, folders[i]);
      g_autoptr(GError) error = NULL;

      g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, &error));
      g_assert_cmpint (spool_buffer_read (buffer, 1, NULL, 0, NULL, &error), ==, 0);
      g_assert_no_error (error);
    }
  faults_uninstall ();
}

/* The disk is full in the middle of an append to a file that others have, and
 * what went there cannot be taken back at once.
 */
static void
test_regressions_shared_append (void)
{
  FaultPlan plan = { .errsv = EIO, .persistent = TRUE, .short_transfers = TRUE };
  gboolean survived = FALSE;

  for (plan.first = 1; !survived; plan.first++)
    {
      g_autoptr(SpoolBuffer) buffer = new_buffer (TRUE, NULL);
      g_autoptr(GError) error = NULL;

      faults_install (0);
      g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, &error));

      faults_start (&plan);
      survived = spool_buffer_append (buffer, "defghi", 6, NULL, NULL);
      faults_stop ();

      assert_content (buffer, survived ? "abcdefghi" : "abc");
      g_assert_true (spool_buffer_append (buffer, "!", 1, NULL, &error));
      assert_content (buffer, survived ? "abcdefghi!" : "abc!");

      g_clear_object (&buffer);
      faults_uninstall ();
    }

  g_assert_cmpuint (plan.first, >, 3);
}

static void
check_overwrite (GFile    *folder,
                 gboolean  named)
{
  FaultPlan plan = { .errsv = ENOSPC, .short_transfers = TRUE };
  gboolean fired = TRUE;

  for (plan.first = 1; fired; plan.first++)
    {
      g_autoptr(SpoolBuffer) buffer = new_buffer (named, folder);
      g_autoptr(GError) error = NULL;
      gboolean ok;

      faults_install (0);
      g_assert_true (spool_buffer_append (buffer, "abcdefghijkl", 12, NULL, &error));

      faults_start (&plan);
      ok = spool_buffer_write (buffer, 2, "CDEFGHIJKLMNOP", 14, NULL, NULL);
      fired = faults_get_n_fired () > 0;
      faults_stop ();

      g_assert_true (ok || fired);
      assert_content (buffer, ok ? "abCDEFGHIJKLMNOP" : "abcdefghijkl");
      g_assert_true (spool_buffer_flush (buffer, NULL, &error));
      assert_content (buffer, ok ? "abCDEFGHIJKLMNOP" : "abcdefghijkl");

      g_clear_object (&buffer);
      faults_uninstall ();
    }

  g_assert_cmpuint (plan.first, >, 3);
}

static void
test_regressions_shared_overwrite (void)
{
  g_test_summary ("A small overwrite of a file with a name is all or nothing");

  check_overwrite (NULL, TRUE);
}

static void
test_regressions_remote_overwrite (void)
{
  g_autoptr(GFile) remote = remote_new (TRUE);

  g_test_summary ("A small overwrite of a remote file is all or nothing");

  check_overwrite (remote, FALSE);
}

/* A reservation that fails gives back what it got, but not the room that bytes
 * have which were accepted before.
 */
static void
test_regressions_reserve_keeps_room (void)
{
  FaultPlan plan = { .errsv = ENOSPC };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autoptr(GError) error = NULL;

  faults_install (0);
  faults_set_room (200 * 1024);
  faults_start (&plan);

  g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, &error));
  g_assert_false (spool_buffer_reserve (buffer, 1024 * 1024, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);

  faults_set_room (0);
  spool_buffer_flush (buffer, NULL, &error);
  g_assert_no_error (error);
  assert_content (buffer, "abc");

  g_clear_object (&buffer);
  faults_uninstall ();
}

/* Cutting the file gives back the room behind its end, where the window meant
 * to go on.
 */
static void
test_regressions_shrink_takes_room (void)
{
  FaultPlan plan = { .errsv = ENOSPC };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autofree guint8 *block = g_malloc0 (100 * 1024);
  g_autoptr(GError) error = NULL;

  faults_install (0);
  faults_set_room (1024 * 1024);
  faults_start (&plan);

  /* The window is at the start, and the file goes on far behind it. */
  g_assert_true (spool_buffer_append (buffer, block, 8, NULL, &error));
  g_assert_true (spool_buffer_append (buffer, block, 100 * 1024, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 8, NULL, &error));

  faults_set_room (0);
  while (spool_buffer_append (buffer, block, 1000, NULL, &error))
    ;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);

  spool_buffer_flush (buffer, NULL, &error);
  g_assert_no_error (error);

  g_clear_object (&buffer);
  faults_uninstall ();
}

/* Where the disk has no more room to promise, none is taken for promised: not
 * in a hole before the file's end, where small writes go on.
 */
static void
test_regressions_hole_has_no_room (void)
{
  /* Less than a window is left when the steps in which room is reserved have
   * come that far.
   */
  const goffset room = 548 * 1024;
  FaultPlan plan = { .errsv = ENOSPC };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autofree guint8 *block = g_malloc0 (1024);
  g_autoptr(GError) error = NULL;
  goffset offset = 0;

  faults_install (0);
  faults_set_room (room);
  faults_start (&plan);

  g_assert_true (spool_buffer_truncate (buffer, 4 * 1024 * 1024, NULL, &error));
  while (spool_buffer_write (buffer, offset, block, 1024, NULL, &error))
    offset += 1024;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (offset, ==, room);
  g_clear_error (&error);

  for (guint i = 0; i < 3; i++)
    g_assert_false (spool_buffer_write (buffer, offset, block, 1024, NULL, NULL));

  spool_buffer_flush (buffer, NULL, &error);
  g_assert_no_error (error);

  g_clear_object (&buffer);
  faults_uninstall ();
}

/* Room that was reserved in large steps is not kept from others once the stream
 * is closed; what the user has reserved is.
 */
static void
test_regressions_gives_back_room (void)
{
  FaultPlan plan = { .errsv = ENOSPC };
  g_autofree guint8 *block = g_malloc0 (1000);

  for (guint reserve = 0; reserve < 2; reserve++)
    {
      g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
      g_autoptr(SpoolBuffer) other = new_buffer (FALSE, NULL);
      g_autoptr(GOutputStream) stream = spool_memory_output_stream_new_for_buffer (buffer);
      g_autoptr(GError) error = NULL;

      faults_install (0);
      faults_set_room (1024 * 1024);
      faults_start (&plan);

      if (reserve)
        g_assert_true (spool_buffer_reserve (buffer, 1000 * 1000, NULL, &error));
      for (guint i = 0; i < 600; i++)
        g_assert_true (g_output_stream_write_all (stream, block, 1000, NULL, NULL, &error));
      g_assert_true (g_output_stream_close (stream, NULL, &error));
      g_assert_no_error (error);

      g_assert_cmpint (spool_buffer_reserve (other, 400 * 1000, NULL, NULL), ==, !reserve);

      g_clear_object (&stream);
      g_clear_object (&other);
      g_clear_object (&buffer);
      faults_uninstall ();
    }
}

/* Nor does it go to others while it is used, whatever is overwritten meanwhile. */
static void
test_regressions_keeps_promise (void)
{
  FaultPlan plan = { .errsv = ENOSPC };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autoptr(SpoolBuffer) other = new_buffer (FALSE, NULL);
  g_autofree guint8 *block = g_malloc0 (1000);
  g_autoptr(GError) error = NULL;

  faults_install (0);
  faults_set_room (1024 * 1024);
  faults_start (&plan);

  for (guint i = 0; i < 100; i++)
    g_assert_true (spool_buffer_append (buffer, block, 1000, NULL, &error));
  g_assert_true (spool_buffer_reserve (buffer, 1000 * 1000, NULL, &error));
  for (guint i = 0; i < 10; i++)
    g_assert_true (spool_buffer_write (buffer, 1000 * i, block, 1000, NULL, &error));

  for (guint i = 100; i < 1000; i++)
    {
      g_assert_true (spool_buffer_append (buffer, block, 1000, NULL, &error));
      g_assert_no_error (error);
      g_assert_false (spool_buffer_reserve (other, 100 * 1000, NULL, NULL));
    }

  g_assert_true (spool_buffer_flush (buffer, NULL, &error));
  g_assert_no_error (error);

  g_clear_object (&other);
  g_clear_object (&buffer);
  faults_uninstall ();
}

/* What goes past the end needs room of its own, and is not accepted for being
 * part of an overwrite.
 */
static void
test_regressions_overwrite_past_end (void)
{
  FaultPlan plan = { .errsv = ENOSPC };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autofree guint8 *block = g_malloc0 (20 * 1024);
  g_autoptr(GError) error = NULL;

  faults_install (SYSTEM_NO_FALLOCATE);
  faults_set_room (4096);
  faults_start (&plan);

  g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, &error));
  g_assert_false (spool_buffer_write (buffer, 1, block, 20 * 1024, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  assert_content (buffer, "abc");

  g_clear_object (&buffer);
  faults_uninstall ();
}

/* Who has a descriptor sees the content and not a byte more when the buffer is
 * closed.
 */
static void
test_regressions_close_exposed (void)
{
  FaultPlan plan = { .errsv = ENOSPC, .first = 3, .persistent = TRUE,
                     .writes_only = TRUE, .short_transfers = TRUE };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autoptr(GError) error = NULL;
  int fd;

  faults_install (SYSTEM_NO_FALLOCATE);
  g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, &error));
  fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
  g_assert_no_error (error);

  faults_start (&plan);
  g_assert_false (spool_buffer_append (buffer, "defghi", 6, NULL, NULL));
  faults_stop ();

  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  assert_fd_content (fd, "abc");

  close (fd);
  g_clear_object (&buffer);
  faults_uninstall ();
}

/* A disk that cannot wait makes an asynchronous call fail, and not vanish. */
static void
test_regressions_would_block (void)
{
  FaultPlan plan = { .errsv = EAGAIN, .first = 1, .persistent = TRUE };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autoptr(GBytes) bytes = g_bytes_new_static ("abc", 3);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  faults_install (0);
  faults_start (&plan);
  spool_buffer_append_bytes_async (buffer, bytes, G_PRIORITY_DEFAULT, NULL,
                                   world_ready, &result);
  world_wait (&result);
  faults_stop ();

  g_assert_false (spool_buffer_append_bytes_finish (buffer, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

  g_clear_object (&result);
  g_clear_object (&buffer);
  faults_uninstall ();
}

/* Nor does the saving to such a disk, which has a result of its own. */
static void
test_regressions_would_block_save (void)
{
  FaultPlan plan = { .errsv = EAGAIN, .first = 1, .persistent = TRUE };
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autofree char *path = g_build_filename (directory, "saved", NULL);
  g_autoptr(GFile) target = g_file_new_for_path (path);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  faults_install (0);
  g_assert_true (spool_buffer_append (buffer, "abc", 3, NULL, &error));

  faults_start (&plan);
  spool_buffer_save_async (buffer, target, SPOOL_SAVE_NONE, G_PRIORITY_DEFAULT, NULL,
                           NULL, NULL, NULL, world_ready, &result);
  world_wait (&result);
  faults_stop ();

  g_assert_false (spool_buffer_save_finish (buffer, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);

  g_clear_object (&result);
  g_clear_object (&buffer);
  faults_uninstall ();
}

/* A writer may have ended with that error, which a follower then gets. */
static void
test_regressions_would_block_follow (void)
{
  g_autoptr(GError) broken = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "");
  g_autoptr(SpoolBuffer) buffer = new_buffer (FALSE, NULL);
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  char data[4];

  spool_buffer_complete (buffer, broken);
  stream = spool_memory_input_stream_new_for_buffer (buffer);
  spool_memory_input_stream_set_follow (SPOOL_MEMORY_INPUT_STREAM (stream), TRUE);

  g_input_stream_read_async (stream, data, sizeof data, G_PRIORITY_DEFAULT, NULL,
                             world_ready, &result);
  world_wait (&result);

  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/* A mapping that was kept and is too small must not say how large the next one
 * is.
 */
static void
test_regressions_warm_mapping (void)
{
  const gsize sizes[] = { 200 * 1000, 600 * 1000, 150 * 1000, 3000 * 1000, 200 * 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      SpoolMapping mapping;

      g_assert_true (spool_mapping_init (&mapping, sizes[i], G_MAXSSIZE / 2));
      g_assert_cmpuint (mapping.capacity, >=, sizes[i]);
      memset (mapping.data, 1, sizes[i]);
      spool_mapping_clear (&mapping);
    }

  spool_mapping_trim ();
}

int
main (int   argc,
      char *argv[])
{
  int ret;

  g_test_init (&argc, &argv, NULL);

  directory = script_make_directory ();
  world_init (directory);

  g_test_add_func ("/regressions/read-nothing", test_regressions_read_nothing);
  g_test_add_func ("/regressions/shared-append", test_regressions_shared_append);
  g_test_add_func ("/regressions/shared-overwrite", test_regressions_shared_overwrite);
  g_test_add_func ("/regressions/remote-overwrite", test_regressions_remote_overwrite);
  g_test_add_func ("/regressions/reserve-keeps-room", test_regressions_reserve_keeps_room);
  g_test_add_func ("/regressions/shrink-takes-room", test_regressions_shrink_takes_room);
  g_test_add_func ("/regressions/hole-has-no-room", test_regressions_hole_has_no_room);
  g_test_add_func ("/regressions/gives-back-room", test_regressions_gives_back_room);
  g_test_add_func ("/regressions/keeps-promise", test_regressions_keeps_promise);
  g_test_add_func ("/regressions/overwrite-past-end", test_regressions_overwrite_past_end);
  g_test_add_func ("/regressions/close-exposed", test_regressions_close_exposed);
  g_test_add_func ("/regressions/would-block", test_regressions_would_block);
  g_test_add_func ("/regressions/would-block-save", test_regressions_would_block_save);
  g_test_add_func ("/regressions/would-block-follow", test_regressions_would_block_follow);
  g_test_add_func ("/regressions/warm-mapping", test_regressions_warm_mapping);

  ret = g_test_run ();

  g_rmdir (directory);
  g_free (directory);
  world_clear ();

  return ret;
}
