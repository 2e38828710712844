-- SPDX-License-Identifier: MPL-2.0
-- Search: what of a case is looked at besides its row.

-- name: search_opinions
-- database: cases
SELECT opinion FROM history WHERE case_id = $1 AND opinion IS NOT NULL
ORDER BY seq DESC LIMIT $2;
