-- SPDX-License-Identifier: MPL-2.0
-- What the side paths add to a case: counters and flags of its fact row (enum fact_column
-- has the same order), and the case that goes on where an ended one left off.
ALTER TABLE fact ADD COLUMN supervised INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fact ADD COLUMN assisted INTEGER NOT NULL DEFAULT 0; -- sub-tasks done
ALTER TABLE fact ADD COLUMN passed_on INTEGER NOT NULL DEFAULT 0; -- inside a department, down the levels
ALTER TABLE fact ADD COLUMN appealed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fact ADD COLUMN contested INTEGER NOT NULL DEFAULT 0; -- done times that the dispatcher doubted
ALTER TABLE fact ADD COLUMN merged_in INTEGER NOT NULL DEFAULT 0; -- duplicates that ended in this case
ALTER TABLE fact ADD COLUMN exempted INTEGER NOT NULL DEFAULT 0; -- 1: appeal granted; the raw verdict stays
ALTER TABLE fact ADD COLUMN forced INTEGER NOT NULL DEFAULT 0; -- 1: closed by order
ALTER TABLE fact ADD COLUMN one_sided INTEGER NOT NULL DEFAULT 0; -- 1: somebody checked their own work
ALTER TABLE fact ADD COLUMN late_received INTEGER NOT NULL DEFAULT 0; -- 1: feedback arrived long after it was done
ALTER TABLE fact ADD COLUMN reached INTEGER NOT NULL DEFAULT -1; -- call back: -1 nobody asked, 0 no, 1 yes
ALTER TABLE fact ADD COLUMN solved INTEGER NOT NULL DEFAULT -1;
ALTER TABLE fact ADD COLUMN satisfied INTEGER NOT NULL DEFAULT -1;
ALTER TABLE fact ADD COLUMN contacts INTEGER NOT NULL DEFAULT 0; -- calls, visits and messages that touched it
ALTER TABLE fact ADD COLUMN ordered_ms INTEGER NOT NULL DEFAULT 0; -- time that orders of the city gave
ALTER TABLE fact ADD COLUMN desk_department_id INTEGER NOT NULL DEFAULT 0; -- desk above the lead; 0: none
ALTER TABLE fact ADD COLUMN grid_duty_id INTEGER NOT NULL DEFAULT 0; -- duty grid; 0: none

-- A case that goes on where another ended: the successor names it for good.
CREATE TABLE case_successor (
    case_id     INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (case_id),
    previous_id INTEGER NOT NULL REFERENCES case_file (case_id)
) STRICT;
CREATE INDEX case_successor_previous ON case_successor (previous_id);
