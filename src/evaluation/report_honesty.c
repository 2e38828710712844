// SPDX-License-Identifier: MPL-2.0
// What stands behind the closing rate of the bulletin: shares of the same cases.
#include <math.h>
#include <string.h>

#include <gridcase/rules/expression.h>

#include "report_internal.h"

static const struct {
    const char *share, *cases;
} doubts[] = {
    {"forced_share", "forced_of_opened"},     {"one_sided_share", "closed_one_sided"},
    {"unchecked_share", "closed_unchecked"},  {"gone_again_share", "gone_again"},
    {"reopened_share", "reopened_to_close"},  {"suspended_share", "suspended_now"},
    {"fed_back_bare_share", "fed_back_bare"}, {"checked_bare_share", "checked_bare"},
};
enum { DOUBTS = sizeof(doubts) / sizeof(doubts[0]) };
_Static_assert((int)DOUBTS <= (int)REPORT_DOUBTS_MOST, "each has its place");

static bool is_known(const struct report_job *job, const char *code)
{
    return evaluation_find(city_evaluation(job->from->city), code, strlen(code)) >= 0;
}

// Where a measure stands in what was asked; -1: nowhere.
static int place_of(const struct figure_query *query, const char *code)
{
    for (size_t i = 0; i < query->measure_count; i++) {
        if (strcmp(figure_measure(query, i)->code, code) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static double told(const struct report_asked *asked, const char *code)
{
    int at = place_of(&asked->query, code);
    return at < 0 ? (double)NAN : asked->answer.totals[at];
}

// Shares and counts that the city's tables know, with commas between.
static const char *known_codes(struct report_job *job)
{
    const char *codes = "";
    for (size_t i = 0; i < DOUBTS; i++) {
        if (is_known(job, doubts[i].share) && is_known(job, doubts[i].cases)) {
            codes = arena_format(job->arena, "%s%s%s,%s", codes, codes[0] ? "," : "",
                                 doubts[i].share, doubts[i].cases);
        }
    }
    return codes;
}

int report_honesty_make(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    const struct report_period *period = &report->period;
    const char *codes = known_codes(job);
    if (!codes[0]) {
        return 0;
    }
    struct report_asked now;
    struct report_asked before;
    struct report_ask ask = {
        .measures = codes, .from_day = period->from_day, .to_day = period->to_day};
    int code = report_ask(job, &ask, &now, error);
    ask.from_day = period->before_from;
    ask.to_day = period->before_to;
    if (!code) {
        code = report_ask(job, &ask, &before, error);
    }
    for (size_t i = 0; i < DOUBTS && !code; i++) {
        int at = place_of(&now.query, doubts[i].share);
        if (at >= 0) {
            struct report_doubt *doubt = &report->doubts[report->doubt_count++];
            report_measure_of(job, &now.query, (size_t)at, &doubt->measure);
            doubt->cases = told(&now, doubts[i].cases);
            doubt->now = told(&now, doubts[i].share);
            doubt->before = told(&before, doubts[i].share);
        }
    }
    return code;
}

// ---- of each department ----
// As in the groups' tables: a department in no group counts for the nearest one above it,
// so counts are added up and shares reckoned from the sums.

struct folding {
    struct report_job *job;
    struct report_asked asked; // by lead: shares, then the counts that they are made of
    struct report_line **lines;
    double *sums; // of each line, in the order of the measures
    size_t count;
};

static size_t find_line(const struct folding *folding, int64_t id)
{
    const struct city_snapshot *city = folding->job->from->city;
    for (int depth = 0; id != 0 && depth < 64; depth++) {
        for (size_t i = 0; i < folding->count; i++) {
            if (folding->lines[i]->id == id) {
                return i;
            }
        }
        const struct city_department *department = city_department_by_id(city, id);
        id = department ? department->parent : 0;
    }
    return folding->count;
}

static void add_rows(struct folding *folding)
{
    size_t measures = folding->asked.query.measure_count;
    for (size_t r = 0; r < folding->asked.answer.row_count; r++) {
        const struct figure_row *row = &folding->asked.answer.rows[r];
        size_t line = find_line(folding, row->keys[0].id);
        for (size_t m = 0; m < measures && line < folding->count; m++) {
            folding->sums[line * measures + m] +=
                isnan(row->values[m]) ? 0 : row->values[m];
        }
    }
}

// A share out of sums of the counts that its formula names.
static double share_of(const struct folding *folding, const struct indicator *share,
                       const double *sums)
{
    const struct figure_query *query = &folding->asked.query;
    double loads[INDICATOR_LOADS];
    for (size_t i = 0; i < INDICATOR_LOADS; i++) {
        loads[i] = (double)NAN;
    }
    for (size_t i = 0; i < share->part_count; i++) {
        const struct indicator *part =
            evaluation_measure(query->evaluation, (size_t)share->parts[i]);
        int at = part->is_count ? place_of(query, part->code) : -1;
        loads[i] = at < 0 ? (double)NAN : sums[at];
    }
    return expression_number(&share->formula, loads);
}

static void tell_line(const struct folding *folding, size_t at)
{
    const struct report *report = folding->job->report;
    const struct figure_query *query = &folding->asked.query;
    const double *sums = folding->sums + at * query->measure_count;
    struct report_line *line = folding->lines[at];
    for (size_t i = 0, k = 0; i < DOUBTS && k < report->doubt_count; i++) {
        int share = place_of(query, doubts[i].share);
        int cases = place_of(query, doubts[i].cases);
        if (strcmp(report->doubts[k].measure.code, doubts[i].share) != 0) {
            continue;
        }
        line->doubts[k] =
            share < 0 ? (double)NAN
                      : share_of(folding, figure_measure(query, (size_t)share), sums);
        line->doubt_cases[k++] = cases < 0 ? 0 : sums[cases];
    }
}

static int make_room(struct folding *folding, struct error *error)
{
    const struct report *report = folding->job->report;
    size_t count = 0;
    for (size_t g = 0; g < report->group_count; g++) {
        count += report->groups[g].count;
    }
    folding->lines = arena_array(folding->job->arena, count + 1, sizeof(*folding->lines));
    folding->sums =
        arena_array(folding->job->arena, (count + 1) * folding->asked.query.measure_count,
                    sizeof(double));
    if (!folding->lines || !folding->sums) {
        return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
    }
    for (size_t g = 0; g < report->group_count; g++) {
        for (size_t i = 0; i < report->groups[g].count; i++) {
            folding->lines[folding->count++] = &report->groups[g].lines[i];
        }
    }
    return 0;
}

int report_honesty_departments(struct report_job *job, struct error *error)
{
    struct folding folding = {.job = job};
    struct report_ask ask = {.measures = known_codes(job),
                             .by = "department",
                             .from_day = job->report->period.from_day,
                             .to_day = job->report->period.to_day};
    if (job->report->doubt_count == 0) {
        return 0;
    }
    int code = report_ask(job, &ask, &folding.asked, error);
    if (!code) {
        code = make_room(&folding, error);
    }
    if (!code) {
        add_rows(&folding);
    }
    for (size_t i = 0; i < folding.count && !code; i++) {
        tell_line(&folding, i);
    }
    return code;
}

const char *report_honesty_title(const struct report *report)
{
    return REPORT_TEXT(report, "What stands behind the closing rate", "结案率的背后");
}
