-- SPDX-License-Identifier: MPL-2.0
-- What the evaluation floor reads: fact rows for the columns, and rollups.

-- One case as src/evaluation/facts_row.c takes it. The status of its handling clock (kind
-- 1) only while it is open.
-- part: facts_columns
-- database: cases
-- rows: many
SELECT f.case_id, f.class_id, f.department_id, f.source, f.outcome, f.opened_at,
       f.fed_back_at, f.closed_at, f.due_at, f.handled_in_time, f.imported_in_time, f.exempted,
       CASE WHEN f.closed_at = 0 THEN
           (SELECT k.status FROM case_clock k
            WHERE k.case_id = f.case_id AND k.kind = 1 AND k.task_no = 0) END,
       f.accepted_at, f.verified_at, f.filed_at, f.sent_at, f.signed_at, f.checked_at,
       f.desk_department_id, f.grid_id, f.grid_duty_id, f.reported_by, f.accepted_by,
       f.verified_by, f.filed_by, f.sent_by, f.checked_by, f.closed_by,
       f.reporter_company_id, f.checker_company_id, f.stage, f.mark, f.verify_result,
       f.check_result, f.forced, f.one_sided, f.late_received, f.closed_in_time,
       f.accepted_in_time, f.verified_in_time, f.filed_in_time, f.sent_in_time,
       f.signed_in_time, f.reviewed_in_time, f.checked_in_time, f.reached, f.solved,
       f.satisfied, f.returned, f.reworked, f.resent, f.extended, f.suspended, f.reopened,
       f.urged, f.corrected, f.supervised, f.assisted, f.passed_on, f.appealed, f.contested,
       f.merged_in, f.contacts,
       (SELECT 1 FROM missed_report m
        WHERE m.case_id = f.case_id AND m.missed = 1 AND m.state <> 3),
       f.fed_back_bare, f.checked_bare,
       f.area_1, f.area_2, f.area_3, f.area_4, f.area_5, f.area_6, f.area_7, f.area_8
FROM fact f

-- part: facts_walk_all
-- database: cases
WHERE f.case_id > $1 ORDER BY f.case_id LIMIT $2

-- part: facts_walk_changed
-- database: cases
WHERE f.case_id IN (SELECT g.case_id FROM change g WHERE g.position > $1
    UNION SELECT m.case_id FROM missed_report m WHERE m.turn >= $2)

-- Headline figures: from a day on, up to now.
-- name: figures_rollup_department
-- database: cases
SELECT day, department_id, opened, ended, closed FROM rollup_department WHERE day >= $1;

-- name: figures_rollup_area
-- database: cases
SELECT day, area_id, opened, ended, closed FROM rollup_area WHERE day >= $1;
