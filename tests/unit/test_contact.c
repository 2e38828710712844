// SPDX-License-Identifier: MPL-2.0
// Contacts and duplicates: who told of a case, who waits for an answer, where a merged case
// goes, what is kept of a person and how it is forgotten.
#include "case_world.h"

#include <gridcase/cases/contact.h>

#include <limits.h>
#include <sqlite3.h>

#include "../../src/db/db_internal.h"

static uint8_t next_key = 1;

static const struct case_reporter WANG = {
    .name = "王小明", .phone = "+86 138-0013-8000", .address = "Lane 4, door 7"};

static int add(struct world *w, const struct actor *actor, const char *number,
               enum contact_purpose purpose, const struct case_reporter *reporter,
               const char *told, struct contact_result *result)
{
    uint8_t key[16] = {0x7a, next_key++}, body[HASH_SIZE] = {1};
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    struct contact_new contact = {
        .actor = actor,
        .number = number,
        .purpose = purpose,
        .contact = {.channel = CONTACT_CALL, .words = "It stinks.", .wants_answer = true},
        .reporter = reporter,
        .told = told,
        .received_ms = w->now_ms,
        .key = key,
        .body_digest = body};
    int code = contact_add(w->db, w->city, &contact, result, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static int answer(struct world *w, const struct actor *actor, int64_t id, bool reached,
                  bool final)
{
    uint8_t key[16] = {0x7b, next_key++}, body[HASH_SIZE] = {2};
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    struct contact_answer answered = {.actor = actor,
                                      .id = id,
                                      .reached = reached,
                                      .final = final,
                                      .told = "It has been done.",
                                      .received_ms = w->now_ms,
                                      .key = key,
                                      .body_digest = body};
    int code = contact_answer(w->db, w->city, &answered, &error);
    return code != 0 ? code : db_commit(&transaction, &error);
}

static size_t find(struct world *w, const struct actor *actor, const char *phone,
                   struct contact_item **items)
{
    size_t count = 0;
    assert_ok(contact_find(w->db, w->city, actor, phone, w->arena, items, &count, &error));
    return count;
}

static size_t waiting(struct world *w, const struct actor *actor,
                      struct contact_item **items)
{
    size_t count = 0;
    struct contact_place place = {0};
    assert_ok(contact_waiting(w->db, w->city, actor, &place, 50, w->arena, items, &count,
                              &error));
    return count;
}

// A case that a call has opened.
static struct case_result call(struct world *w, const struct actor *actor,
                               const struct case_reporter *reporter, double lon)
{
    struct case_result result;
    struct case_draft draft = {.class_id = 1,
                               .has_point = true,
                               .point = {lon, 0.0015, GEO_WGS84, -1},
                               .description = "A hole.",
                               .source = PROCESS_SOURCE_HOTLINE,
                               .reporter = reporter,
                               .imported_due_ms = INSTANT_NONE};
    assert_ok(move(w,
                   &(struct case_move){.actor = actor,
                                       .action = "report",
                                       .draft = &draft,
                                       .received_ms = w->now_ms,
                                       .done_ms = INSTANT_NONE},
                   &result));
    return result;
}

static int merge(struct world *w, const struct actor *actor, int64_t id, const char *into)
{
    return act(w, actor, id, "merge", (struct case_input[]){{"case", into}}, 1);
}

static void numbers_are_the_same_however_they_are_written(void **state)
{
    (void)state;
    char digits[PHONE_DIGITS_SIZE], other[PHONE_DIGITS_SIZE], tail[PHONE_TAIL_SIZE];
    phone_digits("+86 (10) 6251-2345", digits, tail);
    assert_string_equal(digits, "861062512345");
    assert_string_equal(tail, "2512345");
    phone_digits("010-62512345", other, tail);
    assert_true(phone_same(digits, other));
    phone_digits("６２５１２３４５", other, tail); // full width
    assert_string_equal(other, "62512345");
    assert_true(phone_same(digits, other));
    phone_digits("010-72512345", other, tail);
    assert_string_equal(tail, "2512345");
    assert_false(phone_same(digits, other));
    phone_digits("12345", other, tail); // a short number is itself only
    assert_false(phone_same(digits, other));
    assert_true(phone_same("12345", "12345"));
    assert_false(phone_same("", ""));
    phone_digits("no digits", other, tail);
    assert_string_equal(other, "");
    phone_digits("1234567890123456789012345", other, tail); // the ceiling holds
    assert_int_equal(strlen(other), PHONE_DIGITS_SIZE - 1);
}

static void a_caller_is_found_by_number_and_sees_what_became_of_it(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor elsewhere = person(8, ROLE_ACCEPTOR, 102, 0);
    struct contact_item *items = NULL;
    struct case_result made = call(&w, &acceptor, &WANG, 0.0015);
    assert_int_equal(find(&w, &acceptor, "13800138000", &items), 1);
    assert_int_equal(items[0].row.purpose, CONTACT_OPENED);
    assert_string_equal(items[0].row.name, "王小明");
    assert_true(items[0].whole && items[0].has_case);
    assert_int_equal(items[0].summary.id, made.case_id);
    assert_int_equal(find(&w, &acceptor, "13800138001", &items), 0);
    size_t count = 0;
    assert_fails(
        contact_find(w.db, w.city, &acceptor, "138", w.arena, &items, &count, &error),
        ERROR_INPUT, "contact.number_short");
    // An acceptor of another district finds nothing of it.
    assert_int_equal(find(&w, &elsewhere, "13800138000", &items), 0);
    // The history knows of a contact, not of whom.
    struct contact_result asked;
    assert_ok(add(&w, &acceptor, made.number, CONTACT_ASKED, &WANG, "Tomorrow.", &asked));
    struct case_detail detail = look(&w, made.case_id);
    const struct case_history_row *last = &detail.history[detail.history_count - 1];
    assert_int_equal(last->kind, PROCESS_CONTACTED);
    assert_string_equal(last->opinion, "");
    assert_null(strstr(last->inputs, "138"));
    assert_int_equal(find(&w, &acceptor, "138 0013 8000", &items), 2);
    assert_int_not_equal(items[0].row.answered_ms, INSTANT_NONE); // told on the line
    assert_recount(&w);
    world_end(&w);
}

static void everybody_who_told_of_a_case_is_answered(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor dispatcher = person(4, ROLE_DISPATCHER, 0, 0);
    struct case_reporter second = {.name = "Li", .phone = "555-0142"};
    struct contact_item *items = NULL;
    struct contact_result joined;
    struct case_result made = call(&w, &acceptor, &WANG, 0.0015);
    assert_ok(add(&w, &acceptor, made.number, CONTACT_JOINED, &second, NULL, &joined));
    assert_int_equal(waiting(&w, &acceptor, &items), 0); // nothing to tell yet
    w.now_ms += HOUR;
    assert_ok(act(&w, &acceptor, made.case_id, "reject", NOTE("Not the city's.")));
    assert_int_equal(waiting(&w, &acceptor, &items), 2);
    assert_int_equal(items[1].row.id, joined.id);
    assert_int_equal(items[1].row.due_ms, w.now_ms);
    // Who works without the reporter's data answers nobody.
    assert_fails(answer(&w, &dispatcher, joined.id, true, false), ERROR_DENIED,
                 "account.denied");
    assert_ok(answer(&w, &acceptor, joined.id, false, false)); // no one picked up
    assert_int_equal(waiting(&w, &acceptor, &items), 2);
    assert_int_equal(items[1].row.tries, 1);
    assert_ok(answer(&w, &acceptor, joined.id, true, false));
    assert_fails(answer(&w, &acceptor, joined.id, true, false), ERROR_CONFLICT,
                 "contact.answered");
    assert_ok(answer(&w, &acceptor, items[0].row.id, false, true)); // given up
    assert_int_equal(waiting(&w, &acceptor, &items), 0);
    assert_fails(answer(&w, &acceptor, 999, true, false), ERROR_NOT_FOUND,
                 "contact.unknown");
    assert_fails(add(&w, &acceptor, made.number, CONTACT_JOINED, &second, NULL, &joined),
                 ERROR_CONFLICT, "contact.case_ended");
    // Asked about what has ended: can be told at once.
    assert_ok(add(&w, &acceptor, made.number, CONTACT_ASKED, &second, NULL, &joined));
    assert_int_equal(waiting(&w, &acceptor, &items), 1);
    assert_recount(&w);
    world_end(&w);
}

static void a_merged_case_that_is_merged_again_takes_its_callers_along(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_reporter li = {.name = "Li", .phone = "555-0142"};
    struct contact_item *items = NULL;
    struct contact_result result;
    struct case_merged merged;
    struct case_result a = call(&w, &acceptor, &WANG, 0.0015);
    struct case_result b = call(&w, &acceptor, &li, 0.0016);
    struct case_result c = call(&w, &acceptor, NULL, 0.0017);
    assert_fails(merge(&w, &acceptor, a.case_id, a.number), ERROR_CONFLICT,
                 "case.merge_self");
    assert_fails(merge(&w, &acceptor, a.case_id, "T209901010001"), ERROR_NOT_FOUND,
                 "case.unknown");
    assert_ok(merge(&w, &acceptor, a.case_id, b.number));
    assert_int_equal(look(&w, a.case_id).summary.outcome, PROCESS_MERGED);
    assert_fails(merge(&w, &acceptor, b.case_id, a.number), ERROR_CONFLICT,
                 "case.merge_self");
    assert_int_equal(waiting(&w, &acceptor, &items), 0); // not an end for who called
    assert_ok(merge(&w, &acceptor, b.case_id, c.number));
    assert_ok(case_merged_read(w.db, a.case_id, w.arena, &merged, &error));
    assert_string_equal(merged.into, c.number);
    assert_ok(case_merged_read(w.db, c.case_id, w.arena, &merged, &error));
    assert_int_equal(merged.duplicate_count, 2);
    // The reporter of the first duplicate calls: led to where it lies now.
    assert_int_equal(find(&w, &acceptor, "13800138000", &items), 1);
    assert_int_equal(items[0].summary.id, c.case_id);
    assert_ok(add(&w, &acceptor, a.number, CONTACT_ASKED, &WANG, NULL, &result));
    assert_int_equal(result.case_id, c.case_id);
    assert_int_equal(result.named_id, a.case_id);
    struct contact_row *rows = NULL;
    size_t count = 0;
    assert_ok(contact_of_case(w.db, c.case_id, w.arena, &rows, &count, &error));
    assert_int_equal(count, 3); // of A, of B, and the question
    // Merged into a merged one: lands in the one that is open.
    struct case_result d = call(&w, &acceptor, NULL, 0.0018);
    assert_ok(merge(&w, &acceptor, d.case_id, a.number));
    assert_ok(case_merged_read(w.db, d.case_id, w.arena, &merged, &error));
    assert_string_equal(merged.into, c.number);
    w.now_ms += HOUR;
    assert_ok(act(&w, &acceptor, c.case_id, "reject", NOTE("No.")));
    assert_int_equal(waiting(&w, &acceptor, &items), 3); // all of them, once each
    struct case_result e = call(&w, &acceptor, NULL, 0.0019);
    assert_fails(merge(&w, &acceptor, e.case_id, d.number), ERROR_CONFLICT,
                 "case.merge_ended");
    assert_recount(&w);
    world_end(&w);
}

static void a_repeated_request_is_stored_once(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor other = person(9, ROLE_ACCEPTOR, 0, 0);
    struct contact_item *items = NULL;
    struct contact_result first, second;
    struct case_result made = call(&w, &acceptor, NULL, 0.0015);
    assert_ok(add(&w, &acceptor, made.number, CONTACT_JOINED, &WANG, NULL, &first));
    next_key--; // the same key once more
    assert_ok(add(&w, &acceptor, made.number, CONTACT_JOINED, &WANG, NULL, &second));
    assert_true(second.repeated);
    assert_int_equal(second.id, first.id);
    next_key--;
    assert_fails(add(&w, &other, made.number, CONTACT_JOINED, &WANG, NULL, &second),
                 ERROR_CONFLICT, "case.key_reused");
    assert_int_equal(find(&w, &acceptor, "13800138000", &items), 1);
    assert_int_equal(look(&w, made.case_id).history_count, 2);
    assert_ok(act(&w, &acceptor, made.case_id, "reject", NOTE("No.")));
    assert_ok(answer(&w, &acceptor, first.id, false, false));
    next_key--;
    assert_ok(answer(&w, &acceptor, first.id, false, false));
    assert_int_equal(waiting(&w, &acceptor, &items), 1);
    assert_int_equal(items[0].row.tries, 1);
    assert_recount(&w);
    world_end(&w);
}

// What the log holds goes into the database, and the log is emptied.
static void checkpoint(const struct world *w)
{
    char path[400];
    sqlite3 *handle;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(handle, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(handle);
}

// All bytes of the store's files.
static bool store_contains(const struct world *w, const char *text)
{
    char command[400];
    snprintf(command, sizeof command, "grep -r -q -a -F '%s' %s/data", text, w->folder);
    return system(command) == 0; // NOLINT(cert-env33-c): our own folder
}

static void who_is_erased_is_gone_from_every_byte(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor leader = person(3, ROLE_SHIFT_LEADER, 0, 0);
    struct contact_item *items = NULL;
    struct contact_result result;
    struct case_result made = call(&w, &acceptor, &WANG, 0.0015);
    assert_ok(add(&w, &acceptor, made.number, CONTACT_ASKED, &WANG, NULL, &result));
    checkpoint(&w);
    assert_true(store_contains(&w, "王小明"));
    assert_true(store_contains(&w, "0138000"));
    int64_t count = 0;
    {
        DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
        assert_ok(db_begin(w.db, DB_WRITE, &transaction, &error));
        assert_ok(contact_erase(w.db, &leader, result.id, true, w.now_ms, &count, &error));
        assert_ok(db_commit(&transaction, &error));
    }
    assert_int_equal(count, 2); // both contacts of the number
    assert_int_equal(find(&w, &acceptor, "13800138000", &items), 0);
    w.db = db_close(w.db);
    checkpoint(&w);
    static const char *const TRACES[] = {"王小明",        "13800138000",    "0138000",
                                         "138-0013-8000", "Lane 4, door 7", "It stinks."};
    for (size_t i = 0; i < sizeof TRACES / sizeof *TRACES; i++)
        if (store_contains(&w, TRACES[i]))
            fail_msg("'%s' is still in the store", TRACES[i]);
    assert_ok(db_open(w.store, "t", DB_CASES, DB_WRITE, &w.db, &error));
    struct contact_row *rows = NULL;
    size_t rows_count = 0;
    assert_ok(contact_of_case(w.db, made.case_id, w.arena, &rows, &rows_count, &error));
    assert_int_equal(rows_count, 2); // that there were contacts stays
    assert_true(rows[0].erased && rows[1].erased);
    assert_string_equal(rows[0].name, "");
    assert_recount(&w);
    world_end(&w);
}

static void a_look_behind_the_mask_is_kept_with_its_reason(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct actor inspector = person(5, ROLE_INSPECTOR, 0, 0);
    struct case_result made = call(&w, &acceptor, &WANG, 0.0015);
    uint8_t key[16] = {0x7c}, body[HASH_SIZE] = {3};
    struct contact_unmasking unmasking = {.actor = &inspector,
                                          .case_id = made.case_id,
                                          .reason = "",
                                          .now_ms = w.now_ms,
                                          .key = key,
                                          .body_digest = body};
    struct contact_look *looks = NULL;
    size_t count = 0;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w.db, DB_WRITE, &transaction, &error));
    assert_fails(contact_unmask(w.db, &unmasking, &error), ERROR_INPUT, "contact.reason");
    unmasking.reason = "A complaint about the call.";
    assert_ok(contact_unmask(w.db, &unmasking, &error));
    assert_ok(contact_unmask(w.db, &unmasking, &error)); // sent again: one look
    assert_ok(contact_looks(w.db, made.case_id, 0, 10, w.arena, &looks, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(looks[0].person_id, 5);
    assert_string_equal(looks[0].number, made.number);
    assert_ok(db_commit(&transaction, &error));
    world_end(&w);
}

static void duplicates_are_near_in_class_distance_and_time(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_near *items = NULL;
    size_t count = 0;
    struct case_result near = call(&w, &acceptor, NULL, 0.0015);
    struct case_result nearer = call(&w, &acceptor, &WANG, 0.00205);
    struct case_result far = call(&w, &acceptor, NULL, 0.0035);
    (void)far;
#define NEAR(class_id, except, now)                                                        \
    assert_ok(case_near(w.db, w.city, &acceptor, class_id, 0.0021, 0.0015, except, now,    \
                        w.arena, &items, &count, &error))
    NEAR(1, 0, w.now_ms);
    assert_int_equal(count, 2);
    assert_int_equal(items[0].summary.id, nearer.case_id);
    assert_int_equal(items[0].contacts, 1);
    assert_true(items[0].distance_m > 5 && items[0].distance_m < 6);
    assert_int_equal(items[1].summary.id, near.case_id);
    NEAR(1, nearer.case_id, w.now_ms);
    assert_int_equal(count, 1);
    NEAR(2, 0, w.now_ms); // another class
    assert_int_equal(count, 0);
    NEAR(1, 0, w.now_ms + 91 * 24 * HOUR); // too old
    assert_int_equal(count, 0);
    assert_ok(act(&w, &acceptor, near.case_id, "reject", NOTE("No.")));
    NEAR(1, 0, w.now_ms); // ended
    assert_int_equal(count, 1);
    assert_fails(case_near(w.db, w.city, &acceptor, 99, 0, 0, 0, w.now_ms, w.arena, &items,
                           &count, &error),
                 ERROR_INPUT, "case.class_unknown");
    world_end(&w);
}

static void break_store(const struct world *w, const char *text)
{
    char path[400];
    sqlite3 *handle;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

static void a_lost_contact_is_found_by_the_recount(void **state)
{
    (void)state;
    struct world w;
    world_begin(&w, "standard");
    struct actor acceptor = person(2, ROLE_ACCEPTOR, 0, 0);
    struct case_result a = call(&w, &acceptor, &WANG, 0.0015);
    struct case_result b = call(&w, &acceptor, NULL, 0.0016);
    struct case_result c = call(&w, &acceptor, NULL, 0.0017);
    assert_ok(merge(&w, &acceptor, a.case_id, b.number));
    assert_ok(merge(&w, &acceptor, b.case_id, c.number));
    assert_recount(&w);
    break_store(&w, "UPDATE case_merge SET survivor_id = into_id");
    assert_int_equal(findings(&w, "merge.astray"), 1);
    break_store(&w, "DELETE FROM contact; DELETE FROM case_merge");
    assert_int_equal(findings(&w, "contact.differs"), 1);
    assert_int_equal(findings(&w, "merge.differs"), 2);
    world_end(&w);
}

// ---- a store of the program before contacts ----
static void sql(sqlite3 *handle, const char *text)
{
    char *message = NULL;
    if (sqlite3_exec(handle, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
}

// INSERT of a row whose other compulsory columns are 1, '1' or 32 zero bytes.
static void insert(sqlite3 *handle, const char *table, const char *columns,
                   const char *values)
{
    char text[200], given[200], names[4000], fill[4000];
    snprintf(given, sizeof given, " %s,", columns);
    sqlite3_stmt *s = NULL;
    snprintf(text, sizeof text,
             "SELECT name, type FROM pragma_table_info('%s') WHERE "
             "\"notnull\" = 1 AND dflt_value IS NULL",
             table);
    assert_int_equal(sqlite3_prepare_v2(handle, text, -1, &s, NULL), SQLITE_OK);
    size_t used =
        (size_t)snprintf(names, sizeof names, "INSERT INTO %s (%s", table, columns);
    size_t filled = (size_t)snprintf(fill, sizeof fill, "%s", values);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        const char *type = (const char *)sqlite3_column_text(s, 1);
        char word[80];
        snprintf(word, sizeof word, " %s,", name);
        if (strstr(given, word) != NULL)
            continue;
        used += (size_t)snprintf(names + used, sizeof names - used, ", %s", name);
        filled += (size_t)snprintf(fill + filled, sizeof fill - filled, ", %s",
                                   strcmp(type, "BLOB") == 0   ? "zeroblob(32)"
                                   : strcmp(type, "TEXT") == 0 ? "'1'"
                                                               : "1");
    }
    sqlite3_finalize(s);
    char whole[9000];
    snprintf(whole, sizeof whole, "%s) VALUES (%s)", names, fill);
    sql(handle, whole);
}

static void reporters_of_an_older_store_become_contacts(void **state)
{
    (void)state;
    char folder[256], location[300], path[400];
    struct db_store *store = NULL;
    struct db *db = NULL;
    sqlite3 *handle;
    temporary_folder(folder, sizeof folder);
    snprintf(location, sizeof location, "%s/data", folder);
    db_migrations_until(109);
    assert_ok(db_store_open(location, DB_STORE_CREATE | DB_STORE_UNSAFE, &store, &error));
    assert_ok(db_store_city_create(store, "t", 1, &error));
    db_store_close(store);
    snprintf(path, sizeof path, "%s/cities/t/cases.db", location);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    sql(handle, "INSERT INTO reporter (reporter_id, name, phone, email, agreed) VALUES "
                "(1, 'Ann', '+86 (10) 6251-2345', NULL, 0), (2, 'Bob', NULL, 'b@x', 0)");
    insert(handle, "case_file", "case_id, number, reporter_id, source, stage, outcome",
           "1, 'T1', 1, 1, 1, 0");
    insert(handle, "case_file", "case_id, number, reporter_id, source, stage, outcome",
           "2, 'T2', 2, 2, 1, 0");
    insert(handle, "case_file", "case_id, number, reporter_id, source, stage, outcome",
           "3, 'T3', NULL, 0, 1, 0");
    for (int i = 1; i <= 3; i++) {
        char values[20];
        snprintf(values, sizeof values, "%d", i);
        insert(handle, "fact", "case_id", values);
    }
    sqlite3_close(handle);
    db_migrations_until(INT_MAX);
    assert_ok(db_store_open(location, DB_STORE_UNSAFE, &store, &error));
    assert_ok(db_open(store, "t", DB_CASES, DB_READ, &db, &error));
    struct arena *arena = arena_new(1024 * 1024);
    struct contact_row *rows = NULL;
    size_t count = 0;
    assert_ok(contact_of_case(db, 1, arena, &rows, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].channel, CONTACT_CALL);
    assert_string_equal(rows[0].name, "Ann");
    assert_ok(contact_of_case(db, 2, arena, &rows, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].channel, CONTACT_WEB);
    arena_free(arena);
    db_close(db);
    db_store_close(store);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    sqlite3_stmt *s = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(
            handle,
            "SELECT phone_digits, phone_tail, (SELECT sum(contacts) FROM fact) "
            "FROM reporter WHERE reporter_id = 1",
            -1, &s, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(s, 0), "861062512345");
    assert_string_equal((const char *)sqlite3_column_text(s, 1), "2512345");
    assert_int_equal(sqlite3_column_int(s, 2), 2);
    sqlite3_finalize(s);
    sqlite3_close(handle);
    temporary_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_same_however_they_are_written),
        cmocka_unit_test(a_caller_is_found_by_number_and_sees_what_became_of_it),
        cmocka_unit_test(everybody_who_told_of_a_case_is_answered),
        cmocka_unit_test(a_merged_case_that_is_merged_again_takes_its_callers_along),
        cmocka_unit_test(a_repeated_request_is_stored_once),
        cmocka_unit_test(who_is_erased_is_gone_from_every_byte),
        cmocka_unit_test(a_look_behind_the_mask_is_kept_with_its_reason),
        cmocka_unit_test(duplicates_are_near_in_class_distance_and_time),
        cmocka_unit_test(a_lost_contact_is_found_by_the_recount),
        cmocka_unit_test(reporters_of_an_older_store_become_contacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
