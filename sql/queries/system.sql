-- SPDX-License-Identifier: MPL-2.0
-- The installation: migrations, cities, settings, probes.

-- name: migration_list
-- database: any
SELECT number, name, sha256 FROM migration ORDER BY number;

-- name: migration_insert
-- database: any
INSERT INTO migration (number, name, sha256, applied_at) VALUES ($1, $2, $3, $4);

-- name: system_spatial_check
-- database: sqlite
-- Kind of the spatial tables that are there; 0: none.
SELECT CheckSpatialMetaData();

-- name: system_spatial_init
-- database: sqlite
-- Spatial tables with WGS 84 only; 0.1 s instead of 92 s with all of EPSG.
SELECT InitSpatialMetaData(1, 'WGS84');

-- Indexes that can be dropped and made again: not those of constraints.
-- name: load_index_list
-- database: sqlite
SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name;

-- name: system_city_list
-- database: system
SELECT slug, state, host, reason, created_at FROM city ORDER BY slug;

-- name: system_city_insert
-- database: system
INSERT INTO city (slug, state, created_at) VALUES ($1, 'new', $2);

-- name: system_city_set
-- database: system
UPDATE city SET state = $2, host = $3, reason = $4 WHERE slug = $1;

-- Nobody may write to a city until then, by the database's own clock: $2 in milliseconds.
-- name: system_city_hold
-- database: system
INSERT INTO setting (name, value)
VALUES ('held.' || $1, CAST(unixepoch() * 1000 + $2 AS TEXT))
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
-- postgres: its clock
INSERT INTO setting (name, value)
VALUES ('held.' || $1,
        CAST(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint) + $2 AS text))
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: system_city_hold_over
-- database: system
DELETE FROM setting WHERE name = 'held.' || $1;

-- name: system_city_delete
-- database: system
DELETE FROM city WHERE slug = $1;

-- name: system_city_count
-- database: system
SELECT count(*) FROM city WHERE slug = $1;

-- name: system_setting_get
-- database: system
SELECT value FROM setting WHERE name = $1;

-- name: system_setting_set
-- database: system
INSERT INTO setting (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- Whoever is first has it.
-- name: system_setting_claim
-- database: system
INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING;

-- name: system_setting_swap
-- database: system
UPDATE setting SET value = $2 WHERE name = $1 AND value = $3;

-- name: probe_insert
-- database: system
INSERT INTO probe (word, number, fraction, bytes, parent) VALUES ($1, $2, $3, $4, $5)
RETURNING id;

-- name: probe_by_word
-- database: system
SELECT id, number, fraction, bytes, parent, word FROM probe WHERE word = $1;

-- name: probe_count
-- database: system
SELECT count(*) FROM probe;

-- name: probe_list
-- database: system
-- rows: many
SELECT id, word FROM probe ORDER BY id;

-- name: probe_delete_all
-- database: system
DELETE FROM probe;

-- name: probe_endless
-- database: system
-- Never ends by itself: what a budget is tested with.
WITH RECURSIVE step (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM step)
SELECT count(*) FROM step WHERE n < $1;

-- part: probe_part_select
-- database: system
SELECT id, word FROM probe WHERE 1 = 1

-- part: probe_part_word
-- database: system
AND word = $1

-- part: probe_part_number
-- database: system
AND number >= $2

-- part: probe_part_order
-- database: system
ORDER BY id LIMIT $3

-- name: probe_sum_add
-- database: system
INSERT INTO probe_sum (day, kind, count, total) VALUES ($1, $2, $3, $4)
ON CONFLICT (day, kind) DO UPDATE
SET count = probe_sum.count + excluded.count, total = probe_sum.total + excluded.total;

-- name: probe_sum_get
-- database: system
SELECT count, total FROM probe_sum WHERE day = $1 AND kind = $2;

-- name: probe_sum_rows
-- database: system
SELECT count(*) FROM probe_sum;

-- What the tables of a database weigh. SQLite has to read all of the file for it; rows are
-- those on leaves. Tables that an index is made of (search) stand by themselves.
-- name: table_sizes
-- database: any
SELECT name, rows, bytes, index_bytes, 1 FROM (
    SELECT coalesce(m.tbl_name, s.name) AS name,
           sum(CASE WHEN m.type = 'index' OR s.pagetype <> 'leaf' THEN 0 ELSE s.ncell END)
               AS rows,
           sum(CASE WHEN m.type = 'index' THEN 0 ELSE s.pgsize END) AS bytes,
           sum(CASE WHEN m.type = 'index' THEN s.pgsize ELSE 0 END) AS index_bytes
    FROM dbstat s LEFT JOIN sqlite_master m ON m.name = s.name
    GROUP BY coalesce(m.tbl_name, s.name))
ORDER BY bytes + index_bytes DESC, name;
-- postgres: from its catalogue; a table in partitions is one
SELECT name, CAST(sum(rows) AS bigint), CAST(sum(bytes) AS bigint),
       CAST(sum(index_bytes) AS bigint), count(*)
FROM (SELECT coalesce(p.relname, c.relname) AS name, greatest(c.reltuples, 0) AS rows,
             pg_table_size(c.oid) AS bytes, pg_indexes_size(c.oid) AS index_bytes
      FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
      LEFT JOIN pg_class p ON p.oid = i.inhparent
      WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r') AS sizes
GROUP BY name ORDER BY sum(bytes + index_bytes) DESC, name;
