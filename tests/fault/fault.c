/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "script.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* Makes the n-th system call of a script fail, for each n until the script runs
 * clean, and looks at everything after each step.
 *
 * SPOOL_TEST_SEED chooses the scripts, SPOOL_TEST_FACTOR how many there are,
 * and SPOOL_FAULT_REPLAY runs a single one: what is printed after a failure.
 */

#define N_STEPS 24

/* The least that a whole run has to survive. */
#define N_FAULTS 200000

typedef struct
{
  const OpSet *set;
  WorldConfig  config;
  FaultPlan    plan;
} Case;

static const struct
{
  int         errsv;
  const char *name;
} errnos[] = {
  { ENOSPC, "ENOSPC" }, { EIO, "EIO" }, { EMFILE, "EMFILE" }, { EDQUOT, "EDQUOT" },
  { EFBIG, "EFBIG" }, { EACCES, "EACCES" }, { EROFS, "EROFS" }, { ENOENT, "ENOENT" },
  { EINTR, "EINTR" }, { ENOMEM, "ENOMEM" },
  /* Those that ask for another way. */
  { EEXIST, "EEXIST" }, { EINVAL, "EINVAL" }, { EOPNOTSUPP, "EOPNOTSUPP" },
  { EPERM, "EPERM" }, { EXDEV, "EXDEV" },
};

static struct
{
  guint   n_tests;
  guint64 n_scripts;
  guint64 n_runs;
  guint64 n_steps;
  guint64 n_faults;
  guint64 n_faults_of[G_N_ELEMENTS (errnos)];
  guint64 n_calls;
} totals;

static const goffset thresholds[] = { 0, 1, 7, 4096, SPOOL_THRESHOLD_NEVER };

static const char *const file_kind_names[N_FILE_KINDS] = {
  "plain", "no-tmpfile", "no-fallocate", "reflink", "no-proc", "named", "remote",
  "remote-grows", "anywhere", "no-links",
};

static guint32 seed;
static char *directory;
static guint n_tests;

/* One run: returns what went wrong, or NULL. */
static char *
run (const Case *c,
     GArray     *script,
     guint      *n_fired)
{
  World *world;
  char *failure;

  faults_install (world_get_flags (c->config.file_kind));
  world = world_new (c->set, &c->config);
  faults_start (&c->plan);

  for (guint i = 0; i < script->len && world->failure == NULL; i++)
    {
      world_run (world, &g_array_index (script, Step, i));
      world_check (world);
    }

  *n_fired = faults_get_n_fired ();
  totals.n_runs++;
  totals.n_steps += world->n_steps;
  totals.n_faults += *n_fired;
  totals.n_calls += faults_get_n_calls ();

  if (world->failure == NULL)
    world_finish (world);
  faults_stop ();

  failure = g_steal_pointer (&world->failure);
  world_free (world);
  faults_remove_names ();
  faults_uninstall ();

  return failure;
}

/* All runs of a script: the fault moves on from call to call. Stops at the
 * first that goes wrong, with the plan as it was then.
 */
static char *
run_all (GArray   *script,
         gpointer  user_data)
{
  Case *c = user_data;
  guint n_fired = 1;
  char *failure = NULL;

  for (c->plan.first = 1; failure == NULL && n_fired > 0; c->plan.first++)
    failure = run (c, script, &n_fired);

  c->plan.first--;

  return failure;
}

/* All descriptors but those of GLib's workers, who come and go. */
static guint
count_fds (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target != NULL && !g_str_has_prefix (target, "anon_inode:"))
        n++;
    }

  return n;
}

static gboolean
is_empty (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);

  return g_dir_read_name (dir) == NULL;
}

static void
report (const Case *c,
        GArray     *script,
        const char *failure)
{
  Case smaller_case = *c;
  g_autoptr(GArray) smaller = script_shrink (script, run_all, &smaller_case);
  g_autofree char *text = script_to_string (c->set, smaller);
  g_autofree char *smaller_failure = run_all (smaller, &smaller_case);
  const FaultPlan *plan = &smaller_case.plan;

  g_test_message ("%s, with the seed %u", failure, seed);
  g_test_message ("A smaller script fails with %s, %s, call %u%s:",
                  smaller_failure != NULL ? smaller_failure : "nothing",
                  g_strerror (plan->errsv), plan->first, plan->persistent ? " and after" : "");
  g_test_message ("SPOOL_FAULT_REPLAY='%s %" G_GOFFSET_FORMAT " %d %d %d %d %u %u %d %d %d %s'",
                  c->set->name, c->config.threshold, c->config.file_kind, c->config.scale,
                  c->config.rolled, plan->errsv, plan->first, plan->second, plan->persistent,
                  plan->writes_only, plan->short_transfers, text);
  g_test_fail_printf ("%s", failure);
}

static gboolean
run_case (Case   *c,
          GArray *script)
{
  guint n_fds = count_fds ();
  g_autofree char *failure = run_all (script, c);

  totals.n_scripts++;

  if (failure == NULL && count_fds () != n_fds)
    failure = g_strdup ("a descriptor is left open");
  if (failure == NULL && !is_empty (directory))
    failure = g_strdup ("the directory is not empty");

  if (failure != NULL)
    report (c, script, failure);

  return failure == NULL;
}

/* The plans for one script: all for the usual kind of file, half of them for
 * each of the others.
 */
static gboolean
run_plans (Case   *c,
           GRand  *rand,
           GArray *script)
{
  gboolean all = c->config.file_kind == FILE_PLAIN;
  guint first = all ? 0 : (guint) g_rand_int_range (rand, 0, 2);

  for (guint kind = first; kind < 4; kind += all ? 1 : 2)
    {
      c->plan.persistent = kind == 1 || kind == 2;
      c->plan.writes_only = kind == 2;
      c->plan.second = kind == 3 ? (guint) g_rand_int_range (rand, 1, 4) : 0;

      if (!run_case (c, script))
        return FALSE;
    }

  return TRUE;
}

static Scale
pick_scale (GRand *rand)
{
  gint32 i = g_rand_int_range (rand, 0, 20);

  return i == 0 ? SCALE_LARGE : i < 6 ? SCALE_MEDIUM : SCALE_SMALL;
}

typedef struct
{
  const OpSet *set;
  FileKind     file_kind;
} Params;

static void
test_fault (gconstpointer data)
{
  const Params *params = data;
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed + params->file_kind);
  guint64 n_before = totals.n_faults;
  guint n_cases = (guint) (params->set->n_cases * script_get_factor ());

  for (guint i = 0; i < n_cases; i++)
    {
      g_autoptr(GArray) script = script_new_random (params->set, rand, N_STEPS);
      gsize error = (i + i / G_N_ELEMENTS (errnos) + params->file_kind) % G_N_ELEMENTS (errnos);
      guint64 n_faults = totals.n_faults;
      Case c = { .set = params->set };

      /* All errors come soon, and by and by each with each of the thresholds. */
      c.config.threshold = thresholds[i % G_N_ELEMENTS (thresholds)];
      c.config.file_kind = params->file_kind;
      c.config.scale = pick_scale (rand);
      c.config.rolled = g_rand_boolean (rand);
      c.plan.errsv = errnos[error].errsv;
      c.plan.short_transfers = g_rand_boolean (rand);

      if (!run_plans (&c, rand, script))
        return;

      totals.n_faults_of[error] += totals.n_faults - n_faults;
    }

  totals.n_tests++;
  g_test_message ("%" G_GUINT64_FORMAT " faults survived", totals.n_faults - n_before);
}

static void
test_total (void)
{
  g_test_message ("scripts: %" G_GUINT64_FORMAT ", runs: %" G_GUINT64_FORMAT
                  ", operations: %" G_GUINT64_FORMAT ", calls: %" G_GUINT64_FORMAT
                  ", faults survived: %" G_GUINT64_FORMAT,
                  totals.n_scripts, totals.n_runs, totals.n_steps, totals.n_calls,
                  totals.n_faults);
  for (gsize i = 0; i < G_N_ELEMENTS (errnos); i++)
    g_test_message ("%s: %" G_GUINT64_FORMAT, errnos[i].name, totals.n_faults_of[i]);

  if (totals.n_tests < n_tests || script_get_factor () < 1)
    g_test_skip ("Not everything was run");
  else
    {
      g_assert_cmpuint (totals.n_faults, >=, N_FAULTS);
      for (gsize i = 0; i < G_N_ELEMENTS (errnos); i++)
        g_assert_cmpuint (totals.n_faults_of[i], >, 0);
    }
}

static void
test_replay (void)
{
  g_auto(GStrv) words = g_strsplit (g_getenv ("SPOOL_FAULT_REPLAY"), " ", 12);
  g_autoptr(GArray) script = NULL;
  g_autofree char *failure = NULL;
  gint64 numbers[10];
  Case c = { .set = NULL };
  guint n_fired;

  g_assert_cmpuint (g_strv_length (words), ==, 12);
  for (gsize i = 0; op_sets[i] != NULL; i++)
    {
      if (strcmp (op_sets[i]->name, words[0]) == 0)
        c.set = op_sets[i];
    }
  g_assert_nonnull (c.set);
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    numbers[i] = g_ascii_strtoll (words[i + 1], NULL, 10);

  c.config.threshold = numbers[0];
  c.config.file_kind = (FileKind) numbers[1];
  c.config.scale = (Scale) numbers[2];
  c.config.rolled = numbers[3] != 0;
  c.plan = (FaultPlan) {
    .errsv = (int) numbers[4],
    .first = (guint) numbers[5],
    .second = (guint) numbers[6],
    .persistent = numbers[7] != 0,
    .writes_only = numbers[8] != 0,
    .short_transfers = numbers[9] != 0,
  };
  script = script_parse (c.set, words[11]);

  failure = run (&c, script, &n_fired);
  g_test_message ("%u faults: %s", n_fired, failure != NULL ? failure : "all is well");
  if (failure != NULL)
    g_test_fail ();
}

int
main (int   argc,
      char *argv[])
{
  int ret;

  g_test_init (&argc, &argv, NULL);

  seed = script_get_seed ();
  directory = script_make_directory ();
  world_init (directory);
  g_test_message ("SPOOL_TEST_SEED=%u", seed);

  if (g_getenv ("SPOOL_FAULT_REPLAY") != NULL)
    g_test_add_func ("/fault/replay", test_replay);
  else
    {
      for (gsize i = 0; op_sets[i] != NULL; i++)
        {
          for (guint kind = 0; kind < N_FILE_KINDS; kind++)
            {
              g_autofree char *path = g_strdup_printf ("/fault/%s/%s", op_sets[i]->name,
                                                       file_kind_names[kind]);
              Params *params = g_new (Params, 1);

              *params = (Params) { op_sets[i], kind };
              g_test_add_data_func_full (path, params, test_fault, g_free);
              n_tests++;
            }
        }
      g_test_add_func ("/total/faults", test_total);
    }

  ret = g_test_run ();

  g_rmdir (directory);
  g_free (directory);
  world_clear ();

  return ret;
}
