-- SPDX-License-Identifier: MPL-2.0
-- What case_apply reads and writes. Only src/cases uses these.

-- name: case_by_key
-- database: cases
SELECT h.case_id, h.seq, h.body_digest, h.actor_id, c.number, c.version, c.task_no,
       c.task_version
FROM history h JOIN case_file c ON c.case_id = h.case_id
WHERE h.idempotency_key = $1;
-- postgres: history is in partitions, and their keys in a table of their own
SELECT k.case_id, k.seq, k.body_digest, k.actor_id, c.number, c.version, c.task_no,
       c.task_version
FROM request_key k JOIN case_file c ON c.case_id = k.case_id
WHERE k.idempotency_key = $1;

-- The next $2 numbers of a day: the last of them. More than one where servers write beside
-- each other (db_fetch_block).
-- name: case_serial_next
-- database: cases
INSERT INTO case_serial (day, serial) VALUES ($1, $2)
ON CONFLICT (day) DO UPDATE SET serial = case_serial.serial + $2
RETURNING serial;

-- Likewise ids; $1 is -1. Taken before case_add: RETURNING would have SQLite build a table
-- for the answer and copy every page that the statement touches.
-- name: case_id_next
-- database: cases
SELECT coalesce(max(case_id), 0) + $2 FROM case_file WHERE $1 < 0;
-- postgres: ids that others have taken and not committed yet cannot be seen
INSERT INTO case_serial (day, serial)
SELECT CAST($1 AS bigint), coalesce(max(case_id), 0) + CAST($2 AS bigint) FROM case_file
ON CONFLICT (day) DO UPDATE SET serial = greatest(case_serial.serial + $2, excluded.serial)
RETURNING serial;

-- name: case_id_last
-- database: cases
SELECT coalesce(max(case_id), 0) FROM case_file;

-- Who writes beside others has the case for itself from here on.
-- name: case_lock
-- database: cases
SELECT case_id FROM case_file WHERE case_id = $1;
-- postgres: there others may write at the same time
SELECT case_id FROM case_file WHERE case_id = $1 FOR UPDATE;

-- name: case_add
-- database: cases
INSERT INTO case_file (
    case_id, number, version, digest, step, stage, outcome, step_at, queue, mark, source,
    process_version, catalogue_version, routing_version, class_id, condition_id,
    department_id, grid_id, area_1, area_2, area_3, area_4, area_5, area_6, area_7,
    area_8, lon, lat, datum, accuracy_m, address, description, external_id, reporter_id,
    reported_by, opened_at, closed_at, kinds_done, task_count, task_no, task_version,
    task_kind, holder_role, holder_person, clock_kind, clock_status, clock_unit,
    clock_milli, clock_season, clock_started_at, clock_since_at, clock_provisional,
    yellow_at, due_at, due_sort, component, component_id, owner_id, maintainer_id,
    competent_id, urgency, holder_department)
VALUES (
    $61, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
    $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
    $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52,
    $53, $54, $55, $56, $57, $58, $59, $60, $62);

-- name: case_load
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
FROM case_file WHERE case_id = $1;

-- A move that leaves the case in its step.
-- name: case_touch
-- database: cases
UPDATE case_file SET version = $2, digest = $3, kinds_done = $4, task_count = $5
WHERE case_id = $1;

-- A move that changes step, task or clock.
-- name: case_step
-- database: cases
UPDATE case_file SET
    version = $2, digest = $3, kinds_done = $4, task_count = $5, step = $6, stage = $7,
    outcome = $8, step_at = $9, queue = $10, closed_at = $11, task_no = $12,
    task_version = $13, task_kind = $14, holder_role = $15, holder_person = $16,
    clock_kind = $17, clock_status = $18, clock_unit = $19, clock_milli = $20,
    clock_season = $21, clock_started_at = $22, clock_since_at = $23,
    clock_provisional = $24, yellow_at = $25, due_at = $26, due_sort = $27,
    holder_department = $28
WHERE case_id = $1;

-- A move that corrects class, condition, point or address.
-- name: case_correct
-- database: cases
UPDATE case_file SET
    class_id = $2, condition_id = $3, grid_id = $4, area_1 = $5, area_2 = $6,
    area_3 = $7, area_4 = $8, area_5 = $9, area_6 = $10, area_7 = $11, area_8 = $12,
    lon = $13, lat = $14, datum = $15, accuracy_m = $16, address = $17, component = $18,
    component_id = $19, owner_id = $20, maintainer_id = $21, competent_id = $22
WHERE case_id = $1;

-- name: case_assign
-- database: cases
UPDATE case_file SET department_id = $2 WHERE case_id = $1;

-- Open cases of older processes, by step.
-- name: case_process_steps
-- database: cases
SELECT step, count(*), min(number) FROM case_file
WHERE closed_at IS NULL AND process_version <> $1
GROUP BY step ORDER BY step;

-- name: case_process_older
-- database: cases
SELECT case_id FROM case_file WHERE closed_at IS NULL AND process_version <> $1
ORDER BY case_id LIMIT $2;

-- name: case_process_set
-- database: cases
UPDATE case_file SET process_version = $2 WHERE case_id = $1;

-- name: case_point_add
-- database: cases
INSERT INTO case_open_point (case_id, west, east, south, north) VALUES ($1, $2, $2, $3, $3);

-- name: case_point_remove
-- database: cases
DELETE FROM case_open_point WHERE case_id = $1;

-- Open tasks of a case.
-- name: case_tasks_open
-- database: cases
SELECT task_id, kind, parent_id, version, department_id, role, person_id, opened_at, acted_at,
       closed_at, undone, timer_at, aside
FROM case_task WHERE task_id BETWEEN $1 * 1024 AND $1 * 1024 + 1023 AND closed_at IS NULL
ORDER BY task_id;

-- name: case_tasks
-- database: cases
SELECT task_id, kind, parent_id, version, department_id, role, person_id, opened_at, acted_at,
       closed_at, undone, timer_at, aside
FROM case_task WHERE task_id BETWEEN $1 * 1024 AND $1 * 1024 + 1023
ORDER BY task_id;

-- name: case_task_state
-- database: cases
SELECT version, closed_at, kind FROM case_task WHERE task_id = $1;

-- name: case_task_add
-- database: cases
INSERT INTO case_task (task_id, kind, parent_id, version, department_id, role, person_id,
                       opened_at, acted_at, timer_at, closed_at, undone, aside)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: case_task_update
-- database: cases
UPDATE case_task SET version = $2, department_id = $3, role = $4, person_id = $5,
       acted_at = $6, timer_at = $7
WHERE task_id = $1;

-- name: case_task_close
-- database: cases
UPDATE case_task SET version = $2, acted_at = $3, closed_at = $3, undone = $4, timer_at = NULL
WHERE task_id = $1;

-- name: case_timers_due
-- database: cases
SELECT task_id, timer_at FROM case_task
WHERE timer_at IS NOT NULL AND timer_at <= $1
ORDER BY timer_at, task_id LIMIT $2;

-- name: case_timer_next
-- database: cases
SELECT min(timer_at) FROM case_task WHERE timer_at IS NOT NULL;

-- name: case_task_kind
-- database: cases
SELECT kind FROM case_task WHERE task_id = $1;

-- name: case_timer_clear
-- database: cases
UPDATE case_task SET timer_at = NULL WHERE task_id = $1;

-- name: move_time_add
-- database: cases
INSERT INTO move_time (case_id, seq, device_at, skew_ms, seen_at) VALUES ($1, $2, $3, $4, $5);

-- name: move_times
-- database: cases
SELECT seq, device_at, skew_ms, seen_at FROM move_time WHERE case_id = $1 AND seq > $2
ORDER BY seq;

-- When the last row of a kind was done and received; rows of the system and of records
-- count as received when they were done.
-- name: history_last_times
-- database: cases
SELECT done_at, CASE WHEN system = 0 AND mark IN (0, 3) THEN received_at ELSE done_at END
FROM history WHERE case_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1;

-- 25 is no clock: a mark that a time order holds the case.
-- name: case_clocks
-- database: cases
SELECT kind, task_no, status, unit, milli, season, extended_milli, extended_ms, started_at,
       since_at, consumed_ms, paused_ms, due_at, yellow_at, calendar_version, provisional, department_id,
       extensions, limit_line, hours, held, held_scope, held_at, goes_on
FROM case_clock WHERE case_id = $1 AND kind <> 25 ORDER BY kind, task_no;

-- Clocks that a move may touch: the case's own and those that still run.
-- name: case_clocks_live
-- database: cases
SELECT kind, task_no, status, unit, milli, season, extended_milli, extended_ms, started_at,
       since_at, consumed_ms, paused_ms, due_at, yellow_at, calendar_version, provisional, department_id,
       extensions, limit_line, hours, held, held_scope, held_at, goes_on
FROM case_clock WHERE case_id = $1 AND (task_no = 0 OR status IN (1, 2))
ORDER BY kind, task_no;

-- Cases with running clocks that an older calendar has timed, in the order of their index.
-- status 1 is running.
-- name: case_clocks_outdated
-- database: cases
SELECT case_id FROM case_clock WHERE status = 1 AND calendar_version < $1
GROUP BY calendar_version, case_id ORDER BY calendar_version, case_id LIMIT $2;

-- Changes whose keys have had their time; the cursor stands in case_epoch.
-- name: keys_expiring
-- database: cases
SELECT g.position, g.case_id, g.seq, g.kind FROM change g
WHERE g.position > (SELECT keys_expired FROM case_epoch) AND g.at < $1
ORDER BY g.position LIMIT $2;

-- name: key_expire
-- database: cases
UPDATE history SET idempotency_key = NULL, body_digest = NULL
WHERE case_id = $1 AND seq = $2 AND idempotency_key IS NOT NULL;

-- A restored copy goes ways of its own.
-- name: case_epoch_renew
-- database: cases
UPDATE case_epoch SET epoch = $1 WHERE epoch <> $1;

-- name: keys_expired
-- database: cases
UPDATE case_epoch SET keys_expired = $1;

-- Desks that have cases in their hands; holder_role 3 is dispatcher.
-- name: case_desks_holding
-- database: cases
SELECT holder_department FROM case_file
WHERE closed_at IS NULL AND holder_role = 3 AND holder_department > 0
GROUP BY holder_department ORDER BY holder_department;

-- name: case_desk_cases
-- database: cases
SELECT case_id FROM case_file
WHERE closed_at IS NULL AND holder_role = 3 AND holder_department > 0
  AND holder_department = $1
ORDER BY case_id LIMIT $2;

-- name: case_clock_put
-- database: cases
INSERT INTO case_clock (case_id, kind, task_no, status, unit, milli, season, extended_milli,
    extended_ms, started_at, since_at, consumed_ms, paused_ms, due_at, yellow_at, calendar_version,
    provisional, department_id, extensions, limit_line, hours, held, held_scope, held_at, goes_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25)
ON CONFLICT (case_id, kind, task_no) DO UPDATE SET
    status = excluded.status, unit = excluded.unit, milli = excluded.milli,
    season = excluded.season, extended_milli = excluded.extended_milli,
    extended_ms = excluded.extended_ms, started_at = excluded.started_at,
    since_at = excluded.since_at, consumed_ms = excluded.consumed_ms, paused_ms = excluded.paused_ms,
    due_at = excluded.due_at, yellow_at = excluded.yellow_at,
    calendar_version = excluded.calendar_version, provisional = excluded.provisional,
    department_id = excluded.department_id, extensions = excluded.extensions,
    limit_line = excluded.limit_line, hours = excluded.hours, held = excluded.held,
    held_scope = excluded.held_scope, held_at = excluded.held_at, goes_on = excluded.goes_on;

-- name: history_add
-- database: cases
INSERT INTO history (case_id, seq, action, kind, mark, step_from, step_to, stage_to, task_no,
    task_version, actor_id, system, on_behalf_of, department_id, opinion, inputs, clock_effect,
    done_at, received_at, idempotency_key, body_digest, salt, digest, company_id,
    behalf_department_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
    $20, $21, $22, $23, $24, $25);

-- Who did what, for the separation of duties.
-- name: history_sides
-- database: cases
SELECT kind, stage_to, actor_id, company_id FROM history WHERE case_id = $1 ORDER BY seq;

-- name: history_last_actor
-- database: cases
SELECT actor_id FROM history WHERE case_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1;

-- name: history_last_inputs
-- database: cases
SELECT inputs FROM history WHERE case_id = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1;

-- name: change_add
-- database: cases
INSERT INTO change (case_id, seq, kind, stage, at, moved) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING position;
-- postgres: numbered with the commit (change_number): others may commit in between
INSERT INTO change_new (case_id, seq, kind, stage, at, moved) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING change_new_id;

-- name: change_before_add
-- database: cases
INSERT INTO change_before (position, area_1, area_2, area_3, area_4, area_5, area_6, area_7,
                           area_8)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);
-- postgres: as above
UPDATE change_new SET area_1 = $2, area_2 = $3, area_3 = $4, area_4 = $5, area_5 = $6,
       area_6 = $7, area_7 = $8, area_8 = $9
WHERE change_new_id = $1;

-- One numberer of a city at a time, until its transaction ends.
-- name: change_turn
-- database: cases
SELECT 1;
-- postgres: advisory, of this schema
SELECT 1 FROM pg_advisory_xact_lock(hashtextextended(current_schema() || ' change', 0));

-- Gives changes their positions, in the order in which they were made; how many: those of
-- the transaction itself, as its last step, and committed ones that an older program left.
-- What one case went through stays in order: a move waits for the commit of the one before
-- it and takes its id after that.
-- name: change_number
-- database: cases
SELECT 0;
-- postgres: see change_add
WITH taken AS (
    DELETE FROM change_new WHERE change_new_id IN (
        SELECT change_new_id FROM change_new ORDER BY change_new_id LIMIT 10000)
    RETURNING change_new_id, case_id, seq, kind, stage, at, moved,
              area_1, area_2, area_3, area_4, area_5, area_6, area_7, area_8
), numbered AS (
    SELECT (SELECT coalesce(max(position), 0) FROM change)
               + row_number() OVER (ORDER BY change_new_id) AS position, taken.*
    FROM taken
), put AS (
    INSERT INTO change (position, case_id, seq, kind, stage, at, moved)
    SELECT position, case_id, seq, kind, stage, at, moved FROM numbered ORDER BY position
    RETURNING 1
), before AS (
    INSERT INTO change_before (position, area_1, area_2, area_3, area_4, area_5, area_6,
                               area_7, area_8)
    SELECT position, area_1, area_2, area_3, area_4, area_5, area_6, area_7, area_8
    FROM numbered WHERE area_1 IS NOT NULL
    RETURNING 1
)
SELECT count(*) FROM put;

-- name: change_waiting
-- database: cases
SELECT (SELECT count(*) FROM change_new) + (SELECT count(*) FROM rollup_new);

-- What transactions of an older program have kept of figures, taken out to be added:
-- src/db/rollup.c.
-- name: rollup_new_take
-- database: cases
DELETE FROM rollup_new
WHERE rollup_new_id IN (SELECT rollup_new_id FROM rollup_new ORDER BY rollup_new_id LIMIT 10000)
RETURNING query, keys, deltas, key_1, key_2, key_3, key_4, key_5, key_6, delta_1, delta_2, delta_3, delta_4,
    delta_5, delta_6, delta_7, delta_8, delta_9, delta_10, delta_11, delta_12;

-- name: case_media_add
-- database: cases
INSERT INTO case_media (case_id, sha256, seq, stage, shows, named_by, received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (case_id, seq, shows, sha256) DO NOTHING;

-- name: case_media_file_known
-- database: cases
SELECT count(*) FROM media_file WHERE sha256 = $1;

-- Cases that wait for a file, and whether $2 has named it there.
-- name: case_media_waiting
-- database: cases
SELECT case_id, max(CASE WHEN named_by = $2 THEN 1 ELSE 0 END) FROM case_media
WHERE sha256 = $1 AND received_at IS NULL GROUP BY case_id ORDER BY case_id LIMIT $3;

-- name: case_media_receive
-- database: cases
UPDATE case_media SET received_at = $3
WHERE case_id = $1 AND sha256 = $2 AND received_at IS NULL;

-- name: case_has_media
-- database: cases
SELECT count(*) FROM case_media WHERE case_id = $1 AND received_at IS NOT NULL;

-- name: case_has_document
-- database: cases
SELECT count(*) FROM case_media m JOIN media_file f ON f.sha256 = m.sha256
WHERE m.case_id = $1 AND f.type = 'application/pdf';

-- name: case_media_file_type
-- database: cases
SELECT type FROM media_file WHERE sha256 = $1;

-- name: case_successor_add
-- database: cases
INSERT INTO case_successor (case_id, previous_id) VALUES ($1, $2);

-- The case that it goes on with, and those that go on with it.
-- name: case_successors
-- database: cases
SELECT 0 AS later, c.number FROM case_successor s JOIN case_file c ON c.case_id = s.previous_id
WHERE s.case_id = $1
UNION ALL
SELECT 1 AS later, c.number FROM case_successor s JOIN case_file c ON c.case_id = s.case_id
WHERE s.previous_id = $1
ORDER BY later, number;

-- name: case_external_known
-- database: cases
SELECT case_id FROM case_file WHERE external_id = $1 LIMIT 1;

-- name: fact_load
-- database: cases
SELECT
       class_id, condition_id, department_id, grid_id, area_1, area_2, area_3, area_4,
       area_5, area_6, area_7, area_8, source, mark, stage, outcome, reported_by,
       opened_at, accepted_at, verified_at, filed_at, sent_at, signed_at, fed_back_at,
       checked_at, closed_at, due_at, handled_in_time, closed_in_time, imported_in_time,
       accepted_in_time, verified_in_time, filed_in_time, sent_in_time, signed_in_time,
       reviewed_in_time, checked_in_time, accepted_by, verified_by, filed_by, sent_by,
       checked_by, closed_by, verify_result, check_result, returned, reworked, resent,
       extended, suspended, reopened, urged, corrected, supervised, assisted, passed_on,
       appealed, contested, merged_in, exempted, forced, one_sided, late_received, reached,
       solved, satisfied, contacts, ordered_ms, desk_department_id, grid_duty_id,
       reporter_company_id, checker_company_id, fed_back_bare, checked_bare
FROM fact WHERE case_id = $1;

-- name: fact_put
-- database: cases
INSERT INTO fact (case_id,
    class_id, condition_id, department_id, grid_id, area_1, area_2, area_3, area_4,
    area_5, area_6, area_7, area_8, source, mark, stage, outcome, reported_by,
    opened_at, accepted_at, verified_at, filed_at, sent_at, signed_at, fed_back_at,
    checked_at, closed_at, due_at, handled_in_time, closed_in_time, imported_in_time,
    accepted_in_time, verified_in_time, filed_in_time, sent_in_time, signed_in_time,
    reviewed_in_time, checked_in_time, accepted_by, verified_by, filed_by, sent_by,
    checked_by, closed_by, verify_result, check_result, returned, reworked, resent,
    extended, suspended, reopened, urged, corrected, supervised, assisted, passed_on,
    appealed, contested, merged_in, exempted, forced, one_sided, late_received, reached,
    solved, satisfied, contacts, ordered_ms, desk_department_id, grid_duty_id,
    reporter_company_id, checker_company_id, fed_back_bare, checked_bare)
VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
    $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
    $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52,
    $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65, $66, $67, $68, $69,
    $70, $71, $72, $73, $74, $75)
ON CONFLICT (case_id) DO UPDATE SET
    class_id = excluded.class_id, condition_id = excluded.condition_id,
    department_id = excluded.department_id, grid_id = excluded.grid_id,
    area_1 = excluded.area_1, area_2 = excluded.area_2, area_3 = excluded.area_3,
    area_4 = excluded.area_4, area_5 = excluded.area_5, area_6 = excluded.area_6,
    area_7 = excluded.area_7, area_8 = excluded.area_8, source = excluded.source,
    mark = excluded.mark, stage = excluded.stage, outcome = excluded.outcome,
    reported_by = excluded.reported_by, opened_at = excluded.opened_at,
    accepted_at = excluded.accepted_at, verified_at = excluded.verified_at,
    filed_at = excluded.filed_at, sent_at = excluded.sent_at,
    signed_at = excluded.signed_at, fed_back_at = excluded.fed_back_at,
    checked_at = excluded.checked_at, closed_at = excluded.closed_at,
    due_at = excluded.due_at, handled_in_time = excluded.handled_in_time,
    closed_in_time = excluded.closed_in_time,
    imported_in_time = excluded.imported_in_time,
    accepted_in_time = excluded.accepted_in_time,
    verified_in_time = excluded.verified_in_time,
    filed_in_time = excluded.filed_in_time, sent_in_time = excluded.sent_in_time,
    signed_in_time = excluded.signed_in_time,
    reviewed_in_time = excluded.reviewed_in_time,
    checked_in_time = excluded.checked_in_time, accepted_by = excluded.accepted_by,
    verified_by = excluded.verified_by, filed_by = excluded.filed_by,
    sent_by = excluded.sent_by, checked_by = excluded.checked_by,
    closed_by = excluded.closed_by, verify_result = excluded.verify_result,
    check_result = excluded.check_result, returned = excluded.returned,
    reworked = excluded.reworked, resent = excluded.resent,
    extended = excluded.extended, suspended = excluded.suspended,
    reopened = excluded.reopened, urged = excluded.urged, corrected = excluded.corrected,
    supervised = excluded.supervised,
    assisted = excluded.assisted,
    passed_on = excluded.passed_on,
    appealed = excluded.appealed,
    contested = excluded.contested,
    merged_in = excluded.merged_in,
    exempted = excluded.exempted,
    forced = excluded.forced,
    one_sided = excluded.one_sided,
    late_received = excluded.late_received,
    reached = excluded.reached,
    solved = excluded.solved,
    satisfied = excluded.satisfied,
    contacts = excluded.contacts,
    ordered_ms = excluded.ordered_ms,
    desk_department_id = excluded.desk_department_id,
    grid_duty_id = excluded.grid_duty_id,
    reporter_company_id = excluded.reporter_company_id,
    checker_company_id = excluded.checker_company_id,
    fed_back_bare = excluded.fed_back_bare,
    checked_bare = excluded.checked_bare;

-- name: rollup_department_add
-- database: cases
INSERT INTO rollup_department (day, department_id,
    opened, filed, sent, fed_back, handled_in_time, handled_late, ended, closed,
    closed_in_time, closed_late)
VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (day, department_id) DO UPDATE SET
    opened = rollup_department.opened + excluded.opened,
    filed = rollup_department.filed + excluded.filed,
    sent = rollup_department.sent + excluded.sent,
    fed_back = rollup_department.fed_back + excluded.fed_back,
    handled_in_time = rollup_department.handled_in_time + excluded.handled_in_time,
    handled_late = rollup_department.handled_late + excluded.handled_late,
    ended = rollup_department.ended + excluded.ended,
    closed = rollup_department.closed + excluded.closed,
    closed_in_time = rollup_department.closed_in_time + excluded.closed_in_time,
    closed_late = rollup_department.closed_late + excluded.closed_late;

-- name: rollup_area_add
-- database: cases
INSERT INTO rollup_area (day, area_id,
    opened, filed, sent, fed_back, handled_in_time, handled_late, ended, closed,
    closed_in_time, closed_late)
VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (day, area_id) DO UPDATE SET
    opened = rollup_area.opened + excluded.opened,
    filed = rollup_area.filed + excluded.filed, sent = rollup_area.sent + excluded.sent,
    fed_back = rollup_area.fed_back + excluded.fed_back,
    handled_in_time = rollup_area.handled_in_time + excluded.handled_in_time,
    handled_late = rollup_area.handled_late + excluded.handled_late,
    ended = rollup_area.ended + excluded.ended,
    closed = rollup_area.closed + excluded.closed,
    closed_in_time = rollup_area.closed_in_time + excluded.closed_in_time,
    closed_late = rollup_area.closed_late + excluded.closed_late;

-- Lives loaded at once: what is numbered, is numbered by the loader.
-- name: bulk_change_add
-- database: cases
INSERT INTO change (position, case_id, seq, kind, stage, at, moved)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: bulk_serial_put
-- database: cases
INSERT INTO case_serial (day, serial) VALUES ($1, $2)
ON CONFLICT (day) DO UPDATE SET serial = excluded.serial;

-- Keys up to the end have expired, or never do.
-- name: bulk_keys_done
-- database: cases
UPDATE case_epoch SET keys_expired = (SELECT coalesce(max(position), 0) FROM change);

-- name: bulk_position
-- database: cases
SELECT coalesce(max(position), 0) FROM change;

-- name: bulk_key_known
-- database: cases
SELECT count(*) FROM history WHERE idempotency_key = $1;
-- postgres: history is in partitions, and their keys in a table of their own
SELECT count(*) FROM request_key WHERE idempotency_key = $1;

-- ---- time orders ----
-- name: time_order_add
-- database: cases
INSERT INTO time_order (what, scope, state, title, reason, filter, unit, milli, until_at,
    signed_by, signed_at, lifted_by, lifted_at, ended_at, list, digest, listed, next, worked,
    moved, skipped, idempotency_key)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10, 0, NULL, NULL, $11, $12, $13, 0, 0, 0, 0, $14)
RETURNING time_order_id;

-- name: time_order_by_key
-- database: cases
SELECT time_order_id, digest FROM time_order WHERE idempotency_key = $1;

-- name: time_orders
-- database: cases
SELECT time_order_id, what, scope, state, title, reason, filter, unit, milli, until_at,
       signed_by, signed_at, lifted_by, lifted_at, ended_at, digest, listed, next, worked, moved,
       skipped
FROM time_order ORDER BY time_order_id DESC LIMIT 200;

-- name: time_order_load
-- database: cases
SELECT time_order_id, what, scope, state, title, reason, filter, unit, milli, until_at,
       signed_by, signed_at, lifted_by, lifted_at, ended_at, digest, listed, next, worked, moved,
       skipped
FROM time_order WHERE time_order_id = $1;

-- The oldest that wants work: 1 being worked, 3 being lifted, or 2 in force and at its end.
-- name: time_order_waiting
-- database: cases
SELECT time_order_id FROM time_order
WHERE state < 4 AND (state IN (1, 3) OR (state = 2 AND until_at <= $1))
ORDER BY time_order_id LIMIT 1;

-- 1 when one is being worked or lifted, else the first end of a pause.
-- name: time_order_next
-- database: cases
SELECT MIN(CASE WHEN state = 2 THEN until_at ELSE 1 END) FROM time_order WHERE state < 4;

-- $2 from 1, in bytes.
-- name: time_order_slice
-- database: cases
SELECT substr(list, CAST($2 AS INTEGER), CAST($3 AS INTEGER)) FROM time_order WHERE time_order_id = $1;

-- name: time_order_went_on
-- database: cases
UPDATE time_order SET state = $2, next = $3, worked = $4, moved = $5, skipped = $6,
    lifted_at = $7, ended_at = $8
WHERE time_order_id = $1;

-- name: time_order_lift
-- database: cases
UPDATE time_order SET state = 3, next = 0, lifted_by = $2, lifted_at = $3
WHERE time_order_id = $1;

-- name: time_order_case_add
-- database: cases
INSERT INTO time_order_case (time_order_id, case_id, why, version, at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (time_order_id, case_id) DO NOTHING;

-- name: time_order_cases
-- database: cases
SELECT t.case_id, f.number, t.why, t.at FROM time_order_case t
LEFT JOIN case_file f ON f.case_id = t.case_id
WHERE t.time_order_id = $1 AND t.case_id > $2 ORDER BY t.case_id LIMIT $3;

-- ---- what a new calendar moved ----
-- name: calendar_change_add
-- database: cases
INSERT INTO calendar_change (calendar_version, began_at, last_at, looked, moved, earlier, later)
VALUES ($1, $2, $2, $3, $4, $5, $6)
ON CONFLICT (calendar_version) DO UPDATE SET
    last_at = excluded.last_at, looked = calendar_change.looked + excluded.looked,
    moved = calendar_change.moved + excluded.moved,
    earlier = calendar_change.earlier + excluded.earlier,
    later = calendar_change.later + excluded.later;

-- name: calendar_moved_add
-- database: cases
INSERT INTO calendar_moved (calendar_version, case_id, kind, task_no, due_before, due_after)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (calendar_version, case_id, kind, task_no) DO UPDATE SET
    due_after = excluded.due_after;

-- name: calendar_changes
-- database: cases
SELECT calendar_version, began_at, last_at, looked, moved, earlier, later FROM calendar_change
ORDER BY calendar_version DESC LIMIT 200;

-- name: calendar_change_load
-- database: cases
SELECT calendar_version, began_at, last_at, looked, moved, earlier, later FROM calendar_change
WHERE calendar_version = $1;

-- The cases after a case, in order; all clocks of a case come together.
-- name: calendar_moved_list
-- database: cases
SELECT m.case_id, f.number, m.kind, m.task_no, m.due_before, m.due_after, f.department_id
FROM calendar_moved m JOIN case_file f ON f.case_id = m.case_id
WHERE m.calendar_version = $1 AND m.case_id > $2 ORDER BY m.case_id, m.kind, m.task_no LIMIT $3;
