/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_OPTION "--spool-child"

typedef struct
{
  const char *name;
  TestChild   child;
} Child;

/* Of the compiler, where it measures what is reached. */
extern void __gcov_dump (void) __attribute__ ((weak));

static GArray *children;
static char *child_name;
static char *child_argument;

goffset
test_threshold (gconstpointer data,
                goffset       size)
{
  switch ((TestThreshold) GPOINTER_TO_INT (data))
    {
    case TEST_THRESHOLD_ZERO:
      return 0;
    case TEST_THRESHOLD_ONE:
      return 1;
    case TEST_THRESHOLD_BELOW:
      return size - 1;
    case TEST_THRESHOLD_EXACT:
      return size;
    case TEST_THRESHOLD_ABOVE:
      return size + 1;
    case TEST_THRESHOLD_NEVER:
      return SPOOL_THRESHOLD_NEVER;
    default:
      g_assert_not_reached ();
    }
}

void
test_add_thresholds (const char    *path,
                     GTestDataFunc  func)
{
  static const char *const names[TEST_N_THRESHOLDS] = {
    "zero", "one", "below", "exact", "above", "never",
  };

  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    {
      g_autofree char *full = g_strconcat (path, "/", names[i], NULL);

      g_test_add_data_func (full, GINT_TO_POINTER (i), func);
    }
}

gboolean
test_rolls (goffset threshold,
            goffset size)
{
  return threshold != SPOOL_THRESHOLD_NEVER && size > threshold;
}

guint8
test_byte (goffset offset)
{
  guint64 value = (guint64) offset * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return (guint8) (value >> 56) ^ (guint8) (value >> 29);
}

void
test_fill (guint8  *data,
           goffset  offset,
           gsize    count)
{
  for (gsize i = 0; i < count; i++)
    data[i] = test_byte (offset + i);
}

GBytes *
test_bytes (goffset offset,
            gsize   count)
{
  guint8 *data = g_malloc (count + 1);

  test_fill (data, offset, count);

  return g_bytes_new_take (data, count);
}

void
test_check (const guint8 *data,
            goffset       offset,
            gsize         count)
{
  for (gsize i = 0; i < count; i++)
    {
      if (data[i] != test_byte (offset + i))
        {
          g_error ("The byte at %" G_GINT64_FORMAT " is 0x%02x and not 0x%02x",
                   (gint64) (offset + i), data[i], test_byte (offset + i));
        }
    }
}

SpoolBuffer *
test_buffer_new (goffset threshold)
{
  return spool_buffer_new_with_threshold (threshold);
}

SpoolBuffer *
test_buffer_new_filled (goffset threshold,
                        goffset size)
{
  SpoolBuffer *buffer = test_buffer_new (threshold);

  test_append (buffer, 0, size);

  return buffer;
}

void
test_append (SpoolBuffer *buffer,
             goffset      offset,
             gsize        count)
{
  g_autoptr(GBytes) bytes = test_bytes (offset, count);
  g_autoptr(GError) error = NULL;
  gboolean success;

  success = spool_buffer_append (buffer, g_bytes_get_data (bytes, NULL), count,
                                 NULL, &error);
  g_assert_no_error (error);
  g_assert_true (success);
}

void
test_assert_content (SpoolBuffer *buffer,
                     const void  *data,
                     gsize        size)
{
  g_autofree guint8 *content = g_malloc (size + 16);
  g_autoptr(GError) error = NULL;
  gssize n_read;

  n_read = spool_buffer_read (buffer, 0, content, size + 16, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (content, n_read, data, size);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);

  n_read = spool_buffer_read (buffer, size, content, 16, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (n_read, ==, 0);
}

void
test_assert_text (SpoolBuffer *buffer,
                  const char  *text)
{
  test_assert_content (buffer, text, strlen (text));
}

void
test_assert_filled (SpoolBuffer *buffer,
                    goffset      size)
{
  g_autofree guint8 *data = g_malloc (65536);
  g_autoptr(GError) error = NULL;
  goffset offset = 0;

  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);

  while (offset < size)
    {
      gssize n_read = spool_buffer_read (buffer, offset, data, 65536, NULL,
                                         &error);

      g_assert_no_error (error);
      g_assert_cmpint (n_read, ==, MIN (65536, size - offset));
      test_check (data, offset, n_read);
      offset += n_read;
    }
}

void
test_assert_bytes (GBytes     *bytes,
                   const void *data,
                   gsize       size)
{
  g_assert_nonnull (bytes);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   data, size);
}

/* Appends a few bytes and takes them back. */
void
test_assert_usable (SpoolBuffer *buffer)
{
  g_autoptr(GError) error = NULL;
  goffset size = spool_buffer_get_size (buffer);
  char data[4] = { 0 };
  gboolean success;

  success = spool_buffer_append (buffer, "next", 4, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (success);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size + 4);

  g_assert_cmpint (spool_buffer_read (buffer, size, data, 4, NULL, &error),
                   ==, 4);
  g_assert_no_error (error);
  g_assert_cmpmem (data, 4, "next", 4);

  success = spool_buffer_truncate (buffer, size, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (success);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
}

TestState *
test_state_new (SpoolBuffer *buffer)
{
  TestState *state = g_new0 (TestState, 1);
  g_autoptr(GError) error = NULL;

  state->size = spool_buffer_get_size (buffer);
  state->rolled_over = spool_buffer_get_rolled_over (buffer);
  state->completed = spool_buffer_get_completed (buffer);
  state->content = spool_buffer_read_bytes (buffer, 0, state->size, NULL,
                                            &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (state->content), ==, state->size);

  return state;
}

void
test_state_assert (TestState   *state,
                   SpoolBuffer *buffer)
{
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, state->size);
  g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                   state->rolled_over);
  g_assert_cmpint (spool_buffer_get_completed (buffer), ==, state->completed);
  test_assert_content (buffer, g_bytes_get_data (state->content, NULL),
                       state->size);
}

void
test_state_free (TestState *state)
{
  g_bytes_unref (state->content);
  g_free (state);
}

TestFolder *
test_folder_new (void)
{
  TestFolder *folder = g_new0 (TestFolder, 1);

  /* Not in /tmp, which may be memory. */
  folder->path = g_strdup ("/var/tmp/spool-test-XXXXXX");
  g_assert_nonnull (g_mkdtemp (folder->path));
  folder->file = g_file_new_for_path (folder->path);

  return folder;
}

void
test_folder_free (TestFolder *folder)
{
  if (g_rmdir (folder->path) != 0)
    g_error ("Failed to remove %s: %s", folder->path, g_strerror (errno));

  g_object_unref (folder->file);
  g_free (folder->path);
  g_free (folder);
}

guint
test_folder_count (TestFolder *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder->path, 0, NULL);
  guint count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;

  return count;
}

char *
test_folder_get_only (TestFolder *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder->path, 0, NULL);
  const char *name;
  char *path;

  g_assert_nonnull (dir);
  name = g_dir_read_name (dir);
  g_assert_nonnull (name);
  path = g_build_filename (folder->path, name, NULL);
  g_assert_null (g_dir_read_name (dir));

  return path;
}

SpoolBuffer *
test_buffer_new_in (TestFolder *folder,
                    goffset     threshold)
{
  return g_object_new (SPOOL_TYPE_BUFFER,
                       "directory", folder->file,
                       "threshold", (gint64) threshold,
                       NULL);
}

guint
test_count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint count = 0;

  g_assert_nonnull (dir);
  while (g_dir_read_name (dir) != NULL)
    count++;

  return count;
}

/* The descriptor of a file that was made in the folder, whether or not it has
 * a name there still, or -1. */
int
test_find_fd (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  g_autofree char *prefix = g_strconcat (folder, "/", NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      int fd = (int) g_ascii_strtoll (name, NULL, 10);
      g_autofree char *path = test_dup_fd_path (fd);

      if (path != NULL && g_str_has_prefix (path, prefix))
        return fd;
    }

  return -1;
}

char *
test_dup_fd_path (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);

  return g_file_read_link (link, NULL);
}

/* A figure of /proc/self/status, such as "VmRSS" (in KiB) or "Threads". */
gint64
test_status_figure (const char *name)
{
  g_autofree char *contents = NULL;
  g_autofree char *key = g_strdup_printf ("\n%s:", name);
  const char *found;

  g_assert_true (g_file_get_contents ("/proc/self/status", &contents, NULL,
                                      NULL));
  found = strstr (contents, key);
  g_assert_nonnull (found);

  return g_ascii_strtoll (found + strlen (key), NULL, 10);
}

void
test_ready (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  GAsyncResult **slot = user_data;

  g_assert_null (*slot);
  *slot = g_object_ref (result);
}

void
test_wait (GAsyncResult **result)
{
  GMainContext *context = g_main_context_get_thread_default ();

  while (*result == NULL)
    g_main_context_iteration (context, TRUE);
}

/* Runs what is ready in the main context; says whether nothing was. */
gboolean
test_is_idle (void)
{
  gboolean idle = TRUE;

  while (g_main_context_iteration (NULL, FALSE))
    idle = FALSE;

  return idle;
}

/* Drops the last reference but those that a worker may have a moment longer
 * than its result. */
void
test_drop (gpointer object)
{
  gpointer weak = object;

  g_object_add_weak_pointer (object, &weak);
  g_object_unref (object);

  while (g_atomic_pointer_get (&weak) != NULL)
    {
      g_main_context_iteration (NULL, FALSE);
      g_thread_yield ();
    }
}

GCancellable *
test_cancelled_new (void)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);

  return cancellable;
}

void
test_init (int    *argc,
           char ***argv)
{
  setlocale (LC_ALL, "");

  /* It has a descriptor, which would else be counted with those of a test. */
  g_main_context_default ();

  children = g_array_new (FALSE, FALSE, sizeof (Child));

  if (*argc == 4 && strcmp ((*argv)[1], CHILD_OPTION) == 0)
    {
      child_name = (*argv)[2];
      child_argument = (*argv)[3];
      g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL |
                              G_LOG_LEVEL_WARNING);

      /* No g_test_init(): its folders would stay behind a killed child. */
      return;
    }

  /* GLib leaks the names of the folders that it makes for each test. */
  g_test_init (argc, argv,
               TEST_SANITIZED ? NULL : G_TEST_OPTION_ISOLATE_DIRS,
               NULL);
}

void
test_add_child (const char *name,
                TestChild   child)
{
  Child entry = { name, child };

  g_array_append_val (children, entry);
}

int
test_run (void)
{
  int status = 0;

  if (child_name == NULL)
    status = g_test_run ();

  for (guint i = 0; child_name != NULL && i < children->len; i++)
    {
      Child *entry = &g_array_index (children, Child, i);

      if (strcmp (entry->name, child_name) == 0)
        {
          entry->child (child_argument);
          /* Not exit(): what the parent left open is not the child's to
           * tidy. */
          fflush (NULL);
#ifdef TEST_COVERAGE
          /* But what was reached is written there. */
          exit (0);
#else
          _exit (0);
#endif
        }
    }

  g_assert_null (child_name);
  g_array_unref (children);

  return status;
}

static int
spawn (const char *const     *wrapper,
       const char            *name,
       const char            *argument,
       char                 **envp,
       GSpawnChildSetupFunc   setup,
       gpointer               setup_data,
       char                 **output)
{
  g_autoptr(GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GError) error = NULL;
  int wait_status = -1;

  for (gsize i = 0; wrapper != NULL && wrapper[i] != NULL; i++)
    g_ptr_array_add (argv, (char *) wrapper[i]);
  g_ptr_array_add (argv, program);
  g_ptr_array_add (argv, (char *) CHILD_OPTION);
  g_ptr_array_add (argv, (char *) name);
  g_ptr_array_add (argv, (char *) (argument != NULL ? argument : ""));
  g_ptr_array_add (argv, NULL);

  g_spawn_sync (NULL, (char **) argv->pdata, envp, G_SPAWN_SEARCH_PATH, setup, setup_data,
                output, NULL, &wait_status, &error);
  g_assert_no_error (error);

  return wait_status;
}

/* So that the output of the child does not disturb the TAP of the test. */
static void
print_output (char *output)
{
  g_auto(GStrv) lines = NULL;

  if (output == NULL || output[0] == '\0')
    return;

  lines = g_strsplit (g_strchomp (output), "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_test_message ("child: %s", lines[i]);
}

int
test_spawn (const char           *name,
            const char           *argument,
            GSpawnChildSetupFunc  setup,
            gpointer              setup_data)
{
  g_autofree char *output = NULL;
  int wait_status = spawn (NULL, name, argument, NULL, setup, setup_data, &output);

  print_output (output);

  return wait_status;
}

/* Through another program, which @wrapper calls: arguments that this one's
 * follow.
 */
int
test_spawn_wrapped (const char *const *wrapper,
                    const char        *name,
                    const char        *argument)
{
  g_autofree char *output = NULL;
  int wait_status = spawn (wrapper, name, argument, NULL, NULL, NULL, &output);

  print_output (output);

  return wait_status;
}

/* What a child prints that ends well, with a variable set or, with NULL, not
 * set in its environment.
 */
char *
test_spawn_with (const char *name,
                 const char *argument,
                 const char *variable,
                 const char *value)
{
  g_auto(GStrv) envp = g_get_environ ();
  char *output = NULL;

  envp = value != NULL ? g_environ_setenv (envp, variable, value, TRUE)
                       : g_environ_unsetenv (envp, variable);
  test_assert_exited (spawn (NULL, name, argument, envp, NULL, NULL, &output));

  return output;
}

void
test_assert_exited (int wait_status)
{
  if (WIFSIGNALED (wait_status))
    g_error ("The child was killed by signal %d", WTERMSIG (wait_status));

  g_assert_true (WIFEXITED (wait_status));
  g_assert_cmpint (WEXITSTATUS (wait_status), ==, 0);
}

void
test_assert_signaled (int wait_status,
                      int signal_number)
{
  g_assert_true (WIFSIGNALED (wait_status));
  g_assert_cmpint (WTERMSIG (wait_status), ==, signal_number);
}
