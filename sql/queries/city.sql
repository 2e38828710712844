-- SPDX-License-Identifier: MPL-2.0
-- City model: versions, areas, unit grids, departments, components, map geometry.

-- name: city_version_valid
-- database: city
-- The version in force; no row before the first load.
SELECT version FROM model_version WHERE state = 'valid' ORDER BY version DESC LIMIT 1;

-- name: city_version_loaded
-- database: city
SELECT coalesce(loaded_at, started_at) FROM model_version WHERE version = $1;

-- name: city_version_loading
-- database: city
SELECT version FROM model_version WHERE state = 'loading' ORDER BY version;

-- name: city_version_next
-- database: city
SELECT coalesce(max(version), 0) + 1 FROM model_version;

-- name: city_version_insert
-- database: city
INSERT INTO model_version (version, state, started_at, source) VALUES ($1, 'loading', $2, $3);

-- name: city_version_make_valid
-- database: city
UPDATE model_version SET state = 'valid', loaded_at = $2, note = $3 WHERE version = $1;

-- name: city_version_list
-- database: city
SELECT version, state, started_at, loaded_at, source, note FROM model_version ORDER BY version;

-- ---- sweeping a version that never became valid ----

-- name: city_sweep_grids
-- database: city
DELETE FROM unit_grid WHERE from_version = $1;

-- name: city_sweep_grid_areas
-- database: city
DELETE FROM unit_grid_area
WHERE unit_grid_id IN (SELECT id FROM unit_grid WHERE from_version = $1);

-- name: city_sweep_grids_reopen
-- database: city
UPDATE unit_grid SET to_version = NULL WHERE to_version = $1;

-- name: city_sweep_shapes
-- database: city
DELETE FROM area_shape WHERE from_version = $1;

-- name: city_sweep_shapes_reopen
-- database: city
UPDATE area_shape SET to_version = NULL WHERE to_version = $1;

-- name: city_sweep_streets
-- database: city
DELETE FROM street WHERE from_version = $1;

-- name: city_sweep_streets_reopen
-- database: city
UPDATE street SET to_version = NULL WHERE to_version = $1;

-- name: city_sweep_places
-- database: city
DELETE FROM place WHERE from_version = $1;

-- name: city_sweep_places_reopen
-- database: city
UPDATE place SET to_version = NULL WHERE to_version = $1;

-- name: city_sweep_settings
-- database: city
DELETE FROM model_setting WHERE version = $1;

-- name: city_sweep_tables
-- database: city
DELETE FROM model_table WHERE version = $1;

-- name: city_sweep_rules
-- database: city
DELETE FROM rules_version WHERE version = $1;

-- name: city_sweep_version
-- database: city
DELETE FROM model_version WHERE version = $1 AND state = 'loading';

-- ---- settings, tables, rules versions ----

-- name: city_setting_insert
-- database: city
INSERT INTO model_setting (version, position, section, key, value) VALUES ($1, $2, $3, $4, $5);

-- name: city_setting_list
-- database: city
SELECT section, key, value FROM model_setting WHERE version = $1 ORDER BY position;

-- name: city_setting_get
-- database: city
SELECT value FROM model_setting WHERE version = $1 AND section = $2 AND key = $3;

-- name: city_table_digest
-- database: city
-- Digest of the newest text of a table up to a version.
SELECT digest FROM model_table WHERE name = $1 AND version <= $2 ORDER BY version DESC LIMIT 1;

-- name: city_table_insert
-- database: city
INSERT INTO model_table (name, version, source, digest, text) VALUES ($1, $2, $3, $4, $5);

-- name: city_table_names
-- database: city
-- Tables known up to a version, with the version of their newest text; a table taken out of
-- the model has an empty text.
SELECT name, max(version) FROM model_table WHERE version <= $1 GROUP BY name ORDER BY name;

-- name: city_table_newest
-- database: city
SELECT text, source FROM model_table
WHERE name = $1 AND version <= $2 ORDER BY version DESC LIMIT 1;

-- name: city_rules_insert
-- database: city
INSERT INTO rules_version (rules, version) VALUES ($1, $2);

-- name: city_rules_list
-- database: city
SELECT version FROM rules_version WHERE rules = $1 AND version <= $2 ORDER BY version;

-- ---- registries: a code keeps its id for ever ----

-- name: city_level_insert
-- database: city
INSERT INTO level (code, family) VALUES ($1, $2) ON CONFLICT (family, code) DO NOTHING;

-- name: city_level_id
-- database: city
SELECT id FROM level WHERE code = $1 AND family = $2;

-- name: city_level_list
-- database: city
SELECT id, code, family FROM level ORDER BY id;

-- name: city_area_insert
-- database: city
INSERT INTO area (level_id, code) VALUES ($1, $2) ON CONFLICT (level_id, code) DO NOTHING;

-- name: city_area_id
-- database: city
SELECT id FROM area WHERE level_id = $1 AND code = $2;

-- name: city_department_insert
-- database: city
INSERT INTO department (code) VALUES ($1) ON CONFLICT (code) DO NOTHING;

-- name: city_department_list
-- database: city
SELECT id, code FROM department ORDER BY id;

-- name: city_department_id
-- database: city
SELECT id FROM department WHERE code = $1;

-- name: city_class_insert
-- database: city
INSERT INTO class (code) VALUES ($1) ON CONFLICT (code) DO NOTHING;

-- name: city_class_list
-- database: city
SELECT id, code FROM class ORDER BY id;

-- name: city_condition_insert
-- database: city
INSERT INTO condition (class_id, code)
SELECT id, $2 FROM class WHERE code = $1
ON CONFLICT (class_id, code) DO NOTHING;

-- name: city_condition_list
-- database: city
SELECT condition.id, condition.code, class.code
FROM condition JOIN class ON class.id = condition.class_id ORDER BY condition.id;

-- ---- areas ----

-- name: city_shape_open
-- database: city
-- The shape of an area that is not closed, with its digest.
SELECT id, digest FROM area_shape WHERE area_id = $1 AND to_version IS NULL;

-- name: city_shape_close
-- database: city
UPDATE area_shape SET to_version = $2 WHERE id = $1;

-- name: city_shape_insert
-- database: city
INSERT INTO area_shape (area_id, from_version, names, area_class, department, lon, lat,
                        west, south, east, north, area_m2, digest, geometry)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, ST_GeomFromWKB($14, 4326));

-- name: city_shape_mark
-- database: city
-- Open shapes of earlier versions, by area.
SELECT id, area_id FROM area_shape WHERE to_version IS NULL AND from_version < $1;

-- name: city_area_list
-- database: city
-- Every area ever, in its newest shape up to a version; last column: in force.
SELECT area.id, area.level_id, area.code, shape.names, shape.area_class, shape.department,
       shape.lon, shape.lat, shape.west, shape.south, shape.east, shape.north,
       shape.to_version IS NULL OR shape.to_version > $1
FROM area JOIN area_shape AS shape ON shape.id = (
    SELECT max(newest.id) FROM area_shape AS newest
    WHERE newest.area_id = area.id AND newest.from_version <= $1)
ORDER BY area.level_id, area.id;

-- name: city_shape_geometry
-- database: city
-- Shapes in force of a level, for building a locator.
SELECT area.id, ST_AsBinary(shape.geometry)
FROM area JOIN area_shape AS shape ON shape.area_id = area.id
WHERE area.level_id = $1 AND shape.from_version <= $2
  AND (shape.to_version IS NULL OR shape.to_version > $2)
ORDER BY area.id;

-- ---- unit grids ----

-- name: city_grid_open
-- database: city
SELECT id, digest FROM unit_grid WHERE code = $1 AND to_version IS NULL;

-- name: city_grid_close
-- database: city
UPDATE unit_grid SET to_version = $2 WHERE id = $1;

-- A code of 15 digits is one of GB/T 30428.1: its parts stand beside it.
-- name: city_grid_insert
-- database: city
INSERT INTO unit_grid (code, from_version, lon, lat, area_m2, area_class, digest, geometry,
                       model_code, region, street, community, serial)
VALUES ($1, $2, $3, $4, $5, $6, $7, ST_GeomFromWKB($8, 4326), $9,
        CASE WHEN length($1) = 15 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 1, 6) ELSE '' END,
        CASE WHEN length($1) = 15 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 7, 3) ELSE '' END,
        CASE WHEN length($1) = 15 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 10, 3) ELSE '' END,
        CASE WHEN length($1) = 15 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 13, 3) ELSE '' END)
RETURNING id;

-- name: city_grid_area_insert
-- database: city
INSERT INTO unit_grid_area (unit_grid_id, level_id, area_id, share) VALUES ($1, $2, $3, $4);

-- name: city_grid_mark
-- database: city
-- Open grids of earlier versions.
SELECT id, code FROM unit_grid WHERE to_version IS NULL AND from_version < $1;

-- name: city_grid_list
-- database: city
-- Every grid ever up to a version; last column: in force.
SELECT id, code, lon, lat, area_m2, area_class, to_version IS NULL OR to_version > $1
FROM unit_grid WHERE from_version <= $1 ORDER BY id;

-- name: city_grid_bounds
-- database: city
-- West, south, east, north of the grids in force; NULL without grids.
SELECT min(MbrMinX(geometry)), min(MbrMinY(geometry)),
       max(MbrMaxX(geometry)), max(MbrMaxY(geometry))
FROM unit_grid WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1);
-- postgres: PostGIS has other names
SELECT min(ST_XMin(geometry)), min(ST_YMin(geometry)),
       max(ST_XMax(geometry)), max(ST_YMax(geometry))
FROM unit_grid WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1);

-- name: city_grid_area_list
-- database: city
SELECT unit_grid_area.unit_grid_id, unit_grid_area.level_id, unit_grid_area.area_id
FROM unit_grid_area JOIN unit_grid ON unit_grid.id = unit_grid_area.unit_grid_id
WHERE unit_grid.from_version <= $1
ORDER BY unit_grid_area.unit_grid_id, unit_grid_area.level_id;

-- name: city_grid_geometry
-- database: city
SELECT id, ST_AsBinary(geometry) FROM unit_grid
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1) ORDER BY id;

-- ---- base map ----

-- ---- what a model would change ----

-- name: city_diff_grids
-- database: city
-- Grids in force at a version.
SELECT id, code, model_code, area_class, area_m2, lon, lat, ST_AsBinary(geometry) FROM unit_grid
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1) ORDER BY code;

-- name: city_diff_chains
-- database: city
SELECT unit_grid_area.unit_grid_id, level.code, area.code
FROM unit_grid_area
JOIN unit_grid ON unit_grid.id = unit_grid_area.unit_grid_id
JOIN level ON level.id = unit_grid_area.level_id
JOIN area ON area.id = unit_grid_area.area_id
WHERE unit_grid.from_version <= $1 AND (unit_grid.to_version IS NULL OR unit_grid.to_version > $1)
ORDER BY unit_grid_area.unit_grid_id, level.code;

-- name: city_diff_codes
-- database: city
-- Every code that a grid ever had.
SELECT DISTINCT code FROM unit_grid WHERE from_version <= $1 ORDER BY code;

-- name: city_diff_grid_was
-- database: city
-- A grid of this code that was closed, the last one.
SELECT ST_AsBinary(geometry), to_version FROM unit_grid
WHERE code = $1 AND to_version <= $2 ORDER BY to_version DESC, id DESC LIMIT 1;

-- name: city_diff_areas
-- database: city
-- Areas in force at a version.
SELECT level.family, level.code, area.code, shape.digest, shape.area_m2, shape.lon, shape.lat
FROM area_shape AS shape JOIN area ON area.id = shape.area_id
JOIN level ON level.id = area.level_id
WHERE shape.from_version <= $1 AND (shape.to_version IS NULL OR shape.to_version > $1)
ORDER BY level.family, level.code, area.code;

-- name: city_street_close_all
-- database: city
UPDATE street SET to_version = $1 WHERE to_version IS NULL AND from_version < $1;

-- name: city_street_insert
-- database: city
INSERT INTO street (from_version, name, kind, geometry)
VALUES ($1, $2, $3, ST_GeomFromWKB($4, 4326));

-- name: city_street_geometry
-- database: city
SELECT name, ST_AsBinary(geometry) FROM street
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1) ORDER BY id;

-- name: city_place_close_all
-- database: city
UPDATE place SET to_version = $1 WHERE to_version IS NULL AND from_version < $1;

-- name: city_place_insert
-- database: city
INSERT INTO place (from_version, name, kind, lon, lat, geometry)
VALUES ($1, $2, $3, $4, $5, ST_GeomFromWKB($6, 4326));

-- name: city_place_list
-- database: city
SELECT name, lon, lat FROM place
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1) ORDER BY id;

-- ---- components ----

-- name: city_component_get
-- database: city
SELECT id, digest, layer, class_code, name, state, competent_id, owner_id, maintainer_id,
       lon, lat, unit_grid_code, note
FROM component WHERE code = $1;

-- A code of 16 digits is one of GB/T 30428.2: its parts stand beside it.
-- name: city_component_insert
-- database: city
INSERT INTO component (code, layer, class_code, name, state, competent_id, owner_id,
                       maintainer_id, lon, lat, unit_grid_code, note, recorded_at,
                       changed_at, digest, geometry, region, major, minor, serial)
VALUES ($1, $2, $3, $4, $5,
        (SELECT id FROM department WHERE code = $6),
        (SELECT id FROM department WHERE code = $7),
        (SELECT id FROM department WHERE code = $8),
        $9, $10, $11, $12, $13, $13, $14, ST_GeomFromWKB($15, 4326),
        CASE WHEN length($1) = 16 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 1, 6) ELSE '' END,
        CASE WHEN length($1) = 16 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 7, 2) ELSE '' END,
        CASE WHEN length($1) = 16 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 9, 2) ELSE '' END,
        CASE WHEN length($1) = 16 AND ltrim($1, '0123456789') = ''
             THEN substr($1, 11, 6) ELSE '' END);

-- Standard codes, and those of them whose parts do not make the code again.
-- name: city_code_parts
-- database: city
SELECT (SELECT count(*) FROM unit_grid WHERE serial <> ''),
       (SELECT count(*) FROM component WHERE serial <> ''),
       (SELECT count(*) FROM unit_grid
        WHERE serial <> '' AND code <> region || street || community || serial)
     + (SELECT count(*) FROM component
        WHERE serial <> '' AND code <> region || major || minor || serial);

-- name: city_component_update
-- database: city
UPDATE component
SET layer = $2, class_code = $3, name = $4, state = $5,
    competent_id = (SELECT id FROM department WHERE code = $6),
    owner_id = (SELECT id FROM department WHERE code = $7),
    maintainer_id = (SELECT id FROM department WHERE code = $8),
    lon = $9, lat = $10, unit_grid_code = $11, note = $12, changed_at = $13, digest = $14,
    geometry = ST_GeomFromWKB($15, 4326)
WHERE code = $1;

-- name: city_component_change_insert
-- database: city
INSERT INTO component_change (component_id, changed_at, origin, was) VALUES ($1, $2, $3, $4);

-- name: city_component_points
-- database: city
-- rows: many
-- Everything that stands somewhere, for the index of nearest components.
SELECT id, lon, lat FROM component WHERE state <> 'removed' ORDER BY id;

-- name: city_component_by_id
-- database: city
SELECT code, class_code, name, state, competent_id, owner_id, maintainer_id, lon, lat,
       unit_grid_code
FROM component WHERE id = $1;

-- name: city_component_by_code
-- database: city
SELECT id, class_code, name, state, competent_id, owner_id, maintainer_id, lon, lat,
       unit_grid_code
FROM component WHERE code = $1;

-- name: city_component_all
-- database: city
-- Everything that stands somewhere, at most $1.
SELECT id, class_code, name, state, competent_id, owner_id, maintainer_id, lon, lat, code
FROM component WHERE state <> 'removed' ORDER BY id LIMIT $1;

-- name: city_component_count
-- database: city
SELECT count(*) FROM component WHERE state <> 'removed';

-- ---- the map: boxes find through the spatial index, geometry goes out as GeoJSON ----

-- name: city_map_areas
-- database: city
SELECT area.id, AsGeoJSON(shape.geometry, 6)
FROM area JOIN area_shape AS shape ON shape.area_id = area.id
WHERE area.level_id = $1 AND shape.from_version <= $2
  AND (shape.to_version IS NULL OR shape.to_version > $2)
ORDER BY area.id;
-- postgres: PostGIS has other names
SELECT area.id, ST_AsGeoJSON(shape.geometry, 6)
FROM area JOIN area_shape AS shape ON shape.area_id = area.id
WHERE area.level_id = $1 AND shape.from_version <= $2
  AND (shape.to_version IS NULL OR shape.to_version > $2)
ORDER BY area.id;

-- name: city_map_grids
-- database: city
SELECT id, code, area_class, AsGeoJSON(geometry, 6) FROM unit_grid
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1)
  AND id IN (SELECT pkid FROM idx_unit_grid_geometry
             WHERE xmax >= $2 AND ymax >= $3 AND xmin <= $4 AND ymin <= $5)
ORDER BY id LIMIT $6;
-- postgres: the spatial index is used by an operator
SELECT id, code, area_class, ST_AsGeoJSON(geometry, 6) FROM unit_grid
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1)
  AND geometry && ST_MakeEnvelope($2, $3, $4, $5, 4326)
ORDER BY id LIMIT $6;

-- name: city_map_streets
-- database: city
SELECT id, name, kind, AsGeoJSON(geometry, 6) FROM street
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1)
  AND id IN (SELECT pkid FROM idx_street_geometry
             WHERE xmax >= $2 AND ymax >= $3 AND xmin <= $4 AND ymin <= $5)
ORDER BY GLength(geometry) DESC, id LIMIT $6; -- what is cut off are the shortest
-- postgres: the spatial index is used by an operator
SELECT id, name, kind, ST_AsGeoJSON(geometry, 6) FROM street
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1)
  AND geometry && ST_MakeEnvelope($2, $3, $4, $5, 4326)
ORDER BY ST_Length(geometry) DESC, id LIMIT $6; -- what is cut off are the shortest

-- name: city_map_components
-- database: city
SELECT id, code, class_code, name, state, lon, lat FROM component
WHERE state <> 'removed'
  AND id IN (SELECT pkid FROM idx_component_geometry
             WHERE xmax >= $1 AND ymax >= $2 AND xmin <= $3 AND ymin <= $4)
  AND lon >= $1 AND lon <= $3 AND lat >= $2 AND lat <= $4
ORDER BY id LIMIT $5;
-- postgres: the spatial index is used by an operator
SELECT id, code, class_code, name, state, lon, lat FROM component
WHERE state <> 'removed'
  AND geometry && ST_MakeEnvelope($1, $2, $3, $4, 4326)
  AND lon >= $1 AND lon <= $3 AND lat >= $2 AND lat <= $4
ORDER BY id LIMIT $5;

-- ---- tiles: whole layers, read once per model version ----

-- name: city_tile_streets
-- database: city
SELECT id, name, kind, ST_AsBinary(geometry) FROM street
WHERE from_version <= $1 AND (to_version IS NULL OR to_version > $1) ORDER BY id;

-- name: city_tile_components
-- database: city
-- rows: many
SELECT id, code, class_code, name, state, lon, lat FROM component
WHERE state <> 'removed' ORDER BY id;
