-- SPDX-License-Identifier: MPL-2.0
-- history and change in partitions by ranges of the id that rises: what is written stays in
-- the newest, whose indexes stay small, and vacuum, backups and archives take the old ones
-- one by one. The keys that tell a row are still whole: the range is their first column.
-- instead of: SELECT 1

-- A unique index of a partitioned table has to hold the partition's column, so keys of
-- requests, which are unique in all of it, are rows of their own: kept by triggers, so that
-- whoever writes history cannot forget them. What a repeat is answered from stands here, too.
CREATE TABLE request_key (
    idempotency_key BYTEA PRIMARY KEY, -- as in history
    case_id         BIGINT NOT NULL,
    seq             BIGINT NOT NULL,
    actor_id        BIGINT NOT NULL,
    body_digest     BYTEA
);
INSERT INTO request_key (idempotency_key, case_id, seq, actor_id, body_digest)
SELECT idempotency_key, case_id, seq, actor_id, body_digest FROM history
WHERE idempotency_key IS NOT NULL;
DROP INDEX history_key;

ALTER TABLE history RENAME TO history_p0;
ALTER INDEX history_pkey RENAME TO history_p0_pkey;
CREATE TABLE history (LIKE history_p0 INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (case_id, seq), FOREIGN KEY (case_id) REFERENCES case_file (case_id))
    PARTITION BY RANGE (case_id);

ALTER TABLE change_before DROP CONSTRAINT change_before_position_fkey;
ALTER TABLE change ALTER COLUMN position DROP IDENTITY;
ALTER TABLE change RENAME TO change_p0;
ALTER INDEX change_pkey RENAME TO change_p0_pkey;
CREATE TABLE change (LIKE change_p0 INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    PRIMARY KEY (position)) PARTITION BY RANGE (position);

-- One partition of a table, from `since` up to the id `until`; the first one takes the table
-- of before. It is attached rather than made in place: readers are not held up.
CREATE FUNCTION grow_by(parent TEXT, part TEXT, since TEXT, until BIGINT) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I (LIKE %I INCLUDING DEFAULTS '
                   'INCLUDING CONSTRAINTS)', part, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   parent, part, since, until);
END $$;

-- Up to which id a table has partitions; NULL: it has none.
CREATE FUNCTION grown_to(parent TEXT) RETURNS BIGINT
LANGUAGE sql AS $$
    SELECT max(CAST(substring(pg_get_expr(c.relpartbound, c.oid)
                              FROM 'TO \(''?(-?[0-9]+)''?\)') AS BIGINT))
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(parent)
$$;

-- Makes partitions until there is room for half of one behind the highest id; says how many
-- were made. None while somebody else makes them or holds the table: the next call does it.
CREATE FUNCTION grow_to(parent TEXT, top BIGINT, step BIGINT) RETURNS BIGINT
LANGUAGE plpgsql AS $$
DECLARE
    made BIGINT := 0;
    until BIGINT := grown_to(parent);
BEGIN
    IF until >= top + step / 2 THEN
        RETURN 0;
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended(current_schema() || ' room', 0)) THEN
        RETURN 0;
    END IF;
    until := grown_to(parent);
    WHILE until IS NULL OR until < top + step / 2 LOOP
        IF until IS NULL THEN
            until := (top / step + 1) * step;
            PERFORM grow_by(parent, parent || '_p0', 'MINVALUE', until);
        ELSE
            PERFORM grow_by(parent, parent || '_p' || (until / step), CAST(until AS TEXT),
                            until + step);
            until := until + step;
        END IF;
        made := made + 1;
    END LOOP;
    RETURN made;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN 0;
END $$;

-- 1,048,576 cases, about 2 GB of history; 8,388,608 changes, about 1 GB.
CREATE FUNCTION make_room() RETURNS BIGINT
LANGUAGE plpgsql AS $$
DECLARE
    cases BIGINT;
    changes BIGINT;
BEGIN
    SELECT coalesce(max(case_id), 0) INTO cases FROM case_file;
    SELECT coalesce(max(position), 0) INTO changes FROM change;
    RETURN grow_to('history', cases, 1048576) + grow_to('change', changes, 8388608);
END $$;

SELECT grow_to('history', (SELECT coalesce(max(case_id), 0) FROM history_p0), 1048576),
       grow_to('change', (SELECT coalesce(max(position), 0) FROM change_p0), 8388608);
ALTER TABLE change_before ADD FOREIGN KEY (position) REFERENCES change (position);

CREATE FUNCTION request_key_keep() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM request_key WHERE idempotency_key = OLD.idempotency_key;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.idempotency_key IS NOT NULL THEN
        INSERT INTO request_key (idempotency_key, case_id, seq, actor_id, body_digest)
        VALUES (NEW.idempotency_key, NEW.case_id, NEW.seq, NEW.actor_id, NEW.body_digest);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER history_keyed AFTER INSERT ON history FOR EACH ROW
    WHEN (NEW.idempotency_key IS NOT NULL) EXECUTE FUNCTION request_key_keep();
CREATE TRIGGER history_rekeyed AFTER UPDATE OF idempotency_key, body_digest ON history
    FOR EACH ROW WHEN (OLD.idempotency_key IS NOT NULL OR NEW.idempotency_key IS NOT NULL)
    EXECUTE FUNCTION request_key_keep();
CREATE TRIGGER history_unkeyed AFTER DELETE ON history
    FOR EACH ROW WHEN (OLD.idempotency_key IS NOT NULL) EXECUTE FUNCTION request_key_keep();
