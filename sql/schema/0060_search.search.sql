-- SPDX-License-Identifier: MPL-2.0
-- search.db: the index of a city's cases, made from cases.db and made again from it
-- whenever it is lost. Tokens are cut by rules/search.h, never by the engine.

-- How far the index has come.
CREATE TABLE search_state (
    search_state_id INTEGER PRIMARY KEY CHECK (search_state_id = 1),
    epoch    INTEGER NOT NULL, -- of cases.db, when the index was begun
    rules    INTEGER NOT NULL, -- of the cutting and of what is indexed
    position INTEGER NOT NULL, -- changes up to here are in
    below    INTEGER NOT NULL  -- cases with smaller ids have not been read yet; 0: all have
) STRICT;

-- Which tokens a case has in the index, so that exactly these can be taken out.
CREATE TABLE search_doc (
    case_id INTEGER PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL, -- seq of its last history row
    tokens  TEXT NOT NULL     -- ascending, a blank between; without beginnings of words
) STRICT;

-- Words of letters that some case has had: what the beginning of a word may mean.
CREATE TABLE search_word (
    word TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

-- Token -> cases. rowid is case_id. No text is kept, no places of words.
CREATE VIRTUAL TABLE search_index USING fts5 (
    tokens, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '_'");
