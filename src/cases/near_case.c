// SPDX-License-Identifier: MPL-2.0
// Duplicates at intake: open cases of the same class close to a point and not too old.
#include <math.h>
#include <stdlib.h>

#include "contact_internal.h"

enum { NEAR_LOOK_AT = 200 };
static const double METRES_PER_DEGREE = 111320;
static const int64_t DAY_MS = INT64_C(24) * 3600 * 1000;

static double metres_between(double lon, double lat, const struct case_point *point)
{
    double squeeze = cos(lat * M_PI / 180);
    return hypot((point->lon_deg - lon) * squeeze, point->lat_deg - lat) *
           METRES_PER_DEGREE;
}

static int by_distance(const void *a, const void *b)
{
    const struct case_near *one = a, *other = b;
    if (one->distance_m < other->distance_m)
        return -1;
    return one->distance_m > other->distance_m;
}

struct near_search {
    struct db *db;
    const struct city_snapshot *city;
    struct account_sight sight;
    double lon_deg, lat_deg, radius_m;
    struct arena *arena;
    struct case_near *items;
    size_t count;
};

static int take(struct near_search *search, int64_t case_id, struct error *error)
{
    struct case_row row;
    bool visible = false;
    int code = case_row_load(search->db, case_id, search->arena, &row, error);
    if (code != 0)
        return code;
    double far_m = metres_between(search->lon_deg, search->lat_deg, &row.place.point);
    if (far_m > search->radius_m)
        return 0;
    code =
        case_row_visible(search->db, search->city, &search->sight, &row, &visible, error);
    if (code != 0 || !visible)
        return code;
    struct case_near *near = &search->items[search->count++];
    near->distance_m = far_m;
    case_summarise(&row, search->arena, &near->summary);
    return db_fetch_int(search->db, QUERY_CONTACT_COUNT,
                        (struct db_value[]){DB_INT(case_id)}, 1, &near->contacts, error);
}

static int candidates(struct near_search *search, int64_t class_id, int64_t from_ms,
                      int64_t except_id, int64_t *ids, size_t *ret_count,
                      struct error *error)
{
    // The R*Tree keeps 32-bit floats: a little wider, distances are measured afterwards.
    double dy = (search->radius_m + 2) / METRES_PER_DEGREE;
    double squeeze = cos(search->lat_deg * M_PI / 180);
    double dx = dy / (squeeze > 0.01 ? squeeze : 0.01);
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(search->db, QUERY_CASE_NEAR, &s, error);
    if (code != 0)
        return code;
    db_bind_values(s,
                   (struct db_value[]){
                       DB_DOUBLE(search->lon_deg - dx), DB_DOUBLE(search->lat_deg - dy),
                       DB_DOUBLE(search->lon_deg + dx), DB_DOUBLE(search->lat_deg + dy),
                       DB_INT(class_id), DB_INT(from_ms), DB_INT(except_id),
                       DB_INT(NEAR_LOOK_AT)},
                   8);
    size_t count = 0;
    while (count < NEAR_LOOK_AT && (code = db_step(s, error)) == DB_ROW)
        ids[count++] = db_column_int(s, 0);
    *ret_count = count;
    return code < 0 ? code : 0;
}

int case_near(struct db *db, const struct city_snapshot *city, const struct actor *actor,
              int64_t class_id, double lon_deg, double lat_deg, int64_t except_id,
              int64_t now_ms, struct arena *arena, struct case_near **ret_items,
              size_t *ret_count, struct error *error)
{
    const struct catalogue_class *class =
        catalogue_class_by_id(city_catalogue(city, 0), class_id);
    int64_t ids[NEAR_LOOK_AT];
    size_t found = 0;
    struct near_search search = {
        .db = db, .city = city, .lon_deg = lon_deg, .lat_deg = lat_deg, .arena = arena};
    if (class == NULL)
        return error_set(error, ERROR_INPUT, "case.class_unknown",
                         "the catalogue has no such class");
    account_sight(actor, RIGHT_CASE_READ, &search.sight);
    search.radius_m = (double)class->near_m;
    search.items = arena_array(arena, NEAR_LOOK_AT, sizeof *search.items);
    if (search.items == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much",
                         "the cases do not fit in memory");
    int64_t from_ms = now_ms - class->near_days * DAY_MS;
    int code = class->near_m > 0
                   ? candidates(&search, class_id, from_ms, except_id, ids, &found, error)
                   : 0;
    for (size_t i = 0; i < found && code == 0; i++)
        code = take(&search, ids[i], error);
    if (code == 0 && search.count > 1)
        qsort(search.items, search.count, sizeof *search.items, by_distance);
    *ret_items = search.items;
    *ret_count = search.count < CASE_NEAR_MOST ? search.count : CASE_NEAR_MOST;
    return code;
}
