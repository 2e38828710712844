#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# HTTP tests against a server built with ThreadSanitizer. Suppressions: tools/tsan.supp.
set -u
make --no-print-directory SAN=thread all || exit 1
export GRIDCASE_BINARY=$PWD/build-thread/gridcase
export TSAN_OPTIONS="suppressions=$PWD/tools/tsan.supp halt_on_error=0 exitcode=66 log_path=$PWD/build-thread/tsan"
rm -f build-thread/tsan.*
node=$(tools/node.sh)
"$node" --test --test-concurrency=1 --test-reporter=tap $(find tests/http -name '*.test.mjs' | sort)
status=$?
if compgen -G "build-thread/tsan.*" >/dev/null; then
    echo "FAIL data races:"; head -n 80 build-thread/tsan.*; exit 1
fi
exit $status
