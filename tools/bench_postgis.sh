#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# Runs a file of SQL in a PostGIS of its own: a cluster in FOLDER, on a socket file there, that
# is started and stopped here and deleted afterwards. Prints what the statements print.
#
#   tools/bench_postgis.sh FOLDER FILE.sql      exit 3: PostgreSQL with PostGIS is not installed
set -eu
folder=$1 file=$2
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
version=$(basename "$(dirname "${bin:-/none/bin}")")
[ -n "$bin" ] && [ -f "/usr/share/postgresql/$version/extension/postgis.control" ] || exit 3
cluster=$folder/cluster
# initdb does not run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
    as=(runuser -u postgres --)
    chown postgres "$folder"
    chmod a+rx "$folder"
fi
stop() {
    "${as[@]}" "$bin/pg_ctl" -D "$cluster" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$cluster"
}
trap stop EXIT
cd "$folder"
"${as[@]}" "$bin/initdb" -D "$cluster" -A trust -E UTF8 --locale=C.UTF-8 -U postgres >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$cluster" -w -l "$folder/postgres.log" -o "-k '$folder' -h '' -c shared_buffers=1GB \
    -c jit=off -c max_parallel_workers_per_gather=0 -c fsync=off -c autovacuum=off" start >/dev/null
"${as[@]}" "$bin/psql" -h "$folder" -U postgres -d postgres -X -q -A -t -v ON_ERROR_STOP=1 -f "$file"
