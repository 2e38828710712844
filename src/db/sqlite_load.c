// SPDX-License-Identifier: MPL-2.0
// Loading on a copy, as SQLite does it.
#include "db_sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/file.h>

enum { LOAD_INDEXES = 128 };

struct sqlite_load {
    char *texts[LOAD_INDEXES]; // the statements that make them again
    size_t count;
};

static int unlink_if_there(const char *path, struct error *error)
{
    if (file_exists(path) && file_system()->unlink(path) != 0)
        return error_errno(error, "db.io", path);
    return 0;
}

int sqlite_load_copy(void *given, const struct db_target *target, struct error *error)
{
    struct sqlite_connection *connection = given;
    char path[DB_PATH_SIZE], *text;
    int code = sqlite_path_of(target, path, error);
    if (code == 0)
        code = unlink_if_there(path, error); // of a load that was cut short
    if (code != 0)
        return code;
    text = sqlite3_mprintf("VACUUM INTO %Q", path);
    if (!text)
        return error_set(error, ERROR_STORE, "db.no_memory", "no memory");
    code = sqlite_run(connection, text, error);
    sqlite3_free(text);
    return code;
}

struct sqlite_load *sqlite_load_free(struct sqlite_load *load)
{
    for (size_t i = 0; load && i < load->count; i++)
        free(load->texts[i]);
    free(load);
    return NULL;
}

static int list_indexes(struct sqlite_connection *connection, char **names,
                        struct error *error)
{
    struct sqlite_load *load = connection->load;
    sqlite3_stmt *statement = NULL;
    int code =
        sqlite3_prepare_v2(connection->handle, db_query_texts[QUERY_LOAD_INDEX_LIST].text,
                           -1, &statement, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (load->count == LOAD_INDEXES)
            break;
        names[load->count] = memory_text((const char *)sqlite3_column_text(statement, 0));
        load->texts[load->count++] =
            memory_text((const char *)sqlite3_column_text(statement, 1));
        code = SQLITE_OK;
    }
    if (code != SQLITE_DONE)
        code = code == SQLITE_ROW ? error_set(error, ERROR_LIMIT, "db.too_many_indexes",
                                              "more than %d indexes", LOAD_INDEXES)
                                  : sqlite_error(connection->handle, code, error);
    else
        code = 0;
    sqlite3_finalize(statement);
    return code;
}

static int drop(struct sqlite_connection *connection, struct error *error)
{
    char *names[LOAD_INDEXES] = {0};
    connection->load = memory_new(sizeof *connection->load);
    int code = list_indexes(connection, names, error);
    for (size_t i = 0; i < connection->load->count; i++) {
        char *text = sqlite3_mprintf("DROP INDEX \"%w\"", names[i]);
        if (code == 0 && text)
            code = sqlite_run(connection, text, error);
        sqlite3_free(text);
        free(names[i]);
    }
    return code;
}

int sqlite_load_indexes(void *given, bool make, struct error *error)
{
    struct sqlite_connection *connection = given;
    if (!make)
        return drop(connection, error);
    int code = 0;
    for (size_t i = 0; code == 0 && connection->load && i < connection->load->count; i++)
        code = sqlite_run(connection, connection->load->texts[i], error);
    return code;
}

static int sync_file(const char *path, struct error *error)
{
    int fd = file_system()->open(path, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        return error_errno(error, "db.io", path);
    int code = file_system()->sync(fd) == 0 ? 0 : error_errno(error, "db.io", path);
    if (file_system()->close(fd) != 0 && code == 0)
        code = error_errno(error, "db.io", path);
    return code;
}

// 1 or 0; a log that cannot be looked at is not empty.
static int is_empty(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_size == 0;
}

int sqlite_load_publish(const struct db_target *target, struct error *error)
{
    static const char *const LOGS[] = {"-wal", "-shm"};
    char from[DB_PATH_SIZE], to[DB_PATH_SIZE], log[DB_PATH_SIZE + 8], folder[DB_PATH_SIZE];
    struct db_target real = *target;
    real.load = false;
    int code = sqlite_path_of(target, from, error);
    if (code == 0)
        code = sqlite_path_of(&real, to, error);
    if (code == 0)
        code = sync_file(from, error);
    for (size_t i = 0; code == 0 && i < 2; i++) {
        snprintf(log, sizeof log, "%s%s", to, LOGS[i]);
        struct error ignored = {0};
        if (i == 0 && file_exists(log) && !is_empty(log))
            code = error_set(error, ERROR_BUSY, "city.in_use",
                             "%s: the log could not be emptied", to);
        else if (unlink_if_there(log, &ignored) != 0)
            code = error_set(error, ERROR_IO, "db.io", "%s", ignored.message);
    }
    if (code == 0 && file_system()->rename(from, to) != 0)
        code = error_errno(error, "db.io", from);
    snprintf(folder, sizeof folder, "%s", to);
    char *slash = strrchr(folder, '/');
    if (code == 0 && slash) {
        *slash = '\0';
        code = file_sync_directory(folder, error);
    }
    return code;
}

void sqlite_load_discard(const struct db_target *target)
{
    char path[DB_PATH_SIZE];
    struct error ignored = {0};
    // What cannot be deleted now is deleted by the next load.
    if (sqlite_path_of(target, path, &ignored) == 0)
        (void)unlink_if_there(path, &ignored);
}
