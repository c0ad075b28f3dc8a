# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compiles and runs the examples in the documentation, so that none rots.

usage: examples.py LANGUAGE ROOT BUILD GIR

An example is a fenced block that names its language, in a comment of the API
reference or in a Markdown file. It may take for granted what prelude.h declares
and, in the other languages, the same names. All of one page in Python see the
names of those before them.

A block of statements is put into a function, and that is called. One of
functions needs a driver, which calls them: drivers/PLACE.c, where PLACE is what
the test is called; it includes EXAMPLE. A program with a main() is run as it is.
An example has failed if it can't be compiled without a warning, exits with
another status than 0, or says anything on the standard error. Where a block of
text follows that it "prints", it has to.

A block that stands in a program of doc/examples as it is, is built and run
there and not here: such programs need more than this library.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..'))

import tap  # noqa: E402

LANGUAGE, ROOT, BUILD, GIR = sys.argv[1:]

LIBRARY_DIR = os.path.join(BUILD, 'spool-glib')
NAMES = {'c': 'c', 'python': 'python', 'js': 'js', 'javascript': 'js', 'vala': 'vala'}
FENCE = re.compile(r'^( *)```([a-z]+)\n(.*?)^\1```$', re.DOTALL | re.MULTILINE)

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'


def fences(text):
    """The blocks of the language, each with what it prints or None.

    That is the block of text behind it, if what stands between says so, or the
    one for "Each program" of the page.
    """
    found = list(FENCE.finditer(text))
    of_all = re.search(r'^Each program prints:\n\n```text\n(.*?)^```$', text,
                       re.DOTALL | re.MULTILINE)
    for match, after in zip(found, found[1:] + [None]):
        indent, language, code = match.groups()
        if NAMES.get(language) != LANGUAGE:
            continue
        output = of_all[1] if of_all else None
        if after and after[2] == 'text' and 'prints' in text[match.end():after.start()]:
            output = after[3]
        yield re.sub('^' + indent, '', code, flags=re.MULTILINE), output


def pages():
    """The places with examples: a name, and the text."""
    for path in sorted([os.path.join(ROOT, 'README.md')] +
                       glob.glob(os.path.join(ROOT, 'doc', '**', '*.md'), recursive=True)):
        with open(path, encoding='utf-8') as file:
            yield os.path.splitext(os.path.relpath(path, ROOT))[0].replace('/', '-'), file.read()

    for element in ElementTree.parse(GIR).iter():
        for doc in element.findall(CORE + 'doc'):
            name = element.get(C + 'identifier') or element.get(C + 'type') or element.get('name')
            yield name, doc.text


def unindent(text):
    return '\n'.join(line.strip() for line in text.strip().split('\n'))


def read_programs():
    for path in sorted(glob.glob(os.path.join(ROOT, 'doc', 'examples', '*.*'))):
        with open(path, encoding='utf-8') as file:
            yield unindent(file.read())


PROGRAMS = list(read_programs())


def is_quoted(code):
    return any(unindent(code) in program for program in PROGRAMS)


def run(command, directory, env=None):
    return subprocess.run(command, cwd=directory, env=env, timeout=120, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding='utf-8')


def check(command, directory, env=None):
    result = run(command, directory, env)
    if result.returncode != 0 or result.stderr:
        raise AssertionError('\n%s\nstatus %d\n%s%s' % (
            ' '.join(command), result.returncode, result.stdout, result.stderr))

    return result.stdout


def write(directory, name, text):
    path = os.path.join(directory, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)

    return path


def find_driver(place, suffix):
    path = os.path.join(HERE, 'drivers', place + suffix)

    return path if os.path.exists(path) else None


# C ----------------------------------------------------------------------------

# With an error to pass on, or with one to give the address of.
STATEMENTS_C = '''#include "prelude.h"
%s
static gboolean
example (GError **error_out)
{
%s  {
%s
  }
  return TRUE;
}

int
main (void)
{
  GError *error_in = NULL;

  set_up ();
  if (!example (&error_in) || error_in != NULL)
    g_error ("%%s", error_in != NULL ? error_in->message : "no error");
  tear_down ();

  return 0;
}
'''

FUNCTIONS_C = re.compile(r'^\w[^\n;]*\n?[^\n;]*\([^;{]*\)\n\{$', re.MULTILINE)
INCLUDES_C = re.compile(r'^#include .*$\n?', re.MULTILINE)


def make_c(place, code):
    driver = find_driver(place, '.c')
    if driver:
        with open(driver, encoding='utf-8') as file:
            return file.read()
    if re.search(r'^main \(', code, re.MULTILINE):
        return code
    if FUNCTIONS_C.search(code):
        raise AssertionError('nobody calls these functions, add drivers/%s.c' % place)

    includes = ''.join(INCLUDES_C.findall(code))
    code = INCLUDES_C.sub('', code)
    if re.search(r'GError\) error = |GError \*error = ', code):
        head = ''
    elif '&error' in code:
        head = '  g_autoptr(GError) error = NULL;\n'
    else:
        head = '  GError **error = error_out;\n'

    return STATEMENTS_C % (includes, head, code)


def run_c(place, code, directory):
    compiler = os.environ.get('CC', 'cc').split()
    flags = run(['pkg-config', '--cflags', '--libs', 'gio-2.0', 'gio-unix-2.0'],
                directory).stdout.split()
    example = write(directory, 'example.c', code)
    source = write(directory, 'program.c', make_c(place, code))
    program = os.path.join(directory, 'program')

    check([*compiler, '-Wall', '-Werror', '-Wno-unused', '-fmax-errors=3',
           '-g', '-O0',
           '-DEXAMPLE="%s"' % example, '-I' + HERE, '-I' + ROOT, '-I' + BUILD,
           '-o', program, source, *flags,
           '-L' + LIBRARY_DIR, '-lspool-glib-1', '-Wl,-rpath,' + LIBRARY_DIR], directory)
    return check([program], directory, {**os.environ, 'G_DEBUG': 'fatal-warnings'})


# Python -----------------------------------------------------------------------

PRELUDE_PYTHON = '''
import gi
import gi.overrides
gi.overrides.__path__.insert(0, %r)
gi.require_version('Spool', '1')
from gi.repository import Gio, GLib, Spool
data = b'The quick brown fox\\njumps over the lazy dog\\n'
source = Gio.MemoryInputStream.new_from_data(data)
download = Gio.MemoryInputStream.new_from_data(data)
cancellable = Gio.Cancellable()
file = Gio.File.new_for_path('file')
destination = Gio.File.new_for_path('destination')
stream = Spool.MemoryOutputStream.new()
stream.write_all(data, None)
stream.close(None)
buffer = stream.get_buffer()
''' % os.path.join(ROOT, 'overrides')


def run_python(place, code, directory):
    program = write(directory, 'program.py', PRELUDE_PYTHON + code)
    return check([sys.executable, '-W', 'error::SyntaxWarning', program], directory)


# JavaScript -------------------------------------------------------------------

# The imports of a module are its own, these are everybody's.
PRELUDE_JS = '''
imports.gi.versions.Spool = '1';
globalThis.Gio = imports.gi.Gio;
globalThis.GLib = imports.gi.GLib;
globalThis.Spool = imports.gi.Spool;
globalThis.data = new TextEncoder().encode('The quick brown fox\\njumps over the lazy dog\\n');
globalThis.source = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(data));
globalThis.download = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(data));
globalThis.cancellable = new Gio.Cancellable();
globalThis.file = Gio.File.new_for_path('file');
globalThis.destination = Gio.File.new_for_path('destination');
globalThis.buffer = new Spool.Buffer();
buffer.append(data, null);
buffer.complete(null);
'''


def run_js(place, code, directory):
    write(directory, 'prelude.js', PRELUDE_JS)
    program = write(directory, 'program.js', "import './prelude.js';\n" + code)
    return check(['gjs', '-m', program], directory)


# Vala -------------------------------------------------------------------------

STATEMENTS_VALA = '''
const string CONTENT = "The quick brown fox\\njumps over the lazy dog\\n";
InputStream source;
InputStream download;
Cancellable? cancellable;
File file;
File destination;
Spool.Buffer buffer;
MainLoop loop;

%s void example () throws Error {
%s
}

int main () {
  source = new MemoryInputStream.from_data (CONTENT.data);
  download = new MemoryInputStream.from_data (CONTENT.data);
  file = File.new_for_path ("file");
  destination = File.new_for_path ("destination");
  buffer = new Spool.Buffer ();
  try {
    buffer.append (CONTENT.data, null);
    buffer.complete (null);
    %s
  } catch (Error error) {
    GLib.error (error.message);
  }
  return 0;
}
'''

CALL_VALA = 'example ();'
CALL_ASYNC_VALA = '''loop = new MainLoop ();
    example.begin ((object, result) => {
      try {
        example.end (result);
      } catch (Error error) {
        GLib.error (error.message);
      }
      loop.quit ();
    });
    loop.run ();'''


def make_vala(code):
    if re.search(r'\bmain \(', code):
        return code
    if 'yield ' in code:
        return STATEMENTS_VALA % ('async', code, CALL_ASYNC_VALA)

    return STATEMENTS_VALA % ('', code, CALL_VALA)


def run_vala(place, code, directory):
    source = write(directory, 'program.vala', make_vala(code))
    program = os.path.join(directory, 'program')

    # valac says what it thinks on the standard error; the code has to be right.
    compiled = run(['valac', '--quiet', '--vapidir', LIBRARY_DIR, '--pkg', 'spool-glib-1',
                    '--pkg', 'gio-2.0', '-o', program, source, '-X', '-w',
                    '-X', '-I' + ROOT, '-X', '-I' + BUILD, '-X', '-L' + LIBRARY_DIR,
                    '-X', '-lspool-glib-1', '-X', '-Wl,-rpath,' + LIBRARY_DIR], directory)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    return check([program], directory, {**os.environ, 'G_DEBUG': 'fatal-warnings'})


# ------------------------------------------------------------------------------

RUNNERS = {
    'c': (run_c, 'cc'),
    'python': (run_python, sys.executable),
    'js': (run_js, 'gjs'),
    'vala': (run_vala, 'valac'),
}


def make_test(place, code, expected):
    def test():
        runner, tool = RUNNERS[LANGUAGE]
        if not shutil.which(tool):
            raise tap.Skip('there is no ' + tool)
        with tempfile.TemporaryDirectory(prefix='spool-example-') as directory:
            output = runner(place, code, directory)
        if expected is not None:
            assert output.endswith(expected), 'it printed:\n' + output

    return test


def test_every_class():
    """The page of each class has an example, and says the same things."""
    classes = list(ElementTree.parse(GIR).iter(CORE + 'class'))
    assert classes, 'there are no classes'
    for element in classes:
        name = element.get(C + 'type')
        doc = element.find(CORE + 'doc').text
        assert list(fences(doc)), '%s has no example' % name
        for section in ('threshold', 'thread'):
            assert section in doc, '%s does not speak of %ss' % (name, section)


def main():
    tests = {'test_every_class': test_every_class} if LANGUAGE == 'c' else {}
    for name, text in pages():
        before = ''
        for number, (code, output) in enumerate(fences(text), 1):
            place = name if number == 1 else '%s-%d' % (name, number)
            if is_quoted(code):
                continue
            if LANGUAGE == 'python':
                before += code
                code = before
            tests['test_' + place] = make_test(place, code, output)

    assert tests, 'there are no examples'
    tap.main(tests)


if __name__ == '__main__':
    main()
