// SPDX-License-Identifier: MPL-2.0
// Settings: precedence, ranges, and the manual page that lists them all.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <gridcase/core/file.h>
#include <gridcase/core/option.h>

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void what_is_said_later_wins(void **state)
{
    (void)state;
    struct error error = {0};
    struct options *options = options_new();
    char path[] = "/tmp/gridcase-option-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    assert_int_equal(options_int(options, OPTION_PORT), 8080);
    write_file(path, "[server]\nport = 1\nlan = yes\n[other]\nport = x\n");
    assert_int_equal(options_read_file(options, path, &error), 0);
    assert_int_equal(options_int(options, OPTION_PORT), 1);
    assert_true(options_flag(options, OPTION_LAN));
    setenv("GRIDCASE_PORT", "2", 1);
    assert_int_equal(options_read_environment(options, &error), 0);
    assert_int_equal(options_int(options, OPTION_PORT), 2);
    unsetenv("GRIDCASE_PORT");
    char words[][16] = {"--port", "3", "stays", "--demo-logins", "--lan=no"};
    char *argv[] = {words[0], words[1], words[2], words[3], words[4]};
    int argc = 5;
    assert_int_equal(options_read_flags(options, &argc, argv, &error), 0);
    assert_int_equal(argc, 1);
    assert_string_equal(argv[0], "stays");
    assert_int_equal(options_int(options, OPTION_PORT), 3);
    assert_true(options_flag(options, OPTION_DEMO_LOGINS));
    assert_false(options_flag(options, OPTION_LAN));
    options_free(options);
    unlink(path);
}

static void wrong_values_are_refused_and_change_nothing(void **state)
{
    (void)state;
    struct error error = {0};
    struct options *options = options_new();
    const char *const wrong[] = {"--port=65536",  "--port=-1",   "--port=x",
                                 "--lan=perhaps", "--threads=0", "--port="};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char word[32];
        snprintf(word, sizeof(word), "%s", wrong[i]);
        char *argv[] = {word};
        int argc = 1;
        assert_int_equal(options_read_flags(options, &argc, argv, &error), ERROR_INPUT);
        assert_string_equal(error.slug, "option.invalid");
    }
    char last[] = "--port";
    char *argv[] = {last};
    int argc = 1;
    assert_int_equal(options_read_flags(options, &argc, argv, &error), ERROR_INPUT);
    assert_int_equal(options_int(options, OPTION_PORT), 8080);
    options_free(options);
}

static void a_list_grows_with_each_flag_and_sections_name_families(void **state)
{
    (void)state;
    struct error error = {0};
    struct options *options = options_new();
    char path[] = "/tmp/gridcase-option-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    write_file(path, "[server]\ntrusted-proxy = 10.0.0.0/8\n[backup]\nto = /mnt/b\n"
                     "every-h = 12\n[tls]\ncertificate = c.pem\n[web]\nx = 1\n");
    assert_int_equal(options_read_file(options, path, &error), 0);
    assert_string_equal(options_text(options, OPTION_TRUSTED_PROXY), "10.0.0.0/8");
    assert_string_equal(options_text(options, OPTION_BACKUP_TO), "/mnt/b");
    assert_int_equal(options_int(options, OPTION_BACKUP_EVERY_H), 12);
    assert_string_equal(options_text(options, OPTION_TLS_CERTIFICATE), "c.pem");
    char words[][32] = {"--trusted-proxy", "::1", "--trusted-proxy=192.0.2.1"};
    char *argv[] = {words[0], words[1], words[2]};
    int argc = 3;
    assert_int_equal(options_read_flags(options, &argc, argv, &error), 0);
    assert_string_equal(options_text(options, OPTION_TRUSTED_PROXY), "::1,192.0.2.1");
    write_file(path, "[backup]\nevery = 12\n");
    assert_int_equal(options_read_file(options, path, &error), ERROR_INPUT);
    assert_string_equal(error.slug, "option.unknown");
    options_free(options);
    unlink(path);
}

static void every_setting_stands_in_the_manual_with_its_default(void **state)
{
    (void)state;
    struct error error = {0};
    char path[1024];
    BUFFER_CLEANUP struct buffer page;
    buffer_init(&page, BUFFER_CEILING_LINE);
    const char *root = getenv("GRIDCASE_ROOT");
    snprintf(path, sizeof(path), "%s/man/gridcase.ini.5", root ? root : ".");
    assert_int_equal(file_read(path, &page, &error), 0);
    for (int i = 0; i < OPTION_COUNT; i++) {
        char item[64];
        char fallback[64];
        snprintf(item, sizeof(item), ".It Cm %s\n", option_table[i].name);
        snprintf(fallback, sizeof(fallback), "Default %s",
                 option_table[i].fallback[0] ? option_table[i].fallback : "empty");
        const char *at = strstr(page.data, item);
        if (!at) {
            print_error("not in the manual: %s\n", option_table[i].name);
        }
        assert_non_null(at);
        const char *next = strstr(at + 1, "\n.It ");
        const char *told = strstr(at, fallback);
        if (!told || (next && told > next)) {
            print_error("default of %s: manual does not say \"%s\"\n", option_table[i].name,
                        fallback);
        }
        assert_true(told && (!next || told < next));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_later_wins),
        cmocka_unit_test(wrong_values_are_refused_and_change_nothing),
        cmocka_unit_test(a_list_grows_with_each_flag_and_sections_name_families),
        cmocka_unit_test(every_setting_stands_in_the_manual_with_its_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
