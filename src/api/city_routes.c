// SPDX-License-Identifier: MPL-2.0
// The city's model as JSON: what changes only with a new version of it.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>

#include "api_internal.h"
#include "routes_internal.h"

int city_get(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    if (api_reply_model_tag(call, "city")) {
        return 0;
    }
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    api_put_city(&json, NULL, call->snapshot);
    http_reply_json(call->request, 200, &body);
    return 0;
}

int city_get_catalogue(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const struct catalogue *catalogue = city_catalogue(call->snapshot, 0);
    if (!catalogue) {
        return error_set(error, ERROR_NOT_FOUND, "city.no_catalogue", "no catalogue");
    }
    if (api_reply_model_tag(call, "catalogue")) {
        return 0;
    }
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    catalogue_put(catalogue, &json);
    http_reply_json(call->request, 200, &body);
    return 0;
}

static const struct process *asked_process(struct api_call *call, struct error *error)
{
    int64_t version = 0;
    if (api_query_int(call, "version", 0, INT64_MAX, &version, error)) {
        return NULL;
    }
    const struct process *process = city_process(call->snapshot, version);
    if (!process) {
        error_set(error, ERROR_NOT_FOUND, "city.no_process", "no such process version");
    }
    return process;
}

static void put_process(struct json_writer *json, const struct process *process)
{
    json_begin_array(json, "steps");
    for (size_t i = 0; i < process_steps(process); i++) {
        const struct process_step *step = process_step(process, i);
        json_begin_object(json, NULL);
        json_put_text(json, "code", step->code);
        json_put_text(json, "stage", process_stage_to_str((int)step->stage));
        json_put_text(json, "queue", step->queue);
        label_put(json, "label", &step->label);
        json_end_object(json);
    }
    json_end_array(json);
    json_begin_array(json, "actions");
    for (size_t i = 0; i < process_actions(process); i++) {
        const struct process_action *action = process_action(process, i);
        json_begin_object(json, NULL);
        json_put_text(json, "code", action->code);
        json_put_text(json, "from",
                      action->from < 0 ? NULL
                                       : process_step(process, (size_t)action->from)->code);
        json_put_text(json, "to", process_step(process, (size_t)action->to)->code);
        api_put_action(json, action);
        json_end_object(json);
    }
    json_end_array(json);
}

int city_get_process(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const struct process *process = asked_process(call, error);
    if (!process) {
        return error->code;
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_int(json, "version", city_rules_current(call->snapshot, CITY_PROCESS));
    put_process(json, process);
    api_answer_send(call, 200, &answer);
    return 0;
}

int city_get_process_svg(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const struct process *process = asked_process(call, error);
    const char *language = http_request_query(call->request, "language");
    if (!process) {
        return error->code;
    }
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    process_draw_svg(process, language ? language : city_language(call->snapshot, 0),
                     &body);
    // A drawing styles itself; it still may not run or fetch anything.
    http_reply_header(
        call->request, "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
    api_reply_tagged(call, "image/svg+xml", &body);
    return 0;
}

int city_get_areas(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const struct city_snapshot *city = call->snapshot;
    const char *code_text = http_request_query(call->request, "level");
    const struct city_level *level = code_text ? city_level_by_code(city, code_text) : NULL;
    if (code_text && !level) {
        return error_set(error, ERROR_NOT_FOUND, "area.level_unknown", "no such level");
    }
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    for (size_t i = 0; i < city_areas(city); i++) {
        const struct city_area *area = city_area(city, i);
        if (!area->closed && (!level || area->level == level->position)) {
            api_put_area(json, NULL, city, area);
        }
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}

// What is not said is left out: most departments have none of it.
static void put_levels(struct json_writer *json, const struct city_department *department)
{
    if (department->command > 0) {
        json_put_int(json, "command", department->command);
    }
    if (department->supervision > 0) {
        json_put_int(json, "supervision", department->supervision);
    }
    if (city_department_is_desk(department)) {
        json_put_bool(json, "desk", true);
    }
    if (department->silent) {
        json_put_bool(json, "silent", true);
    }
}

int city_get_departments(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    const struct city_snapshot *city = call->snapshot;
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_begin_array(json, "items");
    for (size_t i = 0; i < city_departments(city); i++) {
        const struct city_department *department = city_department(city, i);
        if (department->closed) {
            continue;
        }
        json_begin_object(json, NULL);
        json_put_int(json, "id", department->id);
        json_put_text(json, "code", department->code);
        api_put_names(json, "name", city, &department->name);
        json_put_text(json, "kind", department->kind);
        if (department->parent) {
            json_put_int(json, "parent", department->parent);
        } else {
            json_put_null(json, "parent");
        }
        put_levels(json, department);
        json_end_object(json);
    }
    json_end_array(json);
    api_answer_send(call, 200, &answer);
    return 0;
}

int city_get_openapi(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    (void)error;
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    openapi_write(call, &body);
    api_reply_json(call, 200, &body);
    return 0;
}
