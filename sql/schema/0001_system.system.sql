-- SPDX-License-Identifier: MPL-2.0
-- system.db: what belongs to the installation as a whole.

-- Cities that this installation serves.
CREATE TABLE city (
    slug TEXT PRIMARY KEY CHECK (slug <> '' AND length(slug) <= 63), -- in addresses, folder
    state TEXT NOT NULL CHECK (state IN ('new', 'ready', 'off', 'failed')), -- served: ready
    host TEXT UNIQUE CHECK (host <> ''), -- its own host name, lower case; NULL: a path only
    reason TEXT,                         -- why it is out of service, for the administrator
    created_at INTEGER NOT NULL          -- instant, milliseconds UTC
) STRICT;

-- Settings and keys of the installation, by name.
CREATE TABLE setting (
    name TEXT PRIMARY KEY CHECK (name <> ''), -- dotted, lower case
    value TEXT NOT NULL                       -- text; binary values in hexadecimal
) STRICT;

-- Rows that prove that the store takes, keeps and gives back every kind of value: used by
-- health checks and by the contract test of the engines.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE CHECK (word <> ''), -- names the probe
    number INTEGER CHECK (number >= 0),           -- any integer that is not negative
    fraction REAL,                                -- any finite number
    bytes BLOB,                                   -- any bytes
    parent INTEGER REFERENCES probe (id)          -- another probe
) STRICT;

-- Sums of probes: shape of every rollup (keys, then what is added up).
CREATE TABLE probe_sum (
    day INTEGER NOT NULL,   -- first key
    kind INTEGER NOT NULL,  -- second key
    count INTEGER NOT NULL, -- how many probes
    total INTEGER NOT NULL, -- sum of their numbers
    PRIMARY KEY (day, kind)
) STRICT;
