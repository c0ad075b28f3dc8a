# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What can be said of the sources without a compiler.

The argument is the root of the sources. In a work tree of git the files are
those that it knows or would add, elsewhere (in a tarball) all but those in
folders of builds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import tap

ROOT = sys.argv[1]

LIBRARY = 'spool-glib'

# Names that come before a parenthesis without a space, here and in GLib.
CLOSE_NAMES = {
    '_',
    'N_',
    'C_',
    'defined',
    'g_auto',
    'g_autolist',
    'g_autoptr',
    'g_autoqueue',
    'g_autoslist',
    '__has_attribute',
    '__has_feature',
}

# The text of the licences, and what only a sidecar can say.
NO_SPDX = ('COPYING', 'LICENSES/')

# Sources that have messages for people, beside those of the library.
TRANSLATED_DIRS = (LIBRARY + '/', 'overrides/', 'doc/examples/')

CLOSE_CALL = re.compile(r'\b(\w+)\(')
DEFINE = re.compile(r'^\s*#\s*define\s+\w+\($')
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*'
                      r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
MESSAGE = re.compile(r'(?<![\w.])(?:_|N_|C_|Q_|gettext|ngettext) ?\(\s*["\'%]')
PYTHON_MESSAGE = re.compile(r'(?<![\w.])(?:_|N_|ngettext)\(\s*[\'"]')



def walk():
    for directory, names, files in os.walk(ROOT):
        names[:] = [name for name in names
                    if name not in ('.git', '__pycache__', 'subprojects') and
                    not os.path.exists(os.path.join(directory, name, 'build.ninja'))]
        for file in files:
            yield os.path.relpath(os.path.join(directory, file), ROOT)


def list_files():
    if not os.path.exists(os.path.join(ROOT, '.git')) or not shutil.which('git'):
        return sorted(walk())

    # The tests may run as another user than the one who cloned.
    command = ['git', '-c', 'safe.directory=*', '-C', ROOT, 'ls-files', '-z',
               '--cached', '--others', '--exclude-standard']
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout

    return sorted(name for name in os.fsdecode(output).split('\0')
                  if name and os.path.lexists(os.path.join(ROOT, name)))


FILES = list_files()


def with_suffix(*suffixes):
    return [name for name in FILES if name.endswith(suffixes)]


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8') as file:
        return file.read()


def is_text(name):
    if os.path.islink(os.path.join(ROOT, name)):
        return False
    with open(os.path.join(ROOT, name), 'rb') as file:
        return b'\0' not in file.read()


def blank(match):
    return re.sub(r'[^\n]', ' ', match.group(0))


def lines_of(text):
    return enumerate(text.split('\n'), 1)


def check_none(problems):
    problems = list(problems)
    if problems:
        raise AssertionError('\n' + '\n'.join(problems))


def listed(path):
    return {line for line in read(path).split('\n')
            if line and not line.startswith('#')}


def public_headers():
    """The headers that are installed, as meson.build lists them."""
    match = re.search(r'^public_headers = files\((.*?)\)',
                      read(LIBRARY + '/meson.build'), re.DOTALL | re.MULTILINE)
    names = re.findall(r"'([^']+)'", match.group(1))
    assert names, 'no public header is listed'

    return names


def test_the_files_are_found():
    for name in ('meson.build', 'tests/style.py', LIBRARY + '/spool-glib.h'):
        assert name in FILES, name


def test_no_tabs():
    check_none('%s:%d: a tab' % (name, number)
               for name in FILES if is_text(name) and not name.startswith(NO_SPDX)
               for number, line in lines_of(read(name)) if '\t' in line)


def test_no_trailing_space():
    check_none('%s:%d: space at the end' % (name, number)
               for name in FILES if is_text(name) and not name.startswith(NO_SPDX)
               for number, line in lines_of(read(name)) if line != line.rstrip())


def test_files_end_with_one_newline():
    for name in FILES:
        if is_text(name) and not name.startswith(NO_SPDX):
            text = read(name)
            assert not text or (text.endswith('\n') and not text.endswith('\n\n')), name


def test_space_before_parentheses():
    def problems():
        for name in with_suffix('.c', '.h', '.h.in'):
            code = NOT_CODE.sub(blank, read(name))
            for number, line in lines_of(code):
                for match in CLOSE_CALL.finditer(line):
                    if match.group(1) in CLOSE_NAMES:
                        continue
                    if DEFINE.match(line[:match.end()]):
                        continue
                    yield '%s:%d: no space: %s' % (name, number, match.group(0))

    check_none(problems())


def test_config_comes_first():
    """Every .c of the library begins with config.h, then its own header."""
    def problems():
        for name in with_suffix('.c'):
            if os.path.dirname(name) != LIBRARY:
                continue
            found = re.search(r'^#include (.*)$', read(name), re.MULTILINE)
            if found is None or found.group(1) != '"config.h"':
                yield '%s: config.h is not included first' % name

    check_none(problems())


def test_public_headers_are_public():
    def problems():
        for header in public_headers():
            name = '%s/%s' % (LIBRARY, header)
            if header.endswith('-private.h'):
                yield '%s is installed' % name
            for number, line in lines_of(read(name)):
                if re.match(r'\s*#\s*include\b.*(-private\.h|config\.h)', line):
                    yield '%s:%d: %s' % (name, number, line)

    check_none(problems())


def test_every_header_is_placed():
    """A header is installed or private, there is no third kind."""
    public = public_headers()
    check_none('%s is neither private nor in public_headers' % name
               for name in with_suffix('.h')
               if os.path.dirname(name) == LIBRARY and
               not name.endswith('-private.h') and
               os.path.basename(name) not in public)


def test_the_umbrella_is_complete():
    umbrella = read(LIBRARY + '/spool-glib.h')
    included = re.findall(r'#include <%s/([^>]+)>' % LIBRARY, umbrella)
    expected = set(public_headers()) - {'spool-glib.h'} | {'spool-version.h'}

    assert included == sorted(included), 'not sorted'
    assert set(included) == expected, set(included) ^ expected


def test_prototypes_are_exported():
    """Each prototype of a public header has the version it came with."""
    def problems():
        for header in public_headers():
            name = '%s/%s' % (LIBRARY, header)
            code = NOT_CODE.sub(blank, read(name))
            for match in re.finditer(r'^(.*)\n(?=\w[\w \*]*?\bspool_\w+ +\()',
                                     code, re.MULTILINE):
                if not match.group(1).startswith('SPOOL_AVAILABLE_IN_'):
                    number = code.count('\n', 0, match.end()) + 1
                    yield '%s:%d: not exported' % (name, number)

    check_none(problems())


def test_potfiles_are_complete():
    potfiles = listed('po/POTFILES.in')
    found = set()
    for name in with_suffix('.c', '.js', '.vala'):
        if name.startswith(TRANSLATED_DIRS) and MESSAGE.search(read(name)):
            found.add(name)
    for name in with_suffix('.py'):
        if name.startswith(TRANSLATED_DIRS) and PYTHON_MESSAGE.search(read(name)):
            found.add(name)

    assert found, 'no message was found'
    assert potfiles == found, 'po/POTFILES.in: %s' % sorted(potfiles ^ found)


def test_linguas_are_complete():
    catalogues = {os.path.basename(name)[:-len('.po')]
                  for name in with_suffix('.po')}
    assert listed('po/LINGUAS') == catalogues, catalogues


def test_licences_are_named():
    def problems():
        for name in FILES:
            if name.startswith(NO_SPDX):
                continue
            sidecar = name + '.license'
            if sidecar in FILES:
                head = read(sidecar)
            elif os.path.islink(os.path.join(ROOT, name)):
                continue
            else:
                head = '\n'.join(read(name).split('\n')[:15])
            for tag in ('SPDX-FileCopyrightText: ', 'SPDX-License-Identifier: '):
                if tag not in head:
                    yield '%s: no %s' % (name, tag)

    check_none(problems())


def test_reuse():
    """The same by the tool, on a copy that has nothing else in it."""
    if not shutil.which('reuse'):
        raise tap.Skip('there is no reuse')

    with tempfile.TemporaryDirectory() as root:
        for name in FILES:
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, name), path, follow_symlinks=False)
        lint = subprocess.run(['reuse', '--root', root, 'lint'],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False, encoding='utf-8')

    assert lint.returncode == 0, lint.stdout


def code_blocks(name):
    """The fenced blocks of a chapter: language and text."""
    return re.findall(r'^```(\w*)\n(.*?)^```$', read(name), re.DOTALL | re.MULTILINE)


def chapters():
    return [name for name in with_suffix('.md') if os.path.dirname(name) == 'doc']


def test_json_is_json():
    blocks = [text for name in chapters()
              for language, text in code_blocks(name) if language == 'json']
    assert blocks, 'there is none'
    for text in blocks:
        json.loads(text)


def test_chapters_are_listed():
    """Every chapter is in the reference, and begins with its title."""
    listed_chapters = re.search(r'^content_files = \[\n(.*?)^\]', read('doc/meson.build'),
                                re.DOTALL | re.MULTILINE)[1]
    names = ['doc/' + name for name in re.findall(r"'([^']+)'", listed_chapters)]

    assert sorted(names) == chapters(), set(names) ^ set(chapters())
    for name in names:
        assert read(name).startswith('Title: '), name


def test_links_lead_somewhere():
    """Between chapters to pages of the reference, elsewhere to files."""
    def problems():
        for name in with_suffix('.md'):
            for target in re.findall(r'\]\(([^)#:]+)\)', read(name)):
                path = os.path.normpath(os.path.join(os.path.dirname(name), target))
                if name in chapters() and path.endswith('.html'):
                    path = path[:-len('.html')] + '.md'
                if not os.path.exists(os.path.join(ROOT, path)):
                    yield '%s: %s' % (name, target)

    check_none(problems())


def test_ci_is_one_script():
    """GitLab runs what everybody else does before a change lands."""
    script = re.search(r'^  script:\n((?:    - .*\n)+)', read('.gitlab-ci.yml'),
                       re.MULTILINE)
    assert script and script.group(1) == '    - .ci/run\n', script


if __name__ == '__main__':
    tap.main(globals())
