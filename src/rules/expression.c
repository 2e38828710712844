// SPDX-License-Identifier: MPL-2.0
// Reading conditions, values and formulas: recursive descent to postfix steps.
#include <gridcase/rules/expression.h>

#include <math.h>
#include <string.h>

#include <gridcase/core/text.h>

enum { NEST_MOST = 24 };

struct parser {
    const char *text, *at;
    expression_find *find; // NULL: over facts
    void *context;
    struct arena *arena;
    struct error *error;
    struct expression_step steps[EXPRESSION_STEPS_MOST];
    size_t count;
    struct expression_set *sets;
    size_t set_count;
    int depth, nest; // of the stack, of parentheses
    uint64_t fields[2];
};
// What a part of an expression is; field: of a bare word, for what it is compared with.
struct part {
    enum expression_type type;
    int field; // -1: none
};

static int either(struct parser *p, struct part *ret_part);

static int fail(struct parser *p, const char *slug, const char *what)
{
    return error_set(p->error, ERROR_INPUT, slug, "%s at \"%.30s\"", what,
                     *p->at != '\0' ? p->at : "the end");
}

static int emit(struct parser *p, struct expression_step step)
{
    bool pushes = step.op <= EXPRESSION_NOW;
    bool takes_two = step.op >= EXPRESSION_ADD && step.op <= EXPRESSION_BETWEEN;
    if (step.op == EXPRESSION_CODED)
        pushes = true;
    p->depth += pushes ? 1 : takes_two ? -1 : 0;
    if (p->count == EXPRESSION_STEPS_MOST || p->depth > EXPRESSION_DEPTH_MOST)
        return fail(p, "expression.too_long", "too long or too deep");
    p->steps[p->count++] = step;
    return 0;
}

static int emit_op(struct parser *p, enum expression_op op)
{
    return emit(p, (struct expression_step){.op = op});
}

// ---- words ----
static void skip(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
}

static bool is_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t word_length(const char *at)
{
    size_t length = 0;
    while (is_start(at[length]) || is_digit(at[length]) || at[length] == '.')
        length++;
    return is_start(*at) ? length : 0;
}

static bool takes_word(struct parser *p, const char *word)
{
    skip(p);
    size_t length = word_length(p->at);
    if (length != strlen(word) || memcmp(p->at, word, length) != 0)
        return false;
    p->at += length;
    return true;
}

static bool takes(struct parser *p, const char *mark)
{
    skip(p);
    if (strncmp(p->at, mark, strlen(mark)) != 0)
        return false;
    p->at += strlen(mark);
    return true;
}

static int need(struct parser *p, const char *mark)
{
    char what[40];
    if (takes(p, mark))
        return 0;
    if (text_format(what, sizeof what, "'%s' is missing", mark) != 0)
        return fail(p, "expression.syntax", "something is missing");
    return fail(p, "expression.syntax", what);
}

static int read_number(struct parser *p, double *ret_number)
{
    static const struct {
        const char *unit;
        double seconds;
    } UNITS[] = {{"min", 60}, {"h", 3600}, {"d", 86400}};
    size_t length = 0;
    while (is_digit(p->at[length]) || p->at[length] == '.')
        length++;
    if (text_to_double(p->at, length, ret_number, NULL) != 0)
        return fail(p, "expression.syntax", "no number");
    if (p->find == NULL && (*ret_number > 2e9 || floor(*ret_number) != *ret_number))
        return fail(p, "expression.syntax", "a whole number below 2,000,000,000 is wanted");
    p->at += length;
    for (size_t i = 0; p->find == NULL && i < sizeof UNITS / sizeof UNITS[0]; i++) {
        const char *before = p->at;
        if (takes_word(p, UNITS[i].unit)) {
            *ret_number *= UNITS[i].seconds;
            return *ret_number > 2e9 ? fail(p, "expression.syntax", "too long a time") : 0;
        }
        p->at = before;
    }
    return 0;
}

// ---- parts ----
static int number(struct parser *p, struct part *ret_part)
{
    double value = 0;
    int code = read_number(p, &value);
    *ret_part = (struct part){EXPRESSION_NUMBER, -1};
    return code != 0
               ? code
               : emit(p, (struct expression_step){.op = EXPRESSION_PUSH, .number = value});
}

static void note_field(struct parser *p, int field)
{
    p->fields[field / 64] |= UINT64_C(1) << (field % 64);
}

static int load_field(struct parser *p, int field, struct part *ret_part)
{
    const struct expression_word *word = expression_word((enum fact_field)field);
    *ret_part = (struct part){word->type, field};
    note_field(p, field);
    if (word->type == EXPRESSION_CODE)
        return 0; // nothing to load: the comparison that follows looks at codes
    return emit(p, (struct expression_step){.op = EXPRESSION_LOAD, .index = field});
}

static int between(struct parser *p, struct part *ret_part)
{
    struct part from = {0}, to = {0};
    int code = need(p, "(");
    if (code == 0)
        code = either(p, &from);
    if (code == 0)
        code = need(p, ",");
    if (code == 0)
        code = either(p, &to);
    if (code == 0)
        code = need(p, ")");
    if (code == 0 && (from.type != EXPRESSION_INSTANT || to.type != EXPRESSION_INSTANT))
        code = fail(p, "expression.type", "seconds() takes two instants");
    *ret_part = (struct part){EXPRESSION_NUMBER, -1};
    return code != 0 ? code : emit_op(p, EXPRESSION_BETWEEN);
}

static int word(struct parser *p, struct part *ret_part)
{
    size_t length = word_length(p->at);
    const char *name = p->at;
    if (length == 0)
        return fail(p, "expression.syntax", "a word, a number or '(' is missing");
    if (p->find != NULL) {
        int index = p->find(p->context, name, length);
        if (index < 0)
            return error_set(p->error, ERROR_INPUT, "expression.word",
                             "there is no count '%.*s'", (int)(length > 60 ? 60 : length),
                             name);
        p->at += length;
        *ret_part = (struct part){EXPRESSION_NUMBER, -1};
        return emit(p, (struct expression_step){.op = EXPRESSION_LOAD, .index = index});
    }
    if (takes_word(p, "seconds"))
        return between(p, ret_part);
    if (takes_word(p, "now")) {
        *ret_part = (struct part){EXPRESSION_INSTANT, -1};
        return emit_op(p, EXPRESSION_NOW);
    }
    int field = expression_field_find(name, length);
    if (field < 0)
        return error_set(p->error, ERROR_INPUT, "expression.word",
                         "there is no word '%.*s': gridcase indicators words lists them",
                         (int)(length > 60 ? 60 : length), name);
    p->at += length;
    return load_field(p, field, ret_part);
}

static int factor(struct parser *p, struct part *ret_part)
{
    skip(p);
    if (++p->nest > NEST_MOST)
        return fail(p, "expression.too_long", "too many parentheses");
    int code = 0;
    if (takes(p, "(")) {
        code = either(p, ret_part);
        if (code == 0)
            code = need(p, ")");
        ret_part->field = ret_part->type == EXPRESSION_CODE ? ret_part->field : -1;
    } else if (takes(p, "-")) {
        code = factor(p, ret_part);
        if (code == 0 && ret_part->type != EXPRESSION_NUMBER)
            code = fail(p, "expression.type", "'-' takes a number");
        if (code == 0)
            code = emit_op(p, EXPRESSION_NEGATE);
        ret_part->field = -1;
    } else {
        code = is_digit(*p->at) ? number(p, ret_part) : word(p, ret_part);
    }
    p->nest--;
    return code;
}

static int numbers_only(struct parser *p, const struct part *a, const struct part *b)
{
    if (a->type == EXPRESSION_NUMBER && b->type == EXPRESSION_NUMBER)
        return 0;
    return fail(p, "expression.type",
                "reckoning is for numbers; of two instants, "
                "seconds(a, b) gives one");
}

static int product(struct parser *p, struct part *ret_part)
{
    int code = factor(p, ret_part);
    while (code == 0) {
        bool times = takes(p, "*"), over = !times && p->find != NULL && takes(p, "/");
        struct part right = {0};
        if (!times && !over)
            break;
        code = factor(p, &right);
        if (code == 0)
            code = numbers_only(p, ret_part, &right);
        if (code == 0)
            code = emit_op(p, times ? EXPRESSION_MULTIPLY : EXPRESSION_DIVIDE);
        ret_part->field = -1;
    }
    return code;
}

static int sum(struct parser *p, struct part *ret_part)
{
    int code = product(p, ret_part);
    while (code == 0) {
        bool plus = takes(p, "+"), minus = !plus && takes(p, "-");
        struct part right = {0};
        if (!plus && !minus)
            break;
        code = product(p, &right);
        // An instant and seconds give an instant: due + 2 d < ended.
        bool instant = ret_part->type == EXPRESSION_INSTANT &&
                       right.type == EXPRESSION_NUMBER && p->find == NULL;
        if (code == 0 && !instant)
            code = numbers_only(p, ret_part, &right);
        if (code == 0)
            code = emit_op(p, plus ? EXPRESSION_ADD : EXPRESSION_SUBTRACT);
        ret_part->field = -1;
    }
    return code;
}

// ---- comparisons ----
// What a word stands for beside a field of this kind; -2: nothing.
static int meaning(const struct expression_word *field, const char *name, size_t length)
{
    static const char *const VERDICTS[] = {"unknown", "no", "yes"};
    for (int i = 0; field->type == EXPRESSION_VERDICT && i < 3; i++)
        if (strlen(VERDICTS[i]) == length && memcmp(VERDICTS[i], name, length) == 0)
            return i - 1;
    for (int i = 0; field->choice != NULL && i < 64; i++) {
        const char *choice = field->choice(i);
        if (choice != NULL && strlen(choice) == length && memcmp(choice, name, length) == 0)
            return i;
    }
    return -2;
}

static int member(struct parser *p, const struct part *left, struct expression_set *set)
{
    const struct expression_word *field =
        left->field >= 0 ? expression_word((enum fact_field)left->field) : NULL;
    skip(p);
    size_t length = word_length(p->at);
    double value = 0;
    int code = 0;
    if (set->count == EXPRESSION_SET_MOST)
        return fail(p, "expression.too_long", "too many members");
    if (left->type == EXPRESSION_CODE) {
        for (length = 0;
             p->at[length] != '\0' && strchr(" ,()=!<>", p->at[length]) == NULL;)
            length++;
        if (length == 0)
            return fail(p, "expression.syntax", "a code is missing");
        set->codes[set->count++] = arena_copy(p->arena, p->at, length);
        p->at += length;
        return 0;
    }
    if (left->type == EXPRESSION_CHOICE || left->type == EXPRESSION_VERDICT) {
        int means = field != NULL ? meaning(field, p->at, length) : -2;
        if (means == -2)
            return fail(p, "expression.word", "not one of the values of that word");
        set->numbers[set->count++] = means;
        p->at += length;
        return 0;
    }
    bool negative = takes(p, "-");
    skip(p);
    code = read_number(p, &value);
    set->numbers[set->count++] = (int32_t)(negative ? -value : value);
    return code;
}

static int new_set(struct parser *p, struct expression_set **ret_set)
{
    if (p->sets == NULL)
        p->sets = arena_array(p->arena, EXPRESSION_SETS_MOST, sizeof *p->sets);
    if (p->sets == NULL || p->set_count == EXPRESSION_SETS_MOST)
        return fail(p, "expression.too_long", "too many lists");
    *ret_set = &p->sets[p->set_count++];
    **ret_set = (struct expression_set){0};
    return 0;
}

static int emit_set(struct parser *p, const struct part *left)
{
    bool coded = left->type == EXPRESSION_CODE;
    return emit(p, (struct expression_step){.op = coded ? EXPRESSION_CODED : EXPRESSION_IN,
                                            .index = (int)p->set_count - 1,
                                            .number = coded ? left->field : 0});
}

static int in_list(struct parser *p, struct part *left)
{
    struct expression_set *set = NULL;
    int code = need(p, "(");
    if (code == 0)
        code = new_set(p, &set);
    do {
        if (code == 0)
            code = member(p, left, set);
    } while (code == 0 && takes(p, ","));
    if (code == 0)
        code = need(p, ")");
    if (code == 0)
        code = emit_set(p, left);
    *left = (struct part){EXPRESSION_TRUTH, -1};
    return code;
}

// A choice, verdict or code beside a word of its values.
static int against_word(struct parser *p, struct part *left, enum expression_op op)
{
    struct expression_set *set = NULL;
    bool coded = left->type == EXPRESSION_CODE;
    if (op != EXPRESSION_EQUAL && op != EXPRESSION_UNEQUAL)
        return fail(p, "expression.type", "words are equal or not, nothing else");
    int code = new_set(p, &set);
    if (code == 0)
        code = member(p, left, set);
    if (code == 0 && coded)
        code = emit_set(p, left);
    else if (code == 0)
        code = emit(
            p, (struct expression_step){.op = EXPRESSION_IS, .number = set->numbers[0]});
    if (code == 0 && op == EXPRESSION_UNEQUAL)
        code = emit_op(p, EXPRESSION_NOT);
    *left = (struct part){EXPRESSION_TRUTH, -1};
    return code;
}

static bool takes_comparison(struct parser *p, enum expression_op *ret_op)
{
    static const struct {
        const char *mark;
        enum expression_op op;
    } MARKS[] = {{"!=", EXPRESSION_UNEQUAL},  {"<=", EXPRESSION_AT_MOST},
                 {">=", EXPRESSION_AT_LEAST}, {"=", EXPRESSION_EQUAL},
                 {"<", EXPRESSION_BELOW},     {">", EXPRESSION_ABOVE}};
    for (size_t i = 0; i < sizeof MARKS / sizeof MARKS[0]; i++)
        if (takes(p, MARKS[i].mark)) {
            *ret_op = MARKS[i].op;
            return true;
        }
    return false;
}

static bool alike(enum expression_type a, enum expression_type b)
{
    bool id = a == EXPRESSION_ID || b == EXPRESSION_ID;
    bool number = a == EXPRESSION_NUMBER || b == EXPRESSION_NUMBER;
    return a == b || (id && number);
}

static int comparison(struct parser *p, struct part *ret_part)
{
    enum expression_op op = EXPRESSION_EQUAL;
    int code = sum(p, ret_part);
    if (code != 0 || p->find != NULL)
        return code;
    if (takes_word(p, "in"))
        return in_list(p, ret_part);
    if (!takes_comparison(p, &op))
        return ret_part->type == EXPRESSION_CODE
                   ? fail(p, "expression.syntax", "'=' or 'in' is missing")
                   : 0;
    if (ret_part->type >= EXPRESSION_VERDICT)
        return against_word(p, ret_part, op);
    struct part right = {0};
    code = sum(p, &right);
    if (code == 0 &&
        (!alike(ret_part->type, right.type) || ret_part->type == EXPRESSION_TRUTH))
        code = fail(p, "expression.type", "these two cannot be compared");
    *ret_part = (struct part){EXPRESSION_TRUTH, -1};
    return code != 0 ? code : emit_op(p, op);
}

// ---- and, or, not ----
static int to_truth(struct parser *p, const struct part *part)
{
    if (part->type == EXPRESSION_TRUTH)
        return 0;
    if (part->type >= EXPRESSION_VERDICT)
        return fail(p, "expression.type",
                    "say what it is to be: = yes, = no ... is missing");
    return emit_op(p, EXPRESSION_TRUE);
}

static int negation(struct parser *p, struct part *ret_part)
{
    if (p->find != NULL || !takes_word(p, "not"))
        return comparison(p, ret_part);
    if (++p->nest > NEST_MOST)
        return fail(p, "expression.too_long", "too many 'not'");
    int code = negation(p, ret_part);
    p->nest--;
    if (code == 0)
        code = to_truth(p, ret_part);
    *ret_part = (struct part){EXPRESSION_TRUTH, -1};
    return code != 0 ? code : emit_op(p, EXPRESSION_NOT);
}

static int joined(struct parser *p, const char *mark, enum expression_op op,
                  int (*inner)(struct parser *p, struct part *ret_part),
                  struct part *ret_part)
{
    int code = inner(p, ret_part);
    while (code == 0 && p->find == NULL && takes_word(p, mark)) {
        struct part right = {0};
        code = to_truth(p, ret_part);
        if (code == 0)
            code = inner(p, &right);
        if (code == 0)
            code = to_truth(p, &right);
        if (code == 0)
            code = emit_op(p, op);
        *ret_part = (struct part){EXPRESSION_TRUTH, -1};
    }
    return code;
}

static int both(struct parser *p, struct part *ret_part)
{
    return joined(p, "and", EXPRESSION_AND, negation, ret_part);
}

static int either(struct parser *p, struct part *ret_part)
{
    return joined(p, "or", EXPRESSION_OR, both, ret_part);
}

// ---- the whole ----
static int finish(struct parser *p, enum expression_type type,
                  struct expression *ret_expression)
{
    struct expression_step *steps = arena_array(p->arena, p->count + 1, sizeof *steps);
    const char *text = arena_text(p->arena, p->text);
    if (steps == NULL || text == NULL)
        return error_set(p->error, ERROR_LIMIT, "expression.memory", "out of memory");
    memcpy(steps, p->steps, p->count * sizeof *steps);
    *ret_expression = (struct expression){.text = text,
                                          .type = type,
                                          .count = p->count,
                                          .steps = steps,
                                          .set_count = p->set_count,
                                          .sets = p->sets,
                                          .fields = {p->fields[0], p->fields[1]}};
    return 0;
}

static int whole(struct parser *p, struct part *ret_part)
{
    if (strlen(p->text) > EXPRESSION_TEXT_MOST)
        return fail(p, "expression.too_long", "too long");
    int code = either(p, ret_part);
    skip(p);
    if (code == 0 && *p->at != '\0')
        code = fail(p, "expression.syntax", "not understood");
    return code;
}

int expression_of_facts(const char *text, enum expression_type want, struct arena *arena,
                        struct expression *ret_expression, struct error *error)
{
    struct error own = {0};
    struct parser p = {.text = text, .at = text, .arena = arena, .error = &own};
    struct part part = {0};
    int code = whole(&p, &part);
    if (code == 0 && want == EXPRESSION_TRUTH)
        code = to_truth(&p, &part);
    else if (code == 0 && part.type != want)
        code = fail(&p, "expression.type", "a number is wanted");
    if (code == 0)
        code = finish(&p, want, ret_expression);
    if (code != 0 && error != NULL)
        *error = own;
    return code;
}

int expression_of_names(const char *text, expression_find *find, void *context,
                        struct arena *arena, struct expression *ret_expression,
                        struct error *error)
{
    struct error own = {0};
    struct parser p = {.text = text,
                       .at = text,
                       .find = find,
                       .context = context,
                       .arena = arena,
                       .error = &own};
    struct part part = {0};
    int code = whole(&p, &part);
    if (code == 0)
        code = finish(&p, EXPRESSION_NUMBER, ret_expression);
    if (code != 0 && error != NULL)
        *error = own;
    return code;
}

double expression_number(const struct expression *expression, const double *values)
{
    double stack[EXPRESSION_DEPTH_MOST + 1] = {0};
    size_t top = 0;
    for (size_t i = 0; i < expression->count; i++) {
        const struct expression_step *step = &expression->steps[i];
        if (step->op == EXPRESSION_PUSH) {
            stack[top++] = step->number;
            continue;
        }
        if (step->op == EXPRESSION_LOAD) {
            stack[top++] = values[step->index];
            continue;
        }
        if (step->op == EXPRESSION_NEGATE) {
            stack[top - 1] = -stack[top - 1];
            continue;
        }
        double right = stack[--top], left = stack[top - 1];
        stack[top - 1] = step->op == EXPRESSION_ADD        ? left + right
                         : step->op == EXPRESSION_SUBTRACT ? left - right
                         : step->op == EXPRESSION_MULTIPLY ? left * right
                         : right != 0                      ? left / right
                                                           : (double)NAN;
    }
    return top > 0 ? stack[0] : (double)NAN;
}
