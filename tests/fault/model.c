/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "script.h"

#include <glib/gstdio.h>
#include <string.h>

/* Runs random scripts over buffers with different thresholds side by side, and
 * holds each against the same simple model after every step: where the bytes
 * are cannot be seen.
 *
 * SPOOL_TEST_SEED chooses the scripts, SPOOL_TEST_FACTOR how many there are,
 * and SPOOL_MODEL_REPLAY runs a single one: what is printed after a failure.
 */

#define N_STEPS 60

/* For each of the cases that a set has in the fault loop. */
#define N_OPERATIONS 8000

/* The least that a whole run has to compare. */
#define N_TOTAL 1000000

static const struct
{
  goffset  threshold;
  gboolean rolled;
} sides[] = {
  { 0, FALSE },
  { 1, FALSE },
  { 7, FALSE },
  { 4096, FALSE },
  { SPOOL_THRESHOLD_NEVER, FALSE },
  { SPOOL_THRESHOLD_NEVER, TRUE },
};

typedef struct
{
  const OpSet *set;
  FileKind     file_kind;
  Scale        scale;
} Case;

static guint64 n_operations;
static guint64 n_total;
static guint n_sets;
static guint n_added;

static char *
run (GArray   *script,
     gpointer  user_data)
{
  const Case *c = user_data;
  World *worlds[G_N_ELEMENTS (sides)];
  char *failure = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      WorldConfig config = {
        sides[i].threshold, c->file_kind, c->scale, sides[i].rolled, TRUE
      };

      worlds[i] = world_new (c->set, &config);
    }

  for (guint n = 0; n < script->len && failure == NULL; n++)
    {
      const Step *step = &g_array_index (script, Step, n);
      goffset used = 0;

      for (gsize i = 0; i < G_N_ELEMENTS (sides) && failure == NULL; i++)
        {
          world_run (worlds[i], step);
          n_operations++;

          if (!world_check (worlds[i]) ||
              worlds[i]->content->len != worlds[0]->content->len)
            failure = g_strdup_printf ("with the threshold %" G_GOFFSET_FORMAT "%s, %s",
                                       sides[i].threshold,
                                       sides[i].rolled ? " and rolled over" : "",
                                       worlds[i]->failure != NULL ? worlds[i]->failure
                                                                  : "another size");
          if (spool_buffer_get_pool (worlds[i]->buffer) != NULL)
            used += world_get_memory_used (worlds[i]);
        }

      if (failure == NULL && spool_pool_get_memory_used (world_get_pool ()) != used)
        failure = g_strdup_printf ("step %u: the pool counts %" G_GOFFSET_FORMAT
                                   " bytes and not %" G_GOFFSET_FORMAT, n + 1,
                                   spool_pool_get_memory_used (world_get_pool ()), used);
    }

  for (gsize i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      if (failure == NULL)
        {
          world_finish (worlds[i]);
          failure = g_strdup (worlds[i]->failure);
        }
      world_free (worlds[i]);
    }

  return failure;
}

static void
test_model (gconstpointer data)
{
  static const FileKind kinds[] = { FILE_PLAIN, FILE_PLAIN, FILE_NAMED, FILE_REMOTE };
  const OpSet *set = data;
  guint32 seed = script_get_seed ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  guint64 n_wanted = (guint64) (N_OPERATIONS * set->n_cases * script_get_factor ());
  guint n_scripts = 0;

  g_test_message ("SPOOL_TEST_SEED=%u", seed);

  for (n_operations = 0; n_operations < n_wanted; n_scripts++)
    {
      Case c = { .set = set };
      g_autoptr(GArray) script = script_new_random (c.set, rand, N_STEPS);
      g_autofree char *failure = NULL;

      c.file_kind = kinds[n_scripts % G_N_ELEMENTS (kinds)];
      if (c.file_kind == FILE_NAMED && set->not_named)
        c.file_kind = FILE_PLAIN;
      c.scale = n_scripts % 20 == 0 ? SCALE_LARGE : n_scripts % 3 == 0 ? SCALE_MEDIUM
                                                                       : SCALE_SMALL;
      failure = run (script, &c);
      if (failure != NULL)
        {
          g_autoptr(GArray) smaller = script_shrink (script, run, &c);
          g_autofree char *smaller_failure = run (smaller, &c);
          g_autofree char *text = script_to_string (c.set, smaller);

          g_test_message ("A smaller script: %s", smaller_failure);
          g_test_message ("SPOOL_MODEL_REPLAY='%s %d %d %s'", c.set->name, c.file_kind,
                          c.scale, text);
          g_test_fail_printf ("%s", failure);
          return;
        }
    }

  g_test_message ("scripts: %u, operations: %" G_GUINT64_FORMAT ", all agreed on by %"
                  G_GSIZE_FORMAT " buffers", n_scripts, n_operations,
                  G_N_ELEMENTS (sides));
  n_total += n_operations;
  n_sets++;
}

static void
test_total (void)
{
  g_test_message ("operations: %" G_GUINT64_FORMAT, n_total);

  if (n_sets < n_added || script_get_factor () < 1)
    g_test_skip ("Not everything was run");
  else
    g_assert_cmpuint (n_total, >=, N_TOTAL);
}

static void
test_replay (void)
{
  g_auto(GStrv) words = g_strsplit (g_getenv ("SPOOL_MODEL_REPLAY"), " ", 4);
  g_autoptr(GArray) script = NULL;
  g_autofree char *failure = NULL;
  Case c = { .set = NULL };

  g_assert_cmpuint (g_strv_length (words), ==, 4);
  for (gsize i = 0; op_sets[i] != NULL; i++)
    {
      if (strcmp (op_sets[i]->name, words[0]) == 0)
        c.set = op_sets[i];
    }
  g_assert_nonnull (c.set);
  c.file_kind = (FileKind) g_ascii_strtoll (words[1], NULL, 10);
  c.scale = (Scale) g_ascii_strtoll (words[2], NULL, 10);
  script = script_parse (c.set, words[3]);

  failure = run (script, &c);
  g_test_message ("%s", failure != NULL ? failure : "all is well");
  if (failure != NULL)
    g_test_fail ();
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *directory = NULL;
  int ret;

  g_test_init (&argc, &argv, NULL);

  directory = script_make_directory ();
  world_init (directory);

  if (g_getenv ("SPOOL_MODEL_REPLAY") != NULL)
    g_test_add_func ("/model/replay", test_replay);
  else
    {
      for (gsize i = 0; op_sets[i] != NULL; i++)
        {
          g_autofree char *path = g_strdup_printf ("/model/%s", op_sets[i]->name);

          g_test_add_data_func (path, op_sets[i], test_model);
          n_added++;
        }
      g_test_add_func ("/total/operations", test_total);
    }

  ret = g_test_run ();

  g_rmdir (directory);
  world_clear ();

  return ret;
}
