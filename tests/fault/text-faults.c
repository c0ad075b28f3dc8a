/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "faults.h"

#include "spool-glib/spool-sys-private.h"

#include <spool-glib/spool-glib.h>

#include <errno.h>
#include <string.h>

/* What random scripts seldom come to: texts of many blocks, of which every call
 * fails in turn. What was there is there afterwards, and the operation succeeds
 * when it is tried again.
 */

typedef enum
{
  OP_WRITE,
  OP_TRUNCATE,
  OP_READ,
  OP_READ_LINE,
  OP_GET_LENGTH,
  OP_DUP_TEXT,
} Op;

/* The content was written as bytes, and somebody has a snapshot of it. */
#define BESIDE 1
#define SNAPSHOT 2

typedef struct
{
  const char *name;
  goffset     threshold;
  gsize       size;      /* characters of the content */
  gint64      position;
  Op          op;
  const char *unit;      /* of what is written, or truncated to */
  gsize       count;
  guint       flags;
} Case;

static const Case cases[] = {
  { "append", 0, 100, 100, OP_WRITE, "é", 10, 0 },
  { "append-large", 0, 100, 100, OP_WRITE, "é", 100000, 0 },
  { "append-rolls", 250, 100, 100, OP_WRITE, "é", 60, 0 },
  { "append-memory", -1, 100, 100, OP_WRITE, "é", 200000, 0 },
  { "gap", 0, 100, 300, OP_WRITE, "é", 10, 0 },
  { "overwrite", 0, 200, 50, OP_WRITE, "é€é", 2, 0 },
  { "grow", 0, 200, 50, OP_WRITE, "€", 10, 0 },
  { "grow-large", 0, 300000, 150000, OP_WRITE, "😀", 50000, 0 },
  { "grow-beginning", 0, 1000, 0, OP_WRITE, "😀", 10, 0 },
  { "grow-snapshot", 0, 1000, 20, OP_WRITE, "😀", 10, SNAPSHOT },
  { "shrink", 0, 200, 50, OP_WRITE, "a", 10, 0 },
  { "shrink-large", 0, 300000, 1000, OP_WRITE, "a", 200000, 0 },
  { "shrink-end", 0, 100000, 99990, OP_WRITE, "a", 10, 0 },
  { "grow-end", 0, 100000, 99990, OP_WRITE, "😀", 20, 0 },
  { "grow-end-large", 0, 100000, 90000, OP_WRITE, "😀", 90000, 0 },
  { "grow-memory", -1, 1000, 50, OP_WRITE, "😀", 500, 0 },
  { "grow-memory-large", -1, 300000, 1000, OP_WRITE, "😀", 250000, 0 },
  { "grow-memory-snapshot", -1, 1000, 50, OP_WRITE, "😀", 500, SNAPSHOT },
  { "shrink-memory", -1, 1000, 50, OP_WRITE, "a", 500, 0 },
  { "shrink-memory-snapshot", -1, 1000, 50, OP_WRITE, "a", 500, SNAPSHOT },
  { "grow-rolls", 2010, 1000, 50, OP_WRITE, "😀", 100, 0 },
  { "grow-rolls-large", 600010, 300000, 50, OP_WRITE, "😀", 100000, 0 },
  { "grow-beside", 0, 100000, 50000, OP_WRITE, "😀", 10, BESIDE },
  { "truncate", 0, 100000, 7, OP_TRUNCATE, NULL, 50001, BESIDE },
  { "truncate-up", 0, 1000, 7, OP_TRUNCATE, NULL, 5000, BESIDE },
  { "read", 0, 100000, 50000, OP_READ, NULL, 40000, BESIDE },
  { "read-short", 0, 100000, 99990, OP_READ, NULL, 5, 0 },
  { "read-memory", -1, 100000, 50000, OP_READ, NULL, 40000, BESIDE },
  { "read-line", 0, 100000, 10, OP_READ_LINE, NULL, 0, BESIDE },
  { "get-length", 0, 300000, 10, OP_GET_LENGTH, NULL, 0, BESIDE },
  { "dup-text", 0, 100000, 10, OP_DUP_TEXT, NULL, 0, BESIDE },
};

/* "é" throughout, but for one line end. */
static GString *
make_content (const Case *c)
{
  GString *content = g_string_new (NULL);

  for (gsize i = 0; i < c->size; i++)
    g_string_append (content, i == 60000 ? "\n" : "é");

  return content;
}

static GString *
make_text (const Case *c)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; c->unit != NULL && i < c->count; i++)
    g_string_append (text, c->unit);

  return text;
}

/* What the content is after the operation. */
static GString *
make_result (const Case    *c,
             const GString *content,
             const GString *text)
{
  GString *result = g_string_new_len (content->str, (gssize) content->len);
  gsize start, stop;

  switch (c->op)
    {
    case OP_WRITE:
      {
        gsize n_chars = (gsize) g_utf8_strlen (text->str, (gssize) text->len);

        for (gsize i = c->size; i < (gsize) c->position; i++)
          g_string_append_c (result, '\0');
        start = (gsize) c->position <= c->size
                ? (gsize) (g_utf8_offset_to_pointer (result->str, c->position) - result->str)
                : result->len;
        stop = (gsize) c->position + n_chars < c->size
               ? (gsize) (g_utf8_offset_to_pointer (result->str, c->position + (gint64) n_chars) - result->str)
               : result->len;
        g_string_erase (result, (gssize) start, (gssize) (stop - start));
        g_string_insert_len (result, (gssize) start, text->str, (gssize) text->len);
      }
      break;

    case OP_TRUNCATE:
      if (c->count <= c->size)
        g_string_truncate (result, (gsize) (g_utf8_offset_to_pointer (result->str, (glong) c->count) - result->str));
      else
        for (gsize i = c->size; i < c->count; i++)
          g_string_append_c (result, '\0');
      break;

    default:
      break;
    }

  return result;
}

static gboolean
run_op (const Case       *c,
        SpoolTextStream  *stream,
        const GString    *content,
        const GString    *text,
        GError          **error)
{
  const char *from = g_utf8_offset_to_pointer (content->str, MIN (c->position, (gint64) c->size));
  g_autofree char *read = NULL;
  const char *expected = from;
  const char *end = content->str + content->len;
  gsize length = 0;
  gint64 n_chars;

  switch (c->op)
    {
    case OP_WRITE:
      return spool_text_stream_write (stream, text->str, (gssize) text->len, NULL, error);

    case OP_TRUNCATE:
      return spool_text_stream_truncate (stream, (gint64) c->count, NULL, error);

    case OP_READ:
      read = spool_text_stream_read (stream, (gint64) c->count, &length, NULL, error);
      end = g_utf8_offset_to_pointer (from, (glong) c->count);
      break;

    case OP_READ_LINE:
      read = spool_text_stream_read_line (stream, &length, NULL, error);
      end = strchr (from, '\n') + 1;
      break;

    case OP_GET_LENGTH:
      n_chars = spool_text_stream_get_length (stream, NULL, error);
      if (n_chars >= 0)
        g_assert_cmpint (n_chars, ==, c->size);
      return n_chars >= 0;

    case OP_DUP_TEXT:
      read = spool_text_stream_dup_text (stream, &length, NULL, error);
      expected = content->str;
      break;

    default:
      g_assert_not_reached ();
    }

  if (read != NULL)
    g_assert_cmpmem (read, length, expected, (gsize) (end - expected));

  return read != NULL;
}

static void
assert_content (SpoolTextStream *stream,
                const GString   *content)
{
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autofree char *data = g_malloc (content->len + 16);
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  gsize length = 0;
  gssize n = spool_buffer_read (buffer, 0, data, content->len + 16, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (data, n, content->str, content->len);

  text = spool_text_stream_dup_text (stream, &length, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (text, length, content->str, content->len);
}

static guint n_fired_ever;

/* Returns whether anything was hit. */
static gboolean
try_case (const Case      *c,
          const FaultPlan *plan,
          const GString   *content,
          const GString   *text,
          const GString   *result)
{
  g_autoptr(SpoolTextStream) stream = spool_text_stream_new_with_threshold (c->threshold);
  g_autoptr(SpoolTextStream) other = NULL;
  SpoolBuffer *buffer = spool_text_stream_get_buffer (stream);
  g_autoptr(GBytes) snapshot = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success, rolled_over;
  gint64 position;

  if (c->flags & BESIDE)
    g_assert_true (spool_buffer_append (buffer, content->str, content->len, NULL, NULL));
  else
    g_assert_true (spool_text_stream_write (stream, content->str, (gssize) content->len, NULL, NULL));
  g_assert_true (spool_text_stream_seek (stream, c->position, G_SEEK_SET, NULL, NULL));
  if (c->flags & SNAPSHOT)
    snapshot = spool_buffer_get_bytes (buffer, NULL, NULL);
  rolled_over = spool_buffer_get_rolled_over (buffer);

  faults_start (plan);
  success = run_op (c, stream, content, text, &error);
  faults_stop ();

  if (!success)
    {
      g_assert_cmpuint (faults_get_n_fired (), >, 0);
      g_assert_nonnull (error);
      g_assert_true (error->domain == G_IO_ERROR);
      if (plan->errsv == ENOSPC)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      g_clear_error (&error);

      g_assert_cmpint (spool_text_stream_tell (stream), ==, c->position);
      g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==, rolled_over);
      assert_content (stream, content);

      success = run_op (c, stream, content, text, &error);
    }

  g_assert_no_error (error);
  g_assert_true (success);

  /* What is known of the text is true. */
  position = spool_text_stream_tell (stream);
  if (c->op == OP_WRITE)
    g_assert_cmpint (position, ==, c->position + g_utf8_strlen (text->str, (gssize) text->len));
  other = spool_text_stream_new_for_buffer (buffer);
  assert_content (stream, result);
  g_assert_true (spool_text_stream_seek (other, 0, G_SEEK_END, NULL, &error));
  g_assert_true (spool_text_stream_write_string (other, "end", NULL, &error));
  g_assert_no_error (error);
  if (c->op == OP_WRITE && result->len > content->len / 2)
    {
      g_autofree char *tail = NULL;
      gsize length = 0;

      tail = spool_text_stream_read (stream, -1, &length, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (tail, length - 3, result->str + result->len - (length - 3), length - 3);
      g_assert_cmpmem (tail + length - 3, 3, "end", 3);
    }

  if (snapshot != NULL)
    g_assert_cmpmem (g_bytes_get_data (snapshot, NULL), g_bytes_get_size (snapshot),
                     content->str, content->len);

  return faults_get_n_fired () > 0;
}

static void
test_text_faults (gconstpointer data)
{
  const FaultPlan plans[] = {
    { .errsv = ENOSPC },
    { .errsv = EIO, .persistent = TRUE },
    { .errsv = EIO, .second = 2, .short_transfers = TRUE },
    { .errsv = ENOMEM },
  };
  const Case *c = data;
  g_autoptr(GString) content = make_content (c);
  g_autoptr(GString) text = make_text (c);
  g_autoptr(GString) result = make_result (c, content, text);

  for (gsize i = 0; i < G_N_ELEMENTS (plans); i++)
    {
      FaultPlan plan = plans[i];
      gboolean fired = TRUE;

      for (plan.first = 1; fired; plan.first++)
        {
          faults_install (0);
          fired = try_case (c, &plan, content, text, result);
          n_fired_ever += faults_get_n_fired ();
          g_assert_cmpint (faults_get_n_open (), ==, 0);
          g_assert_true (faults_remove_names ());
          faults_uninstall ();

          g_assert_cmpuint (plan.first, <, 5000);
        }
    }
}

/* A cancellation between any two calls changes nothing either. */
static SpoolSys real_sys;
static guint n_calls;
static GCancellable *cancellable;
static guint cancel_at;

static gssize
cancelling_pread (int      fd,
                  void    *data,
                  gsize    count,
                  goffset  offset)
{
  if (++n_calls == cancel_at)
    g_cancellable_cancel (cancellable);

  return real_sys.pread (fd, data, count, offset);
}

static gssize
cancelling_pwrite (int         fd,
                   const void *data,
                   gsize       count,
                   goffset     offset)
{
  if (++n_calls == cancel_at)
    g_cancellable_cancel (cancellable);

  return real_sys.pwrite (fd, data, count, offset);
}

static void
test_text_faults_cancel (void)
{
  g_autofree char *fill = g_strnfill (2000000, 'x');
  g_autoptr(GString) before = g_string_new (fill);
  g_autoptr(GString) after = g_string_new (fill);
  guint n_cancelled = 0;
  guint n_seen;

  g_string_erase (after, 1000, 1);
  g_string_insert (after, 1000, "€");

  real_sys = spool_sys;
  spool_sys.pread = cancelling_pread;
  spool_sys.pwrite = cancelling_pwrite;

  for (cancel_at = 1;; cancel_at++)
    {
      g_autoptr(SpoolTextStream) stream = spool_text_stream_new_with_threshold (0);
      g_autoptr(GError) error = NULL;
      gboolean success;

      g_assert_true (spool_text_stream_write (stream, before->str, -1, NULL, NULL));
      g_assert_true (spool_text_stream_seek (stream, 1000, G_SEEK_SET, NULL, NULL));

      n_calls = 0;
      cancellable = g_cancellable_new ();
      success = spool_text_stream_write_string (stream, "€", cancellable, &error);
      g_clear_object (&cancellable);

      if (success)
        {
          g_assert_no_error (error);
          g_assert_cmpint (spool_text_stream_tell (stream), ==, 1001);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          g_assert_cmpint (spool_text_stream_tell (stream), ==, 1000);
          n_cancelled++;
        }

      n_seen = n_calls;
      assert_content (stream, success ? after : before);
      if (n_seen < cancel_at)
        break;
    }

  g_assert_cmpuint (n_cancelled, >, 3);
  spool_sys = real_sys;
}

static void
test_text_faults_enough (void)
{
  g_test_message ("%u faults", n_fired_ever);
  g_assert_cmpuint (n_fired_ever, >, 500);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/text-faults/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_text_faults);
    }

  g_test_add_func ("/text-faults/cancel", test_text_faults_cancel);
  g_test_add_func ("/text-faults/enough", test_text_faults_enough);

  return g_test_run ();
}
