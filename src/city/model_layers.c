// SPDX-License-Identifier: MPL-2.0
// Layers of a model: from files to areas, unit grids and components.
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/text.h>

#include "model_internal.h"

struct family_words {
    const char *section; // ends in ' ' when a code follows
    enum geo_kind kind;  // of geometry
};
static const struct family_words families[MODEL_FAMILY_COUNT] = {
    [MODEL_LEVEL] = {"level ", GEO_POLYGON},
    [MODEL_GRIDS] = {"grids", GEO_POLYGON},
    [MODEL_COVERAGE] = {"coverage ", GEO_POLYGON},
    [MODEL_COMPONENTS] = {"components ", GEO_POINT},
    [MODEL_STREETS] = {"streets", GEO_LINE},
    [MODEL_PLACES] = {"places", GEO_POINT},
    [MODEL_BOUNDARY] = {"boundary", GEO_POLYGON},
};

struct model_layer *model_layer_of(struct city_model *model, enum model_layer_family family,
                                   const char *code)
{
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layer[i].family == family &&
            (!code || text_equal(model->layer[i].code, code)))
            return &model->layer[i];
    return NULL;
}

static const char *constant(const struct city_model *model, const struct model_layer *layer,
                            const char *key)
{
    char name[64];
    if (text_format(name, sizeof(name), "%s_is", key) < 0)
        return "";
    return model_key(model, layer->section, name);
}

// A feature's value: the constant "KEY_is", or the text of the column that KEY names.
static const char *value_of(const struct city_model *model, const struct model_layer *layer,
                            size_t feature, const char *key)
{
    const char *fixed = constant(model, layer, key);
    if (fixed[0])
        return fixed;
    int field = geo_layer_field(layer->data, model_key(model, layer->section, key));
    return geo_layer_text(layer->data, feature, field);
}

// Keys that name a column must name one that is there.
static void check_columns(struct city_model *model, const struct model_layer *layer)
{
    static const char *const keys[] = {"code",       "name",       "area_class", "class",
                                       "state",      "note",       "competent",  "owner",
                                       "maintainer", "department", NULL};
    struct model_where where = {layer->file, layer->section, -1};
    for (size_t i = 0; keys[i]; i++) {
        const char *column = model_key(model, layer->section, keys[i]);
        if (column[0] && geo_layer_field(layer->data, column) < 0)
            model_report(model, CITY_ERROR, "layer.field", &where,
                         "%s = %s: the layer has no such column", keys[i], column);
    }
}

// ---- names ----
static void names_line(struct buffer *out, const char *language, const char *text)
{
    if (text[0])
        buffer_format(out, "%s\t%s\n", language, text);
}

// "language<TAB>name" lines from the columns that name, name.en, name.zh-cn ... give.
static const char *names_of(struct city_model *model, const struct model_layer *layer,
                            size_t feature)
{
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_LINE);
    names_line(&out, "", value_of(model, layer, feature, "name"));
    for (size_t i = 0; i < model->language_count; i++) {
        const char *key = arena_format(model->arena, "name.%s", model->language[i]);
        // Keys of city.ini are lower case, language tags are not.
        char *lower = arena_text(model->arena, key);
        for (char *c = lower; c && *c; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c + 32);
        const char *column = model_key(model, layer->section, lower ? lower : key);
        int field = geo_layer_field(layer->data, column);
        names_line(&out, model->language[i], geo_layer_text(layer->data, feature, field));
    }
    return arena_copy(model->arena, out.data ? out.data : "", out.length);
}

// ---- reading a layer ----
static void report_features(struct city_model *model, struct model_layer *layer)
{
    for (size_t i = 0; i < geo_layer_features(layer->data); i++) {
        const struct geo_feature *feature = geo_layer_feature(layer->data, i);
        struct model_where where = {layer->file, layer->section, feature->row};
        bool must = layer->family != MODEL_COMPONENTS && layer->family != MODEL_STREETS &&
                    layer->family != MODEL_PLACES;
        if (feature->problem)
            model_report(model, must ? CITY_ERROR : CITY_WARNING, "geometry.unusable",
                         &where, "%s", feature->problem);
        else if (feature->kind != families[layer->family].kind)
            model_report(model, CITY_ERROR, "geometry.kind", &where,
                         "another kind of geometry than [%s] needs", layer->section);
        if (feature->repaired)
            model_report(model, CITY_WARNING, "geometry.repaired", &where,
                         "invalid polygon, repaired: %s", feature->repaired);
    }
}

static void read_layer(struct city_model *model, struct model_layer *layer)
{
    const char *section = layer->section;
    const char *target = model_key(model, "crs", "internal");
    const char *axes = model_key(model, section, "axes");
    struct geo_layer_options options = {
        .path = model_path(model, layer->file),
        .layer = model_key(model, section, "layer"),
        .crs = ini_value(model->ini, section, "crs"),
        .encoding = ini_value(model->ini, section, "encoding"),
        .target_crs = target[0] ? target : NULL,
        .lon = ini_value(model->ini, section, "lon"),
        .lat = ini_value(model->ini, section, "lat"),
        .swap_axes = text_equal(axes, "north-east"),
    };
    struct model_where where = {layer->file, section, -1};
    struct error error = {0};
    if (axes[0] && !options.swap_axes && !text_equal(axes, "east-north"))
        model_report(model, CITY_ERROR, "ini.axes", &where,
                     "axes = %s is neither east-north nor north-east", axes);
    if (geo_layer_read(&options, &layer->data, &error) < 0) {
        model_report(model, CITY_ERROR, error.slug, &where, "%s", error.message);
        return;
    }
    if (geo_layer_overruled_crs(layer->data))
        model_report(model, CITY_NOTE, "layer.crs_overruled", &where,
                     "the file says %s, city.ini says %s: city.ini wins",
                     geo_layer_overruled_crs(layer->data), options.crs);
    if (geo_layer_features(layer->data) == 0)
        model_report(model, CITY_ERROR, "layer.empty", &where, "the layer has no features");
    check_columns(model, layer);
    report_features(model, layer);
}

static void read_title(struct city_model *model, struct model_layer *layer)
{
    for (size_t i = 0; i < model->language_count; i++) {
        char *key = arena_format(model->arena, "title.%s", model->language[i]);
        for (char *c = key; c && *c; c++)
            if (*c >= 'A' && *c <= 'Z')
                *c = (char)(*c + 32);
        const char *text = key ? ini_value(model->ini, layer->section, key) : NULL;
        layer->name.text[i] = text;
    }
}

static void add_layer(struct city_model *model, enum model_layer_family family,
                      const char *section)
{
    struct model_where where = {"city.ini", section, -1};
    if (model->layer_count == MODEL_LAYERS_MOST ||
        (family == MODEL_LEVEL && model->level_count == CITY_LEVEL_LIMIT)) {
        model_report(model, CITY_ERROR, "layer.too_many", &where, "too many layers");
        return;
    }
    struct model_layer *layer = &model->layer[model->layer_count++];
    size_t prefix = strlen(families[family].section);
    bool named = families[family].section[prefix - 1] == ' ';
    *layer = (struct model_layer){.family = family, .section = section};
    layer->code = named ? section + prefix : "";
    layer->file = model_key(model, section, "source");
    const char *kind = model_key(model, section, "kind");
    if (family == MODEL_LEVEL) {
        model->level_count++;
        layer->kind = text_equal(kind, "overlay") ? CITY_OVERLAY : CITY_NESTING;
        if (!text_equal(kind, "overlay") && !text_equal(kind, "nesting"))
            model_report(model, CITY_ERROR, "ini.kind", &where,
                         "kind = %s is neither nesting nor overlay", kind);
    }
    if (!layer->file[0])
        model_report(model, CITY_ERROR, "ini.missing", &where, "source is missing");
    read_title(model, layer);
}

// ---- areas ----
static struct model_area *area_of_code(struct city_model *model,
                                       const struct model_layer *layer, const char *code)
{
    for (size_t i = layer->first; i < model->area_count; i++)
        if (text_equal(model->area[i].code, code))
            return &model->area[i];
    return NULL;
}

// Puts the parts of `more` behind those of the area (same code in several features).
static bool merge_polygon(struct model_area *area, struct geo_polygon *more)
{
    BUFFER_CLEANUP struct buffer wkb;
    buffer_init(&wkb, BUFFER_CEILING_FILE);
    struct geo_polygon *old = area->polygon;
    size_t points = old->point_count + more->point_count;
    size_t rings = old->ring_count + more->ring_count;
    size_t parts = old->part_count + more->part_count;
    struct geo_point *point = realloc(old->point, points * sizeof(*point));
    if (point)
        old->point = point;
    uint32_t *ring = realloc(old->ring_start, (rings + 1) * sizeof(*ring));
    if (ring)
        old->ring_start = ring;
    uint32_t *part = realloc(old->part_start, (parts + 1) * sizeof(*part));
    if (part)
        old->part_start = part;
    if (!point || !ring || !part)
        return false;
    memcpy(point + old->point_count, more->point, more->point_count * sizeof(*point));
    for (size_t i = 0; i <= more->ring_count; i++)
        ring[old->ring_count + i] = (uint32_t)(more->ring_start[i] + old->point_count);
    for (size_t i = 0; i <= more->part_count; i++)
        part[old->part_count + i] = (uint32_t)(more->part_start[i] + old->ring_count);
    old->point_count = points;
    old->ring_count = rings;
    old->part_count = parts;
    return true;
}

static bool wants_merge(const struct city_model *model, const struct model_layer *layer)
{
    return text_equal(model_key(model, layer->section, "merge"), "yes");
}

static void add_areas(struct city_model *model, struct model_layer *layer)
{
    struct model_codes *codes = model_codes_new(model, layer->section);
    layer->first = model->area_count;
    size_t features = layer->data ? geo_layer_features(layer->data) : 0;
    for (size_t i = 0; i < features; i++) {
        struct geo_feature *feature = geo_layer_feature(layer->data, i);
        struct model_where where = {layer->file, layer->section, feature->row};
        const char *code = value_of(model, layer, i, "code");
        if (!feature->polygon)
            continue;
        if (layer->family != MODEL_BOUNDARY) {
            struct model_area *same =
                wants_merge(model, layer) ? area_of_code(model, layer, code) : NULL;
            if (same && merge_polygon(same, feature->polygon))
                continue;
            model_codes_check(codes, code, &where);
        }
        struct model_area *area = &model->area[model->area_count++];
        *area = (struct model_area){.layer = layer, .row = feature->row, .code = code};
        area->names = names_of(model, layer, i);
        area->area_class = value_of(model, layer, i, "area_class");
        area->department = value_of(model, layer, i, "department");
        area->polygon = feature->polygon;
        feature->polygon = NULL;
        if (area->department[0] && !model_has_department(model, area->department))
            model_report(model, CITY_ERROR, "department.unknown", &where,
                         "department \"%s\" is unknown", area->department);
    }
    layer->count = model->area_count - layer->first;
    model_codes_free(codes);
}

// ---- components ----
static void check_link(struct city_model *model, const char *code, const char *what,
                       const struct model_where *where)
{
    if (code[0] && !model_has_department(model, code))
        model_report(model, CITY_ERROR, "department.unknown", where,
                     "%s department \"%s\" is unknown", what, code);
}

static void add_component(struct city_model *model, struct model_layer *layer, size_t i,
                          struct model_codes *codes)
{
    const struct geo_feature *feature = geo_layer_feature(layer->data, i);
    struct model_where where = {layer->file, layer->section, feature->row};
    const char *code = value_of(model, layer, i, "code");
    if (feature->kind != GEO_POINT)
        return;
    struct model_component *c = &model->component[model->component_count++];
    *c = (struct model_component){.layer = layer, .row = feature->row, .grid_code = ""};
    c->code = arena_format(model->arena, "%s%s",
                           model_key(model, layer->section, "code_prefix"), code);
    c->class_code = value_of(model, layer, i, "class");
    c->name = value_of(model, layer, i, "name");
    c->state = value_of(model, layer, i, "state");
    c->note = value_of(model, layer, i, "note");
    c->competent = value_of(model, layer, i, "competent");
    c->owner = value_of(model, layer, i, "owner");
    c->maintainer = value_of(model, layer, i, "maintainer");
    c->point = feature->point;
    model_codes_check(codes, code, &where);
    check_link(model, c->competent, "competent", &where);
    check_link(model, c->owner, "owner", &where);
    check_link(model, c->maintainer, "maintainer", &where);
}

static void add_components(struct city_model *model, struct model_layer *layer)
{
    struct model_codes *codes = model_codes_new(model, layer->section);
    layer->first = model->component_count;
    size_t features = layer->data ? geo_layer_features(layer->data) : 0;
    for (size_t i = 0; i < features; i++)
        add_component(model, layer, i, codes);
    layer->count = model->component_count - layer->first;
    model_codes_free(codes);
}

bool city_model_has_area(const struct city_model *model, const char *level,
                         const char *code)
{
    for (size_t i = 0; i < model->level_count; i++)
        for (size_t a = model->layer[i].first;
             text_equal(model->layer[i].code, level) &&
             a < model->layer[i].first + model->layer[i].count;
             a++)
            if (text_equal(model->area[a].code, code))
                return true;
    return false;
}

size_t city_model_grids(const struct city_model *model)
{
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layer[i].family == MODEL_GRIDS)
            return model->layer[i].count;
    return 0;
}

// ---- all ----
static void add_family(struct city_model *model, enum model_layer_family family)
{
    const char *prefix = families[family].section;
    const char *last = "";
    for (size_t i = 0; i < ini_entries(model->ini); i++) {
        const char *section = ini_entry(model->ini, i)->section;
        bool named = prefix[strlen(prefix) - 1] == ' ';
        bool ours = named ? text_starts(section, prefix) : text_equal(section, prefix);
        if (ours && !text_equal(section, last))
            add_layer(model, family, section);
        last = section;
    }
}

static bool is_area_family(enum model_layer_family family)
{
    return family == MODEL_LEVEL || family == MODEL_GRIDS || family == MODEL_COVERAGE ||
           family == MODEL_BOUNDARY;
}

void model_read_layers(struct city_model *model)
{
    size_t areas = 0;
    size_t components = 0;
    for (int family = 0; family < MODEL_FAMILY_COUNT; family++)
        add_family(model, (enum model_layer_family)family);
    for (size_t i = 0; i < model->layer_count; i++) {
        struct model_layer *layer = &model->layer[i];
        if (layer->file[0])
            read_layer(model, layer);
        size_t features = layer->data ? geo_layer_features(layer->data) : 0;
        if (is_area_family(layer->family))
            areas += features;
        else if (layer->family == MODEL_COMPONENTS)
            components += features;
    }
    struct model_where where = {"city.ini", "", -1};
    if (!model_layer_of(model, MODEL_GRIDS, NULL))
        model_report(model, CITY_ERROR, "grid.missing", &where,
                     "there is no section [grids]");
    model->area = calloc(areas + 1, sizeof(*model->area));
    model->component = calloc(components + 1, sizeof(*model->component));
    if (!model->area || !model->component) {
        model_report(model, CITY_ERROR, "model.memory", &where, "out of memory");
        return;
    }
    for (size_t i = 0; i < model->layer_count; i++) {
        if (is_area_family(model->layer[i].family))
            add_areas(model, &model->layer[i]);
        else if (model->layer[i].family == MODEL_COMPONENTS)
            add_components(model, &model->layer[i]);
    }
}

struct locator *model_locator(struct city_model *model, const struct model_layer *layer)
{
    struct locator *locator = NULL;
    struct error error = {0};
    struct model_where where = {layer->file, layer->section, -1};
    struct locator_shape *shapes = calloc(layer->count + 1, sizeof(*shapes));
    for (size_t i = 0; shapes && i < layer->count; i++)
        shapes[i] = (struct locator_shape){(int64_t)(layer->first + i + 1),
                                           model->area[layer->first + i].polygon};
    if (!shapes || locator_build(shapes, layer->count, 0, &locator, &error) < 0)
        model_report(model, CITY_ERROR, "locator.failed", &where, "%s", error.message);
    free(shapes);
    return locator;
}
