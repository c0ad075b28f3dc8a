# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The catalogues in po/. That they are found when they are installed is a part
of installed-prefix.sh.

Messages that are new and not translated yet do not fail, but are skipped and
counted: see Translations in CONTRIBUTING.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import tap

PO = os.path.join(sys.argv[1], 'po')


def languages():
    with open(os.path.join(PO, 'LINGUAS'), encoding='utf-8') as file:
        return [line.strip() for line in file if line.strip() and line[0] != '#']


def run(*command, cwd=None):
    if not shutil.which(command[0]):
        raise tap.Skip('there is no ' + command[0])
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            cwd=cwd, check=False, encoding='utf-8',
                            env={**os.environ, 'LC_ALL': 'C.UTF-8'})
    assert result.returncode == 0, result.stdout

    return result.stdout


def make_test(language):
    path = os.path.join(PO, language + '.po')

    def test():
        run('msgfmt', '--check', '--output-file', os.devnull, path)

        with tempfile.TemporaryDirectory() as directory:
            pot = os.path.join(directory, 'messages.pot')
            merged = os.path.join(directory, 'merged.po')
            run('xgettext', '--from-code=UTF-8', '--add-comments', '--keyword=_',
                '--keyword=N_', '--flag=g_strdup_printf:1:c-format',
                '--files-from', os.path.join(PO, 'POTFILES.in'), '--output', pot,
                cwd=os.path.dirname(PO))
            run('msgmerge', '--quiet', '--no-fuzzy-matching', '--output-file', merged,
                path, pot)
            missing = run('msgattrib', '--untranslated', '--no-wrap', merged)

        n_missing = missing.count('\nmsgid "') - ('\nmsgid ""\nmsgstr ""\n' in missing)
        if n_missing > 0:
            raise tap.Skip('%d messages are not translated yet' % n_missing)

    return test


def main():
    tests = {'test_' + language: make_test(language) for language in languages()}
    assert tests, 'there are no translations'
    tap.main(tests)


if __name__ == '__main__':
    main()
