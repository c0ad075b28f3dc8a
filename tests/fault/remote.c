/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "remote.h"

#include "faults.h"

#include <errno.h>
#include <string.h>

/* What the file objects of one directory share. */
typedef struct
{
  GHashTable *files;        /* name: GByteArray */
  gboolean    can_truncate;
} Folder;

static gboolean
pass (GError **error)
{
  int errsv;

  if (faults_pass ())
    return TRUE;

  errsv = errno;
  g_set_error_literal (error, G_IO_ERROR,
                       errsv == EDQUOT || errsv == EFBIG || errsv == ENOMEM
                       ? G_IO_ERROR_NO_SPACE : g_io_error_from_errno (errsv),
                       g_strerror (errsv));

  return FALSE;
}

/* An open file: its bytes, and the position that both sides share. */

typedef struct
{
  GFileIOStream  parent_instance;

  GByteArray    *bytes;
  goffset        position;
  gboolean       can_truncate;
  GInputStream  *input;
  GOutputStream *output;
} RemoteStream;

typedef GFileIOStreamClass RemoteStreamClass;

static GType remote_stream_get_type (void);
G_DEFINE_TYPE (RemoteStream, remote_stream, G_TYPE_FILE_IO_STREAM)

typedef struct
{
  GInputStream  parent_instance;
  RemoteStream *stream;
} RemoteInput;

typedef GInputStreamClass RemoteInputClass;

static GType remote_input_get_type (void);
G_DEFINE_TYPE (RemoteInput, remote_input, G_TYPE_INPUT_STREAM)

static gssize
remote_input_read (GInputStream  *input,
                   void          *buffer,
                   gsize          count,
                   GCancellable  *cancellable,
                   GError       **error)
{
  RemoteStream *stream = ((RemoteInput *) input)->stream;

  if (!pass (error))
    return -1;

  if (stream->position >= stream->bytes->len)
    return 0;

  /* Once, since MIN() would ask twice and get two answers. */
  count = faults_shorten (count);
  count = MIN (count, stream->bytes->len - (gsize) stream->position);
  memcpy (buffer, stream->bytes->data + stream->position, count);
  stream->position += (goffset) count;

  return (gssize) count;
}

static void
remote_input_class_init (RemoteInputClass *klass)
{
  klass->read_fn = remote_input_read;
}

static void
remote_input_init (RemoteInput *self)
{
}

typedef struct
{
  GOutputStream  parent_instance;
  RemoteStream  *stream;
} RemoteOutput;

typedef GOutputStreamClass RemoteOutputClass;

static GType remote_output_get_type (void);
G_DEFINE_TYPE (RemoteOutput, remote_output, G_TYPE_OUTPUT_STREAM)

static gssize
remote_output_write (GOutputStream  *output,
                     const void     *buffer,
                     gsize           count,
                     GCancellable   *cancellable,
                     GError        **error)
{
  RemoteStream *stream = ((RemoteOutput *) output)->stream;
  gsize end;

  if (!pass (error))
    return -1;

  count = faults_shorten (count);
  end = (gsize) stream->position + count;
  if (end > stream->bytes->len)
    g_byte_array_set_size (stream->bytes, (guint) end);
  memcpy (stream->bytes->data + stream->position, buffer, count);
  stream->position += (goffset) count;

  return (gssize) count;
}

static gboolean
remote_output_flush (GOutputStream  *output,
                     GCancellable   *cancellable,
                     GError        **error)
{
  return pass (error);
}

static void
remote_output_class_init (RemoteOutputClass *klass)
{
  klass->write_fn = remote_output_write;
  klass->flush = remote_output_flush;
}

static void
remote_output_init (RemoteOutput *self)
{
}

static GInputStream *
remote_stream_get_input_stream (GIOStream *stream)
{
  return ((RemoteStream *) stream)->input;
}

static GOutputStream *
remote_stream_get_output_stream (GIOStream *stream)
{
  return ((RemoteStream *) stream)->output;
}

static goffset
remote_stream_tell (GFileIOStream *stream)
{
  return ((RemoteStream *) stream)->position;
}

static gboolean
remote_stream_can_seek (GFileIOStream *stream)
{
  return TRUE;
}

/* Past the end is an error, as with some backends. */
static gboolean
remote_stream_seek (GFileIOStream  *stream,
                    goffset         offset,
                    GSeekType       type,
                    GCancellable   *cancellable,
                    GError        **error)
{
  RemoteStream *self = (RemoteStream *) stream;

  if (!pass (error))
    return FALSE;

  g_assert (type == G_SEEK_SET);
  if (offset < 0 || offset > self->bytes->len)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "Invalid seek request");
      return FALSE;
    }

  self->position = offset;

  return TRUE;
}

static gboolean
remote_stream_can_truncate (GFileIOStream *stream)
{
  return ((RemoteStream *) stream)->can_truncate;
}

static gboolean
remote_stream_truncate (GFileIOStream  *stream,
                        goffset         size,
                        GCancellable   *cancellable,
                        GError        **error)
{
  RemoteStream *self = (RemoteStream *) stream;

  if (!pass (error))
    return FALSE;

  g_assert (self->can_truncate && size <= self->bytes->len);
  g_byte_array_set_size (self->bytes, (guint) size);

  return TRUE;
}

static void
remote_stream_finalize (GObject *object)
{
  RemoteStream *self = (RemoteStream *) object;

  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_pointer (&self->bytes, g_byte_array_unref);

  G_OBJECT_CLASS (remote_stream_parent_class)->finalize (object);
}

static void
remote_stream_class_init (RemoteStreamClass *klass)
{
  GIOStreamClass *io_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = remote_stream_finalize;

  io_class->get_input_stream = remote_stream_get_input_stream;
  io_class->get_output_stream = remote_stream_get_output_stream;

  klass->tell = remote_stream_tell;
  klass->can_seek = remote_stream_can_seek;
  klass->seek = remote_stream_seek;
  klass->can_truncate = remote_stream_can_truncate;
  klass->truncate_fn = remote_stream_truncate;
}

static void
remote_stream_init (RemoteStream *self)
{
  self->input = g_object_new (remote_input_get_type (), NULL);
  ((RemoteInput *) self->input)->stream = self;
  self->output = g_object_new (remote_output_get_type (), NULL);
  ((RemoteOutput *) self->output)->stream = self;
}

/* A file, or the directory itself. */

struct _FaultRemote
{
  GObject  parent_instance;

  Folder  *folder; /* an rc box */
  char    *name;   /* NULL: the directory */
};

static void file_iface_init (GFileIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FaultRemote, fault_remote, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FILE, file_iface_init))

static void
folder_clear (gpointer data)
{
  g_hash_table_unref (((Folder *) data)->files);
}

static GFile *
make_file (Folder     *folder,
           const char *name)
{
  FaultRemote *self = g_object_new (FAULT_TYPE_REMOTE, NULL);

  self->folder = g_rc_box_acquire (folder);
  self->name = g_strdup (name);

  return G_FILE (self);
}

static GFile *
remote_dup (GFile *file)
{
  FaultRemote *self = FAULT_REMOTE (file);

  return make_file (self->folder, self->name);
}

static guint
remote_hash (GFile *file)
{
  FaultRemote *self = FAULT_REMOTE (file);

  return self->name != NULL ? g_str_hash (self->name) : 0;
}

static gboolean
remote_equal (GFile *file,
              GFile *other)
{
  return FAULT_REMOTE (file)->folder == FAULT_REMOTE (other)->folder &&
         g_strcmp0 (FAULT_REMOTE (file)->name, FAULT_REMOTE (other)->name) == 0;
}

static gboolean
remote_is_native (GFile *file)
{
  return FALSE;
}

static char *
remote_get_path (GFile *file)
{
  return NULL;
}

static char *
remote_get_uri (GFile *file)
{
  FaultRemote *self = FAULT_REMOTE (file);

  return g_strconcat ("remote:///", self->name, NULL);
}

static GFile *
remote_resolve_relative_path (GFile      *file,
                              const char *path)
{
  return make_file (FAULT_REMOTE (file)->folder, path);
}

static GFileIOStream *
remote_create_readwrite (GFile             *file,
                         GFileCreateFlags   flags,
                         GCancellable      *cancellable,
                         GError           **error)
{
  FaultRemote *self = FAULT_REMOTE (file);
  RemoteStream *stream;

  if (!pass (error))
    return NULL;

  stream = g_object_new (remote_stream_get_type (), NULL);
  stream->bytes = g_byte_array_new ();
  stream->can_truncate = self->folder->can_truncate;
  g_hash_table_insert (self->folder->files, g_strdup (self->name),
                       g_byte_array_ref (stream->bytes));

  return G_FILE_IO_STREAM (stream);
}

/* A file that is written anew. Where it replaces one it takes its place when
 * it is closed, unless that is cancelled.
 */
typedef struct
{
  GFileOutputStream  parent_instance;

  Folder            *folder;
  char              *name;
  GByteArray        *bytes;
  gboolean           replaces;
} RemoteFile;

typedef GFileOutputStreamClass RemoteFileClass;

static GType remote_file_get_type (void);
G_DEFINE_TYPE (RemoteFile, remote_file, G_TYPE_FILE_OUTPUT_STREAM)

static gssize
remote_file_write (GOutputStream  *output,
                   const void     *buffer,
                   gsize           count,
                   GCancellable   *cancellable,
                   GError        **error)
{
  RemoteFile *self = (RemoteFile *) output;

  if (!pass (error))
    return -1;

  count = faults_shorten (count);
  g_byte_array_append (self->bytes, buffer, (guint) count);

  return (gssize) count;
}

static gboolean
remote_file_close (GOutputStream  *output,
                   GCancellable   *cancellable,
                   GError        **error)
{
  RemoteFile *self = (RemoteFile *) output;

  if (!pass (error) || g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  if (self->replaces)
    g_hash_table_insert (self->folder->files, g_strdup (self->name),
                         g_byte_array_ref (self->bytes));

  return TRUE;
}

static void
remote_file_finalize (GObject *object)
{
  RemoteFile *self = (RemoteFile *) object;

  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_rc_box_release_full (self->folder, folder_clear);
  g_free (self->name);

  G_OBJECT_CLASS (remote_file_parent_class)->finalize (object);
}

static void
remote_file_class_init (RemoteFileClass *klass)
{
  GOutputStreamClass *output_class = G_OUTPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = remote_file_finalize;

  output_class->write_fn = remote_file_write;
  output_class->close_fn = remote_file_close;
}

static void
remote_file_init (RemoteFile *self)
{
}

static GFileOutputStream *
make_remote_file (FaultRemote *self,
                  gboolean     replaces)
{
  RemoteFile *file = g_object_new (remote_file_get_type (), NULL);

  file->folder = g_rc_box_acquire (self->folder);
  file->name = g_strdup (self->name);
  file->bytes = g_byte_array_new ();
  file->replaces = replaces;

  return G_FILE_OUTPUT_STREAM (file);
}

static GFileOutputStream *
remote_create (GFile             *file,
               GFileCreateFlags   flags,
               GCancellable      *cancellable,
               GError           **error)
{
  FaultRemote *self = FAULT_REMOTE (file);
  GFileOutputStream *stream;

  if (!pass (error))
    return NULL;

  if (g_hash_table_contains (self->folder->files, self->name))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "It is there");
      return NULL;
    }

  stream = make_remote_file (self, FALSE);
  g_hash_table_insert (self->folder->files, g_strdup (self->name),
                       g_byte_array_ref (((RemoteFile *) stream)->bytes));

  return stream;
}

static GFileOutputStream *
remote_replace (GFile             *file,
                const char        *etag,
                gboolean           make_backup,
                GFileCreateFlags   flags,
                GCancellable      *cancellable,
                GError           **error)
{
  return pass (error) ? make_remote_file (FAULT_REMOTE (file), TRUE) : NULL;
}

static gboolean
remote_delete_file (GFile         *file,
                    GCancellable  *cancellable,
                    GError       **error)
{
  FaultRemote *self = FAULT_REMOTE (file);

  return g_hash_table_remove (self->folder->files, self->name);
}

static void
file_iface_init (GFileIface *iface)
{
  iface->dup = remote_dup;
  iface->hash = remote_hash;
  iface->equal = remote_equal;
  iface->is_native = remote_is_native;
  iface->get_path = remote_get_path;
  iface->get_uri = remote_get_uri;
  iface->get_parse_name = remote_get_uri;
  iface->resolve_relative_path = remote_resolve_relative_path;
  iface->create = remote_create;
  iface->create_readwrite = remote_create_readwrite;
  iface->delete_file = remote_delete_file;
  iface->replace = remote_replace;
}

static void
remote_finalize (GObject *object)
{
  FaultRemote *self = FAULT_REMOTE (object);

  g_rc_box_release_full (self->folder, folder_clear);
  g_free (self->name);

  G_OBJECT_CLASS (fault_remote_parent_class)->finalize (object);
}

static void
fault_remote_class_init (FaultRemoteClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = remote_finalize;
}

static void
fault_remote_init (FaultRemote *self)
{
}

GFile *
remote_new (gboolean can_truncate)
{
  g_autoptr(GFile) file = NULL;
  Folder *folder = g_rc_box_new0 (Folder);

  folder->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                         (GDestroyNotify) g_byte_array_unref);
  folder->can_truncate = can_truncate;
  file = make_file (folder, NULL);
  g_rc_box_release_full (folder, folder_clear);

  return g_steal_pointer (&file);
}

/* How many files there are, in what is a directory. */
guint
remote_get_n_files (FaultRemote *self)
{
  return g_hash_table_size (self->folder->files);
}

/* What a file has; NULL if it is not there. */
GBytes *
remote_dup_bytes (FaultRemote *self)
{
  GByteArray *bytes = g_hash_table_lookup (self->folder->files, self->name);

  return bytes != NULL ? g_bytes_new (bytes->data, bytes->len) : NULL;
}
