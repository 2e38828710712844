// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <pthread.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/password.h>

static void a_hash_verifies_its_password_only(void **state)
{
    (void)state;
    char encoded[PASSWORD_ENCODED_SIZE], again[PASSWORD_ENCODED_SIZE];
    struct error error = {0};
    bool right = false;
    assert_int_equal(password_hash("correct horse", 13, encoded, &error), 0);
    assert_int_equal(password_hash("correct horse", 13, again, &error), 0);
    assert_string_not_equal(encoded, again); // salted
    assert_int_equal(strncmp(encoded, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
    assert_int_equal(password_verify(encoded, "correct horse", 13, &right, &error), 0);
    assert_true(right);
    assert_int_equal(password_verify(encoded, "correct horsf", 13, &right, &error), 0);
    assert_false(right);
    assert_int_equal(password_verify(encoded, "", 0, &right, &error), 0);
    assert_false(right);
    assert_false(password_is_stale(encoded));
    assert_true(password_is_stale("$argon2id$v=19$m=4096,t=3,p=1$abc$def"));
    assert_true(password_is_stale(""));
}

// Time of the processor, not of the wall: other programs may be busy.
static int64_t worked_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t time_of_verify(const char *encoded)
{
    struct error error = {0};
    bool right = true;
    int64_t best_us = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        int64_t before_us = worked_us();
        assert_int_equal(password_verify(encoded, "wrong password", 14, &right, &error), 0);
        assert_false(right);
        int64_t took_us = worked_us() - before_us;
        best_us = took_us < best_us ? took_us : best_us;
    }
    return best_us;
}

static void an_unknown_login_takes_as_long_as_a_known_one(void **state)
{
    (void)state;
    char encoded[PASSWORD_ENCODED_SIZE];
    struct error error = {0};
    assert_int_equal(password_hash("correct horse", 13, encoded, &error), 0);
    int64_t known_us = time_of_verify(encoded);
    int64_t unknown_us = time_of_verify(NULL);
    assert_true(unknown_us * 3 > known_us * 2);
    assert_true(unknown_us * 2 < known_us * 3);
}

static void a_password_may_be_long_but_not_endless(void **state)
{
    (void)state;
    char encoded[PASSWORD_ENCODED_SIZE], text[PASSWORD_MOST + 1];
    struct error error = {0};
    bool right;
    memset(text, 'x', sizeof text);
    assert_int_equal(password_hash(text, PASSWORD_MOST, encoded, &error), 0);
    assert_int_equal(password_hash(text, PASSWORD_MOST + 1, encoded, &error), ERROR_LIMIT);
    assert_string_equal(error.slug, "password.too_long");
    assert_int_equal(password_verify(encoded, text, PASSWORD_MOST + 1, &right, &error),
                     ERROR_LIMIT);
}

static void weak_passwords_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *password, *slug;
    } rows[] = {
        {"short", "password.too_short"},
        {"aaaaaaaaaaaaaa", "password.too_plain"},
        {"passwordpassword", "password.too_plain"},
        {"12121212121", "password.too_plain"},
        {"1234567890", "password.too_plain"},
        {"qwertyuiop12", "password.too_plain"},
        {"abcdefghijkl", "password.too_plain"},
        {"dispatcher1", "password.too_plain"},
        {"\xff\xfe\xff\xfe\xff\xfe\xff", "password.not_text"},
        {"密码密码密码密码密", "password.too_short"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        assert_int_equal(password_check_new(rows[i].password, strlen(rows[i].password),
                                            "dispatcher1", &error),
                         ERROR_INPUT);
        assert_string_equal(error.slug, rows[i].slug);
    }
    struct error error = {0};
    assert_int_equal(password_check_new("一二三四五六七八九十", 30, "x", &error), 0);
}

static void made_passwords_differ_and_pass_the_check(void **state)
{
    (void)state;
    char one[PASSWORD_NEW_SIZE], two[PASSWORD_NEW_SIZE];
    struct error error = {0};
    password_new(one);
    password_new(two);
    assert_string_not_equal(one, two);
    assert_int_equal(strlen(one), PASSWORD_NEW_SIZE - 1);
    assert_int_equal(one[4], '-');
    assert_int_equal(one[9], '-');
    assert_int_equal(password_check_new(one, strlen(one), "demo", &error), 0);
}

static void *hash_in_thread(void *context)
{
    char encoded[PASSWORD_ENCODED_SIZE];
    struct error error = {0};
    int *ret_code = context;
    *ret_code = password_hash("correct horse", 13, encoded, &error);
    return NULL;
}

static void beyond_the_places_the_answer_is_busy(void **state)
{
    (void)state;
    char encoded[PASSWORD_ENCODED_SIZE];
    struct error error = {0};
    password_set_places(0);
    int64_t before_us = instant_monotonic_us();
    assert_int_equal(password_hash("correct horse", 13, encoded, &error), ERROR_BUSY);
    assert_string_equal(error.slug, "password.busy");
    assert_true(instant_monotonic_us() - before_us >= 200000);
    password_set_places(2);
    pthread_t threads[4];
    int codes[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_thread, &codes[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(codes[i] == 0 || codes[i] == ERROR_BUSY);
    }
    assert_int_equal(password_hash("correct horse", 13, encoded, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_verifies_its_password_only),
        cmocka_unit_test(an_unknown_login_takes_as_long_as_a_known_one),
        cmocka_unit_test(a_password_may_be_long_but_not_endless),
        cmocka_unit_test(weak_passwords_are_refused_by_name),
        cmocka_unit_test(made_passwords_differ_and_pass_the_check),
        cmocka_unit_test(beyond_the_places_the_answer_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
