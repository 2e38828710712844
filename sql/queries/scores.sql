-- SPDX-License-Identifier: MPL-2.0
-- Points that people gave for scores.

-- name: score_entry_add
-- database: cases
INSERT INTO score_entry (score, part, subject_id, from_day, to_day, points_milli, reason,
    entered_by, entered_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- Oldest first: the last one of a part and a subject counts.
-- name: score_entries
-- database: cases
-- rows: many
SELECT entry_id, part, subject_id, points_milli, reason, entered_by, entered_at
FROM score_entry
WHERE score = $1 AND from_day = $2 AND to_day = $3
ORDER BY entry_id
LIMIT $4;
