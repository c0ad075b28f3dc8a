/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* What an example in the documentation may take for granted. */

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <spool-glib/spool-glib.h>
#include <string.h>

/* A download, a source... of this content. */
#define CONTENT "The quick brown fox\njumps over the lazy dog\n"

static GCancellable  *cancellable;
static GInputStream  *source;
static GInputStream  *download;
static GInputStream  *stream;
static GOutputStream *output;
static SpoolBuffer   *buffer;           /* has the content, complete */
static GFile         *file;             /* nothing is there */
static GFile         *destination;      /* nor there */
static const char    *data = CONTENT;
static gsize          length = sizeof CONTENT - 1;
static goffset        size = sizeof CONTENT - 1;

static inline void
consume (const void *bytes,
         gsize       n_bytes)
{
  g_assert_nonnull (bytes);
  g_assert_cmpuint (n_bytes, >, 0);
}

static void
set_up (void)
{
  g_autofree char *directory = g_get_current_dir ();

  cancellable = g_cancellable_new ();
  source = g_memory_input_stream_new_from_data (CONTENT, length, NULL);
  download = g_memory_input_stream_new_from_data (CONTENT, length, NULL);
  stream = g_memory_input_stream_new_from_data (CONTENT, length, NULL);
  output = g_memory_output_stream_new_resizable ();
  buffer = spool_buffer_new ();
  file = g_file_new_build_filename (directory, "file", NULL);
  destination = g_file_new_build_filename (directory, "destination", NULL);

  g_assert_true (spool_buffer_append (buffer, data, length, NULL, NULL));
  spool_buffer_complete (buffer, NULL);
}

static void
tear_down (void)
{
  g_clear_object (&cancellable);
  g_clear_object (&source);
  g_clear_object (&download);
  g_clear_object (&stream);
  g_clear_object (&output);
  g_clear_object (&buffer);
  g_clear_object (&file);
  g_clear_object (&destination);
}
