// SPDX-License-Identifier: MPL-2.0
// Reads limits of filing conditions and of stages; gridcase-catalogue(5).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "catalogue_internal.h"

enum { ROWS_MOST = 500000 };

static void check_against_calendar(struct catalogue_build *build, const struct table *table,
                                   size_t row, const struct limit *limit)
{
    const struct calendar *calendar = build->source->calendar;
    if (!calendar)
        return;
    if (limit->season[0] && !calendar_has_season(calendar, limit->season))
        rules_error(&build->check, table, row, "limit", "limit.season_unknown",
                    "the calendar has no season '%s'", limit->season);
    if (limit->hours[0] && !calendar_has_hours(calendar, limit->hours))
        rules_error(&build->check, table, row, "limit", "limit.hours_unknown",
                    "the calendar has no opening hours '%s'", limit->hours);
    else if (limit->hours[0] && calendar_is_stepped(calendar, limit))
        rules_error(&build->check, table, row, "limit", "limit.hours_step",
                    "a limit that steps from day to day has no opening hours");
    if (calendar_is_stepped(calendar, limit) && limit->milli % 1000 != 0)
        rules_warning(&build->check, table, row, "limit", "limit.step_fraction",
                      "a limit that steps from day to day should be whole days; the "
                      "fraction is added as working time");
}

// A code of a column that goes into the limit, unless the text of the limit says another.
static bool take_column(struct catalogue_build *build, const struct table *table,
                        size_t row, const char *column, char *code, size_t size)
{
    const char *value = table_value(table, row, column);
    if (*value == '\0')
        return true;
    if (strlen(value) >= size || (code[0] && strcmp(code, value) != 0)) {
        char slug[40];
        snprintf(slug, sizeof slug, "limit.%s_unknown", column);
        rules_error(&build->check, table, row, column, slug,
                    "'%.40s' is too long, or the limit names another", value);
        return false;
    }
    memcpy(code, value, strlen(value) + 1);
    return true;
}

// Reads limit, unit, part, season and hours of a row; false when it is no limit (reported).
static bool read_limits(struct catalogue_build *build, const struct table *table,
                        size_t row, struct limit_chain *ret_chain)
{
    const char *text = table_value(table, row, "limit");
    const char *unit = table_value(table, row, "unit");
    enum limit_part part = LIMIT_PART_WHOLE;
    bool conflict;
    struct error error;
    int code = limit_chain_parse(text, unit, ret_chain, &conflict, &error);
    if (code == 0)
        code = limit_part_from_str(table_value(table, row, "part"), &part, &error);
    if (code != 0) {
        rules_error(&build->check, table, row, "limit", error.slug, "%s", error.message);
        return false;
    }
    if (conflict)
        rules_warning(&build->check, table, row, "unit", "limit.unit_conflict",
                      "'%.60s' says another unit than the unit column, '%.40s': the text "
                      "wins",
                      text, unit);
    if (part != LIMIT_PART_WHOLE && !ret_chain->named[LIMIT_PART_WHOLE]) {
        rules_error(&build->check, table, row, "part", "limit.part_unknown",
                    "the limit is a chain itself");
        return false;
    }
    if (part != LIMIT_PART_WHOLE) {
        ret_chain->limits[part] = ret_chain->limits[LIMIT_PART_WHOLE];
        ret_chain->named[part] = true;
        ret_chain->named[LIMIT_PART_WHOLE] = false;
    }
    for (int i = 0; i < LIMIT_PART_COUNT; i++) {
        struct limit *limit = &ret_chain->limits[i];
        if (!ret_chain->named[i] || limit->unit == LIMIT_NONE)
            continue;
        if (!take_column(build, table, row, "season", limit->season, LIMIT_SEASON_SIZE) ||
            !take_column(build, table, row, "hours", limit->hours, LIMIT_HOURS_SIZE))
            return false;
        check_against_calendar(build, table, row, limit);
    }
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const struct catalogue_limit_row *left = a, *right = b;
    if (left->owner != right->owner)
        return left->owner < right->owner ? -1 : 1;
    int by = strcmp(left->area_class, right->area_class);
    if (by == 0)
        by = strcmp(left->urgency, right->urgency);
    if (by == 0)
        by = (int)left->part - (int)right->part;
    if (by == 0)
        by = left->line < right->line ? -1 : left->line > right->line;
    return by;
}

static bool same_key(const struct catalogue_limit_row *a,
                     const struct catalogue_limit_row *b)
{
    return a->owner == b->owner && a->part == b->part &&
           strcmp(a->area_class, b->area_class) == 0 && strcmp(a->urgency, b->urgency) == 0;
}

static void sort_limits(struct catalogue_build *build, const struct table *table,
                        struct catalogue_limits *limits)
{
    if (limits->count == 0)
        return;
    qsort(limits->rows, limits->count, sizeof *limits->rows, compare_rows);
    for (size_t i = 1; i < limits->count; i++)
        if (same_key(&limits->rows[i], &limits->rows[i - 1]))
            rules_error(&build->check, table, RULES_NO_ROW, "limit", "limit.duplicate",
                        "lines %lld and %lld give limits for the same thing",
                        (long long)limits->rows[i - 1].line,
                        (long long)limits->rows[i].line);
}

static void note_urgency(struct catalogue_build *build, const struct table *table,
                         size_t row, const char *urgency)
{
    struct catalogue *catalogue = build->catalogue;
    if (*urgency == '\0' || catalogue_knows_urgency(catalogue, urgency))
        return;
    if (catalogue->urgency_count < CATALOGUE_URGENCIES)
        catalogue->urgencies[catalogue->urgency_count++] = urgency;
    else
        rules_error(&build->check, table, row, "urgency", "limit.too_many",
                    "more than %d urgencies", CATALOGUE_URGENCIES);
}

bool catalogue_knows_urgency(const struct catalogue *catalogue, const char *urgency)
{
    for (size_t i = 0; i < catalogue->urgency_count; i++)
        if (strcmp(catalogue->urgencies[i], urgency) == 0)
            return true;
    return false;
}

bool catalogue_has_urgencies(const struct catalogue *catalogue)
{
    return catalogue->urgency_count > 0;
}

static void add_row(struct catalogue_build *build, const struct table *table, size_t row,
                    size_t owner, struct catalogue_limits *limits)
{
    struct arena *arena = build->catalogue->arena;
    struct limit_chain chain;
    if (!read_limits(build, table, row, &chain))
        return;
    for (int part = 0; part < LIMIT_PART_COUNT; part++) {
        if (!chain.named[part])
            continue;
        struct catalogue_limit_row *entry = &limits->rows[limits->count++];
        entry->owner = owner;
        entry->area_class = arena_text(arena, table_value(table, row, "area_class"));
        entry->urgency = arena_text(arena, table_value(table, row, "urgency"));
        note_urgency(build, table, row, entry->urgency);
        entry->part = (enum limit_part)part;
        entry->limit = chain.limits[part];
        entry->line = table_line(table, row);
    }
}

// Limits that stand in conditions.csv itself: for any area class and urgency.
static void read_own_limits(struct catalogue_build *build)
{
    const struct table *table = build->source->conditions;
    if (!table || table_column(table, "limit") < 0)
        return;
    for (size_t row = 0; row < table_rows(table); row++) {
        size_t condition;
        if (*table_value(table, row, "limit") &&
            rules_index_find(&build->catalogue->condition_codes,
                             table_value(table, row, "code"), &condition))
            add_row(build, table, row, condition, &build->catalogue->limits);
    }
}

static bool make_rows(struct catalogue_build *build, struct catalogue_limits *limits,
                      size_t rows)
{
    limits->rows = rows <= ROWS_MOST ? arena_array(build->catalogue->arena,
                                                   (rows + 1) * (LIMIT_PART_COUNT - 1),
                                                   sizeof *limits->rows)
                                     : NULL;
    if (limits->rows)
        return true;
    rules_error(&build->check, NULL, RULES_NO_ROW, NULL, "limit.too_many",
                "more than %d limits", ROWS_MOST);
    return false;
}

void catalogue_read_limits(struct catalogue_build *build)
{
    static const char *const columns[] = {"condition", "limit", NULL};
    static const char *const known[] = {"condition", "area_class", "urgency", "part",
                                        "limit",     "unit",       "season",  "hours",
                                        "note",      NULL};
    const struct table *table = build->source->limits;
    const struct table *own = build->source->conditions;
    struct catalogue_limits *limits = &build->catalogue->limits;
    if (!make_rows(build, limits,
                   (table ? table_rows(table) : 0) + (own ? table_rows(own) : 0)))
        return;
    read_own_limits(build);
    if (table && rules_needs_columns(&build->check, table, columns)) {
        rules_known_columns(&build->check, table, known, NULL);
        for (size_t row = 0; row < table_rows(table); row++) {
            const char *code = table_value(table, row, "condition");
            size_t condition;
            if (rules_index_find(&build->catalogue->condition_codes, code, &condition))
                add_row(build, table, row, condition, limits);
            else
                rules_error(&build->check, table, row, "condition",
                            "catalogue.condition_unknown",
                            "there is no filing condition '%.63s'", code);
        }
    }
    sort_limits(build, table ? table : own, limits);
}

// ---- stage limits ----

static size_t stage_number(struct catalogue *catalogue, const char *kind)
{
    size_t i = 0;
    while (i < catalogue->stage_count && strcmp(catalogue->stages[i], kind) != 0)
        i++;
    if (i == catalogue->stage_count && i < CATALOGUE_STAGES)
        catalogue->stages[catalogue->stage_count++] = arena_text(catalogue->arena, kind);
    return i;
}

void catalogue_read_stage_limits(struct catalogue_build *build)
{
    static const char *const columns[] = {"clock", "limit", NULL};
    static const char *const known[] = {"clock",  "area_class", "urgency", "limit", "unit",
                                        "season", "hours",      "note",    NULL};
    const struct table *table = build->source->stage_limits;
    struct catalogue_limits *limits = &build->catalogue->stage_limits;
    if (!table || !rules_needs_columns(&build->check, table, columns) ||
        !make_rows(build, limits, table_rows(table)))
        return;
    rules_known_columns(&build->check, table, known, NULL);
    for (size_t row = 0; row < table_rows(table); row++) {
        const char *kind = table_value(table, row, "clock");
        size_t stage = text_is_slug(kind) ? stage_number(build->catalogue, kind)
                                          : (size_t)CATALOGUE_STAGES;
        if (stage == CATALOGUE_STAGES)
            rules_error(&build->check, table, row, "clock", "limit.clock_invalid",
                        "'%.40s' is no clock, or there are more than %d", kind,
                        CATALOGUE_STAGES);
        else
            add_row(build, table, row, stage, limits);
    }
    sort_limits(build, table, limits);
}
