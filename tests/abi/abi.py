# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The binary interface of the library against the one that is kept here.

usage: abi.py [--update] ROOT LIBRARY

Where it changed on purpose, "ninja -C _build update-abi" keeps the new one, and
whoever reads the commit sees in it what was added. After a release nothing may
go away or change.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))

import tap  # noqa: E402

UPDATE = '--update' in sys.argv
ROOT, LIBRARY = [arg for arg in sys.argv[1:] if not arg.startswith('--')]

HERE = os.path.join(ROOT, 'tests', 'abi')
HEADERS = os.path.join(ROOT, 'spool-glib')
SYMBOLS = os.path.join(HERE, 'spool-glib-1.symbols')
DUMP = os.path.join(HERE, 'spool-glib-1.abi')

HEAD = '''# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: CC0-1.0
'''


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=False,
                          stderr=subprocess.STDOUT, encoding='utf-8')


def exported_symbols():
    output = subprocess.run(['nm', '-D', '--defined-only', LIBRARY],
                            stdout=subprocess.PIPE, check=True, encoding='utf-8')

    # What a sanitizer or a coverage run adds to every library is not ours.
    return {symbol for symbol in (line.split()[2] for line in output.stdout.splitlines())
            if not symbol.startswith('__')}


def kept_symbols():
    with open(SYMBOLS, encoding='utf-8') as file:
        return [line for line in file.read().splitlines() if not line.startswith('#')]


def public_headers():
    with open(os.path.join(HEADERS, 'meson.build'), encoding='utf-8') as file:
        names = re.search(r'^public_headers = files\((.*?)\)', file.read(),
                          re.DOTALL | re.MULTILINE).group(1)

    return [os.path.join(HEADERS, name) for name in re.findall(r"'([^']+)'", names)]


def declared_symbols():
    """The functions that the public headers declare to be exported."""
    symbols = set()
    for path in public_headers():
        with open(path, encoding='utf-8') as file:
            text = file.read()
        symbols |= set(re.findall(r'^SPOOL_AVAILABLE_IN_\w+\n[^;(]*?\b(spool_\w+) +\(',
                                  text, re.MULTILINE))
        for owner in re.findall(r'G_DECLARE_FINAL_TYPE +\(\w+, (\w+),', text):
            symbols.add(owner + '_get_type')

    return symbols


def with_abigail(tool, *args):
    if not shutil.which(tool):
        raise tap.Skip('there is no ' + tool)
    if platform.machine() != 'x86_64' or sys.maxsize < 2 ** 32:
        raise tap.Skip('the kept interface is that of x86-64')
    if '.debug_info' not in run('readelf', '-S', '--wide', LIBRARY).stdout:
        raise tap.Skip('the library was built without debugging information')

    return run(tool, *args)


def dump_abi(path):
    headers = [arg for header in public_headers() for arg in ('--header-file', header)]

    return with_abigail('abidw', *headers, '--drop-private-types',
                        '--exported-interfaces-only', '--no-corpus-path',
                        '--no-comp-dir-path', '--no-show-locs', '--no-elf-needed',
                        '--type-id-style', 'hash', '--out-file', path, LIBRARY)


def test_exported_symbols():
    assert exported_symbols() == set(kept_symbols()), \
        'see update-abi: %s' % sorted(exported_symbols() ^ set(kept_symbols()))


def test_symbols_are_declared():
    assert set(kept_symbols()) == declared_symbols(), \
        sorted(set(kept_symbols()) ^ declared_symbols())


def test_symbols_are_sorted():
    assert kept_symbols() == sorted(set(kept_symbols()))


def test_abidiff():
    # Two that were written in the same way: told about the headers, abidiff
    # would take the types of GLib for private ones.
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'new.abi')
        dump = dump_abi(path)
        assert dump.returncode == 0, dump.stdout
        diff = with_abigail('abidiff', '--no-show-locs', DUMP, path)

    assert diff.returncode == 0, 'see update-abi:\n' + diff.stdout


def update():
    with open(SYMBOLS, 'w', encoding='utf-8') as file:
        file.write(HEAD + ''.join(symbol + '\n' for symbol in sorted(exported_symbols())))

    try:
        dump = dump_abi(DUMP)
    except tap.Skip as reason:
        sys.exit('Failed to keep the interface: %s' % reason)
    if dump.returncode != 0:
        sys.exit(dump.stdout)


if __name__ == '__main__':
    if UPDATE:
        update()
    else:
        tap.main(globals())
