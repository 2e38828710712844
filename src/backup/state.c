// SPDX-License-Identifier: MPL-2.0
// What a store remembers of its backups: two settings of system.db.
#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/db/lane.h>

#include "backup_internal.h"

#define LAST   "backup.last"
#define FAILED "backup.failed"

struct note {
    const char *name, *value;
};

static int note_work(struct db *db, void *context, struct error *error)
{
    const struct note *note = context;
    return db_execute(db, QUERY_SYSTEM_SETTING_SET,
                      (struct db_value[]){DB_TEXT(note->name), DB_TEXT(note->value)}, 2,
                      error);
}

// A note that cannot be written does not make a backup a failure.
static void write_note(struct db_store *store, const char *name, const char *value)
{
    struct error ignored = {0};
    struct db_lane *lane = NULL;
    struct note note = {name, value};
    int code = db_lane_get(store, NULL, DB_SYSTEM, &lane, &ignored);
    if (code == 0)
        code = db_lane_call(lane, DB_MACHINES, note_work, &note, &ignored);
    db_lane_put(lane);
    (void)code;
}

void backup_state_note(struct db_store *store, const char *target,
                       const struct backup_result *result, const struct error *failure)
{
    BUFFER_CLEANUP struct buffer text;
    struct json_writer json;
    char place[BACKUP_PATH_SIZE] = "";
    buffer_init(&text, BUFFER_CEILING_LINE);
    json_writer_init(&json, &text);
    json_begin_object(&json, NULL);
    if (failure) {
        json_put_int(&json, "at_ms", instant_now_ms());
        json_put_text(&json, "text", failure->message);
    } else {
        struct error ignored = {0};
        if (backup_path(place, &ignored, "%s/%s", target, result->name) != 0)
            place[0] = '\0';
        json_put_int(&json, "taken_ms", result->taken_ms);
        json_put_int(&json, "took_ms", result->took_ms);
        json_put_int(&json, "bytes", result->bytes);
        json_put_int(&json, "photos", result->photos);
        json_put_int(&json, "problems", result->problems + result->left_out);
        json_put_text(&json, "place", place);
    }
    json_end_object(&json);
    if (buffer_check(&text, &(struct error){0}) != 0)
        return;
    write_note(store, failure ? FAILED : LAST, text.data);
    if (!failure)
        write_note(store, FAILED, "{}");
}

static int read_note(struct db *db, const char *name, struct json **ret_note,
                     struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *s = NULL;
    struct error ignored = {0};
    int code = db_prepare(db, QUERY_SYSTEM_SETTING_GET, &s, error);
    if (code != 0)
        return code;
    db_bind_text(s, 1, name);
    code = db_step(s, error);
    if (code == DB_ROW) {
        const char *text = db_column_text(s, 0);
        if (json_parse(text, strlen(text), ret_note, &ignored) != 0)
            *ret_note = NULL; // as if there were none
    }
    return code < 0 ? code : 0;
}

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%.*s", (int)size - 1, text);
}

static void take_last(const struct json *note, struct backup_state *state)
{
    struct error ignored = {0};
    const char *place = "";
    int64_t most = INT64_MAX;
    if (json_get_int(note, "taken_ms", JSON_REQUIRED, 0, most, &state->taken_ms,
                     &ignored) ||
        json_get_int(note, "took_ms", JSON_OPTIONAL, 0, most, &state->took_ms, &ignored) ||
        json_get_int(note, "bytes", JSON_OPTIONAL, 0, most, &state->bytes, &ignored) ||
        json_get_int(note, "photos", JSON_OPTIONAL, 0, most, &state->photos, &ignored) ||
        json_get_int(note, "problems", JSON_OPTIONAL, 0, most, &state->problems,
                     &ignored) ||
        json_get_text(note, "place", JSON_OPTIONAL, 4096, &place, &ignored))
        return;
    copy_text(state->place, sizeof state->place, place);
}

static void take_failed(const struct json *note, struct backup_state *state)
{
    struct error ignored = {0};
    const char *text = "";
    if (json_get_int(note, "at_ms", JSON_REQUIRED, 0, INT64_MAX, &state->failed_ms,
                     &ignored) ||
        json_get_text(note, "text", JSON_OPTIONAL, 600, &text, &ignored))
        return;
    copy_text(state->failure, sizeof state->failure, text);
}

int backup_state_read(struct db_store *store, struct backup_state *ret_state,
                      struct error *error)
{
    DB_READER_CLEANUP struct db *db = NULL;
    JSON_CLEANUP struct json *last = NULL;
    JSON_CLEANUP struct json *failed = NULL;
    *ret_state = (struct backup_state){.taken_ms = INSTANT_NONE, .failed_ms = INSTANT_NONE};
    int code = db_reader_borrow(store, NULL, DB_SYSTEM, &db, error);
    if (code == 0)
        code = read_note(db, LAST, &last, error);
    if (code == 0)
        code = read_note(db, FAILED, &failed, error);
    if (code == 0 && last)
        take_last(last, ret_state);
    if (code == 0 && failed)
        take_failed(failed, ret_state);
    return code;
}
