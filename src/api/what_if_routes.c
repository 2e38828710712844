// SPDX-License-Identifier: MPL-2.0
// What if the proposed model had been in force: asked for by an administrator, told case by
// case.
#include <string.h>

#include <gridcase/cases/what_if.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "routes_internal.h"
#include "what_if_job.h"

enum { PATH_SIZE = 4096, SILENT_MS = 120000, SMALL_STATE = 4096 };

// ---- the answer ----
static void put_names(struct json_writer *json, const struct city_snapshot *city,
                      const struct city_names *names)
{
    api_put_names(json, "name", city, names);
}

// A department of the draft that the city has not yet is told as the draft names it.
static void put_department(struct json_writer *json, const char *name, const char *code,
                           const struct city_snapshot *city,
                           const struct city_snapshot *draft)
{
    const struct city_snapshot *of = city;
    const struct city_department *found = city_department_by_code(city, code);
    if (!found) {
        found = city_department_by_code(draft, code);
        of = draft;
    }
    if (!*code) {
        json_put_null(json, name);
        return;
    }
    json_begin_object(json, name);
    json_put_text(json, "code", code);
    if (found) {
        put_names(json, of, &found->name);
    } else {
        json_put_null(json, "name");
    }
    json_end_object(json);
}

static void put_class(struct json_writer *json, const struct city_snapshot *city,
                      int64_t class_id)
{
    const struct catalogue_class *found =
        catalogue_class_by_id(city_catalogue(city, 0), class_id);
    json_begin_object(json, "class");
    json_put_int(json, "id", class_id);
    json_put_text(json, "code", city_class_code(city, class_id));
    if (found) {
        label_put(json, "name", &found->name);
    } else {
        json_put_null(json, "name");
    }
    json_end_object(json);
}

static void put_limit(struct json_writer *json, const struct city_snapshot *city,
                      const struct limit *limit)
{
    if (limit->unit == LIMIT_NONE) {
        json_put_null(json, "limit");
        return;
    }
    json_begin_object(json, "limit");
    for (size_t i = 0; i < city_languages(city); i++) {
        BUFFER_CLEANUP struct buffer text;
        buffer_init(&text, BUFFER_CEILING_LINE);
        limit_text(limit, city_language(city, i), &text);
        json_put_text(json, city_language(city, i), text.length > 0 ? text.data : "");
    }
    json_end_object(json);
}

static void put_side(struct json_writer *json, const char *name,
                     const struct what_if_side *side, const struct city_snapshot *city,
                     const struct city_snapshot *draft)
{
    json_begin_object(json, name);
    json_put_text(json, "verdict", what_if_verdict_to_str(side->clock.verdict));
    put_limit(json, city, &side->clock.limit);
    json_put_int(json, "limit_line", side->clock.limit_line);
    json_put_instant(json, "due_at", side->clock.due_ms);
    put_department(json, "department", side->route.department, city, draft);
    json_put_int(json, "rule_line", side->route.line);
    json_put_text(json, "rule", side->route.rule);
    json_end_object(json);
}

static void put_rows(struct json_writer *json, const struct city_snapshot *city,
                     const struct city_snapshot *draft, const struct what_if_result *result,
                     bool classes)
{
    const struct what_if_row *rows = classes ? result->classes : result->departments;
    size_t count = classes ? result->class_count : result->department_count;
    json_begin_array(json, classes ? "classes" : "departments");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json, NULL);
        if (classes) {
            put_class(json, city, rows[i].id);
        } else {
            put_department(json, "department", rows[i].code, city, draft);
        }
        json_put_int(json, "cases", rows[i].cases);
        json_put_int(json, "to_late", rows[i].to_late);
        json_put_int(json, "to_in_time", rows[i].to_in_time);
        json_put_int(json, "elsewhere", rows[i].elsewhere);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_case(struct json_writer *json, const struct city_snapshot *city,
                     const struct city_snapshot *draft, const struct what_if_case *one)
{
    json_begin_object(json, NULL);
    json_put_text(json, "number", one->number);
    put_class(json, city, one->class_id);
    put_department(json, "department", one->department, city, draft);
    json_put_instant(json, "opened_at", one->opened_ms);
    json_put_instant(json, "handled_at", one->handled_ms);
    json_put_text(json, "was", what_if_verdict_to_str(one->was));
    json_put_bool(json, "verdict_flips", one->late_flips);
    json_put_bool(json, "department_flips", one->route_flips);
    put_side(json, "now", &one->now, city, draft);
    put_side(json, "draft", &one->draft, city, draft);
    json_end_object(json);
}

void what_if_put(struct json_writer *json, const struct city_snapshot *city,
                 const struct city_snapshot *draft, const struct what_if_result *result)
{
    json_put_int(json, "cases", result->cases);
    json_put_int(json, "with_limit", result->clocked);
    json_put_int(json, "to_late", result->to_late);
    json_put_int(json, "to_in_time", result->to_in_time);
    json_put_int(json, "elsewhere", result->elsewhere);
    json_put_int(json, "due_moved", result->due_moved);
    json_put_int(json, "judged_otherwise_since", result->since);
    json_put_int(json, "not_compared",
                 result->no_class + result->chain + result->unreadable);
    put_rows(json, city, draft, result, false);
    put_rows(json, city, draft, result, true);
    json_begin_array(json, "items");
    for (size_t i = 0; i < result->listed; i++) {
        put_case(json, city, draft, &result->list[i]);
    }
    json_end_array(json);
}

// ---- asking ----
int what_if_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"tag", "from", "to", NULL};
    struct what_if_asked *asked = arena_alloc(call->arena, sizeof(*asked));
    const struct json *body = NULL;
    const char *tag = NULL, *from = NULL, *to = NULL;
    call->data = asked;
    int code = asked ? api_body(call, &body, error)
                     : error_set(error, ERROR_LIMIT, "api.memory", "out of memory");
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "tag", JSON_REQUIRED, 64, &tag, error);
    }
    if (!code) {
        code = json_get_text(body, "from", JSON_OPTIONAL, 10, &from, error);
    }
    if (!code) {
        code = json_get_text(body, "to", JSON_OPTIONAL, 10, &to, error);
    }
    if (code) {
        return code;
    }
    asked->to_day = calendar_day(city_calendar(call->snapshot, 0), call->now_ms);
    if (to) {
        code = date_from_text(to, strlen(to), &asked->to_day, error);
    }
    asked->from_day = asked->to_day - WHAT_IF_DAYS + 1;
    if (!code && from) {
        code = date_from_text(from, strlen(from), &asked->from_day, error);
    }
    if (!code && asked->from_day > asked->to_day) {
        code = error_set(error, ERROR_INPUT, "api.bad_parameter", "from is after to");
    }
    return code ? code : text_format(asked->tag, sizeof(asked->tag), "%s", tag);
}

int what_if_start(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct what_if_asked *asked = call->data;
    const char *folder = NULL;
    int code = model_proposed_folder(call, asked->tag, &folder, error);
    if (!code) {
        code = text_format(asked->folder, sizeof(asked->folder), "%s", folder);
    }
    if (!code) {
        code = what_if_begin(call, asked, error);
    }
    if (!code) {
        API_ANSWER_CLEANUP struct api_answer answer;
        struct json_writer *json = api_answer_begin(&answer);
        json_put_text(json, "state", "running");
        json_put_text(json, "tag", asked->tag);
        api_answer_send(call, 202, &answer);
    }
    return code;
}

// ---- told ----
// A server that ended while it was at work left its last word.
static bool is_lost(const struct api_call *call, const struct buffer *text)
{
    struct json *json JSON_CLEANUP = NULL;
    struct error ignored = {0};
    const char *state = NULL, *at = NULL;
    int64_t at_ms = 0;
    if (text->length > SMALL_STATE ||
        json_parse(text->data, text->length, &json, &ignored) ||
        json_get_text(json, "state", JSON_REQUIRED, 20, &state, &ignored) ||
        json_get_text(json, "at", JSON_REQUIRED, 40, &at, &ignored) ||
        instant_from_text(at, strlen(at), &at_ms, &ignored)) {
        return false;
    }
    return text_equal(state, "running") && call->now_ms - at_ms > SILENT_MS;
}

static void put_state(struct api_call *call, const char *state, const char *code,
                      const char *message)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_text(json, "state", state);
    if (code) {
        json_put_text(json, "code", code);
        json_put_text(json, "message", message);
    }
    api_answer_send_private(call, 200, &answer);
}

int what_if_get(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    BUFFER_CLEANUP struct buffer text;
    char path[PATH_SIZE];
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = what_if_path(call->api, call->city->slug, path, sizeof(path), error);
    if (code) {
        return code;
    }
    if (!file_exists(path)) {
        put_state(call, "none", NULL, NULL);
        return 0;
    }
    code = file_read(path, &text, error);
    if (!code && is_lost(call, &text)) {
        put_state(call, "failed", "what_if.lost",
                  "the server that tried it ended on the way: ask again");
    } else if (!code) {
        api_reply_json(call, 200, &text);
    }
    return code;
}
