-- SPDX-License-Identifier: MPL-2.0
-- What looking ahead asks beside the columns.

-- The number of a case.
-- name: ahead_number
-- database: cases
SELECT number FROM case_file WHERE case_id = $1;
