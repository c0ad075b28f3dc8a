// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the text stream is in Vala.

const int64[] THRESHOLDS = { 0, 1, 9, 10, 11, -1 };
const string MIXED = "aé€😀";

void test_write_and_read () {
  try {
    foreach (int64 threshold in THRESHOLDS) {
      var stream = new Spool.TextStream.with_threshold (threshold);
      size_t length;

      assert (stream.write_string (MIXED + "\n" + MIXED));
      assert (stream.tell () == 9 && stream.get_length () == 9);
      stream.seek (2, SeekType.SET);
      assert (stream.read (2, out length) == "€😀" && length == 7);
      assert (stream.read_line (null) == "\n");
      assert (stream.read_line (out length) == MIXED && length == 10);
      assert (stream.read_line (null) == null);
      stream.seek (-4, SeekType.END);
      stream.write_string ("ß");
      assert (stream.dup_text (null) == MIXED + "\nßé€😀");
      stream.truncate (2);
      assert (stream.tell () == 6);
      assert (stream.write ("x") && stream.write ("y\0z", 3));
      assert (stream.tell () == 10 && stream.read_bytes (1).get_size () == 0);
      stream.truncate (2);
      stream.seek (6, SeekType.SET);
      stream.write_bytes (new Bytes ("é".data));
      assert (stream.buffer.size == 3 + 4 + 2);
    }
  } catch (Error error) {
    Test.message ("%s", error.message);
    Test.fail ();
  }
}

void test_errors () {
  var buffer = new Spool.Buffer ();
  var stream = new Spool.TextStream.for_buffer (buffer);

  try {
    buffer.append (new uint8[] { 97, 255 });
    assert (stream.read (1, null) == "a");
    stream.read (1, null);
    assert_not_reached ();
  } catch (IOError.INVALID_DATA error) {
    assert (stream.tell () == 1);
  } catch (Error error) {
    Test.message ("%s", error.message);
    Test.fail ();
  }
}

async void read_all (Spool.TextStream stream, StringBuilder log) throws Error {
  string? line;

  assert (yield stream.write_string_async (MIXED + "\n"));
  assert (yield stream.write_async (""));
  assert (yield stream.write_bytes_async (new Bytes ("b\n".data)));
  stream.seek (1, SeekType.SET);
  log.append (yield stream.read_async (2, Priority.DEFAULT, null, null));
  log.append ("|");
  while ((line = yield stream.read_line_async (Priority.DEFAULT, null, null)) != null)
    log.append (line);
  assert ((yield stream.read_line_bytes_async ()) == null);
  assert ((yield stream.read_bytes_async (1)).get_size () == 0);
}

void test_async () {
  foreach (int64 threshold in THRESHOLDS) {
    var stream = new Spool.TextStream.with_threshold (threshold);
    var log = new StringBuilder ();
    var loop = new MainLoop ();

    read_all.begin (stream, log, (source, result) => {
      try {
        read_all.end (result);
      } catch (Error error) {
        Test.message ("%s", error.message);
        Test.fail ();
      }
      loop.quit ();
    });
    loop.run ();
    assert (log.str == "é€|😀\nb\n");
  }
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/text-stream-vala/write-and-read", test_write_and_read);
  Test.add_func ("/text-stream-vala/errors", test_errors);
  Test.add_func ("/text-stream-vala/async", test_async);

  return Test.run ();
}
