// SPDX-License-Identifier: MPL-2.0
// Removing files that nobody names.
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gridcase/core/text.h>

#include "media_internal.h"

struct sweep {
    struct media_store *store;
    struct db *db;
    int64_t before_ms;
    int removed;
};

// The digest that a file name stands for; false for names that are not ours.
static bool name_digest(const char *folder, const char *name, uint8_t out[HASH_SIZE])
{
    char hex[HASH_HEX_SIZE];
    enum { REST = HASH_HEX_SIZE - 1 - 2 };
    if (strlen(folder) != 2 || strlen(name) < REST + 1 || name[REST] != '.')
        return false;
    if (text_format(hex, sizeof hex, "%s%.*s", folder, REST, name) != 0)
        return false;
    return hash_from_hex(hex, HASH_HEX_SIZE - 1, out, NULL) == 0;
}

static bool is_stored_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (int kind = 0; kind < MEDIA_COPY_COUNT; kind++) {
        if (dot != NULL && text_equal(dot + 1, media_endings[kind]))
            return true;
    }
    return false;
}

static int sweep_file(struct sweep *sweep, const char *folder, const char *name,
                      struct error *error)
{
    uint8_t digest[HASH_SIZE];
    char path[PATH_MAX];
    struct media_file file;
    if (!name_digest(folder, name, digest))
        return 0;
    if (text_format(path, sizeof path, "%s/%s/%s", sweep->store->folder, folder, name) != 0)
        return 0;
    struct stat status;
    int code = ERROR_NOT_FOUND; // what a write left behind has no row to look for
    if (is_stored_name(name))
        code = media_file_find(sweep->db, digest, &file, error);
    if (code != ERROR_NOT_FOUND)
        return code;
    if (error != NULL)
        error_clear(error);
    pthread_mutex_lock(&sweep->store->sweeping);
    if (stat(path, &status) == 0 &&
        (int64_t)status.st_mtim.tv_sec * 1000 < sweep->before_ms && unlink(path) == 0)
        sweep->removed++;
    pthread_mutex_unlock(&sweep->store->sweeping);
    return 0;
}

static int sweep_folder(struct sweep *sweep, const char *folder, struct error *error)
{
    char path[PATH_MAX];
    if (text_format(path, sizeof path, "%s/%s", sweep->store->folder, folder) != 0)
        return 0;
    DIR *files = opendir(path);
    if (files == NULL) // no photo has come there yet
        return errno == ENOENT ? 0 : error_errno(error, "media.sweep", path);
    int code = 0;
    const struct dirent *entry;
    while (code == 0 && (entry = readdir(files)) != NULL)
        code = sweep_file(sweep, folder, entry->d_name, error);
    closedir(files);
    return code;
}

int media_sweep(struct media_store *store, struct db *db, int part, int64_t now_ms,
                int *ret_removed, struct error *error)
{
    struct sweep sweep = {.store = store,
                          .db = db,
                          .before_ms =
                              now_ms - (int64_t)MEDIA_UNNAMED_LIFE_H * 3600 * 1000};
    int first = part >= 0 ? part : 0;
    int last = part >= 0 ? part : MEDIA_PARTS - 1;
    int code = 0;
    for (int i = first; i <= last && code == 0; i++) {
        char folder[8];
        code = text_format(folder, sizeof folder, "%02x", (unsigned)i & 0xffu);
        if (code == 0)
            code = sweep_folder(&sweep, folder, error);
    }
    *ret_removed = sweep.removed;
    return code;
}
