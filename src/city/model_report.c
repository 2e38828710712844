// SPDX-License-Identifier: MPL-2.0
// What a model says of the city's reports: the tables of their plan, and the office's own
// template in each language, kept like a table: lines of base64 in one column.
#include <string.h>
#include <strings.h>

#include <gridcase/core/base64.h>
#include <gridcase/core/file.h>
#include <gridcase/core/text.h>

#include "model_internal.h"
#include "model_report.h"

enum { TEMPLATE_BYTES_MOST = 4 * 1024 * 1024, LINE = 3 * 4096 };
#define KEY "template."

static struct table *fill_table(const char *language, const char *file,
                                const struct buffer *bytes, struct error *error)
{
    char name[80];
    struct table *table = NULL;
    if (text_format(name, sizeof(name), REPORT_TEMPLATE_TABLE "%.60s", language) == 0)
        table = table_new(name, file);
    if (table && table_add_column(table, "base64", error) < 0)
        return table_free(table);
    for (size_t at = 0; table && at < bytes->length; at += LINE) {
        BUFFER_CLEANUP struct buffer line;
        size_t left = bytes->length - at;
        buffer_init(&line, BUFFER_CEILING_LINE);
        base64_encode(bytes->data + at, left < LINE ? left : LINE, 0, &line);
        table_set(table, table_add_row(table, (int64_t)(at / LINE) + 1), 0, line.data);
    }
    return table;
}

static void read_template(struct city_model *model, const struct ini_entry *entry)
{
    const char *language = entry->key + strlen(KEY);
    struct model_where where = {entry->value, entry->section, entry->line};
    struct error error = {0};
    bool known = false; // keys of an ini file are lower case: the city's spelling counts
    BUFFER_CLEANUP struct buffer bytes;
    buffer_init(&bytes, TEMPLATE_BYTES_MOST);
    for (size_t i = 0; i < model->language_count && !known; i++) {
        known = strcasecmp(model->language[i], language) == 0;
        language = known ? model->language[i] : language;
    }
    if (!known || model->table_count == MODEL_TABLES_MOST) {
        model_report(model, CITY_ERROR, "reports.template_language", &where,
                     "\"%s\" is none of the city's languages", language);
        return;
    }
    struct table *table = NULL;
    if (file_read(model_path(model, entry->value), &bytes, &error) == 0)
        table = fill_table(language, entry->value, &bytes, &error);
    if (!table)
        model_report(model, CITY_ERROR, "reports.template", &where, "%s", error.message);
    else if (bytes.length < 4 || memcmp(bytes.data, "PK\3\4", 4) != 0)
        model_report(model, CITY_ERROR, "reports.template", &where,
                     "the template is no .docx");
    if (table)
        model->table[model->table_count++] = table;
}

void model_read_templates(struct city_model *model)
{
    for (size_t i = 0; i < ini_entries(model->ini); i++) {
        const struct ini_entry *entry = ini_entry(model->ini, i);
        if (text_equal(entry->section, "report") && text_starts(entry->key, KEY))
            read_template(model, entry);
    }
}

int city_model_template(const struct city_model *model, size_t index, const char **ret_file,
                        struct buffer *out, struct error *error)
{
    for (size_t i = 0; i < model->table_count; i++) {
        const struct table *table = model->table[i];
        if (!text_starts(table_name(table), REPORT_TEMPLATE_TABLE) || index-- > 0)
            continue;
        int code = 0;
        for (size_t row = 0; row < table_rows(table) && code == 0; row++) {
            const char *line = table_value(table, row, "base64");
            code = base64_decode(line, strlen(line), out, error);
        }
        *ret_file = table_source(table);
        return code;
    }
    return error_set(error, ERROR_NOT_FOUND, "report.no_template", "no such template");
}
