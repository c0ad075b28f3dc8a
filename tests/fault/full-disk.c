/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "script.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* Random scripts on a disk that other programs fill at any moment. A byte that
 * was accepted has its room: while the content has no holes, handing it to the
 * kernel never fails for want of room, however full the disk is by then.
 */

#define N_SCRIPTS 4000
#define N_STEPS 40

static guint64 n_refused;
static guint64 n_flushed;

static void
run_fill_disk (World      *world,
               const Step *step)
{
  static const goffset rooms[] = { 0, 0, 4096, 20 * 1024, 80 * 1024, 400 * 1024 };

  faults_set_room (rooms[step->a % G_N_ELEMENTS (rooms)]);
}

static void
run_full_flush (World      *world,
                const Step *step)
{
  g_autoptr(GError) error = NULL;

  faults_set_room (0);
  if (!spool_buffer_flush (world->buffer, NULL, &error))
    world_fail (world, "what was accepted cannot be written: “%s”", error->message);
  n_flushed++;
}

static void
end_write (World        *world,
           goffset       offset,
           const guint8 *data,
           gsize         count,
           gboolean      ok,
           GError       *error)
{
  if (world_result (world, ok, error, DUE_NOTHING))
    world_written (world, offset, data, count);
  else
    {
      world_stopped (world, offset, data, count);
      n_refused++;
    }
}

static void
run_full_append (World      *world,
                 const Step *step)
{
  gsize count = world_pick_count (world, 0, step->b);
  const guint8 *data = world_data (step->c, count);
  GError *error = NULL;
  gboolean ok = spool_buffer_append (world->buffer, data, count, NULL, &error);

  end_write (world, world_size (world), data, count, ok, error);
}

static void
run_overwrite (World      *world,
               const Step *step)
{
  goffset offset = MIN (world_pick_offset (world, step->a), world_size (world));
  gsize count = world_pick_count (world, offset, step->b);
  const guint8 *data = world_data (step->c, count);
  GError *error = NULL;
  gboolean ok = spool_buffer_write (world->buffer, offset, data, count, NULL, &error);

  end_write (world, offset, data, count, ok, error);
}

static void
run_stream_write (World      *world,
                  const Step *step)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new_for_buffer (world->buffer);
  gsize count = world_pick_count (world, 0, step->b);
  const guint8 *data = world_data (step->c, count);
  goffset size = world_size (world);
  GError *error = NULL;
  gsize written = 0;
  gboolean ok;

  g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, NULL, NULL);
  ok = g_output_stream_write_all (stream, data, count, &written, NULL, &error);

  world_result (world, ok, error, DUE_NOTHING);
  world_written (world, size, data, written);

  faults_set_room (0);
  error = NULL;
  ok = g_output_stream_close (stream, NULL, &error);
  if (!ok)
    world_fail (world, "the stream cannot be closed: “%s”", error->message);
  g_clear_error (&error);
}

static void
run_shrink (World      *world,
            const Step *step)
{
  goffset size = MIN (world_pick_offset (world, step->a), world_size (world));
  GError *error = NULL;
  gboolean ok = spool_buffer_truncate (world->buffer, size, NULL, &error);

  if (world_result (world, ok, error, DUE_NOTHING))
    world_resized (world, size);
}

static void
run_reserve (World      *world,
             const Step *step)
{
  goffset size = world_size (world) + (goffset) world_pick_count (world, 0, step->b);
  GError *error = NULL;
  gboolean ok = spool_buffer_reserve (world->buffer, size, NULL, &error);

  if (world_result (world, ok, error, DUE_NOTHING) &&
      size > world->threshold && size > world_size (world))
    world->rolled = TRUE;
}

static void
run_full_get_bytes (World      *world,
                    const Step *step)
{
  Snapshot *snapshot = &world->snapshots[step->a % N_SNAPSHOTS];
  GError *error = NULL;
  GBytes *bytes = spool_buffer_get_bytes (world->buffer, NULL, &error);

  g_clear_pointer (&snapshot->bytes, g_bytes_unref);
  g_clear_pointer (&snapshot->expected, g_bytes_unref);
  if (world_result (world, bytes != NULL, error, DUE_NOTHING))
    {
      snapshot->bytes = bytes;
      snapshot->expected = g_bytes_new (world->content->data, world->content->len);
    }
}

static const Op full_disk_ops[] = {
  { "append", 10, run_full_append },
  { "fill-disk", 6, run_fill_disk },
  { "flush", 4, run_full_flush },
  { "get-bytes", 1, run_full_get_bytes },
  { "overwrite", 8, run_overwrite },
  { "reserve", 3, run_reserve },
  { "shrink", 4, run_shrink },
  { "stream-write", 3, run_stream_write },
};

static const OpSet full_disk_set = {
  .name = "full-disk",
  .ops = full_disk_ops,
  .n_ops = G_N_ELEMENTS (full_disk_ops),
};

static char *
run (GArray   *script,
     gpointer  user_data)
{
  const WorldConfig *config = user_data;
  FaultPlan plan = { .errsv = ENOSPC };
  const Step last = { 0 };
  World *world;
  char *failure;

  faults_install (0);
  faults_set_room (1024 * 1024);
  world = world_new (&full_disk_set, config);
  faults_start (&plan);

  for (guint i = 0; i < script->len && world->failure == NULL; i++)
    {
      world_run (world, &g_array_index (script, Step, i));
      world_check (world);
    }

  world->op_name = "at the end";
  run_full_flush (world, &last);
  faults_set_room (G_MAXINT64 / 2);
  if (world->failure == NULL)
    world_finish (world);
  faults_stop ();

  failure = g_steal_pointer (&world->failure);
  world_free (world);
  faults_uninstall ();

  return failure;
}

static void
test_full_disk_accepted (void)
{
  guint32 seed = script_get_seed ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  guint n_scripts = (guint) (N_SCRIPTS * script_get_factor ());

  g_test_summary ("What was accepted can be written, however full the disk is then");
  g_test_message ("SPOOL_TEST_SEED=%u", seed);

  for (guint i = 0; i < n_scripts; i++)
    {
      g_autoptr(GArray) script = script_new_random (&full_disk_set, rand, N_STEPS);
      WorldConfig config = {
        .threshold = i % 3 == 0 ? 4096 : 0,
        .scale = (Scale) g_rand_int_range (rand, SCALE_SMALL, N_SCALES),
      };
      g_autofree char *failure = run (script, &config);

      if (failure != NULL)
        {
          g_autoptr(GArray) smaller = script_shrink (script, run, &config);
          g_autofree char *text = script_to_string (&full_disk_set, smaller);

          g_test_message ("threshold %" G_GOFFSET_FORMAT ", scale %d: %s",
                          config.threshold, config.scale, text);
          g_test_fail_printf ("%s", failure);
          return;
        }
    }

  g_test_message ("%u scripts: %" G_GUINT64_FORMAT " writes were refused, and all %"
                  G_GUINT64_FORMAT " flushes succeeded", n_scripts, n_refused, n_flushed);
  g_assert_cmpuint (n_refused, >, n_scripts / 10);
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
  g_test_add_func ("/full-disk/accepted", test_full_disk_accepted);

  ret = g_test_run ();

  g_rmdir (directory);
  world_clear ();

  return ret;
}
