-- SPDX-License-Identifier: MPL-2.0
-- The parts of standard codes in columns of their own, because widths differ between editions
-- of the standards and a figure by region or street should not cut strings. '' where a city's
-- codes are its own.
ALTER TABLE unit_grid ADD COLUMN region TEXT NOT NULL DEFAULT '';    -- 6 digits, GB/T 2260
ALTER TABLE unit_grid ADD COLUMN street TEXT NOT NULL DEFAULT '';    -- 3 digits, GB/T 10114
ALTER TABLE unit_grid ADD COLUMN community TEXT NOT NULL DEFAULT ''; -- 3 digits
ALTER TABLE unit_grid ADD COLUMN serial TEXT NOT NULL DEFAULT '';    -- 3 digits
UPDATE unit_grid SET region = substr(code, 1, 6), street = substr(code, 7, 3),
    community = substr(code, 10, 3), serial = substr(code, 13, 3)
WHERE length(code) = 15 AND ltrim(code, '0123456789') = '';

ALTER TABLE component ADD COLUMN region TEXT NOT NULL DEFAULT ''; -- 6 digits
ALTER TABLE component ADD COLUMN major TEXT NOT NULL DEFAULT '';  -- 2 digits
ALTER TABLE component ADD COLUMN minor TEXT NOT NULL DEFAULT '';  -- 2 digits
ALTER TABLE component ADD COLUMN serial TEXT NOT NULL DEFAULT ''; -- 6 digits
UPDATE component SET region = substr(code, 1, 6), major = substr(code, 7, 2),
    minor = substr(code, 9, 2), serial = substr(code, 11, 6)
WHERE length(code) = 16 AND ltrim(code, '0123456789') = '';
