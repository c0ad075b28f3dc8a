#!/bin/sh
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Builds the library for release and measures it beside its peers. Options go
# to performance.py: --quick, --only PATTERN, --callgrind and others.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${SPOOL_BUILD_DIR:-$root/_build-performance}

missing=
need ()
{
  [ -e "$1" ] || missing="$missing $2"
}

need /usr/bin/cargo cargo
need /usr/bin/javac default-jdk-headless
need /usr/share/java/commons-io.jar libcommons-io-java
need /usr/share/java/guava.jar libguava-java
need /usr/share/doc/librust-tempfile-dev librust-tempfile-dev
need /usr/bin/php php-cli
need /usr/lib/python3/dist-packages/boltons python3-boltons
need /usr/bin/rustc rustc
need /usr/bin/valgrind valgrind

# A peer that cannot be had is left out by name, and the rest is measured.
for package in $missing; do
  if [ "$(id -u)" -ne 0 ] ||
    ! apt-get install --yes --no-install-recommends "$package" >&2; then
    echo "$package: not installed" >&2
  fi
done

if [ ! -f "$build/build.ninja" ]; then
  meson setup --buildtype=release -Dintrospection=disabled -Dtests=true "$build" "$root" >&2
fi
ninja -C "$build" tests/performance/bench >&2

exec /usr/bin/python3 "$root/tests/performance/performance.py" \
  --bench "$build/tests/performance/bench" \
  --output "$build/tests/performance" \
  "$@"
