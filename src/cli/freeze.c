// SPDX-License-Identifier: MPL-2.0
// gridcase freeze: the figures of a period, kept as they are. See gridcase-freeze(1).
#include <gridcase/cli/cli.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/cli/control.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/lane.h>
#include <gridcase/evaluation/freeze.h>

enum { FREEZE_ARENA = 64 * 1024 * 1024 };

struct asked {
    const char *data, *slug, *period, *reason;
    int64_t version; // 0: the newest
};

static void print_frozen(const struct frozen *frozen)
{
    char digest[HASH_HEX_SIZE];
    hash_to_hex(frozen->digest, digest);
    printf("%s version %" PRId64 " %s\n", frozen->period, frozen->version, digest);
}

static int freeze_in_store(const struct asked *asked, struct error *error)
{
    struct db_store *store = NULL;
    CITY_SNAPSHOT_CLEANUP struct city_snapshot *city = NULL;
    struct freeze_place place = {0};
    struct freeze_order order = {.reason = asked->reason, .now_ms = instant_now_ms()};
    struct frozen frozen;
    struct arena *arena ARENA_CLEANUP = arena_new(FREEZE_ARENA);
    int code = freeze_period_read(asked->period, &order.period, error);
    if (code == 0)
        code = db_store_open(asked->data, 0, &store, error);
    if (code == 0)
        code = city_snapshot_open(store, asked->slug, &city, error);
    if (code == 0)
        code = db_lane_get(store, asked->slug, DB_CASES, &place.lane, error);
    if (code == 0)
        code = db_reader_borrow(store, asked->slug, DB_CASES, &place.reader, error);
    place.city = city;
    place.facts = facts_new(NULL);
    if (code == 0)
        code = freeze_period_now(&place, &order, arena, &frozen, error);
    if (code == 0)
        print_frozen(&frozen);
    facts_free(place.facts);
    db_reader_return(place.reader);
    db_lane_put(place.lane);
    db_store_close(store);
    return code;
}

// The server owns the folder: it freezes.
static int freeze_by_server(const struct asked *asked, struct error *error)
{
    char address[300];
    struct json_writer json;
    struct buffer body BUFFER_CLEANUP;
    struct buffer answer BUFFER_CLEANUP;
    buffer_init(&body, BUFFER_CEILING_LINE);
    buffer_init(&answer, BUFFER_CEILING_REPLY);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_put_text(&json, "period", asked->period);
    if (asked->reason != NULL)
        json_put_text(&json, "reason", asked->reason);
    json_end_object(&json);
    if (text_format(address, sizeof address, "/control/cities/%s/freeze", asked->slug) != 0)
        return error_set(error, ERROR_INPUT, "city.unknown", "no such city");
    int code = control_run(asked->data, address, body.data, 600, &answer, error);
    if (code == 0)
        printf("%s\n", answer.data != NULL ? answer.data : "");
    return code;
}

static int print_list(struct db *db, const char *period, struct arena *arena,
                      struct error *error)
{
    struct frozen *list = NULL;
    size_t count = 0;
    int code = freeze_list(db, period, arena, &list, &count, error);
    for (size_t i = 0; i < count && code == 0; i++) {
        char made[INSTANT_TEXT_SIZE], digest[HASH_HEX_SIZE];
        instant_to_text(list[i].made_ms, made);
        hash_to_hex(list[i].digest, digest);
        printf("%-7s  %3" PRId64 "  %s  %.16s  %s\n", list[i].period, list[i].version, made,
               digest, list[i].reason);
    }
    return code;
}

static int print_stored(const struct asked *asked, bool list, struct error *error)
{
    struct db_store *store = NULL;
    struct db *db = NULL;
    const char *text = NULL;
    struct frozen frozen;
    struct arena *arena ARENA_CLEANUP = arena_new(FREEZE_ARENA);
    int code = db_store_open(asked->data, DB_STORE_READ_ONLY, &store, error);
    if (code == 0)
        code = db_open(store, asked->slug, DB_CASES, DB_READ, &db, error);
    if (code == 0 && list)
        code = print_list(db, asked->period, arena, error);
    if (code == 0 && !list)
        code = freeze_document(db, asked->period, asked->version, arena, &text, &frozen,
                               error);
    if (code == 0 && !list)
        fputs(text, stdout);
    db_close(db);
    db_store_close(store);
    return code;
}

static int freeze(int argc, char **argv, struct error *error)
{
    struct asked asked = {.data = cli_data_folder(&argc, argv)};
    bool list = cli_flag(&argc, argv, "--list") != 0;
    bool show = cli_flag(&argc, argv, "--show") != 0;
    const char *version = cli_option(&argc, argv, "--version");
    asked.reason = cli_option(&argc, argv, "--reason");
    int code = cli_words(argc, argv, list ? 1 : 2, 2, error);
    if (code == 0 && version != NULL)
        code = text_to_int(version, strlen(version), &asked.version, error);
    if (code != 0)
        return code;
    asked.slug = argv[0];
    asked.period = argc > 1 ? argv[1] : NULL;
    if (list || show)
        return print_stored(&asked, list, error);
    return control_is_running(asked.data) ? freeze_by_server(&asked, error)
                                          : freeze_in_store(&asked, error);
}

const struct cli_command cli_freeze_commands[] = {
    {"freeze", NULL,
     "CITY PERIOD [--reason TEXT] | CITY PERIOD --show [--version N] | CITY [PERIOD] "
     "--list",
     "keeps the figures of a month, quarter or year as they are", freeze},
    {0},
};
