#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the fuzz targets with libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, and runs each for a minute.
#
# usage: tests/fuzz/run.sh [TARGET]...
#
# FUZZ_SECONDS is how long each is run, 60 if it is not set. Inputs that were
# found stay in the build folder, TESTS_BUILD_DIR-fuzz, and are where the next
# run begins. One that crashes is printed as a line for the corpus.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

build_dir+=-fuzz
seconds=${FUZZ_SECONDS:-60}
sanitize=address,undefined

passed=0
failed=0

finish () {
  echo "$passed passed, $failed failed, ${1:-0} skipped"
  [ "$failed" -eq 0 ]
  exit
}

install_packages clang libclang-rt-dev

if ! command -v clang >/dev/null; then
  echo 'clang is missing'
  finish 1
fi

if [ ! -e "$build_dir/build.ninja" ]; then
  CC=clang meson setup "$build_dir" "$source_dir" \
    -Dbuildtype=debugoptimized \
    -Dintrospection=disabled \
    -Db_lundef=false \
    -Dc_args="['-fsanitize=fuzzer-no-link,$sanitize', '-fno-sanitize-recover=undefined']" \
    -Dc_link_args="['-fsanitize=$sanitize']" || { failed=1; finish; }
fi

export G_SLICE=always-malloc
export G_DEBUG=gc-friendly,fatal-warnings
export ASAN_OPTIONS=detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1

# unpack CORPUS FOLDER: a file for each line.
unpack () {
  local line n=0

  mkdir -p "$2"
  grep -v -e '^#' -e '^$' "$1" | while read -r line; do
    n=$((n + 1))
    printf '%b' "$(sed 's/../\\x&/g' <<<"$line")" >"$2/seed-$n"
  done
}

run_target () {
  local target=$1
  local program=$build_dir/tests/fuzz/fuzz-$target
  local found=$build_dir/fuzz-$target.found seeds=$build_dir/fuzz-$target.seeds
  local crashes=$build_dir/fuzz-$target.crashes log=$build_dir/fuzz-$target.log
  local executions rate coverage n_crashes crash

  rm -rf "$seeds" "$crashes"
  mkdir -p "$found" "$crashes"
  unpack "$source_dir/tests/fuzz/$target.corpus" "$seeds"

  # The engine measures memory and time; what it finds is kept as it goes.
  "$program" -max_total_time="$seconds" -max_len=500 -timeout=30 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$crashes/" "$found" "$seeds" >"$log" 2>&1

  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)
  n_crashes=$(find "$crashes" -type f | wc -l)

  echo "$target: ${executions:-0} executions, ${rate:-0} a second, ${coverage:-cov: 0}," \
    "$n_crashes crashes"

  if [ "$n_crashes" -eq 0 ] && [ "${executions:-0}" -gt 0 ]; then
    passed=$((passed + 1))
    return
  fi

  failed=$((failed + 1))
  grep -E 'ERROR|SUMMARY|runtime error|^\*\*|step [0-9]' "$log" | head -n 20
  find "$crashes" -type f | while read -r crash; do
    od -An -v -tx1 "$crash" | tr -d ' \n'
    echo
  done
}

if [ $# -eq 0 ]; then
  # shellcheck disable=SC2046
  set -- $(cd "$source_dir/tests/fuzz" && ls *.corpus | sed 's/\.corpus$//')
fi

ninja -C "$build_dir" "${@/#/tests/fuzz/fuzz-}" || { failed=1; finish; }

for target; do
  run_target "$target"
done

finish
