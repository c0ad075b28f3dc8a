# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the library is in Python, without any override."""

import gc
import os
import sys
import xml.etree.ElementTree as ElementTree

import gi

gi.require_version('Spool', '1')

from gi.repository import Gio, GLib, GObject, Spool  # noqa: E402

import tap  # noqa: E402

GIR_FILE, GIR_DIR = sys.argv[1:3]

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'

THRESHOLDS = (0, 1, 9, 10, 11, -1)


def check_error(code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), code), error
        return
    raise AssertionError('%s() did not fail' % function.__name__)


def write_program(stream):
    """A program that knows nothing but GMemoryOutputStream."""
    log = []

    def note(*what):
        log.append((stream.tell(), stream.get_data_size()) + what)

    def fail(function, *args):
        try:
            function(*args)
        except GLib.Error as error:
            note(error.domain, error.code)
        else:
            note('no error')

    note(stream.write(b'0123456789', None))
    note(stream.write_all(b'abc', None))
    note(stream.write_bytes(GLib.Bytes.new(b'defg'), None))
    note(stream.seek(3, GLib.SeekType.SET, None))
    note(stream.write(b'XY', None))
    note(stream.seek(-2, GLib.SeekType.CUR, None))
    note(stream.seek(-4, GLib.SeekType.END, None))
    note(stream.write(b'!', None))
    note(stream.seek(5, GLib.SeekType.END, None))
    note(stream.write(b'past', None))
    note(stream.truncate(8, None))
    note(stream.truncate(12, None))
    note(stream.can_seek(), stream.can_truncate())
    fail(stream.seek, -1, GLib.SeekType.SET, None)
    fail(stream.seek, -13, GLib.SeekType.END, None)
    source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'spliced'))
    note(stream.splice(source, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, None))
    note(source.is_closed())
    note(stream.flush(None))
    note(stream.close(None), stream.is_closed())
    fail(stream.write, b'late', None)
    log.append(stream.steal_as_bytes().get_data())

    return log


def test_drop_in():
    expected = write_program(Gio.MemoryOutputStream.new_resizable())

    assert write_program(Spool.MemoryOutputStream.new()) == expected
    for threshold in THRESHOLDS:
        stream = Spool.MemoryOutputStream.new_with_threshold(threshold)
        assert write_program(stream) == expected


def test_open_reader():
    for threshold in THRESHOLDS:
        stream = Spool.MemoryOutputStream.new_with_threshold(threshold)
        reader = stream.open_reader()
        assert isinstance(reader, Spool.MemoryInputStream)
        stream.write(b'read', None)
        assert reader.read_bytes(10, None).get_data() == b'read'
        assert reader.get_buffer() is stream.get_buffer()
        stream.close(None)
        stream.steal_as_bytes()
        assert stream.open_reader() is None


def test_constructors():
    for stream, parent in (
            (Spool.MemoryOutputStream.new(), Gio.OutputStream),
            (Spool.MemoryOutputStream.new_with_threshold(3), Gio.OutputStream),
            (Spool.MemoryOutputStream.new_for_buffer(Spool.Buffer.new()), Gio.OutputStream),
            (Spool.MemoryOutputStream(), Gio.OutputStream),
            (Spool.MemoryInputStream.new_for_bytes(GLib.Bytes.new(b'a')), Gio.InputStream),
            (Spool.MemoryInputStream.new_for_buffer(Spool.Buffer.new()), Gio.InputStream),
            (Spool.MemoryInputStream(), Gio.InputStream),
            (Spool.IOStream.new(), Gio.IOStream),
            (Spool.IOStream.new_with_threshold(3), Gio.IOStream),
            (Spool.IOStream.new_for_buffer(Spool.Buffer.new()), Gio.IOStream),
            (Spool.IOStream(), Gio.IOStream)):
        assert isinstance(stream, parent)
        assert type(stream).__module__.endswith('Spool'), type(stream)
        assert isinstance(stream, Gio.Seekable)
        assert isinstance(stream.get_buffer(), Spool.Buffer)
        stream.close(None)

    buffer = Spool.Buffer(threshold=7, size_limit=8, named=True,
                          directory=Gio.File.new_for_path('/var/tmp'))
    assert buffer.get_threshold() == 7
    assert buffer.get_size_limit() == 8
    assert buffer.get_named()
    assert buffer.get_directory().get_path() == '/var/tmp'


def test_constants():
    assert Spool.DEFAULT_THRESHOLD == 5000000
    assert Spool.THRESHOLD_NEVER == -1


def test_read():
    for threshold in THRESHOLDS:
        buffer = Spool.Buffer.new_with_threshold(threshold)
        assert buffer.append(b'0123456789', None)
        assert buffer.write(5, b'\0x', None)
        assert buffer.read(0, 100, None) == b'01234\0x789'
        assert buffer.read(8, 1, None) == b'8'
        assert buffer.read(10, 1, None) == b''
        assert buffer.read(2 ** 62, 1, None) == b''
        assert buffer.read_bytes(5, 3, None).get_data() == b'\0x7'
        assert buffer.get_bytes(None).get_data() == b'01234\0x789'
        assert buffer.get_rolled_over() == (0 <= threshold < 10)


def test_write():
    buffer = Spool.Buffer.new()
    assert buffer.write_bytes(2, GLib.Bytes.new(b'ab'), None)
    assert buffer.append_bytes(GLib.Bytes.new(b'cd'), None)
    assert buffer.write_nonblocking(0, b'YZ')
    assert buffer.read(0, 100, None) == b'YZabcd'
    assert buffer.append(b'', None)
    assert buffer.truncate(3, None)
    assert buffer.get_size() == 3


def test_errors():
    buffer = Spool.Buffer.new_with_threshold(2)
    cancelled = Gio.Cancellable()
    cancelled.cancel()

    check_error(Gio.IOErrorEnum.INVALID_ARGUMENT, buffer.write, -1, b'a', None)
    check_error(Gio.IOErrorEnum.INVALID_ARGUMENT, buffer.truncate, -1, None)
    check_error(Gio.IOErrorEnum.CANCELLED, buffer.append, b'a', cancelled)
    check_error(Gio.IOErrorEnum.WOULD_BLOCK, buffer.write_nonblocking, 0, b'abc')
    buffer.set_size_limit(4)
    check_error(Gio.IOErrorEnum.NO_SPACE, buffer.append, b'abcde', None)
    buffer.set_directory(Gio.File.new_for_path('/nonexistent'))
    check_error(Gio.IOErrorEnum.NOT_FOUND, buffer.append, b'abc', None)
    buffer.close(None)
    check_error(Gio.IOErrorEnum.CLOSED, buffer.append, b'a', None)


def test_completion():
    buffer = Spool.Buffer.new()
    stream = Spool.MemoryOutputStream.new_for_buffer(buffer)
    assert not buffer.get_completed()
    stream.close(None)
    assert buffer.get_completed()
    assert buffer.dup_error() is None

    buffer.reset(None)
    buffer.complete(GLib.Error('Gone', 'g-io-error-quark', Gio.IOErrorEnum.TIMED_OUT))
    assert buffer.dup_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT)

    dropped = Spool.Buffer.new()
    stream = Spool.MemoryOutputStream.new_for_buffer(dropped)
    del stream
    gc.collect()
    assert dropped.dup_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.BROKEN_PIPE)


def run_async(function, finish, *args):
    results = []
    function(*args, GLib.PRIORITY_DEFAULT, None, lambda source, result: results.append(result))
    while not results:
        GLib.MainContext.default().iteration(True)
    return finish(results[0])


def test_async():
    for threshold in THRESHOLDS:
        buffer = Spool.Buffer.new_with_threshold(threshold)
        assert run_async(buffer.append_bytes_async, buffer.append_bytes_finish,
                         GLib.Bytes.new(b'0123456789'))
        source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'abc'))
        assert run_async(buffer.splice_from_async, buffer.splice_from_finish, source,
                         Gio.OutputStreamSpliceFlags.CLOSE_SOURCE) == 3
        assert run_async(buffer.read_bytes_async, buffer.read_bytes_finish,
                         8, 100).get_data() == b'89abc'
        assert run_async(buffer.get_bytes_async,
                         buffer.get_bytes_finish).get_data() == b'0123456789abc'
        assert run_async(buffer.reserve_async, buffer.reserve_finish, 100)
        assert run_async(buffer.roll_over_async, buffer.roll_over_finish)
        assert buffer.get_rolled_over()

        stream = Spool.MemoryInputStream.new_for_buffer(buffer)
        assert run_async(lambda *args: stream.read_bytes_async(4, *args),
                         stream.read_bytes_finish).get_data() == b'0123'


def test_notify():
    buffer = Spool.Buffer.new_with_threshold(4)
    seen = []
    buffer.connect('notify::size', lambda self, pspec: seen.append(self.props.size))
    buffer.connect('notify::rolled-over', lambda self, pspec: seen.append('rolled'))
    buffer.append(b'abcd', None)
    assert seen == [4]
    buffer.append(b'e', None)
    assert sorted(map(str, seen)) == ['4', '5', 'rolled']


def test_large_offsets():
    far = 2 ** 33
    stream = Spool.MemoryOutputStream.new()
    assert stream.seek(far, GLib.SeekType.SET, None)
    assert stream.write(b'far', None) == 3
    assert stream.tell() == far + 3
    assert stream.get_data_size() == far + 3
    assert stream.get_buffer().props.size == far + 3
    assert stream.get_buffer().read(far, 9, None) == b'far'
    stream.close(None)


def test_descriptor():
    buffer = Spool.Buffer.new()
    buffer.append(b'0123456789', None)
    descriptor = buffer.dup_fd(True, None)
    with os.fdopen(descriptor, 'r+b') as file:
        assert file.read(3) == b'012'
        file.seek(20)
        file.write(b'end')
        file.flush()
        assert buffer.get_size() == 23
        assert buffer.read(20, 9, None) == b'end'


def test_io_stream():
    stream = Spool.IOStream.new_with_threshold(4)
    stream.get_output_stream().write_all(b'0123456789', None)
    stream.seek(2, GLib.SeekType.SET, None)
    assert stream.get_input_stream().read_bytes(3, None).get_data() == b'234'
    assert stream.get_output_stream().tell() == 5
    stream.close(None)


def spool_classes():
    for name in dir(Spool):
        value = getattr(Spool, name)
        if isinstance(value, type) and issubclass(value, GObject.Object) and \
                value.__gtype__.name.startswith('Spool'):
            yield value


def test_accessors():
    """Every property has its accessors, which say the same."""
    checked = 0
    for cls in spool_classes():
        own = [pspec for pspec in cls.list_properties()
               if pspec.owner_type == cls.__gtype__]
        if cls.__gtype__.is_abstract():
            continue
        # A filter is nothing without the stream beneath it.
        if cls.__gtype__.is_a(Gio.FilterInputStream.__gtype__):
            instance = cls(base_stream=Gio.MemoryInputStream())
        else:
            instance = cls()
        for pspec in own:
            name = pspec.name.replace('-', '_')
            where = '%s:%s' % (cls.__name__, pspec.name)
            if pspec.flags & GObject.ParamFlags.READABLE:
                getter = getattr(instance, 'get_' + name, None)
                assert getter is not None, where
                assert getter() == instance.get_property(pspec.name), where
            if pspec.flags & GObject.ParamFlags.WRITABLE and \
                    not pspec.flags & GObject.ParamFlags.CONSTRUCT_ONLY:
                setter = getattr(instance, 'set_' + name, None)
                assert setter is not None, where
                setter(getter())
            checked += 1
        if isinstance(instance, (Gio.OutputStream, Gio.InputStream, Gio.IOStream)):
            instance.close(None)
    assert checked >= 10, checked


class Gir:
    """The classes and interfaces of a GIR and of all that it includes."""

    def __init__(self):
        self.namespaces = {}
        self.load(GIR_FILE)

    def load(self, path):
        root = ElementTree.parse(path).getroot()
        namespace = root.find(CORE + 'namespace')
        self.namespaces[namespace.get('name')] = namespace
        for include in root.findall(CORE + 'include'):
            if include.get('name') in self.namespaces:
                continue
            file = '%s-%s.gir' % (include.get('name'), include.get('version'))
            for folder in (os.path.dirname(path), GIR_DIR):
                if os.path.exists(os.path.join(folder, file)):
                    self.load(os.path.join(folder, file))
                    break
            else:
                raise tap.Skip('%s is not installed' % file)

    def find(self, name, namespace):
        if '.' in name:
            namespace, name = name.split('.')
        for kind in ('class', 'interface'):
            for node in self.namespaces[namespace].findall(CORE + kind):
                if node.get('name') == name:
                    return node, namespace
        raise KeyError(name)

    def methods(self, node, namespace):
        """The names of all methods, those that were inherited included."""
        names = {method.get('name') for kind in ('method', 'virtual-method')
                 for method in node.findall(CORE + kind)}
        others = [implements.get('name') for implements in node.findall(CORE + 'implements')]
        if node.get('parent'):
            others.append(node.get('parent'))
        for other in others:
            names |= self.methods(*self.find(other, namespace))
        return names


def normalized(name):
    return name.replace('-', '_')


def test_no_property_hides_a_method():
    gir = Gir()
    n_checked = 0
    for node in gir.namespaces['Spool'].findall(CORE + 'class'):
        methods = {normalized(name) for name in gir.methods(node, 'Spool')}
        assert 'ref' in methods, 'the methods of GObject are not among them'
        for prop in node.findall(CORE + 'property'):
            assert normalized(prop.get('name')) not in methods, \
                '%s:%s' % (node.get('name'), prop.get('name'))
            n_checked += 1
    assert n_checked >= 10, n_checked


def test_gir_is_whole():
    """Nothing is left out but what is said to be, and all is annotated."""
    gir = Gir()
    namespace = gir.namespaces['Spool']
    hidden = {node.get(C + 'identifier')
              for node in namespace.iter()
              if node.get('introspectable') == '0' and
              node.tag in (CORE + 'method', CORE + 'constructor', CORE + 'function')}
    for name in hidden:
        assert name in ('spool_buffer_read', 'spool_text_stream_write'), name

    accessors = {}
    for node in namespace.findall(CORE + 'class'):
        for prop in node.findall(CORE + 'property'):
            where = '%s:%s' % (node.get('name'), prop.get('name'))
            accessors[where] = prop.get('getter')
    for where, getter in accessors.items():
        assert getter is not None, '%s has no getter in the GIR' % where


tap.main(globals())
