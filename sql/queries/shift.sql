-- SPDX-License-Identifier: MPL-2.0
-- Open tasks that people hold, with the deadlines of their clocks. Status 1 is running.

-- name: shift_tasks
-- database: cases
-- rows: many
SELECT t.task_id, t.person_id, t.role, k.due_at, c.case_id, c.number, c.class_id,
       c.area_1, c.area_2, c.area_3, c.area_4, c.area_5, c.area_6, c.area_7, c.area_8
FROM case_task t
JOIN case_file c ON c.case_id = t.task_id / 1024
JOIN case_clock k ON k.case_id = c.case_id AND k.task_no = t.task_id % 1024
                     AND k.status = 1 AND k.due_at IS NOT NULL
WHERE t.closed_at IS NULL AND t.person_id > 0 AND t.role >= 0
ORDER BY t.task_id, k.due_at
LIMIT $1;
