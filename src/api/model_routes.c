// SPDX-License-Identifier: MPL-2.0
// The model for an administrator: its versions, what a proposed one would change, and the
// word that it is to be loaded.
#include <string.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/cases/proposal.h>
#include <gridcase/core/text.h>

#include "api_internal.h"
#include "routes_internal.h"

// ---- versions ----
static int put_versions(struct json_writer *json, struct db *db, struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CITY_VERSION_LIST, &row, error);
    if (code) {
        return code;
    }
    json_begin_array(json, "versions");
    while ((code = db_step(row, error)) == DB_ROW) {
        if (!text_equal(db_column_text(row, 1), "valid")) {
            continue; // being loaded, or left by a load that broke
        }
        json_begin_object(json, NULL);
        json_put_int(json, "version", db_column_int(row, 0));
        json_put_instant(json, "loaded_at", db_column_int(row, 3));
        json_put_text(json, "note", db_column_text(row, 5));
        json_end_object(json);
    }
    json_end_array(json);
    return code < 0 ? code : 0;
}

int model_get(struct api_call *call, struct db *db, struct error *error)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    BUFFER_CLEANUP struct buffer proposal;
    struct json_writer *json = api_answer_begin(&answer);
    buffer_init(&proposal, BUFFER_CEILING_FILE);
    json_put_int(json, "version", city_model_version(call->snapshot));
    int code = put_versions(json, db, error);
    if (!code) {
        code = proposal_read(call->api->store, call->city->slug, &proposal, error);
    }
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        code = 0;
        json_put_null(json, "proposal");
    } else if (!code) {
        json_put_raw(json, "proposal", proposal.data, proposal.length);
    }
    if (!code) {
        api_answer_send_private(call, 200, &answer);
    }
    return code;
}

// ---- the word ----
struct model_answer {
    const char *tag;
};

int model_answer_prepare(struct api_call *call, struct error *error)
{
    static const char *const names[] = {"tag", NULL};
    struct model_answer *answer = arena_alloc(call->arena, sizeof(*answer));
    const struct json *body = NULL;
    call->data = answer;
    int code = answer ? api_body(call, &body, error)
                      : error_set(error, ERROR_LIMIT, "api.memory", "out of memory");
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "tag", JSON_REQUIRED, 64, &answer->tag, error);
    }
    return code;
}

int model_proposed_folder(struct api_call *call, const char *wanted,
                          const char **ret_folder, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    struct json *json = NULL;
    const char *tag = NULL, *folder = NULL;
    buffer_init(&text, BUFFER_CEILING_FILE);
    int code = proposal_read(call->api->store, call->city->slug, &text, error);
    if (!code) {
        code = json_parse(text.data, text.length, &json, error);
    }
    if (!code) {
        code = json_get_text(json, "tag", JSON_REQUIRED, 64, &tag, error);
    }
    if (!code) {
        code = json_get_text(json, "folder", JSON_REQUIRED, 4096, &folder, error);
    }
    if (!code && strcmp(tag, wanted) != 0) {
        code = error_set(error, ERROR_CONFLICT, "proposal.changed",
                         "another model was proposed since this one was read");
    }
    if (!code) {
        *ret_folder = arena_text(call->arena, folder);
    }
    json_free(json);
    return code;
}

static int read_folder(struct api_call *call, const char **ret_folder, struct error *error)
{
    const struct model_answer *answer = call->data;
    return model_proposed_folder(call, answer->tag, ret_folder, error);
}

// The first error that the folder has, by its file.
static const char *first_error(struct api_call *call, const struct city_report *report)
{
    for (size_t i = 0; i < city_report_count(report); i++) {
        const struct city_finding *item = city_report_item(report, i);
        if (item->severity == CITY_ERROR) {
            return arena_format(call->arena, "%.80s: %.300s", item->file ? item->file : "",
                                item->message);
        }
    }
    return "";
}

// Loading does what was shown, or nothing: the folder may have changed since.
static int check_folder(struct api_call *call, const char *folder, struct error *error)
{
    const struct model_answer *answer = call->data;
    CITY_DIFF_CLEANUP struct city_diff *diff = city_diff_new();
    struct city_report *report = city_report_new();
    char tag[65] = "";
    int code =
        city_setup_diff(call->api->store, call->city->slug, folder, report, diff, error);
    if (!code && city_report_count_of(report, CITY_ERROR) > 0) {
        code = error_set(error, ERROR_CONFLICT, "proposal.changed",
                         "the folder has changed and has errors now: %s",
                         first_error(call, report));
    }
    if (!code) {
        city_diff_tag(diff, tag);
    }
    if (!code && strcmp(tag, answer->tag) != 0) {
        code = error_set(error, ERROR_CONFLICT, "proposal.changed",
                         "the folder or the city has changed since this was proposed: have "
                         "it proposed again");
    }
    city_report_free(report);
    return code;
}

int model_load(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const char *folder = NULL;
    struct city_load_result result = {0};
    struct city_report *report = city_report_new();
    int code = read_folder(call, &folder, error);
    if (!code) {
        code = check_folder(call, folder, error);
    }
    if (!code) {
        code = city_setup_load(call->api->store, call->city->slug, folder, call->now_ms,
                               report, &result, error);
    }
    if (!code && city_report_count_of(report, CITY_ERROR) > 0) {
        code = error_set(error, ERROR_CONFLICT, "proposal.changed", "the model has errors");
    }
    if (!code) {
        code = proposal_drop(call->api->store, call->city->slug, error);
    }
    if (!code) {
        code = api_city_reload(call->api, call->city, error);
    }
    if (!code) {
        API_ANSWER_CLEANUP struct api_answer answer;
        struct json_writer *json = api_answer_begin(&answer);
        changes_sessions(call->api->changes, call->city); // scopes may have changed
        relay_tell(call->api, call->city, API_NEWS_MODEL);
        json_put_int(json, "version", result.version);
        json_put_int(json, "grids", (int64_t)result.grids);
        json_put_int(json, "grids_new", (int64_t)result.grids_new);
        json_put_int(json, "grids_closed", (int64_t)result.grids_closed);
        json_put_int(json, "areas_changed", (int64_t)result.areas_changed);
        json_put_int(json, "components_changed",
                     (int64_t)(result.components_new + result.components_changed));
        api_answer_send(call, 200, &answer);
    }
    city_report_free(report);
    return code;
}

int model_decline(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const char *folder = NULL;
    int code = read_folder(call, &folder, error);
    if (!code) {
        code = proposal_drop(call->api->store, call->city->slug, error);
    }
    if (!code) {
        http_reply_empty(call->request, 204);
    }
    return code;
}
