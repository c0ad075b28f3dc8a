/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Saves a download as a file, whole or not at all.
 *
 *   save-as URL FILE
 *
 * What is small stays in memory until it is complete; what is large goes into
 * a temporary file beside the target, which then only gets its name.
 */

#include "config.h"

#include <glib/gi18n.h>
#include <libsoup/soup.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>

static gboolean
save_as (const char  *url,
         GFile       *file,
         GError     **error)
{
  g_autoptr(SoupSession) session = soup_session_new ();
  g_autoptr(GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, error);
  g_autoptr(SoupMessage) message = NULL;
  g_autoptr(GInputStream) body = NULL;
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GFile) folder = NULL;
  SoupStatus status;

  if (uri == NULL)
    return FALSE;

  message = soup_message_new_from_uri (SOUP_METHOD_GET, uri);
  body = soup_session_send (session, message, NULL, error);
  if (body == NULL)
    return FALSE;

  status = soup_message_get_status (message);
  if (status != SOUP_STATUS_OK)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   _("The server answered: %u %s"),
                   status, soup_status_get_phrase (status));
      return FALSE;
    }

  /* In the folder where it is wanted it has to be copied nowhere later. */
  if (g_file_is_native (file))
    folder = g_file_get_parent (file);
  buffer = g_object_new (SPOOL_TYPE_BUFFER, "directory", folder, NULL);

  return spool_buffer_splice_from (buffer, body, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE,
                                   NULL, error) >= 0 &&
         spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GFile) file = NULL;
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (argc != 3)
    {
      g_printerr (_("Usage: %s URL FILE"), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  file = g_file_new_for_commandline_arg (argv[2]);
  if (!save_as (argv[1], file, &error))
    {
      g_printerr ("%s: %s\n", argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
