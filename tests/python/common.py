# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the tests of the Python files have in common."""

import os

import gi

gi.require_version('Spool', '1')

from gi.repository import Spool  # noqa: E402

# From memory only to disk only, for content of about ten bytes.
THRESHOLDS = (0, 1, 9, 10, 11, 1000000)


def equal(found, expected):
    assert found == expected, '%.300r is not %.300r' % (found, expected)


def raises(errors, function, *args, **kwargs):
    """Calls it and returns the error, which has to be of all these classes."""
    errors = errors if isinstance(errors, tuple) else (errors,)
    try:
        function(*args, **kwargs)
    except Exception as error:
        for wanted in errors:
            assert isinstance(error, wanted), '%r is no %s' % (error, wanted.__name__)
        return error
    raise AssertionError('%s did not fail' % function)


def remain(file):
    pass


def roll_over(file):
    file.rollover()


def share(file):
    assert isinstance(file.spool, Spool.Buffer)


def share_rolled_over(file):
    file.rollover()
    assert file.spool.get_rolled_over()


def export(file):
    os.fstat(file.fileno())


# All that can become of a file in the midst of its use.
CHANGES = (remain, roll_over, share, share_rolled_over, export)


def directory_of(file):
    """The folder in which the temporary file of a file is."""
    return os.path.dirname(os.readlink('/proc/self/fd/%d' % file.fileno()))
