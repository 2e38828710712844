// SPDX-License-Identifier: MPL-2.0
// A copy of a database as an open read transaction sees it, made in steps while others
// write.
//
// SQLite's backup starts anew when somebody else writes, unless its source holds a read
// transaction: then all steps see the same pages. The log cannot begin anew meanwhile.
#include "db_sqlite.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>

// Little by little: people wait behind whatever a sync of ours makes the disk write.
enum { SYNC_EVERY = 8 * 1024 * 1024 };

struct sqlite_copy {
    sqlite3 *to;
    sqlite3_backup *backup;
    int fd; // of the copy, for syncing little by little instead of everything at the end
    int64_t page_bytes, unsynced;
};

void sqlite_copy_end(void *given)
{
    struct sqlite_copy *copy = given;
    if (!copy)
        return;
    sqlite3_backup_finish(copy->backup);
    sqlite3_close(copy->to);
    if (copy->fd >= 0)
        file_system()->close(copy->fd);
    free(copy);
}

static int page_bytes(sqlite3 *handle, int64_t *ret_bytes, struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, "PRAGMA page_size", -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *ret_bytes = sqlite3_column_int64(statement, 0);
    else
        sqlite_error(handle, code, error);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? 0 : error->code;
}

// The copy is nobody's until it is whole: no journal, and we sync it ourselves.
static int open_target(struct sqlite_copy *copy, const char *path, struct error *error)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int code = sqlite3_open_v2(path, &copy->to, flags, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(copy->to,
                            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                            "PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -4096",
                            NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return sqlite_error(copy->to, code, error);
    copy->fd = file_system()->open(path, O_RDWR | O_CLOEXEC, 0);
    return copy->fd < 0 ? error_errno(error, "db.io", path) : 0;
}

int sqlite_copy_begin(void *given, const char *path, void **ret_copy, struct error *error)
{
    struct sqlite_connection *connection = given;
    struct sqlite_copy *copy = memory_new(sizeof *copy);
    copy->fd = -1;
    int code = page_bytes(connection->handle, &copy->page_bytes, error);
    if (code == 0)
        code = open_target(copy, path, error);
    if (code == 0) {
        copy->backup = sqlite3_backup_init(copy->to, "main", connection->handle, "main");
        if (!copy->backup)
            code = sqlite_error(copy->to, sqlite3_errcode(copy->to), error);
    }
    if (code != 0) {
        error_prefix(error, "%s", path);
        sqlite_copy_end(copy);
        return code;
    }
    *ret_copy = copy;
    return 0;
}

static int sync_copy(struct sqlite_copy *copy, struct error *error)
{
    copy->unsynced = 0;
    return file_system()->sync(copy->fd) == 0
               ? 0
               : error_errno(error, "db.io", "syncing a copy of a database");
}

int sqlite_copy_step(void *given, int64_t bytes, struct error *error)
{
    struct sqlite_copy *copy = given;
    int64_t pages = bytes / copy->page_bytes;
    int code = sqlite3_backup_step(copy->backup, pages < 1 ? 1 : (int)pages);
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return DB_COPY_MORE;
    if (code == SQLITE_OK) {
        copy->unsynced += bytes;
        int failed = copy->unsynced >= SYNC_EVERY ? sync_copy(copy, error) : 0;
        return failed ? failed : DB_COPY_MORE;
    }
    if (code != SQLITE_DONE)
        return sqlite_error(copy->to, code, error);
    code = sqlite3_backup_finish(copy->backup);
    copy->backup = NULL;
    if (code == SQLITE_OK) {
        code = sqlite3_close(copy->to);
        copy->to = NULL;
    }
    return code == SQLITE_OK ? sync_copy(copy, error) : sqlite_error(NULL, code, error);
}

void sqlite_copy_bytes(void *given, int64_t *ret_done, int64_t *ret_all)
{
    const struct sqlite_copy *copy = given;
    int all = copy->backup ? sqlite3_backup_pagecount(copy->backup) : 0;
    int left = copy->backup ? sqlite3_backup_remaining(copy->backup) : 0;
    *ret_all = (int64_t)all * copy->page_bytes;
    *ret_done = (int64_t)(all - left) * copy->page_bytes;
}
