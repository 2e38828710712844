// SPDX-License-Identifier: MPL-2.0
// Helpers that the builders of this floor share.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/report.h>

// One validation under way: hands problems on and remembers the first error.
struct rules_check {
    const struct rules_report *report; // borrowed, may be NULL
    size_t errors;
    size_t warnings;
    struct error first;
};

void rules_error(struct rules_check *check, const struct table *table, size_t row,
                 const char *column, const char *slug, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void rules_warning(struct rules_check *check, const struct table *table, size_t row,
                   const char *column, const char *slug, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
// 0 without errors; else ERROR_INPUT with this slug, the number and the first message.
int rules_check_result(const struct rules_check *check, const char *slug,
                       struct error *error) ERROR_MUST_CHECK;
// Reports a code that is blank, longer than 63 bytes, not printable ASCII without blanks,
// damaged by a spreadsheet, or not of the declared width (0 = none). True when it is good.
bool rules_code_good(struct rules_check *check, const struct table *table, size_t row,
                     const char *column, size_t width);
// A warning for each column that is neither in names (NULL-terminated) nor begins with one
// of the label prefixes (NULL-terminated, "name_").
void rules_known_columns(struct rules_check *check, const struct table *table,
                         const char *const *names, const char *const *prefixes);
// An error for each of names that the table lacks; true when all are there.
bool rules_needs_columns(struct rules_check *check, const struct table *table,
                         const char *const *names);

// A set of texts with a number each: open addressing, texts borrowed.
struct rules_index {
    const char **keys;
    size_t *values;
    size_t room; // power of two
};
void rules_index_init(struct rules_index *index, size_t expected);
void rules_index_done(struct rules_index *index);
// False when the key is there already (*ret_value tells its number then).
bool rules_index_add(struct rules_index *index, const char *key, size_t value,
                     size_t *ret_value);
bool rules_index_find(const struct rules_index *index, const char *key, size_t *ret_value);
uint64_t rules_hash_text(const char *text);
uint64_t rules_hash_mix(uint64_t seed, uint64_t value);
