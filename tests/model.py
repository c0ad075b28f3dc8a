# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Holds streams with different thresholds against io.BytesIO and io.StringIO.

Hypothesis makes the scripts, and makes those that fail smaller. With the
SPOOL_TEST_SEED that a run prints they are the same again; SPOOL_TEST_FACTOR says
how many more or fewer there are than usual.
"""

import io
import os
import random

import gi

gi.require_version('Spool', '1')

from gi.repository import Gio, GLib, Spool  # noqa: E402

import tap  # noqa: E402

try:
    from hypothesis import HealthCheck, seed, settings, strategies
    from hypothesis.stateful import (RuleBasedStateMachine, initialize,
                                     invariant, precondition, rule,
                                     run_state_machine_as_test)
except ImportError:
    # Enough to define the class below, which is not used then.
    class _Nothing:
        def __getattr__(self, name):
            return self

        def __call__(self, *args, **kwargs):
            return self

    RuleBasedStateMachine = object
    strategies = _Nothing()
    initialize = invariant = precondition = rule = (
        lambda *args, **kwargs: lambda function: function)
    run_state_machine_as_test = None

THRESHOLDS = (0, 1, 7, 4096, -1)
N_EXAMPLES = 150
N_STEPS = 40

# Where something changes: the thresholds, and the window of a file.
EDGES = (0, 1, 2, 6, 7, 8, 4095, 4096, 4097, 16 * 1024, 64 * 1024, 64 * 1024 + 1)

counts = strategies.one_of(strategies.integers(0, 20),
                           strategies.sampled_from(EDGES))
chunks = strategies.builds(lambda count, first: bytes((first + i * 7) % 251
                                                      for i in range(count)),
                           counts, strategies.integers(0, 250))
offsets = strategies.one_of(strategies.integers(0, 100),
                            strategies.sampled_from(EDGES))
# Characters of each length in bytes; alone, so that they push what follows one
# way, or mixed.
texts = strategies.one_of(
    strategies.text('aé€😀\n\0', max_size=12),
    strategies.builds(lambda character, count: character * count,
                      strategies.sampled_from('aé€😀\n'), counts))

steps = 0


def read_bytes(stream, count):
    # And so it does a read.
    return (stream.read_bytes(count, None).get_data() or b'') if count else b''


class Side:
    """A buffer, a stream with one position, one that only reads, and one that
    appends."""

    def __init__(self, threshold, rolled=False):
        self.buffer = Spool.Buffer.new_with_threshold(threshold)
        if rolled:
            self.buffer.roll_over(None)
        self.stream = Spool.IOStream.new_for_buffer(self.buffer)
        self.input = self.stream.get_input_stream()
        self.output = self.stream.get_output_stream()
        self.reader = Spool.MemoryInputStream.new_for_buffer(self.buffer)
        self.appender = Spool.MemoryOutputStream.new_for_buffer(self.buffer)
        self.appender.set_append(True)

    def close(self):
        self.appender.close(None)
        self.stream.close(None)
        self.buffer.close(None)


def write_at(model, offset, data):
    """What BytesIO does, without its position."""
    position = model.tell()
    model.seek(offset)
    model.write(data)
    model.seek(position)


class Machine(RuleBasedStateMachine):
    """The same call goes to buffers with different thresholds, side by side."""

    def make_sides(self, side_class):
        self.sides = [side_class(threshold) for threshold in THRESHOLDS]
        self.sides.append(side_class(-1, rolled=True))
        self.snapshots = []

    def each(self, function, expected):
        global steps

        for side in self.sides:
            steps += 1
            result = function(side)
            assert result == expected, (side.buffer.get_threshold(), result, expected)

    @rule()
    def roll_over(self):
        self.each(lambda side: side.buffer.roll_over(None), True)

    @precondition(lambda self: self.snapshots)
    @rule()
    def drop_snapshot(self):
        self.snapshots.pop(0)

    def check_snapshots(self):
        for expected, snapshots in self.snapshots:
            for snapshot in snapshots:
                assert (snapshot.get_data() or b'') == expected

    def teardown(self):
        for side in getattr(self, 'sides', ()):
            side.close()


class BytesMachine(Machine):
    @initialize()
    def begin(self):
        self.make_sides(Side)
        self.model = io.BytesIO()
        self.reader_position = 0

    def size(self):
        return len(self.model.getbuffer())

    @rule(data=chunks)
    def write(self, data):
        self.model.write(data)
        self.each(lambda side: side.output.write(data, None), len(data))

    @rule(data=chunks)
    def write_bytes(self, data):
        # GLib 2.74 answers a write of no bytes with a critical warning.
        if data:
            self.model.write(data)
            self.each(lambda side: side.output.write_bytes(GLib.Bytes.new(data), None),
                      len(data))

    @rule(data=chunks)
    def append_to_stream(self, data):
        write_at(self.model, self.size(), data)
        self.each(lambda side: side.appender.write_all(data, None)[1], len(data))
        if data:
            self.each(lambda side: side.appender.tell(), self.size())

    @rule(data=chunks, offset=offsets)
    def write_to_buffer(self, data, offset):
        if data:
            write_at(self.model, offset, data)
        self.each(lambda side: side.buffer.write(offset, data, None), True)

    @rule(data=chunks)
    def append_to_buffer(self, data):
        write_at(self.model, self.size(), data)
        self.each(lambda side: side.buffer.append(data, None), True)

    @rule(data=chunks)
    def splice(self, data):
        def run(side):
            source = Gio.MemoryInputStream.new_from_bytes(GLib.Bytes.new(data))
            return side.output.splice(source, Gio.OutputStreamSpliceFlags.NONE, None)

        if data:
            self.model.write(data)
        self.each(run, len(data))

    @rule(count=counts)
    def read(self, count):
        expected = self.model.read(count)
        self.each(lambda side: read_bytes(side.input, count), expected)

    @rule(count=counts)
    def read_in_reader(self, count):
        data = self.model.getvalue()[self.reader_position:self.reader_position + count]
        self.reader_position += len(data)
        self.each(lambda side: read_bytes(side.reader, count), data)

    @rule(count=counts)
    def skip_in_reader(self, count):
        left = max(self.size() - self.reader_position, 0)
        self.reader_position += min(count, left)
        self.each(lambda side: side.reader.skip(count, None), min(count, left))

    @rule(offset=offsets, count=counts)
    def read_from_buffer(self, offset, count):
        expected = self.model.getvalue()[offset:offset + count]
        self.each(lambda side: bytes(side.buffer.read(offset, count, None)), expected)

    @rule(offset=offsets)
    def seek(self, offset):
        self.model.seek(offset)
        self.each(lambda side: side.stream.seek(offset, GLib.SeekType.SET, None), True)

    @rule(offset=strategies.integers(-50, 50))
    def seek_from_here(self, offset):
        position = self.model.tell() + offset

        def run(side):
            try:
                return side.stream.seek(offset, GLib.SeekType.CUR, None)
            except GLib.Error as error:
                assert error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_ARGUMENT)
                return False

        if position >= 0:
            self.model.seek(position)
        self.each(run, position >= 0)

    @rule(offset=strategies.integers(-10, 10))
    def seek_reader_from_end(self, offset):
        position = max(self.size() + offset, 0)
        self.reader_position = position
        self.each(lambda side: side.reader.seek(position - self.size(), GLib.SeekType.END,
                                                None), True)

    @rule(size=offsets)
    def truncate(self, size):
        if size < self.size():
            self.model.truncate(size)
        else:
            # BytesIO does not grow by this, a file does.
            write_at(self.model, self.size(), bytes(size - self.size()))
        self.each(lambda side: side.stream.truncate(size, None), True)

    @rule(size=offsets)
    def reserve(self, size):
        self.each(lambda side: side.buffer.reserve(size, None), True)

    @rule()
    def reset(self):
        position = self.model.tell()
        self.model = io.BytesIO()
        self.model.seek(position)
        self.each(lambda side: side.buffer.reset(None), True)

    @rule()
    def flush(self):
        self.each(lambda side: side.output.flush(None), True)

    @precondition(lambda self: len(self.snapshots) < 4)
    @rule()
    def take_snapshot(self):
        self.snapshots.append((self.model.getvalue(),
                               [side.buffer.get_bytes(None) for side in self.sides]))

    @rule()
    def read_descriptor(self):
        def run(side):
            fd = side.buffer.dup_fd(False, None)
            with open(fd, 'rb') as file:
                return file.read()

        self.each(run, self.model.getvalue())

    @rule(differs=strategies.booleans())
    def compare(self, differs):
        other = Spool.Buffer.new_for_bytes(
            GLib.Bytes.new(self.model.getvalue() + (b'!' if differs else b'')))
        self.each(lambda side: side.buffer.equal(other, None), not differs)

    @invariant()
    def same(self):
        if not hasattr(self, 'sides'):
            return

        value = self.model.getvalue()
        self.each(lambda side: bytes(side.buffer.read(0, len(value) + 1, None)), value)
        self.each(lambda side: side.buffer.get_size(), len(value))
        self.each(lambda side: side.stream.tell(), self.model.tell())
        self.each(lambda side: side.reader.tell(), self.reader_position)
        self.check_snapshots()


class TextSide:
    """A buffer and two text streams, of which one has always to look for its
    place."""

    def __init__(self, threshold, rolled=False):
        self.buffer = Spool.Buffer.new_with_threshold(threshold)
        if rolled:
            self.buffer.roll_over(None)
        self.stream = Spool.TextStream.new_for_buffer(self.buffer)
        self.other = Spool.TextStream.new_for_buffer(self.buffer)

    def close(self):
        self.buffer.close(None)


def decode(text):
    return (text.get_data() or b'').decode() if text is not None else ''


class TextMachine(Machine):
    @initialize()
    def begin(self):
        self.make_sides(TextSide)
        self.model = io.StringIO(newline='')

    def length(self):
        return len(self.model.getvalue())

    @rule(text=texts)
    def write(self, text):
        self.model.write(text)
        encoded = GLib.Bytes.new(text.encode())
        self.each(lambda side: side.stream.write_bytes(encoded, None), True)

    @rule(text=texts, offset=offsets)
    def write_in_other(self, text, offset):
        position = self.model.tell()
        self.model.seek(offset)
        self.model.write(text)
        self.model.seek(position)
        encoded = GLib.Bytes.new(text.encode())

        def run(side):
            return (side.other.seek(offset, GLib.SeekType.SET, None) and
                    side.other.write_bytes(encoded, None))

        self.each(run, True)

    @rule(text=texts)
    def append_bytes(self, text):
        position = self.model.tell()
        self.model.seek(0, io.SEEK_END)
        self.model.write(text)
        self.model.seek(position)
        self.each(lambda side: side.buffer.append(text.encode(), None), True)

    @rule(count=counts)
    def read(self, count):
        expected = self.model.read(count)
        self.each(lambda side: decode(side.stream.read_bytes(count, None)), expected)

    @rule()
    def read_line(self):
        expected = self.model.readline()
        self.each(lambda side: decode(side.stream.read_line_bytes(None)), expected)

    @rule(offset=offsets)
    def seek(self, offset):
        self.model.seek(offset)
        self.each(lambda side: side.stream.seek(offset, GLib.SeekType.SET, None), True)

    @rule()
    def seek_to_end(self):
        self.model.seek(0, io.SEEK_END)
        self.each(lambda side: side.stream.seek(0, GLib.SeekType.END, None), True)

    @rule(length=offsets)
    def truncate(self, length):
        if length <= self.length():
            self.model.truncate(length)
        else:
            # StringIO does not grow by this, a file does.
            position = self.model.tell()
            self.model.seek(0, io.SEEK_END)
            self.model.write('\0' * (length - self.length()))
            self.model.seek(position)
        self.each(lambda side: side.stream.truncate(length, None), True)

    @precondition(lambda self: len(self.snapshots) < 4)
    @rule()
    def take_snapshot(self):
        self.snapshots.append((self.model.getvalue().encode(),
                               [side.buffer.get_bytes(None) for side in self.sides]))

    @invariant()
    def same(self):
        if not hasattr(self, 'sides'):
            return

        value = self.model.getvalue()
        self.each(lambda side: decode(side.stream.dup_text_bytes(None)), value)
        self.each(lambda side: side.stream.get_length(None), len(value))
        self.each(lambda side: side.stream.tell(), self.model.tell())
        self.check_snapshots()


def run_machine(machine, oracle):
    global steps

    if run_state_machine_as_test is None:
        raise tap.Skip('Hypothesis is not there')

    factor = float(os.environ.get('SPOOL_TEST_FACTOR', 1))
    seed_number = int(os.environ.get('SPOOL_TEST_SEED', random.randrange(2 ** 32)))
    print('# SPOOL_TEST_SEED=%d' % seed_number, flush=True)

    steps = 0
    run_state_machine_as_test(
        seed(seed_number)(machine),
        settings=settings(max_examples=max(int(N_EXAMPLES * factor), 1),
                          stateful_step_count=N_STEPS, deadline=None, database=None,
                          print_blob=True, suppress_health_check=list(HealthCheck)))
    print('# %d calls, all as %s has it' % (steps, oracle))


def test_model_bytes_io():
    run_machine(BytesMachine, 'io.BytesIO')


def test_model_string_io():
    run_machine(TextMachine, 'io.StringIO')


if __name__ == '__main__':
    tap.main(globals())
