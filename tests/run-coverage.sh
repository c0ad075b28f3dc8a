#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the tests and says how much of the library they reach.
#
# usage: tests/run-coverage.sh [TEST]...
#
# Is built in TESTS_BUILD_DIR-coverage. The figures are for the C sources of the
# library, without the lines that only check for mistakes of the caller
# (g_return_if_fail() and its like, g_assert()). Two cases are counted beside
# those of the tests: whether enough lines are reached, and enough branches.
# coverage.txt in that folder names the lines that are not, branches.txt the
# branches.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

min_lines=95
min_branches=85

build_dir+=-coverage

install_packages gcovr

# A call that is inlined has no line of its own.
build -Dwerror=true -Dbuildtype=debug -Db_coverage=true

find "$build_dir" -name '*.gcda' -delete

# The loops reach the same with fewer rounds.
export SPOOL_TEST_FACTOR=${SPOOL_TEST_FACTOR:-0.5}
if [ $# -gt 0 ]; then
  totals=$(run_meson "$@" | tee /dev/stderr | tail -n 1)
else
  totals=$(run_meson --suite unit --suite fault --suite bindings |
    tee /dev/stderr | tail -n 1)
fi

measure_all () {
  gcovr --root "$source_dir" --object-directory "$build_dir" \
    --filter "$source_dir/spool-glib/" --print-summary "$@" "$build_dir/spool-glib"
}

measure () {
  measure_all --exclude-unreachable-branches \
    --exclude-lines-by-pattern '.*\b(g_return_(val_)?if_fail|g_assert|G_STATIC_ASSERT|g_assert_not_reached|G_OBJECT_WARN_INVALID_PROPERTY_ID)\b.*' "$@"
}

measure --txt "$build_dir/coverage.txt" >"$build_dir/coverage.summary" &&
  measure --txt "$build_dir/branches.txt" --branches >/dev/null ||
  die 'Failed to measure'

sed -n '/^---/,$p' "$build_dir/coverage.txt"
cat "$build_dir/coverage.summary"
echo 'With the checks for mistakes of the caller:'
measure_all 2>/dev/null | grep -E '^(lines|branches)'

passed=0
failed=0

# is_enough KIND LEAST
is_enough () {
  local percent
  percent=$(sed -n "s/^$1: \([0-9.]*\)%.*/\1/p" "$build_dir/coverage.summary")

  if awk "BEGIN { exit !(${percent:-0} >= $2) }"; then
    passed=$((passed + 1))
  else
    echo "$1: ${percent:-0} % are fewer than $2 %"
    failed=$((failed + 1))
  fi
}

is_enough lines "$min_lines"
is_enough branches "$min_branches"

read -r test_passed _ test_failed _ test_skipped _ <<<"$totals"
echo "$((passed + test_passed)) passed, $((failed + test_failed)) failed," \
  "$test_skipped skipped"
[ $((failed + test_failed)) -eq 0 ]
