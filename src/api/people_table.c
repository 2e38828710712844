// SPDX-License-Identifier: MPL-2.0
// The staff table of an office, XLSX or CSV: checked cell by cell, applied when asked to.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/account/lookups.h>
#include <gridcase/account/staff_words.h>
#include <gridcase/core/text.h>
#include <gridcase/geo/layer.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { WRONG_MOST = 200 };

struct wrong_cell {
    size_t row;
    const char *column, *slug, *message; // in the arena
};

struct table_job {
    struct api_call *call;
    struct table *table;
    struct account_staff *staff; // NULL: there are errors
    struct account_staff_change change;
    struct wrong_cell wrong[WRONG_MOST];
    size_t wrong_count, wrong_more;
};

static void on_cell(void *context, size_t row, const char *column, const char *slug,
                    const char *message)
{
    struct table_job *job = context;
    if (job->wrong_count == WRONG_MOST) {
        job->wrong_more++;
        return;
    }
    struct arena *arena = job->call->arena;
    job->wrong[job->wrong_count++] =
        (struct wrong_cell){row, arena_text(arena, column), arena_text(arena, slug),
                            arena_text(arena, message)};
}

// A workbook is a ZIP file; anything else is read as text.
static bool is_workbook(const char *path)
{
    char head[4] = "";
    FILE *file = fopen(path, "rbe");
    bool is = file && fread(head, 1, sizeof(head), file) == sizeof(head) &&
              memcmp(head, "PK\3\4", sizeof(head)) == 0;
    if (file) {
        fclose(file);
    }
    return is;
}

// GDAL goes by the name: the spooled file gets one that says what it is, for a moment.
static int read_file(const char *path, struct table **ret_table, struct error *error)
{
    char named[4096];
    bool workbook = is_workbook(path);
    if (text_format(named, sizeof(named), "%s.%s", path, workbook ? "xlsx" : "csv") ||
        link(path, named)) {
        return error_set(error, ERROR_IO, "disk.link", "the file cannot be read");
    }
    int code = geo_table_read(named, NULL, NULL, "staff", ret_table, error);
    unlink(named);
    // Names on the server are nobody's business, nor is a broken file our fault.
    if (code && code != ERROR_LIMIT) {
        return error_set(error, ERROR_INPUT, "staff.unreadable",
                         workbook ? "this is no workbook that can be read: save it again "
                                    "as XLSX, with the table on its first sheet"
                                  : "this is neither a workbook nor a CSV table");
    }
    return code;
}

static int check(struct table_job *job, struct error *error)
{
    struct api_call *call = job->call;
    TABLE_CLEANUP struct table *raw = NULL;
    uint64_t length = 0;
    const char *path = http_request_body_file(call->request, &length);
    struct account_lookups lookups = account_lookups_of(call->snapshot);
    struct account_staff_report report = {on_cell, job};
    int code = path ? read_file(path, &raw, error)
                    : error_set(error, ERROR_INPUT, "media.empty", "the file is empty");
    if (!code) {
        code = geo_table_check_text(raw, error);
    }
    if (!code) {
        code = account_staff_words(raw, city_words(call->snapshot), &job->table, error);
    }
    if (!code && table_rows(job->table) == 0) {
        code = error_set(error, ERROR_INPUT, "staff.empty", "the table has no rows");
    }
    if (!code) {
        code = account_staff_new(job->table, &lookups, false, &report, &job->staff, error);
    }
    if (code && job->wrong_count > 0) { // told cell by cell
        error_clear(error);
        code = 0;
    }
    return code;
}

static int store(struct db *db, void *context, struct error *error)
{
    struct table_job *job = context;
    const struct api_call *call = job->call;
    int64_t before = 0;
    int code = account_audit_last(db, &before, error);
    if (!code) {
        code = account_staff_compare(db, job->staff, &job->change, error);
    }
    if (!code) {
        code = account_staff_store(db, job->staff, call->now_ms, error);
    }
    if (!code) {
        code = account_audit_by(db, before, call->session.actor.person_id, error);
    }
    for (size_t i = 0; i < account_staff_count(job->staff) && !code; i++) {
        code = account_roster_person(db, city_roster(call->snapshot),
                                     account_staff_login(job->staff, i), error);
    }
    return code;
}

static void put_wrong(struct json_writer *json, const struct table_job *job)
{
    json_begin_array(json, "errors");
    for (size_t i = 0; i < job->wrong_count; i++) {
        const struct wrong_cell *wrong = &job->wrong[i];
        char cell[ACCOUNT_CELL_SIZE];
        int64_t line = table_line(job->table, wrong->row);
        account_cell_name(table_column(job->table, wrong->column), line, cell);
        json_begin_object(json, NULL);
        json_put_text(json, "cell", cell);
        json_put_int(json, "line", line);
        json_put_text(json, "column", wrong->column);
        json_put_text(json, "code", wrong->slug);
        json_put_text(json, "text", wrong->message);
        json_end_object(json);
    }
    json_end_array(json);
    json_put_int(json, "more_errors", (int64_t)job->wrong_more);
}

static void reply(struct table_job *job, bool applied)
{
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_bool(json, "applied", applied);
    json_put_int(json, "people", job->staff ? (int64_t)account_staff_count(job->staff) : 0);
    json_put_int(json, "added", (int64_t)job->change.added);
    json_put_int(json, "changed", (int64_t)job->change.changed);
    json_put_int(json, "same", (int64_t)job->change.same);
    json_put_int(json, "closed", (int64_t)job->change.closed);
    put_wrong(json, job);
    api_answer_send_private(job->call, 200, &answer);
}

int staff_table(struct api_call *call, struct db *db, struct error *error)
{
    const char *asked = http_request_query(call->request, "apply");
    bool apply = text_equal(asked, "yes");
    struct table_job *job = arena_alloc(call->arena, sizeof(*job));
    if (!job) {
        return error_set(error, ERROR_LIMIT, "http.request_too_large", "out of memory");
    }
    job->call = call;
    int code = asked && !apply && !text_equal(asked, "no")
                   ? error_set(error, ERROR_INPUT, "staff.apply", "apply is yes or no")
                   : check(job, error);
    if (!code && job->staff && apply) {
        code = db_lane_call(call->city->lane, DB_PEOPLE, store, job, error);
    } else if (!code && job->staff) {
        code = account_staff_compare(db, job->staff, &job->change, error);
    }
    if (!code) {
        if (apply && job->staff) {
            changes_sessions(call->api->changes, call->city);
        }
        reply(job, apply && job->staff);
    }
    account_staff_free(job->staff);
    table_free(job->table);
    return code;
}
