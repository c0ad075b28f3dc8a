// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What makes the library at home in GJS: promises, iteration, strings and
// Uint8Array where bytes are wanted. Loaded by gjs itself when a program
// imports Spool.

const {Gio, GLib} = imports.gi;

// How many bytes `for await` reads at once.
const CHUNK_SIZE = 64 * 1024;

// How many characters an iteration over lines reads at once: few where it has
// just come, and many where it goes on.
const FIRST_PIECE = 4 * 1024;
const PIECE = 64 * 1024;

// How many bytes of chunks are read from one collection of garbage to the next.
const CHUNKS_SIZE = 16 * 1024 * 1024;

// The most bytes that a call can ask for: a gsize has 32 bits or 64.
const MAX_COUNT = 2 ** (8 * GLib.SIZEOF_SIZE_T) - 1;

// Where a text stream keeps what was read ahead of its lines.
const AHEAD = Symbol('ahead');

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

// GJS 1.74 loses a callback that comes in between the steps in which it collects
// garbage, and who awaits it does so for ever. Iterations, which make much
// garbage, clear it away in one step before they wait: @share is what part they
// made of the most they may leave.
let garbage = 0;

function collect(share) {
    garbage += share;
    if (garbage < 1)
        return;

    garbage = 0;
    imports.system.gc();
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

        return read.call(this, offset, count < MAX_COUNT ? count : MAX_COUNT, cancellable);
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
            collect(bytes.get_size() / CHUNKS_SIZE);
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

// As many as there are code points.
function countChars(text) {
    return text.length - (text.match(/[\ud800-\udbff]/g)?.length ?? 0);
}

// Text that was read for the lines of it and is not handed out yet: a call for
// each line would be slow.
class ReadAhead {
    constructor(position) {
        this._parts = [];         // earlier pieces: the next line begins in them
        this._piece = '';         // the last one
        this._used = 0;           // how much of it is handed out
        this._counted = 0;        // how much of it lies before the position
        this._position = position;
        this._limit = PIECE;
        this.count = FIRST_PIECE; // characters to read next
        this.asBytes = false;     // there are NULs, where GJS ends a string
        this.nReads = 0;          // how many calls are under way
    }

    get isEmpty() {
        return this._parts.length === 0 && this._used === this._piece.length;
    }

    get pieceLength() {
        return this._piece.length;
    }

    // Behind the last line that was handed out, in characters.
    get position() {
        this._position += countChars(this._piece.slice(this._counted, this._used));
        this._counted = this._used;

        return this._position;
    }

    // A line that is there to its end, or undefined.
    takeLine() {
        const end = this._piece.indexOf('\n', this._used) + 1;

        return end > 0 ? this._take(end) : undefined;
    }

    // What is there of a last line without an end, or null.
    takeRest() {
        return this.isEmpty ? null : this._take(this._piece.length);
    }

    _take(end) {
        const rest = this._piece.slice(this._used, end);

        this._used = end;
        if (this._parts.length === 0)
            return rest;

        const line = this._parts.join('') + rest;

        this._position += countChars(line);
        this._counted = end;
        this._parts = [];

        return line;
    }

    add(piece) {
        this._position = this.position;
        if (this._used < this._piece.length)
            this._parts.push(this._piece.slice(this._used));

        this._piece = piece;
        this._used = 0;
        this._counted = 0;
        this.count = Math.min(this.count * 2, this._limit);
    }

    // There is a byte that is no text among those. Returns whether fewer may do.
    shrink() {
        this._limit = this.count = this.count >> 1;

        return this.count > 0;
    }
}

// Lines, and calls of the text stream as it is without reading ahead, which
// are given as the beginning of a name and arguments for a caller to make.
function extendLines(proto) {
    const original = Object.fromEntries([
        'seek', 'tell', 'truncate', 'read', 'read_async', 'read_bytes', 'read_bytes_async',
        'read_line', 'read_line_async', 'read_line_bytes', 'read_line_bytes_async',
        'write', 'write_async', 'write_bytes', 'write_bytes_async',
    ].map(name => [name, proto[name]]));

    // Puts the position back behind the last line that was handed out. While a
    // call is under way the stream refuses all others by itself.
    function settle(stream) {
        const ahead = stream[AHEAD];

        if (ahead === undefined || ahead.nReads > 0)
            return;

        if (!ahead.isEmpty)
            original.seek.call(stream, ahead.position);

        delete stream[AHEAD];
    }

    function* call(stream, stem, ...args) {
        const ahead = stream[AHEAD];

        if (ahead !== undefined)
            ahead.nReads++;
        try {
            return yield [stem, args];
        } finally {
            if (ahead !== undefined)
                ahead.nReads--;
        }
    }

    function* readPiece(stream) {
        const ahead = stream[AHEAD];
        const {count} = ahead;

        if (!ahead.asBytes) {
            const start = original.tell.call(stream);
            const [text, length] = yield* call(stream, 'read', count);

            // As many are as many bytes only in ASCII, and then all are there.
            if (text.length === length || new TextEncoder().encode(text).length === length)
                return text;

            original.seek.call(stream, start);
            ahead.asBytes = true;
        }

        return toText(yield* call(stream, 'read_bytes', count));
    }

    // The next line, or null at the end, where takeLine() has none.
    function* fetchLine(stream) {
        stream[AHEAD] ??= new ReadAhead(original.tell.call(stream));

        const ahead = stream[AHEAD];
        let line;

        while (line === undefined) {
            try {
                const piece = yield* readPiece(stream);

                if (piece === '')
                    return ahead.takeRest();

                ahead.add(piece);
                line = ahead.takeLine();
            } catch (error) {
                const isInvalid = error instanceof GLib.Error &&
                    error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.INVALID_DATA);

                if (isInvalid && ahead.shrink())
                    continue;

                // Whether it is for the next line, only reading that one tells.
                settle(stream);
                const bytes = yield* call(stream, 'read_line_bytes');

                return bytes === null ? null : toText(bytes);
            }
        }

        return line;
    }

    function fetchNow(stream) {
        const steps = fetchLine(stream);
        let step = steps.next();

        while (!step.done) {
            const [stem, args] = step.value;
            let result;

            try {
                result = original[stem].call(stream, ...args);
            } catch (error) {
                step = steps.throw(error);
                continue;
            }

            step = steps.next(result);
        }

        return step.value;
    }

    async function fetchLater(stream) {
        const steps = fetchLine(stream);
        let step = steps.next();

        while (!step.done) {
            const [stem, args] = step.value;
            let result;

            try {
                collect((stream[AHEAD]?.pieceLength ?? 0) / PIECE);
                // eslint-disable-next-line no-await-in-loop
                result = await original[`${stem}_async`].call(stream, ...args);
            } catch (error) {
                step = steps.throw(error);
                continue;
            }

            step = steps.next(result);
        }

        return step.value;
    }

    for (const name of Object.keys(original)) {
        proto[name] = function (...args) {
            settle(this);

            return original[name].apply(this, args);
        };
    }

    proto.tell = function () {
        return this[AHEAD]?.position ?? original.tell.call(this);
    };

    proto[Symbol.iterator] = function* () {
        try {
            for (;;) {
                const line = this[AHEAD]?.takeLine() ?? fetchNow(this);

                if (line === null)
                    return;

                yield line;
            }
        } finally {
            settle(this);
        }
    };

    proto[Symbol.asyncIterator] = async function* () {
        try {
            for (;;) {
                // eslint-disable-next-line no-await-in-loop
                const line = this[AHEAD]?.takeLine() ?? await fetchLater(this);

                if (line === null)
                    return;

                yield line;
            }
        } finally {
            settle(this);
        }
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

    extendLines(proto);
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
