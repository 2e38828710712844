// SPDX-License-Identifier: MPL-2.0
// What the files of copies between stores share.
#pragma once

#include <gridcase/backup/copy.h>
#include <gridcase/db/rows.h>

enum { COPY_SIDES = 2 }; // model, cases

// One database of a city on both sides.
struct copy_side {
    enum db_database database;
    const struct db_catalogue *catalogue;
    struct db *from, *to, *seen;
    struct db_transaction moment; // of from
};

// Of the change stream, and how far keys of requests had expired then.
struct copy_point {
    int64_t position, keys;
};

struct city_copy {
    const struct copy_options *options;
    struct db_store *from, *to;
    const char *slug;
    struct copy_side sides[COPY_SIDES];
    struct city_digest_line lines[COPY_SIDES * DB_TABLES_MAX]; // of `from`
    size_t line_count;
    int64_t epoch;               // of the change stream
    struct copy_point there;     // up to which everything is there
    struct copy_point compared;  // up to which both sides were read whole and compared
    bool extra[DB_TABLES_MAX];   // of the side at work: tables with rows too many
    bool touched[DB_TABLES_MAX]; // and those where something was put or removed
    struct copy_progress progress;
    struct copy_city_result result;
};

// ---- databases of a city (copy_city.c) ----
int city_copy_open(struct city_copy *copy, struct error *error) ERROR_MUST_CHECK;
void city_copy_close(struct city_copy *copy);
// Holds what the city is now; lets it go.
int city_copy_moment(struct city_copy *copy, struct error *error) ERROR_MUST_CHECK;
void city_copy_moment_end(struct city_copy *copy);
// Everything; leaves the digests of all tables.
int city_copy_all(struct city_copy *copy, struct error *error) ERROR_MUST_CHECK;
// Reads back and compares with the digests of the last city_copy_all, or reads both as of
// the moment that is held.
int city_copy_compare(struct city_copy *copy, bool both,
                      struct error *error) ERROR_MUST_CHECK;
void city_copy_tell(struct city_copy *copy, enum copy_state state, const char *what);
void city_copy_expect(struct city_copy *copy, int64_t rows); // in the state that begins
struct db_bring city_copy_bring(struct city_copy *copy, struct copy_side *side,
                                const struct db_table *table, const struct db_range *range);
// After rows were brought: what is kept beside the tables.
int city_copy_end(struct city_copy *copy, bool filled,
                  struct error *error) ERROR_MUST_CHECK;

// ---- what has changed (copy_changes.c) ----
// Brings it since everything was there; *ret_cases: how many cases moved.
int city_copy_changes(struct city_copy *copy, int64_t *ret_cases,
                      struct error *error) ERROR_MUST_CHECK;
// Brings what has changed since both sides were compared whole, and compares it again: for
// the time when nobody may write. ERROR_STORE "copy.differs".
int city_copy_last(struct city_copy *copy, struct error *error) ERROR_MUST_CHECK;

// ---- tracks (copy_tracks.c) ----
// All of them, read back; late: what has come or gone since, without reading all.
int city_copy_tracks(struct city_copy *copy, bool late,
                     struct error *error) ERROR_MUST_CHECK;

// ---- what the rows of cities say (copy_settle.c) ----
enum { COPY_REASON_SIZE = 1200 };
void copy_half_reason(const char *from, char out[COPY_REASON_SIZE]);
void copy_complete_reason(const char *from, char out[COPY_REASON_SIZE]); // begins the same
void copy_moved_reason(const char *to, char out[COPY_REASON_SIZE]);

// ---- photos (copy_photos.c) ----
// Files that are missing are linked, or copied where that does not go.
int city_copy_photos(struct city_copy *copy, struct error *error) ERROR_MUST_CHECK;
