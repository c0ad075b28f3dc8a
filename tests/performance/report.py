# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Turns the results into tables and charts."""

import json
import math
from dataclasses import dataclass
from html import escape
from statistics import median

from workloads import GIB, KIB, MEMORY_CASES, MIB, OURS, WORKLOADS

THEIRS = ['gio', 'gio-buffered', 'floor', 'cp', 'rust', 'php', 'commons-io', 'guava', 'python', 'boltons']


@dataclass
class Comparison:
    workload: str
    ours: str
    theirs: str
    ratio: float
    target: float

    @property
    def met(self):
        return self.ratio <= self.target


def get_ratio(ours, theirs):
    """Compare what was measured in the same round, which met the same noise."""
    return median(our / their for our, their in zip(ours, theirs))


def compare(rounds):
    """Return the comparisons for which there is a target."""
    comparisons = []
    for workload in WORKLOADS:
        for (ours, theirs), target in workload.targets.items():
            row, _, peer = theirs.rpartition('/')
            our_times = rounds.get(workload.name, {}).get(ours)
            their_times = rounds.get(row or workload.name, {}).get(peer)
            if our_times and their_times:
                ratio = get_ratio(our_times, their_times)
                comparisons.append(Comparison(workload.name, ours, theirs, ratio, target))
    return comparisons


def format_time(nanoseconds):
    for unit, factor in (('ns', 1), ('µs', 1e3), ('ms', 1e6)):
        if nanoseconds < 1000 * factor:
            return f'{nanoseconds / factor:.3g} {unit}'
    return f'{nanoseconds / 1e9:.3g} s'


def format_size(size):
    for unit, factor in (('GiB', GIB), ('MiB', MIB), ('KiB', KIB)):
        if abs(size) >= factor:
            return f'{size / factor:.3g} {unit}'
    return f'{size:.0f} B'


def format_ratio(ratio):
    return f'{ratio:.2f}' if ratio >= 0.095 else f'{ratio:.2g}'


def format_verdict(met):
    return 'yes' if met else 'NO'


def render_table(rows, markdown):
    """Lay out rows, of which the first is the head; the first column is text."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ]
        if markdown:
            lines.append('| ' + ' | '.join(cells) + ' |')
            if number == 0:
                dashes = ['-' * widths[0]] + ['-' * (width - 1) + ':' for width in widths[1:]]
                lines.append('| ' + ' | '.join(dashes) + ' |')
        else:
            lines.append('  '.join(cells).rstrip())
    return '\n'.join(lines)


def make_time_rows(rounds):
    peers = [peer for peer in THEIRS if any(peer in times for times in rounds.values())]
    rows = [['workload', 'ours', 'time a chunk'] + peers]
    for workload in WORKLOADS:
        times = rounds.get(workload.name, {})
        for ours in OURS:
            if ours not in times:
                continue
            cells = [workload.name, ours, format_time(median(times[ours]))]
            for peer in peers:
                cells.append(
                    format_ratio(get_ratio(times[ours], times[peer])) if peer in times else ''
                )
            rows.append(cells)
    return rows


def make_target_rows(comparisons):
    rows = [['workload', 'ours', 'theirs', 'ours / theirs', 'target', 'met']]
    for comparison in comparisons:
        rows.append(
            [
                comparison.workload,
                comparison.ours,
                comparison.theirs,
                format_ratio(comparison.ratio),
                f'{comparison.target:.3g}',
                format_verdict(comparison.met),
            ]
        )
    return rows


def make_memory_rows(memory):
    rows = [['anonymous memory', 'grows by', 'target', 'met']]
    for case in MEMORY_CASES:
        if case.name not in memory:
            continue
        grown = memory[case.name]
        rows.append(
            [
                case.title,
                format_size(grown),
                format_size(case.limit) if case.limit is not None else '',
                format_verdict(grown <= case.limit) if case.limit is not None else '',
            ]
        )
    return rows


def describe_steps(scaling):
    """Say where the cost of a byte changes most from one size to the next."""
    lines = []
    for label in ('write', 'read'):
        worst = (0, 0)
        for before, after in zip(scaling, scaling[1:]):
            if before['size'] >= 64 * KIB:
                step = after[label] / before[label] / 2
                worst = max(worst, (step, after['size']))
        if worst[1]:
            lines.append(
                f'Largest step in the cost of a byte, {label}: '
                f'×{worst[0]:.2f} at {format_size(worst[1])}'
            )
    return lines


def render(results, comparisons, markdown):
    machine = results['machine']
    blocks = []

    facts = [
        f'{machine["processor"]}, {machine["cores"]} cores, {format_size(machine["memory"])}, '
        f'Linux {machine["kernel"]}, temporary files on {machine["file system"]}.',
        'Peers: ' + ', '.join(f'{name} {version}' for name, version in results['versions'].items()) + '.',
    ]
    facts += [f'Left out: {line}.' for line in results['left out']]
    blocks.append('\n'.join(facts))

    if results['rounds']:
        blocks.append(
            'Time of ours for one chunk, and how it compares: ours / theirs, less than 1 is faster.'
        )
        blocks.append(render_table(make_time_rows(results['rounds']), markdown))
        if markdown:
            used = [workload for workload in WORKLOADS if workload.name in results['rounds']]
            blocks.append('\n'.join(f'* `{workload.name}`: {workload.title}' for workload in used))
    if results['scaling']:
        blocks.append('\n'.join(describe_steps(results['scaling'])))
    if results['memory']:
        blocks.append(render_table(make_memory_rows(results['memory']), markdown))
    if comparisons:
        blocks.append(render_table(make_target_rows(comparisons), markdown))

    limits = [case.limit for case in MEMORY_CASES if case.limit is not None and case.name in results['memory']]
    met = sum(comparison.met for comparison in comparisons)
    met += sum(
        results['memory'][case.name] <= case.limit
        for case in MEMORY_CASES
        if case.limit is not None and case.name in results['memory']
    )
    blocks.append(f'{met} of {len(comparisons) + len(limits)} targets met, in {results["seconds"]} s.')

    return '\n\n'.join(blocks) + '\n'


STYLE = '''
svg { color-scheme: light dark; font: 12px sans-serif; }
.back { fill: #ffffff; }
.text { fill: #2e3436; }
.faint { fill: #6b7076; }
.line { stroke: #c8ccd0; stroke-width: 1; }
.axis { stroke: #6b7076; stroke-width: 1; }
.met { fill: #2a8a5f; }
.missed { fill: #c64600; }
.target { stroke: #2e3436; stroke-width: 2; }
.s0 { stroke: #1c71d8; fill: none; stroke-width: 2; }
.s1 { stroke: #2a8a5f; fill: none; stroke-width: 2; }
.s2 { stroke: #c64600; fill: none; stroke-width: 2; }
.s3 { stroke: #813d9c; fill: none; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  .back { fill: #1e1e1e; }
  .text { fill: #eeeeec; }
  .faint { fill: #a0a4a8; }
  .line { stroke: #43474b; }
  .axis { stroke: #a0a4a8; }
  .met { fill: #57c797; }
  .missed { fill: #ff8b4d; }
  .target { stroke: #eeeeec; }
  .s0 { stroke: #78aeed; }
  .s1 { stroke: #57c797; }
  .s2 { stroke: #ff8b4d; }
  .s3 { stroke: #c79fdc; }
}
'''


class Svg:
    def __init__(self, width, height, title):
        self.parts = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<!-- SPDX-FileCopyrightText: 2026 The spool-glib authors -->',
            '<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->',
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            f'<title>{escape(title)}</title>',
            f'<style>{STYLE}</style>',
            f'<rect class="back" width="{width}" height="{height}"/>',
        ]

    def text(self, x, y, text, anchor='start', style='text'):
        self.parts.append(
            f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def line(self, x1, y1, x2, y2, style='line'):
        self.parts.append(
            f'<line class="{style}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
        )

    def bar(self, x1, x2, y, height, style):
        left, right = sorted((x1, x2))
        self.parts.append(
            f'<rect class="{style}" x="{left:.1f}" y="{y:.1f}" '
            f'width="{max(right - left, 1):.1f}" height="{height}"/>'
        )

    def curve(self, points, style):
        text = ' '.join(f'{x:.1f},{y:.1f}' for x, y in points)
        self.parts.append(f'<polyline class="{style}" points="{text}"/>')

    def save(self, path):
        path.write_text('\n'.join([*self.parts, '</svg>', '']), encoding='utf-8')


def draw_ratios(comparisons, path):
    """One bar for each target, from 1 to the ratio, on a logarithmic axis."""
    row, top, left, width, right = 18, 64, 330, 420, 70
    low = min([comparison.ratio for comparison in comparisons] + [0.1])
    high = max([comparison.ratio for comparison in comparisons] + [2])
    low, high = low / 1.2, high * 1.2
    height = top + row * len(comparisons) + 20

    def place(ratio):
        return left + width * math.log(ratio / low) / math.log(high / low)

    svg = Svg(left + width + right, height, 'Times of spool-glib relative to its peers')
    svg.text(12, 22, 'Time, ours / theirs: to the left of 1 is faster; the tick is the target')
    # Few lines where there are many decades.
    steps = (1,) if high / low > 1000 else (1, 2, 5)
    for tick in (step * 10**exponent for exponent in range(-5, 3) for step in steps):
        if low <= tick <= high:
            svg.line(place(tick), top - 6, place(tick), height - 16)
            svg.text(place(tick), top - 12, f'{tick:g}', 'middle', 'faint')
    for number, comparison in enumerate(comparisons):
        y = top + row * number
        svg.text(
            left - 10, y + 12, f'{comparison.workload}: {comparison.ours} / {comparison.theirs}', 'end'
        )
        svg.bar(place(1), place(comparison.ratio), y + 3, row - 6, 'met' if comparison.met else 'missed')
        svg.line(place(comparison.target), y + 1, place(comparison.target), y + row - 1, 'target')
        svg.text(left + width + 10, y + 12, format_ratio(comparison.ratio))
    svg.line(place(1), top - 6, place(1), height - 16, 'axis')
    svg.save(path)


def draw_scaling(scaling, path):
    """Time against size, both on logarithmic axes."""
    left, top, width, height = 70, 50, 560, 380
    labels = [label for label in scaling[0] if label != 'size']
    times = [point[label] for point in scaling for label in labels]
    x_low, x_high = math.log2(scaling[0]['size']), math.log2(scaling[-1]['size'])
    y_low, y_high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))

    def place(size, seconds):
        x = left + width * (math.log2(size) - x_low) / max(x_high - x_low, 1)
        y = top + height * (y_high - math.log10(seconds)) / max(y_high - y_low, 1)
        return x, y

    svg = Svg(left + width + 120, top + height + 50, 'Time against size')
    svg.text(12, 24, 'Time to write and to read so many bytes, 64 KiB at a time, threshold 5 MB')
    for exponent in range(y_low, y_high + 1):
        x, y = place(scaling[0]['size'], 10**exponent)
        svg.line(left, y, left + width, y)
        svg.text(left - 8, y + 4, format_time(10 ** (exponent + 9)), 'end', 'faint')
    for number, point in enumerate(scaling):
        x, y = place(point['size'], 10**y_low)
        svg.line(x, y, x, y + 4, 'axis')
        if number % 4 == 0 or number == len(scaling) - 1:
            svg.text(x, y + 20, format_size(point['size']), 'middle', 'faint')
    for number, label in enumerate(labels):
        svg.curve([place(point['size'], point[label]) for point in scaling], f's{number}')
        y = top + 16 + 20 * number
        svg.line(left + width + 14, y - 4, left + width + 34, y - 4, f's{number}')
        svg.text(left + width + 40, y, label)
    svg.save(path)


def write(results, folder):
    comparisons = compare(results['rounds'])

    (folder / 'performance.json').write_text(json.dumps(results, indent=1) + '\n', encoding='utf-8')
    (folder / 'performance.md').write_text(
        render(results, comparisons, markdown=True), encoding='utf-8'
    )
    if comparisons:
        draw_ratios(comparisons, folder / 'performance.svg')
    if results['scaling']:
        draw_scaling(results['scaling'], folder / 'scaling.svg')
    print(render(results, comparisons, markdown=False), end='')


def write_instructions(rows, folder):
    columns = OURS + ['gio']
    table = [['instructions'] + columns]
    for row in rows:
        table.append(
            [row['title']] + [f'{row[column]:.0f}' if column in row else '' for column in columns]
        )
    (folder / 'callgrind.json').write_text(json.dumps(rows, indent=1) + '\n', encoding='utf-8')
    (folder / 'callgrind.md').write_text(render_table(table, True) + '\n', encoding='utf-8')
    print(render_table(table, False))
