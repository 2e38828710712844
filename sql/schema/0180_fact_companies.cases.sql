-- SPDX-License-Identifier: MPL-2.0
-- For whom the one worked who reported a case and who looked at it last: collection
-- companies are paid and compared by it, and a person may change over. Out of the history,
-- which has noted it with each move (enum fact_column in src/cases/fact.h).
ALTER TABLE fact ADD COLUMN reporter_company_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fact ADD COLUMN checker_company_id INTEGER NOT NULL DEFAULT 0;
UPDATE fact SET reporter_company_id = (SELECT h.company_id FROM history h
    WHERE h.case_id = fact.case_id AND h.seq = 1)
WHERE EXISTS (SELECT 1 FROM history h
    WHERE h.case_id = fact.case_id AND h.seq = 1 AND h.company_id <> 0);
-- Kinds 4 and 12: verified, checked. Mark 2: a time that was filled in, which says nothing
-- of who did it.
UPDATE fact SET checker_company_id = coalesce((SELECT h.company_id FROM history h
    WHERE h.case_id = fact.case_id AND h.kind IN (4, 12) AND h.mark <> 2 AND h.seq > 1
    ORDER BY h.seq DESC LIMIT 1), 0)
WHERE verified_at <> 0 OR checked_at <> 0;
