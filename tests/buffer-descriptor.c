/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"
#include "test-utils.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What descriptors are handed out for: portals, children, services, mmap().
 * How they behave by themselves is in buffer-fd.c. */

#define SIZE (700 * 1000)

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

#define BUS_NAME  "org.example.SpoolTest"
#define BUS_PATH  "/org/example/SpoolTest"

static int
dup_fd (SpoolBuffer *buffer,
        gboolean     writable)
{
  g_autoptr(GError) error = NULL;
  int fd = spool_buffer_dup_fd (buffer, writable, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);

  return fd;
}

static void
close_fd (int fd)
{
  g_assert_true (g_close (fd, NULL));
}

static int
create_sealed (SpoolBuffer *buffer,
               gboolean     async)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  int fd;

  if (async)
    {
      spool_buffer_create_sealed_fd_async (buffer, G_PRIORITY_DEFAULT, NULL, test_ready,
                                           &result);
      test_wait (&result);
      fd = spool_buffer_create_sealed_fd_finish (buffer, result, &error);
    }
  else
    fd = spool_buffer_create_sealed_fd (buffer, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fd, >=, 0);

  return fd;
}

static void
assert_fd_filled (int   fd,
                  gsize size)
{
  g_autofree guint8 *data = g_malloc (size + 1);

  g_assert_cmpint (pread (fd, data, size + 1, 0), ==, size);
  test_check (data, 0, size);
}

/* Whether this kernel knows of a seal against being executed. */
static gboolean
has_exec_seal (void)
{
  int fd = memfd_create ("test", MFD_CLOEXEC | 0x0008U);
  gboolean has = fd >= 0;

  if (has)
    close_fd (fd);

  return has;
}

static void
test_buffer_descriptor_sealed (gconstpointer data)
{
  const gsize sizes[] = { 0, 1, SIZE };

  g_test_summary ("A sealed file has the content, and nobody can change it");

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      for (guint async = 0; async < 2; async++)
        {
          g_autoptr(SpoolBuffer) buffer = NULL;
          gboolean rolled;
          struct stat buf;
          gpointer map;
          int seals;
          int fd;

          buffer = test_buffer_new_filled (test_threshold (data, MAX (sizes[i], 1)),
                                           sizes[i]);
          rolled = spool_buffer_get_rolled_over (buffer);
          fd = create_sealed (buffer, async);
          g_assert_cmpint (spool_buffer_get_rolled_over (buffer), ==, rolled);

          g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 0);
          g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
          assert_fd_filled (fd, sizes[i]);

          seals = fcntl (fd, F_GET_SEALS);
          g_assert_cmpint (seals & ALL_SEALS, ==, ALL_SEALS);
          g_assert_cmpint (fstat (fd, &buf), ==, 0);
          if (has_exec_seal ())
            {
              g_assert_cmpint (seals & F_SEAL_EXEC, ==, F_SEAL_EXEC);
              g_assert_cmpuint (buf.st_mode & 0111, ==, 0);
            }

          g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, -1);
          g_assert_cmpint (errno, ==, EPERM);
          g_assert_cmpint (ftruncate (fd, sizes[i] + 1), ==, -1);
          g_assert_cmpint (errno, ==, EPERM);
          if (sizes[i] > 0)
            {
              g_assert_cmpint (ftruncate (fd, 0), ==, -1);
              g_assert_cmpint (errno, ==, EPERM);
              map = mmap (NULL, sizes[i], PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
              g_assert_true (map == MAP_FAILED);
              map = mmap (NULL, sizes[i], PROT_READ, MAP_PRIVATE, fd, 0);
              g_assert_true (map != MAP_FAILED);
              test_check (map, 0, sizes[i]);
              munmap (map, sizes[i]);
            }

          /* It has nothing to do with the buffer any more. */
          if (sizes[i] > 0)
            g_assert_true (spool_buffer_write (buffer, 0, "changed", 7, NULL, NULL));
          g_clear_object (&buffer);
          assert_fd_filled (fd, sizes[i]);
          close_fd (fd);
        }
    }
}

static void
test_buffer_descriptor_sealed_remote (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) remote = test_file_new (folder->file);
  g_autoptr(SpoolBuffer) buffer = NULL;
  int fd;

  g_test_summary ("Where the temporary file is not local there is one all the same");

  buffer = g_object_new (SPOOL_TYPE_BUFFER,
                         "directory", remote,
                         "threshold", G_GINT64_CONSTANT (10),
                         NULL);
  test_append (buffer, 0, SIZE);
  fd = create_sealed (buffer, FALSE);
  assert_fd_filled (fd, SIZE);
  close_fd (fd);
  test_assert_usable (buffer);
}

static void
test_buffer_descriptor_sealed_moved (void)
{
  g_autoptr(TestFolder) folder = test_folder_new ();
  g_autoptr(GFile) file = g_file_get_child (folder->file, "file");
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_in (folder, 10);
  int fd;

  test_append (buffer, 0, SIZE);
  g_assert_true (spool_buffer_move (buffer, file, SPOOL_SAVE_NONE, NULL, NULL, NULL, NULL));
  fd = create_sealed (buffer, TRUE);
  assert_fd_filled (fd, SIZE);
  close_fd (fd);
  g_assert_cmpint (g_unlink (g_file_peek_path (file)), ==, 0);
}

static void
test_buffer_descriptor_sealed_refused (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, SIZE);
  g_autoptr(GCancellable) cancelled = test_cancelled_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GError) error = NULL;
  guint n_fds = test_count_fds ();

  g_assert_cmpint (spool_buffer_create_sealed_fd (buffer, cancelled, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  spool_buffer_create_sealed_fd_async (buffer, G_PRIORITY_DEFAULT, cancelled, test_ready,
                                       &result);
  test_wait (&result);
  g_assert_cmpint (spool_buffer_create_sealed_fd_finish (buffer, result, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpuint (test_count_fds (), ==, n_fds);

  g_assert_true (spool_buffer_close (buffer, NULL, NULL));
  g_assert_cmpint (spool_buffer_create_sealed_fd (buffer, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
}

static void
test_buffer_descriptor_sealed_unwanted (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, SIZE);
  guint n_fds;

  g_test_summary ("One that nobody asks for is closed");

  close_fd (create_sealed (buffer, TRUE));
  n_fds = test_count_fds ();
  {
    g_autoptr(GAsyncResult) result = NULL;

    spool_buffer_create_sealed_fd_async (buffer, G_PRIORITY_DEFAULT, NULL, test_ready,
                                         &result);
    test_wait (&result);
    g_assert_cmpuint (test_count_fds (), ==, n_fds + 1);
  }

  /* The thread may hold the result for a moment longer. */
  while (test_count_fds () != n_fds)
    g_thread_yield ();
}

static void
test_buffer_descriptor_mmap (gconstpointer data)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
  int fd = dup_fd (buffer, FALSE);
  g_autoptr(GMappedFile) mapped = NULL;
  g_autoptr(GError) error = NULL;
  guint8 *map;

  g_test_summary ("What is handed out can be mapped, and shows what is written");

  mapped = g_mapped_file_new_from_fd (fd, FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_mapped_file_get_length (mapped), ==, SIZE);
  test_check ((const guint8 *) g_mapped_file_get_contents (mapped), 0, SIZE);

  map = mmap (NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
  g_assert_true (map != MAP_FAILED);
  close_fd (fd);
  g_assert_true (spool_buffer_write (buffer, 0, "new", 3, NULL, NULL));
  g_assert_true (spool_buffer_flush (buffer, NULL, NULL));
  g_assert_cmpmem (map, 3, "new", 3);

  g_clear_object (&buffer);
  test_check (map + 3, 3, SIZE - 3);
  munmap (map, SIZE);

  /* And the other way round. */
  buffer = test_buffer_new_filled (test_threshold (data, SIZE), SIZE);
  fd = dup_fd (buffer, TRUE);
  map = mmap (NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (map != MAP_FAILED);
  close_fd (fd);
  memcpy (map, "new", 3);
  {
    char block[3];

    g_assert_cmpint (spool_buffer_read (buffer, 0, block, 3, NULL, NULL), ==, 3);
    g_assert_cmpmem (block, 3, "new", 3);
  }
  munmap (map, SIZE);
}

static void
test_buffer_descriptor_pipeline (void)
{
  g_autoptr(SpoolBuffer) source = test_buffer_new_filled (10, SIZE);
  g_autoptr(SpoolBuffer) target = test_buffer_new (10);
  g_autoptr(SpoolBuffer) again = test_buffer_new (10);
  SpoolBuffer *from = source;

  g_test_summary ("From one buffer through a child into another, twice");

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr(GSubprocessLauncher) launcher = NULL;
      g_autoptr(GSubprocess) process = NULL;
      g_autoptr(GError) error = NULL;
      SpoolBuffer *to = i == 0 ? target : again;

      launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
      g_subprocess_launcher_take_stdin_fd (launcher, dup_fd (from, FALSE));
      g_subprocess_launcher_take_stdout_fd (launcher, dup_fd (to, TRUE));
      process = g_subprocess_launcher_spawn (launcher, &error, "cat", NULL);
      g_assert_no_error (error);
      g_assert_true (g_subprocess_wait_check (process, NULL, &error));
      g_assert_no_error (error);

      test_assert_filled (to, SIZE);
      test_assert_filled (from, SIZE);
      from = to;
    }
}

static void
test_buffer_descriptor_child_keeps_none (void)
{
  g_autoptr(SpoolBuffer) buffer = test_buffer_new_filled (10, SIZE);
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autoptr(GSubprocess) process = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *output = NULL;
  int one = dup_fd (buffer, FALSE);
  int two = dup_fd (buffer, TRUE);
  int three = create_sealed (buffer, FALSE);

  g_test_summary ("No descriptor gets into a program that is executed");

  /* Nor does any through fork() and exec() alone, which close nothing. */
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                        G_SUBPROCESS_FLAGS_INHERIT_FDS);
  process = g_subprocess_launcher_spawn (launcher, &error, "ls", "-l", "/proc/self/fd",
                                         NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL,
                                                &error));
  g_assert_no_error (error);
  g_assert_nonnull (strstr (output, "/proc/"));
  /* Nameless files have a number. */
  g_assert_null (strstr (output, "/#"));
  g_assert_null (strstr (output, "memfd:"));
  close_fd (one);
  close_fd (two);
  close_fd (three);
}

/* A service in a process of its own. It sends back what it finds in the first
 * descriptor, and writes to the second. */
static const char service_xml[] =
  "<node>"
  "  <interface name='" BUS_NAME "'>"
  "    <method name='Copy'>"
  "      <arg type='h' name='from' direction='in'/>"
  "      <arg type='h' name='to' direction='in'/>"
  "      <arg type='t' name='size' direction='out'/>"
  "      <arg type='h' name='sealed' direction='out'/>"
  "    </method>"
  "  </interface>"
  "</node>";

static void
copy_method (GDBusMethodInvocation *invocation,
             GVariant              *parameters)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (invocation);
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (message);
  g_autoptr(GUnixFDList) reply_fds = g_unix_fd_list_new ();
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (1000);
  g_autoptr(GError) error = NULL;
  g_autofree guint8 *block = g_malloc (SIZE + 1);
  gssize n, total = 0;
  gint32 from_index, to_index;
  int from, to, sealed;

  g_variant_get (parameters, "(hh)", &from_index, &to_index);
  from = g_unix_fd_list_get (fds, from_index, NULL);
  to = g_unix_fd_list_get (fds, to_index, NULL);

  /* By read() and write(), that use the position of the descriptor. */
  while ((n = read (from, block + total, SIZE + 1 - total)) > 0)
    total += n;
  g_assert_cmpint (write (to, block, total), ==, total);

  g_assert_true (spool_buffer_append (buffer, block, total, NULL, &error));
  sealed = spool_buffer_create_sealed_fd (buffer, NULL, &error);
  g_assert_cmpint (g_unix_fd_list_append (reply_fds, sealed, &error), ==, 0);
  g_assert_no_error (error);
  close (sealed);
  close (from);
  close (to);

  g_dbus_method_invocation_return_value_with_unix_fd_list
    (invocation, g_variant_new ("(th)", (guint64) total, 0), reply_fds);
}

static void
method_call_cb (GDBusConnection       *connection,
                const char            *sender,
                const char            *object_path,
                const char            *interface_name,
                const char            *method_name,
                GVariant              *parameters,
                GDBusMethodInvocation *invocation,
                gpointer               user_data)
{
  copy_method (invocation, parameters);
}

static void
bus_acquired_cb (GDBusConnection *connection,
                 const char      *name,
                 gpointer         user_data)
{
  static const GDBusInterfaceVTable vtable = { .method_call = method_call_cb };
  g_autoptr(GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (service_xml, NULL);

  g_assert_cmpuint (g_dbus_connection_register_object (connection, BUS_PATH,
                                                       info->interfaces[0], &vtable,
                                                       NULL, NULL, NULL), !=, 0);
}

static void
service_child (const char *argument)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  /* It ends with its bus. */
  g_bus_own_name (G_BUS_TYPE_SESSION, BUS_NAME, G_BUS_NAME_OWNER_FLAGS_NONE,
                  bus_acquired_cb, NULL, NULL, NULL, NULL);
  g_main_loop_run (loop);
}

static void
name_appeared_cb (GDBusConnection *connection,
                  const char      *name,
                  const char      *name_owner,
                  gpointer         user_data)
{
  gboolean *appeared = user_data;

  *appeared = TRUE;
}

static void
call_service (GDBusConnection *connection,
              gconstpointer    threshold)
{
  g_autoptr(SpoolBuffer) source = test_buffer_new_filled (test_threshold (threshold, SIZE),
                                                          SIZE);
  g_autoptr(SpoolBuffer) target = test_buffer_new (1000);
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr(GUnixFDList) reply_fds = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  guint64 size;
  gint32 handle;
  int from = dup_fd (source, FALSE);
  int to = dup_fd (target, TRUE);
  int other = dup_fd (source, FALSE);
  int sealed;

  /* The list has duplicates of these, which share their positions. */
  g_assert_cmpint (g_unix_fd_list_append (fds, from, NULL), ==, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, to, NULL), ==, 1);
  reply = g_dbus_connection_call_with_unix_fd_list_sync
    (connection, BUS_NAME, BUS_PATH, BUS_NAME, "Copy", g_variant_new ("(hh)", 0, 1),
     G_VARIANT_TYPE ("(th)"), G_DBUS_CALL_FLAGS_NONE, -1, fds, &reply_fds, NULL, &error);
  g_assert_no_error (error);

  g_variant_get (reply, "(th)", &size, &handle);
  g_assert_cmpuint (size, ==, SIZE);
  g_assert_cmpint (lseek (from, 0, SEEK_CUR), ==, SIZE);
  g_assert_cmpint (lseek (other, 0, SEEK_CUR), ==, 0);
  test_assert_filled (source, SIZE);
  test_assert_filled (target, SIZE);

  sealed = g_unix_fd_list_get (reply_fds, handle, &error);
  g_assert_no_error (error);
  assert_fd_filled (sealed, SIZE);
  g_assert_cmpint (fcntl (sealed, F_GET_SEALS) & ALL_SEALS, ==, ALL_SEALS);
  close_fd (sealed);
  close_fd (from);
  close_fd (to);
  close_fd (other);
}

static void
test_buffer_descriptor_dbus (void)
{
  g_autofree char *daemon = g_find_program_in_path ("dbus-daemon");
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr(GTestDBus) bus = NULL;
  g_autoptr(GDBusConnection) connection = NULL;
  g_autoptr(GSubprocess) service = NULL;
  g_autoptr(GError) error = NULL;
  gboolean appeared = FALSE;
  guint watch;

  g_test_summary ("Another process reads and writes buffers through D-Bus");

  if (daemon == NULL)
    {
      g_test_skip ("There is no dbus-daemon");
      return;
    }

  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus);
  service = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error, program,
                              "--spool-child", "service", "", NULL);
  g_assert_no_error (error);
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  g_assert_no_error (error);
  watch = g_bus_watch_name_on_connection (connection, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                          name_appeared_cb, NULL, &appeared, NULL);
  while (!appeared)
    g_main_context_iteration (NULL, TRUE);
  g_bus_unwatch_name (watch);

  for (int i = 0; i < TEST_N_THRESHOLDS; i++)
    call_service (connection, GINT_TO_POINTER (i));

  g_clear_object (&connection);
  g_test_dbus_down (bus);
  g_subprocess_wait (service, NULL, NULL);
}

int
main (int    argc,
      char **argv)
{
  test_init (&argc, &argv);

  test_add_thresholds ("/buffer-descriptor/sealed", test_buffer_descriptor_sealed);
  g_test_add_func ("/buffer-descriptor/sealed-remote",
                   test_buffer_descriptor_sealed_remote);
  g_test_add_func ("/buffer-descriptor/sealed-moved",
                   test_buffer_descriptor_sealed_moved);
  g_test_add_func ("/buffer-descriptor/sealed-refused",
                   test_buffer_descriptor_sealed_refused);
  g_test_add_func ("/buffer-descriptor/sealed-unwanted",
                   test_buffer_descriptor_sealed_unwanted);
  test_add_thresholds ("/buffer-descriptor/mmap", test_buffer_descriptor_mmap);
  g_test_add_func ("/buffer-descriptor/pipeline", test_buffer_descriptor_pipeline);
  g_test_add_func ("/buffer-descriptor/child-keeps-none",
                   test_buffer_descriptor_child_keeps_none);
  g_test_add_func ("/buffer-descriptor/dbus", test_buffer_descriptor_dbus);
  test_add_child ("service", service_child);

  return test_run ();
}
