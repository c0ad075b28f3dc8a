# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The Python files and threads."""

import asyncio
import os
import sys
import threading

from common import Spool, equal

import tap


def run_together(*functions):
    """Runs each in a thread of its own, and raises what one of them raises."""
    errors = []
    barrier = threading.Barrier(len(functions))

    def run(function):
        try:
            barrier.wait()
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def with_many_switches(function):
    def test():
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        try:
            function()
        finally:
            sys.setswitchinterval(before)

    return test


@with_many_switches
def test_writers_share_a_file():
    """Each write is one step, wherever the file rolls over."""
    n_threads, n_writes = 4, 400
    for kind in (Spool.SpooledBytesIO, lambda size: Spool.SpooledTemporaryFile(size or -1)):
        for threshold in (0, 500, 5000, 20000, 10 ** 9):
            for change in ('remain', 'share', 'export'):
                file = kind(threshold)
                if change == 'share':
                    file.spool
                elif change == 'export':
                    file.fileno()

                def write(number):
                    for index in range(n_writes):
                        line = b'%d %d ' % (number, index)
                        equal(file.write(line.ljust(31) + b'\n'), 32)

                run_together(*[lambda number=number: write(number) for number in range(n_threads)])
                equal(file.tell(), 32 * n_threads * n_writes)
                file.seek(0)
                lines = [tuple(map(int, line.split())) for line in file]
                equal(len(lines), n_threads * n_writes)
                for number in range(n_threads):
                    equal([index for other, index in lines if other == number],
                          list(range(n_writes)))
                file.close()


@with_many_switches
def test_each_its_own_file_on_one_buffer():
    for threshold in (0, 1000, -1):
        buffer = Spool.Buffer.new_with_threshold(threshold)
        n_lines = 500

        def write():
            with Spool.open(buffer, 'ab') as file:
                for number in range(n_lines):
                    file.write(b'%09d\n' % number)

        def read():
            with Spool.open(buffer) as file:
                numbers = []
                while len(numbers) < n_lines:
                    numbers += [int(line) for line in file.readlines()]
                equal(numbers, list(range(n_lines)))

        run_together(write, read, read)


def test_others_run_while_one_waits():
    """A read that waits for a pipe does not keep the interpreter."""
    from gi.repository import Gio

    reader, writer = os.pipe()
    file = Spool.open(Gio.UnixInputStream.new(reader, True))
    got = []

    def read():
        got.append(file.readline())

    thread = threading.Thread(target=read)
    thread.start()
    # The thread waits in C now or soon; that this can be said at all shows it.
    os.write(writer, b'line\n')
    thread.join()
    os.close(writer)
    equal(got, [b'line\n'])
    file.close()


def test_asyncio():
    async def main():
        file = Spool.SpooledBytesIO(0)
        await asyncio.to_thread(file.write, b'x' * 1000000)
        file.seek(0)
        data = await asyncio.gather(*[asyncio.to_thread(file.read, 250000) for _ in range(4)])
        equal(b''.join(data), b'x' * 1000000)
        file.close()

    asyncio.run(main())


tap.main(globals())
