// SPDX-License-Identifier: MPL-2.0
// What stands behind the closing rate of the bulletin: shares of the same cases.
#include <math.h>
#include <string.h>

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

static void take_line(const struct report *report, const struct figure_query *query,
                      const double *values, struct report_line *line)
{
    for (size_t i = 0, k = 0; i < DOUBTS && k < report->doubt_count; i++) {
        int share = place_of(query, doubts[i].share);
        int cases = place_of(query, doubts[i].cases);
        if (strcmp(report->doubts[k].measure.code, doubts[i].share) != 0) {
            continue;
        }
        line->doubts[k] = values && share >= 0 ? values[share] : (double)NAN;
        line->doubt_cases[k++] = values && cases >= 0 ? values[cases] : 0;
    }
}

static const double *row_of(const struct report_asked *asked, int64_t id)
{
    for (size_t i = 0; i < asked->answer.row_count; i++) {
        if (asked->answer.rows[i].keys[0].id == id) {
            return asked->answer.rows[i].values;
        }
    }
    return NULL;
}

int report_honesty_departments(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    struct report_asked leads;
    struct report_ask ask = {.measures = known_codes(job),
                             .by = "department",
                             .from_day = report->period.from_day,
                             .to_day = report->period.to_day};
    if (report->doubt_count == 0) {
        return 0;
    }
    int code = report_ask(job, &ask, &leads, error);
    for (size_t g = 0; g < report->group_count; g++) {
        for (size_t i = 0; i < report->groups[g].count && !code; i++) {
            struct report_line *line = &report->groups[g].lines[i];
            if (!report_has_below(job->from->city, line->id)) {
                take_line(report, &leads.query, row_of(&leads, line->id), line);
                continue;
            }
            struct report_asked whole;
            ask.by = NULL;
            ask.filter = "department";
            ask.value = arena_format(job->arena, "%lld", (long long)line->id);
            code = report_ask(job, &ask, &whole, error);
            if (!code) {
                take_line(report, &whole.query, whole.answer.totals, line);
            }
        }
    }
    return code;
}

const char *report_honesty_title(const struct report *report)
{
    return REPORT_TEXT(report, "What stands behind the closing rate", "结案率的背后");
}

const char *report_honesty_note(const struct report *report)
{
    return REPORT_TEXT(report,
                       "No tracks of collectors are recorded: whether anybody went there "
                       "before a case was closed is not known.",
                       "系统不记录监督员轨迹：案件结案前是否有人到场，不得而知。");
}
