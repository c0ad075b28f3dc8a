/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-error-private.h"
#include "spool-sys-private.h"
#include "spool-task-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/mman.h>

/* The content in a file of memory that nobody can change any more. */

/* Since Linux 6.3: not executable, for good. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int
open_memory_file (void)
{
  int fd = spool_sys.memfd_create ("spool", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

  if (fd < 0 && errno == EINVAL)
    fd = spool_sys.memfd_create ("spool", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  return fd;
}

static gboolean
fill_and_seal (SpoolSource   *source,
               int            fd,
               GCancellable  *cancellable,
               GError       **error)
{
  if (!spool_source_copy_to_fd (source, fd, _("Failed to write to a file in memory"),
                                NULL, NULL, cancellable, error))
    return FALSE;

  return spool_sys.add_seals (fd, SEALS) == 0 ||
         spool_set_error_from_errno (error, errno, _("Failed to seal a file in memory"));
}

/**
 * spool_buffer_create_sealed_fd:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Copies the content to a file in memory that nobody can change, as portals,
 * D-Bus services and Wayland compositors want it from programs that they do
 * not trust.
 *
 * The copy takes as much memory as the content has bytes, whatever the
 * threshold. The descriptor is at offset 0 and is closed in programs that are
 * executed. All seals are set, the one against further seals too. Where the
 * system can seal a file against being executed, it is.
 *
 * Returns: a descriptor that the caller closes, or -1 on error
 *
 * Since: 1.0
 */
int
spool_buffer_create_sealed_fd (SpoolBuffer   *self,
                               GCancellable  *cancellable,
                               GError       **error)
{
  SpoolSource source = SPOOL_SOURCE_INIT;
  SpoolContent *content;
  int fd;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), -1);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), -1);
  g_return_val_if_fail (error == NULL || *error == NULL, -1);

  content = spool_buffer_get_content (self);
  if (!spool_content_hold (content, FALSE, &source, cancellable, error))
    return -1;

  fd = open_memory_file ();
  if (fd < 0)
    spool_set_error_from_errno (error, errno, _("Failed to create a file in memory"));
  else if (!fill_and_seal (&source, fd, cancellable, error))
    {
      spool_sys.close (fd);
      fd = -1;
    }

  spool_content_release (content, &source, FALSE);

  return fd;
}

/* A descriptor that nobody asks for must not stay open, so the result is not
 * an integer to the task.
 */
static void
close_result (gpointer data)
{
  spool_sys.close (GPOINTER_TO_INT (data) - 1);
}

static gboolean
create_task (GTask         *task,
             SpoolBlocking  blocking)
{
  GError *error = NULL;
  int fd;

  if (blocking == SPOOL_NO_BLOCK)
    return FALSE;

  fd = spool_buffer_create_sealed_fd (g_task_get_source_object (task),
                                      g_task_get_cancellable (task), &error);
  if (fd < 0)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, GINT_TO_POINTER (fd + 1), close_result);

  return TRUE;
}

/**
 * spool_buffer_create_sealed_fd_async:
 * @self: a buffer
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Copies the content to a file in memory that nobody can change, without
 * blocking.
 *
 * See [method@Spool.Buffer.create_sealed_fd].
 *
 * Since: 1.0
 */
void
spool_buffer_create_sealed_fd_async (SpoolBuffer         *self,
                                     int                  io_priority,
                                     GCancellable        *cancellable,
                                     GAsyncReadyCallback  callback,
                                     gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, create_task, NULL, NULL,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_buffer_create_sealed_fd_finish:
 * @self: a buffer
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Buffer.create_sealed_fd_async] began.
 *
 * Returns: a descriptor that the caller closes, or -1 on error
 *
 * Since: 1.0
 */
int
spool_buffer_create_sealed_fd_finish (SpoolBuffer   *self,
                                      GAsyncResult  *result,
                                      GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), -1);

  return GPOINTER_TO_INT (g_task_propagate_pointer (G_TASK (result), error)) - 1;
}
