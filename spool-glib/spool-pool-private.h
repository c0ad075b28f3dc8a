/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-pool.h"

G_BEGIN_DECLS

/* What a pool knows of one of its members. */
typedef struct _SpoolPoolMember SpoolPoolMember;

/* Moves what a member has in memory to the disk. */
typedef gboolean (*SpoolPoolMoveFunc) (GObject       *object,
                                       GCancellable  *cancellable,
                                       GError       **error);

SpoolPoolMember *spool_pool_join         (SpoolPool        *self,
                                          GObject          *object,
                                          SpoolPoolMoveFunc move_func);
void             spool_pool_leave        (SpoolPool        *self,
                                          SpoolPoolMember  *member);
gboolean         spool_pool_request      (SpoolPool        *self,
                                          SpoolPoolMember  *member,
                                          goffset           used);
void             spool_pool_set_used     (SpoolPool        *self,
                                          SpoolPoolMember  *member,
                                          goffset           used,
                                          gboolean          movable);
void             spool_pool_touch        (SpoolPool        *self,
                                          SpoolPoolMember  *member);
void             spool_pool_notify       (SpoolPool        *self);

G_END_DECLS
