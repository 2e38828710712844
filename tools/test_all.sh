#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make test`: every short test, three steps at a time where none minds the others, and one line
# that adds them up.
# test_all.sh BUILD [long]
# A step that runs too long is killed with all it started and counts as failed; so does one
# that leaves a process or a folder of ours behind. Logs: BUILD/test-STEP.log.
set -u
build=$1
if [ "${2:-}" = long ]; then export GRIDCASE_LONG=1; else unset GRIDCASE_LONG; fi
mkdir -p "$build"
temporary=$(mktemp -d "${TMPDIR:-/tmp}/gc-XXXXXX") || exit 1 # short: Unix sockets live below
results=$temporary/results # a line a step: passed, failed, what is printed
: >"$results"
trap 'rm -rf "$temporary"' EXIT
trap 'exit 1' INT TERM

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
    line=$(printf '%-24s %5d passed %4d failed %5d s' "$label" "$ok" "$bad" "$((SECONDS - started))")
    echo "$line"
    echo "$ok $bad $line" >>"$results"
}

# Processes that carry this step's mark in their environment.
marked() { grep -lsz "^GRIDCASE_STEP=$1\$" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | grep -vx "$$"; }

# step LABEL SECONDS COMMAND...
step() {
    local label=$1 seconds=$2 status pid left; shift 2
    local log=$build/test-$label.log mark=$$-$label folder=$temporary/$label started=$SECONDS
    mkdir -p "$folder"
    TMPDIR=$folder GRIDCASE_STEP=$mark timeout --kill-after=20 "$seconds" "$@" >"$log" 2>&1 </dev/null
    status=$?
    [ "$status" -ge 124 ] && echo "FAIL $label: killed, status $status (limit $seconds s)" >>"$log"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        left=$(marked "$mark")
        [ -z "$left" ] && break
        sleep 0.5
    done
    for pid in $left; do
        echo "FAIL $label: left process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | head -c 200)" >>"$log"
        kill -KILL "$pid" 2>/dev/null
        status=1
    done
    left=$(find "$folder" -mindepth 1 -maxdepth 1 -name 'gridcase*' -printf '%f ')
    [ -n "$left" ] && { echo "FAIL $label: left in the temporary folder: $left" >>"$log"; status=1; }
    rm -rf "$folder"
    count "$label" "$log" "$status"
}

# bash functions cannot run under timeout: node's runs are written out.
node=$(tools/node.sh) || exit 1
PATH=$(dirname "$node"):$PATH; export PATH
export GRIDCASE_BUILD=$build GRIDCASE_BINARY=$PWD/$build/gridcase
tests=("$node" --test --test-concurrency=1 --test-reporter=tap)
http=("$node" --test --test-concurrency=2 --test-reporter=tap) # each file has its own server
files() { find "$1" -name '*.test.mjs' | sort; }
factor=1; [ -n "${GRIDCASE_LONG:-}" ] && factor=3

# What opens stores and looks into no file of SQLite, on PostgreSQL; some through PgBouncer.
on_postgres=(account account_command case_rules case_points case_media cases_random cases_read
    city_store media_row process_tables search seal freeze)
pooled=(db_contract db_beside db_rows case_rules account)
# The HTTP suite through PgBouncer, too: short, the loop of a case; long, all of it.
not_on_postgres="install|grid_make|tls|forwarded|figures_boston${GRIDCASE_LONG:+x}"
through_pooler() {
    files tests/http | grep -vE "/($not_on_postgres)\.test" |
        if [ -n "${GRIDCASE_LONG:-}" ]; then cat; else grep '/loop\.test'; fi
}

# shellcheck disable=SC2046
one_lane() {
    step unit $((factor * 500)) make --no-print-directory unit
    step fuzz-replay 500 make --no-print-directory -j2 fuzz-replay
    step lint-house 120 tools/lint_house.sh
    step web-unit 300 tools/web_unit.sh
}
# shellcheck disable=SC2046
waiting_lane() { # most of it waits: for limits to pass, for what was killed to come back
    step fault $((factor * 600)) tools/with_postgres.sh "${tests[@]}" $(files tests/fault)
    step http $((factor * 600)) "${http[@]}" $(files tests/http)
}
# The HTTP suite on PostgreSQL; the whole record of a city only when there is time for it.
# shellcheck disable=SC2046
postgres_lane() {
    step unit-postgres $((factor * 400)) env GRIDCASE_ENGINE=postgres tools/with_postgres.sh \
        tools/run_units.sh "$build" "${on_postgres[@]/#/$build/unit/test_}"
    step unit-pgbouncer $((factor * 300)) env GRIDCASE_ENGINE=postgres tools/with_pgbouncer.sh \
        tools/run_units.sh "$build" "${pooled[@]/#/$build/unit/test_}"
    step http-postgres $((factor * 600)) env GRIDCASE_ENGINE=postgres tools/with_postgres.sh \
        "${http[@]}" $(files tests/http | grep -vE "/($not_on_postgres)\.test")
    step http-pgbouncer $((factor * 600)) env GRIDCASE_ENGINE=postgres \
        tools/with_pgbouncer.sh "${http[@]}" $(through_pooler)
}
one_lane & waiting_lane & postgres_lane & wait
# Alone: it plays people, who wait for what they see.
# shellcheck disable=SC2046
step browser $((factor * 800)) tools/browser_tests.sh "$node" $(files tests/browser)
grep -a "^played twice" "$build/test-browser.log"
if [ -n "${GRIDCASE_LONG:-}" ]; then
    unset GRIDCASE_LONG # the second engine's pages and the slower builds run the short forms
    # shellcheck disable=SC2046
    step browser-postgres 1500 env GRIDCASE_ENGINE=postgres tools/with_postgres.sh \
        tools/browser_tests.sh "$node" $(files tests/browser)
    # Those that look into no file of SQLite.
    step fault-postgres 900 env GRIDCASE_ENGINE=postgres tools/with_postgres.sh \
        "${tests[@]}" tests/fault/{client,clock,contact,kill,shift,stop}.test.mjs
    step unit-asan 900 make --no-print-directory -j2 unit SAN=address
    step unit-ubsan 900 make --no-print-directory -j2 unit SAN=undefined
    step unit-tsan 900 make --no-print-directory -j2 unit-threads SAN=thread
    step http-tsan 900 tools/http_tsan.sh
    step valgrind 900 make --no-print-directory -j2 valgrind
    step fuzz 1200 make --no-print-directory -j2 fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-45}"
fi
echo
cut -d' ' -f3- "$results"
read -r passed failed < <(awk '{p += $1; f += $2} END {print p + 0, f + 0}' "$results")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
