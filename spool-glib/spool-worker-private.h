/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef void (*SpoolWorkerFunc) (gpointer object);

void spool_worker_run (SpoolWorkerFunc func,
                       GObject        *object);

G_END_DECLS
