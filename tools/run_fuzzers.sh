#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# run_fuzzers.sh BUILD SECONDS|replay FUZZER...: fuzzes each target, or replays its corpus.
# Last line: "fuzz: N passed, N failed".
set -u
build=$1; seconds=$2; shift 2
passed=0; failed=0
for fuzzer in "$@"; do
    corpus=tests/fuzz/corpus/${fuzzer#fuzz_}
    log=$build/$fuzzer.log
    if [ "$seconds" = replay ]; then
        mapfile -t files < <(find "$corpus" -type f 2>/dev/null | sort)
        if [ "${#files[@]}" -eq 0 ]; then
            echo "FAIL $fuzzer: no corpus in $corpus"; failed=$((failed + 1)); continue
        fi
        "$build/$fuzzer" -timeout=25 "${files[@]}" >"$log" 2>&1
        status=$?
    else
        mkdir -p "$build/corpus/$fuzzer"
        "$build/$fuzzer" -timeout=25 -rss_limit_mb=4096 -max_total_time="$seconds" \
            -artifact_prefix="$build/crash-$fuzzer-" "$build/corpus/$fuzzer" "$corpus" >"$log" 2>&1
        status=$?
    fi
    if [ "$status" -eq 0 ]; then passed=$((passed + 1)); else
        failed=$((failed + 1)); echo "FAIL $fuzzer"; tail -n 40 "$log"; fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
