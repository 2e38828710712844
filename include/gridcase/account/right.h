// SPDX-License-Identifier: MPL-2.0
// Rights: the one place that says who may do and see what.
//
// A table of right x role says how far a role reaches. Routes name a right; a case and its
// fields are checked with the same function and the case's scope. What a process action
// needs on top (its roles, the holder of a task) stands in the city's process table and is
// checked by case_apply.
#pragma once

#include <gridcase/account/actor.h>

enum right {
    RIGHT_PUBLIC,          // everybody, signed in or not
    RIGHT_SIGNED_IN,       // any person: own session, own password, own tokens
    RIGHT_MODEL_READ,      // catalogue, process, areas, grids, departments, base map
    RIGHT_CASE_READ,       // a case, its history, its clocks
    RIGHT_CASE_REPORT,     // report a case
    RIGHT_CASE_ACT,        // take part at all: the process says which actions
    RIGHT_CASE_COMMENT,    // comment on a case one may see
    RIGHT_REPORTER_READ,   // field: reporter's name, number and mail unmasked
    RIGHT_PERSON_READ,     // field: names of colleagues in histories and holders
    RIGHT_MEDIA_ADD,       // upload a photo
    RIGHT_MEDIA_READ,      // rendition without metadata
    RIGHT_MEDIA_ORIGINAL,  // the file as it came, with place and time
    RIGHT_SUMMARY_READ,    // figures
    RIGHT_STAFF_READ,      // list of people
    RIGHT_STAFF_WRITE,     // add, change, close people; invitations
    RIGHT_MODEL_WRITE,     // load a city model
    RIGHT_CONTACT_TAKE,    // take down calls, find callers by number, answer who waits
    RIGHT_REPORTER_UNMASK, // look behind the mask of a case, with a reason that is kept
    RIGHT_REPORTER_ERASE,  // forget a reporter for good
    RIGHT_UNMASKING_READ,  // who looked behind a mask, and why
    RIGHT_OFFICE_READ,     // telephones of duty officers, vehicles
    RIGHT_WORK_HAND_ON,    // give open tasks of a person to another
    RIGHT_ORDER_READ,      // time orders, and what a new calendar moved
    RIGHT_ORDER_SIGN,      // sign and lift time orders
    RIGHT_SCORE_WRITE,     // give points for parts of scores
    RIGHT_FIGURES_FREEZE,  // freeze the figures of a period
    RIGHT_TRACK_ADD,       // bring one's own track
    RIGHT_TRACK_READ,      // where people were while on shift
    RIGHT_COUNT,
};

const char *right_to_str(enum right right); // "case.read"; "" out of range
int right_from_str(const char *text, size_t length, enum right *ret_right,
                   struct error *error) ERROR_MUST_CHECK;

// How far a role's right reaches.
enum reach {
    REACH_NONE,
    REACH_OWN,   // what the person itself reported, holds or uploaded
    REACH_SCOPE, // what lies in the grant's area and concerns its department
    REACH_CITY,  // everything in the city, whatever the grant is narrowed to
    REACH_COUNT,
};

enum reach right_reach(enum right right, enum role role);

// What is looked at. Borrowed arrays. Areas: all areas that contain the point, all levels.
// Departments: all that hold or held a task, lead and assistants (with the departments
// above them, when a parent office is to see what its branches do). People: reporter,
// holders, uploader.
struct account_scope {
    const int64_t *area_ids;
    size_t area_count;
    const int64_t *department_ids;
    size_t department_count;
    const int64_t *person_ids;
    size_t person_count;
    const int64_t *company_ids; // homes of those people: collection companies among them
    size_t company_count;
};

// scope NULL asks 'at all, somewhere': the check of a route before anything is read.
bool account_may(const struct actor *actor, enum right right,
                 const struct account_scope *scope);
// The same as an error: ERROR_UNAUTHENTICATED "account.sign_in" for nobody, ERROR_DENIED
// "account.denied" with the right's name. For things whose very existence is not to be
// told, ask account_may and answer ERROR_NOT_FOUND.
int account_require(const struct actor *actor, enum right right,
                    const struct account_scope *scope,
                    struct error *error) ERROR_MUST_CHECK;

// What an actor may see by a right, as a filter for lists, maps and streams: everything,
// or what satisfies at least one clause. Always says the same as account_may.
struct account_clause {
    int64_t area_id;       // 0: any
    int64_t department_id; // 0: any
};
struct account_sight {
    bool everything;
    int64_t person_id; // own things are seen too; 0: none
    size_t clause_count;
    struct account_clause clauses[ACTOR_GRANTS_MAX];
    size_t company_count; // what people of these companies reported, hold or held
    int64_t company_ids[ACTOR_GRANTS_MAX];
};
void account_sight(const struct actor *actor, enum right right,
                   struct account_sight *ret_sight);
bool account_sight_allows(const struct account_sight *sight,
                          const struct account_scope *scope);

// Masks for RIGHT_REPORTER_READ: what remains for whoever does not need the original.
// Written into out (at most size bytes with the NUL); NULL and "" stay "".
// Name: first character and "**"; number: last two digits; mail: first character and
// domain.
void account_mask_name(const char *name, char *out, size_t size);
void account_mask_phone(const char *phone, char *out, size_t size);
void account_mask_email(const char *email, char *out, size_t size);
