#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Measures the library beside its peers: time, memory, and how cost grows.
#
# usage: tests/performance/run.sh [--quick] [--only PATTERN] [--callgrind]...
#
# A peer that cannot be had is left out by name. The tables and charts go to
# tests/performance in TESTS_BUILD_DIR-performance.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

install_optional cargo default-jdk-headless libcommons-io-java libguava-java \
  librust-tempfile-dev php-cli python3-boltons rustc valgrind

build_release tests/performance/bench

exec "$python" "$source_dir/tests/performance/performance.py" \
  --bench "$build_dir/tests/performance/bench" \
  --output "$build_dir/tests/performance" \
  "$@"
