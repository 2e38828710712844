// SPDX-License-Identifier: MPL-2.0
// A model folder: read all of it, check all of it.
#include <stdlib.h>
#include <string.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "model_internal.h"
#include "rules_set.h"

enum { ARENA_CEILING_MODEL = 1024 * 1024 * 1024 };

// ---- rules ----
static void on_rules(void *context, enum rules_severity severity, const struct table *table,
                     size_t row, const char *column, const char *slug, const char *message)
{
    struct city_model *model = context;
    const char *section = "city.ini";
    struct model_where where = {"city.ini", "", -1};
    if (table) {
        section = arena_format(model->arena, "table %s", table_name(table));
        where = (struct model_where){table_source(table), section, -1};
        if (row != RULES_NO_ROW)
            where.row = table_line(table, row);
    }
    model_report(model, severity == RULES_ERROR ? CITY_ERROR : CITY_WARNING, slug, &where,
                 "%s%s%s", column ? column : "", column ? ": " : "", message);
}

static const struct table *find_table(void *context, const char *name)
{
    return model_table(context, name);
}

static int64_t find_department(const struct city_model *model, const char *code)
{
    const struct table *table = model_table(model, "departments");
    for (size_t row = 0; table && row < table_rows(table); row++)
        if (text_equal(table_value(table, row, "code"), code))
            return (int64_t)row + 1;
    return 0;
}

static int64_t find_layer(const struct city_model *model, enum model_layer_family family,
                          const char *code)
{
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layer[i].family == family && text_equal(model->layer[i].code, code))
            return (int64_t)i + 1;
    return 0;
}

// Ids for checking only: positions in the model.
static int64_t find_name(void *context, enum routing_name name, int64_t parent,
                         const char *code)
{
    const struct city_model *model = context;
    switch (name) {
    case ROUTING_NAME_DEPARTMENT:
        return find_department(model, code);
    case ROUTING_NAME_LAYER:
        return find_layer(model, MODEL_COVERAGE, code);
    case ROUTING_NAME_LEVEL:
        return find_layer(model, MODEL_LEVEL, code);
    case ROUTING_NAME_COVERAGE:
    case ROUTING_NAME_AREA: {
        if (parent < 1 || (size_t)parent > model->layer_count)
            return 0;
        const struct model_layer *layer = &model->layer[parent - 1];
        for (size_t i = layer->first; i < layer->first + layer->count; i++)
            if (text_equal(model->area[i].code, code))
                return (int64_t)i + 1;
        return 0;
    }
    }
    return 0;
}

// A builder that reported nothing but failed has its own error told here.
static void tell(struct city_model *model, size_t errors_before, const struct error *error)
{
    struct model_where where = {"city.ini", "", -1};
    if (city_report_count_of(model->report, CITY_ERROR) == errors_before)
        model_report(model, CITY_ERROR, error->slug, &where, "%s", error->message);
}

static void check_component_classes(struct city_model *model,
                                    const struct catalogue *catalogue)
{
    for (size_t i = 0; i < model->component_count; i++) {
        const struct model_component *c = &model->component[i];
        struct model_where where = {c->layer->file, c->layer->section, c->row};
        if (!catalogue_class_find(catalogue, c->class_code))
            model_report(model, CITY_ERROR, "component.class", &where,
                         "class \"%s\" is not in the catalogue", c->class_code);
    }
}

// ---- rosters, offices, labels, indicators ----
static int64_t department_id(void *context, const char *code)
{
    return find_department(context, code);
}

static int64_t duty_grid_id(void *context, const char *code)
{
    const struct city_model *model = context;
    int64_t level = find_layer(model, MODEL_LEVEL, model_key(model, "roster", "level"));
    return find_name(context, ROUTING_NAME_AREA, level, code);
}

static void check_roster(struct city_model *model, const struct rules_source *source,
                         const struct calendar *calendar)
{
    const char *level = model_key(model, "roster", "level");
    struct roster_source ids = {.has_level = level[0] != '\0',
                                .context = model,
                                .department_id = department_id,
                                .duty_grid_id = duty_grid_id};
    struct model_where where = {"city.ini", "roster", -1};
    struct roster *roster = NULL;
    struct words *words = NULL;
    struct evaluation *evaluation = NULL;
    struct scores *scores = NULL;
    struct error error = {0};
    if (level[0] && find_layer(model, MODEL_LEVEL, level) == 0)
        model_report(model, CITY_ERROR, "roster.level_unknown", &where,
                     "there is no level \"%s\"", level);
    size_t before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_roster(source, calendar, &ids, &roster, &error) < 0)
        tell(model, before, &error);
    before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_words(source, &words, &error) < 0)
        tell(model, before, &error);
    before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_evaluation(source, &evaluation, &error) < 0)
        tell(model, before, &error);
    before = city_report_count_of(model->report, CITY_ERROR);
    if (evaluation != NULL && rules_scores(source, evaluation, &scores, &error) < 0)
        tell(model, before, &error);
    scores_free(scores);
    struct report_plan *reports = NULL;
    before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_reports(source, &ids, evaluation, &reports, &error) < 0)
        tell(model, before, &error);
    evaluation_free(evaluation);
    report_plan_free(reports);
    words_free(words);
    roster_free(roster);
}

void model_check_rules(struct city_model *model)
{
    struct rules_report report = {on_rules, model};
    struct rules_source source = {find_table, model, model_key(model, "city", "time_zone"),
                                  1, &report};
    struct routing_names names = {find_name, model};
    struct calendar *calendar = NULL;
    struct catalogue *catalogue = NULL;
    struct routing *routing = NULL;
    struct process *process = NULL;
    struct error error = {0};
    size_t before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_calendar(&source, &calendar, &error) < 0)
        tell(model, before, &error);
    before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_catalogue(&source, calendar, &catalogue, &error) < 0)
        tell(model, before, &error);
    before = city_report_count_of(model->report, CITY_ERROR);
    if (catalogue && rules_routing(&source, catalogue, &names, &routing, &error) < 0)
        tell(model, before, &error);
    before = city_report_count_of(model->report, CITY_ERROR);
    if (rules_process(&source, &process, &error) < 0)
        tell(model, before, &error);
    if (catalogue)
        check_component_classes(model, catalogue);
    if (calendar)
        check_roster(model, &source, calendar);
    process_free(process);
    routing_free(routing);
    catalogue_free(catalogue);
    calendar_free(calendar);
}

// ---- the whole ----
struct city_model *city_model_free(struct city_model *model)
{
    if (!model)
        return NULL;
    for (size_t i = 0; i < model->table_count; i++)
        table_free(model->table[i]);
    for (size_t i = 0; i < model->area_count; i++)
        geo_polygon_free(model->area[i].polygon);
    for (size_t i = 0; i < model->layer_count; i++)
        geo_layer_free(model->layer[i].data);
    locator_free(model->grids);
    free(model->area);
    free(model->component);
    free(model->folder);
    ini_free(model->ini);
    arena_free(model->arena);
    free(model);
    return NULL;
}

static struct city_model *model_new(const char *folder, struct city_report *report)
{
    struct city_model *model = memory_new(sizeof(*model));
    model->arena = arena_new(ARENA_CEILING_MODEL);
    model->report = report;
    model->folder = memory_text(folder);
    return model;
}

int city_model_read_identity(const char *folder, struct city_report *report,
                             struct city_model **ret_model, struct error *error)
{
    CITY_MODEL_CLEANUP struct city_model *model = model_new(folder, report);
    int code = model_read_settings(model, error);
    if (code == 0 && city_report_count_of(report, CITY_ERROR) > 0)
        code = error_set(error, ERROR_INPUT, "model.errors", "%s/city.ini: %s", folder,
                         city_report_item(report, 0)->message);
    if (code < 0)
        return code;
    model->report = NULL;
    *ret_model = model;
    model = NULL;
    return 0;
}

int city_model_read(const char *folder, struct city_report *report,
                    struct city_model **ret_model, struct error *error)
{
    CITY_MODEL_CLEANUP struct city_model *model = model_new(folder, report);
    int code = model_read_settings(model, error);
    if (code < 0)
        return code;
    model_read_tables(model);
    model_check_departments(model);
    model_read_layers(model);
    model_check_layers(model);
    model_check_rules(model);
    model->report = NULL;
    *ret_model = model;
    model = NULL;
    return 0;
}
