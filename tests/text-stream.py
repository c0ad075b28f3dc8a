# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the text stream is in Python, without any override."""

import io

import gi

gi.require_version('Spool', '1')

from gi.repository import Gio, GLib, Spool  # noqa: E402

import tap  # noqa: E402

THRESHOLDS = (0, 1, 9, 10, 11, -1)

MIXED = 'aé€😀'


def check_error(code, function, *args):
    try:
        function(*args)
    except GLib.Error as error:
        assert error.matches(Gio.io_error_quark(), code), error
        return
    raise AssertionError('%s() did not fail' % function.__name__)


def wait(stream, stem, *args):
    """Calls an asynchronous function and returns what it came to."""
    results = []
    getattr(stream, stem + '_async')(*args, GLib.PRIORITY_DEFAULT, None,
                                     lambda source, result, data: results.append((result, data)),
                                     'data')
    while not results:
        GLib.MainContext.default().iteration(True)
    assert results[0][1] == 'data'
    return getattr(stream, stem + '_finish')(results[0][0])


def test_write_and_read():
    for threshold in THRESHOLDS:
        stream = Spool.TextStream.new_with_threshold(threshold)
        assert stream.write(MIXED + '\n' + MIXED, None)
        assert stream.tell() == 9
        assert stream.get_length(None) == 9
        assert stream.seek(2, GLib.SeekType.SET, None)
        assert stream.read(2, None) == ('€😀', 7)
        assert stream.read_line(None) == ('\n', 1)
        assert stream.read_line(None) == (MIXED, 10)
        assert stream.read_line(None) == (None, 0)
        assert stream.read(-1, None) == ('', 0)
        assert stream.seek(-4, GLib.SeekType.END, None)
        assert stream.write('ß', None)
        assert stream.dup_text(None)[0] == MIXED + '\nß' + MIXED[1:]
        assert stream.truncate(2, None)
        assert stream.dup_text(None) == ('aé', 3)


def test_nuls():
    for threshold in THRESHOLDS:
        stream = Spool.TextStream.new_with_threshold(threshold)
        text = 'é\0\n\0€'.encode()
        assert stream.write_bytes(GLib.Bytes.new(text), None)
        assert stream.tell() == 5
        assert stream.dup_text_bytes(None).get_data() == text
        stream.seek(0, GLib.SeekType.SET, None)
        assert stream.read_line_bytes(None).get_data() == 'é\0\n'.encode()
        assert stream.read_bytes(5, None).get_data() == '\0€'.encode()
        assert stream.read_line_bytes(None) is None
        assert stream.read_bytes(5, None).get_data() in (b'', None)


def test_errors():
    for threshold in THRESHOLDS:
        buffer = Spool.Buffer.new_with_threshold(threshold)
        stream = Spool.TextStream.new_for_buffer(buffer)
        code = Gio.IOErrorEnum
        buffer.append(b'ab\xff', None)
        check_error(code.INVALID_DATA, stream.get_length, None)
        check_error(code.INVALID_DATA, stream.read, -1, None)
        check_error(code.INVALID_DATA, stream.dup_text, None)
        check_error(code.INVALID_DATA, stream.write_bytes, GLib.Bytes.new(b'\xff'), None)
        check_error(code.INVALID_ARGUMENT, stream.seek, -1, GLib.SeekType.SET, None)
        check_error(code.INVALID_ARGUMENT, stream.truncate, -1, None)
        assert stream.tell() == 0
        assert stream.read(2, None) == ('ab', 2)


def test_async():
    for threshold in THRESHOLDS:
        stream = Spool.TextStream.new_with_threshold(threshold)
        assert wait(stream, 'write', MIXED + '\n')
        assert wait(stream, 'write_bytes', GLib.Bytes.new('é\0\n'.encode()))
        stream.seek(1, GLib.SeekType.SET, None)
        assert wait(stream, 'read', 2) == ('é€', 5)
        assert wait(stream, 'read_line') == ('😀\n', 5)
        assert wait(stream, 'read_bytes', 1).get_data() == 'é'.encode()
        assert wait(stream, 'read_line_bytes').get_data() == b'\0\n'
        assert wait(stream, 'read_line') == (None, 0)
        assert wait(stream, 'read_line_bytes') is None
        stream.get_buffer().append(b'\xff', None)
        check_error(Gio.IOErrorEnum.INVALID_DATA, wait, stream, 'read', 1)


def test_follow():
    for threshold in THRESHOLDS:
        stream = Spool.TextStream.new_with_threshold(threshold)
        output = Spool.MemoryOutputStream.new_for_buffer(stream.get_buffer())
        lines = []

        def got_line(source, result, data):
            line, _ = source.read_line_finish(result)
            lines.append(line)
            if line is not None:
                source.read_line_async(GLib.PRIORITY_DEFAULT, None, got_line, None)

        assert not stream.props.follow
        stream.props.follow = True
        stream.read_line_async(GLib.PRIORITY_DEFAULT, None, got_line, None)
        for byte in 'é\nb\nc'.encode():
            output.write_all(bytes([byte]), None)
            while GLib.MainContext.default().iteration(False):
                pass
        output.close(None)
        while not lines or lines[-1] is not None:
            GLib.MainContext.default().iteration(True)
        assert lines == ['é\n', 'b\n', 'c', None], lines


def test_beside_string_io():
    """What io.StringIO does, but for the newlines it would translate."""
    expected = io.StringIO(newline='\n')
    for threshold in THRESHOLDS:
        stream = Spool.TextStream.new_with_threshold(threshold)
        expected.seek(0)
        expected.truncate()
        for position, text in ((0, MIXED * 3), (2, 'xyz'), (5, MIXED), (20, 'é'), (0, '€'),
                               (20, MIXED), (23, '\n\n')):
            expected.seek(position)
            expected.write(text)
            stream.seek(position, GLib.SeekType.SET, None)
            stream.write(text, None)
            assert stream.tell() == expected.tell()
            assert stream.dup_text_bytes(None).get_data().decode() == expected.getvalue()
        for position in range(26):
            expected.seek(position)
            stream.seek(position, GLib.SeekType.SET, None)
            assert stream.read_bytes(4, None).get_data().decode() == expected.read(4)


def test_properties():
    buffer = Spool.Buffer.new()
    stream = Spool.TextStream(buffer=buffer, follow=True)
    assert stream.get_buffer() is buffer and stream.props.buffer is buffer
    assert stream.get_follow() and stream.props.follow
    changes = []
    stream.connect('notify::follow', lambda *args: changes.append(stream.props.follow))
    stream.set_follow(True)
    stream.set_follow(False)
    assert changes == [False]
    assert Spool.TextStream().get_buffer().get_size() == 0


tap.main(globals())
