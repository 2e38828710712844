// SPDX-License-Identifier: MPL-2.0
// Missed reports: judging with the filing, disputes, decisions.
#include <gridcase/cases/missed.h>

#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>
#include <gridcase/rules/evaluation.h>

#include "case_internal.h"

static const char *const STATES[MISSED_STATE_COUNT] = {"stands", "disputed", "upheld",
                                                       "excused"};

const char *missed_state_to_str(enum missed_state state)
{
    return (unsigned)state < MISSED_STATE_COUNT ? STATES[state] : "";
}

int missed_state_from_str(const char *text)
{
    for (int i = 0; i < MISSED_STATE_COUNT; i++)
        if (text_equal(STATES[i], text))
            return i;
    return -1;
}

// ---- judging ----
// The first rule that fits the class; NULL: the class is on no list.
static const struct missed_rule *rule_of(const struct case_work *work)
{
    const struct evaluation *evaluation = city_evaluation(work->city);
    int64_t class_id = work->row.place.class_id;
    const char *code = city_class_code(work->city, class_id);
    const struct catalogue_class *known =
        catalogue_class_by_id(city_catalogue(work->city, 0), class_id);
    for (size_t i = 0; code != NULL && i < evaluation_missed(evaluation); i++) {
        const struct missed_rule *rule = evaluation_missed_at(evaluation, i);
        const char *own = !rule->is_major ? code : known != NULL ? known->major : "";
        if (text_equal(rule->class_code, own) ||
            (!rule->is_major && text_equal(rule->class_code, "*")))
            return rule;
    }
    return NULL;
}

static int found_before(struct case_work *work, int64_t within_ms, bool *ret_found,
                        struct error *error)
{
    const struct case_row *row = &work->row;
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_MISSED_FOUND_BEFORE, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, row->place.grid_id);
    db_bind_int(s, 2, row->place.class_id);
    db_bind_int(s, 3, row->opened_ms - within_ms);
    db_bind_int(s, 4, row->opened_ms);
    code = db_step(s, error);
    *ret_found = code == DB_ROW;
    return code < 0 ? code : 0;
}

int case_missed_judge(struct case_work *work, struct error *error)
{
    const struct case_row *row = &work->row;
    const uint32_t outside = 1u << PROCESS_SOURCE_HOTLINE | 1u << PROCESS_SOURCE_CITIZEN |
                             1u << PROCESS_SOURCE_MEDIA;
    bool filed =
        work->action->kind == PROCESS_FILED && work->move->mark != CASE_MARK_FILLED;
    const struct missed_rule *rule = NULL;
    if (!filed || (outside >> row->source & 1) == 0 || row->place.grid_id == 0 ||
        (rule = rule_of(work)) == NULL)
        return 0;
    struct city_duty duty = {0};
    int64_t area_id = case_duty_grid(work->city, &row->place);
    bool on_duty = area_id != 0 && city_on_duty(work->city, area_id, (double)NAN,
                                                (double)NAN, row->opened_ms, &duty, 1) > 0;
    bool found = false;
    int code = found_before(work, rule->within_ms, &found, error);
    if (code != 0)
        return code;
    enum missed_why why = found                          ? MISSED_FOUND_BEFORE
                          : !on_duty && !rule->any_shift ? MISSED_NOBODY_ON_DUTY
                                                         : MISSED_YES;
    return db_execute(work->db, QUERY_MISSED_ADD,
                      (struct db_value[]){DB_INT(row->case_id), DB_INT(work->effective_ms),
                                          DB_INT(why == MISSED_YES), DB_INT(why),
                                          DB_INT(duty.person_id), DB_INT(area_id),
                                          DB_INT(rule->within_ms)},
                      7, error);
}

// ---- reading ----
static void read_row(struct db_statement *s, struct arena *arena,
                     struct missed_report *report)
{
    *report = (struct missed_report){
        .case_id = db_column_int(s, 0),
        .number = arena_text(arena, db_column_text(s, 1)),
        .class_id = db_column_int(s, 2),
        .grid_id = db_column_int(s, 3),
        .opened_ms = db_column_int(s, 4),
        .judged_ms = db_column_int(s, 5),
        .missed = db_column_int(s, 6) != 0,
        .why = (enum missed_why)db_column_int(s, 7),
        .person_id = db_column_int(s, 8),
        .duty_grid_id = db_column_int(s, 9),
        .within_ms = db_column_int(s, 10),
        .state = (enum missed_state)db_column_int(s, 11),
        .disputed_by = db_column_int(s, 12),
        .disputed_ms = db_column_int(s, 13),
        .dispute = arena_text(arena, db_column_text(s, 14)),
        .decided_by = db_column_int(s, 15),
        .decided_ms = db_column_int(s, 16),
        .decision = arena_text(arena, db_column_text(s, 17)),
    };
}

int missed_get(struct db *db, int64_t case_id, struct arena *arena,
               struct missed_report *ret_report, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_MISSED_GET, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    code = db_step(s, error);
    if (code == DB_ROW) {
        read_row(s, arena, ret_report);
        return 0;
    }
    return code < 0 ? code
                    : error_set(error, ERROR_NOT_FOUND, "missed.unknown",
                                "the case was not judged as a report from outside");
}

static int count_states(struct db *db, const struct missed_query *query,
                        int64_t states[MISSED_STATE_COUNT], struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_MISSED_STATES, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, query->person_id);
    db_bind_int(s, 2, query->home_id);
    db_bind_int(s, 3, query->from_ms);
    db_bind_int(s, 4, query->till_ms);
    while ((code = db_step(s, error)) == DB_ROW) {
        int64_t state = db_column_int(s, 0);
        if (state >= 0 && state < MISSED_STATE_COUNT)
            states[state] = db_column_int(s, 1);
    }
    return code;
}

int missed_list(struct db *db, const struct missed_query *query, struct arena *arena,
                struct missed_page *ret_page, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    struct missed_page page = {.reports =
                                   arena_array(arena, MISSED_PAGE, sizeof *page.reports)};
    int code = page.reports == NULL
                   ? error_set(error, ERROR_LIMIT, "missed.memory", "out of memory")
                   : count_states(db, query, page.states, error);
    if (code == 0)
        code = db_prepare(db, QUERY_MISSED_LIST, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, query->before);
    db_bind_int(s, 2, query->state);
    db_bind_int(s, 3, MISSED_PAGE);
    db_bind_int(s, 4, query->person_id);
    db_bind_int(s, 5, query->home_id);
    db_bind_int(s, 6, query->from_ms);
    db_bind_int(s, 7, query->till_ms);
    while ((code = db_step(s, error)) == DB_ROW && page.count < MISSED_PAGE)
        read_row(s, arena, &page.reports[page.count++]);
    if (code < 0)
        return code;
    page.next = page.count == MISSED_PAGE ? page.reports[page.count - 1].case_id : 0;
    *ret_page = page;
    return 0;
}

// ---- disputes ----
// The judgement that somebody speaks of, with their reason checked.
static int spoken_of(struct db *db, const struct missed_words *words, struct arena *arena,
                     struct missed_report *ret_report, struct error *error)
{
    size_t length = words->reason != NULL ? strlen(words->reason) : 0;
    if (text_is_blank(words->reason) ||
        text_characters(words->reason, length) > MISSED_WORDS_MOST)
        return error_set(error, ERROR_INPUT, "missed.reason",
                         "a reason is compulsory, up to %d characters", MISSED_WORDS_MOST);
    return missed_get(db, words->case_id, arena, ret_report, error);
}

int missed_dispute(struct db *db, const struct missed_words *words, bool deciding,
                   struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024);
    struct missed_report report = {0};
    int code = spoken_of(db, words, arena, &report, error);
    if (code != 0)
        return code;
    if (!deciding && report.person_id != words->actor->person_id)
        return error_set(error, ERROR_DENIED, "missed.not_yours",
                         "it counts against somebody else");
    if (!report.missed || report.state != MISSED_STANDS)
        return error_set(error, ERROR_CONFLICT, "missed.not_open",
                         "it was not missed, or has been disputed already");
    return db_execute(db, QUERY_MISSED_DISPUTE,
                      (struct db_value[]){DB_INT(words->case_id),
                                          DB_INT(words->actor->person_id),
                                          DB_INT(words->now_ms), DB_TEXT(words->reason)},
                      4, error);
}

int missed_decide(struct db *db, const struct missed_words *words, bool excused,
                  struct error *error)
{
    struct arena *arena ARENA_CLEANUP = arena_new(64 * 1024);
    struct missed_report report = {0};
    int code = spoken_of(db, words, arena, &report, error);
    if (code != 0)
        return code;
    if (report.state != MISSED_DISPUTED)
        return error_set(error, ERROR_CONFLICT, "missed.not_disputed",
                         "there is no open dispute");
    if (report.disputed_by == words->actor->person_id ||
        report.person_id == words->actor->person_id)
        return error_set(error, ERROR_DENIED, "missed.own_dispute",
                         "nobody decides their own dispute");
    return db_execute(db, QUERY_MISSED_DECIDE,
                      (struct db_value[]){DB_INT(words->case_id),
                                          DB_INT(excused ? MISSED_EXCUSED : MISSED_UPHELD),
                                          DB_INT(words->actor->person_id),
                                          DB_INT(words->now_ms), DB_TEXT(words->reason)},
                      5, error);
}
