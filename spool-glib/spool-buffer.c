/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-content-private.h"
#include "spool-fd-storage-private.h"
#include "spool-i18n-private.h"
#include "spool-memory-storage-private.h"

/**
 * SpoolBuffer:
 *
 * Bytes that stay in memory while they are few and move to a temporary file
 * when they grow.
 *
 * A buffer is the bytes; the streams of this library are cursors over one.
 * Most programs only meet it through them, say by
 * [ctor@Spool.MemoryOutputStream.new]. Use a buffer where several streams
 * share the same bytes, where bytes are read and written at given offsets, or
 * to choose where the temporary file is.
 *
 * ## At the threshold
 *
 * A write that makes the buffer larger than both its old size and
 * [property@Spool.Buffer:threshold] first moves all bytes to a temporary file:
 * the buffer *rolls over*. Exactly as many bytes as the threshold stay in
 * memory. Overwriting, shrinking and setting the property never roll over, and
 * only [method@Spool.Buffer.reset] goes back to memory. Nothing else changes:
 * every call gives the same result in memory and on disk.
 *
 * Where rolling over fails, as on a full disk, the buffer stays in memory just
 * as it was, the call that asked for more returns the error, and a later call
 * tries again.
 *
 * The file has no name, unless [property@Spool.Buffer:named] asks for one, and
 * is gone when the buffer is, or when the process ends in whatever way.
 *
 * ## Threads
 *
 * All functions may be called from any thread at any time. A buffer must not
 * be used on both sides of a `fork()`: the child may only drop it.
 *
 * ## Example
 *
 * ```c
 * // Keeps what was sent, however much it is, and gives its beginning.
 * static SpoolBuffer *
 * receive (GInputStream  *source,
 *          GBytes       **beginning,
 *          GError       **error)
 * {
 *   g_autoptr(SpoolBuffer) buffer = spool_buffer_new_with_threshold (1000000);
 *
 *   if (spool_buffer_splice_from (buffer, source,
 *                                 G_OUTPUT_STREAM_SPLICE_CLOSE_SOURCE,
 *                                 NULL, error) < 0)
 *     return NULL;
 *
 *   *beginning = spool_buffer_read_bytes (buffer, 0, 16, NULL, error);
 *   if (*beginning == NULL)
 *     return NULL;
 *
 *   return g_steal_pointer (&buffer);
 * }
 * ```
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (SpoolBuffer, spool_buffer, G_TYPE_OBJECT)

/* The last three in the order of their bits in SpoolChanges. */
enum
{
  PROP_THRESHOLD = 1,
  PROP_SIZE_LIMIT,
  PROP_DIRECTORY,
  PROP_NAMED,
  PROP_POOL,
  PROP_SIZE,
  PROP_ROLLED_OVER,
  PROP_COMPLETED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* Tells that there is more in memory, after spool_buffer_append_quickly(). This
 * calls foreign code.
 */
void
spool_buffer_announce_growth (SpoolBuffer *self)
{
  if (!g_atomic_int_get (&self->hidden))
    spool_notifier_notify (&self->notifier, (GObject *) self, &props[PROP_SIZE],
                           SPOOL_CHANGED_SIZE);
}

/* Tells everybody of what an operation has changed. This calls foreign code. */
void
spool_buffer_announce (SpoolBuffer *self,
                       SpoolNews   *news)
{
  if (news->message != NULL)
    g_debug ("%s", news->message);
  g_clear_pointer (&news->message, g_free);

  if (news->replaced != NULL)
    g_slist_free_full (g_steal_pointer (&news->replaced),
                       (GDestroyNotify) spool_storage_unref);
  g_clear_pointer (&news->given, g_bytes_unref);

  if (news->waiters != NULL)
    spool_waiters_wake (news->waiters);
  if (news->changes != 0 && !g_atomic_int_get (&self->hidden))
    spool_notifier_notify (&self->notifier, (GObject *) self, &props[PROP_SIZE],
                           news->changes);
  if (self->pool != NULL)
    spool_pool_notify (self->pool);
}

static void
spool_buffer_finalize (GObject *object)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  if (self->pool != NULL)
    spool_pool_leave (self->pool, self->member);
  g_clear_object (&self->pool);

  g_clear_pointer (&self->storage, spool_storage_unref);
  g_clear_pointer (&self->given, g_bytes_unref);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->text_index, spool_text_index_free);
  g_clear_object (&self->directory);
  g_clear_object (&self->file);
  g_clear_pointer (&self->path, g_free);
  g_cond_clear (&self->released);
  g_mutex_clear (&self->release_lock);
  spool_completion_clear (&self->completion);
  spool_notifier_clear (&self->notifier);
  g_mutex_clear (&self->directory_lock);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (spool_buffer_parent_class)->finalize (object);
}

static void
spool_buffer_get_property (GObject    *object,
                           guint       property_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  switch (property_id)
    {
    case PROP_THRESHOLD:
      g_value_set_int64 (value, spool_buffer_get_threshold (self));
      break;

    case PROP_SIZE_LIMIT:
      g_value_set_int64 (value, spool_buffer_get_size_limit (self));
      break;

    case PROP_DIRECTORY:
      g_value_take_object (value, spool_buffer_dup_directory (self));
      break;

    case PROP_NAMED:
      g_value_set_boolean (value, spool_buffer_get_named (self));
      break;

    case PROP_POOL:
      g_value_set_object (value, spool_buffer_get_pool (self));
      break;

    case PROP_SIZE:
      g_value_set_int64 (value, spool_buffer_get_size (self));
      break;

    case PROP_ROLLED_OVER:
      g_value_set_boolean (value, spool_buffer_get_rolled_over (self));
      break;

    case PROP_COMPLETED:
      g_value_set_boolean (value, spool_buffer_get_completed (self));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_buffer_set_property (GObject      *object,
                           guint         property_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  switch (property_id)
    {
    case PROP_THRESHOLD:
      spool_buffer_set_threshold (self, g_value_get_int64 (value));
      break;

    case PROP_SIZE_LIMIT:
      spool_buffer_set_size_limit (self, g_value_get_int64 (value));
      break;

    case PROP_DIRECTORY:
      spool_buffer_set_directory (self, g_value_get_object (value));
      break;

    case PROP_NAMED:
      self->named = g_value_get_boolean (value);
      break;

    case PROP_POOL:
      self->pool = g_value_dup_object (value);
      if (self->pool != NULL)
        self->member = spool_pool_join (self->pool, object, spool_buffer_move_to_disk);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
spool_buffer_class_init (SpoolBufferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  spool_i18n_init ();

  object_class->finalize = spool_buffer_finalize;
  object_class->get_property = spool_buffer_get_property;
  object_class->set_property = spool_buffer_set_property;

  /**
   * SpoolBuffer:threshold:
   *
   * How many bytes may stay in memory; `0`: none, `-1`: any number.
   *
   * It is looked at when the buffer grows, and never moves bytes by itself.
   *
   * Since: 1.0
   */
  props[PROP_THRESHOLD] =
    g_param_spec_int64 ("threshold", NULL, NULL,
                        SPOOL_THRESHOLD_NEVER, G_MAXINT64, SPOOL_DEFAULT_THRESHOLD,
                        G_PARAM_READWRITE |
                        G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:size-limit:
   *
   * How many bytes the buffer may have, in memory or on disk; `-1`: any number.
   *
   * What would make it larger is refused whole with `G_IO_ERROR_NO_SPACE`.
   *
   * Since: 1.0
   */
  props[PROP_SIZE_LIMIT] =
    g_param_spec_int64 ("size-limit", NULL, NULL,
                        -1, G_MAXINT64, -1,
                        G_PARAM_READWRITE |
                        G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:directory:
   *
   * Where the temporary file is made when the buffer rolls over.
   *
   * `NULL` stands for `$TMPDIR` or, where that is not set, the first of
   * `/var/tmp`, the user's cache directory and the system's temporary
   * directory that is on a disk and can be written to.
   *
   * A directory that is not local is used through GIO; where it cannot create
   * files that are open for reading and writing, rolling over fails with
   * `G_IO_ERROR_NOT_SUPPORTED`.
   *
   * Since: 1.0
   */
  props[PROP_DIRECTORY] =
    g_param_spec_object ("directory", NULL, NULL,
                         G_TYPE_FILE,
                         G_PARAM_READWRITE |
                         G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:named:
   *
   * Whether the temporary file has a name, for programs that want a path.
   *
   * It is removed with the buffer, but stays if the process is killed. See
   * [method@Spool.Buffer.get_file].
   *
   * Since: 1.0
   */
  props[PROP_NAMED] =
    g_param_spec_boolean ("named", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                          G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:pool:
   *
   * The pool whose budget the bytes in memory count against, or `NULL` for
   * none.
   *
   * Since: 1.0
   */
  props[PROP_POOL] =
    g_param_spec_object ("pool", NULL, NULL,
                         SPOOL_TYPE_POOL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY |
                         G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:size:
   *
   * How many bytes there are.
   *
   * Notification happens before the call that changed it returns where that
   * is made in the thread that made the buffer, and else, with several
   * changes drawn together, in that thread's default main context.
   *
   * Since: 1.0
   */
  props[PROP_SIZE] =
    g_param_spec_int64 ("size", NULL, NULL,
                        0, G_MAXINT64, 0,
                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:rolled-over:
   *
   * Whether the bytes are in a file.
   *
   * Notified as [property@Spool.Buffer:size] is.
   *
   * Since: 1.0
   */
  props[PROP_ROLLED_OVER] =
    g_param_spec_boolean ("rolled-over", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * SpoolBuffer:completed:
   *
   * Whether the writers are done. See [method@Spool.Buffer.complete].
   *
   * Notified as [property@Spool.Buffer:size] is.
   *
   * Since: 1.0
   */
  props[PROP_COMPLETED] =
    g_param_spec_boolean ("completed", NULL, NULL, FALSE,
                          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
spool_buffer_init (SpoolBuffer *self)
{
  g_mutex_init (&self->lock);
  g_mutex_init (&self->directory_lock);
  g_mutex_init (&self->release_lock);
  g_cond_init (&self->released);
  self->storage = spool_memory_storage_new ();
  self->threshold = SPOOL_DEFAULT_THRESHOLD;
  self->size_limit = -1;
  spool_completion_init (&self->completion);
  spool_notifier_init (&self->notifier);
}

/**
 * spool_buffer_new:
 *
 * Creates an empty buffer with a threshold of
 * [const@Spool.DEFAULT_THRESHOLD] bytes.
 *
 * Returns: (transfer full): the new buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_buffer_new (void)
{
  return g_object_new (SPOOL_TYPE_BUFFER, NULL);
}

/* A buffer that only the caller knows. Nobody can listen to it, so it tells of
 * nothing: that takes longer than a small write. Before anybody else gets it,
 * it has to be shown.
 */
SpoolBuffer *
spool_buffer_new_hidden (goffset threshold)
{
  SpoolBuffer *self = spool_buffer_new ();

  self->threshold = threshold;
  self->hidden = TRUE;

  return self;
}

/* Returns @self. */
SpoolBuffer *
spool_buffer_show (SpoolBuffer *self)
{
  g_atomic_int_set (&self->hidden, FALSE);

  return self;
}

/**
 * spool_buffer_new_with_threshold:
 * @threshold: how many bytes may stay in memory; 0 for none, -1 for any number
 *
 * Creates an empty buffer.
 *
 * Returns: (transfer full): the new buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_buffer_new_with_threshold (goffset threshold)
{
  SpoolBuffer *self;

  g_return_val_if_fail (threshold >= SPOOL_THRESHOLD_NEVER, NULL);

  self = spool_buffer_new ();
  self->threshold = threshold;

  return self;
}

/**
 * spool_buffer_new_for_bytes:
 * @bytes: the content
 *
 * Creates a buffer with the content @bytes, which it shares until the first
 * write.
 *
 * The content is in memory however large it is, until the buffer grows.
 *
 * Returns: (transfer full): the new buffer
 *
 * Since: 1.0
 */
SpoolBuffer *
spool_buffer_new_for_bytes (GBytes *bytes)
{
  SpoolBuffer *self;

  g_return_val_if_fail (bytes != NULL, NULL);

  self = spool_buffer_new ();

  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  self->given = g_bytes_ref (bytes);
  spool_buffer_set_storage (self, spool_memory_storage_new_for_bytes (bytes));
  spool_buffer_end (self);

  return self;
}

/**
 * spool_buffer_get_threshold:
 * @self: a buffer
 *
 * Gets how many bytes may stay in memory.
 *
 * Returns: the threshold in bytes; -1 for any number
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_threshold (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  return spool_offset_get (&self->threshold);
}

/**
 * spool_buffer_set_threshold:
 * @self: a buffer
 * @threshold: the threshold in bytes; 0 for none, -1 for any number
 *
 * Sets how many bytes may stay in memory.
 *
 * No bytes are moved by this: a lower threshold is looked at when the buffer
 * grows next, and a higher one does not bring bytes back from the disk.
 *
 * Since: 1.0
 */
void
spool_buffer_set_threshold (SpoolBuffer *self,
                            goffset      threshold)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (threshold >= SPOOL_THRESHOLD_NEVER);

  if (spool_offset_get (&self->threshold) == threshold)
    return;

  spool_offset_set (&self->threshold, threshold);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_THRESHOLD]);
}

/**
 * spool_buffer_get_size_limit:
 * @self: a buffer
 *
 * Gets how many bytes the buffer may have.
 *
 * Returns: the limit in bytes; -1 for none
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_size_limit (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  return spool_offset_get (&self->size_limit);
}

/**
 * spool_buffer_set_size_limit:
 * @self: a buffer
 * @size_limit: the limit in bytes; -1 for none
 *
 * Sets how many bytes the buffer may have. One that has more already keeps
 * them, but cannot grow.
 *
 * Since: 1.0
 */
void
spool_buffer_set_size_limit (SpoolBuffer *self,
                             goffset      size_limit)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (size_limit >= -1);

  if (spool_offset_get (&self->size_limit) == size_limit)
    return;

  spool_offset_set (&self->size_limit, size_limit);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SIZE_LIMIT]);
}

/**
 * spool_buffer_get_directory:
 * @self: a buffer
 *
 * Gets where the temporary file is made.
 *
 * Returns: (transfer none) (nullable): the directory that was set; `NULL` for
 *   the best of the usual ones. It is valid until another one is set
 *
 * Since: 1.0
 */
GFile *
spool_buffer_get_directory (SpoolBuffer *self)
{
  GFile *directory;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  g_mutex_lock (&self->directory_lock);
  directory = self->directory;
  g_mutex_unlock (&self->directory_lock);

  return directory;
}

/**
 * spool_buffer_set_directory:
 * @self: a buffer
 * @directory: (nullable): a directory, or `NULL` for the best of the usual ones
 *
 * Sets where the temporary file is made when the buffer rolls over. Bytes that
 * are in a file already stay there.
 *
 * Since: 1.0
 */
void
spool_buffer_set_directory (SpoolBuffer *self,
                            GFile       *directory)
{
  g_autoptr(GFile) old = NULL;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (directory == NULL || G_IS_FILE (directory));

  if (directory != NULL)
    g_object_ref (directory);

  /* The old one may be foreign: it is unreffed without the lock. */
  g_mutex_lock (&self->directory_lock);
  old = self->directory;
  self->directory = directory;
  g_mutex_unlock (&self->directory_lock);

  if (directory != old)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DIRECTORY]);
}

/**
 * spool_buffer_get_named:
 * @self: a buffer
 *
 * Gets whether the temporary file has a name.
 *
 * Returns: whether it has one
 *
 * Since: 1.0
 */
gboolean
spool_buffer_get_named (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);

  return self->named;
}

/**
 * spool_buffer_get_pool:
 * @self: a buffer
 *
 * Gets the pool whose budget the bytes in memory count against.
 *
 * Returns: (transfer none) (nullable): the pool, or `NULL` for none
 *
 * Since: 1.0
 */
SpoolPool *
spool_buffer_get_pool (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  return self->pool;
}

/**
 * spool_buffer_get_size:
 * @self: a buffer
 *
 * Gets how many bytes there are. Never waits, unless others may write to the
 * file, since it has a name or a writable descriptor was handed out: then the
 * file itself is asked.
 *
 * Returns: the size in bytes
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_size (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  if (g_atomic_int_get (&self->shared))
    {
      spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
      spool_buffer_end (self);
    }

  return spool_offset_get (&self->size);
}

/**
 * spool_buffer_get_rolled_over:
 * @self: a buffer
 *
 * Gets whether the bytes are in a file.
 *
 * Returns: `TRUE` on disk, `FALSE` in memory
 *
 * Since: 1.0
 */
gboolean
spool_buffer_get_rolled_over (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);

  return g_atomic_int_get (&self->rolled_over);
}

/**
 * spool_buffer_get_completed:
 * @self: a buffer
 *
 * Gets whether the writers are done.
 *
 * Returns: whether the buffer is completed
 *
 * Since: 1.0
 */
gboolean
spool_buffer_get_completed (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);

  return spool_completion_is_completed (&self->completion);
}

/**
 * spool_buffer_roll_over:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Moves the content to a temporary file now, whatever its size.
 *
 * On failure nothing has changed.
 *
 * Returns: whether the content is in a file
 *
 * Since: 1.0
 */
gboolean
spool_buffer_roll_over (SpoolBuffer   *self,
                        GCancellable  *cancellable,
                        GError       **error)
{
  gboolean ok;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!spool_buffer_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  ok = spool_buffer_roll_over_locked (self, "asked for", cancellable, error);
  spool_buffer_end (self);

  return ok;
}

/**
 * spool_buffer_reset:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Makes the buffer as good as new: empty, in memory, not completed. The
 * temporary file is closed.
 *
 * Returns: whether the buffer was reset
 *
 * Since: 1.0
 */
gboolean
spool_buffer_reset (SpoolBuffer   *self,
                    GCancellable  *cancellable,
                    GError       **error)
{
  SpoolNews news;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!spool_buffer_begin (self, SPOOL_MAY_BLOCK, cancellable, error))
    return FALSE;

  spool_buffer_set_storage (self, spool_memory_storage_new ());
  spool_buffer_drop_holders (self);
  spool_buffer_note_overwrite (self, 0);

  spool_buffer_end_quietly (self, &news);
  if (spool_completion_reset (&self->completion))
    news.changes |= SPOOL_CHANGED_COMPLETED;
  spool_buffer_announce (self, &news);

  return TRUE;
}

/**
 * spool_buffer_close:
 * @self: a buffer
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Gives memory and file back now, for languages whose garbage collectors come
 * late.
 *
 * Later calls that need the content fail with `G_IO_ERROR_CLOSED`, through
 * whichever stream they come, but closing again succeeds. A buffer that was
 * not completed is completed with that error.
 *
 * Returns: whether the buffer is closed
 *
 * Since: 1.0
 */
gboolean
spool_buffer_close (SpoolBuffer   *self,
                    GCancellable  *cancellable,
                    GError       **error)
{
  g_autoptr(GError) closed_error = NULL;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  spool_ranked_lock (&self->lock, SPOOL_RANK_BUFFER);
  spool_buffer_set_storage (self, NULL);
  g_clear_pointer (&self->message, g_free);
  g_clear_pointer (&self->text_index, spool_text_index_free);
  spool_buffer_drop_holders (self);
  g_atomic_int_set (&self->closed, TRUE);
  g_atomic_int_inc (&self->overwrites);
  spool_buffer_end (self);

  spool_set_error_closed (&closed_error);
  spool_buffer_complete (self, closed_error);

  return TRUE;
}

/**
 * spool_buffer_get_file:
 * @self: a buffer
 *
 * Gets the temporary file of a [property@Spool.Buffer:named] buffer that has
 * rolled over.
 *
 * Returns: (transfer full) (nullable): the file, or `NULL` where there is none
 *   with a name
 *
 * Since: 1.0
 */
GFile *
spool_buffer_get_file (SpoolBuffer *self)
{
  g_autofree char *path = NULL;
  GFile *file = NULL;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  g_mutex_lock (&self->directory_lock);
  path = g_strdup (self->path);
  g_set_object (&file, self->file);
  g_mutex_unlock (&self->directory_lock);

  return path != NULL ? g_file_new_for_path (path) : file;
}

static void
announce_completion (SpoolBuffer *self)
{
  goffset size = spool_offset_get (&self->size);
  guint overwrites = g_atomic_int_get (&self->overwrites);

  spool_waiters_wake (spool_completion_take_waiters (&self->completion, size, overwrites));
  spool_notifier_notify (&self->notifier, G_OBJECT (self), &props[PROP_SIZE],
                         SPOOL_CHANGED_COMPLETED);
}

/* Counts a stream that can write. */
void
spool_buffer_add_writer (SpoolBuffer *self)
{
  spool_completion_add_writer (&self->completion);
}

/* One of them is done; @error says how it ended badly, if it did. */
void
spool_buffer_remove_writer (SpoolBuffer  *self,
                            const GError *error)
{
  if (spool_completion_remove_writer (&self->completion, error))
    announce_completion (self);
}

/* Queues @waiter until there are bytes behind its position or the buffer is
 * completed, or says that it need not wait.
 */
gboolean
spool_buffer_add_waiter (SpoolBuffer    *self,
                         SpoolWaiter    *waiter,
                         SpoolBlocking   blocking,
                         gboolean       *queued,
                         GError        **error)
{
  if (!spool_buffer_lock_content (self, blocking, error))
    return FALSE;

  *queued = spool_waiter_has_to_wait (waiter, self->size, self->overwrites) &&
            spool_completion_add_waiter (&self->completion, waiter);
  spool_ranked_unlock (&self->lock, SPOOL_RANK_BUFFER);

  return TRUE;
}

/* Returns whether it was still queued, and so will never be woken. */
gboolean
spool_buffer_remove_waiter (SpoolBuffer *self,
                            SpoolWaiter *waiter)
{
  return spool_completion_remove_waiter (&self->completion, waiter);
}

/**
 * spool_buffer_complete:
 * @self: a buffer
 * @error: (nullable): why the content is not whole, or `NULL` if it is
 *
 * Says that nothing more will be written, so that followers stop waiting.
 *
 * The first call wins. The buffer is completed by itself when the last stream
 * that writes to it is closed, and completed with an error when one of them
 * ends badly. Writes after that succeed, but no follower waits for them.
 *
 * Since: 1.0
 */
void
spool_buffer_complete (SpoolBuffer  *self,
                       const GError *error)
{
  g_return_if_fail (SPOOL_IS_BUFFER (self));

  if (spool_completion_complete (&self->completion, error))
    announce_completion (self);
}

/**
 * spool_buffer_dup_error:
 * @self: a buffer
 *
 * Gets the error that the buffer was completed with.
 *
 * Returns: (transfer full) (nullable): the error; `NULL` where there was none
 *   or the buffer is not completed
 *
 * Since: 1.0
 */
GError *
spool_buffer_dup_error (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  return spool_completion_dup_error (&self->completion);
}
