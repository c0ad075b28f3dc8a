<?php
// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Does with php://temp what its standard input says; see peers.py.

error_reporting(0);

$pattern = '';
for ($i = 0; $i < 1 << 17; $i++) {
    $pattern .= chr(($i * 7 + ($i >> 8)) & 0xff);
}

function check($file, int $size): string
{
    global $pattern;

    $position = ftell($file);
    if (fseek($file, 0) !== 0) {
        return 'error cannot seek';
    }
    $data = stream_get_contents($file);
    fseek($file, $position);

    if ($data === false) {
        return 'error cannot read';
    }

    $length = strlen($data);
    if ($data !== substr($pattern, 0, $length)) {
        return 'wrong bytes';
    }
    if ($length < $size) {
        return ($size - $length) . ' bytes lost';
    }
    if ($length > $size) {
        return ($length - $size) . ' bytes too many';
    }
    if ($position !== $size) {
        return "position is $position";
    }

    return 'ok';
}

$file = null;
$size = 0;

while (($line = fgets(STDIN)) !== false) {
    $words = explode(' ', trim($line));
    $answer = 'ok';

    switch ($words[0]) {
        case 'open':
            $file = fopen("php://temp/maxmemory:$words[1]", 'w+b');
            break;

        case 'write':
            $end = $size + (int) $words[1];
            while ($size < $end) {
                $n = fwrite($file, substr($pattern, $size, $end - $size));
                if ($n === false || $n === 0) {
                    $answer = 'error cannot write';
                    break;
                }
                $size += $n;
            }
            break;

        default:
            $answer = check($file, $size);
            break;
    }

    fwrite(STDOUT, "$answer\n");
}
