// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

import com.google.common.io.FileBackedOutputStream;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.commons.io.output.DeferredFileOutputStream;

/**
 * The spools of commons-io and of Guava, measured. The argument is
 * "commons-io" or "guava". Requests and answers are those of bench.c.
 *
 * Both can only be written once and then read, and neither removes its file by
 * itself.
 */
public final class Peer {
  interface Spool {
    OutputStream output();

    InputStream open() throws IOException;

    void release() throws IOException;
  }

  static final class CommonsSpool implements Spool {
    private final DeferredFileOutputStream stream;

    CommonsSpool(int threshold) {
      File directory = new File(System.getProperty("java.io.tmpdir"));
      stream = new DeferredFileOutputStream(threshold, "bench", null, directory);
    }

    @Override
    public OutputStream output() {
      return stream;
    }

    @Override
    public InputStream open() throws IOException {
      stream.close();
      return stream.isInMemory()
          ? new ByteArrayInputStream(stream.getData())
          : new FileInputStream(stream.getFile());
    }

    @Override
    public void release() throws IOException {
      stream.close();
      if (!stream.isInMemory()) {
        check(stream.getFile().delete());
      }
    }
  }

  static final class GuavaSpool implements Spool {
    private final FileBackedOutputStream stream;

    GuavaSpool(int threshold) {
      stream = new FileBackedOutputStream(threshold);
    }

    @Override
    public OutputStream output() {
      return stream;
    }

    @Override
    public InputStream open() throws IOException {
      stream.close();
      return stream.asByteSource().openStream();
    }

    @Override
    public void release() throws IOException {
      stream.reset();
    }
  }

  interface Step<T> {
    T run() throws IOException;
  }

  private static boolean guava;
  private static int size;
  private static int chunk;
  private static int threshold;
  private static long least;
  private static byte[] data;
  private static byte[] room;

  private Peer() {}

  static void check(boolean condition) throws IOException {
    if (!condition) {
      throw new IOException("A stream did not do what it was asked to");
    }
  }

  private static Spool make() {
    return guava ? new GuavaSpool(threshold) : new CommonsSpool(threshold);
  }

  private static Spool fill(int count) throws IOException {
    Spool spool = make();
    OutputStream output = spool.output();

    for (int i = 0; i < count; i++) {
      output.write(data);
    }
    return spool;
  }

  private static void read(InputStream input, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      check(input.read(room) == chunk);
    }
    input.close();
  }

  private static void runSmall(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Spool spool = fill(1);

      read(spool.open(), 1);
      spool.release();
    }
  }

  private static void runMany(int count) throws IOException {
    Spool[] spools = new Spool[count];

    for (int i = 0; i < count; i++) {
      spools[i] = fill(1);
    }
    for (Spool spool : spools) {
      spool.release();
    }
  }

  /** Runs until the time is up, and returns the nanoseconds per chunk of the middle run. */
  private static double measure(Step<Void> step) throws IOException {
    List<Long> times = new ArrayList<>();
    long elapsed = 0;

    while (times.isEmpty() || elapsed < least) {
      long start = System.nanoTime();
      step.run();
      long time = System.nanoTime() - start;
      elapsed += time;
      times.add(time);
    }
    Collections.sort(times);
    return (double) times.get(times.size() / 2) / (size / chunk);
  }

  private static String answer(String verb) throws IOException {
    int count = size / chunk;
    double time;

    switch (verb) {
      case "write":
        time = measure(() -> {
          fill(count).release();
          return null;
        });
        break;
      case "read":
        Spool spool = fill(count);
        time = measure(() -> {
          read(spool.open(), count);
          return null;
        });
        spool.release();
        break;
      case "small":
        time = measure(() -> {
          runSmall(count);
          return null;
        });
        break;
      case "many":
        time = measure(() -> {
          runMany(count);
          return null;
        });
        break;
      default:
        return "-";
    }
    return String.format("%.3f", time);
  }

  public static void main(String[] args) throws IOException {
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
    String line;

    guava = args[0].equals("guava");
    while ((line = requests.readLine()) != null) {
      String[] words = line.split(" ");

      size = Integer.parseInt(words[1]);
      chunk = Integer.parseInt(words[2]);
      threshold = Integer.parseInt(words[3]);
      least = Long.parseLong(words[4]) * 1000000;
      data = new byte[chunk];
      Arrays.fill(data, (byte) 'a');
      room = new byte[chunk];
      System.out.println(answer(words[0]));
    }
  }
}
