/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-enums.h"

G_DEFINE_FLAGS_TYPE (SpoolSaveFlags, spool_save_flags,
                     G_DEFINE_ENUM_VALUE (SPOOL_SAVE_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (SPOOL_SAVE_NO_OVERWRITE, "no-overwrite"),
                     G_DEFINE_ENUM_VALUE (SPOOL_SAVE_PRIVATE, "private"),
                     G_DEFINE_ENUM_VALUE (SPOOL_SAVE_DURABLE, "durable"))
