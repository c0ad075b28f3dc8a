/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "script.h"

G_BEGIN_DECLS

/* What an engine, or driver.c in its place, calls. */
int  LLVMFuzzerInitialize   (int          *argc,
                             char       ***argv);
int  LLVMFuzzerTestOneInput (const guint8 *data,
                             gsize         size);

void fuzz_run               (const OpSet  *set,
                             const guint8 *data,
                             gsize         size);

G_END_DECLS
