#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Finds a character in the middle of 100 MB of mixed text, ten times: with a
text stream, by counting from the beginning, and with boltons.

    text-seek.py PROGRAM

PROGRAM is text-seek, as it was built."""

import os
import subprocess
import sys
import tempfile
import time

try:
    from boltons.ioutils import SpooledStringIO
except ImportError:
    SpooledStringIO = None

SIZE = 100 * 1000 * 1000
N_SEEKS = 10

# So many characters lie between the places that are sought.
STEP = 100003

# ASCII for the most part, with all other lengths, as a mailbox or a log is.
UNIT = ('Received: from mail by example.org; naïve café, “quotes” – 3 €\n'
        'Тема: русский текст, 日本語のテキスト, 😀 and some more plain words\n'
        '0123456789 the quick brown fox jumps over the lazy dog 0123456789\n')


# What a seek may take of what it takes boltons.
TARGET = 0.001


def report(name, seconds, base):
    print('%-46s %12.6f s  %10.1f times' % (name, seconds, seconds / base))


def measure_boltons(text, middle):
    stream = SpooledStringIO()
    start = time.monotonic()
    for offset in range(0, len(text), 65536):
        stream.write(text[offset:offset + 65536])
    written = time.monotonic() - start

    start = time.monotonic()
    for i in range(N_SEEKS):
        stream.seek(0)
        stream.seek(middle + i * STEP)
        found = stream.read(10)
    sought = (time.monotonic() - start) / N_SEEKS

    start = time.monotonic()
    len(stream)
    length = time.monotonic() - start
    last = middle + (N_SEEKS - 1) * STEP
    return written, sought, length, found == text[last:last + 10]


def main(program):
    text = UNIT * (SIZE // len(UNIT.encode()))
    middle = len(text) // 2

    with tempfile.NamedTemporaryFile(dir='/var/tmp', prefix='text-seek-') as file:
        file.write(text.encode())
        file.flush()
        print('%d characters in %d bytes; seconds for one seek and a read of 10'
              % (len(text), os.path.getsize(file.name)))
        output = subprocess.run([program, file.name, str(middle)], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
    times = {name: float(value) for name, value in map(str.split, output.splitlines())}

    base = times['disk']
    report('text stream, on disk', times['disk'], base)
    report('text stream, in memory', times['memory'], base)
    report('counting from the beginning of a file', times['scan'], base)
    report('text stream, first seek in bytes of others', times['disk-first'], base)
    if SpooledStringIO is None:
        print('boltons is not there')
        status = 0
    else:
        written, sought, length, right = measure_boltons(text, middle)
        report('boltons, on disk' + ('' if right else ' (found the wrong place)'), sought, base)
        print()
        print('Writing: text stream %.3f s on disk, %.3f s in memory; boltons %.3f s'
              % (times['disk-write'], times['memory-write'], written))
        print('Length: text stream %.6f s; boltons %.3f s' % (times['disk-length'], length))

        ratio = base / sought
        print('A seek takes %.2g of what it takes boltons; at most %g is wanted' % (ratio, TARGET))
        status = 1 if ratio > TARGET else 0

    return status


sys.exit(main(sys.argv[1]))
