// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// overrides/Spool.js in a program that had promisified GIO's classes before.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';

import {equal, run} from './tap.js';

for (const method of ['read_bytes_async', 'skip_async', 'close_async'])
    Gio._promisify(Gio.InputStream.prototype, method);
for (const method of ['write_bytes_async', 'splice_async', 'flush_async', 'close_async'])
    Gio._promisify(Gio.OutputStream.prototype, method);
Gio._promisify(Gio.IOStream.prototype, 'close_async');

const {default: Spool} = await import('gi://Spool?version=1');

await run({
    async 'promisified-before'() {
        const buffer = Spool.Buffer.new_with_threshold(4);
        const output = Spool.MemoryOutputStream.new_for_buffer(buffer);
        const input = Spool.MemoryInputStream.new_for_buffer(buffer);
        const source = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes([97, 98]));

        equal(await output.write_bytes_async('012345'), 6);
        equal(await output.splice_async(source), 2);
        equal(await output.flush_async(), true);
        equal(await output.close_async(GLib.PRIORITY_DEFAULT, null), true);
        equal(await input.skip_async(4), 4);
        const bytes = await input.read_bytes_async(9, GLib.PRIORITY_DEFAULT, null);
        equal([...bytes.toArray()], [52, 53, 97, 98]);
        equal(await input.close_async(), true);
        equal(await Spool.IOStream.new().close_async(), true);

        // GIO's own goes on.
        const theirs = Gio.MemoryInputStream.new_from_bytes(new GLib.Bytes([97, 98]));
        equal((await theirs.read_bytes_async(9, 0, null)).get_size(), 2);
    },
});
