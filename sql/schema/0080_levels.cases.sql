-- SPDX-License-Identifier: MPL-2.0
-- Levels of command: which department holds the step's task (a unit, a crew, a desk), in
-- whose name a move was made, and the company whose people may not check each other.
ALTER TABLE case_file ADD COLUMN holder_department INTEGER NOT NULL DEFAULT 0; -- 0: a role or a person alone
UPDATE case_file SET holder_department = department_id WHERE closed_at IS NULL AND holder_role = 4;
ALTER TABLE history ADD COLUMN company_id INTEGER NOT NULL DEFAULT 0; -- department: the actor's company then; 0: none
ALTER TABLE history ADD COLUMN behalf_department_id INTEGER NOT NULL DEFAULT 0; -- has no login: the actor spoke for it
-- Whose lists show what they hold or help with: stays as small as what is open.
CREATE INDEX case_task_open_department ON case_task (department_id, task_id)
    WHERE closed_at IS NULL AND department_id > 0;
-- Cases on desks, by desk: for desks that are taken out of the model.
CREATE INDEX case_open_desk ON case_file (holder_department, case_id)
    WHERE closed_at IS NULL AND holder_role = 3 AND holder_department > 0;
