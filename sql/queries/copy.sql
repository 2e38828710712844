-- SPDX-License-Identifier: MPL-2.0
-- Tables as every engine has them. An empty SQLite database that has had every migration is
-- asked what there is, and for the texts that read and write a row of each table; those run
-- on every engine. So a table that a migration adds is copied without further ado.

-- Real tables: virtual ones are indexes, which are made again.
-- name: catalogue_table_list
-- database: sqlite
SELECT name FROM pragma_table_list
WHERE schema = 'main' AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name;

-- Columns in order of name; the key's have their place in it.
-- name: catalogue_column_list
-- database: sqlite
SELECT name, CASE type WHEN 'INTEGER' THEN 1 WHEN 'REAL' THEN 2 WHEN 'TEXT' THEN 3
                       WHEN 'BLOB' THEN 4 ELSE 5 END, pk
FROM pragma_table_info($1) ORDER BY name;

-- Tables that a table's rows name: they come first.
-- name: catalogue_parent_list
-- database: sqlite
SELECT DISTINCT "table" FROM pragma_foreign_key_list($1) WHERE "table" <> $1 ORDER BY 1;

-- Reads all rows in order of their key; reads those whose first part of the key lies in a
-- range; puts a row in, over an older one; removes one; fills an empty table fast.
-- name: catalogue_texts
-- database: sqlite
WITH c AS (
    SELECT '"' || name || '"' AS name, pk,
           type NOT IN ('INTEGER', 'REAL', 'TEXT', 'BLOB') AS shape,
           row_number() OVER (ORDER BY name) AS n
    FROM pragma_table_info($1)
), k AS (
    SELECT group_concat(name, ', ') AS list, max(CASE WHEN place = 1 THEN name END) AS first,
           group_concat(name || ' = $' || place, ' AND ') AS equal
    FROM (SELECT name, pk AS place FROM c WHERE pk > 0 ORDER BY pk)
), t AS (
    SELECT group_concat(name, ', ') AS names,
           group_concat(CASE WHEN shape THEN 'ST_AsBinary(' || name || ')' ELSE name END,
                        ', ') AS read,
           group_concat(CASE WHEN shape THEN 'ST_GeomFromWKB($' || n || ', 4326)'
                             ELSE '$' || n END, ', ') AS marks,
           group_concat(CASE WHEN pk = 0 THEN name || ' = excluded.' || name END,
                        ', ') AS sets
    FROM (SELECT * FROM c ORDER BY n)
)
SELECT 'SELECT ' || t.read || ' FROM "' || $1 || '" ORDER BY ' || k.list,
       'SELECT ' || t.read || ' FROM "' || $1 || '" WHERE ' || k.first
           || ' BETWEEN $' || 1 || ' AND $' || 2 || ' ORDER BY ' || k.list,
       'INSERT INTO "' || $1 || '" (' || t.names || ') VALUES (' || t.marks
           || ') ON CONFLICT (' || k.list || ') DO '
           || coalesce('UPDATE SET ' || t.sets, 'NOTHING'),
       'DELETE FROM "' || $1 || '" WHERE ' || k.equal,
       'SELECT count(*) FROM "' || $1 || '"',
       'COPY "' || $1 || '" (' || t.names || ') FROM STDIN (FORMAT binary)'
FROM t, k;

-- Numbers that a table draws go on from the highest that was put in.
-- name: postgres_draw_on
-- database: postgres
SELECT format('SELECT setval(pg_get_serial_sequence(%L, %L), greatest((SELECT max(%I) '
    'FROM %I.%I), 1))', format('%I.%I', n.nspname, c.relname), a.attname, a.attname,
    n.nspname, c.relname)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attidentity <> '' ORDER BY c.relname;

-- What the planner has to know of tables that were filled.
-- name: postgres_look_over
-- database: postgres
SELECT format('ANALYZE %I.%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') ORDER BY c.relname;

-- Tables of a schema, by name: tests compare them with the catalogue.
-- name: postgres_table_list
-- database: postgres
SELECT c.relname, string_agg(a.attname, ' ' ORDER BY a.attname COLLATE "C")
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.relname ORDER BY c.relname COLLATE "C";

-- ---- what is kept beside a table and is no table ----

-- name: copy_point_clear
-- database: cases
DELETE FROM case_open_point;

-- name: copy_point_fill
-- database: cases
INSERT INTO case_open_point (case_id, west, east, south, north)
SELECT case_id, lon, lon, lat, lat FROM case_file WHERE closed_at IS NULL AND lon IS NOT NULL;

-- Cases that have changed since a position of the stream, and those whose change has none yet.
-- name: copy_changed
-- database: cases
-- rows: many
SELECT case_id FROM change WHERE position > $1 UNION SELECT case_id FROM change_new;

-- Up to which change keys of requests have expired.
-- name: copy_keys_expired
-- database: cases
SELECT keys_expired FROM case_epoch;

-- Cases in whose histories keys have expired since.
-- name: copy_keys_changed
-- database: cases
-- rows: many
SELECT case_id FROM change
WHERE position > $1 AND position <= (SELECT keys_expired FROM case_epoch);

-- Cases whose tasks and clocks may change without a move: those that are open, that have a
-- timer, or a clock that runs.
-- name: copy_open
-- database: cases
-- rows: many
SELECT case_id FROM case_file WHERE closed_at IS NULL
UNION SELECT task_id / 1024 FROM case_task WHERE timer_at IS NOT NULL
UNION SELECT case_id FROM case_clock WHERE status = 1;

-- Lists of cases of the time orders that are not over: eight bytes of the case, eight of its
-- version.
-- name: copy_orders
-- database: cases
-- rows: many
SELECT list FROM time_order WHERE state < 4;

-- Room for changes up to a position: there may be none before it that have made it.
-- name: copy_room
-- database: cases
SELECT CAST($1 AS INTEGER) * 0;
-- postgres: partitions, as make_room() makes them
SELECT grow_to('change', $1, 8388608);

-- ---- changes of other servers that nobody had numbered when they were copied ----

-- name: copy_outbox_changes
-- database: cases
INSERT INTO change (position, case_id, seq, kind, stage, at, moved)
SELECT (SELECT coalesce(max(position), 0) FROM change)
           + row_number() OVER (ORDER BY change_new_id),
       case_id, seq, kind, stage, at, moved
FROM change_new;

-- name: copy_outbox_before
-- database: cases
INSERT INTO change_before (position, area_1, area_2, area_3, area_4, area_5, area_6, area_7,
                           area_8)
SELECT position, area_1, area_2, area_3, area_4, area_5, area_6, area_7, area_8 FROM (
    SELECT (SELECT coalesce(max(position), 0) FROM change)
               - (SELECT count(*) FROM change_new)
               + row_number() OVER (ORDER BY change_new_id) AS position,
           area_1, area_2, area_3, area_4, area_5, area_6, area_7, area_8
    FROM change_new) AS numbered
WHERE area_1 IS NOT NULL;

-- name: copy_outbox_clear
-- database: cases
DELETE FROM change_new;

-- name: copy_rollup_count
-- database: cases
SELECT count(*) FROM rollup_new;
