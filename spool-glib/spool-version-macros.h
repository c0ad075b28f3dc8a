/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined(SPOOL_INSIDE) && !defined(SPOOL_COMPILATION)
#error "Only <spool-glib/spool-glib.h> can be included directly."
#endif

#include <glib.h>

#include <spool-glib/spool-version.h>

#ifndef _SPOOL_EXTERN
#define _SPOOL_EXTERN __attribute__ ((visibility ("default"))) extern
#endif

#define _SPOOL_UNAVAILABLE(major, minor) \
  G_UNAVAILABLE (major, minor) _SPOOL_EXTERN

/**
 * SPOOL_VERSION_1_0:
 *
 * The version 1.0, for use with `SPOOL_VERSION_MAX_ALLOWED`.
 *
 * Since: 1.0
 */
#define SPOOL_VERSION_1_0 (G_ENCODE_VERSION (1, 0))

/**
 * SPOOL_VERSION_MAX_ALLOWED:
 *
 * A program defines this before it includes the header to be warned about
 * functions that are newer than the version it names.
 *
 * Since: 1.0
 */
#ifndef SPOOL_VERSION_MAX_ALLOWED
#define SPOOL_VERSION_MAX_ALLOWED \
  (G_ENCODE_VERSION (SPOOL_MAJOR_VERSION, SPOOL_MINOR_VERSION))
#endif

#if SPOOL_VERSION_MAX_ALLOWED < SPOOL_VERSION_1_0
#define SPOOL_AVAILABLE_IN_1_0 _SPOOL_UNAVAILABLE (1, 0)
#else
#define SPOOL_AVAILABLE_IN_1_0 _SPOOL_EXTERN
#endif
