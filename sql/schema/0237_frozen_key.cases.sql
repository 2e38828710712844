-- SPDX-License-Identifier: MPL-2.0
-- The Idempotency-Key of the request that froze a period, and what the request was: a repeat
-- is told the same version again instead of asking for a reason.
ALTER TABLE frozen ADD COLUMN idempotency_key BLOB CHECK (idempotency_key IS NULL OR length(idempotency_key) = 16);
ALTER TABLE frozen ADD COLUMN body_digest BLOB CHECK (body_digest IS NULL OR length(body_digest) = 32); -- of the request
CREATE UNIQUE INDEX frozen_by_key ON frozen (idempotency_key) WHERE idempotency_key IS NOT NULL;
