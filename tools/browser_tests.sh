#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Browser tests, two files at a time, each with a server of its own: browser_tests.sh NODE FILE...
# A file that fails is played once more, alone, and that is said: a page on a busy machine may be
# slower than a person, and a test that fails twice is broken. Ends with "N passed, N failed".
set -u
node=$1; shift
logs=$(mktemp -d "${TMPDIR:-/tmp}/gc-browser-XXXXXX") || exit 1
trap 'rm -rf "$logs"' EXIT

# play FILE: its log goes to $logs, and its status beside it.
play() {
    local log; log=$logs/$(basename "$1")
    "$node" --test --test-concurrency=1 --test-reporter=tap "$1" >"$log" 2>&1
    echo $? >"$log.status"
}
number() { awk -v word="$1" '$1 == "#" && $2 == word {n += $3} END {print n + 0}' "$2"; }

for file in "$@"; do
    while [ "$(jobs -rp | wc -l)" -ge "${BROWSERS:-2}" ]; do wait -n; done
    play "$file" &
done
wait

passed=0; failed=0; again=()
for file in "$@"; do
    log=$logs/$(basename "$file")
    cat "$log"
    if [ "$(cat "$log.status")" -ne 0 ]; then
        again+=("$file")
        echo "---- $file failed; once more ----"
        play "$file"
        cat "$log"
    fi
    ok=$(number pass "$log"); bad=$(number fail "$log")
    [ "$ok" -eq 0 ] && [ "$bad" -eq 0 ] && bad=1 # nothing was played
    [ "$(cat "$log.status")" -ne 0 ] && [ "$bad" -eq 0 ] && bad=1
    passed=$((passed + ok)); failed=$((failed + bad))
done
for file in "${again[@]}"; do echo "played twice: $file"; done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
