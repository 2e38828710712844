// SPDX-License-Identifier: MPL-2.0
// The twin of an engine that fails on command, under the location prefix "fault:".
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct db;
struct db_engine;
struct db_statement;

void engine_fault_register(void); // of SQLite
// Of another one from now on: no store of the twin is open.
void engine_fault_register_on(const struct db_engine *engine);

enum engine_fault_verb { FAULT_STEP, FAULT_COMMIT, FAULT_BEGIN, FAULT_VERB_COUNT };

// The next `times` calls of a verb, after `skip` that still work, fail with this code and
// slug. drop: the whole transaction is rolled back too, as SQLite does when the disk is
// full. Steps of statements that only read do not count.
void engine_fault_arm(enum engine_fault_verb verb, int skip, int times, bool drop, int code,
                      const char *slug);
void engine_fault_disarm(void);

// The verb (begin, savepoint, release, commit, prepare, step; of whatever reads or writes)
// before which n others were called from now on fails: ERROR_IO "fault.told". sticky: all
// that follow fail, too, until something is rolled back, as on an engine that spoils its
// transaction.
void engine_fault_nth(int64_t n, bool sticky);
const char *engine_fault_struck(void); // what has failed; NULL: nothing has
int64_t engine_fault_counted(void);    // verbs since then
// Transactions, statements that a handle's callers have not given back. 0: none.
unsigned engine_fault_leaks(const struct db *db);

// How many parameters the engine itself sees in a statement.
int engine_fault_parameters(const struct db_statement *statement);
