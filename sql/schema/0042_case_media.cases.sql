-- SPDX-License-Identifier: MPL-2.0
-- The same file may be shown at several moves of a case, and by what it shows: before,
-- after, check. A file that was named before it came waits for whoever named it.
CREATE TABLE case_media_new (
    case_id     INTEGER NOT NULL REFERENCES case_file (case_id),
    seq         INTEGER NOT NULL, -- history row that named it
    shows       INTEGER NOT NULL CHECK (shows BETWEEN 1 AND 3), -- 1 before, 2 after, 3 check
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    stage       INTEGER NOT NULL, -- of the case then
    named_by    INTEGER NOT NULL, -- person; 0: the public or a machine
    received_at INTEGER,          -- NULL: expected
    PRIMARY KEY (case_id, seq, shows, sha256)
) STRICT, WITHOUT ROWID;
-- Stages: 4 is handling, 5 checking and 6 closing; 7 is after the end.
INSERT INTO case_media_new (case_id, seq, shows, sha256, stage, named_by, received_at)
SELECT m.case_id, m.seq, CASE WHEN m.stage < 4 THEN 1 WHEN m.stage = 4 THEN 2 ELSE 3 END,
       m.sha256, m.stage,
       coalesce((SELECT h.actor_id FROM history h
                 WHERE h.case_id = m.case_id AND h.seq = m.seq), 0), m.received_at
FROM case_media m;
DROP TABLE case_media;
ALTER TABLE case_media_new RENAME TO case_media;
CREATE INDEX case_media_by_file ON case_media (sha256, case_id);
