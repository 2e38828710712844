-- SPDX-License-Identifier: MPL-2.0
-- What the evaluation floor asks of places.

-- Where cases lie and when they came and ended, by rising id.
-- name: spot_points
-- database: cases
-- rows: many
SELECT case_id, number, lon, lat, opened_at, closed_at
FROM case_file
WHERE case_id >= $1 AND case_id <= $2 AND lon IS NOT NULL
ORDER BY case_id;

-- name: visit_number
-- database: cases
SELECT number FROM case_file WHERE case_id = $1;
