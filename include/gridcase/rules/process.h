// SPDX-License-Identifier: MPL-2.0
// The process of a city as a table: steps, actions between them, guards and effects.
//
// A *step* is a state of the city's own process; it maps to one fixed *stage*. An *action*
// is a row (or several, tried in the order of the table) that leads from steps to a step;
// it has one fixed *kind*. Programs, lists and pages know only stages, kinds, task kinds,
// roles and outcomes, which are the enums below; steps and actions are a city's own words
// and are only ever looked up in the process. Guards and effects come from a fixed
// vocabulary with parameters, printed by process_words() and described in
// gridcase-process(5). The numbers of the enums are stored: they never change meaning.
//
// A process is immutable after process_new and may be read by any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/label.h>
#include <gridcase/rules/report.h>

// ---- the fixed words ----
enum process_stage {
    PROCESS_REPORT = 0,
    PROCESS_ACCEPT = 1,
    PROCESS_FILE = 2,
    PROCESS_DISPATCH = 3,
    PROCESS_HANDLE = 4,
    PROCESS_CHECK = 5,
    PROCESS_CLOSE = 6,
    PROCESS_ENDED = 7,
    PROCESS_STAGE_COUNT,
};

// How a case ended; only steps of stage ended have one other than none.
enum process_outcome {
    PROCESS_OUTCOME_NONE = 0,
    PROCESS_CLOSED = 1,       // done
    PROCESS_DECLINED = 2,     // not filed
    PROCESS_NOT_ACCEPTED = 3, // not taken in
    PROCESS_VOIDED = 4,
    PROCESS_FORCED = 5,       // closed by order
    PROCESS_MERGED = 6,       // duplicate of another case
    PROCESS_NO_ANSWER = 7,    // closed because the reporter did not answer
    PROCESS_SELF_DONE = 8,    // handled by the collector at once
    PROCESS_SIMPLE_DONE = 11, // a simple case, reported and done in one step
    PROCESS_OUTCOME_COUNT,
};

enum process_role { // also the bit numbers of role masks
    PROCESS_COLLECTOR = 0,
    PROCESS_ACCEPTOR = 1,
    PROCESS_SHIFT_LEADER = 2,
    PROCESS_DISPATCHER = 3,
    PROCESS_DEPARTMENT = 4,
    PROCESS_INSPECTOR = 5,
    PROCESS_MANAGER = 6,
    PROCESS_ADMINISTRATOR = 7,
    PROCESS_COMPANY = 8, // a collection company: looks on, does nothing to a case
    PROCESS_ROLE_COUNT,  // below are the roles people can hold
    PROCESS_SYSTEM = 14, // timers, imports
    PROCESS_PUBLIC = 15, // a citizen without an account: may only report
};

enum process_task {
    PROCESS_TASK_NONE = 0,
    PROCESS_TASK_ACCEPT = 1,
    PROCESS_TASK_VERIFY = 2,
    PROCESS_TASK_FILE = 3,
    PROCESS_TASK_DISPATCH = 4,
    PROCESS_TASK_HANDLE = 5, // as lead
    PROCESS_TASK_ASSIST = 6,
    PROCESS_TASK_DESK = 7,   // desk of a lower level of command
    PROCESS_TASK_REVIEW = 8, // of a department's feedback
    PROCESS_TASK_CHECK = 9,
    PROCESS_TASK_CLOSE = 10,
    PROCESS_TASK_CALLBACK = 11,
    PROCESS_TASK_ANSWER = 12, // waiting for the reporter
    PROCESS_TASK_APPROVE_RETURN = 13,
    PROCESS_TASK_APPROVE_EXTENSION = 14,
    PROCESS_TASK_APPROVE_SUSPENSION = 15,
    PROCESS_TASK_APPROVE_VOID = 16,
    PROCESS_TASK_SUSPENDED = 17,
    PROCESS_TASK_APPEAL = 18,
    PROCESS_TASK_SORT = 19,          // by hand: no route or no point
    PROCESS_TASK_SUPERVISE = 20,     // answer to those who supervise
    PROCESS_TASK_URGE = 21,          // answer to an urging
    PROCESS_TASK_ESCALATED = 22,     // nobody answered: first rung of the ladder
    PROCESS_TASK_ESCALATED_TOP = 23, // its last rung
    PROCESS_TASK_APPEAL_FINAL = 24,  // second level of an appeal
    PROCESS_TASK_COMPLETE = 25,    // an emergency that was sent before it was written down
    PROCESS_TASK_SELF_REVIEW = 26, // of what a collector handled
    PROCESS_TASK_NOTICE = 27,      // somebody is told, and says so
    PROCESS_TASK_ENDORSE_EXTENSION = 28, // a desk's yes before the centre decides
    PROCESS_TASK_ENDORSE_SUSPENSION = 29,
    PROCESS_TASK_COUNT,
};

enum process_kind {
    PROCESS_REPORTED = 0,
    PROCESS_ACCEPTED = 1,
    PROCESS_REJECTED = 2, // not accepted
    PROCESS_VERIFY_SENT = 3,
    PROCESS_VERIFIED = 4,
    PROCESS_FILED = 5,
    PROCESS_FILE_DECLINED = 6,
    PROCESS_SENT = 7, // dispatched to a department
    PROCESS_SIGNED = 8,
    PROCESS_FED_BACK = 9,
    PROCESS_REVIEWED = 10, // feedback accepted
    PROCESS_CHECK_SENT = 11,
    PROCESS_CHECKED = 12,
    PROCESS_CASE_CLOSED = 13,
    PROCESS_RETURNED = 14,
    PROCESS_RETURN_REFUSED = 15,
    PROCESS_REWORKED = 16,
    PROCESS_RESENT = 17, // to another department
    PROCESS_VOID_ASKED = 18,
    PROCESS_CASE_VOIDED = 19,
    PROCESS_REQUEST_REFUSED = 20,
    PROCESS_REOPENED = 21,
    PROCESS_COMMENTED = 22,
    PROCESS_URGED = 23,
    PROCESS_REPORTER_ASKED = 24,
    PROCESS_REPORTER_ANSWERED = 25,
    PROCESS_CORRECTED = 26, // class, condition, point, description
    PROCESS_EXTENSION_ASKED = 27,
    PROCESS_EXTENDED = 28,
    PROCESS_SUSPENSION_ASKED = 29,
    PROCESS_SUSPENDED = 30,
    PROCESS_RESUMED = 31,
    PROCESS_CASE_MERGED = 32,
    PROCESS_MEDIA_ADDED = 33,
    PROCESS_CALLED_BACK = 34,
    PROCESS_FORCED_CLOSED = 35,
    PROCESS_APPEALED = 36,
    PROCESS_CALENDAR_CHANGED = 37, // clock moves by a new calendar
    PROCESS_SORTED = 38,           // by hand, out of a queue
    PROCESS_SELF_HANDLED = 39,
    PROCESS_ASSISTED = 40,
    PROCESS_PASSED_ON = 41,            // inside a department or down the levels
    PROCESS_SUPERVISED = 42,           // an answer is asked for
    PROCESS_SUPERVISION_ANSWERED = 43, // or an urging's
    PROCESS_COMPLETED = 44,            // an emergency, written down afterwards
    PROCESS_ESCALATED = 45,            // by a timer: nobody answered
    PROCESS_APPEAL_PASSED = 46,        // first level agreed
    PROCESS_EXEMPTED = 47,             // appeal granted: the raw verdict stays beside
    PROCESS_PROCESS_CHANGED = 48,      // the case goes on in a newer process
    PROCESS_ACKNOWLEDGED = 49,         // of a notice
    PROCESS_ENDORSED = 50,             // a desk passes its unit's feedback up
    PROCESS_REQUEST_ENDORSED = 51,     // or its unit's request
    PROCESS_LEVEL_REMOVED = 52,        // the desk that had the case is no more
    PROCESS_CONTESTED = 54,            // the time of a feedback that was received late
    PROCESS_PART_DONE = 55,            // a part of a chain of limits: made safe, repaired
    PROCESS_ORDERED = 56,              // a time order moved its clocks
    PROCESS_CONTACTED = 58,            // somebody called, came or wrote about the case
    PROCESS_ANSWERED = 59,             // such a person was told what became of it
    PROCESS_TOOK_IN = 60,              // another case was merged into this one
    PROCESS_TASK_HANDED = 62,          // to another person of the same role
    PROCESS_KIND_COUNT,                // at most 63: bits of kinds_done
};

enum process_clock { // kinds of clock
    PROCESS_CLOCK_NONE = 0,
    PROCESS_CLOCK_HANDLING = 1, // limit of the filing condition
    PROCESS_CLOCK_ACCEPT = 2,   // stage limits ...
    PROCESS_CLOCK_VERIFY = 3,
    PROCESS_CLOCK_FILE = 4,
    PROCESS_CLOCK_DISPATCH = 5,
    PROCESS_CLOCK_SIGN = 6,
    PROCESS_CLOCK_REVIEW = 7,
    PROCESS_CLOCK_CHECK = 8,
    PROCESS_CLOCK_CLOSE = 9,
    PROCESS_CLOCK_CALLBACK = 10,
    PROCESS_CLOCK_ANSWER = 11,
    PROCESS_CLOCK_HOTLINE = 12,  // somebody else's
    PROCESS_CLOCK_IMPORTED = 13, // due instant given by the source
    PROCESS_CLOCK_DESK = 18,     // a desk's own time, while the case is in its hands
    PROCESS_CLOCK_INNER = 19,    // what a desk gives the unit below, of the handling limit
    PROCESS_CLOCK_SAFE = 22,     // parts of a handling limit that is a chain, one after
    PROCESS_CLOCK_REPAIR = 23,   // another
    PROCESS_CLOCK_RESTORE = 24,
    PROCESS_CLOCK_HOLD = 25, // no clock: keeps a case's mark that a time order holds it
    PROCESS_CLOCK_COUNT,
};

enum process_source { // where a report comes from
    PROCESS_SOURCE_COLLECTOR = 0,
    PROCESS_SOURCE_HOTLINE = 1,
    PROCESS_SOURCE_CITIZEN = 2, // app, web page
    PROCESS_SOURCE_VIDEO = 3,
    PROCESS_SOURCE_SENSOR = 4,
    PROCESS_SOURCE_LEADER = 5,
    PROCESS_SOURCE_SYSTEM = 6, // another system
    PROCESS_SOURCE_MEDIA = 7,  // press
    PROCESS_SOURCE_STAFF = 8,  // city worker
    PROCESS_SOURCE_COUNT,
};

enum process_input_type {
    PROCESS_INPUT_TEXT,        // at most 4,000 characters
    PROCESS_INPUT_DEPARTMENT,  // department id
    PROCESS_INPUT_DEPARTMENTS, // several ids
    PROCESS_INPUT_CLASS,       // class id
    PROCESS_INPUT_CONDITION,   // condition id, of the case's (or the input's) class
    PROCESS_INPUT_POINT,       // lon,lat[,accuracy_m[,datum]]
    PROCESS_INPUT_INSTANT,
    PROCESS_INPUT_MEDIA,  // SHA-256s of stored photos
    PROCESS_INPUT_CHOICE, // one of the words in choices
    PROCESS_INPUT_NUMBER,
    PROCESS_INPUT_CASE,   // a case number
    PROCESS_INPUT_PERSON, // person id
    PROCESS_INPUT_TYPE_COUNT,
};

enum process_holder {          // who holds the task of a step
    PROCESS_HOLDER_NONE,       // steps without task
    PROCESS_HOLDER_ROLE,       // whoever has the role where the case lies
    PROCESS_HOLDER_DEPARTMENT, // the case's lead department
    PROCESS_HOLDER_REPORTER,   // the reporting person's own account
    PROCESS_HOLDER_FILER,      // the person who reported when staff, else the role
    PROCESS_HOLDER_DESK,       // the desk that has the case: dispatchers of that department
    PROCESS_HOLDER_ROSTER,     // who is on duty for the point, else the role (roster.h)
    PROCESS_HOLDER_COUNT,
};

// Codes ("report", "shift_leader", "fed_back"); NULL for numbers outside the list.
// from_str: -1 for an unknown word.
const char *process_stage_to_str(int stage);
const char *process_outcome_to_str(int outcome);
const char *process_role_to_str(int role);
const char *process_task_to_str(int task);
const char *process_kind_to_str(int kind);
const char *process_clock_to_str(int clock);
const char *process_source_to_str(int source);
const char *process_input_type_to_str(int type);
int process_stage_from_str(const char *word);
int process_outcome_from_str(const char *word);
int process_role_from_str(const char *word);
int process_task_from_str(const char *word);
int process_kind_from_str(const char *word);
int process_clock_from_str(const char *word);
int process_source_from_str(const char *word);

// Default label of a fixed word in a language ("zh-CN", "en", anything else: English).
enum process_words_of {
    PROCESS_WORDS_STAGE,
    PROCESS_WORDS_OUTCOME,
    PROCESS_WORDS_ROLE,
    PROCESS_WORDS_TASK,
    PROCESS_WORDS_KIND,
    PROCESS_WORDS_CLOCK,
    PROCESS_WORDS_SOURCE,
    PROCESS_WORDS_COUNT,
};
const char *process_word_label(enum process_words_of list, int number,
                               const char *language);
// The whole vocabulary as text for a person: fixed lists, guards, effects, input types.
void process_words(struct buffer *out);

// ---- a process ----
struct process;

struct process_step {
    const char *code;
    enum process_stage stage;
    enum process_outcome outcome;
    enum process_task task;     // opened when a case comes here; NONE for ended steps
    enum process_holder holder; // of that task
    int holder_role;            // enum process_role when holder is ROLE or FILER
    enum process_clock clock;   // stage clock that runs while the task is open; may be NONE
    const char *timer_action;   // action the system takes after timer_ms; NULL without
    int64_t timer_ms;           // natural time, or ...
    bool timer_working;         // ... working time
    const char *queue;          // "where", "manual" or "": a visible queue of its own
    struct label label;
    int64_t line; // of the table
};

struct process_input {
    const char *name;
    enum process_input_type type;
    bool required;
    const char *choices; // "pass|fail" for CHOICE, else ""
    struct label label;
};

// A guard or an effect: a word of the vocabulary and its parameters.
struct process_term {
    int word;                  // index in the vocabulary (rules/process_vocabulary.c)
    bool negated;              // guards only
    const char *text;          // as written in the table
    const char *parameters[4]; // NULL past the last one
    int64_t numbers[4];        // parameters that are fixed words or numbers, resolved
    size_t parameter_count;
};

struct process_action {
    const char *code;
    enum process_kind kind;
    int from;   // step index; -1: starts a case
    int to;     // step index; == from when the case stays
    bool stays; // written "=": the step's task goes on with its version raised
    // The task acted on: a task kind; PROCESS_TASK_NONE: the case itself, no task version
    // is compared (comments, urging).
    enum process_task task;
    uint32_t roles; // bit per enum process_role
    const struct process_term *guards;
    size_t guard_count;
    const struct process_term *effects;
    size_t effect_count;
    const struct process_input *inputs;
    size_t input_count;
    struct label label;
    int64_t line;
};

struct process_tables {
    const struct table *steps;
    const struct table *actions;
    const struct table *inputs; // labels of inputs: may be NULL
};

// Builds and validates; report may be NULL. ERROR_INPUT "process.invalid" after reporting
// every problem: unknown word ("process.unknown_word"), bad parameter, step without way in
// or out, a step from which no case can end, a task that its holder cannot move ...
int process_new(const struct process_tables *tables, const struct rules_report *report,
                struct process **ret_process, struct error *error) ERROR_MUST_CHECK;
struct process *process_free(struct process *process); // takes NULL, returns NULL
static inline void process_cleanup(struct process **process)
{
    *process = process_free(*process);
}

size_t process_steps(const struct process *process);
const struct process_step *process_step(const struct process *process, size_t index);
int process_step_find(const struct process *process, const char *code); // -1: none
// One entry per (table row, from-step), in the order of the table.
size_t process_actions(const struct process *process);
const struct process_action *process_action(const struct process *process, size_t index);
// Rows of a step (-1: rows that start a case), as indexes for process_action.
const int *process_actions_from(const struct process *process, int step, size_t *ret_count);
// Diagram as standalone SVG (no script, no outside reference) and as DOT text.
void process_draw_svg(const struct process *process, const char *language,
                      struct buffer *out);
void process_draw_dot(const struct process *process, const char *language,
                      struct buffer *out);
