-- SPDX-License-Identifier: MPL-2.0
-- Reading cases. A list is the part case_columns and one walk: an index and an order; other
-- filters are applied by src/cases/list.c row by row. $1, $2: where the page before ended.

-- name: case_tasks_asked
-- database: cases
SELECT department_id, role, person_id FROM case_task
WHERE task_id BETWEEN $1 * 1024 AND $1 * 1024 + 1023 AND closed_at IS NULL AND aside = 1
  AND kind <> 7; -- a desk that has the case in its part asks for nothing

-- part: case_columns
-- database: cases
SELECT case_id,
       number, version, digest, step, stage, outcome, step_at, queue, mark, source,
       process_version, catalogue_version, routing_version, class_id, condition_id,
       department_id, grid_id, area_1, area_2, area_3, area_4, area_5, area_6, area_7,
       area_8, lon, lat, datum, accuracy_m, address, description, external_id,
       reporter_id, reported_by, opened_at, closed_at, kinds_done, task_count, task_no,
       task_version, task_kind, holder_role, holder_person, clock_kind, clock_status,
       clock_unit, clock_milli, clock_season, clock_started_at, clock_since_at,
       clock_provisional, yellow_at, due_at, due_sort, component, component_id, owner_id,
       maintainer_id, competent_id, urgency, holder_department
FROM case_file

-- part: case_walk_due
-- database: cases
WHERE closed_at IS NULL AND (due_sort, case_id) > ($1, $2)

-- part: case_walk_department_due
-- database: cases
WHERE closed_at IS NULL AND department_id = $3 AND (due_sort, case_id) > ($1, $2)

-- Somebody of one department: the open work that it leads, whose step it holds for another
-- one, and where it was asked for something. Three walks in one order, each along its own
-- index; none has a case of another.
-- part: case_walk_own_due
-- database: cases
WHERE closed_at IS NULL AND department_id = $3 AND (due_sort, case_id) > ($1, $2)

-- part: case_walk_held_due
-- database: cases
WHERE closed_at IS NULL AND holder_department > 0 AND holder_department <> department_id
  AND holder_department = $3 AND (due_sort, case_id) > ($1, $2)

-- part: case_walk_helped_due
-- database: cases
WHERE closed_at IS NULL AND department_id <> $3 AND holder_department <> $3
  AND (due_sort, case_id) > ($1, $2)
  AND case_id IN (SELECT t.task_id / 1024 FROM case_task t
       WHERE t.closed_at IS NULL AND t.aside = 1 AND t.department_id > 0
         AND t.department_id = $3)

-- Each walk takes no more than the list does: PostgreSQL would read all of them to sort.
-- part: case_walks
-- database: cases
SELECT * FROM (

-- part: case_also
-- database: cases
) AS walk UNION ALL SELECT * FROM (

-- part: case_walks_end
-- database: cases
) AS walk

-- part: case_walk_stage_due
-- database: cases
WHERE closed_at IS NULL AND stage = $3 AND (due_sort, case_id) > ($1, $2)

-- part: case_walk_holder_due
-- database: cases
WHERE closed_at IS NULL AND holder_role = $3 AND (due_sort, case_id) > ($1, $2)

-- part: case_walk_queue_due
-- database: cases
WHERE closed_at IS NULL AND queue > 0 AND queue = $3 AND (due_sort, case_id) > ($1, $2)

-- Cases with an open task beside the step's own, whether they have ended or not.
-- part: case_walk_asked_due
-- database: cases
WHERE case_id IN (SELECT t.task_id / 1024 FROM case_task t
                  WHERE t.closed_at IS NULL AND t.aside = 1)
      AND (due_sort, case_id) > ($1, $2)

-- part: case_walk_asked_newest
-- database: cases
WHERE case_id IN (SELECT t.task_id / 1024 FROM case_task t
                  WHERE t.closed_at IS NULL AND t.aside = 1)
      AND case_id < $2

-- part: case_walk_open_newest
-- database: cases
WHERE closed_at IS NULL AND (opened_at, case_id) < ($1, $2)

-- part: case_walk_newest
-- database: cases
WHERE case_id < $2

-- part: case_walk_department_newest
-- database: cases
WHERE department_id = $3 AND case_id < $2

-- The newest of which somebody of one department had a task, or the lead.
-- part: case_walk_own_newest
-- database: cases
WHERE case_id IN (SELECT c.case_id FROM case_file c WHERE c.department_id = $3 AND c.case_id < $2
                  UNION SELECT t.task_id / 1024 FROM case_task t
                  WHERE t.department_id > 0 AND t.department_id = $3 AND t.task_id / 1024 < $2
                  ORDER BY 1 DESC LIMIT $11)

-- part: case_walk_grid_newest
-- database: cases
WHERE grid_id = $3 AND case_id < $2

-- part: case_walk_reporter_newest
-- database: cases
WHERE reported_by > 0 AND reported_by = $3 AND case_id < $2

-- part: case_order_due
-- database: cases
ORDER BY due_sort, case_id

-- part: case_order_opened
-- database: cases
ORDER BY opened_at DESC, case_id DESC

-- part: case_order_newest
-- database: cases
ORDER BY case_id DESC

-- As many rows as one look takes; the next one goes on after the last of them.
-- part: case_limit
-- database: cases
LIMIT $11

-- Filters that walks over open work apply before a row is read: their columns stand in the
-- index case_open_work.
-- part: case_only_class
-- database: cases
AND class_id = $7

-- part: case_only_condition
-- database: cases
AND condition_id = $8

-- part: case_only_grid
-- database: cases
AND grid_id = $9

-- part: case_only_area_1
-- database: cases
AND area_1 = $10

-- part: case_only_area_2
-- database: cases
AND area_2 = $10

-- part: case_only_area_3
-- database: cases
AND area_3 = $10

-- part: case_only_area_4
-- database: cases
AND area_4 = $10

-- part: case_only_area_5
-- database: cases
AND area_5 = $10

-- part: case_only_area_6
-- database: cases
AND area_6 = $10

-- part: case_only_area_7
-- database: cases
AND area_7 = $10

-- part: case_only_area_8
-- database: cases
AND area_8 = $10

-- All open ones, in any order. The bound, which all keep, leads to an index of them.
-- part: case_walk_open
-- database: cases
-- rows: many
WHERE closed_at IS NULL AND due_sort > -9000000000000000

-- These cases, in any order; 0: none.
-- part: case_walk_ids
-- database: cases
WHERE case_id IN (
      $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
      $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45,
      $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62,
      $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75)

-- All of them, backwards, for the search index.
-- part: case_walk_older
-- database: cases
-- rows: many
WHERE case_id < $2
ORDER BY case_id DESC

-- part: case_walk_oldest
-- database: cases
-- rows: many
WHERE case_id > $2
ORDER BY case_id

-- part: case_walk_number
-- database: cases
WHERE number = $3

-- part: case_walk_box
-- database: cases
-- rows: many
WHERE case_id IN (SELECT p.case_id FROM case_open_point p
                  WHERE p.east >= $3 AND p.west <= $4 AND p.north >= $5 AND p.south <= $6)
-- postgres: the index is one of boxes
WHERE case_id IN (SELECT p.case_id FROM case_open_point p
                  WHERE box(point(p.west, p.south), point(p.east, p.north))
                        && box(point($3, $5), point($4, $6)))

-- name: case_by_number
-- database: cases
SELECT case_id FROM case_file WHERE number = $1;

-- name: case_task_scope
-- database: cases
SELECT department_id, person_id FROM case_task
WHERE task_id BETWEEN $1 * 1024 AND $1 * 1024 + 1023 AND (department_id > 0 OR person_id > 0);

-- Who holds or held a task of a case: of these, or of all open ones.
-- part: case_holders
-- database: cases
SELECT c.case_id, t.department_id, t.person_id
FROM case_file c JOIN case_task t
     ON t.task_id BETWEEN c.case_id * 1024 AND c.case_id * 1024 + 1023
WHERE (t.department_id > 0 OR t.person_id > 0)

-- part: case_holders_ids
-- database: cases
AND c.case_id IN (
      $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28,
      $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45,
      $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62,
      $63, $64, $65, $66, $67, $68, $69, $70, $71, $72, $73, $74, $75)

-- part: case_holders_open
-- database: cases
-- rows: many
AND c.closed_at IS NULL AND c.due_sort > -9000000000000000

-- Rows of a case after a seq; with $3 > 0 only those that touched that task at a version
-- above $2.
-- name: history_list
-- database: cases
SELECT seq, action, kind, mark, step_from, step_to, stage_to, task_no, task_version, actor_id,
       system, on_behalf_of, department_id, opinion, inputs, opinion_digest, inputs_digest,
       clock_effect, done_at, received_at, salt, digest, company_id, behalf_department_id
FROM history
WHERE case_id = $1 AND (($3 = 0 AND seq > $2) OR ($3 > 0 AND task_no = $3 AND task_version > $2))
ORDER BY seq;

-- name: case_media_list
-- database: cases
SELECT sha256, seq, stage, received_at, (SELECT h.received_at FROM history h
           WHERE h.case_id = $1 AND h.seq = m.seq), shows, named_by
FROM case_media m WHERE case_id = $1 ORDER BY seq, shows, sha256;

-- Newest cases that show a file; those that wait for it do not.
-- name: case_media_cases
-- database: cases
SELECT DISTINCT case_id FROM case_media WHERE sha256 = $1 AND received_at IS NOT NULL
ORDER BY case_id DESC LIMIT 20;

-- name: reporter_by_id
-- database: cases
SELECT name, phone, email, agreed FROM reporter WHERE reporter_id = $1;

-- name: change_list
-- database: cases
SELECT g.position, g.case_id, g.seq, g.kind, g.stage, g.at, g.moved,
       b.area_1, b.area_2, b.area_3, b.area_4, b.area_5, b.area_6, b.area_7, b.area_8
FROM change g LEFT JOIN change_before b ON b.position = g.position
WHERE g.position > $1 ORDER BY g.position LIMIT $2;

-- name: change_range
-- database: cases
SELECT (SELECT min(position) FROM change), (SELECT max(position) FROM change),
       (SELECT epoch FROM case_epoch), 0;
-- postgres: are there changes without a position, or figures kept, of an older program?
SELECT (SELECT min(position) FROM change), (SELECT max(position) FROM change),
       (SELECT epoch FROM case_epoch),
       CASE WHEN EXISTS (SELECT 1 FROM change_new) OR EXISTS (SELECT 1 FROM rollup_new)
       THEN 1 ELSE 0 END;

-- Open work, compared with the clock: $1 is now. Each is answered by one partial index
-- alone.
-- name: figures_open_stage
-- database: cases
SELECT stage, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file WHERE closed_at IS NULL
GROUP BY stage;

-- name: figures_open_department
-- database: cases
SELECT department_id, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file WHERE closed_at IS NULL
GROUP BY department_id;

-- name: figures_open_queue
-- database: cases
SELECT queue, count(*) FROM case_file WHERE closed_at IS NULL AND queue > 0
GROUP BY queue;

-- The bound, which all keep, leads SQLite to the index case_open_work instead of the rows.
-- name: figures_open_area_1
-- database: cases
SELECT area_1, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_1;

-- name: figures_open_area_2
-- database: cases
SELECT area_2, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_2;

-- name: figures_open_area_3
-- database: cases
SELECT area_3, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_3;

-- name: figures_open_area_4
-- database: cases
SELECT area_4, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_4;

-- name: figures_open_area_5
-- database: cases
SELECT area_5, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_5;

-- name: figures_open_area_6
-- database: cases
SELECT area_6, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_6;

-- name: figures_open_area_7
-- database: cases
SELECT area_7, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_7;

-- name: figures_open_area_8
-- database: cases
SELECT area_8, count(*), sum(CASE WHEN due_sort < $1 THEN 1 ELSE 0 END) FROM case_file
WHERE closed_at IS NULL AND due_sort > -9000000000000000 GROUP BY area_8;

-- name: figures_department_day
-- database: cases
SELECT department_id, opened, ended, closed FROM rollup_department WHERE day = $1;

-- name: figures_area_day
-- database: cases
SELECT area_id, opened, ended, closed FROM rollup_area
WHERE day = $1 AND area_id BETWEEN $2 AND $3;

-- ---- points for tiles ----

-- name: change_cases
-- database: cases
SELECT position, case_id FROM change WHERE position > $1 ORDER BY position LIMIT $2;

-- name: case_open_in_grid
-- database: cases
SELECT count(*) FROM case_file WHERE grid_id = $1 AND closed_at IS NULL;
