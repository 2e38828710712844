-- SPDX-License-Identifier: MPL-2.0
-- Fed back, and checked, by people here without a photo or other file (enum fact_column in
-- src/cases/fact.h). Kinds 9 and 12: fed back, checked. Mark 0: live; what was replayed from
-- a record says nothing of photos. Mark 2: a time that was filled in.
ALTER TABLE fact ADD COLUMN fed_back_bare INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fact ADD COLUMN checked_bare INTEGER NOT NULL DEFAULT 0;
UPDATE fact SET fed_back_bare = 1
WHERE fed_back_at <> 0 AND EXISTS (SELECT 1 FROM history h
    WHERE h.case_id = fact.case_id AND h.kind = 9 AND h.mark = 0
      AND h.seq = (SELECT max(g.seq) FROM history g
                   WHERE g.case_id = fact.case_id AND g.kind = 9 AND g.mark <> 2)
      AND NOT EXISTS (SELECT 1 FROM case_media m
                      WHERE m.case_id = h.case_id AND m.seq = h.seq));
UPDATE fact SET checked_bare = 1
WHERE checked_at <> 0 AND EXISTS (SELECT 1 FROM history h
    WHERE h.case_id = fact.case_id AND h.kind = 12 AND h.mark = 0
      AND h.seq = (SELECT max(g.seq) FROM history g
                   WHERE g.case_id = fact.case_id AND g.kind = 12 AND g.mark <> 2)
      AND NOT EXISTS (SELECT 1 FROM case_media m
                      WHERE m.case_id = h.case_id AND m.seq = h.seq));
