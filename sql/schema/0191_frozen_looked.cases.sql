-- SPDX-License-Identifier: MPL-2.0
-- How far the change stream was looked through for corrections of frozen periods.
ALTER TABLE case_epoch ADD COLUMN frozen_looked INTEGER NOT NULL DEFAULT 0;
