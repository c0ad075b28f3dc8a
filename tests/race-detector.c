/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Whether ThreadSanitizer, with what test-tsan.c tells it, sees the races that
 * are there, and those only.
 */

#include "config.h"

#include "test-utils.h"

#include <sys/wait.h>

#define EXIT_RACE 66
#define N_ROUNDS 100

static GMutex lock;
static GMutex other_lock;
static int counter;
static char text[100];

/* Both threads start before either ends, so that nothing but what they do
 * orders them. */
static void
run_both (GThreadFunc  one,
          GThreadFunc  other,
          gpointer     data)
{
  GThread *threads[2] = {
    g_thread_new ("one", one, data),
    g_thread_new ("other", other, data),
  };

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gpointer
count (gpointer data)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    counter++;

  return NULL;
}

static gpointer
count_locked (gpointer data)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_mutex_lock (&lock);
      counter++;
      g_mutex_unlock (&lock);
    }

  return NULL;
}

static void
child_race (const char *argument)
{
  run_both (count, count, NULL);
}

static void
child_lock (const char *argument)
{
  run_both (count_locked, count_locked, NULL);
}

static gpointer
use_and_unref (gpointer data)
{
  g_assert_cmpint (spool_buffer_get_size (data), >=, 0);
  g_object_unref (data);

  return NULL;
}

/* Whoever is last takes the buffer down. */
static void
child_reference (const char *argument)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      SpoolBuffer *buffer = test_buffer_new (1000);

      test_append (buffer, 0, 100);
      g_object_ref (buffer);
      run_both (use_and_unref, use_and_unref, buffer);
    }
}

static gpointer
change_text (gpointer data)
{
  text[0] = 'x';

  return NULL;
}

static gpointer
write_text (gpointer data)
{
  g_assert_true (spool_buffer_append (data, text, sizeof text, NULL, NULL));

  return NULL;
}

/* One side of it is in the library. */
static void
child_library (const char *argument)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new (1000);

  run_both (change_text, write_text, buffer);
}

static void
count_in_task (GTask        *task,
               gpointer      source_object,
               gpointer      task_data,
               GCancellable *cancellable)
{
  counter++;
  g_task_return_boolean (task, TRUE);
}

static void
child_task (const char *argument)
{
  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GTask) task = g_task_new (NULL, NULL, test_ready, &result);

      counter++;
      g_task_run_in_thread (task, count_in_task);
      test_wait (&result);
      counter++;
    }
}

static void
child_task_race (const char *argument)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GTask) task = g_task_new (NULL, NULL, test_ready, &result);

  g_task_run_in_thread (task, count_in_task);
  counter++;
  test_wait (&result);
}

static void
take_both (GMutex *first,
           GMutex *second)
{
  g_mutex_lock (first);
  g_mutex_lock (second);
  g_mutex_unlock (second);
  g_mutex_unlock (first);
}

static void
child_order (const char *argument)
{
  take_both (&lock, &other_lock);
  take_both (&lock, &other_lock);
}

static void
child_inversion (const char *argument)
{
  take_both (&lock, &other_lock);
  take_both (&other_lock, &lock);
}

static const struct
{
  const char *name;
  const char *summary;
  TestChild   child;
  int         exit_status;
} cases[] = {
  { "race", "Two threads that count without a lock are seen", child_race, EXIT_RACE },
  { "lock", "With one of GLib's locks they may", child_lock, 0 },
  { "reference", "Who drops the last reference comes after all others", child_reference, 0 },
  { "library", "A race whose one side is in the library is seen", child_library, EXIT_RACE },
  { "task", "A task comes after its start and before its end", child_task, 0 },
  { "task-race", "What its starter does meanwhile is seen", child_task_race, EXIT_RACE },
  { "order", "Two locks may be taken in one order", child_order, 0 },
  { "inversion", "In both orders they may not", child_inversion, EXIT_RACE },
};

static void
test_race_detector (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  int wait_status;

  g_test_summary (cases[i].summary);

  wait_status = test_spawn (cases[i].name, NULL, NULL, NULL);
  g_assert_true (WIFEXITED (wait_status));
  g_assert_cmpint (WEXITSTATUS (wait_status), ==, cases[i].exit_status);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/race-detector/", cases[i].name, NULL);

      test_add_child (cases[i].name, cases[i].child);
      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_race_detector);
    }

  return test_run ();
}
