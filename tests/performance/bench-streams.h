/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "bench.h"

G_BEGIN_DECLS

/* What one peer opens for one workload. */
typedef struct
{
  GIOStream *io;        /* only of peers that have one */
  GOutputStream *out;
  GInputStream *in;     /* only after begin_reading () */
} BenchStreams;

/* A peer that writes and reads through GIO's streams. */
typedef struct
{
  void (*open) (BenchStreams    *streams,
                const BenchSpec *spec);
  /* Ends the writing and opens what was written at its start. */
  void (*begin_reading) (BenchStreams *streams);
  /* Ends the writing; NULL where the peer has no snapshots. */
  GBytes *(*take_snapshot) (BenchStreams *streams);
} BenchPeer;

extern const BenchPeer bench_peer_gio;
extern const BenchPeer bench_peer_gio_buffered;
extern const BenchPeer bench_peer_spool;
extern const BenchPeer bench_peer_spool_io;

void bench_streams_open          (BenchStreams    *streams,
                                  const BenchSpec *spec);
void bench_streams_fill          (BenchStreams    *streams,
                                  const BenchSpec *spec);
void bench_streams_begin_reading (BenchStreams    *streams,
                                  const BenchSpec *spec);
void bench_streams_close         (BenchStreams    *streams);

/* For the tables: a filled pair of streams, in writing and in reading. */
gpointer bench_streams_setup_writing (const BenchSpec *spec);
gpointer bench_streams_setup_reading (const BenchSpec *spec);
void     bench_streams_teardown      (gpointer         state);

G_END_DECLS
