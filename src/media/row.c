// SPDX-License-Identifier: MPL-2.0
// The rows that name stored files, and whether both agree.
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/db/db.h>

#include "media_internal.h"

int media_file_store(struct db *db, const struct media_file *file, int64_t person_id,
                     int64_t now_ms, struct error *error)
{
    const struct media_taken *taken = &file->taken;
    bool has_accuracy = taken->has_place && taken->accuracy_m >= 0;
    const struct db_value values[] = {
        DB_BLOB(file->sha256, HASH_SIZE),
        DB_TEXT(media_type_to_str(file->type)),
        DB_INT(file->bytes),
        DB_INT(file->width_px),
        DB_INT(file->height_px),
        DB_INT(file->cleaned),
        taken->has_place ? DB_DOUBLE(taken->lon_deg) : DB_NULL,
        taken->has_place ? DB_DOUBLE(taken->lat_deg) : DB_NULL,
        has_accuracy ? DB_DOUBLE(taken->accuracy_m) : DB_NULL,
        taken->at_ms != INSTANT_NONE ? DB_INT(taken->at_ms) : DB_NULL,
        DB_INT(taken->local),
        person_id != 0 ? DB_INT(person_id) : DB_NULL,
        DB_INT(now_ms)};
    int code = db_execute(db, QUERY_MEDIA_FILE_ADD, values,
                          sizeof values / sizeof values[0], error);
    if (code != 0 || person_id == 0)
        return code;
    return db_execute(db, QUERY_MEDIA_SENDER_ADD,
                      (struct db_value[]){DB_BLOB(file->sha256, HASH_SIZE),
                                          DB_INT(person_id), DB_INT(now_ms)},
                      3, error);
}

// Columns in the order of media_file_columns.
static void read_file(struct db_statement *row, struct media_file *ret)
{
    size_t length = 0;
    const void *digest = db_column_blob(row, 0, &length);
    int type = media_type_from_str(db_column_text(row, 1));
    *ret = (struct media_file){
        .type = type >= 0 ? (enum media_type)type : MEDIA_PDF, // never shown in a page
        .bytes = db_column_int(row, 2),
        .width_px = (int)db_column_int(row, 3),
        .height_px = (int)db_column_int(row, 4),
        .cleaned = db_column_int(row, 5) != 0,
        .taken = {.has_place = !db_column_is_null(row, 6),
                  .lon_deg = db_column_double(row, 6),
                  .lat_deg = db_column_double(row, 7),
                  .accuracy_m = db_column_is_null(row, 8) ? -1 : db_column_double(row, 8),
                  .at_ms = db_column_instant(row, 9),
                  .local = db_column_int(row, 10) != 0},
    };
    if (digest != NULL && length == HASH_SIZE)
        memcpy(ret->sha256, digest, HASH_SIZE);
}

int media_file_find(struct db *db, const uint8_t sha256[HASH_SIZE],
                    struct media_file *ret_file, struct error *error)
{
    static const enum query_id parts[] = {QUERY_MEDIA_FILE_COLUMNS, QUERY_MEDIA_FILE_ONE};
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare_parts(db, parts, 2, &row, error);
    if (code != 0)
        return code;
    db_bind_blob(row, 1, sha256, HASH_SIZE);
    code = db_step(row, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such file");
    if (code < 0)
        return code;
    read_file(row, ret_file);
    return 0;
}

int media_sent_by(struct db *db, const uint8_t sha256[HASH_SIZE], int64_t person_id,
                  bool *ret_sent, struct error *error)
{
    int64_t count = 0;
    int code =
        db_fetch_int(db, QUERY_MEDIA_SENDER_HAS,
                     (struct db_value[]){DB_BLOB(sha256, HASH_SIZE), DB_INT(person_id)}, 2,
                     &count, error);
    if (code == 0)
        *ret_sent = count > 0;
    return code;
}

// What is wrong with a stored file; NULL when nothing is.
static const char *file_fault(const struct media_store *store,
                              const struct media_file *file, bool digests)
{
    struct file_map map;
    int kinds =
        media_type_class(file->type) == MEDIA_PHOTO ? MEDIA_KIND_COUNT : MEDIA_THUMBNAIL;
    for (int kind = MEDIA_RENDITION; kind < kinds; kind++) {
        if (media_map(store, file, (enum media_kind)kind, &map, NULL) != 0)
            return "what others see of it is missing";
        file_map_close(&map);
    }
    if (media_map(store, file, MEDIA_ORIGINAL, &map, NULL) != 0)
        return "the original is missing";
    const char *fault = NULL;
    uint8_t digest[HASH_SIZE];
    if (map.length != (size_t)file->bytes)
        fault = "the original has another length";
    if (fault == NULL && digests) {
        hash_bytes(map.data, map.length, digest);
        if (memcmp(digest, file->sha256, HASH_SIZE) != 0)
            fault = "the original was altered";
    }
    file_map_close(&map);
    return fault;
}

struct photo_check {
    const struct media_store *store;
    bool digests;
    void (*visit)(void *context, const uint8_t sha256[HASH_SIZE], const char *reason);
    void *context;
    uint8_t cursor[HASH_SIZE];
};

// Page by page: no statement stays open while files are read.
static int check_page(struct photo_check *check, struct db *db, struct error *error)
{
    enum { PAGE = 100 };
    static const enum query_id parts[] = {QUERY_MEDIA_FILE_COLUMNS, QUERY_MEDIA_FILE_PAGE};
    struct media_file page[PAGE];
    int count = 0;
    {
        DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
        int code = db_prepare_parts(db, parts, 2, &row, error);
        if (code != 0)
            return code;
        db_bind_blob(row, 1, check->cursor, HASH_SIZE);
        db_bind_int(row, 2, PAGE);
        while ((code = db_step(row, error)) == DB_ROW && count < PAGE)
            read_file(row, &page[count++]);
        if (code < 0)
            return code;
    }
    for (int i = 0; i < count; i++) {
        const char *fault = file_fault(check->store, &page[i], check->digests);
        if (fault != NULL)
            check->visit(check->context, page[i].sha256, fault);
        memcpy(check->cursor, page[i].sha256, HASH_SIZE);
    }
    return count;
}

int media_check(const struct media_store *store, struct db *db, bool digests,
                void (*visit)(void *context, const uint8_t sha256[HASH_SIZE],
                              const char *reason),
                void *context, int64_t *ret_checked, struct error *error)
{
    struct photo_check check = {
        .store = store, .digests = digests, .visit = visit, .context = context};
    int64_t checked = 0;
    int count;
    while ((count = check_page(&check, db, error)) > 0)
        checked += count;
    if (count == 0)
        *ret_checked = checked;
    return count;
}
