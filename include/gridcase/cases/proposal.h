// SPDX-License-Identifier: MPL-2.0
// A changed model that waits for an administrator: what it would change, kept as JSON in
// the city's folder from the moment it was proposed until it is loaded or dropped.
#pragma once

#include <stdint.h>

#include <gridcase/city/diff.h>

struct db;
struct json_writer;

enum { PROPOSAL_LISTED = 2000 }; // differences written out; all are counted

// Open cases of a grid. They keep it when it is closed.
int proposal_open_cases(struct db *db, int64_t grid_id, int64_t *ret_count,
                        struct error *error) ERROR_MUST_CHECK;

struct proposal {
    const char *folder; // absolute
    const struct city_diff *diff;
    const struct city_report *report; // its warnings are told
    int64_t made_ms;
};
// db: of the cases. Members: tag, folder, made_at, version, warnings, count, open_cases (in
// grids that close), summary [what, new, changed, renewed, closed], differences.
int proposal_put(struct json_writer *json, struct db *db, const struct proposal *proposal,
                 struct error *error) ERROR_MUST_CHECK;

// Replaces the city's proposal.
int proposal_write(struct db_store *store, const char *slug,
                   const struct proposal *proposal, struct error *error) ERROR_MUST_CHECK;
// Its JSON. ERROR_NOT_FOUND "proposal.none".
int proposal_read(struct db_store *store, const char *slug, struct buffer *out,
                  struct error *error) ERROR_MUST_CHECK;
// 0 also when there is none.
int proposal_drop(struct db_store *store, const char *slug,
                  struct error *error) ERROR_MUST_CHECK;
