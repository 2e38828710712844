-- SPDX-License-Identifier: MPL-2.0

-- name: media_file_add
-- database: cases
INSERT INTO media_file (sha256, type, bytes, width_px, height_px, uploader_id, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (sha256) DO NOTHING;

-- name: media_file_find
-- database: cases
SELECT type, bytes, width_px, height_px, uploader_id FROM media_file WHERE sha256 = $1;

-- name: media_file_list
-- database: cases
SELECT sha256, type, bytes FROM media_file WHERE sha256 > $1 ORDER BY sha256 LIMIT $2;
