# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Adds up what testlog.json files of Meson say.

Every case of a program that speaks TAP counts, and a program that does not as
one. A program that ends badly counts as a failure of its own where none of its
cases did. The last line is "N passed, N failed, N skipped", and the exit status
is 1 if anything failed or nothing ran.
"""

import json
import re
import sys

CASE = re.compile(r'^(?P<status>ok|not ok)\b(?P<rest>.*)$')
DIRECTIVE = re.compile(r'#\s*(?P<name>skip|todo)', re.IGNORECASE)
SKIP_ALL = re.compile(r'^1\.\.0\b')

GOOD = ('OK', 'EXPECTEDFAIL')


def count_cases(output):
    """Counts the cases in TAP, or gives None for something else."""
    passed = failed = skipped = 0
    is_tap = False

    for line in output.splitlines():
        case = CASE.match(line)
        if re.match(r'^1\.\.\d+', line):
            is_tap = True
            if SKIP_ALL.match(line):
                skipped += 1
        elif case:
            directive = DIRECTIVE.search(case['rest'])
            if directive:
                skipped += 1
            elif case['status'] == 'ok':
                passed += 1
            else:
                failed += 1

    return (passed, failed, skipped) if is_tap else None


def count_program(record):
    cases = count_cases(record.get('stdout') or '')
    is_good = record['result'] in GOOD
    is_skipped = record['result'] == 'SKIP'

    if cases is None:
        return (int(is_good), int(not is_good and not is_skipped), int(is_skipped))

    passed, failed, skipped = cases
    if not is_good and not is_skipped and failed == 0:
        failed = 1

    return (passed, failed, skipped)


def main(paths):
    totals = [0, 0, 0]

    for path in paths:
        with open(path, encoding='utf-8') as file:
            for line in file:
                record = json.loads(line)
                counts = count_program(record)
                totals = [total + count for total, count in zip(totals, counts)]
                if counts[1] > 0:
                    print('%s: %s' % (record['name'], record['result'].lower()))

    print('%d passed, %d failed, %d skipped' % tuple(totals))

    return 1 if totals[1] > 0 or totals[0] + totals[2] == 0 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
