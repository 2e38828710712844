-- SPDX-License-Identifier: MPL-2.0
-- Points that people give for a score, or add and take off: the newest row of a part of a
-- score for somebody and a period counts, earlier ones stay to be seen. points NULL: taken
-- back.
CREATE TABLE score_entry (
    entry_id     INTEGER PRIMARY KEY,
    score        TEXT NOT NULL CHECK (length(score) BETWEEN 1 AND 63), -- code in table scores
    part         TEXT NOT NULL CHECK (length(part) BETWEEN 1 AND 63),
    subject_id   INTEGER NOT NULL, -- department, area, unit grid or person, as the score says
    from_day     INTEGER NOT NULL, -- days since 1970 in the city's time; both ends count
    to_day       INTEGER NOT NULL,
    points_milli INTEGER, -- thousandths of a point
    reason       TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000),
    entered_by   INTEGER NOT NULL, -- person
    entered_at   INTEGER NOT NULL,
    CHECK (from_day <= to_day)
) STRICT;
CREATE INDEX score_entry_by_period ON score_entry (score, from_day, to_day, entry_id);
