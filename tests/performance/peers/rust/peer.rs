// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

//! SpooledTempFile of the tempfile crate, measured. Requests and answers are
//! those of bench.c.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

use tempfile::SpooledTempFile;

struct Spec {
    size: u64,
    chunk: usize,
    threshold: usize,
    least: Duration,
}

impl Spec {
    fn count(&self) -> u64 {
        self.size / self.chunk as u64
    }

    fn offsets(&self) -> impl Iterator<Item = u64> {
        let (chunk, count) = (self.chunk as u64, self.count());
        let mut seed: u32 = 1;

        (0..count).map(move |_| {
            seed = seed.wrapping_mul(1103515245).wrapping_add(12345) & 0x7fffffff;
            seed as u64 % count * chunk
        })
    }

    /// Runs until the time is up, with setting up or without, and returns the
    /// nanoseconds per chunk of the middle run.
    fn measure<S>(
        &self,
        mut setup: impl FnMut() -> S,
        mut run: impl FnMut(&mut S),
        fresh: bool,
    ) -> f64 {
        let mut elapsed = Duration::new(0, 0);
        let mut times = Vec::new();
        let begun = Instant::now();
        let mut state = setup();

        while times.is_empty() || (elapsed < self.least && begun.elapsed() < 4 * self.least) {
            if fresh && !times.is_empty() {
                state = setup();
            }
            let start = Instant::now();
            run(&mut state);
            let time = start.elapsed();
            elapsed += time;
            times.push(time);
        }

        times.sort();
        times[times.len() / 2].as_nanos() as f64 / self.count() as f64
    }
}

fn fill(spec: &Spec, data: &[u8]) -> SpooledTempFile {
    let mut file = SpooledTempFile::new(spec.threshold);

    for _ in 0..spec.count() {
        assert_eq!(file.write(data).unwrap(), data.len());
    }

    file
}

const PAGE: usize = 4096;
const PLACE: usize = 16;

/// A part of memory that begins where that of bench_alloc() does in the C peers.
fn place(memory: &mut [u8], count: usize) -> &mut [u8] {
    let start = memory.as_ptr().align_offset(PAGE) + PLACE;

    &mut memory[start..start + count]
}

fn answer(verb: &str, spec: &Spec) -> Option<f64> {
    let mut data_memory = vec![b'a'; PAGE + PLACE + spec.chunk];
    let mut room_memory = vec![0u8; PAGE + PLACE + spec.chunk];
    let data: &[u8] = place(&mut data_memory, spec.chunk);
    let room = place(&mut room_memory, spec.chunk);
    let filled = || fill(spec, data);

    match verb {
        "write" => Some(spec.measure(|| (), |_| drop(fill(spec, data)), false)),
        "read" => Some(spec.measure(
            filled,
            |file| {
                file.seek(SeekFrom::Start(0)).unwrap();
                for _ in 0..spec.count() {
                    assert_eq!(file.read(room).unwrap(), spec.chunk);
                }
            },
            false,
        )),
        "random-write" => Some(spec.measure(
            filled,
            |file| {
                for offset in spec.offsets() {
                    file.seek(SeekFrom::Start(offset)).unwrap();
                    assert_eq!(file.write(data).unwrap(), spec.chunk);
                }
            },
            false,
        )),
        "random-read" => Some(spec.measure(
            filled,
            |file| {
                for offset in spec.offsets() {
                    file.seek(SeekFrom::Start(offset)).unwrap();
                    assert_eq!(file.read(room).unwrap(), spec.chunk);
                }
            },
            false,
        )),
        "roll-over" => Some(spec.measure(filled, |file| file.roll().unwrap(), true)),
        "small" => Some(spec.measure(
            || (),
            |_| {
                for _ in 0..spec.count() {
                    let mut file = SpooledTempFile::new(spec.threshold);
                    assert_eq!(file.write(data).unwrap(), spec.chunk);
                    file.seek(SeekFrom::Start(0)).unwrap();
                    assert_eq!(file.read(room).unwrap(), spec.chunk);
                }
            },
            false,
        )),
        "many" => Some(spec.measure(
            || (),
            |_| {
                let mut files = Vec::with_capacity(spec.count() as usize);
                for _ in 0..spec.count() {
                    let mut file = SpooledTempFile::new(spec.threshold);
                    assert_eq!(file.write(data).unwrap(), spec.chunk);
                    files.push(file);
                }
            },
            false,
        )),
        _ => None,
    }
}

fn main() {
    let stdin = io::stdin();

    for line in stdin.lock().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let spec = Spec {
            size: words[1].parse().unwrap(),
            chunk: words[2].parse().unwrap(),
            threshold: words[3].parse().unwrap(),
            least: Duration::from_millis(words[4].parse().unwrap()),
        };

        match answer(words[0], &spec) {
            Some(time) => println!("{:.3}", time),
            None => println!("-"),
        }
        io::stdout().flush().unwrap();
    }
}
