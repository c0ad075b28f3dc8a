/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "world.h"

G_BEGIN_DECLS

/* A GArray of Step, for one set of operations. */
GArray *script_new_random (const OpSet *set,
                           GRand       *rand,
                           guint        n_steps);
char   *script_to_string  (const OpSet *set,
                           GArray      *script);
GArray *script_parse      (const OpSet *set,
                           const char  *text);

/* Runs a script and returns what went wrong, or NULL. */
typedef char *(*ScriptFunc) (GArray   *script,
                             gpointer  user_data);

GArray *script_shrink     (GArray      *script,
                           ScriptFunc   func,
                           gpointer     user_data);

/* What was asked for in the environment. */
guint32 script_get_seed   (void);
double  script_get_factor (void);

char   *script_make_directory (void);

G_END_DECLS
