// SPDX-License-Identifier: MPL-2.0
// Figures: counts and indicators (rules/evaluation.h) by time, department, area, class,
// source, grid, person, company. docs/figures.md defines each one and names its source; the
// tables in grids/standard/evaluation are that definition as data.
//
// What an actor may not see is not counted: see figures_scope in docs/figures.md.
#pragma once

#include <gridcase/account/actor.h>
#include <gridcase/city/city.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/db/db.h>
#include <gridcase/evaluation/facts.h>
#include <gridcase/rules/evaluation.h>

enum figure_dimension {
    FIGURE_BY_DAY,
    FIGURE_BY_WEEK, // from Monday
    FIGURE_BY_MONTH,
    FIGURE_BY_QUARTER,
    FIGURE_BY_YEAR,       // up to here periods
    FIGURE_BY_WEEKDAY,    // 1 Monday .. 7, of the day on which a count counts
    FIGURE_BY_HOUR,       // 0 .. 23, of that instant
    FIGURE_BY_DEPARTMENT, // level 0: lead department; n: its office n steps below the root
    FIGURE_BY_AREA,       // level: position
    FIGURE_BY_CLASS,
    FIGURE_BY_MAJOR,
    FIGURE_BY_SOURCE,
    FIGURE_BY_ID, // level: enum figure_id
};
// Dimensions whose keys are plain ids of the fact row.
enum figure_id {
    FIGURE_ID_GRID,
    FIGURE_ID_DUTY_GRID,
    FIGURE_ID_DESK,
    FIGURE_ID_COMPANY, // of who reported
    FIGURE_ID_CHECKER_COMPANY,
    FIGURE_ID_REPORTED_BY, // persons by post, from here on
    FIGURE_ID_ACCEPTED_BY,
    FIGURE_ID_VERIFIED_BY,
    FIGURE_ID_FILED_BY,
    FIGURE_ID_SENT_BY,
    FIGURE_ID_CHECKED_BY,
    FIGURE_ID_CLOSED_BY,
    FIGURE_ID_COUNT,
};
const char *figure_id_to_str(enum figure_id id); // "grid", "reported_by" ...
struct figure_by {
    enum figure_dimension dimension;
    size_t level;
};

// The words of a request; NULL: absent.
struct figure_words {
    const char *measures, *by, *from, *to;
    const char *department, *lead, *area, *outside, *class_id, *major, *source;
    const char *weekday, *hour;
    const char *ids[FIGURE_ID_COUNT];
};
// Of the words department, area and outside there may be several with commas between: all
// of them have to hold.
enum { FIGURE_IDS_MOST = 4 };
struct figure_ids {
    size_t count;
    int64_t ids[FIGURE_IDS_MOST];
};
enum { FIGURE_DAYS_MOST = 3700, FIGURE_ROWS_MOST = 50000 };
struct figure_query {
    int64_t now_ms; // cut to whole seconds
    int64_t today;
    int64_t from_day, to_day;            // inclusive, days since 1970 in the city's time
    const struct evaluation *evaluation; // what measures mean; the city's, or a draft
    size_t measure_count; // those asked for, then those that they are made of
    uint16_t measures[EVALUATION_MEASURES_MOST]; // positions in evaluation
    size_t by_count;
    struct figure_by by[2];
    struct figure_ids departments; // each with those below it
    struct figure_ids areas;
    struct figure_ids outside;    // level positions: cases in no area of them
    int64_t lead_id;              // the lead department itself; -1: any; 0: cases without
    int64_t class_id;             // -1: any; 0: cases without
    const char *major;            // code, "" for classes without; NULL: any
    int source;                   // -1: any
    int weekday, hour;            // of the instant at which a count counts; -1: any
    int64_t ids[FIGURE_ID_COUNT]; // -1: any; 0: none
    bool by_definition;           // tests: nothing by hand-made sums or rollups
};
const struct indicator *figure_measure(const struct figure_query *query, size_t index);
// Reads and checks; texts are borrowed from the words. Without a period: the 30 days up to
// today. ERROR_INPUT "figures.measure", "figures.by", "figures.period", "figures.filter".
int figure_query_read(const struct figure_words *words, const struct city_snapshot *city,
                      int64_t now_ms, struct figure_query *ret_query,
                      struct error *error) ERROR_MUST_CHECK;
// The same with definitions that are not in force: a dry run.
int figure_query_read_with(const struct figure_words *words,
                           const struct city_snapshot *city,
                           const struct evaluation *evaluation, int64_t now_ms,
                           struct figure_query *ret_query,
                           struct error *error) ERROR_MUST_CHECK;
// "day", "area:ward", "department:1" ...; empty for a number out of range.
const char *figure_by_to_str(const struct city_snapshot *city, const struct figure_by *by,
                             struct arena *arena);

struct figure_key {
    int64_t id;               // first day of a period; 0: none
    const char *code;         // "2015-08", "2015-W31", a city's code; "" for none
    int64_t from_day, to_day; // of a period
    const char *filter,
        *value; // the word that asks for it alone: "lead", "7"; NULL: a period
};
struct figure_row {
    struct figure_key keys[2];
    double *values; // as measures; NaN: there is none
};
struct figure_answer {
    bool from_rollup;
    int64_t epoch, position;
    size_t row_count;
    struct figure_row *rows;
    double *totals;
    struct error trouble; // of the columns' file (struct facts_state); code 0: none
};
// ERROR_INPUT "figures.too_many" for more than FIGURE_ROWS_MOST rows. Results live in
// arena.
int figures_compute(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, const struct figure_query *query,
                    struct arena *arena, struct figure_answer *ret_answer,
                    struct error *error) ERROR_MUST_CHECK;

// The cases behind a figure, newest first: for a count of cases exactly as many as it says,
// for a sum those that add to it. For a quotient those of the counts above the line, or
// below it; for another formula those of all its counts. ERROR_INPUT "figures.no_list" when
// a figure is made of no counts.
struct figure_list {
    int64_t *case_ids; // arena
    size_t count;
    int64_t total;
    int64_t next; // cursor of the next page; 0: the end
    struct error trouble;
};
int figures_list(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct actor *actor, const struct figure_query *query,
                 size_t measure, bool below, int64_t before, size_t most,
                 struct arena *arena, struct figure_list *ret_list,
                 struct error *error) ERROR_MUST_CHECK;
