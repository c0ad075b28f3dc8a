/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-stream.h"
#include "test-utils.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Every notification, as "name=value ", and the thread it came in. */
typedef struct
{
  GString *log;
  GThread *thread;
  guint count;
} Log;

static void
on_notify (GObject    *object,
           GParamSpec *pspec,
           gpointer    user_data)
{
  Log *log = user_data;
  g_auto(GValue) value = G_VALUE_INIT;
  g_autofree char *text = NULL;

  g_assert_true (g_thread_self () == log->thread);
  g_object_get_property (object, pspec->name, &value);
  if (G_VALUE_HOLDS_BOOLEAN (&value))
    text = g_strdup (g_value_get_boolean (&value) ? "yes" : "no");
  else if (G_VALUE_HOLDS_INT64 (&value))
    text = g_strdup_printf ("%" G_GINT64_FORMAT, g_value_get_int64 (&value));
  else
    text = g_strdup ("?");

  g_string_append_printf (log->log, "%s=%s ", pspec->name, text);
  log->count++;
}

static void
log_init (Log         *log,
          SpoolBuffer *buffer)
{
  log->log = g_string_new (NULL);
  log->thread = g_thread_self ();
  log->count = 0;
  g_signal_connect (buffer, "notify", G_CALLBACK (on_notify), log);
}

/* Notifications of one call may come in any order. */
static void
log_assert (Log        *log,
            const char *expected)
{
  g_auto(GStrv) found = g_strsplit (g_strchomp (log->log->str), " ", -1);
  g_auto(GStrv) wanted = g_strsplit (expected, " ", -1);
  guint n_found = log->log->str[0] == '\0' ? 0 : g_strv_length (found);

  for (guint i = 0; i < n_found; i++)
    {
      if (!g_strv_contains ((const char *const *) wanted, found[i]))
        g_error ("“%s” was notified, where “%s” was expected", found[i],
                 expected);
    }
  g_assert_cmpint (n_found, ==,
                   expected[0] == '\0' ? 0 : g_strv_length (wanted));
  g_string_truncate (log->log, 0);
}

static void
log_clear (Log *log)
{
  g_string_free (log->log, TRUE);
}

static void
test_buffer_notify_same_thread (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GBytes) bytes = test_bytes (0, 5);
  g_autoptr(GError) error = NULL;
  Log log;

  g_test_summary ("In the buffer's thread it comes before the call returns");

  log_init (&log, buffer);
  test_append (buffer, 0, 4);
  log_assert (&log, "size=4");
  g_assert_true (spool_buffer_write (buffer, 2, "abc", 3, NULL, &error));
  log_assert (&log, "size=5");
  g_assert_true (spool_buffer_write_bytes (buffer, 5, bytes, NULL, &error));
  log_assert (&log, "size=10");
  g_assert_true (spool_buffer_append_bytes (buffer, bytes, NULL, &error));
  log_assert (&log, "size=15 rolled-over=yes");
  g_assert_true (spool_buffer_truncate (buffer, 3, NULL, &error));
  log_assert (&log, "size=3");
  spool_buffer_complete (buffer, NULL);
  log_assert (&log, "completed=yes");
  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  log_assert (&log, "size=0 rolled-over=no completed=no");
  g_assert_true (spool_buffer_write_nonblocking (buffer, 0, "x", 1, &error));
  log_assert (&log, "size=1");
  g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
  log_assert (&log, "rolled-over=yes");
  g_assert_no_error (error);
  log_clear (&log);
}

static void
test_buffer_notify_descriptor (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (0);
  g_autofree guint8 *data = NULL;
  g_autoptr(GError) error = NULL;
  gsize length;
  Log log;
  int fd;

  g_test_summary ("What others write is told of with the next call that says so");

  test_append (buffer, 0, 5);
  fd = spool_buffer_dup_fd (buffer, TRUE, NULL, &error);
  g_assert_no_error (error);
  log_init (&log, buffer);

  g_assert_cmpint (pwrite (fd, "four", 4, 5), ==, 4);
  g_assert_true (spool_buffer_write (buffer, 0, "x", 1, NULL, &error));
  log_assert (&log, "size=9");

  g_assert_cmpint (pwrite (fd, "four", 4, 9), ==, 4);
  data = spool_buffer_read_array (buffer, 0, 100, &length, NULL, &error);
  g_assert_cmpuint (length, ==, 13);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 13);
  log_assert (&log, "size=13");

  g_assert_no_error (error);
  log_clear (&log);
  close (fd);
}

static void
test_buffer_notify_unchanged (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(GError) error = NULL;
  guint8 bytes[10];
  Log log;

  g_test_summary ("What did not change is not notified");

  buffer = test_buffer_new_filled (test_threshold (data, 10), 10);
  spool_buffer_complete (buffer, NULL);
  log_init (&log, buffer);

  g_assert_true (spool_buffer_write (buffer, 0, "0123456789", 10, NULL,
                                     &error));
  g_assert_true (spool_buffer_append (buffer, NULL, 0, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 10, NULL, &error));
  g_assert_true (spool_buffer_flush (buffer, NULL, &error));
  g_assert_cmpint (spool_buffer_read (buffer, 0, bytes, 10, NULL, &error), ==,
                   10);
  g_assert_no_error (error);
  spool_buffer_complete (buffer, NULL);
  log_assert (&log, "");

  /* Nor is what failed. */
  g_assert_false (spool_buffer_truncate (buffer, -1, NULL, NULL));
  spool_buffer_set_size_limit (buffer, 10);
  log_assert (&log, "size-limit=10");
  g_assert_false (spool_buffer_append (buffer, "x", 1, NULL, NULL));
  log_assert (&log, "");
  log_clear (&log);
}

static void
test_buffer_notify_streams (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;
  Log log;

  stream = spool_memory_output_stream_new_for_buffer (buffer);
  log_init (&log, buffer);
  g_assert_cmpint (g_output_stream_write (stream, "0123", 4, NULL, &error), ==,
                   4);
  log_assert (&log, "size=4");
  g_assert_true (g_seekable_truncate (G_SEEKABLE (stream), 20, NULL, &error));
  log_assert (&log, "size=20 rolled-over=yes");
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  log_assert (&log, "completed=yes");
  g_assert_no_error (error);
  log_clear (&log);
}

static void
test_buffer_notify_settable (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GFile) directory = g_file_new_for_path ("/var/tmp");
  Log log;

  log_init (&log, buffer);
  spool_buffer_set_threshold (buffer, 20);
  log_assert (&log, "threshold=20");
  spool_buffer_set_size_limit (buffer, 30);
  log_assert (&log, "size-limit=30");
  spool_buffer_set_directory (buffer, directory);
  log_assert (&log, "directory=?");
  log_clear (&log);
}

static gpointer
append_a_lot (gpointer data)
{
  for (guint i = 0; i < 1000; i++)
    g_assert_true (spool_buffer_append (data, "x", 1, NULL, NULL));

  return NULL;
}

static void
join (GThreadFunc func,
      gpointer    data)
{
  g_thread_join (g_thread_new ("test", func, data));
}

static void
test_buffer_notify_other_thread (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (500);
  Log log;

  g_test_summary ("From another thread it comes once, by the main context");

  log_init (&log, buffer);
  join (append_a_lot, buffer);
  log_assert (&log, "");

  g_assert_false (test_is_idle ());
  log_assert (&log, "size=1000 rolled-over=yes");

  /* And again. */
  join (append_a_lot, buffer);
  log_assert (&log, "");
  test_is_idle ();
  log_assert (&log, "size=2000");
  g_assert_true (test_is_idle ());
  log_clear (&log);
}

static gpointer
make_in_context (gpointer data)
{
  GMainContext *context = data;
  SpoolBuffer *buffer;

  g_main_context_push_thread_default (context);
  buffer = spool_buffer_new ();
  g_main_context_pop_thread_default (context);

  return buffer;
}

static void
test_buffer_notify_context (void)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(SpoolBuffer) buffer = NULL;
  Log log;

  g_test_summary ("The context is the one where the buffer was made");

  buffer = g_thread_join (g_thread_new ("test", make_in_context, context));
  log_init (&log, buffer);

  test_append (buffer, 0, 10);
  log_assert (&log, "");
  g_assert_true (test_is_idle ());
  log_assert (&log, "");

  while (g_main_context_iteration (context, FALSE))
    ;
  log_assert (&log, "size=10");
  log_clear (&log);
}

static void
test_buffer_notify_unconnected (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (500);

  g_test_summary ("Nothing is queued while no handler is connected");

  test_is_idle ();
  join (append_a_lot, buffer);
  g_assert_true (test_is_idle ());
}

static void
test_buffer_notify_unconnected_keeps (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (500);
  Log log;

  log_init (&log, buffer);
  g_signal_handlers_disconnect_by_data (buffer, &log);
  join (append_a_lot, buffer);
  g_assert_true (test_is_idle ());
  log_assert (&log, "");

  /* One that is connected later hears of what comes later. */
  g_signal_connect (buffer, "notify::size", G_CALLBACK (on_notify), &log);
  join (append_a_lot, buffer);
  test_is_idle ();
  log_assert (&log, "size=2000");
  log_clear (&log);
}

static void
test_buffer_notify_weak (void)
{
  SpoolBuffer *buffer = test_buffer_new (500);
  Log log;

  g_test_summary ("A notification on its way does not keep the buffer");

  log_init (&log, buffer);
  join (append_a_lot, buffer);
  g_assert_finalize_object (buffer);
  test_is_idle ();
  log_assert (&log, "");
  log_clear (&log);
}

static gpointer
try_everything (gpointer data)
{
  SpoolBuffer *buffer = data;
  guint8 bytes[4];

  g_assert_cmpint (spool_buffer_get_size (buffer), >, 0);
  g_assert_cmpint (spool_buffer_read (buffer, 0, bytes, 1, NULL, NULL), ==, 1);
  g_assert_true (spool_buffer_write (buffer, 0, "y", 1, NULL, NULL));
  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));

  return NULL;
}

static void
use_in_handler (GObject    *object,
                GParamSpec *pspec,
                gpointer    user_data)
{
  guint *count = user_data;

  /* Here, and in a thread that we wait for: a lock that were held would hang
   * the one or the other. */
  try_everything (object);
  join (try_everything, object);

  if ((*count)++ < 3)
    g_assert_true (spool_buffer_append (SPOOL_BUFFER (object), "more", 4, NULL,
                                        NULL));
}

static void
test_buffer_notify_no_lock (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (test_threshold (data, 8));
  g_autoptr(GInputStream) source = test_stream_new (100);
  g_autoptr(GOutputStream) stream = NULL;
  g_autoptr(GError) error = NULL;
  guint count = 0;

  g_test_summary ("A handler may do anything with the buffer");

  g_signal_connect (buffer, "notify::size", G_CALLBACK (use_in_handler),
                    &count);
  test_append (buffer, 0, 1);
  g_assert_true (spool_buffer_truncate (buffer, 30, NULL, &error));
  g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                             G_OUTPUT_STREAM_SPLICE_NONE, NULL,
                                             &error), ==, 100);
  stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 0, G_SEEK_END, NULL,
                                  &error));
  g_assert_cmpint (g_output_stream_write (stream, "z", 1, NULL, &error), ==, 1);
  g_assert_true (g_output_stream_close (stream, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (count, >=, 4);
}

static void
log_to_buffer (const char     *domain,
               GLogLevelFlags  level,
               const char     *message,
               gpointer        user_data)
{
  g_assert_true (g_str_has_prefix (message, "Rolled over "));
  test_append (user_data, 0, 1);
  join (try_everything, user_data);
}

static void
test_buffer_notify_log (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (10);
  g_autoptr(GError) error = NULL;
  guint id = g_log_set_handler ("Spool", G_LOG_LEVEL_DEBUG, log_to_buffer, buffer);

  g_test_summary ("So may a log handler: a program may log to a buffer");

  test_append (buffer, 0, 11);
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 12);

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_true (spool_buffer_roll_over (buffer, NULL, &error));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 1);

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_true (spool_buffer_truncate (buffer, 11, NULL, &error));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 12);

  g_assert_true (spool_buffer_reset (buffer, NULL, &error));
  g_assert_true (spool_buffer_reserve (buffer, 11, NULL, &error));
  g_assert_cmpint (spool_buffer_get_size (buffer), ==, 1);
  g_assert_no_error (error);

  g_log_remove_handler ("Spool", id);
}

static void
child_debug (const char *argument)
{
  g_autoptr(GFile) directory = g_file_new_for_path (argument);
  g_autoptr(SpoolPool) pool = spool_pool_new (-1);
  g_autoptr(SpoolBuffer) buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                                "threshold", (gint64) 10,
                                                "directory", directory,
                                                "pool", pool,
                                                NULL);
  g_autoptr(SpoolTextStream) text = spool_text_stream_new_for_buffer (buffer);

  /* One after the other, for each reason there is. */
  for (int i = 0; i < 7; i++)
    {
      int fd = -1;

      g_assert_true (spool_buffer_reset (buffer, NULL, NULL));
      g_assert_true (spool_text_stream_seek (text, 0, G_SEEK_SET, NULL, NULL));
      g_assert_true (spool_text_stream_write (text, "012345678", -1, NULL, NULL));
      g_assert_true (spool_text_stream_seek (text, 0, G_SEEK_SET, NULL, NULL));

      g_assert_true (i != 0 || spool_buffer_append (buffer, "9a", 2, NULL, NULL));
      g_assert_true (i != 1 || spool_buffer_truncate (buffer, 11, NULL, NULL));
      g_assert_true (i != 2 || spool_buffer_reserve (buffer, 11, NULL, NULL));
      g_assert_true (i != 3 || spool_buffer_roll_over (buffer, NULL, NULL));
      g_assert_true (i != 4 || spool_text_stream_write (text, "€", -1, NULL, NULL));
      g_assert_true (i != 5 || spool_pool_trim (pool, 0, NULL, NULL));
      if (i == 6)
        fd = spool_buffer_dup_fd (buffer, FALSE, NULL, NULL);
      g_assert_true (i != 6 || g_close (fd, NULL));
    }
}

static void
test_buffer_notify_debug (void)
{
  static const char *const reasons[] = {
    "write", "truncate", "reserve", "asked for", "replacement", "pool", "descriptor",
  };
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autofree char *nothing = NULL;
  g_autofree char *output = NULL;
  g_auto(GStrv) lines = NULL;

  g_test_summary ("G_MESSAGES_DEBUG=Spool prints each roll-over: size, reason, directory, time");

  nothing = test_spawn_with ("debug", folder->path, "G_MESSAGES_DEBUG", NULL);
  g_assert_cmpstr (nothing, ==, "");

  output = test_spawn_with ("debug", folder->path, "G_MESSAGES_DEBUG", "Spool");
  lines = g_strsplit (g_strchomp (output), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (reasons));

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      g_autofree char *directory = g_regex_escape_string (folder->path, -1);
      g_autofree char *pattern =
        g_strdup_printf ("Spool-DEBUG: .*Rolled over 9 bytes \\(%s\\) to %s in [0-9]+\\.[0-9]{3} ms$",
                         reasons[i], directory);

      if (!g_regex_match_simple (pattern, lines[i], 0, 0))
        g_error ("“%s” does not match “%s”", lines[i], pattern);
    }
}

static void
drop_in_handler (GObject    *object,
                 GParamSpec *pspec,
                 gpointer    user_data)
{
  GObject **slot = user_data;

  g_clear_object (slot);
}

static void
test_buffer_notify_drop (void)
{
  SpoolBuffer *buffer = spool_buffer_new ();
  GOutputStream *stream = spool_memory_output_stream_new_for_buffer (buffer);
  g_autoptr(GOutputStream) kept = g_object_ref (stream);
  gpointer weak = buffer;

  g_test_summary ("A handler may drop the last reference that it knows");

  g_object_add_weak_pointer (G_OBJECT (buffer), &weak);
  g_signal_connect (buffer, "notify::size", G_CALLBACK (drop_in_handler),
                    &stream);
  g_object_unref (buffer);

  g_assert_cmpint (g_output_stream_write (kept, "x", 1, NULL, NULL), ==, 1);
  g_assert_null (stream);
  g_assert_nonnull (weak);
  g_assert_finalize_object (g_steal_pointer (&kept));
  g_assert_null (weak);
}

static void
test_buffer_notify_progress (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (50);
  g_autoptr(GInputStream) source = test_stream_new (100);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  Log log;

  g_test_summary ("The progress of a splice is that of the size");

  test_stream_set_step (TEST_STREAM (source), 10);
  log_init (&log, buffer);
  if (async)
    {
      spool_buffer_splice_from_async (buffer, source,
                                      G_OUTPUT_STREAM_SPLICE_NONE, 0, NULL,
                                      test_ready, &result);
      test_wait (&result);
      g_assert_cmpint (spool_buffer_splice_from_finish (buffer, result, &error),
                       ==, 100);
      test_is_idle ();
    }
  else
    g_assert_cmpint (spool_buffer_splice_from (buffer, source,
                                               G_OUTPUT_STREAM_SPLICE_NONE,
                                               NULL, &error), ==, 100);
  g_assert_no_error (error);

  if (!async)
    log_assert (&log,
                "size=10 size=20 size=30 size=40 size=50 size=60 "
                "rolled-over=yes size=70 size=80 size=90 size=100");
  else
    {
      /* The steps on disk are those of a worker, and may run together. */
      g_assert_nonnull (strstr (log.log->str, "size=10 "));
      g_assert_nonnull (strstr (log.log->str, "size=100 "));
      g_assert_nonnull (strstr (log.log->str, "rolled-over=yes "));
    }
  log_clear (&log);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("debug", child_debug);

  g_test_add_func ("/buffer-notify/same-thread",
                   test_buffer_notify_same_thread);
  test_add_thresholds ("/buffer-notify/unchanged",
                       test_buffer_notify_unchanged);
  g_test_add_func ("/buffer-notify/streams", test_buffer_notify_streams);
  g_test_add_func ("/buffer-notify/descriptor", test_buffer_notify_descriptor);
  g_test_add_func ("/buffer-notify/settable", test_buffer_notify_settable);
  g_test_add_func ("/buffer-notify/other-thread",
                   test_buffer_notify_other_thread);
  g_test_add_func ("/buffer-notify/context", test_buffer_notify_context);
  g_test_add_func ("/buffer-notify/unconnected",
                   test_buffer_notify_unconnected);
  g_test_add_func ("/buffer-notify/unconnected-keeps",
                   test_buffer_notify_unconnected_keeps);
  g_test_add_func ("/buffer-notify/weak", test_buffer_notify_weak);
  test_add_thresholds ("/buffer-notify/no-lock", test_buffer_notify_no_lock);
  g_test_add_func ("/buffer-notify/log", test_buffer_notify_log);
  g_test_add_func ("/buffer-notify/debug", test_buffer_notify_debug);
  g_test_add_func ("/buffer-notify/drop", test_buffer_notify_drop);
  g_test_add_data_func ("/buffer-notify/progress/sync",
                        GINT_TO_POINTER (FALSE), test_buffer_notify_progress);
  g_test_add_data_func ("/buffer-notify/progress/async",
                        GINT_TO_POINTER (TRUE), test_buffer_notify_progress);

  return test_run ();
}
