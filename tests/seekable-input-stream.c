/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <spool-glib/spool-glib.h>

#include "test-base.h"
#include "test-calls.h"
#include "test-utils.h"

#include <string.h>

/* The buffer's thresholds that each test runs at, for a base of SIZE bytes. */
#define SIZE 40
static const goffset thresholds[] = {
  0, 1, SIZE / 2, SIZE - 1, SIZE, SPOOL_THRESHOLD_NEVER,
};

#define FOR_EACH_THRESHOLD(i) \
  for (gsize i = 0; i < G_N_ELEMENTS (thresholds); i++)

typedef struct
{
  TestBase *base;
  SpoolBuffer *buffer;
  GInputStream *stream;
  SpoolSeekableInputStream *self;
} Fixture;

static void
fixture_clear (Fixture *fixture)
{
  g_clear_object (&fixture->stream);
  g_clear_object (&fixture->buffer);
  g_clear_object (&fixture->base);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
fixture_init_with (Fixture  *fixture,
                   TestBase *base,
                   goffset   threshold)
{
  fixture->base = base;
  /* Answers by threads, which take long, are for the tests about them. */
  base->async = TEST_ASYNC_AT_ONCE;
  fixture->buffer = spool_buffer_new_with_threshold (threshold);
  fixture->stream = spool_seekable_input_stream_new_for_buffer (G_INPUT_STREAM (base),
                                                                fixture->buffer);
  fixture->self = SPOOL_SEEKABLE_INPUT_STREAM (fixture->stream);
}

static void
fixture_init (Fixture *fixture,
              goffset  threshold)
{
  fixture_init_with (fixture, test_base_new (0, SIZE), threshold);
}

static goffset
test_fill_stream (SpoolSeekableInputStream  *stream,
                  goffset                    count,
                  gboolean                   async,
                  GCancellable              *cancellable,
                  GError                   **error)
{
  g_autoptr(GAsyncResult) result = NULL;
  goffset before = g_seekable_tell (G_SEEKABLE (stream));
  goffset size;

  if (async)
    {
      spool_seekable_input_stream_fill_async (stream, count, G_PRIORITY_DEFAULT,
                                              cancellable, test_ready, &result);
      test_wait (&result);
      size = spool_seekable_input_stream_fill_finish (stream, result, error);
    }
  else
    {
      size = spool_seekable_input_stream_fill (stream, count, cancellable, error);
    }

  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, before);

  return size;
}

static void
assert_fills (SpoolSeekableInputStream *stream,
              goffset                   count,
              gboolean                  async,
              goffset                   expected)
{
  g_autoptr(GError) error = NULL;
  goffset size = test_fill_stream (stream, count, async, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (size, ==, expected);
}

static void
assert_fill_fails (SpoolSeekableInputStream *stream,
                   goffset                   count,
                   gboolean                  async,
                   GIOErrorEnum              code)
{
  g_autoptr(GError) error = NULL;
  goffset size = test_fill_stream (stream, count, async, NULL, &error);

  g_assert_error (error, G_IO_ERROR, (int) code);
  g_assert_cmpint (size, ==, -1);
}

/* Reads all that is left, however short the single reads are. */
static void
assert_reads_all (GInputStream *stream,
                  gboolean      async,
                  goffset       expected)
{
  goffset total = 0;
  gssize n_read;

  do
    {
      g_autoptr(GError) error = NULL;

      n_read = test_read (stream, 7, async, NULL, &error);
      g_assert_no_error (error);
      total += n_read;
    }
  while (n_read > 0);

  g_assert_cmpint (total, ==, expected);
}

static void
test_seekable_input_stream_lazy (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("The base is read no further than a read asks for, and never "
                  "for the same byte twice");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      g_assert_cmpuint (fixture.base->n_reads, ==, 0);
      test_assert_reads (fixture.stream, 5, async, 5);
      g_assert_cmpint (fixture.base->position, ==, 5);
      test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
      test_assert_reads (fixture.stream, 3, async, 3);
      test_assert_reads (fixture.stream, 2, async, 2);
      g_assert_cmpuint (fixture.base->n_reads, ==, 1);

      /* A read that begins before what is there does not go on after it. */
      test_assert_seeks (fixture.stream, 1, G_SEEK_SET, 1);
      test_assert_reads (fixture.stream, 30, async, 4);
      g_assert_cmpuint (fixture.base->n_reads, ==, 1);

      test_assert_reads (fixture.stream, 30, async, 30);
      g_assert_cmpint (spool_buffer_get_size (fixture.buffer), ==, 35);
      assert_reads_all (fixture.stream, async, 5);
    }
}

static void
test_seekable_input_stream_short_reads (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static TestBase *(*const kinds[]) (goffset, goffset) = {
    test_base_new, test_base_new_seekable, test_base_new_pollable,
  };

  g_test_summary ("Bases of every kind, giving few bytes at a time, are read "
                  "whole");

  FOR_EACH_THRESHOLD (i)
    {
      for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
        {
          for (gsize step = 0; step < 12; step++)
            {
              g_auto(Fixture) fixture = { NULL };

              fixture_init_with (&fixture, kinds[kind] (0, SIZE), thresholds[i]);
              fixture.base->step = step;
              fixture.base->async = step % 2 ? TEST_ASYNC_AT_ONCE : TEST_ASYNC_THREAD;
              assert_reads_all (fixture.stream, async, SIZE);
              test_assert_seeks (fixture.stream, 13, G_SEEK_SET, 13);
              assert_reads_all (fixture.stream, async, SIZE - 13);
              test_assert_filled (fixture.buffer, SIZE);
            }
        }
    }
}

static void
test_seekable_input_stream_empty (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("A base without bytes is at its end");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init_with (&fixture, test_base_new (0, 0), thresholds[i]);
      test_assert_reads (fixture.stream, 0, async, 0);
      g_assert_cmpuint (fixture.base->n_reads, ==, 0);
      test_assert_reads (fixture.stream, 5, async, 0);
      test_assert_skips (fixture.stream, 5, async, 0);
      test_assert_seeks (fixture.stream, 0, G_SEEK_END, 0);
      g_assert_cmpuint (fixture.base->n_reads, ==, 1);
    }
}

static void
test_seekable_input_stream_seek_is_lazy (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Seeking forward reads nothing; the next read reads up to there");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      fixture.base->step = 3;
      test_assert_seeks (fixture.stream, 20, G_SEEK_SET, 20);
      test_assert_seeks (fixture.stream, 11, G_SEEK_CUR, 31);
      g_assert_cmpuint (fixture.base->n_reads, ==, 0);
      test_assert_reads (fixture.stream, 2, async, 2);
      g_assert_cmpint (fixture.base->position, ==, 33);
      test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
      assert_reads_all (fixture.stream, async, SIZE);
    }
}

static void
test_seekable_input_stream_seek (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("From any place to any place, in each way, the bytes are right");

  FOR_EACH_THRESHOLD (i)
    {
      for (goffset from = 0; from <= SIZE + 2; from += 14)
        {
          for (goffset to = 0; to <= SIZE + 2; to++)
            {
              g_auto(Fixture) fixture = { NULL };
              gssize rest = MAX (SIZE - to, 0);

              fixture_init (&fixture, thresholds[i]);
              test_assert_seeks (fixture.stream, from, G_SEEK_SET, from);
              test_assert_seeks (fixture.stream, to - from, G_SEEK_CUR, to);
              test_assert_reads (fixture.stream, 2, async, MIN (rest, 2));
              test_assert_seeks (fixture.stream, to - SIZE, G_SEEK_END, to);
              test_assert_reads (fixture.stream, 100, async, rest);
            }
        }
    }
}

static void
test_seekable_input_stream_seek_refused (void)
{
  g_test_summary ("What is before the start or beyond the largest offset is "
                  "INVALID_ARGUMENT, and changes nothing");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };
      GInputStream *stream;

      fixture_init (&fixture, thresholds[i]);
      stream = fixture.stream;
      test_assert_reads (stream, 5, FALSE, 5);

      test_assert_seek_fails (stream, -1, G_SEEK_SET, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_seek_fails (stream, G_MININT64, G_SEEK_SET, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_seek_fails (stream, -6, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_seek_fails (stream, G_MININT64, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_seek_fails (stream, G_MAXINT64 - 4, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_seek_fails (stream, 0, (GSeekType) 17, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpint (fixture.base->position, ==, 5);

      test_assert_seek_fails (stream, -SIZE - 1, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_seek_fails (stream, G_MAXINT64 - SIZE + 1, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
      test_assert_reads (stream, 100, FALSE, SIZE - 5);
    }
}

static void
test_seekable_input_stream_far (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("One may stand as far past the end as an offset goes, and reads "
                  "nothing there");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      fixture.base->step = 9;
      test_assert_seeks (fixture.stream, G_MAXINT64, G_SEEK_SET, G_MAXINT64);
      test_assert_reads (fixture.stream, 100, async, 0);
      test_assert_skips (fixture.stream, G_MAXSSIZE, async, 0);
      test_assert_seeks (fixture.stream, G_MAXINT64 - SIZE, G_SEEK_END, G_MAXINT64);
      test_assert_reads (fixture.stream, 100, async, 0);
      test_assert_filled (fixture.buffer, SIZE);
      test_assert_seeks (fixture.stream, -G_MAXINT64, G_SEEK_CUR, 0);
      test_assert_skips (fixture.stream, G_MAXSSIZE, async, SIZE);
    }
}

static void
test_seekable_input_stream_skip (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("A skip goes as far as it is told, or to the end, and keeps what "
                  "it passes");

  FOR_EACH_THRESHOLD (i)
    {
      for (gsize count = 1; count < SIZE + 5; count += 3)
        {
          g_auto(Fixture) fixture = { NULL };
          gssize skipped = MIN (count, SIZE);

          fixture_init (&fixture, thresholds[i]);
          fixture.base->step = count % 5;
          test_assert_skips (fixture.stream, count, async, skipped);
          g_assert_cmpint (fixture.base->position, ==, skipped);
          test_assert_skips (fixture.stream, 2, async, MIN (2, SIZE - skipped));
          test_assert_seeks (fixture.stream, 1, G_SEEK_SET, 1);
          test_assert_skips (fixture.stream, 10000, async, SIZE - 1);
          test_assert_skips (fixture.stream, 10000, async, 0);
          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          assert_reads_all (fixture.stream, async, SIZE);
        }
    }
}

static void
test_seekable_input_stream_end_is_final (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  guint n_reads;

  g_test_summary ("A base that has ended is not asked again");

  fixture_init (&fixture, 10);
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, SIZE);
  n_reads = fixture.base->n_reads;
  fixture.base->size = 2 * SIZE;

  test_assert_reads (fixture.stream, 5, async, 0);
  test_assert_skips (fixture.stream, 5, async, 0);
  assert_fills (fixture.self, -1, async, SIZE);
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, SIZE);
  g_assert_cmpuint (fixture.base->n_reads, ==, n_reads);
}

static void
test_seekable_input_stream_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("An error at any byte comes out there; the bytes before can be "
                  "read, and the base is tried again");

  FOR_EACH_THRESHOLD (i)
    {
      for (goffset at = 0; at <= SIZE; at++)
        {
          g_auto(Fixture) fixture = { NULL };

          fixture_init (&fixture, thresholds[i]);
          fixture.base->step = at % 7;
          fixture.base->fail_at = at;
          fixture.base->n_failures = 2;

          while (g_seekable_tell (G_SEEKABLE (fixture.stream)) < at)
            {
              g_autoptr(GError) error = NULL;

              g_assert_cmpint (test_read (fixture.stream, 100, async, NULL, &error), >, 0);
              g_assert_no_error (error);
            }

          test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);
          g_assert_cmpuint (fixture.base->n_failures, ==, 1);

          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          if (at > 0)
            test_assert_reads (fixture.stream, at, async, at);

          test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_TIMED_OUT);
          assert_reads_all (fixture.stream, async, SIZE - at);
        }
    }
}

static void
test_seekable_input_stream_error_on_the_way (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("An error on the way to where one has sought stops there, with "
                  "position and content true");

  FOR_EACH_THRESHOLD (i)
    {
      for (goffset at = 0; at < 30; at++)
        {
          g_auto(Fixture) fixture = { NULL };

          fixture_init (&fixture, thresholds[i]);
          fixture.base->step = 4;
          fixture.base->fail_at = at;
          fixture.base->n_failures = 1;

          test_assert_seeks (fixture.stream, 30, G_SEEK_SET, 30);
          test_assert_read_fails (fixture.stream, 5, async, G_IO_ERROR_TIMED_OUT);
          test_assert_filled (fixture.buffer, at);

          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          if (at > 0)
            test_assert_reads (fixture.stream, at, async, at);

          test_assert_seeks (fixture.stream, 30, G_SEEK_SET, 30);
          assert_reads_all (fixture.stream, async, SIZE - 30);
        }
    }
}

static void
test_seekable_input_stream_error_of_end (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("A seek from the end that meets an error leaves the position, "
                  "keeps what came, and can be tried again");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      fixture.base->fail_at = 25;
      fixture.base->n_failures = 2;

      test_assert_reads (fixture.stream, 5, async, 5);
      test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_TIMED_OUT);
      test_assert_filled (fixture.buffer, 25);
      test_assert_reads (fixture.stream, 100, async, 20);
      test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);
      test_assert_seeks (fixture.stream, -1, G_SEEK_END, SIZE - 1);
      assert_reads_all (fixture.stream, async, 1);
    }
}

static void
test_seekable_input_stream_error_once (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("A skip that stops at an error says how far it came; the error "
                  "is not lost, even if the base ends right after it");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      fixture.base->step = 6;
      fixture.base->fail_at = 25;
      fixture.base->n_failures = 1;
      fixture.base->ends_after_failure = TRUE;

      test_assert_skips (fixture.stream, 30, async, 25);
      test_assert_seeks (fixture.stream, 20, G_SEEK_SET, 20);
      test_assert_skips (fixture.stream, 30, async, 5);
      test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_TIMED_OUT);
      test_assert_reads (fixture.stream, 1, async, 0);
    }
}

static void
test_seekable_input_stream_fill (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Filling reads on up to a place, once, and does not move");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };
      guint n_reads;

      fixture_init (&fixture, thresholds[i]);
      fixture.base->step = 4;
      assert_fills (fixture.self, 0, async, 0);
      g_assert_cmpuint (fixture.base->n_reads, ==, 0);

      assert_fills (fixture.self, 10, async, 10);
      test_assert_filled (fixture.buffer, 10);
      n_reads = fixture.base->n_reads;
      assert_fills (fixture.self, 10, async, 10);
      assert_fills (fixture.self, 3, async, 10);
      test_assert_reads (fixture.stream, 10, async, 10);
      g_assert_cmpuint (fixture.base->n_reads, ==, n_reads);

      assert_fills (fixture.self, 25, async, 25);
      assert_fills (fixture.self, -1, async, SIZE);
      assert_fills (fixture.self, -1, async, SIZE);
      assert_fills (fixture.self, G_MAXINT64, async, SIZE);
      assert_fills (fixture.self, 2, async, SIZE);
      assert_fill_fails (fixture.self, -2, async, G_IO_ERROR_INVALID_ARGUMENT);
      assert_fill_fails (fixture.self, G_MININT64, async, G_IO_ERROR_INVALID_ARGUMENT);

      n_reads = fixture.base->n_reads;
      test_assert_seeks (fixture.stream, 0, G_SEEK_END, SIZE);
      g_assert_cmpuint (fixture.base->n_reads, ==, n_reads);
    }
}

static void
test_seekable_input_stream_fill_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Filling that meets an error keeps what came and goes on when it "
                  "is tried again");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      fixture.base->step = 4;
      fixture.base->fail_at = 11;
      fixture.base->n_failures = 1;

      assert_fill_fails (fixture.self, 20, async, G_IO_ERROR_TIMED_OUT);
      test_assert_filled (fixture.buffer, 11);
      g_assert_false (g_input_stream_has_pending (fixture.stream));
      assert_fills (fixture.self, 20, async, 20);
      assert_reads_all (fixture.stream, async, SIZE);
    }
}

static void
test_seekable_input_stream_size_limit (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Up to the size limit every byte can be read; then it is "
                  "NO_SPACE, and no byte is lost where the limit is raised");

  FOR_EACH_THRESHOLD (i)
    {
      for (goffset limit = 0; limit <= SIZE + 1; limit++)
        {
          g_auto(Fixture) fixture = { NULL };

          fixture_init (&fixture, thresholds[i]);
          fixture.base->step = 1 + limit % 9;
          spool_buffer_set_size_limit (fixture.buffer, limit);

          if (limit >= SIZE)
            {
              assert_reads_all (fixture.stream, async, SIZE);
              continue;
            }

          assert_fill_fails (fixture.self, -1, async, G_IO_ERROR_NO_SPACE);
          test_assert_filled (fixture.buffer, limit);
          if (limit > 0)
            test_assert_reads (fixture.stream, 100, async, limit);

          test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_NO_SPACE);
          test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_NO_SPACE);
          test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_NO_SPACE);
          test_assert_seeks (fixture.stream, limit / 2, G_SEEK_SET, limit / 2);
          if (limit > 1)
            test_assert_skips (fixture.stream, 100, async, limit - limit / 2);

          spool_buffer_set_size_limit (fixture.buffer, -1);
          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          assert_reads_all (fixture.stream, async, SIZE);
        }
    }
}

static void
test_seekable_input_stream_no_room (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Bytes that the buffer can't take now are not lost: what came "
                  "before can be read, and later they are stored");

  for (goffset threshold = 0; threshold < SIZE; threshold += 3)
    {
      for (gsize count = 1; count < SIZE; count += 6)
        {
          g_auto(Fixture) fixture = { NULL };
          g_autoptr(GFile) nowhere = g_file_new_for_path ("/nonexistent/folder");
          goffset there;

          fixture_init (&fixture, threshold);
          spool_buffer_set_directory (fixture.buffer, nowhere);

          while (g_seekable_tell (G_SEEKABLE (fixture.stream)) + (goffset) count <= threshold)
            test_assert_reads (fixture.stream, count, async, count);

          there = g_seekable_tell (G_SEEKABLE (fixture.stream));
          test_assert_read_fails (fixture.stream, count, async, G_IO_ERROR_NOT_FOUND);
          test_assert_read_fails (fixture.stream, SIZE, async, G_IO_ERROR_NOT_FOUND);
          assert_fill_fails (fixture.self, -1, async, G_IO_ERROR_NOT_FOUND);
          g_assert_cmpint (fixture.base->position, <=, there + (goffset) count);

          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          if (there > 0)
            test_assert_reads (fixture.stream, there, async, there);

          /* A skip over what is there does not mind. */
          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          if (there > 0)
            test_assert_skips (fixture.stream, SIZE, async, there);

          spool_buffer_set_directory (fixture.buffer, NULL);
          test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
          assert_reads_all (fixture.stream, async, SIZE);
          test_assert_filled (fixture.buffer, SIZE);
        }
    }
}

static void
test_seekable_input_stream_given_buffer (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("What a buffer has to begin with is the beginning of the stream");

  FOR_EACH_THRESHOLD (i)
    {
      g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (thresholds[i], 17);
      g_autoptr(TestBase) base = test_base_new (17, SIZE - 17);
      g_autoptr(GInputStream) stream = NULL;

      stream = spool_seekable_input_stream_new_for_buffer (G_INPUT_STREAM (base), buffer);
      test_assert_reads (stream, 5, async, 5);
      g_assert_cmpuint (base->n_reads, ==, 0);
      test_assert_seeks (stream, -20, G_SEEK_END, SIZE - 20);
      assert_reads_all (stream, async, 20);
      test_assert_seeks (stream, 0, G_SEEK_SET, 0);
      assert_reads_all (stream, async, SIZE);
    }
}

static void
test_seekable_input_stream_completes (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("The buffer is completed when the base has ended");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture, thresholds[i]);
      test_assert_reads (fixture.stream, SIZE, async, SIZE);
      g_assert_false (spool_buffer_get_completed (fixture.buffer));
      test_assert_reads (fixture.stream, SIZE, async, 0);
      g_assert_true (spool_buffer_get_completed (fixture.buffer));
      g_assert_true (test_close (fixture.stream, async, NULL, NULL));
      g_assert_null (spool_buffer_dup_error (fixture.buffer));
    }
}

static void
test_seekable_input_stream_completes_with_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Closed or dropped before its end it completes the buffer with "
                  "an error, so that nobody waits for the rest; an error of the "
                  "base does not, since it is tried again");

  for (guint drop = 0; drop < 2; drop++)
    {
      g_auto(Fixture) fixture = { NULL };
      g_autoptr(GError) error = NULL;

      fixture_init (&fixture, 10);
      fixture.base->fail_at = 20;
      fixture.base->n_failures = 1;
      test_assert_reads (fixture.stream, SIZE, async, 20);
      test_assert_read_fails (fixture.stream, SIZE, async, G_IO_ERROR_TIMED_OUT);
      test_assert_reads (fixture.stream, SIZE, async, SIZE - 20);
      g_assert_false (spool_buffer_get_completed (fixture.buffer));

      if (drop)
        g_assert_finalize_object (g_steal_pointer (&fixture.stream));
      else
        g_assert_true (test_close (fixture.stream, async, NULL, NULL));

      g_assert_true (spool_buffer_get_completed (fixture.buffer));
      error = spool_buffer_dup_error (fixture.buffer);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
      test_assert_filled (fixture.buffer, SIZE);
    }
}

static void
test_seekable_input_stream_close (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Closing closes the base, unless told not to; then the base can "
                  "be read on from where it was left");

  for (guint close_base = 0; close_base < 2; close_base++)
    {
      g_auto(Fixture) fixture = { NULL };
      guint8 block[SIZE];

      fixture_init (&fixture, 10);
      fixture.base->async = TEST_ASYNC_AT_ONCE;
      g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (fixture.stream),
                                                   close_base);
      test_assert_reads (fixture.stream, 15, async, 15);
      g_assert_true (test_close (fixture.stream, async, NULL, NULL));
      g_assert_true (test_close (fixture.stream, async, NULL, NULL));
      g_assert_cmpuint (fixture.base->n_closes, ==, close_base);
      g_assert_cmpuint (fixture.base->n_elsewhere, ==, 0);

      test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_CLOSED);
      test_assert_seek_fails (fixture.stream, 0, G_SEEK_SET, G_IO_ERROR_CLOSED);
      test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_CLOSED);
      assert_fill_fails (fixture.self, -1, async, G_IO_ERROR_CLOSED);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture.stream)), ==, 15);
      test_assert_filled (fixture.buffer, 15);

      if (close_base)
        continue;

      g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (fixture.base), block, SIZE,
                                            NULL, NULL), ==, SIZE - 15);
      test_check (block, 15, SIZE - 15);
    }
}

static void
test_seekable_input_stream_close_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_auto(Fixture) other = { NULL };
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("An error of closing the base is one of closing, once");

  fixture_init (&fixture, 10);
  fixture.base->fail_close = TRUE;
  g_assert_false (test_close (fixture.stream, async, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_true (g_input_stream_is_closed (fixture.stream));
  g_assert_true (test_close (fixture.stream, async, NULL, NULL));
  g_clear_error (&error);

  fixture_init (&other, 10);
  g_assert_false (test_close (other.stream, async, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_input_stream_is_closed (other.stream));
  g_assert_cmpuint (other.base->n_closes, ==, 1);
}

static void
test_seekable_input_stream_unref_closes (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Dropping it closes the base and lets go of everything");

  fixture_init (&fixture, 10);
  test_assert_reads (fixture.stream, 15, FALSE, 15);
  g_assert_finalize_object (g_steal_pointer (&fixture.stream));
  g_assert_cmpuint (fixture.base->n_closes, ==, 1);
  g_assert_finalize_object (g_steal_pointer (&fixture.base));
  g_assert_finalize_object (g_steal_pointer (&fixture.buffer));
}

static void
test_seekable_input_stream_base_closed (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A base that somebody closed is an error where it is needed");

  fixture_init (&fixture, 10);
  test_assert_reads (fixture.stream, 15, async, 15);
  g_assert_true (g_input_stream_close (G_INPUT_STREAM (fixture.base), NULL, NULL));
  test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
  test_assert_reads (fixture.stream, 15, async, 15);
  test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_CLOSED);
}

static void
test_seekable_input_stream_buffer_misused (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("A buffer that somebody empties or closes is no crash, no endless "
                  "loop");

  FOR_EACH_THRESHOLD (i)
    {
      for (guint closing = 0; closing < 2; closing++)
        {
          g_auto(Fixture) fixture = { NULL };
          guint8 block[SIZE];

          fixture_init (&fixture, thresholds[i]);
          test_assert_reads (fixture.stream, 15, async, 15);
          test_assert_seeks (fixture.stream, 5, G_SEEK_SET, 5);

          if (closing)
            {
              g_assert_true (spool_buffer_close (fixture.buffer, NULL, NULL));
              test_assert_read_fails (fixture.stream, 5, async, G_IO_ERROR_CLOSED);
              test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_CLOSED);
            }
          else
            {
              g_assert_true (spool_buffer_reset (fixture.buffer, NULL, NULL));
              g_assert_cmpint (g_input_stream_read (fixture.stream, block, 5, NULL, NULL),
                               ==, 5);
            }
        }
    }
}

static void
test_seekable_input_stream_truncate (void)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("It can seek and can't be truncated");

  fixture_init (&fixture, 10);
  g_assert_true (g_seekable_can_seek (G_SEEKABLE (fixture.stream)));
  g_assert_false (g_seekable_can_truncate (G_SEEKABLE (fixture.stream)));
  g_assert_false (g_seekable_truncate (G_SEEKABLE (fixture.stream), 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
assert_all_pending (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  test_assert_read_fails (fixture->stream, 1, FALSE, G_IO_ERROR_PENDING);
  test_assert_read_fails (fixture->stream, 1, TRUE, G_IO_ERROR_PENDING);
  test_assert_seek_fails (fixture->stream, 1, G_SEEK_SET, G_IO_ERROR_PENDING);
  test_assert_seek_fails (fixture->stream, 0, G_SEEK_END, G_IO_ERROR_PENDING);
  assert_fill_fails (fixture->self, 1, FALSE, G_IO_ERROR_PENDING);
  assert_fill_fails (fixture->self, 1, TRUE, G_IO_ERROR_PENDING);
  g_assert_false (test_close (fixture->stream, FALSE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (test_close (fixture->stream, TRUE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
}

static void
test_seekable_input_stream_pending (void)
{
  g_test_summary ("While a read or a filling is on its way everything else is "
                  "refused, and it is not disturbed");

  FOR_EACH_THRESHOLD (i)
    {
      for (guint filling = 0; filling < 2; filling++)
        {
          g_auto(Fixture) fixture = { NULL };
          g_autoptr(GAsyncResult) result = NULL;
          guint8 block[SIZE];

          fixture_init (&fixture, thresholds[i]);
          fixture.base->async = TEST_ASYNC_HELD;

          if (filling)
            spool_seekable_input_stream_fill_async (fixture.self, SIZE, 0, NULL,
                                                    test_ready, &result);
          else
            g_input_stream_read_async (fixture.stream, block, SIZE, 0, NULL,
                                       test_ready, &result);

          g_assert_true (test_base_is_held (fixture.base));
          assert_all_pending (&fixture);
          test_base_answer (fixture.base);
          test_wait (&result);

          if (filling)
            {
              g_assert_cmpint (spool_seekable_input_stream_fill_finish (fixture.self,
                                                                        result, NULL),
                               ==, SIZE);
            }
          else
            {
              g_assert_cmpint (g_input_stream_read_finish (fixture.stream, result, NULL),
                               ==, SIZE);
              test_check (block, 0, SIZE);
            }

          test_assert_seeks (fixture.stream, 3, G_SEEK_SET, 3);
          test_assert_reads (fixture.stream, SIZE, FALSE, SIZE - 3);
        }
    }
}

static void
test_seekable_input_stream_read_while_filling (void)
{
  g_test_summary ("While it is filled another stream reads the same buffer, and "
                  "waits for what is to come");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };
      g_autoptr(GInputStream) reader = NULL;
      g_autoptr(GAsyncResult) result = NULL;
      goffset n_read = 0;

      fixture_init (&fixture, thresholds[i]);
      fixture.base->step = 7;
      fixture.base->async = TEST_ASYNC_AT_ONCE;
      reader = spool_memory_input_stream_new_for_buffer (fixture.buffer);
      spool_memory_input_stream_set_follow (SPOOL_MEMORY_INPUT_STREAM (reader), TRUE);

      spool_seekable_input_stream_fill_async (fixture.self, -1, 0, NULL,
                                              test_ready, &result);
      while (n_read < SIZE)
        {
          g_autoptr(GError) error = NULL;
          gssize n = test_read (reader, 100, TRUE, NULL, &error);

          g_assert_no_error (error);
          g_assert_cmpint (n, >, 0);
          n_read += n;
        }

      test_assert_reads (reader, 100, TRUE, 0);
      test_wait (&result);
      g_assert_cmpint (spool_seekable_input_stream_fill_finish (fixture.self, result, NULL),
                       ==, SIZE);
    }
}

static void
test_seekable_input_stream_cancelled (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("A call that was cancelled before it began does nothing");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };
      g_autoptr(GCancellable) cancelled = test_cancelled_new ();
      g_autoptr(GError) error = NULL;

      fixture_init (&fixture, thresholds[i]);
      test_assert_reads (fixture.stream, 15, async, 15);
      test_assert_seeks (fixture.stream, 5, G_SEEK_SET, 5);

      g_assert_cmpint (test_read (fixture.stream, 5, async, cancelled, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_cmpint (test_skip (fixture.stream, 5, async, cancelled, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_cmpint (test_fill_stream (fixture.self, 30, async, cancelled, &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_false (g_seekable_seek (G_SEEKABLE (fixture.stream), 0, G_SEEK_END,
                                       cancelled, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

      g_assert_cmpint (fixture.base->position, ==, 15);
      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture.stream)), ==, 5);
      test_assert_reads (fixture.stream, 100, async, 10);
      assert_reads_all (fixture.stream, async, SIZE - 15);
    }
}

typedef struct
{
  guint n_left;
  GCancellable *cancellable;
} CancelAt;

static void
cancel_hook (TestBase *base,
             gpointer  data)
{
  CancelAt *at = data;

  if (at->n_left > 0 && --at->n_left == 0)
    g_cancellable_cancel (at->cancellable);
}

typedef enum
{
  CALL_READ,
  CALL_SKIP,
  CALL_FILL,
  N_CALLS
} Call;

static void
check_cancel (goffset   threshold,
              Call      call,
              gboolean  async,
              TestAsync kind,
              guint     n)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GError) error = NULL;
  CancelAt at = { n, cancellable };
  goffset before;
  goffset result;

  fixture_init (&fixture, threshold);
  fixture.base->step = 5;
  fixture.base->async = kind;
  fixture.base->hook = cancel_hook;
  fixture.base->hook_data = &at;

  test_assert_seeks (fixture.stream, 22, G_SEEK_SET, 22);

  switch (call)
    {
    case CALL_READ:
      result = test_read (fixture.stream, 6, async, cancellable, &error);
      break;

    case CALL_SKIP:
      result = test_skip (fixture.stream, 6, async, cancellable, &error);
      break;

    default:
      result = test_fill_stream (fixture.self, 30, async, cancellable, &error);
    }

  if (result < 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  else
    g_assert_no_error (error);

  /* What the base gave must be in the stream, and it must go on with what
   * comes next.
   */
  at.n_left = 0;
  before = g_seekable_tell (G_SEEKABLE (fixture.stream));
  assert_reads_all (fixture.stream, async, SIZE - before);
  test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
  assert_reads_all (fixture.stream, async, SIZE);
  test_assert_filled (fixture.buffer, SIZE);
}

static void
test_seekable_input_stream_cancel_in_flight (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Cancelled at any read of the base it loses and repeats no byte");

  FOR_EACH_THRESHOLD (i)
    {
      for (Call call = 0; call < N_CALLS; call++)
        {
          for (guint n = 1; n < 8; n++)
            {
              check_cancel (thresholds[i], call, async, TEST_ASYNC_THREAD, n);
              check_cancel (thresholds[i], call, async, TEST_ASYNC_AT_ONCE, n);
            }
        }
    }
}

static void
test_seekable_input_stream_cancel_after_base_is_done (void)
{
  g_test_summary ("Bytes that the base has given are kept, even if the call is "
                  "cancelled before it can say so");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GError) error = NULL;
      guint8 block[SIZE];
      gssize n_read;

      fixture_init (&fixture, thresholds[i]);
      fixture.base->async = TEST_ASYNC_HELD;
      g_input_stream_read_async (fixture.stream, block, 10, 0, cancellable,
                                 test_ready, &result);
      test_base_answer (fixture.base);
      g_cancellable_cancel (cancellable);
      test_wait (&result);

      n_read = g_input_stream_read_finish (fixture.stream, result, &error);
      if (n_read < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

      g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture.stream)), ==,
                       MAX (n_read, 0));
      assert_reads_all (fixture.stream, FALSE, SIZE - MAX (n_read, 0));
      test_assert_filled (fixture.buffer, SIZE);
    }
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_seekable_input_stream_cancel_held (void)
{
  static const TestAsync kinds[] = { TEST_ASYNC_HELD, TEST_ASYNC_IN_SIGNAL };

  g_test_summary ("A base that waits is woken by a cancellation, from this thread "
                  "or another");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      for (guint elsewhere = 0; elsewhere < 2; elsewhere++)
        {
          g_auto(Fixture) fixture = { NULL };
          g_autoptr(GCancellable) cancellable = g_cancellable_new ();
          g_autoptr(GAsyncResult) result = NULL;

          fixture_init (&fixture, 10);
          fixture.base->async = kinds[kind];
          spool_seekable_input_stream_fill_async (fixture.self, -1, 0, cancellable,
                                                  test_ready, &result);

          if (elsewhere)
            g_thread_join (g_thread_new ("cancel", cancel_thread, cancellable));
          else
            g_cancellable_cancel (cancellable);

          test_wait (&result);
          g_assert_cmpint (spool_seekable_input_stream_fill_finish (fixture.self, result,
                                                                    NULL), ==, -1);
          assert_reads_all (fixture.stream, FALSE, SIZE);
        }
    }
}

static void
test_seekable_input_stream_dropped_in_flight (void)
{
  g_test_summary ("A read and a filling outlive the last reference and a forced "
                  "dispose");

  FOR_EACH_THRESHOLD (i)
    {
      for (guint filling = 0; filling < 2; filling++)
        {
          g_auto(Fixture) fixture = { NULL };
          g_autoptr(GAsyncResult) result = NULL;
          g_autoptr(GObject) source = NULL;
          guint8 block[SIZE];

          fixture_init (&fixture, thresholds[i]);
          fixture.base->async = TEST_ASYNC_HELD;

          if (filling)
            spool_seekable_input_stream_fill_async (fixture.self, SIZE, 0, NULL,
                                                    test_ready, &result);
          else
            g_input_stream_read_async (fixture.stream, block, SIZE, 0, NULL,
                                       test_ready, &result);

          g_object_run_dispose (G_OBJECT (fixture.stream));
          g_clear_object (&fixture.stream);
          test_base_answer (fixture.base);
          test_wait (&result);

          source = g_async_result_get_source_object (result);
          if (filling)
            g_assert_cmpint (spool_seekable_input_stream_fill_finish (SPOOL_SEEKABLE_INPUT_STREAM (source),
                                                                      result, NULL),
                             ==, SIZE);
          else
            g_assert_cmpint (g_input_stream_read_finish (G_INPUT_STREAM (source), result,
                                                         NULL), ==, SIZE);

          g_clear_object (&source);
          g_clear_object (&result);
          test_is_idle ();
          g_assert_cmpuint (fixture.base->n_closes, ==, 1);
        }
    }
}

static guint
count_threads (void)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  if (dir == NULL)
    return 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static void
memory_only_child (const char *argument)
{
  g_auto(Fixture) fixture = { NULL };
  guint n_threads;

  /* GLib starts a thread of its own with the first task. */
  g_type_ensure (G_TYPE_TASK);
  n_threads = count_threads ();

  fixture_init (&fixture, SPOOL_THRESHOLD_NEVER);
  fixture.base->async = TEST_ASYNC_AT_ONCE;
  fixture.base->step = 3;

  test_assert_reads (fixture.stream, 10, TRUE, 3);
  test_assert_skips (fixture.stream, 10, TRUE, 10);
  assert_fills (fixture.self, 30, TRUE, 30);
  test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
  assert_reads_all (fixture.stream, TRUE, SIZE);
  g_assert_true (test_close (fixture.stream, TRUE, NULL, NULL));

  g_assert_cmpuint (count_threads (), ==, n_threads);
  g_assert_cmpuint (fixture.base->n_elsewhere, ==, 0);
}

static void
test_seekable_input_stream_no_thread (void)
{
  g_test_summary ("In memory, asynchronous calls start no thread");

  test_assert_exited (test_spawn ("memory-only", "", NULL, NULL));
}

static void
test_seekable_input_stream_properties (void)
{
  g_autoptr(TestBase) base = test_base_new (0, SIZE);
  g_autoptr(GInputStream) stream = NULL;
  g_autoptr(GInputStream) other = NULL;
  g_autoptr(SpoolBuffer) buffer = NULL;
  g_autoptr(SpoolBuffer) given = spool_buffer_new_with_threshold (7);
  SpoolSeekableInputStream *self;

  g_test_summary ("The buffer is the one that was given, or one of its own");

  stream = spool_seekable_input_stream_new (G_INPUT_STREAM (base));
  self = SPOOL_SEEKABLE_INPUT_STREAM (stream);
  g_object_get (stream, "buffer", &buffer, NULL);
  g_assert_nonnull (buffer);
  g_assert_true (buffer == spool_seekable_input_stream_get_buffer (self));
  g_assert_cmpint (spool_buffer_get_threshold (buffer), ==, SPOOL_DEFAULT_THRESHOLD);
  g_assert_true (g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream)) ==
                 G_INPUT_STREAM (base));

  other = g_object_new (SPOOL_TYPE_SEEKABLE_INPUT_STREAM,
                        "base-stream", base,
                        "buffer", given,
                        "close-base-stream", FALSE,
                        NULL);
  g_assert_true (spool_seekable_input_stream_get_buffer (SPOOL_SEEKABLE_INPUT_STREAM (other)) ==
                 given);
}

static void
test_seekable_input_stream_no_base (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(GInputStream) stream = g_object_new (SPOOL_TYPE_SEEKABLE_INPUT_STREAM, NULL);

  g_test_summary ("Without a base it has no bytes but those of its buffer");

  test_assert_reads (stream, 5, async, 0);
  test_assert_seeks (stream, 0, G_SEEK_END, 0);
  g_assert_true (test_close (stream, async, NULL, NULL));
}

static void
test_seekable_input_stream_big (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  const goffset size = 3 * 1024 * 1024 + 17;
  static const goffset big_thresholds[] = { 0, 1024 * 1024, SPOOL_THRESHOLD_NEVER };

  g_test_summary ("Megabytes are read on, and read again, in bounded steps");

  for (gsize i = 0; i < G_N_ELEMENTS (big_thresholds); i++)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init_with (&fixture, test_base_new (0, size), big_thresholds[i]);
      test_assert_seeks (fixture.stream, size - 10, G_SEEK_SET, size - 10);
      test_assert_reads (fixture.stream, 100, async, 10);
      g_assert_cmpuint (fixture.base->max_count, <=, 256 * 1024);

      test_assert_seeks (fixture.stream, 5, G_SEEK_SET, 5);
      test_assert_reads (fixture.stream, size, async, size - 5);
      test_assert_reads (fixture.stream, size, async, 0);
      g_assert_cmpint (spool_buffer_get_rolled_over (fixture.buffer), ==,
                       big_thresholds[i] != SPOOL_THRESHOLD_NEVER);
    }
}

static void
test_seekable_input_stream_concatenated (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("As parts of a concatenation they seek across the seams, and "
                  "over one it reads as any other");

  FOR_EACH_THRESHOLD (i)
    {
      g_autoptr(GInputStream) concat = spool_concat_input_stream_new ();
      g_autoptr(GInputStream) rigid = spool_concat_input_stream_new ();
      g_autoptr(GInputStream) outer = NULL;
      goffset size = 0;

      for (guint part = 0; part < 3; part++)
        {
          g_autoptr(TestBase) base = test_base_new (size, SIZE);
          g_autoptr(TestBase) bare = test_base_new (size, SIZE);
          g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (thresholds[i]);
          g_autoptr(GInputStream) stream = NULL;

          base->step = 7;
          stream = spool_seekable_input_stream_new_for_buffer (G_INPUT_STREAM (base), buffer);
          spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (concat), stream);
          spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (rigid),
                                            G_INPUT_STREAM (bare));
          size += SIZE;
        }

      test_assert_skips (concat, SIZE + 3, async, SIZE + 3);
      test_assert_reads (concat, 1000, async, 2 * SIZE - 3);
      for (goffset to = 0; to <= size; to += 9)
        {
          test_assert_seeks (concat, to - size, G_SEEK_END, to);
          test_assert_reads (concat, 1000, async, size - to);
        }

      outer = spool_seekable_input_stream_new (rigid);
      test_assert_seeks (outer, 2 * SIZE - 1, G_SEEK_SET, 2 * SIZE - 1);
      test_assert_reads (outer, 5, async, 5);
      test_assert_seeks (outer, 0, G_SEEK_SET, 0);
      assert_reads_all (outer, async, size);
    }
}

static void
test_seekable_input_stream_splice (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  GOutputStreamSpliceFlags flags = G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                   G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET;

  g_test_summary ("What GIO does with input streams works with it");

  FOR_EACH_THRESHOLD (i)
    {
      g_auto(Fixture) fixture = { NULL };
      g_autoptr(GOutputStream) target = g_memory_output_stream_new_resizable ();
      g_autoptr(GError) error = NULL;
      gssize n_spliced;

      fixture_init_with (&fixture, test_base_new (0, 100000), thresholds[i]);
      if (async)
        {
          g_autoptr(GAsyncResult) result = NULL;

          g_output_stream_splice_async (target, fixture.stream, flags, 0, NULL,
                                        test_ready, &result);
          test_wait (&result);
          n_spliced = g_output_stream_splice_finish (target, result, &error);
        }
      else
        {
          n_spliced = g_output_stream_splice (target, fixture.stream, flags, NULL, &error);
        }

      g_assert_no_error (error);
      g_assert_cmpint (n_spliced, ==, 100000);
      test_check (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (target)), 0,
                  100000);
      g_assert_true (g_input_stream_is_closed (G_INPUT_STREAM (fixture.base)));
    }
}

static void
test_seekable_input_stream_model (void)
{
  const guint n_streams = g_test_slow () ? 20000 : 1000;
  guint n_calls = 0;
  guint n_errors = 0;

  g_test_summary ("Random bases, thresholds and calls: always what one flat stream "
                  "gives");

  for (guint i = 0; i < n_streams; i++)
    {
      g_auto(Fixture) fixture = { NULL };
      goffset size = g_test_rand_int_range (0, 80);
      goffset position = 0;

      fixture_init_with (&fixture, test_base_new (0, size),
                         g_test_rand_int_range (-1, 90));
      fixture.base->step = g_test_rand_int_range (0, 20);
      fixture.base->async = g_test_rand_int_range (TEST_ASYNC_THREAD, TEST_ASYNC_HELD);

      for (guint op = 0; op < 25; op++)
        {
          g_autoptr(GError) error = NULL;
          gboolean async = g_test_rand_int_range (0, 3) == 0;
          gsize count = g_test_rand_int_range (1, 40);
          goffset rest = MAX (size - position, 0);
          goffset to = g_test_rand_int_range (0, size + 10);
          gssize n_bytes = 0;

          n_calls++;
          if (g_test_rand_int_range (0, 6) == 0)
            {
              fixture.base->fail_at = g_test_rand_int_range (0, size + 1);
              fixture.base->n_failures = g_test_rand_int_range (0, 3);
            }

          switch (g_test_rand_int_range (0, 8))
            {
            case 0:
            case 1:
            case 2:
              n_bytes = test_read (fixture.stream, count, async, NULL, &error);
              break;

            case 3:
              n_bytes = test_skip (fixture.stream, count, async, NULL, &error);
              break;

            case 4:
              n_bytes = test_fill_stream (fixture.self, to, async, NULL, &error);
              if (n_bytes >= 0)
                g_assert_cmpint (n_bytes, >=, MIN (to, size));
              if (n_bytes > 0)
                n_bytes = 0;
              rest = 0;
              break;

            case 5:
              if (!g_seekable_seek (G_SEEKABLE (fixture.stream), to - size, G_SEEK_END,
                                    NULL, &error))
                n_bytes = -1;
              else
                position = to;
              rest = 0;
              break;

            case 6:
              test_assert_seeks (fixture.stream, to, G_SEEK_SET, to);
              position = to;
              continue;

            default:
              test_assert_seeks (fixture.stream, to - position, G_SEEK_CUR, to);
              position = to;
              continue;
            }

          if (n_bytes < 0)
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
              n_errors++;
            }
          else
            {
              g_assert_no_error (error);
              g_assert_cmpint (n_bytes, <=, MIN (rest, (goffset) count));
              g_assert_true (n_bytes > 0 || rest == 0);
              position += n_bytes;
            }

          g_assert_cmpint (g_seekable_tell (G_SEEKABLE (fixture.stream)), ==, position);
          g_assert_cmpint (spool_buffer_get_size (fixture.buffer), ==,
                           fixture.base->position);
        }

      /* A skip that came some way has kept its error for who wants more next. */
      fixture.base->n_failures = 0;
      test_fill_stream (fixture.self, fixture.base->position + 1, FALSE, NULL, NULL);
      assert_reads_all (fixture.stream, FALSE, MAX (size - position, 0));
      test_assert_filled (fixture.buffer, MIN (size, fixture.base->position));
    }

  g_test_message ("%u calls, %u of them failed as they were told to", n_calls, n_errors);
  g_assert_cmpuint (n_errors, >, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);
  test_add_child ("memory-only", memory_only_child);

#define ADD(name, func) \
  g_test_add_func ("/seekable-input-stream/" name, test_seekable_input_stream_##func)
#define ADD_BOTH(name, func) \
  test_add_both ("/seekable-input-stream/" name, test_seekable_input_stream_##func)

  ADD_BOTH ("lazy", lazy);
  ADD_BOTH ("short-reads", short_reads);
  ADD_BOTH ("empty", empty);
  ADD_BOTH ("seek-is-lazy", seek_is_lazy);
  ADD_BOTH ("seek", seek);
  ADD ("seek-refused", seek_refused);
  ADD_BOTH ("far", far);
  ADD_BOTH ("skip", skip);
  ADD_BOTH ("end-is-final", end_is_final);
  ADD_BOTH ("error", error);
  ADD_BOTH ("error-on-the-way", error_on_the_way);
  ADD_BOTH ("error-of-end", error_of_end);
  ADD_BOTH ("error-once", error_once);
  ADD_BOTH ("fill", fill);
  ADD_BOTH ("fill-error", fill_error);
  ADD_BOTH ("size-limit", size_limit);
  ADD_BOTH ("no-room", no_room);
  ADD_BOTH ("given-buffer", given_buffer);
  ADD_BOTH ("completes", completes);
  ADD_BOTH ("completes-with-error", completes_with_error);
  ADD_BOTH ("close", close);
  ADD_BOTH ("close-error", close_error);
  ADD ("unref-closes", unref_closes);
  ADD_BOTH ("base-closed", base_closed);
  ADD_BOTH ("buffer-misused", buffer_misused);
  ADD ("truncate", truncate);
  ADD ("pending", pending);
  ADD ("read-while-filling", read_while_filling);
  ADD_BOTH ("cancelled", cancelled);
  ADD_BOTH ("cancel-in-flight", cancel_in_flight);
  ADD ("cancel-after-base-is-done", cancel_after_base_is_done);
  ADD ("cancel-held", cancel_held);
  ADD ("dropped-in-flight", dropped_in_flight);
  ADD ("no-thread", no_thread);
  ADD ("properties", properties);
  ADD_BOTH ("no-base", no_base);
  ADD_BOTH ("big", big);
  ADD_BOTH ("concatenated", concatenated);
  ADD_BOTH ("splice", splice);
  ADD ("model", model);

  return test_run ();
}
