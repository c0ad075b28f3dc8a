# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""CPython's and boltons' spools, measured.

The argument is "python" or "boltons". Requests and answers are those of
bench.c.
"""

import sys
import tempfile
import time


class Spec:
    def __init__(self, size, chunk, threshold, least):
        self.size = size
        self.chunk = chunk
        self.threshold = threshold
        self.least = least
        self.count = size // chunk
        self.data = b'a' * chunk

    def offsets(self):
        seed = 1
        for _ in range(self.count):
            seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
            yield seed % self.count * self.chunk

    def measure(self, setup, run, fresh):
        """Return the nanoseconds per chunk of the middle one of several runs."""
        elapsed = 0
        times = []
        state = None
        begun = time.perf_counter_ns()
        while not times or (
            elapsed < self.least and time.perf_counter_ns() - begun < 4 * self.least
        ):
            if setup and (not times or fresh):
                state = setup(self)
            start = time.perf_counter_ns()
            run(self, state)
            times.append(time.perf_counter_ns() - start)
            elapsed += times[-1]
        return sorted(times)[len(times) // 2] / self.count


def make(spec):
    return tempfile.SpooledTemporaryFile(max_size=spec.threshold)


def make_boltons(spec):
    return ioutils.SpooledBytesIO(max_size=spec.threshold)


def fill(spec):
    file = open_spool(spec)
    write = file.write
    data = spec.data
    for _ in range(spec.count):
        write(data)
    return file


def run_write(spec, state):
    fill(spec).close()


def run_read(spec, file):
    file.seek(0)
    read = file.read
    chunk = spec.chunk
    for _ in range(spec.count):
        if len(read(chunk)) != chunk:
            raise EOFError


def run_random_write(spec, file):
    for offset in spec.offsets():
        file.seek(offset)
        file.write(spec.data)


def run_random_read(spec, file):
    for offset in spec.offsets():
        file.seek(offset)
        if len(file.read(spec.chunk)) != spec.chunk:
            raise EOFError


def run_roll_over(spec, file):
    file.rollover()


def run_small(spec, state):
    for _ in range(spec.count):
        file = open_spool(spec)
        file.write(spec.data)
        file.seek(0)
        if len(file.read(spec.chunk)) != spec.chunk:
            raise EOFError
        file.close()


def run_many(spec, state):
    files = []
    for _ in range(spec.count):
        file = open_spool(spec)
        file.write(spec.data)
        files.append(file)
    for file in files:
        file.close()


VERBS = {
    'write': (None, run_write, False),
    'read': (fill, run_read, False),
    'random-write': (fill, run_random_write, False),
    'random-read': (fill, run_random_read, False),
    'roll-over': (fill, run_roll_over, True),
    'small': (None, run_small, False),
    'many': (None, run_many, False),
}

if sys.argv[1] == 'boltons':
    from boltons import ioutils

    open_spool = make_boltons
else:
    open_spool = make

for line in sys.stdin:
    verb, size, chunk, threshold, milliseconds = line.split()
    request = Spec(int(size), int(chunk), int(threshold), int(milliseconds) * 1000000)
    if verb in VERBS:
        print(f'{request.measure(*VERBS[verb]):.3f}', flush=True)
    else:
        print('-', flush=True)
