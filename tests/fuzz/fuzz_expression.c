// SPDX-License-Identifier: MPL-2.0
// Conditions, values and formulas: what is taken leaves one value, within its bounds.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/rules/expression.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int letter(void *context, const char *name, size_t length)
{
    (void)context;
    return length == 1 && *name >= 'a' && *name <= 'z' ? *name - 'a' : -1;
}

// The stack never runs empty or over, and ends with one value.
static void check(const struct expression *expression, bool facts)
{
    int depth = 0;
    require(expression->count >= 1 && expression->count <= EXPRESSION_STEPS_MOST);
    for (size_t i = 0; i < expression->count; i++) {
        const struct expression_step *step = &expression->steps[i];
        bool pushes = step->op <= EXPRESSION_NOW || step->op == EXPRESSION_CODED;
        bool takes_two = step->op >= EXPRESSION_ADD && step->op <= EXPRESSION_BETWEEN;
        depth += pushes ? 1 : takes_two ? -1 : 0;
        require(depth >= 1 && depth <= EXPRESSION_DEPTH_MOST);
        if (step->op == EXPRESSION_LOAD)
            require(step->index >= 0 && step->index < (facts ? (int)FIELD_COUNT : 26));
        if (step->op == EXPRESSION_IN || step->op == EXPRESSION_CODED)
            require((size_t)step->index < expression->set_count &&
                    expression->sets[step->index].count <= EXPRESSION_SET_MOST);
    }
    require(depth == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double values[26] = {1, 2, 0, -1};
    struct arena *arena = arena_new(1024 * 1024);
    char *text = arena_copy(arena, (const char *)data, size);
    struct expression expression;
    if (text != NULL) {
        if (expression_of_facts(text, EXPRESSION_TRUTH, arena, &expression, NULL) == 0)
            check(&expression, true);
        if (expression_of_facts(text, EXPRESSION_NUMBER, arena, &expression, NULL) == 0)
            check(&expression, true);
        if (expression_of_names(text, letter, NULL, arena, &expression, NULL) == 0) {
            check(&expression, false);
            (void)expression_number(&expression, values);
        }
    }
    arena_free(arena);
    return 0;
}
