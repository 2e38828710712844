// SPDX-License-Identifier: MPL-2.0
// Conditions and values over the facts of a case, and formulas over counts: a small
// language whose words are fixed (gridcase indicators words, gridcase-indicators(5)).
// Compiled once to steps in postfix order; src/evaluation runs them over columns.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gridcase/core/arena.h>
#include <gridcase/core/buffer.h>
#include <gridcase/core/error.h>

// What is known of a case. The order is that of the table in expression_words.c.
enum fact_field {
    FIELD_SOURCE,
    FIELD_STAGE,
    FIELD_OUTCOME,
    FIELD_MARK,
    FIELD_VERIFY_RESULT, // number of the choice made, 0: none
    FIELD_CHECK_RESULT,
    FIELD_OPENED, // instants, 0: never
    FIELD_ACCEPTED,
    FIELD_VERIFIED,
    FIELD_FILED,
    FIELD_SENT,
    FIELD_SIGNED,
    FIELD_FED_BACK,
    FIELD_CHECKED,
    FIELD_ENDED,
    FIELD_HANDLED,         // fed back, or ended where the process knows no feedback
    FIELD_DUE,             // handling deadline; none while its clock is paused
    FIELD_JUDGED,          // when the verdict about the handling was certain
    FIELD_LEFT,            // handled after the deadline: overdue from due to then
    FIELD_HANDLED_IN_TIME, // verdicts
    FIELD_CLOSED_IN_TIME,
    FIELD_TARGET_IN_TIME,
    FIELD_ACCEPTED_IN_TIME,
    FIELD_VERIFIED_IN_TIME,
    FIELD_FILED_IN_TIME,
    FIELD_SENT_IN_TIME,
    FIELD_SIGNED_IN_TIME,
    FIELD_REVIEWED_IN_TIME,
    FIELD_CHECKED_IN_TIME,
    FIELD_REACHED,
    FIELD_SOLVED,
    FIELD_SATISFIED,
    FIELD_OPEN, // flags
    FIELD_CLOSED,
    FIELD_IN_TIME,
    FIELD_LATE,
    FIELD_PENDING,
    FIELD_WAS_OVERDUE,
    FIELD_EXEMPTED,
    FIELD_FORCED,
    FIELD_ONE_SIDED,
    FIELD_LATE_RECEIVED,
    FIELD_MISSED,        // a report that a collector missed, by the city's rule
    FIELD_FED_BACK_BARE, // by people here, without a photo
    FIELD_CHECKED_BARE,
    FIELD_RETURNED, // numbers
    FIELD_REWORKED,
    FIELD_RESENT,
    FIELD_EXTENDED,
    FIELD_SUSPENDED,
    FIELD_REOPENED,
    FIELD_URGED,
    FIELD_CORRECTED,
    FIELD_SUPERVISED,
    FIELD_ASSISTED,
    FIELD_PASSED_ON,
    FIELD_APPEALED,
    FIELD_CONTESTED,
    FIELD_MERGED_IN,
    FIELD_CONTACTS,
    FIELD_WORK_SECONDS,  // office time from report to end
    FIELD_TOTAL_SECONDS, // natural time from report to end
    FIELD_REPORTED_BY,   // ids, 0: nobody
    FIELD_ACCEPTED_BY,
    FIELD_VERIFIED_BY,
    FIELD_FILED_BY,
    FIELD_SENT_BY,
    FIELD_CHECKED_BY,
    FIELD_CLOSED_BY,
    FIELD_DEPARTMENT,
    FIELD_DESK,
    FIELD_GRID,
    FIELD_DUTY_GRID,
    FIELD_CLASS, // compared with codes of the catalogue
    FIELD_MAJOR,
    FIELD_COUNT,
};

enum expression_type {
    EXPRESSION_NUMBER,
    EXPRESSION_TRUTH,
    EXPRESSION_INSTANT,
    EXPRESSION_ID,
    EXPRESSION_VERDICT, // yes, no, unknown
    EXPRESSION_CHOICE,  // one of fixed words
    EXPRESSION_CODE,    // one of the city's codes
    EXPRESSION_TYPE_COUNT,
};
struct expression_word {
    const char *name;
    enum expression_type type;
    const char *(*choice)(int number); // of a choice; NULL past the last one
    const char *label_en, *label_zh;
};
const struct expression_word *expression_word(enum fact_field field);
const char *expression_type_to_str(enum expression_type type);
int expression_field_find(const char *name, size_t length); // enum fact_field; -1: none

enum expression_op {
    EXPRESSION_PUSH, // number
    EXPRESSION_LOAD, // index: enum fact_field, or what the formula's names gave
    EXPRESSION_NOW,
    EXPRESSION_ADD, // these take two and leave one
    EXPRESSION_SUBTRACT,
    EXPRESSION_MULTIPLY,
    EXPRESSION_DIVIDE,
    EXPRESSION_EQUAL,
    EXPRESSION_UNEQUAL,
    EXPRESSION_BELOW,
    EXPRESSION_AT_MOST,
    EXPRESSION_ABOVE,
    EXPRESSION_AT_LEAST,
    EXPRESSION_AND,
    EXPRESSION_OR,
    EXPRESSION_BETWEEN, // seconds(a, b): b - a where both happened, else 0
    EXPRESSION_NOT,     // these take one
    EXPRESSION_NEGATE,
    EXPRESSION_TRUE,  // is it other than 0?
    EXPRESSION_IN,    // one of the numbers of set `index`
    EXPRESSION_IS,    // equal to `number`
    EXPRESSION_CODED, // index: of the code list; number: enum fact_field
    EXPRESSION_OP_COUNT,
};
struct expression_step {
    enum expression_op op;
    int index;
    double number;
};
enum {
    EXPRESSION_STEPS_MOST = 120,
    EXPRESSION_DEPTH_MOST = 8,
    EXPRESSION_SETS_MOST = 8,
    EXPRESSION_SET_MOST = 64, // members
    EXPRESSION_TEXT_MOST = 2000,
};
struct expression_set {
    size_t count;
    int32_t numbers[EXPRESSION_SET_MOST];   // of EXPRESSION_IN
    const char *codes[EXPRESSION_SET_MOST]; // of EXPRESSION_CODED
};
struct expression {
    const char *text;
    enum expression_type type;
    size_t count;
    const struct expression_step *steps;
    size_t set_count;
    struct expression_set *sets;
    uint64_t fields[2]; // bits: enum fact_field that it looks at
};

// A condition ("source = citizen and filed and not sent") or a value
// ("seconds(opened, ended)"); want: EXPRESSION_TRUTH or EXPRESSION_NUMBER. Lives in arena.
// ERROR_INPUT "expression.word", "expression.type", "expression.syntax",
// "expression.too_long"; the message tells the place.
int expression_of_facts(const char *text, enum expression_type want, struct arena *arena,
                        struct expression *ret_expression,
                        struct error *error) ERROR_MUST_CHECK;

// A formula over names: numbers + - * / and parentheses. find tells what a name loads; < 0:
// it is not known, which is ERROR_INPUT "expression.word".
typedef int expression_find(void *context, const char *name, size_t length);
int expression_of_names(const char *text, expression_find *find, void *context,
                        struct arena *arena, struct expression *ret_expression,
                        struct error *error) ERROR_MUST_CHECK;
// Over numbers: values by what find gave. A division by 0 is NaN, and so is all made of it.
double expression_number(const struct expression *expression, const double *values);
