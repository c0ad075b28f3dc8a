/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

static gboolean
is_memory (const char *path)
{
  struct statfs info;

  return statfs (path, &info) == 0 &&
         ((guint32) info.f_type == TMPFS_MAGIC || (guint32) info.f_type == RAMFS_MAGIC);
}

static void
assert_is_in (const char *folder)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);

  g_assert_cmpint (test_find_fd (folder), ==, -1);
  test_append (buffer, 0, 100);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (test_find_fd (folder), >=, 0);
  test_assert_filled (buffer, 100);
}

static void
child_tmpdir (const char *path)
{
  g_autofree char *inner = g_build_filename (path, "inner", NULL);
  g_autoptr(GFile) directory = g_file_new_for_path (inner);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);

  g_setenv ("TMPDIR", path, TRUE);
  assert_is_in (path);

  /* The property is stronger. */
  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  spool_buffer_set_directory (buffer, directory);
  test_append (buffer, 0, 100);
  g_assert_cmpint (test_find_fd (inner), >=, 0);
  g_assert_cmpint (g_rmdir (inner), ==, 0);
  test_assert_filled (buffer, 100);
}

static void
child_var_tmp (const char *argument)
{
  g_unsetenv ("TMPDIR");
  assert_is_in ("/var/tmp");
}

static void
child_tmpfs (const char *argument)
{
  /* Whoever asks for memory gets memory. */
  g_setenv ("TMPDIR", "/dev/shm", TRUE);
  assert_is_in ("/dev/shm");
}

static void
child_tmpdir_missing (const char *path)
{
  g_autofree char *missing = g_build_filename (path, "missing", NULL);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, 10);
  g_autoptr(GError) error = NULL;

  g_setenv ("TMPDIR", missing, TRUE);
  g_assert_false (spool_buffer_append (buffer, "x", 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_filled (buffer, 10);

  /* An empty name chooses nothing. */
  g_setenv ("TMPDIR", "", TRUE);
  test_append (buffer, 10, 1);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (test_find_fd (path), ==, -1);
}

/* What a child exits with where it may not mount a file system. */
#define EXIT_SKIP 77

/* Shows the folder as /mnt, which is the place for caches from here on. */
static void
enter_namespace (const char *path)
{
  int flags = CLONE_NEWNS | (geteuid () == 0 ? 0 : CLONE_NEWUSER);

  if (unshare (flags) != 0 ||
      mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount (path, "/mnt", NULL, MS_BIND, NULL) != 0)
    _exit (EXIT_SKIP);

  g_unsetenv ("TMPDIR");
  g_setenv ("XDG_CACHE_HOME", "/mnt", TRUE);
}

static void
mount_memory (const char *path)
{
  g_assert_cmpint (mount ("tmpfs", path, "tmpfs", 0, "size=1m"), ==, 0);
}

static void
child_memory (const char *path)
{
  enter_namespace (path);
  mount_memory ("/var/tmp");
  assert_is_in ("/mnt");
}

static void
child_all_memory (const char *path)
{
  enter_namespace (path);
  mount_memory ("/mnt");
  mount_memory ("/tmp");
  mount_memory ("/var/tmp");
  assert_is_in ("/var/tmp");
}

static void
child_read_only (const char *path)
{
  enter_namespace (path);
  g_assert_cmpint (mount ("/var/tmp", "/var/tmp", NULL, MS_BIND, NULL), ==, 0);
  g_assert_cmpint (mount (NULL, "/var/tmp", NULL,
                          MS_BIND | MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  assert_is_in ("/mnt");
}

static void
spawn_in_folder (const char *child)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  int status = test_spawn (child, folder->path, NULL, NULL);

  if (WIFEXITED (status) && WEXITSTATUS (status) == EXIT_SKIP)
    {
      g_test_skip ("A file system cannot be mounted here");
      return;
    }

  test_assert_exited (status);
}

static void
test_temporary_file_tmpdir (void)
{
  g_test_summary ("It is where TMPDIR says, and the property before that");

  spawn_in_folder ("tmpdir");
}

static void
test_temporary_file_tmpdir_missing (void)
{
  g_test_summary ("What the user chose is not passed over");

  spawn_in_folder ("tmpdir-missing");
}

static void
test_temporary_file_memory (void)
{
  g_test_summary ("Where /var/tmp is memory, it is in the folder for caches");

  spawn_in_folder ("memory");
}

static void
test_temporary_file_all_memory (void)
{
  g_test_summary ("Where all of them are memory, it is in the first");

  spawn_in_folder ("all-memory");
}

static void
test_temporary_file_read_only (void)
{
  g_test_summary ("One that cannot be written to is passed over");

  spawn_in_folder ("read-only");
}

static void
test_temporary_file_var_tmp (void)
{
  g_test_summary ("Without TMPDIR it is in /var/tmp");

  if (is_memory ("/var/tmp") || g_access ("/var/tmp", W_OK) != 0)
    {
      g_test_skip ("/var/tmp is no disk here");
      return;
    }

  test_assert_exited (test_spawn ("var-tmp", NULL, NULL, NULL));
}

static void
test_temporary_file_tmpfs (void)
{
  if (!is_memory ("/dev/shm") || g_access ("/dev/shm", W_OK) != 0)
    {
      g_test_skip ("/dev/shm is no tmpfs here");
      return;
    }

  test_assert_exited (test_spawn ("tmpfs", NULL, NULL, NULL));
}

static void
test_temporary_file_attributes (void)
{
  static const mode_t masks[] = { 0, 022, 077, 0777 };

  g_test_summary ("It has no name, is nobody else's, and no child gets it");

  for (gsize i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      g_autoptr(TestFolder) folder = test_folder_new ();
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
      mode_t old = umask (masks[i]);
      struct stat info;
      int fd;

      test_append (buffer, 0, 100);
      umask (old);

      fd = test_find_fd (folder->path);
      g_assert_cmpint (fd, >=, 0);
      g_assert_cmpint (fstat (fd, &info), ==, 0);
      g_assert_true (S_ISREG (info.st_mode));
      /* A mask can take rights away, and may, but gives none. */
      g_assert_cmphex (info.st_mode & 07777 & ~0600, ==, 0);
      if ((masks[i] & 0600) == 0)
        g_assert_cmphex (info.st_mode & 07777, ==, 0600);
      g_assert_cmpint (info.st_nlink, ==, 0);
      g_assert_cmpint (info.st_uid, ==, geteuid ());
      g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
      g_assert_cmpint (test_folder_count (folder), ==, 0);
      g_assert_null (spool_buffer_get_file (buffer));
      test_assert_filled (buffer, 100);
    }
}

/* Every call that could need a file. */
static void
use_everything (SpoolBuffer *buffer)
{
  g_autoptr(GInputStream) source = test_stream_new (300000);
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GBytes) bytes = NULL;
  int fd;

  test_append (buffer, 0, 100000);
  g_assert_true (spool_buffer_write (buffer, 500000, "x", 1, NULL, NULL));
  g_assert_true (spool_buffer_truncate (buffer, 100000, NULL, NULL));
  bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
  g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, NULL));
  fd = spool_buffer_dup_fd (buffer, FALSE, NULL, NULL);
  g_assert_true (g_close (fd, NULL));
  fd = spool_buffer_dup_fd (buffer, TRUE, NULL, NULL);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (spool_buffer_reserve (buffer, 1000000, NULL, NULL));
  output = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_cmpint (g_output_stream_splice (output, source,
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                           NULL, NULL), ==, 300000);
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  test_append (buffer, 0, 100000);
  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));
  g_assert_true (spool_buffer_roll_over (buffer, NULL, NULL));
}

static void
test_temporary_file_invisible (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  char events[4096];
  int watch;

  g_test_summary ("No name is ever seen in the directory");

  watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  g_assert_cmpint (watch, >=, 0);
  g_assert_cmpint (inotify_add_watch (watch, folder->path,
                                      IN_CREATE | IN_MOVE | IN_DELETE), >=, 0);
  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;

      buffer = test_buffer_new_in (folder, test_threshold (GINT_TO_POINTER (i),
                                                           100000));
      use_everything (buffer);
      g_assert_cmpint (test_folder_count (folder), ==, 0);
    }

  g_assert_cmpint (read (watch, events, sizeof (events)), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);

  /* And such a name would have been seen. */
  {
    g_autofree char *path = g_build_filename (folder->path, "seen", NULL);

    g_assert_true (g_file_set_contents (path, "", 0, NULL));
    g_assert_cmpint (g_remove (path), ==, 0);
    g_assert_cmpint (read (watch, events, sizeof (events)), >, 0);
  }
  close (watch);
}

static void
child_killed (const char *path)
{
  g_autoptr(GFile) directory = g_file_new_for_path (path);
  guint n_buffers = 0;

  /* Somewhere in the middle of things, at the latest at the end. */
  for (;;)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;

      buffer = g_object_new (SPOOL_TYPE_BUFFER,
                             "directory", directory,
                             "threshold", G_GINT64_CONSTANT (10),
                             NULL);
      use_everything (buffer);
      if (++n_buffers == 3)
        kill (getpid (), SIGKILL);
    }
}

static void
test_temporary_file_killed (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_test_summary ("A killed process leaves nothing");

  test_assert_signaled (test_spawn ("killed", folder->path, NULL, NULL),
                        SIGKILL);
  g_assert_cmpint (test_folder_count (folder), ==, 0);
}

static void
child_endless (const char *path)
{
  g_autoptr(GFile) directory = g_file_new_for_path (path);

  for (;;)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;

      buffer = g_object_new (SPOOL_TYPE_BUFFER,
                             "directory", directory,
                             "threshold", G_GINT64_CONSTANT (10),
                             NULL);
      test_append (buffer, 0, 5000);
      if (write (STDOUT_FILENO, ".", 1) != 1)
        _exit (1);
    }
}

/* Killed from outside, at whatever it was at. */
static void
test_temporary_file_killed_anywhere (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);

  for (guint i = 1; i <= 20; i++)
    {
      char *argv[] = {
        program, (char *) "--spool-child", (char *) "endless", folder->path,
        NULL,
      };
      g_autoptr(GError) error = NULL;
      char dots[20];
      GPid pid;
      int status, output;

      g_spawn_async_with_pipes (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
                                NULL, NULL, &pid, NULL, &output, NULL, &error);
      g_assert_no_error (error);
      for (gsize j = 0; j < i; j++)
        g_assert_cmpint (read (output, dots, 1), ==, 1);
      g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      g_assert_true (WIFSIGNALED (status));
      g_assert_true (g_close (output, NULL));
      g_assert_cmpint (test_folder_count (folder), ==, 0);
    }
}

static void
child_list (const char *path)
{
  g_assert_cmpint (test_find_fd (path), ==, -1);
  g_assert_cmpint (test_find_fd ("/var/tmp"), ==, -1);
}

static void
test_temporary_file_no_leak (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GBytes) bytes = NULL;
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  char *argv[] = {
    program, (char *) "--spool-child", (char *) "list", folder->path, NULL,
  };
  g_autoptr(GError) error = NULL;
  int one, other, status;

  g_test_summary ("A child that inherits what it can inherits none of ours");

  test_append (buffer, 0, 100);
  one = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
  g_assert_no_error (error);
  other = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
  g_assert_no_error (error);
  bytes = spool_buffer_get_bytes (buffer, NULL, &error);
  g_assert_no_error (error);

  g_spawn_sync (NULL, argv, NULL, G_SPAWN_LEAVE_DESCRIPTORS_OPEN, NULL, NULL,
                NULL, NULL, &status, &error);
  g_assert_no_error (error);
  test_assert_exited (status);
  g_assert_true (g_close (one, NULL));
  g_assert_true (g_close (other, NULL));
}

static SpoolBuffer *
named_new (TestFolder *folder)
{
  return g_object_new (SPOOL_TYPE_BUFFER,
                       "directory", folder->file,
                       "named", TRUE,
                       "threshold", G_GINT64_CONSTANT (10),
                       NULL);
}

static void
test_temporary_file_named (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder);
  GFile *file;
  g_autofree char *path = NULL;
  g_autofree char *only = NULL;
  g_autofree char *contents = NULL;
  struct stat info;
  gsize length;
  mode_t old = umask (0);

  g_test_summary ("A buffer that asked for it has a path once it rolled over");

  g_assert_null (spool_buffer_get_file (buffer));
  test_append (buffer, 0, 10);
  g_assert_null (spool_buffer_get_file (buffer));
  g_assert_cmpint (test_folder_count (folder), ==, 0);

  test_append (buffer, 10, 90);
  umask (old);
  file = spool_buffer_get_file (buffer);
  g_assert_nonnull (file);
  path = g_file_get_path (file);
  only = test_folder_get_only (folder);
  g_assert_cmpstr (path, ==, only);
  g_assert_cmpint (g_lstat (path, &info), ==, 0);
  g_assert_true (S_ISREG (info.st_mode));
  g_assert_cmphex (info.st_mode & 07777, ==, 0600);
  g_object_unref (file);

  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_cmpint (length, ==, 100);
  test_check ((guint8 *) contents, 0, 100);

  g_assert_finalize_object (g_steal_pointer (&buffer));
  g_assert_cmpint (test_folder_count (folder), ==, 0);
}

static void
test_temporary_file_named_ends (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder);

  g_test_summary ("The name goes with the file, at every end it can have");

  test_append (buffer, 0, 100);
  g_assert_cmpint (test_folder_count (folder), ==, 1);
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  g_assert_cmpint (test_folder_count (folder), ==, 0);
  g_assert_null (spool_buffer_get_file (buffer));

  test_append (buffer, 0, 100);
  g_assert_cmpint (test_folder_count (folder), ==, 1);
  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  g_assert_cmpint (test_folder_count (folder), ==, 0);
  g_assert_null (spool_buffer_get_file (buffer));
}

static void
test_temporary_file_named_snapshot (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder);
  g_autoptr(GBytes) bytes = NULL;
  g_autofree char *path = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  g_test_summary ("The name is that of the bytes, also beside a snapshot");

  test_append (buffer, 0, 100);
  bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
  g_assert_true (spool_buffer_write (buffer, 0, "changed", 7, NULL, NULL));
  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));
  path = test_folder_get_only (folder);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  g_assert_cmpint (length, ==, 100);
  g_assert_cmpmem (contents, 7, "changed", 7);
  test_check (g_bytes_get_data (bytes, NULL), 0, 100);
}

static void
test_temporary_file_named_taken (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder);
  g_autofree char *path = NULL;

  g_test_summary ("Somebody who removes the file does no harm");

  test_append (buffer, 0, 100);
  path = test_folder_get_only (folder);
  g_assert_cmpint (g_remove (path), ==, 0);
  test_assert_filled (buffer, 100);
  test_append (buffer, 100, 100);
  test_assert_filled (buffer, 200);
}

static void
child_fork (const char *path)
{
  g_autoptr(GFile) directory = g_file_new_for_path (path);
  SpoolBuffer *buffer;
  int status;
  pid_t pid;

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", directory,
                         "named", TRUE,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, 100);

  pid = fork ();
  if (pid == 0)
    {
      g_object_unref (buffer);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  test_assert_exited (status);

  {
    g_autoptr(GFile) file = spool_buffer_get_file (buffer);

    g_assert_true (g_file_query_exists (file, NULL));
  }
  test_assert_filled (buffer, 100);
  g_object_unref (buffer);
}

static void
test_temporary_file_named_fork (void)
{
  g_test_summary ("A child that drops the buffer leaves its parent the name");

  spawn_in_folder ("fork");
}

static void
test_temporary_file_directory_moved (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree char *inner = g_build_filename (folder->path, "inner", NULL);
  g_autoptr(GFile) directory = g_file_new_for_path (inner);
  g_autoptr(SpoolBuffer) buffer = NULL;

  g_test_summary ("A directory that goes away takes no byte with it");

  g_assert_cmpint (g_mkdir (inner, 0700), ==, 0);
  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", directory,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, 100);
  g_assert_cmpint (g_rmdir (inner), ==, 0);
  test_append (buffer, 100, 100);
  test_assert_filled (buffer, 200);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("tmpdir", child_tmpdir);
  test_add_child ("tmpdir-missing", child_tmpdir_missing);
  test_add_child ("memory", child_memory);
  test_add_child ("all-memory", child_all_memory);
  test_add_child ("read-only", child_read_only);
  test_add_child ("var-tmp", child_var_tmp);
  test_add_child ("tmpfs", child_tmpfs);
  test_add_child ("killed", child_killed);
  test_add_child ("endless", child_endless);
  test_add_child ("list", child_list);
  test_add_child ("fork", child_fork);

  g_test_add_func ("/temporary-file/tmpdir", test_temporary_file_tmpdir);
  g_test_add_func ("/temporary-file/tmpdir-missing",
                   test_temporary_file_tmpdir_missing);
  g_test_add_func ("/temporary-file/memory", test_temporary_file_memory);
  g_test_add_func ("/temporary-file/all-memory",
                   test_temporary_file_all_memory);
  g_test_add_func ("/temporary-file/read-only", test_temporary_file_read_only);
  g_test_add_func ("/temporary-file/var-tmp", test_temporary_file_var_tmp);
  g_test_add_func ("/temporary-file/tmpfs", test_temporary_file_tmpfs);
  g_test_add_func ("/temporary-file/attributes",
                   test_temporary_file_attributes);
  g_test_add_func ("/temporary-file/invisible", test_temporary_file_invisible);
  g_test_add_func ("/temporary-file/killed", test_temporary_file_killed);
  g_test_add_func ("/temporary-file/killed-anywhere",
                   test_temporary_file_killed_anywhere);
  g_test_add_func ("/temporary-file/no-leak", test_temporary_file_no_leak);
  g_test_add_func ("/temporary-file/named", test_temporary_file_named);
  g_test_add_func ("/temporary-file/named-ends",
                   test_temporary_file_named_ends);
  g_test_add_func ("/temporary-file/named-snapshot",
                   test_temporary_file_named_snapshot);
  g_test_add_func ("/temporary-file/named-taken",
                   test_temporary_file_named_taken);
  g_test_add_func ("/temporary-file/named-fork",
                   test_temporary_file_named_fork);
  g_test_add_func ("/temporary-file/directory-moved",
                   test_temporary_file_directory_moved);

  return test_run ();
}
