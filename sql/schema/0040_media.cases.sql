-- SPDX-License-Identifier: MPL-2.0
-- Stored files of a city. The bytes lie in the media folder under the digest and are synced
-- before their row is written; which case shows which file is the cases room's table.
CREATE TABLE media_file (
    sha256      BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32), -- of the original
    type        TEXT NOT NULL CHECK (type IN ('image/jpeg', 'image/png')), -- by its bytes
    bytes       INTEGER NOT NULL CHECK (bytes > 0), -- of the original
    width_px    INTEGER NOT NULL CHECK (width_px > 0), -- of the original, turned upright
    height_px   INTEGER NOT NULL CHECK (height_px > 0),
    uploader_id INTEGER REFERENCES person (person_id), -- first who sent it; NULL: a machine
    stored_at   INTEGER NOT NULL -- milliseconds since 1970 UTC
) STRICT, WITHOUT ROWID;
