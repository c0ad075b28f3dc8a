/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What can happen to a call on its way, for each that can be asynchronous: it, or
 * its blocking sister, is cancelled at each of its system calls, its object is
 * dropped or disposed of, the main context it was made in is left, a stream is
 * closed.
 */

#include "config.h"

#include "test-stream.h"
#include "test-sys.h"
#include "test-utils.h"

#include <string.h>
#include <unistd.h>

/* What is there, and what a call adds. Both are more than a window of the
 * storage, and not a multiple of anything.
 */
#define SIZE 100003
#define MORE 150001

/* Where the buffer is when the call is made. */
typedef enum
{
  PLACE_DISK,
  PLACE_ABOUT_TO_ROLL,
  N_PLACES,
} Place;

static const char *const place_names[N_PLACES] = { "on-disk", "about-to-roll" };

typedef struct
{
  TestFolder   *folder;
  SpoolBuffer  *buffer;
  SpoolBuffer  *own;     /* of a seekable stream, or NULL */
  GObject      *object;  /* whose call it is: buffer or a stream */
  GInputStream *source;
  GFile        *target;
  GBytes       *more;
  guint8       *block;
} World;

typedef struct
{
  const char *name;
  GObject  *(*open)   (World               *world);
  void      (*start)  (World               *world,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data);
  gboolean  (*finish) (World               *world,
                       GAsyncResult        *result,
                       GError             **error);
  gboolean  (*call)   (World               *world,
                       GCancellable        *cancellable,
                       GError             **error);
  /* Whether what it left is what it may leave. A call that GInputStream or
   * GOutputStream finishes may be done although it says CANCELLED.
   */
  void      (*check)  (World               *world,
                       gboolean             success);
} Call;

static goffset
tell (gpointer object)
{
  return g_seekable_tell (G_SEEKABLE (object));
}

static void
seek (gpointer object,
      goffset  offset)
{
  g_assert_true (g_seekable_seek (G_SEEKABLE (object), offset, G_SEEK_SET, NULL, NULL));
}

/* --- SpoolBuffer ---------------------------------------------------------- */

static GObject *
open_buffer (World *world)
{
  return g_object_ref (G_OBJECT (world->buffer));
}

/* All or nothing. */
static void
check_appended (World    *world,
                gboolean  success)
{
  test_assert_filled (world->buffer, success ? SIZE + MORE : SIZE);
}

static void
check_same (World    *world,
            gboolean  success)
{
  test_assert_filled (world->buffer, SIZE);
}

static void
append_start (World               *world,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  spool_buffer_append_bytes_async (SPOOL_BUFFER (world->object), world->more, 0, cancellable,
                                   callback, user_data);
}

static gboolean
append_finish (World         *world,
               GAsyncResult  *result,
               GError       **error)
{
  return spool_buffer_append_bytes_finish (SPOOL_BUFFER (world->object), result, error);
}

static gboolean
append_sync (World         *world,
             GCancellable  *cancellable,
             GError       **error)
{
  return spool_buffer_append_bytes (SPOOL_BUFFER (world->object), world->more, cancellable, error);
}

static void
read_start (World               *world,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  spool_buffer_read_bytes_async (SPOOL_BUFFER (world->object), 0, SIZE, 0, cancellable,
                                 callback, user_data);
}

static gboolean
take_bytes (GBytes *bytes)
{
  if (bytes == NULL)
    return FALSE;

  g_assert_cmpint (g_bytes_get_size (bytes), ==, SIZE);
  test_check (g_bytes_get_data (bytes, NULL), 0, SIZE);
  g_bytes_unref (bytes);

  return TRUE;
}

static gboolean
read_finish (World         *world,
             GAsyncResult  *result,
             GError       **error)
{
  return take_bytes (spool_buffer_read_bytes_finish (SPOOL_BUFFER (world->object), result, error));
}

static gboolean
read_sync (World         *world,
           GCancellable  *cancellable,
           GError       **error)
{
  return take_bytes (spool_buffer_read_bytes (SPOOL_BUFFER (world->object), 0, SIZE, cancellable, error));
}

static void
splice_start (World               *world,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  spool_buffer_splice_from_async (SPOOL_BUFFER (world->object), world->source,
                                  G_OUTPUT_STREAM_SPLICE_NONE, 0, cancellable, callback,
                                  user_data);
}

static gboolean
splice_finish (World         *world,
               GAsyncResult  *result,
               GError       **error)
{
  goffset n = spool_buffer_splice_from_finish (SPOOL_BUFFER (world->object), result, error);

  g_assert_true (n == -1 || n == MORE);

  return n == MORE;
}

static gboolean
splice_sync (World         *world,
             GCancellable  *cancellable,
             GError       **error)
{
  return spool_buffer_splice_from (SPOOL_BUFFER (world->object), world->source,
                                   G_OUTPUT_STREAM_SPLICE_NONE, cancellable, error) >= 0;
}

/* What has arrived stays. */
static void
check_spliced (World    *world,
               gboolean  success)
{
  goffset size = spool_buffer_get_size (world->buffer);

  g_assert_cmpint (size, >=, SIZE);
  g_assert_cmpint (size, <=, SIZE + MORE);
  if (success)
    g_assert_cmpint (size, ==, SIZE + MORE);
  test_assert_filled (world->buffer, size);
}

static void
reserve_start (World               *world,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  spool_buffer_reserve_async (SPOOL_BUFFER (world->object), SIZE + MORE, 0, cancellable,
                              callback, user_data);
}

static gboolean
reserve_finish (World         *world,
                GAsyncResult  *result,
                GError       **error)
{
  return spool_buffer_reserve_finish (SPOOL_BUFFER (world->object), result, error);
}

static gboolean
reserve_sync (World         *world,
              GCancellable  *cancellable,
              GError       **error)
{
  return spool_buffer_reserve (SPOOL_BUFFER (world->object), SIZE + MORE, cancellable, error);
}

static void
roll_over_start (World               *world,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  spool_buffer_roll_over_async (SPOOL_BUFFER (world->object), 0, cancellable, callback,
                                user_data);
}

static gboolean
roll_over_finish (World         *world,
                  GAsyncResult  *result,
                  GError       **error)
{
  return spool_buffer_roll_over_finish (SPOOL_BUFFER (world->object), result, error);
}

static gboolean
roll_over_sync (World         *world,
                GCancellable  *cancellable,
                GError       **error)
{
  return spool_buffer_roll_over (SPOOL_BUFFER (world->object), cancellable, error);
}

static void
get_bytes_start (World               *world,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  spool_buffer_get_bytes_async (SPOOL_BUFFER (world->object), 0, cancellable, callback,
                                user_data);
}

static gboolean
get_bytes_finish (World         *world,
                  GAsyncResult  *result,
                  GError       **error)
{
  return take_bytes (spool_buffer_get_bytes_finish (SPOOL_BUFFER (world->object), result, error));
}

static gboolean
get_bytes_sync (World         *world,
                GCancellable  *cancellable,
                GError       **error)
{
  return take_bytes (spool_buffer_get_bytes (SPOOL_BUFFER (world->object), cancellable, error));
}

static void
save_start (World               *world,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  spool_buffer_save_async (SPOOL_BUFFER (world->object), world->target, SPOOL_SAVE_DURABLE, 0,
                           cancellable, NULL, NULL, NULL, callback, user_data);
}

static gboolean
save_finish (World         *world,
             GAsyncResult  *result,
             GError       **error)
{
  return spool_buffer_save_finish (SPOOL_BUFFER (world->object), result, error);
}

static gboolean
save_sync (World         *world,
           GCancellable  *cancellable,
           GError       **error)
{
  return spool_buffer_save (SPOOL_BUFFER (world->object), world->target, SPOOL_SAVE_DURABLE, cancellable,
                            NULL, NULL, error);
}

static void
move_start (World               *world,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  spool_buffer_move_async (SPOOL_BUFFER (world->object), world->target, SPOOL_SAVE_DURABLE, 0,
                           cancellable, NULL, NULL, NULL, callback, user_data);
}

static gboolean
move_finish (World         *world,
             GAsyncResult  *result,
             GError       **error)
{
  return spool_buffer_move_finish (SPOOL_BUFFER (world->object), result, error);
}

static gboolean
move_sync (World         *world,
           GCancellable  *cancellable,
           GError       **error)
{
  return spool_buffer_move (SPOOL_BUFFER (world->object), world->target, SPOOL_SAVE_DURABLE, cancellable,
                            NULL, NULL, error);
}

/* The whole file is there, or none. */
static void
check_saved (World    *world,
             gboolean  success)
{
  g_autofree char *data = NULL;
  gsize size = 0;

  test_assert_filled (world->buffer, SIZE);
  g_assert_cmpint (g_file_load_contents (world->target, NULL, &data, &size, NULL, NULL),
                   ==, success);
  if (success)
    {
      g_assert_cmpint (size, ==, SIZE);
      test_check ((guint8 *) data, 0, size);
    }
}

static void
sealed_start (World               *world,
              GCancellable        *cancellable,
              GAsyncReadyCallback  callback,
              gpointer             user_data)
{
  spool_buffer_create_sealed_fd_async (SPOOL_BUFFER (world->object), 0, cancellable, callback,
                                       user_data);
}

static gboolean
take_fd (int fd)
{
  if (fd < 0)
    return FALSE;

  g_assert_cmpint (lseek (fd, 0, SEEK_END), ==, SIZE);
  close (fd);

  return TRUE;
}

static gboolean
sealed_finish (World         *world,
               GAsyncResult  *result,
               GError       **error)
{
  return take_fd (spool_buffer_create_sealed_fd_finish (SPOOL_BUFFER (world->object), result,
                                                        error));
}

static gboolean
sealed_sync (World         *world,
             GCancellable  *cancellable,
             GError       **error)
{
  return take_fd (spool_buffer_create_sealed_fd (SPOOL_BUFFER (world->object), cancellable, error));
}

/* --- SpoolMemoryOutputStream ---------------------------------------------- */

static GObject *
open_output (World *world)
{
  GOutputStream *stream = spool_memory_output_stream_new_for_buffer (world->buffer);

  seek (stream, SIZE);

  return G_OBJECT (stream);
}

static void
output_write_start (World               *world,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_output_stream_write_async (G_OUTPUT_STREAM (world->object),
                               g_bytes_get_data (world->more, NULL), MORE, 0, cancellable,
                               callback, user_data);
}

static gboolean
output_write_finish (World         *world,
                     GAsyncResult  *result,
                     GError       **error)
{
  return g_output_stream_write_finish (G_OUTPUT_STREAM (world->object), result, error) >= 0;
}

static gboolean
output_write_sync (World         *world,
                   GCancellable  *cancellable,
                   GError       **error)
{
  return g_output_stream_write (G_OUTPUT_STREAM (world->object),
                                g_bytes_get_data (world->more, NULL), MORE, cancellable,
                                error) >= 0;
}

/* Whatever GOutputStream says, the position is true. */
static void
check_written (World    *world,
               gboolean  success)
{
  goffset size = spool_buffer_get_size (world->buffer);

  g_assert_cmpint (size, >=, success ? SIZE + 1 : SIZE);
  g_assert_cmpint (size, <=, SIZE + MORE);
  if (world->object != NULL)
    g_assert_cmpint (tell (world->object), ==, size);
  test_assert_filled (world->buffer, size);
}

static void
output_splice_start (World               *world,
                     GCancellable        *cancellable,
                     GAsyncReadyCallback  callback,
                     gpointer             user_data)
{
  g_output_stream_splice_async (G_OUTPUT_STREAM (world->object), world->source,
                                G_OUTPUT_STREAM_SPLICE_NONE, 0, cancellable, callback,
                                user_data);
}

static gboolean
output_splice_finish (World         *world,
                      GAsyncResult  *result,
                      GError       **error)
{
  return g_output_stream_splice_finish (G_OUTPUT_STREAM (world->object), result, error) >= 0;
}

static gboolean
output_splice_sync (World         *world,
                    GCancellable  *cancellable,
                    GError       **error)
{
  return g_output_stream_splice (G_OUTPUT_STREAM (world->object), world->source,
                                 G_OUTPUT_STREAM_SPLICE_NONE, cancellable, error) >= 0;
}

static void
output_flush_start (World               *world,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_output_stream_flush_async (G_OUTPUT_STREAM (world->object), 0, cancellable, callback,
                               user_data);
}

static gboolean
output_flush_finish (World         *world,
                     GAsyncResult  *result,
                     GError       **error)
{
  return g_output_stream_flush_finish (G_OUTPUT_STREAM (world->object), result, error);
}

static gboolean
output_flush_sync (World         *world,
                   GCancellable  *cancellable,
                   GError       **error)
{
  return g_output_stream_flush (G_OUTPUT_STREAM (world->object), cancellable, error);
}

static void
output_close_start (World               *world,
                    GCancellable        *cancellable,
                    GAsyncReadyCallback  callback,
                    gpointer             user_data)
{
  g_output_stream_close_async (G_OUTPUT_STREAM (world->object), 0, cancellable, callback,
                               user_data);
}

static gboolean
output_close_finish (World         *world,
                     GAsyncResult  *result,
                     GError       **error)
{
  gboolean ok = g_output_stream_close_finish (G_OUTPUT_STREAM (world->object), result, error);

  g_assert_true (g_output_stream_is_closed (G_OUTPUT_STREAM (world->object)));

  return ok;
}

static gboolean
output_close_sync (World         *world,
                   GCancellable  *cancellable,
                   GError       **error)
{
  return g_output_stream_close (G_OUTPUT_STREAM (world->object), cancellable, error);
}

/* --- Input streams -------------------------------------------------------- */

static GObject *
open_input (World *world)
{
  return G_OBJECT (spool_memory_input_stream_new_for_buffer (world->buffer));
}

/* Does not have to wait for what is there. */
static GObject *
open_follower (World *world)
{
  GObject *stream = open_input (world);

  spool_memory_input_stream_set_follow (SPOOL_MEMORY_INPUT_STREAM (stream), TRUE);

  return stream;
}

/* On the base of all that is there, with a buffer of its own. */
static GObject *
open_seekable (World *world)
{
  g_autoptr(GInputStream) base = spool_memory_input_stream_new_for_buffer (world->buffer);

  world->own = test_buffer_new_in (world->folder, spool_buffer_get_threshold (world->buffer));

  return G_OBJECT (spool_seekable_input_stream_new_for_buffer (base, world->own));
}

/* Of two parts, with the seam in the middle of what is read. */
static GObject *
open_concat (World *world)
{
  GInputStream *stream = spool_concat_input_stream_new ();
  g_autoptr(GBytes) start = test_bytes (0, SIZE / 3);
  g_autoptr(GInputStream) first = spool_memory_input_stream_new_for_bytes (start);
  g_autoptr(GInputStream) rest = spool_memory_input_stream_new_for_buffer (world->buffer);

  seek (rest, SIZE / 3);
  spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream), first);
  spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream), rest);

  return G_OBJECT (stream);
}

static void
input_read_start (World               *world,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_input_stream_read_async (G_INPUT_STREAM (world->object), world->block, SIZE, 0,
                             cancellable, callback, user_data);
}

/* No byte that was read is lost. */
static gboolean
take_read (World    *world,
           gpointer  stream,
           gssize    n)
{
  g_assert_cmpint (tell (stream), ==, MAX (n, 0));
  if (n > 0)
    test_check (world->block, 0, (gsize) n);

  return n >= 0;
}

static gboolean
input_read_finish (World         *world,
                   GAsyncResult  *result,
                   GError       **error)
{
  return take_read (world, world->object,
                    g_input_stream_read_finish (G_INPUT_STREAM (world->object), result,
                                                error));
}

static gboolean
input_read_sync (World         *world,
                 GCancellable  *cancellable,
                 GError       **error)
{
  return take_read (world, world->object,
                    g_input_stream_read (G_INPUT_STREAM (world->object), world->block, SIZE,
                                         cancellable, error));
}

static void
input_skip_start (World               *world,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_input_stream_skip_async (G_INPUT_STREAM (world->object), SIZE / 2, 0, cancellable,
                             callback, user_data);
}

static gboolean
input_skip_finish (World         *world,
                   GAsyncResult  *result,
                   GError       **error)
{
  gssize n = g_input_stream_skip_finish (G_INPUT_STREAM (world->object), result, error);

  g_assert_cmpint (tell (world->object), ==, MAX (n, 0));

  return n >= 0;
}

static gboolean
input_skip_sync (World         *world,
                 GCancellable  *cancellable,
                 GError       **error)
{
  gssize n = g_input_stream_skip (G_INPUT_STREAM (world->object), SIZE / 2, cancellable,
                                  error);

  g_assert_cmpint (tell (world->object), ==, MAX (n, 0));

  return n >= 0;
}

static void
input_close_start (World               *world,
                   GCancellable        *cancellable,
                   GAsyncReadyCallback  callback,
                   gpointer             user_data)
{
  g_input_stream_close_async (G_INPUT_STREAM (world->object), 0, cancellable, callback,
                              user_data);
}

static gboolean
input_close_finish (World         *world,
                    GAsyncResult  *result,
                    GError       **error)
{
  return g_input_stream_close_finish (G_INPUT_STREAM (world->object), result, error);
}

static gboolean
input_close_sync (World         *world,
                  GCancellable  *cancellable,
                  GError       **error)
{
  return g_input_stream_close (G_INPUT_STREAM (world->object), cancellable, error);
}

/* The rest can be read from where the stream says that it is. */
static void
check_rest (World    *world,
            gboolean  success)
{
  gssize n = 0;

  check_same (world, success);
  if (world->object == NULL)
    return;

  for (goffset offset = tell (world->object); offset < SIZE; offset += n)
    {
      g_autoptr(GError) error = NULL;

      n = g_input_stream_read (G_INPUT_STREAM (world->object), world->block, SIZE, NULL,
                               &error);
      g_assert_no_error (error);
      g_assert_cmpint (n, >, 0);
      test_check (world->block, offset, (gsize) n);
    }
}

static void
check_closed (World    *world,
              gboolean  success)
{
  check_same (world, success);
}

static void
fill_start (World               *world,
            GCancellable        *cancellable,
            GAsyncReadyCallback  callback,
            gpointer             user_data)
{
  spool_seekable_input_stream_fill_async (SPOOL_SEEKABLE_INPUT_STREAM (world->object), -1, 0,
                                          cancellable, callback, user_data);
}

static gboolean
fill_finish (World         *world,
             GAsyncResult  *result,
             GError       **error)
{
  goffset n = spool_seekable_input_stream_fill_finish (SPOOL_SEEKABLE_INPUT_STREAM (world->object),
                                                       result, error);

  g_assert_true (n == -1 || n == SIZE);

  return n == SIZE;
}

static gboolean
fill_sync (World         *world,
           GCancellable  *cancellable,
           GError       **error)
{
  return spool_seekable_input_stream_fill (SPOOL_SEEKABLE_INPUT_STREAM (world->object), -1,
                                           cancellable, error) >= 0;
}

/* --- SpoolIOStream -------------------------------------------------------- */

static GObject *
open_io (World *world)
{
  return G_OBJECT (spool_io_stream_new_for_buffer (world->buffer));
}

static void
io_write_start (World               *world,
                GCancellable        *cancellable,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  seek (world->object, SIZE);
  g_output_stream_write_async (g_io_stream_get_output_stream (G_IO_STREAM (world->object)),
                               g_bytes_get_data (world->more, NULL), MORE, 0, cancellable,
                               callback, user_data);
}

static gboolean
io_write_finish (World         *world,
                 GAsyncResult  *result,
                 GError       **error)
{
  GOutputStream *stream = G_OUTPUT_STREAM (g_async_result_get_source_object (result));
  gboolean ok = g_output_stream_write_finish (stream, result, error) >= 0;

  g_object_unref (stream);

  return ok;
}

static gboolean
io_write_sync (World         *world,
               GCancellable  *cancellable,
               GError       **error)
{
  seek (world->object, SIZE);

  return g_output_stream_write (g_io_stream_get_output_stream (G_IO_STREAM (world->object)),
                                g_bytes_get_data (world->more, NULL), MORE, cancellable,
                                error) >= 0;
}

static void
io_read_start (World               *world,
               GCancellable        *cancellable,
               GAsyncReadyCallback  callback,
               gpointer             user_data)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (world->object)),
                             world->block, SIZE, 0, cancellable, callback, user_data);
}

static gboolean
io_read_finish (World         *world,
                GAsyncResult  *result,
                GError       **error)
{
  g_autoptr(GInputStream) stream = NULL;

  stream = G_INPUT_STREAM (g_async_result_get_source_object (result));

  return take_read (world, stream, g_input_stream_read_finish (stream, result, error));
}

static gboolean
io_read_sync (World         *world,
              GCancellable  *cancellable,
              GError       **error)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (world->object));

  return take_read (world, stream,
                    g_input_stream_read (stream, world->block, SIZE, cancellable, error));
}

static void
io_close_start (World               *world,
                GCancellable        *cancellable,
                GAsyncReadyCallback  callback,
                gpointer             user_data)
{
  g_io_stream_close_async (G_IO_STREAM (world->object), 0, cancellable, callback, user_data);
}

static gboolean
io_close_finish (World         *world,
                 GAsyncResult  *result,
                 GError       **error)
{
  return g_io_stream_close_finish (G_IO_STREAM (world->object), result, error);
}

static gboolean
io_close_sync (World         *world,
               GCancellable  *cancellable,
               GError       **error)
{
  return g_io_stream_close (G_IO_STREAM (world->object), cancellable, error);
}

/* --- SpoolTextStream ------------------------------------------------------ */

/* Bytes of test_byte() are no text: these are letters in lines. */
static char *
make_text (gsize length)
{
  char *text = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    text[i] = i % 100 == 99 ? '\n' : (char) ('a' + i % 23);
  text[length] = '\0';

  return text;
}

static GObject *
open_text (World *world)
{
  g_autofree char *text = make_text (SIZE);

  g_assert_true (spool_buffer_write (world->buffer, 0, text, SIZE, NULL, NULL));

  return G_OBJECT (spool_text_stream_new_for_buffer (world->buffer));
}

static void
text_write_start (World               *world,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_autofree char *text = make_text (SIZE + MORE);

  g_assert_true (spool_text_stream_seek (SPOOL_TEXT_STREAM (world->object), SIZE, G_SEEK_SET,
                                         NULL, NULL));
  spool_text_stream_write_async (SPOOL_TEXT_STREAM (world->object), text + SIZE, MORE, 0,
                                 cancellable, callback, user_data);
}

static gboolean
take_text_written (SpoolTextStream *stream,
                   gboolean         success)
{
  g_assert_cmpint (spool_text_stream_tell (stream), ==, success ? SIZE + MORE : SIZE);

  return success;
}

static gboolean
text_write_finish (World         *world,
                   GAsyncResult  *result,
                   GError       **error)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (world->object);

  return take_text_written (stream, spool_text_stream_write_finish (stream, result, error));
}

static gboolean
text_write_sync (World         *world,
                 GCancellable  *cancellable,
                 GError       **error)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (world->object);
  g_autofree char *text = make_text (SIZE + MORE);

  g_assert_true (spool_text_stream_seek (stream, SIZE, G_SEEK_SET, NULL, NULL));

  return take_text_written (stream,
                            spool_text_stream_write (stream, text + SIZE, MORE, cancellable,
                                                     error));
}

static void
text_read_start (World               *world,
                 GCancellable        *cancellable,
                 GAsyncReadyCallback  callback,
                 gpointer             user_data)
{
  spool_text_stream_read_async (SPOOL_TEXT_STREAM (world->object), SIZE, 0, cancellable,
                                callback, user_data);
}

/* Takes @text, which must be the first characters. */
static gboolean
take_text (SpoolTextStream *stream,
           char            *text,
           gsize            length)
{
  g_autofree char *taken = text;
  g_autofree char *expected = make_text (length);

  g_assert_cmpint (spool_text_stream_tell (stream), ==, text != NULL ? (gint64) length : 0);
  if (text != NULL)
    g_assert_cmpstr (taken, ==, expected);

  return text != NULL;
}

static gboolean
text_read_finish (World         *world,
                  GAsyncResult  *result,
                  GError       **error)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (world->object);
  gsize length;

  return take_text (stream, spool_text_stream_read_finish (stream, result, &length, error),
                    SIZE);
}

static gboolean
text_read_sync (World         *world,
                GCancellable  *cancellable,
                GError       **error)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (world->object);
  gsize length;

  return take_text (stream,
                    spool_text_stream_read (stream, SIZE, &length, cancellable, error), SIZE);
}

static void
text_read_line_start (World               *world,
                      GCancellable        *cancellable,
                      GAsyncReadyCallback  callback,
                      gpointer             user_data)
{
  spool_text_stream_read_line_async (SPOOL_TEXT_STREAM (world->object), 0, cancellable,
                                     callback, user_data);
}

static gboolean
text_read_line_finish (World         *world,
                       GAsyncResult  *result,
                       GError       **error)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (world->object);
  gsize length;

  return take_text (stream,
                    spool_text_stream_read_line_finish (stream, result, &length, error), 100);
}

static gboolean
text_read_line_sync (World         *world,
                     GCancellable  *cancellable,
                     GError       **error)
{
  SpoolTextStream *stream = SPOOL_TEXT_STREAM (world->object);
  gsize length;

  return take_text (stream,
                    spool_text_stream_read_line (stream, &length, cancellable, error), 100);
}

static void
check_text (World    *world,
            gboolean  success)
{
  goffset size = spool_buffer_get_size (world->buffer);
  g_autofree char *expected = make_text ((gsize) size);

  g_assert_true (size == SIZE || size == SIZE + MORE);
  test_assert_content (world->buffer, expected, (gsize) size);
}

static void
check_text_written (World    *world,
                    gboolean  success)
{
  check_text (world, success);
  g_assert_cmpint (spool_buffer_get_size (world->buffer), ==, success ? SIZE + MORE : SIZE);
}

/* --- All of them ---------------------------------------------------------- */

#define CALL(name, open, call, check) { \
  name, open, call##_start, call##_finish, call##_sync, check \
}

static const Call calls[] = {
  CALL ("buffer/append", open_buffer, append, check_appended),
  CALL ("buffer/read", open_buffer, read, check_same),
  CALL ("buffer/splice", open_buffer, splice, check_spliced),
  CALL ("buffer/reserve", open_buffer, reserve, check_same),
  CALL ("buffer/roll-over", open_buffer, roll_over, check_same),
  CALL ("buffer/get-bytes", open_buffer, get_bytes, check_same),
  CALL ("buffer/save", open_buffer, save, check_saved),
  CALL ("buffer/move", open_buffer, move, check_saved),
  CALL ("buffer/sealed", open_buffer, sealed, check_same),
  CALL ("output/write", open_output, output_write, check_written),
  CALL ("output/splice", open_output, output_splice, check_written),
  CALL ("output/flush", open_output, output_flush, check_same),
  CALL ("output/close", open_output, output_close, check_same),
  CALL ("input/read", open_input, input_read, check_rest),
  CALL ("input/skip", open_input, input_skip, check_rest),
  CALL ("input/close", open_input, input_close, check_closed),
  CALL ("follower/read", open_follower, input_read, check_rest),
  CALL ("follower/skip", open_follower, input_skip, check_rest),
  CALL ("io/read", open_io, io_read, check_same),
  CALL ("io/write", open_io, io_write, check_written),
  CALL ("io/close", open_io, io_close, check_same),
  CALL ("seekable/read", open_seekable, input_read, check_rest),
  CALL ("seekable/skip", open_seekable, input_skip, check_rest),
  CALL ("seekable/fill", open_seekable, fill, check_rest),
  CALL ("seekable/close", open_seekable, input_close, check_closed),
  CALL ("concat/read", open_concat, input_read, check_rest),
  CALL ("concat/skip", open_concat, input_skip, check_rest),
  CALL ("concat/close", open_concat, input_close, check_closed),
  CALL ("text/write", open_text, text_write, check_text_written),
  CALL ("text/read", open_text, text_read, check_text),
  CALL ("text/read-line", open_text, text_read_line, check_text),
};

#define CALL_OF(data) (&calls[GPOINTER_TO_UINT (data) / N_PLACES])
#define PLACE_OF(data) ((Place) (GPOINTER_TO_UINT (data) % N_PLACES))

static World *
world_new (const Call *call,
           Place       place)
{
  World *world = g_new0 (World, 1);

  world->folder = test_folder_new ();
  world->buffer = test_buffer_new_in (world->folder, place == PLACE_DISK ? 0 : SIZE);
  test_append (world->buffer, 0, SIZE);
  world->source = test_stream_new (MORE);
  test_stream_set_offset (TEST_STREAM (world->source), SIZE);
  world->target = g_file_get_child (world->folder->file, "target");
  world->more = test_bytes (SIZE, MORE);
  world->block = g_malloc (SIZE);
  world->object = call->open (world);

  return world;
}

/* Nothing of it is left then: no object, no name, no descriptor. */
static void
world_free (World *world)
{
  g_clear_object (&world->source);
  if (world->object != NULL && world->object != G_OBJECT (world->buffer))
    test_drop (g_steal_pointer (&world->object));
  g_clear_object (&world->object);
  if (world->own != NULL)
    test_drop (g_steal_pointer (&world->own));
  if (world->buffer != NULL)
    test_drop (g_steal_pointer (&world->buffer));
  g_assert_cmpint (test_find_fd (world->folder->path), ==, -1);

  g_file_delete (world->target, NULL, NULL);
  g_object_unref (world->target);
  g_bytes_unref (world->more);
  g_free (world->block);
  test_folder_free (world->folder);
  g_free (world);
}

static gboolean
finish (const Call    *call,
        World         *world,
        GAsyncResult **result,
        GError       **error)
{
  gboolean success;

  test_wait (result);
  success = call->finish (world, *result, error);
  g_assert_true (success == (*error == NULL));
  g_clear_object (result);

  return success;
}

/* --- Cancelled at each system call ---------------------------------------- */

typedef struct
{
  GCancellable *cancellable;
  int           n_calls; /* atomic */
  int           cancel_at;
} Canceller;

static int
cancel_hook (const TestSysInfo *info,
             gpointer           user_data)
{
  Canceller *self = user_data;

  if (g_atomic_int_add (&self->n_calls, 1) + 1 == self->cancel_at)
    g_cancellable_cancel (self->cancellable);

  return 0;
}

/* Once, by the asynchronous call or the other. */
static gboolean
run (const Call    *call,
     World         *world,
     gboolean       async,
     GCancellable  *cancellable,
     GError       **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  gboolean success;

  if (async)
    {
      call->start (world, cancellable, test_ready, &result);
      return finish (call, world, &result, error);
    }

  success = call->call (world, cancellable, error);
  g_assert_true (success == (*error == NULL));

  return success;
}

static void
cancel_everywhere (const Call *call,
                   Place       place,
                   gboolean    async)
{
  guint n_cancelled = 0;
  Canceller self = { 0 };

  do
    {
      g_autoptr(GError) error = NULL;
      World *world = world_new (call, place);
      gboolean success;

      self.cancellable = g_cancellable_new ();
      self.n_calls = 0;
      self.cancel_at++;

      test_sys_set_hook (cancel_hook, &self);
      success = run (call, world, async, self.cancellable, &error);
      test_sys_set_hook (NULL, NULL);

      if (!success)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          n_cancelled++;
        }
      call->check (world, success);

      if (!success && (call->open == open_buffer || call->open == open_text) &&
          call->check != check_spliced)
        {
          g_clear_error (&error);
          run (call, world, async, NULL, &error);
          g_assert_no_error (error);
          call->check (world, TRUE);
        }

      world_free (world);
      g_object_unref (self.cancellable);
    }
  while (self.cancel_at <= self.n_calls);

  g_test_message ("%d system calls, at %u of which it was cancelled", self.n_calls,
                  n_cancelled);
}

static void
test_life_cycle_cancel (gconstpointer data)
{
  g_test_summary ("Cancelled at any of its system calls it is done or not, and can be tried again");

  cancel_everywhere (CALL_OF (data), PLACE_OF (data), TRUE);
}

static void
test_life_cycle_cancel_blocking (gconstpointer data)
{
  g_test_summary ("So is a call that blocks");

  cancel_everywhere (CALL_OF (data), PLACE_OF (data), FALSE);
}

/* --- Held on its way ------------------------------------------------------ */

/* A worker waits at its first system call, until it is told to go on. */
typedef struct
{
  GThread      *main_thread;
  GMainContext *context; /* woken when a worker waits */
  GMutex        lock;
  GCond         cond;
  gboolean      is_open; /* lock */
  gboolean      is_held; /* lock */
} Holder;

static int
hold_hook (const TestSysInfo *info,
           gpointer           user_data)
{
  Holder *self = user_data;

  if (g_thread_self () == self->main_thread)
    return 0;

  g_mutex_lock (&self->lock);
  if (!self->is_open)
    {
      self->is_held = TRUE;
      g_main_context_wakeup (self->context);
      while (!self->is_open)
        g_cond_wait (&self->cond, &self->lock);
    }
  g_mutex_unlock (&self->lock);

  return 0;
}

static Holder *
holder_new (void)
{
  Holder *self = g_new0 (Holder, 1);

  self->main_thread = g_thread_self ();
  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  test_sys_set_hook (hold_hook, self);

  return self;
}

static gboolean
holder_is_held (Holder *self)
{
  gboolean is_held;

  g_mutex_lock (&self->lock);
  is_held = self->is_held;
  g_mutex_unlock (&self->lock);

  return is_held;
}

/* Until a worker waits, or all was done without one. */
static gboolean
holder_wait (Holder        *self,
             GAsyncResult **result)
{
  while (!holder_is_held (self) && *result == NULL)
    g_main_context_iteration (self->context, TRUE);

  return *result == NULL;
}

static void
holder_open (Holder *self)
{
  g_mutex_lock (&self->lock);
  self->is_open = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* When no worker can be in it any more. */
static void
holder_free (Holder *self)
{
  test_sys_set_hook (NULL, NULL);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

/* Before the world, so that no call of it is seen. */
static void
check_and_free (const Call *call,
                World      *world,
                Holder     *holder,
                gboolean    success)
{
  test_sys_set_hook (NULL, NULL);
  call->check (world, success);
  world_free (world);
  holder_free (holder);
}

static void
test_life_cycle_dropped (gconstpointer data)
{
  const Call *call = CALL_OF (data);
  World *world = world_new (call, PLACE_OF (data));
  Holder *holder = holder_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  g_test_summary ("Dropped on its way, it is done, and then everything is gone");

  call->start (world, NULL, test_ready, &result);
  holder_wait (holder, &result);

  /* For a buffer's own call there is nobody left. */
  g_clear_object (&world->object);
  g_clear_object (&world->source);
  if (call->open == open_buffer)
    g_object_unref (world->buffer);
  holder_open (holder);

  test_wait (&result);
  world->object = g_async_result_get_source_object (result);
  if (call->open == open_buffer)
    {
      g_assert_true (world->object == G_OBJECT (world->buffer));
      g_object_ref (world->buffer);
    }
  success = finish (call, world, &result, &error);
  g_assert_no_error (error);

  /* The side of a dropped GIOStream is closed. */
  if (call->open == open_io)
    g_clear_object (&world->object);
  check_and_free (call, world, holder, success);
}

static void
test_life_cycle_disposed (gconstpointer data)
{
  const Call *call = CALL_OF (data);
  World *world = world_new (call, PLACE_OF (data));
  Holder *holder = holder_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success, is_held;

  g_test_summary ("Disposed of on its way, it is done all the same");

  call->start (world, NULL, test_ready, &result);
  is_held = holder_wait (holder, &result);
  g_object_run_dispose (world->object);
  holder_open (holder);

  success = finish (call, world, &result, &error);
  g_assert_no_error (error);

  /* One that was not busy is closed by it. */
  if (!is_held && call->open != open_buffer)
    g_clear_object (&world->object);
  check_and_free (call, world, holder, success);
}

typedef struct
{
  const Call   *call;
  World        *world;
  GMainContext *context;
  Holder       *holder;
  GAsyncResult *result;
} Leaver;

static gpointer
leaver_main (gpointer data)
{
  Leaver *self = data;

  g_main_context_push_thread_default (self->context);
  self->holder = holder_new ();
  self->call->start (self->world, NULL, test_ready, &self->result);
  holder_wait (self->holder, &self->result);
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

static void
test_life_cycle_left (gconstpointer data)
{
  const Call *call = CALL_OF (data);
  World *world = world_new (call, PLACE_OF (data));
  Leaver self = { call, world, g_main_context_new (), NULL, NULL };
  g_autoptr(GError) error = NULL;
  gboolean success;

  g_test_summary ("When the thread that called is gone, the answer waits in its main context");

  g_thread_join (g_thread_new ("leaver", leaver_main, &self));
  holder_open (self.holder);

  while (self.result == NULL)
    g_main_context_iteration (self.context, TRUE);
  success = finish (call, world, &self.result, &error);
  g_assert_no_error (error);
  check_and_free (call, world, self.holder, success);
  g_main_context_unref (self.context);
}

/* GLib leaks what waits in a main context that is never run again, so that
 * this is done where nobody looks for leaks.
 */
static void
child_gone (const char *argument)
{
  gpointer data = GUINT_TO_POINTER ((guint) g_ascii_strtoull (argument, NULL, 10));
  const Call *call = CALL_OF (data);
  World *world = world_new (call, PLACE_OF (data));
  Leaver self = { call, world, g_main_context_new (), NULL, NULL };

  g_thread_join (g_thread_new ("leaver", leaver_main, &self));
  g_main_context_unref (self.context);
  holder_open (self.holder);

  /* The worker has the lock of the buffer: this waits for its end. */
  g_assert_cmpint (spool_buffer_read (world->buffer, 0, world->block, 1, NULL, NULL), ==, 1);
  /* A stream's position comes after that. */
  world->object = NULL;
  call->check (world, TRUE);
  test_folder_free (world->folder);
}

static void
test_life_cycle_gone (gconstpointer data)
{
  g_autofree char *argument = g_strdup_printf ("%u", GPOINTER_TO_UINT (data));

  g_test_summary ("When the main context is gone too, it is done, and nobody is told");

  test_assert_exited (test_spawn ("gone", argument, NULL, NULL));
}

/* --- Closed on its way ---------------------------------------------------- */

static gpointer
close_main (gpointer data)
{
  g_autoptr(GError) error = NULL;

  spool_buffer_close (data, NULL, &error);
  g_assert_no_error (error);

  return NULL;
}

static void
test_life_cycle_closed_buffer (gconstpointer data)
{
  const Call *call = CALL_OF (data);
  World *world = world_new (call, PLACE_OF (data));
  Holder *holder = holder_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GThread *thread;

  g_test_summary ("A buffer that is closed meanwhile has done it, or says that it is closed");

  call->start (world, NULL, test_ready, &result);
  holder_wait (holder, &result);
  thread = g_thread_new ("close", close_main, world->buffer);
  holder_open (holder);

  if (!finish (call, world, &result, &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_thread_join (thread);

  g_assert_cmpint (spool_buffer_read (world->buffer, 0, world->block, 1, NULL, NULL), ==, -1);
  test_sys_set_hook (NULL, NULL);
  world_free (world);
  holder_free (holder);
}

static void
assert_pending (gboolean   success,
                GError   **error)
{
  g_assert_false (success);
  g_assert_error (*error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (error);
}

static void
use_output_while_busy (GOutputStream *stream)
{
  g_autoptr(GError) error = NULL;

  assert_pending (g_output_stream_close (stream, NULL, &error), &error);
  assert_pending (g_output_stream_write (stream, "x", 1, NULL, &error) >= 0, &error);
  assert_pending (g_output_stream_flush (stream, NULL, &error), &error);
  assert_pending (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error), &error);
  assert_pending (g_seekable_truncate (G_SEEKABLE (stream), 0, NULL, &error), &error);
  g_assert_false (g_output_stream_is_closed (stream));
}

static void
use_input_while_busy (GInputStream *stream)
{
  g_autoptr(GError) error = NULL;
  guint8 byte;

  assert_pending (g_input_stream_close (stream, NULL, &error), &error);
  assert_pending (g_input_stream_read (stream, &byte, 1, NULL, &error) >= 0, &error);
  assert_pending (g_input_stream_skip (stream, 1, NULL, &error) >= 0, &error);
  assert_pending (g_seekable_seek (G_SEEKABLE (stream), 5, G_SEEK_SET, NULL, &error), &error);
  g_assert_false (g_input_stream_is_closed (stream));
}

static void
use_text_while_busy (SpoolTextStream *stream)
{
  g_autoptr(GError) error = NULL;

  assert_pending (spool_text_stream_write (stream, "x", 1, NULL, &error), &error);
  assert_pending (spool_text_stream_read_line_bytes (stream, NULL, &error) != NULL, &error);
  assert_pending (spool_text_stream_seek (stream, 5, G_SEEK_SET, NULL, &error), &error);
  assert_pending (spool_text_stream_truncate (stream, 5, NULL, &error), &error);
}

static gboolean
close_object (gpointer   object,
              GError   **error)
{
  if (G_IS_OUTPUT_STREAM (object))
    return g_output_stream_close (object, NULL, error);
  else if (G_IS_INPUT_STREAM (object))
    return g_input_stream_close (object, NULL, error);
  else if (G_IS_IO_STREAM (object))
    return g_io_stream_close (object, NULL, error);

  return TRUE;
}

static void
test_life_cycle_busy_stream (gconstpointer data)
{
  const Call *call = CALL_OF (data);
  World *world = world_new (call, PLACE_OF (data));
  Holder *holder = holder_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  g_test_summary ("A stream that is busy refuses to be closed or used, and loses nothing by it");

  call->start (world, NULL, test_ready, &result);

  /* What needed memory only is done already. */
  if (!holder_wait (holder, &result))
    g_assert_nonnull (result);
  else if (G_IS_OUTPUT_STREAM (world->object))
    use_output_while_busy (G_OUTPUT_STREAM (world->object));
  else if (G_IS_INPUT_STREAM (world->object))
    use_input_while_busy (G_INPUT_STREAM (world->object));
  else if (call->start == io_write_start)
    use_output_while_busy (g_io_stream_get_output_stream (G_IO_STREAM (world->object)));
  else if (call->start == io_read_start)
    use_input_while_busy (g_io_stream_get_input_stream (G_IO_STREAM (world->object)));
  else if (SPOOL_IS_TEXT_STREAM (world->object))
    use_text_while_busy (SPOOL_TEXT_STREAM (world->object));

  holder_open (holder);
  success = finish (call, world, &result, &error);
  g_assert_no_error (error);
  test_sys_set_hook (NULL, NULL);
  call->check (world, success);

  g_assert_true (close_object (world->object, &error));
  g_assert_no_error (error);
  world_free (world);
  holder_free (holder);
}

static void
add (const char    *name,
     guint          i,
     Place          place,
     GTestDataFunc  func)
{
  g_autofree char *path = g_strdup_printf ("/life-cycle/%s/%s/%s", calls[i].name,
                                           place_names[place], name);

  g_test_add_data_func (path, GUINT_TO_POINTER (i * N_PLACES + place), func);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_sys_install ();
  test_add_child ("gone", child_gone);

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      for (Place place = 0; place < N_PLACES; place++)
        {
          add ("cancel", i, place, test_life_cycle_cancel);
          add ("cancel-blocking", i, place, test_life_cycle_cancel_blocking);
          add ("dropped", i, place, test_life_cycle_dropped);
          add ("disposed", i, place, test_life_cycle_disposed);
          add ("left", i, place, test_life_cycle_left);
          if (calls[i].open == open_buffer)
            add ("closed", i, place, test_life_cycle_closed_buffer);
          else
            add ("busy", i, place, test_life_cycle_busy_stream);
          if (calls[i].start == append_start || calls[i].start == roll_over_start ||
              calls[i].start == output_write_start)
            add ("gone", i, place, test_life_cycle_gone);
        }
    }

  return test_run ();
}
