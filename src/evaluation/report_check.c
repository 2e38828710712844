// SPDX-License-Identifier: MPL-2.0
// Whether a template can be filled: by filling it for a report that has a row of
// everything.
#include <math.h>

#include <gridcase/city/load.h>
#include <gridcase/core/text.h>

#include "report_internal.h"

enum { CHECK_ARENA = 32 * 1024 * 1024 };

static struct report_table one_line(struct report_line *line)
{
    return (struct report_table){.code = "", .name = "", .count = 1, .lines = line};
}

int report_template_check(const void *bytes, size_t length, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(CHECK_ARENA);
    struct report *report = arena_alloc(arena, sizeof(*report));
    struct report_line line = {.code = "", .name = ""};
    struct report_table group = one_line(&line);
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    *report = (struct report){.city = "",
                              .slug = "",
                              .language = "en",
                              .made = "",
                              .root = "",
                              .group_count = 1,
                              .groups = &group,
                              .classes = one_line(&line),
                              .overdue = one_line(&line),
                              .doubt_count = 1,
                              .spot_count = 1};
    report->doubts[0].measure = (struct report_measure){.code = "", .name = ""};
    struct report_league_row scored = {.code = "", .name = "", .grade = ""};
    line.doubt_cases[0] = 1;
    report->league_count = report->hot_count = 1;
    report->leagues[0] = (struct report_league){"", "", 1, &scored};
    report->hot[0] = (struct report_hot){.code = "", .place = "", .class_name = ""};
    report->spots[0].place = report->spots[0].class_name = "";
    report->spots[0].code = report->spots[0].case_number = "";
    const char *cursor = report_codes;
    for (size_t i = 0; i < REPORT_FIGURES; i++) {
        size_t size = 0;
        const char *word = text_next(&cursor, ',', &size);
        report->measures[i].code =
            arena_format(arena, "%.*s", word ? (int)size : 0, word ? word : "");
        report->measures[i].name = "";
    }
    struct report_write how = {
        .format = REPORT_DOCX, .template_bytes = bytes, .template_length = length};
    int code = report_period_read("2026-01", &report->period, error);
    return code ? code : report_write_docx(report, &how, &out, error);
}

void report_check_templates(const struct city_model *model, struct city_report *report)
{
    for (size_t i = 0;; i++) {
        const char *file = "";
        struct error error = {0};
        BUFFER_CLEANUP struct buffer bytes;
        buffer_init(&bytes, BUFFER_CEILING_FILE);
        int code = city_model_template(model, i, &file, &bytes, &error);
        if (code == ERROR_NOT_FOUND)
            return;
        if (code == 0)
            code = report_template_check(bytes.data, bytes.length, &error);
        if (code != 0)
            city_report_add(report, &(struct city_finding){.severity = CITY_ERROR,
                                                           .slug = "reports.template_field",
                                                           .file = file,
                                                           .layer = "report",
                                                           .row = -1,
                                                           .message = error.message});
    }
}
