-- SPDX-License-Identifier: MPL-2.0
-- Where people were while on shift: batches of fixes (schema 0234).

-- name: track_of_key
-- database: tracks
SELECT person_id, body_digest FROM track WHERE batch_key = $1;

-- name: track_add
-- database: tracks
INSERT INTO track (track_id, person_id, batch_key, body_digest, received_at, begun_at,
    ended_at, fixes, points)
VALUES ((SELECT coalesce(max(t.track_id), 0) + 1 FROM track t), $1, $2, $3, $4, $5, $6, $7,
    $8);

-- Batches of a person that touch $2 to $3; none is longer than $4 - $3.
-- name: track_batches
-- database: tracks
SELECT begun_at, points, fixes FROM track
WHERE person_id = $1 AND ended_at >= $2 AND ended_at <= $4 AND begun_at <= $3
ORDER BY ended_at, begun_at, track_id;

-- name: track_sum
-- database: tracks
SELECT count(*), CAST(coalesce(sum(fixes), 0) AS BIGINT), coalesce(min(begun_at), 0),
       coalesce(max(ended_at), 0)
FROM track WHERE person_id = $1 AND ended_at >= $2 AND ended_at <= $3;

-- name: track_next_person
-- database: tracks
SELECT coalesce(min(person_id), 0) FROM track WHERE person_id > $1;

-- name: track_person_fixes
-- database: tracks
SELECT CAST(coalesce(sum(fixes), 0) AS BIGINT) FROM track WHERE person_id = $1;

-- name: track_erase
-- database: tracks
DELETE FROM track WHERE person_id = $1;

-- name: track_sweep
-- database: tracks
DELETE FROM track WHERE track_id IN
    (SELECT track_id FROM track WHERE received_at < $1 ORDER BY received_at LIMIT $2);

-- name: track_grid_add
-- database: tracks
INSERT INTO track_grid (day, grid_id, fixes) VALUES ($1, $2, $3)
ON CONFLICT (day, grid_id) DO UPDATE SET fixes = track_grid.fixes + excluded.fixes;

-- name: track_grids
-- database: tracks
-- rows: many
SELECT DISTINCT grid_id FROM track_grid WHERE day >= $1 AND day <= $2;

-- name: track_last
-- database: tracks
SELECT coalesce(max(track_id), 0) FROM track;
