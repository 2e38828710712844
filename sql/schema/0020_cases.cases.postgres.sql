-- SPDX-License-Identifier: MPL-2.0
-- random() is a fraction there.
-- instead of: INSERT INTO case_epoch
INSERT INTO case_epoch (case_epoch_id, epoch, keys_expired)
VALUES (1, CAST(floor(random() * 1000000000) AS BIGINT) + 1, 0);

-- instead of: CREATE VIRTUAL TABLE case_open_point
-- SQLite's R*Tree is a table of its own; here an index of boxes does it.
CREATE TABLE case_open_point (
    case_id BIGINT PRIMARY KEY,
    west    DOUBLE PRECISION NOT NULL,
    east    DOUBLE PRECISION NOT NULL,
    south   DOUBLE PRECISION NOT NULL,
    north   DOUBLE PRECISION NOT NULL
);
CREATE INDEX case_open_point_box ON case_open_point
    USING gist (box(point(west, south), point(east, north)));
