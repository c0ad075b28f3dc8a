/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-error-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

/* GIO maps these three to FAILED, though to a caller they all say that there
 * is no room for what was to be written.
 */
static GIOErrorEnum
code_from_errno (int errsv)
{
  switch (errsv)
    {
    case EDQUOT:
    case EFBIG:
    case EOVERFLOW:
      return G_IO_ERROR_NO_SPACE;

    default:
      return g_io_error_from_errno (errsv);
    }
}

/* Sets @error to what GIO calls @errsv, with @message, which is translated
 * already, before the system's own words. Always returns %FALSE.
 */
gboolean
spool_set_error_from_errno (GError    **error,
                            int         errsv,
                            const char *message)
{
  g_set_error (error, G_IO_ERROR, code_from_errno (errsv),
               "%s: %s", message, g_strerror (errsv));

  return FALSE;
}

gboolean
spool_set_error_no_memory (GError **error)
{
  return spool_set_error_from_errno (error, ENOMEM,
                                     _("Not enough memory for the data"));
}

gboolean
spool_set_error_closed (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       _("The buffer is closed"));

  return FALSE;
}

gboolean
spool_set_error_negative (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("Offsets and sizes cannot be negative"));

  return FALSE;
}

gboolean
spool_set_error_too_large (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
                       _("The content would be larger than any file can be"));

  return FALSE;
}

gboolean
spool_set_error_would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
                       _("The operation would block"));

  return FALSE;
}

gboolean
spool_is_would_block (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}
