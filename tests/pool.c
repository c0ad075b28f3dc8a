/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-sys.h"
#include "test-utils.h"
#include "test-worker.h"

#include "spool-glib/spool-mapping-private.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MIB (1024 * 1024)

/* The library asks this clock, which stands in for GLib's and goes when told. */
static gint64 fake_time __attribute__ ((aligned (8))) = 1000 * G_USEC_PER_SEC; /* atomic */

gint64
g_get_monotonic_time (void)
{
  return __atomic_load_n (&fake_time, __ATOMIC_SEQ_CST);
}

static void
advance_clock (gint64 seconds)
{
  __atomic_add_fetch (&fake_time, seconds * G_USEC_PER_SEC, __ATOMIC_SEQ_CST);
}

/* A monitor of the system's memory that says what the test wants. */
#define FAKE_TYPE_MONITOR (fake_monitor_get_type ())
G_DECLARE_FINAL_TYPE (FakeMonitor, fake_monitor, FAKE, MONITOR, GObject)

struct _FakeMonitor
{
  GObject parent_instance;
};

static gboolean
fake_monitor_init_now (GInitable     *initable,
                       GCancellable  *cancellable,
                       GError       **error)
{
  return TRUE;
}

static void
fake_monitor_initable_init (GInitableIface *iface)
{
  iface->init = fake_monitor_init_now;
}

static void
fake_monitor_iface_init (GMemoryMonitorInterface *iface)
{
}

G_DEFINE_FINAL_TYPE_WITH_CODE (FakeMonitor, fake_monitor, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, fake_monitor_initable_init)
                               G_IMPLEMENT_INTERFACE (G_TYPE_MEMORY_MONITOR, fake_monitor_iface_init))

static void
fake_monitor_class_init (FakeMonitorClass *klass)
{
}

static void
fake_monitor_init (FakeMonitor *self)
{
}

/* What the library has logged at the level of a message. */
static struct
{
  GMutex lock;
  int    n_messages; /* atomic */
  int    n_debug;    /* atomic */
  char  *last_debug; /* with the lock */
} logged;

static void
log_cb (const char     *domain,
        GLogLevelFlags  level,
        const char     *message,
        gpointer        user_data)
{
  if (level & G_LOG_LEVEL_MESSAGE)
    g_atomic_int_inc (&logged.n_messages);
  else
    {
      g_mutex_lock (&logged.lock);
      g_free (logged.last_debug);
      logged.last_debug = g_strdup (message);
      g_mutex_unlock (&logged.lock);
      g_atomic_int_inc (&logged.n_debug);
    }
}

static SpoolBuffer *
buffer_new (SpoolPool *pool,
            goffset    threshold)
{
  return g_object_new (SPOOL_TYPE_BUFFER,
                       "pool", pool,
                       "threshold", (gint64) threshold,
                       NULL);
}

static SpoolBuffer *
buffer_new_filled (SpoolPool *pool,
                   goffset    threshold,
                   goffset    size)
{
  SpoolBuffer *buffer = buffer_new (pool, threshold);

  test_append (buffer, 0, size);

  return buffer;
}

static goffset
in_memory (SpoolBuffer *buffer)
{
  return spool_buffer_get_rolled_over (buffer) ? 0 : spool_buffer_get_size (buffer);
}

static void
test_pool_limit (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (1000);
  g_autoptr(SpoolBuffer) first = buffer_new_filled (pool, 5000, 600);
  g_autoptr(SpoolBuffer) second = buffer_new_filled (pool, 5000, 400);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A write that would pass the limit rolls its own buffer over, at the byte");

  g_assert_false (spool_buffer_get_rolled_over (first));
  g_assert_false (spool_buffer_get_rolled_over (second));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1000);

  /* Overwriting needs no room. */
  g_assert_true (spool_buffer_write (second, 0, "\0", 1, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (second));

  test_append (second, 400, 1);
  g_assert_true (spool_buffer_get_rolled_over (second));
  g_assert_cmpint (spool_pool_get_memory_used (pool), <=, 600);

  test_worker_wait ();
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, in_memory (first));
  test_assert_filled (first, 600);
}

static void
test_pool_limit_zero (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (0);
  g_autoptr(SpoolBuffer) buffer = buffer_new_filled (pool, 5000, 1);

  g_test_summary ("In a pool without memory everything is on disk");

  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
}

static void
test_pool_idle_first (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (1000);
  g_autoptr(SpoolBuffer) last = buffer_new (pool, 5000);
  SpoolBuffer *buffers[10];
  guint8 byte;

  g_test_summary ("The worker moves those that were idle longest, down to three quarters");

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    buffers[i] = buffer_new_filled (pool, 5000, 100);

  /* From now on 2, 3, ... are the idle ones. */
  g_assert_cmpint (spool_buffer_read (buffers[1], 0, &byte, 1, NULL, NULL), ==, 1);
  g_assert_true (spool_buffer_write (buffers[0], 0, "\0", 1, NULL, NULL));

  test_append (last, 0, 1);
  g_assert_true (spool_buffer_get_rolled_over (last));
  test_worker_wait ();

  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 700);
  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      g_assert_cmpint (spool_buffer_get_rolled_over (buffers[i]), ==, i >= 2 && i <= 4);
      g_object_unref (buffers[i]);
    }
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
}

static void
test_pool_never (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (1000);
  g_autoptr(SpoolBuffer) never = buffer_new_filled (pool, SPOOL_THRESHOLD_NEVER, 900);
  g_autoptr(SpoolBuffer) other = buffer_new_filled (pool, 5000, 100);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A buffer that never rolls over counts, may pass the limit, and is left alone");

  test_append (never, 900, 500);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1500);
  test_append (other, 100, 1);
  g_assert_true (spool_buffer_get_rolled_over (other));
  test_worker_wait ();
  g_assert_false (spool_buffer_get_rolled_over (never));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1400);

  g_assert_true (spool_pool_trim (pool, 0, NULL, &error));
  g_assert_no_error (error);
  g_assert_false (spool_buffer_get_rolled_over (never));

  /* Until it may: it is looked at when it is used next. */
  spool_buffer_set_threshold (never, 5000);
  g_assert_true (spool_buffer_write (never, 0, "\0", 1, NULL, &error));
  g_assert_true (spool_pool_trim (pool, 0, NULL, &error));
  g_assert_true (spool_buffer_get_rolled_over (never));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
}

static void
test_pool_set_limit (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  SpoolBuffer *buffers[8];
  gint64 limit;

  g_test_summary ("A limit that is lowered below what is used makes the worker move buffers");

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    buffers[i] = buffer_new_filled (pool, 5000, 1000);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 8000);

  spool_pool_set_limit (pool, 4000);
  test_worker_wait ();
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 3000);

  g_object_get (pool, "limit", &limit, NULL);
  g_assert_cmpint (limit, ==, 4000);
  g_object_set (pool, "limit", G_GINT64_CONSTANT (-1), NULL);
  g_assert_cmpint (spool_pool_get_limit (pool), ==, -1);

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      test_assert_filled (buffers[i], 1000);
      g_object_unref (buffers[i]);
    }
}

static void
test_pool_given_back (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  SpoolBuffer *buffer = buffer_new_filled (pool, 5000, 1000);
  g_autoptr(GBytes) snapshot = spool_buffer_get_bytes (buffer, NULL, NULL);
  g_autoptr(SpoolPool) same = NULL;

  g_test_summary ("Whatever gives memory back gives it back to the pool; snapshots do not count");

  g_object_get (buffer, "pool", &same, NULL);
  g_assert_true (same == pool && spool_buffer_get_pool (buffer) == pool);
  g_assert_cmpuint (spool_pool_get_n_buffers (pool), ==, 1);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1000);

  g_assert_true (spool_buffer_truncate (buffer, 300, NULL, NULL));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 300);
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
  test_append (buffer, 0, 70);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 70);
  g_assert_true (spool_buffer_roll_over (buffer, NULL, NULL));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  test_append (buffer, 0, 80);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 80);
  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
  g_assert_cmpuint (spool_pool_get_n_buffers (pool), ==, 1);

  g_assert_finalize_object (buffer);
  g_assert_cmpuint (spool_pool_get_n_buffers (pool), ==, 0);
  test_check (g_bytes_get_data (snapshot, NULL), 0, 1000);
}

static void
test_pool_default (void)
{
  SpoolPool *pool = spool_pool_get_default ();
  g_autoptr(SpoolBuffer) outside = spool_buffer_new ();
  SpoolBuffer *inside = buffer_new_filled (pool, 5000, 1000);

  g_test_summary ("The default pool is one, has no limit, and no buffer is in it by itself");

  g_assert_true (pool == spool_pool_get_default ());
  g_assert_cmpint (spool_pool_get_limit (pool), ==, -1);
  g_assert_null (spool_buffer_get_pool (outside));
  g_assert_cmpuint (spool_pool_get_n_buffers (pool), ==, 1);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1000);

  g_assert_finalize_object (inside);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
}

typedef struct
{
  guint n_used;
  guint n_buffers;
  guint n_limit;
} Notified;

static void
notify_cb (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  Notified *notified = user_data;

  if (strcmp (pspec->name, "memory-used") == 0)
    notified->n_used++;
  else if (strcmp (pspec->name, "n-buffers") == 0)
    notified->n_buffers++;
  else
    notified->n_limit++;

  /* No lock is held: all can be asked. */
  spool_pool_get_memory_used (SPOOL_POOL (object));
  spool_pool_get_n_buffers (SPOOL_POOL (object));
  spool_pool_get_limit (SPOOL_POOL (object));
}

static void
test_pool_notify (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  Notified notified = { 0 };
  SpoolBuffer *buffer;
  gint64 used;
  guint n;

  g_test_summary ("The pool's properties tell when they change, and only then");

  g_signal_connect (pool, "notify", G_CALLBACK (notify_cb), &notified);
  buffer = buffer_new (pool, 5000);
  g_assert_cmpuint (notified.n_buffers, ==, 1);
  g_assert_cmpuint (notified.n_used, ==, 0);

  test_append (buffer, 0, 10);
  g_assert_cmpuint (notified.n_used, ==, 1);
  g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, NULL));
  g_assert_cmpuint (notified.n_used, ==, 1);
  g_object_get (pool, "memory-used", &used, "n-buffers", &n, NULL);
  g_assert_cmpint (used, ==, 10);
  g_assert_cmpuint (n, ==, 1);

  spool_pool_set_limit (pool, 100);
  spool_pool_set_limit (pool, 100);
  g_assert_cmpuint (notified.n_limit, ==, 1);

  g_object_unref (buffer);
  g_assert_cmpuint (notified.n_used, ==, 2);
  g_assert_cmpuint (notified.n_buffers, ==, 2);
}

static gpointer
overwrite_in_thread (gpointer data)
{
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    g_assert_true (spool_buffer_write (data, 0, "x", 1, NULL, &error));
  g_assert_no_error (error);

  return NULL;
}

static void
test_pool_nothing_to_notify (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) buffer = NULL;
  Notified notified = { 0 };

  g_test_summary ("What changes nothing in the pool wakes nobody");

  buffer = buffer_new (pool, 0);
  test_append (buffer, 0, 10);
  g_signal_connect (pool, "notify", G_CALLBACK (notify_cb), &notified);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  g_thread_join (g_thread_new ("writer", overwrite_in_thread, buffer));
  g_assert_false (g_main_context_pending (NULL));
}

static int
fail_open_in_hook (const TestSysInfo *info,
                   gpointer           user_data)
{
  const char *directory = user_data;

  return info->call == TEST_SYS_OPEN &&
         (directory == NULL || g_str_has_prefix (info->path, directory)) ? ENOSPC : 0;
}

static void
test_pool_trim (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;
  SpoolBuffer *buffers[6];

  g_test_summary ("Trimming moves what can be moved, and returns the first error");

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      buffers[i] = buffer_new_filled (pool, 5000, 100);
      if (i == 2 || i == 3)
        spool_buffer_set_directory (buffers[i], folder->file);
    }

  g_assert_false (spool_pool_trim (pool, 0, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 600);

  g_assert_true (spool_pool_trim (pool, 600, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 600);

  g_assert_true (spool_pool_trim (pool, 599, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 500);
  g_assert_true (spool_buffer_get_rolled_over (buffers[0]));

  test_sys_set_hook (fail_open_in_hook, folder->path);
  g_assert_false (spool_pool_trim (pool, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 200);

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      g_assert_cmpint (spool_buffer_get_rolled_over (buffers[i]), ==, i != 2 && i != 3);
      test_assert_filled (buffers[i], 100);
    }

  test_sys_set_hook (NULL, NULL);
  {
    g_autoptr(GAsyncResult) result = NULL;

    spool_pool_trim_async (pool, 0, 0, NULL, test_ready, &result);
    test_wait (&result);
    g_assert_true (spool_pool_trim_finish (pool, result, &error));
    g_assert_no_error (error);
  }
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    g_object_unref (buffers[i]);
}

typedef struct
{
  const char *directory; /* where no file can be made */
  int         n_opens;   /* atomic */
} FailingDisk;

static int
failing_disk_hook (const TestSysInfo *info,
                   gpointer           user_data)
{
  FailingDisk *disk = user_data;

  if (info->call != TEST_SYS_OPEN || !g_str_has_prefix (info->path, disk->directory))
    return 0;

  g_atomic_int_inc (&disk->n_opens);

  return ENOSPC;
}

/* Passes the limit by a write that rolls itself over, so that the worker is
 * called. */
static void
pass_limit (SpoolPool *pool)
{
  g_autoptr(SpoolBuffer) buffer = buffer_new (pool, 5000);

  test_append (buffer, 0, 2000);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  test_worker_wait ();
}

static void
test_pool_failure (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolPool) pool = spool_pool_new (1000);
  g_autoptr(SpoolBuffer) buffer = buffer_new_filled (pool, 5000, 900);
  FailingDisk disk = { .directory = folder->path };
  int n_messages = g_atomic_int_get (&logged.n_messages);
  gint64 back_off = 1;

  g_test_summary ("A buffer that cannot be moved stays in memory; it is said once, and the worker rests");

  spool_buffer_set_directory (buffer, folder->file);
  test_sys_set_hook (failing_disk_hook, &disk);

  pass_limit (pool);
  g_assert_cmpint (disk.n_opens, ==, 1);
  g_assert_cmpint (logged.n_messages, ==, n_messages + 1);
  g_assert_false (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 900);
  test_assert_filled (buffer, 900);

  for (int i = 2; i < 12; i++)
    {
      /* It does not try again before the time, ... */
      for (int j = 0; j < 10; j++)
        pass_limit (pool);
      advance_clock (back_off - 1);
      pass_limit (pool);
      g_assert_cmpint (disk.n_opens, ==, i - 1);

      /* and at the time it does. It waits twice as long, up to a minute. */
      advance_clock (1);
      pass_limit (pool);
      g_assert_cmpint (disk.n_opens, ==, i);
      g_assert_cmpint (logged.n_messages, ==, n_messages + 1);
      back_off = MIN (2 * back_off, 64);
    }

  /* As soon as it succeeds all is as before. */
  test_sys_set_hook (NULL, NULL);
  advance_clock (back_off);
  pass_limit (pool);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
  test_assert_filled (buffer, 900);

  g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
  test_append (buffer, 0, 900);
  test_sys_set_hook (failing_disk_hook, &disk);
  pass_limit (pool);
  g_assert_cmpint (logged.n_messages, ==, n_messages + 2);
  test_sys_set_hook (NULL, NULL);
}

/* The write that passes the limit and cannot roll over is the one that fails. */
static void
test_pool_write_fails (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (1000);
  g_autoptr(SpoolBuffer) buffer = buffer_new_filled (pool, 5000, 900);
  g_autoptr(GBytes) bytes = test_bytes (900, 200);
  g_autoptr(GError) error = NULL;

  g_test_summary ("A write that cannot roll over leaves buffer and pool as they were");

  test_sys_set_hook (fail_open_in_hook, NULL);
  g_assert_false (spool_buffer_append_bytes (buffer, bytes, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_clear_error (&error);
  test_worker_wait ();
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 900);
  test_assert_filled (buffer, 900);

  test_sys_set_hook (NULL, NULL);
  g_assert_true (spool_buffer_append_bytes (buffer, bytes, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);
  test_assert_filled (buffer, 1100);
}

static void
warn (GMemoryMonitorWarningLevel level)
{
  g_autoptr(GMemoryMonitor) monitor = g_memory_monitor_dup_default ();

  g_assert_true (FAKE_IS_MONITOR (monitor));
  g_signal_emit_by_name (monitor, "low-memory-warning", level);
  test_worker_wait ();
}

static void
test_pool_warning (void)
{
  SpoolPool *pool = spool_pool_new (-1);
  SpoolBuffer *buffers[4];
  g_autoptr(GMemoryMonitor) monitor = g_memory_monitor_dup_default ();

  g_test_summary ("A warning of low memory trims, every 30 s at most; a critical one does nothing");

  test_worker_wait ();
  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    buffers[i] = buffer_new_filled (pool, 5000, 1000);

  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 4000);

  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 2000);
  g_assert_true (spool_buffer_get_rolled_over (buffers[0]));
  g_assert_true (spool_buffer_get_rolled_over (buffers[1]));

  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  advance_clock (29);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 2000);

  advance_clock (1);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1000);

  /* A critical one does not count for the 30 s either. */
  advance_clock (30);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 1000);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  g_assert_cmpint (spool_pool_get_memory_used (pool), ==, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      test_assert_filled (buffers[i], 1000);
      g_object_unref (buffers[i]);
    }
  g_assert_finalize_object (pool);

  /* Nobody is left to hear it. The default pool is made later. */
  g_assert_cmpuint (g_signal_handler_find (monitor, G_SIGNAL_MATCH_ID,
                                           g_signal_lookup ("low-memory-warning",
                                                            G_TYPE_MEMORY_MONITOR),
                                           0, NULL, NULL, NULL),
                    ==, 0);
}

/* Whether a block comes from what was kept. Keeps it for the next. */
static gboolean
takes_kept_block (void)
{
  SpoolMapping mapping;
  gboolean kept;

  g_assert_true (spool_mapping_init (&mapping, MIB, MIB));
  kept = mapping.dirty > 0;
  spool_mapping_clear (&mapping);

  return kept;
}

static void
test_pool_warning_block (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) buffer = NULL;

  g_test_summary ("Each warning gives back the block that is kept for the next buffer");

  test_worker_wait ();
  takes_kept_block ();
  g_assert_true (takes_kept_block ());

  warn (G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  g_assert_false (takes_kept_block ());
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  g_assert_false (takes_kept_block ());
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  g_assert_false (takes_kept_block ());

  /* What the warning itself has freed too. */
  advance_clock (30);
  buffer = buffer_new_filled (pool, 2 * MIB, MIB);
  warn (G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  g_assert_true (spool_buffer_get_rolled_over (buffer));
  g_assert_false (takes_kept_block ());
}

static void
test_pool_debug (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) buffer = buffer_new_filled (pool, 5000, 1234);
  int n = g_atomic_int_get (&logged.n_debug);

  g_test_summary ("Each roll-over is a line for those who tune: size, reason, directory, time");

  spool_buffer_set_directory (buffer, folder->file);
  g_assert_true (spool_pool_trim (pool, 0, NULL, NULL));
  g_assert_cmpint (logged.n_debug, ==, n + 1);
  g_assert_nonnull (strstr (logged.last_debug, "1234"));
  g_assert_nonnull (strstr (logged.last_debug, "pool"));
  g_assert_nonnull (strstr (logged.last_debug, folder->path));
  g_assert_nonnull (strstr (logged.last_debug, " ms"));

  g_assert_true (spool_pool_trim (pool, 0, NULL, NULL));
  g_assert_cmpint (logged.n_debug, ==, n + 1);
}

/* One call in so many fails. */
typedef struct
{
  GMutex lock;
  GRand *rand;
  guint  one_in; /* 0: none does */
  guint  n_fired;
} RandomFaults;

static int
random_faults_hook (const TestSysInfo *info,
                    gpointer           user_data)
{
  RandomFaults *faults = user_data;
  int errsv = 0;

  if (info->call == TEST_SYS_CLOSE)
    return 0;

  g_mutex_lock (&faults->lock);
  if (faults->one_in > 0 && g_rand_int_range (faults->rand, 0, (int) faults->one_in) == 0)
    {
      errsv = test_sys_is_disk (info->call) ? ENOSPC : ENOMEM;
      faults->n_fired++;
    }
  g_mutex_unlock (&faults->lock);

  return errsv;
}

#define N_MEMBERS 8

typedef struct
{
  GRand       *rand;
  SpoolPool   *pool;
  SpoolBuffer *buffers[N_MEMBERS];
  GBytes      *snapshots[N_MEMBERS];
} Accounts;

static goffset
pick_threshold (Accounts *self)
{
  static const goffset thresholds[] = { 0, 1, 100, 5000, 300000, SPOOL_THRESHOLD_NEVER };

  return thresholds[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (thresholds))];
}

static gsize
pick_size (Accounts *self)
{
  static const int sizes[] = { 1, 50, 1000, 20000, 200000 };

  return (gsize) g_rand_int_range (self->rand, 0, sizes[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (sizes))]);
}

/* Something to anyone of them; whether it succeeds is not the matter here. */
static void
do_something (Accounts *self)
{
  static const guint8 data[200000] = { 1 };
  guint i = (guint) g_rand_int_range (self->rand, 0, N_MEMBERS);
  SpoolBuffer *buffer = self->buffers[i];
  goffset size = spool_buffer_get_size (buffer);
  gsize count = pick_size (self);
  int fd;

  /* One that was closed is of no more use. */
  if (spool_buffer_get_completed (buffer))
    {
      g_object_unref (buffer);
      buffer = self->buffers[i] = buffer_new (self->pool, pick_threshold (self));
    }

  switch (g_rand_int_range (self->rand, 0, 18))
    {
    case 0:
      g_clear_object (&self->buffers[i]);
      self->buffers[i] = buffer_new (self->pool, pick_threshold (self));
      break;

    case 1:
      spool_buffer_set_threshold (buffer, pick_threshold (self));
      break;

    case 2:
      spool_buffer_truncate (buffer, (goffset) pick_size (self), NULL, NULL);
      break;

    case 3:
      spool_buffer_reserve (buffer, (goffset) count, NULL, NULL);
      break;

    case 4:
      spool_buffer_reset (buffer, NULL, NULL);
      break;

    case 5:
      spool_buffer_roll_over (buffer, NULL, NULL);
      break;

    case 6:
      spool_buffer_close (buffer, NULL, NULL);
      break;

    case 7:
      g_clear_pointer (&self->snapshots[i], g_bytes_unref);
      self->snapshots[i] = spool_buffer_get_bytes (buffer, NULL, NULL);
      break;

    case 8:
      {
        g_autoptr(GInputStream) source = test_stream_new ((goffset) count);

        spool_buffer_splice_from (buffer, source, G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL);
        break;
      }

    case 9:
      fd = spool_buffer_dup_fd (buffer, g_rand_boolean (self->rand), NULL, NULL);
      if (fd >= 0)
        close (fd);
      break;

    case 10:
      spool_pool_trim (self->pool, (goffset) pick_size (self), NULL, NULL);
      break;

    case 11:
      spool_pool_set_limit (self->pool,
                            g_rand_boolean (self->rand) ? -1 : (goffset) pick_size (self));
      break;

    case 12:
      spool_buffer_write_nonblocking (buffer, size, data, count, NULL);
      break;

    case 13:
      spool_buffer_write (buffer, size > 0 ? g_rand_int_range (self->rand, 0, (int) size) : 0,
                          data, count, NULL, NULL);
      break;

    case 14:
      {
        g_autoptr(GOutputStream) stream = spool_memory_output_stream_new_for_buffer (buffer);

        g_output_stream_write (stream, data, count, NULL, NULL);
        break;
      }

    default:
      spool_buffer_append (buffer, data, count, NULL, NULL);
      break;
    }
}

static goffset
add_up (Accounts *self)
{
  goffset sum = 0;

  for (gsize i = 0; i < N_MEMBERS; i++)
    sum += in_memory (self->buffers[i]);

  return sum;
}

static void
test_pool_accounts (gconstpointer data)
{
  RandomFaults faults = { .one_in = GPOINTER_TO_UINT (data) };
  guint32 seed = (guint32) g_test_rand_int ();
  guint n_rounds = g_test_slow () ? 200000 : 10000;
  Accounts self = { .pool = spool_pool_new (100000) };

  g_test_summary ("After any operations and faults the pool counts what its buffers hold");

  g_mutex_init (&faults.lock);
  faults.rand = g_rand_new_with_seed (seed);
  self.rand = g_rand_new_with_seed (seed + 1);
  for (gsize i = 0; i < N_MEMBERS; i++)
    self.buffers[i] = buffer_new (self.pool, pick_threshold (&self));

  test_sys_set_hook (random_faults_hook, &faults);
  for (guint i = 0; i < n_rounds; i++)
    {
      do_something (&self);
      test_worker_wait ();
      if (spool_pool_get_memory_used (self.pool) != add_up (&self))
        g_error ("Round %u of seed %u: the pool counts %" G_GOFFSET_FORMAT
                 ", the buffers hold %" G_GOFFSET_FORMAT, i, seed,
                 spool_pool_get_memory_used (self.pool), add_up (&self));
      g_assert_cmpuint (spool_pool_get_n_buffers (self.pool), ==, N_MEMBERS);
      if (i % 64 == 0)
        advance_clock (64);
    }
  test_sys_set_hook (NULL, NULL);

  g_test_message ("%u operations, %u faults, seed %u", n_rounds, faults.n_fired, seed);
  g_assert_cmpint (faults.n_fired > 0, ==, faults.one_in > 0);

  for (gsize i = 0; i < N_MEMBERS; i++)
    {
      g_clear_pointer (&self.snapshots[i], g_bytes_unref);
      g_object_unref (self.buffers[i]);
    }
  g_assert_cmpint (spool_pool_get_memory_used (self.pool), ==, 0);
  g_assert_cmpuint (spool_pool_get_n_buffers (self.pool), ==, 0);
  g_assert_finalize_object (self.pool);
  g_rand_free (self.rand);
  g_rand_free (faults.rand);
  g_mutex_clear (&faults.lock);
}

#define N_THOUSAND 1000
#define THOUSAND_STEP (64 * 1024)

/* The most memory that was asked for at once, in bytes. */
static gint64 most_taken;

static int
note_taken (const TestSysInfo *info,
            gpointer           user_data)
{
  if (info->call == TEST_SYS_TRY_REALLOC || info->call == TEST_SYS_MAP_ANONYMOUS ||
      info->call == TEST_SYS_REMAP)
    most_taken = MAX (most_taken, (gint64) info->count);

  return 0;
}

static void
test_pool_spare (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) buffer = buffer_new (pool, SPOOL_THRESHOLD_NEVER);

  g_test_summary ("A buffer of a pool holds little more memory than it counts for");

  most_taken = 0;
  test_sys_set_hook (note_taken, NULL);
  for (goffset size = 100; size <= 300 * 1000; size += 100)
    {
      test_append (buffer, size - 100, 100);

      /* An eighth or a page, and what is lost to whole pages. */
      g_assert_cmpint (most_taken, <=, size + MAX (size / 8, 4096) + 2 * 4096);
    }
  test_sys_set_hook (NULL, NULL);

  g_assert_cmpint (most_taken, >, 300 * 1000);
}

static void
test_pool_shrink (void)
{
  g_autoptr(SpoolPool) pool = spool_pool_new (MIB);
  g_autofree guint8 *data = g_malloc (900 * 1000);
  SpoolBuffer *buffers[100];
  gint64 before;

  g_test_summary ("A buffer that is cut gives back the memory that it no longer counts for");

  test_fill (data, 0, 900 * 1000);
  before = test_status_figure ("VmRSS");
  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      g_autoptr(GError) error = NULL;

      buffers[i] = buffer_new (pool, MIB);
      g_assert_true (spool_buffer_append (buffers[i], data, 900 * 1000, NULL, &error));
      g_assert_true (spool_buffer_truncate (buffers[i], 10, NULL, &error));
      g_assert_no_error (error);
      g_assert_false (spool_buffer_get_rolled_over (buffers[i]));
    }

  /* All of it would be 88 MiB; this is in KiB. */
  g_assert_cmpint (test_status_figure ("VmRSS") - before, <, 20 * 1024);

  for (gsize i = 0; i < G_N_ELEMENTS (buffers); i++)
    {
      test_append (buffers[i], 10, 990);
      test_assert_filled (buffers[i], 1000);
      g_object_unref (buffers[i]);
    }
}

static void
child_thousand (const char *argument)
{
  struct rlimit limit = { 192 * MIB, 192 * MIB };
  g_autoptr(SpoolPool) pool = spool_pool_new (64 * MIB);
  g_autofree guint8 *block = g_malloc (THOUSAND_STEP);
  g_autofree SpoolBuffer **buffers = g_new0 (SpoolBuffer *, N_THOUSAND);
  guint n_rolled = 0;

  g_assert_cmpint (setrlimit (RLIMIT_DATA, &limit), ==, 0);

  for (gsize i = 0; i < N_THOUSAND; i++)
    buffers[i] = buffer_new (pool, 5 * 1000 * 1000);

  /* Side by side, so that all grow at once. */
  for (goffset offset = 0; offset < MIB; offset += THOUSAND_STEP)
    {
      test_fill (block, offset, THOUSAND_STEP);
      for (gsize i = 0; i < N_THOUSAND; i++)
        {
          g_autoptr(GError) error = NULL;

          memcpy (block, &i, sizeof i);
          spool_buffer_append (buffers[i], block, THOUSAND_STEP, NULL, &error);
          g_assert_no_error (error);
          g_assert_cmpint (spool_pool_get_memory_used (pool), <=, 64 * MIB);
        }
    }

  for (gsize i = 0; i < N_THOUSAND; i++)
    {
      n_rolled += spool_buffer_get_rolled_over (buffers[i]);
      g_assert_cmpint (spool_buffer_get_size (buffers[i]), ==, MIB);
      for (goffset offset = 0; offset < MIB; offset += THOUSAND_STEP)
        {
          g_assert_cmpint (spool_buffer_read (buffers[i], offset, block, THOUSAND_STEP, NULL, NULL),
                           ==, THOUSAND_STEP);
          g_assert_cmpmem (block, sizeof i, &i, sizeof i);
          test_check (block + sizeof i, offset + (goffset) sizeof i, THOUSAND_STEP - sizeof i);
        }
      g_object_unref (buffers[i]);
    }

  g_assert_cmpuint (n_rolled, >=, N_THOUSAND - 64);
  g_print ("%u of %u rolled over, at most %" G_GINT64_FORMAT " KiB resident\n",
           n_rolled, N_THOUSAND, test_status_figure ("VmHWM"));
}

static void
test_pool_thousand (void)
{
  g_test_summary ("A thousand buffers of 1 MiB in a pool of 64 MiB, within a limit of the memory");

  if (TEST_SANITIZED)
    {
      g_test_skip ("A sanitizer needs more memory than the limit leaves");
      return;
    }

  test_assert_exited (test_spawn ("thousand", NULL, NULL, NULL));
}

int
main (int    argc,
      char **argv)
{
  int status;

  test_init (&argc, &argv);
  test_add_child ("thousand", child_thousand);

  g_setenv ("GIO_USE_MEMORY_MONITOR", "fake", TRUE);
  g_vfs_get_default (); /* registers the extension points */
  g_io_extension_point_implement (G_MEMORY_MONITOR_EXTENSION_POINT_NAME,
                                  FAKE_TYPE_MONITOR, "fake", 1000);
  g_log_set_handler ("Spool", G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_DEBUG, log_cb, NULL);
  test_sys_install ();

  g_test_add_func ("/pool/limit", test_pool_limit);
  g_test_add_func ("/pool/limit-zero", test_pool_limit_zero);
  g_test_add_func ("/pool/idle-first", test_pool_idle_first);
  g_test_add_func ("/pool/never", test_pool_never);
  g_test_add_func ("/pool/set-limit", test_pool_set_limit);
  g_test_add_func ("/pool/given-back", test_pool_given_back);
  g_test_add_func ("/pool/notify", test_pool_notify);
  g_test_add_func ("/pool/nothing-to-notify", test_pool_nothing_to_notify);
  g_test_add_func ("/pool/trim", test_pool_trim);
  g_test_add_func ("/pool/failure", test_pool_failure);
  g_test_add_func ("/pool/write-fails", test_pool_write_fails);
  g_test_add_func ("/pool/warning", test_pool_warning);
  g_test_add_func ("/pool/warning/block", test_pool_warning_block);
  g_test_add_func ("/pool/default", test_pool_default);
  g_test_add_func ("/pool/debug", test_pool_debug);
  g_test_add_data_func ("/pool/accounts/no-faults", GUINT_TO_POINTER (0), test_pool_accounts);
  g_test_add_data_func ("/pool/accounts/some-faults", GUINT_TO_POINTER (20), test_pool_accounts);
  g_test_add_data_func ("/pool/accounts/many-faults", GUINT_TO_POINTER (3), test_pool_accounts);
  g_test_add_func ("/pool/spare", test_pool_spare);
  g_test_add_func ("/pool/shrink", test_pool_shrink);
  g_test_add_func ("/pool/thousand", test_pool_thousand);

  status = test_run ();
  g_free (logged.last_debug);

  return status;
}
