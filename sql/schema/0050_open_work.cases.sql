-- SPDX-License-Identifier: MPL-2.0
-- Open work by class, grid and area, without reading the rows that do not fit: the index of
-- deadlines carries what filters and headline figures look at. closed_at is always NULL in
-- it; without it SQLite would think that it needs the row.
CREATE INDEX case_open_work ON case_file (
    due_sort, case_id, class_id, condition_id, grid_id, area_1, area_2, area_3, area_4, area_5,
    area_6, area_7, area_8, closed_at) WHERE closed_at IS NULL;
DROP INDEX case_open_due;
