// SPDX-License-Identifier: MPL-2.0
// People who do at random what they may. Included by one program at a time.
#pragma once

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

static size_t invent_inputs(const struct process_action *action, struct case_input *inputs)
{
    static const char *const DEPARTMENTS[] = {"2", "3", "4"};
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
            value = DEPARTMENTS[random_below(3)];
        else if (input->type == PROCESS_INPUT_POINT)
            value = POINTS[random_below(3)];
        else if (input->type == PROCESS_INPUT_CLASS)
            value = "2";
        else if (input->type == PROCESS_INPUT_CASE)
            value = CASES[random_below(5)];
        else if (input->type == PROCESS_INPUT_CONDITION ||
                 input->type == PROCESS_INPUT_MEDIA)
            continue;
        else if (input->type == PROCESS_INPUT_CHOICE)
            value = random_below(2)               ? "pass"
                    : strchr(input->choices, 'g') ? "gone"
                                                  : "fail";
        if (input->type == PROCESS_INPUT_CHOICE && strstr(input->choices, value) == NULL)
            value = "there";
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
        struct case_result result;
        struct case_move one = {.actor = actor,
                                .action = allowed->action->code,
                                .case_id = case_id,
                                .task_id = allowed->task_id,
                                .task_version = allowed->task_version,
                                .received_ms = w->now_ms,
                                .done_ms = INSTANT_NONE,
                                .inputs = inputs,
                                .input_count = invent_inputs(allowed->action, inputs)};
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
