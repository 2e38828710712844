-- SPDX-License-Identifier: MPL-2.0
-- People of a city, their roles, passwords, sessions and one-time links. Instants are
-- milliseconds since 1970 UTC. Tokens, logins that failed and addresses stand as digests.

-- Somebody who works with the system. Closed, never deleted: histories name them.
CREATE TABLE person (
    person_id     INTEGER PRIMARY KEY,
    login         TEXT NOT NULL UNIQUE CHECK (length(login) BETWEEN 2 AND 64), -- lower case
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200), -- for people
    department_id INTEGER CHECK (department_id > 0), -- where they belong; id of the city model
    created_at    INTEGER NOT NULL,
    closed_at     INTEGER  -- NULL while the account is open
) STRICT;

-- A role of a person, narrowed to an area or a department of the city model (0: not).
CREATE TABLE person_role (
    person_id     INTEGER NOT NULL REFERENCES person (person_id),
    role          TEXT NOT NULL CHECK (role IN ('collector', 'acceptor', 'shift_leader',
                      'dispatcher', 'department', 'inspector', 'manager', 'administrator')),
    area_id       INTEGER NOT NULL CHECK (area_id >= 0),
    department_id INTEGER NOT NULL CHECK (department_id >= 0),
    granted_at    INTEGER NOT NULL,
    PRIMARY KEY (person_id, role, area_id, department_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_role_by_role ON person_role (role, person_id);

-- The password of a person. Nobody without a row can sign in by password.
CREATE TABLE credential (
    person_id   INTEGER PRIMARY KEY REFERENCES person (person_id),
    encoded     TEXT NOT NULL CHECK (length(encoded) BETWEEN 50 AND 127), -- Argon2id, with its parameters
    demo        INTEGER NOT NULL CHECK (demo IN (0, 1)), -- made for a demo and printed
    must_change INTEGER NOT NULL CHECK (must_change IN (0, 1)), -- before anything else
    changed_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX credential_demo ON credential (person_id) WHERE demo = 1;

-- A signed-in browser, or a bearer token of a program. Deleted when ended.
CREATE TABLE session (
    session_id   INTEGER PRIMARY KEY,
    token_digest BLOB NOT NULL UNIQUE CHECK (length(token_digest) = 32), -- SHA-256 of the token
    person_id    INTEGER NOT NULL REFERENCES person (person_id),
    bearer       INTEGER NOT NULL CHECK (bearer IN (0, 1)), -- 0 cookie, 1 bearer token
    demo         INTEGER NOT NULL CHECK (demo IN (0, 1)), -- signed in with a demo password
    name         TEXT NOT NULL CHECK (length(name) <= 100), -- of a bearer token; else ''
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL, -- last use, to within ten minutes
    expires_at   INTEGER NOT NULL  -- whatever happens
) STRICT;
CREATE INDEX session_by_person ON session (person_id);
CREATE INDEX session_by_expiry ON session (expires_at);

-- Failures to sign in, by login or by address.
CREATE TABLE login_throttle (
    kind          INTEGER NOT NULL CHECK (kind IN (1, 2)), -- 1 login, 2 address
    key_digest    BLOB NOT NULL CHECK (length(key_digest) = 32), -- SHA-256 of salt and key
    failures      INTEGER NOT NULL CHECK (failures > 0), -- since the count began
    failed_at     INTEGER NOT NULL, -- the last one
    blocked_until INTEGER NOT NULL, -- no attempt before
    PRIMARY KEY (kind, key_digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_throttle_by_age ON login_throttle (failed_at);

-- Salt of the digests above: without it an address could be found by trying all of them.
CREATE TABLE account_salt (
    account_salt_id INTEGER PRIMARY KEY CHECK (account_salt_id = 1),
    salt            BLOB NOT NULL CHECK (length(salt) = 32)
) STRICT;
INSERT INTO account_salt (account_salt_id, salt) VALUES (1, randomblob(32));

-- A link that lets whoever has it set a person's password, once.
CREATE TABLE account_link (
    token_digest BLOB PRIMARY KEY NOT NULL CHECK (length(token_digest) = 32),
    person_id    INTEGER NOT NULL REFERENCES person (person_id),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_link_by_person ON account_link (person_id);

-- What happened to accounts. No names, no addresses.
CREATE TABLE account_audit (
    account_audit_id INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    person_id INTEGER REFERENCES person (person_id), -- whose account; NULL: unknown login
    kind      TEXT NOT NULL CHECK (kind IN ('added', 'roles', 'closed', 'reopened',
                  'signed_in', 'failed', 'signed_out', 'password', 'link_made', 'link_used',
                  'token_made', 'token_ended'))
) STRICT;
CREATE INDEX account_audit_by_person ON account_audit (person_id, account_audit_id);
