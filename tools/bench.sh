#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make bench`: figures as ratios against stock software measured in the same run.
set -eu
build=$1
for program in locate intake; do
    [ -x "$build/bench/$program" ] || { echo "bench: $program was not built" >&2; exit 1; }
    echo "== $program =="
    "$build/bench/$program" "$build"
    echo
done
