// SPDX-License-Identifier: MPL-2.0
// Photos: taken in by the worker pool, named by a row, sent from files. Photos are named by
// their content, so the same bytes again give the same answer.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/cases/media.h>
#include <gridcase/core/hash.h>
#include <gridcase/media/media.h>

#include "api_internal.h"
#include "routes_internal.h"

struct store_job {
    struct media_file file;
    int64_t uploader_id;
    int64_t now_ms;
};

static int store_row(struct db *db, void *context, struct error *error)
{
    const struct store_job *job = context;
    int code = media_file_store(db, &job->file, job->uploader_id, job->now_ms, error);
    return code ? code : case_media_arrived(db, job->file.sha256, job->now_ms, error);
}

static void reply_file(struct api_call *call, const struct media_file *file)
{
    BUFFER_CLEANUP struct buffer body;
    struct json_writer json;
    char hex[HASH_HEX_SIZE];
    hash_to_hex(file->sha256, hex);
    buffer_init(&body, BUFFER_CEILING_LINE);
    json_writer_init(&json, &body);
    json_begin_object(&json, NULL);
    json_put_text(&json, "sha256", hex);
    json_put_text(&json, "type", media_type_to_str(file->type));
    json_put_int(&json, "bytes", file->bytes);
    json_put_int(&json, "width", file->width_px);
    json_put_int(&json, "height", file->height_px);
    json_end_object(&json);
    http_reply_json(call->request, 201, &body);
}

int media_add(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    struct store_job job = {.uploader_id = call->session.actor.person_id,
                            .now_ms = call->now_ms};
    uint64_t length = 0;
    const char *path = http_request_body_file(call->request, &length);
    int64_t expected = http_request_content_length(call->request);
    int code = path ? media_store_path(call->city->media, path, expected, &job.file, error)
                    : error_set(error, ERROR_INPUT, "media.empty", "the photo is empty");
    if (!code) {
        code = db_lane_call(call->city->lane, DB_PEOPLE, store_row, &job, error);
    }
    if (!code) {
        reply_file(call, &job.file);
    }
    return code;
}

// An upload is seen by who sent it; a photo of a case by who may see that case's photos.
static int may_see(struct api_call *call, struct db *db, enum right right,
                   const uint8_t sha256[HASH_SIZE], int64_t uploader_id,
                   struct error *error)
{
    struct account_scope own = {.person_ids = &uploader_id,
                                .person_count = uploader_id != 0};
    if (account_may(&call->session.actor, right, &own)) {
        return 0;
    }
    int64_t cases[CASE_MEDIA_CASES_MOST];
    size_t count = 0;
    int code = case_media_cases(db, sha256, cases, &count, error);
    for (size_t i = 0; i < count && !code; i++) {
        struct case_detail detail;
        struct error why = {0};
        code = case_read_by_id(db, call->snapshot, &call->session.actor, cases[i],
                               call->now_ms, call->arena, &detail, &why);
        if (!code && api_may_case(call, right, &detail)) {
            return 0;
        }
        if (code && code != ERROR_NOT_FOUND) {
            *error = why;
            return code;
        }
        code = 0;
    }
    if (!code && right == RIGHT_MEDIA_ORIGINAL) { // seen already as a rendition
        return error_set(error, ERROR_DENIED, "account.denied", "the right '%s' is missing",
                         right_to_str(right));
    }
    return code ? code
                : error_set(error, ERROR_NOT_FOUND, "media.unknown",
                            "there is no such photo");
}

static int reply_kind(struct api_call *call, struct db *db, enum media_kind kind,
                      struct error *error)
{
    struct media_file file;
    uint8_t sha256[HASH_SIZE];
    const char *hex = call->parameters[0];
    int64_t uploader_id = 0;
    int descriptor = -1;
    int64_t bytes = 0;
    if (hash_from_hex(hex, strlen(hex), sha256, error)) {
        return error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such photo");
    }
    int code = media_file_find(db, sha256, &file, &uploader_id, error);
    if (!code) {
        code = may_see(call, db, RIGHT_MEDIA_READ, sha256, uploader_id, error);
    }
    if (!code && kind == MEDIA_ORIGINAL) { // it carries place and time
        code = may_see(call, db, RIGHT_MEDIA_ORIGINAL, sha256, uploader_id, error);
    }
    if (!code) {
        char etag[HASH_HEX_SIZE + 8];
        snprintf(etag, sizeof(etag), "\"%s-%d\"", hex, (int)kind);
        http_reply_header(call->request, "Cache-Control",
                          "private, max-age=86400, immutable");
        if (http_reply_not_modified(call->request, etag)) {
            return 0;
        }
        code = media_open(call->city->media, sha256, kind, &descriptor, &bytes, error);
    }
    if (!code) {
        http_reply_descriptor(call->request, 200, media_content_type(&file, kind),
                              descriptor, bytes);
    }
    return code;
}

int media_get(struct api_call *call, struct db *db, struct error *error)
{
    const char *size = http_request_query(call->request, "size");
    bool small = size && strcmp(size, "thumb") == 0;
    return reply_kind(call, db, small ? MEDIA_THUMBNAIL : MEDIA_RENDITION, error);
}

int media_get_original(struct api_call *call, struct db *db, struct error *error)
{
    http_reply_header(call->request, "Content-Disposition", "attachment");
    return reply_kind(call, db, MEDIA_ORIGINAL, error);
}
