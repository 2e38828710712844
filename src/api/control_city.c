// SPDX-License-Identifier: MPL-2.0
// Loading a city's model for a command, in the server that owns the data folder.
#include <gridcase/account/city_setup.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { FINDINGS_TOLD = 200 };

static int read_request(struct api_call *call, const char **ret_slug,
                        const char **ret_folder, struct error *error)
{
    static const char *const names[] = {"city", "folder", NULL};
    const struct json *body = NULL;
    int code = api_body(call, &body, error);
    if (!code) {
        code = json_only(body, names, error);
    }
    if (!code) {
        code = json_get_text(body, "city", JSON_REQUIRED, 63, ret_slug, error);
    }
    if (!code) {
        code = json_get_text(body, "folder", JSON_REQUIRED, 4096, ret_folder, error);
    }
    return code;
}

static void put_findings(const struct city_report *report, struct buffer *out)
{
    size_t told = 0;
    for (size_t i = 0; i < city_report_count(report) && told < FINDINGS_TOLD; i++) {
        const struct city_finding *finding = city_report_item(report, i);
        if (finding->severity != CITY_NOTE) {
            city_finding_text(finding, out);
            buffer_append_char(out, '\n');
            told++;
        }
    }
    buffer_format(out, "%zu errors, %zu warnings, %zu notes\n",
                  city_report_count_of(report, CITY_ERROR),
                  city_report_count_of(report, CITY_WARNING),
                  city_report_count_of(report, CITY_NOTE));
}

static void reply_loaded(struct api_call *call, const struct city_report *report,
                         const struct city_load_result *result)
{
    BUFFER_CLEANUP struct buffer body;
    buffer_init(&body, BUFFER_CEILING_REPLY);
    put_findings(report, &body);
    buffer_format(&body, "version %lld%s: %zu grids (%zu new, %zu closed), %zu components",
                  (long long)result->version, result->unchanged ? " stays" : "",
                  result->grids, result->grids_new, result->grids_closed,
                  result->components);
    http_reply_buffer(call->request, 200, "text/plain; charset=utf-8", &body);
}

// With errors nothing was loaded: the findings are the answer.
static int refuse(const struct city_report *report, struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_REPLY);
    put_findings(report, &text);
    return error_set(error, ERROR_INPUT, "model.errors", "%.400s",
                     text.data ? text.data : "");
}

int control_city_load(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    const char *slug = NULL;
    const char *folder = NULL;
    struct api_city *city = NULL;
    struct city_load_result result = {0};
    int code = read_request(call, &slug, &folder, error);
    if (!code) {
        code = api_city_named(call->api, slug, &city, error);
    }
    if (code) {
        return code;
    }
    struct city_report *report = city_report_new();
    code = city_setup_load(call->api->store, slug, folder, call->now_ms, report, &result,
                           error);
    if (!code && city_report_count_of(report, CITY_ERROR) > 0) {
        code = refuse(report, error);
    }
    if (!code) {
        code = api_city_reload(call->api, city, error);
    }
    if (!code) {
        changes_sessions(call->api->changes, city); // scopes may have changed
        relay_tell(call->api, city, API_NEWS_MODEL);
        reply_loaded(call, report, &result);
    }
    city_report_free(report);
    api_city_unref(call->api, city);
    return code;
}
