// SPDX-License-Identifier: MPL-2.0
// The fact row of a case, and the rollups that are always the sum over all fact rows.
#include <string.h>

#include "case_internal.h"

_Static_assert(FACT_MERGED_IN - FACT_RETURNED == PROCESS_COUNTER_COUNT - 1, "counters");
_Static_assert((int)FIGURE_COUNT <= (int)DB_ROLLUP_DELTAS, "figures");

int fact_load(struct case_work *work, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(work->db, QUERY_FACT_LOAD, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, work->row.case_id);
    code = db_step(s, error);
    if (code == DB_DONE)
        return error_set(error, ERROR_BUG, "case.no_fact", "a case without a fact row");
    for (int i = 0; code == DB_ROW && i < FACT_COUNT; i++)
        work->fact.values[i] = db_column_int(s, i);
    work->fact_before = work->fact;
    return code < 0 ? code : 0;
}

// ---- what a move does to the fact row ----
static void copy_place(struct case_work *work)
{
    const struct case_row *row = &work->row;
    int64_t *fact = work->fact.values;
    fact[FACT_CLASS_ID] = row->place.class_id;
    fact[FACT_CONDITION_ID] = row->place.condition_id;
    fact[FACT_DEPARTMENT_ID] = row->department_id;
    fact[FACT_GRID_ID] = row->place.grid_id;
    for (int i = 0; i < CITY_LEVEL_LIMIT; i++)
        fact[FACT_AREA_1 + i] = row->place.areas[i];
    fact[FACT_GRID_DUTY_ID] = case_duty_grid(work->city, &row->place);
    fact[FACT_STAGE] = row->stage;
    fact[FACT_OUTCOME] = row->outcome;
}

static void begin(struct case_work *work)
{
    const struct case_row *row = &work->row;
    int64_t *fact = work->fact.values;
    for (int i = FACT_HANDLED_IN_TIME; i <= FACT_CHECKED_IN_TIME; i++)
        fact[i] = -1;
    for (int i = FACT_REACHED; i <= FACT_SATISFIED; i++)
        fact[i] = -1;
    fact[FACT_SOURCE] = row->source;
    fact[FACT_MARK] = row->mark;
    fact[FACT_REPORTED_BY] = row->reported_by;
    fact[FACT_OPENED_AT] = row->opened_ms;
    fact[FACT_CONTACTS] = row->reporter_id != 0; // the one that opened it
}

// What a reporter said who was called back: choices named so, whose words are yes and no.
static void note_answers(struct case_work *work)
{
    static const struct {
        const char *name;
        int column;
    } ANSWERS[] = {
        {"reached", FACT_REACHED}, {"solved", FACT_SOLVED}, {"satisfied", FACT_SATISFIED}};
    for (size_t i = 0; i < work->action->input_count; i++) {
        const char *said = work->inputs.words[i];
        for (size_t k = 0; k < 3 && said != NULL; k++)
            if (strcmp(work->action->inputs[i].name, ANSWERS[k].name) == 0)
                work->fact.values[ANSWERS[k].column] = strcmp(said, "yes") == 0;
    }
}

// Did people here do it without a photo or other file? A record that is replayed says
// nothing of photos.
static void note_photos(struct case_work *work)
{
    bool bare = work->move->mark == CASE_MARK_LIVE && work->inputs.media_count == 0;
    if (work->action->kind == PROCESS_FED_BACK)
        work->fact.values[FACT_FED_BACK_BARE] = bare;
    if (work->action->kind == PROCESS_CHECKED)
        work->fact.values[FACT_CHECKED_BARE] = bare;
}

// Instants and people by the action's fixed kind. once: the first one counts.
static void note_kind(struct case_work *work)
{
    static const struct {
        enum process_kind kind;
        int at, by; // fact columns, -1: none
        bool once;
    } NOTES[] = {
        {PROCESS_ACCEPTED, FACT_ACCEPTED_AT, FACT_ACCEPTED_BY, true},
        {PROCESS_VERIFIED, FACT_VERIFIED_AT, FACT_VERIFIED_BY, false},
        {PROCESS_FILED, FACT_FILED_AT, FACT_FILED_BY, true},
        {PROCESS_SENT, FACT_SENT_AT, FACT_SENT_BY, true},
        {PROCESS_SORTED, FACT_SENT_AT, FACT_SENT_BY, true},
        {PROCESS_SIGNED, FACT_SIGNED_AT, -1, true},
        {PROCESS_FED_BACK, FACT_FED_BACK_AT, -1, false},
        {PROCESS_CHECKED, FACT_CHECKED_AT, FACT_CHECKED_BY, false},
        {PROCESS_CASE_CLOSED, -1, FACT_CLOSED_BY, false},
    };
    int64_t *fact = work->fact.values;
    for (size_t i = 0; i < sizeof NOTES / sizeof NOTES[0]; i++) {
        if (NOTES[i].kind != work->action->kind)
            continue;
        if (NOTES[i].once && NOTES[i].at >= 0 && fact[NOTES[i].at] != 0)
            continue;
        if (NOTES[i].at >= 0)
            fact[NOTES[i].at] = work->effective_ms;
        if (NOTES[i].by >= 0)
            fact[NOTES[i].by] = work->move->actor->person_id;
    }
    if (work->action->kind == PROCESS_VERIFIED)
        fact[FACT_VERIFY_RESULT] = work->inputs.choice;
    if (work->action->kind == PROCESS_CONTACTED)
        fact[FACT_CONTACTS]++;
    if (work->action->kind == PROCESS_TOOK_IN)
        fact[FACT_MERGED_IN]++;
    if (work->action->kind == PROCESS_CHECKED)
        fact[FACT_CHECK_RESULT] = work->inputs.choice;
    if (work->action->kind == PROCESS_EXEMPTED)
        fact[FACT_EXEMPTED] = 1;
    if (work->action->kind == PROCESS_FORCED_CLOSED)
        fact[FACT_FORCED] = 1;
    if (work->action->kind == PROCESS_CALLED_BACK)
        note_answers(work);
}

static void note_end(struct case_work *work, int stage_from)
{
    int64_t *fact = work->fact.values;
    if (work->row.stage == PROCESS_ENDED && stage_from != PROCESS_ENDED) {
        fact[FACT_CLOSED_AT] = work->effective_ms;
        fact[FACT_CLOSED_IN_TIME] = -1;
        if (work->row.outcome == PROCESS_CLOSED && fact[FACT_DUE_AT] != 0)
            fact[FACT_CLOSED_IN_TIME] = work->effective_ms <= fact[FACT_DUE_AT];
    } else if (work->row.stage != PROCESS_ENDED && stage_from == PROCESS_ENDED) {
        fact[FACT_CLOSED_AT] = 0;
        fact[FACT_FORCED] = 0;
        fact[FACT_CLOSED_IN_TIME] = -1;
        fact[FACT_IMPORTED_IN_TIME] = -1;
    }
}

void fact_move(struct case_work *work, int stage_from)
{
    int64_t *fact = work->fact.values;
    if (work->is_new)
        begin(work);
    const struct case_clock_row *handling =
        case_clock_find(work, PROCESS_CLOCK_HANDLING, 0);
    const struct case_clock_row *part = case_part_now(work);
    if (handling != NULL && handling->clock.due_ms != INSTANT_NONE)
        fact[FACT_DUE_AT] = handling->clock.due_ms;
    else if (part != NULL && handling->clock.limit.unit == LIMIT_NONE &&
             part->clock.due_ms != INSTANT_NONE)
        fact[FACT_DUE_AT] = part->clock.due_ms; // of a chain: of its present part
    // A clock that goes on again takes back what its stop had said.
    if (handling != NULL && handling->changed && handling->clock.status == CLOCK_RUNNING) {
        fact[FACT_HANDLED_IN_TIME] = -1;
        fact[FACT_FED_BACK_AT] = 0;
        fact[FACT_FED_BACK_BARE] = 0;
        fact[FACT_LATE_RECEIVED] = 0;
        fact[FACT_EXEMPTED] = 0; // of a verdict that is no more
    }
    if (work->move->mark != CASE_MARK_FILLED) {
        note_kind(work);
        note_photos(work);
    }
    note_end(work, stage_from);
    case_level_fact(work);
    copy_place(work);
}

void fact_clock_stopped(struct case_work *work, int kind, bool in_time)
{
    static const int VERDICTS[PROCESS_CLOCK_COUNT] = {
        [PROCESS_CLOCK_HANDLING] = FACT_HANDLED_IN_TIME,
        [PROCESS_CLOCK_IMPORTED] = FACT_IMPORTED_IN_TIME,
        [PROCESS_CLOCK_ACCEPT] = FACT_ACCEPTED_IN_TIME,
        [PROCESS_CLOCK_VERIFY] = FACT_VERIFIED_IN_TIME,
        [PROCESS_CLOCK_FILE] = FACT_FILED_IN_TIME,
        [PROCESS_CLOCK_DISPATCH] = FACT_SENT_IN_TIME,
        [PROCESS_CLOCK_SIGN] = FACT_SIGNED_IN_TIME,
        [PROCESS_CLOCK_REVIEW] = FACT_REVIEWED_IN_TIME,
        [PROCESS_CLOCK_CHECK] = FACT_CHECKED_IN_TIME,
    };
    if (VERDICTS[kind] != 0 && work->move->mark != CASE_MARK_FILLED)
        work->fact.values[VERDICTS[kind]] = in_time;
}

// ---- rollups ----
static int64_t *figures_of_day(struct fact_day *days, int *count, int64_t day)
{
    for (int i = 0; i < *count; i++)
        if (days[i].day == day)
            return days[i].figures;
    days[*count] = (struct fact_day){.day = day};
    return days[(*count)++].figures;
}

static void figure(struct fact_day *days, int *count, const struct calendar *calendar,
                   int64_t at_ms, enum fact_figure figure)
{
    if (at_ms != 0)
        figures_of_day(days, count, calendar_day(calendar, at_ms))[figure]++;
}

int fact_days(const struct fact *fact, const struct calendar *calendar,
              struct fact_day ret_days[FACT_DAYS])
{
    const int64_t *f = fact->values;
    int count = 0;
    figure(ret_days, &count, calendar, f[FACT_OPENED_AT], FIGURE_OPENED);
    figure(ret_days, &count, calendar, f[FACT_FILED_AT], FIGURE_FILED);
    figure(ret_days, &count, calendar, f[FACT_SENT_AT], FIGURE_SENT);
    figure(ret_days, &count, calendar, f[FACT_FED_BACK_AT], FIGURE_FED_BACK);
    figure(ret_days, &count, calendar, f[FACT_CLOSED_AT], FIGURE_ENDED);
    // Handling counts on the day of the feedback, or of the end when there was none.
    int64_t handled_ms = f[FACT_FED_BACK_AT] != 0 ? f[FACT_FED_BACK_AT] : f[FACT_CLOSED_AT];
    bool judged = f[FACT_EXEMPTED] == 0; // the raw verdict stays in the row
    if (judged && f[FACT_HANDLED_IN_TIME] >= 0)
        figure(ret_days, &count, calendar, handled_ms,
               f[FACT_HANDLED_IN_TIME] ? FIGURE_HANDLED_IN_TIME : FIGURE_HANDLED_LATE);
    if (f[FACT_OUTCOME] == PROCESS_CLOSED)
        figure(ret_days, &count, calendar, f[FACT_CLOSED_AT], FIGURE_CLOSED);
    if (judged && f[FACT_CLOSED_IN_TIME] >= 0)
        figure(ret_days, &count, calendar, f[FACT_CLOSED_AT],
               f[FACT_CLOSED_IN_TIME] ? FIGURE_CLOSED_IN_TIME : FIGURE_CLOSED_LATE);
    return count;
}

static int add_to(struct db *db, enum query_id query, int64_t id,
                  const struct fact_day *days, int count, struct error *error)
{
    static const int64_t NOTHING[FIGURE_COUNT];
    for (int i = 0; i < count; i++) {
        if (memcmp(days[i].figures, NOTHING, sizeof NOTHING) == 0)
            continue;
        int code = db_rollup_add(db, query, (int64_t[]){days[i].day, id}, 2,
                                 days[i].figures, FIGURE_COUNT, error);
        if (code != 0)
            return code;
    }
    return 0;
}

static int add_days(struct db *db, const struct fact *fact, const struct fact_day *days,
                    int count, struct error *error)
{
    int code = add_to(db, QUERY_ROLLUP_DEPARTMENT_ADD, fact->values[FACT_DEPARTMENT_ID],
                      days, count, error);
    for (int i = 0; i < CITY_LEVEL_LIMIT && code == 0; i++)
        if (fact->values[FACT_AREA_1 + i] != 0)
            code = add_to(db, QUERY_ROLLUP_AREA_ADD, fact->values[FACT_AREA_1 + i], days,
                          count, error);
    return code;
}

static bool same_place(const struct fact *a, const struct fact *b)
{
    return a->values[FACT_DEPARTMENT_ID] == b->values[FACT_DEPARTMENT_ID] &&
           memcmp(&a->values[FACT_AREA_1], &b->values[FACT_AREA_1],
                  CITY_LEVEL_LIMIT * sizeof(int64_t)) == 0;
}

static int store_rollups(struct case_work *work, struct error *error)
{
    struct fact_day days[2 * FACT_DAYS], old[FACT_DAYS];
    int count = fact_days(&work->fact, work->calendar, days);
    int old_count = work->is_new ? 0 : fact_days(&work->fact_before, work->calendar, old);
    for (int i = 0; i < old_count; i++)
        for (int k = 0; k < FIGURE_COUNT; k++)
            old[i].figures[k] = -old[i].figures[k];
    if (!work->is_new && !same_place(&work->fact, &work->fact_before)) {
        int code = add_days(work->db, &work->fact_before, old, old_count, error);
        return code != 0 ? code : add_days(work->db, &work->fact, days, count, error);
    }
    for (int i = 0; i < old_count; i++) {
        int64_t *figures = figures_of_day(days, &count, old[i].day);
        for (int k = 0; k < FIGURE_COUNT; k++)
            figures[k] += old[i].figures[k];
    }
    return add_days(work->db, &work->fact, days, count, error);
}

int fact_add_rollups(struct db *db, const struct calendar *calendar,
                     const struct fact *fact, struct error *error)
{
    struct fact_day days[FACT_DAYS];
    int count = fact_days(fact, calendar, days);
    return add_days(db, fact, days, count, error);
}

int fact_put(struct db *db, int64_t case_id, const struct fact *fact, struct error *error)
{
    struct db_statement *s DB_STATEMENT_CLEANUP = NULL;
    int code = db_prepare(db, QUERY_FACT_PUT, &s, error);
    if (code != 0)
        return code;
    db_bind_int(s, 1, case_id);
    for (int i = 0; i < FACT_COUNT; i++)
        db_bind_int(s, i + 2, fact->values[i]);
    code = db_step(s, error);
    return code < 0 ? error_prefix(error, "fact") : 0;
}

int fact_store(struct case_work *work, struct error *error)
{
    if (!work->is_new && memcmp(&work->fact, &work->fact_before, sizeof work->fact) == 0)
        return 0;
    int code = fact_put(work->db, work->row.case_id, &work->fact, error);
    return code != 0 ? code : store_rollups(work, error);
}
