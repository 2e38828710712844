// SPDX-License-Identifier: MPL-2.0
// Between the plan of a play, its people, its moves and its running.
#pragma once

#include <gridcase/cases/play.h>
#include <gridcase/city/component.h>
#include <gridcase/core/ini.h>
#include <gridcase/rules/zone.h>

#include "case_internal.h"

enum { PLAY_CHOICES_MOST = 64, PLAY_PEOPLE_MOST = 2000, PLAY_COMPONENTS_MOST = 500000 };

// ---- chance: a small generator whose state is a value ----
uint64_t play_random(uint64_t *state);
double play_share(uint64_t *state); // 0 <= x < 1
size_t play_below(uint64_t *state, size_t most);
double play_normal(uint64_t *state); // mean 0, deviation 1
// Index drawn by weight; count when all weights are 0.
size_t play_draw(uint64_t *state, const double *weights, size_t count);

// ---- plan.c ----
struct play_delay {
    double minutes;  // median; negative: not set
    double of_limit; // instead: share of what is left of the handling limit
    double spread;   // of its logarithm
};
struct play_plan {
    struct ini *ini; // owned; texts below are its
    double cases_per_day;
    double hours[24], weekdays[7]; // weights; weekdays: factors, from Monday
    int open_min, close_min;       // people's day, minutes after midnight
    const char *reporters;         // names, separated by |
    double sources[PROCESS_SOURCE_COUNT];
    double *classes; // by index in the catalogue
    size_t class_count;
    // Of moves, by the stage of the case; of those in ENDED against `nothing`.
    double kinds[PROCESS_STAGE_COUNT][PROCESS_KIND_COUNT];
    double nothing;
    struct play_delay delays[PROCESS_TASK_COUNT];
    struct {
        const char *word;
        double weight;
    } choices[PLAY_CHOICES_MOST];
    size_t choice_count;
    const char *words[PROCESS_KIND_COUNT]; // opinions, separated by |; NULL: none
};
// ERROR_INPUT "play.plan" naming file and line.
int play_plan_read(const char *path, const struct catalogue *catalogue,
                   struct play_plan *ret_plan, struct error *error) ERROR_MUST_CHECK;
void play_plan_done(struct play_plan *plan);
// One of the pieces of "a|b|c", copied; "" for NULL.
const char *play_piece(uint64_t *random, const char *pieces, struct arena *arena);

// ---- play_cast.c: who plays, and with what ----
struct play_cast {
    struct actor *people;
    size_t person_count;
    struct city_component *components;
    size_t component_count;
    struct arena *arena;
};
int play_cast_read(struct db_store *store, const struct city_snapshot *city,
                   struct play_cast *ret_cast, struct error *error) ERROR_MUST_CHECK;
void play_cast_done(struct play_cast *cast);

// ---- play_move.c ----
struct play {
    struct db_store *store;
    const struct city_snapshot *city;
    const struct play_options *options;
    struct play_plan plan;
    struct play_cast cast;
    struct zone *zone;
};
struct play_scene { // one look at a case, or one report
    const struct play *play;
    struct db *db;
    uint64_t *random;
    int64_t at_ms;
    struct arena *arena;
    struct play_progress *progress;
};
// A report; *ret_case_id 0 when it was refused.
int play_report(struct play_scene *scene, int64_t *ret_case_id,
                struct error *error) ERROR_MUST_CHECK;
// Perhaps a move of the case. *ret_next_ms: when to look again, INSTANT_NONE: never.
enum play_look { PLAY_MOVED, PLAY_STOOD, PLAY_OVER };
int play_look(struct play_scene *scene, int64_t case_id, enum play_look *ret_look,
              int64_t *ret_next_ms, struct error *error) ERROR_MUST_CHECK;
