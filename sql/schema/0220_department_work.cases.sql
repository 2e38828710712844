-- SPDX-License-Identifier: MPL-2.0
-- What somebody of a department sees beside the open work that it leads: steps that it holds
-- for another one, and where it was asked for something. Both are few: an index of all its
-- open tasks was mostly one of the work that it leads, which stands in case_open_department.
DROP INDEX case_task_open_department;
CREATE INDEX case_task_aside_department ON case_task (department_id, task_id)
    WHERE closed_at IS NULL AND aside = 1 AND department_id > 0;
CREATE INDEX case_open_held ON case_file (holder_department, due_sort, case_id)
    WHERE closed_at IS NULL AND holder_department > 0 AND holder_department <> department_id;
