// SPDX-License-Identifier: MPL-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/core/file.h>
#include <gridcase/rules/process.h>
#include <gridcase/rules/process_vocabulary.h>

struct collected {
    struct buffer text;
    size_t count;
};

static void collect(void *context, enum rules_severity severity, const struct table *table,
                    size_t row, const char *column, const char *slug, const char *message)
{
    struct collected *collected = context;
    (void)severity;
    (void)table;
    (void)row;
    collected->count++;
    buffer_format(&collected->text, "%s|%s|%s\n", slug, column != NULL ? column : "",
                  message);
}

static struct table *table_of(const char *name, const char *text)
{
    struct table *table = NULL;
    struct error error = {0};
    if (table_parse_csv(name, name, text, strlen(text), &table, &error) != 0)
        fail_msg("%s: %s", name, error.message);
    return table;
}

static struct table *table_file(const char *path)
{
    struct buffer text BUFFER_CLEANUP;
    buffer_init(&text, BUFFER_CEILING_FILE);
    struct error error = {0};
    if (file_read(path, &text, &error) != 0)
        fail_msg("%s", error.message);
    return table_of(path, text.data);
}

static int build(const char *steps, const char *actions, struct collected *collected,
                 struct process **ret_process)
{
    struct table *step_table TABLE_CLEANUP = table_of("steps", steps);
    struct table *action_table TABLE_CLEANUP = table_of("actions", actions);
    struct rules_report report = {collect, collected};
    struct error error = {0};
    return process_new(&(struct process_tables){step_table, action_table, NULL}, &report,
                       ret_process, &error);
}

#define STEPS_HEAD   "code,stage,task,holder,outcome,clock,timer,queue,name_en\n"
#define ACTIONS_HEAD "code,kind,from,to,roles,task,guards,effects,inputs,name_en\n"
#define TINY_STEPS                                                                         \
    STEPS_HEAD "open1,handle,handle,department,,,,,Open\n"                                 \
               "done,ended,,,closed,,,,Done\n"
#define TINY_ACTIONS                                                                       \
    ACTIONS_HEAD "report,reported,-,open1,staff,,,,,Report\n"                              \
                 "close,case_closed,open1,done,department,,,,opinion:text!,Close\n"

static void expect_problem(const char *steps, const char *actions, const char *expected)
{
    struct collected collected = {0};
    buffer_init(&collected.text, BUFFER_CEILING_LINE);
    struct process *process = NULL;
    int code = build(steps, actions, &collected, &process);
    if (code != ERROR_INPUT || collected.text.data == NULL ||
        strstr(collected.text.data, expected) == NULL)
        fail_msg("expected '%s', got %d: %s", expected, code,
                 collected.text.data != NULL ? collected.text.data : "");
    buffer_done(&collected.text);
}

static void a_small_process_is_built(void **state)
{
    (void)state;
    struct collected collected = {0};
    buffer_init(&collected.text, BUFFER_CEILING_LINE);
    struct process *process = NULL;
    int code = build(TINY_STEPS, TINY_ACTIONS, &collected, &process);
    if (code != 0)
        fail_msg("%s", collected.text.data);
    assert_int_equal(process_steps(process), 2);
    size_t count = 0;
    const int *rows = process_actions_from(process, 0, &count);
    assert_int_equal(count, 1);
    const struct process_action *close = process_action(process, (size_t)rows[0]);
    assert_string_equal(close->code, "close");
    assert_int_equal(close->task, PROCESS_TASK_HANDLE);
    assert_true(close->inputs[0].required);
    assert_string_equal(label_text(&close->inputs[0].label, "en"), "Note");
    process_actions_from(process, -1, &count);
    assert_int_equal(count, 1);
    process_free(process);
    buffer_done(&collected.text);
}

static void problems_are_named(void **state)
{
    (void)state;
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,=,staff,,teleport(a),,,X\n",
                   "unknown word 'teleport': the process needs a word that does not exist");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,=,staff,,,fly,,X\n",
                   "process.unknown_word|effects");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,=,staff,,,start(lunch),,X\n",
                   "'lunch' is no clock");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,=,staff,,,start,,X\n",
                   "takes 1 parameters, 0 given");
    expect_problem(TINY_STEPS,
                   TINY_ACTIONS "x,commented,open1,=,staff,,,assign(input),,X\n",
                   "needs an input 'department'");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,=,king,,,,,X\n",
                   "unknown word 'king'");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,danced,open1,=,staff,,,,,X\n",
                   "unknown word 'danced'");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,nowhere,staff,,,,,X\n",
                   "there is no step 'nowhere'");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,mars,=,staff,,,,,X\n",
                   "there is no step 'mars'");
    expect_problem(TINY_STEPS,
                   TINY_ACTIONS "x,commented,open1,=,staff,,,,a:text a:text,X\n",
                   "'a' stands twice");
    expect_problem(TINY_STEPS,
                   TINY_ACTIONS
                   "x,commented,open1,=,staff,,\"input(r,maybe)\",,r:choice(yes|no),X\n",
                   "is none of the choices");
    expect_problem(TINY_STEPS, TINY_ACTIONS "close,commented,open1,=,staff,,,,,X\n",
                   "rows of 'close' differ in kind");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,commented,open1,=,public,,,,,X\n",
                   "the public may only report");
    expect_problem(TINY_STEPS, TINY_ACTIONS "x,checked,open1,=,staff,check,,,,X\n",
                   "no task 'check' is ever open");
    expect_problem(STEPS_HEAD "open1,handle,handle,department,,,gone@3d,,O\n"
                              "done,ended,,,closed,,,,D\n",
                   TINY_ACTIONS, "the system has no action 'gone'");
    expect_problem(TINY_STEPS "done,ended,,,closed,,,,Again\n", TINY_ACTIONS,
                   "stands twice");
    expect_problem(TINY_STEPS "odd,nowhere,,,,,,,Odd\n", TINY_ACTIONS,
                   "unknown word 'nowhere'");
    expect_problem("code,stage,task,name_en\n", TINY_ACTIONS, "column 'holder' is missing");
}

static void dead_ends_and_lost_steps_are_refused(void **state)
{
    (void)state;
    expect_problem(TINY_STEPS "trap,check,check,role:collector,,,,,Trap\n",
                   TINY_ACTIONS "fall,checked,open1,trap,department,,,,,Fall\n",
                   "step 'trap' is a dead end");
    expect_problem(TINY_STEPS "a,check,check,role:collector,,,,,A\n"
                              "b,check,check,role:collector,,,,,B\n",
                   TINY_ACTIONS "x,checked,open1,a,department,,,,,X\n"
                                "y,checked,a,b,collector,,,,,Y\n"
                                "z,checked,b,a,collector,,,,,Z\n",
                   "a case in step 'a' could never end");
    expect_problem(TINY_STEPS "island,check,check,role:collector,,,,,I\n",
                   TINY_ACTIONS "x,checked,island,done,collector,,,,,X\n",
                   "no case can come to step 'island'");
    expect_problem(TINY_STEPS "held,check,check,role:collector,,,,,H\n",
                   TINY_ACTIONS "x,checked,open1,held,department,,,,,X\n"
                                "y,checked,held,done,acceptor,,,,,Y\n",
                   "whoever holds the task of step 'held'");
    expect_problem(TINY_STEPS,
                   TINY_ACTIONS "close,case_closed,open1,done,staff,,,count(urged),,X\n",
                   "between the same steps differ in effects");
    expect_problem(TINY_STEPS,
                   ACTIONS_HEAD "report,reported,-,open1,staff,,has(grid),,,R\n"
                                "close,case_closed,open1,done,department,,,,,C\n",
                   "a report could be refused");
}

static struct process *load(const char *folder)
{
    char steps_path[200], actions_path[200];
    snprintf(steps_path, sizeof steps_path, "%s/steps.csv", folder);
    snprintf(actions_path, sizeof actions_path, "%s/actions.csv", folder);
    struct table *steps TABLE_CLEANUP = table_file(steps_path);
    struct table *actions TABLE_CLEANUP = table_file(actions_path);
    struct collected collected = {0};
    buffer_init(&collected.text, BUFFER_CEILING_LINE);
    struct rules_report report = {collect, &collected};
    struct process *process = NULL;
    struct error error = {0};
    if (process_new(&(struct process_tables){steps, actions, NULL}, &report, &process,
                    &error) != 0)
        fail_msg("%s: %s", error.message, collected.text.data);
    buffer_done(&collected.text);
    return process;
}

static void the_delivered_processes_are_valid(void **state)
{
    (void)state;
    struct process *standard = load("grids/standard/process");
    struct process *boston = load("grids/boston/process");
    assert_true(process_steps(standard) == 26);
    assert_true(process_steps(boston) == 8);
    int waiting = process_step_find(boston, "waiting");
    assert_int_equal(process_step(boston, (size_t)waiting)->timer_ms,
                     INT64_C(30) * 86400000);
    process_free(standard);
    process_free(boston);
}

static void assert_drawn(const char *folder, const char *path)
{
    struct process *process = load(folder);
    struct buffer drawn BUFFER_CLEANUP;
    struct buffer kept BUFFER_CLEANUP;
    buffer_init(&drawn, BUFFER_CEILING_FILE);
    buffer_init(&kept, BUFFER_CEILING_FILE);
    struct error error = {0};
    process_draw_svg(process, "en", &drawn);
    if (file_read(path, &kept, &error) != 0)
        fail_msg("%s", error.message);
    if (strcmp(drawn.data, kept.data) != 0)
        fail_msg("%s is old: gridcase process draw %s > %s", path, folder, path);
    process_free(process);
}

static void the_diagrams_of_the_manual_are_drawn_from_the_tables(void **state)
{
    (void)state;
    assert_drawn("grids/standard/process", "docs/process_standard.svg");
    assert_drawn("grids/boston/process", "docs/process_boston.svg");
}

static void words_list_every_word(void **state)
{
    (void)state;
    struct buffer out BUFFER_CLEANUP;
    buffer_init(&out, BUFFER_CEILING_FILE);
    process_words(&out);
    assert_non_null(strstr(out.data, "resume_or_restart(clock)"));
    assert_non_null(strstr(out.data, "shift_leader"));
    for (int i = 0; i < PROCESS_KIND_COUNT; i++) {
        if (process_kind_to_str(i) == NULL)
            continue; // a number that no word has taken yet
        assert_int_equal(process_kind_from_str(process_kind_to_str(i)), i);
        assert_string_not_equal(process_word_label(PROCESS_WORDS_KIND, i, "zh-CN"), "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_process_is_built),
        cmocka_unit_test(problems_are_named),
        cmocka_unit_test(dead_ends_and_lost_steps_are_refused),
        cmocka_unit_test(the_delivered_processes_are_valid),
        cmocka_unit_test(the_diagrams_of_the_manual_are_drawn_from_the_tables),
        cmocka_unit_test(words_list_every_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
