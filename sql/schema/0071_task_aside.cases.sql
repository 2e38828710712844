-- SPDX-License-Identifier: MPL-2.0
-- Tasks that an action opened beside the step's own, so that whoever holds one finds its
-- case: a request to decide, an answer that is asked for, a part of the work.
ALTER TABLE case_task ADD COLUMN aside INTEGER NOT NULL DEFAULT 0; -- 1: beside the step's own
UPDATE case_task SET aside = 1
WHERE closed_at IS NULL
      AND task_id <> (SELECT c.case_id * 1024 + c.task_no FROM case_file c
                      WHERE c.case_id = case_task.task_id / 1024);
CREATE INDEX case_task_aside ON case_task (task_id) WHERE closed_at IS NULL AND aside = 1;
