// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the library is in Vala.

const int64[] THRESHOLDS = { 0, 1, 9, 10, 11, -1 };

delegate int64 SizeFunc ();
delegate Bytes StealFunc () throws Error;

// A program that knows nothing but what GMemoryOutputStream has, too.
string write_program (OutputStream stream, SizeFunc get_data_size, StealFunc steal_as_bytes) {
  var log = new StringBuilder ();
  var seekable = (Seekable) stream;

  try {
    size_t written;

    log.append ("%d ".printf ((int) stream.write ("0123456789".data)));
    stream.write_all ("abc".data, out written);
    log.append ("%d ".printf ((int) written));
    log.append ("%d ".printf ((int) stream.write_bytes (new Bytes ("defg".data))));
    seekable.seek (3, SeekType.SET);
    stream.write ("XY".data);
    seekable.seek (-4, SeekType.END);
    stream.write ("!".data);
    seekable.seek (5, SeekType.END);
    stream.write ("past".data);
    log.append ("%s ".printf (seekable.tell ().to_string ()));
    seekable.truncate (8);
    seekable.truncate (12);
    log.append ("%s ".printf (get_data_size ().to_string ()));
    try {
      seekable.seek (-1, SeekType.SET);
    } catch (IOError.INVALID_ARGUMENT error) {
      log.append ("invalid ");
    }
    var source = new MemoryInputStream.from_bytes (new Bytes ("spliced".data));
    log.append ("%d ".printf ((int) stream.splice (source, OutputStreamSpliceFlags.CLOSE_SOURCE)));
    stream.flush ();
    stream.close ();
    try {
      stream.write ("late".data);
    } catch (IOError.CLOSED error) {
      log.append ("closed ");
    }
    foreach (uint8 byte in steal_as_bytes ().get_data ())
      log.append ("%02x".printf (byte));
  } catch (Error error) {
    Test.message ("%s", error.message);
    Test.fail ();
  }

  return log.str;
}

void test_drop_in () {
  var reference = new MemoryOutputStream.resizable ();
  var expected = write_program (reference, () => (int64) reference.get_data_size (),
                                () => reference.steal_as_bytes ());

  assert (expected.has_prefix ("10 3 4 26 12 invalid 7 closed "));
  foreach (int64 threshold in THRESHOLDS) {
    var stream = new Spool.MemoryOutputStream.with_threshold (threshold);

    assert (write_program (stream, () => stream.get_data_size (),
                           () => stream.steal_as_bytes ()) == expected);
  }
}

void test_open_reader () {
  try {
    var output = new Spool.MemoryOutputStream ();
    var input = output.open_reader () as Spool.MemoryInputStream;

    output.write ("read".data);
    assert (input.read_bytes (10).get_size () == 4);
    assert (input.buffer == output.buffer);
    output.close ();
    output.steal_as_bytes ();
    assert (output.open_reader () == null);
  } catch (Error error) {
    assert_not_reached ();
  }
}

void test_properties () {
  var buffer = new Spool.Buffer.with_threshold (7);
  var output = new Spool.MemoryOutputStream.for_buffer (buffer);
  var input = new Spool.MemoryInputStream.for_buffer (buffer);
  var io = new Spool.IOStream.for_buffer (buffer);

  assert (buffer.threshold == 7 && buffer.get_threshold () == 7);
  buffer.threshold = 8;
  buffer.set_threshold (9);
  assert (buffer.threshold == 9);
  buffer.size_limit = 10;
  assert (buffer.get_size_limit () == 10);
  buffer.set_size_limit (-1);
  assert (buffer.size_limit == -1);
  buffer.directory = File.new_for_path ("/var/tmp");
  assert (buffer.get_directory () == buffer.directory);
  buffer.set_directory (null);
  assert (buffer.directory == null);
  assert (!buffer.named && !buffer.get_named ());
  assert (buffer.size == 0 && buffer.get_size () == 0);
  assert (!buffer.rolled_over && !buffer.get_rolled_over ());
  assert (!buffer.completed && !buffer.get_completed ());

  output.append = true;
  assert (output.get_append ());
  output.set_append (false);
  assert (!output.append);
  assert (output.buffer == buffer && output.get_buffer () == buffer);
  assert (input.buffer == buffer && input.get_buffer () == buffer);
  assert (io.buffer == buffer && io.get_buffer () == buffer);

  try {
    output.close ();
  } catch (Error error) {
    assert_not_reached ();
  }
}

void test_buffer () {
  foreach (int64 threshold in THRESHOLDS) {
    var buffer = new Spool.Buffer.with_threshold (threshold);

    try {
      buffer.append ("0123456789".data);
      buffer.write (5, "x".data);
      assert (buffer.get_size () == 10);
      assert (buffer.get_rolled_over () == (threshold >= 0 && threshold < 10));
      assert (Memory.cmp (buffer.read_bytes (4, 100).get_data (), "4x6789".data, 6) == 0);
      buffer.truncate (3);
      assert (buffer.get_bytes ().get_size () == 3);
      buffer.complete (null);
      assert (buffer.get_completed ());
      assert (buffer.dup_error () == null);
      buffer.reset ();
      assert (!buffer.get_completed ());
    } catch (Error error) {
      assert_not_reached ();
    }

    try {
      buffer.truncate (-1);
      assert_not_reached ();
    } catch (IOError.INVALID_ARGUMENT error) {
      assert (buffer.get_size () == 0);
    } catch (Error error) {
      assert_not_reached ();
    }
  }
}

async void use_async (int64 threshold) {
  var buffer = new Spool.Buffer.with_threshold (threshold);

  try {
    yield buffer.append_bytes_async (new Bytes ("0123456789".data), Priority.DEFAULT, null);
    var source = new MemoryInputStream.from_bytes (new Bytes ("abc".data));
    assert (3 == yield buffer.splice_from_async (source, OutputStreamSpliceFlags.NONE,
                                                 Priority.DEFAULT, null));
    var bytes = yield buffer.read_bytes_async (8, 100, Priority.DEFAULT, null);
    assert (Memory.cmp (bytes.get_data (), "89abc".data, 5) == 0);
    yield buffer.roll_over_async (Priority.DEFAULT, null);
    assert (buffer.rolled_over);

    var input = new Spool.MemoryInputStream.for_buffer (buffer);
    var data = new uint8[4];
    assert (4 == yield input.read_async (data));
    assert (Memory.cmp (data, "0123".data, 4) == 0);
  } catch (Error error) {
    assert_not_reached ();
  }
}

void test_async () {
  foreach (int64 threshold in THRESHOLDS) {
    var loop = new MainLoop ();

    use_async.begin (threshold, () => loop.quit ());
    loop.run ();
  }
}

void test_saving () {
  try {
    foreach (int64 threshold in THRESHOLDS) {
      var folder = File.new_for_path (DirUtils.make_tmp ("spool-vapi-XXXXXX"));
      var file = folder.get_child ("file");
      var buffer = new Spool.Buffer.with_threshold (threshold);
      int64 seen = -1;

      buffer.append ("0123456789".data);
      assert (buffer.save (file));
      assert (buffer.save (file, PRIVATE));
      assert (buffer.save (file, NONE, null, (current, total) => {
        assert (total == 10);
        seen = current;
      }));
      assert (seen == 10);
      try {
        buffer.save (file, NO_OVERWRITE);
        assert_not_reached ();
      } catch (IOError.EXISTS error) {
      }
      seen = -1;
      assert (buffer.move (file, NONE, null, (current, total) => seen = current));
      assert (seen == 10);

      var other = new Spool.Buffer.with_threshold (threshold);
      other.append ("moved".data);
      assert (other.move (file));
      uint8[] content;
      file.load_contents (null, out content, null);
      assert (content.length == 5);
      file.delete ();
      folder.delete ();
    }
  } catch (Error error) {
    Test.message ("%s", error.message);
    Test.fail ();
  }
}

async void save_async (int64 threshold) throws Error {
  var folder = File.new_for_path (DirUtils.make_tmp ("spool-vapi-XXXXXX"));
  var file = folder.get_child ("file");
  var buffer = new Spool.Buffer.with_threshold (threshold);
  int64 seen = -1;

  yield buffer.append_bytes_async (new Bytes ("0123456789".data));
  assert (yield buffer.save_async (file));
  assert (yield buffer.save_async (file, NONE, Priority.HIGH, null, (current, total) => {
    assert (total == 10);
    seen = current;
  }));
  assert (seen == 10);
  seen = -1;
  assert (yield buffer.move_async (file, NONE, Priority.DEFAULT, null,
                                   (current, total) => seen = current));
  assert (seen == 10);
  assert (yield new Spool.Buffer ().move_async (file));
  assert (file.query_info ("standard::size", NONE).get_size () == 0);
  file.delete ();
  folder.delete ();
}

void test_saving_async () {
  foreach (int64 threshold in THRESHOLDS) {
    var loop = new MainLoop ();

    save_async.begin (threshold, (object, result) => {
      try {
        save_async.end (result);
      } catch (Error error) {
        Test.message ("%s", error.message);
        Test.fail ();
      }
      loop.quit ();
    });
    loop.run ();
  }
}

async void use_defaults () throws Error {
  var buffer = new Spool.Buffer ();
  var source = new MemoryInputStream.from_data ("abc".data);

  assert (yield buffer.append_bytes_async (new Bytes ("0".data)));
  assert (3 == yield buffer.splice_from_async (source));
  assert (0 == buffer.splice_from (source));
  assert (yield buffer.reserve_async (10));
  assert ((yield buffer.read_bytes_async (0, 9)).get_size () == 4);
  assert ((yield buffer.get_bytes_async ()).get_size () == 4);
  assert (yield buffer.roll_over_async ());
  FileUtils.close (yield buffer.create_sealed_fd_async ());
  assert (yield new Spool.Pool (10).trim_async (0));

  var data = new uint8[3];
  assert (buffer.read (2, data) == 2 && data[0] == 'b' && data[1] == 'c');
  assert (buffer.read_array (1, 2).length == 2);
  assert (buffer.pool == null && buffer.directory == null);
  buffer.complete ();
  assert (buffer.completed);
}

void test_defaults () {
  var loop = new MainLoop ();

  use_defaults.begin ((object, result) => {
    try {
      use_defaults.end (result);
    } catch (Error error) {
      Test.message ("%s", error.message);
      Test.fail ();
    }
    loop.quit ();
  });
  loop.run ();
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/vapi/drop-in", test_drop_in);
  Test.add_func ("/vapi/open-reader", test_open_reader);
  Test.add_func ("/vapi/properties", test_properties);
  Test.add_func ("/vapi/buffer", test_buffer);
  Test.add_func ("/vapi/async", test_async);
  Test.add_func ("/vapi/saving", test_saving);
  Test.add_func ("/vapi/saving-async", test_saving_async);
  Test.add_func ("/vapi/defaults", test_defaults);

  return Test.run ();
}
