/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "remote.h"
#include "world.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Handing the content over: to a file that others have an old version of, which
 * is never seen torn, and to a sealed file in memory. Where the buffer's own
 * directory is reached through GIO, so is the file, and where it has none.
 */
typedef struct
{
  GFile  *target;
  GBytes *saved;  /* what the file has to be; NULL: not there */
} Save;

static void
begin (World *world)
{
  static guint n_targets;
  Save *self = g_new0 (Save, 1);

  if (world->directory == NULL || !g_file_is_native (world->directory))
    {
      g_autoptr(GFile) folder = remote_new (TRUE);

      self->target = g_file_get_child (folder, "target");
    }
  else
    {
      g_autofree char *name = g_strdup_printf ("target-%u", n_targets++);

      self->target = g_file_get_child (world_get_local_directory (), name);
    }

  world->extra = self;
}

/* What the file is; NULL if it is not there. */
static GBytes *
read_target (Save *self)
{
  char *data;
  gsize length;

  if (!g_file_is_native (self->target))
    return remote_dup_bytes (FAULT_REMOTE (self->target));

  if (!g_file_get_contents (g_file_peek_path (self->target), &data, &length, NULL))
    return NULL;

  return g_bytes_new_take (data, length);
}

static gboolean
is_same (GBytes *a,
         GBytes *b)
{
  return a == b || (a != NULL && b != NULL && g_bytes_equal (a, b));
}

static void
set_saved (Save   *self,
           GBytes *bytes)
{
  g_clear_pointer (&self->saved, g_bytes_unref);
  self->saved = bytes;
}

static void
remove_target (Save *self)
{
  if (g_file_is_native (self->target))
    {
      g_unlink (g_file_peek_path (self->target));
      faults_forget_name (g_file_peek_path (self->target));
    }
  else
    g_file_delete (self->target, NULL, NULL);

  set_saved (self, NULL);
}

static SpoolSaveFlags
pick_flags (const Step *step)
{
  return (step->a % 4 == 0 ? SPOOL_SAVE_NO_OVERWRITE : 0) |
         (step->b % 4 == 0 ? SPOOL_SAVE_PRIVATE : 0) |
         (step->c % 3 == 0 ? SPOOL_SAVE_DURABLE : 0);
}

static gboolean
end_save (World          *world,
          SpoolSaveFlags  flags,
          gboolean        ok,
          GError         *error)
{
  Save *self = world->extra;
  gboolean local = g_file_is_native (self->target);
  int due = DUE_NOTHING;

  if (!local && (flags & SPOOL_SAVE_DURABLE))
    due = G_IO_ERROR_NOT_SUPPORTED;
  else if ((flags & SPOOL_SAVE_NO_OVERWRITE) && self->saved != NULL)
    due = G_IO_ERROR_EXISTS;

  /* Without links a file system that cannot rename carefully is of no use. */
  if (error != NULL && due == DUE_NOTHING && world_has_fired (world) &&
      world->config.file_kind == FILE_NO_LINKS &&
      error->code == G_IO_ERROR_PERMISSION_DENIED)
    due = G_IO_ERROR_PERMISSION_DENIED;

  ok = world_result (world, ok, error, due);
  if (ok)
    set_saved (self, g_bytes_new (world->content->data, world->content->len));
  else if (local && (flags & SPOOL_SAVE_DURABLE))
    {
      g_autoptr(GBytes) new_bytes = g_bytes_new (world->content->data, world->content->len);
      g_autoptr(GBytes) found = read_target (self);

      /* Only the folder could not be synced. */
      if (is_same (found, new_bytes))
        set_saved (self, g_steal_pointer (&new_bytes));
    }

  return ok;
}

static void
run_save (World      *world,
          const Step *step)
{
  Save *self = world->extra;
  SpoolSaveFlags flags = pick_flags (step);
  GError *error = NULL;
  gboolean ok = spool_buffer_save (world->buffer, self->target, flags, NULL, NULL, NULL,
                                   &error);

  end_save (world, flags, ok, error);
}

static void
run_save_async (World      *world,
                const Step *step)
{
  Save *self = world->extra;
  SpoolSaveFlags flags = pick_flags (step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  spool_buffer_save_async (world->buffer, self->target, flags, G_PRIORITY_DEFAULT, NULL,
                           NULL, NULL, NULL, world_ready, &result);
  world_wait (&result);
  ok = spool_buffer_save_finish (world->buffer, result, &error);

  end_save (world, flags, ok, error);
}

/* It can be read, but not changed. Then on with a buffer that can be. */
static void
end_move (World          *world,
          const Step     *step,
          SpoolSaveFlags  flags,
          gboolean        ok,
          GError         *error)
{
  if (!end_save (world, flags, ok, error))
    return;

  faults_pause ();
  world_check (world);

  error = NULL;
  ok = spool_buffer_append (world->buffer, "x", 1, NULL, &error);
  world_result (world, ok, error, G_IO_ERROR_READ_ONLY);
  error = NULL;
  ok = spool_buffer_truncate (world->buffer, 0, NULL, &error);
  world_result (world, ok, error, G_IO_ERROR_READ_ONLY);
  if (step->b % 2)
    run_reset (world, step);
  faults_resume ();

  if (step->b % 2 == 0)
    world_reopen (world, TRUE);
}

static void
run_move (World      *world,
          const Step *step)
{
  Save *self = world->extra;
  SpoolSaveFlags flags = pick_flags (step);
  GError *error = NULL;
  gboolean ok = spool_buffer_move (world->buffer, self->target, flags, NULL, NULL, NULL,
                                   &error);

  end_move (world, step, flags, ok, error);
}

static void
run_move_async (World      *world,
                const Step *step)
{
  Save *self = world->extra;
  SpoolSaveFlags flags = pick_flags (step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  spool_buffer_move_async (world->buffer, self->target, flags, G_PRIORITY_DEFAULT, NULL,
                           NULL, NULL, NULL, world_ready, &result);
  world_wait (&result);
  ok = spool_buffer_move_finish (world->buffer, result, &error);
  g_clear_object (&result);

  end_move (world, step, flags, ok, error);
}

static void
end_create_sealed_fd (World  *world,
                      int     fd,
                      GError *error)
{
  faults_give_away (fd);

  if (world_result (world, fd >= 0, error, DUE_NOTHING) &&
      (!world_is_content (world, fd) || (fcntl (fd, F_GET_SEALS) & 0xf) != 0xf))
    world_fail (world, "the sealed file is not the content");

  if (fd >= 0)
    close (fd);
}

static void
run_create_sealed_fd (World      *world,
                      const Step *step)
{
  GError *error = NULL;
  int fd = spool_buffer_create_sealed_fd (world->buffer, NULL, &error);

  end_create_sealed_fd (world, fd, error);
}

static void
run_create_sealed_fd_async (World      *world,
                            const Step *step)
{
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  int fd;

  spool_buffer_create_sealed_fd_async (world->buffer, G_PRIORITY_DEFAULT, NULL,
                                       world_ready, &result);
  world_wait (&result);
  fd = spool_buffer_create_sealed_fd_finish (world->buffer, result, &error);

  end_create_sealed_fd (world, fd, error);
}

/* Another program changes the file, or takes it away. */
static void
run_change_target (World      *world,
                   const Step *step)
{
  Save *self = world->extra;

  remove_target (self);
  if (step->a % 2 == 0 && g_file_is_native (self->target))
    {
      self->saved = g_bytes_new_static (world_data (step->c, 100), 100);
      if (!g_file_set_contents (g_file_peek_path (self->target),
                                g_bytes_get_data (self->saved, NULL), 100, NULL))
        world_fail (world, "the file cannot be made");
    }
}

static void
check (World *world)
{
  Save *self = world->extra;
  g_autoptr(GBytes) found = read_target (self);

  if (!is_same (found, self->saved))
    world_fail (world, "the file is %s, with %" G_GSIZE_FORMAT " bytes",
                found == NULL ? "gone" : self->saved == NULL ? "there" : "another one",
                found != NULL ? g_bytes_get_size (found) : 0);
}

static void
end (World *world)
{
  const Step step = { 0, 1, 1, 1 };

  run_save (world, &step);
}

static void
clear (World *world)
{
  Save *self = world->extra;

  remove_target (self);
  g_clear_object (&self->target);
  g_free (self);
}

static const Op save_ops[] = {
  { "append", 8, run_append },
  { "change-target", 3, run_change_target },
  { "create-sealed-fd", 4, run_create_sealed_fd },
  { "create-sealed-fd-async", 1, run_create_sealed_fd_async },
  { "drop-bytes", 2, run_drop_bytes },
  { "dup-fd", 1, run_dup_fd },
  { "flush", 1, run_flush },
  { "get-bytes", 2, run_get_bytes },
  { "move", 4, run_move },
  { "move-async", 1, run_move_async },
  { "reset", 1, run_reset },
  { "roll-over", 2, run_roll_over },
  { "save", 8, run_save },
  { "save-async", 1, run_save_async },
  { "truncate", 2, run_truncate },
  { "write", 6, run_write },
};

const OpSet save_set = {
  .name = "save",
  .ops = save_ops,
  .n_ops = G_N_ELEMENTS (save_ops),
  .n_cases = 10,
  .begin = begin,
  .check = check,
  .end = end,
  .clear = clear,
};
