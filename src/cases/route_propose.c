// SPDX-License-Identifier: MPL-2.0
// From what was learned to tables and layers that an office can read, change and load.
#include "route_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/territory.h>
#include <gridcase/rules/catalogue.h>

enum { MARGIN_LATTICE = 200000, DEFAULT_POINTS_MOST = 50 };

// ---- rows of the routing table ----
static const char *const routing_columns[] = {"class", "condition",  "layer", "level",
                                              "area",  "department", "name"};
enum { CLASS, CONDITION, LAYER, LEVEL, AREA, DEPARTMENT, NAME, COLUMNS };

static int new_table(const char *name, const char *const *columns, size_t count,
                     struct table **ret_table, struct error *error)
{
    *ret_table = table_new(name, "learned");
    if (!*ret_table)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++)
        code = table_add_column(*ret_table, columns[i], error);
    return code;
}

static void add_rule(struct table *table, const char *const cells[COLUMNS])
{
    size_t row = table_add_row(table, (int64_t)table_rows(table) + 2);
    for (size_t i = 0; i < COLUMNS; i++)
        if (cells[i])
            table_set(table, row, i, cells[i]);
}

static const char *class_code(const struct route_record *record, uint32_t class)
{
    return catalogue_class(city_catalogue(record->city, 0), class)->code;
}

static const char *queue_code(const struct route_record *record, uint32_t queue)
{
    return city_department(record->city, queue)->code;
}

static void add_last_rule(struct table *table)
{
    add_rule(table,
             (const char *[COLUMNS]){
                 [CLASS] = "*", [DEPARTMENT] = "@manual", [NAME] = "not in the record"});
}

// ---- layers ----
struct rank {
    uint32_t class;
    size_t differ; // sites that go elsewhere than the class does
};

static int by_differ(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->differ != y->differ)
        return x->differ > y->differ ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

static struct rank *rank_classes(const struct route_record *record,
                                 const struct route_places *places)
{
    struct rank *rank = memory_array(record->world.classes + 1, sizeof *rank);
    for (size_t c = 0; rank && c < record->world.classes; c++) {
        const struct route_class *class = &places->classes[c];
        rank[c].class = (uint32_t)c;
        for (size_t i = 0; i < class->site_count; i++)
            rank[c].differ += places->sites[class->first_site + i].queue != class->queue;
    }
    if (rank)
        qsort(rank, record->world.classes, sizeof *rank, by_differ);
    return rank;
}

// Default points go where the class goes, in a small territory of their own.
static size_t add_default_points(const struct route_record *record, uint32_t queue,
                                 struct geo_site *sites, size_t count)
{
    size_t first = count;
    for (size_t i = 0; i < record->count && count - first < DEFAULT_POINTS_MOST; i++) {
        if (record->samples[i].placed || !record->has_point[i])
            continue;
        size_t k = first;
        while (k < count && memcmp(&sites[k].at, &record->points[i], sizeof sites[k].at))
            k++;
        if (k == count)
            sites[count++] = (struct geo_site){record->points[i], queue};
    }
    return count;
}

static struct geo_box layer_box(const struct route_record *record,
                                const struct geo_site *sites, size_t count)
{
    double wsen[4];
    city_bbox(record->city, wsen);
    struct geo_box box = {(int32_t)lround(wsen[0] * GEO_LATTICE_PER_DEG),
                          (int32_t)lround(wsen[1] * GEO_LATTICE_PER_DEG),
                          (int32_t)lround(wsen[2] * GEO_LATTICE_PER_DEG),
                          (int32_t)lround(wsen[3] * GEO_LATTICE_PER_DEG)};
    for (size_t i = 0; i < count; i++) {
        struct geo_point p = sites[i].at;
        box.west = p.x < box.west ? p.x : box.west;
        box.east = p.x > box.east ? p.x : box.east;
        box.south = p.y < box.south ? p.y : box.south;
        box.north = p.y > box.north ? p.y : box.north;
    }
    return (struct geo_box){box.west - MARGIN_LATTICE, box.south - MARGIN_LATTICE,
                            box.east + MARGIN_LATTICE, box.north + MARGIN_LATTICE};
}

static int add_layer(struct route_proposal *proposal, const struct route_places *places,
                     uint32_t class, struct error *error)
{
    const struct route_record *record = proposal->record;
    const struct route_class *learned = &places->classes[class];
    struct route_layer *layer = &proposal->layer[proposal->layer_count];
    struct geo_site *sites =
        memory_array(learned->site_count + DEFAULT_POINTS_MOST, sizeof *sites);
    layer->class = class;
    layer->territory = memory_array(record->world.queues + 1, sizeof(struct geo_polygon *));
    int code = sites && layer->territory
                   ? text_format(layer->code, sizeof layer->code, "learned_%s",
                                 class_code(record, class))
                   : error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    proposal->layer_count++;
    for (size_t i = 0; i < learned->site_count && code == 0; i++) {
        const struct route_site *site = &places->sites[learned->first_site + i];
        sites[i] = (struct geo_site){route_record_lattice(record, site->x_m, site->y_m),
                                     site->queue};
    }
    if (code == 0) {
        size_t count =
            add_default_points(record, learned->queue, sites, learned->site_count);
        code = geo_territories(sites, count, layer_box(record, sites, count),
                               layer->territory, record->world.queues, error);
    }
    free(sites);
    return code;
}

static bool has_layer(const struct route_proposal *proposal, uint32_t class,
                      const char **ret_code)
{
    for (size_t i = 0; i < proposal->layer_count; i++)
        if (proposal->layer[i].class == class) {
            *ret_code = proposal->layer[i].code;
            return true;
        }
    return false;
}

int route_proposal_places(const struct route_record *record, int32_t day_end,
                          struct route_proposal *ret_proposal, struct error *error)
{
    struct route_proposal proposal = {.record = record};
    struct route_places *places = NULL;
    struct rank *rank = NULL;
    int code = new_table("routing", routing_columns, COLUMNS, &proposal.routing, error);
    if (code == 0)
        code = route_learn_places(&record->world, record->samples, record->count, day_end,
                                  &places, error);
    if (code == 0 && !(rank = rank_classes(record, places)))
        code = error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    for (size_t i = 0; code == 0 && i < record->world.classes && i < ROUTE_LAYERS_MOST; i++)
        if (rank[i].differ > 0)
            code = add_layer(&proposal, places, rank[i].class, error);
    for (size_t c = 0; code == 0 && c < record->world.classes; c++) {
        const char *layer = NULL, *class = class_code(record, (uint32_t)c);
        if (places->classes[c].queue == ROUTE_NOBODY)
            continue;
        if (has_layer(&proposal, (uint32_t)c, &layer))
            add_rule(proposal.routing,
                     (const char *[COLUMNS]){[CLASS] = class,
                                             [LAYER] = layer,
                                             [DEPARTMENT] = "@coverage",
                                             [NAME] = "learned by place"});
        add_rule(proposal.routing,
                 (const char *[COLUMNS]){
                     [CLASS] = class,
                     [DEPARTMENT] = queue_code(record, places->classes[c].queue),
                     [NAME] = layer ? "learned, place unknown" : "learned by class"});
    }
    if (code == 0)
        add_last_rule(proposal.routing);
    free(rank);
    route_places_free(places);
    *ret_proposal = proposal;
    return code;
}

// ---- keys ----
static int add_condition(struct route_proposal *proposal, const struct route_key_rule *rule,
                         char *ret_code, size_t size, struct error *error)
{
    const struct route_record *record = proposal->record;
    ret_code[0] = '\0';
    if (rule->condition == 0)
        return 0;
    int code = text_format(ret_code, size, "k%u_%u", rule->class, rule->condition);
    if (code < 0 || rule->area != 0) // the row without area comes once for each condition
        return code < 0 ? error_set(error, ERROR_LIMIT, "route.too_large", "code") : 0;
    size_t row =
        table_add_row(proposal->conditions, (int64_t)table_rows(proposal->conditions) + 2);
    table_set(proposal->conditions, row, 0, ret_code);
    table_set(proposal->conditions, row, 1, class_code(record, rule->class));
    table_set(proposal->conditions, row, 2, record->conditions.text[rule->condition - 1]);
    return 0;
}

int route_proposal_keys(const struct route_record *record, int32_t day_end,
                        struct route_proposal *ret_proposal, struct error *error)
{
    static const char *const columns[] = {"code", "class", "name_en"};
    struct route_proposal proposal = {.record = record};
    struct route_keys *keys = NULL;
    int code = new_table("routing", routing_columns, COLUMNS, &proposal.routing, error);
    if (code == 0)
        code = new_table("conditions", columns, 3, &proposal.conditions, error);
    if (code == 0)
        code = route_learn_keys(&record->world, record->samples, record->count, day_end,
                                &keys, error);
    for (size_t i = 0; code == 0 && i < keys->count; i++) {
        const struct route_key_rule *rule = &keys->rules[i];
        char condition[32];
        code = add_condition(&proposal, rule, condition, sizeof condition, error);
        add_rule(proposal.routing,
                 (const char *[COLUMNS]){
                     [CLASS] = class_code(record, rule->class),
                     [CONDITION] = condition,
                     [LEVEL] = rule->area ? "record_area" : "",
                     [AREA] = rule->area ? record->areas.text[rule->area - 1] : "",
                     [DEPARTMENT] = queue_code(record, rule->queue),
                     [NAME] = "learned"});
    }
    if (code == 0)
        add_last_rule(proposal.routing);
    route_keys_free(keys);
    *ret_proposal = proposal;
    return code;
}

// ---- writing ----
static int write_table(const struct table *table, const char *folder, const char *name,
                       struct error *error)
{
    char path[4096];
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = file_path(path, sizeof path, folder, name, error);
    if (code < 0)
        return code;
    table_write_csv(table, &text);
    code = buffer_check(&text, error);
    return code < 0 ? code : file_write_atomic(path, text.data, text.length, error);
}

static int write_layer(const struct route_proposal *proposal,
                       const struct route_layer *layer, const char *folder,
                       struct error *error)
{
    char path[4096], name[128];
    BUFFER_CLEANUP struct buffer text;
    bool first = true;
    buffer_init(&text, BUFFER_CEILING_FILE);
    buffer_append_text(&text, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (uint32_t q = 0; q < proposal->record->world.queues; q++) {
        if (!layer->territory[q])
            continue;
        const char *code = queue_code(proposal->record, q);
        buffer_format(&text,
                      "%s\n{\"type\":\"Feature\",\"properties\":{\"code\":\"%s\","
                      "\"department\":\"%s\"},\"geometry\":",
                      first ? "" : ",", code, code);
        geo_polygon_to_json(layer->territory[q], &text);
        buffer_append_char(&text, '}');
        first = false;
    }
    buffer_append_text(&text, "\n]}\n");
    int code = buffer_check(&text, error);
    if (code == 0)
        code = text_format(name, sizeof name, "%s.geojson", layer->code);
    if (code == 0)
        code = file_path(path, sizeof path, folder, name, error);
    return code < 0 ? code : file_write_atomic(path, text.data, text.length, error);
}

// What has to be added to city.ini for the layers to be read.
static int write_settings(const struct route_proposal *proposal, const char *folder,
                          struct error *error)
{
    char path[4096];
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    for (size_t i = 0; i < proposal->layer_count; i++)
        buffer_format(&text,
                      "[coverage %s]\nsource = %s.geojson\ncrs = EPSG:4326\ncode = code\n"
                      "department = department\n\n",
                      proposal->layer[i].code, proposal->layer[i].code);
    buffer_append_text(&text, "[table routing]\nsource = routing.csv\n");
    int code = buffer_check(&text, error);
    if (code == 0)
        code = file_path(path, sizeof path, folder, "city.ini.part", error);
    return code < 0 ? code : file_write_atomic(path, text.data, text.length, error);
}

int route_proposal_write(const struct route_proposal *proposal, const char *folder,
                         struct error *error)
{
    int code = file_make_directory(folder, error);
    if (code == 0)
        code = write_table(proposal->routing, folder, "routing.csv", error);
    if (code == 0 && proposal->conditions)
        code = write_table(proposal->conditions, folder, "conditions.csv", error);
    for (size_t i = 0; i < proposal->layer_count && code == 0; i++)
        code = write_layer(proposal, &proposal->layer[i], folder, error);
    return code < 0 ? code : write_settings(proposal, folder, error);
}

void route_proposal_done(struct route_proposal *proposal)
{
    for (size_t i = 0; i < proposal->layer_count; i++) {
        struct geo_polygon **territory = proposal->layer[i].territory;
        for (size_t q = 0; territory && q < proposal->record->world.queues; q++)
            geo_polygon_free(territory[q]);
        free(territory);
    }
    table_free(proposal->routing);
    table_free(proposal->conditions);
    *proposal = (struct route_proposal){0};
}
