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
static int months_of(enum figure_dimension dimension)
{
    return dimension == FIGURE_BY_MONTH     ? 1
           : dimension == FIGURE_BY_QUARTER ? 3
           : dimension == FIGURE_BY_YEAR    ? 12
                                            : 0;
}

static int64_t bucket_start(enum figure_dimension dimension, int64_t day)
{
    int year = 0, month = 0, date = 0, months = months_of(dimension);
    if (dimension == FIGURE_BY_WEEK)
        return day - (date_weekday(day) - 1);
    date_from_day(day, &year, &month, &date);
    return months > 0 ? date_to_day(year, (month - 1) / months * months + 1, 1) : day;
}

static int64_t bucket_end(enum figure_dimension dimension, int64_t start)
{
    int year = 0, month = 0, date = 0, months = months_of(dimension);
    if (dimension == FIGURE_BY_WEEK)
        return start + 6;
    if (months == 0)
        return start;
    date_from_day(start, &year, &month, &date);
    month += months;
    return date_to_day(month > 12 ? year + 1 : year, month > 12 ? month - 12 : month, 1) -
           1;
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
    date_from_day(start, &year, &month, &date);
    if (dimension == FIGURE_BY_QUARTER)
        return arena_format(arena, "%04d-Q%d", year, (month - 1) / 3 + 1);
    date_to_text(start, text);
    int length = dimension == FIGURE_BY_MONTH ? 7 : dimension == FIGURE_BY_YEAR ? 4 : 10;
    return arena_format(arena, "%.*s", length, text);
}

static const struct figure_by *time_of(const struct figure_query *query)
{
    for (size_t i = 0; i < query->by_count; i++)
        if (figure_is_period(&query->by[i]))
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

// Weekdays and hours: the cell hangs on each count's own instant.
static int by_clock(bool hours, struct arena *arena, struct figure_axis *axis,
                    struct error *error)
{
    int first = hours ? 0 : 1, count = hours ? 24 : 7;
    axis->keys = arena_array(arena, (size_t)count, sizeof *axis->keys);
    if (axis->keys == NULL)
        return no_room(error);
    axis->column = hours ? -4 : -3;
    for (int i = first; i < first + count; i++)
        add_key(axis, i, hours ? arena_format(arena, "%02d", i) : number(i, arena),
                hours ? "hour" : "weekday", number(i, arena));
    return 0;
}

static const int ID_COLUMNS[FIGURE_ID_COUNT] = {
    FACTS_GRID,        FACTS_DUTY_GRID,       FACTS_DESK,
    FACTS_COMPANY,     FACTS_CHECKER_COMPANY, FACTS_REPORTED_BY,
    FACTS_ACCEPTED_BY, FACTS_VERIFIED_BY,     FACTS_FILED_BY,
    FACTS_SENT_BY,     FACTS_CHECKED_BY,      FACTS_CLOSED_BY,
};

int figure_id_column(enum figure_id id)
{
    return ID_COLUMNS[id];
}

static uint32_t most_of(const struct facts *facts, int column)
{
    uint32_t most = 0;
    for (size_t i = 0; facts != NULL && i < facts_blocks(facts); i++) {
        struct facts_block block = facts_block(facts, i);
        for (size_t row = 0; row < block.count; row++)
            most = block.wide[column][row] > most ? block.wide[column][row] : most;
    }
    return most;
}

static const char *id_code(const struct city_snapshot *city, enum figure_id id,
                           int64_t value, struct arena *arena)
{
    const struct city_grid *grid = NULL;
    const struct city_area *area = NULL;
    const struct city_department *department = NULL;
    if (value == 0)
        return "";
    if (id == FIGURE_ID_GRID && (grid = city_grid_by_id(city, value)) != NULL)
        return grid->code;
    if (id == FIGURE_ID_DUTY_GRID && (area = city_area_by_id(city, value)) != NULL)
        return area->code;
    if (id < FIGURE_ID_REPORTED_BY && id > FIGURE_ID_DUTY_GRID &&
        (department = city_department_by_id(city, value)) != NULL)
        return department->code;
    return number(value, arena);
}

static int by_id(const struct city_snapshot *city, const struct facts *facts,
                 enum figure_id id, struct arena *arena, struct figure_axis *axis,
                 struct error *error)
{
    uint32_t most = most_of(facts, ID_COLUMNS[id]);
    if (most > CELLS_MOST)
        return no_room(error);
    uint32_t *position = make_axis(axis, (size_t)most + 1, (size_t)most + 1, arena);
    if (position == NULL)
        return no_room(error);
    axis->column = ID_COLUMNS[id];
    for (uint32_t value = 0; value <= most; value++) {
        position[value] = value;
        add_key(axis, value, id_code(city, id, value, arena), figure_id_to_str(id),
                number(value, arena));
    }
    return 0;
}

struct making {
    const struct city_snapshot *city;
    const struct facts *facts;
    uint32_t class_most;
    struct arena *arena;
};

static int make_axis_of(const struct making *making, const struct figure_by *by,
                        struct figure_axis *axis, struct error *error)
{
    struct arena *arena = making->arena;
    const struct city_snapshot *city = making->city;
    switch (by->dimension) {
    case FIGURE_BY_DEPARTMENT:
        return by_department(city, by->level, arena, axis, error);
    case FIGURE_BY_AREA:
        return by_area(city, by->level, arena, axis, error);
    case FIGURE_BY_CLASS:
        return by_class(city, making->class_most, arena, axis, error);
    case FIGURE_BY_MAJOR:
        return by_major(city, making->class_most, arena, axis, error);
    case FIGURE_BY_ID:
        return by_id(city, making->facts, (enum figure_id)by->level, arena, axis, error);
    case FIGURE_BY_WEEKDAY:
    case FIGURE_BY_HOUR:
        return by_clock(by->dimension == FIGURE_BY_HOUR, arena, axis, error);
    default:
        return by_source(arena, axis, error);
    }
}

static int make_axes(const struct making *making, const struct figure_query *query,
                     struct figure_cells *cells, struct error *error)
{
    size_t next = 0;
    int code = 0;
    cells->axes[0] = cells->axes[1] = (struct figure_axis){.count = 1, .column = -2};
    for (size_t i = 0; i < query->by_count && code == 0; i++) {
        if (figure_is_period(&query->by[i]))
            continue;
        struct figure_axis *axis = &cells->axes[next++];
        axis->count = 0;
        code = make_axis_of(making, &query->by[i], axis, error);
        cells->clock |= axis->column < -2;
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

static void want_hand_made(struct figure_cells *cells, enum indicator_sum sum)
{
    bool open = sum == INDICATOR_SUM_OPEN;
    if (open || sum == INDICATOR_SUM_OPENED || sum == INDICATOR_SUM_CLOSED_OF_OPENED ||
        sum == INDICATOR_SUM_TO_CLOSE)
        want_group(cells, SUM_OPENED, SUM_TO_CLOSE);
    if (open || sum == INDICATOR_SUM_ENDED || sum == INDICATOR_SUM_CLOSED ||
        sum == INDICATOR_SUM_CLOSED_SECONDS)
        want_group(cells, SUM_ENDED, SUM_DURATION_S);
    if (sum == INDICATOR_SUM_HANDLED_IN_TIME || sum == INDICATOR_SUM_TO_HANDLE)
        want_group(cells, SUM_HANDLED_IN_TIME, SUM_TO_HANDLE);
    if (sum == INDICATOR_SUM_OVERDUE)
        want_group(cells, SUM_OVERDUE, SUM_OVERDUE);
    if (sum == INDICATOR_SUM_TARGET_MET || sum == INDICATOR_SUM_WITH_TARGET)
        want_group(cells, SUM_TARGET_MET, SUM_WITH_TARGET);
    cells->open |= open;
}

int figure_count_make(const struct indicator *count, const struct city_snapshot *city,
                      const struct figure_query *query, uint32_t class_most,
                      struct arena *arena, struct figure_count *ret_count,
                      struct error *error)
{
    struct figure_count made = {.count = count, .place = -1};
    int code = fact_program_make(&count->when, city, class_most, query->now_ms, arena,
                                 &made.when, error);
    if (code == 0)
        code = fact_program_make(&count->value, city, class_most, query->now_ms, arena,
                                 &made.value, error);
    if (code == 0)
        *ret_count = made;
    return code;
}

static int want(const struct making *making, struct figure_cells *cells,
                struct error *error)
{
    const struct figure_query *query = cells->query;
    for (int i = 0; i < SUM_COUNT; i++)
        cells->place[i] = -1;
    cells->counts = arena_array(making->arena, query->measure_count, sizeof *cells->counts);
    if (cells->counts == NULL)
        return no_room(error);
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *measure = figure_measure(query, i);
        struct figure_count *count = &cells->counts[cells->count_count];
        cells->at[query->measures[i]] = (int)i;
        if (!measure->is_count)
            continue;
        int code = figure_count_make(measure, making->city, query, making->class_most,
                                     making->arena, count, error);
        if (code != 0)
            return code;
        count->measure = i;
        cells->count_count++;
        if (measure->sum != INDICATOR_SUM_NONE && !cells->clock && !query->by_definition)
            want_hand_made(cells, measure->sum);
        else
            count->place = (int)cells->stride++;
    }
    return 0;
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
                      const struct facts *facts, uint32_t class_most, struct arena *arena,
                      struct figure_cells *ret_cells, struct error *error)
{
    struct figure_cells cells = {.query = query,
                                 .city = city,
                                 .clock = query->weekday >= 0 || query->hour >= 0,
                                 .now_s = (uint32_t)(query->now_ms / 1000)};
    struct making making = {city, facts, class_most, arena};
    int code = make_time(query, arena, &cells.time, error);
    if (code == 0)
        code = make_axes(&making, query, &cells, error);
    if (code != 0)
        return code;
    cells.width = cells.axes[0].count * cells.axes[1].count;
    if (cells.width > CELLS_MOST / (cells.time.count + 2))
        return no_room(error);
    code = want(&making, &cells, error);
    if (code == 0)
        code = make_sums(&cells, arena, error);
    if (code == 0)
        *ret_cells = cells;
    return code;
}
