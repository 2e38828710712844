// SPDX-License-Identifier: MPL-2.0
#include <gridcase/account/city_setup.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/account/account.h>
#include <gridcase/city/city.h>
#include <gridcase/city/diff.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>

// ---- a new city ----
struct first_administrator {
    int64_t now_ms;
    const char *token;
};

static int make_administrator(struct db *db, void *context, struct error *error)
{
    const struct first_administrator *first = context;
    return account_first_administrator(db, first->now_ms, first->token, error);
}

static int on_cases_lane(struct db_store *store, const char *slug,
                         int (*work)(struct db *db, void *context, struct error *error),
                         void *context, struct error *error)
{
    struct db_lane *lane = NULL;
    int code = db_lane_get(store, slug, DB_CASES, &lane, error);
    if (code == 0)
        code = db_lane_call(lane, DB_MACHINES, work, context, error);
    db_lane_put(lane);
    return code;
}

int city_setup_new(struct db_store *store, const char *slug, const struct city_model *model,
                   int64_t now_ms, char ret_token[TOKEN_TEXT_SIZE], struct error *error)
{
    char token[TOKEN_TEXT_SIZE] = "";
    const char *host = city_model_host(model);
    int code = db_store_city_create(store, slug, now_ms, error);
    if (code < 0)
        return code;
    if (host[0])
        code = db_store_city_set(store, slug, "new", host, NULL, error);
    if (code == 0 && !city_model_demo(model)) {
        struct first_administrator first = {now_ms, token};
        token_new(token);
        code = on_cases_lane(store, slug, make_administrator, &first, error);
    }
    if (code < 0) {
        struct error ignored;
        (void)!db_store_city_remove(store, slug, &ignored);
        return code;
    }
    memcpy(ret_token, token, TOKEN_TEXT_SIZE);
    return 0;
}

// ---- people of a model ----
static int64_t department_id(void *context, const char *code)
{
    const struct city_department *department = city_department_by_code(context, code);
    return department ? department->id : 0;
}

static int64_t area_id(void *context, const char *level, const char *code)
{
    const struct city_level *found = city_level_by_code(context, level);
    const struct city_area *area =
        found ? city_area_by_code(context, found->position, code) : NULL;
    return area ? area->id : 0;
}

struct staff_check {
    struct city_report *report;
    const struct table *table;
};

static void on_staff(void *context, size_t row, const char *column, const char *slug,
                     const char *message)
{
    const struct staff_check *check = context;
    char text[500];
    snprintf(text, sizeof text, "%s: %s", column, message);
    struct city_finding finding = {.severity = CITY_ERROR,
                                   .slug = slug,
                                   .file = table_source(check->table),
                                   .layer = "table staff",
                                   .row = table_line(check->table, row),
                                   .message = text};
    city_report_add(check->report, &finding);
}

// Before anything is stored: codes of the model, not ids of the store.
static int64_t model_department(void *context, const char *code)
{
    const struct table *table = city_model_table(context, "departments");
    for (size_t row = 0; table && row < table_rows(table); row++)
        if (text_equal(table_value(table, row, "code"), code))
            return (int64_t)row + 1;
    return 0;
}

static int64_t model_area(void *context, const char *level, const char *code)
{
    return city_model_has_area(context, level, code) ? 1 : 0;
}

static void check_staff(struct city_model *model, struct city_report *report)
{
    const struct table *table = city_model_table(model, "staff");
    struct staff_check check = {report, table};
    struct account_lookups lookups = {model, model_department, model_area};
    struct account_staff *staff = NULL;
    struct error error = {0};
    struct account_staff_report on_cell = {on_staff, &check};
    size_t before = city_report_count_of(report, CITY_ERROR);
    if (!table)
        return;
    if (account_staff_new(table, &lookups, false, &on_cell, &staff, &error) == 0)
        account_staff_free(staff);
    else if (city_report_count_of(report, CITY_ERROR) == before) { // a column is missing
        struct city_finding finding = {.severity = CITY_ERROR,
                                       .slug = error.slug,
                                       .file = table_source(table),
                                       .layer = "table staff",
                                       .row = -1,
                                       .message = error.message};
        city_report_add(report, &finding);
    }
}

static void (*also)(const struct city_model *model, struct city_report *report);

void city_setup_also_check(void (*check)(const struct city_model *model,
                                         struct city_report *report))
{
    also = check;
}

int city_setup_check(const char *folder, struct city_report *report,
                     struct city_model **ret_model, struct error *error)
{
    int code = city_model_read(folder, report, ret_model, error);
    if (code == 0)
        check_staff(*ret_model, report);
    if (code == 0 && also != NULL)
        also(*ret_model, report);
    return code;
}

struct staff_work {
    struct account_staff *staff;
    int64_t now_ms;
};

static int store_people(struct db *db, void *context, struct error *error)
{
    const struct staff_work *work = context;
    return account_staff_store(db, work->staff, work->now_ms, error);
}

static int store_staff(struct db_store *store, const char *slug, int64_t now_ms,
                       struct error *error)
{
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    int code = city_snapshot_open(store, slug, &city, error);
    if (code < 0 || !city_staff(city))
        return code;
    struct account_lookups lookups = {city, department_id, area_id};
    struct staff_work work = {.now_ms = now_ms};
    char folder[4096];
    code = account_staff_new(city_staff(city), &lookups, city_is_demo(city), NULL,
                             &work.staff, error);
    if (code == 0)
        code = on_cases_lane(store, slug, store_people, &work, error);
    if (code == 0 && city_is_demo(city)) {
        code = db_store_city_path(store, slug, NULL, folder, sizeof(folder));
        if (code == 0)
            code = account_demo_file_write(work.staff, folder, error);
    }
    account_staff_free(work.staff);
    return code;
}

// The model of this city, checked, its grids with the codes they would get.
static int read_for_city(struct db_store *store, const char *slug, const char *folder,
                         struct city_report *report, struct city_model **ret_model,
                         struct error *error)
{
    if (!db_store_city_exists(store, slug))
        return error_set(error, ERROR_NOT_FOUND, "city.unknown",
                         "there is no city %s: gridcase city new", slug);
    int code = city_setup_check(folder, report, ret_model, error);
    if (code == 0 && !text_equal(city_model_slug(*ret_model), slug))
        code = error_set(error, ERROR_INPUT, "city.other_slug",
                         "%s is the model of city \"%s\", not of \"%s\"", folder,
                         city_model_slug(*ret_model), slug);
    return code;
}

int city_setup_diff(struct db_store *store, const char *slug, const char *folder,
                    struct city_report *report, struct city_diff *diff, struct error *error)
{
    CITY_MODEL_CLEANUP struct city_model *model = NULL;
    int code = read_for_city(store, slug, folder, report, &model, error);
    if (code < 0 || city_report_count_of(report, CITY_ERROR) > 0)
        return code;
    return city_model_diff(store, slug, model, report, diff, error);
}

int city_setup_load(struct db_store *store, const char *slug, const char *folder,
                    int64_t now_ms, struct city_report *report,
                    struct city_load_result *ret_result, struct error *error)
{
    CITY_MODEL_CLEANUP struct city_model *model = NULL;
    struct city_load_result result = {0};
    *ret_result = result;
    int code = read_for_city(store, slug, folder, report, &model, error);
    if (code == 0 && city_report_count_of(report, CITY_ERROR) == 0)
        code = city_model_diff(store, slug, model, report, NULL, error);
    if (code < 0)
        return code;
    if (city_report_count_of(report, CITY_ERROR) > 0)
        return 0;
    code = city_model_store(store, slug, model, report, now_ms, &result, error);
    if (code == 0)
        code = store_staff(store, slug, now_ms, error);
    if (code == 0) {
        const char *host = city_model_host(model);
        code = db_store_city_set(store, slug, "ready", host[0] ? host : NULL, NULL, error);
    }
    if (code == 0)
        *ret_result = result;
    return code;
}
