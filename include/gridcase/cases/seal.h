// SPDX-License-Identifier: MPL-2.0
// Roots: what all histories said, as one digest that can be kept outside.
//
// A root covers the history rows that came since the root before, in the order of the
// change stream, and the figures frozen meanwhile; it is chained to the root before. Who
// has one root keeps everything up to it: gridcase-root(5) has the form, `gridcase verify`
// the proof. Roots are only ever added.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/core/hash.h>

struct calendar;
struct db;
struct db_lane;

enum {
    SEAL_ROWS_MOST = 1 << 20, // of one root: a large import makes several
    SEAL_LIST_MOST = 1000,
    SEAL_LINE_SIZE = 200, // with NUL
};

struct case_seal {
    int64_t number; // 1, 2, 3 ...; 0: there is none
    int64_t made_ms;
    int64_t after, last; // positions of the change stream: (after, last]
    int64_t rows;        // history rows inside
    int64_t frozen_last; // id of the last frozen figures inside; 0: none yet
    int64_t frozen;      // frozen figures inside
    uint8_t tree[HASH_SIZE];
    uint8_t before[HASH_SIZE]; // root before; zeros for the first
    uint8_t root[HASH_SIZE];
};

// The last one; number 0: there is none yet.
int case_seal_last(struct db *db, struct case_seal *ret_seal,
                   struct error *error) ERROR_MUST_CHECK;
// The one that covers frozen figures (by their id); number 0: none yet.
int case_seal_of_frozen(struct db *db, int64_t frozen_id, struct case_seal *ret_seal,
                        struct error *error) ERROR_MUST_CHECK;
// Those before a number, newest first, at most `most` (SEAL_LIST_MOST).
int case_seal_list(struct db *db, int64_t before_number, unsigned most, struct arena *arena,
                   struct case_seal **ret_seals, size_t *ret_count,
                   struct error *error) ERROR_MUST_CHECK;
// "root 12 2026-11-22T18:00:00.000Z 40231 318 4f3a...": number, made, last position, rows,
// root. What is printed, sent and kept outside.
void case_seal_line(const struct case_seal *seal, char out[SEAL_LINE_SIZE]);

// ---- making ----
// Whether something came since the last root and its day (of the calendar; NULL: 24 hours)
// is over.
int case_seal_due(struct db *db, const struct calendar *calendar, int64_t now_ms,
                  bool *ret_due, struct error *error) ERROR_MUST_CHECK;
// Computes the next root from what db shows; number 0: nothing came. Reads only, may take
// long: not in a lane.
int case_seal_make(struct db *db, int64_t now_ms, struct case_seal *ret_seal,
                   struct error *error) ERROR_MUST_CHECK;
// Adds it in the caller's write transaction. *ret_added false: somebody else made that root
// meanwhile, look again.
int case_seal_add(struct db *db, const struct case_seal *seal, bool *ret_added,
                  struct error *error) ERROR_MUST_CHECK;

// Makes all roots that are to be made, in a store that works meanwhile. Not in a lane nor
// on an HTTP thread. *ret_made 0: nothing came, or another server was first.
int case_seal_all(struct db *reader, struct db_lane *lane, int64_t now_ms,
                  unsigned *ret_made, struct error *error) ERROR_MUST_CHECK;

// ---- roots kept outside ----
struct seal_outside {
    int64_t number;
    uint8_t root[HASH_SIZE];
};
enum { SEAL_OUTSIDE_MOST = 100000 };
// Reads the lines that begin with "root "; others (a letter around them) are passed over.
// ERROR_INPUT "root.none", "root.line" (which one is broken).
int seal_outside_read(const char *text, size_t length, struct seal_outside **ret_roots,
                      size_t *ret_count, struct error *error) ERROR_MUST_CHECK; // free()

// ---- proving ----
// Computes every root anew, and compares with those outside. Findings are told, not errors.
typedef void seal_found(void *context, const char *slug, const char *message);
struct seal_proof {
    int64_t roots;        // in the store
    int64_t rows;         // sealed rows that were gone through
    int64_t unsealed;     // rows since the last root: nothing proves these yet
    int64_t matched;      // roots outside that are the store's
    int64_t last_matched; // the newest of them, 0: none
    int64_t covered;      // rows up to that one
    int64_t frozen;       // frozen documents gone through
    int64_t problems;
};
int case_seal_prove(struct db *db, const struct seal_outside *outside, size_t count,
                    seal_found *found, void *context, struct seal_proof *ret_proof,
                    struct error *error) ERROR_MUST_CHECK;

// ---- receipts: one case, checked without the store ----
// JSON of the case's history rows (canonical texts: ids and digests, no personal data) with
// the way from each to its root: gridcase-receipt(5).
int case_receipt(struct db *db, int64_t case_id, struct buffer *out,
                 struct error *error) ERROR_MUST_CHECK;
struct seal_receipt_proof {
    char number[40];   // of the case
    int64_t rows;      // in the receipt
    int64_t sealed;    // whose way leads to the root it names
    int64_t outside;   // of these, to a root that is in the list from outside
    int64_t last_root; // the newest of these roots
};
// Checks one. Everything told that is not true is an error: ERROR_INPUT "receipt.form",
// "receipt.chain", "receipt.path", "receipt.root" (the root outside with that number is
// another).
int seal_receipt_check(const char *text, size_t length, const struct seal_outside *outside,
                       size_t count, struct seal_receipt_proof *ret_proof,
                       struct error *error) ERROR_MUST_CHECK;
