// SPDX-License-Identifier: MPL-2.0
// Shared by the files of the process module.
#pragma once

#include <gridcase/core/arena.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/process_vocabulary.h>

// Rows that leave one step (or start a case), as indexes into actions.
struct process_rows {
    int *items;
    size_t count;
};

struct process {
    struct arena *arena;
    struct process_step *steps;
    size_t step_count;
    struct process_action *actions;
    size_t action_count;
    struct process_rows *rows; // [step + 1]; rows[0] start a case
};

// Collects problems while a process is built.
struct process_problems {
    const struct rules_report *report; // may be NULL
    size_t count;
    char first_slug[64];
    char first[400];
};
void process_problem(struct process_problems *problems, const struct table *table,
                     size_t row, const char *column, const char *slug, const char *format,
                     ...) __attribute__((format(printf, 6, 7)));

enum {
    PROCESS_TERMS_MOST = 16,
    PROCESS_INPUTS_MOST = 12,
    PROCESS_STEPS_MOST = 200,
    PROCESS_ROWS_MOST = 5000,
};

enum process_list { PROCESS_LIST_GUARDS, PROCESS_LIST_EFFECTS };

// Parses one term like "!has(grid)" out of text[0..length). Returns NULL and fills term, or
// tells what is wrong (arena text that begins with "unknown word" for an unknown one).
const char *process_term_parse(struct arena *arena, enum process_list list,
                               const char *text, size_t length, struct process_term *term);
// What the terms of a row promise together (inputs they name ...): NULL when they fit.
const char *process_terms_fit(struct arena *arena, const struct process_action *action);
void process_vocabulary_write(struct buffer *out);

// "30d", "12h", "15min" in milliseconds; false when it is none.
bool process_duration(const char *text, size_t length, int64_t *ret_ms);

// The same, and "8wh": working hours.
bool process_timer_duration(const char *text, size_t length, int64_t *ret_ms,
                            bool *ret_working);

int process_input_type_from_str(const char *word);
const char *process_input_default_label(const char *name, const char *language);

// Validation of the finished graph.
void process_check_graph(const struct process *process, const struct process_tables *tables,
                         struct process_problems *problems);
