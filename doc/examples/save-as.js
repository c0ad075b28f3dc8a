#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Saves a download as a file, whole or not at all, and shows how far it is.
//
//   gjs -m save-as.js URL FILE
//
// Nothing here blocks: in an application the window stays alive meanwhile.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Soup from 'gi://Soup?version=3.0';
import Spool from 'gi://Spool?version=1';
import System from 'system';

const _ = message => GLib.dgettext('spool-glib-1', message);

Gio._promisify(Soup.Session.prototype, 'send_async');

async function saveAs(url, file) {
    const session = new Soup.Session();
    const message = Soup.Message.new('GET', url);
    if (message === null)
        throw new Error(_('Not an HTTP URL'));

    const body = await session.send_async(message, GLib.PRIORITY_DEFAULT, null);
    if (message.get_status() !== Soup.Status.OK)
        throw new Error(_('The server answered: %u %s')
            .replace('%u', message.get_status())
            .replace('%s', message.get_reason_phrase()));

    // In the folder where it is wanted it has to be copied nowhere later.
    const buffer = new Spool.Buffer({
        directory: file.is_native() ? file.get_parent() : null,
    });
    const show = () => print(_('Downloaded %s')
        .replace('%s', GLib.format_size(buffer.get_size())));
    const handlerId = buffer.connect('notify::rolled-over', show);
    await buffer.splice_from_async(body, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE);
    buffer.disconnect(handlerId);
    show();

    await buffer.move_async(file, Spool.SaveFlags.NONE, GLib.PRIORITY_DEFAULT, null,
        (current, total) => print(_('Saved %d of %d bytes')
            .replace('%d', current).replace('%d', total)));
}

const [url, path] = ARGV;

if (path === undefined) {
    printerr(_('Usage: %s URL FILE').replace('%s', 'save-as.js'));
    System.exit(1);
}

try {
    await saveAs(url, Gio.File.new_for_commandline_arg(path));
} catch (error) {
    printerr(`${url}: ${error.message}`);
    System.exit(1);
}
