/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Why a walk over UTF-8 ended where it did. */
typedef enum
{
  SPOOL_UTF8_DONE,       /* all bytes, or as many characters as asked for */
  SPOOL_UTF8_INCOMPLETE, /* what is left is the beginning of a character */
  SPOOL_UTF8_INVALID,    /* what comes next is no character */
} SpoolUtf8Status;

/* The most bytes that a character has. */
#define SPOOL_UTF8_MAX 4

SpoolUtf8Status spool_utf8_walk (const guint8 *data,
                                 gsize         size,
                                 gint64        max_chars,
                                 gsize        *n_bytes,
                                 gint64       *n_chars);

G_END_DECLS
