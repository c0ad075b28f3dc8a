# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The files beside io.BytesIO and io.StringIO, whatever is done in whatever order."""

import io
import os
import random
import tempfile

from common import Spool, equal

import tap

try:
    import hypothesis
    import hypothesis.configuration
    from hypothesis import stateful, strategies
except ImportError:
    hypothesis = None

THRESHOLDS = (0, 1, 10, 100, 5000, 70000, 10 ** 9)
SIZES = (0, 1, 3, 10, 100, 5000, 70000)
CHARACTERS = 'abc\n\r\0\x85é€😀'


class Pair:
    """A file and its model, to which the same is done."""

    def __init__(self, text, threshold):
        self.text = text
        if text:
            self.file = Spool.SpooledStringIO(threshold)
            self.model = io.StringIO(newline='\n')
        else:
            self.file = Spool.SpooledBytesIO(threshold)
            self.model = io.BytesIO()
        self.threshold = threshold
        self.largest = 0

    def both(self, name, *args):
        equal(getattr(self.file, name)(*args), getattr(self.model, name)(*args))
        self.check()

    def check(self):
        equal(self.file.tell(), self.model.tell())

    def convert(self, text):
        return text if self.text else text.encode()

    def write(self, text):
        self.both('write', self.convert(text))
        self.largest = max(self.largest, self.size_in_bytes())

    def size_in_bytes(self):
        value = self.model.getvalue()
        return len(value.encode()) if self.text else len(value)

    def length(self):
        return len(self.model.getvalue())

    def seek_to(self, part, extra):
        self.both('seek', int(self.length() * part) + extra)

    def seek_from_end(self):
        self.both('seek', 0, io.SEEK_END)

    def truncate_to(self, part, extra):
        """As the file does it: the model cannot extend, and stays behind the end."""
        size = int(self.length() * part) + extra
        position = self.model.tell()
        equal(self.file.truncate(size), size)
        length = self.length()
        if size <= length:
            self.model.truncate(size)
        else:
            self.model.seek(length)
            self.model.write(self.convert('\0') * (size - length))
        self.model.seek(min(position, size))
        self.largest = max(self.largest, self.size_in_bytes())
        self.check()

    def iterate(self, limit):
        found = []
        for lines, file in ((found, self.file), ([], self.model)):
            for line in file:
                lines.append(line)
                if len(lines) == limit:
                    break
        equal(found, lines)
        self.check()

    def look(self):
        equal(self.file.getvalue(), self.model.getvalue())
        equal(len(self.file), self.length())
        self.check()

    def roll_over(self):
        self.file.rollover()
        self.largest = max(self.largest, self.threshold + 1)
        self.check()

    def share(self):
        size = self.file.spool.get_size()
        equal(size, self.size_in_bytes())
        self.check()

    def export(self):
        equal(os.fstat(self.file.fileno()).st_size, self.size_in_bytes())
        self.largest = max(self.largest, self.threshold + 1)
        self.check()

    def finish(self):
        equal(self.file._rolled, self.largest > self.threshold)
        self.look()
        self.file.seek(0)
        equal(self.file.read(), self.model.getvalue())
        self.file.close()


def random_text(generator):
    size = generator.choice(SIZES)
    text = ''.join(generator.choices(CHARACTERS, k=min(size, 97)))

    return (text * (size // 97 + 1))[:size]


def run_randomly(seed):
    generator = random.Random(seed)
    pair = Pair(seed % 2 == 0, generator.choice(THRESHOLDS))
    steps = [
        *[lambda: pair.write(random_text(generator))] * 6,
        *[lambda: pair.both('read', generator.choice(SIZES))] * 4,
        lambda: pair.both('read'),
        *[lambda: pair.both('readline', generator.choice((-1, -1, 0, 3, 100)))] * 2,
        *[lambda: pair.seek_to(generator.random(), generator.choice((0, 0, 5)))] * 4,
        lambda: pair.seek_from_end(),
        *[lambda: pair.truncate_to(generator.random(), generator.choice((0, 0, 5)))] * 2,
        *[lambda: pair.iterate(generator.choice((1, 3, 10000)))] * 2,
        lambda: pair.look(),
    ]
    changes = [pair.roll_over, pair.share, pair.export]
    for _ in range(generator.choice((10, 60))):
        if generator.random() < 0.03:
            generator.choice(changes)()
        else:
            generator.choice(steps)()
    pair.finish()


def test_random_orders():
    for seed in range(300):
        try:
            run_randomly(seed)
        except Exception:
            print('# seed %d' % seed)
            raise


def test_hypothesis():
    """The same, with what fails made small."""
    if hypothesis is None:
        raise tap.Skip('hypothesis is not installed')

    # It keeps tables of its own, which are nobody's to find.
    home = tempfile.TemporaryDirectory()
    hypothesis.configuration.set_hypothesis_home_dir(home.name)

    texts = strategies.text(CHARACTERS, max_size=20) | strategies.builds(
        lambda text, count: text * count, strategies.text(CHARACTERS, min_size=1, max_size=8),
        strategies.sampled_from((1000, 9000)))
    sizes = strategies.integers(0, 30) | strategies.sampled_from(SIZES)
    parts = strategies.floats(0, 1)
    extras = strategies.sampled_from((0, 0, 1, 100))

    class Machine(stateful.RuleBasedStateMachine):
        pair = None

        @stateful.initialize(text=strategies.booleans(),
                             threshold=strategies.sampled_from(THRESHOLDS))
        def start(self, text, threshold):
            self.pair = Pair(text, threshold)

        @stateful.rule(text=texts)
        def write(self, text):
            self.pair.write(text)

        @stateful.rule(texts=strategies.lists(texts, max_size=4))
        def writelines(self, texts):
            for each in (self.pair.file, self.pair.model):
                each.writelines(map(self.pair.convert, texts))
            self.pair.largest = max(self.pair.largest, self.pair.size_in_bytes())
            self.pair.check()

        @stateful.rule(size=sizes)
        def read(self, size):
            self.pair.both('read', size)

        @stateful.rule()
        def read_all(self):
            self.pair.both('read')

        @stateful.rule(size=strategies.sampled_from((-1, 0, 3, 100)))
        def readline(self, size):
            self.pair.both('readline', size)

        @stateful.rule(part=parts, extra=extras)
        def seek(self, part, extra):
            self.pair.seek_to(part, extra)

        @stateful.rule()
        def seek_from_end(self):
            self.pair.seek_from_end()

        @stateful.rule(part=parts, extra=extras)
        def truncate(self, part, extra):
            self.pair.truncate_to(part, extra)

        @stateful.rule(limit=strategies.sampled_from((1, 3, 10000)))
        def iterate(self, limit):
            self.pair.iterate(limit)

        @stateful.rule()
        def look(self):
            self.pair.look()

        @stateful.rule(change=strategies.sampled_from(('roll_over', 'share', 'export')))
        def change(self, change):
            getattr(self.pair, change)()

        def teardown(self):
            if self.pair is not None:
                self.pair.finish()

    stateful.run_state_machine_as_test(Machine, settings=hypothesis.settings(
        max_examples=40, stateful_step_count=20, deadline=None, database=None,
        derandomize=True, suppress_health_check=list(hypothesis.HealthCheck)))
    home.cleanup()


tap.main(globals())
