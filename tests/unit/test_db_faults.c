// SPDX-License-Identifier: MPL-2.0
// Every verb of the database fails once, for whoever calls it: the caller says so, leaves
// nothing open, and nothing half written. On both engines.
#include "case_world.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/account/account.h>
#include <gridcase/cases/contact.h>
#include <gridcase/cases/search.h>
#include <gridcase/core/json.h>
#include <gridcase/db/rows.h>

#include "../../src/db/db_internal.h"
#include "fault/engine_fault.h"

static const char HASHED[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$bm9ib2R5a25vd3M";
static const char OTHER[] = "0123456789abcdefghijklmnopqrstuvwxyzabcdefg";
static const char TOKEN[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

struct caller {
    const char *name;
    int (*run)(struct world *w, struct error *filled);
    bool writes;
    bool bare; // begins and commits by itself; else run in a transaction around it
};

// ---- writers ----

static int run_report(struct world *w, struct error *filled)
{
    struct actor collector = person(7, ROLE_COLLECTOR, 0, 0);
    struct case_result result;
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {0.0015, 0.0015, GEO_WGS84, -1},
                               .description = "Deep hole",
                               .source = PROCESS_SOURCE_COLLECTOR,
                               .imported_due_ms = INSTANT_NONE};
    return case_apply(w->db, w->city,
                      &(struct case_move){.actor = &collector,
                                          .draft = &draft,
                                          .received_ms = w->now_ms,
                                          .done_ms = INSTANT_NONE},
                      &result, filled);
}

static int run_act(struct world *w, struct error *filled)
{
    struct actor system = actor_system();
    struct case_detail detail;
    struct case_result result;
    int code =
        case_read_by_id(w->db, w->city, &system, 1, w->now_ms, w->arena, &detail, filled);
    if (code != 0)
        return code;
    assert_true(detail.allowed_count > 0);
    struct case_input inputs[] = {{"opinion", "so it is"}};
    const struct case_allowed *allowed = &detail.allowed[0];
    return case_apply(w->db, w->city,
                      &(struct case_move){.actor = &system,
                                          .action = allowed->action->code,
                                          .case_id = 1,
                                          .task_id = allowed->task_id,
                                          .task_version = allowed->task_version,
                                          .received_ms = w->now_ms,
                                          .done_ms = INSTANT_NONE,
                                          .inputs = inputs,
                                          .input_count = 1},
                      &result, filled);
}

static int run_timers(struct world *w, struct error *filled)
{
    unsigned done = 0;
    int64_t next_ms = INSTANT_NONE;
    int code =
        case_timers_run(w->db, w->city, w->now_ms + 60 * 24 * HOUR, 20, &done, filled);
    return code != 0 ? code : case_timers_next(w->db, &next_ms, filled);
}

static int run_upkeep(struct world *w, struct error *filled)
{
    unsigned done = 0;
    return case_upkeep_run(w->db, w->city, w->now_ms + 100 * 24 * HOUR, 50, &done, filled);
}

static int64_t contact_id; // of the one that was written

static int run_contact(struct world *w, struct error *filled)
{
    static const struct case_reporter reporter = {.name = "Wang", .phone = "13800138000"};
    const uint8_t key[16] = {0x7a, 1}, body[HASH_SIZE] = {1};
    struct actor acceptor = person(5, ROLE_ACCEPTOR, 0, 0);
    struct contact_result result;
    struct contact_new contact = {
        .actor = &acceptor,
        .number = "T202506020002",
        .purpose = CONTACT_JOINED,
        .contact = {.channel = CONTACT_CALL, .words = "It stinks.", .wants_answer = true},
        .reporter = &reporter,
        .received_ms = w->now_ms,
        .key = key,
        .body_digest = body};
    int code = contact_add(w->db, w->city, &contact, &result, filled);
    if (code == 0)
        contact_id = result.id;
    return code;
}

static int run_erase(struct world *w, struct error *filled)
{
    struct actor administrator = person(5, ROLE_ADMINISTRATOR, 0, 0);
    int64_t count = 0;
    return contact_erase(w->db, &administrator, contact_id, true, w->now_ms, &count,
                         filled);
}

static int run_person(struct world *w, struct error *filled)
{
    struct role_grant grant = {.role = ROLE_DISPATCHER};
    int64_t id = 0;
    int code = account_person_add(w->db, "mary", "Mary", 0, w->now_ms, &id, filled);
    if (code == 0)
        code = account_person_set_roles(w->db, id, &grant, 1, w->now_ms, filled);
    if (code == 0)
        code = account_password_set(w->db, id, HASHED, false, w->now_ms, filled);
    if (code == 0)
        code = account_token_add(w->db, id, "a program", w->now_ms, INSTANT_NONE, OTHER,
                                 &id, filled);
    return code;
}

static int run_close(struct world *w, struct error *filled)
{
    int code = account_person_close(w->db, 1, w->now_ms, filled);
    if (code == 0)
        code = account_person_reopen(w->db, 1, w->now_ms, filled);
    return code != 0 ? code : account_sweep(w->db, w->now_ms + 1000 * 24 * HOUR, filled);
}

// The index is another database: made, asked where it is, written.
static int run_index(struct world *w, struct error *filled)
{
    struct case_search_writer *writer = case_search_writer_new();
    struct case_search_batch *batch = NULL;
    struct case_search_state state;
    DB_CLEANUP struct db *index = NULL;
    int code = db_open(w->store, "t", DB_SEARCH, DB_WRITE, &index, filled);
    if (code == 0)
        code = case_search_state(index, &state, filled);
    if (code == 0)
        code = case_search_batch_read(w->db, w->city, &state, w->arena, &batch, filled);
    if (code == 0 && batch) {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        code = db_begin(index, DB_WRITE, &transaction, filled);
        if (code == 0)
            code = case_search_batch_write(writer, index, batch, filled);
        if (code == 0)
            code = db_commit(&transaction, filled);
    }
    case_search_writer_free(writer);
    return code;
}

// ---- readers ----

static int run_lists(struct world *w, struct error *filled)
{
    struct actor eye = person(3, ROLE_DEPARTMENT, 0, 2);
    struct case_filter filter = case_filter_all();
    struct case_page page;
    struct case_map map;
    int64_t count = 0;
    int code = case_list(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &page, filled);
    filter.open = 1;
    filter.sort = CASE_SORT_DUE;
    if (code == 0)
        code = case_list(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &page, filled);
    if (code == 0)
        code = case_map(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &map, filled);
    if (code == 0)
        code = case_count(w->db, w->city, &eye, &filter, w->now_ms, &count, filled);
    return code;
}

static int run_words(struct world *w, struct error *filled)
{
    struct actor eye = actor_system();
    struct case_filter filter = case_filter_all();
    struct case_page page;
    int code = case_search_new("hole", w->city, w->arena, &filter.search, filled);
    if (code == 0)
        code = case_list(w->db, w->city, &eye, &filter, w->now_ms, w->arena, &page, filled);
    return code;
}

static int run_case(struct world *w, struct error *filled)
{
    struct actor eye = actor_system();
    struct case_detail detail;
    struct case_history_row *rows = NULL;
    struct case_explained *clocks = NULL;
    struct case_near *near = NULL;
    size_t count = 0;
    int code = case_read(w->db, w->city, &eye, "T202506020001", w->now_ms, w->arena,
                         &detail, filled);
    if (code == 0)
        code = case_history(w->db, 1, 0, 0, w->arena, &rows, &count, filled);
    if (code == 0)
        code = case_explain(w->db, w->city, 1, "en", w->arena, &clocks, &count, filled);
    if (code == 0)
        code = case_near(w->db, w->city, &eye, 1, 0.0015, 0.0015, 0, w->now_ms, w->arena,
                         &near, &count, filled);
    return code;
}

static int run_stream(struct world *w, struct error *filled)
{
    struct actor eye = person(7, ROLE_COLLECTOR, 101, 0);
    struct case_stream stream;
    struct case_change *changes = NULL;
    struct case_figures figures;
    size_t count = 0;
    int64_t last = 0;
    bool visible = false;
    int code = case_stream(w->db, &stream, filled);
    if (code == 0)
        code = case_changes(w->db, w->city, &eye, 0, 100, w->arena, &changes, &count, &last,
                            filled);
    if (code == 0)
        code = case_visible(w->db, w->city, &eye, 1, &visible, filled);
    if (code == 0)
        code = case_figures(w->db, w->city, 0, w->now_ms, w->arena, &figures, filled);
    return code;
}

static int run_recount(struct world *w, struct error *filled)
{
    struct recount *recount = recount_new(w->city);
    int code = 1;
    while (code == 1)
        code = recount_slice(recount, w->db, 2, filled);
    if (code == 0 && recount_problems(recount) > 0)
        code = error_set(filled, ERROR_STORE, "test.recount", "%s",
                         recount_finding(recount, 0)->message);
    recount_free(recount);
    return code;
}

static int run_people(struct world *w, struct error *filled)
{
    struct buffer out BUFFER_CLEANUP;
    struct json_writer json;
    struct account_session session;
    struct account_login login;
    struct account_people which = {.after_login = "", .limit = 50};
    int count = 0;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &out);
    json_begin_object(&json, NULL);
    int code = account_people_write(w->db, &which, &json, "people", &count, filled);
    if (code == 0)
        code = account_login_begin(w->db, "first", "192.0.2.7", w->now_ms, &login, NULL,
                                   filled);
    if (code == 0)
        code = account_session_find(w->db, TOKEN, strlen(TOKEN), true, w->now_ms, &session,
                                    filled);
    return code;
}

// ---- what is common ----

static int run_whole(struct world *w, const struct caller *caller, struct error *filled)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int code = caller->bare ? 0
                            : db_begin(w->db, caller->writes ? DB_WRITE : DB_READ,
                                       &transaction, filled);
    if (code == 0)
        code = caller->run(w, filled);
    if (code == 0 && !caller->bare)
        code = db_commit(&transaction, filled);
    return code;
}

static void digest_all(struct world *w, struct hash *hash)
{
    const struct db_catalogue *catalogue = NULL;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_catalogue(DB_CASES, &catalogue, &error));
    assert_ok(db_begin(w->db, DB_READ, &transaction, &error));
    for (size_t i = 0; i < catalogue->count; i++) {
        struct db_digest one;
        assert_ok(db_table_digest(w->db, &catalogue->tables[i], NULL, &one, &error));
        hash_add(hash, one.sha256, sizeof one.sha256);
    }
}

static void digest(struct world *w, uint8_t out[HASH_SIZE])
{
    struct hash *hash = hash_new();
    digest_all(w, hash);
    hash_finish(hash, out);
}

// Fails its first, second, third ... verb, until all of them have worked.
static int64_t fail_every(struct world *w, const struct caller *caller, bool sticky,
                          int64_t look_each)
{
    uint8_t before[HASH_SIZE], after[HASH_SIZE];
    digest(w, before);
    for (int64_t n = 0;; n++) {
        struct error filled = {0};
        engine_fault_nth(n, sticky);
        int code = run_whole(w, caller, &filled);
        const char *struck = engine_fault_struck();
        engine_fault_disarm();
        if (engine_fault_leaks(w->db) != 0)
            fail_msg("%s, verb %d (%s): %u left open", caller->name, (int)n,
                     struck ? struck : "none", engine_fault_leaks(w->db));
        if (!struck) {
            if (code != 0)
                fail_msg("%s: %d %s: %s", caller->name, code, filled.slug, filled.message);
            return n;
        }
        if (code == 0)
            fail_msg("%s swallowed verb %d: %s", caller->name, (int)n, struck);
        if (filled.code != code || filled.slug[0] == '\0')
            fail_msg("%s, verb %d (%s): %d without a reason", caller->name, (int)n, struck,
                     code);
        if (code != ERROR_IO && code != ERROR_STORE)
            fail_msg("%s told verb %d (%s) otherwise: %d %s: %s", caller->name, (int)n,
                     struck, code, filled.slug, filled.message);
        if (!caller->writes || n % look_each != 0)
            continue;
        digest(w, after);
        if (memcmp(before, after, sizeof before) != 0)
            fail_msg("%s, verb %d (%s): something is left", caller->name, (int)n, struck);
    }
}

static const struct caller callers[] = {
    {.name = "report", .run = run_report, .writes = true},
    {.name = "act", .run = run_act, .writes = true},
    {.name = "contact", .run = run_contact, .writes = true},
    {.name = "person", .run = run_person, .writes = true},
    {.name = "index made", .run = run_index, .bare = true},
    {.name = "index written", .run = run_index, .bare = true},
    {.name = "lists", .run = run_lists},
    {.name = "words", .run = run_words},
    {.name = "case", .run = run_case},
    {.name = "stream", .run = run_stream},
    {.name = "people", .run = run_people},
    {.name = "recount", .run = run_recount},
    {.name = "lists alone", .run = run_lists, .bare = true},
    {.name = "case alone", .run = run_case, .bare = true},
    {.name = "stream alone", .run = run_stream, .bare = true},
    {.name = "timers", .run = run_timers, .writes = true},
    {.name = "upkeep", .run = run_upkeep, .writes = true},
    {.name = "erase", .run = run_erase, .writes = true},
    {.name = "close", .run = run_close, .writes = true},
};

static void seed(struct world *w)
{
    int64_t id = 0;
    struct error filled = {0};
    struct role_grant grant = {.role = ROLE_DISPATCHER};
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    for (int i = 0; i < 3; i++)
        assert_ok(run_report(w, &filled));
    assert_ok(account_person_add(w->db, "first", "First", 0, w->now_ms, &id, &error));
    assert_ok(account_person_set_roles(w->db, id, &grant, 1, w->now_ms, &error));
    assert_ok(
        account_token_add(w->db, id, "t", w->now_ms, INSTANT_NONE, TOKEN, &id, &error));
    assert_ok(db_commit(&transaction, &error));
}

static void fail_all(const struct db_engine *engine, const char *name, bool sticky)
{
    struct world w;
    char *before = getenv("GRIDCASE_ENGINE") ? strdup(getenv("GRIDCASE_ENGINE")) : NULL;
    setenv("GRIDCASE_ENGINE", name, 1);
    engine_fault_register_on(engine);
    world_prefix = "fault:";
    world_begin(&w, "boston");
    before ? setenv("GRIDCASE_ENGINE", before, 1) : unsetenv("GRIDCASE_ENGINE");
    free(before);
    seed(&w);
    int64_t verbs = 0;
    for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
        int64_t failed = fail_every(&w, &callers[i], sticky, engine->own ? 8 : 1);
        print_message("%s, %s: %d verbs failed\n", name, callers[i].name, (int)failed);
        verbs += failed;
    }
    assert_true(verbs > 300);
    world_end(&w);
}

static void callers_tell_what_failed_on_sqlite(void **state)
{
    (void)state;
    fail_all(&db_engine_sqlite, "sqlite", false);
}

static void and_when_the_transaction_is_spoiled(void **state)
{
    (void)state;
    fail_all(&db_engine_sqlite, "sqlite", true);
}

static void callers_tell_what_failed_on_postgres(void **state)
{
    (void)state;
    fail_all(&db_engine_postgres, "postgres", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_tell_what_failed_on_sqlite),
        cmocka_unit_test(and_when_the_transaction_is_spoiled),
        cmocka_unit_test(callers_tell_what_failed_on_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
