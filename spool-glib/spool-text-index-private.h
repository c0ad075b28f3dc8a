/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A place between two characters, counted in both ways. */
typedef struct
{
  goffset bytes;
  gint64  chars;
} SpoolTextMark;

/* What is known of where characters lie in a buffer: how far its bytes were
 * found to be text, and some places on the way there. It belongs to the buffer
 * and is used with the content lock held.
 */
typedef struct _SpoolTextIndex SpoolTextIndex;

SpoolTextIndex *spool_text_index_new            (void);
void            spool_text_index_free           (SpoolTextIndex      *self);

void            spool_text_index_cut            (SpoolTextIndex      *self,
                                                 goffset              offset);

guint64         spool_text_index_get_generation (SpoolTextIndex      *self);
goffset         spool_text_index_get_stride     (SpoolTextIndex      *self);
SpoolTextMark   spool_text_index_get_end        (SpoolTextIndex      *self);
SpoolTextMark   spool_text_index_find           (SpoolTextIndex      *self,
                                                 gint64               chars);
void            spool_text_index_note           (SpoolTextIndex      *self,
                                                 const SpoolTextMark *mark);
void            spool_text_index_note_nuls      (SpoolTextIndex      *self,
                                                 gint64               count);
void            spool_text_index_note_text      (SpoolTextIndex      *self,
                                                 const SpoolTextMark *start,
                                                 const SpoolTextMark *stop,
                                                 const guint8        *text,
                                                 gsize                length);

G_END_DECLS
