// SPDX-License-Identifier: MPL-2.0
// Photos, sound, short videos and documents of a city: kept under their SHA-256, synced
// before the row that names them.
//
// CITY_FOLDER/media/ab/cdef....orig   the file as it came (restricted)
//                       ....jpg       photo: upright, no metadata, at most 2048 pixels
//                       ....thumb     photo: the same, at most 320 pixels
//                       ....clean     sound and video: place and tags blanked; only when
//                                     there were any
// CITY_FOLDER/media/parts/PERSON/SHA256-LENGTH   what a person has sent so far of a file
//
// What a file is, its own bytes say (gridcase-media(5) lists the types). Photos are decoded
// and encoded anew; sound, video and documents never are, only the boxes and pages that
// they are made of are walked.
//
// The http room spools the body to a file under the ceiling; media_store_path or
// media_part_append (worker pool) looks at it and syncs; then media_file_store names it in
// a write transaction. A file that no row names is swept after a day.
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
    MEDIA_SIDE_MOST_PX = 12000,
    MEDIA_AREA_MOST_PX = 50 * 1000 * 1000,
    MEDIA_RENDITION_SIDE_PX = 2048,
    MEDIA_THUMBNAIL_SIDE_PX = 320,
    MEDIA_UNNAMED_LIFE_H = 24,
    MEDIA_PARTS = 256,         // folders: first byte of the digest
    MEDIA_UPLOADS_PERSON = 32, // uploads of one person that are not whole, at once
};

// The numbers stand nowhere; the database keeps the names.
enum media_type {
    MEDIA_JPEG,
    MEDIA_PNG,
    MEDIA_MP3,
    MEDIA_AAC,
    MEDIA_M4A,
    MEDIA_OGG,
    MEDIA_WAV,
    MEDIA_WEBM_SOUND,
    MEDIA_MP4,
    MEDIA_MOV,
    MEDIA_WEBM,
    MEDIA_PDF,
    MEDIA_TYPE_COUNT
};
const char *media_type_to_str(enum media_type type); // "image/jpeg"
int media_type_from_str(const char *text);           // -1: none of ours
const char *media_type_ending(enum media_type type); // "jpg", for a file that is saved

enum media_class {
    MEDIA_PHOTO,
    MEDIA_SOUND,
    MEDIA_VIDEO,
    MEDIA_DOCUMENT,
    MEDIA_CLASS_COUNT
};
enum media_class media_type_class(enum media_type type);

// By the first bytes, whatever the client says; 16 are enough. ERROR_INPUT
// "media.type_unknown", or for what phones like to send and we do not take "media.heic",
// "media.webp". A head is enough here; media_store_path decides.
int media_type_sniff(const uint8_t *bytes, size_t length, enum media_type *ret_type,
                     struct error *error) ERROR_MUST_CHECK;

enum media_kind { MEDIA_ORIGINAL, MEDIA_RENDITION, MEDIA_THUMBNAIL, MEDIA_KIND_COUNT };

// What the camera wrote into the file: to be compared, never believed.
struct media_taken {
    bool has_place;
    double lon_deg, lat_deg; // WGS 84
    double accuracy_m;       // negative: not said
    int64_t at_ms;           // INSTANT_NONE: not said
    bool local;              // at_ms is the camera's wall clock read as if it were UTC
};

struct media_file {
    uint8_t sha256[HASH_SIZE]; // of the original
    enum media_type type;
    int64_t bytes;
    int width_px, height_px; // of a photo, upright; else 0
    bool cleaned;            // others see a copy without its tags (sound and video)
    struct media_taken taken;
};

struct media_disk {
    int64_t free_bytes, total_bytes;
};

// Data: gridcase.ini(5) names each.
struct media_limits {
    int64_t bytes_most[MEDIA_CLASS_COUNT];
    // Of the disk. Below the first only photos are taken, below the second nothing is;
    // reports without a file always are.
    int free_percent, photo_free_percent;
    int64_t upload_bytes_person; // announced by one person, not whole yet
    int64_t upload_bytes_city;   // by all
    int64_t upload_life_ms;      // after its last byte an upload is given up
    // Asks for the disk's state; NULL: the system is asked. Tests have their own.
    int (*disk)(void *context, const char *folder, struct media_disk *ret_disk);
    void *disk_context;
};
void media_limits_init(struct media_limits *limits); // what holds when nothing is set

struct media_store; // one per city; safe to use from several threads

// folder: CITY_FOLDER/media, made when missing. limits are copied; NULL: the usual ones.
int media_store_open(const char *folder, const struct media_limits *limits,
                     struct media_store **ret_store, struct error *error) ERROR_MUST_CHECK;
struct media_store *media_store_close(struct media_store *store);
const struct media_limits *media_store_limits(const struct media_store *store);
// May bytes of a class come in? ERROR_IO "media.disk_low".
int media_disk_check(const struct media_store *store, enum media_class class, int64_t bytes,
                     struct error *error) ERROR_MUST_CHECK;

// ---- receiving ----
// Takes a whole file: checks it, makes what others see of it, syncs all and their folders.
// The file at path is left alone. Slow (up to a second): worker pool. Bytes that are there
// already: found, nothing rewritten. expected_bytes: Content-Length, or -1.
// ERROR_INPUT "media.empty", "media.truncated" (not the expected length, or it ends early),
// "media.type_unknown", "media.heic", "media.webp", "media.broken", "media.colours",
// "media.two_kinds" (another file hangs behind it, or it is two kinds at once);
// ERROR_LIMIT "media.too_large", "media.dimensions", "media.memory"; ERROR_IO "disk.full",
// "media.disk_low" and others.
int media_store_path(struct media_store *store, const char *path, int64_t expected_bytes,
                     struct media_file *ret_file, struct error *error) ERROR_MUST_CHECK;
// The same for bytes in memory.
int media_store_bytes(struct media_store *store, const void *bytes, size_t length,
                      struct media_file *ret_file, struct error *error) ERROR_MUST_CHECK;

// ---- uploads by parts: each person has their own, nobody sees another's ----
struct media_upload {
    int64_t person_id; // above 0
    uint8_t sha256[HASH_SIZE];
    int64_t length; // of the whole file
    int64_t offset; // of the bytes to append; then what there is now
};
// What the person has sent of the file. ERROR_NOT_FOUND "media.no_part".
int media_part_find(struct media_store *store, struct media_upload *upload,
                    struct error *error) ERROR_MUST_CHECK;
// Appends the file at path (NULL: nothing) at upload->offset and syncs. With the last byte
// the digest is checked and the file stored as by media_store_path: *ret_whole. The part
// stays until media_part_drop, so that nothing is lost before the row is written; asking
// again with nothing to append stores it again. Whenever the person has sent something,
// upload->offset says how much on return, also with an error. ERROR_CONFLICT
// "media.offset" (not what there is), "media.length" (announced otherwise before);
// ERROR_INPUT "media.digest" (the part is dropped), "media.overrun" (more than announced);
// ERROR_LIMIT "media.uploads_person"; ERROR_BUSY "media.uploads_city"; and those of
// media_store_path, which drop the part when the file can never be taken.
int media_part_append(struct media_store *store, struct media_upload *upload,
                      const char *path, bool *ret_whole, struct media_file *ret_file,
                      struct error *error) ERROR_MUST_CHECK;
void media_part_drop(struct media_store *store, const struct media_upload *upload);
// Gives up uploads older than upload_life_ms.
int media_parts_sweep(struct media_store *store, int64_t now_ms, int *ret_removed,
                      struct error *error) ERROR_MUST_CHECK;
// The headers Upload-Offset and Upload-Length. ERROR_INPUT "media.upload_headers".
int media_upload_parse(const char *offset, const char *length,
                       struct media_upload *ret_upload,
                       struct error *error) ERROR_MUST_CHECK;

// ---- rows ----
// Inside a write transaction, after the file was stored. The same file again keeps its
// first row; person_id (0: a machine) is noted among those who have sent it whole.
int media_file_store(struct db *db, const struct media_file *file, int64_t person_id,
                     int64_t now_ms, struct error *error) ERROR_MUST_CHECK;
// ERROR_NOT_FOUND "media.unknown".
int media_file_find(struct db *db, const uint8_t sha256[HASH_SIZE],
                    struct media_file *ret_file, struct error *error) ERROR_MUST_CHECK;
// Has the person sent the whole file?
int media_sent_by(struct db *db, const uint8_t sha256[HASH_SIZE], int64_t person_id,
                  bool *ret_sent, struct error *error) ERROR_MUST_CHECK;

// ---- reading ----
// Mapped file: close with file_map_close. ERROR_NOT_FOUND "media.unknown".
int media_map(const struct media_store *store, const struct media_file *file,
              enum media_kind kind, struct file_map *ret_map,
              struct error *error) ERROR_MUST_CHECK;
// Open descriptor (the caller closes) and length, for sending from a file. Only photos have
// thumbnails: ERROR_NOT_FOUND "media.no_thumbnail".
int media_open(const struct media_store *store, const struct media_file *file,
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
