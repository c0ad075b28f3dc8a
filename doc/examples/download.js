#!/usr/bin/gjs -m
// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Downloads a zip over HTTP into a spooled stream and lists the names in it.
//
// libsoup does not know that it fills a spooled stream, and the zip is read
// through a second, seekable stream on the same buffer. Whether the bytes are
// in memory or in a file is looked at only to show it.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Soup from 'gi://Soup?version=3.0';
import Spool from 'gi://Spool?version=1';
import System from 'system';

Gio._promisify(Gio.OutputStream.prototype, 'splice_async');
Gio._promisify(Soup.Session.prototype, 'send_async');

const PROGRAM = GLib.path_get_basename(System.programPath ?? 'download.js');
const STDERR = 2;
const BAR_WIDTH = 30;

const _ = message => GLib.dgettext('spool-glib-1', message);

const format = (message, arg) => message.replace('%s', () => arg);

// printerr() ends each line, which a bar that is redrawn cannot have.
function writeError(text) {
  const stream = new Gio.UnixOutputStream({fd: STDERR, close_fd: false});

  stream.write_all(new TextEncoder().encode(text), null);
}

// Redraws the bar at each per cent, or at each megabyte where the server did
// not say how many there will be.
class ProgressBar {
  constructor(buffer) {
    this._buffer = buffer;
    this._length = 0;
    this._lastStep = -1;
    this._handlerId = buffer.connect('notify::size', () => this._draw());
  }

  setLength(length) {
    this._length = length;
  }

  _draw() {
    const size = this._buffer.get_size();
    const step = Math.floor(
      this._length > 0 ? size * 100 / this._length : size / 1000000);
    if (step === this._lastStep)
      return;

    this._lastStep = step;
    const rolledOver = this._buffer.get_rolled_over();
    const place = rolledOver ? _('on disk') : _('in memory');
    let text = `${GLib.format_size(size)} ${place}`;
    if (this._length > 0) {
      const bar = '#'.repeat(Math.floor(BAR_WIDTH * step / 100));
      const percent = String(step).padStart(3);
      text = `[${bar.padEnd(BAR_WIDTH, '-')}] ${percent} %  ${text}`;
    }
    writeError(`\r${text}\x1b[K`);
  }

  // The bar stays when it is full, and makes room for an error.
  finish(succeeded) {
    this._buffer.disconnect(this._handlerId);
    writeError(succeeded ? '\n' : '\r\x1b[K');
  }
}

async function download(url, buffer) {
  const uri = GLib.Uri.parse(url, Soup.HTTP_URI_FLAGS);
  if (!['http', 'https'].includes(uri.get_scheme()) || !uri.get_host())
    throw new Error(_('Not an HTTP URL'));

  const message = Soup.Message.new_from_uri('GET', uri);

  // Without the decoder the bytes come as they are, and the progress counts
  // what the server counts. A zip has nothing left to compress.
  const session = new Soup.Session();
  session.remove_feature_by_type(Soup.ContentDecoder.$gtype);

  const output = Spool.MemoryOutputStream.new_for_buffer(buffer);
  const onTerminal = GLib.log_writer_supports_color(STDERR);
  const bar = onTerminal ? new ProgressBar(buffer) : null;
  let succeeded = false;

  try {
    const body = await session.send_async(message, GLib.PRIORITY_DEFAULT, null);

    const status = message.get_status();
    if (status !== Soup.Status.OK) {
      throw new Error(format(_('The server answered: %s'),
        `${status} ${Soup.Status.get_phrase(status)}`));
    }

    const headers = message.get_response_headers();
    if (headers.get_encoding() === Soup.Encoding.CONTENT_LENGTH)
      bar?.setLength(headers.get_content_length());

    // Where the connection ends before all announced bytes arrived, libsoup
    // makes that an error of the splice.
    await output.splice_async(body,
      Gio.OutputStreamSpliceFlags.CLOSE_SOURCE |
      Gio.OutputStreamSpliceFlags.CLOSE_TARGET,
      GLib.PRIORITY_DEFAULT, null);
    succeeded = true;
  } finally {
    bar?.finish(succeeded);
  }

  if (!onTerminal)
    print(format(_('Downloaded %s'), GLib.format_size(buffer.get_size())));
}

const badZip = reason =>
  new Error(format(_('Not a zip that can be read: %s'), reason));

// A DataView of exactly these bytes of a seekable stream.
function readAt(stream, offset, count) {
  const bytes = new Uint8Array(count);
  let n = 0;

  stream.seek(offset, GLib.SeekType.SET, null);
  while (n < count) {
    const chunk = stream.read_bytes(count - n, null).toArray();
    if (chunk.length === 0)
      throw badZip(_('It ends early'));
    bytes.set(chunk, n);
    n += chunk.length;
  }
  return new DataView(bytes.buffer);
}

// Walks through the directory at the end of a zip of at most 4 GiB.
function *readNames(stream) {
  const END_SIZE = 22;
  const ENTRY_SIZE = 46;

  // The record that says where the directory is stands last in the file, but
  // for a comment of up to 64 KiB.
  stream.seek(0, GLib.SeekType.END, null);
  const size = stream.tell();
  const tailSize = Math.min(size, END_SIZE + 0xffff);
  const tail = readAt(stream, size - tailSize, tailSize);

  let end = tailSize - END_SIZE;
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50)
    end--;
  if (end < 0)
    throw badZip(_('It has no directory'));

  const nEntries = tail.getUint16(end + 10, true);
  let offset = tail.getUint32(end + 16, true);
  if (nEntries === 0xffff || offset === 0xffffffff)
    throw badZip(_('It is too large for this reader'));

  for (let i = 0; i < nEntries; i++) {
    const entry = readAt(stream, offset, ENTRY_SIZE);
    if (entry.getUint32(0, true) !== 0x02014b50)
      throw badZip(_('Its directory is broken'));

    const nameSize = entry.getUint16(28, true);
    const restSize = entry.getUint16(30, true) + entry.getUint16(32, true);

    const name = readAt(stream, offset + ENTRY_SIZE, nameSize);
    yield new TextDecoder().decode(name);
    offset += ENTRY_SIZE + nameSize + restSize;
  }
}

function printNames(buffer) {
  // A stream of its own, with a position of its own, that starts at 0.
  const stream = Spool.MemoryInputStream.new_for_buffer(buffer);

  // A name from the net may hold anything, the codes that steer a terminal
  // among it.
  for (const name of readNames(stream))
    print(`  ${name.replace(/\p{C}/gu, '?')}`);
}

function printWhere(buffer) {
  const formatSize = size => GLib.format_size_full(size,
    GLib.FormatSizeFlags.LONG_FORMAT);
  const size = buffer.get_size();
  const rolledOver = buffer.get_rolled_over();

  print(format(_('Kept %s in memory'), formatSize(rolledOver ? 0 : size)));
  if (!rolledOver)
    return;

  // The temporary file has no name, but the system knows its folder.
  const fd = buffer.dup_fd(false, null);
  const path = GLib.file_read_link(`/proc/self/fd/${fd}`);
  GLib.close(fd);

  print(format(_('Rolled over %s to a temporary file'), formatSize(size)));
  print(format(_('The file is under %s'), GLib.path_get_dirname(path)));
}

async function main(args) {
  let threshold = Spool.DEFAULT_THRESHOLD;

  const option = args.find(arg => arg.startsWith('--threshold='));
  if (option)
    threshold = Number(option.slice('--threshold='.length) || NaN);

  const urls = args.filter(arg => !arg.startsWith('--'));
  if (urls.length !== 1 || args.length > (option ? 2 : 1) ||
      !Number.isSafeInteger(threshold) || threshold < Spool.THRESHOLD_NEVER) {
    printerr(format(_('Usage: %s [--threshold=BYTES] URL'), PROGRAM));
    return 1;
  }

  const buffer = Spool.Buffer.new_with_threshold(threshold);

  try {
    await download(urls[0], buffer);
    printNames(buffer);
    printWhere(buffer);
  } catch (error) {
    printerr(`${PROGRAM}: ${urls[0]}: ${error.message}`);
    return 1;
  }

  return 0;
}

System.exit(await main(ARGV));
