/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fuzz.h"

/* The build says which set of operations. */
int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  fuzz_run (&FUZZ_SET, data, size);

  return 0;
}
