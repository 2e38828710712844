// SPDX-License-Identifier: MPL-2.0
// The axes of an answer: periods, departments, areas, classes, sources.
#include "figures_internal.h"

#include <string.h>

#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/zone.h>

enum { CELLS_MOST = 2000000 };

static int no_room(struct error *error)
{
    return error_set(error, ERROR_INPUT, "figures.too_many",
                     "more than %d figures: ask for a shorter period or fewer dimensions",
                     CELLS_MOST);
}

// ---- time ----
static int64_t bucket_start(enum figure_dimension dimension, int64_t day)
{
    int year = 0, month = 0, date = 0;
    if (dimension == FIGURE_BY_WEEK)
        return day - (date_weekday(day) - 1);
    date_from_day(day, &year, &month, &date);
    return dimension == FIGURE_BY_MONTH ? date_to_day(year, month, 1) : day;
}

static int64_t bucket_end(enum figure_dimension dimension, int64_t start)
{
    int year = 0, month = 0, date = 0;
    if (dimension == FIGURE_BY_WEEK)
        return start + 6;
    date_from_day(start, &year, &month, &date);
    return dimension == FIGURE_BY_MONTH
               ? date_to_day(month == 12 ? year + 1 : year, month % 12 + 1, 1) - 1
               : start;
}

// The week belongs to the year of its Thursday.
static const char *bucket_code(enum figure_dimension dimension, int64_t start,
                               struct arena *arena)
{
    int year = 0, month = 0, date = 0;
    char text[DATE_TEXT_SIZE];
    if (dimension == FIGURE_BY_WEEK) {
        date_from_day(start + 3, &year, &month, &date);
        return arena_format(arena, "%04d-W%02d", year,
                            (int)((start + 3 - date_to_day(year, 1, 1)) / 7) + 1);
    }
    date_to_text(start, text);
    return arena_format(arena, "%.*s", dimension == FIGURE_BY_MONTH ? 7 : 10, text);
}

static const struct figure_by *time_of(const struct figure_query *query)
{
    for (size_t i = 0; i < query->by_count; i++)
        if (query->by[i].dimension <= FIGURE_BY_MONTH)
            return &query->by[i];
    return NULL;
}

static int make_time(const struct figure_query *query, struct arena *arena,
                     struct figure_time *time, struct error *error)
{
    const struct figure_by *by = time_of(query);
    size_t days = (size_t)(query->to_day - query->from_day + 1);
    uint32_t *bucket = arena_array(arena, UINT16_MAX + 1, sizeof *bucket);
    time->keys = arena_array(arena, days, sizeof *time->keys);
    if (bucket == NULL || time->keys == NULL)
        return no_room(error);
    for (int64_t day = query->from_day; day <= query->to_day;) {
        int64_t start = by != NULL ? bucket_start(by->dimension, day) : day;
        int64_t end = by != NULL ? bucket_end(by->dimension, start) : query->to_day;
        if (end > query->to_day)
            end = query->to_day;
        struct figure_key *key = &time->keys[time->count++];
        *key = (struct figure_key){.id = start, .from_day = day, .to_day = end};
        key->code = by != NULL ? bucket_code(by->dimension, start, arena) : "";
        for (; day <= end; day++)
            bucket[day] = (uint32_t)time->count;
    }
    bucket[0] = (uint32_t)time->count + 1;
    for (int64_t day = query->to_day + 1; day <= UINT16_MAX; day++)
        bucket[day] = (uint32_t)time->count + 1;
    time->bucket = bucket;
    return 0;
}

// ---- places in the axes ----
static void add_key(struct figure_axis *axis, int64_t id, const char *code,
                    const char *filter, const char *value)
{
    axis->keys[axis->count++] =
        (struct figure_key){.id = id, .code = code, .filter = filter, .value = value};
}

static const char *number(int64_t id, struct arena *arena)
{
    return arena_format(arena, "%lld", (long long)id);
}

static uint32_t *make_axis(struct figure_axis *axis, size_t keys, size_t room,
                           struct arena *arena)
{
    uint32_t *position = arena_array(arena, room, sizeof *position);
    axis->keys = arena_array(arena, keys, sizeof *axis->keys);
    axis->position = position;
    axis->room = room;
    return axis->keys != NULL ? position : NULL;
}

// The office of a department that stands `depth` steps from the top (1: the top itself), or
// the department where it stands higher.
static int64_t office_at(const struct city_snapshot *city, int64_t id, size_t depth)
{
    int64_t chain[16];
    size_t count = 0;
    for (int64_t at = id; at != 0 && count < 16;) {
        const struct city_department *department = city_department_by_id(city, at);
        chain[count++] = at;
        at = department != NULL ? department->parent : 0;
    }
    return count > depth ? chain[count - depth] : id;
}

static bool is_deep(const struct city_snapshot *city, int64_t id, size_t depth)
{
    size_t above = 0;
    for (int64_t at = id; at != 0 && above < 16; above++) {
        const struct city_department *department = city_department_by_id(city, at);
        at = department != NULL ? department->parent : 0;
    }
    return above >= depth;
}

static int by_department(const struct city_snapshot *city, size_t depth,
                         struct arena *arena, struct figure_axis *axis, struct error *error)
{
    size_t count = city_departments(city), room = 1;
    for (size_t i = 0; i < count; i++)
        if ((size_t)city_department(city, i)->id >= room)
            room = (size_t)city_department(city, i)->id + 1;
    uint32_t *position = make_axis(axis, count + 1, room, arena);
    if (position == NULL)
        return no_room(error);
    axis->column = FACTS_DEPARTMENT;
    add_key(axis, 0, "", "lead", "0");
    for (size_t i = 0; i < count; i++) {
        const struct city_department *department = city_department(city, i);
        if (depth > 0 && office_at(city, department->id, depth) != department->id)
            continue;
        bool whole = depth > 0 && is_deep(city, department->id, depth);
        position[department->id] = (uint32_t)axis->count;
        add_key(axis, department->id, department->code, whole ? "department" : "lead",
                number(department->id, arena));
    }
    for (size_t i = 0; depth > 0 && i < count; i++) {
        int64_t id = city_department(city, i)->id;
        position[id] = position[office_at(city, id, depth)];
    }
    return 0;
}

static int by_area(const struct city_snapshot *city, size_t level, struct arena *arena,
                   struct figure_axis *axis, struct error *error)
{
    size_t count = city_areas(city), room = 1;
    for (size_t i = 0; i < count; i++)
        if ((size_t)city_area(city, i)->id >= room)
            room = (size_t)city_area(city, i)->id + 1;
    uint32_t *position = make_axis(axis, count + 1, room, arena);
    if (position == NULL)
        return no_room(error);
    axis->column = FACTS_AREA + (int)level;
    add_key(axis, 0, "", "outside", city_level(city, level)->code);
    for (size_t i = 0; i < count; i++) {
        const struct city_area *area = city_area(city, i);
        if (area->level != level)
            continue;
        position[area->id] = (uint32_t)axis->count;
        add_key(axis, area->id, area->code, "area", number(area->id, arena));
    }
    return 0;
}

static int by_class(const struct city_snapshot *city, uint32_t most, struct arena *arena,
                    struct figure_axis *axis, struct error *error)
{
    uint32_t *position = make_axis(axis, (size_t)most + 1, (size_t)most + 1, arena);
    if (position == NULL)
        return no_room(error);
    axis->column = FACTS_CLASS;
    for (uint32_t id = 0; id <= most; id++) {
        const char *code = id > 0 ? city_class_code(city, id) : "";
        position[id] = id;
        add_key(axis, id, code != NULL ? code : "", "class", number(id, arena));
    }
    return 0;
}

static int by_major(const struct city_snapshot *city, uint32_t most, struct arena *arena,
                    struct figure_axis *axis, struct error *error)
{
    uint32_t *position = make_axis(axis, (size_t)most + 1, (size_t)most + 1, arena);
    if (position == NULL)
        return no_room(error);
    axis->column = FACTS_CLASS;
    add_key(axis, 0, "", "major", "");
    for (uint32_t id = 1; id <= most; id++) {
        const char *code = figure_major_of(city, id);
        size_t at = 0;
        while (code != NULL && at < axis->count && strcmp(axis->keys[at].code, code) != 0)
            at++;
        if (code != NULL && at == axis->count)
            add_key(axis, (int64_t)at, code, "major", code);
        position[id] = (uint32_t)at;
    }
    return 0;
}

static int by_source(struct arena *arena, struct figure_axis *axis, struct error *error)
{
    uint32_t *position = make_axis(axis, PROCESS_SOURCE_COUNT, FACTS_SOURCE + 1, arena);
    if (position == NULL)
        return no_room(error);
    axis->column = -1;
    for (int source = 0; source < PROCESS_SOURCE_COUNT; source++) {
        const char *code = process_source_to_str(source);
        position[source] = (uint32_t)source;
        add_key(axis, source, code, "source", code);
    }
    return 0;
}

static int make_axes(const struct city_snapshot *city, const struct figure_query *query,
                     uint32_t class_most, struct arena *arena, struct figure_cells *cells,
                     struct error *error)
{
    size_t next = 0;
    int code = 0;
    cells->axes[0] = cells->axes[1] = (struct figure_axis){.count = 1, .column = -2};
    for (size_t i = 0; i < query->by_count && code == 0; i++) {
        const struct figure_by *by = &query->by[i];
        if (by->dimension <= FIGURE_BY_MONTH)
            continue;
        struct figure_axis *axis = &cells->axes[next++];
        axis->count = 0;
        if (by->dimension == FIGURE_BY_DEPARTMENT)
            code = by_department(city, by->level, arena, axis, error);
        else if (by->dimension == FIGURE_BY_AREA)
            code = by_area(city, by->level, arena, axis, error);
        else if (by->dimension == FIGURE_BY_CLASS)
            code = by_class(city, class_most, arena, axis, error);
        else if (by->dimension == FIGURE_BY_MAJOR)
            code = by_major(city, class_most, arena, axis, error);
        else
            code = by_source(arena, axis, error);
    }
    return code;
}

// ---- sums ----
// A group is wanted as soon as one of its sums is.
static void want_group(struct figure_cells *cells, enum figure_sum first,
                       enum figure_sum last)
{
    if (cells->place[first] >= 0)
        return;
    for (int i = (int)first; i <= (int)last; i++)
        cells->place[i] = (int)cells->stride++;
}

static void want(struct figure_cells *cells)
{
    for (int i = 0; i < SUM_COUNT; i++)
        cells->place[i] = -1;
    for (size_t i = 0; i < cells->query->measure_count; i++) {
        enum figure_measure measure = cells->query->measures[i];
        bool open = measure == FIGURE_OPEN;
        if (open || measure == FIGURE_OPENED || measure == FIGURE_CLOSED_OF_OPENED ||
            measure == FIGURE_TO_CLOSE)
            want_group(cells, SUM_OPENED, SUM_TO_CLOSE);
        if (open || measure == FIGURE_ENDED || measure == FIGURE_CLOSED ||
            measure == FIGURE_MEAN_TIME_TO_CLOSE)
            want_group(cells, SUM_ENDED, SUM_DURATION_S);
        if (measure == FIGURE_HANDLED_IN_TIME || measure == FIGURE_TO_HANDLE)
            want_group(cells, SUM_HANDLED_IN_TIME, SUM_TO_HANDLE);
        if (measure == FIGURE_OVERDUE)
            want_group(cells, SUM_OVERDUE, SUM_OVERDUE);
        if (measure == FIGURE_TARGET_MET || measure == FIGURE_WITH_TARGET)
            want_group(cells, SUM_TARGET_MET, SUM_WITH_TARGET);
        cells->open |= open;
    }
}

static int make_sums(struct figure_cells *cells, struct arena *arena, struct error *error)
{
    uint32_t *start = arena_array(arena, UINT16_MAX + 1, sizeof *start);
    cells->sums = arena_array(arena, cells->width * (cells->time.count + 2),
                              (cells->stride + 1) * sizeof(int64_t));
    if (start == NULL || cells->sums == NULL)
        return no_room(error);
    for (size_t day = 0; day <= UINT16_MAX; day++)
        start[day] = (uint32_t)(cells->time.bucket[day] * cells->width * cells->stride);
    cells->start = start;
    return 0;
}

int figure_cells_make(const struct city_snapshot *city, const struct figure_query *query,
                      uint32_t class_most, struct arena *arena,
                      struct figure_cells *ret_cells, struct error *error)
{
    struct figure_cells cells = {.query = query, .now_s = (uint32_t)(query->now_ms / 1000)};
    int code = make_time(query, arena, &cells.time, error);
    if (code == 0)
        code = make_axes(city, query, class_most, arena, &cells, error);
    if (code != 0)
        return code;
    cells.width = cells.axes[0].count * cells.axes[1].count;
    if (cells.width > CELLS_MOST / (cells.time.count + 2))
        return no_room(error);
    want(&cells);
    code = make_sums(&cells, arena, error);
    if (code == 0)
        *ret_cells = cells;
    return code;
}
