// SPDX-License-Identifier: MPL-2.0
// Reading cases: list, one case, explanation, figures. One filter for list and map.
#include <stdio.h>
#include <string.h>

#include <gridcase/cases/points.h>
#include <gridcase/cases/search.h>
#include <gridcase/core/text.h>
#include <gridcase/evaluation/facts.h>
#include <gridcase/rules/roster.h>

#include "api_internal.h"
#include "routes_internal.h"

// ---- the filter ----

static int word_parameter(struct api_call *call, const char *name,
                          int (*from_str)(const char *word), int *ret, struct error *error)
{
    const char *text = http_request_query(call->request, name);
    if (text && *text) {
        *ret = from_str(text);
        if (*ret < 0) {
            return error_set(error, ERROR_INPUT, "case.filter", "%s: no such word", name);
        }
    }
    return 0;
}

static int instant_parameter(struct api_call *call, const char *name, int64_t *ret,
                             struct error *error)
{
    const char *text = http_request_query(call->request, name);
    return text ? instant_from_text(text, strlen(text), ret, error) : 0;
}

static int light_from_str(const char *word)
{
    for (int i = 0; i < CLOCK_LIGHT_COUNT; i++) {
        if (strcmp(word, clock_light_to_str((enum clock_light)i)) == 0) {
            return i;
        }
    }
    return -1;
}

static int sort_from_str(const char *word)
{
    if (strcmp(word, "due") == 0) {
        return CASE_SORT_DUE;
    }
    return strcmp(word, "newest") == 0 ? CASE_SORT_NEWEST : -1;
}

static int words(struct api_call *call, struct case_filter *filter, struct error *error)
{
    int sort = (int)filter->sort;
    int code = word_parameter(call, "stage", process_stage_from_str, &filter->stage, error);
    if (!code) {
        code = word_parameter(call, "light", light_from_str, &filter->light, error);
    }
    if (!code) {
        code =
            word_parameter(call, "source", process_source_from_str, &filter->source, error);
    }
    if (!code) {
        code = word_parameter(call, "sort", sort_from_str, &sort, error);
    }
    filter->sort = (enum case_sort)sort;
    return code;
}

static int ids(struct api_call *call, struct case_filter *filter, struct error *error)
{
    const struct {
        const char *name;
        int64_t *id;
    } list[] = {
        {"department", &filter->department_id},
        {"class", &filter->class_id},
        {"condition", &filter->condition_id},
        {"grid", &filter->grid_id},
        {"area", &filter->area_id},
    };
    int code = 0;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]) && !code; i++) {
        code = api_query_int(call, list[i].name, 1, INT64_MAX, list[i].id, error);
    }
    return code;
}

// "me" is the only word: whose reports others made is nobody's list.
static int reported_parameter(struct api_call *call, struct case_filter *filter,
                              struct error *error)
{
    const char *text = http_request_query(call->request, "reported");
    if (text && *text) {
        if (strcmp(text, "me") != 0) {
            return error_set(error, ERROR_INPUT, "case.filter", "reported: no such word");
        }
        filter->reported_by = call->session.actor.person_id;
    }
    return 0;
}

static const char *text_parameter(struct api_call *call, const char *name)
{
    const char *text = http_request_query(call->request, name);
    return text && *text ? text : NULL;
}

// q: what to search for.
static int question(struct api_call *call, struct case_filter *filter, struct error *error)
{
    struct case_search *search = NULL;
    const char *text = http_request_query(call->request, "q");
    int code =
        text ? case_search_new(text, call->snapshot, call->arena, &search, error) : 0;
    if (!code && search) {
        filter->search = search;
        call->searched = true;
        api_search_use(call, filter);
    }
    return code;
}

int api_case_filter(struct api_call *call, struct case_filter *ret_filter,
                    struct error *error)
{
    struct case_filter filter = case_filter_all();
    double box[4] = {0};
    int64_t open = -1;
    int64_t limit = filter.limit;
    int code = words(call, &filter, error);
    if (!code) {
        code = ids(call, &filter, error);
    }
    if (!code) {
        code = api_query_int(call, "open", 0, 1, &open, error);
    }
    if (!code) {
        code = api_query_int(call, "limit", 1, 500, &limit, error);
    }
    if (!code) {
        code = api_query_box(call, box, &filter.has_box, error);
    }
    if (!code) {
        code = instant_parameter(call, "opened_from", &filter.opened_from_ms, error);
    }
    if (!code) {
        code = instant_parameter(call, "opened_to", &filter.opened_to_ms, error);
    }
    if (!code) {
        code = reported_parameter(call, &filter, error);
    }
    if (!code) {
        code = question(call, &filter, error);
    }
    filter.open = (int)open;
    filter.limit = (unsigned)limit;
    filter.west_deg = box[0];
    filter.south_deg = box[1];
    filter.east_deg = box[2];
    filter.north_deg = box[3];
    filter.step = text_parameter(call, "step");
    filter.number = text_parameter(call, "number");
    filter.queue = text_parameter(call, "queue");
    filter.cursor = text_parameter(call, "cursor");
    if (!code) {
        *ret_filter = filter;
    }
    return code;
}

const char *const api_case_export_parameters[] = {
    "language", // of the words in a table; the list has none
    "open",     "stage",  "step",        "department", "class",    "condition", "area",
    "grid",     "number", "queue",       "light",      "source",   "bbox",      "sort",
    "limit",    "cursor", "opened_from", "opened_to",  "reported", "q",         NULL,
};
const char *const *const api_case_parameters = api_case_export_parameters + 1;

int api_case_page(struct api_call *call, struct db *db, const struct case_filter *filter,
                  struct arena *arena, struct case_page *ret_page, struct error *error)
{
    int code = case_list(db, call->snapshot, &call->session.actor, filter, call->now_ms,
                         arena, ret_page, error);
    if (code && api_search_give_up(call, filter, code)) {
        code = case_list(db, call->snapshot, &call->session.actor, filter, call->now_ms,
                         arena, ret_page, error);
    }
    return code;
}

void cases_reply_page(struct api_call *call, struct db *db, const struct case_page *page,
                      const struct case_stream *stream, int64_t total)
{
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    struct api_view view;
    char position[48];
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    api_view_init(&view, call, db, &json);
    json_begin_object(&json, NULL);
    json_begin_array(&json, "items");
    for (size_t i = 0; i < page->count; i++) {
        api_put_summary(&view, NULL, &page->items[i]);
    }
    json_end_array(&json);
    if (total >= 0) {
        json_put_int(&json, "total", total);
    }
    json_put_text(&json, "next_cursor", page->next_cursor);
    json_put_instant(&json, "as_of", call->now_ms);
    snprintf(position, sizeof(position), "%lld-%lld", (long long)stream->epoch,
             (long long)stream->last);
    json_put_text(&json, "position", position);
    if (call->searched) {
        api_put_search(call, &json);
    }
    json_end_object(&json);
    api_reply_json(call, 200, &body);
}

// Candidates for a list over all years, from the columns of the figures.
struct newest {
    struct api_call *call;
    const struct case_filter *filter;
};

static int find_newest(void *context, struct db *db, int64_t before, int64_t *ids,
                       size_t most, size_t *ret_count, struct error *error)
{
    const struct newest *newest = context;
    struct api_call *call = newest->call;
    const struct facts_newest ask = {.class_id = newest->filter->class_id,
                                     .area_id = newest->filter->area_id,
                                     .before = before};
    if (!api_is_slow(call)) { // catching up with them is not for this thread
        return api_go_slow(error);
    }
    int code = facts_newest(call->city->facts, db, call->snapshot, &ask, ids, most,
                            ret_count, error);
    if (code == ERROR_BUSY && strcmp(error->slug, "figures.building") == 0) {
        api_city_read_facts(call->api, call->city);
    }
    return code;
}

int cases_list(struct api_call *call, struct db *db, struct error *error)
{
    struct case_filter filter;
    struct case_page page;
    if (figures_asked_for(call)) { // counting may take long: not on this thread
        return api_is_slow(call) ? figures_list_cases(call, db, error) : api_go_slow(error);
    }
    int code = api_query_only(call, api_case_parameters, error);
    if (!code) {
        code = api_case_filter(call, &filter, error);
    }
    struct newest context = {call, &filter};
    const struct case_newest newest = {find_newest, &context};
    filter.newest = !code ? &newest : NULL;
    struct case_stream stream = {0};
    if (!code) { // before the list: what changes in between is told twice, never lost
        code = case_stream(db, &stream, error);
    }
    if (!code) {
        code = api_case_page(call, db, &filter, call->arena, &page, error);
    }
    if (!code) {
        cases_reply_page(call, db, &page, &stream, -1);
    }
    return code;
}

// ---- one case ----

int cases_reply_detail(struct api_call *call, struct db *db, const char *number,
                       unsigned status, struct error *error)
{
    struct case_detail detail;
    int code = case_read(db, call->snapshot, &call->session.actor, number, call->now_ms,
                         call->arena, &detail, error);
    if (code) {
        return code;
    }
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    struct api_view view;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    api_view_init(&view, call, db, &json);
    api_put_detail(&view, &detail);
    api_reply_json(call, status, &body);
    return 0;
}

int cases_get(struct api_call *call, struct db *db, struct error *error)
{
    return cases_reply_detail(call, db, call->parameters[0], 200, error);
}

enum { SCOPE_MOST = 128 };

static size_t add_id(int64_t *list, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == id) {
            return count;
        }
    }
    if (id && count < SCOPE_MOST) {
        list[count++] = id;
    }
    return count;
}

static size_t add_department(const struct city_snapshot *city, int64_t *list, size_t count,
                             int64_t id)
{
    for (int depth = 0; id && depth < 16; depth++) { // with those above it
        count = add_id(list, count, id);
        const struct city_department *department = city_department_by_id(city, id);
        id = department ? department->parent : 0;
    }
    return count;
}

bool api_may_case(struct api_call *call, enum right right, const struct case_detail *detail)
{
    int64_t areas[CITY_LEVEL_LIMIT];
    int64_t departments[SCOPE_MOST];
    int64_t people[SCOPE_MOST];
    int64_t companies[SCOPE_MOST];
    struct account_scope scope = {areas, 0, departments, 0, people, 0, companies, 0};
    for (size_t i = 0; i < CITY_LEVEL_LIMIT; i++) {
        scope.area_count = add_id(areas, scope.area_count, detail->summary.areas[i]);
    }
    scope.department_count =
        add_department(call->snapshot, departments, 0, detail->summary.department_id);
    for (size_t i = 0; i < detail->task_count; i++) {
        const struct case_task *task = &detail->tasks[i];
        scope.department_count = add_department(
            call->snapshot, departments, scope.department_count, task->department_id);
        scope.person_count = add_id(people, scope.person_count, task->person_id);
    }
    if (detail->history_count > 0) { // who reported
        scope.person_count =
            add_id(people, scope.person_count, detail->history[0].actor_id);
    }
    for (size_t i = 0; i < scope.person_count; i++) {
        scope.company_count = add_id(companies, scope.company_count,
                                     roster_home(city_roster(call->snapshot), people[i]));
    }
    return account_may(&call->session.actor, right, &scope);
}

// ---- explanation ----

static void put_interval(struct json_writer *json, const struct clock_interval *interval)
{
    char why[200];
    const char *word = clock_why_to_str(interval->why);
    bool named = interval->name && interval->name[0];
    snprintf(why, sizeof(why), "%s%s%s", word, named ? ": " : "",
             named ? interval->name : "");
    json_begin_object(json, NULL);
    json_put_instant(json, "from", interval->from_ms);
    json_put_instant(json, "to", interval->to_ms);
    json_put_int(json, "counted_ms", interval->counted_ms);
    json_put_text(json, "why", why);
    if (interval->number) {
        json_put_int(json, "number", interval->number);
    }
    json_end_object(json);
}

static void put_events(struct json_writer *json, const struct case_explained *explained)
{
    json_begin_array(json, "events");
    for (size_t i = 0; i < explained->event_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "effect", clock_effect_to_str(explained->events[i].effect));
        json_put_instant(json, "at", explained->events[i].at_ms);
        if (explained->events[i].calendar) {
            json_put_int(json, "calendar_version",
                         calendar_version(explained->events[i].calendar));
        }
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_explained(struct json_writer *json, const struct city_snapshot *city,
                          const struct case_explained *explained)
{
    const struct clock *clock = &explained->clock.state;
    json_begin_object(json, NULL);
    json_put_text(json, "kind", process_clock_to_str((int)explained->clock.kind));
    json_put_text(json, "state", clock_status_to_str(clock->status));
    api_put_limit_text(json, city, &explained->clock);
    json_put_text(json, "rule", explained->rule);
    json_put_int(json, "catalogue_version", explained->catalogue_version);
    json_put_int(json, "limit_line", explained->limit_line);
    json_put_int(json, "calendar_version", explained->explanation.calendar_version);
    json_put_text(json, "detail", clock_detail_to_str(explained->explanation.detail));
    json_put_instant(json, "started_at", clock->started_at_ms);
    json_put_instant(json, "due_at", clock->due_ms);
    json_put_bool(json, "provisional", clock->provisional);
    json_begin_array(json, "intervals");
    for (size_t i = 0; i < explained->interval_count; i++) {
        put_interval(json, &explained->intervals[i]);
    }
    json_end_array(json);
    put_events(json, explained);
    json_end_object(json);
}

int cases_explain(struct api_call *call, struct db *db, struct error *error)
{
    int64_t case_id = 0;
    bool visible = false;
    struct case_explained *clocks = NULL;
    size_t count = 0;
    int code = case_find(db, call->parameters[0], &case_id, error);
    if (!code) {
        code = case_visible(db, call->snapshot, &call->session.actor, case_id, &visible,
                            error);
    }
    if (!code && !visible) {
        code = error_set(error, ERROR_NOT_FOUND, "case.unknown", "there is no such case");
    }
    if (!code) {
        const char *language = http_request_query(call->request, "language");
        language = language && *language ? language : city_language(call->snapshot, 0);
        code = case_explain(db, call->snapshot, case_id, language, call->arena, &clocks,
                            &count, error);
    }
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_text(json, "number", call->parameters[0]);
    json_begin_array(json, "clocks");
    for (size_t i = 0; i < count; i++) {
        put_explained(json, call->snapshot, &clocks[i]);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}

// ---- figures ----

static void put_figure(struct json_writer *json, const struct case_figure *figure)
{
    json_put_int(json, "open", figure->open);
    json_put_int(json, "overdue", figure->overdue);
    json_put_int(json, "opened_today", figure->opened_today);
    json_put_int(json, "closed_today", figure->closed_today);
}

static void put_figures(struct json_writer *json, const struct city_snapshot *city,
                        const struct case_figures *figures)
{
    json_begin_array(json, "by_stage");
    for (int i = 0; i < PROCESS_STAGE_COUNT; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "stage", process_stage_to_str(i));
        put_figure(json, &figures->by_stage[i]);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "by_department");
    for (size_t i = 0; i < figures->department_count; i++) {
        json_begin_object(json, NULL);
        api_put_department(json, "department", city, figures->by_department[i].id);
        put_figure(json, &figures->by_department[i]);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "by_area");
    for (size_t i = 0; i < figures->area_count; i++) {
        const struct city_area *area = city_area_by_id(city, figures->by_area[i].id);
        if (area) {
            json_begin_object(json, NULL);
            api_put_area(json, "area", city, area);
            put_figure(json, &figures->by_area[i]);
            json_end_object(json);
        }
    }
    json_end_array(json);
}

// What waits for the very person who asks. points NULL: asked of the store.
static int put_mine(struct api_call *call, struct db *db, struct case_points *points,
                    struct json_writer *json, struct error *error)
{
    const struct actor *actor = &call->session.actor;
    struct case_filter mine = case_filter_all();
    int64_t count = 0;
    int code = 0;
    mine.open = 1;
    mine.queue = "mine";
    mine.sort = CASE_SORT_DUE;
    if (points) {
        count = case_points_mine(points, call->snapshot, actor, call->now_ms);
    } else {
        code = case_count(db, call->snapshot, actor, &mine, call->now_ms, &count, error);
    }
    json_put_int(json, "mine", count);
    json_put_bool(json, "mine_more", count == CASE_COUNT_MOST);
    struct case_filter asked = case_filter_all();
    asked.queue = "asked";
    asked.sort = CASE_SORT_DUE;
    if (!code) {
        code = case_count(db, call->snapshot, actor, &asked, call->now_ms, &count, error);
    }
    json_put_int(json, "asked", code ? 0 : count);
    return code;
}

// From the set of open cases; until that was read once, from the store.
static int count_figures(struct api_call *call, struct db *db, size_t level,
                         struct case_points **ret_points, struct case_figures *figures,
                         struct error *error)
{
    struct case_points *points = api_city_points(call->api, call->city);
    *ret_points = NULL;
    if (!case_points_is_ready(points)) {
        api_city_read_points(call->api, call->city);
        return case_figures(db, call->snapshot, level, call->now_ms, call->arena, figures,
                            error);
    }
    int code = case_points_refresh(points, db, api_is_slow(call), error);
    if (!code) {
        code = case_points_figures(points, db, call->snapshot, level, call->now_ms,
                                   call->arena, figures, error);
    }
    *ret_points = points;
    return code;
}

int figures_get(struct api_call *call, struct db *db, struct error *error)
{
    const struct city_level *level = NULL;
    const char *code_text = text_parameter(call, "level");
    if (code_text && !(level = city_level_by_code(call->snapshot, code_text))) {
        return error_set(error, ERROR_NOT_FOUND, "area.level_unknown", "no such level");
    }
    struct case_figures figures;
    struct case_points *points = NULL;
    int code =
        count_figures(call, db, level ? level->position : 0, &points, &figures, error);
    if (code) {
        return code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "open", figures.open);
    json_put_int(json, "overdue", figures.overdue);
    json_put_int(json, "opened_today", figures.opened_today);
    json_put_int(json, "closed_today", figures.closed_today);
    json_put_int(json, "where", figures.where);
    json_put_int(json, "manual", figures.manual);
    code = put_mine(call, db, points, json, error);
    struct account_sight
        sight; // the figures are the city's: not those of everybody's lists
    account_sight(&call->session.actor, RIGHT_CASE_READ, &sight);
    json_put_bool(json, "sees_all", sight.everything);
    put_figures(json, call->snapshot, &figures);
    json_put_instant(json, "as_of", call->now_ms);
    if (!code) {
        api_answer_send(call, 200, &answer);
    }
    return code;
}
