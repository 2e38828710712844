-- SPDX-License-Identifier: MPL-2.0
-- In every database: which migrations it has had. Never edited after a release.
CREATE TABLE migration (
    number INTEGER PRIMARY KEY CHECK (number >= 0), -- from the file's name
    name TEXT NOT NULL CHECK (name <> ''),          -- file name without database and suffix
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64), -- of the file, hexadecimal
    applied_at INTEGER NOT NULL                     -- instant, milliseconds UTC
) STRICT;
