// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/pool.h>
#include <gridcase/core/table.h>
#include <gridcase/core/text.h>

static void error_is_prefixed_on_the_way_up(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, ERROR_INPUT, "a.b", "row %d", 3), ERROR_INPUT);
    assert_int_equal(error_prefix(&error, "file %s", "x"), ERROR_INPUT);
    assert_string_equal(error.message, "file x: row 3");
    assert_int_equal(error_http_status(ERROR_CONFLICT), 409);
    assert_int_equal(error_http_status(-999), 500);
}

static void buffer_stops_at_its_ceiling(void **state)
{
    (void)state;
    struct buffer buffer BUFFER_CLEANUP;
    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "12345");
    buffer_format(&buffer, "%d", 67890);
    assert_int_equal(buffer_check(&buffer, NULL), 0);
    assert_string_equal(buffer.data, "1234567890");
    buffer_append_char(&buffer, 'x');
    assert_int_equal(buffer_check(&buffer, NULL), ERROR_LIMIT);
    assert_int_equal(buffer.length, 10);
}

static void arena_refuses_past_its_ceiling(void **state)
{
    (void)state;
    ARENA_CLEANUP struct arena *arena = arena_new(100000);
    assert_string_equal(arena_format(arena, "%s-%d", "a", 1), "a-1");
    assert_non_null(arena_alloc(arena, 90000));
    assert_null(arena_alloc(arena, 90000));
    assert_null(arena_array(arena, SIZE_MAX, 2));
}

static void numbers_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-",  "1 ", "0x1", "9223372036854775808",
                                      "1.0", "1e3"};
    int64_t number = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(text_to_int(bad[i], strlen(bad[i]), &number, NULL), ERROR_INPUT);
    assert_int_equal(number, 7);
    assert_int_equal(text_to_int("-9223372036854775808", 20, &number, NULL), 0);
    assert_true(number == INT64_MIN);
    static const char *const bad_doubles[] = {"",      "nan", "inf",  "1,5",
                                              "0x1p3", " 1",  "1e999"};
    double value = 7;
    for (size_t i = 0; i < sizeof bad_doubles / sizeof *bad_doubles; i++)
        assert_int_equal(
            text_to_double(bad_doubles[i], strlen(bad_doubles[i]), &value, NULL),
            ERROR_INPUT);
    assert_int_equal(text_to_double("-71.25", 6, &value, NULL), 0);
    assert_true(value == -71.25);
}

static void utf8_is_checked(void **state)
{
    (void)state;
    assert_true(text_is_utf8("井盖 manhole", strlen("井盖 manhole")));
    assert_int_equal(text_characters("井盖", strlen("井盖")), 2);
    assert_false(text_is_utf8("\xC0\xAF", 2));
    assert_false(text_is_utf8("\xED\xA0\x80", 3));
    assert_false(text_is_utf8("\xF4\x90\x80\x80", 4));
    assert_false(text_is_utf8("a\0b", 3));
    assert_false(text_is_utf8("\xE4\xBA", 2));
}

static void instants_round_trip(void **state)
{
    (void)state;
    char text[INSTANT_TEXT_SIZE];
    int64_t instant = 0;
    for (int64_t ms = -62135596800000; ms < 253402300799000;
         ms += 86400000LL * 97 + 12345678) {
        instant_to_text(ms, text);
        assert_int_equal(instant_from_text(text, strlen(text), &instant, NULL), 0);
        assert_true(instant == ms);
    }
    assert_int_equal(instant_from_text("2026-11-22T11:09:00+08:00", 25, &instant, NULL), 0);
    instant_to_text(instant, text);
    assert_string_equal(text, "2026-11-22T03:09:00.000Z");
    static const char *const bad[] = {"2026-02-30T00:00:00Z", "2026-11-22T03:09:00",
                                      "2026-11-22", "2026-11-22T24:00:00Z",
                                      "2026-11-22T03:09:00.Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(instant_from_text(bad[i], strlen(bad[i]), &instant, NULL),
                         ERROR_INPUT);
}

static void json_getters_name_the_member(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":\"x\",\"n\":9007199254740993,\"l\":[1,{\"b\":true}],\"z\":null}";
    struct error error = {0};
    JSON_CLEANUP struct json *json = NULL;
    assert_int_equal(json_parse(text, strlen(text), &json, &error), 0);
    int64_t number = 0;
    assert_int_equal(json_get_int(json, "n", JSON_REQUIRED, 0, INT64_MAX, &number, &error),
                     0);
    assert_true(number == 9007199254740993);
    assert_int_equal(json_get_int(json, "a", JSON_REQUIRED, 0, 1, &number, &error),
                     ERROR_INPUT);
    assert_non_null(strstr(error.message, "'a'"));
    assert_int_equal(json_get_int(json, "z", JSON_REQUIRED, 0, 1, &number, &error),
                     ERROR_INPUT);
    assert_string_equal(error.slug, "json.missing");
    const struct json *list = NULL;
    assert_int_equal(json_get_array(json, "l", JSON_REQUIRED, &list, &error), 0);
    assert_int_equal(json_array_length(list), 2);
    const char *const names[] = {"a", "n", "l", NULL};
    assert_int_equal(json_only(json, names, &error), ERROR_INPUT);
}

static void json_bad_documents_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"{\"a\":1,\"a\":2}", "{} x", "[1,]",
                                      "\"\xff\"",          "",     "{\"a\":NaN}"};
    struct json *json = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(json_parse(bad[i], strlen(bad[i]), &json, NULL), ERROR_INPUT);
    char deep[200] = {0};
    memset(deep, '[', 50);
    memset(deep + 50, ']', 50);
    struct error error = {0};
    assert_int_equal(json_parse(deep, 100, &json, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "json.too_deep");
    assert_null(json);
}

static void json_writer_escapes_and_nests(void **state)
{
    (void)state;
    struct buffer buffer BUFFER_CLEANUP;
    buffer_init(&buffer, 4096);
    struct json_writer writer;
    json_writer_init(&writer, &buffer);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "t", "a\"\\\n\x01井");
    json_begin_array(&writer, "l");
    json_put_int(&writer, NULL, -5);
    json_put_bool(&writer, NULL, true);
    json_begin_object(&writer, NULL);
    json_end_object(&writer);
    json_end_array(&writer);
    json_put_instant(&writer, "i", INSTANT_NONE);
    json_put_double(&writer, "d", 1.5, 2);
    json_end_object(&writer);
    assert_string_equal(
        buffer.data,
        "{\"t\":\"a\\\"\\\\\\n\\u0001井\",\"l\":[-5,true,{}],\"i\":null,\"d\":1.50}");
}

static void csv_round_trips_and_keeps_zeros(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "Code, Name\r\n0101,\"a,\"\"b\"\"\nc\"\r\n\r\n0102,\n";
    struct error error = {0};
    TABLE_CLEANUP struct table *table = NULL;
    assert_int_equal(table_parse_csv("t", "t.csv", text, strlen(text), &table, &error), 0);
    assert_int_equal(table_rows(table), 2);
    assert_string_equal(table_value(table, 0, "code"), "0101");
    assert_string_equal(table_value(table, 0, "name"), "a,\"b\"\nc");
    assert_int_equal(table_line(table, 1), 5);
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, 4096);
    table_write_csv(table, &out);
    assert_string_equal(out.data, "code,name\n0101,\"a,\"\"b\"\"\nc\"\n0102,\n");
    // A row whose only cell is empty is no empty line.
    TABLE_CLEANUP struct table *single = NULL, *again = NULL;
    assert_int_equal(table_parse_csv("t", "t.csv", "a\n\n\"\"\nb\n", 8, &single, &error),
                     0);
    assert_int_equal(table_rows(single), 2);
    BUFFER_CLEANUP struct buffer lone;
    buffer_init(&lone, BUFFER_CEILING_REPLY);
    table_write_csv(single, &lone);
    assert_int_equal(table_parse_csv("t", "t.csv", lone.data, lone.length, &again, &error),
                     0);
    assert_int_equal(table_rows(again), 2);
}

static void csv_errors_name_the_line(void **state)
{
    (void)state;
    struct error error = {0};
    struct table *table = NULL;
    assert_int_equal(table_parse_csv("t", "t.csv", "a\n1,2\n", 6, &table, &error),
                     ERROR_INPUT);
    assert_non_null(strstr(error.message, "t.csv:2"));
    assert_int_equal(table_parse_csv("t", "t.csv", "a\n\"x\n", 5, &table, &error),
                     ERROR_INPUT);
    assert_int_equal(table_parse_csv("t", "t.csv", "a,a\n", 4, &table, &error),
                     ERROR_INPUT);
    assert_int_equal(table_parse_csv("t", "t.csv", "a\n\xB0\xA1\n", 5, &table, &error),
                     ERROR_INPUT);
    assert_string_equal(error.slug, "table.not_utf8");
    assert_null(table);
}

static void hashes_and_identifiers(void **state)
{
    (void)state;
    uint8_t digest[HASH_SIZE], again[HASH_SIZE], uuid[16], back[16];
    char hex[HASH_HEX_SIZE], text[UUID_TEXT_SIZE], token[TOKEN_TEXT_SIZE];
    hash_bytes("abc", 3, digest);
    hash_to_hex(digest, hex);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    struct hash *hash = hash_new();
    hash_add(hash, "a", 1);
    hash_add(hash, "bc", 2);
    hash_finish(hash, again);
    assert_memory_equal(digest, again, HASH_SIZE);
    assert_int_equal(hash_from_hex(hex, 64, again, NULL), 0);
    uuid_new(instant_now_ms(), uuid);
    uuid_to_text(uuid, text);
    assert_int_equal(text[14], '7');
    assert_int_equal(uuid_from_text(text, 36, back, NULL), 0);
    assert_memory_equal(uuid, back, 16);
    assert_int_equal(uuid_from_text("zz", 2, back, NULL), ERROR_INPUT);
    token_new(token);
    assert_int_equal(strlen(token), 43);
}

static void files_are_written_whole(void **state)
{
    (void)state;
    char folder[] = "/tmp/gridcase-core-XXXXXX", path[128], deep[128];
    assert_non_null(mkdtemp(folder));
    snprintf(deep, sizeof deep, "%s/a/b", folder);
    assert_int_equal(file_make_directory(deep, NULL), 0);
    assert_int_equal(file_path(path, sizeof path, deep, "x", NULL), 0);
    assert_int_equal(file_write_atomic(path, "hello", 5, NULL), 0);
    struct buffer buffer BUFFER_CLEANUP;
    buffer_init(&buffer, 100);
    assert_int_equal(file_read(path, &buffer, NULL), 0);
    assert_string_equal(buffer.data, "hello");
    struct file_map map = {0};
    assert_int_equal(file_map_open(path, &map, NULL), 0);
    assert_int_equal(map.length, 5);
    file_map_close(&map);
    struct error error = {0};
    snprintf(path, sizeof path, "%s/none", folder);
    assert_int_equal(file_read(path, &buffer, &error), ERROR_NOT_FOUND);
}

static void count_one(void *context)
{
    __atomic_add_fetch((int *)context, 1, __ATOMIC_SEQ_CST);
}

static void pool_runs_everything_it_accepted(void **state)
{
    (void)state;
    int done = 0, accepted = 0;
    struct pool *pool = pool_new(2, 50);
    for (int i = 0; i < 1000; i++)
        accepted += pool_submit(pool, (uint64_t)(i % 3), count_one, &done, NULL) == 0;
    pool = pool_free(pool);
    assert_null(pool);
    assert_true(accepted > 0);
    assert_int_equal(done, accepted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(error_is_prefixed_on_the_way_up),
        cmocka_unit_test(buffer_stops_at_its_ceiling),
        cmocka_unit_test(arena_refuses_past_its_ceiling),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(utf8_is_checked),
        cmocka_unit_test(instants_round_trip),
        cmocka_unit_test(json_getters_name_the_member),
        cmocka_unit_test(json_bad_documents_are_refused),
        cmocka_unit_test(json_writer_escapes_and_nests),
        cmocka_unit_test(csv_round_trips_and_keeps_zeros),
        cmocka_unit_test(csv_errors_name_the_line),
        cmocka_unit_test(hashes_and_identifiers),
        cmocka_unit_test(files_are_written_whole),
        cmocka_unit_test(pool_runs_everything_it_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
