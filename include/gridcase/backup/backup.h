// SPDX-License-Identifier: MPL-2.0
// Backups of a data folder, made while people work, and what is made of them again.
//
// TARGET/20261122T061700Z/manifest.json    what is in it, with digests; written last
//                         manifest.sha256
//                         system.db, gridcase.ini
//                         cities/SLUG/{cases.db,city.db,photos.txt}
// TARGET/media/SLUG/ab/cdef....orig ...    photos of all backups, each once
// TARGET/lock                              one backup at a time
//
// The databases of a city are copied as they are at one moment; photos are named by their
// content, so those that the copied cases name are of the same moment, whenever they are
// copied. What can be made anew (the locator, search, columns) is left out. A backup
// appears under its name only when everything is on the disk: what is there is whole.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

struct db_store;

enum { BACKUP_NAME_SIZE = 32, BACKUP_PATH_SIZE = 4096 };

struct backup_progress {
    char what[96];       // "boston/cases.db"
    int64_t done, bytes; // of it
};

struct backup_options {
    const char *target;      // folder, made when it is not there
    int64_t bytes_per_s;     // 0: as fast as the disk
    unsigned keep;           // whole backups kept, this one counted; 0: all
    const atomic_bool *stop; // may be NULL; set: ERROR_BUSY "backup.stopped"
    void (*tell)(void *context, const struct backup_progress *progress); // may be NULL
    void *context;
};

struct backup_result {
    char name[BACKUP_NAME_SIZE];
    int64_t taken_ms;         // whatever was acknowledged before is in it
    int64_t took_ms;          // how long it took
    int64_t bytes;            // of databases
    int64_t photos;           // files of photos named
    int64_t photos_copied;    // of them new in the target
    int64_t photo_bytes;      // of those copied
    int64_t problems;         // photos that are missing or damaged in the data folder
    unsigned cities, removed; // removed: old backups
    unsigned left_out;        // cities that could not be read
};

// Makes a backup of an open store, from any thread. Notes it in the store for health.
// ERROR_BUSY "backup.running" (another one into the same target); ERROR_INPUT
// "backup.inside" (the target lies in the data folder); ERROR_IO "backup.no_space",
// "disk.full" and others: nothing is left of it then but photos. A city that cannot be read
// is left out and told, when there are others.
int backup_run(struct db_store *store, const struct backup_options *options,
               struct backup_result *ret_result, struct error *error) ERROR_MUST_CHECK;

// What the store knows about its backups.
struct backup_state {
    int64_t taken_ms; // of the last whole one; INSTANT_NONE: none yet
    int64_t took_ms, bytes, photos, problems;
    char place[512];   // its folder
    int64_t failed_ms; // of a failure since then; INSTANT_NONE: none
    char failure[256]; // why
};
int backup_state_read(struct db_store *store, struct backup_state *ret_state,
                      struct error *error) ERROR_MUST_CHECK;

struct restore_options {
    const char *backup; // a backup, or a target: its newest one
    const char *data;   // an empty folder, or none yet; NULL: only check the backup
    const char *store;  // address of the server that gets its databases; NULL: the folder
    void (*tell)(void *context, const struct backup_progress *progress); // may be NULL
    void *context;
};
struct restore_result {
    char backup[BACKUP_PATH_SIZE]; // the one that was taken
    int64_t taken_ms;
    int64_t files, bytes; // photos included
    unsigned cities;
    char left_out[1024]; // cities that are not in the backup, a blank around each
};
// Checks the manifest and every file against it while copying, then makes the copy another
// store than the first one: positions in change streams are unknown to it, people sign in
// anew. ERROR_NOT_FOUND "backup.none"; ERROR_STORE "backup.newer" (made by a newer
// program), "backup.damaged" (which file); ERROR_CONFLICT "restore.not_empty"; ERROR_IO
// "backup.no_space", "disk.full"; ERROR_STORE "restore.differs". After a failure the folder
// is empty again; with a store the same call goes on.
int backup_restore(const struct restore_options *options, struct restore_result *ret_result,
                   struct error *error) ERROR_MUST_CHECK;

// ---- the manifest, for its tests ----
struct backup_manifest;
// Takes nothing on trust: paths, sizes, digests. ERROR_STORE "backup.damaged",
// "backup.newer".
int backup_manifest_parse(const char *text, size_t length,
                          struct backup_manifest **ret_manifest,
                          struct error *error) ERROR_MUST_CHECK;
struct backup_manifest *backup_manifest_free(struct backup_manifest *manifest);
