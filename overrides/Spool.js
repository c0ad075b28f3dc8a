// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What makes the library at home in GJS: promises, iteration, strings and
// Uint8Array where bytes are wanted. Loaded by gjs itself when a program
// imports Spool.

const {Gio, GLib} = imports.gi;

// How many bytes `for await` reads at once.
const CHUNK_SIZE = 64 * 1024;

const {NONE} = Gio.OutputStreamSpliceFlags;

function toBytes(data) {
    return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}

const DECODER = new TextDecoder('utf-8', {ignoreBOM: true});

// What looks like a byte order mark is text here. GJS may drop it all the same.
const MARK = [0xef, 0xbb, 0xbf];
const DROPS_MARK = DECODER.decode(Uint8Array.from(MARK)) === '';

// Strings of the library end at a NUL for GJS, bytes do not.
function toText(bytes) {
    const array = bytes.toArray();
    const text = DECODER.decode(array);

    return DROPS_MARK && MARK.every((byte, i) => array[i] === byte) ? `\ufeff${text}` : text;
}

// A number that GJS can take, which makes 0 of what is none.
function checkNumber(name, value, low, end) {
    if (value < low || value >= end)
        throw new RangeError(`Argument ${name}: ${value} is out of range`);
}

// The method as it is in C, where a program has promisified that of the class
// beneath before it imported this.
function getNative(proto, name) {
    return proto[`_original_${name}`] ?? proto[name];
}

// Lets arguments behind the required ones be left out.
function optional(proto, name, nRequired, ...defaults) {
    const original = proto[name];

    proto[name] = function (...args) {
        if (args.length >= nRequired)
            args.push(...defaults.slice(args.length - nRequired));

        return original.apply(this, args);
    };
}

// Lets proto.<stem>_async() return a promise where it is called without a
// callback. Arguments behind the required ones may be left out then.
function promisify(proto, stem, nRequired, ...defaults) {
    const name = `${stem}_async`;
    const finish = `${stem}_finish`;

    if (proto[name] === undefined)
        return;

    const original = getNative(proto, name);

    // The name under which Gio._promisify() looks for what it has done.
    proto[`_original_${name}`] = original;

    proto[name] = function (...args) {
        if (args.length > nRequired + defaults.length)
            return original.apply(this, args);

        if (args.length >= nRequired)
            args.push(...defaults.slice(args.length - nRequired));

        return new Promise((resolve, reject) => {
            original.call(this, ...args, (_source, result) => {
                try {
                    resolve(this[finish](result));
                } catch (error) {
                    reject(error);
                }
            });
        });
    };
}

function extendSeekable(proto) {
    optional(proto, 'seek', 1, GLib.SeekType.SET, null);
    optional(proto, 'truncate', 1, null);
}

function extendBuffer(type, saveFlags) {
    const proto = type.prototype;
    const {new_for_bytes} = type;
    const {read, write_bytes, append_bytes, complete} = proto;
    const common = [GLib.PRIORITY_DEFAULT, null];

    type.new_for_bytes = function (bytes) {
        return new_for_bytes.call(this, toBytes(bytes));
    };

    proto.write_bytes = function (offset, bytes, cancellable) {
        return write_bytes.call(this, offset, toBytes(bytes), cancellable);
    };

    proto.append_bytes = function (bytes, cancellable) {
        return append_bytes.call(this, toBytes(bytes), cancellable);
    };

    proto.complete = function (error = null) {
        if (error instanceof Error && !(error instanceof GLib.Error)) {
            error = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED,
                error.message || error.name);
        }

        complete.call(this, error);
    };

    // GJS releases what it never had where it cannot take an argument of a
    // function that returns an array, and crashes.
    proto.read = function (offset, count, cancellable = null) {
        checkNumber('offset', offset, -(2 ** 63), 2 ** 63);
        checkNumber('count', count, 0, 2 ** 64);
        if (cancellable !== null && !(cancellable instanceof Gio.Cancellable))
            throw new TypeError('Argument cancellable: is not a Gio.Cancellable');

        return read.call(this, offset, count, cancellable);
    };

    // Not get_bytes(), whose memory is that of the buffer and would be the array's.
    proto.toArray = function () {
        return this.read(0, Number.MAX_SAFE_INTEGER);
    };

    for (const name of ['roll_over', 'reset', 'get_bytes', 'create_sealed_fd', 'flush', 'close'])
        optional(proto, name, 0, null);
    for (const name of ['append', 'append_bytes', 'truncate', 'reserve', 'equal'])
        optional(proto, name, 1, null);
    for (const name of ['read_bytes', 'write', 'write_bytes'])
        optional(proto, name, 2, null);
    for (const name of ['save', 'move'])
        optional(proto, name, 1, saveFlags, null, null);
    optional(proto, 'dup_fd', 0, false, null);
    optional(proto, 'splice_from', 1, NONE, null);

    for (const stem of ['roll_over', 'get_bytes', 'create_sealed_fd'])
        promisify(proto, stem, 0, ...common);
    for (const stem of ['append_bytes', 'reserve'])
        promisify(proto, stem, 1, ...common);
    // The last default is the progress callback.
    for (const stem of ['save', 'move'])
        promisify(proto, stem, 1, saveFlags, ...common, null);
    promisify(proto, 'read_bytes', 2, ...common);
    promisify(proto, 'splice_from', 1, NONE, ...common);

    const {append_bytes_async} = proto;

    proto.append_bytes_async = function (bytes, ...args) {
        return append_bytes_async.call(this, toBytes(bytes), ...args);
    };
}

// As in later versions of GJS: chunks as GLib.Bytes, and the stream is closed
// when the iteration ends.
function* syncIterator(stream, count) {
    try {
        for (;;) {
            const bytes = stream.read_bytes(count, null);

            if (bytes.get_size() === 0)
                return;

            yield bytes;
        }
    } finally {
        stream.close(null);
    }
}

async function* asyncIterator(stream, count, priority) {
    try {
        for (;;) {
            // eslint-disable-next-line no-await-in-loop
            const bytes = await stream.read_bytes_async(count, priority, null);

            if (bytes.get_size() === 0)
                return;

            yield bytes;
        }
    } finally {
        await stream.close_async(priority, null);
    }
}

function extendInputStream(proto) {
    const common = [GLib.PRIORITY_DEFAULT, null];

    extendSeekable(proto);
    for (const name of ['read_bytes', 'skip']) {
        optional(proto, name, 1, null);
        promisify(proto, name, 1, ...common);
    }
    optional(proto, 'close', 0, null);
    promisify(proto, 'close', 0, ...common);

    if (proto.createSyncIterator === undefined) {
        proto.createSyncIterator = function (count) {
            return syncIterator(this, count);
        };
    }

    if (proto.createAsyncIterator === undefined) {
        proto.createAsyncIterator = function (count, priority = GLib.PRIORITY_DEFAULT) {
            return asyncIterator(this, count, priority);
        };
    }

    proto[Symbol.asyncIterator] = async function* () {
        for await (const bytes of asyncIterator(this, CHUNK_SIZE, GLib.PRIORITY_DEFAULT))
            yield bytes.toArray();
    };
}

function extendOutputStream(proto) {
    const {write_bytes} = proto;
    const common = [GLib.PRIORITY_DEFAULT, null];

    extendSeekable(proto);
    proto.write_bytes = function (bytes, cancellable) {
        return write_bytes.call(this, toBytes(bytes), cancellable);
    };

    for (const name of ['write', 'write_all', 'write_bytes'])
        optional(proto, name, 1, null);
    for (const name of ['flush', 'close']) {
        optional(proto, name, 0, null);
        promisify(proto, name, 0, ...common);
    }
    optional(proto, 'splice', 1, NONE, null);
    promisify(proto, 'splice', 1, NONE, ...common);
    promisify(proto, 'write_bytes', 1, ...common);

    const {write_bytes_async} = proto;

    proto.write_bytes_async = function (bytes, ...args) {
        return write_bytes_async.call(this, toBytes(bytes), ...args);
    };

    // GIO keeps the array that it is given, and GJS does not. Bytes last.
    proto.write_async = function (data, priority = GLib.PRIORITY_DEFAULT, cancellable = null) {
        return this.write_bytes_async(new GLib.Bytes(toBytes(data)), priority, cancellable);
    };

    proto.write_all_async = async function (data, priority = GLib.PRIORITY_DEFAULT,
        cancellable = null) {
        const bytes = new GLib.Bytes(toBytes(data));
        const size = bytes.get_size();
        let done = 0;

        while (done < size) {
            const rest = bytes.new_from_bytes(done, size - done);

            // eslint-disable-next-line no-await-in-loop
            done += await this.write_bytes_async(rest, priority, cancellable);
        }

        return done;
    };
}

function extendTextStream(proto) {
    const {write_bytes} = proto;
    const common = [GLib.PRIORITY_DEFAULT, null];

    proto.write_bytes = function (bytes, cancellable) {
        return write_bytes.call(this, toBytes(bytes), cancellable);
    };

    proto.write = function (text, cancellable = null) {
        return this.write_bytes(`${text}`, cancellable);
    };

    optional(proto, 'write_bytes', 1, null);
    for (const name of ['read', 'read_bytes'])
        optional(proto, name, 0, -1, null);
    for (const name of ['read_line', 'read_line_bytes', 'get_length', 'dup_text', 'dup_text_bytes'])
        optional(proto, name, 0, null);
    extendSeekable(proto);

    for (const stem of ['read', 'read_bytes'])
        promisify(proto, stem, 0, -1, ...common);
    for (const stem of ['read_line', 'read_line_bytes'])
        promisify(proto, stem, 0, ...common);
    promisify(proto, 'write', 1, ...common);
    promisify(proto, 'write_bytes', 1, ...common);

    const promised = proto.write_bytes_async;
    const {write_async} = proto;

    proto.write_bytes_async = function (bytes, ...args) {
        return promised.call(this, toBytes(bytes), ...args);
    };

    // With a callback comes the finish function of this name.
    proto.write_async = function (text, ...args) {
        if (args.length > common.length)
            return write_async.call(this, text, ...args);

        return this.write_bytes_async(`${text}`, ...args);
    };

    proto[Symbol.iterator] = function* () {
        for (;;) {
            const line = this.read_line_bytes(null);

            if (line === null)
                return;

            yield toText(line);
        }
    };

    proto[Symbol.asyncIterator] = async function* () {
        for (;;) {
            // eslint-disable-next-line no-await-in-loop
            const line = await this.read_line_bytes_async();

            if (line === null)
                return;

            yield toText(line);
        }
    };
}

function _init() {
    const Spool = this;
    const {new_for_bytes} = Spool.MemoryInputStream;
    const common = [GLib.PRIORITY_DEFAULT, null];

    extendBuffer(Spool.Buffer, Spool.SaveFlags.NONE);

    for (const type of [Spool.MemoryInputStream, Spool.SeekableInputStream,
        Spool.ConcatInputStream])
        extendInputStream(type.prototype);

    Spool.MemoryInputStream.new_for_bytes = function (bytes) {
        return new_for_bytes.call(this, toBytes(bytes));
    };

    optional(Spool.SeekableInputStream.prototype, 'fill', 0, -1, null);
    promisify(Spool.SeekableInputStream.prototype, 'fill', 0, -1, ...common);

    extendOutputStream(Spool.MemoryOutputStream.prototype);

    extendSeekable(Spool.IOStream.prototype);
    optional(Spool.IOStream.prototype, 'close', 0, null);
    promisify(Spool.IOStream.prototype, 'close', 0, ...common);

    extendTextStream(Spool.TextStream.prototype);

    optional(Spool.Pool.prototype, 'trim', 1, null);
    promisify(Spool.Pool.prototype, 'trim', 1, ...common);
}
