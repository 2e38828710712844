// SPDX-License-Identifier: MPL-2.0
#include "rules_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

const char *rules_severity_to_str(enum rules_severity severity)
{
    static const char *const names[RULES_SEVERITY_COUNT] = {"warning", "error"};
    return (unsigned)severity < RULES_SEVERITY_COUNT ? names[severity] : "?";
}

static void remember_first(struct rules_check *check, const struct table *table, size_t row,
                           const char *column, const char *message)
{
    if (!table)
        error_set(&check->first, ERROR_INPUT, "rules.first", "%s", message);
    else if (row == RULES_NO_ROW)
        error_set(&check->first, ERROR_INPUT, "rules.first", "%s: %s", table_source(table),
                  message);
    else
        table_error(table, row, column ? column : "row", "rules.first", &check->first, "%s",
                    message);
}

void rules_error(struct rules_check *check, const struct table *table, size_t row,
                 const char *column, const char *slug, const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (check->errors++ == 0)
        remember_first(check, table, row, column, message);
    if (check->report && check->report->report)
        check->report->report(check->report->context, RULES_ERROR, table, row, column, slug,
                              message);
}

void rules_warning(struct rules_check *check, const struct table *table, size_t row,
                   const char *column, const char *slug, const char *format, ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    check->warnings++;
    if (check->report && check->report->report)
        check->report->report(check->report->context, RULES_WARNING, table, row, column,
                              slug, message);
}

int rules_check_result(const struct rules_check *check, const char *slug,
                       struct error *error)
{
    if (check->errors == 0)
        return 0;
    if (check->errors == 1)
        return error_set(error, ERROR_INPUT, slug, "%s", check->first.message);
    return error_set(error, ERROR_INPUT, slug, "%zu errors, the first: %s", check->errors,
                     check->first.message);
}

static bool is_code_text(const char *code)
{
    for (const char *c = code; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("*;,@\"'", *c))
            return false;
    return true;
}

bool rules_code_good(struct rules_check *check, const struct table *table, size_t row,
                     const char *column, size_t width)
{
    const char *code = table_value(table, row, column);
    size_t length = strlen(code);
    const char *damaged = "the spreadsheet has stored this code as a number";
    if (length == 0)
        rules_error(check, table, row, column, "code.missing", "a code is missing");
    else if (length > 63 || !is_code_text(code))
        rules_error(check, table, row, column, "code.invalid",
                    "'%.63s' is not a code: up to 63 letters, digits, '-', '_', '.', ':'",
                    code);
    else if (length > 2 && strspn(code, "0123456789") == length - 2 &&
             strcmp(code + length - 2, ".0") == 0)
        rules_error(check, table, row, column, "code.number", "'%s': %s", code, damaged);
    else if (width && length < width && strspn(code, "0123456789") == length)
        rules_error(check, table, row, column, "code.number",
                    "'%s' has %zu digits, not %zu: %s (leading zeros are lost)", code,
                    length, width, damaged);
    else if (width && length != width)
        rules_error(check, table, row, column, "code.width",
                    "'%s' has %zu characters, the declared width is %zu", code, length,
                    width);
    else
        return true;
    return false;
}

static bool is_listed(const char *name, const char *const *names,
                      const char *const *prefixes)
{
    for (; names && *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    for (; prefixes && *prefixes; prefixes++)
        if (text_starts(name, *prefixes))
            return true;
    return false;
}

void rules_known_columns(struct rules_check *check, const struct table *table,
                         const char *const *names, const char *const *prefixes)
{
    for (size_t i = 0; i < table_columns(table); i++) {
        const char *name = table_column_name(table, i);
        if (!is_listed(name, names, prefixes))
            rules_warning(check, table, RULES_NO_ROW, name, "table.unknown_column",
                          "the column '%s' is not known and is ignored", name);
    }
}

bool rules_needs_columns(struct rules_check *check, const struct table *table,
                         const char *const *names)
{
    bool all = true;
    for (; *names; names++) {
        if (table_column(table, *names) >= 0)
            continue;
        rules_error(check, table, RULES_NO_ROW, *names, "table.missing_column",
                    "the column '%s' is missing", *names);
        all = false;
    }
    return all;
}

uint64_t rules_hash_mix(uint64_t seed, uint64_t value)
{
    uint64_t x = (seed ^ value) * 0x9E3779B97F4A7C15U;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93U;
    return x ^ (x >> 29);
}

uint64_t rules_hash_text(const char *text)
{
    uint64_t hash = 14695981039346656037U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    return rules_hash_mix(hash, 0);
}

void rules_index_init(struct rules_index *index, size_t expected)
{
    size_t room = 16;
    while (room < expected * 2)
        room *= 2;
    index->keys = memory_array(room, sizeof *index->keys);
    index->values = memory_array(room, sizeof *index->values);
    if (!index->keys || !index->values)
        abort(); // bounded by the rows of a table that is in memory already
    index->room = room;
}

void rules_index_done(struct rules_index *index)
{
    free(index->keys);
    free(index->values);
    *index = (struct rules_index){0};
}

// The slot of the key, or the free one where it belongs.
static size_t find_slot(const struct rules_index *index, const char *key)
{
    size_t slot = (size_t)rules_hash_text(key) & (index->room - 1);
    while (index->keys[slot] && strcmp(index->keys[slot], key) != 0)
        slot = (slot + 1) & (index->room - 1);
    return slot;
}

bool rules_index_add(struct rules_index *index, const char *key, size_t value,
                     size_t *ret_value)
{
    size_t slot = find_slot(index, key);
    if (index->keys[slot]) {
        if (ret_value)
            *ret_value = index->values[slot];
        return false;
    }
    index->keys[slot] = key;
    index->values[slot] = value;
    return true;
}

bool rules_index_find(const struct rules_index *index, const char *key, size_t *ret_value)
{
    if (!index->room || !key)
        return false;
    size_t slot = find_slot(index, key);
    if (!index->keys[slot])
        return false;
    *ret_value = index->values[slot];
    return true;
}
