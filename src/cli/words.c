// SPDX-License-Identifier: MPL-2.0
// Taking options and flags out of a command's words.
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/db/store.h>
#include <gridcase/rules/report.h>

static void take_out(int *argc, char **argv, int at, int count)
{
    for (int i = at; i + count <= *argc; i++)
        argv[i] = argv[i + count];
    *argc -= count;
}

const char *cli_option(int *argc, char **argv, const char *name)
{
    size_t length = strlen(name);
    for (int i = 0; i < *argc; i++) {
        if (strncmp(argv[i], name, length) != 0)
            continue;
        if (argv[i][length] == '=') {
            const char *value = argv[i] + length + 1;
            take_out(argc, argv, i, 1);
            return value;
        }
        if (argv[i][length] == '\0' && i + 1 < *argc) {
            const char *value = argv[i + 1];
            take_out(argc, argv, i, 2);
            return value;
        }
    }
    return NULL;
}

int cli_flag(int *argc, char **argv, const char *name)
{
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            take_out(argc, argv, i, 1);
            return 1;
        }
    }
    return 0;
}

int cli_words(int argc, char **argv, int least, int most, struct error *error)
{
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0)
            return error_set(error, ERROR_INPUT, "cli.usage",
                             "unknown option '%.60s', or its value is missing", argv[i]);
    if (argc < least || argc > most)
        return error_set(error, ERROR_INPUT, "cli.usage", "expected %d to %d words, got %d",
                         least, most, argc);
    return 0;
}

const char *cli_data_folder(int *argc, char **argv)
{
    const char *folder = cli_option(argc, argv, "--data");
    if (!folder)
        folder = getenv("GRIDCASE_DATA");
    return folder ? folder : "./data";
}

int cli_store(int *argc, char **argv, const char *data, struct error *error)
{
    const char *address = cli_option(argc, argv, "--store");
    const char *photos = cli_option(argc, argv, "--photos");
    int code = address ? db_store_use(data, address, error) : 0;
    return code == 0 && photos ? db_store_use_photos(data, photos, error) : code;
}

static void print_problem(void *context, enum rules_severity severity,
                          const struct table *table, size_t row, const char *column,
                          const char *slug, const char *message)
{
    struct error place = {0};
    (void)context;
    (void)severity;
    if (table != NULL && row != RULES_NO_ROW)
        table_error(table, row, column, slug, &place, "%s", message);
    fprintf(stderr, "%s [%s]\n", place.message[0] != '\0' ? place.message : message, slug);
}

const struct rules_report cli_rules_report = {print_problem, NULL};
