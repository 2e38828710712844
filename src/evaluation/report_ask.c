// SPDX-License-Identifier: MPL-2.0
// Asking the figures, in the words that the API has too.
#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

#include "report_internal.h"

const char report_codes[] =
    "opened,closed,closing_rate,on_time_rate,overdue,open,mean_time_to_close,"
    "closed_of_opened,to_close,handled_in_time,to_handle";

static int read_words(struct report_job *job, const struct report_ask *ask,
                      struct figure_query *ret_query, struct error *error)
{
    char from[DATE_TEXT_SIZE];
    char to[DATE_TEXT_SIZE];
    date_to_text(ask->from_day, from);
    date_to_text(ask->to_day, to);
    struct figure_words words = {.measures = ask->measures,
                                 .by = ask->by ? ask->by : "none",
                                 .from = arena_text(job->arena, from),
                                 .to = arena_text(job->arena, to)};
    const struct {
        const char *name;
        const char **word;
    } filters[] = {{"department", &words.department},
                   {"lead", &words.lead},
                   {"area", &words.area},
                   {"outside", &words.outside},
                   {"class", &words.class_id},
                   {"major", &words.major},
                   {"grid", &words.ids[FIGURE_ID_GRID]},
                   {"company", &words.ids[FIGURE_ID_COMPANY]},
                   {"checker_company", &words.ids[FIGURE_ID_CHECKER_COMPANY]}};
    for (size_t i = 0; ask->filter && i < sizeof(filters) / sizeof(filters[0]); i++) {
        if (text_equal(filters[i].name, ask->filter)) {
            *filters[i].word = ask->value;
        }
    }
    return figure_query_read(&words, job->from->city, job->now_ms, ret_query, error);
}

int report_ask(struct report_job *job, const struct report_ask *ask,
               struct report_asked *ret_asked, struct error *error)
{
    bool found = false;
    int code = read_words(job, ask, &ret_asked->query, error);
    if (!code) {
        code = report_frozen_ask(job, ask, ret_asked, &found, error);
    }
    if (!code && !found) {
        code = figures_compute(job->from->facts, job->from->cases, job->from->city,
                               job->from->actor, &ret_asked->query, job->arena,
                               &ret_asked->answer, error);
    }
    return code;
}

int report_ask_period(struct report_job *job, int64_t from_day, int64_t to_day,
                      double ret_values[REPORT_FIGURES], struct error *error)
{
    struct report_asked asked;
    struct report_ask ask = {
        .measures = report_codes, .from_day = from_day, .to_day = to_day};
    int code = report_ask(job, &ask, &asked, error);
    if (!code) {
        memcpy(ret_values, asked.answer.totals, REPORT_FIGURES * sizeof(*ret_values));
        job->report->position = asked.answer.position;
    }
    return code;
}

int report_ask_cases(struct report_job *job, const struct report_ask *ask, size_t most,
                     struct figure_list *ret_list, struct error *error)
{
    struct figure_query query;
    int code = read_words(job, ask, &query, error);
    if (!code) {
        code = figures_list(job->from->facts, job->from->cases, job->from->city,
                            job->from->actor, &query, 0, false, INT64_MAX, most, job->arena,
                            ret_list, error);
    }
    return code;
}

void report_measure_of(const struct report_job *job, const struct figure_query *query,
                       size_t index, struct report_measure *ret_measure)
{
    const struct indicator *of = figure_measure(query, index);
    *ret_measure =
        (struct report_measure){.code = of->code,
                                .name = label_text(&of->name, job->report->language),
                                .unit = of->unit == INDICATOR_SHARE     ? REPORT_SHARE
                                        : of->unit == INDICATOR_SECONDS ? REPORT_SECONDS
                                        : of->unit == INDICATOR_CASES   ? REPORT_CASES
                                                                        : REPORT_NUMBER,
                                .better = of->better == INDICATOR_MORE   ? 1
                                          : of->better == INDICATOR_LESS ? -1
                                                                         : 0};
}

const char *report_key_name(const struct report_job *job, const struct figure_by *by,
                            const struct figure_key *key)
{
    const struct city_snapshot *city = job->from->city;
    const char *language = job->report->language;
    if (key->id == 0) {
        return REPORT_TEXT(job->report, "none yet", "暂无");
    }
    bool company =
        by->dimension == FIGURE_BY_ID &&
        (by->level == FIGURE_ID_COMPANY || by->level == FIGURE_ID_CHECKER_COMPANY);
    if (by->dimension == FIGURE_BY_DEPARTMENT || company) {
        const struct city_department *found = city_department_by_id(city, key->id);
        return found ? city_names_text(city, &found->name, language) : key->code;
    }
    if (by->dimension == FIGURE_BY_CLASS) {
        const struct catalogue_class *found =
            catalogue_class_by_id(city_catalogue(city, 0), key->id);
        return found ? label_text(&found->name, language) : key->code;
    }
    if (by->dimension == FIGURE_BY_AREA) {
        const struct city_area *found = city_area_by_id(city, key->id);
        return found ? city_names_text(city, &found->name, language) : key->code;
    }
    return key->code;
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : (double)NAN;
}

void report_reckon(double values[REPORT_FIGURES])
{
    values[REPORT_CLOSING_RATE] =
        share(values[REPORT_CLOSED_OF_OPENED], values[REPORT_TO_CLOSE]);
    values[REPORT_ON_TIME_RATE] =
        share(values[REPORT_HANDLED_IN_TIME], values[REPORT_TO_HANDLE]);
}
