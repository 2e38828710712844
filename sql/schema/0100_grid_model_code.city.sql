-- SPDX-License-Identifier: MPL-2.0
-- A grid whose shape changed while the model's file keeps its code gets a new code; this is
-- how the next load finds it again.
ALTER TABLE unit_grid ADD COLUMN model_code TEXT NOT NULL DEFAULT ''; -- '' the same
