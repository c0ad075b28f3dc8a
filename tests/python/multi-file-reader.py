# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Spool.MultiFileReader and Spool.is_text_fileobj()."""

import io
import itertools
import pickle
import random
import shutil
import tempfile

from common import Spool, equal, raises

import tap

PARTS = (b'', b'one\ntw', b'o\n\nthree', b'', b' and\n', b'four')
WHOLE = b''.join(PARTS)


def parts(kind):
    files = []
    for content in PARTS:
        file = kind()
        file.write(content)
        file.seek(0)
        files.append(file)

    return files


KINDS = (io.BytesIO, Spool.SpooledBytesIO, lambda: Spool.SpooledBytesIO(0), tempfile.TemporaryFile,
         Spool.SpooledTemporaryFile)


def close_all(files):
    for file in files:
        assert not file.closed, 'the parts are never closed'
        file.close()


def test_types():
    reader = Spool.MultiFileReader(io.BytesIO(b'x'))
    assert isinstance(reader, Spool.MultiFileReader)
    assert isinstance(reader, io.BufferedIOBase)
    reader = Spool.MultiFileReader(io.StringIO('x'), Spool.SpooledStringIO())
    assert isinstance(reader, Spool.MultiFileReader)
    assert isinstance(reader, io.TextIOBase)
    equal(Spool.MultiFileReader().read(), '')
    raises(ValueError, Spool.MultiFileReader, io.BytesIO(), io.StringIO())
    raises(TypeError, Spool.MultiFileReader, 'x')
    raises(TypeError, Spool.MultiFileReader, io.BytesIO(), None)
    raises(TypeError, pickle.dumps, reader)


def test_is_text():
    with tempfile.TemporaryFile('w+') as text, tempfile.TemporaryFile() as data:
        for file, expected in ((text, True), (data, False), (io.StringIO(), True),
                               (io.BytesIO(), False), (Spool.SpooledStringIO(), True),
                               (Spool.SpooledBytesIO(), False), (object(), False)):
            equal(Spool.is_text_fileobj(file), expected)

    class Old:
        def getvalue(self):
            return 'text'

    assert Spool.is_text_fileobj(Old())


def test_read():
    for kind in KINDS:
        files = parts(kind)
        reader = Spool.MultiFileReader(*files)
        equal(reader.read(0), b'')
        equal(reader.read(3), b'one')
        equal(reader.read(amt=5), WHOLE[3:8])
        equal(reader.read(1000), WHOLE[8:])
        equal(reader.read(1000), b'')
        for everything in ((), (-1,), (None,)):
            equal(reader.seek(0), 0)
            equal(reader.read(2), WHOLE[:2])
            equal(reader.read(*everything), WHOLE[2:])
        reader.seek(0)
        equal(list(reader), WHOLE.splitlines(True))
        reader.seek(0)
        equal(reader.readline(2), b'on')
        equal(reader.readline(), b'e\n')
        equal(reader.readline(4), b'two\n')
        equal(reader.readlines(), [b'\n', b'three and\n', b'four'])
        target = bytearray(9)
        reader.seek(0)
        equal(reader.readinto(target), 9)
        equal(target, WHOLE[:9])
        target = io.BytesIO()
        reader.seek(0)
        shutil.copyfileobj(reader, target)
        equal(target.getvalue(), WHOLE)
        raises(io.UnsupportedOperation, reader.write, b'x')
        assert reader.readable() and not reader.writable() and reader.seekable()
        close_all(files)


def test_seek():
    for kind in KINDS:
        files = parts(kind)
        reader = Spool.MultiFileReader(*files)
        for position in itertools.chain(range(len(WHOLE) + 3), reversed(range(len(WHOLE)))):
            equal(reader.seek(position), position)
            equal(reader.tell(), position)
            equal(reader.read(), WHOLE[position:])
        equal(reader.seek(-4, io.SEEK_END), len(WHOLE) - 4)
        equal(reader.read(2), b'fo')
        equal(reader.seek(-3, io.SEEK_CUR), len(WHOLE) - 5)
        equal(reader.read(2), b'\nf')
        before = reader.tell()
        raises((OSError, ValueError), reader.seek, -1)
        raises((OSError, ValueError), reader.seek, -100, io.SEEK_END)
        raises(ValueError, reader.seek, 0, 5)
        equal(reader.tell(), before)
        close_all(files)


def test_random():
    for seed in range(100):
        generator = random.Random(seed)
        reader = Spool.MultiFileReader(*parts(io.BytesIO))
        reference = io.BytesIO(WHOLE)
        for _ in range(30):
            name, argument = generator.choice(
                [('read', generator.randrange(12)), ('readline', generator.randrange(-1, 9)),
                 ('seek', generator.randrange(len(WHOLE)))])
            equal(getattr(reader, name)(argument), getattr(reference, name)(argument))
            equal(reader.tell(), reference.tell())


def test_starts_where_the_parts_stand():
    files = [io.BytesIO(b'0123'), io.BytesIO(b'4567')]
    files[0].seek(1)
    files[1].seek(2)
    reader = Spool.MultiFileReader(*files)
    equal(reader.tell(), 1)
    equal(reader.read(), b'12367')
    reader.seek(0)
    equal(reader.read(), b'01234567')


def test_text():
    for kind in (io.StringIO, Spool.SpooledStringIO, lambda: Spool.SpooledTemporaryFile(mode='w+'),
                 lambda: tempfile.TemporaryFile('w+')):
        files = []
        for content in ('é', 'in', 's\n', '', 'zwö', 'lf'):
            file = kind()
            file.write(content)
            file.seek(0)
            files.append(file)
        reader = Spool.MultiFileReader(*files)
        equal(reader.read(0), '')
        equal(reader.read(2), 'éi')
        equal(reader.readline(), 'ns\n')
        equal(list(reader), ['zwölf'])
        equal(reader.seek(0), 0)
        equal(reader.read(), 'éins\nzwölf')
        for offset, whence in ((1, 0), (0, 1), (0, 2)):
            raises((io.UnsupportedOperation, NotImplementedError), reader.seek, offset, whence)
        raises(io.UnsupportedOperation, reader.tell)
        close_all(files)


def test_closed():
    for file in (io.BytesIO(b'x'), io.StringIO('x')):
        with Spool.MultiFileReader(file) as reader:
            pass
        assert reader.closed and not file.closed
        for name, args in (('read', ()), ('readline', ()), ('seek', (0,)), ('tell', ()),
                           ('readable', ()), ('seekable', ())):
            raises(ValueError, getattr(reader, name), *args)


tap.main(globals())
