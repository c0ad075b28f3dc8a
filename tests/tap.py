# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the functions of a module that are named test_… and reports in TAP."""

import sys
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here."""


def main(namespace):
    tests = [(name[len('test_'):].replace('_', '-'), function)
             for name, function in namespace.items()
             if name.startswith('test_') and callable(function)]
    failed = False

    print('1..%d' % len(tests), flush=True)
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
            print('ok %d %s' % (number, name), flush=True)
        except Skip as reason:
            print('ok %d %s # SKIP %s' % (number, name, reason), flush=True)
        except Exception:
            failed = True
            for line in traceback.format_exc().splitlines():
                print('# ' + line)
            print('not ok %d %s' % (number, name), flush=True)

    sys.exit(1 if failed else 0)
