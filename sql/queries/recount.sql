-- SPDX-License-Identifier: MPL-2.0
-- The recount reads ranges of cases, in the order of their ids: ($1 after, $2 up to). Where a
-- row belongs stands in its last column, so that rows of no case are found on the way.

-- part: recount_cases
-- database: cases
WHERE case_id > $1 ORDER BY case_id LIMIT $2

-- The columns of history_list.
-- name: recount_history
-- database: cases
SELECT seq, action, kind, mark, step_from, step_to, stage_to, task_no, task_version, actor_id,
       system, on_behalf_of, department_id, opinion, inputs, opinion_digest, inputs_digest,
       clock_effect, done_at, received_at, salt, digest, company_id, behalf_department_id, case_id
FROM history WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id, seq;

-- Open tasks as case_tasks_open has them, and those of no case. 1024: tasks of one case.
-- name: recount_tasks
-- database: cases
SELECT task_id, kind, parent_id, version, department_id, role, person_id, opened_at, acted_at,
       closed_at, undone, timer_at, aside
FROM case_task t WHERE task_id >= $1 AND task_id <= $2
  AND (closed_at IS NULL
       OR NOT EXISTS (SELECT 1 FROM case_file c WHERE c.case_id = t.task_id / 1024))
ORDER BY task_id;

-- The columns of case_clocks_live.
-- name: recount_clocks
-- database: cases
SELECT kind, task_no, status, unit, milli, season, extended_milli, extended_ms, started_at,
       since_at, consumed_ms, paused_ms, due_at, yellow_at, calendar_version, provisional, department_id,
       extensions, limit_line, hours, held, held_scope, held_at, goes_on, case_id
FROM case_clock WHERE case_id > $1 AND case_id <= $2 AND (task_no = 0 OR status IN (1, 2))
ORDER BY case_id, kind, task_no;

-- The columns of fact_load.
-- name: recount_facts
-- database: cases
SELECT class_id, condition_id, department_id, grid_id, area_1, area_2, area_3, area_4,
       area_5, area_6, area_7, area_8, source, mark, stage, outcome, reported_by,
       opened_at, accepted_at, verified_at, filed_at, sent_at, signed_at, fed_back_at,
       checked_at, closed_at, due_at, handled_in_time, closed_in_time, imported_in_time,
       accepted_in_time, verified_in_time, filed_in_time, sent_in_time, signed_in_time,
       reviewed_in_time, checked_in_time, accepted_by, verified_by, filed_by, sent_by,
       checked_by, closed_by, verify_result, check_result, returned, reworked, resent,
       extended, suspended, reopened, urged, corrected, supervised, assisted, passed_on,
       appealed, contested, merged_in, exempted, forced, one_sided, late_received, reached,
       solved, satisfied, contacts, ordered_ms, desk_department_id, grid_duty_id,
       reporter_company_id, checker_company_id, fed_back_bare, checked_bare, case_id
FROM fact WHERE case_id > $1 AND case_id <= $2 ORDER BY case_id;

-- What lies beside a case: 0 how many contacts, 1 how many were merged into it, 2 where it was
-- merged to and whether that one was merged itself.
-- name: recount_beside
-- database: cases
SELECT case_id, 0, count(*), 0 FROM contact
WHERE case_id > $1 AND case_id <= $2 GROUP BY case_id
UNION ALL
SELECT into_id, 1, count(*), 0 FROM case_merge
WHERE into_id > $1 AND into_id <= $2 GROUP BY into_id
UNION ALL
SELECT m.case_id, 2, m.survivor_id,
       (SELECT count(*) FROM case_merge n WHERE n.case_id = m.survivor_id)
FROM case_merge m WHERE m.case_id > $1 AND m.case_id <= $2;

-- Rows that the change stream has kept or dropped from its old end.
-- name: recount_changes
-- database: cases
SELECT (SELECT count(*) FROM change) + (SELECT count(*) FROM change_new)
       + (SELECT coalesce(min(position), 1) - 1 FROM change);

-- name: recount_rollup_department
-- database: cases
-- rows: many
SELECT day, department_id, opened, filed, sent, fed_back, handled_in_time, handled_late, ended,
       closed, closed_in_time, closed_late
FROM rollup_department;

-- name: recount_rollup_area
-- database: cases
-- rows: many
SELECT day, area_id, opened, filed, sent, fed_back, handled_in_time, handled_late, ended,
       closed, closed_in_time, closed_late
FROM rollup_area;

-- Points that should not be there, and open cases whose point is missing.
-- name: recount_points
-- database: cases
-- rows: many
SELECT p.case_id, 1 FROM case_open_point p
WHERE NOT EXISTS (SELECT 1 FROM case_file c WHERE c.case_id = p.case_id
                  AND c.closed_at IS NULL AND c.lon IS NOT NULL)
UNION ALL
SELECT c.case_id, 0 FROM case_file c
WHERE c.closed_at IS NULL AND c.lon IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM case_open_point p WHERE p.case_id = c.case_id);

-- Files named by no move, and received ones that are not there.
-- name: recount_media
-- database: cases
SELECT (SELECT count(*) FROM case_media m
        WHERE NOT EXISTS (SELECT 1 FROM history h
                          WHERE h.case_id = m.case_id AND h.seq = m.seq)),
       (SELECT count(*) FROM case_media m
        WHERE m.received_at IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM media_file f WHERE f.sha256 = m.sha256));
