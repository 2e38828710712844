// SPDX-License-Identifier: MPL-2.0
// What the proposed rules would have answered, by the routing engine itself.
#include "route_internal.h"

#include <stdlib.h>
#include <string.h>

#include <gridcase/city/locator.h>
#include <gridcase/core/arena.h>
#include <gridcase/core/text.h>
#include <gridcase/rules/catalogue.h>
#include <gridcase/rules/routing.h>

struct judge {
    const struct route_record *record;
    const struct route_proposal *proposal;
    struct catalogue *made; // with the record's conditions; NULL: the city's is used
    const struct catalogue *catalogue;
    struct routing *routing;
    struct locator *locator[ROUTE_LAYERS_MOST];
    uint32_t *plain; // by class: who got most of what was learned from
    int64_t *cases, *right;
};

// ---- names ----
static int64_t find_name(void *context, enum routing_name name, int64_t parent,
                         const char *code)
{
    const struct judge *judge = context;
    const struct city_department *department;
    (void)parent;
    switch (name) {
    case ROUTING_NAME_DEPARTMENT:
        department = city_department_by_code(judge->record->city, code);
        return department ? department->id : 0;
    case ROUTING_NAME_LAYER:
        for (size_t i = 0; i < judge->proposal->layer_count; i++)
            if (text_equal(judge->proposal->layer[i].code, code))
                return (int64_t)i + 1;
        return 0;
    case ROUTING_NAME_LEVEL:
        return text_equal(code, "record_area");
    case ROUTING_NAME_AREA:
        for (size_t i = 0; i < judge->record->areas.count; i++)
            if (text_equal(judge->record->areas.text[i], code))
                return (int64_t)i + 1;
        return 0;
    case ROUTING_NAME_COVERAGE:
        return 0;
    }
    return 0;
}

// The city's classes with the conditions that the record names.
static int make_catalogue(struct judge *judge, struct error *error)
{
    static const char *const columns[] = {"code", "kind", "name_en"};
    const struct catalogue *old = city_catalogue(judge->record->city, 0);
    judge->catalogue = old;
    if (!judge->proposal->conditions)
        return 0;
    TABLE_CLEANUP struct table *classes = table_new("classes", "learned");
    int code = classes ? 0 : error_set(error, ERROR_LIMIT, "route.too_large", "memory");
    for (size_t i = 0; i < 3 && code == 0; i++)
        code = table_add_column(classes, columns[i], error);
    for (size_t i = 0; i < catalogue_class_count(old) && code == 0; i++) {
        const struct catalogue_class *class = catalogue_class(old, i);
        size_t row = table_add_row(classes, (int64_t)i + 2);
        table_set(classes, row, 0, class->code);
        table_set(classes, row, 1, catalogue_kind_to_str(class->kind));
        table_set(classes, row, 2, label_text(&class->name, "en"));
    }
    struct catalogue_source source = {
        .classes = classes, .conditions = judge->proposal->conditions, .version = 1};
    if (code == 0)
        code = catalogue_new(&source, NULL, &judge->made, error);
    judge->catalogue = judge->made;
    return code;
}

static int make_locator(struct judge *judge, size_t index, struct error *error)
{
    const struct route_layer *layer = &judge->proposal->layer[index];
    size_t queues = judge->record->world.queues, count = 0;
    struct locator_shape *shapes = memory_array(queues + 1, sizeof *shapes);
    if (!shapes)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    for (size_t q = 0; q < queues; q++)
        if (layer->territory[q])
            shapes[count++] = (struct locator_shape){
                city_department(judge->record->city, q)->id, layer->territory[q]};
    int code = locator_build(shapes, count, 1, &judge->locator[index], error);
    free(shapes);
    return code;
}

static int judge_init(struct judge *judge, struct error *error)
{
    struct routing_names names = {find_name, judge};
    size_t classes = judge->record->world.classes;
    judge->plain = memory_array(classes + 1, sizeof *judge->plain);
    judge->cases = memory_array(classes + 1, sizeof *judge->cases);
    judge->right = memory_array(classes + 1, sizeof *judge->right);
    if (!judge->plain || !judge->cases || !judge->right)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    int code = make_catalogue(judge, error);
    struct routing_source source = {judge->proposal->routing, 1, judge->catalogue, &names};
    if (code == 0)
        code = routing_new(&source, NULL, &judge->routing, error);
    for (size_t i = 0; i < judge->proposal->layer_count && code == 0; i++)
        code = make_locator(judge, i, error);
    return code;
}

static void judge_done(struct judge *judge)
{
    for (size_t i = 0; i < judge->proposal->layer_count; i++)
        locator_free(judge->locator[i]);
    routing_free(judge->routing);
    catalogue_free(judge->made);
    free(judge->plain);
    free(judge->cases);
    free(judge->right);
}

// ---- the plain majority, to compare with ----
static int find_plain(struct judge *judge, int32_t until_day, struct error *error)
{
    const struct route_world *world = &judge->record->world;
    uint32_t *count = memory_array(world->queues + 1, sizeof *count);
    if (!count)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    for (size_t c = 0; c < world->classes; c++) {
        memset(count, 0, world->queues * sizeof *count);
        judge->plain[c] = ROUTE_NOBODY;
        for (size_t i = 0; i < judge->record->count; i++) {
            const struct route_sample *sample = &judge->record->samples[i];
            if (sample->class == c && sample->day < until_day)
                count[sample->queue]++;
        }
        for (uint32_t q = 0, most = 0; q < world->queues; q++)
            if (count[q] > most) {
                most = count[q];
                judge->plain[c] = q;
            }
    }
    free(count);
    return 0;
}

// ---- cases ----
static size_t find_hits(const struct judge *judge, size_t index, struct routing_hit *hits)
{
    size_t count = 0;
    if (!judge->record->has_point[index])
        return 0;
    for (size_t i = 0; i < judge->proposal->layer_count; i++) {
        int64_t id = locator_find(judge->locator[i], judge->record->points[index]);
        if (id > 0)
            hits[count++] = (struct routing_hit){(int64_t)i + 1, id, id};
    }
    return count;
}

static int64_t condition_id(const struct judge *judge, const struct route_sample *sample)
{
    char code[32];
    if (!judge->made || sample->condition == 0 ||
        text_format(code, sizeof code, "k%u_%u", sample->class, sample->condition) < 0)
        return 0;
    const struct catalogue_condition *found = catalogue_condition_find(judge->made, code);
    return found ? found->id : 0;
}

static void judge_case(struct judge *judge, size_t index, struct route_report *report)
{
    const struct route_record *record = judge->record;
    const struct route_sample *sample = &record->samples[index];
    const uint32_t *department = record->department;
    struct routing_hit hits[ROUTING_HITS];
    struct routing_place place = {1, sample->area};
    struct routing_query query = {.class_id =
                                      catalogue_class(judge->catalogue, sample->class)->id,
                                  .condition_id = condition_id(judge, sample),
                                  .hits = hits,
                                  .hit_count = find_hits(judge, index, hits),
                                  .places = &place,
                                  .place_count = sample->area != 0};
    struct routing_answer answer;
    routing_answer(judge->routing, &query, &answer);
    report->judged++;
    judge->cases[sample->class]++;
    uint32_t plain = judge->plain[sample->class];
    if (plain != ROUTE_NOBODY) {
        report->plain_queue_right += plain == sample->queue;
        report->plain_department_right += department[plain] == record->office[index];
    }
    if (answer.manual) {
        report->unmatched++;
        return;
    }
    for (uint32_t q = 0; q < record->world.queues; q++) {
        if (city_department(record->city, q)->id != answer.lead)
            continue;
        report->queue_right += q == sample->queue;
        judge->right[sample->class] += q == sample->queue;
        report->department_right += department[q] == record->office[index];
    }
}

struct verdict {
    size_t class;
    int64_t wrong;
};

static int by_wrong(const void *a, const void *b)
{
    const struct verdict *x = a, *y = b;
    if (x->wrong != y->wrong)
        return x->wrong > y->wrong ? -1 : 1;
    return x->class < y->class ? -1 : x->class > y->class;
}

static int tell(struct judge *judge, const struct route_propose_options *options,
                struct error *error)
{
    size_t classes = judge->record->world.classes;
    struct verdict *verdicts = memory_array(classes + 1, sizeof *verdicts);
    if (!verdicts)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    for (size_t c = 0; c < classes; c++)
        verdicts[c] = (struct verdict){c, judge->cases[c] - judge->right[c]};
    qsort(verdicts, classes, sizeof *verdicts, by_wrong);
    for (size_t i = 0; i < classes && options->told; i++) {
        size_t c = verdicts[i].class;
        if (judge->cases[c] > 0)
            options->told(options->told_context,
                          label_text(&catalogue_class(judge->catalogue, c)->name, "en"),
                          judge->cases[c], judge->right[c]);
    }
    free(verdicts);
    return 0;
}

int route_judge(const struct route_record *record, const struct route_proposal *proposal,
                const struct route_propose_options *options, struct route_report *report,
                struct error *error)
{
    struct judge judge = {.record = record, .proposal = proposal};
    int code = judge_init(&judge, error);
    if (code == 0)
        code = find_plain(&judge, options->learn_until_day, error);
    for (size_t i = 0; i < record->count && code == 0; i++) {
        int32_t day = record->samples[i].day;
        report->learned += day < options->learn_until_day;
        if (day >= options->judge_from_day && day < options->judge_until_day)
            judge_case(&judge, i, report);
    }
    if (code == 0)
        code = tell(&judge, options, error);
    judge_done(&judge);
    return code;
}

// ---- all of it ----
int route_propose(const struct city_snapshot *city,
                  const struct route_propose_options *options,
                  struct route_report *ret_report, struct error *error)
{
    struct route_record record = {.city = city};
    struct route_proposal proposal = {.record = &record};
    *ret_report = (struct route_report){0};
    int code = route_record_read(city, options, &record, error);
    if (code < 0)
        return code;
    code = options->keys
               ? route_proposal_keys(&record, options->learn_until_day, &proposal, error)
               : route_proposal_places(&record, options->learn_until_day, &proposal, error);
    if (code == 0)
        code = route_judge(&record, &proposal, options, ret_report, error);
    ret_report->rows = record.rows;
    ret_report->rows_unusable = record.unusable;
    ret_report->rules = proposal.routing ? (int64_t)table_rows(proposal.routing) : 0;
    ret_report->layers = (int64_t)proposal.layer_count;
    if (code == 0 && (ret_report->learned == 0 || ret_report->judged == 0))
        code = error_set(error, ERROR_INPUT, "route.empty",
                         "%s: %lld usable rows to learn from and %lld to judge",
                         options->source, (long long)ret_report->learned,
                         (long long)ret_report->judged);
    if (code == 0 && options->folder)
        code = route_proposal_write(&proposal, options->folder, error);
    route_proposal_done(&proposal);
    route_record_done(&record);
    return code;
}
