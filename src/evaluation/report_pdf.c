// SPDX-License-Identifier: MPL-2.0
// The bulletin on pages. The first reads in a minute: four figures, who stands where in its
// group, what lies overdue, the commonest problems and the worst spots.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/instant.h>
#include <gridcase/document/paper.h>

#include "report_internal.h"

enum { PDF_ARENA = 64 * 1024 * 1024, BLOCKS_MOST = 64, FIRST_GROUPS = 4 };

struct pages {
    const struct report *report;
    struct arena *arena;
    bool phone;
    size_t count;
    struct paper_block blocks[BLOCKS_MOST];
};

static void add(struct pages *pages, struct paper_block block)
{
    if (pages->count < BLOCKS_MOST) {
        pages->blocks[pages->count++] = block;
    }
}

static void *take(struct pages *pages, size_t count, size_t size)
{
    return arena_array(pages->arena, count + 1, size); // the ceiling is far away
}

static const char *value_text(struct pages *pages, const struct report_measure *measure,
                              double value)
{
    char text[REPORT_VALUE_SIZE];
    report_value(measure, value, pages->report->chinese, text);
    return arena_text(pages->arena, text);
}

static struct paper_cell change_cell(struct pages *pages,
                                     const struct report_measure *measure, double now,
                                     double before)
{
    char text[REPORT_VALUE_SIZE];
    int good;
    report_change(pages->report, measure, now, before, text, &good);
    return (struct paper_cell){arena_text(pages->arena, text), good > 0   ? PAPER_GOOD
                                                               : good < 0 ? PAPER_BAD
                                                                          : PAPER_FAINT};
}

static void add_heading(struct pages *pages, const char *text, double keep)
{
    add(pages, (struct paper_block){.kind = PAPER_HEADING, .text = text, .keep = keep});
}

// ---- tables ----

struct grid {
    struct paper_table *table;
    struct paper_cell *cells;
    size_t used;
};

static struct grid grid_new(struct pages *pages, const struct paper_column *columns,
                            size_t column_count, size_t rows, bool large)
{
    struct grid grid = {.table = take(pages, 1, sizeof(*grid.table)),
                        .cells = take(pages, rows * column_count, sizeof(*grid.cells))};
    struct paper_column *own = take(pages, column_count, sizeof(*own));
    memcpy(own, columns, column_count * sizeof(*own));
    *grid.table = (struct paper_table){.column_count = column_count,
                                       .columns = own,
                                       .row_count = rows,
                                       .cells = grid.cells,
                                       .large = large};
    return grid;
}

static void put(struct grid *grid, const char *text, enum paper_tone tone)
{
    grid->cells[grid->used++] = (struct paper_cell){text, tone};
}

static void add_grid(struct pages *pages, const struct grid *grid)
{
    if (grid->table->row_count > 0) {
        add(pages, (struct paper_block){.kind = PAPER_TABLE, .table = grid->table});
    }
}

// ---- the first page ----

static void add_cards(struct pages *pages)
{
    static const enum report_figure shown[] = {REPORT_OPENED, REPORT_CLOSING_RATE,
                                               REPORT_ON_TIME_RATE, REPORT_OVERDUE};
    const struct report *report = pages->report;
    struct paper_card *cards = take(pages, 4, sizeof(*cards));
    struct paper_cards *block = take(pages, 1, sizeof(*block));
    for (size_t i = 0; i < 4; i++) {
        const struct report_measure *measure = &report->measures[shown[i]];
        struct paper_cell before =
            change_cell(pages, measure, report->now[shown[i]], report->before[shown[i]]);
        struct paper_cell year =
            change_cell(pages, measure, report->now[shown[i]], report->year[shown[i]]);
        cards[i] = (struct paper_card){
            measure->name, value_text(pages, measure, report->now[shown[i]]),
            arena_format(pages->arena,
                         REPORT_TEXT(report, "%s on the period before\n%s on the year",
                                     "环比 %s\n同比 %s"),
                         before.text, year.text),
            before.tone};
    }
    *block = (struct paper_cards){4, cards};
    add(pages, (struct paper_block){.kind = PAPER_CARDS, .cards = block});
}

static const char *movement(struct pages *pages, const struct report_line *line,
                            enum paper_tone *ret_tone)
{
    int change = line->rank_before - line->rank;
    *ret_tone = PAPER_FAINT;
    if (!line->rank || !line->rank_before) {
        return "–";
    }
    if (change == 0) {
        return "=";
    }
    *ret_tone = change > 0 ? PAPER_GOOD : PAPER_BAD;
    return arena_format(pages->arena, "%s %d", change > 0 ? "▲" : "▼",
                        change > 0 ? change : -change);
}

static void put_rank(struct pages *pages, struct grid *grid, const struct report_line *line)
{
    enum paper_tone tone;
    const char *moved = movement(pages, line, &tone);
    put(grid, line->rank ? arena_format(pages->arena, "%d", line->rank) : "–", PAPER_PLAIN);
    put(grid, moved, tone);
    put(grid, line->name, PAPER_PLAIN);
}

// The first and the last of a group, and its size: enough for a minute.
static void add_group_short(struct pages *pages, const struct report_table *group)
{
    const struct report *report = pages->report;
    const struct paper_column columns[] = {
        {REPORT_TEXT(report, "Rank", "名次"), 0.7, true},
        {REPORT_TEXT(report, "Moved", "升降"), 0.8, true},
        {group->name, 3.6, false},
        {group->by.name, 1.8, true},
        {REPORT_TEXT(report, "Before", "上期"), 1.8, true}};
    size_t ranked = 0;
    for (size_t i = 0; i < group->count; i++) {
        ranked += group->lines[i].rank > 0;
    }
    size_t most = report->group_count <= 2 ? 5 : report->group_count == 3 ? 3 : 2;
    bool cut = ranked > most;
    struct grid grid = grid_new(pages, columns, 5, cut ? most : ranked, true);
    for (size_t i = 0; i < ranked; i++) {
        const struct report_line *line = &group->lines[i];
        if (cut && i >= (most + 1) / 2 && i < ranked - most / 2) {
            continue; // the first ones and the last ones
        }
        put_rank(pages, &grid, line);
        put(&grid, value_text(pages, &group->by, line->rank_value), PAPER_PLAIN);
        put(&grid, value_text(pages, &group->by, line->rank_value_before), PAPER_FAINT);
    }
    add_grid(pages, &grid);
}

static const char *joined_lines(struct pages *pages, const struct report_table *table,
                                enum report_figure figure, size_t most)
{
    const char *text = "";
    for (size_t i = 0; i < table->count && i < most; i++) {
        text = arena_format(pages->arena, "%s%s%s %.0f", text,
                            i ? REPORT_TEXT(pages->report, "; ", "；") : "",
                            table->lines[i].name, table->lines[i].now[figure]);
    }
    return text;
}

static void add_words(struct pages *pages, const char *name, const char *text,
                      const char *none)
{
    add(pages, (struct paper_block){
                   .kind = PAPER_TEXT,
                   .text = arena_format(pages->arena,
                                        REPORT_TEXT(pages->report, "%s: %s.", "%s：%s。"),
                                        name, text[0] ? text : none)});
}

static void add_first_page(struct pages *pages)
{
    const struct report *report = pages->report;
    add(pages,
        (struct paper_block){
            .kind = PAPER_TITLE,
            .text = report_title(report, pages->arena),
            .below = arena_format(
                pages->arena,
                REPORT_TEXT(report, "%s%s · figures as of %s", "%s%s · 统计时间 %s"),
                report_period_words(&report->period, report->chinese, pages->arena),
                report->running ? REPORT_TEXT(report, " (not over yet)", "（未结束）") : "",
                report->made)});
    add_cards(pages);
    for (size_t i = 0; i < report->group_count && i < FIRST_GROUPS; i++) {
        add_group_short(pages, &report->groups[i]);
    }
    add_words(pages, report->classes.name,
              joined_lines(pages, &report->classes, REPORT_OPENED, 5),
              REPORT_TEXT(report, "none", "无"));
    add_words(pages, report->overdue.name,
              joined_lines(pages, &report->overdue, REPORT_OVERDUE, 6),
              REPORT_TEXT(report, "none", "无"));
}

static void add_spots(struct pages *pages)
{
    const struct report *report = pages->report;
    struct paper_picture *pictures = take(pages, report->spot_count, sizeof(*pictures));
    struct paper_pictures *block = take(pages, 1, sizeof(*block));
    if (report->spot_count == 0) {
        return;
    }
    for (size_t i = 0; i < report->spot_count; i++) {
        const struct report_spot *spot = &report->spots[i];
        pictures[i] = (struct paper_picture){
            (const uint8_t *)spot->photo.data, spot->photo.length, spot->place,
            arena_format(pages->arena,
                         REPORT_TEXT(report,
                                     "%.0f cases (period before: %.0f), mostly %s\n%s · "
                                     "latest case %s",
                                     "%.0f 件（上期 %.0f 件），主要为%s\n%s · 最近案件 %s"),
                         spot->cases, spot->before,
                         spot->class_name ? spot->class_name : "–", spot->code,
                         spot->case_number ? spot->case_number : "–")};
    }
    *block = (struct paper_pictures){report->spot_count, pictures,
                                     REPORT_TEXT(report, "no photo", "无照片")};
    add_heading(pages, REPORT_TEXT(report, "The five worst spots", "问题突出的五个点位"),
                90);
    add(pages, (struct paper_block){.kind = PAPER_PICTURES, .pictures = block});
}

// ---- what follows ----

static void add_headline_table(struct pages *pages)
{
    const struct report *report = pages->report;
    const struct paper_column columns[] = {
        {REPORT_TEXT(report, "Indicator", "指标"), 3, false},
        {REPORT_TEXT(report, "Now", "本期"), 1.3, true},
        {REPORT_TEXT(report, "Period before", "上期"), 1.3, true},
        {REPORT_TEXT(report, "Change", "环比"), 1.6, true},
        {REPORT_TEXT(report, "Year before", "去年同期"), 1.3, true},
        {REPORT_TEXT(report, "Change", "同比"), 1.6, true}};
    struct grid grid = grid_new(pages, columns, 6, REPORT_FIGURES, false);
    for (size_t i = 0; i < REPORT_FIGURES; i++) {
        const struct report_measure *measure = &report->measures[i];
        struct paper_cell before =
            change_cell(pages, measure, report->now[i], report->before[i]);
        struct paper_cell year =
            change_cell(pages, measure, report->now[i], report->year[i]);
        put(&grid, measure->name, PAPER_PLAIN);
        put(&grid, value_text(pages, measure, report->now[i]), PAPER_PLAIN);
        put(&grid, value_text(pages, measure, report->before[i]), PAPER_FAINT);
        put(&grid, before.text, before.tone);
        put(&grid, value_text(pages, measure, report->year[i]), PAPER_FAINT);
        put(&grid, year.text, year.tone);
    }
    add_heading(pages, REPORT_TEXT(report, "All figures", "主要指标"), 260);
    add_grid(pages, &grid);
}

// The same shares of each department: those that have anything to tell, the gravest first.
static void add_department_doubts(struct pages *pages, const struct report_table *group)
{
    const struct report *report = pages->report;
    size_t shown[REPORT_DOUBTS_MOST];
    size_t count = 0;
    size_t most = pages->phone ? 3 : 7;
    struct paper_column columns[PAPER_COLUMNS_MOST] = {
        {group->name, 3, false}, {report->measures[REPORT_CLOSING_RATE].name, 1.3, true}};
    for (size_t k = 0; k < report->doubt_count && count < most; k++) {
        bool any = false;
        for (size_t i = 0; i < group->count; i++) {
            any = any || group->lines[i].doubt_cases[k] > 0;
        }
        if (any) {
            columns[2 + count] =
                (struct paper_column){report->doubts[k].measure.name, 1.3, true};
            shown[count++] = k;
        }
    }
    struct grid grid = grid_new(pages, columns, 2 + count, count ? group->count : 0, false);
    for (size_t i = 0; count && i < group->count; i++) {
        const struct report_line *line = &group->lines[i];
        put(&grid, line->name, PAPER_PLAIN);
        put(&grid,
            value_text(pages, &report->measures[REPORT_CLOSING_RATE],
                       line->now[REPORT_CLOSING_RATE]),
            PAPER_PLAIN);
        for (size_t k = 0; k < count; k++) {
            bool bad = report->doubts[shown[k]].measure.better < 0 &&
                       line->doubt_cases[shown[k]] > 0;
            put(&grid,
                value_text(pages, &report->doubts[shown[k]].measure,
                           line->doubts[shown[k]]),
                bad ? PAPER_BAD : PAPER_PLAIN);
        }
    }
    add_grid(pages, &grid);
}

static void add_doubts(struct pages *pages)
{
    const struct report *report = pages->report;
    const struct paper_column columns[] = {
        {REPORT_TEXT(report, "Of the closing rate's cases", "结案率所含案件"), 4, false},
        {REPORT_TEXT(report, "Cases", "件数"), 1.2, true},
        {REPORT_TEXT(report, "Share", "占比"), 1.2, true},
        {REPORT_TEXT(report, "Period before", "上期"), 1.3, true}};
    const struct report_measure *cases = &report->measures[REPORT_OPENED]; // a count, too
    struct grid grid = grid_new(pages, columns, 4, report->doubt_count, false);
    for (size_t i = 0; i < report->doubt_count; i++) {
        const struct report_doubt *doubt = &report->doubts[i];
        bool bad = doubt->measure.better < 0 && doubt->cases > 0;
        put(&grid, doubt->measure.name, PAPER_PLAIN);
        put(&grid, value_text(pages, cases, doubt->cases), bad ? PAPER_BAD : PAPER_PLAIN);
        put(&grid, value_text(pages, &doubt->measure, doubt->now), PAPER_PLAIN);
        put(&grid, value_text(pages, &doubt->measure, doubt->before), PAPER_FAINT);
    }
    if (report->doubt_count > 0) {
        add_heading(pages, report_honesty_title(report), 200);
        add_grid(pages, &grid);
        for (size_t i = 0; i < report->group_count; i++) {
            add_department_doubts(pages, &report->groups[i]);
        }
        add(pages, (struct paper_block){.kind = PAPER_SMALL, .text = report->visits_note});
    }
}

static void add_chart(struct pages *pages, enum paper_form form,
                      const enum report_figure *figures, size_t count)
{
    const struct report *report = pages->report;
    struct paper_chart *chart = take(pages, 1, sizeof(*chart));
    struct paper_series *series = take(pages, count, sizeof(*series));
    const char **labels = take(pages, report->trend_count, sizeof(*labels));
    for (size_t s = 0; s < count; s++) {
        double *values = take(pages, report->trend_count, sizeof(*values));
        for (size_t i = 0; i < report->trend_count; i++) {
            values[i] = report->trend[i].values[figures[s]];
            labels[i] = report->trend[i].period.code;
        }
        series[s] = (struct paper_series){report->measures[figures[s]].name, values};
    }
    *chart =
        (struct paper_chart){.form = form,
                             .point_count = report->trend_count,
                             .labels = labels,
                             .series_count = count,
                             .series = series,
                             .percent = report->measures[figures[0]].unit == REPORT_SHARE};
    add(pages, (struct paper_block){.kind = PAPER_CHART, .chart = chart});
}

static void add_trend(struct pages *pages)
{
    static const enum report_figure came[] = {REPORT_OPENED, REPORT_CLOSED};
    static const enum report_figure rates[] = {REPORT_CLOSING_RATE, REPORT_ON_TIME_RATE};
    add_heading(pages, REPORT_TEXT(pages->report, "Trend", "趋势"), 200);
    add_chart(pages, PAPER_COLUMNS, came, 2);
    add_chart(pages, PAPER_LINES, rates, 2);
}

// Of each department's cases that should be handled: in time, late.
static void add_shares(struct pages *pages, const struct report_table *group)
{
    const struct report *report = pages->report;
    struct paper_chart *chart = take(pages, 1, sizeof(*chart));
    struct paper_series *series = take(pages, 2, sizeof(*series));
    const char **labels = take(pages, group->count, sizeof(*labels));
    double *in_time = take(pages, group->count, sizeof(*in_time));
    double *late = take(pages, group->count, sizeof(*late));
    size_t count = 0;
    for (size_t i = 0; i < group->count && count < 20; i++) {
        const double *now = group->lines[i].now;
        if (now[REPORT_TO_HANDLE] > 0) {
            labels[count] = group->lines[i].name;
            in_time[count] = now[REPORT_HANDLED_IN_TIME];
            late[count++] = now[REPORT_TO_HANDLE] - now[REPORT_HANDLED_IN_TIME];
        }
    }
    series[0] = (struct paper_series){REPORT_TEXT(report, "In time", "按期"), in_time};
    series[1] = (struct paper_series){REPORT_TEXT(report, "Late", "超期"), late};
    *chart = (struct paper_chart){.form = PAPER_SHARES,
                                  .point_count = count,
                                  .labels = labels,
                                  .series_count = 2,
                                  .series = series};
    if (count > 0) {
        add(pages, (struct paper_block){.kind = PAPER_CHART, .chart = chart});
    }
}

static void add_group(struct pages *pages, const struct report_table *group)
{
    static const enum report_figure wide[] = {REPORT_OPENED,       REPORT_CLOSED,
                                              REPORT_CLOSING_RATE, REPORT_TO_HANDLE,
                                              REPORT_OVERDUE,      REPORT_MEAN_TIME};
    static const enum report_figure narrow[] = {REPORT_OPENED, REPORT_OVERDUE};
    const struct report *report = pages->report;
    const enum report_figure *shown = pages->phone ? narrow : wide;
    size_t count = pages->phone ? 2 : 6;
    struct paper_column columns[PAPER_COLUMNS_MOST] = {
        {REPORT_TEXT(report, "Rank", "名次"), 0.8, true},
        {REPORT_TEXT(report, "Moved", "升降"), 0.9, true},
        {REPORT_TEXT(report, "Department", "部门"), 3, false},
        {group->by.name, 1.2, true}};
    for (size_t i = 0; i < count; i++) {
        columns[4 + i] = (struct paper_column){report->measures[shown[i]].name, 1.2, true};
    }
    struct grid grid = grid_new(pages, columns, 4 + count, group->count, false);
    for (size_t i = 0; i < group->count; i++) {
        const struct report_line *line = &group->lines[i];
        put_rank(pages, &grid, line);
        put(&grid, value_text(pages, &group->by, line->rank_value), PAPER_PLAIN);
        for (size_t k = 0; k < count; k++) {
            double value = line->now[shown[k]];
            put(&grid, value_text(pages, &report->measures[shown[k]], value),
                shown[k] == REPORT_OVERDUE && value > 0 ? PAPER_BAD : PAPER_PLAIN);
        }
    }
    add_heading(pages, group->name, 120);
    add_grid(pages, &grid);
    add_shares(pages, group);
}

static void add_classes(struct pages *pages)
{
    const struct report *report = pages->report;
    struct paper_chart *chart = take(pages, 1, sizeof(*chart));
    struct paper_series *series = take(pages, 1, sizeof(*series));
    const char **labels = take(pages, report->classes.count, sizeof(*labels));
    double *values = take(pages, report->classes.count, sizeof(*values));
    for (size_t i = 0; i < report->classes.count; i++) {
        const struct report_line *line = &report->classes.lines[i];
        struct paper_cell change =
            change_cell(pages, &report->measures[REPORT_OPENED], line->now[REPORT_OPENED],
                        line->before[REPORT_OPENED]);
        labels[i] = arena_format(pages->arena, "%s (%s)", line->name, change.text);
        values[i] = line->now[REPORT_OPENED];
    }
    *series = (struct paper_series){"", values};
    *chart = (struct paper_chart){.form = PAPER_BARS,
                                  .point_count = report->classes.count,
                                  .labels = labels,
                                  .series_count = 1,
                                  .series = series};
    add_heading(pages, report->classes.name, 120);
    add(pages, (struct paper_block){.kind = PAPER_CHART, .chart = chart});
}

static void add_hot(struct pages *pages)
{
    const struct report *report = pages->report;
    const struct paper_column columns[] = {
        {REPORT_TEXT(report, "Place", "地点"), 2.6, false},
        {REPORT_TEXT(report, "Class", "类别"), 2.6, false},
        {REPORT_TEXT(report, "Cases", "件数"), 1, true},
        {REPORT_TEXT(report, "Usual", "往期平均"), 1.1, true},
        {REPORT_TEXT(report, "Most before", "往期最多"), 1.1, true}};
    const struct report_measure *cases = &report->measures[REPORT_OPENED];
    struct grid grid = grid_new(pages, columns, 5, report->hot_count, false);
    for (size_t i = 0; i < report->hot_count; i++) {
        const struct report_hot *hot = &report->hot[i];
        put(&grid, hot->place, PAPER_PLAIN);
        put(&grid, hot->class_name, PAPER_PLAIN);
        put(&grid, value_text(pages, cases, hot->now), PAPER_BAD);
        put(&grid, arena_format(pages->arena, "%.1f", hot->usual), PAPER_FAINT);
        put(&grid, value_text(pages, cases, hot->before), PAPER_FAINT);
    }
    const char *note = report_hot_note(report, pages->arena);
    if (note) {
        add_heading(pages, report_hot_title(report), 100);
        add_grid(pages, &grid);
        add(pages, (struct paper_block){.kind = PAPER_SMALL, .text = note});
    }
}

static void put_moved(struct pages *pages, struct grid *grid, int rank, int before)
{
    struct report_line line = {.rank = rank, .rank_before = before};
    enum paper_tone tone;
    const char *moved = movement(pages, &line, &tone);
    put(grid, arena_format(pages->arena, "%d", rank), PAPER_PLAIN);
    put(grid, moved, tone);
}

static void add_league(struct pages *pages, const struct report_league *league)
{
    const struct report *report = pages->report;
    const struct report_measure points = {.unit = REPORT_NUMBER};
    const struct paper_column columns[] = {
        {REPORT_TEXT(report, "Rank", "名次"), 0.8, true},
        {REPORT_TEXT(report, "Moved", "升降"), 0.9, true},
        {REPORT_TEXT(report, "Name", "名称"), 3, false},
        {REPORT_TEXT(report, "Points", "得分"), 1.2, true},
        {REPORT_TEXT(report, "Before", "上期"), 1.2, true},
        {REPORT_TEXT(report, "Grade", "等级"), 1.2, false}};
    struct grid grid = grid_new(pages, columns, 6, league->count, false);
    for (size_t i = 0; i < league->count; i++) {
        const struct report_league_row *row = &league->rows[i];
        put_moved(pages, &grid, row->rank, row->rank_before);
        put(&grid, row->name, PAPER_PLAIN);
        put(&grid, value_text(pages, &points, row->points), PAPER_PLAIN);
        put(&grid, value_text(pages, &points, row->before), PAPER_FAINT);
        put(&grid, row->grade, PAPER_PLAIN);
    }
    add_heading(pages,
                arena_format(pages->arena,
                             REPORT_TEXT(report, "Scores: %s", "评分排名：%s"),
                             league->name),
                100);
    add_grid(pages, &grid);
}

static void add_rest(struct pages *pages)
{
    const struct report *report = pages->report;
    add_headline_table(pages);
    add_doubts(pages);
    add_trend(pages);
    for (size_t i = 0; i < report->group_count; i++) {
        add_group(pages, &report->groups[i]);
    }
    for (size_t i = 0; i < report->league_count; i++) {
        add_league(pages, &report->leagues[i]);
    }
    add_classes(pages);
    add_hot(pages);
    if (report->map) {
        add_heading(pages, report->map_of, 420);
        add(pages, (struct paper_block){.kind = PAPER_MAP, .map = report->map});
    }
    add(pages,
        (struct paper_block){
            .kind = PAPER_SMALL,
            .text = arena_format(
                pages->arena,
                REPORT_TEXT(report,
                            "Counted up to change %lld. %s\nA department that stands in no "
                            "group counts for the nearest one above it. A rate over "
                            "nothing is not told.",
                            "统计至变更序号 %lld。%s\n未列入分组的单位计入其上级单位。"
                            "分母为零的比率不予显示。"),
                (long long)report->position,
                report->root[0] ? report->root
                                : REPORT_TEXT(report, "No root seals this period yet.",
                                              "尚无封存根值。"))});
}

int report_write_pdf(const struct report *report, const struct report_write *how,
                     struct buffer *out, struct error *error)
{
    char created[INSTANT_TEXT_SIZE];
    struct arena *arena ARENA_CLEANUP = arena_new(PDF_ARENA);
    struct pages *pages = arena_alloc(arena, sizeof(*pages));
    pages->report = report;
    pages->arena = arena;
    pages->phone = how->phone;
    add_first_page(pages);
    add_spots(pages);
    add_rest(pages);
    instant_to_text(report->made_ms, created);
    struct paper paper = {
        .size = how->phone ? PAPER_PHONE : PAPER_A4,
        .language = report->language,
        .title =
            arena_format(arena, "%s %s", report_title(report, arena), report->period.code),
        .author = report->city,
        .created = created,
        .footer = report->root[0]
                      ? report->root
                      : arena_format(arena, "%s · %s", report->city, report->period.code),
        .block_count = pages->count,
        .blocks = pages->blocks};
    return paper_pdf(&paper, out, error);
}
