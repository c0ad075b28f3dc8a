// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// How the bytes get out of a buffer in GJS.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Spool from 'gi://Spool?version=1';

import {equal, fails, run} from './tap.js';

const SIZE = 5 * 1024 * 1024;
const CONTENT = new Uint8Array(SIZE).map((_byte, i) => (i * 2654435761) >>> 13);
const THRESHOLDS = [0, SIZE, -1];
const STEMS = ['save', 'move'];

const bytes = text => new TextEncoder().encode(text);

// What is to be compared stays out of JavaScript: where much is collected GJS 1.74
// blocks asynchronous callbacks, of GIO's functions too.
const expected = Spool.Buffer.new_for_bytes(new GLib.Bytes(CONTENT));

function check(buffer) {
    equal(expected.equal(buffer, null), true);
}

function checkStream(stream) {
    const buffer = Spool.Buffer.new();

    buffer.splice_from(stream, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, null);
    check(buffer);
}

// Calls func with a folder of its own, on the file system where buffers spool.
async function inFolder(func) {
    const path = `/var/tmp/spool-test-${GLib.uuid_string_random()}`;
    const folder = Gio.File.new_for_path(path);
    folder.make_directory(null);

    try {
        await func(folder, folder.get_child('file'));
    } finally {
        const children = folder.enumerate_children('standard::name', 0, null);
        for (const info of children)
            children.get_child(info).delete(null);
        folder.delete(null);
    }
}

function makeBuffer(folder, threshold) {
    const buffer = new Spool.Buffer({threshold, directory: folder});

    buffer.append(CONTENT, null);
    return buffer;
}

function checkFile(file) {
    checkStream(file.read(null));
}

// A callback that notes what it is told.
function makeProgress() {
    const steps = [];
    const progress = (current, total) => {
        equal(total, SIZE);
        steps.push(current);
    };

    const checkSteps = () => {
        equal(steps.at(-1), SIZE);
        equal([...steps].sort((a, b) => a - b), steps);
    };

    return [progress, checkSteps, steps];
}

function finish(buffer, stem, ...args) {
    return new Promise((resolve, reject) => {
        buffer[`${stem}_async`](...args, (_source, result) => {
            try {
                resolve(buffer[`${stem}_finish`](result));
            } catch (error) {
                reject(error);
            }
        });
    });
}

async function failsLater(code, promise) {
    let caught = null;

    try {
        await promise;
    } catch (error) {
        caught = error;
    }
    fails(Gio.IOErrorEnum, code, () => {
        if (caught !== null)
            throw caught;
    });
}

// Each way, at each threshold.
async function forEach(func) {
    for (const stem of STEMS) {
        for (const threshold of THRESHOLDS) {
            // eslint-disable-next-line no-await-in-loop
            await inFolder((folder, file) => func(stem, makeBuffer(folder, threshold), file));
        }
    }
}

const tests = {
    async 'sync'() {
        await forEach((stem, buffer, file) => {
            equal(buffer[stem](file, Spool.SaveFlags.NONE, null, null), true);
            checkFile(file);
        });
    },

    async 'sync-with-progress'() {
        await forEach((stem, buffer, file) => {
            const [progress, checkSteps] = makeProgress();

            equal(buffer[stem](file, Spool.SaveFlags.NONE, null, progress), true);
            checkSteps();
            checkFile(file);
        });
    },

    async 'async'() {
        await forEach(async (stem, buffer, file) => {
            equal(await finish(buffer, stem, file, Spool.SaveFlags.NONE,
                GLib.PRIORITY_DEFAULT, null, null), true);
            checkFile(file);
        });
    },

    async 'async-with-progress'() {
        await forEach(async (stem, buffer, file) => {
            const [progress, checkSteps, steps] = makeProgress();

            equal(await finish(buffer, stem, file, Spool.SaveFlags.NONE,
                GLib.PRIORITY_DEFAULT, null, progress), true);
            checkSteps();
            checkFile(file);

            // Nothing comes afterwards.
            const n = steps.length;
            while (GLib.MainContext.default().iteration(false))
                ;
            equal(steps.length, n);
        });
    },

    async 'flags'() {
        await inFolder((folder, file) => {
            const buffer = makeBuffer(folder, 0);

            file.replace_contents(bytes('old'), null, false, 0, null);
            for (const stem of STEMS) {
                fails(Gio.IOErrorEnum, Gio.IOErrorEnum.EXISTS,
                    () => buffer[stem](file, Spool.SaveFlags.NO_OVERWRITE, null, null));
            }
            equal(buffer.save(file, Spool.SaveFlags.PRIVATE | Spool.SaveFlags.DURABLE,
                null, null), true);
            checkFile(file);

            const info = file.query_info('unix::mode', 0, null);
            equal(info.get_attribute_uint32('unix::mode') & 0o777, 0o600);
        });
    },

    async 'moved'() {
        await inFolder((folder, file) => {
            const buffer = makeBuffer(folder, 0);

            buffer.move(file, Spool.SaveFlags.NONE, null, null);
            check(buffer);
            fails(Gio.IOErrorEnum, Gio.IOErrorEnum.READ_ONLY,
                () => buffer.append(bytes('more'), null));
            buffer.reset(null);
            equal(buffer.append(bytes('more'), null), true);
            checkFile(file);
        });
    },

    async 'cancelled'() {
        const cancellable = new Gio.Cancellable();
        cancellable.cancel();

        await forEach(async (stem, buffer, file) => {
            const [progress, , steps] = makeProgress();

            fails(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED,
                () => buffer[stem](file, Spool.SaveFlags.NONE, cancellable, progress));
            await failsLater(Gio.IOErrorEnum.CANCELLED,
                finish(buffer, stem, file, Spool.SaveFlags.NONE, GLib.PRIORITY_DEFAULT,
                    cancellable, progress));
            equal(steps, []);
            equal(file.query_exists(null), false);
            equal(buffer.append(bytes('more'), null), true);
        });
    },

    async 'snapshot'() {
        await forEach(async (_stem, buffer) => {
            const snapshot = buffer.get_bytes(null);

            buffer.write(0, bytes('changed'), null);
            const other = await finish(buffer, 'get_bytes', GLib.PRIORITY_DEFAULT, null);
            buffer.truncate(0, null);
            buffer.close(null);
            check(Spool.Buffer.new_for_bytes(snapshot));

            const changed = Spool.Buffer.new_for_bytes(other);
            equal(new TextDecoder().decode(changed.read(0, 7, null)), 'changed');
            equal(changed.get_size(), SIZE);
        });
    },

    async 'descriptors'() {
        await forEach(async (_stem, buffer) => {
            const fds = [
                buffer.dup_fd(false, null),
                buffer.create_sealed_fd(null),
                await finish(buffer, 'create_sealed_fd', GLib.PRIORITY_DEFAULT, null),
            ];
            for (const fd of fds)
                checkStream(Gio.UnixInputStream.new(fd, true));
        });
    },

    async 'subprocess'() {
        await forEach((_stem, buffer) => {
            const target = Spool.Buffer.new();
            const launcher = new Gio.SubprocessLauncher();

            launcher.take_stdin_fd(buffer.dup_fd(false, null));
            launcher.take_stdout_fd(target.dup_fd(true, null));
            equal(launcher.spawnv(['cat']).wait_check(null), true);
            check(target);
        });
    },
};

await run(tests);
