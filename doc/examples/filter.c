/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sends a file through a command, and replaces it only if the command did
 * well: sort, a formatter, a compressor.
 *
 *   filter FILE COMMAND [ARGUMENT]...
 *
 * The command reads one spooled file and writes another. There is no pipe that
 * could be full while nobody reads it, so nothing has to be read and written
 * at the same time.
 */

#include "config.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <spool-glib/spool-glib.h>
#include <stdlib.h>

/* Runs the command and waits for it. */
static gboolean
run_command (const char *const  *argv,
             SpoolBuffer        *input,
             SpoolBuffer        *output,
             GError            **error)
{
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autoptr(GSubprocess) process = NULL;
  int fd;

  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);

  fd = spool_buffer_dup_fd (input, FALSE, NULL, error);
  if (fd < 0)
    return FALSE;
  g_subprocess_launcher_take_stdin_fd (launcher, fd);

  fd = spool_buffer_dup_fd (output, TRUE, NULL, error);
  if (fd < 0)
    return FALSE;
  g_subprocess_launcher_take_stdout_fd (launcher, fd);

  process = g_subprocess_launcher_spawnv (launcher, argv, error);

  return process != NULL && g_subprocess_wait_check (process, NULL, error);
}

static gboolean
filter (GFile              *file,
        const char *const  *argv,
        GError            **error)
{
  g_autoptr(GFile) folder = g_file_get_parent (file);
  g_autoptr(GInputStream) content = NULL;
  g_autoptr(SpoolBuffer) input = spool_buffer_new ();
  g_autoptr(SpoolBuffer) output = NULL;

  content = G_INPUT_STREAM (g_file_read (file, NULL, error));
  if (content == NULL ||
      spool_buffer_splice_from (input, content, G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE,
                                NULL, error) < 0)
    return FALSE;

  output = g_object_new (SPOOL_TYPE_BUFFER, "directory", folder, NULL);

  return run_command (argv, input, output, error) &&
         spool_buffer_move (output, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, error);
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

  if (argc < 3)
    {
      g_printerr (_("Usage: %s FILE COMMAND [ARGUMENT]..."), argv[0]);
      g_printerr ("\n");
      return EXIT_FAILURE;
    }

  file = g_file_new_for_commandline_arg (argv[1]);
  if (!filter (file, (const char *const *) argv + 2, &error))
    {
      g_printerr ("%s: %s\n", argv[1], error->message);
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
