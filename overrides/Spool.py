# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What makes the library at home in Python.

PyGObject loads this when a program imports Spool, and shows it instead of what
was introspected. The file classes are in _spool; here is what the introspected
classes get to be natural.
"""

import operator
import os
from collections.abc import Sequence
from typing import NamedTuple, Optional

from gi.repository import Gio, GLib

from ..module import get_introspection_module
from ..overrides import override
from ._spool.bytefile import WINDOW_SIZE
from ._spool.ioutils import READ_CHUNK_SIZE, SpooledBytesIO, SpooledIOBase
from ._spool.multifile import MultiFileReader, is_text_fileobj
from ._spool.streams import input_stream_from, open
from ._spool.temporaryfile import SpooledTemporaryFile
from ._spool.textfile import SpooledStringIO

Spool = get_introspection_module('Spool')

__all__ = [
    'MultiFileReader',
    'READ_CHUNK_SIZE',
    'SpooledBytesIO',
    'SpooledIOBase',
    'SpooledStringIO',
    'SpooledTemporaryFile',
    'input_stream_from',
    'is_text_fileobj',
    'open',
]

# Programs see them where they find them.
for _thing in (MultiFileReader, SpooledBytesIO, SpooledIOBase, SpooledStringIO,
               SpooledTemporaryFile, input_stream_from, is_text_fileobj, open):
    _thing.__module__ = 'gi.repository.Spool'


def _as_bytes(data):
    # Of anything else every single byte would be looked at by itself.
    return data if type(data) is bytes else bytes(memoryview(data))


def _as_gbytes(data):
    return data if isinstance(data, GLib.Bytes) else GLib.Bytes.new(_as_bytes(data))


def _encode(text):
    if not isinstance(text, str):
        raise TypeError('a string is needed, not %s' % type(text).__name__)

    return GLib.Bytes.new(text.encode())


def _as_file(path):
    if isinstance(path, Gio.File):
        return path

    return Gio.File.new_for_path(os.path.abspath(os.fsdecode(path)))


def _as_error(error):
    """What C code is told of an exception."""
    if not isinstance(error, BaseException) or isinstance(error, GLib.Error):
        return error

    return GLib.Error.new_literal(Gio.io_error_quark(), str(error) or type(error).__name__,
                                  Gio.IOErrorEnum.FAILED)


_NOTHING = object()


def _async_arguments(progress_callback, progress_data, callback, user_data):
    """PyGObject cannot yet tell the data of two callbacks apart."""
    arguments = {}

    if progress_callback is not None:
        data = () if progress_data is _NOTHING else (progress_data,)
        arguments['progress_callback'] = (
            lambda current, total, *ignored: progress_callback(current, total, *data))
    # Without a callback later versions of it return what can be awaited.
    if callback is not None:
        arguments['callback'] = lambda source, result, *ignored: callback(source, result, *user_data)

    return arguments


class Buffer(Spool.Buffer):
    """Bytes that stay in memory while they are few.

    A buffer is a read-only sequence of its bytes: it has a length, can be
    indexed, sliced and iterated over, and bytes() makes a copy. It is true even
    where it is empty. Two buffers are equal only if they are the same;
    Buffer.equal() compares what is in them.
    """

    @staticmethod
    def new_for_bytes(bytes):
        """Makes a buffer with what a GBytes has, or anything that has bytes."""
        return Spool.Buffer.new_for_bytes(_as_gbytes(bytes))

    def __len__(self):
        return self.get_size()

    def __bool__(self):
        return True

    def __bytes__(self):
        return super().read(0, self.get_size(), None)

    def __getitem__(self, key):
        size = self.get_size()

        if isinstance(key, slice):
            start, stop, step = key.indices(size)
            if step == 1:
                return super().read(start, max(stop - start, 0), None)
            indices = range(start, stop, step)
            if not indices:
                return b''
            low = min(indices[0], indices[-1])
            data = super().read(low, abs(indices[-1] - indices[0]) + 1, None)
            return data[indices[0] - low::step] if step < 0 else data[::step]

        index = operator.index(key)
        if index < 0:
            index += size
        data = super().read(index, 1, None) if 0 <= index < size else b''
        if not data:
            raise IndexError('buffer index out of range')

        return data[0]

    def _chunks(self):
        offset = 0
        while True:
            data = super().read(offset, WINDOW_SIZE, None)
            if not data:
                return
            yield data
            offset += len(data)

    def __iter__(self):
        for data in self._chunks():
            yield from data

    def __reversed__(self):
        end = self.get_size()
        while end > 0:
            start = max(end - WINDOW_SIZE, 0)
            yield from reversed(super().read(start, end - start, None))
            end = start

    def __contains__(self, value):
        return any(value in data for data in self._chunks()) if isinstance(value, int) else (
            value in bytes(self))

    def count(self, value):
        """Returns how many bytes have this value."""
        return sum(data.count(value) for data in self._chunks())

    def index(self, value, start=0, stop=None):
        """Returns where the first byte with this value is, or raises ValueError."""
        start, stop, _ = slice(start, stop).indices(self.get_size())
        while start < stop:
            data = super().read(start, min(stop - start, WINDOW_SIZE), None)
            found = data.find(value)
            if found >= 0:
                return start + found
            if not data:
                break
            start += len(data)

        raise ValueError('%r is not in buffer' % (value,))

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close(None)

    def read(self, offset=0, count=-1, cancellable=None):
        """Returns up to count bytes from offset on, or all if that is -1."""
        if count < 0:
            count = max(self.get_size() - offset, 0)

        return super().read(offset, count, cancellable)

    def read_bytes(self, offset=0, count=-1, cancellable=None):
        """Returns up to count bytes from offset on, or all if that is -1."""
        if count < 0:
            count = max(self.get_size() - offset, 0)

        return super().read_bytes(offset, count, cancellable)

    def write(self, offset, data, cancellable=None):
        """Writes anything that has bytes at an offset."""
        return super().write(offset, _as_bytes(data), cancellable)

    def append(self, data, cancellable=None):
        """Writes anything that has bytes at the end."""
        return super().append(_as_bytes(data), cancellable)

    def write_bytes(self, offset, bytes, cancellable=None):
        """Writes a GBytes, or anything that has bytes, at an offset."""
        return super().write_bytes(offset, _as_gbytes(bytes), cancellable)

    def append_bytes(self, bytes, cancellable=None):
        """Writes a GBytes, or anything that has bytes, at the end."""
        return super().append_bytes(_as_gbytes(bytes), cancellable)

    def read_bytes_async(self, offset=0, count=-1, io_priority=GLib.PRIORITY_DEFAULT,
                         *args, **kwargs):
        """Reads up to count bytes from offset on, or all if that is -1."""
        if count < 0:
            count = max(self.get_size() - offset, 0)

        return super().read_bytes_async(offset, count, io_priority, *args, **kwargs)

    def append_bytes_async(self, bytes, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Writes a GBytes, or anything that has bytes, at the end."""
        return super().append_bytes_async(_as_gbytes(bytes), io_priority, *args, **kwargs)

    def write_nonblocking(self, offset, data):
        """Writes anything that has bytes at an offset, if that takes no wait."""
        return super().write_nonblocking(offset, _as_bytes(data))

    def splice_from(self, source, flags=Gio.OutputStreamSpliceFlags.NONE, cancellable=None):
        """Appends all that a GInputStream has."""
        return super().splice_from(source, flags, cancellable)

    def splice_from_async(self, source, flags=Gio.OutputStreamSpliceFlags.NONE,
                          io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Appends all that a GInputStream has."""
        return super().splice_from_async(source, flags, io_priority, *args, **kwargs)

    def reserve_async(self, size, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Makes sure of the room for so many bytes."""
        return super().reserve_async(size, io_priority, *args, **kwargs)

    def roll_over_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Moves the bytes to a temporary file now, whatever their size."""
        return super().roll_over_async(io_priority, *args, **kwargs)

    def get_bytes_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Makes a GBytes with all that is in the buffer."""
        return super().get_bytes_async(io_priority, *args, **kwargs)

    def create_sealed_fd_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Makes a descriptor of memory with a copy that nobody can change."""
        return super().create_sealed_fd_async(io_priority, *args, **kwargs)

    def dup_fd(self, writable=False, cancellable=None):
        """Rolls over and returns a new descriptor of the temporary file."""
        return super().dup_fd(writable, cancellable)

    def complete(self, error=None):
        """Says that nothing more comes, or why not: a GLib.Error or any exception."""
        # PyGObject takes no None where C takes no error.
        return super().complete() if error is None else super().complete(_as_error(error))

    def save(self, destination, flags=Spool.SaveFlags.NONE, cancellable=None,
             progress_callback=None, *progress_data):
        """Saves a copy to a GFile or a path, whole or not at all."""
        return super().save(_as_file(destination), flags, cancellable,
                            progress_callback, *progress_data)

    def save_async(self, destination, flags=Spool.SaveFlags.NONE,
                   io_priority=GLib.PRIORITY_DEFAULT, cancellable=None,
                   progress_callback=None, progress_data=_NOTHING, callback=None, *user_data):
        """Saves a copy to a GFile or a path, whole or not at all."""
        return super().save_async(_as_file(destination), flags, io_priority, cancellable,
                                  **_async_arguments(progress_callback, progress_data,
                                                     callback, user_data))

    def move(self, destination, flags=Spool.SaveFlags.NONE, cancellable=None,
             progress_callback=None, *progress_data):
        """Hands the temporary file over to a GFile or a path."""
        return super().move(_as_file(destination), flags, cancellable,
                            progress_callback, *progress_data)

    def move_async(self, destination, flags=Spool.SaveFlags.NONE,
                   io_priority=GLib.PRIORITY_DEFAULT, cancellable=None,
                   progress_callback=None, progress_data=_NOTHING, callback=None, *user_data):
        """Hands the temporary file over to a GFile or a path."""
        return super().move_async(_as_file(destination), flags, io_priority, cancellable,
                                  **_async_arguments(progress_callback, progress_data,
                                                     callback, user_data))


Buffer = override(Buffer)
Sequence.register(Buffer)
__all__.append('Buffer')


class _Seekable:
    """The position is counted from the start where nothing else is said."""

    def seek(self, offset, type=GLib.SeekType.SET, cancellable=None):
        """Moves the position."""
        return super().seek(offset, type, cancellable)


class _Closing:
    """A stream is closed where its block ends."""

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close(None)

    def close_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Closes the stream."""
        return super().close_async(io_priority, *args, **kwargs)


class _Input(_Closing, _Seekable):
    """Iterating over a stream reads it, up to 64 KiB at once."""

    def __iter__(self):
        while True:
            data = self.read_bytes(WINDOW_SIZE, None).get_data()
            if not data:
                return
            yield data

    def read_bytes_async(self, count, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Reads up to count bytes."""
        return super().read_bytes_async(count, io_priority, *args, **kwargs)

    def skip_async(self, count, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Passes over up to count bytes."""
        return super().skip_async(count, io_priority, *args, **kwargs)


class _Writing:
    """Anything that has bytes is taken where C wants a GBytes."""

    def write_bytes(self, bytes, cancellable=None):
        """Writes a GBytes, or anything that has bytes."""
        return super().write_bytes(_as_gbytes(bytes), cancellable)

    def write_bytes_async(self, bytes, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Writes a GBytes, or anything that has bytes."""
        return super().write_bytes_async(_as_gbytes(bytes), io_priority, *args, **kwargs)


class MemoryInputStream(_Input, Spool.MemoryInputStream):
    """Reads from a SpoolBuffer."""

    @staticmethod
    def new_for_bytes(bytes):
        """Makes a stream over a GBytes, or over anything that has bytes."""
        return Spool.MemoryInputStream.new_for_bytes(_as_gbytes(bytes))


class ConcatInputStream(_Input, Spool.ConcatInputStream):
    """Reads several streams as one."""


class SeekableInputStream(_Input, Spool.SeekableInputStream):
    """Makes any stream seekable."""

    def fill(self, count=-1, cancellable=None):
        """Reads ahead up to count bytes, or all if that is -1."""
        return super().fill(count, cancellable)

    def fill_async(self, count=-1, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Reads ahead up to count bytes, or all if that is -1."""
        return super().fill_async(count, io_priority, *args, **kwargs)


class MemoryOutputStream(_Closing, _Seekable, _Writing, Spool.MemoryOutputStream):
    """Writes to a SpoolBuffer."""

    def splice(self, source, flags=Gio.OutputStreamSpliceFlags.NONE, cancellable=None):
        """Writes all that a GInputStream has."""
        return super().splice(source, flags, cancellable)

    def splice_async(self, source, flags=Gio.OutputStreamSpliceFlags.NONE,
                     io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Writes all that a GInputStream has."""
        return super().splice_async(source, flags, io_priority, *args, **kwargs)

    def flush_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Lets the system have what was written, where it left memory."""
        return super().flush_async(io_priority, *args, **kwargs)


class IOStream(_Closing, _Seekable, Spool.IOStream):
    """Reads from a SpoolBuffer, and writes to it, at one position."""


class _Text(NamedTuple):
    """What PyGObject makes of a text and its length in bytes."""

    text: Optional[str]
    length: int


def _decode(data):
    if data is None:
        return _Text(None, 0)

    data = data.get_data()
    return _Text(data.decode(), len(data))


class TextStream(_Seekable, _Writing, Spool.TextStream):
    """Text in UTF-8, read and written by characters.

    Iterating over a stream reads its lines.
    """

    def __iter__(self):
        while True:
            line = self.read_line_bytes(None)
            if line is None:
                return
            yield line.get_data().decode()

    # For PyGObject text that goes to C, or comes from there, ends at a NUL, and the
    # rest would be lost.

    def write(self, text, cancellable=None):
        """Writes text."""
        return super().write_bytes(_encode(text), cancellable)

    def write_async(self, text, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Writes text."""
        return super().write_bytes_async(_encode(text), io_priority, *args, **kwargs)

    def read(self, n_chars=-1, cancellable=None):
        """Reads up to so many characters, or all if that is -1.

        Returns the text, and the number of its bytes.
        """
        return _decode(super().read_bytes(n_chars, cancellable))

    def read_finish(self, result):
        """Returns the text, and the number of its bytes."""
        return _decode(super().read_bytes_finish(result))

    def read_line(self, cancellable=None):
        """Reads a line with its end.

        Returns the text, which is None at the end, and the number of its bytes.
        """
        return _decode(super().read_line_bytes(cancellable))

    def read_line_finish(self, result):
        """Returns the line, which is None at the end, and the number of its bytes."""
        return _decode(super().read_line_bytes_finish(result))

    def dup_text(self, cancellable=None):
        """Returns all of the text, and the number of its bytes."""
        return _decode(super().dup_text_bytes(cancellable))

    def read_bytes(self, n_chars=-1, cancellable=None):
        """Reads up to so many characters, or all if that is -1, as a GBytes."""
        return super().read_bytes(n_chars, cancellable)

    def read_async(self, n_chars=-1, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Reads up to so many characters, or all if that is -1."""
        return super().read_async(n_chars, io_priority, *args, **kwargs)

    def read_bytes_async(self, n_chars=-1, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Reads up to so many characters, or all if that is -1, as a GBytes."""
        return super().read_bytes_async(n_chars, io_priority, *args, **kwargs)

    def read_line_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Reads a line with its end."""
        return super().read_line_async(io_priority, *args, **kwargs)

    def read_line_bytes_async(self, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Reads a line with its end, as a GBytes."""
        return super().read_line_bytes_async(io_priority, *args, **kwargs)


class Pool(Spool.Pool):
    """One budget of memory for many buffers."""

    def trim_async(self, target, io_priority=GLib.PRIORITY_DEFAULT, *args, **kwargs):
        """Lets buffers roll over until no more than target bytes are in memory."""
        return super().trim_async(target, io_priority, *args, **kwargs)


MemoryInputStream = override(MemoryInputStream)
ConcatInputStream = override(ConcatInputStream)
SeekableInputStream = override(SeekableInputStream)
MemoryOutputStream = override(MemoryOutputStream)
IOStream = override(IOStream)
TextStream = override(TextStream)
Pool = override(Pool)
__all__ += [
    'ConcatInputStream',
    'IOStream',
    'MemoryInputStream',
    'MemoryOutputStream',
    'Pool',
    'SeekableInputStream',
    'TextStream',
]
