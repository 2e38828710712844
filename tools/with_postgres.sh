#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# with_postgres.sh COMMAND...: runs a command beside a PostgreSQL cluster of its own.
# The cluster lives in a temporary folder, listens on a Unix socket there only, and is gone
# afterwards. The command finds in its environment
#   GRIDCASE_TEST_POSTGRES  its address without a database: postgresql:///?host=...&user=...
#   GRIDCASE_TEST_POSTGRES_FOLDER  the cluster's folder, with its socket
#   GRIDCASE_TEST_POSTGRES_CTL     pg_ctl of this cluster
# and in the cluster a database template `gridcase_template` with PostGIS. Inside another
# with_postgres.sh that one's cluster is used.
set -eu
[ -n "${GRIDCASE_TEST_POSTGRES:-}" ] && exec "$@"
bin=${POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
if [ ! -x "$bin/postgres" ]; then
    echo "with_postgres.sh: no PostgreSQL 15 in $bin: install postgresql-15-postgis-3" >&2
    exit 1
fi
base=$(mktemp -d "${TMPDIR:-/tmp}/gc-pg-XXXXXX")
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
server() { (cd "$base" && exec "${as[@]}" env -u GRIDCASE_LONG LC_ALL=C.UTF-8 "$@"); }
stop() {
    server "$bin/pg_ctl" -D "$base/data" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$base" "$base.initdb"
}
trap stop EXIT
trap 'exit 1' INT TERM
server "$bin/initdb" -D "$base/data" -U gridcase -A trust -E UTF8 --no-sync >"$base.initdb" 2>&1 ||
    { cat "$base.initdb" >&2; exit 1; }
cat >>"$base/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$base'
max_connections = 300
shared_buffers = 128MB
fsync = off
full_page_writes = off
autovacuum_naptime = 5s
CONF
chmod 755 "$base"
server "$bin/pg_ctl" -D "$base/data" -l "$base/log" -w -t 60 start >/dev/null ||
    { cat "$base/log" >&2; exit 1; }
sql() { "$bin/psql" -X -q -v ON_ERROR_STOP=1 -h "$base" -U gridcase "$@"; }
sql -d postgres -c 'CREATE DATABASE gridcase_template'
# One reference system is enough, and the copies are made faster.
sql -d gridcase_template -c 'CREATE EXTENSION postgis SCHEMA public' \
    -c 'DELETE FROM spatial_ref_sys WHERE srid <> 4326' -c 'VACUUM FULL spatial_ref_sys'
export GRIDCASE_TEST_POSTGRES="postgresql:///?host=$base&user=gridcase"
# "$GRIDCASE_TEST_POSTGRES_CTL stop|start|restart -m immediate"
cat >"$base/ctl" <<CTL
#!/bin/sh
cd "$base" && exec ${as[*]} "$bin/pg_ctl" -D "$base/data" -l "$base/log" -w -t 60 "\$@" >/dev/null 2>&1 </dev/null
CTL
chmod 755 "$base/ctl"
export GRIDCASE_TEST_POSTGRES_CTL=$base/ctl
export GRIDCASE_TEST_POSTGRES_FOLDER=$base
status=0
"$@" || status=$?
exit "$status"
