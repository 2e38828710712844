// SPDX-License-Identifier: MPL-2.0
// What a model's check found.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>

#include "model_internal.h"

enum { ARENA_CEILING_REPORT = 256 * 1024 * 1024, FINDINGS_MOST = 200000 };

struct city_report {
    struct arena *arena;
    struct city_finding *finding;
    size_t count, capacity;
    size_t counts[CITY_SEVERITY_COUNT];
};

const char *city_severity_to_str(enum city_severity severity)
{
    static const char *const words[CITY_SEVERITY_COUNT] = {"note", "warning", "error"};
    return severity < CITY_SEVERITY_COUNT ? words[severity] : "";
}

struct city_report *city_report_new(void)
{
    struct city_report *report = memory_new(sizeof(*report));
    report->arena = arena_new(ARENA_CEILING_REPORT);
    return report;
}

struct city_report *city_report_free(struct city_report *report)
{
    if (report) {
        arena_free(report->arena);
        free(report->finding);
        free(report);
    }
    return NULL;
}

size_t city_report_count(const struct city_report *report)
{
    return report->count;
}

size_t city_report_count_of(const struct city_report *report, enum city_severity severity)
{
    return report->counts[severity];
}

size_t city_report_count_slug(const struct city_report *report, const char *slug)
{
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += text_equal(report->finding[i].slug, slug);
    return count;
}

const struct city_finding *city_report_item(const struct city_report *report, size_t index)
{
    return &report->finding[index];
}

void city_report_add(struct city_report *report, const struct city_finding *finding)
{
    report->counts[finding->severity]++; // counted even when there are too many to keep
    if (report->count >= FINDINGS_MOST)
        return;
    if (report->count == report->capacity) {
        size_t capacity = report->capacity * 2 + 64;
        struct city_finding *bigger = realloc(report->finding, capacity * sizeof(*bigger));
        if (!bigger)
            return;
        report->finding = bigger;
        report->capacity = capacity;
    }
    struct city_finding copy = *finding;
    copy.slug = arena_text(report->arena, finding->slug);
    copy.file = arena_text(report->arena, finding->file ? finding->file : "");
    copy.layer = arena_text(report->arena, finding->layer ? finding->layer : "");
    copy.message = arena_text(report->arena, finding->message);
    if (copy.slug && copy.file && copy.layer && copy.message)
        report->finding[report->count++] = copy;
}

void city_finding_text(const struct city_finding *finding, struct buffer *out)
{
    buffer_format(out, "%s %s", city_severity_to_str(finding->severity), finding->file);
    if (finding->layer[0])
        buffer_format(out, " [%s]", finding->layer);
    if (finding->row >= 0)
        buffer_format(out, " row %lld", (long long)finding->row);
    buffer_format(out, ": %s: %s", finding->slug, finding->message);
}

void city_report_csv(const struct city_report *report, struct buffer *out)
{
    static const char *const columns[] = {"severity", "slug", "file",
                                          "layer",    "row",  "message"};
    TABLE_CLEANUP struct table *table = table_new("report", "report");
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++)
        if (table_add_column(table, columns[i], NULL) < 0)
            return;
    for (size_t i = 0; i < report->count; i++) {
        const struct city_finding *finding = &report->finding[i];
        size_t row = table_add_row(table, (int64_t)i + 2);
        char number[24] = "";
        if (finding->row >= 0)
            snprintf(number, sizeof(number), "%lld", (long long)finding->row);
        table_set(table, row, 0, city_severity_to_str(finding->severity));
        table_set(table, row, 1, finding->slug);
        table_set(table, row, 2, finding->file);
        table_set(table, row, 3, finding->layer);
        table_set(table, row, 4, number);
        table_set(table, row, 5, finding->message);
    }
    table_write_csv(table, out);
}

void model_report(struct city_model *model, enum city_severity severity, const char *slug,
                  const struct model_where *where, const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    struct city_finding finding = {severity,     slug,       where->file,
                                   where->layer, where->row, message};
    city_report_add(model->report, &finding);
}
