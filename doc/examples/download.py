#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Downloads a zip over HTTP into a spooled stream and lists the names in it.

libsoup does not know that it fills a spooled stream, and zipfile reads the zip
through a second, seekable stream on the same buffer. Whether the bytes are in
memory or in a file is looked at only to show it.
"""

import argparse
import io
import locale
import os
import sys
import zipfile

import gi

gi.require_version('Soup', '3.0')
gi.require_version('Spool', '1')
from gi.repository import Gio, GLib, Soup, Spool

PROGRAM = os.path.basename(sys.argv[0])
BAR_WIDTH = 30


def _(message):
    return GLib.dgettext('spool-glib-1', message)


class Failure(Exception):
    """What the user is told in one line."""


class Download:
    """One download in a main loop of its own."""

    def __init__(self, buffer):
        self.buffer = buffer
        self.output = Spool.MemoryOutputStream.new_for_buffer(buffer)
        self.loop = GLib.MainLoop()
        self.length = None
        self.last_step = None
        self.error = None

    def run(self, url):
        uri = GLib.Uri.parse(url, GLib.UriFlags(Soup.HTTP_URI_FLAGS))
        if uri.get_scheme() not in ('http', 'https') or not uri.get_host():
            raise Failure(_('Not an HTTP URL'))

        self.message = Soup.Message.new_from_uri('GET', uri)

        # Without the decoder the bytes come as they are, and the progress
        # counts what the server counts. A zip has nothing left to compress.
        session = Soup.Session()
        session.remove_feature_by_type(Soup.ContentDecoder)

        on_terminal = sys.stderr.isatty()
        if on_terminal:
            handler_id = self.buffer.connect('notify::size', self.size_changed)

        session.send_async(self.message, GLib.PRIORITY_DEFAULT, None, self.sent)
        self.loop.run()

        if on_terminal:
            self.buffer.disconnect(handler_id)
            # The bar stays when it is full, and makes room for an error.
            print('\r\033[K' if self.error else '\n',
                  end='', file=sys.stderr, flush=True)

        if self.error:
            raise self.error

        if not on_terminal:
            size = GLib.format_size(self.buffer.get_size())
            print(_('Downloaded %s') % size)

    def sent(self, session, result):
        try:
            body = session.send_finish(result)
        except GLib.Error as error:
            self.stop(error)
            return

        status = self.message.get_status()
        if status != Soup.Status.OK:
            answer = f'{int(status)} {Soup.Status.get_phrase(status)}'
            self.stop(Failure(_('The server answered: %s') % answer))
            return

        headers = self.message.get_response_headers()
        if headers.get_encoding() == Soup.Encoding.CONTENT_LENGTH:
            self.length = headers.get_content_length()

        # Where the connection ends before all announced bytes arrived,
        # libsoup makes that an error of the splice.
        self.output.splice_async(body,
                                 Gio.OutputStreamSpliceFlags.CLOSE_SOURCE |
                                 Gio.OutputStreamSpliceFlags.CLOSE_TARGET,
                                 GLib.PRIORITY_DEFAULT, None, self.spliced)

    def spliced(self, output, result):
        try:
            output.splice_finish(result)
            self.stop(None)
        except GLib.Error as error:
            self.stop(error)

    def stop(self, error):
        self.error = error
        self.loop.quit()

    def size_changed(self, buffer, pspec):
        """Redraws the bar at each per cent, or at each megabyte."""
        size = buffer.get_size()
        step = size * 100 // self.length if self.length else size // 1000000
        if step == self.last_step:
            return

        self.last_step = step
        place = _('on disk') if buffer.get_rolled_over() else _('in memory')
        text = f'{GLib.format_size(size)} {place}'
        if self.length:
            bar = ('#' * (BAR_WIDTH * step // 100)).ljust(BAR_WIDTH, '-')
            text = f'[{bar}] {step:3} %  {text}'
        print(f'\r{text}\033[K', end='', file=sys.stderr, flush=True)


class StreamFile(io.RawIOBase):
    """A seekable GInputStream as a Python file."""

    WHENCE = (GLib.SeekType.SET, GLib.SeekType.CUR, GLib.SeekType.END)

    def __init__(self, stream):
        self.stream = stream

    def readable(self):
        return True

    def seekable(self):
        return True

    def readinto(self, data):
        try:
            chunk = self.stream.read_bytes(len(data), None).get_data()
        except GLib.Error as error:
            raise OSError(error.message) from error
        data[:len(chunk)] = chunk
        return len(chunk)

    def seek(self, offset, whence=os.SEEK_SET):
        try:
            self.stream.seek(offset, self.WHENCE[whence], None)
        except GLib.Error as error:
            raise OSError(error.message) from error
        return self.stream.tell()


def print_names(buffer):
    # A stream of its own, with a position of its own, that starts at 0.
    stream = Spool.MemoryInputStream.new_for_buffer(buffer)

    try:
        with zipfile.ZipFile(io.BufferedReader(StreamFile(stream))) as archive:
            names = archive.namelist()
    except (NotImplementedError, OSError, ValueError,
            zipfile.BadZipFile) as error:
        # zipfile has all of these for a zip that is broken or too new.
        raise Failure(_('Not a zip that can be read: %s') % error) from error

    for name in names:
        # A name from the net may hold anything, the codes that steer a
        # terminal among it.
        print(' ', ''.join(c if c.isprintable() else '?' for c in name))


def print_where(buffer):
    def format_size(size):
        return GLib.format_size_full(size, GLib.FormatSizeFlags.LONG_FORMAT)

    size = buffer.get_size()
    rolled_over = buffer.get_rolled_over()

    print(_('Kept %s in memory') % format_size(0 if rolled_over else size))
    if not rolled_over:
        return

    # The temporary file has no name, but the system knows its folder.
    fd = buffer.dup_fd(False, None)
    try:
        directory = os.path.dirname(os.readlink(f'/proc/self/fd/{fd}'))
    finally:
        os.close(fd)

    print(_('Rolled over %s to a temporary file') % format_size(size))
    print(_('The file is under %s') % directory)


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(f'{self.prog}: {message}')


def main():
    locale.setlocale(locale.LC_ALL, '')

    parser = Parser()
    parser.add_argument('--threshold', type=int, metavar='BYTES',
                        default=Spool.DEFAULT_THRESHOLD,
                        help='keep up to this many bytes in memory, -1 for all')
    parser.add_argument('url', metavar='URL')
    arguments = parser.parse_args()
    if arguments.threshold < Spool.THRESHOLD_NEVER:
        parser.error('the threshold is -1, or 0 or more')

    buffer = Spool.Buffer.new_with_threshold(arguments.threshold)

    try:
        Download(buffer).run(arguments.url)
        print_names(buffer)
        print_where(buffer)
    except GLib.Error as error:
        sys.exit(f'{PROGRAM}: {arguments.url}: {error.message}')
    except (Failure, OSError) as error:
        sys.exit(f'{PROGRAM}: {arguments.url}: {error}')


if __name__ == '__main__':
    main()
