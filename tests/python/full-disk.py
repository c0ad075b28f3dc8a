# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A full disk, and other ways in which a temporary file cannot be had.

Nothing that was accepted gets lost: what a write has returned for is there.
"""

import errno
import io
import os
import resource
import subprocess
import sys
import tempfile

from common import Spool, equal, raises

from gi.repository import GLib

import tap

LIMIT = 300000


def limited(function):
    """Runs the test where files cannot grow beyond LIMIT bytes."""
    def test():
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, before[1]))
        try:
            function()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return test


def open_bytes(threshold):
    return Spool.SpooledBytesIO(threshold)


def open_text(threshold):
    return Spool.SpooledStringIO(threshold)


def open_temporary_bytes(threshold):
    return Spool.SpooledTemporaryFile(threshold or -1)


def open_temporary_text(threshold):
    return Spool.SpooledTemporaryFile(threshold or -1, 'w+', encoding='utf-8')


KINDS = (open_bytes, open_text, open_temporary_bytes, open_temporary_text)


def value_of(file):
    file.seek(0)
    return file.read()


def fill(file, piece, count):
    """Writes until it fails, and returns what was accepted and the error."""
    accepted = []
    for _ in range(count):
        try:
            equal(file.write(piece), len(piece))
        except OSError as error:
            return piece[:0].join(accepted), error
        accepted.append(piece)

    raise AssertionError('the disk was never full')


def check_filling(threshold, piece):
    for kind in KINDS:
        file = kind(threshold)
        data = piece if isinstance(file, io.TextIOBase) else piece.encode()
        accepted, error = fill(file, data, 2 * LIMIT // len(data) + 2)
        assert error.errno in (errno.ENOSPC, errno.EFBIG, errno.EIO), error
        assert isinstance(error.__cause__, GLib.Error)
        assert value_of(file) == accepted, 'what was accepted is not there, or more is'
        equal(file.read(1), data[:0])
        if threshold > LIMIT:
            assert not file._rolled

        # It is refused again, and what is there can be changed.
        raises(OSError, file.write, data * ((LIMIT + threshold) // len(data) + 2))
        file.seek(0)
        file.write(data[:1])
        assert value_of(file) == data[:1] + accepted[1:]
        file.truncate(0)
        file.seek(0)
        file.write(data)
        file.flush()
        equal(value_of(file), data)
        file.close()


@limited
def test_small_writes():
    for threshold in (0, 1000, LIMIT + 1000):
        check_filling(threshold, 'sixteen bytes..\n')


@limited
def test_medium_writes():
    for threshold in (0, LIMIT + 1000):
        check_filling(threshold, 'x' * 5000)


@limited
def test_large_writes():
    for threshold in (0, LIMIT + 1000):
        check_filling(threshold, 'x' * 70000)


@limited
def test_text_beyond_ascii():
    for threshold in (0, 1000, LIMIT + 1000):
        check_filling(threshold, 'grüße €😀\n')


@limited
def test_roll_over():
    for kind in KINDS:
        file = kind(10 ** 9)
        data = 'x' * (LIMIT + 1)
        file.write(data if isinstance(file, io.TextIOBase) else data.encode())
        for function in (file.rollover, file.fileno):
            error = raises(OSError, function)
            assert isinstance(error.__cause__, GLib.Error)
            assert not file._rolled
        file.write('y' if isinstance(file, io.TextIOBase) else b'y')
        equal(len(value_of(file)), LIMIT + 2)
        resource.setrlimit(resource.RLIMIT_FSIZE,
                           (10 * LIMIT, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        file.rollover()
        assert file._rolled
        equal(len(value_of(file)), LIMIT + 2)
        resource.setrlimit(resource.RLIMIT_FSIZE,
                           (LIMIT, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        file.close()


@limited
def test_truncate_extends():
    for kind in KINDS:
        for threshold in (0, 100):
            file = kind(threshold)
            file.write('abc' if isinstance(file, io.TextIOBase) else b'abc')
            raises(OSError, file.truncate, LIMIT + 1)
            equal(len(value_of(file)), 3)
            file.close()


@limited
def test_writelines():
    file = Spool.SpooledBytesIO(0)
    lines = [b'%d\n' % number for number in range(LIMIT)]
    raises(OSError, file.writelines, lines)
    value = value_of(file)
    assert b''.join(lines).startswith(value) and value.endswith(b'\n')
    assert len(value) > LIMIT // 2


@limited
def test_through_the_descriptor():
    file = Spool.SpooledBytesIO(0)
    file.fileno()
    accepted, error = fill(file, b'sixteen bytes..\n', LIMIT)
    assert error.errno in (errno.EFBIG, errno.ENOSPC)
    assert value_of(file) == accepted
    file.close()


@limited
def test_through_the_buffer():
    for kind in (open_bytes, open_text):
        file = kind(0)
        file.spool
        piece = 'x' * 1000 if isinstance(file, io.TextIOBase) else b'x' * 1000
        accepted, error = fill(file, piece, LIMIT)
        equal(value_of(file), accepted)
        file.close()


def test_no_more_descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    held = []
    files = [kind(10) for kind in KINDS]
    for file in files:
        file.write('0123456789' if isinstance(file, io.TextIOBase) else b'0123456789')
    rolled = Spool.SpooledBytesIO(0)
    rolled.write(b'0123456789')
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
        try:
            while True:
                held.append(os.dup(1))
        except OSError:
            pass
        for file in files:
            error = raises(OSError, file.write,
                           'x' if isinstance(file, io.TextIOBase) else b'x')
            if isinstance(file, io.TextIOBase) and isinstance(file, Spool.SpooledTemporaryFile):
                file.seek(10)
            equal(error.errno, errno.EMFILE)
            assert isinstance(error.__cause__, GLib.Error)
            assert not file._rolled
            equal(len(value_of(file)), 10)
        # One that is on disk needs no other.
        equal(value_of(rolled), b'0123456789')
        equal(raises(OSError, rolled.fileno).errno, errno.EMFILE)
        equal(value_of(rolled), b'0123456789')
    finally:
        for fd in held:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    for file in (*files, rolled):
        file.fileno()
        file.close()


def test_no_permission():
    if os.geteuid() == 0:
        raise tap.Skip('root may write everywhere')
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o500)
        file = Spool.SpooledBytesIO(0, folder)
        error = raises(PermissionError, file.write, b'x')
        equal(error.errno, errno.EACCES)
        equal(file.getvalue(), b'')


SMALL_DISK = '''
import sys
from common import Spool
file = Spool.SpooledBytesIO(int(sys.argv[1]), '/mnt')
count = 0
try:
    for _ in range(1000000):
        file.write(b'sixteen bytes..\\n')
        count += 1
except OSError as error:
    print(type(error).__name__, error.errno)
file.seek(0)
assert file.read() == b'sixteen bytes..\\n' * count
assert 50000 < count < 150000, count
# Where somebody makes room it goes on.
open('/mnt/ballast', 'w').close()
file.write(b'end')
file.rollover()
assert file.getvalue().endswith(b'end') and len(file) == 16 * count + 3
'''


def test_a_disk_that_is_full():
    """A file system of two megabytes, one of which is in the way at first."""
    for threshold in (0, 3, 1000, 2000000):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, 'program.py')
            with open(program, 'w', encoding='utf-8') as file:
                file.write(SMALL_DISK)
            script = ('mount -t tmpfs -o size=2M tmpfs /mnt && head -c 1000000 /dev/zero '
                      '>/mnt/ballast && exec "$@"')
            result = subprocess.run(
                ['unshare', '-Urm', 'sh', '-c', script, 'sh', sys.executable, program,
                 str(threshold)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env={**os.environ, 'PYTHONPATH': ':'.join(
                    [os.path.dirname(os.path.abspath(__file__)), os.environ['PYTHONPATH']])})
            if 'unshare' in result.stderr or 'mount:' in result.stderr:
                raise tap.Skip('file systems cannot be mounted here')
            assert result.returncode == 0, result.stderr
            equal(result.stdout, 'OSError %d\n' % errno.ENOSPC)


tap.main(globals())
