#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Does to other spools what is done to this one when the disk fails, and prints
# what becomes of the data.
#
# usage: tests/peers/run.sh
#
# Only what happens to this library counts. A peer that is not there is left
# out, and so is a fault that the machine does not allow.

set -u

. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

# One by one: a peer that cannot be had is no reason not to look at the others.
for package in php-cli python3-boltons; do
  (install_packages "$package") >/dev/null 2>&1 || echo "$package is not there"
done

build >/dev/null

export GI_TYPELIB_PATH=$build_dir/spool-glib
export LD_LIBRARY_PATH=$build_dir/spool-glib
export PYTHONDONTWRITEBYTECODE=1

exec "$python" "$source_dir/tests/peers/peers.py"
