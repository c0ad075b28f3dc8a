#!/bin/bash
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

# Installs the library into a prefix of its own and uses it from there, as a
# program of somebody else would: by pkg-config, in Python, in GJS, in Vala,
# and as a subproject of Meson. Reports in TAP.

set -u

source_dir=$1
python=$2
work=$(mktemp -d /var/tmp/spool-prefix-XXXXXX)
prefix=$work/prefix
n_tests=0
failed=0

trap 'rm -rf "$work"' EXIT

# Nothing of the build that runs this test may be found by accident.
unset GI_TYPELIB_PATH LD_LIBRARY_PATH GJS_PATH PYTHONPATH G_DEBUG MALLOC_PERTURB_
unset CFLAGS LDFLAGS DESTDIR MESON_ARGS

# report NAME COMMAND...: runs the command, and shows what it said if it failed.
report () {
  local name=$1
  shift

  n_tests=$((n_tests + 1))
  if "$@" >"$work/log" 2>&1 </dev/null; then
    echo "ok $n_tests $name"
  else
    failed=1
    sed 's/^/# /' "$work/log"
    echo "not ok $n_tests $name"
  fi
}

skip () {
  n_tests=$((n_tests + 1))
  echo "ok $n_tests $1 # SKIP $2"
}

finish () {
  echo "1..$n_tests"
  exit $failed
}

install_library () {
  meson setup "$work/build" "$source_dir" --prefix="$prefix" --buildtype=debug \
    -Dtests=false -Dintrospection=enabled -Dvapi=auto &&
    meson install -C "$work/build"
}

report install install_library
if [ $failed -ne 0 ]; then
  finish
fi

libdir=$(dirname "$(find "$prefix" -name 'libspool-glib-1.so')")
export PKG_CONFIG_PATH=$libdir/pkgconfig
export LD_LIBRARY_PATH=$libdir
export GI_TYPELIB_PATH=$libdir/girepository-1.0
export XDG_DATA_DIRS=$prefix/share:/usr/local/share:/usr/share
overrides=$(find "$prefix" -path '*/gi/overrides/Spool.py')
export PYTHONPATH=${overrides%/gi/overrides/Spool.py}

check_files () {
  local file

  for file in "$libdir"/libspool-glib-1.so.? \
    "$libdir/girepository-1.0/Spool-1.typelib" \
    "$prefix/share/gir-1.0/Spool-1.gir" \
    "$prefix/include/spool-glib-1/spool-glib/spool-glib.h" \
    "$prefix/include/spool-glib-1/spool-glib/spool-version.h" \
    "$PYTHONPATH/gi/overrides/Spool.py" \
    "$PYTHONPATH/gi/overrides/Spool.pyi" \
    "$PYTHONPATH/gi/overrides/_spool/bytefile.py"; do
    if [ ! -e "$file" ]; then
      echo "$file is missing"
      return 1
    fi
  done

  # What is private is not installed.
  if find "$prefix" -name '*-private.h' | grep .; then
    return 1
  fi
}

check_exports () {
  if nm -D --defined-only "$libdir/libspool-glib-1.so" |
    awk '{ print $3 }' | grep -v '^spool_'; then
    echo "is exported and is not ours"
    return 1
  fi
}

report files check_files
report exports check_exports

cat >"$work/program.c" <<'END'
#include <spool-glib/spool-glib.h>

int
main (void)
{
  g_autoptr(GOutputStream) stream = spool_memory_output_stream_new_with_threshold (4);
  g_autoptr(GBytes) bytes = NULL;

  g_assert_true (SPOOL_CHECK_VERSION (1, 0, 0));
  g_output_stream_write_all (stream, "0123456789", 10, NULL, NULL, NULL);
  g_output_stream_close (stream, NULL, NULL);
  bytes = spool_memory_output_stream_steal_as_bytes (SPOOL_MEMORY_OUTPUT_STREAM (stream), NULL);
  g_print ("%.*s\n", (int) g_bytes_get_size (bytes), (char *) g_bytes_get_data (bytes, NULL));

  return 0;
}
END

check_c () {
  # The flags are words of their own.
  # shellcheck disable=SC2046
  cc -Wall -Wextra -Werror -std=c99 -pedantic -o "$work/program" "$work/program.c" \
    $(pkg-config --cflags --libs spool-glib-1) &&
    [ "$("$work/program")" = 0123456789 ]
}

check_cplusplus () {
  cp "$work/program.c" "$work/program.cc"
  # shellcheck disable=SC2046
  c++ -Wall -Wextra -Werror -o "$work/program-cc" "$work/program.cc" \
    $(pkg-config --cflags --libs spool-glib-1) &&
    [ "$("$work/program-cc")" = 0123456789 ]
}

check_pkg_config () {
  [ "$(pkg-config --variable=girdir spool-glib-1)" = "$prefix/share/gir-1.0" ] &&
    [ "$(pkg-config --variable=typelibdir spool-glib-1)" = "$GI_TYPELIB_PATH" ] &&
    pkg-config --print-requires spool-glib-1 | grep -q 'gio-2.0 >= 2.74'
}

check_one_header () {
  local header

  # The umbrella is the only header to include.
  for header in "$prefix"/include/spool-glib-1/spool-glib/*.h; do
    case $(basename "$header") in
      spool-glib.h | spool-version.h | spool-version-macros.h) continue ;;
    esac
    # shellcheck disable=SC2046
    if echo "#include <spool-glib/$(basename "$header")>" |
      cc -fsyntax-only -x c $(pkg-config --cflags spool-glib-1) - 2>/dev/null; then
      echo "$header can be included"
      return 1
    fi
  done
}

report pkg-config check_pkg_config
report c check_c
if command -v c++ >/dev/null; then
  report c++ check_cplusplus
else
  skip c++ 'there is no C++ compiler'
fi
report one-header check_one_header

cat >"$work/program.py" <<'END'
import sys
import gi
gi.require_version('Spool', '1')
from gi.repository import GLib, Spool
stream = Spool.MemoryOutputStream.new_with_threshold(4)
stream.write_all(b'0123456789', None)
stream.close(None)
assert stream.steal_as_bytes().get_data() == b'0123456789'
with Spool.SpooledTemporaryFile(4, 'w+') as file:
    file.write('0123456789')
    file.seek(0)
    assert file.read() == '0123456789' and file._rolled
assert Spool.SpooledBytesIO.__module__ == 'gi.repository.Spool'
assert list(Spool.Buffer.new_for_bytes(GLib.Bytes.new(b'ab'))) == [97, 98]
import gi.overrides.Spool
assert gi.overrides.Spool.__file__.startswith(sys.argv[1]), gi.overrides.Spool.__file__
END

cat >"$work/program.js" <<'END'
import Spool from 'gi://Spool?version=1';
import System from 'system';
const stream = Spool.MemoryOutputStream.new_with_threshold(4);
stream.write_all(new TextEncoder().encode('0123456789'), null);
stream.close(null);
const text = new TextDecoder().decode(stream.steal_as_bytes().toArray());
// The overrides are found, too.
const buffer = Spool.Buffer.new_for_bytes(text);
await buffer.append_bytes_async('ab');
System.exit(new TextDecoder().decode(buffer.toArray()) === '0123456789ab' ? 0 : 1);
END

cat >"$work/program.vala" <<'END'
int main () {
  var stream = new Spool.MemoryOutputStream.with_threshold (4);
  try {
    stream.write ("0123456789".data);
    stream.close ();
    return stream.get_data_size () == 10 ? 0 : 1;
  } catch (Error error) {
    return 1;
  }
}
END

check_vala () {
  valac --vapidir="$prefix/share/vala/vapi" --pkg=spool-glib-1 \
    -d "$work" -o program-vala "$work/program.vala" -X -w \
    -X "$(pkg-config --cflags-only-I spool-glib-1 | tr ' ' '\n' | grep "$prefix" | head -1)" \
    -X "-L$libdir" -X -lspool-glib-1 &&
    "$work/program-vala"
}

if "$python" -c 'import gi' 2>/dev/null; then
  report python "$python" "$work/program.py" "$prefix"
else
  skip python 'there is no PyGObject'
fi
if command -v gjs >/dev/null; then
  report gjs gjs -m "$work/program.js"
else
  skip gjs 'there is no gjs'
fi
if command -v valac >/dev/null && [ -e "$prefix/share/vala/vapi/spool-glib-1.vapi" ]; then
  report vala check_vala
else
  skip vala 'there is no valac'
fi

# The catalogues are where the library looks for them, for every language, in
# programs that want the user's.
cat >"$work/translated.c" <<'END'
#include <locale.h>
#include <spool-glib/spool-glib.h>

int
main (void)
{
  g_autoptr(SpoolBuffer) buffer = spool_buffer_new ();
  g_autoptr(GError) error = NULL;

  setlocale (LC_ALL, "");
  spool_buffer_close (buffer, NULL, NULL);
  spool_buffer_append (buffer, "a", 1, NULL, &error);
  g_print ("%s\n", error->message);

  return 0;
}
END

cat >"$work/translated.py" <<'END'
import locale
import gi
gi.require_version('Spool', '1')
from gi.repository import GLib, Spool
locale.setlocale(locale.LC_ALL, '')
buffer = Spool.Buffer()
buffer.close(None)
try:
    buffer.append(b'a', None)
except GLib.Error as error:
    print(error.message)
END

# What the catalogue says, by a reader of catalogues that is not gettext's.
cat >"$work/expected.py" <<'END'
import gettext, sys
catalogue = gettext.translation('spool-glib-1', sys.argv[1], [sys.argv[2]])
print(catalogue.gettext('The buffer is closed'))
END

# says LANGUAGE COMMAND...: there has to be a locale, but in that of C.UTF-8
# LANGUAGE counts too.
says () {
  env -u LC_MESSAGES LANGUAGE="$1" LC_ALL=C.UTF-8 "${@:2}"
}

check_translation () {
  local expected

  expected=$("$python" -X utf8 "$work/expected.py" "$prefix/share/locale" "$1") &&
    [ "$expected" != 'The buffer is closed' ] &&
    [ "$(says "$1" "$work/translated")" = "$expected" ]
}

check_german () {
  [ "$(says de "$work/translated")" = 'Der Puffer ist geschlossen' ]
}

check_german_python () {
  [ "$(says de "$python" "$work/translated.py")" = 'Der Puffer ist geschlossen' ]
}

compile_translated () {
  # shellcheck disable=SC2046
  cc -Wall -Werror -o "$work/translated" "$work/translated.c" \
    $(pkg-config --cflags --libs spool-glib-1)
}

# Whether this system translates anything without the locales of others.
can_translate () {
  mkdir -p "$work/control/de/LC_MESSAGES" &&
    printf 'msgid "yes"\nmsgstr "ja"\n' |
    msgfmt -o "$work/control/de/LC_MESSAGES/control.mo" - &&
    [ "$(TEXTDOMAINDIR=$work/control says de gettext -d control yes)" = ja ]
}

if can_translate 2>/dev/null; then
  report translated-program compile_translated
  report german check_german
  for language in $(sed '/^#/d' "$source_dir/po/LINGUAS"); do
    report "translation-$language" check_translation "$language"
  done
  if "$python" -c 'import gi' 2>/dev/null; then
    report german-python check_german_python
  else
    skip german-python 'there is no PyGObject'
  fi
else
  skip translations 'the C.UTF-8 locale has no translations here'
fi

# As a subproject, found by the name that its pkg-config file has.
check_subproject () {
  mkdir -p "$work/super/subprojects" &&
    ln -s "$source_dir" "$work/super/subprojects/spool-glib" &&
    cp "$work/program.c" "$work/super" &&
    cat >"$work/super/meson.build" <<'END' &&
project('super', 'c', default_options: ['spool-glib:tests=false', 'spool-glib:introspection=disabled'])
spool_dep = dependency('spool-glib-1', fallback: 'spool-glib')
assert(spool_dep.type_name() == 'internal')
test('program', executable('program', 'program.c', dependencies: spool_dep))
END
    env -u PKG_CONFIG_PATH meson setup "$work/super/build" "$work/super" &&
    env -u LD_LIBRARY_PATH meson test -C "$work/super/build"
}

report subproject check_subproject

finish
