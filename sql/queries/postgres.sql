-- SPDX-License-Identifier: MPL-2.0
-- What the PostgreSQL engine itself asks; SQLite has PRAGMAs and files for it.

-- Settings that last for one transaction, so that a pooled connection keeps nothing of us:
-- the city, how long a statement may take, whether commits wait for the disk ('': as the
-- server has it), how long to wait for a lock. Compiling plans costs more than it gives.
-- name: postgres_settings
-- database: postgres
SELECT set_config('search_path', $1, true), set_config('statement_timeout', $2, true),
       set_config('synchronous_commit',
                  coalesce(nullif($3, ''), current_setting('synchronous_commit')), true),
       set_config('lock_timeout', $4, true), set_config('jit', 'off', true);

-- One transaction writes to a database of a city at a time, whichever server it comes from;
-- its number answers later whether it has committed.
-- name: postgres_writer
-- database: postgres
SELECT pg_advisory_xact_lock($1), CAST(pg_current_xact_id() AS text);

-- name: postgres_outcome
-- database: postgres
SELECT pg_xact_status(CAST($1 AS xid8));

-- name: postgres_own
-- database: postgres
SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END,
       set_config('idle_in_transaction_session_timeout', '0', true);

-- name: postgres_schema_count
-- database: postgres
SELECT count(*) FROM pg_namespace WHERE nspname = $1;

-- name: postgres_table_count
-- database: postgres
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'r';
