#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Measures the Python files beside tempfile's, those of boltons and io's.
#
# usage: tests/run-python-speed.sh [--only TEXT] [--rounds N]...

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_optional python3-boltons python3-gi

build_release

exec meson devenv -C "$build_dir" "$python" \
  "$source_dir/tests/performance/python-files.py" "$@"
