-- SPDX-License-Identifier: MPL-2.0
-- Reports from outside that were filed, judged by the city's rule (missed.csv): did a
-- collector miss them? Judged once, in the transaction of the filing, with the roster and
-- the rule of that moment; disputed and decided afterwards.
CREATE TABLE missed_report (
    case_id       INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (case_id),
    judged_at     INTEGER NOT NULL,
    missed        INTEGER NOT NULL CHECK (missed IN (0, 1)),
    why           INTEGER NOT NULL CHECK (why BETWEEN 0 AND 2), -- 0 missed, 1 nobody on duty there, 2 reported by a collector before
    person_id     INTEGER NOT NULL, -- on duty there at the report; 0: nobody
    duty_grid_id  INTEGER NOT NULL, -- 0: none
    within_ms     INTEGER NOT NULL, -- of the rule
    state         INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3), -- 0 stands, 1 disputed, 2 upheld, 3 excused
    disputed_by   INTEGER NOT NULL,
    disputed_at   INTEGER NOT NULL, -- 0: never
    dispute       TEXT NOT NULL,
    decided_by    INTEGER NOT NULL,
    decided_at    INTEGER NOT NULL, -- 0: not yet
    decision      TEXT NOT NULL,
    turn          INTEGER NOT NULL -- rises with each change of a row: what figures catch up by
) STRICT;
CREATE INDEX missed_report_turn ON missed_report (turn);
CREATE INDEX missed_report_open ON missed_report (case_id) WHERE missed = 1;
