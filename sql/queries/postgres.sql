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
-- its number answers later whether it has committed, within the same life of the server
-- (statistics begin anew after every crash).
-- name: postgres_writer
-- database: postgres
SELECT pg_advisory_xact_lock($1), CAST(pg_current_xact_id() AS text),
       CAST(extract(epoch FROM pg_postmaster_start_time()) AS text) || ' ' ||
       coalesce(CAST(extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()) AS text), '');

-- Beside each other: every such transaction locks the cases that it changes (case_lock).
-- name: postgres_writer_beside
-- database: postgres
SELECT pg_advisory_xact_lock_shared($1), CAST(pg_current_xact_id() AS text),
       CAST(extract(epoch FROM pg_postmaster_start_time()) AS text) || ' ' ||
       coalesce(CAST(extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()) AS text), '');

-- Fails (22012) while a city is handed over to another store, and after it has moved: asked
-- before a writer waits for its turn, and again when it has it.
-- name: postgres_hold
-- database: postgres
SELECT 1 / CASE WHEN
    EXISTS (SELECT 1 FROM gridcase_system.setting WHERE name = 'held.' || $1
            AND CAST(value AS bigint) > extract(epoch FROM clock_timestamp()) * 1000)
    OR EXISTS (SELECT 1 FROM gridcase_system.city WHERE slug = $1 AND state = 'off'
               AND starts_with(reason, 'moved to '))
    THEN 0 ELSE 1 END;

-- The message is written so that this statement's own commit waits for the synchronous
-- replica, and with it for all that was committed before.
-- name: postgres_outcome
-- database: postgres
SELECT pg_xact_status(CAST($1 AS xid8)),
       CAST(extract(epoch FROM pg_postmaster_start_time()) AS text) || ' ' ||
       coalesce(CAST(extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()) AS text), ''),
       pg_logical_emit_message(true, 'gridcase', '');

-- name: postgres_own
-- database: postgres
SELECT CASE WHEN pg_try_advisory_xact_lock_shared($1) THEN 1 ELSE 0 END,
       set_config('idle_in_transaction_session_timeout', '0', true);

-- Who follows, and what a commit waits for: 8 for each replica, 4 when some are synchronous
-- by name, and 0 for nothing, 1 for our own disk, 2 for replicas, too. Anybody may ask.
-- name: postgres_replicas
-- database: postgres
SELECT 8 * (SELECT count(*) FROM pg_stat_replication)
       + CASE WHEN current_setting('synchronous_standby_names') = '' THEN 0 ELSE 4 END
       + CASE current_setting('synchronous_commit') WHEN 'off' THEN 0 WHEN 'local' THEN 1
         ELSE 2 END;

-- name: postgres_own_alone
-- database: postgres
SELECT CASE WHEN pg_try_advisory_xact_lock(CAST($1 AS bigint)) THEN 1 ELSE 0 END;

-- Processes that work with the store: holders of the lock above, whose halves pg_locks has.
-- name: postgres_own_count
-- database: postgres
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND CAST(classid AS bigint) = (CAST($1 AS bigint) >> 32) & 4294967295
  AND CAST(objid AS bigint) = CAST($1 AS bigint) & 4294967295;

-- Nobody writes to another database of the city until the transaction ends, and its tables
-- are in sight: the next statement, and one that takes them out of it again.
-- name: postgres_watch
-- database: postgres
SELECT pg_advisory_xact_lock_shared($1), set_config('search_path', $2, true);

-- name: postgres_watch_over
-- database: postgres
SELECT set_config('search_path', $1, true);

-- name: postgres_wake
-- database: postgres
SELECT 1 FROM pg_notify('gridcase', $1);

-- name: postgres_process
-- database: postgres
SELECT pg_backend_pid();

-- name: postgres_schema_count
-- database: postgres
SELECT count(*) FROM pg_namespace WHERE nspname = $1;

-- name: postgres_table_count
-- database: postgres
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = 'r';

-- Does this database keep partitions (schema 0170)?
-- name: postgres_has_room
-- database: postgres
SELECT CASE WHEN to_regproc('make_room') IS NULL THEN 0 ELSE 1 END;

-- Makes those that are due; how many.
-- name: postgres_make_room
-- database: postgres
SELECT make_room();

-- name: postgres_has_statements
-- database: postgres
SELECT CASE WHEN to_regclass('pg_stat_statements') IS NULL THEN 0 ELSE 1 END;

-- Of this database and of nobody else's statements; times are milliseconds.
-- name: postgres_statements
-- database: postgres
SELECT said, CAST(sum(calls) AS bigint), sum(total_exec_time),
       sum(total_exec_time) / sum(calls), max(max_exec_time),
       (SELECT CAST(extract(epoch FROM stats_reset) * 1000 AS bigint)
        FROM pg_stat_statements_info)
FROM (SELECT CASE WHEN query LIKE 'FETCH %' THEN 'FETCH (rows of long answers)'
                  WHEN query LIKE 'DECLARE %'
                  THEN regexp_replace(query, '^DECLARE c[0-9]+ NO SCROLL CURSOR FOR ', '')
                  ELSE query END AS said, calls, total_exec_time, max_exec_time
      FROM pg_stat_statements
      WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND userid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
        AND calls > 0) AS statements
GROUP BY said ORDER BY 3 DESC LIMIT $1;

-- ---- loading on a copy: statements that make it, $1 the schema, $2 the copy's ----

-- name: postgres_load_tables
-- database: postgres
SELECT step FROM (
    SELECT 1, c.relname, format('CREATE TABLE %I.%I (LIKE %I.%I INCLUDING DEFAULTS INCLUDING '
        'CONSTRAINTS INCLUDING IDENTITY INCLUDING GENERATED)%s', CAST($2 AS text), c.relname,
        n.nspname, c.relname,
        CASE WHEN c.relkind = 'p' THEN ' PARTITION BY ' || pg_get_partkeydef(c.oid) END)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    UNION ALL
    SELECT 2, c.relname, format('CREATE TABLE %I.%I PARTITION OF %I.%I %s', CAST($2 AS text),
        c.relname, CAST($2 AS text), p.relname, pg_get_expr(c.relpartbound, c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
    WHERE n.nspname = $1 AND c.relkind = 'r' AND c.relispartition
    UNION ALL
    SELECT 3, k.conname, format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', CAST($2 AS text),
        c.relname, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND k.contype IN ('p', 'u') AND NOT c.relispartition
    UNION ALL
    SELECT 4, c.relname, format('INSERT INTO %I.%I SELECT * FROM %I.%I', CAST($2 AS text),
        c.relname, n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    UNION ALL
    SELECT 5, p.proname, replace(pg_get_functiondef(p.oid), format(' %I.', n.nspname),
        format(' %I.', CAST($2 AS text)))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1
    UNION ALL
    SELECT 6, t.tgname, replace(pg_get_triggerdef(t.oid), format(' %I.', n.nspname),
        format(' %I.', CAST($2 AS text)))
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND NOT t.tgisinternal AND t.tgparentid = 0
) AS all_steps (place, name, step) ORDER BY place, name;

-- Indexes and references that the copy is still without, its numbers drawn on from the
-- highest, and what the planner has to know.
-- name: postgres_load_rest
-- database: postgres
SELECT step FROM (
    SELECT 1, i.relname, replace(replace(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON '),
        format(' ON %I.', n.nspname), format(' ON %I.', CAST($2 AS text)))
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = i.relnamespace
    WHERE n.nspname = $1 AND NOT i.relispartition
      AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.oid)
    UNION ALL
    SELECT 2, k.conname, format('ALTER TABLE %I.%I ADD CONSTRAINT %I %s', CAST($2 AS text),
        c.relname, k.conname, replace(pg_get_constraintdef(k.oid),
        format('REFERENCES %I.', n.nspname), format('REFERENCES %I.', CAST($2 AS text))))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND k.contype = 'f' AND k.conparentid = 0 AND NOT c.relispartition
    UNION ALL
    SELECT 3, c.relname, format('SELECT setval(pg_get_serial_sequence(%L, %L), '
        'greatest((SELECT max(%I) FROM %I.%I), 1))', format('%I.%I', CAST($2 AS text),
        c.relname), a.attname, a.attname, CAST($2 AS text), c.relname)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = 'r' AND a.attidentity <> ''
    UNION ALL
    SELECT 4, c.relname, format('ANALYZE %I.%I', CAST($2 AS text), c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
) AS all_steps (place, name, step) ORDER BY place, name;
