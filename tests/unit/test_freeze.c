// SPDX-License-Identifier: MPL-2.0
// Frozen periods: what is kept, when there is a new version, and that nobody changes one.
#include "case_world.h"

#include <stdlib.h>

#include <sqlite3.h>

#include <gridcase/cases/seal.h>
#include <gridcase/db/lane.h>
#include <gridcase/evaluation/freeze.h>

#define DAY (24 * HOUR)

static struct facts *facts;

// The writer is the lane's while something is frozen.
static struct freeze_place place_open(struct world *w)
{
    struct freeze_place place = {.facts = facts, .city = w->city};
    w->db = db_close(w->db);
    assert_ok(db_lane_get(w->store, "t", DB_CASES, &place.lane, &error));
    assert_ok(db_reader_borrow(w->store, "t", DB_CASES, &place.reader, &error));
    return place;
}

static void place_close(struct world *w, struct freeze_place *place)
{
    db_reader_return(place->reader);
    db_lane_put(place->lane);
    db_store_close_idle(w->store, 0);
    assert_ok(db_open(w->store, "t", DB_CASES, DB_WRITE, &w->db, &error));
}

static int freeze(struct world *w, const char *period, const char *reason,
                  struct frozen *ret_frozen)
{
    struct freeze_place place = place_open(w);
    struct freeze_order order = {.reason = reason, .person_id = 9, .now_ms = w->now_ms};
    int code = freeze_period_read(period, &order.period, &error);
    if (code == 0)
        code = freeze_period_now(&place, &order, w->arena, ret_frozen, &error);
    place_close(w, &place);
    return code;
}

static unsigned renew(struct world *w)
{
    unsigned made = 0;
    struct freeze_place place = place_open(w);
    assert_ok(freeze_renew(&place, w->now_ms, &made, &error));
    place_close(w, &place);
    return made;
}

static const char *document(struct world *w, const char *period, int64_t version)
{
    const char *text = NULL;
    struct frozen frozen;
    assert_ok(freeze_document(w->db, period, version, w->arena, &text, &frozen, &error));
    return text;
}

// A value of the document: its table, the row's id (-1: the only row), the measure.
static double value(const char *text, const char *by, int64_t id, const char *measure)
{
    struct json *all JSON_CLEANUP = NULL;
    const struct json *measures = NULL, *tables = NULL;
    size_t place = SIZE_MAX;
    double found = (double)NAN;
    assert_ok(json_parse(text, strlen(text), &all, &error));
    assert_ok(json_get_array(all, "measures", JSON_REQUIRED, &measures, &error));
    assert_ok(json_get_array(all, "tables", JSON_REQUIRED, &tables, &error));
    for (size_t i = 0; i < json_array_length(measures); i++) {
        const char *code = NULL;
        assert_ok(json_get_text(json_array_item(measures, i), "code", JSON_REQUIRED, 99,
                                &code, &error));
        if (strcmp(code, measure) == 0)
            place = i;
    }
    for (size_t i = 0; i < json_array_length(tables); i++) {
        const struct json *table = json_array_item(tables, i), *rows = NULL, *values = NULL;
        const char *own = NULL;
        assert_ok(json_get_text(table, "by", JSON_REQUIRED, 99, &own, &error));
        assert_ok(json_get_array(table, "rows", JSON_REQUIRED, &rows, &error));
        for (size_t k = 0; strcmp(own, by) == 0 && k < json_array_length(rows); k++) {
            const struct json *row = json_array_item(rows, k);
            int64_t row_id = -1;
            assert_ok(
                json_get_int(row, "id", JSON_OPTIONAL, 0, INT64_MAX, &row_id, &error));
            assert_ok(json_get_array(row, "values", JSON_REQUIRED, &values, &error));
            if (row_id == id)
                (void)json_as_double(json_array_item(values, place), &found);
        }
    }
    return found;
}
#define assert_value(expected, text, by, id, measure)                                      \
    do {                                                                                   \
        double is_ = value(text, by, id, measure);                                         \
        if (!(fabs(is_ - (expected)) < 1e-9))                                              \
            fail_msg("%s %s %d: %g, not %g", measure, by, (int)(id), is_,                  \
                     (double)(expected));                                                  \
    } while (0)

// June 2025: three reports, two closed; then it is July.
static void june(struct world *w, int64_t ids[3])
{
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    world_begin(w, "boston");
    facts = facts_new(NULL);
    for (int i = 0; i < 3; i++) {
        assert_ok(report_as(w, &clerk, 1, 0.0015, 0.0015, &result));
        ids[i] = result.case_id;
        w->now_ms += MINUTE;
    }
    w->now_ms += HOUR;
    for (int i = 0; i < 2; i++)
        assert_ok(act(w, &clerk, ids[i], "close", NOTE("Filled.")));
    w->now_ms += 33 * DAY;
}

static void world_over(struct world *w)
{
    facts = facts_free(facts);
    world_end(w);
}

static void periods_are_months_quarters_and_years(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t from, to;
    } PERIODS[] = {{"1970-01", 0, 30},    {"1970-12", 334, 364}, {"1970-Q1", 0, 89},
                   {"1970-Q4", 273, 364}, {"1970", 0, 364},      {"2024-02", 19754, 19782}};
    struct freeze_period period;
    for (size_t i = 0; i < sizeof PERIODS / sizeof PERIODS[0]; i++) {
        assert_ok(freeze_period_read(PERIODS[i].text, &period, &error));
        assert_string_equal(period.code, PERIODS[i].text);
        assert_int_equal(period.from_day, PERIODS[i].from);
        assert_int_equal(period.to_day, PERIODS[i].to);
    }
    static const char *const WRONG[] = {"",        "2026-13",  "2026-0", "2026-Q5", "26-01",
                                        "2026-1x", "2026-011", "x026",   "2026-",   NULL};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        assert_fails(freeze_period_read(WRONG[i], &period, &error), ERROR_INPUT,
                     "freeze.period");
}

static void what_was_frozen_stays_beside_what_was_corrected(void **state)
{
    (void)state;
    struct world w;
    struct frozen frozen;
    int64_t ids[3];
    june(&w, ids);
    assert_fails(freeze(&w, "2025-07", NULL, &frozen), ERROR_CONFLICT, "freeze.not_over");
    assert_fails(freeze(&w, "2025-Q3", NULL, &frozen), ERROR_CONFLICT, "freeze.not_over");
    assert_ok(freeze(&w, "2025-06", NULL, &frozen));
    assert_int_equal(frozen.version, 1);
    const char *first = document(&w, "2025-06", 1);
    assert_value(3, first, "", -1, "opened");
    assert_value(2, first, "", -1, "closed");
    assert_value(1, first, "", -1, "open");
    assert_value(2. / 3, first, "", -1, "closing_rate");
    assert_value(3, first, "department", 2, "opened");
    assert_value(3, first, "class", 1, "opened");
    assert_null(strstr(first, "\"since\""));
    // Again: only for a reason, and only when something differs.
    assert_fails(freeze(&w, "2025-06", NULL, &frozen), ERROR_INPUT, "freeze.reason");
    assert_fails(freeze(&w, "2025-06", "Why not.", &frozen), ERROR_CONFLICT, "freeze.same");
    assert_int_equal(renew(&w), 0);
    // A case is closed late: no correction, no new version by itself.
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    w.now_ms += DAY;
    assert_ok(act(&w, &clerk, ids[2], "comment", NOTE("Still open.")));
    assert_int_equal(renew(&w), 0);
    // One is opened again after the freeze: a new version, by the system.
    assert_ok(act(&w, &clerk, ids[0], "reopen", NOTE("It is back.")));
    assert_int_equal(renew(&w), 1);
    assert_int_equal(renew(&w), 0);
    const char *second = document(&w, "2025-06", 0);
    assert_value(1, second, "", -1, "closed");
    assert_value(2, second, "", -1, "open");
    assert_non_null(strstr(second, "\"version\":2"));
    assert_non_null(strstr(second, "\"kind\":\"reopened\""));
    assert_non_null(
        strstr(second, "{\"by\":\"\",\"measure\":\"closed\",\"was\":2,\"is\":1}"));
    assert_string_equal(document(&w, "2025-06", 1), first);
    struct frozen *list = NULL;
    size_t count = 0;
    assert_ok(freeze_list(w.db, NULL, w.arena, &list, &count, &error));
    assert_int_equal(count, 2);
    assert_int_equal(list[0].version, 2);
    assert_int_equal(list[0].made_by, 0);
    assert_int_equal(list[1].made_by, 9);
    assert_recount(&w);
    world_over(&w);
}

static void a_correction_of_the_class_moves_figures_of_both(void **state)
{
    (void)state;
    struct world w;
    struct frozen frozen;
    int64_t ids[3];
    june(&w, ids);
    assert_ok(freeze(&w, "2025-06", NULL, &frozen));
    assert_ok(freeze(&w, "2025-Q2", NULL, &frozen));
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    assert_ok(act(
        &w, &clerk, ids[2], "correct",
        (struct case_input[]){{"class", "2"}, {"condition", "2"}, {"opinion", "A lamp."}},
        3));
    assert_int_equal(renew(&w), 2); // the month and its quarter
    const char *second = document(&w, "2025-06", 2);
    assert_value(2, second, "class", 1, "opened");
    assert_value(1, second, "class", 2, "opened");
    assert_value(3, second, "", -1, "opened");
    assert_null(strstr(second, "{\"by\":\"\",\"measure\":\"opened\"")); // the same in all
    world_over(&w);
}

// A new calendar moves deadlines of what is open; what was frozen stays as it was.
static void a_calendar_edited_afterwards_changes_no_version(void **state)
{
    (void)state;
    struct world w;
    struct frozen frozen;
    int64_t ids[3];
    june(&w, ids);
    assert_ok(freeze(&w, "2025-06", NULL, &frozen));
    const char *first = document(&w, "2025-06", 1);
    unsigned done = 0;
    fake_city_calendar(w.city, "date,kind,name_en\n2025-06-02,holiday,Dragon Boat\n");
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w.db, DB_WRITE, &transaction, &error));
    assert_ok(case_upkeep_run(w.db, w.city, w.now_ms, 100, &done, &error));
    assert_ok(db_commit(&transaction, &error));
    assert_int_equal(done, 1); // the case that is open
    (void)renew(&w);
    assert_string_equal(document(&w, "2025-06", 1), first);
    // The two that are closed keep their verdicts in whatever version there is now.
    assert_value(2, document(&w, "2025-06", 0), "", -1, "handled_in_time");
    world_over(&w);
}

// The rate is defined otherwise later: what was frozen is counted anew by its own words.
static void a_new_version_counts_by_the_frozen_definitions(void **state)
{
    (void)state;
    struct world w;
    struct frozen frozen;
    int64_t ids[3];
    june(&w, ids);
    assert_ok(freeze(&w, "2025-06", NULL, &frozen));
    struct table *own TABLE_CLEANUP = NULL;
    static const char OWN[] =
        "code,version,name_en,formula,if_zero,unit\n"
        "closing_rate,2,Closing rate,to_close / to_close,blank,share\n";
    assert_ok(table_parse_csv("own_indicators", "test", OWN, sizeof OWN - 1, &own, &error));
    fake_city_evaluation(w.city, own);
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    assert_ok(act(&w, &clerk, ids[0], "reopen", NOTE("It is back.")));
    assert_int_equal(renew(&w), 1);
    const char *second = document(&w, "2025-06", 2);
    assert_value(1. / 3, second, "", -1, "closing_rate"); // not 1
    assert_non_null(strstr(second, "\"same_definitions\":true"));
    // A month that was not frozen yet counts by what is in force.
    w.now_ms += 30 * DAY;
    assert_ok(freeze(&w, "2025-Q2", NULL, &frozen));
    assert_value(1, document(&w, "2025-Q2", 1), "", -1, "closing_rate");
    world_over(&w);
}

static void note(void *context, const char *slug, const char *message)
{
    (void)message;
    char *told = context;
    strncat(told, slug, 100);
    strncat(told, " ", 2);
}

static void raw(const struct world *w, const char *statements)
{
    char path[400];
    sqlite3 *file = NULL;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(file, statements, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
}

static void roots_cover_frozen_figures(void **state)
{
    (void)state;
    struct world w;
    struct frozen frozen;
    struct case_seal seal;
    struct seal_proof proof;
    int64_t ids[3];
    bool added = false;
    char told[2000] = "";
    june(&w, ids);
    assert_ok(freeze(&w, "2025-06", NULL, &frozen));
    assert_ok(case_seal_make(w.db, w.now_ms, &seal, &error));
    assert_int_equal(seal.frozen, 1);
    assert_ok(case_seal_add(w.db, &seal, &added, &error));
    assert_ok(case_seal_prove(w.db, NULL, 0, note, told, &proof, &error));
    assert_int_equal(proof.problems, 0);
    assert_int_equal(proof.frozen, 1);
    const char *engine = getenv("GRIDCASE_ENGINE");
    if (engine != NULL && strcmp(engine, "postgres") == 0) {
        world_over(&w);
        return;
    }
    const char *text = NULL;
    raw(&w, "UPDATE frozen SET document = replace(document, '\"period\"', '\"Period\"')");
    assert_fails(freeze_document(w.db, "2025-06", 1, w.arena, &text, &frozen, &error),
                 ERROR_STORE, "frozen.changed");
    assert_ok(case_seal_prove(w.db, NULL, 0, note, told, &proof, &error));
    assert_non_null(strstr(told, "frozen.changed"));
    raw(&w, "UPDATE frozen SET document = replace(document, '\"Period\"', '\"period\"'), "
            "digest = zeroblob(32)");
    told[0] = '\0';
    assert_ok(case_seal_prove(w.db, NULL, 0, note, told, &proof, &error));
    assert_non_null(strstr(told, "root.tree"));
    raw(&w, "DELETE FROM frozen");
    told[0] = '\0';
    assert_ok(case_seal_prove(w.db, NULL, 0, note, told, &proof, &error));
    assert_non_null(strstr(told, "root.frozen"));
    world_over(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(periods_are_months_quarters_and_years),
        cmocka_unit_test(what_was_frozen_stays_beside_what_was_corrected),
        cmocka_unit_test(a_correction_of_the_class_moves_figures_of_both),
        cmocka_unit_test(a_calendar_edited_afterwards_changes_no_version),
        cmocka_unit_test(a_new_version_counts_by_the_frozen_definitions),
        cmocka_unit_test(roots_cover_frozen_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
