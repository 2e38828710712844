// SPDX-License-Identifier: MPL-2.0
// Catalogue and routing from six tables: classes, conditions, limits, stage limits,
// routing, former classes.
#include <stdlib.h>

#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/routing.h>

#include "rules_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Codes of one letter exist.
static int64_t find_name(void *context, enum routing_name name, int64_t parent,
                         const char *code)
{
    (void)context;
    (void)parent;
    return code[0] >= 'a' && code[0] <= 'z' && code[1] == '\0'
               ? code[0] - 'a' + 1 + name * 30
               : 0;
}

static void ask(const struct routing *routing, const struct catalogue *catalogue)
{
    struct routing_hit hits[] = {{31, 61, 1}, {32, 62, 0}};
    struct routing_place places[] = {{91, 121}, {92, 122}};
    struct routing_answer answer;
    for (size_t i = 0; i < catalogue_condition_count(catalogue); i++) {
        const struct catalogue_condition *condition = catalogue_condition(catalogue, i);
        struct routing_query query = {
            .class_id = catalogue_class(catalogue, condition->class_index)->id,
            .condition_id = condition->id,
            .hits = hits,
            .hit_count = 2,
            .places = places,
            .place_count = 2,
            .links = {1, 0, 3},
        };
        routing_answer(routing, &query, &answer);
        if (!answer.manual && answer.lead <= 0)
            abort();
        if (answer.rule > (int64_t)routing_rule_count(routing))
            abort();
    }
}

static void use(const struct catalogue *catalogue, const struct table *rules)
{
    BUFFER_CLEANUP struct buffer out;
    struct json_writer writer;
    buffer_init(&out, BUFFER_CEILING_REPLY);
    json_writer_init(&writer, &out);
    catalogue_put(catalogue, &writer);
    struct json *document;
    if (!out.failed) {
        if (json_parse(out.data, out.length, &document, NULL))
            abort();
        json_free(document);
    }
    struct routing_names names = {find_name, NULL};
    struct routing_source source = {rules, 1, catalogue, &names};
    struct routing *routing;
    if (rules && routing_new(&source, NULL, &routing, NULL) == 0) {
        ask(routing, catalogue);
        routing_free(routing);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table *tables[6];
    rules_input_read(data, size, tables, 6);
    struct catalogue_source source = {.classes = tables[0],
                                      .conditions = tables[1],
                                      .limits = tables[2],
                                      .stage_limits = tables[3],
                                      .former_classes = tables[5],
                                      .major_width = 2};
    struct catalogue *catalogue;
    if (catalogue_new(&source, NULL, &catalogue, NULL) == 0) {
        for (size_t i = 0; i < catalogue_former_count(catalogue); i++) {
            const struct catalogue_former *one = catalogue_former(catalogue, i);
            if (catalogue_former_find(catalogue, one->edition, one->code) != one)
                abort();
        }
        use(catalogue, tables[4]);
        catalogue_free(catalogue);
    }
    rules_input_done(tables, 6);
    return 0;
}
