// SPDX-License-Identifier: MPL-2.0
// What a case's history says of its class, place and words: the case row must say the same.
#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "recount_internal.h"

// ---- out of the history ----
static const char *text_of(const struct json *object, const char *name, struct arena *arena)
{
    const char *text = NULL;
    if (json_get_text(object, name, JSON_OPTIONAL, CASE_DESCRIPTION_MOST, &text, NULL) != 0)
        text = NULL;
    return arena_text(arena, text != NULL ? text : "");
}

static bool read_where(struct recount_place *place, const struct json *object)
{
    const struct json *areas = NULL;
    int64_t grid = -1, class_id = place->class_id, condition_id = place->condition_id;
    if (json_get_int(object, "grid", JSON_OPTIONAL, 0, INT64_MAX, &grid, NULL) != 0 ||
        json_get_array(object, "areas", JSON_OPTIONAL, &areas, NULL) != 0 ||
        json_get_int(object, "class", JSON_OPTIONAL, 0, INT64_MAX, &class_id, NULL) != 0 ||
        json_get_int(object, "condition", JSON_OPTIONAL, 0, INT64_MAX, &condition_id,
                     NULL) != 0)
        return false;
    place->class_id = class_id;
    place->condition_id = condition_id;
    if (grid < 0 || areas == NULL)
        return false;
    place->grid_id = grid;
    memset(place->areas, 0, sizeof place->areas);
    for (size_t i = 0; i < json_array_length(areas) && i < CITY_LEVEL_LIMIT; i++)
        (void)json_as_int(json_array_item(areas, i), &place->areas[i]);
    return true;
}

static void read_report(struct recount_place *place, const struct json *inputs,
                        struct arena *arena)
{
    const struct json *point = NULL;
    place->whole = read_where(place, inputs);
    place->address = text_of(inputs, "address", arena);
    place->source = text_of(inputs, "source", arena);
    place->urgency = text_of(inputs, "urgency", arena);
    place->external_id = text_of(inputs, "external_id", arena);
    place->component = text_of(inputs, "component", arena);
    place->has_point =
        json_get_object(inputs, "point", JSON_OPTIONAL, &point, NULL) == 0 &&
        point != NULL &&
        json_get_double(point, "lon", JSON_REQUIRED, &place->lon_deg, NULL) == 0 &&
        json_get_double(point, "lat", JSON_REQUIRED, &place->lat_deg, NULL) == 0;
}

// A correction: what it asked for in words, what it came to beside them.
static void read_correction(struct recount_place *place, const struct json *inputs,
                            struct arena *arena)
{
    const struct json *before = NULL, *after = NULL;
    const char *text = NULL;
    int64_t class_id = place->class_id;
    struct case_point point;
    if (json_get_object(inputs, "before", JSON_OPTIONAL, &before, NULL) != 0 ||
        before == NULL)
        return;
    if (json_get_object(inputs, "after", JSON_OPTIONAL, &after, NULL) != 0 || after == NULL)
        place->moved = true;
    else
        place->whole = read_where(place, after);
    if (place->class_id != class_id)
        place->component = "";
    if (json_get_text(inputs, "address", JSON_OPTIONAL, CASE_DESCRIPTION_MOST, &text,
                      NULL) == 0 &&
        text != NULL)
        place->address = arena_text(arena, text);
    text = NULL;
    if (json_get_text(inputs, "point", JSON_OPTIONAL, 200, &text, NULL) == 0 &&
        text != NULL && case_point_parse(text, &point, NULL) == 0) {
        place->has_point = true;
        place->lon_deg = point.lon_deg;
        place->lat_deg = point.lat_deg;
    }
}

// The first row and corrections; those of before the form say nothing.
bool recount_place_needs(const struct recount_place *place, const struct history_row *row)
{
    return row->inputs != NULL &&
           (!place->begun || strstr(row->inputs, "\"before\"") != NULL);
}

bool recount_erased(const uint8_t digest[HASH_SIZE])
{
    static const uint8_t none[HASH_SIZE];
    return memcmp(digest, none, HASH_SIZE) != 0;
}

// The digests of the row's texts are still those that were kept when they were erased.
void recount_place_row(struct recount_place *place, const struct history_row *row,
                       const struct json *inputs, struct arena *arena)
{
    bool first = !place->begun;
    if (first) {
        const char *said = row->opinion;
        *place = (struct recount_place){.begun = true,
                                        .opened_ms = row->entry.done_ms,
                                        .reported_by = row->entry.actor_id,
                                        .ended_ms = INSTANT_NONE};
        if (said != NULL || !recount_erased(row->entry.opinion_digest))
            place->description = said != NULL ? said : "";
    }
    if (inputs == NULL) // erased inputs leave the case without a proof of its place
        return;
    if (first)
        read_report(place, inputs, arena);
    else
        read_correction(place, inputs, arena);
}

// ---- compared with the row ----
static bool same_text(const char *a, const char *b)
{
    return a == NULL || strcmp(a, b != NULL ? b : "") == 0; // NULL: erased
}

// The history keeps seven decimals of a degree: a centimetre.
static bool same_point(const struct recount_place *place, const struct case_place *row)
{
    return place->has_point == row->has_point &&
           (!row->has_point || (fabs(place->lon_deg - row->point.lon_deg) < 1e-6 &&
                                fabs(place->lat_deg - row->point.lat_deg) < 1e-6));
}

const char *recount_place_differs(const struct recount_place *place,
                                  const struct case_row *row, unsigned *cursor)
{
    const struct case_place *kept = &row->place;
    bool told = place->whole && !place->moved;
    const struct {
        bool same;
        const char *what;
    } CHECKS[] = {
        {row->opened_ms == place->opened_ms, "when it was reported"},
        {row->closed_ms == place->ended_ms, "when it ended"},
        {row->reported_by == place->reported_by, "who reported it"},
        {same_text(place->description, row->description), "the description"},
        {same_text(place->source, process_source_to_str(row->source)), "the source"},
        {same_text(place->urgency, row->urgency), "the urgency"},
        {same_text(place->external_id, row->external_id), "the number of another system"},
        {same_text(place->component, kept->component), "the component"},
        {same_text(place->address, kept->address), "the address"},
        {place->source == NULL || same_point(place, kept), "the point"},
        {!told || kept->class_id == place->class_id, "the class"},
        {!told || kept->condition_id == place->condition_id, "the condition"},
        {!told || kept->grid_id == place->grid_id, "the unit grid"},
        {!told || memcmp(kept->areas, place->areas, sizeof kept->areas) == 0, "the areas"},
    };
    while (*cursor < sizeof CHECKS / sizeof CHECKS[0]) {
        unsigned at = (*cursor)++;
        if (!CHECKS[at].same)
            return CHECKS[at].what;
    }
    return NULL;
}
