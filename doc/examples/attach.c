/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attaches what it reads to a D-Bus call, however much it is. receive.py is
 * the service that takes it.
 *
 *   attach NAME <CONTENT
 *
 * The message itself stays small: a bus refuses large ones, and would copy
 * each byte twice.
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

#define SERVICE_NAME "org.example.Inbox"
#define SERVICE_PATH "/org/example/Inbox"

/* Calls the service with a descriptor of the content, and returns its answer. */
static GVariant *
attach (GDBusConnection  *bus,
        const char       *name,
        SpoolBuffer      *buffer,
        GError          **error)
{
  g_autoptr(GUnixFDList) fds = NULL;
  int fd = spool_buffer_dup_fd (buffer, FALSE, NULL, error);

  if (fd < 0)
    return NULL;

  fds = g_unix_fd_list_new_from_array (&fd, 1);

  return g_dbus_connection_call_with_unix_fd_list_sync
    (bus, SERVICE_NAME, SERVICE_PATH, SERVICE_NAME, "Attach",
     g_variant_new ("(sh)", name, 0), G_VARIANT_TYPE ("(ts)"),
     G_DBUS_CALL_FLAGS_NONE, -1, fds, NULL, NULL, error);
}

static gboolean
attach_content (const char    *name,
                GInputStream  *content,
                GError       **error)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GDBusConnection) bus = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autofree char *size_text = NULL;
  const char *sum;
  guint64 size;

  if (spool_buffer_splice_from (buffer, content, G_OUTPUT_STREAM_SPLICE_NONE,
                                NULL, error) < 0)
    return FALSE;

  bus = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, error);
  if (bus == NULL)
    return FALSE;

  reply = attach (bus, name, buffer, error);
  if (reply == NULL)
    return FALSE;

  g_variant_get (reply, "(t&s)", &size, &sum);
  size_text = g_strdup_printf ("%" G_GUINT64_FORMAT, size);
  g_print (_("Received: %s bytes, SHA-256 %s"), size_text, sum);
  g_print ("\n");

  return TRUE;
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
      g_printerr (_("Usage: %s NAME <CONTENT"), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  if (!attach_content (argv[1], content, &error))
    {
      g_dbus_error_strip_remote_error (error);
      g_printerr ("%s: %s\n", argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
