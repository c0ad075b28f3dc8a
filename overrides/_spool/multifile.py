# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""MultiFileReader: several files read as one."""

import io
import operator

from .errors import closed_error, invalid_position


def is_text_fileobj(fileobj):
    """Whether a file is one of text and not of bytes."""
    if getattr(fileobj, 'encoding', False) or isinstance(fileobj, io.TextIOBase):
        return True
    if isinstance(fileobj, (io.RawIOBase, io.BufferedIOBase)):
        return False

    getvalue = getattr(fileobj, 'getvalue', None)
    if getvalue is None:
        return False
    try:
        return isinstance(getvalue(), str)
    except Exception:
        return False


def _is_file(fileobj):
    return (callable(getattr(fileobj, 'read', None)) and
            callable(getattr(fileobj, 'seek', None)))


class _Unsupported(io.UnsupportedOperation, NotImplementedError):
    """What io raises, and what boltons does."""


class MultiFileReader(io.IOBase):
    """Several files, all of bytes or all of text, read as if they were one.

    It starts where they stand, and each is read from where it stands when it is
    its turn; seek(0) goes to the start of all. They are never closed.
    """

    def __new__(cls, *fileobjs):
        if not all(map(_is_file, fileobjs)):
            raise TypeError('MultiFileReader expected file-like objects'
                            ' with .read() and .seek()')

        if cls is MultiFileReader:
            n_texts = sum(map(is_text_fileobj, fileobjs))
            if n_texts not in (0, len(fileobjs)):
                raise ValueError('All arguments to MultiFileReader must handle'
                                 ' bytes OR text, not a mix')
            cls = _TextReader if n_texts > 0 or not fileobjs else _BytesReader

        return super().__new__(cls)

    def __init__(self, *fileobjs):
        self._fileobjs = fileobjs
        self._index = 0

    def _check_open(self):
        if self.closed:
            raise closed_error()

    def readable(self):
        """Returns True."""
        self._check_open()
        return True

    def _read_part(self, name, count):
        """Reads from the part whose turn it is, and from the next at its end."""
        while self._index < len(self._fileobjs):
            data = getattr(self._fileobjs[self._index], name)(count)
            if data:
                return data
            self._index += 1

        return self._joiner

    def read(self, amt=None):
        """Reads up to that many bytes or characters, or all that follow."""
        self._check_open()
        missing = -1 if amt is None else operator.index(amt)
        parts = []
        while missing:
            part = self._read_part('read', missing)
            if not part:
                break
            parts.append(part)
            if missing > 0:
                missing -= len(part)

        return self._joiner.join(parts)

    def readline(self, size=-1):
        """Reads up to the end of the line, which may lie in the next file."""
        self._check_open()
        missing = -1 if size is None else operator.index(size)
        parts = []
        while missing:
            part = self._read_part('readline', missing)
            if not part:
                break
            parts.append(part)
            if part[-1:] == self._newline:
                break
            if missing > 0:
                missing -= len(part)

        return self._joiner.join(parts)

    def _rewind(self):
        for fileobj in self._fileobjs:
            fileobj.seek(0)
        self._index = 0

        return 0

    def seekable(self):
        """Whether all files can seek."""
        self._check_open()

        return all(getattr(fileobj, 'seekable', _yes)() for fileobj in self._fileobjs)

    def __reduce_ex__(self, protocol):
        raise TypeError('cannot pickle %r object' % type(self).__name__)


def _yes():
    return True


class _BytesReader(MultiFileReader, io.BufferedIOBase):
    _joiner = b''
    _newline = b'\n'

    def read1(self, size=-1):
        """Reads from one file."""
        self._check_open()

        return self._read_part('read', size) if size != 0 else b''

    def _sizes(self):
        sizes = []
        for fileobj in self._fileobjs:
            position = fileobj.tell()
            sizes.append(fileobj.seek(0, io.SEEK_END) or fileobj.tell())
            fileobj.seek(position)

        return sizes

    def seek(self, offset, whence=io.SEEK_SET):
        """Goes to a byte, counted from the start of the first file."""
        self._check_open()
        offset = operator.index(offset)
        if whence == io.SEEK_SET and offset == 0:
            return self._rewind()

        sizes = self._sizes()
        if whence == io.SEEK_CUR:
            offset += self.tell()
        elif whence == io.SEEK_END:
            offset += sum(sizes)
        elif whence != io.SEEK_SET:
            raise ValueError('invalid whence (%r, should be 0, 1 or 2)' % (whence,))
        if offset < 0:
            raise invalid_position('negative seek position %r' % (offset,))

        self._rewind()
        if sizes:
            rest = offset
            while self._index < len(sizes) - 1 and rest >= sizes[self._index]:
                rest -= sizes[self._index]
                self._index += 1
            self._fileobjs[self._index].seek(rest)

        return offset

    def tell(self):
        """Returns the position, counted from the start of the first file."""
        self._check_open()
        if self._index == 0 and self._fileobjs:
            return self._fileobjs[0].tell()

        position = sum(self._sizes()[:self._index])
        if self._index < len(self._fileobjs):
            position += self._fileobjs[self._index].tell()

        return position


class _TextReader(MultiFileReader, io.TextIOBase):
    _joiner = ''
    _newline = '\n'

    def seek(self, offset, whence=io.SEEK_SET):
        """Goes to the start, which is the only place to go to in text."""
        self._check_open()
        if whence != io.SEEK_SET or offset != 0:
            raise _Unsupported('text can only be read again from the start')

        return self._rewind()

    def tell(self):
        self._check_open()
        raise _Unsupported('tell')
