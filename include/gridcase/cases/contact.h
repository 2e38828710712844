// SPDX-License-Identifier: MPL-2.0
// Contacts: a call, a visit, a message about a case. It opens a case, joins one that is
// there, or only asks. What a contact does to a case is a move of that case and stands in
// its history as the contact's number; who it was stands in the table reporter alone, where
// it can be erased.
#pragma once

#include <gridcase/cases/case.h>
#include <gridcase/cases/read.h>
#include <gridcase/rules/phone.h>

enum contact_channel { // stored
    CONTACT_CALL = 1,
    CONTACT_VISIT = 2,
    CONTACT_MESSAGE = 3, // letter, mail, chat
    CONTACT_WEB = 4,     // the public's own page
    CONTACT_CHANNEL_COUNT,
};
enum contact_purpose { // stored
    CONTACT_OPENED = 1,
    CONTACT_JOINED = 2, // the same problem: waits for its end as the first one does
    CONTACT_ASKED = 3,
    CONTACT_PURPOSE_COUNT,
};
const char *contact_channel_to_str(int channel); // "call"; NULL for another number
int contact_channel_from_str(const char *text);  // -1: no such word
const char *contact_purpose_to_str(int purpose);
int contact_purpose_from_str(const char *text);

enum {
    CONTACT_WORDS_MOST = 2000, // characters
    CONTACT_DIGITS_LEAST = 5,  // a shorter number finds nobody
    CONTACT_FIND_MOST = 50,
    CONTACT_CASE_MOST = 200, // shown with a case
};

struct contact_draft {
    enum contact_channel channel;
    const char *words; // what was said; NULL: nothing
    bool wants_answer;
};

// ---- writing: in a write transaction ----
struct contact_new {
    const struct actor *actor;
    const char *number;           // of the case; NULL: asks about none
    enum contact_purpose purpose; // JOINED or ASKED
    struct contact_draft contact;
    const struct case_reporter *reporter; // never NULL; all empty: anonymous
    const char *told;                     // answered while the person waits; NULL: not
    int64_t received_ms;
    const uint8_t *key; // 16 bytes, never NULL
    const uint8_t *body_digest;
};
struct contact_result {
    int64_t id;
    int64_t case_id; // where it was put down: the case that a merged one went into; 0: none
    int64_t named_id; // the merged case that was named; 0: case_id itself
    bool repeated;
};
// ERROR_NOT_FOUND "case.unknown" (also for a case that the actor may not see),
// ERROR_CONFLICT "contact.case_ended" (nothing to join), "case.key_reused",
// ERROR_INPUT "contact.no_case", "contact.words".
int contact_add(struct db *db, const struct city_snapshot *city,
                const struct contact_new *contact, struct contact_result *ret_result,
                struct error *error) ERROR_MUST_CHECK;

struct contact_answer {
    const struct actor *actor;
    int64_t id;
    bool reached;
    bool final; // not tried again although nobody was reached
    const char *told;
    int64_t received_ms;
    const uint8_t *key;
    const uint8_t *body_digest;
};
// Tries once more to tell a person what became of it. ERROR_NOT_FOUND "contact.unknown",
// ERROR_CONFLICT "contact.answered", ERROR_DENIED "account.denied".
int contact_answer(struct db *db, const struct city_snapshot *city,
                   const struct contact_answer *answer,
                   struct error *error) ERROR_MUST_CHECK;

// Forgets the person of a contact: name, number, mail, address, voice, and what was said.
// everywhere: of all contacts with the same number. *ret_count: of reporters.
// ERROR_NOT_FOUND "contact.unknown".
int contact_erase(struct db *db, const struct actor *actor, int64_t id, bool everywhere,
                  int64_t now_ms, int64_t *ret_count, struct error *error) ERROR_MUST_CHECK;

struct contact_unmasking {
    const struct actor *actor;
    int64_t case_id;
    const char *reason;
    int64_t now_ms;
    const uint8_t *key;
    const uint8_t *body_digest;
};
// Notes the reason; told apart from this the data are read with contact_of_case.
// ERROR_INPUT "contact.reason", ERROR_CONFLICT "case.key_reused".
int contact_unmask(struct db *db, const struct contact_unmasking *unmasking,
                   struct error *error) ERROR_MUST_CHECK;

// ---- reading: everything in the clear; masking is the api's ----
struct contact_row {
    int64_t id, at_ms;
    enum contact_channel channel;
    enum contact_purpose purpose;
    int64_t case_id, named_id; // 0: none
    const char *number;        // of case_id, "" without
    const char *named;         // of named_id
    int64_t lies_id;           // where the case went: itself or the survivor
    int64_t reporter_id, taken_by;
    const char *name, *phone, *email, *address; // "" when absent or erased
    bool agreed, anonymous, erased, has_voice;
    uint8_t voice[HASH_SIZE];
    const char *words, *told; // ""
    bool wants_answer;
    int64_t due_ms, answered_ms; // INSTANT_NONE
    int64_t answered_by, tries;
    int reached; // -1 not tried
};
// The case's own contacts and those of the cases merged into it, oldest first, at most
// CONTACT_CASE_MOST.
int contact_of_case(struct db *db, int64_t case_id, struct arena *arena,
                    struct contact_row **ret_rows, size_t *ret_count,
                    struct error *error) ERROR_MUST_CHECK;
int contact_by_id(struct db *db, int64_t id, struct arena *arena,
                  struct contact_row *ret_row, struct error *error) ERROR_MUST_CHECK;

// A contact in a list, with the case where it lies now.
struct contact_item {
    struct contact_row row;
    bool has_case; // one that the actor may see
    struct case_summary summary;
    bool whole; // the actor has the right reporter.read there
};
// Of one number, newest first, at most CONTACT_FIND_MOST; those of cases that the actor may
// not see are left out. ERROR_INPUT "contact.number_short".
int contact_find(struct db *db, const struct city_snapshot *city, const struct actor *actor,
                 const char *phone, struct arena *arena, struct contact_item **ret_items,
                 size_t *ret_count, struct error *error) ERROR_MUST_CHECK;
// Who waits for an answer that can be given, longest first. place: after which one, {0}
// from the start; then the last one looked at, which the actor need not see.
struct contact_place {
    int64_t due_ms, id;
    bool more;
};
int contact_waiting(struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, struct contact_place *place, unsigned limit,
                    struct arena *arena, struct contact_item **ret_items, size_t *ret_count,
                    struct error *error) ERROR_MUST_CHECK;
// Up to CONTACT_WAITING_MOST, of the whole city.
enum { CONTACT_WAITING_MOST = 1000 };
int contact_waiting_count(struct db *db, int64_t *ret_count,
                          struct error *error) ERROR_MUST_CHECK;

// Cases whose contact carries this recording; at most `most`.
int contact_voice_cases(struct db *db, const uint8_t sha256[HASH_SIZE], int64_t *ret_ids,
                        size_t most, size_t *ret_count,
                        struct error *error) ERROR_MUST_CHECK;

struct contact_look { // one unmasking
    int64_t case_id;
    const char *number;
    int64_t person_id;
    const char *reason;
    int64_t at_ms;
    int64_t id;
};
// Newest first, before the id (0: from the end); case_id 0: of all cases.
int contact_looks(struct db *db, int64_t case_id, int64_t before_id, unsigned limit,
                  struct arena *arena, struct contact_look **ret_looks, size_t *ret_count,
                  struct error *error) ERROR_MUST_CHECK;

// ---- merged cases ----
struct case_merged {
    int64_t into_id;         // 0: not merged
    const char *into;        // number of the case where it lies now
    const char **duplicates; // numbers of the cases that ended in this one
    size_t duplicate_count;  // at most CASE_MERGED_MOST
};
enum { CASE_MERGED_MOST = 100 };
int case_merged_read(struct db *db, int64_t case_id, struct arena *arena,
                     struct case_merged *ret_merged, struct error *error) ERROR_MUST_CHECK;

// ---- duplicates at intake ----
struct case_near {
    struct case_summary summary;
    double distance_m;
    int64_t contacts; // people who have told of it
};
enum { CASE_NEAR_MOST = 20 };
// Open cases of the class within its distance and age (classes table: near_m, near_days),
// that the actor may see, nearest first. except_id: not this one, 0 none.
int case_near(struct db *db, const struct city_snapshot *city, const struct actor *actor,
              int64_t class_id, double lon_deg, double lat_deg, int64_t except_id,
              int64_t now_ms, struct arena *arena, struct case_near **ret_items,
              size_t *ret_count, struct error *error) ERROR_MUST_CHECK;
