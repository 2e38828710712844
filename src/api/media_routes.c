// SPDX-License-Identifier: MPL-2.0
// Files: taken in by the worker pool, whole or by parts, named by a row, sent from disk.
// They are named by their content, so the same bytes again give the same answer. Nobody
// learns what others have sent: a file is there for whoever sent it whole, and for whoever
// may see it in a case.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gridcase/cases/media.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/log.h>
#include <gridcase/core/text.h>
#include <gridcase/media/media.h>

#include "api_internal.h"
#include "routes_internal.h"

struct store_job {
    struct api_call *call;
    struct media_file file;
    unsigned cases; // that had waited for it
};

static int store_row(struct db *db, void *context, struct error *error)
{
    struct store_job *job = context;
    const struct api_call *call = job->call;
    const struct actor *actor = &call->session.actor;
    int code = media_file_store(db, &job->file, actor->person_id, call->now_ms, error);
    return code ? code
                : case_media_arrived(db, call->snapshot, actor, job->file.sha256,
                                     call->now_ms, &job->cases, error);
}

static int store(struct api_call *call, const struct media_file *file, struct error *error)
{
    struct store_job job = {.call = call, .file = *file};
    int code = db_lane_call(call->city->lane, DB_PEOPLE, store_row, &job, error);
    if (!code && job.cases > 0) {
        changes_notify(call->api->changes, call->city);
    }
    return code;
}

static void reply_receipt(struct api_call *call, const struct media_file *file)
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(file->sha256, hex);
    API_ANSWER_CLEANUP struct api_answer answer;
    struct json_writer *json = api_answer_begin(&answer);
    json_put_text(json, "sha256", hex);
    json_put_text(json, "type", media_type_to_str(file->type));
    json_put_int(json, "bytes", file->bytes);
    json_put_bool(json, "stored", true);
    if (file->width_px > 0) {
        json_put_int(json, "width", file->width_px);
        json_put_int(json, "height", file->height_px);
    }
    api_answer_send_private(call, 201, &answer);
}

// Names of files on the server are nobody's business.
static int tell_disk(int code, struct error *error)
{
    if (code && strcmp(error->slug, "disk.full") == 0) {
        return error_set(error, code, "disk.full", "the server's disk is full");
    }
    return code;
}

int media_add(struct api_call *call, struct db *db, struct error *error)
{
    (void)db;
    uint64_t length = 0;
    struct media_file file;
    const char *path = http_request_body_file(call->request, &length);
    int64_t expected = http_request_content_length(call->request);
    int code = path ? media_store_path(call->city->media, path, expected, &file, error)
                    : error_set(error, ERROR_INPUT, "media.empty", "the file is empty");
    if (!code) {
        code = store(call, &file, error);
    }
    if (!code) {
        reply_receipt(call, &file);
    }
    return tell_disk(code, error);
}

// ---- who may see what ----

static int unknown(struct error *error)
{
    return error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such file");
}

// A file is seen by who sent it; a file of a case by who may see that case's files.
static int may_see(struct api_call *call, struct db *db, enum right right,
                   const uint8_t sha256[HASH_SIZE], struct error *error)
{
    const struct actor *actor = &call->session.actor;
    bool sent = false;
    int code = media_sent_by(db, sha256, actor->person_id, &sent, error);
    struct account_scope own = {.person_ids = &actor->person_id, .person_count = 1};
    if (code || (sent && account_may(actor, right, &own))) {
        return code;
    }
    int64_t cases[CASE_MEDIA_CASES_MOST];
    size_t count = 0;
    code = case_media_cases(db, sha256, cases, &count, error);
    for (size_t i = 0; i < count && !code; i++) {
        struct case_detail detail;
        struct error why = {0};
        code = case_read_by_id(db, call->snapshot, actor, cases[i], call->now_ms,
                               call->arena, &detail, &why);
        if (!code && api_may_case(call, right, &detail)) {
            return 0;
        }
        if (code && code != ERROR_NOT_FOUND) {
            *error = why;
            return code;
        }
        code = 0;
    }
    bool open = false;
    if (!code) {
        code = api_voice_open(call, db, sha256, &open, error);
    }
    if (code || open) {
        return code;
    }
    if (right == RIGHT_MEDIA_ORIGINAL) { // seen already as a rendition
        return error_set(error, ERROR_DENIED, "account.denied", "the right '%s' is missing",
                         right_to_str(right));
    }
    return unknown(error);
}

static int read_digest(const struct api_call *call, uint8_t sha256[HASH_SIZE],
                       struct error *error)
{
    const char *hex = call->parameters[0];
    struct error ignored = {0};
    return hash_from_hex(hex, strlen(hex), sha256, &ignored) ? unknown(error) : 0;
}

// ERROR_NOT_FOUND as if it were not there when this person has not sent it and sees it in
// no case.
static int find_file(struct api_call *call, struct db *db, struct media_file *ret_file,
                     struct error *error)
{
    uint8_t sha256[HASH_SIZE];
    int code = read_digest(call, sha256, error);
    if (!code) {
        code = media_file_find(db, sha256, ret_file, error);
    }
    return code ? code : may_see(call, db, RIGHT_MEDIA_READ, sha256, error);
}

// ---- by parts ----

static void put_upload(struct api_call *call, int64_t offset, int64_t length, bool complete)
{
    char text[32];
    snprintf(text, sizeof(text), "%lld", (long long)offset);
    http_reply_header(call->request, "Upload-Offset", text);
    snprintf(text, sizeof(text), "%lld", (long long)length);
    http_reply_header(call->request, "Upload-Length", text);
    http_reply_header(call->request, "Upload-Complete", complete ? "?1" : "?0");
    http_reply_header(call->request, "Cache-Control", "no-store");
}

// HEAD for a file that is not this person's: the part they have sent.
static int reply_part(struct api_call *call, struct error *error)
{
    struct media_upload upload = {.person_id = call->session.actor.person_id};
    struct error absent = {0};
    int code = read_digest(call, upload.sha256, error);
    if (code) {
        return code;
    }
    code = media_part_find(call->city->media, &upload, &absent);
    if (code) {
        *error = absent;
        return code == ERROR_NOT_FOUND ? unknown(error) : code;
    }
    put_upload(call, upload.offset, upload.length, false);
    http_reply_empty(call->request, 200);
    return 0;
}

// What this person has already is not taken again; appending nothing at its end gives the
// receipt once more.
static int append_to_whole(struct api_call *call, const struct media_file *file,
                           const struct media_upload *upload, uint64_t length,
                           struct error *error)
{
    put_upload(call, file->bytes, file->bytes, true);
    if (upload->offset == file->bytes && length == 0) {
        reply_receipt(call, file);
        return 0;
    }
    return error_set(error, ERROR_CONFLICT, "media.offset", "the file is there whole");
}

static int append(struct api_call *call, struct media_upload *upload, const char *path,
                  struct error *error)
{
    bool whole = false;
    struct media_file file;
    int code = media_part_append(call->city->media, upload, path, &whole, &file, error);
    if (!code && whole) {
        code = store(call, &file, error);
    }
    put_upload(call, upload->offset, upload->length, whole && !code);
    if (code) {
        return tell_disk(code, error);
    }
    if (whole) {
        media_part_drop(call->city->media, upload);
        reply_receipt(call, &file);
    } else {
        http_reply_empty(call->request, 204);
    }
    return 0;
}

int media_append(struct api_call *call, struct db *db, struct error *error)
{
    struct media_upload upload = {.person_id = call->session.actor.person_id};
    struct media_file file;
    struct error absent = {0};
    uint64_t length = 0;
    const char *path = http_request_body_file(call->request, &length);
    int code = read_digest(call, upload.sha256, error);
    if (!code) {
        code = media_upload_parse(http_request_header(call->request, "Upload-Offset"),
                                  http_request_header(call->request, "Upload-Length"),
                                  &upload, error);
    }
    if (code) {
        return code;
    }
    code = find_file(call, db, &file, &absent);
    if (!code) {
        return append_to_whole(call, &file, &upload, length, error);
    }
    if (code != ERROR_NOT_FOUND) {
        *error = absent;
        return code;
    }
    return append(call, &upload, length > 0 ? path : NULL, error);
}

// ---- a line that broke in the middle of a part ----

// What had come of it is kept, behind nobody: the next HEAD tells of it.
struct keep_job {
    struct api *api;
    struct api_city *city; // one reference
    struct media_upload upload;
    char path[512];
};

static void keep_work(void *context)
{
    struct keep_job *job = context;
    struct media_file file;
    struct error error = {0};
    bool whole = false;
    bool sent = false;
    DB_READER_CLEANUP struct db *db = NULL;
    int code = api_city_open(job->api, job->city, &error);
    if (!code) {
        code = db_reader_borrow(job->api->store, job->city->slug, DB_CASES, &db, &error);
    }
    if (!code) {
        code = media_sent_by(db, job->upload.sha256, job->upload.person_id, &sent, &error);
    }
    if (!code && !sent) {
        code = media_part_append(job->city->media, &job->upload, job->path, &whole, &file,
                                 &error);
    }
    if (code && code != ERROR_CONFLICT) { // sent again meanwhile
        log_event(LOG_INFO, "media.part_lost", "city=%s code=%s", job->city->slug,
                  error.slug);
    }
    unlink(job->path);
    api_city_unref(job->api, job->city);
    free(job);
}

void media_keep_part(struct api_call *call)
{
    uint64_t length = 0;
    struct error error = {0};
    struct media_upload upload = {.person_id = call->session.actor.person_id};
    const char *path = http_request_body_file(call->request, &length);
    if (!path || length == 0 || !call->authenticated || upload.person_id == 0 ||
        read_digest(call, upload.sha256, &error) ||
        media_upload_parse(http_request_header(call->request, "Upload-Offset"),
                           http_request_header(call->request, "Upload-Length"), &upload,
                           &error)) {
        return;
    }
    struct keep_job *job = memory_new(sizeof(*job));
    *job = (struct keep_job){.api = call->api, .upload = upload};
    if (text_format(job->path, sizeof(job->path), "%s-kept", path) ||
        rename(path, job->path)) {
        free(job);
        return;
    }
    job->city = api_city_ref(call->api, call->city);
    if (pool_submit(call->api->pool, call->city->key, keep_work, job, &error)) {
        unlink(job->path);
        api_city_unref(call->api, job->city);
        free(job);
    }
}

// ---- reading ----

// Films and sounds play in a page; documents and originals are saved, never opened on this
// site.
static void put_disposition(struct api_call *call, const struct media_file *file)
{
    char hex[HASH_HEX_SIZE];
    char text[96];
    hash_to_hex(file->sha256, hex);
    snprintf(text, sizeof(text), "attachment; filename=\"%.12s.%s\"", hex,
             media_type_ending(file->type));
    http_reply_header(call->request, "Content-Disposition", text);
    http_reply_header(call->request, "Content-Security-Policy",
                      "sandbox; default-src 'none'; frame-ancestors 'none'");
}

static int reply_kind(struct api_call *call, const struct media_file *file,
                      enum media_kind kind, struct error *error)
{
    char etag[HASH_HEX_SIZE + 8];
    char hex[HASH_HEX_SIZE];
    int descriptor = -1;
    int64_t bytes = 0;
    bool saved = kind == MEDIA_ORIGINAL || media_type_class(file->type) == MEDIA_DOCUMENT;
    hash_to_hex(file->sha256, hex);
    snprintf(etag, sizeof(etag), "\"%s-%d\"", hex, (int)kind);
    http_reply_header(call->request, "Cross-Origin-Resource-Policy", "same-origin");
    if (http_request_method(call->request) == HTTP_HEAD) {
        put_upload(call, file->bytes, file->bytes, true);
    } else {
        http_reply_header(call->request, "Cache-Control",
                          "private, max-age=86400, immutable");
        if (http_reply_not_modified(call->request, etag)) {
            return 0;
        }
    }
    int code = media_open(call->city->media, file, kind, &descriptor, &bytes, error);
    if (code) {
        return code;
    }
    if (saved) {
        put_disposition(call, file);
    }
    http_reply_header(call->request, "ETag", etag);
    http_reply_ranged(call->request, media_content_type(file, kind), descriptor, bytes,
                      etag);
    return 0;
}

int media_get(struct api_call *call, struct db *db, struct error *error)
{
    const char *size = http_request_query(call->request, "size");
    bool small = size && strcmp(size, "thumb") == 0;
    bool asked = http_request_method(call->request) == HTTP_HEAD;
    struct media_file file;
    int code = find_file(call, db, &file, error);
    if (code == ERROR_NOT_FOUND && asked) {
        error_clear(error);
        return reply_part(call, error);
    }
    return code ? code
                : reply_kind(call, &file, small ? MEDIA_THUMBNAIL : MEDIA_RENDITION, error);
}

int media_get_original(struct api_call *call, struct db *db, struct error *error)
{
    struct media_file file;
    int code = find_file(call, db, &file, error);
    if (!code) { // it carries place and time
        code = may_see(call, db, RIGHT_MEDIA_ORIGINAL, file.sha256, error);
    }
    return code ? code : reply_kind(call, &file, MEDIA_ORIGINAL, error);
}
