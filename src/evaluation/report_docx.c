// SPDX-License-Identifier: MPL-2.0
// The fields of an office's template: docs/reports.md lists them.
#include <stdio.h>
#include <string.h>

#include <gridcase/document/docx.h>

#include "report_internal.h"

enum { DOCX_ARENA = 16 * 1024 * 1024, FIELDS_MOST = 64, ROWS_MOST = 8, COLUMNS_MOST = 8 };

struct fields {
    const struct report *report;
    struct arena *arena;
    struct docx_values values;
    struct docx_field field[FIELDS_MOST];
    struct docx_rows rows[ROWS_MOST];
};

static void add(struct fields *fields, const char *name, const char *value)
{
    if (fields->values.field_count < FIELDS_MOST) {
        fields->field[fields->values.field_count++] = (struct docx_field){name, value};
    }
}

static const char *value_of(struct fields *fields, const struct report_measure *measure,
                            double value)
{
    char text[REPORT_VALUE_SIZE];
    report_value(measure, value, fields->report->chinese, text);
    return arena_text(fields->arena, text);
}

static const char *change_of(struct fields *fields, const struct report_measure *measure,
                             double now, double before)
{
    char text[REPORT_VALUE_SIZE];
    int good;
    report_change(fields->report, measure, now, before, text, &good);
    return arena_text(fields->arena, text);
}

// {{opened}} {{opened_before}} {{opened_change}} {{opened_year}} ... of each shown figure
static void add_figures(struct fields *fields)
{
    const struct report *report = fields->report;
    for (size_t i = 0; i < REPORT_SHOWN; i++) {
        const struct report_measure *measure = &report->measures[i];
        add(fields, measure->code, value_of(fields, measure, report->now[i]));
        add(fields, arena_format(fields->arena, "%s_before", measure->code),
            value_of(fields, measure, report->before[i]));
        add(fields, arena_format(fields->arena, "%s_change", measure->code),
            change_of(fields, measure, report->now[i], report->before[i]));
        add(fields, arena_format(fields->arena, "%s_year", measure->code),
            value_of(fields, measure, report->year[i]));
        add(fields, arena_format(fields->arena, "%s_year_change", measure->code),
            change_of(fields, measure, report->now[i], report->year[i]));
    }
}

static const char **add_rows(struct fields *fields, const char *name,
                             const char *const *columns, size_t column_count, size_t rows)
{
    const char **cells =
        arena_array(fields->arena, rows * column_count + 1, sizeof(*cells));
    fields->rows[fields->values.rows_count++] =
        (struct docx_rows){.name = name,
                           .column_count = column_count,
                           .columns = columns,
                           .row_count = rows,
                           .cells = cells};
    return cells;
}

static const char *number(struct fields *fields, int value)
{
    return value > 0 ? arena_format(fields->arena, "%d", value) : "–";
}

static void add_groups(struct fields *fields)
{
    static const char *const columns[] = {"group",  "rank",   "rank_before",
                                          "name",   "value",  "value_before",
                                          "opened", "overdue"};
    const struct report *report = fields->report;
    size_t count = 0;
    for (size_t g = 0; g < report->group_count; g++) {
        count += report->groups[g].count;
    }
    const char **cell = add_rows(fields, "groups", columns, 8, count);
    for (size_t g = 0; g < report->group_count; g++) {
        const struct report_table *group = &report->groups[g];
        for (size_t i = 0; i < group->count; i++) {
            const struct report_line *line = &group->lines[i];
            *cell++ = i == 0 ? group->name : "";
            *cell++ = number(fields, line->rank);
            *cell++ = number(fields, line->rank_before);
            *cell++ = line->name;
            *cell++ = value_of(fields, &group->by, line->rank_value);
            *cell++ = value_of(fields, &group->by, line->rank_value_before);
            *cell++ = value_of(fields, &report->measures[REPORT_OPENED],
                               line->now[REPORT_OPENED]);
            *cell++ = value_of(fields, &report->measures[REPORT_OVERDUE],
                               line->now[REPORT_OVERDUE]);
        }
    }
}

static void add_lines(struct fields *fields, const char *name,
                      const struct report_table *table, enum report_figure figure)
{
    static const char *const columns[] = {"rank", "name", "count", "change"};
    const struct report_measure *measure = &fields->report->measures[figure];
    const char **cell = add_rows(fields, name, columns, 4, table->count);
    for (size_t i = 0; i < table->count; i++) {
        const struct report_line *line = &table->lines[i];
        *cell++ = number(fields, (int)i + 1);
        *cell++ = line->name;
        *cell++ = value_of(fields, measure, line->now[figure]);
        *cell++ = change_of(fields, measure, line->now[figure], line->before[figure]);
    }
}

static void add_doubts(struct fields *fields)
{
    static const char *const columns[] = {"name", "cases", "share", "before"};
    const struct report *report = fields->report;
    const char **cell = add_rows(fields, "honesty", columns, 4, report->doubt_count);
    for (size_t i = 0; i < report->doubt_count; i++) {
        const struct report_doubt *doubt = &report->doubts[i];
        *cell++ = doubt->measure.name;
        *cell++ = value_of(fields, &report->measures[REPORT_OPENED], doubt->cases);
        *cell++ = value_of(fields, &doubt->measure, doubt->now);
        *cell++ = value_of(fields, &doubt->measure, doubt->before);
    }
}

// A row for each department and share that has cases in it.
static void add_department_doubts(struct fields *fields)
{
    static const char *const columns[] = {"group", "department", "name", "cases", "share"};
    const struct report *report = fields->report;
    size_t count = 0;
    for (size_t g = 0; g < report->group_count; g++) {
        count += report->groups[g].count * report->doubt_count;
    }
    const char **cell = add_rows(fields, "doubts", columns, 5, count);
    struct docx_rows *rows = &fields->rows[fields->values.rows_count - 1];
    rows->row_count = 0;
    for (size_t g = 0; g < report->group_count; g++) {
        for (size_t i = 0; i < report->groups[g].count; i++) {
            const struct report_line *line = &report->groups[g].lines[i];
            for (size_t k = 0; k < report->doubt_count; k++) {
                if (!(line->doubt_cases[k] > 0)) {
                    continue;
                }
                rows->row_count++;
                *cell++ = report->groups[g].name;
                *cell++ = line->name;
                *cell++ = report->doubts[k].measure.name;
                *cell++ = value_of(fields, &report->measures[REPORT_OPENED],
                                   line->doubt_cases[k]);
                *cell++ = value_of(fields, &report->doubts[k].measure, line->doubts[k]);
            }
        }
    }
}

static void add_leagues(struct fields *fields)
{
    static const char *const columns[] = {"score",  "rank",  "rank_before", "name",
                                          "points", "grade", "before"};
    const struct report_measure points = {.unit = REPORT_NUMBER};
    const struct report *report = fields->report;
    size_t count = 0;
    for (size_t l = 0; l < report->league_count; l++) {
        count += report->leagues[l].count;
    }
    const char **cell = add_rows(fields, "scores", columns, 7, count);
    for (size_t l = 0; l < report->league_count; l++) {
        for (size_t i = 0; i < report->leagues[l].count; i++) {
            const struct report_league_row *row = &report->leagues[l].rows[i];
            *cell++ = i == 0 ? report->leagues[l].name : "";
            *cell++ = number(fields, row->rank);
            *cell++ = number(fields, row->rank_before);
            *cell++ = row->name;
            *cell++ = value_of(fields, &points, row->points);
            *cell++ = row->grade;
            *cell++ = value_of(fields, &points, row->before);
        }
    }
}

static void add_hot(struct fields *fields)
{
    static const char *const columns[] = {"place", "class", "count", "usual", "before"};
    const struct report *report = fields->report;
    const struct report_measure *measure = &report->measures[REPORT_OPENED];
    const char **cell = add_rows(fields, "hot", columns, 5, report->hot_count);
    for (size_t i = 0; i < report->hot_count; i++) {
        const struct report_hot *hot = &report->hot[i];
        *cell++ = hot->place;
        *cell++ = hot->class_name;
        *cell++ = value_of(fields, measure, hot->now);
        *cell++ = arena_format(fields->arena, "%.1f", hot->usual);
        *cell++ = value_of(fields, measure, hot->before);
    }
}

static void add_spots(struct fields *fields)
{
    static const char *const columns[] = {"rank",  "place",  "class",
                                          "count", "before", "case"};
    const struct report *report = fields->report;
    const struct report_measure *measure = &report->measures[REPORT_OPENED];
    const char **cell = add_rows(fields, "spots", columns, 6, report->spot_count);
    struct docx_picture *pictures =
        arena_array(fields->arena, report->spot_count + 1, sizeof(*pictures));
    for (size_t i = 0; i < report->spot_count; i++) {
        const struct report_spot *spot = &report->spots[i];
        *cell++ = number(fields, (int)i + 1);
        *cell++ = spot->place;
        *cell++ = spot->class_name;
        *cell++ = value_of(fields, measure, spot->cases);
        *cell++ = value_of(fields, measure, spot->before);
        *cell++ = spot->case_number;
        pictures[i] = (struct docx_picture){spot->photo.data, spot->photo.length};
    }
    struct docx_rows *rows = &fields->rows[fields->values.rows_count - 1];
    rows->picture = "photo";
    rows->pictures = pictures;
    rows->missing = REPORT_TEXT(report, "no photo", "无照片");
}

int report_write_docx(const struct report *report, const struct report_write *how,
                      struct buffer *out, struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(DOCX_ARENA);
    struct fields *fields = arena_alloc(arena, sizeof(*fields));
    if (!how->template_bytes) {
        return error_set(error, ERROR_INPUT, "report.no_template",
                         "the city's model has no report template for %s",
                         report->language);
    }
    fields->report = report;
    fields->arena = arena;
    fields->values.fields = fields->field;
    fields->values.rows = fields->rows;
    add(fields, "title", report_title(report, arena));
    add(fields, "city", report->city);
    add(fields, "period", report_period_words(&report->period, report->chinese, arena));
    add(fields, "period_code", report->period.code);
    add(fields, "made", report->made);
    add(fields, "root",
        report->root[0] ? report->root : REPORT_TEXT(report, "none yet", "暂无"));
    add_figures(fields);
    add_groups(fields);
    add_lines(fields, "classes", &report->classes, REPORT_OPENED);
    add_lines(fields, "overdue", &report->overdue, REPORT_OVERDUE);
    add_spots(fields);
    add_doubts(fields);
    add_department_doubts(fields);
    add_leagues(fields);
    add_hot(fields);
    add(fields, "honesty_note", report->visits_note);
    return docx_fill(how->template_bytes, how->template_length, &fields->values, out,
                     error);
}
