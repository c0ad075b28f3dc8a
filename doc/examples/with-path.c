/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gives what it reads to a command that wants the path of a file.
 *
 *   with-path COMMAND [ARGUMENT]... <CONTENT
 *
 * The path is added as the last argument. The file is gone when the command
 * has ended.
 */

#include "config.h"

#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>
#include <unistd.h>

/* Only a buffer that is named, and that has rolled over, has a file. */
static GFile *
make_file (SpoolBuffer   *buffer,
           GInputStream  *content,
           GError       **error)
{
  if (spool_buffer_splice_from (buffer, content, G_OUTPUT_STREAM_SPLICE_NONE,
                                NULL, error) < 0 ||
      !spool_buffer_roll_over (buffer, NULL, error) ||
      !spool_buffer_flush (buffer, NULL, error))
    return NULL;

  return spool_buffer_get_file (buffer);
}

static gboolean
run_with_path (char         **command,
               GInputStream  *content,
               GError       **error)
{
  g_autoptr(SpoolBuffer) buffer = g_object_new (SPOOL_TYPE_BUFFER, "named", TRUE, NULL);
  g_autoptr(GFile) file = make_file (buffer, content, error);
  g_autoptr(GStrvBuilder) argv = g_strv_builder_new ();
  g_auto(GStrv) arguments = NULL;
  g_autoptr(GSubprocess) process = NULL;

  if (file == NULL)
    return FALSE;

  g_strv_builder_addv (argv, (const char **) command);
  g_strv_builder_add (argv, g_file_peek_path (file));
  arguments = g_strv_builder_end (argv);

  process = g_subprocess_newv ((const char *const *) arguments, G_SUBPROCESS_FLAGS_NONE,
                               error);

  /* Until then the buffer must be there: the file goes with it. */
  return process != NULL && g_subprocess_wait_check (process, NULL, error);
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

  if (argc < 2)
    {
      g_printerr (_("Usage: %s COMMAND [ARGUMENT]... <CONTENT"), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  if (!run_with_path (argv + 1, content, &error))
    {
      g_printerr ("%s: %s\n", argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
