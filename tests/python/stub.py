# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The stub says what the module has, and mypy takes it."""

import ast
import inspect
import os
import shutil
import subprocess
import tempfile

from common import Spool, equal

import gi.overrides.Spool as override

import tap

STUB = os.path.join(os.path.dirname(override.__file__), 'Spool.pyi')

# What of PyGObject the stub mentions.
GI_STUBS = {
    'Gio': '''
        class Cancellable: ...
        class File: ...
        class IOStream: ...
        class InputStream: ...
        class FilterInputStream(InputStream): ...
        class OutputStream: ...
        class OutputStreamSpliceFlags: ...
        ''',
    'GLib': 'class Bytes: ...',
    'GObject': 'class Object: ...',
}

GOOD = '''
from gi.repository import Gio, Spool

file = Spool.SpooledBytesIO(max_size=10, dir='/var/tmp')
count: int = file.write(b'bytes') + file.seek(0, 2) + len(file) + file.truncate()
line: bytes = file.readline()
with Spool.SpooledStringIO() as text:
    value: str = text.getvalue() + next(text)
with Spool.SpooledTemporaryFile(mode='w+') as temporary:
    temporary.write('text')
    lines: list[str] = [line for line in temporary]
with Spool.SpooledTemporaryFile() as binary:
    data: bytes = binary.read()
buffer: Spool.Buffer = file.spool
first: int = buffer[0]
rest: bytes = buffer[1:] + bytes(buffer)
buffer.save('path', progress_callback=lambda current, total: None)
stream: Gio.InputStream = Spool.input_stream_from(file, max_size=5)
for chunk in Spool.open(buffer, 'rb'):
    pass
with Spool.MemoryOutputStream.new_for_buffer(buffer) as output:
    output.write_bytes(b'bytes')
    output.seek(0)
    output.splice(stream)
    output.get_data_size()
for piece in Spool.MemoryInputStream.new_for_bytes(b'bytes'):
    rest += piece
text_stream = Spool.TextStream.new()
text_stream.write('text')
text_stream.seek(0)
line_of_text: str = next(iter(text_stream))
buffer.complete(ValueError('x'))
threshold = Spool.DEFAULT_THRESHOLD
'''

BAD = (
    "Spool.SpooledBytesIO('x')",
    "Spool.SpooledBytesIO(maxsize=5)",
    "Spool.SpooledStringIO().write(b'bytes')",
    "Spool.SpooledTemporaryFile(mode='w+').write(b'bytes')",
    "Spool.SpooledTemporaryFile().write('text')",
    "Spool.SpooledBytesIO().no_such_method()",
    "Spool.open(5)",
    "len(Spool.SpooledTemporaryFile())",
    "Spool.SpooledBytesIO(b'bytes')",
    "Spool.TextStream.new().write(b'bytes')",
    "Spool.MemoryInputStream.new_for_bytes('text')",
    "Spool.Buffer.new().complete('text')",
)


def definitions(body):
    return {node.name: node for node in body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef))}


def test_stub_has_what_the_module_has():
    with open(STUB, encoding='utf-8') as file:
        body = ast.parse(file.read()).body
    found = {name for name in definitions(body) if not name.startswith('_')}
    found |= {node.target.id for node in body if isinstance(node, ast.AnnAssign)}
    equal(found, set(override.__all__))


def test_stub_has_the_members():
    with open(STUB, encoding='utf-8') as file:
        nodes = definitions(ast.parse(file.read()).body)
    n_checked = 0
    for name, node in nodes.items():
        thing = getattr(override, name, None)
        if isinstance(node, ast.FunctionDef):
            if name != '__getattr__':
                check_signature(name, node, thing)
            continue
        if name == 'SpooledTemporaryFile':
            # Text has all, and a class of its own.
            with thing(mode='w+') as file:
                thing = type(file)
        for member, definition in definitions(node.body).items():
            if member == '__getattr__':
                continue
            where = '%s.%s' % (name, member)
            assert hasattr(thing, member) or member == '__init__', where
            found = inspect.getattr_static(thing, member)
            is_property = any(isinstance(decorator, ast.Name) and decorator.id == 'property'
                              for decorator in definition.decorator_list)
            equal((where, isinstance(found, property)), (where, is_property))
            if inspect.isfunction(found) and name != 'SpooledTemporaryFile':
                check_signature(where, definition, found)
                n_checked += 1

        # And nothing that has a name for the public is left out.
        named = set(definitions(node.body)) | {
            field.target.id for field in node.body if isinstance(field, ast.AnnAssign)}
        for member in vars(thing):
            assert member.startswith('_') or member in named or (
                member in ('softspace', 'detach', 'read1', 'readinto', 'readinto1', 'readable',
                           'seekable', 'tell', 'fileno', 'flush', 'isatty', 'closed', 'close',
                           'writable', 'encoding', 'errors', 'newlines')), (name, member)
    assert n_checked > 80, n_checked


def check_signature(where, node, function):
    if any(isinstance(decorator, ast.Name) and decorator.id == 'overload'
           for decorator in node.decorator_list):
        return
    parameters = inspect.signature(function).parameters
    wanted = [argument.arg for argument in node.args.args]
    if node.args.vararg:
        wanted.append(node.args.vararg.arg)
    if node.args.kwarg:
        wanted.append(node.args.kwarg.arg)
    equal((where, list(parameters)), (where, wanted))
    n_defaults = sum(parameter.default is not parameter.empty
                     for parameter in parameters.values())
    equal((where, n_defaults), (where, len(node.args.defaults)))
    for parameter, default in zip(wanted[len(node.args.args) - len(node.args.defaults):],
                                  node.args.defaults):
        try:
            value = ast.literal_eval(default)
        except ValueError:
            continue
        if value is not ...:
            equal((where, parameters[parameter].default), (where, value))


def make_stubs(folder):
    repository = os.path.join(folder, 'gi', 'repository')
    os.makedirs(repository)
    for name, text in {**GI_STUBS, '__init__': '', '../__init__': ''}.items():
        with open(os.path.join(repository, name + '.pyi'), 'w', encoding='utf-8') as file:
            file.write(inspect.cleandoc(text) + '\n')
    shutil.copy(STUB, os.path.join(repository, 'Spool.pyi'))


def run_mypy(folder, *files):
    return subprocess.run(
        ['mypy', '--strict', '--no-incremental', '--cache-dir', os.devnull, *files],
        cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, 'MYPYPATH': folder})


def test_mypy():
    if not shutil.which('mypy'):
        raise tap.Skip('mypy is not installed')

    with tempfile.TemporaryDirectory() as folder:
        make_stubs(folder)
        with open(os.path.join(folder, 'good.py'), 'w', encoding='utf-8') as file:
            file.write(GOOD)
        with open(os.path.join(folder, 'bad.py'), 'w', encoding='utf-8') as file:
            file.write('from gi.repository import Spool\n' + ''.join(line + '\n' for line in BAD))

        result = run_mypy(folder, 'good.py', os.path.join('gi', 'repository', 'Spool.pyi'))
        assert result.returncode == 0, result.stdout

        result = run_mypy(folder, 'bad.py')
        lines = {int(line.split(':')[1]) for line in result.stdout.splitlines()
                 if line.startswith('bad.py:')}
        equal(lines, set(range(2, 2 + len(BAD))))


tap.main(globals())
