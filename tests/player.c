/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-utils.h"

#include <string.h>

#ifdef HAVE_GDK_PIXBUF
#include <gdk-pixbuf/gdk-pixbuf.h>
#endif

#ifdef HAVE_GSTREAMER
#include <gst/gst.h>
#endif

/* Followers under libraries that play or show a file: they begin before the
 * download has come to its end, which here is not a matter of time. The second
 * half is not written before something of the first one was played or shown.
 */

#if defined(HAVE_GDK_PIXBUF) || defined(HAVE_GSTREAMER)

static GInputStream *
follower_new (SpoolBuffer *buffer)
{
  return g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM,
                       "buffer", buffer,
                       "follow", TRUE,
                       NULL);
}

/* So much as a network may give at a time. */
#define PIECE_SIZE 1000

static void
download (SpoolBuffer *buffer,
          GBytes      *file,
          gsize        end)
{
  const guint8 *data = g_bytes_get_data (file, NULL);

  for (gsize offset = (gsize) spool_buffer_get_size (buffer); offset < end;)
    {
      gsize count = MIN (PIECE_SIZE, end - offset);
      g_autoptr(GError) error = NULL;

      g_assert_true (spool_buffer_append (buffer, data + offset, count, NULL, &error));
      g_assert_no_error (error);
      offset += count;
    }
}

#endif

#ifdef HAVE_GSTREAMER

/* A player asks a stream that can seek for its end, to know how long the piece
 * is, and a follower's end is only known when the writer is done. One that is
 * to play meanwhile gets a stream that can't.
 */
typedef GFilterInputStream      ForwardStream;
typedef GFilterInputStreamClass ForwardStreamClass;

static GType forward_stream_get_type (void);

G_DEFINE_TYPE (ForwardStream, forward_stream, G_TYPE_FILTER_INPUT_STREAM)

static void
forward_stream_class_init (ForwardStreamClass *klass)
{
}

static void
forward_stream_init (ForwardStream *self)
{
}

static GInputStream *
forward_stream_new (GInputStream *base)
{
  return g_object_new (forward_stream_get_type (), "base-stream", base, NULL);
}

typedef struct
{
  GstElement  *pipeline;
  GMutex       lock;
  GCond        cond;
  GstClockTime played;
} Player;

static GstPadProbeReturn
count_cb (GstPad          *pad,
          GstPadProbeInfo *info,
          gpointer         user_data)
{
  Player *self = user_data;

  g_mutex_lock (&self->lock);
  self->played += GST_BUFFER_DURATION (GST_PAD_PROBE_INFO_BUFFER (info));
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);

  return GST_PAD_PROBE_OK;
}

static GstElement *
parse_pipeline (const char *description)
{
  g_autoptr(GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (description, &error);

  g_assert_no_error (error);

  return pipeline;
}

/* Waits for the end or an error. */
static GstMessage *
wait_for_end (GstElement *pipeline)
{
  g_autoptr(GstBus) bus = gst_element_get_bus (pipeline);

  return gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
                                     GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
}

static void
assert_message (GstMessage     *message,
                GstMessageType  type)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR && type != GST_MESSAGE_ERROR)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *debug = NULL;

      gst_message_parse_error (message, &error, &debug);
      g_error ("%s (%s)", error->message, debug);
    }

  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, type);
}

static void
player_start (Player       *self,
              GInputStream *stream)
{
  g_autoptr(GstElement) source = NULL;
  g_autoptr(GstElement) sink = NULL;
  g_autoptr(GstPad) pad = NULL;

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->played = 0;
  self->pipeline = parse_pipeline ("giostreamsrc name=source ! oggdemux ! vorbisdec ! "
                                   "fakesink name=sink sync=false");

  source = gst_bin_get_by_name (GST_BIN (self->pipeline), "source");
  sink = gst_bin_get_by_name (GST_BIN (self->pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_cb, self, NULL);
  g_object_set (source, "stream", stream, NULL);

  g_assert_cmpint (gst_element_set_state (self->pipeline, GST_STATE_PLAYING), !=,
                   GST_STATE_CHANGE_FAILURE);
}

static void
player_wait_for_sound (Player *self)
{
  g_mutex_lock (&self->lock);
  while (self->played == 0)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
}

/* Returns: how much was played in all */
static GstClockTime
player_stop (Player *self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);

  return self->played;
}

/* The encoder writes into a spooled stream, too. */
static GBytes *
make_ogg (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new_with_threshold (5000);
  g_autoptr(GstElement) pipeline = NULL;
  g_autoptr(GstElement) sink = NULL;
  g_autoptr(GstMessage) message = NULL;
  g_autoptr(GError) error = NULL;
  GBytes *bytes;

  pipeline = parse_pipeline ("audiotestsrc num-buffers=430 wave=white-noise volume=0.1 ! "
                             "audioconvert ! vorbisenc ! oggmux ! giostreamsink name=sink");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (sink, "stream", stream, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = wait_for_end (pipeline);
  assert_message (message, GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  g_output_stream_close (stream, NULL, NULL);
  bytes = spool_memory_output_stream_steal_as_bytes (SPOOL_MEMORY_OUTPUT_STREAM (stream),
                                                     &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), >, 30 * PIECE_SIZE);

  return bytes;
}

static GBytes *ogg;
static GstClockTime ogg_duration;

/* What the file plays for where GIO has all of it. */
static void
set_up_sound (void)
{
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GstMessage) message = NULL;
  Player player;

  if (ogg != NULL)
    return;

  ogg = make_ogg ();
  stream = g_memory_input_stream_new_from_bytes (ogg);
  player_start (&player, stream);
  message = wait_for_end (player.pipeline);
  assert_message (message, GST_MESSAGE_EOS);
  ogg_duration = player_stop (&player);
  g_assert_cmpuint (ogg_duration, >, 0);
}

static void
test_player_sound (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GInputStream) follower = NULL;
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GstMessage) message = NULL;
  Player player;
  gsize size;

  g_test_summary ("GStreamer plays a file while it downloads, and to its end");

  set_up_sound ();
  size = g_bytes_get_size (ogg);
  buffer = test_buffer_new (test_threshold (data, (goffset) size));
  follower = follower_new (buffer);
  stream = forward_stream_new (follower);

  player_start (&player, stream);
  download (buffer, ogg, size / 2);
  player_wait_for_sound (&player);
  download (buffer, ogg, size);
  spool_buffer_complete (buffer, NULL);

  message = wait_for_end (player.pipeline);
  assert_message (message, GST_MESSAGE_EOS);
  g_assert_cmpuint (player_stop (&player), ==, ogg_duration);
}

static void
test_player_sound_seekable (void)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GstMessage) message = NULL;
  Player player;

  g_test_summary ("With the whole file there a follower can be played as any stream");

  set_up_sound ();
  buffer = test_buffer_new (5000);
  stream = follower_new (buffer);
  download (buffer, ogg, g_bytes_get_size (ogg));
  spool_buffer_complete (buffer, NULL);

  player_start (&player, stream);
  message = wait_for_end (player.pipeline);
  assert_message (message, GST_MESSAGE_EOS);
  g_assert_cmpuint (player_stop (&player), ==, ogg_duration);
}

static void
test_player_sound_stopped (void)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GInputStream) follower = NULL;
  g_autoptr(GInputStream) stream = NULL;
  Player player;

  g_test_summary ("A player that waits for the download can be stopped");

  set_up_sound ();
  buffer = test_buffer_new (5000);
  follower = follower_new (buffer);
  stream = forward_stream_new (follower);

  player_start (&player, stream);
  download (buffer, ogg, g_bytes_get_size (ogg) / 2);
  player_wait_for_sound (&player);

  /* That this returns is the test: nothing else will come. */
  g_assert_cmpuint (player_stop (&player), <, ogg_duration);
  g_assert_false (spool_buffer_get_completed (buffer));
}

#else

static void
test_player_sound (gconstpointer data)
{
  g_test_skip ("GStreamer is not there");
}

static void
test_player_sound_seekable (void)
{
  g_test_skip ("GStreamer is not there");
}

static void
test_player_sound_stopped (void)
{
  g_test_skip ("GStreamer is not there");
}

#endif

#ifdef HAVE_GDK_PIXBUF

#define WIDTH 100
#define HEIGHT 200

typedef struct
{
  GInputStream    *stream;
  GdkPixbufLoader *loader;
  guint8           block[4096];
  int              n_rows;
  gboolean         done;
  GError          *error;
} Viewer;

static void
area_updated_cb (GdkPixbufLoader *loader,
                 int              x,
                 int              y,
                 int              width,
                 int              height,
                 gpointer         user_data)
{
  Viewer *self = user_data;

  self->n_rows = MAX (self->n_rows, y + height);
}

static void
viewer_read_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  Viewer *self = user_data;
  gssize n = g_input_stream_read_finish (self->stream, result, &self->error);

  if (n <= 0)
    {
      self->done = TRUE;
      return;
    }

  g_assert_true (gdk_pixbuf_loader_write (self->loader, self->block, (gsize) n, NULL));
  g_input_stream_read_async (self->stream, self->block, sizeof self->block, 0, NULL,
                             viewer_read_cb, self);
}

static GdkPixbuf *
make_picture (GBytes **png)
{
  GdkPixbuf *picture = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, WIDTH, HEIGHT);
  g_autoptr(GError) error = NULL;
  char *data;
  gsize size;

  /* What can't be compressed has about as many bytes for each row. */
  test_fill (gdk_pixbuf_get_pixels (picture), 0, gdk_pixbuf_get_byte_length (picture));
  g_assert_true (gdk_pixbuf_save_to_buffer (picture, &data, &size, "png", &error, NULL));
  g_assert_no_error (error);
  *png = g_bytes_new_take (data, size);

  return picture;
}

static void
assert_same_picture (GdkPixbuf *picture,
                     GdkPixbuf *expected)
{
  g_assert_cmpmem (gdk_pixbuf_read_pixels (picture), gdk_pixbuf_get_byte_length (picture),
                   gdk_pixbuf_read_pixels (expected), gdk_pixbuf_get_byte_length (expected));
}

static void
test_player_picture (gconstpointer data)
{
  g_autoptr(GBytes) png = NULL;
  g_autoptr(GdkPixbuf) expected = make_picture (&png);
  gsize size = g_bytes_get_size (png);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, (goffset) size));
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
  g_autoptr(GError) error = NULL;
  Viewer viewer = { .stream = stream, .loader = loader };

  g_test_summary ("gdk-pixbuf shows the upper half of a picture whose lower one is not there");

  g_signal_connect (loader, "area-updated", G_CALLBACK (area_updated_cb), &viewer);
  g_input_stream_read_async (stream, viewer.block, sizeof viewer.block, 0, NULL,
                             viewer_read_cb, &viewer);

  download (buffer, png, size / 2);
  while (viewer.n_rows < HEIGHT / 4)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (viewer.n_rows, <, HEIGHT);

  download (buffer, png, size);
  spool_buffer_complete (buffer, NULL);
  while (!viewer.done)
    g_main_context_iteration (NULL, TRUE);

  g_assert_no_error (viewer.error);
  g_assert_cmpint (viewer.n_rows, ==, HEIGHT);
  g_assert_true (gdk_pixbuf_loader_close (loader, &error));
  g_assert_no_error (error);
  assert_same_picture (gdk_pixbuf_loader_get_pixbuf (loader), expected);
}

static void
test_player_picture_breaks_off (gconstpointer data)
{
  g_autoptr(GBytes) png = NULL;
  g_autoptr(GdkPixbuf) whole = make_picture (&png);
  gsize half = g_bytes_get_size (png) / 2;
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, (goffset) half));
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GdkPixbuf) picture = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A download that breaks off is an error for gdk-pixbuf, and not the end");

  gdk_pixbuf_new_from_stream_async (stream, NULL, test_ready, &result);
  download (buffer, png, half);
  g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "broken off here");
  spool_buffer_complete (buffer, error);
  g_clear_error (&error);

  test_wait (&result);
  picture = gdk_pixbuf_new_from_stream_finish (result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_cmpstr (error->message, ==, "broken off here");
  g_assert_null (picture);
}

static void
test_player_picture_in_thread (gconstpointer data)
{
  g_autoptr(GBytes) png = NULL;
  g_autoptr(GdkPixbuf) expected = make_picture (&png);
  gsize size = g_bytes_get_size (png);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, (goffset) size));
  g_autoptr(GInputStream) stream = follower_new (buffer);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GdkPixbuf) picture = NULL;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A thread of gdk-pixbuf's that began with an empty buffer waits for all of it");

  gdk_pixbuf_new_from_stream_async (stream, NULL, test_ready, &result);
  download (buffer, png, size);
  g_main_context_iteration (NULL, FALSE);
  g_assert_null (result);
  spool_buffer_complete (buffer, NULL);

  test_wait (&result);
  picture = gdk_pixbuf_new_from_stream_finish (result, &error);
  g_assert_no_error (error);
  assert_same_picture (picture, expected);
}

#else

static void
test_player_picture (gconstpointer data)
{
  g_test_skip ("gdk-pixbuf is not there");
}

static void
test_player_picture_breaks_off (gconstpointer data)
{
  g_test_skip ("gdk-pixbuf is not there");
}

static void
test_player_picture_in_thread (gconstpointer data)
{
  g_test_skip ("gdk-pixbuf is not there");
}

#endif

int
main (int    argc,
      char **argv)
{
  int status;

  /* The libraries need their plugins and MIME types: nothing is isolated. */
  g_test_init (&argc, &argv, NULL);
#ifdef HAVE_GSTREAMER
  gst_init (&argc, &argv);
#endif

  test_add_thresholds ("/player/sound", test_player_sound);
  g_test_add_func ("/player/sound-seekable", test_player_sound_seekable);
  g_test_add_func ("/player/sound-stopped", test_player_sound_stopped);
  test_add_thresholds ("/player/picture", test_player_picture);
  test_add_thresholds ("/player/picture-breaks-off", test_player_picture_breaks_off);
  test_add_thresholds ("/player/picture-in-thread", test_player_picture_in_thread);

  status = g_test_run ();
#ifdef HAVE_GSTREAMER
  g_clear_pointer (&ogg, g_bytes_unref);
  gst_deinit ();
#endif

  return status;
}
