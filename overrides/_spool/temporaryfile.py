# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""SpooledTemporaryFile: the standard library's, over a file of bytes."""

import codecs
import functools
import io
import types
import warnings

from .bytefile import ByteFile
from .errors import closed_error
from .ioutils import default_directory

# Encodings and error handlers that make at most eight bytes of a character, and
# of the end of a line.
_NARROW_ENCODINGS = {'ascii', 'cp1252', 'iso8859-1', 'utf-8', 'utf-16', 'utf-16-be',
                     'utf-16-le', 'utf-32', 'utf-32-be', 'utf-32-le'}
_NARROW_ERRORS = {'strict', 'ignore', 'replace', 'surrogateescape', 'surrogatepass'}
_NARROW = 8

# More than any other makes, \N{...} for a character with a long name included.
_WIDE = 512


@functools.lru_cache
def check_mode(mode):
    """Refuses a mode that the built-in open() would not take."""
    kinds = [letter for letter in mode if letter in 'rwax']
    rest = [letter for letter in mode if letter in 'bt+']
    if (len(kinds) != 1 or len(kinds) + len(rest) != len(mode) or
            len(set(rest)) != len(rest) or ('b' in mode and 't' in mode)):
        raise ValueError('invalid mode: %r' % mode)


def _check_types(*parts):
    if len({isinstance(part, bytes) for part in parts if isinstance(part, (str, bytes))}) > 1:
        raise TypeError("Can't mix bytes and non-bytes in path components.")


class SpooledTemporaryFile(io.IOBase):
    """A temporary file that stays in memory while it is small.

    It takes what tempfile.SpooledTemporaryFile takes, and does the same: once it
    has more than max_size bytes they are moved to a file in the folder dir. That
    file has no name, so suffix and prefix change nothing. With a max_size of 0
    only rollover() and fileno() move them. In memory and on disk alike it can be
    read and written, whatever the mode.
    """

    __class_getitem__ = classmethod(types.GenericAlias)

    def __new__(cls, max_size=0, mode='w+b', *args, **kwargs):
        kind = _BinaryFile if 'b' in mode else _TextFile
        if not issubclass(cls, kind):
            cls = _variant(cls, kind)

        return super().__new__(cls)

    def __init__(self, max_size=0, mode='w+b', buffering=-1,
                 encoding=None, newline=None,
                 suffix=None, prefix=None, dir=None, *, errors=None):
        check_mode(mode)
        if suffix is not None or prefix is not None:
            _check_types(suffix, prefix, dir)
        self._max_size = max_size
        self._mode = mode
        threshold = -1 if not max_size else max(max_size, 0)
        self._open(threshold, dir or default_directory(), encoding, errors, newline)

    def __enter__(self):
        if self.closed:
            raise ValueError('Cannot enter context with closed file')

        return self

    def __exit__(self, *args):
        self.close()

    def __del__(self):
        if not getattr(self, 'closed', True):
            warnings.warn('Unclosed file %r' % self, ResourceWarning,
                          stacklevel=2, source=self)
            self.close()

    def __bool__(self):
        return True

    # Files of bytes lack some of these, and files of text others.

    def _lack(self, *args):
        """Only for files of the other kind."""
        raise AttributeError('%s is for the other kind of files' % type(self).__name__)

    detach = read = read1 = readinto = readinto1 = write = _lack
    encoding = errors = newlines = property(_lack)


@functools.lru_cache(maxsize=None)
def _variant(cls, kind):
    """The class for files of bytes, or of text, that belongs to a class."""
    bases = (kind,) if cls is SpooledTemporaryFile else (cls, kind)

    return type(cls)(cls.__name__, bases, {
        '__doc__': cls.__doc__,
        '__module__': cls.__module__,
        '__qualname__': cls.__qualname__,
    })


class _BinaryFile(ByteFile, SpooledTemporaryFile):
    """What is special about a temporary file of bytes."""

    _detached = False

    def _open(self, threshold, directory, encoding, errors, newline):
        self._set_up(threshold, directory)

    @property
    def _file(self):
        return self

    @property
    def mode(self):
        """As given, and 'rb+' once it is a file on disk."""
        return 'rb+' if self._rolled else self._mode

    @property
    def name(self):
        """None, and the number of a descriptor once it is a file on disk."""
        if self.closed and not self._detached:
            return self._last_name
        self._check_open()

        return self._descriptor() if self._rolled else None

    def detach(self):
        """Gives the unbuffered file away, once it is a file on disk."""
        self._check_open()
        if not self._rolled:
            raise io.UnsupportedOperation('detach')
        self.fileno()
        raw = self._stream.detach()
        self._stream = None
        self._detached = True
        self.close()

        return raw


# What a file of text has in place of a wrapper, before it has one and after.
_CLOSED = io.TextIOWrapper(io.BytesIO(), encoding='ascii')
_CLOSED.close()


class _TextFile(io.TextIOBase, SpooledTemporaryFile):
    """What is special about a temporary file of text."""

    _text = _CLOSED

    def _open(self, threshold, directory, encoding, errors, newline):
        self._bytes = ByteFile()
        self._bytes._set_up(threshold, directory)
        encoding = io.text_encoding(encoding) if hasattr(io, 'text_encoding') else encoding
        self._text = text = io.TextIOWrapper(
            self._bytes, encoding=encoding, errors=errors, newline=newline)
        narrow = (codecs.lookup(text.encoding).name in _NARROW_ENCODINGS and
                  text.errors in _NARROW_ERRORS)
        self._most = _NARROW if narrow else _WIDE

    # --- Writing --------------------------------------------------------------

    def write(self, s):
        """Writes text and returns the number of its characters."""
        # The wrapper holds text back. That it may, while there is room for
        # sure: _room counts that, and whatever could change it makes it 0.
        file = self._bytes
        room = file._room - self._most * len(s)
        if room >= 0:
            file._room = room
            return self._text.write(s)

        return self._write_more(s)

    def _write_more(self, s):
        file = self._bytes
        text = self._text
        text.flush()
        needed = self._most * (len(s) + 1)
        if file._secure_room() >= needed:
            file._room -= needed
            return text.write(s)

        position = file.tell()
        try:
            count = text.write(s)
            text.flush()
        except OSError:
            # What was refused is not to be written later, and a byte order
            # mark is due again.
            if not file.closed and file._stream is None:
                text.seek(position)
            raise
        finally:
            file._room = 0

        return count

    def truncate(self, size=None):
        """Cuts off or extends with zeros, counted in bytes."""
        if size is not None and size < 0:
            self._check_open()
            raise ValueError('negative size value %r' % (size,))

        return self._text.truncate(size)

    def flush(self):
        """Lets the system have what was written, where it left memory."""
        self._text.flush()

    # --- Reading --------------------------------------------------------------

    def read(self, *args):
        """Reads up to a number of characters, or all that follow."""
        return self._text.read(*args)

    def readline(self, *args):
        """Reads up to the end of the line."""
        return self._text.readline(*args)

    def readlines(self, *args):
        """Reads all lines that follow."""
        return self._text.readlines(*args)

    def __iter__(self):
        return self._text.__iter__()

    def __next__(self):
        return self._text.__next__()

    # --- The position ---------------------------------------------------------

    def seek(self, *args):
        """Goes to a position that tell() returned, to the start or the end."""
        # At the start a byte order mark may be due.
        self._bytes._room = 0

        return self._text.seek(*args)

    def tell(self):
        """Returns the position as a number for seek()."""
        return self._text.tell()

    # --- What is behind it ----------------------------------------------------

    def _check_open(self):
        if self._text.closed:
            raise closed_error()

    @property
    def _file(self):
        return self._text

    @property
    def buffer(self):
        """The file of bytes with the text."""
        self._text.flush()

        return self._bytes

    @property
    def spool(self):
        """The SpoolBuffer with the text, for whatever reads and writes streams."""
        self._hand_out()

        return self._bytes.spool

    def _hand_out(self):
        """Lets others have all that was written, now and from now on."""
        self._text.seek(self._text.tell())
        self._text.reconfigure(write_through=True)

    @property
    def _rolled(self):
        """Whether the text is in a temporary file."""
        return self._bytes._rolled

    def rollover(self):
        """Moves the text to a temporary file now, whatever its size."""
        self._text.flush()
        self._bytes.rollover()
        self._bytes._room = 0

    def fileno(self):
        """Rolls over and returns the descriptor of the temporary file."""
        self._hand_out()

        return self._bytes.fileno()

    def detach(self):
        """Gives the file of bytes away; this one is of no use afterwards."""
        file = self._text.detach()
        self._text = _CLOSED

        return file

    @property
    def mode(self):
        """The mode that was given."""
        return self._mode

    @property
    def name(self):
        """None, and the number of a descriptor once it is a file on disk."""
        if self._text is _CLOSED:
            raise closed_error()
        if self._text.closed:
            return self._bytes._last_name

        return self._bytes._descriptor() if self._rolled else None

    @property
    def encoding(self):
        """The encoding of the text."""
        return self._text.encoding

    @property
    def errors(self):
        """What becomes of characters that cannot be encoded or decoded."""
        return self._text.errors

    @property
    def newlines(self):
        """The ends of lines that were met."""
        return self._text.newlines

    def readable(self):
        self._check_open()
        return True

    writable = seekable = readable

    def isatty(self):
        """Returns False: no temporary file is a terminal."""
        return self._text.isatty()

    @property
    def closed(self):
        """Whether the file was closed."""
        return self._text.closed

    def close(self):
        """Drops the text, unless somebody else has the buffer."""
        self._text.close()

    def __reduce_ex__(self, protocol):
        raise TypeError('cannot pickle %r object' % type(self).__name__)
