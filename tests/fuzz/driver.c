/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fuzz.h"

#include <string.h>

/* Runs the inputs of a corpus without an engine, as an ordinary test. A corpus
 * is a text with an input in hexadecimal digits on each line.
 */

static GByteArray *
parse_line (const char *line)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; g_ascii_isxdigit (line[0]) && g_ascii_isxdigit (line[1]); line += 2)
    {
      guint8 byte = (guint8) (g_ascii_xdigit_value (line[0]) << 4 |
                              g_ascii_xdigit_value (line[1]));

      g_byte_array_append (bytes, &byte, 1);
    }

  if (*line != '\0')
    g_error ("Not a line of hexadecimal digits: %s", line);

  return bytes;
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;
  g_autoptr(GError) error = NULL;
  guint n = 0;

  if (argc != 2 || !g_file_get_contents (argv[1], &text, NULL, &error))
    g_error ("A corpus has to be given%s%s", error != NULL ? ": " : "",
             error != NULL ? error->message : "");

  LLVMFuzzerInitialize (&argc, &argv);

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autoptr(GByteArray) bytes = NULL;

      if (lines[i][0] == '\0' || lines[i][0] == '#')
        continue;

      bytes = parse_line (lines[i]);
      LLVMFuzzerTestOneInput (bytes->data, bytes->len);
      g_print ("ok %u - line %u\n", ++n, i + 1);
    }

  g_print ("1..%u\n", n);

  return 0;
}
