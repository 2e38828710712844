// SPDX-License-Identifier: MPL-2.0
// Reading who got what, when and where.
#include "route_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/ini.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/layer.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "replay_internal.h"

static const double metres_per_degree = 111194.9;
static const double radians_per_degree = 0.017453292519943295;
// A point that holds more of the record than this is a default, not a place.
static const double default_point_share = 0.02;

// ---- words ----
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 1469598103934665603u;
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 1099511628211u;
    return hash;
}

static uint32_t *find_slot(struct route_words *words, const char *text)
{
    size_t at = hash_text(text) & (words->slots - 1);
    while (words->slot[at] && strcmp(words->text[words->slot[at] - 1], text) != 0)
        at = (at + 1) & (words->slots - 1);
    return &words->slot[at];
}

static int grow_words(struct route_words *words, struct error *error)
{
    size_t capacity = words->capacity * 2 + 256, slots = 1;
    while (slots < 2 * capacity)
        slots *= 2;
    char **text = memory_array(capacity, sizeof *text);
    uint32_t *slot = memory_array(slots, sizeof *slot);
    if (!text || !slot) {
        free(text);
        free(slot);
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    }
    if (words->count)
        memcpy(text, words->text, words->count * sizeof *text);
    free(words->text);
    free(words->slot);
    words->text = text;
    words->slot = slot;
    words->capacity = capacity;
    words->slots = slots;
    for (size_t i = 0; i < words->count; i++)
        *find_slot(words, words->text[i]) = (uint32_t)i + 1;
    return 0;
}

int route_word(struct route_words *words, const char *text, uint32_t *ret_number,
               struct error *error)
{
    *ret_number = 0;
    if (text_is_blank(text))
        return 0;
    if (words->count == words->capacity) {
        int code = grow_words(words, error);
        if (code < 0)
            return code;
    }
    uint32_t *slot = find_slot(words, text);
    if (!*slot) {
        char *copy = memory_text(text);
        if (!copy)
            return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
        words->text[words->count++] = copy;
        *slot = (uint32_t)words->count;
    }
    *ret_number = *slot;
    return 0;
}

void route_words_done(struct route_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->text[i]);
    free(words->text);
    free(words->slot);
    *words = (struct route_words){0};
}

// ---- the map ----
struct columns {
    struct ini *ini;
    const char *time_format;
    int opened, class, department, office, lon, lat, condition, area;
};

static int read_column(struct columns *columns, const struct table *table, const char *key,
                       bool compulsory, int *ret_column, struct error *error)
{
    const char *name = ini_value(columns->ini, "learn", key);
    *ret_column = name ? table_column(table, name) : -1;
    if ((name || compulsory) && *ret_column < 0)
        return error_set(error, ERROR_INPUT, "route.map",
                         "%s: [learn] %s = %s: the record has no such column",
                         ini_source(columns->ini), key, name ? name : "");
    return 0;
}

static int read_map(struct columns *columns, const char *path, const struct table *table,
                    bool keys, struct error *error)
{
    int code = ini_read(path, &columns->ini, error);
    if (code < 0)
        return code;
    columns->time_format = ini_value(columns->ini, "learn", "time_format");
    if (!columns->time_format)
        return error_set(error, ERROR_INPUT, "route.map", "%s: [learn] has no time_format",
                         path);
    const struct {
        const char *key;
        bool compulsory;
        int *column;
    } fields[] = {
        {"opened", true, &columns->opened},
        {"class", true, &columns->class},
        {"department", true, &columns->department},
        {"lon", true, &columns->lon},
        {"lat", true, &columns->lat},
        {"office", false, &columns->office},
        {"condition", false, &columns->condition},
        {"area", false, &columns->area},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0] && code == 0; i++)
        code = read_column(columns, table, fields[i].key, fields[i].compulsory,
                           fields[i].column, error);
    if (code == 0 && keys && columns->condition < 0 && columns->area < 0)
        code = error_set(error, ERROR_INPUT, "route.map",
                         "%s: [learn] names neither a condition nor an area", path);
    return code;
}

// ---- names of classes and departments, looked up once ----
struct finder {
    struct route_words classes, departments; // texts of the record
    uint32_t *class_index, *queue_index;     // of each text; ROUTE_NOBODY: none such
    size_t class_known, queue_known;
};

static uint32_t class_of(const struct city_snapshot *city, const char *text)
{
    const struct catalogue *catalogue = city_catalogue(city, 0);
    for (size_t i = 0; i < catalogue_class_count(catalogue); i++) {
        const struct catalogue_class *class = catalogue_class(catalogue, i);
        if (text_equal(class->code, text))
            return (uint32_t)i;
        for (size_t n = 0; n < class->name.count; n++)
            if (text_equal(class->name.texts[n], text))
                return (uint32_t)i;
    }
    return ROUTE_NOBODY;
}

static uint32_t queue_of(const struct city_snapshot *city, const char *text)
{
    int64_t id = replay_department(city, text);
    for (size_t i = 0; id > 0 && i < city_departments(city); i++)
        if (city_department(city, i)->id == id)
            return (uint32_t)i;
    return ROUTE_NOBODY;
}

static int look_up(struct route_words *words, uint32_t **index, size_t *known,
                   const struct city_snapshot *city,
                   uint32_t (*find)(const struct city_snapshot *city, const char *text),
                   const char *text, uint32_t *ret_index, struct error *error)
{
    uint32_t number = 0;
    *ret_index = ROUTE_NOBODY;
    int code = route_word(words, text, &number, error);
    if (code < 0 || number == 0)
        return code;
    if (number > *known) {
        uint32_t *bigger = memory_array(words->capacity, sizeof *bigger);
        if (!bigger)
            return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
        if (*known)
            memcpy(bigger, *index, *known * sizeof *bigger);
        free(*index);
        *index = bigger;
        bigger[number - 1] = find(city, text);
        *known = number;
    }
    *ret_index = (*index)[number - 1];
    return 0;
}

static void finder_done(struct finder *finder)
{
    route_words_done(&finder->classes);
    route_words_done(&finder->departments);
    free(finder->class_index);
    free(finder->queue_index);
}

// ---- rows ----
static bool read_point(const struct table *table, size_t row, const struct columns *columns,
                       struct geo_point *ret_point)
{
    const char *lon = table_cell(table, row, columns->lon);
    const char *lat = table_cell(table, row, columns->lat);
    double degrees[2];
    return text_to_double(lon, strlen(lon), &degrees[0], NULL) == 0 &&
           text_to_double(lat, strlen(lat), &degrees[1], NULL) == 0 &&
           geo_point_from_deg(degrees[0], degrees[1], ret_point, NULL) == 0;
}

static void place_sample(const struct route_record *record, struct geo_point point,
                         struct route_sample *sample)
{
    double lon = point.x / GEO_LATTICE_PER_DEG, lat = point.y / GEO_LATTICE_PER_DEG;
    double shrink = cos(record->origin_lat * radians_per_degree);
    sample->placed = true;
    sample->x_m = (lon - record->origin_lon) * metres_per_degree * shrink;
    sample->y_m = (lat - record->origin_lat) * metres_per_degree;
}

struct geo_point route_record_lattice(const struct route_record *record, double x_m,
                                      double y_m)
{
    double shrink = cos(record->origin_lat * radians_per_degree);
    double lon = record->origin_lon + x_m / metres_per_degree / shrink;
    double lat = record->origin_lat + y_m / metres_per_degree;
    return (struct geo_point){(int32_t)lround(lon * GEO_LATTICE_PER_DEG),
                              (int32_t)lround(lat * GEO_LATTICE_PER_DEG)};
}

struct reading {
    const struct route_propose_options *options;
    struct table *table;
    struct columns columns;
    struct zone *zone;
    struct finder finder;
};

// 1 when the row can be used.
static int read_row(struct reading *reading, struct route_record *record, size_t row,
                    struct error *error)
{
    const struct table *table = reading->table;
    const struct columns *columns = &reading->columns;
    struct finder *finder = &reading->finder;
    struct route_sample sample = {0};
    int64_t opened_ms = INSTANT_NONE;
    uint32_t office = ROUTE_NOBODY;
    int code =
        look_up(&finder->classes, &finder->class_index, &finder->class_known, record->city,
                class_of, table_cell(table, row, columns->class), &sample.class, error);
    if (code == 0)
        code = look_up(&finder->departments, &finder->queue_index, &finder->queue_known,
                       record->city, queue_of, table_cell(table, row, columns->department),
                       &sample.queue, error);
    if (code == 0 && columns->office >= 0)
        code = look_up(&finder->departments, &finder->queue_index, &finder->queue_known,
                       record->city, queue_of, table_cell(table, row, columns->office),
                       &office, error);
    if (code == 0 && reading->options->keys)
        code = route_word(&record->conditions, table_cell(table, row, columns->condition),
                          &sample.condition, error);
    if (code == 0 && reading->options->keys)
        code = route_word(&record->areas, table_cell(table, row, columns->area),
                          &sample.area, error);
    if (code < 0)
        return code;
    if (sample.class == ROUTE_NOBODY || sample.queue == ROUTE_NOBODY ||
        replay_time(reading->zone, columns->time_format,
                    table_cell(table, row, columns->opened), &opened_ms, NULL) < 0 ||
        opened_ms == INSTANT_NONE)
        return 0;
    struct zone_local local;
    zone_local(reading->zone, opened_ms, &local);
    sample.day = (int32_t)date_to_day(local.year, local.month, local.day);
    record->office[record->count] = record->department[sample.queue];
    if (office != ROUTE_NOBODY)
        record->office[record->count] = record->department[office];
    struct geo_point *point = &record->points[record->count];
    record->has_point[record->count] = read_point(table, row, columns, point);
    if (record->has_point[record->count])
        place_sample(record, *point, &sample);
    record->samples[record->count++] = sample;
    return 1;
}

static int by_point(const void *a, const void *b)
{
    const struct geo_point *x = a, *y = b;
    if (x->x != y->x)
        return x->x < y->x ? -1 : 1;
    return x->y < y->y ? -1 : x->y > y->y;
}

// Cases on a default point say nothing of the places around it.
static int forget_default_points(struct route_record *record, struct error *error)
{
    struct geo_point *sorted = memory_array(record->count + 1, sizeof *sorted);
    if (!sorted)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    size_t count = 0, most = (size_t)(default_point_share * (double)record->count) + 1;
    for (size_t i = 0; i < record->count; i++)
        if (record->has_point[i])
            sorted[count++] = record->points[i];
    qsort(sorted, count, sizeof *sorted, by_point);
    for (size_t i = 0; i + most < count; i++) {
        if (by_point(&sorted[i], &sorted[i + most]) != 0 ||
            (i > 0 && by_point(&sorted[i - 1], &sorted[i]) == 0))
            continue;
        for (size_t k = 0; k < record->count; k++)
            if (record->has_point[k] && by_point(&record->points[k], &sorted[i]) == 0)
                record->samples[k].placed = false;
    }
    free(sorted);
    return 0;
}

static int read_rows(struct reading *reading, struct route_record *record,
                     struct error *error)
{
    size_t rows = table_rows(reading->table);
    record->samples = memory_array(rows + 1, sizeof *record->samples);
    record->points = memory_array(rows + 1, sizeof *record->points);
    record->has_point = memory_array(rows + 1, sizeof *record->has_point);
    record->office = memory_array(rows + 1, sizeof *record->office);
    if (!record->samples || !record->points || !record->has_point || !record->office)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    record->rows = (int64_t)rows;
    for (size_t i = 0; i < rows; i++) {
        int used = read_row(reading, record, i, error);
        if (used < 0)
            return used;
        record->unusable += used == 0;
    }
    return forget_default_points(record, error);
}

// A queue belongs to the unit below the root that it hangs on.
static int find_departments(struct route_record *record, struct error *error)
{
    const struct city_snapshot *city = record->city;
    size_t count = city_departments(city);
    record->department = memory_array(count + 1, sizeof *record->department);
    if (!record->department)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    for (size_t i = 0; i < count; i++) {
        const struct city_department *unit = city_department(city, i);
        for (const struct city_department *up; unit->parent; unit = up) {
            up = city_department_by_id(city, unit->parent);
            if (!up || !up->parent)
                break;
        }
        for (size_t k = 0; k < count; k++)
            if (city_department(city, k)->id == unit->id)
                record->department[i] = (uint32_t)k;
    }
    record->world = (struct route_world){catalogue_class_count(city_catalogue(city, 0)),
                                         count, record->department};
    return 0;
}

int route_record_read(const struct city_snapshot *city,
                      const struct route_propose_options *options,
                      struct route_record *ret_record, struct error *error)
{
    struct reading reading = {.options = options};
    struct route_record record = {.city = city};
    double box[4];
    city_bbox(city, box);
    record.origin_lon = (box[0] + box[2]) / 2;
    record.origin_lat = (box[1] + box[3]) / 2;
    int code = geo_table_read(options->source, NULL, NULL, "record", &reading.table, error);
    if (code == 0)
        code =
            read_map(&reading.columns, options->map, reading.table, options->keys, error);
    if (code == 0)
        code = zone_new(city_time_zone(city), &reading.zone, error);
    if (code == 0)
        code = find_departments(&record, error);
    if (code == 0)
        code = read_rows(&reading, &record, error);
    ini_cleanup(&reading.columns.ini);
    table_free(reading.table);
    zone_free(reading.zone);
    finder_done(&reading.finder);
    if (code < 0) {
        route_record_done(&record);
        return code;
    }
    *ret_record = record;
    return 0;
}

void route_record_done(struct route_record *record)
{
    free(record->samples);
    free(record->points);
    free(record->has_point);
    free(record->office);
    free(record->department);
    route_words_done(&record->conditions);
    route_words_done(&record->areas);
    *record = (struct route_record){0};
}
