#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the tests under AddressSanitizer, LeakSanitizer and
# UndefinedBehaviorSanitizer.
#
# usage: tests/run-sanitize.sh [TEST]...
#
# Is built in TESTS_BUILD_DIR-sanitize.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_dir+=-sanitize

export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# What is made up anew in each run was run whole before, and is slower here.
export SPOOL_TEST_FACTOR=${SPOOL_TEST_FACTOR:-0.3}

build -Dwerror=true -Db_sanitize=address,undefined -Db_lundef=false \
  -Dintrospection=disabled
if [ $# -gt 0 ]; then
  run_meson "$@"
else
  run_meson --no-suite slow
fi
