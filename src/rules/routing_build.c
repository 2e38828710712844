// SPDX-License-Identifier: MPL-2.0
// Reads and compiles routing.csv; gridcase-routing(5).
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/text.h>

#include "routing_internal.h"

enum { RULES_MOST = 100000, ENTRIES_MOST = 2000000, SHAPES_MOST = 1000 };
// Above what a table that fits a struct table can need: never reached.
#define ROUTING_CEILING ((size_t)8 << 30)

struct build {
    struct routing *routing;
    const struct table *table;
    const struct catalogue *catalogue;
    const struct routing_names *names;
    struct rules_check check;
    bool *answers; // per rule: at least one of its entries can be reached
};

// A row while it is read.
struct draft {
    size_t row;
    struct routing_rule rule;
    struct routing_shape shape;
    struct routing_key key;    // without class
    const char *class_pattern; // "" any class
    bool bad;
};

static const char *const link_names[ROUTING_LINKS] = {"owner", "maintainer", "competent"};

static bool is_any(const char *text)
{
    return *text == '\0' || strcmp(text, "*") == 0;
}

static int find_link(const char *text, size_t length)
{
    for (int link = 0; link < ROUTING_LINKS; link++)
        if (strlen(link_names[link]) == length &&
            strncmp(text, link_names[link], length) == 0)
            return link;
    return -1;
}

static void refuse(struct build *build, struct draft *draft, const char *column,
                   const char *slug, const char *message)
{
    rules_error(&build->check, build->table, draft->row, column, slug, "'%.63s' %s",
                table_value(build->table, draft->row, column), message);
    draft->bad = true;
}

// The id of a code in a column; 0 after reporting that there is none.
static int64_t find_name(struct build *build, struct draft *draft, const char *column,
                         enum routing_name name, int64_t parent)
{
    const char *code = table_value(build->table, draft->row, column);
    int64_t id = build->names->find(build->names->context, name, parent, code);
    if (id <= 0)
        refuse(build, draft, column, "routing.unknown", "does not exist");
    return id;
}

static void read_condition(struct build *build, struct draft *draft)
{
    const char *code = table_value(build->table, draft->row, "condition");
    draft->class_pattern = table_value(build->table, draft->row, "class");
    if (is_any(draft->class_pattern))
        draft->class_pattern = "";
    if (is_any(code))
        return;
    const struct catalogue_condition *condition =
        catalogue_condition_find(build->catalogue, code);
    if (!condition) {
        refuse(build, draft, "condition", "routing.unknown", "is no filing condition");
        return;
    }
    draft->shape.by_condition = true;
    draft->key.condition_id = condition->id;
}

// A pair of columns: what encloses, and one of its areas or any.
static void read_point(struct build *build, struct draft *draft)
{
    const char *layer = table_value(build->table, draft->row, "layer");
    const char *coverage = table_value(build->table, draft->row, "coverage");
    const char *level = table_value(build->table, draft->row, "level");
    const char *area = table_value(build->table, draft->row, "area");
    if (!is_any(layer)) {
        int64_t id = find_name(build, draft, "layer", ROUTING_NAME_LAYER, 0);
        draft->shape.layer_id = id;
        draft->shape.by_coverage = id > 0 && !is_any(coverage);
        if (draft->shape.by_coverage)
            draft->key.coverage_id =
                find_name(build, draft, "coverage", ROUTING_NAME_COVERAGE, id);
        draft->rule.coverage_id = draft->key.coverage_id;
    } else if (!is_any(coverage)) {
        refuse(build, draft, "coverage", "routing.no_layer", "needs a layer");
    }
    if (!is_any(level)) {
        int64_t id = find_name(build, draft, "level", ROUTING_NAME_LEVEL, 0);
        draft->shape.level_id = id;
        draft->shape.by_area = id > 0 && !is_any(area);
        if (draft->shape.by_area)
            draft->key.area_id = find_name(build, draft, "area", ROUTING_NAME_AREA, id);
    } else if (!is_any(area)) {
        refuse(build, draft, "area", "routing.no_level", "needs a level");
    }
}

// "owner", or "owner:DEPARTMENT".
static void read_component(struct build *build, struct draft *draft)
{
    const char *text = table_value(build->table, draft->row, "component");
    draft->shape.link = -1;
    if (is_any(text))
        return;
    size_t length = strcspn(text, ":");
    int link = find_link(text, length);
    if (link < 0) {
        refuse(build, draft, "component", "routing.link_unknown",
               "is none of owner, maintainer, competent");
        return;
    }
    draft->shape.links |= (uint8_t)(1U << link);
    if (text[length] != ':')
        return;
    int64_t id = build->names->find(build->names->context, ROUTING_NAME_DEPARTMENT, 0,
                                    text + length + 1);
    if (id <= 0)
        refuse(build, draft, "component", "routing.unknown", "names no department");
    draft->shape.link = (int8_t)link;
    draft->key.link_id = id;
}

// A department's code or "@..." as a target; 0 when it is neither (not reported).
static int64_t read_target(struct build *build, const struct draft *draft, const char *text,
                           size_t length)
{
    char code[64];
    if (length == 0 || length >= sizeof code)
        return 0;
    memcpy(code, text, length);
    code[length] = '\0';
    if (code[0] != '@')
        return build->names->find(build->names->context, ROUTING_NAME_DEPARTMENT, 0, code);
    if (strcmp(code, "@manual") == 0)
        return ROUTING_TARGET_MANUAL;
    if (strcmp(code, "@coverage") == 0)
        return draft->shape.layer_id ? ROUTING_TARGET_COVERAGE : 0;
    int link = find_link(code + 1, length - 1);
    return link >= 0 ? ROUTING_TARGET_COMPONENT - link : 0;
}

static void read_lead(struct build *build, struct draft *draft)
{
    const char *text = table_value(build->table, draft->row, "department");
    int64_t lead = 0;
    if (*text)
        lead = read_target(build, draft, text, strlen(text));
    else if (draft->shape.links && draft->shape.link < 0)
        lead = ROUTING_TARGET_COMPONENT -
               find_link(table_value(build->table, draft->row, "component"),
                         strlen(table_value(build->table, draft->row, "component")));
    else if (draft->shape.layer_id)
        lead = ROUTING_TARGET_COVERAGE;
    if (lead == 0) {
        refuse(build, draft, "department", "routing.unknown",
               "is neither a department nor one of @coverage (with a layer), @owner, "
               "@maintainer, @competent, @manual");
        return;
    }
    draft->rule.lead = lead;
    if (lead == ROUTING_TARGET_COVERAGE)
        draft->shape.coverage_department = true;
    if (lead <= ROUTING_TARGET_COMPONENT)
        draft->shape.links |= (uint8_t)(1U << (ROUTING_TARGET_COMPONENT - lead));
}

static void read_assistants(struct build *build, struct draft *draft)
{
    const char *cursor = table_value(build->table, draft->row, "assistants");
    size_t length;
    for (const char *piece = text_next(&cursor, ';', &length); piece;
         piece = text_next(&cursor, ';', &length)) {
        if (length == 0)
            continue;
        int64_t target = read_target(build, draft, piece, length);
        if (target == 0 || target == ROUTING_TARGET_MANUAL) {
            refuse(build, draft, "assistants", "routing.unknown",
                   "names something that is no department");
            return;
        }
        if (draft->rule.assistant_count == ROUTING_ASSISTANTS) {
            refuse(build, draft, "assistants", "routing.too_many_assistants",
                   "are too many assistants");
            return;
        }
        draft->rule.assistants[draft->rule.assistant_count++] = target;
    }
}

static bool same_shape(const struct routing_shape *a, const struct routing_shape *b)
{
    return a->by_class == b->by_class && a->by_condition == b->by_condition &&
           a->by_coverage == b->by_coverage && a->by_area == b->by_area &&
           a->layer_id == b->layer_id && a->level_id == b->level_id &&
           a->coverage_department == b->coverage_department && a->links == b->links &&
           a->link == b->link;
}

// The number of the shape; SHAPES_MOST when there is no room for a new one.
static uint32_t find_shape(struct routing *routing, const struct routing_shape *shape)
{
    for (uint32_t i = 0; i < routing->shape_count; i++)
        if (same_shape(&routing->shapes[i], shape))
            return i;
    if (routing->shape_count == SHAPES_MOST)
        return SHAPES_MOST;
    routing->shapes[routing->shape_count] = *shape;
    return (uint32_t)routing->shape_count++;
}

static void grow(struct routing *routing)
{
    struct routing_entry *old = routing->entries;
    size_t old_room = routing->room;
    routing->room = old_room ? old_room * 2 : 64;
    routing->entries = memory_array(routing->room, sizeof *routing->entries);
    if (!routing->entries)
        abort(); // ENTRIES_MOST bounds it
    for (size_t i = 0; i < old_room; i++)
        if (old[i].rule)
            *routing_slot(routing, &old[i].key) = old[i];
    free(old);
}

// True when the key is new; an earlier rule with the same key answers first.
static bool add_entry(struct build *build, const struct routing_key *key, uint32_t rule)
{
    struct routing *routing = build->routing;
    if (routing->entry_count * 2 >= routing->room)
        grow(routing);
    struct routing_entry *slot = routing_slot(routing, key);
    if (slot->rule)
        return false;
    slot->key = *key;
    slot->rule = rule;
    routing->entry_count++;
    return true;
}

// An earlier rule that looks at nothing but class and condition answers for this one too.
static bool is_shadowed(const struct routing *routing, const struct routing_key *key,
                        int64_t class_id)
{
    for (unsigned bits = 0; bits < 4; bits++) {
        struct routing_shape plain = {
            .by_class = bits & 1, .by_condition = bits & 2, .link = -1};
        if ((plain.by_class && !class_id) || (plain.by_condition && !key->condition_id))
            continue;
        for (uint32_t i = 0; i < routing->shape_count; i++) {
            if (!same_shape(&routing->shapes[i], &plain))
                continue;
            struct routing_key general = {.shape = i};
            general.class_id = plain.by_class ? class_id : 0;
            general.condition_id = plain.by_condition ? key->condition_id : 0;
            if (routing_find(routing, &general))
                return true;
        }
    }
    return false;
}

static void add_for_class(struct build *build, struct draft *draft, uint32_t rule,
                          int64_t class_id)
{
    struct routing *routing = build->routing;
    draft->shape.by_class = class_id > 0;
    uint32_t shape = find_shape(routing, &draft->shape);
    if (shape == SHAPES_MOST || routing->entry_count >= ENTRIES_MOST) {
        if (!draft->bad)
            rules_error(&build->check, build->table, draft->row, "class",
                        "routing.too_large", "the rules are too many or too different");
        draft->bad = true;
        return;
    }
    draft->key.shape = shape;
    draft->key.class_id = class_id;
    routing->rules[rule - 1].shape = shape;
    if (routing->room && is_shadowed(routing, &draft->key, class_id))
        return;
    if (add_entry(build, &draft->key, rule))
        build->answers[rule - 1] = true;
}

// One entry, or one for each class of a pattern like "c01*".
static void add_entries(struct build *build, struct draft *draft, uint32_t rule)
{
    const char *pattern = draft->class_pattern;
    size_t length = strlen(pattern);
    if (length == 0) {
        add_for_class(build, draft, rule, 0);
        return;
    }
    bool prefix = pattern[length - 1] == '*';
    bool found = false;
    for (size_t i = 0; i < catalogue_class_count(build->catalogue) && !draft->bad; i++) {
        const struct catalogue_class *class = catalogue_class(build->catalogue, i);
        if (prefix ? strncmp(class->code, pattern, length - 1) != 0
                   : strcmp(class->code, pattern) != 0)
            continue;
        found = true;
        add_for_class(build, draft, rule, class->id);
    }
    if (!found)
        refuse(build, draft, "class", "routing.unknown", "is no class");
}

static void check_condition_of_class(struct build *build, struct draft *draft)
{
    if (!draft->shape.by_condition || !*draft->class_pattern)
        return;
    const struct catalogue_condition *condition =
        catalogue_condition_by_id(build->catalogue, draft->key.condition_id);
    const char *code = catalogue_class(build->catalogue, condition->class_index)->code;
    size_t length = strcspn(draft->class_pattern, "*");
    if (strncmp(code, draft->class_pattern, length) != 0)
        refuse(build, draft, "condition", "routing.other_class",
               "belongs to another class");
}

static void read_rule(struct build *build, size_t row)
{
    struct routing *routing = build->routing;
    struct draft draft = {.row = row, .class_pattern = ""};
    draft.rule.line = table_line(build->table, row);
    draft.rule.name = arena_text(routing->arena, table_value(build->table, row, "name"));
    read_condition(build, &draft);
    check_condition_of_class(build, &draft);
    read_point(build, &draft);
    read_component(build, &draft);
    read_lead(build, &draft);
    read_assistants(build, &draft);
    // A rule with mistakes keeps its number, so that the others keep theirs.
    routing->rules[routing->rule_count++] = draft.rule;
    if (draft.bad)
        return;
    uint32_t rule = (uint32_t)routing->rule_count;
    draft.shape.first_rule = rule;
    add_entries(build, &draft, rule);
    if (!draft.bad && !build->answers[rule - 1])
        rules_warning(&build->check, build->table, row, "class", "routing.unreachable",
                      "rule %u never answers: rules above it answer the same cases", rule);
}

// ---- conditions that no rule speaks of ----

static int compare_pairs(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    if (left[0] != right[0])
        return left[0] < right[0] ? -1 : 1;
    return left[1] < right[1] ? -1 : left[1] > right[1];
}

static bool has_pair(int64_t (*pairs)[2], size_t count, int64_t class_id,
                     int64_t condition_id)
{
    int64_t pair[2] = {class_id, condition_id};
    return bsearch(pair, pairs, count, sizeof *pairs, compare_pairs) != NULL;
}

static void check_coverage(struct build *build)
{
    const struct routing *routing = build->routing;
    int64_t(*pairs)[2] = memory_array(routing->entry_count + 1, sizeof *pairs);
    size_t count = 0;
    for (size_t i = 0; i < routing->room; i++) {
        if (!routing->entries[i].rule)
            continue;
        pairs[count][0] = routing->entries[i].key.class_id;
        pairs[count][1] = routing->entries[i].key.condition_id;
        count++;
    }
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < catalogue_condition_count(build->catalogue); i++) {
        const struct catalogue_condition *condition =
            catalogue_condition(build->catalogue, i);
        int64_t class_id = catalogue_class(build->catalogue, condition->class_index)->id;
        if (!has_pair(pairs, count, 0, 0) && !has_pair(pairs, count, class_id, 0) &&
            !has_pair(pairs, count, 0, condition->id) &&
            !has_pair(pairs, count, class_id, condition->id))
            rules_error(&build->check, build->table, RULES_NO_ROW, "condition",
                        "routing.nowhere",
                        "the filing condition '%s' routes nowhere: no rule speaks of it",
                        condition->code);
    }
    free(pairs);
}

static void read_rules(struct build *build)
{
    static const char *const columns[] = {"department", NULL};
    static const char *const known[] = {"class",      "condition",  "layer", "coverage",
                                        "level",      "area",       "name",  "component",
                                        "department", "assistants", "note",  NULL};
    struct routing *routing = build->routing;
    size_t rows = table_rows(build->table);
    if (!rules_needs_columns(&build->check, build->table, columns))
        return;
    rules_known_columns(&build->check, build->table, known, NULL);
    routing->rules = arena_array(routing->arena, rows + 1, sizeof *routing->rules);
    routing->shapes = arena_array(routing->arena, SHAPES_MOST, sizeof *routing->shapes);
    build->answers = memory_array(rows + 1, sizeof *build->answers);
    grow(routing);
    for (size_t row = 0; row < rows; row++)
        read_rule(build, row);
    if (build->check.errors == 0)
        check_coverage(build);
    free(build->answers);
}

int routing_new(const struct routing_source *source, const struct rules_report *report,
                struct routing **ret_routing, struct error *error)
{
    if (table_rows(source->table) > RULES_MOST)
        return error_set(error, ERROR_LIMIT, "routing.too_large", "more than %d rules",
                         RULES_MOST);
    struct routing *routing = memory_new(sizeof *routing);
    routing->arena = arena_new(ROUTING_CEILING);
    routing->version = source->version;
    struct build build = {.routing = routing,
                          .table = source->table,
                          .catalogue = source->catalogue,
                          .names = source->names,
                          .check = {.report = report}};
    read_rules(&build);
    int code = rules_check_result(&build.check, "routing.invalid", error);
    if (code) {
        routing_free(routing);
        return code;
    }
    *ret_routing = routing;
    return 0;
}
