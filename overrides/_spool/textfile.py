# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""SpooledStringIO: text that is addressed by characters, over a file of bytes.

The bytes are UTF-8. Some of the text is read ahead, into an io.StringIO that
serves what it can; _char and _byte say where that stands. Without one they are
the position, which may lie _gap behind the end. Lines that are iterated over are
a list, of which the iterator tells how many are left. Where somebody else has the bytes too, nothing is read ahead, and
the position is that of the file of bytes.
"""

import io
import operator
from bisect import bisect_right
from itertools import chain

from gi.repository import Gio, GLib

from .bytefile import ByteFile, PAGE_SIZE, Spool, WINDOW_SIZE
from .errors import call, closed_error, invalid_position, no_initial_content
from .ioutils import SpooledIOBase, default_directory

# How many bytes lie between characters whose places are remembered.
_STEP = 4 * 1024

# How many bytes are read at first after a seek.
_LITTLE = 512

# No window; nothing ever moves in it.
_NOTHING = io.StringIO()

# What str.splitlines() takes for the end of a line, and these files do not.
_OTHER_ENDS = ('\r', '\v', '\f', '\x1c', '\x1d', '\x1e')
_ALL_OTHER_ENDS = (*_OTHER_ENDS, '\x85', '\u2028', '\u2029')

# All bytes that begin a character.
_LEADS = bytes(octet for octet in range(256) if octet & 0xc0 != 0x80)


def _count_characters(data):
    return len(data) - len(data.translate(None, _LEADS))


class SpooledStringIO(SpooledIOBase, io.TextIOBase):
    """A file of text that stays in memory while it is small.

    Up to max_size bytes of UTF-8 stay in memory; more than that are moved to a
    temporary file in the folder dir, which has no name and goes away with the
    object. Nothing else changes then. Positions and lengths count characters,
    and only a newline ends a line. It is what io.StringIO is, and what
    boltons.ioutils has under this name.
    """

    __slots__ = ('_ahead', '_at_end', '_byte', '_bytes', '_char', '_total')

    _gap = 0
    _lines = None
    _next_fill = -1
    _shared = False

    encoding = 'utf-8'
    errors = 'strict'
    newlines = None

    def __init__(self, max_size=5000000, dir=None):
        try:
            threshold = max_size if max_size > 0 else 0
        except TypeError:
            raise no_initial_content(self, max_size) from None
        self._max_size = max_size
        self._dir = dir
        self._bytes = ByteFile()
        self._bytes._set_up(threshold, dir or default_directory())
        self._ahead = _NOTHING
        self._ahead_bytes = 0
        self._at_end = True
        self._byte = self._char = self._total = 0
        # Where each _STEP bytes or so a character begins.
        self._marks = ([0], [0])

    # --- Where we are ---------------------------------------------------------

    def _check_open(self):
        if self._ahead.closed:
            raise closed_error()

    def _settle(self):
        """Forgets what was read ahead."""
        self._at_end = False
        if self._lines is not None:
            self._stop_lines()
        ahead = self._ahead
        if ahead is _NOTHING:
            return

        consumed = ahead.tell()
        text = ahead.getvalue()
        if consumed == len(text) or len(text) == self._ahead_bytes:
            self._byte += self._ahead_bytes - (len(text) - consumed)
        else:
            self._byte += len(text[:consumed].encode())
        self._char += consumed
        self._ahead = _NOTHING

    def _consumed_characters(self):
        """How many characters were taken of the lines that are iterated over."""
        done = len(self._line_list) - operator.length_hint(self._lines)
        known, count = self._line_place
        if done > known:
            count += sum(map(len, self._line_list[known:done]))
            self._line_place = done, count

        return count

    def _stop_lines(self):
        """Makes a window of the lines, if some are left."""
        if operator.length_hint(self._lines) > 0:
            consumed = self._consumed_characters()
            self._ahead = io.StringIO(''.join(self._line_list), newline='\n')
            self._ahead.seek(consumed)
            # The iterator ends here, and whoever has it asks for more.
            for _ in self._lines:
                pass
        else:
            self._char += self._line_characters
            self._byte += self._ahead_bytes
        self._lines = self._line_list = None

    def _begin(self):
        """Afterwards _byte and _char are the position, whoever moved it."""
        self._check_open()
        self._settle()
        if not self._shared:
            return

        # What lies before the position is counted again only if it was moved.
        position = self._bytes.tell()
        size = self._bytes._size()
        if position != self._byte + self._gap or self._byte > size or (
                self._gap > 0 and self._byte < size):
            self._byte = min(position, size)
            self._gap = position - self._byte
            self._char = self._count(self._byte) + self._gap

    def _end(self):
        """Leaves the position to others, where there are some."""
        if self._shared:
            self._settle()
            self._bytes.seek(self._byte + self._gap)

    def _length(self):
        return self._count(self._bytes._size()) if self._shared else self._total

    def _count(self, end):
        """How many characters the first bytes have."""
        count = 0
        self._bytes.seek(0)
        while end > 0:
            data = self._bytes.read(min(end, WINDOW_SIZE))
            if not data:
                break
            count += _count_characters(data)
            end -= len(data)

        return count

    def _decode_at(self, byte, size):
        """The text that begins there, and how many bytes it has."""
        self._bytes.seek(byte)
        data = self._bytes.read(size)
        try:
            return data.decode(), len(data)
        except UnicodeDecodeError as error:
            # A piece may end within a character. Others are found by whoever
            # reads on to them.
            if error.start == 0:
                raise
            return data[:error.start].decode(), error.start

    def _fill(self, size=PAGE_SIZE):
        self._settle()
        if self._gap > 0:
            return False

        # After a seek there may be no more to read than a little.
        if size == PAGE_SIZE and self._byte != self._next_fill:
            size = _LITTLE
        text, self._ahead_bytes = self._decode_at(self._byte, size)
        if text:
            self._ahead = io.StringIO(text, newline='\n')
            self._next_fill = self._byte + self._ahead_bytes

        return len(text) > 0

    def _locate(self, char):
        """The byte at which a character begins, and how far behind the end it is."""
        if not self._shared:
            size = self._bytes._size()
            if char >= self._total:
                return size, char - self._total
            if size == self._total:
                return char, 0

        chars, octets = ([0], [0]) if self._shared else self._marks
        last = bisect_right(chars, char) - 1
        at, byte = chars[last], octets[last]
        while True:
            text, size = self._decode_at(byte, _STEP)
            if not text:
                return byte, char - at
            if char < at + len(text):
                return byte + len(text[:char - at].encode()), 0
            at += len(text)
            byte += size
            if at > chars[-1]:
                chars.append(at)
                octets.append(byte)

    def _forget_marks(self, byte):
        chars, octets = self._marks
        kept = max(bisect_right(octets, byte), 1)
        del chars[kept:], octets[kept:]

    def _go(self, char, byte, gap=0):
        self._settle()
        self._char = char
        self._byte = byte
        self._gap = gap

    # --- Reading --------------------------------------------------------------

    def readable(self):
        self._check_open()
        return True

    def read(self, n=-1):
        """Reads up to n characters, or all that follow."""
        text = self._ahead.read(n)
        if len(text) == n:
            return text

        return self._read_more(text, n)

    def _read_more(self, text, n):
        texts = [text]
        if n is not None:
            n = operator.index(n)
        everything = n is None or n < 0

        self._begin()
        start = self._char - len(text), self._byte - len(text.encode())
        try:
            missing = -1 if everything else n - len(text)
            while missing and self._fill(WINDOW_SIZE if missing < 0 or missing > PAGE_SIZE
                                         else PAGE_SIZE):
                texts.append(self._ahead.read(missing))
                if not everything:
                    missing -= len(texts[-1])
        except UnicodeDecodeError:
            self._go(*start)
            raise
        finally:
            self._end()

        return ''.join(texts)

    def readline(self, length=None):
        """Reads up to the end of the line, or up to length characters of it."""
        line = self._ahead.readline(length)
        if (line and line[-1] == '\n') or len(line) == length:
            return line

        return self._readline_more(line, length)

    def _readline_more(self, line, length):
        lines = [line]
        missing = -1 if length is None or length < 0 else length - len(line)

        self._begin()
        start = self._char - len(line), self._byte - len(line.encode())
        try:
            while missing and lines[-1][-1:] != '\n' and self._fill():
                lines.append(self._ahead.readline(missing))
                if missing > 0:
                    missing -= len(lines[-1])
        except UnicodeDecodeError:
            self._go(*start)
            raise
        finally:
            self._end()

        return ''.join(lines)

    def readlines(self, sizehint=0):
        """Reads lines, until they have sizehint characters if that is given."""
        if sizehint is None or sizehint <= 0:
            return list(self)

        return super().readlines(sizehint)

    def __iter__(self):
        self._check_open()

        return chain.from_iterable(iter(self._next_lines, None))

    def _next_lines(self):
        """What yields the next lines when it is iterated, or None at the end."""
        self._check_open()

        self._settle()
        if not self._shared and self._gap == 0:
            text, size = self._decode_at(self._byte, WINDOW_SIZE)
            # Only the last line of all may have no end.
            end = len(text)
            if self._byte + size < self._bytes._size():
                end = text.rfind('\n') + 1
            if end > 0:
                self._ahead_bytes = size - (len(text) - end if size == len(text)
                                            else len(text[end:].encode()))
                return self._start_lines(text[:end])

        line = self.readline()

        return (line,) if line else None

    def _start_lines(self, text):
        if any(map(text.__contains__, _OTHER_ENDS if text.isascii() else _ALL_OTHER_ENDS)):
            lines = [line + '\n' for line in text.split('\n')]
            lines[-1] = lines[-1][:-1]
            if not lines[-1]:
                del lines[-1]
        else:
            lines = text.splitlines(True)

        self._line_list = lines
        self._line_place = 0, 0
        self._line_characters = len(text)
        self._lines = iter(lines)

        return self._lines

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration

        return line

    def getvalue(self):
        """Returns all text. The position stays."""
        self._check_open()

        return self._bytes.getvalue().decode()

    def __len__(self):
        self._check_open()
        if not self._shared:
            return self._total

        self._begin()
        try:
            return self._length()
        finally:
            self._end()

    # --- Writing --------------------------------------------------------------

    def writable(self):
        self._check_open()
        return True

    def write(self, s):
        """Writes text over as many characters, and returns their number."""
        if self._at_end and type(s) is str:
            data = s.encode()
            self._bytes.write(data)
            count = len(s)
            self._byte += len(data)
            self._char = self._total = self._char + count
            return count

        return self._write_more(s)

    def _write_more(self, s):
        if not isinstance(s, str):
            raise TypeError('string argument expected, got %r' % type(s).__name__)

        data = s.encode()
        count = len(s)

        self._begin()
        try:
            if count > 0:
                self._put(data, count)
        finally:
            self._end()

        if self._char == self._total and not self._shared:
            self._bytes.seek(self._byte)
            self._at_end = True

        return count

    def _put(self, data, count):
        file = self._bytes
        size = file._size()

        if self._byte == size:
            file.seek(size + self._gap)
            file.write(data)
        else:
            end = self._end_of(count)
            if end - self._byte == len(data):
                file.seek(self._byte)
                file.write(data)
            elif end == size:
                file.seek(self._byte)
                file.write(data)
                file.truncate(self._byte + len(data))
            else:
                self._replace(end, data)
            self._forget_marks(self._byte)

        self._byte += self._gap + len(data)
        self._gap = 0
        self._char += count
        self._total = max(self._total, self._char)

    def _end_of(self, count):
        """The byte behind the next characters, or the end."""
        byte = self._byte
        while count > 0:
            text, size = self._decode_at(byte, min(4 * count, WINDOW_SIZE))
            if not text:
                break
            if len(text) >= count:
                return byte + len(text[:count].encode())
            count -= len(text)
            byte += size

        return byte

    def _replace(self, end, data):
        """Puts other bytes in place of some, and moves what is behind them."""
        file = self._bytes
        size = file._size()
        new_size = size - end + self._byte + len(data)

        if file._whole and new_size > max(size, file._limit):
            file.rollover()

        if file._whole:
            file.seek(end)
            data += file.read()
            file.seek(self._byte)
            file.write(data)
            file.truncate(new_size)
            return

        if file._stream is None:
            file._settle()
            # What is read from now on is another file.
            file._drop_fd()
            file._unflushed = True
            stream = Spool.TextStream.new_for_buffer(file._spool)
            try:
                stream.seek(self._char, GLib.SeekType.SET, None)
                stream.write_bytes(GLib.Bytes.new(data), None)
                return
            except GLib.Error as error:
                if not error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_SUPPORTED):
                    call(_raise, error)

        # Others have the file, so it has to stay the same one.
        self._move_tail(end, self._byte + len(data), size)
        file.seek(self._byte)
        file.write(data)

    def _move_tail(self, source, target, size):
        """Moves what is from source to the end, by blocks, to target."""
        file = self._bytes
        offsets = range(source, size, WINDOW_SIZE)
        for offset in offsets if target < source else reversed(offsets):
            file.seek(offset)
            block = file.read(min(WINDOW_SIZE, size - offset))
            file.seek(offset - source + target)
            file.write(block)
        if target < source:
            file.truncate(size - source + target)

    def truncate(self, size=None):
        """Cuts off or extends with NULs; moves the position back to the end."""
        self._begin()
        try:
            if size is None:
                size = self._char
            if size < 0:
                raise invalid_position('negative size value %r' % (size,))

            byte, gap = self._locate(size)
            byte += gap
            self._bytes.truncate(byte)
            self._forget_marks(byte)
            self._total = size
            if self._char >= size:
                self._go(size, byte)
            else:
                # Where it was behind the end, there is text before it now.
                self._byte += self._gap
                self._gap = 0
        finally:
            self._end()

        return size

    def flush(self):
        """Lets the system have what was written, where it left memory."""
        self._check_open()
        self._bytes.flush()

    # --- The position ---------------------------------------------------------

    def seekable(self):
        self._check_open()
        return True

    def seek(self, pos, mode=0):
        """Moves the position to a character, which may lie behind the end."""
        pos = operator.index(pos)
        if self._shared:
            self._begin()
        elif self._lines is not None:
            self._settle()
        else:
            self._check_open()

        try:
            if mode == 1:
                pos += self._char + self._ahead.tell()
            elif mode == 2:
                pos += self._length()
            elif mode != 0:
                raise ValueError('invalid whence (%r, should be 0, 1 or 2)' % (mode,))
            if pos < 0:
                raise invalid_position('negative seek position %r' % (pos,))

            ahead = self._ahead
            if ahead is not _NOTHING and self._char <= pos <= self._char + self._ahead_bytes:
                end = ahead.seek(0, io.SEEK_END)
                if pos <= self._char + end:
                    ahead.seek(pos - self._char)
                    return pos

            self._go(pos, *self._locate(pos))
        finally:
            self._end()

        if pos == self._total and not self._shared:
            self._bytes.seek(self._byte)
            self._at_end = True

        return pos

    def tell(self):
        """Returns how many characters lie before the position."""
        if self._lines is not None:
            return self._char + self._consumed_characters()
        if self._shared:
            self._begin()
            self._end()

        return self._char + self._ahead.tell()

    # --- What is behind it ----------------------------------------------------

    def _share(self):
        self._check_open()
        self._settle()
        self._shared = True
        self._end()

    @property
    def buffer(self):
        """The file of bytes with the text."""
        self._share()

        return self._bytes

    @property
    def spool(self):
        """The SpoolBuffer with the text, for whatever reads and writes streams."""
        self._share()

        return self._bytes.spool

    @property
    def _rolled(self):
        """Whether the text is in a temporary file."""
        return self._bytes._rolled

    def rollover(self):
        """Moves the text to a temporary file now, whatever its size."""
        self._check_open()
        self._bytes.rollover()

    def fileno(self):
        """Rolls over and returns the descriptor of the temporary file.

        From then on the offset of the descriptor is the position.
        """
        self._check_open()
        self._bytes.rollover()
        self._share()

        return self._bytes.fileno()

    def isatty(self):
        """Returns False: no temporary file is a terminal."""
        self._check_open()
        return False

    @property
    def closed(self):
        """Whether the file was closed."""
        return self._bytes.closed

    def close(self):
        """Drops the text, unless somebody else has the buffer."""
        self._ahead = _CLOSED
        self._lines = None
        self._at_end = False
        self._bytes.close()

    def __reduce_ex__(self, protocol):
        raise TypeError('cannot pickle %r object' % type(self).__name__)


_CLOSED = io.StringIO()
_CLOSED.close()


def _raise(error):
    raise error
