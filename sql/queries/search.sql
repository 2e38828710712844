-- SPDX-License-Identifier: MPL-2.0
-- Search: what of a case is looked at besides its row.

-- name: search_opinions
-- database: cases
SELECT opinion FROM history WHERE case_id = $1 AND opinion IS NOT NULL
ORDER BY seq DESC LIMIT $2;

-- name: search_changes
-- database: cases
SELECT position, case_id FROM change WHERE position > $1 ORDER BY position LIMIT $2;

-- name: search_change_after
-- database: cases
SELECT at FROM change WHERE position > $1 ORDER BY position LIMIT 1;

-- name: search_last_case
-- database: cases
SELECT coalesce(max(case_id), 0) FROM case_file;

-- Open cases by due instant, out of the index alone.
-- name: search_open_due
-- database: cases
-- rows: many
SELECT case_id, due_sort FROM case_file
WHERE closed_at IS NULL AND (due_sort, case_id) > ($1, $2)
ORDER BY due_sort, case_id;

-- name: search_state
-- database: search
SELECT epoch, rules, position, below, begun FROM search_state;

-- name: search_state_put
-- database: search
INSERT INTO search_state (search_state_id, epoch, rules, position, below, begun)
VALUES (1, $1, $2, $3, $4, $5)
ON CONFLICT (search_state_id) DO UPDATE SET epoch = excluded.epoch, rules = excluded.rules,
    position = excluded.position, below = excluded.below, begun = excluded.begun;

-- name: search_doc
-- database: search
SELECT tokens FROM search_doc WHERE case_id = $1;

-- name: search_doc_put
-- database: search
INSERT INTO search_doc (case_id, version, tokens) VALUES ($1, $2, $3)
ON CONFLICT (case_id) DO UPDATE SET version = excluded.version, tokens = excluded.tokens;

-- name: search_built
-- database: search
SELECT tokens FROM search_built WHERE built_id = $1;

-- name: search_built_put
-- database: search
INSERT INTO search_built (built_id, version, tokens) VALUES ($1, $2, $3)
ON CONFLICT (built_id) DO UPDATE SET version = excluded.version, tokens = excluded.tokens;

-- name: search_doc_count
-- database: search
SELECT (SELECT count(*) FROM search_doc) + (SELECT count(*) FROM search_built);

-- name: search_index_add
-- database: search
INSERT INTO search_index (rowid, tokens) VALUES ($1, $2);
-- postgres: an array of words instead of FTS5
INSERT INTO search_index (case_id, tokens)
VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))
ON CONFLICT (case_id) DO UPDATE SET tokens = search_index.tokens || excluded.tokens;

-- Takes tokens out again: these must be in.
-- name: search_index_remove
-- database: search
INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', $1, $2);
-- postgres: an array of words instead of FTS5
UPDATE search_index SET tokens = ts_delete(tokens, string_to_array($2, ' ')) WHERE case_id = $1;

-- Joins some pages of what was written in pieces.
-- name: search_index_merge
-- database: search
INSERT INTO search_index (search_index, rank) VALUES ('merge', $1);
-- postgres: nothing to do, the vacuum joins what an index has pending
DELETE FROM search_index WHERE case_id < 0 AND case_id > $1;

-- name: search_word_add
-- database: search
INSERT INTO search_word (word) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: search_words
-- database: search
SELECT word FROM search_word WHERE word >= $1 AND word <= $2 ORDER BY word LIMIT $3;

-- name: search_newest
-- database: search
-- rows: many
SELECT rowid FROM search_index WHERE search_index MATCH $1 AND rowid < $2
ORDER BY rowid DESC;
-- postgres: an array of words instead of FTS5
SELECT case_id FROM search_index WHERE tokens @@ CAST($1 AS tsquery) AND case_id < $2
ORDER BY case_id DESC;
