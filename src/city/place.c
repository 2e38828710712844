// SPDX-License-Identifier: MPL-2.0
// The place in words: crossings, landmarks and streets near a point.
#include <gridcase/city/place.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/text.h>

#include "place_internal.h"

static const double crossing_most_m = 60, landmark_most_m = 60, street_most_m = 150,
                    at_m = 5;

struct vertex { // of a named street, while crossings are looked for
    struct geo_point point;
    uint32_t name;
};

struct place_index *place_index_free(struct place_index *index)
{
    if (!index)
        return NULL;
    arena_free(index->arena);
    free(index->names);
    free(index->segments);
    free(index->crossings);
    free(index->landmarks);
    free(index->landmark_points);
    near_index_free(index->near_crossings);
    near_index_free(index->near_landmarks);
    free(index);
    return NULL;
}

static int no_memory(struct error *error)
{
    (void)error_set(error, ERROR_LIMIT, "place.memory", "not enough memory for the places");
    return ERROR_LIMIT; // so that an analyser knows
}

// ---- names ----

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_named(const struct place_street *street)
{
    return !text_is_blank(street->name) && street->line && street->line->point_count > 1;
}

static int collect_names(struct place_index *index, const struct place_street *streets,
                         size_t count, struct error *error)
{
    index->names = memory_array(count, sizeof *index->names);
    if (!index->names)
        return no_memory(error);
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (is_named(&streets[i]))
            index->names[found++] = streets[i].name;
    qsort(index->names, found, sizeof *index->names, by_text);
    for (size_t i = 0; i < found; i++) {
        if (i > 0 && strcmp(index->names[i], index->names[index->name_count - 1]) == 0)
            continue;
        const char *copy = arena_text(index->arena, index->names[i]);
        if (!copy)
            return no_memory(error);
        index->names[index->name_count++] = copy;
    }
    return 0;
}

static uint32_t name_of(const struct place_index *index, const char *name)
{
    const char **found =
        bsearch(&name, index->names, index->name_count, sizeof *index->names, by_text);
    return (uint32_t)(found - index->names);
}

// ---- segments ----

static uint64_t cells_of(struct geo_point a, struct geo_point b, uint64_t ret_range[4])
{
    uint64_t first = place_cell(a.x < b.x ? a.x : b.x, a.y < b.y ? a.y : b.y);
    uint64_t last = place_cell(a.x < b.x ? b.x : a.x, a.y < b.y ? b.y : a.y);
    ret_range[0] = first >> 32;
    ret_range[1] = last >> 32;
    ret_range[2] = first & UINT32_MAX;
    ret_range[3] = last & UINT32_MAX;
    return (ret_range[1] - ret_range[0] + 1) * (ret_range[3] - ret_range[2] + 1);
}

static int by_cell(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    if (x->cell != y->cell)
        return x->cell < y->cell ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name);
}

static size_t put_segment(struct segment *out, struct geo_point a, struct geo_point b,
                          uint32_t name)
{
    uint64_t range[4];
    size_t count = 0;
    cells_of(a, b, range);
    for (uint64_t row = range[0]; row <= range[1]; row++)
        for (uint64_t column = range[2]; column <= range[3]; column++)
            out[count++] = (struct segment){row << 32 | column, a, b, name};
    return count;
}

static int collect_segments(struct place_index *index, const struct place_street *streets,
                            size_t count, struct error *error)
{
    enum { CELLS_MOST = 50000000 };
    uint64_t range[4], needed = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 1; is_named(&streets[i]) && k < streets[i].line->point_count; k++)
            needed +=
                cells_of(streets[i].line->point[k - 1], streets[i].line->point[k], range);
    index->segments =
        needed < CELLS_MOST ? memory_array(needed, sizeof *index->segments) : NULL;
    if (!index->segments)
        return no_memory(error);
    for (size_t i = 0; i < count; i++) {
        if (!is_named(&streets[i]))
            continue;
        uint32_t name = name_of(index, streets[i].name);
        const struct geo_line *line = streets[i].line;
        for (size_t k = 1; k < line->point_count; k++)
            index->segment_count += put_segment(index->segments + index->segment_count,
                                                line->point[k - 1], line->point[k], name);
    }
    qsort(index->segments, index->segment_count, sizeof *index->segments, by_cell);
    return 0;
}

// ---- crossings ----

static int by_point(const void *a, const void *b)
{
    const struct vertex *x = a, *y = b;
    if (x->point.x != y->point.x)
        return x->point.x < y->point.x ? -1 : 1;
    if (x->point.y != y->point.y)
        return x->point.y < y->point.y ? -1 : 1;
    return (x->name > y->name) - (x->name < y->name);
}

static int collect_crossings(struct place_index *index, const struct place_street *streets,
                             size_t count, struct error *error)
{
    size_t total = 0, found = 0;
    for (size_t i = 0; i < count; i++)
        total += is_named(&streets[i]) ? streets[i].line->point_count : 0;
    struct vertex *vertices = memory_array(total, sizeof *vertices);
    index->crossings = memory_array(total, sizeof *index->crossings);
    if (!vertices || !index->crossings) {
        free(vertices);
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_named(&streets[i]))
            continue;
        uint32_t name = name_of(index, streets[i].name);
        for (size_t k = 0; k < streets[i].line->point_count; k++)
            vertices[found++] = (struct vertex){streets[i].line->point[k], name};
    }
    qsort(vertices, found, sizeof *vertices, by_point);
    for (size_t i = 1; i < found; i++) {
        const struct vertex *before = &vertices[i - 1], *here = &vertices[i];
        bool same_place =
            before->point.x == here->point.x && before->point.y == here->point.y;
        if (!same_place || before->name == here->name)
            continue;
        index->crossings[index->crossing_count++] =
            (struct crossing){here->point, before->name, here->name};
    }
    free(vertices);
    return 0;
}

static int index_crossings(struct place_index *index, struct error *error)
{
    struct near_item *items = memory_array(index->crossing_count, sizeof *items);
    if (!items)
        return no_memory(error);
    for (size_t i = 0; i < index->crossing_count; i++)
        items[i] = (struct near_item){(int64_t)i + 1, index->crossings[i].point};
    int status =
        near_index_new(items, index->crossing_count, &index->near_crossings, error);
    free(items);
    return status;
}

static int collect_landmarks(struct place_index *index,
                             const struct place_landmark *landmarks, size_t count,
                             struct error *error)
{
    struct near_item *items = memory_array(count, sizeof *items);
    index->landmarks = memory_array(count, sizeof *index->landmarks);
    index->landmark_points = memory_array(count, sizeof *index->landmark_points);
    int status = items && index->landmarks && index->landmark_points ? 0 : no_memory(error);
    size_t kept = 0;
    for (size_t i = 0; status == 0 && i < count; i++) {
        if (text_is_blank(landmarks[i].name))
            continue;
        index->landmark_points[kept] = landmarks[i].point;
        index->landmarks[kept] = arena_text(index->arena, landmarks[i].name);
        if (!index->landmarks[kept])
            status = no_memory(error);
        kept++;
        items[kept - 1] = (struct near_item){(int64_t)kept, landmarks[i].point};
    }
    index->landmark_count = status == 0 ? kept : 0;
    if (status == 0)
        status = near_index_new(items, kept, &index->near_landmarks, error);
    free(items);
    return status;
}

int place_index_new(const struct place_street *streets, size_t street_count,
                    const struct place_landmark *landmarks, size_t landmark_count,
                    struct place_index **ret_index, struct error *error)
{
    struct place_index *index = memory_new(sizeof *index);
    index->arena = arena_new(BUFFER_CEILING_FILE);
    int status = collect_names(index, streets, street_count, error);
    if (status == 0)
        status = collect_segments(index, streets, street_count, error);
    if (status == 0)
        status = collect_crossings(index, streets, street_count, error);
    if (status == 0)
        status = index_crossings(index, error);
    if (status == 0)
        status = collect_landmarks(index, landmarks, landmark_count, error);
    if (status != 0)
        place_index_free(index);
    else
        *ret_index = index;
    return status;
}

// ---- finding ----

struct offset { // from a thing to the point, metres
    double east, north;
};

static struct offset offset_to(struct geo_point thing, struct geo_point point,
                               const struct place_scale *scale)
{
    return (struct offset){(double)((int64_t)point.x - thing.x) * scale->x_m,
                           (double)((int64_t)point.y - thing.y) * scale->y_m};
}

static void set_words(struct place_words *words, enum place_kind kind, struct offset offset)
{
    static const enum place_side sides[] = {PLACE_N, PLACE_NE, PLACE_E, PLACE_SE,
                                            PLACE_S, PLACE_SW, PLACE_W, PLACE_NW};
    words->kind = kind;
    words->distance_m = hypot(offset.east, offset.north);
    double turn = atan2(offset.east, offset.north) / (M_PI / 4); // 0 north, 2 east
    int eighth = ((int)lround(turn) + 8) % 8;
    words->side = words->distance_m < at_m ? PLACE_AT : sides[eighth];
}

// From the nearest point of the segment to the point.
static struct offset offset_from_segment(const struct segment *segment,
                                         struct geo_point point,
                                         const struct place_scale *scale)
{
    struct offset from_a = offset_to(segment->a, point, scale);
    struct offset along = offset_to(segment->a, segment->b, scale);
    double length2 = along.east * along.east + along.north * along.north;
    double share =
        length2 > 0 ? (from_a.east * along.east + from_a.north * along.north) / length2 : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return (struct offset){from_a.east - share * along.east,
                           from_a.north - share * along.north};
}

static size_t first_from(const struct place_index *index, uint64_t cell)
{
    size_t low = 0, high = index->segment_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->segments[middle].cell < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void find_street(const struct place_index *index, struct geo_point point,
                        const struct place_scale *scale, struct place_words *words)
{
    int64_t dx = (int64_t)(street_most_m / scale->x_m) + 1;
    int64_t dy = (int64_t)(street_most_m / scale->y_m) + 1;
    uint64_t first_row = place_cell(0, point.y - dy) >> 32;
    uint64_t last_row = place_cell(0, point.y + dy) >> 32;
    uint64_t west = place_cell(point.x - dx, 0) & UINT32_MAX;
    uint64_t east = place_cell(point.x + dx, 0) & UINT32_MAX;
    double best_m = street_most_m;
    for (uint64_t row = first_row; row <= last_row; row++) {
        for (size_t i = first_from(index, row << 32 | west);
             i < index->segment_count && index->segments[i].cell <= (row << 32 | east);
             i++) {
            struct offset offset = offset_from_segment(&index->segments[i], point, scale);
            if (hypot(offset.east, offset.north) >= best_m)
                continue;
            best_m = hypot(offset.east, offset.north);
            set_words(words, PLACE_STREET, offset);
            words->name = index->names[index->segments[i].name];
        }
    }
}

void place_find(const struct place_index *index, struct geo_point point,
                struct place_words *ret_words)
{
    const struct place_scale scale = place_scale_at(point);
    struct near_hit hit;
    *ret_words = (struct place_words){.kind = PLACE_NOTHING};
    if (near_index_find(index->near_crossings, point, crossing_most_m, &hit, 1) > 0) {
        const struct crossing *crossing = &index->crossings[hit.id - 1];
        set_words(ret_words, PLACE_CROSSING, offset_to(crossing->point, point, &scale));
        ret_words->name = index->names[crossing->name];
        ret_words->other = index->names[crossing->other];
    } else if (near_index_find(index->near_landmarks, point, landmark_most_m, &hit, 1) >
               0) {
        set_words(ret_words, PLACE_LANDMARK,
                  offset_to(index->landmark_points[hit.id - 1], point, &scale));
        ret_words->name = index->landmarks[hit.id - 1];
    } else {
        find_street(index, point, &scale, ret_words);
    }
}

// ---- words ----

static void text_in_chinese(const struct place_words *words, const char *thing, char *out,
                            size_t size)
{
    static const char *const sides[] = {"",   "北",   "东北", "东",  "东南",
                                        "南", "西南", "西",   "西北"};
    if (words->side == PLACE_AT)
        snprintf(out, size, "%s", thing);
    else
        snprintf(out, size, "%s以%s%.0f米", thing, sides[words->side], words->distance_m);
}

static void text_in_english(const struct place_words *words, const char *thing, char *out,
                            size_t size)
{
    static const char *const sides[] = {"",           "north",      "north-east",
                                        "east",       "south-east", "south",
                                        "south-west", "west",       "north-west"};
    if (words->side == PLACE_AT)
        snprintf(out, size, "%s %s", words->kind == PLACE_STREET ? "on" : "at", thing);
    else
        snprintf(out, size, "%.0f m %s of %s", words->distance_m, sides[words->side],
                 thing);
}

// Takes the first bytes of a character off the end, when snprintf() had to cut there.
static void end_at_character(char *text)
{
    size_t length = strlen(text);
    for (int i = 0; i < 3 && !text_is_utf8(text, length); i++)
        text[--length] = '\0';
}

void place_text(const struct place_words *words, const char *language, char *out,
                size_t size)
{
    bool chinese = text_starts(language, "zh");
    char thing[512];
    out[0] = '\0';
    if (words->kind == PLACE_NOTHING)
        return;
    if (words->kind == PLACE_CROSSING)
        snprintf(thing, sizeof thing, "%s%s%s%s%s", chinese ? "" : "the crossing of ",
                 words->name, chinese ? "与" : " and ", words->other,
                 chinese ? "路口" : "");
    else
        snprintf(thing, sizeof thing, "%s", words->name);
    end_at_character(thing);
    if (chinese)
        text_in_chinese(words, thing, out, size);
    else
        text_in_english(words, thing, out, size);
    end_at_character(out);
}
