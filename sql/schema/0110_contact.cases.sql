-- SPDX-License-Identifier: MPL-2.0
-- Contacts: a call, a visit, a message is a record of its own. It opens a case, joins one
-- that is there, or only asks about one (or about none). Who contacted us stands in the
-- table reporter alone, so that erasing a row there erases the person everywhere.
--
-- A number is found again by its last seven digits, kept beside the number itself: the same
-- row holds the number in the clear for whoever has to call back, so a keyed digest beside it
-- would hide nothing, while digits let a call from +86 10 6251 2345 find 010-62512345. An
-- index over them exists in this file only, and both columns go when the person is erased.
ALTER TABLE reporter ADD COLUMN address TEXT; -- where to find the person, not the problem
ALTER TABLE reporter ADD COLUMN voice BLOB CHECK (voice IS NULL OR length(voice) = 32); -- SHA-256 of a recording
ALTER TABLE reporter ADD COLUMN anonymous INTEGER NOT NULL DEFAULT 0 CHECK (anonymous IN (0, 1)); -- does not want to be known
ALTER TABLE reporter ADD COLUMN phone_digits TEXT; -- of phone, nothing but digits; NULL: none, or erased
ALTER TABLE reporter ADD COLUMN phone_tail TEXT; -- the last seven of them
ALTER TABLE reporter ADD COLUMN erased_by INTEGER; -- person
CREATE INDEX reporter_by_phone ON reporter (phone_tail) WHERE phone_tail IS NOT NULL;

CREATE TABLE contact (
    contact_id      INTEGER PRIMARY KEY,
    at              INTEGER NOT NULL,
    channel         INTEGER NOT NULL CHECK (channel BETWEEN 1 AND 15), -- enum contact_channel
    purpose         INTEGER NOT NULL CHECK (purpose BETWEEN 1 AND 3),  -- enum contact_purpose
    case_id         INTEGER REFERENCES case_file (case_id), -- NULL: about no case
    named_id        INTEGER REFERENCES case_file (case_id), -- the merged case that was named; NULL: case_id
    reporter_id     INTEGER NOT NULL REFERENCES reporter (reporter_id),
    taken_by        INTEGER NOT NULL, -- person; 0: nobody took it down, the public wrote it
    words           TEXT,             -- what was said; NULL: nothing, or erased
    wants_answer    INTEGER NOT NULL CHECK (wants_answer IN (0, 1)),
    due_at          INTEGER,          -- since then there is something to tell; NULL: not yet, or no more
    answered_at     INTEGER,          -- NULL: not yet
    answered_by     INTEGER NOT NULL, -- person; 0: nobody yet
    tries           INTEGER NOT NULL CHECK (tries >= 0), -- to reach the person
    reached         INTEGER NOT NULL CHECK (reached BETWEEN -1 AND 1), -- at the last try; -1: not tried
    told            TEXT,             -- what the person was told; NULL: nothing, or erased
    idempotency_key BLOB CHECK (idempotency_key IS NULL OR length(idempotency_key) = 16), -- NULL: opened with its case
    body_digest     BLOB,             -- SHA-256 of that request's body
    CHECK (purpose = 3 OR case_id IS NOT NULL),
    CHECK (answered_at IS NULL OR due_at IS NULL)
) STRICT;
CREATE INDEX contact_by_case ON contact (case_id, contact_id) WHERE case_id IS NOT NULL;
CREATE INDEX contact_by_reporter ON contact (reporter_id);
CREATE INDEX contact_due ON contact (due_at, contact_id) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX contact_key ON contact (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Cases that ended as duplicates.
CREATE TABLE case_merge (
    case_id     INTEGER PRIMARY KEY NOT NULL REFERENCES case_file (case_id),
    into_id     INTEGER NOT NULL REFERENCES case_file (case_id), -- open when it was merged
    survivor_id INTEGER NOT NULL REFERENCES case_file (case_id), -- where into_id itself went since
    at          INTEGER NOT NULL,
    CHECK (into_id <> case_id),
    CHECK (survivor_id <> case_id)
) STRICT;
CREATE INDEX case_merge_into ON case_merge (into_id);
CREATE INDEX case_merge_survivor ON case_merge (survivor_id);

-- Each look behind the mask, with its reason.
CREATE TABLE unmasking (
    unmasking_id    INTEGER PRIMARY KEY,
    case_id         INTEGER NOT NULL REFERENCES case_file (case_id),
    person_id       INTEGER NOT NULL, -- who looked
    reason          TEXT NOT NULL CHECK (length(reason) > 0),
    at              INTEGER NOT NULL,
    idempotency_key BLOB NOT NULL CHECK (length(idempotency_key) = 16),
    body_digest     BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX unmasking_key ON unmasking (idempotency_key);
CREATE INDEX unmasking_by_case ON unmasking (case_id, unmasking_id);

-- What is there already: digits of numbers, and the contact that opened each case.
UPDATE reporter SET phone_digits = replace(replace(replace(replace(replace(replace(replace(
    phone, ' ', ''), '-', ''), '+', ''), '(', ''), ')', ''), '.', ''), '/', '')
WHERE phone IS NOT NULL AND phone <> '';
UPDATE reporter SET phone_tail = CASE WHEN length(phone_digits) > 7
    THEN substr(phone_digits, length(phone_digits) - 6, 7) ELSE phone_digits END
WHERE phone_digits IS NOT NULL AND phone_digits <> '';
-- Sources: 2 is the citizen's own page, else somebody took a call.
INSERT INTO contact (at, channel, purpose, case_id, reporter_id, taken_by, wants_answer, due_at,
    answered_by, tries, reached)
SELECT c.opened_at, CASE WHEN c.source = 2 THEN 4 ELSE 1 END, 1, c.case_id, c.reporter_id,
       c.reported_by, 0, NULL, 0, 0, -1
FROM case_file c WHERE c.reporter_id IS NOT NULL ORDER BY c.case_id;
UPDATE fact SET contacts = 1
WHERE case_id IN (SELECT case_id FROM case_file WHERE reporter_id IS NOT NULL);
