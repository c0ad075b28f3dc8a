/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-utils.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (300 * 1000)

static GBytes *
snapshot (SpoolBuffer *buffer)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytes = spool_buffer_get_bytes (buffer, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (bytes);

  return bytes;
}

static void
assert_filled (GBytes *bytes,
               gsize   size)
{
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, size);
  test_check (g_bytes_get_data (bytes, NULL), 0, size);
}

/* Everything that the buffer, or somebody else through it, can do to the
 * content. */
static void
do_overwrite (SpoolBuffer *buffer,
              TestFolder  *folder)
{
  g_assert_true (spool_buffer_write (buffer, SIZE / 2, "changed", 7, NULL, NULL));
  g_assert_true (spool_buffer_write (buffer, 0, "changed", 7, NULL, NULL));
}

static void
do_append (SpoolBuffer *buffer,
           TestFolder  *folder)
{
  for (guint i = 0; i < 20; i++)
    test_append (buffer, 0, SIZE);
}

static void
do_truncate (SpoolBuffer *buffer,
             TestFolder  *folder)
{
  g_assert_true (spool_buffer_truncate (buffer, 10, NULL, NULL));
  g_assert_true (spool_buffer_truncate (buffer, 2 * SIZE, NULL, NULL));
}

static void
do_empty (SpoolBuffer *buffer,
          TestFolder  *folder)
{
  g_assert_true (spool_buffer_truncate (buffer, 0, NULL, NULL));
  g_assert_true (spool_buffer_append (buffer, "changed", 7, NULL, NULL));
}

static void
do_reset (SpoolBuffer *buffer,
          TestFolder  *folder)
{
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  g_assert_true (spool_buffer_append (buffer, "changed", 7, NULL, NULL));
}

static void
do_close (SpoolBuffer *buffer,
          TestFolder  *folder)
{
  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
}

static void
do_roll_over (SpoolBuffer *buffer,
              TestFolder  *folder)
{
  g_assert_true (spool_buffer_roll_over (buffer, NULL, NULL));
  g_assert_true (spool_buffer_write (buffer, 0, "changed", 7, NULL, NULL));
}

/* Moves it, and does to the file what others may do. */
static void
do_move (SpoolBuffer *buffer,
         TestFolder  *folder)
{
  g_autoptr(GFile) file = g_file_get_child (folder->file, "moved");
  g_autoptr(GError) error = NULL;
  int fd;

  g_assert_true (spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL,
                                    &error));
  g_assert_no_error (error);

  fd = open (g_file_peek_path (file), O_RDWR | O_CLOEXEC);
  g_assert_cmpint (pwrite (fd, "changed", 7, 0), ==, 7);
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
}

static void
use_fd (int fd)
{
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, "changed", 7, 0), ==, 7);
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  g_assert_true (g_close (fd, NULL));
}

static void
do_hand_out_writable (SpoolBuffer *buffer,
                      TestFolder  *folder)
{
  use_fd (spool_buffer_dup_fd (buffer, TRUE, NULL, NULL));
}

/* The same user can make more of a descriptor than it was. */
static void
do_hand_out_read_only (SpoolBuffer *buffer,
                       TestFolder  *folder)
{
  int fd = spool_buffer_dup_fd (buffer, FALSE, NULL, NULL);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);

  use_fd (open (path, O_RDWR | O_CLOEXEC));
  g_assert_true (g_close (fd, NULL));
}

static void
do_save (SpoolBuffer *buffer,
         TestFolder  *folder)
{
  g_autoptr(GFile) file = g_file_get_child (folder->file, "saved");

  g_assert_true (spool_buffer_save (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL,
                                    NULL));
  g_assert_cmpint (truncate (g_file_peek_path (file), 0), ==, 0);
  g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
}

typedef struct
{
  const char *name;
  void      (*func) (SpoolBuffer *buffer,
                     TestFolder  *folder);
} Deed;

static const Deed deeds[] = {
  { "overwrite", do_overwrite },
  { "append", do_append },
  { "truncate", do_truncate },
  { "empty", do_empty },
  { "reset", do_reset },
  { "close", do_close },
  { "roll-over", do_roll_over },
  { "move", do_move },
  { "hand-out-writable", do_hand_out_writable },
  { "hand-out-read-only", do_hand_out_read_only },
  { "save", do_save },
};

static void
test_buffer_snapshot_survives (gconstpointer data)
{
  const Deed *deed = data;

  g_test_summary ("Nothing that is done later changes or takes away a snapshot");

  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    {
      g_autoptr(TestFolder) folder = test_folder_new ();
      goffset threshold = test_threshold (GINT_TO_POINTER (i), SIZE);
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, threshold);
      g_autoptr(GBytes) first = NULL;
      g_autoptr(GBytes) second = NULL;
      g_autoptr(GBytes) part = NULL;

      test_append (buffer, 0, SIZE / 2);
      first = snapshot (buffer);
      test_append (buffer, SIZE / 2, SIZE / 2);
      second = snapshot (buffer);
      part = g_bytes_new_from_bytes (second, 1000, 1000);

      deed->func (buffer, folder);
      assert_filled (first, SIZE / 2);
      assert_filled (second, SIZE);

      g_clear_object (&buffer);
      assert_filled (first, SIZE / 2);
      assert_filled (second, SIZE);
      g_clear_pointer (&second, g_bytes_unref);
      test_check (g_bytes_get_data (part, NULL), 1000, 1000);
    }
}

static void
test_buffer_snapshot_of_exposed (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = g_file_get_child (folder->file, "moved");
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GFile) named = NULL;
  int fd = -1;

  g_test_summary ("A snapshot of a file that others have is one of a copy");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", folder->file,
                         "threshold", G_GINT64_CONSTANT (10),
                         "named", kind == 2,
                         NULL);
  test_append (buffer, 0, SIZE);

  if (kind == 0)
    {
      g_assert_true (spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL,
                                        NULL));
      fd = open (g_file_peek_path (file), O_RDWR | O_CLOEXEC);
    }
  else if (kind == 1)
    fd = spool_buffer_dup_fd (buffer, TRUE, NULL, NULL);
  else
    {
      named = spool_buffer_get_file (buffer);
      fd = open (g_file_peek_path (named), O_RDWR | O_CLOEXEC);
    }

  bytes = snapshot (buffer);
  use_fd (fd);
  assert_filled (bytes, SIZE);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 0);

  if (kind == 0)
    g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
}

typedef struct
{
  GBytes *bytes;
  int     stop;    /* atomic */
  guint   n_reads;
} Reader;

static gpointer
reader_main (gpointer data)
{
  Reader *self = data;

  do
    {
      assert_filled (self->bytes, SIZE);
      g_atomic_int_inc (&self->n_reads);
    }
  while (!g_atomic_int_get (&self->stop));

  return NULL;
}

static void
test_buffer_snapshot_read_while_edited (gconstpointer data)
{
  gboolean before = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = g_file_get_child (folder->file, "moved");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GBytes) early = NULL;
  Reader reader = { 0 };
  GThread *thread;
  int fd;

  g_test_summary ("Cutting and editing a moved file does not crash who reads a snapshot");

  test_append (buffer, 0, SIZE);
  if (before)
    early = snapshot (buffer);
  g_assert_true (spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, NULL));
  reader.bytes = before ? g_bytes_ref (early) : snapshot (buffer);
  fd = open (g_file_peek_path (file), O_RDWR | O_CLOEXEC);

  thread = g_thread_new ("reader", reader_main, &reader);
  for (guint i = 0; i < 200 || g_atomic_int_get (&reader.n_reads) < 3; i++)
    {
      g_assert_cmpint (ftruncate (fd, 0), ==, 0);
      g_assert_cmpint (pwrite (fd, "edited", 6, SIZE / 2), ==, 6);
      g_assert_cmpint (ftruncate (fd, 3 * SIZE), ==, 0);
    }
  g_atomic_int_set (&reader.stop, TRUE);
  g_thread_join (thread);

  g_bytes_unref (reader.bytes);
  g_assert_true (g_close (fd, NULL));
  g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
}

static void
test_buffer_snapshot_copied_once (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (-1, SIZE);
  g_autoptr(GBytes) one = snapshot (buffer);
  g_autoptr(GBytes) two = snapshot (buffer);
  g_autoptr(GBytes) three = NULL;
  g_autoptr(GBytes) four = NULL;
  gconstpointer data;

  g_test_summary ("In memory the block is shared, and copied at the first write only");

  g_assert_true (g_bytes_get_data (one, NULL) == g_bytes_get_data (two, NULL));
  g_assert_true (spool_buffer_write (buffer, 5, "x", 1, NULL, NULL));
  three = snapshot (buffer);
  data = g_bytes_get_data (three, NULL);
  g_assert_true (data != g_bytes_get_data (one, NULL));
  g_clear_pointer (&three, g_bytes_unref);

  /* Nobody shares the copy now. */
  g_assert_true (spool_buffer_write (buffer, 6, "x", 1, NULL, NULL));
  four = snapshot (buffer);
  g_assert_true (g_bytes_get_data (four, NULL) == data);
  assert_filled (one, SIZE);
}

static void
test_buffer_snapshot_for_bytes (void)
{
  g_autoptr(GBytes) bytes = test_bytes (0, SIZE);
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new_for_bytes (bytes);
  g_autoptr(GBytes) one = snapshot (buffer);
  g_autoptr(GBytes) two = NULL;

  g_test_summary ("Bytes that came in go out as they are");

  g_assert_true (g_bytes_get_data (one, NULL) == g_bytes_get_data (bytes, NULL));
  g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, NULL));
  assert_filled (bytes, SIZE);
  assert_filled (one, SIZE);
  two = snapshot (buffer);
  g_assert_cmpint (((const char *) g_bytes_get_data (two, NULL))[0], ==, 'x');
}

static void
test_buffer_snapshot_no_clone_without_snapshot (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  GBytes *bytes;
  struct stat first, later;

  g_test_summary ("On disk the file changes once for a snapshot, and not after it");

  test_append (buffer, 0, SIZE);
  g_assert_cmpint (fstat (test_find_fd (folder->path), &first), ==, 0);

  /* One that is gone costs nothing, one that is held a clone. */
  g_bytes_unref (snapshot (buffer));
  g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, NULL));
  g_assert_cmpint (fstat (test_find_fd (folder->path), &later), ==, 0);
  g_assert_cmpuint (later.st_ino, ==, first.st_ino);

  bytes = snapshot (buffer);
  test_append (buffer, 0, SIZE);
  g_assert_true (spool_buffer_write (buffer, SIZE, "x", 1, NULL, NULL));
  g_assert_cmpint (fstat (test_find_fd (folder->path), &later), ==, 0);
  g_assert_cmpuint (later.st_ino, ==, first.st_ino);
  g_assert_true (spool_buffer_write (buffer, SIZE - 1, "x", 1, NULL, NULL));
  g_assert_cmpint (fstat (test_find_fd (folder->path), &later), ==, 0);
  g_assert_cmpuint (later.st_ino, !=, first.st_ino);
  g_bytes_unref (bytes);
}

/* What each 8 bytes of the content are: the number of the write that made
 * them, so that a snapshot shows whether it is of one state. */
#define N_WORDS      (4 * 1024)
#define N_SNAPSHOTS  1000

typedef struct
{
  SpoolBuffer *buffer;
  int          stop;    /* atomic */
  gboolean     grow;
} Writer;

static gpointer
writer_main (gpointer data)
{
  Writer *self = data;
  g_autofree guint64 *words = g_new (guint64, N_WORDS);

  for (guint64 n = 1; !g_atomic_int_get (&self->stop); n++)
    {
      g_autoptr(GError) error = NULL;

      for (gsize i = 0; i < N_WORDS; i++)
        words[i] = n;

      if (!spool_buffer_write (self->buffer, 0, words, N_WORDS * sizeof *words, NULL,
                               &error))
        g_error ("%s", error->message);

      /* Behind what the snapshots are looked at for. */
      if (self->grow)
        {
          spool_buffer_append (self->buffer, words, 5000, NULL, &error);
          if (n % 50 == 0)
            spool_buffer_truncate (self->buffer, N_WORDS * sizeof *words, NULL, &error);
          g_assert_no_error (error);
        }
    }

  return NULL;
}

static guint64
check_words (GBytes *bytes)
{
  const guint64 *words = g_bytes_get_data (bytes, NULL);

  g_assert_cmpuint (g_bytes_get_size (bytes), >=, N_WORDS * sizeof *words);
  for (gsize i = 1; i < N_WORDS; i++)
    g_assert_cmpuint (words[i], ==, words[0]);

  return words[0];
}

static gpointer
collector_main (gpointer data)
{
  SpoolBuffer *buffer = data;
  g_autoptr(GPtrArray) snapshots = NULL;
  g_autofree guint64 *first = g_new (guint64, N_SNAPSHOTS);
  guint64 last = 0;

  snapshots = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < N_SNAPSHOTS; i++)
    {
      GBytes *bytes = snapshot (buffer);

      first[i] = check_words (bytes);
      g_assert_cmpuint (first[i], >=, last);
      last = first[i];
      g_ptr_array_add (snapshots, bytes);
    }

  for (guint i = 0; i < N_SNAPSHOTS; i++)
    g_assert_cmpuint (check_words (g_ptr_array_index (snapshots, i)), ==, first[i]);

  return NULL;
}

static void
test_buffer_snapshot_stress (gconstpointer data)
{
  guint kind = GPOINTER_TO_UINT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autofree guint64 *words = g_new0 (guint64, N_WORDS);
  GThread *collectors[2];
  GThread *thread;
  Writer writer = { 0 };

  g_test_summary ("Each of a thousand snapshots beside a writer is one state, for ever");

  /* In memory, on disk, and over from one to the other. */
  buffer = test_buffer_new_in (folder, kind == 0 ? -1 : kind == 1 ? 0 : 1024 * 1024);
  g_assert_true (spool_buffer_append (buffer, words, N_WORDS * sizeof *words, NULL, NULL));

  writer.buffer = buffer;
  writer.grow = kind != 1;
  thread = g_thread_new ("writer", writer_main, &writer);
  for (guint i = 0; i < G_N_ELEMENTS (collectors); i++)
    collectors[i] = g_thread_new ("collector", collector_main, buffer);
  for (guint i = 0; i < G_N_ELEMENTS (collectors); i++)
    g_thread_join (collectors[i]);
  g_atomic_int_set (&writer.stop, TRUE);
  g_thread_join (thread);
}

static void
test_buffer_snapshot_thousand_held (gconstpointer data)
{
  gboolean on_disk = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, on_disk ? 0 : -1);
  GBytes *snapshots[N_SNAPSHOTS];
  gint64 rss;
  guint n_fds;

  g_test_summary ("A thousand snapshots of one state cost no copy and no descriptor");

  test_append (buffer, 0, SIZE);
  g_bytes_unref (snapshot (buffer));
  n_fds = test_count_fds ();
  rss = test_status_figure ("VmRSS");
  for (guint i = 0; i < N_SNAPSHOTS; i++)
    snapshots[i] = snapshot (buffer);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  /* A copy of each would be 300 MB. */
  if (!TEST_SANITIZED)
    g_assert_cmpint (test_status_figure ("VmRSS") - rss, <, 10 * 1000);

  g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, NULL));
  for (guint i = 0; i < N_SNAPSHOTS; i += 99)
    assert_filled (snapshots[i], SIZE);
  for (guint i = 0; i < N_SNAPSHOTS; i++)
    g_bytes_unref (snapshots[i]);
}

static void
test_buffer_snapshot_steal (gconstpointer data)
{
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GBytes) content = test_bytes (0, SIZE);
  g_autoptr(GBytes) stolen = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("What is stolen from a stream outlives it");

  stream = spool_memory_output_stream_new_with_threshold (test_threshold (data, SIZE));
  g_assert_true (g_output_stream_write_all (stream, g_bytes_get_data (content, NULL), SIZE,
                                            NULL, NULL, &error));
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  stolen = spool_memory_output_stream_steal_as_bytes (SPOOL_MEMORY_OUTPUT_STREAM (stream),
                                                      &error);
  g_assert_no_error (error);
  g_clear_object (&stream);
  assert_filled (stolen, SIZE);
}

static void
test_buffer_snapshot_cancelled (gconstpointer data)
{
  gboolean exposed = GPOINTER_TO_INT (data);
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;
  guint n_fds;

  test_append (buffer, 0, SIZE);
  if (exposed)
    g_assert_true (g_close (spool_buffer_dup_fd (buffer, TRUE, NULL, NULL), NULL));
  n_fds = test_count_fds ();
  g_assert_null (spool_buffer_get_bytes (buffer, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);
  test_assert_filled (buffer, SIZE);
}

/* In a file system of its own, which is memory and too small. Exits with 1
 * where there cannot be one. */
static void
full_memory_child (const char *argument)
{
  g_autoptr(GFile) directory = g_file_new_for_path (argument);
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GBytes) large = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *filler = g_build_filename (argument, "filler", NULL);
  g_autofree guint8 *block = g_malloc0 (65536);
  const guint8 *content;
  gsize size;
  int fd;

  if (unshare (CLONE_NEWNS) < 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    _exit (1);
  if (mount ("none", argument, "tmpfs", 0, "size=1m") < 0)
    _exit (1);

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", directory,
                         "threshold", G_GINT64_CONSTANT (0),
                         NULL);

  /* A gap of half of it, which is a hole in the file. */
  g_assert_true (spool_buffer_write (buffer, 500000, "end", 3, NULL, &error));
  g_assert_no_error (error);
  bytes = snapshot (buffer);

  /* One with a gap larger than all of it cannot be had. */
  g_assert_true (spool_buffer_write (buffer, 2000000, "end", 3, NULL, &error));
  large = spool_buffer_get_bytes (buffer, NULL, &error);
  g_assert_null (large);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);

  fd = open (filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  while (write (fd, block, 65536) > 0)
    ;
  close (fd);

  /* Who fills a hole only when it is read dies here. */
  content = g_bytes_get_data (bytes, &size);
  g_assert_cmpuint (size, ==, 500003);
  for (gsize i = 0; i < 500000; i++)
    g_assert_cmpuint (content[i], ==, 0);
  g_assert_cmpmem (content + 500000, 3, "end", 3);
}

static void
test_buffer_snapshot_full_memory (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  int wait_status;

  g_test_summary ("In a full file system that is memory a snapshot can be read");

  wait_status = test_spawn ("full-memory", folder->path, NULL, NULL);
  if (WIFEXITED (wait_status) && WEXITSTATUS (wait_status) == 1)
    {
      g_test_skip ("This process must not mount a file system of its own");
      return;
    }
  test_assert_exited (wait_status);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (gsize i = 0; i < G_N_ELEMENTS (deeds); i++)
    {
      g_autofree char *path = g_strconcat ("/buffer-snapshot/survives/", deeds[i].name,
                                           NULL);

      g_test_add_data_func (path, &deeds[i], test_buffer_snapshot_survives);
    }

  g_test_add_data_func ("/buffer-snapshot/of-exposed/moved", GUINT_TO_POINTER (0),
                        test_buffer_snapshot_of_exposed);
  g_test_add_data_func ("/buffer-snapshot/of-exposed/handed-out", GUINT_TO_POINTER (1),
                        test_buffer_snapshot_of_exposed);
  g_test_add_data_func ("/buffer-snapshot/of-exposed/named", GUINT_TO_POINTER (2),
                        test_buffer_snapshot_of_exposed);
  g_test_add_data_func ("/buffer-snapshot/read-while-edited/before",
                        GINT_TO_POINTER (TRUE), test_buffer_snapshot_read_while_edited);
  g_test_add_data_func ("/buffer-snapshot/read-while-edited/after",
                        GINT_TO_POINTER (FALSE), test_buffer_snapshot_read_while_edited);
  g_test_add_func ("/buffer-snapshot/copied-once", test_buffer_snapshot_copied_once);
  g_test_add_func ("/buffer-snapshot/for-bytes", test_buffer_snapshot_for_bytes);
  g_test_add_func ("/buffer-snapshot/no-clone-without-snapshot",
                   test_buffer_snapshot_no_clone_without_snapshot);
  g_test_add_data_func ("/buffer-snapshot/stress/memory", GUINT_TO_POINTER (0),
                        test_buffer_snapshot_stress);
  g_test_add_data_func ("/buffer-snapshot/stress/disk", GUINT_TO_POINTER (1),
                        test_buffer_snapshot_stress);
  g_test_add_data_func ("/buffer-snapshot/stress/over", GUINT_TO_POINTER (2),
                        test_buffer_snapshot_stress);
  g_test_add_data_func ("/buffer-snapshot/thousand-held/memory", GINT_TO_POINTER (FALSE),
                        test_buffer_snapshot_thousand_held);
  g_test_add_data_func ("/buffer-snapshot/thousand-held/disk", GINT_TO_POINTER (TRUE),
                        test_buffer_snapshot_thousand_held);
  test_add_thresholds ("/buffer-snapshot/steal", test_buffer_snapshot_steal);
  g_test_add_data_func ("/buffer-snapshot/cancelled/own", GINT_TO_POINTER (FALSE),
                        test_buffer_snapshot_cancelled);
  g_test_add_data_func ("/buffer-snapshot/cancelled/exposed", GINT_TO_POINTER (TRUE),
                        test_buffer_snapshot_cancelled);
  g_test_add_func ("/buffer-snapshot/full-memory", test_buffer_snapshot_full_memory);
  test_add_child ("full-memory", full_memory_child);

  return test_run ();
}
