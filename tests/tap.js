// SPDX-FileCopyrightText: 2026 The spool-glib authors
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs the functions of an object one after the other and reports in TAP.

import System from 'system';

export async function run(tests) {
    const names = Object.keys(tests);
    let failed = false;

    print(`1..${names.length}`);
    for (const [i, name] of names.entries()) {
        try {
            // eslint-disable-next-line no-await-in-loop
            await tests[name]();
            print(`ok ${i + 1} ${name}`);
        } catch (error) {
            failed = true;
            print(`# ${error}`);
            for (const line of `${error.stack}`.split('\n'))
                print(`# ${line}`);
            print(`not ok ${i + 1} ${name}`);
        }
    }

    if (failed)
        System.exit(1);
}

export function equal(found, expected) {
    const [left, right] = [found, expected].map(value => JSON.stringify(value));

    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

export function fails(domain, code, func) {
    try {
        func();
    } catch (error) {
        if (error.matches?.(domain, code))
            return;
        throw error;
    }

    throw new Error('It did not fail');
}
