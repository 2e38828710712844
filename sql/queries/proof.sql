-- SPDX-License-Identifier: MPL-2.0
-- Roots over histories, and frozen figures.

-- name: proof_root_last
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root ORDER BY number DESC LIMIT 1;

-- name: proof_root_by_number
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root WHERE number = $1;

-- name: proof_root_list
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root WHERE number > $1 ORDER BY number LIMIT $2;

-- Newest first.
-- name: proof_root_newest
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root WHERE number < $1 ORDER BY number DESC LIMIT $2;

-- The first that reaches a position; the first made since an instant.
-- name: proof_root_covering
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root WHERE last_position >= $1 ORDER BY number LIMIT 1;

-- name: proof_root_since
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root WHERE made_at >= $1 ORDER BY number LIMIT 1;

-- The root that covers frozen figures.
-- name: proof_root_of_frozen
-- database: cases
SELECT number, made_at, last_position, row_count, frozen_last, frozen_count, tree, root
FROM proof_root WHERE frozen_last >= $1 ORDER BY number LIMIT 1;

-- name: proof_root_add
-- database: cases
INSERT INTO proof_root (number, made_at, last_position, row_count, frozen_last, frozen_count,
    tree, root)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- What a root covers, in the order of the change stream.
-- name: proof_rows
-- database: cases
-- rows: many
SELECT g.position, c.number, h.seq, h.digest
FROM change g JOIN case_file c ON c.case_id = g.case_id
    JOIN history h ON h.case_id = g.case_id AND h.seq = g.seq
WHERE g.position > $1 AND g.position <= $2 ORDER BY g.position;

-- The position at which a stretch of so many changes ends; fewer: the last one.
-- name: proof_stretch
-- database: cases
SELECT coalesce(max(position), 0) FROM (
    SELECT position FROM change WHERE position > $1 ORDER BY position LIMIT $2) AS stretch;

-- name: proof_unsealed
-- database: cases
SELECT (SELECT count(*) FROM change WHERE position > $1) + (SELECT count(*) FROM change_new);

-- Positions of a case's history rows within a stretch.
-- name: proof_case_positions
-- database: cases
SELECT position, seq FROM change
WHERE position > $2 AND position <= $3 AND case_id = $1 ORDER BY position;

-- name: proof_frozen_leaves
-- database: cases
SELECT frozen_id, period, version, digest FROM frozen
WHERE frozen_id > $1 AND frozen_id <= $2 ORDER BY frozen_id;

-- name: proof_frozen_most
-- database: cases
SELECT coalesce(max(frozen_id), 0) FROM frozen;

-- ---- frozen figures ----
-- name: frozen_add
-- database: cases
INSERT INTO frozen (frozen_id, period, version, made_at, made_by, reason, position, document,
    digest, idempotency_key, body_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: frozen_by_key
-- database: cases
SELECT frozen_id, period, version, made_at, made_by, reason, position, digest, length(document),
    body_digest
FROM frozen WHERE idempotency_key = $1;

-- name: frozen_list
-- database: cases
SELECT frozen_id, period, version, made_at, made_by, reason, position, digest, length(document)
FROM frozen ORDER BY period DESC, version DESC LIMIT $1;

-- name: frozen_of_period
-- database: cases
SELECT frozen_id, period, version, made_at, made_by, reason, position, digest, length(document)
FROM frozen WHERE period = $1 ORDER BY version DESC;

-- name: frozen_document
-- database: cases
SELECT document, digest FROM frozen WHERE period = $1 AND version = $2;

-- name: frozen_documents
-- database: cases
-- rows: many
SELECT period, version, document, digest FROM frozen ORDER BY frozen_id;

-- name: frozen_looked
-- database: cases
SELECT frozen_looked FROM case_epoch;

-- name: frozen_looked_set
-- database: cases
UPDATE case_epoch SET frozen_looked = $1;

-- name: frozen_last_version
-- database: cases
SELECT coalesce(max(version), 0) FROM frozen WHERE period = $1;

-- Moves that correct what was counted, of cases reported before an instant ($3): voided 19,
-- opened again 21, corrected 26, another calendar 37, exempted 47, a time contested 54.
-- name: frozen_corrections
-- database: cases
SELECT g.position, c.number, g.seq, g.kind, g.at
FROM change g JOIN case_file c ON c.case_id = g.case_id
WHERE g.position > $1 AND g.position <= $2 AND g.kind IN (19, 21, 26, 37, 47, 54)
  AND c.opened_at < $3
ORDER BY g.position LIMIT $4;

-- name: frozen_correction_count
-- database: cases
SELECT count(*)
FROM change g JOIN case_file c ON c.case_id = g.case_id
WHERE g.position > $1 AND g.position <= $2 AND g.kind IN (19, 21, 26, 37, 47, 54)
  AND c.opened_at < $3;
