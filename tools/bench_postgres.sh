#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# bench_postgres.sh COMMAND...: runs a bench beside a PostgreSQL cluster of its own, which
# stays with the data of the benches and is stopped afterwards. Commits wait for the disk as
# they do in service. GRIDCASE_BENCH_CLUSTER: its folder (build/bench-data/cluster);
# GRIDCASE_BENCH_BUFFERS: its shared_buffers (1GB).
set -eu
bin=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
base=${GRIDCASE_BENCH_CLUSTER:-$PWD/build/bench-data/cluster}
[ -x "$bin/postgres" ] || { echo "bench: no PostgreSQL 15 in $bin" >&2; exit 1; }
mkdir -p "$base"
as=() # PostgreSQL refuses to run as root
if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$base"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    path=$base # the way there must be open to it
    while [ "$path" != / ]; do
        path=$(dirname "$path")
        [ "$(stat -c %u "$path")" -ne 0 ] || chmod o+x "$path"
    done
fi
socket=$(mktemp -d "${TMPDIR:-/tmp}/gc-bench-XXXXXX") # a socket's way must be short
[ "$(id -u)" -ne 0 ] || chown postgres "$socket"
chmod 755 "$socket"
server() { (cd "$base" && exec "${as[@]}" env LC_ALL=C.UTF-8 "$@"); }
stop() {
    server "$bin/pg_ctl" -D "$base/data" -m fast -w -t 300 stop >/dev/null 2>&1 || true
    rm -rf "$socket"
}
trap stop EXIT
trap 'exit 1' INT TERM
if [ ! -f "$base/data/ready" ]; then
    server "$bin/initdb" -D "$base/data" -U gridcase -A trust -E UTF8 >"$socket/initdb" 2>&1 ||
        { cat "$socket/initdb" >&2; exit 1; }
    cat >>"$base/data/postgresql.conf" <<CONF
listen_addresses = ''
max_connections = 200
max_wal_size = 4GB
maintenance_work_mem = 256MB
shared_preload_libraries = 'pg_stat_statements'
CONF
    server touch "$base/data/ready"
fi
server "$bin/pg_ctl" -D "$base/data" -l "$base/log" -w -t 300 \
    -o "-c unix_socket_directories='$socket' -c shared_buffers=${GRIDCASE_BENCH_BUFFERS:-1GB}" \
    start >/dev/null || { tail -n 20 "$base/log" >&2; exit 1; }
# Folders keep the address they were made with: the same from run to run.
ln -sfn "$socket" "$base/socket"
export GRIDCASE_BENCH_POSTGRES="postgresql:///?host=$base/socket&user=gridcase"
status=0
"$@" || status=$?
exit "$status"
