#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make run`: loads the demo cities into a new data folder, gives them some weeks of cases,
# serves both and keeps a gentle live feed. run_demo.sh BUILD DATA PORT [LAN] [FEED=0|1]
set -eu
build=$1 data=$2 port=$3 lan=${4:-} feed=${FEED:-1}
gridcase=$build/gridcase
record=grids/boston/replay

load() { # city: its model
    [ -d "$data/cities/$1" ] || "$gridcase" city new "$1" "grids/$1" --data "$data"
    "$gridcase" city load "$1" "grids/$1" --data "$data" --quiet
}
if [ ! -f "$data/cities/boston/demo-ready" ]; then
    echo "Loading Boston into $data (once) ..."
    load boston
    echo "Playing the city's record; rows that contradict themselves are named and left out ..."
    "$gridcase" replay boston "$record/record.csv.gz" --map "$record/map.ini" --speed max \
        --shift-to-now --until-now --data "$data"
    touch "$data/cities/boston/demo-ready"
fi
if [ ! -f "$data/cities/haidian/demo-ready" ]; then
    echo "Loading Haidian into $data (once) ..."
    load haidian
    echo "Playing four weeks of synthetic cases ..."
    "$gridcase" play haidian --plan grids/haidian/play.ini --data "$data"
    touch "$data/cities/haidian/demo-ready"
fi

options=(--data "$data" --port "$port" --web "$build/web")
[ -n "$lan" ] && options+=(--lan --demo-logins)
"$gridcase" serve "${options[@]}" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true' EXIT INT TERM
for _ in $(seq 100); do
    [ -S "$data/control.sock" ] && break
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit 1; }
    sleep 0.1
done

host=127.0.0.1
[ -n "$lan" ] && host=$(hostname -I 2>/dev/null | awk '{print $1}')
echo
echo "gridcase is running. Open a city and sign in with one of its demo logins"
echo "(made anew for this data folder):"
for city in boston haidian; do
    echo
    echo "  http://$host:$port/$city/"
    sed 's/^/    /' "$data/cities/$city/demo-logins.txt"
done
echo
echo "Stop with Ctrl-C. Data stays in $data; 'make run' starts it again."
if [ "$feed" = 1 ]; then
    "$gridcase" replay boston "$record/record.csv.gz" --map "$record/map.ini" --live --speed 6 --gap 12 --data "$data" \
        >"$data/feed.log" 2>&1 &
    "$gridcase" play haidian --plan grids/haidian/play.ini --live --speed 6 --data "$data" \
        >"$data/feed-haidian.log" 2>&1 &
fi
wait "$server"
