// SPDX-License-Identifier: MPL-2.0
// Keeping SQLite's write-ahead log under its ceiling without a long pause.
//
// A large log is good: a page that is written a thousand times is copied into the database
// once. But copying 100,000 pages at one go stops the lane for as long as the disk needs.
// So the writer holds a read mark (a second connection with a read transaction open) some
// thousand pages behind the end of the log: a checkpoint then copies only what lies before
// the mark and leaves out every page that was written again since, because the newer copy
// will be copied later anyway. SQLite itself syncs the database only when everything is
// copied, which would again be one long pause: each step is synced here. At the ceiling the
// mark is let go, the short rest is copied, and the next commit begins the log anew.
#include "db_sqlite.h"

#include <gridcase/core/instant.h>

enum { LOG_TRUNCATE = 4000 };         // pages from which an idle log is cut to nothing
static uint64_t log_ceiling = 100000; // pages, 400 MB
static uint64_t log_step = 3000;      // pages copied in one pause at most, about

void db_sqlite_log_limits(uint64_t ceiling, uint64_t step)
{
    log_ceiling = ceiling;
    log_step = step;
}

static void mark_drop(struct sqlite_connection *connection)
{
    if (connection->marked_page != 0)
        sqlite3_exec(connection->marker, "COMMIT", NULL, NULL, NULL);
    connection->marked_page = 0;
}

static void mark_set(struct sqlite_connection *connection)
{
    mark_drop(connection);
    if (!connection->marker) {
        struct error ignored = {0};
        if (sqlite_open(connection->path, false, &connection->marker, &ignored) != 0) {
            connection->marker = NULL;
            return;
        }
        sqlite3_exec(connection->marker, "PRAGMA wal_autocheckpoint = 0", NULL, NULL, NULL);
        sqlite3_db_config(connection->marker, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    // Reading anything in a transaction takes the mark.
    if (sqlite3_exec(connection->marker, "BEGIN; PRAGMA schema_version", NULL, NULL,
                     NULL) == SQLITE_OK)
        connection->marked_page = connection->counters.log_pages;
}

// True when the whole log is in the database now.
static bool copy(struct sqlite_connection *connection, int mode)
{
    int log = 0, copied = 0;
    int64_t began_us = instant_monotonic_us();
    int code = sqlite3_wal_checkpoint_v2(connection->handle, NULL, mode, &log, &copied);
    int64_t took_us = instant_monotonic_us() - began_us;
    if (took_us > connection->counters.checkpoint_worst_us)
        connection->counters.checkpoint_worst_us = took_us;
    if (code != SQLITE_OK || copied < log)
        return false;
    if (mode == SQLITE_CHECKPOINT_TRUNCATE)
        connection->counters.log_pages = 0;
    return true;
}

// Copies what lies before the mark, and waits until the disk has it. When the disk fails,
// it has perhaps lost pages that SQLite takes for copied (a later sync would not tell):
// nothing is copied any more then, and the log stays whole for the next process.
static void copy_step(struct sqlite_connection *connection)
{
    sqlite3_file *file = NULL;
    int64_t began_us = instant_monotonic_us();
    copy(connection, SQLITE_CHECKPOINT_PASSIVE);
    if (sqlite3_file_control(connection->handle, "main", SQLITE_FCNTL_FILE_POINTER,
                             &file) != SQLITE_OK ||
        !file || !file->pMethods)
        return;
    if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        connection->distrusts_disk = true;
    int64_t took_us = instant_monotonic_us() - began_us;
    if (took_us > connection->counters.checkpoint_worst_us)
        connection->counters.checkpoint_worst_us = took_us;
}

static void upkeep_busy(struct sqlite_connection *connection)
{
    uint64_t pages = connection->counters.log_pages;
    if (pages < connection->marked_page)
        mark_drop(connection);
    if (pages < log_ceiling)
        connection->next_full = log_ceiling;
    if (pages >= connection->next_full && connection->marked_page != 0) {
        // One more step first: what lies behind the mark is the smaller rest then.
        copy_step(connection);
        mark_drop(connection);
        connection->next_full = pages + log_step / 8;
    } else if (pages >= connection->next_full) {
        if (copy(connection, SQLITE_CHECKPOINT_PASSIVE))
            connection->counters.checkpoints++;
        // A reader may have held it back, or stop it from beginning anew: not at each
        // batch.
        connection->next_full = pages + log_step;
    } else if (pages >= connection->marked_page + log_step && pages < log_ceiling) {
        if (connection->marked_page != 0)
            copy_step(connection);
        mark_set(connection);
    }
}

void sqlite_upkeep(void *given, enum db_upkeep upkeep)
{
    struct sqlite_connection *connection = given;
    if (sqlite3_get_autocommit(connection->handle) == 0 || connection->distrusts_disk)
        return;
    if (upkeep == DB_UPKEEP_BUSY) {
        upkeep_busy(connection);
        return;
    }
    mark_drop(connection);
    bool truncate =
        upkeep == DB_UPKEEP_LAST || connection->counters.log_pages >= LOG_TRUNCATE;
    // Readers are not waited for: what they hold back is copied another time.
    sqlite3_busy_timeout(connection->handle, 0);
    if (copy(connection, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE))
        connection->counters.checkpoints++;
    sqlite3_busy_timeout(connection->handle, 5000);
}

void sqlite_checkpoint_done(struct sqlite_connection *connection)
{
    mark_drop(connection);
    sqlite3_close(connection->marker);
    connection->marker = NULL;
}
