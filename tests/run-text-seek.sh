#!/bin/sh
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Builds the library for release and measures how long it takes to find a
# character in the middle of 100 MB of text, beside boltons and a plain scan.

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${SPOOL_BUILD_DIR:-$root/_build-performance}

# Without boltons the rest is measured.
if [ ! -e /usr/lib/python3/dist-packages/boltons ]; then
  if [ "$(id -u)" -ne 0 ] ||
    ! apt-get install --yes --no-install-recommends python3-boltons >&2; then
    echo 'python3-boltons: not installed' >&2
  fi
fi

if [ ! -f "$build/build.ninja" ]; then
  meson setup --buildtype=release -Dintrospection=disabled -Dtests=true "$build" "$root" >&2
fi
ninja -C "$build" tests/performance/text-seek >&2

exec /usr/bin/python3 "$root/tests/performance/text-seek.py" \
  "$build/tests/performance/text-seek"
