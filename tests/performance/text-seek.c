/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How long it takes to find a character in the middle of a long text: here with
 * a text stream, and by counting from the beginning. text-seek.py calls this.
 *
 *   text-seek FILE N-CHARS
 *
 * FILE has the text, and N-CHARS is half of its characters.
 */

#include <spool-glib/spool-glib.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_SEEKS 10

/* So many characters lie between the places that are sought, so that no block
 * which was read for one serves the next.
 */
#define STEP 100003

/* What stands at each of them. */
static char *expected[N_SEEKS];
#define BLOCK_SIZE (64 * 1024)

static void
check (gboolean    success,
       const char *what,
       GError     *error)
{
  if (success)
    return;

  fprintf (stderr, "%s: %s\n", what, error != NULL ? error->message : "wrong");
  exit (1);
}

static void
report (const char *name,
        gint64      start_time,
        int         n)
{
  printf ("%s %.6f\n", name, (double) (g_get_monotonic_time () - start_time) / 1e6 / n);
  fflush (stdout);
}

static void
seek_and_read (SpoolTextStream *stream,
               gint64           middle,
               int              i)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  check (spool_text_stream_seek (stream, middle + i * STEP, G_SEEK_SET, NULL, &error),
         "seek", error);
  text = spool_text_stream_read (stream, g_utf8_strlen (expected[i], -1), NULL, NULL, &error);
  check (text != NULL && strcmp (text, expected[i]) == 0, "read", error);
}

static void
measure_stream (const char *name,
                goffset     threshold,
                const char *text,
                gsize       length,
                gint64      middle)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_with_threshold (threshold);
  g_autoptr(SpoolBuffer) other = spool_buffer_new_with_threshold (threshold);
  g_autoptr(SpoolTextStream) beside = spool_text_stream_new_for_buffer (other);
  g_autoptr(GError) error = NULL;
  g_autofree char *label = NULL;
  gint64 start_time = g_get_monotonic_time ();

  for (gsize offset = 0; offset < length;)
    {
      const char *end = text + MIN (offset + BLOCK_SIZE, length);

      while (end < text + length && (*end & 0xc0) == 0x80)
        end--;
      check (spool_text_stream_write (stream, text + offset, end - text - (gssize) offset, NULL,
                                      &error), "write", error);
      offset = (gsize) (end - text);
    }
  label = g_strconcat (name, "-write", NULL);
  report (label, start_time, 1);

  /* Each comes from elsewhere, so that none goes on where the last one ended. */
  start_time = g_get_monotonic_time ();
  for (int i = 0; i < N_SEEKS; i++)
    {
      check (spool_text_stream_seek (stream, 0, G_SEEK_SET, NULL, &error), "seek", error);
      seek_and_read (stream, middle, i);
    }
  report (name, start_time, N_SEEKS);

  start_time = g_get_monotonic_time ();
  check (spool_text_stream_get_length (stream, NULL, &error) >= 2 * middle, "length", error);
  g_free (label);
  label = g_strconcat (name, "-length", NULL);
  report (label, start_time, 1);

  /* Text that came as bytes is walked over by the first who seeks. */
  check (spool_buffer_append (other, text, length, NULL, &error), "append", error);
  start_time = g_get_monotonic_time ();
  seek_and_read (beside, middle, 0);
  g_free (label);
  label = g_strconcat (name, "-first", NULL);
  report (label, start_time, 1);
}

/* What a program does that has no index: it counts, without any check. */
static void
measure_scan (const char *path,
              gint64      middle)
{
  static char block[BLOCK_SIZE];
  gint64 start_time = g_get_monotonic_time ();

  for (int i = 0; i < N_SEEKS; i++)
    {
      int fd = open (path, O_RDONLY | O_CLOEXEC);
      gint64 position = middle + i * STEP;
      gint64 n_chars = 0;
      goffset offset = 0;
      gssize found = -1;

      while (found < 0)
        {
          gssize n = pread (fd, block, sizeof block, offset);
          gint64 in_block = 0;

          check (n > 0, "read", NULL);
          for (gssize j = 0; j < n; j++)
            in_block += (block[j] & 0xc0) != 0x80;

          if (n_chars + in_block > position)
            {
              for (found = 0; ; found++)
                {
                  if ((block[found] & 0xc0) != 0x80 && n_chars++ == position)
                    break;
                }
            }
          else
            {
              n_chars += in_block;
              offset += n;
            }
        }

      check (pread (fd, block, strlen (expected[i]), offset + found) ==
             (gssize) strlen (expected[i]) &&
             memcmp (block, expected[i], strlen (expected[i])) == 0, "scan", NULL);
      close (fd);
    }

  report ("scan", start_time, N_SEEKS);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  gint64 middle;
  gsize length;

  if (argc != 3)
    {
      fprintf (stderr, "Usage: %s FILE N-CHARS\n", argv[0]);
      return 1;
    }

  check (g_file_get_contents (argv[1], &text, &length, &error), argv[1], error);
  middle = g_ascii_strtoll (argv[2], NULL, 10);
  for (int i = 0; i < N_SEEKS; i++)
    {
      const char *found = g_utf8_offset_to_pointer (text, middle + i * STEP);

      expected[i] = g_strndup (found, (gsize) (g_utf8_offset_to_pointer (found, 10) - found));
    }

  measure_stream ("memory", SPOOL_THRESHOLD_NEVER, text, length, middle);
  measure_stream ("disk", 0, text, length, middle);
  measure_scan (argv[1], middle);

  for (int i = 0; i < N_SEEKS; i++)
    g_free (expected[i]);

  return 0;
}
