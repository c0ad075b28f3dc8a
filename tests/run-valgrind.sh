#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the tests under valgrind: reads of what was never written, and leaks.
#
# usage: tests/run-valgrind.sh [TEST]...
#
# Is built in TESTS_BUILD_DIR-valgrind. Left out is what measures memory or
# time or wants a certain place in memory, which are valgrind's then, what traces
# itself, and what does the same a million times.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_dir+=-valgrind

install_packages valgrind

tests=(
  base-read
  buffer
  buffer-async
  buffer-bytes
  buffer-completion
  buffer-descriptor
  buffer-errors
  buffer-fd
  buffer-notify
  buffer-remote
  buffer-snapshot
  buffer-threads
  buffer-threshold
  cancel-source
  concat-input-stream
  drop-in
  follow
  fuzz-bytes
  fuzz-concat
  fuzz-seekable
  io-stream
  life-cycle
  main-loop
  memory-input-stream
  memory-output-stream
  regressions
  security
  seekable-input-stream
  stress
  temporary-file
  text-index
  text-stream
)
[ $# -eq 0 ] || tests=("$@")

# Valgrind keeps descriptors for itself, from as many as there may be on.
ulimit -Sn 1024

build -Dintrospection=disabled
run_meson --setup=valgrind "${tests[@]}"
