// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gridcase/core/buffer.h>
#include <gridcase/core/file.h>
#include <gridcase/core/instant.h>

#include "rules_support.h"

struct table *support_table(const char *name, const char *csv)
{
    struct table *table;
    struct error error;
    if (table_parse_csv(name, name, csv, strlen(csv), &table, &error))
        fail_msg("%s: %s", name, error.message);
    return table;
}

char *support_file(const char *path, size_t *ret_length)
{
    const char *root = getenv("GRIDCASE_ROOT");
    char full[4096];
    struct error error;
    struct buffer buffer;
    snprintf(full, sizeof full, "%s/%s", root ? root : ".", path);
    buffer_init(&buffer, BUFFER_CEILING_FILE);
    if (file_read(full, &buffer, &error))
        fail_msg("%s: %s", full, error.message);
    buffer_append_char(&buffer, '\n'); // never NULL, and a last line that ends
    return buffer_take(&buffer, ret_length);
}

struct table *support_table_file(const char *path)
{
    size_t length;
    char *text = support_file(path, &length);
    struct table *table;
    struct error error;
    if (table_parse_csv(path, path, text, length - 1, &table, &error))
        fail_msg("%s: %s", path, error.message);
    free(text);
    return table;
}

static void remember(void *context, enum rules_severity severity, const struct table *table,
                     size_t row, const char *column, const char *slug, const char *message)
{
    struct support_report *report = context;
    (void)column;
    if (report->count == 64)
        return;
    snprintf(report->slugs[report->count], sizeof *report->slugs, "%s", slug);
    snprintf(report->messages[report->count], sizeof *report->messages, "%s", message);
    report->lines[report->count] =
        table && row != RULES_NO_ROW ? table_line(table, row) : 0;
    report->severities[report->count] = severity;
    report->count++;
}

void support_report_init(struct support_report *report)
{
    memset(report, 0, sizeof *report);
    report->report.report = remember;
    report->report.context = report;
}

size_t support_reported(const struct support_report *report, const char *slug)
{
    size_t found = 0;
    for (size_t i = 0; i < report->count; i++)
        found += strcmp(report->slugs[i], slug) == 0;
    return found;
}

int64_t support_reported_line(const struct support_report *report, const char *slug)
{
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->slugs[i], slug) == 0)
            return report->lines[i];
    return -1;
}

int64_t support_local(const struct calendar *calendar, const char *text)
{
    int64_t ms = 0;
    struct error error;
    if (zone_from_text(calendar_zone(calendar), text, strlen(text), &ms, &error))
        fail_msg("%s", error.message);
    return ms;
}

int64_t support_utc(const char *text)
{
    int64_t ms = 0;
    if (instant_from_text(text, strlen(text), &ms, NULL))
        fail_msg("'%s' is no instant", text);
    return ms;
}

const char *support_show(const struct calendar *calendar, int64_t instant_ms)
{
    static char ring[4][40];
    static int next;
    char *out = ring[next++ % 4];
    struct zone_local local;
    if (instant_ms == INSTANT_NONE)
        return "none";
    calendar_local(calendar, instant_ms, &local);
    snprintf(out, 40, "%04d-%02d-%02d %02d:%02d:%02d", local.year, local.month, local.day,
             local.hour, local.minute, local.second);
    return out;
}

uint64_t support_random(uint64_t *state)
{
    uint64_t x = *state += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

int64_t support_between(uint64_t *state, int64_t least, int64_t most)
{
    return least + (int64_t)(support_random(state) % (uint64_t)(most - least + 1));
}
