/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <spool-glib/spool-glib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A process is killed before and after each of its system calls in turn. Where
 * it saves, what is found then must be the old file or the new one, whole; where
 * it spools, nothing at all.
 */

#define SIZE     (600 * 1024)
#define NO_TRACE 77

typedef enum
{
  SAVE,
  MOVE,
  ROLL_OVER,
  GROW,      /* past the threshold by a write, and on from there */
  UNSHARE,   /* a write into what a snapshot shows moves to another file */
} Act;

typedef struct
{
  const char     *name;
  Act             act;
  goffset         threshold;
  gboolean        named;
  gboolean        pinned;    /* a snapshot keeps the file from being moved */
  const char     *directory; /* NULL: where the target is */
  gboolean        exists;    /* there is an old file */
  SpoolSaveFlags  flags;
} Scene;

static const Scene scenes[] = {
  { "save-memory-new", SAVE, -1, FALSE, FALSE, NULL, FALSE, 0 },
  { "save-memory-old", SAVE, -1, FALSE, FALSE, NULL, TRUE, 0 },
  { "save-disk-new", SAVE, 0, FALSE, FALSE, NULL, FALSE, SPOOL_SAVE_NO_OVERWRITE },
  { "save-disk-old", SAVE, 0, FALSE, FALSE, NULL, TRUE, 0 },
  { "save-disk-old-durable", SAVE, 0, FALSE, FALSE, NULL, TRUE, SPOOL_SAVE_DURABLE },
  { "save-named-old", SAVE, 0, TRUE, FALSE, NULL, TRUE, 0 },
  { "move-memory-old", MOVE, -1, FALSE, FALSE, NULL, TRUE, 0 },
  { "move-disk-new", MOVE, 0, FALSE, FALSE, NULL, FALSE, 0 },
  { "move-disk-new-durable", MOVE, 0, FALSE, FALSE, NULL, FALSE,
    SPOOL_SAVE_DURABLE | SPOOL_SAVE_NO_OVERWRITE },
  { "move-disk-old", MOVE, 0, FALSE, FALSE, NULL, TRUE, 0 },
  { "move-disk-old-durable", MOVE, 0, FALSE, FALSE, NULL, TRUE, SPOOL_SAVE_DURABLE },
  { "move-pinned-old", MOVE, 0, FALSE, TRUE, NULL, TRUE, 0 },
  { "move-named-old", MOVE, 0, TRUE, FALSE, NULL, TRUE, 0 },
  { "move-elsewhere-old", MOVE, 0, FALSE, FALSE, "/dev/shm", TRUE, 0 },
  { "roll-over", ROLL_OVER, -1, FALSE, FALSE, NULL, FALSE, 0 },
  { "roll-over-named", ROLL_OVER, -1, TRUE, FALSE, NULL, FALSE, 0 },
  { "grow", GROW, SIZE, FALSE, FALSE, NULL, FALSE, 0 },
  { "grow-named", GROW, SIZE, TRUE, FALSE, NULL, FALSE, 0 },
  { "unshare", UNSHARE, 0, FALSE, TRUE, NULL, FALSE, 0 },
};

static guint8 *new_content;

static char *
target_path (const char *folder)
{
  return g_build_filename (folder, "file", NULL);
}

static gboolean
run_act (const Scene *scene,
         SpoolBuffer *buffer,
         GFile       *file)
{
  switch (scene->act)
    {
    case SAVE:
      return spool_buffer_save (buffer, file, scene->flags, NULL, NULL, NULL, NULL);

    case MOVE:
      return spool_buffer_move (buffer, file, scene->flags, NULL, NULL, NULL, NULL);

    case ROLL_OVER:
      return spool_buffer_roll_over (buffer, NULL, NULL);

    case GROW:
      return spool_buffer_append (buffer, new_content, SIZE, NULL, NULL) &&
             spool_buffer_append (buffer, "small", 5, NULL, NULL) &&
             spool_buffer_flush (buffer, NULL, NULL) &&
             spool_buffer_truncate (buffer, SIZE, NULL, NULL);

    case UNSHARE:
      return spool_buffer_write (buffer, 7, "small", 5, NULL, NULL) &&
             spool_buffer_flush (buffer, NULL, NULL);

    default:
      return FALSE;
    }
}

/* The process that is going to be killed. */
static void
run_child (const Scene *scene,
           const char  *folder)
{
  g_autofree char *path = target_path (folder);
  g_autoptr(GFile) file = g_file_new_for_path (path);
  g_autoptr(GFile) directory = NULL;
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  gboolean ok;

  /* What it says must not get into what the test says. */
  if (dup2 (open ("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO) < 0)
    _exit (1);

  directory = g_file_new_for_path (scene->directory != NULL ? scene->directory : folder);
  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", directory,
                         "threshold", (gint64) scene->threshold,
                         "named", scene->named,
                         NULL);
  if (!spool_buffer_append (buffer, new_content, SIZE, NULL, NULL))
    _exit (1);
  if (scene->pinned)
    bytes = spool_buffer_get_bytes (buffer, NULL, NULL);

  if (ptrace (PTRACE_TRACEME, 0, NULL, NULL) < 0)
    _exit (NO_TRACE);
  raise (SIGSTOP);

  ok = run_act (scene, buffer, file);

  /* The buffer's own end belongs to it: that must not take the file away. */
  g_clear_object (&buffer);

  _exit (ok ? 0 : 1);
}

typedef enum
{
  KILLED,
  FINISHED,
  UNTRACEABLE,
} Outcome;

static int
wait_for (pid_t pid)
{
  int status;
  pid_t ret;

  do
    ret = waitpid (pid, &status, 0);
  while (ret < 0 && errno == EINTR);
  g_assert_cmpint (ret, ==, pid);

  return status;
}

/* Lets the child run up to its @n-th stop, of which each system call has two,
 * and kills it there. */
static Outcome
run_until (const Scene *scene,
           const char  *folder,
           guint        n)
{
  pid_t pid = fork ();
  int status;

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    run_child (scene, folder);

  status = wait_for (pid);
  if (WIFEXITED (status) && WEXITSTATUS (status) == NO_TRACE)
    return UNTRACEABLE;
  g_assert_true (WIFSTOPPED (status));
  g_assert_cmpint (WSTOPSIG (status), ==, SIGSTOP);
  g_assert_cmpint (ptrace (PTRACE_SETOPTIONS, pid, NULL,
                           PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), ==, 0);

  for (guint stops = 0; stops < n; stops++)
    {
      g_assert_cmpint (ptrace (PTRACE_SYSCALL, pid, NULL, NULL), ==, 0);
      status = wait_for (pid);

      if (WIFEXITED (status))
        {
          g_assert_cmpint (WEXITSTATUS (status), ==, 0);
          return FINISHED;
        }

      g_assert_true (WIFSTOPPED (status));
      g_assert_cmpint (WSTOPSIG (status), ==, SIGTRAP | 0x80);
    }

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  status = wait_for (pid);
  g_assert_true (WIFSIGNALED (status));

  return KILLED;
}

/* Removes everything and returns how many names there were beside the file. */
static guint
empty_folder (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n_others = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (strcmp (name, "file") != 0)
        {
          g_assert_true (g_str_has_prefix (name, ".spool-"));
          n_others++;
        }
      g_assert_cmpint (g_unlink (path), ==, 0);
    }

  return n_others;
}

/* Returns whether the file is the new one. */
static gboolean
check_file (const Scene *scene,
            const char  *folder)
{
  g_autofree char *path = target_path (folder);
  g_autofree char *contents = NULL;
  gsize length;

  if (!g_file_get_contents (path, &contents, &length, NULL))
    {
      g_assert_false (scene->exists);
      return FALSE;
    }

  if (scene->exists && length == strlen ("old") && memcmp (contents, "old", length) == 0)
    return FALSE;

  g_assert_cmpmem (contents, length, new_content, SIZE);

  return TRUE;
}

/* Whether there is something that the process was to leave behind. */
static gboolean
has_target (const Scene *scene)
{
  return scene->act == SAVE || scene->act == MOVE;
}

static void
test_kill (gconstpointer data)
{
  const Scene *scene = data;
  g_autofree char *folder = g_strdup ("/var/tmp/spool-test-XXXXXX");
  g_autofree char *path = NULL;
  guint n_orphans = 0;
  guint n_old = 0;
  guint n;
  Outcome outcome = KILLED;

  if (scene->directory != NULL && !g_file_test (scene->directory, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("There is no second file system");
      return;
    }

  g_assert_nonnull (g_mkdtemp (folder));
  path = target_path (folder);

  for (n = 1; outcome == KILLED; n++)
    {
      gboolean is_new;
      guint n_others;

      if (scene->exists)
        g_assert_true (g_file_set_contents (path, "old", -1, NULL));

      outcome = run_until (scene, folder, n);
      if (outcome == UNTRACEABLE)
        {
          empty_folder (folder);
          g_assert_cmpint (g_rmdir (folder), ==, 0);
          g_test_skip ("This process must not trace another (ptrace)");
          return;
        }

      is_new = check_file (scene, folder);
      n_others = empty_folder (folder);
      n_old += !is_new;
      n_orphans += n_others;

      if (outcome == FINISHED)
        {
          g_assert_cmpint (is_new, ==, has_target (scene));
          g_assert_cmpuint (n_others, ==, 0);
        }

      /* Its own name stays with a named buffer; to replace takes one. */
      g_assert_cmpuint (n_others, <=, (scene->named ? 1 : 0) + (scene->exists ? 1 : 0));
    }

  g_test_message ("%s: %u stops, %u before the new file, %u names left",
                  scene->name, n - 2, n_old, n_orphans);

  /* The child was stopped on both sides of what makes the file new. */
  g_assert_cmpuint (n_old, >=, 10);
  if (has_target (scene))
    g_assert_cmpuint (n - 1 - n_old, >=, 2);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  new_content = g_malloc (SIZE);
  for (gsize i = 0; i < SIZE; i++)
    new_content[i] = (guint8) ((i * 2654435761u) >> 13);

  for (gsize i = 0; i < G_N_ELEMENTS (scenes); i++)
    {
      g_autofree char *name = g_strconcat ("/kill/", scenes[i].name, NULL);

      g_test_add_data_func (name, &scenes[i], test_kill);
    }

  return g_test_run ();
}
