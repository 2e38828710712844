// SPDX-License-Identifier: MPL-2.0
// The photo store of a city: files under their digest.
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

const char *const media_endings[MEDIA_KIND_COUNT] = {
    [MEDIA_ORIGINAL] = "orig",
    [MEDIA_RENDITION] = "jpg",
    [MEDIA_THUMBNAIL] = "thumb",
};

int media_store_open(const char *folder, int64_t bytes_most, struct media_store **ret_store,
                     struct error *error)
{
    struct media_store *store = memory_new(sizeof *store);
    pthread_mutex_init(&store->sweeping, NULL);
    store->bytes_most = bytes_most > 0 ? bytes_most : MEDIA_BYTES_MOST;
    int code = 0;
    if (text_format(store->folder, sizeof store->folder, "%s", folder) != 0)
        code =
            error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s", folder);
    if (code == 0)
        code = file_make_directory(folder, error);
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
        free(store);
    }
    return NULL;
}

int64_t media_store_bytes_most(const struct media_store *store)
{
    return store->bytes_most;
}

static int folder_path(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                       char out[PATH_MAX], struct error *error)
{
    if (text_format(out, PATH_MAX, "%s/%02x", store->folder, sha256[0]) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         store->folder);
    return 0;
}

static int kind_path(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                     enum media_kind kind, char out[PATH_MAX], struct error *error)
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(sha256, hex);
    if (text_format(out, PATH_MAX, "%s/%.2s/%s.%s", store->folder, hex, hex + 2,
                    media_endings[kind]) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         store->folder);
    return 0;
}

// ---- receiving ----
static int kind_write(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                      enum media_kind kind, const void *bytes, size_t length,
                      struct error *error)
{
    char path[PATH_MAX];
    int code = kind_path(store, sha256, kind, path, error);
    return code != 0 ? code : file_write_atomic(path, bytes, length, error);
}

// The original comes last: where it stands, the other two stand.
static int files_write(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
                       const struct image *image, const void *bytes, size_t length,
                       struct error *error)
{
    BUFFER_CLEANUP struct buffer rendition, thumbnail;
    buffer_init(&rendition, BUFFER_CEILING_REPLY);
    buffer_init(&thumbnail, BUFFER_CEILING_REPLY);
    IMAGE_CLEANUP struct image small = {0};
    char folder[PATH_MAX];
    int code = image_encode(image, RENDITION_QUALITY, &rendition, error);
    if (code == 0)
        code = image_shrink(image, MEDIA_THUMBNAIL_SIDE_PX, &small, error);
    if (code == 0)
        code = image_encode(&small, THUMBNAIL_QUALITY, &thumbnail, error);
    if (code == 0)
        code = folder_path(store, sha256, folder, error);
    if (code == 0)
        code = file_make_directory(folder, error);
    if (code == 0)
        code = kind_write(store, sha256, MEDIA_RENDITION, rendition.data, rendition.length,
                          error);
    if (code == 0)
        code = kind_write(store, sha256, MEDIA_THUMBNAIL, thumbnail.data, thumbnail.length,
                          error);
    if (code == 0)
        code = kind_write(store, sha256, MEDIA_ORIGINAL, bytes, length, error);
    return code;
}

// Was it stored before? Makes it young again, so that no sweep takes what is being
// promised.
static bool find_and_touch(struct media_store *store, const uint8_t sha256[HASH_SIZE],
                           size_t length)
{
    bool found = true;
    struct stat file;
    pthread_mutex_lock(&store->sweeping);
    for (int kind = 0; kind < MEDIA_KIND_COUNT && found; kind++) {
        char path[PATH_MAX];
        found = kind_path(store, sha256, (enum media_kind)kind, path, NULL) == 0 &&
                utimensat(AT_FDCWD, path, NULL, 0) == 0 && stat(path, &file) == 0 &&
                (kind != MEDIA_ORIGINAL || file.st_size == (off_t)length);
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

static int too_large(const struct media_store *store, struct error *error)
{
    return error_set(error, ERROR_LIMIT, "media.too_large",
                     "a photo has at most %lld bytes", (long long)store->bytes_most);
}

int media_store_bytes(struct media_store *store, const void *bytes, size_t length,
                      struct media_file *ret_file, struct error *error)
{
    if (length == 0)
        return error_set(error, ERROR_INPUT, "media.empty", "the photo is empty");
    if ((uint64_t)length > (uint64_t)store->bytes_most)
        return too_large(store, error);
    struct image_head head;
    int code = image_head_read(bytes, length, &head, error);
    if (code != 0)
        return code;
    bool swapped = head.orientation >= 5;
    struct media_file file = {.type = head.type,
                              .bytes = (int64_t)length,
                              .width_px = swapped ? head.height_px : head.width_px,
                              .height_px = swapped ? head.width_px : head.height_px};
    hash_bytes(bytes, length, file.sha256);
    if (find_and_touch(store, file.sha256, length)) {
        code = sync_folders(store, file.sha256, error);
    } else {
        IMAGE_CLEANUP struct image image = {0};
        code = image_decode(bytes, length, &head, &image, error);
        if (code == 0)
            code = files_write(store, file.sha256, &image, bytes, length, error);
        if (code == 0)
            code = sync_folders(store, file.sha256, error);
    }
    if (code == 0)
        *ret_file = file;
    return code;
}

int media_store_path(struct media_store *store, const char *path, int64_t expected_bytes,
                     struct media_file *ret_file, struct error *error)
{
    if (expected_bytes > store->bytes_most)
        return too_large(store, error);
    struct stat status;
    if (stat(path, &status) != 0)
        return error_errno(error, "file.read", path);
    if (status.st_size > store->bytes_most)
        return too_large(store, error);
    if (status.st_size == 0)
        return error_set(error, ERROR_INPUT, "media.empty", "the photo is empty");
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
int media_open(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
               enum media_kind kind, int *ret_descriptor, int64_t *ret_bytes,
               struct error *error)
{
    char path[PATH_MAX];
    int code = kind_path(store, sha256, kind, path, error);
    if (code != 0)
        return code;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such photo");
    struct stat file;
    if (fd < 0 || fstat(fd, &file) != 0) {
        code = error_errno(error, "file.read", path);
        if (fd >= 0)
            close(fd);
        return code;
    }
    *ret_descriptor = fd;
    *ret_bytes = file.st_size;
    return 0;
}

int media_map(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
              enum media_kind kind, struct file_map *ret_map, struct error *error)
{
    char path[PATH_MAX];
    int code = kind_path(store, sha256, kind, path, error);
    if (code == 0 && !file_exists(path))
        code = error_set(error, ERROR_NOT_FOUND, "media.unknown", "there is no such photo");
    return code != 0 ? code : file_map_open(path, ret_map, error);
}

const char *media_content_type(const struct media_file *file, enum media_kind kind)
{
    return media_type_to_str(kind == MEDIA_ORIGINAL ? file->type : MEDIA_JPEG);
}
