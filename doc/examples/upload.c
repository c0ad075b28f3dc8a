/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compresses what it reads and uploads it over HTTP with a known length.
 *
 *   upload URL <CONTENT
 *
 * Many servers refuse an upload that does not say how long it is, and only
 * when all is compressed does anybody know. And where the server asks for a
 * password, all has to be sent again.
 */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>
#include <unistd.h>

/* Lets the message send the whole buffer, from its first byte on. */
static void
set_body (SoupMessage *message,
          SpoolBuffer *buffer)
{
  g_autoptr(GInputStream) body = spool_memory_input_stream_new_for_buffer (buffer);

  soup_message_set_request_body (message, "application/octet-stream", body,
                                 spool_buffer_get_size (buffer));
}

static gboolean
send_buffer (SpoolBuffer  *buffer,
             GUri         *uri,
             GError      **error)
{
  g_autoptr(SoupSession) session = soup_session_new ();
  g_autoptr(SoupMessage) message = soup_message_new_from_uri (SOUP_METHOD_PUT, uri);
  g_autoptr(GBytes) answer = NULL;
  SoupStatus status;

  soup_message_headers_append (soup_message_get_request_headers (message),
                               "Content-Encoding", "gzip");
  set_body (message, buffer);
  g_signal_connect (message, "restarted", G_CALLBACK (set_body), buffer);

  answer = soup_session_send_and_read (session, message, NULL, error);
  if (answer == NULL)
    return FALSE;

  status = soup_message_get_status (message);
  if (!SOUP_STATUS_IS_SUCCESSFUL (status))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _("The server answered: %u %s"),
                   status, soup_status_get_phrase (status));
      return FALSE;
    }

  return TRUE;
}

static gboolean
upload (GInputStream  *content,
        const char    *url,
        GError       **error)
{
  g_autoptr(GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);
  g_autoptr(GConverter) compressor = NULL;
  g_autoptr(GInputStream) compressed = NULL;
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();

  if (uri == NULL)
    return FALSE;

  compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  compressed = g_converter_input_stream_new (content, compressor);

  return spool_buffer_splice_from (buffer, compressed, G_OUTPUT_STREAM_SPLICE_NONE,
                                   NULL, error) >= 0 &&
         send_buffer (buffer, uri, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GInputStream) content = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (argc != 2)
    {
      g_printerr (_("Usage: %s URL <CONTENT"), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  if (!upload (content, argv[1], &error))
    {
      g_printerr ("%s: %s\n", argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
