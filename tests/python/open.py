# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Spool.open() and Spool.input_stream_from()."""

import errno
import io
import os
import tempfile
import threading
import zipfile

from common import CHANGES, Spool, equal, raises

from gi.repository import Gio, GLib

import tap

THRESHOLDS = (0, 5, -1)


def make_buffer(threshold, content=b'one\ntwo\n'):
    buffer = Spool.Buffer.new_with_threshold(threshold)
    buffer.append(content)

    return buffer


def test_modes_of_a_buffer():
    for threshold in THRESHOLDS:
        buffer = make_buffer(threshold)
        with Spool.open(buffer) as file:
            equal(file.mode, 'rb')
            assert file.readable() and not file.writable() and file.seekable()
            equal(file.readlines(), [b'one\n', b'two\n'])
            for name, args in (('write', (b'x',)), ('truncate', (0,))):
                raises(io.UnsupportedOperation, getattr(file, name), *args)
        with Spool.open(buffer, 'r+b') as file:
            equal(file.read(4), b'one\n')
            file.write(b'TWO')
        equal(bytes(buffer), b'one\nTWO\n')
        with Spool.open(buffer, 'ab') as file:
            equal(file.tell(), 8)
            raises(io.UnsupportedOperation, file.read)
            file.write(b'three\n')
        with Spool.open(buffer, 'a+b') as file:
            file.seek(0)
            equal(file.readline(), b'one\n')
            file.write(b'four')
            equal(file.tell(), 18)
        equal(bytes(buffer), b'one\nTWO\nthree\nfour')
        with Spool.open(buffer, 'wb') as file:
            equal(len(buffer), 0)
            raises(io.UnsupportedOperation, file.read)
            raises(io.UnsupportedOperation, file.readline)
            file.write(b'new')
            equal(bytes(buffer), b'new')
        with Spool.open(buffer, 'w+b') as file:
            file.write(b'newer')
            file.seek(0)
            equal(file.read(), b'newer')
        buffer.append(b'!')
        equal(bytes(buffer), b'newer!')


def test_text_of_a_buffer():
    for threshold in THRESHOLDS:
        buffer = make_buffer(threshold, b'')
        with Spool.open(buffer, 'w', encoding='latin-1', newline='\r\n') as file:
            file.write('grüße\n')
            equal(bytes(buffer), b'gr\xfc\xdfe\r\n')
            file.write('zwei\n')
        with Spool.open(buffer, 'r', encoding='latin-1') as file:
            equal(list(file), ['grüße\n', 'zwei\n'])


def test_many_files_on_one_buffer():
    for threshold in THRESHOLDS:
        buffer = make_buffer(threshold)
        with Spool.open(buffer) as first, Spool.open(buffer) as second, \
                Spool.open(buffer, 'ab') as writer:
            equal(first.read(4), b'one\n')
            equal(second.read(1), b'o')
            writer.write(b'end')
            equal(first.read(), b'two\nend')
            equal(second.readline(), b'ne\n')
            writer.write(b'!')
            equal(first.read(), b'!')
            assert not buffer.get_completed()
        assert buffer.get_completed(), 'the last writer completes it'
        equal(bytes(buffer), b'one\ntwo\nend!')


def test_streams():
    for threshold in THRESHOLDS:
        buffer = make_buffer(threshold)
        stream = Spool.MemoryInputStream.new_for_buffer(buffer)
        with Spool.open(stream) as file:
            assert isinstance(file, io.BufferedIOBase)
            equal(file.readline(), b'one\n')
            equal(file.seek(-2, io.SEEK_END), 6)
            equal(file.read(), b'o\n')
            assert not file.writable()
            raises((OSError, ValueError), file.seek, -1)
        assert stream.is_closed()

        stream = Spool.MemoryOutputStream.new_for_buffer(buffer)
        with Spool.open(stream, 'wb') as file:
            file.write(b'replaced')
        assert stream.is_closed()
        equal(bytes(buffer), b'replaced')

        stream = Spool.IOStream.new_for_buffer(buffer)
        with Spool.open(stream, 'r+b') as file:
            equal(file.read(2), b're')
            file.write(b'P')
            file.seek(0)
            equal(file.read(), b'rePlaced')
        with Spool.open(Spool.MemoryInputStream.new_for_buffer(buffer), 'r') as file:
            equal(file.read(), 'rePlaced')


def test_streams_of_gio():
    data = b'x' * 100000 + b'\nend'
    stream = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(data))
    with Spool.open(stream) as file:
        equal(file.readline(), data[:-3])
        equal(file.read(), b'end')

    with tempfile.TemporaryDirectory() as folder:
        path = Gio.File.new_for_path(os.path.join(folder, 'archive.zip'))
        with Spool.open(path.create_readwrite(Gio.FileCreateFlags.NONE, None), 'w+b') as file, \
                zipfile.ZipFile(file, 'w') as archive:
            archive.writestr('name', data)
        with Spool.open(path.read(None)) as file, zipfile.ZipFile(file) as archive:
            equal(archive.read('name'), data)

    reader, writer = os.pipe()
    os.write(writer, b'one\ntwo')
    os.close(writer)
    with Spool.open(Gio.UnixInputStream.new(reader, True)) as file:
        assert not file.seekable()
        raises(io.UnsupportedOperation, file.seek, 0)
        equal(list(file), [b'one\n', b'two'])
    raises(OSError, os.fstat, reader)


def test_errors():
    buffer = make_buffer(-1)
    for mode in ('', 'z', 'x', 'xb', 'rwb', 'rbt'):
        raises(ValueError, Spool.open, buffer, mode)
    raises(ValueError, Spool.open, buffer, 'rb', -1, 'utf-8')
    raises(ValueError, Spool.open, buffer, 'r', 0)
    raises(TypeError, Spool.open, io.BytesIO())
    raises(TypeError, Spool.open, None)
    raises(ValueError, Spool.open, Spool.MemoryInputStream.new_for_buffer(buffer), 'wb')
    raises(ValueError, Spool.open, Spool.MemoryInputStream.new_for_buffer(buffer), 'r+b')
    raises(ValueError, Spool.open, Spool.MemoryOutputStream.new(), 'rb')

    limited = make_buffer(-1, b'')
    limited.set_size_limit(4)
    with Spool.open(limited, 'wb') as file:
        file.write(b'1234')
        error = raises(OSError, file.write, b'5')
        equal(error.errno, errno.ENOSPC)
        assert isinstance(error.__cause__, GLib.Error)
        equal((file.tell(), bytes(limited)), (4, b'1234'))

    with Spool.open(buffer) as file:
        buffer.close(None)
        raises(ValueError, file.read)


def test_zip_from_a_pipe():
    """A file over SpoolSeekableInputStream lets zipfile read what can't seek."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('first', b'one' * 1000)
        archive.writestr('folder/second', os.urandom(70000))
    content = target.getvalue()

    for threshold in (0, 1000, -1):
        reader, writer = os.pipe()

        def feed(descriptor=writer):
            with open(descriptor, 'wb') as pipe:
                pipe.write(content)

        thread = threading.Thread(target=feed)
        thread.start()
        buffer = Spool.Buffer.new_with_threshold(threshold)
        stream = Spool.SeekableInputStream.new_for_buffer(Gio.UnixInputStream.new(reader, True),
                                                          buffer)
        with Spool.open(stream) as file, zipfile.ZipFile(file) as archive:
            equal(archive.testzip(), None)
            equal(archive.namelist(), ['first', 'folder/second'])
            equal(archive.read('first'), b'one' * 1000)
        thread.join()
        equal(bytes(buffer), content)
        equal(buffer.get_rolled_over(), threshold >= 0)


def test_input_stream_from():
    for source in (io.BytesIO(b'?one\ntwo\n'), io.BufferedReader(io.BytesIO(b'?one\ntwo\n'))):
        source.read(1)
        stream = Spool.input_stream_from(source)
        assert isinstance(stream, Gio.InputStream) and isinstance(stream, Gio.Seekable)
        equal(b''.join(stream), b'one\ntwo\n')
        assert not source.closed

    stream = Spool.input_stream_from(io.StringIO('grüße'), max_size=3)
    assert stream.get_buffer().get_rolled_over()
    equal(b''.join(stream), 'grüße'.encode())

    with tempfile.TemporaryFile() as file:
        file.write(bytes(200000))
        file.seek(10)
        equal(Spool.input_stream_from(file).get_buffer().get_size(), 199990)


def test_input_stream_from_spooled_files():
    for kind in (Spool.SpooledBytesIO, Spool.SpooledStringIO, Spool.SpooledTemporaryFile,
                 lambda: Spool.SpooledTemporaryFile(mode='w+')):
        for change in CHANGES:
            with kind() as file:
                file.write('é€\nend' if isinstance(file, io.TextIOBase) else 'é€\nend'.encode())
                file.seek(0)
                file.readline()
                change(file)
                stream = Spool.input_stream_from(file)
                assert stream.get_buffer() is file.spool, 'nothing is copied'
                equal(stream.tell(), 6)
                equal(b''.join(stream), b'end')
                equal(file.read(), 'end' if isinstance(file, io.TextIOBase) else b'end')


tap.main(globals())
