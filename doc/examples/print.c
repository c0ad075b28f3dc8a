/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints a document through the portal, from in a sandbox or out of it.
 *
 *   print TITLE <DOCUMENT
 *
 * What the portal gets is sealed: what is printed is what was handed over,
 * whatever this program, or one that shares the descriptor, does afterwards.
 */

#include "config.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>
#include <unistd.h>

#define PORTAL_NAME "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"

typedef struct
{
  GMainLoop *loop;
  guint32    response;  /* 0: printed, 1: the user did not want to */
} Request;

static void
responded_cb (GDBusConnection *bus,
              const char      *sender,
              const char      *path,
              const char      *interface,
              const char      *signal,
              GVariant        *parameters,
              gpointer         user_data)
{
  Request *request = user_data;

  g_variant_get_child (parameters, 0, "u", &request->response);
  g_main_loop_quit (request->loop);
}

/* Lets the portal print @fd, which is closed in any case, and waits until the
 * user has answered its dialog.
 */
static gboolean
print_fd (const char  *title,
          int          fd,
          GError     **error)
{
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_autoptr(GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr(GVariant) reply = NULL;
  Request request = { loop, 0 };
  guint subscription;

  if (bus == NULL)
    return FALSE;

  subscription = g_dbus_connection_signal_subscribe
    (bus, PORTAL_NAME, "org.freedesktop.portal.Request", "Response", NULL, NULL,
     G_DBUS_SIGNAL_FLAGS_NONE, responded_cb, &request, NULL);

  reply = g_dbus_connection_call_with_unix_fd_list_sync
    (bus, PORTAL_NAME, PORTAL_PATH, "org.freedesktop.portal.Print", "Print",
     g_variant_new ("(ssha{sv})", "", title, 0, NULL), G_VARIANT_TYPE ("(o)"),
     G_DBUS_CALL_FLAGS_NONE, -1, fds, NULL, NULL, error);
  if (reply != NULL)
    g_main_loop_run (loop);

  g_dbus_connection_signal_unsubscribe (bus, subscription);

  if (reply != NULL && request.response != 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("It was not printed"));

  return reply != NULL && request.response == 0;
}

static gboolean
print_document (const char    *title,
                GInputStream  *document,
                GError       **error)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  int fd;

  if (spool_buffer_splice_from (buffer, document, G_OUTPUT_STREAM_SPLICE_NONE,
                                NULL, error) < 0)
    return FALSE;

  fd = spool_buffer_create_sealed_fd (buffer, NULL, error);

  return fd >= 0 && print_fd (title, fd, error);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr(GInputStream) document = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (argc != 2)
    {
      g_printerr (_("Usage: %s TITLE <DOCUMENT"), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  if (!print_document (argv[1], document, &error))
    {
      g_dbus_error_strip_remote_error (error);
      g_printerr ("%s: %s\n", argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
