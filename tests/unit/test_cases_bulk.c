// SPDX-License-Identifier: MPL-2.0
// Lives loaded at once are what the same lives make through the one door, row for row.
#include "case_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include <gridcase/cases/bulk.h>
#include <gridcase/core/file.h>

enum { MOVES = 14, LIVES = 1300, PLENTY = 3000 };

// ---- lives made of their number ----
struct source {
    int64_t count;
    int64_t kill_at; // the process dies when it is asked for this one; -1: never
    int64_t fail_at;
    int64_t refusals, refused_index;
    size_t refused_move;
    char refused_slug[64];
    const char *const *actions;
    size_t action_count;
};

static uint64_t mix(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static const char *const STANDARD[] = {
    "accept", "file",        "dispatch",      "sign",       "feed_back", "accept_feedback",
    "check",  "close",       "return",        "redispatch", "rework",    "comment",
    "urge",   "correct",     "ask_void",      "void",       "reopen",    "refuse_void",
    "locate", "send_verify", "refuse_return", "verify",     "no_place",  "send_back",
    "accept", "file",        "dispatch",      "sign",       "feed_back", "accept_feedback",
    "check",  "close",       "accept",        "file"};
static const char *const BOSTON[] = {"locate", "assign",  "close",    "transfer", "ask",
                                     "answer", "correct", "reopen",   "urge",     "comment",
                                     "close",  "void",    "no_answer"};

static size_t inputs_of(const char *action, uint64_t r, struct case_input *out)
{
    static const char *const POINTS[] = {"0.0011,0.0021", "0.0071,0.0061,9,wgs84",
                                         "0.0072,0.0012"};
    size_t count = 0;
    if (strcmp(action, "dispatch") == 0 || strcmp(action, "redispatch") == 0 ||
        strcmp(action, "assign") == 0 || strcmp(action, "transfer") == 0)
        out[count++] = (struct case_input){"department", r & 1 ? "2" : "3"};
    if (strcmp(action, "check") == 0)
        out[count++] = (struct case_input){"result", r & 2 ? "pass" : "fail"};
    if (strcmp(action, "verify") == 0)
        out[count++] = (struct case_input){"result", "there"};
    if (strcmp(action, "correct") == 0 && r & 4)
        out[count++] = (struct case_input){"class", r & 8 ? "2" : "1"};
    if (strcmp(action, "locate") == 0 || (strcmp(action, "correct") == 0 && r & 16))
        out[count++] = (struct case_input){"point", POINTS[r >> 5 & 1   ? 0
                                                           : r >> 6 & 1 ? 1
                                                                        : 2]};
    if (strcmp(action, "correct") == 0 && r & 128)
        out[count++] = (struct case_input){"address", "Corner 7"};
    if (strcmp(action, "no_answer") != 0 && strcmp(action, "redispatch") != 0 &&
        strcmp(action, "file") != 0)
        out[count++] = (struct case_input){"opinion", "说明 a word."};
    return count;
}

static void make_draft(struct arena *arena, uint64_t r, struct case_draft *draft)
{
    static const int64_t CLASSES[] = {1, 2, 3, 4};
    *draft = (struct case_draft){
        .class_id = CLASSES[r % 3],
        .has_point = r % 7 != 0,
        .point = {0.0005 + (double)(r % 10) / 1000, 0.0015, GEO_WGS84, r % 2 ? 5 : -1},
        .description = arena_format(arena, "Life %llu 井盖", (unsigned long long)r % 1000),
        .address = r % 5 == 0 ? "Main St" : NULL,
        .source = r % 4 == 0 ? PROCESS_SOURCE_HOTLINE : PROCESS_SOURCE_COLLECTOR,
        .external_id =
            r % 6 == 0 ? arena_format(arena, "X%llu", (unsigned long long)r) : NULL,
        .imported_due_ms = r % 9 == 0 ? MORNING + 90 * HOUR : INSTANT_NONE};
    if (draft->class_id == 2)
        draft->condition_id = r & 1024 ? 2 : 3;
    if (draft->class_id == 1 && r & 2048)
        draft->urgency = "urgent";
    if (r % 8 == 0) {
        struct case_reporter *reporter = arena_alloc(arena, sizeof *reporter);
        *reporter = (struct case_reporter){.name = "Ann", .phone = "555", .agreed = true};
        draft->reporter = reporter;
    }
}

static int make_life(void *context, int64_t index, struct arena *arena,
                     struct case_life *ret_life, struct error *error_out)
{
    struct source *source = context;
    uint64_t state = (uint64_t)index * 7919 + 1;
    if (index == source->kill_at)
        raise(SIGKILL);
    if (index == source->fail_at)
        return error_set(error_out, ERROR_INPUT, "test.source", "the source breaks off");
    if (index >= source->count)
        return 0;
    struct case_life_move *moves = arena_array(arena, MOVES, sizeof *moves);
    int64_t at_ms = MORNING + index * 7 * MINUTE;
    size_t count = 1 + mix(&state) % MOVES;
    for (size_t i = 0; i < count; i++) {
        uint64_t r = mix(&state);
        struct actor *actor = arena_alloc(arena, sizeof *actor);
        struct case_input *inputs = arena_array(arena, 6, sizeof *inputs);
        *actor = actor_system();
        actor->person_id = (int64_t)(r >> 50 & 3);
        moves[i].move =
            (struct case_move){.actor = actor,
                               .action = source->actions[r % source->action_count],
                               .received_ms = at_ms,
                               .done_ms = at_ms - (int64_t)(r >> 20 & 7) * MINUTE,
                               .inputs = inputs,
                               .mark = CASE_MARK_SYNTHETIC};
        moves[i].optional = true;
        moves[i].move.input_count = inputs_of(moves[i].move.action, r >> 8, inputs);
        at_ms += (int64_t)(r >> 24 & 1023) * MINUTE;
    }
    struct case_draft *draft = arena_alloc(arena, sizeof *draft);
    make_draft(arena, mix(&state), draft);
    uint8_t *key = arena_alloc(arena, 16), *digest = arena_alloc(arena, HASH_SIZE);
    memcpy(key, &state, 8);
    memcpy(digest, &state, 8);
    moves[0] = (struct case_life_move){.move = moves[0].move};
    moves[0].move.action = "report";
    moves[0].move.input_count = 0;
    moves[0].move.draft = draft;
    moves[0].move.key = key;
    moves[0].move.body_digest = digest;
    *ret_life = (struct case_life){moves, count};
    return 1;
}

static void note_refusal(void *context, int64_t index, size_t at, const struct error *why)
{
    struct source *source = context;
    source->refusals++;
    source->refused_index = index;
    source->refused_move = at;
    snprintf(source->refused_slug, sizeof source->refused_slug, "%s", why->slug);
}

static struct source source_of(const char *process, int64_t count)
{
    bool standard = strcmp(process, "standard") == 0;
    return (struct source){.count = count,
                           .kill_at = -1,
                           .fail_at = -1,
                           .actions = standard ? STANDARD : BOSTON,
                           .action_count = standard ? sizeof STANDARD / sizeof *STANDARD
                                                    : sizeof BOSTON / sizeof *BOSTON};
}

static struct case_bulk_options options_of(struct source *source)
{
    return (struct case_bulk_options){
        .life = make_life, .refused = note_refusal, .context = source, .threads = 3};
}

// ---- the same through the one door ----
static bool is_miss(const struct error *why)
{
    return strcmp(why->slug, "case.not_possible") == 0 ||
           strcmp(why->slug, "case.guard") == 0;
}

static bool apply_life(struct world *w, const struct case_life *life)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct case_result result = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    for (size_t i = 0; i < life->count; i++) {
        struct case_move one = life->moves[i].move;
        one.case_id = i > 0 ? result.case_id : 0;
        struct case_result made;
        int code = case_apply(w->db, w->city, &one, &made, &error);
        if (code != 0 && (i == 0 || !is_miss(&error))) {
            error_clear(&error);
            return false;
        }
        error_clear(&error);
        if (code == 0)
            result = made;
    }
    assert_ok(db_commit(&transaction, &error));
    return true;
}

static int64_t apply_lives(struct world *w, struct source *source)
{
    int64_t made = 0;
    for (int64_t i = 0; i < source->count; i++) {
        ARENA_CLEANUP struct arena *arena = arena_new(1024 * 1024);
        struct case_life life;
        assert_int_equal(make_life(source, i, arena, &life, &error), 1);
        made += apply_life(w, &life);
    }
    return made;
}

// ---- comparing stores ----
// Everything but what is random: salts, digests over them, epochs, times of migration.
static const char *const TABLES[] = {"case_serial",
                                     "reporter",
                                     "case_file",
                                     "case_open_point",
                                     "case_task",
                                     "case_clock",
                                     "history",
                                     "change",
                                     "change_before",
                                     "case_media",
                                     "contact",
                                     "fact",
                                     "rollup_area",
                                     "rollup_department",
                                     "sqlite_master WHERE type = 'index'"};

static bool is_random(const char *column)
{
    return strcmp(column, "salt") == 0 || strcmp(column, "digest") == 0 ||
           strcmp(column, "rootpage") == 0;
}

static void dump_row(sqlite3_stmt *s, struct buffer *out)
{
    for (int i = 0; i < sqlite3_column_count(s); i++) {
        const unsigned char *text = sqlite3_column_text(s, i);
        const char *name = sqlite3_column_name(s, i);
        // A salted digest of the reporter stands among the inputs.
        const char *salted =
            text != NULL ? strstr((const char *)text, "\"reporter\":") : NULL;
        if (!is_random(name))
            buffer_format(out, "%s=%.*s|", name,
                          salted != NULL ? (int)(salted - (const char *)text) : 5000,
                          text != NULL ? (const char *)text : "NULL");
    }
    buffer_append_char(out, '\n');
}

static void dump(const struct world *w, const char *table, struct buffer *out)
{
    char path[400], text[200];
    sqlite3 *handle;
    sqlite3_stmt *s;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    snprintf(text, sizeof text, "SELECT * FROM %s ORDER BY 1, 2, 3", table);
    if (strcmp(table, "case_serial") == 0 || strcmp(table, "reporter") == 0)
        snprintf(text, sizeof text, "SELECT * FROM %s ORDER BY 1", table);
    assert_int_equal(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(handle, text, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
        dump_row(s, out);
    sqlite3_finalize(s);
    sqlite3_close(handle);
    assert_ok(buffer_check(out, &error));
}

static void assert_same_line(const char *table, const char *a, const char *b)
{
    size_t line = 1, start = 0, i = 0;
    for (; a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '\n') {
            line++;
            start = i + 1;
        }
    if (a[i] != b[i])
        fail_msg("%s, row %zu, differs at '%.40s':\n%.1500s\n%.1500s", table, line, a + i,
                 a + start, b + start);
}

static void assert_same_stores(const struct world *a, const struct world *b)
{
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        BUFFER_CLEANUP struct buffer one, other;
        buffer_init(&one, 64 * 1024 * 1024);
        buffer_init(&other, 64 * 1024 * 1024);
        dump(a, TABLES[i], &one);
        dump(b, TABLES[i], &other);
        if (strcmp(TABLES[i], "case_media") != 0)
            assert_true(one.length > 0);
        assert_same_line(TABLES[i], one.data != NULL ? one.data : "",
                         other.data != NULL ? other.data : "");
    }
}

// A load wants the store's writer.
static int fill(struct world *w, struct source *source, struct case_bulk_progress *progress)
{
    struct case_bulk_options options = options_of(source);
    w->db = db_close(w->db);
    int code = case_bulk_fill(w->store, w->city, &options, progress, &error);
    struct error ignored = {0};
    if (db_open(w->store, "t", DB_CASES, DB_WRITE, &w->db, &ignored) != 0)
        fail_msg("%s", ignored.message);
    return code;
}

static int add(struct world *w, struct source *source, struct case_bulk_progress *progress)
{
    struct case_bulk_options options = options_of(source);
    w->db = db_close(w->db);
    int code = case_bulk_add(w->store, w->city, &options, progress, &error);
    assert_int_equal(db_store_close_idle(w->store, 0) > 0, 1); // the lane
    struct error ignored = {0};
    if (db_open(w->store, "t", DB_CASES, DB_WRITE, &w->db, &ignored) != 0)
        fail_msg("%s", ignored.message);
    return code;
}

static int64_t count_cases(const struct world *w)
{
    int64_t next = 0;
    assert_ok(db_fetch_int(w->db, QUERY_CASE_ID_LAST, NULL, 0, &next, &error));
    return next;
}

static bool has_leftover(const struct world *w)
{
    char path[400];
    snprintf(path, sizeof path, "%s/data/cities/t/cases.load.db", w->folder);
    return file_exists(path);
}

// ---- tests ----
static void lives_equal_those_of_the_one_door(const char *process, bool filled)
{
    struct world one, other;
    struct case_bulk_progress progress = {0};
    struct source source = source_of(process, LIVES);
    world_begin(&one, process);
    world_begin(&other, process);
    int64_t made = apply_lives(&one, &source);
    assert_ok(filled ? fill(&other, &source, &progress) : add(&other, &source, &progress));
    assert_int_equal(progress.lives, made);
    assert_int_equal(progress.refused, LIVES - made);
    assert_int_equal(source.refusals, LIVES - made);
    assert_true(made > LIVES / 2);
    assert_true(progress.moves > 2 * made);
    assert_recount(&one);
    assert_recount(&other);
    assert_false(has_leftover(&other));
    one.db = db_close(one.db);
    other.db = db_close(other.db);
    assert_same_stores(&one, &other);
    assert_ok(db_open(other.store, "t", DB_CASES, DB_WRITE, &other.db, &error));
    // The store goes on: a new case and a move through the one door.
    struct actor nobody = actor_nobody();
    struct case_result result;
    other.now_ms += 1000 * 24 * HOUR;
    assert_ok(report_as(&other, &nobody, 1, 0.0015, 0.0015, &result));
    assert_int_equal(result.case_id, made + 1);
    assert_int_equal(result.change, progress.moves + 1);
    assert_recount(&other);
    world_end(&one);
    world_end(&other);
}

static void filled_lives_equal_applied_ones(void **state)
{
    (void)state;
    lives_equal_those_of_the_one_door("standard", true);
    lives_equal_those_of_the_one_door("boston", true);
}

static void added_lives_equal_applied_ones(void **state)
{
    (void)state;
    lives_equal_those_of_the_one_door("standard", false);
    lives_equal_those_of_the_one_door("boston", false);
}

static int odd_life(void *context, int64_t index, struct arena *arena,
                    struct case_life *ret_life, struct error *error_out)
{
    int code = make_life(context, index, arena, ret_life, error_out);
    if (code != 1)
        return code;
    struct case_life_move *moves = arena_array(arena, 2, sizeof *moves);
    moves[0] = ret_life->moves[0];
    if (index % 10 == 3) { // nothing can be closed that nobody has filed
        moves[1] = moves[0];
        moves[1].move.draft = NULL;
        moves[1].move.action = "close";
    }
    if (index % 10 == 5)
        moves[0].move.mark = CASE_MARK_LIVE;
    *ret_life = (struct case_life){moves, index % 10 == 3 ? 2 : index % 10 == 7 ? 0 : 1};
    return 1;
}

static void a_life_that_the_process_does_not_allow_is_left_out_and_told(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct world w;
        struct case_bulk_progress progress = {0};
        struct source source = source_of("standard", 6);
        struct case_bulk_options options = options_of(&source);
        options.life = odd_life;
        world_begin(&w, "standard");
        w.db = db_close(w.db);
        for (int64_t end = 4; end <= 8; end += 2) { // 3, then 5, then 7 is the last told
            source.count = end;
            if (way == 0 && end > 4)
                break; // a filled store is not filled again
            assert_ok(way == 0
                          ? case_bulk_fill(w.store, w.city, &options, &progress, &error)
                          : case_bulk_add(w.store, w.city, &options, &progress, &error));
            assert_int_equal(source.refused_index, end - 1);
            assert_int_equal(source.refused_move, end == 4 ? 1 : 0);
            assert_string_equal(source.refused_slug, end == 4   ? "case.not_possible"
                                                     : end == 6 ? "bulk.mark"
                                                                : "bulk.life");
        }
        db_store_close_idle(w.store, 0);
        assert_ok(db_open(w.store, "t", DB_CASES, DB_WRITE, &w.db, &error));
        assert_int_equal(count_cases(&w), way == 0 ? 3 : 5);
        // Numbers have no gap where a life was left out.
        struct case_detail detail = look(&w, 3);
        assert_string_equal(detail.summary.number, "T202506020003");
        assert_recount(&w);
        world_end(&w);
    }
}

static void a_store_with_cases_is_not_filled(void **state)
{
    (void)state;
    struct world w;
    struct case_bulk_progress progress = {0};
    struct source source = source_of("boston", 5);
    struct actor nobody = actor_nobody();
    struct case_result result;
    world_begin(&w, "boston");
    assert_ok(report_as(&w, &nobody, 1, 0.0015, 0.0015, &result));
    assert_fails(fill(&w, &source, &progress), ERROR_CONFLICT, "bulk.not_empty");
    assert_false(has_leftover(&w));
    assert_int_equal(count_cases(&w), 1);
    // But added to.
    assert_ok(add(&w, &source, &progress));
    assert_int_equal(count_cases(&w), 1 + progress.lives);
    assert_recount(&w);
    world_end(&w);
}

static void what_breaks_off_leaves_the_store_as_it_was(void **state)
{
    (void)state;
    struct world w;
    struct case_bulk_progress progress = {0};
    struct source source = source_of("boston", PLENTY);
    world_begin(&w, "boston");
    source.fail_at = 2100;
    assert_fails(fill(&w, &source, &progress), ERROR_INPUT, "test.source");
    assert_int_equal(count_cases(&w), 0);
    assert_false(has_leftover(&w));
    atomic_bool stop = true;
    struct case_bulk_options options = options_of(&source);
    options.stop = &stop;
    source.fail_at = -1;
    w.db = db_close(w.db);
    assert_fails(case_bulk_fill(w.store, w.city, &options, &progress, &error), ERROR_BUSY,
                 "bulk.stopped");
    assert_ok(db_open(w.store, "t", DB_CASES, DB_WRITE, &w.db, &error));
    assert_int_equal(count_cases(&w), 0);
    assert_ok(fill(&w, &source, &progress));
    assert_int_equal(count_cases(&w), progress.lives);
    world_end(&w);
}

static void added_lives_go_on_after_an_interruption(void **state)
{
    (void)state;
    struct world w;
    struct case_bulk_progress first = {0}, second = {0}, third = {0};
    struct source source = source_of("standard", 400);
    world_begin(&w, "standard");
    source.fail_at = 250;
    assert_fails(add(&w, &source, &first), ERROR_INPUT, "test.source");
    assert_true(first.lives > 100 && first.lives < 250);
    assert_int_equal(count_cases(&w), first.lives);
    assert_recount(&w);
    source.fail_at = -1;
    assert_ok(add(&w, &source, &second));
    assert_int_equal(second.repeated, first.lives);
    assert_int_equal(count_cases(&w), first.lives + second.lives);
    assert_ok(add(&w, &source, &third));
    assert_int_equal(third.lives, 0);
    assert_int_equal(third.repeated, first.lives + second.lives);
    assert_recount(&w);
    world_end(&w);
}

// A process of its own fills the store and is killed at that life.
static void fill_and_die(const struct world *w, struct source *source)
{
    pid_t child = fork();
    if (child == 0) {
        char location[300];
        struct db_store *store = NULL;
        struct case_bulk_progress progress;
        struct case_bulk_options options = options_of(source);
        snprintf(location, sizeof location, "%s/data", w->folder);
        if (db_store_open(location, 0, &store, &error) == 0)
            (void)!case_bulk_fill(store, w->city, &options, &progress, &error);
        _exit(1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void a_kill_in_the_middle_leaves_nothing_and_can_be_repeated(void **state)
{
    (void)state;
    static const int64_t AT[] = {0, 700, 2600};
    for (size_t i = 0; i < sizeof AT / sizeof *AT; i++) {
        struct world w;
        char location[300];
        struct case_bulk_progress progress = {0};
        struct source source = source_of("boston", PLENTY);
        world_begin(&w, "boston");
        w.db = db_close(w.db);
        w.store = db_store_close(w.store);
        source.kill_at = AT[i];
        fill_and_die(&w, &source);
        assert_true(has_leftover(&w));
        source.kill_at = -1;
        snprintf(location, sizeof location, "%s/data", w.folder);
        assert_ok(db_store_open(location, DB_STORE_UNSAFE, &w.store, &error));
        assert_ok(db_open(w.store, "t", DB_CASES, DB_WRITE, &w.db, &error));
        assert_int_equal(count_cases(&w), 0);
        assert_ok(fill(&w, &source, &progress));
        assert_int_equal(count_cases(&w), progress.lives);
        assert_false(has_leftover(&w));
        assert_recount(&w);
        world_end(&w);
    }
}

static void nobody_may_use_the_city_meanwhile(void **state)
{
    (void)state;
    struct world w;
    struct case_bulk_progress progress = {0};
    struct source source = source_of("boston", 5);
    struct db *reader = NULL;
    world_begin(&w, "boston");
    assert_ok(db_reader_borrow(w.store, "t", DB_CASES, &reader, &error));
    assert_fails(fill(&w, &source, &progress), ERROR_BUSY, "city.in_use");
    db_reader_return(reader);
    assert_ok(fill(&w, &source, &progress)); // the reader that lies idle is no hindrance
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filled_lives_equal_applied_ones),
        cmocka_unit_test(added_lives_equal_applied_ones),
        cmocka_unit_test(a_life_that_the_process_does_not_allow_is_left_out_and_told),
        cmocka_unit_test(a_store_with_cases_is_not_filled),
        cmocka_unit_test(what_breaks_off_leaves_the_store_as_it_was),
        cmocka_unit_test(added_lives_go_on_after_an_interruption),
        cmocka_unit_test(a_kill_in_the_middle_leaves_nothing_and_can_be_repeated),
        cmocka_unit_test(nobody_may_use_the_city_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
