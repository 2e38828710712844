// SPDX-License-Identifier: MPL-2.0
// Photos of a city: kept under their SHA-256, synced before the row that names them.
//
// CITY_FOLDER/media/ab/cdef....orig  the file as it came (restricted)
//                       ....jpg      rendition: upright, no metadata, at most 2048 pixels
//                       ....thumb    thumbnail: the same, at most 320 pixels
// JPEG and PNG are taken; renditions are always JPEG.
//
// The http room spools the body to a file under the ceiling; media_store_path (worker pool)
// sniffs, decodes, re-encodes and syncs; then media_file_store names it in a write
// transaction. A file that no row names is swept after a day.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>
#include <gridcase/core/file.h>
#include <gridcase/core/hash.h>

struct db;

enum {
    MEDIA_BYTES_MOST = 15 * 1000 * 1000, // unless the store says otherwise
    MEDIA_SIDE_MOST_PX = 12000,
    MEDIA_AREA_MOST_PX = 50 * 1000 * 1000,
    MEDIA_RENDITION_SIDE_PX = 2048,
    MEDIA_THUMBNAIL_SIDE_PX = 320,
    MEDIA_UNNAMED_LIFE_H = 24,
    MEDIA_PARTS = 256, // first byte of the digest
};

enum media_type { MEDIA_JPEG, MEDIA_PNG, MEDIA_TYPE_COUNT };
const char *media_type_to_str(enum media_type type); // "image/jpeg"
// By the first bytes, whatever the client says. ERROR_INPUT "media.type_unknown"
// (a JPEG or PNG head is enough here; decoding decides).
int media_type_sniff(const uint8_t *bytes, size_t length, enum media_type *ret_type,
                     struct error *error) ERROR_MUST_CHECK;

enum media_kind { MEDIA_ORIGINAL, MEDIA_RENDITION, MEDIA_THUMBNAIL, MEDIA_KIND_COUNT };

struct media_file {
    uint8_t sha256[HASH_SIZE]; // of the original
    enum media_type type;
    int64_t bytes;
    int width_px; // upright
    int height_px;
};

struct media_store; // one per city; safe to use from several threads

// folder: CITY_FOLDER/media, made when missing. bytes_most 0: MEDIA_BYTES_MOST.
int media_store_open(const char *folder, int64_t bytes_most, struct media_store **ret_store,
                     struct error *error) ERROR_MUST_CHECK;
struct media_store *media_store_close(struct media_store *store);
int64_t media_store_bytes_most(const struct media_store *store);

// ---- receiving ----
// Takes the image in a file: checks and decodes it, makes rendition and thumbnail, syncs
// all three and their folders. The file at path is left alone. Slow (up to a second):
// worker pool. Bytes that are there already: found, nothing rewritten.
// expected_bytes: Content-Length, or -1. ERROR_INPUT "media.empty", "media.truncated" (not
// the expected length, or the image ends early), "media.type_unknown", "media.broken";
// ERROR_LIMIT "media.too_large", "media.dimensions"; ERROR_IO "disk.full" and others.
int media_store_path(struct media_store *store, const char *path, int64_t expected_bytes,
                     struct media_file *ret_file, struct error *error) ERROR_MUST_CHECK;
// The same for bytes in memory.
int media_store_bytes(struct media_store *store, const void *bytes, size_t length,
                      struct media_file *ret_file, struct error *error) ERROR_MUST_CHECK;

// ---- rows ----
// Inside a write transaction, after finish. The same file again keeps its first row.
int media_file_store(struct db *db, const struct media_file *file, int64_t uploader_id,
                     int64_t now_ms, struct error *error) ERROR_MUST_CHECK;
// ERROR_NOT_FOUND "media.unknown". uploader may be NULL.
int media_file_find(struct db *db, const uint8_t sha256[HASH_SIZE],
                    struct media_file *ret_file, int64_t *ret_uploader_id,
                    struct error *error) ERROR_MUST_CHECK;

// ---- reading ----
// Mapped file: close with file_map_close. ERROR_NOT_FOUND "media.unknown".
int media_map(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
              enum media_kind kind, struct file_map *ret_map,
              struct error *error) ERROR_MUST_CHECK;
// Open descriptor (the caller closes) and length, for sending from a file.
int media_open(const struct media_store *store, const uint8_t sha256[HASH_SIZE],
               enum media_kind kind, int *ret_descriptor, int64_t *ret_bytes,
               struct error *error) ERROR_MUST_CHECK;
// Content type of a kind of a file.
const char *media_content_type(const struct media_file *file, enum media_kind kind);

// ---- keeping house ----
// Removes files that no row of db names and that are older than MEDIA_UNNAMED_LIFE_H by
// the file's own time, in one of MEDIA_PARTS parts of the store (a folder each), or in all
// of them: part -1. *ret_removed counts them.
int media_sweep(struct media_store *store, struct db *db, int part, int64_t now_ms,
                int *ret_removed, struct error *error) ERROR_MUST_CHECK;
// Is every file that a row names there with its length and, when digests is set, still the
// same? visit is called for each that is not, with the reason. For gridcase check.
int media_check(const struct media_store *store, struct db *db, bool digests,
                void (*visit)(void *context, const uint8_t sha256[HASH_SIZE],
                              const char *reason),
                void *context, int64_t *ret_checked, struct error *error) ERROR_MUST_CHECK;
