// SPDX-License-Identifier: MPL-2.0
// Places by words: streets, crossings and landmarks. A city has some thousands of names, so
// each is looked at; what a name is compared with is prepared once.
#include <gridcase/city/place.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

#include "place_internal.h"

enum { WORDS_MOST = 10, WORD_SIZE = 40, PARTS_MOST = 2, QUERY_BYTES_MOST = 400 };

struct words {
    size_t count;
    char text[WORDS_MOST][WORD_SIZE]; // lower case
};

struct place_query {
    size_t part_count;
    struct words parts[PARTS_MOST]; // both sides of "A & B", else one
};

// ---- words ----

static const char *full_form(const char *word)
{
    static const char *const forms[][2] = {
        {"av", "avenue"}, {"ave", "avenue"},   {"blvd", "boulevard"}, {"cir", "circle"},
        {"ct", "court"},  {"dr", "drive"},     {"hwy", "highway"},    {"ln", "lane"},
        {"pk", "park"},   {"pkwy", "parkway"}, {"pl", "place"},       {"rd", "road"},
        {"sq", "square"}, {"st", "street"},    {"ter", "terrace"},    {"tpke", "turnpike"},
        {"wy", "way"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(word, forms[i][0]) == 0) {
            return forms[i][1];
        }
    }
    return word;
}

static bool is_wide(char c)
{
    return ((unsigned char)c & 0x80) != 0;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           is_wide(c);
}

// Words of ASCII letters and digits, and runs of anything else that is not ASCII.
static void split(const char *text, size_t length, struct words *out)
{
    out->count = 0;
    for (size_t i = 0; i < length && out->count < WORDS_MOST;) {
        if (!is_word(text[i])) {
            i++;
            continue;
        }
        char *word = out->text[out->count++];
        size_t size = 0;
        bool wide = is_wide(text[i]);
        for (; i < length &&
               ((is_word(text[i]) && is_wide(text[i]) == wide) || text[i] == '\'');
             i++) {
            char c = text[i];
            if (size + 1 < WORD_SIZE && c != '\'') {
                word[size++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            }
        }
        word[size] = '\0';
    }
}

// Where "A & B" is cut in two; NULL: nowhere.
static const char *find_cut(const char *text, size_t *ret_length)
{
    static const char *const cuts[] = {"&", "/", "@", " and ", " at ", "与", "和"};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        const char *found = strstr(text, cuts[i]);
        if (found && found != text) {
            *ret_length = strlen(cuts[i]);
            return found;
        }
    }
    return NULL;
}

struct place_query *place_query_new(const char *text)
{
    struct place_query *query = memory_new(sizeof(*query));
    size_t length = strnlen(text, QUERY_BYTES_MOST);
    size_t cut_length = 0;
    const char *cut = find_cut(text, &cut_length);
    if (cut && (size_t)(cut - text) + cut_length < length) {
        size_t second = (size_t)(cut - text) + cut_length;
        split(text, (size_t)(cut - text), &query->parts[0]);
        split(text + second, length - second, &query->parts[1]);
        query->part_count = 2;
    } else {
        split(text, length, &query->parts[0]);
        query->part_count = 1;
    }
    return query;
}

struct place_query *place_query_free(struct place_query *query)
{
    free(query);
    return NULL;
}

// ---- how well a name fits ----

enum fit { FIT_NOT, FIT_INSIDE, FIT_WORDS, FIT_START, FIT_START_WHOLE, FIT_WHOLE };

static bool begins(const char *word, const char *typed)
{
    return strncmp(word, typed, strlen(typed)) == 0 ||
           strcmp(full_form(word), full_form(typed)) == 0;
}

static bool typed_fits(const char *typed, const struct words *name)
{
    for (size_t i = 0; i < name->count; i++) {
        bool wide = is_wide(*typed);
        if (wide ? strstr(name->text[i], typed) != NULL : begins(name->text[i], typed)) {
            return true;
        }
    }
    return false;
}

static bool same(const char *a, const char *b)
{
    return strcmp(full_form(a), full_form(b)) == 0;
}

// The whole name stands in the text, its words side by side: a pasted address.
static bool stands_in(const struct words *name, const struct words *text)
{
    for (size_t at = 0; name->count >= 2 && at + name->count <= text->count; at++) {
        size_t i = 0;
        while (i < name->count && same(name->text[i], text->text[at + i])) {
            i++;
        }
        if (i == name->count) {
            return true;
        }
    }
    return false;
}

static enum fit fit_of(const struct words *typed, const char *text)
{
    struct words name;
    split(text, strlen(text), &name);
    if (typed->count == 0 || name.count == 0) {
        return FIT_NOT;
    }
    size_t fitting = 0;
    size_t start = 0, same_start = 0;
    bool whole = typed->count == name.count;
    for (size_t i = 0; i < typed->count; i++) {
        fitting += typed_fits(typed->text[i], &name);
        start += i < name.count && begins(name.text[i], typed->text[i]);
        same_start += i < name.count && same(name.text[i], typed->text[i]);
        whole = whole && same(name.text[i], typed->text[i]);
    }
    if (fitting == typed->count) {
        return whole                        ? FIT_WHOLE
               : same_start == typed->count ? FIT_START_WHOLE
               : start == typed->count      ? FIT_START
                                            : FIT_WORDS;
    }
    return stands_in(&name, typed) ? FIT_INSIDE : FIT_NOT;
}

int place_query_fit(const struct place_query *query, const char *name)
{
    return query->part_count == 1 && name ? (int)fit_of(&query->parts[0], name) : 0;
}

// ---- what fits, best first ----

struct found {
    struct place_hit *hits;
    size_t count, most;
};

static bool is_better(const struct place_hit *a, const struct place_hit *b)
{
    if (a->fit != b->fit) {
        return a->fit > b->fit;
    }
    size_t x = strlen(a->name), y = strlen(b->name);
    return x != y ? x < y : strcmp(a->name, b->name) < 0;
}

static void add(struct found *found, const struct place_hit *hit)
{
    size_t at = found->count;
    while (at > 0 && is_better(hit, &found->hits[at - 1])) {
        at--;
    }
    if (at == found->most) {
        return;
    }
    size_t kept = found->count < found->most ? found->count : found->most - 1;
    memmove(&found->hits[at + 1], &found->hits[at], (kept - at) * sizeof(*hit));
    found->hits[at] = *hit;
    found->count = kept + 1;
}

static void find_crossings(const struct place_index *index, const struct place_query *query,
                           struct found *found)
{
    int *fits =
        memory_array(index->name_count * 2, sizeof(*fits)); // of each name, both parts
    for (size_t i = 0; fits && i < index->name_count; i++) {
        fits[2 * i] = (int)fit_of(&query->parts[0], index->names[i]);
        fits[2 * i + 1] = (int)fit_of(&query->parts[1], index->names[i]);
    }
    for (size_t i = 0; fits && i < index->crossing_count; i++) {
        const struct crossing *crossing = &index->crossings[i];
        const int *a = &fits[2 * crossing->name], *b = &fits[2 * crossing->other];
        int one = a[0] && b[1] ? a[0] + b[1] : 0;
        int two = a[1] && b[0] ? a[1] + b[0] : 0;
        struct place_hit hit = {PLACE_CROSSING,
                                index->names[crossing->name],
                                index->names[crossing->other],
                                crossing->point,
                                crossing->point,
                                crossing->point,
                                one > two ? one : two};
        if (hit.fit) {
            add(found, &hit);
        }
    }
    free(fits);
}

static void widen(struct place_hit *hit, struct geo_point point)
{
    hit->low.x = point.x < hit->low.x ? point.x : hit->low.x;
    hit->low.y = point.y < hit->low.y ? point.y : hit->low.y;
    hit->high.x = point.x > hit->high.x ? point.x : hit->high.x;
    hit->high.y = point.y > hit->high.y ? point.y : hit->high.y;
}

// A street's box, and the point on it nearest to the middle of that.
static void place_street_hit(const struct place_index *index, struct place_hit *hit)
{
    double best = -1;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < index->segment_count; i++) {
            const struct segment *segment = &index->segments[i];
            if (index->names[segment->name] != hit->name) {
                continue;
            }
            if (round == 0) {
                if (hit->high.x < hit->low.x) {
                    hit->low = hit->high = segment->a;
                }
                widen(hit, segment->a);
                widen(hit, segment->b);
                continue;
            }
            double x = ((double)segment->a.x + segment->b.x) / 2;
            double y = ((double)segment->a.y + segment->b.y) / 2;
            double dx = x - ((double)hit->low.x + hit->high.x) / 2;
            double dy = y - ((double)hit->low.y + hit->high.y) / 2;
            if (best < 0 || dx * dx + dy * dy < best) {
                best = dx * dx + dy * dy;
                hit->point = (struct geo_point){(int32_t)x, (int32_t)y};
            }
        }
    }
}

static void find_names(const struct place_index *index, const struct words *typed,
                       struct found *found)
{
    for (size_t i = 0; i < index->name_count; i++) {
        struct place_hit hit = {.kind = PLACE_STREET,
                                .name = index->names[i],
                                .low = {1, 1}, // nothing yet: high lies below
                                .fit = (int)fit_of(typed, index->names[i])};
        if (hit.fit) {
            add(found, &hit);
        }
    }
    for (size_t i = 0; i < index->landmark_count; i++) {
        struct geo_point at = index->landmark_points[i];
        struct place_hit hit = {.kind = PLACE_LANDMARK,
                                .name = index->landmarks[i],
                                .point = at,
                                .low = at,
                                .high = at,
                                .fit = (int)fit_of(typed, index->landmarks[i])};
        if (hit.fit) {
            add(found, &hit);
        }
    }
}

// "104 Brookley": a number in front is a house's; streets have names.
static bool without_number(const struct words *typed, struct words *out)
{
    if (typed->count < 2 || typed->text[0][0] < '0' || typed->text[0][0] > '9') {
        return false;
    }
    *out = *typed;
    out->count--;
    memmove(out->text[0], out->text[1], out->count * WORD_SIZE);
    return true;
}

size_t place_search(const struct place_index *index, const struct place_query *query,
                    struct place_hit *ret_hits, size_t most)
{
    struct found found = {ret_hits, 0, most < PLACE_HITS_MOST ? most : PLACE_HITS_MOST};
    struct words rest;
    if (found.most == 0) {
        return 0;
    }
    if (query->part_count == 2) {
        find_crossings(index, query, &found);
        return found.count;
    }
    find_names(index, &query->parts[0], &found);
    if (found.count == 0 && without_number(&query->parts[0], &rest)) {
        find_names(index, &rest, &found);
    }
    for (size_t i = 0; i < found.count; i++) {
        if (ret_hits[i].kind == PLACE_STREET) {
            place_street_hit(index, &ret_hits[i]);
        }
    }
    return found.count;
}
