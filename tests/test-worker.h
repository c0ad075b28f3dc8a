/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Waits until the library's worker has done all that it was given. It may give
 * itself more while it is at it, which comes before the second round.
 */
void test_worker_wait (void);

G_END_DECLS
