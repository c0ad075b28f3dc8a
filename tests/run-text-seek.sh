#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Measures how long it takes to find a character in the middle of 100 MB of text,
# beside boltons and a plain scan.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_optional python3-boltons

build_release tests/performance/text-seek

exec "$python" "$source_dir/tests/performance/text-seek.py" \
  "$build_dir/tests/performance/text-seek"
