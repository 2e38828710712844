// SPDX-License-Identifier: MPL-2.0
// The one door through which a case changes.
//
// case_apply looks the move up in the case's process, checks role, holder, guards, inputs
// and the version of the task that the actor decided on, moves the clocks, and writes case
// row, tasks, clocks, history, rollups, fact and change row. It runs inside the caller's
// write transaction on cases.db, touches nothing else, and may be run again with the same
// arguments. Nothing else writes these tables: timers and imports come through here too.
// The formats kept (history chain, stored numbers) are described in gridcase-history(5).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/account/actor.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/geo/datum.h>
#include <gridcase/rules/process.h>

struct city_snapshot;
struct contact_draft; // contact.h
struct db;

enum {
    CASE_NUMBER_SIZE = 40,        // with NUL
    CASE_DESCRIPTION_MOST = 4000, // characters
    CASE_ADDRESS_MOST = 400,
    CASE_INPUTS_MOST = 16,
    CASE_MEDIA_MOST = 20,   // photos of one move
    CASE_BEHALF_MOST = 200, // characters: who spoke for a department
};

// How a move came to be. Filled-in moves stay out of stage, check and person figures.
enum case_mark {
    CASE_MARK_LIVE = 0,
    CASE_MARK_RECORDED = 1, // replayed at its recorded time
    CASE_MARK_FILLED = 2,   // replayed, its time follows a stated rule: not in the source
    CASE_MARK_SYNTHETIC = 3,
};

struct case_point {
    double lon_deg, lat_deg; // in the city's one internal datum
    enum geo_datum datum;    // of the source, before it was converted
    double accuracy_m;       // negative: unknown
};

// What a photo, sound, video or document of a case shows. STAGE: what fits the stage the
// case is in when it is named: before until it is handled, then after, then check.
enum case_shows {
    CASE_SHOWS_STAGE = 0,
    CASE_SHOWS_BEFORE = 1,
    CASE_SHOWS_AFTER = 2,
    CASE_SHOWS_CHECK = 3,
    CASE_SHOWS_COUNT
};
const char *case_shows_to_str(enum case_shows shows);     // "before"; "" for STAGE
int case_shows_from_str(const char *text, size_t length); // -1: no such word

// Personal data: stored in one table, never in history, changes or logs.
struct case_reporter {
    const char *name, *phone, *email; // any may be NULL
    bool agreed;                      // the handling department may see it
    bool anonymous;                   // does not want to be known
    const char *address;              // of the person; NULL
    const uint8_t *voice;             // SHA-256 of a recording; NULL
};

// The component that a case is about, as the city's register has it.
struct case_component {
    int64_t id;       // in city.db
    const char *code; // its identity, never used again
    int64_t class_id; // 0: the catalogue does not know its class
    int64_t owner_id, maintainer_id, competent_id; // departments, 0: none
};

// What a new case starts with. Borrowed; NULL texts are empty.
struct case_draft {
    int64_t class_id;     // 0: not classified yet (needs a process that can sort it)
    int64_t condition_id; // 0: none
    bool has_point;
    struct case_point point;
    const char *address;
    const char *description;
    const struct case_component *component; // NULL: none named
    // Chooses among the limits of the condition. Ignored where the catalogue has no limits
    // by urgency. NULL or "": none.
    const char *urgency;
    const struct case_reporter *reporter; // NULL: none
    // How it came and whether an answer is wanted; NULL with a reporter: a call (the
    // public's page for citizens), an answer where there is a number or mail.
    const struct contact_draft *contact;
    enum process_source source;
    const char *external_id; // of another system; NULL
    int64_t follows_id;      // an ended case that this one goes on with; 0: none
    const char *follows;     // its number
    int64_t imported_due_ms; // a clock of kind imported with this due; INSTANT_NONE: none
    // SHA-256s of files (binary, 32 bytes each), received or expected.
    const uint8_t (*media)[HASH_SIZE];
    const uint8_t *media_shows; // enum case_shows of each; NULL: as the stage has it
    size_t media_count;
};

// Inputs of an action by name, values as text: ids decimal, several ids separated by
// commas, points "lon,lat[,accuracy_m[,datum]]", instants ISO 8601, files as hexadecimal
// SHA-256[:before|after|check].
struct case_input {
    const char *name;
    const char *value;
};

// What a device without network told about a move. Its time is corrected by the skew it
// measured last, or else by what its clock says when it sends; never before the last thing
// it had seen from the server, never after the move was received.
struct case_device {
    int64_t done_ms; // by the device's own clock
    int64_t sent_ms; // likewise, when it was sent; INSTANT_NONE: not told
    bool has_skew;   // it had measured
    int64_t skew_ms; // the server's clock less the device's
    int64_t seen_ms; // by the server's clock, 0: nothing yet
};

struct case_move {
    const struct actor *actor;
    const char *action; // code in the case's process; NULL with draft: its first start row
    int64_t case_id;    // 0: a new case, draft is set
    const struct case_draft *draft;
    // The task acted on and its version as the actor saw it. task_id 0: the one open task
    // of the action's kind. task_version 0: not compared (system moves and replays only;
    // for people ERROR_INPUT "case.version_required" when the action acts on a task).
    int64_t task_id;
    int64_t task_version;
    int64_t received_ms;              // now, by the server's clock
    int64_t done_ms;                  // as the device says; INSTANT_NONE: received_ms
    const struct case_device *device; // instead of done_ms; NULL: it told nothing
    // Idempotency key (UUID, 16 bytes) or NULL, and a digest of the request's body.
    const uint8_t *key;
    const uint8_t *body_digest; // HASH_SIZE bytes, with key
    const struct case_input *inputs;
    size_t input_count;
    enum case_mark mark;
    // Who spoke for a department without login, when the actor acts for it: a name, a
    // telephone. NULL or "": the actor acts in its own name.
    const char *behalf;
};

struct case_result {
    int64_t case_id;
    char number[CASE_NUMBER_SIZE];
    int64_t seq;     // of the history row
    int64_t version; // of the case: seq of its last row
    // Position in the change stream; 0 when repeated: it was told then. Where others may
    // write at the same time it gets its position with the commit, and this is not it.
    int64_t change;
    int64_t task_id, task_version; // the step's own task now; 0 when the case has ended
    int64_t line;  // of the process table's row that was taken; 0 when repeated
    bool repeated; // the key had been used with the same body: this is its first result
};

// Errors (slugs): ERROR_CONFLICT "case.stale" (somebody moved the task: HTTP 412; tell
// what changed with case_history after the version seen), "case.key_reused" (HTTP 422),
// "case.not_possible" (the process has no such action in this step), "case.guard" (a guard
// refused; the message names it), "case.task_closed"; ERROR_DENIED "case.role",
// "case.holder"; ERROR_NOT_FOUND "case.unknown", "case.unknown_action";
// ERROR_INPUT "case.input", "case.version_required", "case.class_unknown",
// "case.urgency_unknown", "case.component_class" (the component is of another class),
// "case.time" (done in the future or before the task's last move).
int case_apply(struct db *db, const struct city_snapshot *city,
               const struct case_move *move, struct case_result *ret_result,
               struct error *error) ERROR_MUST_CHECK;

// Turns a JSON object {"department":5,"opinion":"..","assistants":[1,2]} into inputs.
int case_inputs_from_json(struct arena *arena, const struct json *object,
                          struct case_input inputs[CASE_INPUTS_MOST], size_t *ret_count,
                          struct error *error) ERROR_MUST_CHECK;

// ---- timers ----
// Moves that are due: the actions of step timers, by the system actor, each with the
// instant at which it fell due as its done time. At most `most` of them; *ret_done says how
// many ran (== most: call again). Run it as a machine job in the writer lane. A move that
// the process no longer allows ends the timer and is counted as done.
int case_timers_run(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                    unsigned most, unsigned *ret_done,
                    struct error *error) ERROR_MUST_CHECK;
// Instant of the next timer, INSTANT_NONE when there is none.
int case_timers_next(struct db *db, int64_t *ret_ms, struct error *error) ERROR_MUST_CHECK;

// ---- upkeep ----
// What wants doing now and then, at most `most` cases a call (*ret_done == most: call
// again, otherwise once a minute and after a city was loaded anew): running clocks that an
// older calendar has timed get their new deadlines, in one move of the system for each case
// where one changes, which keeps old and new; clocks that stand, stopped clocks and ended
// cases stay as they are. Idempotency keys older than 90 days go, those of reports never.
// Cases on a desk that the model no longer has go on by their process's row of kind
// level_removed.
// Inside a write transaction.
int case_upkeep_run(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                    unsigned most, unsigned *ret_done,
                    struct error *error) ERROR_MUST_CHECK;

// Makes positions in the change stream that were told before unknown, so that all who ask
// with one read everything anew: for a restored store. In a write transaction.
int case_stream_renew(struct db *db, struct error *error) ERROR_MUST_CHECK;
