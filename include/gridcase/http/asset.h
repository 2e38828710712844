// SPDX-License-Identifier: MPL-2.0
// Files of the front end, embedded at build time or read once from a folder, with their
// compressed variants. Nothing is looked up on disk while serving.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>

struct http_request;

// One file of the bundle. br and gz are NULL where there is no smaller variant.
struct http_asset {
    const char *path; // "/assets/console-3f2a.js", "/console/index.html"
    const void *data;
    size_t length;
    const void *br;
    size_t br_length;
    const void *gz;
    size_t gz_length;
};

struct http_assets; // a searchable set with types and entity tags

// table is borrowed for the set's life (embedded data); sorted or not.
struct http_assets *http_assets_new(const struct http_asset *table, size_t count);
// Reads every regular file below folder (x.br and x.gz become variants of x). At most
// 64 MiB in all.
int http_assets_read(const char *folder, struct http_assets **ret_assets,
                     struct error *error) ERROR_MUST_CHECK;
struct http_assets *http_assets_free(struct http_assets *assets);
size_t http_assets_count(const struct http_assets *assets);
// 12 hexadecimal digits that change when any of the files does.
enum { HTTP_ASSETS_DIGEST_SIZE = 13 };
void http_assets_digest(const struct http_assets *assets,
                        char out[HTTP_ASSETS_DIGEST_SIZE]);
// Answers with the asset at path: entity tag, 304, encoding, type. Below /assets/ the reply
// is immutable for a year, elsewhere "no-cache". False when there is none.
bool http_assets_reply(const struct http_assets *assets, const char *path,
                       struct http_request *request);
// By the end of the name: "text/javascript", ...; "application/octet-stream" otherwise.
const char *http_media_type(const char *path);
