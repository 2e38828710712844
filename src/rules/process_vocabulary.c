// SPDX-License-Identifier: MPL-2.0
// The vocabulary of guards and effects: names, parameters, what they mean.
#include <gridcase/rules/process_vocabulary.h>

#include <stdio.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "process_internal.h"

enum parameter {
    P_END, // no parameter
    P_THING,
    P_SOURCES,
    P_KIND,
    P_INPUT,
    P_CHOICES,
    P_CLOCK,
    P_CLOCK_IS,
    P_TASK,
    P_COUNTER,
    P_NUMBER,
    P_DURATION,
    P_FROM,
    P_HOLDER,
    P_AMOUNT,
    P_DEPARTMENT,
    P_GIVEN,
    P_INSTANT,
    P_TIMER,
};

static const char *const PARAMETER_NAMES[] = {
    [P_END] = "",
    [P_THING] = "thing",
    [P_SOURCES] = "source|source",
    [P_KIND] = "kind",
    [P_INPUT] = "input",
    [P_CHOICES] = "word|word",
    [P_CLOCK] = "clock",
    [P_CLOCK_IS] = "state|state",
    [P_TASK] = "task",
    [P_COUNTER] = "counter",
    [P_NUMBER] = "number",
    [P_DURATION] = "duration",
    [P_FROM] = "input or route",
    [P_HOLDER] = "role, department or desk",
    [P_AMOUNT] = "original or input",
    [P_DEPARTMENT] = "input or lead",
    [P_GIVEN] = "file",
    [P_INSTANT] = "input",
    [P_TIMER] = "duration",
};

enum { PARAMETERS = 4 };

struct vocabulary_word {
    const char *name;
    enum parameter parameters[PARAMETERS];
    const char *summary;
};

static const struct vocabulary_word GUARDS[PROCESS_GUARD_COUNT] = {
    [PROCESS_GUARD_HAS] = {"has", {P_THING}, "the case, inputs applied, has this"},
    [PROCESS_GUARD_SOURCE] = {"source", {P_SOURCES}, "the report came from one of these"},
    [PROCESS_GUARD_DONE] = {"done",
                            {P_KIND},
                            "an action of this kind stands in the history"},
    [PROCESS_GUARD_INPUT] = {"input",
                             {P_INPUT, P_CHOICES},
                             "the choice made is one of these words"},
    [PROCESS_GUARD_CLOCK] = {"clock",
                             {P_CLOCK, P_CLOCK_IS},
                             "the clock is in one of these states"},
    [PROCESS_GUARD_OPEN] = {"open", {P_TASK}, "a task of this kind is open"},
    [PROCESS_GUARD_BELOW] = {"below",
                             {P_COUNTER, P_NUMBER},
                             "the case's counter is below the number"},
    [PROCESS_GUARD_WITHIN] = {"within",
                              {P_DURATION},
                              "not longer since the case came to this step"},
    [PROCESS_GUARD_OTHER_PERSON] = {"other_person",
                                    {P_KIND},
                                    "the actor did not do the last action of this kind"},
    [PROCESS_GUARD_OTHER_DEPARTMENT] = {"other_department",
                                        {P_INPUT},
                                        "the department named is not the case's lead"},
    [PROCESS_GUARD_GIVEN] = {"given", {P_GIVEN}, "this very action comes with such a file"},
    [PROCESS_GUARD_AHEAD] = {"ahead",
                             {P_INSTANT, P_DURATION},
                             "the instant entered lies ahead, not further than this"},
    [PROCESS_GUARD_LAST] = {"last",
                            {P_TASK},
                            "no task of this kind is open but the one acted on"},
    [PROCESS_GUARD_LATE] = {"late",
                            {P_KIND},
                            "the last action of this kind was received late: longer after "
                            "it was done than the table clocks allows"},
    [PROCESS_GUARD_PART_LEFT] = {"part_left",
                                 {P_END},
                                 "the limit is a chain, and a further part follows the one "
                                 "that runs"},
    [PROCESS_GUARD_DESK] = {"desk",
                            {P_DEPARTMENT},
                            "the department named in the input, or the lead, is a desk"},
    [PROCESS_GUARD_UNDER_DESK] = {"under_desk",
                                  {P_END},
                                  "the case came through a desk that still is one"},
    [PROCESS_GUARD_DESK_ABOVE] = {"desk_above",
                                  {P_END},
                                  "it came to the desk that has it through another one"},
    [PROCESS_GUARD_INSIDE] = {"inside",
                              {P_INPUT},
                              "the department named stands inside the desk that has the "
                              "case, or inside the lead"},
    [PROCESS_GUARD_OTHER_SIDE] = {"other_side",
                                  {P_END},
                                  "neither the actor nor the actor's company dispatched or "
                                  "handled the case"},
    [PROCESS_GUARD_MISSED] = {"missed",
                              {P_END},
                              "the public reported it while the actor was on duty in its "
                              "duty grid, not as a backup: the actor's own missed report"},
};

static const struct vocabulary_word EFFECTS[PROCESS_EFFECT_COUNT] = {
    [PROCESS_EFFECT_ASSIGN] = {"assign",
                               {P_FROM},
                               "the lead department becomes the one named in the input "
                               "'department', or the one that routing finds"},
    [PROCESS_EFFECT_ASSIST] = {"assist",
                               {P_FROM},
                               "opens a task 'assist' for each department of the input "
                               "'assistants', or that routing finds"},
    [PROCESS_EFFECT_START] = {"start", {P_CLOCK}, "starts the clock with its whole limit"},
    [PROCESS_EFFECT_STOP] = {"stop", {P_CLOCK}, "stops the clock"},
    [PROCESS_EFFECT_PAUSE] = {"pause", {P_CLOCK}, "pauses the clock"},
    [PROCESS_EFFECT_RESUME] = {"resume",
                               {P_CLOCK},
                               "lets a paused or stopped clock go on with what is left; "
                               "starts one that never ran"},
    [PROCESS_EFFECT_RESUME_OR_RESTART] = {"resume_or_restart",
                                          {P_CLOCK},
                                          "resumes for the department the clock ran for, "
                                          "starts anew for another"},
    [PROCESS_EFFECT_CLEAR] = {"clear",
                              {P_CLOCK},
                              "stops the clock for good: the next resume starts it anew"},
    [PROCESS_EFFECT_EXTEND] =
        {"extend",
         {P_CLOCK, P_AMOUNT},
         "moves the deadline by the original limit, or to the instant "
         "of the input"},
    [PROCESS_EFFECT_OPEN] = {"open",
                             {P_TASK, P_HOLDER},
                             "opens a further task beside the step's own"},
    [PROCESS_EFFECT_FINISH] = {"finish", {P_END}, "closes the task acted on"},
    [PROCESS_EFFECT_CANCEL] = {"cancel", {P_TASK}, "closes open tasks of this kind undone"},
    [PROCESS_EFFECT_COUNT_UP] = {"count", {P_COUNTER}, "adds one to a counter of the case"},
    [PROCESS_EFFECT_UNTIL] = {"until",
                              {P_INSTANT, P_KIND},
                              "the timer of the step that the case comes to rings at the "
                              "instant of the input, of this action or of the last one of "
                              "the kind"},
    [PROCESS_EFFECT_TIMER] =
        {"timer",
         {P_TASK, P_TIMER},
         "after this time the system acts on that open task: the first row of the step "
         "for it that the system may"},
    [PROCESS_EFFECT_RELIMIT] =
        {"relimit",
         {P_CLOCK},
         "gives a running clock the limit of the class, condition and place as they are "
         "now, from where it last began to run"},
    [PROCESS_EFFECT_CONTEST] = {"contest",
                                {P_CLOCK},
                                "the clock stopped when that was received, not when it was "
                                "done"},
    [PROCESS_EFFECT_NEXT_PART] = {"next_part",
                                  {P_END},
                                  "stops the clock of the chain's present part and starts "
                                  "the next one's"},
    [PROCESS_EFFECT_DESK_IN] = {"desk_in",
                                {P_END},
                                "the lead, a desk, has the case: its own clock starts"},
    [PROCESS_EFFECT_DESK_DOWN] = {"desk_down",
                                  {P_END},
                                  "the desk hands the case down to the lead: its clock "
                                  "pauses, the inner one runs"},
    [PROCESS_EFFECT_DESK_BACK] = {"desk_back",
                                  {P_END},
                                  "the lowest desk has the case again: its clock goes on, "
                                  "the inner one pauses"},
    [PROCESS_EFFECT_DESK_UP] = {"desk_up",
                                {P_END},
                                "the desk passes the case up: its clock pauses, that of "
                                "the desk above goes on"},
    [PROCESS_EFFECT_DESK_OFF] = {"desk_off",
                                 {P_END},
                                 "the desk gives the case up: its clock stops, that of "
                                 "the desk above goes on"},
    [PROCESS_EFFECT_DESK_AGAIN] = {"desk_again",
                                   {P_END},
                                   "the highest desk has the case again, as its lead"},
    [PROCESS_EFFECT_DESK_OUT] = {"desk_out",
                                 {P_END},
                                 "the case leaves all desks; the highest becomes its lead"},
    [PROCESS_EFFECT_HAND_ON] = {"hand_on",
                                {P_END},
                                "the department of the input 'department' holds the task "
                                "acted on; lead and clocks stay"},
    [PROCESS_EFFECT_MERGE] = {"merge",
                              {P_INPUT},
                              "the case is a duplicate of the open one named in the input, "
                              "which takes it in with everybody who waits for an answer"},
};

static const char *const THINGS[PROCESS_HAS_COUNT] = {
    [PROCESS_HAS_CLASS] = "class",       [PROCESS_HAS_CONDITION] = "condition",
    [PROCESS_HAS_POINT] = "point",       [PROCESS_HAS_GRID] = "grid",
    [PROCESS_HAS_ROUTE] = "route",       [PROCESS_HAS_DEPARTMENT] = "department",
    [PROCESS_HAS_REPORTER] = "reporter", [PROCESS_HAS_PHOTO] = "photo",
    [PROCESS_HAS_DOCUMENT] = "document", [PROCESS_HAS_CALLER] = "caller",
};
static const char *const GIVEN[PROCESS_GIVEN_COUNT] = {
    [PROCESS_GIVEN_PHOTO] = "photo",
    [PROCESS_GIVEN_DOCUMENT] = "document",
    [PROCESS_GIVEN_BEFORE] = "before",
    [PROCESS_GIVEN_AFTER] = "after",
};
static const char *const CLOCK_IS[PROCESS_CLOCK_IS_COUNT] = {
    [PROCESS_CLOCK_IS_NONE] = "none",       [PROCESS_CLOCK_IS_RUNNING] = "running",
    [PROCESS_CLOCK_IS_PAUSED] = "paused",   [PROCESS_CLOCK_IS_STOPPED] = "stopped",
    [PROCESS_CLOCK_IS_OVERDUE] = "overdue",
};
static const char *const FROM[PROCESS_FROM_COUNT] = {
    [PROCESS_FROM_INPUT] = "input",
    [PROCESS_FROM_ROUTE] = "route",
};
static const char *const COUNTERS[PROCESS_COUNTER_COUNT] = {
    [PROCESS_COUNT_RETURNED] = "returned",     [PROCESS_COUNT_REWORKED] = "reworked",
    [PROCESS_COUNT_RESENT] = "resent",         [PROCESS_COUNT_EXTENDED] = "extended",
    [PROCESS_COUNT_SUSPENDED] = "suspended",   [PROCESS_COUNT_REOPENED] = "reopened",
    [PROCESS_COUNT_URGED] = "urged",           [PROCESS_COUNT_CORRECTED] = "corrected",
    [PROCESS_COUNT_SUPERVISED] = "supervised", [PROCESS_COUNT_ASSISTED] = "assisted",
    [PROCESS_COUNT_PASSED_ON] = "passed_on",   [PROCESS_COUNT_APPEALED] = "appealed",
    [PROCESS_COUNT_CONTESTED] = "contested",   [PROCESS_COUNT_MERGED_IN] = "merged_in",
};

const char *process_counter_to_str(int counter)
{
    return counter >= 0 && counter < PROCESS_COUNTER_COUNT ? COUNTERS[counter] : NULL;
}

const char *process_given_to_str(int given)
{
    return given >= 0 && given < PROCESS_GIVEN_COUNT ? GIVEN[given] : NULL;
}

static int find_word(const char *const *words, int count, const char *word)
{
    for (int i = 0; i < count; i++)
        if (words[i] != NULL && strcmp(words[i], word) == 0)
            return i;
    return -1;
}

bool process_duration(const char *text, size_t length, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } UNITS[] = {{"min", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = 0;
    while (digits < length && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    int64_t number = 0;
    if (digits == 0 || digits > 6 || text_to_int(text, digits, &number, NULL) != 0)
        return false;
    for (size_t i = 0; i < sizeof UNITS / sizeof UNITS[0]; i++) {
        size_t size = strlen(UNITS[i].unit);
        if (size == length - digits && memcmp(text + digits, UNITS[i].unit, size) == 0) {
            *ret_ms = number * UNITS[i].ms;
            return number > 0;
        }
    }
    return false;
}

bool process_timer_duration(const char *text, size_t length, int64_t *ret_ms,
                            bool *ret_working)
{
    *ret_working = length > 2 && memcmp(text + length - 2, "wh", 2) == 0;
    if (!*ret_working)
        return process_duration(text, length, ret_ms);
    int64_t hours = 0;
    if (length > 8 || text_to_int(text, length - 2, &hours, NULL) != 0 || hours <= 0)
        return false;
    *ret_ms = hours * 3600000;
    return true;
}

static int64_t parse_timer(const char *text)
{
    int64_t ms = 0;
    bool working = false;
    if (!process_timer_duration(text, strlen(text), &ms, &working))
        return -1;
    return working ? ms | PROCESS_TIMER_WORKING : ms;
}

// A list "a|b" as a mask; -1 when a word is unknown.
static int64_t parse_mask(struct arena *arena, const char *list, int (*find)(const char *))
{
    int64_t mask = 0;
    const char *cursor = list;
    size_t length = 0;
    for (const char *piece; (piece = text_next(&cursor, '|', &length)) != NULL;) {
        int number = find(arena_copy(arena, piece, length));
        if (number < 0)
            return -1;
        mask |= INT64_C(1) << number;
    }
    return mask;
}

static int find_clock_is(const char *word)
{
    return find_word(CLOCK_IS, PROCESS_CLOCK_IS_COUNT, word);
}

static int64_t parse_number(const char *text)
{
    int64_t number = -1;
    if (text_to_int(text, strlen(text), &number, NULL) != 0 || number < 0)
        return -1;
    return number;
}

static int64_t parse_holder(const char *text)
{
    if (strcmp(text, "department") == 0)
        return PROCESS_HOLD_DEPARTMENT;
    if (strcmp(text, "desk") == 0)
        return PROCESS_HOLD_DESK;
    int role = process_role_from_str(text);
    return role >= 0 && role < PROCESS_ROLE_COUNT ? role : -1;
}

// The number that a parameter stands for, or -1 when it is wrong. Names of inputs and
// choices stay text: 0.
static int64_t parse_parameter(struct arena *arena, enum parameter type, const char *text)
{
    int64_t duration_ms = 0;
    switch (type) {
    case P_THING:
        return find_word(THINGS, PROCESS_HAS_COUNT, text);
    case P_SOURCES:
        return parse_mask(arena, text, process_source_from_str);
    case P_KIND:
        return process_kind_from_str(text);
    case P_CLOCK: {
        int clock = process_clock_from_str(text);
        return clock > PROCESS_CLOCK_NONE ? clock : -1;
    }
    case P_CLOCK_IS:
        return parse_mask(arena, text, find_clock_is);
    case P_TASK: {
        int task = process_task_from_str(text);
        return task > PROCESS_TASK_NONE ? task : -1;
    }
    case P_COUNTER:
        return find_word(COUNTERS, PROCESS_COUNTER_COUNT, text);
    case P_NUMBER:
        return parse_number(text);
    case P_DURATION:
        return process_duration(text, strlen(text), &duration_ms) ? duration_ms : -1;
    case P_FROM:
        return find_word(FROM, PROCESS_FROM_COUNT, text);
    case P_HOLDER:
        return parse_holder(text);
    case P_GIVEN:
        return find_word(GIVEN, PROCESS_GIVEN_COUNT, text);
    case P_TIMER:
        return parse_timer(text);
    default:
        return *text != '\0' ? 0 : -1;
    }
}

static const char *parse_parameters(struct arena *arena, const struct vocabulary_word *word,
                                    const char *text, size_t length,
                                    struct process_term *term)
{
    size_t expected = 0;
    while (expected < PARAMETERS && word->parameters[expected] != P_END)
        expected++;
    const char *inside = arena_copy(arena, text, length);
    size_t piece_length = 0;
    for (const char *piece;
         length > 0 && (piece = text_next(&inside, ',', &piece_length)) != NULL;) {
        size_t i = term->parameter_count;
        if (i == expected)
            return arena_format(arena, "'%s' takes %zu parameters", word->name, expected);
        term->parameters[i] = arena_copy(arena, piece, piece_length);
        term->numbers[i] = parse_parameter(arena, word->parameters[i], term->parameters[i]);
        if (term->numbers[i] < 0)
            return arena_format(arena, "'%s': '%s' is no %s", word->name,
                                term->parameters[i], PARAMETER_NAMES[word->parameters[i]]);
        term->parameter_count++;
    }
    if (term->parameter_count < expected)
        return arena_format(arena, "'%s' takes %zu parameters, %zu given", word->name,
                            expected, term->parameter_count);
    return NULL;
}

const char *process_term_parse(struct arena *arena, enum process_list list,
                               const char *text, size_t length, struct process_term *term)
{
    const struct vocabulary_word *words = list == PROCESS_LIST_GUARDS ? GUARDS : EFFECTS;
    int count =
        list == PROCESS_LIST_GUARDS ? (int)PROCESS_GUARD_COUNT : (int)PROCESS_EFFECT_COUNT;
    *term = (struct process_term){.text = arena_copy(arena, text, length)};
    if (length > 0 && *text == '!' && list == PROCESS_LIST_GUARDS) {
        term->negated = true;
        text++;
        length--;
    }
    const char *open = memchr(text, '(', length);
    size_t name_length = open != NULL ? (size_t)(open - text) : length;
    if (open != NULL && text[length - 1] != ')')
        return arena_format(arena, "'%s' lacks its closing parenthesis", term->text);
    const char *name = arena_copy(arena, text, name_length);
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i].name, name) != 0)
            continue;
        term->word = i;
        return parse_parameters(arena, &words[i], open != NULL ? open + 1 : text,
                                open != NULL ? length - name_length - 2 : 0, term);
    }
    return arena_format(arena,
                        "unknown word '%s': the process needs a word that does not "
                        "exist (see gridcase process words)",
                        name);
}

static const struct process_input *find_input(const struct process_action *action,
                                              const char *name)
{
    for (size_t i = 0; i < action->input_count; i++)
        if (strcmp(action->inputs[i].name, name) == 0)
            return &action->inputs[i];
    return NULL;
}

static bool choice_has(const char *choices, const char *word, size_t length)
{
    size_t piece_length = 0;
    for (const char *piece; (piece = text_next(&choices, '|', &piece_length)) != NULL;)
        if (piece_length == length && memcmp(piece, word, length) == 0)
            return true;
    return false;
}

static const char *instant_fits(struct arena *arena, const struct process_action *action,
                                const struct process_term *term, const char *name)
{
    const struct process_input *input = find_input(action, name);
    if (input == NULL || input->type != PROCESS_INPUT_INSTANT)
        return arena_format(arena, "'%s' needs an input '%s' of type instant", term->text,
                            name);
    return NULL;
}

static const char *guard_fits(struct arena *arena, const struct process_action *action,
                              const struct process_term *guard)
{
    const char *name = guard->parameters[0];
    bool lead = guard->word == PROCESS_GUARD_DESK && strcmp(name, "lead") == 0;
    if (guard->word == PROCESS_GUARD_OTHER_DEPARTMENT ||
        guard->word == PROCESS_GUARD_INSIDE ||
        (guard->word == PROCESS_GUARD_DESK && !lead)) {
        const struct process_input *input = find_input(action, name);
        if (input == NULL || input->type != PROCESS_INPUT_DEPARTMENT)
            return arena_format(arena, "'%s' needs an input '%s' of type department",
                                guard->text, name);
    }
    if (guard->word == PROCESS_GUARD_AHEAD)
        return instant_fits(arena, action, guard, name);
    if (guard->word != PROCESS_GUARD_INPUT)
        return NULL;
    const struct process_input *input = find_input(action, name);
    if (input == NULL || input->type != PROCESS_INPUT_CHOICE)
        return arena_format(arena, "'%s' needs an input '%s' of type choice", guard->text,
                            name);
    const char *cursor = guard->parameters[1];
    size_t length = 0;
    for (const char *word; (word = text_next(&cursor, '|', &length)) != NULL;)
        if (!choice_has(input->choices, word, length))
            return arena_format(arena, "'%s': '%.*s' is none of the choices of '%s'",
                                guard->text, (int)length, word, name);
    return NULL;
}

static const char *effect_fits(struct arena *arena, const struct process_action *action,
                               const struct process_term *effect)
{
    const struct process_input *input = NULL;
    switch (effect->word) {
    case PROCESS_EFFECT_ASSIGN:
        input = find_input(action, "department");
        if (effect->numbers[0] == PROCESS_FROM_INPUT &&
            (input == NULL || input->type != PROCESS_INPUT_DEPARTMENT))
            return "'assign(input)' needs an input 'department' of type department";
        return NULL;
    case PROCESS_EFFECT_ASSIST:
        input = find_input(action, "assistants");
        if (effect->numbers[0] == PROCESS_FROM_INPUT &&
            (input == NULL || input->type != PROCESS_INPUT_DEPARTMENTS))
            return "'assist(input)' needs an input 'assistants' of type departments";
        return NULL;
    case PROCESS_EFFECT_EXTEND:
        input = find_input(action, effect->parameters[1]);
        if (strcmp(effect->parameters[1], "original") != 0 &&
            (input == NULL || input->type != PROCESS_INPUT_INSTANT))
            return arena_format(arena, "'%s' needs an input '%s' of type instant",
                                effect->text, effect->parameters[1]);
        return NULL;
    case PROCESS_EFFECT_HAND_ON:
        input = find_input(action, "department");
        if (action->task == PROCESS_TASK_NONE || !action->stays || input == NULL ||
            input->type != PROCESS_INPUT_DEPARTMENT)
            return "'hand_on' needs a task to act on, a step that stays and an input "
                   "'department' of type department";
        return NULL;
    case PROCESS_EFFECT_MERGE:
        input = find_input(action, effect->parameters[0]);
        if (input == NULL || input->type != PROCESS_INPUT_CASE || !input->required)
            return arena_format(arena, "'%s' needs a required input '%s' of type case",
                                effect->text, effect->parameters[0]);
        return NULL;
    case PROCESS_EFFECT_FINISH:
        return action->task == PROCESS_TASK_NONE ? "'finish' needs a task to act on" : NULL;
    default:
        return NULL;
    }
}

const char *process_terms_fit(struct arena *arena, const struct process_action *action)
{
    for (size_t i = 0; i < action->guard_count; i++) {
        const char *wrong = guard_fits(arena, action, &action->guards[i]);
        if (wrong != NULL)
            return wrong;
    }
    for (size_t i = 0; i < action->effect_count; i++) {
        const char *wrong = effect_fits(arena, action, &action->effects[i]);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static void write_words(struct buffer *out, const char *title,
                        const struct vocabulary_word *words, int count)
{
    buffer_format(out, "%s\n", title);
    for (int i = 0; i < count; i++) {
        char head[80] = "";
        size_t used = (size_t)snprintf(head, sizeof head, "%s", words[i].name);
        for (size_t k = 0; k < PARAMETERS && words[i].parameters[k] != P_END; k++)
            used += (size_t)snprintf(head + used, sizeof head - used, "%s%s",
                                     k == 0 ? "(" : ", ",
                                     PARAMETER_NAMES[words[i].parameters[k]]);
        if (words[i].parameters[0] != P_END)
            snprintf(head + used, sizeof head - used, ")");
        buffer_format(out, "  %-28s %s\n", head, words[i].summary);
    }
    buffer_append_char(out, '\n');
}

static void write_plain(struct buffer *out, const char *title, const char *const *words,
                        int count)
{
    buffer_format(out, "%s\n  ", title);
    for (int i = 0; i < count; i++)
        buffer_format(out, "%s%s", i > 0 ? " " : "", words[i]);
    buffer_append_text(out, "\n\n");
}

void process_vocabulary_write(struct buffer *out)
{
    write_words(out, "Guards (actions.csv: guards; ! before a word turns it round)", GUARDS,
                PROCESS_GUARD_COUNT);
    write_words(out, "Effects (actions.csv: effects, in order)", EFFECTS,
                PROCESS_EFFECT_COUNT);
    write_plain(out, "Things of has()", THINGS, PROCESS_HAS_COUNT);
    write_plain(out, "States of clock()", CLOCK_IS, PROCESS_CLOCK_IS_COUNT);
    write_plain(out, "Counters of below() and count()", COUNTERS, PROCESS_COUNTER_COUNT);
    write_plain(out, "Files of given()", GIVEN, PROCESS_GIVEN_COUNT);
    buffer_append_text(out, "Durations: 15min, 12h, 30d (natural time); timers also 8wh "
                            "(working hours)\n");
}
