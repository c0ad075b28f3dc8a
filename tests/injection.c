/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The library as it is installed, under a tracer that makes the n-th system
 * call of a kind fail, for each n until none does.
 */

#define KIB 1024

typedef struct
{
  SpoolBuffer *buffer;
  GByteArray  *content;
  GBytes      *snapshot;
  GFile       *target;
  GFile       *moved;
} Scene;

typedef gboolean (*Act) (Scene   *scene,
                         GError **error);

static gboolean
append (Scene   *scene,
        gsize    count,
        GError **error)
{
  goffset size = scene->content->len;
  g_autoptr(GBytes) bytes = test_bytes (size, count);

  if (!spool_buffer_append_bytes (scene->buffer, bytes, NULL, error))
    return FALSE;

  g_byte_array_append (scene->content, g_bytes_get_data (bytes, NULL), (guint) count);

  return TRUE;
}

static gboolean
append_in_memory (Scene   *scene,
                  GError **error)
{
  return append (scene, 10 * KIB, error);
}

static gboolean
append_and_roll_over (Scene   *scene,
                      GError **error)
{
  return append (scene, 100 * KIB, error);
}

static gboolean
append_little (Scene   *scene,
               GError **error)
{
  return append (scene, 100, error);
}

static gboolean
overwrite (Scene   *scene,
           GError **error)
{
  g_autofree char *data = g_strnfill (300, 'x');

  if (!spool_buffer_write (scene->buffer, 50, data, 300, NULL, error))
    return FALSE;

  if (scene->content->len < 350)
    g_byte_array_set_size (scene->content, 350);
  memcpy (scene->content->data + 50, data, 300);

  return TRUE;
}

static gboolean
flush (Scene   *scene,
       GError **error)
{
  return spool_buffer_flush (scene->buffer, NULL, error);
}

static gboolean
take_snapshot (Scene   *scene,
               GError **error)
{
  g_clear_pointer (&scene->snapshot, g_bytes_unref);
  scene->snapshot = spool_buffer_get_bytes (scene->buffer, NULL, error);
  if (scene->snapshot == NULL)
    return FALSE;

  test_assert_bytes (scene->snapshot, scene->content->data, scene->content->len);

  return TRUE;
}

static gboolean
shrink (Scene   *scene,
        GError **error)
{
  gsize size = MIN (scene->content->len, 9000);

  if (!spool_buffer_truncate (scene->buffer, (goffset) size, NULL, error))
    return FALSE;

  g_byte_array_set_size (scene->content, (guint) size);

  return TRUE;
}

static gboolean
extend (Scene   *scene,
        GError **error)
{
  guint old_size = scene->content->len;

  if (!spool_buffer_truncate (scene->buffer, old_size + 50 * KIB, NULL, error))
    return FALSE;

  g_byte_array_set_size (scene->content, old_size + 50 * KIB);
  memset (scene->content->data + old_size, 0, 50 * KIB);

  return TRUE;
}

static gboolean
reserve (Scene   *scene,
         GError **error)
{
  return spool_buffer_reserve (scene->buffer, 200 * KIB, NULL, error);
}

static void
assert_target (Scene *scene,
               GFile *target)
{
  g_autofree char *data = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;

  g_file_load_contents (target, NULL, &data, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (data, length, scene->content->data, scene->content->len);
}

static gboolean
save (Scene   *scene,
      GError **error)
{
  if (!spool_buffer_save (scene->buffer, scene->target, SPOOL_SAVE_NONE, NULL, NULL, NULL,
                          error))
    return FALSE;

  assert_target (scene, scene->target);

  return TRUE;
}

static gboolean
replace (Scene   *scene,
         GError **error)
{
  if (!spool_buffer_save (scene->buffer, scene->target, SPOOL_SAVE_DURABLE, NULL, NULL,
                          NULL, error))
    return FALSE;

  assert_target (scene, scene->target);

  return TRUE;
}

static gboolean
seal (Scene   *scene,
      GError **error)
{
  int fd = spool_buffer_create_sealed_fd (scene->buffer, NULL, error);
  struct stat buf;

  if (fd < 0)
    return FALSE;

  g_assert_cmpint (fstat (fd, &buf), ==, 0);
  g_assert_cmpint (buf.st_size, ==, scene->content->len);
  g_assert_cmpint (fcntl (fd, F_GET_SEALS) & F_SEAL_WRITE, ==, F_SEAL_WRITE);
  g_assert_true (g_close (fd, NULL));

  return TRUE;
}

static gboolean
move (Scene   *scene,
      GError **error)
{
  if (!spool_buffer_move (scene->buffer, scene->moved, SPOOL_SAVE_DURABLE, NULL, NULL,
                          NULL, error))
    return FALSE;

  assert_target (scene, scene->moved);

  return TRUE;
}

static const Act acts[] = {
  append_in_memory, overwrite, append_and_roll_over, append_little, flush, take_snapshot,
  overwrite, append_little, reserve, shrink, extend, append_little, save, replace, seal,
  move,
};

static void
child_script (const char *argument)
{
  gboolean once = g_str_has_prefix (argument, "once ");
  gboolean is_full = strstr (argument, " ENOSPC ") != NULL;
  const char *path = strrchr (argument, ' ') + 1;
  g_autoptr(GFile) folder = g_file_new_for_path (path);
  g_autoptr(GFile) target = g_file_get_child (folder, "target");
  g_autoptr(GFile) moved = g_file_get_child (folder, "moved");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (16 * KIB);
  g_autoptr(GByteArray) content = g_byte_array_new ();
  Scene scene = { .buffer = buffer, .content = content, .target = target, .moved = moved };
  guint n_fds;

  spool_buffer_set_directory (buffer, folder);
  n_fds = test_count_fds ();

  for (gsize i = 0; i < G_N_ELEMENTS (acts); i++)
    {
      g_autoptr(GError) error = NULL;

      if (!acts[i] (&scene, &error))
        {
          g_assert_true (error != NULL && error->domain == G_IO_ERROR);
          if (is_full)
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
          test_assert_content (buffer, content->data, content->len);

          g_clear_error (&error);
          if (!acts[i] (&scene, &error))
            g_assert_false (once);
        }

      test_assert_content (buffer, content->data, content->len);
    }

  g_clear_pointer (&scene.snapshot, g_bytes_unref);
  g_clear_object (&buffer);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
}

/* What can fail, and how. */
static const struct
{
  const char *call;      /* or a regular expression for its names */
  const char *errors[3];
} calls[] = {
  { "copy_file_range", { "EIO", "EXDEV" } },
  { "fallocate", { "ENOSPC", "EOPNOTSUPP" } },
  { "fchmod", { "EPERM" } },
  { "fsync", { "EIO", "ENOSPC" } },
  { "/^ftruncate", { "EIO" } },
  { "linkat", { "ENOSPC", "EPERM" } },
  { "memfd_create", { "EMFILE" } },
  { "pwrite64", { "ENOSPC", "EIO", "EINTR" } },
  { "/^rename", { "EIO", "EACCES" } },
};

/* A tracer without the right to trace says so, and so does a kernel. */
static gboolean
can_trace (void)
{
  const char *const argv[] = { "strace", "-qq", "-o", "/dev/null", "true", NULL };
  int status = -1;

  return g_spawn_sync (NULL, (char **) argv, NULL,
                       G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                       NULL, &status, NULL) &&
         g_spawn_check_wait_status (status, NULL);
}

/* Removes all, and returns how many names there were beside the two files. */
static guint
empty_folder (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      n += strcmp (name, "target") != 0 && strcmp (name, "moved") != 0;
      g_assert_cmpint (g_unlink (file), ==, 0);
    }

  return n;
}

/* Returns whether anything was made to fail. */
static gboolean
run_script (const char *path,
            const char *call,
            const char *error,
            gboolean    once,
            guint       n)
{
  g_autofree char *trace = g_strdup_printf ("trace=%s", call);
  g_autofree char *inject = g_strdup_printf ("inject=%s:error=%s:when=%u%s", call, error, n,
                                             once ? "" : "+");
  g_autofree char *argument = g_strdup_printf ("%s %s %s", once ? "once" : "always", error,
                                               path);
  g_autofree char *log_path = g_strconcat (path, ".log", NULL);
  const char *const wrapper[] = {
    "strace", "-f", "-qq", "-o", log_path, "-e", trace, "-e", inject, NULL
  };
  g_autofree char *log = NULL;

  test_assert_exited (test_spawn_wrapped (wrapper, "script", argument));
  g_assert_true (g_file_get_contents (log_path, &log, NULL, NULL));
  g_assert_cmpint (g_unlink (log_path), ==, 0);
  g_assert_cmpuint (empty_folder (path), ==, 0);

  return strstr (log, "(INJECTED)") != NULL;
}

static void
test_injection (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  guint n_faults = 0;

  if (!can_trace ())
    {
      g_test_skip ("Programs cannot be traced here (strace)");
      return;
    }

  for (gsize j = 0; j < G_N_ELEMENTS (calls[i].errors) && calls[i].errors[j] != NULL; j++)
    {
      /* One that is interrupted for ever is no fault but a hang. */
      gboolean is_interrupted = strcmp (calls[i].errors[j], "EINTR") == 0;

      for (guint once = is_interrupted ? 1 : 0; once < 2; once++)
        {
          guint n = 1;

          while (run_script (folder->path, calls[i].call, calls[i].errors[j], once, n))
            n++;
          n_faults += n - 1;
        }
    }

  g_test_message ("%s: made to fail at %u places", calls[i].call, n_faults);
  g_assert_cmpuint (n_faults, >, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("script", child_script);

  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      const char *name = calls[i].call + strspn (calls[i].call, "/^");
      g_autofree char *path = g_strconcat ("/injection/", name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_injection);
    }

  return test_run ();
}
