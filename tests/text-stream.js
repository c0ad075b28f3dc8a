// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the text stream is in GJS, without any override.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Spool from 'gi://Spool?version=1';

import {equal, fails, run} from './tap.js';

const THRESHOLDS = [0, 1, 9, 10, 11, -1];
const MIXED = 'aé€😀';

const encode = text => new GLib.Bytes(new TextEncoder().encode(text));
const decode = bytes => new TextDecoder().decode(bytes.toArray());

function wait(stream, stem, ...args) {
    return new Promise((resolve, reject) => {
        stream[`${stem}_async`](...args, GLib.PRIORITY_DEFAULT, null, (_source, result) => {
            try {
                resolve(stream[`${stem}_finish`](result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

await run({
    writeAndRead() {
        for (const threshold of THRESHOLDS) {
            const stream = Spool.TextStream.new_with_threshold(threshold);

            equal(stream.write(`${MIXED}\n${MIXED}`, null), true);
            equal(stream.tell(), 9);
            equal(stream.get_length(null), 9);
            stream.seek(2, GLib.SeekType.SET, null);
            equal(stream.read(2, null), ['€😀', 7]);
            equal(stream.read_line(null), ['\n', 1]);
            equal(stream.read_line(null), [MIXED, 10]);
            equal(stream.read_line(null), [null, 0]);
            equal(stream.read(-1, null), ['', 0]);
            stream.seek(-4, GLib.SeekType.END, null);
            stream.write('ß', null);
            equal(stream.dup_text(null)[0], `${MIXED}\nßé€😀`);
            stream.truncate(2, null);
            equal(stream.dup_text(null), ['aé', 3]);
        }
    },

    nuls() {
        for (const threshold of THRESHOLDS) {
            const stream = Spool.TextStream.new_with_threshold(threshold);

            stream.write_bytes(encode('é\0\n\0€'), null);
            equal(stream.tell(), 5);
            equal(decode(stream.dup_text_bytes(null)), 'é\0\n\0€');
            stream.seek(0, GLib.SeekType.SET, null);
            equal(decode(stream.read_line_bytes(null)), 'é\0\n');
            equal(decode(stream.read_bytes(5, null)), '\0€');
            equal(stream.read_line_bytes(null), null);
            equal(stream.read_bytes(5, null).get_size(), 0);
        }
    },

    errors() {
        const {INVALID_ARGUMENT, INVALID_DATA} = Gio.IOErrorEnum;

        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);
            const stream = Spool.TextStream.new_for_buffer(buffer);

            buffer.append([97, 98, 255], null);
            fails(Gio.IOErrorEnum, INVALID_DATA, () => stream.get_length(null));
            fails(Gio.IOErrorEnum, INVALID_DATA, () => stream.read(-1, null));
            fails(Gio.IOErrorEnum, INVALID_DATA, () => stream.dup_text(null));
            fails(Gio.IOErrorEnum, INVALID_DATA,
                () => stream.write_bytes(new GLib.Bytes([255]), null));
            fails(Gio.IOErrorEnum, INVALID_ARGUMENT,
                () => stream.seek(-1, GLib.SeekType.SET, null));
            fails(Gio.IOErrorEnum, INVALID_ARGUMENT, () => stream.truncate(-1, null));
            equal(stream.tell(), 0);
            equal(stream.read(2, null), ['ab', 2]);
        }
    },

    async async() {
        for (const threshold of THRESHOLDS) {
            const stream = Spool.TextStream.new_with_threshold(threshold);

            /* eslint-disable no-await-in-loop */
            equal(await wait(stream, 'write', `${MIXED}\n`), true);
            equal(await wait(stream, 'write_bytes', encode('é\0\n')), true);
            stream.seek(1, GLib.SeekType.SET, null);
            equal(await wait(stream, 'read', 2), ['é€', 5]);
            equal(await wait(stream, 'read_line'), ['😀\n', 5]);
            equal(decode(await wait(stream, 'read_bytes', 1)), 'é');
            equal(decode(await wait(stream, 'read_line_bytes')), '\0\n');
            equal(await wait(stream, 'read_line'), [null, 0]);
            equal(await wait(stream, 'read_line_bytes'), null);
            /* eslint-enable no-await-in-loop */
        }
    },

    async follow() {
        for (const threshold of THRESHOLDS) {
            const stream = new Spool.TextStream({
                buffer: Spool.Buffer.new_with_threshold(threshold),
                follow: true,
            });
            const lines = [];
            const parts = [...new TextEncoder().encode('é\nb\nc')];
            let line = '';

            GLib.idle_add(GLib.PRIORITY_LOW, () => {
                if (parts.length > 0)
                    stream.buffer.append([parts.shift()], null);
                else
                    stream.buffer.complete(null);

                return !stream.buffer.completed;
            });

            while (line !== null) {
                // eslint-disable-next-line no-await-in-loop
                [line] = await wait(stream, 'read_line');
                lines.push(line);
            }

            equal(lines, ['é\n', 'b\n', 'c', null]);
        }
    },

    properties() {
        const buffer = new Spool.Buffer();
        const stream = new Spool.TextStream({buffer, follow: true});
        const changes = [];

        equal(stream.buffer === buffer && stream.get_buffer() === buffer, true);
        equal(stream.follow, true);
        stream.connect('notify::follow', () => changes.push(stream.get_follow()));
        stream.set_follow(true);
        stream.set_follow(false);
        equal(changes, [false]);
    },
});
