// SPDX-License-Identifier: MPL-2.0
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>
#include <gridcase/core/text.h>
#include <gridcase/http/asset.h>

#include "http_internal.h"

enum {
    ASSETS_CEILING = 64 * 1024 * 1024,
    ASSETS_MOST = 4096,
    ASSETS_DEPTH = 8,
    ETAG_SIZE = 40,
};

struct entry {
    struct http_asset asset;
    const char *type;
    bool immutable;
    char etag[ETAG_SIZE]; // without the encoding's suffix and the quotes
};

struct http_assets {
    struct arena *arena;
    struct entry *entries; // sorted by path
    size_t count;
};

const char *http_media_type(const char *path)
{
    static const struct {
        const char *end;
        const char *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".map", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".txt", "text/plain; charset=utf-8"},
    };
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t end = strlen(types[i].end);
        if (length > end && strcmp(path + length - end, types[i].end) == 0) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    return strcmp(left->asset.path, right->asset.path);
}

static void entry_finish(struct entry *entry)
{
    uint8_t digest[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    hash_bytes(entry->asset.data, entry->asset.length, digest);
    hash_to_hex(digest, hex);
    memcpy(entry->etag, hex, 24);
    entry->etag[24] = '\0';
    entry->type = http_media_type(entry->asset.path);
    entry->immutable = text_starts(entry->asset.path, "/assets/");
}

static struct http_assets *assets_empty(void)
{
    struct http_assets *assets = memory_new(sizeof(*assets));
    assets->arena = arena_new((size_t)ASSETS_CEILING + 4 * 1024 * 1024);
    assets->entries = memory_array(ASSETS_MOST, sizeof(struct entry));
    return assets;
}

static void assets_finish(struct http_assets *assets)
{
    for (size_t i = 0; i < assets->count; i++) {
        entry_finish(&assets->entries[i]);
    }
    qsort(assets->entries, assets->count, sizeof(struct entry), compare_entries);
}

struct http_assets *http_assets_new(const struct http_asset *table, size_t count)
{
    struct http_assets *assets = assets_empty();
    for (size_t i = 0; i < count && i < ASSETS_MOST; i++) {
        assets->entries[assets->count++].asset = table[i];
    }
    assets_finish(assets);
    return assets;
}

struct http_assets *http_assets_free(struct http_assets *assets)
{
    if (assets) {
        arena_free(assets->arena);
        free(assets->entries);
        free(assets);
    }
    return NULL;
}

size_t http_assets_count(const struct http_assets *assets)
{
    return assets->count;
}

static int read_one(struct http_assets *assets, const char *file, const char *path,
                    struct error *error)
{
    BUFFER_CLEANUP struct buffer bytes;
    buffer_init(&bytes, ASSETS_CEILING);
    int code = file_read(file, &bytes, error);
    if (code) {
        return code;
    }
    char *copy = arena_copy(assets->arena, bytes.data ? bytes.data : "", bytes.length);
    char *name = arena_text(assets->arena, path);
    if (!copy || !name || assets->count == ASSETS_MOST) {
        return error_set(error, ERROR_LIMIT, "http.assets", "too many assets");
    }
    struct entry *entry = &assets->entries[assets->count++];
    entry->asset = (struct http_asset){.path = name, .data = copy, .length = bytes.length};
    return 0;
}

static int read_folder(struct http_assets *assets, const char *root, const char *below,
                       int depth, struct error *error)
{
    char folder[1024];
    int code = text_format(folder, sizeof(folder), "%s%s", root, below)
                   ? error_set(error, ERROR_LIMIT, "http.assets", "name too long")
                   : 0;
    DIR *listing = code ? NULL : opendir(folder);
    if (!listing) {
        return code ? code : error_errno(error, "http.assets", folder);
    }
    struct dirent *item;
    while (!code && (item = readdir(listing))) {
        char path[1024];
        char file[1024];
        struct stat state;
        if (item->d_name[0] == '.' ||
            text_format(path, sizeof(path), "%s/%s", below, item->d_name) ||
            text_format(file, sizeof(file), "%s%s", root, path) || stat(file, &state)) {
            continue;
        }
        if (S_ISDIR(state.st_mode) && depth < ASSETS_DEPTH) {
            code = read_folder(assets, root, path, depth + 1, error);
        } else if (S_ISREG(state.st_mode)) {
            code = read_one(assets, file, path, error);
        }
    }
    closedir(listing);
    return code;
}

static struct entry *find(const struct http_assets *assets, const char *path)
{
    struct entry key = {.asset = {.path = path}};
    return bsearch(&key, assets->entries, assets->count, sizeof(struct entry),
                   compare_entries);
}

// x.br and x.gz become variants of x and leave the list.
static void join_variants(struct http_assets *assets)
{
    qsort(assets->entries, assets->count, sizeof(struct entry), compare_entries);
    size_t kept = 0;
    for (size_t i = 0; i < assets->count; i++) {
        struct entry entry = assets->entries[i];
        size_t length = strlen(entry.asset.path);
        bool br = length > 3 && strcmp(entry.asset.path + length - 3, ".br") == 0;
        bool gz = length > 3 && strcmp(entry.asset.path + length - 3, ".gz") == 0;
        struct entry *whole = NULL;
        if (br || gz) { // sorted: the whole file stands before, in what was kept already
            char *name = arena_copy(assets->arena, entry.asset.path, length - 3);
            for (size_t j = kept; name && j-- > 0 && !whole;) {
                whole = strcmp(assets->entries[j].asset.path, name) == 0
                            ? &assets->entries[j]
                            : NULL;
            }
        }
        if (whole && br) {
            whole->asset.br = entry.asset.data;
            whole->asset.br_length = entry.asset.length;
        } else if (whole) {
            whole->asset.gz = entry.asset.data;
            whole->asset.gz_length = entry.asset.length;
        } else {
            assets->entries[kept++] = entry;
        }
    }
    assets->count = kept;
}

int http_assets_read(const char *folder, struct http_assets **ret_assets,
                     struct error *error)
{
    struct http_assets *assets = assets_empty();
    int code = read_folder(assets, folder, "", 0, error);
    if (code) {
        http_assets_free(assets);
        return code;
    }
    join_variants(assets);
    assets_finish(assets);
    *ret_assets = assets;
    return 0;
}

void http_assets_digest(const struct http_assets *assets, char out[HTTP_ASSETS_DIGEST_SIZE])
{
    struct hash *hash = hash_new();
    uint8_t digest[HASH_SIZE];
    char hex[HASH_HEX_SIZE];
    for (size_t i = 0; i < assets->count; i++) {
        const struct entry *entry = &assets->entries[i];
        hash_add(hash, entry->asset.path, strlen(entry->asset.path) + 1);
        hash_add(hash, entry->etag, strlen(entry->etag) + 1);
    }
    hash_finish(hash, digest);
    hash_to_hex(digest, hex);
    memcpy(out, hex, HTTP_ASSETS_DIGEST_SIZE - 1);
    out[HTTP_ASSETS_DIGEST_SIZE - 1] = '\0';
}

bool http_assets_reply(const struct http_assets *assets, const char *path,
                       struct http_request *request)
{
    const struct entry *entry = find(assets, path);
    if (!entry) {
        return false;
    }
    const struct http_asset *asset = &entry->asset;
    const char *coding = NULL;
    const void *data = asset->data;
    size_t length = asset->length;
    if (asset->br && http_request_accepts(request, "br")) {
        coding = "br";
        data = asset->br;
        length = asset->br_length;
    } else if (asset->gz && http_request_accepts(request, "gzip")) {
        coding = "gzip";
        data = asset->gz;
        length = asset->gz_length;
    }
    char etag[ETAG_SIZE + 16];
    snprintf(etag, sizeof(etag), "\"%s%s%s\"", entry->etag, coding ? "-" : "",
             coding ? coding : "");
    http_reply_header(request, "Vary", "Accept-Encoding");
    http_reply_header(request, "Cache-Control",
                      entry->immutable ? "public, max-age=31536000, immutable"
                                       : "no-cache");
    if (http_reply_not_modified(request, etag)) {
        return true;
    }
    if (coding) {
        http_reply_header(request, "Content-Encoding", coding);
    }
    http_reply_static(request, 200, entry->type, data, length);
    return true;
}
