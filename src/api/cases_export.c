// SPDX-License-Identifier: MPL-2.0
// The list on the screen as a table for a spreadsheet program: the list's own filter, right
// and sight, read in one transaction page by page, at most EXPORT_ROWS_MOST rows, or
// limit=. A table that was cut says so: header Gridcase-Cut, file name, last row, second
// worksheet.
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

enum {
    EXPORT_ROWS_MOST = 50000,
    EXPORT_PAGE = 500,
    EXPORT_PAGE_ARENA = 16 * 1024 * 1024,
    EXPORT_US_MOST = 60 * 1000 * 1000, // of reading; what is left then is cut
};

enum word {
    WORD_CASES,
    WORD_NOTES,
    WORD_LIGHTS, // none, green, yellow, red: as enum clock_light
    WORD_CITY = WORD_LIGHTS + CLOCK_LIGHT_COUNT,
    WORD_MADE,
    WORD_ZONE,
    WORD_ROWS,
    WORD_FILTER,
    WORD_CUT,
    WORD_CUT_NOTE,
    WORD_ATTRIBUTION,
    WORD_COUNT,
};
static const struct {
    const char *chinese, *english;
} words[WORD_COUNT] = {
    [WORD_CASES] = {"案件", "Cases"},
    [WORD_NOTES] = {"说明", "About"},
    [WORD_LIGHTS + CLOCK_LIGHT_NONE] = {"未计时", "No clock"},
    [WORD_LIGHTS + CLOCK_LIGHT_GREEN] = {"正常", "On time"},
    [WORD_LIGHTS + CLOCK_LIGHT_YELLOW] = {"临期", "Due soon"},
    [WORD_LIGHTS + CLOCK_LIGHT_RED] = {"超期", "Overdue"},
    [WORD_CITY] = {"城市", "City"},
    [WORD_MADE] = {"导出时间", "Made at"},
    [WORD_ZONE] = {"时区", "Time zone"},
    [WORD_ROWS] = {"行数", "Rows"},
    [WORD_FILTER] = {"筛选条件", "Filter"},
    [WORD_CUT] = {"列表未完：仅含前 %u 件，请缩小筛选范围",
                  "Cut: the first %u cases only; narrow the filter"},
    [WORD_CUT_NOTE] = {"不完整", "Incomplete"},
    [WORD_ATTRIBUTION] = {"数据来源", "Sources"},
};

// Columns before and after those of the city's area levels.
enum column {
    COLUMN_NUMBER,
    COLUMN_LIGHT,
    COLUMN_DUE,
    COLUMN_CLASS,
    COLUMN_CONDITION,
    COLUMN_PLACE,
    COLUMN_DESCRIPTION,
    COLUMN_STAGE,
    COLUMN_STEP,
    COLUMN_DEPARTMENT,
    COLUMN_HOLDER,
    COLUMN_OPENED,
    COLUMN_CLOSED,
    COLUMN_OUTCOME,
    COLUMN_LIMIT,
    COLUMN_SOURCE,
    COLUMN_EXTERNAL_ID,
    COLUMN_GRID,
    COLUMN_LEVELS, // from here on the levels
    COLUMN_LAT = COLUMN_LEVELS,
    COLUMN_LON,
    COLUMN_COUNT,
};
static const struct {
    const char *chinese, *english;
    double width;
} columns[COLUMN_COUNT] = {
    [COLUMN_NUMBER] = {"案件编号", "Number", 17},
    [COLUMN_LIGHT] = {"时限状态", "Light", 10},
    [COLUMN_DUE] = {"截止时间", "Due", 16},
    [COLUMN_CLASS] = {"类别", "Class", 26},
    [COLUMN_CONDITION] = {"情形", "Condition", 20},
    [COLUMN_PLACE] = {"位置", "Place", 32},
    [COLUMN_DESCRIPTION] = {"问题描述", "Description", 48},
    [COLUMN_STAGE] = {"阶段", "Stage", 11},
    [COLUMN_STEP] = {"环节", "Step", 18},
    [COLUMN_DEPARTMENT] = {"主办部门", "Department", 26},
    [COLUMN_HOLDER] = {"当前责任方", "Held by", 22},
    [COLUMN_OPENED] = {"上报时间", "Opened", 16},
    [COLUMN_CLOSED] = {"结束时间", "Closed", 16},
    [COLUMN_OUTCOME] = {"结果", "Outcome", 13},
    [COLUMN_LIMIT] = {"处置时限", "Limit", 20},
    [COLUMN_SOURCE] = {"来源", "Source", 12},
    [COLUMN_EXTERNAL_ID] = {"来源编号", "Source's number", 16},
    [COLUMN_GRID] = {"单元网格", "Unit grid", 18},
    [COLUMN_LAT] = {"纬度", "Latitude", 11},
    [COLUMN_LON] = {"经度", "Longitude", 11},
};

static const char *const figure_parameters[] = {
    "figure", "figure_part", FIGURES_FILTER_NAMES, "limit", "language", NULL};

struct export_job {
    struct api_call *call;
    struct api_view view; // names of people, as the list shows them
    struct sheet *sheet;
    const struct zone *zone;
    const char *language;
    bool chinese;
    bool cut;
    unsigned rows, rows_most;
    int64_t end_us;
    struct figure_list behind; // the cases of a figure
    bool of_figure;            // they are the rows, and no filter
};

static const char *word(const struct export_job *job, int which)
{
    return job->chinese ? words[which].chinese : words[which].english;
}

// ---- one row ----

static const char *department_name(const struct export_job *job, int64_t id)
{
    const struct city_snapshot *city = job->call->snapshot;
    const struct city_department *department = id ? city_department_by_id(city, id) : NULL;
    return department ? city_names_text(city, &department->name, job->language) : "";
}

static const char *holder_name(struct export_job *job, const struct case_summary *summary)
{
    if (summary->holder_person_id) {
        return api_person_name(&job->view, summary->holder_person_id);
    }
    if (summary->holder_department_id) { // a unit, a crew, a desk
        return department_name(job, summary->holder_department_id);
    }
    if (summary->holder_role >= 0 && summary->holder_role != PROCESS_DEPARTMENT) {
        return words_label(city_words(job->call->snapshot), PROCESS_WORDS_ROLE,
                           summary->holder_role, job->language);
    }
    return summary->task == PROCESS_TASK_NONE
               ? ""
               : department_name(job, summary->department_id);
}

static void put_class(struct export_job *job, const struct case_summary *summary)
{
    const struct catalogue *catalogue =
        city_catalogue(job->call->snapshot, summary->catalogue_version);
    const struct catalogue_class *class =
        catalogue ? catalogue_class_by_id(catalogue, summary->class_id) : NULL;
    const struct catalogue_condition *condition =
        catalogue ? catalogue_condition_by_id(catalogue, summary->condition_id) : NULL;
    sheet_text(job->sheet, class ? label_text(&class->name, job->language) : "",
               SHEET_PLAIN);
    sheet_text(job->sheet,
               condition && !condition->implicit
                   ? label_text(&condition->name, job->language)
                   : "",
               SHEET_PLAIN);
}

static void put_light(struct export_job *job, const struct case_summary *summary)
{
    static const enum sheet_tone tones[CLOCK_LIGHT_COUNT] = {
        [CLOCK_LIGHT_GREEN] = SHEET_GREEN,
        [CLOCK_LIGHT_YELLOW] = SHEET_YELLOW,
        [CLOCK_LIGHT_RED] = SHEET_RED};
    bool open = summary->closed_ms == INSTANT_NONE;
    enum clock_light light = case_light(summary, job->call->now_ms);
    bool told = open || light == CLOCK_LIGHT_RED;
    sheet_text(job->sheet, told ? word(job, WORD_LIGHTS + (int)light) : "",
               told ? tones[light] : SHEET_PLAIN);
}

static void put_step(struct export_job *job, const struct case_summary *summary)
{
    const struct process *process =
        city_process(job->call->snapshot, summary->process_version);
    int step = process ? process_step_find(process, summary->step) : -1;
    sheet_text(job->sheet,
               words_label(city_words(job->call->snapshot), PROCESS_WORDS_STAGE,
                           (int)summary->stage, job->language),
               SHEET_PLAIN);
    sheet_text(job->sheet,
               step >= 0
                   ? label_text(&process_step(process, (size_t)step)->label, job->language)
                   : summary->step,
               SHEET_PLAIN);
}

static void put_limit(struct export_job *job, const struct case_summary *summary)
{
    BUFFER_CLEANUP struct buffer text;
    buffer_init(&text, BUFFER_CEILING_LINE);
    if (summary->clock.kind != PROCESS_CLOCK_NONE) {
        case_limit_text(&summary->clock, job->language, &text);
    }
    sheet_text(job->sheet, text.data ? text.data : "", SHEET_PLAIN);
}

static void put_where(struct export_job *job, const struct case_summary *summary)
{
    const struct city_snapshot *city = job->call->snapshot;
    const struct city_grid *grid =
        summary->grid_id ? city_grid_by_id(city, summary->grid_id) : NULL;
    sheet_text(job->sheet, grid ? grid->code : "", SHEET_PLAIN);
    for (size_t i = 0; i < city_levels(city); i++) {
        const struct city_area *area =
            summary->areas[i] ? city_area_by_id(city, summary->areas[i]) : NULL;
        const char *name = area ? city_names_text(city, &area->name, job->language) : "";
        sheet_text(job->sheet, area && !*name ? area->code : name, SHEET_PLAIN);
    }
    if (summary->has_point) {
        sheet_number(job->sheet, summary->lat_deg, 6);
        sheet_number(job->sheet, summary->lon_deg, 6);
    }
}

static int put_row(struct export_job *job, const struct case_summary *summary,
                   struct error *error)
{
    struct sheet *sheet = job->sheet;
    bool ended = summary->outcome != PROCESS_OUTCOME_NONE;
    sheet_text(sheet, summary->number, SHEET_PLAIN);
    put_light(job, summary);
    sheet_instant(sheet, summary->clock.kind == PROCESS_CLOCK_NONE
                             ? INSTANT_NONE
                             : summary->clock.state.due_ms);
    put_class(job, summary);
    sheet_text(sheet, summary->place, SHEET_PLAIN);
    sheet_text(sheet, summary->description, SHEET_PLAIN);
    put_step(job, summary);
    sheet_text(sheet, department_name(job, summary->department_id), SHEET_PLAIN);
    sheet_text(sheet, holder_name(job, summary), SHEET_PLAIN);
    sheet_instant(sheet, summary->opened_ms);
    sheet_instant(sheet, summary->closed_ms);
    sheet_text(sheet,
               ended ? words_label(city_words(job->call->snapshot), PROCESS_WORDS_OUTCOME,
                                   (int)summary->outcome, job->language)
                     : "",
               SHEET_PLAIN);
    put_limit(job, summary);
    sheet_text(sheet,
               words_label(city_words(job->call->snapshot), PROCESS_WORDS_SOURCE,
                           (int)summary->source, job->language),
               SHEET_PLAIN);
    sheet_text(sheet, summary->external_id ? summary->external_id : "", SHEET_PLAIN);
    put_where(job, summary);
    if (job->call->missing.code) {
        *error = job->call->missing;
        return error->code;
    }
    return sheet_end_row(sheet, error);
}

// ---- all rows ----

static int put_page(struct export_job *job, const struct case_page *page,
                    struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < page->count && !code && !job->cut; i++) {
        job->cut = job->rows == job->rows_most;
        if (!job->cut) {
            code = put_row(job, &page->items[i], error);
            job->rows++;
        }
    }
    return code;
}

static int put_rows(struct export_job *job, struct db *db, struct case_filter *filter,
                    struct error *error)
{
    char cursor[128] = "";
    filter->limit = EXPORT_PAGE;
    for (;;) {
        ARENA_CLEANUP struct arena *arena = arena_new(EXPORT_PAGE_ARENA);
        struct case_page page;
        int code = api_case_page(job->call, db, filter, arena, &page, error);
        if (!code) {
            code = put_page(job, &page, error);
        }
        if (code || job->cut || !page.next_cursor) {
            return code;
        }
        if (instant_monotonic_us() > job->end_us) {
            job->cut = true;
            return 0;
        }
        if (text_format(cursor, sizeof(cursor), "%s", page.next_cursor)) {
            return error_set(error, ERROR_BUG, "case.cursor", "a cursor does not fit");
        }
        filter->cursor = cursor;
    }
}

// Those of a figure, which were chosen before.
static int put_listed(struct export_job *job, struct db *db, struct error *error)
{
    const struct figure_list *list = &job->behind;
    int code = 0;
    for (size_t i = 0; i < list->count && !code; i += EXPORT_PAGE) {
        size_t left = list->count - i;
        ARENA_CLEANUP struct arena *arena = arena_new(EXPORT_PAGE_ARENA);
        struct case_page page = {0};
        code = case_list_ids(db, job->call->snapshot, &job->call->session.actor,
                             list->case_ids + i, left < EXPORT_PAGE ? left : EXPORT_PAGE,
                             arena, &page, error);
        if (!code) {
            code = put_page(job, &page, error);
        }
    }
    job->cut = job->cut || list->next != 0;
    return code;
}

// ---- the sheet around them ----

static int open_sheet(struct export_job *job, enum sheet_format format, struct error *error)
{
    const struct city_snapshot *city = job->call->snapshot;
    struct sheet_column list[COLUMN_COUNT + CITY_LEVEL_LIMIT];
    size_t count = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        for (size_t level = 0; i == COLUMN_LEVELS && level < city_levels(city); level++) {
            const char *name =
                city_names_text(city, &city_level(city, level)->name, job->language);
            list[count++] =
                (struct sheet_column){*name ? name : city_level(city, level)->code, 16};
        }
        list[count++] = (struct sheet_column){
            job->chinese ? columns[i].chinese : columns[i].english, columns[i].width};
    }
    struct sheet_options options = {.format = format,
                                    .directory = db_store_folder(job->call->api->store),
                                    .name = word(job, WORD_CASES),
                                    .notes = word(job, WORD_NOTES),
                                    .columns = list,
                                    .column_count = count,
                                    .zone = job->zone};
    return sheet_new(&options, &job->sheet, error);
}

// What was asked for, without its pages and language.
static void filter_words(struct export_job *job, struct buffer *out)
{
    const char *const *names = job->of_figure ? figure_parameters : api_case_parameters;
    for (size_t i = 0; names[i]; i++) {
        const char *name = names[i];
        const char *value = http_request_query(job->call->request, name);
        if (value && *value && strcmp(name, "limit") != 0 &&
            strcmp(name, "language") != 0 && strcmp(name, "cursor") != 0) {
            buffer_format(out, "%s%s=%.200s", out->length ? "; " : "", name, value);
        }
    }
}

static void put_notes(struct export_job *job)
{
    const struct city_snapshot *city = job->call->snapshot;
    struct zone_local now;
    char text[128];
    BUFFER_CLEANUP struct buffer filter;
    buffer_init(&filter, BUFFER_CEILING_LINE);
    filter_words(job, &filter);
    sheet_note(job->sheet, word(job, WORD_CITY), city_name(city, job->language));
    zone_local(job->zone, job->call->now_ms, &now);
    snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d", now.year, now.month, now.day,
             now.hour, now.minute);
    sheet_note(job->sheet, word(job, WORD_MADE), text);
    sheet_note(job->sheet, word(job, WORD_ZONE), city_time_zone(city));
    snprintf(text, sizeof(text), "%u", job->rows);
    sheet_note(job->sheet, word(job, WORD_ROWS), text);
    sheet_note(job->sheet, word(job, WORD_FILTER), filter.data ? filter.data : "");
    sheet_note(job->sheet, word(job, WORD_ATTRIBUTION), city_attribution(city));
}

static int put_cut(struct export_job *job, struct error *error)
{
    char text[160];
    const char *format = word(job, WORD_CUT);
    const char *mark = strstr(format, "%u"); // the one place for the number
    snprintf(text, sizeof(text), "%.*s%u%s", (int)(mark - format), format, job->rows,
             mark + 2);
    sheet_note(job->sheet, word(job, WORD_CUT_NOTE), text);
    sheet_text(job->sheet, text, SHEET_YELLOW);
    return sheet_end_row(job->sheet, error);
}

static void reply(struct export_job *job, enum sheet_format format, int descriptor,
                  int64_t length)
{
    struct http_request *request = job->call->request;
    struct zone_local now;
    char name[200], rows[16];
    zone_local(job->zone, job->call->now_ms, &now);
    snprintf(rows, sizeof(rows), "%u", job->rows);
    snprintf(name, sizeof(name),
             "attachment; filename=\"%.63s-cases-%04d%02d%02d-%02d%02d%s%s.%s\"",
             city_slug(job->call->snapshot), now.year, now.month, now.day, now.hour,
             now.minute, job->cut ? "-first-" : "", job->cut ? rows : "",
             sheet_format_ending(format));
    http_reply_header(request, "Content-Disposition", name);
    http_reply_header(request, "Gridcase-Rows", rows);
    if (job->cut) {
        http_reply_header(request, "Gridcase-Cut", rows);
    }
    http_reply_descriptor(request, 200, sheet_format_type(format), descriptor, length);
}

static int write_sheet(struct export_job *job, struct db *db, struct case_filter *filter,
                       enum sheet_format format, struct error *error)
{
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    int descriptor = -1;
    int64_t length = 0;
    int code = open_sheet(job, format, error);
    if (!code) {
        code = db_begin(db, DB_READ, &transaction, error);
    }
    if (!code) {
        code =
            job->of_figure ? put_listed(job, db, error) : put_rows(job, db, filter, error);
    }
    db_rollback(&transaction); // nothing was written
    if (!code) {
        put_notes(job);
        code = job->cut ? put_cut(job, error) : 0;
    }
    if (!code) {
        code = sheet_finish(job->sheet, &descriptor, &length, error);
    }
    if (!code) {
        reply(job, format, descriptor, length);
    }
    return code;
}

// A limit that was asked for is one of the whole table.
static int choose_rows(struct export_job *job, struct db *db, struct case_filter *filter,
                       struct error *error)
{
    struct api_call *call = job->call;
    job->of_figure = figures_asked_for(call);
    job->rows_most = EXPORT_ROWS_MOST;
    int code = api_query_only(
        call, job->of_figure ? figure_parameters : api_case_export_parameters, error);
    if (!code && job->of_figure) {
        int64_t most = EXPORT_ROWS_MOST;
        code = api_query_int(call, "limit", 1, EXPORT_ROWS_MOST, &most, error);
        job->rows_most = (unsigned)most;
        if (!code) {
            code = figures_behind(call, db, INT64_MAX, (size_t)most, &job->behind, error);
        }
        return code;
    }
    if (!code) {
        code = api_case_filter(call, filter, error);
    }
    if (!code && http_request_query(call->request, "limit")) {
        job->rows_most = filter->limit;
    }
    return code;
}

static int export_cases(struct api_call *call, struct db *db, enum sheet_format format,
                        struct error *error)
{
    struct case_filter filter;
    const char *language = http_request_query(call->request, "language");
    struct export_job job = {
        .call = call,
        .language = language && *language ? language : city_language(call->snapshot, 0)};
    job.chinese = strncmp(job.language, "zh", 2) == 0;
    job.zone = calendar_zone(city_calendar(call->snapshot, 0));
    job.end_us = instant_monotonic_us() + EXPORT_US_MOST;
    api_view_init(&job.view, call, db, NULL);
    int code = choose_rows(&job, db, &filter, error);
    if (!code) {
        code = write_sheet(&job, db, &filter, format, error);
    }
    job.sheet = sheet_free(job.sheet);
    return code;
}

int cases_csv(struct api_call *call, struct db *db, struct error *error)
{
    return export_cases(call, db, SHEET_CSV, error);
}

int cases_xlsx(struct api_call *call, struct db *db, struct error *error)
{
    return export_cases(call, db, SHEET_XLSX, error);
}
