// SPDX-License-Identifier: MPL-2.0
// Copies of whole databases; the copy that is kept before an upgrade.
#include <stdio.h>
#include <stdlib.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "db_internal.h"

enum { STEP_BYTES = 1024 * 1024, SPACE_LEFT = 16 * 1024 * 1024 };

struct db_copy {
    const struct db_engine *engine;
    void *native;
};

int db_copy_begin(struct db *db, const char *path, struct db_copy **ret_copy,
                  struct error *error)
{
    void *native = NULL;
    if (!db_in_transaction(db))
        return error_set(error, ERROR_BUG, "db.misuse",
                         "a copy needs a transaction that holds its moment");
    if (!db->engine->copy_begin)
        return error_set(
            error, ERROR_BUG, "db.misuse",
            "the databases of this store are no files: see db_store_has_files");
    int code = db->engine->copy_begin(db->connection, path, &native, error);
    if (code != 0)
        return code;
    struct db_copy *copy = memory_new(sizeof *copy);
    *copy = (struct db_copy){.engine = db->engine, .native = native};
    *ret_copy = copy;
    return 0;
}

int db_copy_step(struct db_copy *copy, int64_t bytes, struct error *error)
{
    return copy->engine->copy_step(copy->native, bytes, error);
}

void db_copy_progress(const struct db_copy *copy, int64_t *ret_done, int64_t *ret_all)
{
    copy->engine->copy_bytes(copy->native, ret_done, ret_all);
}

struct db_copy *db_copy_free(struct db_copy *copy)
{
    if (copy)
        copy->engine->copy_end(copy->native);
    free(copy);
    return NULL;
}

// ---- before an upgrade ----

static void (*upgrade_tell)(void *context, const char *copy);
static void *upgrade_context;

void db_on_upgrade(void (*tell)(void *context, const char *copy), void *context)
{
    upgrade_tell = tell;
    upgrade_context = context;
}

static int check_space(const char *folder, int64_t bytes, struct error *error)
{
    int64_t free_bytes = file_free_bytes(folder);
    int64_t needed = bytes + bytes / 4 + SPACE_LEFT; // the copy, and what migrations write
    if (free_bytes >= 0 && free_bytes < needed)
        return error_set(error, ERROR_IO, "upgrade.no_space",
                         "a copy is kept before the upgrade: it needs %lld MB and %lld MB "
                         "are free; nothing was changed",
                         (long long)(needed / 1000000), (long long)(free_bytes / 1000000));
    return 0;
}

static int copy_whole(struct db *db, const char *folder, const char *path,
                      struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    struct db_copy *copy = NULL;
    int64_t done = 0, all = 0;
    int code = db_begin(db, DB_READ, &transaction, error);
    if (code == 0)
        code = db_copy_begin(db, path, &copy, error);
    if (code == 0)
        code = db_copy_step(copy, 1, error); // now the length is known
    if (code == DB_COPY_MORE) {
        db_copy_progress(copy, &done, &all);
        code = check_space(folder, all, error);
        code = code == 0 ? DB_COPY_MORE : code;
    }
    while (code == DB_COPY_MORE)
        code = db_copy_step(copy, STEP_BYTES, error);
    db_copy_free(copy);
    return code;
}

int db_keep_copy(struct db *db, const char *folder, const char *name, int newest,
                 struct error *error)
{
    char path[DB_PATH_SIZE], beside[DB_PATH_SIZE];
    if (text_format(path, sizeof path, "%s/%s.before-%04d", folder, name, newest) != 0 ||
        text_format(beside, sizeof beside, "%s.new", path) != 0)
        return error_set(error, ERROR_LIMIT, "file.long_path", "path too long: %.60s",
                         folder);
    file_system()->unlink(beside); // of one that was cut short
    int code = copy_whole(db, folder, beside, error);
    if (code == 0 && file_system()->rename(beside, path) != 0)
        code = error_errno(error, "db.io", path);
    if (code == 0)
        code = file_sync_directory(folder, error);
    if (code != 0) {
        file_system()->unlink(beside);
        return code;
    }
    if (upgrade_tell)
        upgrade_tell(upgrade_context, path);
    return 0;
}
