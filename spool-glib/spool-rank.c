/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-rank-private.h"

#if SPOOL_ENABLE_DEBUG

/* A bit for each rank that the thread holds. */
static __thread guint held = 0;

void
spool_rank_enter (SpoolRank rank)
{
  g_assert (held >> rank == 0);

  held |= 1u << rank;
}

void
spool_rank_leave (SpoolRank rank)
{
  g_assert (held & (1u << rank));

  held &= ~(1u << rank);
}

void
spool_rank_assert_none (void)
{
  g_assert (held == 0);
}

#endif
