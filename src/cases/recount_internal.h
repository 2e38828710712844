// SPDX-License-Identifier: MPL-2.0
// Between the files of the recount: ranges of cases are loaded by the calling thread,
// played by it and its helpers, and their findings taken in the order of the cases.
#pragma once

#include <gridcase/cases/recount.h>

#include "case_internal.h"

enum { RECOUNT_FINDINGS = 1000, RECOUNT_BATCH = 400 };

// What was found wrong; the first of them with words.
struct recount_findings {
    struct arena *texts;
    struct recount_finding *items;
    size_t count;
    uint64_t problems;
};
void recount_find(struct recount_findings *findings, int64_t case_id, const char *slug,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
void recount_findings_take(struct recount_findings *into,
                           const struct recount_findings *from);
void recount_findings_done(struct recount_findings *findings);

// ---- recount_load.c: a range of cases as the tables have it ----
struct recount_life {
    struct case_row row;
    bool has_fact;
    struct fact fact;
    size_t history_at, history_count; // rows of the batch
    size_t task_at, task_count;
    size_t clock_at, clock_count;
    int64_t contacts, merged, survivor, astray;
};
enum recount_state { RECOUNT_FREE, RECOUNT_LOADED, RECOUNT_PLAYED };
struct recount_batch {
    enum recount_state state; // guarded by the crew's lock
    struct arena *arena;      // texts of the rows
    struct recount_life lives[RECOUNT_BATCH];
    size_t count;
    struct history_row *history;
    size_t history_count, history_room;
    struct case_task_row *tasks;
    size_t task_count, task_room;
    struct case_clock_row *clocks;
    size_t clock_count, clock_room;
    int64_t history_strays, fact_strays, task_strays;
    uint64_t unplaced;
    struct recount_findings findings;
    int code; // of a failure that ends the recount
    struct error error;
};
// Up to `most` cases behind `after`; *ret_last: the last id it is about, INT64_MAX at the
// end.
int recount_load(struct recount_batch *batch, struct db *db, int64_t after, unsigned most,
                 int64_t *ret_last, struct error *error) ERROR_MUST_CHECK;
void recount_unload(struct recount_batch *batch); // keeps memory for the next range
void recount_batch_done(struct recount_batch *batch);

// ---- recount_sums.c: figures of all fact rows against the rollups ----
// Every count is multiplied by a random number of its table, day, id and figure, and added
// to one of these sums; what the rollups say is taken off. Equal rollups leave zeros, and
// others do not but by a chance of 2^-64; the sums need no memory that grows with the city.
enum { RECOUNT_SUMS = 512 };
struct recount_sums {
    uint64_t secret[2 + FIGURE_COUNT];
    uint64_t sums[2][RECOUNT_SUMS]; // of departments, of areas
};
void recount_sums_begin(struct recount_sums *sums);
void recount_sums_like(struct recount_sums *sums, const struct recount_sums *other); // 0
void recount_sums_add(struct recount_sums *sums, const struct fact *fact,
                      const struct calendar *calendar);
void recount_sums_join(struct recount_sums *sums, const struct recount_sums *other);
// Takes the rollups off, and tells what differs.
int recount_sums_compare(struct recount_sums *sums, struct db *db,
                         const struct calendar *calendar, struct recount_findings *findings,
                         struct error *error) ERROR_MUST_CHECK;

// ---- recount_case.c ----
struct recount_player; // memory of one thread
struct recount_player *recount_player_new(const struct city_snapshot *city,
                                          const struct recount_sums *sums);
struct recount_player *recount_player_free(struct recount_player *player);
const struct recount_sums *recount_player_sums(const struct recount_player *player);
// Everything about the cases of a batch. Failures are in the batch.
void recount_play(struct recount_player *player, struct recount_batch *batch);

// ---- recount_crew.c ----
struct recount_crew;
struct recount_crew *recount_crew_new(const struct city_snapshot *city,
                                      const struct recount_sums *sums);
struct recount_crew *recount_crew_free(struct recount_crew *crew); // leaves work undone
// A batch to load; played and taken batches become free. NULL: a batch failed, error is set
// to why. `take` is called in the order of the batches.
typedef void recount_take(void *context, struct recount_batch *batch);
struct recount_batch *recount_crew_free_batch(struct recount_crew *crew, recount_take *take,
                                              void *context, struct error *error);
void recount_crew_loaded(struct recount_crew *crew); // the batch got last
// Plays and takes all that is loaded.
int recount_crew_finish(struct recount_crew *crew, recount_take *take, void *context,
                        struct error *error) ERROR_MUST_CHECK;
void recount_crew_sums(struct recount_crew *crew, struct recount_sums *sums); // joins them

// ---- recount_place.c: what a history says of class, place and words of its case ----
struct recount_place {
    bool begun; // the first row was read
    bool whole; // and says where the case counts: rows of before that form do not
    bool moved; // by a row of before that form
    int64_t class_id, condition_id, grid_id;
    int64_t areas[CITY_LEVEL_LIMIT];
    bool has_point;
    double lon_deg, lat_deg;
    const char *address, *source, *urgency, *external_id, *component; // arena
    const char *description;                                          // NULL: erased
    int64_t opened_ms, reported_by;
    int64_t ended_ms; // INSTANT_NONE while open
};
// Whether the place is in the inputs of that row, so that they are to be parsed.
bool recount_place_needs(const struct recount_place *place, const struct history_row *row);
// Whether a digest was kept of a text that is gone.
bool recount_erased(const uint8_t digest[HASH_SIZE]);
// inputs: NULL when they are not needed, erased or unreadable.
void recount_place_row(struct recount_place *place, const struct history_row *row,
                       const struct json *inputs, struct arena *arena);
// Where the case row says otherwise: the finding's message, else NULL. Call until NULL.
const char *recount_place_differs(const struct recount_place *place,
                                  const struct case_row *row, unsigned *cursor);
