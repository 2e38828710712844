// SPDX-License-Identifier: MPL-2.0
// Routes by place: the way is chosen per class by what it would have foretold, then every
// point of the class gets a queue.
#include "route_learn_internal.h"
#include "route_near.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gridcase/core/arena.h>

// A way to ask the neighbours: the nearest until their recencies add up to `enough`; a vote
// fades to one half at half_m metres and after half_days days; prior is the weight of what
// the whole class does. enough 0: only the whole class is asked.
struct way {
    double enough, half_m, half_days, prior;
};
static const struct way ways[] = {
    {0, 1, 60, 1},    {10, 100, 45, 0.5}, {10, 100, 45, 2}, {10, 100, 90, 0.5},
    {10, 100, 90, 2}, {10, 200, 45, 0.5}, {10, 200, 45, 2}, {10, 200, 90, 0.5},
    {10, 200, 90, 2}, {10, 400, 45, 0.5}, {10, 400, 45, 2}, {10, 400, 90, 0.5},
    {10, 400, 90, 2}, {25, 100, 45, 0.5}, {25, 100, 45, 2}, {25, 100, 90, 0.5},
    {25, 100, 90, 2}, {25, 200, 45, 0.5}, {25, 200, 45, 2}, {25, 200, 90, 0.5},
    {25, 200, 90, 2}, {25, 400, 45, 0.5}, {25, 400, 45, 2}, {25, 400, 90, 0.5},
    {25, 400, 90, 2},
};
enum { WAYS = sizeof ways / sizeof ways[0], FOLDS = 2 };

// ---- what is known of a class before a day ----
struct past {
    struct route_votes *votes; // of the caller
    int32_t day_end;
    struct route_near near;
    // The whole class, by half-life: shares of queues that add up to 1.
    uint32_t *queue;
    double *share[WAYS];
    size_t queue_count;
};

static void past_done(struct past *past)
{
    route_near_done(&past->near);
    free(past->queue);
    for (size_t i = 0; i < WAYS; i++)
        free(past->share[i]);
}

static int past_shares(struct past *past, const struct route_sample *const *samples,
                       size_t count, struct error *error)
{
    struct route_votes *votes = past->votes;
    past->queue = memory_array(votes->world->queues + 1, sizeof *past->queue);
    if (!past->queue)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    for (size_t w = 0; w < WAYS; w++) {
        double sum = 0;
        route_votes_clear(votes);
        for (size_t i = 0; i < count; i++) {
            double weight =
                route_recency(past->day_end - 1 - samples[i]->day, ways[w].half_days);
            weight = fmax(weight, 1e-9);
            route_votes_add(votes, samples[i]->queue, weight);
            sum += weight;
        }
        past->queue_count =
            votes->voted_count; // the same queues in the same order each time
        past->share[w] = memory_array(votes->voted_count + 1, sizeof *past->share[w]);
        if (!past->share[w])
            return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
        for (size_t i = 0; i < votes->voted_count; i++) {
            past->queue[i] = votes->voted[i];
            past->share[w][i] = votes->weight[votes->voted[i]] / sum;
        }
    }
    return 0;
}

// samples of one class; those of day_end and later are passed over.
static int past_init(struct past *past, struct route_votes *votes,
                     const struct route_sample *const *samples, size_t count,
                     int32_t day_end, struct error *error)
{
    *past = (struct past){.votes = votes, .day_end = day_end};
    const struct route_sample **placed = memory_array(2 * count + 1, sizeof *placed);
    if (!placed)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    const struct route_sample **before = placed + count;
    size_t placed_count = 0, before_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (samples[i]->day >= day_end)
            continue;
        before[before_count++] = samples[i];
        if (samples[i]->placed)
            placed[placed_count++] = samples[i];
    }
    int code = past_shares(past, before, before_count, error);
    if (code == 0)
        code = route_near_init(&past->near, placed, placed_count, error);
    free(placed);
    return code;
}

static void vote_class(struct past *past, size_t way)
{
    route_votes_clear(past->votes);
    for (size_t i = 0; i < past->queue_count; i++)
        route_votes_add(past->votes, past->queue[i], ways[way].prior * past->share[way][i]);
}

static uint32_t ask_class(struct past *past, size_t way)
{
    vote_class(past, way);
    return route_votes_pick(past->votes);
}

static uint32_t ask_neighbours(struct past *past, size_t way,
                               const struct route_neighbour *found, size_t count)
{
    const struct way *how = &ways[way];
    double asked = 0;
    vote_class(past, way);
    for (size_t i = 0; i < count && asked < how->enough; i++) {
        double recency =
            route_recency(past->day_end - 1 - found[i].sample->day, how->half_days);
        double near = how->half_m / (sqrt(found[i].distance2) + how->half_m);
        route_votes_add(past->votes, found[i].sample->queue, near * recency);
        asked += recency;
    }
    return route_votes_pick(past->votes);
}

// ---- which way would have foretold most ----
// A case is answered as its nearest point before it would be, as the proposal will do.
static void foretell(struct past *past, const struct route_sample *sample,
                     uint32_t right[WAYS])
{
    struct route_neighbour found[ROUTE_NEAR_MOST];
    size_t count = 0;
    if (sample->placed)
        count = route_near_find(&past->near, sample->x_m, sample->y_m, found);
    if (count > 0) {
        double x_m = found[0].sample->x_m, y_m = found[0].sample->y_m;
        count = route_near_find(&past->near, x_m, y_m, found);
    }
    for (size_t w = 0; w < WAYS; w++) {
        uint32_t queue = count > 0 && ways[w].enough > 0
                             ? ask_neighbours(past, w, found, count)
                             : ask_class(past, w);
        right[w] += queue == sample->queue;
    }
}

static int judge_ways(struct route_votes *votes, const struct route_sample *const *samples,
                      size_t count, int32_t day_end, uint32_t right[WAYS],
                      struct error *error)
{
    int code = 0;
    for (int fold = 1; fold <= FOLDS && code == 0; fold++) {
        struct past past;
        int32_t from = day_end - fold * ROUTE_FOLD_DAYS;
        code = past_init(&past, votes, samples, count, from, error);
        for (size_t i = 0; i < count && code == 0; i++)
            if (samples[i]->day >= from && samples[i]->day < from + ROUTE_FOLD_DAYS)
                foretell(&past, samples[i], right);
        past_done(&past);
    }
    return code;
}

// ---- all classes ----
struct lesson {
    const struct route_world *world;
    int32_t day_end;
    const struct route_sample **sorted; // by class, of each class by point
    size_t *class_start;                // classes + 1
    uint32_t (*right)[WAYS];            // per class
    struct route_votes votes;
    size_t best_way; // of all classes together
};

static int by_class_and_point(const void *a, const void *b)
{
    const struct route_sample *x = *(const struct route_sample *const *)a;
    const struct route_sample *y = *(const struct route_sample *const *)b;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    if (x->placed != y->placed)
        return x->placed ? -1 : 1;
    if (x->x_m != y->x_m)
        return x->x_m < y->x_m ? -1 : 1;
    if (x->y_m != y->y_m)
        return x->y_m < y->y_m ? -1 : 1;
    return x->day < y->day ? -1 : x->day > y->day;
}

static int lesson_init(struct lesson *lesson, const struct route_sample *samples,
                       size_t count, struct error *error)
{
    const struct route_world *world = lesson->world;
    lesson->sorted = memory_array(count + 1, sizeof *lesson->sorted);
    lesson->class_start = memory_array(world->classes + 2, sizeof *lesson->class_start);
    lesson->right = memory_array(world->classes + 1, sizeof *lesson->right);
    if (!lesson->sorted || !lesson->class_start || !lesson->right)
        return error_set(error, ERROR_LIMIT, "route.too_large", "out of memory");
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (samples[i].day >= lesson->day_end)
            continue;
        lesson->sorted[kept++] = &samples[i];
        lesson->class_start[samples[i].class + 1]++;
    }
    for (size_t i = 1; i <= world->classes; i++)
        lesson->class_start[i] += lesson->class_start[i - 1];
    qsort(lesson->sorted, kept, sizeof *lesson->sorted, by_class_and_point);
    return route_votes_init(&lesson->votes, world, error);
}

static void lesson_done(struct lesson *lesson)
{
    free(lesson->sorted);
    free(lesson->class_start);
    free(lesson->right);
    route_votes_done(&lesson->votes);
}

static int lesson_judge(struct lesson *lesson, struct error *error)
{
    uint64_t total[WAYS] = {0};
    for (size_t c = 0; c < lesson->world->classes; c++) {
        size_t start = lesson->class_start[c], end = lesson->class_start[c + 1];
        int code = judge_ways(&lesson->votes, lesson->sorted + start, end - start,
                              lesson->day_end, lesson->right[c], error);
        if (code < 0)
            return code;
        for (size_t w = 0; w < WAYS; w++)
            total[w] += lesson->right[c][w];
    }
    for (size_t w = 1; w < WAYS; w++)
        if (total[w] > total[lesson->best_way])
            lesson->best_way = w;
    return 0;
}

static size_t way_of_class(const struct lesson *lesson, size_t class)
{
    size_t best = lesson->best_way;
    for (size_t w = 0; w < WAYS; w++)
        if (lesson->right[class][w] > lesson->right[class][best])
            best = w;
    return best;
}

// One site per point of the class; none when they all say what the class says.
static void add_sites(struct past *past, size_t way,
                      const struct route_sample *const *samples, size_t count,
                      struct route_places *places, struct route_class *ret_class)
{
    struct route_neighbour found[ROUTE_NEAR_MOST];
    bool same = true;
    ret_class->first_site = places->site_count;
    for (size_t i = 0; i < count && samples[i]->placed; i++) {
        if (i > 0 && samples[i]->x_m == samples[i - 1]->x_m &&
            samples[i]->y_m == samples[i - 1]->y_m)
            continue;
        size_t near = route_near_find(&past->near, samples[i]->x_m, samples[i]->y_m, found);
        uint32_t queue = ask_neighbours(past, way, found, near);
        same = same && queue == ret_class->queue;
        places->sites[places->site_count++] =
            (struct route_site){samples[i]->x_m, samples[i]->y_m, queue};
    }
    if (same)
        places->site_count = ret_class->first_site;
    ret_class->site_count = places->site_count - ret_class->first_site;
}

static int learn_class(struct lesson *lesson, size_t class, struct route_places *places,
                       struct error *error)
{
    size_t start = lesson->class_start[class];
    size_t count = lesson->class_start[class + 1] - start;
    size_t way = way_of_class(lesson, class);
    struct past past;
    int code = past_init(&past, &lesson->votes, lesson->sorted + start, count,
                         lesson->day_end, error);
    if (code == 0) {
        places->classes[class].queue = ask_class(&past, way);
        if (ways[way].enough > 0)
            add_sites(&past, way, lesson->sorted + start, count, places,
                      &places->classes[class]);
    }
    past_done(&past);
    return code;
}

int route_learn_places(const struct route_world *world, const struct route_sample *samples,
                       size_t count, int32_t day_end, struct route_places **ret_places,
                       struct error *error)
{
    struct lesson lesson = {.world = world, .day_end = day_end};
    struct route_places *places = memory_new(sizeof *places);
    if (places) {
        places->classes = memory_array(world->classes + 1, sizeof *places->classes);
        places->sites = memory_array(count + 1, sizeof *places->sites);
    }
    int code = 0;
    if (!places || !places->classes || !places->sites || count > ROUTE_SAMPLES_MOST)
        code = error_set(error, ERROR_LIMIT, "route.too_large",
                         "the record is too large to learn from");
    if (code == 0)
        code = lesson_init(&lesson, samples, count, error);
    if (code == 0)
        code = lesson_judge(&lesson, error);
    for (size_t c = 0; c < world->classes && code == 0; c++)
        code = learn_class(&lesson, c, places, error);
    lesson_done(&lesson);
    if (code < 0)
        places = route_places_free(places);
    *ret_places = places;
    return code;
}

struct route_places *route_places_free(struct route_places *places)
{
    if (places) {
        free(places->classes);
        free(places->sites);
        free(places);
    }
    return NULL;
}
