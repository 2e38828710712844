-- SPDX-License-Identifier: MPL-2.0
-- Figures of the time before this system, as people entered them, beside those of the table
-- before.csv: the newest row of a code counts, earlier ones stay to be seen. value '': taken
-- back.
CREATE TABLE figure_before (
    entry_id   INTEGER PRIMARY KEY,
    code       TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 63), -- of a measure
    value      TEXT NOT NULL CHECK (length(value) <= 60),           -- "26.7 %", "12 h"
    period     TEXT NOT NULL CHECK (length(period) <= 60),          -- in words: "2004"
    source     TEXT NOT NULL CHECK (length(source) <= 300),         -- where it was read
    entered_by INTEGER NOT NULL,                                    -- person
    entered_at INTEGER NOT NULL
) STRICT;
CREATE INDEX figure_before_by_code ON figure_before (code, entry_id);
