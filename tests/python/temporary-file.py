# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Spool.SpooledTemporaryFile: what the standard library's is, line by line."""

import copy
import gc
import io
import os
import pickle
import sys
import tempfile
import types
import unittest
import warnings

from common import CHANGES, Spool, directory_of, equal, raises

import tap

MODES = ('w+b', 'wb', 'rb', 'ab', 'xb', 'r+b', 'a+b', 'x+b', 'bw+', 'w+', 'w', 'r', 'a', 'x',
         'w+t', 'rt')
SIZES = (0, -1, 1, 9, 10, 11, 1000000, None)


def files(mode, content=None, **kwargs):
    for size in SIZES:
        for change in CHANGES:
            with Spool.SpooledTemporaryFile(size, mode, **kwargs) as file:
                if content is not None:
                    file.write(content)
                    file.seek(0)
                change(file)
                yield file


def test_types():
    with Spool.SpooledTemporaryFile() as file:
        assert isinstance(file, Spool.SpooledTemporaryFile)
        assert isinstance(file, io.BufferedIOBase) and not isinstance(file, io.TextIOBase)
        equal(type(file).__name__, 'SpooledTemporaryFile')
    with Spool.SpooledTemporaryFile(mode='w+') as file:
        assert isinstance(file, Spool.SpooledTemporaryFile)
        assert isinstance(file, io.TextIOBase) and not isinstance(file, io.BufferedIOBase)
    assert issubclass(Spool.SpooledTemporaryFile, io.IOBase)

    alias = Spool.SpooledTemporaryFile[bytes]
    assert isinstance(alias, types.GenericAlias)
    equal(alias.__args__, (bytes,))
    with alias() as file:
        assert isinstance(file, Spool.SpooledTemporaryFile)


def test_max_size():
    for size, count, rolled in ((0, 100000, False), (None, 100000, False), (-1, 1, True),
                                (-1, 0, False), (10, 10, False), (10, 11, True)):
        for mode, letter in (('w+b', b'x'), ('w+', 'x')):
            with Spool.SpooledTemporaryFile(size, mode) as file:
                file.write(letter * count)
                equal((size, mode, file._rolled), (size, mode, rolled))
                equal(file._max_size, size)
                file.rollover()
                assert file._rolled
                file.seek(0)
                equal(file.read(), letter * count)

    with Spool.SpooledTemporaryFile(10, 'w+', encoding='utf-16-le') as file:
        file.write('12345')
        assert not file._rolled
        file.write('6')
        assert file._rolled

    with Spool.SpooledTemporaryFile(35) as file:
        file.writelines([b'x' * 20] * 2)
        assert file._rolled
        equal(file.tell(), 40)


def test_all_modes_read_and_write():
    for mode in MODES:
        content = b'one\ntwo\n' if 'b' in mode else 'one\ntwo\n'
        for file in files(mode):
            assert file.readable() and file.writable() and file.seekable()
            equal(file.isatty(), False)
            equal(file.write(content), 8)
            file.seek(0)
            equal(file.read(), content)
            file.seek(0)
            equal(file.write(content[:1]), 1)
            equal(file.tell(), 1)

    for mode in ('', 'z', 'wr', 'w++', 'bt', 'w+bt', 'U', 'b', 'wbb'):
        raises(ValueError, Spool.SpooledTemporaryFile, 0, mode)
    raises(TypeError, Spool.SpooledTemporaryFile, 0, 5)


def test_mode_and_name():
    for mode in MODES:
        with Spool.SpooledTemporaryFile(mode=mode) as file:
            equal(file.mode, mode)
            equal(file.name, None)
            file.rollover()
            equal(file.mode, 'rb+' if 'b' in mode else mode)
            assert isinstance(file.name, int)
            equal(file.name, file.name)
            equal(file.name, file.fileno())
            equal(file.name, file.fileno())
            os.fstat(file.name)


def test_name_of_a_closed_file():
    for mode in ('w+b', 'w+'):
        for roll_over in (False, True):
            for ask in (False, True):
                names = []
                for kind in (tempfile.SpooledTemporaryFile, Spool.SpooledTemporaryFile):
                    file = kind(mode=mode)
                    file.write('x' if mode == 'w+' else b'x')
                    if roll_over:
                        file.rollover()
                    name = file.name if ask else None
                    file.close()
                    file.close()
                    if ask:
                        equal(file.name, name)
                    names.append(file.name)
                equal(type(names[1]), type(names[0]))
                equal(names[1] is None, not roll_over)

    # Also where it never had a descriptor, or somebody else has the buffer.
    for rolled in (False, True):
        file = Spool.SpooledTemporaryFile(max_size=-1 if rolled else 0)
        file.write(b'x')
        buffer = file.spool
        file.close()
        equal(isinstance(file.name, int), rolled)
        equal(bytes(buffer), b'x')
        with Spool.SpooledTemporaryFile(max_size=-1 if rolled else 0) as file:
            file.write(b'x')
            file.spool.close()

    # One that was given away has none.
    for mode in ('w+b', 'w+'):
        with Spool.SpooledTemporaryFile(mode=mode) as file:
            file.rollover()
            with file.detach():
                raises(ValueError, getattr, file, 'name')


def test_attributes_of_text():
    with Spool.SpooledTemporaryFile(mode='w+b') as file:
        for name in ('encoding', 'errors', 'newlines'):
            raises(AttributeError, getattr, file, name)
    with Spool.SpooledTemporaryFile(mode='w+') as file:
        with tempfile.SpooledTemporaryFile(mode='w+') as other:
            for name in ('encoding', 'errors', 'newlines'):
                equal(getattr(file, name), getattr(other, name))
    with Spool.SpooledTemporaryFile(mode='w+', encoding='latin-1', errors='ignore',
                                    newline='') as file:
        equal((file.encoding, file.errors, file.newlines), ('latin-1', 'ignore', None))
        file.write('a\r\nb\nc\r')
        file.rollover()
        file.seek(0)
        equal(file.readlines(), ['a\r\n', 'b\n', 'c\r'])
        equal(file.newlines, ('\r', '\n', '\r\n'))


def test_encodings():
    text = 'grüße €\nzwölf\n' * 3000
    for encoding in ('utf-8', 'utf-8-sig', 'utf-16', 'utf-16-be', 'utf-32', 'cp1252', 'utf-7',
                     'gb18030'):
        for size in (0, -1, 10, 20000):
            with Spool.SpooledTemporaryFile(size, 'w+', encoding=encoding) as file:
                for line in text.splitlines(True):
                    file.write(line)
                cookie = file.tell()
                file.write('end')
                file.seek(cookie)
                equal(file.read(), 'end')
                file.seek(0)
                equal(file.read(), text + 'end')
                file.flush()
                data = file.buffer.getvalue()
                equal(data.decode(encoding), text + 'end')


def test_errors():
    for size in (0, -1):
        with Spool.SpooledTemporaryFile(size, 'w+', encoding='ascii') as file:
            raises(UnicodeEncodeError, file.write, 'é')
        for errors, data in (('replace', b'?'), ('xmlcharrefreplace', b'&#128512;'),
                             ('namereplace', rb'\N{GRINNING FACE}')):
            with Spool.SpooledTemporaryFile(size, 'w+', encoding='ascii', errors=errors) as file:
                for _ in range(100):
                    file.write('😀')
                file.flush()
                equal(file.buffer.getvalue(), data * 100)
        with Spool.SpooledTemporaryFile(size, 'w+', errors='surrogateescape') as file:
            file.write('\udcff')
            equal(file.buffer.getvalue(), b'\xff')
            file.seek(0)
            equal(file.read(), '\udcff')
        with Spool.SpooledTemporaryFile(size, 'w+', encoding='utf-8') as file:
            raises(UnicodeEncodeError, file.write, '\ud800')
            file.buffer.write(b'\xff')
            file.seek(0)
            raises(UnicodeDecodeError, file.read)
        raises(LookupError, Spool.SpooledTemporaryFile, size, 'w+', encoding='no such')


def test_newlines():
    for newline in (None, '', '\n', '\r', '\r\n'):
        for size in (0, -1, 4):
            with Spool.SpooledTemporaryFile(size, 'w+', newline=newline) as file:
                reference = io.TextIOWrapper(io.BytesIO(), newline=newline)
                for each in (file, reference):
                    each.write('a\nb\rc\r\nd')
                    each.flush()
                equal(file.buffer.getvalue(), reference.buffer.getvalue())
                for each in (file, reference):
                    each.seek(0)
                equal(list(file), list(reference))
                equal(file.newlines, reference.newlines)
    raises(ValueError, Spool.SpooledTemporaryFile, mode='w+', newline='x')


def test_position():
    for file in files('w+b', b'0123456789'):
        equal(file.seek(7), 7)
        equal(file.truncate(3), 3)
        equal(file.tell(), 7)
        equal(file.truncate(5), 5)
        file.seek(0)
        equal(file.read(), b'012\0\0')
        raises((OSError, ValueError), file.seek, -1)
        raises((OSError, ValueError), file.seek, -6, 2)
        raises(ValueError, file.truncate, -1)
        equal(file.tell(), 5)
        file.seek(2)
        equal(file.truncate(), 2)

    for file in files('w+', '0123456789'):
        equal(file.truncate(3), 3)
        equal(file.read(), '012')
        raises(ValueError, file.truncate, -1)
        raises(OSError, file.seek, 1, io.SEEK_CUR)
        raises(OSError, file.seek, -1, io.SEEK_END)
        equal(file.seek(0, io.SEEK_END), 3)


def test_reading():
    for file in files('w+b', b'one\ntwo'):
        target = bytearray(4)
        equal(file.readinto(target), 4)
        equal(target, b'one\n')
        equal(file.read1(2), b'tw')
        equal(file.readinto1(target), 1)
        equal(target, b'one\n')
        file.seek(0)
        equal(file.readlines(), [b'one\n', b'two'])
    for file in files('w+', 'one\ntwo'):
        equal(file.readline(), 'one\n')
        equal(next(file), 'two')
        file.seek(0)
        equal(list(file), ['one\n', 'two'])
        raises(AttributeError, file.readinto, bytearray(1))


def test_detach():
    with Spool.SpooledTemporaryFile() as file:
        file.write(b'abc')
        raises(io.UnsupportedOperation, file.detach)
        file.rollover()
        raw = file.detach()
        assert isinstance(raw, io.RawIOBase)
        raw.seek(0)
        equal(raw.read(), b'abc')
        raises(ValueError, file.read)
        raises(ValueError, file.write, b'x')
        raw.close()
    for roll_over in (False, True):
        file = Spool.SpooledTemporaryFile(mode='w+')
        file.write('abc')
        if roll_over:
            file.rollover()
        buffer = file.detach()
        assert isinstance(buffer, io.BufferedIOBase)
        equal(buffer.getvalue(), b'abc')
        raises(ValueError, file.read)
        buffer.close()


def test_resource_warning():
    for kwargs in ({}, {'mode': 'w+'}, {'max_size': -1}):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            file = Spool.SpooledTemporaryFile(**kwargs)
            file.write('x' if 'mode' in kwargs else b'x')
            del file
            gc.collect()
        equal([warning.category for warning in caught], [ResourceWarning])
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            with Spool.SpooledTemporaryFile(**kwargs):
                pass
            gc.collect()
    # Those of boltons give none.
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for kind in (Spool.SpooledBytesIO, Spool.SpooledStringIO):
            kind(0).rollover()
        gc.collect()


def test_arguments():
    with tempfile.TemporaryDirectory() as folder:
        with Spool.SpooledTemporaryFile(0, 'w+b', -1, None, None, '.txt', 'pre', folder) as file:
            equal(directory_of(file), folder)
            equal(os.listdir(folder), [])
        for mode in ('w+b', 'w+'):
            for buffering in (-1, 0, 1, 1000):
                with Spool.SpooledTemporaryFile(mode=mode, buffering=buffering) as file:
                    file.rollover()
    raises(TypeError, Spool.SpooledTemporaryFile, suffix='.txt', prefix=b'pre')
    raises(TypeError, Spool.SpooledTemporaryFile, 0, 'w+b', -1, None, None, None, None, None, None)
    raises(TypeError, Spool.SpooledTemporaryFile, size=5)


def test_identity_and_truth():
    with Spool.SpooledTemporaryFile() as file, Spool.SpooledTemporaryFile() as other:
        assert file == file and file != other and file and len({file, other}) == 2
    for mode in ('w+', 'w+b'):
        with Spool.SpooledTemporaryFile(mode=mode) as file:
            assert bool(file)
            for function in (pickle.dumps, copy.copy, copy.deepcopy):
                raises(TypeError, function, file)


def test_closed():
    for mode in ('w+b', 'w+'):
        for file in files(mode, b'x' if 'b' in mode else 'x'):
            file.close()
            assert file.closed
            file.close()
            for name, args in (('read', ()), ('write', (b'x' if 'b' in mode else 'x',)),
                               ('seek', (0,)), ('tell', ()), ('truncate', ()), ('readline', ()),
                               ('flush', ()), ('fileno', ()), ('readable', ()), ('isatty', ()),
                               ('__enter__', ()), ('__iter__', ()), ('rollover', ())):
                raises(ValueError, getattr(file, name), *args)


def test_subclass():
    class Named(Spool.SpooledTemporaryFile):
        def __init__(self, *args, label='none', **kwargs):
            super().__init__(*args, **kwargs)
            self.label = label

        def write(self, data):
            return super().write(data * 2)

    for mode, letter in (('w+b', b'x'), ('w+', 'x')):
        with Named(0, mode, label='one') as file:
            assert isinstance(file, Named)
            equal(file.label, 'one')
            file.write(letter)
            file.seek(0)
            equal(file.read(), letter * 2)
            equal(type(file).__name__, 'Named')


def test_text_is_handed_out_whole():
    for size in (0, -1, 10):
        with Spool.SpooledTemporaryFile(size, 'w+') as file:
            file.write('grüße\n')
            buffer = file.spool
            equal(bytes(buffer), 'grüße\n'.encode())
            file.write('x')
            equal(bytes(buffer), 'grüße\nx'.encode())
            fd = file.fileno()
            file.write('y')
            equal(os.pread(fd, 100, 0), 'grüße\nxy'.encode())
            os.write(fd, b'z')
            file.seek(0)
            equal(file.read(), 'grüße\nxyz')


def test_of_the_standard_library():
    """Its own tests of its own class, made on ours."""
    try:
        from test import test_tempfile
        from test import test_io  # noqa: F401
    except ImportError:
        raise tap.Skip('the tests of the standard library are not installed')

    class Tests(test_tempfile.TestSpooledTemporaryFile):
        pass

    original = test_tempfile.tempfile.SpooledTemporaryFile
    test_tempfile.tempfile.SpooledTemporaryFile = Spool.SpooledTemporaryFile
    try:
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(Tests)
        result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(suite)
    finally:
        test_tempfile.tempfile.SpooledTemporaryFile = original
    assert result.testsRun > 15
    failed = {case.id().rsplit('.', 1)[-1] for case, _ in result.failures + result.errors}
    equal(failed, set())


tap.main(globals())
