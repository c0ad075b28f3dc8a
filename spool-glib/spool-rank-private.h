/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>
#if HAVE_SYS_SINGLE_THREADED_H
#include <sys/single_threaded.h>
#endif

G_BEGIN_DECLS

/* The order in which locks are taken: a thread that holds one takes only those
 * below it, and never two of a kind. Debug builds assert it, and that nothing
 * foreign is called with a lock held.
 */
typedef enum
{
  SPOOL_RANK_CURSOR,
  SPOOL_RANK_BUFFER,
  SPOOL_RANK_POOL,
} SpoolRank;

#if SPOOL_ENABLE_DEBUG
void spool_rank_enter       (SpoolRank rank);
void spool_rank_leave       (SpoolRank rank);
void spool_rank_assert_none (void);
#else
#define spool_rank_enter(rank)
#define spool_rank_leave(rank)
#define spool_rank_assert_none()
#endif

static inline void
spool_ranked_lock (GMutex    *mutex,
                   SpoolRank  rank)
{
  spool_rank_enter (rank);
  g_mutex_lock (mutex);
}

static inline gboolean
spool_ranked_trylock (GMutex    *mutex,
                      SpoolRank  rank)
{
  if (!g_mutex_trylock (mutex))
    return FALSE;

  spool_rank_enter (rank);

  return TRUE;
}

static inline void
spool_ranked_unlock (GMutex    *mutex,
                     SpoolRank  rank)
{
  g_mutex_unlock (mutex);
  spool_rank_leave (rank);
}

/* Whether this is the only thread of the process, so that a short step needs
 * no lock. The answer holds until something is called that might make a thread.
 */
static inline gboolean
spool_is_alone (void)
{
#if HAVE_SYS_SINGLE_THREADED_H
  return __libc_single_threaded != 0;
#else
  return FALSE;
#endif
}

G_END_DECLS
