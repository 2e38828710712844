-- SPDX-License-Identifier: MPL-2.0
-- tracks.db: where people were while on shift, in a database and a lane of its own, so that
-- it slows no case. Made when the first batch comes. Kept for as many days as the city says,
-- counted from when it came; nothing else refers to it.

-- A batch of fixes as a phone sent it: some minutes of one person.
CREATE TABLE track (
    track_id    INTEGER NOT NULL PRIMARY KEY, -- in the order in which batches came
    person_id   INTEGER NOT NULL,
    batch_key   BLOB NOT NULL CHECK (length(batch_key) = 16), -- the request's: taken once
    body_digest BLOB NOT NULL CHECK (length(body_digest) = 32), -- of what came under that key
    received_at INTEGER NOT NULL,
    begun_at    INTEGER NOT NULL, -- first fix, whole seconds
    ended_at    INTEGER NOT NULL, -- last fix
    fixes       INTEGER NOT NULL CHECK (fixes > 0),
    points      BLOB NOT NULL,    -- WGS 84, differences packed as cases/track_pack.c tells
    CHECK (begun_at <= ended_at)
) STRICT;
-- Unit grids in which somebody on shift was on a day, and how many fixes lay there: of
-- nobody in particular, so it stays when tracks go.
CREATE TABLE track_grid (
    day     INTEGER NOT NULL, -- since 1970 in the city's time
    grid_id INTEGER NOT NULL,
    fixes   INTEGER NOT NULL,
    PRIMARY KEY (day, grid_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX track_by_person ON track (person_id, ended_at);
CREATE INDEX track_by_key ON track (batch_key);
CREATE INDEX track_by_age ON track (received_at);
