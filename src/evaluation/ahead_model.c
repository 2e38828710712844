// SPDX-License-Identifier: MPL-2.0
// Past cases by department and class, in the order of how much of their time they took; of
// those that had come as far as a case has come now, how many went late.
#include "ahead_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRETCH_MOST 2.0

const char *ahead_basis_to_str(enum ahead_basis basis)
{
    static const char *const NAMES[] = {"class", "major", "department", "all", "unknown"};
    return (unsigned)basis < AHEAD_BASIS_COUNT ? NAMES[basis] : "unknown";
}

static uint64_t key_of(const struct ahead_record *record, enum ahead_basis basis)
{
    uint64_t department = (uint64_t)record->department_id << 32;
    switch (basis) {
    case AHEAD_OF_CLASS:
        return department | record->class_id;
    case AHEAD_OF_MAJOR:
        return department | record->major_id;
    case AHEAD_OF_DEPARTMENT:
        return department;
    default:
        return 0;
    }
}

// ---- orders ----
struct ordered {
    uint64_t key;
    float share;
    uint32_t at;
};

static int by_key(const void *a_ordered, const void *b_ordered)
{
    const struct ordered *a = a_ordered, *b = b_ordered;
    if (a->key != b->key)
        return (a->key > b->key) - (a->key < b->key);
    if (a->share < b->share || a->share > b->share)
        return (a->share > b->share) - (a->share < b->share);
    return (a->at > b->at) - (a->at < b->at);
}

static int no_memory(struct error *error, size_t count)
{
    return error_set(error, ERROR_LIMIT, "figures.memory", "no memory for %zu cases",
                     count);
}

static int order(struct ahead_model *model, enum ahead_basis basis, struct ordered *room,
                 struct error *error)
{
    struct ahead_past *past = &model->past[basis];
    size_t groups = 0;
    for (size_t i = 0; i < model->count; i++)
        room[i] = (struct ordered){key_of(&model->records[i], basis),
                                   model->records[i].share, (uint32_t)i};
    qsort(room, model->count, sizeof *room, by_key);
    for (size_t i = 0; i < model->count; i++)
        groups += i == 0 || room[i].key != room[i - 1].key;
    model->orders[basis] = calloc(model->count + 1, sizeof *model->orders[basis]);
    past->shares = calloc(model->count + 1, sizeof *past->shares);
    past->groups = calloc(groups + 1, sizeof *past->groups);
    if (model->orders[basis] == NULL || past->shares == NULL || past->groups == NULL)
        return no_memory(error, model->count);
    for (size_t i = 0; i < model->count; i++)
        model->orders[basis][i] = room[i].at;
    return 0;
}

int ahead_model_init(struct ahead_model *model, const struct ahead_record *records,
                     size_t count, struct error *error)
{
    *model = (struct ahead_model){.records = records, .count = count};
    struct ordered *room = calloc(count + 1, sizeof *room);
    model->loads = calloc(count + 1, sizeof *model->loads);
    int code = room == NULL || model->loads == NULL ? no_memory(error, count) : 0;
    for (int basis = 0; basis < AHEAD_UNKNOWN && code == 0; basis++)
        code = order(model, (enum ahead_basis)basis, room, error);
    free(room);
    if (code != 0)
        ahead_model_done(model);
    return code;
}

void ahead_model_done(struct ahead_model *model)
{
    for (int basis = 0; basis < AHEAD_UNKNOWN; basis++) {
        free(model->orders[basis]);
        free(model->past[basis].shares);
        free(model->past[basis].groups);
    }
    free(model->loads);
    *model = (struct ahead_model){0};
}

// ---- standing at an instant ----
static bool handled_by(const struct ahead_record *record, uint32_t at_s)
{
    return record->handled_s != 0 && record->handled_s <= at_s;
}

bool ahead_is_open(const struct ahead_record *record, uint32_t at_s)
{
    return record->start_s <= at_s && at_s < record->due_s && !handled_by(record, at_s);
}

uint32_t ahead_window_start(uint32_t at_s)
{
    uint32_t window_s = (uint32_t)AHEAD_WINDOW_DAYS * 86400;
    return at_s > window_s ? at_s - window_s : 0;
}

static void look_back(struct ahead_model *model, enum ahead_basis basis)
{
    struct ahead_past *past = &model->past[basis];
    uint32_t since_s = ahead_window_start(model->at_s), used = 0;
    struct ahead_group *group = NULL;
    past->group_count = 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct ahead_record *record = &model->records[model->orders[basis][i]];
        if (record->due_s > model->at_s || record->due_s <= since_s)
            continue;
        uint64_t key = key_of(record, basis);
        if (group == NULL || group->key != key) {
            group = &past->groups[past->group_count++];
            *group = (struct ahead_group){.key = key, .begin = used, .end = used};
        }
        if (handled_by(record, model->at_s)) {
            past->shares[used++] = record->share;
            group->end = used;
        } else {
            group->unresolved++;
        }
        if (basis == AHEAD_OF_ALL) {
            model->known++;
            model->known_late += record->late || !handled_by(record, model->at_s);
        }
    }
}

static uint32_t first_start(const struct ahead_model *model)
{
    uint32_t first = UINT32_MAX;
    for (size_t i = 0; i < model->count; i++)
        if (model->records[i].start_s < first)
            first = model->records[i].start_s;
    return first;
}

// Open and within its time: now, and on average since the window (or the record) began.
static void weigh(struct ahead_model *model)
{
    uint32_t since_s = ahead_window_start(model->at_s), first_s = first_start(model);
    struct ahead_load *load = NULL;
    since_s = first_s > since_s ? first_s : since_s;
    double span_s = model->at_s > since_s ? (double)(model->at_s - since_s) : 0;
    bool known = span_s >= AHEAD_USUAL_DAYS * 86400.0;
    model->load_count = 0;
    for (size_t i = 0; i < model->count; i++) {
        const struct ahead_record *record =
            &model->records[model->orders[AHEAD_OF_DEPARTMENT][i]];
        if (load == NULL || load->department_id != record->department_id) {
            load = &model->loads[model->load_count++];
            *load = (struct ahead_load){.department_id = record->department_id};
        }
        uint32_t end_s = record->due_s, begin_s = record->start_s;
        if (record->handled_s != 0 && record->handled_s < end_s)
            end_s = record->handled_s;
        end_s = end_s < model->at_s ? end_s : model->at_s;
        begin_s = begin_s > since_s ? begin_s : since_s;
        load->now += ahead_is_open(record, model->at_s);
        if (known && end_s > begin_s)
            load->usual += (double)(end_s - begin_s) / span_s;
    }
}

void ahead_model_stand(struct ahead_model *model, uint32_t at_s)
{
    model->at_s = at_s;
    model->known = model->known_late = 0;
    for (int basis = 0; basis < AHEAD_UNKNOWN; basis++)
        look_back(model, (enum ahead_basis)basis);
    weigh(model);
}

// ---- forecasts ----
const struct ahead_load *ahead_load_of(const struct ahead_model *model,
                                       uint32_t department_id)
{
    size_t low = 0, high = model->load_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model->loads[middle].department_id < department_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < model->load_count && model->loads[low].department_id == department_id
               ? &model->loads[low]
               : NULL;
}

double ahead_stretch(double load, double usual)
{
    if (!(usual >= 1) || !(load > 0))
        return 1;
    double stretch = sqrt(load / usual);
    return fmin(fmax(stretch, 1 / STRETCH_MOST), STRETCH_MOST);
}

static const struct ahead_group *group_of(const struct ahead_past *past, uint64_t key)
{
    size_t low = 0, high = past->group_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (past->groups[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < past->group_count && past->groups[low].key == key ? &past->groups[low]
                                                                   : NULL;
}

// How many of the group took more than a share of their time.
static int64_t beyond(const struct ahead_past *past, const struct ahead_group *group,
                      double share)
{
    uint32_t low = group->begin, high = group->end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if ((double)past->shares[middle] <= share)
            low = middle + 1;
        else
            high = middle;
    }
    return (int64_t)(group->end - low) + group->unresolved;
}

void ahead_forecast(const struct ahead_model *model, const struct ahead_record *record,
                    double gone, bool with_load, struct ahead_forecast *ret_forecast)
{
    const struct ahead_load *load = ahead_load_of(model, record->department_id);
    struct ahead_forecast forecast = {.basis = AHEAD_UNKNOWN, .gone = gone};
    if (load != NULL) {
        forecast.load = load->now;
        forecast.usual = load->usual;
    }
    double stretch = with_load ? ahead_stretch(forecast.load, forecast.usual) : 1;
    double limit = gone + (1 - gone) / stretch; // what took longer then is late now
    for (int basis = 0; basis < AHEAD_UNKNOWN; basis++) {
        const struct ahead_past *past = &model->past[basis];
        const struct ahead_group *group =
            group_of(past, key_of(record, (enum ahead_basis)basis));
        int64_t reached = group != NULL ? beyond(past, group, gone) : 0;
        if (reached < AHEAD_PAST_LEAST)
            continue;
        forecast.basis = (enum ahead_basis)basis;
        forecast.past = reached;
        forecast.late = beyond(past, group, limit);
        forecast.probability = (double)forecast.late / (double)forecast.past;
        break;
    }
    *ret_forecast = forecast;
}
