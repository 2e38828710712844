// SPDX-License-Identifier: MPL-2.0
// A city's own labels of the fixed words (stages, outcomes, roles, tasks, kinds, clocks,
// sources): labels.csv, gridcase-labels(5). Codes and numbers never change; where a city
// says nothing, process_word_label() answers.
#pragma once

#include <stddef.h>

#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/report.h>

struct words; // immutable, any thread

// table may be NULL: a city without labels of its own. ERROR_INPUT "labels.invalid".
int words_new(const struct table *table, const struct rules_report *report,
              struct words **ret_words, struct error *error) ERROR_MUST_CHECK;
struct words *words_free(struct words *words); // takes NULL, returns NULL
// words may be NULL. Never NULL; "" for a number outside the list.
const char *words_label(const struct words *words, enum process_words_of list, int number,
                        const char *language);
size_t words_count(const struct words *words); // labels of its own

// "stage", "outcome", "role", "task", "kind", "clock", "source".
const char *words_list_to_str(enum process_words_of list);
