/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-buffer-private.h"
#include "spool-content-parts-private.h"
#include "spool-i18n-private.h"

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

/* Two threads may come here at once. */
SpoolContent *
spool_buffer_make_content (SpoolBuffer *self)
{
  SpoolContent *content = spool_content_new (SPOOL_DEFAULT_THRESHOLD);

  content->notifier = &self->notifier;
  if (!g_atomic_pointer_compare_and_exchange (&self->content, NULL, content))
    spool_content_unref (content);

  return g_atomic_pointer_get (&self->content);
}

static gboolean
move_to_disk (GObject       *object,
              GCancellable  *cancellable,
              GError       **error)
{
  return spool_content_move_to_disk (spool_buffer_get_content (SPOOL_BUFFER (object)),
                                     cancellable, error);
}

static void
join_pool (SpoolBuffer *self,
           SpoolPool   *pool)
{
  SpoolContent *content = spool_buffer_get_content (self);

  content->pool = g_object_ref (pool);
  content->member = spool_pool_join (pool, G_OBJECT (self), move_to_disk);
}

static void
spool_buffer_finalize (GObject *object)
{
  SpoolBuffer *self = SPOOL_BUFFER (object);

  if (self->content != NULL)
    g_atomic_pointer_compare_and_exchange (&self->content->notifier, &self->notifier, NULL);
  g_clear_pointer (&self->content, spool_content_unref);
  spool_notifier_clear (&self->notifier);

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
      g_value_take_object (value,
                           spool_content_dup_directory (spool_buffer_get_content (self)));
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
      if (g_value_get_boolean (value))
        spool_buffer_get_content (self)->named = TRUE;
      break;

    case PROP_POOL:
      if (g_value_get_object (value) != NULL)
        join_pool (self, g_value_get_object (value));
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
   * changes drawn together, in that thread's default main context. The buffer
   * of a stream is made by whoever asks the stream for it first.
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
  spool_notifier_init (&self->notifier, G_OBJECT (self), &props[PROP_SIZE]);
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

/* For those that are attached to @content. Its buffer is made for the first one
 * that asks, and belongs to all of them.
 */
SpoolBuffer *
spool_buffer_get_for_content (SpoolContent *content)
{
  SpoolNotifier *notifier = g_atomic_pointer_get (&content->notifier);

  if (notifier == NULL)
    {
      SpoolBuffer *self = spool_buffer_new ();

      self->content = spool_content_ref (content);
      if (!g_atomic_pointer_compare_and_exchange (&content->notifier, NULL, &self->notifier))
        g_object_unref (self);
      notifier = g_atomic_pointer_get (&content->notifier);
    }

  return SPOOL_BUFFER (notifier->object);
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
  spool_content_set_threshold (spool_buffer_get_content (self), threshold);

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
  self->content = spool_content_new_for_bytes (bytes);
  self->content->notifier = &self->notifier;

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

  return spool_offset_get (&spool_buffer_get_content (self)->threshold);
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
  SpoolContent *content;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (threshold >= SPOOL_THRESHOLD_NEVER);

  content = spool_buffer_get_content (self);
  if (spool_offset_get (&content->threshold) == threshold)
    return;

  spool_content_set_threshold (content, threshold);
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

  return spool_offset_get (&spool_buffer_get_content (self)->size_limit);
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
  SpoolContent *content;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (size_limit >= -1);

  content = spool_buffer_get_content (self);
  if (spool_offset_get (&content->size_limit) == size_limit)
    return;

  spool_offset_set (&content->size_limit, size_limit);
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
  SpoolContent *content;
  GFile *directory;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  content = spool_buffer_get_content (self);
  g_mutex_lock (&content->directory_lock);
  directory = content->directory;
  g_mutex_unlock (&content->directory_lock);

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
  SpoolContent *content;

  g_return_if_fail (SPOOL_IS_BUFFER (self));
  g_return_if_fail (directory == NULL || G_IS_FILE (directory));

  if (directory != NULL)
    g_object_ref (directory);

  /* The old one may be foreign: it is unreffed without the lock. */
  content = spool_buffer_get_content (self);
  g_mutex_lock (&content->directory_lock);
  old = content->directory;
  content->directory = directory;
  g_mutex_unlock (&content->directory_lock);

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

  return spool_buffer_get_content (self)->named;
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

  return spool_buffer_get_content (self)->pool;
}

/**
 * spool_buffer_get_size:
 * @self: a buffer
 *
 * Gets how many bytes there are.
 *
 * Where others may write to the file, since it has a name or a writable
 * descriptor was handed out, the file itself is asked. While another thread is
 * busy with the buffer, this is the size before: it waits for nobody.
 *
 * Returns: the size in bytes
 *
 * Since: 1.0
 */
goffset
spool_buffer_get_size (SpoolBuffer *self)
{
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), 0);

  return spool_content_get_size (spool_buffer_get_content (self));
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

  return g_atomic_int_get (&spool_buffer_get_content (self)->rolled_over);
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

  return spool_content_get_completed (spool_buffer_get_content (self));
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
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_content_roll_over (spool_buffer_get_content (self), cancellable, error);
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
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return spool_content_reset (spool_buffer_get_content (self), cancellable, error);
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
  g_return_val_if_fail (SPOOL_IS_BUFFER (self), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  spool_content_close (spool_buffer_get_content (self));

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
  SpoolContent *content;

  g_return_val_if_fail (SPOOL_IS_BUFFER (self), NULL);

  content = spool_buffer_get_content (self);
  g_mutex_lock (&content->directory_lock);
  path = g_strdup (content->path);
  g_set_object (&file, content->file);
  g_mutex_unlock (&content->directory_lock);

  return path != NULL ? g_file_new_for_path (path) : file;
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

  spool_content_complete (spool_buffer_get_content (self), error);
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

  return spool_content_dup_error (spool_buffer_get_content (self));
}
