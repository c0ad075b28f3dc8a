// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the library is in GJS.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Spool from 'gi://Spool?version=1';
import System from 'system';

import {equal, fails, run} from './tap.js';

const THRESHOLDS = [0, 1, 9, 10, 11, -1];

const bytes = text => new TextEncoder().encode(text);
const text = array => new TextDecoder().decode(array);

// A program that knows nothing but GMemoryOutputStream.
function writeProgram(stream) {
    const log = [];
    const note = (...what) => log.push([stream.tell(), stream.get_data_size(), ...what]);
    const fail = func => {
        try {
            func();
            note('no error');
        } catch (error) {
            note(error.domain, error.code);
        }
    };

    note(stream.write(bytes('0123456789'), null));
    note(stream.write_all(bytes('abc'), null));
    note(stream.write_bytes(new GLib.Bytes(bytes('defg')), null));
    note(stream.seek(3, GLib.SeekType.SET, null));
    note(stream.write(bytes('XY'), null));
    note(stream.seek(-2, GLib.SeekType.CUR, null));
    note(stream.seek(-4, GLib.SeekType.END, null));
    note(stream.write(bytes('!'), null));
    note(stream.seek(5, GLib.SeekType.END, null));
    note(stream.write(bytes('past'), null));
    note(stream.truncate(8, null));
    note(stream.truncate(12, null));
    note(stream.can_seek(), stream.can_truncate());
    fail(() => stream.seek(-1, GLib.SeekType.SET, null));
    fail(() => stream.seek(-13, GLib.SeekType.END, null));
    const source = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(bytes('spliced')));
    note(stream.splice(source, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, null));
    note(source.is_closed());
    note(stream.flush(null));
    note(stream.close(null), stream.is_closed());
    fail(() => stream.write(bytes('late'), null));
    log.push(text(stream.steal_as_bytes().toArray()));

    return log;
}

function runAsync(object, stem, ...args) {
    return new Promise((resolve, reject) => {
        object[`${stem}_async`](...args, GLib.PRIORITY_DEFAULT, null, (_source, result) => {
            try {
                resolve(object[`${stem}_finish`](result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

const tests = {
    'drop-in'() {
        const expected = writeProgram(Gio.MemoryOutputStream.new_resizable());

        equal(writeProgram(Spool.MemoryOutputStream.new()), expected);
        for (const threshold of THRESHOLDS) {
            const stream = Spool.MemoryOutputStream.new_with_threshold(threshold);
            equal(writeProgram(stream), expected);
        }
    },

    'open-reader'() {
        for (const threshold of THRESHOLDS) {
            const stream = Spool.MemoryOutputStream.new_with_threshold(threshold);
            const reader = stream.open_reader();
            equal(reader instanceof Spool.MemoryInputStream, true);
            stream.write(bytes('read'), null);
            equal(text(reader.read_bytes(10, null).toArray()), 'read');
            equal(reader.get_buffer() === stream.get_buffer(), true);
            stream.close(null);
            stream.steal_as_bytes();
            equal(stream.open_reader(), null);
        }
    },

    'constructors'() {
        const streams = [
            [Spool.MemoryOutputStream.new(), Spool.MemoryOutputStream],
            [Spool.MemoryOutputStream.new_with_threshold(3), Spool.MemoryOutputStream],
            [Spool.MemoryOutputStream.new_for_buffer(Spool.Buffer.new()), Spool.MemoryOutputStream],
            [new Spool.MemoryOutputStream(), Spool.MemoryOutputStream],
            [Spool.MemoryInputStream.new_for_bytes(new GLib.Bytes(bytes('a'))), Spool.MemoryInputStream],
            [Spool.MemoryInputStream.new_for_buffer(Spool.Buffer.new()), Spool.MemoryInputStream],
            [new Spool.MemoryInputStream(), Spool.MemoryInputStream],
            [Spool.IOStream.new(), Spool.IOStream],
            [Spool.IOStream.new_with_threshold(3), Spool.IOStream],
            [Spool.IOStream.new_for_buffer(Spool.Buffer.new()), Spool.IOStream],
            [new Spool.IOStream(), Spool.IOStream],
        ];

        for (const [stream, type] of streams) {
            equal(stream instanceof type, true);
            equal(stream.get_buffer() instanceof Spool.Buffer, true);
            stream.close(null);
        }

        const buffer = new Spool.Buffer({
            threshold: 7,
            size_limit: 8,
            named: true,
            directory: Gio.File.new_for_path('/var/tmp'),
        });
        equal(buffer.get_threshold(), 7);
        equal(buffer.get_size_limit(), 8);
        equal(buffer.get_named(), true);
        equal(buffer.get_directory().get_path(), '/var/tmp');
    },

    'constants'() {
        equal(Spool.DEFAULT_THRESHOLD, 5000000);
        equal(Spool.THRESHOLD_NEVER, -1);
    },

    'read-and-write'() {
        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);

            equal(buffer.append(bytes('0123456789'), null), true);
            equal(buffer.write(5, bytes('\0x'), null), true);
            equal(text(buffer.read(0, 100, null)), '01234\0x789');
            equal(buffer.read(0, 100, null) instanceof Uint8Array, true);
            equal(buffer.read(10, 1, null).length, 0);
            equal(text(buffer.read_bytes(5, 3, null).toArray()), '\0x7');
            equal(text(buffer.get_bytes(null).toArray()), '01234\0x789');
            equal(buffer.get_rolled_over(), threshold >= 0 && threshold < 10);
            equal(buffer.append_bytes(new GLib.Bytes(bytes('ab')), null), true);
            equal(buffer.write_bytes(0, new GLib.Bytes(bytes('cd')), null), true);
            equal(buffer.truncate(3, null), true);
            equal(text(buffer.read(0, 100, null)), 'cd2');
        }
    },

    'errors'() {
        const buffer = Spool.Buffer.new_with_threshold(2);
        const cancelled = new Gio.Cancellable();
        const {IOErrorEnum} = Gio;

        cancelled.cancel();
        fails(IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT, () => buffer.write(-1, bytes('a'), null));
        fails(IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT, () => buffer.truncate(-1, null));
        fails(IOErrorEnum, IOErrorEnum.CANCELLED, () => buffer.append(bytes('a'), cancelled));
        fails(IOErrorEnum, IOErrorEnum.WOULD_BLOCK, () => buffer.write_nonblocking(0, bytes('abc')));
        buffer.set_size_limit(4);
        fails(IOErrorEnum, IOErrorEnum.NO_SPACE, () => buffer.append(bytes('abcde'), null));
        buffer.set_directory(Gio.File.new_for_path('/nonexistent'));
        fails(IOErrorEnum, IOErrorEnum.NOT_FOUND, () => buffer.append(bytes('abc'), null));
        buffer.close(null);
        fails(IOErrorEnum, IOErrorEnum.CLOSED, () => buffer.append(bytes('a'), null));
    },

    'completion'() {
        const buffer = Spool.Buffer.new();
        const stream = Spool.MemoryOutputStream.new_for_buffer(buffer);

        equal(buffer.get_completed(), false);
        stream.close(null);
        equal(buffer.get_completed(), true);
        equal(buffer.dup_error(), null);

        const dropped = Spool.Buffer.new();
        Spool.MemoryOutputStream.new_for_buffer(dropped).run_dispose();
        equal(dropped.dup_error().matches(Gio.IOErrorEnum, Gio.IOErrorEnum.BROKEN_PIPE), true);
    },

    async 'async'() {
        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);
            const source = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(bytes('abc')));

            /* eslint-disable no-await-in-loop */
            equal(await runAsync(buffer, 'append_bytes', new GLib.Bytes(bytes('0123456789'))), true);
            equal(await runAsync(buffer, 'splice_from', source,
                Gio.OutputStreamSpliceFlags.CLOSE_SOURCE), 3);
            equal(text((await runAsync(buffer, 'read_bytes', 8, 100)).toArray()), '89abc');
            equal(text((await runAsync(buffer, 'get_bytes')).toArray()), '0123456789abc');
            equal(await runAsync(buffer, 'reserve', 100), true);
            equal(await runAsync(buffer, 'roll_over'), true);
            /* eslint-enable no-await-in-loop */
            equal(buffer.get_rolled_over(), true);
        }
    },

    'notify'() {
        const buffer = Spool.Buffer.new_with_threshold(4);
        const seen = [];

        buffer.connect('notify::size', () => seen.push(buffer.size));
        buffer.append(bytes('abcd'), null);
        buffer.append(bytes('e'), null);
        equal(seen, [4, 5]);
    },

    'large-offsets'() {
        const far = 2 ** 33;
        const stream = Spool.MemoryOutputStream.new();

        equal(stream.seek(far, GLib.SeekType.SET, null), true);
        equal(stream.write(bytes('far'), null), 3);
        equal(stream.tell(), far + 3);
        equal(stream.get_data_size(), far + 3);
        equal(stream.get_buffer().size, far + 3);
        equal(text(stream.get_buffer().read(far, 9, null)), 'far');
        stream.close(null);
    },

    // A property of GObject's own is on the prototype, where one of the same
    // name as a method would hide it.
    'accessors'() {
        let checked = 0;

        for (const name of Object.keys(Spool).concat(['Buffer', 'IOStream',
            'MemoryInputStream', 'MemoryOutputStream'])) {
            const type = Spool[name];

            if (!type?.$gtype || !GObject.type_is_a(type.$gtype, GObject.Object))
                continue;

            // A filter is nothing without the stream beneath it.
            const instance = GObject.type_is_a(type.$gtype, Gio.FilterInputStream.$gtype)
                ? new type({base_stream: new Gio.MemoryInputStream()})
                : new type();

            for (const pspec of GObject.Object.list_properties.call(type)) {
                const stem = pspec.name.replace(/-/g, '_');

                if (pspec.owner_type.name !== type.$gtype.name)
                    continue;

                if (pspec.flags & GObject.ParamFlags.READABLE)
                    equal(instance[`get_${stem}`]() === instance[stem], true);
                if (pspec.flags & GObject.ParamFlags.WRITABLE &&
                    !(pspec.flags & GObject.ParamFlags.CONSTRUCT_ONLY))
                    instance[`set_${stem}`](instance[stem]);
                checked++;
            }
            instance.close?.(null);
        }

        if (checked < 10)
            throw new Error(`Only ${checked} properties were found`);
    },

    'io-stream'() {
        const stream = Spool.IOStream.new_with_threshold(4);

        stream.get_output_stream().write_all(bytes('0123456789'), null);
        stream.seek(2, GLib.SeekType.SET, null);
        equal(text(stream.get_input_stream().read_bytes(3, null).toArray()), '234');
        equal(stream.get_output_stream().tell(), 5);
        stream.close(null);
        System.gc();
    },
};

await run(tests);
