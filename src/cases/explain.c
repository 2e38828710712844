// SPDX-License-Identifier: MPL-2.0
// How a deadline came about: the clock effects of the history, played again by the rules.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/cases/order.h>
#include <gridcase/core/text.h>

#include "case_internal.h"

enum { EVENTS_MOST = 256, INTERVALS_MOST = 1200, CLOCKS_MOST = 64 };

struct explaining {
    struct db *db;
    const struct city_snapshot *city;
    struct arena *arena;
    struct case_explained *clocks;
    size_t clock_count;
    struct case_explained *now; // being filled with intervals
    struct error failure;       // of reading an order meanwhile; code 0: none
};

static struct case_explained *clock_of(struct explaining *explaining, int kind,
                                       int64_t task_no)
{
    for (size_t i = 0; i < explaining->clock_count; i++) {
        struct case_explained *clock = &explaining->clocks[i];
        if ((int)clock->clock.kind == kind &&
            (clock->clock.task_id & CASE_TASKS_PER_CASE) == task_no)
            return clock;
    }
    return NULL;
}

static bool read_number(const char *text, int64_t *ret_number)
{
    return text_to_int(text, strlen(text), ret_number, NULL) == 0;
}

// What stands after kind and effect: "2000 working_hour planting @3 due 1438691400000".
static bool read_rest(const char **words, size_t count, struct case_noted *noted)
{
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        const char *word = words[i];
        if (*word == '@') {
            if (!read_number(word + 1, &noted->calendar_version))
                return false;
        } else if (strcmp(word, "due") == 0) {
            if (++i == count || !read_number(words[i], &noted->due_ms))
                return false;
        } else if (strcmp(word, "at") == 0) {
            if (++i == count || !read_number(words[i], &noted->at_ms))
                return false;
        } else if (strcmp(word, "order") == 0) {
            if (++i == count || !read_number(words[i], &noted->order))
                return false;
        } else if (strcmp(word, "hours") == 0) {
            if (++i == count)
                return false;
            snprintf(noted->limit.hours, LIMIT_HOURS_SIZE, "%s", words[i]);
        } else if (place == 0) {
            noted->has_limit = true;
            place++;
            if (!read_number(word, &noted->limit.milli))
                return false;
        } else if (place == 1) {
            place++;
            if (limit_unit_from_str(word, &noted->limit.unit, NULL) != 0)
                return false;
        } else {
            snprintf(noted->limit.season, LIMIT_SEASON_SIZE, "%s", word);
        }
    }
    return true;
}

// "handling#3 start 2000 working_hour planting @1": one effect as note_effect wrote it.
bool case_noted_effect(struct arena *arena, const char *text, size_t length,
                       struct case_noted *ret_noted)
{
    struct case_noted noted = {.due_ms = INSTANT_NONE, .at_ms = INSTANT_NONE};
    const char *words[16] = {NULL};
    size_t count = 0, size = 0;
    const char *cursor = arena_copy(arena, text, length);
    for (const char *piece; (piece = text_next(&cursor, ' ', &size)) != NULL;)
        if (size > 0 && count < 16)
            words[count++] = arena_copy(arena, piece, size);
    if (count < 2)
        return false;
    const char *hash = strchr(words[0], '#');
    const char *kind = words[0];
    if (hash != NULL) {
        kind = arena_copy(arena, words[0], (size_t)(hash - words[0]));
        if (!read_number(hash + 1, &noted.task_no))
            return false;
    }
    noted.kind = process_clock_from_str(kind);
    if (noted.kind < 0 || clock_effect_from_str(words[1], &noted.effect, NULL) != 0 ||
        !read_rest(words + 2, count - 2, &noted))
        return false;
    *ret_noted = noted;
    return true;
}

static void add_event(struct explaining *explaining, const char *text, size_t length,
                      int64_t at_ms)
{
    struct case_noted noted;
    if (!case_noted_effect(explaining->arena, text, length, &noted))
        return;
    struct case_explained *clock = clock_of(explaining, noted.kind, noted.task_no);
    if (clock == NULL || clock->event_count == EVENTS_MOST)
        return;
    if (clock->events == NULL)
        clock->events = arena_array(explaining->arena, EVENTS_MOST, sizeof *clock->events);
    if (clock->events != NULL)
        clock->events[clock->event_count++] = (struct clock_event){
            .effect = noted.effect,
            .at_ms = noted.at_ms != INSTANT_NONE ? noted.at_ms : at_ms,
            .limit = noted.limit,
            .order = noted.order,
            .calendar = city_calendar(explaining->city, noted.calendar_version)};
}

static int read_events(struct explaining *explaining, struct db *db, int64_t case_id,
                       struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_HISTORY_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, 0);
    db_bind_int(s, 3, 0);
    while ((code = db_step(s, error)) == DB_ROW) {
        const char *effects = db_column_text(s, 17);
        size_t length = 0;
        for (const char *piece;
             effects != NULL && (piece = text_next(&effects, ';', &length)) != NULL;)
            add_event(explaining, piece, length, db_column_int(s, 18));
    }
    return code;
}

static int read_clocks(struct explaining *explaining, struct db *db, int64_t case_id,
                       int64_t catalogue_version, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_CLOCKS, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    while ((code = db_step(s, error)) == DB_ROW && explaining->clock_count < CLOCKS_MOST) {
        struct case_clock_row row;
        case_clock_read(s, &row);
        explaining->clocks[explaining->clock_count++] = (struct case_explained){
            .clock = {.id = (int64_t)row.kind << CASE_TASK_SHIFT | row.task_no,
                      .kind = (enum process_clock)row.kind,
                      .task_id = row.task_no != 0
                                     ? case_id * (1 << CASE_TASK_SHIFT) + row.task_no
                                     : 0,
                      .state = row.clock,
                      .extensions = row.extensions},
            .rule = "",
            .catalogue_version = catalogue_version,
            .limit_line = row.limit_line};
    }
    return code < 0 ? code : 0;
}

// An order is told by its title. A failure (the time of a read is over, for example) ends
// the explanation: half of one would be taken for whole.
static void name_order(struct explaining *explaining, int64_t order_id,
                       struct clock_interval *interval)
{
    struct case_order order;
    if (explaining->failure.code != 0)
        return;
    int code = case_order_load(explaining->db, order_id, explaining->arena, &order,
                               &explaining->failure);
    if (code == 0)
        interval->name = order.title;
    else if (code == ERROR_NOT_FOUND) // told without a title
        explaining->failure = (struct error){0};
}

static void keep_interval(void *context, const struct clock_interval *interval)
{
    struct explaining *explaining = context;
    struct case_explained *clock = explaining->now;
    if (clock->intervals == NULL)
        clock->intervals =
            arena_array(explaining->arena, INTERVALS_MOST, sizeof *clock->intervals);
    if (clock->intervals == NULL || clock->interval_count == INTERVALS_MOST)
        return;
    struct clock_interval *kept = &clock->intervals[clock->interval_count++];
    *kept = *interval;
    kept->name = arena_text(explaining->arena, interval->name);
    if (interval->why == CLOCK_WHY_ORDERED || interval->why == CLOCK_WHY_GIVEN)
        name_order(explaining, interval->number, kept);
}

static int explain(struct explaining *explaining, const struct city_snapshot *city,
                   struct case_explained *clock, const char *language, struct error *error)
{
    const struct calendar *calendar =
        clock->event_count > 0 ? clock->events[0].calendar : NULL;
    if (calendar == NULL)
        calendar = city_calendar(city, 0);
    if (clock->clock.kind == PROCESS_CLOCK_IMPORTED) {
        clock->rule = "due instant given by the source";
        return 0;
    }
    struct buffer rule BUFFER_CLEANUP;
    buffer_init(&rule, BUFFER_CEILING_LINE);
    clock_rule_text(calendar, &clock->clock.state.limit, language, &rule);
    clock->rule =
        rule.length > 0 ? arena_copy(explaining->arena, rule.data, rule.length) : "";
    if (clock->event_count == 0)
        return 0;
    explaining->now = clock;
    struct clock_explain_request request = {.calendar = calendar,
                                            .events = clock->events,
                                            .count = clock->event_count,
                                            .language = language,
                                            .visit = keep_interval,
                                            .context = explaining};
    int code = clock_explain(&request, &clock->explanation, error);
    if (code == 0 && explaining->failure.code != 0) {
        *error = explaining->failure;
        code = error->code;
    }
    return code;
}

int case_explain(struct db *db, const struct city_snapshot *city, int64_t case_id,
                 const char *language, struct arena *arena,
                 struct case_explained **ret_clocks, size_t *ret_count, struct error *error)
{
    struct explaining explaining = {
        .db = db,
        .city = city,
        .arena = arena,
        .clocks = arena_array(arena, CLOCKS_MOST, sizeof *explaining.clocks)};
    struct case_row row;
    if (explaining.clocks == NULL)
        return error_set(error, ERROR_LIMIT, "case.too_much", "no room for an explanation");
    int code = case_row_load(db, case_id, arena, &row, error);
    if (code == 0)
        code = read_clocks(&explaining, db, case_id, row.catalogue_version, error);
    if (code == 0)
        code = read_events(&explaining, db, case_id, error);
    for (size_t i = 0; i < explaining.clock_count && code == 0; i++)
        code = explain(&explaining, city, &explaining.clocks[i], language, error);
    if (code != 0)
        return code;
    *ret_clocks = explaining.clocks;
    *ret_count = explaining.clock_count;
    return 0;
}
