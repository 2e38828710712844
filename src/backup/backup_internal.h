// SPDX-License-Identifier: MPL-2.0
// What the files of the backup room share.
#pragma once

#include <stddef.h>

#include <gridcase/backup/backup.h>
#include <gridcase/backup/digest.h>
#include <gridcase/core/hash.h>

struct db;

enum { BACKUP_FORMAT = 1, BACKUP_FILES_MOST = 100000, PHOTO_NAME_SIZE = 96 };

// ---- pace and progress (files.c) ----
struct backup_pace {
    int64_t bytes_per_s; // 0: none
    int64_t begun_us, bytes;
    const atomic_bool *stop;
    void (*tell)(void *context, const struct backup_progress *progress);
    void *context;
    struct backup_progress progress;
};
// Counts bytes that were read or written, waits where that was too fast, tells how far it
// is. ERROR_BUSY "backup.stopped".
int backup_pace_spend(struct backup_pace *pace, int64_t bytes,
                      struct error *error) ERROR_MUST_CHECK;
void backup_pace_begin(struct backup_pace *pace, const char *what, int64_t bytes);

// ---- files (files.c) ----
struct backup_digest {
    int64_t bytes;
    uint8_t sha256[HASH_SIZE];
};
int backup_digest_file(const char *path, struct backup_pace *pace,
                       struct backup_digest *ret_digest,
                       struct error *error) ERROR_MUST_CHECK;
// Copies into a new file (sync: waits for the disk) and digests what was copied.
int backup_copy_file(const char *from, const char *to, bool sync, struct backup_pace *pace,
                     struct backup_digest *ret_digest,
                     struct error *error) ERROR_MUST_CHECK;
int backup_remove_tree(const char *path, struct error *error) ERROR_MUST_CHECK;
int64_t backup_file_bytes(const char *path); // -1: not there
// ERROR_LIMIT when it does not fit.
int backup_path(char out[BACKUP_PATH_SIZE], struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4))) ERROR_MUST_CHECK;
int backup_need_space(const char *folder, int64_t bytes,
                      struct error *error) ERROR_MUST_CHECK;

// ---- manifest (manifest.c) ----
struct backup_file {
    char path[128]; // below the backup: "system.db", "cities/boston/cases.db"
    struct backup_digest digest;
};
struct backup_city {
    char slug[64];
    char position[48]; // of the change stream: "epoch-position"
    int64_t taken_ms, photos, photo_bytes;
    struct city_digest digest; // hex "": made by a program that knew none
};
struct backup_left { // a city that could not be read
    char slug[64];
    char reason[200];
};
struct backup_manifest {
    int64_t taken_ms, finished_ms;
    char version[48]; // of the program
    bool same_schema; // ... has the migrations that this one has
    struct backup_file *files;
    size_t file_count;
    struct backup_city *cities;
    size_t city_count;
    struct backup_left *left;
    size_t left_count;
};
struct backup_manifest *backup_manifest_new(void);
// The new entry, zeroed.
struct backup_file *backup_manifest_add_file(struct backup_manifest *manifest);
struct backup_city *backup_manifest_add_city(struct backup_manifest *manifest);
struct backup_left *backup_manifest_add_left(struct backup_manifest *manifest);
int backup_manifest_write(const struct backup_manifest *manifest, const char *folder,
                          struct error *error) ERROR_MUST_CHECK;
int backup_manifest_read(const char *folder, struct backup_manifest **ret_manifest,
                         struct error *error) ERROR_MUST_CHECK;
const struct backup_file *backup_manifest_find(const struct backup_manifest *manifest,
                                               const char *path);

// ---- targets (target.c) ----
bool backup_is_name(const char *name);
// Makes the folder, takes its lock, sweeps what a killed backup has left.
int backup_target_open(const char *target, int *ret_lock,
                       struct error *error) ERROR_MUST_CHECK;
// The newest whole backup: "" when there is none.
int backup_target_newest(const char *target, char out[BACKUP_NAME_SIZE],
                         struct error *error) ERROR_MUST_CHECK;
// Removes the oldest ones, and the photos that no backup names any more.
int backup_target_prune(const char *target, unsigned keep, unsigned *ret_removed,
                        struct error *error) ERROR_MUST_CHECK;
// Whole backups in order of name; free the array.
int backup_target_list(const char *target, char (**ret_names)[BACKUP_NAME_SIZE],
                       size_t *ret_count, struct error *error) ERROR_MUST_CHECK;

// ---- photos (photos.c) ----
// One line of photos.txt: "SHA256 BYTES ab/cdef....orig", in order of name.
struct backup_photo {
    struct backup_digest digest;
    char name[PHOTO_NAME_SIZE];
};
struct backup_photos; // a list being read
// NULL list: nothing is in it. path NULL or missing: the same.
struct backup_photos *backup_photos_open(const char *path);
struct backup_photos *backup_photos_close(struct backup_photos *list);
// 1: *ret_photo is the next one; 0: the end; negative: ERROR_STORE "backup.damaged".
int backup_photos_next(struct backup_photos *list, struct backup_photo *ret_photo,
                       struct error *error) ERROR_MUST_CHECK;
// "ab/cdef....orig": nothing that leads elsewhere.
bool backup_photo_is_name(const char *name);

struct backup_photo_job {
    const char *source;  // CITY_FOLDER/media
    const char *digests; // file with the digests that the cases name, 32 bytes each, sorted
    const char *pool;    // TARGET/media/SLUG
    const char *previous; // photos.txt of the backup before; may be missing
    const char *list;     // photos.txt to write
    struct backup_pace *pace;
    int64_t photos, bytes, copied, copied_bytes, problems;
};
int backup_photos_copy(struct backup_photo_job *job, struct error *error) ERROR_MUST_CHECK;
// Removes from TARGET/media/SLUG what none of the backups lists.
int backup_photos_sweep(const char *target, const char *slug,
                        char (*names)[BACKUP_NAME_SIZE], size_t count,
                        struct error *error) ERROR_MUST_CHECK;
// Names of a folder of photos (one of 256), sorted; free the array.
int backup_photo_names(const char *folder, const char *prefix,
                       char (**ret_names)[PHOTO_NAME_SIZE], size_t *ret_count,
                       struct error *error) ERROR_MUST_CHECK;

// ---- databases that are no files (backup_rows.c) ----
struct backup_rows_taken {
    struct backup_pace *pace;
    // Called while the moment is held, with the cases.
    int (*while_held)(void *context, struct db *cases, struct error *error);
    void *context;
    int64_t taken_ms, epoch, position; // results
    struct city_digest digest;
};
// Both leave PART/system.db; the cities first.
int backup_rows_city(struct db_store *from, const char *part, const char *slug,
                     struct backup_rows_taken *taken, struct error *error) ERROR_MUST_CHECK;
int backup_rows_system(struct db_store *from, const char *part, struct backup_pace *pace,
                       struct error *error) ERROR_MUST_CHECK;

// ---- what a store remembers (state.c) ----
void backup_state_note(struct db_store *store, const char *target,
                       const struct backup_result *result, const struct error *failure);
