# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Python files over streams and buffers, and a stream of a Python file."""

import io

from gi.repository import Gio, GLib

from .bytefile import ByteFile, Spool, WINDOW_SIZE
from .errors import call, closed_error, invalid_position
from .ioutils import SpooledIOBase
from .temporaryfile import SpooledTemporaryFile, check_mode

_WHENCE = {
    io.SEEK_SET: GLib.SeekType.SET,
    io.SEEK_CUR: GLib.SeekType.CUR,
    io.SEEK_END: GLib.SeekType.END,
}


class _BufferFile(ByteFile):
    """The bytes of a buffer that somebody has."""

    def __init__(self, spool, mode):
        self._set_up_for_buffer(spool)
        self.mode = mode
        self._readable = 'r' in mode or '+' in mode
        self._writable = 'r' not in mode or '+' in mode
        self._appending = 'a' in mode
        self._writer = None

        if 'w' in mode:
            call(spool.truncate, 0, None)
        if self._writable:
            # The buffer counts its writers, and is completed by the last.
            self._writer = Spool.MemoryOutputStream.new_for_buffer(spool)
        if self._appending:
            self.seek(0, io.SEEK_END)

    def readable(self):
        self._check_open()
        return self._readable

    def writable(self):
        self._check_open()
        return self._writable

    def _require(self, name):
        self._check_open()
        if not getattr(self, '_' + name):
            raise io.UnsupportedOperation('not ' + name)

    def read(self, n=-1):
        self._require('readable')
        return super().read(n)

    def read1(self, n=-1):
        self._require('readable')
        return super().read1(n)

    def readinto(self, buffer):
        self._require('readable')
        return super().readinto(buffer)

    def readline(self, length=-1):
        self._require('readable')
        return super().readline(length)

    def getvalue(self):
        self._require('readable')
        return super().getvalue()

    def write(self, s):
        self._require('writable')
        if self._appending:
            self.seek(0, io.SEEK_END)

        return super().write(s)

    def truncate(self, size=None):
        self._require('writable')
        return super().truncate(size)

    def close(self):
        if self.closed:
            return

        writer, self._writer = self._writer, None
        try:
            super().close()
        finally:
            if writer is not None:
                call(writer.close, None)


class _RawStream(io.RawIOBase):
    """The bytes of a stream."""

    def __init__(self, stream, mode):
        self._stream = stream
        self._input = self._output = None
        if isinstance(stream, Gio.IOStream):
            self._input = stream.get_input_stream()
            self._output = stream.get_output_stream()
        elif isinstance(stream, Gio.InputStream):
            self._input = stream
        else:
            self._output = stream
        self.mode = mode

        if '+' not in mode:
            if 'r' in mode:
                self._output = None
            else:
                self._input = None
        if 'w' in mode and self.seekable() and stream.can_truncate():
            call(stream.truncate, 0, None)

    def readable(self):
        return self._input is not None

    def writable(self):
        return self._output is not None

    def seekable(self):
        return isinstance(self._stream, Gio.Seekable) and self._stream.can_seek()

    def readinto(self, buffer):
        if self._input is None:
            raise io.UnsupportedOperation('not readable')

        data = call(self._input.read_bytes, len(buffer), None).get_data() or b''
        buffer[:len(data)] = data

        return len(data)

    def write(self, data):
        if self._output is None:
            raise io.UnsupportedOperation('not writable')

        return call(self._output.write_bytes, GLib.Bytes.new(bytes(data)), None)

    def seek(self, offset, whence=io.SEEK_SET):
        if self.closed:
            raise closed_error()
        if not self.seekable():
            raise io.UnsupportedOperation('not seekable')
        if whence not in _WHENCE:
            raise ValueError('invalid whence (%r, should be 0, 1 or 2)' % (whence,))
        if whence == io.SEEK_SET and offset < 0:
            raise invalid_position('negative seek position %r' % (offset,))

        call(self._stream.seek, offset, _WHENCE[whence], None)

        return self._stream.tell()

    def truncate(self, size=None):
        if self._output is None or not self.seekable():
            raise io.UnsupportedOperation('truncate')
        if size is None:
            size = self._stream.tell()

        call(self._stream.truncate, size, None)

        return size

    def flush(self):
        super().flush()
        if self._output is not None:
            call(self._output.flush, None)

    def close(self):
        if self.closed:
            return

        try:
            super().close()
        finally:
            call(self._stream.close, None)


def _open_stream(stream, mode, buffering):
    raw = _RawStream(stream, mode)
    if not (raw.readable() if 'r' in mode or '+' in mode else raw.writable()) or (
            '+' in mode and not raw.writable()):
        raise ValueError('%s cannot be opened in mode %r' % (type(stream).__name__, mode))
    if 'a' in mode and raw.seekable():
        raw.seek(0, io.SEEK_END)

    if buffering == 0:
        return raw

    size = buffering if buffering > 1 else WINDOW_SIZE
    if '+' not in mode:
        return (io.BufferedReader if 'r' in mode else io.BufferedWriter)(raw, size)
    if not raw.seekable():
        raise ValueError('%s cannot seek, as mode %r needs' % (type(stream).__name__, mode))

    return io.BufferedRandom(raw, size)


def open(stream_or_buffer, mode='rb', buffering=-1, encoding=None, errors=None, newline=None):
    """Opens a SpoolBuffer, or a stream of GIO, as a Python file.

    The mode and what follows it are those of the built-in open(), but for 'x'.
    Any number of files can be open on one buffer, each with a position of its
    own, and what one writes the others read at once. Closing the file closes
    the stream, and never the buffer.
    """
    check_mode(mode)
    if 'x' in mode:
        raise ValueError('mode %r is for files that are not there yet' % mode)

    binary = 'b' in mode
    if binary and (encoding is not None or errors is not None or newline is not None):
        raise ValueError("binary mode doesn't take an encoding, errors or newline argument")
    if not binary and buffering == 0:
        raise ValueError("can't have unbuffered text I/O")

    if isinstance(stream_or_buffer, Spool.Buffer):
        file = _BufferFile(stream_or_buffer, mode)
    elif isinstance(stream_or_buffer, (Gio.InputStream, Gio.OutputStream, Gio.IOStream)):
        file = _open_stream(stream_or_buffer, mode, buffering)
    else:
        raise TypeError('a buffer or a stream is needed, not %r' % (stream_or_buffer,))

    if binary:
        return file

    return io.TextIOWrapper(file, encoding, errors, newline, line_buffering=buffering == 1,
                            write_through=isinstance(file, _BufferFile))


def input_stream_from(fileobj, max_size=5000000):
    """Makes a seekable stream of GIO from any Python file that can be read.

    What the file has left is read at once, into a buffer of which max_size
    bytes stay in memory; text becomes UTF-8. The file is not closed. The bytes
    of the spooled files of this module are shared and not copied, and the
    stream starts at their beginning, at the position that they have.
    """
    if isinstance(fileobj, (SpooledIOBase, SpooledTemporaryFile, _BufferFile)):
        stream = Spool.MemoryInputStream.new_for_buffer(fileobj.spool)
        # Of text, where its file of bytes stands; asking for the buffer put it there.
        file = fileobj if isinstance(fileobj, ByteFile) else fileobj._bytes
        call(stream.seek, file.tell(), GLib.SeekType.SET, None)
        return stream

    spool = Spool.Buffer.new_with_threshold(max(max_size, 0))
    while True:
        data = fileobj.read(WINDOW_SIZE)
        if not data:
            break
        if isinstance(data, str):
            data = data.encode()
        call(spool.append, data if type(data) is bytes else bytes(data), None)

    return Spool.MemoryInputStream.new_for_buffer(spool)
