// SPDX-License-Identifier: MPL-2.0
// Figures against a plain scan of the fact table in SQL, row for row, while people work at
// random; the file of the columns torn, cut, old and gone.
#include "random_users.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/zone.h>

#include "../../src/evaluation/facts_file.h"

#define DAY_MS INT64_C(86400000)

struct office {
    struct world world;
    char path[300];
    struct facts *facts;
    sqlite3 *scan; // a connection of the test's own
};

static void office_begin(struct office *office, const char *process)
{
    char database[300];
    world_begin(&office->world, process);
    snprintf(office->path, sizeof office->path, "%s/data/cities/t/facts",
             office->world.folder);
    snprintf(database, sizeof database, "%s/data/cities/t/cases.db", office->world.folder);
    assert_int_equal(sqlite3_open_v2(database, &office->scan, SQLITE_OPEN_READONLY, NULL),
                     SQLITE_OK);
    office->facts = facts_new(office->path);
    facts_rewrite_at(office->facts, 50);
}

static void office_end(struct office *office)
{
    facts_free(office->facts);
    sqlite3_close(office->scan);
    world_end(&office->world);
}

// A server that ends and begins again.
static void restart(struct office *office)
{
    facts_free(office->facts);
    office->facts = facts_new(office->path);
    facts_rewrite_at(office->facts, 50);
}

#include "figures_scan.h"

static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-6;
}

static const char ALL[] = "opened,ended,closed,open,overdue,closing_rate,on_time_rate,"
                          "target_rate,mean_time_to_close";
static const char MANY[] =
    "by_collectors,by_public,valid,wrong_by_collectors,accepted,accepted_rightly,filed,"
    "filed_rightly,declined,voided,sent,to_send,sent_in_time,sent_rightly,handled_of_due,"
    "handled_late,due_unhandled,to_verify,verified_in_time,to_check,checked_in_time,"
    "closed_in_time,reworks,returned_cases,suspended_cases,forced,reopened,one_sided,"
    "answer_seconds,handling_seconds,rework_rate,filing_accuracy,reopened_to_close,"
    "closed_unchecked,closed_one_sided,forced_of_opened,suspended_now,suspended_seconds,"
    "gone_public,gone_again,reopened_share,unchecked_share,forced_share,suspended_age";
static const char OF_ROLLUPS[] = "open,closed,ended,opened";

static struct figure_query ask(struct office *office, const char *measures, const char *by,
                               const char *from, const char *to)
{
    struct figure_query query;
    struct figure_words words = {.measures = measures, .by = by, .from = from, .to = to};
    assert_ok(figure_query_read(&words, office->world.city, office->world.now_ms, &query,
                                &error));
    return query;
}

static size_t measure_of(struct office *office, const char *code)
{
    int found = evaluation_find(city_evaluation(office->world.city), code, strlen(code));
    assert_true(found >= 0);
    return (size_t)found;
}

static void compare_values(struct office *office, const struct figure_query *query,
                           const struct figure_row *row, const double *values)
{
    char texts[2][100];
    const char *conditions[2] = {"1", "1"};
    int64_t from = query->from_day, to = query->to_day;
    for (size_t i = 0; row != NULL && i < query->by_count; i++) {
        if (row->keys[i].filter == NULL) {
            from = row->keys[i].from_day;
            to = row->keys[i].to_day;
        } else {
            conditions[i] = dimension_condition(&query->by[i], &row->keys[i], texts[i],
                                                sizeof texts[i]);
        }
    }
    for (size_t i = 0; i < query->measure_count; i++) {
        const struct indicator *measure = figure_measure(query, i);
        bool none = measure->stock && from > query->today;
        double scanned =
            none ? (double)NAN
                 : scan(office, measure, conditions[0], conditions[1], from, to);
        if (!same_number(scanned, values[i]))
            fail_msg("%s where %s and %s, days %lld to %lld: %f, the scan says %f",
                     measure->code, conditions[0], conditions[1], (long long)from,
                     (long long)to, values[i], scanned);
    }
}

// Rows are never left out: counts of rows add up to those of the period.
static void compare_sums(const struct figure_query *query,
                         const struct figure_answer *answer)
{
    bool by_time = false;
    for (size_t i = 0; i < query->by_count; i++)
        by_time |= query->by[i].dimension <= FIGURE_BY_YEAR;
    for (size_t i = 0; i < query->measure_count && query->by_count > 0; i++) {
        const struct indicator *measure = figure_measure(query, i);
        double sum = 0;
        if (!measure->is_count || (measure->stock && by_time) ||
            (measure->stock && query->from_day > query->today))
            continue;
        for (size_t k = 0; k < answer->row_count; k++)
            sum += answer->rows[k].values[i];
        assert_true(same_number(sum, answer->totals[i]));
    }
}

static size_t compare_measures(struct office *office, const char *measures, const char *by,
                               const char *from, const char *to, bool *ret_from_rollup)
{
    struct arena *arena = arena_new((size_t)256 * 1024 * 1024);
    struct actor eye = actor_system();
    struct figure_query query = ask(office, measures, by, from, to);
    struct figure_answer answer, defined;
    assert_ok(figures_compute(office->facts, office->world.db, office->world.city, &eye,
                              &query, arena, &answer, &error));
    // The house's own sums and rollups say what the definitions say.
    query.by_definition = true;
    assert_ok(figures_compute(office->facts, office->world.db, office->world.city, &eye,
                              &query, arena, &defined, &error));
    assert_int_equal(answer.row_count, defined.row_count);
    for (size_t i = 0; i < query.measure_count; i++) {
        assert_true(same_number(answer.totals[i], defined.totals[i]));
        for (size_t k = 0; k < answer.row_count; k++)
            assert_true(same_number(answer.rows[k].values[i], defined.rows[k].values[i]));
    }
    assert_int_equal(answer.trouble.code, 0);
    for (size_t i = 0; i < answer.row_count; i++)
        compare_values(office, &query, &answer.rows[i], answer.rows[i].values);
    compare_values(office, &query, NULL, answer.totals);
    compare_sums(&query, &answer);
    size_t rows = answer.row_count;
    *ret_from_rollup = answer.from_rollup;
    arena_free(arena);
    return rows;
}

static size_t compare(struct office *office, const char *by, const char *from,
                      const char *to)
{
    bool from_rollup = true;
    size_t rows = compare_measures(office, random_below(3) != 0 ? ALL : MANY, by, from, to,
                                   &from_rollup);
    assert_false(from_rollup);
    return rows;
}

static const char *const CROSSES[] = {
    "none",
    "day",
    "week",
    "month,class",
    "department,class",
    "class,day",
    "department:2",
    "area:street,source",
    "source,week",
    "department:2,month",
    "class,area:district",
    "department,area:street",
    "grid,quarter",
    "checked_by,verified_by",
    "reported_by,year",
    "accepted_by,class",
};
enum { CROSS_COUNT = sizeof CROSSES / sizeof CROSSES[0] };

static const char *const HEADLINES[] = {
    "none",
    "day",
    "department",
    "department:2,week",
    "day,area:street",
    "area:district",
    "month,area:district",
};

static void people_work(struct office *office, unsigned moves, const struct actor *people,
                        size_t count)
{
    struct world *w = &office->world;
    for (unsigned i = 0; i < moves; i++) {
        struct case_result result;
        w->now_ms += (int64_t)random_below(50) * MINUTE;
        if (random_below(6) == 0) {
            double lon = random_below(8) == 0 ? -1 : 0.0001 * random_below(100);
            assert_ok(report_as(w, &people[random_below(8)], 1 + random_below(3), lon,
                                0.0001 * random_below(100), &result));
        }
        int64_t most = 0;
        assert_ok(db_fetch_int(w->db, QUERY_CASE_ID_LAST, NULL, 0, &most, &error));
        most++; // as the next one
        if (most > 1)
            random_move(w, people, count, 1 + random_below((unsigned)most - 1), i % 3 == 0);
    }
}

static void play(const char *process)
{
    struct office office;
    office_begin(&office, process);
    struct actor people[] = {
        person(1, ROLE_COLLECTOR, 0, 0),    person(2, ROLE_ACCEPTOR, 0, 0),
        person(3, ROLE_SHIFT_LEADER, 0, 0), person(4, ROLE_DISPATCHER, 0, 0),
        person(5, ROLE_DEPARTMENT, 0, 2),   person(6, ROLE_DEPARTMENT, 0, 3),
        person(7, ROLE_DEPARTMENT, 0, 4),   person(8, ROLE_INSPECTOR, 101, 0),
    };
    size_t rows = 0;
    for (unsigned round = 0; round < 30; round++) {
        people_work(&office, 60, people, 8);
        for (unsigned i = 0; i < 4; i++)
            rows += compare(&office, CROSSES[random_below(CROSS_COUNT)], "2025-06-02",
                            random_below(2) ? "2025-06-30" : "2025-06-11");
        bool from_rollup = false;
        rows +=
            compare_measures(&office, OF_ROLLUPS, HEADLINES[random_below(7)],
                             random_below(2) ? "2025-06-02" : "2025-06-09",
                             random_below(2) ? "2025-06-30" : "2025-06-11", &from_rollup);
        assert_true(from_rollup);
        if (random_below(3) == 0)
            restart(&office);
    }
    for (size_t i = 0; i < CROSS_COUNT; i++)
        rows += compare(&office, CROSSES[i], "2025-05-20", "2026-12-31");
    assert_true(rows > 1000);
    assert_recount(&office.world);
    office_end(&office);
}

static void figures_equal_a_scan_row_for_row(void **state)
{
    (void)state;
    random_state = 20251122;
    play("standard");
    play("boston");
}

// ---- the moment moves, nothing else ----
static void what_is_overdue_follows_the_clock_without_any_timer(void **state)
{
    (void)state;
    struct office office;
    struct actor eye = actor_system();
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct case_result result;
    office_begin(&office, "boston");
    struct world *w = &office.world;
    for (int i = 0; i < 3; i++) // 4 working hours each
        assert_ok(report_as(w, &dispatcher, 1, 0.0015, 0.0015, &result));
    int64_t due_ms = look(w, result.case_id).summary.clock.state.due_ms;
    static const struct {
        int64_t after_due_ms;
        double overdue;
    } MOMENTS[] = {{-HOUR, 0}, {0, 0}, {1000, 3}, {40 * DAY_MS, 3}, {-HOUR, 0}};
    for (size_t i = 0; i < sizeof MOMENTS / sizeof MOMENTS[0]; i++) {
        struct figure_answer answer;
        w->now_ms = due_ms + MOMENTS[i].after_due_ms;
        struct figure_query query = ask(&office, ALL, "none", "2025-06-01", NULL);
        assert_ok(figures_compute(office.facts, w->db, w->city, &eye, &query, w->arena,
                                  &answer, &error));
        assert_true(answer.totals[4] == MOMENTS[i].overdue);
        struct figure_list list;
        assert_ok(figures_list(office.facts, w->db, w->city, &eye, &query,
                               measure_of(&office, "overdue"), false, INT64_MAX, 10,
                               w->arena, &list, &error));
        assert_int_equal(list.total, (int64_t)MOMENTS[i].overdue);
        compare(&office, "class,day", "2025-06-01", NULL);
    }
    office_end(&office);
}

// ---- a calendar edited for the past ----
static double office_time(struct office *office)
{
    struct figure_answer answer;
    struct actor eye = actor_system();
    struct figure_query query =
        ask(office, "closed_work_seconds", "none", "2025-06-01", "2025-12-31");
    assert_ok(figures_compute(office->facts, office->world.db, office->world.city, &eye,
                              &query, office->world.arena, &answer, &error));
    return answer.totals[0];
}

static void an_edited_calendar_changes_office_time_of_the_past(void **state)
{
    (void)state;
    struct office office;
    struct actor people[] = {
        person(1, ROLE_COLLECTOR, 0, 0),  person(2, ROLE_ACCEPTOR, 0, 0),
        person(3, ROLE_DISPATCHER, 0, 0), person(4, ROLE_DISPATCHER, 0, 0),
        person(5, ROLE_DEPARTMENT, 0, 2), person(6, ROLE_DEPARTMENT, 0, 3),
        person(7, ROLE_DEPARTMENT, 0, 4), person(8, ROLE_DEPARTMENT, 0, 2),
    };
    random_state = 5;
    office_begin(&office, "boston");
    people_work(&office, 800, people, 8);
    office.world.now_ms += 100 * DAY_MS;
    double before = office_time(&office);
    assert_true(before > 0);
    char days[2000] = "date,kind\n";
    for (int day = 1; day <= 30; day++)
        snprintf(days + strlen(days), sizeof days - strlen(days), "2025-06-%02d,holiday\n",
                 day);
    fake_city_calendar(office.world.city, days);
    assert_true(office_time(&office) < before);
    restart(&office); // what was written says the same
    assert_true(office_time(&office) < before);
    // The clock is set back: what was counted stays counted.
    office.world.now_ms -= 50 * DAY_MS;
    compare(&office, "class,day", "2025-06-01", "2025-12-31");
    office_end(&office);
}

// ---- lists ----
static void lists_hold_each_case_once_in_pages(void **state)
{
    (void)state;
    struct office office;
    struct actor eye = actor_system();
    struct actor people[] = {person(2, ROLE_ACCEPTOR, 0, 0),
                             person(4, ROLE_DISPATCHER, 0, 0),
                             person(5, ROLE_DEPARTMENT, 0, 2)};
    struct actor eight[8];
    random_state = 7;
    for (int i = 0; i < 8; i++)
        eight[i] = people[i % 3];
    office_begin(&office, "boston");
    for (int round = 0; round < 6; round++) {
        people_work(&office, 100, eight, 8);
        for (size_t m = 0; m < COUNTS_MOST; m++) {
            struct figure_query query =
                ask(&office, ALL, "none", "2025-06-01", "2025-07-30");
            int64_t before = INT64_MAX, seen = 0;
            struct figure_list list = {.next = 1};
            while (list.next != 0) {
                assert_ok(figures_list(office.facts, office.world.db, office.world.city,
                                       &eye, &query, measure_of(&office, COUNTS[m].code),
                                       false, before, 7, office.world.arena, &list,
                                       &error));
                for (size_t i = 0; i < list.count; i++, seen++) {
                    assert_true(list.case_ids[i] < before);
                    before = list.case_ids[i];
                }
            }
            assert_int_equal(seen, list.total);
        }
    }
    office_end(&office);
}

// ---- the file ----
static int64_t cases_of(struct office *office)
{
    struct facts_state state;
    assert_ok(
        facts_hold(office->facts, office->world.db, office->world.city, &state, &error));
    facts_release(office->facts);
    assert_int_equal(state.trouble.code, 0);
    return (int64_t)state.cases;
}

static int64_t inode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (int64_t)info.st_ino;
}

static void damage(const char *path, int64_t at, bool cut)
{
    int fd = open(path, O_RDWR);
    char byte = 0;
    assert_true(fd >= 0);
    if (cut) {
        assert_int_equal(ftruncate(fd, at), 0);
    } else {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
}

static void a_torn_file_is_written_anew(void **state)
{
    (void)state;
    struct office office;
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_result result;
    struct stat info;
    office_begin(&office, "boston");
    for (int i = 0; i < 40; i++)
        assert_ok(report_as(&office.world, &acceptor, 1 + i % 3, 0.0015, 0.0015, &result));
    assert_int_equal(cases_of(&office), 40);
    assert_int_equal(stat(office.path, &info), 0);
    int64_t inode = inode_of(office.path);
    restart(&office);
    assert_int_equal(cases_of(&office), 40);
    assert_int_equal(inode_of(office.path), inode); // a good file is kept
    random_state = 3;
    for (int64_t at = 0; at < info.st_size; at += 1 + (int64_t)random_below(97)) {
        bool cut = random_below(3) == 0;
        damage(office.path, at, cut);
        restart(&office);
        assert_int_equal(cases_of(&office), 40);
        compare(&office, "class", "2025-06-01", "2025-06-05");
        struct stat fresh;
        assert_int_equal(stat(office.path, &fresh), 0);
        assert_int_equal(fresh.st_size, info.st_size);
    }
    // Gone, and half a file beside it that somebody was killed over.
    char beside[320];
    snprintf(beside, sizeof beside, "%s.new", office.path);
    assert_int_equal(rename(office.path, beside), 0);
    damage(beside, 100, true);
    restart(&office);
    assert_int_equal(cases_of(&office), 40);
    assert_int_not_equal(access(beside, F_OK), 0);
    office_end(&office);
}

static void without_a_file_figures_live_in_memory(void **state)
{
    (void)state;
    struct office office;
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_result result;
    struct facts_state told;
    office_begin(&office, "boston");
    assert_ok(report_as(&office.world, &acceptor, 1, 0.0015, 0.0015, &result));
    facts_free(office.facts);
    snprintf(office.path, sizeof office.path, "%s/no/such/folder", office.world.folder);
    office.facts = facts_new(office.path);
    assert_ok(facts_hold(office.facts, office.world.db, office.world.city, &told, &error));
    facts_release(office.facts);
    assert_int_equal(told.cases, 1);
    assert_string_equal(told.trouble.slug, "figures.write");
    assert_ok(report_as(&office.world, &acceptor, 2, 0.0015, 0.0015, &result));
    compare(&office, "class", "2025-06-01", "2025-06-05");
    assert_int_equal(cases_of(&office), 2); // told once, not with every figure
    office_end(&office);
}

// ---- while others work ----
enum { READERS = 3, LOOKS = 150 };
static struct {
    struct office *office;
    atomic_int reported; // acknowledged
    atomic_int wrong;
} together;

// What was acknowledged before the question is counted, what is acknowledged after the
// answer at most in part; every list has as many cases as its total.
static void *look_often(void *context)
{
    struct office *office = together.office;
    struct actor eye = actor_system();
    struct error trouble = {0};
    (void)context;
    for (int i = 0; i < LOOKS; i++) {
        struct arena *arena = arena_new(64 * 1024 * 1024);
        DB_READER_CLEANUP struct db *db = NULL;
        struct figure_query query;
        struct figure_answer answer = {0};
        struct figure_list list = {0};
        struct figure_words words = {.measures = "opened,closing_rate",
                                     .by = "class",
                                     .from = "2025-06-01",
                                     .to = "2026-06-01"};
        int before = atomic_load(&together.reported);
        bool good =
            db_reader_borrow(office->world.store, "t", DB_CASES, &db, &trouble) == 0 &&
            figure_query_read(&words, office->world.city, MORNING, &query, &trouble) == 0 &&
            figures_compute(office->facts, db, office->world.city, &eye, &query, arena,
                            &answer, &trouble) == 0;
        int after = atomic_load(&together.reported);
        good = good && answer.totals[0] >= before && answer.totals[0] <= after + 1;
        good = good && figures_list(office->facts, db, office->world.city, &eye, &query,
                                    measure_of(office, "opened"), false, INT64_MAX, 5000,
                                    arena, &list, &trouble) == 0;
        good = good && list.total == (int64_t)list.count && list.total >= after &&
               list.total <= atomic_load(&together.reported) + 1;
        if (!good && strcmp(trouble.slug, "figures.building") != 0) {
            atomic_fetch_add(&together.wrong, 1);
            print_error("%d..%d: %s %s\n", before, after, trouble.slug, trouble.message);
        }
        error_clear(&trouble);
        arena_free(arena);
    }
    return NULL;
}

static void readers_see_what_was_acknowledged(void **state)
{
    (void)state;
    struct office office;
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    pthread_t readers[READERS];
    office_begin(&office, "boston");
    facts_rewrite_at(office.facts, 10);
    together.office = &office;
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look_often, NULL), 0);
    for (int i = 0; i < 600; i++) {
        struct case_result result;
        assert_ok(report_as(&office.world, &acceptor, 1 + i % 3, 0.0015, 0.0015, &result));
        atomic_fetch_add(&together.reported, 1);
    }
    for (int i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&together.wrong), 0);
    assert_int_equal(cases_of(&office), 600);
    compare(&office, "class,day", "2025-06-01", "2025-06-05");
    office_end(&office);
}

// ---- killed while writing the file ----
static void a_killed_writer_leaves_a_whole_file_or_none(void **state)
{
    (void)state;
    struct office office;
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_result result;
    office_begin(&office, "boston");
    random_state = 11;
    int64_t cases = 0;
    for (int round = 0; round < 25; round++) {
        for (int i = 0; i < 20; i++, cases++)
            assert_ok(
                report_as(&office.world, &acceptor, 1 + i % 3, 0.0015, 0.0015, &result));
        facts_free(office.facts);
        pid_t child = fork();
        if (child == 0) { // writes the same file over and over until it is killed
            struct facts_about about = {.epoch = 1, .position = 1, .levels = 2};
            for (;;) {
                struct facts_writer *writer = NULL;
                struct facts_row row = {0};
                if (facts_writer_new(office.path, &about, &writer, NULL) != 0)
                    _exit(1);
                for (uint32_t id = 1; id <= 1000; id++) {
                    row.wide[FACTS_CASE] = id;
                    if (facts_writer_add(writer, &row, NULL) != 0)
                        _exit(1);
                }
                if (facts_writer_finish(writer, NULL) != 0)
                    _exit(1);
                facts_writer_free(writer);
            }
        }
        assert_true(child > 0);
        usleep(1000 + random_below(8000));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        struct facts_file *file = NULL;
        int code = facts_file_open(office.path, &file, &error);
        if (code != 0 && code != ERROR_NOT_FOUND)
            fail_msg("%s: %s", error.slug, error.message);
        facts_file_free(file);
        office.facts = facts_new(office.path); // of another store: not taken
        assert_int_equal(cases_of(&office), cases);
    }
    compare(&office, "class,day", "2025-06-01", "2025-06-05");
    office_end(&office);
}

// ---- who sees what ----
static double opened_for(struct office *office, const struct actor *actor,
                         const char *measures)
{
    struct figure_answer answer;
    struct figure_query query = ask(office, measures, "none", "2025-06-01", "2025-06-05");
    assert_ok(figures_compute(office->facts, office->world.db, office->world.city, actor,
                              &query, office->world.arena, &answer, &error));
    return answer.totals[0];
}

static void each_sees_their_part(void **state)
{
    (void)state;
    struct office office;
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_result result;
    office_begin(&office, "boston");
    for (int i = 0; i < 5; i++) // potholes: roads; west
        assert_ok(report_as(&office.world, &acceptor, 1, 0.0015, 0.0015, &result));
    for (int i = 0; i < 3; i++) // lamps: parks; east
        assert_ok(report_as(&office.world, &acceptor, 2, 0.0085, 0.0015, &result));
    int64_t west = look(&office.world, 1).summary.areas[0];
    const struct {
        struct actor actor;
        double opened;
    } LIST[] = {
        {person(10, ROLE_MANAGER, 0, 0), 8},      {person(11, ROLE_ADMINISTRATOR, 0, 0), 8},
        {person(12, ROLE_DEPARTMENT, 0, 2), 5},   {person(13, ROLE_DEPARTMENT, 0, 3), 3},
        {person(14, ROLE_DEPARTMENT, 0, 1), 8},   {person(15, ROLE_DEPARTMENT, 0, 4), 0},
        {person(16, ROLE_INSPECTOR, west, 0), 5}, {person(17, ROLE_DEPARTMENT, west, 3), 0},
        {person(18, ROLE_INSPECTOR, 204, 0), 0},  {person(19, ROLE_INSPECTOR, 999, 0), 0},
        {person(20, ROLE_DEPARTMENT, 0, 0), 0},
    };
    for (size_t i = 0; i < sizeof LIST / sizeof LIST[0]; i++) {
        if (opened_for(&office, &LIST[i].actor, ALL) != LIST[i].opened ||
            opened_for(&office, &LIST[i].actor, "opened,open") != LIST[i].opened)
            fail_msg("person %lld", (long long)LIST[i].actor.person_id);
    }
    office_end(&office);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_a_scan_row_for_row),
        cmocka_unit_test(what_is_overdue_follows_the_clock_without_any_timer),
        cmocka_unit_test(an_edited_calendar_changes_office_time_of_the_past),
        cmocka_unit_test(lists_hold_each_case_once_in_pages),
        cmocka_unit_test(a_torn_file_is_written_anew),
        cmocka_unit_test(without_a_file_figures_live_in_memory),
        cmocka_unit_test(readers_see_what_was_acknowledged),
        cmocka_unit_test(a_killed_writer_leaves_a_whole_file_or_none),
        cmocka_unit_test(each_sees_their_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
