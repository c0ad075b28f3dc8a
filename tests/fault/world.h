/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <spool-glib/spool-glib.h>

#include "faults.h"

G_BEGIN_DECLS

/* What kind of file the buffer of a world rolls over to. */
typedef enum
{
  FILE_PLAIN,
  FILE_NO_TMPFILE,   /* made with a name that is removed at once */
  FILE_NO_FALLOCATE, /* on a disk that cannot promise room */
  FILE_REFLINK,      /* on a disk that shares blocks */
  FILE_NO_PROC,      /* where /proc is not mounted */
  FILE_NAMED,
  FILE_REMOTE,       /* through GIO */
  FILE_REMOTE_GROWS, /* through GIO, and cannot be truncated */
  FILE_ANYWHERE,     /* in the best of the usual places */
  FILE_NO_LINKS,     /* on a disk that has one name for each file */
  N_FILE_KINDS
} FileKind;

/* How large the pieces are that the steps move. */
typedef enum
{
  SCALE_SMALL,
  SCALE_MEDIUM,
  SCALE_LARGE, /* overwrites that are not all or nothing */
  N_SCALES
} Scale;

typedef struct
{
  goffset  threshold;
  FileKind file_kind;
  Scale    scale;
  gboolean rolled;    /* rolled over at the start */
  gboolean crowded;   /* there are other worlds beside it */
} WorldConfig;

/* One operation with its arguments, which each operation reads as it likes. */
typedef struct
{
  guint   op;
  guint32 a, b, c;
} Step;

typedef struct _World World;
typedef struct _OpSet OpSet;

typedef struct
{
  const char *name;
  guint       weight;                  /* how often, next to the others */
  void      (*run) (World      *world,
                    const Step *step);
} Op;

/* Operations that can follow each other in any order. To test a new one, add a
 * function that makes the call, hands its outcome to world_result(), and brings
 * the model up to date; and a line in the table.
 */
struct _OpSet
{
  const char *name;
  const Op   *ops;
  gsize       n_ops;
  guint       n_cases;                 /* scripts for each kind of file */
  gboolean    not_named;               /* a file with a name shows in what it does */
  void      (*begin) (World *world);   /* optional */
  void      (*check) (World *world);   /* optional: after each step */
  void      (*end)   (World *world);   /* optional: when the faults are over */
  void      (*clear) (World *world);   /* optional */
};

#define N_SNAPSHOTS 3
#define N_FDS 2

typedef struct
{
  GBytes *bytes;
  GBytes *expected;
} Snapshot;

/* A stream and where the model has it; NULL: not made yet. */
typedef struct
{
  gpointer stream;
  goffset  position;
  gboolean append;
} Cursor;

/* A buffer with all that is open on it, and what it has to be. */
struct _World
{
  const OpSet *set;
  WorldConfig  config;
  GFile       *directory;
  char        *failure;     /* what went wrong first, if anything did */
  const char  *op_name;
  guint        n_fired;     /* faults before the step that runs */
  guint        n_steps;

  SpoolBuffer *buffer;
  Cursor       output;
  Cursor       input;
  Cursor       io;
  Snapshot     snapshots[N_SNAPSHOTS];
  int          fds[N_FDS];  /* -1: none */
  gboolean     fd_writable[N_FDS];

  /* The model. */
  GByteArray  *content;
  goffset      threshold;
  goffset      size_limit;
  gboolean     rolled;
  gboolean     shared;      /* a writable descriptor is out */

  GByteArray  *scratch;
  gpointer     extra;       /* of the set */
  int          excuse;      /* an error that may come without a fault */
  gboolean     late;        /* an error may come a call later than its fault */
};

void          world_init      (const char        *directory);
void          world_clear     (void);
World        *world_new       (const OpSet       *set,
                               const WorldConfig *config);
void          world_free      (World             *world);
SystemFlags   world_get_flags (FileKind           kind);
SpoolPool    *world_get_pool  (void);
GFile        *world_get_local_directory (void);
goffset       world_get_memory_used (World       *world);

void          world_run       (World             *world,
                               const Step        *step);
gboolean      world_check     (World             *world);
void          world_finish    (World             *world);

/* For the operations. */
void          world_fail      (World             *world,
                               const char        *format,
                               ...) G_GNUC_PRINTF (2, 3);
gboolean      world_result    (World             *world,
                               gboolean           ok,
                               GError            *error,
                               int                due);
gboolean      world_has_fired (World             *world);
goffset       world_size      (World             *world);
const guint8 *world_data      (guint32            seed,
                               gsize              count);
gsize         world_pick_count (World            *world,
                                goffset           offset,
                                guint32           raw);
goffset       world_pick_offset (World           *world,
                                 guint32          raw);
int           world_due       (World             *world,
                               goffset            size);
void          world_written   (World             *world,
                               goffset            offset,
                               const void        *data,
                               gsize              count);
void          world_replaced  (World             *world,
                               goffset            offset,
                               goffset            length,
                               const void        *data,
                               gsize              count);
void          world_resized   (World             *world,
                               goffset            size);
void          world_stopped   (World             *world,
                               goffset            offset,
                               const void        *data,
                               gsize              count);
void          world_reopen    (World             *world,
                               gboolean           with_content);
gboolean      world_is_content (World            *world,
                                int               fd);
void          world_forget_fds (World            *world);
void          world_ready     (GObject           *source,
                               GAsyncResult      *result,
                               gpointer           user_data);
void          world_wait      (GAsyncResult     **result);

/* Operations of the buffer that other sets have too. */
void          run_append      (World             *world,
                               const Step        *step);
void          run_drop_bytes  (World             *world,
                               const Step        *step);
void          run_dup_fd      (World             *world,
                               const Step        *step);
void          run_flush       (World             *world,
                               const Step        *step);
void          run_get_bytes   (World             *world,
                               const Step        *step);
void          run_read        (World             *world,
                               const Step        *step);
void          run_reset       (World             *world,
                               const Step        *step);
void          run_roll_over   (World             *world,
                               const Step        *step);
void          run_set_size_limit (World          *world,
                                  const Step     *step);
void          run_truncate    (World             *world,
                               const Step        *step);
void          run_write       (World             *world,
                               const Step        *step);

/* An operation that has nothing to expect but its own success. */
#define DUE_NOTHING (-1)

extern const OpSet bytes_set;
extern const OpSet concat_set;
extern const OpSet save_set;
extern const OpSet seekable_set;
extern const OpSet text_set;
extern const OpSet *const op_sets[]; /* ends with NULL */

G_END_DECLS
