// SPDX-License-Identifier: MPL-2.0
// Departments in their groups, ranked; classes; overdue stock. A department that stands in
// no group counts for the nearest one above it that does, so nothing counts twice.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "report_internal.h"

enum { OVERDUE_MOST = 10 };

static int out_of_memory(struct error *error)
{
    return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
}

// ---- sums of departments ----

struct member {
    const struct city_department *department;
    int group;
    struct report_line line;
    double seconds[2]; // of the closed: what the mean time is made of
};
struct members {
    size_t count;
    struct member *items;
};

static struct member *member_of(const struct members *members,
                                const struct city_snapshot *city, int64_t id)
{
    for (int depth = 0; id != 0 && depth < 64; depth++) {
        for (size_t i = 0; i < members->count; i++) {
            if (members->items[i].department->id == id) {
                return &members->items[i];
            }
        }
        const struct city_department *department = city_department_by_id(city, id);
        id = department ? department->parent : 0;
    }
    return NULL;
}

static int list_members(struct report_job *job, const struct report_plan *plan,
                        struct members *members, struct error *error)
{
    const struct city_snapshot *city = job->from->city;
    members->items =
        arena_array(job->arena, city_departments(city) + 1, sizeof(*members->items));
    if (!members->items) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < city_departments(city); i++) {
        const struct city_department *department = city_department(city, i);
        int group = plan ? report_plan_group_of(plan, department->code, department->kind)
                         : (department->parent != 0 ? 0 : -1);
        if (group >= 0 && !department->closed) {
            members->items[members->count++] =
                (struct member){.department = department,
                                .group = group,
                                .line = {.id = department->id,
                                         .code = department->code,
                                         .name = city_names_text(city, &department->name,
                                                                 job->report->language)}};
        }
    }
    return 0;
}

static void add_row(struct member *member, const struct figure_row *row, bool before)
{
    double *to = before ? member->line.before : member->line.now;
    for (int i = 0; i < REPORT_FIGURES; i++) {
        if (i != REPORT_MEAN_TIME && !isnan(row->values[i])) {
            to[i] += row->values[i];
        }
    }
    if (!isnan(row->values[REPORT_MEAN_TIME])) {
        member->seconds[before] +=
            row->values[REPORT_MEAN_TIME] * row->values[REPORT_CLOSED];
    }
}

static int add_period(struct report_job *job, const struct members *members, bool before,
                      struct error *error)
{
    const struct report_period *period = &job->report->period;
    struct report_asked asked;
    struct report_ask ask = {.measures = report_codes,
                             .by = "department",
                             .from_day = before ? period->before_from : period->from_day,
                             .to_day = before ? period->before_to : period->to_day};
    int code = report_ask(job, &ask, &asked, error);
    for (size_t i = 0; !code && i < asked.answer.row_count; i++) {
        const struct figure_row *row = &asked.answer.rows[i];
        struct member *member = member_of(members, job->from->city, row->keys[0].id);
        if (member) {
            add_row(member, row, before);
        }
    }
    for (size_t i = 0; !code && i < members->count; i++) {
        struct member *member = &members->items[i];
        double *values = before ? member->line.before : member->line.now;
        report_reckon(values);
        values[REPORT_MEAN_TIME] = values[REPORT_CLOSED] > 0
                                       ? member->seconds[before] / values[REPORT_CLOSED]
                                       : (double)NAN;
    }
    return code;
}

// ---- ranking ----

static int figure_of(const char *code)
{
    const char *cursor = report_codes;
    size_t length;
    for (int i = 0; i < REPORT_FIGURES; i++) {
        const char *word = text_next(&cursor, ',', &length);
        if (word && strlen(code) == length && memcmp(word, code, length) == 0) {
            return i;
        }
    }
    return -1;
}

// A measure that the columns do not have is asked for each member, those below it included.
static int ask_rank(struct report_job *job, const char *measure, int64_t department,
                    bool before, double *ret_value, struct error *error)
{
    const struct report_period *period = &job->report->period;
    struct report_asked asked;
    struct report_ask ask = {.measures = measure,
                             .from_day = before ? period->before_from : period->from_day,
                             .to_day = before ? period->before_to : period->to_day,
                             .filter = "department",
                             .value =
                                 arena_format(job->arena, "%lld", (long long)department)};
    int code = report_ask(job, &ask, &asked, error);
    if (!code) {
        *ret_value = asked.answer.totals[0];
    }
    return code;
}

static int set_rank_values(struct report_job *job, struct report_table *table,
                           struct error *error)
{
    int figure = figure_of(table->by.code);
    int code = 0;
    for (size_t i = 0; i < table->count && !code; i++) {
        struct report_line *line = &table->lines[i];
        if (figure >= 0) {
            line->rank_value = line->now[figure];
            line->rank_value_before = line->before[figure];
            continue;
        }
        code = ask_rank(job, table->by.code, line->id, false, &line->rank_value, error);
        if (!code) {
            code = ask_rank(job, table->by.code, line->id, true, &line->rank_value_before,
                            error);
        }
    }
    return code;
}

// How many are better: those who are alike share a place.
static void set_ranks(struct report_table *table)
{
    double sign = table->by.better < 0 ? -1 : 1;
    for (size_t i = 0; i < table->count; i++) {
        struct report_line *line = &table->lines[i];
        line->rank = isnan(line->rank_value) ? 0 : 1;
        line->rank_before = isnan(line->rank_value_before) ? 0 : 1;
        for (size_t k = 0; k < table->count; k++) {
            const struct report_line *other = &table->lines[k];
            line->rank += line->rank && sign * other->rank_value > sign * line->rank_value;
            line->rank_before += line->rank_before && sign * other->rank_value_before >
                                                          sign * line->rank_value_before;
        }
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct report_line *left = a;
    const struct report_line *right = b;
    int left_rank = left->rank ? left->rank : 1 << 30;
    int right_rank = right->rank ? right->rank : 1 << 30;
    if (left_rank != right_rank) {
        return left_rank < right_rank ? -1 : 1;
    }
    if (left->now[REPORT_OPENED] != right->now[REPORT_OPENED]) {
        return left->now[REPORT_OPENED] > right->now[REPORT_OPENED] ? -1 : 1;
    }
    return strcmp(left->code, right->code);
}

static int make_group(struct report_job *job, const struct members *members, int group,
                      struct report_table *table, struct error *error)
{
    struct report_asked asked;
    struct report_ask ask = {.measures = table->by.code,
                             .from_day = job->report->period.from_day,
                             .to_day = job->report->period.to_day};
    int code = report_ask(job, &ask, &asked, error);
    table->lines = arena_array(job->arena, members->count + 1, sizeof(*table->lines));
    if (!code && !table->lines) {
        code = out_of_memory(error);
    }
    if (code) {
        return code;
    }
    report_measure_of(job, &asked.query, 0, &table->by);
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i].group == group) {
            table->lines[table->count++] = members->items[i].line;
        }
    }
    code = set_rank_values(job, table, error);
    if (!code) {
        set_ranks(table);
        qsort(table->lines, table->count, sizeof(*table->lines), by_rank);
    }
    return code;
}

static int make_groups(struct report_job *job, struct error *error)
{
    const struct report_plan *plan = city_report_plan(job->from->city);
    struct report *report = job->report;
    struct members members = {0};
    size_t count = plan ? report_plan_groups(plan) : 0;
    bool plain = count == 0;
    int code = list_members(job, plain ? NULL : plan, &members, error);
    report->groups = arena_array(job->arena, count + 1, sizeof(*report->groups));
    if (!code && !report->groups) {
        code = out_of_memory(error);
    }
    if (!code) {
        code = add_period(job, &members, false, error);
    }
    if (!code) {
        code = add_period(job, &members, true, error);
    }
    for (size_t i = 0; i < count + plain && !code; i++) {
        struct report_table *table = &report->groups[report->group_count];
        const struct report_group *group = plain ? NULL : report_plan_group(plan, i);
        *table = (struct report_table){
            .code = group ? group->code : "all",
            .name = group ? label_text(&group->name, report->language)
                          : REPORT_TEXT(report, "Departments", "各部门"),
            .by.code = group ? group->measure : "on_time_rate"};
        code = make_group(job, &members, (int)i, table, error);
        report->group_count +=
            table->count > 0; // a group that the city has not is left out
    }
    return code;
}

// ---- lists by one figure ----

struct order {
    int figure;
};

static int most_first(const void *a, const void *b, void *context)
{
    const struct order *order = context;
    const struct report_line *left = a;
    const struct report_line *right = b;
    double x = left->now[order->figure];
    double y = right->now[order->figure];
    return x != y ? (x > y ? -1 : 1) : strcmp(left->code, right->code);
}

static int take_lines(struct report_job *job, const struct report_asked *asked, int figure,
                      struct report_table *table, struct error *error)
{
    table->lines =
        arena_array(job->arena, asked->answer.row_count + 1, sizeof(*table->lines));
    if (!table->lines) {
        return out_of_memory(error);
    }
    for (size_t i = 0; i < asked->answer.row_count; i++) {
        const struct figure_row *row = &asked->answer.rows[i];
        if (!(row->values[figure] > 0)) {
            continue;
        }
        struct report_line *line = &table->lines[table->count++];
        *line = (struct report_line){
            .id = row->keys[0].id,
            .code = row->keys[0].code,
            .name = report_key_name(job, &asked->query.by[0], &row->keys[0])};
        memcpy(line->now, row->values, sizeof(line->now));
        for (int k = 0; k < REPORT_FIGURES; k++) {
            line->before[k] = (double)NAN;
        }
    }
    struct order order = {figure};
    qsort_r(table->lines, table->count, sizeof(*table->lines), most_first, &order);
    return 0;
}

static void take_before(const struct report_asked *asked, struct report_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        table->lines[i].before[REPORT_OPENED] = 0;
        for (size_t k = 0; k < asked->answer.row_count; k++) {
            if (asked->answer.rows[k].keys[0].id == table->lines[i].id) {
                memcpy(table->lines[i].before, asked->answer.rows[k].values,
                       sizeof(table->lines[i].before));
            }
        }
    }
}

static int make_list(struct report_job *job, const char *by, int figure, size_t most,
                     struct report_table *table, struct error *error)
{
    const struct report_period *period = &job->report->period;
    struct report_asked asked;
    struct report_ask ask = {.measures = report_codes,
                             .by = by,
                             .from_day = period->from_day,
                             .to_day = period->to_day};
    int code = report_ask(job, &ask, &asked, error);
    if (!code) {
        code = take_lines(job, &asked, figure, table, error);
    }
    table->count = !code && table->count > most ? most : table->count;
    ask.from_day = period->before_from;
    ask.to_day = period->before_to;
    if (!code) {
        code = report_ask(job, &ask, &asked, error);
    }
    if (!code) {
        take_before(&asked, table);
    }
    return code;
}

const char *report_classes_name(const struct report *report)
{
    return REPORT_TEXT(report, "Commonest classes", "高发问题类别");
}

const char *report_overdue_name(const struct report *report)
{
    return REPORT_TEXT(report, "Units with overdue stock", "超期未处置单位");
}

int report_groups_make(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    int code = make_groups(job, error);
    report->classes.name = report_classes_name(report);
    report->overdue.name = report_overdue_name(report);
    if (!code) {
        code =
            make_list(job, "class", REPORT_OPENED, REPORT_CLASSES, &report->classes, error);
    }
    if (!code) {
        code = make_list(job, "department", REPORT_OVERDUE, OVERDUE_MOST, &report->overdue,
                         error);
    }
    return code;
}
