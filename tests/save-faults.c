/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-glib/spool-glib.h"
#include "test-sys.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Saving and moving where a system lacks something, or one certain call fails.
 * That each call fails in turn is the business of the fault loop.
 */

#define SIZE (300 * 1024)

typedef enum
{
  OP_NONE,
  OP_ANY,
  OP_OPEN,
  OP_OPEN_TMPFILE,
  OP_CLOSE,
  OP_PWRITE,
  OP_FSYNC,
  OP_DUP,
  OP_LINK_FD,
  OP_LINK_PROC,
  OP_RENAME,
  OP_RENAME_NOREPLACE,
  OP_FCHMOD,
  OP_FCHOWN,
  OP_SEEK,
  OP_CLONE_FILE,
  OP_COPY_FILE_RANGE,
  OP_OTHER,
  N_OPS,
} Op;

static struct
{
  gboolean  active;
  Op        op;
  guint     at;         /* the first call that fails, from 1; 0: none */
  gboolean  persistent; /* and all after it */
  int       errsv;
  gboolean  refused[N_OPS]; /* these always fail, with refused_errsv */
  int       refused_errsv;
  guint     n_calls;
  guint     n_failed[N_OPS];
  guint     n_done[N_OPS];
  const char *late;     /* a file that another process makes at the last moment */
} fault;

static Op
get_op (const TestSysInfo *info)
{
  switch (info->call)
    {
    case TEST_SYS_OPEN:
    case TEST_SYS_OPEN_AT:
      return (info->flags & O_TMPFILE) == O_TMPFILE ? OP_OPEN_TMPFILE : OP_OPEN;

    case TEST_SYS_CLOSE:
      return OP_CLOSE;

    case TEST_SYS_PWRITE:
      return OP_PWRITE;

    case TEST_SYS_FSYNC:
      return OP_FSYNC;

    case TEST_SYS_DUP:
      return OP_DUP;

    case TEST_SYS_LINK_FD:
      return OP_LINK_FD;

    case TEST_SYS_LINK_PROC:
      return OP_LINK_PROC;

    case TEST_SYS_RENAME:
      return info->flags & RENAME_NOREPLACE ? OP_RENAME_NOREPLACE : OP_RENAME;

    case TEST_SYS_FCHMOD:
      return OP_FCHMOD;

    case TEST_SYS_FCHOWN:
      return OP_FCHOWN;

    case TEST_SYS_SEEK:
      return OP_SEEK;

    case TEST_SYS_CLONE_FILE:
      return OP_CLONE_FILE;

    case TEST_SYS_COPY_FILE_RANGE:
      return OP_COPY_FILE_RANGE;

    default:
      return OP_OTHER;
    }
}

static void
make_late_file (const TestSysInfo *info)
{
  if (fault.late != NULL &&
      (info->call == TEST_SYS_LINK_FD || info->call == TEST_SYS_RENAME) &&
      strcmp (info->path, "file") == 0)
    {
      g_assert_true (g_file_set_contents (fault.late, "old", -1, NULL));
      fault.late = NULL;
    }
}

static int
fail (const TestSysInfo *info,
      gpointer           user_data)
{
  Op op = get_op (info);

  if (!fault.active)
    return 0;

  if (fault.refused[op])
    {
      fault.n_failed[op]++;
      return fault.refused_errsv;
    }

  make_late_file (info);

  if (fault.op == op || fault.op == OP_ANY)
    {
      fault.n_calls++;
      if (fault.at != 0 &&
          (fault.n_calls == fault.at || (fault.persistent && fault.n_calls > fault.at)))
        {
          fault.n_failed[op]++;
          return fault.errsv;
        }
    }

  fault.n_done[op]++;

  return 0;
}

static void
fault_clear (void)
{
  memset (&fault, 0, sizeof fault);
}

static void
fault_set (Op       op,
           guint    at,
           gboolean persistent,
           int      errsv)
{
  fault_clear ();
  fault.op = op;
  fault.at = at;
  fault.persistent = persistent;
  fault.errsv = errsv;
  fault.active = TRUE;
}

/* The call is one that this system does not have. */
static void
fault_refuse (Op  op,
              int errsv)
{
  fault.refused[op] = TRUE;
  fault.refused_errsv = errsv;
  fault.active = TRUE;
}

/* What a save or a move works on. */
typedef struct
{
  char        *folder;
  char        *path;
  GFile       *file;
  SpoolBuffer *buffer;
  GBytes      *bytes;
  guint8      *content;
} World;

typedef enum
{
  WORLD_PINNED = 1 << 0,
  WORLD_EXISTS = 1 << 1,
  WORLD_SPARSE = 1 << 2,
} WorldFlags;

static void
world_write_old (World *world)
{
  g_assert_true (g_file_set_contents (world->path, "old", -1, NULL));
}

static void
world_init (World      *world,
            WorldFlags  flags)
{
  g_autoptr(GFile) directory = NULL;
  g_autoptr(GError) error = NULL;

  world->folder = g_strdup ("/var/tmp/spool-test-XXXXXX");
  g_assert_nonnull (g_mkdtemp (world->folder));
  world->path = g_build_filename (world->folder, "file", NULL);
  world->file = g_file_new_for_path (world->path);
  directory = g_file_new_for_path (world->folder);
  world->buffer = g_object_new (SPOOL_TYPE_BUFFER,
                                "directory", directory,
                                "threshold", (gint64) 0,
                                NULL);
  world->bytes = NULL;

  world->content = g_malloc0 (SIZE);
  for (gsize i = 0; i < SIZE; i++)
    {
      if (!(flags & WORLD_SPARSE) || i < 5000 || i > SIZE - 5000)
        world->content[i] = (guint8) ((i * 2654435761u) >> 13);
    }

  if (flags & WORLD_SPARSE)
    {
      spool_buffer_write (world->buffer, 0, world->content, 5000, NULL, &error);
      spool_buffer_write (world->buffer, SIZE - 5000, world->content + SIZE - 5000, 5000,
                          NULL, &error);
    }
  else
    spool_buffer_append (world->buffer, world->content, SIZE, NULL, &error);
  g_assert_no_error (error);

  if (flags & WORLD_PINNED)
    world->bytes = spool_buffer_get_bytes (world->buffer, NULL, NULL);
  if (flags & WORLD_EXISTS)
    world_write_old (world);
}

static guint
count_names (const char *folder,
             gboolean    clean)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      n++;
      if (clean)
        g_unlink (path);
    }

  return n;
}

static void
world_clear (World *world)
{
  fault_clear ();
  g_clear_pointer (&world->bytes, g_bytes_unref);
  g_clear_object (&world->buffer);
  g_clear_object (&world->file);
  count_names (world->folder, TRUE);
  g_assert_cmpint (g_rmdir (world->folder), ==, 0);
  g_free (world->folder);
  g_free (world->path);
  g_free (world->content);
}

static gboolean
file_is_new (World *world)
{
  g_autofree char *contents = NULL;
  gsize length;

  if (!g_file_get_contents (world->path, &contents, &length, NULL))
    return FALSE;
  if (length == 3 && memcmp (contents, "old", 3) == 0)
    return FALSE;

  g_assert_cmpmem (contents, length, world->content, SIZE);

  return TRUE;
}

static void
assert_buffer (World *world)
{
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (spool_buffer_get_size (world->buffer), ==, SIZE);
  bytes = spool_buffer_read_bytes (world->buffer, 0, SIZE + 1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes),
                   world->content, SIZE);
}

static void
assert_writable (World *world)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (spool_buffer_append (world->buffer, "next", 4, NULL, &error));
  g_assert_true (spool_buffer_truncate (world->buffer, SIZE, NULL, &error));
  g_assert_true (spool_buffer_write (world->buffer, 0, world->content, 1, NULL, &error));
  g_assert_no_error (error);
}

static void
assert_read_only (World *world)
{
  g_autoptr(GError) error = NULL;

  g_assert_false (spool_buffer_append (world->buffer, "next", 4, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
}

static gboolean
world_save (World           *world,
            gboolean         move,
            SpoolSaveFlags   flags,
            GError         **error)
{
  return move ? spool_buffer_move (world->buffer, world->file, flags, NULL, NULL, NULL,
                                   error)
              : spool_buffer_save (world->buffer, world->file, flags, NULL, NULL, NULL,
                                   error);
}

static void
world_save_well (World          *world,
                 gboolean        move,
                 SpoolSaveFlags  flags)
{
  g_autoptr(GError) error = NULL;
  gboolean ok = world_save (world, move, flags, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_true (file_is_new (world));
  assert_buffer (world);
  if (move)
    assert_read_only (world);
  else
    assert_writable (world);
  g_assert_true (file_is_new (world));
}

static guint
count_fds (void)
{
  return count_names ("/proc/self/fd", FALSE);
}

static void
test_save_faults_fsync_never_again (void)
{
  World world;
  g_autoptr(GError) error = NULL;
  struct stat buf;

  g_test_summary ("A file that could not be synced once is not moved, but written anew");

  world_init (&world, WORLD_EXISTS | WORLD_SPARSE);
  fault_set (OP_FSYNC, 1, FALSE, EIO);
  g_assert_false (world_save (&world, TRUE, SPOOL_SAVE_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_false (file_is_new (&world));
  g_assert_cmpuint (fault.n_done[OP_LINK_FD] + fault.n_done[OP_LINK_PROC], ==, 0);

  fault_set (OP_ANY, 0, FALSE, 0);
  world_save_well (&world, TRUE, SPOOL_SAVE_DURABLE);
  g_assert_cmpuint (fault.n_done[OP_FSYNC], ==, 2);

  /* A copy of what is on the disk would lack what has not got there. */
  g_assert_cmpuint (fault.n_done[OP_CLONE_FILE] + fault.n_failed[OP_CLONE_FILE], ==, 0);
  g_assert_cmpuint (fault.n_done[OP_COPY_FILE_RANGE], ==, 0);
  g_assert_cmpuint (fault.n_done[OP_SEEK], ==, 0);
  g_assert_cmpuint (fault.n_done[OP_PWRITE], >, 0);
  g_assert_cmpint (stat (world.path, &buf), ==, 0);
  world_clear (&world);
}

static void
test_save_faults_folder_fsync (void)
{
  World world;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) read_error = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  g_test_summary ("Where the folder is not synced the buffer leaves the file alone");

  world_init (&world, WORLD_EXISTS);
  fault_set (OP_FSYNC, 2, FALSE, EIO);
  g_assert_false (world_save (&world, TRUE, SPOOL_SAVE_DURABLE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_true (file_is_new (&world));
  fault.active = FALSE;

  g_assert_true (spool_buffer_append (world.buffer, "more", 4, NULL, NULL));
  g_assert_true (spool_buffer_write (world.buffer, 0, "less", 4, NULL, NULL));
  g_assert_cmpint (spool_buffer_get_size (world.buffer), ==, SIZE + 4);
  g_assert_true (file_is_new (&world));

  /* And nothing that is done to the file shows in the buffer any more. */
  g_assert_cmpint (truncate (world.path, 10), ==, 0);
  g_assert_cmpint (spool_buffer_get_size (world.buffer), ==, SIZE + 4);

  g_clear_error (&error);
  g_assert_true (world_save (&world, TRUE, SPOOL_SAVE_DURABLE, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (world.path, &contents, &length, &read_error));
  g_assert_cmpuint (length, ==, SIZE + 4);
  g_assert_cmpmem (contents, 4, "less", 4);
  g_assert_cmpmem (contents + 4, SIZE - 4, world.content + 4, SIZE - 4);
  world_clear (&world);
}

typedef struct
{
  const char     *name;
  WorldFlags      world;
  gboolean        move;
  SpoolSaveFlags  flags;
  Op              refused[4];
  int             errsv;
  gboolean        copies;
} Way;

/* What a system may lack, and that there is another way. */
static const Way ways[] = {
  { "no-empty-path", 0, TRUE, 0, { OP_LINK_FD }, ENOENT, FALSE },
  { "no-empty-path-old", WORLD_EXISTS, TRUE, 0, { OP_LINK_FD }, ENOENT, FALSE },
  { "no-proc", 0, TRUE, 0, { OP_LINK_PROC }, ENOENT, FALSE },
  { "other-file-system", 0, TRUE, 0, { OP_LINK_FD, OP_LINK_PROC }, EXDEV, TRUE },
  { "no-links", WORLD_EXISTS, TRUE, 0, { OP_LINK_FD, OP_LINK_PROC }, EPERM, TRUE },
  { "no-links-save", WORLD_EXISTS, FALSE, 0, { OP_LINK_FD, OP_LINK_PROC }, EPERM, TRUE },
  { "no-links-no-overwrite", 0, FALSE, SPOOL_SAVE_NO_OVERWRITE,
    { OP_LINK_FD, OP_LINK_PROC }, EPERM, TRUE },
  { "no-tmpfile", 0, FALSE, 0, { OP_OPEN_TMPFILE }, EOPNOTSUPP, TRUE },
  { "no-tmpfile-old", WORLD_EXISTS, FALSE, SPOOL_SAVE_DURABLE, { OP_OPEN_TMPFILE },
    EOPNOTSUPP, TRUE },
  { "no-tmpfile-kernel", WORLD_EXISTS, FALSE, 0, { OP_OPEN_TMPFILE }, EISDIR, TRUE },
  { "no-tmpfile-no-overwrite", 0, FALSE, SPOOL_SAVE_NO_OVERWRITE, { OP_OPEN_TMPFILE },
    EOPNOTSUPP, TRUE },
  { "no-noreplace", 0, FALSE, SPOOL_SAVE_NO_OVERWRITE,
    { OP_OPEN_TMPFILE, OP_RENAME_NOREPLACE }, EINVAL, TRUE },
  { "no-chown", WORLD_EXISTS, FALSE, 0, { OP_FCHOWN }, EPERM, TRUE },
  { "no-seek", WORLD_PINNED | WORLD_SPARSE, FALSE, 0, { OP_SEEK }, EINVAL, TRUE },
  { "no-kernel-copy", WORLD_PINNED, FALSE, 0, { OP_COPY_FILE_RANGE }, ENOSYS, TRUE },
  { "no-kernel-copy-sparse", WORLD_SPARSE, FALSE, 0,
    { OP_COPY_FILE_RANGE, OP_CLONE_FILE }, EXDEV, TRUE },
};

static void
test_save_faults_way (gconstpointer data)
{
  const Way *way = data;
  World world;
  struct stat spooled, saved;
  g_autoptr(GError) error = NULL;
  int fd;

  world_init (&world, way->world);
  fd = spool_buffer_dup_fd (world.buffer, FALSE, NULL, NULL);
  g_assert_cmpint (fstat (fd, &spooled), ==, 0);
  g_assert_true (g_close (fd, NULL));

  for (gsize i = 0; i < G_N_ELEMENTS (way->refused) && way->refused[i] != OP_NONE; i++)
    fault_refuse (way->refused[i], way->errsv);

  g_assert_true (world_save (&world, way->move, way->flags, &error));
  g_assert_no_error (error);
  g_assert_true (file_is_new (&world));
  g_assert_cmpuint (count_names (world.folder, FALSE), ==, 1);
  g_assert_cmpint (stat (world.path, &saved), ==, 0);
  g_assert_cmpint (saved.st_ino != spooled.st_ino, ==, way->copies);
  g_assert_cmpuint (saved.st_nlink, ==, 1);

  /* None of the ways overwrites what must not be. */
  if (way->flags & SPOOL_SAVE_NO_OVERWRITE)
    {
      world_write_old (&world);
      g_assert_false (world_save (&world, way->move, way->flags, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
      g_assert_false (file_is_new (&world));
      g_assert_cmpuint (count_names (world.folder, FALSE), ==, 1);
    }

  world_clear (&world);
}

static void
test_save_faults_late (gconstpointer data)
{
  guint bits = GPOINTER_TO_UINT (data);
  gboolean move = (bits & 1) != 0;
  gboolean no_overwrite = (bits & 2) != 0;
  gboolean named = (bits & 4) != 0;
  World world;
  g_autoptr(GError) error = NULL;
  gboolean ok;

  g_test_summary ("A file that shows up at the last moment is seen");

  world_init (&world, 0);
  fault_set (OP_NONE, 0, FALSE, 0);
  fault.late = world.path;
  if (named)
    fault_refuse (OP_OPEN_TMPFILE, EOPNOTSUPP);

  ok = world_save (&world, move, no_overwrite ? SPOOL_SAVE_NO_OVERWRITE : 0, &error);
  g_assert_null (fault.late);

  if (no_overwrite)
    {
      g_assert_false (ok);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
      g_assert_false (file_is_new (&world));
      assert_writable (&world);
    }
  else
    {
      g_assert_no_error (error);
      g_assert_true (ok);
      g_assert_true (file_is_new (&world));
    }
  g_assert_cmpuint (count_names (world.folder, FALSE), ==, 1);
  world_clear (&world);
}

static void
test_save_faults_move_again (void)
{
  World world;
  g_autoptr(GError) error = NULL;

  g_test_summary ("After its name was taken away a file is copied, since it gets no other");

  world_init (&world, WORLD_EXISTS);
  fault_set (OP_RENAME, 1, FALSE, EIO);
  g_assert_false (world_save (&world, TRUE, 0, &error));
  g_assert_nonnull (error);
  g_assert_false (file_is_new (&world));
  g_assert_cmpuint (count_names (world.folder, FALSE), ==, 1);
  fault.active = FALSE;
  assert_writable (&world);
  world_save_well (&world, TRUE, 0);
  world_clear (&world);
}

static void
test_save_faults_close_tells (gconstpointer data)
{
  gboolean move = GPOINTER_TO_INT (data);
  World world;
  g_autoptr(GError) error = NULL;

  g_test_summary ("A quota that only closing tells of is told");

  world_init (&world, WORLD_EXISTS);
  for (guint n = 1; ; n++)
    {
      g_clear_error (&error);
      fault_set (OP_CLOSE, n, FALSE, EDQUOT);
      if (!world_save (&world, move, 0, &error))
        break;

      g_assert_false (move);
      world_write_old (&world);
      g_assert_cmpuint (n, <, 10);
    }
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_false (file_is_new (&world));
  fault.active = FALSE;
  world_save_well (&world, move, 0);
  world_clear (&world);
}

/* Bytes that the spool's disk did not take can be saved elsewhere. */
static void
test_save_faults_window (gconstpointer data)
{
  gboolean move = GPOINTER_TO_INT (data);
  World world;
  g_autoptr(GError) error = NULL;

  world_init (&world, WORLD_EXISTS);

  /* A small write at the end stays in the window. */
  g_assert_true (spool_buffer_truncate (world.buffer, SIZE - 10, NULL, NULL));
  g_assert_true (spool_buffer_append (world.buffer, world.content + SIZE - 10, 10, NULL,
                                      NULL));
  fault_set (OP_PWRITE, 1, FALSE, ENOSPC);
  g_assert_true (world_save (&world, move, 0, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (fault.n_calls, >, 1);
  fault.active = FALSE;
  g_assert_true (file_is_new (&world));
  assert_buffer (&world);
  world_clear (&world);
}

static void
test_save_faults_group (void)
{
  World world;
  struct stat buf;

  g_test_summary ("Permissions of a group are not given to another one");

  world_init (&world, WORLD_EXISTS);
  if (chown (world.path, (uid_t) -1, 12345) < 0)
    {
      g_test_skip ("This user cannot give a file to another group");
      world_clear (&world);
      return;
    }
  g_assert_cmpint (g_chmod (world.path, 0664), ==, 0);

  world_save_well (&world, FALSE, 0);
  g_assert_cmpint (stat (world.path, &buf), ==, 0);
  g_assert_cmpuint (buf.st_gid, ==, 12345);
  g_assert_cmpuint (buf.st_mode & 0777, ==, 0664);

  fault_refuse (OP_FCHOWN, EPERM);
  world_save_well (&world, FALSE, 0);
  g_assert_cmpint (stat (world.path, &buf), ==, 0);
  g_assert_cmpuint (buf.st_gid, !=, 12345);
  g_assert_cmpuint (buf.st_mode & 0777, ==, 0644);
  world_clear (&world);
}

static void
test_save_faults_mode_on_failure (void)
{
  World world;
  struct stat buf;
  int fd;

  g_test_summary ("A file that could not be moved is private as before");

  world_init (&world, WORLD_EXISTS);
  g_assert_cmpint (g_chmod (world.path, 0666), ==, 0);
  fd = spool_buffer_dup_fd (world.buffer, FALSE, NULL, NULL);
  fault_set (OP_RENAME, 1, FALSE, EIO);
  g_assert_false (world_save (&world, TRUE, 0, NULL));
  g_assert_cmpint (fstat (fd, &buf), ==, 0);
  g_assert_cmpuint (buf.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (buf.st_nlink, ==, 0);
  g_assert_true (g_close (fd, NULL));
  world_clear (&world);
}

static void
test_save_faults_one_mode (gconstpointer data)
{
  gboolean move = GPOINTER_TO_INT (data);
  World world;
  g_autoptr(GError) error = NULL;

  g_test_summary ("Permissions that cannot be set are no matter where they are right");

  world_init (&world, WORLD_EXISTS);
  g_assert_cmpint (g_chmod (world.path, 0644), ==, 0);
  fault_refuse (OP_FCHMOD, EPERM);
  g_assert_false (world_save (&world, move, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_assert_false (file_is_new (&world));

  g_assert_cmpint (g_chmod (world.path, 0600), ==, 0);
  world_save_well (&world, move, 0);
  world_clear (&world);
}

static void
test_save_faults_no_proc (gconstpointer data)
{
  gboolean writable = GPOINTER_TO_INT (data);
  g_autofree guint8 *block = g_malloc (SIZE + 1);
  World world;
  g_autoptr(GError) error = NULL;
  int fd;

  g_test_summary ("Without /proc a descriptor is a duplicate, from its first byte on");

  world_init (&world, WORLD_EXISTS);
  fault_refuse (OP_OPEN, ENOENT);
  fd = spool_buffer_dup_fd (world.buffer, writable, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (fault.n_failed[OP_OPEN], ==, 1);
  g_assert_cmpuint (fault.n_done[OP_DUP], ==, 1);
  fault_clear ();

  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  g_assert_cmpint (read (fd, block, SIZE + 1), ==, SIZE);
  g_assert_cmpmem (block, SIZE, world.content, SIZE);

  /* What a child does to the position is no matter to the buffer. */
  assert_buffer (&world);
  if (writable)
    {
      world.content[1] ^= 1;
      g_assert_cmpint (lseek (fd, 1, SEEK_SET), ==, 1);
      g_assert_cmpint (write (fd, world.content + 1, 1), ==, 1);
      assert_buffer (&world);
    }
  g_assert_true (g_close (fd, NULL));
  world_save_well (&world, TRUE, SPOOL_SAVE_NONE);
  world_clear (&world);
}

static void
test_save_faults_no_descriptor (void)
{
  World world;
  g_autoptr(GError) error = NULL;
  guint n_fds;

  g_test_summary ("Only where there is no /proc a descriptor is a duplicate");

  world_init (&world, 0);
  n_fds = count_fds ();
  fault_refuse (OP_OPEN, EMFILE);
  g_assert_cmpint (spool_buffer_dup_fd (world.buffer, FALSE, NULL, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
  g_assert_cmpuint (fault.n_done[OP_DUP], ==, 0);
  fault_clear ();
  g_assert_cmpuint (count_fds (), ==, n_fds);
  assert_writable (&world);
  world_clear (&world);
}

/* The path of a file that is being written is not known to anybody. */
static void
test_save_faults_private_until_placed (void)
{
  World world;
  guint n_checked = 0;

  g_test_summary ("Until it is in its place nobody else can read the file");

  for (guint n = 1; n < 40; n++)
    {
      g_autoptr(GDir) dir = NULL;
      const char *name;

      world_init (&world, 0);
      fault_set (OP_ANY, n, TRUE, EIO);
      fault_refuse (OP_OPEN_TMPFILE, EOPNOTSUPP);
      world_save (&world, FALSE, 0, NULL);
      fault.active = FALSE;

      /* What could not be removed shows what was there. */
      dir = g_dir_open (world.folder, 0, NULL);
      while ((name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *path = g_build_filename (world.folder, name, NULL);
          struct stat buf;

          g_assert_cmpint (stat (path, &buf), ==, 0);
          if (strcmp (name, "file") == 0 || buf.st_size == 0)
            continue;

          n_checked++;
          if (buf.st_size < SIZE)
            g_assert_cmpuint (buf.st_mode & 0777, ==, 0600);
        }
      world_clear (&world);
    }

  g_assert_cmpuint (n_checked, >, 0);
}

int
main (int    argc,
      char **argv)
{
  mode_t old = umask (022);
  int ret;

  g_test_init (&argc, &argv, NULL);
  test_sys_install ();
  test_sys_set_hook (fail, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strconcat ("/save-faults/way/", ways[i].name, NULL);

      g_test_add_data_func (path, &ways[i], test_save_faults_way);
    }

  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *path = g_strdup_printf ("/save-faults/late/%u", i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_save_faults_late);
    }

  g_test_add_func ("/save-faults/fsync-never-again", test_save_faults_fsync_never_again);
  g_test_add_func ("/save-faults/folder-fsync", test_save_faults_folder_fsync);
  g_test_add_func ("/save-faults/move-again", test_save_faults_move_again);
  g_test_add_data_func ("/save-faults/close-tells/save", GINT_TO_POINTER (FALSE),
                        test_save_faults_close_tells);
  g_test_add_data_func ("/save-faults/close-tells/move", GINT_TO_POINTER (TRUE),
                        test_save_faults_close_tells);
  g_test_add_data_func ("/save-faults/window/save", GINT_TO_POINTER (FALSE),
                        test_save_faults_window);
  g_test_add_data_func ("/save-faults/window/move", GINT_TO_POINTER (TRUE),
                        test_save_faults_window);
  g_test_add_func ("/save-faults/group", test_save_faults_group);
  g_test_add_func ("/save-faults/mode-on-failure", test_save_faults_mode_on_failure);
  g_test_add_data_func ("/save-faults/one-mode/save", GINT_TO_POINTER (FALSE),
                        test_save_faults_one_mode);
  g_test_add_data_func ("/save-faults/one-mode/move", GINT_TO_POINTER (TRUE),
                        test_save_faults_one_mode);
  g_test_add_data_func ("/save-faults/no-proc/read-only", GINT_TO_POINTER (FALSE),
                        test_save_faults_no_proc);
  g_test_add_data_func ("/save-faults/no-proc/writable", GINT_TO_POINTER (TRUE),
                        test_save_faults_no_proc);
  g_test_add_func ("/save-faults/no-descriptor", test_save_faults_no_descriptor);
  g_test_add_func ("/save-faults/private-until-placed",
                   test_save_faults_private_until_placed);

  ret = g_test_run ();
  umask (old);

  return ret;
}
