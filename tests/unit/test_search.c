// SPDX-License-Identifier: MPL-2.0
// The index against the cases themselves: whatever is asked, by whomever, with whatever
// filter, the index finds what looking at every case finds; it follows changes, begins anew
// when it is lost or belongs to others, and never shows what may not be seen.
#include "case_world.h"

#include <stdlib.h>

#include <gridcase/cases/search.h>
#include <gridcase/core/text.h>

struct searching {
    struct world w;
    struct db *index;
    struct case_search_writer *writer;
    struct case_search_state state;
};

static void index_open(struct searching *s)
{
    assert_ok(db_open(s->w.store, "t", DB_SEARCH, DB_WRITE, &s->index, &error));
    s->writer = case_search_writer_new();
    assert_ok(case_search_state(s->index, &s->state, &error));
}

static void index_close(struct searching *s)
{
    s->index = db_close(s->index);
    s->writer = case_search_writer_free(s->writer);
}

static void begin(struct searching *s)
{
    memset(s, 0, sizeof *s);
    world_begin(&s->w, "boston");
    index_open(s);
}

static void end(struct searching *s)
{
    index_close(s);
    world_end(&s->w);
}

// One batch; how many cases were in it, -1 when nothing was to be done.
static int one_batch(struct searching *s)
{
    struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024 * 1024);
    struct case_search_batch *batch = NULL;
    assert_ok(case_search_batch_read(s->w.db, s->w.city, &s->state, arena, &batch, &error));
    if (batch == NULL)
        return -1;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(s->index, DB_WRITE, &transaction, &error));
    assert_ok(case_search_batch_write(s->writer, s->index, batch, &error));
    assert_ok(db_commit(&transaction, &error));
    s->state = case_search_batch_done(s->writer, batch);
    return (int)case_search_batch_cases(batch);
}

static void catch_up(struct searching *s)
{
    while (one_batch(s) >= 0)
        ;
    assert_int_equal(s->state.below, 0);
}

// Ids found, in order, a blank after each; all pages of a limit.
static const char *ids_found(struct searching *s, const struct actor *actor, const char *q,
                             struct case_filter filter, bool with_index)
{
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_LINE);
    buffer_append(&out, "", 0);
    assert_ok(case_search_new(q, s->w.city, s->w.arena, &filter.search, &error));
    if (with_index)
        case_search_use(filter.search, s->index, 0);
    for (int pages = 0; pages < 1000; pages++) {
        struct case_page page;
        assert_ok(case_list(s->w.db, s->w.city, actor, &filter, s->w.now_ms, s->w.arena,
                            &page, &error));
        for (size_t i = 0; i < page.count; i++)
            buffer_format(&out, "%lld ", (long long)page.items[i].id);
        filter.cursor = page.next_cursor;
        if (filter.cursor == NULL)
            return arena_text(s->w.arena, out.data != NULL ? out.data : "");
    }
    fail_msg("%s: too many pages", q);
    return NULL;
}

static void assert_found(struct searching *s, const char *q, const char *ids)
{
    struct actor eye = actor_system();
    assert_string_equal(ids_found(s, &eye, q, case_filter_all(), true), ids);
    assert_string_equal(ids_found(s, &eye, q, case_filter_all(), false), ids);
}

static int64_t report(struct searching *s, int64_t class_id, double lon, double lat,
                      const char *description, const char *address)
{
    struct actor collector = person(7, ROLE_COLLECTOR, 0, 0);
    struct case_result result;
    struct case_draft draft = {.class_id = class_id,
                               .has_point = lon >= 0,
                               .point = {lon, lat, GEO_WGS84, -1},
                               .description = description,
                               .address = address,
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    assert_ok(move(&s->w,
                   &(struct case_move){.actor = &collector,
                                       .draft = &draft,
                                       .received_ms = s->w.now_ms,
                                       .done_ms = INSTANT_NONE},
                   &result));
    return result.case_id;
}

static void words_numbers_and_names_are_found(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    report(&s, 1, 0.0015, 0.0015, "Deep hole before the school", "12 Main Street");
    report(&s, 2, 0.0065, 0.0015, "路灯不亮，井盖丢失", "学府路12号");
    report(&s, 4, 0.0065, 0.0065, "Cover rattles at night", "Streeter Lane");
    catch_up(&s);
    assert_found(&s, "hole", "1 ");
    assert_found(&s, "school deep", "1 ");
    assert_found(&s, "deep scho", "1 ");
    assert_found(&s, "stree", "3 1 ");
    assert_found(&s, "street", "3 1 ");
    assert_found(&s, "street main", "1 ");
    assert_found(&s, "st", "3 1 ");
    assert_found(&s, "streetlamp", "");
    assert_found(&s, "井盖", "2 ");
    assert_found(&s, "井", "2 ");
    assert_found(&s, "盖井", "");
    assert_found(&s, "pothole", "1 ");
    assert_found(&s, "LAMP 井盖", "2 ");
    assert_found(&s, "gone rattles", "3 "); // the only condition of a cover
    assert_found(&s, "fallen rattles", "");
    assert_found(&s, "12", "2 1 ");
    assert_found(&s, "T202506020002", "2 ");
    assert_found(&s, "t 20250602-0002", "2 ");
    assert_found(&s, "202506020002", "2 ");
    assert_found(&s, "0002", "2 ");
    assert_found(&s, "06020003", "3 ");
    for (size_t length = 1; length <= 12; length++) {
        char q[20];
        snprintf(q, sizeof q, "T%.*s", (int)length, "202506020003");
        assert_found(&s, q, length < 12 ? "3 2 1 " : "3 ");
        snprintf(q, sizeof q, "%.*s", (int)length, "202506020003");
        assert_found(&s, q, length < 4 ? "" : length < 12 ? "3 2 1 " : "3 ");
    }
    assert_found(&s, "T2024", "");
    assert_found(&s, "T20250603", "");
    end(&s);
}

static void what_changes_is_followed(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    struct actor desk = person(9, ROLE_DISPATCHER, 0, 0);
    int64_t id = report(&s, 1, 0.0015, 0.0015, "Deep hole", "12 Main Street");
    catch_up(&s);
    assert_found(&s, "main", "1 ");
    struct case_detail detail = look(&s.w, id);
    struct actor eye = desk;
    const char *correct = NULL;
    assert_ok(case_read_by_id(s.w.db, s.w.city, &eye, id, s.w.now_ms, s.w.arena, &detail,
                              &error));
    for (size_t i = 0; i < detail.allowed_count; i++)
        if (detail.allowed[i].action->kind == PROCESS_CORRECTED)
            correct = detail.allowed[i].action->code;
    assert_non_null(correct);
    struct case_input inputs[] = {{"address", "5 Elm Road"},
                                  {"opinion", "subsidence in truth"}};
    assert_ok(act(&s.w, &desk, id, correct, inputs, 2));
    // Not followed yet: what the index still names is compared with the case as it is.
    struct actor system = actor_system();
    assert_string_equal(ids_found(&s, &system, "main", case_filter_all(), true), "");
    catch_up(&s);
    assert_found(&s, "main", "");
    assert_found(&s, "elm hole", "1 ");
    assert_found(&s, "subsidence", "1 ");
    int64_t tokens = 0;
    assert_ok(db_fetch_int(s.index, QUERY_SEARCH_DOC_COUNT, NULL, 0, &tokens, &error));
    assert_int_equal(tokens, 1);
    end(&s);
}

static void a_lost_index_is_made_anew(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    for (int i = 0; i < 1200; i++)
        report(&s, 1 + i % 2, 0.0015, 0.0015, i % 100 == 0 ? "rare thing" : "common thing",
               "Here");
    catch_up(&s);
    assert_found(&s, "rare", "1101 1001 901 801 701 601 501 401 301 201 101 1 ");
    index_close(&s);
    assert_ok(db_store_discard_search(s.w.store, "t", &error));
    index_open(&s);
    assert_false(s.state.known);
    assert_int_equal(one_batch(&s), 0); // where it begins
    assert_int_equal(s.state.below, 1201);
    assert_int_equal(one_batch(&s), 500);
    struct actor eye = actor_system();
    assert_string_equal(ids_found(&s, &eye, "rare", case_filter_all(), true),
                        "1101 1001 901 801 701 ");
    // Meanwhile a case comes: it is in before the older ones.
    report(&s, 1, 0.0015, 0.0015, "rare and new", "Here");
    assert_int_equal(one_batch(&s), 1);
    assert_string_equal(ids_found(&s, &eye, "new", case_filter_all(), true), "1201 ");
    // Between two batches the process ends.
    index_close(&s);
    index_open(&s);
    assert_int_equal(s.state.below, 701);
    catch_up(&s);
    assert_found(&s, "rare", "1201 1101 1001 901 801 701 601 501 401 301 201 101 1 ");
    end(&s);
}

static void an_index_of_other_cases_is_refused(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    report(&s, 1, 0.0015, 0.0015, "something", "");
    catch_up(&s);
    struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024 * 1024);
    struct case_search_batch *batch = NULL;
    struct case_search_state other = s.state;
    other.epoch++;
    assert_fails(case_search_batch_read(s.w.db, s.w.city, &other, arena, &batch, &error),
                 ERROR_CONFLICT, "search.outdated");
    other = s.state;
    other.position++; // of a store that has gone further
    assert_fails(case_search_batch_read(s.w.db, s.w.city, &other, arena, &batch, &error),
                 ERROR_CONFLICT, "search.outdated");
    end(&s);
}

static void the_lag_is_told(void **state)
{
    (void)state;
    struct searching s;
    struct case_search_lag lag;
    begin(&s);
    report(&s, 1, 0.0015, 0.0015, "something", "");
    catch_up(&s);
    assert_ok(case_search_lag(s.w.db, &s.state, s.w.now_ms, &lag, &error));
    assert_int_equal(lag.changes, 0);
    assert_int_equal(lag.ms, 0);
    int64_t before = s.state.position;
    report(&s, 1, 0.0015, 0.0015, "something", "");
    assert_ok(case_search_lag(s.w.db, &s.state, s.w.now_ms + 5000, &lag, &error));
    assert_true(lag.changes >= 1);
    assert_int_equal(lag.ms, 5000);
    catch_up(&s);
    assert_int_equal(s.state.position, before + lag.changes);
    end(&s);
}

static void a_batch_that_was_lost_is_written_again(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    report(&s, 1, 0.0015, 0.0015, "subsidence everywhere", "");
    assert_int_equal(one_batch(&s), 0);
    struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024 * 1024);
    struct case_search_batch *batch = NULL;
    assert_ok(case_search_batch_read(s.w.db, s.w.city, &s.state, arena, &batch, &error));
    for (int round = 0; round < 2; round++) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        assert_ok(db_begin(s.index, DB_WRITE, &transaction, &error));
        assert_ok(case_search_batch_write(s.writer, s.index, batch, &error));
        if (round == 1)
            assert_ok(db_commit(&transaction, &error));
    }
    s.state = case_search_batch_done(s.writer, batch);
    catch_up(&s);
    assert_found(&s, "subsid", "1 "); // by the list of words
    end(&s);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static const char *const words[] = {"deep",   "hole", "main", "street", "streets",  "elm",
                                    "road",   "wet",  "井盖", "路灯",   "丢失",     "a",
                                    "school", "12",   "7b",   "café",   "schooling"};
enum { WORDS = sizeof words / sizeof words[0] };

static void random_text(uint64_t *seed, char *out, size_t size)
{
    size_t count = next_random(seed) % 5 + 1, used = 0;
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? " " : "",
                                 words[next_random(seed) % WORDS]);
}

static void random_moves(struct searching *s, uint64_t *seed, int64_t id)
{
    struct actor system = actor_system();
    for (int i = 0; i < 3; i++) {
        struct case_detail detail;
        assert_ok(case_read_by_id(s->w.db, s->w.city, &system, id, s->w.now_ms, s->w.arena,
                                  &detail, &error));
        if (detail.allowed_count == 0)
            return;
        const struct case_allowed *allowed =
            &detail.allowed[next_random(seed) % detail.allowed_count];
        char text[200];
        random_text(seed, text, sizeof text);
        struct case_input inputs[] = {{"opinion", text}};
        struct case_result result;
        s->w.now_ms += MINUTE;
        if (move(&s->w,
                 &(struct case_move){.actor = &system,
                                     .action = allowed->action->code,
                                     .case_id = id,
                                     .task_id = allowed->task_id,
                                     .task_version = allowed->task_version,
                                     .received_ms = s->w.now_ms,
                                     .done_ms = INSTANT_NONE,
                                     .inputs = inputs,
                                     .input_count = 1},
                 &result) != 0)
            error_clear(&error); // not with these inputs: another time
    }
}

static struct case_filter random_filter(uint64_t *seed)
{
    struct case_filter filter = case_filter_all();
    filter.limit = (unsigned)(next_random(seed) % 7 + 1);
    uint64_t what = next_random(seed);
    if (what % 3 == 0)
        filter.open = (int)(what / 3 % 2);
    if (what / 7 % 4 == 0)
        filter.department_id = (int64_t)(what / 64 % 4 + 1);
    if (what / 11 % 5 == 0)
        filter.class_id = (int64_t)(what / 128 % 4 + 1);
    if (what / 13 % 5 == 0)
        filter.area_id = what / 256 % 2 == 0 ? 101 : 204;
    if (what / 17 % 7 == 0)
        filter.stage = (int)(what / 512 % 6);
    if (what / 19 % 7 == 0)
        filter.queue = what / 1024 % 2 == 0 ? "manual" : "mine";
    if (what / 23 % 4 == 0) {
        filter.has_box = true;
        filter.west_deg = 0.001;
        filter.east_deg = what / 2048 % 2 == 0 ? 0.0055 : 30;
        filter.south_deg = -1;
        filter.north_deg = 0.0071;
    }
    if (what / 29 % 6 == 0)
        filter.opened_from_ms = MORNING + HOUR;
    if (what / 31 % 6 == 0)
        filter.opened_to_ms = MORNING + 3 * HOUR;
    if (what / 37 % 2 == 0)
        filter.sort = CASE_SORT_DUE;
    return filter;
}

static void the_index_finds_what_looking_finds(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    uint64_t seed = 20261122;
    for (int i = 0; i < 250; i++) {
        char description[300], address[200];
        random_text(&seed, description, sizeof description);
        random_text(&seed, address, sizeof address);
        int64_t id =
            report(&s, (int64_t)(next_random(&seed) % 4 + 1),
                   (double)(next_random(&seed) % 110) / 10000,
                   (double)(next_random(&seed) % 100) / 10000, description, address);
        s.w.now_ms += MINUTE;
        if (i % 2 == 0)
            random_moves(&s, &seed, id);
        if (i % 17 == 0)
            catch_up(&s);
    }
    catch_up(&s);
    const struct actor actors[] = {
        actor_system(),
        person(1, ROLE_MANAGER, 0, 0),
        person(7, ROLE_COLLECTOR, 101, 0),
        person(3, ROLE_DEPARTMENT, 0, 2),
        person(4, ROLE_DEPARTMENT, 102, 3),
        person(5, ROLE_COLLECTOR, 0, 0),
    };
    size_t some = 0;
    for (int i = 0; i < 1500; i++) {
        char q[300];
        random_text(&seed, q, sizeof q);
        if (next_random(&seed) % 3 == 0)
            q[strcspn(q, " ")] = '\0';
        if (next_random(&seed) % 4 == 0)
            snprintf(q, sizeof q, "%s",
                     (const char *[]){"po", "la", "T2025", "T2025060", "roads", "stre",
                                      "pothole", "sch"}[next_random(&seed) % 8]);
        struct case_filter filter = random_filter(&seed);
        const struct actor *actor = &actors[next_random(&seed) % 6];
        const char *looked = ids_found(&s, actor, q, filter, false);
        const char *found = ids_found(&s, actor, q, filter, true);
        if (strcmp(looked, found) != 0)
            fail_msg("'%s' of %lld: looking %s, index %s", q, (long long)actor->person_id,
                     looked, found);
        some += *found != '\0';
    }
    assert_true(some > 300);
    end(&s);
}

// Whatever people type: letters of several scripts, signs that mean something to an engine.
static const char *const pieces[] = {
    "a",  "b",  "R",  "st",     "é",      "É",  "ß",   "ñ",   "ø",  "i",  "İ",
    "0",  "1",  "12", "９",     "Ａ",     "井", "盖",  "路",  "灯", "丢", "失",
    "不", "亮", "々", "𠀀",     "한",     "カ", "ｶ",   "ﾞ",   "ё",  "Ж",  " ",
    " ",  " ",  "，", "。",     "、",     "-",  "_",   "'",   "’",  "\"", "*",
    "(",  ")",  ":",  "&",      "|",      "!",  "\\",  "%",   "<-", "😀",  "\u0301",
    "ﬁ",  "²",  "½",  "\u00ad", "\u200b", "OR", "NOT", "NEAR"};

static void random_line(uint64_t *seed, size_t most, char *out, size_t size)
{
    size_t count = next_random(seed) % most + 1, used = 0;
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(
            out + used, size - used, "%s",
            pieces[next_random(seed) % (sizeof pieces / sizeof pieces[0])]);
}

// The first bytes of a text, whole characters.
static void begin_of(const char *text, size_t length, char *out)
{
    length = length < strlen(text) ? length : strlen(text);
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    memcpy(out, text, length);
    out[length] = '\0';
}

// What is found for a question, or why nothing is looked for.
static const char *answer(struct searching *s, const char *q, bool with_index)
{
    struct actor eye = actor_system();
    struct case_search *search = NULL;
    if (case_search_new(q, s->w.city, s->w.arena, &search, &error) == 0)
        return ids_found(s, &eye, q, case_filter_all(), with_index);
    const char *slug = arena_text(s->w.arena, error.slug);
    error_clear(&error);
    return slug;
}

// The same texts on both engines, the same questions: the same answers in the same order,
// and those of looking at every case.
static void both_engines_find_the_same(void **state)
{
    (void)state;
    enum { TEXTS = 120, QUESTIONS = 400 };
    const char *engine = getenv("GRIDCASE_ENGINE");
    struct searching worlds[2];
    char *before = engine ? strdup(engine) : NULL;
    setenv("GRIDCASE_ENGINE", "sqlite", 1);
    begin(&worlds[0]);
    setenv("GRIDCASE_ENGINE", "postgres", 1);
    begin(&worlds[1]);
    before ? setenv("GRIDCASE_ENGINE", before, 1) : unsetenv("GRIDCASE_ENGINE");
    free(before);
    static char texts[TEXTS][400];
    uint64_t seed = 20261123;
    for (int i = 0; i < TEXTS; i++) {
        random_line(&seed, 24, texts[i], sizeof texts[i]);
        for (int w = 0; w < 2; w++)
            report(&worlds[w], 1 + i % 4, 0.0015, 0.0015, texts[i], "");
    }
    for (int w = 0; w < 2; w++)
        catch_up(&worlds[w]);
    int some = 0;
    for (int i = 0; i < QUESTIONS; i++) {
        char q[400];
        random_line(&seed, 4, q, sizeof q);
        if (i % 3 == 0) // a text's own beginning, cut between two characters
            begin_of(texts[i % TEXTS], next_random(&seed) % 14 + 2, q);
        const char *files = answer(&worlds[0], q, true);
        const char *server = answer(&worlds[1], q, true);
        const char *looked = answer(&worlds[i % 2], q, false);
        if (strcmp(files, server) != 0 || strcmp(files, looked) != 0)
            fail_msg("'%s': files %s, server %s, looking %s; 1: %s", q, files, server,
                     looked, texts[0]);
        some += *files >= '0' && *files <= '9';
    }
    assert_true(some > QUESTIONS / 4);
    end(&worlds[0]);
    end(&worlds[1]);
}

static void what_may_not_be_seen_is_not_found(void **state)
{
    (void)state;
    struct searching s;
    begin(&s);
    report(&s, 1, 0.0015, 0.0015, "secret hole", ""); // west, roads
    report(&s, 2, 0.0065, 0.0015, "secret lamp", ""); // east, parks
    catch_up(&s);
    struct actor roads = person(3, ROLE_DEPARTMENT, 0, 2);
    struct actor parks = person(4, ROLE_DEPARTMENT, 0, 3);
    struct actor nobody = person(99, ROLE_DEPARTMENT, 0, 4);
    struct case_filter all = case_filter_all();
    assert_string_equal(ids_found(&s, &roads, "secret", all, true), "1 ");
    assert_string_equal(ids_found(&s, &parks, "secret", all, true), "2 ");
    assert_string_equal(ids_found(&s, &nobody, "secret", all, true), "");
    assert_string_equal(ids_found(&s, &parks, "T202506020001", all, true), "");
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_numbers_and_names_are_found),
        cmocka_unit_test(what_changes_is_followed),
        cmocka_unit_test(a_lost_index_is_made_anew),
        cmocka_unit_test(an_index_of_other_cases_is_refused),
        cmocka_unit_test(the_lag_is_told),
        cmocka_unit_test(a_batch_that_was_lost_is_written_again),
        cmocka_unit_test(the_index_finds_what_looking_finds),
        cmocka_unit_test(both_engines_find_the_same),
        cmocka_unit_test(what_may_not_be_seen_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
