/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <spool-glib/spool-glib.h>

#include "test-base.h"
#include "test-calls.h"
#include "test-stream.h"
#include "test-utils.h"

#include <string.h>

/* Parts of a concatenation of which each byte is test_byte() of its place, so
 * that any read can be checked by where it was.
 */
typedef struct
{
  SpoolConcatInputStream *concat;
  GInputStream *stream;
  GSeekable *seekable;
  goffset size;
  TestBase *parts[8];
  guint n_parts;
} Fixture;

typedef TestBase *(*NewBase) (goffset first,
                              goffset size);

static void
fixture_append (Fixture *fixture,
                NewBase  new_base,
                goffset  size)
{
  TestBase *part = new_base (fixture->size, size);

  g_assert_cmpuint (fixture->n_parts, <, G_N_ELEMENTS (fixture->parts));
  fixture->parts[fixture->n_parts++] = part;
  fixture->size += size;
  spool_concat_input_stream_append (fixture->concat, G_INPUT_STREAM (part));
}

static void
fixture_clear (Fixture *fixture)
{
  for (guint i = 0; i < fixture->n_parts; i++)
    g_clear_object (&fixture->parts[i]);

  g_clear_object (&fixture->stream);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
fixture_init (Fixture *fixture)
{
  memset (fixture, 0, sizeof *fixture);
  fixture->stream = spool_concat_input_stream_new ();
  fixture->concat = SPOOL_CONCAT_INPUT_STREAM (fixture->stream);
  fixture->seekable = G_SEEKABLE (fixture->stream);
}

/* Parts of 3, 0, 5, 1 and 7 bytes. */
static void
fixture_init_usual (Fixture *fixture,
                    NewBase  new_base)
{
  static const goffset sizes[] = { 3, 0, 5, 1, 7 };

  fixture_init (fixture);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    fixture_append (fixture, new_base, sizes[i]);
}

static void
test_concat_input_stream_empty (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A concatenation of nothing is at its end, and can seek");

  fixture_init (&fixture);
  test_assert_reads (fixture.stream, 10, async, 0);
  test_assert_skips (fixture.stream, 10, async, 0);
  g_assert_true (g_seekable_can_seek (fixture.seekable));
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, 0);
  test_assert_seeks (fixture.stream, 5, G_SEEK_CUR, 5);
  test_assert_reads (fixture.stream, 10, async, 0);
  test_assert_seek_fails (fixture.stream, -1, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_concat_input_stream_seams (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static const NewBase kinds[] = {
    test_base_new, test_base_new_seekable, test_base_new_pollable,
  };

  g_test_summary ("One read crosses all seams, whatever sizes the parts give");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      for (gsize step = 0; step < 4; step++)
        {
          for (gsize count = 1; count < 20; count++)
            {
              g_auto(Fixture) fixture = { NULL };
              goffset rest = 16;

              fixture_init_usual (&fixture, kinds[kind]);
              for (guint i = 0; i < fixture.n_parts; i++)
                fixture.parts[i]->step = step;

              while (rest > 0)
                {
                  gssize expected = MIN (rest, (goffset) count);

                  test_assert_reads (fixture.stream, count, async, expected);
                  rest -= expected;
                }

              test_assert_reads (fixture.stream, count, async, 0);
              test_assert_reads (fixture.stream, count, async, 0);
            }
        }
    }
}

static void
test_concat_input_stream_read_nothing (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Reading 0 bytes gives none, reads no part and ends nothing");

  fixture_init_usual (&fixture, test_base_new);
  test_assert_reads (fixture.stream, 0, async, 0);
  test_assert_skips (fixture.stream, 0, async, 0);
  g_assert_cmpuint (fixture.parts[0]->n_reads, ==, 0);
  test_assert_reads (fixture.stream, 4, async, 4);
  test_assert_reads (fixture.stream, 0, async, 0);
  test_assert_reads (fixture.stream, 100, async, 12);
}

static void
test_concat_input_stream_starts_where_parts_stand (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A part counts from where it stood when it was appended");

  fixture_init (&fixture);
  fixture.parts[0] = test_base_new_seekable (-4, 10);
  fixture.parts[0]->position = 4;
  fixture.parts[1] = test_base_new_seekable (6 - 2, 9);
  fixture.parts[1]->position = 2;
  fixture.n_parts = 2;

  spool_concat_input_stream_append (fixture.concat, G_INPUT_STREAM (fixture.parts[0]));
  spool_concat_input_stream_append (fixture.concat, G_INPUT_STREAM (fixture.parts[1]));

  /* Where it stands later is of no consequence. */
  fixture.parts[0]->position = 0;
  fixture.parts[1]->position = 9;

  test_assert_reads (fixture.stream, 100, async, 13);
  test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
  test_assert_reads (fixture.stream, 1, async, 1);
  test_assert_seeks (fixture.stream, -1, G_SEEK_END, 12);
  test_assert_reads (fixture.stream, 100, async, 1);
}

static void
test_concat_input_stream_stands_past_end (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A part that stood past its end has no bytes");

  fixture_init (&fixture);
  fixture.parts[0] = test_base_new_seekable (0, 10);
  fixture.parts[0]->position = 14;
  fixture.parts[1] = test_base_new_seekable (0, 5);
  fixture.n_parts = 2;

  spool_concat_input_stream_append (fixture.concat, G_INPUT_STREAM (fixture.parts[0]));
  spool_concat_input_stream_append (fixture.concat, G_INPUT_STREAM (fixture.parts[1]));

  test_assert_seeks (fixture.stream, 0, G_SEEK_END, 5);
  test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
  test_assert_reads (fixture.stream, 100, async, 5);
}

static void
test_concat_input_stream_same_part_twice (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();
  g_autoptr(GInputStream) part = NULL;
  g_autoptr(GBytes) bytes = NULL;

  g_test_summary ("A stream that can seek may stand in it several times");

  part = g_memory_input_stream_new_from_data ("abc", 3, NULL);
  for (int i = 0; i < 3; i++)
    spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream), part);

  if (async)
    {
      g_autoptr(GAsyncResult) result = NULL;

      g_input_stream_read_bytes_async (stream, 20, 0, NULL, test_ready, &result);
      test_wait (&result);
      bytes = g_input_stream_read_bytes_finish (stream, result, NULL);
    }
  else
    {
      bytes = g_input_stream_read_bytes (stream, 20, NULL, NULL);
    }

  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   "abcabcabc", 9);
}

static void
test_concat_input_stream_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("An error at any byte is an error there, never the end of a "
                  "part; then the part is tried again");

  for (guint i = 0; i < 5; i++)
    {
      for (goffset at = 0; at < 7; at++)
        {
          g_auto(Fixture) fixture = { NULL };
          TestBase *part;
          gssize before;

          fixture_init_usual (&fixture, i % 2 == 0 ? test_base_new : test_base_new_seekable);
          part = fixture.parts[i];
          if (at > part->size)
            continue;

          part->fail_at = at;
          part->n_failures = 2;
          before = part->first + at;

          if (before > 0)
            test_assert_reads (fixture.stream, 100, async, before);

          test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);

          /* An error that was kept is not asked for twice. */
          if (before > 0)
            g_assert_cmpuint (part->n_failures, ==, 1);
          test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);
          g_assert_cmpuint (part->n_failures, ==, 0);

          test_assert_reads (fixture.stream, 100, async, 16 - before);
          test_assert_reads (fixture.stream, 100, async, 0);
        }
    }
}

static void
test_concat_input_stream_error_once (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("An error is reported even if the part ends right after it");

  fixture_init_usual (&fixture, test_base_new);
  fixture.parts[2]->fail_at = 2;
  fixture.parts[2]->n_failures = 1;
  fixture.parts[2]->ends_after_failure = TRUE;

  test_assert_reads (fixture.stream, 100, async, 5);
  test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);
}

static void
test_concat_input_stream_error_elsewhere (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("An error belongs to its place: seeking elsewhere drops it, "
                  "seeking nowhere does not");

  fixture_init_usual (&fixture, test_base_new_seekable);
  fixture.parts[2]->fail_at = 2;
  fixture.parts[2]->n_failures = 2;

  test_assert_reads (fixture.stream, 100, async, 5);
  test_assert_seeks (fixture.stream, 1, G_SEEK_SET, 1);
  test_assert_reads (fixture.stream, 3, async, 3);
  test_assert_reads (fixture.stream, 100, async, 1);
  test_assert_seeks (fixture.stream, 0, G_SEEK_CUR, 5);
  test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);
  test_assert_reads (fixture.stream, 100, async, 11);
}

static void
test_concat_input_stream_error_of_seek (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A part that can't be brought back is an error, and is tried "
                  "again");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 100, async, 16);

  fixture.parts[0]->fail_seek = TRUE;
  test_assert_seeks (fixture.stream, 1, G_SEEK_SET, 1);
  test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);

  fixture.parts[0]->fail_seek = FALSE;
  fixture.parts[2]->fail_seek = TRUE;
  test_assert_reads (fixture.stream, 100, async, 2);
  test_assert_read_fails (fixture.stream, 100, async, G_IO_ERROR_TIMED_OUT);

  fixture.parts[2]->fail_seek = FALSE;
  test_assert_reads (fixture.stream, 100, async, 13);
}

static void
test_concat_input_stream_error_of_length (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A seek that can't get a length fails and changes nothing");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 2, FALSE, 2);

  fixture.parts[2]->fail_seek = TRUE;
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_TIMED_OUT);
  test_assert_seek_fails (fixture.stream, 12, G_SEEK_SET, G_IO_ERROR_TIMED_OUT);
  test_assert_reads (fixture.stream, 4, FALSE, 4);

  fixture.parts[2]->fail_seek = FALSE;
  test_assert_seeks (fixture.stream, 12, G_SEEK_SET, 12);
  test_assert_reads (fixture.stream, 100, FALSE, 4);
}

static void
test_concat_input_stream_error_of_way_back (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A part that was asked for its length and can't be put back is an "
                  "error, and is found again by the next read");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 1, async, 1);
  fixture.parts[0]->fail_seek_at = fixture.parts[0]->n_seeks + 2;
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (fixture.parts[0]->position, ==, 3);
  test_assert_reads (fixture.stream, 100, async, 15);
}

static void
count_closing (TestBase *base,
               gpointer  data)
{
  GString *order = data;

  g_string_append_printf (order, "%d ", (int) base->first);
}

static void
test_concat_input_stream_closes_left_parts (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GString) order = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  g_test_summary ("Parts are closed in their order, as they are left behind");

  fixture_init_usual (&fixture, test_base_new);
  for (guint i = 0; i < fixture.n_parts; i++)
    {
      fixture.parts[i]->close_hook = count_closing;
      fixture.parts[i]->hook_data = order;
    }

  test_assert_reads (fixture.stream, 3, async, 3);
  g_assert_cmpstr (order->str, ==, "");
  test_assert_reads (fixture.stream, 1, async, 1);
  g_assert_cmpstr (order->str, ==, "0 3 ");
  g_assert_true (g_input_stream_is_closed (G_INPUT_STREAM (fixture.parts[1])));

  g_assert_true (test_close (fixture.stream, async, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (order->str, ==, "0 3 3 8 9 ");

  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
}

static void
test_concat_input_stream_releases_left_parts (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  TestBase *left;

  g_test_summary ("A part that was left behind is not kept alive");

  fixture_init_usual (&fixture, test_base_new);
  left = fixture.parts[0];
  g_object_add_weak_pointer (G_OBJECT (left), (gpointer *) &left);
  g_clear_object (&fixture.parts[0]);

  test_assert_reads (fixture.stream, 3, async, 3);
  g_assert_nonnull (left);
  test_assert_reads (fixture.stream, 1, async, 1);
  g_assert_null (left);
}

static void
test_concat_input_stream_keeps_seekable_parts (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GString) order = g_string_new (NULL);

  g_test_summary ("While it can seek it keeps its parts open up to its own close");

  fixture_init_usual (&fixture, test_base_new_seekable);
  for (guint i = 0; i < fixture.n_parts; i++)
    {
      fixture.parts[i]->close_hook = count_closing;
      fixture.parts[i]->hook_data = order;
    }

  test_assert_reads (fixture.stream, 100, async, 16);
  test_assert_reads (fixture.stream, 100, async, 0);
  g_assert_cmpstr (order->str, ==, "");

  g_assert_true (test_close (fixture.stream, async, NULL, NULL));
  g_assert_cmpstr (order->str, ==, "0 3 3 8 9 ");
}

static void
test_concat_input_stream_loses_seeking (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Once a part can't seek those that were left behind are closed");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 4, async, 4);
  g_assert_true (g_seekable_can_seek (fixture.seekable));

  fixture_append (&fixture, test_base_new, 4);
  g_assert_false (g_seekable_can_seek (fixture.seekable));
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_SET, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_CUR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_NOT_SUPPORTED);

  test_assert_reads (fixture.stream, 1, async, 1);
  g_assert_cmpuint (fixture.parts[0]->n_closes, ==, 1);
  g_assert_cmpuint (fixture.parts[1]->n_closes, ==, 1);
  g_assert_cmpuint (fixture.parts[2]->n_closes, ==, 0);

  test_assert_reads (fixture.stream, 100, async, 15);
}

static void
test_concat_input_stream_part_loses_seeking (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A part that loses the gift of seeking takes it from the whole, "
                  "and for ever");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_seeks (fixture.stream, 4, G_SEEK_SET, 4);
  fixture.parts[4]->frozen = TRUE;
  g_assert_false (g_seekable_can_seek (fixture.seekable));
  test_assert_seek_fails (fixture.stream, 1, G_SEEK_SET, G_IO_ERROR_NOT_SUPPORTED);

  fixture.parts[4]->frozen = FALSE;
  g_assert_false (g_seekable_can_seek (fixture.seekable));
  test_assert_reads (fixture.stream, 100, FALSE, 12);
}

static void
test_concat_input_stream_leaves_parts_open (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Without close-parts no part is ever closed");

  fixture_init_usual (&fixture, test_base_new);
  spool_concat_input_stream_set_close_parts (fixture.concat, FALSE);
  test_assert_reads (fixture.stream, 10, async, 10);
  g_assert_true (test_close (fixture.stream, async, NULL, NULL));

  for (guint i = 0; i < fixture.n_parts; i++)
    {
      g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 0);
      g_assert_false (g_input_stream_is_closed (G_INPUT_STREAM (fixture.parts[i])));
    }
}

static void
test_concat_input_stream_close_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("The first error of closing is reported by the closing of the "
                  "whole, which closes every part; reading goes on undisturbed");

  fixture_init_usual (&fixture, test_base_new);
  fixture.parts[1]->fail_close = TRUE;
  fixture.parts[3]->fail_close = TRUE;
  fixture.parts[4]->fail_close = TRUE;

  test_assert_reads (fixture.stream, 10, async, 10);
  g_assert_false (test_close (fixture.stream, async, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpstr (error->message, ==, "Closing failed at 3");
  g_assert_true (g_input_stream_is_closed (fixture.stream));

  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
}

static void
test_concat_input_stream_close_error_last (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("An error of closing does not keep later parts open");

  fixture_init_usual (&fixture, test_base_new_seekable);
  fixture.parts[2]->fail_close = TRUE;
  fixture.parts[3]->fail_close = TRUE;

  g_assert_false (test_close (fixture.stream, async, NULL, &error));
  g_assert_cmpstr (error->message, ==, "Closing failed at 3");

  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
}

static void
test_concat_input_stream_close_cancelled (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A cancelled close says so and still closes every part");

  fixture_init_usual (&fixture, test_base_new);
  g_assert_false (test_close (fixture.stream, async, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (g_input_stream_is_closed (fixture.stream));

  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
}

static void
test_concat_input_stream_close_nothing_cancelled (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("Where there is nothing to close there is nothing to cancel");

  fixture_init_usual (&fixture, test_base_new);
  spool_concat_input_stream_set_close_parts (fixture.concat, FALSE);
  g_assert_true (test_close (fixture.stream, async, cancelled, &error));
  g_assert_no_error (error);
}

static void
test_concat_input_stream_unref_closes (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Dropping it closes its parts and lets go of them");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 5, FALSE, 5);
  g_assert_finalize_object (g_steal_pointer (&fixture.stream));

  for (guint i = 0; i < fixture.n_parts; i++)
    {
      g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
      g_assert_finalize_object (g_steal_pointer (&fixture.parts[i]));
    }
}

static void
test_concat_input_stream_append_later (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static const NewBase kinds[] = { test_base_new, test_base_new_seekable };

  g_test_summary ("Parts that are appended at the end are read by a later read");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_auto(Fixture) fixture = { NULL };

      fixture_init (&fixture);
      test_assert_reads (fixture.stream, 10, async, 0);
      fixture_append (&fixture, kinds[kind], 4);
      test_assert_reads (fixture.stream, 10, async, 4);
      test_assert_reads (fixture.stream, 10, async, 0);
      fixture_append (&fixture, kinds[kind], 0);
      test_assert_reads (fixture.stream, 10, async, 0);
      fixture_append (&fixture, kinds[kind], 2);
      fixture_append (&fixture, kinds[kind], 3);
      test_assert_reads (fixture.stream, 10, async, 5);
      test_assert_reads (fixture.stream, 10, async, 0);
    }
}

static void
test_concat_input_stream_append_past_end (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Parts that are appended while it stands past the end are "
                  "read from where it stands");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_seeks (fixture.stream, 10, G_SEEK_END, 26);
  test_assert_reads (fixture.stream, 10, async, 0);
  test_assert_skips (fixture.stream, 10, async, 0);

  fixture_append (&fixture, test_base_new_seekable, 5);
  test_assert_reads (fixture.stream, 10, async, 0);
  g_assert_cmpuint (fixture.parts[5]->n_reads, ==, 0);

  fixture_append (&fixture, test_base_new_seekable, 20);
  test_assert_reads (fixture.stream, 10, async, 10);
  test_assert_seeks (fixture.stream, 17, G_SEEK_SET, 17);
  test_assert_reads (fixture.stream, 100, async, 24);
}

static void
assert_not_in_thread (TestStream *stream,
                      guint       call,
                      gpointer    user_data)
{
  g_assert_true (g_thread_self () != user_data);
}

static void
test_concat_input_stream_append_past_end_elsewhere (void)
{
  g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();
  SpoolConcatInputStream *self = SPOOL_CONCAT_INPUT_STREAM (stream);
  g_autoptr(GInputStream) base = test_stream_new (100);
  g_autoptr(GInputStream) drained = spool_seekable_input_stream_new (base);
  g_autoptr(GInputStream) other_base = test_stream_new (50);
  g_autoptr(GInputStream) last = spool_seekable_input_stream_new (other_base);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 block[20];

  g_test_summary ("A part that has to read all it has to know its length is not asked "
                  "in the main loop");

  test_assert_seeks (stream, 110, G_SEEK_SET, 110);
  test_stream_set_hook (TEST_STREAM (base), assert_not_in_thread, g_thread_self ());
  spool_concat_input_stream_append (self, drained);
  g_input_stream_read_async (stream, block, sizeof block, 0, NULL, test_ready, &result);

  /* More may come meanwhile. */
  spool_concat_input_stream_append (self, last);
  test_wait (&result);
  g_assert_cmpint (g_input_stream_read_finish (stream, result, &error), ==, 20);
  g_assert_no_error (error);
  test_check (block, 10, 20);
  g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, 130);
}

static void
test_concat_input_stream_append_past_end_rigid (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A place past the end that can't be reached is an error and "
                  "not some other bytes");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_seeks (fixture.stream, 20, G_SEEK_SET, 20);
  fixture_append (&fixture, test_base_new, 10);
  test_assert_read_fails (fixture.stream, 10, async, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_read_fails (fixture.stream, 10, async, G_IO_ERROR_NOT_SUPPORTED);
}

static void
test_concat_input_stream_seek (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("From any place to any place, in each way, the bytes are right");

  fixture_init_usual (&fixture, test_base_new_seekable);
  g_assert_true (g_seekable_can_seek (fixture.seekable));

  for (goffset from = 0; from <= 18; from++)
    {
      for (goffset to = 0; to <= 18; to++)
        {
          gssize rest = MAX (16 - to, 0);

          test_assert_seeks (fixture.stream, from, G_SEEK_SET, from);
          test_assert_seeks (fixture.stream, to - from, G_SEEK_CUR, to);
          test_assert_reads (fixture.stream, 2, async, MIN (rest, 2));
          test_assert_seeks (fixture.stream, to - 16, G_SEEK_END, to);
          test_assert_reads (fixture.stream, 100, async, rest);
          test_assert_seeks (fixture.stream, to, G_SEEK_SET, to);
          test_assert_reads (fixture.stream, 100, async, rest);
        }
    }

  test_assert_seeks (fixture.stream, 5, G_SEEK_SET, 5);
  test_assert_seek_fails (fixture.stream, -1, G_SEEK_SET, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, -6, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, -17, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, G_MAXINT64, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, G_MININT64, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, G_MAXINT64 - 15, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, G_MININT64, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, G_MININT64, G_SEEK_SET, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, 0, (GSeekType) 17, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_reads (fixture.stream, 100, async, 11);

  test_assert_seeks (fixture.stream, G_MAXINT64 - 16, G_SEEK_END, G_MAXINT64);
  test_assert_reads (fixture.stream, 100, async, 0);
  test_assert_skips (fixture.stream, 100, async, 0);
  test_assert_seeks (fixture.stream, -G_MAXINT64, G_SEEK_CUR, 0);
}

static void
test_concat_input_stream_seek_cancelled (void)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A cancelled seek changes nothing");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 7, FALSE, 7);
  g_assert_false (g_seekable_seek (fixture.seekable, 0, G_SEEK_SET, cancelled,
                                   &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_reads (fixture.stream, 100, FALSE, 9);
}

static void
test_concat_input_stream_lengths (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A length is asked for once, when it is needed, and not at all "
                  "of parts that were read to their end");

  fixture_init_usual (&fixture, test_base_new_seekable);

  test_assert_reads (fixture.stream, 9, FALSE, 9);
  test_assert_seeks (fixture.stream, 4, G_SEEK_SET, 4);
  test_assert_seeks (fixture.stream, -2, G_SEEK_CUR, 2);
  test_assert_reads (fixture.stream, 7, FALSE, 7);
  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_end_seeks, ==, 0);

  for (guint round = 0; round < 3; round++)
    {
      test_assert_seeks (fixture.stream, -1, G_SEEK_END, 15);
      test_assert_seeks (fixture.stream, 2, G_SEEK_SET, 2);
      test_assert_reads (fixture.stream, 100, FALSE, 14);
    }

  g_assert_cmpuint (fixture.parts[0]->n_end_seeks, ==, 0);
  g_assert_cmpuint (fixture.parts[2]->n_end_seeks, ==, 0);
  g_assert_cmpuint (fixture.parts[3]->n_end_seeks, ==, 1);
  g_assert_cmpuint (fixture.parts[4]->n_end_seeks, ==, 1);
}

static void
test_concat_input_stream_length_puts_back (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Parts that were only asked for their length stand where they "
                  "stood");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 1, FALSE, 1);
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, 16);

  g_assert_cmpint (fixture.parts[0]->position, ==, 1);
  for (guint i = 1; i < fixture.n_parts; i++)
    g_assert_cmpint (fixture.parts[i]->position, ==, 0);
}

static void
test_concat_input_stream_part_changes_size (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A part that grows or shrinks later moves no byte of the parts "
                  "before it and takes none of its own twice");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new_seekable, 4);
  fixture_append (&fixture, test_base_new_seekable, 6);
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, 10);

  fixture.parts[0]->size = 20;
  fixture.parts[1]->size = 3;
  test_assert_seeks (fixture.stream, 0, G_SEEK_SET, 0);
  test_assert_reads (fixture.stream, 100, async, 7);
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, 7);
  test_assert_seeks (fixture.stream, 3, G_SEEK_SET, 3);
  test_assert_reads (fixture.stream, 100, async, 4);
}

static void
test_concat_input_stream_far (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  goffset half = G_MAXINT64 / 2;
  gsize most = (gsize) MIN (half, G_MAXSSIZE); /* that a skip can count */

  g_test_summary ("Offsets up to the largest are right and none overflows");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new_seekable, half);
  fixture_append (&fixture, test_base_new_seekable, half);
  g_assert_cmpint (fixture.size, ==, G_MAXINT64 - 1);

  test_assert_seeks (fixture.stream, half - 3, G_SEEK_SET, half - 3);
  test_assert_reads (fixture.stream, 10, async, 10);
  test_assert_seeks (fixture.stream, -3, G_SEEK_END, G_MAXINT64 - 4);
  test_assert_reads (fixture.stream, 10, async, 3);
  test_assert_seek_fails (fixture.stream, 2, G_SEEK_CUR, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, 2, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);

  test_assert_seeks (fixture.stream, half + 1 - (goffset) most, G_SEEK_SET,
                     half + 1 - (goffset) most);
  test_assert_skips (fixture.stream, most, async, (gssize) most);
  test_assert_reads (fixture.stream, 10, async, 10);
  test_assert_seeks (fixture.stream, 11 - (goffset) most, G_SEEK_END,
                     2 * half + 11 - (goffset) most);
  test_assert_skips (fixture.stream, most, async, (gssize) most - 11);
  test_assert_reads (fixture.stream, 10, async, 0);
}

static void
test_concat_input_stream_too_long (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Parts of more bytes than an offset counts have no end to seek "
                  "from; the rest can be read");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new_seekable, 10);
  fixture.parts[1] = test_base_new_seekable (10, G_MAXINT64 - 5);
  fixture.n_parts = 2;
  spool_concat_input_stream_append (fixture.concat, G_INPUT_STREAM (fixture.parts[1]));

  test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_seek_fails (fixture.stream, -100, G_SEEK_END, G_IO_ERROR_INVALID_ARGUMENT);
  test_assert_reads (fixture.stream, 20, async, 20);
  test_assert_seeks (fixture.stream, G_MAXINT64 - 2, G_SEEK_SET, G_MAXINT64 - 2);
  test_assert_reads (fixture.stream, 20, async, 2);
  test_assert_reads (fixture.stream, 20, async, 0);
  test_assert_skips (fixture.stream, 20, async, 0);
}

static void
test_concat_input_stream_longest (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Parts of exactly as many bytes as an offset counts are right");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new_seekable, 10);
  fixture_append (&fixture, test_base_new_seekable, G_MAXINT64 - 10);
  test_assert_seeks (fixture.stream, 0, G_SEEK_END, G_MAXINT64);
  test_assert_reads (fixture.stream, 20, async, 0);
  test_assert_seeks (fixture.stream, -5, G_SEEK_CUR, G_MAXINT64 - 5);
  test_assert_reads (fixture.stream, 20, async, 5);
}

static void
test_concat_input_stream_skip (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static const NewBase kinds[] = {
    test_base_new, test_base_new_seekable, test_base_new_pollable,
  };

  g_test_summary ("A skip crosses seams and says how far it came");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      for (gsize step = 0; step < 3; step++)
        {
          for (gsize count = 1; count < 20; count++)
            {
              g_auto(Fixture) fixture = { NULL };
              gssize skipped = MIN (count, 16);

              fixture_init_usual (&fixture, kinds[kind]);
              for (guint i = 0; i < fixture.n_parts; i++)
                fixture.parts[i]->step = step;

              test_assert_skips (fixture.stream, count, async, skipped);
              test_assert_reads (fixture.stream, 2, async, MIN (2, 16 - skipped));
              test_assert_skips (fixture.stream, 100, async, MAX (14 - skipped, 0));
              test_assert_skips (fixture.stream, 100, async, 0);
            }
        }
    }
}

static void
test_concat_input_stream_skip_much (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A long skip of parts that can't seek is done in bounded memory");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new, 700000);
  fixture_append (&fixture, test_base_new, 500000);
  test_assert_skips (fixture.stream, 1100000, async, 1100000);
  test_assert_reads (fixture.stream, 10, async, 10);
  g_assert_cmpuint (fixture.parts[0]->max_count, <=, 1 << 16);
}

static void
test_concat_input_stream_skip_error (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static const NewBase kinds[] = { test_base_new, test_base_new_seekable };

  g_test_summary ("A skip that fails half-way leaves the position true");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      for (gsize step = 1; step < 3; step++)
        {
          g_auto(Fixture) fixture = { NULL };
          g_autoptr(GError) error = NULL;
          gssize skipped;

          fixture_init_usual (&fixture, kinds[kind]);
          fixture.parts[2]->step = step;
          fixture.parts[2]->fail_at = 2;
          fixture.parts[2]->fail_seek = kinds[kind] == test_base_new_seekable;
          fixture.parts[2]->n_failures = 1;

          skipped = test_skip (fixture.stream, 100, async, NULL, &error);
          g_assert_no_error (error);
          g_assert_cmpint (skipped, >=, 3);
          g_assert_cmpint (skipped, <=, 5);

          test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_TIMED_OUT);
          fixture.parts[2]->fail_seek = FALSE;
          fixture.parts[2]->n_failures = 0;
          test_assert_reads (fixture.stream, 100, async, 16 - skipped);
        }
    }
}

static void
test_concat_input_stream_nested (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(GInputStream) stream = NULL;
  goffset size = 0;

  g_test_summary ("Concatenations of concatenations read and seek like one");

  /* Each level is the one below, an empty one, and three bytes. */
  stream = spool_concat_input_stream_new ();
  for (guint level = 0; level < 60; level++)
    {
      g_autoptr(GInputStream) outer = spool_concat_input_stream_new ();
      g_autoptr(GInputStream) empty = spool_concat_input_stream_new ();
      g_autoptr(TestBase) part = test_base_new_seekable (size, 3);

      part->step = 2;
      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (outer), stream);
      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (outer), empty);
      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (outer),
                                        G_INPUT_STREAM (part));
      size += 3;
      g_set_object (&stream, outer);
    }

  test_assert_reads (stream, 1000, async, size);
  for (goffset to = 0; to < size; to += 7)
    {
      test_assert_seeks (stream, to - size, G_SEEK_END, to);
      test_assert_reads (stream, 5, async, MIN (5, size - to));
    }

  test_assert_seeks (stream, 1, G_SEEK_SET, 1);
  test_assert_skips (stream, 100, async, 100);
  test_assert_reads (stream, 1000, async, size - 101);
  g_assert_true (test_close (stream, async, NULL, NULL));
}

static void
test_concat_input_stream_nested_loses_seeking (void)
{
  g_auto(Fixture) outer = { NULL };
  g_auto(Fixture) inner = { NULL };

  g_test_summary ("What an inner concatenation can't do the outer can't either");

  fixture_init (&inner);
  fixture_append (&inner, test_base_new_seekable, 4);
  fixture_init (&outer);
  spool_concat_input_stream_append (outer.concat, inner.stream);
  g_assert_true (g_seekable_can_seek (outer.seekable));

  fixture_append (&inner, test_base_new, 4);
  g_assert_false (g_seekable_can_seek (outer.seekable));
  test_assert_reads (outer.stream, 100, FALSE, 8);
}

static void
test_concat_input_stream_many (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  static const NewBase kinds[] = { test_base_new, test_base_new_seekable };
  const guint n_parts = 20000;

  g_test_summary ("Very many parts, most of them empty, cost no stack");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();

      for (guint i = 0; i < n_parts; i++)
        {
          g_autoptr(TestBase) part = kinds[kind] (i / 8, i % 8 == 0);

          part->async = TEST_ASYNC_AT_ONCE;
          spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream),
                                            G_INPUT_STREAM (part));
        }

      test_assert_reads (stream, n_parts, async, n_parts / 8);
      test_assert_reads (stream, n_parts, async, 0);
      g_assert_true (test_close (stream, async, NULL, NULL));
    }
}

static void
test_concat_input_stream_does_not_wait (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A read that has bytes does not wait for a part that has none "
                  "right now; one that has no bytes does");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new_pollable, 4);
  fixture_append (&fixture, test_base_new_pollable, 6);
  fixture.parts[0]->available = G_MAXINT64;
  fixture.parts[1]->available = 0;

  test_assert_reads (fixture.stream, 100, async, 4);
  g_assert_cmpuint (fixture.parts[1]->n_reads, ==, 0);
  fixture.parts[1]->step = 2;
  test_assert_reads (fixture.stream, 100, async, 2);
  fixture.parts[1]->available = 4;
  test_assert_reads (fixture.stream, 100, async, 2);
  fixture.parts[1]->available = G_MAXINT64;
  test_assert_reads (fixture.stream, 100, async, 2);
}

static void
test_concat_input_stream_no_thread (void)
{
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("Asynchronous calls stay in the thread where the parts' do");

  fixture_init_usual (&fixture, test_base_new);
  for (guint i = 0; i < fixture.n_parts; i++)
    fixture.parts[i]->async = TEST_ASYNC_AT_ONCE;

  test_assert_skips (fixture.stream, 4, TRUE, 4);
  test_assert_reads (fixture.stream, 10, TRUE, 10);
  g_assert_true (test_close (fixture.stream, TRUE, NULL, NULL));

  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_elsewhere, ==, 0);
}

static void
test_concat_input_stream_pending (void)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint8 block[20];

  g_test_summary ("While a read is on its way everything else is refused, and "
                  "the read is not disturbed");

  fixture_init_usual (&fixture, test_base_new_seekable);
  for (guint i = 0; i < fixture.n_parts; i++)
    fixture.parts[i]->async = TEST_ASYNC_HELD;

  g_input_stream_read_async (fixture.stream, block, sizeof block, 0, NULL,
                             test_ready, &result);
  g_assert_true (test_base_is_held (fixture.parts[0]));

  test_assert_seek_fails (fixture.stream, 1, G_SEEK_SET, G_IO_ERROR_PENDING);
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_PENDING);
  test_assert_read_fails (fixture.stream, 1, FALSE, G_IO_ERROR_PENDING);
  test_assert_read_fails (fixture.stream, 1, TRUE, G_IO_ERROR_PENDING);
  g_assert_false (test_close (fixture.stream, FALSE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);
  g_assert_false (test_close (fixture.stream, TRUE, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);

  /* A part that comes while the read is under way is part of it. */
  fixture_append (&fixture, test_base_new_seekable, 2);

  while (result == NULL)
    {
      for (guint i = 0; i < fixture.n_parts; i++)
        {
          if (test_base_is_held (fixture.parts[i]))
            test_base_answer (fixture.parts[i]);
        }

      g_main_context_iteration (NULL, FALSE);
    }

  g_assert_cmpint (g_input_stream_read_finish (fixture.stream, result, NULL), ==, 18);
  test_check (block, 0, 18);
  test_assert_seeks (fixture.stream, 1, G_SEEK_SET, 1);
}

static void
test_concat_input_stream_closed (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };

  g_test_summary ("A closed one gives CLOSED, and still tells its position");

  fixture_init_usual (&fixture, test_base_new_seekable);
  test_assert_reads (fixture.stream, 4, async, 4);
  g_assert_true (test_close (fixture.stream, async, NULL, NULL));
  g_assert_true (test_close (fixture.stream, async, NULL, NULL));

  test_assert_read_fails (fixture.stream, 1, async, G_IO_ERROR_CLOSED);
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_SET, G_IO_ERROR_CLOSED);
  test_assert_seek_fails (fixture.stream, 0, G_SEEK_END, G_IO_ERROR_CLOSED);
  g_assert_cmpint (g_seekable_tell (fixture.seekable), ==, 4);

  g_test_expect_message ("Spool", G_LOG_LEVEL_CRITICAL, "*!g_input_stream_is_closed*");
  spool_concat_input_stream_append (fixture.concat,
                                    G_INPUT_STREAM (fixture.parts[0]));
  g_test_assert_expected_messages ();
}

static void
test_concat_input_stream_truncate (void)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GError) error = NULL;

  g_test_summary ("It can't be truncated");

  fixture_init_usual (&fixture, test_base_new_seekable);
  g_assert_false (g_seekable_can_truncate (fixture.seekable));
  g_assert_false (g_seekable_truncate (fixture.seekable, 0, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

static void
test_concat_input_stream_cancelled (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GError) error = NULL;

  g_test_summary ("A call that was cancelled before it began does nothing");

  fixture_init_usual (&fixture, test_base_new);
  g_assert_cmpint (test_read (fixture.stream, 5, async, cancelled, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpint (test_skip (fixture.stream, 5, async, cancelled, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fixture.parts[0]->n_reads, ==, 0);
  test_assert_reads (fixture.stream, 100, async, 16);
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

/* Cancels at the n-th read of any part, for each n, and goes on reading: no
 * byte may be missing or come twice.
 */
static void
check_cancel_at_each_read (TestAsync async_kind,
                           gboolean  async,
                           gboolean  skipping,
                           NewBase   new_base)
{
  for (guint n = 1; n < 12; n++)
    {
      g_auto(Fixture) fixture = { NULL };
      g_autoptr(GCancellable) cancellable = g_cancellable_new ();
      g_autoptr(GError) error = NULL;
      CancelAt at = { n, cancellable };
      gssize n_bytes;

      fixture_init_usual (&fixture, new_base);
      for (guint i = 0; i < fixture.n_parts; i++)
        {
          fixture.parts[i]->step = 2;
          fixture.parts[i]->async = async_kind;
          fixture.parts[i]->hook = cancel_hook;
          fixture.parts[i]->hook_data = &at;
        }

      if (skipping)
        n_bytes = test_skip (fixture.stream, 100, async, cancellable, &error);
      else
        n_bytes = test_read (fixture.stream, 100, async, cancellable, &error);

      if (n_bytes < 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_no_error (error);

      at.n_left = 0;
      test_assert_reads (fixture.stream, 100, async, 16 - MAX (n_bytes, 0));
      test_assert_reads (fixture.stream, 100, async, 0);
    }
}

static void
test_concat_input_stream_cancel_in_flight (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);

  g_test_summary ("Cancelled at any read of any part it loses and repeats no byte");

  for (guint skipping = 0; skipping < 2; skipping++)
    {
      check_cancel_at_each_read (TEST_ASYNC_THREAD, async, skipping, test_base_new);
      check_cancel_at_each_read (TEST_ASYNC_AT_ONCE, async, skipping, test_base_new);
      check_cancel_at_each_read (TEST_ASYNC_THREAD, async, skipping, test_base_new_seekable);
      check_cancel_at_each_read (TEST_ASYNC_AT_ONCE, async, skipping, test_base_new_seekable);
    }
}

static void
test_concat_input_stream_cancel_after_part_is_done (void)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GAsyncResult) result = NULL;
  guint8 block[20];

  g_test_summary ("Bytes that a part has given are returned, even if the call is "
                  "cancelled before it can say so");

  fixture_init_usual (&fixture, test_base_new);
  fixture.parts[0]->async = TEST_ASYNC_HELD;

  g_input_stream_read_async (fixture.stream, block, sizeof block, 0, cancellable,
                             test_ready, &result);
  test_base_answer (fixture.parts[0]);
  g_cancellable_cancel (cancellable);
  test_wait (&result);

  g_assert_cmpint (g_input_stream_read_finish (fixture.stream, result, NULL), ==, 3);
  test_check (block, 0, 3);
  test_assert_reads (fixture.stream, 100, FALSE, 13);
}

static gpointer
cancel_thread (gpointer data)
{
  g_cancellable_cancel (data);

  return NULL;
}

static void
test_concat_input_stream_cancel_held (void)
{
  static const TestAsync kinds[] = { TEST_ASYNC_HELD, TEST_ASYNC_IN_SIGNAL };

  g_test_summary ("A part that waits is woken by a cancellation, from this thread "
                  "or another, and one that answers within the signal blocks "
                  "nothing");

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      for (guint elsewhere = 0; elsewhere < 2; elsewhere++)
        {
          g_auto(Fixture) fixture = { NULL };
          g_autoptr(GCancellable) cancellable = g_cancellable_new ();
          g_autoptr(GAsyncResult) result = NULL;
          g_autoptr(GError) error = NULL;
          guint8 block[20];

          fixture_init_usual (&fixture, test_base_new);
          fixture.parts[0]->async = kinds[kind];

          g_input_stream_read_async (fixture.stream, block, sizeof block, 0,
                                     cancellable, test_ready, &result);
          g_assert_true (test_base_is_held (fixture.parts[0]));

          if (elsewhere)
            g_thread_join (g_thread_new ("cancel", cancel_thread, cancellable));
          else
            g_cancellable_cancel (cancellable);

          test_wait (&result);
          g_assert_cmpint (g_input_stream_read_finish (fixture.stream, result, &error),
                           ==, -1);
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

          fixture.parts[0]->async = TEST_ASYNC_THREAD;
          test_assert_reads (fixture.stream, 100, TRUE, 16);
        }
    }
}

static void
test_concat_input_stream_dropped_in_flight (void)
{
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GAsyncResult) result = NULL;
  guint8 block[20];

  g_test_summary ("A read outlives the last reference and a forced dispose");

  fixture_init_usual (&fixture, test_base_new);
  fixture.parts[2]->async = TEST_ASYNC_HELD;

  g_input_stream_read_async (fixture.stream, block, sizeof block, 0, NULL,
                             test_ready, &result);
  while (!test_base_is_held (fixture.parts[2]))
    g_main_context_iteration (NULL, TRUE);

  g_object_run_dispose (G_OBJECT (fixture.stream));
  g_clear_object (&fixture.stream);
  fixture.parts[2]->async = TEST_ASYNC_THREAD;
  test_base_answer (fixture.parts[2]);
  test_wait (&result);

  {
    g_autoptr(GObject) source = g_async_result_get_source_object (result);

    g_assert_cmpint (g_input_stream_read_finish (G_INPUT_STREAM (source), result,
                                                 NULL), ==, 16);
    test_check (block, 0, 16);
  }

  g_clear_object (&result);
  test_is_idle ();
  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
}

static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    data)
{
  (*(guint *) data)++;
}

static void
test_concat_input_stream_properties (void)
{
  g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();
  SpoolConcatInputStream *concat = SPOOL_CONCAT_INPUT_STREAM (stream);
  GParamSpec *pspec;
  gboolean value = FALSE;
  guint n_notified = 0;

  g_test_summary ("close-parts is TRUE to begin with and notifies of changes only");

  g_signal_connect (stream, "notify::close-parts", G_CALLBACK (count_notify), &n_notified);
  g_assert_true (spool_concat_input_stream_get_close_parts (concat));
  pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (stream), "close-parts");
  g_assert_true (g_value_get_boolean (g_param_spec_get_default_value (pspec)));
  spool_concat_input_stream_set_close_parts (concat, 5);
  g_assert_cmpuint (n_notified, ==, 0);
  g_object_set (stream, "close-parts", FALSE, NULL);
  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_false (spool_concat_input_stream_get_close_parts (concat));
  spool_concat_input_stream_set_close_parts (concat, TRUE);
  g_object_get (stream, "close-parts", &value, NULL);
  g_assert_true (value);
  g_assert_cmpuint (n_notified, ==, 2);
}

static void
test_concat_input_stream_misuse (void)
{
  g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();

  g_test_summary ("It can't be a part of itself");

  g_test_expect_message ("Spool", G_LOG_LEVEL_CRITICAL, "*part != *");
  spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream), stream);
  g_test_assert_expected_messages ();
  test_assert_reads (stream, 10, FALSE, 0);
}

static void
test_concat_input_stream_files (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();
  const goffset sizes[] = { 100000, 1, 0, 65536 };
  goffset size = 0;

  g_test_summary ("Local files as parts, through GIO's own streams");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr(GFileIOStream) io = NULL;
      g_autoptr(GFile) file = g_file_new_tmp (NULL, &io, NULL);
      g_autoptr(GFileInputStream) part = g_file_read (file, NULL, NULL);
      g_autoptr(GBytes) bytes = test_bytes (size, sizes[i]);

      g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (io)),
                                                g_bytes_get_data (bytes, NULL), sizes[i],
                                                NULL, NULL, NULL));
      size += sizes[i];
      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream),
                                        G_INPUT_STREAM (part));
      g_assert_true (g_file_delete (file, NULL, NULL));
    }

  test_assert_reads (stream, 200000, async, size);
  test_assert_seeks (stream, -65538, G_SEEK_END, size - 65538);
  test_assert_reads (stream, 10, async, 10);
  test_assert_seeks (stream, 99999, G_SEEK_SET, 99999);
  test_assert_skips (stream, 3, async, 3);
  test_assert_reads (stream, 200000, async, size - 100002);
  g_assert_true (test_close (stream, async, NULL, NULL));
}

static void
test_concat_input_stream_splice (gconstpointer data)
{
  gboolean async = GPOINTER_TO_INT (data);
  g_auto(Fixture) fixture = { NULL };
  g_autoptr(GOutputStream) target = g_memory_output_stream_new_resizable ();
  g_autoptr(GError) error = NULL;
  gssize n_spliced;
  GOutputStreamSpliceFlags flags = G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE |
                                   G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET;

  g_test_summary ("What GIO does with input streams works with it");

  fixture_init (&fixture);
  fixture_append (&fixture, test_base_new, 30000);
  fixture_append (&fixture, test_base_new_seekable, 5);
  fixture_append (&fixture, test_base_new_pollable, 20000);

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
  g_assert_cmpint (n_spliced, ==, 50005);
  test_check (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (target)), 0, 50005);
  g_assert_true (g_input_stream_is_closed (fixture.stream));
  for (guint i = 0; i < fixture.n_parts; i++)
    g_assert_cmpuint (fixture.parts[i]->n_closes, ==, 1);
}

static GInputStream *
new_random_part (goffset  first,
                 goffset  size,
                 guint    depth,
                 gboolean must_seek)
{
  guint kind = g_test_rand_int_range (0, depth > 2 ? 4 : 5);
  TestBase *part;

  if (kind == 0)
    {
      g_autoptr(GBytes) bytes = test_bytes (first, size);

      return g_memory_input_stream_new_from_bytes (bytes);
    }

  if (kind == 4)
    {
      GInputStream *inner = spool_concat_input_stream_new ();
      goffset cut = g_test_rand_int_range (0, size + 1);
      g_autoptr(GInputStream) head = new_random_part (first, cut, depth + 1, must_seek);
      g_autoptr(GInputStream) tail = new_random_part (first + cut, size - cut,
                                                      depth + 1, must_seek);

      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (inner), head);
      spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (inner), tail);

      return inner;
    }

  if (must_seek || kind == 1)
    part = test_base_new_seekable (first, size);
  else if (kind == 2)
    part = test_base_new (first, size);
  else
    part = test_base_new_pollable (first, size);

  part->step = g_test_rand_int_range (0, 9);
  part->async = g_test_rand_int_range (TEST_ASYNC_THREAD, TEST_ASYNC_HELD);
  if (g_test_rand_int_range (0, 8) == 0)
    {
      part->fail_at = g_test_rand_int_range (0, size + 1);
      part->n_failures = 1;
    }

  return G_INPUT_STREAM (part);
}

static void
test_concat_input_stream_model (void)
{
  const guint n_streams = g_test_slow () ? 20000 : 1500;
  guint n_ops = 0;
  guint n_errors = 0;

  g_test_summary ("Random parts, random calls: always what one flat stream gives");

  for (guint i = 0; i < n_streams; i++)
    {
      g_autoptr(GInputStream) stream = spool_concat_input_stream_new ();
      gboolean can_seek = g_test_rand_int_range (0, 4) > 0;
      guint n_parts = g_test_rand_int_range (0, 7);
      goffset size = 0;
      goffset position = 0;

      for (guint op = 0; op < 40; op++)
        {
          g_autoptr(GError) error = NULL;
          gboolean async = g_test_rand_int_range (0, 3) == 0;
          goffset rest;
          gssize n_bytes = 0;
          gsize count;
          goffset to;

          if (n_parts > 0)
            {
              goffset part_size = g_test_rand_int_range (0, 30);
              g_autoptr(GInputStream) part = new_random_part (size, part_size, 0, can_seek);

              spool_concat_input_stream_append (SPOOL_CONCAT_INPUT_STREAM (stream), part);
              size += part_size;
              n_parts--;
              if (g_test_rand_int_range (0, 4) > 0)
                continue;
            }

          n_ops++;
          rest = MAX (size - position, 0);
          count = g_test_rand_int_range (1, 60);

          switch (g_test_rand_int_range (0, 6))
            {
            case 0:
            case 1:
            case 2:
              n_bytes = test_read (stream, count, async, NULL, &error);
              break;

            case 3:
              n_bytes = test_skip (stream, count, async, NULL, &error);
              break;

            default:
              if (!g_seekable_can_seek (G_SEEKABLE (stream)))
                continue;

              /* A part that can't seek is not reached from past the end. */
              to = g_test_rand_int_range (0, size + (can_seek ? 10 : 1));
              switch (g_test_rand_int_range (0, 3))
                {
                case 0:
                  test_assert_seeks (stream, to, G_SEEK_SET, to);
                  break;

                case 1:
                  test_assert_seeks (stream, to - position, G_SEEK_CUR, to);
                  break;

                default:
                  test_assert_seeks (stream, to - size, G_SEEK_END, to);
                }
              position = to;
              continue;
            }

          if (n_bytes < 0)
            {
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
              n_errors++;
              continue;
            }

          /* Only an error, which the next call reports, makes it shorter. */
          if (n_bytes < MIN (rest, (goffset) count))
            {
              gssize next;

              position += n_bytes;
              next = test_read (stream, 1, async, NULL, &error);
              g_assert_cmpint (next, ==, -1);
              g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
              n_errors++;
              continue;
            }

          g_assert_cmpint (n_bytes, ==, MIN (rest, (goffset) count));
          position += n_bytes;
          g_assert_cmpint (g_seekable_tell (G_SEEKABLE (stream)), ==, position);
        }
    }

  g_test_message ("%u calls, %u of them failed as they were told to", n_ops, n_errors);
  g_assert_cmpuint (n_errors, >, 0);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

#define ADD(name, func) \
  g_test_add_func ("/concat-input-stream/" name, test_concat_input_stream_##func)
#define ADD_BOTH(name, func) \
  test_add_both ("/concat-input-stream/" name, test_concat_input_stream_##func)

  ADD_BOTH ("empty", empty);
  ADD_BOTH ("seams", seams);
  ADD_BOTH ("read-nothing", read_nothing);
  ADD_BOTH ("starts-where-parts-stand", starts_where_parts_stand);
  ADD_BOTH ("stands-past-end", stands_past_end);
  ADD_BOTH ("same-part-twice", same_part_twice);
  ADD_BOTH ("error", error);
  ADD_BOTH ("error-once", error_once);
  ADD_BOTH ("error-elsewhere", error_elsewhere);
  ADD_BOTH ("error-of-seek", error_of_seek);
  ADD ("error-of-length", error_of_length);
  ADD_BOTH ("error-of-way-back", error_of_way_back);
  ADD_BOTH ("closes-left-parts", closes_left_parts);
  ADD_BOTH ("releases-left-parts", releases_left_parts);
  ADD_BOTH ("keeps-seekable-parts", keeps_seekable_parts);
  ADD_BOTH ("loses-seeking", loses_seeking);
  ADD ("part-loses-seeking", part_loses_seeking);
  ADD_BOTH ("leaves-parts-open", leaves_parts_open);
  ADD_BOTH ("close-error", close_error);
  ADD_BOTH ("close-error-last", close_error_last);
  ADD_BOTH ("close-cancelled", close_cancelled);
  ADD_BOTH ("close-nothing-cancelled", close_nothing_cancelled);
  ADD ("unref-closes", unref_closes);
  ADD_BOTH ("append-later", append_later);
  ADD_BOTH ("append-past-end", append_past_end);
  g_test_add_func ("/concat-input-stream/append-past-end-elsewhere",
                   test_concat_input_stream_append_past_end_elsewhere);
  ADD_BOTH ("append-past-end-rigid", append_past_end_rigid);
  ADD_BOTH ("seek", seek);
  ADD ("seek-cancelled", seek_cancelled);
  ADD ("lengths", lengths);
  ADD ("length-puts-back", length_puts_back);
  ADD_BOTH ("part-changes-size", part_changes_size);
  ADD_BOTH ("far", far);
  ADD_BOTH ("too-long", too_long);
  ADD_BOTH ("longest", longest);
  ADD_BOTH ("skip", skip);
  ADD_BOTH ("skip-much", skip_much);
  ADD_BOTH ("skip-error", skip_error);
  ADD_BOTH ("nested", nested);
  ADD ("nested-loses-seeking", nested_loses_seeking);
  ADD_BOTH ("many", many);
  ADD_BOTH ("does-not-wait", does_not_wait);
  ADD ("no-thread", no_thread);
  ADD ("pending", pending);
  ADD_BOTH ("closed", closed);
  ADD ("truncate", truncate);
  ADD_BOTH ("cancelled", cancelled);
  ADD_BOTH ("cancel-in-flight", cancel_in_flight);
  ADD ("cancel-after-part-is-done", cancel_after_part_is_done);
  ADD ("cancel-held", cancel_held);
  ADD ("dropped-in-flight", dropped_in_flight);
  ADD ("properties", properties);
  ADD ("misuse", misuse);
  ADD_BOTH ("files", files);
  ADD_BOTH ("splice", splice);
  ADD ("model", model);

  return test_run ();
}
