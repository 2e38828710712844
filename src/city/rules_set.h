// SPDX-License-Identifier: MPL-2.0
// Rules objects out of a model's tables, by their fixed names; only for the city room.
#pragma once

#include <stdint.h>

#include <gridcase/city/city.h>
#include <gridcase/core/error.h>
#include <gridcase/core/table.h>
#include <gridcase/rules/calendar.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/evaluation.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/report.h>
#include <gridcase/rules/report_plan.h>
#include <gridcase/rules/roster.h>
#include <gridcase/rules/routing.h>
#include <gridcase/rules/score.h>
#include <gridcase/rules/words.h>

// Where the tables come from.
struct rules_source {
    const struct table *(*find)(void *context, const char *name); // NULL: none
    void *context;
    const char *time_zone;
    int64_t version;
    const struct rules_report *report; // may be NULL
};

int rules_calendar(const struct rules_source *source, struct calendar **ret_calendar,
                   struct error *error) ERROR_MUST_CHECK;
int rules_catalogue(const struct rules_source *source, const struct calendar *calendar,
                    struct catalogue **ret_catalogue, struct error *error) ERROR_MUST_CHECK;
int rules_routing(const struct rules_source *source, const struct catalogue *catalogue,
                  const struct routing_names *names, struct routing **ret_routing,
                  struct error *error) ERROR_MUST_CHECK;
int rules_process(const struct rules_source *source, struct process **ret_process,
                  struct error *error) ERROR_MUST_CHECK;

// Rosters, offices and labels: of the model in force only, so without versions. ids:
// context, department_id, duty_grid_id and has_level of a roster_source; the rest is filled
// in.
int rules_roster(const struct rules_source *source, const struct calendar *calendar,
                 const struct roster_source *ids, struct roster **ret_roster,
                 struct error *error) ERROR_MUST_CHECK;
int rules_words(const struct rules_source *source, struct words **ret_words,
                struct error *error) ERROR_MUST_CHECK;
// Counts and indicators: the model's tables, or the standard ones.
int rules_evaluation(const struct rules_source *source, struct evaluation **ret_evaluation,
                     struct error *error) ERROR_MUST_CHECK;

// Scores: likewise, over its indicators.
int rules_scores(const struct rules_source *source, const struct evaluation *evaluation,
                 struct scores **ret_scores, struct error *error) ERROR_MUST_CHECK;
// Who is ranked with whom, paid by what, sent which report. ids: context and department_id;
// evaluation NULL: measures are not looked up.
int rules_reports(const struct rules_source *source, const struct roster_source *ids,
                  const struct evaluation *evaluation, struct report_plan **ret_plan,
                  struct error *error) ERROR_MUST_CHECK;

const char *rules_word(enum city_rules rules); // "catalogue", as stored
// Does a change of this table (or of "time_zone") make a new version of those rules?
bool rules_depend(enum city_rules rules, const char *table);
