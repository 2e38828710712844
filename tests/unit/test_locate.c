// SPDX-License-Identifier: MPL-2.0
// gridcase locate, as a program, on the tiny test city.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>

static char folder[] = "/tmp/gridcase-locate-XXXXXX";
static char program[4096], data[128], input[128], output[128], complaints[128];

static const char *or_else(const char *name, const char *fallback)
{
    const char *value = getenv(name);
    return value ? value : fallback;
}

// Runs gridcase with the words; standard input, output and error are the files above.
static int run(const char *const words[])
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *argv[16] = {program};
        int count = 1;
        for (; words[count - 1]; count++)
            argv[count] = words[count - 1];
        argv[count] = NULL;
        if (!freopen(input, "r", stdin) || !freopen(output, "w", stdout) ||
            !freopen(complaints, "w", stderr))
            _exit(99);
        union { // execv() takes words that it does not change
            const char **kept;
            char *const *given;
        } pointer = {.kept = argv};
        execv(program, pointer.given);
        _exit(98);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(program, sizeof(program), "%s/gridcase", or_else("GRIDCASE_BUILD", "build"));
    snprintf(data, sizeof(data), "%s/data", folder);
    snprintf(input, sizeof(input), "%s/in", folder);
    snprintf(output, sizeof(output), "%s/out", folder);
    snprintf(complaints, sizeof(complaints), "%s/err", folder);
    if (file_write_atomic(input, "", 0, NULL) != 0)
        return -1;
    const char *const make[] = {"city",   "new", "tinytown", "fixtures/tinytown",
                                "--data", data,  NULL};
    const char *const load[] = {"city",   "load", "tinytown", "fixtures/tinytown",
                                "--data", data,   NULL};
    return run(make) == 0 && run(load) == 0 ? 0 : -1;
}

static void remove_tree(const char *path)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", path, (char *)NULL);
        _exit(98);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
}

static int teardown(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

static char *contents(const char *path)
{
    struct buffer buffer;
    struct error error = {0};
    size_t length = 0;
    buffer_init(&buffer, BUFFER_CEILING_FILE);
    buffer_append_text(&buffer, "");
    if (file_read(path, &buffer, &error) != 0)
        fail_msg("%s", error.message);
    char *text = buffer_take(&buffer, &length);
    return text ? text : calloc(1, 1);
}

struct expected {
    int status;
    const char *output, *complaints; // NULL: not looked at
};

static void check(const char *points, size_t length, const char *const words[],
                  struct expected expected)
{
    assert_int_equal(file_write_atomic(input, points, length, NULL), 0);
    int status = run(words);
    char *out = contents(output);
    char *err = contents(complaints);
    if (expected.output)
        assert_string_equal(out, expected.output);
    if (expected.complaints)
        assert_string_equal(err, expected.complaints);
    assert_int_equal(status, expected.status);
    free(out);
    free(err);
}

static void points_become_codes(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--data", data, NULL};
    static const char points[] = "\xEF\xBB\xBFlon,lat,what\r\n"
                                 "120.0015,30.0015,a lamp\r\n"
                                 "\r\n"
                                 "\"120.0005\" ; \"30.0005\"\r\n"
                                 "120.002\t30.002\r\n"
                                 "121,31";
    check(points, sizeof(points) - 1, words,
          (struct expected){0,
                            "line,lon,lat,grid,district,patrol\n"
                            "2,120.0015000,30.0015000,T22,D1,P2\n"
                            "4,120.0005000,30.0005000,T11,D1,P1\n"
                            "5,120.0020000,30.0020000,T33,D2,P2\n"
                            "6,121.0000000,31.0000000,,,\n",
                            "3 located, 1 outside, 0 refused\n"});
}

// Columns first to last of a line, without its end.
static void columns(const char *line, int first, int last, char *out, size_t size)
{
    size_t length = 0;
    for (int column = 1; *line && *line != '\n' && column <= last; line++) {
        if (column >= first && !(*line == ',' && column == last) && length + 1 < size)
            out[length++] = *line;
        column += *line == ',';
    }
    out[length] = '\0';
}

// tests/tables/locator_points.csv is fed as it stands; columns 3 to 5 are what to find.
static void the_table_of_points_holds(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--data", data, NULL};
    char *table = contents("tests/tables/locator_points.csv");
    assert_int_equal(file_write_atomic(input, table, strlen(table), NULL), 0);
    assert_int_equal(run(words), 0);
    char *out = contents(output);
    const char *expected = table;
    const char *found = out;
    int rows = 0;
    while ((expected = strchr(expected, '\n')) && expected[1]) {
        char left[200];
        char right[200];
        found = strchr(found, '\n');
        assert_non_null(found);
        columns(++expected, 3, 5, left, sizeof(left));
        columns(++found, 4, 6, right, sizeof(right));
        if (strcmp(left, right) != 0)
            fail_msg("found %s for %.80s", right, expected);
        rows++;
    }
    assert_true(rows >= 19);
    free(table);
    free(out);
}

static void nothing_is_answered_with_nothing(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--data", data, NULL};
    check("", 0, words,
          (struct expected){0, "line,lon,lat,grid,district,patrol\n",
                            "0 located, 0 outside, 0 refused\n"});
}

static void bad_lines_are_told_one_by_one_and_counted(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--data", data, NULL};
    static const char points[] = "120.0015,30.0015\n"
                                 "30.0015,120.0015\n" // swapped
                                 "NaN,NaN\n"
                                 "inf,30\n"
                                 "hello world\n"
                                 "120.0015\n"
                                 "120.0015,\n"
                                 "1e999,3\n"
                                 "0x10,3\n"
                                 "200,95\n"
                                 "12\0,34\n"
                                 "\xff\xfe,3\n";
    check(points, sizeof(points) - 1, words,
          (struct expected){
              2,
              "line,lon,lat,grid,district,patrol\n"
              "1,120.0015000,30.0015000,T22,D1,P2\n",
              "line 2: 30.0015000, 120.0015000 lies outside, but swapped it lies in grid "
              "T22: longitude comes first\n"
              "line 3: longitude 'NaN' is no number\n"
              "line 4: longitude 'inf' is no number\n"
              "line 5: longitude 'hello world' is no number\n"
              "line 6: latitude '' is no number\n"
              "line 7: latitude '' is no number\n"
              "line 8: longitude '1e999' is no number\n"
              "line 9: longitude '0x10' is no number\n"
              "line 10: longitude 200, latitude 95 is not on earth\n"
              "line 11: not text in UTF-8\n"
              "line 12: not text in UTF-8\n"
              "1 located, 0 outside, 11 refused\n"
              "gridcase locate: 11 of 12 lines hold no usable point (locate.refused)\n"});
}

static void a_first_line_of_nan_is_no_header(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--data", data, NULL};
    check("nan,nan\n", 8, words,
          (struct expected){2, "line,lon,lat,grid,district,patrol\n", NULL});
}

static void endless_lines_and_endless_faults_are_bounded(void **state)
{
    (void)state;
    enum { LINES = 5000, LONG = 3000000 };
    const char *const words[] = {"locate", "tinytown", "--data", data, NULL};
    char *points = malloc(LONG + 2 * LINES + 32);
    assert_non_null(points);
    memset(points, '1', LONG);
    size_t length = LONG;
    for (int i = 0; i < LINES; i++) {
        points[length++] = '\n';
        points[length++] = 'x';
    }
    length += (size_t)snprintf(points + length, 32, "\n120.0015,30.0015\n");
    assert_int_equal(file_write_atomic(input, points, length, NULL), 0);
    assert_int_equal(run(words), 2);
    char *err = contents(complaints);
    assert_non_null(strstr(err, "line 1: longer than 4095 bytes\n"));
    assert_non_null(strstr(err, "line 1000: "));
    assert_null(strstr(err, "line 1001: "));
    assert_non_null(strstr(err, "1 located, 0 outside, 5001 refused\n"));
    free(err);
    free(points);
}

static void a_collector_outside_is_told_the_nearest_grid(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--near", "20",
                                 "--data", data,       NULL};
    static const char points[] = "120.00301,30.0015\n120.0035,30.0015\n120.0015,30.0015\n";
    check(points, sizeof(points) - 1, words,
          (struct expected){0,
                            "line,lon,lat,grid,district,patrol,near_grid,near_m\n"
                            "1,120.0030100,30.0015000,,,,T23,1.0\n"
                            "2,120.0035000,30.0015000,,,,,\n"
                            "3,120.0015000,30.0015000,T22,D1,P2,,\n",
                            "1 located, 2 outside, 0 refused\n"});
}

static void places_are_put_into_words(void **state)
{
    (void)state;
    const char *const words[] = {"locate", "tinytown", "--words=zh-CN",
                                 "--data", data,       NULL};
    check("120.002,30.002\n", 15, words,
          (struct expected){0,
                            "line,lon,lat,grid,district,patrol,place\n"
                            "1,120.0020000,30.0020000,T33,D2,P2,北墙路与码头巷路口\n",
                            NULL});
}

static void wrong_words_are_refused(void **state)
{
    (void)state;
    const char *const nowhere[] = {"locate", "no-such-city", "--data", data, NULL};
    const char *const none[] = {"locate", "--data", data, NULL};
    const char *const radius[] = {"locate", "tinytown", "--near", "-1",
                                  "--data", data,       NULL};
    const char *const option[] = {"locate", "tinytown", "--nonsense", "--data", data, NULL};
    check("", 0, nowhere, (struct expected){3, "", NULL});
    check("", 0, none, (struct expected){2, "", NULL});
    check("", 0, radius, (struct expected){2, "", NULL});
    check("", 0, option, (struct expected){2, "", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_become_codes),
        cmocka_unit_test(the_table_of_points_holds),
        cmocka_unit_test(nothing_is_answered_with_nothing),
        cmocka_unit_test(bad_lines_are_told_one_by_one_and_counted),
        cmocka_unit_test(a_first_line_of_nan_is_no_header),
        cmocka_unit_test(endless_lines_and_endless_faults_are_bounded),
        cmocka_unit_test(a_collector_outside_is_told_the_nearest_grid),
        cmocka_unit_test(places_are_put_into_words),
        cmocka_unit_test(wrong_words_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
