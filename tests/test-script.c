/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-script.h"

#include "test-stream.h"
#include "test-utils.h"

#include <string.h>

/* The most that a step can move. */
#define MAX_STEP 65536

typedef struct
{
  const TestActor *actor;
  gboolean async;
  GCancellable *cancellable;

  guint counter;                /* bytes written by the script so far */
  GString *log;

  /* Of the step that is running: what keeps its data alive. */
  char *data;
  gint64 numbers[2];
  const char *word;
} Script;

typedef void (*StepFunc) (Script *script);

typedef struct
{
  const char *name;
  StepFunc func;
} Step;

static void
note_error (Script       *script,
            const GError *error)
{
  g_autoptr(GEnumClass) klass = g_type_class_ref (G_TYPE_IO_ERROR_ENUM);
  GEnumValue *value;

  g_assert_nonnull (error);
  g_assert_cmpstr (g_quark_to_string (error->domain), ==,
                   g_quark_to_string (G_IO_ERROR));
  value = g_enum_get_value (klass, error->code);
  g_string_append (script->log, value != NULL ? value->value_nick : "unknown");
}

static void
note_size (Script *script,
           gssize  size,
           GError *error)
{
  if (size < 0)
    note_error (script, error);
  else
    g_string_append_printf (script->log, "%" G_GSSIZE_FORMAT, size);
}

static void
note_success (Script   *script,
              gboolean  success,
              GError   *error)
{
  if (success)
    g_string_append (script->log, "ok");
  else
    note_error (script, error);
}

static void
note_data (Script     *script,
           const void *data,
           gssize      size,
           GError     *error)
{
  g_autofree char *escaped = NULL;

  if (size < 0)
    {
      note_error (script, error);
      return;
    }

  escaped = test_script_escape (data, size);
  g_string_append_printf (script->log, "“%s”", escaped);
}

/* Letters, so that a transcript can be read. */
static void
make_data (Script *script,
           gsize   count)
{
  g_assert_cmpint (count, <=, MAX_STEP);

  script->data = g_malloc (MAX (count, 1));
  for (gsize i = 0; i < count; i++)
    script->data[i] = "abcdefghijklmnopqrstuvwxyz"[script->counter++ % 26];
}

static void
step_write (Script *script)
{
  GOutputStream *output = script->actor->output;
  gsize count = script->numbers[0];
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gssize written;

  make_data (script, count);
  if (script->async)
    {
      g_output_stream_write_async (output, script->data, count, 0,
                                   script->cancellable, test_ready, &result);
      test_wait (&result);
      written = g_output_stream_write_finish (output, result, &error);
    }
  else
    written = g_output_stream_write (output, script->data, count,
                                     script->cancellable, &error);
  note_size (script, written, error);
}

static void
step_write_all (Script *script)
{
  GOutputStream *output = script->actor->output;
  gsize count = script->numbers[0];
  gsize written = 0;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  make_data (script, count);
  if (script->async)
    {
      g_output_stream_write_all_async (output, script->data, count, 0,
                                       script->cancellable, test_ready,
                                       &result);
      test_wait (&result);
      success = g_output_stream_write_all_finish (output, result, &written,
                                                  &error);
    }
  else
    success = g_output_stream_write_all (output, script->data, count, &written,
                                         script->cancellable, &error);
  note_success (script, success, error);
  g_string_append_printf (script->log, ",%" G_GSIZE_FORMAT, written);
}

static void
step_write_bytes (Script *script)
{
  GOutputStream *output = script->actor->output;
  gsize count = script->numbers[0];
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gssize written;

  make_data (script, count);
  bytes = g_bytes_new (script->data, count);
  if (script->async)
    {
      g_output_stream_write_bytes_async (output, bytes, 0, script->cancellable,
                                         test_ready, &result);
      test_wait (&result);
      written = g_output_stream_write_bytes_finish (output, result, &error);
    }
  else
    written = g_output_stream_write_bytes (output, bytes, script->cancellable,
                                           &error);
  note_size (script, written, error);
}

static void
make_vectors (Script        *script,
              GOutputVector  vectors[2])
{
  gsize first = script->numbers[0];
  gsize second = script->numbers[1];

  make_data (script, first + second);
  vectors[0].buffer = script->data;
  vectors[0].size = first;
  vectors[1].buffer = script->data + first;
  vectors[1].size = second;
}

static void
step_writev (Script *script)
{
  GOutputStream *output = script->actor->output;
  GOutputVector vectors[2];
  gsize written = 0;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  make_vectors (script, vectors);
  if (script->async)
    {
      g_output_stream_writev_async (output, vectors, 2, 0, script->cancellable,
                                    test_ready, &result);
      test_wait (&result);
      success = g_output_stream_writev_finish (output, result, &written,
                                               &error);
    }
  else
    success = g_output_stream_writev (output, vectors, 2, &written,
                                      script->cancellable, &error);
  note_success (script, success, error);
  g_string_append_printf (script->log, ",%" G_GSIZE_FORMAT, written);
}

static void
step_writev_all (Script *script)
{
  GOutputStream *output = script->actor->output;
  GOutputVector vectors[2];
  gsize written = 0;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  make_vectors (script, vectors);
  if (script->async)
    {
      g_output_stream_writev_all_async (output, vectors, 2, 0,
                                        script->cancellable, test_ready,
                                        &result);
      test_wait (&result);
      success = g_output_stream_writev_all_finish (output, result, &written,
                                                   &error);
    }
  else
    success = g_output_stream_writev_all (output, vectors, 2, &written,
                                          script->cancellable, &error);
  note_success (script, success, error);
  g_string_append_printf (script->log, ",%" G_GSIZE_FORMAT, written);
}

static void
step_read (Script *script)
{
  GInputStream *input = script->actor->input;
  gsize count = script->numbers[0];
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gssize n_read;

  script->data = g_malloc0 (MAX (count, 1));
  if (script->async)
    {
      g_input_stream_read_async (input, script->data, count, 0,
                                 script->cancellable, test_ready, &result);
      test_wait (&result);
      n_read = g_input_stream_read_finish (input, result, &error);
    }
  else
    n_read = g_input_stream_read (input, script->data, count,
                                  script->cancellable, &error);
  note_data (script, script->data, n_read, error);
}

static void
step_read_all (Script *script)
{
  GInputStream *input = script->actor->input;
  gsize count = script->numbers[0];
  gsize n_read = 0;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  script->data = g_malloc0 (MAX (count, 1));
  if (script->async)
    {
      g_input_stream_read_all_async (input, script->data, count, 0,
                                     script->cancellable, test_ready, &result);
      test_wait (&result);
      success = g_input_stream_read_all_finish (input, result, &n_read, &error);
    }
  else
    success = g_input_stream_read_all (input, script->data, count, &n_read,
                                       script->cancellable, &error);
  note_success (script, success, error);
  note_data (script, script->data, n_read, NULL);
}

static void
step_read_bytes (Script *script)
{
  GInputStream *input = script->actor->input;
  gsize count = script->numbers[0];
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  if (script->async)
    {
      g_input_stream_read_bytes_async (input, count, 0, script->cancellable,
                                       test_ready, &result);
      test_wait (&result);
      bytes = g_input_stream_read_bytes_finish (input, result, &error);
    }
  else
    bytes = g_input_stream_read_bytes (input, count, script->cancellable,
                                       &error);
  note_data (script,
             bytes != NULL ? g_bytes_get_data (bytes, NULL) : NULL,
             bytes != NULL ? (gssize) g_bytes_get_size (bytes) : -1,
             error);
}

static void
step_skip (Script *script)
{
  GInputStream *input = script->actor->input;
  gsize count = script->numbers[0];
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gssize skipped;

  if (script->async)
    {
      g_input_stream_skip_async (input, count, 0, script->cancellable,
                                 test_ready, &result);
      test_wait (&result);
      skipped = g_input_stream_skip_finish (input, result, &error);
    }
  else
    skipped = g_input_stream_skip (input, count, script->cancellable, &error);
  note_size (script, skipped, error);
}

static void
step_seek (Script *script)
{
  g_autoptr(GError) error = NULL;
  GSeekType type;
  gboolean success;

  if (strcmp (script->word, "set") == 0)
    type = G_SEEK_SET;
  else if (strcmp (script->word, "cur") == 0)
    type = G_SEEK_CUR;
  else if (strcmp (script->word, "end") == 0)
    type = G_SEEK_END;
  else
    g_assert_not_reached ();

  success = g_seekable_seek (script->actor->seekable, script->numbers[0], type,
                             script->cancellable, &error);
  note_success (script, success, error);
}

static void
step_truncate (Script *script)
{
  g_autoptr(GError) error = NULL;
  gboolean success;

  success = g_seekable_truncate (script->actor->seekable, script->numbers[0],
                                 script->cancellable, &error);
  note_success (script, success, error);
}

static void
step_flush (Script *script)
{
  GOutputStream *output = script->actor->output;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  if (script->async)
    {
      g_output_stream_flush_async (output, 0, script->cancellable, test_ready,
                                   &result);
      test_wait (&result);
      success = g_output_stream_flush_finish (output, result, &error);
    }
  else
    success = g_output_stream_flush (output, script->cancellable, &error);
  note_success (script, success, error);
}

static void
step_close_input (Script *script)
{
  GInputStream *input = script->actor->input;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  if (script->async)
    {
      g_input_stream_close_async (input, 0, script->cancellable, test_ready,
                                  &result);
      test_wait (&result);
      success = g_input_stream_close_finish (input, result, &error);
    }
  else
    success = g_input_stream_close (input, script->cancellable, &error);
  note_success (script, success, error);
}

static void
step_close_output (Script *script)
{
  GOutputStream *output = script->actor->output;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  if (script->async)
    {
      g_output_stream_close_async (output, 0, script->cancellable, test_ready,
                                   &result);
      test_wait (&result);
      success = g_output_stream_close_finish (output, result, &error);
    }
  else
    success = g_output_stream_close (output, script->cancellable, &error);
  note_success (script, success, error);
}

static void
step_close (Script *script)
{
  GIOStream *io = script->actor->io;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gboolean success;

  if (io == NULL && script->actor->output != NULL)
    {
      step_close_output (script);
      return;
    }
  if (io == NULL)
    {
      step_close_input (script);
      return;
    }

  if (script->async)
    {
      g_io_stream_close_async (io, 0, script->cancellable, test_ready, &result);
      test_wait (&result);
      success = g_io_stream_close_finish (io, result, &error);
    }
  else
    success = g_io_stream_close (io, script->cancellable, &error);
  note_success (script, success, error);
}

static void
splice_from (Script                   *script,
             GInputStream             *source,
             GOutputStreamSpliceFlags  flags)
{
  GOutputStream *output = script->actor->output;
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  gssize spliced;

  if (script->async)
    {
      g_output_stream_splice_async (output, source, flags, 0,
                                    script->cancellable, test_ready, &result);
      test_wait (&result);
      spliced = g_output_stream_splice_finish (output, result, &error);
    }
  else
    spliced = g_output_stream_splice (output, source, flags,
                                      script->cancellable, &error);
  note_size (script, spliced, error);
  g_string_append_printf (script->log, ",source %s",
                          g_input_stream_is_closed (source) ? "closed"
                                                            : "open");
}

static void
splice (Script                   *script,
        gboolean                  fails,
        GOutputStreamSpliceFlags  flags)
{
  g_autoptr(GInputStream) source = test_stream_new (script->numbers[0]);

  if (fails)
    test_stream_fail_at (TEST_STREAM (source), 2, G_IO_ERROR_TIMED_OUT);

  splice_from (script, source, flags);
}

#define SPLICE_CLOSE (G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE | \
                      G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET)

static void
step_splice (Script *script)
{
  splice (script, FALSE, G_OUTPUT_STREAM_SPLICE_NONE);
}

static void
step_splice_close (Script *script)
{
  splice (script, FALSE, SPLICE_CLOSE);
}

static void
step_splice_fail (Script *script)
{
  splice (script, TRUE, G_OUTPUT_STREAM_SPLICE_NONE);
}

static void
step_splice_fail_close (Script *script)
{
  splice (script, TRUE, SPLICE_CLOSE);
}

static void
step_splice_self (Script *script)
{
  splice_from (script, script->actor->input, G_OUTPUT_STREAM_SPLICE_NONE);
}

static void
step_pending (Script *script)
{
  const TestActor *actor = script->actor;
  g_autoptr(GError) error = NULL;
  gboolean success;

  if (actor->io != NULL)
    success = g_io_stream_set_pending (actor->io, &error);
  else if (actor->output != NULL)
    success = g_output_stream_set_pending (actor->output, &error);
  else
    success = g_input_stream_set_pending (actor->input, &error);
  note_success (script, success, error);
}

static void
step_no_pending (Script *script)
{
  const TestActor *actor = script->actor;

  if (actor->io != NULL)
    g_io_stream_clear_pending (actor->io);
  else if (actor->output != NULL)
    g_output_stream_clear_pending (actor->output);
  else
    g_input_stream_clear_pending (actor->input);
}

static void
step_state (Script *script)
{
  const TestActor *actor = script->actor;

  if (actor->input != NULL)
    g_string_append_printf (script->log, "in%s%s,",
                            g_input_stream_is_closed (actor->input) ?
                            " closed" : "",
                            g_input_stream_has_pending (actor->input) ?
                            " pending" : "");
  if (actor->output != NULL)
    g_string_append_printf (script->log, "out%s%s%s,",
                            g_output_stream_is_closed (actor->output) ?
                            " closed" : "",
                            g_output_stream_is_closing (actor->output) ?
                            " closing" : "",
                            g_output_stream_has_pending (actor->output) ?
                            " pending" : "");
  if (actor->io != NULL)
    g_string_append_printf (script->log, "io%s%s,",
                            g_io_stream_is_closed (actor->io) ?
                            " closed" : "",
                            g_io_stream_has_pending (actor->io) ?
                            " pending" : "");

  g_string_append_printf (script->log, "%s%s",
                          g_seekable_can_seek (actor->seekable) ?
                          "seek " : "",
                          g_seekable_can_truncate (actor->seekable) ?
                          "truncate" : "");
}

static const Step steps[] = {
  { "close", step_close },
  { "close-input", step_close_input },
  { "close-output", step_close_output },
  { "flush", step_flush },
  { "no-pending", step_no_pending },
  { "pending", step_pending },
  { "read", step_read },
  { "read-all", step_read_all },
  { "read-bytes", step_read_bytes },
  { "seek", step_seek },
  { "skip", step_skip },
  { "splice", step_splice },
  { "splice-close", step_splice_close },
  { "splice-fail", step_splice_fail },
  { "splice-fail-close", step_splice_fail_close },
  { "splice-self", step_splice_self },
  { "state", step_state },
  { "truncate", step_truncate },
  { "write", step_write },
  { "write-all", step_write_all },
  { "write-bytes", step_write_bytes },
  { "writev", step_writev },
  { "writev-all", step_writev_all },
};

static gboolean
is_closed (const TestActor *actor)
{
  if (actor->io != NULL)
    return g_io_stream_is_closed (actor->io);
  if (actor->output != NULL)
    return g_output_stream_is_closed (actor->output);

  return g_input_stream_is_closed (actor->input);
}

static void
run_step (Script     *script,
          const char *text)
{
  g_auto(GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr(GCancellable) cancellable = NULL;
  guint i = 0;
  guint n_numbers = 0;
  StepFunc func = NULL;

  if (strcmp (words[0], "cancelled") == 0)
    {
      cancellable = test_cancelled_new ();
      i = 1;
    }
  script->cancellable = cancellable;

  for (gsize j = 0; j < G_N_ELEMENTS (steps); j++)
    {
      if (strcmp (steps[j].name, words[i]) == 0)
        func = steps[j].func;
    }
  if (func == NULL)
    g_error ("No such step: %s", text);

  script->word = NULL;
  memset (script->numbers, 0, sizeof (script->numbers));
  for (i++; words[i] != NULL; i++)
    {
      if (g_ascii_isalpha (words[i][0]))
        script->word = words[i];
      else
        script->numbers[n_numbers++] = g_ascii_strtoll (words[i], NULL, 10);
    }

  g_string_append_printf (script->log, "%s: ", text);
  func (script);
  g_clear_pointer (&script->data, g_free);

  if (!is_closed (script->actor))
    g_string_append_printf (script->log, " @%" G_GINT64_FORMAT,
                            (gint64) g_seekable_tell (script->actor->seekable));
  g_string_append_c (script->log, '\n');
}

char *
test_script_run (const TestActor *actor,
                 const char      *script,
                 gboolean         async)
{
  g_auto(GStrv) texts = g_strsplit (script, ";", -1);
  Script state = { 0 };

  state.actor = actor;
  state.async = async;
  state.log = g_string_new (NULL);

  for (guint i = 0; texts[i] != NULL; i++)
    {
      g_strstrip (texts[i]);
      if (texts[i][0] != '\0')
        run_step (&state, texts[i]);
    }

  return g_string_free (state.log, FALSE);
}

/* Steps within what GMemoryOutputStream survives. */
char *
test_script_random (guint    n_steps,
                    gboolean reads,
                    gboolean writes)
{
  static const char *const write_steps[] = {
    "write", "write-all", "write-bytes", "writev", "writev-all", "splice",
    "truncate",
  };
  /* No skip, which aborts in GIO where a file is behind its end. */
  static const char *const read_steps[] = {
    "read", "read-all", "read-bytes",
  };
  static const char *const seek_types[] = { "set", "cur", "end" };
  GString *script = g_string_new (NULL);

  for (guint i = 0; i < n_steps; i++)
    {
      int kind = g_test_rand_int_range (0, 3);

      if (kind == 0)
        g_string_append_printf (script, "seek %s %d; ",
                                seek_types[g_test_rand_int_range (0, 3)],
                                g_test_rand_int_range (-40, 60));
      else if (writes && (kind == 1 || !reads))
        g_string_append_printf (script, "%s %d %d; ",
                                write_steps[g_test_rand_int_range
                                            (0, G_N_ELEMENTS (write_steps))],
                                g_test_rand_int_range (1, 40),
                                g_test_rand_int_range (0, 20));
      else
        g_string_append_printf (script, "%s %d; ",
                                read_steps[g_test_rand_int_range
                                           (0, G_N_ELEMENTS (read_steps))],
                                g_test_rand_int_range (1, 40));
    }

  return g_string_free (script, FALSE);
}

char *
test_script_escape (const void *data,
                    gsize       size)
{
  const guint8 *bytes = data;
  GString *string = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    {
      if (bytes[i] == 0)
        g_string_append_c (string, '.');
      else if (g_ascii_isalnum (bytes[i]))
        g_string_append_c (string, bytes[i]);
      else
        g_string_append_printf (string, "\\%02x", bytes[i]);
    }

  return g_string_free (string, FALSE);
}
