#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the tests that use threads under ThreadSanitizer. tests/test-tsan.c tells
# it what it cannot see in a GLib that was built without it; the test
# "race-detector" checks that races are seen then, and those only.
#
# usage: tests/run-tsan.sh [TEST]...
#
# Is built in TESTS_BUILD_DIR-tsan.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_dir+=-tsan

tests=(
  race-detector
  base-read
  buffer-async
  buffer-bytes
  buffer-completion
  buffer-notify
  buffer-save
  buffer-snapshot
  buffer-threads
  cancel-source
  concat-input-stream
  error-returns
  follow
  io-stream
  life-cycle
  main-loop
  memory-input-stream
  memory-output-stream
  pool
  seekable-input-stream
  stress
  text-stream
)
[ $# -eq 0 ] || tests=("$@")

# Small blocks are copied by library calls too, since only those are seen.
build -Db_sanitize=thread -Db_lundef=false -Dintrospection=disabled \
  -Dc_args=-fno-builtin-memcpy,-fno-builtin-memmove,-fno-builtin-memset
run_meson --timeout-multiplier 10 "${tests[@]}"
