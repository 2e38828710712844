// SPDX-License-Identifier: MPL-2.0
// The twin of the SQLite engine that fails on command, under the location prefix "fault:".
#pragma once

#include <stdbool.h>

struct db_statement;

void engine_fault_register(void);

enum engine_fault_verb { FAULT_STEP, FAULT_COMMIT, FAULT_BEGIN, FAULT_VERB_COUNT };

// The next `times` calls of a verb, after `skip` that still work, fail with this code and
// slug. drop: the whole transaction is rolled back too, as SQLite does when the disk is
// full. Steps of statements that only read do not count.
void engine_fault_arm(enum engine_fault_verb verb, int skip, int times, bool drop, int code,
                      const char *slug);
void engine_fault_disarm(void);

// How many parameters the engine itself sees in a statement.
int engine_fault_parameters(const struct db_statement *statement);
