/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "world.h"

#include "spool-glib/spool-storage-private.h"

#include <string.h>

/* A SpoolTextStream, whose position counts characters. The content of such a
 * world is always text.
 */
typedef struct
{
  SpoolTextStream *stream;
  gint64           position;
} Text;

static const char *const units[] = { "a", "é", "€", "😀", "\n" };

/* A text to write. Where all characters have the same length the replacement
 * is longer or shorter than what is there, or a write in place.
 */
static GString *
make_text (World   *world,
           guint32  raw,
           guint32  seed)
{
  gsize size = world_pick_count (world, 0, raw);
  guint kind = seed % 6;
  GString *text = g_string_new (NULL);

  while (text->len < size)
    {
      seed = seed * 1664525u + 1013904223u;
      if (kind < 4)
        g_string_append (text, units[kind]);
      else if (seed >> 27 == 0)
        g_string_append_c (text, '\0');
      else
        g_string_append (text, units[(seed >> 20) % G_N_ELEMENTS (units)]);
    }

  return text;
}

static gint64
count_chars (const guint8 *data,
             gsize         size)
{
  gint64 n = 0;

  for (gsize i = 0; i < size; i++)
    n += (data[i] & 0xc0) != 0x80;

  return n;
}

static gint64
get_n_chars (World *world)
{
  return count_chars (world->content->data, world->content->len);
}

/* Where the character is, or the end. */
static goffset
find_char (World  *world,
           gint64  chars)
{
  gsize i;

  for (i = 0; i < world->content->len; i++)
    {
      if ((world->content->data[i] & 0xc0) != 0x80 && chars-- == 0)
        break;
    }

  return (goffset) i;
}

static gint64
pick_position (World   *world,
               guint32  raw)
{
  gint64 n_chars = get_n_chars (world);
  gint64 value = raw & 0xffffff;

  switch (raw >> 29)
    {
    case 0:
      return 0;

    case 1:
      return n_chars;

    case 2:
      return n_chars + (gint64) world_pick_count (world, 0, raw << 3) / 4;

    case 3:
      return MAX (n_chars - value % 20, 0);

    default:
      return value % (n_chars + 1);
    }
}

static void
begin (World *world)
{
  Text *self = g_new0 (Text, 1);

  self->stream = spool_text_stream_new_for_buffer (world->buffer);
  world->extra = self;
}

/* What was stopped by the kernel may have left half a character, with which no
 * text stream could go on.
 */
static void
mend (World *world)
{
  faults_pause ();
  memset (world->content->data, '.', world->content->len);
  if (!spool_buffer_write (world->buffer, 0, world->content->data, world->content->len,
                           NULL, NULL))
    world_fail (world, "cannot be mended");
  faults_resume ();
}

/* Where a text goes to. */
typedef struct
{
  GString *text;
  gint64   n_chars;
  goffset  offset;   /* of what is replaced, which may lie past the end */
  goffset  length;
  gboolean in_place; /* it is a write as any other */
  int      due;
} TextWrite;

static TextWrite
pick_text_write (World      *world,
                 const Step *step)
{
  Text *self = world->extra;
  gint64 gap = MAX (self->position - get_n_chars (world), 0);
  TextWrite w;
  goffset count, new_size;
  gboolean at_end;

  w.text = make_text (world, step->b, step->c);
  w.n_chars = count_chars ((const guint8 *) w.text->str, w.text->len);
  w.offset = find_char (world, self->position) + gap;
  w.length = gap > 0 ? 0 : find_char (world, self->position + w.n_chars) - w.offset;
  w.due = DUE_NOTHING;

  count = (goffset) w.text->len;
  new_size = MAX (w.offset, world_size (world)) - w.length + count;
  at_end = w.offset + w.length >= world_size (world);
  w.in_place = count == w.length ||
               (at_end && count > w.length &&
                (w.length == 0 || count <= SPOOL_WINDOW_SIZE || !world->rolled ||
                 world->shared));

  if (count == 0)
    ;
  else if (!w.in_place && world->rolled && world->shared)
    w.due = G_IO_ERROR_NOT_SUPPORTED;
  else
    w.due = world_due (world, new_size);

  return w;
}

static void
end_text_write (World     *world,
                TextWrite *w,
                gboolean   ok,
                GError    *error)
{
  Text *self = world->extra;
  g_autoptr(GString) text = g_steal_pointer (&w->text);

  if (world_result (world, ok, error, w->due))
    {
      if (text->len == 0)
        return;

      if (w->in_place)
        world_written (world, w->offset, text->str, text->len);
      else
        world_replaced (world, w->offset, w->length, text->str, text->len);
      self->position += w->n_chars;
    }
  else if (w->in_place)
    {
      g_autoptr(GBytes) before = g_bytes_new (world->content->data, world->content->len);

      world_stopped (world, w->offset, text->str, text->len);
      if (g_bytes_get_size (before) > 0 &&
          memcmp (g_bytes_get_data (before, NULL), world->content->data,
                  world->content->len) != 0 && world_check (world))
        mend (world);
    }
}

static void
run_text_write (World      *world,
                const Step *step)
{
  Text *self = world->extra;
  TextWrite w = pick_text_write (world, step);
  GError *error = NULL;
  gboolean ok = spool_text_stream_write (self->stream, w.text->str, (gssize) w.text->len,
                                         NULL, &error);

  end_text_write (world, &w, ok, error);
}

static void
run_text_write_async (World      *world,
                      const Step *step)
{
  Text *self = world->extra;
  TextWrite w = pick_text_write (world, step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  spool_text_stream_write_async (self->stream, w.text->str, (gssize) w.text->len,
                                 G_PRIORITY_DEFAULT, NULL, world_ready, &result);
  world_wait (&result);
  ok = spool_text_stream_write_finish (self->stream, result, &error);

  end_text_write (world, &w, ok, error);
}

/* Other streams write text too, as bytes and anywhere but within one. */
static void
run_append_text (World      *world,
                 const Step *step)
{
  g_autoptr(GString) text = make_text (world, step->b, step->c);
  int due = text->len > 0 ? world_due (world, world_size (world) + (goffset) text->len)
                          : DUE_NOTHING;
  GError *error = NULL;
  gboolean ok = spool_buffer_append (world->buffer, text->str, text->len, NULL, &error);

  if (world_result (world, ok, error, due))
    world_written (world, world_size (world), text->str, text->len);
}

static void
run_text_seek (World      *world,
               const Step *step)
{
  Text *self = world->extra;
  gint64 target = pick_position (world, step->a) - (step->c % 16 == 0 ? 50 : 0);
  GSeekType type = step->b % 3;
  gint64 base = 0;
  GError *error = NULL;
  gboolean ok;

  if (type == G_SEEK_CUR)
    base = self->position;
  else if (type == G_SEEK_END)
    base = get_n_chars (world);

  ok = spool_text_stream_seek (self->stream, target - base, type, NULL, &error);
  if (world_result (world, ok, error, target < 0 ? G_IO_ERROR_INVALID_ARGUMENT : DUE_NOTHING))
    self->position = target;
}

static void
run_text_truncate (World      *world,
                   const Step *step)
{
  Text *self = world->extra;
  gint64 n_chars = pick_position (world, step->a);
  goffset size = find_char (world, n_chars) + MAX (n_chars - get_n_chars (world), 0);
  GError *error = NULL;
  gboolean ok = spool_text_stream_truncate (self->stream, n_chars, NULL, &error);

  if (world_result (world, ok, error, world_due (world, size)))
    world_resized (world, size);
}

/* Takes @text. */
static void
end_text_read (World   *world,
               gint64   end,
               char    *text,
               gsize    length,
               GError  *error)
{
  Text *self = world->extra;
  goffset start = find_char (world, self->position);
  goffset stop = MAX (find_char (world, end), start);

  if (text == NULL && error == NULL && start == stop)
    return;

  if (world_result (world, text != NULL, error, DUE_NOTHING))
    {
      if (length != (gsize) (stop - start) ||
          (length > 0 && memcmp (text, world->content->data + start, length) != 0))
        world_fail (world, "another text was read, of %" G_GSIZE_FORMAT " bytes and not %"
                    G_GOFFSET_FORMAT, length, stop - start);
      else if (text[length] != '\0')
        world_fail (world, "the text does not end");
      self->position += count_chars ((const guint8 *) text, length);
    }

  g_free (text);
}

static gint64
pick_n_chars (World      *world,
              const Step *step)
{
  return step->c % 8 == 0 ? -1 : (gint64) world_pick_count (world, 0, step->b);
}

static gint64
get_read_end (World  *world,
              gint64  n_chars)
{
  Text *self = world->extra;

  return n_chars < 0 ? G_MAXINT64 : self->position + n_chars;
}

static void
run_text_read (World      *world,
               const Step *step)
{
  Text *self = world->extra;
  gint64 n_chars = pick_n_chars (world, step);
  GError *error = NULL;
  gsize length = 0;
  char *text = spool_text_stream_read (self->stream, n_chars, &length, NULL, &error);

  end_text_read (world, get_read_end (world, n_chars), text, length, error);
}

static void
run_text_read_async (World      *world,
                     const Step *step)
{
  Text *self = world->extra;
  gint64 n_chars = pick_n_chars (world, step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gsize length = 0;
  char *text;

  spool_text_stream_read_async (self->stream, n_chars, G_PRIORITY_DEFAULT, NULL,
                                world_ready, &result);
  world_wait (&result);
  text = spool_text_stream_read_finish (self->stream, result, &length, &error);

  end_text_read (world, get_read_end (world, n_chars), text, length, error);
}

static gint64
get_line_end (World *world)
{
  Text *self = world->extra;
  gsize start = (gsize) find_char (world, self->position);
  const guint8 *newline = NULL;

  if (start < world->content->len)
    newline = memchr (world->content->data + start, '\n', world->content->len - start);
  if (newline == NULL)
    return G_MAXINT64;

  return self->position + count_chars (world->content->data + start,
                                       (gsize) (newline + 1 - world->content->data) - start);
}

static void
run_text_read_line (World      *world,
                    const Step *step)
{
  Text *self = world->extra;
  gint64 end = get_line_end (world);
  GError *error = NULL;
  gsize length = 0;
  char *text = spool_text_stream_read_line (self->stream, &length, NULL, &error);

  end_text_read (world, end, text, length, error);
}

static void
run_text_read_line_async (World      *world,
                          const Step *step)
{
  Text *self = world->extra;
  gint64 end = get_line_end (world);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gsize length = 0;
  char *text;

  spool_text_stream_read_line_async (self->stream, G_PRIORITY_DEFAULT, NULL,
                                     world_ready, &result);
  world_wait (&result);
  text = spool_text_stream_read_line_finish (self->stream, result, &length, &error);

  end_text_read (world, end, text, length, error);
}

static void
run_text_get_length (World      *world,
                     const Step *step)
{
  Text *self = world->extra;
  GError *error = NULL;
  gint64 n_chars = spool_text_stream_get_length (self->stream, NULL, &error);

  if (world_result (world, n_chars >= 0, error, DUE_NOTHING) &&
      n_chars != get_n_chars (world))
    world_fail (world, "the length is %" G_GINT64_FORMAT " and not %" G_GINT64_FORMAT,
                n_chars, get_n_chars (world));
}

static void
run_text_dup (World      *world,
              const Step *step)
{
  Text *self = world->extra;
  GError *error = NULL;
  gsize length = 0;
  g_autofree char *text = spool_text_stream_dup_text (self->stream, &length, NULL, &error);

  if (world_result (world, text != NULL, error, DUE_NOTHING) &&
      (length != world->content->len ||
       (length > 0 && memcmp (text, world->content->data, length) != 0)))
    world_fail (world, "another text was copied");
}

static void
check (World *world)
{
  Text *self = world->extra;

  if (spool_text_stream_tell (self->stream) != self->position)
    world_fail (world, "is at %" G_GINT64_FORMAT " and not at %" G_GINT64_FORMAT,
                spool_text_stream_tell (self->stream), self->position);
}

/* What the stream remembers of the text is true. */
static void
end (World *world)
{
  const Step step = { 0 };

  run_text_get_length (world, &step);
  run_text_dup (world, &step);
  run_text_read (world, &step);
}

static void
clear (World *world)
{
  Text *self = world->extra;

  g_clear_object (&self->stream);
  g_free (self);
}

static const Op text_ops[] = {
  { "append-text", 4, run_append_text },
  { "drop-bytes", 1, run_drop_bytes },
  { "dup-fd", 1, run_dup_fd },
  { "flush", 1, run_flush },
  { "get-bytes", 2, run_get_bytes },
  { "read", 1, run_read },
  { "reset", 1, run_reset },
  { "roll-over", 1, run_roll_over },
  { "set-size-limit", 1, run_set_size_limit },
  { "text-dup", 1, run_text_dup },
  { "text-get-length", 2, run_text_get_length },
  { "text-read", 4, run_text_read },
  { "text-read-async", 1, run_text_read_async },
  { "text-read-line", 4, run_text_read_line },
  { "text-read-line-async", 1, run_text_read_line_async },
  { "text-seek", 10, run_text_seek },
  { "text-truncate", 4, run_text_truncate },
  { "text-write", 16, run_text_write },
  { "text-write-async", 1, run_text_write_async },
};

const OpSet text_set = {
  .name = "text",
  .ops = text_ops,
  .n_ops = G_N_ELEMENTS (text_ops),
  .n_cases = 20,
  .not_named = TRUE,
  .begin = begin,
  .check = check,
  .end = end,
  .clear = clear,
};
