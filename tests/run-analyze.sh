#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Has the library read by what looks for faults without running it: GCC's
# -fanalyzer, clang's analyzer and cppcheck. A file that an analyzer finds
# nothing in has passed, and so has a planted fault that it does find.
#
# usage: tests/run-analyze.sh
#
# Is configured in TESTS_BUILD_DIR-analyze.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_dir+=-analyze

install_packages clang cppcheck gcc

passed=0
failed=0

# analyze NAME FILE: prints what the analyzer of that name finds.
analyze () {
  case $1 in
    gcc) gcc "${flags[@]}" -O2 -fanalyzer -c -o /dev/null "$2" ;;
    clang)
      clang "${flags[@]}" --analyze -Xclang -analyzer-output=text -o /dev/null "$2"
      ;;
    cppcheck) cppcheck "${cppcheck_flags[@]}" "$2" ;;
  esac 2>&1
}

# count_if NAME FILE COMMAND...: passes if the command does.
count_if () {
  if "${@:3}"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$1: $(basename "$2"): ${findings:-nothing was found}"
  fi
}

build -Dintrospection=disabled -Dtests=false

mapfile -t flags < <(pkg-config --cflags gio-unix-2.0 | tr ' ' '\n' | grep .)
flags+=(
  -std=gnu11
  -D_FILE_OFFSET_BITS=64
  -D_GNU_SOURCE
  -DG_LOG_DOMAIN='"Spool"'
  -DSPOOL_COMPILATION
  -I"$source_dir"
  -I"$build_dir"
)

# It is not shown GLib's headers, and so does not know macros that declare.
cppcheck_flags=(
  --enable=warning,portability,performance
  --error-exitcode=3
  --inline-suppr
  --library=gtk
  --quiet
  --std=c11
  --suppress=missingInclude
  --suppress=unknownMacro
  -D_GNU_SOURCE
  -DG_LOG_DOMAIN='"Spool"'
  -DSPOOL_COMPILATION
  -I"$source_dir"
  -I"$build_dir"
)

# An analyzer that finds nothing here would find nothing anywhere.
planted=$build_dir/planted.c
cat >"$planted" <<'END'
#include <stdlib.h>

void planted (int count);

void
planted (int count)
{
  char *data = malloc (10);

  if (data == NULL)
    return;
  if (count > 0)
    free (data);
  free (data);
}
END

for name in gcc clang cppcheck; do
  findings=$(analyze "$name" "$planted")
  count_if "$name" "$planted" [ -n "$findings" ]

  for file in "$source_dir"/spool-glib/*.c; do
    findings=$(analyze "$name" "$file")
    count_if "$name" "$file" [ -z "$findings" ]
  done
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
