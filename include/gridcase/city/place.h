// SPDX-License-Identifier: MPL-2.0
// What stands near a point: the nearest components, and the place in words.
//
// Flat arrays behind a grid of cells; immutable after building, any thread may read.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/geo/shape.h>

// ---- nearest things ----
struct near_index; // opaque

struct near_item {
    int64_t id;
    struct geo_point point;
};
struct near_hit {
    int64_t id;
    double distance_m;
};
// Items are copied. An empty index is allowed.
int near_index_new(const struct near_item *items, size_t count,
                   struct near_index **ret_index, struct error *error) ERROR_MUST_CHECK;
struct near_index *near_index_free(struct near_index *index); // takes NULL, returns NULL
// Nearest first, at most `most`, none farther than radius_m (at most 2,000). Returns how
// many.
size_t near_index_find(const struct near_index *index, struct geo_point point,
                       double radius_m, struct near_hit *ret_hits, size_t most);

// ---- the place in words ----
struct place_index; // opaque

struct place_street {
    const char *name; // copied; unnamed streets (NULL or "") are passed over
    const struct geo_line *line;
};
struct place_landmark {
    const char *name; // copied
    struct geo_point point;
};
// Crossings are found where streets of different names share a vertex.
int place_index_new(const struct place_street *streets, size_t street_count,
                    const struct place_landmark *landmarks, size_t landmark_count,
                    struct place_index **ret_index, struct error *error) ERROR_MUST_CHECK;
struct place_index *place_index_free(struct place_index *index);

enum place_kind { PLACE_NOTHING, PLACE_CROSSING, PLACE_STREET, PLACE_LANDMARK };
enum place_side { // of the thing, on which the point lies
    PLACE_AT,     // nearer than 5 m
    PLACE_N,
    PLACE_NE,
    PLACE_E,
    PLACE_SE,
    PLACE_S,
    PLACE_SW,
    PLACE_W,
    PLACE_NW,
};
struct place_words {
    enum place_kind kind;
    const char *name;  // street, landmark or first street of the crossing; borrowed
    const char *other; // second street of the crossing, or NULL
    enum place_side side;
    double distance_m;
};
// The nearest crossing within 60 m; else a landmark within 60 m; else the nearest street
// within 150 m; else nothing.
void place_find(const struct place_index *index, struct geo_point point,
                struct place_words *ret_words);
// "25 m north of the crossing of A St and B St", "A街与B街路口以北25米"; "" for nothing.
// language: "zh-CN" (any zh), anything else English. Cut between characters at size bytes.
void place_text(const struct place_words *words, const char *language, char *out,
                size_t size);

// ---- finding a place by words ----
struct place_query; // words as they were typed or pasted, ready to be compared

// At most a few words count. A query of nothing but blanks and marks matches nothing.
struct place_query *place_query_new(const char *text);
struct place_query *place_query_free(struct place_query *query); // takes NULL
static inline void place_query_cleanup(struct place_query **query)
{
    *query = place_query_free(*query);
}
#define PLACE_QUERY_CLEANUP __attribute__((cleanup(place_query_cleanup)))
// How well a name fits what was typed: 0 not at all. The typed words may be beginnings of
// the name's ("bea st": Beacon Street), or the name may stand whole in a longer text (a
// pasted address). Case and the usual short forms of street kinds do not matter; Chinese is
// found anywhere in the name.
int place_query_fit(const struct place_query *query, const char *name);

struct place_hit {
    enum place_kind kind;     // PLACE_CROSSING, PLACE_STREET, PLACE_LANDMARK
    const char *name, *other; // borrowed from the index; other: second street of a crossing
    struct geo_point point;   // on the thing
    struct geo_point low, high; // corners of a box around it
    int fit;
};
// Best first, at most `most` (and PLACE_HITS_MOST). "A & B", "A and B", "A / B", "A与B"
// look for a crossing.
enum { PLACE_HITS_MOST = 20 };
size_t place_search(const struct place_index *index, const struct place_query *query,
                    struct place_hit *ret_hits, size_t most);
