-- SPDX-License-Identifier: MPL-2.0

-- name: media_file_add
-- database: cases
INSERT INTO media_file (sha256, type, bytes, width_px, height_px, cleaned, taken_lon,
    taken_lat, taken_accuracy_m, taken_at, taken_local, uploader_id, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (sha256) DO NOTHING;

-- part: media_file_columns
-- database: cases
SELECT sha256, type, bytes, width_px, height_px, cleaned, taken_lon, taken_lat,
       taken_accuracy_m, taken_at, taken_local
FROM media_file

-- part: media_file_one
-- database: cases
WHERE sha256 = $1

-- part: media_file_page
-- database: cases
WHERE sha256 > $1 ORDER BY sha256 LIMIT $2

-- name: media_sender_add
-- database: cases
INSERT INTO media_sender (sha256, person_id, sent_at) VALUES ($1, $2, $3)
ON CONFLICT (sha256, person_id) DO NOTHING;

-- name: media_sender_has
-- database: cases
SELECT count(*) FROM media_sender WHERE sha256 = $1 AND person_id = $2;

-- name: media_digest_list
-- database: cases
SELECT sha256 FROM media_file WHERE sha256 > $1 ORDER BY sha256 LIMIT $2;
