-- SPDX-License-Identifier: MPL-2.0
-- The index is built from the newest case to the oldest. What a build writes goes into a
-- table of its own whose key rises meanwhile: pages stay full, half the size of search_doc
-- filled backwards.

-- As search_doc, of cases older than search_state.begun.
CREATE TABLE search_built (
    built_id INTEGER PRIMARY KEY NOT NULL, -- minus case_id
    version  INTEGER NOT NULL,
    tokens   TEXT NOT NULL
) STRICT;

ALTER TABLE search_state ADD COLUMN begun INTEGER NOT NULL DEFAULT 0; -- first case that the build left to the changes
