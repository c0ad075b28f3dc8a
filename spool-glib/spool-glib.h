/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#define SPOOL_INSIDE
#include <spool-glib/spool-buffer.h>
#include <spool-glib/spool-concat-input-stream.h>
#include <spool-glib/spool-enums.h>
#include <spool-glib/spool-io-stream.h>
#include <spool-glib/spool-memory-input-stream.h>
#include <spool-glib/spool-memory-output-stream.h>
#include <spool-glib/spool-pool.h>
#include <spool-glib/spool-seekable-input-stream.h>
#include <spool-glib/spool-text-stream.h>
#include <spool-glib/spool-version-macros.h>
#include <spool-glib/spool-version.h>
#undef SPOOL_INSIDE
