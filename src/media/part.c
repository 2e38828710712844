// SPDX-License-Identifier: MPL-2.0
// Uploads by parts. Each person has a folder of their own, so that nobody learns what
// others have sent; the name of a part says how long the whole is, its length how much is
// there. What was synced is there after a crash; the digest has the last word.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/instant.h>
#include <gridcase/core/text.h>

#include "media_internal.h"

enum { HEX = HASH_HEX_SIZE - 1 };

// ---- names ----
static int person_path(const struct media_store *store, int64_t person_id,
                       char out[PATH_MAX], struct error *error)
{
    if (text_format(out, PATH_MAX, "%s/parts/%lld", store->folder, (long long)person_id) !=
        0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         store->folder);
    return 0;
}

static int part_path(const struct media_store *store, const struct media_upload *upload,
                     char out[PATH_MAX], struct error *error)
{
    char hex[HASH_HEX_SIZE], folder[PATH_MAX];
    hash_to_hex(upload->sha256, hex);
    int code = person_path(store, upload->person_id, folder, error);
    if (code == 0 && text_format(out, PATH_MAX, "%s/%s-%lld", folder, hex,
                                 (long long)upload->length) != 0)
        code = error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         store->folder);
    return code;
}

// Takes "SHA256-LENGTH" apart; false for names that are not ours.
static bool part_name(const char *name, struct media_upload *ret)
{
    size_t length = strlen(name);
    return length > HEX + 1 && name[HEX] == '-' &&
           hash_from_hex(name, HEX, ret->sha256, NULL) == 0 &&
           text_to_int(name + HEX + 1, length - HEX - 1, &ret->length, NULL) == 0 &&
           ret->length > 0;
}

// ---- walking ----
struct walk {
    struct media_store *store;
    bool (*visit)(struct walk *walk, const struct media_upload *upload, const char *path,
                  const struct stat *status); // false: enough
    const struct media_upload *wanted;
    struct media_upload found;
    int64_t before_ms, bytes;
    int count, removed;
};

static int walk_person(struct walk *walk, int64_t person_id, struct error *error)
{
    char folder[PATH_MAX], path[PATH_MAX];
    int code = person_path(walk->store, person_id, folder, error);
    DIR *listing = code == 0 ? opendir(folder) : NULL;
    if (listing == NULL)
        return code != 0 || errno == ENOENT ? code
                                            : error_errno(error, "media.parts", folder);
    const struct dirent *entry;
    bool more = true;
    while (more && (entry = readdir(listing)) != NULL) {
        struct media_upload upload = {.person_id = person_id};
        struct stat status;
        if (!part_name(entry->d_name, &upload) ||
            text_format(path, sizeof path, "%s/%s", folder, entry->d_name) != 0 ||
            stat(path, &status) != 0)
            continue;
        upload.offset = (int64_t)status.st_size;
        more = walk->visit(walk, &upload, path, &status);
    }
    closedir(listing);
    return 0;
}

static int walk_all(struct walk *walk, struct error *error)
{
    char folder[PATH_MAX];
    if (text_format(folder, sizeof folder, "%s/parts", walk->store->folder) != 0)
        return 0;
    DIR *listing = opendir(folder);
    if (listing == NULL)
        return errno == ENOENT ? 0 : error_errno(error, "media.parts", folder);
    const struct dirent *entry;
    int code = 0;
    while (code == 0 && (entry = readdir(listing)) != NULL) {
        int64_t person_id = 0;
        if (text_to_int(entry->d_name, strlen(entry->d_name), &person_id, NULL) == 0 &&
            person_id > 0)
            code = walk_person(walk, person_id, error);
    }
    closedir(listing);
    return code;
}

static void count_bytes(struct media_store *store, int64_t bytes)
{
    pthread_mutex_lock(&store->counting);
    store->upload_bytes += bytes;
    pthread_mutex_unlock(&store->counting);
}

static bool visit_sum(struct walk *walk, const struct media_upload *upload,
                      const char *path, const struct stat *status)
{
    (void)path;
    (void)status;
    walk->bytes += upload->length;
    walk->count++;
    return true;
}

int media_parts_open(struct media_store *store, struct error *error)
{
    struct walk walk = {.store = store, .visit = visit_sum};
    int code = walk_all(&walk, error);
    store->upload_bytes = walk.bytes;
    return code;
}

// ---- one upload ----
static pthread_mutex_t *stripe_of(struct media_store *store,
                                  const struct media_upload *upload)
{
    size_t at = (upload->sha256[1] ^ (uint64_t)upload->person_id) % MEDIA_STRIPES;
    return &store->stripes[at];
}

static bool visit_wanted(struct walk *walk, const struct media_upload *upload,
                         const char *path, const struct stat *status)
{
    (void)path;
    (void)status;
    if (memcmp(upload->sha256, walk->wanted->sha256, HASH_SIZE) != 0)
        return true;
    walk->found = *upload;
    walk->count = 1;
    return false;
}

int media_part_find(struct media_store *store, struct media_upload *upload,
                    struct error *error)
{
    struct walk walk = {.store = store, .visit = visit_wanted, .wanted = upload};
    int code = walk_person(&walk, upload->person_id, error);
    if (code == 0 && walk.count == 0)
        code = error_set(error, ERROR_NOT_FOUND, "media.no_part",
                         "nothing of this file was sent");
    if (code == 0)
        *upload = walk.found;
    return code;
}

static void drop(struct media_store *store, const struct media_upload *upload)
{
    char path[PATH_MAX];
    if (part_path(store, upload, path, NULL) == 0 && file_system()->unlink(path) == 0)
        count_bytes(store, -upload->length);
}

void media_part_drop(struct media_store *store, const struct media_upload *upload)
{
    pthread_mutex_t *stripe = stripe_of(store, upload);
    pthread_mutex_lock(stripe);
    drop(store, upload);
    pthread_mutex_unlock(stripe);
}

// ---- bounds ----
static bool visit_old(struct walk *walk, const struct media_upload *upload,
                      const char *path, const struct stat *status)
{
    bool old = (int64_t)status->st_mtim.tv_sec * 1000 < walk->before_ms;
    if (old && file_system()->unlink(path) == 0) {
        count_bytes(walk->store, -upload->length);
        walk->removed++;
        return true;
    }
    walk->bytes += upload->length;
    walk->count++;
    return true;
}

int media_parts_sweep(struct media_store *store, int64_t now_ms, int *ret_removed,
                      struct error *error)
{
    struct walk walk = {.store = store,
                        .visit = visit_old,
                        .before_ms = now_ms - store->limits.upload_life_ms};
    int code = walk_all(&walk, error);
    *ret_removed = walk.removed;
    return code;
}

// Room for one more upload of the person and of the city? Reserves it in the city's.
static int reserve(struct media_store *store, const struct media_upload *upload,
                   struct error *error)
{
    const struct media_limits *limits = &store->limits;
    struct walk walk = {.store = store,
                        .visit = visit_old,
                        .before_ms = instant_now_ms() - limits->upload_life_ms};
    int code = walk_person(&walk, upload->person_id, error);
    if (code != 0)
        return code;
    if (walk.count >= MEDIA_UPLOADS_PERSON ||
        walk.bytes + upload->length > limits->upload_bytes_person)
        return error_set(error, ERROR_LIMIT, "media.uploads_person",
                         "too many of your uploads are not whole yet: finish those first");
    pthread_mutex_lock(&store->counting);
    bool fits = store->upload_bytes + upload->length <= limits->upload_bytes_city;
    store->upload_bytes += fits ? upload->length : 0;
    pthread_mutex_unlock(&store->counting);
    return fits ? 0
                : error_set(error, ERROR_BUSY, "media.uploads_city",
                            "too many uploads are under way: try again later");
}

// A type or size that can never be taken, and a disk that is too full, are told with the
// first bytes and not after the last ones.
static int check_first(const struct media_store *store, const struct media_upload *upload,
                       const struct file_map *bytes, struct error *error)
{
    enum media_type type;
    int code = media_type_sniff(bytes->data, bytes->length, &type, error);
    if (code != 0)
        return code;
    enum media_class class = media_type_class(type);
    // Whether an MP4 is sound or video shows only in the end: the larger limit holds here.
    if (upload->length > store->limits.bytes_most[class])
        return media_too_large(store, class, error);
    return media_disk_check(store, class, 2 * upload->length, error);
}

// ---- appending ----
static int append_bytes(const struct media_store *store, struct media_upload *upload,
                        const struct file_map *bytes, struct error *error)
{
    char path[PATH_MAX];
    int code = part_path(store, upload, path, error);
    if (code != 0)
        return code;
    int fd = file_system()->open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0)
        return error_errno(error, "media.parts", path);
    if (file_write_all(fd, bytes->data, bytes->length) != 0 ||
        file_system()->sync(fd) != 0) {
        code = error_errno(error, "media.parts", "an upload");
        if (ftruncate(fd, upload->offset) != 0) // what is told is what was synced
            (void)file_system()->unlink(path);
    }
    file_system()->close(fd);
    if (code == 0)
        upload->offset += (int64_t)bytes->length;
    return code;
}

static int begin(struct media_store *store, const struct media_upload *upload,
                 const struct file_map *bytes, struct error *error)
{
    char folder[PATH_MAX];
    int code = check_first(store, upload, bytes, error);
    if (code == 0)
        code = person_path(store, upload->person_id, folder, error);
    if (code == 0)
        code = file_make_directory(folder, error);
    return code != 0 ? code : reserve(store, upload, error);
}

// The first bytes: what was reserved is given back when they cannot be kept.
static int append_first(struct media_store *store, struct media_upload *upload,
                        const struct file_map *bytes, struct error *error)
{
    char folder[PATH_MAX];
    int code = begin(store, upload, bytes, error);
    if (code != 0)
        return code;
    code = append_bytes(store, upload, bytes, error);
    if (code == 0)
        code = person_path(store, upload->person_id, folder, error);
    if (code == 0)
        return file_sync_directory(folder, error);
    char path[PATH_MAX];
    if (part_path(store, upload, path, NULL) == 0)
        (void)file_system()->unlink(path);
    count_bytes(store, -upload->length);
    return code;
}

static int append(struct media_store *store, struct media_upload *upload,
                  const struct file_map *bytes, struct error *error)
{
    struct media_upload there = *upload;
    struct error absent = {0};
    int64_t offset = upload->offset;
    upload->offset = 0;
    int code = media_part_find(store, &there, &absent);
    bool first = code == ERROR_NOT_FOUND;
    if (code != 0 && !first) {
        *error = absent;
        return code;
    }
    if (!first)
        upload->offset = there.offset;
    if (!first && there.length != upload->length)
        return error_set(error, ERROR_CONFLICT, "media.length",
                         "%lld bytes were announced before", (long long)there.length);
    if (offset != upload->offset)
        return error_set(error, ERROR_CONFLICT, "media.offset",
                         "%lld bytes are there: go on from there",
                         (long long)upload->offset);
    if ((int64_t)bytes->length > upload->length - upload->offset)
        return error_set(error, ERROR_INPUT, "media.overrun",
                         "more bytes came than were announced");
    if (bytes->length == 0)
        return first ? error_set(error, ERROR_INPUT, "media.empty", "nothing was sent") : 0;
    return first ? append_first(store, upload, bytes, error)
                 : append_bytes(store, upload, bytes, error);
}

// ---- the last byte ----
static int finish(struct media_store *store, struct media_upload *upload,
                  struct media_file *ret_file, struct error *error)
{
    char path[PATH_MAX];
    uint8_t digest[HASH_SIZE];
    struct file_map map = {0};
    int code = part_path(store, upload, path, error);
    if (code == 0)
        code = file_map_open(path, &map, error);
    if (code != 0)
        return code;
    hash_bytes(map.data, map.length, digest);
    if (memcmp(digest, upload->sha256, HASH_SIZE) != 0)
        code = error_set(error, ERROR_INPUT, "media.digest",
                         "the bytes are not those of the digest: send the file again");
    if (code == 0)
        code = media_store_bytes(store, map.data, map.length, ret_file, error);
    file_map_close(&map);
    // What is wrong with the file itself does not get better; a full disk does.
    if (code == ERROR_INPUT || code == ERROR_LIMIT) {
        drop(store, upload);
        upload->offset = 0;
    }
    return code;
}

int media_part_append(struct media_store *store, struct media_upload *upload,
                      const char *path, bool *ret_whole, struct media_file *ret_file,
                      struct error *error)
{
    struct file_map bytes = {0};
    int code = path != NULL ? file_map_open(path, &bytes, error) : 0;
    if (code != 0)
        return code;
    pthread_mutex_t *stripe = stripe_of(store, upload);
    pthread_mutex_lock(stripe);
    code = append(store, upload, &bytes, error);
    bool whole = code == 0 && upload->offset == upload->length;
    if (whole)
        code = finish(store, upload, ret_file, error);
    pthread_mutex_unlock(stripe);
    file_map_close(&bytes);
    *ret_whole = whole && code == 0;
    return code;
}

int media_upload_parse(const char *offset, const char *length,
                       struct media_upload *ret_upload, struct error *error)
{
    static const int64_t MOST = INT64_C(1) << 40;
    struct media_upload upload = *ret_upload;
    if (offset == NULL || length == NULL ||
        text_to_int(offset, strlen(offset), &upload.offset, NULL) != 0 ||
        text_to_int(length, strlen(length), &upload.length, NULL) != 0 ||
        upload.offset < 0 || upload.length < 1 || upload.length > MOST ||
        upload.offset > upload.length)
        return error_set(error, ERROR_INPUT, "media.upload_headers",
                         "Upload-Offset and Upload-Length are whole numbers of bytes");
    *ret_upload = upload;
    return 0;
}
