/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fuzz.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

/* An input is a head of 12 bytes and a step in each 7 bytes after it:
 *
 *   threshold, kind of file, flags, errno, mask[8]
 *   operation, a[2], b[2], c[2]
 *
 * Each bit of the mask makes a system call fail, over and over.
 */

#define HEAD_SIZE 12
#define STEP_SIZE 7
#define MAX_STEPS 64

enum
{
  FLAG_MEDIUM     = 1 << 0,
  FLAG_LARGE      = 1 << 1,
  FLAG_ROLLED     = 1 << 2,
  FLAG_SHORT      = 1 << 3,
  FLAG_PERSISTENT = 1 << 4, /* all calls from the one that the mask begins with */
  FLAG_WRITES     = 1 << 5,
};

static const int errnos[] = {
  ENOSPC, EIO, EMFILE, EDQUOT, EFBIG, EACCES, EROFS, ENOENT, EINTR, ENOMEM, EAGAIN,
  EEXIST, EINVAL, EOPNOTSUPP, EPERM, EXDEV,
};

static const goffset thresholds[] = { 0, 1, 7, 4096, SPOOL_THRESHOLD_NEVER, 65536 };

static char *directory;

static void
clean_up (void)
{
  g_rmdir (directory);
  g_free (directory);
  world_clear ();
}

int
LLVMFuzzerInitialize (int    *argc,
                      char ***argv)
{
  directory = script_make_directory ();
  world_init (directory);
  atexit (clean_up);

  return 0;
}

/* Two bytes make an argument as large as the operations like it: the first bits
 * choose the kind of value, the last ones the value.
 */
static guint32
read_argument (const guint8 *data)
{
  return (guint32) (data[0] & 0xe0) << 24 | (guint32) (data[0] & 0x1f) << 8 | data[1];
}

/* Workers would make a run slow, and not the same twice. */
static guint
choose_operation (const OpSet *set,
                  guint8       byte)
{
  guint op = byte % set->n_ops;

  while (g_str_has_suffix (set->ops[op].name, "-async"))
    op = (op + 1) % set->n_ops;

  return op;
}

/* Runs an input on the operations of @set; goes no further where it fails. */
void
fuzz_run (const OpSet  *set,
          const guint8 *data,
          gsize         size)
{
  WorldConfig config = { 0 };
  FaultPlan plan = { 0 };
  guint8 flags;
  World *world;

  if (size < HEAD_SIZE)
    return;

  flags = data[2];
  config.threshold = thresholds[data[0] % G_N_ELEMENTS (thresholds)];
  config.file_kind = data[1] % N_FILE_KINDS;
  config.scale = flags & FLAG_LARGE ? SCALE_LARGE : flags & FLAG_MEDIUM ? SCALE_MEDIUM
                                                                       : SCALE_SMALL;
  config.rolled = (flags & FLAG_ROLLED) != 0;
  plan.errsv = errnos[data[3] % G_N_ELEMENTS (errnos)];
  plan.short_transfers = (flags & FLAG_SHORT) != 0;
  plan.writes_only = (flags & FLAG_WRITES) != 0;
  if (flags & FLAG_PERSISTENT)
    {
      plan.first = data[4];
      plan.persistent = TRUE;
    }
  else
    memcpy (&plan.mask, data + 4, sizeof plan.mask);

  faults_install (world_get_flags (config.file_kind));
  world = world_new (set, &config);
  faults_start (&plan);

  data += HEAD_SIZE;
  size -= HEAD_SIZE;
  for (gsize i = 0; i < MAX_STEPS && size >= STEP_SIZE && world->failure == NULL; i++)
    {
      Step step = {
        choose_operation (set, data[0]), read_argument (data + 1),
        read_argument (data + 3), read_argument (data + 5)
      };

      world_run (world, &step);
      world_check (world);
      data += STEP_SIZE;
      size -= STEP_SIZE;
    }

  if (world->failure == NULL)
    world_finish (world);

  if (world->failure != NULL)
    g_error ("%s", world->failure);

  faults_stop ();
  world_free (world);
  faults_remove_names ();
  faults_uninstall ();
}
