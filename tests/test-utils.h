/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <spool-glib/spool-glib.h>

G_BEGIN_DECLS

/* True where the figures of the memory are those of a sanitizer, or where a
 * limit on the memory would stop the sanitizer itself. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TEST_SANITIZED 1
#endif
#endif
#ifndef TEST_SANITIZED
#define TEST_SANITIZED 0
#endif

/* Where a test's threshold lies, seen from the size of its data. */
typedef enum
{
  TEST_THRESHOLD_ZERO,
  TEST_THRESHOLD_ONE,
  TEST_THRESHOLD_BELOW,
  TEST_THRESHOLD_EXACT,
  TEST_THRESHOLD_ABOVE,
  TEST_THRESHOLD_NEVER,
} TestThreshold;

#define TEST_N_THRESHOLDS 6

/* Data is a TestThreshold, as test_add_thresholds() gives it to the test. */
goffset  test_threshold      (gconstpointer data,
                              goffset       size);
void     test_add_thresholds (const char    *path,
                              GTestDataFunc  func);
gboolean test_rolls          (goffset threshold,
                              goffset size);

/* A byte that depends on its offset only, so that any part of any size of
 * data can be made and checked without keeping the data. */
guint8   test_byte   (goffset offset);
void     test_fill   (guint8  *data,
                      goffset  offset,
                      gsize    count);
GBytes  *test_bytes  (goffset offset,
                      gsize   count);
void     test_check  (const guint8 *data,
                      goffset       offset,
                      gsize         count);

SpoolBuffer *test_buffer_new        (goffset threshold);
SpoolBuffer *test_buffer_new_filled (goffset threshold,
                                     goffset size);
void         test_append            (SpoolBuffer *buffer,
                                     goffset      offset,
                                     gsize        count);
void         test_assert_content    (SpoolBuffer *buffer,
                                     const void  *data,
                                     gsize        size);
void         test_assert_text       (SpoolBuffer *buffer,
                                     const char  *text);
void         test_assert_filled     (SpoolBuffer *buffer,
                                     goffset      size);
void         test_assert_bytes      (GBytes     *bytes,
                                     const void *data,
                                     gsize       size);
void         test_assert_usable     (SpoolBuffer *buffer);

/* What must be as before when a call failed. */
typedef struct
{
  goffset   size;
  gboolean  rolled_over;
  gboolean  completed;
  GBytes   *content;
} TestState;

TestState *test_state_new    (SpoolBuffer *buffer);
void       test_state_assert (TestState   *state,
                              SpoolBuffer *buffer);
void       test_state_free   (TestState   *state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestState, test_state_free)

/* An empty folder on a disk, which must be empty again at the end. */
typedef struct
{
  char  *path;
  GFile *file;
} TestFolder;

TestFolder *test_folder_new          (void);
void        test_folder_free         (TestFolder *folder);
guint       test_folder_count        (TestFolder *folder);
char       *test_folder_get_only     (TestFolder *folder);
SpoolBuffer *test_buffer_new_in      (TestFolder *folder,
                                      goffset     threshold);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestFolder, test_folder_free)

/* The descriptors and the figures of this process. */
guint    test_count_fds     (void);
int      test_find_fd       (const char *folder);
char    *test_dup_fd_path   (int fd);
gint64   test_status_figure (const char *name);

/* A result that a callback stores and test_wait() waits for. */
void     test_ready   (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data);
void     test_wait    (GAsyncResult **result);
gboolean test_is_idle (void);
void     test_drop    (gpointer       object);

GCancellable *test_cancelled_new (void);

/* A function of the test program to run in a process of its own. */
typedef void (*TestChild) (const char *argument);

void     test_init            (int    *argc,
                               char ***argv);
void     test_add_child       (const char *name,
                               TestChild   child);
int      test_run             (void);
int      test_spawn           (const char           *name,
                               const char           *argument,
                               GSpawnChildSetupFunc  setup,
                               gpointer              setup_data);
int      test_spawn_wrapped   (const char *const    *wrapper,
                               const char           *name,
                               const char           *argument);
char    *test_spawn_with      (const char           *name,
                               const char           *argument,
                               const char           *variable,
                               const char           *value);
void     test_assert_exited   (int wait_status);
void     test_assert_signaled (int wait_status,
                               int signal_number);

G_END_DECLS
