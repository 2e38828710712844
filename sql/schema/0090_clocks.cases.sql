-- SPDX-License-Identifier: MPL-2.0
-- Fair clocks: opening hours of a limit, time orders and what they hold, the device's own
-- times of a move, what a new calendar moved. Instants are milliseconds since 1970 UTC.

ALTER TABLE case_clock ADD COLUMN hours TEXT NOT NULL DEFAULT ''; -- set of opening hours the limit counts in; '' the office's
ALTER TABLE case_clock ADD COLUMN held INTEGER NOT NULL DEFAULT 0; -- time order that holds the clock; 0 none
ALTER TABLE case_clock ADD COLUMN held_scope INTEGER NOT NULL DEFAULT 0; -- 1: handling, 2: every clock of the case
ALTER TABLE case_clock ADD COLUMN held_at INTEGER NOT NULL DEFAULT 0; -- since when; 0 not held
ALTER TABLE case_clock ADD COLUMN goes_on INTEGER NOT NULL DEFAULT 0; -- it runs again when the order ends

-- A move as its device told it: only moves whose device said so.
CREATE TABLE move_time (
    case_id   INTEGER NOT NULL REFERENCES case_file (case_id),
    seq       INTEGER NOT NULL, -- of the history row
    device_at INTEGER NOT NULL, -- done, by the device's clock
    skew_ms   INTEGER NOT NULL, -- what was added: the server's clock less the device's
    seen_at   INTEGER NOT NULL, -- last thing it had seen from the server, server's time; 0 unknown
    PRIMARY KEY (case_id, seq)
) STRICT, WITHOUT ROWID;

-- One signed decision over the clocks of many cases.
CREATE TABLE time_order (
    time_order_id INTEGER PRIMARY KEY NOT NULL,
    what        INTEGER NOT NULL CHECK (what IN (1, 2)), -- 1 pause, 2 extend
    scope       INTEGER NOT NULL CHECK (scope IN (1, 2)), -- 1 handling clocks, 2 every clock
    state       INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), -- 1 being worked, 2 in force, 3 being lifted, 4 done
    title       TEXT NOT NULL,    -- typhoon, snow, a great event
    reason      TEXT NOT NULL,    -- and the paper it rests on
    filter      TEXT NOT NULL,    -- the list's filter as it was signed
    unit        INTEGER NOT NULL, -- of the time given; 0 for a pause
    milli       INTEGER NOT NULL,
    until_at    INTEGER,          -- a pause ends by itself then; NULL: when it is lifted
    signed_by   INTEGER NOT NULL, -- person
    signed_at   INTEGER NOT NULL,
    lifted_by   INTEGER NOT NULL, -- person; 0: nobody, or by itself
    lifted_at   INTEGER,
    ended_at    INTEGER,          -- the last case was worked
    list        BLOB NOT NULL,    -- per case 16 bytes: case_id and version when it was signed, big-endian
    digest      BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256 of what was signed
    listed      INTEGER NOT NULL, -- cases of the list
    next        INTEGER NOT NULL, -- how many of them are worked, in this state
    worked      INTEGER NOT NULL, -- clocks were moved
    moved       INTEGER NOT NULL, -- the case had moved since it was signed
    skipped     INTEGER NOT NULL, -- nothing could be moved: told in time_order_case
    idempotency_key BLOB CHECK (length(idempotency_key) = 16)
) STRICT;
CREATE UNIQUE INDEX time_order_key ON time_order (idempotency_key)
    WHERE idempotency_key IS NOT NULL;
CREATE INDEX time_order_open ON time_order (state) WHERE state < 4;

-- Cases that an order could not treat as it was signed, each with its reason.
CREATE TABLE time_order_case (
    time_order_id INTEGER NOT NULL REFERENCES time_order (time_order_id),
    case_id  INTEGER NOT NULL,
    why      INTEGER NOT NULL, -- enum case_order_why
    version  INTEGER NOT NULL, -- of the case when it was worked
    at       INTEGER NOT NULL,
    PRIMARY KEY (time_order_id, case_id)
) STRICT, WITHOUT ROWID;

-- What a new calendar did to open deadlines.
CREATE TABLE calendar_change (
    calendar_version INTEGER PRIMARY KEY NOT NULL,
    began_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL, -- the last case that was looked at
    looked   INTEGER NOT NULL, -- cases with running clocks that an older calendar had timed
    moved    INTEGER NOT NULL, -- of them, those where a deadline moved
    earlier  INTEGER NOT NULL, -- deadlines
    later    INTEGER NOT NULL
) STRICT;
CREATE TABLE calendar_moved (
    calendar_version INTEGER NOT NULL,
    case_id    INTEGER NOT NULL,
    kind       INTEGER NOT NULL, -- of the clock
    task_no    INTEGER NOT NULL,
    due_before INTEGER,
    due_after  INTEGER,
    PRIMARY KEY (calendar_version, case_id, kind, task_no)
) STRICT, WITHOUT ROWID;
