// SPDX-License-Identifier: MPL-2.0
// Roots over histories: what they are made of, what they find when somebody changed the
// store behind the product's back, and receipts that are checked without it.
#include "case_world.h"

#include <stdlib.h>

#include <sqlite3.h>

#include <gridcase/cases/seal.h>
#include <gridcase/core/tree.h>

#include "../../src/cases/seal_internal.h"
// after it: both name a file of the cases room
#include "../../src/cases/case_internal.h"

#define DAY (24 * HOUR)

// ---- trees ----
// Leaves and roots of the reference tests of Certificate Transparency (RFC 6962).
static void trees_are_those_of_rfc_6962(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *root;
    } LEAVES[] = {
        {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"\x40\x41\x42\x43", 4,
         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    struct tree tree;
    uint8_t root[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    tree_init(&tree, TREE_NO_LEAF);
    tree_root(&tree, root);
    hash_to_hex(root, hex);
    assert_string_equal(hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t n = 1; n <= sizeof LEAVES / sizeof LEAVES[0]; n++) {
        tree_init(&tree, TREE_NO_LEAF);
        for (size_t i = 0; i < n; i++)
            tree_add(&tree, LEAVES[i].bytes, LEAVES[i].length);
        tree_root(&tree, root);
        hash_to_hex(root, hex);
        assert_string_equal(hex, LEAVES[n - 1].root);
    }
}

static void every_leaf_has_its_path(void **state)
{
    (void)state;
    for (uint64_t count = 1; count <= 67; count++)
        for (uint64_t target = 0; target < count; target++) {
            struct tree tree;
            uint8_t root[HASH_SIZE], again[HASH_SIZE];
            tree_init(&tree, target);
            for (uint64_t i = 0; i < count; i++)
                tree_add(&tree, &i, sizeof i);
            tree_root(&tree, root);
            const uint8_t(*path)[HASH_SIZE] = (const uint8_t(*)[HASH_SIZE])tree.path;
            assert_true(tree_root_of(&target, sizeof target, target, count, path,
                                     tree.path_count, again));
            assert_memory_equal(root, again, HASH_SIZE);
            uint64_t other = target + 1;
            bool fits = tree_root_of(&other, sizeof other, target, count, path,
                                     tree.path_count, again);
            assert_false(fits && memcmp(root, again, HASH_SIZE) == 0);
            fits = tree_root_of(&target, sizeof target, (target + 1) % count, count, path,
                                tree.path_count, again);
            assert_false(count > 1 && fits && memcmp(root, again, HASH_SIZE) == 0);
        }
}

// ---- roots ----
static struct case_seal seal_now(struct world *w)
{
    struct case_seal seal;
    bool added = false;
    assert_ok(case_seal_make(w->db, w->now_ms, &seal, &error));
    if (seal.number == 0)
        return seal;
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(case_seal_add(w->db, &seal, &added, &error));
    assert_ok(db_commit(&transaction, &error));
    assert_true(added);
    return seal;
}

struct told {
    char slugs[20][40];
    size_t count;
};
static void note(void *context, const char *slug, const char *message)
{
    struct told *told = context;
    (void)message;
    if (told->count < 20)
        snprintf(told->slugs[told->count++], 40, "%s", slug);
}
static bool was_told(const struct told *told, const char *slug)
{
    for (size_t i = 0; i < told->count; i++)
        if (strcmp(told->slugs[i], slug) == 0)
            return true;
    return false;
}

static struct seal_proof prove(struct world *w, const char *roots, struct told *told)
{
    struct seal_outside *outside = NULL;
    struct seal_proof proof;
    size_t count = 0;
    *told = (struct told){0};
    if (roots != NULL)
        assert_ok(seal_outside_read(roots, strlen(roots), &outside, &count, &error));
    assert_ok(case_seal_prove(w->db, outside, count, note, told, &proof, &error));
    assert_int_equal(proof.problems, told->count);
    free(outside);
    return proof;
}

// Two days' work: three cases, a root, their ends and one more, a root. Both printed.
static void two_days(struct world *w, int64_t ids[4], char roots[2 * SEAL_LINE_SIZE])
{
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    char line[SEAL_LINE_SIZE];
    world_begin(w, "boston");
    for (int i = 0; i < 3; i++) {
        assert_ok(report_as(w, &clerk, 1, 0.0015, 0.0015, &result));
        ids[i] = result.case_id;
        w->now_ms += MINUTE;
    }
    struct case_seal seal = seal_now(w);
    assert_int_equal(seal.number, 1);
    assert_int_equal(seal.rows, 3);
    case_seal_line(&seal, line);
    snprintf(roots, 2 * SEAL_LINE_SIZE, "%s\n", line);
    w->now_ms += DAY;
    for (int i = 0; i < 2; i++)
        assert_ok(act(w, &clerk, ids[i], "close", NOTE("Filled.")));
    assert_ok(report_as(w, &clerk, 1, 0.0015, 0.0015, &result));
    ids[3] = result.case_id;
    seal = seal_now(w);
    assert_int_equal(seal.number, 2);
    assert_int_equal(seal.rows, 3);
    case_seal_line(&seal, line);
    strncat(roots, line, SEAL_LINE_SIZE);
}

static void roots_follow_from_each_other(void **state)
{
    (void)state;
    struct world w;
    struct told told;
    int64_t ids[4];
    char roots[2 * SEAL_LINE_SIZE];
    two_days(&w, ids, roots);
    struct seal_proof proof = prove(&w, NULL, &told);
    assert_int_equal(told.count, 0);
    assert_int_equal(proof.roots, 2);
    assert_int_equal(proof.rows, 6);
    assert_int_equal(proof.matched, 0);
    proof = prove(&w, roots, &told);
    assert_int_equal(told.count, 0);
    assert_int_equal(proof.matched, 2);
    assert_int_equal(proof.covered, 6);
    assert_int_equal(proof.unsealed, 0);
    // Nothing came: no root. What comes later is told as not covered.
    assert_int_equal(seal_now(&w).number, 0);
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    assert_ok(act(&w, &clerk, ids[3], "comment", NOTE("Later.")));
    assert_int_equal(prove(&w, roots, &told).unsealed, 1);
    assert_int_equal(told.count, 0);
    assert_recount(&w);
    world_end(&w);
}

static void a_root_is_made_once_a_day_and_by_one_server(void **state)
{
    (void)state;
    struct world w;
    struct case_seal ours, theirs;
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    struct case_result result;
    bool due = true, added = false;
    world_begin(&w, "boston");
    const struct calendar *calendar = city_calendar(w.city, 0);
    assert_ok(case_seal_due(w.db, calendar, w.now_ms, &due, &error));
    assert_false(due); // nothing there
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &result));
    assert_ok(case_seal_due(w.db, calendar, w.now_ms, &due, &error));
    assert_true(due);
    assert_ok(case_seal_make(w.db, w.now_ms, &ours, &error));
    assert_ok(case_seal_make(w.db, w.now_ms + 1, &theirs, &error));
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w.db, DB_WRITE, &transaction, &error));
    assert_ok(case_seal_add(w.db, &theirs, &added, &error));
    assert_true(added);
    assert_ok(case_seal_add(w.db, &ours, &added, &error));
    assert_false(added);
    assert_ok(db_commit(&transaction, &error));
    w.now_ms += HOUR;
    assert_ok(report_as(&w, &clerk, 1, 0.0015, 0.0015, &result));
    assert_ok(case_seal_due(w.db, calendar, w.now_ms, &due, &error));
    assert_false(due); // 10:00, the last one is of this morning
    assert_ok(case_seal_due(w.db, calendar, MORNING + 15 * HOUR, &due, &error));
    assert_true(due); // midnight has come
    // A clock set back by days makes none early, and one made by hand still follows.
    assert_ok(case_seal_due(w.db, calendar, MORNING - 3 * DAY, &due, &error));
    assert_false(due);
    w.now_ms = MORNING - 3 * DAY;
    struct told told;
    assert_int_equal(seal_now(&w).number, 2);
    assert_int_equal(prove(&w, NULL, &told).roots, 2);
    assert_int_equal(told.count, 0);
    world_end(&w);
}

static void a_file_of_roots_may_be_a_letter(void **state)
{
    (void)state;
    struct seal_outside *roots = NULL;
    size_t count = 0;
    static const char LETTER[] =
        "Dear auditor,\r\n\r\nroot 7 2026-11-22T18:00:00.000Z 40231 318 "
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\nYours\r\n";
    assert_ok(seal_outside_read(LETTER, sizeof LETTER - 1, &roots, &count, &error));
    assert_int_equal(count, 1);
    assert_int_equal(roots[0].number, 7);
    free(roots);
    assert_fails(seal_outside_read("Dear", 4, &roots, &count, &error), ERROR_INPUT,
                 "root.none");
    assert_fails(seal_outside_read("root 7 x", 8, &roots, &count, &error), ERROR_INPUT,
                 "root.line");
}

// ---- somebody with the file ----
static bool on_sqlite(void)
{
    const char *engine = getenv("GRIDCASE_ENGINE");
    return engine == NULL || strcmp(engine, "postgres") != 0;
}

static void raw(const struct world *w, const char *statements)
{
    char path[400];
    sqlite3 *file = NULL;
    snprintf(path, sizeof path, "%s/data/cities/t/cases.db", w->folder);
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(file, statements, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_total_changes(file) > 0);
    assert_int_equal(sqlite3_close(file), SQLITE_OK);
}

static void raw_digest(const struct world *w, const char *what,
                       const uint8_t digest[HASH_SIZE], const char *where)
{
    char text[400], hex[HASH_HEX_SIZE];
    hash_to_hex(digest, hex);
    snprintf(text, sizeof text, "UPDATE %s = x'%s' WHERE %s", what, hex, where);
    raw(w, text);
}

// The forger knows the form: counts the chain of a case anew from its rows.
static void forge_chain(struct world *w, int64_t case_id)
{
    uint8_t digest[20][HASH_SIZE] = {{0}};
    int64_t seqs[20];
    size_t count = 0;
    char where[100];
    struct db_statement *s = NULL;
    struct case_detail detail = look(w, case_id);
    assert_ok(db_prepare(w->db, QUERY_HISTORY_LIST, &s, &error));
    db_bind_int(s, 1, case_id);
    db_bind_int(s, 2, 0);
    db_bind_int(s, 3, 0);
    while (db_step(s, &error) == DB_ROW && count < 19) {
        struct history_entry entry;
        history_entry_read(s, detail.summary.number, &entry);
        seqs[count] = entry.seq;
        history_digest(&entry, digest[count], digest[count + 1]);
        count++;
    }
    db_finish(s);
    for (size_t i = 0; i < count; i++) {
        snprintf(where, sizeof where, "case_id = %lld AND seq = %lld", (long long)case_id,
                 (long long)seqs[i]);
        raw_digest(w, "history SET digest", digest[i + 1], where);
    }
    snprintf(where, sizeof where, "case_id = %lld", (long long)case_id);
    raw_digest(w, "case_file SET digest", digest[count], where);
}

// And all roots, with their times and positions.
static void forge_roots(struct world *w)
{
    struct case_seal *seals = NULL, before = {0};
    size_t count = 0;
    char where[60], text[100];
    assert_ok(case_seal_list(w->db, 0, 10, w->arena, &seals, &count, &error));
    for (size_t i = count; i-- > 0;) {
        struct tree tree;
        struct seal_leaves leaves = {
            .after = before.last, .last = seals[i].last, .trees = &tree, .tree_count = 1};
        tree_init(&tree, TREE_NO_LEAF);
        assert_ok(seal_add_leaves(w->db, &leaves, &error));
        seals[i].rows = leaves.rows;
        tree_root(&tree, seals[i].tree);
        memcpy(seals[i].before, before.root, HASH_SIZE);
        seal_root(&seals[i], seals[i].root);
        before = seals[i];
        snprintf(where, sizeof where, "number = %lld", (long long)seals[i].number);
        raw_digest(w, "proof_root SET tree", seals[i].tree, where);
        raw_digest(w, "proof_root SET root", seals[i].root, where);
        snprintf(text, sizeof text, "UPDATE proof_root SET row_count = %lld WHERE %s",
                 (long long)seals[i].rows, where);
        raw(w, text);
    }
}

// The store is whole in itself and only the roots outside tell.
static void assert_only_outside_tells(struct world *w, const char *roots, const char *slug)
{
    struct told told;
    assert_recount(w);
    prove(w, NULL, &told);
    assert_int_equal(told.count, 0);
    prove(w, roots, &told);
    assert_true(was_told(&told, slug));
}

static void a_changed_word_is_found_though_every_digest_was_counted_anew(void **state)
{
    (void)state;
    struct world w;
    struct told told;
    int64_t ids[4];
    char roots[2 * SEAL_LINE_SIZE];
    two_days(&w, ids, roots);
    raw(&w, "UPDATE history SET opinion = 'Never said.' WHERE case_id = 1 AND seq = 2");
    assert_int_equal(findings(&w, "chain.broken"), 1);
    forge_chain(&w, 1);
    assert_recount(&w);
    prove(&w, NULL, &told); // the roots inside still tell
    assert_true(was_told(&told, "root.tree"));
    forge_roots(&w);
    assert_only_outside_tells(&w, roots, "root.outside");
    world_end(&w);
}

static void a_case_that_was_dropped_or_added_is_found(void **state)
{
    (void)state;
    struct world w;
    struct told told;
    int64_t ids[4];
    char roots[2 * SEAL_LINE_SIZE];
    two_days(&w, ids, roots);
    // The second day's report goes, as if it had never come.
    raw(&w, "PRAGMA foreign_keys = OFF;"
            "DELETE FROM change WHERE position = 6; DELETE FROM history WHERE case_id = 4;"
            "DELETE FROM fact WHERE case_id = 4; DELETE FROM case_clock WHERE case_id = 4;"
            "DELETE FROM case_task WHERE task_id / 1024 = 4;"
            "DELETE FROM case_open_point WHERE case_id = 4;"
            "DELETE FROM case_file WHERE case_id = 4;"
            "UPDATE rollup_department SET opened = opened - 1 WHERE opened = 1;"
            "UPDATE rollup_area SET opened = opened - 1 WHERE opened = 1;");
    prove(&w, NULL, &told);
    assert_true(was_told(&told, "root.rows_dropped"));
    forge_roots(&w);
    assert_only_outside_tells(&w, roots, "root.outside");
    // And one is put into the first day, with a position of its own.
    raw(&w, "UPDATE change SET position = position + 1 WHERE position = 5;"
            "UPDATE change SET position = position + 1 WHERE position = 4;"
            "INSERT INTO change SELECT 4, 1, 1, kind, stage, at, moved FROM change "
            "WHERE position = 1");
    raw(&w, "UPDATE proof_root SET last_position = last_position + 1");
    prove(&w, roots, &told);
    assert_true(was_told(&told, "root.rows_added"));
    world_end(&w);
}

static void a_store_cut_short_is_found(void **state)
{
    (void)state;
    struct world w;
    struct told told;
    int64_t ids[4];
    char roots[2 * SEAL_LINE_SIZE];
    two_days(&w, ids, roots);
    raw(&w, "DELETE FROM proof_root WHERE number = 2");
    struct seal_proof proof = prove(&w, NULL, &told);
    assert_int_equal(told.count, 0);
    assert_int_equal(proof.unsealed, 3);
    prove(&w, roots, &told);
    assert_true(was_told(&told, "root.missing"));
    world_end(&w);
}

// What is kept beside the history follows from it.
static void case_row_facts_and_rollups_are_rebuilt_from_the_history(void **state)
{
    (void)state;
    static const struct {
        const char *statement, *slug;
    } TAMPERINGS[] = {
        {"UPDATE case_file SET class_id = 2 WHERE case_id = 1", "case.differs"},
        {"UPDATE case_file SET area_1 = 102 WHERE case_id = 1", "case.differs"},
        {"UPDATE case_file SET grid_id = 13 WHERE case_id = 1", "case.differs"},
        {"UPDATE case_file SET lon = lon + 0.001 WHERE case_id = 1", "case.differs"},
        {"UPDATE case_file SET description = 'Other.' WHERE case_id = 1", "case.differs"},
        {"UPDATE case_file SET opened_at = opened_at + 1 WHERE case_id = 1",
         "case.differs"},
        {"UPDATE case_file SET closed_at = closed_at - 1 WHERE case_id = 1",
         "case.differs"},
        {"UPDATE case_file SET reported_by = 8 WHERE case_id = 1", "case.differs"},
        {"UPDATE case_file SET source = 2 WHERE case_id = 1", "case.differs"},
        {"UPDATE fact SET handled_in_time = 1 WHERE case_id = 1", "fact.differs"},
        {"UPDATE fact SET closed_at = closed_at - 60000 WHERE case_id = 1", "fact.differs"},
        {"UPDATE rollup_department SET closed_in_time = closed_in_time + 1",
         "rollup.differs"},
        {"UPDATE rollup_area SET opened = opened + 1", "rollup.differs"},
        {"DELETE FROM rollup_area", "rollup.differs"},
        {"DELETE FROM fact WHERE case_id = 1", "fact.missing"},
        {"UPDATE fact SET case_id = 99 WHERE case_id = 1", "fact.stray"},
        {"UPDATE history SET case_id = 99 WHERE case_id = 1 AND seq = 1", "history.stray"},
        {"UPDATE case_task SET task_id = task_id + 1048576 WHERE task_id < 2048",
         "task.stray"},
        {"DELETE FROM change WHERE position = 2", "change.missing"},
    };
    for (size_t i = 0; i < sizeof TAMPERINGS / sizeof TAMPERINGS[0]; i++) {
        struct world w;
        int64_t ids[4];
        char roots[2 * SEAL_LINE_SIZE];
        two_days(&w, ids, roots);
        raw(&w, TAMPERINGS[i].statement);
        if (findings(&w, TAMPERINGS[i].slug) == 0)
            fail_msg("not found: %s", TAMPERINGS[i].statement);
        world_end(&w);
    }
}

// ---- receipts ----
static void a_receipt_is_checked_without_the_store(void **state)
{
    (void)state;
    struct world w;
    int64_t ids[4];
    char roots[2 * SEAL_LINE_SIZE];
    struct seal_outside *outside = NULL;
    size_t count = 0;
    struct seal_receipt_proof proof;
    struct buffer receipt BUFFER_CLEANUP;
    two_days(&w, ids, roots);
    struct actor clerk = person(7, ROLE_DEPARTMENT, 0, 2);
    assert_ok(act(&w, &clerk, ids[2], "comment", NOTE("Not sealed yet.")));
    assert_ok(seal_outside_read(roots, strlen(roots), &outside, &count, &error));
    buffer_init(&receipt, BUFFER_CEILING_REPLY);
    assert_ok(case_receipt(w.db, ids[0], &receipt, &error));
    assert_ok(
        seal_receipt_check(receipt.data, receipt.length, outside, count, &proof, &error));
    assert_int_equal(proof.rows, 2); // one of each day
    assert_int_equal(proof.sealed, 2);
    assert_int_equal(proof.outside, 2);
    assert_int_equal(proof.last_root, 2);
    assert_null(strstr(receipt.data, "Filled.")); // digests, no words
    // One that says something else is refused, at each of its joints.
    const char *const LIES[][3] = {
        {"department 2", "department 3", "receipt.chain"},
        {"\"index\":0", "\"index\":1", "receipt.path"},
        {"\"rows\":3", "\"rows\":4", "receipt.root"},
    };
    for (size_t i = 0; i < 3; i++) {
        char *at = strstr(receipt.data, LIES[i][0]);
        assert_non_null(at);
        memcpy(at, LIES[i][1], strlen(LIES[i][1]));
        assert_fails(seal_receipt_check(receipt.data, receipt.length, outside, count,
                                        &proof, &error),
                     ERROR_INPUT, LIES[i][2]);
        memcpy(at, LIES[i][0], strlen(LIES[i][0]));
    }
    outside[1].root[0] ^= 1;
    assert_fails(
        seal_receipt_check(receipt.data, receipt.length, outside, count, &proof, &error),
        ERROR_INPUT, "receipt.root");
    buffer_clear(&receipt);
    assert_ok(case_receipt(w.db, ids[2], &receipt, &error));
    assert_ok(seal_receipt_check(receipt.data, receipt.length, NULL, 0, &proof, &error));
    assert_int_equal(proof.rows, 2);
    assert_int_equal(proof.sealed, 1);
    assert_int_equal(proof.outside, 0);
    free(outside);
    world_end(&w);
}

int main(void)
{
    const struct CMUnitTest everywhere[] = {
        cmocka_unit_test(trees_are_those_of_rfc_6962),
        cmocka_unit_test(every_leaf_has_its_path),
        cmocka_unit_test(roots_follow_from_each_other),
        cmocka_unit_test(a_root_is_made_once_a_day_and_by_one_server),
        cmocka_unit_test(a_file_of_roots_may_be_a_letter),
        cmocka_unit_test(a_receipt_is_checked_without_the_store),
    };
    const struct CMUnitTest with_the_file[] = {
        cmocka_unit_test(a_changed_word_is_found_though_every_digest_was_counted_anew),
        cmocka_unit_test(a_case_that_was_dropped_or_added_is_found),
        cmocka_unit_test(a_store_cut_short_is_found),
        cmocka_unit_test(case_row_facts_and_rollups_are_rebuilt_from_the_history),
    };
    int failed = cmocka_run_group_tests(everywhere, NULL, NULL);
    return failed + (on_sqlite() ? cmocka_run_group_tests(with_the_file, NULL, NULL) : 0);
}
