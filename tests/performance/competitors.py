# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The processes that are measured: ours and those of the peers.

Each is started once and then asked, a line for a line. What bench.c says about
requests and answers holds for all of them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / 'peers'
CRATES = Path('/usr/share/cargo/registry')
JARS = Path('/usr/share/java')


class Missing(Exception):
    """A peer that cannot be measured here; the text says why."""


class Failed(Exception):
    """A process that was measured went away."""


def find_tool(name):
    """Prefer the system's, which is the one its libraries were made for."""
    path = shutil.which(name, path='/usr/bin') or shutil.which(name)
    if path is None:
        raise Missing('not installed')
    return path


def get_version(package):
    result = subprocess.run(
        ['dpkg-query', '--show', '--showformat=${Version}', package],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout if result.returncode == 0 else 'unknown'


def build(command, log, **kwargs):
    """Run a compiler; what it says goes to a file."""
    with open(log, 'w', encoding='utf-8') as file:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False, **kwargs
        )
    if result.returncode != 0:
        raise Missing(f'could not be built, see {log}')


def build_rust(folder):
    cargo = find_tool('cargo')
    if not any(CRATES.glob('tempfile-*')):
        raise Missing('the tempfile crate is not installed')
    # Cargo writes a lock file beside the manifest.
    manifest = folder / 'rust'
    shutil.copytree(SOURCES / 'rust', manifest, dirs_exist_ok=True)
    build(
        [
            cargo,
            '--config', 'source.crates-io.replace-with="system"',
            '--config', f'source.system.directory="{CRATES}"',
            'build', '--release', '--offline', '--quiet',
            '--target-dir', str(folder / 'rust-target'),
        ],
        folder / 'rust.log',
        cwd=manifest,
        env={**os.environ, 'RUSTC': find_tool('rustc'), 'CARGO_HOME': str(folder / 'cargo')},
    )
    return [str(folder / 'rust-target' / 'release' / 'peer')]


def build_php(folder):
    return [find_tool('php'), str(SOURCES / 'peer.php')]


def build_python(folder):
    return [sys.executable, str(SOURCES / 'peer.py'), 'python']


def build_boltons(folder):
    result = subprocess.run(
        [sys.executable, '-c', 'import boltons.ioutils'], capture_output=True, check=False
    )
    if result.returncode != 0:
        raise Missing('not installed')
    return [sys.executable, str(SOURCES / 'peer.py'), 'boltons']


def build_java(folder, library):
    java = find_tool('java')
    javac = find_tool('javac')
    jars = [JARS / 'guava.jar', JARS / 'failureaccess.jar', JARS / 'commons-io.jar']
    if not (jars[0].exists() and jars[2].exists()):
        raise Missing('not installed')
    path = ':'.join(str(jar) for jar in jars if jar.exists())
    classes = folder / 'java'
    build(
        [javac, '-classpath', path, '-d', str(classes), str(SOURCES / 'Peer.java')],
        folder / 'java.log',
    )
    return [
        java,
        f'-Djava.io.tmpdir={os.environ["TMPDIR"]}',
        '-classpath', f'{path}:{classes}',
        'Peer', library,
    ]


# Name, package, how it is built.
PEERS = [
    ('rust', 'librust-tempfile-dev', build_rust),
    ('php', 'php-cli', build_php),
    ('commons-io', 'libcommons-io-java', lambda folder: build_java(folder, 'commons-io')),
    ('guava', 'libguava-java', lambda folder: build_java(folder, 'guava')),
    ('python', 'python3', build_python),
    ('boltons', 'python3-boltons', build_boltons),
]

C_PEERS = ['spool', 'buffer', 'spool-io', 'gio', 'gio-buffered', 'floor', 'cp']


class Process:
    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, verb, size, chunk, threshold, milliseconds):
        """Return the nanoseconds per chunk; None where there is no such verb."""
        try:
            self.process.stdin.write(f'{verb} {size} {chunk} {threshold} {milliseconds}\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise Failed(f'{self.name}: ended with status {self.process.wait()} at “{verb}”')
        return None if answer == '-' else float(answer)

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def start(bench, folder, wanted):
    """Return the processes by name, the versions, and what is left out."""
    processes = {}
    versions = {}
    left_out = []

    for name in C_PEERS:
        processes[name] = Process(name, [str(bench), name])
    versions['gio'] = get_version('libglib2.0-0')

    for name, package, prepare in PEERS:
        if not wanted(name):
            continue
        try:
            processes[name] = Process(name, prepare(folder))
            versions[name] = get_version(package)
        except Missing as error:
            left_out.append(f'{name}: {error}')

    return processes, versions, left_out
