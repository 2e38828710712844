// SPDX-License-Identifier: MPL-2.0
// People who do at random what they may. Included by one program at a time.
#pragma once

#include <gridcase/core/instant.h>
#include <gridcase/media/media.h>

#include "case_world.h"

static uint64_t random_state;
static unsigned random_below(unsigned most)
{
    random_state =
        random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % most;
}

static int distance_to_end(const struct process *process, int step)
{
    int distance[200];
    for (size_t i = 0; i < process_steps(process); i++)
        distance[i] = process_step(process, i)->stage == PROCESS_ENDED ? 0 : 1000;
    for (size_t round = 0; round < process_steps(process); round++)
        for (size_t i = 0; i < process_actions(process); i++) {
            const struct process_action *action = process_action(process, i);
            if (action->from >= 0 && distance[action->to] + 1 < distance[action->from])
                distance[action->from] = distance[action->to] + 1;
        }
    return distance[step];
}

// One of the words of a choice.
static const char *random_choice(const char *choices, char *out, size_t size)
{
    unsigned count = 1;
    for (const char *c = choices; *c != '\0'; c++)
        count += *c == '|';
    unsigned at = random_below(count);
    for (; at > 0; at--)
        choices = strchr(choices, '|') + 1;
    snprintf(out, size, "%.*s", (int)strcspn(choices, "|"), choices);
    return out;
}

// A stamped form that is there.
#define RANDOM_FORM "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
static inline void random_form_store(struct world *w)
{
    struct media_file form = {
        .type = MEDIA_PDF, .bytes = 1, .taken = {.accuracy_m = -1, .at_ms = INSTANT_NONE}};
    memset(form.sha256, 0xf0, sizeof form.sha256);
    DB_TRANSACTION_CLEANUP struct db_transaction transaction = {0};
    assert_ok(db_begin(w->db, DB_WRITE, &transaction, &error));
    assert_ok(media_file_store(w->db, &form, 0, w->now_ms, &error));
    assert_ok(db_commit(&transaction, &error));
}

struct random_texts {
    char texts[CASE_INPUTS_MOST][INSTANT_TEXT_SIZE];
};

static size_t invent_inputs(const struct world *w, const struct process_action *action,
                            struct case_input *inputs, struct random_texts *texts)
{
    static const char *const DEPARTMENTS[] = {"2", "3", "4", "5",  "6",
                                              "7", "8", "9", "10", "11"};
    static const char *const POINTS[] = {"0.0012,0.0033", "0.0077,0.0081", "9,9"};
    static const char *const CASES[] = {"T202506020001", "T202506020002", "T202506020003",
                                        "T202506020004", "T209901010001"};
    size_t count = 0;
    for (size_t i = 0; i < action->input_count; i++) {
        const struct process_input *input = &action->inputs[i];
        const char *value = "Said so.";
        if (!input->required && random_below(3) > 0)
            continue;
        if (input->type == PROCESS_INPUT_DEPARTMENT)
            value = DEPARTMENTS[random_below(10)];
        else if (input->type == PROCESS_INPUT_POINT)
            value = POINTS[random_below(3)];
        else if (input->type == PROCESS_INPUT_CLASS)
            value = "2";
        else if (input->type == PROCESS_INPUT_CASE)
            value = CASES[random_below(5)];
        else if (input->type == PROCESS_INPUT_MEDIA)
            value = RANDOM_FORM;
        else if (input->type == PROCESS_INPUT_DEPARTMENTS)
            value = random_below(2) ? "3,4" : "2";
        else if (input->type == PROCESS_INPUT_CONDITION)
            continue;
        else if (input->type == PROCESS_INPUT_CHOICE)
            value = random_choice(input->choices, texts->texts[count], INSTANT_TEXT_SIZE);
        if (input->type == PROCESS_INPUT_INSTANT) {
            instant_to_text(w->now_ms + ((int64_t)random_below(40) - 5) * 12 * HOUR,
                            texts->texts[count]);
            value = texts->texts[count];
        }
        inputs[count++] = (struct case_input){input->name, value};
    }
    return count;
}

// One random move of one random person; towards the end when hurry.
static bool random_move(struct world *w, const struct actor *people, size_t person_count,
                        int64_t case_id, bool hurry)
{
    struct arena *arena = arena_new(16 * 1024 * 1024);
    const struct actor *actor = &people[random_below((unsigned)person_count)];
    struct case_detail detail;
    struct error refused = {0};
    bool moved = false;
    if (case_read_by_id(w->db, w->city, actor, case_id, w->now_ms, arena, &detail,
                        &refused) == 0 &&
        detail.allowed_count > 0) {
        const struct case_allowed *allowed =
            &detail.allowed[random_below((unsigned)detail.allowed_count)];
        int here = process_step_find(detail.process, detail.summary.step);
        bool away = distance_to_end(detail.process, allowed->action->to) >=
                    distance_to_end(detail.process, here);
        struct case_input inputs[CASE_INPUTS_MOST];
        struct random_texts texts;
        struct case_result result;
        struct case_move one = {
            .actor = actor,
            .action = allowed->action->code,
            .case_id = case_id,
            .task_id = allowed->task_id,
            .task_version = allowed->task_version,
            .behalf = allowed->behalf_department_id != 0 ? "Ms Li" : NULL,
            .received_ms = w->now_ms,
            .done_ms = INSTANT_NONE,
            .inputs = inputs,
            .input_count = invent_inputs(w, allowed->action, inputs, &texts)};
        if (!hurry || !away || random_below(4) == 0) {
            int code = move(w, &one, &result);
            if (code != 0 && code != ERROR_CONFLICT && code != ERROR_INPUT &&
                strcmp(error.slug, "case.unknown") != 0)
                fail_msg("%s: %s %s", one.action, error.slug, error.message);
            moved = code == 0;
        }
    }
    arena_free(arena);
    return moved;
}

// Published while people work: days off that are near, far and gone.
static const char *const CALENDARS[] = {
    "date,to,kind,name_en\n2025-06-18,2025-06-20,holiday,Flood\n",
    "date,to,kind,name_en\n2025-06-04,2025-06-05,holiday,Late news\n",
    ("date,to,kind,name_en\n2025-06-04,,holiday,Late news\n2025-06-21,,workday,Make up\n"
     "2025-07-01,2025-07-31,holiday,Summer\n"),
};
