// SPDX-License-Identifier: MPL-2.0
#include "rules_set.h"

#include <string.h>

#include <gridcase/core/text.h>

static const char *const words[CITY_RULES_COUNT] = {
    [CITY_CATALOGUE] = "catalogue",
    [CITY_CALENDAR] = "calendar",
    [CITY_ROUTING] = "routing",
    [CITY_PROCESS] = "process",
};

// A routing is built against its catalogue, so it changes with it.
static const char *const depends[CITY_RULES_COUNT][12] = {
    [CITY_CATALOGUE] = {"classes", "conditions", "limits", "stage_limits", "clocks",
                        "former_classes"},
    [CITY_CALENDAR] = {"calendar", "calendar_plans", "calendar_periods", "calendar_days",
                       "calendar_seasons", "calendar_hours", "time_zone"},
    [CITY_ROUTING] = {"routing", "classes", "conditions", "limits", "stage_limits",
                      "departments"},
    [CITY_PROCESS] = {"process_steps", "process_actions", "process_inputs"},
};

const char *rules_word(enum city_rules rules)
{
    return words[rules];
}

bool rules_depend(enum city_rules rules, const char *table)
{
    for (size_t i = 0; depends[rules][i]; i++)
        if (text_equal(depends[rules][i], table))
            return true;
    return false;
}

static const struct table *find(const struct rules_source *source, const char *name)
{
    return source->find(source->context, name);
}

static int missing(const char *name, const struct rules_source *source, struct error *error)
{
    int code = error_set(error, ERROR_INPUT, "table.missing",
                         "the model has no table \"%s\"", name);
    if (source->report && source->report->report)
        source->report->report(source->report->context, RULES_ERROR, NULL, RULES_NO_ROW,
                               name, "table.missing", "the model lacks this table");
    return code;
}

int rules_calendar(const struct rules_source *source, struct calendar **ret_calendar,
                   struct error *error)
{
    struct calendar_source tables = {
        .zone = source->time_zone,
        .version = source->version,
        .settings = find(source, "calendar"),
        .plans = find(source, "calendar_plans"),
        .periods = find(source, "calendar_periods"),
        .days = find(source, "calendar_days"),
        .seasons = find(source, "calendar_seasons"),
        .hours = find(source, "calendar_hours"),
    };
    return calendar_new(&tables, source->report, ret_calendar, error);
}

int rules_catalogue(const struct rules_source *source, const struct calendar *calendar,
                    struct catalogue **ret_catalogue, struct error *error)
{
    struct catalogue_source tables = {
        .classes = find(source, "classes"),
        .conditions = find(source, "conditions"),
        .limits = find(source, "limits"),
        .stage_limits = find(source, "stage_limits"),
        .clocks = find(source, "clocks"),
        .former_classes = find(source, "former_classes"),
        .version = source->version,
        .calendar = calendar,
    };
    if (!tables.classes)
        return missing("classes", source, error);
    return catalogue_new(&tables, source->report, ret_catalogue, error);
}

int rules_routing(const struct rules_source *source, const struct catalogue *catalogue,
                  const struct routing_names *names, struct routing **ret_routing,
                  struct error *error)
{
    struct routing_source tables = {
        .table = find(source, "routing"),
        .version = source->version,
        .catalogue = catalogue,
        .names = names,
    };
    if (!tables.table)
        return missing("routing", source, error);
    return routing_new(&tables, source->report, ret_routing, error);
}

int rules_process(const struct rules_source *source, struct process **ret_process,
                  struct error *error)
{
    struct process_tables tables = {
        .steps = find(source, "process_steps"),
        .actions = find(source, "process_actions"),
        .inputs = find(source, "process_inputs"),
    };
    if (!tables.steps || !tables.actions)
        return missing(tables.steps ? "process_actions" : "process_steps", source, error);
    return process_new(&tables, source->report, ret_process, error);
}

int rules_roster(const struct rules_source *source, const struct calendar *calendar,
                 const struct roster_source *ids, struct roster **ret_roster,
                 struct error *error)
{
    struct roster_source tables = *ids;
    tables.shifts = find(source, "shifts");
    tables.rosters = find(source, "rosters");
    tables.duty_officers = find(source, "duty_officers");
    tables.vehicles = find(source, "vehicles");
    tables.staff = find(source, "staff");
    tables.calendar = calendar;
    return roster_new(&tables, source->report, ret_roster, error);
}

int rules_words(const struct rules_source *source, struct words **ret_words,
                struct error *error)
{
    return words_new(find(source, "labels"), source->report, ret_words, error);
}

int rules_evaluation(const struct rules_source *source, struct evaluation **ret_evaluation,
                     struct error *error)
{
    struct evaluation_source tables = {source->find, source->context};
    return evaluation_new(&tables, source->report, ret_evaluation, error);
}

int rules_scores(const struct rules_source *source, const struct evaluation *evaluation,
                 struct scores **ret_scores, struct error *error)
{
    struct evaluation_source tables = {source->find, source->context};
    return scores_new(&tables, evaluation, source->report, ret_scores, error);
}

// What the plan's reader asks for comes from several sides. Groups that a city does not
// have are the standard ones, those of its own kinds of departments.
struct reports_context {
    const struct rules_source *source;
    const struct roster_source *ids;
    const struct evaluation *evaluation;
    struct table *standard; // owned
    struct error error;     // of reading it
};

static const struct table *reports_table(void *context, const char *name)
{
    struct reports_context *all = context;
    const struct table *own = find(all->source, name);
    if (!own && !all->standard && !all->error.code &&
        evaluation_standard_table(name, &all->standard, &all->error) < 0)
        return NULL;
    return own ? own
               : (all->standard && strcmp(table_name(all->standard), name) == 0
                      ? all->standard
                      : NULL);
}

static int64_t reports_department(void *context, const char *code)
{
    const struct reports_context *all = context;
    return all->ids->department_id(all->ids->context, code);
}

static bool reports_measure(void *context, const char *code)
{
    const struct reports_context *all = context;
    return !all->evaluation || evaluation_find(all->evaluation, code, strlen(code)) >= 0;
}

int rules_reports(const struct rules_source *source, const struct roster_source *ids,
                  const struct evaluation *evaluation, struct report_plan **ret_plan,
                  struct error *error)
{
    struct reports_context all = {source, ids, evaluation, NULL, {0}};
    struct report_plan_source from = {.find = reports_table,
                                      .department_id = reports_department,
                                      .has_measure = reports_measure,
                                      .context = &all};
    int code = report_plan_new(&from, source->report, ret_plan, error);
    table_free(all.standard);
    return code;
}
