/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-glib/spool-buffer-private.h"
#include "spool-glib/spool-cursor-private.h"
#include "spool-glib/spool-sys-private.h"
#include "test-sys.h"
#include "test-utils.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What goes wrong not because a call fails, but because of who else is there at
 * that moment: another operation, another process, a cancellation.
 */

#define SIZE (300 * 1024)

/* A buffer on disk with nothing left in its window. */
static SpoolBuffer *
new_flushed (gsize size)
{
  SpoolBuffer *buffer = test_buffer_new_filled (0, size);

  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));

  return buffer;
}

static gpointer
read_thread (gpointer data)
{
  g_autofree guint8 *block = g_malloc (SIZE);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (g_input_stream_read (data, block, SIZE, NULL, &error), ==, SIZE);
  g_assert_no_error (error);
  test_check (block, 0, SIZE);

  return NULL;
}

static gpointer
write_thread (gpointer data)
{
  g_assert_cmpint (g_output_stream_write (data, "abc", 3, NULL, NULL), ==, 3);

  return NULL;
}

static void
test_error_returns_held_cursor (void)
{
  g_autoptr(SpoolBuffer) buffer = new_flushed (SIZE);
  g_autoptr(GIOStream) io = spool_io_stream_new_for_buffer (buffer);
  GInputStream *input = g_io_stream_get_input_stream (io);
  GOutputStream *output = g_io_stream_get_output_stream (io);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GThread *reader;
  GThread *writer;

  g_test_summary ("While an operation holds the cursor it cannot be moved, and others wait");

  test_sys_gate_close (TEST_SYS_PREAD);
  reader = g_thread_new ("reader", read_thread, input);
  test_sys_gate_wait ();

  g_assert_false (g_seekable_seek (G_SEEKABLE (io), 0, G_SEEK_SET, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (g_seekable_truncate (G_SEEKABLE (io), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  /* An asynchronous one waits elsewhere. */
  g_output_stream_write_async (output, "xyz", 3, 0, NULL, test_ready, &result);
  g_assert_true (test_is_idle ());
  g_assert_null (result);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, SIZE);

  test_sys_gate_open ();
  g_thread_join (reader);
  test_wait (&result);
  g_assert_cmpint (g_output_stream_write_finish (output, result, &error), ==, 3);
  g_assert_no_error (error);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (io)), ==, SIZE + 3);

  /* And the other way round, in threads. */
  g_assert_true (g_seekable_seek (G_SEEKABLE (io), 0, G_SEEK_SET, NULL, &error));
  test_sys_gate_close (TEST_SYS_PREAD);
  reader = g_thread_new ("reader", read_thread, input);
  test_sys_gate_wait ();
  writer = g_thread_new ("writer", write_thread, output);
  test_sys_gate_open ();
  g_thread_join (reader);
  g_thread_join (writer);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (io)), ==, SIZE + 3);
}

static gpointer
read_cursor_thread (gpointer data)
{
  g_autofree guint8 *block = g_malloc (SIZE);

  g_assert_cmpint (spool_cursor_read (data, block, SIZE, SPOOL_MAY_BLOCK, NULL, NULL), ==,
                   SIZE);

  return NULL;
}

/* The streams ask whether they are busy before; so it takes two at a time to see
 * what the cursor itself says.
 */
static void
test_error_returns_pending_cursor (void)
{
  g_autoptr(SpoolBuffer) buffer = new_flushed (SIZE);
  SpoolCursor *cursor = spool_cursor_new (spool_content_attach (spool_buffer_get_content (buffer)));
  g_autoptr(GError) error = NULL;
  GThread *reader;
  guint8 byte;

  test_sys_gate_close (TEST_SYS_PREAD);
  reader = g_thread_new ("reader", read_cursor_thread, cursor);
  test_sys_gate_wait ();

  g_assert_false (spool_cursor_seek (cursor, 1, G_SEEK_SET, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (spool_cursor_truncate (cursor, 1, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_cmpint (spool_cursor_read (cursor, &byte, 1, SPOOL_NO_BLOCK, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpint (spool_cursor_tell (cursor), ==, 0);

  test_sys_gate_open ();
  g_thread_join (reader);
  g_assert_cmpint (spool_cursor_tell (cursor), ==, SIZE);
  spool_cursor_unref (cursor);
}

static gpointer
append_thread (gpointer data)
{
  test_append (data, SIZE, 200 * 1024);

  return NULL;
}

static void
test_error_returns_held_buffer (void)
{
  g_autoptr(SpoolBuffer) buffer = new_flushed (SIZE);
  g_autoptr(GIOStream) io = spool_io_stream_new_for_buffer (buffer);
  GInputStream *input = g_io_stream_get_input_stream (io);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GThread *writer;
  char data[10];

  g_test_summary ("A read that is to come first in a main loop does not wait there");

  test_sys_gate_close (TEST_SYS_PWRITE);
  writer = g_thread_new ("writer", append_thread, buffer);
  test_sys_gate_wait ();

  g_input_stream_read_async (input, data, 10, 0, NULL, test_ready, &result);
  test_is_idle ();

  test_sys_gate_open ();
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (input, result, &error), ==, 10);
  g_assert_no_error (error);
  test_check ((const guint8 *) data, 0, 10);
  g_thread_join (writer);
}

static gpointer
read_closed_thread (gpointer data)
{
  g_autofree guint8 *block = g_malloc (SIZE);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (spool_buffer_read (data, 0, block, SIZE, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);

  return NULL;
}

static void
test_error_returns_closed_meanwhile (void)
{
  g_autoptr(SpoolBuffer) buffer = new_flushed (SIZE);
  g_autoptr(GIOStream) io = spool_io_stream_new_for_buffer (buffer);
  g_autoptr(GCancellable) cancelled = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  GThread *reader;

  g_test_summary ("A read whose bytes changed and then went says so");

  g_cancellable_cancel (cancelled);
  g_assert_false (spool_buffer_close (buffer, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  test_assert_filled (buffer, SIZE);

  test_sys_gate_close (TEST_SYS_PREAD);
  reader = g_thread_new ("reader", read_closed_thread, buffer);
  test_sys_gate_wait ();
  g_assert_true (spool_buffer_write (buffer, SIZE - 1, "x", 1, NULL, &error));
  g_assert_true (spool_buffer_close (buffer, NULL, &error));
  g_assert_no_error (error);
  test_sys_gate_open ();
  g_thread_join (reader);

  g_assert_false (g_seekable_seek (G_SEEKABLE (io), 0, G_SEEK_END, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_error_returns_pending_text (void)
{
  g_autofree char *text = g_strnfill (SIZE, 'x');
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
  g_autoptr(GAsyncResult) first = NULL;
  g_autoptr(GAsyncResult) second = NULL;
  g_autofree char *read = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;

  g_test_summary ("A text stream does one thing at a time");

  g_assert_true (spool_buffer_append (buffer, text, SIZE, NULL, NULL));
  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));

  test_sys_gate_close (TEST_SYS_PREAD);
  spool_text_stream_read_async (stream, -1, 0, NULL, test_ready, &first);
  test_sys_gate_wait ();
  spool_text_stream_read_async (stream, 1, 0, NULL, test_ready, &second);
  test_wait (&second);
  g_assert_null (spool_text_stream_read_finish (stream, second, &length, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  test_sys_gate_open ();

  test_wait (&first);
  read = spool_text_stream_read_finish (stream, first, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (read, length, text, SIZE);
}

/* What another process does to a file that it was given, at the n-th read. */
typedef struct
{
  int     fd;
  guint   at;
  guint   n_reads;
  goffset size;   /* to cut it to */
  guint   n_done;
} Intruder;

static int
intruder_hook (const TestSysInfo *info,
               gpointer           user_data)
{
  Intruder *self = user_data;

  if ((info->call == TEST_SYS_PREAD || info->call == TEST_SYS_COPY_FILE_RANGE) &&
      ++self->n_reads == self->at)
    {
      g_assert_cmpint (ftruncate (self->fd, self->size), ==, 0);
      self->n_done++;
    }

  return 0;
}

/* The same, but it puts other characters in the place of some. */
static int
rewriting_hook (const TestSysInfo *info,
                gpointer           user_data)
{
  Intruder *self = user_data;

  if (info->call == TEST_SYS_PREAD && ++self->n_reads == self->at)
    {
      g_assert_cmpint (pwrite (self->fd, "é", 2, self->size), ==, 2);
      self->n_done++;
    }

  return 0;
}

static void
test_error_returns_cut_text (void)
{
  gboolean done = FALSE;
  guint n_cut = 0;

  g_test_summary ("A text that others cut or change while it is read is read or refused");

  for (guint kind = 0; kind < 2; kind++)
    {
      done = FALSE;
      for (guint at = 1; !done; at++)
        {
          g_autofree char *text = g_strnfill (SIZE, 'x');
          g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
          g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
          Intruder intruder = { .at = at, .size = 100000 };
          g_autofree char *read = NULL;
          g_autoptr(GError) error = NULL;
          gsize length = 0;

          g_assert_true (spool_buffer_append (buffer, text, SIZE, NULL, NULL));
          intruder.fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
          g_assert_no_error (error);

          test_sys_set_hook (kind == 0 ? intruder_hook : rewriting_hook, &intruder);
          read = spool_text_stream_read (stream, -1, &length, NULL, &error);
          test_sys_set_hook (NULL, NULL);
          done = intruder.n_done == 0;
          n_cut += intruder.n_done;

          /* What is read is text, and its position that of its characters. */
          if (read == NULL)
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
              g_assert_cmpint (spool_text_stream_tell (stream), ==, 0);
            }
          else
            {
              g_assert_true (g_utf8_validate (read, (gssize) length, NULL));
              g_assert_cmpint (spool_text_stream_tell (stream), ==, g_utf8_strlen (read, (gssize) length));
            }
          g_assert_true (g_close (intruder.fd, NULL));
        }
    }

  g_assert_cmpuint (n_cut, >, 2);
}

static void
test_error_returns_cut_save (void)
{
  gboolean done = FALSE;
  guint n_cut = 0;

  g_test_summary ("A file that others cut while it is saved is saved as far as it is there");

  for (guint at = 1; !done; at++)
    {
      g_autoptr(TestFolder) folder = test_folder_new ();
      g_autoptr(GFile) file = g_file_get_child (folder->file, "file");
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (0, SIZE);
      Intruder intruder = { .at = at, .size = 1000 };
      g_autofree char *data = NULL;
      g_autoptr(GError) error = NULL;
      gsize length;

      intruder.fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
      g_assert_no_error (error);
      test_sys_set_hook (intruder_hook, &intruder);
      spool_buffer_save (buffer, file, 0, NULL, NULL, NULL, &error);
      test_sys_set_hook (NULL, NULL);
      g_assert_no_error (error);
      done = intruder.n_done == 0;
      n_cut += intruder.n_done;

      g_file_load_contents (file, NULL, &data, &length, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (length, >=, done ? SIZE : 1000);
      test_check ((const guint8 *) data, 0, done ? SIZE : 1000);

      g_assert_true (g_close (intruder.fd, NULL));
      g_assert_true (g_file_delete (file, NULL, NULL));
    }

  g_assert_cmpuint (n_cut, >, 0);
}

typedef struct
{
  TestSysCall   call;
  GCancellable *cancellable; /* NULL: the call fails */
  int           errsv;
  guint         n_hit;
} Trap;

static int
trap_hook (const TestSysInfo *info,
           gpointer           user_data)
{
  Trap *self = user_data;

  if (info->call != self->call)
    return 0;

  self->n_hit++;
  if (self->cancellable == NULL)
    return self->errsv;

  g_cancellable_cancel (self->cancellable);

  return 0;
}

static void
test_error_returns_cancelled_trim (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) first = g_object_new (SPOOL_TYPE_BUFFER, "pool", pool, NULL);
  g_autoptr(SpoolBuffer) second = g_object_new (SPOOL_TYPE_BUFFER, "pool", pool, NULL);
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  Trap trap = { .call = TEST_SYS_PWRITE, .cancellable = cancellable };
  g_autoptr(GError) error = NULL;

  g_test_summary ("Between two buffers trimming a pool can be cancelled");

  test_append (first, 0, 1000);
  test_append (second, 0, 1000);

  test_sys_set_hook (trap_hook, &trap);
  g_assert_false (spool_pool_trim (pool, 0, cancellable, &error));
  test_sys_set_hook (NULL, NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (trap.n_hit, ==, 1);

  g_assert_false (spool_buffer_get_rolled_over (first) && spool_buffer_get_rolled_over (second));
  test_assert_filled (first, 1000);
  test_assert_filled (second, 1000);
}

static void
test_error_returns_large_memory (gconstpointer data)
{
  const TestSysCall calls[] = { TEST_SYS_MAP_ANONYMOUS, TEST_SYS_REMAP_TO };
  Trap trap = { .call = calls[GPOINTER_TO_INT (data)], .errsv = ENOMEM };
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (SPOOL_THRESHOLD_NEVER);
  g_autoptr(GError) error = NULL;
  goffset size;

  test_append (buffer, 0, 32 * 1024);

  g_test_summary ("Where a large block cannot grow another way is found, or all stays as it is");

  for (size = 64 * 1024; size <= 16 * 1024 * 1024; size *= 2)
    {
      test_append (buffer, size / 2, (gsize) size / 2);

      test_sys_set_hook (trap_hook, &trap);
      if (!spool_buffer_truncate (buffer, size * 2, NULL, &error))
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
          g_clear_error (&error);
          g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
        }
      test_sys_set_hook (NULL, NULL);

      g_assert_true (spool_buffer_truncate (buffer, size, NULL, NULL));
      test_assert_filled (buffer, size);
    }

  g_assert_cmpuint (trap.n_hit, >, 0);
}

static void
test_error_returns_splice_close (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new_with_threshold (0);
  g_autoptr(GInputStream) source = g_memory_input_stream_new_from_data ("abc", 3, NULL);
  SpoolBuffer *buffer =
    spool_memory_output_stream_get_buffer (SPOOL_MEMORY_OUTPUT_STREAM (stream));
  Trap trap = { .call = TEST_SYS_PWRITE, .errsv = EIO };
  g_autoptr(GError) error = NULL;

  g_test_summary ("A splice that can write, but not close, has failed");

  /* Only from the second write on is anything kept back. */
  g_assert_cmpint (g_output_stream_write (stream, "x", 1, NULL, &error), ==, 1);
  g_assert_no_error (error);

  test_sys_set_hook (trap_hook, &trap);
  g_assert_cmpint (g_output_stream_splice (stream, source,
                                           G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error),
                   ==, -1);
  test_sys_set_hook (NULL, NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_true (g_output_stream_is_closed (stream));
  test_assert_text (buffer, "xabc");
}

static void
test_error_returns_too_large (void)
{
  g_autoptr(GFile) directory = g_file_new_for_path ("/dev/shm");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(SpoolTextStream) text = spool_text_stream_new_for_buffer (buffer);
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  const GOutputVector vectors[] = { { "", G_MAXSSIZE }, { "", G_MAXSSIZE } };
  g_autoptr(GError) error = NULL;
  gsize written = 0;

  g_test_summary ("What no offset can count is refused before anything is touched");

  g_assert_false (g_output_stream_writev (stream, (GOutputVector *) vectors, 2, &written, NULL,
                                          &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpuint (written, ==, 0);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 0);

  /* A disk in memory has files of any size, as long as they are empty. */
  spool_buffer_set_directory (buffer, directory);
  if (!spool_buffer_truncate (buffer, G_MAXINT64 - 1, NULL, NULL))
    {
      g_test_skip ("There is no disk with files of such a size");
      return;
    }

  g_assert_false (spool_text_stream_write_string (text, "€", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (spool_text_stream_tell (text), ==, 0);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, G_MAXINT64 - 1);
}

/* Has memory for blocks up to a size, where there is more. */
static int
small_memory_hook (const TestSysInfo *info,
                   gpointer           user_data)
{
  const goffset *limit = user_data;

  return info->call == TEST_SYS_TRY_REALLOC && (goffset) info->count > *limit ? ENOMEM : 0;
}

static SpoolSys real_sys;

#define FAR (G_GINT64_CONSTANT (1) << 32)

/* Zeros up to there, which the kernel takes long to make. */
static gssize
sparse_pread (int      fd,
              void    *data,
              gsize    count,
              goffset  offset)
{
  if (offset + (goffset) count > FAR)
    return real_sys.pread (fd, data, count, offset);

  memset (data, 0, count);

  return (gssize) count;
}

static void
test_error_returns_large_text (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  goffset limit = FAR;
  gsize length = 0;

  g_test_summary ("A text that memory cannot hold is refused, and not cut");

  g_assert_true (spool_buffer_truncate (buffer, FAR, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (spool_buffer_append (buffer, "text", 4, NULL, &error));
  g_assert_no_error (error);

  real_sys = spool_sys;
  spool_sys.pread = sparse_pread;
  test_sys_set_hook (small_memory_hook, &limit);
  text = spool_text_stream_dup_text (stream, &length, NULL, &error);
  test_sys_set_hook (NULL, NULL);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_null (text);
  g_clear_error (&error);

  /* Its end can be read all the same. */
  g_assert_true (spool_text_stream_seek (stream, FAR + 1, G_SEEK_SET, NULL, &error));
  g_assert_no_error (error);
  text = spool_text_stream_read (stream, -1, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (text, length, "ext", 3);
  g_assert_cmpint (spool_text_stream_tell (stream), ==, FAR + 4);
  spool_sys.pread = real_sys.pread;
}

/* Writes the first byte, and says that the disk is full by then. */
static guint n_stubborn;

static gssize
stubborn_pwrite (int         fd,
                 const void *data,
                 gsize       count,
                 goffset     offset)
{
  if (n_stubborn++ == 0)
    return real_sys.pwrite (fd, data, 1, offset);

  errno = ENOSPC;
  return -1;
}

static gssize
pretending_pread (int      fd,
                  void    *data,
                  gsize    count,
                  goffset  offset)
{
  return (gssize) count;
}

static void
test_error_returns_long_read (void)
{
  const gsize count = 3U << 30;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(GError) error = NULL;
  guint8 data[1];
  gssize n;

  g_test_summary ("A read goes no further than it can say");

  g_assert_true (spool_buffer_truncate (buffer, FAR, NULL, NULL));

  real_sys = spool_sys;
  spool_sys.pread = pretending_pread;
  n = spool_buffer_read (buffer, 0, data, count, NULL, &error);
  spool_sys = real_sys;

  g_assert_no_error (error);
  g_assert_cmpint (n, ==, MIN (count, G_MAXSSIZE));
}

static gssize
discarding_pwrite (int         fd,
                   const void *data,
                   gsize       count,
                   goffset     offset)
{
  return (gssize) count;
}

static void
test_error_returns_long_splice (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  const goffset size = G_GINT64_CONSTANT (1) << 31;
  g_autoptr(SpoolBuffer) from = test_buffer_new (0);
  g_autoptr(SpoolBuffer) to = test_buffer_new (0);
  g_autoptr(GInputStream) source = spool_memory_input_stream_new_for_buffer (from);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  goffset total;

  g_test_summary ("A splice says how long it was, however long");

  g_assert_true (spool_buffer_truncate (from, size, NULL, NULL));

  real_sys = spool_sys;
  spool_sys.pread = sparse_pread;
  spool_sys.pwrite = discarding_pwrite;
  if (async)
    {
      spool_buffer_splice_from_async (to, source, G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                      test_ready, &result);
      test_wait (&result);
      total = spool_buffer_splice_from_finish (to, result, &error);
    }
  else
    total = spool_buffer_splice_from (to, source, G_OUTPUT_STREAM_SPLICE_NONE, NULL, &error);
  spool_sys = real_sys;

  g_assert_no_error (error);
  g_assert_cmpint (total, ==, size);
  g_assert_cmpint (spool_buffer_get_size (to), ==, size);
}

static void
cut_room (goffset size)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_truncate (buffer, FAR + 100, NULL, NULL));
  g_assert_true (spool_buffer_write (buffer, 0, "a", 1, NULL, NULL));
  g_assert_true (spool_buffer_write (buffer, 1, "bc", 2, NULL, NULL));
  g_assert_true (spool_buffer_truncate (buffer, size, NULL, NULL));

  real_sys = spool_sys;
  n_stubborn = 0;
  spool_sys.pwrite = stubborn_pwrite;
  g_assert_false (spool_buffer_flush (buffer, NULL, &error));
  spool_sys.pwrite = real_sys.pwrite;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpuint (n_stubborn, ==, 2);

  for (goffset offset = 3; offset < SIZE; offset += 1000)
    {
      guint8 data[1000];

      test_fill (data, (gsize) offset, sizeof data);
      g_assert_true (spool_buffer_write (buffer, offset, data, sizeof data, NULL, &error));
      g_assert_no_error (error);
    }

  for (goffset offset = 3; offset < SIZE; offset += 1000)
    {
      guint8 data[1000];

      g_assert_cmpint (spool_buffer_read (buffer, offset, data, sizeof data, NULL, NULL), ==,
                       sizeof data);
      test_check (data, (gsize) offset, sizeof data);
    }
}

static void
test_error_returns_cut_room (void)
{
  g_test_summary ("What is held back keeps to its room, wherever the file is cut");

  for (goffset more = 0; more < 3; more++)
    cut_room (FAR + more);
}

static gpointer
complete_thread (gpointer data)
{
  g_assert_true (spool_buffer_append (data, "Grüße", -1 + (gssize) sizeof "Grüße", NULL, NULL));
  spool_buffer_complete (data, NULL);

  return NULL;
}

static void
test_error_returns_follow_text (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_for_buffer (buffer);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  GThread *writer;

  g_test_summary ("A follower that wants all waits for the end");

  spool_text_stream_set_follow (stream, TRUE);
  writer = g_thread_new ("writer", complete_thread, buffer);
  text = spool_text_stream_read (stream, -1, NULL, NULL, &error);
  g_thread_join (writer);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "Grüße");
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_sys_install ();

  g_test_add_func ("/error-returns/held-cursor", test_error_returns_held_cursor);
  g_test_add_func ("/error-returns/pending-cursor", test_error_returns_pending_cursor);
  g_test_add_func ("/error-returns/held-buffer", test_error_returns_held_buffer);
  g_test_add_func ("/error-returns/closed-meanwhile", test_error_returns_closed_meanwhile);
  g_test_add_func ("/error-returns/pending-text", test_error_returns_pending_text);
  g_test_add_func ("/error-returns/cut-text", test_error_returns_cut_text);
  g_test_add_func ("/error-returns/cut-save", test_error_returns_cut_save);
  g_test_add_func ("/error-returns/cancelled-trim", test_error_returns_cancelled_trim);
  g_test_add_data_func ("/error-returns/large-memory/map", GINT_TO_POINTER (0),
                        test_error_returns_large_memory);
  g_test_add_data_func ("/error-returns/large-memory/move", GINT_TO_POINTER (1),
                        test_error_returns_large_memory);
  g_test_add_func ("/error-returns/splice-close", test_error_returns_splice_close);
  g_test_add_func ("/error-returns/too-large", test_error_returns_too_large);
  g_test_add_func ("/error-returns/large-text", test_error_returns_large_text);
  g_test_add_func ("/error-returns/long-read", test_error_returns_long_read);
  g_test_add_data_func ("/error-returns/long-splice/sync", GINT_TO_POINTER (FALSE),
                        test_error_returns_long_splice);
  g_test_add_data_func ("/error-returns/long-splice/async", GINT_TO_POINTER (TRUE),
                        test_error_returns_long_splice);
  g_test_add_func ("/error-returns/cut-room", test_error_returns_cut_room);
  g_test_add_func ("/error-returns/follow-text", test_error_returns_follow_text);

  return test_run ();
}
