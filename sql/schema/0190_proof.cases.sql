-- SPDX-License-Identifier: MPL-2.0
-- Roots over what histories say, and periods whose figures were frozen: gridcase-root(5).
-- Both are only ever added to.

-- A Merkle root over the history rows of a stretch of the change stream (positions above the
-- root before, up to last_position) and the frozen figures made meanwhile, chained.
CREATE TABLE proof_root (
    number        INTEGER PRIMARY KEY NOT NULL CHECK (number > 0), -- 1, 2, 3 ...
    made_at       INTEGER NOT NULL,
    last_position INTEGER NOT NULL,                            -- of the change stream
    row_count     INTEGER NOT NULL CHECK (row_count >= 0),     -- history rows
    frozen_last   INTEGER NOT NULL CHECK (frozen_last >= 0),   -- frozen_id of the last one inside
    frozen_count  INTEGER NOT NULL CHECK (frozen_count >= 0),
    tree          BLOB NOT NULL CHECK (length(tree) = 32),     -- Merkle root of the leaves
    root          BLOB NOT NULL CHECK (length(root) = 32)      -- of all this and the root before
) STRICT;

-- Figures of a period as they were told, with the rules they were counted by.
CREATE TABLE frozen (
    frozen_id INTEGER PRIMARY KEY NOT NULL CHECK (frozen_id > 0), -- 1, 2, 3 ...
    period    TEXT NOT NULL,                -- 2026-10, 2026-Q4 or 2026
    version   INTEGER NOT NULL CHECK (version > 0), -- 1, 2 ... of this period
    made_at   INTEGER NOT NULL,
    made_by   INTEGER NOT NULL,             -- person; 0: the system
    reason    TEXT NOT NULL,                -- '' for the first version
    position  INTEGER NOT NULL,             -- of the change stream: counted up to here
    document  TEXT NOT NULL,                -- JSON: gridcase-frozen(5)
    digest    BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256 of document
    UNIQUE (period, version)
) STRICT;
