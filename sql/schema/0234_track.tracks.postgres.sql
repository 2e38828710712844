-- SPDX-License-Identifier: MPL-2.0
-- Partitions by ranges of the id that rises, as history has (0170): what comes is written to
-- the newest. Keys that a phone sends twice are looked up before, in the turn of the one
-- writer, so no unique index has to span them.
-- instead of: CREATE TABLE track
CREATE TABLE track (
    track_id    BIGINT NOT NULL PRIMARY KEY,
    person_id   BIGINT NOT NULL,
    batch_key   BYTEA NOT NULL CHECK (length(batch_key) = 16),
    body_digest BYTEA NOT NULL CHECK (length(body_digest) = 32),
    received_at BIGINT NOT NULL,
    begun_at    BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    fixes       BIGINT NOT NULL CHECK (fixes > 0),
    points      BYTEA NOT NULL,
    CHECK (begun_at <= ended_at)
) PARTITION BY RANGE (track_id);

-- instead of: CREATE INDEX track_by_age
CREATE INDEX track_by_age ON track (received_at);

-- One partition up to the id `until`, attached rather than made in place: readers are not
-- held up.
CREATE FUNCTION grow_by(part TEXT, since TEXT, until BIGINT) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE track INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS)', part);
    EXECUTE format('ALTER TABLE track ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   part, since, until);
END $$;

CREATE FUNCTION grown_to() RETURNS BIGINT
LANGUAGE sql AS $$
    SELECT max(CAST(substring(pg_get_expr(c.relpartbound, c.oid)
                              FROM 'TO \(''?(-?[0-9]+)''?\)') AS BIGINT))
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass('track')
$$;

-- 8,388,608 batches a partition, about 1 GB: a hundred days of 500 phones. None while
-- somebody else makes them or holds the table: the next call does it.
CREATE FUNCTION make_room() RETURNS BIGINT
LANGUAGE plpgsql AS $$
DECLARE
    step CONSTANT BIGINT := 8388608;
    made BIGINT := 0;
    top BIGINT;
    until BIGINT := grown_to();
BEGIN
    SELECT coalesce(max(track_id), 0) INTO top FROM track;
    IF until >= top + step / 2 THEN
        RETURN 0;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' room', 0)) THEN
        RETURN 0;
    END IF;
    until := grown_to();
    WHILE until IS NULL OR until < top + step / 2 LOOP
        IF until IS NULL THEN
            until := (top / step + 1) * step;
            PERFORM grow_by('track_p0', 'MINVALUE', until);
        ELSE
            PERFORM grow_by('track_p' || (until / step), CAST(until AS TEXT), until + step);
            until := until + step;
        END IF;
        made := made + 1;
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 0;
END $$;

SELECT make_room();
