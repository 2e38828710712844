// SPDX-License-Identifier: MPL-2.0
// Figures: how many cases came, were closed, are open, are late, in time and how fast, by
// time, department, area, class and source. docs/figures.md defines each one and names its
// source; the table in src/evaluation/measure.c is that definition as code.
//
// What an actor may not see is not counted: see figures_scope in docs/figures.md.
#pragma once

#include <gridcase/account/actor.h>
#include <gridcase/city/city.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/db/db.h>
#include <gridcase/evaluation/facts.h>

enum figure_measure {
    FIGURE_OPENED,
    FIGURE_ENDED,
    FIGURE_CLOSED,
    FIGURE_OPEN,
    FIGURE_OVERDUE,
    FIGURE_CLOSING_RATE,
    FIGURE_CLOSED_OF_OPENED,
    FIGURE_TO_CLOSE,
    FIGURE_ON_TIME_RATE,
    FIGURE_HANDLED_IN_TIME,
    FIGURE_TO_HANDLE,
    FIGURE_TARGET_RATE,
    FIGURE_TARGET_MET,
    FIGURE_WITH_TARGET,
    FIGURE_MEAN_TIME_TO_CLOSE,
    FIGURE_MEASURE_COUNT,
};

enum figure_unit { FIGURE_CASES, FIGURE_SHARE, FIGURE_SECONDS };
struct figure_definition {
    const char *code;
    const char *label_en, *label_zh;
    enum figure_unit unit;
    int numerator, denominator; // enum figure_measure, -1: none
    bool stock;                 // as it stood at the end of the period, not over it
};
const struct figure_definition *figure_definition(enum figure_measure measure);
const char *figure_unit_to_str(enum figure_unit unit); // "cases", "share", "s"

enum figure_dimension {
    FIGURE_BY_DAY,
    FIGURE_BY_WEEK, // from Monday
    FIGURE_BY_MONTH,
    FIGURE_BY_DEPARTMENT, // level 0: lead department; n: its office n steps below the root
    FIGURE_BY_AREA,       // level: position
    FIGURE_BY_CLASS,
    FIGURE_BY_MAJOR,
    FIGURE_BY_SOURCE,
};
struct figure_by {
    enum figure_dimension dimension;
    size_t level;
};

// The words of a request; NULL: absent.
struct figure_words {
    const char *measures, *by, *from, *to;
    const char *department, *lead, *area, *outside, *class_id, *major, *source;
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
    int64_t from_day, to_day; // inclusive, days since 1970 in the city's time
    size_t measure_count;     // those asked for, then those that rates are made of
    enum figure_measure measures[FIGURE_MEASURE_COUNT];
    size_t by_count;
    struct figure_by by[2];
    struct figure_ids departments; // each with those below it
    struct figure_ids areas;
    struct figure_ids outside; // level positions: cases in no area of them
    int64_t lead_id;           // the lead department itself; -1: any; 0: cases without
    int64_t class_id;          // -1: any; 0: cases without
    const char *major;         // code, "" for classes without; NULL: any
    int source;                // -1: any
};
// Reads and checks; texts are borrowed from the words. Without a period: the 30 days up to
// today. ERROR_INPUT "figures.measure", "figures.by", "figures.period", "figures.filter".
int figure_query_read(const struct figure_words *words, const struct city_snapshot *city,
                      int64_t now_ms, struct figure_query *ret_query,
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

// The cases behind a figure, newest first: exactly as many as the figure says. For a rate
// ask for its numerator or denominator; for the mean time, the cases closed.
struct figure_list {
    int64_t *case_ids; // arena
    size_t count;
    int64_t total;
    int64_t next; // cursor of the next page; 0: the end
    struct error trouble;
};
int figures_list(struct facts *facts, struct db *db, const struct city_snapshot *city,
                 const struct actor *actor, const struct figure_query *query,
                 enum figure_measure measure, int64_t before, size_t most,
                 struct arena *arena, struct figure_list *ret_list,
                 struct error *error) ERROR_MUST_CHECK;
