-- SPDX-License-Identifier: MPL-2.0
-- Open tasks of a person: who is sent next, and what a leaver leaves. As small as open work.
CREATE INDEX case_task_open_person ON case_task (person_id, task_id)
    WHERE closed_at IS NULL AND person_id > 0;
