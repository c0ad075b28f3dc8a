/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-i18n-private.h"
#include "spool-mapping-private.h"
#include "spool-notifier-private.h"
#include "spool-pool-private.h"
#include "spool-rank-private.h"
#include "spool-task-private.h"
#include "spool-worker-private.h"

/**
 * SpoolPool:
 *
 * One memory budget for many buffers.
 *
 * Each buffer of a pool still has a threshold of its own. What they hold in
 * memory together does not pass [property@Spool.Pool:limit]: a write that would
 * pass it rolls its own buffer over first. A worker thread then rolls over the
 * buffers that were idle longest, until there is room again.
 *
 * Buffers whose threshold is `SPOOL_THRESHOLD_NEVER` count, but are left alone,
 * and may pass the limit. Memory that only a snapshot holds does not count.
 *
 * A pool listens to [iface@Gio.MemoryMonitor], and writes buffers to the disk
 * when the system runs low on memory, at most every 30 seconds. When memory is
 * critically low it writes nothing, since that would need more of it. At each
 * warning it gives back the block of memory that is kept for the next buffer.
 *
 * A buffer joins a pool by its construct-only
 * [property@Spool.Buffer:pool] and leaves it when it is finalized.
 *
 * Use one where there are many buffers and their thresholds would add up to too
 * much: the parts of mails, the uploads of a server, the tabs of a viewer.
 *
 * ## Threads
 *
 * All functions may be called from any thread, and the buffers of one pool may
 * be used in different ones.
 *
 * ## Example
 *
 * ```c
 * // All uploads together take at most 64 MB of memory.
 * static GOutputStream *
 * open_upload (SpoolPool *pool)
 * {
 *   g_autoptr(SpoolBuffer) buffer = g_object_new (SPOOL_TYPE_BUFFER,
 *                                                 "pool", pool,
 *                                                 NULL);
 *
 *   return spool_memory_output_stream_new_for_buffer (buffer);
 * }
 *
 * static GPtrArray *
 * open_uploads (guint n_uploads)
 * {
 *   g_autoptr(SpoolPool) pool = spool_pool_new (64 * 1000 * 1000);
 *   g_autoptr(GPtrArray) uploads = g_ptr_array_new_with_free_func (g_object_unref);
 *
 *   for (guint i = 0; i < n_uploads; i++)
 *     g_ptr_array_add (uploads, open_upload (pool));
 *
 *   return g_steal_pointer (&uploads);
 * }
 * ```
 *
 * Since: 1.0
 */

/* Once the limit was reached the worker makes room down to this share of it. */
#define LOW_WATER(limit) ((limit) / 4 * 3)

/* Memory warnings are heeded this often, in microseconds. */
#define WARNING_INTERVAL (30 * G_USEC_PER_SEC)

/* After a failure the worker waits, twice as long each time, in microseconds. */
#define MIN_BACK_OFF (1 * G_USEC_PER_SEC)
#define MAX_BACK_OFF (64 * G_USEC_PER_SEC)

struct _SpoolPoolMember
{
  GWeakRef           object;
  SpoolPoolMoveFunc  move_func;
  goffset            used;      /* bytes in memory */
  gboolean           movable;
  GList              link;      /* in the pool's queue while used is not 0 */
};

struct _SpoolPool
{
  GObject         parent_instance;

  GMutex          lock;          /* never held across the disk */
  GQueue          resident;      /* members with memory, idlest first */
  guint           n_members;
  goffset         limit;         /* bytes, or -1 */
  goffset         used;          /* bytes: the sum over the members */
  guint           changes;       /* atomic: properties to notify */

  gboolean        work_queued;
  gint64          back_off;      /* microseconds; 0: the last move succeeded */
  gint64          not_before;    /* monotonic: the worker rests until then */

  GMemoryMonitor *monitor;       /* made by the worker */
  gulong          monitor_id;
  gint64          last_warning;  /* monotonic; 0: none yet */

  SpoolNotifier   notifier;
};

G_DEFINE_FINAL_TYPE (SpoolPool, spool_pool, G_TYPE_OBJECT)

enum
{
  PROP_LIMIT = 1,
  PROP_MEMORY_USED,
  PROP_N_BUFFERS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

#define CHANGED(prop) (1u << (prop))

static void
move_to_tail (SpoolPool       *self,
              SpoolPoolMember *member)
{
  g_queue_unlink (&self->resident, &member->link);
  g_queue_push_tail_link (&self->resident, &member->link);
}

static void
set_used_locked (SpoolPool       *self,
                 SpoolPoolMember *member,
                 goffset          used)
{
  if (member->used == used)
    return;

  if (member->used == 0)
    g_queue_push_tail_link (&self->resident, &member->link);
  else if (used == 0)
    g_queue_unlink (&self->resident, &member->link);

  self->used += used - member->used;
  member->used = used;
  g_atomic_int_or (&self->changes, CHANGED (PROP_MEMORY_USED));
}

/* The member that was idle longest becomes the one that was idle least. Returns
 * it, with a reference, if it has to move for @target to be reached and can.
 */
static GObject *
take_idlest (SpoolPool          *self,
             goffset             target,
             SpoolPoolMoveFunc  *move_func)
{
  GObject *object = NULL;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  if (self->used > target && self->resident.head != NULL)
    {
      SpoolPoolMember *member = self->resident.head->data;

      move_to_tail (self, member);
      *move_func = member->move_func;
      if (member->movable)
        object = g_weak_ref_get (&member->object);
    }
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  return object;
}

/* Moves members to the disk until no more than @target bytes are in memory. A
 * member is tried once; those that fail do not keep others from being moved.
 */
static gboolean
trim (SpoolPool     *self,
      goffset        target,
      GCancellable  *cancellable,
      GError       **error)
{
  g_autoptr(GError) first_error = NULL;
  guint n;

  /* Also where there is nothing to move. */
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  n = self->resident.length;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  for (; n > 0; n--)
    {
      g_autoptr(GError) local_error = NULL;
      g_autoptr(GObject) object = NULL;
      SpoolPoolMoveFunc move_func;

      if (g_cancellable_set_error_if_cancelled (cancellable, &local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }

      object = take_idlest (self, target, &move_func);
      if (object != NULL && !move_func (object, cancellable, &local_error) &&
          first_error == NULL)
        first_error = g_steal_pointer (&local_error);
    }

  if (first_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first_error));
      return FALSE;
    }

  return TRUE;
}

/* Says once that moving fails, and lets the worker rest. */
static void
note_result (SpoolPool    *self,
             const GError *error)
{
  gboolean first;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  first = error != NULL && self->back_off == 0;
  if (error == NULL)
    self->back_off = 0;
  else
    {
      self->back_off = CLAMP (2 * self->back_off, MIN_BACK_OFF, MAX_BACK_OFF);
      self->not_before = g_get_monotonic_time () + self->back_off;
    }
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  if (first)
    g_message ("A pool could not move a buffer to the disk: %s", error->message);
}

static void
make_room (gpointer data)
{
  SpoolPool *self = data;
  g_autoptr(GError) error = NULL;
  goffset limit;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  self->work_queued = FALSE;
  limit = self->limit;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  if (limit >= 0)
    {
      trim (self, LOW_WATER (limit), NULL, &error);
      note_result (self, error);
    }
}

/* Has the worker make room, unless it will do so anyway. */
static void
queue_work_locked (SpoolPool *self)
{
  if (self->work_queued ||
      (self->back_off > 0 && g_get_monotonic_time () < self->not_before))
    return;

  self->work_queued = TRUE;
  spool_worker_run (make_room, G_OBJECT (self));
}

static void
heed_warning (gpointer data)
{
  SpoolPool *self = data;
  g_autoptr(GError) error = NULL;

  trim (self, spool_pool_get_memory_used (self) / 2, NULL, &error);
  note_result (self, error);
  spool_mapping_trim ();
}

static void
low_memory_warning_cb (GMemoryMonitor             *monitor,
                       GMemoryMonitorWarningLevel  level,
                       gpointer                    user_data)
{
  GWeakRef *weak_ref = user_data;
  g_autoptr(SpoolPool) self = g_weak_ref_get (weak_ref);
  gint64 now = g_get_monotonic_time ();
  gboolean heed;

  spool_mapping_trim ();

  if (self == NULL || level >= G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL)
    return;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  heed = self->last_warning == 0 || now - self->last_warning >= WARNING_INTERVAL;
  if (heed)
    self->last_warning = now;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  if (heed)
    spool_worker_run (heed_warning, G_OBJECT (self));
}

static void
weak_ref_free (gpointer  data,
               GClosure *closure)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* Runs in the worker, since making the monitor may wait for D-Bus; its signals
 * come there too.
 */
static void
make_monitor (gpointer data)
{
  SpoolPool *self = data;
  g_autoptr(GMemoryMonitor) monitor = g_memory_monitor_dup_default ();
  GWeakRef *weak_ref;

  if (monitor == NULL)
    return;

  weak_ref = g_new0 (GWeakRef, 1);
  g_weak_ref_init (weak_ref, self);

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  self->monitor_id = g_signal_connect_data (monitor, "low-memory-warning",
                                            G_CALLBACK (low_memory_warning_cb),
                                            weak_ref, weak_ref_free, 0);
  self->monitor = g_steal_pointer (&monitor);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);
}

static void
spool_pool_constructed (GObject *object)
{
  G_OBJECT_CLASS (spool_pool_parent_class)->constructed (object);

  spool_worker_run (make_monitor, object);
}

static void
spool_pool_finalize (GObject *object)
{
  SpoolPool *self = SPOOL_POOL (object);

  g_assert (self->n_members == 0);

  g_clear_signal_handler (&self->monitor_id, self->monitor);
  g_clear_object (&self->monitor);
  spool_notifier_clear (&self->notifier);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (spool_pool_parent_class)->finalize (object);
}

static void
spool_pool_get_property (GObject    *object,
                         guint       property_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  SpoolPool *self = SPOOL_POOL (object);

  switch (property_id)
    {
    case PROP_LIMIT:
      g_value_set_int64 (value, spool_pool_get_limit (self));
      break;

    case PROP_MEMORY_USED:
      g_value_set_int64 (value, spool_pool_get_memory_used (self));
      break;

    case PROP_N_BUFFERS:
      g_value_set_uint (value, spool_pool_get_n_buffers (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_pool_set_property (GObject      *object,
                         guint         property_id,
                         const GValue *value,
                         GParamSpec   *pspec)
{
  SpoolPool *self = SPOOL_POOL (object);

  switch (property_id)
    {
    case PROP_LIMIT:
      spool_pool_set_limit (self, g_value_get_int64 (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_pool_class_init (SpoolPoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  spool_i18n_init ();

  object_class->constructed = spool_pool_constructed;
  object_class->finalize = spool_pool_finalize;
  object_class->get_property = spool_pool_get_property;
  object_class->set_property = spool_pool_set_property;

  /**
   * SpoolPool:limit:
   *
   * How many bytes the buffers may hold in memory together; `-1`: any number.
   *
   * Since: 1.0
   */
  props[PROP_LIMIT] =
    g_param_spec_int64 ("limit", NULL, NULL,
                        -1, G_MAXINT64, -1,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
                        G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolPool:memory-used:
   *
   * How many bytes the buffers hold in memory together: the sum of the sizes
   * of those that have not rolled over.
   *
   * Notified in the thread that made the pool, or in that thread's default
   * main context.
   *
   * Since: 1.0
   */
  props[PROP_MEMORY_USED] =
    g_param_spec_int64 ("memory-used", NULL, NULL,
                        0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolPool:n-buffers:
   *
   * How many buffers there are in the pool.
   *
   * Notified as [property@Spool.Pool:memory-used] is.
   *
   * Since: 1.0
   */
  props[PROP_N_BUFFERS] =
    g_param_spec_uint ("n-buffers", NULL, NULL,
                       0, G_MAXUINT, 0,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
spool_pool_init (SpoolPool *self)
{
  g_mutex_init (&self->lock);
  g_queue_init (&self->resident);
  self->limit = -1;
  spool_notifier_init (&self->notifier, G_OBJECT (self), props);
}

/**
 * spool_pool_get_default:
 *
 * Gets the pool of the process, for programs and libraries that want to share
 * one budget. It has no limit until one is set.
 *
 * No buffer is in it by itself.
 *
 * Returns: (transfer none): the default pool
 *
 * Since: 1.0
 */
SpoolPool *
spool_pool_get_default (void)
{
  static SpoolPool *default_pool = NULL;

  if (g_once_init_enter (&default_pool))
    g_once_init_leave (&default_pool, spool_pool_new (-1));

  return default_pool;
}

/**
 * spool_pool_new:
 * @limit: how many bytes the buffers may hold in memory together; -1 for any
 *   number
 *
 * Creates a pool without buffers.
 *
 * Returns: (transfer full): the new pool
 *
 * Since: 1.0
 */
SpoolPool *
spool_pool_new (goffset limit)
{
  g_return_val_if_fail (limit >= -1, NULL);

  return g_object_new (SPOOL_TYPE_POOL, "limit", limit, NULL);
}

/**
 * spool_pool_get_limit:
 * @self: a pool
 *
 * Gets how many bytes the buffers may hold in memory together.
 *
 * Returns: the limit in bytes; -1 for none
 *
 * Since: 1.0
 */
goffset
spool_pool_get_limit (SpoolPool *self)
{
  goffset limit;

  g_return_val_if_fail (SPOOL_IS_POOL (self), -1);

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  limit = self->limit;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  return limit;
}

/**
 * spool_pool_set_limit:
 * @self: a pool
 * @limit: the limit in bytes; -1 for none
 *
 * Sets how many bytes the buffers may hold in memory together. Where they hold
 * more, a worker thread moves the idle ones to the disk.
 *
 * Since: 1.0
 */
void
spool_pool_set_limit (SpoolPool *self,
                      goffset    limit)
{
  gboolean changed;

  g_return_if_fail (SPOOL_IS_POOL (self));
  g_return_if_fail (limit >= -1);

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  changed = self->limit != limit;
  self->limit = limit;
  if (limit >= 0 && self->used > limit)
    queue_work_locked (self);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_LIMIT]);
}

/**
 * spool_pool_get_memory_used:
 * @self: a pool
 *
 * Gets how many bytes the buffers hold in memory together.
 *
 * Returns: the number of bytes
 *
 * Since: 1.0
 */
goffset
spool_pool_get_memory_used (SpoolPool *self)
{
  goffset used;

  g_return_val_if_fail (SPOOL_IS_POOL (self), 0);

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  used = self->used;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  return used;
}

/**
 * spool_pool_get_n_buffers:
 * @self: a pool
 *
 * Gets how many buffers there are in the pool.
 *
 * Returns: the number of buffers
 *
 * Since: 1.0
 */
guint
spool_pool_get_n_buffers (SpoolPool *self)
{
  guint n;

  g_return_val_if_fail (SPOOL_IS_POOL (self), 0);

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  n = self->n_members;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  return n;
}

/**
 * spool_pool_trim:
 * @self: a pool
 * @target: how many bytes may stay in memory
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Moves buffers to the disk, those that were idle longest first, until they
 * hold no more than @target bytes in memory together.
 *
 * Buffers with the threshold `SPOOL_THRESHOLD_NEVER` are left alone. One that
 * cannot be moved stays in memory as it is, and the others are still moved.
 *
 * Returns: whether all buffers that had to move did; else the error is that of
 *   the first one
 *
 * Since: 1.0
 */
gboolean
spool_pool_trim (SpoolPool     *self,
                 goffset        target,
                 GCancellable  *cancellable,
                 GError       **error)
{
  g_return_val_if_fail (SPOOL_IS_POOL (self), FALSE);
  g_return_val_if_fail (target >= 0, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return trim (self, target, cancellable, error);
}

static gboolean
trim_task (GTask         *task,
           SpoolBlocking  blocking)
{
  goffset *target = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ok;

  if (blocking == SPOOL_NO_BLOCK)
    return FALSE;

  ok = trim (g_task_get_source_object (task), *target, g_task_get_cancellable (task),
             &error);

  return spool_task_return_boolean (task, ok, error);
}

/**
 * spool_pool_trim_async:
 * @self: a pool
 * @target: how many bytes may stay in memory
 * @io_priority: the priority of the request
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): what to call when it is done
 * @user_data: data for @callback
 *
 * Moves buffers to the disk, without blocking.
 *
 * See [method@Spool.Pool.trim].
 *
 * Since: 1.0
 */
void
spool_pool_trim_async (SpoolPool           *self,
                       goffset              target,
                       int                  io_priority,
                       GCancellable        *cancellable,
                       GAsyncReadyCallback  callback,
                       gpointer             user_data)
{
  g_return_if_fail (SPOOL_IS_POOL (self));
  g_return_if_fail (target >= 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  spool_task_run (self, trim_task, g_memdup2 (&target, sizeof target), g_free,
                  io_priority, cancellable, callback, user_data);
}

/**
 * spool_pool_trim_finish:
 * @self: a pool
 * @result: the result
 * @error: return location for an error
 *
 * Finishes what [method@Spool.Pool.trim_async] began.
 *
 * Returns: whether all buffers that had to move did
 *
 * Since: 1.0
 */
gboolean
spool_pool_trim_finish (SpoolPool     *self,
                        GAsyncResult  *result,
                        GError       **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Makes @object a member until it calls spool_pool_leave(). */
SpoolPoolMember *
spool_pool_join (SpoolPool         *self,
                 GObject           *object,
                 SpoolPoolMoveFunc  move_func)
{
  SpoolPoolMember *member = g_new0 (SpoolPoolMember, 1);

  g_weak_ref_init (&member->object, object);
  member->move_func = move_func;
  member->link.data = member;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  self->n_members++;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  g_atomic_int_or (&self->changes, CHANGED (PROP_N_BUFFERS));
  spool_pool_notify (self);

  return member;
}

/* Frees @member. */
void
spool_pool_leave (SpoolPool       *self,
                  SpoolPoolMember *member)
{
  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  set_used_locked (self, member, 0);
  self->n_members--;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  g_weak_ref_clear (&member->object);
  g_free (member);

  g_atomic_int_or (&self->changes, CHANGED (PROP_N_BUFFERS));
  spool_pool_notify (self);
}

/* Asks whether a member may hold @used bytes in memory. If so they count from
 * now on; if not it has to move to the disk, and others are made to follow.
 */
gboolean
spool_pool_request (SpoolPool       *self,
                    SpoolPoolMember *member,
                    goffset          used)
{
  gboolean granted;

  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  granted = self->limit < 0 || used <= self->limit - (self->used - member->used);
  if (granted)
    set_used_locked (self, member, used);
  else
    queue_work_locked (self);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);

  return granted;
}

/* Says what a member does hold in memory, and whether it could be moved. The
 * change is told by spool_pool_notify(), when no lock is held.
 */
void
spool_pool_set_used (SpoolPool       *self,
                     SpoolPoolMember *member,
                     goffset          used,
                     gboolean         movable)
{
  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  set_used_locked (self, member, used);
  member->movable = movable;
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);
}

/* The member is in use: it is the last to be moved from now on. */
void
spool_pool_touch (SpoolPool       *self,
                  SpoolPoolMember *member)
{
  spool_ranked_lock (&self->lock, SPOOL_RANK_POOL);
  if (member->used > 0)
    move_to_tail (self, member);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_POOL);
}

void
spool_pool_notify (SpoolPool *self)
{
  spool_notifier_notify (&self->notifier, g_atomic_int_and (&self->changes, 0));
}
