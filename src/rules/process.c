// SPDX-License-Identifier: MPL-2.0
// Building a process out of its tables.
#include <gridcase/rules/process.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "process_internal.h"

enum { PROCESS_ARENA = 16 * 1024 * 1024, CODE_MOST = 63 };

void process_problem(struct process_problems *problems, const struct table *table,
                     size_t row, const char *column, const char *slug, const char *format,
                     ...)
{
    char message[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (problems->count++ == 0) {
        struct error first = {0};
        if (table != NULL && row != RULES_NO_ROW)
            table_error(table, row, column, slug, &first, "%s", message);
        snprintf(problems->first, sizeof problems->first, "%.399s",
                 first.message[0] != '\0' ? first.message : message);
    }
    const struct rules_report *report = problems->report;
    if (report != NULL && report->report != NULL)
        report->report(report->context, RULES_ERROR, table, row, column, slug, message);
}

// ---- steps ----
struct builder {
    struct process *process;
    const struct process_tables *tables;
    struct process_problems *problems;
};

#define STEP_PROBLEM(column, ...)                                                          \
    process_problem(builder->problems, builder->tables->steps, row, column,                \
                    "process.step", __VA_ARGS__)
#define ACTION_PROBLEM(column, ...)                                                        \
    process_problem(builder->problems, builder->tables->actions, row, column,              \
                    "process.action", __VA_ARGS__)

static const char *cell(const struct builder *builder, const struct table *table,
                        size_t row, const char *column)
{
    return arena_text(builder->process->arena, table_value(table, row, column));
}

static int step_word(const struct builder *builder, size_t row, const char *column,
                     int (*find)(const char *), int otherwise)
{
    const char *text = table_value(builder->tables->steps, row, column);
    if (*text == '\0')
        return otherwise;
    int number = find(text);
    if (number < 0) {
        STEP_PROBLEM(column, "unknown word '%s'", text);
        return otherwise;
    }
    return number;
}

// "role:acceptor", "filer:collector", "roster:collector", "department", "desk", "reporter".
static void read_holder(const struct builder *builder, size_t row,
                        struct process_step *step)
{
    const char *text = table_value(builder->tables->steps, row, "holder");
    step->holder_role = -1;
    if (*text == '\0') {
        step->holder = PROCESS_HOLDER_NONE;
    } else if (strcmp(text, "department") == 0) {
        step->holder = PROCESS_HOLDER_DEPARTMENT;
        step->holder_role = PROCESS_DEPARTMENT;
    } else if (strcmp(text, "desk") == 0) {
        step->holder = PROCESS_HOLDER_DESK;
        step->holder_role = PROCESS_DISPATCHER;
    } else if (strcmp(text, "reporter") == 0) {
        step->holder = PROCESS_HOLDER_REPORTER;
    } else {
        bool filer = text_starts(text, "filer:");
        bool roster = text_starts(text, "roster:");
        step->holder = filer    ? PROCESS_HOLDER_FILER
                       : roster ? PROCESS_HOLDER_ROSTER
                                : PROCESS_HOLDER_ROLE;
        const char *role = strchr(text, ':');
        step->holder_role = role != NULL ? process_role_from_str(role + 1) : -1;
        if ((!filer && !roster && !text_starts(text, "role:")) || step->holder_role < 0 ||
            step->holder_role >= PROCESS_ROLE_COUNT)
            STEP_PROBLEM("holder",
                         "unknown word '%s': role:ROLE, filer:ROLE, roster:ROLE, "
                         "department, desk or reporter",
                         text);
    }
}

// "no_answer@14d"
static void read_timer(const struct builder *builder, size_t row, struct process_step *step)
{
    const char *text = table_value(builder->tables->steps, row, "timer");
    if (*text == '\0')
        return;
    const char *at = strchr(text, '@');
    if (at == NULL || at == text ||
        !process_timer_duration(at + 1, strlen(at + 1), &step->timer_ms,
                                &step->timer_working))
        STEP_PROBLEM("timer", "'%s' is no timer like action@14d", text);
    else
        step->timer_action = arena_copy(builder->process->arena, text, (size_t)(at - text));
}

static void check_step(const struct builder *builder, size_t row,
                       const struct process_step *step)
{
    bool ended = step->stage == PROCESS_ENDED;
    if (ended && (step->task != PROCESS_TASK_NONE || step->holder != PROCESS_HOLDER_NONE))
        STEP_PROBLEM("task", "an ended step has no task and no holder");
    if (ended && step->outcome == PROCESS_OUTCOME_NONE)
        STEP_PROBLEM("outcome", "an ended step says how the case ended");
    if (!ended && step->outcome != PROCESS_OUTCOME_NONE)
        STEP_PROBLEM("outcome", "only ended steps have an outcome");
    if (!ended && step->task == PROCESS_TASK_NONE)
        STEP_PROBLEM("task", "a step that is not ended needs a task");
    if (!ended && step->holder == PROCESS_HOLDER_NONE)
        STEP_PROBLEM("holder", "a step that is not ended needs a holder of its task");
    if (ended && step->clock != PROCESS_CLOCK_NONE)
        STEP_PROBLEM("clock", "an ended step has no clock");
    if (*step->queue != '\0' && strcmp(step->queue, "where") != 0 &&
        strcmp(step->queue, "manual") != 0)
        STEP_PROBLEM("queue", "unknown word '%s': where, manual or nothing", step->queue);
}

static void read_step(const struct builder *builder, size_t row)
{
    const struct table *table = builder->tables->steps;
    struct process *process = builder->process;
    struct process_step *step = &process->steps[row];
    *step = (struct process_step){.line = table_line(table, row),
                                  .code = cell(builder, table, row, "code"),
                                  .queue = cell(builder, table, row, "queue")};
    if (!text_is_slug(step->code) || strcmp(step->code, "open") == 0)
        STEP_PROBLEM("code", "'%s' is no code", step->code);
    for (size_t i = 0; i < row; i++)
        if (strcmp(process->steps[i].code, step->code) == 0)
            STEP_PROBLEM("code", "'%s' stands twice", step->code);
    if (*table_value(table, row, "stage") == '\0')
        STEP_PROBLEM("stage", "a step needs a stage");
    step->stage = (enum process_stage)step_word(builder, row, "stage",
                                                process_stage_from_str, PROCESS_REPORT);
    step->outcome = (enum process_outcome)step_word(
        builder, row, "outcome", process_outcome_from_str, PROCESS_OUTCOME_NONE);
    step->task = (enum process_task)step_word(builder, row, "task", process_task_from_str,
                                              PROCESS_TASK_NONE);
    step->clock = (enum process_clock)step_word(builder, row, "clock",
                                                process_clock_from_str, PROCESS_CLOCK_NONE);
    read_holder(builder, row, step);
    read_timer(builder, row, step);
    label_read(table, row, "name", process->arena, &step->label);
    check_step(builder, row, step);
}

// ---- actions ----
static void read_roles(const struct builder *builder, size_t row,
                       struct process_action *action)
{
    const char *cursor = table_value(builder->tables->actions, row, "roles");
    size_t length = 0;
    for (const char *piece; (piece = text_next(&cursor, ' ', &length)) != NULL;) {
        if (length == 0)
            continue;
        const char *word = arena_copy(builder->process->arena, piece, length);
        int role = process_role_from_str(word);
        if (strcmp(word, "staff") == 0)
            action->roles |= (1u << PROCESS_COMPANY) - 1;
        else if (role < 0)
            ACTION_PROBLEM("roles", "unknown word '%s'", word);
        else
            action->roles |= 1u << role;
    }
    if (action->roles == 0)
        ACTION_PROBLEM("roles", "nobody may do this");
    if ((action->roles & (1u << PROCESS_PUBLIC)) != 0 && action->kind != PROCESS_REPORTED)
        ACTION_PROBLEM("roles", "the public may only report");
}

// Pieces are separated by blanks outside parentheses.
static const char *next_term(const char **cursor, size_t *ret_length)
{
    const char *text = *cursor;
    while (*text == ' ')
        text++;
    if (*text == '\0')
        return NULL;
    size_t length = 0;
    int depth = 0;
    for (; text[length] != '\0' && (text[length] != ' ' || depth > 0); length++)
        depth += text[length] == '(' ? 1 : text[length] == ')' ? -1 : 0;
    *cursor = text + length;
    *ret_length = length;
    return text;
}

static const struct process_term *read_terms(const struct builder *builder, size_t row,
                                             enum process_list list, size_t *ret_count)
{
    const char *column = list == PROCESS_LIST_GUARDS ? "guards" : "effects";
    struct arena *arena = builder->process->arena;
    struct process_term terms[PROCESS_TERMS_MOST];
    size_t count = 0;
    size_t length = 0;
    const char *cursor = table_value(builder->tables->actions, row, column);
    for (const char *piece; (piece = next_term(&cursor, &length)) != NULL;) {
        if (count == PROCESS_TERMS_MOST) {
            ACTION_PROBLEM(column, "more than %d words", PROCESS_TERMS_MOST);
            break;
        }
        const char *wrong = process_term_parse(arena, list, piece, length, &terms[count]);
        if (wrong == NULL)
            count++;
        else
            process_problem(builder->problems, builder->tables->actions, row, column,
                            text_starts(wrong, "unknown word") ? "process.unknown_word"
                                                               : "process.parameter",
                            "%s", wrong);
    }
    *ret_count = count;
    if (count == 0)
        return NULL;
    struct process_term *kept = arena_array(arena, count, sizeof *kept);
    memcpy(kept, terms, count * sizeof *kept);
    return kept;
}

static void label_input(const struct builder *builder, struct process_input *input)
{
    const struct table *table = builder->tables->inputs;
    for (size_t i = 0; table != NULL && i < table_rows(table); i++)
        if (strcmp(table_value(table, i, "code"), input->name) == 0)
            label_read(table, i, "name", builder->process->arena, &input->label);
    static const char *const TAGS[] = {"zh-CN", "en"};
    for (size_t i = 0; input->label.count < i + 1 && i < 2; i++) {
        const char *text = process_input_default_label(input->name, TAGS[i]);
        if (text == NULL)
            break;
        snprintf(input->label.tags[i], LABEL_TAG_SIZE, "%s", TAGS[i]);
        input->label.texts[i] = text;
        input->label.count = i + 1;
    }
}

// "opinion:text!" or "result:choice(pass|fail)!"
static bool read_input(const struct builder *builder, size_t row, const char *piece,
                       size_t length, struct process_input *input)
{
    struct arena *arena = builder->process->arena;
    *input = (struct process_input){.choices = ""};
    if (piece[length - 1] == '!') {
        input->required = true;
        length--;
    }
    const char *colon = memchr(piece, ':', length);
    if (colon == NULL) {
        ACTION_PROBLEM("inputs", "'%.*s' lacks its type (name:type)", (int)length, piece);
        return false;
    }
    input->name = arena_copy(arena, piece, (size_t)(colon - piece));
    const char *end = piece + length;
    const char *open = memchr(colon, '(', (size_t)(end - colon));
    const char *type =
        arena_copy(arena, colon + 1, (size_t)((open != NULL ? open : end) - colon - 1));
    int number = process_input_type_from_str(type);
    if (!text_is_slug(input->name) || number < 0) {
        ACTION_PROBLEM("inputs", "unknown word '%.*s'", (int)length, piece);
        return false;
    }
    input->type = (enum process_input_type)number;
    if (open != NULL && end[-1] == ')')
        input->choices = arena_copy(arena, open + 1, (size_t)(end - open - 2));
    if ((number == PROCESS_INPUT_CHOICE) != (*input->choices != '\0')) {
        ACTION_PROBLEM("inputs",
                       "'%s': a choice has its words in parentheses, no other "
                       "type has",
                       input->name);
        return false;
    }
    label_input(builder, input);
    return true;
}

static void read_inputs(const struct builder *builder, size_t row,
                        struct process_action *action)
{
    struct process_input inputs[PROCESS_INPUTS_MOST];
    size_t count = 0;
    size_t length = 0;
    const char *cursor = table_value(builder->tables->actions, row, "inputs");
    for (const char *piece; (piece = next_term(&cursor, &length)) != NULL;) {
        if (count == PROCESS_INPUTS_MOST) {
            ACTION_PROBLEM("inputs", "more than %d inputs", PROCESS_INPUTS_MOST);
            break;
        }
        if (!read_input(builder, row, piece, length, &inputs[count]))
            continue;
        for (size_t i = 0; i < count; i++)
            if (strcmp(inputs[i].name, inputs[count].name) == 0)
                ACTION_PROBLEM("inputs", "'%s' stands twice", inputs[i].name);
        count++;
    }
    if (count == 0)
        return;
    struct process_input *kept = arena_array(builder->process->arena, count, sizeof *kept);
    memcpy(kept, inputs, count * sizeof *kept);
    action->inputs = kept;
    action->input_count = count;
}

static void read_heads(const struct builder *builder, size_t row,
                       struct process_action *action)
{
    const struct table *table = builder->tables->actions;
    action->line = table_line(table, row);
    action->code = cell(builder, table, row, "code");
    if (!text_is_slug(action->code))
        ACTION_PROBLEM("code", "'%s' is no code", action->code);
    const char *kind = table_value(table, row, "kind");
    int number = process_kind_from_str(kind);
    if (number < 0)
        ACTION_PROBLEM("kind", "unknown word '%s'", kind);
    action->kind = (enum process_kind)(number < 0 ? PROCESS_COMMENTED : number);
    label_read(table, row, "name", builder->process->arena, &action->label);
    read_roles(builder, row, action);
    action->guards = read_terms(builder, row, PROCESS_LIST_GUARDS, &action->guard_count);
    action->effects = read_terms(builder, row, PROCESS_LIST_EFFECTS, &action->effect_count);
    read_inputs(builder, row, action);
}

// The row's task: "" = the step's own, "case" = none, else a kind of task.
static void read_task(const struct builder *builder, size_t row,
                      struct process_action *action)
{
    const char *text = table_value(builder->tables->actions, row, "task");
    if (strcmp(text, "case") == 0) {
        action->task = PROCESS_TASK_NONE;
    } else if (*text != '\0') {
        int task = process_task_from_str(text);
        if (task <= PROCESS_TASK_NONE)
            ACTION_PROBLEM("task", "unknown word '%s'", text);
        else
            action->task = (enum process_task)task;
    } else if (action->from >= 0) {
        action->task = builder->process->steps[action->from].task;
    }
}

static void add_action(const struct builder *builder, size_t row,
                       const struct process_action *head, int from)
{
    struct process *process = builder->process;
    const char *to = table_value(builder->tables->actions, row, "to");
    if (process->action_count == PROCESS_ROWS_MOST)
        return;
    struct process_action *action = &process->actions[process->action_count];
    *action = *head;
    action->from = from;
    action->stays = strcmp(to, "=") == 0;
    action->to = action->stays ? from : process_step_find(process, to);
    if (action->to < 0) {
        ACTION_PROBLEM("to", "there is no step '%s'", to);
        return;
    }
    read_task(builder, row, action);
    const char *wrong = process_terms_fit(process->arena, action);
    if (wrong != NULL)
        process_problem(builder->problems, builder->tables->actions, row, "effects",
                        "process.parameter", "%s", wrong);
    process->action_count++;
}

// from: "-" starts a case; "*" every step, "open" every step that is not ended, or codes.
static void read_action(const struct builder *builder, size_t row)
{
    struct process *process = builder->process;
    struct process_action head = {0};
    read_heads(builder, row, &head);
    for (size_t i = 0; i < process->action_count; i++)
        if (strcmp(process->actions[i].code, head.code) == 0 &&
            process->actions[i].kind != head.kind) {
            ACTION_PROBLEM("kind", "rows of '%s' differ in kind", head.code);
            break;
        }
    const char *from = table_value(builder->tables->actions, row, "from");
    if (strcmp(from, "-") == 0) {
        if (head.kind != PROCESS_REPORTED)
            ACTION_PROBLEM("kind", "what starts a case is of kind reported");
        add_action(builder, row, &head, -1);
        return;
    }
    size_t length = 0;
    size_t found = 0;
    for (const char *piece; (piece = text_next(&from, ' ', &length)) != NULL;) {
        if (length == 0)
            continue;
        const char *code = arena_copy(process->arena, piece, length);
        bool all = strcmp(code, "*") == 0, open = strcmp(code, "open") == 0;
        size_t before = found;
        for (size_t i = 0; i < process->step_count; i++) {
            bool ended = process->steps[i].stage == PROCESS_ENDED;
            if (!all && !(open && !ended) && strcmp(process->steps[i].code, code) != 0)
                continue;
            add_action(builder, row, &head, (int)i);
            found++;
        }
        if (found == before)
            ACTION_PROBLEM("from", "there is no step '%s'", code);
    }
    if (found == 0)
        ACTION_PROBLEM("from", "an action needs steps to come from");
}

static void index_rows(struct process *process)
{
    process->rows =
        arena_array(process->arena, process->step_count + 1, sizeof *process->rows);
    for (size_t i = 0; i < process->action_count; i++)
        process->rows[process->actions[i].from + 1].count++;
    for (size_t i = 0; i <= process->step_count; i++) {
        struct process_rows *rows = &process->rows[i];
        rows->items = arena_array(process->arena, rows->count + 1, sizeof *rows->items);
        rows->count = 0;
    }
    for (size_t i = 0; i < process->action_count; i++) {
        struct process_rows *rows = &process->rows[process->actions[i].from + 1];
        rows->items[rows->count++] = (int)i;
    }
}

// Columns that must be there, and no column that nobody knows.
static void check_columns(const struct builder *builder, const struct table *table,
                          const char *const *known, size_t required)
{
    for (size_t i = 0; i < required; i++)
        if (table_column(table, known[i]) < 0)
            process_problem(builder->problems, table, RULES_NO_ROW, known[i],
                            "process.column", "column '%s' is missing", known[i]);
    for (size_t c = 0; c < table_columns(table); c++) {
        const char *name = table_column_name(table, c);
        bool found = text_starts(name, "name") || text_starts(name, "note");
        for (size_t i = 0; known[i] != NULL && !found; i++)
            found = strcmp(known[i], name) == 0;
        if (!found)
            process_problem(builder->problems, table, RULES_NO_ROW, name, "process.column",
                            "unknown column '%s'", name);
    }
}

static void build(const struct builder *builder)
{
    static const char *const STEP_COLUMNS[] = {
        "code", "stage", "task", "holder", "outcome", "clock", "timer", "queue", NULL};
    static const char *const ACTION_COLUMNS[] = {
        "code", "kind", "from", "to", "roles", "task", "guards", "effects", "inputs", NULL};
    struct process *process = builder->process;
    const struct process_tables *tables = builder->tables;
    check_columns(builder, tables->steps, STEP_COLUMNS, 4);
    check_columns(builder, tables->actions, ACTION_COLUMNS, 5);
    if (table_rows(tables->steps) > PROCESS_STEPS_MOST ||
        table_rows(tables->actions) > PROCESS_ROWS_MOST) {
        process_problem(builder->problems, tables->steps, RULES_NO_ROW, NULL,
                        "process.too_large", "more than %d steps or %d actions",
                        PROCESS_STEPS_MOST, PROCESS_ROWS_MOST);
        return;
    }
    process->steps =
        arena_array(process->arena, table_rows(tables->steps) + 1, sizeof *process->steps);
    process->actions =
        arena_array(process->arena, PROCESS_ROWS_MOST, sizeof *process->actions);
    for (size_t i = 0; i < table_rows(tables->steps); i++) {
        read_step(builder, i);
        process->step_count++;
    }
    for (size_t i = 0; i < table_rows(tables->actions); i++)
        read_action(builder, i);
    if (process->action_count == PROCESS_ROWS_MOST)
        process_problem(builder->problems, tables->actions, RULES_NO_ROW, NULL,
                        "process.too_large", "more than %d rows by step",
                        PROCESS_ROWS_MOST);
    index_rows(process);
    if (builder->problems->count == 0)
        process_check_graph(process, tables, builder->problems);
}

int process_new(const struct process_tables *tables, const struct rules_report *report,
                struct process **ret_process, struct error *error)
{
    struct process_problems problems = {.report = report};
    struct process *process = memory_new(sizeof *process);
    process->arena = arena_new(PROCESS_ARENA);
    if (tables->steps == NULL || tables->actions == NULL)
        process_problem(&problems, NULL, RULES_NO_ROW, NULL, "process.missing",
                        "a process needs the tables steps and actions");
    else
        build(&(struct builder){process, tables, &problems});
    if (problems.count > 0) {
        process_free(process);
        return error_set(error, ERROR_INPUT, "process.invalid",
                         "the process has %zu problems, first: %s", problems.count,
                         problems.first);
    }
    *ret_process = process;
    return 0;
}

struct process *process_free(struct process *process)
{
    if (process != NULL) {
        arena_free(process->arena);
        free(process);
    }
    return NULL;
}

size_t process_steps(const struct process *process)
{
    return process->step_count;
}

const struct process_step *process_step(const struct process *process, size_t index)
{
    return index < process->step_count ? &process->steps[index] : NULL;
}

int process_step_find(const struct process *process, const char *code)
{
    for (size_t i = 0; i < process->step_count; i++)
        if (strcmp(process->steps[i].code, code) == 0)
            return (int)i;
    return -1;
}

size_t process_actions(const struct process *process)
{
    return process->action_count;
}

const struct process_action *process_action(const struct process *process, size_t index)
{
    return index < process->action_count ? &process->actions[index] : NULL;
}

const int *process_actions_from(const struct process *process, int step, size_t *ret_count)
{
    if (step < -1 || step >= (int)process->step_count) {
        *ret_count = 0;
        return NULL;
    }
    *ret_count = process->rows[step + 1].count;
    return process->rows[step + 1].items;
}
