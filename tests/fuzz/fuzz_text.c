// SPDX-License-Identifier: MPL-2.0
// What core reads: JSON, INI, CSV and instants. What was read is written and read again,
// and stays what it is.
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/ini.h>
#include <gridcase/core/instant.h>
#include <gridcase/core/json.h>
#include <gridcase/core/table.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void json(const char *text, size_t length)
{
    JSON_CLEANUP struct json *first = NULL, *second = NULL;
    BUFFER_CLEANUP struct buffer once, twice;
    buffer_init(&once, BUFFER_CEILING_REPLY);
    buffer_init(&twice, BUFFER_CEILING_REPLY);
    if (json_parse(text, length, &first, NULL))
        return;
    json_write_value(&once, first);
    if (once.failed)
        return;
    if (json_parse(once.data, once.length, &second, NULL))
        abort();
    json_write_value(&twice, second);
    if (once.length != twice.length || memcmp(once.data, twice.data, once.length) != 0)
        abort();
}

static void ini(const char *text, size_t length)
{
    INI_CLEANUP struct ini *ini = NULL;
    if (ini_parse("t", text, length, &ini, NULL))
        return;
    int64_t line = 0;
    for (size_t i = 0; i < ini_entries(ini); i++) {
        const struct ini_entry *entry = ini_entry(ini, i);
        if (entry->line < line || !ini_value(ini, entry->section, entry->key))
            abort();
        line = entry->line;
    }
}

static void csv(const char *text, size_t length)
{
    TABLE_CLEANUP struct table *first = NULL, *second = NULL;
    BUFFER_CLEANUP struct buffer once, twice;
    buffer_init(&once, BUFFER_CEILING_REPLY);
    buffer_init(&twice, BUFFER_CEILING_REPLY);
    if (table_parse_csv("t", "t", text, length, &first, NULL))
        return;
    table_write_csv(first, &once);
    if (once.failed)
        return;
    if (table_parse_csv("t", "t", once.data, once.length, &second, NULL))
        abort();
    if (table_rows(first) != table_rows(second) ||
        table_columns(first) != table_columns(second))
        abort();
    table_write_csv(second, &twice);
    if (once.length != twice.length || memcmp(once.data, twice.data, once.length) != 0)
        abort();
}

static void instant(const char *text, size_t length)
{
    int64_t first = 0, second = 0;
    char out[INSTANT_TEXT_SIZE];
    if (instant_from_text(text, length, &first, NULL))
        return;
    instant_to_text(first, out);
    if (instant_from_text(out, strlen(out), &second, NULL) || first != second)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const char *, size_t) = {json, ini, csv, instant};
    if (size < 1)
        return 0;
    char *text = malloc(size); // of its own size: reading past the end is seen
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    readers[data[0] % 4](text, size - 1);
    free(text);
    return 0;
}
