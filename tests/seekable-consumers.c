/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <spool-glib/spool-glib.h>

#include "test-utils.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#ifdef HAVE_GDK_PIXBUF
#include <gdk-pixbuf/gdk-pixbuf.h>
#endif

#ifdef HAVE_LIBARCHIVE
#include <archive.h>
#include <archive_entry.h>
#endif

#ifdef HAVE_LIBSOUP
#include <libsoup/soup.h>
#endif

/* SpoolSeekableInputStream under libraries that need to seek, over sources
 * that can't.
 */

#if defined(HAVE_LIBARCHIVE) && defined(HAVE_LIBSOUP)

#define N_ENTRIES 5

/* The content of the entries is test_byte() from here on. */
static goffset
entry_offset (guint i)
{
  return i * 1000003;
}

static gsize
entry_size (guint i)
{
  static const gsize sizes[N_ENTRIES] = { 5, 300000, 0, 70000, 1 };

  return sizes[i];
}

static la_ssize_t
zip_write (struct archive *archive,
           void           *data,
           const void     *bytes,
           size_t          count)
{
  g_byte_array_append (data, bytes, count);

  return count;
}

static GBytes *
make_zip (void)
{
  GByteArray *zip = g_byte_array_new ();
  struct archive *archive = archive_write_new ();

  g_assert_cmpint (archive_write_set_format_zip (archive), ==, ARCHIVE_OK);
  g_assert_cmpint (archive_write_set_bytes_in_last_block (archive, 1), ==, ARCHIVE_OK);
  g_assert_cmpint (archive_write_open (archive, zip, NULL, zip_write, NULL), ==,
                   ARCHIVE_OK);

  for (guint i = 0; i < N_ENTRIES; i++)
    {
      struct archive_entry *entry = archive_entry_new ();
      g_autofree char *name = g_strdup_printf ("entry %u", i);
      g_autoptr(GBytes) content = test_bytes (entry_offset (i), entry_size (i));

      archive_entry_set_pathname (entry, name);
      archive_entry_set_filetype (entry, AE_IFREG);
      archive_entry_set_perm (entry, 0644);
      archive_entry_set_size (entry, entry_size (i));
      g_assert_cmpint (archive_write_header (archive, entry), ==, ARCHIVE_OK);
      g_assert_cmpint (archive_write_data (archive, g_bytes_get_data (content, NULL),
                                           entry_size (i)), ==, (int) entry_size (i));
      archive_entry_free (entry);
    }

  g_assert_cmpint (archive_write_free (archive), ==, ARCHIVE_OK);

  return g_byte_array_free_to_bytes (zip);
}

/* The callbacks that libarchive reads through. */
typedef struct
{
  GInputStream *stream;
  guint8 block[16384];
  guint n_seeks;
} Source;

static la_ssize_t
source_read (struct archive  *archive,
             void            *data,
             const void     **block)
{
  Source *source = data;
  g_autoptr(GError) error = NULL;
  gssize n_read;

  n_read = g_input_stream_read (source->stream, source->block, sizeof source->block,
                                NULL, &error);
  if (n_read < 0)
    archive_set_error (archive, EIO, "%s", error->message);

  *block = source->block;

  return n_read;
}

static la_int64_t
source_skip (struct archive *archive,
             void           *data,
             la_int64_t      count)
{
  Source *source = data;
  gssize n_skipped = g_input_stream_skip (source->stream, count, NULL, NULL);

  return MAX (n_skipped, 0);
}

static la_int64_t
source_seek (struct archive *archive,
             void           *data,
             la_int64_t      offset,
             int             whence)
{
  Source *source = data;
  g_autoptr(GError) error = NULL;
  GSeekType type = whence == SEEK_SET   ? G_SEEK_SET
                   : whence == SEEK_CUR ? G_SEEK_CUR
                                        : G_SEEK_END;

  source->n_seeks++;

  if (!g_seekable_seek (G_SEEKABLE (source->stream), offset, type, NULL, &error))
    {
      archive_set_error (archive, EIO, "%s", error->message);
      return ARCHIVE_FATAL;
    }

  return g_seekable_tell (G_SEEKABLE (source->stream));
}

/* Only the reader that goes by the directory at the archive's end, which has
 * to seek there first.
 */
static struct archive *
open_zip (Source *source)
{
  struct archive *archive = archive_read_new ();

  archive_read_support_format_zip_seekable (archive);
  archive_read_set_read_callback (archive, source_read);
  archive_read_set_skip_callback (archive, source_skip);
  archive_read_set_seek_callback (archive, source_seek);
  archive_read_set_callback_data (archive, source);

  return archive;
}

static void
check_zip (GInputStream *stream)
{
  Source source = { stream, { 0 }, 0 };
  struct archive *archive = open_zip (&source);
  struct archive_entry *entry;
  guint n_entries = 0;

  g_assert_cmpint (archive_read_open1 (archive), ==, ARCHIVE_OK);

  while (archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    {
      g_autofree char *name = g_strdup_printf ("entry %u", n_entries);
      gsize size = entry_size (n_entries);
      g_autofree guint8 *content = g_malloc0 (size + 1);

      g_assert_cmpstr (archive_entry_pathname (entry), ==, name);
      g_assert_cmpint (archive_entry_size (entry), ==, (int) size);
      g_assert_cmpint (archive_read_data (archive, content, size + 1), ==, (int) size);
      test_check (content, entry_offset (n_entries), size);
      n_entries++;
    }

  g_assert_cmpstr (archive_error_string (archive), ==, NULL);
  g_assert_cmpuint (n_entries, ==, N_ENTRIES);
  g_assert_cmpuint (source.n_seeks, >, 0);
  archive_read_free (archive);
}

/* A server in a thread, for one request. It sends the first half of the zip,
 * and when it is told to the rest, or else hangs up.
 */
typedef struct
{
  GThread *thread;
  GSocketListener *listener;
  char *uri;
  GBytes *zip;
  gboolean hang_up;

  GMutex lock;
  GCond cond;
  gboolean go_on;
} Server;

static gpointer
server_thread (gpointer data)
{
  Server *server = data;
  g_autoptr(GSocketConnection) connection = NULL;
  g_autoptr(GDataInputStream) request = NULL;
  g_autoptr(GError) error = NULL;
  GOutputStream *response;
  const char *bytes;
  gsize size;

  connection = g_socket_listener_accept (server->listener, NULL, NULL, &error);
  g_assert_no_error (error);

  request = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_data_input_stream_set_newline_type (request, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  while (TRUE)
    {
      g_autofree char *line = g_data_input_stream_read_line (request, NULL, NULL, &error);

      g_assert_no_error (error);
      if (line == NULL || line[0] == '\0')
        break;
    }

  bytes = g_bytes_get_data (server->zip, &size);
  response = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_output_stream_printf (response, NULL, NULL, &error,
                          "HTTP/1.1 200 OK\r\n"
                          "Connection: close\r\n"
                          "Content-Length: %" G_GSIZE_FORMAT "\r\n"
                          "\r\n",
                          size);
  g_assert_no_error (error);
  g_output_stream_write_all (response, bytes, size / 2, NULL, NULL, &error);
  g_assert_no_error (error);

  g_mutex_lock (&server->lock);
  while (!server->go_on)
    g_cond_wait (&server->cond, &server->lock);
  g_mutex_unlock (&server->lock);

  if (server->hang_up)
    {
      struct linger linger = { 1, 0 };
      GSocket *socket = g_socket_connection_get_socket (connection);

      /* libsoup takes an orderly close for the end, so that this is a reset. */
      g_assert_cmpint (setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER,
                                   &linger, sizeof linger), ==, 0);
    }
  else
    {
      g_output_stream_write_all (response, bytes + size / 2, size - size / 2, NULL, NULL,
                                 &error);
      g_assert_no_error (error);
    }

  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);

  return NULL;
}

static Server *
server_new (gboolean hang_up)
{
  Server *server = g_new0 (Server, 1);
  g_autoptr(GError) error = NULL;
  guint16 port;

  g_mutex_init (&server->lock);
  g_cond_init (&server->cond);
  server->zip = make_zip ();
  server->hang_up = hang_up;

  server->listener = g_socket_listener_new ();
  port = g_socket_listener_add_any_inet_port (server->listener, NULL, &error);
  g_assert_no_error (error);
  server->uri = g_strdup_printf ("http://127.0.0.1:%u/", port);
  server->thread = g_thread_new ("server", server_thread, server);

  return server;
}

static void
server_let_go_on (Server *server)
{
  g_mutex_lock (&server->lock);
  server->go_on = TRUE;
  g_cond_signal (&server->cond);
  g_mutex_unlock (&server->lock);
}

static void
server_free (Server *server)
{
  g_thread_join (server->thread);

  g_socket_listener_close (server->listener);
  g_object_unref (server->listener);
  g_bytes_unref (server->zip);
  g_free (server->uri);
  g_mutex_clear (&server->lock);
  g_cond_clear (&server->cond);
  g_free (server);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

static GInputStream *
send_request (SoupSession *session,
              Server      *server,
              gboolean     async)
{
  g_autoptr(SoupMessage) message = soup_message_new ("GET", server->uri);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  GInputStream *response;

  if (async)
    {
      soup_session_send_async (session, message, G_PRIORITY_DEFAULT, NULL,
                               test_ready, &result);
      test_wait (&result);
      response = soup_session_send_finish (session, result, &error);
    }
  else
    {
      response = soup_session_send (session, message, NULL, &error);
    }

  g_assert_no_error (error);
  g_assert_false (G_IS_SEEKABLE (response));

  return response;
}

static goffset
fill (SpoolSeekableInputStream  *stream,
      goffset                    count,
      gboolean                   async,
      GError                   **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  if (!async)
    return spool_seekable_input_stream_fill (stream, count, NULL, error);

  spool_seekable_input_stream_fill_async (stream, count, G_PRIORITY_DEFAULT, NULL,
                                          test_ready, &result);
  test_wait (&result);

  return spool_seekable_input_stream_fill_finish (stream, result, error);
}

static void
test_seekable_consumers_zip_from_http (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static const goffset thresholds[] = { 0, 100000, SPOOL_THRESHOLD_NEVER };

  g_test_summary ("A zip is read by its directory, straight from a response that "
                  "is still coming in when the reading begins");

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      g_autoptr(Server) server = server_new (FALSE);
      g_autoptr(SoupSession) session = soup_session_new ();
      g_autoptr(GInputStream) response = send_request (session, server, async);
      g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (thresholds[i]);
      g_autoptr(GInputStream) stream = NULL;
      g_autoptr(GError) error = NULL;
      goffset size = g_bytes_get_size (server->zip);
      char magic[4];

      stream = spool_seekable_input_stream_new_for_buffer (response, buffer);

      /* The second half is not even sent yet. */
      g_assert_true (g_input_stream_read_all (stream, magic, 4, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpmem (magic, 4, "PK\3\4", 4);
      g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error));
      server_let_go_on (server);

      if (async)
        {
          g_assert_cmpint (fill (SPOOL_SEEKABLE_INPUT_STREAM (stream), -1, TRUE, &error),
                           ==, size);
          g_assert_no_error (error);
        }

      check_zip (stream);
      g_assert_cmpint (spool_buffer_get_size (buffer), ==, size);
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==,
                       thresholds[i] != SPOOL_THRESHOLD_NEVER);
      g_assert_true (g_input_stream_close (stream, NULL, NULL));
    }
}

static void
test_seekable_consumers_hung_up (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(Server) server = server_new (TRUE);
  g_autoptr(SoupSession) session = soup_session_new ();
  g_autoptr(GInputStream) response = send_request (session, server, async);
  g_autoptr(GInputStream) stream = spool_seekable_input_stream_new (response);
  SpoolSeekableInputStream *self = SPOOL_SEEKABLE_INPUT_STREAM (stream);
  goffset half = g_bytes_get_size (server->zip) / 2;
  g_autoptr(GError) error = NULL;
  Source source = { stream, { 0 }, 0 };
  struct archive *archive;
  char magic[4];

  g_test_summary ("A server that hangs up is an error for who needs the rest, and "
                  "what came before can be read");

  g_assert_cmpint (fill (self, half, async, &error), ==, half);
  g_assert_no_error (error);
  server_let_go_on (server);
  g_assert_cmpint (fill (self, -1, async, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  g_assert_cmpint (spool_buffer_get_size (spool_seekable_input_stream_get_buffer (self)),
                   ==, half);

  archive = open_zip (&source);
  g_assert_cmpint (archive_read_open1 (archive), !=, ARCHIVE_OK);
  archive_read_free (archive);

  g_clear_error (&error);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error));
  g_assert_true (g_input_stream_read_all (stream, magic, 4, NULL, NULL, &error));
  g_assert_cmpmem (magic, 4, "PK\3\4", 4);
}

#else

static void
test_seekable_consumers_zip_from_http (gconstpointer data)
{
  g_test_skip ("libarchive and libsoup 3 are not both there");
}

static void
test_seekable_consumers_hung_up (gconstpointer data)
{
  g_test_skip ("libarchive and libsoup 3 are not both there");
}

#endif

#ifdef HAVE_GDK_PIXBUF

/* A picture that comes out of a decompressor, which can't seek. */
static GInputStream *
open_picture (GdkPixbuf *pixbuf)
{
  g_autofree char *png = NULL;
  gsize size;
  g_autoptr(GError) error = NULL;
  g_autoptr(GConverter) compressor = NULL;
  g_autoptr(GConverter) decompressor = NULL;
  g_autoptr(GInputStream) plain = NULL;
  g_autoptr(GInputStream) compressed = NULL;

  g_assert_true (gdk_pixbuf_save_to_buffer (pixbuf, &png, &size, "png", &error, NULL));
  g_assert_no_error (error);

  plain = g_memory_input_stream_new_from_data (g_steal_pointer (&png), size, g_free);
  compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  compressed = g_converter_input_stream_new (plain, compressor);
  decompressor = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));

  return g_converter_input_stream_new (compressed, decompressor);
}

static void
rewind_stream (GInputStream *stream)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_SET, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_same_picture (GdkPixbuf *pixbuf,
                     GdkPixbuf *other)
{
  g_assert_cmpmem (gdk_pixbuf_read_pixels (pixbuf), gdk_pixbuf_get_byte_length (pixbuf),
                   gdk_pixbuf_read_pixels (other), gdk_pixbuf_get_byte_length (other));
}

static void
test_seekable_consumers_pixbuf (void)
{
  static const goffset thresholds[] = { 0, 1000, SPOOL_THRESHOLD_NEVER };
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, TRUE, 8, 160, 120);

  g_test_summary ("gdk-pixbuf loads one stream three times: small, whole and in a "
                  "thread of its own");

  test_fill (gdk_pixbuf_get_pixels (pixbuf), 0, gdk_pixbuf_get_byte_length (pixbuf));

  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)
    {
      g_autoptr(GInputStream) base = open_picture (pixbuf);
      g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (thresholds[i]);
      g_autoptr(GInputStream) stream = NULL;
      g_autoptr(GdkPixbuf) small = NULL;
      g_autoptr(GdkPixbuf) whole = NULL;
      g_autoptr(GdkPixbuf) threaded = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;

      stream = spool_seekable_input_stream_new_for_buffer (base, buffer);
      small = gdk_pixbuf_new_from_stream_at_scale (stream, 16, 12, FALSE, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (gdk_pixbuf_get_width (small), ==, 16);

      rewind_stream (stream);
      whole = gdk_pixbuf_new_from_stream (stream, NULL, &error);
      g_assert_no_error (error);
      assert_same_picture (whole, pixbuf);

      rewind_stream (stream);
      gdk_pixbuf_new_from_stream_async (stream, NULL, test_ready, &result);
      test_wait (&result);
      threaded = gdk_pixbuf_new_from_stream_finish (result, &error);
      g_assert_no_error (error);
      assert_same_picture (threaded, pixbuf);
    }
}

#else

static void
test_seekable_consumers_pixbuf (void)
{
  g_test_skip ("gdk-pixbuf is not there");
}

#endif

int
main (int    argc,
      char **argv)
{
  /* gdk-pixbuf needs the machine's MIME types, so that nothing is isolated. */
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/seekable-consumers/zip-from-http/sync",
                        GINT_TO_POINTER (FALSE), test_seekable_consumers_zip_from_http);
  g_test_add_data_func ("/seekable-consumers/zip-from-http/async",
                        GINT_TO_POINTER (TRUE), test_seekable_consumers_zip_from_http);
  g_test_add_data_func ("/seekable-consumers/hung-up/sync",
                        GINT_TO_POINTER (FALSE), test_seekable_consumers_hung_up);
  g_test_add_data_func ("/seekable-consumers/hung-up/async",
                        GINT_TO_POINTER (TRUE), test_seekable_consumers_hung_up);
  g_test_add_func ("/seekable-consumers/pixbuf", test_seekable_consumers_pixbuf);

  return g_test_run ();
}
