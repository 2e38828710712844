-- SPDX-License-Identifier: MPL-2.0
-- FTS5 is SQLite's. A tsvector is a sorted array of words; these come cut from C, no
-- dictionary touches them, and @@ asks for all groups at once, which an array cannot.
-- instead of: CREATE VIRTUAL TABLE search_index
CREATE TABLE search_index (
    case_id BIGINT PRIMARY KEY,
    tokens  TSVECTOR NOT NULL
);
CREATE INDEX search_index_tokens ON search_index USING gin (tokens);
