// SPDX-License-Identifier: MPL-2.0
// Where people were while on shift (轨迹): batches of fixes as their phones sent them, in
// DB_TRACKS, and whether a track shows somebody at a place. docs/tracks.md defines both.
//
// Handles are of DB_TRACKS unless said otherwise. Instants are rounded to whole seconds,
// points to a millionth of a degree (0.1 m).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>

struct arena;
struct db;

enum {
    TRACK_FIXES_MOST = 500,               // of a batch
    TRACK_SPAN_MOST_MS = 6 * 3600 * 1000, // from the first to the last of a batch
    TRACK_OLDEST_MS = 3 * 86400 * 1000,   // later a phone may not bring what it kept
    TRACK_ACCURACY_MOST_M = 9999,         // and what is not known
    TRACK_DAY_MOST = 40000,               // fixes read at once
    TRACK_KEEP_DAYS_MOST = 366,
};

struct track_fix {
    int64_t at_ms;
    double lon_deg, lat_deg; // WGS 84
    int accuracy_m;          // TRACK_ACCURACY_MOST_M: not known
};

// ---- writing ----
struct track_walked {
    int64_t day, grid_id, fixes;
};
struct track_batch {
    int64_t person_id, received_ms;
    const uint8_t *key;                // 16 bytes, of the request
    const uint8_t *digest;             // HASH_SIZE, of what the phone said
    const struct track_fix *fixes;     // in order of time, none earlier than the one before
    size_t count;                      // 1..TRACK_FIXES_MOST
    const struct track_walked *walked; // unit grids that they lay in
    size_t walked_count;
};
// In a writing transaction. A batch that is there already changes nothing. ERROR_CONFLICT
// "case.key_reused" for the key of another one; ERROR_INPUT "track.order", "track.span".
int track_add(struct db *db, const struct track_batch *batch,
              struct error *error) ERROR_MUST_CHECK;
// Everything of a person. *ret_fixes: how many fixes went.
int track_erase(struct db *db, int64_t person_id, int64_t *ret_fixes,
                struct error *error) ERROR_MUST_CHECK;
// What came before the instant goes, `most` batches at a time; *ret_batches: how many did.
int track_sweep(struct db *db, int64_t before_ms, int64_t most, int64_t *ret_batches,
                struct error *error) ERROR_MUST_CHECK;

// ---- reading ----
// Fixes of a person from the one instant up to the other, in order of time. ERROR_LIMIT
// "track.too_many" above TRACK_DAY_MOST.
int track_read(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms,
               struct arena *arena, struct track_fix **ret_fixes, size_t *ret_count,
               struct error *error) ERROR_MUST_CHECK;
// The person with the next higher id of whom there is a track; 0: none.
int track_next_person(struct db *db, int64_t after_id, int64_t *ret_person_id,
                      struct error *error) ERROR_MUST_CHECK;
// What there is of a person that ended within the two instants, both included.
struct track_sum {
    int64_t batches, fixes, first_ms, last_ms;
};
int track_sum(struct db *db, int64_t person_id, int64_t from_ms, int64_t to_ms,
              struct track_sum *ret_sum, struct error *error) ERROR_MUST_CHECK;

// Calls visit for each unit grid in which somebody on shift was on one of these days.
int track_grids(struct db *db, int64_t from_day, int64_t to_day,
                void (*visit)(void *context, int64_t grid_id), void *context,
                struct error *error) ERROR_MUST_CHECK;

// ---- was somebody there? ----
// A fix worse than TRACK_GOOD_M says neither that somebody was there nor that they were
// not. A track is full before an instant when good fixes leave no gap longer than
// TRACK_GAP_MS in the TRACK_BEFORE_MS before it.
enum {
    TRACK_GOOD_M = 50,
    TRACK_NEAR_M = 50,
    TRACK_GAP_MS = 5 * 60 * 1000,
    TRACK_BEFORE_MS = 30 * 60 * 1000,
};
enum track_visit {
    TRACK_NOT_FULL, // nobody can say that they were not there
    TRACK_NOT_THERE,
    TRACK_THERE,
};
struct track_answer {
    int64_t at_ms; // on the spot, they say
    double lon_deg, lat_deg;
};
// fixes may be those of a whole day, in order: only the half hour before the answer is
// looked at. *ret_seen: some good fix was near, whether the track is full or not.
enum track_visit track_visited(const struct track_fix *fixes, size_t count,
                               const struct track_answer *answer, bool *ret_seen);

// ---- packing (track_pack.c) ----
enum { TRACK_PACKED_MOST = TRACK_FIXES_MOST * 28 + 8 };
// Into out, which holds TRACK_PACKED_MOST; returns the length.
size_t track_pack(const struct track_fix *fixes, size_t count, uint8_t *out);
// Appends to fixes; stops at most. ERROR_STORE "track.torn" for bytes that are none of
// ours.
int track_unpack(const uint8_t *bytes, size_t length, int64_t begun_ms,
                 struct track_fix *fixes, size_t most, size_t *ret_count,
                 struct error *error) ERROR_MUST_CHECK;
