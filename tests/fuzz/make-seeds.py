#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Prints seeds for a fuzz target, as many lines of a corpus as are asked for.

usage: make-seeds.py N_OPERATIONS [N_SEEDS]

They hold each operation at least once, with all kinds of heads.
"""

import random
import sys

N_THRESHOLDS, N_FILE_KINDS, N_ERRNOS, N_STEPS = 6, 10, 16, 14


def main():
    n_operations = int(sys.argv[1])
    n_seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 18
    source = random.Random(20260101)

    for i in range(n_seeds):
        head = [i % N_THRESHOLDS, i % N_FILE_KINDS, source.randrange(64), i % N_ERRNOS]
        mask = [1 << source.randrange(8) if source.randrange(3) == 0 else 0
                for _ in range(8)]
        seed = head + mask
        for step in range(N_STEPS):
            # Every other one is a write or another operation in turn.
            operation = (i * N_STEPS // 2 + step // 2) if step % 2 else source.randrange(256)
            seed.append(operation % n_operations if step % 2 else operation)
            seed += [source.randrange(256) for _ in range(6)]
        print(bytes(seed).hex())


main()
