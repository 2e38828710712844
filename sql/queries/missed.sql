-- SPDX-License-Identifier: MPL-2.0
-- Reports that a collector missed: judged with the filing, disputed, decided.

-- Did a collector report the class in the unit grid in that time?
-- name: missed_found_before
-- database: cases
SELECT 1 FROM case_file
WHERE grid_id = $1 AND class_id = $2 AND source = 0 AND opened_at >= $3 AND opened_at <= $4
LIMIT 1;

-- name: missed_add
-- database: cases
INSERT INTO missed_report (case_id, judged_at, missed, why, person_id, duty_grid_id, within_ms,
    state, disputed_by, disputed_at, dispute, decided_by, decided_at, decision, turn)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, '', 0, 0, '',
    (SELECT coalesce(max(m.turn), 0) + 1 FROM missed_report m))
ON CONFLICT (case_id) DO NOTHING;

-- name: missed_turn
-- database: cases
SELECT coalesce(max(turn), 0) FROM missed_report;

-- name: missed_get
-- database: cases
SELECT m.case_id, c.number, c.class_id, c.grid_id, c.opened_at, m.judged_at, m.missed, m.why,
       m.person_id, m.duty_grid_id, m.within_ms, m.state, m.disputed_by, m.disputed_at,
       m.dispute, m.decided_by, m.decided_at, m.decision
FROM missed_report m JOIN case_file c ON c.case_id = m.case_id
WHERE m.case_id = $1;

-- Newest first; $2: one state, or -1; $4: one person, $5: people of one home, or 0.
-- name: missed_list
-- database: cases
SELECT m.case_id, c.number, c.class_id, c.grid_id, c.opened_at, m.judged_at, m.missed, m.why,
       m.person_id, m.duty_grid_id, m.within_ms, m.state, m.disputed_by, m.disputed_at,
       m.dispute, m.decided_by, m.decided_at, m.decision
FROM missed_report m JOIN case_file c ON c.case_id = m.case_id
WHERE m.missed = 1 AND m.case_id < $1 AND (CAST($2 AS BIGINT) < 0 OR m.state = $2)
  AND (CAST($4 AS BIGINT) = 0 OR m.person_id = $4)
  AND (CAST($5 AS BIGINT) = 0
       OR m.person_id IN (SELECT p.person_id FROM person p WHERE p.department_id = $5))
  AND c.opened_at >= $6 AND c.opened_at < $7
ORDER BY m.case_id DESC LIMIT $3;

-- How many of each state; $1 and $2 as $4 and $5 above.
-- name: missed_states
-- database: cases
SELECT m.state, count(*)
FROM missed_report m JOIN case_file c ON c.case_id = m.case_id
WHERE m.missed = 1 AND (CAST($1 AS BIGINT) = 0 OR m.person_id = $1)
  AND (CAST($2 AS BIGINT) = 0
       OR m.person_id IN (SELECT p.person_id FROM person p WHERE p.department_id = $2))
  AND c.opened_at >= $3 AND c.opened_at < $4
GROUP BY m.state;

-- name: missed_dispute
-- database: cases
UPDATE missed_report SET state = 1, disputed_by = $2, disputed_at = $3, dispute = $4,
    turn = (SELECT coalesce(max(m.turn), 0) + 1 FROM missed_report m)
WHERE case_id = $1;

-- name: missed_decide
-- database: cases
UPDATE missed_report SET state = $2, decided_by = $3, decided_at = $4, decision = $5,
    turn = (SELECT coalesce(max(m.turn), 0) + 1 FROM missed_report m)
WHERE case_id = $1;
