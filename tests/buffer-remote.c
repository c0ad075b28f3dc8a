/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-stream.h"
#include "test-utils.h"

#include <string.h>

/* A buffer whose directory has no local path. */
typedef struct
{
  TestFolder *folder;
  GFile *file;
  TestFileFaults *faults;
  SpoolBuffer *buffer;
} Remote;

static void
remote_init (Remote  *remote,
             goffset  threshold)
{
  remote->folder = test_folder_new ();
  remote->file = test_file_new (remote->folder->file);
  remote->faults = test_file_get_faults (TEST_FILE (remote->file));
  remote->buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                 "directory", remote->file,
                                 "threshold", (gint64) threshold,
                                 NULL);
}

/* Whatever happened, no file stays and no stream. */
static void
remote_clear (Remote *remote)
{
  g_assert_finalize_object (remote->buffer);
  g_assert_cmpint (remote->faults->n_open, ==, 0);
  g_assert_cmpint (test_folder_count (remote->folder), ==, 0);
  g_object_unref (remote->file);
  test_folder_free (remote->folder);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Remote, remote_clear)

static void
assert_is_rolled (Remote   *remote,
                  gboolean  rolled_over)
{
  g_assert_cmpint (spool_buffer_get_rolled_over (remote->buffer), ==,
                   rolled_over);
  g_assert_cmpint (remote->faults->n_open, ==, rolled_over);
}

static void
test_buffer_remote_content (gconstpointer data)
{
  goffset threshold = test_threshold (data, 1000);
  g_auto(Remote) remote;
  g_autoptr(GError) error = NULL;
  guint8 zeros[500] = { 0 };
  guint8 bytes[500];

  g_test_summary ("A GFile without a path is a storage like another");

  remote_init (&remote, threshold);
  for (goffset offset = 0; offset < 1000; offset += 100)
    test_append (remote.buffer, offset, 100);
  test_assert_filled (remote.buffer, 1000);
  assert_is_rolled (&remote, test_rolls (threshold, 1000));

  test_fill (bytes, 200, 500);
  g_assert_true (spool_buffer_write (remote.buffer, 200, zeros, 500, NULL,
                                     &error));
  g_assert_true (spool_buffer_write (remote.buffer, 200, bytes, 500, NULL,
                                     &error));
  g_assert_no_error (error);
  test_assert_filled (remote.buffer, 1000);

  g_assert_true (spool_buffer_truncate (remote.buffer, 500, NULL, &error));
  g_assert_true (spool_buffer_truncate (remote.buffer, 1000, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_read (remote.buffer, 500, bytes, 500, NULL,
                                      &error), ==, 500);
  g_assert_cmpmem (bytes, 500, zeros, 500);
  g_assert_true (spool_buffer_write (remote.buffer, 1500, "x", 1, NULL,
                                     &error));
  g_assert_cmpint (spool_buffer_read (remote.buffer, 1000, bytes, 500, NULL,
                                      &error), ==, 500);
  g_assert_cmpmem (bytes, 500, zeros, 500);
  g_assert_no_error (error);
  g_assert_cmpint (spool_buffer_get_size (remote.buffer), ==, 1501);
}

static void
test_buffer_remote_short (gconstpointer data)
{
  g_auto(Remote) remote;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Short reads and writes are gone on with");

  remote_init (&remote, test_threshold (data, 1000));
  remote.faults->write_step = 7;
  remote.faults->read_step = 11;
  for (goffset offset = 0; offset < 2000; offset += 100)
    test_append (remote.buffer, offset, 100);
  test_assert_filled (remote.buffer, 2000);
  bytes = spool_buffer_get_bytes (remote.buffer, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 2000);
  test_check (g_bytes_get_data (bytes, NULL), 0, 2000);
}

static void
test_buffer_remote_streams (gconstpointer data)
{
  g_auto(Remote) remote;
  g_autoptr(GOutputStream) output = NULL;
  g_autoptr(GInputStream) source = test_stream_new (200000);
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  remote_init (&remote, test_threshold (data, 200000));
  output = spool_memory_output_stream_new_for_buffer (remote.buffer);
  g_assert_cmpint (g_output_stream_splice (output, source,
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                           NULL, &error), ==, 200000);
  g_assert_no_error (error);
  test_assert_filled (remote.buffer, 200000);

  input = spool_memory_input_stream_new_for_buffer (remote.buffer);
  g_assert_true (g_seekable_seek (G_SEEKABLE (input), -10, G_SEEK_END, NULL,
                                  &error));
  bytes = g_input_stream_read_bytes (input, 100, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_bytes_get_size (bytes), ==, 10);
  test_check (g_bytes_get_data (bytes, NULL), 199990, 10);
  g_clear_object (&output);
  g_clear_object (&input);
}

static void
test_buffer_remote_not_supported (void)
{
  g_auto(Remote) remote;
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("One that cannot make such a file says so");

  remote_init (&remote, 100);
  remote.faults->no_readwrite = TRUE;
  test_append (remote.buffer, 0, 100);
  state = test_state_new (remote.buffer);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (spool_buffer_append (remote.buffer, "x", 1, NULL,
                                           &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
      g_clear_error (&error);
      test_state_assert (state, remote.buffer);
    }

  remote.faults->no_readwrite = FALSE;
  test_append (remote.buffer, 100, 1);
  assert_is_rolled (&remote, TRUE);
  test_assert_filled (remote.buffer, 101);
}

static void
test_buffer_remote_cannot_seek (void)
{
  g_auto(Remote) remote;
  g_autoptr(TestState) state = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Files that cannot be read from any position are of no use, and go");

  remote_init (&remote, 100);
  remote.faults->no_seek = TRUE;
  test_append (remote.buffer, 0, 100);
  state = test_state_new (remote.buffer);
  g_assert_false (spool_buffer_append (remote.buffer, "x", 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_state_assert (state, remote.buffer);
  g_assert_cmpuint (remote.faults->n_deletes, ==, 1);
  g_assert_cmpint (remote.faults->n_open, ==, 0);
}

typedef enum
{
  FAULT_CREATE,
  FAULT_WRITE,
  FAULT_READ,
  FAULT_TRUNCATE,
  FAULT_SEEK,
  N_FAULTS,
} Fault;

static const char *const fault_names[N_FAULTS] = {
  "create", "write", "read", "truncate", "seek",
};

static void
set_fault (TestFileFaults *faults,
           Fault           fault,
           guint           call)
{
  faults->fail_create_at = fault == FAULT_CREATE ? call : 0;
  faults->fail_write_at = fault == FAULT_WRITE ? call : 0;
  faults->fail_read_at = fault == FAULT_READ ? call : 0;
  faults->fail_truncate_at = fault == FAULT_TRUNCATE ? call : 0;
  faults->fail_seek_at = fault == FAULT_SEEK ? call : 0;
}

static guint
count_calls (TestFileFaults *faults,
             Fault           fault)
{
  switch (fault)
    {
    case FAULT_CREATE:
      return faults->n_creates;
    case FAULT_WRITE:
      return faults->n_writes;
    case FAULT_READ:
      return faults->n_reads;
    case FAULT_TRUNCATE:
      return faults->n_truncates;
    case FAULT_SEEK:
      return faults->n_seeks;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
run_step (SpoolBuffer  *buffer,
          guint         step,
          GByteArray   *model,
          GError      **error)
{
  g_autoptr(GBytes) bytes = test_bytes (step, 60);
  gconstpointer data = g_bytes_get_data (bytes, NULL);
  gsize old = model->len;
  g_autoptr(GBytes) read = NULL;

  switch (step % 6)
    {
    case 0:
      if (!spool_buffer_append (buffer, data, 60, NULL, error))
        return FALSE;
      g_byte_array_append (model, data, 60);
      return TRUE;
    case 1:
      if (!spool_buffer_write (buffer, old / 2, data, 20, NULL, error))
        return FALSE;
      memcpy (model->data + old / 2, data, 20);
      return TRUE;
    case 2:
      if (!spool_buffer_write (buffer, old + 30, data, 60, NULL, error))
        return FALSE;
      g_byte_array_set_size (model, old + 90);
      memset (model->data + old, 0, 30);
      memcpy (model->data + old + 30, data, 60);
      return TRUE;
    case 3:
      if (!spool_buffer_truncate (buffer, old - 40, NULL, error))
        return FALSE;
      g_byte_array_set_size (model, old - 40);
      return TRUE;
    case 4:
      if (!spool_buffer_truncate (buffer, old + 25, NULL, error))
        return FALSE;
      g_byte_array_set_size (model, old + 25);
      memset (model->data + old, 0, 25);
      return TRUE;
    case 5:
      read = spool_buffer_read_bytes (buffer, 0, G_MAXSIZE, NULL, error);
      if (read == NULL)
        return FALSE;
      test_assert_bytes (read, model->data, model->len);
      return TRUE;
    default:
      g_assert_not_reached ();
    }
}

static void
test_buffer_remote_faults (gconstpointer data)
{
  Fault fault = GPOINTER_TO_UINT (data);
  guint n_failed = 0;

  g_test_summary ("Whichever call fails, what was accepted is there");

  for (guint call = 1; ; call++)
    {
      g_auto(Remote) remote;
      g_autoptr(GByteArray) model = g_byte_array_new ();
      gboolean failed = FALSE;

      remote_init (&remote, 100);
      for (guint step = 0; step < 24; step++)
        {
          g_autoptr(GError) error = NULL;
          gboolean success;

          set_fault (remote.faults, fault, call);
          success = run_step (remote.buffer, step, model, &error);
          if (success)
            g_assert_no_error (error);
          else
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
              g_assert_false (failed);
              failed = TRUE;
            }

          set_fault (remote.faults, 0, 0);
          test_assert_content (remote.buffer, model->data, model->len);

          /* Once more, with what had failed. */
          if (!success)
            {
              g_autoptr(GError) again = NULL;

              success = run_step (remote.buffer, step, model, &again);
              g_assert_no_error (again);
              g_assert_true (success);
              test_assert_content (remote.buffer, model->data, model->len);
            }
        }

      n_failed += failed;
      if (count_calls (remote.faults, fault) < call)
        break;
    }

  g_test_message ("%u calls failed", n_failed);
  if (fault == FAULT_CREATE || fault == FAULT_WRITE)
    g_assert_cmpint (n_failed, >, 0);
}

static void
test_buffer_remote_deleted (void)
{
  g_auto(Remote) remote;

  g_test_summary ("The file is deleted with the buffer, or its reset");

  remote_init (&remote, 10);
  for (guint i = 1; i <= 3; i++)
    {
      test_append (remote.buffer, 0, 100);
      g_assert_cmpint (remote.faults->n_creates, >=, i);
      g_assert_true (spool_buffer_reset (remote.buffer, NULL, NULL));
      g_assert_cmpint (remote.faults->n_open, ==, 0);
      g_assert_cmpint (test_folder_count (remote.folder), ==, 0);
    }
  test_append (remote.buffer, 0, 100);
  g_assert_true (spool_buffer_close (remote.buffer, NULL, NULL));
  g_assert_cmpint (test_folder_count (remote.folder), ==, 0);
}

static void
test_buffer_remote_named (void)
{
  g_auto(Remote) remote;
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GFile) file = NULL;
  g_autofree char *uri = NULL;

  remote_init (&remote, 10);
  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", remote.file,
                         "named", TRUE,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, 100);
  file = spool_buffer_get_file (buffer);
  g_assert_nonnull (file);
  g_assert_null (g_file_peek_path (file));
  g_assert_true (g_file_has_prefix (file, remote.file));
  g_assert_true (g_file_query_exists (file, NULL));
  g_assert_finalize_object (g_steal_pointer (&buffer));
  g_assert_false (g_file_query_exists (file, NULL));
}

static void
test_buffer_remote_cancelled (void)
{
  g_auto(Remote) remote;
  g_autoptr(GCancellable) cancellable = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  remote_init (&remote, 10);
  test_append (remote.buffer, 0, 10);
  g_assert_false (spool_buffer_append (remote.buffer, "x", 1, cancellable,
                                       &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (remote.faults->n_creates, ==, 0);
  test_assert_filled (remote.buffer, 10);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/buffer-remote/content", test_buffer_remote_content);
  test_add_thresholds ("/buffer-remote/short", test_buffer_remote_short);
  test_add_thresholds ("/buffer-remote/streams", test_buffer_remote_streams);
  g_test_add_func ("/buffer-remote/cannot-seek", test_buffer_remote_cannot_seek);
  g_test_add_func ("/buffer-remote/not-supported",
                   test_buffer_remote_not_supported);
  for (guint i = 0; i < N_FAULTS; i++)
    {
      g_autofree char *path = g_strconcat ("/buffer-remote/faults/",
                                           fault_names[i], NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i),
                            test_buffer_remote_faults);
    }
  g_test_add_func ("/buffer-remote/deleted", test_buffer_remote_deleted);
  g_test_add_func ("/buffer-remote/named", test_buffer_remote_named);
  g_test_add_func ("/buffer-remote/cancelled", test_buffer_remote_cancelled);

  return test_run ();
}
