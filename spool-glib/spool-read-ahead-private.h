/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-content-private.h"

G_BEGIN_DECLS

/* Bytes that a cursor has read beyond what was asked for, so that small reads
 * one after the other cost no system call each. They are dropped when any byte
 * of the content has changed since.
 */
typedef struct _SpoolReadAheadBlock SpoolReadAheadBlock;

typedef struct
{
  SpoolReadAheadBlock *block; /* NULL: was never needed */
  goffset              next;  /* where the last read ended */
} SpoolReadAhead;

void   spool_read_ahead_clear (SpoolReadAhead *self);
gssize spool_read_ahead_read  (SpoolReadAhead *self,
                               SpoolContent   *content,
                               goffset         offset,
                               void           *data,
                               gsize           count,
                               SpoolBlocking   blocking,
                               GCancellable   *cancellable,
                               GError        **error);

G_END_DECLS
