# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""SpooledBytesIO, and what it has in common with SpooledStringIO."""

import io
import tempfile

from .bytefile import ByteFile, Spool
from .errors import no_initial_content

READ_CHUNK_SIZE = 21333


def default_directory():
    """What a program has set for all its temporary files, if anything.

    tempfile.gettempdir() leaves its own default there, and /tmp is memory on
    many systems: where that is, the library knows better.
    """
    return None if tempfile.tempdir in (None, '/tmp', b'/tmp') else tempfile.tempdir


class SpooledIOBase(io.IOBase):
    """What SpooledBytesIO and SpooledStringIO have in common."""

    softspace = 0

    @property
    def pos(self):
        """The position."""
        return self.tell()

    @property
    def buf(self):
        """The content."""
        return self.getvalue()

    @property
    def len(self):
        """The length of the content."""
        return self.__len__()

    @property
    def _file(self):
        return self.buffer

    def next(self):
        """Reads a line, or raises StopIteration at the end."""
        return self.__next__()

    def __bool__(self):
        return True

    def __eq__(self, other):
        if self is other:
            return True
        if not isinstance(other, type(self)):
            return False

        return self.getvalue() == other.getvalue()

    __hash__ = None


class SpooledBytesIO(SpooledIOBase, ByteFile):
    """A file of bytes that stays in memory while it is small.

    Up to max_size bytes stay in memory; more than that are moved to a temporary
    file in the folder dir, which has no name and goes away with the object.
    Nothing else changes then. It is what io.BytesIO is, and what boltons.ioutils
    has under this name.
    """

    def __init__(self, max_size=5000000, dir=None):
        try:
            threshold = max_size if max_size > 0 else 0
        except TypeError:
            raise no_initial_content(self, max_size) from None
        self._max_size = max_size
        self._dir = dir
        self._set_up(threshold, dir or default_directory())

    @property
    def buffer(self):
        """The file of bytes, which is this one."""
        return self

    def truncate(self, size=None):
        """Cuts off or extends with zeros; moves the position back to the end."""
        result = super().truncate(size)
        if size is not None and self.tell() > size:
            self.seek(size)

        return result

    def __len__(self):
        with self._lock:
            self._check_open()
            return self._size()
