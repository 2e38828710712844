#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# `make run`: loads the demo city into a new data folder, plays some of its record, serves it
# and keeps a gentle live feed. run_demo.sh BUILD DATA PORT [LAN] [FEED=0|1]
set -eu
build=$1 data=$2 port=$3 lan=${4:-} feed=${FEED:-1}
gridcase=$build/gridcase
city=boston
record=grids/boston/replay

if [ ! -f "$data/cities/$city/demo-ready" ]; then
    echo "Loading the demo city into $data (once) ..."
    [ -d "$data/cities/$city" ] || "$gridcase" city new "$city" grids/boston --data "$data"
    "$gridcase" city load "$city" grids/boston --data "$data" --quiet
    echo "Playing the city's record; rows that contradict themselves are named and left out ..."
    "$gridcase" replay "$city" "$record/record.csv.gz" --map "$record/map.ini" --speed max \
        --shift-to-now --until-now --data "$data"
    touch "$data/cities/$city/demo-ready"
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
echo "gridcase is running. Open:  http://$host:$port/$city/"
echo "Demo logins (made anew for this data folder):"
sed 's/^/    /' "$data/cities/$city/demo-logins.txt"
echo "Stop with Ctrl-C. Data stays in $data; 'make run' starts it again."
if [ "$feed" = 1 ]; then
    "$gridcase" replay "$city" "$record/record.csv.gz" --map "$record/map.ini" --live --speed 6 --gap 12 --data "$data" \
        >"$data/feed.log" 2>&1 &
fi
wait "$server"
