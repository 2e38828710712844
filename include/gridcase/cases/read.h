// SPDX-License-Identifier: MPL-2.0
// Reading cases: summaries, lists, one case with everything, allowed actions, explanations.
//
// All results live in the caller's arena. Reporter fields come unmasked with reporter_id:
// masking is account's (account_mask_*), and the caller's duty before anything is shown.
#pragma once

#include <gridcase/account/actor.h>
#include <gridcase/account/right.h>
#include <gridcase/cases/case.h>
#include <gridcase/city/city.h>
#include <gridcase/rules/clock.h>

struct case_search;

struct case_clock {
    int64_t id;
    enum process_clock kind;
    int64_t task_id;    // 0: of the case
    struct clock state; // status, limit, started, due, yellow, provisional ...
    int extensions;     // granted
};
// "3 working days" in the language; "" without limit.
void case_limit_text(const struct case_clock *clock, const char *language,
                     struct buffer *out);

struct case_task {
    int64_t id;
    enum process_task kind;
    bool open;
    int64_t version;
    int64_t department_id; // holder: one of these three, the others 0 / -1
    int holder_role;       // enum process_role or -1
    int64_t person_id;
    int64_t opened_ms, closed_ms;
    int64_t due_ms;   // of its own clock
    int64_t timer_ms; // when the system will act; INSTANT_NONE
};

struct case_summary {
    int64_t id;
    const char *number;
    int64_t class_id, condition_id;
    enum process_stage stage;
    enum process_outcome outcome;
    const char *step; // code in the process of process_version
    int64_t process_version, catalogue_version;
    int64_t department_id;           // lead; 0: none yet
    int64_t grid_id;                 // 0: outside every grid or no point
    int64_t areas[CITY_LEVEL_LIMIT]; // by level position
    bool has_point;
    double lon_deg, lat_deg, accuracy_m;
    enum geo_datum datum; // of the source
    const char *queue;    // "where", "manual" or ""
    const char *place;    // address as given
    const char *description;
    const char *external_id; // the number of another system it came from; NULL
    int64_t opened_ms, closed_ms;
    enum process_source source;
    enum case_mark mark;
    int64_t reporter_id; // 0: none
    // Of the step's own open task; 0 / -1 when ended.
    int64_t task_id, task_version;
    enum process_task task;
    int holder_role;
    int64_t holder_person_id;
    int64_t holder_department_id; // of the step's task: a unit, a crew, a desk
    // The clock a person should look at: handling while it runs or is paused, else the
    // stage clock. kind NONE: no clock.
    struct case_clock clock;
    int64_t version; // seq of the last history row
};

enum clock_light case_light(const struct case_summary *summary, int64_t now_ms);

// ---- lists: one filter for list, map and count ----
enum case_sort {
    CASE_SORT_DUE,    // by due instant of the clock in the summary, cases without last
    CASE_SORT_NEWEST, // by opening, newest first
};
// Where to find the newest cases that fit class and area without looking at all others:
// ids below `before`, the largest first, at most `most`, or ERROR_BUSY "figures.building":
// then all are looked at. It may name cases that no longer fit.
struct case_newest {
    int (*find)(void *context, struct db *db, int64_t before, int64_t *ids, size_t most,
                size_t *ret_count, struct error *error);
    void *context;
};
struct case_filter {
    int open;                                // 1 open, 0 ended, -1 both
    int stage;                               // enum process_stage or -1
    const char *step;                        // NULL: any
    int64_t department_id;                   // 0: any; with those below it in the tree
    int64_t class_id, condition_id, grid_id; // 0: any
    int64_t area_id;                         // an area of any level
    const char *number;                      // exact; NULL
    const char *queue;                       // "where", "manual", "mine"; NULL
    int64_t reported_by;                     // person who reported them; 0: anybody
    int light;                               // enum clock_light or -1; open cases only
    int source;                              // -1
    bool has_box;
    double west_deg, south_deg, east_deg, north_deg;
    int64_t opened_from_ms, opened_to_ms; // INSTANT_NONE: any; [from, to)
    struct case_search *search;           // a question (cases/search.h); NULL: none
    enum case_sort sort;
    const char *cursor;               // of the page before; NULL: first page
    unsigned limit;                   // 1 .. 500
    const struct case_newest *newest; // of case_list alone; NULL: none
};
struct case_filter case_filter_all(void); // everything, newest first, 50
// The clock of `now_ms` only decides lights. ERROR_INPUT "case.filter", "case.cursor".
struct case_page {
    struct case_summary *items; // arena
    size_t count;
    const char *next_cursor; // NULL at the end
};
int case_list(struct db *db, const struct city_snapshot *city, const struct actor *actor,
              const struct case_filter *filter, int64_t now_ms, struct arena *arena,
              struct case_page *ret_page, struct error *error) ERROR_MUST_CHECK;
// A page of these cases, in this order, without those that the actor may not see; no
// cursor.
int case_list_ids(struct db *db, const struct city_snapshot *city,
                  const struct actor *actor, const int64_t *ids, size_t count,
                  struct arena *arena, struct case_page *ret_page,
                  struct error *error) ERROR_MUST_CHECK;
// Points of open cases (the R*Tree) or, with filter->open != 1, of all: at most
// filter->limit, which may be up to CASE_MAP_MOST; truncated says that there are more.
enum { CASE_MAP_MOST = 10000 };
struct case_map_point {
    int64_t id;
    const char *number;
    double lon_deg, lat_deg;
    enum process_stage stage;
    enum clock_light light;
    int64_t class_id, department_id;
};
struct case_map {
    struct case_map_point *items; // arena
    size_t count;
    bool truncated;
};
int case_map(struct db *db, const struct city_snapshot *city, const struct actor *actor,
             const struct case_filter *filter, int64_t now_ms, struct arena *arena,
             struct case_map *ret_map, struct error *error) ERROR_MUST_CHECK;
// Counts up to CASE_COUNT_MOST and stops there, or after 20,000 rows that were looked at.
enum { CASE_COUNT_MOST = 1000 };
int case_count(struct db *db, const struct city_snapshot *city, const struct actor *actor,
               const struct case_filter *filter, int64_t now_ms, int64_t *ret_count,
               struct error *error) ERROR_MUST_CHECK;

// ---- one case ----
struct case_history_row {
    int64_t seq;
    int64_t done_ms, received_ms;
    const char *action; // code
    enum process_kind kind;
    const char *from, *to; // step codes; from "" for the first row
    enum process_stage stage_to;
    int64_t task_id, task_version; // 0: of the case itself
    int64_t actor_id;              // 0: the system or a citizen
    bool system;
    int64_t on_behalf_of;
    int64_t department_id;        // lead after the move
    int64_t behalf_department_id; // without login: the actor acted for it; 0: none
    const char *opinion;          // free text or ""
    const char *inputs;           // JSON object of the other inputs
    const char *clock_effect;     // "handling paused 03:10:00 left"; for people
    enum case_mark mark;
    uint8_t digest[HASH_SIZE]; // of the chain
};
enum { CASE_SUCCESSORS_MOST = 20 };
struct case_media {
    uint8_t sha256[HASH_SIZE];
    bool received; // false: expected
    enum process_stage stage;
    enum case_shows shows; // never STAGE
    int64_t named_by;      // person; 0: the public or a machine
    int64_t seq;           // of the history row that named it
    int64_t added_ms;
};
struct case_reporter_row {
    int64_t id;
    const char *name, *phone, *email; // "" when absent or erased
    bool agreed;
};
struct case_allowed {
    const struct process_action *action; // borrowed from the process
    int64_t task_id, task_version;       // 0 for actions on the case itself
    int64_t behalf_department_id; // without login, for which the actor would act; 0: none
    int64_t inside_id; // the department named must stand in this one; 0: any may be named
};
// In whose hands a case was while its handling clock ran: a desk, or the lead below.
struct case_share {
    int64_t department_id;
    int command;        // level of command, 0: no desk
    int64_t elapsed_ms; // day and night
    int64_t counted_ms; // of the handling limit
};
struct case_detail {
    struct case_summary summary;
    const struct process *process; // of the case's version; borrowed from the snapshot
    struct case_task *tasks;
    size_t task_count;
    struct case_clock *clocks;
    size_t clock_count;
    struct case_history_row *history;
    size_t history_count;
    struct case_media *media;
    size_t media_count;
    struct case_reporter_row reporter; // id 0: none
    struct contact_row *contacts;      // contact.h; with those of its duplicates
    size_t contact_count;
    const struct case_merged *merged; // likewise
    struct case_component component;  // id 0: none; departments as they were when named
    const char *urgency;              // "" without
    const char *follows;              // the ended case that it goes on with; "" without
    const char *successors[CASE_SUCCESSORS_MOST]; // cases that go on with it
    size_t successor_count;
    struct case_allowed *allowed; // of the actor
    size_t allowed_count;
    struct case_share *shares; // of a case that went through desks
    size_t share_count;
    bool one_sided; // somebody checked what they or their company handled
};
// ERROR_NOT_FOUND "case.unknown" also when the actor may not see it.
int case_read(struct db *db, const struct city_snapshot *city, const struct actor *actor,
              const char *number, int64_t now_ms, struct arena *arena,
              struct case_detail *ret_detail, struct error *error) ERROR_MUST_CHECK;
int case_read_by_id(struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, int64_t case_id, int64_t now_ms,
                    struct arena *arena, struct case_detail *ret_detail,
                    struct error *error) ERROR_MUST_CHECK;
int case_has_ended(struct db *db, int64_t case_id, bool *ret_ended,
                   struct error *error) ERROR_MUST_CHECK;
int case_find(struct db *db, const char *number, int64_t *ret_case_id,
              struct error *error) ERROR_MUST_CHECK;
// History rows with seq > after: with task_id, only rows that touched that task after
// task_version `after` (what a stale actor is told).
int case_history(struct db *db, int64_t case_id, int64_t task_id, int64_t after,
                 struct arena *arena, struct case_history_row **ret_rows, size_t *ret_count,
                 struct error *error) ERROR_MUST_CHECK;
// ---- before a move is made ----
// How a case stands: what a correction may change. Ids 0: none.
struct case_prospect {
    const struct process_step *step; // the snapshot's
    int64_t class_id, condition_id;
    int64_t grid_id;
    int64_t areas[CITY_LEVEL_LIMIT];
    int64_t department_id; // lead
    int64_t route_id;      // the department that routing finds; 0: by hand
    struct limit limit;    // of the handling clock: the one that runs, or would
    int64_t due_ms;        // INSTANT_NONE: it does not run
};
struct case_preview {
    struct case_prospect before, after;
};
// What the move would do to these, without making it. Fails as case_apply would. Writes
// nothing: a read handle will do.
int case_preview(struct db *db, const struct city_snapshot *city,
                 const struct case_move *move, struct case_preview *ret_preview,
                 struct error *error) ERROR_MUST_CHECK;

// Actions that start a case for this actor (usually one).
size_t case_start_actions(const struct city_snapshot *city, const struct actor *actor,
                          const struct process_action *ret_actions[], size_t most);

// ---- explaining a deadline ----
// Each clock of the case with the events that moved it and the intervals that make its
// deadline (clock_explain). rule: the limit in words, and where it comes from.
struct case_explained {
    struct case_clock clock;
    struct clock_explanation explanation;
    const char *rule;          // "2 working hours (08:00-12:00, 14:00-18:00)"
    int64_t catalogue_version; // and the line of its limits table, 0: none
    int64_t limit_line;
    struct clock_interval *intervals; // names copied into the arena
    size_t interval_count;
    struct clock_event *events;
    size_t event_count;
};
int case_explain(struct db *db, const struct city_snapshot *city, int64_t case_id,
                 const char *language, struct arena *arena,
                 struct case_explained **ret_clocks, size_t *ret_count,
                 struct error *error) ERROR_MUST_CHECK;

// ---- who may see ----
// True when the actor may see the case now (RIGHT_CASE_READ and the case's scope): the one
// place that says so; lists and streams agree with it.
int case_visible(struct db *db, const struct city_snapshot *city, const struct actor *actor,
                 int64_t case_id, bool *ret_visible, struct error *error) ERROR_MUST_CHECK;

// The same for a photo: some case that shows it may be seen.
int case_media_visible(struct db *db, const struct city_snapshot *city,
                       const struct actor *actor, const uint8_t sha256[HASH_SIZE],
                       bool *ret_visible, struct error *error) ERROR_MUST_CHECK;

// ---- the change stream ----
enum case_sight { CASE_HIDDEN, CASE_SEEN, CASE_GONE };
struct case_change {
    int64_t position; // strictly rising in commit order
    int64_t case_id;
    const char *number;
    int64_t version; // seq of the history row
    enum process_kind kind;
    enum process_stage stage;
    int64_t at_ms;
    enum case_sight sight; // GONE: was seen before this change, is not any more
};
// Changes after `after`, in order, hidden ones left out; *ret_last is the position up to
// which was looked (continue from there). Decided by what the actor may see now.
int case_changes(struct db *db, const struct city_snapshot *city, const struct actor *actor,
                 int64_t after, unsigned most, struct arena *arena,
                 struct case_change **ret_changes, size_t *ret_count, int64_t *ret_last,
                 struct error *error) ERROR_MUST_CHECK;
// Last position and the random epoch of this store (another after a restore from backup);
// first: the oldest position still kept (a client before it needs a reset).
struct case_stream {
    int64_t epoch, first, last;
    bool waiting; // changes were committed that have no position yet
};
int case_stream(struct db *db, struct case_stream *ret_stream,
                struct error *error) ERROR_MUST_CHECK;

// ---- figures ----
struct case_figure {
    int64_t id; // department id, area id, or enum process_stage
    int64_t open, overdue, opened_today, closed_today;
};
struct case_figures {
    int64_t open, overdue, opened_today, closed_today;
    int64_t where, manual; // waiting in the queues
    struct case_figure by_stage[PROCESS_STAGE_COUNT];
    struct case_figure *by_department;
    size_t department_count;
    struct case_figure *by_area; // of level position `level`
    size_t area_count;
};
// From rollups and open work only, never from history. `level`: position of an area level.
int case_figures(struct db *db, const struct city_snapshot *city, size_t level,
                 int64_t now_ms, struct arena *arena, struct case_figures *ret_figures,
                 struct error *error) ERROR_MUST_CHECK;
