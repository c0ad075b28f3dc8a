# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The same programs on the files of others: tempfile, boltons, io.

What they print is the same, but where a peer has a bug that is mended here;
those are in a test of their own, which shows them.
"""

import io
import os
import random
import tempfile

from common import Spool, equal, raises

import tap

try:
    from boltons import ioutils
except ImportError:
    ioutils = None


def need_boltons():
    if ioutils is None:
        raise tap.Skip('boltons is not installed')


def pairs_with_boltons(kind):
    """Ours and theirs, both in memory and both on disk."""
    need_boltons()
    for size, roll_over in ((5000000, False), (5000000, True), (0, False)):
        files = getattr(Spool, kind)(size), getattr(ioutils, kind)(size)
        if roll_over:
            for file in files:
                file.rollover()
        yield files
        for file in files:
            file.close()


def apply(file, steps):
    """What each step comes to, or which kind of error it raises."""
    results = []
    for name, *args in steps:
        try:
            if name.startswith('.'):
                result = getattr(file, name[1:])
            else:
                result = getattr(file, name)(*args)
            if name == 'writelines' or name == 'write' or name == 'truncate':
                # Theirs return nothing.
                result = None
        except (OSError, ValueError):
            result = 'error'
        except TypeError:
            result = 'type error'
        results.append((name, args, result, file.tell()))

    return results


def make_steps(generator, convert, methods):
    letters = 'abc\n'
    steps = []
    for _ in range(30):
        name = generator.choice(methods)
        if name == 'write':
            text = ''.join(generator.choices(letters, k=generator.randrange(1, 40)))
            steps.append((name, convert(text)))
        elif name in ('read', 'seek'):
            steps.append((name, generator.randrange(1, 60)))
        elif name == 'truncate':
            steps.append(('seek', 0))
            steps.append((name, generator.randrange(60)))
        else:
            steps.append((name,))

    return steps


METHODS = ['write'] * 5 + ['read', 'read', 'readline', 'readlines', 'seek', 'seek', 'tell',
                           'getvalue', '.len', '.pos', '.buf', '._rolled', '.closed', 'isatty',
                           'flush', 'truncate', '__len__', 'readable', 'seekable', 'writable']


def test_bytes_of_boltons():
    for seed in range(30):
        for files in pairs_with_boltons('SpooledBytesIO'):
            steps = make_steps(random.Random(seed), str.encode, METHODS)
            steps = [step for step in steps if step[0] != 'truncate']
            equal(*[apply(file, steps) for file in files])


def test_text_of_boltons():
    # Theirs loses its place where it is written to after a read or a seek, and
    # len() moves it: see below.
    for seed in range(20):
        generator = random.Random(seed)
        text = ''.join(generator.choices('aé€😀\n', k=200))
        steps = [('write', text)]
        for _ in range(20):
            name = generator.choice(['seek', 'read', 'tell', 'getvalue', '.pos', '._rolled'])
            steps.append((name, generator.randrange(1, 150)) if name in ('seek', 'read')
                         else (name,))
            if name in ('getvalue',):
                steps.append(('seek', generator.randrange(100)))
        for files in pairs_with_boltons('SpooledStringIO'):
            equal(*[apply(file, steps) for file in files])


def test_the_program_of_boltons():
    """A program as one writes it for them, with the import changed."""
    need_boltons()

    def program(module):
        printed = []
        with module.SpooledStringIO(max_size=20, dir=tempfile.gettempdir()) as names:
            for name in ('Ana', 'Björn', 'Çelik', 'Дарья'):
                names.write(name + '\n')
            names.seek(0)
            printed.append([line.strip() for line in names])
            names.seek(4)
            printed += [names.read(5), names.tell(), names._rolled, names.len]
        with module.SpooledBytesIO() as data:
            data.write(b'one\ntwo\n')
            data.writelines([b'three\n']) if hasattr(data, 'writelines') else data.write(b'three\n')
            data.seek(0)
            printed += [next(data), data.readline(), data.read(), data.getvalue(), len(data)]
            printed += [module.is_text_fileobj(data), bool(data), data == data]
            reader = module.MultiFileReader(io.BytesIO(b'zero\n'), data)
            data.seek(0)
            printed += [reader.read(7), reader.read(4)]
        return printed

    equal(program(Spool), program(ioutils))


def test_bugs_of_boltons_are_mended():
    need_boltons()
    theirs, ours = ioutils.SpooledStringIO(), Spool.SpooledStringIO()
    for file in (theirs, ours):
        file.write('é€x')
        file.seek(-1 if file is ours else 1, os.SEEK_END)
    equal((theirs.read(), ours.read()), ('x', 'x'))

    ours.seek(1)
    equal(len(ours), 3)
    equal(ours.read(), '€x')
    ours.seek(0)
    ours.write('ab')
    equal(ours.getvalue(), 'abx')

    ours = Spool.SpooledBytesIO()
    equal(ours.write(bytearray(b'x')), 1)
    raises(TypeError, ioutils.SpooledBytesIO().write, bytearray(b'x'))

    ours = Spool.MultiFileReader(io.BytesIO(b'ab'), io.BytesIO(b'cd'))
    theirs = ioutils.MultiFileReader(io.BytesIO(b'ab'), io.BytesIO(b'cd'))
    equal((ours.read(0), theirs.read(0)), (b'', b'abcd'))
    ours.read()
    ours.seek(0)
    equal(ours.read(3), b'abc')


def test_temporary_bytes():
    methods = ['write'] * 5 + ['read', 'readline', 'readlines', 'seek', 'tell', 'isatty', 'flush',
                               'readable', 'writable', 'seekable']
    for seed in range(30):
        for size in (0, -1, 100):
            with Spool.SpooledTemporaryFile(size) as ours, \
                    tempfile.SpooledTemporaryFile(size) as theirs:
                steps = make_steps(random.Random(seed), str.encode, methods)
                equal(apply(ours, steps), apply(theirs, steps))
                for file in (ours, theirs):
                    file.seek(0)
                equal(ours.read(), theirs.read())
                equal(ours._rolled, theirs._rolled)


def test_temporary_text():
    for newline in (None, '', '\n', '\r\n'):
        for encoding in ('utf-8', 'utf-16', 'latin-1'):
            for size in (0, -1, 300):
                for seed in range(4):
                    generator = random.Random(seed)
                    with Spool.SpooledTemporaryFile(size, 'w+', -1, encoding, newline) as ours, \
                            tempfile.SpooledTemporaryFile(
                                size, 'w+', -1, encoding, newline) as theirs:
                        cookies = [0]
                        for _ in range(40):
                            step = generator.choice(
                                ['write'] * 4 + ['read', 'readline', 'tell', 'seek', 'lines'])
                            if step == 'write':
                                for file in (ours, theirs):
                                    file.seek(0, 2)
                                text = ''.join(generator.choices('aéü\r\n', k=30))
                                equal(ours.write(text), theirs.write(text))
                            elif step == 'read':
                                count = generator.randrange(100)
                                equal(ours.read(count), theirs.read(count))
                            elif step == 'readline':
                                equal(ours.readline(), theirs.readline())
                            elif step == 'tell':
                                cookies.append(theirs.tell())
                                equal(ours.tell(), cookies[-1])
                            elif step == 'seek':
                                cookie = generator.choice(cookies)
                                equal(ours.seek(cookie), theirs.seek(cookie))
                            else:
                                equal(list(ours), list(theirs))
                                cookies.append(theirs.tell())
                            equal(ours.newlines, theirs.newlines)
                        for file in (ours, theirs):
                            file.seek(0)
                        equal(ours.read(), theirs.read())


def test_bugs_of_tempfile_are_mended():
    # Truncating does the same before it rolls over and after.
    with Spool.SpooledTemporaryFile(100) as file:
        file.write(b'abc')
        equal(file.truncate(5), 5)
        file.seek(0)
        equal(file.read(), b'abc\0\0')
    with tempfile.SpooledTemporaryFile(100) as file:
        file.write(b'abc')
        file.truncate(5)
        file.seek(0)
        equal(file.read(), b'abc')


tap.main(globals())
