// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// SpoolSeekableInputStream and SpoolConcatInputStream from Vala.

GLib.InputStream memory_stream (string text)
{
  return new MemoryInputStream.from_data (text.data);
}

// A stream that can't seek.
GLib.InputStream bare_stream (string text)
{
  var compressed = new ConverterInputStream (memory_stream (text),
                                             new ZlibCompressor (ZlibCompressorFormat.ZLIB));

  return new ConverterInputStream (compressed,
                                   new ZlibDecompressor (ZlibCompressorFormat.ZLIB));
}

string read_text (GLib.InputStream stream, size_t count) throws Error
{
  var bytes = stream.read_bytes (count);
  var text = new StringBuilder ();

  text.append_len ((string) bytes.get_data (), (ssize_t) bytes.get_size ());

  return text.str;
}

void test_seekable ()
{
  try
    {
      var buffer = new Spool.Buffer.with_threshold (4);
      var stream = new Spool.SeekableInputStream.for_buffer (bare_stream ("abcdefghij"),
                                                             buffer);

      assert (stream.buffer == buffer);
      stream.seek (-3, SeekType.END);
      assert (read_text (stream, 10) == "hij");
      stream.seek (0, SeekType.SET);
      assert (read_text (stream, 4) == "abcd");
      assert (buffer.rolled_over);
      assert (new Spool.SeekableInputStream (bare_stream ("ab")).fill (-1) == 2);
    }
  catch (Error e)
    {
      assert_not_reached ();
    }
}

async void fill (MainLoop loop)
{
  try
    {
      var stream = new Spool.SeekableInputStream (bare_stream ("abcdefghij"));

      var some = yield stream.fill_async (4);
      var all = yield stream.fill_async (-1);

      assert (some == 4);
      assert (all == 10);
    }
  catch (Error e)
    {
      assert_not_reached ();
    }

  loop.quit ();
}

void test_fill ()
{
  var loop = new MainLoop ();

  fill.begin (loop);
  loop.run ();
}

void test_concat ()
{
  try
    {
      var stream = new Spool.ConcatInputStream ();

      assert (stream.close_parts);
      stream.append (memory_stream ("abc"));
      stream.append (memory_stream ("def"));
      stream.seek (-4, SeekType.END);
      assert (read_text (stream, 10) == "cdef");
      stream.append (bare_stream ("ghi"));
      assert (!stream.can_seek ());
      assert (read_text (stream, 10) == "ghi");
      stream.close_parts = false;
      stream.close ();
    }
  catch (Error e)
    {
      assert_not_reached ();
    }
}

int main (string[] args)
{
  Test.init (ref args);
  Test.add_func ("/input-streams/seekable", test_seekable);
  Test.add_func ("/input-streams/fill", test_fill);
  Test.add_func ("/input-streams/concat", test_concat);

  return Test.run ();
}
