// SPDX-License-Identifier: MPL-2.0
// The rows that name stored files, and whether both agree.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/db/db.h>

#include "media_internal.h"

int media_file_store(struct db *db, const struct media_file *file, int64_t uploader_id,
                     int64_t now_ms, struct error *error)
{
    const struct db_value values[] = {DB_BLOB(file->sha256, HASH_SIZE),
                                      DB_TEXT(media_type_to_str(file->type)),
                                      DB_INT(file->bytes),
                                      DB_INT(file->width_px),
                                      DB_INT(file->height_px),
                                      uploader_id != 0 ? DB_INT(uploader_id) : DB_NULL,
                                      DB_INT(now_ms)};
    return db_execute(db, QUERY_MEDIA_FILE_ADD, values, 7, error);
}

static enum media_type type_from_str(const char *text)
{
    return text_equal(text, media_type_to_str(MEDIA_PNG)) ? MEDIA_PNG : MEDIA_JPEG;
}

int media_file_find(struct db *db, const uint8_t sha256[HASH_SIZE],
                    struct media_file *ret_file, int64_t *ret_uploader_id,
                    struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_MEDIA_FILE_FIND, &row, error);
    if (code != 0)
        return code;
    db_bind_blob(row, 1, sha256, HASH_SIZE);
    code = db_step(row, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such photo");
    if (code < 0)
        return code;
    *ret_file = (struct media_file){.type = type_from_str(db_column_text(row, 0)),
                                    .bytes = db_column_int(row, 1),
                                    .width_px = (int)db_column_int(row, 2),
                                    .height_px = (int)db_column_int(row, 3)};
    memcpy(ret_file->sha256, sha256, HASH_SIZE);
    if (ret_uploader_id != NULL)
        *ret_uploader_id = db_column_int(row, 4);
    return 0;
}

// What is wrong with a stored file; NULL when nothing is.
static const char *file_fault(const struct media_store *store,
                              const uint8_t sha256[HASH_SIZE], int64_t bytes, bool digests)
{
    struct file_map map;
    for (int kind = MEDIA_RENDITION; kind < MEDIA_KIND_COUNT; kind++) {
        if (media_map(store, sha256, (enum media_kind)kind, &map, NULL) != 0)
            return "the rendition or the thumbnail is missing";
        file_map_close(&map);
    }
    if (media_map(store, sha256, MEDIA_ORIGINAL, &map, NULL) != 0)
        return "the original is missing";
    const char *fault = NULL;
    uint8_t digest[HASH_SIZE];
    if (map.length != (size_t)bytes)
        fault = "the original has another length";
    if (fault == NULL && digests) {
        hash_bytes(map.data, map.length, digest);
        if (memcmp(digest, sha256, HASH_SIZE) != 0)
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
    struct {
        uint8_t sha256[HASH_SIZE];
        int64_t bytes;
    } page[PAGE];
    int count = 0;
    {
        DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
        int code = db_prepare(db, QUERY_MEDIA_FILE_LIST, &row, error);
        if (code != 0)
            return code;
        db_bind_blob(row, 1, check->cursor, HASH_SIZE);
        db_bind_int(row, 2, PAGE);
        while ((code = db_step(row, error)) == DB_ROW && count < PAGE) {
            size_t length = 0;
            const void *digest = db_column_blob(row, 0, &length);
            memcpy(page[count].sha256, digest, length == HASH_SIZE ? HASH_SIZE : 0);
            page[count++].bytes = db_column_int(row, 2);
        }
        if (code < 0)
            return code;
    }
    for (int i = 0; i < count; i++) {
        const char *fault =
            file_fault(check->store, page[i].sha256, page[i].bytes, check->digests);
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
