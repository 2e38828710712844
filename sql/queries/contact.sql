-- SPDX-License-Identifier: MPL-2.0
-- Contacts, merged cases, looks behind the mask. Only src/cases uses these.

-- name: contact_add
-- database: cases
INSERT INTO contact (at, channel, purpose, case_id, named_id, reporter_id, taken_by, words,
    wants_answer, due_at, answered_at, answered_by, tries, reached, told, idempotency_key,
    body_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
RETURNING contact_id;

-- name: contact_by_key
-- database: cases
SELECT contact_id, case_id, named_id, body_digest, taken_by FROM contact
WHERE idempotency_key = $1;

-- part: contact_columns
-- database: cases
SELECT c.contact_id, c.at, c.channel, c.purpose, c.case_id, c.named_id, f.number, n.number,
       coalesce(m.survivor_id, c.case_id), c.reporter_id, c.taken_by, r.name, r.phone,
       r.email, r.address, r.agreed, r.anonymous, r.erased_at, r.voice, c.words, c.told,
       c.wants_answer, c.due_at, c.answered_at, c.answered_by, c.tries, c.reached,
       r.phone_digits
FROM contact c
JOIN reporter r ON r.reporter_id = c.reporter_id
LEFT JOIN case_file f ON f.case_id = c.case_id
LEFT JOIN case_file n ON n.case_id = c.named_id
LEFT JOIN case_merge m ON m.case_id = c.case_id

-- part: contact_one
-- database: cases
WHERE c.contact_id = $1

-- part: contact_case
-- database: cases
WHERE c.case_id = $1
   OR c.case_id IN (SELECT d.case_id FROM case_merge d WHERE d.survivor_id = $1)
ORDER BY c.contact_id LIMIT $2

-- part: contact_phone
-- database: cases
WHERE r.phone_tail = $1 ORDER BY c.contact_id DESC LIMIT $2

-- part: contact_due_after
-- database: cases
WHERE c.due_at IS NOT NULL AND (c.due_at, c.contact_id) > ($1, $2)
ORDER BY c.due_at, c.contact_id LIMIT $3

-- name: contact_due_count
-- database: cases
SELECT count(*) FROM (SELECT 1 FROM contact WHERE due_at IS NOT NULL LIMIT $1) AS few;

-- The case ended: whoever waits can be told now, also those of its duplicates.
-- name: contact_due
-- database: cases
UPDATE contact SET due_at = $2
WHERE wants_answer = 1 AND answered_at IS NULL AND due_at IS NULL
  AND (case_id = $1
       OR case_id IN (SELECT d.case_id FROM case_merge d WHERE d.survivor_id = $1));

-- It goes on after all.
-- name: contact_not_due
-- database: cases
UPDATE contact SET due_at = NULL
WHERE due_at IS NOT NULL
  AND (case_id = $1
       OR case_id IN (SELECT d.case_id FROM case_merge d WHERE d.survivor_id = $1));

-- name: contact_tried
-- database: cases
UPDATE contact SET tries = tries + 1, reached = $2, told = $3, due_at = $4, answered_at = $5,
       answered_by = $6
WHERE contact_id = $1;

-- The process's own call back: of the person who opened the case.
-- name: contact_called_back
-- database: cases
UPDATE contact SET tries = tries + 1, reached = $4, due_at = NULL, answered_at = $2,
       answered_by = $3
WHERE reporter_id = $1 AND purpose = 1 AND answered_at IS NULL;

-- name: contact_not_reached
-- database: cases
UPDATE contact SET tries = tries + 1, reached = 0
WHERE reporter_id = $1 AND purpose = 1 AND answered_at IS NULL;

-- name: contact_count
-- database: cases
SELECT count(*) FROM contact WHERE case_id = $1;

-- name: contact_voice_cases
-- database: cases
SELECT DISTINCT coalesce(m.survivor_id, c.case_id)
FROM reporter r
JOIN contact c ON c.reporter_id = r.reporter_id
LEFT JOIN case_merge m ON m.case_id = c.case_id
WHERE r.voice = $1 AND c.case_id IS NOT NULL LIMIT $2;

-- name: reporter_add
-- database: cases
INSERT INTO reporter (name, phone, email, agreed, address, voice, anonymous, phone_digits,
    phone_tail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING reporter_id;

-- name: reporter_callable
-- database: cases
SELECT count(*) FROM reporter
WHERE reporter_id = $1 AND (coalesce(phone, '') <> '' OR coalesce(email, '') <> '');

-- name: reporter_erase
-- database: cases
UPDATE reporter SET name = NULL, phone = NULL, email = NULL, address = NULL, voice = NULL,
       phone_digits = NULL, phone_tail = NULL, erased_at = $2, erased_by = $3
WHERE reporter_id = $1 AND erased_at IS NULL;

-- name: contact_erase
-- database: cases
UPDATE contact SET words = NULL, told = NULL, wants_answer = 0, due_at = NULL
WHERE reporter_id = $1;

-- name: reporter_same_tail
-- database: cases
SELECT reporter_id, phone_digits FROM reporter WHERE phone_tail = $1;

-- name: case_merge_of
-- database: cases
SELECT survivor_id, into_id FROM case_merge WHERE case_id = $1;

-- name: case_merge_add
-- database: cases
INSERT INTO case_merge (case_id, into_id, survivor_id, at) VALUES ($1, $2, $2, $3);

-- What had been merged into it goes with it.
-- name: case_merge_follow
-- database: cases
UPDATE case_merge SET survivor_id = $2 WHERE survivor_id = $1;

-- name: case_merge_list
-- database: cases
SELECT f.number FROM case_merge m JOIN case_file f ON f.case_id = m.case_id
WHERE m.survivor_id = $1 ORDER BY m.case_id LIMIT $2;

-- name: unmasking_add
-- database: cases
INSERT INTO unmasking (case_id, person_id, reason, at, idempotency_key, body_digest)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: unmasking_by_key
-- database: cases
SELECT case_id, person_id, body_digest FROM unmasking WHERE idempotency_key = $1;

-- name: unmasking_list
-- database: cases
SELECT u.unmasking_id, u.case_id, f.number, u.person_id, u.reason, u.at
FROM unmasking u JOIN case_file f ON f.case_id = u.case_id
WHERE u.unmasking_id < $1 ORDER BY u.unmasking_id DESC LIMIT $2;

-- name: unmasking_of_case
-- database: cases
SELECT u.unmasking_id, u.case_id, f.number, u.person_id, u.reason, u.at
FROM unmasking u JOIN case_file f ON f.case_id = u.case_id
WHERE u.case_id = $3 AND u.unmasking_id < $1 ORDER BY u.unmasking_id DESC LIMIT $2;

-- Open cases in a small box, through the R*Tree.
-- name: case_near
-- database: cases
SELECT p.case_id FROM case_open_point p JOIN case_file f ON f.case_id = p.case_id
WHERE p.west <= $3 AND p.east >= $1 AND p.south <= $4 AND p.north >= $2
  AND f.class_id = $5 AND f.opened_at >= $6 AND f.case_id <> $7 AND f.closed_at IS NULL
LIMIT $8;
