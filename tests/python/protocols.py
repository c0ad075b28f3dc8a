# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the introspected classes are in Python."""

import fcntl
import inspect
import io
import operator
import os
import pydoc
import tempfile
from collections.abc import Sequence

from common import THRESHOLDS, Spool, equal, raises

from gi.repository import Gio, GLib

import tap

DATA = bytes(range(256)) * 300


def buffers(content=DATA):
    for threshold in (0, 1, len(content) - 1, len(content), -1):
        buffer = Spool.Buffer.new_with_threshold(threshold)
        buffer.append(content)
        yield buffer


def wait(start):
    """Runs the main loop until an asynchronous call has its result."""
    loop = GLib.MainLoop()
    results = []

    def ready(source, result, *data):
        results.append((result, data))
        loop.quit()

    start(ready)
    if not results:
        loop.run()

    return results[0]


def test_buffer_is_a_sequence():
    for buffer in buffers():
        assert isinstance(buffer, Sequence)
        equal(len(buffer), len(DATA))
        for index in (0, 1, 255, len(DATA) - 1, -1, -len(DATA)):
            equal(buffer[index], DATA[index])
        for index in (len(DATA), -len(DATA) - 1, 1 << 70):
            raises(IndexError, buffer.__getitem__, index)
        for key in (slice(None), slice(3, 9), slice(-5, None), slice(9, 3), slice(1, None, 1000),
                    slice(None, None, -1), slice(500, 3, -7), slice(3, 500, 7),
                    slice(100000, None), slice(-1, None, -100)):
            equal(buffer[key], DATA[key])
        raises(TypeError, buffer.__getitem__, 'x')
        raises(TypeError, operator.setitem, buffer, 0, 1)
        raises(TypeError, operator.delitem, buffer, 0)
        equal(bytes(buffer), DATA)
        equal(bytes(iter(buffer)), DATA)
        equal(bytes(reversed(buffer)), DATA[::-1])
        assert 200 in buffer and b'\x01\x02' in buffer and b'\x02\x01' not in buffer
        equal(buffer.count(7), 300)
        equal(buffer.index(7), 7)
        equal(buffer.index(7, 8), 263)
        equal(buffer.index(7, -300), len(DATA) - 249)
        raises(ValueError, buffer.index, 7, 8, 100)


def test_truth_identity_and_hash():
    buffer, other = Spool.Buffer.new(), Spool.Buffer.new()
    assert buffer and other
    equal(len(buffer), 0)
    equal(bytes(buffer), b'')
    equal(list(buffer), [])
    assert buffer == buffer and buffer != other
    equal(len({buffer, other, buffer}), 2)
    assert buffer.equal(other)


def test_buffers_made_in_c_have_it_too():
    stream = Spool.MemoryOutputStream.new()
    stream.write_all(b'abc', None)
    equal(bytes(stream.get_buffer()), b'abc')
    equal(len(stream.props.buffer), 3)
    equal(len(Spool.TextStream.new().get_buffer()), 0)
    equal(bytes(Spool.Buffer(threshold=5)), b'')


def test_any_bytes_are_taken():
    for threshold in THRESHOLDS:
        buffer = Spool.Buffer.new_with_threshold(threshold)
        for data in (b'a', bytearray(b'b'), memoryview(b'c')):
            assert buffer.append(data)
        for data in (b'A', bytearray(b'A')):
            assert buffer.write(0, data)
        for data in (GLib.Bytes.new(b'd'), b'e', memoryview(b'f')):
            assert buffer.append_bytes(data)
        assert buffer.write_bytes(offset=1, bytes=b'B')
        equal(bytes(buffer), b'ABcdef')
        raises(TypeError, buffer.append, 'text')
        if not buffer.get_rolled_over():
            buffer.write_nonblocking(2, bytearray(b'C'))

    for data in (GLib.Bytes.new(b'abc'), b'abc', bytearray(b'abc'), memoryview(b'abc')):
        buffer = Spool.Buffer.new_for_bytes(data)
        stream = Spool.MemoryInputStream.new_for_bytes(bytes=data)
        equal((type(buffer), bytes(buffer)), (Spool.Buffer, b'abc'))
        equal((type(stream), list(stream)), (Spool.MemoryInputStream, [b'abc']))
    raises(TypeError, Spool.Buffer.new_for_bytes, 'text')


def test_defaults_and_keywords():
    for buffer in buffers(b'0123456789'):
        equal(buffer.read(), b'0123456789')
        equal(buffer.read(3), b'3456789')
        equal(buffer.read(3, 2), b'34')
        equal(buffer.read(offset=8, count=100, cancellable=None), b'89')
        equal(buffer.read(100), b'')
        equal(buffer.read_bytes().get_data(), b'0123456789')
        equal(buffer.read_bytes(count=2).get_data(), b'01')
        equal(buffer.get_bytes().get_data(), b'0123456789')
        assert buffer.truncate(5) and buffer.roll_over() and buffer.flush()
        source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'abc'))
        equal(buffer.splice_from(source), 3)
        equal(bytes(buffer), b'01234abc')
        cancelled = Gio.Cancellable()
        cancelled.cancel()
        for function, args in ((buffer.read, (0, 1)), (buffer.write, (0, b'x')),
                               (buffer.append, (b'x',))):
            error = raises(GLib.Error, function, *args, cancelled)
            assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)


ANY_BYTES = (GLib.Bytes.new(b'abc'), b'abc', bytearray(b'abc'), memoryview(b'abc'))


def seekable_streams(content):
    for kind in (Spool.MemoryInputStream, Spool.MemoryOutputStream, Spool.IOStream,
                 Spool.TextStream):
        yield kind.new_for_buffer(Spool.Buffer.new_for_bytes(content))
    yield Spool.SeekableInputStream.new(
        Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(content)))
    concat = Spool.ConcatInputStream.new()
    concat.append(Spool.MemoryInputStream.new_for_bytes(content))
    yield concat


def test_seek():
    for stream in seekable_streams(b'0123456789'):
        cancelled = Gio.Cancellable()
        cancelled.cancel()
        for args, kwargs, position in (((4,), {}, 4),
                                       ((2, GLib.SeekType.CUR), {}, 6),
                                       ((0,), {}, 0),
                                       ((-1, GLib.SeekType.END, None), {}, 9),
                                       ((), {'offset': 3}, 3),
                                       ((1,), {'type': GLib.SeekType.CUR,
                                               'cancellable': None}, 4)):
            assert stream.seek(*args, **kwargs) is True
            equal(stream.tell(), position)
        if isinstance(stream, Gio.Seekable):
            assert Gio.Seekable.seek(stream, 5, GLib.SeekType.SET, None)
            equal(stream.tell(), 5)
        error = raises(GLib.Error, stream.seek, 1, GLib.SeekType.END, cancelled)
        assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
        raises(TypeError, stream.seek)
        if isinstance(stream, (Spool.MemoryOutputStream, Spool.IOStream, Spool.TextStream)):
            assert stream.truncate(2) is True
            equal(stream.get_buffer().get_size(), 2)
            assert stream.truncate(1, None) is True
            equal(stream.get_buffer().get_size(), 1)


def test_text():
    for threshold in THRESHOLDS:
        text = Spool.TextStream.new_with_threshold(threshold)
        assert text.write('grüße\n') is True
        assert text.write(text='zwei', cancellable=None) is True
        text.seek(0)
        equal(text.read(), ('grüße\nzwei', 12))
        text.seek(6)
        equal(text.read(2), ('zw', 2))
        equal(text.read(n_chars=1, cancellable=None), ('e', 1))
        equal(text.read_bytes().get_data(), b'i')
        text.seek(0)
        equal(text.read_bytes(3, None).get_data(), 'grü'.encode())
        equal(text.read_line(), ('ße\n', 4))
        equal(text.dup_text(), ('grüße\nzwei', 12))
        equal(text.get_length(), 10)
        for wrong in (b'bytes', None, 5):
            raises(TypeError, text.write, wrong)
            raises(TypeError, text.write_async, wrong)
        raises(TypeError, text.write_bytes, 'text')
        raises(UnicodeEncodeError, text.write, 'a\ud800')
        equal(text.get_length(), 10)

        text.truncate(0)
        text.seek(0)
        for data in ANY_BYTES:
            assert text.write_bytes(data) is True
        equal(text.dup_text_bytes().get_data(), b'abc' * 4)


def test_text_with_nuls():
    for threshold in THRESHOLDS:
        text = Spool.TextStream.new_with_threshold(threshold)
        assert text.write('ä\0b\n')
        result, data = wait(lambda ready: text.write_async('\0€', GLib.PRIORITY_LOW, None, ready,
                                                           'data'))
        assert text.write_finish(result)
        equal(data, ('data',))
        equal(text.tell(), 6)
        text.seek(0)
        equal(list(text), ['ä\0b\n', '\0€'])
        text.seek(0)
        equal(text.read(3), ('ä\0b', 4))
        equal(text.read_line(), ('\n', 1))
        equal(text.read_line().text, '\0€')
        equal(text.read_line(), (None, 0))
        equal(text.read().length, 0)
        equal(text.dup_text(), ('ä\0b\n\0€', 9))
        text.seek(1)
        for method, expected in (('read_line', ('\0b\n', 3)), ('read', ('\0€', 4))):
            result, _data = wait(lambda ready: getattr(text, method + '_async')(callback=ready))
            equal(getattr(text, method + '_finish')(result), expected)


def test_output():
    for threshold in THRESHOLDS:
        stream = Spool.MemoryOutputStream.new_with_threshold(threshold)
        for data in ANY_BYTES:
            equal(stream.write_bytes(data), 3)
        equal(stream.write_bytes(bytes=b'd', cancellable=None), 1)
        raises(TypeError, stream.write_bytes, 'text')
        source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'ef'))
        equal(stream.splice(source), 2)
        # As a program does that was written for any stream.
        equal(Gio.OutputStream.write_bytes(stream, GLib.Bytes.new(b'g'), None), 1)
        source = Spool.MemoryInputStream.new_for_bytes(b'hi')
        equal(Gio.OutputStream.splice(stream, source, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE,
                                      None), 2)
        assert source.is_closed()
        assert stream.flush() is True and stream.close() is True
        equal(bytes(stream.get_buffer()), b'abc' * 4 + b'defghi')


def test_fill():
    for args, size in (((), 6), ((-1,), 6), ((4,), 4), ((4, None), 4)):
        base = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'abcdef'))
        stream = Spool.SeekableInputStream.new(base)
        equal(stream.fill(*args), size)
        equal(bytes(stream.get_buffer()), b'abcdef'[:size])
        equal(Gio.DataInputStream.new(stream).read_line_utf8()[0], 'abcdef')
        assert stream.close() is True


def test_descriptor():
    for args, mode in (((), os.O_RDONLY), ((False,), os.O_RDONLY), ((True, None), os.O_RDWR)):
        buffer = Spool.Buffer.new_for_bytes(b'abc')
        descriptor = buffer.dup_fd(*args)
        equal(os.read(descriptor, 9), b'abc')
        equal(fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE, mode)
        os.close(descriptor)


def test_complete():
    for args in ((), (None,)):
        buffer = Spool.Buffer.new()
        assert buffer.complete(*args) is None
        assert buffer.get_completed()
        equal(buffer.dup_error(), None)

    for error, message in ((ValueError('x'), 'x'), (OSError(5, 'Gone'), '[Errno 5] Gone'),
                           (KeyError(), 'KeyError')):
        buffer = Spool.Buffer.new()
        buffer.complete(error)
        found = buffer.dup_error()
        assert found.matches(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED), found
        equal(found.message, message)
        stream = Spool.MemoryInputStream.new_for_buffer(buffer)
        stream.set_follow(True)
        equal(raises(GLib.Error, stream.read_bytes, 1).message, message)

    buffer = Spool.Buffer.new()
    buffer.complete(error=GLib.Error.new_literal(Gio.io_error_quark(), 'Late',
                                                 Gio.IOErrorEnum.TIMED_OUT))
    assert buffer.dup_error().matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT)
    raises(TypeError, buffer.complete, 'text')


def test_pool():
    pool = Spool.Pool.new(-1)
    buffer = Spool.Buffer(pool=pool)
    for trim in (lambda: pool.trim(0), lambda: pool.trim_finish(
            wait(lambda ready: pool.trim_async(0, callback=ready))[0])):
        buffer.reset()
        buffer.append(b'abc')
        assert trim() is True
        assert buffer.get_rolled_over()


def test_context_manager():
    with Spool.Buffer.new() as buffer:
        buffer.append(b'x')
    raises(GLib.Error, buffer.read, 0, 1)

    buffer = Spool.Buffer.new()
    for stream in (Spool.MemoryOutputStream.new_for_buffer(buffer),
                   Spool.MemoryInputStream.new_for_buffer(buffer),
                   Spool.IOStream.new_for_buffer(buffer)):
        with stream as entered:
            assert entered is stream
        assert stream.is_closed()
    buffer.append(b'x')


def test_iteration_over_streams():
    for buffer in buffers():
        stream = Spool.MemoryInputStream.new_for_buffer(buffer)
        chunks = list(stream)
        equal(b''.join(chunks), DATA)
        equal(max(map(len, chunks)), 65536)

        concat = Spool.ConcatInputStream.new()
        concat.append(Spool.MemoryInputStream.new_for_buffer(buffer))
        concat.append(Spool.MemoryInputStream.new_for_buffer(buffer))
        equal(b''.join(concat), DATA * 2)

        base = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(DATA))
        with Spool.SeekableInputStream.new(base) as stream:
            equal(b''.join(stream), DATA)

    for threshold in THRESHOLDS:
        text = Spool.TextStream.new_with_threshold(threshold)
        text.write('grüße\nzwei\n')
        text.write_bytes(GLib.Bytes.new(b'a\0b'))
        text.seek(0, GLib.SeekType.SET)
        equal(list(text), ['grüße\n', 'zwei\n', 'a\0b'])


def test_save():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'saved')
        for buffer in buffers():
            for target in (path, os.fsencode(path), Gio.File.new_for_path(path)):
                assert buffer.save(target)
                with open(path, 'rb') as file:
                    equal(file.read(), DATA)
            assert buffer.save(destination=path, flags=Spool.SaveFlags.PRIVATE)
            equal(os.stat(path).st_mode & 0o777, 0o600)
            for data in ((), ('data',), ('more', 'data')):
                progress = []
                buffer.save(path, Spool.SaveFlags.NONE, None,
                            lambda *args: progress.append(args), *data)
                equal(progress[-1], (len(DATA), len(DATA), *data))
            assert buffer.move(path)
            with open(path, 'rb') as file:
                equal(file.read(), DATA)


def test_save_async():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'saved')
        for name in ('save', 'move'):
            for arguments, expected in (({}, None),
                                        ({'progress': True}, ()),
                                        ({'progress': True, 'progress_data': None}, (None,)),
                                        ({'progress': True, 'progress_data': 'data'}, ('data',))):
                for buffer in buffers():
                    progress = []
                    kwargs = dict(arguments)
                    if kwargs.pop('progress', False):
                        kwargs['progress_callback'] = lambda *args: progress.append(args)
                    function = getattr(buffer, name + '_async')
                    result, _ = wait(lambda ready: function(path, callback=ready, **kwargs))
                    assert getattr(buffer, name + '_finish')(result)
                    with open(path, 'rb') as file:
                        equal(file.read(), DATA)
                    if expected is not None:
                        equal(progress[-1], (len(DATA), len(DATA), *expected))
                    else:
                        equal(progress, [])

        # All of them, in their places.
        buffer = Spool.Buffer.new()
        progress = []
        result, data = wait(lambda ready: buffer.save_async(
            Gio.File.new_for_path(path), Spool.SaveFlags.NONE, GLib.PRIORITY_LOW, None,
            lambda *args: progress.append(args), 'progress', ready, 'one', 'two'))
        equal(data, ('one', 'two'))
        equal(progress[-1], (0, 0, 'progress'))
        result, data = wait(lambda ready: buffer.save_async(
            Gio.File.new_for_path(path), Spool.SaveFlags.NONE, GLib.PRIORITY_LOW, None,
            None, None, ready, None))
        equal(data, (None,))
        assert buffer.save_finish(result)

        missing = os.path.join(folder, 'missing', 'saved')
        result, _ = wait(lambda ready: buffer.save_async(missing, callback=ready))
        raises(GLib.Error, buffer.save_finish, result)


def test_other_async_calls():
    for buffer in buffers(b'0123456789'):
        result, _ = wait(lambda ready: buffer.append_bytes_async(
            GLib.Bytes.new(b'ab'), GLib.PRIORITY_DEFAULT, None, ready))
        assert buffer.append_bytes_finish(result)
        result, data = wait(lambda ready: buffer.read_bytes_async(
            8, 4, io_priority=GLib.PRIORITY_DEFAULT, callback=ready, user_data='data'))
        equal(buffer.read_bytes_finish(result).get_data(), b'89ab')
        equal(data, ('data',))
        source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'cd'))
        result, _ = wait(lambda ready: buffer.splice_from_async(
            source, Gio.OutputStreamSpliceFlags.NONE, GLib.PRIORITY_DEFAULT, None, ready))
        equal(buffer.splice_from_finish(result), 2)


def run(thing, stem, *args):
    """Calls an asynchronous function with and without its priority."""
    for rest, kwargs, expected in (
            ((), {'callback': None}, ()),
            ((GLib.PRIORITY_LOW, None), {'callback': None, 'user_data': 'data'}, ('data',)),
            ((GLib.PRIORITY_LOW, None, None, 'one', 'two'), {}, ('one', 'two'))):
        def start(ready):
            if kwargs:
                function(*args, *rest, **{**kwargs, 'callback': ready})
            else:
                function(*args, *rest[:2], ready, *rest[3:])

        function = getattr(thing, stem + '_async')
        result, data = wait(start)
        equal(data, expected)
        yield getattr(thing, stem + '_finish')(result)


def test_priority_is_optional():
    for buffer in buffers(b'0123456789'):
        equal([value.get_data() for value in run(buffer, 'read_bytes', 2, 3)], [b'234'] * 3)
        result, _ = wait(lambda ready: buffer.read_bytes_async(4, callback=ready))
        equal(buffer.read_bytes_finish(result).get_data(), b'456789')
        for data in ANY_BYTES:
            equal(list(run(buffer, 'append_bytes', data)), [True] * 3)
        equal(bytes(buffer), b'0123456789' + b'abc' * 12)
        source = Spool.MemoryInputStream.new_for_bytes(b'de')
        equal(list(run(buffer, 'splice_from', source, Gio.OutputStreamSpliceFlags.NONE)),
              [2, 0, 0])
        source.seek(0)
        result, _ = wait(lambda ready: buffer.splice_from_async(source, callback=ready))
        equal(buffer.splice_from_finish(result), 2)
        equal(list(run(buffer, 'reserve', 100)), [True] * 3)
        equal([value.get_size() for value in run(buffer, 'get_bytes')], [50] * 3)
        for descriptor in run(buffer, 'create_sealed_fd'):
            equal(os.fstat(descriptor).st_size, 50)
            os.close(descriptor)
        equal(list(run(buffer, 'roll_over')), [True] * 3)

    for threshold in THRESHOLDS:
        stream = Spool.MemoryOutputStream.new_with_threshold(threshold)
        for data in ANY_BYTES:
            equal(list(run(stream, 'write_bytes', data)), [3] * 3)
        source = Spool.MemoryInputStream.new_for_bytes(b'de')
        result, _ = wait(lambda ready: stream.splice_async(source, callback=ready))
        equal(stream.splice_finish(result), 2)
        equal(list(run(stream, 'flush')), [True] * 3)
        equal(bytes(stream.get_buffer()), b'abc' * 12 + b'de')
        result, _ = wait(lambda ready: stream.close_async(callback=ready))
        assert stream.close_finish(result) and stream.is_closed()

        text = Spool.TextStream.new_with_threshold(threshold)
        equal(list(run(text, 'write', 'ä\n')), [True] * 3)
        for data in ANY_BYTES:
            equal(list(run(text, 'write_bytes', data)), [True] * 3)
        text.seek(0)
        equal(list(run(text, 'read_line')), [('ä\n', 3)] * 3)
        equal([value.get_data() for value in run(text, 'read_bytes', 1)], [b'a', b'b', b'c'])
        equal(list(run(text, 'read', 2)), [('ab', 2), ('ca', 2), ('bc', 2)])
        result, _ = wait(lambda ready: text.read_bytes_async(callback=ready))
        equal(text.read_bytes_finish(result).get_data(), b'abc' * 9)
        text.seek(-2, GLib.SeekType.END)
        result, _ = wait(lambda ready: text.read_async(callback=ready))
        equal(text.read_finish(result), ('bc', 2))
        equal(list(run(text, 'read_line_bytes')), [None] * 3)

    base = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(DATA))
    seekable = Spool.SeekableInputStream.new(base)
    equal(list(run(seekable, 'fill', 9)), [9, 9, 9])
    result, _ = wait(lambda ready: seekable.fill_async(callback=ready))
    equal(seekable.fill_finish(result), len(DATA))
    concat = Spool.ConcatInputStream.new()
    concat.append(Spool.MemoryInputStream.new_for_bytes(DATA))
    for stream in (seekable, concat, Spool.MemoryInputStream.new_for_bytes(DATA)):
        equal([value.get_data() for value in run(stream, 'read_bytes', 2)],
              [DATA[:2], DATA[2:4], DATA[4:6]])
        equal(list(run(stream, 'skip', 5)), [5] * 3)
        equal(stream.tell(), 21)
        equal(list(run(stream, 'close')), [True] * 3)
    equal(list(run(Spool.IOStream.new(), 'close')), [True] * 3)


def test_help():
    for name in ('SpooledBytesIO', 'SpooledStringIO', 'SpooledTemporaryFile', 'MultiFileReader',
                 'SpooledIOBase', 'Buffer', 'open', 'input_stream_from', 'is_text_fileobj'):
        thing = getattr(Spool, name)
        assert inspect.getdoc(thing), name
        text = pydoc.plain(pydoc.render_doc(thing))
        assert name in text and inspect.getdoc(thing).splitlines()[0] in text, name
        equal(thing.__module__.split('.')[-1], 'Spool')

    for kind in (Spool.SpooledBytesIO, Spool.SpooledStringIO, Spool.MultiFileReader,
                 Spool.SpooledTemporaryFile, Spool.Buffer, Spool.MemoryInputStream,
                 Spool.MemoryOutputStream, Spool.SeekableInputStream, Spool.TextStream):
        for name, member in vars(kind).items():
            if callable(member) and not name.startswith('_') and name not in dir(io.IOBase):
                assert inspect.getdoc(member), '%s.%s' % (kind.__name__, name)


tap.main(globals())
