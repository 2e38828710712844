#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make test`: every short test, one after the other, and one line that adds them up.
# test_all.sh BUILD [long]
set -u
build=$1; export GRIDCASE_LONG=${2:+1}
passed=0; failed=0
summary=()

# Takes "label: N passed, N failed" or node's "# pass N" lines from a log.
count() {
    local label=$1 log=$2 status=$3 ok bad line
    line=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    if [ -n "$line" ]; then
        ok=${line%% *}; bad=$(echo "$line" | awk '{print $3}')
    else
        ok=$(awk '/^(# |ℹ )pass [0-9]+/ {n += $3} END {print n + 0}' "$log")
        bad=$(awk '/^(# |ℹ )fail [0-9]+/ {n += $3} END {print n + 0}' "$log")
    fi
    [ "$status" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && bad=1
    if [ "$bad" -ne 0 ]; then
        echo "---- $label failed (status $status) ----"
        grep -aE '^ *not ok|^FAIL|error:|Error|✖' "$log" | head -n 40
        tail -n 120 "$log"
    fi
    passed=$((passed + ok)); failed=$((failed + bad))
    summary+=("$(printf '%-24s %5d passed %4d failed %5d s' "$label" "$ok" "$bad" "$((SECONDS - started))")")
    echo "${summary[-1]}"
}

step() {
    local label=$1; shift
    local log=$build/test-$label.log
    started=$SECONDS
    "$@" >"$log" 2>&1 </dev/null
    count "$label" "$log" $?
}

node=$(tools/node.sh)
export GRIDCASE_BUILD=$build GRIDCASE_BINARY=$PWD/$build/gridcase
run_node() { "$node" --test --test-concurrency=1 --test-reporter=tap "$@"; }
files() { find "$1" -name '*.test.mjs' | sort; }

mkdir -p "$build"
step unit make --no-print-directory unit
step fuzz-replay make --no-print-directory fuzz-replay
step lint-house tools/lint_house.sh
# shellcheck disable=SC2046
step http run_node $(files tests/http)
step web-unit tools/web_unit.sh
# shellcheck disable=SC2046
step browser run_node $(files tests/browser)
# shellcheck disable=SC2046
step fault run_node $(files tests/fault)
if [ -n "${GRIDCASE_LONG:-}" ]; then
    step unit-asan make --no-print-directory unit SAN=address
    step unit-ubsan make --no-print-directory unit SAN=undefined
    step fuzz make --no-print-directory fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-60}"
    step http-tsan tools/http_tsan.sh
fi
echo
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
