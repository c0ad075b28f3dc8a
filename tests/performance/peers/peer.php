<?php
// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// php://temp, measured. Requests and answers are those of bench.c.

declare(strict_types=1);

final class Spec
{
    public int $count;
    public string $data;

    public function __construct(
        public int $size,
        public int $chunk,
        public int $threshold,
        public int $least,
    ) {
        $this->count = intdiv($size, $chunk);
        $this->data = str_repeat('a', $chunk);
    }

    /** Runs until the time is up, and returns the nanoseconds per chunk of the middle run. */
    public function measure(?callable $setup, callable $run): float
    {
        $elapsed = 0;
        $times = [];
        $state = $setup === null ? null : $setup($this);

        while ($times === [] || $elapsed < $this->least) {
            $start = hrtime(true);
            $run($this, $state);
            $time = hrtime(true) - $start;
            $elapsed += $time;
            $times[] = $time;
        }

        sort($times);

        return $times[intdiv(count($times), 2)] / $this->count;
    }
}

function check(bool $condition): void
{
    if (!$condition) {
        throw new RuntimeException('A stream did not do what it was asked to');
    }
}

/** @return resource */
function fill(Spec $spec)
{
    $stream = fopen("php://temp/maxmemory:{$spec->threshold}", 'r+');
    for ($i = 0; $i < $spec->count; $i++) {
        check(fwrite($stream, $spec->data) === $spec->chunk);
    }

    return $stream;
}

function next_offset(Spec $spec, int &$seed): int
{
    $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;

    return $seed % $spec->count * $spec->chunk;
}

function run_write(Spec $spec): void
{
    fclose(fill($spec));
}

function run_read(Spec $spec, $stream): void
{
    check(rewind($stream));
    for ($i = 0; $i < $spec->count; $i++) {
        check(strlen(fread($stream, $spec->chunk)) === $spec->chunk);
    }
}

function run_random_write(Spec $spec, $stream): void
{
    $seed = 1;
    for ($i = 0; $i < $spec->count; $i++) {
        check(fseek($stream, next_offset($spec, $seed)) === 0);
        check(fwrite($stream, $spec->data) === $spec->chunk);
    }
}

function run_random_read(Spec $spec, $stream): void
{
    $seed = 1;
    for ($i = 0; $i < $spec->count; $i++) {
        check(fseek($stream, next_offset($spec, $seed)) === 0);
        check(strlen(fread($stream, $spec->chunk)) === $spec->chunk);
    }
}

function run_small(Spec $spec): void
{
    for ($i = 0; $i < $spec->count; $i++) {
        $stream = fopen("php://temp/maxmemory:{$spec->threshold}", 'r+');
        check(fwrite($stream, $spec->data) === $spec->chunk);
        check(rewind($stream));
        check(strlen(fread($stream, $spec->chunk)) === $spec->chunk);
        fclose($stream);
    }
}

function run_many(Spec $spec): void
{
    $streams = [];
    for ($i = 0; $i < $spec->count; $i++) {
        $stream = fopen("php://temp/maxmemory:{$spec->threshold}", 'r+');
        check(fwrite($stream, $spec->data) === $spec->chunk);
        $streams[] = $stream;
    }
    foreach ($streams as $stream) {
        fclose($stream);
    }
}

const VERBS = [
    'write' => [null, 'run_write'],
    'read' => ['fill', 'run_read'],
    'random-write' => ['fill', 'run_random_write'],
    'random-read' => ['fill', 'run_random_read'],
    'small' => [null, 'run_small'],
    'many' => [null, 'run_many'],
];

ini_set('memory_limit', '-1');

while (($line = fgets(STDIN)) !== false) {
    [$verb, $size, $chunk, $threshold, $milliseconds] = explode(' ', trim($line));
    $spec = new Spec((int) $size, (int) $chunk, (int) $threshold, (int) $milliseconds * 1000000);
    if (isset(VERBS[$verb])) {
        printf("%.3f\n", $spec->measure(...VERBS[$verb]));
    } else {
        echo "-\n";
    }
}
