#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Runs cmocka programs and adds up what they say: run_units.sh BUILD PROGRAM...
# Last line: "unit: N passed, N failed". A program that dies, or runs no test, is a failure.
set -u
build=$1; shift
export GRIDCASE_ROOT=$PWD GRIDCASE_BUILD=$build
passed=0; failed=0
for program in "$@"; do
    out=$build/unit/$(basename "$program").log
    timeout 900 "$program" >"$out" 2>&1
    status=$?
    ok=$(grep -c '^\[       OK \]' "$out")
    bad=$(grep -E '^\[  FAILED  \] ' "$out" | grep -vE 'test\(s\), listed below' | sort -u | wc -l)
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && { bad=1; echo "no test ran" >>"$out"; }
    if [ "$bad" -ne 0 ]; then echo "FAIL $(basename "$program") (status $status)"; tail -n 60 "$out"; fi
    printf '%-40s %4d passed %3d failed\n' "$(basename "$program")" "$ok" "$bad"
    passed=$((passed + ok)); failed=$((failed + bad))
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
