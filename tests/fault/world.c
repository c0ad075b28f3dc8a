/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "world.h"

#include "remote.h"
#include "tests/test-worker.h"

#include "spool-glib/spool-storage-private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POOL_SIZE (1024 * 1024)

const OpSet *const op_sets[] = {
  &bytes_set,
  &seekable_set,
  &concat_set,
  &text_set,
  &save_set,
  NULL
};

/* Bytes to write, so that making them costs nothing. */
static guint8 *pool;
static GFile *local_directory;

/* All buffers are in one pool, which has no limit: it only counts. */
static SpoolPool *pool_of_buffers;

/* There would be a line for each of very many roll-overs. */
static void
ignore_message (const char     *domain,
                GLogLevelFlags  level,
                const char     *message,
                gpointer        user_data)
{
}

void
world_init (const char *directory)
{
  guint32 x = 2463534242u;

  g_log_set_handler ("Spool", G_LOG_LEVEL_DEBUG, ignore_message, NULL);

  pool = g_malloc (POOL_SIZE);
  for (gsize i = 0; i < POOL_SIZE; i++)
    {
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      pool[i] = (guint8) x;
    }

  local_directory = g_file_new_for_path (directory);
  pool_of_buffers = spool_pool_new (-1);

  /* To look for a monitor of memory it opens descriptors for a while. */
  test_worker_wait ();
}

void
world_clear (void)
{
  g_clear_pointer (&pool, g_free);
  g_clear_object (&local_directory);
  g_clear_object (&pool_of_buffers);
}

SpoolPool *
world_get_pool (void)
{
  return pool_of_buffers;
}

GFile *
world_get_local_directory (void)
{
  return local_directory;
}

/* What the pool has to count for this world. */
goffset
world_get_memory_used (World *world)
{
  return world->rolled ? 0 : world_size (world);
}

const guint8 *
world_data (guint32 seed,
            gsize   count)
{
  g_assert (count <= POOL_SIZE);

  return pool + seed % (POOL_SIZE - count + 1);
}

SystemFlags
world_get_flags (FileKind kind)
{
  switch (kind)
    {
    case FILE_NO_TMPFILE:
      return SYSTEM_NO_TMPFILE;

    case FILE_NO_FALLOCATE:
      return SYSTEM_NO_FALLOCATE;

    case FILE_NO_LINKS:
      return SYSTEM_NO_LINKS | SYSTEM_MEMORY;

    case FILE_REFLINK:
      return SYSTEM_REFLINK;

    case FILE_NO_PROC:
      return SYSTEM_NO_PROC | SYSTEM_MEMORY;

    default:
      return 0;
    }
}

/* Remembers the first thing that went wrong. */
void
world_fail (World      *world,
            const char *format,
            ...)
{
  g_autofree char *message = NULL;
  va_list args;

  if (world->failure != NULL)
    return;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);

  world->failure = g_strdup_printf ("step %u, %s: %s", world->n_steps,
                                    world->op_name, message);
}

/* Whether a fault came in the way of the operation that runs. */
gboolean
world_has_fired (World *world)
{
  return faults_get_n_fired () > world->n_fired;
}

static gboolean
is_code_for_errno (int code,
                   int errsv)
{
  if (errsv == EDQUOT || errsv == EFBIG || errsv == ENOSPC || errsv == ENOMEM)
    return code == G_IO_ERROR_NO_SPACE;

  return code == (int) g_io_error_from_errno (errsv);
}

/* Says whether the operation did what it was asked for. Where it did not, there
 * has to be a reason: a fault, or the code that was @due. Takes @error.
 */
gboolean
world_result (World    *world,
              gboolean  ok,
              GError   *error,
              int       due)
{
  gboolean fired = world->late ? faults_get_n_fired () > 0 : world_has_fired (world);

  if (ok && error != NULL)
    world_fail (world, "succeeded with the error “%s”", error->message);
  else if (ok && due != DUE_NOTHING)
    world_fail (world, "succeeded, where the error %d was due", due);
  else if (!ok && error == NULL)
    world_fail (world, "failed without an error");
  else if (!ok && error->domain != G_IO_ERROR)
    world_fail (world, "failed in the domain %s", g_quark_to_string (error->domain));
  else if (!ok && error->code != due)
    {
      if (error->code == world->excuse)
        ;
      else if (!fired)
        world_fail (world, "failed without a fault: “%s”", error->message);
      else if (faults_get_errno () == EINTR)
        world_fail (world, "was interrupted: “%s”", error->message);
      else if (!is_code_for_errno (error->code, faults_get_errno ()))
        world_fail (world, "failed with the code %d for %s: “%s”", error->code,
                    g_strerror (faults_get_errno ()), error->message);
    }

  g_clear_error (&error);

  return ok;
}

goffset
world_size (World *world)
{
  return (goffset) world->content->len;
}

/* Sizes of all kinds, those most that lie about a place where something
 * changes.
 */
gsize
world_pick_count (World   *world,
                  goffset  offset,
                  guint32  raw)
{
  static const goffset edges[] = { 0, 1, 7, 4096, 16 * 1024, 64 * 1024 };
  static const gsize limits[N_SCALES] = { 40, 9000, 150 * 1000 };
  gsize limit = limits[world->config.scale];
  guint value = raw & 0xffffff;
  goffset edge;

  switch (raw >> 29)
    {
    case 0:
      return value % 3;

    case 1:
      edge = edges[value % G_N_ELEMENTS (edges)] + (goffset) (value / 8 % 3) - 1;
      edge -= value & 0x10000 ? offset : 0;
      return edge >= 0 && edge <= (goffset) limit ? (gsize) edge : value % limit;

    case 2:
      return value % (limit + 1);

    default:
      return value % (limit / 8 + 1);
    }
}

goffset
world_pick_offset (World   *world,
                   guint32  raw)
{
  goffset size = world_size (world);
  goffset value = raw & 0xffffff;

  switch (raw >> 29)
    {
    case 0:
      return 0;

    case 1:
    case 2:
      return size;

    case 3:
      return size + (goffset) world_pick_count (world, 0, raw << 3) / 4;

    case 4:
      return MAX (size - value % 20, 0);

    default:
      return value % (size + 1);
    }
}

/* What growing to @size has to be refused with, if it has to. */
int
world_due (World   *world,
           goffset  size)
{
  if (world->size_limit >= 0 && size > world->size_limit && size > world_size (world))
    return G_IO_ERROR_NO_SPACE;

  return DUE_NOTHING;
}

/* Brings the model to @size, and over the threshold where that lies between. */
void
world_resized (World   *world,
               goffset  size)
{
  goffset old_size = world_size (world);

  g_byte_array_set_size (world->content, (guint) size);
  if (size <= old_size)
    return;

  memset (world->content->data + old_size, 0, (gsize) (size - old_size));
  if (world->threshold >= 0 && size > world->threshold)
    world->rolled = TRUE;
}

void
world_written (World      *world,
               goffset     offset,
               const void *data,
               gsize       count)
{
  if (count == 0)
    return;

  if (offset + (goffset) count > world_size (world))
    world_resized (world, offset + (goffset) count);
  memcpy (world->content->data + offset, data, count);
}

/* The @length bytes at @offset have become others. */
void
world_replaced (World      *world,
                goffset     offset,
                goffset     length,
                const void *data,
                gsize       count)
{
  goffset old_size = world_size (world);
  goffset tail = old_size - offset - length;
  g_autofree guint8 *rest = g_memdup2 (world->content->data + offset + length, (gsize) tail);

  if ((goffset) count > length)
    world_resized (world, old_size - length + (goffset) count);
  else
    g_byte_array_set_size (world->content, (guint) (old_size - length) + (guint) count);

  memcpy (world->content->data + offset, data, count);
  if (tail > 0)
    memcpy (world->content->data + offset + (goffset) count, rest, (gsize) tail);
}

static gssize
read_all (World   *world,
          goffset  size)
{
  g_autoptr(GError) error = NULL;
  gssize n;

  /* One byte more than there should be. */
  g_byte_array_set_size (world->scratch, (guint) size + 1);
  n = spool_buffer_read (world->buffer, 0, world->scratch->data, (gsize) size + 1,
                         NULL, &error);
  if (n < 0)
    world_fail (world, "the content cannot be read: “%s”", error->message);

  return n;
}

/* A write that failed. All is as before, but for the beginning of an overwrite
 * on disk of more than the window.
 */
void
world_stopped (World      *world,
               goffset     offset,
               const void *data,
               gsize       count)
{
  gsize old_count, done;

  if (!world->rolled || offset >= world_size (world) || count <= SPOOL_WINDOW_SIZE)
    return;

  faults_pause ();
  if (read_all (world, world_size (world)) == world_size (world))
    {
      old_count = MIN (count, (gsize) (world_size (world) - offset));
      for (done = 0; done < old_count; done++)
        {
          if (world->scratch->data[offset + (goffset) done] != ((const guint8 *) data)[done])
            break;
        }
      memcpy (world->content->data + offset, data, done);
    }
  faults_resume ();
}

static void
check_content (World *world)
{
  goffset size = world_size (world);
  goffset offset;
  gsize count;
  gssize n;

  if (spool_buffer_get_size (world->buffer) != size)
    world_fail (world, "the size is %" G_GOFFSET_FORMAT " and not %" G_GOFFSET_FORMAT,
                spool_buffer_get_size (world->buffer), size);

  n = read_all (world, size);
  if (n != size)
    world_fail (world, "read %" G_GSSIZE_FORMAT " bytes of %" G_GOFFSET_FORMAT, n, size);
  else if (size > 0 && memcmp (world->scratch->data, world->content->data, (gsize) size) != 0)
    {
      gsize i = 0;

      while (world->scratch->data[i] == world->content->data[i])
        i++;
      world_fail (world, "the byte at %" G_GSIZE_FORMAT " of %" G_GOFFSET_FORMAT " is wrong",
                  i, size);
    }

  /* And a part, which may begin or end within a window. */
  offset = size > 0 ? (goffset) (world->n_steps * 7919u) % size : 0;
  count = (gsize) (size - offset) / (world->n_steps % 4 + 1);
  n = spool_buffer_read (world->buffer, offset, world->scratch->data, count, NULL, NULL);
  if (n != (gssize) count)
    world_fail (world, "read %" G_GSSIZE_FORMAT " bytes of a part of %" G_GSIZE_FORMAT, n, count);
  else if (count > 0 && memcmp (world->scratch->data, world->content->data + offset, count) != 0)
    world_fail (world, "a part that is read alone is wrong");

  if (spool_buffer_get_rolled_over (world->buffer) != world->rolled)
    world_fail (world, "is %s", world->rolled ? "in memory" : "on disk");

  if (!world->config.crowded && spool_buffer_get_pool (world->buffer) != NULL &&
      spool_pool_get_memory_used (pool_of_buffers) != world_get_memory_used (world))
    world_fail (world, "the pool counts %" G_GOFFSET_FORMAT " bytes",
                spool_pool_get_memory_used (pool_of_buffers));
}

static void
check_cursor (World  *world,
              Cursor *cursor)
{
  if (cursor->stream != NULL &&
      g_seekable_tell (G_SEEKABLE (cursor->stream)) != cursor->position)
    world_fail (world, "a %s is at %" G_GOFFSET_FORMAT " and not at %" G_GOFFSET_FORMAT,
                G_OBJECT_TYPE_NAME (cursor->stream),
                g_seekable_tell (G_SEEKABLE (cursor->stream)), cursor->position);
}

/* Looks at everything that can be seen. Returns whether all is well. */
gboolean
world_check (World *world)
{
  faults_pause ();

  check_content (world);
  check_cursor (world, &world->output);
  check_cursor (world, &world->input);
  check_cursor (world, &world->io);

  for (gsize i = 0; i < N_SNAPSHOTS; i++)
    {
      Snapshot *snapshot = &world->snapshots[i];

      if (snapshot->bytes != NULL && !g_bytes_equal (snapshot->bytes, snapshot->expected))
        world_fail (world, "a snapshot has changed");
    }

  if (world->set->check != NULL)
    world->set->check (world);

  faults_resume ();

  return world->failure == NULL;
}

/* Makes the call that @step says, and the model with it. */
void
world_run (World      *world,
           const Step *step)
{
  const Op *op = &world->set->ops[step->op % world->set->n_ops];

  world->n_fired = faults_get_n_fired ();
  world->n_steps++;
  world->op_name = op->name;
  op->run (world, step);
}

static void
make_buffer (World  *world,
             GBytes *bytes)
{
  if (bytes != NULL)
    world->buffer = spool_buffer_new_for_bytes (bytes);
  else
    world->buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                  "named", world->config.file_kind == FILE_NAMED,
                                  "pool", pool_of_buffers,
                                  NULL);

  spool_buffer_set_threshold (world->buffer, world->threshold);
  spool_buffer_set_directory (world->buffer, world->directory);
  world->size_limit = -1;
  world->rolled = world->config.rolled && spool_buffer_roll_over (world->buffer, NULL, NULL);
  world->shared = world->config.file_kind == FILE_NAMED && bytes == NULL;
}

static void
drop_streams (World *world)
{
  g_clear_object ((GObject **) &world->output.stream);
  g_clear_object ((GObject **) &world->input.stream);
  g_clear_object ((GObject **) &world->io.stream);
}

static gboolean
is_all_closed (World *world)
{
  return faults_get_n_open () == 0 &&
         (world->directory == NULL || g_file_is_native (world->directory) ||
          remote_get_n_files (FAULT_REMOTE (world->directory)) == 0);
}

/* A worker may hold the last reference for a moment after it has said that it
 * is done.
 */
static void
drop_buffer (World *world)
{
  gint64 end_time = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  guint n_left = spool_pool_get_n_buffers (pool_of_buffers);

  if (spool_buffer_get_pool (world->buffer) != NULL)
    n_left--;

  drop_streams (world);
  g_clear_object (&world->buffer);

  while (g_get_monotonic_time () < end_time &&
         (!is_all_closed (world) || spool_pool_get_n_buffers (pool_of_buffers) > n_left))
    g_thread_yield ();

  if (!is_all_closed (world))
    world_fail (world, "a file is left open");
  if (spool_pool_get_n_buffers (pool_of_buffers) > n_left)
    world_fail (world, "the buffer is not gone");
}

void
world_forget_fds (World *world)
{
  for (gsize i = 0; i < N_FDS; i++)
    {
      if (world->fds[i] >= 0)
        close (world->fds[i]);
      world->fds[i] = -1;
    }
}

/* Goes on with another buffer, which has the content or none. */
void
world_reopen (World    *world,
              gboolean  with_content)
{
  g_autoptr(GBytes) bytes = NULL;

  world_forget_fds (world);
  drop_buffer (world);

  if (with_content)
    bytes = g_bytes_new (world->content->data, world->content->len);
  else
    g_byte_array_set_size (world->content, 0);

  faults_pause ();
  make_buffer (world, bytes);
  faults_resume ();
}

World *
world_new (const OpSet       *set,
           const WorldConfig *config)
{
  World *world = g_new0 (World, 1);

  world->set = set;
  world->config = *config;
  world->op_name = "begin";
  world->content = g_byte_array_new ();
  world->scratch = g_byte_array_new ();
  world->threshold = config->threshold;
  world->excuse = DUE_NOTHING;
  for (gsize i = 0; i < N_FDS; i++)
    world->fds[i] = -1;

  if (config->file_kind == FILE_REMOTE || config->file_kind == FILE_REMOTE_GROWS)
    world->directory = remote_new (config->file_kind == FILE_REMOTE);
  else if (config->file_kind != FILE_ANYWHERE)
    world->directory = g_object_ref (local_directory);

  faults_pause ();
  make_buffer (world, NULL);
  if (set->begin != NULL)
    set->begin (world);
  faults_resume ();

  return world;
}

static void
clear_extra (World *world)
{
  if (world->extra != NULL && world->set->clear != NULL)
    world->set->clear (world);
  world->extra = NULL;
}

/* Whether the file is the content to the byte. */
gboolean
world_is_content (World *world,
                  int    fd)
{
  goffset size = world_size (world);
  struct stat buf;
  gssize n;

  if (fstat (fd, &buf) < 0 || buf.st_size != size)
    return FALSE;

  g_byte_array_set_size (world->scratch, (guint) size + 1);
  n = pread (fd, world->scratch->data, (gsize) size + 1, 0);

  return n == size && (size == 0 ||
                       memcmp (world->scratch->data, world->content->data, (gsize) size) == 0);
}

/* The fault is over: everything has to work, and the file has to be the
 * content to the byte.
 */
void
world_finish (World *world)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) bytes = NULL;
  int fd;

  faults_stop ();
  world->op_name = "after the fault";
  world->n_fired = faults_get_n_fired ();

  spool_buffer_set_size_limit (world->buffer, -1);
  if (world->set->end != NULL)
    world->set->end (world);

  if (!spool_buffer_append (world->buffer, "next", 4, NULL, &error))
    world_fail (world, "the next write fails: “%s”", error->message);
  else
    world_written (world, world_size (world), "next", 4);
  g_clear_error (&error);

  if (!spool_buffer_flush (world->buffer, NULL, &error))
    world_fail (world, "flushing fails: “%s”", error->message);
  g_clear_error (&error);
  world_check (world);

  bytes = spool_buffer_get_bytes (world->buffer, NULL, &error);
  if (bytes == NULL)
    world_fail (world, "there is no snapshot: “%s”", error->message);
  else if (g_bytes_get_size (bytes) != world->content->len ||
           memcmp (g_bytes_get_data (bytes, NULL), world->content->data, world->content->len) != 0)
    world_fail (world, "the snapshot is not the content");
  g_clear_error (&error);

  if (world->config.file_kind != FILE_REMOTE &&
      world->config.file_kind != FILE_REMOTE_GROWS)
    {
      fd = spool_buffer_dup_fd (world->buffer, FALSE, NULL, &error);
      faults_give_away (fd);
      if (fd < 0)
        world_fail (world, "there is no descriptor: “%s”", error->message);
      else if (!world_is_content (world, fd))
        world_fail (world, "the file is not the content");
      if (fd >= 0)
        close (fd);
    }

  clear_extra (world);
  world_forget_fds (world);
  drop_buffer (world);

  if (!faults_remove_names ())
    world_fail (world, "a temporary file is left");
}

void
world_free (World *world)
{
  clear_extra (world);
  world_forget_fds (world);
  if (world->buffer != NULL)
    drop_buffer (world);
  for (gsize i = 0; i < N_SNAPSHOTS; i++)
    {
      g_clear_pointer (&world->snapshots[i].bytes, g_bytes_unref);
      g_clear_pointer (&world->snapshots[i].expected, g_bytes_unref);
    }
  g_clear_object (&world->directory);
  g_clear_pointer (&world->content, g_byte_array_unref);
  g_clear_pointer (&world->scratch, g_byte_array_unref);
  g_clear_pointer (&world->failure, g_free);
  g_free (world);
}

void
world_ready (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

void
world_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}
