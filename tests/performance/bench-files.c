/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* From a spool to a file of its own: by moving and by saving it. For the peers
 * the spool is a file with a name, as they have no other that gets one. Each
 * run begins with a new spool, and nothing is where it goes.
 */

#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <spool-glib/spool-glib.h>

typedef struct
{
  SpoolBuffer *buffer;
  char *source;
  char *target;
  GFile *source_file;
  GFile *target_file;
} Files;

static Files *
files_new (void)
{
  Files *self = g_new0 (Files, 1);

  self->source = g_build_filename (g_get_tmp_dir (), "source", NULL);
  self->target = g_build_filename (g_get_tmp_dir (), "target", NULL);
  self->source_file = g_file_new_for_path (self->source);
  self->target_file = g_file_new_for_path (self->target);

  return self;
}

static gpointer
setup_buffer (const BenchSpec *spec)
{
  Files *self = files_new ();
  g_autoptr(GFile) directory = g_file_new_for_path (g_get_tmp_dir ());

  self->buffer = g_object_new (SPOOL_TYPE_BUFFER,
                               "directory", directory,
                               "threshold", (gint64) spec->threshold,
                               NULL);
  for (goffset done = 0; done < spec->size; done += bench_get_step (spec))
    BENCH_CHECK (spool_buffer_append (self->buffer, bench_source, bench_get_step (spec), NULL, NULL));

  return self;
}

static gpointer
setup_file (const BenchSpec *spec)
{
  Files *self = files_new ();

  bench_make_file (self->source, spec);

  return self;
}

static void
teardown (gpointer state)
{
  Files *self = state;
  g_autoptr(GFileInfo) info = g_file_query_info (self->target_file,
                                                 G_FILE_ATTRIBUTE_STANDARD_SIZE,
                                                 G_FILE_QUERY_INFO_NONE,
                                                 NULL,
                                                 NULL);

  BENCH_CHECK (info != NULL && g_file_info_get_size (info) > 0);
  BENCH_CHECK (unlink (self->target) == 0);
  unlink (self->source);

  g_clear_object (&self->buffer);
  g_object_unref (self->source_file);
  g_object_unref (self->target_file);
  g_free (self->source);
  g_free (self->target);
  g_free (self);
}

static void
run_buffer_move (gpointer         state,
                 const BenchSpec *spec)
{
  Files *self = state;

  BENCH_CHECK (spool_buffer_move (self->buffer, self->target_file, SPOOL_SAVE_NONE, NULL, NULL, NULL, NULL));
}

static void
run_buffer_save (gpointer         state,
                 const BenchSpec *spec)
{
  Files *self = state;

  BENCH_CHECK (spool_buffer_save (self->buffer, self->target_file, SPOOL_SAVE_NONE, NULL, NULL, NULL, NULL));
}

static void
run_gio_move (gpointer         state,
              const BenchSpec *spec)
{
  Files *self = state;

  BENCH_CHECK (g_file_move (self->source_file, self->target_file, G_FILE_COPY_NONE, NULL, NULL, NULL, NULL));
}

static void
run_gio_copy (gpointer         state,
              const BenchSpec *spec)
{
  Files *self = state;

  BENCH_CHECK (g_file_copy (self->source_file, self->target_file, G_FILE_COPY_NONE, NULL, NULL, NULL, NULL));
}

static void
run_rename (gpointer         state,
            const BenchSpec *spec)
{
  Files *self = state;

  BENCH_CHECK (rename (self->source, self->target) == 0);
}

static void
run_copy (gpointer         state,
          const BenchSpec *spec)
{
  Files *self = state;
  int from = open (self->source, O_RDONLY | O_CLOEXEC);
  int to = open (self->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gssize n_copied;

  for (goffset done = 0; done < spec->size; done += n_copied)
    {
      n_copied = copy_file_range (from, NULL, to, NULL, spec->size - done, 0);
      BENCH_CHECK (n_copied > 0);
    }

  BENCH_CHECK (close (from) == 0 && close (to) == 0);
}

static void
run_cp (gpointer         state,
        const BenchSpec *spec)
{
  Files *self = state;
  const char *argv[] = { "cp", "--reflink=auto", self->source, self->target, NULL };
  int status;

  BENCH_CHECK (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  BENCH_CHECK (status == 0);
}

const Bench bench_file_table[] = {
  { "buffer", "move", setup_buffer, run_buffer_move, teardown, BENCH_FRESH, NULL },
  { "buffer", "save", setup_buffer, run_buffer_save, teardown, BENCH_FRESH, NULL },
  { "gio", "move", setup_file, run_gio_move, teardown, BENCH_FRESH, NULL },
  { "gio", "save", setup_file, run_gio_copy, teardown, BENCH_FRESH, NULL },
  { "floor", "move", setup_file, run_rename, teardown, BENCH_FRESH, NULL },
  { "floor", "save", setup_file, run_copy, teardown, BENCH_FRESH, NULL },
  { "cp", "move", setup_file, run_cp, teardown, BENCH_FRESH, NULL },
  { "cp", "save", setup_file, run_cp, teardown, BENCH_FRESH, NULL },
  { NULL, NULL, NULL, NULL, NULL, BENCH_DEFAULT, NULL },
};
