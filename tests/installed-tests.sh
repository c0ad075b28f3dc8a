#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Installs what is built, tests among it, and lets gnome-desktop-testing-runner
# run the tests from there, as a distribution does. Reports in TAP.
#
# usage: installed-tests.sh BUILD PREFIX LIBDIR TESTS...

set -u

build=$1
prefix=$2
libdir=$3
tests=("${@:4}")

if ! command -v gnome-desktop-testing-runner >/dev/null; then
  echo '1..0 # SKIP there is no gnome-desktop-testing-runner'
  exit 0
fi

# What they say does not go below /var/tmp, where tests look for open files.
work=$(mktemp -d "$build/installed-XXXXXX") && report=$(mktemp -d /tmp/spool-report-XXXXXX) ||
  exit 1
trap 'rm -rf "$work" "$report"' EXIT
root=$work$prefix

# Of the build nothing may be found by accident.
unset GI_TYPELIB_PATH LD_LIBRARY_PATH G_TEST_SRCDIR G_TEST_BUILDDIR

echo "1..$((${#tests[@]} + 1))"

if ! DESTDIR=$work meson install -C "$build" --no-rebuild --quiet >"$work/log" 2>&1; then
  sed 's/^/# /' "$work/log"
  echo 'not ok 1 install'
  exit 1
fi
echo 'ok 1 install'

# The prefix is below a folder here, and nothing else is moved.
sed -i "s:^Exec=:Exec=$work:" "$root"/share/installed-tests/spool-glib-1/*.test
export LD_LIBRARY_PATH=$work$libdir

failed=0
number=1
for test in "${tests[@]}"; do
  number=$((number + 1))
  rm -rf "$report"
  # The exit status is 0 too where it finds no test.
  if gnome-desktop-testing-runner --report-directory="$report" -d "$root/share" \
    "spool-glib-1/$test.test" >"$work/log" 2>&1 &&
    grep -q 'SUMMARY: total=1; passed=1;' "$work/log"; then
    echo "ok $number $test"
  else
    failed=1
    find "$report" -type f -exec tail -n 5 {} + | cat "$work/log" - | sed 's/^/# /'
    echo "not ok $number $test"
  fi
done

exit $failed
