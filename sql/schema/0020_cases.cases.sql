-- SPDX-License-Identifier: MPL-2.0
-- Cases: what case_apply writes, and nothing else does. Instants are milliseconds since
-- 1970 UTC. Numbers of stages, outcomes, kinds, tasks, clocks, sources and roles are those
-- of rules/process.h and never change meaning; ids of classes, conditions, departments,
-- areas and grids are those of the city model, 0 = none.

-- Reports of a local day, for the serial in case numbers.
CREATE TABLE case_serial (
    day    INTEGER PRIMARY KEY NOT NULL, -- days since 1970, local date
    serial INTEGER NOT NULL CHECK (serial > 0) -- the last one given
) STRICT;

-- A random number that tells this store from another (and from a restored copy of itself):
-- the first half of every position in the change stream.
CREATE TABLE case_epoch (
    case_epoch_id INTEGER PRIMARY KEY CHECK (case_epoch_id = 1),
    epoch         INTEGER NOT NULL CHECK (epoch > 0),
    keys_expired  INTEGER NOT NULL -- idempotency keys of changes up to here have expired
) STRICT;
INSERT INTO case_epoch (case_epoch_id, epoch, keys_expired)
VALUES (1, abs(random() % 1000000000) + 1, 0);

-- A reporter's personal data, in this one table, so that they can be erased.
CREATE TABLE reporter (
    reporter_id INTEGER PRIMARY KEY,
    name        TEXT, -- NULL: not given, or erased
    phone       TEXT,
    email       TEXT,
    agreed      INTEGER NOT NULL CHECK (agreed IN (0, 1)), -- the handling department may see it
    erased_at   INTEGER -- NULL: not erased
) STRICT;

-- One row per case. Columns from clock_kind on repeat, for lists, the clock a person should
-- look at; task_no to holder_person the step's own open task.
CREATE TABLE case_file (
    case_id           INTEGER PRIMARY KEY,
    number            TEXT NOT NULL UNIQUE CHECK (length(number) BETWEEN 1 AND 39), -- prefix, local date, daily serial
    version           INTEGER NOT NULL CHECK (version > 0), -- seq of its last history row
    digest            BLOB NOT NULL CHECK (length(digest) = 32), -- of its last history row
    step              TEXT NOT NULL,    -- code in its process
    stage             INTEGER NOT NULL CHECK (stage BETWEEN 0 AND 7),
    outcome           INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 31),
    step_at           INTEGER NOT NULL, -- when it came to the step
    queue             INTEGER NOT NULL CHECK (queue BETWEEN 0 AND 2), -- 1 where, 2 manual
    mark              INTEGER NOT NULL CHECK (mark BETWEEN 0 AND 3), -- of the report; enum case_mark
    source            INTEGER NOT NULL CHECK (source BETWEEN 0 AND 31),
    process_version   INTEGER NOT NULL, -- of the city model: kept for life
    catalogue_version INTEGER NOT NULL,
    routing_version   INTEGER NOT NULL,
    class_id          INTEGER NOT NULL,
    condition_id      INTEGER NOT NULL,
    department_id     INTEGER NOT NULL, -- lead
    grid_id           INTEGER NOT NULL, -- unit grid; 0 outside every grid or without point
    area_1            INTEGER NOT NULL, -- area per level position of the city, 0 none
    area_2            INTEGER NOT NULL,
    area_3            INTEGER NOT NULL,
    area_4            INTEGER NOT NULL,
    area_5            INTEGER NOT NULL,
    area_6            INTEGER NOT NULL,
    area_7            INTEGER NOT NULL,
    area_8            INTEGER NOT NULL,
    lon               REAL CHECK (lon BETWEEN -180 AND 180), -- degrees in the city's datum; NULL: no point
    lat               REAL CHECK (lat BETWEEN -90 AND 90),
    datum             INTEGER NOT NULL CHECK (datum BETWEEN 0 AND 15), -- of the source; enum case_datum
    accuracy_m        REAL,             -- NULL: unknown
    address           TEXT NOT NULL,    -- as the reporter gave it
    description       TEXT NOT NULL,
    external_id       TEXT,             -- in the system it came from
    reporter_id       INTEGER REFERENCES reporter (reporter_id), -- NULL: none
    reported_by       INTEGER NOT NULL, -- person; 0: the public or the system
    opened_at         INTEGER NOT NULL,
    closed_at         INTEGER,          -- NULL while open
    kinds_done        INTEGER NOT NULL, -- bit per kind of action in its history
    task_count        INTEGER NOT NULL CHECK (task_count BETWEEN 0 AND 1023), -- tasks ever opened
    task_no           INTEGER NOT NULL, -- the step's own task; 0 when ended
    task_version      INTEGER NOT NULL,
    task_kind         INTEGER NOT NULL,
    holder_role       INTEGER NOT NULL, -- -1: a department or a person alone
    holder_person     INTEGER NOT NULL, -- 0: none
    clock_kind        INTEGER NOT NULL, -- 0: no clock
    clock_status      INTEGER NOT NULL, -- enum clock_status
    clock_unit        INTEGER NOT NULL, -- enum limit_unit
    clock_milli       INTEGER NOT NULL, -- thousandths of the unit
    clock_season      TEXT NOT NULL,
    clock_started_at  INTEGER,
    clock_since_at    INTEGER,          -- its present status began
    clock_provisional INTEGER NOT NULL CHECK (clock_provisional IN (0, 1)),
    yellow_at         INTEGER,          -- when green turns yellow
    due_at            INTEGER,          -- NULL: without limit, or paused
    due_sort          INTEGER NOT NULL, -- due_at, or far in the future: lists sort by it
    CHECK ((lon IS NULL) = (lat IS NULL)),
    CHECK ((closed_at IS NULL) = (stage < 7))
) STRICT;
-- Open work: these stay as small as what is open, however many years the file holds.
CREATE INDEX case_open_due ON case_file (due_sort, case_id) WHERE closed_at IS NULL;
CREATE INDEX case_open_department ON case_file (department_id, due_sort, case_id)
    WHERE closed_at IS NULL;
CREATE INDEX case_open_holder ON case_file (holder_role, due_sort, case_id)
    WHERE closed_at IS NULL;
CREATE INDEX case_open_stage ON case_file (stage, due_sort, case_id) WHERE closed_at IS NULL;
CREATE INDEX case_open_newest ON case_file (opened_at, case_id) WHERE closed_at IS NULL;
CREATE INDEX case_open_queue ON case_file (queue, case_id) WHERE closed_at IS NULL AND queue > 0;
-- All years.
CREATE INDEX case_by_department ON case_file (department_id, case_id);
CREATE INDEX case_by_grid ON case_file (grid_id, case_id);
CREATE INDEX case_by_reporter ON case_file (reported_by, case_id) WHERE reported_by > 0;
CREATE INDEX case_by_external ON case_file (external_id) WHERE external_id IS NOT NULL;

-- Points of open cases, for maps. 32-bit floats: filter here, then compare lon and lat.
CREATE VIRTUAL TABLE case_open_point USING rtree (case_id, west, east, south, north);

-- Pieces of work on a case. task_id = case_id * 1024 + number within the case.
CREATE TABLE case_task (
    task_id       INTEGER PRIMARY KEY NOT NULL,
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 63),
    parent_id     INTEGER,          -- task that opened it beside itself; NULL: the step did
    version       INTEGER NOT NULL CHECK (version > 0), -- what If-Match compares
    department_id INTEGER NOT NULL, -- holder: a department ...
    role          INTEGER NOT NULL CHECK (role BETWEEN -1 AND 31), -- ... or whoever has a role ...
    person_id     INTEGER NOT NULL, -- ... or a person
    opened_at     INTEGER NOT NULL,
    acted_at      INTEGER NOT NULL, -- its last move: nothing is done before that
    closed_at     INTEGER,          -- NULL while open
    undone        INTEGER NOT NULL CHECK (undone IN (0, 1)), -- closed without being done
    timer_at      INTEGER           -- when the system acts by itself; NULL: never, or past
) STRICT;
CREATE INDEX case_task_timer ON case_task (timer_at) WHERE timer_at IS NOT NULL;
CREATE INDEX case_task_department ON case_task (department_id, task_id) WHERE department_id > 0;
CREATE INDEX case_task_person ON case_task (person_id, task_id) WHERE person_id > 0;

-- Clocks: struct clock of rules/clock.h as columns.
CREATE TABLE case_clock (
    case_id          INTEGER NOT NULL REFERENCES case_file (case_id),
    kind             INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 31),
    task_no          INTEGER NOT NULL, -- within the case; 0: of the case
    status           INTEGER NOT NULL,
    unit             INTEGER NOT NULL, -- of the limit granted
    milli            INTEGER NOT NULL,
    season           TEXT NOT NULL,
    extended_milli   INTEGER NOT NULL,
    extended_ms      INTEGER NOT NULL,
    started_at       INTEGER NOT NULL,
    since_at         INTEGER NOT NULL, -- present status began
    consumed_ms      INTEGER NOT NULL, -- in the limit's measure, before since_at
    paused_ms        INTEGER NOT NULL, -- stepped limits: open time paused
    due_at           INTEGER,
    yellow_at        INTEGER,
    calendar_version INTEGER NOT NULL,
    provisional      INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    department_id    INTEGER NOT NULL, -- for whom it ran last; 0: the next resume starts anew
    extensions       INTEGER NOT NULL, -- granted
    limit_line       INTEGER NOT NULL, -- of the limits table of catalogue_version; 0: none
    PRIMARY KEY (case_id, kind, task_no)
) STRICT, WITHOUT ROWID;
-- For a new calendar, which recomputes running clocks.
CREATE INDEX case_clock_running ON case_clock (calendar_version, case_id) WHERE status = 1;

-- What happened, append-only, chained per case: gridcase-history(5).
CREATE TABLE history (
    case_id         INTEGER NOT NULL REFERENCES case_file (case_id),
    seq             INTEGER NOT NULL CHECK (seq > 0), -- 1, 2, 3 ... within the case: the order
    action          TEXT NOT NULL,    -- code in the case's process
    kind            INTEGER NOT NULL,
    mark            INTEGER NOT NULL, -- enum case_mark
    step_from       TEXT NOT NULL,    -- '' for the first row
    step_to         TEXT NOT NULL,
    stage_to        INTEGER NOT NULL,
    task_no         INTEGER NOT NULL, -- acted on; 0: the case itself
    task_version    INTEGER NOT NULL, -- of that task after the move
    actor_id        INTEGER NOT NULL, -- person; 0: the public
    system          INTEGER NOT NULL CHECK (system IN (0, 1)), -- a timer, an import, a replay
    on_behalf_of    INTEGER NOT NULL, -- person or 0
    department_id   INTEGER NOT NULL, -- lead after the move
    opinion         TEXT,             -- free text; NULL: none, or erased
    inputs          TEXT,             -- the other inputs as JSON, keys sorted; NULL: none, or erased
    opinion_digest  BLOB,             -- kept when the text was erased; else NULL
    inputs_digest   BLOB,
    clock_effect    TEXT NOT NULL,    -- what the move did to clocks
    done_at         INTEGER NOT NULL, -- effective: never before the task's last move
    received_at     INTEGER NOT NULL,
    idempotency_key BLOB CHECK (length(idempotency_key) = 16), -- of the request; NULL: none, or expired
    body_digest     BLOB,             -- SHA-256 of that request's body
    salt            BLOB NOT NULL CHECK (length(salt) = 16), -- of the digests of texts
    digest          BLOB NOT NULL CHECK (length(digest) = 32), -- of this row and the digest before
    PRIMARY KEY (case_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX history_key ON history (idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- The change stream (outbox): ids, never names. position rises in commit order; the last row
-- is never deleted.
CREATE TABLE change (
    position INTEGER PRIMARY KEY NOT NULL,
    case_id  INTEGER NOT NULL,
    seq      INTEGER NOT NULL, -- of the history row
    kind     INTEGER NOT NULL,
    stage    INTEGER NOT NULL, -- after
    at       INTEGER NOT NULL, -- received
    moved    INTEGER NOT NULL CHECK (moved IN (0, 1)) -- left its areas: see change_before
) STRICT;

-- Where a case was before a change that moved it to other areas: whoever saw it there is
-- told that it is gone.
CREATE TABLE change_before (
    position INTEGER PRIMARY KEY NOT NULL REFERENCES change (position),
    area_1 INTEGER NOT NULL, -- as in case_file
    area_2 INTEGER NOT NULL,
    area_3 INTEGER NOT NULL,
    area_4 INTEGER NOT NULL,
    area_5 INTEGER NOT NULL,
    area_6 INTEGER NOT NULL,
    area_7 INTEGER NOT NULL,
    area_8 INTEGER NOT NULL
) STRICT;

-- Photos of a case. A row may be there before the file is: expected.
CREATE TABLE case_media (
    case_id     INTEGER NOT NULL REFERENCES case_file (case_id),
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    seq         INTEGER NOT NULL, -- history row that named it
    stage       INTEGER NOT NULL, -- of the case then
    received_at INTEGER,          -- NULL: expected
    PRIMARY KEY (case_id, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_media_by_file ON case_media (sha256);

-- One narrow row of numbers per case, for figures: enum fact_column in src/cases/fact.h has
-- the same order. Instants 0 = not yet; verdicts -1 none, 0 late, 1 in time; counters.
CREATE TABLE fact (
    case_id           INTEGER PRIMARY KEY NOT NULL,
    class_id          INTEGER NOT NULL,
    condition_id      INTEGER NOT NULL,
    department_id     INTEGER NOT NULL, -- lead
    grid_id           INTEGER NOT NULL,
    area_1            INTEGER NOT NULL,
    area_2            INTEGER NOT NULL,
    area_3            INTEGER NOT NULL,
    area_4            INTEGER NOT NULL,
    area_5            INTEGER NOT NULL,
    area_6            INTEGER NOT NULL,
    area_7            INTEGER NOT NULL,
    area_8            INTEGER NOT NULL,
    source            INTEGER NOT NULL,
    mark              INTEGER NOT NULL,
    stage             INTEGER NOT NULL,
    outcome           INTEGER NOT NULL,
    reported_by       INTEGER NOT NULL, -- person
    opened_at         INTEGER NOT NULL,
    accepted_at       INTEGER NOT NULL,
    verified_at       INTEGER NOT NULL,
    filed_at          INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL, -- first time
    signed_at         INTEGER NOT NULL,
    fed_back_at       INTEGER NOT NULL, -- last time
    checked_at        INTEGER NOT NULL,
    closed_at         INTEGER NOT NULL, -- ended, however
    due_at            INTEGER NOT NULL, -- of the handling clock
    handled_in_time   INTEGER NOT NULL,
    closed_in_time    INTEGER NOT NULL, -- against the handling deadline
    imported_in_time  INTEGER NOT NULL, -- against the source's own target
    accepted_in_time  INTEGER NOT NULL,
    verified_in_time  INTEGER NOT NULL,
    filed_in_time     INTEGER NOT NULL,
    sent_in_time      INTEGER NOT NULL,
    signed_in_time    INTEGER NOT NULL,
    reviewed_in_time  INTEGER NOT NULL,
    checked_in_time   INTEGER NOT NULL,
    accepted_by       INTEGER NOT NULL, -- person; 0: none, or filled in
    verified_by       INTEGER NOT NULL,
    filed_by          INTEGER NOT NULL,
    sent_by           INTEGER NOT NULL,
    checked_by        INTEGER NOT NULL,
    closed_by         INTEGER NOT NULL,
    verify_result     INTEGER NOT NULL, -- number of the choice made, from 1; 0 none
    check_result      INTEGER NOT NULL,
    returned          INTEGER NOT NULL, -- counters
    reworked          INTEGER NOT NULL,
    resent            INTEGER NOT NULL,
    extended          INTEGER NOT NULL,
    suspended         INTEGER NOT NULL,
    reopened          INTEGER NOT NULL,
    urged             INTEGER NOT NULL,
    corrected         INTEGER NOT NULL
) STRICT;

-- Headline figures. A case counts on the local day of each thing, under its present lead
-- department and areas: a figure is always the sum over the fact rows (gridcase check).
CREATE TABLE rollup_department (
    day             INTEGER NOT NULL, -- days since 1970, local date
    department_id   INTEGER NOT NULL, -- 0: none yet
    opened          INTEGER NOT NULL,
    filed           INTEGER NOT NULL,
    sent            INTEGER NOT NULL,
    fed_back        INTEGER NOT NULL,
    handled_in_time INTEGER NOT NULL,
    handled_late    INTEGER NOT NULL,
    ended           INTEGER NOT NULL, -- however
    closed          INTEGER NOT NULL, -- outcome closed
    closed_in_time  INTEGER NOT NULL,
    closed_late     INTEGER NOT NULL,
    PRIMARY KEY (day, department_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE rollup_area (
    day             INTEGER NOT NULL,
    area_id         INTEGER NOT NULL, -- of any level
    opened          INTEGER NOT NULL,
    filed           INTEGER NOT NULL,
    sent            INTEGER NOT NULL,
    fed_back        INTEGER NOT NULL,
    handled_in_time INTEGER NOT NULL,
    handled_late    INTEGER NOT NULL,
    ended           INTEGER NOT NULL,
    closed          INTEGER NOT NULL,
    closed_in_time  INTEGER NOT NULL,
    closed_late     INTEGER NOT NULL,
    PRIMARY KEY (day, area_id)
) STRICT, WITHOUT ROWID;
