// SPDX-License-Identifier: MPL-2.0
// The bulletin's line about visits: whether tracks show that somebody was there before the
// closed cases of the period were closed, or that the city records none.
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/db/db.h>
#include <gridcase/evaluation/visits.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

// NULL in *ret_tracks: nobody has brought any.
static int open_tracks(struct report_job *job, struct db **ret_tracks, struct error *error)
{
    struct db *cases = job->from->cases;
    struct error why = {0};
    int code =
        db_reader_borrow(db_store_of(cases), db_slug(cases), DB_TRACKS, ret_tracks, &why);
    if (code == ERROR_NOT_FOUND && strcmp(why.slug, "db.missing") == 0) {
        *ret_tracks = NULL;
        return 0;
    }
    if (code) {
        *error = why;
    }
    return code;
}

static int count(struct report_job *job, struct visit_answer *answer, struct error *error)
{
    DB_READER_CLEANUP struct db *tracks = NULL;
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    const struct report_period *period = &job->report->period;
    struct visit_query query = {0};
    date_to_text(period->from_day, from);
    date_to_text(period->to_day, to);
    struct figure_words words = {.from = arena_text(job->arena, from),
                                 .to = arena_text(job->arena, to)};
    struct visit_place place = {.facts = job->from->facts,
                                .db = job->from->cases,
                                .city = job->from->city,
                                .actor = job->from->actor};
    int code =
        figure_query_read(&words, job->from->city, job->now_ms, &query.figures, error);
    if (!code) {
        code = open_tracks(job, &tracks, error);
    }
    place.tracks = tracks;
    return code ? code : visits_count(&place, &query, job->arena, answer, error);
}

int report_visits_make(struct report_job *job, struct error *error)
{
    struct report_visits *visits = &job->report->visits;
    const char *days = city_setting(job->from->city, "tracks.keep_days", "");
    struct visit_answer answer = {0};
    struct error why = {0};
    if (!days[0]) {
        return 0;
    }
    int code = count(job, &answer, &why);
    visits->known = !code;
    if (code && strcmp(why.slug, "spots.too_many") != 0) {
        *error = why;
        return code;
    }
    const struct visit_count *closed = &answer.counts[VISIT_CLOSED];
    visits->recorded = true;
    visits->cases = closed->cases;
    visits->visited = closed->visited;
    visits->unvisited = closed->unvisited;
    visits->untracked = closed->untracked;
    return 0;
}

int report_visits_tell(struct report_job *job, struct error *error)
{
    struct report *report = job->report;
    const struct report_visits *visits = &report->visits;
    if (!visits->recorded) {
        report->visits_note = REPORT_TEXT(
            report,
            "No tracks of collectors are recorded: whether anybody went there before a "
            "case was closed is not known.",
            "系统不记录监督员轨迹：案件结案前是否有人到场，不得而知。");
    } else if (!visits->known) {
        report->visits_note = REPORT_TEXT(
            report, "Too many cases to look for visits in the tracks of collectors.",
            "案件过多，未依据监督员轨迹核对到场情况。");
    } else {
        report->visits_note = arena_format(
            job->arena,
            REPORT_TEXT(report,
                        "By tracks of collectors, of %lld closed cases: somebody was there "
                        "before the last check or verification of %lld, nobody of %lld; "
                        "for %lld there is no full track.",
                        "依据监督员轨迹，%lld 件结案案件中：最近一次核查或核实前有人到场 "
                        "%lld 件，无人到场 %lld 件；轨迹不完整 %lld 件。"),
            (long long)visits->cases, (long long)visits->visited,
            (long long)visits->unvisited, (long long)visits->untracked);
    }
    return report->visits_note
               ? 0
               : error_set(error, ERROR_LIMIT, "report.memory", "no room for the report");
}
