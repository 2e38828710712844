// SPDX-License-Identifier: MPL-2.0
// Cases with a deadline, out of the columns; forecasts of the open ones, and how well such
// forecasts held on past days.
#include "ahead_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/rules/calendar.h>

#include "evaluation_internal.h"

#define DAY_S INT64_C(86400)

enum { GATHER_ARENA = 64 * 1024 * 1024 };

static int too_many(struct error *error)
{
    return error_set(error, ERROR_INPUT, "ahead.too_many",
                     "more than %d cases with a deadline to look at", AHEAD_CASES_MOST);
}

// ---- records ----
struct gathering {
    const struct facts *facts;
    const struct calendar *calendar;
    const uint32_t *majors; // by class id
    size_t classes;
    struct figure_scope sight, filter;
    uint32_t now_s;
    uint32_t since_s; // deadlines up to this one lie before every window
    uint32_t first_s; // the first start of what was passed over for it; 0: nothing was
    struct ahead_record *records;
    size_t count, room;
    int64_t pending; // open, the deadline has not passed
};

// Share of the time from start to due that was gone at an instant: of office time, or of
// time by the clock where the limit holds no office hour.
static double share_of(const struct calendar *calendar, const struct ahead_record *record,
                       uint32_t at_s)
{
    static const struct limit OFFICE = {.unit = LIMIT_WORKING_HOUR};
    int64_t start_ms = record->start_s * INT64_C(1000),
            due_ms = record->due_s * INT64_C(1000), at_ms = at_s * INT64_C(1000);
    if (at_s <= record->start_s)
        return 0;
    int64_t whole_ms = calendar_count(calendar, &OFFICE, start_ms, due_ms);
    if (whole_ms > 0)
        return (double)calendar_count(calendar, &OFFICE, start_ms, at_ms) /
               (double)whole_ms;
    return (double)(at_ms - start_ms) / (double)(due_ms - start_ms);
}

// Never handled late within its time, nor in time after it, whatever the office hours say.
static float handled_share(const struct gathering *gathering,
                           const struct ahead_record *record)
{
    double share = record->handled_s != 0
                       ? share_of(gathering->calendar, record, record->handled_s)
                       : 2;
    if (record->late)
        return (float)fmax(share, 1.0001);
    return (float)fmin(share, 1);
}

static int add(struct gathering *gathering, const struct ahead_record *record,
               struct error *error)
{
    if (gathering->count == AHEAD_CASES_MOST)
        return too_many(error);
    if (gathering->count == gathering->room) {
        size_t room = gathering->room > 0 ? 2 * gathering->room : 4096;
        struct ahead_record *records = realloc(gathering->records, room * sizeof *records);
        if (records == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for cases");
        gathering->records = records;
        gathering->room = room;
    }
    gathering->records[gathering->count++] = *record;
    return 0;
}

static uint32_t first_of(uint32_t a, uint32_t b)
{
    return a != 0 ? a : b;
}

static int add_row(struct gathering *gathering, const struct facts_block *block, size_t row,
                   struct error *error)
{
    uint32_t id = block->wide[FACTS_CASE][row];
    uint16_t flags = block->narrow[FACTS_FLAGS][row];
    if (block->weight < 0 || (flags & (FACTS_IN_TIME | FACTS_LATE | FACTS_PENDING)) == 0 ||
        (!block->changed && facts_is_replaced(gathering->facts, id)))
        return 0;
    uint32_t class_id = block->wide[FACTS_CLASS][row];
    struct ahead_record record = {
        .case_id = id,
        .department_id = block->wide[FACTS_DEPARTMENT][row],
        .class_id = class_id,
        .major_id = class_id < gathering->classes ? gathering->majors[class_id] : 0,
        .start_s =
            first_of(block->wide[FACTS_SENT_S][row], block->wide[FACTS_OPENED_S][row]),
        .due_s = block->wide[FACTS_DUE_S][row],
    };
    if (record.due_s <= record.start_s ||
        (gathering->sight.filtered && !figure_scope_fits(&gathering->sight, block, row)))
        return 0;
    bool pending = (flags & FACTS_PENDING) != 0;
    if (!pending && record.due_s <= gathering->since_s) {
        if (gathering->first_s == 0 || record.start_s < gathering->first_s)
            gathering->first_s = record.start_s;
        return 0;
    }
    if (!pending)
        record.handled_s =
            first_of(block->wide[FACTS_FED_BACK_S][row], block->wide[FACTS_ENDED_S][row]);
    record.late = pending ? record.due_s <= gathering->now_s : (flags & FACTS_LATE) != 0;
    record.listed =
        !gathering->filter.filtered || figure_scope_fits(&gathering->filter, block, row);
    record.share = handled_share(gathering, &record);
    gathering->pending += pending && !record.late && record.listed;
    return add(gathering, &record, error);
}

// Classes of one major class get the id of the first of them.
static const uint32_t *majors_of(const struct city_snapshot *city, size_t classes,
                                 struct arena *arena)
{
    uint32_t *majors = arena_array(arena, classes, sizeof *majors);
    const char **names = arena_array(arena, classes, sizeof *names);
    uint32_t *firsts = arena_array(arena, classes, sizeof *firsts);
    size_t known = 0;
    if (majors == NULL || names == NULL || firsts == NULL)
        return NULL;
    for (size_t id = 0; id < classes; id++) {
        const char *name = figure_major_of(city, (int64_t)id);
        size_t at = 0;
        while (name != NULL && at < known && strcmp(names[at], name) != 0)
            at++;
        if (name != NULL && at == known) {
            names[known] = name;
            firsts[known++] = (uint32_t)id;
        }
        majors[id] = name != NULL ? firsts[at] : 0;
    }
    return majors;
}

static int walk(struct gathering *gathering, struct error *error)
{
    int code = 0;
    for (size_t i = 0; i < facts_blocks(gathering->facts) && code == 0; i++) {
        struct facts_block block = facts_block(gathering->facts, i);
        for (size_t row = 0; row < block.count && code == 0; row++)
            code = add_row(gathering, &block, row, error);
    }
    // Since when the city has been at work: a record that stands for all of them.
    struct ahead_record first = {.start_s = gathering->first_s,
                                 .due_s = gathering->since_s,
                                 .handled_s = gathering->since_s};
    if (code == 0 && gathering->first_s != 0)
        code = add(gathering, &first, error);
    return code;
}

// What is asked, by whom, of which city.
struct asking {
    struct facts *facts;
    struct db *db;
    const struct city_snapshot *city;
    const struct actor *actor;
    const struct figure_query *figures;
};

static int prepare(struct gathering *gathering, const struct asking *asking,
                   uint32_t class_most, struct arena *arena, struct error *error)
{
    struct figure_words none = {0};
    struct figure_query all;
    int64_t now_ms = asking->figures->now_ms;
    gathering->facts = asking->facts;
    gathering->calendar = city_calendar(asking->city, 0);
    gathering->classes = (size_t)class_most + 1;
    gathering->majors = majors_of(asking->city, gathering->classes, arena);
    gathering->now_s = (uint32_t)(now_ms / 1000);
    if (gathering->majors == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for classes");
    int code = figure_query_read(&none, asking->city, now_ms, &all, error);
    if (code == 0)
        code = figure_scope_make(asking->city, asking->actor, &all, class_most, arena,
                                 &gathering->sight, error);
    if (code == 0)
        code = figure_scope_make(asking->city, asking->actor, asking->figures, class_most,
                                 arena, &gathering->filter, error);
    return code;
}

// What somebody needs who stands at that instant or later. Records are to be freed,
// whatever comes of it.
static int gather(const struct asking *asking, int64_t first_ms,
                  struct gathering *gathering, struct error *ret_trouble,
                  struct error *error)
{
    gathering->since_s = first_ms > 0 ? ahead_window_start((uint32_t)(first_ms / 1000)) : 0;
    struct facts_state state;
    struct arena *arena ARENA_CLEANUP = arena_new(GATHER_ARENA);
    int code = facts_hold(asking->facts, asking->db, asking->city, &state, error);
    if (code != 0)
        return code;
    *ret_trouble = state.trouble;
    code = prepare(gathering, asking, state.class_most, arena, error);
    if (code == 0)
        code = walk(gathering, error);
    facts_release(asking->facts);
    return code;
}

// ---- the open cases ----
static int by_likelihood(const void *a_case, const void *b_case)
{
    const struct ahead_case *a = a_case, *b = b_case;
    double x = a->forecast.probability, y = b->forecast.probability;
    if (x < y || x > y)
        return (x < y) - (x > y);
    if (a->due_ms != b->due_ms)
        return (a->due_ms > b->due_ms) - (a->due_ms < b->due_ms);
    return (a->case_id > b->case_id) - (a->case_id < b->case_id);
}

static int by_expected(const void *a_department, const void *b_department)
{
    const struct ahead_department *a = a_department, *b = b_department;
    if (a->expected < b->expected || a->expected > b->expected)
        return (a->expected < b->expected) - (a->expected > b->expected);
    return (a->id > b->id) - (a->id < b->id);
}

struct telling {
    const struct gathering *gathering;
    const struct ahead_model *model;
    struct ahead_answer *answer;
    struct ahead_case *found; // room for all that are open
    size_t found_count;
};

static void tell_record(struct telling *telling, const struct ahead_record *record,
                        struct ahead_department *department)
{
    struct ahead_answer *answer = telling->answer;
    uint32_t now_s = telling->gathering->now_s;
    if (record->handled_s == 0 && record->late) {
        answer->overdue++;
        department->overdue++;
    }
    if (!ahead_is_open(record, now_s))
        return;
    struct ahead_case *one = &telling->found[telling->found_count];
    *one = (struct ahead_case){.case_id = record->case_id,
                               .department_id = record->department_id,
                               .class_id = record->class_id,
                               .due_ms = record->due_s * INT64_C(1000)};
    double gone = share_of(telling->gathering->calendar, record, now_s);
    ahead_forecast(telling->model, record, fmin(gone, 1), true, &one->forecast);
    answer->open++;
    department->open++;
    if (one->forecast.basis == AHEAD_UNKNOWN) {
        answer->unknown++;
        return;
    }
    bool likely = one->forecast.probability >= 0.5;
    answer->expected += one->forecast.probability;
    department->expected += one->forecast.probability;
    answer->likely += likely;
    department->likely += likely;
    telling->found_count++;
}

static void keep(struct ahead_answer *answer, const struct ahead_department *department)
{
    if (department->open + department->overdue > 0)
        answer->departments[answer->department_count++] = *department;
}

// Records in the model's order: one department after the other.
static void tell_all(struct telling *telling)
{
    const struct ahead_model *model = telling->model;
    struct ahead_answer *answer = telling->answer;
    struct ahead_department department = {.id = -1};
    for (size_t i = 0; i < model->count; i++) {
        const struct ahead_record *record =
            &model->records[model->orders[AHEAD_OF_DEPARTMENT][i]];
        if (department.id != record->department_id) {
            keep(answer, &department);
            const struct ahead_load *load = ahead_load_of(model, record->department_id);
            department = (struct ahead_department){.id = record->department_id};
            if (load != NULL) {
                department.load = load->now;
                department.usual = load->usual;
            }
        }
        if (record->listed)
            tell_record(telling, record, &department);
    }
    keep(answer, &department);
    qsort(answer->departments, answer->department_count, sizeof *answer->departments,
          by_expected);
    if (telling->found_count > 0)
        qsort(telling->found, telling->found_count, sizeof *telling->found, by_likelihood);
}

static int read_numbers(struct db *db, struct arena *arena, struct ahead_answer *answer,
                        struct error *error)
{
    DB_STATEMENT_CLEANUP struct db_statement *row = NULL;
    int code = db_prepare(db, QUERY_AHEAD_NUMBER, &row, error);
    for (size_t i = 0; i < answer->count && code == 0; i++) {
        db_bind_int(row, 1, answer->cases[i].case_id);
        code = db_step(row, error);
        if (code < 0)
            return code;
        answer->cases[i].number =
            arena_text(arena, code == DB_ROW ? db_column_text(row, 0) : "");
        code = answer->cases[i].number != NULL ? 0 : too_many(error);
        db_reset(row);
    }
    return code;
}

static int tell(struct telling *telling, size_t most, struct arena *arena,
                struct error *error)
{
    const struct ahead_model *model = telling->model;
    struct ahead_answer *answer = telling->answer;
    answer->departments =
        arena_array(arena, model->load_count + 1, sizeof *answer->departments);
    telling->found =
        calloc((size_t)telling->gathering->pending + 1, sizeof *telling->found);
    if (answer->departments == NULL || telling->found == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for forecasts");
    answer->past = model->known;
    tell_all(telling);
    answer->count = telling->found_count < most ? telling->found_count : most;
    answer->cases = arena_array(arena, answer->count + 1, sizeof *answer->cases);
    if (answer->cases == NULL)
        return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for forecasts");
    memcpy(answer->cases, telling->found, answer->count * sizeof *answer->cases);
    return 0;
}

int ahead_forecasts(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, const struct ahead_query *query,
                    struct arena *arena, struct ahead_answer *ret_answer,
                    struct error *error)
{
    struct asking asking = {facts, db, city, actor, &query->figures};
    struct ahead_answer answer = {0};
    struct ahead_model model = {0};
    struct gathering gathering = {0};
    struct telling telling = {.gathering = &gathering, .model = &model, .answer = &answer};
    int code = gather(&asking, query->figures.now_ms, &gathering, &answer.trouble, error);
    if (code == 0)
        code = ahead_model_init(&model, gathering.records, gathering.count, error);
    if (code == 0) {
        ahead_model_stand(&model, gathering.now_s);
        code = tell(&telling, query->most, arena, error);
    }
    if (code == 0)
        code = read_numbers(db, arena, &answer, error);
    free(telling.found);
    ahead_model_done(&model);
    free(gathering.records);
    if (code == 0)
        *ret_answer = answer;
    return code;
}

// ---- calibration ----
static double square(double error)
{
    return error * error;
}

static void compare(const struct gathering *gathering, const struct ahead_model *model,
                    const struct ahead_record *record, struct ahead_calibration *told)
{
    struct ahead_forecast forecast, plain;
    double gone = share_of(gathering->calendar, record, model->at_s);
    ahead_forecast(model, record, fmin(gone, 1), true, &forecast);
    if (forecast.basis == AHEAD_UNKNOWN) {
        told->unknown++;
        return;
    }
    ahead_forecast(model, record, fmin(gone, 1), false, &plain);
    double became = record->late ? 1 : 0, p = forecast.probability;
    size_t tenth = (size_t)fmin(p * AHEAD_TENTHS, AHEAD_TENTHS - 1);
    told->tenths[tenth].count++;
    told->tenths[tenth].late += record->late;
    told->tenths[tenth].expected += p;
    told->count++;
    told->late += record->late;
    told->brier += square(p - became);
    told->brier_plain += square(plain.probability - became);
    told->brier_base += square((double)model->known_late / (double)model->known - became);
}

static void stand_on(const struct gathering *gathering, struct ahead_model *model,
                     int64_t day, struct ahead_calibration *told)
{
    int64_t noon_s = calendar_day_start(gathering->calendar, day) / 1000 + DAY_S / 2;
    if (noon_s >= gathering->now_s || noon_s <= 0)
        return;
    ahead_model_stand(model, (uint32_t)noon_s);
    told->stands++;
    for (size_t i = 0; i < gathering->count; i++) {
        const struct ahead_record *record = &gathering->records[i];
        if (!record->listed || !ahead_is_open(record, model->at_s))
            continue;
        if (record->due_s > gathering->now_s)
            told->pending++;
        else
            compare(gathering, model, record, told);
    }
}

int ahead_calibrate(struct facts *facts, struct db *db, const struct city_snapshot *city,
                    const struct actor *actor, const struct ahead_query *query,
                    struct ahead_calibration *ret_calibration, struct error *error)
{
    const struct figure_query *figures = &query->figures;
    struct asking asking = {facts, db, city, actor, figures};
    int64_t days = figures->to_day - figures->from_day + 1;
    struct ahead_calibration told = {.from_day = figures->from_day,
                                     .to_day = figures->to_day,
                                     .step_days = (days + AHEAD_STANDS_MOST - 1) /
                                                  AHEAD_STANDS_MOST};
    struct ahead_model model = {0};
    struct gathering gathering = {0};
    int64_t first_ms = calendar_day_start(city_calendar(city, 0), told.from_day);
    int code = gather(&asking, first_ms, &gathering, &told.trouble, error);
    if (code == 0)
        code = ahead_model_init(&model, gathering.records, gathering.count, error);
    for (int64_t day = told.from_day; code == 0 && day <= told.to_day;
         day += told.step_days)
        stand_on(&gathering, &model, day, &told);
    if (told.count > 0) {
        told.brier /= (double)told.count;
        told.brier_plain /= (double)told.count;
        told.brier_base /= (double)told.count;
    }
    ahead_model_done(&model);
    free(gathering.records);
    if (code == 0)
        *ret_calibration = told;
    return code;
}
