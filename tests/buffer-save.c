/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-utils.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Three steps of copying and a bit, so that progress is more than its end. */
#define LARGE (9 * 1024 * 1024 + 17)

typedef enum
{
  SAVE,
  MOVE,
  SAVE_ASYNC,
  MOVE_ASYNC,
} How;

#define N_HOWS 4

static const char *const how_names[N_HOWS] = {
  "save", "move", "save-async", "move-async",
};

#define IS_MOVE(how) ((how) == MOVE || (how) == MOVE_ASYNC)

/* For tests that run over all states of a buffer and all four calls. */
typedef struct
{
  How how;
  int threshold; /* a TestThreshold */
} Case;

static Case cases[N_HOWS * TEST_N_THRESHOLDS];

static gboolean
save_with_progress (SpoolBuffer            *buffer,
                    How                     how,
                    GFile                  *destination,
                    SpoolSaveFlags          flags,
                    GCancellable           *cancellable,
                    GFileProgressCallback   progress,
                    gpointer                progress_data,
                    GError                **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  gboolean ok;

  switch (how)
    {
    case SAVE:
      return spool_buffer_save (buffer, destination, flags, cancellable,
                                progress, progress_data, error);

    case MOVE:
      return spool_buffer_move (buffer, destination, flags, cancellable,
                                progress, progress_data, error);

    case SAVE_ASYNC:
      spool_buffer_save_async (buffer, destination, flags, G_PRIORITY_DEFAULT,
                               cancellable, progress, progress_data, NULL,
                               test_ready, &result);
      test_wait (&result);
      ok = spool_buffer_save_finish (buffer, result, error);
      break;

    case MOVE_ASYNC:
      spool_buffer_move_async (buffer, destination, flags, G_PRIORITY_DEFAULT,
                               cancellable, progress, progress_data, NULL,
                               test_ready, &result);
      test_wait (&result);
      ok = spool_buffer_move_finish (buffer, result, error);
      break;

    default:
      g_assert_not_reached ();
    }

  /* The thread's last hold of the buffer goes some time after the result. */
  return ok;
}

static gboolean
save (SpoolBuffer     *buffer,
      How              how,
      GFile           *destination,
      SpoolSaveFlags   flags,
      GError         **error)
{
  return save_with_progress (buffer, how, destination, flags, NULL, NULL, NULL,
                             error);
}

static void
save_well (SpoolBuffer    *buffer,
           How             how,
           GFile          *destination,
           SpoolSaveFlags  flags)
{
  g_autoptr(GError) error = NULL;
  gboolean ok = save (buffer, how, destination, flags, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
}

static GFile *
child (TestFolder *folder,
       const char *name)
{
  return g_file_get_child (folder->file, name);
}

static void
write_file (GFile      *file,
            const char *text)
{
  g_assert_true (g_file_set_contents (g_file_peek_path (file), text, -1, NULL));
}

static void
assert_file (GFile      *file,
             const void *data,
             gsize       size)
{
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;

  g_file_get_contents (g_file_peek_path (file), &contents, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (contents, length, data, size);
}

static void
assert_file_text (GFile      *file,
                  const char *text)
{
  assert_file (file, text, strlen (text));
}

static void
assert_file_filled (GFile *file,
                    gsize  size)
{
  g_autoptr(GBytes) bytes = test_bytes (0, size);

  assert_file (file, g_bytes_get_data (bytes, NULL), size);
}

static struct stat
stat_file (GFile *file)
{
  struct stat buf;

  g_assert_cmpint (lstat (g_file_peek_path (file), &buf), ==, 0);

  return buf;
}

static void
remove_file (GFile *file)
{
  g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
}

static void
assert_read_only (SpoolBuffer *buffer)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (spool_buffer_append (buffer, "x", 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
}

static void
test_buffer_save_content (gconstpointer data)
{
  const Case *test = data;
  const gsize sizes[] = { 0, 1, 100, 70000, LARGE };

  g_test_summary ("The file has the content, and nothing else is left");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(TestFolder) folder = test_folder_new ();
      g_autoptr(GFile) file = child (folder, "file");
      goffset threshold = test_threshold (GINT_TO_POINTER (test->threshold),
                                          MAX (sizes[i], 1));
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, threshold);
      gboolean rolled;

      test_append (buffer, 0, sizes[i]);
      rolled = spool_buffer_get_rolled_over (buffer);

      save_well (buffer, test->how, file, SPOOL_SAVE_NONE);

      assert_file_filled (file, sizes[i]);
      g_assert_cmpuint (test_folder_count (folder), ==, 1);
      test_assert_filled (buffer, sizes[i]);
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==, rolled);
      if (IS_MOVE (test->how))
        assert_read_only (buffer);
      else
        test_assert_usable (buffer);

      assert_file_filled (file, sizes[i]);
      remove_file (file);
    }
}

static void
test_buffer_save_durable (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;

      buffer = test_buffer_new_in (folder,
                                   test_threshold (GINT_TO_POINTER (test->threshold), 100));
      test_append (buffer, 0, 100);
      save_well (buffer, test->how, file, SPOOL_SAVE_DURABLE);
      assert_file_filled (file, 100);
      g_assert_cmpuint (test_folder_count (folder), ==, 1);
    }

  remove_file (file);
}

static void
test_buffer_save_late (void)
{
  const gint64 late = G_GINT64_CONSTANT (4000000000);
  const struct timespec times[2] = { { late, 0 }, { late, 0 } };
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");

  g_test_summary ("What was written after 2038 can be read and replaced");

  g_assert_cmpint (times[0].tv_sec, ==, late);
  g_file_set_contents (g_file_peek_path (file), "old", -1, NULL);

  for (How how = SAVE; how <= MOVE_ASYNC; how++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 0);
      int fd = spool_buffer_dup_fd (buffer, TRUE, NULL, NULL);

      test_append (buffer, 0, 100);
      g_assert_cmpint (utimensat (AT_FDCWD, g_file_peek_path (file), times, 0), ==, 0);
      g_assert_cmpint (futimens (fd, times), ==, 0);
      g_assert_true (g_close (fd, NULL));

      test_assert_filled (buffer, 100);
      save_well (buffer, how, file, SPOOL_SAVE_NONE);

      /* GLib itself may know no such times. */
      g_assert_cmpint (utimensat (AT_FDCWD, g_file_peek_path (file), NULL, 0), ==, 0);
      assert_file_filled (file, 100);
    }

  remove_file (file);
}

static void
test_buffer_save_mode (gconstpointer data)
{
  const Case *test = data;
  const mode_t umasks[] = { 0, 022, 027, 077 };
  mode_t old = umask (022);

  g_test_summary ("The mode is the umask's, the replaced file's, or 0600");

  for (gsize i = 0; i < G_N_ELEMENTS (umasks); i++)
    {
      g_autoptr(TestFolder) folder = test_folder_new ();
      g_autoptr(GFile) file = child (folder, "file");

      for (guint step = 0; step < 3; step++)
        {
          goffset threshold = test_threshold (GINT_TO_POINTER (test->threshold), 100);
          g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, threshold);

          test_append (buffer, 0, 100);
          umask (umasks[i]);
          save_well (buffer, test->how, file,
                     step == 2 ? SPOOL_SAVE_PRIVATE : SPOOL_SAVE_NONE);
          umask (old);

          if (step == 0)
            {
              g_assert_cmpuint (stat_file (file).st_mode, ==,
                                S_IFREG | (0666 & ~umasks[i]));
              g_assert_cmpint (g_chmod (g_file_peek_path (file), 0645), ==, 0);
            }
          else
            g_assert_cmpuint (stat_file (file).st_mode, ==,
                              S_IFREG | (step == 1 ? 0645 : 0600));
        }

      remove_file (file);
    }

  umask (old);
}

static void
test_buffer_save_replaces (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(GFile) other = child (folder, "other name of the old file");
  g_autoptr(SpoolBuffer) buffer = NULL;

  g_test_summary ("The old file is replaced, and not written over");

  buffer = test_buffer_new_in (folder,
                               test_threshold (GINT_TO_POINTER (test->threshold), 100));
  test_append (buffer, 0, 100);
  write_file (file, "old");
  g_assert_cmpint (link (g_file_peek_path (file), g_file_peek_path (other)), ==, 0);

  save_well (buffer, test->how, file, SPOOL_SAVE_NONE);

  assert_file_filled (file, 100);
  assert_file_text (other, "old");
  g_assert_cmpuint (test_folder_count (folder), ==, 2);
  remove_file (file);
  remove_file (other);
}

static void
test_buffer_save_no_overwrite (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(GFile) free_file = child (folder, "free");
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  g_autoptr(TestState) state = NULL;
  struct stat spooled = { 0 };
  int fd;

  buffer = test_buffer_new_in (folder,
                               test_threshold (GINT_TO_POINTER (test->threshold), 100));
  test_append (buffer, 0, 100);
  state = test_state_new (buffer);
  fd = test_find_fd (folder->path);
  if (fd >= 0)
    g_assert_cmpint (fstat (fd, &spooled), ==, 0);

  write_file (file, "old");
  g_assert_false (save (buffer, test->how, file, SPOOL_SAVE_NO_OVERWRITE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_file_text (file, "old");
  g_assert_cmpuint (test_folder_count (folder), ==, 1);
  test_state_assert (state, buffer);
  test_assert_usable (buffer);

  /* It was not even a copy that was lost by it. */
  save_well (buffer, test->how, free_file, SPOOL_SAVE_NO_OVERWRITE);
  assert_file_filled (free_file, 100);
  if (IS_MOVE (test->how) && fd >= 0)
    g_assert_cmpuint (stat_file (free_file).st_ino, ==, spooled.st_ino);

  remove_file (file);
  remove_file (free_file);
}

static void
test_buffer_save_symlink (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) link_file = child (folder, "link");
  g_autoptr(GFile) target = child (folder, "target");

  g_test_summary ("A symbolic link is replaced and not followed");

  for (guint kind = 0; kind < 3; kind++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;

      buffer = test_buffer_new_in (folder,
                                   test_threshold (GINT_TO_POINTER (test->threshold), 100));
      test_append (buffer, 0, 100);

      if (kind == 0)
        write_file (target, "target");
      else if (kind == 1)
        g_assert_cmpint (g_mkdir (g_file_peek_path (target), 0700), ==, 0);
      g_assert_cmpint (symlink ("target", g_file_peek_path (link_file)), ==, 0);

      save_well (buffer, test->how, link_file, SPOOL_SAVE_NONE);
      g_assert_true (S_ISREG (stat_file (link_file).st_mode));
      assert_file_filled (link_file, 100);

      if (kind == 0)
        {
          assert_file_text (target, "target");
          remove_file (target);
        }
      else if (kind == 1)
        g_assert_cmpint (g_rmdir (g_file_peek_path (target)), ==, 0);
      else
        g_assert_false (g_file_query_exists (target, NULL));

      remove_file (link_file);
    }
}

static void
test_buffer_save_refused (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(TestState) state = NULL;
  g_autoptr(GFile) root = g_file_new_for_path ("/");
  g_autoptr(GFile) fifo = child (folder, "fifo");
  g_autoptr(GFile) plain = child (folder, "plain");
  g_autoptr(GFile) in_plain = g_file_get_child (plain, "file");
  g_autoptr(GFile) in_none = g_file_resolve_relative_path (folder->file, "none/file");
  g_autofree char *long_name = g_strnfill (300, 'x');
  g_autoptr(GFile) long_file = child (folder, long_name);
  const struct
  {
    GFile          *file;
    SpoolSaveFlags  flags;
    GIOErrorEnum    code;
  } attempts[] = {
    { folder->file, SPOOL_SAVE_NONE, G_IO_ERROR_IS_DIRECTORY },
    { folder->file, SPOOL_SAVE_NO_OVERWRITE, G_IO_ERROR_EXISTS },
    { root, SPOOL_SAVE_NONE, G_IO_ERROR_IS_DIRECTORY },
    { root, SPOOL_SAVE_NO_OVERWRITE, G_IO_ERROR_IS_DIRECTORY },
    { fifo, SPOOL_SAVE_NONE, G_IO_ERROR_NOT_REGULAR_FILE },
    { in_plain, SPOOL_SAVE_NONE, G_IO_ERROR_NOT_DIRECTORY },
    { in_none, SPOOL_SAVE_DURABLE, G_IO_ERROR_NOT_FOUND },
    { long_file, SPOOL_SAVE_NONE, G_IO_ERROR_FILENAME_TOO_LONG },
  };

  g_test_summary ("What cannot be replaced is refused, and nothing changes");

  g_assert_cmpint (mkfifo (g_file_peek_path (fifo), 0600), ==, 0);
  write_file (plain, "plain");
  buffer = test_buffer_new_in (folder,
                               test_threshold (GINT_TO_POINTER (test->threshold), 100));
  test_append (buffer, 0, 100);
  state = test_state_new (buffer);

  for (gsize i = 0; i < G_N_ELEMENTS (attempts); i++)
    {
      g_autoptr(GError) error = NULL;

      g_test_message ("%s", g_file_peek_path (attempts[i].file));
      g_assert_false (save (buffer, test->how, attempts[i].file, attempts[i].flags,
                            &error));
      g_assert_error (error, G_IO_ERROR, (int) attempts[i].code);
      test_state_assert (state, buffer);
      g_assert_cmpuint (test_folder_count (folder), ==, 2);
    }
  test_assert_usable (buffer);

  g_assert_true (S_ISFIFO (stat_file (fifo).st_mode));
  assert_file_text (plain, "plain");
  remove_file (fifo);
  remove_file (plain);
}

static void
test_buffer_save_closed (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, test->threshold);
  g_autoptr(GError) error = NULL;

  test_append (buffer, 0, 100);
  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  g_assert_false (save (buffer, test->how, file, SPOOL_SAVE_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
}

static void
test_buffer_save_move_same_file (gconstpointer data)
{
  gboolean replace = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  struct stat spooled;
  struct stat moved;

  g_test_summary ("The file is the temporary one, and no byte was copied");

  test_append (buffer, 0, 100);
  g_assert_true (spool_buffer_reserve (buffer, 1024 * 1024, NULL, NULL));
  g_assert_cmpint (fstat (test_find_fd (folder->path), &spooled), ==, 0);
  g_assert_cmpuint (spooled.st_nlink, ==, 0);
  if (replace)
    write_file (file, "old");

  save_well (buffer, MOVE, file, SPOOL_SAVE_NONE);

  moved = stat_file (file);
  g_assert_cmpuint (moved.st_dev, ==, spooled.st_dev);
  g_assert_cmpuint (moved.st_ino, ==, spooled.st_ino);
  g_assert_cmpuint (moved.st_nlink, ==, 1);

  /* What was reserved and is not needed is given back. */
  g_assert_cmpint (moved.st_blocks, <, 1024 * 1024 / 512);
  remove_file (file);
}

static void
test_buffer_save_move_to_other_file_system (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autofree char *path = g_strdup ("/dev/shm/spool-test-XXXXXX");
  g_autoptr(GFile) elsewhere = NULL;
  g_autoptr(GFile) file = NULL;
  struct stat here, there;

  if (g_mkdtemp (path) == NULL)
    {
      g_test_skip ("There is no /dev/shm");
      return;
    }

  g_assert_cmpint (stat (folder->path, &here), ==, 0);
  g_assert_cmpint (stat (path, &there), ==, 0);
  elsewhere = g_file_new_for_path (path);
  file = g_file_get_child (elsewhere, "file");

  if (here.st_dev == there.st_dev)
    g_test_skip ("There is one file system only");
  else
    {
      test_append (buffer, 0, LARGE);
      for (guint i = 0; i < 2; i++)
        {
          save_well (buffer, MOVE, file, SPOOL_SAVE_NONE);
          assert_file_filled (file, LARGE);
          assert_read_only (buffer);
        }
      test_assert_filled (buffer, LARGE);
      remove_file (file);
    }

  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static void
test_buffer_save_moved (gconstpointer data)
{
  gboolean linked = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(GFile) second = child (folder, "second");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, linked ? 10 : 1000);
  g_autoptr(GInputStream) before = spool_memory_input_stream_new_for_buffer (buffer);
  g_autoptr(GInputStream) source = g_memory_input_stream_new_from_data ("x", 1, NULL);
  g_autoptr(GInputStream) after = NULL;
  g_autoptr(GOutputStream) output = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  guint8 block[200];
  int fd;

  g_test_summary ("What was moved can be read in every way, and not changed");

  test_append (buffer, 0, 100);
  g_assert_cmpint (g_input_stream_read (before, block, 50, NULL, NULL), ==, 50);
  save_well (buffer, MOVE, file, SPOOL_SAVE_NONE);

#define ASSERT_READ_ONLY(call)                                 \
  G_STMT_START                                                 \
    {                                                          \
      g_assert_false (call);                                   \
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY); \
      g_clear_error (&error);                                  \
    }                                                          \
  G_STMT_END

  ASSERT_READ_ONLY (spool_buffer_append (buffer, "x", 1, NULL, &error));
  ASSERT_READ_ONLY (spool_buffer_write (buffer, 0, "x", 1, NULL, &error));
  ASSERT_READ_ONLY (spool_buffer_write (buffer, 1000, "x", 1, NULL, &error));
  ASSERT_READ_ONLY (spool_buffer_truncate (buffer, 0, NULL, &error));
  ASSERT_READ_ONLY (spool_buffer_truncate (buffer, 1000, NULL, &error));
  ASSERT_READ_ONLY (spool_buffer_reserve (buffer, 1000, NULL, &error));
  ASSERT_READ_ONLY (spool_buffer_splice_from (buffer, source, 0, NULL, &error) >= 0);
  ASSERT_READ_ONLY (spool_buffer_dup_fd (buffer, TRUE, NULL, &error) >= 0);
  ASSERT_READ_ONLY (g_output_stream_write (output, "x", 1, NULL, &error) > 0);
  ASSERT_READ_ONLY (g_seekable_truncate (G_SEEKABLE (output), 5, NULL, &error));

#undef ASSERT_READ_ONLY

  g_assert_true (g_output_stream_close (output, NULL, &error));
  g_assert_no_error (error);

  assert_file_filled (file, 100);
  test_assert_filled (buffer, 100);
  g_assert_cmpint (g_input_stream_read (before, block, 200, NULL, NULL), ==, 50);
  test_check (block, 50, 50);
  after = spool_memory_input_stream_new_for_buffer (buffer);
  g_assert_cmpint (g_input_stream_read (after, block, 200, NULL, NULL), ==, 100);
  test_check (block, 0, 100);

  bytes = spool_buffer_get_bytes (buffer, NULL, &error);
  g_assert_no_error (error);
  test_check (g_bytes_get_data (bytes, NULL), 0, 100);

  fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (read (fd, block, 200), ==, 100);
  test_check (block, 0, 100);
  g_assert_true (g_close (fd, NULL));

  /* Two names for one file would not be two files. */
  save_well (buffer, MOVE, second, SPOOL_SAVE_NONE);
  g_assert_cmpuint (stat_file (second).st_ino, !=, stat_file (file).st_ino);
  assert_file_filled (second, 100);
  remove_file (second);
  save_well (buffer, SAVE, second, SPOOL_SAVE_NONE);
  assert_file_filled (second, 100);
  assert_read_only (buffer);

  /* Only a reset makes a new one of it, which has nothing to do with these. */
  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  test_assert_usable (buffer);
  test_append (buffer, 0, 50);
  save_well (buffer, MOVE, second, SPOOL_SAVE_NONE);
  assert_file_filled (second, 50);
  assert_file_filled (file, 100);

  g_clear_object (&buffer);
  assert_file_filled (file, 100);
  remove_file (file);
  remove_file (second);
}

static void
test_buffer_save_moved_and_edited (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  char block[200];
  int fd;

  g_test_summary ("Where others change the file, readers see what is there");

  test_append (buffer, 0, 100);
  save_well (buffer, MOVE, file, SPOOL_SAVE_NONE);

  fd = open (g_file_peek_path (file), O_RDWR | O_CLOEXEC);
  g_assert_cmpint (pwrite (fd, "edited", 6, 0), ==, 6);
  g_assert_cmpint (spool_buffer_read (buffer, 0, block, 6, NULL, NULL), ==, 6);
  g_assert_cmpmem (block, 6, "edited", 6);
  g_assert_cmpint (ftruncate (fd, 3), ==, 0);
  g_assert_cmpint (spool_buffer_read (buffer, 0, block, 200, NULL, NULL), ==, 3);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 3);
  g_assert_true (g_close (fd, NULL));
  remove_file (file);
}

static void
test_buffer_save_moved_while_mapped (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GBytes) bytes = NULL;
  struct stat spooled;

  g_test_summary ("What a snapshot maps is never handed over");

  test_append (buffer, 0, 100000);
  bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
  g_assert_cmpint (fstat (test_find_fd (folder->path), &spooled), ==, 0);
  save_well (buffer, MOVE, file, SPOOL_SAVE_NONE);
  g_assert_cmpuint (stat_file (file).st_ino, !=, spooled.st_ino);

  g_assert_cmpint (truncate (g_file_peek_path (file), 0), ==, 0);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 100000);
  test_check (g_bytes_get_data (bytes, NULL), 0, 100000);
  test_assert_filled (buffer, 100000);
  assert_read_only (buffer);
  remove_file (file);
}

static void
test_buffer_save_named (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  struct stat spooled;

  g_test_summary ("A named file is moved too, also to the name that it has");

  for (guint round = 0; round < 4; round++)
    {
      g_autoptr(SpoolBuffer) buffer = NULL;
      g_autoptr(GFile) named = NULL;
      gboolean move = round < 2;
      gboolean to_itself = round % 2 != 0;

      buffer = g_object_new (SPOOL_TYPE_BUFFER,
                             "directory", folder->file,
                             "threshold", G_GINT64_CONSTANT (10),
                             "named", TRUE,
                             NULL);
      test_append (buffer, 0, 100);
      named = spool_buffer_get_file (buffer);
      spooled = stat_file (named);

      save_well (buffer, move ? MOVE : SAVE, to_itself ? named : file, SPOOL_SAVE_NONE);
      if (move && !to_itself)
        {
          g_assert_cmpuint (stat_file (file).st_ino, ==, spooled.st_ino);
          g_assert_null (spool_buffer_get_file (buffer));
          g_assert_cmpuint (test_folder_count (folder), ==, 1);
        }
      test_assert_filled (buffer, 100);
      if (move)
        assert_read_only (buffer);

      g_clear_object (&buffer);
      assert_file_filled (to_itself ? named : file, 100);
      remove_file (to_itself ? named : file);
      g_assert_cmpuint (test_folder_count (folder), ==, 0);
    }
}

static void
test_buffer_save_sparse (gconstpointer data)
{
  How how = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GBytes) bytes = NULL;
  const goffset gap = G_GINT64_CONSTANT (1) << 36;
  struct stat buf;
  char block[8];
  int fd;

  g_test_summary ("A gap stays a gap");

  test_append (buffer, 0, 70000);
  g_assert_true (spool_buffer_write (buffer, gap, "end", 3, NULL, NULL));
  g_assert_true (spool_buffer_truncate (buffer, gap + gap, NULL, NULL));

  /* Keeps a move from being one. */
  if (how == MOVE)
    bytes = spool_buffer_get_bytes (buffer, NULL, NULL);

  save_well (buffer, how, file, SPOOL_SAVE_NONE);
  buf = stat_file (file);
  g_assert_cmpint (buf.st_size, ==, gap + gap);
  g_assert_cmpint (buf.st_blocks, <, 1024);

  fd = open (g_file_peek_path (file), O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (pread (fd, block, 8, gap), ==, 8);
  g_assert_cmpmem (block, 8, "end\0\0\0\0\0", 8);
  g_assert_true (g_close (fd, NULL));
  remove_file (file);
}

static void
test_buffer_save_over_limit (gconstpointer data)
{
  How how = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  struct rlimit old, limit;

  g_test_summary ("A limit on the size of files is an error and no signal");

  test_append (buffer, 0, LARGE);
  bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
  write_file (file, "old");
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &old), ==, 0);
  limit = old;
  limit.rlim_cur = 100000;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_false (save (buffer, how, file, SPOOL_SAVE_NONE, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &old), ==, 0);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  assert_file_text (file, "old");
  g_assert_cmpuint (test_folder_count (folder), ==, 1);
  test_assert_usable (buffer);
  save_well (buffer, how, file, SPOOL_SAVE_NONE);
  assert_file_filled (file, LARGE);
  remove_file (file);
}

typedef struct
{
  SpoolBuffer  *buffer;
  GCancellable *cancellable; /* to cancel when half is done */
  gboolean      write;       /* to write to the buffer */
  gboolean      stayed;      /* that was refused */
  GThread      *thread;
  goffset       size;
  goffset       current;
  guint         n_calls;
  guint         n_destroyed;
  gboolean      returned;
} Progress;

static void
progress_cb (goffset  current,
             goffset  total,
             gpointer data)
{
  Progress *self = data;
  char byte;

  self->n_calls++;
  g_assert_true (g_thread_self () == self->thread);
  g_assert_cmpuint (self->n_destroyed, ==, 0);
  g_assert_false (self->returned);
  g_assert_cmpint (total, ==, self->size);
  g_assert_cmpint (current, <=, total);
  g_assert_cmpint (current, >=, self->current);
  self->current = current;

  /* No lock is held. */
  g_assert_cmpint (spool_buffer_read (self->buffer, 0, &byte, 1, NULL, NULL), ==, 1);

  if (self->cancellable != NULL && current * 2 > total)
    g_cancellable_cancel (self->cancellable);

  if (self->write && current < total)
    {
      g_autoptr(GError) error = NULL;

      if (!spool_buffer_write (self->buffer, 0, "x", 1, NULL, &error))
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
          self->stayed = TRUE;
        }
    }
}

static void
progress_destroy (gpointer data)
{
  Progress *self = data;

  g_assert_true (g_thread_self () == self->thread);
  g_assert_false (self->returned);
  self->n_destroyed++;
}

/* Whether one call copies a whole file there. */
static gboolean
can_clone (TestFolder *folder)
{
  int from = open (folder->path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  int to = open (folder->path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  gboolean can = from >= 0 && to >= 0 && ioctl (to, FICLONE, from) == 0;

  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);

  return can;
}

static void
test_buffer_save_progress (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  goffset threshold = test_threshold (GINT_TO_POINTER (test->threshold), LARGE);
  Progress progress = { 0 };

  g_test_summary ("Progress only grows, ends at the end, and holds no lock");

  buffer = test_buffer_new_in (folder, threshold);
  test_append (buffer, 0, LARGE);
  progress.buffer = buffer;
  progress.thread = g_thread_self ();
  progress.size = LARGE;

  g_assert_true (save_with_progress (buffer, test->how, file, SPOOL_SAVE_NONE, NULL,
                                     progress_cb, &progress, &error));
  g_assert_no_error (error);
  g_assert_cmpint (progress.current, ==, LARGE);
  g_assert_cmpuint (progress.n_calls, >=, 1);
  if (test->how == SAVE && (!spool_buffer_get_rolled_over (buffer) || !can_clone (folder)))
    g_assert_cmpuint (progress.n_calls, >=, 3);
  remove_file (file);
}

static void
returned_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Progress *self = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_save_finish (SPOOL_BUFFER (source), result, &error));
  g_assert_no_error (error);
  self->returned = TRUE;
}

static gpointer
progress_in_context (gpointer data)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);

  g_main_context_push_thread_default (context);
  test_append (buffer, 0, LARGE);

  for (guint round = 0; round < 4; round++)
    {
      Progress progress = { 0 };
      gboolean with_callback = (round & 1) != 0;

      progress.buffer = buffer;
      progress.thread = g_thread_self ();
      progress.size = LARGE;

      spool_buffer_save_async (buffer, file, SPOOL_SAVE_NONE,
                               round < 2 ? G_PRIORITY_DEFAULT : G_PRIORITY_LOW, NULL,
                               with_callback ? progress_cb : NULL, &progress,
                               progress_destroy, returned_cb, &progress);
      while (!progress.returned)
        g_main_context_iteration (context, TRUE);

      g_assert_cmpuint (progress.n_destroyed, ==, 1);
      g_assert_cmpint (progress.current, ==, with_callback ? LARGE : 0);

      /* Nothing comes afterwards: that would show as a second return. */
      while (g_main_context_iteration (context, FALSE))
        ;
      g_assert_cmpuint (progress.n_destroyed, ==, 1);
    }

  g_main_context_pop_thread_default (context);
  remove_file (file);

  return NULL;
}

static void
test_buffer_save_progress_context (void)
{
  g_test_summary ("Progress is told in the caller's context, and before the end");

  progress_in_context (NULL);
  g_thread_join (g_thread_new ("context", progress_in_context, NULL));
}

static void
test_buffer_save_progress_write (gconstpointer data)
{
  How how = GPOINTER_TO_INT (data);
  gboolean shared = IS_MOVE (how);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, SPOOL_THRESHOLD_NEVER);
  g_autoptr(GError) error = NULL;
  Progress progress = { 0 };

  g_test_summary ("What is written during progress is not in the file");

  test_append (buffer, 0, LARGE);
  progress.buffer = buffer;
  progress.thread = g_thread_self ();
  progress.size = LARGE;
  progress.write = TRUE;

  g_assert_true (save_with_progress (buffer, how, file, SPOOL_SAVE_NONE, NULL,
                                     progress_cb, &progress, &error));
  g_assert_no_error (error);
  assert_file_filled (file, LARGE);

  /* A move keeps the content as it is: in this thread nobody could wait. */
  g_assert_cmpint (progress.stayed, ==, shared);
  remove_file (file);
}

static void
test_buffer_save_cancelled (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  buffer = test_buffer_new_in (folder,
                               test_threshold (GINT_TO_POINTER (test->threshold), 100));
  test_append (buffer, 0, 100);
  state = test_state_new (buffer);
  write_file (file, "old");

  g_assert_false (save_with_progress (buffer, test->how, file, SPOOL_SAVE_NONE,
                                      cancelled, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_file_text (file, "old");
  g_assert_cmpuint (test_folder_count (folder), ==, 1);
  test_state_assert (state, buffer);
  test_assert_usable (buffer);
  save_well (buffer, test->how, file, SPOOL_SAVE_NONE);
  assert_file_filled (file, 100);
  remove_file (file);
}

static void
test_buffer_save_cancelled_half_way (gconstpointer data)
{
  guint round = GPOINTER_TO_UINT (data);
  How how = round & 1 ? MOVE : SAVE;
  gboolean foreign = (round & 2) != 0;
  gboolean on_disk = (round & 4) != 0;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(GFile) wrapped = test_file_new (file);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, on_disk ? 10 : -1);
  g_autoptr(GBytes) bytes = NULL;
  guint n_fds;

  if (on_disk && !foreign && can_clone (folder))
    {
      g_test_skip ("The file system copies the whole file at once");
      return;
    }

  test_append (buffer, 0, LARGE);
  bytes = spool_buffer_get_bytes (buffer, NULL, NULL);
  n_fds = test_count_fds ();

  for (guint i = 0; i < 2; i++)
    {
      gboolean exists = i == 0;
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;
      Progress progress = { 0 };

      if (exists)
        write_file (file, "old");

      progress.buffer = buffer;
      progress.thread = g_thread_self ();
      progress.size = LARGE;
      progress.cancellable = cancellable;
      g_assert_false (save_with_progress (buffer, how, foreign ? wrapped : file,
                                          exists ? SPOOL_SAVE_NONE
                                                 : SPOOL_SAVE_NO_OVERWRITE,
                                          cancellable, progress_cb, &progress, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (progress.current, <, LARGE);

      if (exists)
        {
          assert_file_text (file, "old");
          remove_file (file);
        }
      g_assert_cmpuint (test_folder_count (folder), ==, 0);
      g_assert_cmpuint (test_count_fds (), ==, n_fds);
      test_assert_filled (buffer, LARGE);
      test_assert_usable (buffer);
    }

  save_well (buffer, how, foreign ? wrapped : file, SPOOL_SAVE_NONE);
  assert_file_filled (file, LARGE);
  remove_file (file);
}

static void
test_buffer_save_foreign (gconstpointer data)
{
  const Case *test = data;
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(GFile) wrapped = test_file_new (file);
  g_autoptr(GFile) wrapped_folder = test_file_new (folder->file);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  mode_t old = umask (022);

  g_test_summary ("Files that GIO alone can reach are replaced by it");

  buffer = test_buffer_new_in (folder,
                               test_threshold (GINT_TO_POINTER (test->threshold), LARGE));
  test_append (buffer, 0, LARGE);

  g_assert_false (save (buffer, test->how, wrapped, SPOOL_SAVE_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_false (save (buffer, test->how, wrapped_folder, SPOOL_SAVE_NONE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);
  g_assert_cmpuint (test_folder_count (folder), ==, 0);
  test_assert_usable (buffer);

  write_file (file, "old");
  g_assert_cmpint (g_chmod (g_file_peek_path (file), 0640), ==, 0);
  g_assert_false (save (buffer, test->how, wrapped, SPOOL_SAVE_NO_OVERWRITE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_file_text (file, "old");
  test_assert_usable (buffer);

  save_well (buffer, test->how, wrapped, SPOOL_SAVE_NONE);
  assert_file_filled (file, LARGE);
  g_assert_cmpuint (stat_file (file).st_mode & 0777, ==, 0640);
  if (IS_MOVE (test->how))
    assert_read_only (buffer);

  save_well (buffer, test->how, wrapped, SPOOL_SAVE_PRIVATE);
  assert_file_filled (file, LARGE);
  g_assert_cmpuint (stat_file (file).st_mode & 0777, ==, 0600);
  remove_file (file);

  save_well (buffer, test->how, wrapped, SPOOL_SAVE_NO_OVERWRITE);
  assert_file_filled (file, LARGE);
  g_assert_cmpuint (stat_file (file).st_mode & 0777, ==, 0644);
  g_assert_cmpuint (test_folder_count (folder), ==, 1);
  remove_file (file);
  umask (old);
}

static void
test_buffer_save_from_remote (gconstpointer data)
{
  How how = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(TestFolder) target = test_folder_new ();
  g_autoptr(GFile) remote = test_file_new (folder->file);
  g_autoptr(GFile) file = child (target, "file");
  g_autoptr(SpoolBuffer) buffer = NULL;

  g_test_summary ("From a temporary file that is not local it is copied");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", remote,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, LARGE);
  save_well (buffer, how, file, SPOOL_SAVE_NONE);
  assert_file_filled (file, LARGE);
  test_assert_filled (buffer, LARGE);
  if (IS_MOVE (how))
    assert_read_only (buffer);
  else
    test_assert_usable (buffer);
  remove_file (file);
}

#define STATE_SIZE (1024 * 1024)

typedef struct
{
  SpoolBuffer *buffer;
  int          stop;     /* atomic */
  guint        n_written;
} Writer;

/* Writes one state over the other: each is one byte all over. */
static gpointer
writer_main (gpointer data)
{
  Writer *self = data;
  g_autofree guint8 *block = g_malloc (STATE_SIZE);

  while (!g_atomic_int_get (&self->stop))
    {
      g_autoptr(GError) error = NULL;

      self->n_written++;
      memset (block, (int) (self->n_written & 0xff), STATE_SIZE);
      if (!spool_buffer_write (self->buffer, 0, block, STATE_SIZE, NULL, &error))
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
          break;
        }
    }

  return NULL;
}

static void
assert_one_state (GFile *file)
{
  g_autofree char *contents = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (g_file_peek_path (file), &contents, &length,
                                      NULL));
  g_assert_cmpuint (length, ==, STATE_SIZE);
  for (gsize i = 1; i < length; i++)
    g_assert_cmpint (contents[i], ==, contents[0]);
}

static void
test_buffer_save_one_state (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(TestFolder) target = test_folder_new ();
  g_autoptr(GFile) file = child (target, "file");
  g_autoptr(GFile) remote = test_file_new (folder->file);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autofree guint8 *zeros = g_malloc0 (STATE_SIZE);
  GThread *thread;
  Writer writer = { 0 };
  int fd = -1;

  g_test_summary ("The file is one state of the buffer, whoever writes meanwhile");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", kind == 3 ? remote : folder->file,
                         "threshold", (gint64) (kind == 0 ? STATE_SIZE : 10),
                         NULL);
  g_assert_true (spool_buffer_append (buffer, zeros, STATE_SIZE, NULL, NULL));
  if (kind == 2)
    fd = spool_buffer_dup_fd (buffer, TRUE, NULL, NULL);

  writer.buffer = buffer;
  thread = g_thread_new ("writer", writer_main, &writer);
  for (guint i = 0; i < 20; i++)
    {
      save_well (buffer, i % 2 == 0 ? SAVE : SAVE_ASYNC, file, SPOOL_SAVE_NONE);
      assert_one_state (file);
    }

  /* Not the last write only: every accepted one is in the file. */
  save_well (buffer, MOVE, file, SPOOL_SAVE_NONE);
  assert_one_state (file);
  g_atomic_int_set (&writer.stop, TRUE);
  g_thread_join (thread);
  assert_one_state (file);
  {
    g_autofree char *contents = NULL;
    gsize length;

    g_file_get_contents (g_file_peek_path (file), &contents, &length, NULL);
    test_assert_content (buffer, contents, length);
  }

  if (fd >= 0)
    g_assert_true (g_close (fd, NULL));
  remove_file (file);
}

typedef struct
{
  SpoolBuffer *buffer;
  int          tid;    /* atomic */
  gboolean     ok;
  GError      *error;
} Append;

static gpointer
append_main (gpointer data)
{
  Append *self = data;

  g_atomic_int_set (&self->tid, gettid ());
  self->ok = spool_buffer_append (self->buffer, "after", 5, NULL, &self->error);

  return NULL;
}

typedef struct
{
  Progress  progress;
  Append    append;
  GThread  *thread;
} Waiting;

static void
waiting_cb (goffset  current,
            goffset  total,
            gpointer data)
{
  Waiting *self = data;
  g_autoptr(GError) error = NULL;

  /* A writer of another thread comes while the content is held. It cannot
   * have written until the call returns, whenever it gets to run. */
  if (self->thread == NULL && current < total)
    {
      self->thread = g_thread_new ("writer", append_main, &self->append);

      g_assert_false (spool_buffer_write_nonblocking (self->append.buffer, 0, "x", 1,
                                                      &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
    }

  progress_cb (current, total, &self->progress);
}

static void
test_buffer_save_move_waits (gconstpointer data)
{
  gboolean cancel = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, SPOOL_THRESHOLD_NEVER);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  Waiting waiting = { 0 };
  gboolean ok;

  g_test_summary ("Writes wait for a move: nothing accepted is lost by it");

  test_append (buffer, 0, LARGE);
  waiting.append.buffer = buffer;
  waiting.progress.buffer = buffer;
  waiting.progress.thread = g_thread_self ();
  waiting.progress.size = LARGE;
  waiting.progress.cancellable = cancel ? cancellable : NULL;

  ok = spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, cancellable, waiting_cb,
                          &waiting, &error);
  g_thread_join (waiting.thread);

  if (cancel)
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_no_error (waiting.append.error);
      g_assert_true (waiting.append.ok);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, LARGE + 5);
      g_assert_cmpuint (test_folder_count (folder), ==, 0);
    }
  else
    {
      g_assert_no_error (error);
      g_assert_true (ok);
      g_assert_false (waiting.append.ok);
      g_assert_error (waiting.append.error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
      g_clear_error (&waiting.append.error);
      test_assert_filled (buffer, LARGE);
      assert_file_filled (file, LARGE);
      remove_file (file);
    }
}

typedef struct
{
  SpoolBuffer *buffer;
  gboolean     close;
  gboolean     done;
  Append       append;
  GThread     *thread;
} Interrupt;

/* Returns when the thread sleeps, as one does that waits for a lock. */
static void
wait_for_sleep (Append *append)
{
  gboolean asleep = FALSE;

  while (!asleep)
    {
      int tid = g_atomic_int_get (&append->tid);
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/stat", tid);
      g_autofree char *stat = NULL;

      asleep = tid != 0 && g_file_get_contents (path, &stat, NULL, NULL) &&
               strstr (stat, ") S ") != NULL;
      g_thread_yield ();
    }
}

static void
interrupt_cb (goffset  current,
              goffset  total,
              gpointer data)
{
  Interrupt *self = data;
  g_autoptr(GError) error = NULL;

  if (current == total || self->done)
    return;
  self->done = TRUE;

  /* Who waits for the copy waits no longer. */
  if (self->append.buffer != NULL)
    {
      self->thread = g_thread_new ("writer", append_main, &self->append);
      wait_for_sleep (&self->append);
    }

  if (self->close)
    g_assert_true (spool_buffer_close (self->buffer, NULL, &error));
  else
    {
      g_assert_true (spool_buffer_reset (self->buffer, NULL, &error));
      if (self->thread == NULL)
        g_assert_true (spool_buffer_append (self->buffer, "new", 3, NULL, &error));
    }
  g_assert_no_error (error);

  if (self->thread != NULL)
    g_thread_join (g_steal_pointer (&self->thread));
}

static void
test_buffer_save_interrupted (gconstpointer data)
{
  guint round = GPOINTER_TO_UINT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(TestFolder) target = test_folder_new ();
  g_autoptr(GFile) remote = test_file_new (folder->file);
  g_autoptr(GFile) file = child (target, "file");
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  Interrupt interrupt = { 0 };
  gboolean ok, waits;

  g_test_summary ("Neither a reset nor a close takes away what is being saved");

  if ((round & (2 | 4 | 8)) == 0 && can_clone (folder))
    {
      g_test_skip ("The file system copies the whole file at once");
      return;
    }

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", round & 4 ? remote : folder->file,
                         "threshold", (gint64) (round & 8 ? LARGE : 10),
                         NULL);
  test_append (buffer, 0, LARGE);
  interrupt.buffer = buffer;
  interrupt.close = (round & 1) != 0;

  /* Only where writers wait: for a move, and for a file that is not local. */
  waits = (round & 16) && ((round & 2) || (round & 12) == 4);
  if (waits)
    interrupt.append.buffer = buffer;

  if (round & 2)
    {
      /* Where it cannot but be copied. */
      g_autoptr(GFile) foreign = test_file_new (file);

      ok = spool_buffer_move (buffer, foreign, SPOOL_SAVE_NONE, NULL, interrupt_cb,
                              &interrupt, &error);
    }
  else
    ok = spool_buffer_save (buffer, file, SPOOL_SAVE_NONE, NULL, interrupt_cb,
                            &interrupt, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  assert_file_filled (file, LARGE);

  if (interrupt.close)
    {
      char byte;

      g_assert_cmpint (spool_buffer_read (buffer, 0, &byte, 1, NULL, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
      if (waits)
        g_assert_error (interrupt.append.error, G_IO_ERROR, G_IO_ERROR_CLOSED);
      g_clear_error (&interrupt.append.error);
    }
  else
    {
      g_assert_no_error (interrupt.append.error);
      test_assert_text (buffer, waits ? "after" : "new");
      test_assert_usable (buffer);
    }
  remove_file (file);
}

static void
test_buffer_save_flags_type (void)
{
  g_autoptr(GFlagsClass) klass = g_type_class_ref (SPOOL_TYPE_SAVE_FLAGS);

  g_assert_cmpuint (klass->mask, ==, SPOOL_SAVE_NO_OVERWRITE | SPOOL_SAVE_PRIVATE |
                                     SPOOL_SAVE_DURABLE);
  g_assert_cmpuint (g_flags_get_value_by_nick (klass, "no-overwrite")->value, ==,
                    SPOOL_SAVE_NO_OVERWRITE);
}

static void
test_buffer_save_unwanted_async (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GAsyncResult) result = NULL;

  g_test_summary ("Without callbacks it is done all the same");

  test_append (buffer, 0, 100);
  spool_buffer_move_async (buffer, file, SPOOL_SAVE_NONE, G_PRIORITY_DEFAULT, NULL,
                           NULL, NULL, NULL, NULL, NULL);
  while (!g_file_query_exists (file, NULL))
    g_thread_yield ();
  spool_buffer_save_async (buffer, file, SPOOL_SAVE_NONE, G_PRIORITY_DEFAULT, NULL,
                           NULL, NULL, NULL, test_ready, &result);
  test_wait (&result);
  g_assert_true (spool_buffer_save_finish (buffer, result, NULL));
  assert_file_filled (file, 100);
  remove_file (file);
}

static void
test_buffer_save_fds (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = child (folder, "file");
  guint n_fds = test_count_fds ();

  for (guint i = 0; i < 10; i++)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, i % 2 ? 10 : 1000);

      test_append (buffer, 0, 100);
      save_well (buffer, SAVE, file, SPOOL_SAVE_DURABLE);
      g_assert_false (save (buffer, SAVE, file, SPOOL_SAVE_NO_OVERWRITE, NULL));
      save_well (buffer, MOVE, file, SPOOL_SAVE_DURABLE);
    }

  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  remove_file (file);
}

static void
add_cases (const char    *name,
           GTestDataFunc  func)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      static const char *const thresholds[TEST_N_THRESHOLDS] = {
        "zero", "one", "below", "exact", "above", "never",
      };
      g_autofree char *path = NULL;

      path = g_strdup_printf ("/buffer-save/%s/%s/%s", name, how_names[cases[i].how],
                              thresholds[cases[i].threshold]);
      g_test_add_data_func (path, &cases[i], func);
    }
}

static void
add_numbers (const char    *name,
             guint          n,
             GTestDataFunc  func)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *path = g_strdup_printf ("/buffer-save/%s/%u", name, i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), func);
    }
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      cases[i].how = i / TEST_N_THRESHOLDS;
      cases[i].threshold = i % TEST_N_THRESHOLDS;
    }

  add_cases ("content", test_buffer_save_content);
  add_cases ("durable", test_buffer_save_durable);
  add_cases ("mode", test_buffer_save_mode);
  add_cases ("replaces", test_buffer_save_replaces);
  add_cases ("no-overwrite", test_buffer_save_no_overwrite);
  add_cases ("symlink", test_buffer_save_symlink);
  add_cases ("refused", test_buffer_save_refused);
  add_cases ("closed", test_buffer_save_closed);
  add_cases ("cancelled", test_buffer_save_cancelled);
  add_cases ("foreign", test_buffer_save_foreign);
  add_cases ("progress", test_buffer_save_progress);

  add_numbers ("move-same-file", 2, test_buffer_save_move_same_file);
  g_test_add_func ("/buffer-save/move-to-other-file-system",
                   test_buffer_save_move_to_other_file_system);
  add_numbers ("moved", 2, test_buffer_save_moved);
  g_test_add_func ("/buffer-save/late", test_buffer_save_late);
  g_test_add_func ("/buffer-save/moved-and-edited", test_buffer_save_moved_and_edited);
  g_test_add_func ("/buffer-save/moved-while-mapped",
                   test_buffer_save_moved_while_mapped);
  g_test_add_func ("/buffer-save/named", test_buffer_save_named);
  add_numbers ("sparse", 2, test_buffer_save_sparse);
  add_numbers ("over-limit", 2, test_buffer_save_over_limit);
  g_test_add_func ("/buffer-save/progress-context", test_buffer_save_progress_context);
  add_numbers ("progress-write", 2, test_buffer_save_progress_write);
  add_numbers ("cancelled-half-way", 8, test_buffer_save_cancelled_half_way);
  add_numbers ("from-remote", N_HOWS, test_buffer_save_from_remote);
  add_numbers ("one-state", 4, test_buffer_save_one_state);
  add_numbers ("move-waits", 2, test_buffer_save_move_waits);
  add_numbers ("interrupted", 32, test_buffer_save_interrupted);
  g_test_add_func ("/buffer-save/flags-type", test_buffer_save_flags_type);
  g_test_add_func ("/buffer-save/unwanted-async", test_buffer_save_unwanted_async);
  g_test_add_func ("/buffer-save/fds", test_buffer_save_fds);

  return test_run ();
}
