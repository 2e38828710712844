// SPDX-License-Identifier: MPL-2.0
// A process from its tables: steps, actions, labels of inputs. What is taken can be drawn,
// every index lies inside, and every step leads on or ends.
#include <stdlib.h>

#include <gridcase/rules/process.h>

#include "rules_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct process *process)
{
    int steps = (int)process_steps(process);
    for (size_t i = 0; i < process_actions(process); i++) {
        const struct process_action *action = process_action(process, i);
        if (action->from < -1 || action->from >= steps || action->to < 0 ||
            action->to >= steps)
            abort();
    }
    for (int step = -1; step < steps; step++) {
        size_t count = 0;
        const int *rows = process_actions_from(process, step, &count);
        for (size_t i = 0; i < count; i++)
            if (rows[i] < 0 || (size_t)rows[i] >= process_actions(process))
                abort();
        if (step >= 0 &&
            process_step_find(process, process_step(process, (size_t)step)->code) != step)
            abort();
    }
}

static void draw(const struct process *process)
{
    BUFFER_CLEANUP struct buffer out;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    process_draw_svg(process, "en", &out);
    if (!out.failed && memmem(out.data, out.length, "<script", 7))
        abort();
    buffer_clear(&out);
    process_draw_dot(process, "zh", &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table *tables[3];
    struct process *process = NULL;
    rules_input_read(data, size, tables, 3);
    struct process_tables source = {tables[0], tables[1], tables[2]};
    if (tables[0] && tables[1] && process_new(&source, NULL, &process, NULL) == 0) {
        walk(process);
        draw(process);
        process_free(process);
    }
    rules_input_done(tables, 3);
    return 0;
}
