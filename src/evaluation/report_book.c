// SPDX-License-Identifier: MPL-2.0
// The report as a workbook whose rates, sums and ranks are formulas over the counts beside
// them: who corrects a count sees what follows.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/document/book.h>

#include "report_internal.h"

enum { HEAD = 2, FIRST = 3 }; // rows, from 0: title, blank, head, lines

// The columns of a group's sheet, after code and name (A, B).
enum column {
    C_OPENED = 2,
    C_CLOSED,
    C_CLOSED_OF_OPENED,
    C_TO_CLOSE,
    C_CLOSING_RATE,
    C_HANDLED_IN_TIME,
    C_TO_HANDLE,
    C_ON_TIME_RATE,
    C_OVERDUE,
    C_OPEN,
    C_HOURS,
    C_RANK_VALUE,
    C_RANK,
    C_RANK_BEFORE,
    C_COUNT
};
static const struct {
    int figure; // enum report_figure; -1: not one of them
    enum book_style style;
    int above, below; // columns of a quotient; 0: a number
} layout[C_COUNT] = {
    [C_OPENED] = {REPORT_OPENED, BOOK_COUNT, 0, 0},
    [C_CLOSED] = {REPORT_CLOSED, BOOK_COUNT, 0, 0},
    [C_CLOSED_OF_OPENED] = {REPORT_CLOSED_OF_OPENED, BOOK_COUNT, 0, 0},
    [C_TO_CLOSE] = {REPORT_TO_CLOSE, BOOK_COUNT, 0, 0},
    [C_CLOSING_RATE] = {REPORT_CLOSING_RATE, BOOK_SHARE, C_CLOSED_OF_OPENED, C_TO_CLOSE},
    [C_HANDLED_IN_TIME] = {REPORT_HANDLED_IN_TIME, BOOK_COUNT, 0, 0},
    [C_TO_HANDLE] = {REPORT_TO_HANDLE, BOOK_COUNT, 0, 0},
    [C_ON_TIME_RATE] = {REPORT_ON_TIME_RATE, BOOK_SHARE, C_HANDLED_IN_TIME, C_TO_HANDLE},
    [C_OVERDUE] = {REPORT_OVERDUE, BOOK_COUNT, 0, 0},
    [C_OPEN] = {REPORT_OPEN, BOOK_COUNT, 0, 0},
    [C_HOURS] = {REPORT_MEAN_TIME, BOOK_HOURS, 0, 0},
    [C_RANK_VALUE] = {-1, BOOK_SHARE, 0, 0},
    [C_RANK] = {-1, BOOK_COUNT, 0, 0},
    [C_RANK_BEFORE] = {-1, BOOK_COUNT, 0, 0},
};

static char letter(int column)
{
    return (char)('A' + column);
}

// "=IF(F4=0,"",E4/F4)"
static void put_quotient(struct book *book, uint32_t row, int column, double value)
{
    char formula[120];
    char below = letter(layout[column].below);
    snprintf(formula, sizeof(formula), "=IF(%c%u=0,\"\",%c%u/%c%u)", below, row + 1,
             letter(layout[column].above), row + 1, below, row + 1);
    book_formula(book, row, (uint16_t)column, formula, value, layout[column].style);
}

static void put_head(struct book *book, const struct report *report, const char *title,
                     const char *name)
{
    book_text(book, 0, 0, title, BOOK_TITLE);
    book_text(book, HEAD, 0, REPORT_TEXT(report, "Code", "编码"), BOOK_HEAD);
    book_text(book, HEAD, 1, name, BOOK_HEAD);
    book_width(book, 0, 0, 14);
    book_width(book, 1, 1, 32);
    book_width(book, 2, C_COUNT - 1, 13);
    for (int c = C_OPENED; c < C_RANK_VALUE; c++) {
        const struct report_measure *measure = &report->measures[layout[c].figure];
        char text[200];
        snprintf(text, sizeof(text),
                 c == C_HOURS ? REPORT_TEXT(report, "%s (hours)", "%s（小时）") : "%s",
                 measure->name);
        book_text(book, HEAD, (uint16_t)c, text, BOOK_HEAD);
    }
}

static void put_figures(struct book *book, uint32_t row, const double *values)
{
    for (int c = C_OPENED; c < C_RANK_VALUE; c++) {
        double value = values[layout[c].figure];
        if (layout[c].below) {
            put_quotient(book, row, c, value);
        } else {
            book_number(book, row, (uint16_t)c, c == C_HOURS ? value / 3600 : value,
                        layout[c].style);
        }
    }
}

// Sums of the counts, and rates of the sums. The mean time is not told: it is none.
static void put_sums(struct book *book, const struct report *report, size_t count)
{
    uint32_t row = FIRST + (uint32_t)count;
    book_text(book, row, 1, REPORT_TEXT(report, "Total", "合计"), BOOK_HEAD);
    for (int c = C_OPENED; c < C_HOURS; c++) {
        char formula[120];
        if (layout[c].below) {
            put_quotient(book, row, c, (double)NAN);
            continue;
        }
        snprintf(formula, sizeof(formula), "=SUM(%c%u:%c%u)", letter(c), FIRST + 1,
                 letter(c), row);
        book_formula(book, row, (uint16_t)c, formula, (double)NAN, layout[c].style);
    }
}

static void put_ranks(struct book *book, const struct report *report,
                      const struct report_table *group)
{
    enum book_style style = group->by.unit == REPORT_SHARE ? BOOK_SHARE : BOOK_NUMBER;
    uint32_t last = FIRST + (uint32_t)group->count;
    int from = 0; // the column that the rank's measure is, if it is one
    for (int c = C_OPENED; c < C_RANK_VALUE; c++) {
        from =
            strcmp(report->measures[layout[c].figure].code, group->by.code) == 0 ? c : from;
    }
    book_text(book, HEAD, C_RANK_VALUE, group->by.name, BOOK_HEAD);
    book_text(book, HEAD, C_RANK, REPORT_TEXT(report, "Rank", "名次"), BOOK_HEAD);
    book_text(book, HEAD, C_RANK_BEFORE, REPORT_TEXT(report, "Rank before", "上期名次"),
              BOOK_HEAD);
    for (size_t i = 0; i < group->count; i++) {
        const struct report_line *line = &group->lines[i];
        uint32_t row = FIRST + (uint32_t)i;
        char formula[160];
        if (from) {
            snprintf(formula, sizeof(formula), "=%c%u", letter(from), row + 1);
            book_formula(book, row, C_RANK_VALUE, formula, line->rank_value, style);
        } else {
            book_number(book, row, C_RANK_VALUE, line->rank_value, style);
        }
        char value = letter(C_RANK_VALUE);
        snprintf(formula, sizeof(formula),
                 "=IF(ISNUMBER(%c%u),RANK(%c%u,$%c$%d:$%c$%u,%d),\"\")", value, row + 1,
                 value, row + 1, value, FIRST + 1, value, last, group->by.better < 0);
        book_formula(book, row, C_RANK, formula, line->rank ? line->rank : (double)NAN,
                     BOOK_COUNT);
        book_number(book, row, C_RANK_BEFORE,
                    line->rank_before ? line->rank_before : (double)NAN, BOOK_COUNT);
    }
}

static void put_lines(struct book *book, const struct report_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        uint32_t row = FIRST + (uint32_t)i;
        book_text(book, row, 0, table->lines[i].code, BOOK_TEXT);
        book_text(book, row, 1, table->lines[i].name, BOOK_TEXT);
        put_figures(book, row, table->lines[i].now);
    }
}

static void put_table(struct book *book, const struct report *report,
                      const struct report_table *table, bool ranked)
{
    book_sheet(book, table->name, HEAD);
    put_head(book, report, table->name,
             ranked ? REPORT_TEXT(report, "Department", "部门")
                    : REPORT_TEXT(report, "Name", "名称"));
    put_lines(book, table);
    if (table->count > 0) {
        put_sums(book, report, table->count);
    }
    if (ranked) {
        put_ranks(book, report, table);
    }
}

// ---- the first sheet ----

static void put_change(struct book *book, uint32_t row, uint16_t column, char other,
                       bool share, double change)
{
    char formula[120];
    snprintf(formula, sizeof(formula), "=IF(OR(B%u=\"\",%c%u=\"\"),\"\",B%u-%c%u)", row + 1,
             other, row + 1, row + 1, other, row + 1);
    book_formula(book, row, column, formula, change, share ? BOOK_SHARE : BOOK_NUMBER);
}

static void put_headline(struct book *book, const struct report *report,
                         struct arena *arena)
{
    const char *heads[] = {REPORT_TEXT(report, "Indicator", "指标"),
                           REPORT_TEXT(report, "Now", "本期"),
                           REPORT_TEXT(report, "Period before", "上期"),
                           REPORT_TEXT(report, "Year before", "去年同期"),
                           REPORT_TEXT(report, "Change", "环比"),
                           REPORT_TEXT(report, "Change on the year", "同比")};
    book_sheet(book, REPORT_TEXT(report, "Summary", "总览"), HEAD);
    book_width(book, 0, 0, 34);
    book_width(book, 1, 5, 16);
    book_text(book, 0, 0,
              arena_format(arena, "%s  %s", report_title(report, arena),
                           report_period_words(&report->period, report->chinese, arena)),
              BOOK_TITLE);
    for (uint16_t i = 0; i < 6; i++) {
        book_text(book, HEAD, i, heads[i], BOOK_HEAD);
    }
    for (size_t i = 0; i < REPORT_FIGURES; i++) {
        const struct report_measure *measure = &report->measures[i];
        uint32_t row = FIRST + (uint32_t)i;
        bool share = measure->unit == REPORT_SHARE;
        bool hours = measure->unit == REPORT_SECONDS;
        double divide = hours ? 3600 : 1;
        enum book_style style = share ? BOOK_SHARE : hours ? BOOK_HOURS : BOOK_COUNT;
        book_text(book, row, 0,
                  arena_format(
                      arena, hours ? REPORT_TEXT(report, "%s (hours)", "%s（小时）") : "%s",
                      measure->name),
                  BOOK_TEXT);
        book_number(book, row, 1, report->now[i] / divide, style);
        book_number(book, row, 2, report->before[i] / divide, style);
        book_number(book, row, 3, report->year[i] / divide, style);
        put_change(book, row, 4, 'C', share, (report->now[i] - report->before[i]) / divide);
        put_change(book, row, 5, 'D', share, (report->now[i] - report->year[i]) / divide);
    }
    uint32_t row = FIRST + REPORT_FIGURES + 1;
    book_text(
        book, row, 0,
        arena_format(arena, REPORT_TEXT(report, "As of %s", "统计时间 %s"), report->made),
        BOOK_NOTE);
    book_text(book, row + 1, 0, report->root, BOOK_NOTE);
}

static void put_trend(struct book *book, const struct report *report, struct arena *arena)
{
    struct report_table table = {
        .name = REPORT_TEXT(report, "Trend", "趋势"),
        .count = report->trend_count,
        .lines = arena_array(arena, REPORT_TREND_MOST, sizeof(struct report_line))};
    for (size_t i = 0; i < report->trend_count; i++) {
        table.lines[i].code = report->trend[i].period.code;
        table.lines[i].name =
            report_period_words(&report->trend[i].period, report->chinese, arena);
        memcpy(table.lines[i].now, report->trend[i].values, sizeof(table.lines[i].now));
    }
    book_sheet(book, table.name, HEAD);
    put_head(book, report, table.name, REPORT_TEXT(report, "Period", "时段"));
    put_lines(book, &table);
}

static void put_doubts(struct book *book, const struct report *report)
{
    const char *heads[] = {
        report_honesty_title(report), REPORT_TEXT(report, "Cases", "件数"),
        REPORT_TEXT(report, "Share", "占比"), REPORT_TEXT(report, "Period before", "上期")};
    book_sheet(book, REPORT_TEXT(report, "Closing rate", "结案率"), HEAD);
    book_width(book, 0, 0, 44);
    book_width(book, 1, 3, 16);
    book_text(book, 0, 0, report->visits_note, BOOK_NOTE);
    for (uint16_t i = 0; i < 4; i++) {
        book_text(book, HEAD, i, heads[i], BOOK_HEAD);
    }
    for (size_t i = 0; i < report->doubt_count; i++) {
        const struct report_doubt *doubt = &report->doubts[i];
        uint32_t row = FIRST + (uint32_t)i;
        book_text(book, row, 0, doubt->measure.name, BOOK_TEXT);
        book_number(book, row, 1, doubt->cases, BOOK_COUNT);
        book_number(book, row, 2, doubt->now, BOOK_SHARE);
        book_number(book, row, 3, doubt->before, BOOK_SHARE);
    }
}

// Under the city's: each department's shares.
static void put_department_doubts(struct book *book, const struct report *report)
{
    book_sheet(book, REPORT_TEXT(report, "Closing rate, departments", "各部门结案率"),
               HEAD);
    book_width(book, 0, 1, 28);
    book_width(book, 2, (uint16_t)(2 + 2 * report->doubt_count), 14);
    book_text(book, 0, 0, report_honesty_title(report), BOOK_TITLE);
    book_text(book, HEAD, 0, REPORT_TEXT(report, "Group", "分组"), BOOK_HEAD);
    book_text(book, HEAD, 1, REPORT_TEXT(report, "Department", "部门"), BOOK_HEAD);
    book_text(book, HEAD, 2, report->measures[REPORT_CLOSING_RATE].name, BOOK_HEAD);
    for (size_t k = 0; k < report->doubt_count; k++) {
        uint16_t column = (uint16_t)(3 + 2 * k);
        book_text(book, HEAD, column, report->doubts[k].measure.name, BOOK_HEAD);
        book_text(book, HEAD, column + 1, REPORT_TEXT(report, "Cases", "件数"), BOOK_HEAD);
    }
    uint32_t row = FIRST;
    for (size_t g = 0; g < report->group_count; g++) {
        for (size_t i = 0; i < report->groups[g].count; i++, row++) {
            const struct report_line *line = &report->groups[g].lines[i];
            book_text(book, row, 0, report->groups[g].name, BOOK_TEXT);
            book_text(book, row, 1, line->name, BOOK_TEXT);
            book_number(book, row, 2, line->now[REPORT_CLOSING_RATE], BOOK_SHARE);
            for (size_t k = 0; k < report->doubt_count; k++) {
                uint16_t column = (uint16_t)(3 + 2 * k);
                book_number(book, row, column, line->doubts[k], BOOK_SHARE);
                book_number(book, row, column + 1, line->doubt_cases[k], BOOK_COUNT);
            }
        }
    }
}

// Points are sums of weighted parts that the league tables of the dashboard tell: numbers.
static void put_leagues(struct book *book, const struct report *report)
{
    const char *heads[] = {REPORT_TEXT(report, "Score", "评分"),
                           REPORT_TEXT(report, "Name", "名称"),
                           REPORT_TEXT(report, "Rank", "名次"),
                           REPORT_TEXT(report, "Points", "得分"),
                           REPORT_TEXT(report, "Grade", "等级"),
                           REPORT_TEXT(report, "Before", "上期"),
                           REPORT_TEXT(report, "Rank before", "上期名次")};
    uint32_t row = FIRST;
    book_sheet(book, REPORT_TEXT(report, "Scores", "评分排名"), HEAD);
    book_width(book, 0, 1, 28);
    book_width(book, 2, 6, 13);
    for (uint16_t i = 0; i < 7; i++) {
        book_text(book, HEAD, i, heads[i], BOOK_HEAD);
    }
    for (size_t l = 0; l < report->league_count; l++) {
        for (size_t i = 0; i < report->leagues[l].count; i++, row++) {
            const struct report_league_row *line = &report->leagues[l].rows[i];
            book_text(book, row, 0, report->leagues[l].name, BOOK_TEXT);
            book_text(book, row, 1, line->name, BOOK_TEXT);
            book_number(book, row, 2, line->rank, BOOK_COUNT);
            book_number(book, row, 3, line->points, BOOK_NUMBER);
            book_text(book, row, 4, line->grade, BOOK_TEXT);
            book_number(book, row, 5, line->before, BOOK_NUMBER);
            book_number(book, row, 6, line->rank_before ? line->rank_before : (double)NAN,
                        BOOK_COUNT);
        }
    }
}

int report_write_book(const struct report *report, const struct report_write *how,
                      struct buffer *out, struct error *error)
{
    BOOK_CLEANUP struct book *book = NULL;
    struct arena *arena ARENA_CLEANUP = arena_new(4 * 1024 * 1024);
    int code = book_new(how->directory, &book, error);
    if (code) {
        return code;
    }
    put_headline(book, report, arena);
    for (size_t i = 0; i < report->group_count; i++) {
        put_table(book, report, &report->groups[i], true);
    }
    put_table(book, report, &report->classes, false);
    put_table(book, report, &report->overdue, false);
    put_trend(book, report, arena);
    if (report->doubt_count > 0) {
        put_doubts(book, report);
        put_department_doubts(book, report);
    }
    if (report->league_count > 0) {
        put_leagues(book, report);
    }
    return book_finish(book, out, error);
}
