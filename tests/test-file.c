/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "test-file.h"

#include <string.h>

static TestFileFaults *
faults_ref (TestFileFaults *faults)
{
  g_atomic_ref_count_inc (&faults->ref_count);

  return faults;
}

static void
faults_unref (TestFileFaults *faults)
{
  if (g_atomic_ref_count_dec (&faults->ref_count))
    g_free (faults);
}

/* Counts a call and says whether it is to go on. */
static gboolean
faults_pass (TestFileFaults  *faults,
             guint           *n_calls,
             guint            fail_at,
             GError         **error)
{
  guint call = g_atomic_int_add (n_calls, 1) + 1;

  if (faults->thread == g_thread_self ())
    g_atomic_int_inc (&faults->n_in_thread);

  if (call == fail_at)
    {
      g_set_error (error, G_IO_ERROR, faults->code,
                   "Call %u failed as it was told to", call);
      return FALSE;
    }

  return TRUE;
}

/* The two directions of an open file. */

typedef struct
{
  GFilterInputStream parent_instance;
  TestFileFaults *faults;
} TestFileInput;

typedef GFilterInputStreamClass TestFileInputClass;

static GType test_file_input_get_type (void);
G_DEFINE_TYPE (TestFileInput, test_file_input, G_TYPE_FILTER_INPUT_STREAM)

static gssize
test_file_input_read (GInputStream  *stream,
                      void          *buffer,
                      gsize          count,
                      GCancellable  *cancellable,
                      GError       **error)
{
  TestFileFaults *faults = ((TestFileInput *) stream)->faults;

  if (!faults_pass (faults, &faults->n_reads, faults->fail_read_at, error))
    return -1;

  if (faults->read_step != 0)
    count = MIN (count, faults->read_step);

  return g_input_stream_read (G_FILTER_INPUT_STREAM (stream)->base_stream,
                              buffer, count, cancellable, error);
}

static void
test_file_input_finalize (GObject *object)
{
  faults_unref (((TestFileInput *) object)->faults);

  G_OBJECT_CLASS (test_file_input_parent_class)->finalize (object);
}

static void
test_file_input_class_init (TestFileInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_file_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = test_file_input_read;
}

static void
test_file_input_init (TestFileInput *self)
{
}

typedef struct
{
  GFilterOutputStream parent_instance;
  TestFileFaults *faults;
} TestFileOutput;

typedef GFilterOutputStreamClass TestFileOutputClass;

static GType test_file_output_get_type (void);
G_DEFINE_TYPE (TestFileOutput, test_file_output, G_TYPE_FILTER_OUTPUT_STREAM)

static gssize
test_file_output_write (GOutputStream  *stream,
                        const void     *buffer,
                        gsize           count,
                        GCancellable   *cancellable,
                        GError        **error)
{
  TestFileFaults *faults = ((TestFileOutput *) stream)->faults;

  if (!faults_pass (faults, &faults->n_writes, faults->fail_write_at, error))
    return -1;

  if (faults->write_step != 0)
    count = MIN (count, faults->write_step);

  return g_output_stream_write (G_FILTER_OUTPUT_STREAM (stream)->base_stream,
                                buffer, count, cancellable, error);
}

static void
test_file_output_finalize (GObject *object)
{
  faults_unref (((TestFileOutput *) object)->faults);

  G_OBJECT_CLASS (test_file_output_parent_class)->finalize (object);
}

static void
test_file_output_class_init (TestFileOutputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_file_output_finalize;
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = test_file_output_write;
}

static void
test_file_output_init (TestFileOutput *self)
{
}

/* An open file. */

typedef struct
{
  GFileIOStream parent_instance;
  GFileIOStream *inner;
  GInputStream *input;
  GOutputStream *output;
  TestFileFaults *faults;
} TestFileStream;

typedef GFileIOStreamClass TestFileStreamClass;

static GType test_file_stream_get_type (void);
G_DEFINE_TYPE (TestFileStream, test_file_stream, G_TYPE_FILE_IO_STREAM)

static GInputStream *
test_file_stream_get_input_stream (GIOStream *stream)
{
  return ((TestFileStream *) stream)->input;
}

static GOutputStream *
test_file_stream_get_output_stream (GIOStream *stream)
{
  return ((TestFileStream *) stream)->output;
}

static gboolean
test_file_stream_close (GIOStream     *stream,
                        GCancellable  *cancellable,
                        GError       **error)
{
  TestFileStream *self = (TestFileStream *) stream;

  g_atomic_int_add (&self->faults->n_open, -1);
  if (!G_IO_STREAM_CLASS (test_file_stream_parent_class)->close_fn (stream,
                                                                    cancellable,
                                                                    error))
    return FALSE;

  return g_io_stream_close (G_IO_STREAM (self->inner), cancellable, error);
}

static goffset
test_file_stream_tell (GFileIOStream *stream)
{
  return g_seekable_tell (G_SEEKABLE (((TestFileStream *) stream)->inner));
}

static gboolean
test_file_stream_can_seek (GFileIOStream *stream)
{
  return !((TestFileStream *) stream)->faults->no_seek;
}

static gboolean
test_file_stream_seek (GFileIOStream  *stream,
                       goffset         offset,
                       GSeekType       type,
                       GCancellable   *cancellable,
                       GError        **error)
{
  TestFileStream *self = (TestFileStream *) stream;

  if (!faults_pass (self->faults, &self->faults->n_seeks,
                    self->faults->fail_seek_at, error))
    return FALSE;

  return g_seekable_seek (G_SEEKABLE (self->inner), offset, type, cancellable,
                          error);
}

static gboolean
test_file_stream_can_truncate (GFileIOStream *stream)
{
  return !((TestFileStream *) stream)->faults->no_truncate;
}

static gboolean
test_file_stream_truncate (GFileIOStream  *stream,
                           goffset         size,
                           GCancellable   *cancellable,
                           GError        **error)
{
  TestFileStream *self = (TestFileStream *) stream;

  if (!faults_pass (self->faults, &self->faults->n_truncates,
                    self->faults->fail_truncate_at, error))
    return FALSE;

  if (self->faults->no_truncate)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "Cannot truncate");
      return FALSE;
    }

  return g_seekable_truncate (G_SEEKABLE (self->inner), size, cancellable,
                              error);
}

static GFileInfo *
test_file_stream_query_info (GFileIOStream  *stream,
                             const char     *attributes,
                             GCancellable   *cancellable,
                             GError        **error)
{
  TestFileStream *self = (TestFileStream *) stream;

  return g_file_io_stream_query_info (self->inner, attributes, cancellable,
                                      error);
}

static void
test_file_stream_finalize (GObject *object)
{
  TestFileStream *self = (TestFileStream *) object;

  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_object (&self->inner);
  faults_unref (self->faults);

  G_OBJECT_CLASS (test_file_stream_parent_class)->finalize (object);
}

static void
test_file_stream_class_init (TestFileStreamClass *klass)
{
  GIOStreamClass *io_class = G_IO_STREAM_CLASS (klass);
  GFileIOStreamClass *file_class = G_FILE_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = test_file_stream_finalize;

  io_class->get_input_stream = test_file_stream_get_input_stream;
  io_class->get_output_stream = test_file_stream_get_output_stream;
  io_class->close_fn = test_file_stream_close;

  file_class->tell = test_file_stream_tell;
  file_class->can_seek = test_file_stream_can_seek;
  file_class->seek = test_file_stream_seek;
  file_class->can_truncate = test_file_stream_can_truncate;
  file_class->truncate_fn = test_file_stream_truncate;
  file_class->query_info = test_file_stream_query_info;
}

static void
test_file_stream_init (TestFileStream *self)
{
}

static GFileIOStream *
test_file_stream_new (GFileIOStream  *inner,
                      TestFileFaults *faults)
{
  TestFileStream *self = g_object_new (test_file_stream_get_type (), NULL);
  GIOStream *io = G_IO_STREAM (inner);

  self->inner = inner;
  self->faults = faults_ref (faults);
  self->input = g_object_new (test_file_input_get_type (),
                              "base-stream", g_io_stream_get_input_stream (io),
                              "close-base-stream", FALSE,
                              NULL);
  ((TestFileInput *) self->input)->faults = faults_ref (faults);
  self->output = g_object_new (test_file_output_get_type (),
                               "base-stream",
                               g_io_stream_get_output_stream (io),
                               "close-base-stream", FALSE,
                               NULL);
  ((TestFileOutput *) self->output)->faults = faults_ref (faults);
  g_atomic_int_inc (&faults->n_open);

  return G_FILE_IO_STREAM (self);
}

/* The file. */

struct _TestFile
{
  GObject parent_instance;

  GFile *inner;
  TestFileFaults *faults;
};

static void test_file_iface_init (GFileIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestFile, test_file, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FILE,
                                                      test_file_iface_init))

static GFile *
wrap (TestFile *self,
      GFile    *inner)
{
  TestFile *wrapped;

  if (inner == NULL)
    return NULL;

  wrapped = g_object_new (TEST_TYPE_FILE, NULL);
  wrapped->inner = inner;
  wrapped->faults = faults_ref (self->faults);

  return G_FILE (wrapped);
}

static GFile *
test_file_dup (GFile *file)
{
  TestFile *self = TEST_FILE (file);

  return wrap (self, g_file_dup (self->inner));
}

static guint
test_file_hash (GFile *file)
{
  return g_file_hash (TEST_FILE (file)->inner);
}

static gboolean
test_file_equal (GFile *file,
                 GFile *other)
{
  return g_file_equal (TEST_FILE (file)->inner, TEST_FILE (other)->inner);
}

static gboolean
test_file_is_native (GFile *file)
{
  return FALSE;
}

static gboolean
test_file_has_uri_scheme (GFile      *file,
                          const char *scheme)
{
  return g_ascii_strcasecmp (scheme, "test") == 0;
}

static char *
test_file_get_uri_scheme (GFile *file)
{
  return g_strdup ("test");
}

static char *
test_file_get_basename (GFile *file)
{
  return g_file_get_basename (TEST_FILE (file)->inner);
}

static char *
test_file_get_path (GFile *file)
{
  return NULL;
}

static char *
test_file_get_uri (GFile *file)
{
  g_autofree char *uri = g_file_get_uri (TEST_FILE (file)->inner);

  g_assert (g_str_has_prefix (uri, "file:"));

  return g_strconcat ("test:", uri + strlen ("file:"), NULL);
}

static GFile *
test_file_get_parent (GFile *file)
{
  TestFile *self = TEST_FILE (file);

  return wrap (self, g_file_get_parent (self->inner));
}

static gboolean
test_file_prefix_matches (GFile *prefix,
                          GFile *file)
{
  return g_file_has_prefix (TEST_FILE (file)->inner, TEST_FILE (prefix)->inner);
}

static char *
test_file_get_relative_path (GFile *parent,
                             GFile *descendant)
{
  return g_file_get_relative_path (TEST_FILE (parent)->inner,
                                   TEST_FILE (descendant)->inner);
}

static GFile *
test_file_resolve_relative_path (GFile      *file,
                                 const char *path)
{
  TestFile *self = TEST_FILE (file);

  return wrap (self, g_file_resolve_relative_path (self->inner, path));
}

static GFile *
test_file_get_child_for_display_name (GFile       *file,
                                      const char  *name,
                                      GError     **error)
{
  TestFile *self = TEST_FILE (file);

  return wrap (self, g_file_get_child_for_display_name (self->inner, name,
                                                        error));
}

static GFileInfo *
test_file_query_info (GFile                *file,
                      const char           *attributes,
                      GFileQueryInfoFlags   flags,
                      GCancellable         *cancellable,
                      GError              **error)
{
  return g_file_query_info (TEST_FILE (file)->inner, attributes, flags,
                            cancellable, error);
}

static GFileInfo *
test_file_query_filesystem_info (GFile         *file,
                                 const char    *attributes,
                                 GCancellable  *cancellable,
                                 GError       **error)
{
  return g_file_query_filesystem_info (TEST_FILE (file)->inner, attributes,
                                       cancellable, error);
}

static gboolean
test_file_set_attribute (GFile                *file,
                         const char           *attribute,
                         GFileAttributeType    type,
                         gpointer              value,
                         GFileQueryInfoFlags   flags,
                         GCancellable         *cancellable,
                         GError              **error)
{
  return g_file_set_attribute (TEST_FILE (file)->inner, attribute, type, value,
                               flags, cancellable, error);
}

static GFileInputStream *
test_file_read (GFile         *file,
                GCancellable  *cancellable,
                GError       **error)
{
  return g_file_read (TEST_FILE (file)->inner, cancellable, error);
}

static GFileOutputStream *
test_file_create (GFile             *file,
                  GFileCreateFlags   flags,
                  GCancellable      *cancellable,
                  GError           **error)
{
  return g_file_create (TEST_FILE (file)->inner, flags, cancellable, error);
}

static GFileOutputStream *
test_file_replace (GFile             *file,
                   const char        *etag,
                   gboolean           make_backup,
                   GFileCreateFlags   flags,
                   GCancellable      *cancellable,
                   GError           **error)
{
  return g_file_replace (TEST_FILE (file)->inner, etag, make_backup, flags,
                         cancellable, error);
}

static GFileIOStream *
test_file_create_readwrite (GFile             *file,
                            GFileCreateFlags   flags,
                            GCancellable      *cancellable,
                            GError           **error)
{
  TestFile *self = TEST_FILE (file);
  GFileIOStream *inner;

  if (!faults_pass (self->faults, &self->faults->n_creates,
                    self->faults->fail_create_at, error))
    return NULL;

  if (self->faults->no_readwrite)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           "Operation not supported");
      return NULL;
    }

  inner = g_file_create_readwrite (self->inner, flags, cancellable, error);
  if (inner == NULL)
    return NULL;

  return test_file_stream_new (inner, self->faults);
}

static gboolean
test_file_delete (GFile         *file,
                  GCancellable  *cancellable,
                  GError       **error)
{
  TestFile *self = TEST_FILE (file);

  if (!faults_pass (self->faults, &self->faults->n_deletes, 0, error))
    return FALSE;

  return g_file_delete (self->inner, cancellable, error);
}

static void
test_file_iface_init (GFileIface *iface)
{
  iface->dup = test_file_dup;
  iface->hash = test_file_hash;
  iface->equal = test_file_equal;
  iface->is_native = test_file_is_native;
  iface->has_uri_scheme = test_file_has_uri_scheme;
  iface->get_uri_scheme = test_file_get_uri_scheme;
  iface->get_basename = test_file_get_basename;
  iface->get_path = test_file_get_path;
  iface->get_uri = test_file_get_uri;
  iface->get_parse_name = test_file_get_uri;
  iface->get_parent = test_file_get_parent;
  iface->prefix_matches = test_file_prefix_matches;
  iface->get_relative_path = test_file_get_relative_path;
  iface->resolve_relative_path = test_file_resolve_relative_path;
  iface->get_child_for_display_name = test_file_get_child_for_display_name;
  iface->query_info = test_file_query_info;
  iface->query_filesystem_info = test_file_query_filesystem_info;
  iface->set_attribute = test_file_set_attribute;
  iface->read_fn = test_file_read;
  iface->create = test_file_create;
  iface->replace = test_file_replace;
  iface->create_readwrite = test_file_create_readwrite;
  iface->delete_file = test_file_delete;
}

static void
test_file_finalize (GObject *object)
{
  TestFile *self = TEST_FILE (object);

  g_clear_object (&self->inner);
  g_clear_pointer (&self->faults, faults_unref);

  G_OBJECT_CLASS (test_file_parent_class)->finalize (object);
}

static void
test_file_class_init (TestFileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_file_finalize;
}

static void
test_file_init (TestFile *self)
{
}

GFile *
test_file_new (GFile *inner)
{
  TestFile *self = g_object_new (TEST_TYPE_FILE, NULL);

  self->inner = g_object_ref (inner);
  self->faults = g_new0 (TestFileFaults, 1);
  self->faults->code = G_IO_ERROR_NO_SPACE;
  g_atomic_ref_count_init (&self->faults->ref_count);

  return G_FILE (self);
}

TestFileFaults *
test_file_get_faults (TestFile *self)
{
  return self->faults;
}
