// SPDX-License-Identifier: MPL-2.0
// gridcase process: the vocabulary, the check and the diagram of a process. See
// gridcase-process(1).
#include <gridcase/cli/cli.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/cases/process_move.h>
#include <gridcase/city/city.h>
#include <gridcase/cli/control.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/table.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>
#include <gridcase/db/store.h>
#include <gridcase/rules/process.h>

enum {
    PATH_SIZE = 4096,
    TABLE_BYTES = 4 * 1024 * 1024,
    MAP_BYTES = 32 * 1024,
};

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
    return process_new(&(struct process_tables){steps, actions, inputs}, &cli_rules_report,
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

// ---- move ----
struct move_options {
    const char *data, *slug, *map_path;
    bool dry;
};
static int move_in_store(const struct move_options *options, const char *map_text,
                         struct error *error)
{
    struct db_store *store = NULL;
    struct db_lane *lane = NULL;
    struct table *map TABLE_CLEANUP = NULL;
    struct process_move_order order = {.dry = options->dry};
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    int code = 0;
    if (map_text != NULL)
        code = table_parse_csv("map", options->map_path, map_text, strlen(map_text), &map,
                               error);
    if (code == 0)
        code = db_store_open(options->data, 0, &store, error);
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    if (code == 0)
        code = city_snapshot_open(store, options->slug, &city, error);
    if (code == 0)
        code = db_lane_get(store, options->slug, DB_CASES, &lane, error);
    order.map = map;
    if (code == 0)
        code = process_move_all(lane, city, &order, instant_now_ms(), &out, error);
    if (code == 0)
        printf("%s\n", out.data);
    db_lane_put(lane);
    db_store_close(store);
    return code;
}

// The server owns the folder: it moves, we wait.
static int move_by_server(const struct move_options *options, const char *map_text,
                          struct error *error)
{
    char address[300];
    struct buffer body BUFFER_CLEANUP;
    struct buffer answer BUFFER_CLEANUP;
    buffer_init(&body, BUFFER_CEILING_FILE);
    buffer_init(&answer, BUFFER_CEILING_REPLY);
    struct json_writer writer;
    json_writer_init(&writer, &body);
    json_begin_object(&writer, NULL);
    if (map_text != NULL)
        json_put_text(&writer, "map", map_text);
    json_put_bool(&writer, "dry", options->dry);
    json_end_object(&writer);
    int code =
        text_format(address, sizeof address, "/control/cities/%s/process", options->slug);
    if (code != 0)
        return error_set(error, ERROR_INPUT, "city.unknown", "no such city");
    code = control_run(options->data, address, body.data, 600, &answer, error);
    if (code == 0)
        printf("%s\n", answer.data != NULL ? answer.data : "");
    return code;
}

static int move(int argc, char **argv, struct error *error)
{
    struct move_options options = {.data = cli_data_folder(&argc, argv)};
    options.map_path = cli_option(&argc, argv, "--map");
    options.dry = cli_flag(&argc, argv, "--dry-run") != 0;
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, MAP_BYTES);
    int code = cli_words(argc, argv, 1, 1, error);
    if (code == 0 && options.map_path != NULL)
        code = file_read(options.map_path, &text, error);
    if (code != 0)
        return code;
    options.slug = argv[0];
    const char *map_text =
        options.map_path != NULL ? (text.length > 0 ? text.data : "") : NULL;
    return control_is_running(options.data) ? move_by_server(&options, map_text, error)
                                            : move_in_store(&options, map_text, error);
}

const struct cli_command cli_process_commands[] = {
    {"process", "words", "", "prints all words that a process table may use", words},
    {"process", "check", "FOLDER", "checks steps.csv and actions.csv of a folder", check},
    {"process", "move", "CITY [--map FILE] [--dry-run] [--data FOLDER]",
     "lets open cases go on in the process in force", move},
    {"process", "draw", "FOLDER [--language TAG] [--dot]", "draws the process as SVG",
     draw},
    {0},
};
