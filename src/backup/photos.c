// SPDX-License-Identifier: MPL-2.0
// Photos of a city: each file once in the target, a list of names in each backup.
// Everything runs in the order of names, folder by folder, so that no list is ever held as
// a whole.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "backup_internal.h"

enum { FOLDERS = 256, REST_HEX = 62, NAMES_STEP = 256, LINE_SIZE = 256 };

static bool is_hex(const char *text, size_t length)
{
    return strspn(text, "0123456789abcdef") >= length;
}

// "cdef....orig"
static bool is_rest(const char *text)
{
    if (!is_hex(text, REST_HEX) || text[REST_HEX] != '.')
        return false;
    const char *end = text + REST_HEX + 1;
    size_t length = strspn(end, "abcdefghijklmnopqrstuvwxyz0123456789");
    return length > 0 && length <= 8 && end[length] == '\0';
}

bool backup_photo_is_name(const char *name)
{
    return is_hex(name, 2) && name[2] == '/' && is_rest(name + 3);
}

// ---- lists ----

struct backup_photos {
    FILE *file;
    int64_t line;
};

struct backup_photos *backup_photos_open(const char *path)
{
    FILE *file = path ? fopen(path, "re") : NULL;
    if (!file)
        return NULL;
    struct backup_photos *list = memory_new(sizeof *list);
    list->file = file;
    return list;
}

struct backup_photos *backup_photos_close(struct backup_photos *list)
{
    if (list)
        fclose(list->file);
    free(list);
    return NULL;
}

static bool parse_line(char *line, struct backup_photo *out)
{
    size_t length = strlen(line);
    struct error ignored = {0};
    if (length < HASH_HEX_SIZE + 2 || line[length - 1] != '\n')
        return false;
    line[length - 1] = '\0';
    char *bytes = line + HASH_HEX_SIZE;
    char *name = strchr(bytes, ' ');
    if (!name || line[HASH_HEX_SIZE - 1] != ' ' || !backup_photo_is_name(name + 1))
        return false;
    return hash_from_hex(line, HASH_HEX_SIZE - 1, out->digest.sha256, &ignored) == 0 &&
           text_to_int(bytes, (size_t)(name - bytes), &out->digest.bytes, &ignored) == 0 &&
           out->digest.bytes >= 0 &&
           text_format(out->name, sizeof out->name, "%s", name + 1) == 0;
}

int backup_photos_next(struct backup_photos *list, struct backup_photo *ret_photo,
                       struct error *error)
{
    char line[LINE_SIZE];
    if (!list || !fgets(line, sizeof line, list->file))
        return list && ferror(list->file)
                   ? error_errno(error, "backup.read", "a list of photos")
                   : 0;
    list->line++;
    if (!parse_line(line, ret_photo))
        return error_set(error, ERROR_STORE, "backup.damaged",
                         "photos.txt: line %lld is none", (long long)list->line);
    return 1;
}

// ---- names on the disk ----

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

int backup_photo_names(const char *folder, const char *prefix,
                       char (**ret_names)[PHOTO_NAME_SIZE], size_t *ret_count,
                       struct error *error)
{
    char path[BACKUP_PATH_SIZE];
    char(*names)[PHOTO_NAME_SIZE] = NULL;
    size_t count = 0;
    int code = backup_path(path, error, "%s/%s", folder, prefix);
    DIR *listing = code == 0 ? opendir(path) : NULL;
    if (code == 0 && !listing && errno != ENOENT)
        code = error_errno(error, "backup.io", path);
    for (struct dirent *entry; code == 0 && listing && (entry = readdir(listing));) {
        if (!is_rest(entry->d_name))
            continue;
        if (count % NAMES_STEP == 0) {
            void *more = realloc(names, (count + NAMES_STEP) * sizeof *names);
            if (!more) {
                code = error_set(error, ERROR_LIMIT, "backup.too_many",
                                 "%s: too many files", path);
                break;
            }
            names = more;
        }
        snprintf(names[count++], PHOTO_NAME_SIZE, "%.90s", entry->d_name);
    }
    if (listing)
        closedir(listing);
    if (names)
        qsort(names, count, sizeof *names, compare_names);
    *ret_names = names;
    *ret_count = count;
    return code;
}

// ---- copying ----

struct run {
    struct backup_photo_job *job;
    FILE *digests;
    uint8_t next[HASH_SIZE]; // of digests, when more
    bool more;
    struct backup_photos *previous;
    struct backup_photo known; // of previous, when has_known
    bool has_known;
    FILE *list;
};

static void next_digest(struct run *run)
{
    run->more = fread(run->next, HASH_SIZE, 1, run->digests) == 1;
}

// Moves the list of the backup before on to this name. A list that is damaged knows
// nothing.
static bool is_known(struct run *run, const char *name, int64_t bytes)
{
    struct error ignored = {0};
    while (run->has_known && strcmp(run->known.name, name) < 0)
        run->has_known = backup_photos_next(run->previous, &run->known, &ignored) == 1;
    return run->has_known && strcmp(run->known.name, name) == 0 &&
           run->known.digest.bytes == bytes;
}

static int copy_new(struct run *run, const char *from, const char *name,
                    struct backup_digest *ret_digest, struct error *error)
{
    char folder[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE], beside[BACKUP_PATH_SIZE];
    int code = backup_path(folder, error, "%s/%.2s", run->job->pool, name);
    if (code == 0)
        code = backup_path(to, error, "%s/%s", run->job->pool, name);
    if (code == 0)
        code = backup_path(beside, error, "%s/.new", folder);
    if (code == 0)
        code = file_make_directory(folder, error);
    if (code == 0)
        code = backup_copy_file(from, beside, true, run->job->pace, ret_digest, error);
    if (code == 0 && file_system()->rename(beside, to) != 0)
        code = error_errno(error, "backup.io", to);
    if (code == 0) {
        run->job->copied++;
        run->job->copied_bytes += ret_digest->bytes;
    }
    return code;
}

// An original is named by its digest: what does not fit is damaged.
static bool is_itself(const char *name, const struct backup_digest *digest)
{
    char hex[HASH_HEX_SIZE];
    hash_to_hex(digest->sha256, hex);
    return strcmp(name + 3 + REST_HEX, ".orig") != 0 ||
           (strncmp(hex, name, 2) == 0 && strncmp(hex + 2, name + 3, REST_HEX) == 0);
}

static int take(struct run *run, const char *name, struct error *error)
{
    char from[BACKUP_PATH_SIZE], to[BACKUP_PATH_SIZE], hex[HASH_HEX_SIZE];
    struct backup_digest digest = {0};
    struct backup_photo_job *job = run->job;
    int code = backup_path(from, error, "%s/%s", job->source, name);
    if (code == 0)
        code = backup_path(to, error, "%s/%s", job->pool, name);
    if (code != 0)
        return code;
    int64_t bytes = backup_file_bytes(from);
    if (bytes >= 0 && backup_file_bytes(to) == bytes && is_known(run, name, bytes))
        digest = run->known.digest;
    else if (bytes >= 0 && backup_file_bytes(to) == bytes)
        code = backup_digest_file(to, job->pace, &digest, error);
    else
        code = copy_new(run, from, name, &digest, error);
    if (code != 0 && strcmp(error->slug, "backup.read") == 0) {
        job->problems++; // told, and the rest is saved
        error_clear(error);
        return 0;
    }
    if (code == 0 && !is_itself(name, &digest)) {
        job->problems++;
        file_system()->unlink(to);
        return 0;
    }
    if (code != 0)
        return code;
    hash_to_hex(digest.sha256, hex);
    job->photos++;
    job->bytes += digest.bytes;
    return fprintf(run->list, "%s %lld %s\n", hex, (long long)digest.bytes, name) > 0
               ? 0
               : error_errno(error, "backup.io", job->list);
}

static int take_folder(struct run *run, unsigned folder, struct error *error)
{
    char prefix[4], hex[HASH_HEX_SIZE], name[PHOTO_NAME_SIZE + 4];
    char(*names)[PHOTO_NAME_SIZE] = NULL;
    size_t count = 0, at = 0;
    snprintf(prefix, sizeof prefix, "%02x", folder);
    int code = backup_photo_names(run->job->source, prefix, &names, &count, error);
    for (; code == 0 && run->more && run->next[0] == folder; next_digest(run)) {
        bool found = false;
        hash_to_hex(run->next, hex);
        while (at < count && strncmp(names[at], hex + 2, REST_HEX) < 0)
            at++; // a file that no case's row names
        for (; code == 0 && at < count && strncmp(names[at], hex + 2, REST_HEX) == 0;
             at++) {
            found = true;
            snprintf(name, sizeof name, "%s/%s", prefix, names[at]);
            code = take(run, name, error);
        }
        run->job->problems += found ? 0 : 1;
    }
    free(names);
    return code;
}

static int sync_pool(const struct backup_photo_job *job, struct error *error)
{
    int code = file_exists(job->pool) ? file_sync_directory(job->pool, error) : 0;
    for (unsigned folder = 0; code == 0 && job->copied > 0 && folder < FOLDERS; folder++) {
        char path[BACKUP_PATH_SIZE];
        code = backup_path(path, error, "%s/%02x", job->pool, folder);
        if (code == 0 && file_exists(path))
            code = file_sync_directory(path, error);
    }
    return code;
}

static int finish_list(struct run *run, struct error *error)
{
    bool failed = fflush(run->list) != 0 || file_system()->sync(fileno(run->list)) != 0;
    failed |= fclose(run->list) != 0;
    return failed ? error_errno(error, "backup.io", run->job->list) : 0;
}

int backup_photos_copy(struct backup_photo_job *job, struct error *error)
{
    struct error ignored = {0};
    struct run run = {.job = job,
                      .digests = fopen(job->digests, "re"),
                      .list = fopen(job->list, "we"),
                      .previous = backup_photos_open(job->previous)};
    int code = run.digests && run.list ? 0 : error_errno(error, "backup.io", job->list);
    run.has_known = backup_photos_next(run.previous, &run.known, &ignored) == 1;
    if (code == 0)
        next_digest(&run);
    for (unsigned folder = 0; code == 0 && folder < FOLDERS; folder++)
        code = take_folder(&run, folder, error);
    if (run.digests)
        fclose(run.digests);
    if (run.list)
        code = code == 0 ? finish_list(&run, error) : (fclose(run.list), code);
    backup_photos_close(run.previous);
    return code == 0 ? sync_pool(job, error) : code;
}

// ---- removing what no backup names ----

struct sweep {
    const char *target, *slug;
    char (*names)[BACKUP_NAME_SIZE];
    size_t count;
    long (*offsets)[FOLDERS + 1]; // of each backup's list: where a folder begins
};

static unsigned folder_of(const char *name)
{
    const char *hex = "0123456789abcdef";
    return (unsigned)(strchr(hex, name[0]) - hex) * 16 +
           (unsigned)(strchr(hex, name[1]) - hex);
}

static int list_path(const struct sweep *sweep, size_t i, char out[BACKUP_PATH_SIZE],
                     struct error *error)
{
    return backup_path(out, error, "%s/%s/cities/%s/photos.txt", sweep->target,
                       sweep->names[i], sweep->slug);
}

static int index_list(const struct sweep *sweep, size_t i, struct error *error)
{
    char path[BACKUP_PATH_SIZE];
    struct backup_photo photo;
    int code = list_path(sweep, i, path, error);
    struct backup_photos *list = code == 0 ? backup_photos_open(path) : NULL;
    unsigned next = 0;
    long before = 0;
    while (list && (code = backup_photos_next(list, &photo, error)) == 1) {
        for (unsigned folder = folder_of(photo.name); next <= folder; next++)
            sweep->offsets[i][next] = before;
        before = ftell(list->file);
    }
    for (; next <= FOLDERS; next++)
        sweep->offsets[i][next] = before;
    backup_photos_close(list);
    return code;
}

static int mark(const struct sweep *sweep, size_t i, unsigned folder,
                char (*names)[PHOTO_NAME_SIZE], size_t count, bool *kept)
{
    char path[BACKUP_PATH_SIZE];
    struct error ignored = {0};
    struct backup_photo photo;
    size_t at = 0;
    if (sweep->offsets[i][folder] == sweep->offsets[i][folder + 1])
        return 0;
    int code = list_path(sweep, i, path, &ignored);
    struct backup_photos *list = code == 0 ? backup_photos_open(path) : NULL;
    if (!list || fseek(list->file, sweep->offsets[i][folder], SEEK_SET) != 0)
        code = -1;
    while (code == 0 && ftell(list->file) < sweep->offsets[i][folder + 1] &&
           backup_photos_next(list, &photo, &ignored) == 1) {
        while (at < count && strcmp(names[at], photo.name + 3) < 0)
            at++;
        if (at < count && strcmp(names[at], photo.name + 3) == 0)
            kept[at] = true;
    }
    backup_photos_close(list);
    return code;
}

static int sweep_folder(const struct sweep *sweep, const char *pool, unsigned folder,
                        struct error *error)
{
    char prefix[4], path[BACKUP_PATH_SIZE];
    char(*names)[PHOTO_NAME_SIZE] = NULL;
    size_t count = 0;
    snprintf(prefix, sizeof prefix, "%02x", folder);
    int code = backup_photo_names(pool, prefix, &names, &count, error);
    bool *kept = code == 0 ? memory_array(count + 1, sizeof *kept) : NULL;
    for (size_t i = 0; code == 0 && kept && i < sweep->count; i++)
        if (mark(sweep, i, folder, names, count, kept) != 0)
            code = error_set(error, ERROR_IO, "backup.read", "a list of photos vanished");
    for (size_t at = 0; code == 0 && kept && at < count; at++) {
        if (kept[at])
            continue;
        code = backup_path(path, error, "%s/%s/%s", pool, prefix, names[at]);
        if (code == 0 && file_system()->unlink(path) != 0)
            code = error_errno(error, "backup.io", path);
    }
    free(kept);
    free(names);
    return code;
}

int backup_photos_sweep(const char *target, const char *slug,
                        char (*names)[BACKUP_NAME_SIZE], size_t count, struct error *error)
{
    char pool[BACKUP_PATH_SIZE];
    struct sweep sweep = {.target = target, .slug = slug, .names = names, .count = count};
    int code = backup_path(pool, error, "%s/media/%s", target, slug);
    sweep.offsets = memory_array(count + 1, sizeof *sweep.offsets);
    if (!sweep.offsets)
        return error_set(error, ERROR_LIMIT, "backup.too_many", "too many backups");
    for (size_t i = 0; code == 0 && i < count; i++)
        code = index_list(&sweep, i, error);
    for (unsigned folder = 0; code == 0 && folder < FOLDERS; folder++)
        code = sweep_folder(&sweep, pool, folder, error);
    free(sweep.offsets);
    return code;
}
