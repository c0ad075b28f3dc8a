# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests/run and the scripts beside it share. Is sourced by bash.

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
build_dir=${TESTS_BUILD_DIR:-$source_dir/_build}
case $build_dir in
  /*) ;;
  *) build_dir=$PWD/$build_dir ;;
esac

# The Debian packages of Python modules belong to this one, whatever PATH says.
python=/usr/bin/python3

# Meson writes what the tests say in the locale's encoding.
unset LANGUAGE
export LC_ALL=C.UTF-8

die () {
  echo "$(basename "$0"): $*" >&2
  echo '0 passed, 1 failed, 0 skipped'
  exit 1
}

missing_packages () {
  local package

  for package; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
      grep -q '^install ok installed$' || echo "$package"
  done
}

# install_packages PACKAGE...: those that a Debian machine lacks.
install_packages () {
  local missing sudo=()

  # Elsewhere than on Debian whoever builds knows how to get these.
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || return 0

  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0

  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "Missing packages: ${missing[*]}"
    sudo=(sudo)
  fi

  echo "Installing ${missing[*]}"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 || {
    "${sudo[@]}" apt-get update >/dev/null &&
      "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
  } || die "Failed to install ${missing[*]}"
}

# build OPTION...: configures with these options for Meson, and builds.
build () {
  if [ ! -e "$build_dir/build.ninja" ]; then
    meson setup "$build_dir" "$source_dir" -Dtests=true -Ddocumentation=true \
      -Dinstalled_tests=true "$@" ||
      die 'Failed to configure'
  elif [ $# -gt 0 ]; then
    meson configure "$build_dir" "$@" || die 'Failed to configure'
  fi

  meson compile -C "$build_dir" || die 'Failed to build'
}

# run_meson ARGUMENT...: runs what "meson test" takes for these, and counts.
run_meson () {
  local log

  rm -f "$build_dir"/meson-logs/testlog*.json
  meson test -C "$build_dir" --no-rebuild --print-errorlogs "$@"
  log=$(echo "$build_dir"/meson-logs/testlog*.json)
  [ -e "$log" ] || die 'No test was run'
  "$python" "$source_dir/tests/count-results.py" "$log"
}

# install_optional PACKAGE...: what a measurement is left out without.
install_optional () {
  local package

  for package in $(missing_packages "$@"); do
    (install_packages "$package") >&2 || echo "$package: not installed" >&2
  done
}

# build_release TARGET...: builds these as users have them, to be measured.
build_release () {
  build_dir+=-performance

  if [ ! -e "$build_dir/build.ninja" ]; then
    meson setup --buildtype=release -Dtests=true "$build_dir" "$source_dir" >&2 ||
      die 'Failed to configure'
  fi

  ninja -C "$build_dir" "$@" >&2 || die 'Failed to build'
}
