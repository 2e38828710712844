// SPDX-License-Identifier: MPL-2.0
// Time orders: one signed decision (typhoon, snow, a great event) that pauses or extends
// the clocks of many cases. gridcase-order(5) describes what an office sees of them.
//
// The list of cases is fixed when the order is signed. It is worked off in slices, each in
// the caller's write transaction together with how far it came, so that a crash loses
// nothing and repeats nothing. Every case is moved through the one door, by the system on
// behalf of who signed, and its history names the order. A case that has moved since the
// order was signed is treated as it is now, and reported; so is one that could not be
// treated at all.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/account/actor.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>
#include <gridcase/rules/limit.h>

struct city_snapshot;
struct db;

enum {
    CASE_ORDER_CASES = 50000, // of one list
    CASE_ORDER_TITLE_MOST = 200,
    CASE_ORDER_REASON_MOST = 2000,
};

// Stored numbers.
enum case_order_what { CASE_ORDER_PAUSE = 1, CASE_ORDER_EXTEND = 2 };
enum case_order_scope {
    CASE_ORDER_HANDLING = 1, // the handling clock and its parts
    CASE_ORDER_ALL = 2,      // also the centre's own clocks
};
enum case_order_state {
    CASE_ORDER_WORKING = 1,  // its list is being worked
    CASE_ORDER_IN_FORCE = 2, // a pause: clocks stand
    CASE_ORDER_LIFTING = 3,  // they are let go
    CASE_ORDER_DONE = 4,
};
// Why a case is reported.
enum case_order_why {
    CASE_ORDER_MOVED = 1, // it had moved since the order was signed; treated as it is now
    CASE_ORDER_ENDED = 2, // it has ended: nothing to treat
    CASE_ORDER_NO_CLOCK = 3, // no clock of the order's runs or stands
    CASE_ORDER_HELD = 4,     // another order holds it
    CASE_ORDER_REFUSED = 5,  // its clock does not take the time given (another measure)
    CASE_ORDER_UNKNOWN = 6,  // it is not there
};
const char *case_order_what_to_str(int what);   // "pause", "extend"
const char *case_order_scope_to_str(int scope); // "handling", "all"
const char *case_order_state_to_str(int state); // "working", "in_force", "lifting", "done"
const char *case_order_why_to_str(int why);     // "moved", "ended", ...

// A case as the signer saw it.
struct case_order_item {
    int64_t case_id, version;
};

struct case_order_draft {
    const struct actor *actor; // who signs
    enum case_order_what what;
    enum case_order_scope scope;
    const char *title, *reason;
    const char *filter;  // the list's filter, as it is kept
    struct limit amount; // EXTEND
    int64_t until_ms;    // PAUSE: ends by itself then; INSTANT_NONE: when it is lifted
    int64_t now_ms;
    const uint8_t *key; // idempotency key, 16 bytes, or NULL
    const struct case_order_item *items;
    size_t count;
};

struct case_order {
    int64_t id;
    enum case_order_what what;
    enum case_order_scope scope;
    enum case_order_state state;
    const char *title, *reason, *filter;
    struct limit amount;
    int64_t until_ms;
    int64_t signed_by, signed_ms;
    int64_t lifted_by, lifted_ms; // 0 and INSTANT_NONE: not lifted, or by itself
    int64_t ended_ms;             // INSTANT_NONE: not yet
    uint8_t digest[HASH_SIZE];    // of what was signed, the list included
    int64_t listed, next, worked, moved, skipped;
};

struct case_order_told { // a case that is reported
    int64_t case_id;
    const char *number;
    enum case_order_why why;
    int64_t at_ms;
};

// Signs: keeps the order and its list, moves nothing yet. ERROR_INPUT "order.text",
// "order.amount", "order.until" (in the past), "order.empty" (no case), ERROR_LIMIT
// "order.too_many". A key used before returns that order.
int case_order_sign(struct db *db, const struct case_order_draft *draft, int64_t *ret_id,
                    struct error *error) ERROR_MUST_CHECK;
// Ends a pause from now on. ERROR_CONFLICT "order.not_in_force", ERROR_NOT_FOUND
// "order.unknown".
int case_order_lift(struct db *db, int64_t order_id, const struct actor *actor,
                    int64_t now_ms, struct error *error) ERROR_MUST_CHECK;
// Works on the oldest order that waits: at most `most` cases, and not much longer than 15
// ms. *ret_done cases; 0: nothing waits.
int case_order_work(struct db *db, const struct city_snapshot *city, int64_t now_ms,
                    unsigned most, unsigned *ret_done,
                    struct error *error) ERROR_MUST_CHECK;
// When something is to be worked: 1 now, INSTANT_NONE never, else the end of a pause.
int case_order_next(struct db *db, int64_t *ret_ms, struct error *error) ERROR_MUST_CHECK;

// ---- reading ----
// Newest first, at most 200.
int case_order_list(struct db *db, struct arena *arena, struct case_order **ret_orders,
                    size_t *ret_count, struct error *error) ERROR_MUST_CHECK;
int case_order_load(struct db *db, int64_t order_id, struct arena *arena,
                    struct case_order *ret_order, struct error *error) ERROR_MUST_CHECK;
// Cases that are reported, by id after `after`, at most `most`.
struct case_order_page {
    int64_t order_id, after;
    size_t most;
};
int case_order_told(struct db *db, const struct case_order_page *page, struct arena *arena,
                    struct case_order_told **ret_told, size_t *ret_count,
                    struct error *error) ERROR_MUST_CHECK;

// ---- what a new calendar moved: the office's report ----
struct case_calendar_change {
    int64_t version; // of the calendar
    int64_t began_ms, last_ms;
    int64_t looked;         // cases with running clocks that an older calendar had timed
    int64_t moved;          // of them, where what people see of a clock changed
    int64_t earlier, later; // deadlines that moved
};
struct case_calendar_moved { // one deadline
    int64_t case_id;
    const char *number;
    int64_t department_id;
    int kind; // of the clock
    int64_t task_no;
    int64_t due_before_ms, due_after_ms; // INSTANT_NONE: none
};
// Newest first, at most 200.
int case_calendar_changes(struct db *db, struct arena *arena,
                          struct case_calendar_change **ret_changes, size_t *ret_count,
                          struct error *error) ERROR_MUST_CHECK;
// ERROR_NOT_FOUND "calendar_change.unknown".
int case_calendar_change(struct db *db, int64_t version,
                         struct case_calendar_change *ret_change,
                         struct error *error) ERROR_MUST_CHECK;
// Where to read on and how much; of a case all clocks come together, so the last case of a
// full page may be cut: go on after the one before it.
struct case_calendar_page {
    int64_t version, after; // the calendar's; case_id
    size_t most;
};
int case_calendar_moved(struct db *db, const struct case_calendar_page *page,
                        struct arena *arena, struct case_calendar_moved **ret_moved,
                        size_t *ret_count, struct error *error) ERROR_MUST_CHECK;
