// SPDX-License-Identifier: MPL-2.0
// The store of a city: files under their digest.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

#include "media_internal.h"

enum { RENDITION_QUALITY = 85, THUMBNAIL_QUALITY = 78 };

const char *const media_endings[MEDIA_COPY_COUNT] = {
    [MEDIA_COPY_PHOTO] = "jpg",
    [MEDIA_COPY_THUMB] = "thumb",
    [MEDIA_COPY_CLEAN] = "clean",
    [MEDIA_COPY_ORIGINAL] = "orig",
};

void media_limits_init(struct media_limits *limits)
{
    const int64_t megabyte = 1000 * 1000;
    *limits = (struct media_limits){
        .bytes_most = {[MEDIA_PHOTO] = 15 * megabyte,
                       [MEDIA_SOUND] = 25 * megabyte,
                       [MEDIA_VIDEO] = 100 * megabyte,
                       [MEDIA_DOCUMENT] = 25 * megabyte},
        .free_percent = 5,
        .photo_free_percent = 2,
        .upload_bytes_person = 500 * megabyte,
        .upload_bytes_city = 10000 * megabyte,
        .upload_life_ms = INT64_C(72) * 3600 * 1000,
    };
}

static void locks_init(struct media_store *store)
{
    pthread_mutex_init(&store->sweeping, NULL);
    pthread_mutex_init(&store->counting, NULL);
    for (int i = 0; i < MEDIA_STRIPES; i++)
        pthread_mutex_init(&store->stripes[i], NULL);
}

int media_store_open(const char *folder, const struct media_limits *limits,
                     struct media_store **ret_store, struct error *error)
{
    struct media_store *store = memory_new(sizeof *store);
    locks_init(store);
    media_limits_init(&store->limits);
    if (limits != NULL)
        store->limits = *limits;
    int code = 0;
    if (text_format(store->folder, sizeof store->folder, "%s", folder) != 0)
        code =
            error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s", folder);
    if (code == 0)
        code = file_make_directory(folder, error);
    if (code == 0)
        code = media_parts_open(store, error);
    if (code != 0) {
        media_store_close(store);
        return code;
    }
    *ret_store = store;
    return 0;
}

struct media_store *media_store_close(struct media_store *store)
{
    if (store != NULL) {
        pthread_mutex_destroy(&store->sweeping);
        pthread_mutex_destroy(&store->counting);
        for (int i = 0; i < MEDIA_STRIPES; i++)
            pthread_mutex_destroy(&store->stripes[i]);
        free(store);
    }
    return NULL;
}

const struct media_limits *media_store_limits(const struct media_store *store)
{
    return &store->limits;
}

unsigned media_copies_of(const struct media_file *file)
{
    unsigned copies = 1u << MEDIA_COPY_ORIGINAL;
    if (media_type_class(file->type) == MEDIA_PHOTO)
        copies |= 1u << MEDIA_COPY_PHOTO | 1u << MEDIA_COPY_THUMB;
    if (file->cleaned)
        copies |= 1u << MEDIA_COPY_CLEAN;
    return copies;
}

static int folder_path(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                       char out[PATH_MAX], struct error *error)
{
    if (text_format(out, PATH_MAX, "%s/%02x", store->folder, sha256[0]) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         store->folder);
    return 0;
}

static int copy_path(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                     enum media_copy copy, char out[PATH_MAX], struct error *error)
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(sha256, hex);
    if (text_format(out, PATH_MAX, "%s/%.2s/%s.%s", store->folder, hex, hex + 2,
                    media_endings[copy]) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         store->folder);
    return 0;
}

// ---- receiving ----
static int copy_write(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                      enum media_copy copy, const void *bytes, size_t length,
                      struct error *error)
{
    char path[PATH_MAX];
    int code = copy_path(store, sha256, copy, path, error);
    return code != 0 ? code : file_write_atomic(path, bytes, length, error);
}

static int photo_write(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                       const struct image *image, struct error *error)
{
    BUFFER_CLEANUP struct buffer rendition, thumbnail;
    buffer_init(&rendition, BUFFER_CEILING_REPLY);
    buffer_init(&thumbnail, BUFFER_CEILING_REPLY);
    IMAGE_CLEANUP struct image small = {0};
    int code = image_encode(image, RENDITION_QUALITY, &rendition, error);
    if (code == 0)
        code = image_shrink(image, MEDIA_THUMBNAIL_SIDE_PX, &small, error);
    if (code == 0)
        code = image_encode(&small, THUMBNAIL_QUALITY, &thumbnail, error);
    if (code == 0)
        code = copy_write(store, sha256, MEDIA_COPY_PHOTO, rendition.data, rendition.length,
                          error);
    if (code == 0)
        code = copy_write(store, sha256, MEDIA_COPY_THUMB, thumbnail.data, thumbnail.length,
                          error);
    return code;
}

// The file without place and tags, at the same length: nothing inside has to move.
static int clean_write(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                       const struct media_look *look, const void *bytes, size_t length,
                       struct error *error)
{
    uint8_t *copy = malloc(length);
    if (copy == NULL)
        return error_set(error, ERROR_LIMIT, "media.memory", "no memory for a copy");
    memcpy(copy, bytes, length);
    movie_clean(copy, length, look);
    int code = copy_write(store, sha256, MEDIA_COPY_CLEAN, copy, length, error);
    free(copy);
    return code;
}

// Was it stored before? Makes it young again, so that no sweep takes what is being
// promised.
static bool find_and_touch(struct media_store *store, const struct media_file *wanted)
{
    bool found = true;
    struct stat file;
    unsigned copies = media_copies_of(wanted);
    pthread_mutex_lock(&store->sweeping);
    for (int copy = 0; copy < MEDIA_COPY_COUNT && found; copy++) {
        char path[PATH_MAX];
        if ((copies >> copy & 1) == 0)
            continue;
        found = copy_path(store, wanted->sha256, (enum media_copy)copy, path, NULL) == 0 &&
                utimensat(AT_FDCWD, path, NULL, 0) == 0 && stat(path, &file) == 0 &&
                (copy != MEDIA_COPY_ORIGINAL || file.st_size == (off_t)wanted->bytes);
    }
    pthread_mutex_unlock(&store->sweeping);
    return found;
}

// Whoever made the directory entries may not have synced them yet.
static int sync_folders(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                        struct error *error)
{
    char folder[PATH_MAX];
    int code = folder_path(store, sha256, folder, error);
    if (code == 0)
        code = file_sync_directory(folder, error);
    return code != 0 ? code : file_sync_directory(store->folder, error);
}

int media_too_large(const struct media_store *store, enum media_class class,
                    struct error *error)
{
    static const char *const names[MEDIA_CLASS_COUNT] = {"a photo", "a sound", "a video",
                                                         "a document"};
    return error_set(error, ERROR_LIMIT, "media.too_large", "%s has at most %lld bytes",
                     names[class], (long long)store->limits.bytes_most[class]);
}

// What has to be written for a file that is not there yet.
static int files_write(struct media_store *store, const struct media_file *file,
                       const struct image *image, const struct media_look *look,
                       const void *bytes, struct error *error)
{
    char folder[PATH_MAX];
    int code = folder_path(store, file->sha256, folder, error);
    if (code == 0)
        code = file_make_directory(folder, error);
    if (code == 0 && image->pixels != NULL)
        code = photo_write(store, file->sha256, image, error);
    if (code == 0 && file->cleaned)
        code = clean_write(store, file->sha256, look, bytes, (size_t)file->bytes, error);
    if (code == 0)
        code = copy_write(store, file->sha256, MEDIA_COPY_ORIGINAL, bytes,
                          (size_t)file->bytes, error);
    return code;
}

static int store_new(struct media_store *store, const struct media_file *file,
                     const struct image_head *head, const struct media_look *look,
                     const void *bytes, struct error *error)
{
    enum media_class class = media_type_class(file->type);
    IMAGE_CLEANUP struct image image = {0};
    int code = media_disk_check(store, class, file->bytes * (file->cleaned ? 2 : 1), error);
    if (code == 0 && class == MEDIA_PHOTO)
        code = image_decode(bytes, (size_t)file->bytes, head, &image, error);
    return code != 0 ? code : files_write(store, file, &image, look, bytes, error);
}

int media_store_bytes(struct media_store *store, const void *bytes, size_t length,
                      struct media_file *ret_file, struct error *error)
{
    struct media_look look;
    struct image_head head = {.orientation = 1};
    if (length == 0)
        return error_set(error, ERROR_INPUT, "media.empty", "the file is empty");
    int code = media_look_at(bytes, length, &look, error);
    if (code != 0)
        return code;
    enum media_class class = media_type_class(look.type);
    if ((uint64_t)length > (uint64_t)store->limits.bytes_most[class])
        return media_too_large(store, class, error);
    if (class == MEDIA_PHOTO)
        code = image_head_read(bytes, length, &head, error);
    if (code != 0)
        return code;
    bool swapped = head.orientation >= 5;
    struct media_file file = {.type = look.type,
                              .bytes = (int64_t)length,
                              .width_px = swapped ? head.height_px : head.width_px,
                              .height_px = swapped ? head.width_px : head.height_px,
                              .cleaned = look.tag_count > 0,
                              .taken = look.taken};
    hash_bytes(bytes, length, file.sha256);
    if (!find_and_touch(store, &file))
        code = store_new(store, &file, &head, &look, bytes, error);
    if (code == 0)
        code = sync_folders(store, file.sha256, error);
    if (code == 0)
        *ret_file = file;
    return code;
}

// No file of any class is larger.
static int check_size(const struct media_store *store, int64_t bytes, struct error *error)
{
    enum media_class largest = MEDIA_PHOTO;
    for (int class = 0; class < MEDIA_CLASS_COUNT; class ++)
        if (store->limits.bytes_most[class] > store->limits.bytes_most[largest])
            largest = (enum media_class) class;
    return bytes > store->limits.bytes_most[largest]
               ? media_too_large(store, largest, error)
               : 0;
}

int media_store_path(struct media_store *store, const char *path, int64_t expected_bytes,
                     struct media_file *ret_file, struct error *error)
{
    struct stat status;
    if (check_size(store, expected_bytes, error) != 0)
        return ERROR_LIMIT;
    if (stat(path, &status) != 0)
        return error_errno(error, "file.read", path);
    if (check_size(store, status.st_size, error) != 0)
        return ERROR_LIMIT;
    if (status.st_size == 0)
        return error_set(error, ERROR_INPUT, "media.empty", "the file is empty");
    if (expected_bytes >= 0 && status.st_size != expected_bytes)
        return error_set(error, ERROR_INPUT, "media.truncated",
                         "%lld bytes were announced and %lld came",
                         (long long)expected_bytes, (long long)status.st_size);
    struct file_map map;
    int code = file_map_open(path, &map, error);
    if (code != 0)
        return code;
    code = media_store_bytes(store, map.data, map.length, ret_file, error);
    file_map_close(&map);
    return code;
}

// ---- reading ----
static int unknown(struct error *error)
{
    return error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such file");
}

static int kind_path(const struct media_store *store, const struct media_file *file,
                     enum media_kind kind, char out[PATH_MAX], struct error *error)
{
    bool photo = media_type_class(file->type) == MEDIA_PHOTO;
    enum media_copy copy = MEDIA_COPY_ORIGINAL;
    if (kind == MEDIA_THUMBNAIL && !photo)
        return error_set(error, ERROR_NOT_FOUND, "media.no_thumbnail",
                         "only photos have a thumbnail");
    if (kind == MEDIA_THUMBNAIL)
        copy = MEDIA_COPY_THUMB;
    else if (kind == MEDIA_RENDITION)
        copy = photo           ? MEDIA_COPY_PHOTO
               : file->cleaned ? MEDIA_COPY_CLEAN
                               : MEDIA_COPY_ORIGINAL;
    return copy_path(store, file->sha256, copy, out, error);
}

int media_open(const struct media_store *store, const struct media_file *file,
               enum media_kind kind, int *ret_descriptor, int64_t *ret_bytes,
               struct error *error)
{
    char path[PATH_MAX];
    int code = kind_path(store, file, kind, path, error);
    if (code != 0)
        return code;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return unknown(error);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        code = error_errno(error, "file.read", path);
        if (fd >= 0)
            close(fd);
        return code;
    }
    *ret_descriptor = fd;
    *ret_bytes = status.st_size;
    return 0;
}

int media_map(const struct media_store *store, const struct media_file *file,
              enum media_kind kind, struct file_map *ret_map, struct error *error)
{
    char path[PATH_MAX];
    int code = kind_path(store, file, kind, path, error);
    if (code == 0 && !file_exists(path))
        code = unknown(error);
    return code != 0 ? code : file_map_open(path, ret_map, error);
}

const char *media_content_type(const struct media_file *file, enum media_kind kind)
{
    bool photo = media_type_class(file->type) == MEDIA_PHOTO;
    return media_type_to_str(kind == MEDIA_ORIGINAL || !photo ? file->type : MEDIA_JPEG);
}
