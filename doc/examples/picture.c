/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps pictures for later, as the steps of an undo history are kept, and
 * gets one back.
 *
 *   picture IMAGE...
 *
 * The pixels of a photo take a hundred megabytes. What is kept here takes no
 * more memory than the threshold, and can be read again in whatever size.
 */

#include "config.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>

#define THUMBNAIL_SIZE 64

static SpoolBuffer *
keep_picture (GdkPixbuf  *pixbuf,
              GError    **error)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new ();
  SpoolBuffer *buffer;

  if (!gdk_pixbuf_save_to_stream (pixbuf, stream, "png", NULL, error,
                                  "compression", "1", NULL) ||
      !g_output_stream_close (stream, NULL, error))
    return NULL;

  buffer = spool_memory_output_stream_get_buffer (SPOOL_MEMORY_OUTPUT_STREAM (stream));

  return g_object_ref (buffer);
}

static GdkPixbuf *
get_thumbnail (SpoolBuffer  *buffer,
               GError      **error)
{
  g_autoptr(GInputStream) stream = spool_memory_input_stream_new_for_buffer (buffer);

  return gdk_pixbuf_new_from_stream_at_scale (stream, THUMBNAIL_SIZE, THUMBNAIL_SIZE,
                                              TRUE, NULL, error);
}

static gboolean
show_picture (const char  *path,
              GError     **error)
{
  g_autoptr(GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file (path, error);
  g_autoptr(GdkPixbuf) thumbnail = NULL;
  g_autoptr(SpoolBuffer) buffer = NULL;
  const char *place;

  if (pixbuf == NULL)
    return FALSE;

  buffer = keep_picture (pixbuf, error);
  g_clear_object (&pixbuf);
  if (buffer == NULL)
    return FALSE;

  thumbnail = get_thumbnail (buffer, error);
  if (thumbnail == NULL)
    return FALSE;

  place = spool_buffer_get_rolled_over (buffer) ? _("on disk") : _("in memory");
  g_print (_("%s: kept %s, thumbnail of %d × %d"), path, place,
           gdk_pixbuf_get_width (thumbnail), gdk_pixbuf_get_height (thumbnail));
  g_print ("\n");

  return TRUE;
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (argc < 2)
    {
      g_printerr (_("Usage: %s IMAGE..."), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  for (int i = 1; i < argc; i++)
    {
      g_autoptr(GError) error = NULL;

      if (!show_picture (argv[i], &error))
        {
          g_printerr ("%s: %s\n", argv[i], error->message);
          return EXIT_FAILURE;
        }
    }

  return EXIT_SUCCESS;
}
