-- SPDX-License-Identifier: MPL-2.0
-- Changes that are not numbered yet. Where several servers write beside each other, a move
-- puts its change here and whoever has committed numbers all that are committed, one
-- numberer of a city at a time: so positions of `change` rise without a hole that is filled
-- later, and a change that commits late is told late. Where one transaction at a time
-- writes (SQLite) the table stays empty.
--
-- In `case_serial` the day -1 says up to which id case_ids have been given out.
CREATE TABLE change_new (
    change_new_id INTEGER PRIMARY KEY,
    case_id INTEGER NOT NULL,
    seq     INTEGER NOT NULL, -- of the history row
    kind    INTEGER NOT NULL,
    stage   INTEGER NOT NULL, -- after
    at      INTEGER NOT NULL, -- received
    moved   INTEGER NOT NULL CHECK (moved IN (0, 1)),
    area_1  INTEGER, -- when moved: as in change_before
    area_2  INTEGER,
    area_3  INTEGER,
    area_4  INTEGER,
    area_5  INTEGER,
    area_6  INTEGER,
    area_7  INTEGER,
    area_8  INTEGER
) STRICT;

-- Likewise what such moves add to figures: rows that all of a day's moves share would make
-- their transactions wait for each other. Whoever numbers the changes adds these up.
CREATE TABLE rollup_new (
    rollup_new_id INTEGER PRIMARY KEY,
    query    TEXT NOT NULL, -- that adds it: rollup_department_add, rollup_area_add
    keys     INTEGER NOT NULL, -- how many of the following it has
    deltas   INTEGER NOT NULL,
    key_1    INTEGER NOT NULL,
    key_2    INTEGER NOT NULL,
    key_3    INTEGER NOT NULL,
    key_4    INTEGER NOT NULL,
    key_5    INTEGER NOT NULL,
    key_6    INTEGER NOT NULL,
    delta_1  INTEGER NOT NULL,
    delta_2  INTEGER NOT NULL,
    delta_3  INTEGER NOT NULL,
    delta_4  INTEGER NOT NULL,
    delta_5  INTEGER NOT NULL,
    delta_6  INTEGER NOT NULL,
    delta_7  INTEGER NOT NULL,
    delta_8  INTEGER NOT NULL,
    delta_9  INTEGER NOT NULL,
    delta_10 INTEGER NOT NULL,
    delta_11 INTEGER NOT NULL,
    delta_12 INTEGER NOT NULL
) STRICT;
