/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "script.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a failure is made smaller. */
#define SHRINK_SECONDS 20

GArray *
script_new_random (const OpSet *set,
                   GRand       *rand,
                   guint        n_steps)
{
  GArray *script = g_array_sized_new (FALSE, FALSE, sizeof (Step), n_steps);
  guint total = 0;

  for (gsize i = 0; i < set->n_ops; i++)
    total += set->ops[i].weight;

  for (guint i = 0; i < n_steps; i++)
    {
      guint left = (guint) g_rand_int_range (rand, 0, (gint32) total);
      Step step = { 0, g_rand_int (rand), g_rand_int (rand), g_rand_int (rand) };

      while (left >= set->ops[step.op].weight)
        left -= set->ops[step.op++].weight;

      g_array_append_val (script, step);
    }

  return script;
}

char *
script_to_string (const OpSet *set,
                  GArray      *script)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < script->len; i++)
    {
      const Step *step = &g_array_index (script, Step, i);

      g_string_append_printf (text, "%s%s %x %x %x", i > 0 ? "; " : "",
                              set->ops[step->op % set->n_ops].name,
                              step->a, step->b, step->c);
    }

  return g_string_free (text, FALSE);
}

GArray *
script_parse (const OpSet *set,
              const char  *text)
{
  GArray *script = g_array_new (FALSE, FALSE, sizeof (Step));
  g_auto(GStrv) lines = g_strsplit (text, ";", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto(GStrv) words = g_strsplit (g_strstrip (lines[i]), " ", 4);
      Step step = { 0 };

      if (g_strv_length (words) != 4)
        g_error ("Not a step: %s", lines[i]);

      while (step.op < set->n_ops && strcmp (set->ops[step.op].name, words[0]) != 0)
        step.op++;
      if (step.op == set->n_ops)
        g_error ("No such operation: %s", words[0]);

      step.a = (guint32) strtoul (words[1], NULL, 16);
      step.b = (guint32) strtoul (words[2], NULL, 16);
      step.c = (guint32) strtoul (words[3], NULL, 16);
      g_array_append_val (script, step);
    }

  return script;
}

static GArray *
copy_without (GArray *script,
              guint   index,
              guint   count)
{
  GArray *copy = g_array_copy (script);

  return g_array_remove_range (copy, index, MIN (count, copy->len - index));
}

/* Takes steps away for as long as what is left still fails. */
GArray *
script_shrink (GArray     *script,
               ScriptFunc  func,
               gpointer    user_data)
{
  gint64 end_time = g_get_monotonic_time () + SHRINK_SECONDS * G_USEC_PER_SEC;
  GArray *best = g_array_ref (script);

  for (guint count = MAX (script->len / 2, 1); count > 0; count /= 2)
    {
      for (guint i = 0; i < best->len && g_get_monotonic_time () < end_time;)
        {
          g_autoptr(GArray) smaller = copy_without (best, i, count);
          g_autofree char *failure = func (smaller, user_data);

          if (failure != NULL)
            {
              g_array_unref (best);
              best = g_steal_pointer (&smaller);
            }
          else
            i += count;
        }
    }

  return best;
}

/* SPOOL_TEST_SEED repeats a run; without it each run is another. */
guint32
script_get_seed (void)
{
  const char *text = g_getenv ("SPOOL_TEST_SEED");

  return text != NULL ? (guint32) g_ascii_strtoull (text, NULL, 0) : g_random_int ();
}

/* How much more or less than usual is done. Tools that make everything slower
 * want less, a night has room for more.
 */
double
script_get_factor (void)
{
  const char *text = g_getenv ("SPOOL_TEST_FACTOR");

  return text != NULL ? g_ascii_strtod (text, NULL) : 1;
}

/* Memory if there is any: the test is about what the calls say, and makes very
 * many of them.
 */
char *
script_make_directory (void)
{
  char *path = g_strdup ("/dev/shm/spool-fault-XXXXXX");

  if (g_mkdtemp (path) != NULL)
    return path;

  g_free (path);
  path = g_dir_make_tmp ("spool-fault-XXXXXX", NULL);
  g_assert_nonnull (path);

  return path;
}
