#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Browser tests, a file at a time: browser_tests.sh NODE FILE...
# A file that fails is played once more, and that is said: a page on a busy machine may be slower
# than a person, and a test that fails twice is broken. Ends with "N passed, N failed".
set -u
node=$1; shift
passed=0; failed=0; again=()
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

play() { "$node" --test --test-concurrency=1 --test-reporter=tap "$1" >"$log" 2>&1; local status=$?; cat "$log"; return $status; }
number() { awk -v word="$1" '$1 == "#" && $2 == word {n += $3} END {print n + 0}' "$log"; }

for file in "$@"; do
    if ! play "$file"; then
        again+=("$file")
        echo "---- $file failed; once more ----"
        play "$file"
    fi
    ok=$(number pass); bad=$(number fail)
    [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && bad=1 # nothing was played
    passed=$((passed + ok)); failed=$((failed + bad))
done
for file in "${again[@]}"; do echo "played twice: $file"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
