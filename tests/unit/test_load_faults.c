// SPDX-License-Identifier: MPL-2.0
// Loading a city's model while the database fails now and then: it is told, the city stays
// what it was, and the next load is whole.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/account/city_setup.h>
#include <gridcase/city/city.h>
#include <gridcase/db/store.h>

#include "../../src/db/db_internal.h"
#include "assert_ok.h"
#include "fault/engine_fault.h"
#include "fault/postgres.h"
#include "fault/temporary.h"

static struct error error;

struct town {
    char folder[256];
    struct db_store *store;
};

static int load(struct town *town, struct error *filled)
{
    struct city_report *report = city_report_new();
    struct city_load_result result;
    int code = city_setup_load(town->store, "tinytown", "fixtures/tinytown", 1, report,
                               &result, filled);
    city_report_free(report);
    return code;
}

// A store of the twin's with a city that has no model yet.
static void make(struct town *town, const char *name)
{
    char location[300], token[TOKEN_TEXT_SIZE];
    struct city_report *report = city_report_new();
    struct city_model *model CITY_MODEL_CLEANUP = NULL;
    temporary_folder(town->folder, sizeof town->folder);
    snprintf(location, sizeof location, "%s/data", town->folder);
    if (strcmp(name, "postgres") == 0)
        postgres_store(location);
    snprintf(location, sizeof location, "fault:%s/data", town->folder);
    assert_ok(db_store_open(location, DB_STORE_CREATE, &town->store, &error));
    assert_ok(city_model_read_identity("fixtures/tinytown", report, &model, &error));
    assert_ok(city_setup_new(town->store, "tinytown", model, 1, token, &error));
    city_report_free(report);
}

static void end(struct town *town)
{
    town->store = db_store_close(town->store);
    temporary_remove(town->folder);
}

// What people meet: 0 no model, 1 the whole of it. Half of one fails the test.
static int model_there(struct town *town)
{
    struct city_snapshot *city = NULL;
    struct error filled = {0};
    struct city_place place;
    int code = city_snapshot_open(town->store, "tinytown", &city, &filled);
    if (code != 0) {
        assert_string_equal(filled.slug, "city.empty");
        return 0;
    }
    assert_int_equal(city_grids(city), 9);
    for (int i = 0; i < 9; i++) {
        assert_ok(city_locate(city, 120.0005 + 0.001 * (i % 3), 30.0005 + 0.001 * (i / 3),
                              &place, &error));
        assert_non_null(place.grid);
    }
    assert_true(city_departments(city) > 4);
    city_snapshot_free(city);
    return 1;
}

static void fail_now_and_then(const struct db_engine *engine, const char *name)
{
    struct town town;
    engine_fault_register_on(engine);
    make(&town, name);
    engine_fault_nth(INT64_MAX, false);
    assert_ok(load(&town, &error));
    int64_t verbs = engine_fault_counted();
    assert_true(verbs > 100);
    end(&town);

    make(&town, name);
    int64_t step = verbs / (getenv("GRIDCASE_LONG") ? 100 : 4);
    int failed = 0, was = 0;
    for (int64_t n = step / 3; n < verbs; n += step) {
        struct error filled = {0};
        engine_fault_nth(n, failed % 2 == 1);
        int code = load(&town, &filled);
        const char *struck = engine_fault_struck();
        engine_fault_disarm();
        if (!struck)
            break;
        failed++;
        if (code == 0)
            fail_msg("swallowed verb %d: %s", (int)n, struck);
        if (filled.code != code || filled.slug[0] == '\0')
            fail_msg("verb %d (%s): %d without a reason", (int)n, struck, code);
        int there = model_there(&town);
        if (there < was)
            fail_msg("verb %d (%s): the model has gone", (int)n, struck);
        was = there;
    }
    print_message("%s: %d of %d verbs failed\n", name, failed, (int)verbs);
    assert_true(failed >= 3);
    assert_ok(load(&town, &error));
    assert_int_equal(model_there(&town), 1);
    end(&town);
}

static void a_load_that_fails_on_sqlite_is_told(void **state)
{
    (void)state;
    fail_now_and_then(&db_engine_sqlite, "sqlite");
}

static void a_load_that_fails_on_postgres_is_told(void **state)
{
    (void)state;
    fail_now_and_then(&db_engine_postgres, "postgres");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_load_that_fails_on_sqlite_is_told),
        cmocka_unit_test(a_load_that_fails_on_postgres_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
