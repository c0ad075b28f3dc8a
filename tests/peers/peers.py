# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Lets the disk fail while spools roll over, and looks what is left.

A spool is a process that is told what to do, so that it may die, and that has
its own limits. It stands a fault if

  - it lives, and the write that cannot be done says so,
  - all that was accepted before, and nothing else, can be read meanwhile, and
    the position is its end,
  - the write can be done, and everything is there, when the fault is gone.
"""

import ctypes
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

THRESHOLD = 20000
BEFORE = 15000
MORE = 10000

ROOM = 64 * 1024

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY = 1
MS_REMOUNT = 32
MS_REC = 16384
MS_PRIVATE = 1 << 18

libc = ctypes.CDLL(None, use_errno=True)


class Killed(Exception):
    pass


class Peer:
    def __init__(self, arguments, directory):
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True,
                                        env=dict(os.environ, TMPDIR=directory))

    def tell(self, *words):
        """Returns the answer."""
        try:
            self.process.stdin.write(' '.join(map(str, words)) + '\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Killed
        answer = self.process.stdout.readline().strip()
        if not answer:
            raise Killed

        return answer

    def limit(self, kind, value=None):
        """None: as much as there may be."""
        most = resource.prlimit(self.process.pid, kind)[1]
        resource.prlimit(self.process.pid, kind, (most if value is None else value, most))

    def end(self):
        self.process.kill()
        self.process.communicate()


# --- The faults ---------------------------------------------------------------

class Fault:
    """Leaves the spool a directory of its own."""

    needs_mount = False
    is_late = False

    def __init__(self, directory):
        self.directory = directory

    def begin(self, peer):
        pass

    def end(self, peer):
        pass


class Full(Fault):
    """No room for anything when it rolls over"""

    needs_mount = True
    left = 0

    def begin(self, peer):
        with open(os.path.join(self.directory, 'filler'), 'wb') as file:
            os.posix_fallocate(file.fileno(), 0, ROOM - self.left)

    def end(self, peer):
        os.unlink(os.path.join(self.directory, 'filler'))


class FullHalfWay(Full):
    """Room for half of what is in memory"""

    left = 8 * 1024


class FullLater(Full):
    """No more room some time after it rolled over"""

    is_late = True

    def begin(self, peer):
        # It has its file, which is in there too.
        status = os.statvfs(self.directory)
        with open(os.path.join(self.directory, 'filler'), 'wb') as file:
            os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize)


class ReadOnly(Fault):
    """The file system is read-only by then"""

    needs_mount = True

    def remount(self, flags):
        if libc.mount(None, self.directory.encode(), None, MS_REMOUNT | flags, None) != 0:
            raise OSError(ctypes.get_errno(), 'mount')

    def begin(self, peer):
        self.remount(MS_RDONLY)

    def end(self, peer):
        self.remount(0)


class Gone(Fault):
    """The directory is gone by then"""

    def begin(self, peer):
        os.rmdir(self.directory)

    def end(self, peer):
        os.mkdir(self.directory)


class NoDescriptor(Fault):
    """No descriptor is left"""

    def begin(self, peer):
        used = [int(fd) for fd in os.listdir('/proc/%d/fd' % peer.process.pid)]

        # Those below the highest may be free, and new ones get the lowest.
        free = set(range(max(used))) - set(used)
        peer.limit(resource.RLIMIT_NOFILE, min(free) if free else max(used) + 1)

    def end(self, peer):
        peer.limit(resource.RLIMIT_NOFILE)


class SizeLimit(Fault):
    """No file may be so large"""

    def begin(self, peer):
        peer.limit(resource.RLIMIT_FSIZE, 8 * 1024)

    def end(self, peer):
        peer.limit(resource.RLIMIT_FSIZE)


FAULTS = [Full, FullHalfWay, FullLater, ReadOnly, Gone, NoDescriptor, SizeLimit]


# --- The judge ----------------------------------------------------------------

def write_until_error(peer):
    for _ in range(2 * ROOM // 1000):
        answer = peer.tell('write', 1000)
        if answer != 'ok':
            return answer

    return 'ok'


def judge(peer, fault):
    """Returns what is wrong, or None."""
    peer.tell('open', THRESHOLD, fault.directory)
    answer = peer.tell('write', BEFORE + MORE if fault.is_late else BEFORE)
    if answer != 'ok':
        return 'failed too early'

    fault.begin(peer)

    # More than once: the second try must not find what the first has left.
    for _ in range(2):
        answer = write_until_error(peer) if fault.is_late else peer.tell('write', MORE)
        if answer == 'ok':
            return 'no error'
        answer = peer.tell('check')
        if answer != 'ok':
            return 'cannot be read' if answer.startswith('error') else answer

    fault.end(peer)

    if peer.tell('write', MORE) != 'ok':
        return 'does not recover'
    answer = peer.tell('check')
    if answer != 'ok':
        return 'cannot be read' if answer.startswith('error') else answer

    return None


def try_fault(arguments, fault_class, may_mount):
    """Returns what is wrong, or None."""
    top = tempfile.mkdtemp(prefix='spool-peers-', dir='/var/tmp')
    directory = os.path.join(top, 'spool')
    os.mkdir(directory)
    is_mounted = fault_class.needs_mount and may_mount
    if is_mounted and libc.mount(b'tmpfs', directory.encode(), b'tmpfs', 0,
                                 b'size=%d' % ROOM) != 0:
        raise OSError(ctypes.get_errno(), 'mount')

    peer = Peer(arguments, directory)
    try:
        return judge(peer, fault_class(directory))
    except Killed:
        return 'killed'
    finally:
        peer.end()
        if is_mounted:
            libc.umount2(directory.encode(), 2)
        shutil.rmtree(top, ignore_errors=True)


def enter_namespace():
    """Returns whether file systems can be mounted, that nobody else sees."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNS | (0 if user == 0 else CLONE_NEWUSER)) != 0:
        return False

    if user != 0:
        for name, text in (('setgroups', 'deny'), ('uid_map', '0 %d 1' % user),
                           ('gid_map', '0 %d 1' % group)):
            with open('/proc/self/' + name, 'w', encoding='ascii') as file:
                file.write(text)

    return libc.mount(None, b'/', None, MS_REC | MS_PRIVATE, None) == 0


def find_peers():
    python = [sys.executable, os.path.join(HERE, 'peer.py')]
    peers = {'spool-glib': python + ['ours'], 'CPython': python + ['cpython']}

    if importlib.util.find_spec('boltons'):
        peers['boltons'] = python + ['boltons']
    if shutil.which('php'):
        peers['PHP'] = [shutil.which('php'), os.path.join(HERE, 'peer.php')]

    return peers


def main():
    may_mount = enter_namespace()
    peers = find_peers()
    stood = dict.fromkeys(peers, 0)
    n_tried = n_skipped = 0
    rows = []

    for fault in FAULTS:
        title = fault.__doc__
        if fault.needs_mount and not may_mount:
            print('%s: a file system cannot be mounted here' % title)
            n_skipped += 1
            continue

        n_tried += 1
        row = [title]
        for name, arguments in peers.items():
            problem = try_fault(arguments, fault, may_mount)
            stood[name] += problem is None
            row.append(problem or 'stands it')
        rows.append(row)

    rows.insert(0, ['Fault'] + list(peers))
    rows.append(['Stood'] + ['%d of %d' % (n, n_tried) for n in stood.values()])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for i, row in enumerate(rows):
        print('| %s |' % ' | '.join(map(str.ljust, row, widths)))
        if i == 0:
            print('|%s|' % '|'.join('-' * (width + 2) for width in widths))

    ours = stood['spool-glib']
    print('%d passed, %d failed, %d skipped' % (ours, n_tried - ours, n_skipped))

    return 0 if ours == n_tried else 1


if __name__ == '__main__':
    sys.exit(main())
