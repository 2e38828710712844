-- SPDX-License-Identifier: MPL-2.0
-- City model, versioned. A row is in force at model version v when
-- from_version <= v and (to_version is null or to_version > v). A load writes its rows
-- under a version that is not valid yet: nobody sees them until model_version.state says
-- so; a broken load is swept by its number.

CREATE TABLE model_version (
    version INTEGER PRIMARY KEY,        -- 1, 2, ...
    state TEXT NOT NULL CHECK (state IN ('loading', 'valid')),
    started_at INTEGER NOT NULL,        -- ms UTC
    loaded_at INTEGER,                  -- ms UTC, when it became valid
    source TEXT NOT NULL,               -- folder it was read from, for people
    note TEXT NOT NULL DEFAULT ''       -- summary of what changed
) STRICT;

CREATE TABLE model_setting (            -- city.ini, every key of the version
    version INTEGER NOT NULL REFERENCES model_version (version),
    position INTEGER NOT NULL,          -- order in the file
    section TEXT NOT NULL,              -- "city", "level ward"
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (version, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE model_table (              -- an office table, verbatim
    name TEXT NOT NULL,                 -- "classes", "process_steps"
    version INTEGER NOT NULL REFERENCES model_version (version), -- in which it changed
    source TEXT NOT NULL,               -- file name, for error messages
    digest BLOB NOT NULL,               -- SHA-256 of text
    text TEXT NOT NULL,                 -- CSV in canonical form
    PRIMARY KEY (name, version)
) STRICT;

CREATE TABLE rules_version (            -- versions of the rules objects
    rules TEXT NOT NULL CHECK (rules IN ('catalogue', 'calendar', 'routing', 'process')),
    version INTEGER NOT NULL REFERENCES model_version (version), -- in which it changed
    PRIMARY KEY (rules, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE level (                    -- area levels and coverage layers
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    family TEXT NOT NULL CHECK (family IN ('level', 'coverage')),
    UNIQUE (family, code)
) STRICT;

CREATE TABLE area (                     -- registry: one row per code, for ever
    id INTEGER PRIMARY KEY,
    level_id INTEGER NOT NULL REFERENCES level (id),
    code TEXT NOT NULL,
    UNIQUE (level_id, code)
) STRICT;

CREATE TABLE area_shape (               -- an area as it was in a range of versions
    id INTEGER PRIMARY KEY,
    area_id INTEGER NOT NULL REFERENCES area (id),
    from_version INTEGER NOT NULL REFERENCES model_version (version),
    to_version INTEGER,                 -- first version in which it is gone
    names TEXT NOT NULL,                -- lines "language<TAB>name"
    area_class TEXT NOT NULL DEFAULT '',
    department TEXT NOT NULL DEFAULT '', -- coverage: code of the department that serves it
    lon REAL NOT NULL, lat REAL NOT NULL, -- a point inside, degrees
    west REAL NOT NULL, south REAL NOT NULL, east REAL NOT NULL, north REAL NOT NULL,
    area_m2 REAL NOT NULL CHECK (area_m2 > 0),
    digest BLOB NOT NULL                -- of all that makes it what it is
);
SELECT AddGeometryColumn('area_shape', 'geometry', 4326, 'MULTIPOLYGON', 'XY', 1);
SELECT CreateSpatialIndex('area_shape', 'geometry');
CREATE INDEX area_shape_area ON area_shape (area_id);

CREATE TABLE unit_grid (                -- closed and given a new row, never edited
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL,
    from_version INTEGER NOT NULL REFERENCES model_version (version),
    to_version INTEGER,                 -- first version in which it is gone
    lon REAL NOT NULL, lat REAL NOT NULL, -- a point inside, degrees
    area_m2 REAL NOT NULL CHECK (area_m2 > 0),
    area_class TEXT NOT NULL DEFAULT '',
    digest BLOB NOT NULL                -- of all that makes it what it is
);
SELECT AddGeometryColumn('unit_grid', 'geometry', 4326, 'MULTIPOLYGON', 'XY', 1);
SELECT CreateSpatialIndex('unit_grid', 'geometry');
CREATE INDEX unit_grid_code ON unit_grid (code);
CREATE UNIQUE INDEX unit_grid_one_in_force ON unit_grid (code) WHERE to_version IS NULL;

CREATE TABLE unit_grid_area (           -- the chain above a grid
    unit_grid_id INTEGER NOT NULL REFERENCES unit_grid (id) ON DELETE CASCADE,
    level_id INTEGER NOT NULL REFERENCES level (id),
    area_id INTEGER NOT NULL REFERENCES area (id), -- that holds the largest share
    share REAL NOT NULL CHECK (share > 0 AND share <= 1), -- of the grid's area
    PRIMARY KEY (unit_grid_id, level_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE department (               -- registry: one row per code, for ever
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE class (                    -- registry of catalogue codes
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE condition (
    id INTEGER PRIMARY KEY,
    class_id INTEGER NOT NULL REFERENCES class (id),
    code TEXT NOT NULL,                 -- unique in its class
    UNIQUE (class_id, code)
) STRICT;

CREATE TABLE street (                   -- base map, and places in words
    id INTEGER PRIMARY KEY,
    from_version INTEGER NOT NULL REFERENCES model_version (version),
    to_version INTEGER,
    name TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT ''       -- word of the source: "primary", "residential"
);
SELECT AddGeometryColumn('street', 'geometry', 4326, 'LINESTRING', 'XY', 1);
SELECT CreateSpatialIndex('street', 'geometry');

CREATE TABLE place (                    -- landmarks
    id INTEGER PRIMARY KEY,
    from_version INTEGER NOT NULL REFERENCES model_version (version),
    to_version INTEGER,
    name TEXT NOT NULL,
    kind TEXT NOT NULL DEFAULT '',
    lon REAL NOT NULL, lat REAL NOT NULL
);
SELECT AddGeometryColumn('place', 'geometry', 4326, 'POINT', 'XY', 1);
SELECT CreateSpatialIndex('place', 'geometry');

-- A register edited row by row, with history; not part of the versions.
CREATE TABLE component (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,          -- identity, never used again
    layer TEXT NOT NULL,                -- section of city.ini it came from: "hydrant"
    class_code TEXT NOT NULL,           -- of the catalogue
    name TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'intact'
        CHECK (state IN ('intact', 'damaged', 'lost', 'disused', 'removed')),
    competent_id INTEGER REFERENCES department (id), -- the three department links
    owner_id INTEGER REFERENCES department (id),
    maintainer_id INTEGER REFERENCES department (id),
    lon REAL NOT NULL, lat REAL NOT NULL,
    unit_grid_code TEXT NOT NULL DEFAULT '', -- '' outside every grid
    note TEXT NOT NULL DEFAULT '',
    recorded_at INTEGER NOT NULL,       -- ms UTC
    changed_at INTEGER NOT NULL,
    digest BLOB NOT NULL
);
SELECT AddGeometryColumn('component', 'geometry', 4326, 'POINT', 'XY', 1);
SELECT CreateSpatialIndex('component', 'geometry');
CREATE INDEX component_layer ON component (layer, code);

CREATE TABLE component_change (         -- history: the row as it was before a change
    id INTEGER PRIMARY KEY,
    component_id INTEGER NOT NULL REFERENCES component (id),
    changed_at INTEGER NOT NULL,
    origin TEXT NOT NULL,               -- "load 3", "person 17"
    was TEXT NOT NULL                   -- lines "column<TAB>old value"
) STRICT;
CREATE INDEX component_change_component ON component_change (component_id, id);
