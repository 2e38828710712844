-- SPDX-License-Identifier: MPL-2.0
-- 32 random bytes without an extension: two random UUIDs, 244 random bits, spread by a hash.
-- instead of: INSERT INTO account_salt
INSERT INTO account_salt (account_salt_id, salt)
VALUES (1, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
