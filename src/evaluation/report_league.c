// SPDX-License-Identifier: MPL-2.0
// League tables of the bulletin: the city's scores in force at the period's end, but those
// of persons, whose names are no matter for a bulletin, and of unit grids, which are on the
// map.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/evaluation/scores.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

static bool is_shown(const struct score *score)
{
    return text_starts(score->by, "department") || text_starts(score->by, "area") ||
           text_equal(score->by, "company") || text_equal(score->by, "checker_company");
}

static int take_rows(struct report_job *job, const struct score_answer *answer,
                     struct report_league *league, struct error *error)
{
    size_t most = answer->count < REPORT_LEAGUE_ROWS ? answer->count : REPORT_LEAGUE_ROWS;
    league->rows = arena_array(job->arena, most + 1, sizeof(*league->rows));
    if (!league->rows) {
        return error_set(error, ERROR_LIMIT, "report.memory", "the report is too large");
    }
    for (size_t i = 0; i < answer->count && league->count < most; i++) {
        const struct score_row *row = &answer->rows[i];
        if (row->key.id == 0) {
            continue; // of no department yet: nobody to be scored
        }
        league->rows[league->count++] = (struct report_league_row){
            .id = row->key.id,
            .code = row->key.code,
            .name = report_key_name(job, &answer->query.by[0], &row->key),
            .grade = row->grade ? label_text(&row->grade->name, job->report->language) : "",
            .points = row->points,
            .before = row->before,
            .rank = (int)row->rank,
            .rank_before = (int)row->rank_before};
    }
    return 0;
}

static int add_league(struct report_job *job, const struct score *score,
                      struct error *error)
{
    const struct report_period *period = &job->report->period;
    char days[4][DATE_TEXT_SIZE];
    date_to_text(period->from_day, days[0]);
    date_to_text(period->to_day, days[1]);
    date_to_text(period->before_from, days[2]);
    date_to_text(period->before_to, days[3]);
    struct score_query query = {.score = score,
                                .words = {.from = days[0], .to = days[1]},
                                .before_from = days[2],
                                .before_to = days[3],
                                .now_ms = job->now_ms};
    struct score_answer answer;
    struct report_league league = {.code = score->code,
                                   .name = label_text(&score->name, job->report->language)};
    int code = scores_compute(job->from->facts, job->from->cases, job->from->city,
                              job->from->actor, &query, job->arena, &answer, error);
    if (!code) {
        code = take_rows(job, &answer, &league, error);
    }
    if (!code && league.count > 0) {
        job->report->leagues[job->report->league_count++] = league;
    }
    return code;
}

int report_leagues_make(struct report_job *job, struct error *error)
{
    const struct scores *scores = city_scores(job->from->city);
    const struct score *score = NULL;
    int code = 0;
    for (size_t i = 0; !code && job->report->league_count < REPORT_LEAGUES &&
                       (score = scores_at(scores, i));
         i++) {
        if (is_shown(score) &&
            scores_find(scores, score->code, job->report->period.to_day) == score) {
            code = add_league(job, score, error);
        }
    }
    return code;
}
