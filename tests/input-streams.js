// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// SpoolSeekableInputStream and SpoolConcatInputStream from GJS.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Spool from 'gi://Spool?version=1';

import {equal, fails, run} from './tap.js';

const {SeekType} = GLib;

function memoryStream(text) {
    return Gio.MemoryInputStream.new_from_bytes(new TextEncoder().encode(text));
}

function read(stream, count) {
    return new TextDecoder().decode(stream.read_bytes(count, null).toArray());
}

// A stream that can't seek: what a child prints.
function childStream(text) {
    return Gio.Subprocess.new(['printf', '%s', text],
        Gio.SubprocessFlags.STDOUT_PIPE).get_stdout_pipe();
}

function call(object, stem, ...args) {
    return new Promise((resolve, reject) => {
        object[`${stem}_async`](...args, GLib.PRIORITY_DEFAULT, null, (source, result) => {
            try {
                resolve(object[`${stem}_finish`](result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

await run({
    'seekable'() {
        for (const threshold of [0, 4, Spool.THRESHOLD_NEVER]) {
            const base = childStream('abcdefghij');
            const buffer = Spool.Buffer.new_with_threshold(threshold);
            const stream = Spool.SeekableInputStream.new_for_buffer(base, buffer);

            equal(stream instanceof Spool.SeekableInputStream, true);
            equal(stream.get_buffer() === buffer, true);
            equal(stream.buffer === buffer, true);
            stream.seek(4, SeekType.SET, null);
            equal(buffer.get_size(), 0);
            equal(read(stream, 2), 'ef');
            stream.seek(-2, SeekType.END, null);
            equal(read(stream, 9), 'ij');
            stream.seek(0, SeekType.SET, null);
            equal(read(stream, 9), 'abcdefghi');
            equal(stream.tell(), 9);
            fails(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_ARGUMENT,
                () => stream.seek(-1, SeekType.SET, null));
            equal(buffer.get_rolled_over(), threshold >= 0);
            stream.close(null);
            equal(base.is_closed(), true);
        }
    },

    async 'seekable/fill'() {
        const stream = Spool.SeekableInputStream.new(childStream('abcdefghij'));

        equal(stream.fill(3, null), 3);
        equal(await call(stream, 'fill', 5), 5);
        equal(await call(stream, 'fill', -1), 10);
        equal(stream.get_buffer().get_completed(), true);
        equal(read(stream, 100), 'abcdefghij');
    },

    async 'concat'() {
        const stream = Spool.ConcatInputStream.new();

        equal(stream instanceof Spool.ConcatInputStream, true);
        equal(stream.close_parts, true);
        for (const text of ['abc', '', 'defgh', 'i'])
            stream.append(memoryStream(text));

        equal(read(stream, 100), 'abcdefghi');
        stream.seek(-7, SeekType.END, null);
        const bytes = await call(stream, 'read_bytes', 3);
        equal(new TextDecoder().decode(bytes.toArray()), 'cde');

        stream.append(childStream('jkl'));
        equal(stream.can_seek(), false);
        fails(Gio.IOErrorEnum, Gio.IOErrorEnum.NOT_SUPPORTED, () => stream.seek(0, SeekType.SET, null));
        equal(await call(stream, 'skip', 4), 4);
        equal(read(stream, 3), 'jkl');
        equal(await call(stream, 'close'), true);
    },

    'concat/close-parts'() {
        for (const close of [true, false]) {
            const part = memoryStream('abc');
            const stream = new Spool.ConcatInputStream({closeParts: close});

            stream.append(part);
            stream.close(null);
            equal(part.is_closed(), close);
            equal(stream.get_close_parts(), close);
        }
    },
});
