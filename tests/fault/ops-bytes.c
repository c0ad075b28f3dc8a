/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "source.h"
#include "world.h"

#include <string.h>
#include <unistd.h>

/* The operations of a SpoolBuffer and of the byte streams on it. */

/* Where a write goes to and what it writes. */
typedef struct
{
  goffset       offset;
  const guint8 *data;
  gsize         count;
  int           due;
} Write;

static Write
pick_write (World      *world,
            goffset     offset,
            const Step *step)
{
  Write w;

  w.offset = offset;
  w.count = world_pick_count (world, offset, step->b);
  w.data = world_data (step->c, w.count);
  w.due = w.count > 0 ? world_due (world, offset + (goffset) w.count) : DUE_NOTHING;

  return w;
}

/* A write that is whole or has failed. */
static void
end_write (World       *world,
           const Write *w,
           gboolean     ok,
           GError      *error)
{
  if (world_result (world, ok, error, w->due))
    world_written (world, w->offset, w->data, w->count);
  else
    world_stopped (world, w->offset, w->data, w->count);
}

void
run_write (World      *world,
           const Step *step)
{
  Write w = pick_write (world, world_pick_offset (world, step->a), step);
  GError *error = NULL;
  gboolean ok = spool_buffer_write (world->buffer, w.offset, w.data, w.count, NULL, &error);

  end_write (world, &w, ok, error);
}

static void
run_write_bytes (World      *world,
                 const Step *step)
{
  Write w = pick_write (world, world_pick_offset (world, step->a), step);
  g_autoptr(GBytes) bytes = g_bytes_new_static (w.data, w.count);
  GError *error = NULL;
  gboolean ok = spool_buffer_write_bytes (world->buffer, w.offset, bytes, NULL, &error);

  end_write (world, &w, ok, error);
}

void
run_append (World      *world,
            const Step *step)
{
  Write w = pick_write (world, world_size (world), step);
  GError *error = NULL;
  gboolean ok = spool_buffer_append (world->buffer, w.data, w.count, NULL, &error);

  end_write (world, &w, ok, error);
}

static void
run_append_bytes (World      *world,
                  const Step *step)
{
  Write w = pick_write (world, world_size (world), step);
  g_autoptr(GBytes) bytes = g_bytes_new_static (w.data, w.count);
  GError *error = NULL;
  gboolean ok = spool_buffer_append_bytes (world->buffer, bytes, NULL, &error);

  end_write (world, &w, ok, error);
}

static void
run_append_bytes_async (World      *world,
                        const Step *step)
{
  Write w = pick_write (world, world_size (world), step);
  g_autoptr(GBytes) bytes = g_bytes_new_static (w.data, w.count);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  spool_buffer_append_bytes_async (world->buffer, bytes, G_PRIORITY_DEFAULT, NULL,
                                   world_ready, &result);
  world_wait (&result);
  ok = spool_buffer_append_bytes_finish (world->buffer, result, &error);

  end_write (world, &w, ok, error);
}

/* Where it would have to block it is made to, so that the content does not
 * depend on where the bytes are. On disk the window may take it.
 */
static void
run_write_nonblocking (World      *world,
                       const Step *step)
{
  Write w = pick_write (world, world_pick_offset (world, step->a), step);
  goffset end = w.offset + (goffset) w.count;
  int limit_due = w.due;
  GError *error = NULL;
  gboolean ok;

  if (world->rolled)
    w.due = G_IO_ERROR_WOULD_BLOCK;
  else if (w.count > 0 && w.due == DUE_NOTHING && world->threshold >= 0 &&
           end > world->threshold && end > world_size (world))
    w.due = G_IO_ERROR_WOULD_BLOCK;

  ok = spool_buffer_write_nonblocking (world->buffer, w.offset, w.data, w.count, &error);
  if (world->rolled && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    w.due = limit_due;
  if (w.due != G_IO_ERROR_WOULD_BLOCK)
    {
      end_write (world, &w, ok, error);
      return;
    }

  world_result (world, ok, error, w.due);
  world_check (world);

  w.due = limit_due;
  error = NULL;
  ok = spool_buffer_write (world->buffer, w.offset, w.data, w.count, NULL, &error);
  end_write (world, &w, ok, error);
}

void
run_truncate (World      *world,
              const Step *step)
{
  goffset size = world_pick_offset (world, step->a);
  int due = world_due (world, size);
  GError *error = NULL;
  gboolean ok = spool_buffer_truncate (world->buffer, size, NULL, &error);

  if (world_result (world, ok, error, due))
    world_resized (world, size);
}

static goffset
pick_reserve (World      *world,
              const Step *step)
{
  return world_pick_offset (world, step->a) +
         (goffset) world_pick_count (world, 0, step->b);
}

static void
end_reserve (World    *world,
             goffset   size,
             gboolean  ok,
             GError   *error)
{
  if (world_result (world, ok, error, world_due (world, size)) &&
      world->threshold >= 0 && size > world->threshold && size > world_size (world))
    world->rolled = TRUE;
}

static void
run_reserve (World      *world,
             const Step *step)
{
  goffset size = pick_reserve (world, step);
  GError *error = NULL;
  gboolean ok = spool_buffer_reserve (world->buffer, size, NULL, &error);

  end_reserve (world, size, ok, error);
}

static void
run_reserve_async (World      *world,
                   const Step *step)
{
  goffset size = pick_reserve (world, step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  spool_buffer_reserve_async (world->buffer, size, G_PRIORITY_DEFAULT, NULL,
                              world_ready, &result);
  world_wait (&result);
  ok = spool_buffer_reserve_finish (world->buffer, result, &error);

  end_reserve (world, size, ok, error);
}

void
run_roll_over (World      *world,
               const Step *step)
{
  GError *error = NULL;
  gboolean ok = spool_buffer_roll_over (world->buffer, NULL, &error);

  if (world_result (world, ok, error, DUE_NOTHING))
    world->rolled = TRUE;
}

static void
run_roll_over_async (World      *world,
                     const Step *step)
{
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  spool_buffer_roll_over_async (world->buffer, G_PRIORITY_DEFAULT, NULL,
                                world_ready, &result);
  world_wait (&result);
  ok = spool_buffer_roll_over_finish (world->buffer, result, &error);

  if (world_result (world, ok, error, DUE_NOTHING))
    world->rolled = TRUE;
}

/* A pool that needs the room. In a crowd it would be that of the others too. */
static void
run_pool_trim (World      *world,
               const Step *step)
{
  GError *error = NULL;
  gboolean ok;

  if (world->config.crowded || spool_buffer_get_pool (world->buffer) == NULL)
    return;

  ok = spool_pool_trim (world_get_pool (), 0, NULL, &error);
  if (world_result (world, ok, error, DUE_NOTHING) &&
      world->threshold != SPOOL_THRESHOLD_NEVER && world_size (world) > 0)
    world->rolled = TRUE;
}

void
run_flush (World      *world,
           const Step *step)
{
  GError *error = NULL;
  gboolean ok = spool_buffer_flush (world->buffer, NULL, &error);

  world_result (world, ok, error, DUE_NOTHING);
}

void
run_reset (World      *world,
           const Step *step)
{
  GError *error = NULL;
  gboolean ok = spool_buffer_reset (world->buffer, NULL, &error);

  if (world_result (world, ok, error, DUE_NOTHING))
    {
      world_resized (world, 0);
      world_forget_fds (world);
      world->rolled = FALSE;
      world->shared = spool_buffer_get_named (world->buffer);
    }
}

/* Closed, and on with the same bytes. */
static void
run_close (World      *world,
           const Step *step)
{
  GError *error = NULL;
  gboolean ok = spool_buffer_close (world->buffer, NULL, &error);

  world_result (world, ok, error, DUE_NOTHING);

  error = NULL;
  ok = spool_buffer_append (world->buffer, "x", 1, NULL, &error);
  world_result (world, ok, error, G_IO_ERROR_CLOSED);

  error = NULL;
  ok = spool_buffer_truncate (world->buffer, 0, NULL, &error);
  world_result (world, ok, error, G_IO_ERROR_CLOSED);

  if (spool_buffer_get_size (world->buffer) != 0 ||
      spool_buffer_get_rolled_over (world->buffer))
    world_fail (world, "a closed buffer has something");

  world_reopen (world, step->a % 2 != 0);
}

void
run_set_size_limit (World      *world,
                    const Step *step)
{
  world->size_limit = step->a % 3 == 0 ? world_pick_offset (world, step->b) +
                                         (goffset) world_pick_count (world, 0, step->c)
                                       : -1;
  spool_buffer_set_size_limit (world->buffer, world->size_limit);
}

static void
take_snapshot (World      *world,
               const Step *step,
               GBytes     *bytes,
               GError     *error)
{
  Snapshot *snapshot = &world->snapshots[step->a % N_SNAPSHOTS];

  if (!world_result (world, bytes != NULL, error, DUE_NOTHING))
    return;

  g_clear_pointer (&snapshot->bytes, g_bytes_unref);
  g_clear_pointer (&snapshot->expected, g_bytes_unref);
  snapshot->bytes = bytes;
  snapshot->expected = g_bytes_new (world->content->data, world->content->len);
}

void
run_get_bytes (World      *world,
               const Step *step)
{
  GError *error = NULL;
  GBytes *bytes = spool_buffer_get_bytes (world->buffer, NULL, &error);

  take_snapshot (world, step, bytes, error);
}

static void
run_get_bytes_async (World      *world,
                     const Step *step)
{
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  GBytes *bytes;

  spool_buffer_get_bytes_async (world->buffer, G_PRIORITY_DEFAULT, NULL,
                                world_ready, &result);
  world_wait (&result);
  bytes = spool_buffer_get_bytes_finish (world->buffer, result, &error);

  take_snapshot (world, step, bytes, error);
}

void
run_drop_bytes (World      *world,
                const Step *step)
{
  Snapshot *snapshot = &world->snapshots[step->a % N_SNAPSHOTS];

  g_clear_pointer (&snapshot->bytes, g_bytes_unref);
  g_clear_pointer (&snapshot->expected, g_bytes_unref);
}

static void
check_read (World      *world,
            goffset     offset,
            gsize       count,
            const void *data,
            gssize      n,
            GError     *error)
{
  goffset left = MAX (world_size (world) - offset, 0);

  if (!world_result (world, n >= 0, error, DUE_NOTHING))
    return;

  if (n != MIN ((gssize) count, left))
    world_fail (world, "%" G_GSSIZE_FORMAT " bytes of %" G_GSIZE_FORMAT " were read with %"
                G_GOFFSET_FORMAT " left", n, count, left);
  else if (n > 0 && memcmp (data, world->content->data + offset, (gsize) n) != 0)
    world_fail (world, "other bytes were read");
}

void
run_read (World      *world,
          const Step *step)
{
  goffset offset = world_pick_offset (world, step->a);
  gsize count = world_pick_count (world, offset, step->b);
  g_autofree guint8 *data = count > 0 ? g_malloc (count) : NULL;
  GError *error = NULL;
  gssize n = spool_buffer_read (world->buffer, offset, data, count, NULL, &error);

  check_read (world, offset, count, data, n, error);
}

static void
run_read_array (World      *world,
                const Step *step)
{
  goffset offset = world_pick_offset (world, step->a);
  gsize count = world_pick_count (world, offset, step->b);
  GError *error = NULL;
  gsize n = 0;
  g_autofree guint8 *data = spool_buffer_read_array (world->buffer, offset, count, &n,
                                                     NULL, &error);

  check_read (world, offset, count, data, data != NULL ? (gssize) n : -1, error);
}

static void
check_read_bytes (World   *world,
                  goffset  offset,
                  gsize    count,
                  GBytes  *bytes,
                  GError  *error)
{
  gsize n = 0;
  const void *data = bytes != NULL ? g_bytes_get_data (bytes, &n) : NULL;

  check_read (world, offset, count, data, bytes != NULL ? (gssize) n : -1, error);
  g_clear_pointer (&bytes, g_bytes_unref);
}

static void
run_read_bytes (World      *world,
                const Step *step)
{
  goffset offset = world_pick_offset (world, step->a);
  gsize count = world_pick_count (world, offset, step->b);
  GError *error = NULL;
  GBytes *bytes = spool_buffer_read_bytes (world->buffer, offset, count, NULL, &error);

  check_read_bytes (world, offset, count, bytes, error);
}

static void
run_read_bytes_async (World      *world,
                      const Step *step)
{
  goffset offset = world_pick_offset (world, step->a);
  gsize count = world_pick_count (world, offset, step->b);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  GBytes *bytes;

  spool_buffer_read_bytes_async (world->buffer, offset, count, G_PRIORITY_DEFAULT, NULL,
                                 world_ready, &result);
  world_wait (&result);
  bytes = spool_buffer_read_bytes_finish (world->buffer, result, &error);

  check_read_bytes (world, offset, count, bytes, error);
}

/* A splice, of which what arrived before an error stays. */
typedef struct
{
  Write         w;
  GInputStream *source;
} Splice;

static Splice
pick_splice (World      *world,
             goffset     offset,
             const Step *step)
{
  Splice splice;

  splice.w = pick_write (world, offset, step);
  splice.source = source_new (splice.w.data, splice.w.count,
                              step->a % 100 + splice.w.count / 6 + 1, step->a % 7 == 0);
  if (source_is_brittle (splice.source) && splice.w.due == DUE_NOTHING)
    splice.w.due = SOURCE_ERROR;

  return splice;
}

static gsize
end_splice (World   *world,
            Splice  *splice,
            gssize   total,
            goffset  arrived,
            GError  *error)
{
  Write *w = &splice->w;

  g_clear_object (&splice->source);

  if (arrived < 0 || arrived > (goffset) w->count)
    {
      g_clear_error (&error);
      world_fail (world, "%" G_GOFFSET_FORMAT " bytes of %" G_GSIZE_FORMAT " have arrived",
                  arrived, w->count);
      return 0;
    }

  if (world_result (world, total >= 0, error, w->due) &&
      (total != (gssize) w->count || arrived != total))
    world_fail (world, "spliced %" G_GSSIZE_FORMAT " of %" G_GSIZE_FORMAT
                " bytes, and %" G_GOFFSET_FORMAT " are there", total, w->count, arrived);

  world_written (world, w->offset, w->data, (gsize) arrived);

  return (gsize) arrived;
}

static void
run_splice_from (World      *world,
                 const Step *step)
{
  Splice splice = pick_splice (world, world_size (world), step);
  GError *error = NULL;
  gssize total;

  total = spool_buffer_splice_from (world->buffer, splice.source,
                                    step->a % 2 ? G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE : 0,
                                    NULL, &error);
  faults_pause ();
  end_splice (world, &splice, total,
              spool_buffer_get_size (world->buffer) - world_size (world), error);
  faults_resume ();
}

static void
run_splice_from_async (World      *world,
                       const Step *step)
{
  Splice splice = pick_splice (world, world_size (world), step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize total;

  spool_buffer_splice_from_async (world->buffer, splice.source,
                                  step->a % 2 ? G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE : 0,
                                  G_PRIORITY_DEFAULT, NULL, world_ready, &result);
  world_wait (&result);
  total = spool_buffer_splice_from_finish (world->buffer, result, &error);

  faults_pause ();
  end_splice (world, &splice, total,
              spool_buffer_get_size (world->buffer) - world_size (world), error);
  faults_resume ();
}

void
run_dup_fd (World      *world,
            const Step *step)
{
  gsize i = step->a % N_FDS;
  gboolean writable = step->b % 3 == 0;
  gboolean remote = world->directory != NULL && !g_file_is_native (world->directory);
  GError *error = NULL;
  int fd;

  if (world->fds[i] >= 0)
    close (world->fds[i]);

  fd = spool_buffer_dup_fd (world->buffer, writable, NULL, &error);
  world->fds[i] = fd;
  world->fd_writable[i] = writable;
  faults_give_away (fd);

  if (world_result (world, fd >= 0, error, remote ? G_IO_ERROR_NOT_SUPPORTED : DUE_NOTHING))
    {
      world->rolled = TRUE;
      if (writable)
        world->shared = TRUE;
    }
  else if (spool_buffer_get_rolled_over (world->buffer))
    {
      /* It is two steps, of which the first may have succeeded. */
      world->rolled = TRUE;
    }
}

/* After a flush who has a descriptor or the name sees every byte. */
static void
run_look_into_file (World      *world,
                    const Step *step)
{
  g_autoptr(GFile) file = NULL;
  GError *error = NULL;
  gboolean ok = spool_buffer_flush (world->buffer, NULL, &error);

  if (!world_result (world, ok, error, DUE_NOTHING))
    return;

  faults_pause ();
  for (gsize i = 0; i < N_FDS; i++)
    {
      if (world->fds[i] >= 0 && !world_is_content (world, world->fds[i]))
        world_fail (world, "a descriptor shows something else");
    }

  file = spool_buffer_get_file (world->buffer);
  if (file != NULL && g_file_is_native (file))
    {
      g_autofree char *data = NULL;
      gsize length;

      if (!g_file_load_contents (file, NULL, &data, &length, NULL, NULL) ||
          length != world->content->len ||
          (length > 0 && memcmp (data, world->content->data, length) != 0))
        world_fail (world, "the file with a name has something else");
    }
  faults_resume ();
}

/* Another process writes to the file. What failed writes have left in it has to
 * be cleared up before, since nobody could tell one from the other.
 */
static void
run_write_to_fd (World      *world,
                 const Step *step)
{
  gsize i = step->c % N_FDS;
  Write w = pick_write (world, world_pick_offset (world, step->a), step);
  int ret;

  if (world->fds[i] < 0 || !world->fd_writable[i])
    return;

  faults_pause ();
  spool_buffer_flush (world->buffer, NULL, NULL);
  faults_resume ();

  if (step->b % 5 == 0)
    {
      goffset size = MIN (w.offset, world_size (world));

      ret = ftruncate (world->fds[i], size);
      g_assert (ret == 0);
      world_resized (world, size);
    }
  else if (w.count > 0)
    {
      gssize n = pwrite (world->fds[i], w.data, w.count, w.offset);

      g_assert (n == (gssize) w.count);
      world_written (world, w.offset, w.data, w.count);
    }
}

static void
run_close_fd (World      *world,
              const Step *step)
{
  gsize i = step->a % N_FDS;

  if (world->fds[i] >= 0)
    close (world->fds[i]);
  world->fds[i] = -1;
}

static void
run_equal (World      *world,
           const Step *step)
{
  g_autoptr(SpoolBuffer) other = spool_buffer_new_with_threshold (step->a % 2 ? 0 : -1);
  gboolean differs = step->b % 3 == 0 && world->content->len > 0;
  GError *error = NULL;
  gboolean equal;

  faults_pause ();
  spool_buffer_set_directory (other, world->directory);
  spool_buffer_append (other, world->content->data, world->content->len, NULL, NULL);
  if (differs)
    {
      goffset offset = (goffset) step->c % world_size (world);
      guint8 byte = world->content->data[offset] ^ 1;

      spool_buffer_write (other, offset, &byte, 1, NULL, NULL);
    }
  faults_resume ();

  if (step->b % 2)
    equal = spool_buffer_equal (world->buffer, other, NULL, &error);
  else
    equal = spool_buffer_equal (other, world->buffer, NULL, &error);

  if (error != NULL)
    world_result (world, equal, error, DUE_NOTHING);
  else if (equal == differs)
    world_fail (world, "the comparison says %d", equal);

  /* Closing is part of what can fail. */
  g_clear_object (&other);
}

static GOutputStream *
get_output (World *world)
{
  if (world->output.stream == NULL)
    {
      world->output.stream = spool_memory_output_stream_new_for_buffer (world->buffer);
      world->output.position = 0;
      world->output.append = FALSE;
    }

  return world->output.stream;
}

static GInputStream *
get_input (World *world)
{
  if (world->input.stream == NULL)
    {
      world->input.stream = spool_memory_input_stream_new_for_buffer (world->buffer);
      world->input.position = 0;
    }

  return world->input.stream;
}

static GIOStream *
get_io (World *world)
{
  if (world->io.stream == NULL)
    {
      world->io.stream = spool_io_stream_new_for_buffer (world->buffer);
      world->io.position = 0;
    }

  return world->io.stream;
}

static goffset
get_write_offset (World  *world,
                  Cursor *cursor)
{
  return cursor->append ? world_size (world) : cursor->position;
}

/* A write of a stream, which may be short where the disk is full. */
static void
end_stream_write (World   *world,
                  Cursor  *cursor,
                  Write   *w,
                  gboolean ok,
                  gsize    written,
                  GError  *error)
{
  if (written > w->count)
    {
      g_clear_error (&error);
      world_fail (world, "wrote %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes",
                  written, w->count);
      return;
    }

  if (world_result (world, ok, error, w->due) && written < w->count &&
      !world_has_fired (world))
    world_fail (world, "was cut short without a fault");

  world_written (world, w->offset, w->data, written);
  if (written > 0)
    cursor->position = w->offset + (goffset) written;
}

static void
write_to_stream (World         *world,
                 Cursor        *cursor,
                 GOutputStream *stream,
                 const Step    *step)
{
  Write w = pick_write (world, get_write_offset (world, cursor), step);
  GError *error = NULL;
  gssize n = g_output_stream_write (stream, w.data, w.count, NULL, &error);

  end_stream_write (world, cursor, &w, n >= 0, n > 0 ? (gsize) n : 0, error);
}

static void
run_stream_write (World      *world,
                  const Step *step)
{
  write_to_stream (world, &world->output, get_output (world), step);
}

static void
run_stream_write_async (World      *world,
                        const Step *step)
{
  GOutputStream *stream = get_output (world);
  Write w = pick_write (world, get_write_offset (world, &world->output), step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize n;

  g_output_stream_write_async (stream, w.data, w.count, G_PRIORITY_DEFAULT, NULL,
                               world_ready, &result);
  world_wait (&result);
  n = g_output_stream_write_finish (stream, result, &error);

  end_stream_write (world, &world->output, &w, n >= 0, n > 0 ? (gsize) n : 0, error);
}

static void
run_stream_write_all (World      *world,
                      const Step *step)
{
  GOutputStream *stream = get_output (world);
  Write w = pick_write (world, get_write_offset (world, &world->output), step);
  GError *error = NULL;
  gsize written = 0;
  gboolean ok = g_output_stream_write_all (stream, w.data, w.count, &written, NULL, &error);

  if (ok && written < w.count)
    world_fail (world, "not all was written");
  end_stream_write (world, &world->output, &w, ok, written, error);
}

static void
make_vectors (const Write   *w,
              guint32        raw,
              GOutputVector  vectors[3])
{
  gsize first = w->count > 0 ? raw % w->count : 0;
  gsize second = (w->count - first) / 2;

  vectors[0] = (GOutputVector) { w->data, first };
  vectors[1] = (GOutputVector) { w->data + first, second };
  vectors[2] = (GOutputVector) { w->data + first + second, w->count - first - second };
}

static void
run_stream_writev (World      *world,
                   const Step *step)
{
  GOutputStream *stream = get_output (world);
  Write w = pick_write (world, get_write_offset (world, &world->output), step);
  GOutputVector vectors[3];
  GError *error = NULL;
  gsize written = 0;
  gboolean ok;

  make_vectors (&w, step->a, vectors);
  ok = g_output_stream_writev (stream, vectors, G_N_ELEMENTS (vectors), &written, NULL,
                               &error);

  end_stream_write (world, &world->output, &w, ok, written, error);
}

static void
run_stream_writev_async (World      *world,
                         const Step *step)
{
  GOutputStream *stream = get_output (world);
  Write w = pick_write (world, get_write_offset (world, &world->output), step);
  g_autoptr(GAsyncResult) result = NULL;
  GOutputVector vectors[3];
  GError *error = NULL;
  gsize written = 0;
  gboolean ok;

  make_vectors (&w, step->a, vectors);
  g_output_stream_writev_async (stream, vectors, G_N_ELEMENTS (vectors), G_PRIORITY_DEFAULT,
                                NULL, world_ready, &result);
  world_wait (&result);
  ok = g_output_stream_writev_finish (stream, result, &written, &error);

  end_stream_write (world, &world->output, &w, ok, written, error);
}

static void
end_stream_splice (World   *world,
                   Splice  *splice,
                   gssize   total,
                   GError  *error)
{
  goffset position = g_seekable_tell (G_SEEKABLE (world->output.stream));
  goffset arrived;

  /* One that appends may not move though bytes arrive. */
  faults_pause ();
  if (world->output.append)
    arrived = spool_buffer_get_size (world->buffer) - world_size (world);
  else
    arrived = position - splice->w.offset;
  faults_resume ();

  if (end_splice (world, splice, total, arrived, error) > 0)
    world->output.position = splice->w.offset + arrived;
}

static void
run_stream_splice (World      *world,
                   const Step *step)
{
  GOutputStream *stream = get_output (world);
  Splice splice = pick_splice (world, get_write_offset (world, &world->output), step);
  GError *error = NULL;
  gssize total = g_output_stream_splice (stream, splice.source, 0, NULL, &error);

  end_stream_splice (world, &splice, total, error);
}

static void
run_stream_splice_async (World      *world,
                         const Step *step)
{
  GOutputStream *stream = get_output (world);
  Splice splice = pick_splice (world, get_write_offset (world, &world->output), step);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize total;

  g_output_stream_splice_async (stream, splice.source, 0, G_PRIORITY_DEFAULT, NULL,
                                world_ready, &result);
  world_wait (&result);
  total = g_output_stream_splice_finish (stream, result, &error);

  end_stream_splice (world, &splice, total, error);
}

static void
run_stream_flush (World      *world,
                  const Step *step)
{
  GOutputStream *stream = get_output (world);
  GError *error = NULL;
  gboolean ok = g_output_stream_flush (stream, NULL, &error);

  world_result (world, ok, error, DUE_NOTHING);
}

static void
run_stream_flush_async (World      *world,
                        const Step *step)
{
  GOutputStream *stream = get_output (world);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  g_output_stream_flush_async (stream, G_PRIORITY_DEFAULT, NULL, world_ready, &result);
  world_wait (&result);
  ok = g_output_stream_flush_finish (stream, result, &error);

  world_result (world, ok, error, DUE_NOTHING);
}

static void
run_stream_set_append (World      *world,
                       const Step *step)
{
  SpoolMemoryOutputStream *stream = SPOOL_MEMORY_OUTPUT_STREAM (get_output (world));

  world->output.append = step->a % 3 == 0;
  spool_memory_output_stream_set_append (stream, world->output.append);
}

static void
seek (World      *world,
      Cursor     *cursor,
      const Step *step)
{
  goffset target = world_pick_offset (world, step->a) - (step->c % 16 == 0 ? 50 : 0);
  GSeekType type = step->b % 3;
  goffset base = 0;
  GError *error = NULL;
  gboolean ok;

  if (type == G_SEEK_CUR)
    base = cursor->position;
  else if (type == G_SEEK_END)
    base = world_size (world);

  ok = g_seekable_seek (G_SEEKABLE (cursor->stream), target - base, type, NULL, &error);
  if (world_result (world, ok, error, target < 0 ? G_IO_ERROR_INVALID_ARGUMENT : DUE_NOTHING))
    cursor->position = target;
}

static void
truncate_stream (World      *world,
                 Cursor     *cursor,
                 const Step *step)
{
  goffset size = world_pick_offset (world, step->a);
  int due = world_due (world, size);
  GError *error = NULL;
  gboolean ok = g_seekable_truncate (G_SEEKABLE (cursor->stream), size, NULL, &error);

  if (world_result (world, ok, error, due))
    world_resized (world, size);
}

static void
run_stream_seek (World      *world,
                 const Step *step)
{
  get_output (world);
  seek (world, &world->output, step);
}

static void
run_stream_truncate (World      *world,
                     const Step *step)
{
  get_output (world);
  truncate_stream (world, &world->output, step);
}

/* Closed, and its bytes taken: the first time that works they are a snapshot,
 * and the stream has them no more.
 */
static void
run_stream_steal (World      *world,
                  const Step *step)
{
  GOutputStream *stream = get_output (world);
  SpoolMemoryOutputStream *memory = SPOOL_MEMORY_OUTPUT_STREAM (stream);
  GError *error = NULL;
  GBytes *bytes;
  gboolean ok = g_output_stream_close (stream, NULL, &error);

  world_result (world, ok, error, DUE_NOTHING);
  if (!g_output_stream_is_closed (stream))
    world_fail (world, "is not closed");

  error = NULL;
  bytes = spool_memory_output_stream_steal_as_bytes (memory, &error);
  ok = bytes != NULL;
  take_snapshot (world, step, bytes, error);

  if ((spool_memory_output_stream_get_buffer (memory) == NULL) != ok)
    world_fail (world, "the buffer is at the wrong place");

  g_clear_object ((GObject **) &world->output.stream);
}

/* Not closed before it goes. */
static void
run_stream_drop (World      *world,
                 const Step *step)
{
  g_clear_object ((GObject **) &world->output.stream);
  g_clear_object ((GObject **) &world->input.stream);
  g_clear_object ((GObject **) &world->io.stream);
}

static void
read_from_stream (World        *world,
                  Cursor       *cursor,
                  GInputStream *stream,
                  const Step   *step)
{
  gsize count = world_pick_count (world, cursor->position, step->b);
  g_autofree guint8 *data = g_malloc (count + 1);
  GError *error = NULL;
  gssize n = g_input_stream_read (stream, data, count, NULL, &error);

  check_read (world, cursor->position, count, data, n, error);
  if (n > 0)
    cursor->position += n;
}

static void
run_input_read (World      *world,
                const Step *step)
{
  read_from_stream (world, &world->input, get_input (world), step);
}

static void
run_input_read_async (World      *world,
                      const Step *step)
{
  GInputStream *stream = get_input (world);
  gsize count = world_pick_count (world, world->input.position, step->b);
  g_autofree guint8 *data = g_malloc (count + 1);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize n;

  g_input_stream_read_async (stream, data, count, G_PRIORITY_DEFAULT, NULL,
                             world_ready, &result);
  world_wait (&result);
  n = g_input_stream_read_finish (stream, result, &error);

  check_read (world, world->input.position, count, data, n, error);
  if (n > 0)
    world->input.position += n;
}

static void
end_skip (World  *world,
          gsize   count,
          gssize  n,
          GError *error)
{
  goffset left = MAX (world_size (world) - world->input.position, 0);

  if (!world_result (world, n >= 0, error, DUE_NOTHING))
    return;

  if (n != MIN ((gssize) count, left))
    world_fail (world, "skipped %" G_GSSIZE_FORMAT, n);
  world->input.position += n;
}

static void
run_input_skip (World      *world,
                const Step *step)
{
  GInputStream *stream = get_input (world);
  gsize count = world_pick_count (world, world->input.position, step->b);
  GError *error = NULL;
  gssize n = g_input_stream_skip (stream, count, NULL, &error);

  end_skip (world, count, n, error);
}

static void
run_input_skip_async (World      *world,
                      const Step *step)
{
  GInputStream *stream = get_input (world);
  gsize count = world_pick_count (world, world->input.position, step->b);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gssize n;

  g_input_stream_skip_async (stream, count, G_PRIORITY_DEFAULT, NULL, world_ready, &result);
  world_wait (&result);
  n = g_input_stream_skip_finish (stream, result, &error);

  end_skip (world, count, n, error);
}

static void
run_input_seek (World      *world,
                const Step *step)
{
  get_input (world);
  seek (world, &world->input, step);
}

static void
run_io_write (World      *world,
              const Step *step)
{
  write_to_stream (world, &world->io, g_io_stream_get_output_stream (get_io (world)), step);
}

static void
run_io_read (World      *world,
             const Step *step)
{
  read_from_stream (world, &world->io, g_io_stream_get_input_stream (get_io (world)), step);
}

static void
run_io_seek (World      *world,
             const Step *step)
{
  get_io (world);
  seek (world, &world->io, step);
}

static void
run_io_truncate (World      *world,
                 const Step *step)
{
  get_io (world);
  truncate_stream (world, &world->io, step);
}

static void
end_io_close (World    *world,
              gboolean  ok,
              GError   *error)
{
  world_result (world, ok, error, DUE_NOTHING);
  if (!g_io_stream_is_closed (world->io.stream))
    world_fail (world, "is not closed");
  g_clear_object ((GObject **) &world->io.stream);
}

static void
run_io_close (World      *world,
              const Step *step)
{
  GIOStream *stream = get_io (world);
  GError *error = NULL;
  gboolean ok = g_io_stream_close (stream, NULL, &error);

  end_io_close (world, ok, error);
}

static void
run_io_close_async (World      *world,
                    const Step *step)
{
  GIOStream *stream = get_io (world);
  g_autoptr(GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean ok;

  g_io_stream_close_async (stream, G_PRIORITY_DEFAULT, NULL, world_ready, &result);
  world_wait (&result);
  ok = g_io_stream_close_finish (stream, result, &error);
  g_clear_object (&result);

  end_io_close (world, ok, error);
}

static const Op bytes_ops[] = {
  { "append", 12, run_append },
  { "append-bytes", 4, run_append_bytes },
  { "append-bytes-async", 1, run_append_bytes_async },
  { "close", 1, run_close },
  { "close-fd", 1, run_close_fd },
  { "drop-bytes", 3, run_drop_bytes },
  { "dup-fd", 1, run_dup_fd },
  { "equal", 3, run_equal },
  { "flush", 3, run_flush },
  { "get-bytes", 4, run_get_bytes },
  { "get-bytes-async", 1, run_get_bytes_async },
  { "input-read", 3, run_input_read },
  { "input-read-async", 1, run_input_read_async },
  { "input-seek", 3, run_input_seek },
  { "input-skip", 2, run_input_skip },
  { "input-skip-async", 1, run_input_skip_async },
  { "io-close", 1, run_io_close },
  { "io-close-async", 1, run_io_close_async },
  { "io-read", 3, run_io_read },
  { "io-seek", 3, run_io_seek },
  { "io-truncate", 2, run_io_truncate },
  { "io-write", 4, run_io_write },
  { "look-into-file", 2, run_look_into_file },
  { "pool-trim", 2, run_pool_trim },
  { "read", 3, run_read },
  { "read-array", 2, run_read_array },
  { "read-bytes", 1, run_read_bytes },
  { "read-bytes-async", 1, run_read_bytes_async },
  { "reserve", 3, run_reserve },
  { "reserve-async", 1, run_reserve_async },
  { "reset", 2, run_reset },
  { "roll-over", 2, run_roll_over },
  { "roll-over-async", 1, run_roll_over_async },
  { "set-size-limit", 2, run_set_size_limit },
  { "splice-from", 4, run_splice_from },
  { "splice-from-async", 1, run_splice_from_async },
  { "stream-drop", 1, run_stream_drop },
  { "stream-flush", 1, run_stream_flush },
  { "stream-flush-async", 1, run_stream_flush_async },
  { "stream-seek", 4, run_stream_seek },
  { "stream-set-append", 1, run_stream_set_append },
  { "stream-splice", 3, run_stream_splice },
  { "stream-splice-async", 1, run_stream_splice_async },
  { "stream-steal", 2, run_stream_steal },
  { "stream-truncate", 2, run_stream_truncate },
  { "stream-write", 6, run_stream_write },
  { "stream-write-all", 3, run_stream_write_all },
  { "stream-write-async", 1, run_stream_write_async },
  { "stream-writev", 4, run_stream_writev },
  { "stream-writev-async", 1, run_stream_writev_async },
  { "truncate", 6, run_truncate },
  { "write", 14, run_write },
  { "write-bytes", 3, run_write_bytes },
  { "write-nonblocking", 4, run_write_nonblocking },
  { "write-to-fd", 2, run_write_to_fd },
};

const OpSet bytes_set = {
  .name = "bytes",
  .ops = bytes_ops,
  .n_ops = G_N_ELEMENTS (bytes_ops),
  .n_cases = 60,
};
