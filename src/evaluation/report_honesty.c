// SPDX-License-Identifier: MPL-2.0
// What stands behind the closing rate of the bulletin: shares of the same cases.
#include <math.h>
#include <string.h>

#include "report_internal.h"

static const struct {
    const char *share, *cases;
} doubts[] = {
    {"forced_share", "forced_of_opened"},    {"one_sided_share", "closed_one_sided"},
    {"unchecked_share", "closed_unchecked"}, {"gone_again_share", "gone_again"},
    {"reopened_share", "reopened_to_close"}, {"suspended_share", "suspended_now"},
    {"untracked_share", "closed_untracked"},
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

int report_honesty_make(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    const struct report_period *period = &report->period;
    const char *codes = "";
    for (size_t i = 0; i < DOUBTS; i++) {
        if (is_known(job, doubts[i].share) && is_known(job, doubts[i].cases)) {
            codes = arena_format(job->arena, "%s%s%s,%s", codes, codes[0] ? "," : "",
                                 doubts[i].share, doubts[i].cases);
        }
    }
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
