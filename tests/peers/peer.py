# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Does with a spool what its standard input says; see peers.py."""

import signal
import sys

# The byte at a place depends on the place only.
PATTERN = bytes((i * 7 + (i >> 8)) & 0xff for i in range(1 << 17))


class Ours:
    def open(self, threshold, directory):
        import gi
        gi.require_version('Spool', '1')
        from gi.repository import Gio, Spool

        # Python ignores it, and programs in C do not.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

        self.buffer = Spool.Buffer(threshold=threshold,
                                   directory=Gio.File.new_for_path(directory))
        self.stream = Spool.MemoryOutputStream.new_for_buffer(self.buffer)

    def write(self, data):
        return self.stream.write(data)

    def tell(self):
        return self.stream.tell()

    def read_all(self):
        return bytes(self.buffer.read(0, self.buffer.get_size() + 1))


class FileObject:
    def write(self, data):
        n = self.file.write(data)

        return len(data) if n is None else n

    def tell(self):
        return self.file.tell()

    def read_all(self):
        position = self.file.tell()
        self.file.seek(0)
        data = self.file.read()
        self.file.seek(position)

        return data


class CPython(FileObject):
    def open(self, threshold, directory):
        import tempfile

        self.file = tempfile.SpooledTemporaryFile(max_size=threshold, dir=directory)


class Boltons(FileObject):
    def open(self, threshold, directory):
        from boltons.ioutils import SpooledBytesIO

        self.file = SpooledBytesIO(max_size=threshold, dir=directory)


def check(peer, size):
    """Returns what is wrong, or None."""
    position = peer.tell()
    data = peer.read_all()

    if data != PATTERN[:len(data)]:
        return 'wrong bytes'
    if len(data) < size:
        return '%d bytes lost' % (size - len(data))
    if len(data) > size:
        return '%d bytes too many' % (len(data) - size)
    if position != size:
        return 'position is %d' % position

    return None


def main(name):
    peer = {'ours': Ours, 'cpython': CPython, 'boltons': Boltons}[name]()
    size = 0

    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            if command == 'open':
                peer.open(int(arguments[0]), arguments[1])
                answer = 'ok'
            elif command == 'write':
                end = size + int(arguments[0])
                while size < end:
                    size += peer.write(PATTERN[size:end])
                answer = 'ok'
            else:
                answer = check(peer, size) or 'ok'
        except Exception as error:
            answer = 'error %s' % str(error).replace('\n', ' ')
        print(answer, flush=True)


main(sys.argv[1])
