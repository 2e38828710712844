-- SPDX-License-Identifier: MPL-2.0
-- Figures of the time before this system, as people entered them.

-- name: figure_before_add
-- database: cases
INSERT INTO figure_before (code, value, period, source, entered_by, entered_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- The newest of each code, by code.
-- name: figure_before_list
-- database: cases
SELECT b.code, b.value, b.period, b.source, b.entered_by, b.entered_at
FROM figure_before b
WHERE b.entry_id = (SELECT max(n.entry_id) FROM figure_before n WHERE n.code = b.code)
ORDER BY b.code
LIMIT $1;
