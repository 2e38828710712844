-- SPDX-License-Identifier: MPL-2.0

-- name: person_add
-- database: cases
INSERT INTO person (login, name, department_id, created_at)
VALUES ($1, $2, $3, $4)
RETURNING person_id;

-- name: person_update
-- database: cases
UPDATE person SET name = $2, department_id = $3 WHERE person_id = $1;

-- name: person_close
-- database: cases
UPDATE person SET closed_at = $2 WHERE person_id = $1;

-- name: person_by_id
-- database: cases
SELECT p.person_id, p.login, p.name, p.department_id, p.closed_at,
       EXISTS (SELECT 1 FROM credential c WHERE c.person_id = p.person_id)
FROM person p WHERE p.person_id = $1;

-- name: person_by_login
-- database: cases
SELECT p.person_id, p.login, p.name, p.department_id, p.closed_at,
       EXISTS (SELECT 1 FROM credential c WHERE c.person_id = p.person_id)
FROM person p WHERE p.login = $1;

-- name: person_list
-- database: cases
SELECT p.person_id, p.login, p.name, p.department_id, p.closed_at,
       EXISTS (SELECT 1 FROM credential c WHERE c.person_id = p.person_id)
FROM person p WHERE p.login > $1 ORDER BY p.login LIMIT $2;

-- name: person_roles
-- database: cases
SELECT role, area_id, department_id FROM person_role WHERE person_id = $1
ORDER BY role, area_id, department_id;

-- name: person_roles_clear
-- database: cases
DELETE FROM person_role WHERE person_id = $1;

-- name: person_role_add
-- database: cases
INSERT INTO person_role (person_id, role, area_id, department_id, granted_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person_id, role, area_id, department_id) DO NOTHING;

-- name: person_other_administrators
-- database: cases
-- Open accounts with the administrator's role other than $1 (0: all).
SELECT count(DISTINCT r.person_id)
FROM person_role r JOIN person p ON p.person_id = r.person_id
WHERE r.role = 'administrator' AND p.closed_at IS NULL AND r.person_id <> $1;

-- name: credential_set
-- database: cases
INSERT INTO credential (person_id, encoded, demo, must_change, changed_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (person_id) DO UPDATE SET encoded = excluded.encoded, demo = excluded.demo,
    must_change = excluded.must_change, changed_at = excluded.changed_at;

-- name: credential_rehash
-- database: cases
-- Same password under today's parameters: only if nobody changed it meanwhile.
UPDATE credential SET encoded = $3 WHERE person_id = $1 AND encoded = $2;

-- name: credential_by_login
-- database: cases
SELECT p.person_id, c.encoded, c.demo, c.must_change
FROM person p JOIN credential c ON c.person_id = p.person_id
WHERE p.login = $1 AND p.closed_at IS NULL;

-- name: credential_by_person
-- database: cases
SELECT p.login, c.encoded, c.demo, c.must_change
FROM person p JOIN credential c ON c.person_id = p.person_id
WHERE p.person_id = $1 AND p.closed_at IS NULL;

-- name: credential_is
-- database: cases
-- 1 while the person's account is open and the encoded form is still this one.
SELECT count(*) FROM person p JOIN credential c ON c.person_id = p.person_id
WHERE p.person_id = $1 AND p.closed_at IS NULL AND c.encoded = $2;

-- name: credential_demo_count
-- database: cases
SELECT count(*) FROM credential c JOIN person p ON p.person_id = c.person_id
WHERE c.demo = 1 AND p.closed_at IS NULL;

-- name: session_add
-- database: cases
INSERT INTO session (token_digest, person_id, bearer, demo, name, created_at, seen_at,
                     expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
ON CONFLICT (token_digest) DO NOTHING;

-- name: session_find
-- database: cases
-- One row a role (roles NULL when there is none): everything a request needs.
SELECT s.session_id, s.person_id, s.bearer, s.demo, s.seen_at, s.expires_at,
       p.department_id, c.must_change, r.role, r.area_id, r.department_id
FROM session s
JOIN person p ON p.person_id = s.person_id AND p.closed_at IS NULL
LEFT JOIN credential c ON c.person_id = s.person_id
LEFT JOIN person_role r ON r.person_id = s.person_id
WHERE s.token_digest = $1 AND s.expires_at > $2;

-- name: session_again
-- database: cases
SELECT s.session_id, s.person_id, s.bearer, s.demo, s.seen_at, s.expires_at,
       p.department_id, c.must_change, r.role, r.area_id, r.department_id
FROM session s
JOIN person p ON p.person_id = s.person_id AND p.closed_at IS NULL
LEFT JOIN credential c ON c.person_id = s.person_id
LEFT JOIN person_role r ON r.person_id = s.person_id
WHERE s.session_id = $1 AND s.expires_at > $2;

-- name: session_touch
-- database: cases
UPDATE session SET seen_at = $2 WHERE session_id = $1;

-- name: session_person
-- database: cases
SELECT person_id FROM session WHERE session_id = $1;

-- name: session_end
-- database: cases
DELETE FROM session WHERE session_id = $1;

-- name: session_end_others
-- database: cases
-- Browsers and bearer tokens of a person, all but one session (0: all).
DELETE FROM session WHERE person_id = $1 AND session_id <> $2;

-- name: session_end_browsers
-- database: cases
DELETE FROM session WHERE bearer = 0;

-- name: session_sweep
-- database: cases
DELETE FROM session WHERE expires_at < $1;

-- name: token_list
-- database: cases
SELECT session_id, name, created_at, expires_at, seen_at FROM session
WHERE person_id = $1 AND bearer = 1 ORDER BY session_id;

-- name: token_count
-- database: cases
SELECT count(*) FROM session WHERE person_id = $1 AND bearer = 1;

-- name: token_by_digest
-- database: cases
SELECT session_id FROM session WHERE token_digest = $1;

-- name: token_end
-- database: cases
DELETE FROM session WHERE session_id = $1 AND person_id = $2 AND bearer = 1;

-- name: throttle_find
-- database: cases
SELECT failures, failed_at, blocked_until FROM login_throttle
WHERE kind = $1 AND key_digest = $2;

-- name: throttle_set
-- database: cases
INSERT INTO login_throttle (kind, key_digest, failures, failed_at, blocked_until)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (kind, key_digest) DO UPDATE SET failures = excluded.failures,
    failed_at = excluded.failed_at, blocked_until = excluded.blocked_until;

-- name: throttle_clear
-- database: cases
DELETE FROM login_throttle WHERE kind = $1 AND key_digest = $2;

-- name: throttle_sweep
-- database: cases
DELETE FROM login_throttle WHERE failed_at < $1 AND blocked_until < $1;

-- name: account_salt
-- database: cases
SELECT salt FROM account_salt WHERE account_salt_id = 1;

-- name: link_add
-- database: cases
INSERT INTO account_link (token_digest, person_id, created_at, expires_at)
VALUES ($1, $2, $3, $4);

-- name: link_find
-- database: cases
SELECT l.person_id, p.login FROM account_link l
JOIN person p ON p.person_id = l.person_id AND p.closed_at IS NULL
WHERE l.token_digest = $1 AND l.expires_at > $2;

-- name: link_end_all
-- database: cases
DELETE FROM account_link WHERE person_id = $1;

-- name: link_end_everybody
-- database: cases
DELETE FROM account_link;

-- name: link_sweep
-- database: cases
DELETE FROM account_link WHERE expires_at < $1;

-- name: account_audit_add
-- database: cases
INSERT INTO account_audit (at, person_id, kind) VALUES ($1, $2, $3);

-- name: account_audit_count
-- database: cases
SELECT count(*) FROM account_audit WHERE person_id = $1 AND kind = $2;

-- name: account_audit_sweep
-- database: cases
-- Failures of unknown logins are noise after a while; the rest stays.
DELETE FROM account_audit WHERE kind = 'failed' AND person_id IS NULL AND at < $1;

-- name: person_open_tasks
-- database: cases
SELECT count(*) FROM case_task WHERE person_id = $1 AND person_id > 0 AND closed_at IS NULL;

-- name: person_open_task_list
-- database: cases
SELECT task_id, kind, opened_at FROM case_task
WHERE person_id = $1 AND person_id > 0 AND closed_at IS NULL ORDER BY task_id LIMIT $2;

-- name: person_homes
-- database: cases
SELECT person_id, department_id FROM person WHERE department_id IS NOT NULL;

-- name: person_without_password
-- database: cases
-- Open accounts that nobody can sign in to yet.
SELECT p.login FROM person p
WHERE p.closed_at IS NULL AND p.login > $1
  AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.person_id = p.person_id)
ORDER BY p.login LIMIT $2;

-- name: person_list_of_home
-- database: cases
SELECT p.person_id, p.login, p.name, p.department_id, p.closed_at,
       EXISTS (SELECT 1 FROM credential c WHERE c.person_id = p.person_id)
FROM person p WHERE p.login > $1 AND p.department_id = $3 ORDER BY p.login LIMIT $2;

-- name: account_audit_last
-- database: cases
SELECT coalesce(max(account_audit_id), 0) FROM account_audit;

-- name: account_audit_by
-- database: cases
UPDATE account_audit SET by_id = $2 WHERE account_audit_id > $1;
