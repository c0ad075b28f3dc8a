/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Downloads a zip over HTTP into a spooled stream and lists the names in it.
 *
 * libsoup does not know that it fills a spooled stream, and libarchive reads
 * the zip through a second, seekable stream on the same buffer. Whether the
 * bytes are in memory or in a file is looked at only to show it.
 */

#include "config.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>
#include <unistd.h>

#define BAR_FULL "##############################"
#define BAR_EMPTY "------------------------------"
#define BAR_WIDTH ((goffset) sizeof BAR_FULL - 1)

typedef struct archive Archive;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Archive, archive_read_free)

typedef struct
{
  GMainLoop     *loop;
  SoupMessage   *message;
  GOutputStream *output;

  goffset        length;      /* what the server announced, -1 for nothing */
  goffset        last_step;   /* the last one drawn, -1 before the first */

  GError        *error;
} Download;

/* Redraws the bar at each per cent, or at each megabyte where the server did
 * not say how many there will be. */
static void
size_changed_cb (SpoolBuffer *buffer,
                 GParamSpec  *pspec,
                 Download    *download)
{
  g_autofree char *size_text = NULL;
  const char *place;
  goffset size, step, width;

  size = spool_buffer_get_size (buffer);
  step = download->length > 0 ? size * 100 / download->length : size / 1000000;
  if (step == download->last_step)
    return;

  download->last_step = step;
  size_text = g_format_size (size);
  place = spool_buffer_get_rolled_over (buffer) ? _("on disk") : _("in memory");

  if (download->length > 0)
    {
      width = BAR_WIDTH * step / 100;
      g_printerr ("\r[%s%s] %3d %%  %s %s\033[K",
                  BAR_FULL + (BAR_WIDTH - width), BAR_EMPTY + width,
                  (int) step, size_text, place);
    }
  else
    {
      g_printerr ("\r%s %s\033[K", size_text, place);
    }
}

static void
spliced_cb (GObject      *source_object,
            GAsyncResult *result,
            gpointer      user_data)
{
  Download *download = user_data;

  g_output_stream_splice_finish (G_OUTPUT_STREAM (source_object), result,
                                 &download->error);
  g_main_loop_quit (download->loop);
}

static void
sent_cb (GObject      *source_object,
         GAsyncResult *result,
         gpointer      user_data)
{
  Download *download = user_data;
  g_autoptr(GInputStream) body = NULL;
  SoupMessageHeaders *headers;
  SoupEncoding encoding;
  SoupStatus status;

  body = soup_session_send_finish (SOUP_SESSION (source_object), result,
                                   &download->error);
  if (body == NULL)
    {
      g_main_loop_quit (download->loop);
      return;
    }

  status = soup_message_get_status (download->message);
  if (status != SOUP_STATUS_OK)
    {
      const char *phrase = soup_status_get_phrase (status);
      g_autofree char *answer = g_strdup_printf ("%u %s", status, phrase);

      g_set_error (&download->error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _("The server answered: %s"), answer);
      g_main_loop_quit (download->loop);
      return;
    }

  headers = soup_message_get_response_headers (download->message);
  encoding = soup_message_headers_get_encoding (headers);
  if (encoding == SOUP_ENCODING_CONTENT_LENGTH)
    download->length = soup_message_headers_get_content_length (headers);

  g_output_stream_splice_async (download->output, body,
                                G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
                                G_PRIORITY_DEFAULT, NULL,
                                spliced_cb, download);
}

/* Where the connection ends before all announced bytes arrived, libsoup makes
 * that an error of the splice. */
static gboolean
download_url (const char  *url,
              SpoolBuffer *buffer,
              GError     **error)
{
  g_autoptr(GUri) uri = NULL;
  g_autoptr(GMainLoop) loop = NULL;
  g_autoptr(SoupSession) session = NULL;
  g_autoptr(SoupMessage) message = NULL;
  g_autoptr(GOutputStream) output = NULL;
  Download download = { NULL, NULL, NULL, -1, -1, NULL };
  gboolean on_terminal = isatty (STDERR_FILENO);
  const char *scheme, *host;
  gulong handler_id = 0;

  uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);
  if (uri == NULL)
    return FALSE;

  scheme = g_uri_get_scheme (uri);
  host = g_uri_get_host (uri);
  if ((!g_str_equal (scheme, "http") && !g_str_equal (scheme, "https")) ||
      host == NULL || *host == '\0')
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("Not an HTTP URL"));
      return FALSE;
    }

  message = soup_message_new_from_uri (SOUP_METHOD_GET, uri);

  /* Without the decoder the bytes come as they are, and the progress counts
   * what the server counts. A zip has nothing left to compress. */
  session = soup_session_new ();
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);

  loop = g_main_loop_new (NULL, FALSE);
  download.loop = loop;
  download.message = message;

  output = spool_memory_output_stream_new_for_buffer (buffer);
  download.output = output;

  if (on_terminal)
    handler_id = g_signal_connect (buffer, "notify::size",
                                   G_CALLBACK (size_changed_cb), &download);

  soup_session_send_async (session, message, G_PRIORITY_DEFAULT, NULL,
                           sent_cb, &download);
  g_main_loop_run (loop);

  if (on_terminal)
    {
      g_signal_handler_disconnect (buffer, handler_id);

      /* The bar stays when it is full, and makes room for an error. */
      g_printerr ("%s", download.error == NULL ? "\n" : "\r\033[K");
    }

  if (download.error != NULL)
    {
      g_propagate_error (error, download.error);
      return FALSE;
    }

  if (!on_terminal)
    {
      goffset size = spool_buffer_get_size (buffer);
      g_autofree char *size_text = g_format_size (size);

      g_print (_("Downloaded %s"), size_text);
      g_print ("\n");
    }

  return TRUE;
}

typedef struct
{
  GInputStream *stream;
  guint8        block[64 * 1024];
} Reader;

static la_ssize_t
read_cb (Archive     *archive,
         void        *user_data,
         const void **block)
{
  Reader *reader = user_data;
  g_autoptr(GError) error = NULL;
  gssize n_read;

  n_read = g_input_stream_read (reader->stream, reader->block,
                                sizeof reader->block, NULL, &error);
  if (n_read < 0)
    archive_set_error (archive, EIO, "%s", error->message);

  *block = reader->block;
  return n_read;
}

static la_int64_t
seek_cb (Archive   *archive,
         void      *user_data,
         la_int64_t offset,
         int        whence)
{
  Reader *reader = user_data;
  g_autoptr(GError) error = NULL;
  GSeekType type;

  switch (whence)
    {
    case SEEK_CUR:
      type = G_SEEK_CUR;
      break;
    case SEEK_END:
      type = G_SEEK_END;
      break;
    case SEEK_SET:
    default:
      type = G_SEEK_SET;
      break;
    }

  if (!g_seekable_seek (G_SEEKABLE (reader->stream),
                        offset, type, NULL, &error))
    {
      archive_set_error (archive, EIO, "%s", error->message);
      return ARCHIVE_FATAL;
    }

  return g_seekable_tell (G_SEEKABLE (reader->stream));
}

/* A name from the net may hold anything, the codes that steer a terminal
 * among it. */
static void
print_name (const char *name)
{
  g_autoptr(GString) printable = g_string_new ("  ");
  g_autofree char *valid = g_utf8_make_valid (name, -1);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (printable, g_unichar_isprint (c) ? c : '?');
    }

  g_print ("%s\n", printable->str);
}

static gboolean
print_names (SpoolBuffer *buffer,
             GError     **error)
{
  g_autoptr(GInputStream) stream = NULL;
  g_autofree Reader *reader = g_new (Reader, 1);
  g_autoptr(Archive) archive = NULL;
  int status;

  /* A stream of its own, with a position of its own, that starts at 0. */
  stream = spool_memory_input_stream_new_for_buffer (buffer);
  reader->stream = stream;

  /* The seekable reader starts at the directory at the end of the zip. */
  archive = archive_read_new ();
  archive_read_support_format_zip_seekable (archive);
  archive_read_set_read_callback (archive, read_cb);
  archive_read_set_seek_callback (archive, seek_cb);
  archive_read_set_callback_data (archive, reader);

  status = archive_read_open1 (archive);
  while (status == ARCHIVE_OK || status == ARCHIVE_WARN)
    {
      struct archive_entry *entry;

      status = archive_read_next_header (archive, &entry);
      if (status == ARCHIVE_OK || status == ARCHIVE_WARN)
        {
          const char *name = archive_entry_pathname_utf8 (entry);

          /* A name that is not in the encoding it claims comes as it is, or
           * not at all. */
          if (name == NULL)
            name = archive_entry_pathname (entry);

          print_name (name != NULL ? name : "?");
        }
    }

  if (status != ARCHIVE_EOF)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("Not a zip that can be read: %s"),
                   archive_error_string (archive));
      return FALSE;
    }

  return TRUE;
}

static gboolean
print_where (SpoolBuffer *buffer,
             GError     **error)
{
  gboolean rolled_over = spool_buffer_get_rolled_over (buffer);
  goffset size = spool_buffer_get_size (buffer);
  g_autofree char *kept_text = NULL;
  g_autofree char *size_text = NULL;
  g_autofree char *link = NULL;
  g_autofree char *path = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *directory_text = NULL;
  int fd;

  kept_text = g_format_size_full (rolled_over ? 0 : size,
                                  G_FORMAT_SIZE_LONG_FORMAT);
  g_print (_("Kept %s in memory"), kept_text);
  g_print ("\n");
  if (!rolled_over)
    return TRUE;

  /* The temporary file has no name, but the system knows its folder. */
  fd = spool_buffer_dup_fd (buffer, FALSE, NULL, error);
  if (fd < 0)
    return FALSE;

  link = g_strdup_printf ("/proc/self/fd/%d", fd);
  path = g_file_read_link (link, error);
  g_close (fd, NULL);
  if (path == NULL)
    return FALSE;

  size_text = g_format_size_full (size, G_FORMAT_SIZE_LONG_FORMAT);
  g_print (_("Rolled over %s to a temporary file"), size_text);
  g_print ("\n");

  directory = g_path_get_dirname (path);
  directory_text = g_filename_display_name (directory);
  g_print (_("The file is under %s"), directory_text);
  g_print ("\n");

  return TRUE;
}

int
main (int   argc,
      char *argv[])
{
  gint64 threshold = SPOOL_DEFAULT_THRESHOLD;
  const GOptionEntry entries[] = {
    { "threshold", 't', G_OPTION_FLAG_NONE, G_OPTION_ARG_INT64, &threshold,
      N_("Keep up to this many bytes in memory, -1 for all"), N_("BYTES") },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr(GOptionContext) context = NULL;
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");

  /* libarchive passes names through the encoding of the locale. That of the C
   * locale has but a few letters, so take the larger one, as Python does. */
  if (g_str_equal (setlocale (LC_CTYPE, NULL), "C"))
    setlocale (LC_CTYPE, "C.UTF-8");

  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  context = g_option_context_new (_("URL"));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      return EXIT_FAILURE;
    }

  if (argc != 2 || threshold < SPOOL_THRESHOLD_NEVER)
    {
      g_printerr (_("Usage: %s [--threshold=BYTES] URL"), g_get_prgname ());
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  buffer = spool_buffer_new_with_threshold (threshold);

  if (!download_url (argv[1], buffer, &error) ||
      !print_names (buffer, &error) ||
      !print_where (buffer, &error))
    {
      g_printerr ("%s: %s: %s\n", g_get_prgname (), argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
