# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A Python file over a SpoolBuffer: what all files of bytes here have in common.

At each moment a file is in one of four states:

whole       The content is in the window, an io.BytesIO, and there is no buffer
            yet: small files cost what an io.BytesIO costs.
private     The content rolled over and is in a buffer that nobody else knows.
            The window is a piece of it: one that was read ahead, or one that
            was written and that the buffer has yet to get ("dirty").
shared      Somebody has the buffer. Nothing is read ahead or held back.
descriptor  Somebody has the descriptor. Its offset is the position, and all
            goes through it.

What the window can serve is done by C code alone. All else takes the lock, so
that each write is one step even where threads share the file.
"""

import io
import operator
import os
import sys
import threading
from itertools import chain

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from .errors import call, closed_error, invalid_position

Spool = get_introspection_module('Spool')

# How much is read ahead where a file is read from front to back, and how much
# is held back where it is written so.
WINDOW_SIZE = 64 * 1024

# How much is read ahead after a seek.
PAGE_SIZE = 8 * 1024

# The most that is reserved at once for what is held back; small reservations
# take a file system long to make and to give back.
MAX_RESERVE = 4 * 1024 * 1024

# From this size on a read or write gains nothing by a window.
LARGE = 4 * 1024

# The most that one system call reads, and a little less than PyGObject passes on.
_MAX_READ = 0x7ffff000
_MAX_WRITE = 1 << 30

# Those of the library itself.
_buffer_read = Spool.Buffer.read
_buffer_write = Spool.Buffer.write


class _Stale(Exception):
    """The window was replaced by another thread."""


class _Window(io.BytesIO):
    """A piece of the content."""

    __slots__ = ()


class _StaleWindow(_Window):
    """What a window is once it was replaced, or while it is being written out.

    Another thread may be about to use it, and an iterator may hold it.
    """

    __slots__ = ()

    def _refuse(self, *args):
        raise _Stale

    read = read1 = readinto = readline = readlines = _refuse
    seek = tell = truncate = write = _refuse

    def __next__(self):
        # One of the whole content may be what iterates over the file.
        owner = self.__dict__.get('owner')
        if owner is None:
            raise StopIteration

        return owner.__next__()


def _as_bytes(data):
    """The bytes of anything that has some; GObject's arrays want these."""
    return data if type(data) is bytes else bytes(memoryview(data))


def _store(spool, position, data):
    """Writes bytes into a buffer."""
    if len(data) <= _MAX_WRITE:
        call(_buffer_write, spool, position, data, None)
        return

    with memoryview(data) as view:
        for start in range(0, len(view), _MAX_WRITE):
            call(_buffer_write, spool, position + start, bytes(view[start:start + _MAX_WRITE]), None)


def directory_for(path):
    """The folder for temporary files as the buffer wants it."""
    return Gio.File.new_for_path(os.path.abspath(os.fsdecode(path)))


class ByteFile(io.BufferedIOBase):
    """The bytes of a spooled file, as a Python file."""

    # What each call needs; slots are the fastest attributes.
    __slots__ = ('_limit', '_loaded', '_room', '_start', '_threshold', '_whole', '_window',
                 'closed')

    # Most instances never leave the first state, and need none of these.
    _private = True
    _dirty = False
    _spool = None
    _stream = None
    _fd = -1
    _last_name = None
    _unflushed = False
    _reserved = 0
    _next_read = -1
    _next_write = -1

    def _set_up(self, threshold, directory):
        """Starts with nothing. THRESHOLD_NEVER is none."""
        self._window = _Window()
        self.closed = False
        self._whole = self._loaded = True
        self._start = self._room = 0
        self._threshold = threshold
        self._limit = sys.maxsize if threshold < 0 else threshold
        self._directory = directory

    def _set_up_for_buffer(self, spool):
        self._window = _Window()
        self.closed = self._loaded = False
        self._start = self._room = 0
        self._limit = -1
        self._spool = spool
        self._whole = self._private = False

    # --- States ---------------------------------------------------------------

    @property
    def _lock(self):
        try:
            return self.__dict__['_own_lock']
        except KeyError:
            return self.__dict__.setdefault('_own_lock', threading.RLock())

    def _again(self, name, *args):
        """Does what the window could not, if need be once it is back."""
        with self._lock:
            if self._stream is not None:
                return self._with_stream(name, *args)
            if type(self._window) is _StaleWindow:
                raise RuntimeError('reentrant call')
            return getattr(self, name)(*args)

    def _check_open(self):
        if self.closed:
            raise closed_error()

    def _position(self):
        return self._start + self._window.tell()

    def _place(self, position, content=b''):
        """Puts a window at a position, with the content there."""
        self._start = position
        if self._loaded or content:
            self._window.__class__ = _StaleWindow
            self._limit = -1
            self._room = 0
            self._dirty = False
            self._loaded = len(content) > 0
            self._window = _Window(content)

    def _new_spool(self):
        spool = Spool.Buffer.new_with_threshold(self._threshold)
        if self._directory is not None:
            spool.set_directory(directory_for(self._directory))

        return spool

    def _leave_memory(self, roll_over, data=b''):
        """Gives the content to a buffer, and what is to be written at the position.

        On failure nothing has changed.
        """
        window = self._window
        position = window.tell()
        window.__class__ = _StaleWindow

        try:
            content = window.getvalue()
            spool = self._new_spool()
            if not roll_over:
                _store(spool, 0, content)
            else:
                # A small file is written in one go, a large one not copied.
                parts = [(0, content), (position, data)]
                if max(len(content), position + len(data)) <= WINDOW_SIZE:
                    spool.set_threshold(Spool.THRESHOLD_NEVER)
                    for place, part in parts:
                        if part:
                            _store(spool, place, part)
                    spool.set_threshold(self._threshold)
                    parts.clear()
                call(spool.roll_over, None)
                for place, part in parts:
                    if part:
                        _store(spool, place, part)
        except BaseException:
            window.__class__ = _Window
            raise

        window.owner = self
        self._spool = spool
        self._unflushed = True
        self._whole = False
        self._place(position + len(data))
        self._next_write = position + len(data)

    def _write_out(self):
        """Gives the buffer what the window holds back, or keeps it."""
        if not self._dirty:
            return

        window = self._window
        window.__class__ = _StaleWindow
        try:
            _store(self._spool, self._start, window.getvalue())
        finally:
            window.__class__ = _Window

        self._dirty = False
        self._unflushed = True
        self._limit = -1
        self._room = 0

    def _settle(self):
        """Lets the buffer have all, and forgets what was read ahead."""
        self._write_out()
        if not self._whole and self._stream is None:
            self._place(self._position())

    # --- The buffer -----------------------------------------------------------

    def _size(self):
        if self._whole:
            return self._window.getbuffer().nbytes
        if self._stream is not None:
            return os.fstat(self._stream.fileno()).st_size

        self._write_out()

        return self._spool.get_size()

    def _read_fd(self):
        """A descriptor to read from, which only a private file can have."""
        if self._fd < 0:
            self._fd = self._spool.dup_fd(False, None)

        return self._fd

    def _drop_fd(self):
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _read_at(self, position, count):
        """All that is there, up to count bytes. What is dirty must be out."""
        spool = self._spool

        if not self._private or (self._unflushed and count <= PAGE_SIZE):
            return call(_buffer_read, spool, position, count, None)

        if self._unflushed:
            call(spool.flush, None)
            self._unflushed = False

        fd = self._fd
        if fd < 0:
            try:
                fd = self._read_fd()
            except GLib.Error:
                # No more descriptors, or no local file.
                return call(_buffer_read, spool, position, count, None)

        if count > WINDOW_SIZE:
            count = max(min(count, spool.get_size() - position), 0)

        data = os.pread(fd, count, position)
        if len(data) == count or not data or len(data) < min(count, _MAX_READ):
            return data

        return data + self._read_at(position + len(data), count - len(data))

    def _fill(self):
        """Loads the window with what is at the position."""
        self._write_out()
        position = self._position()
        sequential = position == self._next_read
        content = self._read_at(position, WINDOW_SIZE if sequential else PAGE_SIZE)
        self._place(position, content)
        self._next_read = position + len(content)

        return len(content) > 0

    def _with_stream(self, name, *args):
        """Does it where the descriptor stands, and leaves it where it ends."""
        stream = self._stream
        if name == 'write':
            return self._write_to_stream(*args)
        if name == 'read' and args[0] is not None and args[0] < 0:
            args = (-1,)

        # These two keep it from relying on where it last was.
        stream.tell()
        try:
            return getattr(stream, name)(*args)
        finally:
            stream.flush()

    def _write_to_stream(self, data):
        raw = self._stream.raw
        with memoryview(data) as view, view.cast('B') as octets:
            start = raw.tell()
            written = 0
            try:
                while written < len(octets):
                    written += raw.write(octets[written:])
            except OSError:
                raw.seek(start)
                raise

        return written

    # --- Reading --------------------------------------------------------------

    def readable(self):
        self._check_open()
        return True

    def read(self, n=-1):
        """Reads up to n bytes, or all that follow."""
        try:
            data = self._window.read(n)
        except _Stale:
            return self._again('read', n)
        if self._whole or len(data) == n:
            return data

        return self._read_more(data, n)

    def _read_more(self, data, n):
        with self._lock:
            if self._dirty:
                self._write_out()
            position = self._start + self._window.tell()

            if n is None or n < 0:
                # A buffer that was closed says so only to who wants something.
                missing = max(self._spool.get_size() - position, 0 if self._private else 1)
            else:
                missing = n - len(data)
            if missing <= 0:
                return data

            if missing >= LARGE and (position != self._next_read or missing >= WINDOW_SIZE // 2):
                more = self._read_at(position, missing)
                self._place(position + len(more))
                self._next_read = position + len(more)
            else:
                self._fill()
                more = self._window.read(missing)
                if not self._private:
                    self._place(self._position())
                elif len(more) < missing and more:
                    more += self.read(missing - len(more))

        return data + more if data else more

    def read1(self, n=-1):
        """Reads up to n bytes, as many as are at hand."""
        try:
            data = self._window.read1(n)
        except _Stale:
            return self._again('read1', n)
        if self._whole or data or n == 0:
            return data

        return self.read(min(n, WINDOW_SIZE) if n is not None and n >= 0 else WINDOW_SIZE)

    def readinto(self, buffer):
        """Reads into a writable buffer and returns how many bytes it got."""
        try:
            count = self._window.readinto(buffer)
        except _Stale:
            return self._again('readinto', buffer)
        if self._whole:
            return count

        with memoryview(buffer) as view, view.cast('B') as octets:
            if count == len(octets):
                return count
            return self._readinto_more(octets, count)

    def _readinto_more(self, octets, count):
        with self._lock:
            missing = len(octets) - count

            if self._private and missing >= LARGE:
                self._write_out()
                if self._unflushed:
                    call(self._spool.flush, None)
                    self._unflushed = False
                try:
                    fd = self._read_fd()
                except GLib.Error:
                    fd = -1
                if fd >= 0:
                    position = self._position()
                    more = os.preadv(fd, [octets[count:]], position)
                    self._place(position + more)
                    self._next_read = position + more
                    return count + more

            more = self._read_more(b'', missing)
            octets[count:count + len(more)] = more

        return count + len(more)

    def readinto1(self, buffer):
        """Reads what is at hand into a writable buffer."""
        with memoryview(buffer) as view, view.cast('B') as octets:
            data = self.read1(len(octets))
            octets[:len(data)] = data

        return len(data)

    def peek(self, n=0):
        """Returns bytes that come next, without moving the position."""
        with self._lock:
            self._check_open()
            if self._stream is not None:
                return self._with_stream('peek', n)

            position = self.tell()
            data = self.read(max(n, PAGE_SIZE))
            self.seek(position)

        return data

    def readline(self, length=-1):
        """Reads up to the end of the line, or up to length bytes of it."""
        try:
            line = self._window.readline(length)
        except _Stale:
            return self._again('readline', length)
        if self._whole or (line and line[-1] == 10) or len(line) == length:
            return line

        return self._readline_more(line, length)

    def _readline_more(self, line, length):
        with self._lock:
            lines = [line]
            missing = -1 if length is None or length < 0 else length - len(line)
            while missing and lines[-1][-1:] != b'\n' and self._fill():
                lines.append(self._window.readline(missing))
                if missing > 0:
                    missing -= len(lines[-1])

            if not self._private:
                self._place(self._position())

        return b''.join(lines)

    def readlines(self, sizehint=0):
        """Reads lines, until they have sizehint bytes if that is given."""
        if sizehint is None or sizehint <= 0:
            return list(self)

        lines = []
        size = 0
        while size < sizehint:
            line = self.readline()
            if not line:
                break
            lines.append(line)
            size += len(line)

        return lines

    def __iter__(self):
        self._check_open()
        if self._whole:
            return self._window

        return chain.from_iterable(iter(self._next_lines, None))

    def _next_lines(self):
        """What yields the next lines when it is iterated, or None at the end."""
        with self._lock:
            self._check_open()

            if self._private:
                self._write_out()
                position = self._position()
                content = self._read_at(position, WINDOW_SIZE)
                # Only the last line of all may have no end.
                end = len(content)
                if end == WINDOW_SIZE:
                    end = content.rfind(b'\n') + 1
                if end > 0:
                    self._place(position, content[:end])
                    self._next_read = position + end
                    return self._window

            line = self.readline()

        return (line,) if line else None

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration

        return line

    def getvalue(self):
        """Returns all bytes. The position stays."""
        with self._lock:
            self._check_open()
            if self._whole:
                return self._window.getvalue()

            size = self._size()
            if self._stream is not None:
                return _read_all(self._stream.fileno(), size)

            return self._read_at(0, size)

    # --- Writing --------------------------------------------------------------

    def writable(self):
        self._check_open()
        return True

    def write(self, s):
        """Writes bytes and returns their number."""
        window = self._window
        try:
            if type(s) is bytes and window.tell() + len(s) <= self._limit:
                return window.write(s)
        except _Stale:
            return self._again('write', s)

        return self._write_more(s)

    def _write_more(self, data):
        with memoryview(data) as view:
            count = view.nbytes
            if not view.c_contiguous:
                data = bytes(view)

        with self._lock:
            self._check_open()
            if self._stream is not None:
                return self._write_to_stream(_as_bytes(data))

            position = self._position()
            if self._whole:
                if position + count <= self._limit:
                    return self._window.write(data)
                if count > 0:
                    self._leave_memory(True, _as_bytes(data))
                return count

            if count == 0:
                return 0

            data = _as_bytes(data)
            self._write_out()
            if count < LARGE and position == self._next_write and self._secure(position):
                return self._window.write(data)

            _store(self._spool, position, data)
            self._unflushed = True
            self._place(position + count)
            self._next_write = position + count

        return count

    def _secure(self, position):
        """Makes a window that may hold back what is written at the position.

        The disk has promised the room, so nothing that it takes gets lost.
        """
        if not self._private:
            return False

        if position + WINDOW_SIZE > self._reserved and not (
                self._reserve(position + min(position, MAX_RESERVE)) or
                self._reserve(position + WINDOW_SIZE)):
            return False

        self._place(position)
        self._dirty = self._loaded = True
        self._limit = WINDOW_SIZE

        return True

    def _reserve(self, size):
        if size < self._position() + WINDOW_SIZE:
            return False

        try:
            self._spool.reserve(size, None)
        except GLib.Error:
            return False
        self._reserved = size

        return True

    def _secure_room(self):
        """How many bytes can be written at the position and cannot fail.

        Afterwards _room has that number, for a caller who holds them back.
        """
        with self._lock:
            self._check_open()
            if self._stream is not None or not (self._whole or self._private):
                return 0

            if self._whole:
                self._room = max(self._limit - max(self._size(), self._position()), 0)
            else:
                position = self._position()
                if not self._dirty or self._window.tell() > WINDOW_SIZE // 2:
                    self._write_out()
                    if not self._secure(position):
                        return 0
                self._room = WINDOW_SIZE - self._window.tell()

            return self._room

    def truncate(self, size=None):
        """Cuts off or extends with zeros. The position stays."""
        with self._lock:
            self._check_open()
            position = self.tell()
            if size is None:
                size = position
            if size < 0:
                raise invalid_position('negative size value %r' % (size,))

            if self._stream is not None:
                return self._with_stream('truncate', size)

            if self._whole:
                window = self._window
                old_size = self._size()
                if size <= old_size:
                    window.truncate(size)
                    return size
                if size <= self._limit:
                    window.seek(old_size)
                    window.write(bytes(size - old_size))
                    window.seek(position)
                    return size
                self._leave_memory(True)

            self._settle()
            self._reserved = 0
            call(self._spool.truncate, size, None)
            self._unflushed = True

        return size

    def flush(self):
        """Lets the system have what was written, where it left memory."""
        with self._lock:
            self._check_open()
            if self._stream is not None:
                self._stream.flush()
            elif not self._whole:
                self._write_out()
                call(self._spool.flush, None)
                self._unflushed = False

    # --- The position ---------------------------------------------------------

    def seekable(self):
        self._check_open()
        return True

    def seek(self, pos, mode=0):
        """Moves the position, which may lie behind the end."""
        if mode == 0 and pos >= 0:
            if self._whole:
                try:
                    return self._window.seek(pos)
                except (_Stale, OverflowError):
                    pass
            elif not self._loaded and type(pos) is int and not self.closed:
                self._start = pos
                return pos

        return self._seek_more(pos, mode)

    def _seek_more(self, pos, mode):
        with self._lock:
            self._check_open()
            pos = operator.index(pos)
            if mode == 1:
                pos += self.tell()
            elif mode == 2:
                pos += self._size()
            elif mode != 0:
                raise ValueError('invalid whence (%r, should be 0, 1 or 2)' % (mode,))
            if pos < 0:
                raise invalid_position('negative seek position %r' % (pos,))

            if self._whole:
                # Where Python counts with 32 bits, files are larger all the same.
                if not sys.maxsize < pos < 1 << 63:
                    return self._window.seek(pos)
                self._leave_memory(False)
            if self._stream is not None:
                return self._with_stream('seek', pos)

            if self._start <= pos <= self._start + self._window.getbuffer().nbytes:
                self._window.seek(pos - self._start)
            else:
                self._write_out()
                self._place(pos)

        return pos

    def tell(self):
        """Returns the position."""
        try:
            return self._start + self._window.tell()
        except _Stale:
            return self._again('tell')

    # --- What is behind it ----------------------------------------------------

    def _is_rolled(self):
        with self._lock:
            if self._whole:
                return False
            if self._spool is not None and not self.closed:
                self._write_out()

            return self._stream is not None or (
                self._spool is not None and self._spool.get_rolled_over())

    @property
    def _rolled(self):
        """Whether the bytes are in a temporary file."""
        return self._is_rolled()

    def rollover(self):
        """Moves the bytes to a temporary file now, whatever their size."""
        with self._lock:
            self._check_open()
            if self._whole:
                self._leave_memory(True)
            elif self._stream is None:
                self._write_out()
                call(self._spool.roll_over, None)

    @property
    def spool(self):
        """The SpoolBuffer with the bytes, for whatever reads and writes streams."""
        with self._lock:
            self._check_open()
            if self._whole:
                self._leave_memory(False)
            self._settle()
            self._private = False

            return self._spool

    def fileno(self):
        """Rolls over and returns the descriptor of the temporary file.

        From then on the offset of the descriptor is the position.
        """
        with self._lock:
            self._check_open()
            if self._stream is None:
                self.rollover()
                self._settle()
                position = self._position()
                fd = call(self._spool.dup_fd, True, None)
                os.lseek(fd, position, os.SEEK_SET)
                if self._fd >= 0:
                    # Whoever was told that number can go on with it.
                    os.dup2(fd, self._fd, inheritable=False)
                    os.close(fd)
                    fd, self._fd = self._fd, -1
                self._stream = open(fd, 'r+b')
                self._private = False
                self._loaded = True
                self._window.__class__ = _StaleWindow

            return self._stream.fileno()

    def _descriptor(self):
        """The number that fileno() will return, with the position left alone."""
        with self._lock:
            if self._stream is not None:
                return self._stream.fileno()

            return call(self._read_fd)

    def isatty(self):
        """Returns False: no temporary file is a terminal."""
        self._check_open()
        return False

    def close(self):
        """Drops the bytes, unless somebody else has the buffer."""
        # One that was refused before it was a file has no such attribute.
        if getattr(self, 'closed', True):
            return

        self.closed = True
        if self._whole:
            self._window.close()
            return

        with self._lock:
            try:
                if self._stream is not None:
                    self._last_name = self._stream.fileno()
                    self._stream.close()
                elif self._private or self._spool.get_rolled_over():
                    # Of none, where nobody asked: making one takes longer than the rest.
                    self._last_name = self._fd
            finally:
                self._drop_fd()
                self._window.__class__ = _Window
                self._window.close()
                self._spool = None

    def __reduce_ex__(self, protocol):
        raise TypeError('cannot pickle %r object' % type(self).__name__)


def _read_all(fd, size):
    parts = []
    position = 0
    while position < size:
        part = os.pread(fd, min(size - position, _MAX_READ), position)
        if not part:
            break
        parts.append(part)
        position += len(part)

    return b''.join(parts)
