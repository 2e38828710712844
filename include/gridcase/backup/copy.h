// SPDX-License-Identifier: MPL-2.0
// Cities of one store copied into another, on the same or another engine, while they work.
//
// What is in a copy is what the city was at one moment: rows are read in one transaction
// each of model and cases, compared with what the other store has, and put where they
// differ; then everything is read back and its digest compared. A copy that was cut short
// is out of service until the same command is given again; it goes on where it was.
//
// To hand a city over, what changed meanwhile is brought by the change stream, again and
// again until little is left; both sides are then read whole and compared, as of one
// moment, while the city still works. At last nobody writes while what has changed since
// that moment is brought and compared again, and the city goes out of service here with the
// address of the other store.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gridcase/backup/digest.h>
#include <gridcase/core/error.h>

enum copy_state {
    COPY_BEGINS,
    COPY_ROWS,     // copying rows
    COPY_COMPARES, // reading back what was copied
    COPY_PHOTOS,   // linking or copying photos
    COPY_RECOUNTS, // counting anew what is kept beside the cases
    COPY_CATCHES,  // bringing what has changed meanwhile
    COPY_HOLDS,    // nobody writes: the last of it
    COPY_STATE_COUNT
};
// "copying", "comparing" ...
const char *copy_state_to_str(enum copy_state state);

struct copy_progress {
    enum copy_state state;
    char what[96];     // "boston: history"
    int64_t done, all; // rows of the city in this state; photos
};

struct copy_city_result {
    char slug[64];
    int64_t rows, put, removed; // in the city; put and removed by this command
    int64_t photos, photos_new; // files
    struct city_digest digest;
    int64_t taken_ms; // whatever was acknowledged before is in it
    // The digest is of this moment; handed over, what changed from then to taken_ms was
    // compared row by row: held_rows of them while nobody could write.
    int64_t compared_ms, held_rows;
    int64_t took_ms, held_ms;
    bool went_on; // with a copy that was cut short, or made again
};

struct copy_options {
    const char *from, *to; // locations of stores; `to` is made when it is not there
    const char *city;      // NULL: all
    bool again;            // cities that are there are brought up to date
    bool hand_over;
    const atomic_bool *stop; // may be NULL; set: ERROR_BUSY "copy.stopped"
    void (*tell)(void *context, const struct copy_progress *progress); // may be NULL
    // Recounts a city of the other store before it goes into service; may be NULL.
    int (*check)(void *context, const char *slug, struct error *error);
    // Tells a running server that nobody may write now, or that it is over: it looks at the
    // row of the city again; may be NULL.
    int (*hold)(void *context, const char *slug, bool held, struct error *error);
    void (*done)(void *context, const struct copy_city_result *result); // may be NULL
    // A city that an earlier command had moved goes into service; may be NULL.
    void (*settled)(void *context, const char *slug);
    void *context;
};
struct db_store;
// Puts cities into service that are complete copies and were let go by the store that they
// came from, when whoever handed them over died in between. from NULL: each is looked for
// where its row says that it came from; else only that one's. settled may be NULL.
int copy_settle(struct db_store *to, struct db_store *from,
                void (*settled)(void *context, const char *slug), void *context,
                struct error *error) ERROR_MUST_CHECK;

// ERROR_CONFLICT "copy.exists" (the city is there and not half a copy of this store);
// ERROR_INPUT "copy.same"; ERROR_STORE "copy.differs" (what was read back is not what was
// copied); ERROR_NOT_FOUND "city.unknown"; errors of both stores.
int store_copy(const struct copy_options *options, struct error *error) ERROR_MUST_CHECK;
