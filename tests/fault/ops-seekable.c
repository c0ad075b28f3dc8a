/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "source.h"
#include "world.h"

#include <string.h>

/* A SpoolSeekableInputStream over a source that hiccups. Whatever fails, no byte
 * of the source may be lost.
 */
typedef struct
{
  GInputStream *stream;
  GInputStream *source;
  const guint8 *data;    /* all that the source has */
  gsize         size;
  goffset       position;
} Seekable;

static void
begin (World *world)
{
  static const gsize sizes[N_SCALES] = { 100, 9000, 150 * 1000 };
  Seekable *self = g_new0 (Seekable, 1);

  self->size = sizes[world->config.scale];
  self->data = world_data (world->config.scale, self->size);
  self->source = source_new (self->data, self->size, self->size / 9 + 1, FALSE);
  source_set_hiccup (self->source, 7);
  self->stream = spool_seekable_input_stream_new_for_buffer (self->source, world->buffer);

  world->extra = self;
  world->excuse = SOURCE_ERROR;
  world->late = TRUE;
}

/* What has arrived in the buffer is the beginning of the source. */
static void
take_in (World *world)
{
  Seekable *self = world->extra;
  goffset old_size = world_size (world);
  goffset size;

  faults_pause ();
  size = spool_buffer_get_size (world->buffer);
  faults_resume ();

  if (size < old_size || size > (goffset) self->size)
    world_fail (world, "%" G_GOFFSET_FORMAT " bytes have arrived", size);
  else
    world_written (world, old_size, self->data + old_size, (gsize) (size - old_size));
}

static gboolean
end_call (World    *world,
          gboolean  ok,
          GError   *error)
{
  take_in (world);

  /* The buffer refuses what is past its limit. */
  if (error != NULL && error->code == G_IO_ERROR_NO_SPACE && world->size_limit >= 0)
    return world_result (world, ok, error, G_IO_ERROR_NO_SPACE);

  return world_result (world, ok, error, DUE_NOTHING);
}

static void
end_read (World        *world,
          gsize         count,
          const guint8 *data,
          gssize        n,
          GError       *error)
{
  Seekable *self = world->extra;
  goffset left = MAX ((goffset) self->size - self->position, 0);

  if (!end_call (world, n >= 0, error))
    return;

  if (n > (gssize) count || n > left || (n == 0 && count > 0 && left > 0))
    world_fail (world, "read %" G_GSSIZE_FORMAT " bytes of %" G_GSIZE_FORMAT " with %"
                G_GOFFSET_FORMAT " left", n, count, left);
  else if (n > 0 && data != NULL && memcmp (data, self->data + self->position, (gsize) n) != 0)
    world_fail (world, "other bytes were read");
  else
    self->position += n;
}

static void
run_seekable_read (World      *world,
                   const Step *step)
{
  Seekable *self = world->extra;
  gsize count = world_pick_count (world, 0, step->b);
  g_autofree guint8 *data = g_malloc (count + 1);
  GError *error = NULL;
  gssize n = g_input_stream_read (self->stream, data, count, NULL, &error);

  end_read (world, count, data, n, error);
}

static void
run_seekable_read_async (World      *world,
                         const Step *step)
{
  Seekable *self = world->extra;
  gsize count = world_pick_count (world, 0, step->b);
  g_autofree guint8 *data = g_malloc (count + 1);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize n;

  g_input_stream_read_async (self->stream, data, count, G_PRIORITY_DEFAULT, NULL,
                             world_ready, &result);
  world_wait (&result);
  n = g_input_stream_read_finish (self->stream, result, &error);

  end_read (world, count, data, n, error);
}

static void
run_seekable_skip (World      *world,
                   const Step *step)
{
  Seekable *self = world->extra;
  gsize count = world_pick_count (world, 0, step->b);
  GError *error = NULL;
  gssize n = g_input_stream_skip (self->stream, count, NULL, &error);

  end_read (world, count, NULL, n, error);
}

static void
run_seekable_skip_async (World      *world,
                         const Step *step)
{
  Seekable *self = world->extra;
  gsize count = world_pick_count (world, 0, step->b);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize n;

  g_input_stream_skip_async (self->stream, count, G_PRIORITY_DEFAULT, NULL,
                             world_ready, &result);
  world_wait (&result);
  n = g_input_stream_skip_finish (self->stream, result, &error);

  end_read (world, count, NULL, n, error);
}

static void
run_seekable_seek (World      *world,
                   const Step *step)
{
  Seekable *self = world->extra;
  goffset target = (goffset) (step->a % (self->size + 20)) - (step->c % 16 == 0 ? 30 : 0);
  GSeekType type = step->b % 3;
  goffset base = 0;
  GError *error = NULL;
  gboolean ok;

  if (type == G_SEEK_CUR)
    base = self->position;
  else if (type == G_SEEK_END)
    base = (goffset) self->size;

  ok = g_seekable_seek (G_SEEKABLE (self->stream), target - base, type, NULL, &error);

  /* Only from its end does it need the source. */
  if (target < 0 && (type != G_SEEK_END || ok || error->code == G_IO_ERROR_INVALID_ARGUMENT))
    {
      take_in (world);
      world_result (world, ok, error, G_IO_ERROR_INVALID_ARGUMENT);
    }
  else if (end_call (world, ok, error))
    self->position = target;
}

static goffset
pick_fill (World      *world,
           const Step *step)
{
  return step->c % 8 == 0 ? -1 : (goffset) world_pick_count (world, 0, step->b);
}

static void
end_fill (World   *world,
          goffset  count,
          goffset  n,
          GError  *error)
{
  Seekable *self = world->extra;
  goffset needed = count < 0 ? (goffset) self->size : MIN (count, (goffset) self->size);

  if (end_call (world, n >= 0, error) && (n < needed || n != world_size (world)))
    world_fail (world, "filled %" G_GOFFSET_FORMAT " of %" G_GOFFSET_FORMAT " bytes, and %"
                G_GOFFSET_FORMAT " are there", n, needed, world_size (world));
}

static void
run_fill (World      *world,
          const Step *step)
{
  Seekable *self = world->extra;
  goffset count = pick_fill (world, step);
  GError *error = NULL;
  goffset n = spool_seekable_input_stream_fill (SPOOL_SEEKABLE_INPUT_STREAM (self->stream),
                                                count, NULL, &error);

  end_fill (world, count, n, error);
}

static void
run_fill_async (World      *world,
                const Step *step)
{
  Seekable *self = world->extra;
  SpoolSeekableInputStream *stream = SPOOL_SEEKABLE_INPUT_STREAM (self->stream);
  goffset count = pick_fill (world, step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  goffset n;

  spool_seekable_input_stream_fill_async (stream, count, G_PRIORITY_DEFAULT, NULL,
                                          world_ready, &result);
  world_wait (&result);
  n = spool_seekable_input_stream_fill_finish (stream, result, &error);

  end_fill (world, count, n, error);
}

static void
check (World *world)
{
  Seekable *self = world->extra;

  if (g_seekable_tell (G_SEEKABLE (self->stream)) != self->position)
    world_fail (world, "is at %" G_GOFFSET_FORMAT " and not at %" G_GOFFSET_FORMAT,
                g_seekable_tell (G_SEEKABLE (self->stream)), self->position);
}

/* Every byte of the source can be read. */
static void
end (World *world)
{
  Seekable *self = world->extra;
  g_autofree guint8 *data = g_malloc (self->size + 1);
  g_autoptr(GError) error = NULL;
  gsize n = 0;

  world->size_limit = -1;
  source_set_hiccup (self->source, 0);

  /* An error that was kept for later comes out first. */
  spool_seekable_input_stream_fill (SPOOL_SEEKABLE_INPUT_STREAM (self->stream), -1, NULL,
                                    NULL);

  if (!g_seekable_seek (G_SEEKABLE (self->stream), 0, G_SEEK_SET, NULL, &error) ||
      !g_input_stream_read_all (self->stream, data, self->size + 1, &n, NULL, &error))
    world_fail (world, "the source cannot be read: “%s”", error->message);
  else if (n != self->size || memcmp (data, self->data, n) != 0)
    world_fail (world, "the source has %" G_GSIZE_FORMAT " bytes, and %" G_GSIZE_FORMAT
                " were read", self->size, n);

  take_in (world);
  self->position = (goffset) n;
}

static void
clear (World *world)
{
  Seekable *self = world->extra;

  g_clear_object (&self->stream);
  g_clear_object (&self->source);
  g_free (self);
}

static const Op seekable_ops[] = {
  { "drop-bytes", 2, run_drop_bytes },
  { "fill", 3, run_fill },
  { "fill-async", 1, run_fill_async },
  { "flush", 1, run_flush },
  { "get-bytes", 2, run_get_bytes },
  { "read", 1, run_read },
  { "roll-over", 1, run_roll_over },
  { "seekable-read", 10, run_seekable_read },
  { "seekable-read-async", 2, run_seekable_read_async },
  { "seekable-seek", 6, run_seekable_seek },
  { "seekable-skip", 4, run_seekable_skip },
  { "seekable-skip-async", 1, run_seekable_skip_async },
  { "set-size-limit", 1, run_set_size_limit },
};

const OpSet seekable_set = {
  .name = "seekable",
  .ops = seekable_ops,
  .n_ops = G_N_ELEMENTS (seekable_ops),
  .n_cases = 20,
  .begin = begin,
  .check = check,
  .end = end,
  .clear = clear,
};
