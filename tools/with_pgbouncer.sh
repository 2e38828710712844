#!/usr/bin/env bash
# SPDX-License-Identifier: MPL-2.0
# with_pgbouncer.sh COMMAND...: inside with_postgres.sh, runs a command whose connections go
# through a PgBouncer of its own that pools transactions.
set -eu
[ -n "${GRIDCASE_TEST_POSTGRES:-}" ] || exec "$(dirname "$0")/with_postgres.sh" "$0" "$@"
program=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
[ -x "$program" ] || { echo "with_pgbouncer.sh: install pgbouncer" >&2; exit 1; }
base=$(mktemp -d "${TMPDIR:-/tmp}/gc-pb-XXXXXX")
as=()
if [ "$(id -u)" -eq 0 ]; then
    chown postgres "$base"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
cat >"$base/ini" <<INI
[databases]
* = host=$GRIDCASE_TEST_POSTGRES_FOLDER
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = $base
auth_type = any
auth_file = /dev/null
pool_mode = transaction
default_pool_size = ${GRIDCASE_TEST_POOL:-20}
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
logfile = $base/log
pidfile = $base/pid
INI
sed -i 's#^\* = .*#* = host='"$GRIDCASE_TEST_POSTGRES_FOLDER"' user=gridcase#' "$base/ini"
chmod 755 "$base"; chmod 644 "$base/ini"
(cd "$base" && exec "${as[@]}" "$program" -q "$base/ini") </dev/null >/dev/null 2>&1 &
child=$!
trap 'kill "$child" 2>/dev/null; wait "$child" 2>/dev/null || true; rm -rf "$base"' EXIT
trap 'exit 1' INT TERM
for _ in $(seq 100); do [ -S "$base/.s.PGSQL.5432" ] && break; sleep 0.05; done
[ -S "$base/.s.PGSQL.5432" ] || { cat "$base/log" >&2; exit 1; }
status=0
GRIDCASE_TEST_POSTGRES_DIRECT=$GRIDCASE_TEST_POSTGRES \
    GRIDCASE_TEST_POSTGRES="postgresql:///?host=$base&user=gridcase" "$@" || status=$?
exit "$status"
