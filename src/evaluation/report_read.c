// SPDX-License-Identifier: MPL-2.0
// A report out of its JSON: the bulletin of a frozen period, as it was. Nothing is counted
// and nothing is looked up but photos.
#include <math.h>
#include <string.h>

#include <gridcase/core/json.h>
#include <gridcase/core/text.h>

#include "report_internal.h"

enum { TEXT_MOST = 2000 };

// The first failure stays; what is read after it is empty.
struct reading {
    struct report_job *job;
    struct report *report;
    struct error *error;
    int code;
};

static const char *text_of(struct reading *in, const struct json *from, const char *name)
{
    const char *text = "";
    if (!in->code) {
        in->code = json_get_text(from, name, JSON_OPTIONAL, TEXT_MOST, &text, in->error);
    }
    const char *own = in->code ? NULL : arena_text(in->job->arena, text);
    return own ? own : "";
}

static double number_of(struct reading *in, const struct json *from, const char *name)
{
    double value = (double)NAN;
    if (!in->code) {
        in->code = json_get_double(from, name, JSON_OPTIONAL, &value, in->error);
    }
    return value;
}

static int64_t whole_of(struct reading *in, const struct json *from, const char *name)
{
    int64_t value = 0;
    if (!in->code) {
        in->code = json_get_int(from, name, JSON_OPTIONAL, INT64_MIN, INT64_MAX, &value,
                                in->error);
    }
    return value;
}

static const struct json *object_of(struct reading *in, const struct json *from,
                                    const char *name)
{
    const struct json *found = NULL;
    if (!in->code) {
        in->code = json_get_object(from, name, JSON_REQUIRED, &found, in->error);
    }
    return found;
}

static const struct json *array_of(struct reading *in, const struct json *from,
                                   const char *name)
{
    const struct json *found = NULL;
    if (!in->code) {
        in->code = json_get_array(from, name, JSON_REQUIRED, &found, in->error);
    }
    return found;
}

static void *room(struct reading *in, size_t count, size_t size)
{
    void *found = arena_array(in->job->arena, count + 1, size);
    if (!found && !in->code) {
        in->code =
            error_set(in->error, ERROR_LIMIT, "report.memory", "the report is too large");
    }
    return found;
}

// ---- figures ----

static void read_measure(struct reading *in, const struct json *from,
                         struct report_measure *measure)
{
    const char *unit = text_of(in, from, "unit");
    const char *better = text_of(in, from, "better");
    *measure = (struct report_measure){.code = text_of(in, from, "code"),
                                       .name = text_of(in, from, "name"),
                                       .unit = text_equal(unit, "cases")   ? REPORT_CASES
                                               : text_equal(unit, "share") ? REPORT_SHARE
                                               : text_equal(unit, "s")     ? REPORT_SECONDS
                                                                           : REPORT_NUMBER,
                                       .better = text_equal(better, "more")   ? 1
                                                 : text_equal(better, "less") ? -1
                                                                              : 0};
}

static void read_values(struct reading *in, const struct json *from, const char *name,
                        double values[REPORT_FIGURES])
{
    const struct json *object = object_of(in, from, name);
    for (size_t i = 0; i < REPORT_FIGURES && !in->code; i++) {
        values[i] = number_of(in, object, in->report->measures[i].code);
    }
}

static void read_line_doubts(struct reading *in, const struct json *from,
                             struct report_line *line)
{
    const struct json *doubts = array_of(in, from, "honesty");
    for (size_t i = 0; i < in->report->doubt_count && !in->code; i++) {
        const struct json *doubt = json_array_item(doubts, i);
        line->doubts[i] = number_of(in, doubt, "now");
        line->doubt_cases[i] = number_of(in, doubt, "cases");
    }
}

static void read_lines(struct reading *in, const struct json *from, bool ranked,
                       struct report_table *table)
{
    const struct json *rows = array_of(in, from, "rows");
    size_t count = json_array_length(rows);
    table->lines = room(in, count, sizeof(*table->lines));
    for (size_t i = 0; i < count && !in->code; i++) {
        const struct json *row = json_array_item(rows, i);
        struct report_line *line = &table->lines[table->count++];
        line->id = whole_of(in, row, "id");
        line->code = text_of(in, row, "code");
        line->name = text_of(in, row, "name");
        read_values(in, row, "now", line->now);
        read_values(in, row, "before", line->before);
        if (ranked) {
            line->rank = (int)whole_of(in, row, "rank");
            line->rank_before = (int)whole_of(in, row, "rank_before");
            line->rank_value = number_of(in, row, "value");
            line->rank_value_before = number_of(in, row, "value_before");
            read_line_doubts(in, row, line);
        }
    }
}

static void read_headline(struct reading *in, const struct json *from)
{
    struct report *report = in->report;
    const struct json *measures = array_of(in, from, "measures");
    if (!in->code && json_array_length(measures) != REPORT_FIGURES) {
        in->code = error_set(in->error, ERROR_STORE, "frozen.changed",
                             "the frozen bulletin has other figures");
    }
    for (size_t i = 0; i < REPORT_FIGURES && !in->code; i++) {
        read_measure(in, json_array_item(measures, i), &report->measures[i]);
    }
    read_values(in, from, "now", report->now);
    read_values(in, from, "before", report->before);
    read_values(in, from, "year_before", report->year);
}

static void read_doubts(struct reading *in, const struct json *from)
{
    const struct json *doubts = array_of(in, from, "honesty");
    for (size_t i = 0; i < json_array_length(doubts) && i < REPORT_DOUBTS_MOST; i++) {
        const struct json *item = json_array_item(doubts, i);
        struct report_doubt *doubt = &in->report->doubts[in->report->doubt_count++];
        read_measure(in, object_of(in, item, "measure"), &doubt->measure);
        doubt->cases = number_of(in, item, "cases");
        doubt->now = number_of(in, item, "now");
        doubt->before = number_of(in, item, "before");
    }
}

static void read_groups(struct reading *in, const struct json *from)
{
    const struct json *groups = array_of(in, from, "groups");
    size_t count = json_array_length(groups);
    in->report->groups = room(in, count, sizeof(*in->report->groups));
    for (size_t i = 0; i < count && !in->code; i++) {
        const struct json *item = json_array_item(groups, i);
        struct report_table *group = &in->report->groups[in->report->group_count++];
        group->code = text_of(in, item, "code");
        group->name = text_of(in, item, "name");
        read_measure(in, object_of(in, item, "by"), &group->by);
        read_lines(in, item, true, group);
    }
}

static void read_trend(struct reading *in, const struct json *from)
{
    const struct json *trend = array_of(in, from, "trend");
    for (size_t i = 0; i < json_array_length(trend) && i < REPORT_TREND_MOST && !in->code;
         i++) {
        const struct json *item = json_array_item(trend, i);
        struct report_trend *point = &in->report->trend[in->report->trend_count++];
        in->code =
            report_period_read(text_of(in, item, "period"), &point->period, in->error);
        read_values(in, item, "values", point->values);
    }
}

// ---- places ----

static void read_spots(struct reading *in, const struct json *from)
{
    const struct json *spots = array_of(in, from, "spots");
    for (size_t i = 0; i < json_array_length(spots) && i < REPORT_SPOTS && !in->code; i++) {
        const struct json *item = json_array_item(spots, i);
        struct report_spot *spot = &in->report->spots[in->report->spot_count++];
        struct error unread = {0};
        *spot = (struct report_spot){.code = text_of(in, item, "code"),
                                     .place = text_of(in, item, "place"),
                                     .class_name = text_of(in, item, "class"),
                                     .case_number = text_of(in, item, "latest_case"),
                                     .lon_deg = number_of(in, item, "lon"),
                                     .lat_deg = number_of(in, item, "lat"),
                                     .cases = number_of(in, item, "cases"),
                                     .before = number_of(in, item, "before")};
        buffer_init(&spot->photo, REPORT_PHOTO_MOST);
        const char *sha256 = text_of(in, item, "photo_sha256");
        spot->has_photo = sha256[0] && hash_from_hex(sha256, strlen(sha256),
                                                     spot->photo_sha256, &unread) == 0;
        if (spot->has_photo) {
            report_photo_load(in->job, spot);
        }
    }
}

static void read_hot(struct reading *in, const struct json *from)
{
    struct report *report = in->report;
    const struct json *hot = object_of(in, from, "hot");
    const struct json *spots = array_of(in, hot, "spots");
    bool counted = true;
    if (!in->code) {
        in->code = json_get_bool(hot, "counted", JSON_REQUIRED, &counted, in->error);
    }
    report->hot_uncounted = !counted;
    report->hot_windows = (int)whole_of(in, hot, "windows");
    report->hot_total = whole_of(in, hot, "total");
    for (size_t i = 0; i < json_array_length(spots) && i < REPORT_HOT && !in->code; i++) {
        const struct json *item = json_array_item(spots, i);
        report->hot[report->hot_count++] =
            (struct report_hot){.code = text_of(in, item, "code"),
                                .place = text_of(in, item, "place"),
                                .class_name = text_of(in, item, "class"),
                                .lon_deg = number_of(in, item, "lon"),
                                .lat_deg = number_of(in, item, "lat"),
                                .now = number_of(in, item, "now"),
                                .usual = number_of(in, item, "usual"),
                                .before = number_of(in, item, "most_before")};
    }
}

static void read_league(struct reading *in, const struct json *from,
                        struct report_league *league)
{
    const struct json *rows = array_of(in, from, "rows");
    size_t count = json_array_length(rows);
    *league = (struct report_league){.code = text_of(in, from, "code"),
                                     .name = text_of(in, from, "name"),
                                     .rows = room(in, count, sizeof(*league->rows))};
    for (size_t i = 0; i < count && !in->code; i++) {
        const struct json *row = json_array_item(rows, i);
        league->rows[league->count++] = (struct report_league_row){
            .id = whole_of(in, row, "id"),
            .code = text_of(in, row, "code"),
            .name = text_of(in, row, "name"),
            .grade = text_of(in, row, "grade"),
            .points = number_of(in, row, "points"),
            .before = number_of(in, row, "before"),
            .rank = (int)whole_of(in, row, "rank"),
            .rank_before = (int)whole_of(in, row, "rank_before")};
    }
}

static void read_leagues(struct reading *in, const struct json *from)
{
    const struct json *leagues = array_of(in, from, "leagues");
    for (size_t i = 0; i < json_array_length(leagues) && i < REPORT_LEAGUES && !in->code;
         i++) {
        read_league(in, json_array_item(leagues, i),
                    &in->report->leagues[in->report->league_count++]);
    }
}

static void read_map(struct reading *in, const struct json *map)
{
    struct report *report = in->report;
    const struct json *cells = array_of(in, map, "cells");
    size_t count = json_array_length(cells);
    report->map_level = (int)whole_of(in, map, "level");
    report->cells = room(in, count, sizeof(*report->cells));
    for (size_t i = 0; i < count && !in->code; i++) {
        const struct json *cell = json_array_item(cells, i);
        struct report_cell *to = &report->cells[report->cell_count];
        report->cell_count += json_as_int(json_array_item(cell, 0), &to->id) &&
                              json_as_double(json_array_item(cell, 1), &to->cases);
    }
}

// null: the city recorded no tracks, or the program that froze it knew none.
static void read_visits(struct reading *in, const struct json *from)
{
    const struct json *item = NULL;
    struct report_visits *visits = &in->report->visits;
    if (!in->code) {
        in->code = json_get_object(from, "visits", JSON_OPTIONAL, &item, in->error);
    }
    if (in->code || !item) {
        return;
    }
    visits->recorded = true;
    in->code = json_get_bool(item, "known", JSON_REQUIRED, &visits->known, in->error);
    visits->cases = whole_of(in, item, "cases");
    visits->visited = whole_of(in, item, "visited");
    visits->unvisited = whole_of(in, item, "unvisited");
    visits->untracked = whole_of(in, item, "untracked");
}

int report_read(struct report_job *job, const struct json *from, const struct json *map,
                struct error *error)
{
    struct report *report = job->report;
    struct reading in = {.job = job, .report = report, .error = error};
    report->city = text_of(&in, from, "name");
    report->position = whole_of(&in, from, "position");
    report->root = "";
    report->running = false;
    read_headline(&in, from);
    read_doubts(&in, from);
    read_visits(&in, from);
    read_groups(&in, from);
    report->classes.name = report_classes_name(report);
    report->overdue.name = report_overdue_name(report);
    read_lines(&in, object_of(&in, from, "classes"), false, &report->classes);
    read_lines(&in, object_of(&in, from, "overdue"), false, &report->overdue);
    read_trend(&in, from);
    read_spots(&in, from);
    read_hot(&in, from);
    read_leagues(&in, from);
    read_map(&in, map);
    return in.code;
}
