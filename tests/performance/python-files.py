#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures the Python files beside tempfile's, those of boltons and io's.

    python-files.py [--directory FOLDER] [--only TEXT] [--rounds N]

A row is what one operation takes. In each round every peer is asked once, in
turn, so that whatever else the machine does meets all of them alike; the best
of the rounds counts, of the processor's time. The ratios say how many times
as fast ours is: more than 1 is faster than the peer.
"""

import argparse
import io
import random
import tempfile
import time

import gi

gi.require_version('Spool', '1')

from gi.repository import Spool  # noqa: E402

try:
    from boltons import ioutils
except ImportError:
    ioutils = None

MEMORY = 1 << 30
LINE = 'forty-three characters and the end of it...\n'

# Those that rolled over do so before the clock runs, but for the creation.
BYTES = {
    'spool': lambda size: Spool.SpooledBytesIO(size),
    'spool tempfile': lambda size: Spool.SpooledTemporaryFile(size or -1),
    'tempfile': lambda size: tempfile.SpooledTemporaryFile(size or -1),
    'boltons': lambda size: ioutils.SpooledBytesIO(size),
    'io': lambda size: io.BytesIO(),
}
TEXT = {
    'spool': lambda size: Spool.SpooledStringIO(size),
    'spool tempfile': lambda size: Spool.SpooledTemporaryFile(size or -1, 'w+', encoding='utf-8',
                                                              newline='\n'),
    'tempfile': lambda size: tempfile.SpooledTemporaryFile(size or -1, 'w+', encoding='utf-8',
                                                           newline='\n'),
    'boltons': lambda size: ioutils.SpooledStringIO(size),
    'io': lambda size: io.StringIO(newline='\n'),
}


class Row:
    """An operation: what is done before the clock runs, and what then, n times."""

    def __init__(self, title, makers, n, work, content=None, left_out=()):
        self.title = title
        self.makers = makers
        self.n = n
        self.work = work
        self.content = content
        self.left_out = left_out

    def measure(self, peer, on_disk):
        make = self.makers[peer]
        size = 0 if on_disk else MEMORY
        file = None

        if self.content is not None:
            file = make(size)
            if on_disk and peer != 'io':
                file.rollover()
            file.write(self.content)
            file.seek(0)

        started = time.process_time()
        self.work(file if file is not None else lambda: make(size), self.n)
        elapsed = time.process_time() - started

        if file is not None:
            file.close()

        return elapsed / self.n


def small_writes(file, n):
    for _ in range(n):
        file.write(b'sixteen bytes...')


def small_reads(file, n):
    for _ in range(n):
        file.read(16)


def iterate(file, n):
    for line in file:
        pass


def read_lines(file, n):
    for _ in range(n):
        file.readline()


def write_blocks(file, n, block=bytes(65536)):
    for _ in range(n):
        file.write(block)


def read_blocks(file, n):
    for _ in range(n):
        file.read(65536)


def places(n, size):
    generator = random.Random(1)

    return [generator.randrange(size) for _ in range(n)]


def random_reads(file, n):
    for place in places(n, 8000000):
        file.seek(place)
        file.read(4096)


def random_writes(file, n, block=bytes(4096)):
    for place in places(n, 8000000):
        file.seek(place)
        file.write(block)


def create(make, n):
    for _ in range(n):
        file = make()
        file.write(b'hello')
        file.seek(0)
        file.read()
        file.close()


def create_text(make, n):
    for _ in range(n):
        file = make()
        file.write('hello')
        file.seek(0)
        file.read()
        file.close()


def write_text_lines(file, n):
    for _ in range(n):
        file.write(LINE)


def seek_text(file, n):
    for place in places(n, 200000):
        file.seek(place)
        file.read(10)


def rows():
    lines = LINE.encode() * 20000
    mixed = 'naïve café, “quotes”, 3 €: mostly ASCII, as text is.\n' * 5000

    return [
        Row('write 16 bytes', BYTES, 20000, small_writes, b''),
        Row('read 16 bytes', BYTES, 20000, small_reads, bytes(320000)),
        Row('lines, iterated over', BYTES, 20000, iterate, lines),
        Row('lines, readline()', BYTES, 20000, read_lines, lines),
        Row('write 64 KiB', BYTES, 128, write_blocks, b''),
        Row('read 64 KiB', BYTES, 128, read_blocks, bytes(128 * 65536)),
        Row('read 4 KiB anywhere', BYTES, 2000, random_reads, bytes(8004096)),
        Row('write 4 KiB anywhere', BYTES, 2000, random_writes, bytes(8004096)),
        Row('create, 5 bytes, close', BYTES, 1000, create),
        Row('text: write lines', TEXT, 10000, write_text_lines, ''),
        Row('text: lines, iterated over', TEXT, 20000, iterate, LINE * 20000),
        Row('text: lines, readline()', TEXT, 20000, read_lines, LINE * 20000),
        # tempfile's can only seek to what tell() returned.
        Row('text: seek, read 10', TEXT, 20, seek_text, mixed,
            left_out=('tempfile', 'spool tempfile')),
        Row('text: create, 5 characters', TEXT, 1000, create_text),
    ]


def format_time(seconds):
    return '%.3g' % (seconds * 1e6)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--directory', default='/var/tmp', help='where temporary files go')
    parser.add_argument('--only', default='', help='only rows with this in their title')
    parser.add_argument('--rounds', type=int, default=7, help='how often each peer is asked')
    arguments = parser.parse_args()
    tempfile.tempdir = arguments.directory

    print('| operation | µs | tempfile | boltons | io | µs, SpooledTemporaryFile | tempfile |')
    print('|---|---|---|---|---|---|---|')
    for on_disk in (False, True):
        for row in rows():
            title = row.title + (', on disk' if on_disk else '')
            if arguments.only not in title:
                continue
            peers = [peer for peer in row.makers if peer not in row.left_out and
                     (peer != 'boltons' or ioutils is not None)]
            best = {}
            for number in range(arguments.rounds):
                for peer in peers[number % len(peers):] + peers[:number % len(peers)]:
                    elapsed = row.measure(peer, on_disk)
                    best[peer] = min(best.get(peer, elapsed), elapsed)

            def ratio(ours, peer):
                if ours not in best or peer not in best:
                    return ''
                return '%.2f' % (best[peer] / best[ours])

            print('| %s | %s | %s | %s | %s | %s | %s |' % (
                title, format_time(best['spool']), ratio('spool', 'tempfile'),
                ratio('spool', 'boltons'), ratio('spool', 'io'),
                format_time(best['spool tempfile']) if 'spool tempfile' in best else '',
                ratio('spool tempfile', 'tempfile')), flush=True)


if __name__ == '__main__':
    main()
