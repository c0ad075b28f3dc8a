# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What is measured, and what a good result is.

A row of the table is a verb that the peers know, with the numbers to do it
with: one run handles `size` bytes, `chunk` bytes at a time. Spools whose
threshold is at least the size stay in memory; GIO is given a memory stream
then, and a temporary file otherwise.

A run is best no longer than a millisecond, if the workload lets it: then most
of the runs are not interrupted.

A target says how large the quotient of our time and theirs may be. Its key is
the pair of the two peers, or of a peer and a peer in another row, written
"row/peer".
"""

import os
from dataclasses import dataclass, field

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB

# Where "theirs" is meant to be rolled over from the first byte on. Not 0,
# which means never in Python.
ROLLED = 1
DEFAULT = 5_000_000
NEVER = 2**31 - 1

CORES = os.cpu_count() or 1


@dataclass
class Workload:
    name: str
    title: str
    verb: str
    size: int
    chunk: int
    threshold: int
    targets: dict = field(default_factory=dict)


def against(gio=None, rust=None, floor=None, php=None):
    """Targets for our streams."""
    limits = {'gio': gio, 'rust': rust, 'floor': floor, 'php': php}
    return {('spool', peer): limit for peer, limit in limits.items() if limit is not None}


WORKLOADS = [
    Workload(
        'write-4m',
        '4 MiB in 64 KiB writes, in memory, a fresh stream each',
        'write', 4 * MIB, 64 * KIB, DEFAULT,
        against(gio=0.7, rust=1.0),
    ),
    Workload(
        'write-32m',
        '32 MiB in 64 KiB writes, in memory, a fresh stream each',
        'write', 32 * MIB, 64 * KIB, 64 * MIB,
        against(gio=0.5, rust=0.7),
    ),
    Workload(
        'read-4m',
        'reading 4 MiB back in 64 KiB reads, in memory',
        'read', 4 * MIB, 64 * KIB, DEFAULT,
        against(gio=1.0, rust=1.0),
    ),
    Workload(
        'read-32m',
        'reading 32 MiB back in 64 KiB reads, in memory',
        'read', 32 * MIB, 64 * KIB, 64 * MIB,
        against(gio=1.0, rust=1.0),
    ),
    Workload(
        'write-16',
        '16-byte writes in memory, 256 KiB',
        'write', 256 * KIB, 16, DEFAULT,
        {('spool', 'gio'): 1.0, ('buffer', 'gio'): 0.75},
    ),
    Workload(
        'read-16',
        '16-byte reads in memory, 256 KiB',
        'read', 256 * KIB, 16, DEFAULT,
        {('spool', 'gio'): 1.0, ('buffer', 'gio'): 0.75},
    ),
    Workload(
        'write-64m-rolled',
        '64 MiB in 64 KiB writes, threshold 1 MiB',
        'write', 64 * MIB, 64 * KIB, MIB,
        against(floor=1.1, gio=1.0, rust=1.0),
    ),
    Workload(
        'read-64m-rolled',
        '64 MiB in 64 KiB reads, threshold 1 MiB',
        'read', 64 * MIB, 64 * KIB, MIB,
        against(floor=1.1, gio=1.0, rust=1.0),
    ),
    Workload(
        'write-16-rolled',
        '16-byte writes once rolled over, 256 KiB',
        'write', 256 * KIB, 16, ROLLED,
        against(gio=0.15, rust=0.25, php=1.0),
    ),
    Workload(
        'read-16-rolled',
        '16-byte reads once rolled over, 256 KiB',
        'read', 256 * KIB, 16, ROLLED,
        against(gio=0.15, rust=0.25, php=1.0),
    ),
    Workload(
        'random-write-rolled',
        'random 4 KiB writes over 16 MiB, rolled over',
        'random-write', 16 * MIB, 4 * KIB, MIB,
        against(rust=1.0),
    ),
    Workload(
        'random-read-rolled',
        'random 4 KiB reads over 16 MiB, rolled over',
        'random-read', 16 * MIB, 4 * KIB, MIB,
        against(rust=1.0),
    ),
    Workload(
        'roll-over-4m',
        'roll-over of 4 MiB (the floor is one write of as much)',
        'roll-over', 4 * MIB, 4 * MIB, DEFAULT,
        {('buffer', 'floor'): 1.1},
    ),
    Workload(
        'small',
        'create, write 100 bytes, read, close',
        'small', 20_000, 100, DEFAULT,
        against(gio=1.2),
    ),
    Workload(
        'many-1000',
        '1000 small streams at once',
        'many', 100_000, 100, DEFAULT,
        against(gio=1.0),
    ),
    *(
        Workload(
            f'splice-{source}{suffix}-{place}',
            f'splice of 64 MiB from {where} into {target}{how}',
            f'splice-{source}{suffix}', 64 * MIB, 64 * MIB, threshold,
            against(gio=0.6),
        )
        for source, where in (('memory', 'memory'), ('file', 'a file'), ('socket', 'a socket'))
        for suffix, how in (('', ''), ('-async', ', asynchronously'))
        for place, target, threshold in (('memory', 'memory', NEVER), ('rolled', 'a file', MIB))
    ),
    Workload(
        'write-snapshot-5m',
        '5 MB written, and a snapshot taken and dropped',
        'write-snapshot', 5_000_000, 50_000, DEFAULT,
        against(gio=1.1),
    ),
    Workload(
        'snapshot-5m',
        'the snapshot of 5 MB alone',
        'snapshot', 5_000_000, 5_000_000, DEFAULT,
        # Stealing, as GIO does, drops our buffer too; sharing does not. The
        # floor is a mapped file here.
        {('buffer', 'gio'): 1.1, ('buffer', 'floor'): 1.0},
    ),
    *(
        Workload(
            f'{verb}-{name}-rolled',
            f'{title} of {what}, rolled over (GIO has it in memory)',
            verb, size, size, ROLLED,
            {('buffer', 'floor'): 1.1},
        )
        for name, what, size in (('5m', '5 MB', 5_000_000), ('1g', '1 GiB', GIB))
        for verb, title in (
            ('snapshot', 'the snapshot'),
            ('snapshot-read', 'the snapshot, each page looked at,'),
        )
    ),
    Workload(
        'move-1g',
        '1 GiB moved in its file system (the floor is rename)',
        'move', GIB, GIB, ROLLED,
        # Nothing is copied.
        {('buffer', 'cp'): 0.01},
    ),
    Workload(
        'save-1g',
        '1 GiB saved in its file system (the floor is copy_file_range)',
        'save', GIB, GIB, ROLLED,
        {('buffer', 'cp'): 1.1},
    ),
    Workload(
        'one-reader-rolled',
        '16 MiB in 4 KiB reads, rolled over, 16 times by one thread',
        'one-reader', 256 * MIB, 4 * KIB, MIB,
    ),
    Workload(
        'readers-rolled',
        'the same by 16 threads at once',
        'readers', 256 * MIB, 4 * KIB, MIB,
        # Four fifths of what the cores could give.
        {('spool', 'one-reader-rolled/spool'): 1.25 / CORES},
    ),
    Workload(
        'write-async-4k',
        'asynchronous 4 KiB writes in memory, 1 MiB',
        'write-async', MIB, 4 * KIB, DEFAULT,
        against(gio=1.0),
    ),
    Workload(
        'read-async-4k',
        'asynchronous 4 KiB reads in memory, 1 MiB',
        'read-async', MIB, 4 * KIB, DEFAULT,
        against(gio=1.0),
    ),
    Workload(
        'write-async-4k-rolled',
        'asynchronous 4 KiB writes once rolled over, 1 MiB',
        'write-async', MIB, 4 * KIB, ROLLED,
        against(gio=1.0),
    ),
    Workload(
        'read-async-4k-rolled',
        'asynchronous 4 KiB reads once rolled over, 1 MiB',
        'read-async', MIB, 4 * KIB, ROLLED,
        against(gio=1.0),
    ),
]

# These leave a second thread in the process, so they come last.
WORKLOADS += [
    Workload(
        'write-16-beside-thread',
        '16-byte writes in memory, 256 KiB, in a process with two threads',
        'write-beside-thread', 256 * KIB, 16, DEFAULT,
    ),
]

# Peers that are ours, in the order of the tables.
OURS = ['spool', 'buffer', 'spool-io']


@dataclass
class MemoryCase:
    name: str
    title: str
    unit: int       # what the figure is divided by
    limit: int      # in bytes; None where the figure is only for comparison
    quick: bool = True


# Threshold and a small constant, for what goes through a threshold of 1 MiB.
BOUNDED = 2 * MIB
# Twice the payload of 100 bytes, and 500 bytes.
IDLE = 700
# The kernel counts pages in batches, so that nothing can show as this much.
NOTHING = 512 * KIB

MEMORY_CASES = [
    *(
        MemoryCase(name, f'1 GiB through 1 MiB: {title}', 1, BOUNDED, quick=name == 'write')
        for name, title in (
            ('write', 'write'),
            ('writev', 'writev'),
            ('small-writes', '1 KiB appends'),
            ('truncate', 'truncate'),
            ('reserve', 'reserve'),
            ('read', 'read, read_bytes, skip'),
            ('io-stream', 'write and read through SpoolIOStream'),
            ('splice', 'splice'),
            ('splice-async', 'splice_async'),
            ('splice-from', 'spool_buffer_splice_from'),
            ('equal', 'spool_buffer_equal'),
            ('snapshot', 'spool_buffer_get_bytes, then a write'),
            ('dup-fd', 'spool_buffer_dup_fd'),
        )
    ),
    MemoryCase('idle-buffers', '100 000 idle buffers of 100 bytes, each', 100_000, IDLE),
    MemoryCase('idle-streams', '100 000 idle output streams of 100 bytes, each', 100_000, None),
    MemoryCase('idle-gio', '100 000 idle GMemoryOutputStreams of 100 bytes, each', 100_000, None),
    MemoryCase('streams', '1 000 000 streams, one after the other', 1, NOTHING),
    MemoryCase('rolled-streams', '20 000 streams that roll over, one after the other', 1, NOTHING),
]

# (title, verb, size, chunk, threshold) of the paths whose instructions count.
HOT_PATHS = [
    ('16-byte write in memory', 'write', 256 * KIB, 16, DEFAULT),
    ('16-byte read in memory', 'read', 256 * KIB, 16, DEFAULT),
    ('16-byte write, rolled over', 'write', 256 * KIB, 16, ROLLED),
    ('16-byte read, rolled over', 'read', 256 * KIB, 16, ROLLED),
    ('64 KiB write in memory', 'write', 4 * MIB, 64 * KIB, DEFAULT),
    ('64 KiB write, rolled over', 'write', 4 * MIB, 64 * KIB, ROLLED),
    ('create, write 100 bytes, read, close', 'small', 100_000, 100, DEFAULT),
]
