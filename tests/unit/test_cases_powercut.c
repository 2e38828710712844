// SPDX-License-Identifier: MPL-2.0
// Power cuts while cases are reported, commented and closed through the one door: every
// move that was acknowledged is there afterwards, no case is half there, histories, clocks
// and figures equal a recount. A store that does not wait for the disk must be found out.
#include "case_world.h"

#include <pthread.h>
#include <stdatomic.h>

#include <gridcase/db/lane.h>

#include "fault/powercut_vfs.h"

enum { CLIENTS = 4, MOST = 20000, ROUNDS = 20, MOVES = 3 };

static struct {
    struct world world;
    char data[300];
    unsigned flags;
    struct db_lane *lane;
    atomic_int next;
    atomic_int acknowledged[MOST]; // moves of the life that the client was told of
    int64_t case_ids[MOST];        // written by the client that owns the life
} town;

struct life {
    int number;
    int moves; // made so far
    int64_t case_id;
    struct arena *arena;
};

// Idempotency key of a life's move.
static void key_of(int number, int move, uint8_t key[16])
{
    memset(key, 0, 16);
    memcpy(key, &number, sizeof number);
    key[8] = (uint8_t)(move + 1);
}

static int report(struct db *db, struct life *life, const struct actor *actor,
                  struct error *fault)
{
    uint8_t key[16];
    char description[40];
    struct case_result result;
    key_of(life->number, 0, key);
    snprintf(description, sizeof description, "Life %d.", life->number);
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {0.0015, 0.0015, GEO_WGS84, -1},
                               .description = description,
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    int code = case_apply(db, town.world.city,
                          &(struct case_move){.actor = actor,
                                              .action = "report",
                                              .draft = &draft,
                                              .key = key,
                                              .received_ms = MORNING,
                                              .done_ms = INSTANT_NONE},
                          &result, fault);
    life->case_id = result.case_id;
    return code;
}

static int act_on(struct db *db, struct life *life, const struct actor *actor,
                  const char *action, struct error *fault)
{
    uint8_t key[16];
    struct case_detail detail;
    struct case_result result;
    key_of(life->number, life->moves, key);
    int code = case_read_by_id(db, town.world.city, actor, life->case_id, MORNING,
                               life->arena, &detail, fault);
    if (code != 0)
        return code;
    struct case_move move = {.actor = actor,
                             .action = action,
                             .case_id = life->case_id,
                             .key = key,
                             .received_ms = MORNING + HOUR * life->moves,
                             .done_ms = INSTANT_NONE,
                             .inputs = (struct case_input[]){{"opinion", "So it is."}},
                             .input_count = 1};
    for (size_t i = 0; i < detail.allowed_count; i++)
        if (strcmp(detail.allowed[i].action->code, action) == 0) {
            move.task_id = detail.allowed[i].task_id;
            move.task_version = detail.allowed[i].task_version;
        }
    return case_apply(db, town.world.city, &move, &result, fault);
}

static int one_move(struct db *db, void *context, struct error *fault)
{
    struct life *life = context;
    struct actor clerk = {.person_id = 7};
    int code = actor_add_grant(&clerk, (struct role_grant){ROLE_DEPARTMENT, 0, 2}, fault);
    if (code != 0)
        return code;
    if (life->moves == 0)
        return report(db, life, &clerk, fault);
    return act_on(db, life, &clerk, life->moves == 1 ? "comment" : "close", fault);
}

static void *client(void *context)
{
    (void)context;
    struct error fault = {0};
    struct life life = {.arena = arena_new(64 * 1024 * 1024)};
    int code = 0;
    while (code == 0 && (life.number = atomic_fetch_add(&town.next, 1)) < MOST) {
        for (life.moves = 0; life.moves < MOVES && code == 0; life.moves++) {
            code = db_lane_call(town.lane, DB_PEOPLE, one_move, &life, &fault);
            town.case_ids[life.number] = life.case_id;
            if (code == 0)
                atomic_store(&town.acknowledged[life.number], life.moves + 1);
        }
    }
    arena_free(life.arena);
    if (code != 0 && !powercut_is_off())
        fprintf(stderr, "%s: %s\n", fault.slug, fault.message);
    return NULL;
}

static int open_town(struct error *fault)
{
    int code =
        db_store_open(town.data, DB_STORE_CREATE | town.flags, &town.world.store, fault);
    if (code == 0)
        code = db_lane_get(town.world.store, "t", DB_CASES, &town.lane, fault);
    return code;
}

static void close_town(void)
{
    town.lane = db_lane_put(town.lane);
    town.world.store = db_store_close(town.world.store);
}

static void work_until_dark(uint64_t operations)
{
    struct error fault = {0};
    pthread_t threads[CLIENTS];
    powercut_after(operations);
    if (open_town(&fault) == 0) {
        for (int i = 0; i < CLIENTS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, client, NULL), 0);
        for (int i = 0; i < CLIENTS; i++)
            pthread_join(threads[i], NULL);
    }
    assert_true(powercut_is_off());
    close_town();
}

// ---- the check ----

struct verdict {
    int lives, moves, lost;
    uint64_t problems; // of the recount, or a store that cannot be read
    char what[600];
};

static bool is_there(struct db *db, int number, int moves, struct arena *arena)
{
    struct case_detail detail;
    struct actor eye = actor_system();
    char description[40];
    struct error fault = {0};
    snprintf(description, sizeof description, "Life %d.", number);
    return case_read_by_id(db, town.world.city, &eye, town.case_ids[number], MORNING, arena,
                           &detail, &fault) == 0 &&
           strcmp(detail.summary.description, description) == 0 &&
           detail.history_count >= (size_t)moves;
}

static void recount_all(struct db *db, struct verdict *verdict)
{
    struct error fault = {0};
    struct recount *recount = recount_new(town.world.city);
    int code;
    while ((code = recount_slice(recount, db, 200, &fault)) == 1)
        ;
    verdict->problems += code != 0 ? 1 : recount_problems(recount);
    if (recount_findings(recount) > 0)
        snprintf(verdict->what, sizeof verdict->what, "case %lld: %s: %s",
                 (long long)recount_finding(recount, 0)->case_id,
                 recount_finding(recount, 0)->slug, recount_finding(recount, 0)->message);
    recount_free(recount);
}

static struct verdict check(void)
{
    struct verdict verdict = {0};
    struct error fault = {0};
    struct db *db = NULL;
    ARENA_CLEANUP struct arena *arena = arena_new(256 * 1024 * 1024);
    if (open_town(&fault) != 0 ||
        db_open(town.world.store, "t", DB_CASES, DB_READ, &db, &fault) != 0) {
        verdict.problems = 1;
        snprintf(verdict.what, sizeof verdict.what, "%s", fault.message);
        close_town();
        return verdict;
    }
    for (int number = 0; number < atomic_load(&town.next) && number < MOST; number++) {
        int moves = atomic_load(&town.acknowledged[number]);
        verdict.lives += moves > 0;
        verdict.moves += moves;
        verdict.lost += moves > 0 && !is_there(db, number, moves, arena);
    }
    recount_all(db, &verdict);
    db_close(db);
    close_town();
    return verdict;
}

// ---- tests ----

static int set_up(void **state)
{
    (void)state;
    struct error fault = {0};
    memset(&town, 0, sizeof town);
    temporary_folder(town.world.folder, sizeof town.world.folder);
    snprintf(town.data, sizeof town.data, "%s/data", town.world.folder);
    town.world.city =
        fake_city_new("grids/boston/process/steps.csv", "grids/boston/process/actions.csv");
    powercut_start(town.world.folder);
    int code = db_store_open(town.data, DB_STORE_CREATE, &town.world.store, &fault);
    if (code == 0)
        code = db_store_city_create(town.world.store, "t", 1, &fault);
    town.world.store = db_store_close(town.world.store);
    return code;
}

static int tear_down(void **state)
{
    (void)state;
    powercut_stop();
    fake_city_free(town.world.city);
    temporary_remove(town.world.folder);
    return 0;
}

static struct verdict cut_again_and_again(enum powercut_loss loss, uint32_t seed)
{
    struct verdict verdict = {0};
    for (int round = 0; round < ROUNDS; round++) {
        seed = seed * 1664525u + 1013904223u;
        work_until_dark(round < 4 ? 5 + 20u * (unsigned)round : 60 + (seed >> 8) % 2500);
        powercut_restore(loss, seed);
        verdict = check();
        if (verdict.lost > 0 || verdict.problems > 0)
            break;
    }
    return verdict;
}

static void assert_whole(const struct verdict *verdict)
{
    if (verdict->lost > 0 || verdict->problems > 0)
        fail_msg("of %d lives and %d moves acknowledged: %d lost, %llu problems: %s",
                 verdict->lives, verdict->moves, verdict->lost,
                 (unsigned long long)verdict->problems, verdict->what);
    assert_true(verdict->moves > 200);
}

static void acknowledged_moves_outlive_a_power_cut(void **state)
{
    (void)state;
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, 11);
    assert_whole(&verdict);
}

static void so_they_do_when_writes_are_torn(void **state)
{
    (void)state;
    struct verdict verdict = cut_again_and_again(POWERCUT_KEEPS_SOME, 12);
    assert_whole(&verdict);
}

static void a_store_that_does_not_wait_is_found_out(void **state)
{
    (void)state;
    town.flags = DB_STORE_UNSAFE;
    struct verdict verdict = cut_again_and_again(POWERCUT_FORGETS_ALL, 13);
    assert_true(verdict.lost > 0 || verdict.problems > 0);
}

int main(void)
{
    powercut_register();
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(acknowledged_moves_outlive_a_power_cut),
        TEST(so_they_do_when_writes_are_torn),
        TEST(a_store_that_does_not_wait_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
