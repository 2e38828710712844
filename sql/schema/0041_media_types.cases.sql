-- SPDX-License-Identifier: MPL-2.0
-- Sound, videos and documents beside photos; what the camera wrote; who has sent a file.
CREATE TABLE media_file_new (
    sha256           BLOB PRIMARY KEY NOT NULL CHECK (length(sha256) = 32), -- of the original
    type             TEXT NOT NULL CHECK (type IN ('image/jpeg', 'image/png', 'audio/mpeg',
                         'audio/aac', 'audio/mp4', 'audio/ogg', 'audio/wav', 'audio/webm',
                         'video/mp4', 'video/quicktime', 'video/webm', 'application/pdf')), -- by its bytes
    bytes            INTEGER NOT NULL CHECK (bytes > 0), -- of the original
    width_px         INTEGER NOT NULL CHECK (width_px >= 0), -- of a photo, turned upright; 0: no photo
    height_px        INTEGER NOT NULL CHECK (height_px >= 0),
    cleaned          INTEGER NOT NULL CHECK (cleaned IN (0, 1)), -- sound, video: shown without its tags
    taken_lon        REAL,    -- degrees WGS 84, as the camera says; NULL: it does not
    taken_lat        REAL,
    taken_accuracy_m REAL,    -- NULL: not said
    taken_at         INTEGER, -- milliseconds since 1970 UTC; NULL: not said
    taken_local      INTEGER NOT NULL CHECK (taken_local IN (0, 1)), -- 1: the camera's wall clock, read as UTC
    uploader_id      INTEGER REFERENCES person (person_id), -- first who sent it; NULL: a machine
    stored_at        INTEGER NOT NULL, -- milliseconds since 1970 UTC
    CHECK ((taken_lon IS NULL) = (taken_lat IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO media_file_new (sha256, type, bytes, width_px, height_px, cleaned, taken_local,
                            uploader_id, stored_at)
SELECT sha256, type, bytes, width_px, height_px, 0, 0, uploader_id, stored_at FROM media_file;
DROP TABLE media_file;
ALTER TABLE media_file_new RENAME TO media_file;

-- Who has sent a file whole: they may see it and name it, whatever others did.
CREATE TABLE media_sender (
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    person_id INTEGER NOT NULL REFERENCES person (person_id),
    sent_at   INTEGER NOT NULL, -- milliseconds since 1970 UTC, first time
    PRIMARY KEY (sha256, person_id)
) STRICT, WITHOUT ROWID;
INSERT INTO media_sender (sha256, person_id, sent_at)
SELECT sha256, uploader_id, stored_at FROM media_file WHERE uploader_id IS NOT NULL;
