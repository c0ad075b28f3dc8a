/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "spool-content-private.h"

G_BEGIN_DECLS

/* A position in the content that counts characters. A text stream is this plus
 * an object's form.
 */
typedef struct _SpoolTextCursor SpoolTextCursor;

/* What a read takes. */
typedef enum
{
  SPOOL_TEXT_CHARS,
  SPOOL_TEXT_LINE,
} SpoolTextUnit;

/* What the end of the content is to a reader. */
typedef enum
{
  SPOOL_TEXT_END_FINAL,  /* nothing follows: half a character is an error */
  SPOOL_TEXT_END_BROKEN, /* the writer failed: half a character is left out */
  SPOOL_TEXT_END_OPEN,   /* more may follow: half a line is left for later */
} SpoolTextEnd;

/* One read: what is wanted, and what it got. */
typedef struct
{
  SpoolTextUnit  unit;
  gint64         n_chars;    /* at most; -1: all, as far as the end is known */
  SpoolTextEnd   end;

  char          *text;       /* NULL: nothing; else owned, and ends in a NUL */
  gsize          length;     /* bytes */
  goffset        seen_size;  /* where nothing was there: in which content */
  guint          seen_overwrites;

  SpoolTextMark  searched;   /* the line does not end before this */
  guint64        generation; /* of that mark; 0: there is none */
} SpoolTextRead;

SpoolTextCursor *spool_text_cursor_new         (SpoolContent     *content);
void             spool_text_cursor_free        (SpoolTextCursor  *self);
SpoolContent    *spool_text_cursor_get_content (SpoolTextCursor  *self);

gboolean         spool_text_cursor_hold       (SpoolTextCursor  *self,
                                               GError          **error);
void             spool_text_cursor_release    (SpoolTextCursor  *self);

gint64           spool_text_cursor_tell       (SpoolTextCursor  *self);
gboolean         spool_text_cursor_seek       (SpoolTextCursor  *self,
                                               gint64            offset,
                                               GSeekType         type,
                                               SpoolTextEnd      end,
                                               GCancellable     *cancellable,
                                               GError          **error);
gboolean         spool_text_cursor_truncate   (SpoolTextCursor  *self,
                                               gint64            length,
                                               GCancellable     *cancellable,
                                               GError          **error);
gboolean         spool_text_cursor_read       (SpoolTextCursor  *self,
                                               SpoolTextRead    *read,
                                               SpoolBlocking     blocking,
                                               GCancellable     *cancellable,
                                               GError          **error);
gboolean         spool_text_cursor_write      (SpoolTextCursor  *self,
                                               const void       *text,
                                               gsize             length,
                                               SpoolBlocking     blocking,
                                               GCancellable     *cancellable,
                                               GError          **error);

gint64           spool_text_cursor_get_length (SpoolTextCursor  *self,
                                               SpoolTextEnd      end,
                                               GCancellable     *cancellable,
                                               GError          **error);
char            *spool_text_cursor_dup_text   (SpoolTextCursor  *self,
                                               SpoolTextEnd      end,
                                               gsize            *length,
                                               GCancellable     *cancellable,
                                               GError          **error);

G_END_DECLS
