// SPDX-License-Identifier: MPL-2.0
// manifest.json: what is in a backup. Nothing in it is believed when it is read.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/db/store.h>

#include "backup_internal.h"

enum { MANIFEST_MOST = 64 * 1024 * 1024, BYTES_DIGITS = 53, DIGEST_LINE = 96 };
static const int64_t bytes_most = (int64_t)1 << BYTES_DIGITS;

struct backup_manifest *backup_manifest_new(void)
{
    struct backup_manifest *manifest = memory_new(sizeof *manifest);
    return manifest;
}

struct backup_manifest *backup_manifest_free(struct backup_manifest *manifest)
{
    if (manifest) {
        free(manifest->files);
        free(manifest->cities);
        free(manifest->left);
        free(manifest);
    }
    return NULL;
}

static void *grow(void *list, size_t count, size_t size)
{
    if (count % 64 != 0)
        return list;
    void *more = memory_array(count + 64, size);
    if (!more)
        abort();
    if (list)
        memcpy(more, list, count * size);
    free(list);
    return more;
}

struct backup_file *backup_manifest_add_file(struct backup_manifest *manifest)
{
    manifest->files = grow(manifest->files, manifest->file_count, sizeof *manifest->files);
    return &manifest->files[manifest->file_count++];
}

struct backup_city *backup_manifest_add_city(struct backup_manifest *manifest)
{
    manifest->cities =
        grow(manifest->cities, manifest->city_count, sizeof *manifest->cities);
    return &manifest->cities[manifest->city_count++];
}

struct backup_left *backup_manifest_add_left(struct backup_manifest *manifest)
{
    manifest->left = grow(manifest->left, manifest->left_count, sizeof *manifest->left);
    return &manifest->left[manifest->left_count++];
}

const struct backup_file *backup_manifest_find(const struct backup_manifest *manifest,
                                               const char *path)
{
    for (size_t i = 0; i < manifest->file_count; i++)
        if (strcmp(manifest->files[i].path, path) == 0)
            return &manifest->files[i];
    return NULL;
}

// ---- writing ----

static void put_migrations(struct json_writer *json)
{
    json_begin_object(json, "migrations");
    json_put_int(json, "system", db_migration_newest(DB_SYSTEM));
    json_put_int(json, "city", db_migration_newest(DB_CITY));
    json_put_int(json, "cases", db_migration_newest(DB_CASES));
    json_put_int(json, "tracks", db_migration_newest(DB_TRACKS));
    json_end_object(json);
}

static void put_files(struct json_writer *json, const struct backup_manifest *manifest)
{
    json_begin_array(json, "files");
    for (size_t i = 0; i < manifest->file_count; i++) {
        char hex[HASH_HEX_SIZE];
        const struct backup_file *file = &manifest->files[i];
        hash_to_hex(file->digest.sha256, hex);
        json_begin_object(json, NULL);
        json_put_text(json, "path", file->path);
        json_put_int(json, "bytes", file->digest.bytes);
        json_put_text(json, "sha256", hex);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_cities(struct json_writer *json, const struct backup_manifest *manifest)
{
    json_begin_array(json, "cities");
    for (size_t i = 0; i < manifest->city_count; i++) {
        const struct backup_city *city = &manifest->cities[i];
        json_begin_object(json, NULL);
        json_put_text(json, "slug", city->slug);
        json_put_instant(json, "taken_at", city->taken_ms);
        json_put_int(json, "taken_ms", city->taken_ms);
        json_put_text(json, "position", city->position);
        json_put_int(json, "photos", city->photos);
        json_put_int(json, "photo_bytes", city->photo_bytes);
        json_put_int(json, "rows", city->digest.rows);
        json_put_text(json, "digest", city->digest.hex);
        json_end_object(json);
    }
    json_end_array(json);
}

// As sha256sum writes it, so that it can be checked without us.
static void digest_line(const char *text, size_t length, char out[DIGEST_LINE])
{
    uint8_t digest[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    hash_bytes(text, length, digest);
    hash_to_hex(digest, hex);
    snprintf(out, DIGEST_LINE, "%s  manifest.json\n", hex);
}

static int write_digest(const char *folder, const char *text, size_t length,
                        struct error *error)
{
    char path[BACKUP_PATH_SIZE], line[DIGEST_LINE];
    digest_line(text, length, line);
    int code = backup_path(path, error, "%s/manifest.sha256", folder);
    return code == 0 ? file_write_atomic(path, line, strlen(line), error) : code;
}

static void put_left(struct json_writer *json, const struct backup_manifest *manifest)
{
    json_begin_array(json, "left_out");
    for (size_t i = 0; i < manifest->left_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "slug", manifest->left[i].slug);
        json_put_text(json, "reason", manifest->left[i].reason);
        json_end_object(json);
    }
    json_end_array(json);
}

int backup_manifest_write(const struct backup_manifest *manifest, const char *folder,
                          struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    struct json_writer json;
    char path[BACKUP_PATH_SIZE];
    buffer_init(&text, MANIFEST_MOST);
    json_writer_init(&json, &text);
    json_begin_object(&json, NULL);
    json_put_int(&json, "format", BACKUP_FORMAT);
    json_put_text(&json, "gridcase", GRIDCASE_VERSION);
    json_put_instant(&json, "taken_at", manifest->taken_ms);
    json_put_int(&json, "taken_ms", manifest->taken_ms);
    json_put_instant(&json, "finished_at", manifest->finished_ms);
    json_put_int(&json, "finished_ms", manifest->finished_ms);
    put_migrations(&json);
    put_cities(&json, manifest);
    put_left(&json, manifest);
    put_files(&json, manifest);
    json_end_object(&json);
    buffer_append_char(&text, '\n');
    int code = buffer_check(&text, error);
    if (code == 0)
        code = write_digest(folder, text.data, text.length, error);
    if (code == 0)
        code = backup_path(path, error, "%s/manifest.json", folder);
    if (code == 0)
        code = file_write_atomic(path, text.data, text.length, error);
    return code;
}

// ---- reading ----

static int damaged(struct error *error, const char *what)
{
    return error_set(error, ERROR_STORE, "backup.damaged", "manifest.json: %s", what);
}

static bool is_path(const char *path)
{
    static const char *const city_files[] = {"cases.db", "city.db", "photos.txt",
                                             "tracks.db"};
    char slug[64];
    if (strcmp(path, "system.db") == 0 || strcmp(path, "gridcase.ini") == 0)
        return true;
    const char *rest = text_starts(path, "cities/") ? path + 7 : NULL;
    size_t length = rest ? strcspn(rest, "/") : 0;
    if (!rest || length == 0 || length >= sizeof slug || rest[length] != '/')
        return false;
    memcpy(slug, rest, length);
    slug[length] = '\0';
    for (size_t i = 0; i < sizeof city_files / sizeof city_files[0]; i++)
        if (text_is_slug(slug) && strcmp(rest + length + 1, city_files[i]) == 0)
            return true;
    return false;
}

static int read_file_entry(const struct json *item, struct backup_file *file,
                           struct error *error)
{
    const char *path = NULL, *hex = NULL;
    if (json_get_text(item, "path", JSON_REQUIRED, sizeof file->path - 1, &path, error) ||
        json_get_int(item, "bytes", JSON_REQUIRED, 0, bytes_most, &file->digest.bytes,
                     error) ||
        json_get_text(item, "sha256", JSON_REQUIRED, 64, &hex, error) ||
        hash_from_hex(hex, strlen(hex), file->digest.sha256, error))
        return damaged(error, "a file without path, length or digest");
    if (!is_path(path) || text_format(file->path, sizeof file->path, "%s", path) != 0)
        return damaged(error, "a file that is not part of a backup");
    return 0;
}

static int read_city_entry(const struct json *item, struct backup_city *city,
                           struct error *error)
{
    const char *slug = NULL, *position = "", *digest = "";
    if (json_get_text(item, "slug", JSON_REQUIRED, 63, &slug, error) ||
        json_get_text(item, "position", JSON_OPTIONAL, 47, &position, error) ||
        json_get_int(item, "taken_ms", JSON_REQUIRED, 0, bytes_most, &city->taken_ms,
                     error) ||
        json_get_int(item, "photos", JSON_REQUIRED, 0, bytes_most, &city->photos, error) ||
        json_get_int(item, "photo_bytes", JSON_REQUIRED, 0, bytes_most, &city->photo_bytes,
                     error) ||
        json_get_int(item, "rows", JSON_OPTIONAL, 0, bytes_most, &city->digest.rows,
                     error) ||
        json_get_text(item, "digest", JSON_OPTIONAL, HASH_HEX_SIZE - 1, &digest, error))
        return damaged(error, "a city without its figures");
    if (!text_is_slug(slug) || text_format(city->slug, sizeof city->slug, "%s", slug) ||
        text_format(city->digest.hex, sizeof city->digest.hex, "%s", digest) ||
        text_format(city->position, sizeof city->position, "%s", position))
        return damaged(error, "a city whose name is none");
    return 0;
}

static int read_left_entry(const struct json *item, struct backup_left *left,
                           struct error *error)
{
    const char *slug = NULL, *reason = "";
    if (json_get_text(item, "slug", JSON_REQUIRED, 63, &slug, error) ||
        json_get_text(item, "reason", JSON_OPTIONAL, 199, &reason, error) ||
        !text_is_slug(slug) || text_format(left->slug, sizeof left->slug, "%s", slug))
        return damaged(error, "a city whose name is none");
    snprintf(left->reason, sizeof left->reason, "%.199s", reason);
    return 0;
}

static int check_migrations(const struct json *document, struct backup_manifest *manifest,
                            struct error *error)
{
    static const enum db_database databases[] = {DB_SYSTEM, DB_CITY, DB_CASES, DB_TRACKS};
    const struct json *object = NULL;
    if (json_get_object(document, "migrations", JSON_REQUIRED, &object, error))
        return damaged(error, "no migrations are told");
    manifest->same_schema = true;
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
        int64_t newest = 0;
        // A program that recorded no tracks tells nothing of them.
        bool may_lack = databases[i] == DB_TRACKS;
        if (json_get_int(object, db_database_to_str(databases[i]),
                         may_lack ? JSON_OPTIONAL : JSON_REQUIRED, 0, 99999, &newest,
                         error))
            return damaged(error, "no migrations are told");
        if (newest > db_migration_newest(databases[i]))
            return error_set(error, ERROR_STORE, "backup.newer",
                             "the backup was made by a newer gridcase: use that one");
        manifest->same_schema &= may_lack || newest == db_migration_newest(databases[i]);
    }
    return 0;
}

static int read_lists(const struct json *document, struct backup_manifest *manifest,
                      struct error *error)
{
    const struct json *files = NULL, *cities = NULL, *left = NULL;
    if (json_get_array(document, "files", JSON_REQUIRED, &files, error) ||
        json_get_array(document, "cities", JSON_REQUIRED, &cities, error) ||
        json_get_array(document, "left_out", JSON_OPTIONAL, &left, error) ||
        json_array_length(files) > BACKUP_FILES_MOST ||
        json_array_length(left) > BACKUP_FILES_MOST ||
        json_array_length(cities) > BACKUP_FILES_MOST)
        return damaged(error, "no lists of files and cities");
    int code = 0;
    for (size_t i = 0; code == 0 && i < json_array_length(files); i++)
        code = read_file_entry(json_array_item(files, i),
                               backup_manifest_add_file(manifest), error);
    for (size_t i = 0; code == 0 && i < json_array_length(cities); i++)
        code = read_city_entry(json_array_item(cities, i),
                               backup_manifest_add_city(manifest), error);
    for (size_t i = 0; code == 0 && i < json_array_length(left); i++)
        code = read_left_entry(json_array_item(left, i), backup_manifest_add_left(manifest),
                               error);
    return code;
}

// Each city has its three files, and tracks where there are any; no path stands twice.
static int check_whole(const struct backup_manifest *manifest, struct error *error)
{
    static const char *const files[] = {"cases.db", "city.db", "photos.txt"};
    size_t wanted = backup_manifest_find(manifest, "gridcase.ini") ? 2 : 1;
    if (!backup_manifest_find(manifest, "system.db"))
        return damaged(error, "system.db is missing");
    for (size_t i = 0; i < manifest->city_count; i++) {
        char path[128];
        if (text_format(path, sizeof path, "cities/%s/tracks.db",
                        manifest->cities[i].slug) == 0 &&
            backup_manifest_find(manifest, path))
            wanted++;
        for (size_t f = 0; f < 3; f++) {
            if (text_format(path, sizeof path, "cities/%s/%s", manifest->cities[i].slug,
                            files[f]) != 0 ||
                !backup_manifest_find(manifest, path))
                return damaged(error, "a city's file is missing");
            wanted++;
        }
    }
    return wanted == manifest->file_count ? 0 : damaged(error, "a file stands twice");
}

static int check_format(const struct json *document, struct backup_manifest *manifest,
                        struct error *error)
{
    int64_t format = 0;
    const char *version = NULL;
    if (json_get_int(document, "format", JSON_REQUIRED, 1, 99999, &format, error))
        return damaged(error, "no format is told");
    if (format > BACKUP_FORMAT)
        return error_set(error, ERROR_STORE, "backup.newer",
                         "the backup was made by a newer gridcase: use that one");
    if (json_get_text(document, "gridcase", JSON_REQUIRED, 40, &version, error) ||
        json_get_int(document, "taken_ms", JSON_REQUIRED, 0, bytes_most,
                     &manifest->taken_ms, error) ||
        json_get_int(document, "finished_ms", JSON_REQUIRED, 0, bytes_most,
                     &manifest->finished_ms, error) ||
        text_format(manifest->version, sizeof manifest->version, "%s", version) != 0)
        return damaged(error, "no time is told");
    return 0;
}

int backup_manifest_parse(const char *text, size_t length,
                          struct backup_manifest **ret_manifest, struct error *error)
{
    JSON_CLEANUP struct json *document = NULL;
    struct backup_manifest *manifest = backup_manifest_new();
    int code = json_parse(text, length, &document, error);
    if (code != 0 || !json_value_is_object(document))
        code = damaged(error, "it cannot be read");
    if (code == 0)
        code = check_format(document, manifest, error);
    if (code == 0)
        code = check_migrations(document, manifest, error);
    if (code == 0)
        code = read_lists(document, manifest, error);
    if (code == 0)
        code = check_whole(manifest, error);
    if (code != 0) {
        backup_manifest_free(manifest);
        return code;
    }
    *ret_manifest = manifest;
    return 0;
}

static int check_digest(const char *folder, const struct buffer *text, struct error *error)
{
    BUFFER_CLEANUP struct buffer found;
    char path[BACKUP_PATH_SIZE], line[DIGEST_LINE];
    buffer_init(&found, BUFFER_CEILING_LINE);
    digest_line(text->data ? text->data : "", text->length, line);
    int code = backup_path(path, error, "%s/manifest.sha256", folder);
    if (code == 0 && (file_read(path, &found, error) != 0 ||
                      !text_equal(found.data ? found.data : "", line)))
        code = damaged(error, "changed since the backup was made");
    return code;
}

int backup_manifest_read(const char *folder, struct backup_manifest **ret_manifest,
                         struct error *error)
{
    BUFFER_CLEANUP struct buffer text;
    char path[BACKUP_PATH_SIZE];
    buffer_init(&text, MANIFEST_MOST);
    int code = backup_path(path, error, "%s/manifest.json", folder);
    if (code == 0 && !file_exists(path))
        return error_set(error, ERROR_NOT_FOUND, "backup.none",
                         "%.300s: no whole backup there", folder);
    if (code == 0)
        code = file_read(path, &text, error);
    if (code == 0)
        code = check_digest(folder, &text, error);
    if (code == 0)
        code = backup_manifest_parse(text.data ? text.data : "", text.length, ret_manifest,
                                     error);
    return code;
}
