/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Everything at once from many threads. In a build for debugging the ranks of
 * the locks are asserted meanwhile; "tests/run tsan" runs this under
 * ThreadSanitizer.
 */

#include "config.h"

#include "test-utils.h"

#include <string.h>
#include <unistd.h>

/* In a few steps of this the writer or reader is in another place. */
#define STEP 5000

static GRand *
rand_new (void)
{
  return g_rand_new_with_seed ((guint32) g_test_rand_int ());
}

/* Lets others go first, more or less long. */
static void
pause_randomly (GRand *rand)
{
  switch (g_rand_int_range (rand, 0, 8))
    {
    case 0:
      g_usleep (g_rand_int_range (rand, 0, 500));
      break;

    case 1:
    case 2:
      g_thread_yield ();
      break;

    default:
      break;
    }
}

/* --- Followers ------------------------------------------------------------ */

#define N_BLOCKING 10
#define N_ASYNC 6
#define N_FOLLOWERS (N_BLOCKING + N_ASYNC)
#define N_WRITER_STEPS 400
#define FOLLOW_SIZE 400000

/* A follower reads every byte once, whatever happens, since the byte at a
 * position is always the same.
 */
typedef struct
{
  GInputStream *stream;
  GRand        *rand;
  GMutex        lock;
  GCancellable *cancellable; /* lock */
  guint8        data[STEP];
  goffset       n_read;
  guint         n_cancelled;
  GError       *end;
  gboolean      ended;
} Follower;

typedef struct
{
  SpoolBuffer *buffer;
  GRand       *rand;
  Follower     followers[N_FOLLOWERS];
  gboolean     fails;
  int          stop; /* atomic */
} Follow;

static GCancellable *
follower_renew_cancellable (Follower *self)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_mutex_lock (&self->lock);
  g_clear_object (&self->cancellable);
  self->cancellable = g_object_ref (cancellable);
  g_mutex_unlock (&self->lock);

  return cancellable;
}

/* What a read has returned. */
static void
follower_take (Follower *self,
               gssize    n,
               GError   *error)
{
  if (n > 0)
    {
      test_check (self->data, self->n_read, (gsize) n);
      self->n_read += n;
    }
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      self->n_cancelled++;
      g_error_free (error);
    }
  else
    {
      self->ended = TRUE;
      self->end = error;
    }

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (self->stream)), ==, self->n_read);
}

static gpointer
blocking_main (gpointer data)
{
  Follower *self = data;

  while (!self->ended)
    {
      g_autoptr(GCancellable) cancellable = follower_renew_cancellable (self);
      GError *error = NULL;
      gssize n;

      n = g_input_stream_read (self->stream, self->data,
                               (gsize) g_rand_int_range (self->rand, 1, STEP + 1),
                               cancellable, &error);
      follower_take (self, n, error);
      pause_randomly (self->rand);
    }

  return NULL;
}

static void follower_read_async (Follower *self);

static void
read_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      user_data)
{
  Follower *self = user_data;
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (self->stream, result, &error);

  follower_take (self, n, error);
  pause_randomly (self->rand);

  if (!self->ended)
    follower_read_async (self);
}

static void
follower_read_async (Follower *self)
{
  g_autoptr(GCancellable) cancellable = follower_renew_cancellable (self);

  g_input_stream_read_async (self->stream, self->data,
                             (gsize) g_rand_int_range (self->rand, 1, STEP + 1),
                             G_PRIORITY_DEFAULT, cancellable, read_cb, self);
}

static gboolean
all_ended (Follower *followers,
           guint     n)
{
  for (guint i = 0; i < n; i++)
    {
      if (!followers[i].ended)
        return FALSE;
    }

  return TRUE;
}

/* Half a dozen followers in a main context of their own. */
static gpointer
async_main (gpointer data)
{
  Follower *followers = data;
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < N_ASYNC; i++)
    follower_read_async (&followers[i]);
  while (!all_ended (followers, N_ASYNC))
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static gpointer
cancel_main (gpointer data)
{
  Follow *self = data;
  g_autoptr(GRand) rand = g_rand_copy (self->rand);

  while (!g_atomic_int_get (&self->stop))
    {
      Follower *follower = &self->followers[g_rand_int_range (rand, 0, N_FOLLOWERS)];
      g_autoptr(GCancellable) cancellable = NULL;

      g_mutex_lock (&follower->lock);
      g_set_object (&cancellable, follower->cancellable);
      g_mutex_unlock (&follower->lock);

      g_cancellable_cancel (cancellable);
      g_usleep (200);
    }

  return NULL;
}

static void
append_some (SpoolBuffer *buffer,
             gsize        count)
{
  test_append (buffer, spool_buffer_get_size (buffer), count);
}

static gpointer
writer_main (gpointer data)
{
  Follow *self = data;
  goffset size;

  for (guint i = 0; i < N_WRITER_STEPS; i++)
    {
      g_autoptr(GError) error = NULL;

      size = spool_buffer_get_size (self->buffer);
      switch (g_rand_int_range (self->rand, 0, 20))
        {
        case 0:
          spool_buffer_truncate (self->buffer,
                                 size * g_rand_int_range (self->rand, 0, 11) / 10,
                                 NULL, &error);
          break;

        case 1:
          spool_buffer_reset (self->buffer, NULL, &error);
          break;

        case 2:
          spool_buffer_roll_over (self->buffer, NULL, &error);
          break;

        default:
          append_some (self->buffer,
                       MIN (FOLLOW_SIZE - size, g_rand_int_range (self->rand, 0, STEP)));
          break;
        }
      g_assert_no_error (error);
      pause_randomly (self->rand);
    }

  /* In the end it is larger than it ever was. */
  while ((size = spool_buffer_get_size (self->buffer)) < FOLLOW_SIZE)
    append_some (self->buffer, MIN (FOLLOW_SIZE - size, STEP));

  if (self->fails)
    {
      g_autoptr(GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                                     "The source is gone");

      spool_buffer_complete (self->buffer, error);
    }
  else
    spool_buffer_complete (self->buffer, NULL);

  return NULL;
}

static void
test_stress_follow (gconstpointer data)
{
  Follow *self = g_new0 (Follow, 1);
  GThread *threads[N_BLOCKING + 3];
  guint n_cancelled = 0;
  gsize n = 0;

  g_test_summary ("Sixteen followers get every byte once, through truncates, resets and cancellations");

  self->buffer = test_buffer_new (test_threshold (data, FOLLOW_SIZE));
  self->rand = rand_new ();
  self->fails = g_test_rand_bit ();

  for (guint i = 0; i < N_FOLLOWERS; i++)
    {
      Follower *follower = &self->followers[i];

      g_mutex_init (&follower->lock);
      follower->rand = rand_new ();
      follower->stream = g_object_new (SPOOL_TYPE_MEMORY_INPUT_STREAM,
                                       "buffer", self->buffer,
                                       "follow", TRUE,
                                       NULL);
    }

  threads[n++] = g_thread_new ("cancel", cancel_main, self);
  for (guint i = 0; i < N_BLOCKING; i++)
    threads[n++] = g_thread_new ("follower", blocking_main, &self->followers[i]);
  threads[n++] = g_thread_new ("followers", async_main, &self->followers[N_BLOCKING]);
  threads[n++] = g_thread_new ("writer", writer_main, self);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (threads));

  while (n > 1)
    g_thread_join (threads[--n]);
  g_atomic_int_set (&self->stop, TRUE);
  g_thread_join (threads[0]);

  for (guint i = 0; i < N_FOLLOWERS; i++)
    {
      Follower *follower = &self->followers[i];

      g_assert_cmpint (follower->n_read, ==, FOLLOW_SIZE);
      if (self->fails)
        g_assert_error (follower->end, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      else
        g_assert_no_error (follower->end);
      n_cancelled += follower->n_cancelled;

      g_assert_finalize_object (follower->stream);
      g_clear_object (&follower->cancellable);
      g_clear_error (&follower->end);
      g_rand_free (follower->rand);
      g_mutex_clear (&follower->lock);
    }
  g_test_message ("%u reads were cancelled", n_cancelled);

  g_rand_free (self->rand);
  g_assert_finalize_object (self->buffer);
  g_free (self);
}

/* --- One buffer ----------------------------------------------------------- */

#define N_THREADS 8
#define N_STEPS 300
#define MAX_SIZE 300000

typedef struct
{
  SpoolBuffer *buffer;
  SpoolBuffer *other;
  GFile       *target;
  GRand       *rand;
} Worker;

/* A byte that was written is the one for its place, and all others are zeros. */
static void
check_bytes (const guint8 *data,
             goffset       offset,
             gsize         count)
{
  for (gsize i = 0; i < count; i++)
    {
      if (data[i] != 0 && data[i] != test_byte (offset + (goffset) i))
        g_error ("There is %u at %" G_GOFFSET_FORMAT, data[i], offset + (goffset) i);
    }
}

static void
check_stream (GInputStream *stream,
              goffset       offset)
{
  g_autoptr(GError) error = NULL;
  guint8 data[STEP];
  gssize n;

  n = g_input_stream_read (stream, data, sizeof data, NULL, &error);
  g_assert_no_error (error);
  check_bytes (data, offset, (gsize) n);
}

static void
check_fd (int fd)
{
  guint8 data[STEP];
  gssize n = pread (fd, data, sizeof data, 0);

  g_assert_cmpint (n, >=, 0);
  check_bytes (data, 0, (gsize) n);
  close (fd);
}

static void
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

static void
do_async (Worker *self,
          goffset offset,
          gsize   count)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  switch (g_rand_int_range (self->rand, 0, 4))
    {
    case 0:
      spool_buffer_read_bytes_async (self->buffer, offset, count, 0, NULL, test_ready,
                                     &result);
      wait_for (&result);
      bytes = spool_buffer_read_bytes_finish (self->buffer, result, &error);
      g_assert_no_error (error);
      check_bytes (g_bytes_get_data (bytes, NULL), offset, g_bytes_get_size (bytes));
      break;

    case 1:
      spool_buffer_get_bytes_async (self->buffer, 0, NULL, test_ready, &result);
      wait_for (&result);
      bytes = spool_buffer_get_bytes_finish (self->buffer, result, &error);
      g_assert_no_error (error);
      check_bytes (g_bytes_get_data (bytes, NULL), 0, g_bytes_get_size (bytes));
      break;

    case 2:
      spool_buffer_roll_over_async (self->buffer, 0, NULL, test_ready, &result);
      wait_for (&result);
      g_assert_true (spool_buffer_roll_over_finish (self->buffer, result, &error));
      break;

    case 3:
      spool_buffer_reserve_async (self->buffer, offset, 0, NULL, test_ready, &result);
      wait_for (&result);
      g_assert_true (spool_buffer_reserve_finish (self->buffer, result, &error));
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
do_anything (Worker *self)
{
  SpoolBuffer *buffer = self->buffer;
  goffset offset = g_rand_int_range (self->rand, 0, MAX_SIZE);
  gsize count = (gsize) g_rand_int_range (self->rand, 0, STEP);
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GInputStream) input = NULL;
  g_autoptr(GError) error = NULL;
  guint8 data[STEP];
  gssize n;
  int fd;

  switch (g_rand_int_range (self->rand, 0, 22))
    {
    case 0:
    case 1:
    case 2:
      test_fill (data, offset, count);
      g_assert_true (spool_buffer_write (buffer, offset, data, count, NULL, &error));
      break;

    case 3:
    case 4:
      n = spool_buffer_read (buffer, offset, data, count, NULL, &error);
      g_assert_cmpint (n, >=, 0);
      check_bytes (data, offset, (gsize) n);
      break;

    case 5:
      input = spool_memory_input_stream_new_for_buffer (buffer);
      g_seekable_seek (G_SEEKABLE (input), offset, G_SEEK_SET, NULL, &error);
      check_stream (input, offset);
      break;

    case 6:
      g_assert_true (spool_buffer_truncate (buffer, offset, NULL, &error));
      break;

    case 7:
      bytes = spool_buffer_get_bytes (buffer, NULL, &error);
      g_assert_nonnull (bytes);
      check_bytes (g_bytes_get_data (bytes, NULL), 0, g_bytes_get_size (bytes));
      break;

    case 8:
      g_assert_true (spool_buffer_reset (buffer, NULL, &error));
      break;

    case 9:
      g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
      break;

    case 10:
      spool_buffer_set_threshold (buffer, g_rand_boolean (self->rand) ? -1 : offset);
      break;

    case 11:
      spool_buffer_equal (buffer, self->other, NULL, &error);
      break;

    case 12:
      spool_buffer_equal (self->other, buffer, NULL, &error);
      break;

    case 13:
      fd = spool_buffer_dup_fd (buffer, FALSE, NULL, &error);
      g_assert_cmpint (fd, >=, 0);
      check_fd (fd);
      break;

    case 14:
      fd = spool_buffer_create_sealed_fd (buffer, NULL, &error);
      g_assert_cmpint (fd, >=, 0);
      check_fd (fd);
      break;

    case 15:
      g_assert_true (spool_buffer_save (buffer, self->target, SPOOL_SAVE_NONE, NULL,
                                        NULL, NULL, &error));
      break;

    case 16:
      g_assert_true (spool_buffer_flush (buffer, NULL, &error));
      break;

    case 17:
      test_fill (data, offset, count);
      spool_buffer_write_nonblocking (buffer, offset, data, count, &error);
      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        g_clear_error (&error);
      break;

    case 18:
      spool_buffer_complete (buffer, NULL);
      break;

    case 19:
      g_assert_cmpint (spool_buffer_get_size (buffer), <=, MAX_SIZE + STEP);
      spool_buffer_get_rolled_over (buffer);
      spool_buffer_get_completed (buffer);
      break;

    default:
      do_async (self, offset, count);
      break;
    }

  g_assert_no_error (error);
}

static gpointer
worker_main (gpointer data)
{
  Worker *self = data;
  g_autoptr(GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  for (guint i = 0; i < N_STEPS; i++)
    {
      do_anything (self);
      pause_randomly (self->rand);
    }
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
ignore_notify (GObject    *object,
               GParamSpec *pspec,
               gpointer    user_data)
{
}

static void
test_stress_buffer (gconstpointer data)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(SpoolBuffer) other = NULL;
  g_autoptr(GFile) target = g_file_get_child (folder->file, "saved");
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];

  g_test_summary ("Eight threads do anything with a buffer, and no byte is ever a wrong one");

  buffer = test_buffer_new_in (folder, test_threshold (data, MAX_SIZE));
  other = test_buffer_new_filled (MAX_SIZE / 2, MAX_SIZE);
  g_signal_connect (buffer, "notify", G_CALLBACK (ignore_notify), NULL);

  for (guint i = 0; i < N_THREADS; i++)
    {
      workers[i] = (Worker) { buffer, other, target, rand_new () };
      threads[i] = g_thread_new ("worker", worker_main, &workers[i]);
    }
  for (guint i = 0; i < N_THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_rand_free (workers[i].rand);
    }

  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_file_delete (target, NULL, NULL);
}

/* --- A pool --------------------------------------------------------------- */

#define N_POOL_THREADS 6
#define N_POOL_BUFFERS 8
#define N_POOL_STEPS 600
#define POOL_LIMIT 200000
#define POOL_SIZE 60000

typedef struct
{
  SpoolPool   *pool;
  /* Of this thread: what others do to them comes from the pool. */
  SpoolBuffer *buffers[N_POOL_BUFFERS];
  GRand       *rand;
  int         *stop; /* atomic */
} Member;

static void
do_with_pool (Member *self)
{
  guint i = (guint) g_rand_int_range (self->rand, 0, N_POOL_BUFFERS);
  SpoolBuffer *buffer = self->buffers[i];
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;
  goffset size;

  if (buffer == NULL)
    {
      self->buffers[i] = g_object_new (SPOOL_TYPE_BUFFER,
                                       "pool", self->pool,
                                       "threshold", (gint64) POOL_SIZE / 2,
                                       NULL);
      return;
    }

  size = spool_buffer_get_size (buffer);
  switch (g_rand_int_range (self->rand, 0, 12))
    {
    case 0:
      test_assert_filled (buffer, size);
      g_clear_object (&self->buffers[i]);
      break;

    case 1:
      spool_buffer_reset (buffer, NULL, &error);
      break;

    case 2:
      spool_buffer_truncate (buffer, size / 2, NULL, &error);
      break;

    case 3:
      bytes = spool_buffer_get_bytes (buffer, NULL, &error);
      g_assert_no_error (error);
      test_check (g_bytes_get_data (bytes, NULL), 0, g_bytes_get_size (bytes));
      break;

    case 4:
      spool_pool_trim (self->pool, g_rand_int_range (self->rand, 0, POOL_LIMIT), NULL, &error);
      break;

    case 5:
      spool_buffer_close (buffer, NULL, &error);
      g_clear_object (&self->buffers[i]);
      break;

    default:
      if (size < POOL_SIZE)
        append_some (buffer, (gsize) g_rand_int_range (self->rand, 0, STEP));
      break;
    }

  g_assert_no_error (error);
}

static gpointer
member_main (gpointer data)
{
  Member *self = data;

  for (guint i = 0; i < N_POOL_STEPS; i++)
    {
      do_with_pool (self);
      pause_randomly (self->rand);
    }

  for (guint i = 0; i < N_POOL_BUFFERS; i++)
    {
      if (self->buffers[i] == NULL)
        continue;

      test_assert_filled (self->buffers[i], spool_buffer_get_size (self->buffers[i]));
      g_clear_object (&self->buffers[i]);
    }

  return NULL;
}

static gpointer
auditor_main (gpointer data)
{
  Member *self = data;

  while (!g_atomic_int_get (self->stop))
    {
      g_assert_cmpint (spool_pool_get_memory_used (self->pool), >=, 0);
      g_assert_cmpint (spool_pool_get_memory_used (self->pool), <=, POOL_LIMIT);
      g_assert_cmpuint (spool_pool_get_n_buffers (self->pool), <=,
                        N_POOL_THREADS * N_POOL_BUFFERS);
      g_thread_yield ();
    }

  return NULL;
}

static void
test_stress_pool (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (POOL_LIMIT);
  GThread *threads[N_POOL_THREADS];
  Member members[N_POOL_THREADS];
  Member audited = { .pool = pool };
  GThread *auditor;
  int stop = FALSE;

  g_test_summary ("While six threads fill buffers the pool never passes its limit");

  audited.stop = &stop;
  auditor = g_thread_new ("auditor", auditor_main, &audited);
  for (guint i = 0; i < N_POOL_THREADS; i++)
    {
      members[i] = (Member) { .pool = pool, .rand = rand_new () };
      threads[i] = g_thread_new ("member", member_main, &members[i]);
    }
  for (guint i = 0; i < N_POOL_THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_rand_free (members[i].rand);
    }
  g_atomic_int_set (&stop, TRUE);
  g_thread_join (auditor);

  /* The pool's own thread may hold one for a moment yet. */
  while (spool_pool_get_n_buffers (pool) > 0)
    g_thread_yield ();
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/stress/follow", test_stress_follow);
  test_add_thresholds ("/stress/buffer", test_stress_buffer);
  g_test_add_func ("/stress/pool", test_stress_pool);

  return test_run ();
}
