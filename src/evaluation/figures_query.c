// SPDX-License-Identifier: MPL-2.0
// The words of a request for figures: read strictly, nothing guessed.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/zone.h>

enum { DAYS_BY_DEFAULT = 30, DEPTH_MOST = 9 };

static bool same(const char *word, size_t length, const char *code)
{
    return strlen(code) == length && memcmp(word, code, length) == 0;
}

// ---- measures ----
const struct indicator *figure_measure(const struct figure_query *query, size_t index)
{
    return evaluation_measure(query->evaluation, query->measures[index]);
}

static void add_measure(struct figure_query *query, size_t measure)
{
    for (size_t i = 0; i < query->measure_count; i++)
        if (query->measures[i] == measure)
            return;
    query->measures[query->measure_count++] = (uint16_t)measure;
}

static int one_measure(struct figure_query *query, const char *word, size_t length,
                       struct error *error)
{
    int measure = evaluation_find(query->evaluation, word, length);
    if (measure < 0)
        return error_set(error, ERROR_INPUT, "figures.measure",
                         "there is no measure '%.*s'", length > 40 ? 40 : (int)length,
                         word);
    add_measure(query, (size_t)measure);
    return 0;
}

// What a figure is made of is told with it, and what that is made of.
static void add_parts(struct figure_query *query)
{
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *indicator = figure_measure(query, i);
        for (size_t k = 0; k < indicator->part_count; k++)
            add_measure(query, (size_t)indicator->parts[k]);
    }
}

static int read_measures(struct figure_query *query, const char *words, struct error *error)
{
    size_t length = 0;
    int code = 0;
    if (words == NULL || *words == '\0')
        words = "opened,closed,open,overdue,closing_rate,on_time_rate,mean_time_to_close";
    for (const char *word; code == 0 && (word = text_next(&words, ',', &length)) != NULL;)
        code = one_measure(query, word, length, error);
    add_parts(query);
    return code;
}

// ---- dimensions ----
static const struct {
    const char *code;
    enum figure_dimension dimension;
} DIMENSIONS[] = {
    {"day", FIGURE_BY_DAY},       {"week", FIGURE_BY_WEEK},
    {"month", FIGURE_BY_MONTH},   {"quarter", FIGURE_BY_QUARTER},
    {"year", FIGURE_BY_YEAR},     {"weekday", FIGURE_BY_WEEKDAY},
    {"hour", FIGURE_BY_HOUR},     {"department", FIGURE_BY_DEPARTMENT},
    {"class", FIGURE_BY_CLASS},   {"major", FIGURE_BY_MAJOR},
    {"source", FIGURE_BY_SOURCE},
};
enum { DIMENSION_COUNT = sizeof DIMENSIONS / sizeof DIMENSIONS[0] };

const char *figure_id_to_str(enum figure_id id)
{
    static const char *const NAMES[FIGURE_ID_COUNT] = {
        "grid",        "duty_grid",   "desk",        "company",  "checker_company",
        "reported_by", "accepted_by", "verified_by", "filed_by", "sent_by",
        "checked_by",  "closed_by",
    };
    return (unsigned)id < FIGURE_ID_COUNT ? NAMES[id] : "";
}

static int unknown_by(const char *word, size_t length, struct error *error)
{
    return error_set(error, ERROR_INPUT, "figures.by", "figures cannot be told by '%.*s'",
                     length > 40 ? 40 : (int)length, word);
}

// "area:ward", "department:2"
static int levelled(const struct city_snapshot *city, const char *word, size_t length,
                    struct figure_by *ret_by, struct error *error)
{
    const char *colon = memchr(word, ':', length);
    char level[64] = "";
    size_t head = (size_t)(colon - word), tail = length - head - 1;
    if (tail == 0 || tail >= sizeof level)
        return unknown_by(word, length, error);
    memcpy(level, colon + 1, tail);
    if (same(word, head, "area")) {
        const struct city_level *found = city_level_by_code(city, level);
        if (found == NULL)
            return unknown_by(word, length, error);
        *ret_by = (struct figure_by){FIGURE_BY_AREA, found->position};
        return 0;
    }
    int64_t depth = 0;
    if (!same(word, head, "department") || text_to_int(level, tail, &depth, NULL) != 0 ||
        depth < 1 || depth > DEPTH_MOST)
        return unknown_by(word, length, error);
    *ret_by = (struct figure_by){FIGURE_BY_DEPARTMENT, (size_t)depth};
    return 0;
}

static int one_by(const struct city_snapshot *city, const char *word, size_t length,
                  struct figure_by *ret_by, struct error *error)
{
    if (memchr(word, ':', length) != NULL)
        return levelled(city, word, length, ret_by, error);
    for (size_t i = 0; i < DIMENSION_COUNT; i++) {
        if (same(word, length, DIMENSIONS[i].code)) {
            *ret_by = (struct figure_by){DIMENSIONS[i].dimension, 0};
            return 0;
        }
    }
    for (int i = 0; i < FIGURE_ID_COUNT; i++) {
        if (same(word, length, figure_id_to_str((enum figure_id)i))) {
            *ret_by = (struct figure_by){FIGURE_BY_ID, (size_t)i};
            return 0;
        }
    }
    return unknown_by(word, length, error);
}

static bool is_time(const struct figure_by *by)
{
    return by->dimension <= FIGURE_BY_YEAR;
}

static int read_by(struct figure_query *query, const struct city_snapshot *city,
                   const char *words, struct error *error)
{
    size_t length = 0;
    if (words == NULL || *words == '\0' || strcmp(words, "none") == 0)
        return 0;
    for (const char *word; (word = text_next(&words, ',', &length)) != NULL;) {
        if (query->by_count == 2)
            return error_set(error, ERROR_INPUT, "figures.by",
                             "figures are told by two dimensions at most");
        int code = one_by(city, word, length, &query->by[query->by_count], error);
        if (code != 0)
            return code;
        query->by_count++;
    }
    const struct figure_by *by = query->by;
    if (query->by_count == 2 &&
        ((is_time(&by[0]) && is_time(&by[1])) ||
         (by[0].dimension == by[1].dimension && by[0].level == by[1].level)))
        return error_set(error, ERROR_INPUT, "figures.by",
                         "the two dimensions are the same, or both of time");
    return 0;
}

const char *figure_by_to_str(const struct city_snapshot *city, const struct figure_by *by,
                             struct arena *arena)
{
    if (by->dimension == FIGURE_BY_AREA) {
        const struct city_level *level = city_level(city, by->level);
        return level != NULL ? arena_format(arena, "area:%s", level->code) : "";
    }
    if (by->dimension == FIGURE_BY_ID)
        return figure_id_to_str((enum figure_id)by->level);
    for (size_t i = 0; i < DIMENSION_COUNT; i++)
        if (DIMENSIONS[i].dimension == by->dimension)
            return by->level > 0
                       ? arena_format(arena, "%s:%zu", DIMENSIONS[i].code, by->level)
                       : DIMENSIONS[i].code;
    return "";
}

// ---- period and filters ----
static int read_day(const char *name, const char *word, int64_t *ret_day,
                    struct error *error)
{
    if (word == NULL || *word == '\0')
        return 0;
    if (date_from_text(word, strlen(word), ret_day, NULL) != 0 || *ret_day < 1 ||
        *ret_day > UINT16_MAX - 1)
        return error_set(error, ERROR_INPUT, "figures.period",
                         "%s is no date like 2015-08-31", name);
    return 0;
}

static int read_period(struct figure_query *query, const struct figure_words *words,
                       struct error *error)
{
    query->to_day = query->today;
    int code = read_day("to", words->to, &query->to_day, error);
    query->from_day = query->to_day - DAYS_BY_DEFAULT + 1;
    if (code == 0)
        code = read_day("from", words->from, &query->from_day, error);
    if (code != 0)
        return code;
    if (query->from_day < 1)
        query->from_day = 1;
    if (query->from_day > query->to_day)
        return error_set(error, ERROR_INPUT, "figures.period", "it ends before it begins");
    if (query->to_day - query->from_day >= FIGURE_DAYS_MOST)
        return error_set(error, ERROR_INPUT, "figures.period",
                         "a period has %d days at most", FIGURE_DAYS_MOST);
    return 0;
}

static int read_id(const char *name, const char *word, int64_t least, int64_t *ret_id,
                   struct error *error)
{
    int64_t id = 0;
    if (word == NULL || *word == '\0')
        return 0;
    if (text_to_int(word, strlen(word), &id, NULL) != 0 || id < least || id > UINT32_MAX)
        return error_set(error, ERROR_INPUT, "figures.filter", "%s is no id", name);
    *ret_id = id;
    return 0;
}

static int next_id(const char *name, const char *word, size_t length,
                   struct figure_ids *ids, struct error *error)
{
    int64_t id = 0;
    if (ids->count == FIGURE_IDS_MOST)
        return error_set(error, ERROR_INPUT, "figures.filter", "%s names more than %d",
                         name, FIGURE_IDS_MOST);
    if (text_to_int(word, length, &id, NULL) != 0 || id < 1 || id > UINT32_MAX)
        return error_set(error, ERROR_INPUT, "figures.filter", "%s is no id", name);
    ids->ids[ids->count++] = id;
    return 0;
}

static int read_ids(const char *name, const char *words, struct figure_ids *ids,
                    struct error *error)
{
    size_t length = 0;
    int code = 0;
    if (words == NULL || *words == '\0')
        return 0;
    for (const char *word; code == 0 && (word = text_next(&words, ',', &length)) != NULL;)
        code = next_id(name, word, length, ids, error);
    return code;
}

static int read_areas(struct figure_query *query, const struct figure_words *words,
                      const struct city_snapshot *city, struct error *error)
{
    int code = read_ids("area", words->area, &query->areas, error);
    for (size_t i = 0; i < query->areas.count && code == 0; i++)
        if (city_area_by_id(city, query->areas.ids[i]) == NULL)
            code = error_set(error, ERROR_INPUT, "figures.filter",
                             "area: there is no such area");
    const char *outside = words->outside;
    size_t length = 0;
    if (code != 0 || outside == NULL || *outside == '\0')
        return code;
    for (const char *word; (word = text_next(&outside, ',', &length)) != NULL;) {
        char level[64] = "";
        memcpy(level, word, length < sizeof level ? length : 0);
        const struct city_level *found = city_level_by_code(city, level);
        if (found == NULL || query->outside.count == FIGURE_IDS_MOST)
            return error_set(error, ERROR_INPUT, "figures.filter",
                             "outside: there is no such level, or there are too many");
        query->outside.ids[query->outside.count++] = (int64_t)found->position;
    }
    return 0;
}

static int read_small(const char *name, const char *word, int64_t least, int64_t most,
                      int *ret_value, struct error *error)
{
    int64_t value = 0;
    if (word == NULL || *word == '\0')
        return 0;
    if (text_to_int(word, strlen(word), &value, NULL) != 0 || value < least || value > most)
        return error_set(error, ERROR_INPUT, "figures.filter", "%s is no number %d to %d",
                         name, (int)least, (int)most);
    *ret_value = (int)value;
    return 0;
}

static int read_own_ids(struct figure_query *query, const struct figure_words *words,
                        struct error *error)
{
    int code = read_small("weekday", words->weekday, 1, 7, &query->weekday, error);
    if (code == 0)
        code = read_small("hour", words->hour, 0, 23, &query->hour, error);
    for (int i = 0; i < FIGURE_ID_COUNT && code == 0; i++)
        code = read_id(figure_id_to_str((enum figure_id)i), words->ids[i], 0,
                       &query->ids[i], error);
    return code;
}

static int read_filters(struct figure_query *query, const struct figure_words *words,
                        const struct city_snapshot *city, struct error *error)
{
    int code = read_ids("department", words->department, &query->departments, error);
    if (code == 0)
        code = read_id("lead", words->lead, 0, &query->lead_id, error);
    if (code == 0)
        code = read_id("class", words->class_id, 0, &query->class_id, error);
    if (code == 0)
        code = read_areas(query, words, city, error);
    if (code == 0)
        code = read_own_ids(query, words, error);
    if (code == 0 && words->source != NULL && *words->source != '\0' &&
        (query->source = process_source_from_str(words->source)) < 0)
        code = error_set(error, ERROR_INPUT, "figures.filter",
                         "source: there is no such word");
    query->major = words->major;
    return code;
}

int figure_query_read_with(const struct figure_words *words,
                           const struct city_snapshot *city,
                           const struct evaluation *evaluation, int64_t now_ms,
                           struct figure_query *ret_query, struct error *error)
{
    struct figure_query query = {.now_ms = now_ms - now_ms % 1000,
                                 .evaluation = evaluation,
                                 .lead_id = -1,
                                 .class_id = -1,
                                 .source = -1,
                                 .weekday = -1,
                                 .hour = -1};
    for (int i = 0; i < FIGURE_ID_COUNT; i++)
        query.ids[i] = -1;
    query.today = calendar_day(city_calendar(city, 0), query.now_ms);
    int code = read_measures(&query, words->measures, error);
    if (code == 0)
        code = read_by(&query, city, words->by, error);
    if (code == 0)
        code = read_period(&query, words, error);
    if (code == 0)
        code = read_filters(&query, words, city, error);
    if (code == 0)
        *ret_query = query;
    return code;
}

int figure_query_read(const struct figure_words *words, const struct city_snapshot *city,
                      int64_t now_ms, struct figure_query *ret_query, struct error *error)
{
    return figure_query_read_with(words, city, city_evaluation(city), now_ms, ret_query,
                                  error);
}
