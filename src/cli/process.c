// SPDX-License-Identifier: MPL-2.0
// gridcase process: the vocabulary, the check and the diagram of a process. See
// gridcase-process(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/core/table.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/process.h>

enum { PATH_SIZE = 4096, TABLE_BYTES = 4 * 1024 * 1024 };

static int words(int argc, char **argv, struct error *error)
{
    int code = cli_words(argc, argv, 0, 0, error);
    if (code != 0)
        return code;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    process_words(&out);
    fwrite(out.data, 1, out.length, stdout);
    return 0;
}

// FOLDER/name, or NULL in *ret_table when there is no such file and it is not needed.
static int read_table(const char *folder, const char *name, bool needed,
                      struct table **ret_table, struct error *error)
{
    char path[PATH_SIZE];
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, TABLE_BYTES);
    int code = file_path(path, sizeof path, folder, name, error);
    if (code != 0 || (!needed && !file_exists(path)))
        return code;
    code = file_read(path, &text, error);
    if (code != 0)
        return code;
    return table_parse_csv(name, path, text.length > 0 ? text.data : "", text.length,
                           ret_table, error);
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

static int load(const char *folder, struct process **ret_process, struct error *error)
{
    struct table *steps TABLE_CLEANUP = NULL;
    struct table *actions TABLE_CLEANUP = NULL;
    struct table *inputs TABLE_CLEANUP = NULL;
    int code = read_table(folder, "steps.csv", true, &steps, error);
    if (code == 0)
        code = read_table(folder, "actions.csv", true, &actions, error);
    if (code == 0)
        code = read_table(folder, "inputs.csv", false, &inputs, error);
    if (code != 0)
        return code;
    struct rules_report report = {print_problem, NULL};
    return process_new(&(struct process_tables){steps, actions, inputs}, &report,
                       ret_process, error);
}

static int check(int argc, char **argv, struct error *error)
{
    struct process *process = NULL;
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0)
        code = load(argv[0], &process, error);
    if (code != 0)
        return code;
    printf("%zu steps, %zu transitions: every case can end\n", process_steps(process),
           process_actions(process));
    process_free(process);
    return 0;
}

static int draw(int argc, char **argv, struct error *error)
{
    struct process *process = NULL;
    bool dot = cli_flag(&argc, argv, "--dot") != 0;
    const char *language = cli_option(&argc, argv, "--language");
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0)
        code = load(argv[0], &process, error);
    if (code != 0)
        return code;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    if (dot)
        process_draw_dot(process, language != NULL ? language : "en", &out);
    else
        process_draw_svg(process, language != NULL ? language : "en", &out);
    fwrite(out.data, 1, out.length, stdout);
    process_free(process);
    return 0;
}

const struct cli_command cli_process_commands[] = {
    {"process", "words", "", "prints all words that a process table may use", words},
    {"process", "check", "FOLDER", "checks steps.csv and actions.csv of a folder", check},
    {"process", "draw", "FOLDER [--language TAG] [--dot]", "draws the process as SVG",
     draw},
    {0},
};
