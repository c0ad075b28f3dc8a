/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child exits with where it may not mount a file system. */
#define EXIT_SKIP 77

#define KIB 1024

static gboolean
write_map (const char *path,
           const char *map)
{
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0 && write (fd, map, strlen (map)) == (gssize) strlen (map);

  if (fd >= 0)
    g_close (fd, NULL);

  return ok;
}

/* Whoever may not mount may do so in a user namespace, where that is allowed,
 * as the root that this user is there.
 */
static gboolean
enter_namespace (void)
{
  g_autofree char *uid_map = g_strdup_printf ("0 %u 1", (guint) geteuid ());
  g_autofree char *gid_map = g_strdup_printf ("0 %u 1", (guint) getegid ());

  if (geteuid () == 0)
    return unshare (CLONE_NEWNS) == 0;

  return unshare (CLONE_NEWNS | CLONE_NEWUSER) == 0 &&
         write_map ("/proc/self/uid_map", uid_map) &&
         write_map ("/proc/self/setgroups", "deny") &&
         write_map ("/proc/self/gid_map", gid_map);
}

/* A file system of its own, seen by this process only. */
static SpoolBuffer *
enter_disk (const char    *path,
            goffset        threshold,
            unsigned long  mount_flags,
            const char    *options)
{
  g_autoptr(GFile) directory = g_file_new_for_path (path);

  if (!enter_namespace () ||
      mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount ("tmpfs", path, "tmpfs", mount_flags, options) != 0)
    _exit (EXIT_SKIP);

  return g_object_new (SPOOL_TYPE_BUFFER,
                       "directory", directory,
                       "threshold", (gint64) threshold,
                       NULL);
}

/* One with 256 KiB of room. */
static SpoolBuffer *
enter_small_disk (const char *path,
                  goffset     threshold)
{
  return enter_disk (path, threshold, 0, "size=256k");
}

/* Leaves that much room on the disk. */
static void
fill_disk (const char *path,
           gsize       room)
{
  g_autofree char *name = g_build_filename (path, "filler", NULL);
  int fd = g_open (name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fallocate (fd, 0, 0, 256 * KIB - room), ==, 0);
  g_assert_true (g_close (fd, NULL));
}

static void
free_disk (const char *path)
{
  g_autofree char *name = g_build_filename (path, "filler", NULL);

  g_assert_cmpint (g_remove (name), ==, 0);
}

static void
assert_no_space (gboolean      success,
                 GError      **error)
{
  g_assert_error (*error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_false (success);
  g_clear_error (error);
}

static void
child_roll_over (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 16 * KIB);
  g_autoptr(GBytes) bytes = test_bytes (16 * KIB, 16 * KIB);
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;
  guint n_fds;

  test_append (buffer, 0, 16 * KIB);
  n_fds = test_count_fds ();
  state = test_state_new (buffer);
  fill_disk (path, 8 * KIB);

  for (guint i = 0; i < 3; i++)
    {
      assert_no_space (spool_buffer_append_bytes (buffer, bytes, NULL, &error),
                       &error);
      test_state_assert (state, buffer);
      assert_no_space (spool_buffer_write_bytes (buffer, 16 * KIB, bytes, NULL,
                                                 &error),
                       &error);
      test_state_assert (state, buffer);
      assert_no_space (spool_buffer_roll_over (buffer, NULL, &error), &error);
      test_state_assert (state, buffer);
      assert_no_space (spool_buffer_reserve (buffer, 17 * KIB, NULL, &error),
                       &error);
      test_state_assert (state, buffer);
      g_assert_cmpint (test_count_fds (), ==, n_fds);
    }

  free_disk (path);
  g_assert_true (spool_buffer_append_bytes (buffer, bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, 32 * KIB);
}

static void
child_roll_over_for_write (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 16 * KIB);
  g_autoptr(GBytes) bytes = test_bytes (16 * KIB, 48 * KIB);
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  /* There is room for what is there already and not for what is to come. */
  test_append (buffer, 0, 16 * KIB);
  state = test_state_new (buffer);
  fill_disk (path, 32 * KIB);

  for (guint i = 0; i < 2; i++)
    {
      assert_no_space (spool_buffer_append_bytes (buffer, bytes, NULL, &error),
                       &error);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, 16 * KIB);
      test_assert_filled (buffer, 16 * KIB);
    }

  free_disk (path);
  g_assert_true (spool_buffer_append_bytes (buffer, bytes, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 64 * KIB);
}

static void
child_append (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 0);
  g_autoptr(GBytes) bytes = test_bytes (40 * KIB, 1024 * KIB);
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  test_append (buffer, 0, 40 * KIB);
  state = test_state_new (buffer);
  for (guint i = 0; i < 3; i++)
    {
      assert_no_space (spool_buffer_append_bytes (buffer, bytes, NULL, &error),
                       &error);
      test_state_assert (state, buffer);
    }

  assert_no_space (spool_buffer_reserve (buffer, 1024 * KIB, NULL, &error),
                   &error);
  test_state_assert (state, buffer);

  test_append (buffer, 40 * KIB, 40 * KIB);
  test_assert_filled (buffer, 80 * KIB);
}

static void
child_small_writes (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 0);
  g_autoptr(GError) error = NULL;
  goffset accepted = 0;
  int fd;

  /* Whatever is accepted is there, also where it came in drops. */
  for (;;)
    {
      guint8 bytes[96];

      test_fill (bytes, accepted, sizeof (bytes));
      if (!spool_buffer_append (buffer, bytes, sizeof (bytes), NULL, &error))
        break;
      accepted += sizeof (bytes);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, accepted);
    }
  assert_no_space (FALSE, &error);
  g_assert_cmpint (accepted, >, 128 * KIB);
  g_assert_cmpint (accepted, <=, 256 * KIB);
  test_assert_filled (buffer, accepted);

  g_assert_true (spool_buffer_flush (buffer, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, accepted);

  fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
  g_assert_no_error (error);
  for (goffset offset = 0; offset < accepted; offset += 96)
    {
      guint8 bytes[96];

      g_assert_cmpint (pread (fd, bytes, 96, offset), ==, 96);
      test_check (bytes, offset, 96);
    }
  g_assert_true (g_close (fd, NULL));

  /* Overwriting needs no room. */
  g_assert_true (spool_buffer_write (buffer, 1000, "x", 1, NULL, &error));
  g_assert_no_error (error);

  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
  g_assert_no_error (error);
  test_append (buffer, 0, 96 * KIB);
  test_assert_filled (buffer, 96 * KIB);
}

static void
child_stream (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 16 * KIB);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GBytes) bytes = test_bytes (0, 1024 * KIB);
  g_autoptr(GError) error = NULL;
  gsize written = 0;
  gboolean success;

  /* Whether it wrote a part or nothing, it says truly how much. */
  stream = spool_memory_output_stream_new_for_buffer (buffer);
  success = g_output_stream_write_all (stream, g_bytes_get_data (bytes, NULL),
                                       1024 * KIB, &written, NULL, &error);
  assert_no_space (success, &error);
  g_assert_cmpint (written, <=, 256 * KIB);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, written);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, written);
  test_assert_filled (buffer, written);

  g_assert_true (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error));
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL,
                                  &error));
  success = g_output_stream_write_all (stream, g_bytes_get_data (bytes, NULL),
                                       100 * KIB, &written, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (success);
  test_assert_filled (buffer, 100 * KIB);
}

static void
child_splice (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 16 * KIB);

  for (guint async = 0; async < 2; async++)
    {
      g_autoptr(GInputStream) source = test_stream_new (1024 * KIB);
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      goffset size;

      /* What arrived stays; the size says where to go on. */
      test_stream_set_step (TEST_STREAM (source), 10000);
      if (async)
        {
          spool_buffer_splice_from_async (buffer, source,
                                          G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                          test_ready, &result);
          test_wait (&result);
          assert_no_space (spool_buffer_splice_from_finish (buffer, result,
                                                            &error) >= 0,
                           &error);
        }
      else
        assert_no_space (spool_buffer_splice_from (buffer, source,
                                                   G_OUTPUT_STREAM_SPLICE_NONE,
                                                   NULL, &error) >= 0,
                         &error);

      size = spool_buffer_get_size (buffer);
      g_assert_cmpint (size, >, 100 * KIB);
      g_assert_cmpint (size, <=, 256 * KIB);
      test_assert_filled (buffer, size);
      g_assert_true (spool_buffer_truncate (buffer, 0, NULL, &error));
      g_assert_no_error (error);
    }
}

static void
child_snapshot (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 0);
  g_autoptr(GBytes) snapshot = NULL;
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  /* The clone that a write into a snapshot needs has no room. */
  test_append (buffer, 0, 150 * KIB);
  snapshot = spool_buffer_get_bytes (buffer, NULL, &error);
  g_assert_no_error (error);
  state = test_state_new (buffer);

  for (guint i = 0; i < 2; i++)
    {
      gboolean success;

      success = spool_buffer_write (buffer, 10, "x", 1, NULL, &error);
      if (success)
        g_error ("150 KiB were cloned where there was room for 106 KiB");
      assert_no_space (success, &error);
      test_state_assert (state, buffer);
    }
  g_assert_cmpint (g_bytes_get_size (snapshot), ==, 150 * KIB);
  test_check (g_bytes_get_data (snapshot, NULL), 0, 150 * KIB);

  g_clear_pointer (&snapshot, g_bytes_unref);
  g_assert_true (spool_buffer_write (buffer, 10, "x", 1, NULL, &error));
  g_assert_no_error (error);
}

static void
child_save (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_small_disk (path, 0);
  g_autofree char *name = g_build_filename (path, "file", NULL);
  g_autoptr(GFile) file = g_file_new_for_path (name);
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;

  /* There is no room for a copy, but none is needed to move. */
  test_append (buffer, 0, 150 * KIB);
  g_assert_true (g_file_set_contents (name, "old", -1, &error));
  for (guint i = 0; i < 2; i++)
    {
      assert_no_space (spool_buffer_save (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL,
                                          &error),
                       &error);
      test_assert_filled (buffer, 150 * KIB);
      g_assert_true (g_file_get_contents (name, &contents, NULL, &error));
      g_assert_cmpstr (contents, ==, "old");
      g_clear_pointer (&contents, g_free);
    }

  g_assert_true (spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 150 * KIB);
  g_assert_true (g_file_get_contents (name, &contents, &length, &error));
  g_assert_cmpuint (length, ==, 150 * KIB);
  test_check ((const guint8 *) contents, 0, length);
}

static void
child_no_inodes (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_disk (path, 1000, 0, "size=256k,nr_inodes=2");
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  /* There is room, but not for one more file. */
  test_append (buffer, 0, 1000);
  state = test_state_new (buffer);
  fill_disk (path, 128 * KIB);
  for (guint i = 0; i < 3; i++)
    {
      assert_no_space (spool_buffer_append (buffer, "x", 1, NULL, &error), &error);
      test_state_assert (state, buffer);
    }

  free_disk (path);
  test_append (buffer, 1000, 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, 1001);
}

static void
child_read_only (const char *path)
{
  g_autoptr(SpoolBuffer) buffer = enter_disk (path, 1000, MS_RDONLY, "size=256k");
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  test_append (buffer, 0, 1000);
  state = test_state_new (buffer);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (spool_buffer_append (buffer, "x", 1, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
      g_clear_error (&error);
      test_state_assert (state, buffer);
    }

  g_assert_cmpint (mount (NULL, path, NULL, MS_REMOUNT, "size=256k"), ==, 0);
  test_append (buffer, 1000, 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, 1001);
}

static void
child_limited (const char *argument)
{
  struct rlimit limit;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (1000);
  g_autoptr(SpoolBuffer) memory = test_buffer_new (40 * KIB);
  g_autoptr(GBytes) bytes = test_bytes (20 * KIB, 40 * KIB);
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;
  sigset_t pending;

  /* The kernel kills for a write past this limit, where nobody minds it. */
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = 32 * KIB;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  signal (SIGXFSZ, SIG_DFL);

  test_append (buffer, 0, 20 * KIB);
  state = test_state_new (buffer);
  for (guint i = 0; i < 3; i++)
    {
      assert_no_space (spool_buffer_append_bytes (buffer, bytes, NULL, &error),
                       &error);
      test_state_assert (state, buffer);
      assert_no_space (spool_buffer_truncate (buffer, 33 * KIB, NULL, &error),
                       &error);
      test_state_assert (state, buffer);
      assert_no_space (spool_buffer_reserve (buffer, 33 * KIB, NULL, &error),
                       &error);
      test_state_assert (state, buffer);
      assert_no_space (spool_buffer_write (buffer, 33 * KIB, "x", 1, NULL,
                                           &error),
                       &error);
      test_state_assert (state, buffer);
    }

  /* A roll-over that would pass it. */
  test_append (memory, 0, 40 * KIB);
  assert_no_space (spool_buffer_append (memory, "x", 1, NULL, &error), &error);
  g_assert_false (spool_buffer_get_rolled_over (memory));
  test_assert_filled (memory, 40 * KIB);

  /* No signal is left behind, and nobody's handler was changed. */
  g_assert_cmpint (sigpending (&pending), ==, 0);
  g_assert_false (sigismember (&pending, SIGXFSZ));
  g_assert_true (signal (SIGXFSZ, SIG_DFL) == SIG_DFL);

  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_true (spool_buffer_append_bytes (buffer, bytes, NULL, &error));
  g_assert_no_error (error);
  test_assert_filled (buffer, 60 * KIB);
  test_append (memory, 40 * KIB, 1);
  g_assert_true (spool_buffer_get_rolled_over (memory));
  test_assert_filled (memory, 40 * KIB + 1);
}

static void
child_limited_async (const char *argument)
{
  struct rlimit limit;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (1000);
  g_autoptr(GBytes) bytes = test_bytes (20 * KIB, 40 * KIB);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = 32 * KIB;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  signal (SIGXFSZ, SIG_DFL);

  test_append (buffer, 0, 20 * KIB);
  spool_buffer_append_bytes_async (buffer, bytes, 0, NULL, test_ready, &result);
  test_wait (&result);
  assert_no_space (spool_buffer_append_bytes_finish (buffer, result, &error),
                   &error);
  test_assert_filled (buffer, 20 * KIB);
}

static void
child_no_descriptors (const char *argument)
{
  struct rlimit limit;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (1000);
  g_autoptr(GError) error = NULL;
  g_autoptr(GArray) fds = g_array_new (FALSE, FALSE, sizeof (int));

  test_append (buffer, 0, 1000);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = 64;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  for (;;)
    {
      int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

      if (fd < 0)
        break;
      g_array_append_val (fds, fd);
    }

  for (guint i = 0; i < 3; i++)
    {
      g_assert_false (spool_buffer_append (buffer, "x", 1, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      g_clear_error (&error);
      g_assert_false (spool_buffer_get_rolled_over (buffer));
      test_assert_filled (buffer, 1000);
    }

  for (guint i = 0; i < fds->len; i++)
    g_assert_true (g_close (g_array_index (fds, int, i), NULL));
  test_append (buffer, 1000, 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, 1001);
}

/* Each runs in a process of its own, for what it does to that. */
static const struct
{
  const char *name;
  TestChild child;
} tests[] = {
  { "roll-over", child_roll_over },
  { "roll-over-for-write", child_roll_over_for_write },
  { "append", child_append },
  { "small-writes", child_small_writes },
  { "stream", child_stream },
  { "splice", child_splice },
  { "snapshot", child_snapshot },
  { "save", child_save },
  { "no-inodes", child_no_inodes },
  { "read-only", child_read_only },
  { "limited", child_limited },
  { "limited-async", child_limited_async },
  { "no-descriptors", child_no_descriptors },
};

static void
test_buffer_full_disk (gconstpointer data)
{
  const char *name = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  int status = test_spawn (name, folder->path, NULL, NULL);

  if (WIFEXITED (status) && WEXITSTATUS (status) == EXIT_SKIP)
    {
      g_test_skip ("A file system cannot be mounted here");
      return;
    }

  test_assert_exited (status);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/buffer-full-disk/", tests[i].name,
                                           NULL);

      test_add_child (tests[i].name, tests[i].child);
      g_test_add_data_func (path, tests[i].name, test_buffer_full_disk);
    }

  return test_run ();
}
