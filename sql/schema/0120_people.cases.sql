-- SPDX-License-Identifier: MPL-2.0
-- The role of a collection company; codes to print; who got the open work of a leaver.

CREATE TABLE person_role_new (
    person_id     INTEGER NOT NULL REFERENCES person (person_id),
    role          TEXT NOT NULL CHECK (role IN ('collector', 'acceptor', 'shift_leader',
                      'dispatcher', 'department', 'inspector', 'manager', 'administrator',
                      'company')),
    area_id       INTEGER NOT NULL CHECK (area_id >= 0),       -- of the city model; 0: not narrowed
    department_id INTEGER NOT NULL CHECK (department_id >= 0), -- of the city model; 0: not narrowed
    granted_at    INTEGER NOT NULL, -- milliseconds since 1970 UTC
    PRIMARY KEY (person_id, role, area_id, department_id)
) STRICT, WITHOUT ROWID;
INSERT INTO person_role_new (person_id, role, area_id, department_id, granted_at)
SELECT person_id, role, area_id, department_id, granted_at FROM person_role;
DROP TABLE person_role;
ALTER TABLE person_role_new RENAME TO person_role;
CREATE INDEX person_role_by_role ON person_role (role, person_id);

-- Whose home a department is: what a company's desk may see.
CREATE INDEX person_by_department ON person (department_id, person_id)
    WHERE department_id IS NOT NULL;

CREATE TABLE account_audit_new (
    account_audit_id INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL, -- milliseconds since 1970 UTC
    person_id INTEGER REFERENCES person (person_id), -- whose account; NULL: unknown login
    by_id     INTEGER REFERENCES person (person_id), -- who did it to them; NULL: they themselves, or a shell
    kind      TEXT NOT NULL CHECK (kind IN ('added', 'changed', 'roles', 'closed', 'reopened',
                  'signed_in', 'failed', 'signed_out', 'password', 'link_made', 'link_used',
                  'code_made', 'token_made', 'token_ended', 'work_handed_on'))
) STRICT;
INSERT INTO account_audit_new (account_audit_id, at, person_id, kind)
SELECT account_audit_id, at, person_id, kind FROM account_audit;
DROP TABLE account_audit;
ALTER TABLE account_audit_new RENAME TO account_audit;
CREATE INDEX account_audit_by_person ON account_audit (person_id, account_audit_id);
