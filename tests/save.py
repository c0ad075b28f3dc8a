# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""How the bytes get out of a buffer in Python."""

import fcntl
import gc
import mmap
import os
import shutil
import stat
import subprocess
import tempfile
import threading
import weakref

import gi

gi.require_version('Spool', '1')
from gi.repository import Gio, GLib, Spool

import tap

SIZE = 9 * 1024 * 1024
CONTENT = os.urandom(SIZE)
THRESHOLDS = [0, SIZE, -1]
STEMS = ['save', 'move']
SEALS = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_WRITE


class Folder:
    """A folder of its own, on the file system where buffers spool."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix='spool-test-', dir='/var/tmp')
        self.file = Gio.File.new_for_path(os.path.join(self.path, 'file'))
        return self

    def __exit__(self, *args):
        shutil.rmtree(self.path)

    def make_buffer(self, threshold):
        buffer = Spool.Buffer(threshold=threshold,
                              directory=Gio.File.new_for_path(self.path))
        buffer.append(CONTENT, None)
        return buffer

    def read(self):
        with open(self.file.get_path(), 'rb') as file:
            return file.read()

    def write(self, content):
        with open(self.file.get_path(), 'wb') as file:
            file.write(content)

    def list(self):
        return sorted(os.listdir(self.path))


class Progress:
    """A callback that notes what it is told, and from where."""

    def __init__(self, *data):
        self.data = data
        self.thread = threading.get_ident()
        self.steps = []
        self.ended = False

    def __call__(self, current, total, *data):
        assert data == self.data
        assert threading.get_ident() == self.thread
        assert not self.ended
        assert total == SIZE
        self.steps.append(current)

    def check(self):
        assert self.steps and self.steps[-1] == SIZE
        assert self.steps == sorted(self.steps)


def fails(code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), code), error
        return
    raise AssertionError('It did not fail')


def finish(buffer, stem, *args):
    """Calls what is asynchronous and returns the result."""
    loop = GLib.MainLoop()
    results = []

    def done(source, result, *data):
        assert source == buffer
        assert data == ('data',)
        results.append(result)
        loop.quit()

    getattr(buffer, stem + '_async')(*args, done, 'data')
    loop.run()

    return getattr(buffer, stem + '_finish')(results[0])


def test_sync():
    for stem in STEMS:
        for threshold in THRESHOLDS:
            with Folder() as folder:
                buffer = folder.make_buffer(threshold)
                function = getattr(buffer, stem)

                assert function(folder.file, Spool.SaveFlags.NONE, None, None) is True
                assert folder.read() == CONTENT
                assert folder.list() == ['file']


def test_sync_with_progress():
    for stem in STEMS:
        for threshold in THRESHOLDS:
            for data in [(), ('data',)]:
                with Folder() as folder:
                    buffer = folder.make_buffer(threshold)
                    progress = Progress(*data)
                    function = getattr(buffer, stem)

                    assert function(folder.file, Spool.SaveFlags.NONE, None, progress, *data)
                    progress.check()
                    assert folder.read() == CONTENT


def test_async():
    for stem in STEMS:
        for threshold in THRESHOLDS:
            with Folder() as folder:
                buffer = folder.make_buffer(threshold)

                assert finish(buffer, stem, folder.file, Spool.SaveFlags.NONE,
                              GLib.PRIORITY_DEFAULT, None, None, None) is True
                assert folder.read() == CONTENT


# Where a function has two callbacks PyGObject wants the data of the first as a
# tuple.
def test_async_with_progress():
    for stem in STEMS:
        for threshold in THRESHOLDS:
            for data in [(), ('some', 'data')]:
                with Folder() as folder:
                    buffer = folder.make_buffer(threshold)
                    progress = Progress(*data)

                    assert finish(buffer, stem, folder.file, Spool.SaveFlags.NONE,
                                  GLib.PRIORITY_DEFAULT, None, progress, data)
                    progress.check()
                    progress.ended = True
                    assert folder.read() == CONTENT

                    # Nothing keeps what is not needed any more.
                    reference = weakref.ref(progress)
                    del progress
                    gc.collect()
                    assert reference() is None


def test_context():
    """Progress comes where the call came from, in whatever thread."""
    errors = []

    def run():
        context = GLib.MainContext.new()
        context.push_thread_default()
        try:
            with Folder() as folder:
                buffer = folder.make_buffer(0)
                progress = Progress()
                results = []
                buffer.save_async(folder.file, Spool.SaveFlags.NONE, GLib.PRIORITY_DEFAULT,
                                  None, progress, (),
                                  lambda source, result: results.append(result))
                while not results:
                    context.iteration(True)
                assert buffer.save_finish(results[0])
                progress.check()
        except BaseException as error:
            errors.append(error)
        finally:
            context.pop_thread_default()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def test_flags():
    with Folder() as folder:
        buffer = folder.make_buffer(0)

        folder.write(b'old')
        fails(Gio.IOErrorEnum.EXISTS, buffer.save, folder.file,
              Spool.SaveFlags.NO_OVERWRITE, None, None)
        fails(Gio.IOErrorEnum.EXISTS, buffer.move, folder.file,
              Spool.SaveFlags.NO_OVERWRITE | Spool.SaveFlags.DURABLE, None, None)
        assert folder.read() == b'old'

        flags = Spool.SaveFlags.PRIVATE | Spool.SaveFlags.DURABLE
        assert buffer.save(folder.file, flags, None, None)
        mode = os.stat(folder.file.get_path()).st_mode
        assert stat.S_IMODE(mode) == 0o600
        assert folder.read() == CONTENT


def test_moved():
    with Folder() as folder:
        buffer = folder.make_buffer(0)
        fd = buffer.dup_fd(False, None)
        inode = os.fstat(fd).st_ino
        os.close(fd)

        assert buffer.move(folder.file, Spool.SaveFlags.NONE, None, None)
        assert os.stat(folder.file.get_path()).st_ino == inode
        assert buffer.read(0, 10, None) == CONTENT[:10]
        fails(Gio.IOErrorEnum.READ_ONLY, buffer.append, b'more', None)
        assert buffer.reset(None)
        assert buffer.append(b'more', None)
        assert folder.read() == CONTENT


def test_cancelled():
    cancellable = Gio.Cancellable.new()
    cancellable.cancel()

    with Folder() as folder:
        buffer = folder.make_buffer(0)
        folder.write(b'old')

        for stem in STEMS:
            progress = Progress()
            fails(Gio.IOErrorEnum.CANCELLED, getattr(buffer, stem), folder.file,
                  Spool.SaveFlags.NONE, cancellable, progress)
            fails(Gio.IOErrorEnum.CANCELLED, finish, buffer, stem, folder.file,
                  Spool.SaveFlags.NONE, GLib.PRIORITY_DEFAULT, cancellable, progress, ())
            assert progress.steps == []
            assert folder.read() == b'old'
        assert buffer.append(b'more', None)


def test_cancelled_by_progress():
    for stem in STEMS:
        cancellable = Gio.Cancellable.new()

        with Folder() as folder:
            buffer = folder.make_buffer(-1)
            folder.write(b'old')

            fails(Gio.IOErrorEnum.CANCELLED, getattr(buffer, stem), folder.file,
                  Spool.SaveFlags.NONE, cancellable,
                  lambda current, total: cancellable.cancel())
            assert folder.read() == b'old'
            assert folder.list() == ['file']
            assert buffer.append(b'more', None)


def test_snapshot():
    for threshold in THRESHOLDS:
        with Folder() as folder:
            buffer = folder.make_buffer(threshold)
            snapshot = buffer.get_bytes(None)
            buffer.write(0, b'changed', None)
            other = finish(buffer, 'get_bytes', GLib.PRIORITY_DEFAULT, None)
            buffer.truncate(0, None)
            buffer.close(None)
            assert snapshot.get_data() == CONTENT
            assert other.get_data() == b'changed' + CONTENT[7:]


def test_subprocess():
    for threshold in THRESHOLDS:
        with Folder() as folder:
            source = folder.make_buffer(threshold)
            target = Spool.Buffer.new()
            stdin = source.dup_fd(False, None)
            stdout = target.dup_fd(True, None)
            subprocess.run(['cat'], stdin=stdin, stdout=stdout, check=True)
            os.close(stdin)
            os.close(stdout)
            assert target.read(0, SIZE + 1, None) == CONTENT


def test_sealed():
    for threshold in THRESHOLDS:
        with Folder() as folder:
            buffer = folder.make_buffer(threshold)
            for fd in [buffer.create_sealed_fd(None),
                       finish(buffer, 'create_sealed_fd', GLib.PRIORITY_DEFAULT, None)]:
                assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS == SEALS
                with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as mapped:
                    assert mapped[:] == CONTENT
                os.close(fd)


tap.main(globals())
