#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make lint`: house rules, formatting, self-contained headers, clang-tidy, cppcheck, manual
# pages. Last line "lint: N passed, N failed".
set -u
build=$1
passed=0; failed=0
check() { # check NAME COMMAND...
    local name=$1 log; shift; log=$(mktemp)
    if "$@" >"$log" 2>&1; then passed=$((passed + 1)); echo "ok   $name"
    else failed=$((failed + 1)); echo "FAIL $name"; head -n 60 "$log"; fi
    rm -f "$log"
}
flags="-std=c17 -D_GNU_SOURCE -DGRIDCASE_VERSION=__FILE__ -Iinclude -I$build/gen -Itests $(pkg-config --cflags libmicrohttpd gdal glib-2.0 jansson gnutls libpng spatialite | sed 's/-I/-isystem /g')"
formatted() { git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror; }
headers() {
    local bad=0 header
    for header in $(git ls-files 'include/gridcase/*/*.h'); do
        echo "#include <${header#include/}>" | gcc -x c -fsyntax-only -Wall $flags - || bad=1
    done
    return $bad
}
tidy() { git ls-files 'src/*/*.c' | xargs -n 8 -P 2 sh -c "clang-tidy --quiet --warnings-as-errors='*' \"\$@\" -- $flags" sh; }
cpp() { cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem --std=c11 -Iinclude -I"$build/gen" -j2 src; }
manuals() {
    local out; out=$(git ls-files 'man/*.[1-8]' | xargs mandoc -T lint -W warning 2>&1 | grep -v 'referenced manual not found')
    [ -z "$out" ] || { echo "$out"; return 1; }
}
check house tools/lint_house.sh
check format formatted
check headers headers
check manuals manuals
check clang-tidy tidy
check cppcheck cpp
echo "lint: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
