/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a request asks for. Every workload is a verb with these three numbers,
 * so that a new row of the table needs no new code. One run of a workload
 * handles size bytes, chunk bytes at a time; times are given per chunk.
 */
typedef struct
{
  goffset size;
  gsize chunk;
  goffset threshold;    /* of those that have one; memory if >= size */
  gconstpointer data;   /* what the row of the table gives its functions */
} BenchSpec;

typedef enum
{
  BENCH_DEFAULT = 0,
  BENCH_FRESH = 1 << 0,         /* uses up its state: set up for each run */
  BENCH_ROLLED_ONLY = 1 << 1,   /* nothing to measure in memory */
} BenchFlags;

/* One verb of one peer. What setup returns is handed to run, and then to
 * teardown; only run is timed.
 */
typedef struct
{
  const char *peer;
  const char *verb;
  gpointer (*setup) (const BenchSpec *spec);
  void (*run) (gpointer         state,
               const BenchSpec *spec);
  void (*teardown) (gpointer state);
  BenchFlags flags;
  gconstpointer data;
} Bench;

/* The tables of verbs, each ending with a row without a name. */
extern const Bench bench_floor_table[];
extern const Bench bench_buffer_table[];
extern const Bench bench_sync_table[];
extern const Bench bench_async_table[];
extern const Bench bench_thread_table[];
extern const Bench bench_file_table[];

/* Bytes to write, and room to read into: as many as anything here needs. */
#define BENCH_BLOCK_SIZE (8 * 1024 * 1024)

/* In bytes: memory begins so far behind a page. */
#define BENCH_PAGE 4096
#define BENCH_PLACE 16

extern guint8 *bench_source;
extern guint8 *bench_sink;

#define BENCH_CHECK(condition) \
  G_STMT_START { \
    if (G_UNLIKELY (!(condition))) \
      bench_fail (G_STRLOC, #condition); \
  } G_STMT_END

guint8  *bench_alloc        (gsize            size) G_GNUC_MALLOC;
void     bench_free         (guint8          *block);
void     bench_fail         (const char *location,
                             const char *condition) G_GNUC_NORETURN;
gboolean bench_in_memory    (const BenchSpec *spec);
int      bench_open_tmpfile (void);
gsize    bench_get_step     (const BenchSpec *spec);
void     bench_make_file    (const char      *path,
                             const BenchSpec *spec);
void     bench_touch        (GBytes          *bytes);
goffset  bench_next_offset  (const BenchSpec *spec,
                             guint32         *seed);

int      bench_memory_main  (const char *name);

G_END_DECLS
