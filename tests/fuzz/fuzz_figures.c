// SPDX-License-Identifier: MPL-2.0
// The words of a request for figures, one a line: what is taken lies within its bounds.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/process.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// ---- a city of two levels, areas 1 to 9 ----
struct city_snapshot {
    struct calendar *calendar;
    struct evaluation *evaluation;
};
static const struct city_level levels[] = {{.id = 1, .code = "district", .position = 0},
                                           {.id = 2, .code = "street", .position = 1}};
const struct city_level *city_level(const struct city_snapshot *city, size_t position)
{
    (void)city;
    return position < 2 ? &levels[position] : NULL;
}
const struct city_level *city_level_by_code(const struct city_snapshot *city,
                                            const char *code)
{
    (void)city;
    for (size_t i = 0; i < 2; i++)
        if (strcmp(levels[i].code, code) == 0)
            return &levels[i];
    return NULL;
}
const struct city_area *city_area_by_id(const struct city_snapshot *city, int64_t id)
{
    static const struct city_area area = {.id = 1};
    (void)city;
    return id >= 1 && id <= 9 ? &area : NULL;
}
const struct calendar *city_calendar(const struct city_snapshot *city, int64_t version)
{
    (void)version;
    return city->calendar;
}

const struct evaluation *city_evaluation(const struct city_snapshot *city)
{
    return city->evaluation;
}

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_ids(const struct figure_ids *ids, int64_t least)
{
    require(ids->count <= FIGURE_IDS_MOST);
    for (size_t i = 0; i < ids->count; i++)
        require(ids->ids[i] >= least && ids->ids[i] <= UINT32_MAX);
}

// What a dimension is called asks for it again.
static void check_by(const struct figure_query *query, const struct city_snapshot *city,
                     struct arena *arena)
{
    require(query->by_count <= 2);
    for (size_t i = 0; i < query->by_count; i++) {
        struct figure_query again;
        struct figure_words words = {.by = figure_by_to_str(city, &query->by[i], arena)};
        require(figure_query_read(&words, city, query->now_ms, &again, NULL) == 0);
        require(again.by_count == 1 && again.by[0].dimension == query->by[i].dimension &&
                again.by[0].level == query->by[i].level);
    }
}

static void check(const struct figure_query *query, const struct city_snapshot *city,
                  struct arena *arena)
{
    require(query->from_day >= 1 && query->from_day <= query->to_day &&
            query->to_day < UINT16_MAX &&
            query->to_day - query->from_day < FIGURE_DAYS_MOST);
    require(query->measure_count >= 1 && query->measure_count <= EVALUATION_MEASURES_MOST);
    for (size_t i = 0; i < query->measure_count; i++)
        for (size_t k = 0; k < i; k++)
            require(query->measures[i] != query->measures[k]);
    check_ids(&query->departments, 1);
    check_ids(&query->areas, 1);
    check_ids(&query->outside, 0);
    require(query->lead_id >= -1 && query->class_id >= -1 && query->source >= -1 &&
            query->source < PROCESS_SOURCE_COUNT);
    check_by(query, city, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct city_snapshot city;
    enum { FIXED = 13, LINES = FIXED + FIGURE_ID_COUNT };
    const char *words[LINES] = {0};
    if (city.calendar == NULL &&
        calendar_new(&(struct calendar_source){.zone = "Asia/Shanghai", .version = 1}, NULL,
                     &city.calendar, NULL) != 0)
        abort();
    if (city.evaluation == NULL &&
        evaluation_new(&(struct evaluation_source){0}, NULL, &city.evaluation, NULL) != 0)
        abort();
    struct arena *arena = arena_new(4 * 1024 * 1024);
    char *text = arena_copy(arena, (const char *)data, size);
    for (size_t i = 0; i < LINES && text != NULL; i++) {
        char *end = strchr(text, '\n');
        words[i] = text;
        text = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = '\0';
    }
    struct figure_words asked = {.measures = words[0],
                                 .by = words[1],
                                 .from = words[2],
                                 .to = words[3],
                                 .department = words[4],
                                 .lead = words[5],
                                 .area = words[6],
                                 .outside = words[7],
                                 .class_id = words[8],
                                 .major = words[9],
                                 .source = words[10],
                                 .weekday = words[11],
                                 .hour = words[12]};
    for (size_t i = 0; i < FIGURE_ID_COUNT; i++)
        asked.ids[i] = words[FIXED + i];
    struct figure_query query;
    if (figure_query_read(&asked, &city, INT64_C(1763800000123), &query, NULL) == 0)
        check(&query, &city, arena);
    arena_free(arena);
    return 0;
}
