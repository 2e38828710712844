// SPDX-License-Identifier: MPL-2.0
// Loading a database that nobody uses yet with very many rows, all or nothing.
//
// The rows go into a copy beside it, which has no log, waits for no disk, checks no foreign
// keys and is without the indexes that can be made afterwards. Only when everything is in,
// the indexes are made, the copy is synced and takes the database's name in one step: a
// process that dies before leaves the database as it was, and a file that the next load
// deletes.
#pragma once

#include <gridcase/core/error.h>
#include <gridcase/db/db.h>

struct db_load;

// Takes the database's writer and makes the copy. ERROR_BUSY "db.writer_taken",
// "store.locked" while other servers work with the store, and
// "city.in_use" while somebody reads it.
int db_load_begin(struct db_store *store, const char *slug, enum db_database database,
                  struct db_load **ret_load, struct error *error) ERROR_MUST_CHECK;
// A handle on the copy that may write, borrowed until the load ends. Reading the copy once
// more, beside it and after the last commit: db_load_reader, closed with db_close.
struct db *db_load_handle(struct db_load *load);
int db_load_reader(struct db_load *load, struct db **ret_db,
                   struct error *error) ERROR_MUST_CHECK;
// Makes the indexes. Needs memory for sorting (half a GB) and room for temporary files.
int db_load_index(struct db_load *load, struct error *error) ERROR_MUST_CHECK;
// Syncs the copy and puts it in the database's place; makes missing indexes first. No
// reader of the copy may be open. On failure the database is as it was.
int db_load_publish(struct db_load *load, struct error *error) ERROR_MUST_CHECK;
// Ends the load; the copy is deleted unless it was published. Takes NULL, returns NULL.
struct db_load *db_load_end(struct db_load *load);
