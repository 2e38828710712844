// SPDX-License-Identifier: MPL-2.0
// What is asked of a catalogue that has been built.
#include <stdlib.h>
#include <string.h>

#include "catalogue_internal.h"

static const char *const kinds[CATALOGUE_KIND_COUNT] = {"component", "event", "service"};
static const char *const kinds_zh[CATALOGUE_KIND_COUNT] = {"部件", "事件", "服务事项"};

const char *catalogue_kind_to_str(enum catalogue_kind kind)
{
    return (unsigned)kind < CATALOGUE_KIND_COUNT ? kinds[kind] : "?";
}

int catalogue_kind_from_str(const char *text, enum catalogue_kind *ret, struct error *error)
{
    for (int kind = 0; kind < CATALOGUE_KIND_COUNT; kind++) {
        if (strcmp(text, kinds[kind]) == 0 || strcmp(text, kinds_zh[kind]) == 0) {
            *ret = (enum catalogue_kind)kind;
            return 0;
        }
    }
    return error_set(error, ERROR_INPUT, "catalogue.kind_unknown",
                     "'%.40s' is none of component, event, service", text);
}

struct catalogue *catalogue_free(struct catalogue *catalogue)
{
    if (catalogue) {
        rules_index_done(&catalogue->class_codes);
        rules_index_done(&catalogue->condition_codes);
        arena_free(catalogue->arena);
        free(catalogue);
    }
    return NULL;
}

int64_t catalogue_version(const struct catalogue *catalogue)
{
    return catalogue->version;
}

size_t catalogue_class_count(const struct catalogue *catalogue)
{
    return catalogue->class_count;
}

const struct catalogue_class *catalogue_class(const struct catalogue *catalogue,
                                              size_t index)
{
    return &catalogue->classes[index];
}

size_t catalogue_condition_count(const struct catalogue *catalogue)
{
    return catalogue->condition_count;
}

const struct catalogue_condition *catalogue_condition(const struct catalogue *catalogue,
                                                      size_t index)
{
    return &catalogue->conditions[index];
}

const struct catalogue_class *catalogue_class_find(const struct catalogue *catalogue,
                                                   const char *code)
{
    size_t index;
    return rules_index_find(&catalogue->class_codes, code, &index)
               ? &catalogue->classes[index]
               : NULL;
}

const struct catalogue_condition *
catalogue_condition_find(const struct catalogue *catalogue, const char *code)
{
    size_t index;
    return rules_index_find(&catalogue->condition_codes, code, &index)
               ? &catalogue->conditions[index]
               : NULL;
}

static int compare_ids(const void *a, const void *b)
{
    const struct catalogue_id *left = a, *right = b;
    return left->id < right->id ? -1 : left->id > right->id;
}

static bool find_id(const struct catalogue_id *ids, size_t count, int64_t id,
                    size_t *ret_index)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || ids[low].id != id)
        return false;
    *ret_index = ids[low].index;
    return true;
}

const struct catalogue_class *catalogue_class_by_id(const struct catalogue *catalogue,
                                                    int64_t id)
{
    size_t index;
    return find_id(catalogue->class_ids, catalogue->class_count, id, &index)
               ? &catalogue->classes[index]
               : NULL;
}

const struct catalogue_condition *
catalogue_condition_by_id(const struct catalogue *catalogue, int64_t id)
{
    size_t index;
    return find_id(catalogue->condition_ids, catalogue->condition_count, id, &index)
               ? &catalogue->conditions[index]
               : NULL;
}

void catalogue_set_class_id(struct catalogue *catalogue, size_t index, int64_t id)
{
    catalogue->classes[index].id = id;
}

void catalogue_set_condition_id(struct catalogue *catalogue, size_t index, int64_t id)
{
    catalogue->conditions[index].id = id;
}

static int sort_ids(struct catalogue_id *ids, size_t count, struct error *error)
{
    if (count == 0)
        return 0;
    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 1; i < count; i++)
        if (ids[i].id == ids[i - 1].id)
            return error_set(error, ERROR_BUG, "catalogue.id_twice",
                             "two entries of the catalogue have the id %lld",
                             (long long)ids[i].id);
    return 0;
}

int catalogue_index(struct catalogue *catalogue, struct error *error)
{
    for (size_t i = 0; i < catalogue->class_count; i++)
        catalogue->class_ids[i] = (struct catalogue_id){catalogue->classes[i].id, i};
    for (size_t i = 0; i < catalogue->condition_count; i++)
        catalogue->condition_ids[i] = (struct catalogue_id){catalogue->conditions[i].id, i};
    int code = sort_ids(catalogue->class_ids, catalogue->class_count, error);
    return code ? code
                : sort_ids(catalogue->condition_ids, catalogue->condition_count, error);
}

// 0: does not fit; else the more the better: urgency before area class.
static int fitness(const struct catalogue_limit_row *row, const char *area_class,
                   const char *urgency)
{
    if (row->urgency[0] && strcmp(row->urgency, urgency ? urgency : "") != 0)
        return 0;
    if (row->area_class[0] && strcmp(row->area_class, area_class ? area_class : "") != 0)
        return 0;
    return 1 + (row->urgency[0] ? 2 : 0) + (row->area_class[0] ? 1 : 0);
}

// What a limit is looked up by.
struct limit_key {
    size_t owner;
    enum limit_part part;
    const char *area_class, *urgency;
};

static void find_limit(const struct catalogue_limits *limits, const struct limit_key *key,
                       struct limit *ret_limit, int64_t *ret_line)
{
    size_t owner = key->owner;
    size_t low = 0, high = limits->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (limits->rows[middle].owner < owner)
            low = middle + 1;
        else
            high = middle;
    }
    int best = 0;
    *ret_limit = (struct limit){.unit = LIMIT_NONE};
    if (ret_line)
        *ret_line = 0;
    for (; low < limits->count && limits->rows[low].owner == owner; low++) {
        int fits = fitness(&limits->rows[low], key->area_class, key->urgency);
        if (fits <= best || limits->rows[low].part != key->part)
            continue;
        best = fits;
        *ret_limit = limits->rows[low].limit;
        if (ret_line)
            *ret_line = limits->rows[low].line;
    }
}

void catalogue_limit(const struct catalogue *catalogue,
                     const struct catalogue_condition *condition, const char *area_class,
                     const char *urgency, struct limit *ret_limit, int64_t *ret_line)
{
    catalogue_part_limit(catalogue, condition, LIMIT_PART_WHOLE,
                         &(struct catalogue_where){area_class, urgency}, ret_limit,
                         ret_line);
}

void catalogue_part_limit(const struct catalogue *catalogue,
                          const struct catalogue_condition *condition, enum limit_part part,
                          const struct catalogue_where *where, struct limit *ret_limit,
                          int64_t *ret_line)
{
    struct limit_key key = {.owner = (size_t)(condition - catalogue->conditions),
                            .part = part,
                            .area_class = where->area_class,
                            .urgency = where->urgency};
    find_limit(&catalogue->limits, &key, ret_limit, ret_line);
}

void catalogue_stage_limit(const struct catalogue *catalogue, const char *kind,
                           const char *area_class, const char *urgency,
                           struct limit *ret_limit, int64_t *ret_line)
{
    size_t stage = 0;
    while (stage < catalogue->stage_count && strcmp(catalogue->stages[stage], kind) != 0)
        stage++;
    struct limit_key key = {.owner = stage, .area_class = area_class, .urgency = urgency};
    find_limit(&catalogue->stage_limits, &key, ret_limit, ret_line);
}

// ---- the listing that clients get ----

// "2 urgent working hours", or the parts of a chain one after another.
static void condition_limit_text(const struct catalogue *catalogue,
                                 const struct catalogue_condition *condition,
                                 const char *language, struct buffer *out)
{
    static const char *const zh[LIMIT_PART_COUNT] = {"", "排险", "修复", "恢复"};
    static const char *const en[LIMIT_PART_COUNT] = {"", "make safe ", "repair ",
                                                     "restore "};
    bool chinese = strncmp(language, "zh", 2) == 0;
    struct limit limit;
    catalogue_limit(catalogue, condition, NULL, NULL, &limit, NULL);
    bool any = limit.unit != LIMIT_NONE;
    if (any)
        limit_text(&limit, language, out);
    for (int part = LIMIT_PART_SAFE; part < LIMIT_PART_COUNT; part++) {
        catalogue_part_limit(catalogue, condition, (enum limit_part)part,
                             &(struct catalogue_where){NULL, NULL}, &limit, NULL);
        if (limit.unit == LIMIT_NONE)
            continue;
        if (any)
            buffer_append_text(out, chinese ? "；" : "; ");
        buffer_append_text(out, chinese ? zh[part] : en[part]);
        limit_text(&limit, language, out);
        any = true;
    }
    if (!any)
        limit_text(&(struct limit){.unit = LIMIT_NONE}, language, out);
}

static void put_limit_text(const struct catalogue *catalogue,
                           const struct catalogue_condition *condition,
                           struct json_writer *writer)
{
    json_begin_object(writer, "limit_text");
    size_t count = condition->name.count ? condition->name.count : 1;
    for (size_t i = 0; i < count; i++) {
        BUFFER_CLEANUP struct buffer text;
        buffer_init(&text, BUFFER_CEILING_LINE);
        const char *tag = condition->name.count ? condition->name.tags[i] : "en";
        condition_limit_text(catalogue, condition, tag, &text);
        json_put_text(writer, tag, text.data);
    }
    json_end_object(writer);
}

static void put_condition(const struct catalogue *catalogue,
                          const struct catalogue_condition *condition,
                          struct json_writer *writer)
{
    struct limit limit;
    catalogue_limit(catalogue, condition, NULL, NULL, &limit, NULL);
    json_begin_object(writer, NULL);
    json_put_int(writer, "id", condition->id);
    json_put_text(writer, "code", condition->code);
    label_put(writer, "name", &condition->name);
    label_put(writer, "closing", &condition->closing);
    if (limit.unit == LIMIT_NONE) {
        json_put_null(writer, "limit");
    } else {
        json_begin_object(writer, "limit");
        json_put_text(writer, "unit", limit_unit_to_str(limit.unit));
        json_put_double(writer, "amount", (double)limit.milli / 1000.0, 3);
        json_end_object(writer);
    }
    put_limit_text(catalogue, condition, writer);
    json_end_object(writer);
}

void catalogue_put(const struct catalogue *catalogue, struct json_writer *writer)
{
    json_begin_object(writer, NULL);
    json_put_int(writer, "version", catalogue->version);
    json_begin_array(writer, "urgencies");
    for (size_t i = 0; i < catalogue->urgency_count; i++)
        json_put_text(writer, NULL, catalogue->urgencies[i]);
    json_end_array(writer);
    json_begin_array(writer, "classes");
    for (size_t i = 0; i < catalogue->class_count; i++) {
        const struct catalogue_class *class = &catalogue->classes[i];
        json_begin_object(writer, NULL);
        json_put_int(writer, "id", class->id);
        json_put_text(writer, "code", class->code);
        json_put_text(writer, "kind", catalogue_kind_to_str(class->kind));
        json_put_text(writer, "major", class->major);
        label_put(writer, "major_name", &class->major_name);
        label_put(writer, "name", &class->name);
        json_put_bool(writer, "public", class->is_public);
        if (catalogue->former_count > 0)
            catalogue_put_formers(catalogue, i, writer);
        json_begin_array(writer, "conditions");
        for (size_t k = 0; k < class->condition_count; k++)
            put_condition(catalogue, &catalogue->conditions[class->first_condition + k],
                          writer);
        json_end_array(writer);
        json_end_object(writer);
    }
    json_end_array(writer);
    json_end_object(writer);
}
