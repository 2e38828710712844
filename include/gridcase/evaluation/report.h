// SPDX-License-Identifier: MPL-2.0
// The evaluation bulletin of a period: what a page says, as data; and its forms as files.
// docs/reports.md tells what stands in it; gridcase-report(1), gridcase-report(5).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/account/actor.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>
#include <gridcase/rules/report_plan.h>

struct city_snapshot;
struct db;
struct facts;
struct json;
struct media_store;

enum report_format {
    REPORT_PDF,
    REPORT_XLSX,
    REPORT_CSV,
    REPORT_JSON,
    REPORT_DOCX,
    REPORT_FORMAT_COUNT,
};
const char *report_format_to_str(enum report_format format); // "pdf": ending of the file
int report_format_from_str(const char *text);                // -1: none of them
const char *report_format_type(enum report_format format);   // media type

// ---- periods ----
enum { REPORT_PERIOD_SIZE = 24 };
struct report_period {
    char code[REPORT_PERIOD_SIZE]; // "2026-10", "2026-W41", "2026-Q3", "2026"
    enum report_every every;
    int64_t from_day, to_day;       // days since 1970, both count
    int64_t before_from, before_to; // the period before it
    int64_t year_from, year_to;     // the same a year before
};
// ERROR_INPUT "report.period".
int report_period_read(const char *text, struct report_period *ret_period,
                       struct error *error) ERROR_MUST_CHECK;
// The period of that length that holds a day; and the one before it.
void report_period_of(enum report_every every, int64_t day,
                      struct report_period *ret_period);

// ---- what is in it ----
enum report_figure { // columns of every table; the last four are what the rates are made of
    REPORT_OPENED,
    REPORT_CLOSED,
    REPORT_CLOSING_RATE,
    REPORT_ON_TIME_RATE,
    REPORT_OVERDUE,
    REPORT_OPEN,
    REPORT_MEAN_TIME,
    REPORT_CLOSED_OF_OPENED,
    REPORT_TO_CLOSE,
    REPORT_HANDLED_IN_TIME,
    REPORT_TO_HANDLE,
    REPORT_FIGURES,
    REPORT_SHOWN = REPORT_CLOSED_OF_OPENED, // on pages: those before
};
enum { REPORT_DOUBTS_MOST = 12, REPORT_TREND_MOST = 13, REPORT_SPOTS = 5 };
enum { REPORT_CLASSES = 10, REPORT_HOT = 5, REPORT_LEAGUES = 6, REPORT_LEAGUE_ROWS = 100 };
enum report_unit { REPORT_CASES, REPORT_SHARE, REPORT_SECONDS, REPORT_NUMBER };
struct report_measure {
    const char *code, *name;
    enum report_unit unit;
    int better; // 1: more is better, -1: less, 0: neither
};
struct report_line {
    int64_t id;
    const char *code, *name;
    double now[REPORT_FIGURES], before[REPORT_FIGURES]; // NaN: there is none
    double rank_value, rank_value_before;               // of the group's measure
    int rank, rank_before; // 1 is best; 0: not ranked, there was nothing to do
    // Of a group's department, as its figures: the report's doubts; NaN: there is none.
    double doubts[REPORT_DOUBTS_MOST], doubt_cases[REPORT_DOUBTS_MOST];
};
struct report_table {
    const char *code, *name;
    struct report_measure by; // groups: what ranks
    size_t count;
    struct report_line *lines;
};
struct report_spot {
    const char *code, *place, *class_name, *case_number;
    double lon_deg, lat_deg;
    double cases, before;
    // The scene as somebody of the city's own people took it, without what a camera writes
    // into a file; never a photo of the public.
    bool has_photo;
    uint8_t photo_sha256[HASH_SIZE];
    struct buffer photo; // JPEG; empty: none, or no longer there
};
// Where more was reported than that place's own past would lead one to expect (spots.h).
struct report_hot {
    const char *code, *place, *class_name;
    double lon_deg, lat_deg;
    double now, usual, before; // before: most in one of the earlier stretches
};
// A league table (scores.h), never one of persons.
struct report_league_row {
    int64_t id;
    const char *code, *name, *grade; // grade "": none
    double points, before;           // NaN: not there
    int rank, rank_before;           // 0: not there before
};
struct report_league {
    const char *code, *name;
    size_t count;
    struct report_league_row *rows;
};
struct report_cell {
    int64_t id; // of a unit grid or area
    double cases;
};
// What stands behind the closing rate (docs/figures.md): a share and its cases.
struct report_doubt {
    struct report_measure measure;
    double cases, now, before; // NaN: there is none
};
// Was somebody there before cases were closed? (visits.h)
struct report_visits {
    bool recorded; // the city records tracks
    bool known;    // false: too many cases to look at
    int64_t cases, visited, unvisited, untracked;
};
struct report_trend {
    struct report_period period;
    double values[REPORT_FIGURES];
};
struct report {
    struct report_period period;
    const char *city, *slug, *language;
    bool chinese;
    int64_t made_ms;
    const char *made; // local time in words
    const char *root; // last root's line over this store; "" when there is none
    bool running;     // the period is not over
    // The period is frozen and what could be taken from there was (docs/reports.md): which
    // version, made when; root is the one that covers it. 0: all was counted now.
    int64_t frozen_version, frozen_ms;
    char frozen_digest[HASH_HEX_SIZE];
    int64_t position; // of the change log: all up to here is counted
    struct report_measure measures[REPORT_FIGURES];
    double now[REPORT_FIGURES], before[REPORT_FIGURES], year[REPORT_FIGURES];
    size_t doubt_count; // those that the city's tables know; the gravest first
    struct report_doubt doubts[REPORT_DOUBTS_MOST];
    struct report_visits visits;
    const char *visits_note; // of them in words
    size_t group_count;
    struct report_table *groups;
    struct report_table classes; // commonest first
    struct report_table overdue; // departments with overdue stock, most first
    size_t trend_count;
    struct report_trend trend[REPORT_TREND_MOST];
    size_t spot_count;
    struct report_spot spots[REPORT_SPOTS];
    size_t hot_count;
    int64_t hot_total;  // there are
    int hot_windows;    // earlier stretches compared with; below 2 nothing can be said
    bool hot_uncounted; // too many cases to look at (spots.too_many)
    struct report_hot hot[REPORT_HOT];
    size_t league_count;
    struct report_league leagues[REPORT_LEAGUES];
    // Map: cases by unit grid (map_level -1) or by areas of a level, by rising id; shapes
    // as they are when it is drawn.
    int map_level;
    size_t cell_count;
    struct report_cell *cells;
    const struct paper_map *map;
    const char *map_of;
};

struct report_sources {
    struct db *cases, *city_db; // readers; city_db NULL: without a map
    struct facts *facts;
    struct media_store *media; // NULL: without photos
    const struct city_snapshot *city;
    const struct actor *actor; // what they may not see is not counted
    bool counted_now;          // frozen periods, too
    // While a period is frozen (freeze.h): its document so far speaks for it. Else NULL.
    const struct json *freezing;
};
// Everything in it lives in the arena but photos: report_done. May take seconds.
int report_make(const struct report_sources *sources, const struct report_period *period,
                const char *language, int64_t now_ms, struct arena *arena,
                struct report *ret_report, struct error *error) ERROR_MUST_CHECK;
void report_done(struct report *report);
// As JSON: the members of an object that is begun. report_write's JSON is this.
struct json_writer;
void report_put(struct json_writer *json, const struct report *report);

// ---- as a file ----
struct report_write {
    enum report_format format;
    const char *directory;      // for temporary files; NULL: the system's
    bool phone;                 // PDF: pages as wide as a phone
    const void *template_bytes; // DOCX
    size_t template_length;
};
// ERROR_INPUT "report.no_template", "docx.field" ...
int report_write(const struct report *report, const struct report_write *how,
                 struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// The office's own template in that language; else the plain one.
int report_template_of(const struct report_sources *sources, const char *language,
                       struct buffer *out, struct error *error) ERROR_MUST_CHECK;
// Whether a template can be filled: ERROR_INPUT "docx.field" (one that there is not),
// "docx.broken", "zip.broken".
int report_template_check(const void *bytes, size_t length,
                          struct error *error) ERROR_MUST_CHECK;
struct city_model;
struct city_report;
// Adds a finding for each template of a model that cannot be filled:
// "reports.template_field". For city_setup_also_check (account/city_setup.h).
void report_check_templates(const struct city_model *model, struct city_report *report);
// The first page in plain words: body of the mail.
void report_words(const struct report *report, struct buffer *out);
// "gridcase-boston-2026-10.pdf"
const char *report_file_name(const char *slug, const char *what, const char *period,
                             enum report_format format, struct arena *arena);
