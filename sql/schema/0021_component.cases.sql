-- SPDX-License-Identifier: MPL-2.0
-- Cases about one component, cases with an urgency.

ALTER TABLE case_file ADD COLUMN component TEXT NOT NULL DEFAULT ''; -- its code in the register; '': none
ALTER TABLE case_file ADD COLUMN component_id INTEGER NOT NULL DEFAULT 0; -- in the city's store; 0: none
ALTER TABLE case_file ADD COLUMN owner_id INTEGER NOT NULL DEFAULT 0; -- its departments when it was named, 0 none
ALTER TABLE case_file ADD COLUMN maintainer_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN competent_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN urgency TEXT NOT NULL DEFAULT ''; -- of the catalogue's limits; '': none
