// SPDX-License-Identifier: MPL-2.0
// Which cases count: what was asked for, and what the actor may see. A case counts for a
// department's user while that department, or one below it, leads it; for somebody with an
// area while it lies there. That is never more than case_visible shows them.
#include "figures_internal.h"

#include <string.h>

#include <gridcase/rules/catalogue.h>

const char *figure_major_of(const struct city_snapshot *city, int64_t class_id)
{
    const struct catalogue_class *found =
        catalogue_class_by_id(city_catalogue(city, 0), class_id);
    return found != NULL && found->major[0] != '\0' ? found->major : NULL;
}

static size_t department_room(const struct city_snapshot *city)
{
    int64_t most = 0;
    for (size_t i = 0; i < city_departments(city); i++)
        if (city_department(city, i)->id > most)
            most = city_department(city, i)->id;
    return (size_t)most + 1;
}

// The departments at and below one.
static const uint8_t *below(const struct city_snapshot *city, int64_t outer, size_t room,
                            struct arena *arena)
{
    uint8_t *in = arena_alloc(arena, room);
    for (size_t i = 0; in != NULL && i < city_departments(city); i++) {
        int64_t id = city_department(city, i)->id;
        in[id] = city_department_within(city, id, outer);
    }
    return in;
}

static const uint8_t *of_major(const struct city_snapshot *city, const char *major,
                               size_t room, struct arena *arena)
{
    uint8_t *in = arena_alloc(arena, room);
    for (size_t id = 0; in != NULL && id < room; id++) {
        const char *own = figure_major_of(city, (int64_t)id);
        in[id] = strcmp(own != NULL ? own : "", major) == 0;
    }
    return in;
}

static int area_column(const struct city_snapshot *city, int64_t area_id)
{
    const struct city_area *area = city_area_by_id(city, area_id);
    return area != NULL ? FACTS_AREA + (int)area->level : FACTS_CASE;
}

static int add_clauses(struct figure_scope *scope, const struct city_snapshot *city,
                       const struct account_sight *sight, struct arena *arena,
                       struct error *error)
{
    for (size_t i = 0; i < sight->clause_count; i++) {
        const struct account_clause *from = &sight->clauses[i];
        struct figure_clause *clause = &scope->clauses[scope->clause_count++];
        *clause = (struct figure_clause){.area_column = -1};
        if (from->area_id != 0) { // an area that is not known holds nothing: case id 0
            clause->area_column = area_column(city, from->area_id);
            clause->area_id =
                clause->area_column == FACTS_CASE ? 0 : (uint32_t)from->area_id;
        }
        if (from->department_id != 0 &&
            (clause->in = below(city, from->department_id, scope->departments, arena)) ==
                NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no room for a scope");
    }
    return 0;
}

static int add_filters(struct figure_scope *scope, const struct city_snapshot *city,
                       const struct figure_query *query, struct arena *arena,
                       struct error *error)
{
    for (size_t i = 0; i < query->departments.count; i++) {
        const uint8_t *in =
            below(city, query->departments.ids[i], scope->departments, arena);
        if (in == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no room for a filter");
        scope->in_departments[scope->department_count++] = in;
    }
    for (size_t i = 0; i < query->areas.count; i++) {
        scope->area_columns[i] = area_column(city, query->areas.ids[i]);
        scope->area_ids[i] = (uint32_t)query->areas.ids[i];
    }
    scope->area_count = query->areas.count;
    for (size_t i = 0; i < query->outside.count; i++)
        scope->outside_columns[i] = FACTS_AREA + (int)query->outside.ids[i];
    scope->outside_count = query->outside.count;
    for (int i = 0; i < FIGURE_ID_COUNT; i++) {
        if (query->ids[i] < 0)
            continue;
        scope->id_columns[scope->id_count] = figure_id_column((enum figure_id)i);
        scope->ids[scope->id_count++] = (uint32_t)query->ids[i];
    }
    if (query->major != NULL &&
        (scope->in_major = of_major(city, query->major, scope->classes, arena)) == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no room for a filter");
    return 0;
}

int figure_scope_make(const struct city_snapshot *city, const struct actor *actor,
                      const struct figure_query *query, uint32_t class_most,
                      struct arena *arena, struct figure_scope *ret_scope,
                      struct error *error)
{
    struct account_sight sight;
    account_sight(actor, RIGHT_CASE_READ, &sight);
    struct figure_scope scope = {.everything = sight.everything,
                                 .departments = department_room(city),
                                 .classes = (size_t)class_most + 1,
                                 .lead_id = query->lead_id,
                                 .class_id = query->class_id,
                                 .source = query->source};
    int code = scope.everything ? 0 : add_clauses(&scope, city, &sight, arena, error);
    if (code == 0)
        code = add_filters(&scope, city, query, arena, error);
    scope.filtered = !scope.everything || scope.department_count > 0 ||
                     scope.area_count > 0 || scope.outside_count > 0 ||
                     scope.in_major != NULL || scope.lead_id >= 0 || scope.class_id >= 0 ||
                     scope.source >= 0 || scope.id_count > 0;
    if (code == 0)
        *ret_scope = scope;
    return code;
}

static uint32_t value(const struct facts_block *block, int column, size_t row)
{
    return block->wide[column] != NULL ? block->wide[column][row] : 0;
}

static bool seen(const struct figure_scope *scope, const struct facts_block *block,
                 size_t row, uint32_t department)
{
    for (size_t i = 0; i < scope->clause_count; i++) {
        const struct figure_clause *clause = &scope->clauses[i];
        if (clause->area_column >= 0 &&
            value(block, clause->area_column, row) != clause->area_id)
            continue;
        if (clause->in != NULL &&
            (department >= scope->departments || !clause->in[department]))
            continue;
        return true;
    }
    return scope->everything;
}

static bool placed(const struct figure_scope *scope, const struct facts_block *block,
                   size_t row)
{
    for (size_t i = 0; i < scope->area_count; i++)
        if (value(block, scope->area_columns[i], row) != scope->area_ids[i])
            return false;
    for (size_t i = 0; i < scope->outside_count; i++)
        if (value(block, scope->outside_columns[i], row) != 0)
            return false;
    return true;
}

bool figure_scope_fits(const struct figure_scope *scope, const struct facts_block *block,
                       size_t row)
{
    uint32_t department = block->wide[FACTS_DEPARTMENT][row];
    uint32_t class_id = block->wide[FACTS_CLASS][row];
    for (size_t i = 0; i < scope->department_count; i++)
        if (department >= scope->departments || !scope->in_departments[i][department])
            return false;
    if (scope->lead_id >= 0 && department != scope->lead_id)
        return false;
    if (scope->class_id >= 0 && class_id != scope->class_id)
        return false;
    if (scope->in_major != NULL &&
        (class_id >= scope->classes || !scope->in_major[class_id]))
        return false;
    if (scope->source >= 0 &&
        (block->narrow[FACTS_FLAGS][row] & FACTS_SOURCE) != scope->source)
        return false;
    for (size_t i = 0; i < scope->id_count; i++)
        if (block->wide[scope->id_columns[i]][row] != scope->ids[i])
            return false;
    return placed(scope, block, row) && seen(scope, block, row, department);
}
