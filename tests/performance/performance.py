#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Measures spool-glib beside its peers, and says which targets it meets.

Every peer is a process. In each round every one of them is asked once, in
turn, so that whatever else the machine does meets all of them alike; the
median over the rounds counts. The results go to performance.md,
performance.json, performance.svg and scaling.svg.
"""

import argparse
import fnmatch
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import competitors
import report
from workloads import CORES, DEFAULT, GIB, HOT_PATHS, KIB, MEMORY_CASES, MIB, OURS, WORKLOADS


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--bench', type=Path, required=True, help='the benchmark program')
    parser.add_argument('--output', type=Path, required=True, help='where the results go')
    parser.add_argument('--directory', default='/var/tmp', help='where temporary files go')
    parser.add_argument('--quick', action='store_true', help='fewer and shorter rounds')
    parser.add_argument('--only', metavar='PATTERN', help='only rows with such a name')
    parser.add_argument('--peers', metavar='NAMES', help='only these peers beside GIO, as in “rust,php”')
    parser.add_argument('--rounds', type=int, help='how often each peer is asked')
    parser.add_argument('--callgrind', action='store_true', help='count instructions instead')
    return parser.parse_args()


def log(text):
    print(text, file=sys.stderr, flush=True)


def is_wanted(name, pattern):
    return pattern is None or pattern in name or fnmatch.fnmatch(name, pattern)


def group_workloads(workloads):
    """Put those together whose targets compare one with another."""
    groups = []

    for workload in workloads:
        rows = {theirs.rpartition('/')[0] for _, theirs in workload.targets}
        for group in groups:
            if any(other.name in rows for other in group):
                group.append(workload)
                break
        else:
            groups.append([workload])

    return groups


def measure_group(group, processes, rounds, milliseconds, left_out):
    """Return, by row, the rounds of each peer that knows the verb."""
    times = {workload.name: {} for workload in group}
    names = list(processes)

    for number in range(-1, rounds):
        # Nobody always follows the same neighbour, who leaves caches and a disk.
        for name in random.Random(number).sample(names, len(names)):
            for workload in group:
                if name not in processes:
                    break
                try:
                    result = processes[name].ask(
                        workload.verb, workload.size, workload.chunk, workload.threshold, milliseconds
                    )
                except competitors.Failed as error:
                    if name in competitors.C_PEERS:
                        raise
                    left_out.append(str(error))
                    del processes[name]
                    for peers in times.values():
                        peers.pop(name, None)
                    break
                # The first round warms up caches, and compilers that compile late.
                if result is not None and number >= 0:
                    times[workload.name].setdefault(name, []).append(result)

    return times


def measure_workloads(arguments, processes, left_out):
    rounds = arguments.rounds or (2 if arguments.quick else 9)
    milliseconds = 4 if arguments.quick else 25
    results = {}

    wanted = [workload for workload in WORKLOADS if is_wanted(workload.name, arguments.only)]
    for group in group_workloads(wanted):
        for workload in group:
            log(f'{workload.name}: {workload.title}')
        results.update(measure_group(group, processes, rounds, milliseconds, left_out))

    return results


def measure_memory(arguments):
    """Return the growth of each case, in bytes."""
    results = {}

    for case in MEMORY_CASES:
        if not is_wanted(f'memory-{case.name}', arguments.only):
            continue
        if arguments.quick and not case.quick:
            continue
        log(f'memory-{case.name}: {case.title}')
        result = subprocess.run(
            [str(arguments.bench), 'memory', case.name], stdout=subprocess.PIPE, text=True, check=True
        )
        results[case.name] = int(result.stdout) / case.unit

    return results


def measure_scaling(arguments, processes):
    """Return, by size, the seconds that writing and reading took."""
    results = []
    size = KIB
    series = [
        ('write', 'spool', 'write'),
        ('read', 'spool', 'read'),
        ('GIO write', 'gio', 'write'),
        ('pwrite', 'floor', 'write'),
    ]

    log('scaling: time against size')
    while size <= (64 * MIB if arguments.quick else 4 * GIB):
        chunk = min(size, 64 * KIB)
        rounds = 5 if size <= 64 * MIB else 1
        point = {'size': size}
        samples = {label: [] for label, name, verb in series}
        for _ in range(rounds):
            for label, name, verb in series:
                # All of them in a file from the same size on.
                answer = processes[name].ask(verb, size, chunk, DEFAULT, 2)
                samples[label].append(answer * (size // chunk) / 1e9)
        for label, values in samples.items():
            point[label] = statistics.median(values)
        results.append(point)
        size *= 2

    return results


def count_instructions(arguments):
    """Return the instructions per chunk, by path and peer."""
    valgrind = shutil.which('valgrind')
    if valgrind is None:
        sys.exit('valgrind: not installed')

    def run(peer, path, n_runs):
        title, verb, size, chunk, threshold = path
        name = re.sub(r'[^a-z0-9]+', '-', title.lower())
        output = arguments.output / f'callgrind.out.{name}.{peer}'
        command = [
            valgrind, '--tool=callgrind', f'--callgrind-out-file={output}',
            str(arguments.bench), peer, verb, str(size), str(chunk), str(threshold), str(n_runs),
        ]
        result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
        return int(re.search(r'Collected : (\d+)', result.stderr).group(1))

    rows = []
    for path in HOT_PATHS:
        if not is_wanted(path[0], arguments.only):
            continue
        log(path[0])
        row = {'title': path[0]}
        for peer in OURS + ['gio']:
            if peer == 'spool-io' and path[1] != 'small':
                continue
            # The difference leaves out whatever is done once.
            extra = run(peer, path, 3) - run(peer, path, 1)
            row[peer] = extra / 2 / (path[2] // path[3])
        rows.append(row)

    return rows


def describe_machine(directory):
    model = 'unknown'
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.split(':', 1)[1].strip()
                break
    file_system = subprocess.run(
        ['stat', '--file-system', '--format=%T', directory], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()

    return {
        'processor': model,
        'cores': CORES,
        'kernel': platform.release(),
        'memory': os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES'),
        'file system': file_system,
    }


def run(arguments):
    started = time.monotonic()
    left_out = []
    peers = arguments.peers.split(',') if arguments.peers is not None else None
    processes, versions, left_out = competitors.start(
        arguments.bench,
        arguments.output,
        lambda name: peers is None or name in peers,
    )
    for line in left_out:
        log(line)

    results = {
        'machine': describe_machine(os.environ['TMPDIR']),
        'versions': versions,
        'rounds': measure_workloads(arguments, processes, left_out),
    }
    results['memory'] = measure_memory(arguments)
    results['scaling'] = []
    if is_wanted('scaling', arguments.only):
        results['scaling'] = measure_scaling(arguments, processes)
    results['left out'] = left_out
    results['seconds'] = round(time.monotonic() - started)
    for process in processes.values():
        process.stop()

    report.write(results, arguments.output)


def main():
    arguments = parse_arguments()
    arguments.bench = arguments.bench.resolve()
    arguments.output = arguments.output.resolve()
    arguments.output.mkdir(parents=True, exist_ok=True)

    with tempfile.TemporaryDirectory(prefix='spool-performance-', dir=arguments.directory) as folder:
        os.environ['TMPDIR'] = folder
        if arguments.callgrind:
            report.write_instructions(count_instructions(arguments), arguments.output)
        else:
            run(arguments)


if __name__ == '__main__':
    main()
