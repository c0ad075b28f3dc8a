#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the tests where a gsize has 32 bits and a goffset 64: in a Debian for i386,
# which 64-bit processors run too.
#
# usage: tests/run-32-bit.sh [TEST]...
#
# The Debian is made in TESTS_BUILD_DIR-32-bit-debian, once, and has all that it
# needs; nothing of this machine is changed. Is built in TESTS_BUILD_DIR-32-bit.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build_dir+=-32-bit
debian=$build_dir-debian

packages=(
  build-essential
  dbus-daemon
  gettext
  gobject-introspection
  gjs
  libarchive-dev
  libgdk-pixbuf-2.0-dev
  libgirepository1.0-dev
  libglib2.0-dev
  meson
  pkg-config
  python3-gi
  strace
  valac
)

[ "$(id -u)" -eq 0 ] || die 'Only root can run programs in another Debian'
[ "$(uname -m)" = x86_64 ] || die 'This processor does not run programs for i386'

install_packages debootstrap

# inside COMMAND...: with the source in /source and the build in /build. What is
# mounted for that goes with the command.
inside () {
  unshare --mount --propagation private setarch i686 bash -c '
    debian=$1 source=$2 build=$3
    shift 3
    mkdir -p "$debian/source" "$debian/build" &&
      mount -t proc proc "$debian/proc" &&
      mount --rbind /dev "$debian/dev" &&
      mount --bind "$source" "$debian/source" &&
      mount --bind "$build" "$debian/build" &&
      exec chroot "$debian" env -i HOME=/root LC_ALL=C.UTF-8 \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"' \
    inside "$debian" "$source_dir" "$build_dir" "$@"
}

mkdir -p "$build_dir" || die 'Failed to make a folder to build in'

if [ ! -e "$debian.done" ]; then
  echo 'Making a Debian for i386'
  rm -rf "$debian"
  { debootstrap --arch=i386 --variant=minbase bookworm "$debian" &&
    inside apt-get update &&
    inside env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${packages[@]}"; } >"$debian.log" 2>&1 ||
    die "Failed to make a Debian for i386; $debian.log says why"
  touch "$debian.done"
fi

if [ ! -e "$build_dir/build.ninja" ]; then
  inside meson setup -Dtests=true -Dwerror=true /build /source || die 'Failed to configure'
fi
inside meson compile -C /build || die 'Failed to build'

# How the sources look does not depend on the processor.
arguments=("$@")
[ $# -gt 0 ] || arguments=(--no-suite slow --no-suite style)

rm -f "$build_dir"/meson-logs/testlog*.json
inside meson test -C /build --no-rebuild --print-errorlogs "${arguments[@]}"
[ -e "$build_dir/meson-logs/testlog.json" ] || die 'No test was run'
"$python" "$source_dir/tests/count-results.py" "$build_dir/meson-logs/testlog.json"
