#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Uses the library from the folder that it was built in, in the environment that
# "meson devenv" makes: in Python, in GJS and in Vala. Reports in TAP.

set -u

build_dir=$1
python=$2
work=$(mktemp -d /var/tmp/spool-uninstalled-XXXXXX)
n_tests=0
failed=0

trap 'rm -rf "$work"' EXIT

# Nothing of what runs this test may help.
unset GI_TYPELIB_PATH LD_LIBRARY_PATH GJS_PATH PYTHONPATH PKG_CONFIG_PATH G_DEBUG
unset MALLOC_PERTURB_ CFLAGS LDFLAGS

# report NAME TOOL COMMAND...: runs the command in the environment.
report () {
  local name=$1 tool=$2
  shift 2

  n_tests=$((n_tests + 1))
  if ! command -v "$tool" >/dev/null; then
    echo "ok $n_tests $name # SKIP there is no $tool"
  elif meson devenv -C "$build_dir" "$@" >"$work/log" 2>&1; then
    echo "ok $n_tests $name"
  else
    failed=1
    sed 's/^/# /' "$work/log"
    echo "not ok $n_tests $name"
  fi
}

cat >"$work/program.py" <<'END'
import gi
gi.require_version('Spool', '1')
from gi.repository import Spool
buffer = Spool.Buffer.new_with_threshold(4)
buffer.append(b'0123456789', None)
assert buffer.read(0, 20, None) == b'0123456789'
# The override is there, too.
assert buffer[-1] == ord('9')
with Spool.SpooledStringIO(4) as file:
    file.write('0123456789')
    assert file._rolled and file.getvalue() == '0123456789'
END

# The overrides are there, too.
cat >"$work/program.js" <<'END'
import Spool from 'gi://Spool?version=1';
const buffer = Spool.Buffer.new_with_threshold(4);
await buffer.append_bytes_async('0123456789');
if (buffer.toArray().length !== 10)
    throw new Error('It is not all there');
END

cat >"$work/program.vala" <<'END'
int main () {
  var buffer = new Spool.Buffer.with_threshold (4);
  try {
    buffer.append ("0123456789".data);
    return buffer.get_bytes ().get_size () == 10 ? 0 : 1;
  } catch (Error error) {
    return 1;
  }
}
END

# Paths are whole: where devenv starts a program is not where it was called.
cat >"$work/vala.sh" <<END
set -e
valac --vapidir="$build_dir/spool-glib" --pkg=gio-2.0 --pkg=spool-glib-1 \\
  -d "$work" -o program "$work/program.vala" -X -w
"$work/program"
END

report python "$python" "$python" "$work/program.py"
report gjs gjs gjs -m "$work/program.js"
if [ -e "$build_dir/spool-glib/spool-glib-1.vapi" ]; then
  report vala valac sh "$work/vala.sh"
fi

echo "1..$n_tests"
exit $failed
