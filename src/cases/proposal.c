// SPDX-License-Identifier: MPL-2.0
#include <gridcase/cases/proposal.h>

#include <errno.h>
#include <unistd.h>

#include <gridcase/city/load.h>
#include <gridcase/core/file.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/store.h>

enum { PATH_SIZE = 4096, WARNINGS_LISTED = 100 };

int proposal_open_cases(struct db *db, int64_t grid_id, int64_t *ret_count,
                        struct error *error)
{
    *ret_count = 0;
    return grid_id ? db_fetch_int(db, QUERY_CASE_OPEN_IN_GRID, &DB_INT(grid_id), 1,
                                  ret_count, error)
                   : 0;
}

static bool closes(const struct city_difference *item)
{
    return item->id && (item->kind == CITY_DIFF_RENEWED || item->kind == CITY_DIFF_CLOSED);
}

// ---- as JSON ----
static void put_summary(struct json_writer *json, const struct city_diff *diff)
{
    const char *last = NULL;
    json_begin_array(json, "summary");
    for (size_t i = 0; i < city_diff_count(diff); i++) {
        const char *what = city_diff_item(diff, i)->what;
        if (text_equal(what, last))
            continue;
        last = what;
        json_begin_object(json, NULL);
        json_put_text(json, "what", what);
        for (int kind = 0; kind < CITY_DIFF_KIND_COUNT; kind++)
            json_put_int(
                json, city_diff_kind_to_str((enum city_diff_kind)kind),
                (int64_t)city_diff_count_of(diff, what, (enum city_diff_kind)kind));
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_item(struct json_writer *json, const struct city_difference *item,
                     int64_t open_cases)
{
    json_begin_object(json, NULL);
    json_put_text(json, "kind", city_diff_kind_to_str(item->kind));
    json_put_text(json, "what", item->what);
    json_put_text(json, "code", item->code);
    json_put_text(json, "new_code", item->new_code);
    json_put_text(json, "reason", item->reason);
    json_put_text(json, "detail", item->detail);
    if (text_equal(item->reason, "lines")) {
        json_put_int(json, "lines_new", (int64_t)item->lines_new);
        json_put_int(json, "lines_gone", (int64_t)item->lines_gone);
    }
    json_put_double(json, "before_m2", item->before_m2, 1);
    json_put_double(json, "after_m2", item->after_m2, 1);
    json_put_double(json, "common", item->common, 3);
    if (item->lon_deg != 0 || item->lat_deg != 0) {
        json_put_double(json, "lon", item->lon_deg, 7);
        json_put_double(json, "lat", item->lat_deg, 7);
    }
    json_put_int(json, "open_cases", open_cases);
    json_end_object(json);
}

static int put_differences(struct json_writer *json, struct db *db,
                           const struct city_diff *diff, struct error *error)
{
    int64_t total = 0;
    int code = 0;
    json_begin_array(json, "differences");
    for (size_t i = 0; i < city_diff_count(diff) && code == 0; i++) {
        const struct city_difference *item = city_diff_item(diff, i);
        int64_t open_cases = 0;
        if (closes(item))
            code = proposal_open_cases(db, item->id, &open_cases, error);
        total += open_cases;
        if (code == 0 && i < PROPOSAL_LISTED)
            put_item(json, item, open_cases);
    }
    json_end_array(json);
    json_put_int(json, "open_cases", total);
    return code;
}

static void put_warnings(struct json_writer *json, const struct city_report *report)
{
    size_t told = 0;
    json_put_int(json, "warnings", (int64_t)city_report_count_of(report, CITY_WARNING));
    json_begin_array(json, "warning_texts");
    for (size_t i = 0; i < city_report_count(report) && told < WARNINGS_LISTED; i++) {
        BUFFER_CLEANUP struct buffer line;
        buffer_init(&line, BUFFER_CEILING_LINE);
        if (city_report_item(report, i)->severity != CITY_WARNING)
            continue;
        city_finding_text(city_report_item(report, i), &line);
        json_put_text(json, NULL, line.data ? line.data : "");
        told++;
    }
    json_end_array(json);
}

int proposal_put(struct json_writer *json, struct db *db, const struct proposal *proposal,
                 struct error *error)
{
    char tag[65];
    city_diff_tag(proposal->diff, tag);
    json_begin_object(json, NULL);
    json_put_text(json, "tag", tag);
    json_put_text(json, "folder", proposal->folder);
    json_put_instant(json, "made_at", proposal->made_ms);
    json_put_int(json, "version", city_diff_version(proposal->diff));
    json_put_int(json, "count", (int64_t)city_diff_count(proposal->diff));
    put_warnings(json, proposal->report);
    put_summary(json, proposal->diff);
    int code = put_differences(json, db, proposal->diff, error);
    json_end_object(json);
    return code;
}

// ---- in the city's folder ----
static int proposal_path(const struct db_store *store, const char *slug, char *out,
                         size_t size, struct error *error)
{
    int code = db_store_city_path(store, slug, "model-proposal.json", out, size);
    return code < 0 ? error_set(error, code, "file.path", "path is too long") : 0;
}

int proposal_write(struct db_store *store, const char *slug,
                   const struct proposal *proposal, struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    BUFFER_CLEANUP struct buffer text;
    struct json_writer json;
    char path[PATH_SIZE];
    buffer_init(&text, BUFFER_CEILING_FILE);
    json_writer_init(&json, &text);
    int code = db_reader_borrow(store, slug, DB_CASES, &db, error);
    if (code == 0)
        code = proposal_put(&json, db, proposal, error);
    if (code == 0)
        code = buffer_check(&text, error);
    if (code == 0)
        code = proposal_path(store, slug, path, sizeof(path), error);
    return code < 0 ? code : file_write_atomic(path, text.data, text.length, error);
}

int proposal_read(struct db_store *store, const char *slug, struct buffer *out,
                  struct error *error)
{
    char path[PATH_SIZE];
    int code = proposal_path(store, slug, path, sizeof(path), error);
    if (code < 0)
        return code;
    if (!file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "proposal.none", "no model is proposed");
    return file_read(path, out, error);
}

int proposal_drop(struct db_store *store, const char *slug, struct error *error)
{
    char path[PATH_SIZE];
    int code = proposal_path(store, slug, path, sizeof(path), error);
    if (code == 0 && unlink(path) < 0 && errno != ENOENT)
        code = error_errno(error, "file.remove", path);
    return code;
}
