#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Runs cmocka programs and adds up what they say: run_units.sh BUILD PROGRAM...
# Last line: "unit: N passed, N failed". A program that dies, or runs no test, is a failure.
set -u
build=$1; shift
export GRIDCASE_ROOT=$PWD GRIDCASE_BUILD=$build
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$PWD/tools/lsan.supp:print_suppressions=0}
export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$PWD/tools/tsan.supp}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
# Tests make their folders here; what they leave behind is a failure.
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/gridcase-units-XXXXXX"); export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
wrapper=() # GRIDCASE_WRAPPER="valgrind ..." runs each program under it
[ -n "${GRIDCASE_WRAPPER:-}" ] && read -ra wrapper <<<"$GRIDCASE_WRAPPER"
passed=0; failed=0
for program in "$@"; do
    out=$build/unit/$(basename "$program")${GRIDCASE_ENGINE:+-$GRIDCASE_ENGINE}.log
    timeout --kill-after=10 900 "${wrapper[@]}" "$program" >"$out" 2>&1 </dev/null
    status=$?
    ok=$(grep -c '^\[       OK \]' "$out")
    bad=$(grep -E '^\[  FAILED  \] ' "$out" | grep -vE 'test\(s\), listed below' | sort -u | wc -l)
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && { bad=1; echo "no test ran" >>"$out"; }
    left=$(find "$TMPDIR" -mindepth 1 -maxdepth 1 | head -n 5)
    if [ -n "$left" ]; then
        bad=$((bad + 1)); echo "left behind: $left" >>"$out"
        find "$TMPDIR" -mindepth 1 -delete
    fi
    if [ "$bad" -ne 0 ]; then echo "FAIL $(basename "$program") (status $status)"; tail -n 60 "$out"; fi
    printf '%-40s %4d passed %3d failed\n' "$(basename "$program")" "$ok" "$bad"
    passed=$((passed + ok)); failed=$((failed + bad))
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
