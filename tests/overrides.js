// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What overrides/Spool.js adds.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Spool from 'gi://Spool?version=1';

import {equal, fails, run} from './tap.js';

const {IOErrorEnum} = Gio;
const {CLOSE_SOURCE} = Gio.OutputStreamSpliceFlags;
const PRIORITY = GLib.PRIORITY_HIGH;
const THRESHOLDS = [0, 1, 9, 10, 11, -1];

const encode = text => new TextEncoder().encode(text);
const decode = array => new TextDecoder().decode(array);
const textOf = bytes => decode(bytes.toArray());
const source = text => Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes(encode(text)));

function filled(threshold, text) {
    const buffer = Spool.Buffer.new_with_threshold(threshold);

    buffer.append(text);

    return buffer;
}

function throws(type, call) {
    try {
        call();
    } catch (error) {
        equal(error instanceof type, true);
        return;
    }

    throw new Error('It did not throw');
}

async function rejects(domain, code, promise) {
    try {
        await promise;
    } catch (error) {
        if (error.matches?.(domain, code))
            return;
        throw error;
    }

    throw new Error('It did not reject');
}

async function drain(iterable) {
    const items = [];

    for await (const item of iterable)
        items.push(item);

    return items;
}

// Each asynchronous method with the fewest arguments it takes, and with all of
// them but the callback, gives the same.
async function bothWays(object, name, required, defaults, check) {
    for (const args of [required, [...required, ...defaults]]) {
        const promise = object[name](...args);

        equal(promise instanceof Promise, true);
        // eslint-disable-next-line no-await-in-loop
        check(await promise);
    }
}

const isTrue = result => equal(result, true);
const common = [PRIORITY, null];

function folder() {
    return Gio.File.new_for_path(GLib.Dir.make_tmp('spool-overrides-XXXXXX'));
}

await run({
    async 'promises-of-buffer'() {
        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);

            /* eslint-disable no-await-in-loop */
            await bothWays(buffer, 'append_bytes_async', ['01234'], common, isTrue);
            await bothWays(buffer, 'read_bytes_async', [3, 4], common,
                bytes => equal(textOf(bytes), '3401'));
            await bothWays(buffer, 'get_bytes_async', [], common,
                bytes => equal(textOf(bytes), '0123401234'));
            await bothWays(buffer, 'reserve_async', [20], common, isTrue);
            await bothWays(buffer, 'splice_from_async', [source('ab')],
                [Gio.OutputStreamSpliceFlags.NONE, ...common],
                size => equal(size === 2 || size === 0, true));
            await bothWays(buffer, 'roll_over_async', [], common, isTrue);
            await bothWays(buffer, 'create_sealed_fd_async', [], common, fd => {
                equal(fd >= 0, true);
                GLib.close(fd);
            });
            /* eslint-enable no-await-in-loop */
            equal(decode(buffer.toArray()), '0123401234ab');
            equal(buffer.rolled_over, true);
        }
    },

    async 'promises-of-saving'() {
        const where = folder();
        const file = where.get_child('file');
        const defaults = [Spool.SaveFlags.NONE, ...common, null];

        for (const threshold of THRESHOLDS) {
            const buffer = filled(threshold, '0123456789');
            const seen = [];
            const progress = (current, total) => seen.push([current, total]);

            /* eslint-disable no-await-in-loop */
            await bothWays(buffer, 'save_async', [file], defaults, isTrue);
            equal(decode(file.load_contents(null)[1]), '0123456789');
            isTrue(await buffer.save_async(file, Spool.SaveFlags.PRIVATE, PRIORITY, null, progress));
            equal(seen.at(-1), [10, 10]);
            await rejects(IOErrorEnum, IOErrorEnum.EXISTS,
                buffer.save_async(file, Spool.SaveFlags.NO_OVERWRITE));

            isTrue(buffer.save(file));
            seen.length = 0;
            isTrue(buffer.save(file, Spool.SaveFlags.NONE, null, progress));
            equal(seen.at(-1), [10, 10]);

            seen.length = 0;
            isTrue(await buffer.move_async(file, Spool.SaveFlags.NONE, PRIORITY, null, progress));
            equal(seen.at(-1), [10, 10]);
            isTrue(await filled(threshold, 'moved').move_async(file));
            equal(decode(file.load_contents(null)[1]), 'moved');
            isTrue(filled(threshold, 'again').move(file));
            equal(decode(file.load_contents(null)[1]), 'again');
            /* eslint-enable no-await-in-loop */
        }

        file.delete(null);
        where.delete(null);
    },

    async 'promises-of-streams'() {
        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);
            const output = Spool.MemoryOutputStream.new_for_buffer(buffer);
            const input = Spool.MemoryInputStream.new_for_buffer(buffer);
            const seekable = Spool.SeekableInputStream.new(source('0123456789'));
            const concat = Spool.ConcatInputStream.new();
            const io = Spool.IOStream.new_with_threshold(threshold);

            /* eslint-disable no-await-in-loop */
            await bothWays(output, 'write_bytes_async', ['äb'], common, n => equal(n, 3));
            await bothWays(output, 'write_async', ['ä'], common, n => equal(n, 2));
            await bothWays(output, 'write_all_async', [encode('xyz')], common, n => equal(n, 3));
            await bothWays(output, 'splice_async', [source('ab')],
                [Gio.OutputStreamSpliceFlags.NONE, ...common],
                size => equal(size === 2 || size === 0, true));
            await bothWays(output, 'flush_async', [], common, isTrue);
            isTrue(await output.close_async());
            isTrue(await Spool.MemoryOutputStream.new().close_async(...common));
            equal(decode(buffer.toArray()), 'äbäbääxyzxyzab');

            await bothWays(input, 'read_bytes_async', [3], common,
                bytes => equal(textOf(bytes), 'äb'));
            await bothWays(input, 'skip_async', [2], common, n => equal(n, 2));
            await bothWays(input, 'close_async', [], common, isTrue);

            equal(await seekable.fill_async(3), 3);
            await bothWays(seekable, 'fill_async', [], [-1, ...common], n => equal(n, 10));
            await bothWays(seekable, 'read_bytes_async', [2], common,
                bytes => equal(bytes.get_size(), 2));
            await bothWays(seekable, 'skip_async', [1], common, n => equal(n, 1));
            await bothWays(seekable, 'close_async', [], common, isTrue);

            concat.append(source('abcdef'));
            await bothWays(concat, 'read_bytes_async', [2], common,
                bytes => equal(bytes.get_size(), 2));
            await bothWays(concat, 'skip_async', [1], common, n => equal(n, 1));
            await bothWays(concat, 'close_async', [], common, isTrue);

            // Those of an IOStream are no others.
            equal(await io.get_output_stream().write_async('0123456789'), 10);
            io.seek(4);
            equal(textOf(await io.get_input_stream().read_bytes_async(3)), '456');
            await bothWays(io, 'close_async', [], common, isTrue);
            /* eslint-enable no-await-in-loop */
        }

        await bothWays(Spool.Pool.new(100), 'trim_async', [0], common, isTrue);
    },

    async 'promises-of-text'() {
        for (const threshold of THRESHOLDS) {
            const stream = Spool.TextStream.new_with_threshold(threshold);

            /* eslint-disable no-await-in-loop */
            await bothWays(stream, 'write_async', ['aä\0\n'], common, isTrue);
            await bothWays(stream, 'write_bytes_async', ['b\n'], common, isTrue);
            equal(stream.get_length(), 12);
            stream.seek(0);
            equal(await stream.read_async(2), ['aä', 3]);
            equal(textOf(await stream.read_bytes_async(2)), '\0\n');
            stream.seek(0);
            await bothWays(stream, 'read_line_bytes_async', [], common,
                bytes => equal(textOf(bytes), 'aä\0\n'));
            await bothWays(stream, 'read_line_async', [], common,
                result => equal(result, ['b\n', 2]));
            await bothWays(stream, 'read_async', [], [-1, ...common],
                result => equal(result, ['', 0]));
            equal((await stream.read_bytes_async()).get_size(), 0);
            equal(await stream.read_line_bytes_async(), null);
            /* eslint-enable no-await-in-loop */
        }
    },

    async 'rejections'() {
        const cancelled = new Gio.Cancellable();
        const buffer = filled(4, '0123');

        cancelled.cancel();
        await rejects(IOErrorEnum, IOErrorEnum.CANCELLED,
            buffer.append_bytes_async('4', PRIORITY, cancelled));
        buffer.directory = Gio.File.new_for_path('/nonexistent');
        await rejects(IOErrorEnum, IOErrorEnum.NOT_FOUND, buffer.append_bytes_async('4'));
        await rejects(IOErrorEnum, IOErrorEnum.NOT_FOUND, buffer.roll_over_async());
        equal(decode(buffer.toArray()), '0123');

        // A wrong call is no rejection.
        let message = '';
        try {
            await buffer.read_bytes_async(1);
        } catch (error) {
            ({message} = error);
        }
        equal(message.includes('arguments required'), true);
    },

    async 'callbacks'() {
        const buffer = filled(4, '0123456789');
        const stream = Spool.MemoryInputStream.new_for_buffer(buffer);
        const text = Spool.TextStream.new();
        const withCallback = (object, stem, ...args) => new Promise((resolve, reject) => {
            const nothing = object[`${stem}_async`](...args, (from, result) => {
                try {
                    equal(from === object, true);
                    resolve(object[`${stem}_finish`](result));
                } catch (error) {
                    reject(error);
                }
            });
            equal(nothing, undefined);
        });

        equal(textOf(await withCallback(buffer, 'read_bytes', 0, 3, 0, null)), '012');
        equal(textOf(await withCallback(stream, 'read_bytes', 3, 0, null)), '012');
        isTrue(await withCallback(text, 'write', 'abc', 0, null));
        isTrue(await withCallback(stream, 'close', 0, null));
    },

    'defaults'() {
        const buffer = Spool.Buffer.new();
        const output = Spool.MemoryOutputStream.new_for_buffer(buffer);
        const input = Spool.MemoryInputStream.new_for_buffer(buffer);
        const seekable = Spool.SeekableInputStream.new(source('0123456789'));
        const text = Spool.TextStream.new();

        isTrue(buffer.append('0123456789'));
        isTrue(buffer.write(1, 'a'));
        isTrue(buffer.write_bytes(2, 'b'));
        isTrue(buffer.append_bytes('cd'));
        equal(decode(buffer.read(0, 4)), '0ab3');
        equal(textOf(buffer.read_bytes(1, 2)), 'ab');
        isTrue(buffer.truncate(4));
        isTrue(buffer.reserve(10));
        equal(buffer.splice_from(source('xyz')), 3);
        isTrue(buffer.equal(filled(-1, '0ab3xyz')));
        isTrue(buffer.flush());
        isTrue(buffer.roll_over());
        GLib.close(buffer.dup_fd());
        GLib.close(buffer.create_sealed_fd());
        equal(textOf(buffer.get_bytes()), '0ab3xyz');

        output.append = true;
        equal(output.write('1'), 1);
        equal(output.write_all('23'), [true, 2]);
        equal(output.write_bytes('45'), 2);
        equal(output.splice(source('67'), CLOSE_SOURCE), 2);
        isTrue(output.flush());
        isTrue(output.seek(2));
        isTrue(output.truncate(6));
        isTrue(output.close());

        equal(textOf(input.read_bytes(2)), '0a');
        equal(input.skip(2), 2);
        isTrue(input.seek(-1, GLib.SeekType.END));
        equal(textOf(input.read_bytes(2)), 'y');
        isTrue(input.close());
        equal(seekable.fill(), 10);

        isTrue(text.write('aä\n'));
        isTrue(text.write_bytes('b'));
        isTrue(text.seek(1));
        equal(text.read(), ['ä\nb', 4]);
        isTrue(text.seek(0));
        equal(text.read_line(), ['aä\n', 4]);
        equal(textOf(text.read_line_bytes()), 'b');
        equal(text.read_bytes().get_size(), 0);
        equal(text.dup_text(), ['aä\nb', 5]);
        equal(text.dup_text_bytes().get_size(), 5);
        isTrue(text.truncate(2));
        equal(text.get_length(), 2);

        isTrue(Spool.Pool.new(10).trim(0));
        isTrue(Spool.IOStream.new().close());
        isTrue(buffer.reset());
        isTrue(buffer.close());
    },

    'strings-and-arrays'() {
        for (const data of ['aé\0b', encode('aé\0b')]) {
            const text = Spool.TextStream.new();

            equal(decode(filled(2, data).toArray()), 'aé\0b');
            equal(decode(Spool.Buffer.new_for_bytes(data).toArray()), 'aé\0b');
            equal(textOf(Spool.MemoryInputStream.new_for_bytes(data).read_bytes(9)), 'aé\0b');
            text.write_bytes(data);
            equal(text.tell(), 4);
        }

        equal(filled(2, 'abc').toArray() instanceof Uint8Array, true);
        equal(Spool.Buffer.new().toArray().length, 0);

        const text = Spool.TextStream.new();

        text.write('a\0é');
        equal(text.tell(), 3);
    },

    // To write to an array changes neither the buffer nor what others have of it.
    'arrays-of-ones-own'() {
        for (const threshold of THRESHOLDS) {
            const buffer = filled(threshold, '0123456789');
            const snapshot = buffer.get_bytes();
            const array = buffer.toArray();

            array[0] = 0x61;
            buffer.read(0, 10)[1] = 0x62;
            equal(decode(array), 'a123456789');
            equal(decode(buffer.toArray()), '0123456789');
            equal(textOf(snapshot), '0123456789');
        }
    },

    'read-with-wrong-arguments'() {
        const buffer = filled(2, 'abc');

        for (const args of [[0, -1], [0, 2 ** 64], [-(2 ** 70), 1], [2 ** 63, 1], [0, Infinity]])
            throws(RangeError, () => buffer.read(...args));
        for (const args of [[0, 1, 'cancel'], [Symbol('offset'), 1], [0, Symbol('count')], [0, 1, buffer]])
            throws(TypeError, () => buffer.read(...args));
        fails(Gio.IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT, () => buffer.read(-1, 1));
        equal(decode(buffer.read('1', 1.5, undefined)), 'b');

        // More than a gsize may count is more than there is.
        for (const count of [2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 2 ** 63])
            equal(decode(buffer.read(1, count)), 'bc');
    },

    async 'chunks'() {
        const SIZE = 200000;
        const data = Uint8Array.from({length: SIZE}, (_, i) => i % 251);

        for (const threshold of [0, 1000, -1]) {
            const buffer = filled(threshold, data);
            const concat = Spool.ConcatInputStream.new();

            concat.append(Spool.MemoryInputStream.new_for_bytes(data));
            for (const stream of [Spool.MemoryInputStream.new_for_buffer(buffer),
                Spool.SeekableInputStream.new(Spool.MemoryInputStream.new_for_buffer(buffer)),
                concat]) {
                // eslint-disable-next-line no-await-in-loop
                const chunks = await drain(stream);

                equal(chunks.every(chunk => chunk instanceof Uint8Array), true);
                equal(chunks.every(chunk => chunk.length <= 65536), true);
                equal(chunks.length, 4);
                equal(chunks.flatMap(chunk => [...chunk]), [...data]);
                equal(stream.is_closed(), true);
            }
        }
    },

    async 'iterators'() {
        const sync = () => Spool.MemoryInputStream.new_for_bytes('0123456789');
        const chunks = ['0123', '4567', '89'];

        let stream = sync();
        equal([...stream.createSyncIterator(4)].map(textOf), chunks);
        equal(stream.is_closed(), true);

        stream = sync();
        equal((await drain(stream.createAsyncIterator(4))).map(textOf), chunks);
        equal(stream.is_closed(), true);
        equal((await drain(sync().createAsyncIterator(4, PRIORITY))).map(textOf), chunks);

        // Who leaves early has closed it, too.
        stream = sync();
        // eslint-disable-next-line no-unreachable-loop
        for (const bytes of stream.createSyncIterator(1)) {
            equal(textOf(bytes), '0');
            break;
        }
        equal(stream.is_closed(), true);

        stream = sync();
        // eslint-disable-next-line no-unreachable-loop
        for await (const chunk of stream) {
            equal(chunk.length, 10);
            break;
        }
        equal(stream.is_closed(), true);

        // They are those of GJS where it has them.
        const theirs = Gio.InputStream.prototype.createSyncIterator;
        const ours = Spool.MemoryInputStream.prototype.createSyncIterator;
        equal(theirs === undefined || theirs === ours, true);
    },

    async 'chunks-that-arrive'() {
        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);
            const stream = new Spool.MemoryInputStream({buffer, follow: true});
            const parts = ['0123', '45', '6789a'];
            const seen = [];

            // The next part comes only when the last one was seen.
            buffer.append(parts.shift());
            // eslint-disable-next-line no-await-in-loop
            for await (const chunk of stream) {
                seen.push(decode(chunk));
                if (parts.length > 0)
                    buffer.append(parts.shift());
                else
                    buffer.complete();
            }

            equal(seen, ['0123', '45', '6789a']);
        }
    },

    async 'lines'() {
        const lines = ['a\n', 'ä\0€\n', '\n', '\ufeffmark\n', '\ufeff\ufeff\n', 'last'];

        for (const threshold of THRESHOLDS) {
            const stream = Spool.TextStream.new_with_threshold(threshold);

            stream.write(lines.join(''));
            stream.seek(0);
            equal([...stream], lines);
            equal([...stream], []);
            stream.seek(2);
            // eslint-disable-next-line no-await-in-loop
            equal(await drain(stream), lines.slice(1));
        }
    },

    async 'lines-that-arrive'() {
        for (const threshold of THRESHOLDS) {
            const buffer = Spool.Buffer.new_with_threshold(threshold);
            const stream = new Spool.TextStream({buffer, follow: true});
            const parts = ['€\nb', 'c\n', 'end'];
            const seen = [];

            buffer.append(parts.shift());
            setTimeout(() => buffer.append(parts.shift()), 0);
            // eslint-disable-next-line no-await-in-loop
            for await (const line of stream) {
                seen.push(line);
                if (line === 'bc\n') {
                    buffer.append(parts.shift());
                    buffer.complete();
                }
            }

            equal(seen, ['€\n', 'bc\n', 'end']);
        }
    },

    // As many asynchronous calls as lines would take long, and be too many for
    // GJS 1.74.
    async 'many-lines'() {
        const N = 200000;

        for (const threshold of [0, -1]) {
            const stream = Spool.TextStream.new_with_threshold(threshold);
            let nCalls = 0;
            let n = 0;
            let nWrong = 0;

            stream.write(Array.from({length: N}, (_, i) => `${i}\n`).join(''));
            stream.seek(0);
            for (const line of stream)
                nWrong += line === `${n++}\n` ? 0 : 1;
            equal([n, nWrong], [N, 0]);

            n = 0;
            stream.seek(0);
            stream.read_finish = function (...args) {
                nCalls++;

                return Spool.TextStream.prototype.read_finish.apply(this, args);
            };
            // eslint-disable-next-line no-await-in-loop
            for await (const line of stream)
                nWrong += line === `${n++}\n` ? 0 : 1;
            equal([n, nWrong], [N, 0]);
            equal(nCalls > 0 && nCalls < 50, true);
            equal(stream.tell(), stream.get_length());
        }
    },

    async 'lines-in-pieces'() {
        const lines = [];

        // Long and short ones, whose characters lie across all the seams.
        for (let i = 0; i < 400; i++)
            lines.push('\n', `${'xä€\u{1f600}'.repeat(i)}\n`);
        lines.push(`${'\u{1f600}ä'.repeat(150000)}\n`, 'no end');

        for (const nul of ['', '\0']) {
            for (const threshold of [0, -1]) {
                const stream = Spool.TextStream.new_with_threshold(threshold);
                const expected = lines.map((line, i) => i % 100 === 99 ? nul + line : line);

                stream.write(expected.join(''));
                stream.seek(0);
                equal([...stream], expected);
                stream.seek(0);
                // eslint-disable-next-line no-await-in-loop
                equal(await drain(stream), expected);
            }
        }
    },

    // Whoever leaves a loop, or looks up from it, is behind the last line.
    async 'lines-and-other-reads'() {
        const text = 'a\n\u{1f600}\0ä\nthird\nfourth\nfifth';

        for (const threshold of THRESHOLDS) {
            const stream = Spool.TextStream.new_with_threshold(threshold);

            stream.write(text);

            stream.seek(0);
            // eslint-disable-next-line no-unreachable-loop
            for (const line of stream) {
                equal(line, 'a\n');
                break;
            }
            equal(stream.tell(), 2);

            /* eslint-disable no-await-in-loop */
            // eslint-disable-next-line no-unreachable-loop
            for await (const line of stream) {
                equal(line, '\u{1f600}\0ä\n');
                break;
            }
            equal(await stream.read_line_async(), ['third\n', 6]);

            stream.seek(0);
            try {
                for await (const line of stream)
                    throw new Error(line);
            } catch (error) {
                equal(error.message, 'a\n');
            }
            equal(stream.tell(), 2);

            const iterator = stream[Symbol.asyncIterator]();
            equal((await iterator.next()).value, '\u{1f600}\0ä\n');
            await iterator.return();
            equal(stream.read(5), ['third', 5]);

            // In the loop, too.
            const seen = [];
            stream.seek(0);
            for await (const line of stream) {
                seen.push(line, stream.tell());
                if (line === 'a\n')
                    equal(textOf(await stream.read_line_bytes_async()), '\u{1f600}\0ä\n');
                else if (line === 'third\n')
                    stream.write('FOUR');
                else if (line === 'th\n')
                    stream.truncate(stream.tell() + 2);
            }
            equal(seen, ['a\n', 2, 'third\n', 12, 'th\n', 19, 'fi', 21]);
            stream.truncate(0);
            /* eslint-enable no-await-in-loop */
        }
    },

    // It comes at its line, and the lines before it come first.
    async 'error-in-the-middle'() {
        const lines = Array.from({length: 20000}, (_, i) => `line ${i}\n`);

        for (const threshold of [0, -1]) {
            const buffer = filled(threshold, lines.join(''));
            const stream = Spool.TextStream.new_for_buffer(buffer);

            buffer.append(Uint8Array.of(0x61, 0xff, 0x0a));
            buffer.append('behind\n');

            for (const iterable of [{*[Symbol.iterator]() {
                yield* stream;
            }}, stream]) {
                const seen = [];

                stream.seek(0);
                try {
                    // eslint-disable-next-line no-await-in-loop
                    for await (const line of iterable)
                        seen.push(line);
                    throw new Error('It did not throw');
                } catch (error) {
                    equal(error.matches?.(IOErrorEnum, IOErrorEnum.INVALID_DATA), true);
                }
                equal(seen, lines);
                equal(stream.tell(), lines.join('').length);
                fails(IOErrorEnum, IOErrorEnum.INVALID_DATA, () => stream.read_line());
            }
        }
    },

    async 'completion'() {
        const errorOf = error => {
            const buffer = Spool.Buffer.new();

            buffer.complete(error);
            equal(buffer.completed, true);

            return buffer.dup_error();
        };

        equal(errorOf(), null);
        equal(errorOf(null), null);

        const plain = errorOf(new TypeError('no such thing'));
        isTrue(plain.matches(IOErrorEnum, IOErrorEnum.FAILED));
        equal(plain.message, 'no such thing');
        equal(errorOf(new RangeError()).message, 'RangeError');

        const given = errorOf(new GLib.Error(IOErrorEnum, IOErrorEnum.TIMED_OUT, 'too slow'));
        isTrue(given.matches(IOErrorEnum, IOErrorEnum.TIMED_OUT));
        equal(given.message, 'too slow');

        // It reaches who awaits the lines.
        const buffer = filled(1, 'a\nb');
        const stream = new Spool.TextStream({buffer, follow: true});
        const seen = [];

        buffer.complete(new Error('broken off'));
        try {
            for await (const line of stream)
                seen.push(line);
            throw new Error('It did not throw');
        } catch (error) {
            equal(error.message, 'broken off');
        }
        equal(seen, ['a\n', 'b']);
    },

    async 'promisified'() {
        // A program may say so itself, of a class beneath or of ours.
        Gio._promisify(Gio.InputStream.prototype, 'read_bytes_async');
        Gio._promisify(Spool.MemoryInputStream.prototype, 'read_bytes_async');
        Gio._promisify(Spool.Buffer.prototype, 'roll_over_async');

        const buffer = filled(-1, 'abc');
        const stream = Spool.MemoryInputStream.new_for_buffer(buffer);

        isTrue(await buffer.roll_over_async());
        equal(textOf(await stream.read_bytes_async(9, PRIORITY, null)), 'abc');
    },

    // Else a test that forgets to await would pass whatever happens.
    async 'unhandled-rejection'() {
        const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.STDERR_SILENCE});
        const child = launcher.spawnv(['gjs', '-c', 'Promise.reject(new Error("x"))']);

        await new Promise(resolve => {
            child.wait_async(null, (_child, result) => resolve(child.wait_finish(result)));
        });
        equal(child.get_successful(), false);
    },

    'errors-of-synchronous-calls'() {
        fails(IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT, () => Spool.Buffer.new().truncate(-1));
        fails(IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT, () => Spool.TextStream.new().seek(-1));
    },
});
