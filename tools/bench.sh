#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make bench`: figures as ratios against stock software measured in the same run.
#
#   tools/bench.sh BUILD [PART...]      all parts when none is named
#
# SCALE=1 or 10: millions of cases in the data; GRIDCASE_BENCH_DATA: where the data is kept,
# see bench/support/lives.h. Each part is a program BUILD/bench/PART that may run alone.
# Below tools/bench_postgres.sh the stores are on a PostgreSQL cluster: the same parts, and
# growth, which asks about partitions.
set -u
build=$1
shift
parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then
    parts=(locate intake upkeep fill lives queue dashboard figures rollups recount search tiles trade)
    [ -n "${GRIDCASE_BENCH_POSTGRES:-}" ] && parts+=(growth)
fi
failed=()
for part in "${parts[@]}"; do
    [ -x "$build/bench/$part" ] || { echo "bench: $part was not built" >&2; exit 1; }
    echo "== $part =="
    "$build/bench/$part" "$build" || failed+=("$part")
    echo
done
[ ${#failed[@]} -eq 0 ] || { echo "bench: failed: ${failed[*]}" >&2; exit 1; }
