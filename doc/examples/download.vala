/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Downloads a zip over HTTP into a spooled stream and lists the names in it.
 *
 * libsoup does not know that it fills a spooled stream, and the zip is read
 * through a second, seekable stream on the same buffer. Whether the bytes are
 * in memory or in a file is looked at only to show it.
 */

const string GETTEXT_PACKAGE = "spool-glib-1";

/* Redraws the bar at each per cent, or at each megabyte where the server did
 * not say how many there will be. */
class ProgressBar {
  const int WIDTH = 30;

  Spool.Buffer buffer;
  int64 last_step = -1;
  ulong handler_id;

  public int64 length = 0;

  public ProgressBar (Spool.Buffer buffer) {
    this.buffer = buffer;
    handler_id = buffer.notify["size"].connect (draw);
  }

  void draw () {
    var size = buffer.get_size ();
    var step = length > 0 ? size * 100 / length : size / 1000000;
    if (step == last_step)
      return;

    last_step = step;
    var place = buffer.get_rolled_over () ? _("on disk") : _("in memory");
    var text = "%s %s".printf (format_size (size), place);
    if (length > 0) {
      var full = (int) (WIDTH * step / 100);
      text = "[%s%s] %3d %%  %s".printf (string.nfill (full, '#'),
                                         string.nfill (WIDTH - full, '-'),
                                         (int) step, text);
    }
    stderr.printf ("\r%s\033[K", text);
  }

  /* The bar stays when it is full, and makes room for an error. */
  public void finish (bool succeeded) {
    SignalHandler.disconnect (buffer, handler_id);
    stderr.printf ("%s", succeeded ? "\n" : "\r\033[K");
  }
}

async void fetch (Soup.Session session, Soup.Message message,
                  Spool.Buffer buffer, ProgressBar? bar) throws Error {
  var output = new Spool.MemoryOutputStream.for_buffer (buffer);
  var body = yield session.send_async (message, Priority.DEFAULT, null);

  if (message.status_code != Soup.Status.OK) {
    var answer = "%u %s".printf (message.status_code,
                                 Soup.Status.get_phrase (message.status_code));
    throw new IOError.FAILED (_("The server answered: %s"), answer);
  }

  unowned var headers = message.response_headers;
  if (bar != null && headers.get_encoding () == Soup.Encoding.CONTENT_LENGTH)
    bar.length = headers.get_content_length ();

  /* Where the connection ends before all announced bytes arrived, libsoup makes
   * that an error of the splice. */
  yield output.splice_async (body, CLOSE_SOURCE | CLOSE_TARGET);
}

async void download (string url, Spool.Buffer buffer) throws Error {
  var uri = Uri.parse (url, Soup.HTTP_URI_FLAGS);
  var host = uri.get_host ();
  if (!(uri.get_scheme () in new string[] { "http", "https" }) ||
      host == null || host == "")
    throw new IOError.INVALID_ARGUMENT (_("Not an HTTP URL"));

  /* Without the decoder the bytes come as they are, and the progress counts
   * what the server counts. A zip has nothing left to compress. */
  var session = new Soup.Session ();
  session.remove_feature_by_type (typeof (Soup.ContentDecoder));

  var on_terminal = Posix.isatty (Posix.STDERR_FILENO);
  var bar = on_terminal ? new ProgressBar (buffer) : null;

  try {
    yield fetch (session, new Soup.Message.from_uri ("GET", uri), buffer, bar);
  } catch (Error error) {
    if (bar != null)
      bar.finish (false);
    throw error;
  }

  if (bar != null)
    bar.finish (true);
  else
    print ("%s\n", _("Downloaded %s").printf (format_size (buffer.get_size ())));
}

Error bad_zip (string reason) {
  return new IOError.INVALID_DATA (_("Not a zip that can be read: %s"), reason);
}

/* Exactly these bytes of a seekable stream. */
uint8[] read_at (Spool.MemoryInputStream stream, int64 offset, size_t count) throws Error {
  var bytes = new uint8[count];
  size_t n;

  stream.seek (offset, SeekType.SET);
  stream.read_all (bytes, out n);
  if (n < count)
    throw bad_zip (_("It ends early"));

  return bytes;
}

uint32 little_endian (uint8[] bytes, int at, int count) {
  uint32 number = 0;

  for (int i = count - 1; i >= 0; i--)
    number = number << 8 | bytes[at + i];

  return number;
}

/* A name from the net may hold anything, the codes that steer a terminal among
 * it. */
void print_name (uint8[] bytes) {
  var name = new StringBuilder ("  ");
  var valid = ((string) bytes).make_valid (bytes.length);
  unichar c;

  for (int i = 0; valid.get_next_char (ref i, out c);)
    name.append_unichar (c.isprint () ? c : '?');

  print ("%s\n", name.str);
}

/* Walks through the directory at the end of a zip of at most 4 GiB. */
void print_names (Spool.Buffer buffer) throws Error {
  const int END_SIZE = 22;
  const int ENTRY_SIZE = 46;

  /* A stream of its own, with a position of its own, that starts at 0. */
  var stream = new Spool.MemoryInputStream.for_buffer (buffer);

  /* The record that says where the directory is stands last in the file, but
   * for a comment of up to 64 KiB. */
  stream.seek (0, SeekType.END);
  var size = stream.tell ();
  var tail_size = int64.min (size, END_SIZE + 0xffff);
  if (tail_size < END_SIZE)
    throw bad_zip (_("It has no directory"));
  var tail = read_at (stream, size - tail_size, (size_t) tail_size);

  var end = (int) tail_size - END_SIZE;
  while (end >= 0 && little_endian (tail, end, 4) != 0x06054b50)
    end--;
  if (end < 0)
    throw bad_zip (_("It has no directory"));

  var n_entries = little_endian (tail, end + 10, 2);
  int64 offset = little_endian (tail, end + 16, 4);
  if (n_entries == 0xffff || offset == 0xffffffff)
    throw bad_zip (_("It is too large for this reader"));

  for (var i = 0; i < n_entries; i++) {
    var entry = read_at (stream, offset, ENTRY_SIZE);
    if (little_endian (entry, 0, 4) != 0x02014b50)
      throw bad_zip (_("Its directory is broken"));

    var name_size = little_endian (entry, 28, 2);
    var rest_size = little_endian (entry, 30, 2) + little_endian (entry, 32, 2);

    print_name (read_at (stream, offset + ENTRY_SIZE, name_size));
    offset += ENTRY_SIZE + name_size + rest_size;
  }
}

void print_where (Spool.Buffer buffer) throws Error {
  var size = buffer.get_size ();
  var rolled_over = buffer.get_rolled_over ();
  var kept = format_size (rolled_over ? 0 : size, FormatSizeFlags.LONG_FORMAT);

  print ("%s\n", _("Kept %s in memory").printf (kept));
  if (!rolled_over)
    return;

  /* The temporary file has no name, but the system knows its folder. */
  var fd = buffer.dup_fd (false);
  var path = FileUtils.read_link ("/proc/self/fd/%d".printf (fd));
  FileUtils.close (fd);

  print ("%s\n", _("Rolled over %s to a temporary file").printf (
    format_size (size, FormatSizeFlags.LONG_FORMAT)));
  print ("%s\n", _("The file is under %s").printf (Path.get_dirname (path)));
}

async void run (string url, Spool.Buffer buffer) throws Error {
  yield download (url, buffer);
  print_names (buffer);
  print_where (buffer);
}

int64 threshold = Spool.DEFAULT_THRESHOLD;

const OptionEntry[] ENTRIES = {
  { "threshold", 't', OptionFlags.NONE, OptionArg.INT64, ref threshold,
    N_("Keep up to this many bytes in memory, -1 for all"), N_("BYTES") },
  { null }
};

int main (string[] args) {
  var status = Posix.EXIT_SUCCESS;

  Intl.setlocale (LocaleCategory.ALL, "");
  Intl.textdomain (GETTEXT_PACKAGE);

  var context = new OptionContext (_("URL"));
  context.add_main_entries (ENTRIES, GETTEXT_PACKAGE);
  try {
    context.parse (ref args);
  } catch (OptionError error) {
    printerr ("%s: %s\n", Environment.get_prgname (), error.message);
    return Posix.EXIT_FAILURE;
  }

  if (args.length != 2 || threshold < Spool.THRESHOLD_NEVER) {
    printerr ("%s\n", _("Usage: %s [--threshold=BYTES] URL").printf (
      Environment.get_prgname ()));
    return Posix.EXIT_FAILURE;
  }

  var url = args[1];
  var loop = new MainLoop ();
  var buffer = new Spool.Buffer.with_threshold (threshold);

  run.begin (url, buffer, (object, result) => {
    try {
      run.end (result);
    } catch (Error error) {
      printerr ("%s: %s: %s\n", Environment.get_prgname (), url, error.message);
      status = Posix.EXIT_FAILURE;
    }
    loop.quit ();
  });
  loop.run ();

  return status;
}
