// SPDX-License-Identifier: MPL-2.0
// Files of cases: what they show, when they count as received, who may bring them, and that
// a recount finds what does not belong together.
#include "case_world.h"

#include <gridcase/cases/media.h>
#include <gridcase/media/media.h>

static void add_person(struct world *w, int64_t id)
{
    char login[20];
    snprintf(login, sizeof login, "person%lld", (long long)id);
    int64_t made = 0;
    assert_ok(db_fetch_int(
        w->db, QUERY_PERSON_ADD,
        (struct db_value[]){DB_TEXT(login), DB_TEXT(login), DB_NULL, DB_INT(1)}, 4, &made,
        &error));
    assert_int_equal(made, id);
}

static void begin(struct world *w)
{
    world_begin(w, "standard");
    for (int64_t id = 1; id <= 6; id++)
        add_person(w, id);
}

static void digest_of(int number, uint8_t sha256[HASH_SIZE])
{
    memset(sha256, number, HASH_SIZE);
}

// The person sends a file whole; how many cases had waited for it.
static unsigned send(struct world *w, const struct actor *actor, int number)
{
    struct media_file file = {.type = MEDIA_JPEG,
                              .bytes = 900,
                              .width_px = 10,
                              .height_px = 20,
                              .taken = {.accuracy_m = -1, .at_ms = INSTANT_NONE}};
    unsigned cases = 99;
    digest_of(number, file.sha256);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(media_file_store(w->db, &file, actor->person_id, w->now_ms, &error));
    assert_ok(
        case_media_arrived(w->db, w->city, actor, file.sha256, w->now_ms, &cases, &error));
    assert_ok(db_commit(&transaction, &error));
    return cases;
}

static int64_t report(struct world *w, const struct actor *actor, const int *numbers,
                      const uint8_t *shows, size_t count)
{
    uint8_t media[CASE_MEDIA_MOST][HASH_SIZE];
    struct case_result result;
    for (size_t i = 0; i < count; i++)
        digest_of(numbers[i], media[i]);
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {0.0015, 0.0015, GEO_WGS84, -1},
                               .description = "With files.",
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE,
                               .media = (const uint8_t(*)[HASH_SIZE])media,
                               .media_shows = shows,
                               .media_count = count};
    assert_ok(move(w,
                   &(struct case_move){.actor = actor,
                                       .action = "report",
                                       .draft = &draft,
                                       .received_ms = w->now_ms,
                                       .done_ms = INSTANT_NONE},
                   &result));
    return result.case_id;
}

static void expect(struct world *w, int64_t case_id, size_t at, int number,
                   enum case_shows shows, bool received)
{
    uint8_t sha256[HASH_SIZE];
    struct case_detail detail = look(w, case_id);
    digest_of(number, sha256);
    assert_true(at < detail.media_count);
    assert_memory_equal(detail.media[at].sha256, sha256, HASH_SIZE);
    assert_int_equal(detail.media[at].shows, shows);
    assert_int_equal(detail.media[at].received, received);
}

#define HEX_07 "0707070707070707070707070707070707070707070707070707070707070707"
#define HEX_08 "0808080808080808080808080808080808080808080808080808080808080808"

static void the_same_file_shows_at_several_moves(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    assert_int_equal(send(&w, &collector, 7), 0);
    int64_t id = report(&w, &collector, (int[]){7, 7}, NULL, 2);
    assert_int_equal(look(&w, id).media_count, 1); // named twice in one breath: once
    expect(&w, id, 0, 7, CASE_SHOWS_BEFORE, true);
    assert_ok(
        act(&w, &acceptor, id, "comment",
            (struct case_input[]){{"opinion", "Look."},
                                  {"photo", HEX_07 ":after," HEX_07 ":check," HEX_08}},
            2));
    assert_int_equal(look(&w, id).media_count, 4);
    expect(&w, id, 1, 8, CASE_SHOWS_BEFORE, false); // by its stage; nobody has sent it
    expect(&w, id, 2, 7, CASE_SHOWS_AFTER, true);   // the acceptor sees it in the case
    expect(&w, id, 3, 7, CASE_SHOWS_CHECK, true);
    assert_fails(act(&w, &acceptor, id, "comment",
                     (struct case_input[]){{"opinion", "No."}, {"photo", HEX_07 ":late"}},
                     2),
                 ERROR_INPUT, "case.input");
    assert_recount(&w);
    world_end(&w);
}

static void a_file_counts_when_it_comes_from_who_named_it(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor stranger = person(3, ROLE_COLLECTOR, 102, 0); // another district
    int64_t id = report(&w, &collector, (int[]){7}, (uint8_t[]){CASE_SHOWS_AFTER}, 1);
    expect(&w, id, 0, 7, CASE_SHOWS_AFTER, false);
    assert_int_equal(send(&w, &stranger, 7), 0);
    expect(&w, id, 0, 7, CASE_SHOWS_AFTER, false);
    size_t moves = look(&w, id).history_count;
    w.now_ms += MINUTE;
    assert_int_equal(send(&w, &collector, 7), 1);
    expect(&w, id, 0, 7, CASE_SHOWS_AFTER, true);
    struct case_detail detail = look(&w, id);
    assert_int_equal(detail.history_count, moves + 1);
    assert_string_equal(detail.history[moves].action, "media_received");
    assert_int_equal(detail.history[moves].kind, PROCESS_MEDIA_ADDED);
    assert_string_equal(detail.history[moves].inputs, "{\"media\":\"" HEX_07 "\"}");
    assert_int_equal(detail.history[moves].actor_id, 1);
    assert_int_equal(send(&w, &collector, 7), 0); // again: nothing waits any more
    assert_int_equal(look(&w, id).history_count, moves + 1);
    assert_recount(&w);
    world_end(&w);
}

static void who_may_act_may_bring_it_and_who_only_knows_the_digest_may_not(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor stranger = person(3, ROLE_COLLECTOR, 102, 0);
    uint8_t sha256[HASH_SIZE];
    bool visible = true;
    digest_of(7, sha256);
    assert_int_equal(send(&w, &collector, 7), 0);
    int64_t theirs = report(&w, &stranger, (int[]){7}, NULL, 1); // knows its digest alone
    expect(&w, theirs, 0, 7, CASE_SHOWS_BEFORE, false);
    assert_ok(case_media_visible(w.db, w.city, &stranger, sha256, &visible, &error));
    assert_false(visible);
    int64_t cases[CASE_MEDIA_CASES_MOST];
    size_t count = 9;
    assert_ok(case_media_cases(w.db, sha256, cases, &count, &error));
    assert_int_equal(count, 0);
    assert_int_equal(send(&w, &acceptor, 7), 1); // may act on that case
    expect(&w, theirs, 0, 7, CASE_SHOWS_BEFORE, true);
    assert_recount(&w);
    world_end(&w);
}

static void a_closed_case_still_gets_what_it_waits_for(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    int64_t id = report(&w, &collector, (int[]){7}, NULL, 1);
    assert_ok(act(&w, &acceptor, id, "reject", NOTE("Not ours.")));
    struct case_detail before = look(&w, id);
    assert_int_equal(before.summary.stage, PROCESS_ENDED);
    w.now_ms += HOUR;
    assert_int_equal(send(&w, &collector, 7), 1);
    struct case_detail after = look(&w, id);
    assert_true(after.media[0].received);
    assert_int_equal(after.summary.stage, PROCESS_ENDED);
    assert_int_equal(after.summary.closed_ms, before.summary.closed_ms);
    assert_recount(&w);
    world_end(&w);
}

static void a_recount_finds_files_that_are_not_there(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    struct actor collector = person(1, ROLE_COLLECTOR, 101, 0);
    uint8_t sha256[HASH_SIZE];
    digest_of(9, sha256);
    int64_t id = report(&w, &collector, (int[]){7}, NULL, 1);
    assert_int_equal(findings(&w, "media.missing"), 0);
    const struct db_value rows[2][7] = {{DB_INT(id), DB_BLOB(sha256, HASH_SIZE), DB_INT(1),
                                         DB_INT(0), DB_INT(1), DB_INT(0), DB_INT(5)},
                                        {DB_INT(id), DB_BLOB(sha256, HASH_SIZE), DB_INT(77),
                                         DB_INT(0), DB_INT(1), DB_INT(0), DB_NULL}};
    assert_ok(db_execute(w.db, QUERY_CASE_MEDIA_ADD, rows[0], 7, &error));
    assert_int_equal(findings(&w, "media.missing"), 1);
    assert_int_equal(findings(&w, "media.stray"), 0);
    assert_ok(db_execute(w.db, QUERY_CASE_MEDIA_ADD, rows[1], 7, &error));
    assert_int_equal(findings(&w, "media.stray"), 1);
    world_end(&w);
}

static void files_are_read_out_of_json(void **state)
{
    (void)state;
    static const char text[] =
        "{\"photo\":[\"" HEX_07 "\",{\"sha256\":\"" HEX_08 "\",\"stage\":\"check\"}]}";
    struct json *json = NULL;
    struct case_input inputs[CASE_INPUTS_MOST];
    size_t count = 0;
    struct arena *arena = arena_new(100000);
    assert_ok(json_parse(text, sizeof text - 1, &json, &error));
    assert_ok(case_inputs_from_json(arena, json, inputs, &count, &error));
    assert_int_equal(count, 1);
    assert_string_equal(inputs[0].value, HEX_07 "," HEX_08 ":check");
    json_free(json);
    static const char *const bad[] = {"{\"photo\":[{\"stage\":\"check\"}]}",
                                      "{\"photo\":[{\"sha256\":5}]}",
                                      "{\"photo\":[{\"sha256\":\"x\",\"size\":1}]}"};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(json_parse(bad[i], strlen(bad[i]), &json, &error));
        assert_fails(case_inputs_from_json(arena, json, inputs, &count, &error),
                     ERROR_INPUT, "case.input");
        json_free(json);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_file_shows_at_several_moves),
        cmocka_unit_test(a_file_counts_when_it_comes_from_who_named_it),
        cmocka_unit_test(who_may_act_may_bring_it_and_who_only_knows_the_digest_may_not),
        cmocka_unit_test(a_closed_case_still_gets_what_it_waits_for),
        cmocka_unit_test(a_recount_finds_files_that_are_not_there),
        cmocka_unit_test(files_are_read_out_of_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
