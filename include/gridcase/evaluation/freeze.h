// SPDX-License-Identifier: MPL-2.0
// Frozen periods: the figures of a month, quarter or year as they were told, with the rules
// they were counted by, and the bulletin (report.h) as it then was, in each language of the
// city. gridcase-frozen(5) has the document.
//
// Freezing a period again makes a new, numbered version beside the old ones, which stay.
// The server does so by itself each night when a case was corrected, voided, exempted or
// opened again, or a new calendar moved deadlines, and figures differ for it. Every version
// is a leaf of the next root (gridcase/cases/seal.h).
#pragma once

#include <gridcase/core/hash.h>
#include <gridcase/evaluation/figures.h>

struct db_lane;
struct media_store;

enum {
    FREEZE_PERIOD_SIZE = 8, // "2026-10", "2026-Q4", "2026"; with NUL
    FREEZE_REASON_MOST = 400,
    FREEZE_LIST_MOST = 1000,
    FREEZE_ROWS_MOST = 20000, // of one document
};

struct freeze_period {
    char code[FREEZE_PERIOD_SIZE];
    int64_t from_day, to_day; // inclusive, days since 1970 in the city's time
};
// ERROR_INPUT "freeze.period".
int freeze_period_read(const char *text, struct freeze_period *ret_period,
                       struct error *error) ERROR_MUST_CHECK;

// One version, without its document.
struct frozen {
    int64_t id;
    char period[FREEZE_PERIOD_SIZE];
    int64_t version;
    int64_t made_ms, made_by; // person; 0: the system
    const char *reason;       // arena
    int64_t position;         // of the change stream: counted up to here
    uint8_t digest[HASH_SIZE];
    int64_t bytes; // characters of the document
};

struct freeze_order {
    struct freeze_period period;
    const char *reason; // compulsory from the second version on
    int64_t person_id;  // 0: the system
    int64_t now_ms;
    // Idempotency key (16 bytes) or NULL, and a digest of the request: a repeat by the same
    // person is given the version that it made.
    const uint8_t *key, *body_digest;
};
// What freezing works with. Not in a lane nor on an HTTP thread.
struct freeze_place {
    struct db *reader;
    struct db_lane *lane;
    struct facts *facts;
    const struct city_snapshot *city;
    struct media_store *media; // NULL: the bulletin's spots are frozen without photos
};
// ERROR_CONFLICT "freeze.not_over" (its last day is not), "freeze.same" (no figure differs
// from the version before), "freeze.raced" (somebody else froze it meanwhile),
// "freeze.key_reused" (the key was used for another request);
// ERROR_INPUT "freeze.reason".
int freeze_period_now(const struct freeze_place *place, const struct freeze_order *order,
                      struct arena *arena, struct frozen *ret_frozen,
                      struct error *error) ERROR_MUST_CHECK;
// New versions of what corrections since the last look changed. *ret_made: how many.
int freeze_renew(const struct freeze_place *place, int64_t now_ms, unsigned *ret_made,
                 struct error *error) ERROR_MUST_CHECK;

// Newest periods first, newest versions first; at most FREEZE_LIST_MOST. period NULL: all.
int freeze_list(struct db *db, const char *period, struct arena *arena,
                struct frozen **ret_list, size_t *ret_count,
                struct error *error) ERROR_MUST_CHECK;
// version 0: the newest. ERROR_NOT_FOUND "freeze.unknown". ERROR_STORE "frozen.changed"
// when it is not what was frozen.
int freeze_document(struct db *db, const char *period, int64_t version, struct arena *arena,
                    const char **ret_text, struct frozen *ret_frozen,
                    struct error *error) ERROR_MUST_CHECK;
