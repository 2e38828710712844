// SPDX-License-Identifier: MPL-2.0
// An answer of figures as a table for people: CSV or XLSX.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/document/sheet.h>
#include <gridcase/evaluation/figures.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/words.h>
#include <gridcase/rules/zone.h>

#include "api_internal.h"
#include "routes_internal.h"

enum { EXPORT_ARENA = 512 * 1024 * 1024 };

struct figures_job {
    struct api_call *call;
    const char *language;
    bool chinese;
    struct figure_query query;
    struct figure_answer answer;
    struct sheet *sheet;
    struct api_view view; // names of people
};

static bool is_period(const struct figure_by *by)
{
    return by->dimension <= FIGURE_BY_YEAR;
}

static const char *dimension_title(const struct figures_job *job,
                                   const struct figure_by *by)
{
    static const char *const titles[][2] = {
        [FIGURE_BY_DAY] = {"Day", "日期"},
        [FIGURE_BY_WEEK] = {"Week", "周"},
        [FIGURE_BY_MONTH] = {"Month", "月份"},
        [FIGURE_BY_QUARTER] = {"Quarter", "季度"},
        [FIGURE_BY_YEAR] = {"Year", "年"},
        [FIGURE_BY_WEEKDAY] = {"Weekday", "星期"},
        [FIGURE_BY_HOUR] = {"Hour", "小时"},
        [FIGURE_BY_DEPARTMENT] = {"Department", "部门"},
        [FIGURE_BY_AREA] = {"Area", "区域"},
        [FIGURE_BY_CLASS] = {"Class", "小类"},
        [FIGURE_BY_MAJOR] = {"Major class", "大类"},
        [FIGURE_BY_SOURCE] = {"Source", "来源"},
    };
    static const char *const ids[FIGURE_ID_COUNT][2] = {
        {"Unit grid", "单元网格"},
        {"Duty grid", "责任网格"},
        {"Desk", "指挥台"},
        {"Company", "采集公司"},
        {"Checking company", "核查公司"},
        {"Reported by", "上报人"},
        {"Accepted by", "受理人"},
        {"Verified by", "核实人"},
        {"Filed by", "立案人"},
        {"Sent by", "派遣人"},
        {"Checked by", "核查人"},
        {"Closed by", "结案人"},
    };
    const struct city_snapshot *city = job->call->snapshot;
    if (by->dimension == FIGURE_BY_AREA) {
        return city_names_text(city, &city_level(city, by->level)->name, job->language);
    }
    if (by->dimension == FIGURE_BY_ID) {
        return ids[by->level][job->chinese];
    }
    return titles[by->dimension][job->chinese];
}

static const char *measure_title(const struct figures_job *job, size_t index)
{
    const struct indicator *measure = figure_measure(&job->query, index);
    const char *label = label_text(&measure->name, job->language);
    return measure->unit == INDICATOR_SECONDS
               ? arena_format(job->call->arena, job->chinese ? "%s（小时）" : "%s (hours)",
                              label)
               : label;
}

static int open_sheet(struct figures_job *job, enum sheet_format format,
                      struct error *error)
{
    struct sheet_column columns[4 + EVALUATION_MEASURES_MOST];
    size_t count = 0;
    for (size_t i = 0; i < job->query.by_count; i++) {
        const char *title = dimension_title(job, &job->query.by[i]);
        if (!is_period(&job->query.by[i])) {
            columns[count++] = (struct sheet_column){
                arena_format(job->call->arena, job->chinese ? "%s编码" : "%s code", title),
                16};
        }
        columns[count++] = (struct sheet_column){title, 28};
    }
    if (job->query.by_count == 0) {
        columns[count++] = (struct sheet_column){job->chinese ? "合计" : "Total", 16};
    }
    for (size_t i = 0; i < job->query.measure_count; i++) {
        columns[count++] = (struct sheet_column){measure_title(job, i), 16};
    }
    struct sheet_options options = {
        .format = format,
        .directory = db_store_folder(job->call->api->store),
        .name = job->chinese ? "统计" : "Figures",
        .notes = job->chinese ? "说明" : "Notes",
        .columns = columns,
        .column_count = count,
        .zone = calendar_zone(city_calendar(job->call->snapshot, 0))};
    return sheet_new(&options, &job->sheet, error);
}

static const char *key_text(struct figures_job *job, const struct figure_by *by,
                            const struct figure_key *key)
{
    const struct city_snapshot *city = job->call->snapshot;
    const struct city_department *department = NULL;
    const struct city_area *area = NULL;
    const struct catalogue_class *of_class = NULL;
    if (by->dimension == FIGURE_BY_SOURCE) {
        return words_label(city_words(city), PROCESS_WORDS_SOURCE, (int)key->id,
                           job->language);
    }
    if (by->dimension == FIGURE_BY_DEPARTMENT &&
        (department = city_department_by_id(city, key->id))) {
        return city_names_text(city, &department->name, job->language);
    }
    if (by->dimension == FIGURE_BY_AREA && (area = city_area_by_id(city, key->id))) {
        return city_names_text(city, &area->name, job->language);
    }
    if (by->dimension == FIGURE_BY_CLASS &&
        (of_class = catalogue_class_by_id(city_catalogue(city, 0), key->id))) {
        return label_text(&of_class->name, job->language);
    }
    if (by->dimension == FIGURE_BY_MAJOR &&
        (of_class = figures_class_of_major(city, key->code))) {
        return label_text(&of_class->major_name, job->language);
    }
    if (by->dimension == FIGURE_BY_ID && by->level >= FIGURE_ID_REPORTED_BY && key->id) {
        return api_person_name(&job->view, key->id);
    }
    if (by->dimension == FIGURE_BY_ID && by->level >= FIGURE_ID_DESK &&
        (department = city_department_by_id(city, key->id))) {
        return city_names_text(city, &department->name, job->language);
    }
    if (by->dimension == FIGURE_BY_ID && by->level == FIGURE_ID_DUTY_GRID &&
        (area = city_area_by_id(city, key->id))) {
        return city_names_text(city, &area->name, job->language);
    }
    return key->code;
}

static void put_values(struct figures_job *job, const double *values)
{
    for (size_t i = 0; i < job->query.measure_count; i++) {
        const struct indicator *measure = figure_measure(&job->query, i);
        if (isnan(values[i])) {
            sheet_empty(job->sheet);
        } else if (measure->unit == INDICATOR_SECONDS) {
            sheet_number(job->sheet, values[i] / 3600, 2);
        } else {
            sheet_number(job->sheet, values[i], figures_decimals(measure, 4));
        }
    }
}

static int put_row(struct figures_job *job, const struct figure_row *row,
                   struct error *error)
{
    for (size_t i = 0; i < job->query.by_count; i++) {
        const struct figure_by *by = &job->query.by[i];
        const struct figure_key *key = &row->keys[i];
        if (!is_period(by)) {
            sheet_text(job->sheet, key->code, SHEET_PLAIN);
        }
        sheet_text(job->sheet, key_text(job, by, key), SHEET_PLAIN);
    }
    put_values(job, row->values);
    return sheet_end_row(job->sheet, error);
}

static int put_totals(struct figures_job *job, struct error *error)
{
    sheet_text(job->sheet, job->chinese ? "合计" : "Total", SHEET_PLAIN);
    for (size_t i = 0; i < job->query.by_count; i++) {
        if (!is_period(&job->query.by[i])) {
            sheet_empty(job->sheet);
        }
        if (i > 0) {
            sheet_empty(job->sheet);
        }
    }
    put_values(job, job->answer.totals);
    return sheet_end_row(job->sheet, error);
}

// What the table is of, on a worksheet of its own.
static void put_notes(struct figures_job *job)
{
    const struct city_snapshot *city = job->call->snapshot;
    struct arena *arena = job->call->arena;
    struct zone_local now;
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    date_to_text(job->query.from_day, from);
    date_to_text(job->query.to_day, to);
    zone_local(calendar_zone(city_calendar(city, 0)), job->query.now_ms, &now);
    sheet_note(job->sheet, job->chinese ? "城市" : "City", city_name(city, job->language));
    sheet_note(job->sheet, job->chinese ? "时段" : "Period",
               arena_format(arena, "%s - %s", from, to));
    sheet_note(job->sheet, job->chinese ? "统计时间" : "As of",
               arena_format(arena, "%04d-%02d-%02d %02d:%02d", now.year, now.month, now.day,
                            now.hour, now.minute));
    sheet_note(job->sheet, job->chinese ? "时区" : "Time zone", city_time_zone(city));
}

static void reply(struct figures_job *job, enum sheet_format format, int descriptor,
                  int64_t length)
{
    char name[200];
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    date_to_text(job->query.from_day, from);
    date_to_text(job->query.to_day, to);
    snprintf(name, sizeof(name), "attachment; filename=\"%.63s-figures-%s-%s.%s\"",
             city_slug(job->call->snapshot), from, to, sheet_format_ending(format));
    http_reply_header(job->call->request, "Content-Disposition", name);
    http_reply_descriptor(job->call->request, 200, sheet_format_type(format), descriptor,
                          length);
}

static int write_sheet(struct figures_job *job, enum sheet_format format,
                       struct error *error)
{
    int descriptor = -1;
    int64_t length = 0;
    int code = open_sheet(job, format, error);
    for (size_t i = 0; i < job->answer.row_count && !code; i++) {
        code = put_row(job, &job->answer.rows[i], error);
    }
    if (!code) {
        code = put_totals(job, error);
    }
    if (!code) {
        put_notes(job);
        code = sheet_finish(job->sheet, &descriptor, &length, error);
    }
    if (!code) {
        reply(job, format, descriptor, length);
    }
    return code;
}

static int export_figures(struct api_call *call, struct db *db, enum sheet_format format,
                          struct error *error)
{
    const char *language = http_request_query(call->request, "language");
    struct figures_job job = {
        .call = call,
        .language = language && *language ? language : city_language(call->snapshot, 0)};
    job.chinese = text_starts(job.language, "zh");
    api_view_init(&job.view, call, db, NULL);
    struct arena *arena ARENA_CLEANUP = arena_new(EXPORT_ARENA);
    int code = figures_read(call, true, &job.query, error);
    if (!code) {
        code = figures_compute(call->city->facts, db, call->snapshot, &call->session.actor,
                               &job.query, arena, &job.answer, error);
    }
    if (!code) {
        figures_log_trouble(call, &job.answer.trouble);
        code = write_sheet(&job, format, error);
    }
    job.sheet = sheet_free(job.sheet);
    return code;
}

int figures_csv(struct api_call *call, struct db *db, struct error *error)
{
    return export_figures(call, db, SHEET_CSV, error);
}

int figures_xlsx(struct api_call *call, struct db *db, struct error *error)
{
    return export_figures(call, db, SHEET_XLSX, error);
}
