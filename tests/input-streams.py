# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""SpoolSeekableInputStream and SpoolConcatInputStream from Python."""

import io
import os
import threading
import zipfile

import gi

gi.require_version('Spool', '1')

from gi.repository import Gio, GLib, Spool  # noqa: E402

import tap  # noqa: E402

THRESHOLDS = (0, 1000, Spool.THRESHOLD_NEVER)


class Reader(io.RawIOBase):
    """The little that Python's readers want of a file, over a stream."""

    WHENCE = {
        io.SEEK_SET: GLib.SeekType.SET,
        io.SEEK_CUR: GLib.SeekType.CUR,
        io.SEEK_END: GLib.SeekType.END,
    }

    def __init__(self, stream):
        super().__init__()
        self.stream = stream

    def readable(self):
        return True

    def seekable(self):
        return self.stream.can_seek()

    def readinto(self, block):
        data = self.stream.read_bytes(len(block), None).get_data()
        block[:len(data)] = data

        return len(data)

    def seek(self, offset, whence=io.SEEK_SET):
        self.stream.seek(offset, self.WHENCE[whence], None)

        return self.stream.tell()

    def tell(self):
        return self.stream.tell()


def open_pipe(data):
    """A stream that can't seek, fed by a thread."""

    reader, writer = os.pipe()

    def feed():
        with open(writer, 'wb', buffering=0) as target:
            try:
                for i in range(0, len(data), 1000):
                    target.write(data[i:i + 1000])
            except BrokenPipeError:
                pass

    threading.Thread(target=feed, daemon=True).start()

    return Gio.UnixInputStream.new(reader, True)


def make_zip():
    target = io.BytesIO()

    with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('first', b'one' * 1000)
        archive.writestr('folder/second', os.urandom(70000))
        archive.writestr('empty', b'')

    return target.getvalue()


def memory_stream(data):
    return Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(data))


def wait_for(start):
    """Runs the main loop until an asynchronous call has its result."""

    loop = GLib.MainLoop()
    results = []

    def ready(source, result):
        results.append(result)
        loop.quit()

    start(ready)
    if not results:
        loop.run()

    return results[0]


def check_error(code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), code), error
        return
    raise AssertionError('It did not fail')


def equal(found, expected):
    assert found == expected, '%r is not %r' % (found, expected)


def read(stream, count):
    return stream.read_bytes(count, None).get_data()


DATA = bytes(range(256)) * 40


def open_seekable(threshold):
    buffer = Spool.Buffer.new_with_threshold(threshold)

    return Spool.SeekableInputStream.new_for_buffer(open_pipe(DATA), buffer)


def test_seekable_type():
    base = open_pipe(DATA)
    stream = Spool.SeekableInputStream.new(base)

    assert isinstance(stream, Spool.SeekableInputStream)
    assert isinstance(stream, Gio.FilterInputStream)
    assert isinstance(stream, Gio.Seekable)
    assert not isinstance(base, Gio.Seekable)
    equal(stream.get_base_stream(), base)
    assert isinstance(stream.get_buffer(), Spool.Buffer)
    equal(stream.props.buffer, stream.get_buffer())
    stream.close(None)
    assert base.is_closed()


def test_seekable_seek():
    for threshold in THRESHOLDS:
        stream = open_seekable(threshold)

        equal(read(stream, 3), DATA[:3])
        stream.seek(5000, GLib.SeekType.SET, None)
        equal(stream.get_buffer().get_size(), 3)
        equal(read(stream, 3), DATA[5000:5003])
        stream.seek(-10, GLib.SeekType.END, None)
        equal(read(stream, 100), DATA[-10:])
        equal(read(stream, 100), b'')
        stream.seek(1, GLib.SeekType.SET, None)
        stream.seek(1, GLib.SeekType.CUR, None)
        equal(stream.tell(), 2)
        equal(read(stream, 4), DATA[2:6])
        check_error(Gio.IOErrorEnum.INVALID_ARGUMENT,
                    stream.seek, -1, GLib.SeekType.SET, None)
        check_error(Gio.IOErrorEnum.NOT_SUPPORTED, stream.truncate, 0, None)
        equal(stream.skip(10, None), 10)
        equal(stream.tell(), 16)
        stream.close(None)


def test_seekable_fill():
    for threshold in THRESHOLDS:
        stream = open_seekable(threshold)

        equal(stream.fill(2000, None), 2000)
        equal(stream.tell(), 0)
        result = wait_for(lambda ready: stream.fill_async(
            -1, GLib.PRIORITY_DEFAULT, None, ready))
        equal(stream.fill_finish(result), len(DATA))
        equal(stream.get_buffer().get_bytes(None).get_data(), DATA)
        assert stream.get_buffer().get_completed()


def test_seekable_fill_cancelled():
    stream = open_seekable(0)
    cancellable = Gio.Cancellable()

    cancellable.cancel()
    result = wait_for(lambda ready: stream.fill_async(
        -1, GLib.PRIORITY_DEFAULT, cancellable, ready))
    check_error(Gio.IOErrorEnum.CANCELLED, stream.fill_finish, result)
    equal(stream.fill(-1, None), len(DATA))


def test_seekable_read_async():
    stream = open_seekable(0)

    stream.seek(4000, GLib.SeekType.SET, None)
    result = wait_for(lambda ready: stream.read_bytes_async(
        20, GLib.PRIORITY_DEFAULT, None, ready))
    equal(stream.read_bytes_finish(result).get_data(), DATA[4000:4020])


def test_seekable_zipfile():
    data = make_zip()

    for threshold in THRESHOLDS:
        buffer = Spool.Buffer.new_with_threshold(threshold)
        stream = Spool.SeekableInputStream.new_for_buffer(open_pipe(data), buffer)

        with zipfile.ZipFile(Reader(stream)) as archive:
            equal(archive.testzip(), None)
            equal(archive.namelist(), ['first', 'folder/second', 'empty'])
            equal(archive.read('first'), b'one' * 1000)
            equal(archive.read('empty'), b'')

        equal(buffer.get_size(), len(data))
        equal(buffer.get_rolled_over(), threshold >= 0)


def test_seekable_cut_zipfile():
    stream = Spool.SeekableInputStream.new(open_pipe(make_zip()[:-30]))

    try:
        zipfile.ZipFile(Reader(stream))
    except zipfile.BadZipFile:
        return
    raise AssertionError('It did not fail')


def test_concat_type():
    stream = Spool.ConcatInputStream.new()

    assert isinstance(stream, Spool.ConcatInputStream)
    assert isinstance(stream, Gio.Seekable)
    assert stream.props.close_parts
    stream.set_close_parts(False)
    assert not stream.get_close_parts()
    assert Spool.ConcatInputStream(close_parts=True).get_close_parts()


def test_concat_seek():
    stream = Spool.ConcatInputStream.new()
    for part in (b'abc', b'', b'defgh', b'i'):
        stream.append(memory_stream(part))

    assert stream.can_seek()
    equal(read(stream, 100), b'abcdefghi')
    stream.seek(-7, GLib.SeekType.END, None)
    equal(read(stream, 3), b'cde')
    stream.seek(-4, GLib.SeekType.CUR, None)
    equal(read(stream, 100), b'bcdefghi')
    check_error(Gio.IOErrorEnum.INVALID_ARGUMENT,
                stream.seek, -10, GLib.SeekType.END, None)
    equal(stream.tell(), 9)


def test_concat_not_seekable():
    stream = Spool.ConcatInputStream.new()
    pipe = open_pipe(b'def')

    stream.append(memory_stream(b'abc'))
    stream.append(pipe)

    assert not stream.can_seek()
    check_error(Gio.IOErrorEnum.NOT_SUPPORTED,
                stream.seek, 0, GLib.SeekType.SET, None)
    equal(io.BufferedReader(Reader(stream)).read(), b'abcdef')
    assert pipe.is_closed()


def test_concat_close_parts():
    for close in (True, False):
        stream = Spool.ConcatInputStream(close_parts=close)
        part = memory_stream(b'abc')

        stream.append(part)
        stream.close(None)
        equal(part.is_closed(), close)


def test_concat_async():
    stream = Spool.ConcatInputStream.new()
    for part in (b'abc', b'', b'def'):
        stream.append(memory_stream(part))

    result = wait_for(lambda ready: stream.read_bytes_async(
        10, GLib.PRIORITY_DEFAULT, None, ready))
    equal(stream.read_bytes_finish(result).get_data(), b'abcdef')
    result = wait_for(lambda ready: stream.close_async(
        GLib.PRIORITY_DEFAULT, None, ready))
    assert stream.close_finish(result)


def test_concat_zipfile_in_pieces():
    data = make_zip()
    stream = Spool.ConcatInputStream.new()

    # Parts of every kind that can seek.
    for i in range(0, len(data), 7001):
        piece = data[i:i + 7001]
        if i % 2:
            stream.append(Spool.SeekableInputStream.new(open_pipe(piece)))
        else:
            stream.append(memory_stream(piece))

    with zipfile.ZipFile(Reader(stream)) as archive:
        equal(archive.testzip(), None)
        equal(archive.read('first'), b'one' * 1000)


tap.main(globals())
