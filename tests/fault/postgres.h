// SPDX-License-Identifier: MPL-2.0
// Databases of the private cluster that tools/with_postgres.sh runs a test beside.
#pragma once

// Makes the folder of a store whose databases are a new database of the cluster. The test
// fails (aborts) without a cluster: it is never skipped.
void postgres_store(const char *folder);
// The same when GRIDCASE_ENGINE=postgres; else nothing: the folder will hold SQLite's.
void engine_store(const char *folder);
// Ends all connections to the cluster's databases but our own, as an administrator would.
void postgres_cut(void);
// Checks a statement's text against the database that a handle belongs to: 0, or it prints
// why not. The number of its parameters goes to *ret_parameters.
struct db_statement;
int postgres_check(const struct db_statement *statement, int *ret_parameters);
// What a statement answers on a connection of the handle's, outside of every transaction of
// ours: the first value; -1 when it fails.
struct db;
long long postgres_ask(struct db *db, const char *text);
