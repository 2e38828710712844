// SPDX-License-Identifier: MPL-2.0
// Where a bench's store has its databases: in its folder, or on the server that
// tools/bench_postgres.sh runs (`make bench ENGINE=postgres`), whose address without a
// database is in GRIDCASE_BENCH_POSTGRES.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_DATABASE_SIZE = 64 };

bool bench_on_server(void);
// "" or "-postgres": so that a folder of the one is never taken for one of the other.
const char *bench_engine_suffix(void);
// Before the store is made: gives the folder a new, empty database of its own, named after
// the folder. Nothing where databases lie in the folder. Exits with a message on failure.
void bench_store_new(const char *folder);
// A folder that was copied with its address gets a copy of the database, too.
void bench_store_copy(const char *from, const char *folder);
void bench_store_drop(const char *folder); // nothing where databases lie in the folder
// Runs text in the folder's database by psql; what it answers, one value, as a number.
double bench_server_ask(const char *folder, const char *text);
// The same as text, cut at size.
void bench_server_text(const char *folder, const char *text, char *out, size_t size);
// The address of the folder's database.
void bench_store_address(const char *folder, char *out, size_t size);
// Processor time that the database server's processes of now have used, in seconds.
double bench_server_processor_s(const char *folder);
