# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Errors of the library as those that Python's files raise."""

import errno
import io

from gi.repository import Gio, GLib

_ERRNO = {
    Gio.IOErrorEnum.NO_SPACE: errno.ENOSPC,
    Gio.IOErrorEnum.PERMISSION_DENIED: errno.EACCES,
    Gio.IOErrorEnum.NOT_FOUND: errno.ENOENT,
    Gio.IOErrorEnum.TOO_MANY_OPEN_FILES: errno.EMFILE,
}


def python_error(error):
    """The exception that a Python file raises where GIO has this error."""
    code = None
    if error.matches(Gio.io_error_quark(), error.code):
        code = Gio.IOErrorEnum(error.code)
    if code == Gio.IOErrorEnum.CLOSED:
        return ValueError(error.message)
    if code == Gio.IOErrorEnum.NOT_SUPPORTED:
        return io.UnsupportedOperation(error.message)

    return OSError(_ERRNO.get(code, errno.EIO), error.message)


def call(function, *args):
    """Calls a function of the library, the errors of which become Python's."""
    try:
        return function(*args)
    except GLib.Error as error:
        raise python_error(error) from error


def closed_error():
    return ValueError('I/O operation on closed file.')


def no_initial_content(file, max_size):
    """Those of io have some where the files here have their max_size."""
    return TypeError('%s() takes the most bytes to keep in memory, not %s: '
                     'it starts empty, and write() fills it' % (
                         type(file).__name__, type(max_size).__name__))


def invalid_position(message):
    """Both what io.BytesIO raises and what a file on disk does."""
    return io.UnsupportedOperation(errno.EINVAL, message)
