// SPDX-License-Identifier: MPL-2.0
#include <gridcase/cases/media.h>

#include <stdlib.h>
#include <string.h>

#include <gridcase/media/media.h>

#include "case_internal.h"

enum { MEDIA_ARENA = 4 * 1024 * 1024, WAITING_MOST = 100 };

static const char *const shows_words[CASE_SHOWS_COUNT] = {"", "before", "after", "check"};

const char *case_shows_to_str(enum case_shows shows)
{
    return (unsigned)shows < CASE_SHOWS_COUNT ? shows_words[shows] : "";
}

int case_shows_from_str(const char *text, size_t length)
{
    for (int i = CASE_SHOWS_BEFORE; i < CASE_SHOWS_COUNT; i++)
        if (strlen(shows_words[i]) == length && memcmp(shows_words[i], text, length) == 0)
            return i;
    return -1;
}

int case_media_cases(struct db *db, const uint8_t sha256[HASH_SIZE],
                     int64_t ret_case_ids[CASE_MEDIA_CASES_MOST], size_t *ret_count,
                     struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_CASE_MEDIA_CASES, &row, error);
    if (code != 0)
        return code;
    db_bind_blob(row, 1, sha256, HASH_SIZE);
    size_t count = 0;
    while ((code = db_step(row, error)) == DB_ROW && count < CASE_MEDIA_CASES_MOST)
        ret_case_ids[count++] = db_column_int(row, 0);
    if (code < 0)
        return code;
    *ret_count = count;
    return 0;
}

// ---- naming ----
static int has_file(struct case_work *work, const uint8_t sha256[HASH_SIZE], bool *ret_has,
                    struct error *error)
{
    const struct actor *actor = work->move->actor;
    int64_t files = 0;
    int code =
        db_fetch_int(work->db, QUERY_CASE_MEDIA_FILE_KNOWN,
                     (struct db_value[]){DB_BLOB(sha256, HASH_SIZE)}, 1, &files, error);
    *ret_has = code == 0 && files > 0 && actor->system;
    if (code != 0 || files == 0 || actor->system)
        return code;
    code = media_sent_by(work->db, sha256, actor->person_id, ret_has, error);
    if (code == 0 && !*ret_has)
        code = case_media_visible(work->db, work->city, actor, sha256, ret_has, error);
    return code;
}

static int shows_at(int stage)
{
    if (stage < PROCESS_HANDLE)
        return CASE_SHOWS_BEFORE;
    return stage == PROCESS_HANDLE ? CASE_SHOWS_AFTER : CASE_SHOWS_CHECK;
}

int case_media_store(struct case_work *work, int stage, struct error *error)
{
    const struct case_draft *draft = work->move->draft;
    size_t count = work->is_new ? draft->media_count : work->inputs.media_count;
    const uint8_t *shows = work->is_new ? draft->media_shows : work->inputs.media_shows;
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        const uint8_t *sha256 = work->is_new ? draft->media[i] : work->inputs.media[i];
        bool has = false;
        int what =
            shows != NULL && shows[i] != CASE_SHOWS_STAGE ? shows[i] : shows_at(stage);
        code = has_file(work, sha256, &has, error);
        if (code == 0)
            code = db_execute(
                work->db, QUERY_CASE_MEDIA_ADD,
                (struct db_value[]){DB_INT(work->row.case_id), DB_BLOB(sha256, HASH_SIZE),
                                    DB_INT(work->row.version), DB_INT(stage), DB_INT(what),
                                    DB_INT(work->move->actor->person_id),
                                    has ? DB_INT(work->move->received_ms) : DB_NULL},
                7, error);
    }
    return code;
}

// ---- arriving ----
// The one who named it, or one who may act on the case.
static int may_bring(struct case_work *work, bool *ret_may, struct error *error)
{
    struct case_detail detail;
    struct error why = {0};
    int code = case_read_by_id(work->db, work->city, work->move->actor, work->move->case_id,
                               work->move->received_ms, work->arena, &detail, &why);
    *ret_may = code == 0 && detail.allowed_count > 0;
    if (code != 0 && code != ERROR_NOT_FOUND) {
        *error = why;
        return code;
    }
    return 0;
}

static int receive(struct case_work *work, const uint8_t sha256[HASH_SIZE],
                   struct error *error)
{
    char hex[HASH_HEX_SIZE];
    struct buffer out BUFFER_CLEANUP;
    struct json_writer writer;
    int code = case_begin_known(work, error);
    if (code != 0)
        return code;
    struct case_row before = work->row;
    hash_to_hex(sha256, hex);
    buffer_init(&out, BUFFER_CEILING_LINE);
    json_writer_init(&writer, &out);
    json_begin_object(&writer, NULL);
    json_put_text(&writer, "media", hex);
    json_end_object(&writer);
    code = buffer_check(&out, error);
    if (code != 0)
        return code;
    work->inputs.opinion = "";
    work->inputs.json = arena_copy(work->arena, out.data, out.length);
    work->action = case_builtin_action("media_received");
    work->effective_ms = work->move->received_ms > work->row.opened_ms
                             ? work->move->received_ms
                             : work->row.opened_ms;
    random_bytes(work->salt, sizeof work->salt);
    code = db_execute(work->db, QUERY_CASE_MEDIA_RECEIVE,
                      (struct db_value[]){DB_INT(work->row.case_id),
                                          DB_BLOB(sha256, HASH_SIZE),
                                          DB_INT(work->move->received_ms)},
                      3, error);
    return code != 0 ? code : case_store(work, &before, error);
}

static int bring(struct db *db, const struct city_snapshot *city,
                 const struct case_move *move, const uint8_t sha256[HASH_SIZE], bool named,
                 bool *ret_brought, struct error *error)
{
    struct case_work *work = memory_new(sizeof *work);
    work->db = db;
    work->city = city;
    work->move = move;
    work->arena = arena_new(MEDIA_ARENA);
    buffer_init(&work->clock_effect, BUFFER_CEILING_LINE);
    bool may = named;
    int code = named ? 0 : may_bring(work, &may, error);
    if (code == 0 && may)
        code = receive(work, sha256, error);
    *ret_brought = code == 0 && may;
    buffer_done(&work->clock_effect);
    arena_free(work->arena);
    free(work);
    return code;
}

int case_media_arrived(struct db *db, const struct city_snapshot *city,
                       const struct actor *actor, const uint8_t sha256[HASH_SIZE],
                       int64_t now_ms, unsigned *ret_cases, struct error *error)
{
    struct {
        int64_t case_id;
        bool named;
    } waiting[WAITING_MOST];
    size_t count = 0;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_CASE_MEDIA_WAITING, &s, error);
    if (code != 0)
        return code;
    db_bind_blob(s, 1, sha256, HASH_SIZE);
    db_bind_int(s, 2, actor->person_id);
    db_bind_int(s, 3, WAITING_MOST);
    while (count < WAITING_MOST && (code = db_step(s, error)) == DB_ROW) {
        waiting[count].case_id = db_column_int(s, 0);
        waiting[count++].named = db_column_int(s, 1) != 0 && actor->person_id != 0;
    }
    s = db_finish(s);
    unsigned cases = 0;
    code = code < 0 ? code : 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        struct case_move move = {.actor = actor,
                                 .case_id = waiting[i].case_id,
                                 .received_ms = now_ms,
                                 .done_ms = INSTANT_NONE};
        bool brought = false;
        code = bring(db, city, &move, sha256, waiting[i].named, &brought, error);
        cases += brought;
    }
    if (code == 0)
        *ret_cases = cases;
    return code;
}
