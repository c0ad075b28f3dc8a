# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Spool.SpooledStringIO: what it promises, in memory and rolled over."""

import copy
import errno
import io
import os
import pickle
import tempfile

from common import CHANGES, THRESHOLDS, Spool, directory_of, equal, raises

from gi.repository import GLib

import tap

TEXT = 'aé€😀\nzwölf\r\n\x85\u2028drei\nend'


def files(content=''):
    """A file in each state, with this content, at its start."""
    for threshold in THRESHOLDS:
        for change in CHANGES:
            file = Spool.SpooledStringIO(threshold)
            file.write(content)
            file.seek(0)
            change(file)
            yield file
            file.close()


def test_types():
    file = Spool.SpooledStringIO()
    assert isinstance(file, io.TextIOBase)
    assert isinstance(file, Spool.SpooledIOBase)
    assert not isinstance(file, io.BufferedIOBase)
    assert Spool.is_text_fileobj(file)
    equal((file.encoding, file.errors, file.newlines), ('utf-8', 'strict', None))
    equal((file._max_size, file._dir), (5000000, None))


def test_threshold_counts_utf8():
    file = Spool.SpooledStringIO(max_size=10)
    file.write('€€€')
    file.write('a')
    equal(len(file), 4)
    assert not file._rolled
    file.seek(0)
    file.write('abc')
    assert not file._rolled
    equal(file.getvalue(), 'abca')
    file.write('bcdefgh')
    assert not file._rolled
    file.seek(0)
    file.write('é')
    assert file._rolled
    equal(file.getvalue(), 'ébcbcdefgh')
    for max_size in (0, -1):
        file = Spool.SpooledStringIO(max_size)
        assert not file._rolled
        file.write('x')
        assert file._rolled


def test_write():
    for file in files():
        equal(file.write('aé€😀'), 4)
        equal(file.write(''), 0)
        file.writelines(['x\n', 'y'])
        equal(file.tell(), 7)
        equal(file.getvalue(), 'aé€😀x\ny')
        for wrong in (b'bytes', None, 5):
            raises(TypeError, file.write, wrong)
        for lone in ('\ud800', 'abc\udfffd'):
            raises(UnicodeEncodeError, file.write, lone)
        equal(file.tell(), 7)
        equal(file.getvalue(), 'aé€😀x\ny')
        file.write('\0')
        equal(file.getvalue(), 'aé€😀x\ny\0')


def test_overwriting_counts_characters():
    for threshold in (*THRESHOLDS, 40, 60):
        for change in CHANGES:
            for text in ('abc', 'é€', '😀', 'x' * 30, '€' * 20):
                for position in (0, 1, 5, len(TEXT) - 1, len(TEXT), len(TEXT) + 3):
                    file = Spool.SpooledStringIO(threshold)
                    expected = io.StringIO(newline='\n')
                    for each in (file, expected):
                        each.write(TEXT)
                        each.seek(position)
                        if each is file:
                            change(file)
                        each.write(text)
                    equal(file.tell(), expected.tell())
                    equal(file.getvalue(), expected.getvalue())
                    equal(file.read(), expected.read())
                    file.close()


def test_read():
    for file in files(TEXT):
        equal(file.read(3), TEXT[:3])
        equal(file.tell(), 3)
        equal(file.read(0), '')
        equal(file.read(1000), TEXT[3:])
        equal(file.read(5), '')
        for everything in ((), (-1,), (None,)):
            file.seek(1)
            equal(file.read(*everything), TEXT[1:])
        file.seek(1000)
        equal(file.read(), '')
        equal(file.tell(), 1000)
        raises(TypeError, file.read, 'x')


def test_lines_end_at_newlines_only():
    lines = ['aé€😀\n', 'zwölf\r\n', '\x85\u2028drei\n', 'end']
    for file in files(TEXT):
        equal(file.readline(), lines[0])
        equal(file.tell(), 5)
        equal(file.readline(2), 'zw')
        equal(file.readline(0), '')
        equal(file.readline(length=100), 'ölf\r\n')
        equal(file.next(), lines[2])
        equal(next(file), 'end')
        equal(file.readline(), '')
        raises(StopIteration, file.next)
        file.seek(0)
        equal(file.readlines(), lines)
        file.seek(0)
        equal(list(file), lines)
        file.seek(0)
        equal(file.readlines(1), lines[:1])


def test_iteration_sees_what_happens_meanwhile():
    for file in files('ä\nöö\nüüü\n'):
        lines = []
        for line in file:
            lines.append(line)
            equal(file.tell(), sum(map(len, lines)))
            if line == 'öö\n':
                file.seek(0, io.SEEK_END)
                file.write('ßßßß\n')
                file.seek(5)
            if line == 'üüü\n':
                file.rollover()
                equal(file.read(2), 'ßß')
                file.seek(9)
        equal(lines, ['ä\n', 'öö\n', 'üüü\n', 'ßßßß\n'])


def test_long_text():
    lines = ['é€😀x' * size + '\n' for size in (0, 1, 2047, 2048, 16384, 50000, 3)]
    content = ''.join(lines) + 'end'
    for file in files(content):
        equal(list(file), lines + ['end'])
        file.seek(0)
        equal([file.readline() for _ in range(8)], lines + ['end'])
        for position in (5, 70000, 8190, 130000, len(content) - 2):
            equal(file.seek(position), position)
            equal(file.read(5), content[position:position + 5])
        file.seek(100)
        equal(file.read(100000), content[100:100100])


def test_seek():
    for file in files(TEXT):
        equal(file.seek(3), 3)
        equal(file.seek(2, io.SEEK_CUR), 5)
        equal(file.seek(-4, io.SEEK_CUR), 1)
        equal(file.seek(-3, io.SEEK_END), len(TEXT) - 3)
        equal(file.read(), 'end')
        equal(file.seek(5, io.SEEK_END), len(TEXT) + 5)
        equal(file.pos, len(TEXT) + 5)
        equal(file.seek(pos=4, mode=0), 4)
        for pos, mode in ((-1, 0), (-5, 1), (-len(TEXT) - 1, 2)):
            error = raises((OSError, ValueError), file.seek, pos, mode)
            equal(error.errno, errno.EINVAL)
            equal(file.tell(), 4)
        raises(ValueError, file.seek, 0, 7)
        raises(TypeError, file.seek, 1.5)
        equal(file.read(1), '\n')


def test_truncate():
    for file in files(TEXT):
        file.seek(3)
        equal(file.truncate(7), 7)
        equal(file.tell(), 3)
        equal(file.getvalue(), TEXT[:7])
        file.seek(6)
        equal(file.truncate(2), 2)
        equal(file.tell(), 2)
        equal(file.truncate(4), 4)
        equal(file.getvalue(), 'aé\0\0')
        equal(file.tell(), 2)
        file.write('€')
        equal(file.getvalue(), 'aé€\0')
        error = raises((OSError, ValueError), file.truncate, -1)
        equal(error.errno, errno.EINVAL)
        file.seek(1)
        equal(file.truncate(), 1)
        equal(len(file), 1)


def test_names_of_boltons():
    for file in files(TEXT):
        file.seek(3)
        equal(file.len, len(TEXT))
        equal(len(file), len(TEXT))
        equal(file.buf, TEXT)
        equal(file.pos, 3)
        equal(file.isatty(), False)
        equal(file.softspace, 0)
        assert file.readable() and file.writable() and file.seekable()
        file.flush()
        equal(file.tell(), 3)
        equal(file.read(2), TEXT[3:5])
        assert file._file is file.buffer


def test_buffer_is_the_file_of_bytes():
    for file in files('é€\nend'):
        equal(file.read(1), 'é')
        bytes_file = file.buffer
        assert isinstance(bytes_file, io.BufferedIOBase)
        equal(bytes_file.tell(), 2)
        equal(bytes_file.read(3), '€'.encode())
        equal(file.tell(), 2)
        equal(file.read(2), '\ne')
        bytes_file.seek(0)
        bytes_file.write('ß'.encode())
        equal(file.tell(), 1)
        equal(file.getvalue(), 'ß€\nend')
        equal(file.write('x'), 1)
        equal(file.getvalue(), 'ßx\nend')
        equal(bytes_file.getvalue(), 'ßx\nend'.encode())
        equal(file.readlines(), ['\n', 'end'])


def test_truth_and_equality():
    for file in files(TEXT):
        assert file
        file.seek(5)
        other = Spool.SpooledStringIO()
        other.write(TEXT)
        assert file == other and not file != other
        other.write('!')
        assert file != other
        equal((file.tell(), other.tell()), (5, len(TEXT) + 1))
        assert file != TEXT and file != io.StringIO(TEXT) and file != Spool.SpooledBytesIO()
        raises(TypeError, hash, file)


def test_no_copies():
    for file in files(TEXT):
        raises(TypeError, copy.copy, file)
        raises(TypeError, copy.deepcopy, file)
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            raises(TypeError, pickle.dumps, file, protocol)
        raises(io.UnsupportedOperation, file.detach)
    raises(TypeError, Spool.SpooledStringIO, 'initial value')


def test_closed():
    for file in files(TEXT):
        with file as entered:
            assert entered is file
        assert file.closed
        file.close()
        for name, args in (('read', ()), ('read', (0,)), ('readline', ()), ('readlines', ()),
                           ('write', ('x',)), ('write', ('',)), ('writelines', (['x'],)),
                           ('seek', (0,)), ('seek', (0, 2)), ('tell', ()), ('truncate', ()),
                           ('truncate', (0,)), ('getvalue', ()), ('flush', ()), ('fileno', ()),
                           ('rollover', ()), ('readable', ()), ('writable', ()), ('seekable', ()),
                           ('isatty', ()), ('next', ()), ('__iter__', ()), ('__len__', ()),
                           ('__enter__', ())):
            raises(ValueError, getattr(file, name), *args)
        for name in ('spool', 'buffer', 'len', 'pos', 'buf'):
            raises(ValueError, getattr, file, name)


def test_bytes_that_are_no_text():
    for threshold in THRESHOLDS:
        file = Spool.SpooledStringIO(threshold)
        file.write('abc\n')
        file.spool.append(b'd\xffe', None)
        file.seek(1)
        equal(file.read(2), 'bc')
        for function, args in ((file.read, ()), (file.read, (3,)), (file.getvalue, ())):
            raises(UnicodeDecodeError, function, *args)
            equal(file.tell(), 3)
        equal(file.read(2), '\nd')
        raises(UnicodeDecodeError, file.readline)
        equal(file.tell(), 5)


def test_directory():
    with tempfile.TemporaryDirectory() as folder:
        file = Spool.SpooledStringIO(dir=folder)
        equal(directory_of(file), folder)
        file.close()
        file = Spool.SpooledStringIO(5, os.path.join(folder, 'missing'))
        file.write('é€')
        for function, args in ((file.write, ('d',)), (file.rollover, ()), (file.fileno, ())):
            error = raises(FileNotFoundError, function, *args)
            assert isinstance(error.__cause__, GLib.Error)
            equal((file.getvalue(), file.tell(), len(file)), ('é€', 2, 2))
        file.seek(0)
        raises(FileNotFoundError, file.write, '😀😀')
        equal((file.getvalue(), file.tell(), len(file)), ('é€', 0, 2))
        raises(FileNotFoundError, file.truncate, 50)
        equal((file.getvalue(), file.tell(), len(file)), ('é€', 0, 2))
        assert not file._rolled


def test_spool():
    for file in files():
        buffer = file.spool
        for text in ('a', 'é€', 'x' * 100, '\n'):
            file.write(text)
            equal(buffer.read(0, 1000, None).decode(), file.getvalue())
        buffer.append('grüße\n'.encode(), None)
        equal(len(file), 110)
        equal(file.readline(), 'grüße\n')
        stream = Spool.TextStream.new_for_buffer(buffer)
        stream.seek(1, GLib.SeekType.SET, None)
        stream.write('ß', None)
        file.seek(0)
        equal(file.read(3), 'aß€')
        file.close()
        equal(buffer.get_size(), 115)


def test_descriptor_is_the_truth():
    for threshold in THRESHOLDS:
        file = Spool.SpooledStringIO(threshold)
        file.write('é€\nend\n')
        file.seek(2)
        fd = file.fileno()
        equal(os.lseek(fd, 0, os.SEEK_CUR), 5)
        equal(file.readline(), '\n')
        equal(os.read(fd, 2), b'en')
        equal(file.tell(), 5)
        os.write(fd, 'üx'.encode())
        equal(file.tell(), 7)
        file.write('\n')
        equal(file.getvalue(), 'é€\nenüx\n')
        file.seek(0)
        file.write('aa')
        equal(os.lseek(fd, 0, os.SEEK_CUR), 2)
        equal(os.pread(fd, 100, 0), 'aa\nenüx\n'.encode())
        file.close()


tap.main(globals())
