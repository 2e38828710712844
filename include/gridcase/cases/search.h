// SPDX-License-Identifier: MPL-2.0
// Search in cases: what a question means in a city, and whether a case answers it.
// docs/search.md tells the whole way. A case is found by its number and parts of it, its
// description and address, opinions in its history, the codes of its unit grid, component
// and origin, the streets at its point, and by the names of its class, condition,
// department and areas in every language of the city. The reporter's data are never looked
// at.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/rules/search.h>

struct case_search; // a question understood in a city; lives in an arena
struct city_snapshot;
struct db;

// Finds which classes, conditions, departments and areas each word of the question names.
// Goes into case_filter.search. ERROR_INPUT "search.nothing", "search.too_long".
int case_search_new(const char *text, const struct city_snapshot *city, struct arena *arena,
                    struct case_search **ret_search, struct error *error) ERROR_MUST_CHECK;
// From now on the question is put to this handle of DB_SEARCH; NULL: every row of the list
// is looked at, up to the list's bound. budget_us: looking longer than that altogether
// ends with ERROR_BUSY "db.over_budget"; 0: no budget.
void case_search_use(struct case_search *search, struct db *index, int64_t budget_us);

// ---- keeping the index ----
// The index of a city is a database of its own (DB_SEARCH), fed from the change stream in
// batches, never inside a case's transaction. One thread at a time keeps it.

struct case_search_state {
    bool known;       // false: nothing is in it, or what older rules have cut
    int64_t epoch;    // of the cases it was made from
    int64_t position; // changes up to here are in
    int64_t below;    // cases with smaller ids are still to be read; 0: it is complete
    int64_t begun;    // cases with smaller ids are read by the build, not by changes
};
int case_search_state(struct db *index, struct case_search_state *ret_state,
                      struct error *error) ERROR_MUST_CHECK;
// Changes and milliseconds that the index is behind the cases at now_ms.
struct case_search_lag {
    int64_t changes, ms;
};
int case_search_lag(struct db *db, const struct case_search_state *state, int64_t now_ms,
                    struct case_search_lag *ret_lag, struct error *error) ERROR_MUST_CHECK;

// What to do next, read and cut: changed cases first, then older ones not read yet, newest
// first. NULL when there is nothing. ERROR_CONFLICT "search.outdated": the index belongs to
// other cases, or to changes that are gone: db_store_discard_search, begin anew.
struct case_search_batch; // lives in the arena
int case_search_batch_read(struct db *db, const struct city_snapshot *city,
                           const struct case_search_state *state, struct arena *arena,
                           struct case_search_batch **ret_batch,
                           struct error *error) ERROR_MUST_CHECK;
// What is known of the words in the index, between two batches.
struct case_search_writer;
struct case_search_writer *case_search_writer_new(void);
struct case_search_writer *case_search_writer_free(struct case_search_writer *writer);
// Inside a write transaction on DB_SEARCH; may be run again.
int case_search_batch_write(struct case_search_writer *writer, struct db *index,
                            const struct case_search_batch *batch,
                            struct error *error) ERROR_MUST_CHECK;
// It was committed: where the index stands now.
struct case_search_state case_search_batch_done(struct case_search_writer *writer,
                                                const struct case_search_batch *batch);
size_t case_search_batch_cases(const struct case_search_batch *batch);
