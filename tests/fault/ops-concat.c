/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "source.h"
#include "world.h"

#include <string.h>

#define MAX_PARTS 6

/* A SpoolConcatInputStream over buffers in memory and on disk and, in some
 * worlds, over sources that cannot seek and hiccup.
 */
typedef struct
{
  GInputStream *stream;
  GPtrArray    *sources;
  GByteArray   *expected;
  goffset       position;
  guint         n_parts;
  gboolean      seekable;
} Concat;

static gsize
pick_size (World   *world,
           guint32  raw)
{
  static const gsize sizes[N_SCALES] = { 30, 3000, 70 * 1000 };

  return raw % 5 == 0 ? 0 : raw % sizes[world->config.scale];
}

static GInputStream *
make_source (World        *world,
             const guint8 *data,
             gsize         size)
{
  Concat *self = world->extra;
  GInputStream *source = source_new (data, size, size / 3 + 1, FALSE);

  source_set_hiccup (source, 5);
  g_ptr_array_add (self->sources, g_object_ref (source));

  return source;
}

static GInputStream *
make_reader (World        *world,
             const guint8 *data,
             gsize         size,
             gboolean      in_memory)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (in_memory ? -1 : 0);

  spool_buffer_set_directory (buffer, world->directory);
  spool_buffer_append (buffer, data, size, NULL, NULL);

  /* So that it is the file that is read. */
  spool_buffer_flush (buffer, NULL, NULL);

  return spool_memory_input_stream_new_for_buffer (buffer);
}

/* The system may fail the reading of a part, but not its making. */
static void
append_part (World   *world,
             guint32  kind,
             guint32  raw)
{
  Concat *self = world->extra;
  gsize size = pick_size (world, raw);
  const guint8 *data = world_data (raw, size);
  g_autoptr(GInputStream) part = NULL;

  faults_pause ();
  if (kind % 8 == 0)
    {
      part = make_source (world, data, size);
      self->seekable = FALSE;
    }
  else
    part = make_reader (world, data, size, kind % 3 == 0);

  spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (self->stream), part);
  faults_resume ();

  g_byte_array_append (self->expected, data, (guint) size);
  self->n_parts++;
}

static void
begin (World *world)
{
  static const guint32 sizes[] = { 123456, 0, 654321 };
  Concat *self = g_new0 (Concat, 1);

  self->stream = spool_concat_input_stream_new ();
  self->sources = g_ptr_array_new_with_free_func (g_object_unref);
  self->expected = g_byte_array_new ();
  self->seekable = TRUE;

  world->extra = self;
  world->excuse = SOURCE_ERROR;
  world->late = TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    append_part (world, 1, sizes[i]);
}

static goffset
get_left (Concat *self)
{
  return MAX ((goffset) self->expected->len - self->position, 0);
}

static void
end_read (World        *world,
          gsize         count,
          const guint8 *data,
          gssize        n,
          GError       *error)
{
  Concat *self = world->extra;
  goffset left = get_left (self);

  if (!world_result (world, n >= 0, error, DUE_NOTHING))
    return;

  if (n > (gssize) count || n > left || (n == 0 && count > 0 && left > 0))
    world_fail (world, "read %" G_GSSIZE_FORMAT " bytes of %" G_GSIZE_FORMAT " with %"
                G_GOFFSET_FORMAT " left", n, count, left);
  else if (n > 0 && data != NULL &&
           memcmp (data, self->expected->data + self->position, (gsize) n) != 0)
    world_fail (world, "other bytes were read");
  else
    self->position += n;
}

static void
run_append_part (World      *world,
                 const Step *step)
{
  Concat *self = world->extra;

  /* Who has sought past the end cannot go on in a part that cannot seek. */
  if (self->n_parts < MAX_PARTS && self->position <= (goffset) self->expected->len)
    append_part (world, step->a, step->b);
}

static void
run_concat_read (World      *world,
                 const Step *step)
{
  Concat *self = world->extra;
  gsize count = world_pick_count (world, 0, step->b);
  g_autofree guint8 *data = g_malloc (count + 1);
  GError *error = NULL;
  gssize n = g_input_stream_read (self->stream, data, count, NULL, &error);

  end_read (world, count, data, n, error);
}

static void
run_concat_read_async (World      *world,
                       const Step *step)
{
  Concat *self = world->extra;
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
run_concat_skip (World      *world,
                 const Step *step)
{
  Concat *self = world->extra;
  gsize count = world_pick_count (world, 0, step->b);
  GError *error = NULL;
  gssize n = g_input_stream_skip (self->stream, count, NULL, &error);

  end_read (world, count, NULL, n, error);
}

static void
run_concat_skip_async (World      *world,
                       const Step *step)
{
  Concat *self = world->extra;
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
run_concat_seek (World      *world,
                 const Step *step)
{
  Concat *self = world->extra;
  goffset target = (goffset) (step->a % (self->expected->len + 20)) -
                   (step->c % 16 == 0 ? 30 : 0);
  GSeekType type = step->b % 3;
  goffset base = 0;
  GError *error = NULL;
  gboolean ok;

  if (type == G_SEEK_CUR)
    base = self->position;
  else if (type == G_SEEK_END)
    base = self->expected->len;

  ok = g_seekable_seek (G_SEEKABLE (self->stream), target - base, type, NULL, &error);
  if (world_result (world, ok, error,
                    !self->seekable ? G_IO_ERROR_NOT_SUPPORTED
                    : target < 0 ? G_IO_ERROR_INVALID_ARGUMENT : DUE_NOTHING))
    self->position = target;
}

static void
check (World *world)
{
  Concat *self = world->extra;

  if (g_seekable_tell (G_SEEKABLE (self->stream)) != self->position)
    world_fail (world, "is at %" G_GOFFSET_FORMAT " and not at %" G_GOFFSET_FORMAT,
                g_seekable_tell (G_SEEKABLE (self->stream)), self->position);
  if (g_seekable_can_seek (G_SEEKABLE (self->stream)) != self->seekable)
    world_fail (world, "can%s seek", self->seekable ? "not" : "");
}

/* What is left can be read. */
static void
end (World *world)
{
  Concat *self = world->extra;
  g_autofree guint8 *data = g_malloc (self->expected->len + 1);
  g_autoptr(GError) error = NULL;
  gsize left = (gsize) get_left (self);
  gsize n = 0;
  guint8 byte;

  for (guint i = 0; i < self->sources->len; i++)
    source_set_hiccup (g_ptr_array_index (self->sources, i), 0);

  /* An error that was kept for later comes out first. */
  if (g_input_stream_read (self->stream, &byte, 1, NULL, NULL) == 1)
    {
      if (left == 0 || byte != self->expected->data[self->position])
        world_fail (world, "another byte was read");
      left--;
      self->position++;
    }

  if (!g_input_stream_read_all (self->stream, data, left + 1, &n, NULL, &error))
    world_fail (world, "the rest cannot be read: “%s”", error->message);
  else if (n != left ||
           (n > 0 && memcmp (data, self->expected->data + self->position, n) != 0))
    world_fail (world, "%" G_GSIZE_FORMAT " bytes are left, and %" G_GSIZE_FORMAT
                " were read", left, n);
  self->position += (goffset) n;
}

static void
clear (World *world)
{
  Concat *self = world->extra;

  g_clear_object (&self->stream);
  g_clear_pointer (&self->sources, g_ptr_array_unref);
  g_clear_pointer (&self->expected, g_byte_array_unref);
  g_free (self);
}

static const Op concat_ops[] = {
  { "append-part", 5, run_append_part },
  { "concat-read", 8, run_concat_read },
  { "concat-read-async", 1, run_concat_read_async },
  { "concat-seek", 5, run_concat_seek },
  { "concat-skip", 3, run_concat_skip },
  { "concat-skip-async", 1, run_concat_skip_async },
};

const OpSet concat_set = {
  .name = "concat",
  .ops = concat_ops,
  .n_ops = G_N_ELEMENTS (concat_ops),
  .n_cases = 30,
  .begin = begin,
  .check = check,
  .end = end,
  .clear = clear,
};
