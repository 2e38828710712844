// SPDX-License-Identifier: MPL-2.0
// Filters over open work: what the statements leave out is what the filter leaves out, and
// they read no row to do so.
#include "case_world.h"

#include <sqlite3.h>

#include <gridcase/db/query_text.h>

enum { CASES = 400 };

static void fill(struct world *w)
{
    struct actor nobody = actor_nobody();
    struct actor roads = person(7, ROLE_DEPARTMENT, 0, 2);
    for (int i = 0; i < CASES; i++) {
        struct case_result result;
        w->now_ms += 7 * MINUTE;
        assert_ok(report_as(w, &nobody, 1 + i % 2 * 2, 0.0005 + (i * 7 % 10) / 1000.0,
                            0.0005 + (i * 3 % 10) / 1000.0, &result));
        if (i % 5 == 0 && i % 2 == 0)
            assert_ok(act(w, &roads, result.case_id, "close", NOTE("Done.")));
    }
}

static bool is_in(const struct case_summary *one, const struct case_filter *filter)
{
    bool area = filter->area_id == 0;
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        area = area || one->areas[i] == filter->area_id;
    return area && one->closed_ms == INSTANT_NONE &&
           (filter->class_id == 0 || one->class_id == filter->class_id) &&
           (filter->condition_id == 0 || one->condition_id == filter->condition_id) &&
           (filter->grid_id == 0 || one->grid_id == filter->grid_id);
}

// All pages of a list, some rows to a page.
static size_t all_pages(struct world *w, struct case_filter filter, int64_t ids[CASES])
{
    struct actor eye = actor_system();
    struct case_page page = {0};
    size_t count = 0;
    filter.limit = 7;
    do {
        filter.cursor = page.next_cursor;
        assert_ok(
            case_list(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &page, &error));
        for (size_t i = 0; i < page.count; i++)
            ids[count++] = page.items[i].id;
    } while (page.next_cursor != NULL);
    return count;
}

static size_t by_hand(struct world *w, const struct case_filter *filter, int64_t ids[CASES])
{
    struct actor eye = actor_system();
    struct case_filter all = case_filter_all();
    struct case_page page = {0};
    size_t count = 0;
    all.open = 1;
    all.sort = filter->sort;
    all.limit = 500;
    assert_ok(case_list(w->db, w->city, &eye, &all, w->now_ms, w->arena, &page, &error));
    for (size_t i = 0; i < page.count; i++)
        if (is_in(&page.items[i], filter))
            ids[count++] = page.items[i].id;
    return count;
}

static size_t on_the_map(struct world *w, struct case_filter filter)
{
    struct actor eye = actor_system();
    struct case_map map;
    filter.has_box = true;
    filter.west_deg = filter.south_deg = 0;
    filter.east_deg = filter.north_deg = 0.01;
    filter.limit = CASE_MAP_MOST;
    assert_ok(case_map(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &map, &error));
    return map.count;
}

static void compare(struct world *w, struct case_filter filter, size_t *total)
{
    static const enum case_sort SORTS[] = {CASE_SORT_DUE, CASE_SORT_NEWEST};
    filter.open = 1;
    for (size_t i = 0; i < 2; i++) {
        int64_t told[CASES], expected[CASES];
        filter.sort = SORTS[i];
        size_t count = all_pages(w, filter, told);
        assert_int_equal(count, by_hand(w, &filter, expected));
        assert_memory_equal(told, expected, count * sizeof *told);
        assert_int_equal(on_the_map(w, filter), count);
        *total += count;
    }
}

static void filters_agree_with_looking_at_every_case(void **state)
{
    (void)state;
    static const int64_t CLASSES[] = {0, 1, 3}, AREAS[] = {0, 101, 102, 201, 204, 777},
                         GRIDS[] = {0, 1, 38, 96}, CONDITIONS[] = {0, 1, 4};
    struct world w;
    size_t total = 0;
    world_begin(&w, "boston");
    fill(&w);
    for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++)
        for (size_t k = 0; k < sizeof AREAS / sizeof *AREAS; k++)
            for (size_t g = 0; g < sizeof GRIDS / sizeof *GRIDS; g++) {
                struct case_filter filter = case_filter_all();
                filter.class_id = CLASSES[i];
                filter.area_id = AREAS[k];
                filter.grid_id = GRIDS[g];
                filter.condition_id = CONDITIONS[(i + k) % 3];
                compare(&w, filter, &total);
            }
    assert_true(total > 1000);
    world_end(&w);
}

// ---- plans ----
static void plan_of(const struct world *w, const char *text, char *out, size_t size)
{
    char path[400], explain[4000];
    sqlite3 *handle;
    sqlite3_stmt *s;
    out[0] = '\0';
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", text);
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(handle, explain, -1, &s, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(handle));
    while (sqlite3_step(s) == SQLITE_ROW) {
        size_t length = strlen(out);
        snprintf(out + length, size - length, "%s; ",
                 (const char *)sqlite3_column_text(s, 3));
    }
    sqlite3_finalize(s);
    sqlite3_close(handle);
}

static void open_work_is_found_through_its_index(void **state)
{
    (void)state;
    struct world w;
    char text[4000], plan[1000];
    world_begin(&w, "boston");
    snprintf(text, sizeof text, "%s\n%s\n%s\n%s\n%s",
             db_query_texts[QUERY_CASE_COLUMNS].text,
             db_query_texts[QUERY_CASE_WALK_DUE].text,
             db_query_texts[QUERY_CASE_ONLY_CLASS].text,
             db_query_texts[QUERY_CASE_ONLY_AREA_3].text,
             db_query_texts[QUERY_CASE_ORDER_DUE].text);
    plan_of(&w, text, plan, sizeof plan);
    assert_string_equal(plan, "SEARCH case_file USING INDEX case_open_work (due_sort>?); ");
    plan_of(&w, db_query_texts[QUERY_FIGURES_OPEN_AREA_2].text, plan, sizeof plan);
    assert_non_null(strstr(plan, "USING COVERING INDEX case_open_work (due_sort>?)"));
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_agree_with_looking_at_every_case),
        cmocka_unit_test(open_work_is_found_through_its_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
