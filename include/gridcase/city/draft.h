// SPDX-License-Identifier: MPL-2.0
// A model folder opened as if it were in force, without loading it: stored in a small store
// of its own in the city's folder, which goes when the draft is closed.
#pragma once

#include <gridcase/city/city.h>
#include <gridcase/city/diff.h>
#include <gridcase/city/load.h>

struct city_draft; // opaque; one thread

// Reads and checks the folder, compares it with the city in force (the grids get the codes
// that a load would give them) and stores it aside. diff may be NULL. Blocks for seconds,
// in a large city for minutes. With errors in the report: ERROR_INPUT "model.errors".
// ERROR_BUSY "what_if.running" while another process has a draft of this city open.
int city_draft_open(struct db_store *store, const char *slug, const char *folder,
                    struct city_report *report, struct city_diff *diff,
                    struct city_draft **ret_draft, struct error *error) ERROR_MUST_CHECK;
// The draft as a city: its own ids, so that codes are what it shares with the one in force.
const struct city_snapshot *city_draft_snapshot(const struct city_draft *draft);
struct city_draft *city_draft_close(struct city_draft *draft); // takes NULL, returns NULL
