// SPDX-License-Identifier: MPL-2.0
// A case in memory, as the files of the cases room hand it to each other.
#pragma once

#include <gridcase/cases/case.h>
#include <gridcase/cases/read.h>
#include <gridcase/city/city.h>
#include <gridcase/db/db.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/clock.h>
#include <gridcase/rules/process_vocabulary.h>
#include <gridcase/rules/routing.h>

#include "fact.h"

enum {
    CASE_TASK_SHIFT = 10, // task_id = case_id << 10 | number within the case
    CASE_TASKS_PER_CASE = 1023,
    CASE_TASKS_OPEN = 16, // open at once
    CASE_CLOCKS_LIVE = 24,
    CASE_FUTURE_MS = 5 * 60 * 1000,       // a device may be ahead of us by this
    CASE_PAST_MS = 14 * 24 * 3600 * 1000, // and without network for so long
};
#define CASE_DUE_NEVER INT64_C(8640000000000000) // due_sort of cases without a deadline

enum case_queue { CASE_QUEUE_NONE, CASE_QUEUE_WHERE, CASE_QUEUE_MANUAL };

// What lies where: the part of a case that a correction may change.
struct case_place {
    int64_t class_id, condition_id;
    int64_t grid_id;
    int64_t areas[CITY_LEVEL_LIMIT];
    bool has_point;
    struct case_point point;
    const char *address;
    const char *component; // code, "" without
    int64_t component_id;
    int64_t links[ROUTING_LINKS]; // its departments
};

// The columns of case_file.
struct case_row {
    int64_t case_id;
    char number[CASE_NUMBER_SIZE];
    int64_t version;
    uint8_t digest[HASH_SIZE];
    const char *step;
    int stage, outcome;
    int64_t step_ms;
    int queue, mark, source;
    int64_t process_version, catalogue_version, routing_version;
    struct case_place place;
    int64_t department_id;
    const char *description, *external_id;
    const char *urgency; // "" without
    int64_t reporter_id, reported_by;
    int64_t opened_ms, closed_ms;
    int64_t kinds_done;
    int64_t task_count, task_no, task_version;
    int task_kind, holder_role;
    int64_t holder_person, holder_department;
    int clock_kind;
    struct clock clock; // only what lists need: status, limit, started, due, yellow
};

struct case_task_row {
    int64_t no; // within the case
    int kind;
    int64_t parent_no;
    int64_t version;
    int64_t department_id;
    int role;
    int64_t person_id;
    int64_t opened_ms, acted_ms, closed_ms, timer_ms;
    bool undone;
    bool aside;          // opened beside the step's own by an effect
    bool added, changed; // to be written
};

struct case_clock_row {
    int kind;
    int64_t task_no;
    struct clock clock;
    int64_t department_id;
    int extensions;
    int64_t limit_line;
    int64_t held;    // time order that holds it, 0: none
    int held_scope;  // enum case_order_scope
    int64_t held_ms; // since when
    bool goes_on;    // it runs again when the order ends
    bool changed;
};

// Inputs of a move, checked against the action.
struct case_inputs {
    const char *opinion; // "" without
    const char *json;    // the others, NULL without
    int64_t department_id;
    int64_t assistants[ROUTING_ASSISTANTS];
    size_t assistant_count;
    int64_t class_id, condition_id;
    bool has_point;
    struct case_point point;
    const char *address;
    uint8_t media[CASE_MEDIA_MOST][HASH_SIZE];
    uint8_t media_shows[CASE_MEDIA_MOST]; // enum case_shows
    size_t media_count;
    int choice;                          // number of the last choice made, from 1
    int64_t instants[CASE_INPUTS_MOST];  // by input's position in the action
    const char *words[CASE_INPUTS_MOST]; // choices and texts likewise, NULL without
};

// ---- what happened, on its way to the history ----
struct history_entry { // what the chain covers, besides the texts
    const char *number;
    int64_t seq;
    const char *action;
    int kind, mark;
    const char *step_from, *step_to;
    int64_t task_no, task_version;
    int64_t actor_id, on_behalf_of, department_id;
    int64_t company_id, behalf_department_id;
    bool system;
    int64_t done_ms, received_ms;
    const char *clock_effect;
    uint8_t opinion_digest[HASH_SIZE], inputs_digest[HASH_SIZE];
};
struct history_row {
    struct history_entry entry; // number and digests of texts: from history_seal on
    int stage_to;
    const char *opinion, *inputs; // NULL: none
    const uint8_t *key, *body_digest;
    uint8_t salt[16];
    uint8_t digest[HASH_SIZE]; // from history_seal on
};

// What a case's database would answer, of a life that is made in memory before any of it
// is stored (bulk_life.c).
struct case_past {
    const struct history_row *rows;
    size_t count;
};

// Everything about one move while it is made. Lives for one call.
struct case_work {
    struct db *db;                // NULL while past is set
    const struct case_past *past; // NULL: the case is in the database
    const struct city_snapshot *city;
    const struct case_move *move;
    struct arena *arena;
    const struct process *process;
    const struct catalogue *catalogue;
    const struct calendar *calendar;
    struct case_row row;
    struct case_place place_before;
    int64_t department_before;
    bool is_new;
    struct case_task_row tasks[CASE_TASKS_OPEN];
    size_t task_count;
    struct case_clock_row clocks[CASE_CLOCKS_LIVE];
    size_t clock_count;
    struct fact fact, fact_before;
    const struct process_action *action;
    struct case_inputs inputs;
    int64_t task_no;      // acted on, 0: the case itself
    int64_t effective_ms; // when the move counts as done
    int64_t until_ms;     // timer of the step that is entered; INSTANT_NONE: the step's
    struct buffer clock_effect;
    uint8_t salt[16];   // of this row's digests
    int64_t position;   // of the change
    int64_t merge_into; // the effect merge(): the open case that takes this one in; 0: none
    int64_t behalf_department_id; // spoken for: it has no login; 0: none
    int64_t company_id;           // in whose name the move is made; 0: none
    bool known_company;           // a recount: company_id is what the history says
    int64_t side_company;         // found by case_side_taken
    // Routing's answer, asked for once.
    bool routed;
    struct routing_answer route;
};

// ---- apply.c ----
// Takes a case that is there: row, tasks, clocks, fact, rules.
int case_begin_known(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
int case_take_rules(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// Makes one move in memory, all but its number (of a new case) and its place in the chain:
// the rules, as case_apply and case_bulk share them. The case is in work (is_new: nothing
// is). ret_before: the row before. Writes nothing, and reads the database only where
// work->past is NULL.
int case_make(struct case_work *work, struct case_row *ret_before,
              struct history_row *ret_history, struct error *error) ERROR_MUST_CHECK;
// Concludes a move that was made by other means, and writes everything.
int case_store(struct case_work *work, const struct case_row *before,
               struct error *error) ERROR_MUST_CHECK;
int case_number(const struct city_snapshot *city, int64_t opened_ms, int64_t serial,
                char out[CASE_NUMBER_SIZE], struct error *error) ERROR_MUST_CHECK;
// contact.c; NULL: nobody known
int case_reporter_add(struct db *db, const struct case_reporter *reporter, int64_t *ret_id,
                      struct error *error) ERROR_MUST_CHECK;
int case_point_add(struct db *db, const struct case_row *row,
                   struct error *error) ERROR_MUST_CHECK;
bool case_place_moved(const struct case_work *work); // to other areas
int case_change_before_add(struct db *db, int64_t position,
                           const int64_t areas[CITY_LEVEL_LIMIT],
                           struct error *error) ERROR_MUST_CHECK;

// ---- media.c ----
// Rows of the files that the move names: received when the actor has them, else expected.
int case_media_store(struct case_work *work, int stage,
                     struct error *error) ERROR_MUST_CHECK;

// ---- calendar_change.c: actions that stand in no process table ----
const struct process_action *case_builtin_action(const char *code); // NULL: no such one

// ---- row.c: columns of case_file ----
void case_row_init(struct case_row *row);
// Columns in the order of the query case_load. Texts are copied into the arena; without one
// they are borrowed until the statement's next step, case_row_keep copies them.
void case_row_read(struct db_statement *statement, struct arena *arena,
                   struct case_row *row);
void case_row_keep(struct case_row *row, struct arena *arena);
int case_row_load(struct db *db, int64_t case_id, struct arena *arena, struct case_row *row,
                  struct error *error) ERROR_MUST_CHECK;
int case_row_add(struct db *db, const struct case_row *row,
                 struct error *error) ERROR_MUST_CHECK; // under row->case_id
int case_row_update(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
int64_t case_due_sort(const struct case_row *row);

// ---- apply.c, for who only looks ----
struct case_work *case_work_new(struct db *db, const struct city_snapshot *city,
                                const struct case_move *move);
struct case_work *case_work_free(struct case_work *work);

// ---- place.c: what lies under a point, and where a case is routed ----
int case_place_locate(const struct city_snapshot *city, struct case_place *place,
                      struct error *error) ERROR_MUST_CHECK;
// Class known, condition of that class; fills in the only condition of a class.
int case_place_classify(const struct catalogue *catalogue, struct case_place *place,
                        struct error *error) ERROR_MUST_CHECK;
int case_route(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// Limit of a clock's kind for this case; *ret_line: of the catalogue's table.
void case_limit(const struct case_work *work, int clock_kind, struct limit *ret_limit,
                int64_t *ret_line);
int case_point_parse(const char *text, struct case_point *ret_point,
                     struct error *error) ERROR_MUST_CHECK;

// ---- input.c ----
int case_inputs_check(struct case_work *work, const struct process_action *action,
                      struct case_inputs *ret_inputs, struct error *error) ERROR_MUST_CHECK;
// The inputs of a move that no form has: two numbers, their names in order of the alphabet.
int case_keep_pair(struct case_work *work, const char *const names[2],
                   const int64_t values[2], struct error *error) ERROR_MUST_CHECK;
int case_report_inputs(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// Adds to the inputs what a correction replaced.
int case_inputs_keep_before(struct case_work *work, struct error *error) ERROR_MUST_CHECK;

// ---- choose.c: which row of the process a move is, and may be ----
int case_choose(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// 0 when role and holder allow the action on that task (NULL: on the case itself).
int case_may_act(const struct case_work *work, const struct process_action *action,
                 const struct case_task_row *task, struct error *error) ERROR_MUST_CHECK;
// ---- guard.c ----
int case_guards_pass(struct case_work *work, const struct process_action *action,
                     const struct case_inputs *inputs,
                     struct error *error) ERROR_MUST_CHECK;

// ---- effect.c ----
// Another lead: what was asked of the one before is over.
void case_lead_set(struct case_work *work, int64_t department_id);
int case_effects_run(struct case_work *work, struct error *error) ERROR_MUST_CHECK;

// ---- task.c ----
int case_tasks_load(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// Columns in the order of the query case_tasks_open.
void case_task_read(struct db_statement *statement, struct case_task_row *task);
struct case_task_row *case_task_find(struct case_work *work, int64_t no);
struct case_task_row *case_task_of_kind(struct case_work *work, int kind);
struct case_task_row *case_task_new(struct case_work *work, int kind, struct error *error);
void case_task_end(struct case_work *work, struct case_task_row *task, bool undone);
int case_tasks_store(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
// A row as it is in the end, closed or not.
int case_task_add(struct db *db, int64_t case_id, const struct case_task_row *task,
                  struct error *error) ERROR_MUST_CHECK;
// The step's own task, its stage clock and its timer: closed and opened.
// When a timer that is set now rings: natural or working time.
int64_t case_timer_at(const struct case_work *work, int64_t after_ms, bool working);
int case_step_leave(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
int case_step_enter(struct case_work *work, struct error *error) ERROR_MUST_CHECK;

// ---- roster.c: tasks of whoever is on duty ----
// Gives the task of the step that is entered to a person on duty for the case's point.
int case_roster_hold(struct case_work *work, struct case_task_row *task,
                     struct error *error) ERROR_MUST_CHECK;
// The same for a task that is open already, of that step.
int case_roster_again(struct case_work *work, int step, struct case_task_row *task,
                      struct error *error) ERROR_MUST_CHECK;
// May the actor do what another person on duty was sent to do?
bool case_roster_stands_in(const struct case_work *work, const struct case_task_row *task);
// The case's duty grid; 0: none.
int64_t case_duty_grid(const struct city_snapshot *city, const struct case_place *place);
// The public reported it while that person was on duty there.
// Was it missed? With the filing of a report from outside (missed.c).
int case_missed_judge(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
bool case_missed_by(const struct case_work *work, int64_t person_id);

// ---- case_clock.c ----
int case_clocks_load(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
struct case_clock_row *case_clock_find(struct case_work *work, int kind, int64_t task_no);
struct case_clock_row *case_clock_add(struct case_work *work, int kind, int64_t task_no,
                                      struct error *error); // NULL: too many
int case_clock_move(struct case_work *work, int kind, int64_t task_no,
                    enum clock_effect effect, const struct limit *limit,
                    struct error *error) ERROR_MUST_CHECK;
// The same at an instant of its own, or by a time order: what the history notes.
struct case_turn {
    int kind;
    int64_t task_no;
    enum clock_effect effect;
    const struct limit *limit; // NULL: the effect has none
    int64_t at_ms;
    int64_t order; // time order, 0: none
};
int case_clock_turn(struct case_work *work, const struct case_turn *turn,
                    struct error *error) ERROR_MUST_CHECK;
// When this move counts for a clock of that kind: done or received, as the catalogue says.
int64_t case_clock_instant(const struct case_work *work, int kind,
                           enum clock_effect effect);
// Whether this move arrived longer after it was done than the clock's row of the table
// clocks allows. Moves of the system and of records are never late.
bool case_is_late(const struct case_work *work, int kind);

// ---- device_time.c: what a phone's clock is worth ----
// When the move was done by the server's clock: not yet compared with the case's own times.
int64_t case_time_done(const struct case_move *move);
int case_time_store(struct case_work *work, struct error *error) ERROR_MUST_CHECK;

// ---- clock_parts.c: a handling limit that is a chain ----
bool case_is_part(int kind);
// Each of these does nothing where the limit is no chain.
int case_parts_begin(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
int case_parts_follow(struct case_work *work, enum clock_effect effect,
                      struct error *error) ERROR_MUST_CHECK;
struct case_clock_row *case_part_now(struct case_work *work); // NULL: none
int case_part_next(struct case_work *work);                   // kind of clock, 0: none
int case_part_start_next(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
bool case_has_parts(const struct case_work *work);
bool case_parts_in_time(const struct case_work *work, int64_t at_ms);
// The last stop of the clock counts from its receipt.
int case_clock_contest(struct case_work *work, int kind,
                       struct error *error) ERROR_MUST_CHECK;
// What the guards late and part_left say.
int case_time_holds(struct case_work *work, const struct process_term *guard,
                    bool *ret_holds, struct error *error) ERROR_MUST_CHECK;
// After the handling limit was taken anew: the parts likewise. now: kind of the part that
// ran before, 0 none.
int case_parts_relimit(struct case_work *work, int now,
                       struct error *error) ERROR_MUST_CHECK;

// ---- clock_hold.c: what a time order does to the clocks of one case ----
// A clock that was started or resumed in a case that an order holds stands still again.
int case_hold_again(struct case_work *work, struct case_clock_row *row, int64_t at_ms,
                    struct error *error) ERROR_MUST_CHECK;
// A move pauses or resumes a clock that an order holds: it says what happens afterwards.
bool case_hold_notes(struct case_work *work, struct case_clock_row *row,
                     enum clock_effect effect);
int case_clocks_store(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
int case_clock_put(struct db *db, int64_t case_id, const struct case_clock_row *row,
                   struct error *error) ERROR_MUST_CHECK;
void case_clock_summarise(struct case_work *work);
void case_clock_read(struct db_statement *statement, struct case_clock_row *row);

// ---- explain.c: a clock effect as the history keeps it ----
struct case_noted {
    int kind;
    int64_t task_no;
    enum clock_effect effect;
    bool has_limit;
    struct limit limit;
    int64_t due_ms; // given by a source; INSTANT_NONE
    int64_t at_ms;  // not when the move was done; INSTANT_NONE
    int64_t order;  // time order, 0: none
    int64_t calendar_version;
};
bool case_noted_effect(struct arena *arena, const char *text, size_t length,
                       struct case_noted *ret_noted);

// ---- level.c: desks of lower levels of command ----
// The desk that has the case in its hands; the lowest that it came through. 0: none.
int64_t case_desk_now(struct case_work *work);
int64_t case_desk_lowest(struct case_work *work);
// The case came to the desk that has it through another one.
bool case_desk_above(struct case_work *work);
// The department stands inside the desk that has the case, else inside its lead.
bool case_desk_inside(struct case_work *work, int64_t department_id);
// The effects desk_... and hand_on; ERROR_CONFLICT "case.no_desk".
int case_level_effect(struct case_work *work, int word,
                      struct error *error) ERROR_MUST_CHECK;
// The inner clocks stand while the handling clock stands, and go on with it.
int case_inner_follow(struct case_work *work, enum clock_effect effect,
                      struct error *error) ERROR_MUST_CHECK;
// What the move's effects say about the desk above the lead. The row is as after the move.
void case_level_fact(struct case_work *work);
// Cases on desks that are none any more go on by their process; as case_upkeep_run.
int case_levels_upkeep(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                       unsigned most, unsigned *ret_done,
                       struct error *error) ERROR_MUST_CHECK;

// ---- level_share.c ----
// Fills in detail->shares out of history and tasks, which are there.
int case_shares(struct case_work *work, int64_t now_ms, struct case_detail *detail,
                struct error *error) ERROR_MUST_CHECK;

// ---- side.c: separation of duties ----
// Whether the actor, or the actor's company, dispatched or handled the case.
int case_side_taken(struct case_work *work, bool *ret_taken,
                    struct error *error) ERROR_MUST_CHECK;
// The company in whose name the move is made, and the mark of a one-sided case.
int case_side_note(struct case_work *work, struct error *error) ERROR_MUST_CHECK;

// ---- hold.c: who holds a task ----
// A grant of a desk reaches only what that desk or somebody below it holds.
bool case_grant_reaches(const struct city_snapshot *city, const struct role_grant *grant,
                        int64_t department_id);
// The actor is the person, or acts for the department or one above it (0, 0: anybody).
bool case_actor_holds(const struct city_snapshot *city, const struct actor *actor,
                      int64_t person_id, int64_t department_id);
// The department without login for which the actor may take the action; 0: none.
int64_t case_behalf_of(const struct case_work *work, const struct process_action *action,
                       const struct case_task_row *task);
// Whoever speaks for such a department names the person there; nobody else does.
int case_behalf_check(struct case_work *work, struct error *error) ERROR_MUST_CHECK;

// ---- history.c ----
// SHA-256 of salt and text; 32 zero bytes for NULL.
void history_text_digest(const uint8_t salt[16], const char *text, uint8_t out[HASH_SIZE]);
void history_digest(const struct history_entry *entry, const uint8_t before[HASH_SIZE],
                    uint8_t out[HASH_SIZE]);
// The text under the digest: what a receipt shows.
void history_canonical(const struct history_entry *entry, const uint8_t before[HASH_SIZE],
                       struct buffer *out);
// A row of the query history_list; texts are borrowed until its next step.
void history_entry_read(struct db_statement *s, const char *number,
                        struct history_entry *ret_entry);
// The chain's next digest of a row with its texts, as history_seal computes it; those of
// texts that were erased are in the entry. The hash and the buffer are working memory.
void history_row_digest(struct hash *hash, struct buffer *text, struct history_row *row,
                        const uint8_t before[HASH_SIZE], uint8_t out[HASH_SIZE]);
// The row of a move that has been made; row.version goes up. Texts are borrowed from work.
int history_make(struct case_work *work, const char *step_from, struct history_row *out,
                 struct error *error) ERROR_MUST_CHECK;
// Chains it: digest is that of the row before, then this one's. number is borrowed.
void history_seal(struct history_row *row, const char *number, uint8_t digest[HASH_SIZE]);
int history_write(struct db *db, int64_t case_id, const struct history_row *row,
                  struct error *error) ERROR_MUST_CHECK;

// ---- fact.c ----
int fact_load(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
void fact_move(struct case_work *work, int stage_from);
void fact_clock_stopped(struct case_work *work, int kind, bool in_time);
int fact_store(struct case_work *work, struct error *error) ERROR_MUST_CHECK;
int fact_put(struct db *db, int64_t case_id, const struct fact *fact,
             struct error *error) ERROR_MUST_CHECK;
// What a new fact row adds to the rollups.
int fact_add_rollups(struct db *db, const struct calendar *calendar,
                     const struct fact *fact, struct error *error) ERROR_MUST_CHECK;

// ---- visibility.c ----
// The one place that says who may see a case. db is asked for tasks only when needed.
int case_row_visible(struct db *db, const struct city_snapshot *city,
                     const struct account_sight *sight, const struct case_row *row,
                     bool *ret_visible, struct error *error) ERROR_MUST_CHECK;
// The same for a case whose tasks are known: who holds or held them.
struct case_holder {
    int64_t department_id, person_id; // 0: none
};
bool case_held_visible(const struct city_snapshot *city, const struct account_sight *sight,
                       const struct case_row *row, const struct case_holder *holders,
                       size_t count);

// ---- list_ids.c ----
// The numbers of case_walk_ids and case_holders_ids; what is not there: 0.
enum { CASE_IDS_MOST = 64, CASE_IDS_FIRST = 12 };
void case_bind_ids(struct db_statement *statement, const int64_t *ids, size_t count);

// ---- figures.c ----
// Rows of figures by id, found by it.
struct case_figure_rows {
    struct case_figure *items; // of the arena
    size_t count;
    uint32_t *slots; // of the arena: row + 1
};
// NULL: there are too many.
struct case_figure *case_figure_at(struct case_figure_rows *rows, int64_t id,
                                   struct arena *arena);
// What today brought, into figures whose open work is counted already, by these rows.
struct case_figures_today {
    struct case_figure_rows *departments, *areas;
    struct case_figures *figures;
    size_t level;
    int64_t now_ms;
};
int case_figures_add_today(struct db *db, const struct city_snapshot *city,
                           const struct case_figures_today *today, struct arena *arena,
                           struct error *error) ERROR_MUST_CHECK;

// ---- list.c ----
// Whether a row fits a filter, its search left out. Of a row's texts only step and number
// are looked at.
bool case_filter_fits(const struct city_snapshot *city, const struct actor *actor,
                      const struct case_filter *filter, int64_t now_ms,
                      const struct case_row *row);

// ---- summary.c ----
const char *case_queue_to_str(int queue);
void case_summarise(const struct case_row *row, struct arena *arena,
                    struct case_summary *ret_summary);
enum clock_light case_row_light(const struct case_row *row, int64_t now_ms);

// ---- detail.c ----
// Fills work as far as reading needs it: row, rules, open tasks, clocks, fact.
int case_work_load(struct case_work *work, int64_t case_id,
                   struct error *error) ERROR_MUST_CHECK;
