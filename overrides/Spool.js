// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What makes the library at home in GJS: promises, iteration, strings and
// Uint8Array where bytes are wanted. Loaded by gjs itself when a program
// imports Spool.

const {Gio, GLib} = imports.gi;

// How many bytes `for await` reads at once.
const CHUNK_SIZE = 64 * 1024;

function toBytes(data) {
    return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}

// Lets proto.<stem>_async() return a promise where it is called without a
// callback. Arguments behind the required ones may be left out.
function promisify(proto, stem, nRequired, ...defaults) {
    const name = `${stem}_async`;
    const original = proto[name];

    if (original === undefined)
        return;

    // The name under which Gio._promisify() looks for what it has done.
    proto[`_original_${name}`] = original;

    proto[name] = function (...args) {
        const nOptional = nRequired + defaults.length - args.length;

        if (nOptional < 0)
            return original.apply(this, args);

        if (nOptional > 0)
            args.push(...defaults.slice(-nOptional));

        return new Promise((resolve, reject) => {
            original.call(this, ...args, (_source, result) => {
                try {
                    resolve(this[`${stem}_finish`](result));
                } catch (error) {
                    reject(error);
                }
            });
        });
    };
}

function promisifyBuffer(proto) {
    const common = [GLib.PRIORITY_DEFAULT, null];

    promisify(proto, 'read_bytes', 2, ...common);
    promisify(proto, 'append_bytes', 1, ...common);
    promisify(proto, 'splice_from', 1, Gio.OutputStreamSpliceFlags.NONE, ...common);
    promisify(proto, 'reserve', 1, ...common);
    promisify(proto, 'roll_over', 0, ...common);
    promisify(proto, 'get_bytes', 0, ...common);
    promisify(proto, 'create_sealed_fd', 0, ...common);

    // The last default is the progress callback.
    promisify(proto, 'save', 1, 0, ...common, null);
    promisify(proto, 'move', 1, 0, ...common, null);
}

function promisifyInputStream(proto) {
    const common = [GLib.PRIORITY_DEFAULT, null];

    promisify(proto, 'read_bytes', 1, ...common);
    promisify(proto, 'skip', 1, ...common);
    promisify(proto, 'close', 0, ...common);
    promisify(proto, 'fill', 0, -1, ...common);
}

function promisifyOutputStream(proto) {
    const common = [GLib.PRIORITY_DEFAULT, null];

    promisify(proto, 'write_bytes', 1, ...common);
    promisify(proto, 'splice', 1, Gio.OutputStreamSpliceFlags.NONE, ...common);
    promisify(proto, 'flush', 0, ...common);
    promisify(proto, 'close', 0, ...common);
}

function promisifyTextStream(proto) {
    const common = [GLib.PRIORITY_DEFAULT, null];

    for (const stem of ['read', 'read_bytes'])
        promisify(proto, stem, 1, ...common);
    for (const stem of ['read_line', 'read_line_bytes'])
        promisify(proto, stem, 0, ...common);
    for (const stem of ['write', 'write_string', 'write_bytes'])
        promisify(proto, stem, 1, ...common);
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

function makeIterable(proto) {
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

function makeTextIterable(proto) {
    proto[Symbol.iterator] = function* () {
        for (;;) {
            const [line] = [this.read_line(null)].flat();

            if (line === null)
                return;

            yield line;
        }
    };

    proto[Symbol.asyncIterator] = async function* () {
        for (;;) {
            // eslint-disable-next-line no-await-in-loop
            const [line] = [await this.read_line_async()].flat();

            if (line === null)
                return;

            yield line;
        }
    };
}

function extendBuffer(proto) {
    const {write_bytes, append_bytes, append_bytes_async, complete} = proto;

    proto.toArray = function () {
        return this.get_bytes(null).toArray();
    };

    proto.write_bytes = function (offset, bytes, cancellable = null) {
        return write_bytes.call(this, offset, toBytes(bytes), cancellable);
    };

    proto.append_bytes = function (bytes, cancellable = null) {
        return append_bytes.call(this, toBytes(bytes), cancellable);
    };

    proto.append_bytes_async = function (bytes, ...args) {
        return append_bytes_async.call(this, toBytes(bytes), ...args);
    };

    proto.complete = function (error = null) {
        if (error instanceof Error && !(error instanceof GLib.Error)) {
            error = new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.FAILED,
                error.message || error.name);
        }

        complete.call(this, error);
    };
}

function _init() {
    const Spool = this;

    promisifyBuffer(Spool.Buffer.prototype);
    extendBuffer(Spool.Buffer.prototype);

    for (const name of ['MemoryInputStream', 'SeekableInputStream', 'ConcatInputStream']) {
        if (Spool[name] === undefined)
            continue;

        promisifyInputStream(Spool[name].prototype);
        makeIterable(Spool[name].prototype);
    }

    promisifyOutputStream(Spool.MemoryOutputStream.prototype);
    promisify(Spool.IOStream.prototype, 'close', 0, GLib.PRIORITY_DEFAULT, null);
    promisify(Spool.Pool.prototype, 'trim', 1, GLib.PRIORITY_DEFAULT, null);

    if (Spool.TextStream !== undefined) {
        promisifyTextStream(Spool.TextStream.prototype);
        makeTextIterable(Spool.TextStream.prototype);
    }
}
