// SPDX-License-Identifier: MPL-2.0
// Conditions and values of counts, run over columns a chunk at a time. All is 32 bits wide,
// so that the compiler takes four rows at once: instants are seconds from 2000 (0: never),
// truths 0 and -1.
#include "figures_internal.h"

#include <string.h>

#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/zone.h>

enum { EPOCH_2000_S = 946684800, LANES = 16 };

// ---- where a field stands ----
enum place_kind {
    PLACE_WIDE,    // as it is
    PLACE_BITS,    // some bits of a wide column, less one for verdicts
    PLACE_TRUTH,   // one bit of a wide column
    PLACE_INSTANT, // seconds from 1970 in a wide column
    PLACE_FLAG,    // a bit of the flags
    PLACE_SOURCE,
    PLACE_RECKONED, // out of several
};
struct place {
    enum place_kind kind;
    int column;
    unsigned shift;
    uint32_t mask;
    int32_t less;
};
#define VERDICT(n)                                                                         \
    {                                                                                      \
        PLACE_BITS, FACTS_VERDICTS, 2 * (n), 3, 1                                          \
    }
#define STATE(at, bits)                                                                    \
    {                                                                                      \
        PLACE_BITS, FACTS_STATE, at, (1U << (bits)) - 1, 0                                 \
    }
#define MARK(at)                                                                           \
    {                                                                                      \
        PLACE_TRUTH, FACTS_STATE, at, 1, 0                                                 \
    }
#define COUNTER(n)                                                                         \
    {                                                                                      \
        PLACE_BITS, FACTS_COUNTERS + (n) / 4, 8 * ((n) % 4), 255, 0                        \
    }
#define INSTANT(column)                                                                    \
    {                                                                                      \
        PLACE_INSTANT, column, 0, 0, 0                                                     \
    }
#define WIDE(column)                                                                       \
    {                                                                                      \
        PLACE_WIDE, column, 0, 0, 0                                                        \
    }
#define FLAG(mask)                                                                         \
    {                                                                                      \
        PLACE_FLAG, 0, 0, mask, 0                                                          \
    }
#define RECKONED                                                                           \
    {                                                                                      \
        PLACE_RECKONED, 0, 0, 0, 0                                                         \
    }

static const struct place PLACES[FIELD_COUNT] = {
    [FIELD_SOURCE] = {PLACE_SOURCE, 0, 0, 0, 0},
    [FIELD_STAGE] = STATE(0, 4),
    [FIELD_OUTCOME] = STATE(4, 4),
    [FIELD_MARK] = STATE(8, 3),
    [FIELD_VERIFY_RESULT] = STATE(11, 4),
    [FIELD_CHECK_RESULT] = STATE(15, 4),
    [FIELD_OPENED] = INSTANT(FACTS_OPENED_S),
    [FIELD_ACCEPTED] = INSTANT(FACTS_ACCEPTED_S),
    [FIELD_VERIFIED] = INSTANT(FACTS_VERIFIED_S),
    [FIELD_FILED] = INSTANT(FACTS_FILED_S),
    [FIELD_SENT] = INSTANT(FACTS_SENT_S),
    [FIELD_SIGNED] = INSTANT(FACTS_SIGNED_S),
    [FIELD_FED_BACK] = INSTANT(FACTS_FED_BACK_S),
    [FIELD_CHECKED] = INSTANT(FACTS_CHECKED_S),
    [FIELD_ENDED] = INSTANT(FACTS_ENDED_S),
    [FIELD_HANDLED] = RECKONED,
    [FIELD_DUE] = INSTANT(FACTS_DUE_S),
    [FIELD_JUDGED] = RECKONED,
    [FIELD_LEFT] = RECKONED,
    [FIELD_HANDLED_IN_TIME] = VERDICT(0),
    [FIELD_TARGET_IN_TIME] = VERDICT(1),
    [FIELD_CLOSED_IN_TIME] = VERDICT(2),
    [FIELD_ACCEPTED_IN_TIME] = VERDICT(3),
    [FIELD_VERIFIED_IN_TIME] = VERDICT(4),
    [FIELD_FILED_IN_TIME] = VERDICT(5),
    [FIELD_SENT_IN_TIME] = VERDICT(6),
    [FIELD_SIGNED_IN_TIME] = VERDICT(7),
    [FIELD_REVIEWED_IN_TIME] = VERDICT(8),
    [FIELD_CHECKED_IN_TIME] = VERDICT(9),
    [FIELD_REACHED] = VERDICT(10),
    [FIELD_SOLVED] = VERDICT(11),
    [FIELD_SATISFIED] = VERDICT(12),
    [FIELD_OPEN] = FLAG(FACTS_OPEN),
    [FIELD_CLOSED] = FLAG(FACTS_CLOSED),
    [FIELD_IN_TIME] = FLAG(FACTS_IN_TIME),
    [FIELD_LATE] = FLAG(FACTS_LATE),
    [FIELD_PENDING] = FLAG(FACTS_PENDING),
    [FIELD_WAS_OVERDUE] = FLAG(FACTS_WAS_OVERDUE),
    [FIELD_EXEMPTED] = MARK(19),
    [FIELD_FORCED] = MARK(20),
    [FIELD_ONE_SIDED] = MARK(21),
    [FIELD_LATE_RECEIVED] = MARK(22),
    [FIELD_MISSED] = MARK(23),
    [FIELD_FED_BACK_BARE] = MARK(24),
    [FIELD_CHECKED_BARE] = MARK(25),
    [FIELD_RETURNED] = COUNTER(0),
    [FIELD_REWORKED] = COUNTER(1),
    [FIELD_RESENT] = COUNTER(2),
    [FIELD_EXTENDED] = COUNTER(3),
    [FIELD_SUSPENDED] = COUNTER(4),
    [FIELD_REOPENED] = COUNTER(5),
    [FIELD_URGED] = COUNTER(6),
    [FIELD_CORRECTED] = COUNTER(7),
    [FIELD_SUPERVISED] = COUNTER(8),
    [FIELD_ASSISTED] = COUNTER(9),
    [FIELD_PASSED_ON] = COUNTER(10),
    [FIELD_APPEALED] = COUNTER(11),
    [FIELD_CONTESTED] = COUNTER(12),
    [FIELD_MERGED_IN] = COUNTER(13),
    [FIELD_CONTACTS] = COUNTER(14),
    [FIELD_WORK_SECONDS] = WIDE(FACTS_WORK_S),
    [FIELD_TOTAL_SECONDS] = WIDE(FACTS_DURATION_S),
    [FIELD_REPORTED_BY] = WIDE(FACTS_REPORTED_BY),
    [FIELD_ACCEPTED_BY] = WIDE(FACTS_ACCEPTED_BY),
    [FIELD_VERIFIED_BY] = WIDE(FACTS_VERIFIED_BY),
    [FIELD_FILED_BY] = WIDE(FACTS_FILED_BY),
    [FIELD_SENT_BY] = WIDE(FACTS_SENT_BY),
    [FIELD_CHECKED_BY] = WIDE(FACTS_CHECKED_BY),
    [FIELD_CLOSED_BY] = WIDE(FACTS_CLOSED_BY),
    [FIELD_DEPARTMENT] = WIDE(FACTS_DEPARTMENT),
    [FIELD_DESK] = WIDE(FACTS_DESK),
    [FIELD_GRID] = WIDE(FACTS_GRID),
    [FIELD_DUTY_GRID] = WIDE(FACTS_DUTY_GRID),
    [FIELD_CLASS] = WIDE(FACTS_CLASS),
    [FIELD_MAJOR] = WIDE(FACTS_CLASS),
};

// The inner loop has a fixed length: it becomes vector code. The last lanes may look at
// room beyond the rows, which is there in every block, and whose results nobody reads.
#define EACH(count, i)                                                                     \
    for (size_t block_at = 0; block_at < (count); block_at += LANES)                       \
        for (size_t i = block_at; i < block_at + LANES; i++)

static uint32_t second_at(const struct facts_block *block, size_t row, int column)
{
    return block->wide[column][row];
}

// Out of several columns: one row at a time.
static uint32_t reckon(const struct facts_block *block, size_t row, enum fact_field field)
{
    unsigned flags = block->narrow[FACTS_FLAGS][row];
    uint32_t handled = second_at(block, row, FACTS_FED_BACK_S);
    if (handled == 0)
        handled = second_at(block, row, FACTS_ENDED_S);
    if (field == FIELD_HANDLED)
        return handled;
    if (field == FIELD_LEFT)
        return (flags & FACTS_WAS_OVERDUE) != 0 ? handled : 0;
    if ((flags & (FACTS_PENDING | FACTS_WAS_OVERDUE)) != 0)
        return second_at(block, row, FACTS_DUE_S);
    return (flags & (FACTS_IN_TIME | FACTS_LATE)) != 0 ? handled : 0;
}

static int32_t instant(uint32_t second)
{
    int64_t since = (int64_t)second - EPOCH_2000_S;
    return second == 0 ? 0 : since > INT32_MAX ? INT32_MAX : (int32_t)since;
}

static size_t row_of(const struct fact_rows *rows, size_t i)
{
    return rows->from + (rows->rows != NULL ? rows->rows[i] : i);
}

// ---- loading ----
static void gather(const struct fact_rows *rows, int column, bool narrow, int32_t *out)
{
    const struct facts_block *block = rows->block;
    if (!narrow && block->wide[column] == NULL) {
        memset(out, 0, FACT_CHUNK * sizeof *out);
    } else if (rows->rows != NULL) {
        for (size_t i = 0; i < rows->count; i++) {
            size_t row = rows->from + rows->rows[i];
            out[i] =
                narrow ? block->narrow[column][row] : (int32_t)block->wide[column][row];
        }
    } else if (narrow) {
        const uint16_t *values = block->narrow[column] + rows->from;
        EACH(rows->count, i) out[i] = values[i];
    } else {
        const uint32_t *values = block->wide[column] + rows->from;
        memcpy(out, values, rows->count * sizeof *out);
    }
}

static void load(const struct fact_rows *rows, enum fact_field field, int32_t *out)
{
    const struct place *place = &PLACES[field];
    const uint32_t mask = place->mask;
    const unsigned shift = place->shift;
    const int32_t less = place->less;
    if (place->kind == PLACE_RECKONED) {
        for (size_t i = 0; i < rows->count; i++)
            out[i] = instant(reckon(rows->block, row_of(rows, i), field));
        return;
    }
    bool narrow = place->kind == PLACE_FLAG || place->kind == PLACE_SOURCE;
    gather(rows, narrow ? FACTS_FLAGS : place->column, narrow, out);
    switch (place->kind) {
    case PLACE_BITS:
        EACH(rows->count, i) out[i] = (int32_t)((uint32_t)out[i] >> shift & mask) - less;
        break;
    case PLACE_TRUTH:
        EACH(rows->count, i) out[i] = -(int32_t)((uint32_t)out[i] >> shift & 1);
        break;
    case PLACE_INSTANT: // far instants past 2068 wrap into none: they do not come
        EACH(rows->count, i)
        {
            int32_t is = -(out[i] != 0);
            out[i] = (int32_t)((uint32_t)out[i] - EPOCH_2000_S) & is;
        }
        break;
    case PLACE_FLAG:
        EACH(rows->count, i) out[i] = -(int32_t)(((uint32_t)out[i] & mask) != 0);
        break;
    case PLACE_SOURCE:
        EACH(rows->count, i) out[i] &= FACTS_SOURCE;
        break;
    case PLACE_WIDE:
    case PLACE_RECKONED:
        break;
    }
}

// ---- reckoning ----
static void combine(enum expression_op op, size_t count, int32_t *restrict a,
                    const int32_t *restrict b)
{
#define OP(name, expression)                                                               \
    case name:                                                                             \
        EACH(count, i) a[i] = (int32_t)(expression);                                       \
        break
    switch (op) {
        OP(EXPRESSION_ADD, (uint32_t)a[i] + (uint32_t)b[i]);
        OP(EXPRESSION_SUBTRACT, (uint32_t)a[i] - (uint32_t)b[i]);
        OP(EXPRESSION_MULTIPLY, (uint32_t)a[i] * (uint32_t)b[i]);
        OP(EXPRESSION_EQUAL, -(a[i] == b[i]));
        OP(EXPRESSION_UNEQUAL, -(a[i] != b[i]));
        OP(EXPRESSION_BELOW, -(a[i] < b[i]));
        OP(EXPRESSION_AT_MOST, -(a[i] <= b[i]));
        OP(EXPRESSION_ABOVE, -(a[i] > b[i]));
        OP(EXPRESSION_AT_LEAST, -(a[i] >= b[i]));
        OP(EXPRESSION_AND, a[i] & b[i]);
        OP(EXPRESSION_OR, a[i] | b[i]);
        OP(EXPRESSION_BETWEEN,
           a[i] != 0 && b[i] != 0 ? (uint32_t)b[i] - (uint32_t)a[i] : 0);
    default:
        break;
    }
#undef OP
}

static void alter(enum expression_op op, size_t count, int32_t number, int32_t *a)
{
    switch (op) {
    case EXPRESSION_NOT:
        EACH(count, i) a[i] = ~a[i];
        break;
    case EXPRESSION_NEGATE:
        EACH(count, i) a[i] = (int32_t)(0 - (uint32_t)a[i]);
        break;
    case EXPRESSION_TRUE:
        EACH(count, i) a[i] = -(a[i] != 0);
        break;
    case EXPRESSION_IS:
        EACH(count, i) a[i] = -(a[i] == number);
        break;
    default:
        break;
    }
}

static void among(const struct expression_set *set, size_t count, int32_t *restrict a,
                  int32_t *restrict found)
{
    memset(found, 0, FACT_CHUNK * sizeof *found);
    for (size_t k = 0; k < set->count; k++) {
        const int32_t number = set->numbers[k];
        EACH(count, i) found[i] |= -(a[i] == number);
    }
    memcpy(a, found, count * sizeof *a);
}

static void coded(const struct fact_program *program, const struct expression_step *step,
                  const struct fact_rows *rows, int32_t *out)
{
    const uint8_t *in = program->coded[step->index];
    gather(rows, FACTS_CLASS, false, out);
    for (size_t i = 0; i < rows->count; i++) {
        uint32_t id = (uint32_t)out[i];
        out[i] = -(int32_t)(id < program->classes && in[id] != 0);
    }
}

void fact_program_run(const struct fact_program *program, const struct fact_rows *rows,
                      int32_t *out)
{
    int32_t stack[EXPRESSION_DEPTH_MOST + 1][FACT_CHUNK];
    size_t top = 0;
    for (size_t i = 0; i < program->expression->count; i++) {
        const struct expression_step *step = &program->expression->steps[i];
        int32_t number = (int32_t)step->number;
        if (step->op == EXPRESSION_LOAD)
            load(rows, (enum fact_field)step->index, stack[top++]);
        else if (step->op == EXPRESSION_CODED)
            coded(program, step, rows, stack[top++]);
        else if (step->op == EXPRESSION_PUSH || step->op == EXPRESSION_NOW) {
            number = step->op == EXPRESSION_NOW ? program->now : number;
            EACH(rows->count, k) stack[top][k] = number;
            top++;
        } else if (step->op == EXPRESSION_IN)
            among(&program->expression->sets[step->index], rows->count, stack[top - 1],
                  stack[top]);
        else if (step->op >= EXPRESSION_NOT)
            alter(step->op, rows->count, number, stack[top - 1]);
        else {
            combine(step->op, rows->count, stack[top - 2], stack[top - 1]);
            top--;
        }
    }
    memcpy(out, stack[0], rows->count * sizeof *out);
}

// ---- getting ready ----
static bool is_listed(const struct expression_set *set, const char *code)
{
    for (size_t i = 0; code != NULL && i < set->count; i++)
        if (strcmp(set->codes[i], code) == 0)
            return true;
    return false;
}

int fact_program_make(const struct expression *expression, const struct city_snapshot *city,
                      uint32_t class_most, int64_t now_ms, struct arena *arena,
                      struct fact_program *ret_program, struct error *error)
{
    struct fact_program program = {.classes = (size_t)class_most + 1,
                                   .now = instant((uint32_t)(now_ms / 1000))};
    if (expression->count > 0)
        program.expression = expression;
    for (size_t i = 0; i < expression->count; i++) {
        const struct expression_step *step = &expression->steps[i];
        if (step->op != EXPRESSION_CODED)
            continue;
        uint8_t *in = arena_alloc(arena, program.classes);
        if (in == NULL)
            return error_set(error, ERROR_LIMIT, "figures.memory", "no room for classes");
        bool major = (enum fact_field)(int)step->number == FIELD_MAJOR;
        for (size_t id = 0; id < program.classes; id++)
            in[id] = id > 0 && is_listed(&expression->sets[step->index],
                                         major ? figure_major_of(city, (int64_t)id)
                                               : city_class_code(city, (int64_t)id));
        program.coded[step->index] = in;
    }
    *ret_program = program;
    return 0;
}

int fact_day_column(enum fact_field field)
{
    static const int COLUMNS[FIELD_COUNT] = {
        [FIELD_OPENED] = FACTS_OPENED,     [FIELD_ACCEPTED] = FACTS_ACCEPTED,
        [FIELD_VERIFIED] = FACTS_VERIFIED, [FIELD_FILED] = FACTS_FILED,
        [FIELD_SENT] = FACTS_SENT,         [FIELD_SIGNED] = FACTS_SIGNED,
        [FIELD_FED_BACK] = FACTS_FED_BACK, [FIELD_CHECKED] = FACTS_CHECKED,
        [FIELD_ENDED] = FACTS_ENDED,       [FIELD_HANDLED] = FACTS_HANDLED,
        [FIELD_DUE] = FACTS_DUE,           [FIELD_JUDGED] = FACTS_JUDGED,
        [FIELD_LEFT] = FACTS_LEFT,
    };
    return COLUMNS[field];
}

// ---- hours ----
// Offsets are asked for a day at a time; on a day when clocks change, each time.
static int64_t offset_at(struct fact_clock *clock, int64_t second)
{
    if (second >= clock->from_s && second < clock->until_s)
        return clock->offset_s;
    int64_t from_s = second - second % 86400, until_s = from_s + 86400;
    int64_t offset_s = zone_offset_s(clock->zone, second * 1000);
    if (!zone_changes(clock->zone, from_s * 1000, until_s * 1000)) {
        clock->from_s = from_s;
        clock->until_s = until_s;
        clock->offset_s = offset_s;
    }
    return offset_s;
}

void fact_hours(struct fact_clock *clock, enum fact_field field,
                const struct fact_rows *rows, int32_t *out)
{
    const struct place *place = &PLACES[field];
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = row_of(rows, i);
        uint32_t second = place->kind == PLACE_RECKONED
                              ? reckon(rows->block, row, field)
                              : second_at(rows->block, row, place->column);
        int64_t local = second + (second != 0 ? offset_at(clock, second) : 0);
        out[i] = (int32_t)(local % 86400 / 3600);
    }
}
