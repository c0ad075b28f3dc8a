# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Spool.SpooledBytesIO: what it promises, in memory and rolled over."""

import array
import copy
import errno
import io
import os
import pickle
import tempfile

from common import CHANGES, THRESHOLDS, Spool, directory_of, equal, raises

from gi.repository import Gio, GLib

import tap

LINES = b'one\ntwo\n\nthree'


def files(content=b''):
    """A file in each state, with this content, at its start."""
    for threshold in THRESHOLDS:
        for change in CHANGES:
            file = Spool.SpooledBytesIO(threshold)
            file.write(content)
            file.seek(0)
            change(file)
            yield file
            file.close()


def test_types():
    file = Spool.SpooledBytesIO()
    assert isinstance(file, io.BufferedIOBase)
    assert isinstance(file, Spool.SpooledIOBase)
    assert not isinstance(file, io.TextIOBase)
    assert type(file) is Spool.SpooledBytesIO
    equal(file._max_size, 5000000)
    equal(file._dir, None)
    equal(Spool.READ_CHUNK_SIZE, 21333)
    file.rollover()
    assert type(file) is Spool.SpooledBytesIO


def test_threshold():
    """Exactly max_size bytes stay in memory, and it is looked at before a write."""
    for change in (1, 3, 10):
        file = Spool.SpooledBytesIO(max_size=10)
        for _ in range(0, 10 - change + 1, change):
            file.write(bytes(change))
        assert not file._rolled
        file.write(bytes(10 - len(file)))
        assert not file._rolled
        file.seek(0)
        file.write(bytes(10))
        assert not file._rolled, 'overwriting does not roll over'
        file.write(b'x')
        assert file._rolled
        equal(len(file), 11)

    for max_size in (0, -1):
        file = Spool.SpooledBytesIO(max_size)
        file.write(b'')
        assert not file._rolled
        file.write(b'x')
        assert file._rolled

    file = Spool.SpooledBytesIO(10)
    file.truncate(10)
    assert not file._rolled
    file.truncate(11)
    assert file._rolled
    file.truncate(0)
    assert file._rolled

    file = Spool.SpooledBytesIO(10)
    file.seek(100)
    assert not file._rolled
    file.write(b'x')
    assert file._rolled
    equal(file.getvalue(), bytes(100) + b'x')


def test_write():
    for file in files():
        equal(file.write(b'abc'), 3)
        equal(file.write(bytearray(b'def')), 3)
        equal(file.write(memoryview(b'ghi')), 3)
        equal(file.write(memoryview(b'j-k-l-')[::2]), 3)
        equal(file.write(array.array('H', [0x6d6d, 0x6e6e])), 4)
        equal(file.write(b''), 0)
        file.writelines([b'o', bytearray(b'p'), b''])
        equal(file.getvalue(), b'abcdefghijklmmnnop')
        equal(file.tell(), 18)
        raises(TypeError, file.write, 'text')
        raises(TypeError, file.write, None)
        raises(TypeError, file.write, 5)
        raises(TypeError, file.writelines, ['text'])
        equal(file.getvalue(), b'abcdefghijklmmnnop')
        equal(file.tell(), 18)


def test_read():
    for file in files(LINES):
        equal(file.read(3), b'one')
        equal(file.read(0), b'')
        equal(file.read(1000), LINES[3:])
        equal(file.read(5), b'')
        equal(file.read(), b'')
        for everything in ((), (-1,), (None,), (-5,)):
            file.seek(1)
            equal(file.read(*everything), LINES[1:])
        file.seek(1000)
        equal(file.read(5), b'')
        equal(file.read(), b'')
        equal(file.tell(), 1000)
        file.seek(0)
        equal(file.read1(4), b'one\n')
        equal(file.read1(0), b'')
        assert LINES[4:].startswith(file.read1()) and file.tell() > 4
        raises(TypeError, file.read, 'x')
        raises(TypeError, file.read, 1.5)


def test_read_into():
    for file in files(LINES):
        for size in (0, 1, 5, len(LINES), 100):
            for target in (bytearray(size), array.array('B', bytes(size))):
                file.seek(0)
                equal(file.readinto(target), min(size, len(LINES)))
                equal(bytes(target), (LINES + bytes(100))[:size])
                file.seek(1)
                count = file.readinto1(target)
                assert 0 < count <= size or size == 0
                equal(bytes(target[:count]), LINES[1:1 + count])
        file.seek(0)
        words = array.array('H', [0] * 3)
        equal(file.readinto(words), 6)
        equal(words.tobytes(), LINES[:6])
        raises(TypeError, file.readinto, b'read-only')


def test_peek():
    for file in files(LINES):
        for n in ((), (0,), (1,), (100000,)):
            file.seek(1)
            data = file.peek(*n)
            assert data and LINES[1:].startswith(data)
            equal(file.tell(), 1)
            equal(file.read(2), b'ne')
        file.read()
        equal(file.peek(), b'')


def test_lines():
    for file in files(LINES):
        equal(file.readline(), b'one\n')
        equal(file.readline(2), b'tw')
        equal(file.readline(100), b'o\n')
        equal(file.readline(0), b'')
        equal(file.readline(-1), b'\n')
        equal(file.readline(None), b'three')
        equal(file.readline(), b'')
        file.seek(0)
        equal(file.readlines(), [b'one\n', b'two\n', b'\n', b'three'])
        file.seek(0)
        equal(file.readlines(4), [b'one\n'])
        equal(file.readlines(5), [b'two\n', b'\n'])
        equal(file.readlines(sizehint=0), [b'three'])
        file.seek(0)
        equal(file.next(), b'one\n')
        equal(next(file), b'two\n')
        equal(list(file), [b'\n', b'three'])
        raises(StopIteration, file.next)
        raises(StopIteration, next, file)


def test_iteration_sees_what_happens_meanwhile():
    for file in files(b'a\nbb\nccc\n'):
        lines = []
        for line in file:
            lines.append(line)
            equal(file.tell(), sum(map(len, lines)))
            if line == b'bb\n':
                file.seek(0, io.SEEK_END)
                file.write(b'dddd\n')
                file.seek(5)
            if line == b'ccc\n':
                file.rollover()
                equal(file.read(2), b'dd')
                file.seek(9)
        equal(lines, [b'a\n', b'bb\n', b'ccc\n', b'dddd\n'])


def test_iteration_of_long_lines():
    lines = [b'x' * size + b'\n' for size in (0, 1, 8191, 8192, 65535, 65536, 200000, 3)]
    content = b''.join(lines) + b'end'
    for file in files(content):
        equal(list(file), lines + [b'end'])
        file.seek(0)
        equal([file.readline() for _ in range(9)], lines + [b'end'])


def test_seek():
    for file in files(b'0123456789'):
        equal(file.seek(3), 3)
        equal(file.seek(2, io.SEEK_CUR), 5)
        equal(file.seek(-4, io.SEEK_CUR), 1)
        equal(file.seek(-3, io.SEEK_END), 7)
        equal(file.read(), b'789')
        equal(file.seek(0, io.SEEK_END), 10)
        equal(file.seek(5, io.SEEK_END), 15)
        equal(file.tell(), 15)
        equal(file.pos, 15)
        equal(file.seek(pos=4, mode=0), 4)
        for pos, mode in ((-1, 0), (-5, 1), (-11, 2)):
            error = raises((OSError, ValueError), file.seek, pos, mode)
            equal(error.errno, errno.EINVAL)
            equal(file.tell(), 4)
        raises(ValueError, file.seek, 0, 7)
        raises(TypeError, file.seek, 1.5)
        raises(TypeError, file.seek, '1')
        equal(file.tell(), 4)
        equal(file.read(1), b'4')


def test_truncate():
    for file in files(b'0123456789'):
        file.seek(3)
        equal(file.truncate(7), 7)
        equal(file.tell(), 3)
        equal(file.getvalue(), b'0123456')
        file.seek(6)
        equal(file.truncate(4), 4)
        equal(file.tell(), 4)
        file.seek(2)
        equal(file.truncate(), 2)
        equal(file.getvalue(), b'01')
        equal(file.truncate(5), 5)
        equal(file.tell(), 2)
        equal(file.getvalue(), b'01\0\0\0')
        file.seek(8)
        equal(file.truncate(), 8)
        equal(len(file), 8)
        error = raises((OSError, ValueError), file.truncate, -1)
        equal(error.errno, errno.EINVAL)
        raises(io.UnsupportedOperation, file.truncate, -1)
        equal(len(file), 8)
        raises(TypeError, file.truncate, 'x')


def test_names_of_boltons():
    for file in files(LINES):
        file.seek(3)
        equal(file.len, len(LINES))
        equal(len(file), len(LINES))
        equal(file.buf, LINES)
        equal(file.getvalue(), LINES)
        equal(file.pos, 3)
        assert file.buffer is file and file._file is file
        equal(file.softspace, 0)
        file.softspace = 1
        equal(file.softspace, 1)
        equal(file.isatty(), False)
        assert file.readable() and file.writable() and file.seekable()
        file.flush()
        equal(file.tell(), 3)


def test_truth_and_equality():
    assert Spool.SpooledBytesIO()
    for file in files(LINES):
        assert file
        file.seek(5)
        for other in files(LINES):
            assert file == other and not file != other
            other.seek(4)
            other.write(b'!')
            assert file != other and not file == other
            equal(other.tell(), 5)
        equal(file.tell(), 5)
        assert file == file
        assert file != LINES
        assert file != io.BytesIO(LINES)
        assert file != Spool.SpooledStringIO()
        raises(TypeError, hash, file)


def test_no_copies():
    for file in files(LINES):
        raises(TypeError, copy.copy, file)
        raises(TypeError, copy.deepcopy, file)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            raises(TypeError, pickle.dumps, file, protocol)
        assert not hasattr(file, 'getbuffer')
        raises(io.UnsupportedOperation, file.detach)
    raises(TypeError, Spool.SpooledBytesIO, b'initial value')


def test_closed():
    for file in files(LINES):
        with file as entered:
            assert entered is file
            assert not file.closed
        assert file.closed
        file.close()
        for name, args in (('read', ()), ('read', (0,)), ('read1', ()), ('readinto', (bytearray(1),)),
                           ('readline', ()), ('readlines', ()), ('write', (b'x',)),
                           ('write', (b'',)), ('writelines', ([b'x'],)), ('seek', (0,)),
                           ('seek', (0, 2)), ('tell', ()), ('truncate', ()), ('truncate', (0,)),
                           ('getvalue', ()), ('flush', ()), ('fileno', ()), ('rollover', ()),
                           ('readable', ()), ('writable', ()), ('seekable', ()), ('isatty', ()),
                           ('peek', ()), ('next', ()), ('__iter__', ()), ('__len__', ()),
                           ('__enter__', ())):
            raises(ValueError, getattr(file, name), *args)
        for name in ('spool', 'len', 'pos', 'buf'):
            raises(ValueError, getattr, file, name)


def test_refused_arguments():
    raises(TypeError, Spool.SpooledBytesIO, 'x')
    raises(TypeError, Spool.SpooledBytesIO, 1, 2, 3)
    raises(TypeError, Spool.SpooledBytesIO, maxsize=1)
    raises(TypeError, Spool.SpooledBytesIO, None)


def test_no_initial_content():
    for kind in (Spool.SpooledBytesIO, Spool.SpooledStringIO):
        for content in (b'abc', bytearray(b'abc'), 'abc'):
            message = str(raises(TypeError, kind, content))
            assert kind.__name__ in message and 'write()' in message, message
            assert type(content).__name__ in message, message
    assert not hasattr(Spool.SpooledBytesIO, 'getbuffer')


def test_directory():
    with tempfile.TemporaryDirectory() as folder:
        for path in (folder, os.fsencode(folder)):
            file = Spool.SpooledBytesIO(dir=path)
            equal(directory_of(file), folder)
            equal(file._dir, path)
            file.close()

        tempfile.tempdir, before = folder, tempfile.tempdir
        try:
            file = Spool.SpooledBytesIO()
            equal(directory_of(file), folder)
            file.close()
        finally:
            tempfile.tempdir = before

        missing = os.path.join(folder, 'missing')
        file = Spool.SpooledBytesIO(3, missing)
        file.write(b'abc')
        for function, args in ((file.write, (b'd',)), (file.rollover, ()), (file.fileno, ())):
            error = raises(FileNotFoundError, function, *args)
            equal(error.errno, errno.ENOENT)
            assert isinstance(error.__cause__, GLib.Error)
            equal(file.getvalue(), b'abc')
            equal(file.tell(), 3)
            assert not file._rolled
        os.mkdir(missing)
        file.write(b'd')
        equal(file.getvalue(), b'abcd')
        equal(directory_of(file), missing)
        file.close()


def test_spool():
    for file in files():
        buffer = file.spool
        assert isinstance(buffer, Spool.Buffer)
        assert file.spool is buffer
        for data in (b'a', b'bc', b'x' * 100, b'd\n'):
            file.write(data)
            equal(buffer.read(0, 1000, None), file.getvalue())
        file.seek(2)
        stream = Spool.MemoryOutputStream.new_for_buffer(buffer)
        stream.write_all(b'ABCDE', None)
        equal(file.read(5), b'CDExx')
        equal(file.tell(), 7)
        buffer.append(b'end\n', None)
        equal(len(file), 107 + 2)
        equal(file.readlines()[-1], b'end\n')
        file.close()
        equal(buffer.get_size(), 109)
        equal(buffer.read(105, 4, None), b'end\n')


def test_spool_keeps_the_state():
    file = Spool.SpooledBytesIO(10)
    file.write(b'0123456789')
    assert not file.spool.get_rolled_over()
    equal(file.spool.get_threshold(), 10)
    file.write(b'x')
    assert file.spool.get_rolled_over()
    equal(file.spool.get_threshold(), 10)


def test_descriptor_is_the_truth():
    for threshold in THRESHOLDS:
        file = Spool.SpooledBytesIO(threshold)
        file.write(b'0123456789')
        file.seek(4)
        fd = file.fileno()
        equal(file.fileno(), fd)
        assert not os.get_inheritable(fd)
        equal(os.lseek(fd, 0, os.SEEK_CUR), 4)
        equal(os.read(fd, 2), b'45')
        equal(file.tell(), 6)
        equal(file.read(1), b'6')
        equal(os.lseek(fd, 0, os.SEEK_CUR), 7)
        os.write(fd, b'ab')
        equal(file.tell(), 9)
        equal(file.write(b'cd'), 2)
        equal(os.lseek(fd, 0, os.SEEK_CUR), 11)
        equal(os.pread(fd, 100, 0), b'0123456abcd')
        equal(file.getvalue(), b'0123456abcd')
        os.ftruncate(fd, 5)
        equal(len(file), 5)
        os.lseek(fd, 1, os.SEEK_SET)
        equal(file.readline(), b'1234')
        equal(os.lseek(fd, 0, os.SEEK_CUR), 5)
        os.pwrite(fd, b'x\ny\nz', 0)
        os.lseek(fd, 0, os.SEEK_SET)
        lines = []
        for line in file:
            lines.append(line)
            equal(os.lseek(fd, 0, os.SEEK_CUR), sum(map(len, lines)))
        equal(lines, [b'x\n', b'y\n', b'z'])
        equal(file.spool.read(0, 10, None), b'x\ny\nz')
        file.spool.append(b'!', None)
        equal(file.read(), b'!')
        file.close()
        raises(OSError, os.fstat, fd)


def test_large_blocks():
    block = os.urandom(300000)
    for file in files():
        equal(file.write(block), len(block))
        file.seek(1)
        target = bytearray(len(block))
        equal(file.readinto(target), len(block) - 1)
        assert target[:-1] == block[1:]
        file.seek(5)
        assert file.read(250000) == block[5:250005]
        assert file.read() == block[250005:]
        assert file.getvalue() == block


def test_far_positions():
    for file in files(b'abc'):
        file.seek(1 << 40)
        equal(file.tell(), 1 << 40)
        equal(file.read(10), b'')
        equal(file.seek(-1, io.SEEK_CUR), (1 << 40) - 1)
        equal(file.seek(1), 1)
        equal(file.read(), b'bc')

    file = Spool.SpooledBytesIO(10)
    file.seek(1 << 33)
    file.write(b'end')
    equal(file.seek(0, io.SEEK_END), (1 << 33) + 3)
    file.seek(-4, io.SEEK_END)
    equal(file.read(), b'\0end')


def test_subclass():
    class Counting(Spool.SpooledBytesIO):
        n_reads = 0

        def read(self, n=-1):
            self.n_reads += 1
            return super().read(n)

    for file in (Counting(0), Counting()):
        file.write(b'abc')
        file.seek(0)
        equal(file.read(2), b'ab')
        equal(file.n_reads, 1)
        file.extra = 5
        assert isinstance(file, io.BufferedIOBase)


def test_stream_of_gio():
    """What GIO writes through a stream is what the file reads, at all times."""
    for file in files():
        source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(b'line\n' * 50000))
        target = Spool.MemoryOutputStream.new_for_buffer(file.spool)
        target.splice(source, Gio.OutputStreamSpliceFlags.CLOSE_TARGET, None)
        equal(sum(1 for line in file), 50000)
        equal(len(file), 250000)


tap.main(globals())
