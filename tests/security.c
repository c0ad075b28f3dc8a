/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What others on the machine, a child process, or who sends the data could do.
 * The chapter "Reliability" says which test is there for which threat.
 */

#include "config.h"

#include "test-stream.h"
#include "test-sys.h"
#include "test-utils.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 100003

extern char **environ;

static SpoolBuffer *
named_new (TestFolder *folder,
           gboolean    named)
{
  return g_object_new (SPOOL_TYPE_BUFFER,
                       "directory", folder->file,
                       "named", named,
                       "threshold", G_GINT64_CONSTANT (1000),
                       NULL);
}

/* --- Who can read it ------------------------------------------------------ */

typedef struct
{
  guint n_opened;
  guint n_written;
} Audit;

/* A file is there for nobody else as long as anything is written to it. */
static void
audit_written (int fd)
{
  g_autofree char *path = test_dup_fd_path (fd);
  struct stat buf;

  /* That one is only reached through this process's own descriptors. */
  if (path != NULL && g_str_has_prefix (path, "/memfd:"))
    return;

  if (fstat (fd, &buf) != 0)
    g_error ("There is no descriptor %d", fd);
  if ((buf.st_mode & 0077) != 0)
    g_error ("Something is written to %s, whose mode is %o", path, buf.st_mode);
}

static int
audit_hook (const TestSysInfo *info,
            gpointer           user_data)
{
  Audit *self = user_data;

  switch (info->call)
    {
    case TEST_SYS_OPEN:
    case TEST_SYS_OPEN_AT:
      self->n_opened++;
      if ((info->flags & O_CLOEXEC) == 0)
        g_error ("%s is opened for children too", info->path);
      if ((info->flags & O_CREAT) != 0 &&
          (info->flags & (O_EXCL | O_NOFOLLOW)) != (O_EXCL | O_NOFOLLOW))
        g_error ("%s may be somebody else's", info->path);
      break;

    case TEST_SYS_PWRITE:
    case TEST_SYS_COPY_FILE_RANGE:
    case TEST_SYS_CLONE_FILE:
      self->n_written++;
      audit_written (info->fd);
      break;

    default:
      break;
    }

  return 0;
}

static int
audit_without_tmpfile_hook (const TestSysInfo *info,
                            gpointer           user_data)
{
  audit_hook (info, user_data);

  return (info->flags & O_TMPFILE) == O_TMPFILE ? EOPNOTSUPP : 0;
}

/* Every way in which bytes get into a file. */
static void
write_everywhere (TestFolder *folder,
                  gboolean    named,
                  gboolean    replace)
{
  static const SpoolSaveFlags flags[] = {
    SPOOL_SAVE_NONE, SPOOL_SAVE_PRIVATE, SPOOL_SAVE_DURABLE,
  };
  g_autoptr(GFile) target = g_file_get_child (folder->file, "target");

  for (gsize i = 0; i < G_N_ELEMENTS (flags) * 2; i++)
    {
      g_autoptr(SpoolBuffer) buffer = named_new (folder, named);
      g_autoptr(GInputStream) source = test_stream_new (SIZE);
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      int fd;

      if (replace)
        {
          g_assert_true (g_file_set_contents (g_file_peek_path (target), "old", 3, NULL));
          g_assert_cmpint (g_chmod (g_file_peek_path (target), 0666), ==, 0);
        }

      g_assert_cmpint (spool_buffer_splice_from (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE,
                                                 NULL, &error), ==, SIZE);
      bytes = spool_buffer_get_bytes (buffer, NULL, &error);
      g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, &error));
      fd = spool_buffer_create_sealed_fd (buffer, NULL, &error);
      g_assert_true (g_close (fd, &error));
      g_assert_true ((i % 2 == 0 ? spool_buffer_save : spool_buffer_move)
                     (buffer, target, flags[i / 2], NULL, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_file_delete (target, NULL, NULL), ==, TRUE);
    }
}

static void
test_security_modes (gconstpointer data)
{
  guint mask = GPOINTER_TO_UINT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  Audit audit = { 0 };
  mode_t old;

  g_test_summary ("Nothing is written where others can read, or where their file may be");

  old = umask ((mode_t) mask);
  for (guint i = 0; i < 8; i++)
    {
      test_sys_set_hook (i & 1 ? audit_hook : audit_without_tmpfile_hook, &audit);
      write_everywhere (folder, (i & 2) != 0, (i & 4) != 0);
      test_sys_set_hook (NULL, NULL);
    }
  umask (old);

  g_assert_cmpuint (audit.n_opened, >, 100);
  g_assert_cmpuint (audit.n_written, >, 100);
}

static void
test_security_modes_seen (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder->path, "open", NULL);
  int fd;

  g_test_summary ("The check would see a file that is open to others");

  if (g_test_subprocess ())
    {
      fd = g_open (path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
      g_assert_cmpint (fchmod (fd, 0644), ==, 0);
      g_remove (path);
      g_rmdir (folder->path);
      audit_written (fd);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*whose mode is 100644*");
}

/* --- Whose file it is ----------------------------------------------------- */

typedef enum
{
  PLANT_SYMLINK,
  PLANT_DANGLING,
  PLANT_FILE,
  PLANT_FIFO,
  PLANT_FOLDER,
  N_PLANTS,
} Plant;

/* Somebody who sees each name before it is used. */
typedef struct
{
  TestFolder *folder;
  char       *victim;
  guint       n_planted;
  guint       n_attempts;
  guint       n_max;
  GHashTable *names;
} Attacker;

static void
plant (Attacker   *self,
       const char *name)
{
  g_autofree char *nowhere = g_build_filename (self->folder->path, "nowhere", NULL);
  g_autofree char *base = g_path_get_basename (name);
  g_autofree char *path = g_build_filename (self->folder->path, base, NULL);

  switch ((Plant) (self->n_planted++ % N_PLANTS))
    {
    case PLANT_SYMLINK:
      g_assert_cmpint (symlink (self->victim, path), ==, 0);
      break;

    case PLANT_DANGLING:
      g_assert_cmpint (symlink (nowhere, path), ==, 0);
      break;

    case PLANT_FILE:
      g_assert_true (g_file_set_contents (path, "mine", 4, NULL));
      g_assert_cmpint (g_chmod (path, 0666), ==, 0);
      break;

    case PLANT_FIFO:
      g_assert_cmpint (mkfifo (path, 0666), ==, 0);
      break;

    case PLANT_FOLDER:
      g_assert_cmpint (g_mkdir (path, 0777), ==, 0);
      break;

    default:
      g_assert_not_reached ();
    }
}

static int
attack_hook (const TestSysInfo *info,
             gpointer           user_data)
{
  Attacker *self = user_data;

  if (info->call != TEST_SYS_OPEN && info->call != TEST_SYS_OPEN_AT)
    return 0;
  if ((info->flags & O_TMPFILE) == O_TMPFILE)
    return EOPNOTSUPP;
  if ((info->flags & O_CREAT) == 0)
    return 0;

  /* No name is tried twice. */
  self->n_attempts++;
  g_assert_true (g_hash_table_add (self->names, g_path_get_basename (info->path)));
  if (self->n_planted < self->n_max)
    plant (self, info->path);

  return 0;
}

static void
attacker_init (Attacker   *self,
               TestFolder *folder,
               guint       n_max)
{
  *self = (Attacker) { .folder = folder, .n_max = n_max };
  self->victim = g_build_filename (folder->path, "victim", NULL);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_assert_true (g_file_set_contents (self->victim, "precious", 8, NULL));
}

/* What was planted is as it was; nothing else is there. */
static void
attacker_clear (Attacker *self)
{
  GHashTableIter iter;
  gpointer name;
  g_autofree char *contents = NULL;
  guint n_found = 0;

  g_assert_true (g_file_get_contents (self->victim, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "precious");
  g_assert_cmpint (g_remove (self->victim), ==, 0);

  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_autofree char *path = g_build_filename (self->folder->path, name, NULL);
      struct stat buf;

      if (g_lstat (path, &buf) != 0)
        continue;

      n_found++;
      if (S_ISREG (buf.st_mode))
        g_assert_cmpint (buf.st_size, ==, 4);
      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpuint (n_found, ==, self->n_planted);
  g_assert_cmpuint (test_folder_count (self->folder), ==, 0);

  g_hash_table_unref (self->names);
  g_free (self->victim);
}

static void
test_security_planted (gconstpointer data)
{
  gboolean named = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  SpoolBuffer *buffer = named_new (folder, named);
  Attacker attacker;

  g_test_summary ("Whatever others put under a name before it is used is not followed, used or removed");

  attacker_init (&attacker, folder, 2 * N_PLANTS);
  test_sys_set_hook (attack_hook, &attacker);
  test_append (buffer, 0, SIZE);
  test_sys_set_hook (NULL, NULL);

  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpuint (attacker.n_attempts, ==, 2 * N_PLANTS + 1);
  test_assert_filled (buffer, SIZE);
  g_object_unref (buffer);
  attacker_clear (&attacker);
}

/* There is an end to it, and the buffer is as it was. */
static void
test_security_planted_always (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder, GPOINTER_TO_INT (data));
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;
  guint8 more[200] = { 0 };
  Attacker attacker;

  test_append (buffer, 0, 900);
  state = test_state_new (buffer);

  attacker_init (&attacker, folder, G_MAXUINT);
  test_sys_set_hook (attack_hook, &attacker);
  g_assert_false (spool_buffer_append (buffer, more, sizeof more, NULL, &error));
  test_sys_set_hook (NULL, NULL);

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_cmpuint (attacker.n_attempts, <=, 100);
  test_state_assert (state, buffer);
  attacker_clear (&attacker);
  test_assert_usable (buffer);
}

static void
test_security_planted_target (gconstpointer data)
{
  gboolean move = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder, FALSE);
  g_autoptr(GFile) target = g_file_get_child (folder->file, "target");
  g_autoptr(GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize length;
  Attacker attacker;

  g_test_summary ("So with the names that a file has on its way to its place");

  test_append (buffer, 0, SIZE);
  attacker_init (&attacker, folder, N_PLANTS);
  test_sys_set_hook (attack_hook, &attacker);
  g_assert_true ((move ? spool_buffer_move : spool_buffer_save)
                 (buffer, target, SPOOL_SAVE_NONE, NULL, NULL, NULL, &error));
  test_sys_set_hook (NULL, NULL);
  g_assert_no_error (error);

  g_assert_true (g_file_load_contents (target, NULL, &contents, &length, NULL, NULL));
  g_assert_cmpuint (length, ==, SIZE);
  test_check ((guint8 *) contents, 0, length);
  g_assert_true (g_file_delete (target, NULL, NULL));
  attacker_clear (&attacker);
}

/* Somebody puts something else where a named file was. */
static void
test_security_name_taken (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  SpoolBuffer *buffer = named_new (folder, TRUE);
  g_autofree char *path = NULL;
  Attacker attacker;

  g_test_summary ("A name that is somebody else's by now is left to them");

  test_append (buffer, 0, SIZE);
  path = test_folder_get_only (folder);
  attacker_init (&attacker, folder, 1);
  attacker.n_planted = GPOINTER_TO_UINT (data);
  g_assert_cmpint (g_remove (path), ==, 0);
  plant (&attacker, path);
  g_hash_table_add (attacker.names, g_path_get_basename (path));
  attacker.n_planted = 1;

  g_object_unref (buffer);
  attacker_clear (&attacker);
}

/* --- Children ------------------------------------------------------------- */

/* Lists the descriptors that it has. */
#define LIST "ls -l /proc/self/fd > \"$0\""

/* Of files of the folder and of those in memory; others may be inherited. */
static void
assert_none_listed (TestFolder *folder,
                    const char *list)
{
  g_autofree char *contents = NULL;

  g_assert_true (g_file_get_contents (list, &contents, NULL, NULL));
  g_assert_nonnull (strstr (contents, "/proc/"));
  g_assert_null (strstr (contents, folder->path));
  g_assert_null (strstr (contents, "memfd:spool"));
  g_assert_cmpint (g_remove (list), ==, 0);
}

static void
test_security_inherited (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = named_new (folder, FALSE);
  g_autoptr(SpoolBuffer) named = named_new (folder, TRUE);
  g_autofree char *list = g_build_filename (g_get_tmp_dir (), "spool-list-XXXXXX", NULL);
  g_autofree char *command = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  char *argv[] = { (char *) "sh", (char *) "-c", (char *) LIST, NULL, NULL };
  int fds[3];
  int status;
  pid_t pid;

  g_test_summary ("Neither posix_spawn() nor system() gives a child any of ours");

  close (g_mkstemp (list));
  argv[3] = list;

  test_append (buffer, 0, SIZE);
  test_append (named, 0, SIZE);
  bytes = spool_buffer_get_bytes (buffer, NULL, &error);
  fds[0] = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
  fds[1] = spool_buffer_dup_fd (named, TRUE, NULL, &error);
  fds[2] = spool_buffer_create_sealed_fd (buffer, NULL, &error);
  g_assert_no_error (error);

  g_assert_cmpint (posix_spawnp (&pid, "sh", NULL, NULL, argv, environ), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  test_assert_exited (status);
  assert_none_listed (folder, list);

  command = g_strdup_printf ("sh -c '%s' '%s'", LIST, list);
  test_assert_exited (system (command));
  assert_none_listed (folder, list);

  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

/* Whatever a child that was only forked does with what it has got. */
static void
use_in_child (SpoolBuffer  *buffer,
              GInputStream *input)
{
  guint8 block[1000];

  if (spool_buffer_read (buffer, 5, block, sizeof block, NULL, NULL) != sizeof block ||
      g_input_stream_read (input, block, sizeof block, NULL, NULL) != sizeof block)
    _exit (1);

  g_object_unref (input);
  spool_buffer_close (buffer, NULL, NULL);
  g_object_unref (buffer);
  _exit (0);
}

static void
test_security_fork (gconstpointer data)
{
  goffset threshold = test_threshold (data, SIZE);
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_test_summary ("A forked child that reads, closes and drops changes nothing for its parent");

  for (guint named = 0; named < 2; named++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GInputStream) input = NULL;
      g_autoptr(GFile) file = NULL;
      guint8 block[1000];
      int status;
      pid_t pid;

      buffer = g_object_new (SPOOL_TYPE_BUFFER,
                             "directory", folder->file,
                             "named", (gboolean) named,
                             "threshold", (gint64) threshold,
                             NULL);
      test_append (buffer, 0, SIZE);
      input = spool_memory_input_stream_new_for_buffer (buffer);
      g_assert_cmpint (g_input_stream_read (input, block, 500, NULL, NULL), ==, 500);

      pid = fork ();
      if (pid == 0)
        use_in_child (buffer, input);
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      test_assert_exited (status);

      file = spool_buffer_get_file (buffer);
      g_assert_true ((file != NULL) == (named && test_rolls (threshold, SIZE)));
      if (file != NULL)
        g_assert_true (g_file_query_exists (file, NULL));

      g_assert_cmpint (g_input_stream_read (input, block, 1000, NULL, NULL), ==, 1000);
      test_check (block, 500, 1000);
      test_append (buffer, SIZE, SIZE);
      test_assert_filled (buffer, 2 * SIZE);
    }
}

/* A child that drops a stream closes it, and has old bytes that were not
 * written yet when it was forked.
 */
static void
test_security_fork_window (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A forked child that drops a stream writes nothing to its parent's file");

  for (guint named = 0; named < 2; named++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GOutputStream) output = NULL;
      g_autofree guint8 *data = NULL;
      int go[2], status;
      gsize length;
      pid_t pid;
      char c;

      buffer = g_object_new (SPOOL_TYPE_BUFFER,
                             "directory", folder->file,
                             "named", (gboolean) named,
                             "threshold", (gint64) 0,
                             NULL);
      output = spool_memory_output_stream_new_for_buffer (buffer);
      for (guint i = 0; i < 3; i++)
        g_assert_true (g_output_stream_write_all (output, "old ", 4, NULL, NULL, &error));

      g_assert_cmpint (pipe (go), ==, 0);
      pid = fork ();
      if (pid == 0)
        {
          g_clear_object (&buffer);
          if (read (go[0], &c, 1) == 1)
            g_clear_object (&output);
          _exit (output != NULL);
        }

      g_assert_true (spool_buffer_write (buffer, 4, "new ", 4, NULL, &error));
      g_assert_true (spool_buffer_append (buffer, "more", 4, NULL, &error));
      g_assert_true (spool_buffer_flush (buffer, NULL, &error));
      g_assert_no_error (error);

      g_assert_cmpint (write (go[1], "x", 1), ==, 1);
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      test_assert_exited (status);
      close (go[0]);
      close (go[1]);

      data = spool_buffer_read_array (buffer, 0, 100, &length, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (data, length, "old new old more", 16);
    }
}

static gpointer
write_block (gpointer data)
{
  g_autofree guint8 *block = g_malloc0 (SIZE);

  g_assert_true (spool_buffer_write (data, 0, block, SIZE, NULL, NULL));

  return NULL;
}

static void
test_security_fork_busy (gconstpointer data)
{
  goffset threshold = test_threshold (data, SIZE);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (threshold);
  g_autoptr(GOutputStream) output = spool_memory_output_stream_new_for_buffer (buffer);
  GThread *writer;
  int status;
  pid_t pid;

  g_test_summary ("A forked child can drop what a thread of its parent was busy with");

  /* Nothing waits for memory. */
  if (!test_rolls (threshold, SIZE))
    return;

  g_assert_cmpint (g_output_stream_write (output, "a", 1, NULL, NULL), ==, 1);
  test_sys_gate_close (TEST_SYS_PWRITE);
  writer = g_thread_new ("writer", write_block, buffer);
  test_sys_gate_wait ();

  pid = fork ();
  if (pid == 0)
    {
      alarm (60);
      g_object_unref (output);
      g_object_unref (buffer);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  test_assert_exited (status);

  test_sys_gate_open ();
  g_thread_join (writer);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, SIZE);
}

/* --- Who sends the data --------------------------------------------------- */

static const goffset places[] = {
  0, 1, 999, 1000, 1001,
  (G_GINT64_CONSTANT (1) << 31) - 1, G_GINT64_CONSTANT (1) << 31,
  (G_GINT64_CONSTANT (1) << 31) + 1,
  (G_GINT64_CONSTANT (1) << 32) - 1, G_GINT64_CONSTANT (1) << 32,
  (G_GINT64_CONSTANT (1) << 32) + 1,
  G_GINT64_CONSTANT (1) << 44,
  G_MAXINT64 - 1, G_MAXINT64,
};

/* All or nothing: the position is where it was told to be, or where it was. */
static void
seek_everywhere (GSeekable *stream,
                 goffset    place)
{
  static const GSeekType types[] = { G_SEEK_SET, G_SEEK_CUR, G_SEEK_END };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      for (int sign = -1; sign <= 1; sign += 2)
        {
          goffset before = g_seekable_tell (stream);
          g_autoptr(GError) error = NULL;

          if (g_seekable_seek (stream, sign * place, types[i], NULL, &error))
            {
              g_assert_no_error (error);
              g_assert_cmpint (g_seekable_tell (stream), >=, 0);
              if (types[i] == G_SEEK_SET)
                g_assert_cmpint (g_seekable_tell (stream), ==, sign * place);
              else if (types[i] == G_SEEK_CUR)
                g_assert_cmpint (g_seekable_tell (stream) - before, ==, sign * place);
            }
          else
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
              g_assert_cmpint (g_seekable_tell (stream), ==, before);
            }
        }
    }
}

static void
assert_refused (SpoolBuffer  *buffer,
                goffset       size,
                GError      **error)
{
  g_assert_nonnull (*error);
  g_assert_true ((*error)->domain == G_IO_ERROR);
  if ((*error)->code == G_IO_ERROR_FAILED)
    g_error ("It says: %s", (*error)->message);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
  g_clear_error (error);
}

/* A byte and zeros before it, or an error and nothing changed. */
static void
use_place (SpoolBuffer *buffer,
           goffset      place)
{
  g_autoptr(GIOStream) stream = spool_io_stream_new_for_buffer (buffer);
  g_autoptr(GInputStream) input = spool_memory_input_stream_new_for_buffer (buffer);
  g_autoptr(GOutputStream) output = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  goffset size = spool_buffer_get_size (buffer);
  guint8 data[4];
  gssize n;

  seek_everywhere (G_SEEKABLE (stream), place);
  seek_everywhere (G_SEEKABLE (input), place);
  seek_everywhere (G_SEEKABLE (output), place);

  n = spool_buffer_read (buffer, place, data, sizeof data, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n, ==, CLAMP (size - place, 0, 4));
  bytes = spool_buffer_read_bytes (buffer, MIN (place, size), G_MAXSIZE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, MAX (size - place, 0));

  if (spool_buffer_write (buffer, place, "end", 3, NULL, &error))
    {
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, MAX (size, place + 3));
      g_assert_cmpint (spool_buffer_read (buffer, place, data, 4, NULL, NULL), >=, 3);
      g_assert_cmpmem (data, 3, "end", 3);
      if (place > size)
        {
          g_assert_cmpint (spool_buffer_read (buffer, place - 1, data, 1, NULL, NULL), ==, 1);
          g_assert_cmpint (data[0], ==, 0);
        }
    }
  else
    {
      assert_refused (buffer, size, &error);
    }

  size = spool_buffer_get_size (buffer);
  g_assert_true (g_seekable_seek (G_SEEKABLE (output), place, G_SEEK_SET, NULL, NULL));
  n = g_output_stream_write (output, "out", 3, NULL, &error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (output)), ==, place + MAX (n, 0));
  if (n < 0)
    assert_refused (buffer, size, &error);

  size = spool_buffer_get_size (buffer);
  if (spool_buffer_truncate (buffer, place, NULL, &error))
    g_assert_cmpint (spool_buffer_get_size (buffer), ==, place);
  else
    assert_refused (buffer, size, &error);

  /* Its end is where nothing can be: no byte of it is looked at. */
  size = spool_buffer_get_size (buffer);
  if (place > G_MAXINT64 - G_MAXSSIZE)
    {
      g_assert_false (spool_buffer_write (buffer, place, data, G_MAXSSIZE, NULL, &error));
      assert_refused (buffer, size, &error);
    }
}

static void
test_security_overflow (void)
{
  static const goffset thresholds[] = { 0, 1000, SPOOL_THRESHOLD_NEVER };

  g_test_summary ("No position or size is too large to be handled, or refused with nothing changed");

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      for (gsize j = 0; j < G_N_ELEMENTS (places); j++)
        {
          g_autoptr(SpoolBuffer) buffer = test_buffer_new (thresholds[i]);

          /* A sanitizer has a shadow of all memory, and fills it. */
          if (TEST_SANITIZED && thresholds[i] < 0 && places[j] > 1001)
            continue;

          test_append (buffer, 0, 100);
          use_place (buffer, places[j]);
        }
    }
}

static void
limit_memory (gpointer data)
{
  setrlimit (RLIMIT_DATA, &(struct rlimit) { 64 << 20, 64 << 20 });
}

static void
child_sparse (const char *path)
{
  static const goffset thresholds[] = { 0, 1000, SPOOL_DEFAULT_THRESHOLD };
  const goffset far = G_GINT64_CONSTANT (1) << 40;
  g_autoptr(GFile) directory = g_file_new_for_path (path);

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GOutputStream) stream = NULL;
      g_autoptr(GBytes) bytes = NULL;
      g_autoptr(GError) error = NULL;
      char data[2];

      buffer = g_object_new (SPOOL_TYPE_BUFFER,
                             "directory", directory,
                             "threshold", (gint64) thresholds[i],
                             NULL);
      stream = spool_memory_output_stream_new_for_buffer (buffer);
      g_assert_true (g_seekable_seek (G_SEEKABLE (stream), far, G_SEEK_SET, NULL, NULL));
      g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==, 1);
      g_assert_no_error (error);
      g_assert_cmpint (spool_buffer_read (buffer, far - 1, data, 2, NULL, NULL), ==, 2);
      g_assert_cmpmem (data, 2, "\0x", 2);

      /* Nobody has memory for all of it. */
      bytes = spool_buffer_read_bytes (buffer, 0, G_MAXSIZE, NULL, &error);
      g_assert_null (bytes);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);
      g_assert_true (spool_buffer_truncate (buffer, 10, NULL, &error));
      g_assert_no_error (error);
    }

  /* Nor in memory, where it has to stay. */
  {
    g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
    g_autoptr(GError) error = NULL;

    test_append (buffer, 0, 100);
    g_assert_false (spool_buffer_write (buffer, far, "x", 1, NULL, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    test_assert_filled (buffer, 100);
  }
}

static void
test_security_sparse (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();

  g_test_summary ("A byte that is sent for a far place takes no memory, and no process down");

  if (TEST_SANITIZED)
    {
      g_test_skip ("A sanitizer needs the memory itself");
      return;
    }

  test_assert_exited (test_spawn ("sparse", folder->path, limit_memory, NULL));
}

/* --- What was there before ------------------------------------------------ */

/* All that is there beyond @kept bytes is zeros: in the buffer, in every copy
 * of it, and there is nothing past its end.
 */
static void
assert_clean (SpoolBuffer *buffer,
              TestFolder  *folder,
              gsize        kept,
              gsize        size)
{
  g_autofree guint8 *expected = g_malloc0 (size);
  g_autofree guint8 *block = g_malloc (size + 1);
  g_autoptr(GFile) target = g_file_get_child (folder->file, "copy");
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *saved = NULL;
  gsize length;
  int fd;

  memset (expected, 0xaa, kept);
  test_assert_content (buffer, expected, size);

  bytes = spool_buffer_get_bytes (buffer, NULL, &error);
  test_assert_bytes (bytes, expected, size);

  fd = spool_buffer_create_sealed_fd (buffer, NULL, &error);
  g_assert_cmpint (pread (fd, block, size + 1, 0), ==, size);
  g_assert_cmpmem (block, size, expected, size);
  close (fd);

  g_assert_true (spool_buffer_save (buffer, target, SPOOL_SAVE_NONE, NULL, NULL, NULL, &error));
  g_assert_true (g_file_load_contents (target, NULL, &saved, &length, NULL, NULL));
  g_assert_cmpmem (saved, length, expected, size);
  g_assert_true (g_file_delete (target, NULL, NULL));

  /* The last, since it rolls over. */
  fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
  g_assert_cmpint (pread (fd, block, size + 1, 0), ==, size);
  g_assert_cmpmem (block, size, expected, size);
  close (fd);
  g_assert_no_error (error);
}

static void
test_security_stale (gconstpointer data)
{
  static const gsize kept[] = { 0, 1, 4095, 4096, 50000, SIZE - 1 };
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree guint8 *secret = g_malloc (SIZE);

  g_test_summary ("What was cut off never comes back, not in the buffer and in no copy of it");

  memset (secret, 0xaa, SIZE);
  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      for (guint how = 0; how < 4; how++)
        {
          g_autoptr(SpoolBuffer) buffer = NULL;
          g_autoptr(GError) error = NULL;
          gsize n = how == 3 ? 0 : kept[i];

          buffer = test_buffer_new_in (folder, test_threshold (data, SIZE));
          g_assert_true (spool_buffer_append (buffer, secret, SIZE, NULL, &error));

          if (how == 3)
            g_assert_true (spool_buffer_reset (buffer, NULL, &error));
          else
            g_assert_true (spool_buffer_truncate (buffer, (goffset) n, NULL, &error));
          if (how == 2)
            g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));

          if (how == 1)
            g_assert_true (spool_buffer_write (buffer, SIZE - 1, "", 1, NULL, &error));
          else
            g_assert_true (spool_buffer_truncate (buffer, SIZE, NULL, &error));
          g_assert_no_error (error);
          assert_clean (buffer, folder, n, SIZE);
        }
    }
}

/* --- What never works ----------------------------------------------------- */

static int
no_disk_hook (const TestSysInfo *info,
              gpointer           user_data)
{
  return info->call == TEST_SYS_OPEN ? ENOSPC : 0;
}

static void
test_security_bloat (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, SIZE);
  g_autofree guint8 *block = g_malloc0 (SIZE);
  g_autoptr(GError) error = NULL;
  gint64 before = 0;
  guint n_fds;

  g_test_summary ("A roll-over that fails again and again takes no more memory each time");

  test_append (buffer, 0, SIZE);
  n_fds = test_count_fds ();
  test_sys_set_hook (no_disk_hook, NULL);
  for (guint i = 0; i < 2000; i++)
    {
      if (i == 100)
        before = test_status_figure ("VmRSS");
      g_assert_false (spool_buffer_append (buffer, block, SIZE, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);
    }
  test_sys_set_hook (NULL, NULL);

  /* 190 MB were refused meanwhile; valgrind itself takes a few. */
  if (!TEST_SANITIZED)
    g_assert_cmpint (test_status_figure ("VmRSS") - before, <, 16 * 1024);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  test_assert_filled (buffer, SIZE);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_sys_install ();
  test_add_child ("sparse", child_sparse);

  g_test_add_data_func ("/security/modes/umask-0", GUINT_TO_POINTER (0), test_security_modes);
  g_test_add_data_func ("/security/modes/umask-077", GUINT_TO_POINTER (077),
                        test_security_modes);
  g_test_add_func ("/security/modes/seen", test_security_modes_seen);
  g_test_add_data_func ("/security/planted/nameless", GINT_TO_POINTER (FALSE),
                        test_security_planted);
  g_test_add_data_func ("/security/planted/named", GINT_TO_POINTER (TRUE),
                        test_security_planted);
  g_test_add_data_func ("/security/planted-always/nameless", GINT_TO_POINTER (FALSE),
                        test_security_planted_always);
  g_test_add_data_func ("/security/planted-always/named", GINT_TO_POINTER (TRUE),
                        test_security_planted_always);
  g_test_add_data_func ("/security/planted-target/save", GINT_TO_POINTER (FALSE),
                        test_security_planted_target);
  g_test_add_data_func ("/security/planted-target/move", GINT_TO_POINTER (TRUE),
                        test_security_planted_target);
  g_test_add_data_func ("/security/name-taken/symlink", GUINT_TO_POINTER (PLANT_SYMLINK),
                        test_security_name_taken);
  g_test_add_data_func ("/security/name-taken/file", GUINT_TO_POINTER (PLANT_FILE),
                        test_security_name_taken);
  g_test_add_data_func ("/security/name-taken/folder", GUINT_TO_POINTER (PLANT_FOLDER),
                        test_security_name_taken);
  g_test_add_func ("/security/inherited", test_security_inherited);
  test_add_thresholds ("/security/fork", test_security_fork);
  g_test_add_func ("/security/fork-window", test_security_fork_window);
  test_add_thresholds ("/security/fork-busy", test_security_fork_busy);
  g_test_add_func ("/security/overflow", test_security_overflow);
  g_test_add_func ("/security/sparse", test_security_sparse);
  test_add_thresholds ("/security/stale", test_security_stale);
  g_test_add_func ("/security/bloat", test_security_bloat);

  return test_run ();
}
