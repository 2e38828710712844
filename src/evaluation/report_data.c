// SPDX-License-Identifier: MPL-2.0
// The report for other programs: JSON, and CSV with one figure a line.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/json.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

static const char *unit_text(enum report_unit unit)
{
    static const char *const units[] = {"cases", "share", "s", "number"};
    return units[unit];
}

// ---- JSON ----

static void put_day(struct json_writer *json, const char *name, int64_t day)
{
    char text[DATE_TEXT_SIZE];
    date_to_text(day, text);
    json_put_text(json, name, text);
}

static void put_values(struct json_writer *json, const struct report *report,
                       const char *name, const double values[REPORT_FIGURES])
{
    json_begin_object(json, name);
    for (size_t i = 0; i < REPORT_FIGURES; i++) {
        json_put_double(json, report->measures[i].code, values[i], 6);
    }
    json_end_object(json);
}

static void put_measure(struct json_writer *json, const char *name,
                        const struct report_measure *measure)
{
    json_begin_object(json, name);
    json_put_text(json, "code", measure->code);
    json_put_text(json, "name", measure->name);
    json_put_text(json, "unit", unit_text(measure->unit));
    json_put_text(json, "better",
                  measure->better > 0   ? "more"
                  : measure->better < 0 ? "less"
                                        : NULL);
    json_end_object(json);
}

static void put_line_doubts(struct json_writer *json, const struct report *report,
                            const struct report_line *line)
{
    json_begin_array(json, "honesty");
    for (size_t i = 0; i < report->doubt_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "code", report->doubts[i].measure.code);
        json_put_double(json, "cases", line->doubt_cases[i], 0);
        json_put_double(json, "now", line->doubts[i], 6);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_lines(struct json_writer *json, const struct report *report,
                      const struct report_table *table, bool ranked)
{
    json_begin_array(json, "rows");
    for (size_t i = 0; i < table->count; i++) {
        const struct report_line *line = &table->lines[i];
        json_begin_object(json, NULL);
        json_put_int(json, "id", line->id);
        json_put_text(json, "code", line->code);
        json_put_text(json, "name", line->name);
        if (ranked) {
            json_put_int(json, "rank", line->rank);
            json_put_int(json, "rank_before", line->rank_before);
            json_put_double(json, "value", line->rank_value, 6);
            json_put_double(json, "value_before", line->rank_value_before, 6);
        }
        put_values(json, report, "now", line->now);
        put_values(json, report, "before", line->before);
        if (ranked) {
            put_line_doubts(json, report, line);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_spots(struct json_writer *json, const struct report *report)
{
    json_begin_array(json, "spots");
    for (size_t i = 0; i < report->spot_count; i++) {
        const struct report_spot *spot = &report->spots[i];
        json_begin_object(json, NULL);
        json_put_text(json, "code", spot->code);
        json_put_text(json, "place", spot->place);
        json_put_text(json, "class", spot->class_name);
        json_put_text(json, "latest_case", spot->case_number);
        json_put_double(json, "lon", spot->lon_deg, 6);
        json_put_double(json, "lat", spot->lat_deg, 6);
        json_put_double(json, "cases", spot->cases, 0);
        json_put_double(json, "before", spot->before, 0);
        json_put_bool(json, "photo", spot->has_photo);
        if (spot->has_photo) {
            char sha256[HASH_HEX_SIZE];
            hash_to_hex(spot->photo_sha256, sha256);
            json_put_text(json, "photo_sha256", sha256);
        } else {
            json_put_null(json, "photo_sha256");
        }
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_hot(struct json_writer *json, const struct report *report)
{
    json_begin_object(json, "hot");
    json_put_bool(json, "counted", !report->hot_uncounted);
    json_put_int(json, "windows", report->hot_windows);
    json_put_int(json, "total", report->hot_total);
    json_begin_array(json, "spots");
    for (size_t i = 0; i < report->hot_count; i++) {
        const struct report_hot *hot = &report->hot[i];
        json_begin_object(json, NULL);
        json_put_text(json, "code", hot->code);
        json_put_text(json, "place", hot->place);
        json_put_text(json, "class", hot->class_name);
        json_put_double(json, "lon", hot->lon_deg, 6);
        json_put_double(json, "lat", hot->lat_deg, 6);
        json_put_double(json, "now", hot->now, 0);
        json_put_double(json, "usual", hot->usual, 6);
        json_put_double(json, "most_before", hot->before, 0);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_leagues(struct json_writer *json, const struct report *report)
{
    json_begin_array(json, "leagues");
    for (size_t i = 0; i < report->league_count; i++) {
        const struct report_league *league = &report->leagues[i];
        json_begin_object(json, NULL);
        json_put_text(json, "code", league->code);
        json_put_text(json, "name", league->name);
        json_begin_array(json, "rows");
        for (size_t k = 0; k < league->count; k++) {
            const struct report_league_row *row = &league->rows[k];
            json_begin_object(json, NULL);
            json_put_int(json, "id", row->id);
            json_put_text(json, "code", row->code);
            json_put_text(json, "name", row->name);
            json_put_int(json, "rank", row->rank);
            json_put_int(json, "rank_before", row->rank_before);
            json_put_double(json, "points", row->points, 6);
            json_put_double(json, "before", row->before, 6);
            json_put_text(json, "grade", row->grade);
            json_end_object(json);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

// Cells as pairs, id and cases: there may be thousands.
void report_put_map(struct json_writer *json, const char *name, const struct report *report)
{
    json_begin_object(json, name);
    json_put_int(json, "level", report->map_level);
    json_begin_array(json, "cells");
    for (size_t i = 0; i < report->cell_count; i++) {
        json_begin_array(json, NULL);
        json_put_int(json, NULL, report->cells[i].id);
        json_put_double(json, NULL, report->cells[i].cases, 0);
        json_end_array(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void put_visits(struct json_writer *json, const struct report_visits *visits)
{
    if (!visits->recorded) {
        json_put_null(json, "visits");
        return;
    }
    json_begin_object(json, "visits");
    json_put_bool(json, "known", visits->known);
    json_put_int(json, "cases", visits->cases);
    json_put_int(json, "visited", visits->visited);
    json_put_int(json, "unvisited", visits->unvisited);
    json_put_int(json, "untracked", visits->untracked);
    json_end_object(json);
}

static void put_doubts(struct json_writer *json, const struct report *report)
{
    json_begin_array(json, "honesty");
    for (size_t i = 0; i < report->doubt_count; i++) {
        const struct report_doubt *doubt = &report->doubts[i];
        json_begin_object(json, NULL);
        put_measure(json, "measure", &doubt->measure);
        json_put_double(json, "cases", doubt->cases, 0);
        json_put_double(json, "now", doubt->now, 6);
        json_put_double(json, "before", doubt->before, 6);
        json_end_object(json);
    }
    json_end_array(json);
}

static void put_head(struct json_writer *json, const struct report *report)
{
    json_put_text(json, "city", report->slug);
    json_put_text(json, "name", report->city);
    json_put_text(json, "period", report->period.code);
    json_put_text(json, "every", report_every_to_str(report->period.every));
    put_day(json, "from", report->period.from_day);
    put_day(json, "to", report->period.to_day);
    json_put_bool(json, "running", report->running);
    json_put_instant(json, "made_at", report->made_ms);
    json_put_int(json, "position", report->position);
    json_put_text(json, "root", report->root[0] ? report->root : NULL);
    json_begin_array(json, "measures");
    for (size_t i = 0; i < REPORT_FIGURES; i++) {
        put_measure(json, NULL, &report->measures[i]);
    }
    json_end_array(json);
    if (report->frozen_version > 0) {
        json_begin_object(json, "frozen");
        json_put_int(json, "version", report->frozen_version);
        json_put_instant(json, "made_at", report->frozen_ms);
        json_put_text(json, "digest", report->frozen_digest);
        json_end_object(json);
    } else {
        json_put_null(json, "frozen");
    }
    put_values(json, report, "now", report->now);
    put_values(json, report, "before", report->before);
    put_values(json, report, "year_before", report->year);
}

static void put_groups(struct json_writer *json, const struct report *report)
{
    json_begin_array(json, "groups");
    for (size_t i = 0; i < report->group_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "code", report->groups[i].code);
        json_put_text(json, "name", report->groups[i].name);
        put_measure(json, "by", &report->groups[i].by);
        put_lines(json, report, &report->groups[i], true);
        json_end_object(json);
    }
    json_end_array(json);
}

void report_put(struct json_writer *json, const struct report *report)
{
    put_head(json, report);
    put_doubts(json, report);
    put_visits(json, &report->visits);
    put_groups(json, report);
    json_begin_object(json, "classes");
    put_lines(json, report, &report->classes, false);
    json_end_object(json);
    json_begin_object(json, "overdue");
    put_lines(json, report, &report->overdue, false);
    json_end_object(json);
    json_begin_array(json, "trend");
    for (size_t i = 0; i < report->trend_count; i++) {
        json_begin_object(json, NULL);
        json_put_text(json, "period", report->trend[i].period.code);
        put_values(json, report, "values", report->trend[i].values);
        json_end_object(json);
    }
    json_end_array(json);
    put_spots(json, report);
    put_hot(json, report);
    put_leagues(json, report);
}

int report_write_json(const struct report *report, struct buffer *out, struct error *error)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    report_put(&json, report);
    report_put_map(&json, "map", report);
    json_end_object(&json);
    buffer_append_char(out, '\n');
    return buffer_check(out, error);
}

// ---- CSV: section, code, name, measure, now, before, year before ----

// Quoted always; what a spreadsheet would reckon gets an apostrophe (document/sheet.h).
void report_csv_cell(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    if (text[0] && strchr("=+-@\t", text[0])) {
        buffer_append_char(out, '\'');
    }
    for (; *text; text++) {
        if (*text == '"') {
            buffer_append_char(out, '"');
        }
        buffer_append_char(out, *text);
    }
    buffer_append_char(out, '"');
}

static void put_number(struct buffer *out, const struct report_measure *measure,
                       double value)
{
    buffer_append_char(out, ',');
    if (!isnan(value)) {
        buffer_format(out, "%.*f", measure->unit == REPORT_CASES ? 0 : 4, value);
    }
}

// Section, code, name, rank; measure and its label.
static void put_names(struct buffer *out, const char *section,
                      const struct report_line *line, const struct report_measure *measure)
{
    report_csv_cell(out, section);
    buffer_append_char(out, ',');
    report_csv_cell(out, line->code ? line->code : "");
    buffer_append_char(out, ',');
    report_csv_cell(out, line->name ? line->name : "");
    buffer_append_char(out, ',');
    if (line->rank > 0) {
        buffer_append_int(out, line->rank);
    }
    buffer_append_char(out, ',');
    report_csv_cell(out, measure->code);
    buffer_append_char(out, ',');
    report_csv_cell(out, measure->name);
}

static void put_row(struct buffer *out, const struct report *report, const char *section,
                    const struct report_line *line, size_t figure, double year)
{
    const struct report_measure *measure = &report->measures[figure];
    put_names(out, section, line, measure);
    put_number(out, measure, line->now[figure]);
    put_number(out, measure, line->before[figure]);
    put_number(out, measure, year);
    buffer_append_text(out, "\r\n");
}

static void put_line_shares(struct buffer *out, const struct report *report,
                            const struct report_line *line)
{
    struct report_line plain = *line;
    plain.rank = 0;
    for (size_t k = 0; k < report->doubt_count; k++) {
        put_names(out, "honesty", &plain, &report->doubts[k].measure);
        put_number(out, &report->doubts[k].measure, line->doubts[k]);
        buffer_append_text(out, ",,\r\n");
    }
}

static void put_table(struct buffer *out, const struct report *report, const char *section,
                      const struct report_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        for (size_t f = 0; f < REPORT_FIGURES; f++) {
            put_row(out, report, section, &table->lines[i], f, (double)NAN);
        }
    }
}

int report_write_csv(const struct report *report, struct buffer *out, struct error *error)
{
    struct report_line whole = {.code = report->slug, .name = report->city};
    memcpy(whole.now, report->now, sizeof(whole.now));
    memcpy(whole.before, report->before, sizeof(whole.before));
    buffer_append_text(out, "\xef\xbb\xbf");
    buffer_append_text(
        out, REPORT_TEXT(report,
                         "\"Section\",\"Code\",\"Name\",\"Rank\",\"Measure\",\"Label\","
                         "\"Now\",\"Period before\",\"Year before\"\r\n",
                         "\"分组\",\"编码\",\"名称\",\"名次\",\"指标编码\",\"指标\","
                         "\"本期\",\"上期\",\"去年同期\"\r\n"));
    for (size_t f = 0; f < REPORT_FIGURES; f++) {
        put_row(out, report, "city", &whole, f, report->year[f]);
    }
    for (size_t i = 0; i < report->doubt_count; i++) {
        const struct report_doubt *doubt = &report->doubts[i];
        put_names(out, "honesty", &whole, &doubt->measure);
        put_number(out, &doubt->measure, doubt->now);
        put_number(out, &doubt->measure, doubt->before);
        buffer_append_text(out, ",\r\n");
    }
    for (size_t i = 0; i < report->group_count; i++) {
        for (size_t k = 0; k < report->groups[i].count; k++) {
            put_line_shares(out, report, &report->groups[i].lines[k]);
        }
        put_table(out, report, report->groups[i].code, &report->groups[i]);
    }
    put_table(out, report, "class", &report->classes);
    put_table(out, report, "overdue", &report->overdue);
    for (size_t i = 0; i < report->trend_count; i++) {
        struct report_line line = {.code = report->trend[i].period.code,
                                   .name = report->trend[i].period.code};
        memcpy(line.now, report->trend[i].values, sizeof(line.now));
        for (size_t f = 0; f < REPORT_FIGURES; f++) {
            line.before[f] = (double)NAN;
            put_row(out, report, "trend", &line, f, (double)NAN);
        }
    }
    return buffer_check(out, error);
}
