// SPDX-License-Identifier: MPL-2.0
// Gathering a report. The answers come one after the other; a move between two of them is
// told by the position of the first.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/cases/seal.h>
#include <gridcase/core/text.h>
#include <gridcase/document/paper.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

static const char *const formats[REPORT_FORMAT_COUNT] = {
    [REPORT_PDF] = "pdf",   [REPORT_XLSX] = "xlsx", [REPORT_CSV] = "csv",
    [REPORT_JSON] = "json", [REPORT_DOCX] = "docx",
};

const char *report_format_to_str(enum report_format format)
{
    return (unsigned)format < REPORT_FORMAT_COUNT ? formats[format] : "";
}

int report_format_from_str(const char *text)
{
    for (int i = 0; i < REPORT_FORMAT_COUNT; i++) {
        if (text_equal(text, formats[i])) {
            return i;
        }
    }
    return -1;
}

const char *report_format_type(enum report_format format)
{
    static const char *const types[REPORT_FORMAT_COUNT] = {
        [REPORT_PDF] = "application/pdf",
        [REPORT_XLSX] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        [REPORT_CSV] = "text/csv; charset=utf-8",
        [REPORT_JSON] = "application/json",
        [REPORT_DOCX] =
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    };
    return types[format];
}

const char *report_file_name(const char *slug, const char *what, const char *period,
                             enum report_format format, struct arena *arena)
{
    return arena_format(arena, "gridcase-%.63s-%.20s-%.23s.%s", slug, what, period,
                        report_format_to_str(format));
}

// ---- the parts ----

static int name_measures(struct report_job *job, struct error *error)
{
    struct report_asked asked;
    struct report_ask ask = {.measures = report_codes,
                             .from_day = job->report->period.from_day,
                             .to_day = job->report->period.from_day};
    int code = report_ask(job, &ask, &asked, error);
    for (size_t i = 0; i < REPORT_FIGURES && !code; i++) {
        report_measure_of(job, &asked.query, i, &job->report->measures[i]);
    }
    return code;
}

// A period of which the store knows nothing at all is told as nothing, not as none.
static void forget_empty(double values[REPORT_FIGURES])
{
    if (!(values[REPORT_OPENED] > 0) && !(values[REPORT_CLOSED] > 0) &&
        !(values[REPORT_OPEN] > 0)) {
        for (int i = 0; i < REPORT_FIGURES; i++) {
            values[i] = (double)NAN;
        }
    }
}

static int make_headline(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    const struct report_period *period = &report->period;
    int code =
        report_ask_period(job, period->year_from, period->year_to, report->year, error);
    if (!code) {
        code = report_ask_period(job, period->before_from, period->before_to,
                                 report->before, error);
    }
    forget_empty(report->year);
    forget_empty(report->before);
    return code ? code
                : report_ask_period(job, period->from_day, period->to_day, report->now,
                                    error);
}

// The period and those before it, oldest first.
static int make_trend(struct report_job *job, struct error *error)
{
    static const size_t counts[REPORT_EVERY_COUNT] = {13, 13, 9, 5};
    struct report *report = job->report;
    struct report_period period = report->period;
    size_t count = counts[period.every];
    int code = 0;
    for (size_t i = count; i > 0 && !code; i--) {
        struct report_trend *trend = &report->trend[i - 1];
        trend->period = period;
        code = report_ask_period(job, period.from_day, period.to_day, trend->values, error);
        forget_empty(trend->values);
        report_period_of(period.every, period.before_from, &period);
    }
    report->trend_count = count;
    return code;
}

static int take_root(struct report_job *job, struct error *error)
{
    struct case_seal seal;
    char line[SEAL_LINE_SIZE];
    int code = case_seal_last(job->from->cases, &seal, error);
    job->report->root = "";
    if (!code && seal.number > 0) {
        case_seal_line(&seal, line);
        job->report->root = arena_text(job->arena, line);
    }
    return code;
}

const char *report_local_words(struct report_job *job, int64_t at_ms)
{
    struct zone_local local;
    zone_local(calendar_zone(city_calendar(job->from->city, 0)), at_ms, &local);
    return arena_format(job->arena, "%04d-%02d-%02d %02d:%02d", (int)local.year,
                        (int)local.month, (int)local.day, (int)local.hour,
                        (int)local.minute);
}

static int count_parts(struct report_job *job, struct error *error)
{
    static int (*const parts[])(struct report_job * job, struct error * error) = {
        name_measures,
        make_headline,
        report_honesty_make,
        report_groups_make,
        report_honesty_departments,
        report_visits_make,
        make_trend,
        report_places_make,
        report_hot_make,
        report_leagues_make,
        take_root,
    };
    int code = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !code; i++) {
        code = parts[i](job, error);
    }
    return code;
}

// What the frozen document of this very period has, as it was then; else what was not
// frozen is counted now.
static int make_whole(struct report_job *job, struct error *error)
{
    const struct json *bulletin = NULL;
    const struct json *map = NULL;
    int code = report_frozen_bulletin(job, &bulletin, &map, error);
    if (!code) {
        code = bulletin ? report_read(job, bulletin, map, error) : count_parts(job, error);
    }
    if (!code) {
        code = report_visits_tell(job, error);
    }
    if (!code) {
        code = report_map_make(job, error);
    }
    return code ? code : report_frozen_tell(job, bulletin != NULL, error);
}

int report_make(const struct report_sources *sources, const struct report_period *period,
                const char *language, int64_t now_ms, struct arena *arena,
                struct report *ret_report, struct error *error)
{
    struct report_job job = {
        .from = sources, .report = ret_report, .arena = arena, .now_ms = now_ms};
    int64_t today = calendar_day(city_calendar(sources->city, 0), now_ms);
    *ret_report = (struct report){
        .period = *period,
        .language = arena_text(arena, language),
        .chinese = text_starts(language, "zh"),
        .city = city_name(sources->city, language),
        .slug = city_slug(sources->city),
        .made_ms = now_ms,
        .running = period->to_day >= today,
    };
    ret_report->made = report_local_words(&job, now_ms);
    if (period->from_day > today) {
        return error_set(error, ERROR_INPUT, "report.future", "the period %s has not begun",
                         period->code);
    }
    int code = report_frozen_list(&job, error);
    if (!code) {
        code = make_whole(&job, error);
    }
    report_frozen_done(&job);
    if (code) {
        report_done(ret_report);
    }
    return code;
}

void report_done(struct report *report)
{
    for (size_t i = 0; i < report->spot_count; i++) {
        buffer_done(&report->spots[i].photo);
    }
    report->spot_count = 0;
}

int report_write(const struct report *report, const struct report_write *how,
                 struct buffer *out, struct error *error)
{
    switch (how->format) {
    case REPORT_PDF:
        return report_write_pdf(report, how, out, error);
    case REPORT_XLSX:
        return report_write_book(report, how, out, error);
    case REPORT_CSV:
        return report_write_csv(report, out, error);
    case REPORT_JSON:
        return report_write_json(report, out, error);
    case REPORT_DOCX:
        return report_write_docx(report, how, out, error);
    case REPORT_FORMAT_COUNT:
        break;
    }
    return error_set(error, ERROR_BUG, "report.format", "no such format");
}
