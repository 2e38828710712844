-- SPDX-License-Identifier: MPL-2.0
-- Cases judged by a draft of the rules.

-- Ids of the cases that there are.
-- name: what_if_ids
-- database: cases
SELECT coalesce(min(case_id), 0), coalesce(max(case_id), -1) FROM case_file;

-- A slice of ids, of the cases reported in a period that a department got.
-- part: what_if_slice
-- database: cases
WHERE case_id >= $1 AND case_id < $2 AND opened_at >= $3 AND opened_at < $4
  AND department_id > 0
ORDER BY case_id

-- What happened to their clocks, and by which moves.
-- name: what_if_effects
-- database: cases
-- rows: many
SELECT case_id, clock_effect, done_at FROM history
WHERE case_id >= $1 AND case_id < $2 AND clock_effect <> ''
ORDER BY case_id, seq;

-- How the handling clock was judged when it was stopped: -1 not at all.
-- name: what_if_was
-- database: cases
-- rows: many
SELECT case_id, handled_in_time FROM fact WHERE case_id >= $1 AND case_id < $2
ORDER BY case_id;
