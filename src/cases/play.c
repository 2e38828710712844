// SPDX-License-Identifier: MPL-2.0
// Running a play: what happens next, in order of time, some of it in each job of the lane.
#include <gridcase/cases/play.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

#include "play_internal.h"

enum {
    EVENTS_MOST = 200000,
    JOB_EVENTS = 200,
    LOOKS_MOST = 120, // in vain, six hours apart: a month
    TICK_MS = 200,
    FIRST_LOOK_MS = 60000, // after a report
    PROGRESS_US = 1000000,
    TIMERS_MOST = 200,
    ARENA_SIZE = 4 * 1024 * 1024,
    OPEN_MOST = 500,
};

struct event {
    int64_t at_ms;
    int64_t case_id; // 0: the next report
    int looks;       // in vain so far
};

// What a job works on. A job may be run again, so it works on a copy.
struct course {
    struct event *events; // a heap, earliest first
    size_t count, room;
    uint64_t random;
    struct play_progress progress;
};

struct stage {
    struct play play;
    struct db_lane *lane;
    struct course now, after; // after: the copy that a job works on
    int64_t until_ms;         // of this job
};

// ---- the heap ----
static bool earlier(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->case_id < b->case_id;
}

static int push(struct course *course, struct event event, struct error *error)
{
    if (course->count == EVENTS_MOST)
        return error_set(error, ERROR_LIMIT, "play.too_many", "more than %d open cases",
                         EVENTS_MOST);
    if (course->count == course->room) {
        size_t room = course->room * 2 + 256;
        struct event *bigger = realloc(course->events, room * sizeof *bigger);
        if (bigger == NULL)
            return error_set(error, ERROR_LIMIT, "play.memory", "out of memory");
        course->events = bigger;
        course->room = room;
    }
    size_t at = course->count++;
    for (; at > 0 && earlier(&event, &course->events[(at - 1) / 2]); at = (at - 1) / 2)
        course->events[at] = course->events[(at - 1) / 2];
    course->events[at] = event;
    return 0;
}

static struct event pop(struct course *course)
{
    struct event first = course->events[0], last = course->events[--course->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= course->count)
            break;
        if (child + 1 < course->count &&
            earlier(&course->events[child + 1], &course->events[child]))
            child++;
        if (!earlier(&course->events[child], &last))
            break;
        course->events[at] = course->events[child];
        at = child;
    }
    if (course->count > 0)
        course->events[at] = last;
    return first;
}

static int copy_course(const struct course *from, struct course *to, struct error *error)
{
    if (to->room < from->count) {
        struct event *bigger = realloc(to->events, (from->count + 256) * sizeof *bigger);
        if (bigger == NULL)
            return error_set(error, ERROR_LIMIT, "play.memory", "out of memory");
        to->events = bigger;
        to->room = from->count + 256;
    }
    if (from->count > 0)
        memcpy(to->events, from->events, from->count * sizeof *to->events);
    to->count = from->count;
    to->random = from->random;
    to->progress = from->progress;
    return 0;
}

// ---- arrivals: a Poisson process that follows hour and weekday, by thinning ----
static double rate_at(const struct play *play, int64_t at_ms)
{
    const struct play_plan *plan = &play->plan;
    struct zone_local local;
    double hours = 0;
    zone_local(play->zone, at_ms, &local);
    for (int i = 0; i < 24; i++)
        hours += plan->hours[i];
    return plan->cases_per_day * plan->hours[local.hour] / hours *
           plan->weekdays[local.weekday - 1];
}

static int64_t next_arrival(const struct play *play, uint64_t *random, int64_t at_ms)
{
    const struct play_plan *plan = &play->plan;
    double speed = play->options->live ? play->options->speed : 1, most = 0, day = 0;
    double hours = 0;
    for (int i = 0; i < 24; i++) {
        hours += plan->hours[i];
        most = fmax(most, plan->hours[i]);
    }
    for (int i = 0; i < 7; i++)
        day = fmax(day, plan->weekdays[i]);
    most = plan->cases_per_day * most / hours * day; // an hour
    if (!(most > 0))
        return INT64_MAX;
    for (;;) {
        at_ms += (int64_t)(-log(1 - play_share(random)) / (most * speed) * 3600000) + 1;
        if (play_share(random) * most < rate_at(play, at_ms))
            return at_ms;
    }
}

// ---- a job ----
static int run_timers(struct stage *stage, struct db *db, int64_t at_ms,
                      struct error *error)
{
    int64_t next_ms = INSTANT_NONE;
    unsigned done = 0;
    if (stage->play.options->live)
        return 0; // the server's own
    for (;;) {
        int code = case_timers_next(db, &next_ms, error);
        if (code != 0 || next_ms == INSTANT_NONE || next_ms > at_ms)
            return code;
        code = case_timers_run(db, stage->play.city, next_ms, TIMERS_MOST, &done, error);
        if (code != 0 || done == 0)
            return code;
    }
}

static int play_event(struct stage *stage, struct db *db, struct event event,
                      struct error *error)
{
    ARENA_CLEANUP struct arena *arena = arena_new(ARENA_SIZE);
    struct course *course = &stage->after;
    struct play_scene scene = {.play = &stage->play,
                               .db = db,
                               .random = &course->random,
                               .at_ms = event.at_ms,
                               .arena = arena,
                               .progress = &course->progress};
    course->progress.at_ms = event.at_ms;
    if (event.case_id == 0) {
        double speed = stage->play.options->live ? stage->play.options->speed : 1;
        struct event made = {.at_ms = event.at_ms + (int64_t)(FIRST_LOOK_MS / speed)};
        int code = play_report(&scene, &made.case_id, error);
        event.at_ms = next_arrival(&stage->play, &course->random, event.at_ms);
        if (code == 0 && made.case_id != 0)
            code = push(course, made, error);
        return code != 0 ? code : push(course, event, error);
    }
    enum play_look look = PLAY_STOOD;
    int code = play_look(&scene, event.case_id, &look, &event.at_ms, error);
    event.looks = look == PLAY_STOOD ? event.looks + 1 : 0;
    if (code != 0 || look == PLAY_OVER)
        return code;
    if (event.looks > LOOKS_MOST) {
        course->progress.given_up++;
        return 0;
    }
    return push(course, event, error);
}

static int work(struct db *db, void *context, struct error *error)
{
    struct stage *stage = context;
    int code = copy_course(&stage->now, &stage->after, error);
    for (int i = 0; code == 0 && i < JOB_EVENTS && stage->after.count > 0 &&
                    stage->after.events[0].at_ms <= stage->until_ms &&
                    (i == 0 || db_lane_time_left_us(db) > 0);
         i++) {
        struct event event = pop(&stage->after);
        code = run_timers(stage, db, event.at_ms, error);
        if (code == 0)
            code = play_event(stage, db, event, error);
    }
    return code;
}

static int play_some(struct stage *stage, int64_t until_ms, struct error *error)
{
    stage->until_ms = until_ms;
    int code = db_lane_call(stage->lane, DB_MACHINES, work, stage, error);
    if (code == 0) {
        struct course made = stage->after;
        stage->after = stage->now;
        stage->now = made;
    }
    return code;
}

// ---- the run ----
static bool stopped(const struct stage *stage)
{
    const struct play_options *options = stage->play.options;
    return options->stop != NULL && atomic_load(options->stop);
}

static int run(struct stage *stage, struct error *error)
{
    const struct play_options *options = stage->play.options;
    int64_t told_us = 0;
    int code = 0;
    while (code == 0 && !stopped(stage) && stage->now.count > 0) {
        int64_t until_ms = options->live ? instant_now_ms() : options->to_ms;
        if (stage->now.events[0].at_ms > until_ms) {
            if (!options->live)
                break;
            instant_sleep_ms(TICK_MS);
            continue;
        }
        code = play_some(stage, until_ms, error);
        if (options->progress != NULL && instant_monotonic_us() - told_us > PROGRESS_US) {
            told_us = instant_monotonic_us();
            options->progress(options->progress_context, &stage->now.progress);
        }
    }
    return code;
}

// Cases that an earlier play left open go on, spread over the next hours.
static int take_open(struct stage *stage, struct error *error)
{
    ARENA_CLEANUP struct arena *arena = arena_new(64 * 1024 * 1024);
    DB_READER_CLEANUP struct db *db = NULL;
    struct actor machine = actor_system();
    struct case_filter filter = case_filter_all();
    struct case_page page = {0};
    filter.open = 1;
    filter.limit = OPEN_MOST;
    int code = db_reader_borrow(stage->play.store, city_slug(stage->play.city), DB_CASES,
                                &db, error);
    if (code == 0)
        code = case_list(db, stage->play.city, &machine, &filter, instant_now_ms(), arena,
                         &page, error);
    for (size_t i = 0; code == 0 && i < page.count; i++)
        if (page.items[i].mark == CASE_MARK_SYNTHETIC) {
            double wait_ms = play_share(&stage->now.random) * 8 * 3600000;
            struct event event = {.at_ms = instant_now_ms() +
                                           (int64_t)(wait_ms / stage->play.options->speed),
                                  .case_id = page.items[i].id};
            code = push(&stage->now, event, error);
        }
    return code;
}

static int begin(struct stage *stage, struct error *error)
{
    struct play *play = &stage->play;
    const struct play_options *options = play->options;
    const char *slug = city_slug(play->city);
    const struct catalogue *catalogue = city_catalogue(play->city, 0);
    if (catalogue == NULL || city_process(play->city, 0) == NULL)
        return error_set(error, ERROR_INPUT, "play.no_rules",
                         "the city has no catalogue or no process");
    int code = play_plan_read(options->plan, catalogue, &play->plan, error);
    if (code == 0)
        code = play_cast_read(play->store, play->city, &play->cast, error);
    if (code == 0)
        code = zone_new(city_time_zone(play->city), &play->zone, error);
    if (code == 0)
        code = db_lane_get(play->store, slug, DB_CASES, &stage->lane, error);
    if (code != 0)
        return code;
    int64_t from_ms = options->live ? instant_now_ms() : options->from_ms;
    stage->now.random = options->seed;
    struct event first = {.at_ms = next_arrival(play, &stage->now.random, from_ms)};
    code = push(&stage->now, first, error);
    return code == 0 && options->live ? take_open(stage, error) : code;
}

int play_run(struct db_store *store, const struct city_snapshot *city,
             const struct play_options *options, struct play_progress *ret_progress,
             struct error *error)
{
    struct stage *stage = memory_new(sizeof *stage);
    *stage = (struct stage){.play = {.store = store, .city = city, .options = options}};
    int code = begin(stage, error);
    if (code == 0)
        code = run(stage, error);
    *ret_progress = stage->now.progress;
    db_lane_put(stage->lane);
    zone_free(stage->play.zone);
    play_cast_done(&stage->play.cast);
    play_plan_done(&stage->play.plan);
    free(stage->now.events);
    free(stage->after.events);
    free(stage);
    return code;
}
